package report

import (
	"slices"
	"time"

	"github.com/lcmsim/lcmsim/engine"
)

// SchemaCrosscheck names the shape of a CrosscheckDocument.
const SchemaCrosscheck = "lcmsim.crosscheck/v1"

// CrosscheckDocument is the result of a cross-check, or the plan of one, as JSON carries it (SPEC section 10). Treat it as
// immutable.
type CrosscheckDocument struct {
	Header
	Inputs  Inputs              `json:"inputs"`
	Summary CrosscheckSummary   `json:"summary"`
	Strata  []CrosscheckStratum `json:"strata"` // in the order in which their draws are made
	Samples []CrosscheckSample  `json:"samples"`
	Seed    uint64              `json:"seed"`
	Calls   int                 `json:"calls"` // HTTP requests that were sent, retries included

	// Beyond the contract:
	Tenant       *string             `json:"tenant"`      // host; null = none was asked
	Planned      bool                `json:"planned"`     // nothing was asked
	WouldProve   *float64            `json:"would_prove"` // of a plan: upper_bound if no random draw disagrees; null otherwise
	Claim        string              `json:"claim"`       // what the random draws show, in a sentence
	FrameText    string              `json:"frame_text"`
	CoverageText string              `json:"coverage_text"`
	Groups       []DisagreementGroup `json:"disagreement_groups"` // the largest first
	Uncompared   []UncomparedGroup   `json:"uncompared_groups"`   // drifted, then not_checked; the largest first
	NextSteps    []string            `json:"next_steps"`          // sentences
	Notes
}

// CrosscheckSummary counts identities. What is not said to be about random draws counts all draws.
type CrosscheckSummary struct {
	Frame      int     `json:"frame"` // identities that could be drawn; claims are about them
	Sampled    int     `json:"sampled"`
	Agree      int     `json:"agree"`
	Disagree   int     `json:"disagree"`
	Drifted    int     `json:"drifted"`
	NotChecked int     `json:"not_checked"`
	Confidence float64 `json:"confidence"`  // in (0, 1)
	UpperBound float64 `json:"upper_bound"` // share of the frame that disagrees at most, from the random draws that were compared

	// Beyond the contract:
	ExactShare        *float64 `json:"exact_share"`      // of the frame that disagrees; null unless all of the frame was compared
	WorstBound        float64  `json:"worst_bound"`      // upper_bound with every random draw that was not compared as a disagreement
	MaxDisagreement   *float64 `json:"max_disagreement"` // share of the frame; null = not given
	Identities        int      `json:"identities"`       // the population
	SharedIDs         int      `json:"shared_ids"`       // of the frame: those whose id in the tenant another identity has too
	RandomSampled     int      `json:"random_sampled"`
	RandomCompared    int      `json:"random_compared"` // agree or disagree
	RandomDisagree    int      `json:"random_disagree"`
	Undetermined      int      `json:"undetermined"` // agreements that another answer would have been as well: something is unknown here
	Classes           int      `json:"classes"`      // with an identity in the frame
	CoveredClasses    int      `json:"covered_classes"`
	CoveredIdentities int      `json:"covered_identities"` // of the frame, in covered classes
	CoveredShare      float64  `json:"covered_share"`      // of the frame, in [0, 1]
	CoveredStrata     int      `json:"covered_strata"`     // targeted strata with a draw
	// AccessProfiles says how all answers together list access profiles, see engine.ProfilesDirect; null while none was compared.
	AccessProfiles *string `json:"access_profiles"`
}

// CrosscheckStratum is a set of identities that draws are made from.
type CrosscheckStratum struct {
	Name     string `json:"name"`
	Size     int    `json:"size"` // identities of the frame
	Sampled  int    `json:"sampled"`
	Disagree int    `json:"disagree"`

	// Beyond the contract:
	Kind       string `json:"kind"` // random rule destructive cell
	Agree      int    `json:"agree"`
	Drifted    int    `json:"drifted"`
	NotChecked int    `json:"not_checked"`
}

// CrosscheckSample is a draw and what came of it. The samples stand in the order of the draws.
type CrosscheckSample struct {
	EntityID string   `json:"entity_id"`
	Stratum  string   `json:"stratum"` // name of the one that it was drawn for
	Verdict  *string  `json:"verdict"` // agree disagree drifted not_checked; null in a plan
	Reasons  []string `json:"reasons"`

	// Beyond the contract:
	ID             string              `json:"id"`              // the tenant's
	StratumIndex   int                 `json:"stratum_index"`   // position in strata
	Class          int                 `json:"class"`           // behaviour class
	Undetermined   bool                `json:"undetermined"`    // see CrosscheckSummary
	AccessProfiles *string             `json:"access_profiles"` // how the answer lists them; null = it was not compared
	Differences    []AnswerDifference  `json:"differences"`
	Causes         []CrosscheckCause   `json:"causes"`
	Settles        []engine.RuleValue  `json:"settles"` // alternatives under which this side says what the tenant says
	Answer         *CrosscheckedAnswer `json:"answer"`  // of the tenant; null = none
}

