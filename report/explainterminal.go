package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// How many of a list the terminal shows; JSON has more.
const (
	shownReasons  = 40 // actions, access profiles, entitlements
	shownMissed   = 8  // groups of what is missed; all of what is asked for by name
	shownInGroup  = 8
	reasonLines   = 6
	shownChanged  = 20 // of each kind that is gained or lost
	namesLines    = 12
	shownFindings = 12 // lines
)

// WriteExplanationTerminal writes what an identity gets, one line a reason, and what it would take to get the rest. First
// and last line carry the verdict.
func WriteExplanationTerminal(w io.Writer, d *ExplanationDocument, opt TerminalOptions) error {
	t := explanationTerminal{terminal: newTerminal(&d.Header, &d.Notes, opt), d: d}
	lines := append(t.top(), t.differences()...)
	if len(d.Trace) > 0 {
		lines = append(lines, t.trace()...)
	} else {
		lines = append(lines, t.actions()...)
		lines = append(lines, t.profiles()...)
		lines = append(lines, t.entitlements()...)
		lines = append(lines, t.revokes()...)
		lines = append(lines, t.missed()...)
	}
	lines = append(lines, t.terminal.findings(shownFindings)...)
	lines = append(lines, t.end()...)
	return writeLines(w, lines)
}

// explanationTerminal lays out one explanation.
type explanationTerminal struct {
	terminal
	d *ExplanationDocument
}

func (t explanationTerminal) top() []string {
	who := []string{t.d.EntityID}
	for _, part := range []*string{t.d.Identity.EntityName, t.d.Identity.EntityType} {
		if part != nil {
			who = append(who, *part)
		}
	}
	if t.d.Identity.Class != nil {
		who = append(who, "exemplar of class "+Count(*t.d.Identity.Class))
	}
	p := t.d.Inputs.Policy
	fields := [][2]string{{"Identity", strings.Join(who, ", ")}}
	if t.d.Identity.ID != nil {
		fields = append(fields, [2]string{"Tenant id", *t.d.Identity.ID})
	}
	lines := append([]string{t.verdict()}, t.fields(append(fields, t.policyField(p), t.stateField(p), t.runField()))...)
	for _, c := range t.d.Changes {
		text := "what if " + c.Text
		if c.Note != nil {
			text += ": " + *c.Note
		}
		label := "Changed    "
		wrapped := wrap(brief(text), strings.Repeat(" ", len(label)), t.width, reasonLines)
		wrapped[0] = t.title(label) + wrapped[0][len(label):]
		lines = append(lines, wrapped...)
	}
	return lines
}

// differences shows what the what-if changes give and take, a paragraph a kind.
func (t explanationTerminal) differences() []string {
	if len(t.d.Changes) == 0 {
		return nil
	}
	var lines []string
	for _, side := range []struct {
		title  string
		list   []engine.Difference
		revoke string
	}{{"GAINS", t.d.Gains, "not revoked any more"}, {"LOSES", t.d.Loses, "revoked"}} {
		if len(side.list) == 0 {
			lines = append(lines, t.title(side.title)+" nothing")
			continue
		}
		lines = append(lines, t.title(shown(side.title, len(side.list), len(side.list))))
		for _, kind := range [][2]string{{engine.KindAction, "actions"}, {engine.KindProfile, "access profiles"}, {engine.KindEntitlement, "entitlements"}, {engine.KindRevoke, side.revoke}} {
			var names []string
			for _, d := range side.list {
				if d.Kind == kind[0] {
					names = append(names, differenceName(d))
				}
			}
			if n := len(names); n > 0 {
				if n > shownChanged {
					names = append(names[:shownChanged], Count(n-shownChanged)+" more")
				}
				lines = append(lines, t.itemOf(kind[1]+": "+strings.Join(names, ", "), namesLines)...)
			}
		}
	}
	return lines
}

func differenceName(d engine.Difference) string {
	name := d.Name
	if d.Workflow != nil {
		name += " in " + *d.Workflow
	}
	if d.Status == "possible" {
		name = "POSSIBLE " + name
	}
	return name
}

// items lists entries of several lines each, capped. Nothing is said of a kind that was not asked for.
func (t explanationTerminal) items(title string, n, most int, entry func(i int) []string) []string {
	if n == 0 && len(t.d.Asked) > 0 {
		return nil
	}
	if n == 0 {
		return []string{t.title(title) + " none"}
	}
	lines := []string{t.title(shown(title, min(n, most), n))}
	for i := range min(n, most) {
		lines = append(lines, entry(i)...)
	}
	return lines
}

// item is one entry: its text begins at two blanks and goes on at six.
func (t explanationTerminal) item(text string) []string { return t.itemOf(text, reasonLines) }

func (t explanationTerminal) itemOf(text string, maxLines int) []string {
	lines := wrap(brief(text), "      ", t.width, maxLines)
	lines[0] = "  " + strings.TrimLeft(lines[0], " ")
	return lines
}

// because is a reason behind a name.
func because(r engine.Reason) string {
	if len(r.Atoms)+len(r.Assumed) == 0 {
		return "for everyone: " + r.Text
	}
	if len(r.Atoms) == 0 {
		return r.Text
	}
	return "because " + r.Text
}

func (t explanationTerminal) actions() []string {
	return t.items("ACTIONS", len(t.d.Actions), shownReasons, func(i int) []string {
		a := &t.d.Actions[i]
		text := fmt.Sprintf("%s (%s in %s): %s", a.Name, a.Effect, a.Workflow, because(a.Because))
		if a.Status != "planned" {
			text = strings.ToUpper(a.Status) + " " + text
		}
		if a.Removes {
			text += "; removes what is not wanted"
		}
		if a.Note != nil {
			text += "; " + *a.Note
		}
		return t.item(text)
	})
}

