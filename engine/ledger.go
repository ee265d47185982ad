package engine

import "strings"

// simulated is a simulation as limits count it: every planned action counts.
type simulated struct {
	*Simulation
	total reach
}

func (s *simulated) basis() string { return BasisFirstRun }

func (s *simulated) population() (all, active, baseline int) { return s.rows, s.active, -1 }

func (s *simulated) affected() reach { return s.total }

func (s *simulated) classes() int { return len(s.sizes) }

func (s *simulated) size(class int) int { return s.sizes[class] }

func (s *simulated) vector(class int) []uint64 { return s.vectors.at(class) }

func (s *simulated) affectedIn(class int) reach {
	return s.counts(class, s.outcomes[class].affectedTruth())
}

func (s *simulated) affectedBy(class int, workflow string) reach {
	return s.counts(class, s.outcomes[class].affectedBy(s.program.plan, workflow))
}

// counts is the whole class, as far as t says.
func (s *simulated) counts(class int, t truth) reach {
	var r reach
	r.add(t, s.sizes[class])
	return r
}

func (s *simulated) hit(class int, effect string) reach {
	o := s.outcomes[class]
	switch {
	case effect != "revoke":
		return s.counts(class, o.gets(s.program.plan, Effect(effect)))
	case s.revokes == nil && len(o.removal.high) > 0:
		return s.counts(class, isUnknown)
	case s.revokes == nil:
		return reach{}
	}
	losers := s.revokes.byClass[class]
	return reach{losers.certain, losers.certain + losers.possible}
}

func (s *simulated) guarded(class int, effect string) reach {
	switch {
	case effect != EffectLastHolder:
		return s.hit(class, effect)
	case s.holders == nil:
		// What is held today is not known: whoever loses something may be the last who holds it.
		o := s.outcomes[class]
		return s.counts(class, min(isUnknown, max(o.gets(s.program.plan, EffectDeactivate), s.removes(o))))
	}
	return s.holders.last(class).reach
}

// removes tells whether the outcome has an action that removes what is not wanted.
func (s *Simulation) removes(o *outcome) truth {
	if len(o.removal.high) > 0 {
		return isTrue
	}
	return isFalse
}

func (s *simulated) example(class int, effect string) string {
	switch {
	case effect == EffectLastHolder && s.holders != nil:
		return s.holders.last(class).example
	case effect == "revoke" && s.revokes != nil:
		for _, id := range s.revokes.holders[class] {
			low, high := s.revokes.of(s.outcomes[class], id)
			if len(low)+len(high) > 0 {
				return id
			}
		}
	}
	return s.members[class][0]
}

func (s *simulated) notSeen() []string {
	return []string{"what was applied before: every planned action counts as a change (first run)"}
}

func (s *simulated) guardedBefore(int, string) reach { return reach{} }

func (s *simulated) undecided() string { return "something is unknown" }

// holdings finds who would lose an entitlement as its last holders, from what is held today. A deactivated identity counts as
// one that loses everything it holds.
type holdings struct {
	revoker *revoker
	held    map[heldKey]*holding
	byClass map[int]lastHolders // nil = not settled yet
}

// holding is who holds one entitlement today.
type holding struct {
	keep   reach // identities that keep it
	losers []loser
}

// loser is an identity that certainly or possibly loses something.
type loser struct {
	class   int
	id      string
	certain bool
}

// lastHolders counts the identities of a class that are the last to hold something and lose it.
type lastHolders struct {
	reach
	example string
}

func newHoldings(r *revoker) *holdings {
	return &holdings{revoker: r, held: make(map[heldKey]*holding)}
}

// add notes what an identity holds, and what becomes of it.
func (h *holdings) add(class int, o *outcome, id string) {
	grants := h.revoker.grants[id]
	if len(grants) == 0 {
		return
	}
	low, high := h.revoker.of(o, id)
	lost := make(map[heldKey]truth, len(low)+len(high))
	for _, k := range high {
		lost[k] = isUnknown
	}
	for _, k := range low {
		lost[k] = isTrue
	}
	deactivated := o.gets(h.revoker.plan, EffectDeactivate)
	seen := make(map[heldKey]bool, len(grants))
	for _, g := range grants {
		k := heldKey{g.DatasourceID, g.EntityType, g.EntityID}
		if seen[k] {
			continue
		}
		seen[k] = true
		at := h.held[k]
		if at == nil {
			at = &holding{}
			h.held[k] = at
		}
		t := max(lost[k], deactivated)
		if t != isTrue {
			at.keep.high++
		}
		if t == isFalse {
			at.keep.low++
			continue
		}
		at.losers = append(at.losers, loser{class, strings.Clone(id), t == isTrue})
	}
}

// provided counts, by entity, the identities that have it in the end: a plan gives it to them and does not deactivate them.
type provided []reach

// add counts n identities with the same outcome.
func (p provided) add(o *outcome, n int) {
	stays := isTrue - o.gets(o.plan, EffectDeactivate)
	for _, e := range o.entities.low {
		p[e].add(stays, n)
	}
	for _, e := range o.plan.entities.without(o.entities.high, o.entities.low) {
		p[e].add(min(stays, isUnknown), n)
	}
}

// settle finds the last holders once everybody was added. ends are all who have something in the end.
func (h *holdings) settle(entities *entityTable, ends provided) {
	type worst struct {
		certain bool
		id      string
	}
	hit := make(map[int]map[string]worst)
	for k, at := range h.held {
		var more reach
		for _, e := range entities.held[k] {
			more.join(ends[e])
		}
		if len(at.losers) == 0 || at.keep.low+more.low > 0 {
			continue
		}
		certain := at.keep.high+more.high == 0
		for _, l := range at.losers {
			if hit[l.class] == nil {
				hit[l.class] = make(map[string]worst)
			}
			w := hit[l.class][l.id]
			hit[l.class][l.id] = worst{w.certain || certain && l.certain, l.id}
		}
	}
	h.byClass = make(map[int]lastHolders, len(hit))
	for class, ids := range hit {
		var l lastHolders
		for id, w := range ids {
			l.high++
			if w.certain {
				l.low++
			}
			if l.example == "" || id < l.example {
				l.example = id
			}
		}
		h.byClass[class] = l
	}
}

func (h *holdings) last(class int) lastHolders { return h.byClass[class] }
