package report

import (
	"slices"
	"time"

	"github.com/lcmsim/lcmsim/engine"
)

// SchemaCalibration names the shape of a CalibrationDocument.
const SchemaCalibration = "lcmsim.calibration/v1"

// CalibrationDocument says which rules a tenant follows, as far as experiments show. Treat it as immutable.
type CalibrationDocument struct {
	Header
	Inputs      Inputs               `json:"inputs"`
	Summary     CalibrationSummary   `json:"summary"`
	Verdicts    []CalibrationVerdict `json:"verdicts"`    // on the rules that a dry run can show, in the order of SPEC section 8
	Experiments []Experiment         `json:"experiments"` // in the order in which they were made
	Calls       int                  `json:"calls"`       // HTTP requests that were sent, retries included
	Tenant      *string              `json:"tenant"`      // host; null = none was asked
	RulesYAML   string               `json:"rules_yaml"`  // what the function RulesYAML gives
	NextSteps   []string             `json:"next_steps"`  // sentences
	Notes
}

// CalibrationSummary counts rules and experiments.
type CalibrationSummary struct {
	Identities           int    `json:"identities"` // the population
	Frame                int    `json:"frame"`      // those that could be asked about
	Rules                int    `json:"rules"`
	ConfirmedDefault     int    `json:"confirmed_default"`
	ConfirmedAlternative int    `json:"confirmed_alternative"`
	Contradictory        int    `json:"contradictory"`
	Undecidable          int    `json:"undecidable"`
	NotAsked             int    `json:"not_asked"`   // of these: rules that identities bear on which were not asked about
	Differ               int    `json:"differ"`      // confirmed rules whose value is not the one in force here
	Asked                int    `json:"asked"`       // experiments
	Answered             int    `json:"answered"`    // those with an answer that could be compared
	Unexplained          int    `json:"unexplained"` // answers that no combination of rules predicts
	Drifted              int    `json:"drifted"`
	NotChecked           int    `json:"not_checked"`
	Hypotheses           int    `json:"hypotheses"` // combinations that were considered
	Consistent           int    `json:"consistent"` // those that fit every answer that fits any
	AccessProfiles       string `json:"access_profiles"`
}

// CalibrationVerdict is what is known about one rule.
type CalibrationVerdict struct {
	Rule        string                  `json:"rule"`
	Default     string                  `json:"default"`
	Alternative string                  `json:"alternative"`
	InForce     string                  `json:"in_force"` // here
	Verdict     string                  `json:"verdict"`  // confirmed_default confirmed_alternative contradictory undecidable
	Value       *string                 `json:"value"`    // that the tenant follows; null = not settled
	Differs     bool                    `json:"differs"`  // value is known and not the one in force
	Because     string                  `json:"because"`
	Unasked     int                     `json:"unasked"`     // of an undecidable rule: identities that bear on it and were not asked about
	Experiments []int                   `json:"experiments"` // that bear on it, positions in experiments
	Suggestions []CalibrationSuggestion `json:"suggestions"` // what would decide it
}

// CalibrationSuggestion is a change of one identity's attribute that would make it decide a rule.
type CalibrationSuggestion struct {
	EntityID  string  `json:"entity_id"`
	Attribute string  `json:"attribute"`
	Value     *string `json:"value"` // JSON text; null = the attribute must be absent
	Text      string  `json:"text"`
}

// Experiment is one identity put to the tenant.
type Experiment struct {
	EntityID string              `json:"entity_id"`
	ID       string              `json:"id"`       // the tenant's
	Rules    []string            `json:"rules"`    // that the predictions depend on, given what was known by then
	Outcomes []ExperimentOutcome `json:"outcomes"` // that were possible; the one that fits the answer first
	Verdict  string              `json:"verdict"`  // agree = the answer fits an outcome; disagree = it fits none; drifted; not_checked
	Reason   *string             `json:"reason"`   // why the verdict is not agree
	Answer   *CrosscheckedAnswer `json:"answer"`   // null = none
	Text     string              `json:"text"`     // all of it in a sentence
}

// ExperimentOutcome is an answer that some of the combinations of rules predict.
type ExperimentOutcome struct {
	Values           []engine.RuleValue `json:"values"` // that all of these combinations share
	WorkflowsMatched []string           `json:"workflows_matched"`
	AccessProfileIDs []string           `json:"access_profile_ids"`
	Actions          []AnsweredAction   `json:"actions"`
}

// CalibrationInput is what NewCalibration makes a CalibrationDocument of.
type CalibrationInput struct {
	ToolVersion string
	AsOf        time.Time
	Rules       engine.Rules // in force
	Policy      *engine.Policy
	Version     *engine.Version
	Catalog     *engine.Catalog // nil = none
	Snapshot    string          // directory; "" = parts were given one by one
	Population  PopulationInput
	Other       []OtherInput
	Result      *engine.CalibrationResult
	Tenant      string           // host; "" = none
	Calls       int              // HTTP requests that were sent, retries included
	Findings    []engine.Finding // in any order
}

