package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/lcmsim/lcmsim/engine"
)

// TerminalOptions say what the terminal can show.
type TerminalOptions struct {
	Width int  // columns; 0 = 80, never less than 60
	Color bool // colours, and block characters in bars
}

func (o TerminalOptions) width() int {
	if o.Width == 0 {
		return 80
	}
	return max(o.Width, 60)
}

// WriteTerminal writes the summary of d for a terminal. First and last line carry the verdict and the exact counts.
func WriteTerminal(w io.Writer, d Renderable, opt TerminalOptions) error {
	switch d := d.(type) {
	case *Document:
		return writeSimulationTerminal(w, d, opt)
	case *DiffDocument:
		return writeDiffTerminal(w, d, opt)
	case *CrosscheckDocument:
		return writeCrosscheckTerminal(w, d, opt)
	case *CalibrationDocument:
		return writeCalibrationTerminal(w, d, opt)
	}
	panic(fmt.Sprintf("report: a %T has no terminal rendering", d))
}

// A summary is made to fit a screen of so many lines.
const (
	screenLines = 50
	maxRows     = 10
	maxLimits   = 4
	longLimits  = 2 // those that are shown with all that is to be said
)

// terminal lays out what every document has.
type terminal struct {
	head  *Header
	notes *Notes
	width int
	color bool
}

func newTerminal(head *Header, notes *Notes, opt TerminalOptions) terminal {
	return terminal{head: head, notes: notes, width: opt.width(), color: opt.Color}
}

// write writes a summary that fits one screen: top, then as much of each section as there is room for, then the rest.
func (t terminal) write(w io.Writer, top []string, sections []section, rest ...[]string) error {
	budget := screenLines - len(sections)
	for _, part := range append(rest, top) {
		budget -= height(part, t.width)
	}
	wants, leasts := make([]int, len(sections)), make([]int, len(sections))
	for i, s := range sections {
		wants[i], leasts[i] = min(len(s.rows), maxRows), s.least
	}
	lines := top
	for i, n := range share(budget, leasts, wants) {
		s := sections[i]
		if len(s.rows) == 0 {
			lines = append(lines, t.title(s.title)+" "+cmp.Or(s.empty, "none"))
			continue
		}
		lines = append(lines, grid(shown(s.title, n, max(len(s.rows), s.total)), s.columns, s.rows[:n], t.width, t.color)...)
	}
	for _, part := range rest {
		lines = append(lines, part...)
	}
	return writeLines(w, lines)
}

// section is a list of the summary.
type section struct {
	title   string
	empty   string // what stands for no rows; "" = none
	least   int    // rows to show however full the screen is
	total   int    // how many there are if rows are not all
	columns []column
	rows    [][]string
}

// verdict is the first line, and the last one with the exit code.
func (t terminal) verdict() string {
	v := t.notes.Verdict
	style := map[tone]string{toneBad: styleRed, toneDoubt: styleYellow, tonePlain: styleBold, toneGood: styleGreen}[toneOf(v.Word)]
	return paint(t.color, style, brief(v.Word)) + ": " + brief(v.Sentence)
}

// labelColumns is the width of the labels of fields.
const labelColumns = 11

// fields lays out labels with text beside them, a line each.
func (t terminal) fields(fields [][2]string) []string {
	lines := []string{}
	for _, field := range fields {
		lines = append(lines, paint(t.color, styleBold, fmt.Sprintf("%-*s", labelColumns, field[0]))+snip(brief(field[1]), t.width-labelColumns))
	}
	return lines
}

// policyField names a version of a policy: its name, the version with its state, and the policy's id as far as there is room.
func (t terminal) policyField(p PolicyInput) [2]string {
	const leastName, leastID = 20, 12 // columns
	room := t.width - labelColumns
	version := ", version " + brief(versionText(p))
	line := snipMiddle(brief(orText(p.Name, "(no name)")), max(leastName, room-text.StringWidth(version))) + version
	if p.ID != nil {
		id := " (" + brief(*p.ID) + ")"
		if room -= text.StringWidth(line); room >= min(leastID, text.StringWidth(id)) {
			line += id
		}
	}
	return [2]string{"Policy", line}
}

// stateField says what the policy's state means, runField what decided how it was read.
func (t terminal) stateField(p PolicyInput) [2]string {
	return [2]string{"State", orText(p.State, "not known") + ": " + t.notes.PolicyStateMeaning}
}

// crosscheck is what a cross-check says, on one line; nothing for nil.
func (t terminal) crosscheck(n *CrosscheckNote) []string {
	if n == nil {
		return nil
	}
	text := n.Word + ": " + n.Claim
	if len(n.Caveats) > 0 {
		text = n.Word + " (" + countNoun(len(n.Caveats), "caveat", "caveats") + "): " + n.Claim
	}
	return t.fields([][2]string{{"Tenant", text}})
}

