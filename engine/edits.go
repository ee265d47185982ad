package engine

import (
	"fmt"
	"slices"
)

// Side is one side of a diff. A nil Version has no parts, a nil Catalog no profiles.
type Side struct {
	Policy  *Policy
	Version *Version
	Catalog *Catalog
}

// Edit is one difference between the policies of two sides: the smallest change that can be published apart from others.
type Edit struct {
	// Kind is workflow, condition, action, profile (fields of its own differ, of all but a profile's name), each also with
	// -added and -removed (as a whole, with all that is inside); workflow-order, condition-order, action-order;
	// inheritance-added, inheritance-removed; entity-added, entity-removed, entity-condition; mover-properties.
	Kind          string
	Text          string // for people: workflow "Leaver": trigger changed
	Path          string // in the later version if it is there, else in the earlier one: workflows[1].trigger_string
	Before, After string // what stood there and what stands there now, for people, shortened; may be empty
}

// Edits are the differences between the policies of two sides, as far as they decide what happens to identities. Names of
// access profiles and entities, descriptions, positions, and parts that never count (an action or profile of a name or
// id that is taken) make no edit; nor do spellings of a type that mean the same.
type Edits struct {
	// List has the workflows in the order of the later version, each followed by its conditions, those removed last, then
	// the actions likewise, the access profiles by id, and the mover properties. An edit of an order follows what it orders.
	List []Edit

	from, to Side

	workflows          paired[Workflow]
	workflowConditions []paired[Condition] // by part of workflows
	actions            paired[Action]
	actionConditions   []paired[Condition] // by part of actions
	profiles           paired[Profile]     // by id: those that some mix of the two sides can reach
	inherits           []paired[ProfileRef]
	entities           []paired[Entity]
	movers             int // the edit of mover_properties

	profileNames map[string]string // by id
}

// NewEdits compares two sides. Workflows, conditions and actions match by name, duplicates by order; among conditions of
// one name equal ones match first, and an equal condition of another name is the same one, renamed.
func NewEdits(from, to Side) *Edits {
	e := &Edits{from: from.filled(), to: to.filled()}
	e.workflows = pairUp(everyPart(e.from.Version.Workflows), everyPart(e.to.Version.Workflows), func(w *Workflow) string { return w.Name })
	name := func(a *Action) string { return a.Name }
	e.actions = pairUp(firstParts(e.from.Version.Actions, name), firstParts(e.to.Version.Actions, name), name)
	e.pairProfiles()

	e.workflowConditions = make([]paired[Condition], len(e.workflows.parts))
	compareParts(e, &e.workflows, workflowAspect, places{"workflows", "workflows"}, func(i int, owner string, at places) {
		w := &e.workflows.parts[i]
		e.workflowConditions[i] = e.conditions(w.from.part.Conditions, w.to.part.Conditions, owner, at)
	})
	compareOrder(e, &e.workflows, workflowAspect, "workflows", "workflows")

	e.actionConditions = make([]paired[Condition], len(e.actions.parts))
	compareParts(e, &e.actions, e.actionAspect(), places{"actions", "actions"}, func(i int, owner string, at places) {
		a := &e.actions.parts[i]
		e.actionConditions[i] = e.conditions(a.from.part.Conditions, a.to.part.Conditions, owner, at)
	})
	compareOrder(e, &e.actions, e.actionAspect(), "actions", "actions")

	e.inherits = make([]paired[ProfileRef], len(e.profiles.parts))
	e.entities = make([]paired[Entity], len(e.profiles.parts))
	compareParts(e, &e.profiles, e.profileAspect(), places{"access_profiles", "access_profiles"}, func(i int, owner string, at places) {
		p := &e.profiles.parts[i]
		e.inherits[i] = e.edges(p.from.part.Inherits, p.to.part.Inherits, owner, at.in(".inherits"))
		e.entities[i] = e.holdings(p.from.part.Entities, p.to.part.Entities, owner, at.in(".entities"))
	})
	e.compareMovers()
	return e
}

func (s Side) filled() Side {
	if s.Version == nil {
		s.Version = &Version{}
	}
	if s.Catalog == nil {
		s.Catalog = &Catalog{}
	}
	return s
}

