package engine

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/scimeval"
)

// sampled is a sample, the simulation that it is of, and the class of everybody by entity_id.
type sampled struct {
	*Sample
	program *Program
	sim     *Simulation
	classes map[string]int
}

// sampleIn draws from a population in batches of the given sizes, dealt to several classifiers. tenants are by entity_id.
func sampleIn(t require.TestingT, in Input, people []person, tenants map[string]string, sizes []int, classifiers int, opt SampleOptions) sampled {
	in.Sampling = true
	p := Compile(in)
	workers := make([]*Classifier, classifiers)
	for i := range workers {
		workers[i] = p.NewClassifier()
	}
	out := sampled{program: p, sim: p.NewSimulation(), classes: make(map[string]int)}
	sampler := p.NewSampler(opt)
	for i, size := range sizes {
		rec, ids := batchOf(p.Attributes(), people[:size])
		people = people[size:]
		batch, err := workers[i%classifiers].Classify(rec, ids)
		require.NoError(t, err)
		rec.Release()
		classes := out.sim.Add(batch, ids)
		tenantIDs := make([]string, len(ids))
		for r, id := range ids {
			tenantIDs[r] = tenants[id]
			out.classes[id] = int(classes[r])
		}
		require.NoError(t, sampler.Add(batch, classes, ids, tenantIDs))
	}
	require.Empty(t, people)
	out.Sample = sampler.Sample(out.sim)
	return out
}

// sampleOf draws from a population in one batch. Everybody is known to the tenant.
func sampleOf(t require.TestingT, in Input, people []person, opt SampleOptions) sampled {
	tenants := make(map[string]string)
	for _, p := range people {
		tenants[p.id] = "T" + p.id
	}
	return sampleIn(t, in, people, tenants, []int{len(people)}, 1, opt)
}

