package scimeval

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
)

// column is an attribute of the batch at hand: its distinct values, and a code a row where 0 = absent.
type column struct {
	cells  []cell   // value of code i+1
	codes  []uint32 // by row
	count  []int32  // rows by code
	leaves []int32  // those that read it, for decideLeaves
}

// decided is a leaf on the batch at hand: its outcome by code of the column that it reads.
type decided struct {
	table []outcome
	on    *column // nil: the leaf reads two columns, see leafOnBoth
	sub   string  // the sub-attribute that it looks into
	any   outcome // or over the codes that occur
	all   outcome // and over the codes that occur
}

// load reads the columns. Attributes that share an arrow array share a column.
func (e *Evaluator) load(rec arrow.Record) error {
	e.rows = int(rec.NumRows())
	loaded := make(map[arrow.Array]*column, len(e.columns))
	for i := range e.columns {
		arr := rec.Column(i)
		if c, ok := loaded[arr]; ok {
			e.columns[i] = c
			continue
		}
		values, codes, err := ReadColumn(rec.Schema().Field(i), arr)
		if err != nil {
			return err
		}
		c := &e.own[i]
		c.fill(values, codes)
		loaded[arr] = c
		e.columns[i] = c
	}
	return nil
}

// fill takes over the values and codes of a batch; a code of -1 is absent.
func (c *column) fill(values []Value, codes []int32) {
	c.leaves = c.leaves[:0]
	if len(values) < len(c.cells) {
		clear(c.cells[len(values):]) // lets go of the values of the last batch
	}
	c.cells = slices.Grow(c.cells[:0], len(values))[:len(values)]
	for i, v := range values {
		c.cells[i] = cell{value: v}
	}
	c.count = slices.Grow(c.count[:0], len(values)+1)[:len(values)+1]
	clear(c.count)
	c.codes = slices.Grow(c.codes[:0], len(codes))[:len(codes)]
	for r, code := range codes {
		c.codes[r] = uint32(code + 1)
		c.count[code+1]++
	}
}

// decideLeaves fills the tables of the leaves that read one column in this batch. It goes column by column and, within
// a column, block by block of values, so that all leaves look at a value while it is in the processor's cache.
func (e *Evaluator) decideLeaves() {
	for i := range e.program.leaves {
		l, d := &e.program.leaves[i], &e.decided[i]
		d.on, d.sub = e.columns[l.candidates[0].column], l.candidates[0].sub
		if len(l.candidates) > 1 && d.on.count[0] > 0 {
			if int(d.on.count[0]) < e.rows {
				d.on = nil
				continue
			}
			d.on, d.sub = e.columns[l.candidates[1].column], l.candidates[1].sub
		}
		d.table = slices.Grow(d.table[:0], len(d.on.count))[:len(d.on.count)]
		d.any, d.all = 0, ^outcome(0)
		d.on.leaves = append(d.on.leaves, int32(i))
	}
	const block = 256
	for i := range e.own {
		c := &e.own[i]
		for from := 0; from < len(c.count) && len(c.leaves) > 0; from += block {
			to := min(from+block, len(c.count))
			for _, id := range c.leaves {
				l, d := &e.program.leaves[id], &e.decided[id]
				if base := e.baseOf(id); base != nil {
					copy(d.table[from:to], base.table[from:to])
					d.decide(l, from, to, l.differs)
				} else {
					clear(d.table[from:to])
					d.decide(l, from, to, everyKind)
				}
			}
		}
		c.leaves = c.leaves[:0]
	}
}

// baseOf is what variant 0 decided in the place of a leaf of another variant, if it reads the same column.
func (e *Evaluator) baseOf(id int32) *decided {
	l := &e.program.leaves[id]
	if l.base < 0 || l.base == id || e.decided[l.base].on != e.decided[id].on {
		return nil
	}
	return &e.decided[l.base]
}

