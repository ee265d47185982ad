package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// The exit codes of lcmsim (SPEC section 9).
const (
	ExitOK           = 0
	ExitFatal        = 1
	ExitChanges      = 2 // changes are present, with --detailed-exitcode
	ExitGate         = 3
	ExitDisagree     = 4 // the tenant disagrees
	ExitInconclusive = 5
)

// exitOrder is the precedence of exit codes, strongest first.
var exitOrder = []int{ExitFatal, ExitDisagree, ExitGate, ExitInconclusive, ExitChanges, ExitOK}

// StrongestExit is the code that wins among codes; ExitOK when there is none.
func StrongestExit(codes ...int) int {
	for _, code := range exitOrder {
		if slices.Contains(codes, code) {
			return code
		}
	}
	return ExitOK
}

// Exit is the exit code of a run and why it is that one.
type Exit struct {
	Code    int      `json:"code"`
	Reasons []string `json:"reasons"` // short sentences, empty for code 0
}

// FailOn says what fails the gate (exit code 3).
type FailOn struct {
	Limit, Guard, Maybe, Error, Warning bool

	// Given means that the user chose the list. Without it, a limit that is measured on the basis first_run does not
	// gate: its count includes everybody who already has what the policy gives. A guard gates on any basis.
	Given bool
}

// DefaultFailOn is the gate when the user chose none.
func DefaultFailOn() FailOn { return FailOn{Limit: true, Guard: true} }

// ParseFailOn reads a comma list of limit, guard, maybe, error and warning, or none alone.
func ParseFailOn(text string) (FailOn, error) {
	f := FailOn{Given: true}
	var problems []error
	none := false
	words := strings.Split(text, ",")
	for _, word := range words {
		switch word = strings.TrimSpace(word); word {
		case "limit":
			f.Limit = true
		case "guard":
			f.Guard = true
		case "maybe":
			f.Maybe = true
		case "error":
			f.Error = true
		case "warning":
			f.Warning = true
		case "none":
			none = true
		default:
			problems = append(problems, fmt.Errorf("fail-on: %q is none of limit, guard, maybe, error, warning, none", word))
		}
	}
	if none && len(words) > 1 {
		problems = append(problems, fmt.Errorf("fail-on: none stands alone, but the list is %q", text))
	}
	if err := errors.Join(problems...); err != nil {
		return FailOn{}, err
	}
	return f, nil
}

// Decide finds the exit code of a simulation that ran to its end, and the reasons for that code. With detailed, a run
// that affects identities ends with ExitChanges when nothing stronger applies.
func Decide(r *engine.Result, findings []engine.Finding, failOn FailOn, detailed bool) Exit {
	d := decision{}
	d.limits(r.Limits, failOn)
	s := r.Summary
	d.maybe(s.AffectedHigh-s.AffectedLow, failOn)
	d.findings(findings, failOn)
	d.unknown(s.Unknown)
	if detailed && s.AffectedHigh > 0 {
		d.add(ExitChanges, affectedText(s))
	}
	return d.exit()
}

// DecideDiff is Decide for a diff. With detailed, a diff in which anybody changes, perhaps changes, is new or is removed
// ends with ExitChanges when nothing stronger applies. With expectNone, a change fails the gate, and a change that is
// only possible makes the run inconclusive.
func DecideDiff(r *engine.DiffResult, findings []engine.Finding, failOn FailOn, detailed, expectNone bool) Exit {
	d := decision{}
	s := r.Summary
	if expectNone && unexpected(s) {
		d.add(ExitGate, "no changes were expected: "+changesText(s))
	}
	d.limits(r.Limits, failOn)
	if failOn.Maybe && s.Maybe > 0 {
		d.add(ExitGate, countNoun(s.Maybe, "identity perhaps changes", "identities perhaps change"))
	}
	d.maybe(s.AffectedHigh-s.AffectedLow, failOn)
	d.findings(findings, failOn)
	if expectNone && s.Maybe > 0 {
		d.add(ExitInconclusive, fmt.Sprintf("no changes were expected: %s", countNoun(s.Maybe, "identity perhaps changes", "identities perhaps change")))
	}
	for _, f := range findings {
		if expectNone && f.Code == "edit-not-exercised" {
			d.add(ExitInconclusive, "no changes were expected, but "+f.Message)
		}
	}
	d.unknown(s.Unknown)
	if detailed && differs(s) {
		d.add(ExitChanges, changesText(s))
	}
	return d.exit()
}

