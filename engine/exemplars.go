package engine

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/lcmsim/lcmsim/scimeval"
)

// maxKept bounds the classes whose exemplar is kept.
const maxKept = 1 << 12

// Exemplars keeps the attributes of the exemplar of every class, so that it can be explained. Memory depends on the number of
// classes, of which the first 4,096 are kept: large classes come early.
type Exemplars struct {
	attributes []scimeval.Attribute
	rows       []row                      // by class
	values     map[string]*scimeval.Value // by JSON text: what many have is kept once
}

// NewExemplars starts with none. attributes are the columns of the batches.
func NewExemplars(attributes []scimeval.Attribute) *Exemplars {
	return &Exemplars{attributes: attributes, values: make(map[string]*scimeval.Value)}
}

// Add takes a batch and the classes of its rows, as Simulation.Add or Diff.Add gave them, and gives the rows of the exemplars that are
// new. Batches come in the order in which they came there.
func (x *Exemplars) Add(rec arrow.Record, classes []int32) (added []int, err error) {
	for r, class := range classes {
		if int(class) == len(x.rows)+len(added) && int(class) < maxKept {
			added = append(added, r)
		}
	}
	if len(added) == 0 {
		return nil, nil
	}
	rows, err := parseRows(rec, added, x.value)
	x.rows = append(x.rows, rows...)
	return added, err
}

func (x *Exemplars) value(text string) (*scimeval.Value, error) {
	if v := x.values[text]; v != nil {
		return v, nil
	}
	v, err := parseText(text)
	x.values[text] = v
	return v, err
}

// Has tells whether the exemplar of a class was kept.
func (x *Exemplars) Has(class int) bool { return class < len(x.rows) }

// Record is the exemplar of a class as Explain takes it: one row, and a column for each of the attributes. The caller releases it.
// nil = it was not kept, or the batches did not have the attributes.
func (x *Exemplars) Record(class int, attributes []scimeval.Attribute) arrow.Record {
	if !x.Has(class) {
		return nil
	}
	values := make(row, len(attributes))
	for c, a := range attributes {
		at := slices.Index(x.attributes, a)
		if at < 0 { // what folded names would find matters to alternative rules only, which are not explained
			at = slices.IndexFunc(x.attributes, func(b scimeval.Attribute) bool { return b.Name == a.Name })
		}
		if at < 0 {
			return nil
		}
		values[c] = x.rows[class][at]
	}
	return recordOf(attributes, []row{values})
}
