package report

import (
	"slices"
	"time"

	"github.com/lcmsim/lcmsim/engine"
)

// SchemaSimulation names the shape of a Document.
const SchemaSimulation = "lcmsim.simulation/v1"

// Document is the result of a simulation as JSON carries it (SPEC section 10). Treat it as immutable: renderings and
// ReadJSON share nothing with the values it was made of.
type Document struct {
	Header
	Inputs Inputs `json:"inputs"`
	engine.Result
	Notes
	Identities Identities `json:"identities"` // beyond the contract: the affected ones

	// Beyond the contract:
	Settings   Settings        `json:"settings"`
	Examples   []Example       `json:"examples"`   // one for each of the most frequent kinds of outcome: why they get what they get
	Crosscheck *CrosscheckNote `json:"crosscheck"` // null = none was given
}

// Input is what New makes a Document of.
type Input struct {
	ToolVersion string
	AsOf        time.Time
	Rules       engine.Rules
	Policy      *engine.Policy
	Version     *engine.Version
	Catalog     *engine.Catalog // nil = none
	Population  PopulationInput
	Other       []OtherInput
	Result      *engine.Result
	Findings    []engine.Finding // in any order
	Identities  Identities       // the affected ones
	Settings    Settings
	Examples    []Example
	Crosscheck  *CrosscheckDocument // nil = none was given
	Snapshot    string              // directory; "" = parts were given one by one
}

// New assembles the Document of a simulation.
func New(in Input) *Document {
	d := &Document{
		Header: newHeader(SchemaSimulation, in.ToolVersion, in.AsOf, in.Rules, Decide(in.Result, in.Findings, in.Settings.failOn(), in.Settings.DetailedExitcode)),
		Inputs: Inputs{
			Policy: newPolicyInput(in.Policy, in.Version), Profiles: newProfilesInput(in.Catalog),
			Snapshot: known(in.Snapshot), Population: in.Population.valid(), Other: newOtherInputs(in.Other),
		},
		Result:     completeResult(*in.Result),
		Notes:      newNotes(in.Findings, in.Rules, in.Policy.State),
		Identities: in.Identities.complete(),
		Settings:   in.Settings.complete(),
		Examples:   completeExamples(in.Examples),
	}
	d.Crosscheck = newCrosscheckNote(in.Crosscheck, &d.Header, d.Inputs)
	if inputs, complete := d.Inputs.withoutPaths(); complete {
		d.RunDigest = runDigest(d.Header, inputs)
	}
	d.Verdict = newVerdictLine(d)
	d.LookFirst = lookFirst(d)
	d.Assumptions = assumptions(d, in.Policy)
	return d
}

// completeResult is r with [] for every nil list. Lists that need a change are copied.
func completeResult(r engine.Result) engine.Result {
	r.Workflows = slices.Clone(list(r.Workflows))
	for i := range r.Workflows {
		r.Workflows[i].Conditions = completeConditions(r.Workflows[i].Conditions)
	}
	r.Actions = slices.Clone(list(r.Actions))
	for i := range r.Actions {
		r.Actions[i].Conditions = completeConditions(r.Actions[i].Conditions)
	}
	r.AccessProfiles = list(r.AccessProfiles)
	r.Entitlements = slices.Clone(list(r.Entitlements))
	for i := range r.Entitlements {
		r.Entitlements[i].Profiles = list(r.Entitlements[i].Profiles)
	}
	r.Limits = completeLimits(r.Limits)
	r.Sensitivity = slices.Clone(list(r.Sensitivity))
	for i := range r.Sensitivity {
		r.Sensitivity[i].Limits = list(r.Sensitivity[i].Limits)
	}
	r.Flows = list(r.Flows)
	r.Classes = slices.Clone(list(r.Classes))
	for i := range r.Classes {
		c := &r.Classes[i]
		c.Members, c.Workflows, c.Actions = list(c.Members), list(c.Workflows), list(c.Actions)
		c.AccessProfileIDs, c.Entitlements = list(c.AccessProfileIDs), list(c.Entitlements)
	}
	return r
}

func completeConditions(conditions []engine.ConditionResult) []engine.ConditionResult {
	conditions = slices.Clone(list(conditions))
	for i := range conditions {
		conditions[i].Actions = list(conditions[i].Actions)
	}
	return conditions
}

func completeLimits(limits []engine.LimitResult) []engine.LimitResult {
	limits = slices.Clone(list(limits))
	for i := range limits {
		limits[i].NotSeen, limits[i].Exemplars = list(limits[i].NotSeen), list(limits[i].Exemplars)
	}
	return limits
}
