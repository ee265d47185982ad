package report

import (
	"fmt"
	"strconv"
	"strings"
)

// flowPicture is the way of access from workflows over actions and profiles to entitlements, with its geometry and its data
// table. All texts are Printable; positions are in the units of its view box.
type flowPicture struct {
	ID      string
	Title   string
	Empty   string // why there is no picture; all below is empty then
	Desc    string
	Note    string
	Width   int
	Height  int
	Hatched bool
	Legend  []chartKey
	Titles  []flowTitle
	Ribbons []flowShape
	Boxes   []flowBox
	Columns []string
	Rows    []flowRow
}

// flowTitle is the title of a column.
type flowTitle struct {
	X    string
	Text string
}

// flowShape is a ribbon: a path for each part that is not nothing. From and To are the numbers of its boxes.
type flowShape struct {
	From, To int
	Title    string
	Paths    []flowPath
}

// flowPath is one part of a ribbon.
type flowPath struct {
	D       string
	Class   barClass
	Hatched bool
}

// flowBox is a node.
type flowBox struct {
	Number      int // from 0
	X, Y        string
	Width       int
	Height      string
	TextX       string
	NameY       string
	NumberY     string
	Name        string
	Numbers     []flowNumber
	Description string
}

// flowNumber is a number in a box.
type flowNumber struct {
	Text  string
	Class barClass
}

// flowRow is a row of the data table.
type flowRow struct {
	Kind     string
	From, To string
	Values   []string
	Flows    string
}

// The measures of a flow picture.
const (
	flowBoxWidth  = 204
	flowGap       = 92   // between two columns
	flowTop       = 26   // below the titles
	flowLeast     = 34.0 // height of a box
	flowBetween   = 8.0  // two boxes of a column
	flowTallest   = 300.0
	flowThinnest  = 1.0
	flowNameWidth = 29 // columns of text
	flowPadding   = 8
)

// newFlowPicture is the flow picture of a document; nil when documents of its kind have no flows.
func newFlowPicture(d Renderable) *flowPicture {
	flows, ok := flowsOf(d)
	if !ok {
		return nil
	}
	p := &flowPicture{ID: "flow-picture", Title: "From workflows to access"}
	if _, isDiff := d.(*DiffDocument); isDiff {
		p.Title = "What changes on the way from workflows to access"
	}
	g := newFlowGraph(flows)
	if len(g.links) == 0 {
		p.Empty = noFlows(d)
		return p
	}
	p.Note, p.Desc = g.note(flowsLeftOut(d)), g.desc()
	p.layOut(g)
	p.addTable(g)
	return p
}

// flowsLeftOut says which flows the document does not have; "" = it has all.
func flowsLeftOut(d Renderable) string {
	listed, all := 0, 0
	switch d := d.(type) {
	case *Document:
		listed, all = len(d.Flows), d.FlowsTotal
	case *DiffDocument:
		listed, all = len(d.Flows), d.FlowsTotal
	}
	if listed >= all {
		return ""
	}
	return fmt.Sprintf(" Of %s flows, the %s of most identities are drawn.", Count(all), Count(listed))
}

// layOut places boxes and ribbons.
func (p *flowPicture) layOut(g *flowGraph) {
	p.Height = int(g.place() + 1)
	p.Width = len(g.columns)*flowBoxWidth + (len(g.columns)-1)*flowGap + 2 // half a line on both sides
	p.Columns = []string{"From", "To"}
	for _, part := range g.parts {
		if g.sumOf(part.class) == 0 {
			continue
		}
		hatched := part.class == barMaybe
		p.Hatched = p.Hatched || hatched
		p.Legend = append(p.Legend, chartKey{Name: part.name, Class: part.class, Hatched: hatched})
	}
	number := 0
	for i, column := range g.columns {
		x := flowX(i)
		p.Titles = append(p.Titles, flowTitle{decimal(x), flowKinds[i].title})
		for _, n := range column {
			n.index = number
			number++
			p.Boxes = append(p.Boxes, g.box(n, x))
		}
	}
	for _, r := range g.links {
		p.Ribbons = append(p.Ribbons, g.shape(r))
	}
}

