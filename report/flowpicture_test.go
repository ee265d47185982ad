package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/engine"
)

func TestFlowPictureOfADiff(t *testing.T) {
	p := newFlowPicture(NewDiff(sampleDiffInput()))
	require.Empty(t, p.Empty)
	require.Equal(t, []string{"From", "To", "Lost", "Gained", "Undecided", "Newly deactivated", "Flows together"}, p.Columns)
	rows := []string{}
	for _, r := range p.Rows {
		rows = append(rows, fmt.Sprintf("%s: %s -> %s %v %s", r.Kind, r.From, r.To, r.Values, r.Flows))
	}
	require.Equal(t, []string{
		"workflow to action: Active employees -> US access [46 228 4 0] 1",
		"workflow to action: Active employees -> Birthright access [40 0 0 0] 1",
		"action to access profile: US access -> US Employee (3a2371b6-0001) [58 228 4 0] 1",
		"action to access profile: Birthright access -> Birthright (3a2371b6-0000) [52 0 0 0] 1",
		"access profile to entitlement: US Employee (3a2371b6-0001) -> ad-corp|ActiveDirectoryGroup|00g00037 [70 228 4 0] 1",
		"access profile to entitlement: Birthright (3a2371b6-0000) -> Group 00 (okta-prod|OktaGroup|00g00000) [64 0 0 0] 1",
	}, rows)
	require.Equal(t, "workflow Active employees, at least: lost 46, gained 228, undecided 4", p.Boxes[0].Description)
	require.Equal(t, "action US access: lost 34, gained 228, undecided 4", p.Boxes[1].Description, "as the list of actions counts them")
	require.Len(t, p.Ribbons, 6)
	require.Equal(t, []flowNumber{{"\u2265", barPlain}, {"\u221246", barLost}, {"+228", barGained}, {"4?", barMaybe}}, p.Boxes[0].Numbers)
}

func TestFlowPictureShowsDeactivationsAsHarm(t *testing.T) {
	in := sampleDiffInput()
	in.Result.Flows = []engine.FlowChange{{From: engine.FlowNode{Kind: engine.FlowWorkflow, ID: "Leaver"}, To: engine.FlowNode{Kind: engine.FlowAction, ID: "Disable accounts"}, Gained: 12, Lost: 6}}
	p := newFlowPicture(NewDiff(in))
	require.Equal(t, []string{"6", "0", "0", "12"}, p.Rows[0].Values)
	require.Equal(t, "action Disable accounts: lost 6, newly deactivated 12", p.Boxes[1].Description)
}

func TestFlowPictureTellsWaysFromChanges(t *testing.T) {
	in := sampleDiffInput()
	in.Result.Entitlements[0].Gained, in.Result.Entitlements[0].Lost = 0, 0
	in.Result.Flows = []engine.FlowChange{{From: engine.FlowNode{Kind: engine.FlowProfile, ID: "3a2371b6-0001"}, To: engine.FlowNode{Kind: engine.FlowEntitlement, ID: "okta-prod|OktaGroup|00g00000"}, Gained: 91}}
	p := newFlowPicture(NewDiff(in))
	require.Equal(t, []string{"0", "91", "0", "0"}, p.Rows[0].Values)
	require.Equal(t, "entitlement Group 00 (okta-prod|OktaGroup|00g00000): unchanged", p.Boxes[1].Description, "all had it by another way")
	require.Equal(t, []flowNumber{{"unchanged", barPlain}}, p.Boxes[1].Numbers)
	require.Contains(t, p.Note, "who has it by another way all along does not")
}

func TestFlowPictureDoesNotAddUpThingsOfOneName(t *testing.T) {
	in := sampleDiffInput()
	in.Result.Actions = append(in.Result.Actions, in.Result.Actions[2])
	require.Equal(t, "action US access, at least: lost 58, gained 228, undecided 4", newFlowPicture(NewDiff(in)).Boxes[1].Description)
}

func TestFlowPictureSaysWhyThereIsNone(t *testing.T) {
	require.Nil(t, newFlowPicture(NewCrosscheck(sampleCrosscheck(strings.Clone))))
	for _, c := range []struct {
		baseline engine.BaselineKind
		why      string
	}{
		{engine.BaselinePolicy, "nothing changes in what leads from workflows to access"},
		{engine.BaselineGrants, "the earlier side is the entitlements that are held today"},
		{engine.BaselineMembers, "the earlier side is the exported members of access profiles"},
	} {
		in := sampleDiffInput()
		in.Result.Baseline, in.Result.Flows, in.Result.FlowsTotal = c.baseline, nil, 0
		p := newFlowPicture(NewDiff(in))
		require.Contains(t, p.Empty, c.why)
		require.Contains(t, renderPart(t, "flow", p), c.why)
	}
	sim := sampleInput()
	sim.Result.Flows = nil
	require.Contains(t, newFlowPicture(New(sim)).Empty, "no workflow leads to any action")
}

func TestFlowPictureSaysWhatItLeavesOut(t *testing.T) {
	in := sampleInput()
	in.Result.FlowsTotal = 3456
	in.Result.Flows = append(in.Result.Flows, engine.Flow{From: engine.FlowNode{Kind: engine.FlowEntitlement, ID: "x"}, To: engine.FlowNode{Kind: engine.FlowWorkflow, ID: "y"}, Identities: 9})
	note := newFlowPicture(New(in)).Note
	require.Contains(t, note, "Of 3,456 flows, the 7 of most identities are drawn.")
	require.Contains(t, note, "Left out: 1 flow that leads elsewhere than from one column to the next.")
}

