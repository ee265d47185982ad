package report

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// maxBars is how many rows a bar chart has at most.
const maxBars = 12

// plot is what a bar chart shows, before it has a geometry. Texts need not be Printable.
type plot struct {
	id     string // unique in a page
	title  string
	note   string // what the numbers are
	what   string // heading of the column of labels: "Action"
	many   string // noun of the rows: "actions that change"
	series []series
	rows   []plotRow // the first ones
	total  int       // rows that there are, those left out included
}

// series is one column of numbers of a plot.
type series struct {
	name  string
	short string // of a mark: what stands behind its number; "" = the number is not written
	class barClass
	left  bool // grows to the left of zero
	mark  bool // a line across the bar, in place of a bar
	share bool // values are shares in [0, 1], else counts
}

// barClass is the class of a bar, which gives it its colour.
type barClass string

// The classes of bars. What is undecided is hatched.
const (
	barLost   barClass = "lost"
	barGained barClass = "gained"
	barMaybe  barClass = "maybe"
	barPlain  barClass = "plain"
	barLight  barClass = "light"
	barHarm   barClass = "harm" // gained, and bad for who gains it
)

// plotRow is one thing and its values.
type plotRow struct {
	label  string
	values []float64 // one a series, not negative
	full   float64   // the value that fills the width, where each row has a scale of its own; 0 = all rows share one
	urgent bool      // plain bars look as lost ones do
	text   string    // in place of the values at the right end; "" = those
}

// barChart is a bar chart with its geometry and its data table. All texts are Printable; positions are percentages of the width
// or pixels of the height.
type barChart struct {
	ID      string
	Title   string
	Desc    string // for those who do not see the picture
	Note    string
	What    string
	Height  int
	Thick   int  // height of a bar
	Hatched bool // some bar is undecided
	Legend  []chartKey
	Bars    []chartBar
	Axis    []chartMark // where bars begin
	Marks   []chartMark
	Texts   []chartText
	Columns []string
	Rows    []chartRow
}

// chartKey is an entry of a legend.
type chartKey struct {
	Name    string
	Class   barClass
	Hatched bool
	Mark    bool
}

// chartBar is a rectangle.
type chartBar struct {
	X, Width string
	Y        int
	Class    barClass
	Hatched  bool
	Title    string
}

// chartMark is a line across a bar.
type chartMark struct {
	X        string
	Top, End int
	Title    string
}

// chartText is a label or a number.
type chartText struct {
	X     string
	Shift int // pixels to the right
	Y     int
	Class string // label, with narrow or wide for one that is shown on such charts only; number; number left
	Text  string
}

// chartRow is a row of the data table.
type chartRow struct {
	Name   string
	Values []string
}

// The measures of a bar chart in pixels.
const (
	barRow      = 40
	labelLine   = 13 // baseline of a label below the top of its row
	barTop      = 19
	barHeight   = 13
	numberLine  = 30
	numberGap   = 4
	labelWidth  = 44 // columns of text on a narrow chart
	nameWidth   = 200
	leastWidth  = 300 // the narrowest that a chart is shown
	columnWidth = 7   // of a digit
)

// newBarChart lays a plot out; nil when there is nothing to draw.
func newBarChart(p plot) *barChart {
	if len(p.rows) == 0 {
		return nil
	}
	g := newChartScale(p)
	c := &barChart{ID: p.id, Title: Printable(p.title), Note: Printable(p.shownNote()), Desc: p.desc(), What: p.what, Thick: barHeight, Height: len(p.rows) * barRow}
	for i, s := range p.series {
		c.Columns = append(c.Columns, s.name)
		seen := func(r plotRow) bool { return r.values[i] > 0 || s.mark && r.full > 0 }
		if !slices.ContainsFunc(p.rows, seen) {
			continue
		}
		c.Legend = append(c.Legend, chartKey{Name: s.name, Class: s.class, Hatched: s.class == barMaybe, Mark: s.mark})
		c.Hatched = c.Hatched || s.class == barMaybe
	}
	for i, r := range p.rows {
		c.addRow(p, r, g, i*barRow)
	}
	return c
}

// addRow draws a row whose top is at y.
func (c *barChart) addRow(p plot, r plotRow, g chartScale, y int) {
	name := chartName(r.label)
	row := chartRow{Name: name}
	narrow, wide := snipMiddle(name, labelWidth), snipMiddle(name, 2*labelWidth)
	if narrow == wide {
		c.Texts = append(c.Texts, chartText{X: "0", Y: y + labelLine, Class: "label", Text: name})
	} else {
		c.Texts = append(c.Texts, chartText{X: "0", Y: y + labelLine, Class: "label narrow", Text: narrow}, chartText{X: "0", Y: y + labelLine, Class: "label wide", Text: wide})
	}
	c.Axis = append(c.Axis, newChartMark(g.zero, y, ""))
	left, right := g.zero, g.zero       // where the next bar begins
	leftEnd, rightEnd := g.zero, g.zero // of bars and marks
	for i, s := range p.series {
		value := s.value(r.values[i])
		row.Values = append(row.Values, value)
		title := name + ": " + strings.ToLower(s.name) + " " + value
		length := g.length(r, r.values[i])
		switch {
		case length == 0 && !(s.mark && r.full > 0): // a limit may allow nothing
		case s.mark && s.left:
			at := max(g.zero-length, 0)
			c.Marks = append(c.Marks, newChartMark(at, y, title))
			leftEnd = min(leftEnd, at)
		case s.mark:
			at := min(g.zero+length, g.end)
			c.Marks = append(c.Marks, newChartMark(at, y, title))
			rightEnd = max(rightEnd, at)
		case s.left:
			begin := max(left-length, 0)
			c.Bars = append(c.Bars, s.bar(r, begin, left-begin, y, title))
			left = begin
		default:
			end := min(right+length, g.end)
			c.Bars = append(c.Bars, s.bar(r, right, end-right, y, title))
			right = end
		}
	}
	if text := p.numbers(r, true); text != "" {
		c.Texts = append(c.Texts, chartText{percentOf(min(left, leftEnd)), -numberGap, y + numberLine, "number left", text})
	}
	if text := p.numbers(r, false); text != "" {
		c.Texts = append(c.Texts, chartText{percentOf(max(right, rightEnd)), numberGap, y + numberLine, "number", text})
	}
	c.Rows = append(c.Rows, row)
}

