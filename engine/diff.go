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

	present []uint64 // mask of the rows of base that are in the later population too
	rows    int      // of the later population
	active  int
	movers  int
	leavers int
	met     met
	cohorts []cohort
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
	key      diffKey
	size     int
	exemplar string
	change   change
	unit     unit      // what one identity counts for, unless what it holds is joined
	tally    diffTally // of the identities whose holdings were joined
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
	d.to = p.newStates(p.plan, d.vectors)
	later := d.vectors
	if base != nil {
		d.present = make([]uint64, (base.Len()+63)/64)
		if p.columns.twoMovers() {
			d.other = newVectorSet(p.layout.words)
			later = d.other
		}
		d.cells.fromBase = p.newStates(p.from, base.vectors)
		d.cells.toBase = p.newStates(p.plan, base.vectors)
		d.cells.fromLater = p.newStates(p.from, later)
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
				if d.base.wasActive(row) && batch.facts.active[r/64]>>(r%64)&1 == 0 {
					d.leavers++
				}
			}
		case d.members != nil:
			key.base = d.memberSet(id, batch.facts.tenant[r])
		}
		classes[r] = d.class(key, id)
	}
	d.rows += len(ids)
	d.active += batch.active
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
		c.size++
		if d.joined == nil {
			losers[r] = c.unit.loser
			continue
		}
		own := d.joined.of(d, int(class), ids[r])
		d.joined.add(own)
		c.tally.add(own.unit, 1)
		d.joined.example(int(class), own, ids[r])
		losers[r] = own.unit.loser
	}
	for _, yes := range losers {
		if yes {
			d.losers++
		}
	}
	return losers
}

// class gives the number of a class.
func (d *Diff) class(key diffKey, id string) int32 {
	if at, ok := d.index[key]; ok {
		return at
	}
	at := int32(len(d.classes))
	d.index[key] = at
	c := diffClass{key: key, exemplar: strings.Clone(id)}
	c.change = compareStates(d.before(key), d.after(key))
	if d.kind == BaselineGrants {
		c.change = change{unknown: c.change.unknown} // what is held is joined
	}
	c.unit = d.unit(&c)
	d.classes = append(d.classes, c)
	return at
}

