package engine

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestPredictionsEqualTwin: what is predicted once per class is what the slow twin predicts for each identity.
func TestPredictionsEqualTwin(t *testing.T) {
	filters := make(slowFilters)
	rapid.Check(t, func(t *rapid.T) {
		in, people := randomInput(t)
		s := sampleOf(t, in, people, SampleOptions{})
		want := slowly(t, in, in.Rules, people, filters)
		for i, who := range people {
			require.Equal(t, want.runs[i].prediction(want.outcomes[i]), s.sim.Prediction(s.classes[who.id]))
		}
	})
}

// randomPrediction is that of a random identity, and the program that makes it.
func randomPrediction(t *rapid.T) *Prediction {
	in, people := randomInput(t)
	s := sampleOf(t, in, people, SampleOptions{})
	return s.sim.Prediction(rapid.IntRange(0, len(s.sim.sizes)-1).Draw(t, "class"))
}

// someOf draws a part of a list.
func someOf[T any](t *rapid.T, list []T) []T {
	var part []T
	for _, one := range list {
		if rapid.Bool().Draw(t, "one of them") {
			part = append(part, one)
		}
	}
	return part
}

// answerTo makes an answer that a prediction allows, in any order, with repetitions where they mean nothing.
func answerTo(t *rapid.T, p *Prediction, inherited bool) *DryRun {
	profiles := slices.Concat(p.Profiles, someOf(t, p.PossibleProfiles))
	if inherited {
		profiles = slices.Concat(profiles, p.Inherited, someOf(t, p.PossibleInherited))
	}
	workflows := slices.Concat(p.Workflows, someOf(t, p.PossibleWorkflows))
	return &DryRun{
		WorkflowsMatched: rapid.Permutation(slices.Concat(workflows, someOf(t, workflows))).Draw(t, "workflows"),
		Actions:          rapid.Permutation(slices.Concat(p.Actions, someOf(t, p.PossibleActions))).Draw(t, "actions"),
		AccessProfileIDs: rapid.Permutation(slices.Concat(profiles, someOf(t, profiles))).Draw(t, "profiles"),
	}
}

// TestCompareAllowsWhatIsPredicted: every answer between what is certain and what is possible agrees, and any single change of it
// differs by exactly that.
func TestCompareAllowsWhatIsPredicted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := randomPrediction(t)
		inherited := rapid.Bool().Draw(t, "inherited ones are listed")
		answer := answerTo(t, p, inherited)
		c := Compare(p, answer)
		require.True(t, c.Agrees)
		require.Empty(t, c.Differences)
		require.Equal(t, len(p.PossibleWorkflows)+len(p.PossibleActions)+len(p.PossibleProfiles)+len(p.PossibleInherited) > 0, c.Undetermined)
		if inherited {
			require.Contains(t, []string{ProfilesInherited, ProfilesEither}, c.Profiles)
		} else {
			require.Contains(t, []string{ProfilesDirect, ProfilesEither}, c.Profiles)
		}

		want := mutate(t, p, answer)
		c = Compare(p, answer)
		require.False(t, c.Agrees)
		require.False(t, c.Undetermined)
		require.Equal(t, []AnswerDifference{want}, c.Differences)
		require.Equal(t, want.Kind == kindAccessProfile, c.Profiles == ProfilesNeither)
	})
}

