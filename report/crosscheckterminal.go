package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// How much of a cross-check the terminal shows; JSON has all.
const (
	shownStrata      = 12
	shownGroups      = 6 // of disagreements
	shownReasonLines = 4 // of each part of a disagreement
	shownUncompared  = 5 // reasons of each verdict
	// shownExampleLines holds a failed request with the ids in it, what the tenant said, and what mends it.
	shownExampleLines = 8
	shownPlanned      = 10
)

// writeCrosscheckTerminal writes what a cross-check shows, each kind of disagreement shrunk to what decides it. First and
// last line carry the verdict.
func writeCrosscheckTerminal(w io.Writer, d *CrosscheckDocument, opt TerminalOptions) error {
	t := crosscheckTerminal{terminal: newTerminal(&d.Header, &d.Notes, opt), d: d}
	lines := append(t.top(), t.strata()...)
	lines = append(lines, t.planned()...)
	lines = append(lines, t.disagreements()...)
	for _, part := range [][2]string{{engine.VerdictDrifted, "DRIFTED"}, {engine.VerdictNotChecked, "NOT CHECKED"}} {
		lines = append(lines, t.uncompared(part[0], part[1])...)
	}
	lines = append(lines, t.notDefault()...)
	lines = append(lines, t.findings(shownFindings)...)
	lines = append(lines, t.steps(d.NextSteps)...)
	lines = append(lines, t.end()...)
	return writeLines(w, lines)
}

// crosscheckTerminal lays out one cross-check.
type crosscheckTerminal struct {
	terminal
	d *CrosscheckDocument
}

func (t crosscheckTerminal) top() []string {
	s := t.d.Summary
	lines := append([]string{t.verdict()}, t.labelled("Claim", t.d.Claim)...)
	lines = append(lines, t.labelled("Frame", t.d.FrameText)...)
	lines = append(lines, t.labelled("Coverage", t.d.CoverageText)...)
	fields := [][2]string{
		t.policyField(t.d.Inputs.Policy),
		t.stateField(t.d.Inputs.Policy),
		{"Tenant", tenantText(t.d.Tenant, t.d.Calls)},
	}
	if s.AccessProfiles != nil {
		fields = append(fields, [2]string{"Profiles", profilesReading(*s.AccessProfiles)})
	}
	return append(lines, t.fields(append(fields, [2]string{"Seed", fmt.Sprint(t.d.Seed)}, t.runField()))...)
}

// labelled is a label with text beside it, on as many lines as it takes.
func (t terminal) labelled(label, s string) []string {
	const maxLines = 6
	lines := wrap(brief(s), strings.Repeat(" ", labelColumns), t.width, maxLines)
	lines[0] = t.title(label) + lines[0][len(label):]
	return lines
}

func tenantText(tenant *string, calls int) string {
	return orText(tenant, "none was asked") + ", " + countNoun(calls, "request", "requests")
}

// profilesReading says how the tenant lists access profiles.
func profilesReading(profiles string) string {
	switch profiles {
	case engine.ProfilesDirect:
		return "answers list the access profiles that actions name"
	case engine.ProfilesInherited:
		return "answers list the access profiles that actions name, and those that these inherit from"
	case engine.ProfilesEither:
		return "answers do not show whether access profiles are listed with those that they inherit from"
	case engine.ProfilesNeither:
		return "no single way to list access profiles fits all answers"
	}
	return profiles
}

