package engine

import (
	"encoding/binary"
	"slices"
)

// outcome is what happens to every identity of one behaviour class: the class's match vector put through a plan. Each
// three-valued set is a pair: what is certain, and what is certain or possible.
type outcome struct {
	plan       *plan
	workflows  []truth // by workflow of the policy; isFalse for skipped ones
	conditions []truth // by condition id: everything up to it and the condition
	actions    []actionOutcome
	named      bounds // profiles that planned actions name
	inherited  bounds // granting profiles reached by inheritance, without the named ones
	entities   bounds // entitlements
	wanted     bounds // entitlements of MANAGE_RELATIONSHIPS actions only
	removal    bounds // scopes in which others are removed
	unknown    bool   // an unknown truth value reaches the identity
}

// bounds are two sorted lists; high contains low.
type bounds struct{ low, high []int }

// open tells whether something is possible only.
func (b bounds) open() bool { return len(b.high) > len(b.low) }

func (b bounds) equal(o bounds) bool {
	return slices.Equal(b.low, o.low) && slices.Equal(b.high, o.high)
}

type actionOutcome struct {
	workflow, action int
	status           actionStatus
}

type actionStatus uint8

const (
	statusPlanned actionStatus = iota
	statusPossible
	statusDone
)

func (s actionStatus) String() string { return [...]string{"planned", "possible", "done"}[s] }

// count is how many actions of the outcome have the status.
func (o *outcome) count(s actionStatus) int {
	n := 0
	for _, a := range o.actions {
		if a.status == s {
			n++
		}
	}
	return n
}

// signature is equal for outcomes that an observer cannot tell apart but for the order of actions and for revokes, which
// depend on what the identity holds.
func (o *outcome) signature() string {
	var b []byte
	for _, t := range o.workflows {
		b = append(b, byte(t))
	}
	acts := make([]int, len(o.actions))
	for i, a := range o.actions {
		acts[i] = (a.workflow<<20|a.action)<<2 | int(a.status)
	}
	slices.Sort(acts)
	for _, list := range [][]int{acts, o.named.low, o.inherited.low, o.entities.low, o.entities.high} {
		b = binary.AppendUvarint(b, uint64(len(list)))
		for _, x := range list {
			b = binary.AppendUvarint(b, uint64(x))
		}
	}
	return string(b)
}

// simulator puts match vectors through one plan. It keeps scratch space and is not safe for concurrent use.
type simulator struct {
	plan   *plan
	layout *layout

	vector  []uint64
	runs    func(workflow int) bool // by number of items; nil = all do
	marks   []int                   // by action: the walk that last reached it
	walk    int
	profile []int // by profile, likewise
	entity  []int
	entLow  []int
}

func newSimulator(p *plan, l *layout) *simulator {
	return &simulator{
		plan: p, layout: l,
		marks:   make([]int, len(p.actions)),
		profile: make([]int, len(p.profiles)),
		entity:  make([]int, len(p.entities.keys)),
		entLow:  make([]int, len(p.entities.keys)),
	}
}

func (s *simulator) truth(t test) truth {
	if t.expr < 0 {
		return t.constant
	}
	return s.layout.truth(s.vector, t.expr)
}

// truthIn is the truth of a test on one match vector.
func (s *simulator) truthIn(vector []uint64, t test) truth {
	s.vector = vector
	return s.truth(t)
}

// run simulates one match vector.
func (s *simulator) run(vector []uint64) *outcome {
	s.vector = vector
	o := &outcome{plan: s.plan, workflows: make([]truth, len(s.plan.workflows)), conditions: make([]truth, s.plan.conditions)}
	earlier := isFalse
	for _, w := range s.plan.order {
		t := s.truth(s.plan.workflows[w].trigger)
		reached := t
		if s.plan.rules.FirstMatch {
			reached = min(t, isTrue-earlier)
			earlier = max(earlier, t)
		}
		o.workflows[w] = reached
		if reached == isUnknown {
			o.unknown = true
		}
		if reached != isFalse && (s.runs == nil || s.runs(s.plan.numbers.workflows[w])) {
			s.workflow(o, w, reached)
		}
	}
	s.profiles(o)
	return o
}

// workflow runs one workflow: one walk along what is not false, which gives the actions and their order, and one along
// what is true, which tells the planned from the possible. Both are linear in references.
func (s *simulator) workflow(o *outcome, w int, reached truth) {
	first := len(o.actions)
	s.walk++
	s.conditions(o, w, s.plan.workflows[w].conditions, isUnknown)
	if reached == isTrue {
		s.walk++
		s.conditions(o, w, s.plan.workflows[w].conditions, isTrue)
		for i := first; i < len(o.actions); i++ {
			if a := &o.actions[i]; s.marks[a.action] == s.walk && a.status == statusPossible {
				a.status = statusPlanned
			}
		}
	}
}

