package engine

import (
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/scimeval"
)

// Simulation adds up batches of a population in input order. It is not safe for concurrent use.
type Simulation struct {
	program   *Program
	simulator *simulator
	vectors   *vectorSet
	sizes     []int
	members   [][]string // of each class the first ones
	outcomes  []*outcome
	flips     []flips // by variant
	rows      int
	active    int
	met       met
	revokes   *revokeTotals // nil = no grants file
	holders   *holdings     // nil = no guard on last holders, or no grants file
}

// NewSimulation starts with no identities.
func (p *Program) NewSimulation() *Simulation {
	s := &Simulation{
		program:   p,
		simulator: newSimulator(p.plan, p.layout),
		vectors:   newVectorSet(p.layout.words),
		flips:     make([]flips, len(p.variants)),
	}
	for v := range s.flips {
		s.flips[v] = newFlips(p.layout.words)
	}
	if p.in.Grants != nil {
		s.revokes = newRevokeTotals(p)
		if p.guardsLastHolder() {
			s.holders = newHoldings(s.revokes.revoker)
		}
	}
	return s
}

// Add adds the next batch and gives the class of each of its identities, numbered over the whole population.
func (s *Simulation) Add(batch *Classes, ids []string) []int32 {
	number := make([]int32, len(batch.sizes))
	for i, size := range batch.sizes {
		class, added := s.vectors.intern(batch.vectors.at(i))
		if added {
			s.sizes = append(s.sizes, 0)
			s.members = append(s.members, nil)
			s.outcomes = append(s.outcomes, s.simulator.run(batch.vectors.at(i)))
		}
		s.sizes[class] += size
		number[i] = int32(class)
	}
	for v := 1; v < len(batch.flips); v++ {
		for f, n := range batch.flips[v].counts {
			other, _ := s.flips[v].vectors.intern(batch.flips[v].vectors.at(f.other))
			at := flip{int(number[f.class]), other}
			s.flips[v].counts[at] += n
			if holders := batch.flips[v].holders[f]; holders != nil {
				s.flips[v].holders[at] = append(s.flips[v].holders[at], holders...)
			}
		}
	}
	classes := make([]int32, len(batch.rows))
	for r, c := range batch.rows {
		class := number[c]
		classes[r] = class
		if len(s.members[class]) < maxMembers {
			s.members[class] = append(s.members[class], strings.Clone(ids[r]))
		}
	}
	s.met.count(&s.program.in, ids)
	if s.revokes != nil {
		for r, id := range ids {
			s.revokes.add(int(classes[r]), s.outcomes[classes[r]], id)
			if s.holders != nil {
				s.holders.add(int(classes[r]), s.outcomes[classes[r]], id)
			}
		}
	}
	s.rows += len(batch.rows)
	s.active += batch.active
	return classes
}

// ClassRow is the row that every identity of a class has, but for EntityID and revokes.
func (s *Simulation) ClassRow(class int) Row {
	o := s.outcomes[class]
	p := s.program.plan
	row := Row{
		Class:               class,
		WorkflowsMatched:    []string{},
		WorkflowsUnknown:    []string{},
		Actions:             []ActionStatus{},
		AccessProfileIDs:    p.profileIDs(o.named.low),
		InheritedProfileIDs: p.profileIDs(o.inherited.low),
		Entitlements:        p.entities.texts(o.entities.low),
		Revokes:             []string{},
		PossibleRevokes:     []string{},
		Affected:            o.affected(),
	}
	possible := p.entities.texts(p.entities.without(o.entities.high, o.entities.low))
	row.PossibleEntitlements = slices.DeleteFunc(possible, func(text string) bool {
		_, certain := slices.BinarySearch(row.Entitlements, text)
		return certain
	})
	for _, w := range p.order {
		switch o.workflows[w] {
		case isTrue:
			row.WorkflowsMatched = append(row.WorkflowsMatched, p.workflows[w].Name)
		case isUnknown:
			row.WorkflowsUnknown = append(row.WorkflowsUnknown, p.workflows[w].Name)
		}
	}
	for _, a := range o.actions {
		act := p.actions[a.action]
		row.Actions = append(row.Actions, ActionStatus{p.workflows[a.workflow].Name, act.Name, act.Type, a.status.String()})
	}
	return row
}