// NewCalibration assembles the document of a calibration.
func NewCalibration(in CalibrationInput) *CalibrationDocument {
	d := &CalibrationDocument{
		Header: newHeader(SchemaCalibration, in.ToolVersion, in.AsOf, in.Rules, DecideCalibration(in.Result, in.Findings)),
		Inputs: Inputs{
			Policy: newPolicyInput(in.Policy, in.Version), Profiles: newProfilesInput(in.Catalog),
			Snapshot: known(in.Snapshot), Population: in.Population.valid(), Other: newOtherInputs(in.Other),
		},
		Summary:     newCalibrationSummary(in.Result),
		Verdicts:    make([]CalibrationVerdict, len(in.Result.Rules)),
		Experiments: make([]Experiment, len(in.Result.Experiments)),
		Calls:       in.Calls,
		Tenant:      known(in.Tenant),
		Notes:       newNotes(in.Findings, in.Rules, in.Policy.State),
	}
	for i, v := range in.Result.Rules {
		d.Verdicts[i] = newCalibrationVerdict(v)
	}
	for i, e := range in.Result.Experiments {
		d.Experiments[i] = newExperiment(e)
	}
	if inputs, complete := d.Inputs.withoutPaths(); complete {
		d.RunDigest = runDigest(d.Header, inputs)
	}
	d.Verdict = calibrationVerdict(d)
	d.LookFirst = lookFirstInCalibration(d)
	d.Assumptions = calibrationAssumptions(d, in.Policy)
	d.NextSteps = calibrationNextSteps(d)
	d.RulesYAML = RulesYAML(d)
	return d
}

func newCalibrationSummary(r *engine.CalibrationResult) CalibrationSummary {
	out := CalibrationSummary{
		Identities: r.Identities, Frame: r.Frame, Rules: len(r.Rules), Asked: len(r.Experiments), Unexplained: unexplained(r),
		Hypotheses: r.Hypotheses, Consistent: r.Consistent, AccessProfiles: r.Profiles,
	}
	for _, v := range r.Rules {
		switch v.Verdict {
		case engine.ConfirmedDefault:
			out.ConfirmedDefault++
		case engine.ConfirmedAlternative:
			out.ConfirmedAlternative++
		case engine.Contradictory:
			out.Contradictory++
		default:
			out.Undecidable++
			if v.Unasked > 0 {
				out.NotAsked++
			}
		}
		if differsFromForce(v) {
			out.Differ++
		}
	}
	for _, e := range r.Experiments {
		switch e.Verdict {
		case engine.VerdictDrifted:
			out.Drifted++
		case engine.VerdictNotChecked:
			out.NotChecked++
		default:
			out.Answered++
		}
	}
	return out
}

// notAsked tells whether a rule is open only as far as nobody was asked about identities that bear on it.
func (v CalibrationVerdict) notAsked() bool { return v.Verdict == engine.Undecidable && v.Unasked > 0 }

// differsFromForce tells whether the tenant is known to follow another value than the one in force here.
func differsFromForce(v engine.RuleVerdict) bool { return v.Value != nil && *v.Value != v.InForce }

func newCalibrationVerdict(v engine.RuleVerdict) CalibrationVerdict {
	out := CalibrationVerdict{
		Rule: v.Rule, Default: v.Default, Alternative: v.Alternative, InForce: v.InForce, Verdict: v.Verdict, Value: v.Value,
		Differs: differsFromForce(v), Because: v.Because, Unasked: v.Unasked, Experiments: slices.Clone(list(v.Experiments)), Suggestions: []CalibrationSuggestion{},
	}
	for _, s := range v.Suggestions {
		out.Suggestions = append(out.Suggestions, CalibrationSuggestion(s))
	}
	return out
}

func newExperiment(e engine.Experiment) Experiment {
	out := Experiment{
		EntityID: e.EntityID, ID: e.TenantID, Rules: slices.Clone(list(e.Rules)), Outcomes: []ExperimentOutcome{}, Verdict: e.Verdict,
		Reason: known(e.Reason), Answer: newCrosscheckedAnswer(e.Answer),
	}
	for _, o := range e.Outcomes {
		out.Outcomes = append(out.Outcomes, ExperimentOutcome{
			Values: slices.Clone(list(o.Values)), WorkflowsMatched: slices.Clone(list(o.Workflows)), AccessProfileIDs: slices.Clone(list(o.Profiles)),
			Actions: answeredActions(o.Actions),
		})
	}
	out.Text = experimentText(&out)
	return out
}
