package loader

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

// joined reads a population in JSONL with what is joined to it.
func joined(t *testing.T, schema *scimeval.Schema, primary string, sources []SecondaryFile, overrides, names string) ([]popRow, Report, error) {
	dir := t.TempDir()
	opt := PopulationOptions{Path: filepath.Join(dir, "p.jsonl"), EntityType: "E", Schema: schema, Attributes: attributes(names)}
	require.NoError(t, os.WriteFile(opt.Path, []byte(primary), 0o644))
	for i, s := range sources {
		path := filepath.Join(dir, fmt.Sprintf("s%d%s", i, s.Path))
		require.NoError(t, os.WriteFile(path, []byte(s.DatasourceID), 0o644))
		opt.Secondary = append(opt.Secondary, SecondaryFile{Path: path, Source: s.Source})
	}
	if overrides != "" {
		opt.Overrides = filepath.Join(dir, "overrides.json")
		require.NoError(t, os.WriteFile(opt.Overrides, []byte(overrides), 0o644))
	}
	rows, report, err := readPopulation(t, opt)
	for i := range report.Findings {
		report.Findings[i].File = filepath.Base(report.Findings[i].File)
	}
	if err != nil {
		err = fmt.Errorf("%s", strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
	}
	return rows, report, err
}

// by is a source that correlates attributes of the same names.
func by(names ...string) (s engine.SecondarySource) {
	for _, name := range names {
		s.Correlation = append(s.Correlation, engine.Correlation{Primary: name, Secondary: name})
	}
	return s
}

func onlyEnrich(s engine.SecondarySource) engine.SecondarySource {
	s.OnlyEnrichExisting = true
	return s
}

// text is a source file in a test: extension, content and policy.
func text(ext, content string, s engine.SecondarySource) SecondaryFile {
	return SecondaryFile{Path: ext, DatasourceID: content, Source: s}
}

func TestJoin(t *testing.T) {
	ofType := func(s engine.SecondarySource, typ string) engine.SecondarySource {
		s.EntityType = typ
		return s
	}
	tests := []struct {
		name, names, primary string
		sources              []SecondaryFile
		overrides            string
		schema               *scimeval.Schema
		want                 string
		findings             []string
	}{
		{name: "only gaps are filled", names: "a b c d",
			primary: `{"entity_id":"1","k":"x","a":"own","b":"","c":null}`,
			sources: []SecondaryFile{text(".jsonl", `{"k":"x","a":"s","b":"s","c":"s","d":""}`, onlyEnrich(by("k")))},
			want:    "1 | \"own\" | \"s\" | \"s\" | \"\"\n"},
		{name: "the first source wins, and an empty value is no value", names: "a b",
			primary: `{"entity_id":"1","k":"x"}`,
			sources: []SecondaryFile{text(".jsonl", `{"k":"x","a":"first","b":""}`, onlyEnrich(by("k"))),
				text(".json", `[{"k":"x","a":"second","b":"second"}]`, onlyEnrich(by("k")))},
			want: "1 | \"first\" | \"second\"\n"},
		{name: "who a record is about stays", names: "id entity_id entity_type entity_name",
			primary: `{"entity_id":"1","k":"x"}`,
			sources: []SecondaryFile{text(".jsonl", `{"entity_id":"9","id":"u","entity_type":"E","entity_name":"N","k":"x"}`, by("k"))},
			want:    "1 | - | \"1\" | - | -\n"},
		{name: "values correlate with their types", names: "a",
			primary: "{\"entity_id\":\"1\",\"k\":5}\n{\"entity_id\":\"2\",\"k\":\"5\"}\n{\"entity_id\":\"3\",\"k\":0.5e1}\n{\"entity_id\":\"4\",\"k\":\"\"}\n{\"entity_id\":\"5\"}",
			sources: []SecondaryFile{text(".jsonl", "{\"k\":\"5\",\"a\":\"text\"}\n{\"k\":\"\",\"a\":\"no\"}\n{\"a\":\"no\"}\n{\"k\":5.0,\"a\":\"number\"}", onlyEnrich(by("k")))},
			want:    "1 | \"number\"\n2 | \"text\"\n3 | \"number\"\n4 | -\n5 | -\n",
			findings: []string{
				`info uncorrelated-records s0.jsonl:0 *2: records that no identity correlates with are not used, because the source has only_enrich_existing`,
				`warning shared-correlation s0.jsonl:4 *1: identities correlate with a record that an earlier identity correlates with; each of them gets it: "3" (line 4)`}},
		{name: "all pairs agree", names: "a",
			primary: "{\"entity_id\":\"1\",\"k\":\"x\",\"l\":\"y\"}\n{\"entity_id\":\"2\",\"k\":\"x\",\"l\":\"z\"}",
			sources: []SecondaryFile{text(".csv", "k,l,a\nx,y,1\n", onlyEnrich(by("k", "l")))},
			want:    "1 | 1\n2 | -\n",
			findings: []string{
				`info inferred-types s0.csv:1 *3: types inferred from the cells: k=string, l=string, a=number`}},
		{name: "several records", names: "a",
			primary: "{\"entity_id\":\"1\",\"k\":\"x\"}\n{\"entity_id\":\"2\",\"k\":\"y\"}",
			sources: []SecondaryFile{text(".jsonl", "{\"k\":\"y\",\"a\":1}\n{\"k\":\"x\",\"a\":2}\n{\"k\":\"x\",\"a\":3}", by("k"))},
			want:    "1 | -\n2 | 1\n",
			findings: []string{
				`error ambiguous-correlation s0.jsonl:2 *1: identities correlate with several records of the source, so none is applied: "1" (line 2)`}},
		{name: "records become identities", names: "a entity_id entity_type",
			primary: "{\"entity_id\":\"1\",\"k\":\"x\",\"a\":1}\n{\"entity_id\":\"9\",\"entity_type\":\"Other\",\"k\":\"o\"}",
			sources: []SecondaryFile{
				text(".jsonl", `{"entity_id":"7","entity_name":"Seven","entity_type":"B","k":"p","a":7}
{"entity_id":"8","entity_type":"C","k":"q"}
{"entity_id":"1","k":"r"}
{"entity_id":9,"k":"o"}
{"k":"x"}`, ofType(by("k"), "B")),
				text(".jsonl", `{"entity_id":"7","k":"p"}`+"\n"+`{"entity_id":"10"}`, by("k"))},
			overrides: `[{"entity_id": 7, "attributes": {"a": 70}}, {"entity_id": "9", "attributes": {"a": 1}}]`,
			want:      "1 | 1 | \"1\" | -\n7 (Seven) | 70 | \"7\" | \"B\"\n10 | - | \"10\" | -\n",
			findings: []string{
				`error duplicate-entity-id s0.jsonl:3 *2: records that would become identities repeat an earlier entity_id and are left out: "1" (line 3), "9" (line 4)`,
				`error duplicate-entity-id s1.jsonl:1 *1: records that would become identities repeat an earlier entity_id and are left out: "7" (line 1)`,
				`info excluded-records s0.jsonl:0 *1: records of another entity_type than "B", that of the secondary source, are not used`,
				`warning no-correlation s1.jsonl:0 *2: no identity correlates with any record: k is such as "x", and k such as "p"`}},
		{name: "overrides", names: "a b customprop_c m entity_name",
			primary:   "{\"entity_id\":\"1\",\"a\":\"own\",\"b\":5}\n{\"entity_id\":\"2\"}",
			overrides: `{"values": [{"entity_id": "1", "attributes": {"a": null, "custom_properties": {"c": 1}, "customprop_c": 2, "m": {"id": "boss"}, "entity_name": "Ann"}}, {"entity_id": "2"}], "has_more": false}`,
			want:      "1 (Ann) | null | 5 | 2 | \"boss\" | \"Ann\"\n2 | - | - | - | - | -\n"},
		{name: "overrides that cannot be applied", names: "a sys_attr__is_mover entity_id",
			primary: "{\"entity_id\":\"1\",\"sys_attr__is_mover\":true}\n{\"entity_id\":\"2\",\"entity_type\":\"Other\"}",
			overrides: `{"values": [
{"entity_id": "1", "attributes": {"sys_attr__is_mover": false, "a": "first"}, "reason": "why not"},
{"entity_id": "1", "attributes": {"a": "second"}},
{"entity_id": "2", "attributes": {"a": 1}},
{"entity_id": "3", "attributes": {"entity_id": "4"}},
{"entity_id": "5", "attributes": {"entity_id": "6"}}]}`,
			want: "1 | \"first\" | true | \"1\"\n",
			findings: []string{
				`error duplicate-override overrides.json:3 *1: entity_id "1" is overridden on line 2 already: the first is used`,
				`error refused-override overrides.json:2 *1: sys_attr__is_mover cannot be overridden: it is computed from what changes; the population's value stays`,
				`error refused-override overrides.json:5 *2: entity_id cannot be overridden: it says whom a record is about; the population's value stays`,
				`warning unknown-field overrides.json:2 *1: unknown field values[].reason: kept, not evaluated`,
				`warning unknown-override overrides.json:5 *2: overrides of identities that the population does not have: "3" (line 5), "5" (line 6)`}},
		{name: "case folding", names: "~dept dept",
			primary: `{"entity_id":"1","k":"x","DEPT":""}
{"entity_id":"2","k":"y","DEPT":"own"}
{"entity_id":"3","k":"z"}
{"entity_id":"4"}`,
			sources: []SecondaryFile{
				text(".jsonl", `{"k":"x","Dept":"a","DEPT":"b"}
{"k":"y","dept":"c"}
{"k":"z","Dept":"d","DEPT":"e"}`, onlyEnrich(by("k")))},
			overrides: `[{"entity_id": "3", "attributes": {"DEPT": "f"}}, {"entity_id": "4", "attributes": {"dEPT": "g", "DEPT": "h"}}]`,
			want:      "1 | \"b\" | -\n2 | \"c\" | \"c\"\n3 | \"d\" | -\n4 | \"g\" | -\n"},
		{name: "another identifying column", names: "a number",
			schema:  &scimeval.Schema{ID: "number"},
			primary: `{"number":1,"k":"x"}`,
			sources: []SecondaryFile{text(".csv", "number:string,k:string,a:string\n5,y,b\n7,x,c\n", by("k"))},
			want:    "1 | \"c\" | \"1\"\n5 | \"b\" | \"5\"\n"},
		{name: "nothing to correlate by", names: "a",
			primary: `{"entity_id":"1"}`,
			sources: []SecondaryFile{text(".jsonl", `{"entity_id":"5"}`, onlyEnrich(by("k", "l"))), text(".jsonl", `{"k":1,"l":2}`, onlyEnrich(by("k", "l")))},
			want:    "1 | -\n",
			findings: []string{
				`info uncorrelated-records s0.jsonl:0 *1: records that no identity correlates with are not used, because the source has only_enrich_existing`,
				`info uncorrelated-records s1.jsonl:0 *1: records that no identity correlates with are not used, because the source has only_enrich_existing`,
				`warning no-correlation s0.jsonl:0 *1: no identity correlates with any record: no record has a value of k, l`,
				`warning no-correlation s1.jsonl:0 *1: no identity correlates with any record: no identity has a value of k, l`}},
		{name: "a source without records", names: "a", primary: `{"entity_id":"1"}`,
			sources: []SecondaryFile{text(".jsonl", "", by("k"))}, want: "1 | -\n",
			findings: []string{`warning no-correlation s0.jsonl:0 *1: the secondary source has no records to join`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rows, report, err := joined(t, test.schema, test.primary, test.sources, test.overrides, test.names)
			require.NoError(t, err)
			require.Equal(t, test.want, dump(rows))
			var found []string
			for _, f := range report.Findings {
				if f.Code != "mixed-types" {
					found = append(found, fmt.Sprintf("%s %s %s:%d *%d: %s", f.Severity, f.Code, f.File, f.Line, f.Count, f.Message))
				}
			}
			slices.Sort(found)
			require.Equal(t, test.findings, found)
		})
	}
}

func TestJoinRefuses(t *testing.T) {
	const primary = `{"entity_id":"1","k":"x"}`
	tests := []struct {
		name, overrides, want string
		sources               []SecondaryFile
	}{
		{name: "no identity", sources: []SecondaryFile{text(".jsonl", "{\"k\":\"x\"}\n{\"k\":\"y\"}\n{\"k\":\"z\",\"entity_id\":\"\"}", by("k"))},
			want: `s0.jsonl:2: entity_id is missing (a record that no identity correlates with becomes an identity, unless the source has only_enrich_existing)
s0.jsonl:3: entity_id is missing (a record that no identity correlates with becomes an identity, unless the source has only_enrich_existing)`},
		{name: "an identity of another type", sources: []SecondaryFile{text(".jsonl", `{"k":"x","entity_id":{"a":1}}`, onlyEnrich(by("k")))},
			want: `s0.jsonl:1: entity_id is {"a":1}, not a string or a number (every record needs one; schema.yaml can name another column as id)`},
		{name: "nothing correlates", sources: []SecondaryFile{text(".jsonl", primary, engine.SecondarySource{Position: engine.Position{File: "policies.json", Line: 4}})},
			want: `policies.json:4: the secondary source of s0.jsonl has no correlation attributes (name the attributes by which its records are found)`},
		{name: "damaged sources and overrides", overrides: `{"values": [5, {"attributes": {}}, {"entity_id": "2", "attributes": []},
  {"entity_id": "3", "attributes": {"a": 1e99999}}]}`,
			sources: []SecondaryFile{text(".jsonl", "{\"k\":1,\"k\":2}\n[]", by("k")), text(".csv", "k,k\n", by("k")), text(".parquet", "k", by("k"))},
			want: `overrides.json:1: values[0]: is a number, want an override
overrides.json:1: values[1]: an override without entity_id (want {"values": [{"entity_id", "attributes"}]})
overrides.json:1: values[2].attributes: is a list, want an object
overrides.json:2: values[3].attributes.a: 1e99999: number has more than 1000 digits or an exponent beyond 10000
s0.jsonl:1: k: duplicate key (only one of the two can be meant)
s0.jsonl:2: is no record: a record is a JSON object
s1.csv:1: columns 1 and 2 are both called k (rename one of them)
s2.parquet: is no Parquet file: parquet: file too small (size=1)`},
		{name: "overrides that are none", overrides: `{"data": [], "pagination": {}}`,
			want: `overrides.json:1: is the shape {"data":..., "pagination":...}, which the API text's hand-written pages print and the API's own schema contradicts (export the answer of the API itself: {"values": [...]} or {"value": {...}})`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := joined(t, nil, primary, test.sources, test.overrides, "a")
			require.EqualError(t, err, test.want)
		})
	}
	opt := PopulationOptions{Path: writeFile(t, "p.jsonl", primary), Overrides: "no-such-file.json"}
	_, _, err := readPopulation(t, opt)
	require.EqualError(t, err, "no-such-file.json: cannot be read: no such file or directory")
	opt.Overrides, opt.Secondary = "", []SecondaryFile{{Path: "no-such-file.jsonl", Source: by("k")}}
	_, _, err = readPopulation(t, opt)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestJoinReport: attributes that only a side file has are known; without identities in the primary there can be some.
func TestJoinReport(t *testing.T) {
	_, report, err := joined(t, nil, `{"entity_id":"1","k":"x","b":1}`, []SecondaryFile{
		text(".jsonl", `{"k":"x","a":1,"b":2,"c":3}`, onlyEnrich(by("k"))),
		text(".jsonl", `{"k":"y","unused":1}`, onlyEnrich(by("k"))),
	}, `[{"entity_id":"1","attributes":{"d":1,"e":1}}]`, "a d")
	require.NoError(t, err)
	require.Equal(t, []AttributeCount{{"a", 1}, {"b", NotCounted}, {"c", NotCounted}, {"d", 1}, {"e", NotCounted}, {"entity_id", 1}, {"k", NotCounted}}, report.Attributes)
	require.Equal(t, []int{1, 1, 0, 1}, []int{report.Identities, report.Enriched, report.Created, report.Overridden})

	rows, report, err := joined(t, nil, "\n", []SecondaryFile{text(".jsonl", `{"entity_id":"1","a":1}`, by("k"))}, "", "a")
	require.NoError(t, err)
	require.Equal(t, "1 | 1\n", dump(rows))
	require.Equal(t, []AttributeCount{{"a", 1}, {"entity_id", 1}}, report.Attributes)
}

func TestJoinOfObjects(t *testing.T) {
	rows, _, err := joined(t, nil, `{"entity_id":"1","k":{"id":"x"}}`, []SecondaryFile{
		text(".jsonl", `{"attributes":{"k":"x","custom_properties":{"a":{"id":"y"},"b":[{"id":"z"},{"id":"z"}]}}}`, onlyEnrich(by("k"))),
	}, "", "customprop_a customprop_b")
	require.NoError(t, err)
	require.Equal(t, "1 | \"y\" | [\"z\",\"z\"]\n", dump(rows))
}