// mutate adds something to an answer that is not possible, or takes something away that is certain.
func mutate(t *rapid.T, p *Prediction, answer *DryRun) AnswerDifference {
	takeAction := func() AnswerDifference {
		a := rapid.SampledFrom(p.Actions).Draw(t, "taken")
		d := AnswerDifference{Kind: KindAction, Name: a.Name, Type: a.Type}
		same := func(b DryRunAction) bool { return a == b }
		for _, list := range []struct {
			actions []DryRunAction
			n       *int
		}{{p.Actions, &d.Low}, {p.PossibleActions, &d.High}} {
			for _, b := range list.actions {
				if same(b) {
					*list.n++
				}
			}
		}
		d.High += d.Low
		d.Answered = rapid.IntRange(0, d.Low-1).Draw(t, "left")
		answer.Actions = slices.DeleteFunc(answer.Actions, same)
		for range d.Answered {
			answer.Actions = append(answer.Actions, a)
		}
		return d
	}
	take := func(kind string, certain []string, from *[]string) AnswerDifference {
		name := rapid.SampledFrom(certain).Draw(t, "taken")
		*from = slices.DeleteFunc(*from, func(s string) bool { return s == name })
		return AnswerDifference{Kind: kind, Name: name, Low: 1, High: 1}
	}
	const other = "another one"
	var ways []func() AnswerDifference
	ways = append(ways, func() AnswerDifference {
		answer.WorkflowsMatched = append(answer.WorkflowsMatched, other)
		return AnswerDifference{Kind: kindWorkflow, Name: other, Answered: 1}
	}, func() AnswerDifference {
		answer.Actions = append(answer.Actions, DryRunAction{other, "PAUSE"}, DryRunAction{other, "PAUSE"})
		return AnswerDifference{Kind: KindAction, Name: other, Type: "PAUSE", Answered: 2}
	}, func() AnswerDifference {
		answer.AccessProfileIDs = append(answer.AccessProfileIDs, other, other)
		return AnswerDifference{Kind: kindAccessProfile, Name: other, Answered: 1}
	})
	if len(p.Workflows) > 0 {
		ways = append(ways, func() AnswerDifference { return take(kindWorkflow, p.Workflows, &answer.WorkflowsMatched) })
	}
	if len(p.Actions) > 0 {
		ways = append(ways, takeAction)
	}
	if len(p.Profiles) > 0 {
		ways = append(ways, func() AnswerDifference { return take(kindAccessProfile, p.Profiles, &answer.AccessProfileIDs) })
	}
	return rapid.SampledFrom(ways).Draw(t, "mutation")()
}

func TestCompare(t *testing.T) {
	grant, sync := DryRunAction{"Grant", "MANAGE_RELATIONSHIPS"}, DryRunAction{"Sync", "SYNC_IDENTITIES"}
	p := &Prediction{
		Workflows: []string{"W1"}, PossibleWorkflows: []string{"W2"},
		Actions: []DryRunAction{grant, grant}, PossibleActions: []DryRunAction{grant, sync},
		Profiles: []string{"B"}, Inherited: []string{"A", "C"},
	}
	for _, tc := range []struct {
		name     string
		answer   DryRun
		profiles string
		want     []AnswerDifference
	}{
		{"direct", DryRun{WorkflowsMatched: []string{"W1"}, Actions: []DryRunAction{grant, grant}, AccessProfileIDs: []string{"B"}}, ProfilesDirect, nil},
		{"inherited", DryRun{WorkflowsMatched: []string{"W2", "W1"}, Actions: []DryRunAction{grant, sync, grant, grant}, AccessProfileIDs: []string{"A", "B", "C"}}, ProfilesInherited, nil},
		{"nothing", DryRun{}, ProfilesNeither, []AnswerDifference{
			{"workflow", "W1", "", 1, 1, 0}, {"action", "Grant", "MANAGE_RELATIONSHIPS", 2, 3, 0}, {"access_profile", "B", "", 1, 1, 0},
		}},
		{"too much", DryRun{WorkflowsMatched: []string{"W3", "W1"}, Actions: []DryRunAction{sync, sync, grant, grant, grant, grant, {"Grant", "PAUSE"}}, AccessProfileIDs: []string{"B"}}, ProfilesDirect, []AnswerDifference{
			{"workflow", "W3", "", 0, 0, 1}, {"action", "Grant", "MANAGE_RELATIONSHIPS", 2, 3, 4}, {"action", "Grant", "PAUSE", 0, 0, 1}, {"action", "Sync", "SYNC_IDENTITIES", 0, 1, 2},
		}},
		{"nearer the direct ones between equals", DryRun{WorkflowsMatched: []string{"W1"}, Actions: []DryRunAction{grant, grant}, AccessProfileIDs: []string{"B", "C"}}, ProfilesNeither,
			[]AnswerDifference{{"access_profile", "C", "", 0, 0, 1}}},
		{"nearer the inherited ones", DryRun{WorkflowsMatched: []string{"W1"}, Actions: []DryRunAction{grant, grant}, AccessProfileIDs: []string{"A", "C", "B", "D"}}, ProfilesNeither,
			[]AnswerDifference{{"access_profile", "D", "", 0, 0, 1}}},
	} {
		c := Compare(p, &tc.answer)
		require.Equal(t, tc.profiles, c.Profiles, tc.name)
		require.Equal(t, append([]AnswerDifference{}, tc.want...), c.Differences, tc.name)
		require.Equal(t, tc.want == nil, c.Agrees, tc.name)
		require.Equal(t, c.Agrees, c.Undetermined, tc.name)
	}
	empty := Compare(&Prediction{}, &DryRun{Messages: []string{"for people"}})
	require.Equal(t, &Comparison{Agrees: true, Profiles: ProfilesEither, Differences: []AnswerDifference{}}, empty)
}