// strata shows what the draws were made from: in a plan how many, else how they fare, disagreements first.
func (t crosscheckTerminal) strata() []string {
	strata := slices.Clone(t.d.Strata)
	slices.SortStableFunc(strata, func(a, b CrosscheckStratum) int { return strataRank(a) - strataRank(b) })
	columns := []column{{"of", max(7, len(Count(t.d.Summary.Frame))), true}, {"draws", 6, true}, {"agree", 6, true}, {"disagree", 8, true}, {"uncompared", 10, true}}
	if t.d.Planned {
		columns = columns[:2]
	}
	var rows [][]string
	for _, s := range strata[:min(shownStrata, len(strata))] {
		name := snipMiddle(stratumText(s.Kind, s.Name), firstColumn(columns, t.width))
		row := []string{name, Count(s.Size), Count(s.Sampled), Count(s.Agree), Count(s.Disagree), Count(s.Drifted + s.NotChecked)}
		rows = append(rows, row[:len(columns)+1])
	}
	if len(rows) == 0 {
		return []string{t.title("STRATA") + " none"}
	}
	return grid(shown("STRATA", len(rows), len(strata)), columns, rows, t.width, t.color)
}

// strataRank puts the random stratum first, then those with a disagreement, with another draw, without one.
func strataRank(s CrosscheckStratum) int {
	switch {
	case s.Kind == engine.StratumRandom:
		return 0
	case s.Disagree > 0:
		return 1
	case s.Sampled > 0:
		return 2
	}
	return 3
}

// stratumText names a stratum, with its kind unless that is its name.
func stratumText(kind, name string) string {
	if kind == name {
		return brief(name)
	}
	return brief(kind + " " + name)
}

// planned lists the first draws of a plan.
func (t crosscheckTerminal) planned() []string {
	if !t.d.Planned || len(t.d.Samples) == 0 {
		return nil
	}
	n := min(shownPlanned, len(t.d.Samples))
	lines := []string{t.title(shown("DRAWS", n, len(t.d.Samples)))}
	for _, s := range t.d.Samples[:n] {
		kind := ""
		if s.StratumIndex >= 0 && s.StratumIndex < len(t.d.Strata) {
			kind = t.d.Strata[s.StratumIndex].Kind
		}
		lines = append(lines, t.detail("  ", brief(s.EntityID)+" for "+stratumText(kind, s.Stratum))...)
	}
	return lines
}

// detail is a piece of text on a few indented lines.
func (t terminal) detail(indent, s string) []string {
	lines := wrap(s, indent+"  ", t.width, shownReasonLines)
	lines[0] = indent + strings.TrimLeft(lines[0], " ")
	return lines
}

// disagreements shows each kind of disagreement by its first draw.
func (t crosscheckTerminal) disagreements() []string {
	s := t.d.Summary
	if s.Disagree == 0 {
		return nil
	}
	n := min(shownGroups, len(t.d.Groups))
	lines := []string{t.title("DISAGREEMENTS") + fmt.Sprintf(" %s, %s", countNoun(s.Disagree, "draw", "draws"), countNoun(len(t.d.Groups), "kind", "kinds"))}
	if n < len(t.d.Groups) {
		lines[0] += fmt.Sprintf(" (%s shown)", Count(n))
	}
	for _, g := range t.d.Groups[:n] {
		sample := &t.d.Samples[g.First]
		head := countNoun(g.Draws, "draw", "draws") + ": " + members(g.EntityIDs, g.Draws)
		lines = append(lines, paint(t.color, styleRed, snip("  "+brief(head), t.width)))
		lines = append(lines, t.detail("    ", "differs: "+brief(textsOf(sample.Differences, func(d AnswerDifference) string { return d.Text })))...)
		if a := sample.Answer; a != nil {
			lines = append(lines, t.detail("    ", "tenant: "+brief(answerText(a.WorkflowsMatched, a.Actions, a.AccessProfileIDs)))...)
		}
		for i := range sample.Causes {
			lines = append(lines, t.cause(&sample.Causes[i])...)
		}
		for _, reason := range sample.Reasons {
			if slices.ContainsFunc(sample.Causes, func(c CrosscheckCause) bool { return c.Text == reason }) {
				continue // it is above
			}
			lines = append(lines, t.detail("    ", "note: "+brief(reason))...)
		}
		if len(sample.Settles) > 0 {
			lines = append(lines, t.detail("    ", "agrees under "+brief(textsOf(sample.Settles, ruleValueText)))...)
		} else {
			lines = append(lines, "    no single alternative of a rule explains it")
		}
	}
	return lines
}

