package engine

import (
	"cmp"
	"slices"
)

// ClassRow is the row that every identity of a class has, but for EntityID and what Joined adds.
func (d *Diff) ClassRow(class int) DiffRow {
	c := &d.classes[class]
	before, after := d.before(c.key), d.after(c.key)
	row := DiffRow{
		Class: class, Status: c.unit.status, Affected: affectedWord(c.unit.affected),
		ActionsGained:      d.actionNames(c.change.actions.gained, after, before),
		ActionsLost:        d.actionNames(c.change.actions.lost, before, after),
		ActionsMaybe:       d.actionNames(c.change.actions.maybe, after, before),
		ProfilesGained:     d.profileIDs(c.change.profiles.gained),
		ProfilesLost:       d.profileIDs(c.change.profiles.lost),
		ProfilesMaybe:      d.profileIDs(c.change.profiles.maybe),
		EntitlementsGained: d.entityTexts(c.change.entities.gained),
		EntitlementsLost:   d.entityTexts(c.change.entities.lost),
		EntitlementsMaybe:  d.entityTexts(c.change.entities.maybe),
		RevokesAdded:       []string{},
		RevokesDropped:     []string{},
	}
	return row
}

// Joins tells whether identities of one class can differ by what they hold: then Joined gives the row of each.
func (d *Diff) Joins() bool { return d.joined != nil }

// Joined is the row of one identity of a class, with what it holds.
func (d *Diff) Joined(class int, id string) DiffRow {
	row := d.ClassRow(class)
	row.EntityID = id
	if d.classes[class].key.later == absent {
		return row
	}
	o := d.joined.of(d, &d.classes[class], id)
	row.Status, row.Affected = o.status, affectedWord(o.affected)
	row.RevokesAdded, row.RevokesDropped = heldTexts(o.added), heldTexts(o.dropped)
	if !d.joined.wanted {
		return row
	}
	row.EntitlementsGained = d.entityTexts(o.gained)
	row.EntitlementsLost = row.RevokesAdded
	maybe := append(d.entityTexts(o.maybe), heldTexts(o.perhaps)...)
	slices.Sort(maybe)
	row.EntitlementsMaybe = slices.Compact(maybe)
	if len(d.joined.grants[id]) == 0 {
		row.ActionsGained, row.ActionsMaybe = []ActionName{}, []ActionName{}
	}
	return row
}

// Status is that of Joined.
func (d *Diff) Status(class int, id string) Status {
	c := &d.classes[class]
	if c.key.later == absent {
		return c.unit.status
	}
	return d.joined.of(d, c, id).status
}

// ClassStatus is that of ClassRow.
func (d *Diff) ClassStatus(class int) Status { return d.classes[class].unit.status }

func affectedWord(t truth) string {
	return [...]string{isFalse: "no", isUnknown: "maybe", isTrue: "yes"}[t]
}

// actionNames lists actions in the order in which the first state evaluates them, then the other one.
func (d *Diff) actionNames(list []int, first, then *state) []ActionName {
	names := []ActionName{}
	if len(list) == 0 {
		return names
	}
	wanted := make(map[int]bool, len(list))
	for _, item := range list {
		wanted[item] = true
	}
	add := func(item int) {
		if wanted[item] {
			delete(wanted, item)
			a := d.program.items.actions[item]
			names = append(names, ActionName{a.workflow, a.name, a.kind})
		}
	}
	for _, s := range []*state{first, then} {
		if s.outcome == nil {
			continue
		}
		built := s.outcome.plan
		for _, a := range s.outcome.actions {
			add(built.numbers.actions[a.workflow][a.action])
		}
	}
	for _, item := range list {
		add(item)
	}
	return names
}

func (d *Diff) profileIDs(list []int) []string {
	ids := make([]string, len(list))
	for i, p := range list {
		ids[i] = d.program.items.profiles[p]
	}
	return ids
}

