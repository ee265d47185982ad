package report

import "strconv"

// table is a list of a document as every rendering shows it: HTML, Excel and Markdown lay out the same ones.
type table struct {
	name    string
	note    string // what the list holds, and what is cut
	empty   string // stands for an empty list
	columns []tableColumn
	rows    int
	row     func(i int) []any // one value a column: nil (empty), int, float64 or string, as the kind of the column says
	people  bool              // a row is an identity: what is published where many read leaves the list out
}

// tableColumn is a column of a list.
type tableColumn struct {
	title string
	width float64 // in characters
	kind  cellKind
}

// cellKind is how a column is shown.
type cellKind uint8

const (
	kindText    cellKind = iota // wrapped
	kindID                      // text that is never wrapped: identifiers and digests
	kindNumber                  // with thousands separators
	kindShare                   // a share in [0, 1], shown as a percentage
	kindFactor                  // a number with two decimals
	kindOrdinal                 // a number that is a name, as that of a class: without thousands separators
)

// integer is a whole number as a column shows it.
func (c tableColumn) integer(n int) string {
	if c.kind == kindOrdinal {
		return strconv.Itoa(n)
	}
	return Count(n)
}
