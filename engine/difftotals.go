package engine

import (
	"cmp"
	"maps"
	"slices"
)

// Result counts what was added so far, and gives all findings. progress, if not nil, is called while the edits are attributed;
// when it returns false they are left out.
func (d *Diff) Result(seen Seen, progress func(done, total int) bool) (*DiffResult, []Finding) {
	r := &DiffResult{Baseline: d.kind}
	d.summarize(r)
	d.countWorkflows(r)
	d.countActions(r)
	d.countProfiles(r)
	d.countEntities(r)
	r.Summary.Destructive = r.Summary.Lost > 0 || r.Summary.Deactivated > 0 || r.Summary.Revoked > 0
	byClass := d.attribute(r, progress)
	l := d.newLedger(r)
	r.Limits = d.program.newJudge(d.program.in.Rules, l).limits()
	r.Cohorts = lifts(d.cohorts, d.rows, d.losers)
	r.ClassesTotal = len(d.classes)
	r.Classes = d.largestClasses(byClass, func(int) bool { return true })
	r.ChangedClasses = d.largestClasses(byClass, d.changes)
	for class := range d.classes {
		if d.changes(class) {
			r.ChangedClassesTotal++
		}
	}
	r.Flows, r.FlowsTotal = d.flows()
	return r, d.findings(r, seen)
}

func (d *Diff) summarize(r *DiffResult) {
	s := &r.Summary
	for class := range d.classes {
		c, t := &d.classes[class], d.tallyOf(class)
		s.Identities += c.size
		s.Changed += t.statuses[StatusChanged]
		s.Maybe += t.statuses[StatusMaybe]
		s.Unchanged += t.statuses[StatusUnchanged]
		s.New += t.statuses[StatusNew]
		s.RemovedFromSource += t.statuses[StatusRemoved]
		s.Gained += t.gained
		s.Lost += t.lost
		s.AffectedLow += t.affected.low
		s.AffectedHigh += t.affected.high
		s.Unknown += t.unknown
		s.AccessGained += t.accessGained
		s.AccessLost += t.accessLost
		s.Deactivated += t.deactivated.low
		s.MaybeDeactivated += t.deactivated.high - t.deactivated.low
		s.MayRemoveOthers += t.mayRemove
		s.Revoked += t.revoked.low
		s.MaybeRevoked += t.revoked.high - t.revoked.low
		s.ActionsGained += d.acting(c) * len(c.change.actions.gained)
		s.ActionsLost += d.acting(c) * len(c.change.actions.lost)
		s.ActionsMaybe += d.acting(c) * len(c.change.actions.maybe)
		s.EntitlementsGained += c.size * len(c.change.entities.gained)
		s.EntitlementsLost += c.size * len(c.change.entities.lost)
		s.EntitlementsMaybe += c.size * len(c.change.entities.maybe)
	}
	if d.base != nil {
		s.Movers, s.Leavers = &d.movers, &d.leavers
	}
	if d.joined != nil && d.joined.wanted {
		total := d.joined.total
		s.Holdings = &total
		s.EntitlementsGained, s.EntitlementsLost, s.EntitlementsMaybe = total.RealGrants, total.Revokes, total.Maybe
	}
}

// acting is how many identities of a class the changes of actions concern.
func (d *Diff) acting(c *diffClass) int {
	if d.joined != nil && d.joined.wanted {
		return len(c.held)
	}
	return c.size
}

// countWorkflows counts triggers, by name of workflow; duplicates of a name count as one.
func (d *Diff) countWorkflows(r *DiffResult) {
	r.Workflows = []WorkflowChange{}
	at := make(map[string]int)
	for _, built := range []*plan{d.program.plan, d.program.from} {
		if built == nil {
			continue
		}
		for _, w := range built.workflows {
			if _, known := at[w.Name]; !known {
				at[w.Name] = len(r.Workflows)
				r.Workflows = append(r.Workflows, WorkflowChange{Name: w.Name})
			}
		}
	}
	for i := range d.classes {
		c := &d.classes[i]
		if c.key.later == absent {
			continue
		}
		was := d.triggers(d.before(c.key), d.program.from)
		now := d.triggers(d.after(c.key), d.program.plan)
		for name, place := range at {
			w := &r.Workflows[place]
			from, to := was[name], now[name]
			switch {
			case d.program.from == nil && d.kind != BaselineNone: // nothing to compare with
			case from.truth == isTrue && to.truth == isTrue:
				w.Unchanged += c.size
			case from.truth == isFalse && to.truth == isTrue:
				w.Gained += c.size
			case from.truth == isTrue && to.truth == isFalse:
				w.Lost += c.size
			case from.truth != to.truth || !slices.Equal(from.causes, to.causes):
				w.Maybe += c.size
			}
		}
		touched := make(map[string]bool)
		for _, list := range [][]int{c.change.actions.gained, c.change.actions.lost} {
			for _, a := range list {
				touched[d.program.items.actions[a].workflow] = true
			}
		}
		for name := range touched {
			if place, known := at[name]; known {
				r.Workflows[place].Changed += d.acting(c)
			}
		}
	}
}

// trigger is the truth of a workflow's trigger, and the texts on which it depends where that is unknown.
type trigger struct {
	truth  truth
	causes []string
}

// triggers are those of a state, by name of workflow.
func (d *Diff) triggers(s *state, built *plan) map[string]trigger {
	m := make(map[string]trigger)
	if built == nil {
		return m
	}
	for i, t := range s.workflows {
		name := built.workflows[i].Name
		now := trigger{truth: max(m[name].truth, t)}
		if now.truth == isUnknown {
			now.causes, _ = merge(m[name].causes, s.why().workflows[built.numbers.workflows[i]]...)
		}
		m[name] = now
	}
	return m
}

