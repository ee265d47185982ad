package loader

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

// readGrantsFile reads a grants file of that name and content.
func readGrantsFile(t *testing.T, name string, data []byte) (*Grants, []string, error) {
	t.Helper()
	return readGrantsIn(t, t.TempDir(), name, data)
}

// readGrantsIn does so in a directory that it may write to.
func readGrantsIn(t *testing.T, dir, name string, data []byte) (*Grants, []string, error) {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, data, 0o644))
	snap := &Snapshot{}
	o := opener{snap: snap}
	g := o.source(name).readGrants(path)
	return g, dumpFindings(snap.notes.findings()), o.problems.err()
}

func TestGrantsCSV(t *testing.T) {
	g, findings, err := readGrantsFile(t, "grants.csv", []byte("\ufeffname,entity_id,since,entity_type,datasource_id,identity_entity_id\r\n"+
		"\"two\nlines\",=1+1,2024,Group,d,w1\r\n,\"a,b\",,Group,d,w1\r\n"))
	require.NoError(t, err)
	require.Equal(t, []engine.Grant{
		{DatasourceID: "d", EntityType: "Group", EntityID: "=1+1", Name: "two\nlines"},
		{DatasourceID: "d", EntityType: "Group", EntityID: "a,b"},
	}, g.ByIdentity()["w1"])
	require.Equal(t, []string{"warning unknown-field 1  *1: unknown column since: not read"}, findings)
}

func TestGrantsProblemsAreCapped(t *testing.T) {
	rows := strings.Repeat(",d,t,e\n", 5000)
	_, _, err := readGrantsFile(t, "grants.csv", []byte("identity_entity_id,datasource_id,entity_type,entity_id\n"+rows))
	var problems *Problems
	require.ErrorAs(t, err, &problems)
	require.Len(t, problems.List, maxTableProblems)
	require.Contains(t, err.Error(), "grants.csv:2: a grant without identity_entity_id\n")
}

func TestGrantsJSONL(t *testing.T) {
	g, findings, err := readGrantsFile(t, "grants.jsonl", []byte("\ufeff"+
		`{"identity_entity_id": 1e2, "datasource_id": "d", "entity_type": "t", "entity_id": "e", "name": null, "x": 1}`+"\r\n \n"+
		`{"identity_entity_id": "w", "datasource_id": "d", "entity_type": "t", "entity_id": "e", "name": "n", "x": [1]}`))
	require.NoError(t, err)
	require.Equal(t, []string{"warning unknown-field 1  *2: unknown column x: not read"}, findings)
	require.Len(t, g.ByIdentity()["1e2"], 1, "a number is its text")
	require.Equal(t, "n", g.ByIdentity()["w"][0].Name)

	_, _, err = readGrantsFile(t, "grants.jsonl", append([]byte(`{"name": "`), make([]byte, maxJSONLine)...))
	require.EqualError(t, err, "grants.jsonl:1: the line is longer than 16 MiB")
	_, _, err = readGrantsFile(t, "grants.txt", nil)
	require.EqualError(t, err, "grants.txt: has an extension that is not read here (use .csv, .jsonl, .parquet)")
}

// grantsParquet writes a Parquet file with a column for each name, all of the type of that column's builder.
func grantsParquet(t *testing.T, rows int, types map[string]arrow.DataType, props ...parquet.WriterProperty) []byte {
	t.Helper()
	names := []string{"identity_entity_id", "datasource_id", "entity_type", "entity_id", "name"}
	var fields []arrow.Field
	for _, name := range names {
		typ := types[name]
		if typ == nil {
			typ = arrow.BinaryTypes.String
		}
		fields = append(fields, arrow.Field{Name: name, Type: typ, Nullable: true})
	}
	schema := arrow.NewSchema(fields, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := range rows {
		for c, name := range names {
			if name == "name" && i%2 == 1 {
				b.Field(c).AppendNull()
				continue
			}
			require.NoError(t, b.Field(c).AppendValueFromString(fmt.Sprint(i%7)))
		}
	}
	record := b.NewRecord()
	defer record.Release()
	var buf bytes.Buffer
	w, err := pqarrow.NewFileWriter(schema, &buf, parquet.NewWriterProperties(props...), pqarrow.DefaultWriterProps())
	require.NoError(t, err)
	require.NoError(t, w.Write(record))
	require.NoError(t, w.Close())
	return buf.Bytes()
}

func TestGrantsParquet(t *testing.T) {
	kinds := map[string]map[string]arrow.DataType{
		"strings":      nil,
		"large":        {"entity_id": arrow.BinaryTypes.LargeString},
		"integers":     {"identity_entity_id": arrow.PrimitiveTypes.Int64, "entity_id": arrow.PrimitiveTypes.Int32},
		"dictionaries": {"entity_type": &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}},
	}
	for name, types := range kinds {
		for _, codec := range []compress.Compression{compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Zstd, compress.Codecs.Gzip} {
			t.Run(name+" "+codec.String(), func(t *testing.T) {
				const rows = 20_001 // more than a batch
				g, findings, err := readGrantsFile(t, "grants.parquet", grantsParquet(t, rows, types, parquet.WithCompression(codec)))
				require.NoError(t, err)
				require.Empty(t, findings)
				require.Equal(t, rows, rowCount(g.ByIdentity()))
				require.Equal(t, engine.Grant{DatasourceID: "3", EntityType: "3", EntityID: "3"}, g.ByIdentity()["3"][0])
				require.Equal(t, engine.Grant{DatasourceID: "2", EntityType: "2", EntityID: "2", Name: "2"}, g.ByIdentity()["2"][0])
			})
		}
	}
}

func TestGrantsParquetRefused(t *testing.T) {
	_, _, err := readGrantsFile(t, "grants.parquet", grantsParquet(t, 3, map[string]arrow.DataType{"entity_id": arrow.PrimitiveTypes.Float64}))
	require.EqualError(t, err, "grants.parquet: column entity_id: has the type DOUBLE, want strings")

	good := grantsParquet(t, 3, nil, parquet.WithCompression(compress.Codecs.Uncompressed))
	dir := t.TempDir()
	for cut := 0; cut < len(good); cut += 7 {
		_, _, err := readGrantsIn(t, dir, "grants.parquet", good[:cut])
		require.Error(t, err, "cut at %d", cut)
	}
	// Bytes are damaged in turn. Two of the values make the footer name what the library cannot decode: 7 (LZ4_RAW)
	// as a codec, 9 (BYTE_STREAM_SPLIT) as an encoding, each in the footer's zigzag form.
	seen := map[string]bool{}
	footer := len(good) - 8 - int(binary.LittleEndian.Uint32(good[len(good)-8:]))
	for i := range good {
		for _, b := range []byte{good[i] ^ 0x55, 2 * 7, 2 * 9} {
			if i%5 != 0 && (i < footer || b == good[i]^0x55) {
				continue
			}
			damaged := bytes.Clone(good)
			damaged[i] = b
			if _, _, err := readGrantsIn(t, dir, "grants.parquet", damaged); err != nil {
				seen[err.Error()] = true
			}
		}
	}
	require.Contains(t, seen, "grants.parquet: column entity_id: compression LZ4_RAW is not read (write it with zstd or snappy)")
	require.Contains(t, seen, "grants.parquet: column entity_id: encoding BYTE_STREAM_SPLIT is not read (write it plain or as a dictionary)")
}
