package engine

// singledOut is an identity that holds something which the policy of some side may take away.
type singledOut struct {
	class  int
	id     string
	policy bool   // changed by the policy on the earlier data
	alone  uint64 // a bit for each edit that alone changes it
}

// attribution divides the changes of a diff between policy and data, and among the edits. It works once a class or vector;
// only what is taken away from those who hold something is looked at one by one, where it can differ.
type attribution struct {
	diff    *Diff
	set     *vectorSet // vectors on the earlier data
	weight  []int      // identities of the later population, by vector; holders left out
	alone   []uint64   // by vector: a bit for each edit that alone changes what is planned
	policy  []bool     // by class: the policy changes what is planned
	holders []singledOut
	byPlace map[int32][]int // indices into holders, by vector
}

// attribute fills DiffResult.Attribution. byClass are, by class, the edits that alone change it.
func (d *Diff) attribute(r *DiffResult, progress func(done, total int) bool) (byClass [][]int) {
	out := &r.Attribution
	out.Edits = []EditEffect{}
	byClass = make([][]int, len(d.classes))
	if d.program.from == nil {
		return byClass
	}
	a := &attribution{diff: d, set: d.vectors, policy: make([]bool, len(d.classes)), byPlace: make(map[int32][]int)}
	if d.base != nil {
		a.set = d.base.vectors
	}
	a.weight = make([]int, a.set.size)
	for class := range d.classes {
		a.cells(out, class)
	}
	edits := d.program.in.Against.Edits
	if edits == nil {
		return byClass
	}
	out.EditsTotal = len(edits.List)
	if !a.edits(out, edits, progress) {
		return byClass
	}
	for class := range d.classes {
		c := &d.classes[class]
		vector, ok := a.place(c)
		if !ok {
			continue
		}
		for e := range out.Edits {
			if a.alone[vector]>>e&1 == 1 {
				byClass[class] = append(byClass[class], e)
			}
		}
		if a.policy[class] && a.alone[vector] == 0 {
			out.Remainder += c.size - a.singled(c)
		}
	}
	for _, h := range a.holders {
		if vector, _ := a.place(&d.classes[h.class]); h.policy && h.alone|a.alone[vector] == 0 {
			out.Remainder++
		}
	}
	return byClass
}

// place is the vector of a class on the earlier data; ok is false for those who were not there, or are not any more.
func (a *attribution) place(c *diffClass) (vector int32, ok bool) {
	switch {
	case c.key.later == absent, a.diff.base != nil && c.key.base == absent:
		return 0, false
	case a.diff.base != nil:
		return c.key.base, true
	}
	return c.key.later, true
}

// singled is how many identities of a class are looked at one by one.
func (a *attribution) singled(c *diffClass) int {
	if a.diff.joined == nil {
		return 0
	}
	return len(c.held)
}

// cells counts a class in the four combinations of policy and data.
func (a *attribution) cells(out *Attribution, class int) {
	d := a.diff
	c := &d.classes[class]
	vector, was := a.place(c)
	if !was {
		return
	}
	before, after := d.before(c.key), d.after(c.key)
	byPolicy, byData := after, before // without an earlier population
	if d.base != nil {
		byData, byPolicy = d.cells.fromLater.at(c.key.earlier), d.cells.toBase.at(c.key.base)
	}
	add := func(n int, differs func(to *state) bool) (policy bool) {
		policy, data, both := differs(byPolicy), differs(byData), differs(after)
		if policy {
			out.Policy += n
		}
		if data {
			out.Data += n
		}
		if both != (policy || data) {
			out.Interaction += n
		}
		return policy
	}
	singled := a.singled(c)
	a.policy[class] = add(c.size-singled, func(to *state) bool { return changed(before, to) })
	a.weight[vector] += c.size - singled
	for _, id := range c.held[:singled] {
		h := singledOut{class: class, id: id}
		h.policy = add(1, func(to *state) bool { return a.changes(before, to, id) == isTrue })
		a.byPlace[vector] = append(a.byPlace[vector], len(a.holders))
		a.holders = append(a.holders, h)
	}
}

// planned tells whether two states differ, whatever is held.
func (a *attribution) planned(from, to *state) truth {
	switch {
	case from == to:
		return isFalse
	case changed(from, to):
		return isTrue
	case !from.unknown && !to.unknown && len(to.removal.high) == 0: // nothing is left that could be possible only
		return isFalse
	}
	c := compareStates(from, to)
	return a.diff.differ(from, to, &c)
}

// changes tells whether two states differ for an identity, by what is planned or by what is taken away.
func (a *attribution) changes(from, to *state, id string) truth {
	t := a.planned(from, to)
	if t == isTrue || from == to {
		return t
	}
	if !from.unknown && !to.unknown && from.outcome.takesAs(to.outcome) { // what is unknown may be so for other reasons
		return t
	}
	k := a.diff.joined.between(part{before: from, after: to}, id)
	return max(t, k.truth())
}

// edits counts each edit alone and without. It tells whether progress let it finish.
func (a *attribution) edits(out *Attribution, edits *Edits, progress func(done, total int) bool) bool {
	d := a.diff
	for _, e := range edits.List[:len(d.program.edits)] {
		out.Edits = append(out.Edits, EditEffect{Edit: e.Text, Path: e.Path, Kind: e.Kind, Before: e.Before, After: e.After})
	}
	a.alone = make([]uint64, a.set.size)
	for i, plans := range d.program.edits {
		if progress != nil && !progress(i, len(d.program.edits)) {
			for e := range out.Edits {
				out.Edits[e].Alone, out.Edits[e].Maybe, out.Edits[e].Without = 0, 0, 0
			}
			return false
		}
		one := newSimulator(plans.alone, d.program.layout)
		rest := newSimulator(plans.without, d.program.layout)
		for v := range a.set.size {
			holders := a.byPlace[int32(v)]
			if a.weight[v]+len(holders) == 0 {
				continue
			}
			before, vector := d.cells.fromBase.at(int32(v)), a.set.at(v)
			alone, without := one.stateOf(one.run(vector), vector), rest.stateOf(rest.run(vector), vector)
			switch a.planned(before, alone) {
			case isTrue:
				a.alone[v] |= 1 << i
				out.Edits[i].Alone += a.weight[v]
			case isUnknown:
				out.Edits[i].Maybe += a.weight[v]
			}
			if changed(before, without) {
				out.Edits[i].Without += a.weight[v]
			}
			for _, n := range holders {
				h := &a.holders[n]
				switch a.changes(before, alone, h.id) {
				case isTrue:
					h.alone |= 1 << i
					out.Edits[i].Alone++
				case isUnknown:
					out.Edits[i].Maybe++
				}
				if a.changes(before, without, h.id) == isTrue {
					out.Edits[i].Without++
				}
			}
		}
	}
	out.Attributed = true
	return true
}
