package scimeval

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/float16"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
)

// arrayOf reads an array of the type from arrow's JSON form.
func arrayOf(t testing.TB, mem memory.Allocator, dt arrow.DataType, json string) arrow.Array {
	arr, _, err := array.FromJSON(mem, dt, strings.NewReader(json), array.WithUseNumber())
	require.NoError(t, err, "%s %s", dt, json)
	return arr
}

// readRows reads a column and shows it row by row: "-" is absent.
func readRows(field arrow.Field, arr arrow.Array) (string, error) {
	values, codes, err := ReadColumn(field, arr)
	if err != nil {
		return "", err
	}
	rows := make([]string, len(codes))
	for i, code := range codes {
		rows[i] = "-"
		if code != Absent {
			rows[i] = values[code].String()
		}
	}
	return strings.Join(rows, " "), nil
}

func TestReadColumn(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	dictionary := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	object := arrow.StructOf(arrow.Field{Name: "p", Type: arrow.BinaryTypes.String, Nullable: true}, arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		arrow.Field{Name: "none", Type: arrow.Null, Nullable: true})
	for _, c := range []struct {
		dt         arrow.DataType
		json, want string
	}{
		{arrow.BinaryTypes.String, `["a", null, "a", "", "é"]`, `"a" - "a" "" "é"`},
		{arrow.BinaryTypes.LargeString, `["a", null, "a"]`, `"a" - "a"`},
		{arrow.BinaryTypes.Binary, `["YQ==", null]`, `"a" -`},
		{&arrow.FixedSizeBinaryType{ByteWidth: 1}, `["YQ==", null]`, `"a" -`},
		{arrow.FixedWidthTypes.Boolean, `[true, null, false, true]`, `true - false true`},
		{arrow.PrimitiveTypes.Int8, `[-128, null, 127]`, `-128 - 127`},
		{arrow.PrimitiveTypes.Int16, `[-1, null, 1]`, `-1 - 1`},
		{arrow.PrimitiveTypes.Int32, `[-1, null, 1, -1]`, `-1 - 1 -1`},
		{arrow.PrimitiveTypes.Int64, `[9007199254740993, null, -9223372036854775808]`, `9007199254740993 - -9223372036854775808`},
		{arrow.PrimitiveTypes.Uint8, `[255, null]`, `255 -`},
		{arrow.PrimitiveTypes.Uint16, `[65535, null]`, `65535 -`},
		{arrow.PrimitiveTypes.Uint32, `[4294967295, null]`, `4294967295 -`},
		{arrow.PrimitiveTypes.Uint64, `[18446744073709551615, null]`, `18446744073709551615 -`},
		{arrow.PrimitiveTypes.Float32, `[0.1, null, 3]`, `0.1 - 3`},
		{arrow.PrimitiveTypes.Float64, `[0.1, null, 1e300, -0.0]`, `0.1 - 1e300 0`},
		{arrow.Null, `[null, null]`, `- -`},
		{arrow.FixedWidthTypes.Timestamp_s, `["2024-01-31T08:30:00Z", null, "1969-12-31T23:59:59Z"]`, `"2024-01-31T08:30:00Z" - "1969-12-31T23:59:59Z"`},
		{arrow.FixedWidthTypes.Timestamp_ns, `["2024-01-31T08:30:00.123456789Z", "2024-01-31T08:30:00.5Z"]`, `"2024-01-31T08:30:00.123456789Z" "2024-01-31T08:30:00.5Z"`},
		{&arrow.TimestampType{Unit: arrow.Millisecond}, `["2024-01-31T08:30:00.250"]`, `"2024-01-31T08:30:00.25Z"`},
		{arrow.FixedWidthTypes.Date32, `["2024-02-29", null, "1969-12-31", "2024-02-29"]`, `"2024-02-29" - "1969-12-31" "2024-02-29"`},
		{arrow.FixedWidthTypes.Date64, `["2024-02-29", null]`, `"2024-02-29" -`},
		{arrow.ListOf(arrow.BinaryTypes.String), `[["a", null], null, [], ["a", null]]`, `["a",null] - [] ["a",null]`},
		{arrow.LargeListOf(arrow.PrimitiveTypes.Int64), `[[1], null, []]`, `[1] - []`},
		{arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int64), `[[1, 2], null, [3, null]]`, `[1,2] - [3,null]`},
		{arrow.ListOf(object), `[[{"p": "a", "n": 1}, null], []]`, `[{"p":"a","n":1},null] []`},
		{arrow.ListOf(arrow.Null), `[[null], []]`, `[null] []`},
		{object, `[{"p": "a", "n": 1}, {"p": null, "n": 2}, null, {"p": null, "n": null}]`, `{"p":"a","n":1} {"n":2} - {}`},
		{arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64), `[[{"key": "a", "value": 1}, {"key": "b", "value": null}], null, []]`, `{"a":1,"b":null} - {}`},
		{dictionary, `["a", "b", null, "a"]`, `"a" "b" - "a"`},
		{arrow.ListOf(dictionary), `[["a", null, "b"], null]`, `["a",null,"b"] -`},
		{&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint32, ValueType: arrow.PrimitiveTypes.Int64}, `[5, null, 5]`, `5 - 5`},
	} {
		arr := arrayOf(t, mem, c.dt, c.json)
		field := arrow.Field{Name: "x", Type: c.dt, Nullable: true}
		got, err := readRows(field, arr)
		require.NoError(t, err, c.dt)
		require.Equal(t, c.want, got, c.dt)
		if arr.Len() > 1 { // a slice reads the same rows
			tail := array.NewSlice(arr, 1, int64(arr.Len()))
			got, err := readRows(field, tail)
			require.NoError(t, err)
			require.Equal(t, strings.SplitN(c.want, " ", 2)[1], got, "slice of %s", c.dt)
			tail.Release()
		}
		arr.Release()
	}
}

