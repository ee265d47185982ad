package report

import (
	"fmt"
	"strconv"
)

// htmlTable is a list as the page shows it.
type htmlTable struct {
	Name    string
	Note    string
	Empty   string // in place of a list without rows
	Columns []htmlColumn
	Rows    [][]htmlCell
}

// What is long and short in characters.
const longText, shortText = 40, 26

// PrintCut is how many rows of the list are on paper, 0 for all of them.
func (t *htmlTable) PrintCut() int {
	const printed = 100 // as page.css has it
	if len(t.Rows) > printed {
		return printed
	}
	return 0
}

// htmlColumn is the head of a column. Class is that of its kind: n for numbers, i for identifiers, w for long texts, s for short
// ones, whose words are broken only where one alone is too long, else empty.
type htmlColumn struct{ Title, Class string }

// htmlCell is one value.
type htmlCell struct {
	Text  string
	Class string // that of its column; z besides for a zero
	Value string // what sorts the cell where its text does not; "" = the text
	Link  string // id of a part of the page; "" = none
}

// The room of the page for lists. With all else it stays below about 5 MB.
const (
	maxPageRows  = 500       // of a list
	allTableSize = 1_600_000 // bytes of all lists
)

// tableRoom hands out the room for lists, in their order: what one leaves, those after it share.
type tableRoom struct{ left, tables int }

func newTableRoom(tables int) *tableRoom { return &tableRoom{allTableSize, tables} }

// next is the room of the next list in bytes.
func (r *tableRoom) next() int {
	room := r.left / max(r.tables, 1)
	r.tables--
	return max(room, 0)
}

// newHTMLTable lays out as much of t as there is room for. classes are those that the ordinal of a class leads to.
func newHTMLTable(t table, room *tableRoom, classes map[int]bool) *htmlTable {
	const cellMarkup = 20 // bytes around a text
	out := &htmlTable{Name: t.name, Note: cut(t.note, maxSentence), Empty: t.empty}
	for _, c := range t.columns {
		out.Columns = append(out.Columns, htmlColumn{c.title, columnClass(c)})
	}
	bytes := room.next()
	for i := range min(t.rows, maxPageRows) {
		values := t.row(i)
		cells, size := make([]htmlCell, len(values)), 0
		for j, v := range values {
			cells[j] = newHTMLCell(t.columns[j], v, classes)
			size += cellMarkup + markupSize(cells[j].Text)
		}
		if bytes -= size; bytes < 0 && i > 0 {
			break
		}
		room.left -= size
		out.Rows = append(out.Rows, cells)
	}
	if len(out.Rows) == t.rows {
		out.dropEmptyColumns()
	} else {
		out.Note += fmt.Sprintf(" The first %s of %s rows are shown here.", Count(len(out.Rows)), Count(t.rows))
	}
	return out
}

// dropEmptyColumns leaves out the columns in which no row has anything.
func (t *htmlTable) dropEmptyColumns() {
	if len(t.Rows) == 0 {
		return
	}
	keep := make([]bool, len(t.Columns))
	for _, row := range t.Rows {
		for j, c := range row {
			keep[j] = keep[j] || c.Text != ""
		}
	}
	t.Columns = kept(t.Columns, keep)
	for i, row := range t.Rows {
		t.Rows[i] = kept(row, keep)
	}
}

func kept[T any](items []T, keep []bool) []T {
	var out []T
	for i, item := range items {
		if keep[i] {
			out = append(out, item)
		}
	}
	return out
}

func columnClass(c tableColumn) string {
	switch {
	case c.kind >= kindNumber:
		return "n"
	case c.kind == kindID:
		return "i"
	case c.width >= longText:
		return "w"
	case c.width <= shortText:
		return "s"
	}
	return ""
}

// newHTMLCell lays out a value of a column: int, float64 for a share or factor, string, or nil for an empty cell.
func newHTMLCell(c tableColumn, value any, classes map[int]bool) htmlCell {
	cell := htmlCell{}
	if class := columnClass(c); class != "w" { // only the head of a column of long texts has a class, which is shorter
		cell.Class = class
	}
	switch v := value.(type) {
	case nil:
	case int:
		cell.Text = c.integer(v)
		switch {
		case c.kind == kindOrdinal && classes[v]:
			cell.Link = classID(v)
		case v == 0:
			cell.Class += " z"
		}
	case float64:
		cell.Text, cell.Value = shareText(v), strconv.FormatFloat(v, 'g', -1, 64)
		if c.kind == kindFactor {
			cell.Text = strconv.FormatFloat(v, 'f', 2, 64)
		}
		if v == 0 {
			cell.Class += " z"
		}
	case string:
		cell.Text = cut(v, maxCell)
	default:
		panic(fmt.Sprintf("report: a %T is no value of a cell", v))
	}
	return cell
}

// classID is the id of the part of the page that a class has.
func classID(class int) string { return "class-" + strconv.Itoa(class) }
