package engine

import (
	"cmp"
	"slices"
	"strings"
)

// flowTable numbers the flows that some plan can have. Plans of one program share a table.
type flowTable struct {
	keys  []flowKey
	index map[flowKey]int
}

// flowEnds is a flow without its counts.
type flowEnds struct{ from, to FlowNode }

// flowKey tells flows apart. An action that has another type is another action.
type flowKey struct {
	flowEnds
	kind string // type of the action; "" = there is none
}

func newFlowTable() *flowTable { return &flowTable{index: make(map[flowKey]int)} }

func (t *flowTable) number(from, to FlowNode, kind string) int {
	key := flowKey{flowEnds{from, to}, kind}
	i, ok := t.index[key]
	if !ok {
		i = len(t.keys)
		t.index[key] = i
		t.keys = append(t.keys, key)
	}
	return i
}

// sumByEnds adds up what is counted for flows with the same ends.
func sumByEnds[C any](t *flowTable, counts []C, add func(sum *C, more C)) map[flowEnds]C {
	sums := make(map[flowEnds]C)
	for i, n := range counts {
		sum := sums[t.keys[i].flowEnds]
		add(&sum, n)
		sums[t.keys[i].flowEnds] = sum
	}
	return sums
}

// flowOrder lists flows with most people first up to a cap, then as documents list them: by kind, then from, then to.
func flowOrder[C any](counts map[flowEnds]C, people func(C) int) (flows []flowEnds, total int) {
	for ends, n := range counts {
		if people(n) > 0 {
			flows = append(flows, ends)
		}
	}
	total = len(flows)
	compare := func(x, y flowEnds) int {
		return cmp.Or(cmp.Compare(kindRank(x.from.Kind), kindRank(y.from.Kind)), strings.Compare(x.from.ID, y.from.ID), strings.Compare(x.to.ID, y.to.ID))
	}
	slices.SortFunc(flows, func(a, b flowEnds) int {
		return cmp.Or(cmp.Compare(people(counts[b]), people(counts[a])), compare(a, b))
	})
	flows = flows[:min(len(flows), maxFlows)]
	slices.SortFunc(flows, compare)
	return flows, total
}

func kindRank(kind string) int {
	return slices.Index([]string{FlowWorkflow, FlowAction, FlowProfile, FlowEntitlement}, kind)
}

// flowFinder finds the flows of outcomes of one plan. It keeps scratch space and is not safe for concurrent use.
type flowFinder struct {
	table    *flowTable
	sim      *simulator
	profiles [][]profileFlow // by profile that an action names; nil = not made yet
	low      marks
	high     marks
}

// profileFlow leads from a profile that an action names to an entity that it grants.
type profileFlow struct {
	flow   int
	entity entityPlan
}

// marks is a set of numbers that is emptied by starting a new walk.
type marks struct {
	walk int
	seen []int
	list []int
}

func (m *marks) reset() {
	m.walk++
	m.list = nil
}

func (m *marks) add(i int) {
	for len(m.seen) <= i {
		m.seen = append(m.seen, 0)
	}
	if m.seen[i] != m.walk {
		m.seen[i] = m.walk
		m.list = append(m.list, i)
	}
}

func (p *Program) newFlowFinder(plan *plan, table *flowTable) *flowFinder {
	if plan == nil {
		return nil
	}
	return &flowFinder{table: table, sim: newSimulator(plan, p.layout), profiles: make([][]profileFlow, len(plan.profiles))}
}

// of finds the flows of an outcome and of the vector that it is of. The lists are ascending.
func (f *flowFinder) of(o *outcome, vector []uint64) bounds {
	p := f.sim.plan
	f.low.reset()
	f.high.reset()
	add := func(flow int, certain bool) {
		f.high.add(flow)
		if certain {
			f.low.add(flow)
		}
	}
	for _, a := range o.actions {
		if a.status == statusDone {
			continue
		}
		action, kind := FlowNode{FlowAction, p.actions[a.action].Name}, p.actions[a.action].Type
		add(f.table.number(FlowNode{FlowWorkflow, p.workflows[a.workflow].Name}, action, kind), a.status == statusPlanned)
		for _, named := range p.actions[a.action].profiles {
			add(f.table.number(action, FlowNode{FlowProfile, p.profiles[named].id}, kind), a.status == statusPlanned)
		}
	}
	for _, named := range o.named.high {
		_, certain := slices.BinarySearch(o.named.low, named)
		for _, e := range f.granted(named) {
			if t := f.sim.truthIn(vector, e.entity.test); t != isFalse {
				add(e.flow, certain && t == isTrue)
			}
		}
	}
	slices.Sort(f.low.list)
	slices.Sort(f.high.list)
	return bounds{f.low.list, f.high.list}
}