func TestFlowPictureMergesHonestly(t *testing.T) {
	const actions = 30
	in := sampleInput()
	in.Result.Flows = nil
	workflow := engine.FlowNode{Kind: engine.FlowWorkflow, ID: "w"}
	for i := range actions {
		in.Result.Flows = append(in.Result.Flows, engine.Flow{From: workflow, To: engine.FlowNode{Kind: engine.FlowAction, ID: fmt.Sprintf("a%02d", i)}, Identities: 100 - i})
	}
	in.Result.FlowsTotal = actions
	p := newFlowPicture(New(in))
	last := p.Rows[len(p.Rows)-1]
	require.Equal(t, "19 other actions", last.To)
	sum := 0
	for i := maxFlowNodes - 1; i < actions; i++ {
		sum += 100 - i
	}
	require.Equal(t, []string{Count(sum), "0"}, last.Values)
	require.Equal(t, "19", last.Flows)
	require.Equal(t, "19 other actions, at least: planned 89", p.Boxes[len(p.Boxes)-1].Description, "people are not added up")
	require.Contains(t, p.Ribbons[len(p.Ribbons)-1].Title, "sum of 19 flows: an identity can be in several")
	require.Contains(t, p.Note, "in which an identity can be counted several times")
}

func TestFlowPictureGeometry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		flows := drawFlows(t)
		g := newFlowGraph(&documentFlows{links: flows, parts: changeParts})
		height := 0.0
		if len(g.links) > 0 {
			height = g.place()
		}
		const epsilon = 1e-6
		for i, column := range g.columns {
			require.LessOrEqual(t, len(column), maxFlowNodes)
			for j, n := range column {
				require.Equal(t, i, n.column)
				require.GreaterOrEqual(t, n.y, flowTop-epsilon)
				require.LessOrEqual(t, n.y+n.h, height+epsilon)
				require.LessOrEqual(t, thickness(n.in), n.h+epsilon)
				require.LessOrEqual(t, thickness(n.out), n.h+epsilon)
				if j > 0 {
					require.GreaterOrEqual(t, n.y, column[j-1].y+column[j-1].h, "boxes lie apart")
				}
			}
		}
		for _, r := range g.links {
			w := total(r.widths)
			require.Greater(t, w, 0.0)
			require.GreaterOrEqual(t, r.y0, r.from.y-epsilon)
			require.LessOrEqual(t, r.y0+w, r.from.y+r.from.h+epsilon)
			require.GreaterOrEqual(t, r.y1, r.to.y-epsilon)
			require.LessOrEqual(t, r.y1+w, r.to.y+r.to.h+epsilon)
		}
	})
}

// TestFlowPictureLosesNobody compares the sums of a picture with those of the flows, and widest flows with their maxima.
func TestFlowPictureLosesNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		flows := drawFlows(t)
		want, merged := make([]float64, len(changeParts)), 0
		for _, f := range flows {
			if total(f.counts) > 0 {
				merged++
			}
			for i, n := range f.counts {
				want[i] += n
			}
		}
		g := newFlowGraph(&documentFlows{links: flows, parts: changeParts})
		got, links := make([]float64, len(changeParts)), 0
		for _, r := range g.links {
			links += r.merged
			for i, n := range r.counts {
				got[i] += n
				require.LessOrEqual(t, r.widest[i], n)
			}
			if r.merged == 1 {
				require.Equal(t, r.counts, r.widest)
			}
		}
		require.Equal(t, want, got)
		require.Equal(t, merged, links)
	})
}

func TestFlowPictureDependsOnTheFlowsAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		flows := drawFlows(t)
		picture := func(flows []flowLink) string {
			p := &flowPicture{ID: "p"}
			if g := newFlowGraph(&documentFlows{links: flows, parts: changeParts}); len(g.links) > 0 {
				p.layOut(g)
				p.addTable(g)
			}
			return renderPart(t, "flow", p)
		}
		first := picture(flows)
		require.Equal(t, first, picture(flows))
		require.Equal(t, first, picture(rapid.Permutation(flows).Draw(t, "other order")))
	})
}

// drawFlows draws flows between few or many nodes; no two lead from and to the same.
func drawFlows(t *rapid.T) []flowLink {
	nodes := rapid.IntRange(1, 30).Draw(t, "nodes of a column")
	count := rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 3), rapid.IntRange(0, 1_000_000))
	flows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) flowLink {
		column := rapid.IntRange(0, len(flowKinds)-2).Draw(t, "column")
		node := func(column int) engine.FlowNode {
			return engine.FlowNode{Kind: flowKinds[column].kind, ID: fmt.Sprint(rapid.IntRange(1, nodes).Draw(t, "node"))}
		}
		f := flowLink{from: node(column), to: node(column + 1)}
		for range changeParts {
			f.counts = append(f.counts, float64(count.Draw(t, "count")))
		}
		return f
	}), 0, 80).Draw(t, "flows")
	seen := map[[2]engine.FlowNode]bool{}
	return slices.DeleteFunc(flows, func(f flowLink) bool {
		ends := [2]engine.FlowNode{f.from, f.to}
		was := seen[ends]
		seen[ends] = true
		return was
	})
}
