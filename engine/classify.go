package engine

import (
	"math/bits"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/lcmsim/lcmsim/scimeval"
)

// Classes is what one batch of identities comes to: the behaviour class of each, numbered within the batch by first
// appearance. Those of consecutive batches are added up by Simulation.Add.
type Classes struct {
	rows    []int32 // class of each row
	vectors *vectorSet
	sizes   []int
	firsts  []int   // first row of each class
	flips   []flips // by variant; empty for variant 0
	active  int     // identities that count as active
	facts   facts   // of a diff
}

// flips counts the identities whose match vector differs under a variant, by class and by other vector.
type flips struct {
	vectors *vectorSet
	counts  map[flip]int
	holders map[flip][]string // entity_id of those whose revokes may differ too; see Program.holds
	rows    []flipRow         // of a batch, ascending: who they are; nil unless Input.Sampling
}

// flipRow is a row of a batch, and its vector under a variant.
type flipRow struct{ row, other int32 }

type flip struct{ class, other int }

func newFlips(words int) flips {
	return flips{vectors: newVectorSet(words), counts: make(map[flip]int), holders: make(map[flip][]string)}
}

// Classifier turns batches into classes. It is not safe for concurrent use; each worker has its own.
type Classifier struct {
	program  *Program
	eval     *scimeval.Evaluator
	matrix   []uint64    // vectors of the batch, row by row
	baseline *Baseline   // nil = movers are what the records say
	again    *Classifier // classifies with the movers of the earlier version; nil = they are the same
}

// NewClassifier makes a classifier with empty observations.
func (p *Program) NewClassifier() *Classifier {
	return &Classifier{program: p, eval: p.filters.NewEvaluator()}
}

// Observations is what this classifier saw of the population, for Simulation.Result.
func (c *Classifier) Observations() *scimeval.Observations { return c.eval.Observations() }

// Classify evaluates a batch: rec has one column for each of Program.Attributes, ids the entity_id of each row.
func (c *Classifier) Classify(rec arrow.Record, ids []string) (*Classes, error) {
	if c.program.in.Against != nil {
		return c.classifyDiff(rec, ids)
	}
	return c.classify(rec, ids)
}

// evaluate finds the match vector of each row: see Classifier.row.
func (c *Classifier) evaluate(rec arrow.Record, ids []string) error {
	if err := c.eval.Evaluate(rec); err != nil {
		return err
	}
	p := c.program
	masks := make([][]uint64, p.layout.bits)
	for i := range p.exprs.texts {
		masks[p.layout.lower[i]] = c.eval.Lower(0, i)
		if up := p.layout.upper[i]; up != p.layout.lower[i] {
			masks[up] = c.eval.Upper(0, i)
		}
	}
	c.history(masks, ids)
	c.fill(masks, len(ids))
	return nil
}

// classify takes a record with the columns of the filters alone.
func (c *Classifier) classify(rec arrow.Record, ids []string) (*Classes, error) {
	if err := c.evaluate(rec, ids); err != nil {
		return nil, err
	}
	p, n := c.program, len(ids)
	out := &Classes{rows: make([]int32, n), vectors: newVectorSet(p.layout.words), flips: make([]flips, len(p.variants))}
	for r := range n {
		class, added := out.vectors.intern(c.row(r))
		if added {
			out.sizes = append(out.sizes, 0)
			out.firsts = append(out.firsts, r)
		}
		out.sizes[class]++
		out.rows[r] = int32(class)
	}
	for v := 1; v < len(p.variants); v++ {
		out.flips[v] = c.flips(v, out, ids)
	}
	for _, w := range c.eval.Lower(0, p.active) {
		out.active += bits.OnesCount64(w)
	}
	return out, nil
}

func (c *Classifier) row(r int) []uint64 {
	w := c.program.layout.words
	return c.matrix[r*w : (r+1)*w]
}

// fill transposes masks into one vector a row.
func (c *Classifier) fill(masks [][]uint64, n int) {
	words := c.program.layout.words
	blocks := (n + 63) / 64
	if need := blocks * 64 * words; cap(c.matrix) < need {
		c.matrix = make([]uint64, need)
	}
	c.matrix = c.matrix[:blocks*64*words]
	var m [64]uint64
	for b := range blocks {
		for w := range words {
			group := masks[min(w*64, len(masks)):min(w*64+64, len(masks))]
			for i := range m {
				m[i] = 0
				if i < len(group) {
					m[i] = group[i][b]
				}
			}
			transpose(&m)
			for i := range m {
				c.matrix[(b*64+i)*words+w] = m[i]
			}
		}
	}
}

// history sets the masks of the run_once actions that are done.
func (c *Classifier) history(masks [][]uint64, ids []string) {
	p := c.program
	if len(p.layout.done) == 0 {
		return
	}
	words := (len(ids) + 63) / 64
	for _, bit := range p.layout.done {
		masks[bit] = make([]uint64, words)
	}
	for r, id := range ids {
		for _, d := range p.in.History[id] {
			if d.Workflow != "" {
				if bit, ok := p.layout.done[d]; ok {
					masks[bit][r/64] |= 1 << (r % 64)
				}
				continue
			}
			for key, bit := range p.layout.done {
				if key.Action == d.Action {
					masks[bit][r/64] |= 1 << (r % 64)
				}
			}
		}
	}
}

// bitChange is one bit of the match vectors of a batch under a variant.
type bitChange struct {
	bit  int
	mask []uint64
}

// changes finds the rows whose vector is another one under a variant, as a mask, and the bits that may differ.
func (c *Classifier) changes(v int) (differ []uint64, changes []bitChange) {
	p := c.program
	note := func(bit int, was, now []uint64) {
		if differ == nil {
			differ = make([]uint64, len(was))
		}
		for w := range was {
			differ[w] |= was[w] ^ now[w]
		}
		changes = append(changes, bitChange{bit, now})
	}
	for i := range p.exprs.texts {
		if c.eval.Same(v, i) {
			continue
		}
		lower, upper := p.layout.lower[i], p.layout.upper[i]
		note(lower, c.eval.Lower(0, i), c.eval.Lower(v, i))
		if upper != lower {
			note(upper, c.eval.Upper(0, i), c.eval.Upper(v, i))
		}
	}
	return differ, changes
}

// changed is the vector of a row with some bits changed, in vector.
func (c *Classifier) changed(vector []uint64, r int, changes []bitChange) {
	copy(vector, c.row(r))
	for _, ch := range changes {
		vector[ch.bit/64] &^= 1 << (ch.bit % 64)
		vector[ch.bit/64] |= (ch.mask[r/64] >> (r % 64) & 1) << (ch.bit % 64)
	}
}

// flips finds the rows whose vector differs under a variant.
func (c *Classifier) flips(v int, base *Classes, ids []string) flips {
	p := c.program
	out := newFlips(p.layout.words)
	differ, changes := c.changes(v)
	vector := make([]uint64, p.layout.words)
	for w, word := range differ {
		for ; word != 0; word &= word - 1 {
			r := w*64 + bits.TrailingZeros64(word)
			c.changed(vector, r, changes)
			other, _ := out.vectors.intern(vector)
			f := flip{int(base.rows[r]), other}
			out.counts[f]++
			if p.in.Sampling {
				out.rows = append(out.rows, flipRow{int32(r), int32(other)})
			}
			if p.holds(ids[r]) {
				out.holders[f] = append(out.holders[f], strings.Clone(ids[r]))
			}
		}
	}
	return out
}
