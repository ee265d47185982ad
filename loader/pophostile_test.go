package loader

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// hostilePopulations says what is wrong with each input of fixtures/hostile/population. @ stands for the input's name.
var hostilePopulations = []struct {
	input    string
	problems []string
}{
	{"bad-cells.csv", []string{
		`@:3: column department: "1.000.000" is no number: write it as JSON does, such as -12.5`,
		`@:3: column hired: "15.01.2024" is no timestamp: write 2024-01-15 or 2024-01-15T08:00:00Z`,
		`@:3: column is_active: "yes" is no bool: write true or false`,
		`@:4: column department: "0x1F" is no number: write it as JSON does, such as -12.5`,
		`@:4: column hired: "2024-02-30" is no timestamp: write 2024-01-15 or 2024-01-15T08:00:00Z`,
		`@:4: column is_active: "1" is no bool: write true or false`,
	}},
	{"blank-lines.jsonl", []string{`@: no identities (write one record for each identity)`}},
	{"column-of-unknown-type.csv", []string{
		`@:1: column 2: "boolean" is no type: write is_active:bool`,
		`@:1: column 3: "decimal" is no type: write salary:number`,
	}},
	{"column-twice.csv", []string{`@:1: columns 2 and 3 are both called department (rename one of them)`}},
	{"column-without-name.csv", []string{
		`@:1: column 2: the name is empty`,
		`@:1: column 4: the name is empty`,
	}},
	{"comma-at-end.json", []string{`@:2: is no JSON: invalid character ',' at start of value`}},
	{"cut-off.arrow", []string{`@: is no Arrow file: it is cut off (write the file again)`}},
	{"cut-off.json", []string{`@:3: values[1]: ends in the middle of a value (it looks cut off)`}},
	{"cut-off.jsonl", []string{`@:2: ends in the middle of a value (it looks cut off)`}},
	{"cut-off.parquet", []string{`@: is no Parquet file: parquet: magic bytes not found in footer. Either the file is corrupted or this isn't a parquet file`}},
	{"duplicate-attributes.jsonl", []string{`@:1: attributes: duplicate key (only one of the two can be meant)`}},
	{"duplicate-key-deep.jsonl", []string{
		`@:1: attributes.address[0].city: duplicate key (only one of the two can be meant)`,
		`@:2: custom_properties.x: duplicate key (only one of the two can be meant)`,
	}},
	{"duplicate-key.jsonl", []string{
		`@:2: department: duplicate key (only one of the two can be meant)`,
		`@:3: department: duplicate key (only one of the two can be meant)`,
	}},
	{"empty-list.json", []string{`@: no identities (write one record for each identity)`}},
	{"empty.arrow", []string{`@: is neither an Arrow file nor an Arrow stream: arrow/ipc: could not read message schema: arrow/ipc: could not read continuation indicator: EOF (write the file again)`}},
	{"empty.csv", []string{`@: no identities (write a header and one row for each identity)`}},
	{"empty.json", []string{`@: no identities (write one record for each identity)`}},
	{"empty.jsonl", []string{`@: no identities (write one record for each identity)`}},
	{"empty.parquet", []string{`@: is no Parquet file: parquet: file too small (size=0)`}},
	{"exponent-too-large.jsonl", []string{`@:1: department: 1e10001: number has more than 1000 digits or an exponent beyond 10000`}},
	{"faults-in-records.json", []string{
		`@:3: [1]: entity_id is missing (every record needs one; schema.yaml can name another column as id)`,
		`@:8: [2].attributes.a: duplicate key (only one of the two can be meant)`,
		`@:9: [3]: is no record: a record is a JSON object`,
	}},
	{"footer-too-long.parquet", []string{`@: is no Parquet file: parquet: file is smaller than indicated metadata size`}},
	{"gzip-unnamed.jsonl", []string{`@: is compressed (add .gz or .zst to its name)`}},
	{"header-only.csv", []string{`@: no identities (write one record for each identity)`}},
	{"id-in-other-case.csv", []string{`@:1: has no column entity_id (rename Entity_ID)`}},
	{"id-of-other-type.jsonl", []string{
		`@:2: entity_id is true, not a string or a number (every record needs one; schema.yaml can name another column as id)`,
		`@:3: entity_id is ["1"], not a string or a number (every record needs one; schema.yaml can name another column as id)`,
		`@:4: entity_id is {"id":"1"}, not a string or a number (every record needs one; schema.yaml can name another column as id)`,
	}},
	{"invalid-utf8.jsonl", []string{`@:2: name: is no JSON: invalid UTF-8`}},
	{"latin-1-header.csv", []string{`@:1: column 2: the name is no UTF-8 text (save the file as UTF-8)`}},
	{"latin-1.csv", []string{`@:3: column department: is no UTF-8 text (save the file as UTF-8)`}},
	{"lines.json", []string{`@:2: has text after the list of records (a file holds one JSON value; name it .jsonl if each line is a record)`}},
	{"lone-surrogate.jsonl", []string{"@:1: department: is no JSON: invalid surrogate pair `\\ud800\"}` in string"}},
	{"missing-id.csv", []string{`@:3: entity_id is missing (every record needs one; schema.yaml can name another column as id)`}},
	{"missing-id.jsonl", []string{
		`@:2: entity_id is missing (every record needs one; schema.yaml can name another column as id)`,
		`@:4: entity_id is missing (every record needs one; schema.yaml can name another column as id)`,
		`@:5: entity_id is missing (every record needs one; schema.yaml can name another column as id)`,
	}},
	{"nesting-bomb.jsonl", []string{`@:1: other[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]...: is no JSON: exceeded max depth`}},
	{"no-id-column.csv", []string{`@:1: has no column entity_id (name the identifying column as id in schema.yaml, or rename it)`}},
	{"not-a-number.jsonl", []string{
		`@:1: salary: is no JSON: invalid character 'N' at start of value`,
		`@:2: is no JSON: invalid character '1' after object value (expecting ',' or '}')`,
	}},
	{"not-an-object.jsonl", []string{
		`@:2: is no record: a record is a JSON object`,
		`@:3: is no record: a record is a JSON object`,
		`@:4: is no record: a record is a JSON object`,
	}},
	{"not-arrow.arrow", []string{`@: is neither an Arrow file nor an Arrow stream: arrow/ipc: could not read message schema: arrow/ipc: could not read message metadata: unexpected EOF (write the file again)`}},
	{"not-gzip.jsonl.gz", []string{`@: cannot unpack .gz data: gzip: invalid header (write the file again; it may be cut short)`}},
	{"not-parquet.parquet", []string{`@: is no Parquet file: parquet: file is smaller than indicated metadata size`}},
	{"not-zstd.csv.zst", []string{`@: cannot unpack .zst data: invalid input: magic number mismatch (write the file again; it may be cut short)`}},
	{"number-too-long.jsonl", []string{`@:2: attributes.department: 9999999999999999999999999999999999999999...: number has more than 1000 digits or an exponent beyond 10000`}},
	{"one-record.json", []string{`@:1: has no list "values" (write a list of records or {"values":[...]})`}},
	{"open-quote.csv", []string{`@:4: is no CSV: extraneous or missing " in quoted-field (a cell with quotes in it is quoted, with its own quotes doubled)`}},
	{"pages.json", []string{`@:1: has no list "values" (write a list of records or {"values":[...]})`}},
	{"quote-in-cell.csv", []string{`@:2: is no CSV: bare " in non-quoted-field (a cell with quotes in it is quoted, with its own quotes doubled)`}},
	{"ragged.csv", []string{
		`@:3: number of cells is 1, the header has 2 (quote cells that contain commas)`,
		`@:4: number of cells is 3, the header has 2 (quote cells that contain commas)`,
	}},
	{"record-over-two-lines.jsonl", []string{
		`@:2: ends in the middle of a value (it looks cut off)`,
		`@:3: is no record: a record is a JSON object`,
	}},
	{"semicolons.csv", []string{`@:1: has no column entity_id (separate the cells by commas)`}},
	{"single-quotes.jsonl", []string{`@:1: is no JSON: invalid character '\'' at start of value`}},
	{"spreadsheet.xlsx", []string{`@: ".xlsx" is no extension of a population (use .parquet .arrow .jsonl .ndjson .json or .csv, each also with .gz or .zst)`}},
	{"string.json", []string{`@:1: is no list of records (write a list of records or {"values":[...]})`}},
	{"text-after.json", []string{`@:2: is no JSON: invalid character ']' at start of value`}},
	{"truncated.jsonl.gz", []string{`@: cannot unpack .gz data: unexpected EOF (write the file again; it may be cut short)`}},
	{"two-records-on-a-line.jsonl", []string{`@:2: has text after the record`}},
	{"utf-16.jsonl", []string{`@:1: is UTF-16 text (save the file as UTF-8)`}},
	{"value-too-deep.jsonl", []string{`@:1: department: value nests more than 64 levels`}},
	{"values-no-list.json", []string{`@:2: values: is no list of records`}},
	{"values-twice.json", []string{`@:2: values: duplicate key (only one of the two can be meant)`}},
}

