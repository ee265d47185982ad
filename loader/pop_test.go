package loader

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

// popRow is what a population says of one identity: JSON texts by attribute ("" = absent), a ~ before the name of one
// with folding.
type popRow struct {
	id, name string
	cells    []string
}

// readPopulation reads a population to its end and checks what holds for every one.
func readPopulation(t testing.TB, opt PopulationOptions) ([]popRow, Report, error) {
	p, err := OpenPopulation(context.Background(), opt)
	if err != nil {
		return nil, Report{}, err
	}
	defer func() { require.NoError(t, p.Close()) }()
	var rows []popRow
	for {
		b, err := p.Next()
		if err == io.EOF {
			report := p.Report()
			require.Len(t, rows, report.Identities)
			return rows, report, nil
		}
		if err != nil {
			return rows, Report{}, err
		}
		rows = append(rows, batchRows(t, b, int64(len(rows)), opt)...)
		b.Release()
	}
}

func batchRows(t testing.TB, b *Batch, first int64, opt PopulationOptions) []popRow {
	require.Equal(t, first, b.First)
	require.Equal(t, len(opt.Attributes), int(b.Record.NumCols()))
	require.Equal(t, len(b.IDs), int(b.Record.NumRows()))
	require.Len(t, b.Names, len(b.IDs))
	require.NotEmpty(t, b.IDs)
	if opt.BatchRows > 0 {
		require.LessOrEqual(t, len(b.IDs), opt.BatchRows)
	}
	rows := make([]popRow, len(b.IDs))
	for i := range rows {
		rows[i] = popRow{id: b.IDs[i], name: b.Names[i]}
	}
	for c, field := range b.Record.Schema().Fields() {
		require.Equal(t, opt.Attributes[c].Name, field.Name)
		values, codes, err := scimeval.ReadColumn(field, b.Record.Column(c))
		require.NoError(t, err)
		require.Len(t, codes, len(rows))
		for i, code := range codes {
			cell := ""
			if code != scimeval.Absent {
				cell = values[code].String()
			}
			rows[i].cells = append(rows[i].cells, cell)
		}
	}
	return rows
}

