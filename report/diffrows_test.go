package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/engine"
)

func anyDiffRow() *rapid.Generator[engine.DiffRow] {
	texts := rapid.SliceOfN(anyText(), 0, 3)
	actions := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) engine.ActionName {
		return engine.ActionName{Workflow: anyText().Draw(t, "workflow"), Name: anyText().Draw(t, "name"), Type: anyText().Draw(t, "type")}
	}), 0, 3)
	return rapid.Custom(func(t *rapid.T) engine.DiffRow {
		return engine.DiffRow{
			EntityID: anyText().Draw(t, "entity_id"), Status: rapid.SampledFrom(engine.Statuses).Draw(t, "status"),
			ActionsGained: actions.Draw(t, "actions gained"), ActionsLost: actions.Draw(t, "actions lost"),
			ProfilesGained: texts.Draw(t, "profiles gained"), ProfilesLost: texts.Draw(t, "profiles lost"),
			EntitlementsGained: texts.Draw(t, "entitlements gained"), EntitlementsLost: texts.Draw(t, "entitlements lost"),
			Class: rapid.IntRange(0, 1<<40).Draw(t, "class"), Affected: rapid.SampledFrom([]string{"yes", "no", "maybe"}).Draw(t, "affected"),
			ActionsMaybe: actions.Draw(t, "actions maybe"), ProfilesMaybe: texts.Draw(t, "profiles maybe"), EntitlementsMaybe: texts.Draw(t, "entitlements maybe"),
			RevokesAdded: texts.Draw(t, "revokes added"), RevokesDropped: texts.Draw(t, "revokes dropped"),
		}
	})
}

// The rows are those of encoding/json, byte by byte, with a tail and without.
func TestDiffRowsNDJSONEqualsEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(anyDiffRow(), 0, 4).Draw(t, "rows")
		other := anyText().Draw(t, "another identity")
		var got, want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		w := NewDiffRowsWriter(&got, RowsNDJSON)
		for _, row := range rows {
			tail := w.Tail(&row)
			require.NoError(t, w.WriteRow(&row))
			require.NoError(t, enc.Encode(&row))
			require.NoError(t, w.Write(other, tail))
			row.EntityID = other
			require.NoError(t, enc.Encode(&row))
		}
		require.NoError(t, w.Flush())
		require.Equal(t, want.String(), got.String())
	})
}

// What encoding/csv reads back are the cells.
func TestDiffRowsCSVReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row := anyDiffRow().Draw(t, "row")
		var out bytes.Buffer
		w := NewDiffRowsWriter(&out, RowsCSV)
		require.NoError(t, w.WriteRow(&row))
		require.NoError(t, w.Write(row.EntityID, w.Tail(&row)))
		require.NoError(t, w.Flush())
		records, err := csv.NewReader(&out).ReadAll()
		require.NoError(t, err)
		require.Len(t, records, 3)
		require.Equal(t, records[1], records[2])

		names := func(actions []engine.ActionName) []string {
			out := []string{}
			for _, a := range actions {
				out = append(out, a.Workflow+"/"+a.Name)
			}
			return out
		}
		newline := strings.NewReplacer("\r\n", "\n") // as encoding/csv reads it inside quotes
		want := []string{row.EntityID, string(row.Status)}
		for i := range want {
			want[i] = newline.Replace(textCell(want[i]))
		}
		add := func(lists ...[]string) {
			for _, items := range lists {
				cells := []string{}
				for _, item := range items {
					cells = append(cells, textCell(listEscaper.Replace(item)))
				}
				want = append(want, newline.Replace(strings.Join(cells, ";")))
			}
		}
		add(names(row.ActionsGained), names(row.ActionsLost), row.ProfilesGained, row.ProfilesLost, row.EntitlementsGained, row.EntitlementsLost)
		want = append(want, fmt.Sprint(row.Class), row.Affected)
		add(names(row.ActionsMaybe), row.ProfilesMaybe, row.EntitlementsMaybe, row.RevokesAdded, row.RevokesDropped)
		require.Equal(t, want, records[1])
	})
}

// The header of the CSV has the fields of the JSON, in their order.
func TestDiffRowsGolden(t *testing.T) {
	for name, format := range map[string]RowsFormat{"diffrows.ndjson": RowsNDJSON, "diffrows.csv": RowsCSV} {
		var out bytes.Buffer
		w := NewDiffRowsWriter(&out, format)
		for i, status := range engine.Statuses {
			row := sampleDiffRow(i, status)
			require.NoError(t, w.WriteRow(&row))
		}
		require.NoError(t, w.WriteRow(&engine.DiffRow{EntityID: "=1+1", Status: engine.StatusNew, ProfilesLost: []string{"a;b", `c\d`, "-e", `say "hi"`, "x,y"}}))
		require.NoError(t, w.Flush())
		requireGolden(t, name, out.Bytes())
	}
}

func TestDiffRowsReportWriteErrors(t *testing.T) {
	row := sampleDiffRow(0, engine.StatusChanged)
	w := NewDiffRowsWriter(full{}, RowsCSV)
	for range 1000 {
		if err := w.WriteRow(&row); err != nil {
			require.ErrorIs(t, err, errFull)
		}
	}
	require.ErrorIs(t, w.Flush(), errFull)
}

func BenchmarkDiffRows(b *testing.B) {
	for name, format := range map[string]RowsFormat{"ndjson": RowsNDJSON, "csv": RowsCSV} {
		b.Run("format="+name, func(b *testing.B) {
			row := sampleDiffRow(7, engine.StatusChanged)
			w := NewDiffRowsWriter(io.Discard, format)
			tail := w.Tail(&row)
			b.ReportAllocs()
			for b.Loop() {
				if err := w.Write("W000007", tail); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "identities/s")
		})
	}
}
