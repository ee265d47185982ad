package report

import (
	"io"
	"iter"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	prettytable "github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Layout of text for a terminal. Every function here but brief and caretLines takes text that is Printable already.

// The styles of a terminal.
const (
	styleBold   = "\x1b[1m"
	styleRed    = "\x1b[1;31m"
	styleYellow = "\x1b[33m"
	styleGreen  = "\x1b[32m"
	styleReset  = "\x1b[0m"
)

// WriteLines writes lines of text for people, in which strangers may have a say: none acts on a terminal, nor on what runs a job.
func WriteLines(w io.Writer, lines ...string) error {
	printable := make([]string, len(lines))
	for i, line := range lines {
		printable[i] = Printable(line)
	}
	return writeLines(w, printable)
}

// writeLines writes the lines of a summary. In the log of a job no line is a command to what runs the job: GitHub obeys lines that begin
// with ::, whatever is indented, and it and others obey ##[ or ##name[ anywhere.
func writeLines(w io.Writer, lines []string) error {
	var b strings.Builder
	for _, line := range lines {
		if text := strings.TrimLeftFunc(line, unicode.IsSpace); strings.HasPrefix(text, "::") {
			line = line[:len(line)-len(text)] + `\u003a` + text[1:]
		}
		b.WriteString(logCommand.ReplaceAllString(line, `\u0023#$1`) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// logCommand begins a command in the log of a job.
var logCommand = regexp.MustCompile(`##([a-z]*\[)`)

// paint puts text in a style when color is on.
func paint(color bool, style, s string) string {
	if !color || s == "" {
		return s
	}
	return style + s + styleReset
}

// brief is what a line of a terminal can hold of text from strangers: its beginning, Printable.
func brief(s string) string {
	const limit = 2000 // characters; more than any two lines
	return Printable(prefix(s, limit))
}

// snip shortens s to width columns.
func snip(s string, width int) string {
	if text.StringWidthWithoutEscSequences(s) <= width {
		return s
	}
	if width <= 3 {
		return strings.Repeat(".", max(width, 0))
	}
	return text.Snip(s, width, "...")
}

// snipMiddle shortens s to width columns in its middle: names that begin alike often end differently.
func snipMiddle(s string, width int) string {
	const dots = 3
	if text.StringWidthWithoutEscSequences(s) <= width {
		return s
	}
	if width <= 2*dots {
		return snip(s, width)
	}
	end := tail(s, dots+(width-dots)/2)
	return text.Trim(s, width-text.StringWidth(end)) + end
}

// wrap breaks s at blanks, and words that are longer than a line where they can be broken, into indented lines of at most width
// columns; at most maxLines of them, the last one shortened.
func wrap(s, indent string, width, maxLines int) []string {
	lines := []string{}
	line := indent
	for word := range strings.FieldsSeq(s) {
		gap := " "
		for piece := range pieces(word, width-len(indent)) {
			switch {
			case line == indent:
				line += piece
			case len(lines)+1 < maxLines && text.StringWidthWithoutEscSequences(line)+len(gap)+text.StringWidthWithoutEscSequences(piece) > width:
				lines = append(lines, line)
				line = indent + piece
			case text.StringWidthWithoutEscSequences(line) > width:
				return append(lines, snip(line, width))
			default:
				line += gap + piece
			}
			gap = ""
		}
	}
	return append(lines, snip(line, width))
}

// pieces breaks a word into pieces of at most width columns: behind the last dot or slash that allows it, else behind the last
// character that fits. Each has one character at least.
func pieces(word string, width int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for len(word) > width { // no character has more columns than bytes
			columns, fits, end := 0, len(word), 0 // bytes that fit, and those of them up to a dot or slash
			for at, r := range word {
				if columns += text.RuneWidth(r); columns > width && at > 0 {
					fits = at
					break
				}
				if r == '.' || r == '/' {
					end = at + 1
				}
			}
			if end == 0 || fits == len(word) {
				end = fits
			}
			if !yield(word[:end]) {
				return
			}
			word = word[end:]
		}
		if word != "" {
			yield(word)
		}
	}
}

// column is a column of a grid besides the first.
type column struct {
	title string
	width int
	right bool // aligned to the right
}

// columnGap is the room between two columns of a grid.
const columnGap = 2

// firstColumn is the width that the columns of a grid leave for the first.
func firstColumn(columns []column, width int) int {
	const least = 12
	for _, c := range columns {
		width -= c.width + columnGap
	}
	return max(width, least)
}

// grid lays rows out below a title line.
func grid(title string, columns []column, rows [][]string, width int, color bool) []string {
	first := firstColumn(columns, width)
	configs := []prettytable.ColumnConfig{{
		Number: 1, WidthMin: first, WidthMax: first, WidthMaxEnforcer: snip, Align: text.AlignLeft, AlignHeader: text.AlignLeft,
	}}
	header := prettytable.Row{paint(color, styleBold, snip(title, first))}
	for i, c := range columns {
		align := text.AlignLeft
		if c.right {
			align = text.AlignRight
		}
		configs = append(configs, prettytable.ColumnConfig{
			Number: i + 2, WidthMin: c.width, WidthMax: c.width, WidthMaxEnforcer: snip, Align: align, AlignHeader: align,
		})
		header = append(header, c.title)
	}
	t := prettytable.NewWriter()
	t.SetStyle(prettytable.Style{
		Box:     prettytable.BoxStyle{PaddingRight: strings.Repeat(" ", columnGap)},
		Options: prettytable.OptionsNoBordersAndSeparators,
	})
	t.SuppressTrailingSpaces()
	t.SetColumnConfigs(configs)
	t.AppendHeader(header)
	for _, row := range rows {
		cells := make(prettytable.Row, len(row))
		for i, cell := range row {
			cells[i] = cell
		}
		t.AppendRow(cells)
	}
	return strings.Split(t.Render(), "\n")
}

// share hands budget out to lists that want so many lines each, one line in turn, but at least leasts to each that
// wants so many.
func share(budget int, leasts, wants []int) []int {
	given := make([]int, len(wants))
	for i, want := range wants {
		given[i] = min(want, leasts[i])
		budget -= given[i]
	}
	for {
		more := false
		for i, want := range wants {
			if given[i] < want && budget > 0 {
				given[i]++
				budget--
				more = true
			}
		}
		if !more {
			return given
		}
	}
}

// shown is the title of a list that may be cut: "ACTIONS (7)" or "ACTIONS (7 of 12 shown)".
func shown(title string, shown, total int) string {
	if shown < total {
		return title + " (" + Count(shown) + " of " + Count(total) + " shown)"
	}
	return title + " (" + Count(total) + ")"
}

// bar draws how much of allowed is used: certain units full, possible ones lighter.
func bar(low, high, allowed, width int, color bool) string {
	full, light, empty := "#", "+", "."
	if color {
		full, light, empty = "█", "▒", "░"
	}
	cells := func(n int) int {
		switch {
		case n <= 0:
			return 0
		case n >= allowed:
			return width
		}
		return max(1, int(float64(n)/float64(allowed)*float64(width)))
	}
	all := cells(high)
	certain := min(cells(low), all)
	return strings.Repeat(full, certain) + strings.Repeat(light, all-certain) + strings.Repeat(empty, width-all)
}

// caretLines makes an expression with a caret line below it printable and keeps the caret below its character.
func caretLines(caret string, width int) []string {
	source, mark, ok := strings.Cut(caret, "\n")
	if !ok {
		return []string{snip(brief(caret), width)}
	}
	before, after := source, ""
	n := strings.IndexByte(mark, '^')
	for i := range source {
		if n == 0 {
			before, after = source[:i], source[i:]
			break
		}
		n--
	}
	before, after = Printable(before), brief(after)
	before = tail(before, width*2/3)
	return []string{snip(before+after, width), strings.Repeat(" ", text.StringWidth(before)) + "^"}
}

// tail shortens s to its last width columns.
func tail(s string, width int) string {
	const dots = 3
	room, start := width-dots, len(s)
	if text.StringWidth(s) <= width {
		return s
	}
	for start > 0 {
		r, size := utf8.DecodeLastRuneInString(s[:start])
		if room -= text.RuneWidth(r); room < 0 {
			break
		}
		start -= size
	}
	return strings.Repeat(".", dots) + s[start:]
}

// height is how many lines of a terminal the lines take.
func height(lines []string, width int) int {
	n := 0
	for _, line := range lines {
		n += max(1, (text.StringWidthWithoutEscSequences(line)+width-1)/width)
	}
	return n
}
