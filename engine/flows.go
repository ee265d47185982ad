package engine

import (
	"cmp"
	"slices"
	"strings"
)

// flowTable numbers the flows that some plan can have. Plans of one program share a table.
type flowTable struct {
	ends  []flowEnds
	index map[flowEnds]int
}

// flowEnds is a flow without its counts.
type flowEnds struct{ from, to FlowNode }

func newFlowTable() *flowTable { return &flowTable{index: make(map[flowEnds]int)} }

func (t *flowTable) number(from, to FlowNode) int {
	key := flowEnds{from, to}
	i, ok := t.index[key]
	if !ok {
		i = len(t.ends)
		t.index[key] = i
		t.ends = append(t.ends, key)
	}
	return i
}

// order lists flows with most people first up to a cap, then as documents list them: by kind, then from, then to.
func (t *flowTable) order(people func(flow int) int) (flows []int, total int) {
	for i := range t.ends {
		if people(i) > 0 {
			flows = append(flows, i)
		}
	}
	total = len(flows)
	compare := func(a, b int) int {
		x, y := t.ends[a], t.ends[b]
		return cmp.Or(cmp.Compare(kindRank(x.from.Kind), kindRank(y.from.Kind)), strings.Compare(x.from.ID, y.from.ID), strings.Compare(x.to.ID, y.to.ID))
	}
	slices.SortFunc(flows, func(a, b int) int { return cmp.Or(cmp.Compare(people(b), people(a)), compare(a, b)) })
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
		action := FlowNode{FlowAction, p.actions[a.action].Name}
		add(f.table.number(FlowNode{FlowWorkflow, p.workflows[a.workflow].Name}, action), a.status == statusPlanned)
		for _, named := range p.actions[a.action].profiles {
			add(f.table.number(action, FlowNode{FlowProfile, p.profiles[named].id}), a.status == statusPlanned)
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
				list = append(list, profileFlow{f.table.number(FlowNode{FlowProfile, p.profiles[named].id}, to), e})
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
		texts := s.causes.actions[p.numbers.actions[a.workflow*len(p.actions)+a.action]]
		action := FlowNode{FlowAction, p.actions[a.action].Name}
		flows := []int{f.table.number(FlowNode{FlowWorkflow, p.workflows[a.workflow].Name}, action)}
		for _, named := range p.actions[a.action].profiles {
			flows = append(flows, f.table.number(action, FlowNode{FlowProfile, p.profiles[named].id}))
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
		counts = append(counts, make([]tally, len(table.ends)-len(counts))...)
		for _, i := range b.low {
			counts[i].certain += s.sizes[class]
		}
		for _, i := range without(b.high, b.low) {
			counts[i].possible += s.sizes[class]
		}
	}
	counts = append(counts, make([]tally, len(table.ends)-len(counts))...)
	order, total := table.order(func(i int) int { return counts[i].certain + counts[i].possible })
	flows = make([]Flow, len(order))
	for n, i := range order {
		flows[n] = Flow{table.ends[i].from, table.ends[i].to, counts[i].certain, counts[i].possible}
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
		counts = append(counts, make([]itemCount, len(table.ends)-len(counts))...)
		change := compareItems(from, to, fromWhy, toWhy)
		change.count(counts, c.size)
	}
	counts = append(counts, make([]itemCount, len(table.ends)-len(counts))...)
	order, total := table.order(func(i int) int { return counts[i].gained + counts[i].lost + counts[i].maybe })
	flows = make([]FlowChange, len(order))
	for n, i := range order {
		flows[n] = FlowChange{table.ends[i].from, table.ends[i].to, counts[i].gained, counts[i].lost, counts[i].maybe}
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
