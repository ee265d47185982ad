package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/engine"
)

// anyText draws text with everything that encoders trip over: controls, quotes, separators, bytes that are no UTF-8.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringOf(rapid.RuneFrom([]rune("a;\\\"'=,<>&\b\f\n\r\t\x00\x1f\x7f\u2028\u2029\u202e\ufeff\ufffd王👍"))),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	)
}

func anyRow() *rapid.Generator[engine.Row] {
	texts := rapid.SliceOfN(anyText(), 0, 4)
	return rapid.Custom(func(t *rapid.T) engine.Row {
		row := engine.Row{
			EntityID:             anyText().Draw(t, "entity_id"),
			Class:                rapid.IntRange(0, 1<<40).Draw(t, "class"),
			WorkflowsMatched:     texts.Draw(t, "matched"),
			WorkflowsUnknown:     texts.Draw(t, "unknown"),
			Actions:              []engine.ActionStatus{},
			AccessProfileIDs:     texts.Draw(t, "profiles"),
			InheritedProfileIDs:  texts.Draw(t, "inherited"),
			Entitlements:         texts.Draw(t, "entitlements"),
			PossibleEntitlements: texts.Draw(t, "possible"),
			Revokes:              texts.Draw(t, "revokes"),
			PossibleRevokes:      texts.Draw(t, "possible revokes"),
			Affected:             rapid.SampledFrom([]string{"yes", "no", "maybe"}).Draw(t, "affected"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "actions") {
			row.Actions = append(row.Actions, engine.ActionStatus{
				Workflow: anyText().Draw(t, "workflow"), Name: anyText().Draw(t, "name"), Type: anyText().Draw(t, "type"), Status: "planned",
			})
		}
		return row
	})
}

// The rows are those of encoding/json, byte by byte.
func TestRowsNDJSONEqualsEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(anyRow(), 0, 4).Draw(t, "rows")
		var got, want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		w := NewRowsWriter(&got, RowsNDJSON)
		for i := range rows {
			require.NoError(t, w.WriteRow(&rows[i]))
			require.NoError(t, enc.Encode(&rows[i]))
		}
		require.NoError(t, w.Flush())
		require.Equal(t, want.String(), got.String())
	})
}

// WriteRow writes one row without a prepared tail.
func (w *RowsWriter) WriteRow(row *engine.Row) error {
	return w.Write(row.EntityID, w.ClassTail(row), row.Revokes, row.PossibleRevokes)
}

// What encoding/csv reads back are the cells, and what splitList makes of a cell are the items.
func TestRowsCSVReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row := anyRow().Draw(t, "row")
		var out bytes.Buffer
		w := NewRowsWriter(&out, RowsCSV)
		require.NoError(t, w.WriteRow(&row))
		require.NoError(t, w.Flush())
		records, err := csv.NewReader(&out).ReadAll()
		require.NoError(t, err)
		require.Len(t, records, 2)
		require.Len(t, records[1], len(records[0]))

		actions := []string{}
		for _, a := range row.Actions {
			actions = append(actions, actionText(a))
		}
		newline := strings.NewReplacer("\r\n", "\n") // as encoding/csv reads it inside quotes
		require.Equal(t, newline.Replace(textCell(row.EntityID)), records[1][0])
		for column, items := range map[int][]string{
			2: row.WorkflowsMatched, 3: row.WorkflowsUnknown, 4: actions, 5: row.AccessProfileIDs, 6: row.InheritedProfileIDs,
			7: row.Entitlements, 8: row.PossibleEntitlements, 9: row.Revokes, 10: row.PossibleRevokes,
		} {
			want := ""
			for i, item := range items {
				if i > 0 {
					want += ";"
				}
				want += textCell(strings.ReplaceAll(strings.ReplaceAll(item, `\`, `\\`), ";", `\;`))
			}
			require.Equal(t, newline.Replace(want), records[1][column])
		}
		require.Equal(t, row.Affected, records[1][11])
	})
}

func TestRowsGolden(t *testing.T) {
	for name, format := range map[string]RowsFormat{"rows.ndjson": RowsNDJSON, "rows.csv": RowsCSV} {
		var out bytes.Buffer
		w := NewRowsWriter(&out, format)
		for i := range 4 {
			row := sampleRow(i)
			switch i {
			case 1:
				row.EntityID, row.WorkflowsMatched = "=1+1", []string{"a;b", `c\d`, "-e", `say "hi"`, "x,y"}
			case 2:
				row = engine.Row{EntityID: " 007 ", Class: 1, Affected: "no"}
			}
			require.NoError(t, w.WriteRow(&row))
		}
		require.NoError(t, w.Flush())
		requireGolden(t, name, out.Bytes())
	}
}

func TestRowsWithoutRows(t *testing.T) {
	for format, want := range map[RowsFormat]string{RowsNDJSON: "", RowsCSV: "entity_id,class,"} {
		var out bytes.Buffer
		require.NoError(t, NewRowsWriter(&out, format).Flush())
		require.True(t, strings.HasPrefix(out.String(), want))
		require.Equal(t, strings.Count(want, ",") > 0, strings.HasSuffix(out.String(), "\n"))
	}
}

// full is a disk without room.
type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestRowsReportWriteErrors(t *testing.T) {
	row := sampleRow(0)
	w := NewRowsWriter(full{}, RowsNDJSON)
	for range 1000 {
		if err := w.WriteRow(&row); err != nil {
			require.ErrorIs(t, err, errFull)
		}
	}
	require.ErrorIs(t, w.Flush(), errFull)
}

func BenchmarkRows(b *testing.B) {
	for name, format := range map[string]RowsFormat{"ndjson": RowsNDJSON, "csv": RowsCSV} {
		b.Run("format="+name, func(b *testing.B) {
			row := sampleRow(7)
			w := NewRowsWriter(io.Discard, format)
			tail := w.ClassTail(&row)
			ids := make([]string, 1024)
			for i := range ids {
				ids[i] = fmt.Sprintf("W%06d", i)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if err := w.Write(ids[i&1023], tail, row.Revokes, nil); err != nil {
					b.Fatal(err)
				}
				i++
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "identities/s")
		})
	}
}
