package report

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/engine"
)

// renderPart renders a template of the page.
func renderPart(t require.TestingT, name string, data any) string {
	parts := template.Must(template.ParseFS(htmlFiles, "html/charts.tmpl"))
	var out bytes.Buffer
	require.NoError(t, parts.ExecuteTemplate(&out, name, data))
	return out.String()
}

func TestChartsOfADiff(t *testing.T) {
	charts := barCharts(NewDiff(sampleDiffInput()))
	require.Equal(t, []string{"Actions", "Cohorts", "Edits", "Entitlements", "Limits", "Profiles", "Workflows"}, sortedKeys(charts))

	actions := charts["Actions"]
	require.Equal(t, []string{"Lost", "Gained", "Undecided", "Newly deactivated"}, actions.Columns)
	require.Equal(t, []chartRow{
		{"Legal access", []string{"40", "0", "0", "0"}},
		{"US access", []string{"34", "228", "4", "0"}},
		{"Disable accounts", []string{"6", "0", "0", "12"}},
		{"Birthright access", []string{"6", "20", "0", "0"}},
	}, actions.Rows, "the greatest loss first; what changes for nobody is not shown")

	require.Equal(t, []chartRow{
		{"max_identities_affected_percentage", []string{"312", "20", "250"}}, {"legal", []string{"40", "0", "100"}},
	}, charts["Limits"].Rows)
	require.Equal(t, barLost, charts["Limits"].Bars[0].Class, "an exceeded limit")
	require.Equal(t, []string{"100%", "1.6%"}, charts["Cohorts"].Rows[0].Values)
	require.Equal(t, "action \"US access\": access profile \"US Employee\" added", charts["Edits"].Rows[0].Name, "the edit that changes most")
}

func TestChartsOfASimulation(t *testing.T) {
	charts := barCharts(New(sampleInput()))
	require.Equal(t, []string{"Actions", "Entitlements", "Limits", "Profiles", "Rules", "Workflows"}, sortedKeys(charts))
	entitlements := charts["Entitlements"]
	require.Len(t, entitlements.Rows, maxBars)
	require.Equal(t, "The first 12 of 23 entitlements. Counts are identities.", entitlements.Note)
	require.Equal(t, []string{"Revoked", "Perhaps revoked", "Granted", "Perhaps granted"}, entitlements.Columns)
	require.Equal(t, chartRow{"Group 03", []string{"118", "0", "3,912", "105"}}, entitlements.Rows[2])
	require.Contains(t, charts["Rules"].Desc, "profile.inactive = grant: end differently 402.")
}

func TestChartsThatShowNothing(t *testing.T) {
	require.Empty(t, barCharts(NewCrosscheck(sampleCrosscheck(strings.Clone))))
	require.Empty(t, barCharts(NewDiff(DiffInput{Result: &engine.DiffResult{}})))
	require.Empty(t, barCharts(New(Input{Rules: engine.DefaultRules("vendor"), Policy: &engine.Policy{}, Version: &engine.Version{}, Result: &engine.Result{}})))
}

func TestEditsThatAreNotAttributedHaveNoChart(t *testing.T) {
	in := sampleDiffInput()
	in.Result.Attribution.Attributed = false
	require.NotContains(t, barCharts(NewDiff(in)), "Edits", "0 would say that they change nobody")
}

func TestAnEditChartCountsEditsThatTheDocumentDoesNotList(t *testing.T) {
	in := sampleDiffInput()
	in.Result.Attribution.EditsTotal = 80
	require.Contains(t, barCharts(NewDiff(in))["Edits"].Note, "The first 3 of 80 edits.")
}

