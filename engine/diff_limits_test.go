package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOneTimeLimits: the smallest maximum that lets exactly this run pass, for a count and for a percentage with two decimals.
func TestOneTimeLimits(t *testing.T) {
	for name, tc := range map[string]struct {
		hit, others, possible int
		count                 int64
		percent               string
		reach                 bool
		wantMax               float64  // 0 = none
		want                  []string // parts of the sentence
	}{
		"count passes":                {hit: 3, others: 7, count: 3},
		"count":                       {hit: 3, others: 7, count: 2, wantMax: 3, want: []string{" 3 "}},
		"count, at most":              {hit: 3, possible: 2, others: 5, count: 4, wantMax: 5, want: []string{" 5 "}},
		"count, reached is violated":  {hit: 3, others: 7, count: 3, reach: true, wantMax: 4, want: []string{" 4 "}},
		"count, thousands":            {hit: 1200, count: 1, wantMax: 1200, want: []string{" 1,200 "}},
		"percent passes":              {hit: 3, others: 7, percent: "30"},
		"percent":                     {hit: 3, others: 7, percent: "29.99", wantMax: 30, want: []string{" 30% "}},
		"percent, two decimals up":    {hit: 1, others: 2, percent: "10", wantMax: 33.34, want: []string{" 33.34%", "(34%"}},
		"percent, small":              {hit: 1, others: 2999, percent: "0.03", wantMax: 0.04, want: []string{" 0.04%", "(1%"}},
		"percent, everybody":          {hit: 5, percent: "99.999", wantMax: 100, want: []string{" 100% "}},
		"percent, reached":            {hit: 3, others: 7, percent: "30", reach: true, wantMax: 30.01, want: []string{" 30.01%", "(31%"}},
		"percent, reached, everybody": {hit: 5, percent: "100", reach: true, want: []string{"no percentage lets this run pass"}},
	} {
		t.Run(name, func(t *testing.T) {
			limits := func(count int64, percent *Percent) SafetyLimits {
				l := SafetyLimits{EnablePredictive: true, MaxPercent: percent}
				if count > 0 {
					l.MaxCount = &count
				}
				return l
			}
			var percent *Percent
			if tc.percent != "" {
				percent = percentage(t, tc.percent)
			}
			people := affected(t, tc.hit, tc.possible, tc.others, 0)
			run := func(l SafetyLimits) LimitResult {
				in := against(affecting(l), BaselinePolicy, Side{Version: &Version{}, Catalog: &Catalog{}})
				in.Version.Workflows[0].ContinuousSync = true
				in.Rules.LimitReach = tc.reach
				return compare(t, in, nil, people).result.Limits[0]
			}
			got := run(limits(tc.count, percent))
			require.Equal(t, tc.want == nil, got.OneTime == "")
			for _, part := range tc.want {
				require.Contains(t, got.OneTime, part)
			}
			if tc.wantMax == 0 {
				require.Nil(t, got.OneTimeMax)
				return
			}
			require.InDelta(t, tc.wantMax, *got.OneTimeMax, 0)
			passes := func(maximum float64) bool {
				count, percent := int64(maximum), (*Percent)(nil)
				if tc.percent != "" {
					count, percent = 0, percentage(t, fmt.Sprintf("%.2f", maximum))
				}
				v := run(limits(count, percent)).Verdict
				return v == VerdictOK || v == VerdictAtLimit
			}
			require.True(t, passes(tc.wantMax))
			step := 1.0
			if tc.percent != "" {
				step = 0.01
			}
			require.False(t, passes(tc.wantMax-step), "a smaller one does not")
		})
	}
}

