package engine

import "strings"

// reasonSteps bounds the work on one reason: parts of expressions that are evaluated.
const reasonSteps = 1_000_000

// because explains a question whose answer is true, or unknown: then it says what would have to be true.
func (x *explainer) because(q *question) Reason {
	d := x.decider
	x.assign(q)
	switch t, _ := d.answer(q); t {
	case isTrue:
		return x.reduce(q, isTrue, d.dropOrder(q, isTrue))
	case isFalse:
		return x.reduce(q, isFalse, d.dropOrder(q, isFalse))
	case isUnknown:
	}
	if !d.complete(q, d.steps+reasonSteps) {
		// No truth of what is unknown leads there, or none was found: everything unknown matters.
		return x.undecided(q)
	}
	var assumed, rest []int
	for _, atom := range d.dropOrder(q, isTrue) {
		if x.table.truths[atom] == isUnknown {
			assumed = append(assumed, atom)
		} else {
			rest = append(rest, atom)
		}
	}
	r := x.reduce(q, isTrue, append(assumed, rest...))
	if len(r.Assumed) == 0 {
		// It follows whatever the truth of what is unknown is, in different ways. A simulation does not look that far.
		x.assign(q)
		_, open := d.answer(q)
		r.Assumed, r.Irreducible = append(r.Assumed, x.atomTruth(open, isUnknown)), false
		r.Text = r.text()
	}
	return r
}

// assign gives the atoms of a question their truth for the identity.
func (x *explainer) assign(q *question) {
	for _, atom := range q.atoms {
		x.decider.atoms[atom] = x.table.truths[atom]
	}
}

// reduce makes the reason of what remains of the assignment.
func (x *explainer) reduce(q *question, want truth, drop []int) Reason {
	d := x.decider
	r := Reason{Atoms: []AtomTruth{}, Assumed: []AtomTruth{}}
	r.Irreducible = d.sufficient(q, want, drop, reasonSteps)
	for _, atom := range q.atoms {
		switch t := d.atoms[atom]; {
		case t == isUnknown:
		case x.table.truths[atom] == isUnknown:
			r.Assumed = append(r.Assumed, x.atomTruth(atom, t))
		default:
			r.Atoms = append(r.Atoms, x.atomTruth(atom, t))
		}
	}
	r.Text = r.text()
	return r
}

// undecided names everything unknown that a question depends on.
func (x *explainer) undecided(q *question) Reason {
	r := Reason{Atoms: []AtomTruth{}, Assumed: []AtomTruth{}}
	for _, atom := range q.atoms {
		switch t := x.table.truths[atom]; t {
		case isUnknown:
			r.Assumed = append(r.Assumed, x.atomTruth(atom, isUnknown))
		default:
			r.Atoms = append(r.Atoms, x.atomTruth(atom, t))
		}
	}
	r.Text = r.text()
	return r
}

// text is the reason on one line.
func (r *Reason) text() string {
	parts := make([]string, 0, len(r.Atoms)+len(r.Assumed))
	for _, a := range r.Atoms {
		parts = append(parts, a.Text)
	}
	text := strings.Join(parts, " and ")
	if text == "" && len(r.Assumed) == 0 {
		text = "no attribute matters"
	}
	if len(r.Assumed) > 0 {
		parts = parts[:0]
		for _, a := range r.Assumed {
			parts = append(parts, a.Text)
		}
		if text != "" {
			text += ", "
		}
		link := "if "
		if r.Assumed[0].Truth == isUnknown.String() {
			link = "depending on "
		}
		return text + link + strings.Join(parts, " and ")
	}
	if !r.Irreducible {
		text += " (perhaps not the shortest reason)"
	}
	return text
}

func (x *explainer) atomTruth(atom int, t truth) AtomTruth {
	a := &x.table.atoms[atom]
	out := AtomTruth{Atom: a.text, Truth: t.String(), Note: x.table.note(atom)}
	if x.table.truths[atom] == isUnknown {
		out.Text = unknownText(a, t)
		return out
	}
	name, v := x.attributeOf(atom)
	out.Attribute, out.Value = &name, jsonOf(v)
	out.Text = atomText(a.node, t == isTrue, v)
	return out
}

func (t truth) String() string { return [...]string{"false", "unknown", "true"}[t] }
