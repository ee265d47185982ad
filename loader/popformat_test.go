package loader

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/scimeval"
)

// everyFormat are names of files that a population can be written to.
var everyFormat = []string{
	"p.jsonl", "p.ndjson.gz", "p.json", "p.json.zst", "p.csv", "p.csv.gz", "p.parquet", "p.parquet.gz", "p.arrow",
	"p.arrow.zst",
}

// typedColumns are one column of each type.
var typedColumns = []Column{
	{"text", ColumnString}, {"flag", ColumnBool}, {"whole", ColumnInteger}, {"number", ColumnNumber},
	{"at", ColumnTimestamp}, {"day", ColumnDate}, {"list", ColumnList}, {"sys_attr__is_mover", ColumnBool},
}

// drawRecords draws records that every format can hold. Few ids, so that some stand twice.
func drawRecords(t *rapid.T) []Record {
	texts := rapid.SampledFrom([]string{
		"x", "Sales", "straße", "with, comma", "with \"quotes\"", "two\nlines", "007", "12", "true", " ", "=1+1", "\u0000",
	})
	draw := map[ColumnType]*rapid.Generator[scimeval.Value]{
		ColumnString: rapid.Map(texts, scimeval.StringValue),
		ColumnBool:   rapid.Map(rapid.Bool(), scimeval.BoolValue),
		ColumnInteger: rapid.Map(rapid.Int64(), func(n int64) scimeval.Value {
			return number(fmt.Sprint(n))
		}),
		ColumnNumber: rapid.Map(rapid.Float64Range(-1e9, 1e9), func(f float64) scimeval.Value {
			d, err := scimeval.DecimalFromFloat(f, 64)
			if err != nil {
				panic(err)
			}
			return scimeval.NumberValue(d)
		}),
		ColumnTimestamp: rapid.Map(rapid.SampledFrom([]string{
			"2024-01-15T08:00:00Z", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.5Z",
		}), scimeval.StringValue),
		ColumnDate: rapid.Map(rapid.SampledFrom([]string{"2024-02-29", "1066-10-14", "9999-12-31"}), scimeval.StringValue),
		ColumnList: rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b b", "Ä", "5"}), 1, 3), func(list []string) scimeval.Value {
			items := make([]scimeval.Value, len(list))
			for i, s := range list {
				items[i] = scimeval.StringValue(s)
			}
			return scimeval.ListValue(items)
		}),
	}
	records := make([]Record, rapid.IntRange(1, 12).Draw(t, "records"))
	for i := range records {
		r := &records[i]
		r.EntityID = rapid.SampledFrom([]string{"1", "2", "3", "4", "5", "6", "007", "a,b", "ä"}).Draw(t, "id")
		r.EntityType = rapid.SampledFrom([]string{"", "E", "E", "F"}).Draw(t, "type")
		r.EntityName = rapid.SampledFrom([]string{"", "Ann", "12"}).Draw(t, "name")
		r.ID = rapid.SampledFrom([]string{"", "uuid", "33"}).Draw(t, "uuid")
		for _, c := range typedColumns {
			if rapid.Bool().Draw(t, "has") {
				r.Attributes = append(r.Attributes, scimeval.Member{Name: c.Name, Value: draw[c.Type].Draw(t, c.Name)})
			}
		}
	}
	return records
}

func number(text string) scimeval.Value {
	d, err := scimeval.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return scimeval.NumberValue(d)
}

// TestEveryFormatSaysTheSame writes random records in every format and reads them back in two batch sizes: rows,
// account and findings are the same.
func TestEveryFormatSaysTheSame(t *testing.T) {
	dir := t.TempDir()
	wanted := attributes("text flag whole number at day list sys_attr__is_mover id entity_id entity_type entity_name ~TEXT nobody ~nobody")
	rapid.Check(t, func(rt *rapid.T) {
		records := drawRecords(rt)
		small := rapid.IntRange(1, 6).Draw(rt, "batch rows")
		var want string
		for _, name := range everyFormat {
			path := filepath.Join(dir, name)
			require.NoError(rt, WritePopulation(path, typedColumns, slices.Values(records)))
			for _, batchRows := range []int{small, 0} {
				mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
				rows, report, err := readPopulation(t, PopulationOptions{
					Path: path, EntityType: "E", Attributes: wanted, BatchRows: batchRows, Allocator: mem})
				mem.AssertSize(t, 0)
				got := fmt.Sprintf("%v\n", err != nil)
				if err == nil {
					got += dump(rows) + account(report)
				}
				if want == "" {
					want = got
				}
				require.Equal(rt, want, got, "%s in batches of %d", name, batchRows)
			}
		}
	})
}

// account prints what of a report does not depend on the format.
func account(r Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d excluded, %d duplicates, %d movers assumed\n", r.Excluded, r.Duplicates, r.MoverAssumed)
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s %s %d\n", f.Severity, f.Code, f.Count)
	}
	for _, a := range r.Attributes {
		fmt.Fprintf(&b, "%s %d\n", a.Name, a.Records)
	}
	return b.String()
}

