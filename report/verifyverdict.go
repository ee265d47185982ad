package report

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// decide finds the verdict of a re-run.
func (v *Verification) decide(saved Renderable, rerun Rerun, was, now *compared, sameOutcome bool) {
	drifted, unknown := []string{}, []string{}
	for _, in := range v.Inputs {
		switch {
		case in.Same == nil:
			unknown = append(unknown, in.Input)
		case !*in.Same:
			drifted = append(drifted, in.Input)
		}
	}
	again, places := relocated(saved, rerun.Document, rerun.Given)
	outcome := v.outcome(was, now)
	if outcome == "" {
		outcome = v.wording(saved, again, drifted)
	}
	inputs := inputsText(drifted, unknown)
	switch {
	case len(drifted)+len(unknown) == 0:
		v.sameInputs(saved, again, places)
	case v.edited(saved):
		v.conclude(ExitGate, WordAltered, fmt.Sprintf("the file was edited: %s does not follow from the rest of it", v.Fields.Rows[0].Path), saved)
	case len(unknown) == 0 && slices.Equal(drifted, []string{findingsName}):
		v.conclude(ExitGate, WordDrifted, "the inputs are the same, and other findings come of them: the file was edited, or it was made of parts from elsewhere", saved)
	case outcome != "":
		v.conclude(ExitGate, WordDrifted, inputs+"; "+outcome, saved)
	case !v.Identities.Complete && (sameOutcome || len(drifted) == 0):
		v.conclude(ExitInconclusive, WordInconclusive, inputs+"; nobody who can be compared fares otherwise, but not all can", saved)
	case sameOutcome && (saved.notes().RunDigest == nil || saved.header().ToolVersion != v.ToolVersion):
		v.conclude(ExitInconclusive, WordInconclusive, inputs+"; nobody fares otherwise, but whether the file was edited cannot be told: its run digest was not checked", saved)
	case sameOutcome:
		v.otherInputs(saved, again, places, inputs)
	case len(drifted) == 0:
		v.conclude(ExitInconclusive, WordInconclusive, inputs+"; nobody fares otherwise", saved)
	case !v.Identities.Complete:
		v.conclude(ExitGate, WordDrifted, inputs+"; nobody who can be compared fares otherwise", saved)
	default:
		v.conclude(ExitGate, WordDrifted, inputs+"; nobody fares otherwise", saved)
	}
}

// sameInputs finds the verdict where all inputs are the same. again is the re-run, places what was replaced in it.
func (v *Verification) sameInputs(saved, again Renderable, places *relocation) {
	v.Fields = changedFields(saved, again, noField)
	if v.Fields.Total == 0 {
		v.conclude(ExitOK, WordValid, "the same inputs give the same result"+v.unread(places), saved)
		return
	}
	differ := fmt.Sprintf("%s, first %s", countNoun(v.Fields.Total, "field differs", "fields differ"), v.Fields.Rows[0].Path)
	if slices.ContainsFunc(v.Fields.Rows, func(f FieldChange) bool { return !placeField(f.Path) }) {
		v.conclude(ExitGate, WordAltered, "the inputs are the same and do not give this result: "+differ, saved)
		return
	}
	v.conclude(ExitGate, WordAltered, "the inputs are the same and do not lie where this result says: "+differ, saved)
	v.Notes = append(v.Notes, "A file that lay elsewhere, or had another name, is given with its flag once more.")
}

// unread says that places were not verified, with a note that names them; it is empty where there are none.
func (v *Verification) unread(places *relocation) string {
	said := ""
	if len(places.moved) > 0 {
		v.Notes = append(v.Notes, "Places that the result names and that were not read: "+someOf(places.moved)+".")
		said = "; that they lay where it says was not verified"
	}
	if len(places.lines) > 0 {
		v.Notes = append(v.Notes, "Findings stand in other lines than the result says, as in a file that was laid out anew: "+someOf(places.lines)+".")
		said += "; findings stand in other lines"
	}
	return said
}