// dump prints rows for comparison: one line each, the identity and its cells.
func dump(rows []popRow) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%s", r.id)
		if r.name != "" {
			fmt.Fprintf(&b, " (%s)", r.name)
		}
		for _, cell := range r.cells {
			if cell == "" {
				cell = "-"
			}
			fmt.Fprintf(&b, " | %s", cell)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// attributes reads names; a ~ before a name asks for folding.
func attributes(names string) []scimeval.Attribute {
	var list []scimeval.Attribute
	for _, name := range strings.Fields(names) {
		exact, fold := strings.CutPrefix(name, "~")
		list = append(list, scimeval.Attribute{Name: exact, Fold: fold})
	}
	return list
}

// codes lists findings as code, severity, line and count.
func codes(findings []engine.Finding) []string {
	list := []string{}
	for _, f := range findings {
		list = append(list, fmt.Sprintf("%s %s line=%d count=%d", f.Severity, f.Code, f.Line, f.Count))
	}
	return list
}

func writeFile(t testing.TB, name, content string) string {
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	return path
}

func TestRecordRules(t *testing.T) {
	tests := []struct {
		name, attributes, records, want string
		schema                          *scimeval.Schema
		entityType                      string
		findings                        []string
	}{
		{name: "flat and nested, nested wins", attributes: "a b c",
			records: `{"entity_id":"1","a":"top","b":"top","attributes":{"a":"in","c":"in"}}
{"attributes":{"a":"in"},"a":"top","entity_id":"2"}`,
			want: "1 | \"in\" | \"top\" | \"in\"\n2 | \"in\" | - | -\n"},
		{name: "null is there, absent is not", attributes: "a",
			records: "{\"entity_id\":\"1\",\"a\":null}\n\n  \n{\"entity_id\":\"2\"}\n{\"entity_id\":\"3\",\"a\":1,\"attributes\":{\"a\":null}}",
			want:    "1 | null\n2 | -\n3 | null\n"},
		{name: "types stay", attributes: "a",
			records: `{"entity_id":"1","a":"5"}
{"entity_id":"2","a":5}
{"entity_id":"3","a":5.0}
{"entity_id":"4","a":true}
{"entity_id":"5","a":["x",1]}
{"entity_id":"6","a":{"b":{"id":1}}}
{"entity_id":"7","a":[]}`,
			want:     "1 | \"5\"\n2 | 5\n3 | 5\n4 | true\n5 | [\"x\",1]\n6 | {\"b\":{\"id\":1}}\n7 | []\n",
			findings: []string{"warning mixed-types line=0 count=7"}},
		{name: "numbers are exact", attributes: "a",
			records: `{"entity_id":"1","a":9007199254740993}
{"entity_id":"2","a":0.1e1}`,
			want: "1 | 9007199254740993\n2 | 1\n"},
		{name: "escapes are the same text", attributes: "a",
			records: "{\"entity_id\":\"1\",\"a\":\"x\"}\n{\"entity_id\":\"2\",\"\\u0061\":\"\\u0078\"}",
			want:    "1 | \"x\"\n2 | \"x\"\n"},
		{name: "an identity in numbers is its text", attributes: "entity_id",
			records: "{\"entity_id\":12.50}\n{\"entity_id\":\"12.5\"}",
			want:    "12.50 | \"12.50\"\n12.5 | \"12.5\"\n"},
		{name: "the record's own identity wins", attributes: "entity_id ~ENTITY_ID",
			records: `{"attributes":{"entity_id":"inner"},"entity_id":"own"}
{"attributes":{"entity_id":"only"}}
{"entity_id":null,"attributes":{"entity_id":7}}`,
			want: "own | \"own\" | \"own\"\nonly | \"only\" | \"only\"\n7 | \"7\" | \"7\"\n"},
		{name: "the four fields", attributes: "id entity_id entity_type entity_name",
			records: `{"id":"u","entity_id":"1","entity_type":"T","entity_name":"N","attributes":{"entity_name":"M"}}`,
			want:    "1 (M) | \"u\" | \"1\" | \"T\" | \"M\"\n"},
		{name: "another identifying column", attributes: "id entity_id ~Entity_Id",
			schema:  &scimeval.Schema{ID: "id"},
			records: "{\"id\":\"x\"}\n{\"id\":8,\"entity_id\":\"e\"}",
			want:    "x | \"x\" | \"x\" | \"x\"\n8 | \"8\" | \"e\" | \"e\"\n"},
		{name: "an identifier that the schema implies", attributes: "id",
			schema:  &scimeval.Schema{Attributes: []scimeval.AttributeDef{{Name: "id", Type: "string"}}},
			records: `{"id":"x"}`, want: "x | \"x\"\n"},
		{name: "custom properties", attributes: "customprop_a customprop_b customprop_c custom_properties",
			records: `{"entity_id":"1","custom_properties":{"a":1,"b":2},"attributes":{"custom_properties":{"a":3},"custom_properties.c":4}}
{"entity_id":"2","custom_properties":{"a":1},"customprop_a":5}
{"entity_id":"3","customprop_a":5,"attributes":{"custom_properties":{"a":6}}}
{"entity_id":"4","custom_properties":"no object"}
{"entity_id":"5","custom_properties.a":7,"custom_properties":{"a":8}}`,
			want: "1 | 3 | 2 | 4 | -\n2 | 5 | - | - | -\n3 | 6 | - | - | -\n4 | - | - | - | \"no object\"\n5 | 7 | - | - | -\n"},
		{name: "objects with only an id", attributes: "a",
			records: `{"entity_id":"1","a":{"id":"x"}}
{"entity_id":"2","a":[{"id":"x"},{"id":"y"}]}
{"entity_id":"3","a":[{"id":"x"},"y"]}
{"entity_id":"4","a":{"id":"x","n":1}}
{"entity_id":"5","custom_properties":{"a":1},"a":{"b":{"id":"z"}}}
{"entity_id":"6","a":{"id":{"id":"twice"}}}
{"entity_id":"7","a":{"id":null}}`,
			want: `1 | "x"
2 | ["x","y"]
3 | [{"id":"x"},"y"]
4 | {"id":"x","n":1}
5 | {"b":{"id":"z"}}
6 | {"id":"twice"}
7 | null
`, findings: []string{"warning mixed-types line=0 count=6"}},
		{name: "folding", attributes: "dept ~dept ~straße",
			records: `{"entity_id":"1","Dept":"a","dept":"b"}
{"entity_id":"2","DEPT":"a","Dept":"b"}
{"entity_id":"3","DEPT":"a","attributes":{"Dept":"b"}}
{"entity_id":"4","STRASSE":"c"}
{"entity_id":"5","DEPT":"a","attributes":{"dept":"b"}}
{"entity_id":"6","DEPT":"a","dept":null}`,
			want: `1 | "b" | "b" | -
2 | - | "a" | -
3 | - | "b" | -
4 | - | - | "c"
5 | "b" | "b" | -
6 | null | null | -
`},
		{name: "movers", attributes: "sys_attr__is_mover ~SYS_ATTR__IS_MOVER",
			records: `{"entity_id":"1","sys_attr__is_mover":true}
{"entity_id":"2"}
{"entity_id":"3","sys_attr__is_mover":null}
{"entity_id":"4","sys_attr__is_mover":"yes"}`,
			want:     "1 | true | true\n2 | false | false\n3 | false | false\n4 | \"yes\" | \"yes\"\n",
			findings: []string{"warning mixed-types line=0 count=4", "warning mixed-types line=0 count=4"}},
		{name: "other types are excluded, duplicates are found before", attributes: "a", entityType: "E",
			records: `{"entity_id":"1","entity_type":"F","a":1}
{"entity_id":"1","entity_type":"E","a":2}
{"entity_id":"2","entity_type":"E","a":3}
{"entity_id":"3","a":4}
{"entity_id":"4","entity_type":"","a":5}
{"entity_id":"5","entity_type":null,"a":6}
{"entity_id":"2","a":7}`,
			want:     "2 | 3\n3 | 4\n4 | 5\n5 | 6\n",
			findings: []string{"error duplicate-entity-id line=2 count=2"}},
		{name: "a byte order mark", attributes: "a", records: "\ufeff{\"entity_id\":\"1\",\"a\":1}\r\n", want: "1 | 1\n"},
		{name: "attributes that are no object", attributes: "attributes", records: `{"entity_id":"1","attributes":"x"}`,
			want: "1 | \"x\"\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			list := strings.Split(strings.TrimSpace(strings.ReplaceAll(test.records, "\n\n  \n", "\n")), "\n")
			for name, content := range map[string]string{
				"p.jsonl": test.records,
				"p.json":  "[" + strings.TrimPrefix(strings.Join(list, ",\n"), "\ufeff") + "]",
			} {
				rows, report, err := readPopulation(t, PopulationOptions{
					Path:       writeFile(t, name, content),
					Schema:     test.schema,
					EntityType: test.entityType,
					Attributes: attributes(test.attributes),
				})
				require.NoError(t, err)
				require.Equal(t, test.want, dump(rows), name)
				want := test.findings
				if want == nil {
					want = []string{}
				}
				require.Equal(t, want, codes(report.Findings), name)
			}
		})
	}
}