func TestReadColumnDecimals(t *testing.T) {
	b := array.NewDecimal128Builder(memory.DefaultAllocator, &arrow.Decimal128Type{Precision: 10, Scale: 2})
	b.Append(decimal128.FromI64(-12345))
	b.AppendNull()
	got, err := readRows(arrow.Field{Name: "x"}, b.NewArray())
	require.NoError(t, err)
	require.Equal(t, "-123.45 -", got)
	c := array.NewDecimal256Builder(memory.DefaultAllocator, &arrow.Decimal256Type{Precision: 40, Scale: -3})
	c.Append(decimal256.FromI64(7))
	got, err = readRows(arrow.Field{Name: "x"}, c.NewArray())
	require.NoError(t, err)
	require.Equal(t, "7000", got)
}

func TestReadColumnRefuses(t *testing.T) {
	mem := memory.DefaultAllocator
	floats := array.NewFloat64Builder(mem)
	floats.Append(1)
	floats.Append(math.NaN())
	texts := array.NewStringBuilder(mem)
	texts.Append("\xff")
	halves := array.NewFloat16Builder(mem)
	halves.Append(float16.New(1))
	far := array.NewTimestampBuilder(mem, &arrow.TimestampType{Unit: arrow.Second})
	far.Append(arrow.Timestamp(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()))
	dict := func(index arrow.Array, values string) arrow.Array {
		return array.NewDictionaryArray(&arrow.DictionaryType{IndexType: index.DataType(), ValueType: arrow.BinaryTypes.String}, index, arrayOf(t, mem, arrow.BinaryTypes.String, values))
	}
	json := JSONField("x")
	for _, c := range []struct {
		field arrow.Field
		arr   arrow.Array
		want  string
	}{
		{arrow.Field{Name: "x"}, floats.NewArray(), "column x: row 1: NaN: not a JSON number"},
		{arrow.Field{Name: "x"}, texts.NewArray(), `column x: row 0: "\xff" is not UTF-8`},
		{arrow.Field{Name: "x"}, halves.NewArray(), "column x: values of arrow type float16 are not supported"},
		{arrow.Field{Name: "x"}, far.NewArray(), "column x: row 0: timestamp of year 10000 is outside 0..9999"},
		{arrow.Field{Name: "x"}, arrayOf(t, mem, arrow.ListOf(arrow.FixedWidthTypes.Duration_s), `[[1]]`), "column x: values of arrow type duration[s] are not supported"},
		{arrow.Field{Name: "x"}, arrayOf(t, mem, arrow.StructOf(arrow.Field{Name: "d", Type: arrow.FixedWidthTypes.Duration_s}), `[]`), "column x: member d: values of arrow type duration[s] are not supported"},
		{arrow.Field{Name: "x"}, arrayOf(t, mem, arrow.MapOf(arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Int64), `[[{"key": 1, "value": 1}]]`), "column x: row 0: map key 1 is no string or stands twice"},
		{arrow.Field{Name: "x"}, arrayOf(t, mem, arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64), `[[{"key": "a", "value": 1}, {"key": "a", "value": 2}]]`), `column x: row 0: map key "a" is no string or stands twice`},
		{arrow.Field{Name: "x"}, dict(arrayOf(t, mem, arrow.PrimitiveTypes.Int32, `[0, 2]`), `["a"]`), "column x: row 1: no entry 2 in a dictionary of 1"},
		{arrow.Field{Name: "x"}, dict(arrayOf(t, mem, arrow.PrimitiveTypes.Int8, `[-1]`), `["a"]`), "column x: row 0: no entry 255 in a dictionary of 1"},
		{json, dict(arrayOf(t, mem, arrow.PrimitiveTypes.Int32, `[0]`), `["{"]`), "column x: "},
		{json, dict(arrayOf(t, mem, arrow.PrimitiveTypes.Int32, `[0]`), `["1e99999"]`), "column x: 1e99999: number has more than"},
	} {
		_, err := readRows(c.field, c.arr)
		require.ErrorContains(t, err, c.want)
		p := Compile([]string{"x pr"}, Options{Rules: RulesOf(Vendor)})
		rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "x", Type: c.arr.DataType(), Metadata: c.field.Metadata, Nullable: true}}, nil), []arrow.Array{c.arr}, -1)
		require.ErrorContains(t, p.NewEvaluator().Evaluate(rec), c.want)
	}
}

