package loader

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/scimeval"
)

// nativeFile writes rows in JSON as an Arrow file, an Arrow stream or a Parquet file with the fields.
func nativeFile(t testing.TB, form string, fields []arrow.Field, rows string) string {
	schema := arrow.NewSchema(fields, nil)
	record, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(rows))
	require.NoError(t, err)
	var out bytes.Buffer
	name := "p.arrow"
	switch form {
	case "stream":
		w := ipc.NewWriter(&out, ipc.WithSchema(schema), ipc.WithZstd())
		require.NoError(t, w.Write(record))
		require.NoError(t, w.Close())
	case "file":
		w, err := ipc.NewFileWriter(&fromStart{Writer: &out}, ipc.WithSchema(schema), ipc.WithLZ4())
		require.NoError(t, err)
		require.NoError(t, w.Write(record))
		require.NoError(t, w.Write(record.NewSlice(0, 0)))
		require.NoError(t, w.Close())
	default:
		name = "p.parquet"
		w, err := pqarrow.NewFileWriter(schema, &out, parquet.NewWriterProperties(
			parquet.WithCompression(compress.Codecs.Zstd), parquet.WithMaxRowGroupLength(2)), pqarrow.DefaultWriterProps())
		require.NoError(t, err)
		require.NoError(t, w.Write(record))
		require.NoError(t, w.Close())
	}
	return writeFile(t, name, out.String())
}

func nullable(name string, typ arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: typ, Nullable: true}
}