// entityTexts prints ranks of entities for a row, each string once.
func (d *Diff) entityTexts(ranks []int) []string {
	table := d.program.plan.entities
	list := make([]int, len(ranks))
	for i, r := range ranks {
		list[i] = table.byRank[r]
	}
	return table.texts(list)
}

// changes tells whether anybody of a class does not stay as it is.
func (d *Diff) changes(class int) bool {
	return d.tallyOf(class).statuses[StatusUnchanged] < d.classes[class].size
}

// largestClasses lists the largest of the classes that count. byClass are the edits that alone change each.
func (d *Diff) largestClasses(byClass [][]int, counts func(class int) bool) []ChangeClass {
	var order []int
	for i := range d.classes {
		if counts(i) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(d.classes[b].size, d.classes[a].size) })
	list := make([]ChangeClass, 0, min(len(order), maxClasses))
	for _, class := range order[:min(len(order), maxClasses)] {
		list = append(list, d.changeClass(class, byClass[class]))
	}
	return list
}

func (d *Diff) changeClass(class int, edits []int) ChangeClass {
	c := &d.classes[class]
	row := d.ClassRow(class)
	if d.joined != nil {
		row = d.Joined(class, c.members[0])
	}
	out := ChangeClass{
		ID: class, Size: c.size, Exemplar: c.members[0], Members: c.members, Status: row.Status, Affected: row.Affected,
		Workflows: []TaggedItem{}, Actions: []TaggedAction{}, Edits: append([]int{}, edits...),
	}
	if c.key.later != absent {
		out.Workflows = d.taggedWorkflows(c)
	}
	kept := d.actionNames(c.change.actions.kept, d.after(c.key), d.before(c.key))
	for _, part := range []struct {
		tag  Tag
		list []ActionName
	}{{TagBefore, kept}, {TagCaused, row.ActionsGained}, {TagGone, row.ActionsLost}, {TagMaybe, row.ActionsMaybe}} {
		for _, a := range part.list {
			out.Actions = append(out.Actions, TaggedAction{a.Workflow, a.Name, a.Type, part.tag})
		}
	}
	out.AccessProfiles = tagged(d.profileIDs(c.change.profiles.kept), row.ProfilesGained, row.ProfilesLost, row.ProfilesMaybe)
	out.Entitlements = tagged(d.entityTexts(c.change.entities.kept), row.EntitlementsGained, row.EntitlementsLost, row.EntitlementsMaybe)
	return out
}

// tagged lists texts with their tags, by text.
func tagged(kept, gained, lost, maybe []string) []TaggedItem {
	list := []TaggedItem{}
	for _, part := range []struct {
		tag   Tag
		texts []string
	}{{TagBefore, kept}, {TagCaused, gained}, {TagGone, lost}, {TagMaybe, maybe}} {
		for _, text := range part.texts {
			list = append(list, TaggedItem{text, part.tag})
		}
	}
	slices.SortStableFunc(list, func(a, b TaggedItem) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// taggedWorkflows lists the workflows whose trigger is not false on some side, in the order of the later version, then those
// of the earlier one only.
func (d *Diff) taggedWorkflows(c *diffClass) []TaggedItem {
	list := []TaggedItem{}
	was, now := d.triggers(d.before(c.key), d.program.from), d.triggers(d.after(c.key), d.program.plan)
	seen := make(map[string]bool)
	for _, built := range []*plan{d.program.plan, d.program.from} {
		if built == nil {
			continue
		}
		for _, w := range built.workflows {
			if seen[w.Name] {
				continue
			}
			seen[w.Name] = true
			switch from, to := was[w.Name].truth, now[w.Name].truth; {
			case from == isTrue && to == isTrue:
				list = append(list, TaggedItem{w.Name, TagBefore})
			case from == isFalse && to == isTrue:
				list = append(list, TaggedItem{w.Name, TagCaused})
			case from == isTrue && to == isFalse:
				list = append(list, TaggedItem{w.Name, TagGone})
			case from == isUnknown || to == isUnknown:
				list = append(list, TaggedItem{w.Name, TagMaybe})
			}
		}
	}
	return list
}