// flowX is where the boxes of a column begin.
func flowX(column int) float64 { return float64(column * (flowBoxWidth + flowGap)) }

// place gives ribbons their widths and boxes their places, and returns the height of the picture.
func (g *flowGraph) place() float64 {
	heaviest := 0.0
	for _, column := range g.columns {
		in, out := 0.0, 0.0
		for _, n := range column {
			in, out = in+flowSum(n.in), out+flowSum(n.out)
		}
		heaviest = max(heaviest, in, out)
	}
	for _, r := range g.links {
		r.widths = make([]float64, len(r.counts))
		for i, n := range r.counts {
			if n > 0 {
				r.widths[i] = max(n/heaviest*flowTallest, flowThinnest)
			}
		}
	}
	heights, tallest := make([]float64, len(g.columns)), 0.0
	for i, column := range g.columns {
		for _, n := range column {
			n.h = max(thickness(n.in), thickness(n.out), flowLeast)
			heights[i] += n.h + flowBetween
		}
		tallest = max(tallest, heights[i])
	}
	for i, column := range g.columns {
		y := flowTop + (tallest-heights[i])/2
		for _, n := range column {
			n.y = y
			y += n.h + flowBetween
			at := n.y + (n.h-thickness(n.in))/2
			for _, r := range n.in {
				r.y1 = at
				at += total(r.widths)
			}
			at = n.y + (n.h-thickness(n.out))/2
			for _, r := range n.out {
				r.y0 = at
				at += total(r.widths)
			}
		}
	}
	return flowTop + tallest
}

// thickness is the height of ribbons above one another.
func thickness(ribbons []*flowRibbon) float64 {
	sum := 0.0
	for _, r := range ribbons {
		sum += total(r.widths)
	}
	return sum
}

// sumOf is the sum of all counts of a part.
func (g *flowGraph) sumOf(class barClass) float64 {
	sum := 0.0
	for _, r := range g.links {
		for i, part := range g.parts {
			if part.class == class {
				sum += r.counts[i]
			}
		}
	}
	return sum
}

// shape draws a ribbon, its parts above one another.
func (g *flowGraph) shape(r *flowRibbon) flowShape {
	s := flowShape{From: r.from.index, To: r.to.index, Title: r.from.name + " to " + r.to.name + ": " + g.phrase(r.counts) + r.mergedText()}
	x0, x1 := flowX(r.from.column)+flowBoxWidth, flowX(r.to.column)
	middle := decimal((x0 + x1) / 2)
	y0, y1 := r.y0, r.y1
	for i, part := range g.parts {
		w := r.widths[i]
		if w == 0 {
			continue
		}
		d := fmt.Sprintf("M%s %sC%s %s %s %s %s %sV%sC%s %s %s %s %s %sZ", decimal(x0), decimal(y0), middle, decimal(y0), middle, decimal(y1), decimal(x1), decimal(y1),
			decimal(y1+w), middle, decimal(y1+w), middle, decimal(y0+w), decimal(x0), decimal(y0+w))
		s.Paths = append(s.Paths, flowPath{D: d, Class: part.class, Hatched: part.class == barMaybe})
		y0, y1 = y0+w, y1+w
	}
	return s
}

// mergedText says that a ribbon is a sum.
func (r *flowRibbon) mergedText() string {
	if r.merged == 1 {
		return ""
	}
	return fmt.Sprintf(" (sum of %s flows: an identity can be in several)", Count(r.merged))
}