func (t explanationTerminal) profiles() []string {
	return t.items("ACCESS PROFILES", len(t.d.AccessProfiles), shownReasons, func(i int) []string {
		p := &t.d.AccessProfiles[i]
		text := orText(p.Name, p.ID) + ": " + because(p.Because)
		if p.Status != "planned" {
			text = strings.ToUpper(p.Status) + " " + text
		}
		if path := p.Paths[0]; len(path.IDs) > 1 || len(p.Paths) > 1 {
			text += "; " + path.Text + furtherWays(len(p.Paths)-1, p.MorePaths)
		}
		switch {
		case p.Missing:
			text += "; MISSING: it is not in the export, what it grants is not known"
		case p.Withheld != nil:
			text += "; WITHHELD: " + *p.Withheld
		}
		return t.item(text)
	})
}

func (t explanationTerminal) entitlements() []string {
	return t.items("ENTITLEMENTS", len(t.d.Entitlements), shownReasons, func(i int) []string {
		e := &t.d.Entitlements[i]
		name := orText(e.Name, e.EntityID)
		text := fmt.Sprintf("%s (%s, %s)", name, e.EntityType, e.DatasourceID)
		if e.Status != "granted" {
			text = strings.ToUpper(e.Status) + " " + text
		}
		s := &e.Sources[0]
		text += ": " + s.Text + " -> " + name
		if len(s.Because.Atoms)+len(s.Because.Assumed) > 0 {
			text += " " + because(s.Because)
		}
		return t.item(text + furtherWays(len(e.Sources)-1, e.MoreSources))
	})
}

// furtherWays says how many ways are not shown; more: there are more than those n.
func furtherWays(n int, more bool) string {
	switch {
	case more && n == 0:
		return " (and further ways)"
	case more:
		return fmt.Sprintf(" (more than %s)", countNoun(n, "further way", "further ways"))
	case n > 0:
		return " (" + countNoun(n, "further way", "further ways") + ")"
	}
	return ""
}

func (t explanationTerminal) revokes() []string {
	if len(t.d.Revokes)+len(t.d.PossibleRevokes) == 0 {
		return nil
	}
	all := append([]string{}, t.d.Revokes...)
	for _, r := range t.d.PossibleRevokes {
		all = append(all, "POSSIBLE "+r)
	}
	return t.items("REVOKES", len(all), shownReasons, func(i int) []string { return t.item(all[i]) })
}

// missed shows what the identity does not get, by the change that would give it.
func (t explanationTerminal) missed() []string {
	if t.d.MissedTotal == 0 && len(t.d.Asked) > 0 {
		return nil
	}
	if t.d.MissedTotal == 0 {
		return []string{t.title("DOES NOT GET") + " nothing: it gets all that the policy gives"}
	}
	most := shownMissed
	if len(t.d.Asked) > 0 {
		most = shownReasons
	}
	listed, elided := 0, 0 // elided: "4 more" of a group
	var lines []string
	for i := range t.d.Missed[:min(most, len(t.d.Missed))] {
		g := &t.d.Missed[i]
		if len(g.Changes) > 0 {
			names := []string{}
			for j, m := range g.Items {
				if j == shownInGroup {
					elided += len(g.Items) - j
					names = append(names, Count(len(g.Items)-j)+" more")
					break
				}
				listed++
				names = append(names, missedName(m))
			}
			lines = append(lines, t.itemOf("would get it if "+g.Text+": "+strings.Join(names, ", "), namesLines)...)
			continue
		}
		for _, m := range g.Items[:min(shownInGroup, len(g.Items))] {
			listed++
			var why []string
			if m.Because != nil {
				why = append(why, because(*m.Because))
			}
			if m.Note != nil {
				why = append(why, *m.Note)
			}
			lines = append(lines, t.item(missedName(m)+": "+strings.Join(why, "; "))...)
		}
	}
	if more := t.d.MissedTotal - listed - elided; more > 0 {
		in := "lists all"
		if t.d.MissedListed < t.d.MissedTotal {
			in = "lists " + Count(t.d.MissedListed)
		}
		lines = append(lines, t.item(fmt.Sprintf("%s more would need other changes, or no change gives them; --json %s, --get NAME asks for one", Count(more), in))...)
	}
	return append([]string{t.title(shown("DOES NOT GET", listed, t.d.MissedTotal))}, lines...)
}

func missedName(m engine.Missed) string {
	switch {
	case m.Kind == engine.KindAction && m.Workflow != nil:
		return m.Name + " (action in " + *m.Workflow + ")"
	case m.Kind == engine.KindAction:
		return m.Name + " (action)"
	case m.Kind == engine.KindProfile:
		return m.Name + " (access profile)"
	}
	return m.Name + " (entitlement)"
}

// trace shows the whole tree.
func (t explanationTerminal) trace() []string {
	const deepest = 20 // levels that are indented
	lines := []string{t.title("TRACE")}
	for i := range t.d.Trace {
		l := &t.d.Trace[i]
		text := l.Kind
		if l.Text != l.Kind {
			text += " " + l.Text
		}
		if l.Truth != nil {
			text += ": " + *l.Truth
		}
		if l.Kind == "atom" && l.Value != nil {
			text += ", it is " + *l.Value
		}
		if l.Note != nil {
			text += " (" + *l.Note + ")"
		}
		indent := strings.Repeat("  ", min(l.Depth, deepest)+1)
		wrapped := wrap(brief(text), indent+"    ", t.width, reasonLines)
		wrapped[0] = indent + strings.TrimLeft(wrapped[0], " ")
		lines = append(lines, wrapped...)
	}
	return lines
}
