package report

import (
	"fmt"
	"io"
)

// SchemaVerification names the shape of a Verification.
const SchemaVerification = "lcmsim.verification/v1"

// The words of a Verification, beside WordInconclusive.
const (
	WordValid       = "VALID"        // the same inputs give the same result
	WordSameOutcome = "SAME OUTCOME" // other inputs, nobody fares otherwise, and that was asked for
	WordDrifted     = "DRIFTED"      // other inputs
	WordAltered     = "ALTERED"      // the file does not say what its inputs give
)

// Verification says whether a saved result still stands: what it ran on then and what there is now, and what differs between
// the result and a run on what there is now. Treat it as immutable.
type Verification struct {
	Schema      string          `json:"schema"`
	ToolVersion string          `json:"tool_version"` // of the re-run
	Exit        Exit            `json:"exit"`
	Verdict     VerdictLine     `json:"verdict"`
	Result      VerifiedResult  `json:"result"`
	Inputs      []InputCheck    `json:"inputs"`     // empty when there was no re-run
	Numbers     []NumberChange  `json:"numbers"`    // those that differ
	Identities  IdentityChanges `json:"identities"` // those that fare otherwise
	Classes     ClassChanges    `json:"classes"`    // of another size; compared where the lists of identities are cut
	Fields      FieldChanges    `json:"fields"`     // that differ although the inputs are the same, or nobody fares otherwise
	Notes       []string        `json:"notes"`      // sentences: what was not compared, and what to do
}

// VerifiedResult is the saved result, in its own words.
type VerifiedResult struct {
	Schema      string      `json:"schema"`
	RunDigest   *string     `json:"run_digest"`
	AsOf        string      `json:"as_of"`
	ToolVersion string      `json:"tool_version"`
	Exit        int         `json:"exit"`
	Verdict     VerdictLine `json:"verdict"`
}

// NumberChange is a number of a result, or a word on which its exit code depends. null = one of the two does not have it.
type NumberChange struct {
	Name string  `json:"name"`
	Was  *string `json:"was"`
	Now  *string `json:"now"`
}

// FieldChanges lists fields of a result that differ, up to a cap.
type FieldChanges struct {
	Total  int           `json:"total"`
	Listed int           `json:"listed"` // len(rows)
	Rows   []FieldChange `json:"rows"`
}

// FieldChange is a field of a result: summary.changed, or classes[3].size.
type FieldChange struct {
	Path string `json:"path"`
	Was  string `json:"was"`
	Now  string `json:"now"`
}

// maxVerified caps each list of a Verification.
const maxVerified = 100

// Rerun is a run on what there is now, with the rules and settings of the saved result.
type Rerun struct {
	Document    Renderable        // of the kind of the saved result; nil = it could not be made
	Impossible  string            // why it could not be made: a clause; "" = it was not tried
	ToolVersion string            // of the run
	ConfigRules map[string]string // what the semantics of the result and lcmsim.yaml give now, by rule; nil = not known
	Hints       []string          // sentences on inputs that the result had and the run had not
	Given       []string          // files and directories that the run was told to read in the stead of parts of the snapshot
}

// Verifiable tells why a result of this kind cannot be verified; nil = it can.
func Verifiable(saved Renderable) error {
	switch d := saved.(type) {
	case *Document, *DiffDocument:
		return nil
	case *CrosscheckDocument:
		return fmt.Errorf("result is of a cross-check (%s): it rests on answers of a tenant, which no snapshot holds; run the cross-check again instead", d.Schema)
	case *CalibrationDocument:
		return fmt.Errorf("result is of a calibration (%s): it rests on answers of a tenant, which no snapshot holds; calibrate again instead", d.Schema)
	}
	panic(fmt.Sprintf("report: a %T is no saved result", saved))
}

// Intact tells whether the run digest of a result is that of its own header and inputs. A result of another version of lcmsim
// counts as intact: what its digest covers may differ.
func Intact(saved Renderable, toolVersion string) bool {
	head, notes := saved.header(), saved.notes()
	if head.ToolVersion != toolVersion {
		return true
	}
	var digest *string
	switch d := saved.(type) {
	case *Document:
		if inputs, complete := d.Inputs.withoutPaths(); complete {
			digest = runDigest(d.Header, inputs)
		}
	case *DiffDocument:
		if inputs, complete := d.Inputs.withoutPaths(); complete {
			digest = runDigest(d.Header, inputs, d.Baseline)
		}
	}
	return equalText(digest, notes.RunDigest)
}