// TestPredictionKey: what two predictions are called together does not matter, only what they are.
func TestPredictionKey(t *testing.T) {
	a := &Prediction{Workflows: []string{"A", "B"}, Actions: []DryRunAction{{"x", "y"}, {"x", "y"}}}
	b := &Prediction{Workflows: []string{"B", "A"}, Actions: []DryRunAction{{"x", "y"}, {"x", "y"}}}
	require.Equal(t, a.key(), b.key())
	for _, other := range []*Prediction{
		{Workflows: []string{"AB"}, Actions: a.Actions},
		{Workflows: []string{"A", "B"}, Actions: a.Actions[:1]},
		{Workflows: []string{"A", "B"}, PossibleActions: a.Actions},
		{Workflows: []string{"A"}, PossibleWorkflows: []string{"B"}, Actions: a.Actions},
		{Workflows: []string{"A", "B"}, Actions: []DryRunAction{{"xy", ""}, {"xy", ""}}},
		{Workflows: []string{"A", "B"}, Actions: a.Actions, Inherited: []string{""}},
	} {
		require.NotEqual(t, a.key(), other.key())
	}
}

// A type that is not told, or not documented, is no difference; that it was not compared is seen.
func TestCompareWithoutTypes(t *testing.T) {
	p := &Prediction{Workflows: []string{"W"}, Actions: []DryRunAction{{"Grant", "MANAGE_RELATIONSHIPS"}, {"Odd", "UNKNOWN(77)"}}}
	answer := func(types ...string) *DryRun {
		return &DryRun{WorkflowsMatched: []string{"W"}, Actions: []DryRunAction{{"Grant", types[0]}, {"Odd", types[1]}}}
	}
	require.Equal(t, &Comparison{Agrees: true, Profiles: ProfilesEither, Differences: []AnswerDifference{}}, Compare(p, answer("MANAGE_RELATIONSHIPS", "UNKNOWN(77)")))
	for _, untold := range []string{"NONE", "UNKNOWN(3)"} {
		c := Compare(p, answer(untold, "UNKNOWN(77)"))
		require.True(t, c.Agrees)
		require.True(t, c.Undetermined)
	}
	require.False(t, Compare(p, answer("PAUSE", "UNKNOWN(77)")).Agrees)
	require.False(t, Compare(p, &DryRun{WorkflowsMatched: []string{"W"}, Actions: []DryRunAction{{"Grant", "NONE"}, {"Grant", "NONE"}, {"Odd", "UNKNOWN(77)"}}}).Agrees)
}
