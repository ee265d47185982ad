package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// markdownList is a list of a page that is cut where there is no room for all of it.
type markdownList struct {
	title string // not of strangers
	text  string // below the title, such as what the list holds
	head  string // lines before the rows
	rows  []string
	total int // rows that there are; rows has the first of them
	least int // rows that it has before any list has more
	open  int // rows up to which it is not folded
}

// markdownTable lays out the first rows of a list. A column without a value in them is left out.
func markdownTable(t table) markdownList {
	l := markdownList{title: t.name, text: markdownText(t.note, maxMarkdownLine), total: t.rows, least: leastMarkdownRows, open: maxMarkdownOpen}
	if t.rows == 0 {
		l.text = markdownText(t.empty, maxMarkdownLine)
		return l
	}
	cells := make([][]string, min(t.rows, maxMarkdownRows))
	used := make([]bool, len(t.columns))
	for i := range cells {
		cells[i] = make([]string, len(t.columns))
		for j, value := range t.row(i) {
			cells[i][j] = markdownCell(t.columns[j], value)
			used[j] = used[j] || cells[i][j] != ""
		}
	}
	row := func(cell func(column int) string) string {
		line := "|"
		for j := range t.columns {
			if used[j] {
				line += " " + cell(j) + " |"
			}
		}
		return line + "\n"
	}
	l.head = row(func(j int) string { return markdownText(t.columns[j].title, maxMarkdownCell) }) + row(func(j int) string {
		if t.columns[j].kind >= kindNumber {
			return "---:"
		}
		return "---"
	})
	for i := range cells {
		l.rows = append(l.rows, row(func(j int) string { return cells[i][j] }))
	}
	return l
}

// codeTitles are the columns of text that is written in the language of filters or of JSON paths.
var codeTitles = []string{"Expression", "Before", "After", "Path"}

// markdownCell is a value of a column, as table.row gives it, or text for a column of numbers.
func markdownCell(c tableColumn, value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case int:
		return c.integer(v)
	case float64:
		if c.kind == kindShare {
			return shareText(v)
		}
		return strconv.FormatFloat(v, 'f', 2, 64)
	case string:
		if c.kind == kindID || slices.Contains(codeTitles, c.title) {
			return markdownCode(v, maxMarkdownCell)
		}
		return markdownText(v, maxMarkdownCell)
	}
	panic(fmt.Sprintf("report: a cell holds a %T", value))
}

// frame is how many bytes a list takes at most besides its rows.
func (l markdownList) frame() int {
	const markup = 120 // the longest markup around title and rows, with two counts in the title
	return len(l.title) + len(l.text) + len(l.head) + markup
}

// render is the list with its first n rows; the title says when that is not all.
func (l markdownList) render(n int) string {
	title := l.title
	if n < l.total {
		title += fmt.Sprintf(" (%s of %s rows shown)", Count(n), Count(l.total))
	}
	body := l.head + strings.Join(l.rows[:n], "") + "\n"
	if l.text != "" {
		body = l.text + "\n\n" + body
	}
	switch {
	case l.total == 0 && l.text == "":
		return ""
	case l.total == 0:
		return "### " + title + "\n\n" + l.text + "\n\n"
	case n > l.open:
		return "<details>\n<summary><b>" + title + "</b></summary>\n\n" + body + "</details>\n\n"
	}
	return "### " + title + "\n\n" + body
}

// markdownShare hands out a budget of bytes: to each list, in order, the rows that it has at least, then one row in turn. It gives
// the number of rows of each.
func markdownShare(budget int, lists []markdownList) []int {
	given := make([]int, len(lists))
	take := func(i int) bool {
		if given[i] == len(lists[i].rows) || len(lists[i].rows[given[i]]) > budget {
			return false
		}
		budget -= len(lists[i].rows[given[i]])
		given[i]++
		return true
	}
	for i, l := range lists {
		for given[i] < l.least && take(i) {
		}
	}
	for more := true; more; {
		more = false
		for i := range lists {
			more = take(i) || more
		}
	}
	return given
}
