package engine

import (
	"slices"
	"strings"
)

const (
	maxMissed       = 500 // listed
	maxMissedSought = 2_000
)

// missed lists what the identity does not get, with the smallest change that would give it: the fewest changes first, then
// in the order of the policy.
func (x *explainer) missed(out *Explanation) error {
	out.Missed = []MissedGroup{}
	search, err := newChanges(x)
	if err != nil {
		return err
	}
	items := append(x.missedActions(), x.missedProfiles()...)
	out.MissedTotal = len(items)
	limit := x.decider.steps + allChangeSteps
	groups := make(map[string]int)
	for i := range items {
		m := &items[i]
		var changes []AttributeChange
		switch {
		case m.Note != nil: // the policy alone says why
		case i >= maxMissedSought || x.decider.steps > limit:
			out.MissedUnexamined++
			m.Note = textOr("no change was looked for: too much is missed")
		default:
			if changes, err = x.examine(m, search); err != nil {
				return err
			}
		}
		text := changesText(changes)
		at, ok := groups[text]
		if !ok {
			at = len(out.Missed)
			groups[text] = at
			out.Missed = append(out.Missed, MissedGroup{Changes: append([]AttributeChange{}, changes...), Text: text})
		}
		out.Missed[at].Items = append(out.Missed[at].Items, m.Missed)
	}
	slices.SortStableFunc(out.Missed, func(a, b MissedGroup) int { return distance(a) - distance(b) })
	left := maxMissed
	for i := range out.Missed {
		g := &out.Missed[i]
		g.Items = g.Items[:min(left, len(g.Items))]
		left -= len(g.Items)
	}
	out.Missed = slices.DeleteFunc(out.Missed, func(g MissedGroup) bool { return len(g.Items) == 0 })
	out.MissedListed = maxMissed - left
	return nil
}

// distance orders groups: those without a change come last.
func distance(g MissedGroup) int {
	if len(g.Changes) == 0 {
		return maxChanged + 1
	}
	return len(g.Changes)
}

func changesText(list []AttributeChange) string {
	parts := make([]string, len(list))
	for i, c := range list {
		parts[i] = c.Text
	}
	return strings.Join(parts, " and ")
}

// examine looks for the smallest change that gives something. Without one it notes why the identity does not get it.
func (x *explainer) examine(m *missedItem, search *changes) ([]AttributeChange, error) {
	q := x.ask(m.wanted())
	if len(q.arms) == 0 {
		m.Note = textOr(m.closed())
		return nil, nil
	}
	found, decided, err := search.smallest(&q, m.got)
	if err != nil || len(found) > 0 {
		return search.describe(found), err
	}
	note := "no change of up to 3 attributes was found that gives it"
	if !decided {
		note += "; not all were tried"
	}
	why := x.because(&q)
	m.Note, m.Because = &note, &why
	return nil, nil
}

// missedItem is something missed and how to ask for it.
type missedItem struct {
	Missed
	wanted func() []placedAction // that give it
	got    func(*outcome) bool
	closed func() string // why nothing leads there, if nothing does
}

// missedActions lists the actions that a workflow names and the identity does not get there, in the order of the policy.
func (x *explainer) missedActions() []missedItem {
	has := make(map[placedAction]bool)
	for _, a := range x.outcome.actions {
		has[placedAction{a.workflow, a.action}] = true
	}
	byName := make(map[string]int, len(x.plan.actions))
	for i := range x.plan.actions {
		byName[x.plan.actions[i].Name] = i
	}
	var list []missedItem
	for w := range x.plan.workflows {
		for _, a := range x.named(w, byName) {
			placed := placedAction{w, a}
			if has[placed] {
				continue
			}
			m := missedItem{Missed: Missed{Kind: "action", Workflow: &x.plan.workflows[w].Name, WorkflowIndex: &w, Name: x.plan.actions[a].Name}}
			m.wanted = func() []placedAction { return []placedAction{placed} }
			m.closed = func() string { return "every way to it leads through something DISABLED" }
			m.got = func(o *outcome) bool {
				return slices.Contains(o.actions, actionOutcome{w, a, statusPlanned})
			}
			switch {
			case x.plan.workflows[w].skipped:
				m.Note = textOr("the workflow is " + x.plan.workflows[w].State)
			case x.plan.actions[a].skipped:
				m.Note = textOr("the action is " + x.plan.actions[a].State)
			case x.plan.isDone(x.vector, w, a):
				m.Note = textOr("history says that it was done, and it runs once")
			}
			list = append(list, m)
		}
	}
	return list
}

// named lists the actions that a workflow names directly or through other actions, disabled parts included, in order of
// appearance.
func (x *explainer) named(w int, byName map[string]int) []int {
	var list []int
	seen := make(map[int]bool)
	collect := func(conditions []conditionPlan) {
		for _, c := range conditions {
			for _, ref := range c.Actions {
				if a, ok := byName[ref.Name]; ok && !seen[a] {
					seen[a] = true
					list = append(list, a)
				}
			}
		}
	}
	collect(x.plan.workflows[w].conditions)
	for i := 0; i < len(list); i++ {
		collect(x.plan.actions[list[i]].conditions)
	}
	return list
}

// missedProfiles lists the profiles that the policy can bring and the identity does not get, by id.
func (x *explainer) missedProfiles() []missedItem {
	var list []missedItem
	for i := range x.plan.profiles {
		_, named := slices.BinarySearch(x.outcome.named.high, i)
		_, inherited := slices.BinarySearch(x.outcome.inherited.high, i)
		if named || inherited {
			continue
		}
		p := &x.plan.profiles[i]
		m := missedItem{Missed: Missed{Kind: "profile", Name: x.profileName(i), ID: &p.id}}
		m.wanted = func() []placedAction { return x.bringing(i) }
		m.got = func(o *outcome) bool { return x.gets(o, i) }
		m.closed = func() string { return "no action that can run brings it" + x.cutBy(i) }
		list = append(list, m)
	}
	return list
}

// cutBy names a withheld profile that inherits from one, if that is why nothing brings it.
func (x *explainer) cutBy(profile int) string {
	for i := range x.plan.profiles {
		p := &x.plan.profiles[i]
		if p.withheld != "" && slices.Contains(p.inherits, profile) {
			return "; " + x.profileName(i) + ", which inherits from it, is withheld: " + p.withheld
		}
	}
	return ""
}
