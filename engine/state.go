package engine

import "slices"

// state is what an identity has on one side of a diff: an outcome in the numbers of items. Sets come in pairs, as in outcome.
type state struct {
	workflows []truth // by workflow of the plan; nil = no policy on this side
	actions   bounds  // action items
	profiles  bounds  // profile items: named and inherited
	entities  bounds  // ranks of entities
	removal   bounds  // scopes in which others are removed
	unknown   bool    // an unknown truth value reaches the identity
	outcome   *outcome
	causes    *causes // of what is possible only; nil = nothing is
}

// nothing is the state of an identity that is not there, or on which no policy works.
var nothing = &state{}

// stateOf puts an outcome into numbers of items. vector is the one that the outcome is of.
func (s *simulator) stateOf(o *outcome, vector []uint64) *state {
	p := s.plan
	st := &state{workflows: o.workflows, removal: o.removal, unknown: o.unknown, outcome: o}
	for _, a := range o.actions {
		item := p.numbers.actions[a.workflow][a.action]
		switch a.status {
		case statusPlanned:
			st.actions.low = append(st.actions.low, item)
			st.actions.high = append(st.actions.high, item)
		case statusPossible:
			st.actions.high = append(st.actions.high, item)
		}
	}
	profile := func(list []int, own []int) []int {
		for _, i := range own {
			list = append(list, p.numbers.profiles[i])
		}
		return list
	}
	st.profiles.low = profile(profile(nil, o.named.low), o.inherited.low)
	st.profiles.high = profile(profile(nil, o.named.high), o.inherited.high)
	for _, list := range []*[]int{&st.actions.low, &st.actions.high, &st.profiles.low, &st.profiles.high} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	rank := func(list []int) []int {
		out := make([]int, len(list))
		for i, e := range list {
			out[i] = p.entities.rank[e]
		}
		return out
	}
	st.entities = bounds{rank(o.entities.low), rank(o.entities.high)}
	if slices.Contains(o.workflows, isUnknown) || st.actions.open() || st.profiles.open() || st.entities.open() {
		st.causes = s.causesOf(o, vector)
	}
	return st
}

// causes are the texts of the expressions on which it depends whether the identity gets something: by item, sorted.
type causes struct {
	workflows, actions, profiles, entities map[int][]string
	removal                                map[int][]string // by scope
}

// why is the causes of a state, empty where nothing is possible only.
func (s *state) why() causes {
	if s.causes == nil {
		return causes{}
	}
	return *s.causes
}

// merge adds texts to a sorted set; grown tells that it is larger now.
func merge(set []string, texts ...string) (merged []string, grown bool) {
	for _, t := range texts {
		if at, ok := slices.BinarySearch(set, t); !ok {
			set = slices.Insert(slices.Clone(set), at, t)
			grown = true
		}
	}
	return set, grown
}

// unknownIn is the text of a test that is unknown on the vector at hand, or nothing.
func (s *simulator) unknownIn(t test) []string {
	if s.truth(t) != isUnknown {
		return nil
	}
	if t.expr < 0 {
		return []string{t.cause}
	}
	return []string{t.text}
}

// causesOf follows everything that is not false, and collects what is unknown on the way.
func (s *simulator) causesOf(o *outcome, vector []uint64) *causes {
	s.vector = vector
	p := s.plan
	c := &causes{
		workflows: make(map[int][]string), actions: make(map[int][]string), profiles: make(map[int][]string),
		entities: make(map[int][]string), removal: make(map[int][]string),
	}
	profiles := make(map[int][]string) // by profile of the plan
	status := make(map[[2]int]actionStatus, len(o.actions))
	for _, a := range o.actions {
		status[[2]int{a.workflow, a.action}] = a.status
	}
	var earlier []string // unknown triggers before this one, where the first match counts
	for _, w := range p.order {
		trigger := s.unknownIn(p.workflows[w].trigger)
		if o.workflows[w] != isFalse {
			why := trigger
			if p.rules.FirstMatch && o.workflows[w] == isUnknown {
				why, _ = merge(earlier, trigger...)
			}
			if o.workflows[w] == isUnknown {
				c.workflows[p.numbers.workflows[w]] = why
			}
			for a, texts := range s.actionCauses(p.workflows[w].conditions, why) {
				if status[[2]int{w, a}] != statusPossible {
					continue
				}
				item := p.numbers.actions[w][a]
				c.actions[item], _ = merge(c.actions[item], texts...)
				if p.actions[a].removes {
					for _, scope := range p.actions[a].scope {
						c.removal[scope], _ = merge(c.removal[scope], texts...)
					}
				}
				for _, named := range p.actions[a].profiles {
					profiles[named], _ = merge(profiles[named], texts...)
					for _, i := range p.profiles[named].reach {
						profiles[i], _ = merge(profiles[i], texts...)
					}
				}
			}
		}
		earlier, _ = merge(earlier, trigger...)
	}
	certain := make(map[int]bool)
	for _, list := range [][]int{o.named.low, o.inherited.low} {
		for _, i := range list {
			certain[i] = true
		}
	}
	for i, texts := range profiles {
		if !certain[i] {
			c.profiles[p.numbers.profiles[i]] = texts
		}
	}
	for _, i := range s.reach(o.named.high) {
		for _, e := range p.profiles[i].own {
			if s.truth(e.test) == isFalse {
				continue
			}
			rank := p.entities.rank[e.entity]
			c.entities[rank], _ = merge(c.entities[rank], s.unknownIn(e.test)...)
			if !certain[i] {
				c.entities[rank], _ = merge(c.entities[rank], profiles[i]...)
			}
		}
	}
	return c
}

// actionCauses are, by action, the unknown texts on all paths to it that are not false. why are those of the workflow itself.
func (s *simulator) actionCauses(conditions []conditionPlan, why []string) map[int][]string {
	reached := make(map[int][]string)
	var open []int
	walk := func(list []conditionPlan, why []string) {
		for i := range list {
			c := &list[i]
			if c.skipped || s.truth(c.test) == isFalse {
				continue
			}
			texts, _ := merge(why, s.unknownIn(c.test)...)
			for _, a := range c.actions {
				if s.plan.actions[a].skipped {
					continue
				}
				was, known := reached[a]
				now, grown := merge(was, texts...)
				reached[a] = now
				if !known || grown {
					open = append(open, a)
				}
			}
		}
	}
	walk(conditions, why)
	for len(open) > 0 {
		a := open[len(open)-1]
		open = open[:len(open)-1]
		walk(s.plan.actions[a].conditions, reached[a])
	}
	return reached
}