func TestReport(t *testing.T) {
	path := writeFile(t, "p.jsonl", `{"entity_id":"1","a":1,"attributes":{"a":2,"b":null}}
{"entity_id":"2","entity_type":"Other","c":1}
{"entity_id":"2","d":1}
{"entity_id":"3","Dept":"x","entity_type":"T"}
`)
	var progress []Progress
	_, report, err := readPopulation(t, PopulationOptions{
		Path:       path,
		EntityType: "T",
		Digest:     true,
		Attributes: attributes("sys_attr__is_mover"),
		Progress:   func(p Progress) { progress = append(progress, p) },
	})
	require.NoError(t, err)
	require.Equal(t, []AttributeCount{{"Dept", 1}, {"a", 1}, {"b", 1}, {"entity_id", 2}, {"entity_type", 1}}, report.Attributes)
	require.Equal(t, 2, report.Identities)
	require.Equal(t, 1, report.Excluded)
	require.Equal(t, 1, report.Duplicates)
	require.Equal(t, 2, report.MoverAssumed)
	require.EqualValues(t, 171, report.Bytes)
	require.Regexp(t, "^[0-9a-f]{64}$", report.SHA256)
	require.Equal(t, []Progress{{Rows: 4, Bytes: 171, Total: 171}}, progress)
	require.Equal(t, `records that repeat an earlier entity_id are left out: "2" (line 3)`, report.Findings[0].Message)
}

