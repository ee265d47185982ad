package engine

import (
	"slices"
	"strings"
)

// Diff adds up batches of the later population in input order and compares each identity with the earlier side. It is not
// safe for concurrent use.
type Diff struct {
	program *Program
	kind    BaselineKind
	base    *Baseline // nil = there is no earlier population

	vectors *vectorSet // of the later population
	other   *vectorSet // the same under the movers of the earlier version; nil = they are the same
	to      *states    // of the later plan on vectors
	cells   cells

	classes  []diffClass
	index    map[diffKey]int32
	members  map[string]*membership // nil = the baseline is not members
	sets     []*membership
	setIndex map[string]int32
	joined   *joins // what is held is joined to identities; nil = it is not

	single  map[int]bool // numbers of the workflows without continuous sync, as the later version has them
	limited []string     // names of the workflows that own limits are about

	present []uint64 // mask of the rows of base that are in the later population too
	rows    int      // of the later population
	active  int
	movers  int
	leavers int
	met     met
	cohorts []cohort
	found   found
	losers  int
}

// diffKey tells classes apart.
type diffKey struct {
	later   int32 // vector; absent = removed from the source
	earlier int32 // vector under the movers of the earlier version
	base    int32 // vector of the earlier population, or the set of profiles of which the identity is a member; absent = new
}

const absent = -1

// diffClass is the identities with one key.
type diffClass struct {
	key     diffKey
	size    int
	members []string // the first ones
	change  change
	parts   parts
	unit    unit      // what one identity counts for, unless what it holds is joined
	tally   diffTally // of the identities whose holdings were joined
	held    []string  // entity_id of those that hold something
}

// add counts one more identity.
func (c *diffClass) add(id string) {
	c.size++
	if len(c.members) < maxMembers {
		c.members = append(c.members, strings.Clone(id))
	}
}

// cells are the states on the four combinations of policy and data (SPEC section 6).
type cells struct {
	fromBase  *states // the earlier policy on the earlier data
	toBase    *states // the later policy on the earlier data
	fromLater *states // the earlier policy on the later data
}

// states are the states of one plan on the vectors of one set, made when asked for.
type states struct {
	sim  *simulator
	set  *vectorSet
	list []*state
}

func (p *Program) newStates(plan *plan, set *vectorSet) *states {
	if plan == nil {
		return nil
	}
	return &states{sim: newSimulator(plan, p.layout), set: set}
}

func (s *states) at(i int32) *state {
	for len(s.list) <= int(i) {
		s.list = append(s.list, nil)
	}
	if s.list[i] == nil {
		vector := s.set.at(int(i))
		s.list[i] = s.sim.stateOf(s.sim.run(vector), vector)
	}
	return s.list[i]
}

// NewDiff starts with no identities. The program was compiled with Input.Against; base is nil unless that has an earlier population.
func (p *Program) NewDiff(base *Baseline) *Diff {
	d := &Diff{
		program: p, kind: p.in.Against.Kind, base: base,
		vectors: newVectorSet(p.layout.words), index: make(map[diffKey]int32),
	}
	d.single = make(map[int]bool)
	later := make(map[int]bool)
	for i, w := range p.plan.workflows {
		later[p.plan.numbers.workflows[i]] = true
		if !w.ContinuousSync {
			d.single[p.plan.numbers.workflows[i]] = true
		}
	}
	for i := 0; p.from != nil && i < len(p.from.workflows); i++ {
		if number := p.from.numbers.workflows[i]; !later[number] && !p.from.workflows[i].ContinuousSync {
			d.single[number] = true
		}
	}
	for _, l := range p.in.OwnLimits {
		if l.Workflow != "" && !slices.Contains(d.limited, l.Workflow) {
			d.limited = append(d.limited, l.Workflow)
		}
	}
	d.to = p.newStates(p.plan, d.vectors)
	seen := d.vectors
	if base != nil {
		d.present = make([]uint64, (base.Len()+63)/64)
		if p.columns.twoMovers() {
			d.other = newVectorSet(p.layout.words)
			seen = d.other
		}
		d.cells.fromBase = p.newStates(p.from, base.vectors)
		d.cells.toBase = p.newStates(p.plan, base.vectors)
		d.cells.fromLater = p.newStates(p.from, seen)
	} else {
		d.cells.fromBase = p.newStates(p.from, d.vectors)
	}
	if d.kind == BaselineMembers {
		d.members = p.memberships()
		d.sets = []*membership{{}}
		d.setIndex = make(map[string]int32)
	}
	d.joined = newJoins(d)
	for _, name := range p.columns.names {
		d.cohorts = append(d.cohorts, cohort{attribute: name, values: make(map[string]*cohortCount)})
	}
	return d
}

