package engine

import (
	"cmp"
	"maps"
	"slices"
	"sort"

	"github.com/lcmsim/lcmsim/scimeval"
)

// What the slow twin of a diff says of a whole population, counted one identity at a time.

// row prints an identity (SPEC section 10, diff rows).
func (d *slowDiff) row(i *slowIdentity) DiffRow {
	c := &i.change
	row := DiffRow{
		EntityID: i.id, Status: i.status, Affected: string(i.affected),
		ActionsGained: []ActionName{}, ActionsLost: []ActionName{}, ActionsMaybe: []ActionName{},
		ProfilesGained: []string{}, ProfilesLost: []string{}, ProfilesMaybe: []string{},
		EntitlementsGained: []string{}, EntitlementsLost: []string{}, EntitlementsMaybe: []string{},
		RevokesAdded: []string{}, RevokesDropped: []string{},
	}
	if i.later == nil {
		return row
	}
	if d.kind == BaselineGrants {
		row.ActionsGained, row.ActionsMaybe = actionNames(i.held.gainedActions), actionNames(i.held.maybeActions)
		row.EntitlementsGained = entityTexts(i.held.gained)
		for h, fact := range i.held.revokes {
			if fact.t == slowYes {
				row.EntitlementsLost = append(row.EntitlementsLost, h.text())
			} else {
				row.EntitlementsMaybe = append(row.EntitlementsMaybe, h.text())
			}
		}
		sort.Strings(row.EntitlementsLost)
		row.EntitlementsMaybe = distinctTexts(append(row.EntitlementsMaybe, entityTexts(i.held.maybe)...))
		row.RevokesAdded = append(row.RevokesAdded, row.EntitlementsLost...)
		return row
	}
	among := func(set map[slowAct]bool, orders ...[]slowAct) []ActionName {
		var list []slowAct
		for _, order := range orders {
			for _, a := range order {
				if set[a] && !slices.Contains(list, a) {
					list = append(list, a)
				}
			}
		}
		return actionNames(list)
	}
	row.ActionsGained = among(c.actions.gained, c.after.order)
	row.ActionsLost = among(c.actions.lost, c.before.order)
	row.ActionsMaybe = among(c.actions.maybe, c.after.order, c.before.order)
	row.ProfilesGained, row.ProfilesLost, row.ProfilesMaybe = names(c.profiles.gained), names(c.profiles.lost), names(c.profiles.maybe)
	row.EntitlementsGained, row.EntitlementsLost, row.EntitlementsMaybe = entityTexts(c.entities.gained), entityTexts(c.entities.lost), entityTexts(c.entities.maybe)
	row.RevokesAdded, row.RevokesDropped = heldNames(c.revokes.gained), heldNames(c.revokes.lost)
	return row
}

func actionNames(list []slowAct) []ActionName {
	out := []ActionName{}
	for _, a := range list {
		out = append(out, ActionName{a.workflow, a.name, a.kind})
	}
	return out
}

func distinctTexts(list []string) []string {
	sort.Strings(list)
	return append([]string{}, slices.Compact(list)...)
}

func names(set map[string]bool) []string { return distinctTexts(slices.Collect(maps.Keys(set))) }

func entityTexts(set map[slowEntity]bool) []string {
	var list []string
	for k := range set {
		list = append(list, k.datasource+"|"+k.kind+"|"+k.id)
	}
	return distinctTexts(list)
}

func (h slowHeld) text() string { return h.datasource + "|" + h.kind + "|" + h.id }

func heldNames(set map[slowHeld]bool) []string {
	var list []string
	for h := range set {
		list = append(list, h.text())
	}
	return distinctTexts(list)
}

func (d *slowDiff) count(of func(i *slowIdentity) bool) int {
	n := 0
	for _, i := range d.all {
		if of(i) {
			n++
		}
	}
	return n
}

func (d *slowDiff) span(of func(i *slowIdentity) slowTruth) slowCount {
	var c slowCount
	for _, i := range d.all {
		c.add(cmp.Or(of(i), slowNo))
	}
	return c
}

