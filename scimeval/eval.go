package scimeval

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
)

// Evaluator evaluates a program batch by batch. It is not safe for concurrent use. What Lower and Upper return is valid
// until the next call of Evaluate.
type Evaluator struct {
	program *Program
	seen    Observations

	rows     int
	columns  []*column // by attribute
	own      []column  // what columns point to; attributes that share an array share a column
	masks    [][]uint64
	used     int
	leafMask []int32
	nodeMask []int32
	decided  []decided        // by leaf
	ids      map[string]int32 // masks of operations by what made them
	key      []byte
	scratch  [2][]outcome
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
		own:      make([]column, len(p.attributes)),
		leafMask: make([]int32, len(p.leaves)),
		nodeMask: make([]int32, len(p.nodes)),
		decided:  make([]decided, len(p.leaves)),
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
