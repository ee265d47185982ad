package engine

import (
	"cmp"
	"maps"
	"slices"
)

// slowFlows are the flows of one identity: how certain each is and, where that is unknown, why.
func (s *slowRun) slowFlows(o *slowOutcome, st *slowState) slowFacts[flowKey] {
	truths, why := map[flowKey]slowTruth{}, because[flowKey]{}
	for _, a := range o.actions {
		t := statusTruth(a.status)
		at := place(s.in.Version, a.workflow)
		action := FlowNode{FlowAction, a.action.Name}
		kind := a.action.Type
		ends := []flowKey{{flowEnds{FlowNode{FlowWorkflow, at.workflow}, action}, kind}}
		for _, ref := range a.action.AccessProfiles {
			ends = append(ends, flowKey{flowEnds{action, FlowNode{FlowProfile, ref.ID}}, kind})
		}
		for _, e := range ends {
			raise(truths, e, t)
			why.add(e, texts{}.with(splitTexts(st.actions[slowAct{at.workflow, at.occurrence, a.action.Name, a.action.Type}].why)...))
		}
	}
	for id, t := range o.named {
		brought := map[string]bool{}
		s.effective(id, brought)
		for from := range brought {
			for i := range s.profile(from).Entities {
				e := &s.profile(from).Entities[i]
				k := slowKey(e)
				ends := flowKey{flowEnds{FlowNode{FlowProfile, id}, FlowNode{FlowEntitlement, k.datasource + "|" + k.kind + "|" + k.id}}, ""}
				raise(truths, ends, slowAnd(t, s.entity(e)))
				if e.Condition != nil {
					why.add(ends, s.openText(*e.Condition, true))
				}
				if s.entity(e) != slowNo {
					why.add(ends, texts{}.with(splitTexts(st.profiles[id].why)...))
				}
			}
		}
	}
	return factsOf(truths, why)
}

// inOrder lists flows as documents do.
func inOrder[T any](flows map[flowEnds]T) []flowEnds {
	rank := map[string]int{FlowWorkflow: 0, FlowAction: 1, FlowProfile: 2}
	return slices.SortedFunc(maps.Keys(flows), func(a, b flowEnds) int {
		return cmp.Or(cmp.Compare(rank[a.from.Kind], rank[b.from.Kind]), cmp.Compare(a.from.ID, b.from.ID), cmp.Compare(a.to.ID, b.to.ID))
	})
}

func (p *slowPopulation) flows() []Flow {
	counts := map[flowEnds]*Flow{}
	for i, r := range p.runs {
		for key, fact := range r.slowFlows(p.outcomes[i], &slowState{}) {
			ends := key.flowEnds
			if counts[ends] == nil {
				counts[ends] = &Flow{From: ends.from, To: ends.to}
			}
			switch fact.t {
			case slowYes:
				counts[ends].Identities++
			case slowMaybe:
				counts[ends].Possible++
			}
		}
	}
	out := []Flow{}
	for _, ends := range inOrder(counts) {
		out = append(out, *counts[ends])
	}
	return out
}

func (d *slowDiff) flows() []FlowChange {
	if d.kind == BaselineGrants || d.kind == BaselineMembers {
		return []FlowChange{}
	}
	counts := map[flowEnds]*FlowChange{}
	for _, i := range d.all {
		c := i.change
		if i.later == nil || c.actions.truth() == slowNo && c.profiles.truth() == slowNo && c.entities.truth() == slowNo {
			continue
		}
		var before slowFacts[flowKey]
		earlier := i.later
		if d.base != nil {
			earlier = i.base
		}
		if from := d.from(); from != nil && earlier != nil {
			before = d.run(from, earlier).slowFlows(c.before.outcome, c.before)
		}
		sets := slowCompare(before, d.run(&d.in, i.later).slowFlows(c.after.outcome, c.after))
		for _, part := range []struct {
			set   map[flowKey]bool
			field func(*FlowChange) *int
		}{
			{sets.gained, func(f *FlowChange) *int { return &f.Gained }},
			{sets.lost, func(f *FlowChange) *int { return &f.Lost }},
			{sets.maybe, func(f *FlowChange) *int { return &f.Maybe }},
		} {
			for key := range part.set {
				ends := key.flowEnds
				if counts[ends] == nil {
					counts[ends] = &FlowChange{From: ends.from, To: ends.to}
				}
				*part.field(counts[ends])++
			}
		}
	}
	out := []FlowChange{}
	for _, ends := range inOrder(counts) {
		out = append(out, *counts[ends])
	}
	return out
}
