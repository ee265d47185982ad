package report

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/engine"
)

// rawCells are all cells of a sheet as they are stored.
type rawCells [][]string

func readCells(t require.TestingT, f *excelize.File, sheet string) rawCells {
	rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	return rows
}

// at is the cell in row and column, from 1; "" where nothing is.
func (c rawCells) at(row, column int) string {
	if row > len(c) || column > len(c[row-1]) {
		return ""
	}
	return c[row-1][column-1]
}

// beside is the cell to the right of a label in the first column.
func (c rawCells) beside(label string) string {
	for i := range c {
		if c.at(i+1, 1) == label {
			return c.at(i+1, 2)
		}
	}
	return "no " + label
}

// requireCellValue holds a cell to a value of a table.
func requireCellValue(t require.TestingT, want any, got, where string) {
	switch want := want.(type) {
	case nil:
		require.Empty(t, got, where)
	case int:
		require.Equal(t, strconv.Itoa(want), got, where)
	case float64:
		n, err := strconv.ParseFloat(got, 64)
		require.NoError(t, err, where)
		require.Equal(t, want, n, where)
	case string:
		require.Equal(t, cellText(want), got, where)
	}
}

// requireReadsBack holds every number and text of a workbook to the document. maxRows is how many rows a sheet has.
func requireReadsBack(t require.TestingT, f *excelize.File, d Renderable, maxRows int) {
	o := d.outline()
	summary := readCells(t, f, "Summary")
	require.Equal(t, cellText(o.notes.Verdict.Line()), summary.at(1, 1))
	for _, c := range o.counts {
		require.Equal(t, strconv.Itoa(c.n), summary.beside(c.label), c.label)
	}
	sheets := []string{"Summary"}
	if len(changeGroups(d)) > 0 {
		sheets = append(sheets, "Decisions", "Charts")
	}
	for _, list := range o.tables {
		for first := 0; first == 0 || first < list.rows; first += maxRows {
			name := list.name
			if first > 0 {
				name += " " + strconv.Itoa(first/maxRows+1)
			}
			sheets = append(sheets, name)
			cells := readCells(t, f, name)
			rows := min(maxRows, list.rows-first)
			if rows == 0 {
				require.Equal(t, list.empty, cells.at(tableRow+1, 1))
				continue
			}
			require.LessOrEqual(t, len(cells), tableRow+rows, "no row but those of the list")
			for i := range rows {
				for column, want := range list.row(first + i) {
					requireCellValue(t, want, cells.at(tableRow+1+i, column+1), name+" "+list.columns[column].title)
				}
			}
		}
	}
	require.Equal(t, sheets, f.GetSheetList())
	for i, g := range changeGroups(d) {
		cells := readCells(t, f, decisionsSheet)
		for column, want := range []any{g.ID, g.Name, string(g.Kind), g.Lost, g.Gained, g.Maybe, g.Deactivated, g.Revoked, g.Detail, nil, nil, nil, nil} {
			requireCellValue(t, want, cells.at(tableRow+1+i, column+1), "group "+g.ID)
		}
	}
}

func TestWorkbooksReadBack(t *testing.T) {
	long := sampleInput()
	long.Identities = Identities{Cap: maxPlainRows + 10}
	for i := range maxPlainRows + 20 {
		row := sampleRow(i)
		long.Identities.Add(&row, "_x0041_ "+strconv.Itoa(i))
	}
	calibration, crosscheck := NewCalibration(sampleCalibration(same)), NewCrosscheck(sampleCrosscheck(same))
	for name, test := range map[string]struct {
		document Renderable
		maxRows  int
	}{
		"simulation":         {New(sampleInput()), maxTableRows},
		"diff":               {NewDiff(sampleDiffInput()), maxTableRows},
		"crosscheck":         {crosscheck, maxTableRows},
		"calibration":        {calibration, maxTableRows},
		"streamed":           {New(long), maxTableRows},
		"split":              {NewDiff(sampleDiffInput()), 2},
		"split and streamed": {New(long), maxPlainRows + 3},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := openWorkbook(t, func(b *bytes.Buffer) error { return writeWorkbookTo(b, test.document, test.maxRows) })
			requireReadsBack(t, f, test.document, test.maxRows)
		})
	}
}