// Merge is the earlier side with the edits for which take is true; take is asked once an edit. With none it behaves as the
// earlier side, with all as the later one. Policy, state and number are those of the earlier side, SHA256 is empty. Parts
// keep their positions. The catalog holds only the profiles that either version reaches.
func (e *Edits) Merge(take func(edit int) bool) Side {
	taken := make(editSet, len(e.List))
	for i := range taken {
		taken[i] = take(i)
	}
	version := *e.from.Version
	version.SHA256 = ""
	version.Workflows = e.workflows.merge(taken, func(i int, w *Workflow) {
		w.Conditions = e.workflowConditions[i].merge(taken, nil)
	})
	version.Actions = e.actions.merge(taken, func(i int, a *Action) {
		a.Conditions = e.actionConditions[i].merge(taken, nil)
	})
	if taken.has(e.movers) {
		version.MoverProperties = e.to.Version.MoverProperties
	}
	catalog := &Catalog{Given: e.from.Catalog.Given || e.to.Catalog.Given}
	catalog.Profiles = e.profiles.merge(taken, func(i int, p *Profile) {
		p.Inherits = e.inherits[i].merge(taken, nil)
		p.Entities = e.entities[i].merge(taken, nil)
	})
	return Side{Policy: e.from.Policy, Version: &version, Catalog: catalog}
}

// add lists an edit and returns its number.
func (e *Edits) add(x Edit) int {
	x.Text, x.Before, x.After = shortened(x.Text), shortened(x.Before), shortened(x.After)
	e.List = append(e.List, x)
	return len(e.List) - 1
}

// places are the path of one thing in the earlier and in the later version.
type places struct{ from, to string }

func (p places) in(list string) places { return places{p.from + list, p.to + list} }

// compareParts adds the edits of the parts of a list; inside adds those of what a part of both sides holds, nil = nothing.
func compareParts[T any](e *Edits, p *paired[T], a aspect[T], list places, inside func(part int, owner string, at places)) {
	for i := range p.parts {
		x := &p.parts[i]
		was, is := x.from.part, x.to.part
		var at places
		if was != nil {
			at.from = fmt.Sprintf("%s[%s]", list.from, a.place(was, x.from.index))
		}
		if is != nil {
			at.to = fmt.Sprintf("%s[%s]", list.to, a.place(is, x.to.index))
		}
		switch {
		case was == nil:
			x.edit = e.add(Edit{Kind: a.kind + "-added", Text: a.name(is, x.to.index) + " added", Path: at.to, After: a.fields(new(T), is).after()})
		case is == nil:
			x.edit = e.add(Edit{Kind: a.kind + "-removed", Text: a.name(was, x.from.index) + " removed", Path: at.from, Before: a.fields(was, new(T)).before()})
		default:
			owner := a.name(is, x.to.index)
			changed := a.fields(was, is)
			changed.text("name", ".name", a.label(was), a.label(is))
			if len(changed) > 0 {
				x.edit = e.add(Edit{
					Kind: a.kind, Text: owner + ": " + changed.names() + " changed", Path: at.to + changed.path(),
					Before: changed.before(), After: changed.after(),
				})
			}
			if inside != nil {
				inside(i, owner, at)
			}
		}
	}
}

// compareOrder adds the edit of the order of a list.
func compareOrder[T any](e *Edits, p *paired[T], a aspect[T], what, path string) {
	if !p.reordered() {
		return
	}
	var before, after []string
	for _, i := range p.earlier {
		if x := &p.parts[i]; x.both() {
			before = append(before, a.label(x.from.part))
		}
	}
	for i := range p.parts {
		if x := &p.parts[i]; x.both() {
			after = append(after, a.label(x.to.part))
		}
	}
	p.order = e.add(Edit{Kind: a.kind + "-order", Text: what + ": order changed", Path: path, Before: listed(before), After: listed(after)})
}

// conditions compares the conditions of a workflow or an action that is on both sides.
func (e *Edits) conditions(from, to []Condition, owner string, at places) paired[Condition] {
	name := func(c *Condition) string { return c.Name }
	p := pairUp(everyPart(from), everyPart(to), func(c *Condition) string { return fmt.Sprintf("%q %s", c.Name, conditionContent(c)) }, name, conditionContent)
	a, list := conditionAspect(owner), at.in(".conditions_on_success")
	compareParts(e, &p, a, list, nil)
	compareOrder(e, &p, a, "conditions of "+owner, list.to)
	return p
}

// conditionContent is equal for conditions that do the same.
func conditionContent(c *Condition) string {
	return fmt.Sprintf("%q %s %q", c.State, testContent(c.Test, false), refNames(c.Actions))
}

