package engine

import (
	"slices"

	"github.com/lcmsim/lcmsim/scimeval"
)

// formula is a Boolean function of atoms.
type formula struct {
	kind  formulaKind
	value truth // of a constant
	atom  int   // number of an atom
	terms []formula
}

type formulaKind uint8

const (
	constantFormula formulaKind = iota
	atomFormula
	andFormula
	orFormula
	notFormula
)

// formulaOf translates a tree; number gives atoms their numbers.
func formulaOf(n scimeval.Node, number func(scimeval.Node) int) formula {
	kind, terms := andFormula, []scimeval.Node(nil)
	switch n := n.(type) {
	case *scimeval.And:
		terms = n.Terms
	case *scimeval.Or:
		kind, terms = orFormula, n.Terms
	case *scimeval.Not:
		kind, terms = notFormula, []scimeval.Node{n.Term}
	default:
		return formula{kind: atomFormula, atom: number(n)}
	}
	f := formula{kind: kind, terms: make([]formula, len(terms))}
	for i, t := range terms {
		f.terms[i] = formulaOf(t, number)
	}
	return f
}

// atoms calls visit for every atom, in text order.
func (f *formula) atoms(visit func(int)) {
	if f.kind == atomFormula {
		visit(f.atom)
	}
	for i := range f.terms {
		f.terms[i].atoms(visit)
	}
}

// truth evaluates under a truth of every atom; steps counts the parts visited.
func (f *formula) truth(atoms []truth, steps *int) truth {
	*steps++
	switch f.kind {
	case constantFormula:
		return f.value
	case atomFormula:
		return atoms[f.atom]
	case notFormula:
		return isTrue - f.terms[0].truth(atoms, steps)
	case andFormula:
		t := isTrue
		for i := 0; i < len(f.terms) && t != isFalse; i++ {
			t = min(t, f.terms[i].truth(atoms, steps))
		}
		return t
	}
	t := isFalse
	for i := 0; i < len(f.terms) && t != isTrue; i++ {
		t = max(t, f.terms[i].truth(atoms, steps))
	}
	return t
}

// open is an atom that makes an unknown formula unknown.
func (f *formula) open(atoms []truth, steps *int) int {
	if f.kind == atomFormula {
		return f.atom
	}
	for i := range f.terms {
		if f.terms[i].truth(atoms, steps) == isUnknown {
			return f.terms[i].open(atoms, steps)
		}
	}
	panic("engine: a formula is unknown without an unknown term")
}

// question asks whether an identity gets something: whether some arm does. It is a Boolean function of atoms.
type question struct {
	arms      []arm
	atoms     []int // that it depends on: those of triggers, of conditions, and of triggers that must not be true
	preferred int   // how many of the atoms, the first, reasons keep rather than others
}

// arm asks whether one workflow is reached and leads to one of some actions. Actions are nodes, numbered from 1; node 0 is the
// workflow. The node behind all actions is an entitlement.
type arm struct {
	workflow int
	triggers []triggerTest // all must hold
	edges    []edge        // on the ways to the targets only, those that are reached first before others
	targets  []int
}

// triggerTest is a trigger that a workflow waits for: the workflow's own, or one before it that must not be true.
type triggerTest struct {
	formula int // index into decider.formulas
	negated bool
}

// edge is a condition on the way from one action to another.
type edge struct{ from, to, formula int }

// newQuestion collects the atoms of arms.
func newQuestion(formulas []formula, arms []arm) question {
	q := question{arms: arms}
	seen := make(map[int]bool)
	visit := func(atom int) {
		if !seen[atom] {
			seen[atom] = true
			q.atoms = append(q.atoms, atom)
		}
	}
	triggers := func(negated bool) {
		for _, a := range arms {
			for _, t := range a.triggers {
				if t.negated == negated {
					formulas[t.formula].atoms(visit)
				}
			}
		}
	}
	triggers(false)
	for _, a := range arms {
		for _, e := range a.edges {
			formulas[e.formula].atoms(visit)
		}
	}
	triggers(true)
	return q
}

// decider evaluates questions under assignments of truths to atoms.
type decider struct {
	formulas []formula
	atoms    []truth // the assignment
	steps    int     // work done so far

	generation int
	stamps     []int // of memo, by formula
	memo       []truth
	levels     []truth // by node
}

func newDecider(formulas []formula, atoms, nodes int) *decider {
	return &decider{
		formulas: formulas, atoms: make([]truth, atoms),
		stamps: make([]int, len(formulas)), memo: make([]truth, len(formulas)), levels: make([]truth, nodes),
	}
}