func TestHostilePopulations(t *testing.T) {
	t.Chdir("../fixtures/hostile/population")
	for _, c := range hostilePopulations {
		t.Run(c.input, func(t *testing.T) {
			for _, batchRows := range []int{0, 1} {
				_, _, err := readPopulation(t, PopulationOptions{
					Path: c.input, Attributes: attributes("department is_active hired"), BatchRows: batchRows})
				var problems *Problems
				require.ErrorAs(t, err, &problems)
				require.Equal(t, strings.ReplaceAll(strings.Join(c.problems, "\n"), "@", c.input), err.Error())
			}
		})
	}
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	require.Len(t, entries, len(hostilePopulations)+1, "an input that nothing tests, beside the README")
}

func TestManyProblemsOfAPopulation(t *testing.T) {
	var text strings.Builder
	for range 1000 {
		text.WriteString("{}\n")
	}
	path := writeFile(t, "p.jsonl", text.String())
	_, _, err := readPopulation(t, PopulationOptions{Path: path})
	var problems *Problems
	require.ErrorAs(t, err, &problems)
	require.Len(t, problems.List, maxProblemsKept, "reading stops")
	require.True(t, strings.HasSuffix(err.Error(), "\nand 80 more"))
}

func TestPopulationErrors(t *testing.T) {
	dir := t.TempDir()
	_, _, err := readPopulation(t, PopulationOptions{Path: dir + "/none.jsonl"})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.Mkdir(dir+"/d.jsonl", 0o755))
	_, _, err = readPopulation(t, PopulationOptions{Path: dir + "/d.jsonl"})
	require.EqualError(t, err, dir+"/d.jsonl: not a regular file")
	path := writeFile(t, "p.jsonl", "{\"entity_id\":\"1\",\"entity_type\":\"A\"}\n{\"entity_id\":\"2\",\"entity_type\":\"B\"}\n")
	_, _, err = readPopulation(t, PopulationOptions{Path: path, EntityType: "E"})
	require.EqualError(t, err, path+`: no identity has entity_type "E"; the records have "A", "B" (check the entity_type of the policy and of the records)`)
}

