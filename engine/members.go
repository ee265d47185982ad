package engine

import (
	"slices"
	"strconv"
)

// membership is a set of access profiles of which an identity is a member: indices into the plan's profiles, ascending.
type membership struct{ profiles []int }

// memberships are, by identity id as the export has it, the profiles of which it is a member.
func (p *Program) memberships() map[string]*membership {
	byID := make(map[string]*membership)
	for i := range p.plan.profiles {
		source := p.plan.profiles[i].source
		if source == nil {
			continue
		}
		for _, id := range source.Members {
			if byID[id] == nil {
				byID[id] = &membership{}
			}
			byID[id].profiles = append(byID[id].profiles, i)
		}
	}
	return byID
}

// memberSet numbers the set of profiles of which an identity is a member, by its entity_id or the tenant's own id. Set 0 is
// empty.
func (d *Diff) memberSet(id, tenant string) int32 {
	var profiles []int
	for _, key := range []string{id, tenant} {
		if m := d.members[key]; m != nil && key != "" {
			profiles = append(profiles, m.profiles...)
		}
	}
	if len(profiles) == 0 {
		return 0
	}
	d.met.members++
	slices.Sort(profiles)
	profiles = slices.Compact(profiles)
	var key []byte
	for _, i := range profiles {
		key = append(strconv.AppendInt(key, int64(i), 36), ' ')
	}
	at, ok := d.setIndex[string(key)]
	if !ok {
		at = int32(len(d.sets))
		d.setIndex[string(key)] = at
		d.sets = append(d.sets, &membership{profiles})
	}
	return at
}

// memberState is what membership brings. Actions were applied before as far as they are planned now; only deactivation says
// something new about somebody who is a member of anything.
func (d *Diff) memberState(key diffKey) *state {
	later := d.to.at(key.later)
	set := d.sets[key.base]
	sim := d.to.sim
	o := &outcome{workflows: make([]truth, len(sim.plan.workflows)), conditions: make([]truth, sim.plan.conditions)}
	o.named = bounds{set.profiles, set.profiles}
	sim.vector = d.vectors.at(int(key.later))
	reached := sim.reach(set.profiles)
	o.inherited = bounds{without(reached, set.profiles), without(reached, set.profiles)}
	o.entities = sim.hold(o, reached, reached)
	o.unknown = o.unknown || sim.plan.lacking(set.profiles) || sim.plan.lacking(reached)
	st := sim.stateOf(o, sim.vector)
	st.outcome = nil
	for _, list := range []struct{ from, to *[]int }{{&later.actions.low, &st.actions.low}, {&later.actions.high, &st.actions.high}} {
		for _, a := range *list.from {
			if len(set.profiles) == 0 || d.program.items.actions[a].effect != EffectDeactivate {
				*list.to = append(*list.to, a)
			}
		}
	}
	if later.causes != nil {
		if st.causes == nil {
			st.causes = &causes{}
		}
		st.causes.actions = later.causes.actions
	}
	return st
}
