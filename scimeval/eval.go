package scimeval

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
)

// Evaluator evaluates a program batch by batch. It is not safe for concurrent use. What Lower and Upper return is valid
// until the next call of Evaluate.
type Evaluator struct {
	program *Program
	seen    Observations

	rows     int
	columns  []*column // by attribute
	masks    [][]uint64
	used     int
	leafMask []int32
	nodeMask []int32
	tables   [][]outcome // of the leaves of variant 0 that read one column
	tableOf  []*column
	ids      map[string]int32 // masks by what made them
	key      []byte
	scratch  [2][]outcome
}

// column is an attribute of the batch at hand: its distinct values, and a code a row where 0 = absent.
type column struct {
	id    int
	cells []cell   // value of code i+1
	codes []uint32 // by row
	count []int32  // rows by code

	leaves []columnLeaf // what decideLeaves decides on it
}

// columnLeaf is a leaf that reads a column, and the sub-attribute that it looks into there.
type columnLeaf struct {
	id  int32
	sub string
}

// The first two masks are the constants.
const (
	falseMask int32 = 0
	trueMask  int32 = 1
)

// NewEvaluator makes an evaluator with empty observations.
func (p *Program) NewEvaluator() *Evaluator {
	return &Evaluator{
		program:  p,
		seen:     newObservations(p),
		columns:  make([]*column, len(p.attributes)),
		leafMask: make([]int32, len(p.leaves)),
		nodeMask: make([]int32, len(p.nodes)),
		tables:   make([][]outcome, len(p.leaves)),
		tableOf:  make([]*column, len(p.leaves)),
		ids:      make(map[string]int32),
	}
}

// Evaluate decides every filter, under every variant, on every row of a record that has one column for each of
// Program.Attributes. It fails only if a column holds values of a type that ReadColumn refuses.
func (e *Evaluator) Evaluate(rec arrow.Record) error {
	if int(rec.NumCols()) != len(e.program.attributes) {
		return fmt.Errorf("record has %d columns, the filters read %d", rec.NumCols(), len(e.program.attributes))
	}
	if err := e.load(rec); err != nil {
		return err
	}
	e.used = 0
	clear(e.ids)
	e.newMask() // falseMask
	fill := e.masks[e.newMask()]
	for i := range fill {
		fill[i] = ^uint64(0)
	}
	if tail := e.rows % 64; tail != 0 {
		fill[len(fill)-1] = 1<<tail - 1
	}
	e.decideLeaves()
	for i := range e.program.leaves {
		e.leafMask[i] = e.leaf(int32(i))
	}
	e.nodeMask[falseNode], e.nodeMask[trueNode] = falseMask, trueMask
	for i := 2; i < len(e.program.nodes); i++ {
		e.nodeMask[i] = e.node(&e.program.nodes[i])
	}
	return nil
}

// Rows is the number of rows of the last record.
func (e *Evaluator) Rows() int { return e.rows }

// Lower has a bit for each row, 1 where the filter is certainly true: row r is bit r%64 of word r/64.
func (e *Evaluator) Lower(variant, filter int) []uint64 {
	return e.masks[e.nodeMask[e.program.filters[variant][filter].lower]]
}

// Upper has a bit for each row, 1 where the filter is true or unknown.
func (e *Evaluator) Upper(variant, filter int) []uint64 {
	return e.masks[e.nodeMask[e.program.filters[variant][filter].upper]]
}

// Same tells whether a variant is known to give the filter the masks that variant 0 gives it: false may stand for equal
// masks that were found in different ways.
func (e *Evaluator) Same(variant, filter int) bool {
	a, b := &e.program.filters[0][filter], &e.program.filters[variant][filter]
	return e.nodeMask[a.lower] == e.nodeMask[b.lower] && e.nodeMask[a.upper] == e.nodeMask[b.upper]
}

// Observations is what all calls of Evaluate saw so far.
func (e *Evaluator) Observations() *Observations { return &e.seen }

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
		c := &column{id: i, cells: make([]cell, len(values)), codes: make([]uint32, len(codes)), count: make([]int32, len(values)+1)}
		for j, v := range values {
			c.cells[j].value = v
		}
		for r, code := range codes {
			c.codes[r] = uint32(code + 1)
			c.count[code+1]++
		}
		loaded[arr] = c
		e.columns[i] = c
	}
	return nil
}

// newMask gives the index of a zeroed mask.
func (e *Evaluator) newMask() int32 {
	words := (e.rows + 63) / 64
	if e.used == len(e.masks) {
		e.masks = append(e.masks, nil)
	}
	m := e.masks[e.used]
	if cap(m) < words {
		m = make([]uint64, words)
	}
	m = m[:words]
	clear(m)
	e.masks[e.used] = m
	e.used++
	return int32(e.used - 1)
}

// decideLeaves fills the tables of the leaves that read one column in this batch. It goes column by column and, within
// a column, block by block of values, so that all leaves look at a value while it is in the processor's cache.
func (e *Evaluator) decideLeaves() {
	for i := range e.program.leaves {
		l := &e.program.leaves[i]
		c, sub := e.columns[l.candidates[0].column], l.candidates[0].sub
		if len(l.candidates) > 1 && c.count[0] > 0 {
			if int(c.count[0]) < e.rows {
				e.tableOf[i] = nil // leafOnBoth decides it
				continue
			}
			c, sub = e.columns[l.candidates[1].column], l.candidates[1].sub
		}
		e.tables[i] = slices.Grow(e.tables[i][:0], len(c.count))[:len(c.count)]
		e.tableOf[i] = c
		c.leaves = append(c.leaves, columnLeaf{int32(i), sub})
	}
	const block = 256
	for _, c := range e.columns {
		for from := 0; from < len(c.count); from += block {
			to := min(from+block, len(c.count))
			for _, cl := range c.leaves {
				l := &e.program.leaves[cl.id]
				table := e.tables[cl.id]
				if l.base >= 0 && l.base != cl.id && e.tableOf[l.base] == c {
					copy(table[from:to], e.tables[l.base][from:to])
					redecide(table, l, c, cl.sub, from, to)
				} else {
					decide(table, l, c, cl.sub, from, to)
				}
			}
		}
		c.leaves = nil // a column may stand for several attributes
	}
}

