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

// The summary is made to fit a screen of so many lines.
const (
	screenLines  = 50
	findingLines = 9
	maxRows      = 10
	maxLimits    = 4
)

// WriteTerminal writes a summary that fits one screen. First and last line carry the verdict and the exact counts; a
// list that is cut says so in its title.
func WriteTerminal(w io.Writer, d *Document, opt TerminalOptions) error {
	t := terminal{d: d, width: opt.width(), color: opt.Color}
	top, limits, rules := t.header(), t.limits(), t.rules()
	findings, end := t.findings(), t.end()

	sections := []section{t.workflows(), t.actions(), t.profiles(), t.entitlements()}
	budget := screenLines - len(sections)
	for _, part := range [][]string{top, limits, rules, findings, end} {
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
			lines = append(lines, t.title(s.title)+" none")
			continue
		}
		lines = append(lines, grid(shown(s.title, n, len(s.rows)), s.columns, s.rows[:n], t.width, t.color)...)
	}
	for _, part := range [][]string{limits, rules, findings, end} {
		lines = append(lines, part...)
	}
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
}

// terminal lays out one Document.
type terminal struct {
	d     *Document
	width int
	color bool
}

// section is a list of the summary.
type section struct {
	title   string
	least   int // rows to show however full the screen is
	columns []column
	rows    [][]string
}

// verdict is the first line, and the last one with the exit code.
func (t terminal) verdict() string {
	style := styleRed
	switch t.d.Verdict.Word {
	case WordOK:
		style = styleGreen
	case WordFirstRunOver, WordInconclusive, WordNobody:
		style = styleYellow
	}
	return paint(t.color, style, brief(t.d.Verdict.Word)) + ": " + brief(t.d.Verdict.Sentence)
}

func (t terminal) header() []string {
	p, in := t.d.Inputs.Policy, t.d.Inputs
	policy := orText(p.Name, "(no name)")
	if p.ID != nil {
		policy += " (" + *p.ID + ")"
	}
	if p.Version != nil {
		policy += ", version " + Count(*p.Version)
	}
	if p.VersionState != nil {
		policy += " " + *p.VersionState
	}

	population := fmt.Sprintf("%s in %s from %s", countNoun(in.Population.Identities, "identity", "identities"),
		countNoun(t.d.ClassesTotal, "class", "classes"), in.Population.Path)
	if in.Population.Excluded > 0 {
		population += ", " + Count(in.Population.Excluded) + " excluded"
	}

	lines := []string{t.verdict()}
	for _, field := range [][2]string{
		{"Policy", policy},
		{"State", orText(p.State, "not known") + ": " + t.d.PolicyStateMeaning},
		{"Population", population},
		{"Run", fmt.Sprintf("as of %s, %s semantics, lcmsim %s", t.d.AsOf, t.d.Semantics, t.d.ToolVersion)},
		{"Digests", fmt.Sprintf("policy %s, profiles %s, population %s", shortDigest(p.SHA256), shortDigest(in.Profiles.SHA256), shortDigest(in.Population.SHA256))},
	} {
		lines = append(lines, paint(t.color, styleBold, fmt.Sprintf("%-11s", field[0]))+snip(brief(field[1]), t.width-11))
	}
	return lines
}

func (t terminal) workflows() section {
	s := section{title: "WORKFLOWS", least: 6, columns: []column{{"matched", 11, true}, {"unknown", 9, true}}}
	for _, w := range t.d.Workflows {
		name := brief(w.Name)
		if w.Skipped {
			name += " (skipped: " + brief(w.State) + ")"
		}
		s.rows = append(s.rows, []string{name, Count(w.Matched), Count(w.Unknown)})
	}
	return s
}

