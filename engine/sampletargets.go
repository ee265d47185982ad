package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxDestructive caps the strata of destructive classes: the largest ones are targets.
const maxDestructive = 1000

// target is a set of identities of the frame that should have a draw.
type target struct {
	pool
	stratum int // position in targets.strata
	met     bool
}

func newTarget(p pool) *target { return &target{pool: p} }

// targets are all that a sample aims at, worked out once everybody was added.
type targets struct {
	sampler *Sampler
	sim     *Simulation
	strata  []Stratum
	turns   [][]*target // by rule, the largest first
	others  []*target   // destructive classes, then cells

	drawn       []bool      // by class
	plans       [][]*target // by class: groups that flip under a rule of the plan
	flips       map[flipped]*target
	destructive []*target // by class; nil = it is not, or not among the largest
	cells       []*target // by cell, see cellsOf
}

// newTargets works out the targets. Sets of nobody in the frame are none.
func newTargets(s *Sampler, sim *Simulation) *targets {
	n := len(s.classes)
	t := &targets{sampler: s, sim: sim, drawn: make([]bool, n), plans: make([][]*target, n), flips: make(map[flipped]*target), destructive: make([]*target, n)}
	keys := make([]string, n) // of the predictions
	for class := range s.classes {
		if s.classes[class].size > 0 {
			keys[class] = sim.outcomes[class].prediction().key()
		}
	}
	t.filterRules(keys)
	t.planRules(keys)
	t.destructiveClasses()
	t.conditionCells()
	return t
}

// filterRules finds the groups that flip under another rule of filters.
func (t *targets) filterRules(keys []string) {
	others := make([]string, t.sampler.others.size)
	for i := range others {
		others[i] = t.sim.simulator.run(t.sampler.others.at(i)).prediction().key()
	}
	groups := make([][]*target, len(t.sampler.program.variants))
	for at, p := range t.sampler.flips {
		if others[at.other] != keys[at.class] {
			t.flips[at] = newTarget(*p)
			groups[at.variant] = append(groups[at.variant], t.flips[at])
		}
	}
	for v, variant := range t.sampler.program.variants {
		t.rule(variant.rule, variant.value, groups[v])
	}
}

// planRules finds the classes that flip under another rule of the plan.
func (t *targets) planRules(keys []string) {
	for _, alt := range t.sampler.program.others {
		sim := newSimulator(alt.plan, t.sampler.program.layout)
		var groups []*target
		for class, p := range t.sampler.classes {
			if p.size > 0 && sim.run(t.sim.vectors.at(class)).prediction().key() != keys[class] {
				one := newTarget(p)
				t.plans[class] = append(t.plans[class], one)
				groups = append(groups, one)
			}
		}
		t.rule(alt.rule, alt.value, groups)
	}
}

// rule makes the stratum of the groups that flip under an alternative.
func (t *targets) rule(rule, value string, groups []*target) {
	if len(groups) == 0 {
		return
	}
	largestFirst(groups)
	stratum := Stratum{Kind: StratumRule, Name: rule + "=" + value}
	for _, g := range groups {
		g.stratum = len(t.strata)
		stratum.Size += g.size
	}
	t.strata = append(t.strata, stratum)
	t.turns = append(t.turns, groups)
}

// largestFirst sorts targets; those of one size by their smallest key.
func largestFirst(list []*target) {
	slices.SortFunc(list, func(a, b *target) int { return cmp.Or(cmp.Compare(b.size, a.size), a.first.compare(b.first)) })
}

// destructiveClasses finds the classes that are deactivated, or lose something: certainly somebody in it where it is known what
// identities hold, else as an action is planned that removes what others granted.
func (t *targets) destructiveClasses() {
	var list []*target
	for class, p := range t.sampler.classes {
		if p.size > 0 && t.sim.destroys(class) {
			t.destructive[class] = newTarget(p)
			list = append(list, t.destructive[class])
		}
	}
	largestFirst(list)
	for i, one := range list {
		if i >= maxDestructive {
			t.destructive[one.first.class] = nil
			continue
		}
		one.stratum = len(t.strata)
		name := fmt.Sprintf("%s: identities like %q", t.sim.destruction(one.first.class), one.first.id)
		t.strata = append(t.strata, Stratum{Kind: StratumDestructive, Name: name, Size: one.size})
		t.others = append(t.others, one)
	}
}

// destroys tells whether identities of a class are deactivated or lose something.
func (s *Simulation) destroys(class int) bool {
	o := s.outcomes[class]
	if o.gets(o.plan, EffectDeactivate) == isTrue {
		return true
	}
	if s.revokes != nil {
		return s.revokes.byClass[class].certain > 0
	}
	return slices.ContainsFunc(o.actions, func(a actionOutcome) bool {
		return a.status == statusPlanned && o.plan.actions[a.action].removes
	})
}

