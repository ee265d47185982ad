package engine

import (
	"cmp"
	"hash/maphash"
	"math/bits"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/lcmsim/lcmsim/scimeval"
)

// facts are what a diff knows of a batch besides the match vectors.
type facts struct {
	earlier *Classes   // the rows under the mover properties of the earlier version; nil = as under those of the later one
	movers  []uint64   // mask of those that moved, under the later version; nil = there is no baseline population
	active  []uint64   // mask of those that count as active
	keys    []moverKey // by row, then by mover property; nil unless there is a baseline population
	cohorts []cohortColumn
	tenant  []string // the tenant's own id of each row; nil unless asked for
}

// moverKey stands for a value of a mover property: two seeded hashes of its canonical text, in which the order of members does not matter. Absent, null and "" are the zero key.
// Two values that agree in all 128 bits would be taken for equal; among a billion the chance of that is below 1e-20.
type moverKey [2]uint64

// moverSeeds are drawn anew in every process: keys are compared within one run, and no result depends on them.
var moverSeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func moverKeyOf(v scimeval.Value) moverKey {
	if v.Kind() == scimeval.KindNull || v.Kind() == scimeval.KindString && v.Text() == "" {
		return moverKey{}
	}
	text := ordered(v).AppendJSON(nil)
	return moverKey{maphash.Bytes(moverSeeds[0], text) | 1, maphash.Bytes(moverSeeds[1], text)}
}

// ordered is a value with the members of objects by name.
func ordered(v scimeval.Value) scimeval.Value {
	switch v.Kind() {
	case scimeval.KindList:
		items := slices.Clone(v.Items())
		for i := range items {
			items[i] = ordered(items[i])
		}
		return scimeval.ListValue(items)
	case scimeval.KindObject:
		members := slices.Clone(v.Members())
		for i := range members {
			members[i].Value = ordered(members[i].Value)
		}
		slices.SortFunc(members, func(a, b scimeval.Member) int { return cmp.Compare(a.Name, b.Name) })
		return scimeval.ObjectValue(members)
	}
	return v
}

// cohortColumn is an attribute of the rows: distinct values and a code a row, as scimeval.ReadColumn gives them.
type cohortColumn struct {
	values []scimeval.Value
	codes  []int32
}

// classifyDiff classifies a batch of a diff: its record has the columns of the filters and more.
func (c *Classifier) classifyDiff(rec arrow.Record, ids []string) (*Classes, error) {
	p := c.program
	f, err := c.facts(rec, ids)
	if err != nil {
		return nil, err
	}
	masks := [2][]uint64{} // movers under the later version, and under the earlier one
	if c.baseline != nil {
		masks[0], masks[1] = c.baseline.movers(f.keys, ids, p.columns.later), c.baseline.movers(f.keys, ids, p.columns.earlier)
		f.movers = masks[0]
	}
	filters := func(movers []uint64) arrow.Record {
		n := len(p.filters.Attributes())
		columns := append([]arrow.Array(nil), rec.Columns()[:n]...)
		fields := append([]arrow.Field(nil), rec.Schema().Fields()[:n]...)
		if movers != nil {
			for _, i := range p.columns.isMover {
				b := array.NewBooleanBuilder(memory.DefaultAllocator)
				b.Reserve(len(ids))
				for r := range ids {
					b.UnsafeAppend(bitAt(movers, r))
				}
				columns[i], fields[i] = b.NewArray(), arrow.Field{Name: fields[i].Name, Type: arrow.FixedWidthTypes.Boolean}
				b.Release()
			}
		}
		return array.NewRecord(arrow.NewSchema(fields, nil), columns, int64(len(ids)))
	}
	later := filters(masks[0])
	defer later.Release()
	out, err := c.classify(later, ids)
	if err != nil {
		return nil, err
	}
	f.active = append([]uint64(nil), c.eval.Lower(0, p.active)...)
	if c.again != nil {
		earlier := filters(masks[1])
		defer earlier.Release()
		if f.earlier, err = c.again.classify(earlier, ids); err != nil {
			return nil, err
		}
	}
	out.facts = f
	return out, nil
}