// TestCohortLift: values that are over-represented among those who lose something, by at least one and a half.
func TestCohortLift(t *testing.T) {
	crowdOf := func(spec string) []person { // dept:losers/size ...
		var records []string
		for _, part := range strings.Fields(spec) {
			var dept string
			var lost, size int
			_, err := fmt.Sscanf(strings.NewReplacer(":", " ", "/", " ").Replace(part), "%s %d %d", &dept, &lost, &size)
			require.NoError(t, err)
			for i := range size {
				value := fmt.Sprintf("%q", dept)
				if dept[0] == '[' || dept[0] >= '0' && dept[0] <= '9' || dept == "null" {
					value = dept
				}
				records = append(records, fmt.Sprintf(`{"dept":%s,"lose":%t}`, value, i < lost))
			}
		}
		return crowd(t, records...)
	}
	v := func(actions ...string) *Version {
		return &Version{Workflows: []Workflow{workflow("w", text(`lose eq true`), when(always, actions...))}, Actions: []Action{granting("act", "P")}}
	}
	for name, tc := range map[string]struct{ spec, want string }{
		"nobody loses":              {"a:0/5", "[]"},
		"all of one department":     {"legal:4/4 it:0/36", "[dept=legal 4/4 x10.00]"},
		"one identity is no cohort": {"legal:1/1 it:0/9", "[]"},
		"two are":                   {"legal:2/2 it:0/8", "[dept=legal 2/2 x5.00]"},
		"exactly one and a half":    {"legal:3/4 it:3/8", "[dept=legal 3/4 x1.50]"},
		"below one and a half":      {"legal:3/4 it:4/9", "[]"},
		"exactly, in thirds":        {"legal:2/4 it:2/8", "[dept=legal 2/4 x1.50]"},
		"most beyond the share":     {"a:3/3 b:10/20 it:0/77", "[dept=b 10/20 x3.85 dept=a 3/3 x7.69]"},
		"elements of lists":         {`["a","b","a"]:2/2 ["b"]:0/2 it:0/16`, "[dept=a 2/2 x10.00 dept=b 2/4 x5.00]"},
		"numbers by value":          {`1:1/1 1.0:1/1 it:0/18`, "[dept=1 2/2 x10.00]"},
		"null is no cohort":         {"null:4/4 it:0/36", "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			in := against(inputOf(v(), profile("P")), BaselinePolicy, Side{Version: v("act"), Catalog: &Catalog{Profiles: []Profile{profile("P")}}})
			in.Against.Cohorts = []string{"dept"}
			got := compare(t, in, nil, crowdOf(tc.spec))
			lines := []string{}
			for _, c := range got.result.Cohorts {
				if c.Attribute == "lose" {
					continue // the trigger names it
				}
				lines = append(lines, fmt.Sprintf("%s=%s %d/%d x%.2f", c.Attribute, c.Value, c.Lost, c.Size, c.Lift))
				require.InDelta(t, float64(c.Lost)/float64(c.Size), c.Share, 0)
				require.InDelta(t, c.Lift, c.Share/c.OverallShare, 1e-12)
			}
			require.Equal(t, tc.want, fmt.Sprint(lines))
		})
	}
}

// TestCohortsAreCapped: at most 20, and no attribute whose values are names.
func TestCohortsAreCapped(t *testing.T) {
	v := func(actions ...string) *Version {
		return &Version{Workflows: []Workflow{workflow("w", text(`lose eq true`), when(always, actions...))}, Actions: []Action{granting("act", "P")}}
	}
	in := against(inputOf(v(), profile("P")), BaselinePolicy, Side{Version: v("act"), Catalog: &Catalog{Profiles: []Profile{profile("P")}}})
	in.Against.Cohorts = []string{"team", "name"}
	var people []person
	for i := range 6000 {
		name := i
		if i < 100 {
			name = i / 2
		}
		people = append(people, personOf(t, fmt.Sprint("p", i), fmt.Sprintf(`{"lose":%t,"team":%d,"name":"n%d"}`, i < 100, i/2, name)))
	}
	got := compare(t, in, nil, people).result.Cohorts
	require.Len(t, got, 20)
	for _, c := range got[1:] {
		require.Equal(t, "team", c.Attribute)
		require.Equal(t, 2, c.Lost)
	}
	require.Equal(t, []any{"lose", "true", 100}, []any{got[0].Attribute, got[0].Value, got[0].Lost})
}

