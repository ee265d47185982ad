package scimeval

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Attribute names a column that a program reads. A record handed to the program has one column for each attribute
// that Program.Attributes lists, in that order.
//
// Name is the literal key of the record (it may hold a dot). With Fold the column holds, row by row, the value under
// the exact key where the record has it, otherwise the value under the first key in record order that equals Name
// under full Unicode case folding.
type Attribute struct {
	Name string
	Fold bool
}

// valuesKey marks, in a field's metadata, a dictionary column whose dictionary values are JSON texts.
const valuesKey = "lcmsim.values"

// JSONField is the field of a column made by NewJSONColumn.
func JSONField(name string) arrow.Field {
	return arrow.Field{
		Name:     name,
		Type:     jsonColumnType,
		Nullable: true,
		Metadata: arrow.NewMetadata([]string{valuesKey}, []string{"json"}),
	}
}

var jsonColumnType = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}

// Absent is the code of a row whose record does not have the attribute. A record that has it with null has a code for
// NullValue instead.
const Absent int32 = -1

// JSONColumn is a column of NewJSONColumn. To arrow it is a dictionary of JSON texts; as long as the array is passed on
// as it is, ReadColumn takes the values that the texts were made of.
type JSONColumn struct {
	*array.Dictionary
	values []Value
	codes  []int32
}

// NewJSONColumn makes a column for values of any type: one code a row, an index into values or Absent. The values are
// stored as JSON texts. It keeps both slices. The caller releases the array.
func NewJSONColumn(mem memory.Allocator, values []Value, codes []int32) *JSONColumn {
	texts := array.NewStringBuilder(mem)
	defer texts.Release()
	var buf []byte
	for _, v := range values {
		buf = v.AppendJSON(buf[:0])
		texts.Append(string(buf))
	}
	dict := texts.NewArray()
	defer dict.Release()
	index := array.NewInt32Builder(mem)
	defer index.Release()
	index.Reserve(len(codes))
	for _, c := range codes {
		if c == Absent {
			index.UnsafeAppendBoolToBitmap(false)
			continue
		}
		index.UnsafeAppend(c)
	}
	indices := index.NewArray()
	defer indices.Release()
	return &JSONColumn{array.NewDictionaryArray(jsonColumnType, indices, dict), values, codes}
}