// conditions walks conditions whose truth is at least least. The walk along isUnknown appends actions.
func (s *simulator) conditions(o *outcome, w int, list []conditionPlan, least truth) {
	for i := range list {
		c := &list[i]
		if c.skipped || s.truth(c.test) < least {
			continue
		}
		o.conditions[c.id] = max(o.conditions[c.id], least)
		for _, a := range c.actions {
			if s.plan.actions[a].skipped || s.marks[a] == s.walk {
				continue
			}
			s.marks[a] = s.walk
			if least == isUnknown {
				status := statusPossible
				if s.plan.isDone(s.vector, w, a) {
					status = statusDone
				}
				o.actions = append(o.actions, actionOutcome{w, a, status})
			}
			s.conditions(o, w, s.plan.actions[a].conditions, least)
		}
	}
}

// profiles collects what planned and possible actions bring.
func (s *simulator) profiles(o *outcome) {
	for _, t := range o.conditions {
		if t == isUnknown {
			o.unknown = true
		}
	}
	var manageLow, manageHigh []int
	apart := false // some other action brings profiles as well
	for _, a := range o.actions {
		if a.status == statusDone {
			continue
		}
		act := &s.plan.actions[a.action]
		manages := act.Type == "MANAGE_RELATIONSHIPS"
		apart = apart || !manages && len(act.profiles) > 0
		o.named.high = append(o.named.high, act.profiles...)
		if manages {
			manageHigh = append(manageHigh, act.profiles...)
		}
		if act.removes {
			o.removal.high = append(o.removal.high, act.scope...)
		}
		if a.status != statusPlanned {
			continue
		}
		o.named.low = append(o.named.low, act.profiles...)
		if manages {
			manageLow = append(manageLow, act.profiles...)
		}
		if act.removes {
			o.removal.low = append(o.removal.low, act.scope...)
		}
	}
	for _, list := range []*[]int{&o.named.low, &o.named.high, &manageLow, &manageHigh, &o.removal.low, &o.removal.high} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	low, high := s.reach(o.named.low), s.reach(o.named.high)
	o.unknown = o.unknown || s.plan.lacking(o.named.high) || s.plan.lacking(high)
	o.inherited = bounds{without(low, o.named.low), without(high, o.named.high)}
	o.entities = s.hold(o, low, high)
	o.wanted = o.entities
	if apart {
		o.wanted = s.hold(o, s.reach(manageLow), s.reach(manageHigh))
	}
}

// lacking tells whether what some of the profiles grant is not known: they are missing, or inherit from one that is. One that
// is withheld brings nothing, missing ones included.
func (p *plan) lacking(profiles []int) bool {
	return slices.ContainsFunc(profiles, func(i int) bool { return p.profiles[i].lacking && p.profiles[i].withheld == "" })
}

// reach is the union of what the named profiles bring, ascending.
func (s *simulator) reach(named []int) []int {
	if len(named) == 1 {
		return s.plan.profiles[named[0]].reach
	}
	s.walk++
	var list []int
	for _, n := range named {
		for _, p := range s.plan.profiles[n].reach {
			if s.profile[p] != s.walk {
				s.profile[p] = s.walk
				list = append(list, p)
			}
		}
	}
	slices.Sort(list)
	return list
}

// hold collects the entities of profiles, gated by their conditions, in key order. A condition that is unknown reaches
// the identity even where another profile grants the same entity.
func (s *simulator) hold(o *outcome, low, high []int) bounds {
	s.walk++
	var b bounds
	add := func(profiles []int, certain bool) {
		for _, p := range profiles {
			for _, e := range s.plan.profiles[p].own {
				t := s.truth(e.test)
				if t == isFalse {
					continue
				}
				o.unknown = o.unknown || t == isUnknown
				if s.entity[e.entity] != s.walk {
					s.entity[e.entity] = s.walk
					b.high = append(b.high, e.entity)
				}
				if certain && t == isTrue && s.entLow[e.entity] != s.walk {
					s.entLow[e.entity] = s.walk
					b.low = append(b.low, e.entity)
				}
			}
		}
	}
	add(low, true)
	add(high, false)
	s.plan.entities.sort(b.low)
	s.plan.entities.sort(b.high)
	return b
}

// without is a less b; both ascending.
func without(a, b []int) []int {
	var out []int
	for _, x := range a {
		if _, ok := slices.BinarySearch(b, x); !ok {
			out = append(out, x)
		}
	}
	return out
}