// AddRemoved adds the identities of the earlier population that the later one does not have, once that was added as a
// whole. It gives them and their classes in the order of the earlier population.
func (d *Diff) AddRemoved() (ids []string, classes []int32) {
	if d.base == nil {
		return nil, nil
	}
	for row, id := range d.base.ids {
		if d.present[row/64]>>(row%64)&1 == 1 {
			continue
		}
		class := d.class(diffKey{later: absent, earlier: absent, base: d.base.class[row]}, id)
		c := &d.classes[class]
		c.size++
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

// unit is what one identity counts for.
type unit struct {
	status      Status
	affected    truth
	gained      bool
	lost        bool
	unknown     bool
	deactivated bool
	revoked     truth    // something held is taken away now and was not before
	effects     [5]truth // by effect of LimitEffects
	loser       bool     // loses something, is deactivated, or has something revoked
}

// unit is what an identity of the class counts for, as far as what it holds does not matter.
func (d *Diff) unit(c *diffClass) unit {
	u := unit{unknown: c.change.unknown, gained: c.change.gains(), lost: c.change.loses()}
	t := c.change.truth()
	removal := d.removalUnknown(c.key)
	if removal {
		t = max(t, isUnknown)
	}
	u.status = d.status(c.key, t)
	items := d.program.items.actions
	u.deactivated = c.change.gets(items, EffectDeactivate) == isTrue
	u.loser = u.lost || u.deactivated
	if u.status == StatusRemoved {
		if !d.program.in.Rules.AffectedPlanned {
			u.affected = isUnknown // what the tenant does about them is not known
		}
		return u
	}
	u.affected = d.affected(c, t)
	for i, effect := range LimitEffects {
		hit := isFalse
		switch effect {
		case "grant":
			hit = max(c.change.gets(items, EffectGrant), c.change.entities.truth(c.change.entities.gained))
		case "revoke":
			hit = c.change.entities.truth(c.change.entities.lost)
			if removal {
				hit = max(hit, isUnknown)
			}
		default:
			hit = c.change.gets(items, Effect(effect))
		}
		u.effects[i] = min(hit, u.affected)
	}
	return u
}

// truth tells whether some item is certainly among those listed, or may be.
func (d *delta) truth(listed []int) truth {
	switch {
	case len(listed) > 0:
		return isTrue
	case len(d.maybe) > 0:
		return isUnknown
	}
	return isFalse
}

// removalUnknown tells whether more is removed now than before from those who hold something nobody knows of.
func (d *Diff) removalUnknown(key diffKey) bool {
	if d.program.in.Grants != nil || key.later == absent || !d.program.removes {
		return false
	}
	after := d.to.at(key.later).outcome
	var before []int
	if o := d.before(key).outcome; o != nil {
		before = o.removal.low
	}
	return beyond(after.removal.high, before)
}

// affected tells whether the class counts for limits. t tells whether something changes.
func (d *Diff) affected(c *diffClass, t truth) truth {
	if d.program.in.Rules.AffectedPlanned {
		return d.to.at(c.key.later).outcome.affectedTruth()
	}
	if t == isFalse {
		return isFalse
	}
	surely, possibly := d.quiet(c.key)
	if len(possibly) == 0 {
		return t
	}
	low := min(t, d.restricted(c.key, func(name string) bool { return !slices.Contains(possibly, name) }))
	high := min(t, d.restricted(c.key, func(name string) bool { return !slices.Contains(surely, name) }))
	switch {
	case low == isTrue:
		return isTrue
	case high == isFalse:
		return isFalse
	}
	return isUnknown
}

// quiet names the workflows that do not run again: continuous_sync is false and the trigger was true before, surely or
// possibly (which contains surely).
func (d *Diff) quiet(key diffKey) (surely, possibly []string) {
	from := d.cells.fromBase
	if from == nil || d.base != nil && key.base == absent {
		return nil, nil
	}
	before := d.before(key)
	for i, w := range from.sim.plan.workflows {
		if before.workflows[i] == isFalse || !d.program.plan.runsOnce(w.Name) {
			continue
		}
		possibly = append(possibly, w.Name)
		if before.workflows[i] == isTrue {
			surely = append(surely, w.Name)
		}
	}
	return surely, possibly
}

// runsOnce tells whether the workflow has no continuous sync.
func (p *plan) runsOnce(workflow string) bool {
	for _, w := range p.workflows {
		if w.Name == workflow {
			return !w.ContinuousSync
		}
	}
	return false
}

// restricted tells whether something changes when only some workflows count.
func (d *Diff) restricted(key diffKey, counts func(name string) bool) truth {
	after := d.to.sim.restricted(d.vectors.at(int(key.later)), counts)
	before := nothing
	if from := d.cells.fromBase; from != nil && (d.base == nil || key.base != absent) {
		vector := key.later
		if d.base != nil {
			vector = key.base
		}
		before = from.sim.restricted(from.set.at(int(vector)), counts)
	}
	c := compareStates(before, after)
	return c.truth()
}

// restricted simulates a vector as if only some workflows ran.
func (s *simulator) restricted(vector []uint64, counts func(name string) bool) *state {
	s.counts = counts
	defer func() { s.counts = nil }()
	return s.stateOf(s.run(vector), vector)
}

// diffTally counts identities by what they count for.
type diffTally struct {
	statuses    map[Status]int
	affected    reach
	gained      int
	lost        int
	unknown     int
	deactivated int
	revoked     reach
	effects     [5]reach
}

func (t *diffTally) add(u unit, n int) {
	if t.statuses == nil {
		t.statuses = make(map[Status]int, len(Statuses))
	}
	t.statuses[u.status] += n
	t.affected.add(u.affected, n)
	for i := range u.effects {
		t.effects[i].add(u.effects[i], n)
	}
	t.revoked.add(u.revoked, n)
	for _, c := range []struct {
		yes   bool
		count *int
	}{{u.gained, &t.gained}, {u.lost, &t.lost}, {u.unknown, &t.unknown}, {u.deactivated, &t.deactivated}} {
		if c.yes {
			*c.count += n
		}
	}
}

// tallyOf counts the identities of a class.
func (d *Diff) tallyOf(class int) *diffTally {
	c := &d.classes[class]
	if d.joined != nil {
		return &c.tally
	}
	var t diffTally
	t.add(c.unit, c.size)
	return &t
}
