package report

import (
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// sheetWriter writes a sheet from top to bottom: an excelize.StreamWriter, or a plainSheet.
type sheetWriter interface {
	SetColWidth(first, last int, width float64) error
	SetPanes(panes *excelize.Panes) error
	SetRow(cell string, values []any, opts ...excelize.RowOpts) error
	MergeCell(topLeft, bottomRight string) error
	AddTable(table *excelize.Table) error
	Flush() error
}

// maxPlainRows is how many rows a plainSheet holds; a longer list is streamed.
const maxPlainRows = 2_000

// newSheet makes a sheet for so many rows, with the page set up. Bars tells whether cells can have them.
func (b *workbook) newSheet(name string, rows int) (w sheetWriter, bars bool, err error) {
	if _, err := b.f.NewSheet(name); err != nil {
		return nil, false, err
	}
	if err := b.page(name); err != nil {
		return nil, false, err
	}
	if rows <= maxPlainRows {
		return plainSheet{b.f, name}, true, nil
	}
	w, err = b.f.NewStreamWriter(name)
	return w, false, err
}

// plainSheet is a sheet in memory. Streams are for long lists: they drop the part of a sheet that says how long the bars of
// conditional formats are.
type plainSheet struct {
	f    *excelize.File
	name string
}

func (s plainSheet) SetColWidth(first, last int, width float64) error {
	from, err := excelize.ColumnNumberToName(first)
	if err != nil {
		return err
	}
	to, err := excelize.ColumnNumberToName(last)
	if err != nil {
		return err
	}
	return s.f.SetColWidth(s.name, from, to, width)
}

func (s plainSheet) SetPanes(panes *excelize.Panes) error { return s.f.SetPanes(s.name, panes) }

func (s plainSheet) SetRow(cell string, values []any, opts ...excelize.RowOpts) error {
	column, row, err := excelize.CellNameToCoordinates(cell)
	if err != nil {
		return err
	}
	for _, o := range opts {
		if o.Height > 0 {
			if err := s.f.SetRowHeight(s.name, row, o.Height); err != nil {
				return err
			}
		}
	}
	for i, v := range values {
		c, ok := v.(excelize.Cell)
		if !ok {
			continue // empty
		}
		at, err := excelize.CoordinatesToCellName(column+i, row)
		if err != nil {
			return err
		}
		if text, ok := c.Value.(string); ok {
			c.Value = escapeEscapes(text)
		}
		if err := s.f.SetCellValue(s.name, at, c.Value); err != nil {
			return err
		}
		if err := s.f.SetCellStyle(s.name, at, at, c.StyleID); err != nil {
			return err
		}
	}
	return nil
}

func (s plainSheet) MergeCell(topLeft, bottomRight string) error {
	return s.f.MergeCell(s.name, topLeft, bottomRight)
}

func (s plainSheet) AddTable(table *excelize.Table) error { return s.f.AddTable(s.name, table) }

func (s plainSheet) Flush() error { return nil }

// escapeEscapes keeps text such as _x0041_ as it is: workbooks read it as the character A. Streams do so themselves.
func escapeEscapes(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if s[i] == '_' && isEscape(s[i:]) {
			b.WriteString("_x005F")
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// isEscape tells whether s begins with a character written as _xHHHH_.
func isEscape(s string) bool {
	const length = len("_xHHHH_")
	if len(s) < length || s[1] != 'x' || s[length-1] != '_' {
		return false
	}
	_, err := strconv.ParseUint(s[2:length-1], 16, 16)
	return err == nil
}
