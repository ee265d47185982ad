package report

import (
	"time"

	"github.com/lcmsim/lcmsim/engine"
)

// SchemaDiff names the shape of a DiffDocument.
const SchemaDiff = "lcmsim.diff/v1"

// DiffDocument is the result of a diff as JSON carries it (SPEC section 10). Treat it as immutable, as a
// Document.
type DiffDocument struct {
	Header
	Inputs DiffInputs `json:"inputs"`
	engine.DiffResult
	Notes
	Identities DiffIdentities `json:"identities"` // beyond the contract: those that do not stay as they are

	// Beyond the contract:
	Settings   Settings        `json:"settings"`
	Examples   []Example       `json:"examples"`   // one for each of the most frequent kinds of change: why it happens
	Crosscheck *CrosscheckNote `json:"crosscheck"` // null = none was given
}

// DiffSide is one side of a diff. On the earlier side, what the baseline does not have is nil.
type DiffSide struct {
	Policy     *engine.Policy
	Version    *engine.Version
	Catalog    *engine.Catalog  // nil = none
	Population *PopulationInput // two sides may share one
}

// DiffInput is what NewDiff makes a DiffDocument of.
type DiffInput struct {
	ToolVersion string
	AsOf        time.Time
	Rules       engine.Rules
	From, To    DiffSide
	Other       []OtherInput
	Result      *engine.DiffResult
	Findings    []engine.Finding // in any order
	Identities  DiffIdentities
	Settings    Settings
	Examples    []Example
	Crosscheck  *CrosscheckDocument // nil = none was given
	Snapshot    string              // directory; "" = parts were given one by one
}

// NewDiff assembles the DiffDocument of a diff.
func NewDiff(in DiffInput) *DiffDocument {
	state := ""
	if in.To.Policy != nil {
		state = in.To.Policy.State
	}
	d := &DiffDocument{
		Header: newHeader(SchemaDiff, in.ToolVersion, in.AsOf, in.Rules,
			DecideDiff(in.Result, in.Findings, in.Settings.failOn(), in.Settings.DetailedExitcode, in.Settings.ExpectNoChanges)),
		Inputs:     DiffInputs{Snapshot: known(in.Snapshot), From: in.From.inputs(), To: in.To.inputs(), Other: newOtherInputs(in.Other)},
		DiffResult: *in.Result,
		Notes:      newNotes(in.Findings, in.Rules, state),
		Identities: in.Identities,
		Settings:   in.Settings,
		Examples:   in.Examples,
	}
	d.Crosscheck = newCrosscheckNote(in.Crosscheck, &d.Header, d.Inputs.To.alone())
	if inputs, complete := d.Inputs.withoutPaths(); complete {
		d.RunDigest = runDigest(d.Header, inputs, d.Baseline)
	}
	d.Verdict = newDiffVerdict(d, in.Settings.ExpectNoChanges)
	d.LookFirst = lookFirstInDiff(d)
	d.Assumptions = diffAssumptions(d, in.To.Policy)
	return filled(d)
}

// alone is the side as inputs of a run of its own.
func (s SideInputs) alone() Inputs {
	in := Inputs{Policy: s.Policy, Profiles: s.Profiles}
	if s.Population != nil {
		in.Population = *s.Population
	}
	return in
}

func (s DiffSide) inputs() SideInputs {
	out := SideInputs{Policy: newPolicyInput(s.Policy, s.Version), Profiles: newProfilesInput(s.Catalog)}
	if s.Population != nil {
		population := s.Population.valid()
		out.Population = &population
	}
	return out
}