func (t terminal) runField() [2]string {
	return [2]string{"Run", fmt.Sprintf("as of %s, %s semantics, lcmsim %s", t.head.AsOf, t.head.Semantics, t.head.ToolVersion)}
}

// limits shows the limits, the most pressing first.
func (t terminal) limits(limits []engine.LimitResult) []string {
	if len(limits) == 0 {
		return []string{t.title("LIMITS") + " none set"}
	}
	limits = pressingFirst(limits)
	failing := 0
	for failing < len(limits) && limits[failing].Verdict != engine.VerdictOK {
		failing++
	}
	show := min(len(limits), max(maxLimits, min(failing, 2*maxLimits)))
	lines := []string{t.title(shown("LIMITS", show, len(limits)))}
	for i, l := range limits[:show] {
		style := styleGreen
		switch l.Verdict {
		case engine.VerdictExceeded:
			style = styleRed
		case engine.VerdictMaybe, engine.VerdictAtLimit:
			style = styleYellow
		}
		const cells = 12
		use, meaning := fmt.Sprintf("%s of at most %s, headroom %s", rangeText(l.AffectedLow, l.AffectedHigh), limitMax(l), Count(l.Headroom)), "; "+brief(l.Meaning)
		if l.Scope == "guard" {
			use, meaning = brief(l.Meaning), ""
		}
		head := "[" + paint(t.color, style, bar(l.AffectedLow, l.AffectedHigh, limitAllowed(l), cells, t.color)) + "] " +
			paint(t.color, style, brief(limitVerdict(l))) + ": " + brief(l.Name)
		if l.Verdict == engine.VerdictOK || i >= longLimits {
			lines = append(lines, snip(head+", "+use, t.width))
			continue
		}
		text, maxLines := use+meaning, 2
		if l.OneTime != "" && l.Basis == engine.BasisChanged {
			text, maxLines = text+"; "+brief(l.OneTime), 3
		}
		lines = append(append(lines, snip(head, t.width)), wrap(text, "  ", t.width, maxLines)...)
	}
	return lines
}

// pressingFirst is limits by how pressing they are: broken guards, exceeded limits, what cannot be decided, the rest.
func pressingFirst(limits []engine.LimitResult) []engine.LimitResult {
	limits = slices.Clone(limits)
	slices.SortStableFunc(limits, func(a, b engine.LimitResult) int { return cmp.Compare(limitRank(a), limitRank(b)) })
	return limits
}

func limitRank(l engine.LimitResult) int {
	rank := 2 * slices.Index([]engine.Verdict{engine.VerdictExceeded, engine.VerdictMaybe, engine.VerdictAtLimit, engine.VerdictOK}, l.Verdict)
	if l.Scope != "guard" {
		rank++
	}
	return rank
}

// sensitivity shows which rules matter here.
func (t terminal) sensitivity(sensitivity []engine.Sensitivity) []string {
	matters := []string{}
	sensitivity = slices.Clone(sensitivity)
	slices.SortStableFunc(sensitivity, func(a, b engine.Sensitivity) int { return cmp.Compare(b.Identities, a.Identities) })
	for _, s := range sensitivity {
		var flips []string
		if s.Identities > 0 {
			flips = append(flips, Count(s.Identities))
		}
		if len(s.Limits) > 0 {
			flips = append(flips, countNoun(len(s.Limits), "limit", "limits"))
		}
		if len(flips) > 0 {
			matters = append(matters, fmt.Sprintf("%s=%s flips %s", s.Rule, s.Alternative, strings.Join(flips, " and ")))
		}
	}
	if len(matters) == 0 {
		matters = []string{"no alternative changes any identity or limit"}
	}
	return t.paragraph("RULES", strings.Join(matters, ", "), 2)
}

// notDefault shows which rules differ from the default, if any.
func (t terminal) notDefault() []string {
	differs := []string{}
	for _, r := range t.notes.RuleSettings {
		if r.Differs {
			differs = append(differs, fmt.Sprintf("%s=%s (default %s)", r.Rule, r.Value, r.Default))
		}
	}
	if len(differs) == 0 {
		return nil
	}
	return t.paragraph("NOT DEFAULT", strings.Join(differs, ", "), 2)
}

// findings shows the groups of diagnostics in about so many lines, errors with all that helps to mend them.
func (t terminal) findings(room int) []string {
	if len(t.notes.DiagnosticGroups) == 0 {
		return []string{t.title("FINDINGS") + " none"}
	}
	lines := []string{}
	groups := 0
	for _, g := range t.notes.DiagnosticGroups {
		next := t.group(g)
		if groups > 0 && len(lines)+len(next) > room {
			break
		}
		lines = append(lines, next...)
		groups++
	}
	title := t.title("FINDINGS") + " " + t.findingCounts()
	if rest := t.notes.DiagnosticGroups[groups:]; len(rest) > 0 {
		codes := make([]string, len(rest))
		for i, g := range rest {
			codes[i] = brief(g.Code)
			if g.Count > 1 {
				codes[i] += " x" + Count(g.Count)
			}
		}
		lines = append(lines, snip("and "+strings.Join(codes, ", "), t.width))
		title += fmt.Sprintf(" (%d of %s codes shown)", groups, Count(len(t.notes.DiagnosticGroups)))
	}
	return append([]string{title}, lines...)
}