// facts reads the further columns of a batch.
func (c *Classifier) facts(rec arrow.Record, ids []string) (facts, error) {
	var f facts
	p := c.program
	read := func(column int) ([]scimeval.Value, []int32, error) {
		return scimeval.ReadColumn(rec.Schema().Field(column), rec.Column(column))
	}
	if p.in.Against.data() {
		f.keys = make([]moverKey, len(ids)*len(p.columns.movers))
		for i, column := range p.columns.movers {
			values, codes, err := read(column)
			if err != nil {
				return f, err
			}
			keys := make([]moverKey, len(values))
			for v := range values {
				keys[v] = moverKeyOf(values[v])
			}
			for r, code := range codes {
				if code != scimeval.Absent {
					f.keys[r*len(p.columns.movers)+i] = keys[code]
				}
			}
		}
	}
	for _, column := range p.columns.cohorts {
		values, codes, err := read(column)
		if err != nil {
			return f, err
		}
		f.cohorts = append(f.cohorts, cohortColumn{values, codes})
	}
	if p.columns.id >= 0 {
		values, codes, err := read(p.columns.id)
		if err != nil {
			return f, err
		}
		f.tenant = make([]string, len(ids))
		for r, code := range codes {
			if code != scimeval.Absent && values[code].Kind() == scimeval.KindString {
				f.tenant[r] = values[code].Text()
			}
		}
	}
	return f, nil
}

// Baseline is an earlier population, classified and indexed by entity_id. Add fills it; after that it is immutable and safe for
// concurrent use.
type Baseline struct {
	program *Program
	vectors *vectorSet
	index   map[string]int32 // entity_id to row
	ids     []string         // by row
	class   []int32          // by row
	active  []uint64         // mask of rows
	keys    []moverKey       // by row, then by mover property
	total   int              // identities that count as active
	found   found
}

// NewBaseline starts with no identities.
func (p *Program) NewBaseline() *Baseline {
	return &Baseline{program: p, vectors: newVectorSet(p.layout.words), index: make(map[string]int32)}
}

// Add adds the next batch, which a classifier of NewClassifier made. The ids are kept.
func (b *Baseline) Add(batch *Classes, ids []string) {
	number := make([]int32, len(batch.sizes))
	for i := range number {
		n, _ := b.vectors.intern(batch.vectors.at(i))
		number[i] = int32(n)
	}
	for r, id := range ids {
		row := int32(len(b.ids))
		id = string([]byte(id))
		b.index[id] = row
		b.ids = append(b.ids, id)
		b.class = append(b.class, number[batch.rows[r]])
		if int(row)/64 == len(b.active) {
			b.active = append(b.active, 0)
		}
		b.active[row/64] |= batch.facts.active[r/64] >> (r % 64) & 1 << (row % 64)
	}
	b.keys = append(b.keys, batch.facts.keys...)
	b.found.add(batch.facts.keys, len(b.program.columns.movers))
	b.total += batch.active
}

// found tells which mover properties some identity has.
type found []bool

func (f *found) add(keys []moverKey, properties int) {
	if *f == nil {
		*f = make(found, properties)
	}
	for i := 0; properties > 0 && i < len(keys); i++ {
		if keys[i] != (moverKey{}) {
			(*f)[i%properties] = true
		}
	}
}

func (f found) has(property int) bool { return property < len(f) && f[property] }

// Len is the number of identities.
func (b *Baseline) Len() int { return len(b.ids) }

// wasActive tells whether the identity of a row counted as active.
func (b *Baseline) wasActive(row int32) bool { return bitAt(b.active, int(row)) }

// movers is the mask of the rows of which one of the properties differs from the earlier one. New identities are no movers.
func (b *Baseline) movers(keys []moverKey, ids []string, properties []int) []uint64 {
	mask := make([]uint64, (len(ids)+63)/64)
	if len(properties) == 0 {
		return mask
	}
	n := len(b.program.columns.movers)
	for r, id := range ids {
		row, known := b.index[id]
		if !known {
			continue
		}
		for _, i := range properties {
			if keys[r*n+i] != b.keys[int(row)*n+i] {
				mask[r/64] |= 1 << (r % 64)
				break
			}
		}
	}
	return mask
}

// NewClassifierAgainst makes a classifier of the later population, in which those move who differ from the baseline.
func (p *Program) NewClassifierAgainst(b *Baseline) *Classifier {
	c := p.NewClassifier()
	c.baseline = b
	if b != nil && p.columns.twoMovers() {
		c.again = p.NewClassifier()
	}
	return c
}

// countBits is how many bits of a mask are set.
func countBits(mask []uint64) int {
	n := 0
	for _, w := range mask {
		n += bits.OnesCount64(w)
	}
	return n
}