// pairProfiles pairs the access profiles that the actions of either side name, and what those inherit from on either side.
func (e *Edits) pairProfiles() {
	sides := [2]map[string]*Profile{}
	for s, catalog := range []*Catalog{e.from.Catalog, e.to.Catalog} {
		sides[s] = make(map[string]*Profile, len(catalog.Profiles))
		for _, x := range firstParts(catalog.Profiles, func(p *Profile) string { return p.ID }) {
			sides[s][x.part.ID] = x.part
		}
	}
	var ids []string
	seen := make(map[string]bool)
	add := func(refs []ProfileRef) {
		for _, ref := range refs {
			if !seen[ref.ID] {
				seen[ref.ID] = true
				ids = append(ids, ref.ID)
			}
		}
	}
	for i := range e.actions.parts {
		for _, a := range []*Action{e.actions.parts[i].from.part, e.actions.parts[i].to.part} {
			if a != nil {
				add(a.AccessProfiles)
			}
		}
	}
	e.profileNames = make(map[string]string)
	for i := 0; i < len(ids); i++ {
		for _, side := range sides {
			if p := side[ids[i]]; p != nil {
				add(p.Inherits)
				if p.Name != "" {
					e.profileNames[p.ID] = p.Name
				}
			}
		}
	}
	slices.Sort(ids)
	e.profiles.order = noEdit
	for _, id := range ids {
		x := pair[Profile]{edit: noEdit}
		x.from.part, x.to.part = sides[0][id], sides[1][id]
		if x.from.part != nil {
			e.profiles.earlier = append(e.profiles.earlier, len(e.profiles.parts))
		}
		if x.from.part != nil || x.to.part != nil {
			e.profiles.parts = append(e.profiles.parts, x)
		}
	}
}

// edges compares what a profile inherits from.
func (e *Edits) edges(from, to []ProfileRef, owner string, list places) paired[ProfileRef] {
	id := func(ref *ProfileRef) string { return ref.ID }
	p := pairUp(firstParts(from, id), firstParts(to, id), id)
	for i := range p.parts {
		x := &p.parts[i]
		was, is := x.from.part, x.to.part
		switch {
		case was == nil:
			base := e.profileLabel(is.ID)
			x.edit = e.add(Edit{Kind: "inheritance-added", Text: owner + " inherits from " + base, Path: fmt.Sprintf("%s[%d]", list.to, x.to.index), After: base})
		case is == nil:
			base := e.profileLabel(was.ID)
			x.edit = e.add(Edit{Kind: "inheritance-removed", Text: owner + " no longer inherits from " + base, Path: fmt.Sprintf("%s[%d]", list.from, x.from.index), Before: base})
		}
	}
	return p
}

// holdings compares the entities of a profile.
func (e *Edits) holdings(from, to []Entity, owner string, list places) paired[Entity] {
	whole := func(n *Entity) string { return entityContent(n) + " " + testContent(gate(n), true) }
	p := pairUp(firstParts(from, whole), firstParts(to, whole), whole, entityContent)
	for i := range p.parts {
		x := &p.parts[i]
		was, is := x.from.part, x.to.part
		switch {
		case was == nil:
			x.edit = e.add(Edit{Kind: "entity-added", Text: owner + " grants " + entityLabel(is), Path: fmt.Sprintf("%s[%d]", list.to, x.to.index), After: entityText(is)})
		case is == nil:
			x.edit = e.add(Edit{Kind: "entity-removed", Text: owner + " no longer grants " + entityLabel(was), Path: fmt.Sprintf("%s[%d]", list.from, x.from.index), Before: entityText(was)})
		default:
			var changed fields
			changed.test("condition", "", gate(was), gate(is), true)
			if len(changed) > 0 {
				x.edit = e.add(Edit{
					Kind: "entity-condition", Text: owner + ": condition of " + entityLabel(is) + " changed", Path: fmt.Sprintf("%s[%d].condition", list.to, x.to.index),
					Before: changed.before(), After: changed.after(),
				})
			}
		}
	}
	return p
}

// entityContent is equal for entities that are the same entitlement, whatever gates them. One that has no id matches held
// entitlements by its name, so it is another than one whose id is that name.
func entityContent(n *Entity) string {
	return fmt.Sprintf("%q %t", keyOf(n), nameless(n))
}

func (e *Edits) compareMovers() {
	e.movers = noEdit
	before, after := distinct(e.from.Version.MoverProperties), distinct(e.to.Version.MoverProperties)
	if !slices.Equal(before, after) {
		e.movers = e.add(Edit{Kind: "mover-properties", Text: "mover properties changed", Path: "mover_properties", Before: listed(quoted(before)), After: listed(quoted(after))})
	}
}