// AnswerDifference is something that the tenant's answer has more or less often than predicted.
type AnswerDifference struct {
	Kind     string  `json:"kind"` // workflow action access_profile
	Name     string  `json:"name"` // of the workflow or action; id of the profile
	Type     *string `json:"type"` // of an action
	Low      int     `json:"low"`  // how often it is predicted for certain
	High     int     `json:"high"` // with what is possible
	Answered int     `json:"answered"`
	Text     string  `json:"text"`
}

// CrosscheckCause says what decides differences on this side.
type CrosscheckCause struct {
	Differences []AnswerDifference `json:"differences"` // those that it accounts for
	Workflow    *string            `json:"workflow"`    // null = none is involved
	Condition   *string            `json:"condition"`   // null = the trigger decides
	Path        *string            `json:"path"`        // JSON path of the deciding expression in the policy
	Expression  *string            `json:"expression"`
	Atoms       []engine.AtomTruth `json:"atoms"` // the shortest sufficient reason for the truth here
	Text        string             `json:"text"`
}

// CrosscheckedAnswer is what the tenant answered.
type CrosscheckedAnswer struct {
	WorkflowsMatched []string         `json:"workflows_matched"`
	AccessProfileIDs []string         `json:"access_profile_ids"`
	Actions          []AnsweredAction `json:"actions"`
	Messages         []string         `json:"messages"` // for people; never compared
}

// AnsweredAction is the action behind a job request of the tenant, or behind one that is predicted.
type AnsweredAction struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// CrosscheckInput is what NewCrosscheck makes a CrosscheckDocument of.
type CrosscheckInput struct {
	ToolVersion     string
	AsOf            time.Time
	Rules           engine.Rules
	Policy          *engine.Policy
	Version         *engine.Version
	Catalog         *engine.Catalog // nil = none
	Snapshot        string          // directory; "" = parts were given one by one
	Population      PopulationInput
	Other           []OtherInput
	Result          *engine.CrosscheckResult // of a plan, only Sample and Confidence are looked at
	Planned         bool                     // nothing was asked
	MaxDisagreement *float64                 // share of the frame, in [0, 1]; nil = not given
	Tenant          string                   // host; "" = none
	Calls           int                      // HTTP requests that were sent, retries included
	Findings        []engine.Finding         // in any order
}

// NewCrosscheck assembles the document of a cross-check.
func NewCrosscheck(in CrosscheckInput) *CrosscheckDocument {
	r := in.Result
	d := &CrosscheckDocument{
		Header: newHeader(SchemaCrosscheck, in.ToolVersion, in.AsOf, in.Rules, DecideCrosscheck(r, in.Findings, in.MaxDisagreement, in.Planned)),
		Inputs: Inputs{
			Policy: newPolicyInput(in.Policy, in.Version), Profiles: newProfilesInput(in.Catalog),
			Snapshot: known(in.Snapshot), Population: in.Population.valid(), Other: newOtherInputs(in.Other),
		},
		Summary: newCrosscheckSummary(r, in.MaxDisagreement, in.Planned),
		Strata:  newCrosscheckStrata(r, in.Planned),
		Samples: newCrosscheckSamples(r, in.Planned, profileNames(in.Catalog)),
		Seed:    r.Sample.Seed,
		Calls:   in.Calls,
		Tenant:  known(in.Tenant),
		Planned: in.Planned,
		Notes:   newNotes(in.Findings, in.Rules, in.Policy.State),
	}
	if in.Planned {
		bound := engine.UpperBound(0, d.Summary.RandomSampled, r.Confidence)
		d.WouldProve = &bound
	}
	if inputs, complete := d.Inputs.withoutPaths(); complete {
		d.RunDigest = runDigest(d.Header, inputs, d.Seed, d.Summary.RandomSampled, d.Summary.Sampled)
	}
	d.Groups = groupDisagreements(d.Samples)
	d.Uncompared = groupUncompared(d.Samples)
	d.Claim = claim(d)
	d.FrameText = frameText(d.Summary)
	d.CoverageText = coverageText(d.Summary)
	d.Verdict = crosscheckVerdict(d)
	d.LookFirst = lookFirstInCrosscheck(d)
	d.Assumptions = crosscheckAssumptions(d, in.Policy)
	d.NextSteps = crosscheckNextSteps(d)
	return d
}

func newCrosscheckSummary(r *engine.CrosscheckResult, maximum *float64, planned bool) CrosscheckSummary {
	s := r.Sample
	out := CrosscheckSummary{
		Frame: s.Frame, Sampled: len(s.Draws), Confidence: r.Confidence, UpperBound: r.UpperBound, WorstBound: r.WorstBound, MaxDisagreement: maximum,
		Identities: s.Identities, SharedIDs: s.Shared, RandomSampled: randomDraws(s), Classes: s.Classes, CoveredClasses: s.Covered.Classes,
		CoveredIdentities: s.Covered.Identities, CoveredShare: ofAll(s.Covered.Identities, s.Frame), CoveredStrata: s.Covered.Strata,
	}
	if planned {
		out.UpperBound, out.WorstBound = 1, 1
		return out
	}
	random := randomTally(r)
	out.Agree, out.Disagree, out.Drifted, out.NotChecked = r.Total.Agree, r.Total.Disagree, r.Total.Drifted, r.Total.NotChecked
	out.RandomCompared, out.RandomDisagree, out.Undetermined = random.Agree+random.Disagree, random.Disagree, r.Undetermined
	compared := out.Agree + out.Disagree
	if compared > 0 {
		out.AccessProfiles = known(r.Profiles)
	}
	if compared > 0 && compared == out.Frame {
		share := ofAll(out.Disagree, out.Frame)
		out.ExactShare = &share
	}
	return out
}