// leaf gives the mask of a leaf and records observations for those of variant 0.
func (e *Evaluator) leaf(id int32) int32 {
	l := &e.program.leaves[id]
	c := e.tableOf[id]
	if c == nil {
		return e.leafOnBoth(id, l, e.columns[l.candidates[0].column], e.columns[l.candidates[1].column])
	}
	if l.base == id {
		sub := l.candidates[0].sub
		if c != e.columns[l.candidates[0].column] {
			sub = l.candidates[1].sub
		}
		e.seen.observe(id, l, c, sub, e.tables[id])
	}
	return e.tableMask(c, e.tables[id])
}

// decide fills a table, from one code to before another, with the outcome of each code that occurs.
func decide(table []outcome, l *leaf, c *column, sub string, from, to int) {
	clear(table[from:to])
	if from == 0 && c.count[0] > 0 {
		table[0] = l.decider.decide(nil, sub)
	}
	for i := max(from, 1); i < to; i++ {
		if c.count[i] > 0 {
			table[i] = l.decider.decide(&c.cells[i-1], sub)
		}
	}
}

// redecide does the same where the table already holds what variant 0 says.
func redecide(table []outcome, l *leaf, c *column, sub string, from, to int) {
	if from == 0 && l.differs&absentBit != 0 && c.count[0] > 0 {
		table[0] = l.decider.decide(nil, sub)
	}
	for i := max(from, 1); i < to; i++ {
		if c.count[i] > 0 && l.differs&(1<<c.cells[i-1].value.kind) != 0 {
			table[i] = l.decider.decide(&c.cells[i-1], sub)
		}
	}
}

// tableMask scans codes into bits. Equal tables over one column share a mask.
func (e *Evaluator) tableMask(c *column, table []outcome) int32 {
	key := append(e.key[:0], 't')
	key = strconv.AppendInt(key, int64(c.id), 10)
	key = append(key, ' ')
	some, all := false, true
	for i, o := range table {
		bit := byte(o & matches)
		if c.count[i] > 0 {
			some = some || bit == 1
			all = all && bit == 1
		}
		key = append(key, bit)
	}
	e.key = key
	switch {
	case !some:
		return falseMask
	case all:
		return trueMask
	}
	if id, ok := e.ids[string(key)]; ok {
		return id
	}
	id := e.newMask()
	lookup(e.masks[id], c.codes, table)
	e.ids[string(key)] = id
	return id
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
		t := slices.Grow(e.scratch[i][:0], len(c.count))[:len(c.count)]
		decide(t, l, c, l.candidates[i].sub, 0, len(t))
		e.scratch[i], tables[i] = t, t
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

// node gives the mask of an operation. Operations on equal masks share the result, so that a variant that changes
// nothing in this batch costs nothing.
func (e *Evaluator) node(n *node) int32 {
	switch n.kind {
	case leafNode:
		return e.leafMask[n.args[0]]
	case notNode:
		return e.not(e.nodeMask[n.args[0]])
	}
	neutral, absorbing := trueMask, falseMask
	if n.kind == orNode {
		neutral, absorbing = falseMask, trueMask
	}
	args := make([]int32, 0, len(n.args))
	for _, a := range n.args {
		switch m := e.nodeMask[a]; m {
		case absorbing:
			return absorbing
		case neutral:
		default:
			args = append(args, m)
		}
	}
	slices.Sort(args)
	args = slices.Compact(args)
	switch len(args) {
	case 0:
		return neutral
	case 1:
		return args[0]
	}
	key := append(e.key[:0], byte('0'+n.kind))
	for _, a := range args {
		key = append(key, byte(a), byte(a>>8), byte(a>>16), byte(a>>24))
	}
	e.key = key
	if id, ok := e.ids[string(key)]; ok {
		return id
	}
	id := e.newMask()
	dst := e.masks[id]
	copy(dst, e.masks[args[0]])
	for _, a := range args[1:] {
		src := e.masks[a][:len(dst)]
		if n.kind == andNode {
			for w := range dst {
				dst[w] &= src[w]
			}
		} else {
			for w := range dst {
				dst[w] |= src[w]
			}
		}
	}
	e.ids[string(key)] = id
	return id
}

func (e *Evaluator) not(arg int32) int32 {
	switch arg {
	case falseMask:
		return trueMask
	case trueMask:
		return falseMask
	}
	key := append(e.key[:0], 'n', byte(arg), byte(arg>>8), byte(arg>>16), byte(arg>>24))
	e.key = key
	if id, ok := e.ids[string(key)]; ok {
		return id
	}
	id := e.newMask()
	dst, src, all := e.masks[id], e.masks[arg], e.masks[trueMask]
	for w := range dst {
		dst[w] = ^src[w] & all[w]
	}
	e.ids[string(key)] = id
	return id
}