func TestNativeRecords(t *testing.T) {
	text, whole := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64
	onlyID := arrow.StructOf(nullable("id", text))
	forms := []string{"file", "stream", "parquet"}
	tests := []struct {
		name, attributes string
		fields           []arrow.Field
		rows, want       string
		entityType       string
		forms            []string
	}{
		{name: "flat types", attributes: "s b i f t d l dec u",
			fields: []arrow.Field{{Name: "entity_id", Type: text}, nullable("s", text), nullable("b", arrow.FixedWidthTypes.Boolean),
				nullable("i", arrow.PrimitiveTypes.Int32), nullable("f", arrow.PrimitiveTypes.Float32),
				nullable("t", arrow.FixedWidthTypes.Timestamp_ms), nullable("d", arrow.FixedWidthTypes.Date32),
				nullable("l", arrow.ListOf(text)), nullable("dec", &arrow.Decimal128Type{Precision: 10, Scale: 2}),
				nullable("u", arrow.PrimitiveTypes.Uint8)},
			rows: `[{"entity_id":"1","s":"x","b":true,"i":-5,"f":0.1,"t":"2024-01-15T08:00:00.25Z","d":"2024-01-15","l":["a","b"],"dec":"12.50","u":255},
				{"entity_id":"2"},
				{"entity_id":"3","s":"","l":[]}]`,
			want: "1 | \"x\" | true | -5 | 0.1 | \"2024-01-15T08:00:00.25Z\" | \"2024-01-15\" | [\"a\",\"b\"] | 12.5 | 255\n" +
				"2 | - | - | - | - | - | - | - | - | -\n3 | \"\" | - | - | - | - | - | [] | - | -\n"},
		{name: "numbers identify", attributes: "entity_id a",
			fields: []arrow.Field{{Name: "entity_id", Type: whole}, nullable("a", whole)},
			rows:   `[{"entity_id":12,"a":1},{"entity_id":7}]`, want: "12 | \"12\" | 1\n7 | \"7\" | -\n"},
		{name: "dropped rows", attributes: "a b", entityType: "E",
			fields: []arrow.Field{{Name: "entity_id", Type: text}, nullable("entity_type", text), nullable("a", text), nullable("b", whole)},
			rows: `[{"entity_id":"1","entity_type":"F","a":"x","b":1},{"entity_id":"2","entity_type":"E","a":"y","b":2},
				{"entity_id":"3"},{"entity_id":"2","a":"z"}]`,
			want: "2 | \"y\" | 2\n3 | - | -\n"},
		{name: "movers", attributes: "sys_attr__is_mover",
			fields: []arrow.Field{{Name: "entity_id", Type: text}, nullable("sys_attr__is_mover", arrow.FixedWidthTypes.Boolean)},
			rows:   `[{"entity_id":"1","sys_attr__is_mover":true},{"entity_id":"2"}]`, want: "1 | true\n2 | false\n"},
		{name: "attributes as a struct", attributes: "a customprop_x manager",
			fields: []arrow.Field{{Name: "entity_id", Type: text}, nullable("a", text),
				nullable("attributes", arrow.StructOf(nullable("a", text), nullable("entity_id", text),
					nullable("custom_properties", arrow.StructOf(nullable("x", whole))), nullable("manager", onlyID)))},
			rows: `[{"entity_id":"1","a":"top","attributes":{"a":"in","entity_id":"no","custom_properties":{"x":4},"manager":{"id":"m"}}},
				{"entity_id":"2","a":"top","attributes":{"a":null}},
				{"entity_id":"3","a":"top"}]`,
			want: "1 | \"in\" | 4 | \"m\"\n2 | \"top\" | - | -\n3 | \"top\" | - | -\n"},
		{name: "attributes as a map", attributes: "a", forms: []string{"file", "stream"},
			fields: []arrow.Field{{Name: "entity_id", Type: text}, nullable("attributes", arrow.MapOf(text, text))},
			rows:   `[{"entity_id":"1","attributes":[{"key":"a","value":"x"}]},{"entity_id":"2","attributes":[]}]`,
			want:   "1 | \"x\"\n2 | -\n"},
		{name: "objects with only an id", attributes: "m l",
			fields: []arrow.Field{{Name: "entity_id", Type: text}, nullable("m", onlyID), nullable("l", arrow.ListOf(onlyID))},
			rows:   `[{"entity_id":"1","m":{"id":"x"},"l":[{"id":"y"},{"id":"z"}]},{"entity_id":"2"}]`,
			want:   "1 | \"x\" | [\"y\",\"z\"]\n2 | - | -\n"},
		{name: "custom properties in flat names", attributes: "customprop_x",
			fields: []arrow.Field{{Name: "entity_id", Type: text}, nullable("custom_properties.x", text)},
			rows:   `[{"entity_id":"1","custom_properties.x":"a"}]`, want: "1 | \"a\"\n"},
		{name: "both spellings of a custom property", attributes: "customprop_x",
			fields: []arrow.Field{{Name: "entity_id", Type: text}, nullable("custom_properties.x", text), nullable("customprop_x", text)},
			rows:   `[{"entity_id":"1","custom_properties.x":"a"},{"entity_id":"2","custom_properties.x":"a","customprop_x":"b"}]`,
			want:   "1 | \"a\"\n2 | \"b\"\n"},
		{name: "folding", attributes: "dept ~dept",
			fields: []arrow.Field{{Name: "entity_id", Type: text}, nullable("Dept", text), nullable("dept", text)},
			rows:   `[{"entity_id":"1","Dept":"a"},{"entity_id":"2","Dept":"a","dept":"b"}]`,
			want:   "1 | - | \"a\"\n2 | \"b\" | \"b\"\n"},
		{name: "dictionaries", attributes: "a", forms: []string{"file", "stream"}, entityType: "E",
			fields: []arrow.Field{{Name: "entity_id", Type: text}, nullable("entity_type", text),
				nullable("a", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: text})},
			rows: `[{"entity_id":"1","a":"x"},{"entity_id":"2","entity_type":"F","a":"y"},{"entity_id":"3","a":"y"},{"entity_id":"4"}]`,
			want: "1 | \"x\"\n3 | \"y\"\n4 | -\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.forms == nil {
				test.forms = forms
			}
			for _, form := range test.forms {
				path := nativeFile(t, form, test.fields, test.rows)
				for _, batchRows := range []int{0, 1} {
					rows, _, err := readPopulation(t, PopulationOptions{
						Path: path, EntityType: test.entityType, Attributes: attributes(test.attributes), BatchRows: batchRows})
					require.NoError(t, err, form)
					require.Equal(t, test.want, dump(rows), form)
				}
			}
		})
	}
}

