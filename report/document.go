package report

import (
	"reflect"
	"time"

	"github.com/lcmsim/lcmsim/engine"
)

// SchemaSimulation names the shape of a Document.
const SchemaSimulation = "lcmsim.simulation/v1"

// Document is the result of a simulation as JSON carries it (SPEC section 10). Treat it as immutable. It shares no
// list and no pointer with the values that New made it of.
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
		Result:     *in.Result,
		Notes:      newNotes(in.Findings, in.Rules, in.Policy.State),
		Identities: in.Identities,
		Settings:   in.Settings,
		Examples:   in.Examples,
	}
	d.Crosscheck = newCrosscheckNote(in.Crosscheck, &d.Header, d.Inputs)
	if inputs, complete := d.Inputs.withoutPaths(); complete {
		d.RunDigest = runDigest(d.Header, inputs)
	}
	d.Verdict = newVerdictLine(d)
	d.LookFirst = lookFirst(d)
	d.Assumptions = assumptions(d, in.Policy)
	return filled(d)
}

// filled is a deep copy of a document in which every nil list is an empty one, as JSON has it (SPEC section 10). Maps are shared.
func filled[T any](d *T) *T {
	out := *d
	fill(reflect.ValueOf(&out).Elem())
	return &out
}

// fill replaces what v leads to by copies; a pointer that is nil stays so.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		target := reflect.New(v.Type().Elem())
		target.Elem().Set(v.Elem())
		v.Set(target)
		fill(target.Elem())
	case reflect.Slice:
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(list, v)
		v.Set(list)
		for i := range list.Len() {
			fill(list.Index(i))
		}
	}
}
