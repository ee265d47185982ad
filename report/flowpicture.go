package report

import (
	"cmp"
	"slices"

	"github.com/lcmsim/lcmsim/engine"
)

// maxFlowNodes is how many nodes a column of a flow picture has at most; the last one stands for all others then.
const maxFlowNodes = 12

// flowKinds are the columns of a flow picture, from left to right.
var flowKinds = []flowKind{
	{engine.FlowWorkflow, "Workflows", "workflow", "workflows"},
	{engine.FlowAction, "Actions", "action", "actions"},
	{engine.FlowProfile, "Access profiles", "access profile", "access profiles"},
	{engine.FlowEntitlement, "Entitlements", "entitlement", "entitlements"},
}

// flowKind is a kind of engine.FlowNode with its names.
type flowKind struct{ kind, title, one, many string }

// flowPart is one of the numbers of a flow, such as how many identities lose it.
type flowPart struct {
	name  string // Lost
	class barClass
}

var (
	changeParts  = []flowPart{{"Lost", barLost}, {"Gained", barGained}, {"Undecided", barMaybe}, {"Newly deactivated", barHarm}}
	plannedParts = []flowPart{{"Planned", barPlain}, {"Undecided", barMaybe}}
)

// flowLink is a flow of a document: between what, and how many identities for each part.
type flowLink struct {
	from, to engine.FlowNode
	counts   []float64 // one a part, bounded
}

// flowGraph is what a flow picture shows, before it has a geometry.
type flowGraph struct {
	meaning string
	nobody  string
	parts   []flowPart
	columns [][]*flowNode // one a kind
	links   []*flowRibbon // by the column that they come from, then by the nodes from top to bottom
	odd     int           // flows that lead elsewhere than from one column to the next
}

// flowNode is a thing that access flows through, or the others of a column.
type flowNode struct {
	column int
	name   string    // Printable, without its id
	full   string    // Printable, with it
	others int       // things that it stands for; 0 = itself
	counts []float64 // one a part: identities that it concerns; nil = not known
	in     []*flowRibbon
	out    []*flowRibbon

	id     string
	weight float64 // of its greater side
	place  float64 // wanted place among the nodes of its column
	index  int     // in the picture
	y, h   float64 // of its box
}

// flowRibbon is all that flows between two nodes.
type flowRibbon struct {
	from, to *flowNode
	counts   []float64 // one a part
	widest   []float64 // of the flows that it stands for, one a part
	merged   int       // how many those are
	widths   []float64 // one a part, in pixels
	y0, y1   float64   // where it leaves and where it arrives
}

// newFlowGraph merges the flows of a document.
func newFlowGraph(d *documentFlows) *flowGraph {
	g := &flowGraph{meaning: d.meaning, nobody: d.nobody, parts: d.parts, columns: make([][]*flowNode, len(flowKinds))}
	flows, odd := orderly(d.links)
	g.odd = odd
	nodes := map[engine.FlowNode]*flowNode{}
	for _, f := range flows {
		for _, n := range []engine.FlowNode{f.from, f.to} {
			if nodes[n] == nil {
				nodes[n] = &flowNode{column: flowColumn(n.Kind), id: n.ID, counts: d.counts[n], name: chartName(cmp.Or(d.names[n], n.ID)), full: chartName(n.ID)}
				if name := d.names[n]; name != "" && name != n.ID {
					nodes[n].full = nodes[n].name + " (" + nodes[n].full + ")"
				}
				g.columns[nodes[n].column] = append(g.columns[nodes[n].column], nodes[n])
			}
		}
	}
	link(nodes, flows)
	for i := range g.columns {
		g.columns[i] = g.mergeColumn(i, nodes)
	}
	for _, column := range g.columns {
		for _, n := range column {
			n.in, n.out = nil, nil
		}
	}
	g.links = link(nodes, flows)
	g.order()
	return g
}

// orderly are the flows that lead from one column to the next and that somebody takes, and how many lead elsewhere.
func orderly(flows []flowLink) ([]flowLink, int) {
	out, odd := []flowLink{}, 0
	for _, f := range flows {
		from := flowColumn(f.from.Kind)
		switch {
		case from < 0 || flowColumn(f.to.Kind) != from+1:
			odd++
		case total(f.counts) > 0:
			out = append(out, f)
		}
	}
	return out, odd
}

func flowColumn(kind string) int {
	return slices.IndexFunc(flowKinds, func(k flowKind) bool { return k.kind == kind })
}

