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
	reasons := map[int][]string{}
	add := func(code int, reason string) { reasons[code] = append(reasons[code], reason) }

	for _, l := range r.Limits {
		if l.Enforced == "information" {
			continue
		}
		switch l.Verdict {
		case engine.VerdictExceeded:
			if failOn.gates(l) {
				add(ExitGate, limitReason(l))
			}
		case engine.VerdictMaybe:
			if failOn.Maybe {
				add(ExitGate, limitReason(l))
			}
			add(ExitInconclusive, limitReason(l))
		case engine.VerdictOK, engine.VerdictAtLimit:
		}
	}
	if s := r.Summary; failOn.Maybe && s.AffectedLow < s.AffectedHigh {
		add(ExitGate, countNoun(s.AffectedHigh-s.AffectedLow, "identity is perhaps affected", "identities are perhaps affected"))
	}
	if text := findingsReason(findings, engine.SeverityError); text != "" {
		if failOn.Error {
			add(ExitGate, text)
		}
		add(ExitInconclusive, text)
	}
	if text := findingsReason(findings, engine.SeverityWarning); text != "" && failOn.Warning {
		add(ExitGate, text)
	}
	if n := r.Summary.Unknown; n > 0 {
		add(ExitInconclusive, fmt.Sprintf("%s on something unknown", countNoun(n, "identity depends", "identities depend")))
	}
	if n := r.Summary.AffectedHigh; detailed && n > 0 {
		add(ExitChanges, affectedText(r.Summary))
	}
	for _, code := range exitOrder {
		if len(reasons[code]) > 0 {
			return Exit{Code: code, Reasons: reasons[code]}
		}
	}
	return Exit{Code: ExitOK, Reasons: []string{}}
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
