package engine

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/scimeval"
)

// TestClassesEqualIdentities is SPEC section 5: what is worked out once per behaviour class equals what the slow twin
// works out for each identity, and every count equals the one over the twin's identities.
func TestClassesEqualIdentities(t *testing.T) {
	filters := make(slowFilters)
	rapid.Check(t, func(t *rapid.T) {
		in, people := randomInput(t)
		got := simulate(t, in, people)
		want := slowly(t, in, in.Rules, people, filters)

		for i, row := range got.rows {
			expected := want.runs[i].row(want.outcomes[i])
			expected.Class = row.Class
			require.Equal(t, expected, row)
		}
		requireClasses(t, in, people, got, want)
		require.Equal(t, want.summary(in, got.result.Summary), got.result.Summary)
		require.Equal(t, want.workflowResults(in), got.result.Workflows)
		require.Equal(t, want.actionResults(in), got.result.Actions)
		require.Equal(t, want.profileResults(in), got.result.AccessProfiles)
		require.Equal(t, want.entitlementResults(in), got.result.Entitlements)
		requireLimits(t, want.limits(in, in.Rules), got.result.Limits)
		require.Equal(t, want.sensitivity(t, in, people, filters), got.result.Sensitivity)
		require.Equal(t, want.flows(), got.result.Flows)
		require.Len(t, got.result.Flows, got.result.FlowsTotal)
	})
}

// requireClasses checks that identities with equal truths share a class, that classes are numbered by first appearance,
// and what the result says of each.
func requireClasses(t require.TestingT, in Input, people []person, got run, want *slowPopulation) {
	next := 0
	sizes := make(map[int]int)
	exemplar := make(map[int]Row)
	classOf := make(map[string]int)
	for i, row := range got.rows {
		if _, known := sizes[row.Class]; !known {
			require.Equal(t, next, row.Class, "classes count from 0 by first appearance")
			next++
			exemplar[row.Class] = row
		}
		sizes[row.Class]++
		vector := want.runs[i].vector()
		class, known := classOf[vector]
		require.True(t, !known || class == row.Class, "identities with equal truths have one class")
		classOf[vector] = row.Class
	}
	require.Equal(t, next, got.result.Summary.Classes)
	require.Equal(t, next, got.result.ClassesTotal)
	require.Len(t, got.result.Classes, next)
	for i, c := range got.result.Classes {
		row := exemplar[c.ID]
		require.Equal(t, ClassResult{
			ID: row.Class, Size: sizes[c.ID], Exemplar: row.EntityID, Members: firstOf(got.rows, c.ID), Workflows: row.WorkflowsMatched, Actions: row.Actions,
			AccessProfileIDs: row.AccessProfileIDs, Entitlements: row.Entitlements,
		}, c)
		if i > 0 {
			before := got.result.Classes[i-1]
			require.True(t, before.Size > c.Size || before.Size == c.Size && before.ID < c.ID, "largest first, ties by id")
		}
	}
	require.Equal(t, len(people), got.result.Summary.Identities)
}

// firstOf are the first members of a class.
func firstOf(rows []Row, class int) []string {
	var ids []string
	for _, row := range rows {
		if row.Class == class && len(ids) < maxMembers {
			ids = append(ids, row.EntityID)
		}
	}
	return ids
}

// vector is the truth of every expression of the policy, the catalog and the limits, and the actions done.
func (s *slowRun) vector() string {
	var b []any
	add := func(t Test, ofEntity bool) { b = append(b, s.test(t, ofEntity)) }
	conditions := func(list []Condition) {
		for _, c := range list {
			add(c.Test, false)
		}
	}
	for i := range s.in.Version.Workflows {
		w := &s.in.Version.Workflows[i]
		add(w.Trigger, false)
		conditions(w.Conditions)
		for j := range s.in.Version.Actions {
			a := &s.in.Version.Actions[j]
			b = append(b, a.RunOnce && s.done(a, w))
		}
	}
	for _, a := range s.in.Version.Actions {
		conditions(a.Conditions)
	}
	for _, p := range s.in.Catalog.Profiles {
		for _, e := range p.Entities {
			b = append(b, s.entity(&e))
		}
	}
	for _, l := range s.in.OwnLimits {
		b = append(b, s.expression(l.Cohort))
	}
	for _, g := range s.in.Guards {
		b = append(b, s.expression(g.Filter))
	}
	return fmt.Sprint(b...)
}

func requireLimits(t require.TestingT, want []slowLimit, got []LimitResult) {
	list := []slowLimit{}
	for _, l := range got {
		list = append(list, slowLimit{l.Scope, l.Kind, l.Name, l.AffectedLow, l.AffectedHigh, l.Population, string(l.Verdict), l.Headroom})
		require.Equal(t, BasisFirstRun, l.Basis)
		require.NotEmpty(t, l.Meaning)
		require.NotEmpty(t, l.NotSeen)
	}
	require.Equal(t, append([]slowLimit{}, want...), list)
	stricter := 0
	for _, l := range got {
		if l.Stricter {
			stricter++
			require.Equal(t, "policy", l.Scope)
			require.LessOrEqual(t, l.Headroom, min(got[0].Headroom, got[1].Headroom))
		}
	}
	both := len(got) > 1 && got[0].Scope == "policy" && got[1].Scope == "policy"
	require.Equal(t, both, stricter == 1)
}

// TestBatchesAndClassifiers: neither the cuts between batches nor the number of classifiers show in anything.
func TestBatchesAndClassifiers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, few := randomInput(t)
		var people []person
		for i := range rapid.IntRange(1, 200).Draw(t, "people") {
			p := few[rapid.IntRange(0, len(few)-1).Draw(t, "like")]
			id := fmt.Sprint(p.id, "-", i)
			if in.Grants != nil {
				in.Grants[id] = in.Grants[p.id]
			}
			if in.History != nil {
				in.History[id] = in.History[p.id]
			}
			people = append(people, person{id, p.record})
		}
		var sizes []int
		for left := len(people); left > 0; {
			n := rapid.IntRange(0, min(left, 70)).Draw(t, "batch")
			sizes = append(sizes, n)
			left -= n
			if len(sizes) > 20 {
				sizes = append(sizes, left)
				break
			}
		}
		whole := simulate(t, in, people)
		split := simulateIn(t, in, people, sizes, rapid.IntRange(1, 4).Draw(t, "classifiers"))
		require.Equal(t, whole.rows, split.rows)
		require.Equal(t, whole.result, split.result)
		require.Equal(t, whole.findings, split.findings)
	})
}

// TestSlowTwinKnowsUnknown guards the twin: the random policies reach what the contract is about.
func TestSlowTwinKnowsUnknown(t *testing.T) {
	for _, tc := range []struct {
		filter string
		want   slowTruth
	}{
		{`dept eq "Sales"`, slowYes},
		{`dept eq "IT"`, slowNo},
		{`flag gt true`, slowMaybe},
		{`dept eq "Sales" or flag gt true`, slowYes},
		{`dept eq "IT" and flag gt true`, slowNo},
		{`not (flag gt true)`, slowMaybe},
		{`dept eq`, slowMaybe},
		{` `, slowMaybe},
	} {
		who := personOf(t, "p", `{"dept":"Sales"}`)
		require.Equal(t, tc.want, make(slowFilters).truth(t, tc.filter, DefaultRules(scimeval.Vendor), nil, who), tc.filter)
	}
}