// cause says what decides here, by which expression, and where that stands. The place is never cut.
func (t crosscheckTerminal) cause(c *CrosscheckCause) []string {
	const indent = "      "
	lines := t.detail("    ", "here: "+brief(c.Text))
	if c.Expression != nil {
		lines = append(lines, t.detail(indent, "expression: "+brief(*c.Expression))...)
	}
	if c.Path != nil {
		next := indent
		for piece := range pieces("at: "+brief(*c.Path), t.width-len(indent+"  ")) {
			lines = append(lines, next+piece)
			next = indent + "  "
		}
	}
	return lines
}

func ruleValueText(r engine.RuleValue) string { return r.Rule + "=" + r.Value }

// textsOf is the texts of a list.
func textsOf[T any](items []T, text func(T) string) string {
	const most = 12
	parts := []string{}
	for i, item := range items {
		if i == most {
			parts = append(parts, "and "+Count(len(items)-most)+" more")
			break
		}
		parts = append(parts, text(item))
	}
	return strings.Join(parts, "; ")
}

// members names the first few of so many identities.
func members(ids []string, total int) string {
	text := strings.Join(ids, ", ")
	if rest := total - len(ids); rest > 0 {
		text += fmt.Sprintf(" and %s more", Count(rest))
	}
	return text
}

// answerText is an answer, or a predicted one, in a sentence.
func answerText(workflows []string, actions []AnsweredAction, profiles []string) string {
	if len(workflows)+len(actions)+len(profiles) == 0 {
		return "nothing matches, nothing is planned"
	}
	quote := func(s string) string { return fmt.Sprintf("%q", s) }
	parts := []string{}
	for _, kind := range []struct {
		noun, none string
		names      []string
	}{
		{"workflows ", "no workflow", textEach(workflows, quote)},
		{"actions ", "no action", textEach(actions, func(a AnsweredAction) string { return fmt.Sprintf("%q (%s)", a.Name, a.Type) })},
		{"access profiles ", "no access profile", textEach(profiles, quote)},
	} {
		if len(kind.names) == 0 {
			parts = append(parts, kind.none)
			continue
		}
		parts = append(parts, kind.noun+strings.Join(kind.names, ", "))
	}
	return strings.Join(parts, "; ")
}

func textEach[T any](items []T, text func(T) string) []string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = text(item)
	}
	return out
}

// uncompared shows why draws were not compared.
func (t crosscheckTerminal) uncompared(verdict, title string) []string {
	total := map[string]int{engine.VerdictDrifted: t.d.Summary.Drifted, engine.VerdictNotChecked: t.d.Summary.NotChecked}[verdict]
	if total == 0 {
		return nil
	}
	lines := []string{t.title(title) + " " + countNoun(total, "draw", "draws")}
	listed, groups := 0, 0
	for _, g := range t.d.Uncompared {
		if g.Verdict != verdict {
			continue
		}
		groups++
		if listed < shownUncompared {
			listed++
			lines = append(lines, t.detail("  ", brief(fmt.Sprintf("%s (%s): %s", countNoun(g.Draws, "draw", "draws"), members(g.EntityIDs, g.Draws), g.Reason)))...)
			if g.Example != nil {
				lines = append(lines, wrap("such as "+brief(*g.Example), "    ", t.width, shownExampleLines)...)
			}
		}
	}
	if rest := groups - listed; rest > 0 {
		lines = append(lines, "  and "+countNoun(rest, "further reason", "further reasons"))
	}
	return lines
}

// steps says what to do next, if anything.
func (t terminal) steps(steps []string) []string {
	lines := []string{}
	for i, step := range steps {
		label := ""
		if len(steps) > 1 {
			step = fmt.Sprintf("%d. %s", i+1, step)
		}
		if i == 0 {
			label = "NEXT"
		}
		lines = append(lines, t.paragraph(label, step, shownReasonLines)...)
	}
	return lines
}
