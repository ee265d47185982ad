package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// The words of a verdict on a calibration.
const (
	WordContradictory   = "CONTRADICTORY"    // the tenant's answers fit no rules
	WordDiffers         = "DIFFERS"          // the tenant follows another value than the one in force
	WordUndecided       = "UNDECIDED"        // no rule is confirmed
	WordPartlyConfirmed = "PARTLY CONFIRMED" // some rules are undecidable here
	WordConfirmed       = "CONFIRMED"
)

func calibrationVerdict(d *CalibrationDocument) VerdictLine {
	s := d.Summary
	confirmed := s.ConfirmedDefault + s.ConfirmedAlternative
	v := VerdictLine{Word: WordConfirmed}
	switch {
	case s.Contradictory+s.Unexplained > 0:
		v.Word = WordContradictory
	case s.Differ > 0:
		v.Word = WordDiffers
	case d.Exit.Code == ExitInconclusive:
		v.Word = WordInconclusive
	case confirmed == 0:
		v.Word = WordUndecided
	case s.Undecidable > 0:
		v.Word = WordPartlyConfirmed
	}
	parts := []string{fmt.Sprintf("%s of %s confirmed", Count(confirmed), countNoun(s.Rules, "rule", "rules"))}
	for _, part := range []struct {
		n    int
		text string
	}{
		{s.Differ, countNoun(s.Differ, "differs from the one in force", "differ from those in force")},
		{s.Contradictory, Count(s.Contradictory) + " contradictory"}, {s.NotAsked, Count(s.NotAsked) + " not asked"},
		{s.Undecidable - s.NotAsked, Count(s.Undecidable-s.NotAsked) + " undecidable"},
		{s.Unexplained, countNoun(s.Unexplained, "answer", "answers") + " unexplained"},
	} {
		if part.n > 0 {
			parts = append(parts, part.text)
		}
	}
	v.Sentence = strings.Join(parts, ", ") + "; " + experimentsText(s)
	v.ForApprover = fmt.Sprintf("Of %s, the tenant is shown to follow %s as this simulation does, %s otherwise; %s not settled.",
		countNoun(s.Rules, "rule that the vendor does not document", "rules that the vendor does not document"),
		Count(confirmed-s.Differ), Count(s.Differ), countNoun(s.Rules-confirmed, "is", "are"))
	return v
}

// experimentsText counts the experiments: "12 experiments, 1 drifted".
func experimentsText(s CalibrationSummary) string {
	text := countNoun(s.Asked, "experiment", "experiments")
	if s.Drifted > 0 {
		text += ", " + Count(s.Drifted) + " drifted"
	}
	if s.NotChecked > 0 {
		text += ", " + Count(s.NotChecked) + " not checked"
	}
	return text
}

// lookFirstInCalibration lists what a reader should look at before anything else.
func lookFirstInCalibration(d *CalibrationDocument) []string {
	out := []string{}
	for _, kind := range []func(CalibrationVerdict) string{
		func(v CalibrationVerdict) string {
			if v.Verdict == engine.Contradictory {
				return v.Rule + " is contradictory: " + v.Because
			}
			return ""
		},
		func(v CalibrationVerdict) string {
			if v.Differs {
				return fmt.Sprintf("the tenant follows %s=%s, here %s is in force", v.Rule, *v.Value, v.InForce)
			}
			return ""
		},
	} {
		for _, v := range d.Verdicts {
			if text := kind(v); text != "" {
				out = append(out, text)
			}
		}
	}
	if n := d.Summary.Unexplained; n > 0 {
		out = append(out, countNoun(n, "answer of the tenant fits", "answers of the tenant fit")+" no combination of rules: something else differs, such as the version of the policy")
	}
	out = append(out, lookAtFindings(&d.Notes, engine.SeverityError)...)
	if n := d.Summary.NotChecked + d.Summary.Drifted; n > 0 {
		out = append(out, countNoun(n, "experiment", "experiments")+" brought no answer that can be compared")
	}
	return append(out, lookAtFindings(&d.Notes, engine.SeverityWarning)...)
}

func calibrationAssumptions(d *CalibrationDocument, p *engine.Policy) []string {
	out := []string{
		"A confirmed value fits every answer that any combination of rules fits, and its alternative does not.",
		"A dry run shows workflows, actions and access profiles: rules on limits and on removal are not looked at.",
	}
	return append(out, policyAssumptions(p, d.Inputs.Policy)...)
}