func TestNativeReport(t *testing.T) {
	text := arrow.BinaryTypes.String
	path := nativeFile(t, "parquet", []arrow.Field{{Name: "entity_id", Type: text}, nullable("a", text), nullable("b", text), nullable("c", text)},
		`[{"entity_id":"1","a":"x","b":"y"},{"entity_id":"1"},{"entity_id":"2"},{"entity_id":"1"}]`)
	_, report, err := readPopulation(t, PopulationOptions{Path: path, Attributes: attributes("a c sys_attr__is_mover"), Digest: true})
	require.NoError(t, err)
	require.Equal(t, []AttributeCount{{"a", 1}, {"b", NotCounted}, {"entity_id", 2}}, report.Attributes)
	require.Equal(t, 2, report.MoverAssumed)
	require.Len(t, report.SHA256, 64)
	require.Equal(t, []string{"error duplicate-entity-id line=0 count=2"}, codes(report.Findings))
	require.Equal(t, "row 2", report.Findings[0].Path)
	require.Equal(t, `records that repeat an earlier entity_id are left out: "1" (row 2), "1" (row 4)`, report.Findings[0].Message)
}

// TestNativeArraysPass: a flat file's arrays become columns as they are.
func TestNativeArraysPass(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.parquet")
	require.NoError(t, WritePopulation(path, typedColumns, func(yield func(Record) bool) {
		yield(Record{EntityID: "1", Attributes: []scimeval.Member{{Name: "text", Value: scimeval.StringValue("x")}}})
	}))
	p, err := OpenPopulation(t.Context(), PopulationOptions{Path: path, Attributes: attributes("text ~text flag whole number at day list entity_id")})
	require.NoError(t, err)
	defer p.Close()
	b, err := p.Next()
	require.NoError(t, err)
	defer b.Release()
	require.Equal(t, arrow.DICTIONARY, b.Record.Column(0).DataType().ID())
	require.False(t, b.Record.Schema().Field(0).HasMetadata(), "these are no JSON texts")
	require.Same(t, b.Record.Column(0).(*array.Dictionary), b.Record.Column(1).(*array.Dictionary))
	for i, typ := range []arrow.Type{arrow.BOOL, arrow.INT64, arrow.FLOAT64, arrow.TIMESTAMP} {
		require.Equal(t, typ, b.Record.Column(2+i).DataType().ID())
	}
	require.Equal(t, arrow.STRING, b.Record.Column(8).DataType().ID())
}

func TestNativeRefuses(t *testing.T) {
	text := arrow.BinaryTypes.String
	id := arrow.Field{Name: "entity_id", Type: text, Nullable: true}
	tests := []struct {
		name   string
		form   string
		fields []arrow.Field
		rows   string
		want   string
	}{
		{"no identity column", "parquet", []arrow.Field{nullable("a", text)}, `[{"a":"x"}]`, ": has no column entity_id (name the"},
		{"missing identities", "file", []arrow.Field{id, nullable("a", text)}, `[{"a":"x"},{"entity_id":"1"},{"entity_id":""}]`,
			": row 1: entity_id is missing (every record needs one; schema.yaml can name another column as id)\n"},
		{"an identity that is true", "stream", []arrow.Field{{Name: "entity_id", Type: arrow.FixedWidthTypes.Boolean}}, `[{"entity_id":true}]`,
			": row 1: entity_id is a bool, not a string or a number"},
		{"a type that is no value", "file", []arrow.Field{id, nullable("a", arrow.FixedWidthTypes.Duration_s)}, `[{"entity_id":"1"}]`,
			": column a: values of arrow type duration[s] are not supported"},
		{"no rows", "parquet", []arrow.Field{id}, `[]`, ": no identities"},
		{"a missing identity beside attributes", "parquet", []arrow.Field{nullable("attributes", arrow.StructOf(nullable("entity_id", text)))},
			`[{"attributes":{"entity_id":"1"}},{}]`, ": row 2: entity_id is missing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := nativeFile(t, test.form, test.fields, test.rows)
			_, _, err := readPopulation(t, PopulationOptions{Path: path, Attributes: attributes("a")})
			var problems *Problems
			require.ErrorAs(t, err, &problems)
			require.ErrorContains(t, err, path+test.want)
		})
	}
}

// streamOf writes a record as an Arrow stream.
func streamOf(t testing.TB, record arrow.Record) string {
	var out bytes.Buffer
	w := ipc.NewWriter(&out, ipc.WithSchema(record.Schema()))
	require.NoError(t, w.Write(record))
	require.NoError(t, w.Close())
	return writeFile(t, "p.arrow", out.String())
}

