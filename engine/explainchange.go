package engine

import (
	"fmt"
	"slices"

	"github.com/lcmsim/lcmsim/scimeval"
)

// Bounds of the search for changes.
const (
	maxChanged        = 3          // attributes
	changeSteps       = 1_000_000  // for one action or profile: parts of expressions that are evaluated
	allChangeSteps    = 40_000_000 // for all of them
	maxVerified       = 20         // changes for one action or profile that are put through the engine
	verifySteps       = 20         // what that counts for each expression
	maxRowsOfOneBatch = 1_000_000  // cells
)

// slot is an attribute that may be changed.
type slot struct {
	name       string
	was        *scimeval.Value
	atoms      []int // that read it, ascending
	candidates []candidate
	complete   bool
}

// candidate is another value of a slot.
type candidate struct {
	value  *scimeval.Value // nil = absent
	truths []truth         // of slot.atoms, when nothing else changes
}

// changes searches for the smallest change of attributes that gives an identity something.
type changes struct {
	x       *explainer
	slots   []slot
	byAtom  map[int][]int // slots that an atom reads: the literal key a.b before that of a
	untried bool          // some attribute has more candidates than were made

	outcomes map[string]*outcome // of changes that were put through the engine
}

func newChanges(x *explainer) (*changes, error) {
	s := &changes{x: x, byAtom: make(map[int][]int), outcomes: make(map[string]*outcome)}
	of := make([]int, len(x.table.attributes)) // slot of each column
	for c, a := range x.table.attributes {
		of[c] = slices.IndexFunc(s.slots, func(known slot) bool { return sameAttribute(a, known.name) })
		if of[c] < 0 {
			of[c] = len(s.slots)
			s.slots = append(s.slots, slot{name: a.Name, was: x.row[x.table.source[c]]})
		}
	}
	uses := make([][]candidateUse, len(s.slots))
	for i, a := range x.table.atoms {
		for _, c := range a.columns {
			at := of[c]
			if slices.Contains(s.byAtom[i], at) {
				continue
			}
			s.byAtom[i] = append(s.byAtom[i], at)
			s.slots[at].atoms = append(s.slots[at].atoms, i)
			if use, ok := useOf(a.node, x.table.attributes[c].Name); ok {
				uses[at] = append(uses[at], use)
			}
		}
	}
	for i := range s.slots {
		if err := s.try(&s.slots[i], uses[i]); err != nil {
			return nil, err
		}
		s.untried = s.untried || !s.slots[i].complete
	}
	s.preferNested()
	return s, nil
}

// useOf says how an atom uses the column of that name.
func useOf(n scimeval.Node, column string) (candidateUse, bool) {
	switch n := n.(type) {
	case *scimeval.Comparison:
		return candidateUse{node: n, nested: n.Path.Sub != "" && column != n.Path.String()}, true
	case *scimeval.ValuePath:
		// A value path on a sub-attribute is tried where its literal key would stand.
		return candidateUse{node: n}, n.Path.Sub == "" || column == n.Path.String()
	}
	return candidateUse{}, false
}

// preferNested leaves the literal key a.b as it is where the identity has an object a instead.
func (s *changes) preferNested() {
	for atom, slots := range s.byAtom {
		if _, compares := s.x.table.atoms[atom].node.(*scimeval.Comparison); compares && len(slots) == 2 && s.slots[slots[0]].was == nil && s.slots[slots[1]].was != nil {
			s.slots[slots[0]].candidates = nil
		}
	}
}

// try evaluates the candidates of a slot and keeps one for each truth of the atoms.
func (s *changes) try(at *slot, uses []candidateUse) error {
	x := s.x
	var values []*scimeval.Value
	values, at.complete = candidateValues(at.was, uses)
	width := max(1, len(x.program.Attributes()))
	distinct := make(map[string]int) // candidates by the truths of atoms
	for from := 0; from < len(values); {
		to := min(len(values), from+max(1, maxRowsOfOneBatch/width))
		rows := make([]row, to-from)
		for i := range rows {
			rows[i] = x.row.with(x.program.Attributes(), at.name, values[from+i])
		}
		eval, err := x.table.evaluate(rows)
		if err != nil {
			return err
		}
		for i := range rows {
			c := candidate{value: values[from+i], truths: make([]truth, len(at.atoms))}
			key := make([]byte, len(at.atoms))
			for j, atom := range at.atoms {
				c.truths[j] = x.table.truthAt(eval, atom, i)
				key[j] = byte(c.truths[j])
			}
			if same, ok := distinct[string(key)]; !ok {
				distinct[string(key)] = len(at.candidates)
				at.candidates = append(at.candidates, c)
			} else if first := &at.candidates[same]; !s.names(at, *first) && s.names(at, c) && first.value != nil && first.value.Kind() == c.value.Kind() {
				first.value = c.value
			}
		}
		from = to
	}
	return nil
}

// names tells whether a candidate is the literal of an atom that it changes: the value that the policy has in mind.
func (s *changes) names(at *slot, c candidate) bool {
	if c.value == nil {
		return false
	}
	for j, i := range at.atoms {
		if n, ok := s.x.table.atoms[i].node.(*scimeval.Comparison); ok && c.truths[j] != s.x.table.truths[i] && n.Literal.String() == c.value.String() {
			return true
		}
	}
	return false
}

// chosen is the change of one slot.
type chosen struct{ slot, candidate int }

// search is the search for one action or profile.
type search struct {
	*changes
	question *question
	got      func(*outcome) bool
	limit    int
	options  [][]int // candidates of each slot that differ on the atoms of the question
	picked   []chosen
	free     []bool // slots that are to be changed
	verified int
	err      error
}