func TestHostileTextInCharts(t *testing.T) {
	for _, s := range hostile {
		for _, d := range []Renderable{New(hostileInput(s)), NewDiff(hostileDiffInput(s))} {
			charts := barCharts(d)
			for _, name := range sortedKeys(charts) {
				require.NotEmpty(t, charts[name].Rows)
				requireTame(t, renderPart(t, "barchart", charts[name]))
			}
			requireTame(t, renderPart(t, "flow", newFlowPicture(d)))
		}
		in := sampleDiffInput()
		in.Result.Flows = []engine.FlowChange{{From: engine.FlowNode{Kind: engine.FlowWorkflow, ID: s}, To: engine.FlowNode{Kind: engine.FlowAction, ID: s + "x"}, Lost: 1}}
		requireTame(t, renderPart(t, "flow", newFlowPicture(NewDiff(in))))
	}
}

// requireTame holds markup to elements of the templates, short text, and no character that acts.
func requireTame(t *testing.T, markup string) {
	t.Helper()
	require.Equal(t, -1, strings.IndexFunc(strings.ReplaceAll(markup, "\n", ""), notPrint))
	require.NotContains(t, markup, "<script")
	require.NotContains(t, markup, "<img")
	require.Less(t, len(markup), 60_000, "long names are cut")
	requireWellFormed(t, "chart.xml", strings.NewReplacer("&nbsp;", " ").Replace("<x>"+markup+"</x>"))
}

func TestBarsStayInsideAndKeepTheirProportions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 5000), rapid.Float64Range(-5, 1e14), rapid.Just(math.Inf(-1)), rapid.Just(math.NaN()))
		p := plot{id: "x", title: "t", many: "rows", series: []series{{name: "Lost", class: barLost, left: true}, {name: "Gained", class: barGained}, {name: "Undecided", class: barMaybe},
			{name: "Mark", mark: true, left: rapid.Bool().Draw(t, "left mark")}}}
		scaled := rapid.Bool().Draw(t, "own scales")
		for i := range rapid.IntRange(1, maxBars).Draw(t, "rows") {
			r := plotRow{label: strconv.Itoa(i), values: rapid.SliceOfN(value, 4, 4).Draw(t, "values")}
			if scaled {
				r.full = max(bounded(r.values[0])+bounded(r.values[1])+bounded(r.values[2]), bounded(r.values[3]), 1)
			}
			p.rows = append(p.rows, r)
		}
		p.total = len(p.rows)
		c := newBarChart(p)
		for _, b := range c.Bars {
			x, width := fromPercent(t, b.X), fromPercent(t, b.Width)
			require.GreaterOrEqual(t, x, 0.0)
			require.GreaterOrEqual(t, width, leastBar, "what is not nothing can be seen")
			require.LessOrEqual(t, x+width, 100.01)
			require.LessOrEqual(t, b.Y+c.Thick, c.Height)
		}
		for _, m := range c.Marks {
			require.GreaterOrEqual(t, fromPercent(t, m.X), 0.0)
			require.LessOrEqual(t, fromPercent(t, m.X), 100.0)
		}
		require.Len(t, c.Rows, len(p.rows))
		require.Equal(t, renderPart(t, "barchart", c), renderPart(t, "barchart", newBarChart(p)))
	})
}

func TestBarsAreAsLongAsTheirValues(t *testing.T) {
	p := plot{series: []series{{name: "Lost", class: barLost, left: true}, {name: "Gained", class: barGained}}}
	p.add("a", 100, 300)
	p.add("b", 50, 600)
	c := newBarChart(p)
	unit := fromPercent(t, c.Bars[0].Width) / 100
	for i, n := range []float64{100, 300, 50, 600} {
		require.InDelta(t, n*unit, fromPercent(t, c.Bars[i].Width), 0.02, "%v of %v", i, n)
	}
	require.InDelta(t, fromPercent(t, c.Bars[0].X)+fromPercent(t, c.Bars[0].Width), fromPercent(t, c.Bars[1].X), 0.02, "both begin at zero")
}

func fromPercent(t require.TestingT, s string) float64 {
	var v float64
	n, err := fmt.Sscanf(s, "%f%%", &v)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	return v
}
