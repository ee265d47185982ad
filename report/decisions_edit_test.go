package report

import (
	"encoding/xml"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

// Whatever single cell is edited, emptied, added or turned into a formula outside the columns to fill in, the workbook is refused and
// the cell is named.
func TestEveryEditIsRefused(t *testing.T) {
	d := newDecided(t, NewDiff(sampleDiffInput()))
	type place struct {
		sheet, part string
		sheetCell
	}
	var places []place
	for _, s := range d.sound.sheets {
		for cell, err := range d.sound.cells(s.part, &surroundings{}) {
			require.NoError(t, err)
			places = append(places, place{s.name, s.part, cell})
		}
	}
	require.Greater(t, len(places), 300)
	files := parts(t, d.workbook)
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.SampledFrom(places).Draw(t, "cell")
		if rapid.IntRange(0, 9).Draw(t, "outside") == 0 { // a cell that should be empty
			at.row, at.value = at.row+rapid.IntRange(2000, 5000).Draw(t, "below"), cellValue{}
		}
		name := cellName(at.row, at.column)
		text := func(s string) string {
			var b strings.Builder
			require.NoError(t, xml.EscapeText(&b, []byte(s)))
			return fmt.Sprintf(`<c r="%s" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, name, b.String())
		}
		edits := []string{
			fmt.Sprintf(`<c r="%s"><v>%v</v></c>`, name, at.value.number+1),
			text(at.value.plain() + " "),
			text("x" + at.value.plain()),
			fmt.Sprintf(`<c r="%s" t="str"><f>1+1</f><v></v></c>`, name),
			fmt.Sprintf(`<c r="%s" t="b"><v>1</v></c>`, name),
			fmt.Sprintf(`<c r="%s" t="e"><v>#N/A</v></c>`, name),
		}
		if at.value.kind != valueNone {
			edits = append(edits, "", fmt.Sprintf(`<c r="%s"/>`, name))
		}
		edited := maps.Clone(files)
		edited[at.part] = withCell(edited[at.part], at.row, name, rapid.SampledFrom(edits).Draw(t, "edit"))
		var list []string
		for _, part := range slices.Sorted(maps.Keys(edited)) {
			list = append(list, part, edited[part])
		}
		filled, found := d.compared(t, zipOf(t, list...))
		require.Empty(t, filled)
		require.Equal(t, 1, found.n, "no other cell is complained about: %s", found.text())
		require.Contains(t, found.text(), "\n  "+at.sheet+"!"+name+" ")
	})
}

// withCell is the text of a sheet with another cell at a place, which may lie below all rows.
func withCell(sheet string, row int, name, cell string) string {
	old := regexp.MustCompile(`<c r="` + name + `"[^>]*?(/>|>.*?</c>)`).FindStringIndex(sheet)
	if old == nil {
		return strings.Replace(sheet, "</sheetData>", fmt.Sprintf(`<row r="%d">%s</row></sheetData>`, row, cell), 1)
	}
	return sheet[:old[0]] + cell + sheet[old[1]:]
}

func TestEditsOfTheSheets(t *testing.T) {
	d := newDecided(t, NewDiff(sampleDiffInput()))
	for name, tc := range map[string]struct {
		edit func(f *excelize.File) error
		want string // "" = it makes no difference
	}{
		"a sheet more":    {func(f *excelize.File) error { _, err := f.NewSheet("Mine"); return err }, `the sheet "Mine" is none of this workbook`},
		"a sheet less":    {func(f *excelize.File) error { return f.DeleteSheet("Findings") }, "the sheet Findings is missing"},
		"a sheet renamed": {func(f *excelize.File) error { return f.SetSheetName("Findings", "findings ") }, "the sheet Findings is missing"},
		"a row more":      {func(f *excelize.File) error { return f.InsertRows(decisionsSheet, tableRow+1, 1) }, decisionsSheet + "!A4 is empty, should say "},
		"a row less":      {func(f *excelize.File) error { return f.RemoveRow(decisionsSheet, tableRow+1) }, decisionsSheet + "!A4 says "},
		"a formula": {func(f *excelize.File) error {
			return f.SetCellFormula(decisionsSheet, cellName(tableRow+1, firstInput()), `"approve"`)
		}, "holds a formula; type its value"},
		"a formula comment": {func(f *excelize.File) error {
			return f.SetCellFormula(decisionsSheet, cellName(tableRow+1, firstInput()+1), "1")
		}, "holds a formula"},
		"a note below": {func(f *excelize.File) error {
			return f.SetCellStr(decisionsSheet, cellName(tableRow+1+len(d.groups), firstInput()), "approve")
		}, `says "approve", should be empty`},
		"a column beside": {func(f *excelize.File) error {
			return f.SetCellStr(decisionsSheet, cellName(tableRow, firstInput()+4), "Also")
		}, `says "Also", should be empty`},
		"a number as text": {func(f *excelize.File) error { return f.SetCellStr(decisionsSheet, "D4", "0") }, `says "0", should say `},

		"sheets moved":    {func(f *excelize.File) error { return f.MoveSheet("Findings", "Summary") }, ""},
		"rows hidden":     {func(f *excelize.File) error { return f.SetRowVisible(decisionsSheet, tableRow+1, false) }, "the sheet Decisions hides row 4; clear all filters"},
		"a sheet hidden":  {func(f *excelize.File) error { return f.SetSheetVisible("Findings", false) }, `the sheet "Findings" is hidden; show it`},
		"wider":           {func(f *excelize.File) error { return f.SetColWidth("Findings", "A", "C", 80) }, ""},
		"an empty text":   {func(f *excelize.File) error { return f.SetCellStr("Findings", "Z99", "") }, ""},
		"unprotected":     {func(f *excelize.File) error { return f.UnprotectSheet(decisionsSheet) }, ""},
		"a coloured cell": {func(f *excelize.File) error { return coloured(f, decisionsSheet, "A4") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			filled, found := d.compared(t, d.edited(t, func(f *excelize.File) {
				d.fill(t, f, map[int][]any{0: {"approve", nil, "Ana", decisionDay}})
				require.NoError(t, tc.edit(f))
			}))
			if tc.want != "" {
				require.Contains(t, found.text(), tc.want)
				return
			}
			require.Zero(t, found.n, found.text())
			require.Len(t, filled, 1)
		})
	}
}

func coloured(f *excelize.File, sheet, cell string) error {
	style, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Color: "FF0000"}})
	if err != nil {
		return err
	}
	return f.SetCellStyle(sheet, cell, cell, style)
}