func (d *slowDiff) summary() DiffSummary {
	s := DiffSummary{
		Identities: len(d.all),
		Gained:     d.count(func(i *slowIdentity) bool { return i.gained }), Lost: d.count(func(i *slowIdentity) bool { return i.lost }),
		Unknown:      d.count(func(i *slowIdentity) bool { return i.unknown }),
		AccessGained: d.count(func(i *slowIdentity) bool { return i.accessGained }), AccessLost: d.count(func(i *slowIdentity) bool { return i.accessLost }),
		Deactivated:      d.count(func(i *slowIdentity) bool { return i.deactivated == slowYes }),
		MaybeDeactivated: d.count(func(i *slowIdentity) bool { return i.deactivated == slowMaybe }),
		MayRemoveOthers: d.count(func(i *slowIdentity) bool {
			return d.in.Grants == nil && i.later != nil && d.kind != BaselineGrants && i.change.removal == slowMaybe
		}),
		Revoked: d.count(func(i *slowIdentity) bool { return i.newly == slowYes }), MaybeRevoked: d.count(func(i *slowIdentity) bool { return i.newly == slowMaybe }),
	}
	for status, n := range map[Status]*int{StatusChanged: &s.Changed, StatusMaybe: &s.Maybe, StatusUnchanged: &s.Unchanged, StatusNew: &s.New, StatusRemoved: &s.RemovedFromSource} {
		*n = d.count(func(i *slowIdentity) bool { return i.status == status })
	}
	affected := d.span(func(i *slowIdentity) slowTruth { return i.affected })
	s.AffectedLow, s.AffectedHigh = affected.low, affected.high
	if d.kind == BaselineGrants {
		s.Holdings = &Holdings{}
	}
	for _, i := range d.all {
		if h := i.held; h != nil {
			s.Holdings.RealGrants += len(h.gained)
			s.Holdings.NoOps += len(h.kept)
			s.Holdings.Drift += h.drift
			s.Holdings.Maybe += len(h.maybe)
			for _, fact := range h.revokes {
				if fact.t == slowYes {
					s.Holdings.Revokes++
				} else {
					s.Holdings.Maybe++
				}
			}
			s.EntitlementsGained, s.EntitlementsLost, s.EntitlementsMaybe = s.Holdings.RealGrants, s.Holdings.Revokes, s.Holdings.Maybe
			s.ActionsGained += len(h.gainedActions)
			s.ActionsMaybe += len(h.maybeActions)
			continue
		}
		s.ActionsGained += len(i.change.actions.gained)
		s.ActionsLost += len(i.change.actions.lost)
		s.ActionsMaybe += len(i.change.actions.maybe)
		s.EntitlementsGained += len(i.change.entities.gained)
		s.EntitlementsLost += len(i.change.entities.lost)
		s.EntitlementsMaybe += len(i.change.entities.maybe)
	}
	if d.base != nil {
		movers := d.count(func(i *slowIdentity) bool {
			if i.later == nil {
				return false
			}
			v, _ := i.later.value(scimeval.Attribute{Name: MoverAttribute})
			return v.Bool()
		})
		leavers := d.count(func(i *slowIdentity) bool {
			return i.later != nil && i.base != nil && d.active(i.base) && !d.active(i.later)
		})
		s.Movers, s.Leavers = &movers, &leavers
	}
	s.Destructive = s.Lost+s.Deactivated+s.Revoked > 0
	return s
}

func (d *slowDiff) active(who *person) bool {
	return d.run(&d.in, who).expression(cmp.Or(d.in.ActiveAttribute, "is_active")+" eq true") == slowYes
}

// versions are the later version and the earlier one, if there is one.
func (d *slowDiff) versions() []*Input {
	if from := d.from(); from != nil {
		return []*Input{&d.in, from}
	}
	return []*Input{&d.in}
}

// moves lists the actions that an identity gains and loses, and that are not decided, and kept ones.
func (i *slowIdentity) moves() (sets slowSets[slowAct]) {
	sets = i.change.actions
	if i.held != nil {
		sets = slowSets[slowAct]{gained: map[slowAct]bool{}, maybe: map[slowAct]bool{}}
		for _, a := range i.held.gainedActions {
			sets.gained[a] = true
		}
		for _, a := range i.held.maybeActions {
			sets.maybe[a] = true
		}
	}
	return sets
}