// Verify compares a saved result with a re-run. saved is Verifiable. With sameOutcome, inputs may differ as long as it is
// shown that nobody fares otherwise.
func Verify(saved Renderable, rerun Rerun, sameOutcome bool) *Verification {
	head, notes := saved.header(), saved.notes()
	v := &Verification{
		Schema: SchemaVerification, ToolVersion: rerun.ToolVersion,
		Result: VerifiedResult{
			Schema: head.Schema, RunDigest: notes.RunDigest, AsOf: head.AsOf, ToolVersion: head.ToolVersion, Exit: head.Exit.Code, Verdict: notes.Verdict,
		},
		Inputs: []InputCheck{}, Numbers: []NumberChange{}, Notes: []string{},
		Identities: IdentityChanges{Cap: maxVerified, Rows: []IdentityChange{}},
		Classes:    ClassChanges{Rows: []ClassChange{}}, Fields: FieldChanges{Rows: []FieldChange{}},
	}
	switch {
	case !Intact(saved, rerun.ToolVersion):
		v.conclude(ExitGate, WordAltered, "the file was edited: its run digest is not that of the inputs, rules and time that it names", saved)
		return v
	case rerun.Document == nil:
		v.Notes = append(v.Notes, rerun.Hints...)
		v.conclude(ExitGate, WordDrifted, rerun.Impossible, saved)
		return v
	}
	was, now := comparedOf(saved), comparedOf(rerun.Document)
	if now.crosscheck != nil {
		was.inputs = append(was.inputs, crosscheckInput(was.crosscheck))
		now.inputs = append(now.inputs, crosscheckInput(now.crosscheck))
	}
	v.Inputs = checkInputs(was.inputs, now.inputs)
	v.Inputs = append(v.Inputs, checkConfigRules(v.Inputs, head.Rules, rerun.ConfigRules)...)
	v.Numbers = changedNumbers(was.numbers, now.numbers)
	v.Identities, v.Classes = changedIdentities(was, now)
	rerun.Document = withClaimOf(saved, rerun.Document)
	v.decide(saved, rerun, was, now, sameOutcome)
	if v.Exit.Code == ExitOK && was.crosscheck != nil && now.crosscheck == nil {
		v.Verdict.Sentence += "; the claim of the cross-check was not verified"
		v.Verdict.ForApprover += " What it says of a cross-check was not verified."
	}
	v.note(saved, rerun, was, now)
	return v
}

// withClaimOf is now with what saved says of a cross-check, where now says nothing of one: it is not compared then.
func withClaimOf(saved, now Renderable) Renderable {
	switch d := now.(type) {
	case *Document:
		if d.Crosscheck == nil {
			c := *d
			c.Crosscheck = saved.(*Document).Crosscheck
			return &c
		}
	case *DiffDocument:
		if d.Crosscheck == nil {
			c := *d
			c.Crosscheck = saved.(*DiffDocument).Crosscheck
			return &c
		}
	}
	return now
}

// note says what was not compared, and what to do about inputs that differ.
func (v *Verification) note(saved Renderable, rerun Rerun, was, now *compared) {
	if was.crosscheck != nil && now.crosscheck == nil {
		v.Notes = append(v.Notes, "What the result says of a cross-check was not verified: it rests on answers of a tenant. Give the saved cross-check with --crosscheck.")
	}
	if v.Verdict.Word == WordValid {
		return // equal inputs and fields leave no gap
	}
	v.Notes = append(v.Notes, rerun.Hints...)
	if !v.Identities.Complete {
		v.Notes = append(v.Notes, v.Identities.gap(was, now))
	}
	if saved.header().ToolVersion != v.ToolVersion {
		v.Notes = append(v.Notes, "The run digest of the result was not checked: another version of lcmsim made it.")
	}
}

// changedNumbers are the numbers that differ, in the order of was, then those that only now has.
func changedNumbers(was, now []namedText) []NumberChange {
	out := []NumberChange{}
	for _, p := range paired(was, now) {
		if !equalText(p.was, p.now) {
			out = append(out, NumberChange{Name: p.name, Was: p.was, Now: p.now})
		}
	}
	return out
}

// namedText is a value by its name; nil = there is none.
type namedText struct {
	name string
	text *string
}

// pair is one name with both its values.
type pair struct {
	name     string
	was, now *string
}

// paired puts values of one name beside each other: in the order of was, then those that only now has. Of values with one
// name the first counts with the first, the second with the second.
func paired(was, now []namedText) []pair {
	type key struct {
		name string
		nth  int
	}
	keyed := func(values []namedText) []key {
		seen := map[string]int{}
		keys := make([]key, len(values))
		for i, v := range values {
			keys[i] = key{v.name, seen[v.name]}
			seen[v.name]++
		}
		return keys
	}
	out := make([]pair, 0, len(was))
	at := map[key]int{}
	for i, k := range keyed(was) {
		at[k] = i
		out = append(out, pair{name: k.name, was: was[i].text})
	}
	for i, k := range keyed(now) {
		if j, ok := at[k]; ok {
			out[j].now = now[i].text
			continue
		}
		out = append(out, pair{name: k.name, now: now[i].text})
	}
	return out
}

// equalText tells whether two values are the same; nil is another value than any text.
func equalText(a, b *string) bool {
	return (a == nil) == (b == nil) && (a == nil || *a == *b)
}

// WriteVerificationJSON writes v with two spaces of indentation and a newline at the end.
func WriteVerificationJSON(w io.Writer, v *Verification) error { return writeIndented(w, v) }