func (d *decider) formula(i int) truth {
	if d.stamps[i] != d.generation {
		d.stamps[i], d.memo[i] = d.generation, d.formulas[i].truth(d.atoms, &d.steps)
	}
	return d.memo[i]
}

// answer evaluates a question. Where it is unknown, open is an atom that it waits for.
func (d *decider) answer(q *question) (t truth, open int) {
	d.generation++
	open = -1
	for i := range q.arms {
		one, waits := d.arm(&q.arms[i])
		if one == isTrue {
			return isTrue, -1
		}
		if one == isUnknown && open < 0 {
			open = waits
		}
		t = max(t, one)
	}
	return t, open
}

func (d *decider) arm(a *arm) (t truth, open int) {
	start, waits := isTrue, -1
	for _, g := range a.triggers {
		one := d.formula(g.formula)
		if g.negated {
			one = isTrue - one
		}
		if one == isUnknown && waits < 0 {
			waits = g.formula
		}
		if start = min(start, one); start == isFalse {
			return isFalse, -1
		}
	}
	d.steps += len(a.edges)
	for _, e := range a.edges {
		d.levels[e.to] = isFalse
	}
	for _, node := range a.targets {
		d.levels[node] = isFalse
	}
	d.levels[0] = start
	for changed := true; changed; {
		changed = false
		for _, e := range a.edges {
			if d.levels[e.from] <= d.levels[e.to] {
				continue
			}
			d.steps++
			one := d.formula(e.formula)
			if one == isUnknown && waits < 0 {
				waits = e.formula
			}
			if one = min(d.levels[e.from], one); one > d.levels[e.to] {
				d.levels[e.to] = one
				changed = true
			}
		}
	}
	t = isFalse
	for _, node := range a.targets {
		t = max(t, d.levels[node])
	}
	if t == isUnknown {
		return t, d.formulas[waits].open(d.atoms, &d.steps)
	}
	return t, -1
}

// forced tells whether the answer is want whatever truth the atoms get that are unknown now. The search ends undecided once
// limit steps are done.
func (d *decider) forced(q *question, want truth, limit int) (forced, decided bool) {
	t, open := d.answer(q)
	if t != isUnknown {
		return t == want, true
	}
	if d.steps > limit {
		return false, false
	}
	decided = true
	for _, try := range []truth{isTrue, isFalse} {
		d.atoms[open] = try
		f, ok := d.forced(q, want, limit)
		d.atoms[open] = isUnknown
		if ok && !f {
			return false, true
		}
		if !ok {
			return false, false
		}
	}
	return true, decided
}

// complete gives atoms that are unknown now a truth under which the answer is true; the others stay unknown. It leaves
// the assignment as it is when there is none, or none is found within limit steps.
func (d *decider) complete(q *question, limit int) bool {
	t, open := d.answer(q)
	if t != isUnknown || d.steps > limit {
		return t == isTrue
	}
	for _, try := range []truth{isTrue, isFalse} {
		d.atoms[open] = try
		if d.complete(q, limit) {
			return true
		}
	}
	d.atoms[open] = isUnknown
	return false
}

// sufficient reduces the atoms of a question that are assigned to ones that force the answer want by themselves; the rest
// become unknown. Afterwards none of those left can be missed, unless irreducible is false: then the bound on the work was
// reached. drop says in which order atoms are tried.
func (d *decider) sufficient(q *question, want truth, drop []int, limit int) (irreducible bool) {
	limit += d.steps
	irreducible = true
	for _, atom := range drop {
		was := d.atoms[atom]
		if was == isUnknown {
			continue
		}
		d.atoms[atom] = isUnknown
		forced, decided := d.forced(q, want, limit)
		irreducible = irreducible && decided
		if !forced {
			d.atoms[atom] = was
		}
	}
	return irreducible
}

// prefer puts atoms first, so that reasons keep them rather than others.
func (q *question) prefer(atoms []int) {
	rest := slices.DeleteFunc(slices.Clone(q.atoms), func(atom int) bool { return slices.Contains(atoms, atom) })
	q.atoms, q.preferred = append(slices.Clone(atoms), rest...), len(atoms)
}

// dropOrder tries the atoms first that are not preferred; among equals those that speak against the answer, and those that
// stand last in the question.
func (d *decider) dropOrder(q *question, want truth) []int {
	order := make([]int, 0, len(q.atoms))
	for _, part := range [][]int{q.atoms[q.preferred:], q.atoms[:q.preferred]} {
		for _, against := range []bool{true, false} {
			for _, atom := range slices.Backward(part) {
				if (d.atoms[atom] != want) == against {
					order = append(order, atom)
				}
			}
		}
	}
	return order
}
