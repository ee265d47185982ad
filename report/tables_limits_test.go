package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

// Whom a guard hits has a name where the document lists them; a table that tells of no person leaves them out.
func TestGuardsNameWhomTheyHit(t *testing.T) {
	guard := engine.LimitResult{Scope: "guard", Kind: "count", Name: "break-glass", AffectedLow: 2, AffectedHigh: 2, Headroom: -2, Verdict: engine.VerdictExceeded,
		Enforced: "own", Exemplars: []string{"w1", "w2"}}
	in := sampleDiffInput()
	in.Result.Limits = []engine.LimitResult{guard}
	in.Identities = DiffIdentities{Cap: 9}
	in.Identities.Add(&engine.DiffRow{EntityID: "w2", Status: engine.StatusChanged}, "Ada")
	o := NewDiff(in).outline()
	last := func(x table) any { return x.row(0)[len(x.columns)-1] }
	require.Equal(t, "w1; w2 (Ada)", last(limitTable(o.limits, true, o.people)))
	require.Equal(t, []string{"w1", "w2"}, guard.Exemplars)
	require.Nil(t, last(limitTable(o.limits, false, nil)))
	require.NotContains(t, limitTable(o.limits, false, nil).columns, tableColumn{"Hit, for example", 30, kindID})
}