func TestUnreferencedMoverIsNotAssumed(t *testing.T) {
	_, report, err := readPopulation(t, PopulationOptions{Path: writeFile(t, "p.jsonl", `{"entity_id":"1"}`)})
	require.NoError(t, err)
	require.Zero(t, report.MoverAssumed)
}

func TestFoldedColumnIsSharedWithoutVariants(t *testing.T) {
	path := writeFile(t, "p.jsonl", "{\"entity_id\":\"1\",\"a\":1}\n{\"entity_id\":\"2\",\"A\":1}\n")
	p, err := OpenPopulation(context.Background(), PopulationOptions{Path: path, Attributes: attributes("a ~a"), BatchRows: 1})
	require.NoError(t, err)
	defer p.Close()
	for _, shared := range []bool{true, false} {
		b, err := p.Next()
		require.NoError(t, err)
		require.Equal(t, shared, b.Record.Column(0) == b.Record.Column(1))
		b.Release()
	}
}

func TestEnvelope(t *testing.T) {
	tests := []struct {
		name, text string
		strict     bool
		findings   []string
	}{
		{"values", `{"values":[{"entity_id":"1"}]}`, false, []string{}},
		{"paging", `{"values":[{"entity_id":"1"}],"next_page_token":"left over","has_more":false}`, false, []string{}},
		{"incomplete", "{\"hasMore\":true,\n\"values\":[{\"entity_id\":\"1\"}]}", false, []string{"error incomplete-export line=1 count=1"}},
		{"other keys", `{"total":1,"values":[{"entity_id":"1"}]}`, false, []string{"warning unknown-field line=1 count=1"}},
		{"other keys, strictly", `{"values":[{"entity_id":"1"}],"total":{"a":[1]}}`, true, []string{"error unknown-field line=1 count=1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rows, report, err := readPopulation(t, PopulationOptions{Path: writeFile(t, "p.json", test.text), Strict: test.strict})
			require.NoError(t, err)
			require.Equal(t, "1\n", dump(rows))
			require.Equal(t, test.findings, codes(report.Findings))
		})
	}
}

func TestCompression(t *testing.T) {
	const text = "{\"entity_id\":\"1\",\"a\":1}\n{\"entity_id\":\"2\"}\n"
	path := filepath.Join(t.TempDir(), "p.jsonl.gz")
	f, err := os.Create(path)
	require.NoError(t, err)
	z := gzip.NewWriter(f)
	fmt.Fprint(z, text)
	require.NoError(t, z.Close())
	zs, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	second := writeFile(t, "P.NDJSON.ZST", string(zs.EncodeAll([]byte(text), nil)))
	for _, path := range []string{path, second} {
		rows, report, err := readPopulation(t, PopulationOptions{Path: path, Attributes: attributes("a")})
		require.NoError(t, err)
		require.Equal(t, "1 | 1\n2 | -\n", dump(rows))
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, info.Size(), report.Bytes)
	}
}

func TestCloseEarly(t *testing.T) {
	var text strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&text, "{\"entity_id\":%d,\"a\":%d}\n", i, i)
	}
	path := writeFile(t, "p.jsonl", text.String())
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	p, err := OpenPopulation(context.Background(), PopulationOptions{
		Path: path, Attributes: attributes("a"), BatchRows: 100, Allocator: mem, Digest: true})
	require.NoError(t, err)
	b, err := p.Next()
	require.NoError(t, err)
	b.Release()
	require.Empty(t, p.Report())
	require.NoError(t, p.Close())
	_, err = p.Next()
	require.ErrorIs(t, err, context.Canceled)

	ctx, cancel := context.WithCancel(context.Background())
	p, err = OpenPopulation(ctx, PopulationOptions{Path: path, BatchRows: 1})
	require.NoError(t, err)
	cancel()
	for err == nil {
		if b, err = p.Next(); err == nil {
			b.Release()
		}
	}
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, p.Close())
}

func TestIdentitySet(t *testing.T) {
	s := newIdentitySet()
	for round := range 2 {
		for i := range 5000 {
			require.Equal(t, round == 0, s.add(fmt.Sprint(i)))
		}
	}
	require.Equal(t, 5000, s.used)
	require.LessOrEqual(t, len(s.slots)*16, 5000*43)
}