// manyLike are people like the few, with what these hold and have done.
func manyLike(t *rapid.T, in Input, few []person, most int) []person {
	var people []person
	for i := range rapid.IntRange(1, most).Draw(t, "people") {
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
	return people
}

func drawnIDs(s *Sample) []string {
	ids := []string{}
	for _, d := range s.Draws {
		ids = append(ids, d.EntityID)
	}
	return ids
}

// TestSampleEqualsTwin: the sample is the one that the slow twin draws, in whatever order and batches the identities come.
func TestSampleEqualsTwin(t *testing.T) {
	filters := make(slowFilters)
	targeted := 0
	rapid.Check(t, func(t *rapid.T) {
		in, few := randomInput(t)
		people := manyLike(t, in, few, 24)
		tenants := make(map[string]string)
		for _, p := range people {
			tenants[p.id] = rapid.SampledFrom([]string{"", "T" + p.id, "T" + p.id, "T" + p.id, "T" + p.id, "same"}).Draw(t, "tenant id")
		}
		opt := SampleOptions{
			Seed:   rapid.Uint64().Draw(t, "seed"),
			Random: rapid.IntRange(-1, 8).Draw(t, "random"),
			Budget: rapid.IntRange(-1, len(people)+1).Draw(t, "budget"),
		}
		first := sampleIn(t, in, people, tenants, randomCuts(t, len(people)), rapid.IntRange(1, 3).Draw(t, "classifiers"), opt)
		want := slowlySampled(t, in, first, people, tenants, opt, filters)
		require.Equal(t, want, first.Sample)

		shuffled := rapid.Permutation(people).Draw(t, "order")
		second := sampleIn(t, in, shuffled, tenants, randomCuts(t, len(people)), 1, opt)
		for i := range second.Draws {
			require.Equal(t, second.classes[second.Draws[i].EntityID], second.Draws[i].Class)
			second.Draws[i].Class = first.classes[second.Draws[i].EntityID]
		}
		require.Equal(t, first.Sample, second.Sample)
		for _, d := range first.Draws {
			if d.Stratum > 0 {
				targeted++
			}
		}
	})
	requireMet(t, targeted)
}

// plain is a policy without any condition: one class.
func plainPolicy() Input {
	return inputOf(&Version{
		Workflows: []Workflow{{Name: "W", State: StateEnabled, Trigger: Test{Form: FormAny}, Conditions: []Condition{{
			Name: "all", State: StateEnabled, Test: Test{Form: FormAny}, Actions: []ActionRef{{Name: "A"}},
		}}}},
		Actions: []Action{{Name: "A", Type: "SYNC_IDENTITIES", State: StateEnabled}},
	})
}

// TestRandomDrawsAreUniform: over many seeds every identity, and every pair, is drawn as often as any other. The seeds are fixed, so
// the test always has the same outcome.
func TestRandomDrawsAreUniform(t *testing.T) {
	const people, draws, seeds = 12, 4, 3000
	crowd := make([]person, people)
	at := make(map[string]int)
	for i := range crowd {
		crowd[i] = personOf(t, "E"+strconv.Itoa(i), `{}`)
		at[crowd[i].id] = i
	}
	in := plainPolicy()
	in.Sampling = true
	p := Compile(in)
	rec, ids := batchOf(p.Attributes(), crowd)
	defer rec.Release()
	batch, err := p.NewClassifier().Classify(rec, ids)
	require.NoError(t, err)
	sim := p.NewSimulation()
	classes := sim.Add(batch, ids)
	var single [people]int
	var pairs [people * people]int
	for seed := range uint64(seeds) {
		sampler := p.NewSampler(SampleOptions{Seed: seed, Random: draws, Budget: draws})
		require.NoError(t, sampler.Add(batch, classes, ids, ids))
		s := sampler.Sample(sim)
		require.Len(t, s.Draws, draws)
		for i, a := range s.Draws {
			single[at[a.EntityID]]++
			for _, b := range s.Draws[:i] {
				x, y := at[a.EntityID], at[b.EntityID]
				pairs[min(x, y)*people+max(x, y)]++
			}
		}
	}
	// Without replacement, counts vary less than independent ones would: by (people - draws) / (people - 1).
	statistic := 0.0
	for _, n := range single {
		expected := float64(seeds*draws) / people
		statistic += (float64(n) - expected) * (float64(n) - expected) / expected
	}
	statistic *= float64(people-1) / float64(people-draws)
	chi := distuv.ChiSquared{K: people - 1}
	require.Less(t, statistic, chi.Quantile(0.999))
	require.Greater(t, statistic, chi.Quantile(0.001), "too even to be random")

	statistic = 0
	for x := range people {
		for y := x + 1; y < people; y++ {
			expected := float64(seeds*draws*(draws-1)) / (people * (people - 1))
			difference := float64(pairs[x*people+y]) - expected
			statistic += difference * difference / expected
		}
	}
	require.Less(t, statistic, distuv.ChiSquared{K: people*(people-1)/2 - 1}.Quantile(0.999))
}

// leavers is a policy with a rule that flips somebody, a destructive class and cells.
func leavers() Input {
	return inputOf(&Version{
		Workflows: []Workflow{
			{Name: "Joiner", State: StateEnabled, Trigger: Test{Form: FormString, Text: `status eq "ACTIVE"`}, Conditions: []Condition{
				{Name: "US staff", State: StateEnabled, Test: Test{Form: FormString, Text: `country eq "US"`}, Actions: []ActionRef{{Name: "Grant"}}},
				{Name: "US staff", State: StateEnabled, Test: Test{Form: FormString, Text: `not (country pr)`}, Actions: []ActionRef{{Name: "Sync"}}},
			}},
			{Name: "Leaver", State: StateEnabled, Trigger: Test{Form: FormString, Text: `status ne "ACTIVE"`}, Conditions: []Condition{
				{Name: "everybody", State: StateEnabled, Test: Test{Form: FormAny}, Actions: []ActionRef{{Name: "Disable"}}},
			}},
		},
		Actions: []Action{
			{Name: "Grant", Type: "MANAGE_RELATIONSHIPS", State: StateEnabled, AccessProfiles: []ProfileRef{{ID: "P1"}}},
			{Name: "Sync", Type: "SYNC_IDENTITIES", State: StateEnabled},
			{Name: "Disable", Type: "DEPROVISION_IDENTITY", State: StateEnabled},
		},
	}, Profile{ID: "P1", Name: "Staff", State: StateRunning, VersionState: StatePublished})
}

func leaverCrowd(t require.TestingT, n int) []person {
	var people []person
	for i := range n {
		record := `{"status":"ACTIVE","country":"US"}`
		switch {
		case i == 7:
			record = `{"status":"LEFT"}`
		case i == 8:
			record = `{"status":"ACTIVE","country":""}`
		case i%4 == 3:
			record = `{"status":"ACTIVE","country":"DE"}`
		}
		people = append(people, personOf(t, fmt.Sprintf("E%03d", i), record))
	}
	return people
}

func TestSampleReachesEveryTarget(t *testing.T) {
	s := sampleOf(t, leavers(), leaverCrowd(t, 200), SampleOptions{Seed: 1, Random: 2, Budget: 2})
	require.Equal(t, []Stratum{
		{StratumRandom, "random", 200},
		{StratumRule, "filter.pr_empty=false", 1},
		{StratumDestructive, `"Leaver" / "Disable": identities like "E007"`, 1},
		{StratumCell, `"Joiner" / "US staff": true`, 149},
		{StratumCell, `"Joiner" / "US staff": false`, 50},
		{StratumCell, `"Joiner" / "US staff" #2: false`, 199},
		{StratumCell, `"Leaver" / "everybody": true`, 1},
	}, s.Strata)
	require.Len(t, s.Draws, 2)
	require.Equal(t, 3, s.Classes, "who has an empty country is like who is elsewhere")

	s = sampleOf(t, leavers(), leaverCrowd(t, 200), SampleOptions{Seed: 1, Random: 2, Budget: 5})
	require.Len(t, s.Draws, 4, "two at random meet the cells of many, and two more the rest")
	require.Equal(t, []int{0, 0, 1, 2}, []int{s.Draws[0].Stratum, s.Draws[1].Stratum, s.Draws[2].Stratum, s.Draws[3].Stratum})
	require.Equal(t, Draw{EntityID: "E008", TenantID: "TE008", Stratum: 1, Class: s.classes["E008"]}, s.Draws[2])
	require.Equal(t, Draw{EntityID: "E007", TenantID: "TE007", Stratum: 2, Class: s.classes["E007"]}, s.Draws[3])
	require.Equal(t, Cover{Classes: s.Covered.Classes, Identities: s.Covered.Identities, Strata: 6}, s.Covered)
}

// TestRandomDrawsGrowConsistently: more of them contain the fewer, and how many there are depends on the population alone.
func TestRandomDrawsGrowConsistently(t *testing.T) {
	people := leaverCrowd(t, 100)
	before := []string{}
	for _, budget := range []int{0, 1, 5, 10, 30, 99, 100, 500} {
		var random []int
		for seed := range uint64(20) {
			s := sampleOf(t, leavers(), people, SampleOptions{Seed: seed, Random: 3, Budget: budget})
			require.LessOrEqual(t, len(s.Draws), budget)
			n := 0
			for i, d := range s.Draws {
				if d.Stratum == 0 {
					require.Equal(t, i, n, "those of the random stratum come first")
					n++
				}
			}
			random = append(random, n)
			if seed == 0 {
				ids := drawnIDs(s.Sample)[:n]
				require.Equal(t, before[:min(n, len(before))], ids[:min(n, len(before))])
				before = ids
			}
			distinct := slices.Sorted(slices.Values(drawnIDs(s.Sample)))
			require.Len(t, slices.Compact(distinct), len(s.Draws), "nobody twice")
		}
		require.Len(t, slices.Compact(random), 1)
	}
	require.Len(t, before, 100, "a budget for everybody draws everybody")
}

func TestSampleOfNobody(t *testing.T) {
	people := leaverCrowd(t, 10)
	s := sampleIn(t, leavers(), people, nil, []int{10}, 1, SampleOptions{Seed: 1, Random: 299, Budget: 500})
	require.Equal(t, &Sample{Seed: 1, Identities: 10, Strata: []Stratum{{StratumRandom, "random", 0}}, Draws: []Draw{}}, s.Sample)
	s = sampleIn(t, leavers(), nil, nil, nil, 1, SampleOptions{})
	require.Empty(t, s.Draws)
}

// TestSharedTenantIDs: both of two identities with one tenant id stay in the frame.
func TestSharedTenantIDs(t *testing.T) {
	people := leaverCrowd(t, 6)
	tenants := map[string]string{"E000": "a", "E001": "a", "E002": "b", "E003": "c", "E004": "a"}
	s := sampleIn(t, leavers(), people, tenants, []int{2, 4}, 1, SampleOptions{Budget: 9})
	require.Equal(t, []int{6, 5, 3}, []int{s.Identities, s.Frame, s.Shared})
	require.Len(t, s.Draws, 5)
}

func TestSamplerRefuses(t *testing.T) {
	in := leavers()
	p := Compile(in)
	rec, ids := batchOf(p.Attributes(), leaverCrowd(t, 3))
	defer rec.Release()
	batch, err := p.NewClassifier().Classify(rec, ids)
	require.NoError(t, err)
	require.Nil(t, batch.flips[1].rows, "nothing is kept that nobody asked for")
	require.EqualError(t, p.NewSampler(SampleOptions{}).Add(batch, make([]int32, 3), ids, ids), "a sample needs a program that is compiled for sampling (Input.Sampling)")
	in.Sampling = true
	require.EqualError(t, Compile(in).NewSampler(SampleOptions{}).Add(batch, make([]int32, 3), ids, ids[:2]), "a batch of 3 identities was given 3 classes, 3 ids and 2 tenant ids")
}

// TestRulesTakeTurns: the largest group of every rule has its draw before the second of any.
func TestRulesTakeTurns(t *testing.T) {
	in := leavers()
	in.Version.Workflows[0].Trigger.Text = `status eq "ACTIVE" or manager ne "Ann"`
	var people []person
	for i := range 40 {
		people = append(people, personOf(t, fmt.Sprintf("E%03d", i), oneByOne(i,
			`{"status":"active","manager":"Ann"}`, `{"status":"active","manager":"Ann","country":"US"}`, `{"status":"active","manager":"Ann","country":"US"}`,
			`{"status":"LEFT"}`, `{"status":"LEFT","country":"US"}`)))
	}
	s := sampleOf(t, in, people, SampleOptions{Seed: 3, Budget: 4})
	var strata []string
	for _, d := range s.Draws {
		strata = append(strata, s.Strata[d.Stratum].Name)
	}
	require.Equal(t, []string{"filter.string_case=fold", "filter.missing_ne=false", "filter.string_case=fold", "filter.missing_ne=false"}, strata)
	require.Equal(t, DefaultRules(scimeval.Vendor), s.program.in.Rules)
	country := func(i int) string { return people[slices.Index(s.order(people), s.Draws[i].EntityID)].record.String() }
	require.Contains(t, country(0), "US", "the larger group of string_case")
	require.NotContains(t, country(2), "US")
}

func oneByOne(i int, list ...string) string { return list[i%len(list)] }

func (s sampled) order(people []person) []string {
	var ids []string
	for _, p := range people {
		ids = append(ids, p.id)
	}
	return ids
}