// findingCounts says how many diagnostics of each severity there are.
func (t terminal) findingCounts() string {
	counts := map[engine.Severity]int{}
	for _, g := range t.notes.DiagnosticGroups {
		counts[g.Severity] += g.Diagnostics
	}
	parts := []string{}
	for _, s := range []struct {
		severity  engine.Severity
		one, many string
	}{
		{engine.SeverityError, "error", "errors"}, {engine.SeverityWarning, "warning", "warnings"}, {engine.SeverityInfo, "note", "notes"},
	} {
		if n := counts[s.severity]; n > 0 {
			parts = append(parts, countNoun(n, s.one, s.many))
		}
	}
	return strings.Join(parts, ", ")
}

// group shows the first diagnostic of a group and how many more there are.
func (t terminal) group(g DiagnosticGroup) []string {
	d := t.notes.Diagnostics[g.First]
	style := styleYellow
	if g.Severity == engine.SeverityError {
		style = styleRed
	}
	head := string(g.Severity) + " " + g.Code
	if g.Count > 1 {
		head += " x" + Count(g.Count)
	}
	if rest := g.Diagnostics - 1; rest > 0 {
		head += ", " + countNoun(rest, "more place", "more places")
	}
	head = brief(head)
	at, path := brief(place(d)), brief(orText(d.Path, ""))
	isError := g.Severity == engine.SeverityError
	if at != "" {
		head += " " + at
	}
	var lines []string
	if isError {
		if room := t.width - text.StringWidth(head) - 1; path != "" && room > 16 {
			head += " " + tail(path, room)
		}
		lines = append([]string{snip(head, t.width)}, wrap(brief(d.Message), "  ", t.width, 2)...)
	} else {
		message := brief(d.Message)
		if hint := orText(d.Hint, ""); strings.HasPrefix(hint, "did you mean") {
			message = brief(hint) + " " + message
		}
		lines = wrap(head+": "+message, "  ", t.width, 2)
		lines[0] = strings.TrimSpace(lines[0])
	}
	if word := brief(string(g.Severity)); strings.HasPrefix(lines[0], word) {
		lines[0] = paint(t.color, style, word) + lines[0][len(word):]
	}
	if !isError {
		return lines
	}
	if d.Caret != nil {
		for _, line := range caretLines(*d.Caret, t.width-4) {
			lines = append(lines, "    "+line)
		}
	}
	if d.Hint != nil {
		lines = append(lines, wrap("hint: "+brief(*d.Hint), "  ", t.width, 2)...)
	}
	return lines
}

// end says why the exit code is what it is, and repeats the verdict.
func (t terminal) end() []string {
	const listed = 3
	lines := []string{}
	reasons := t.head.Exit.Reasons
	for i, reason := range reasons[:min(listed, len(reasons))] {
		label := ""
		if i == 0 {
			label = "WHY"
		}
		line := brief(reason)
		if rest := len(reasons) - listed; i == listed-1 && rest > 0 {
			more := " (and " + Count(rest) + " more)"
			line = snip(line, t.width-paragraphColumns-len(more)) + more
		}
		lines = append(lines, t.paragraph(label, line, 1)...)
	}
	return append(lines, fmt.Sprintf("%s (exit code %d)", t.verdict(), t.head.Exit.Code))
}

// title is the title of a part.
func (t terminal) title(s string) string { return paint(t.color, styleBold, s) }

// paragraphColumns is the width of the titles of paragraphs.
const paragraphColumns = 12

// paragraph is a title with text beside it, at most maxLines of them.
func (t terminal) paragraph(title, s string, maxLines int) []string {
	lines := wrap(brief(s), strings.Repeat(" ", paragraphColumns), t.width, maxLines)
	lines[0] = t.title(title) + lines[0][len(title):]
	return lines
}

// place is where a diagnostic is: policies.json:12.
func place(d Diagnostic) string {
	at := orText(d.File, "")
	if d.Line != nil && at != "" {
		at = fmt.Sprintf("%s:%d", at, *d.Line)
	}
	return at
}

// shortDigest is the beginning of a digest.
func shortDigest(digest *string) string {
	if digest == nil {
		return "not computed"
	}
	return (*digest)[:min(12, len(*digest))]
}

// orText is *s, or the text for nil.
func orText(s *string, absent string) string {
	if s == nil {
		return absent
	}
	return *s
}
