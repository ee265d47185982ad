package report

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

// tableRow is where the header of a list stands: below a title and a note.
const tableRow = 3

// listSheet is a sheet with a title, a note and a table on its way into a file.
type listSheet struct {
	sheetWriter
	b       *workbook
	bars    bool // cells can have bars
	name    string
	columns []tableColumn
	rows    int
	counted []bool // by column: some count with a bar is not 0
}

// barColors are the colours of the bars in columns of counts, by title.
var barColors = map[string]string{
	"Lost": fillLost, "Trigger no longer true": fillLost, "Revoked": fillLost, "Deactivated": fillLost, "Lose something": fillLost,
	"Gained": fillGained, "Trigger now true": fillGained, "Granted": fillGained, "Planned": fillGained, "Direct": fillGained, "Matched": fillGained, "Alone": fillGained,
	"Perhaps": fillOther, "Fewer without it": fillUsed,
}

// writeList writes a sheet with a list.
func (b *workbook) writeList(t table) error {
	s, err := b.newListSheet(t.name, t.note, t.columns, t.rows)
	if err != nil {
		return err
	}
	if t.rows == 0 {
		if err := s.SetRow(fmt.Sprintf("A%d", tableRow+1), []any{excelize.Cell{StyleID: b.styles.id, Value: t.empty}}); err != nil {
			return err
		}
	}
	for i := range t.rows {
		values := t.row(i)
		if err := s.add(values, b.cells(t.columns, values)); err != nil {
			return err
		}
	}
	return s.finish()
}

// newListSheet begins a sheet: widths, title, note and titles of the columns, which stay in sight and are printed on every page.
func (b *workbook) newListSheet(name, note string, columns []tableColumn, rows int) (*listSheet, error) {
	sw, bars, err := b.newSheet(name, rows)
	if err != nil {
		return nil, err
	}
	if err := setWidths(sw, columns); err != nil {
		return nil, err
	}
	if err := sw.SetPanes(&excelize.Panes{
		Freeze: true, YSplit: tableRow, TopLeftCell: fmt.Sprintf("A%d", tableRow+1), ActivePane: "bottomLeft",
	}); err != nil {
		return nil, err
	}
	width := 0.0
	for _, c := range columns {
		width += sheetWidth(c)
	}
	note = cellText(note)
	for i, row := range []struct {
		height float64
		cells  []any
	}{
		{24, []any{excelize.Cell{StyleID: b.styles.title, Value: name}}},
		{float64(lineHeight*linesOf(note, min(width, 180))) + 3, []any{excelize.Cell{StyleID: b.styles.note, Value: note}}},
		{headerHeight(columns), b.headerCells(columns)},
	} {
		if err := sw.SetRow(fmt.Sprintf("A%d", i+1), row.cells, excelize.RowOpts{Height: row.height}); err != nil {
			return nil, err
		}
	}
	last, err := excelize.ColumnNumberToName(len(columns))
	if err != nil {
		return nil, err
	}
	if err := sw.MergeCell("A2", last+"2"); err != nil {
		return nil, err
	}
	if err := b.f.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("'%s'!$%d:$%d", name, tableRow, tableRow), Scope: name,
	}); err != nil {
		return nil, err
	}
	return &listSheet{sheetWriter: sw, b: b, bars: bars, name: name, columns: columns, counted: make([]bool, len(columns))}, nil
}

// add writes a row: its cells, and the values that they show.
func (s *listSheet) add(values, cells []any) error {
	for i, v := range values {
		if n, ok := v.(int); ok && barColors[s.columns[i].title] != "" {
			s.counted[i] = s.counted[i] || n > 0
		}
	}
	s.rows++
	return s.SetRow(fmt.Sprintf("A%d", tableRow+s.rows), cells, excelize.RowOpts{Height: rowHeight(s.columns, cells)})
}

// finish makes a table of the rows, puts bars behind counts, and ends the sheet.
func (s *listSheet) finish() error {
	if s.rows > 0 {
		if err := s.b.addTable(s, s.name, tableRow, s.rows, len(s.columns)); err != nil {
			return err
		}
		for i, c := range s.columns {
			if s.bars && s.counted[i] {
				if err := s.b.addBars(s.name, i+1, tableRow+1, tableRow+s.rows, barColors[c.title]); err != nil {
					return err
				}
			}
		}
	}
	return s.Flush()
}

// addTable makes an Excel table of the rows below headerRow.
func (b *workbook) addTable(sw sheetWriter, name string, headerRow, rows, columns int) error {
	last, err := excelize.CoordinatesToCellName(columns, headerRow+rows)
	if err != nil {
		return err
	}
	return sw.AddTable(&excelize.Table{
		Range: fmt.Sprintf("A%d:%s", headerRow, last), Name: "tbl" + strings.ReplaceAll(name, " ", ""), StyleName: "TableStyleLight9",
	})
}

// addBars puts a bar into each of the cells of a column: from 0 to the largest of them, on the first sheet to 1.
func (b *workbook) addBars(sheet string, column, first, last int, color string) error {
	name, err := excelize.ColumnNumberToName(column)
	if err != nil {
		return err
	}
	bars := excelize.ConditionalFormatOptions{Type: "data_bar", Criteria: "=", MinType: "num", MinValue: "0", MaxType: "max", BarColor: "#" + color, BarSolid: true}
	if sheet == summarySheet { // see workbookZip
		bars.MaxType, bars.MaxValue = "num", "1"
	}
	return b.f.SetConditionalFormat(sheet, fmt.Sprintf("%s%d:%s%d", name, first, name, last), []excelize.ConditionalFormatOptions{bars})
}
