package report

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/xuri/excelize/v2"
)

// headerCells are the titles of columns.
func (b *workbook) headerCells(columns []tableColumn) []any {
	out := make([]any, len(columns))
	for i, c := range columns {
		style := b.styles.label
		if c.kind >= kindNumber {
			style = b.styles.numberLabel
		}
		out[i] = excelize.Cell{StyleID: style, Value: c.title}
	}
	return out
}

// cells makes cells of the values of one row: int, float64 for a share or factor, string, or nil for an empty cell.
func (b *workbook) cells(columns []tableColumn, values []any) []any {
	out := make([]any, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case nil:
		case int:
			style := b.styles.number
			if columns[i].kind == kindOrdinal {
				style = b.styles.ordinal
			}
			out[i] = excelize.Cell{StyleID: style, Value: v}
		case float64:
			style := b.styles.share
			if columns[i].kind == kindFactor {
				style = b.styles.factor
			}
			out[i] = excelize.Cell{StyleID: style, Value: v}
		case string:
			style := b.styles.text
			if columns[i].kind == kindID {
				style = b.styles.id
			}
			out[i] = excelize.Cell{StyleID: style, Value: cellText(v)}
		default:
			panic(fmt.Sprintf("report: a %T is no value of a cell", v))
		}
	}
	return out
}

// setWidths sets the widths of columns; the longest word of a title needs room beside the button of the table's filter.
func setWidths(sw sheetWriter, columns []tableColumn) error {
	for i, c := range columns {
		if err := sw.SetColWidth(i+1, i+1, sheetWidth(c)); err != nil {
			return err
		}
	}
	return nil
}

// filterButton is the room that the button of a filter and the indent take, in characters.
const filterButton = 5

func sheetWidth(c tableColumn) float64 {
	longest := 0
	for _, word := range strings.Fields(c.title) {
		longest = max(longest, len(word))
	}
	return max(c.width, float64(longest+filterButton))
}

// lineHeight is the height of a line of text in points.
const lineHeight = 15

// rowHeight is the height in points that the wrapped cells of a row need, within reason: not every reader of workbooks
// finds it by itself.
func rowHeight(columns []tableColumn, cells []any) float64 {
	lines := 1
	for i, c := range cells {
		cell, ok := c.(excelize.Cell)
		if !ok || columns[i].kind != kindText {
			continue
		}
		if s, ok := cell.Value.(string); ok {
			lines = max(lines, linesOf(s, columns[i].width))
		}
	}
	return float64(lineHeight * lines)
}

// linesOf is how many lines wrapped text takes in a width, at most 12.
func linesOf(s string, width float64) int {
	const maxLines, margin = 12, 3
	room := max(int(width)-margin, 1)
	if len(s) <= room { // no character is wider than it is long
		return 1
	}
	return min((text.StringWidth(prefix(s, room*maxLines))+room-1)/room, maxLines)
}

// headerHeight is the height in points of the titles of columns.
func headerHeight(columns []tableColumn) float64 {
	lines := 1
	for _, c := range columns {
		line, n := 0, 1
		for _, word := range strings.Fields(c.title) {
			if line > 0 && float64(line+1+len(word)+filterButton) > sheetWidth(c) {
				line, n = 0, n+1
			}
			line += 1 + len(word)
		}
		lines = max(lines, n)
	}
	return float64(lineHeight*lines) + 6
}

// cellLimit is how many UTF-16 units a cell of Excel holds.
const cellLimit = 32_767

// cellText is s as a cell shows it: printable, and cut with a notice when it is longer than a cell may be.
func cellText(s string) string {
	shown := Printable(prefix(s, cellLimit)) // no character becomes shorter
	if len(s) <= cellLimit && len(shown) <= cellLimit {
		return shown
	}
	total := utf8.RuneCountInString(s)
	notice := fmt.Sprintf(" [cut; %s characters in all]", Count(total))
	units, cut := 0, 0 // cut is where the text ends when the notice must follow
	for i, r := range shown {
		if units+len(notice) <= cellLimit {
			cut = i
		}
		units += utf16.RuneLen(r)
	}
	if total <= cellLimit && units <= cellLimit {
		return shown
	}
	return shown[:cut] + notice
}

// prefix is s up to n characters.
func prefix(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