func (d *slowDiff) workflows() []WorkflowChange {
	out := []WorkflowChange{}
	listed := map[string]bool{}
	for _, in := range d.versions() {
		for _, w := range in.Version.Workflows {
			if listed[w.Name] {
				continue
			}
			listed[w.Name] = true
			r := WorkflowChange{Name: w.Name}
			for _, i := range d.all {
				if i.later == nil {
					continue
				}
				sets := i.moves()
				for a := range sets.lost {
					if a.workflow == w.Name {
						r.Changed++
						break
					}
				}
				for a := range sets.gained {
					lost := slices.ContainsFunc(slices.Collect(maps.Keys(sets.lost)), func(b slowAct) bool { return b.workflow == w.Name })
					if a.workflow == w.Name && !lost {
						r.Changed++
						break
					}
				}
				if d.kind == BaselineGrants || d.kind == BaselineMembers {
					continue
				}
				was, is := triggerOf(i.change.before, w.Name), triggerOf(i.change.after, w.Name)
				switch {
				case was.t == slowYes && is.t == slowYes:
					r.Unchanged++
				case was.t == slowNo && is.t == slowYes:
					r.Gained++
				case was.t == slowYes && is.t == slowNo:
					r.Lost++
				case was != is:
					r.Maybe++
				}
			}
			out = append(out, r)
		}
	}
	return out
}

// triggerOf is the truth of the triggers of all workflows with a name.
func triggerOf(s *slowState, name string) slowFact {
	t, why := slowNo, texts{}
	for at, fact := range s.triggers {
		if at.workflow == name {
			t = slowOr(t, fact.t)
			if fact.t == slowMaybe {
				why = why.with(splitTexts(fact.why)...)
			}
		}
	}
	if t != slowMaybe {
		why = texts{}
	}
	return slowFact{t, why.String()}
}

func (d *slowDiff) actions() []ActionChange {
	out := []ActionChange{}
	type key struct{ name, kind string }
	listed := map[key]bool{}
	for _, in := range d.versions() {
		for n := range in.Version.Actions {
			a := &in.Version.Actions[n]
			if listed[key{a.Name, a.Type}] || d.run(in, &person{}).action(a.Name) != a {
				continue
			}
			listed[key{a.Name, a.Type}] = true
			r := ActionChange{Name: a.Name, Type: a.Type, Effect: slowEffect(a.Type)}
			for _, i := range d.all {
				if i.later == nil {
					continue
				}
				sets := i.moves()
				for n, set := range map[*int]map[slowAct]bool{&r.Gained: sets.gained, &r.Lost: sets.lost, &r.Maybe: sets.maybe, &r.Unchanged: sets.kept} {
					for x := range set {
						if x.name == a.Name && x.kind == a.Type {
							*n++
							break
						}
					}
				}
			}
			out = append(out, r)
		}
	}
	return out
}

// reached are the ids of the profiles that the actions of a version name, or that have members where these are the baseline,
// and all that those inherit from.
func (d *slowDiff) reached(in *Input) map[string]bool {
	r := d.run(in, &person{})
	found := map[string]bool{}
	var visit func(id string)
	visit = func(id string) {
		if found[id] {
			return
		}
		found[id] = true
		if p := r.profile(id); p != nil {
			for _, ref := range p.Inherits {
				visit(ref.ID)
			}
		}
	}
	for n := range in.Version.Actions {
		if a := &in.Version.Actions[n]; r.action(a.Name) == a {
			for _, ref := range a.AccessProfiles {
				visit(ref.ID)
			}
		}
	}
	for _, p := range in.Catalog.Profiles {
		if d.kind == BaselineMembers && len(p.Members) > 0 {
			visit(p.ID)
		}
	}
	return found
}

func (d *slowDiff) profiles() []ProfileChange {
	all := map[string]string{}
	for _, in := range d.versions() {
		for id := range d.reached(in) {
			if p := d.run(in, &person{}).profile(id); p != nil && all[id] == "" {
				all[id] = p.Name
			} else if p == nil {
				all[id] = cmp.Or(all[id], "")
			}
		}
	}
	out := []ProfileChange{}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		r := ProfileChange{ID: id, Name: optional(all[id])}
		for _, i := range d.all {
			if i.later == nil || i.held != nil {
				continue
			}
			c := i.change.profiles
			for n, set := range map[*int]map[string]bool{&r.Gained: c.gained, &r.Lost: c.lost, &r.Maybe: c.maybe, &r.Unchanged: c.kept} {
				if set[id] {
					*n++
				}
			}
		}
		out = append(out, r)
	}
	return out
}