// box draws a node, with whom it concerns; where that is not known, with its widest flow.
func (g *flowGraph) box(n *flowNode, x float64) flowBox {
	kind := flowKinds[n.column]
	middle := n.y + n.h/2
	b := flowBox{
		Number: n.index, X: decimal(x), Y: decimal(n.y), Width: flowBoxWidth, Height: decimal(n.h),
		TextX: decimal(x + flowPadding), NameY: decimal(middle - 3), NumberY: decimal(middle + 12), Name: snipMiddle(n.name, flowNameWidth),
	}
	counts, least := n.counts, ""
	if counts == nil {
		counts, least = n.widest(len(g.parts)), ", at least"
		b.Numbers = append(b.Numbers, flowNumber{"\u2265", barPlain})
	}
	for i, part := range g.parts {
		if counts[i] > 0 {
			b.Numbers = append(b.Numbers, flowNumber{numberSign(part.class, Count(int(counts[i]))), part.class})
		}
	}
	if total(counts) == 0 {
		b.Numbers = append(b.Numbers, flowNumber{g.nobody, barPlain})
	}
	b.Description = n.full
	if n.others == 0 {
		b.Description = kind.one + " " + n.full
	}
	b.Description += least + ": " + g.phrase(counts)
	return b
}

// widest are the greatest counts of the flows that a node stands for, one a part.
func (n *flowNode) widest(parts int) []float64 {
	out := make([]float64, parts)
	for _, ribbons := range [][]*flowRibbon{n.in, n.out} {
		for _, r := range ribbons {
			for i, w := range r.widest {
				out[i] = max(out[i], w)
			}
		}
	}
	return out
}

// numberSign marks a number for those who cannot tell its colour.
func numberSign(class barClass, number string) string {
	switch class {
	case barLost:
		return "\u2212" + number
	case barGained, barHarm:
		return "+" + number
	case barMaybe:
		return number + "?"
	}
	return number
}

// phrase is counts in words: "lost 40, gained 228".
func (g *flowGraph) phrase(counts []float64) string {
	parts := []string{}
	for i, part := range g.parts {
		if counts[i] > 0 {
			parts = append(parts, strings.ToLower(part.name)+" "+Count(int(counts[i])))
		}
	}
	if len(parts) == 0 {
		return g.nobody
	}
	return strings.Join(parts, ", ")
}

// note says how the picture is computed and what it leaves out.
func (g *flowGraph) note(leftOut string) string {
	text := g.meaning + " A box is as tall as its ribbons together: who comes by two ways is drawn twice."
	unknown, merged := false, false
	for _, column := range g.columns {
		for _, n := range column {
			unknown, merged = unknown || n.counts == nil, merged || n.others > 0
		}
	}
	if unknown {
		text += " \u2265 stands before those of the widest ribbon, of a box whose identities are not counted: at least so many."
	}
	text += leftOut
	if merged {
		text += fmt.Sprintf(" The %s with the widest ribbons of each column are shown; the others are one box, whose ribbons are sums of flows, in which an identity can be counted several times.",
			Count(maxFlowNodes-1))
	}
	if g.odd > 0 {
		text += " Left out: " + countNoun(g.odd, "flow that leads", "flows that lead") + " elsewhere than from one column to the next."
	}
	return text
}

// desc says in words what the picture shows.
func (g *flowGraph) desc() string {
	counts := make([]string, 0, len(g.columns))
	for i, column := range g.columns {
		things := 0
		for _, n := range column {
			things += max(n.others, 1)
		}
		counts = append(counts, countNoun(things, flowKinds[i].one, flowKinds[i].many))
	}
	return "Ribbons lead from left to right: " + strings.Join(counts, ", ") + ". All numbers are in the table below."
}

// addTable lists the ribbons.
func (p *flowPicture) addTable(g *flowGraph) {
	for _, part := range g.parts {
		p.Columns = append(p.Columns, part.name)
	}
	p.Columns = append(p.Columns, "Flows together")
	for _, r := range g.links {
		row := flowRow{Kind: flowKinds[r.from.column].one + " to " + flowKinds[r.to.column].one, From: r.from.full, To: r.to.full, Flows: Count(r.merged)}
		for _, n := range r.counts {
			row.Values = append(row.Values, Count(int(n)))
		}
		p.Rows = append(p.Rows, row)
	}
}

// decimal writes a position.
func decimal(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