func (d *Diff) countActions(r *DiffResult) {
	r.Actions = []ActionChange{}
	type key struct{ name, kind string }
	at := make(map[key]int)
	add := func(name, kind string, effect Effect) {
		if _, known := at[key{name, kind}]; !known {
			at[key{name, kind}] = len(r.Actions)
			r.Actions = append(r.Actions, ActionChange{Name: name, Type: kind, Effect: effect})
		}
	}
	for _, built := range []*plan{d.program.plan, d.program.from} {
		if built != nil {
			for _, a := range built.actions {
				add(a.Name, a.Type, a.effect)
			}
		}
	}
	for i := range d.classes {
		c := &d.classes[i]
		if c.key.later == absent {
			continue
		}
		count := func(list []int, field func(*ActionChange) *int) {
			seen := make(map[int]bool, len(list))
			for _, item := range list {
				a := d.program.items.actions[item]
				place, known := at[key{a.name, a.kind}]
				if known && !seen[place] {
					seen[place] = true
					*field(&r.Actions[place]) += d.acting(c)
				}
			}
		}
		count(c.change.actions.gained, func(a *ActionChange) *int { return &a.Gained })
		count(c.change.actions.lost, func(a *ActionChange) *int { return &a.Lost })
		count(c.change.actions.maybe, func(a *ActionChange) *int { return &a.Maybe })
		count(c.change.actions.kept, func(a *ActionChange) *int { return &a.Unchanged })
	}
}

func (d *Diff) countProfiles(r *DiffResult) {
	counts := make([]itemCount, len(d.program.items.profiles))
	for i := range d.classes {
		c := &d.classes[i]
		if c.key.later == absent {
			continue
		}
		c.change.profiles.count(counts, c.size)
	}
	shown := make([]bool, len(counts)) // a profile that only a mix of the two versions reaches is not
	for _, built := range []*plan{d.program.plan, d.program.from} {
		if built != nil {
			for _, i := range built.numbers.profiles {
				shown[i] = true
			}
		}
	}
	r.AccessProfiles = []ProfileChange{}
	for i, yes := range shown {
		if yes {
			n := counts[i]
			r.AccessProfiles = append(r.AccessProfiles, ProfileChange{
				ID: d.program.items.profiles[i], Name: optional(d.program.items.names[i]),
				Gained: n.gained, Lost: n.lost, Maybe: n.maybe, Unchanged: n.kept,
			})
		}
	}
}

func (d *Diff) countEntities(r *DiffResult) {
	table := d.program.plan.entities
	counts, carried := make([]itemCount, len(table.keys)), make([]int, len(table.keys))
	carriers := d.carriers()
	for i := range d.classes {
		c := &d.classes[i]
		if c.key.later == absent {
			continue
		}
		c.change.entities.count(counts, c.size)
		for _, rank := range carriers.carried(&c.change) {
			carried[rank] += c.size
		}
	}
	if d.joined != nil {
		for e, n := range d.joined.ranks {
			counts[e].gained += n.gained
			counts[e].maybe += n.maybe
			counts[e].kept += n.kept
		}
	}
	known := make([]bool, len(table.keys)) // an entity that only a mix of the two versions reaches is not
	for _, built := range []*plan{d.program.plan, d.program.from} {
		if built != nil {
			for _, p := range built.profiles {
				for _, e := range p.own {
					known[e.entity] = true
				}
			}
		}
	}
	r.Entitlements = make([]EntitlementChange, 0, len(table.byRank))
	place := make(map[heldKey]int)
	for rank, e := range table.byRank {
		if !known[e] {
			continue
		}
		shown, n := table.result(e, tally{}), counts[rank]
		r.Entitlements = append(r.Entitlements, EntitlementChange{
			DatasourceID: shown.DatasourceID, EntityType: shown.EntityType, EntityID: shown.EntityID, Name: shown.Name,
			AssignedToType: shown.AssignedToType, AssignedToID: shown.AssignedToID,
			Gained: n.gained, Lost: n.lost, Maybe: n.maybe, Unchanged: n.kept, Carried: carried[rank],
		})
		h := heldKey{shown.DatasourceID, shown.EntityType, shown.EntityID}
		if _, taken := place[h]; !taken {
			place[h] = len(r.Entitlements) - 1
		}
	}
	if d.joined != nil {
		d.countRevoked(r, place)
	}
}

// countRevoked counts what is taken away from those who hold it; an entitlement that no profile holds gets an entry of its own.
func (d *Diff) countRevoked(r *DiffResult, place map[heldKey]int) {
	keys := maps.Clone(d.joined.revoked)
	maps.Copy(keys, d.joined.doubtful)
	for _, h := range slices.SortedFunc(maps.Keys(keys), heldKey.compare) {
		i, ok := place[h]
		if !ok {
			i = len(r.Entitlements)
			e := EntitlementChange{DatasourceID: h.datasource, EntityType: h.entityType, EntityID: h.id}
			if name := d.joined.to.names[h]; name != "" {
				e.Name = &name
			}
			r.Entitlements = append(r.Entitlements, e)
		}
		r.Entitlements[i].Revoked = d.joined.revoked[h]
		if d.joined.wanted {
			r.Entitlements[i].Lost = d.joined.revoked[h]
			r.Entitlements[i].Maybe += d.joined.doubtful[h]
		}
	}
	slices.SortStableFunc(r.Entitlements, func(a, b EntitlementChange) int {
		return cmp.Or(cmp.Compare(a.DatasourceID, b.DatasourceID), cmp.Compare(a.EntityType, b.EntityType), cmp.Compare(a.EntityID, b.EntityID))
	})
}