// calibrationNextSteps says what mends or settles what was found.
func calibrationNextSteps(d *CalibrationDocument) []string {
	s := d.Summary
	out := []string{}
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if s.Differ > 0 {
		add("put the rules: block into lcmsim.yaml, in place of the one that is there, and simulate again")
	}
	if s.Contradictory+s.Unexplained > 0 {
		add("check that the tenant runs this version of the policy and has these attributes, then calibrate again")
	}
	failures := []string{}
	for _, e := range d.Experiments {
		if e.Verdict == engine.VerdictNotChecked {
			failures = append(failures, orText(e.Reason, ""))
		}
	}
	out = append(out, failureSteps(failures)...)
	if s.NotChecked+s.Drifted > 0 {
		add("run it again: %s brought no answer that can be compared", countNoun(s.NotChecked+s.Drifted, "experiment", "experiments"))
	}
	suggested := slices.ContainsFunc(d.Verdicts, func(v CalibrationVerdict) bool { return len(v.Suggestions) > 0 })
	switch {
	case s.NotAsked > 0 && !anyStatus(failures, statusUnauthorized):
		add("raise --budget: identities that bear on %s were not asked about", countNoun(s.NotAsked, "rule", "rules"))
	case s.NotAsked == 0 && suggested:
		add("an identity of a test tenant with the attributes that are suggested decides what is undecidable here")
	}
	return out
}

// experimentText tells an experiment in a sentence: who was asked, what the answer shows, and what else would have been answered.
func experimentText(e *Experiment) string {
	text := e.EntityID + ": "
	switch e.Verdict {
	case engine.VerdictAgree:
		if len(e.Outcomes) == 0 {
			return text + "the answer is the predicted one"
		}
		fits := &e.Outcomes[0]
		text += "the tenant answers as " + outcomeCondition(fits)
		for i := range e.Outcomes[1:] {
			other := &e.Outcomes[i+1]
			text += fmt.Sprintf("; %s it would be %s", outcomeCondition(other), outcomeDifference(fits, other))
		}
	case engine.VerdictDisagree:
		text += "no combination of rules predicts the answer"
		if e.Answer != nil {
			text += ": " + answerText(e.Answer.WorkflowsMatched, e.Answer.Actions, e.Answer.AccessProfileIDs)
		}
	default:
		text += strings.ReplaceAll(e.Verdict, "_", " ")
	}
	if e.Reason != nil {
		text += ": " + *e.Reason
	}
	return text
}

// outcomeCondition says which values lead to an outcome.
func outcomeCondition(o *ExperimentOutcome) string {
	if len(o.Values) == 0 {
		return "under other combinations of rules"
	}
	return "under " + strings.Join(textEach(o.Values, ruleValueText), ", ")
}

// outcomeDifference says what an outcome has and lacks against another.
func outcomeDifference(from, to *ExperimentOutcome) string {
	quote := func(s string) string { return fmt.Sprintf("%q", s) }
	parts := []string{}
	for _, kind := range []struct {
		noun     string
		from, to []string
	}{
		{"workflow", textEach(from.WorkflowsMatched, quote), textEach(to.WorkflowsMatched, quote)},
		{"action", textEach(from.Actions, actionName), textEach(to.Actions, actionName)},
		{"access profile", textEach(from.AccessProfileIDs, quote), textEach(to.AccessProfileIDs, quote)},
	} {
		for _, name := range without(kind.to, kind.from) {
			parts = append(parts, "with "+kind.noun+" "+name)
		}
		for _, name := range without(kind.from, kind.to) {
			parts = append(parts, "without "+kind.noun+" "+name)
		}
	}
	if len(parts) == 0 {
		return "the same"
	}
	return strings.Join(parts, ", ")
}

func actionName(a AnsweredAction) string { return fmt.Sprintf("%q (%s)", a.Name, a.Type) }

// without is a less what b has, each as often as it stands there.
func without(a, b []string) []string {
	left := map[string]int{}
	for _, s := range b {
		left[s]++
	}
	out := []string{}
	for _, s := range a {
		if left[s] > 0 {
			left[s]--
			continue
		}
		out = append(out, s)
	}
	return out
}