func newChartMark(x float64, y int, title string) chartMark {
	const beyond = 3
	return chartMark{X: percentOf(x), Top: y + barTop - beyond, End: y + barTop + barHeight + beyond, Title: title}
}

func (s series) bar(r plotRow, x, width float64, y int, title string) chartBar {
	class := s.class
	if r.urgent && class == barPlain {
		class = barLost
	}
	return chartBar{X: percentOf(x), Width: percentOf(width), Y: y + barTop, Class: class, Hatched: class == barMaybe, Title: title}
}

// value is v as the data table has it.
func (s series) value(v float64) string {
	if s.share {
		return shareText(v)
	}
	return Count(int(bounded(v)))
}

// numbers is what stands at the end of the bars of one side: what is certain, then what is undecided with a question mark.
func (p plot) numbers(r plotRow, left bool) string {
	if !left && r.text != "" {
		return r.text
	}
	parts, marks := []string{}, ""
	for i, s := range p.series {
		part := s.value(r.values[i])
		switch {
		case s.left != left || r.values[i] == 0:
		case s.mark && s.short != "":
			marks += ", " + part + " " + s.short
		case s.mark:
		case s.class == barMaybe:
			parts = append(parts, part+"?")
		default:
			parts = append(parts, part)
		}
	}
	if !left && total(r.values) == 0 {
		return "0"
	}
	return strings.TrimPrefix(strings.Join(parts, " + ")+marks, ", ")
}

// shownNote is the note, with how many rows are shown.
func (p plot) shownNote() string {
	if len(p.rows) < p.total {
		return "The first " + Count(len(p.rows)) + " of " + Count(p.total) + " " + p.many + ". " + p.note
	}
	return p.note
}

// desc says in words what the first rows show.
func (p plot) desc() string {
	const told = 3
	lines := []string{"Horizontal bars, one for each of " + countNoun(len(p.rows), "row", "rows") + "; all numbers are in the table below."}
	for _, r := range p.rows[:min(told, len(p.rows))] {
		parts := []string{}
		for i, s := range p.series {
			parts = append(parts, strings.ToLower(s.name)+" "+s.value(r.values[i]))
		}
		lines = append(lines, snipMiddle(chartName(r.label), labelWidth)+": "+strings.Join(parts, ", ")+".")
	}
	return strings.Join(lines, " ")
}

// chartName is what a chart tells of a name from strangers.
func chartName(s string) string {
	if s == "" {
		return "(no name)"
	}
	return snip(Printable(prefix(s, nameWidth+1)), nameWidth)
}

// leastBar is the percentage of the width that every bar has at least, so that what is not nothing can be seen.
const leastBar = 0.5

// chartScale turns values into percentages of the width.
type chartScale struct {
	zero, end float64 // where bars begin, and where those to the right end at most
	unit      float64 // percentage of one, where the rows share a scale
	least     float64 // kept free on the right, for bars that are longer than their values
}

func newChartScale(p plot) chartScale {
	var sums, room [2]float64 // of the left, of the right
	for _, r := range p.rows {
		var sum [2]float64
		for i, s := range p.series {
			side := sideIndex(s.left)
			v := bounded(r.values[i])
			if s.mark {
				sums[side] = max(sums[side], v)
			} else {
				sum[side] += v
			}
		}
		for side := range sums {
			sums[side] = max(sums[side], sum[side])
			if columns := text.StringWidth(p.numbers(r, side == 0)); columns > 0 {
				room[side] = max(room[side], float64(columns*columnWidth+2*numberGap)*100/leastWidth)
			}
		}
	}
	const mostRoom = 55
	begin := min(room[0], mostRoom)
	g := chartScale{zero: begin, end: 100 - min(room[1], mostRoom)}
	if begin+room[1] > mostRoom {
		begin, g.end = begin*mostRoom/(begin+room[1]), 100-room[1]*mostRoom/(begin+room[1])
		g.zero = begin
	}
	var least [2]float64 // what bars take that are longer than their values
	for _, s := range p.series {
		if !s.mark {
			least[sideIndex(s.left)] += leastBar
		}
	}
	if sums[0] == 0 {
		least[0] = 0
	}
	g.least = least[1]
	if all := sums[0] + sums[1]; all > 0 {
		g.unit = (g.end - begin - least[0] - least[1]) / all
		g.zero = begin + least[0] + sums[0]*g.unit
	}
	return g
}

func sideIndex(left bool) int {
	if left {
		return 0
	}
	return 1
}

// length is the width of a value: what is not nothing can be seen.
func (g chartScale) length(r plotRow, v float64) float64 {
	v = bounded(v)
	if v == 0 {
		return 0
	}
	unit := g.unit
	if r.full > 0 {
		unit = (g.end - g.zero - g.least) / bounded(r.full)
	}
	return max(v*unit, leastBar)
}

// bounded is v in the range of the numbers that a picture can show; a saved document may hold any.
func bounded(v float64) float64 {
	const most = 1e15
	if math.IsNaN(v) {
		return 0
	}
	return min(max(v, 0), most)
}

// percentOf writes a percentage.
func percentOf(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) + "%" }