// TestDiffFindings: what cannot be compared is said, and never looks like no change.
func TestDiffFindings(t *testing.T) {
	plain := &Version{Workflows: []Workflow{workflow("w", always, when(always, "act"))}, Actions: []Action{granting("act", "P")}}
	strip := &Version{Workflows: plain.Workflows, Actions: []Action{removing("act", "P")}}
	for name, tc := range map[string]struct {
		kind      BaselineKind
		from, to  *Version
		base      string // ids
		people    string
		members   []string
		want      []string
		wantCount int
	}{
		"all in common":              {kind: BaselinePopulation, to: plain, base: "a b c", people: "a b c", want: []string{}},
		"none in common":             {kind: BaselinePopulation, to: plain, base: "a b c", people: "A B", want: []string{"error no-common-identities "}, wantCount: 2},
		"half in common":             {kind: BaselinePopulation, to: plain, base: "a b c d", people: "a b x y z", want: []string{}},
		"fewer than half in common":  {kind: BaselinePopulation, to: plain, base: "a b c d e", people: "a b v w x y z", want: []string{"warning few-common-identities "}, wantCount: 3},
		"a small earlier population": {kind: BaselinePopulation, to: plain, base: "a b", people: "a b c d e f g", want: []string{}},
		"members":                    {kind: BaselineMembers, to: plain, people: "a b", members: []string{"b"}, want: []string{}},
		"no member among them":       {kind: BaselineMembers, to: plain, people: "a b", members: []string{"t-1"}, want: []string{"error members-unmatched "}, wantCount: 2},
		"removes now":                {kind: BaselinePolicy, from: plain, to: strip, people: "a b c", want: []string{"warning may-remove-others "}, wantCount: 3},
		"removed before too":         {kind: BaselinePolicy, from: strip, to: strip, people: "a b c", want: []string{}},
		"removed before":             {kind: BaselinePolicy, from: strip, to: plain, people: "a b c", want: []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			population := func(ids string) []person {
				var people []person
				for _, id := range strings.Fields(ids) {
					people = append(people, personOf(t, id, `{}`))
				}
				return people
			}
			p := profile("P")
			p.Members = tc.members
			in := against(inputOf(tc.to, p), tc.kind, Side{Version: tc.from, Catalog: &Catalog{Profiles: []Profile{p}}})
			got := compare(t, in, population(tc.base), population(tc.people))
			require.Equal(t, tc.want, findingLines(got.findings))
			if tc.wantCount > 0 {
				require.Equal(t, tc.wantCount, got.findings[0].Count)
				require.NotEmpty(t, got.findings[0].Hint)
			}
		})
	}
}

// TestFindingsOfBothVersions: a finding of the earlier version is given if the later one does not give it too.
func TestFindingsOfBothVersions(t *testing.T) {
	version := func(triggers ...string) *Version {
		v := &Version{State: StatePublished}
		for i, trigger := range triggers {
			v.Workflows = append(v.Workflows, workflow(fmt.Sprint("w", i), text(trigger)))
		}
		return v
	}
	got := compare(t, against(inputOf(version(`x eq`)), BaselinePolicy, Side{Version: version(`x eq`, `y ==`), Catalog: &Catalog{}}), nil, crowd(t, `{"x":1,"y":1}`))
	require.Equal(t, []string{"error syntax test.string @2", "error syntax test.string @4"}, findingLines(got.findings))
	require.Contains(t, got.findings[0].Message, "earlier version")
	require.NotContains(t, got.findings[1].Message, "earlier version")
}

// TestAttributionStops: edits that were not all attributed say nothing.
func TestAttributionStops(t *testing.T) {
	version := func(actions ...string) *Version {
		v := &Version{Workflows: []Workflow{workflow("w", always)}, Actions: []Action{action("a"), action("b")}}
		for _, name := range actions {
			v.Workflows[0].Conditions = append(v.Workflows[0].Conditions, when(always, name))
			v.Workflows[0].Conditions[len(v.Workflows[0].Conditions)-1].Name = name
		}
		return v
	}
	in := against(inputOf(version("a", "b")), BaselinePolicy, Side{Version: version(), Catalog: &Catalog{}})
	in.Against.Edits = NewEdits(in.Against.Side, Side{Version: in.Version, Catalog: in.Catalog})
	got := compare(t, in, nil, crowd(t, `{}`))
	a := got.result.Attribution
	require.Equal(t, []int{1, 1, 0, 2}, []int{a.Edits[0].Alone, a.Edits[0].Without, a.Remainder, a.EditsTotal})
	require.Equal(t, []int{0, 1}, got.result.Classes[0].Edits)

	var calls [][2]int
	stopped, _ := got.diff.Result(Seen{Observations: got.program.NewClassifier().Observations()}, func(done, total int) bool {
		calls = append(calls, [2]int{done, total})
		return done < 1
	})
	require.Equal(t, [][2]int{{0, 2}, {1, 2}}, calls)
	a = stopped.Attribution
	require.False(t, a.Attributed)
	require.Equal(t, []int{1, 0, 0, 0}, []int{a.Policy, a.Edits[0].Alone, a.Edits[0].Without, a.Remainder})
}