// link makes one ribbon of all flows between the same two nodes.
func link(nodes map[engine.FlowNode]*flowNode, flows []flowLink) []*flowRibbon {
	type ends struct{ from, to *flowNode }
	ribbons := map[ends]*flowRibbon{}
	out := []*flowRibbon{}
	for _, f := range flows {
		e := ends{nodes[f.from], nodes[f.to]}
		r := ribbons[e]
		if r == nil {
			r = &flowRibbon{from: e.from, to: e.to, counts: make([]float64, len(f.counts)), widest: make([]float64, len(f.counts))}
			ribbons[e] = r
			out = append(out, r)
			e.from.out, e.to.in = append(e.from.out, r), append(e.to.in, r)
		}
		r.merged++
		for i, n := range f.counts {
			r.counts[i] += n
			r.widest[i] = max(r.widest[i], n)
		}
	}
	return out
}

// mergeColumn keeps the nodes of a column through which most flows and lets one stand for the others.
func (g *flowGraph) mergeColumn(column int, nodes map[engine.FlowNode]*flowNode) []*flowNode {
	all := g.columns[column]
	for _, n := range all {
		n.weight = max(flowSum(n.in), flowSum(n.out))
	}
	slices.SortFunc(all, func(a, b *flowNode) int { return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.id, b.id)) })
	if len(all) <= maxFlowNodes {
		return all
	}
	kept := slices.Clone(all[:maxFlowNodes-1])
	count := len(all) - len(kept)
	others := &flowNode{column: column, others: count, name: countNoun(count, "other "+flowKinds[column].one, "other "+flowKinds[column].many)}
	others.full = others.name
	for _, n := range all[len(kept):] {
		nodes[engine.FlowNode{Kind: flowKinds[column].kind, ID: n.id}] = others
	}
	return append(kept, others)
}

// order places the nodes of each column near those that they are joined to, the others last, and sorts ribbons likewise.
func (g *flowGraph) order() {
	rank := func(column []*flowNode, of func(*flowNode) []*flowRibbon, end func(*flowRibbon) *flowNode) {
		for i, n := range column {
			n.place = float64(i)
			if ribbons := of(n); len(ribbons) > 0 {
				sum := 0.0
				for _, r := range ribbons {
					sum += float64(end(r).index) * total(r.counts) / flowSum(ribbons)
				}
				n.place = sum
			}
		}
		slices.SortStableFunc(column, func(a, b *flowNode) int {
			return cmp.Or(cmp.Compare(min(a.others, 1), min(b.others, 1)), cmp.Compare(a.place, b.place))
		})
		for i, n := range column {
			n.index = i
		}
	}
	for _, column := range g.columns {
		for i, n := range column {
			n.index = i
		}
	}
	in := func(n *flowNode) []*flowRibbon { return n.in }
	out := func(n *flowNode) []*flowRibbon { return n.out }
	from := func(r *flowRibbon) *flowNode { return r.from }
	to := func(r *flowRibbon) *flowNode { return r.to }
	last := len(g.columns) - 1
	for i := 1; i <= last; i++ {
		rank(g.columns[i], in, from)
	}
	for i := last - 1; i >= 0; i-- {
		rank(g.columns[i], out, to)
	}
	for i := 1; i <= last; i++ {
		rank(g.columns[i], in, from)
	}
	byEnds := func(a, b *flowRibbon) int {
		return cmp.Or(cmp.Compare(a.from.column, b.from.column), cmp.Compare(a.from.index, b.from.index), cmp.Compare(a.to.index, b.to.index))
	}
	slices.SortFunc(g.links, byEnds)
	for _, column := range g.columns {
		for _, n := range column {
			slices.SortFunc(n.in, byEnds)
			slices.SortFunc(n.out, byEnds)
		}
	}
}

func total(counts []float64) float64 {
	sum := 0.0
	for _, n := range counts {
		sum += n
	}
	return sum
}

func flowSum(ribbons []*flowRibbon) float64 {
	sum := 0.0
	for _, r := range ribbons {
		sum += total(r.counts)
	}
	return sum
}

// documentFlows are the flows of a document, and what it says of the things that they lead to.
type documentFlows struct {
	meaning string // of ribbons and of the numbers in boxes
	nobody  string // stands for the numbers in a box that concerns nobody
	links   []flowLink
	parts   []flowPart
	names   map[engine.FlowNode]string
	counts  map[engine.FlowNode][]float64 // one a part: identities that the document counts for a node, by whatever way; nil = not known
}