// smallest finds a change of as few attributes as possible after which got is true of the outcome. nil: there is none
// within 3 attributes among the values that are tried. decided is false when a bound ended the search.
func (s *changes) smallest(q *question, got func(*outcome) bool) (found []chosen, decided bool, err error) {
	f := search{changes: s, question: q, got: got, limit: s.x.decider.steps + changeSteps, free: make([]bool, len(s.slots))}
	var slots []int
	for _, atom := range q.atoms {
		for _, at := range s.byAtom[atom] {
			if !slices.Contains(slots, at) {
				slots = append(slots, at)
			}
		}
	}
	f.options = make([][]int, len(s.slots))
	for _, at := range slots {
		f.options[at] = f.project(at)
	}
	slots = slices.DeleteFunc(slots, func(at int) bool { return len(f.options[at]) == 0 })
	for n := 1; n <= min(maxChanged, len(slots)); n++ {
		if f.subsets(slots, n, nil) {
			return f.picked, true, nil
		}
		if f.err != nil || f.over() {
			return nil, false, f.err
		}
	}
	return nil, !s.untried, nil
}

func (f *search) over() bool { return f.x.decider.steps > f.limit || f.verified >= maxVerified }

// project lists the candidates of a slot that differ from now, and from each other, on the atoms of the question.
func (f *search) project(at int) []int {
	sl := &f.slots[at]
	var asked []int // indices into slot.atoms
	now := []byte{}
	for _, atom := range f.question.atoms {
		if j, ok := slices.BinarySearch(sl.atoms, atom); ok {
			asked = append(asked, j)
			now = append(now, byte(f.x.table.truths[atom]))
		}
	}
	seen := map[string]bool{string(now): true}
	var list []int
	for i, c := range sl.candidates {
		f.x.decider.steps += len(asked)
		key := make([]byte, len(asked))
		for k, j := range asked {
			key[k] = byte(c.truths[j])
		}
		if !seen[string(key)] {
			seen[string(key)] = true
			list = append(list, i)
		}
	}
	return list
}

// subsets tries every set of n of the slots besides those that are in the set already.
func (f *search) subsets(slots []int, n int, set []int) bool {
	if n == 0 {
		return f.viable(set) && f.values(set)
	}
	for i := range slots {
		if len(slots)-i < n || f.over() || f.err != nil {
			return false
		}
		if f.subsets(slots[i+1:], n-1, append(set, slots[i])) {
			return true
		}
	}
	return false
}

// viable tells whether changing the slots of a set may help, whatever their values.
func (f *search) viable(set []int) bool {
	clear(f.free)
	for _, at := range set {
		f.free[at] = true
	}
	return f.holds() != isFalse
}

// values tries the candidates of the slots of a set.
func (f *search) values(set []int) bool {
	if len(set) == 0 {
		return f.holds() == isTrue && f.verify()
	}
	at := set[0]
	for _, c := range f.options[at] {
		if f.over() || f.err != nil {
			break
		}
		f.picked = append(f.picked, chosen{at, c})
		f.free[at] = false
		if f.holds() != isFalse && f.values(set[1:]) {
			return true
		}
		f.picked = f.picked[:len(f.picked)-1]
		f.free[at] = true
	}
	return false
}

// holds evaluates the question under what is picked; atoms of slots that are still free are unknown.
func (f *search) holds() truth {
	for _, atom := range f.question.atoms {
		f.x.decider.atoms[atom] = f.atom(atom)
	}
	f.x.decider.steps += len(f.question.atoms)
	t, _ := f.x.decider.answer(f.question)
	return t
}

func (f *search) atom(atom int) truth {
	t := f.x.table.truths[atom]
	for _, at := range f.byAtom[atom] {
		if f.free[at] {
			return isUnknown
		}
		i := slices.IndexFunc(f.picked, func(c chosen) bool { return c.slot == at })
		if i < 0 {
			continue
		}
		c := &f.slots[at].candidates[f.picked[i].candidate]
		j, _ := slices.BinarySearch(f.slots[at].atoms, atom)
		t = c.truths[j]
		if c.value != nil {
			return t // a literal key a.b hides what the object a says
		}
	}
	return t
}

// verify puts the identity with the changes through the engine.
func (f *search) verify() bool {
	f.verified++
	key := fmt.Sprint(f.picked)
	o, ok := f.outcomes[key]
	if !ok {
		f.x.decider.steps += verifySteps * len(f.x.program.exprs.texts)
		r := f.x.row
		for _, c := range f.picked {
			sl := &f.slots[c.slot]
			r = r.with(f.x.program.Attributes(), sl.name, sl.candidates[c.candidate].value)
		}
		if o, _, f.err = f.x.outcomeOf(r); f.err != nil {
			return false
		}
		f.outcomes[key] = o
	}
	return f.got(o)
}

// describe turns what was chosen into what people and programs read.
func (s *changes) describe(list []chosen) []AttributeChange {
	out := make([]AttributeChange, len(list))
	for i, c := range list {
		sl := &s.slots[c.slot]
		v := sl.candidates[c.candidate].value
		out[i] = AttributeChange{Attribute: sl.name, Value: jsonOf(v), Was: jsonOf(sl.was)}
		out[i].Text = changeText(sl.name, v, out[i].Was)
		for _, atom := range sl.atoms {
			if note := s.x.table.unheard[atom]; note != nil {
				out[i].Note = note
			}
		}
	}
	return out
}
