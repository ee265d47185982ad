package loader

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

// popColumn gathers one attribute for a batch: the distinct values and a code a row. Columns with and without folding
// of the same name share it; the rows in which they differ are its variants.
type popColumn struct {
	name     string
	exact    bool // asked for by its exact name
	fold     bool // asked for with case folding
	mover    bool // absent and null are false
	identity bool // with case folding it names the identity
	values   []scimeval.Value
	index    map[string]int32 // from JSON texts (or CSV cells) to codes
	codes    []int32
	variants []foldedRow
	exactly  kindCounts // of the codes, over all batches so far
	folded   kindCounts // the same with the variants
}

// foldedRow is the code that a row has under a case variant of the column's name.
type foldedRow struct {
	row  int
	code int32
}

// kindCounts counts rows by the kind of their value.
type kindCounts [scimeval.KindObject + 1]int

// newPopColumns makes one column per distinct name.
func newPopColumns(attributes []scimeval.Attribute) []*popColumn {
	var columns []*popColumn
	for _, a := range attributes {
		i := slices.IndexFunc(columns, func(c *popColumn) bool { return c.name == a.Name })
		if i < 0 {
			i = len(columns)
			columns = append(columns, &popColumn{name: a.Name, index: make(map[string]int32)})
		}
		c := columns[i]
		if a.Fold {
			c.fold = true
			folded := scimeval.Fold(a.Name)
			c.mover = c.mover || folded == engine.MoverAttribute
			c.identity = folded == "entity_id"
		} else {
			c.exact = true
			c.mover = c.mover || a.Name == engine.MoverAttribute
		}
	}
	return columns
}

// wanted tells whether the column is asked for. Others are read for the join only.
func (c *popColumn) wanted() bool { return c.exact || c.fold }

// add gives a value a code; key finds it again.
func (c *popColumn) add(key string, v scimeval.Value) int32 {
	code := int32(len(c.values))
	c.values = append(c.values, v)
	c.index[key] = code
	return code
}

// intern gives the code of a value from its JSON text: objects that only have an id, and lists of only such objects,
// stand for the ids. Errors are those of scimeval.ParseValue.
func (c *popColumn) intern(text []byte) (int32, error) {
	if code, ok := c.index[string(text)]; ok {
		return code, nil
	}
	if text[0] == '"' && !slices.Contains(text, '\\') {
		key := string(text)
		return c.add(key, scimeval.StringValue(key[1:len(key)-1])), nil
	}
	v, err := scimeval.ParseValue(text)
	if err != nil {
		return scimeval.Absent, err
	}
	canonical := collapse(v)
	key := canonical.String()
	code, ok := c.index[key]
	if !ok {
		code = c.add(key, canonical)
	}
	c.index[string(text)] = code
	return code, nil
}

// internValue gives the code of a value.
func (c *popColumn) internValue(v scimeval.Value) int32 { return c.internAs(v.String(), v) }

// internAs gives the code of a value whose JSON text is key.
func (c *popColumn) internAs(key string, v scimeval.Value) int32 {
	if code, ok := c.index[key]; ok {
		return code
	}
	return c.add(key, v)
}

// internID gives the code of an identity; "" = Absent.
func (c *popColumn) internID(id string) int32 {
	if id == "" {
		return scimeval.Absent
	}
	return c.internValue(scimeval.StringValue(id))
}

// collapse turns {"id": x} into x and a list of only such objects into the list of ids.
func collapse(v scimeval.Value) scimeval.Value {
	if id, ok := onlyID(v); ok {
		return id
	}
	if v.Kind() != scimeval.KindList || len(v.Items()) == 0 {
		return v
	}
	ids := make([]scimeval.Value, len(v.Items()))
	for i, item := range v.Items() {
		id, ok := onlyID(item)
		if !ok {
			return v
		}
		ids[i] = id
	}
	return scimeval.ListValue(ids)
}

func onlyID(v scimeval.Value) (scimeval.Value, bool) {
	if v.Kind() == scimeval.KindObject && len(v.Members()) == 1 && v.Members()[0].Name == "id" {
		return v.Members()[0].Value, true
	}
	return scimeval.Value{}, false
}

// missing tells whether a code stands for absent or null.
func (c *popColumn) missing(code int32) bool {
	return code == scimeval.Absent || c.values[code].Kind() == scimeval.KindNull
}

// append adds a row: the code under the exact name and the code under the first case variant, Absent = there is none.
// It tells whether a column that was asked for got a mover's assumed false.
func (c *popColumn) append(code, variant int32) (assumed bool) {
	usesVariant := c.fold && code == scimeval.Absent && variant != scimeval.Absent
	if c.mover {
		if usesVariant && c.missing(variant) {
			variant = c.internValue(scimeval.BoolValue(false))
			assumed = true
		}
		if c.missing(code) {
			code = c.internValue(scimeval.BoolValue(false))
			assumed = assumed || c.exact || !usesVariant
		}
	}
	if usesVariant {
		c.variants = append(c.variants, foldedRow{len(c.codes), variant})
	}
	c.codes = append(c.codes, code)
	return assumed
}

// arrays builds the batch's arrays, for the exact name and for the folded one (the same array when no row differs),
// counts kinds and begins the next batch. The caller releases both.
func (c *popColumn) arrays(mem memory.Allocator) (exact, folded arrow.Array) {
	for _, code := range c.codes {
		if code != scimeval.Absent {
			c.exactly[c.values[code].Kind()]++
		}
	}
	exact = scimeval.NewJSONColumn(mem, c.values, c.codes)
	if len(c.variants) == 0 {
		exact.Retain()
		folded = exact
	} else {
		c.codes = slices.Clone(c.codes) // exact keeps its own
		for _, v := range c.variants {
			if code := c.codes[v.row]; code != scimeval.Absent {
				c.folded[c.values[code].Kind()]--
			}
			c.folded[c.values[v.code].Kind()]++
			c.codes[v.row] = v.code
		}
		folded = scimeval.NewJSONColumn(mem, c.values, c.codes)
	}
	c.reset()
	return exact, folded
}

// reset begins the next batch. The arrays of the last one keep its values and codes.
func (c *popColumn) reset() {
	clear(c.index)
	c.values = make([]scimeval.Value, 0, len(c.values))
	c.codes = make([]int32, 0, len(c.codes))
	c.variants = c.variants[:0]
}

// mixture describes the kinds of the column's values when there is more than one, null aside; total counts them.
func (c *popColumn) mixture() (kinds string, total int) {
	counts := c.exactly
	if !c.exact {
		for k, n := range c.folded {
			counts[k] += n
		}
	}
	var parts []string
	for k := scimeval.KindBool; k <= scimeval.KindObject; k++ {
		if counts[k] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[k], k))
			total += counts[k]
		}
	}
	if len(parts) < 2 {
		return "", total
	}
	return strings.Join(parts, ", "), total
}