// Documents of any numbers and texts read back.
func TestRandomWorkbooksReadBack(t *testing.T) {
	text := rapid.OneOf(rapid.SampledFrom(shortHostile), rapid.String())
	count := rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 1<<40))
	documents := rapid.Custom(func(rt *rapid.T) *DiffDocument {
		in := sampleDiffInput()
		draw := func(label string) int { return count.Draw(rt, label) }
		in.Result.Summary.Changed, in.Result.Summary.Lost, in.Result.Summary.EntitlementsMaybe = draw("changed"), draw("lose"), draw("pairs")
		in.Result.Actions = rapid.SliceOf(rapid.Custom(func(rt *rapid.T) engine.ActionChange {
			return engine.ActionChange{Name: text.Draw(rt, "name"), Type: text.Draw(rt, "type"), Effect: engine.EffectDeactivate,
				Lost: count.Draw(rt, "lost"), Gained: count.Draw(rt, "gained"), Maybe: count.Draw(rt, "maybe"), Unchanged: count.Draw(rt, "unchanged")}
		})).Draw(rt, "actions")
		in.Result.Entitlements = rapid.SliceOf(rapid.Custom(func(rt *rapid.T) engine.EntitlementChange {
			return engine.EntitlementChange{DatasourceID: text.Draw(rt, "datasource"), EntityID: text.Draw(rt, "id"), Name: ptr(text.Draw(rt, "name")),
				Lost: count.Draw(rt, "lost"), Gained: count.Draw(rt, "gained"), Revoked: count.Draw(rt, "revoked")}
		})).Draw(rt, "entitlements")
		in.Result.Cohorts = []engine.CohortLift{{Attribute: text.Draw(rt, "attribute"), Value: text.Draw(rt, "value"), Share: rapid.Float64Range(0, 1).Draw(rt, "share"),
			OverallShare: 0.1, Lift: rapid.Float64Range(0, 1e9).Draw(rt, "lift")}}
		return NewDiff(in)
	})
	for seed := range 12 {
		d := documents.Example(seed)
		f, _ := openWorkbook(t, func(b *bytes.Buffer) error { return WriteXLSX(b, d) })
		requireReadsBack(t, f, d, maxTableRows)
	}
}

// A list that is cut into sheets says so on each of them, and names its tables apart.
func TestSplitListsSayWhatTheyHold(t *testing.T) {
	d := NewDiff(sampleDiffInput())
	f, _ := openWorkbook(t, func(b *bytes.Buffer) error { return writeWorkbookTo(b, d, 3) })
	for sheet, want := range map[string]string{
		"Identities":   "Rows 1 to 3 of 4, on sheets of at most 3 rows. The first 4 of 5 identities",
		"Identities 2": "Rows 4 to 4 of 4, on sheets of at most 3 rows. The first 4 of 5 identities",
	} {
		note, err := f.GetCellValue(sheet, "A2")
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(note, want), note)
		tables, err := f.GetTables(sheet)
		require.NoError(t, err)
		require.Equal(t, "tbl"+strings.ReplaceAll(sheet, " ", ""), tables[0].Name)
	}
}

func TestEscapesStayText(t *testing.T) {
	for text, want := range map[string]string{
		"":                "",
		"snake_x_case":    "snake_x_case",
		"_x0041_":         "_x005F_x0041_",
		"_x0041_x0042_":   "_x005F_x0041_x005F_x0042_",
		"_x00g1_ _x+041_": "_x00g1_ _x+041_",
		"a_xabCD_b":       "a_x005F_xabCD_b",
		"_x0041":          "_x0041",
	} {
		require.Equal(t, want, escapeEscapes(text))
	}
}