// Affected says whether the identities of a class have an action planned: yes, maybe or no.
func (s *Simulation) Affected(class int) string { return s.outcomes[class].affected() }

// Revokes lists what the identity of a class would lose, certainly and possibly; nil, nil without a grants file.
func (s *Simulation) Revokes(class int, id string) (certain, possible []string) {
	if s.revokes == nil {
		return nil, nil
	}
	low, high := s.revokes.of(s.outcomes[class], id)
	return heldTexts(low), heldTexts(high)
}

func (p *plan) profileIDs(list []int) []string {
	ids := make([]string, len(list))
	for i, at := range list {
		ids[i] = p.profiles[at].id
	}
	return ids
}

func (o *outcome) affected() string {
	switch {
	case o.count(statusPlanned) > 0:
		return "yes"
	case o.count(statusPossible) > 0:
		return "maybe"
	}
	return "no"
}

// maxClasses caps Result.Classes.
const maxClasses = 1000

// Seen is what the reader of the population and the classifiers saw, for findings.
type Seen struct {
	Observations *scimeval.Observations // of all classifiers, added up
	Attributes   []string               // names of all attributes of the population
}

// Result counts what was added so far, and gives all findings about the policy.
func (s *Simulation) Result(seen Seen) (*Result, []Finding) {
	p := s.program.plan
	t := newTotals(p)
	for class, o := range s.outcomes {
		t.add(p, o, s.sizes[class])
	}
	r := t.result(p)
	r.Summary.Identities = s.rows
	r.Summary.Classes = s.vectors.size
	if s.revokes != nil {
		s.revokes.fill(r)
		r.Summary.MayRemoveOthers = 0
	}
	r.Summary.Destructive = r.Summary.Deactivated > 0 || r.Summary.Revokes > 0
	if s.holders != nil {
		ends := make(provided, len(p.entities.keys))
		for class, o := range s.outcomes {
			ends.add(o, s.sizes[class])
		}
		s.holders.settle(p.entities, ends)
	}
	counted := &simulated{Simulation: s, total: reach{r.Summary.AffectedLow, r.Summary.AffectedHigh}}
	r.Limits = s.program.newJudge(s.program.in.Rules, counted).limits()
	r.Sensitivity = s.sensitivity(counted, r.Limits)
	r.ClassesTotal = s.vectors.size
	r.Classes = s.largestClasses()
	r.Flows, r.FlowsTotal = s.flows()
	findings := append(slices.Clone(s.program.findings), s.program.populationFindings(seen, s.metAll(t))...)
	findings = append(findings, s.program.emptyFindings(r.Limits, findings)...)
	SortFindings(findings)
	return r, findings
}

// metAll is what the simulation met, with the totals of its classes.
func (s *Simulation) metAll(t *totals) met {
	m := s.met
	m.rows, m.active, m.overlaps, m.baseline = s.rows, s.active, t.overlaps, -1
	if s.revokes == nil {
		m.mayRemove = t.summary.MayRemoveOthers
	}
	return m
}

func (s *Simulation) largestClasses() []ClassResult {
	order := make([]int, len(s.sizes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return s.sizes[b] - s.sizes[a] })
	order = order[:min(len(order), maxClasses)]
	list := make([]ClassResult, len(order))
	for i, class := range order {
		row := s.ClassRow(class)
		list[i] = ClassResult{
			ID: class, Size: s.sizes[class], Exemplar: s.members[class][0], Members: s.members[class],
			Workflows: row.WorkflowsMatched, Actions: row.Actions,
			AccessProfileIDs: row.AccessProfileIDs, Entitlements: row.Entitlements,
		}
	}
	return list
}
