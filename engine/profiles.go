package engine

import (
	"fmt"
	"slices"
)

// profilePlan is an access profile with its inheritance resolved.
type profilePlan struct {
	id       string
	source   *Profile // nil = missing
	withheld string   // why it grants nothing; "" = it grants
	inherits []int    // indices into plan.profiles of those that exist, in order
	lacking  bool     // it is missing, or inherits from one that is
	own      []entityPlan
	reach    []int // of one that an action names: the granting profiles that it brings, itself included, ascending
}

// grants tells whether holding the profile brings its own entities.
func (p *profilePlan) grants() bool { return p.source != nil && p.withheld == "" }

// entityPlan is an entity of a profile: which one, and for whom.
type entityPlan struct {
	entity int // number in the entity table
	test   test
}

// resolveProfiles collects every profile that an action names, and what those inherit from, by id.
func (b *planner) resolveProfiles() {
	b.source = make(map[string]*Profile, len(b.catalog.Profiles))
	for i := range b.catalog.Profiles {
		p := &b.catalog.Profiles[i]
		if _, dup := b.source[p.ID]; !dup {
			b.source[p.ID] = p
		}
	}
	var ids []string
	seen := make(map[string]bool)
	var queue []string
	add := func(id string) {
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
			queue = append(queue, id)
		}
	}
	for _, a := range b.plan.actions {
		for _, ref := range a.AccessProfiles {
			add(ref.ID)
		}
	}
	for _, id := range b.roots {
		add(id)
	}
	for len(queue) > 0 {
		id := queue[0]
		queue = queue[1:]
		if p := b.source[id]; p != nil {
			for _, ref := range p.Inherits {
				add(ref.ID)
			}
		}
	}
	slices.Sort(ids)
	b.byID = make(map[string]int, len(ids))
	b.plan.profiles = make([]profilePlan, len(ids))
	for i, id := range ids {
		b.byID[id] = i
		b.plan.profiles[i] = profilePlan{id: id, source: b.source[id], withheld: b.withheld(b.source[id])}
	}
	for i := range b.plan.profiles {
		p := &b.plan.profiles[i]
		if p.source == nil {
			p.lacking = true
			continue
		}
		for _, ref := range p.source.Inherits {
			if b.plan.profiles[b.byID[ref.ID]].source != nil {
				p.inherits = append(p.inherits, b.byID[ref.ID])
			} else {
				p.lacking = true
			}
		}
	}
	for _, a := range b.plan.actions {
		for _, ref := range a.AccessProfiles {
			if p := &b.plan.profiles[b.byID[ref.ID]]; p.reach == nil {
				p.reach = b.plan.reachFrom(b.byID[ref.ID])
			}
		}
	}
	for _, id := range b.roots {
		if p := &b.plan.profiles[b.byID[id]]; p.reach == nil {
			p.reach = b.plan.reachFrom(b.byID[id])
		}
	}
	brought := b.broughtProfiles()
	for i := range b.plan.profiles {
		b.ownEntities(&b.plan.profiles[i], !brought[i])
	}
	for i := range b.plan.actions {
		b.actionProfiles(&b.plan.actions[i])
	}
}

// withheld says why a profile grants nothing (SPEC section 4).
func (b *planner) withheld(p *Profile) string {
	switch {
	case p == nil || b.rules.GrantInactive:
		return ""
	case p.State != StateRunning:
		return "its state is " + p.State + ", not RUNNING"
	case p.VersionState != StatePublished:
		return "its current version is " + p.VersionState + ", not PUBLISHED"
	}
	return ""
}

// broughtProfiles marks the granting profiles that some action that can run brings.
func (b *planner) broughtProfiles() []bool {
	brought := make([]bool, len(b.plan.profiles))
	for i, reached := range b.reachedActions() {
		if !reached {
			continue
		}
		for _, ref := range b.plan.actions[i].AccessProfiles {
			for _, at := range b.plan.profiles[b.byID[ref.ID]].reach {
				brought[at] = true
			}
		}
	}
	return brought
}

func (b *planner) ownEntities(p *profilePlan, muted bool) {
	if p.source == nil {
		return
	}
	b.muted = muted
	for i := range p.source.Entities {
		e := &p.source.Entities[i]
		t := constantTest(isTrue, "ANY")
		if e.Condition != nil {
			t = b.test(*e.Condition, e.Position, "condition", true)
		}
		p.own = append(p.own, entityPlan{b.entities.add(e, p.id), t})
	}
	b.muted = false
}

// reachFrom lists the granting profiles that holding profile i brings. A withheld profile cuts its whole branch.
func (p *plan) reachFrom(i int) []int {
	seen := make([]bool, len(p.profiles))
	var list []int
	stack := []int{i}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[at] || !p.profiles[at].grants() {
			continue
		}
		seen[at] = true
		list = append(list, at)
		stack = append(stack, p.profiles[at].inherits...)
	}
	slices.Sort(list)
	return list
}

// actionProfiles resolves what an action names and, if it removes, the scopes in which it does.
func (b *planner) actionProfiles(a *actionPlan) {
	for _, ref := range a.AccessProfiles {
		a.profiles = append(a.profiles, b.byID[ref.ID])
	}
	slices.Sort(a.profiles)
	a.profiles = slices.Compact(a.profiles)
	if !a.removes {
		return
	}
	for _, named := range a.profiles {
		for _, i := range b.plan.profiles[named].reach {
			for _, e := range b.plan.profiles[i].own {
				a.scope = append(a.scope, b.entities.scopeOf(e.entity, b.rules.RemoveByDatasource))
			}
		}
	}
	slices.Sort(a.scope)
	a.scope = slices.Compact(a.scope)
}

// profileFindings reports missing and withheld profiles and inheritance cycles among those that roots bring.
func (b *planner) profileFindings(roots []ProfileRef) {
	const open, closed = 1, 2
	state := make(map[int]int)
	var stack []int
	missing := make(map[string]bool)
	var visit func(ref ProfileRef)
	visit = func(ref ProfileRef) {
		i := b.byID[ref.ID]
		p := &b.plan.profiles[i]
		switch {
		case p.source == nil:
			if !missing[ref.ID] {
				missing[ref.ID] = true
				hint := "export the access profiles again, or correct the id"
				if !b.catalog.Given {
					hint = "add access_profiles.json, or give it with --profiles"
				}
				b.find(SeverityError, "missing-profile", ref.Position, fmt.Sprintf("access profile %q is not in the export; what it grants is not known", ref.ID), hint)
			}
			return
		case state[i] == closed:
			return
		case state[i] == open:
			var names []string
			for _, j := range append(slices.Clone(stack[slices.Index(stack, i):]), i) {
				names = append(names, b.plan.profiles[j].id)
			}
			b.find(SeverityError, "inheritance-cycle", ref.Position,
				"access profiles inherit from each other: "+chain(names)+"; each contributes once", "remove one of the inheritances")
			return
		case p.withheld != "":
			state[i] = closed
			b.find(SeverityWarning, "profile-withheld", p.source.Position,
				fmt.Sprintf("access profile %q (%s) grants nothing, nor does what it inherits: %s", p.source.Name, p.id, p.withheld), "start the profile and publish its version, or stop naming it")
			return
		}
		state[i] = open
		stack = append(stack, i)
		for _, inherited := range p.source.Inherits {
			visit(inherited)
		}
		stack = stack[:len(stack)-1]
		state[i] = closed
	}
	for _, ref := range roots {
		visit(ref)
	}
}
