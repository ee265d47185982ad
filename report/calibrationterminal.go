package report

import (
	"io"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// How much of each rule the terminal shows; JSON has all.
const (
	shownExperiments = 3 // that contradict each other
	shownSuggestions = 3
)

// writeCalibrationTerminal writes which rules the tenant follows and why, and the block for lcmsim.yaml. First and last line
// carry the verdict.
func writeCalibrationTerminal(w io.Writer, d *CalibrationDocument, opt TerminalOptions) error {
	t := calibrationTerminal{terminal: newTerminal(&d.Header, &d.Notes, opt), d: d}
	lines := append(t.top(), t.rules()...)
	lines = append(lines, t.evidence()...)
	lines = append(lines, t.unexplained()...)
	lines = append(lines, t.open("NOT ASKED", CalibrationVerdict.notAsked)...)
	lines = append(lines, t.open("UNDECIDABLE", func(v CalibrationVerdict) bool { return v.Verdict == engine.Undecidable && !v.notAsked() })...)
	lines = append(lines, t.notDefault()...)
	lines = append(lines, t.findings(shownFindings)...)
	lines = append(lines, t.steps(d.NextSteps)...)
	lines = append(lines, t.title("FOR LCMSIM.YAML"))
	for line := range strings.Lines(d.RulesYAML) {
		lines = append(lines, brief(strings.TrimSuffix(line, "\n")))
	}
	lines = append(lines, t.end()...)
	return writeLines(w, lines)
}

// calibrationTerminal lays out one calibration.
type calibrationTerminal struct {
	terminal
	d *CalibrationDocument
}

func (t calibrationTerminal) top() []string {
	s := t.d.Summary
	lines := append([]string{t.verdict()}, t.labelled("Frame", frameText(CrosscheckSummary{Identities: s.Identities, Frame: s.Frame}))...)
	lines = append(lines, t.fields([][2]string{
		t.policyField(t.d.Inputs.Policy),
		t.stateField(t.d.Inputs.Policy),
		{"Tenant", tenantText(t.d.Tenant, t.d.Calls)},
		{"Fit", fitText(s)},
	})...)
	lines = append(lines, t.labelled("Profiles", profilesReading(s.AccessProfiles))...)
	return append(lines, t.fields([][2]string{t.runField()})...)
}

func (t calibrationTerminal) rules() []string {
	var rows [][]string
	for _, v := range t.d.Verdicts {
		inForce := v.InForce
		if v.Differs {
			inForce = "NOT " + inForce
		}
		rows = append(rows, []string{brief(v.Rule), verdictText(v), brief(orText(v.Value, "-")), brief(inForce), Count(len(v.Experiments))})
	}
	if len(rows) == 0 {
		return []string{t.title("RULES") + " none"}
	}
	return grid(shown("RULES", len(rows), len(rows)),
		[]column{{"verdict", 21, false}, {"tenant", 10, false}, {"here", 14, false}, {"asked", 5, true}}, rows, t.width, t.color)
}

// evidence shows why rules are settled, in plain words, and the experiments of those that are contradictory.
func (t calibrationTerminal) evidence() []string {
	lines := []string{}
	for _, v := range t.d.Verdicts {
		if v.Verdict == engine.Undecidable {
			continue
		}
		lines = append(lines, t.detail("  ", brief(v.Rule)+": "+brief(v.Because))...)
		if v.Value != nil {
			continue
		}
		n := min(shownExperiments, len(v.Experiments))
		for _, e := range v.Experiments[:n] {
			lines = append(lines, t.detail("    ", brief(t.d.Experiments[e].Text))...)
		}
		if rest := len(v.Experiments) - n; rest > 0 {
			lines = append(lines, "    and "+countNoun(rest, "more experiment", "more experiments"))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return append([]string{t.title("EVIDENCE")}, lines...)
}

// unexplained shows answers that fit no combination of rules, unless a rule shows them.
func (t calibrationTerminal) unexplained() []string {
	lines := []string{}
	for i, e := range t.d.Experiments {
		bears := slices.ContainsFunc(t.d.Verdicts, func(v CalibrationVerdict) bool { return slices.Contains(v.Experiments, i) })
		if e.Verdict == engine.VerdictDisagree && !bears {
			lines = append(lines, t.detail("  ", brief(e.Text))...)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return append([]string{t.title("UNEXPLAINED")}, lines...)
}

// open shows rules that are not settled, and what would decide them.
func (t calibrationTerminal) open(title string, is func(CalibrationVerdict) bool) []string {
	lines := []string{}
	for _, v := range t.d.Verdicts {
		if !is(v) {
			continue
		}
		lines = append(lines, t.detail("  ", brief(v.Rule)+": "+brief(v.Because))...)
		n := min(shownSuggestions, len(v.Suggestions))
		for _, s := range v.Suggestions[:n] {
			lines = append(lines, t.detail("    ", "would decide it: "+brief(s.Text))...)
		}
		if rest := len(v.Suggestions) - n; rest > 0 {
			lines = append(lines, "    and "+countNoun(rest, "more suggestion", "more suggestions"))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return append([]string{t.title(title)}, lines...)
}