// granted lists what a named profile grants, itself or by what it inherits from. An entity that it reaches on several ways is in the
// list as often.
func (f *flowFinder) granted(named int) []profileFlow {
	p := f.sim.plan
	if f.profiles[named] == nil {
		list := []profileFlow{}
		for _, i := range p.profiles[named].reach {
			for _, e := range p.profiles[i].own {
				to := FlowNode{FlowEntitlement, p.entities.rowTexts[e.entity]}
				list = append(list, profileFlow{f.table.number(FlowNode{FlowProfile, p.profiles[named].id}, to, ""), e})
			}
		}
		f.profiles[named] = list
	}
	return f.profiles[named]
}

// why are the causes of the flows of a state that are possible only.
func (f *flowFinder) why(s *state, vector []uint64) map[int][]string {
	if s.causes == nil {
		return nil
	}
	p := f.sim.plan
	out := make(map[int][]string)
	for _, a := range s.outcome.actions {
		texts := s.causes.actions[p.numbers.actions[a.workflow][a.action]]
		action, kind := FlowNode{FlowAction, p.actions[a.action].Name}, p.actions[a.action].Type
		flows := []int{f.table.number(FlowNode{FlowWorkflow, p.workflows[a.workflow].Name}, action, kind)}
		for _, named := range p.actions[a.action].profiles {
			flows = append(flows, f.table.number(action, FlowNode{FlowProfile, p.profiles[named].id}, kind))
		}
		for _, flow := range flows {
			out[flow], _ = merge(out[flow], texts...)
		}
	}
	f.sim.vector = vector
	for _, named := range s.outcome.named.high {
		for _, e := range f.granted(named) {
			if f.sim.truth(e.entity.test) == isFalse {
				continue
			}
			out[e.flow], _ = merge(out[e.flow], s.causes.profiles[p.numbers.profiles[named]]...)
			out[e.flow], _ = merge(out[e.flow], f.sim.unknownIn(e.entity.test)...)
		}
	}
	return out
}

// flows counts the flows of a simulation.
func (s *Simulation) flows() (flows []Flow, total int) {
	table := newFlowTable()
	find := s.program.newFlowFinder(s.program.plan, table)
	var counts []tally
	for class, o := range s.outcomes {
		if len(o.actions) == 0 {
			continue
		}
		b := find.of(o, s.vectors.at(class))
		counts = append(counts, make([]tally, len(table.keys)-len(counts))...)
		for _, i := range b.low {
			counts[i].certain += s.sizes[class]
		}
		for _, i := range without(b.high, b.low) {
			counts[i].possible += s.sizes[class]
		}
	}
	counts = append(counts, make([]tally, len(table.keys)-len(counts))...)
	sums := sumByEnds(table, counts, func(sum *tally, more tally) {
		sum.certain += more.certain
		sum.possible += more.possible
	})
	order, total := flowOrder(sums, func(n tally) int { return n.certain + n.possible })
	flows = make([]Flow, len(order))
	for i, ends := range order {
		flows[i] = Flow{ends.from, ends.to, sums[ends].certain, sums[ends].possible}
	}
	return flows, total
}

// flows counts what becomes of the flows of identities for which something changes. What is held today, or who is a member of a profile, says nothing about workflows and actions:
// against those there are none.
func (d *Diff) flows() (flows []FlowChange, total int) {
	if d.kind == BaselineGrants || d.kind == BaselineMembers {
		return []FlowChange{}, 0
	}
	table := newFlowTable()
	earlier, later := d.program.newFlowFinder(d.program.from, table), d.program.newFlowFinder(d.program.plan, table)
	var counts []itemCount
	for class := range d.classes {
		c := &d.classes[class]
		if c.key.later == absent || c.change.truth() == isFalse {
			continue
		}
		var from, to bounds
		var fromWhy, toWhy map[int][]string
		if before, vector := d.before(c.key), d.earlierVector(c.key); before.outcome != nil {
			from, fromWhy = earlier.of(before.outcome, vector), earlier.why(before, vector)
		}
		after, vector := d.after(c.key), d.vectors.at(int(c.key.later))
		to, toWhy = later.of(after.outcome, vector), later.why(after, vector)
		counts = append(counts, make([]itemCount, len(table.keys)-len(counts))...)
		change := compareItems(from, to, fromWhy, toWhy)
		change.count(counts, c.size)
	}
	counts = append(counts, make([]itemCount, len(table.keys)-len(counts))...)
	sums := sumByEnds(table, counts, func(sum *itemCount, more itemCount) {
		sum.gained += more.gained
		sum.lost += more.lost
		sum.maybe += more.maybe
	})
	order, total := flowOrder(sums, func(n itemCount) int { return n.gained + n.lost + n.maybe })
	flows = make([]FlowChange, len(order))
	for i, ends := range order {
		flows[i] = FlowChange{ends.from, ends.to, sums[ends].gained, sums[ends].lost, sums[ends].maybe}
	}
	return flows, total
}

// earlierVector is the match vector behind Diff.before; nil where that is nothing.
func (d *Diff) earlierVector(key diffKey) []uint64 {
	switch {
	case d.base == nil:
		return d.vectors.at(int(key.later))
	case key.base == absent:
		return nil
	}
	return d.base.vectors.at(int(key.base))
}