func TestManyRowsInEveryFormat(t *testing.T) {
	const n = rowGroupRows + 1000
	dir := t.TempDir()
	columns := []Column{{"department", ColumnString}, {"salary", ColumnInteger}, {"note", ColumnString}}
	records := func(yield func(Record) bool) {
		for i := range n {
			r := Record{EntityID: fmt.Sprintf("E%06d", i), EntityType: []string{"E", "E", "F"}[i%3], EntityName: fmt.Sprint("Name ", i)}
			if i%5 != 0 {
				r.Attributes = append(r.Attributes, scimeval.Member{Name: "department", Value: scimeval.StringValue(fmt.Sprint("D", i%40))})
			}
			r.Attributes = append(r.Attributes, scimeval.Member{Name: "salary", Value: number(fmt.Sprint(i * 7 % 1000))},
				scimeval.Member{Name: "note", Value: scimeval.StringValue(fmt.Sprint("note of ", i))})
			if !yield(r) {
				return
			}
		}
	}
	for _, entityType := range []string{"", "E"} {
		want := ""
		for _, name := range []string{"p.jsonl", "p.csv", "p.parquet", "p.arrow"} {
			path := filepath.Join(dir, name)
			if _, err := os.Stat(path); err != nil {
				require.NoError(t, WritePopulation(path, columns, records))
			}
			rows, report, err := readPopulation(t, PopulationOptions{
				Path: path, EntityType: entityType, Attributes: attributes("department salary note")})
			require.NoError(t, err)
			got := dump(rows) + account(report)
			got = strings.ReplaceAll(got, fmt.Sprintf("id %d\n", NotCounted), "") // nobody asked for it
			if want == "" {
				want = got
			}
			require.True(t, want == got, "%s differs", name)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	text := func(s string) []scimeval.Member {
		return []scimeval.Member{{Name: "a", Value: scimeval.StringValue(s)}}
	}
	value := func(s string) []scimeval.Member {
		v, err := scimeval.ParseValue([]byte(s))
		require.NoError(t, err)
		return []scimeval.Member{{Name: "a", Value: v}}
	}
	tests := []struct {
		name, file string
		column     ColumnType
		record     Record
		want       string
	}{
		{"no id", "p.jsonl", "", Record{}, "record 1 has no entity_id"},
		{"unknown format", "p.xlsx", "", Record{}, `".xlsx" is no extension of a population`},
		{"unknown type", "p.csv", "text", Record{}, `column a: no type "text": use one of [string bool`},
		{"unknown attribute", "p.csv", "string", Record{EntityID: "1", Attributes: []scimeval.Member{{Name: "b"}}}, "record 1 (1): attribute b is not among the columns"},
		{"other type", "p.parquet", "bool", Record{EntityID: "1", Attributes: text("x")}, `attribute a: "x" does not fit a column of type bool`},
		{"empty text in CSV", "p.csv", "string", Record{EntityID: "1", Attributes: text("")}, "an empty string would be absent"},
		{"separator in CSV", "p.csv", "list", Record{EntityID: "1", Attributes: value(`["a;b"]`)}, `"a;b" contains the separator`},
		{"empty list in CSV", "p.csv", "list", Record{EntityID: "1", Attributes: value(`[]`)}, "a list without text"},
		{"objects in CSV", "p.csv", "list", Record{EntityID: "1", Attributes: value(`[{"a":1}]`)}, "does not fit a column of type list"},
		{"more than a float", "p.parquet", "number", Record{EntityID: "1", Attributes: value(`9007199254740993`)}, "9007199254740993 is no float64"},
		{"more than 64 bits", "p.parquet", "integer", Record{EntityID: "1", Attributes: value(`9223372036854775808`)}, "does not fit a column of type integer"},
		{"a local timestamp", "p.arrow", "timestamp", Record{EntityID: "1", Attributes: text("2024-01-15T08:00:00+01:00")}, "is no timestamp in UTC"},
		{"a date with a time", "p.parquet", "date", Record{EntityID: "1", Attributes: text("2024-01-15T08:00:00Z")}, "does not fit a column of type date"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, test.file)
			var columns []Column
			if test.column != "" {
				columns = []Column{{"a", test.column}}
			}
			err := WritePopulation(path, columns, slices.Values([]Record{test.record}))
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, path)
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Empty(t, left, "no file is left behind")
		})
	}
	require.ErrorContains(t, WritePopulation(filepath.Join(t.TempDir(), "p.csv"), []Column{{"id", ColumnString}}, nil), "column id stands twice")
}

func TestWrittenTextFormats(t *testing.T) {
	dir := t.TempDir()
	records := slices.Values([]Record{
		{EntityID: "1", ID: "u", EntityType: "T", EntityName: "N", Attributes: []scimeval.Member{{Name: "a", Value: number("-1")}, {Name: "b", Value: scimeval.StringValue("=x")}}},
		{EntityID: "2"},
	})
	columns := []Column{{"a", ColumnInteger}, {"b", ColumnString}}
	for name, want := range map[string]string{
		"p.jsonl": `{"entity_id":"1","id":"u","entity_type":"T","entity_name":"N","attributes":{"a":-1,"b":"=x"}}` + "\n" + `{"entity_id":"2"}` + "\n",
		"p.json":  `[{"entity_id":"1","id":"u","entity_type":"T","entity_name":"N","attributes":{"a":-1,"b":"=x"}},` + "\n" + `{"entity_id":"2"}]` + "\n",
		"p.csv":   "entity_id,id,entity_type,entity_name,a:number,b:string\n1,u,T,N,-1,=x\n2,,,,,\n",
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, WritePopulation(path, columns, records))
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
	path := filepath.Join(dir, "none.json")
	require.NoError(t, WritePopulation(path, nil, slices.Values([]Record(nil))))
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, json.Valid(got))
	_, _, err = readPopulation(t, PopulationOptions{Path: path})
	require.EqualError(t, err, path+": no identities (write one record for each identity)")
}
