package scimeval

import "slices"

// Observations is what evaluation learned about a population besides the masks. Those of two batches add up.
type Observations struct {
	mismatches    []int // rows, by leaf
	notTimestamps []int // rows, by leaf
	has           []bool
}

func newObservations(p *Program) Observations {
	return Observations{
		mismatches:    make([]int, len(p.leaves)),
		notTimestamps: make([]int, len(p.leaves)),
		has:           make([]bool, len(p.names)),
	}
}

// Add merges the observations of other batches of the same program.
func (o *Observations) Add(other *Observations) {
	for i := range o.mismatches {
		o.mismatches[i] += other.mismatches[i]
		o.notTimestamps[i] += other.notTimestamps[i]
	}
	for i := range o.has {
		o.has[i] = o.has[i] || other.has[i]
	}
}

// observe records what a leaf says about the rows of its column.
func (o *Observations) observe(id int32, l *leaf, d *decided) {
	if d.any&found != 0 {
		o.has[l.name] = true
	}
	if d.any&(mismatch|notTimestamp) == 0 && l.inner == nil {
		return
	}
	for code, out := range d.table {
		if d.on.count[code] == 0 {
			continue
		}
		o.add(id, l, out, int(d.on.count[code]))
		if code > 0 && l.inner != nil {
			o.inside(l, d.on.cells[code-1].value, d.sub)
		}
	}
}

func (o *Observations) add(id int32, l *leaf, out outcome, rows int) {
	if out&mismatch != 0 {
		o.mismatches[id] += rows
	}
	if out&notTimestamp != 0 {
		o.notTimestamps[id] += rows
	}
	if out&found != 0 {
		o.has[l.name] = true
	}
}

// inside records which names of a value path's body some element has.
func (o *Observations) inside(l *leaf, v Value, sub string) {
	path, ok := l.decider.(*loosePath)
	if !ok {
		return
	}
	for i := range l.inner {
		if in := &l.inner[i]; !o.has[in.name] {
			o.has[in.name] = path.has(v, sub, &in.test)
		}
	}
}

// wanted describes what the site's comparison takes.
func (s *site) wanted() string {
	if s.literal.Kind() == KindNull {
		return "the bracket compares with"
	}
	return "the " + s.literal.Kind().String() + " " + abridge(s.literal.String())
}

// Notices are what to tell about the i-th filter: those that its text alone gives and those that the population gives.
// known are the names of all attributes of the population, for suggestions.
func (p *Program) Notices(i int, o *Observations, known []string) []Notice {
	f := p.Filter(i)
	list := slices.Clone(f.Notices)
	for _, s := range f.sites {
		if !o.has[s.name] {
			n := Notice{Code: NoticeUnknownAttribute, Offset: s.at, Message: "no identity has attribute " + s.path + "; it counts as absent"}
			if s.leaf < 0 {
				n.Message = "no element has attribute " + s.path + "; it counts as absent"
			} else if near := Nearest(s.path, known); near != "" {
				n.Hint = "did you mean " + near + "?"
			}
			list = append(list, n)
		}
		if s.leaf < 0 {
			continue
		}
		if n := o.mismatches[s.leaf]; n > 0 {
			list = append(list, Notice{Code: NoticeTypeMismatch, Offset: s.literalAt, Count: n,
				Message: s.path + " holds values of another type than " + s.wanted() + ": the comparison is false for them (ne: true)",
				Hint:    "write the literal in the type of the data, or mend the data"})
		}
		if n := o.notTimestamps[s.leaf]; n > 0 {
			list = append(list, Notice{Code: NoticeNotATimestamp, Offset: s.literalAt, Count: n,
				Message: "only one side of the comparison with " + s.path + " is a timestamp: compared as text",
				Hint:    "timestamps are 2024-01-31 or 2024-01-31T08:30:00Z"})
		}
	}
	slices.SortStableFunc(list, func(a, b Notice) int { return a.Offset - b.Offset })
	return list
}
