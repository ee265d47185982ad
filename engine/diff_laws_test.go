package engine

import (
	"fmt"
	"slices"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/scimeval"
)

// unmoved gives everybody a sys_attr__is_mover of false and nobody a reason to move: so records say the same with and without
// an earlier population.
func unmoved(versions []*Version, populations ...[]person) {
	for _, v := range versions {
		v.MoverProperties = nil
	}
	for _, people := range populations {
		for i, p := range people {
			members := slices.DeleteFunc(slices.Clone(p.record.Members()), func(m scimeval.Member) bool { return m.Name == MoverAttribute })
			people[i].record = scimeval.ObjectValue(append(members, scimeval.Member{Name: MoverAttribute, Value: scimeval.BoolValue(false)}))
		}
	}
}

// requireNoChange checks that a diff says of nobody that something changes, or may.
func requireNoChange(t require.TestingT, got comparison) {
	s := got.result.Summary
	require.Equal(t, DiffSummary{Identities: s.Identities, Unchanged: s.Identities, Unknown: s.Unknown, Movers: s.Movers, Leavers: s.Leavers}, s)
	for _, row := range got.rows {
		require.Equal(t, DiffRow{
			EntityID: row.EntityID, Class: row.Class, Status: StatusUnchanged, Affected: "no",
			ActionsGained: []ActionName{}, ActionsLost: []ActionName{}, ActionsMaybe: []ActionName{},
			ProfilesGained: []string{}, ProfilesLost: []string{}, ProfilesMaybe: []string{},
			EntitlementsGained: []string{}, EntitlementsLost: []string{}, EntitlementsMaybe: []string{},
			RevokesAdded: []string{}, RevokesDropped: []string{},
		}, row)
	}
	for _, w := range got.result.Workflows {
		require.Equal(t, WorkflowChange{Name: w.Name, Unchanged: w.Unchanged}, w)
	}
	for _, a := range got.result.Actions {
		require.Equal(t, ActionChange{Name: a.Name, Type: a.Type, Effect: a.Effect, Unchanged: a.Unchanged}, a)
	}
	a := got.result.Attribution
	require.Zero(t, a.Policy+a.Data+a.Interaction+a.Remainder)
	for _, e := range a.Edits {
		require.Zero(t, e.Alone+e.Without)
	}
	require.Empty(t, got.result.Cohorts)
}

// TestDiffWithItself: nothing differs from itself, whatever is unknown of it.
func TestDiffWithItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, _, people := randomComparison(t, BaselinePolicy, BaselinePopulation, BaselineBoth)
		in.Rules.AffectedPlanned = false
		in.Against.Side = Side{in.Policy, in.Version, in.Catalog}
		in.Against.Edits = NewEdits(in.Against.Side, in.Against.Side)
		unmoved([]*Version{in.Version}, people)
		requireNoChange(t, compare(t, in, people, people))
	})
}

// TestOrderOfConditionsIsNoChange: conditions are independent, so their order decides no more than the order of actions.
func TestOrderOfConditionsIsNoChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, _, people := randomComparison(t, BaselinePolicy)
		in.Rules.AffectedPlanned = false
		to := Side{in.Policy, in.Version, in.Catalog}
		in.Against.Side = copyOf(to)
		for i := range in.Version.Workflows {
			slices.Reverse(in.Version.Workflows[i].Conditions)
		}
		for i := range in.Version.Actions {
			slices.Reverse(in.Version.Actions[i].Conditions)
		}
		in.Against.Edits = NewEdits(in.Against.Side, to)
		requireNoChange(t, compare(t, in, nil, people))
	})
}

// mayRemove tells whether it is not known what the actions of some version take away.
func mayRemove(in Input) bool {
	actions := append(slices.Clone(in.Version.Actions), in.Against.Version.Actions...)
	return in.Grants == nil && slices.ContainsFunc(actions, func(a Action) bool { return removes(&a) })
}

// TestDiffMirrors: the other way round, what was gained is lost. Somebody who is removed the one way is new the other.
func TestDiffMirrors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, base, people := randomComparison(t, BaselinePolicy, BaselineBoth)
		from, to := in.Against.Side, Side{in.Policy, in.Version, in.Catalog}
		unmoved([]*Version{from.Version, to.Version}, base, people)
		if base == nil {
			base = people
		}
		there := compare(t, in, base, people)
		in.Version, in.Catalog, in.Against = from.Version, from.Catalog, &Against{Kind: in.Against.Kind, Side: to}
		back := compare(t, in, people, base)

		require.Equal(t, there.result.Summary.New, back.result.Summary.RemovedFromSource)
		require.Equal(t, there.result.Summary.RemovedFromSource, back.result.Summary.New)
		if there.result.Summary.New+back.result.Summary.New == 0 { // nothing is evaluated for those who were removed
			require.Equal(t, there.result.Summary.Unknown, back.result.Summary.Unknown)
		}
		sorted := func(list []ActionName) []string {
			texts := make([]string, len(list))
			for i, a := range list {
				texts[i] = fmt.Sprint(a)
			}
			sort.Strings(texts)
			return texts
		}
		for _, a := range there.rows {
			b := back.row(a.EntityID)
			if a.Status == StatusNew || a.Status == StatusRemoved {
				continue
			}
			if !mayRemove(in) {
				require.Equal(t, a.Status, b.Status)
			}
			require.Equal(t, sorted(a.ActionsGained), sorted(b.ActionsLost))
			require.Equal(t, sorted(a.ActionsLost), sorted(b.ActionsGained))
			require.Equal(t, sorted(a.ActionsMaybe), sorted(b.ActionsMaybe))
			require.Equal(t, [][]string{a.ProfilesGained, a.ProfilesLost, a.ProfilesMaybe, a.EntitlementsGained, a.EntitlementsLost, a.EntitlementsMaybe, a.RevokesAdded, a.RevokesDropped},
				[][]string{b.ProfilesLost, b.ProfilesGained, b.ProfilesMaybe, b.EntitlementsLost, b.EntitlementsGained, b.EntitlementsMaybe, b.RevokesDropped, b.RevokesAdded})
		}
	})
}