// flowsOf are the flows of a document; ok is false for a kind of document that has none.
func flowsOf(d Renderable) (flows *documentFlows, ok bool) {
	flows = &documentFlows{names: map[engine.FlowNode]string{}, counts: map[engine.FlowNode][]float64{}}
	switch d := d.(type) {
	case *Document:
		flows.ofSimulation(d)
	case *DiffDocument:
		flows.ofDiff(d)
	default:
		return nil, false
	}
	return flows, true
}

func (flows *documentFlows) ofSimulation(d *Document) {
	flows.parts, flows.nobody = plannedParts, "nobody"
	flows.meaning = "A ribbon is as wide as the number of identities for which one thing leads to the other. The numbers in a box are the identities that it concerns."
	for _, w := range d.Workflows {
		flows.count(engine.FlowNode{Kind: engine.FlowWorkflow, ID: w.Name}, w.Matched, w.Unknown)
	}
	for _, a := range d.Actions {
		flows.count(engine.FlowNode{Kind: engine.FlowAction, ID: a.Name}, a.Planned, a.Possible)
	}
	for _, p := range d.AccessProfiles {
		node := engine.FlowNode{Kind: engine.FlowProfile, ID: p.ID}
		flows.names[node] = orText(p.Name, "")
		flows.count(node, p.Direct, p.Possible)
	}
	for _, e := range d.Entitlements {
		node := entitlementNode(e.DatasourceID, e.EntityType, e.EntityID)
		flows.names[node] = orText(e.Name, "")
		flows.count(node, e.Granted, e.Possible)
	}
	for _, f := range d.Flows {
		flows.links = append(flows.links, flowLink{f.From, f.To, floats(f.Identities, f.Possible)})
	}
}

func (flows *documentFlows) ofDiff(d *DiffDocument) {
	flows.parts, flows.nobody = changeParts, "unchanged"
	flows.meaning = "A ribbon is as wide as the number of identities for which one thing leads to the other now and did not before, or no longer does. " +
		"The numbers in a box are the identities that gain or lose it by whatever way: who has it by another way all along does not."
	deactivates := map[engine.FlowNode]bool{}
	for _, a := range d.Actions {
		node := engine.FlowNode{Kind: engine.FlowAction, ID: a.Name}
		deactivates[node] = deactivates[node] || a.Effect == engine.EffectDeactivate
	}
	// counts has what is gained among what is newly deactivated, where that is what it means.
	counts := func(to engine.FlowNode, lost, gained, maybe int) []int {
		if deactivates[to] {
			return []int{lost, 0, maybe, gained}
		}
		return []int{lost, gained, maybe, 0}
	}
	for _, a := range d.Actions {
		node := engine.FlowNode{Kind: engine.FlowAction, ID: a.Name}
		flows.count(node, counts(node, a.Lost, a.Gained, a.Maybe)...)
	}
	for _, p := range d.AccessProfiles {
		node := engine.FlowNode{Kind: engine.FlowProfile, ID: p.ID}
		flows.names[node] = orText(p.Name, "")
		flows.count(node, p.Lost, p.Gained, p.Maybe, 0)
	}
	for _, e := range d.Entitlements {
		node := entitlementNode(e.DatasourceID, e.EntityType, e.EntityID)
		flows.names[node] = orText(e.Name, "")
		flows.count(node, e.Lost, e.Gained, e.Maybe, 0)
	}
	for _, f := range d.Flows {
		flows.links = append(flows.links, flowLink{f.From, f.To, floats(counts(f.To, f.Lost, f.Gained, f.Maybe)...)})
	}
}

// count notes what a document counts for a node. Of two things with one name, nobody can say whom both concern.
func (flows *documentFlows) count(node engine.FlowNode, counts ...int) {
	if _, twice := flows.counts[node]; twice {
		flows.counts[node] = nil
		return
	}
	flows.counts[node] = floats(counts...)
}

func entitlementNode(datasource, entityType, id string) engine.FlowNode {
	return engine.FlowNode{Kind: engine.FlowEntitlement, ID: entitlementKey(datasource, entityType, id)}
}

func floats(counts ...int) []float64 {
	out := make([]float64, len(counts))
	for i, n := range counts {
		out[i] = bounded(float64(n))
	}
	return out
}

// noFlows says why a document has no flows.
func noFlows(d Renderable) string {
	diff, ok := d.(*DiffDocument)
	switch {
	case !ok:
		return "There is no flow picture: no workflow leads to any action or access."
	case diff.Baseline == engine.BaselineGrants || diff.Baseline == engine.BaselineMembers:
		return "There is no flow picture: the earlier side is " + baselineText(diff) + ", and nothing says which workflows and actions they come from."
	}
	return "There is no flow picture: nothing changes in what leads from workflows to access."
}
