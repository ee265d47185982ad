package engine

import "slices"

// tally counts identities for which something is certain, and for which it is possible only.
type tally struct{ certain, possible int }

// totals adds up the outcomes of classes.
type totals struct {
	summary    Summary
	workflows  []tally
	conditions []tally
	actions    []tally
	done       []int
	direct     []int
	inherited  []int
	possible   []int // by profile
	entities   []tally
	overlaps   int // identities with two planned actions that remove each other's grants
}

func newTotals(p *plan) *totals {
	return &totals{
		workflows:  make([]tally, len(p.workflows)),
		conditions: make([]tally, p.conditions),
		actions:    make([]tally, len(p.actions)),
		done:       make([]int, len(p.actions)),
		direct:     make([]int, len(p.profiles)),
		inherited:  make([]int, len(p.profiles)),
		possible:   make([]int, len(p.profiles)),
		entities:   make([]tally, len(p.entities.keys)),
	}
}

func (t *tally) add(v truth, n int) {
	switch v {
	case isTrue:
		t.certain += n
	case isUnknown:
		t.possible += n
	}
}

// add counts n identities with the same outcome. An action that several workflows run counts once, as planned if any
// plans it.
func (t *totals) add(p *plan, o *outcome, n int) {
	matched := false
	for w, v := range o.workflows {
		t.workflows[w].add(v, n)
		matched = matched || v == isTrue
	}
	for c, v := range o.conditions {
		t.conditions[c].add(v, n)
	}
	if matched {
		t.summary.Matched += n
	}
	switch o.affected() {
	case "yes":
		t.summary.AffectedLow += n
		t.summary.AffectedHigh += n
	case "maybe":
		t.summary.AffectedHigh += n
	}
	if o.unknown {
		t.summary.Unknown += n
	}
	t.addActions(p, o, n)
	for _, i := range o.named.low {
		t.direct[i] += n
	}
	for _, i := range o.inherited.low {
		t.inherited[i] += n
	}
	for _, high := range [][]int{o.named.high, o.inherited.high} {
		for _, i := range high {
			_, direct := slices.BinarySearch(o.named.low, i)
			_, inherited := slices.BinarySearch(o.inherited.low, i)
			if !direct && !inherited {
				t.possible[i] += n
			}
		}
	}
	for _, e := range o.entities.low {
		t.entities[e].certain += n
	}
	for _, e := range p.entities.without(o.entities.high, o.entities.low) {
		t.entities[e].possible += n
	}
	t.summary.GrantedEntitlements += n * len(o.entities.low)
	t.summary.PossibleEntitlements += n * (len(o.entities.high) - len(o.entities.low))
}

func (t *totals) addActions(p *plan, o *outcome, n int) {
	best := make(map[int]actionStatus, len(o.actions))
	for _, a := range o.actions {
		was, ok := best[a.action]
		if !ok || a.status < was {
			best[a.action] = a.status
		}
	}
	var removers []int
	for a, status := range best {
		switch status {
		case statusPlanned:
			t.actions[a].certain += n
			t.summary.PlannedActions += n
			if p.actions[a].removes {
				removers = append(removers, a)
			}
		case statusPossible:
			t.actions[a].possible += n
			t.summary.PossibleActions += n
		case statusDone:
			t.done[a] += n
		}
	}
	switch o.gets(p, EffectDeactivate) {
	case isTrue:
		t.summary.Deactivated += n
	case isUnknown:
		t.summary.MaybeDeactivated += n
	}
	if len(removers) > 0 {
		t.summary.MayRemoveOthers += n
	}
	if overlapping(p, removers) {
		t.overlaps += n
	}
}

// overlapping tells whether two removing actions work in one scope with different profiles.
func overlapping(p *plan, removers []int) bool {
	for i, a := range removers {
		for _, b := range removers[:i] {
			if slices.Equal(p.actions[a].profiles, p.actions[b].profiles) {
				continue
			}
			for _, scope := range p.actions[a].scope {
				if _, shared := slices.BinarySearch(p.actions[b].scope, scope); shared {
					return true
				}
			}
		}
	}
	return false
}

// result lays the totals out as the contract has them.
func (t *totals) result(p *plan) *Result {
	r := &Result{Summary: t.summary, Workflows: []WorkflowResult{}, Actions: []ActionResult{}, AccessProfiles: []ProfileResult{}, Entitlements: []EntitlementResult{}}
	for i, w := range p.workflows {
		r.Workflows = append(r.Workflows, WorkflowResult{
			Index: i, Name: w.Name, State: w.State, Priority: w.Priority, Trigger: w.trigger.text,
			Matched: t.workflows[i].certain, Unknown: t.workflows[i].possible, Skipped: w.skipped,
			Conditions: t.conditionResults(w.conditions, w.skipped),
		})
	}
	for i, a := range p.actions {
		r.Actions = append(r.Actions, ActionResult{
			Name: a.Name, Type: a.Type, Effect: a.effect,
			Planned: t.actions[i].certain, Possible: t.actions[i].possible, Done: t.done[i],
			Skipped: a.skipped, RemoveExisting: a.RemoveExisting,
			Conditions: t.conditionResults(a.conditions, a.skipped),
		})
	}
	for i, pr := range p.profiles {
		res := ProfileResult{ID: pr.id, Direct: t.direct[i], Inherited: t.inherited[i], Possible: t.possible[i]}
		reason := pr.withheld
		if pr.source == nil {
			reason = "it is missing from the export"
		} else {
			res.Name, res.State = optional(pr.source.Name), &pr.source.State
		}
		if reason != "" {
			res.Withheld = &reason
		}
		r.AccessProfiles = append(r.AccessProfiles, res)
	}
	for _, e := range p.entities.byRank {
		r.Entitlements = append(r.Entitlements, p.entities.result(e, t.entities[e]))
	}
	return r
}

func (t *totals) conditionResults(list []conditionPlan, skipped bool) []ConditionResult {
	out := make([]ConditionResult, len(list))
	for i, c := range list {
		names := make([]string, len(c.Actions))
		for j, ref := range c.Actions {
			names[j] = ref.Name
		}
		out[i] = ConditionResult{
			Index: i, Name: c.Name, Expression: c.test.text,
			Matched: t.conditions[c.id].certain, Unknown: t.conditions[c.id].possible,
			Skipped: c.skipped || skipped, Actions: names,
		}
	}
	return out
}

func (t *entityTable) result(e int, n tally) EntitlementResult {
	k := t.keys[e]
	res := EntitlementResult{DatasourceID: k.datasource, EntityType: k.entityType, EntityID: k.id, Granted: n.certain, Possible: n.possible, Profiles: []string{}}
	res.Name, res.AssignedToType, res.AssignedToID = optional(t.names[e]), optional(k.assignedToType), optional(k.assignedToID)
	for id := range t.holders[e] {
		res.Profiles = append(res.Profiles, id)
	}
	slices.Sort(res.Profiles)
	return res
}