// decide fills the table, from one code to before another, with the outcome of each code that occurs and whose value is
// of one of the kinds. The others have theirs already.
func (d *decided) decide(l *leaf, from, to int, which kindSet) {
	c, all, or := d.on, d.all, d.any
	if from == 0 {
		if c.count[0] > 0 {
			if which&absentBit != 0 {
				d.table[0] = l.decider.decide(nil, d.sub)
			}
			all, or = all&d.table[0], or|d.table[0]
		}
		from = 1
	}
	plain, direct := l.decider.(looseComparison)
	direct = direct && d.sub == ""
	table, cells, count := d.table[:to], c.cells[:to-1], c.count[:to]
	for i := from; i < to; i++ {
		if count[i] == 0 {
			continue
		}
		v := &cells[i-1]
		if which&(1<<v.value.kind) != 0 {
			switch {
			case !direct:
				table[i] = l.decider.decide(v, d.sub)
			case plain.direct && v.value.kind == KindString:
				table[i] = plain.string(v.value.text)
			default:
				table[i] = plain.attribute(v)
			}
		}
		all, or = all&table[i], or|table[i]
	}
	d.all, d.any = all, or
}

// leaf gives the mask of a leaf and records observations for those of variant 0.
func (e *Evaluator) leaf(id int32) int32 {
	l, d := &e.program.leaves[id], &e.decided[id]
	if d.on == nil {
		return e.leafOnBoth(id, l, e.columns[l.candidates[0].column], e.columns[l.candidates[1].column])
	}
	if l.base == id {
		e.seen.observe(id, l, d)
	}
	switch {
	case d.any&matches == 0 || e.rows == 0:
		return falseMask
	case d.all&matches != 0:
		return trueMask
	}
	if base := e.baseOf(id); base != nil && sameMatches(base.table, d.table) {
		return e.leafMask[l.base]
	}
	mask := e.newMask()
	lookup(e.masks[mask], d.on.codes, d.table)
	return mask
}

// sameMatches tells whether two tables of one column match the same codes.
func sameMatches(a, b []outcome) bool {
	for i := range a {
		if (a[i]^b[i])&matches != 0 {
			return false
		}
	}
	return true
}

// lookup is the kernel: bit r of dst is the match bit of table at codes[r].
func lookup(dst []uint64, codes []uint32, table []outcome) {
	w := 0
	for ; len(codes) >= 64; codes = codes[64:] {
		c := codes[:64:64]
		var word uint64
		for j := 0; j < 64; j += 8 {
			b := uint64(table[c[j]]&1) | uint64(table[c[j+1]]&1)<<1 | uint64(table[c[j+2]]&1)<<2 | uint64(table[c[j+3]]&1)<<3 |
				uint64(table[c[j+4]]&1)<<4 | uint64(table[c[j+5]]&1)<<5 | uint64(table[c[j+6]]&1)<<6 | uint64(table[c[j+7]]&1)<<7
			word |= b << j
		}
		dst[w] = word
		w++
	}
	for j, code := range codes {
		dst[w] |= uint64(table[code]&1) << j
	}
}

// leafOnBoth decides a leaf whose literal key some rows have and others do not.
func (e *Evaluator) leafOnBoth(id int32, l *leaf, first, second *column) int32 {
	var tables [2][]outcome
	for i, c := range []*column{first, second} {
		d := decided{table: slices.Grow(e.scratch[i][:0], len(c.count))[:len(c.count)], on: c, sub: l.candidates[i].sub}
		clear(d.table)
		d.decide(l, 0, len(c.count), everyKind)
		e.scratch[i], tables[i] = d.table, d.table
	}
	mask := e.newMask()
	dst := e.masks[mask]
	for r := range e.rows {
		o := tables[0][first.codes[r]]
		if first.codes[r] == 0 {
			o = tables[1][second.codes[r]]
		}
		dst[r/64] |= uint64(o&matches) << (r % 64)
		if l.base == id {
			e.seen.add(id, l, o, 1)
			if l.inner != nil {
				if first.codes[r] != 0 {
					e.seen.inside(l, first.cells[first.codes[r]-1].value, l.candidates[0].sub)
				} else if second.codes[r] != 0 {
					e.seen.inside(l, second.cells[second.codes[r]-1].value, l.candidates[1].sub)
				}
			}
		}
	}
	return mask
}
