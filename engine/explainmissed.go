package engine

import (
	"fmt"
	"slices"
	"strings"
)

const (
	maxMissed       = 500 // listed
	maxMissedSought = 2_000
)

// missed lists what the identity does not get and is asked for, with the smallest change that would give it: the fewest
// changes first, then in the order of the policy.
func (x *explainer) missed(out *Explanation) error {
	search, err := newChanges(x)
	if err != nil {
		return err
	}
	l := &missedList{explainer: x, search: search, limit: x.decider.steps + allChangeSteps, index: make(map[string]int), byProfile: make(map[int]int)}
	for _, list := range [][]missedItem{x.missedActions(), x.missedProfiles()} {
		for i := range list {
			if !x.asked.item(&list[i].Missed) {
				continue
			}
			if err := l.add(&list[i]); err != nil {
				return err
			}
		}
	}
	entitlements := x.missedEntitlements()
	for i := range entitlements {
		if e := &entitlements[i]; x.asked.item(&e.Missed) {
			if err := l.addEntitlement(e); err != nil {
				return err
			}
		}
	}
	for i := range x.asked {
		for _, m := range x.asked[i].elsewhere {
			x.asked[i].missed++
			l.put(&missedItem{Missed: m, profile: -1}, nil)
		}
	}
	out.Missed, out.MissedTotal, out.MissedUnexamined = l.finish(), l.total, l.unexamined
	for _, g := range out.Missed {
		out.MissedListed += len(g.Items)
	}
	return nil
}

// missedList gathers what is missed into groups that one set of changes gives.
type missedList struct {
	*explainer
	search     *changes
	limit      int // of decider.steps
	total      int
	unexamined int
	groups     []missedGroup
	index      map[string]int // by changes
	byProfile  map[int]int    // groups of profiles
}

type missedGroup struct {
	MissedGroup
	outcome *outcome // after the changes; nil = there are none
}

func (l *missedList) add(m *missedItem) error {
	found, err := l.changes(m)
	if err != nil {
		return err
	}
	l.put(m, found)
	return nil
}

// addEntitlement adds an entitlement, unless an access profile that holds it is listed and no dearer, and brings it. What is
// asked for by name is added in any case.
func (l *missedList) addEntitlement(e *missedEntitlement) error {
	all := len(l.asked) > 0
	if !all && l.comesAlong(e, 1) {
		return nil
	}
	found, err := l.changes(&e.missedItem)
	if err != nil {
		return err
	}
	if !all && (len(found) > 0 && l.comesAlong(e, len(found)) || len(found) == 0 && (l.comesAlong(e, maxChanged) || l.staysAway(e))) {
		return nil
	}
	l.put(&e.missedItem, found)
	return nil
}

const notSought = "no change was looked for: too much is missed"

// changes looks for the smallest change that gives something, as long as the bounds allow it. Without one the item has a
// note.
func (l *missedList) changes(m *missedItem) ([]chosen, error) {
	switch {
	case m.Note != nil: // the policy alone says why
		return nil, nil
	case l.total >= maxMissedSought || l.decider.steps > l.limit:
		m.Note = textOr(notSought)
		return nil, nil
	}
	return l.examine(m, l.search)
}

// comesAlong tells whether changes of at most so many attributes that give a listed profile give the entitlement that it holds.
func (l *missedList) comesAlong(e *missedEntitlement, most int) bool {
	return slices.ContainsFunc(e.holders, func(h grantor) bool {
		g, listed := l.byProfile[h.profile]
		return listed && l.groups[g].outcome != nil && len(l.groups[g].Changes) <= most && e.got(l.groups[g].outcome)
	})
}

// staysAway tells whether all profiles that hold the entitlement are listed as ones that nothing gives.
func (l *missedList) staysAway(e *missedEntitlement) bool {
	return !slices.ContainsFunc(e.holders, func(h grantor) bool {
		g, listed := l.byProfile[h.profile]
		return !listed || len(l.groups[g].Changes) > 0
	})
}

// put lists an item in the group of its changes.
func (l *missedList) put(m *missedItem, found []chosen) {
	l.total++
	if m.Note != nil && *m.Note == notSought {
		l.unexamined++
	}
	sorted := slices.SortedFunc(slices.Values(found), func(a, b chosen) int { return a.slot - b.slot })
	key := fmt.Sprint(sorted)
	at, ok := l.index[key]
	if !ok {
		at = len(l.groups)
		l.index[key] = at
		changes := l.search.describe(found)
		l.groups = append(l.groups, missedGroup{MissedGroup{Changes: changes, Text: changesText(changes)}, l.search.outcomes[fmt.Sprint(found)]})
	}
	l.groups[at].Items = append(l.groups[at].Items, m.Missed)
	if m.profile >= 0 {
		l.byProfile[m.profile] = at
	}
}

// finish sorts and caps the groups.
func (l *missedList) finish() []MissedGroup {
	groups := []MissedGroup{}
	for _, g := range l.groups {
		groups = append(groups, g.MissedGroup)
	}
	slices.SortStableFunc(groups, func(a, b MissedGroup) int { return distance(a) - distance(b) })
	left := maxMissed
	for i := range groups {
		g := &groups[i]
		g.Items = g.Items[:min(left, len(g.Items))]
		left -= len(g.Items)
	}
	return slices.DeleteFunc(groups, func(g MissedGroup) bool { return len(g.Items) == 0 })
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
func (x *explainer) examine(m *missedItem, search *changes) ([]chosen, error) {
	q := m.question()
	if len(q.arms) == 0 {
		m.Note = textOr(m.closed())
		return nil, nil
	}
	found, decided, err := search.smallest(&q, m.got)
	if err != nil || len(found) > 0 {
		return found, err
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
	profile  int // of the plan; -1 = it is none
	question func() question
	got      func(*outcome) bool
	closed   func() string // why nothing leads there, if nothing does
}

// missedActions lists the actions that a workflow names and the identity does not get there, in the order of the policy.
func (x *explainer) missedActions() []missedItem {
	has := make(map[placedAction]bool)
	for _, a := range x.outcome.actions {
		has[placedAction{a.workflow, a.action}] = true
	}
	var list []missedItem
	for w := range x.plan.workflows {
		for _, a := range x.named(w) {
			placed := placedAction{w, a}
			if has[placed] {
				continue
			}
			m := missedItem{profile: -1, Missed: Missed{Kind: KindAction, Workflow: &x.plan.workflows[w].Name, WorkflowIndex: &w, Name: x.plan.actions[a].Name}}
			m.question = func() question { return x.ask([]placedAction{placed}) }
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
func (x *explainer) named(w int) []int {
	var list []int
	seen := make(map[int]bool)
	collect := func(conditions []conditionPlan) {
		for _, c := range conditions {
			for _, ref := range c.Actions {
				if a, ok := x.index[ref.Name]; ok && !seen[a] {
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
		m := missedItem{profile: i, Missed: Missed{Kind: KindProfile, Name: x.profileName(i), ID: &p.id}}
		m.question = func() question { return x.ask(x.bringing(i)) }
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