// carried are the entitlements that change with an access profile that holds them itself, on a side that reaches it.
func (d *slowDiff) carried(i *slowIdentity) map[slowEntity]bool {
	found := map[slowEntity]bool{}
	look := func(in *Input, entities map[slowEntity]bool, profiles ...map[string]bool) {
		if in == nil || len(entities) == 0 {
			return
		}
		reached := d.reached(in)
		for _, set := range profiles {
			for id := range set {
				p := d.run(in, &person{}).profile(id)
				if p == nil || !reached[id] {
					continue
				}
				for n := range p.Entities {
					if k := slowKey(&p.Entities[n]); entities[k] {
						found[k] = true
					}
				}
			}
		}
	}
	c := i.change
	look(&d.in, c.entities.gained, c.profiles.gained)
	look(d.from(), c.entities.lost, c.profiles.lost)
	look(&d.in, c.entities.maybe, c.profiles.gained, c.profiles.lost, c.profiles.maybe)
	look(d.from(), c.entities.maybe, c.profiles.gained, c.profiles.lost, c.profiles.maybe)
	return found
}

// entitlements leaves names out.
func (d *slowDiff) entitlements() []EntitlementChange {
	counts := map[slowEntity]*EntitlementChange{}
	at := func(k slowEntity) *EntitlementChange {
		if counts[k] == nil {
			counts[k] = &EntitlementChange{DatasourceID: k.datasource, EntityType: k.kind, EntityID: k.id, AssignedToType: optional(k.assignedType), AssignedToID: optional(k.assignedID)}
		}
		return counts[k]
	}
	for _, in := range d.versions() {
		for id := range d.reached(in) {
			if p := d.run(in, &person{}).profile(id); p != nil {
				for n := range p.Entities {
					at(slowKey(&p.Entities[n]))
				}
			}
		}
	}
	order := func() []slowEntity {
		return slices.SortedFunc(maps.Keys(counts), func(a, b slowEntity) int {
			return cmp.Or(cmp.Compare(a.datasource, b.datasource), cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id),
				cmp.Compare(a.assignedType, b.assignedType), cmp.Compare(a.assignedID, b.assignedID))
		})
	}
	known := order()
	for _, i := range d.all {
		if i.later == nil {
			continue
		}
		sets := i.change.entities
		revoked := i.change.revokes.gained
		if h := i.held; h != nil {
			sets = slowSets[slowEntity]{gained: h.gained, maybe: h.maybe, kept: h.kept}
			revoked = map[slowHeld]bool{}
			for k, fact := range h.revokes {
				if fact.t == slowYes {
					revoked[k] = true
				}
			}
		}
		if i.held == nil {
			for k := range d.carried(i) {
				at(k).Carried++
			}
		}
		for k := range sets.gained {
			at(k).Gained++
		}
		for k := range sets.lost {
			at(k).Lost++
		}
		for k := range sets.maybe {
			at(k).Maybe++
		}
		for k := range sets.kept {
			at(k).Unchanged++
		}
		entry := func(h slowHeld) slowEntity {
			if n := slices.IndexFunc(known, func(e slowEntity) bool { return slowHeld{e.datasource, e.kind, e.id} == h }); n >= 0 {
				return known[n]
			}
			return slowEntity{datasource: h.datasource, kind: h.kind, id: h.id}
		}
		if i.held != nil {
			for h, fact := range i.held.revokes {
				if fact.t == slowMaybe {
					at(entry(h)).Maybe++
				}
			}
		}
		for h := range revoked {
			k := entry(h)
			at(k).Revoked++
			if i.held != nil {
				at(k).Lost++
			}
		}
	}
	out := []EntitlementChange{}
	for _, k := range order() {
		out = append(out, *counts[k])
	}
	return out
}
