package report

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// checkSettled refuses a simulation or a diff that contradicts itself, so that nobody acts on an exit code or a number that was
// edited alone. contradiction is one between its counts, if there is one.
//
// Note: the exit codes of cross-checks and calibrations are taken as they are: their documents hold only a part of the answers on
// which those rest.
func checkSettled(settings *Settings, contradiction string, limits []engine.LimitResult, d Renderable) error {
	const inconsistent = "result is inconsistent: "
	if len(settings.FailOn) > 0 {
		if _, err := ParseFailOn(strings.Join(settings.FailOn, ",")); err != nil {
			return fmt.Errorf(inconsistent+"settings.fail_on: %w", err)
		}
	}
	if contradiction != "" {
		return errors.New(inconsistent + contradiction + "; write it again")
	}
	for i, l := range limits {
		if text := contradictionIn(l); text != "" {
			return fmt.Errorf(inconsistent+"limits[%d] (%q): %s; write it again", i, l.Name, text)
		}
	}
	if is, made := d.header().Exit.Code, derived(d).header().Exit.Code; is != made {
		return fmt.Errorf(inconsistent+"exit.code is %d, but the limits and findings of the result make it %d; write it again", is, made)
	}
	return nil
}

func countsOfSimulation(d *Document) string {
	s := d.Summary
	return firstText(
		negative(s),
		atMost("summary.affected_low", s.AffectedLow, "summary.affected_high", s.AffectedHigh),
		atMost("summary.affected_high", s.AffectedHigh, "summary.identities", s.Identities),
		atMost("summary.matched", s.Matched, "summary.identities", s.Identities),
		atMost("summary.unknown", s.Unknown, "summary.identities", s.Identities),
		atMost("summary.deactivated", s.Deactivated, "summary.identities", s.Identities),
		atMost("classes", len(d.Classes), "classes_total", d.ClassesTotal),
		atMost("identities.listed", d.Identities.Listed, "identities.affected", d.Identities.Affected),
	)
}

func countsOfDiff(d *DiffDocument) string {
	s := d.Summary
	sum := ""
	if all := s.Changed + s.Maybe + s.Unchanged + s.New + s.RemovedFromSource; all != s.Identities {
		sum = fmt.Sprintf("summary.identities is %d, but changed, maybe, unchanged, new and removed_from_source are %d together", s.Identities, all)
	}
	return firstText(
		negative(s),
		sum,
		atMost("summary.affected_low", s.AffectedLow, "summary.affected_high", s.AffectedHigh),
		atMost("summary.affected_high", s.AffectedHigh, "summary.identities", s.Identities),
		atMost("summary.unknown", s.Unknown, "summary.identities", s.Identities),
		atMost("summary.deactivated", s.Deactivated, "summary.identities", s.Identities),
		atMost("classes", len(d.Classes), "classes_total", d.ClassesTotal),
		atMost("identities.listed", d.Identities.Listed, "identities.total", d.Identities.Total),
	)
}

// contradictionIn says in what a limit contradicts itself: its verdict follows from its counts and from what it allows.
func contradictionIn(l engine.LimitResult) string {
	allowed := limitAllowed(l)
	verdict := engine.VerdictOK
	switch {
	case l.AffectedLow > allowed:
		verdict = engine.VerdictExceeded
	case l.AffectedHigh > allowed:
		verdict = engine.VerdictMaybe
	case l.Headroom == 0 && l.Scope != "guard":
		verdict = engine.VerdictAtLimit
	}
	bound := l.Max
	if l.Kind == "percent" {
		bound = l.Max * float64(l.Population) / 100
	}
	const most = 1 << 52 // above it, rounding would count
	off := bound - float64(allowed)
	switch {
	case l.AffectedLow < 0 || l.AffectedLow > l.AffectedHigh:
		return fmt.Sprintf("affected_low is %d and affected_high %d", l.AffectedLow, l.AffectedHigh)
	case verdict != l.Verdict:
		return fmt.Sprintf("verdict is %q, but %s of at most %s make it %q", l.Verdict, rangeText(l.AffectedLow, l.AffectedHigh), Count(allowed), verdict)
	case math.Abs(bound) < most && (off < -0.001 || off > 2): // rounded down, and under one rule the maximum itself is too many
		return fmt.Sprintf("headroom is %d, but the maximum is %s", l.Headroom, strconv.FormatFloat(l.Max, 'f', -1, 64))
	}
	return ""
}

// negative names a count of a summary that is below 0.
func negative(summary any) string {
	text := ""
	eachScalar(reflect.ValueOf(summary), "summary", func(path, value string) {
		if text == "" && strings.HasPrefix(value, "-") {
			text = fmt.Sprintf("%s is %s", path, value)
		}
	})
	return text
}

// atMost is a contradiction where part is more than whole.
func atMost(partName string, part int, wholeName string, whole int) string {
	if part <= whole {
		return ""
	}
	return fmt.Sprintf("%s is %d, more than %s, %d", partName, part, wholeName, whole)
}

// firstText is the first text that is not empty.
func firstText(texts ...string) string {
	if i := slices.IndexFunc(texts, func(text string) bool { return text != "" }); i >= 0 {
		return texts[i]
	}
	return ""
}

// derived is a copy of a simulation or a diff with everything found anew that follows from its other fields: exit code, verdict,
// what to look at first, and the groups of findings.
func derived(d Renderable) Renderable {
	switch d := d.(type) {
	case *Document:
		c := *d
		c.DiagnosticGroups = groupDiagnostics(c.Diagnostics)
		c.Exit = sameOrder(Decide(&c.Result, findingsOf(c.Diagnostics), c.Settings.failOn(), c.Settings.DetailedExitcode), d.Exit)
		c.Verdict = newVerdictLine(&c)
		c.LookFirst = lookFirst(&c)
		return &c
	case *DiffDocument:
		c := *d
		c.DiagnosticGroups = groupDiagnostics(c.Diagnostics)
		c.Exit = sameOrder(DecideDiff(&c.DiffResult, findingsOf(c.Diagnostics), c.Settings.failOn(), c.Settings.DetailedExitcode, c.Settings.ExpectNoChanges), d.Exit)
		c.Verdict = newDiffVerdict(&c, c.Settings.ExpectNoChanges)
		c.LookFirst = lookFirstInDiff(&c)
		return &c
	}
	panic(fmt.Sprintf("report: a %T is neither a simulation nor a diff", d))
}

// sameOrder is exit with its reasons in the order that they have in as, where both have the same: a run finds them in another
// order than its findings are listed.
func sameOrder(exit, as Exit) Exit {
	if slices.Equal(slices.Sorted(slices.Values(exit.Reasons)), slices.Sorted(slices.Values(as.Reasons))) {
		exit.Reasons = as.Reasons
	}
	return exit
}

// findingsOf are the findings that diagnostics carry.
func findingsOf(diagnostics []Diagnostic) []engine.Finding {
	out := make([]engine.Finding, len(diagnostics))
	for i, d := range diagnostics {
		out[i] = d.finding()
	}
	return out
}

func (d Diagnostic) finding() engine.Finding {
	f := engine.Finding{
		Severity: d.Severity, Code: d.Code, Position: engine.Position{File: orText(d.File, ""), Path: orText(d.Path, "")}, Column: engine.NoColumn,
		Message: d.Message, Hint: orText(d.Hint, ""), Count: d.Count, Caret: orText(d.Caret, ""),
	}
	if d.Line != nil {
		f.Line = *d.Line
	}
	if d.Column != nil {
		f.Column = *d.Column
	}
	return f
}