// actions lists those that deactivate first, then by reach.
func (t terminal) actions() section {
	s := section{title: "ACTIONS", least: 5, columns: []column{{"effect", 10, false}, {"planned", 11, true}, {"possible", 9, true}}}
	actions := slices.Clone(t.d.Actions)
	deactivatesFirst := func(a engine.ActionResult) int {
		if a.Effect == engine.EffectDeactivate {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(actions, func(a, b engine.ActionResult) int {
		return cmp.Or(cmp.Compare(deactivatesFirst(a), deactivatesFirst(b)), cmp.Compare(b.Planned+b.Possible, a.Planned+a.Possible))
	})
	for _, a := range actions {
		name := brief(a.Name)
		switch {
		case a.Skipped:
			name += " (skipped)"
		case a.Done > 0:
			name += " (" + Count(a.Done) + " done before)"
		}
		s.rows = append(s.rows, []string{name, brief(string(a.Effect)), Count(a.Planned), Count(a.Possible)})
	}
	return s
}

// profiles lists those that are withheld from somebody first, then by reach.
func (t terminal) profiles() section {
	s := section{title: "ACCESS PROFILES", least: 3, columns: []column{{"direct", 9, true}, {"inherited", 9, true}, {"withheld", 14, false}}}
	profiles := slices.Clone(t.d.AccessProfiles)
	withheldFirst := func(p engine.ProfileResult) int {
		if p.Withheld != nil && p.Direct+p.Inherited > 0 {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(profiles, func(a, b engine.ProfileResult) int {
		return cmp.Or(cmp.Compare(withheldFirst(a), withheldFirst(b)), cmp.Compare(b.Direct+b.Inherited, a.Direct+a.Inherited))
	})
	for _, p := range profiles {
		s.rows = append(s.rows, []string{
			brief(cmp.Or(p.Name, p.ID)), Count(p.Direct), Count(p.Inherited), brief(orText(p.Withheld, "")),
		})
	}
	return s
}

func (t terminal) entitlements() section {
	s := section{title: "ENTITLEMENTS", least: 3, columns: []column{{"granted", 11, true}, {"possible", 9, true}, {"revoked", 9, true}}}
	entitlements := slices.Clone(t.d.Entitlements)
	slices.SortStableFunc(entitlements, func(a, b engine.EntitlementResult) int {
		return cmp.Compare(b.Granted+b.Revoked, a.Granted+a.Revoked)
	})
	for _, e := range entitlements {
		s.rows = append(s.rows, []string{
			brief(fmt.Sprintf("%s (%s, %s)", orText(e.Name, e.EntityID), e.EntityType, e.DatasourceID)),
			Count(e.Granted), Count(e.Possible), Count(e.Revoked),
		})
	}
	return s
}

// limits shows the limits, the most pressing first.
func (t terminal) limits() []string {
	if len(t.d.Limits) == 0 {
		return []string{t.title("LIMITS") + " none set"}
	}
	limits := slices.Clone(t.d.Limits)
	slices.SortStableFunc(limits, func(a, b engine.LimitResult) int { return cmp.Compare(limitRank(a), limitRank(b)) })
	failing := 0
	for failing < len(limits) && limits[failing].Verdict != engine.VerdictOK {
		failing++
	}
	show := min(len(limits), max(maxLimits, min(failing, 2*maxLimits)))
	lines := []string{t.title(shown("LIMITS", show, len(limits)))}
	for _, l := range limits[:show] {
		style := styleGreen
		switch l.Verdict {
		case engine.VerdictExceeded:
			style = styleRed
		case engine.VerdictMaybe, engine.VerdictAtLimit:
			style = styleYellow
		}
		const cells = 12
		use := fmt.Sprintf("%s of at most %s, headroom %s", rangeText(l.AffectedLow, l.AffectedHigh), limitMax(l), Count(l.Headroom))
		head := "[" + paint(t.color, style, bar(l.AffectedLow, l.AffectedHigh, limitAllowed(l), cells, t.color)) + "] " +
			paint(t.color, style, brief(limitVerdict(l))) + ": " + brief(l.Name)
		if l.Verdict == engine.VerdictOK {
			lines = append(lines, snip(head+", "+use, t.width))
			continue
		}
		lines = append(append(lines, snip(head, t.width)), wrap(use+"; "+brief(l.Meaning), "  ", t.width, 2)...)
	}
	return lines
}

// limitRank orders limits by how pressing they are: broken guards, exceeded limits, what cannot be decided, the rest.
func limitRank(l engine.LimitResult) int {
	rank := 2 * slices.Index([]engine.Verdict{engine.VerdictExceeded, engine.VerdictMaybe, engine.VerdictAtLimit, engine.VerdictOK}, l.Verdict)
	if l.Scope != "guard" {
		rank++
	}
	return rank
}

// rules shows which rules matter here and which differ from the default.
func (t terminal) rules() []string {
	matters := []string{}
	sensitivity := slices.Clone(t.d.Sensitivity)
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
	differs := []string{}
	for _, r := range t.d.RuleSettings {
		if r.Differs {
			differs = append(differs, fmt.Sprintf("%s=%s (default %s)", r.Rule, r.Value, r.Default))
		}
	}
	lines := t.paragraph("RULES", strings.Join(matters, ", "), 2)
	if len(differs) > 0 {
		lines = append(lines, t.paragraph("NOT DEFAULT", strings.Join(differs, ", "), 2)...)
	}
	return lines
}

// findings shows the groups of diagnostics, errors with all that helps to mend them.
func (t terminal) findings() []string {
	if len(t.d.DiagnosticGroups) == 0 {
		return []string{t.title("FINDINGS") + " none"}
	}
	lines := []string{}
	groups := 0
	for _, g := range t.d.DiagnosticGroups {
		next := t.group(g)
		if groups > 0 && len(lines)+len(next) > findingLines {
			break
		}
		lines = append(lines, next...)
		groups++
	}
	title := t.title("FINDINGS") + " " + t.findingCounts()
	if groups < len(t.d.DiagnosticGroups) {
		title += fmt.Sprintf(" (%d of %s codes shown)", groups, Count(len(t.d.DiagnosticGroups)))
	}
	return append([]string{title}, lines...)
}

// findingCounts says how many diagnostics of each severity there are.
func (t terminal) findingCounts() string {
	counts := map[engine.Severity]int{}
	for _, g := range t.d.DiagnosticGroups {
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
	d := t.d.Diagnostics[g.First]
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
	reasons := t.d.Exit.Reasons
	for i, reason := range reasons[:min(listed, len(reasons))] {
		label := ""
		if i == 0 {
			label = "WHY"
		}
		line := brief(reason)
		if rest := len(reasons) - listed; i == listed-1 && rest > 0 {
			line = snip(line, t.width-24) + " (and " + Count(rest) + " more)"
		}
		lines = append(lines, t.paragraph(label, line, 2)...)
	}
	return append(lines, fmt.Sprintf("%s (exit code %d)", t.verdict(), t.d.Exit.Code))
}

// title is the title of a part.
func (t terminal) title(s string) string { return paint(t.color, styleBold, s) }

// paragraph is a title with text beside it, at most maxLines of them.
func (t terminal) paragraph(title, s string, maxLines int) []string {
	const indent = 12
	lines := wrap(brief(s), strings.Repeat(" ", indent), t.width, maxLines)
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
