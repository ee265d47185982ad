package engine

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/lcmsim/lcmsim/scimeval"
)

// row is the values of one identity, one a column; nil = absent.
type row []*scimeval.Value

// readRow reads one row of a record; its values share no memory with the record.
func readRow(rec arrow.Record, i int) (row, error) {
	rows, err := readRows(rec, []int{i})
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

// readRows reads some rows of a record.
func readRows(rec arrow.Record, at []int) ([]row, error) { return parseRows(rec, at, parseText) }

func parseText(text string) (*scimeval.Value, error) {
	v, err := scimeval.ParseValue([]byte(text))
	return &v, err
}

// parseRows is readRows with a way of its own to turn the JSON text of a value into the value.
func parseRows(rec arrow.Record, at []int, parse func(text string) (*scimeval.Value, error)) ([]row, error) {
	rows := make([]row, len(at))
	for i := range rows {
		rows[i] = make(row, rec.NumCols())
	}
	for c := range int(rec.NumCols()) {
		if err := readColumn(rec.Schema().Field(c), rec.Column(c), at, func(i int, text string) (err error) {
			rows[i][c], err = parse(text)
			return err
		}); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// readColumn reads some rows of a column. Dictionaries are read as a whole, as their rows cost nothing; of other columns only what is
// asked for is decoded.
func readColumn(field arrow.Field, column arrow.Array, at []int, take func(i int, text string) error) error {
	read := func(part arrow.Array, rows []int, first int) error {
		values, codes, err := scimeval.ReadColumn(field, part)
		if err != nil {
			return err
		}
		for i, r := range rows {
			if codes[r] == scimeval.Absent {
				continue
			}
			if err := take(first+i, values[codes[r]].String()); err != nil {
				return err
			}
		}
		return nil
	}
	switch column.(type) {
	case *scimeval.JSONColumn, *array.Dictionary:
		return read(column, at, 0)
	}
	for i, r := range at {
		one := array.NewSlice(column, int64(r), int64(r)+1)
		err := read(one, []int{0}, i)
		one.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// OneRow copies row i of a record into a record of its own, which shares no memory with the first.
func OneRow(rec arrow.Record, i int) (arrow.Record, error) {
	list, err := SingleRows(rec, []int{i})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// SingleRows is OneRow for several rows at once.
func SingleRows(rec arrow.Record, at []int) ([]arrow.Record, error) {
	rows, err := readRows(rec, at)
	if err != nil {
		return nil, err
	}
	names := make([]scimeval.Attribute, rec.NumCols())
	for c, f := range rec.Schema().Fields() {
		names[c].Name = f.Name
	}
	list := make([]arrow.Record, len(rows))
	for i, r := range rows {
		list[i] = recordOf(names, []row{r})
	}
	return list, nil
}

// recordOf lays rows out as columns. Values of equal pointers are one entry of a column's dictionary.
func recordOf(attributes []scimeval.Attribute, rows []row) arrow.Record {
	fields := make([]arrow.Field, len(attributes))
	columns := make([]arrow.Array, len(attributes))
	for c, a := range attributes {
		var values []scimeval.Value
		codes := make([]int32, len(rows))
		index := make(map[*scimeval.Value]int32)
		for i, r := range rows {
			v := r[c]
			if v == nil {
				codes[i] = scimeval.Absent
				continue
			}
			code, ok := index[v]
			if !ok {
				code = int32(len(values))
				values = append(values, *v)
				index[v] = code
			}
			codes[i] = code
		}
		fields[c] = scimeval.JSONField(a.Name)
		columns[c] = scimeval.NewJSONColumn(memory.DefaultAllocator, values, codes)
	}
	rec := array.NewRecord(arrow.NewSchema(fields, nil), columns, int64(len(rows)))
	for _, c := range columns {
		c.Release()
	}
	return rec
}

// sameAttribute tells whether a column holds the attribute of that name.
func sameAttribute(column scimeval.Attribute, name string) bool {
	return column.Name == name || column.Fold && scimeval.Fold(column.Name) == scimeval.Fold(name)
}

// with is a copy of the row with an attribute set, or removed where v is nil.
func (r row) with(attributes []scimeval.Attribute, name string, v *scimeval.Value) row {
	out := append(row(nil), r...)
	for c, a := range attributes {
		if sameAttribute(a, name) {
			out[c] = v
		}
	}
	return out
}
