package loader

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

// nativePopulation reads a population that comes in arrow records. Where a file is flat, its arrays become columns as
// they are. Where it has objects, which may stand for attributes, where names differ by case only, and for a join, its
// rows go the way of JSON records. An arrow null is an attribute that the record does not have.
type nativePopulation struct {
	in      *intake
	records *recordReader
	fields  []nativeField // those that are read
	flat    bool
	id      int   // of fields; -1 = there is none
	typ     int   // entity_type, the same
	name    int   // entity_name, the same
	feeds   []int // of fields, by column of the intake; -1 = no field
	rows    int   // read so far
	raw     []byte
}

// nativeField is a field that is read.
type nativeField struct {
	name string // in the file
	use  *attributeUse
	key  []byte // the name as JSON text
}

// newNativePopulation decides by the schema of the file what is to be read. keep has one entry a field.
func newNativePopulation(in *intake, schema *arrow.Schema) (n *nativePopulation, keep []bool, err error) {
	in.unit = "row"
	n = &nativePopulation{in: in, records: newRecordReader(in), id: -1, typ: -1, name: -1}
	n.flat = in.join == nil && in.side == nil
	n.feeds = slices.Repeat([]int{-1}, len(in.columns))
	at := engine.Position{File: in.opt.Path}
	seen := make(map[string]bool)
	nested := false
	for _, f := range schema.Fields() {
		if seen[f.Name] {
			in.refuse(at, "rename one of them", "has two columns called %s", abridge(f.Name))
			continue
		}
		seen[f.Name] = true
		attribute, _ := customName(f.Name)
		use := n.records.use(attribute)
		container := (f.Name == "attributes" || f.Name == "custom_properties") && isObjects(f.Type)
		nested = nested || container
		keep = append(keep, use.wanted() || container)
		if !use.wanted() && !container {
			use.account.records = NotCounted
			continue
		}
		if err := supported(f, in.opt.Allocator); err != nil {
			in.refuse(at, "write it as a string, a number, a boolean, a timestamp, a list or a struct", "%v", err)
			continue
		}
		key, err := jsontext.AppendQuote(nil, f.Name)
		if err != nil {
			in.refuse(at, "", "a column has a name that is no UTF-8 text")
			continue
		}
		n.field(f, nativeField{f.Name, use, key}, container)
	}
	if n.id < 0 && !nested && in.side == nil {
		in.refuse(at, "name the identifying column as id in schema.yaml, or rename it", "has no column %s", in.identifier)
	}
	return n, keep, in.problems.err()
}

// field adds a field to those that are read.
func (n *nativePopulation) field(f arrow.Field, nf nativeField, container bool) {
	i := len(n.fields)
	n.fields = append(n.fields, nf)
	n.flat = n.flat && !container && !isObjects(f.Type) && len(nf.use.variants) == 0
	for _, other := range n.fields[:i] {
		n.flat = n.flat && other.use != nf.use
	}
	if nf.use.column >= 0 {
		n.feeds[nf.use.column] = i
	}
	switch nf.use.account.name {
	case n.in.identifier:
		n.id = i
	case "entity_type":
		n.typ = i
	case "entity_name":
		n.name = i
	}
}

// isObjects tells whether values of the type are objects or lists of objects.
func isObjects(t arrow.DataType) bool {
	switch t := t.(type) {
	case *arrow.StructType, *arrow.MapType:
		return true
	case *arrow.DictionaryType:
		return isObjects(t.ValueType)
	case arrow.ExtensionType:
		return isObjects(t.StorageType())
	case arrow.ListLikeType:
		return isObjects(t.Elem())
	}
	return false
}

// supported tells whether scimeval reads columns of the field's type.
func supported(f arrow.Field, mem memory.Allocator) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("column %s: type %s is not supported", f.Name, f.Type)
		}
	}()
	builder := array.NewBuilder(mem, f.Type)
	defer builder.Release()
	empty := builder.NewArray()
	defer empty.Release()
	_, _, err = scimeval.ReadColumn(f, empty)
	return err
}

// take reads a record that has the fields of n. An error ends the reading of the file.
func (n *nativePopulation) take(columns []arrow.Array, rows int) error {
	if n.flat {
		return n.takeFlat(columns, rows)
	}
	return n.takeRows(columns, rows)
}

