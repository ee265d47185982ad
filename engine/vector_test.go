package engine

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTranspose(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	matrices := [][64]uint64{{}, {0: 1}, {0: 1 << 63}, {63: 1}, {17: ^uint64(0)}}
	for range 50 {
		var m [64]uint64
		for i := range m {
			m[i] = dice.Uint64()
		}
		matrices = append(matrices, m)
	}
	for _, m := range matrices {
		var want [64]uint64
		for r := range m {
			for c := range m {
				want[c] |= m[r] >> c & 1 << r
			}
		}
		got := m
		transpose(&got)
		require.Equal(t, want, got)
		transpose(&got)
		require.Equal(t, m, got)
	}
}

func TestVectorSetNumbersByFirstAppearance(t *testing.T) {
	for _, words := range []int{1, 2, 5} {
		t.Run(fmt.Sprint(words), func(t *testing.T) {
			dice := rand.New(rand.NewPCG(3, uint64(words)))
			set := newVectorSet(words)
			known := make(map[string]int)
			for range 20_000 {
				v := make([]uint64, words)
				for w := range v {
					// few values, so that vectors repeat and differ in one word only
					v[w] = bits.RotateLeft64(dice.Uint64N(8), 61*w)
				}
				want, seen := known[fmt.Sprint(v)]
				if !seen {
					want = len(known)
					known[fmt.Sprint(v)] = want
				}
				number, added := set.intern(v)
				require.Equal(t, want, number)
				require.Equal(t, !seen, added)
				require.Equal(t, v, set.at(number))
			}
			require.Equal(t, len(known), set.size)
			require.Less(t, set.size*2, len(set.table)+1)
		})
	}
}

func TestLayout(t *testing.T) {
	run := []ActionRef{{Name: "once"}, {Name: "twice"}, {Name: "off"}}
	v := &Version{
		Workflows: []Workflow{
			{Name: "a", State: StateEnabled, Trigger: text(`x eq 1`), Conditions: []Condition{
				{State: StateEnabled, Test: text(`x eq 1`), Actions: run},
				{State: StateEnabled, Test: text(`x gt true`), Actions: run},
				{State: StateDisabled, Test: text(`y pr`), Actions: run},
			}},
			{Name: "b", State: StateDisabled, Trigger: text(`z pr`)},
		},
		Actions: []Action{
			{Name: "once", State: StateEnabled, RunOnce: true},
			{Name: "twice", State: StateEnabled},
			{Name: "off", State: StateDisabled, RunOnce: true},
		},
	}
	in := inputOf(v)
	p := Compile(in)
	require.Equal(t, []string{`x eq 1`, `x gt true`, `z pr`}, p.exprs.texts, "each text once; none of a disabled condition")
	require.Len(t, p.exprs.texts, 3)
	require.Equal(t, []int{0, 1, 3}, p.layout.lower)
	require.Equal(t, []int{0, 2, 3}, p.layout.upper, "two bits only where unknown is possible")
	require.Nil(t, p.plan.done)
	require.Equal(t, 4, p.layout.bits)
	require.Equal(t, 1, p.layout.words)

	in.History = map[string][]Done{}
	p = Compile(in)
	require.Equal(t, []int{4, -1, -1, 5, -1, -1}, p.plan.done, "by workflow, then action: run_once and not disabled")
	vector := []uint64{1<<2 | 1<<3 | 1<<5}
	require.Equal(t, isFalse, p.layout.truth(vector, 0))
	require.Equal(t, isUnknown, p.layout.truth(vector, 1))
	require.Equal(t, isTrue, p.layout.truth(vector, 2))
	require.False(t, p.plan.isDone(vector, 0, 0))
	require.True(t, p.plan.isDone(vector, 1, 0))
	require.False(t, p.plan.isDone(vector, 1, 2))

	require.Equal(t, 1, Compile(inputOf(&Version{})).layout.words, "a policy without expressions still has one class")
}

// TestManyExpressions crosses the word and the block of the transposition.
func TestManyExpressions(t *testing.T) {
	v := &Version{Actions: []Action{{Name: "act", Type: "PAUSE", State: StateEnabled}}}
	for i := range 150 {
		v.Workflows = append(v.Workflows, Workflow{
			Name: fmt.Sprint(i), State: StateEnabled, Trigger: text(fmt.Sprintf("n eq %d", i)),
			Conditions: []Condition{{State: StateEnabled, Test: Test{Form: FormAny}, Actions: []ActionRef{{Name: "act"}}}},
		})
	}
	var people []person
	for i := range 130 {
		people = append(people, personOf(t, fmt.Sprint("p", i), fmt.Sprintf(`{"n":%d}`, i+10)))
	}
	got := simulate(t, inputOf(v), people)
	require.Equal(t, 130, got.result.Summary.Classes)
	for i, row := range got.rows {
		require.Equal(t, []string{fmt.Sprint(i + 10)}, row.WorkflowsMatched)
		require.Equal(t, i, row.Class)
	}
	require.Equal(t, 0, got.result.Workflows[9].Matched)
	require.Equal(t, 1, got.result.Workflows[139].Matched)
	require.Equal(t, 0, got.result.Workflows[140].Matched)
}
