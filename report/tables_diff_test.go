package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

// Every page that is read at a desk says which versions are compared.
func TestBothSidesAreNamed(t *testing.T) {
	for kind, want := range map[engine.BaselineKind]string{
		engine.BaselineNone:       "version 8 DRAFT against nothing",
		engine.BaselinePolicy:     "version 8 DRAFT against 7 PUBLISHED",
		engine.BaselinePopulation: "version 8 DRAFT against an earlier population",
		engine.BaselineBoth:       "version 8 DRAFT against 7 PUBLISHED over an earlier population",
		engine.BaselineGrants:     "version 8 DRAFT against what is held today",
		engine.BaselineMembers:    "version 8 DRAFT against the exported members of access profiles",
	} {
		in := sampleDiffInput()
		in.Result.Baseline = kind
		d := NewDiff(in)
		require.Contains(t, renderHTML(t, d), "<li>"+want+"</li>")
		require.Contains(t, markdown(d), "**Changes by Workforce lifecycle**, "+want+". ")
		f, _ := openWorkbook(t, func(b *bytes.Buffer) error { return WriteXLSX(b, d) })
		require.Equal(t, "Changes by Workforce lifecycle, "+want, readCells(t, f, summarySheet).at(3, 1))
	}
	in := sampleDiffInput()
	in.Result.Baseline = engine.BaselinePolicy
	other := *in.From.Policy
	other.ID, other.Name = "other", "Contractors"
	in.From.Policy = &other
	require.Equal(t, "version 8 DRAFT against version 7 PUBLISHED of Contractors (other)", sidesText(NewDiff(in)))
}

// Edits that work only together do not read as if they had no effect.
func TestEditsThatWorkTogether(t *testing.T) {
	in := sampleDiffInput()
	in.Result.Attribution = engine.Attribution{Policy: 25, EditsTotal: 3, Attributed: true, Remainder: 25, Edits: []engine.EditEffect{
		{Edit: "condition added"}, {Edit: "action added"}, {Edit: "nothing", Maybe: 4, Without: 30},
	}}
	d := NewDiff(in)
	list := editTable(d)
	numbers := [][]any{}
	for i := range list.rows {
		numbers = append(numbers, list.row(i)[3:7])
	}
	require.Equal(t, [][]any{{0, 0, 25, 0}, {0, 0, 25, 0}, {0, 4, 0, 30}}, numbers, "alone, perhaps, fewer without it, without")
	page := renderHTML(t, d)
	chart := page[strings.Index(page, `id="chart-edits"`):]
	require.Equal(t, 2, strings.Count(chart, ">25 fewer without it</text>"))
	require.Contains(t, chart, ">4?</text>", "perhaps")
}

func TestWhatLimitsDoNotSee(t *testing.T) {
	limits := []engine.LimitResult{
		{Name: "count", Verdict: engine.VerdictOK, NotSeen: []string{"others", "all alike"}}, {Name: "guard", Scope: "guard", Verdict: engine.VerdictExceeded, NotSeen: []string{"all alike"}},
		{Name: "share", Verdict: engine.VerdictOK, NotSeen: []string{"all alike", "others"}},
	}
	require.Equal(t, []string{"all alike (all of them)", "others (count, share)"}, notSeen(limits))
	require.Empty(t, notSeen(nil))
}