func TestLongLines(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 64 MiB")
	}
	head, tail := `{"entity_id":"1","a":"`, "\"}\n"
	path := writeFile(t, "p.jsonl", "{\"entity_id\":\"0\"}\n"+head+strings.Repeat("x", maxLine-len(head)-len(tail))+tail)
	rows, _, err := readPopulation(t, PopulationOptions{Path: path})
	require.NoError(t, err)
	require.Len(t, rows, 2)
	path = writeFile(t, "p.jsonl", "\n\n"+head+strings.Repeat("x", maxLine)+tail)
	_, _, err = readPopulation(t, PopulationOptions{Path: path})
	require.EqualError(t, err, path+":3: the line is longer than 64 MiB (write one record a line)")
}

// TestHostileSecondarySources reads the same inputs as secondary sources: they are refused for the same reasons, but for
// what concerns identities, which the records of a source need not have.
func TestHostileSecondarySources(t *testing.T) {
	primary := writeFile(t, "p.jsonl", `{"entity_id":"1","k":"x"}`)
	t.Chdir("../fixtures/hostile/population")
	var fine []string
	for _, c := range hostilePopulations {
		var errs []string
		for _, names := range []string{"department is_active hired", "department is_active hired ~HIRED"} {
			_, _, err := readPopulation(t, PopulationOptions{
				Path: primary, Attributes: attributes(names), Secondary: []SecondaryFile{{Path: c.input, Source: onlyEnrich(by("k"))}}})
			if err == nil {
				errs = append(errs, "")
				continue
			}
			require.ErrorAs(t, err, new(*Problems), c.input)
			errs = append(errs, err.Error())
			for _, line := range strings.Split(err.Error(), "\n") {
				require.Contains(t, strings.ReplaceAll(strings.Join(c.problems, "\n"), "@", c.input), line)
			}
		}
		require.Equal(t, errs[0] == "", errs[1] == "", "%s: read once or twice", c.input)
		if errs[0] == "" {
			fine = append(fine, c.input)
		}
	}
	require.Equal(t, []string{
		"blank-lines.jsonl", "empty-list.json", "empty.json", "empty.jsonl", "header-only.csv", "id-in-other-case.csv",
		"missing-id.csv",
		"missing-id.jsonl", "no-id-column.csv", "semicolons.csv",
	}, fine)
}