func TestJSONColumn(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	values := []Value{mustValue(t, `{"a":[1,null,"x"]}`), NullValue(), StringValue("-"), mustValue(t, "10e10000"), mustValue(t, "0.1e-10000")}
	for i := range 200 { // more rows than a first allocation
		values = append(values, StringValue(fmt.Sprint(i)))
	}
	codes := []int32{1, Absent, 0, 0, 4, 3, Absent}
	want := `null - {"a":[1,null,"x"]} {"a":[1,null,"x"]} 0.1e-10000 10e10000 -`
	for i := range 200 {
		codes = append(codes, int32(i)+5, Absent)
		want += fmt.Sprintf(` "%d" -`, i)
	}
	arr := NewJSONColumn(mem, values, codes)
	defer arr.Release()
	got, err := readRows(JSONField("x"), arr)
	require.NoError(t, err)
	require.Equal(t, want, got)
	empty := NewJSONColumn(mem, nil, []int32{Absent, Absent})
	defer empty.Release()
	got, err = readRows(JSONField("x"), empty)
	require.NoError(t, err)
	require.Equal(t, "- -", got)
}

func TestEvaluateChecksColumns(t *testing.T) {
	p := Compile([]string{`a.b eq "x"`}, vendorOptions(t)(""))
	require.Equal(t, []Attribute{{Name: "a.b"}, {Name: "a"}}, p.Attributes())
	rec := array.NewRecord(arrow.NewSchema(nil, nil), nil, 3)
	require.EqualError(t, p.NewEvaluator().Evaluate(rec), "record has 0 columns, the filters read 2")
}

func TestEvaluateReleasesNothing(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	p := Compile([]string{`a eq "x"`, "a.b pr"}, vendorOptions(t)(""))
	e := p.NewEvaluator()
	for range 3 {
		b := array.NewRecordBuilder(mem, arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "a.b", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil))
		b.Field(0).(*array.StringBuilder).AppendValues([]string{"x", "y"}, nil)
		b.Field(1).AppendNulls(2)
		rec := b.NewRecord()
		require.NoError(t, e.Evaluate(rec))
		require.Equal(t, []uint64{1}, e.Lower(0, 0))
		rec.Release()
		b.Release()
		require.Equal(t, []uint64{1}, e.Lower(0, 0), "masks outlive the record")
	}
}