// unexpected tells whether something certainly changes.
func unexpected(s engine.DiffSummary) bool { return s.Changed+s.New+s.RemovedFromSource > 0 }

// decision gathers the reasons for each exit code, in the order in which they are found.
type decision map[int][]string

func (d decision) add(code int, reason string) { d[code] = append(d[code], reason) }

// exit is the strongest code that has a reason.
func (d decision) exit() Exit {
	for _, code := range exitOrder {
		if len(d[code]) > 0 {
			return Exit{Code: code, Reasons: d[code]}
		}
	}
	return Exit{Code: ExitOK, Reasons: []string{}}
}

func (d decision) limits(limits []engine.LimitResult, failOn FailOn) {
	for _, l := range pressingFirst(limits) {
		if l.Enforced == "information" {
			continue
		}
		switch l.Verdict {
		case engine.VerdictExceeded:
			if failOn.gates(l) {
				d.add(ExitGate, limitReason(l))
			}
		case engine.VerdictMaybe:
			if failOn.Maybe {
				d.add(ExitGate, limitReason(l))
			}
			d.add(ExitInconclusive, limitReason(l))
		case engine.VerdictOK, engine.VerdictAtLimit:
		}
	}
}

// maybe takes the number of identities that are only perhaps affected.
func (d decision) maybe(n int, failOn FailOn) {
	if failOn.Maybe && n > 0 {
		d.add(ExitGate, countNoun(n, "identity is perhaps affected", "identities are perhaps affected"))
	}
}

func (d decision) findings(findings []engine.Finding, failOn FailOn) {
	if text := findingsReason(findings, engine.SeverityError); text != "" {
		if failOn.Error {
			d.add(ExitGate, text)
		}
		d.add(ExitInconclusive, text)
	}
	if text := findingsReason(findings, engine.SeverityWarning); text != "" && failOn.Warning {
		d.add(ExitGate, text)
	}
}

// unknown takes the number of identities that some unknown truth value reaches.
func (d decision) unknown(n int) {
	if n > 0 {
		d.add(ExitInconclusive, fmt.Sprintf("%s on something unknown", countNoun(n, "identity depends", "identities depend")))
	}
}

// gates tells whether the violation of l fails the gate.
func (f FailOn) gates(l engine.LimitResult) bool {
	if l.Scope == "guard" {
		return f.Guard
	}
	return f.Limit && (f.Given || l.Basis != engine.BasisFirstRun)
}

// limitReason says how a limit that is exceeded, or may be, is.
func limitReason(l engine.LimitResult) string {
	return fmt.Sprintf("%s %q %s: %s of at most %s", limitNoun(l), l.Name, limitVerdict(l), rangeText(l.AffectedLow, l.AffectedHigh), limitMax(l))
}

// findingsReason counts the findings of a severity by code, or is empty when there is none.
func findingsReason(findings []engine.Finding, severity engine.Severity) string {
	const listed = 4
	counts := map[string]int{}
	codes := []string{}
	total := 0
	for _, f := range findings {
		if f.Severity != severity {
			continue
		}
		if counts[f.Code] == 0 {
			codes = append(codes, f.Code)
		}
		counts[f.Code]++
		total++
	}
	if total == 0 {
		return ""
	}
	slices.Sort(codes)
	parts := []string{}
	for _, code := range codes[:min(listed, len(codes))] {
		parts = append(parts, fmt.Sprintf("%s (%s)", code, Count(counts[code])))
	}
	if rest := len(codes) - listed; rest > 0 {
		parts = append(parts, fmt.Sprintf("and %s more", countNoun(rest, "code", "codes")))
	}
	noun := string(severity)
	return fmt.Sprintf("%s: %s", countNoun(total, noun, noun+"s"), strings.Join(parts, ", "))
}
