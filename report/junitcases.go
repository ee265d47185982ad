package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// testCases are the cases of a document; that of the exit code is the last one, where there is need of it.
func testCases(d Renderable, o *outline) []testCase {
	var cases []testCase
	var told []string
	switch d := d.(type) {
	case *CrosscheckDocument:
		cases = crosscheckCases(d)
	case *CalibrationDocument:
		cases, told = calibrationCases(d)
	default:
		cases, told = limitCases(o.head.Exit, o.limits)
	}
	return append(cases, exitCases(o, cases, told)...)
}

// limitCases has a case for each limit and guard, and the reasons of the exit code that they show. A limit fails when it is one of
// the reasons: --fail-on and its basis decide that.
func limitCases(exit Exit, limits []engine.LimitResult) (cases []testCase, told []string) {
	for _, l := range limits {
		class := "limit." + l.Scope
		if l.Scope == "guard" {
			class = "guard"
		}
		reason := limitReason(l)
		s, message := casePassed, l.Meaning
		switch {
		case l.Enforced == "information" && l.Verdict != engine.VerdictOK:
			s, message = caseSkipped, "for information only: "+l.Meaning
		case l.Verdict == engine.VerdictMaybe:
			s, message = caseUndecided, "cannot be decided: "+l.Meaning
		case l.Verdict == engine.VerdictExceeded && slices.Contains(exit.Reasons, reason):
			s = caseFailed
		case l.Verdict == engine.VerdictExceeded:
			s, message = caseSkipped, fmt.Sprintf("%s, but does not fail the gate (basis %s): %s", limitVerdict(l), l.Basis, l.Meaning)
		}
		if s >= caseUndecided {
			told = append(told, reason)
		}
		cases = append(cases, caseResult{s, class, l.Name + " (" + l.Kind + ")", string(l.Verdict), message, limitLines(l)}.testCase(exit.Code))
	}
	return cases, told
}

// limitLines are the numbers of a limit.
func limitLines(l engine.LimitResult) []string {
	lines := []string{
		"verdict: " + limitVerdict(l),
		fmt.Sprintf("affected: %s of %s", rangeText(l.AffectedLow, l.AffectedHigh), Count(l.Population)),
		"maximum: " + limitMax(l),
		"headroom: " + Count(l.Headroom),
		"basis: " + l.Basis,
		"enforced: " + l.Enforced,
		"meaning: " + l.Meaning,
	}
	if len(l.Exemplars) > 0 {
		lines = append(lines, "such as: "+strings.Join(l.Exemplars, ", "))
	}
	if l.OneTime != "" {
		lines = append(lines, "what would let this run pass: "+l.OneTime)
	}
	for _, s := range l.NotSeen {
		lines = append(lines, "not seen: "+s)
	}
	return lines
}

// crosscheckCases has a case for each stratum and one for the claim.
func crosscheckCases(d *CrosscheckDocument) []testCase {
	cases := []testCase{}
	for i, s := range d.Strata {
		status, message := casePassed, fmt.Sprintf("%s of %s agree", Count(s.Agree), countNoun(s.Sampled, "draw", "draws"))
		switch {
		case d.Planned:
			status, message = caseSkipped, "planned: nothing was asked"
		case s.Sampled == 0:
			status, message = caseSkipped, "no draw"
		case s.Disagree > 0:
			status, message = caseSkipped, fmt.Sprintf("%s in %s", disagreements(s.Disagree), countNoun(s.Sampled, "draw", "draws"))
			if d.Exit.Code == ExitDisagree {
				status = caseFailed
			}
		case s.NotChecked > 0:
			status, message = caseUndecided, fmt.Sprintf("%s of %s not checked", Count(s.NotChecked), countNoun(s.Sampled, "draw", "draws"))
		case s.Drifted > 0:
			status, message = caseSkipped, fmt.Sprintf("%s of %s drifted", Count(s.Drifted), countNoun(s.Sampled, "draw", "draws"))
		}
		cases = append(cases, caseResult{status, "stratum." + s.Kind, strconv.Itoa(i+1) + " " + s.Name, "stratum", message, []string{
			"identities: " + Count(s.Size), "draws: " + Count(s.Sampled), "agree: " + Count(s.Agree), "disagree: " + Count(s.Disagree),
			"drifted: " + Count(s.Drifted), "not checked: " + Count(s.NotChecked),
		}}.testCase(d.Exit.Code))
	}
	status := casePassed
	switch {
	case d.Exit.Code == ExitDisagree:
		status = caseFailed
	case d.Exit.Code == ExitInconclusive:
		status = caseUndecided
	case d.Planned:
		status = caseSkipped
	}
	return append(cases, caseResult{status, "claim", "claim", "claim", d.Verdict.Line(), []string{d.Claim, d.FrameText, d.CoverageText}}.testCase(d.Exit.Code))
}

// calibrationCases has a case for each rule, and the reasons of the exit code that they show: those that begin with the rule.
func calibrationCases(d *CalibrationDocument) (cases []testCase, told []string) {
	for _, v := range d.Verdicts {
		reasons := []string{}
		for _, reason := range d.Exit.Reasons {
			if strings.HasPrefix(reason, v.Rule+": ") {
				reasons = append(reasons, reason)
			}
		}
		status, message := casePassed, verdictText(v)
		switch {
		case len(reasons) > 0 && d.Exit.Code == ExitInconclusive:
			status, message = caseUndecided, strings.Join(reasons, "; ")
		case len(reasons) > 0:
			status, message = caseFailed, strings.Join(reasons, "; ")
		case v.Value == nil:
			status = caseSkipped
		}
		told = append(told, reasons...)
		cases = append(cases, caseResult{status, "rule", v.Rule, v.Verdict, message, []string{
			"verdict: " + verdictText(v), "the tenant follows: " + orText(v.Value, "not known"), "in force here: " + v.InForce,
			"experiments: " + Count(len(v.Experiments)), "not asked about: " + Count(v.Unasked), "because: " + v.Because,
		}}.testCase(d.Exit.Code))
	}
	return cases, told
}
