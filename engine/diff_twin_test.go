package engine

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestDiffEqualsTwin: every row and every number of a diff equals what the slow twin works out for each identity.
func TestDiffEqualsTwin(t *testing.T) {
	filters := make(slowFilters)
	rapid.Check(t, func(t *rapid.T) {
		in, base, people := randomComparison(t, baselineKinds...)
		got := compareIn(t, in, base, people, randomCuts(t, len(base)), randomCuts(t, len(people)), rapid.IntRange(1, 3).Draw(t, "classifiers"))
		want := slowlyCompared(t, in, base, people, filters)

		require.Len(t, got.rows, len(want.all))
		for i, row := range got.rows {
			expected := want.row(want.all[i])
			expected.Class = row.Class
			require.Equal(t, expected, row)
		}
		r := got.result
		require.Equal(t, in.Against.Kind, r.Baseline)
		require.Equal(t, want.summary(), r.Summary)
		require.Equal(t, want.workflows(), r.Workflows)
		require.Equal(t, want.actions(), r.Actions)
		require.Equal(t, want.profiles(), r.AccessProfiles)
		for i := range r.Entitlements {
			r.Entitlements[i].Name = nil
		}
		require.Equal(t, want.entitlements(), r.Entitlements)
		attribution, alone := want.attribution()
		require.Equal(t, attribution, r.Attribution)
		require.Equal(t, want.limits(), limitsOf(r.Limits))
		var attributes = got.program.Attributes()
		cohorts := attributes[:0:0]
		for _, column := range got.program.columns.cohorts {
			cohorts = append(cohorts, attributes[column])
		}
		require.Equal(t, want.cohorts(cohorts), r.Cohorts)
		requireChangeClasses(t, got, want, alone)
		require.Equal(t, want.flows(), r.Flows)
		require.Len(t, r.Flows, r.FlowsTotal)
	})
}

func limitsOf(list []LimitResult) []slowLimit {
	var out []slowLimit
	for _, l := range list {
		out = append(out, slowLimit{l.Scope, l.Kind, l.Name, l.AffectedLow, l.AffectedHigh, l.Population, string(l.Verdict), l.Headroom})
	}
	return out
}

// requireChangeClasses checks that classes are numbered by first appearance, that their identities fare alike, and what the
// result says of each.
func requireChangeClasses(t require.TestingT, got comparison, want *slowDiff, alone map[string][]int) {
	var exemplars []int // by class: index of its first identity
	sizes, members := map[int]int{}, map[int][]string{}
	for i, row := range got.rows {
		members[row.Class] = append(members[row.Class], row.EntityID)
		if sizes[row.Class] == 0 {
			require.Len(t, exemplars, row.Class, "classes count from 0 by first appearance")
			exemplars = append(exemplars, i)
		}
		sizes[row.Class]++
		like := want.all[exemplars[row.Class]]
		require.Equal(t, alone[like.id], alone[want.all[i].id])
		if !got.diff.Joins() {
			expected := want.row(like)
			expected.EntityID, expected.Class = row.EntityID, row.Class
			require.Equal(t, expected, row)
		}
	}
	require.Equal(t, len(exemplars), got.result.ClassesTotal)
	changing := []ChangeClass{}
	for _, c := range got.result.Classes {
		if slices.ContainsFunc(got.rows, func(row DiffRow) bool { return row.Class == c.ID && row.Status != StatusUnchanged }) {
			changing = append(changing, c)
		}
	}
	require.Equal(t, changing, got.result.ChangedClasses)
	require.Len(t, changing, got.result.ChangedClassesTotal)
	require.Len(t, got.result.Classes, len(exemplars))
	for k, c := range got.result.Classes {
		if before := got.result.Classes[max(k-1, 0)]; k > 0 {
			require.True(t, before.Size > c.Size || before.Size == c.Size && before.ID < c.ID, "largest first, ties by id")
		}
		row, like := got.rows[exemplars[c.ID]], want.all[exemplars[c.ID]]
		require.Equal(t, []any{sizes[c.ID], like.id, like.status, row.Affected}, []any{c.Size, c.Exemplar, c.Status, c.Affected})
		require.Equal(t, members[c.ID][:min(len(members[c.ID]), maxMembers)], c.Members)
		require.Equal(t, append([]int{}, alone[like.id]...), c.Edits)
		for _, tag := range []struct {
			tag                    Tag
			actions                []ActionName
			profiles, entitlements []string
		}{
			{TagCaused, row.ActionsGained, row.ProfilesGained, row.EntitlementsGained},
			{TagGone, row.ActionsLost, row.ProfilesLost, row.EntitlementsLost},
			{TagMaybe, row.ActionsMaybe, row.ProfilesMaybe, row.EntitlementsMaybe},
		} {
			actions := []ActionName{}
			for _, a := range c.Actions {
				if a.Tag == tag.tag {
					actions = append(actions, ActionName{a.Workflow, a.Name, a.Type})
				}
			}
			require.Equal(t, tag.actions, actions)
			require.Equal(t, tag.profiles, withTag(c.AccessProfiles, tag.tag))
			require.Equal(t, tag.entitlements, withTag(c.Entitlements, tag.tag))
		}
		if like.held == nil {
			require.Equal(t, names(like.change.profiles.kept), withTag(c.AccessProfiles, TagBefore))
			require.Equal(t, entityTexts(like.change.entities.kept), withTag(c.Entitlements, TagBefore))
		}
		if like.later != nil && want.from() != nil {
			for _, w := range c.Workflows {
				was, is := triggerOf(like.change.before, w.ID).t, triggerOf(like.change.after, w.ID).t
				tag := TagMaybe
				switch {
				case was == slowYes && is == slowYes:
					tag = TagBefore
				case was == slowNo && is == slowYes:
					tag = TagCaused
				case was == slowYes && is == slowNo:
					tag = TagGone
				}
				require.False(t, was == slowNo && is == slowNo)
				require.Equal(t, tag, w.Tag)
			}
		}
	}
}

func withTag(list []TaggedItem, tag Tag) []string {
	out := []string{}
	for _, item := range list {
		if item.Tag == tag {
			out = append(out, item.ID)
		}
	}
	return out
}

// TestBatchesOfDiffs: neither the cuts between batches nor the number of classifiers show in anything.
func TestBatchesOfDiffs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, fewBase, few := randomComparison(t, baselineKinds...)
		people, base := many(t, &in, few, fewBase)
		whole := compare(t, in, base, people)
		split := compareIn(t, in, base, people, randomCuts(t, len(base)), randomCuts(t, len(people)), rapid.IntRange(1, 4).Draw(t, "classifiers"))
		require.Equal(t, whole.rows, split.rows)
		require.Equal(t, whole.result, split.result)
		require.Equal(t, whole.findings, split.findings)
	})
}