func TestNativeRefusesColumnsOfOneName(t *testing.T) {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	b.Append("1")
	texts := b.NewArray()
	fields := []arrow.Field{nullable("entity_id", texts.DataType()), nullable("a", texts.DataType()), nullable("a", texts.DataType())}
	path := streamOf(t, array.NewRecord(arrow.NewSchema(fields, nil), []arrow.Array{texts, texts, texts}, 1))
	_, _, err := readPopulation(t, PopulationOptions{Path: path})
	require.EqualError(t, err, path+": has two columns called a (rename one of them)")
}

func TestNativeRefusesNaN(t *testing.T) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
		{Name: "entity_id", Type: arrow.BinaryTypes.String}, nullable("a", arrow.PrimitiveTypes.Float64), nullable("s", arrow.BinaryTypes.String),
	}, nil))
	b.Field(0).(*array.StringBuilder).AppendValues([]string{"1", "2"}, nil)
	b.Field(1).(*array.Float64Builder).AppendValues([]float64{1, nan()}, nil)
	b.Field(2).(*array.StringBuilder).AppendValues([]string{"x", "\xff"}, nil)
	path := streamOf(t, b.NewRecord())
	_, _, err := readPopulation(t, PopulationOptions{Path: path, Attributes: attributes("a s")})
	require.EqualError(t, err, path+": row 2, column a: NaN is no number (write null where there is no value)\n"+
		path+": row 2, column s: \"\\xff\" is no UTF-8 text (write null where there is no value)")
	_, _, err = readPopulation(t, PopulationOptions{Path: path})
	require.NoError(t, err, "nobody looks at the columns")
}

func nan() float64 {
	zero := 0.0
	return zero / zero
}

// TestParquetRefusesWhatTheLibraryCannotRead changes codec and encoding in the footer of a file.
func TestParquetRefusesWhatTheLibraryCannotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.parquet")
	require.NoError(t, WritePopulation(path, []Column{{"salary", ColumnNumber}, {"other", ColumnNumber}}, func(yield func(Record) bool) {
		yield(Record{EntityID: "1", Attributes: []scimeval.Member{{Name: "salary", Value: number("1.5")}}})
	}))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	const snappy, lz4Raw, byteStreamSplit = 1 * 2, 7 * 2, 9 * 2 // zigzag
	name := bytes.LastIndex(data, []byte("\x18\x06salary\x15"))
	require.Positive(t, name)
	codec := name + len("\x18\x06salary\x15")
	require.EqualValues(t, snappy, data[codec])
	for want, change := range map[string]struct {
		at int
		to byte
	}{
		"column salary: compression":                            {codec, lz4Raw},
		"column salary: encoding BYTE_STREAM_SPLIT is not read": {name - 2, byteStreamSplit},
	} {
		patched := bytes.Clone(data)
		patched[change.at] = change.to
		path := writeFile(t, "p.parquet", string(patched))
		_, _, err := readPopulation(t, PopulationOptions{Path: path, Attributes: attributes("salary")})
		require.ErrorContains(t, err, path+": "+want)
		_, _, err = readPopulation(t, PopulationOptions{Path: path, Attributes: attributes("other")})
		require.NoError(t, err, "the column is not needed")
	}
}

// TestDamagedNativeFiles flips and cuts bytes: every outcome is fine but a panic or a hang.
func TestDamagedNativeFiles(t *testing.T) {
	for _, form := range []string{"file", "stream", "parquet"} {
		text := arrow.BinaryTypes.String
		path := nativeFile(t, form, []arrow.Field{{Name: "entity_id", Type: text}, nullable("a", text), nullable("b", arrow.PrimitiveTypes.Float64),
			nullable("l", arrow.ListOf(text)), nullable("attributes", arrow.StructOf(nullable("c", text)))},
			`[{"entity_id":"1","a":"x","b":1.5,"l":["u","v"],"attributes":{"c":"z"}},{"entity_id":"2"},{"entity_id":"3","a":"x"}]`)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		for i := 0; i < len(data); i += 7 {
			damaged := bytes.Clone(data)
			damaged[i] ^= []byte{0x01, 0x80, 0xff}[i%3]
			require.NoError(t, os.WriteFile(path, damaged, 0o644))
			readPopulation(t, PopulationOptions{Path: path, Attributes: attributes("a b l c")})
			require.NoError(t, os.WriteFile(path, data[:i], 0o644))
			_, _, err := readPopulation(t, PopulationOptions{Path: path, Attributes: attributes("a b l c")})
			if form != "stream" {
				require.Error(t, err)
			}
		}
	}
}
