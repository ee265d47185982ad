package report

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"
)

// What people who approve read: the page and the workbook.

// exitCode is an exit code in a sentence.
var exitCode = regexp.MustCompile(`\bExit code ([0-9]+)\b`)

func stateHTML(t require.TestingT, d Renderable) statement {
	root, err := html.Parse(strings.NewReader(write(t, d, WriteHTML)))
	require.NoError(t, err)
	s := statement{word: plainText(within(root, "h2", "id", "summary-title")), counts: map[string]int{}, lists: map[string][]listRow{}}
	sentence := within(root, "p", "class", "exact")
	if sentence == nil {
		sentence = within(root, "p", "class", "sentence")
	}
	s.sentence = plainText(sentence)
	s.exit = number(t, exitCode.FindStringSubmatch(plainText(within(root, "p", "class", "exit")))[1])
	for _, label := range elements(within(root, "section", "id", "counts"), "dt") {
		s.counts[plainText(label)] = number(t, plainText(label.NextSibling))
	}
	if limits := within(root, "section", "id", "limits"); limits != nil {
		for _, row := range tableRows(limits) {
			s.limits = append(s.limits, limitStatement{
				name: row["Limit"], low: number(t, row["Affected, at least"]), high: number(t, row["Affected, at most"]), maximum: row["Maximum"],
				headroom: number(t, row["Headroom"]), verdict: row["Verdict"],
			})
		}
	}
	for _, l := range statedLists[d.header().Schema] {
		s.lists[l.name] = tableRows(within(root, "section", "id", sectionID(l.name)))
	}
	return s
}

// within is the first element of a tree with a name and an attribute; nil = there is none.
func within(root *html.Node, name, key, value string) *html.Node {
	for _, n := range elements(root, name) {
		if v, _ := attribute(n, key); v == value {
			return n
		}
	}
	return nil
}

// plainText is the text of an element as it is written.
func plainText(n *html.Node) string {
	var b strings.Builder
	for n := range n.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return b.String()
}

// tableRows are the rows of the list of a section, which is the last of its tables.
func tableRows(section *html.Node) []listRow {
	var rows []listRow
	for _, div := range elements(section, "div") {
		if class, _ := attribute(div, "class"); class != "scroll" {
			continue
		}
		rows = nil
		var titles []string
		for _, title := range elements(elements(div, "thead")[0], "th") {
			titles = append(titles, plainText(title))
		}
		for _, tr := range elements(elements(div, "tbody")[0], "tr") {
			row := listRow{}
			for i, cell := range elements(tr, "th", "td") {
				row[titles[i]] = plainText(cell)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func stateXLSX(t require.TestingT, d Renderable) statement {
	f, err := excelize.OpenReader(bytes.NewReader([]byte(write(t, d, WriteXLSX))))
	require.NoError(t, err)
	defer f.Close()
	summary := readCells(t, f, "Summary")
	s := statement{exit: -1, counts: map[string]int{}, lists: map[string][]listRow{}}
	s.word, s.sentence, _ = strings.Cut(summary.at(1, 1), ": ")
	counts := slices.IndexFunc(summary, func(row []string) bool { return len(row) == 1 && row[0] == "Counts" })
	for i := counts + 2; summary.at(i, 2) != ""; i++ {
		s.counts[summary.at(i, 1)] = number(t, summary.at(i, 2))
	}
	for i := range summary {
		if m := exitCode.FindStringSubmatch(summary.at(i+1, 1)); m != nil && strings.HasPrefix(summary.at(i+1, 1), m[0]) {
			s.exit = number(t, m[1])
		}
	}
	for _, row := range sheetRows(t, f, "Summary") {
		s.limits = append(s.limits, limitStatement{
			name: row["Limit"], low: number(t, row["Affected, at least"]), high: number(t, row["Affected, at most"]), maximum: row["Maximum"],
			headroom: number(t, row["Headroom"]), verdict: row["Verdict"],
		})
	}
	for _, l := range statedLists[d.header().Schema] {
		s.lists[l.name] = sheetRows(t, f, l.name)
	}
	return s
}

// sheetRows are the rows of the table of a sheet, which has one unless the list is empty.
func sheetRows(t require.TestingT, f *excelize.File, sheet string) []listRow {
	tables, err := f.GetTables(sheet)
	require.NoError(t, err)
	if len(tables) == 0 {
		return nil
	}
	require.Len(t, tables, 1)
	from, to, _ := strings.Cut(tables[0].Range, ":")
	_, header, err := excelize.CellNameToCoordinates(from)
	require.NoError(t, err)
	columns, last, err := excelize.CellNameToCoordinates(to)
	require.NoError(t, err)
	cells := readCells(t, f, sheet)
	rows := []listRow{}
	for i := header + 1; i <= last; i++ {
		row := listRow{}
		for column := range columns {
			row[cells.at(header, column+1)] = cells.at(i, column+1)
		}
		rows = append(rows, row)
	}
	return rows
}