// TestDeltasApply: what is certain before, less what is lost, with what is gained, is what is certain in the end.
func TestDeltasApply(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, base, people := randomComparison(t, BaselinePolicy, BaselineBoth)
		for _, c := range []*Catalog{in.Catalog, in.Against.Catalog} {
			for _, p := range c.Profiles {
				for i := range p.Entities {
					p.Entities[i].AssignedToType, p.Entities[i].AssignedToID = "", "" // rows do not print it
				}
			}
		}
		unmoved([]*Version{in.Version, in.Against.Version}, base, people)
		if in.Against.Kind == BaselinePolicy {
			base = people
		}
		diff := compare(t, in, base, people)
		side := func(v *Version, c *Catalog, people []person) map[string]Row {
			in := in
			in.Version, in.Catalog, in.Against = v, c, nil
			rows := make(map[string]Row)
			for _, row := range simulate(t, in, people).rows {
				rows[row.EntityID] = row
			}
			return rows
		}
		before, after := side(in.Against.Version, in.Against.Catalog, base), side(in.Version, in.Catalog, people)
		for _, row := range diff.rows {
			if row.Status == StatusRemoved || len(row.ActionsMaybe)+len(row.ProfilesMaybe)+len(row.EntitlementsMaybe) > 0 {
				continue
			}
			was, is := before[row.EntityID], after[row.EntityID]
			require.ElementsMatch(t, applied(planned(was), actionTexts(row.ActionsLost), actionTexts(row.ActionsGained)), planned(is))
			require.ElementsMatch(t, applied(profilesOf(was), row.ProfilesLost, row.ProfilesGained), profilesOf(is))
			require.ElementsMatch(t, applied(was.Entitlements, row.EntitlementsLost, row.EntitlementsGained), is.Entitlements)
		}
	})
}

// applied takes texts out of a list, each once, and adds others.
func applied(list, lost, gained []string) []string {
	list = slices.Clone(list)
	for _, text := range lost {
		if i := slices.Index(list, text); i >= 0 {
			list = slices.Delete(list, i, i+1)
		} else {
			list = append(list, "not there: "+text)
		}
	}
	return append(list, gained...)
}

func planned(row Row) (texts []string) {
	for _, a := range row.Actions {
		if a.Status == "planned" {
			texts = append(texts, fmt.Sprint(ActionName{a.Workflow, a.Name, a.Type}))
		}
	}
	return texts
}

func actionTexts(list []ActionName) (texts []string) {
	for _, a := range list {
		texts = append(texts, fmt.Sprint(a))
	}
	return texts
}

func profilesOf(row Row) []string {
	return append(slices.Clone(row.AccessProfileIDs), row.InheritedProfileIDs...)
}

// TestStatusesPartition: every identity of either population has one status, and the counts are those of the rows.
func TestStatusesPartition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, base, people := randomComparison(t, baselineKinds...)
		got := compare(t, in, base, people)
		ids, counts := map[string]bool{}, map[Status]int{}
		for _, row := range got.rows {
			require.Contains(t, Statuses, row.Status)
			require.False(t, ids[row.EntityID])
			ids[row.EntityID] = true
			counts[row.Status]++
		}
		for _, p := range append(slices.Clone(base), people...) {
			require.True(t, ids[p.id])
		}
		s := got.result.Summary
		require.Equal(t, len(ids), s.Identities)
		require.Equal(t, s.Identities, s.Changed+s.Maybe+s.Unchanged+s.New+s.RemovedFromSource)
		require.Equal(t, []int{s.Changed, s.Maybe, s.Unchanged, s.New, s.RemovedFromSource},
			[]int{counts[StatusChanged], counts[StatusMaybe], counts[StatusUnchanged], counts[StatusNew], counts[StatusRemoved]})
	})
}

// TestPolicyAttribution: without another population all changes are the policy's; a single edit makes all of them.
func TestPolicyAttribution(t *testing.T) {
	single := 0
	rapid.Check(t, func(t *rapid.T) {
		in, _, people := randomComparison(t, BaselinePolicy)
		from := in.Against.Side
		whole := NewEdits(from, Side{in.Policy, in.Version, in.Catalog})
		if n := len(whole.List); n > 0 {
			k := rapid.IntRange(0, n-1).Draw(t, "edit")
			if to := whole.Merge(func(edit int) bool { return edit == k }); rapid.Bool().Draw(t, "alone") {
				in.Version, in.Catalog = to.Version, to.Catalog
			}
		}
		in.Against.Edits = NewEdits(from, Side{in.Policy, in.Version, in.Catalog})
		got := compare(t, in, nil, people)
		a := got.result.Attribution
		require.Equal(t, []int{got.result.Summary.Changed, 0, 0}, []int{a.Policy, a.Data, a.Interaction})
		require.True(t, a.Attributed)
		if len(a.Edits) == 1 {
			single++
			require.Equal(t, a.Policy, a.Edits[0].Alone+a.Remainder)
			require.Zero(t, a.Edits[0].Without)
			if !got.diff.Joins() {
				require.Zero(t, a.Remainder)
			}
		}
	})
	requireMet(t, single)
}
