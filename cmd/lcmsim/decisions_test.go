package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
)

// scriptFill is `fill WORKBOOK SHEET!CELL=TEXT...`: the cells get these texts. Decisions!Name is each cell below the title Name in row 3,
// in the rows whose first cell says something; Decisions!Name@4 is that of row 4 alone.
func scriptFill(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: fill WORKBOOK SHEET!CELL=TEXT...")
	}
	f, err := excelize.OpenFile(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	for _, arg := range args[1:] {
		place, value, ok := strings.Cut(arg, "=")
		sheet, cell, found := strings.Cut(place, "!")
		if !ok || !found {
			ts.Fatalf("%q is no SHEET!CELL=TEXT", arg)
		}
		for _, cell := range cellsNamed(ts, f, sheet, cell) {
			ts.Check(f.SetCellStr(sheet, cell, value))
		}
	}
	ts.Check(f.Save())
}

// cellsNamed is a cell, or cells of the column with a title.
func cellsNamed(ts *testscript.TestScript, f *excelize.File, sheet, name string) []string {
	if _, _, err := excelize.CellNameToCoordinates(name); err == nil {
		return []string{name}
	}
	const titles = 3 // the row of the titles
	title, only, _ := strings.Cut(name, "@")
	rows, err := f.GetRows(sheet)
	ts.Check(err)
	column := slices.Index(rows[titles-1], title) + 1
	var cells []string
	for row := titles + 1; column > 0 && row <= len(rows); row++ {
		if texts := rows[row-1]; len(texts) == 0 || texts[0] == "" || only != "" && only != strconv.Itoa(row) {
			continue
		}
		cell, err := excelize.CoordinatesToCellName(column, row)
		ts.Check(err)
		cells = append(cells, cell)
	}
	if len(cells) == 0 {
		ts.Fatalf("%s has no cell %q", sheet, name)
	}
	return cells
}