// maxNamedActions caps the actions in the name of a stratum.
const maxNamedActions = 3

// destruction names the planned actions of a class that deactivate or remove.
func (s *Simulation) destruction(class int) string {
	o := s.outcomes[class]
	var list []string
	for _, a := range o.actions {
		act := &o.plan.actions[a.action]
		if a.status == statusPlanned && (act.effect == EffectDeactivate || act.removes) {
			list = append(list, fmt.Sprintf("%q / %q", o.plan.workflows[a.workflow].Name, act.Name))
		}
	}
	if more := len(list) - maxNamedActions; more > 0 {
		list = append(list[:maxNamedActions], strconv.Itoa(more)+" more")
	}
	return strings.Join(list, ", ")
}

// conditionCells makes the cells that somebody of the frame is in.
func (t *targets) conditionCells() {
	plan := t.sampler.program.plan
	names := cellNames(plan)
	t.cells = make([]*target, len(names))
	for class, p := range t.sampler.classes {
		if p.size == 0 {
			continue
		}
		for _, cell := range t.cellsOf(class) {
			one := t.cells[cell]
			if one == nil {
				one = newTarget(pool{first: p.first})
				t.cells[cell] = one
			}
			one.size += p.size
			if p.first.compare(one.first) < 0 {
				one.first = p.first
			}
		}
	}
	for cell, one := range t.cells {
		if one != nil {
			one.stratum = len(t.strata)
			t.strata = append(t.strata, Stratum{Kind: StratumCell, Name: names[cell], Size: one.size})
			t.others = append(t.others, one)
		}
	}
}

// cellNames names the cells: two for each condition of each evaluated workflow, true and false, in evaluation order. Workflows, and
// conditions of one workflow, that share a name are numbered.
func cellNames(p *plan) []string {
	var list []string
	workflows := make(map[string]int)
	for _, w := range p.order {
		workflow := numberedName(p.workflows[w].Name, workflows)
		conditions := make(map[string]int)
		for _, c := range p.workflows[w].conditions {
			name := workflow + " / " + numberedName(c.Name, conditions)
			list = append(list, name+": true", name+": false")
		}
	}
	return list
}

// numberedName is the quoted name, with a number from the second one of that name on.
func numberedName(name string, seen map[string]int) string {
	seen[name]++
	if n := seen[name]; n > 1 {
		return fmt.Sprintf("%q #%d", name, n)
	}
	return strconv.Quote(name)
}

// cellsOf lists the cells that a class is in, in the numbers of cellNames: the conditions that are true, or false, in the workflows that
// match.
func (t *targets) cellsOf(class int) []int {
	p := t.sampler.program.plan
	var list []int
	cell := 0
	for _, w := range p.order {
		conditions := p.workflows[w].conditions
		for i := range conditions {
			if t.sim.outcomes[class].workflows[w] == isTrue && !conditions[i].skipped {
				switch t.sim.simulator.truthIn(t.sim.vectors.at(class), conditions[i].test) {
				case isTrue:
					list = append(list, cell)
				case isFalse:
					list = append(list, cell+1)
				case isUnknown:
				}
			}
			cell += 2
		}
	}
	return list
}

// total is how many draws would meet every target separately.
func (t *targets) total() int {
	n := len(t.others)
	for _, groups := range t.turns {
		n += len(groups)
	}
	return n
}

// ordered lists the targets in the order in which they get draws: those of the rules in turn, then the others.
func (t *targets) ordered() []*target {
	total := t.total()
	list := make([]*target, 0, total)
	for i := 0; len(list) < total-len(t.others); i++ {
		for _, groups := range t.turns {
			if i < len(groups) {
				list = append(list, groups[i])
			}
		}
	}
	return append(list, t.others...)
}

// meet notes all targets that a drawn identity is in.
func (t *targets) meet(who *drawable) {
	for _, at := range who.flips {
		if one := t.flips[at]; one != nil {
			one.met = true
		}
	}
	if t.drawn[who.class] {
		return
	}
	t.drawn[who.class] = true
	for _, one := range t.plans[who.class] {
		one.met = true
	}
	if one := t.destructive[who.class]; one != nil {
		one.met = true
	}
	for _, cell := range t.cellsOf(who.class) {
		t.cells[cell].met = true
	}
}

// metStrata counts the targeted strata with a draw in them.
func (t *targets) metStrata() int {
	met := make([]bool, len(t.strata))
	n := 0
	for _, one := range t.ordered() {
		if one.met && !met[one.stratum] {
			met[one.stratum] = true
			n++
		}
	}
	return n
}