// otherInputs finds the verdict where inputs differ and nobody fares otherwise, which was asked for. What is left may follow the size of
// the population, and only it.
func (v *Verification) otherInputs(saved, again Renderable, places *relocation, inputs string) {
	v.Fields = changedFields(saved, again, inputField)
	sentence := inputs + "; nobody fares otherwise"
	settled := slices.IndexFunc(v.Fields.Rows, func(f FieldChange) bool { return settledField(f.Path) })
	switch {
	case v.Fields.Total == 0:
	case len(v.Numbers) == 0:
		v.conclude(ExitGate, WordDrifted, fmt.Sprintf("%s, but %s, first %s", sentence, countNoun(v.Fields.Total, "field differs", "fields differ"), v.Fields.Rows[0].Path), saved)
		return
	case settled >= 0:
		v.conclude(ExitGate, WordDrifted, fmt.Sprintf("%s, but %s differs", sentence, v.Fields.Rows[settled].Path), saved)
		return
	default:
		sentence += fmt.Sprintf("; the population has another size, with which %s", countNoun(v.Fields.Total, "field differs", "fields differ"))
	}
	v.conclude(ExitOK, WordSameOutcome, sentence+v.unread(places), again)
}

// edited tells whether something that follows from other fields of a result does not, and shows it in Fields. What another version
// makes of them is not known.
func (v *Verification) edited(saved Renderable) bool {
	if saved.header().ToolVersion != v.ToolVersion {
		return false
	}
	contradictions := changedFields(saved, derived(saved), noField)
	if contradictions.Total > 0 {
		v.Fields = contradictions
	}
	return contradictions.Total > 0
}

// outcome is how the outcome differs, but for the size of the population; "" = not as far as can be compared.
func (v *Verification) outcome(was, now *compared) string {
	parts := []string{}
	if n := v.Identities.Total; n > 0 {
		parts = append(parts, countNoun(n, "identity fares", "identities fare")+" otherwise")
	}
	if n := v.Classes.Total; n > 0 {
		parts = append(parts, countNoun(n, "class has", "classes have")+" another size")
	}
	if slices.ContainsFunc(v.Numbers, func(n NumberChange) bool { return !slices.Contains(was.sizes, n.Name) }) {
		parts = append(parts, countNoun(len(v.Numbers), "number differs", "numbers differ"))
	}
	if len(parts) == 0 && !reflect.DeepEqual(was.access, now.access) {
		parts = append(parts, "entitlements are counted otherwise")
	}
	return strings.Join(parts, ", ")
}

// wording is how the texts of a result differ from those of its re-run although the numbers do not; "" = not. Where nothing but the tool
// is another one, every field counts.
func (v *Verification) wording(saved, rerun Renderable, drifted []string) string {
	if slices.Equal(drifted, []string{toolVersionName}) {
		if fields := changedFields(saved, rerun, inputField).Rows; len(fields) > 0 {
			f := fields[0]
			return fmt.Sprintf("%s differs: %q, now %q", f.Path, f.Was, f.Now)
		}
	}
	if len(v.Numbers) == 0 && saved.notes().Verdict != rerun.notes().Verdict {
		return "its verdict reads otherwise"
	}
	return ""
}

// inputsText names inputs that differ, and those that cannot be compared.
func inputsText(drifted, unknown []string) string {
	const named = 3
	names := func(inputs []string) string {
		if rest := len(inputs) - named; rest > 0 {
			return strings.Join(inputs[:named], ", ") + " and " + Count(rest) + " more"
		}
		return strings.Join(inputs, ", ")
	}
	parts := []string{}
	if len(drifted) > 0 {
		parts = append(parts, countNoun(len(drifted), "input differs", "inputs differ")+": "+names(drifted))
	}
	if len(unknown) > 0 {
		parts = append(parts, "cannot be compared, for want of a digest: "+names(unknown))
	}
	return strings.Join(parts, "; ")
}

// conclude sets exit code and verdict. says is the document whose words hold.
func (v *Verification) conclude(code int, word, sentence string, says Renderable) {
	v.Exit = Exit{Code: code, Reasons: []string{}}
	if code != ExitOK {
		v.Exit.Reasons = append(v.Exit.Reasons, sentence)
	}
	approver := map[string]string{
		WordValid:        "What the result says still holds: " + says.notes().Verdict.ForApprover,
		WordSameOutcome:  "What the result says of people still holds, on other inputs: " + says.notes().Verdict.ForApprover,
		WordDrifted:      "Do not rely on this result: what it was made of has changed since. Ask for a new one.",
		WordAltered:      "Do not rely on this file: it does not say what its inputs give. Ask for a new one.",
		WordInconclusive: "Whether this result still holds cannot be told. Ask for a new one.",
	}[word]
	v.Verdict = VerdictLine{Word: word, Sentence: sentence, ForApprover: approver}
}