// randomTally counts the draws of the random stratum.
func randomTally(r *engine.CrosscheckResult) engine.Tally {
	for i, s := range r.Sample.Strata {
		if s.Kind == engine.StratumRandom {
			return r.Strata[i]
		}
	}
	return engine.Tally{}
}

// randomDraws is how many draws of a sample are random.
func randomDraws(s *engine.Sample) int {
	n := 0
	for _, d := range s.Draws {
		if s.Strata[d.Stratum].Kind == engine.StratumRandom {
			n++
		}
	}
	return n
}

func newCrosscheckStrata(r *engine.CrosscheckResult, planned bool) []CrosscheckStratum {
	out := make([]CrosscheckStratum, len(r.Sample.Strata))
	for i, s := range r.Sample.Strata {
		out[i] = CrosscheckStratum{Name: s.Name, Size: s.Size, Kind: s.Kind}
		if !planned {
			t := r.Strata[i]
			out[i].Agree, out[i].Disagree, out[i].Drifted, out[i].NotChecked = t.Agree, t.Disagree, t.Drifted, t.NotChecked
		}
	}
	for _, d := range r.Sample.Draws {
		out[d.Stratum].Sampled++
	}
	return out
}

func newCrosscheckSamples(r *engine.CrosscheckResult, planned bool, names map[string]string) []CrosscheckSample {
	out := make([]CrosscheckSample, len(r.Sample.Draws))
	for i, draw := range r.Sample.Draws {
		out[i] = CrosscheckSample{
			EntityID: draw.EntityID, Stratum: r.Sample.Strata[draw.Stratum].Name, Reasons: []string{},
			ID: draw.TenantID, StratumIndex: draw.Stratum, Class: draw.Class,
			Differences: []AnswerDifference{}, Causes: []CrosscheckCause{}, Settles: []engine.RuleValue{},
		}
		if !planned {
			out[i].take(r.Checked[i], names)
		}
	}
	return out
}

// take notes what came of a draw. names are those of access profiles, by id.
func (s *CrosscheckSample) take(c engine.CheckedDraw, names map[string]string) {
	s.Verdict = &c.Verdict
	s.Reasons = slices.Clone(list(c.Reasons))
	s.Answer = newCrosscheckedAnswer(c.Answer)
	if cmp := c.Comparison; cmp != nil {
		s.Undetermined = cmp.Undetermined
		s.AccessProfiles = known(cmp.Profiles)
		s.Differences = newAnswerDifferences(cmp.Differences, names)
	}
	if c.Diagnosis == nil {
		return
	}
	s.Settles = slices.Clone(list(c.Diagnosis.Settles))
	for _, cause := range c.Diagnosis.Causes {
		s.Causes = append(s.Causes, CrosscheckCause{
			Differences: newAnswerDifferences(cause.Differences, names),
			Workflow:    known(cause.Workflow), Condition: known(cause.Condition), Path: known(cause.Path), Expression: known(cause.Expression),
			Atoms: slices.Clone(list(cause.Atoms)), Text: cause.Text,
		})
	}
}

// profileNames are the names of the access profiles of a catalog, by id; nil = no catalog.
func profileNames(c *engine.Catalog) map[string]string {
	names := make(map[string]string)
	if c != nil {
		for _, p := range c.Profiles {
			names[p.ID] = p.Name
		}
	}
	return names
}

func newAnswerDifferences(differences []engine.AnswerDifference, names map[string]string) []AnswerDifference {
	out := make([]AnswerDifference, len(differences))
	for i, d := range differences {
		out[i] = AnswerDifference{
			Kind: d.Kind, Name: d.Name, Type: known(d.Type), Low: d.Low, High: d.High, Answered: d.Answered, Text: answerDifferenceText(d, names),
		}
	}
	return out
}

func newCrosscheckedAnswer(a *engine.DryRun) *CrosscheckedAnswer {
	if a == nil {
		return nil
	}
	return &CrosscheckedAnswer{
		WorkflowsMatched: slices.Clone(list(a.WorkflowsMatched)), AccessProfileIDs: slices.Clone(list(a.AccessProfileIDs)),
		Actions: answeredActions(a.Actions), Messages: slices.Clone(list(a.Messages)),
	}
}

func answeredActions(actions []engine.DryRunAction) []AnsweredAction {
	out := make([]AnsweredAction, len(actions))
	for i, a := range actions {
		out[i] = AnsweredAction(a)
	}
	return out
}