// takeRows makes a JSON record of each row.
func (n *nativePopulation) takeRows(columns []arrow.Array, rows int) error {
	texts := make([][][]byte, len(columns))
	codes := make([][]int32, len(columns))
	for i, arr := range columns {
		if err := checkLayout(arr); err != nil {
			return n.refuseColumn(fmt.Errorf("column %s: %w", n.fields[i].name, err))
		}
		values, rowCodes, err := scimeval.ReadColumn(n.plainField(i, arr), arr)
		if err != nil {
			return n.refuseColumn(err)
		}
		codes[i] = rowCodes
		texts[i] = make([][]byte, len(values))
		for j, v := range values {
			texts[i][j] = v.AppendJSON(nil)
		}
	}
	for row := range rows {
		n.raw = append(n.raw[:0], '{')
		for i, f := range n.fields {
			code := codes[i][row]
			if code == scimeval.Absent {
				continue
			}
			if len(n.raw) > 1 {
				n.raw = append(n.raw, ',')
			}
			n.raw = append(append(append(n.raw, f.key...), ':'), texts[i][code]...)
		}
		n.raw = append(n.raw, '}')
		n.rows++
		if err := n.records.read(n.raw, recordPlace{line: n.rows, index: -1}); err != nil {
			return err
		}
	}
	return nil
}

// plainField is the field of an array of the file; what the file says about the field beside its type is not taken
// over.
func (n *nativePopulation) plainField(i int, arr arrow.Array) arrow.Field {
	return arrow.Field{Name: n.fields[i].name, Type: arr.DataType(), Nullable: true}
}

// refuseColumn records an error of scimeval.ReadColumn and ends the reading.
func (n *nativePopulation) refuseColumn(err error) error {
	at := engine.Position{File: n.in.opt.Path}
	n.in.refuse(at, fmt.Sprintf("rows of the batch after row %d, counted from 0", n.rows), "%v", err)
	return errStop
}

// takeFlat passes the arrays of the kept rows on.
func (n *nativePopulation) takeFlat(columns []arrow.Array, rows int) error {
	first := n.rows
	n.rows += rows
	quick := make([]bool, len(columns))
	for i, arr := range columns {
		bad, ok, err := checkNative(arr)
		if err != nil {
			at := n.in.at(first+bad+1, "column "+n.fields[i].name)
			if err := n.in.refuse(at, "write null where there is no value", "%v", err); err != nil {
				return err
			}
		}
		if quick[i] = ok; !ok {
			if err := checkLayout(arr); err != nil {
				return n.refuseColumn(fmt.Errorf("column %s: %w", n.fields[i].name, err))
			}
		}
	}
	var text [3]func(int) (string, bool) // entity_id, entity_type, entity_name
	for i, field := range []int{n.id, n.typ, n.name} {
		var err error
		if text[i], err = n.texts(field, columns); err != nil {
			return n.refuseColumn(err)
		}
	}
	kept := make([]int, 0, rows)
	ids, names := make([]string, 0, rows), make([]string, 0, rows)
	for row := range rows {
		id, ok := text[0](row)
		if id == "" {
			value := ""
			if !ok {
				value = "a " + columns[n.id].DataType().Name()
			}
			if err := n.in.noIdentity(n.in.at(first+row+1, ""), value); err != nil {
				return err
			}
			continue
		}
		entityType, _ := text[1](row)
		ok, err := n.in.admit(id, entityType, first+row+1)
		if err != nil {
			return err
		}
		if ok {
			name, _ := text[2](row)
			kept, ids, names = append(kept, row), append(ids, id), append(names, name)
		}
	}
	if len(n.in.problems.List) > 0 || len(kept) == 0 {
		return nil
	}
	n.count(columns, kept)
	return n.emit(columns, quick, kept, ids, names)
}

// texts reads a field's strings, and numbers as their texts; "" for null and where there is no such field. ok is false
// for values of other types.
func (n *nativePopulation) texts(i int, columns []arrow.Array) (func(row int) (text string, ok bool), error) {
	if i < 0 {
		return func(int) (string, bool) { return "", true }, nil
	}
	arr := columns[i]
	if s, isString := arr.(*array.String); isString {
		return func(row int) (string, bool) {
			if s.IsNull(row) {
				return "", true
			}
			return strings.Clone(s.Value(row)), true
		}, nil
	}
	values, codes, err := scimeval.ReadColumn(n.plainField(i, arr), arr)
	if err != nil {
		return nil, err
	}
	return func(row int) (string, bool) {
		if codes[row] == scimeval.Absent {
			return "", true
		}
		switch v := values[codes[row]]; v.Kind() {
		case scimeval.KindString:
			return v.Text(), true
		case scimeval.KindNumber:
			return v.Number().String(), true
		case scimeval.KindNull:
			return "", true
		}
		return "", false
	}, nil
}

// count counts how many of the kept rows have each attribute.
func (n *nativePopulation) count(columns []arrow.Array, kept []int) {
	for i, arr := range columns {
		account := n.fields[i].use.account
		if arr.NullN() == 0 {
			account.records += len(kept)
			continue
		}
		for _, row := range kept {
			if arr.IsValid(row) {
				account.records++
			}
		}
	}
}