// Add adds the next batch, which a classifier of NewClassifierAgainst made, and gives the class of each of its identities.
func (d *Diff) Add(batch *Classes, ids []string) []int32 {
	later := d.intern(d.vectors, batch)
	earlier := later
	if d.other != nil {
		earlier = d.intern(d.other, batch.facts.earlier)
	}
	classes := make([]int32, len(ids))
	for r, id := range ids {
		key := diffKey{later: later[r], earlier: earlier[r]}
		switch {
		case d.base != nil:
			key.base = absent
			if row, known := d.base.index[id]; known {
				key.base = d.base.class[row]
				d.present[row/64] |= 1 << (row % 64)
				if d.base.wasActive(row) && !bitAt(batch.facts.active, r) {
					d.leavers++
				}
			}
		case d.members != nil:
			key.base = d.memberSet(id, batch.facts.tenant[r])
		}
		classes[r] = d.class(key)
	}
	d.rows += len(ids)
	d.active += batch.active
	d.found.add(batch.facts.keys, len(d.program.columns.movers))
	d.movers += countBits(batch.facts.movers)
	d.met.count(&d.program.in, ids)
	losers := d.count(classes, ids)
	for i := range d.cohorts {
		d.cohorts[i].add(batch.facts.cohorts[i], losers)
	}
	return classes
}

// intern numbers the vectors of a batch, by row.
func (d *Diff) intern(set *vectorSet, batch *Classes) []int32 {
	number := make([]int32, len(batch.sizes))
	for i := range number {
		n, _ := set.intern(batch.vectors.at(i))
		number[i] = int32(n)
	}
	rows := make([]int32, len(batch.rows))
	for r, c := range batch.rows {
		rows[r] = number[c]
	}
	return rows
}

// count adds the identities of a batch to their classes and tells who loses something.
func (d *Diff) count(classes []int32, ids []string) (losers []bool) {
	losers = make([]bool, len(ids))
	for r, class := range classes {
		c := &d.classes[class]
		c.add(ids[r])
		if d.joined == nil {
			losers[r] = c.unit.loser
			continue
		}
		own := d.joined.of(d, c, ids[r])
		d.joined.add(d, int(class), own, ids[r])
		c.tally.add(own.unit, 1)
		losers[r] = own.loser
	}
	for _, yes := range losers {
		if yes {
			d.losers++
		}
	}
	return losers
}

// class gives the number of a class.
func (d *Diff) class(key diffKey) int32 {
	if at, ok := d.index[key]; ok {
		return at
	}
	at := int32(len(d.classes))
	d.index[key] = at
	c := diffClass{key: key}
	before, after := d.before(key), d.after(key)
	c.change = compareStates(before, after)
	c.parts.whole = part{before, after, d.differ(before, after, &c.change)}
	if d.kind == BaselineGrants {
		c.change = change{unknown: c.change.unknown, actions: d.deactivations(after)} // what is held is joined
	}
	d.divide(&c)
	c.unit = d.unit(&c, part.truth, isFalse)
	if d.joined == nil {
		c.parts = parts{whole: c.parts.whole} // nobody asks again
	}
	d.classes = append(d.classes, c)
	return at
}

// deactivations are the actions that say something new about those who hold something.
func (d *Diff) deactivations(s *state) delta {
	var list delta
	for _, item := range s.actions.high {
		_, planned := slices.BinarySearch(s.actions.low, item)
		switch a := d.program.items.actions[item]; {
		case a.effect == EffectDeactivate && planned:
			list.gained = append(list.gained, item)
		case a.effect == EffectDeactivate, a.unheardOf:
			list.maybe = append(list.maybe, item)
			list.mayGain = append(list.mayGain, item)
		}
	}
	return list
}

// AddRemoved adds the identities of the earlier population that the later one does not have, once that was added as a
// whole. It gives them and their classes in the order of the earlier population.
func (d *Diff) AddRemoved() (ids []string, classes []int32) {
	if d.base == nil {
		return nil, nil
	}
	for row, id := range d.base.ids {
		if bitAt(d.present, row) {
			continue
		}
		class := d.class(diffKey{later: absent, earlier: absent, base: d.base.class[row]})
		c := &d.classes[class]
		c.add(id)
		if d.joined != nil {
			c.tally.add(c.unit, 1)
		}
		ids = append(ids, id)
		classes = append(classes, class)
	}
	return ids, classes
}

// before is the state on the earlier side.
func (d *Diff) before(key diffKey) *state {
	switch {
	case d.members != nil:
		return d.memberState(key)
	case d.cells.fromBase == nil, d.base != nil && key.base == absent:
		return nothing
	case d.base != nil:
		return d.cells.fromBase.at(key.base)
	}
	return d.cells.fromBase.at(key.later)
}

// after is the state on the later side. No workflow is evaluated for somebody who was removed from the source, so nothing
// changes for them.
func (d *Diff) after(key diffKey) *state {
	if key.later == absent {
		return d.before(key)
	}
	return d.to.at(key.later)
}

// status of an identity of a class to which t happens.
func (d *Diff) status(key diffKey, t truth) Status {
	switch {
	case key.later == absent:
		return StatusRemoved
	case d.base != nil && key.base == absent:
		return StatusNew
	case t == isTrue:
		return StatusChanged
	case t == isUnknown:
		return StatusMaybe
	}
	return StatusUnchanged
}
