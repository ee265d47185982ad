package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCrosscheckResult(t *testing.T) {
	sample := &Sample{
		Strata: []Stratum{{Kind: StratumRandom}, {Kind: StratumRule}, {Kind: StratumCell}},
		Draws:  []Draw{{EntityID: "a"}, {EntityID: "b"}, {EntityID: "c"}, {EntityID: "d"}, {EntityID: "e", Stratum: 1}, {EntityID: "f", Stratum: 1}},
	}
	comparison := func(profiles string, undetermined bool) *Comparison {
		return &Comparison{Profiles: profiles, Undetermined: undetermined}
	}
	checked := []CheckedDraw{
		{Draw: Draw{EntityID: "e"}, Verdict: VerdictDisagree, Comparison: comparison(ProfilesNeither, false)},
		{Draw: Draw{EntityID: "a"}, Verdict: VerdictAgree, Comparison: comparison(ProfilesEither, true)},
		{Draw: Draw{EntityID: "b"}, Verdict: VerdictDisagree, Comparison: comparison(ProfilesInherited, false)},
		{Draw: Draw{EntityID: "c"}, Verdict: VerdictDrifted},
		{Draw: Draw{EntityID: "stranger"}, Verdict: VerdictDisagree},
	}
	r := NewCrosscheckResult(sample, checked, 0.95)
	require.Equal(t, Tally{Sampled: 6, Agree: 1, Disagree: 2, Drifted: 1, NotChecked: 2}, r.Total)
	require.Equal(t, []Tally{{Sampled: 4, Agree: 1, Disagree: 1, Drifted: 1, NotChecked: 1}, {Sampled: 2, Disagree: 1, NotChecked: 1}, {}}, r.Strata)
	require.Equal(t, 1, r.Undetermined)
	require.Equal(t, ProfilesInherited, r.Profiles)
	require.InDelta(t, UpperBound(1, 2, 0.95), r.UpperBound, 0)
	require.InDelta(t, UpperBound(3, 4, 0.95), r.WorstBound, 0)
	var order []string
	for i, c := range r.Checked {
		require.Equal(t, sample.Draws[i], c.Draw)
		order = append(order, c.EntityID+" "+c.Verdict)
	}
	require.Equal(t, []string{"a agree", "b disagree", "c drifted", "d not_checked", "e disagree", "f not_checked"}, order)
	require.Equal(t, []string{"it was not asked about"}, r.Checked[3].Reasons)

	none := NewCrosscheckResult(sample, nil, 0.95)
	require.Equal(t, []float64{1, 1}, []float64{none.UpperBound, none.WorstBound})
	require.Equal(t, Tally{Sampled: 6, NotChecked: 6}, none.Total)
	require.Equal(t, ProfilesEither, none.Profiles)
	none = NewCrosscheckResult(&Sample{}, nil, 0.95)
	require.Equal(t, []float64{1, 1}, []float64{none.UpperBound, none.WorstBound})
}

func TestProfilesOverAllAnswers(t *testing.T) {
	for _, tc := range []struct {
		answers []string
		want    string
	}{
		{nil, ProfilesEither},
		{[]string{""}, ProfilesEither},
		{[]string{ProfilesEither, ProfilesEither}, ProfilesEither},
		{[]string{ProfilesEither, ProfilesDirect}, ProfilesDirect},
		{[]string{ProfilesInherited, ProfilesEither, ProfilesNeither}, ProfilesInherited},
		{[]string{ProfilesInherited, ProfilesDirect}, ProfilesNeither},
		{[]string{ProfilesNeither, ProfilesNeither}, ProfilesNeither},
		{[]string{ProfilesNeither, ProfilesEither}, ProfilesEither},
	} {
		checked := make([]CheckedDraw, len(tc.answers))
		for i, profiles := range tc.answers {
			if profiles != "" {
				checked[i].Comparison = &Comparison{Profiles: profiles}
			}
		}
		require.Equal(t, tc.want, listing(checked), tc.answers)
	}
}