// emit hands the kept rows over in batches.
func (n *nativePopulation) emit(columns []arrow.Array, quick []bool, kept []int, ids, names []string) error {
	made := make([]arrow.Array, len(n.in.columns))
	native := make([]bool, len(n.in.columns))
	defer func() {
		for _, arr := range made {
			if arr != nil {
				arr.Release()
			}
		}
	}()
	for i, c := range n.in.columns {
		feed := n.feeds[i]
		if feed >= 0 && quick[feed] && !n.filled(c, columns[feed]) {
			made[i], native[i] = n.pick(columns[feed], kept)
		}
		if made[i] == nil {
			var err error
			if made[i], err = n.decode(c, feed, columns, kept, ids); err != nil {
				return n.refuseColumn(err)
			}
		}
	}
	fields := make([]arrow.Field, len(n.in.slots))
	for i, slot := range n.in.slots {
		name := n.in.opt.Attributes[i].Name
		fields[i] = scimeval.JSONField(name)
		if native[slot] {
			fields[i] = arrow.Field{Name: name, Type: made[slot].DataType(), Nullable: true}
		}
	}
	schema := arrow.NewSchema(fields, nil)
	for from := 0; from < len(kept); from += n.in.opt.BatchRows {
		to := min(from+n.in.opt.BatchRows, len(kept))
		if err := n.in.send(n.part(schema, made, from, to), ids[from:to:to], names[from:to:to]); err != nil {
			return err
		}
	}
	return nil
}

// part is the record of some rows of the columns.
func (n *nativePopulation) part(schema *arrow.Schema, made []arrow.Array, from, to int) arrow.Record {
	rows := make([]arrow.Array, len(made))
	for i, arr := range made {
		rows[i] = array.NewSlice(arr, int64(from), int64(to))
		defer rows[i].Release()
	}
	arrays := make([]arrow.Array, len(n.in.slots))
	for i, slot := range n.in.slots {
		arrays[i] = rows[slot]
	}
	return array.NewRecord(schema, arrays, int64(to-from))
}

// filled tells whether a column needs values that its array does not have.
func (n *nativePopulation) filled(c *popColumn, arr arrow.Array) bool {
	if c.name == n.in.identifier {
		_, isString := arr.(*array.String)
		return !isString
	}
	return c.mover || c.name == "entity_id" && arr.NullN() > 0
}

// pick is the array of the kept rows, nil where it takes decoding.
func (n *nativePopulation) pick(arr arrow.Array, kept []int) (picked arrow.Array, native bool) {
	if len(kept) == arr.Len() {
		arr.Retain()
		return arr, true
	}
	dict, ok := arr.(*array.Dictionary)
	if !ok {
		return nil, false
	}
	indices := array.NewInt32Builder(n.in.opt.Allocator)
	defer indices.Release()
	indices.Reserve(len(kept))
	for _, row := range kept {
		if dict.IsNull(row) {
			indices.UnsafeAppendBoolToBitmap(false)
			continue
		}
		indices.UnsafeAppend(int32(dict.GetValueIndex(row)))
	}
	codes := indices.NewArray()
	defer codes.Release()
	typ := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: dict.Dictionary().DataType()}
	return array.NewDictionaryArray(typ, codes, dict.Dictionary()), true
}

// decode makes the column of the kept rows from values. feed is the field that it comes from, -1 = none.
func (n *nativePopulation) decode(c *popColumn, feed int, columns []arrow.Array, kept []int, ids []string) (arrow.Array, error) {
	identity := c.name == n.in.identifier || c.identity && feed < 0 || c.name == "entity_id"
	var values []scimeval.Value
	codes := slices.Repeat([]int32{scimeval.Absent}, len(kept))
	if feed >= 0 && c.name != n.in.identifier {
		read, rows, err := scimeval.ReadColumn(n.plainField(feed, columns[feed]), columns[feed])
		if err != nil {
			return nil, err
		}
		values = slices.Clip(read)
		for i, row := range kept {
			codes[i] = rows[row]
		}
	}
	no := int32(-1)
	for i, code := range codes {
		switch {
		case code != scimeval.Absent && (!c.mover || values[code].Kind() != scimeval.KindNull):
		case identity:
			codes[i] = int32(len(values))
			values = append(values, scimeval.StringValue(ids[i]))
		case c.mover:
			if no < 0 {
				no = int32(len(values))
				values = append(values, scimeval.BoolValue(false))
			}
			codes[i] = no
			n.in.assumed++
		}
	}
	return scimeval.NewJSONColumn(n.in.opt.Allocator, values, codes), nil
}
