package engine

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/scimeval"
)

// affecting is a policy whose action is planned for those with hit, and possible for those with perhaps.
func affecting(limits SafetyLimits) Input {
	in := inputOf(&Version{
		Workflows: []Workflow{workflow("w", always, when(text(`hit eq true or perhaps eq true and x gt true`), "act"))},
		Actions:   []Action{action("act")},
	})
	in.Policy.Limits = limits
	return in
}

// affected is that many identities; the first ones are active.
func affected(t testing.TB, planned, possible, others, active int) []person {
	var people []person
	for i := range planned + possible + others {
		people = append(people, personOf(t, fmt.Sprint("p", i),
			fmt.Sprintf(`{"hit":%t,"perhaps":%t,"is_active":%t}`, i < planned, i >= planned && i < planned+possible, i < active)))
	}
	return people
}

func maximum(n int64) *int64 { return &n }

func percentage(t testing.TB, text string) *Percent {
	p, err := ParsePercent(text)
	require.NoError(t, err)
	return &p
}

func limitLines(list []LimitResult) []string {
	lines := []string{}
	for _, l := range list {
		line := fmt.Sprintf("%s %s %v: %d..%d of %d %s %d", l.Scope, l.Kind, l.Max, l.AffectedLow, l.AffectedHigh, l.Population, l.Verdict, l.Headroom)
		if l.Stricter {
			line += " stricter"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestPolicyLimits(t *testing.T) {
	count := func(n int64) SafetyLimits { return SafetyLimits{EnableChange: true, MaxCount: maximum(n)} }
	percent := func(text string) SafetyLimits {
		return SafetyLimits{EnableChange: true, MaxPercent: percentage(t, text)}
	}
	both := func(n int64, text string) SafetyLimits {
		return SafetyLimits{EnableChange: true, MaxCount: maximum(n), MaxPercent: percentage(t, text)}
	}
	reach := map[string]string{"limits.comparison": "reach"}
	zero := map[string]string{"limits.zero": "zero"}
	for name, tc := range map[string]struct {
		limits                            SafetyLimits
		planned, possible, others, active int
		rules                             map[string]string
		want                              []string
	}{
		"none": {planned: 3},

		"count: room":                       {limits: count(5), planned: 3, others: 7, want: []string{"policy count 5: 3..3 of 10 ok 2"}},
		"count: exactly the maximum passes": {limits: count(3), planned: 3, others: 7, want: []string{"policy count 3: 3..3 of 10 at_limit 0"}},
		"count: one more":                   {limits: count(2), planned: 3, others: 7, want: []string{"policy count 2: 3..3 of 10 exceeded -1"}},
		"count: straddled":                  {limits: count(4), planned: 3, possible: 4, others: 3, want: []string{"policy count 4: 3..7 of 10 maybe -3"}},
		"count: possible ones fit":          {limits: count(7), planned: 3, possible: 4, others: 3, want: []string{"policy count 7: 3..7 of 10 at_limit 0"}},
		"count: certainly exceeded":         {limits: count(2), planned: 3, possible: 4, others: 3, want: []string{"policy count 2: 3..7 of 10 exceeded -5"}},

		"percent: room":               {limits: percent("50"), planned: 3, others: 7, want: []string{"policy percent 50: 3..3 of 10 ok 2"}},
		"percent: exactly":            {limits: percent("30"), planned: 3, others: 7, want: []string{"policy percent 30: 3..3 of 10 at_limit 0"}},
		"percent: no rounding up":     {limits: percent("29.9"), planned: 3, others: 7, want: []string{"policy percent 29.9: 3..3 of 10 exceeded -1"}},
		"percent: fraction of one":    {limits: percent("39.999999999999999999999"), planned: 3, others: 7, want: []string{"policy percent 40: 3..3 of 10 at_limit 0"}},
		"percent: exact in decimal":   {limits: percent("0.7"), planned: 7, others: 993, want: []string{"policy percent 0.7: 7..7 of 1000 at_limit 0"}},
		"percent: hundred":            {limits: percent("100"), planned: 10, want: []string{"policy percent 100: 10..10 of 10 at_limit 0"}},
		"percent: straddled":          {limits: percent("50"), planned: 3, possible: 4, others: 3, want: []string{"policy percent 50: 3..7 of 10 maybe -2"}},
		"percent: share of actives":   {limits: percent("50"), planned: 3, others: 7, active: 4, rules: map[string]string{"limits.denominator": "active"}, want: []string{"policy percent 50: 3..3 of 4 exceeded -1"}},
		"percent: no baseline":        {limits: percent("50"), planned: 3, others: 7, rules: map[string]string{"limits.denominator": "baseline"}, want: []string{"policy percent 50: 3..3 of 10 ok 2"}},
		"percent: nobody is active":   {limits: percent("50"), planned: 1, others: 9, rules: map[string]string{"limits.denominator": "active"}, want: []string{"policy percent 50: 1..1 of 0 exceeded -1"}},
		"both: count is stricter":     {limits: both(4, "50"), planned: 3, others: 7, want: []string{"policy count 4: 3..3 of 10 ok 1 stricter", "policy percent 50: 3..3 of 10 ok 2"}},
		"both: percent is stricter":   {limits: both(6, "50"), planned: 3, others: 7, want: []string{"policy count 6: 3..3 of 10 ok 3", "policy percent 50: 3..3 of 10 ok 2 stricter"}},
		"both: equal":                 {limits: both(5, "50"), planned: 3, others: 7, want: []string{"policy count 5: 3..3 of 10 ok 2 stricter", "policy percent 50: 3..3 of 10 ok 2"}},
		"reach: the maximum violates": {limits: both(3, "30"), planned: 3, others: 7, rules: reach, want: []string{"policy count 3: 3..3 of 10 exceeded -1 stricter", "policy percent 30: 3..3 of 10 exceeded -1"}},
		"reach: one below":            {limits: count(4), planned: 3, others: 7, rules: reach, want: []string{"policy count 4: 3..3 of 10 at_limit 0"}},
		"reach: between integers":     {limits: percent("35"), planned: 3, others: 7, rules: reach, want: []string{"policy percent 35: 3..3 of 10 at_limit 0"}},

		"zero is unset":             {limits: both(0, "0"), planned: 3, others: 7},
		"one zero is unset":         {limits: both(0, "50"), planned: 3, others: 7, want: []string{"policy percent 50: 3..3 of 10 ok 2"}},
		"zero by rule":              {limits: both(0, "0"), planned: 3, others: 7, rules: zero, want: []string{"policy count 0: 3..3 of 10 exceeded -3 stricter", "policy percent 0: 3..3 of 10 exceeded -3"}},
		"absent is zero by rule":    {limits: count(5), planned: 0, others: 10, rules: zero, want: []string{"policy count 5: 0..0 of 10 ok 5", "policy percent 0: 0..0 of 10 at_limit 0 stricter"}},
		"zero by rule, not enabled": {limits: SafetyLimits{}, planned: 3, rules: zero},
		"not enabled":               {limits: SafetyLimits{MaxCount: maximum(2)}, planned: 3, others: 7, want: []string{"policy count 2: 3..3 of 10 exceeded -1"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := affecting(tc.limits)
			for rule, value := range tc.rules {
				var err error
				in.Rules, err = in.Rules.With(rule, value)
				require.NoError(t, err)
			}
			got := simulate(t, in, affected(t, tc.planned, tc.possible, tc.others, tc.active))
			require.Equal(t, append([]string{}, tc.want...), limitLines(got.result.Limits))
			require.Equal(t, tc.planned, got.result.Summary.AffectedLow)
			require.Equal(t, tc.planned+tc.possible, got.result.Summary.AffectedHigh)
			for _, l := range got.result.Limits {
				require.Equal(t, "first_run", l.Basis)
				require.Contains(t, l.NotSeen[0], "first run")
			}
		})
	}
}

func TestEnforcementIsNamed(t *testing.T) {
	for _, tc := range []struct {
		change, predictive bool
		enforced, meaning  string
	}{
		{false, false, "information", "more than allowed (for information: the policy enables neither limit)"},
		{true, false, "stops_at_limit", "2 of 3 would be changed before the stop; which ones depends on the tenant's order"},
		{false, true, "blocks_all", "all changes would be blocked"},
		{true, true, "blocks_all", "all changes would be blocked"},
	} {
		in := affecting(SafetyLimits{EnableChange: tc.change, EnablePredictive: tc.predictive, MaxCount: maximum(2)})
		incomplete := false
		in.Policy.InitialComplete = &incomplete
		got := simulate(t, in, affected(t, 3, 0, 7, 0)).result.Limits
		require.Len(t, got, 1)
		require.Equal(t, tc.enforced, got[0].Enforced)
		require.Equal(t, tc.meaning, got[0].Meaning)
		require.Contains(t, fmt.Sprint(got[0].NotSeen), "initial_complete is false")
		require.Contains(t, fmt.Sprint(got[0].NotSeen), "disregard_change_limit")
	}
}

func TestActiveAttributeIsSettable(t *testing.T) {
	in := affecting(SafetyLimits{EnableChange: true, MaxPercent: percentage(t, "50")})
	in.Rules.Denominator = "active"
	in.ActiveAttribute = "hit"
	got := simulate(t, in, affected(t, 4, 0, 6, 10))
	require.Equal(t, []string{"policy percent 50: 4..4 of 4 exceeded -2"}, limitLines(got.result.Limits))
}

// TestDoneDoesNotCount: what history says was done is no change.
func TestDoneDoesNotCount(t *testing.T) {
	in := affecting(SafetyLimits{EnableChange: true, MaxCount: maximum(3)})
	in.Version.Actions[0].RunOnce = true
	in.History = map[string][]Done{"p0": {{Action: "act"}}, "p1": {{Action: "act", Workflow: "another"}}, "p2": {{Action: "act", Workflow: "w"}}, "p3": {{Action: "act"}}}
	got := simulate(t, in, affected(t, 3, 2, 5, 0))
	require.Equal(t, []string{"policy count 3: 1..2 of 10 ok 1"}, limitLines(got.result.Limits))
	require.Equal(t, 1, got.result.Actions[0].Planned)
	require.Equal(t, 1, got.result.Actions[0].Possible)
	require.Equal(t, 3, got.result.Actions[0].Done)
	require.Equal(t, "no", got.rows[0].Affected)
	require.Equal(t, "yes", got.rows[1].Affected)
	require.Equal(t, "no", got.rows[3].Affected)
}

func TestOwnLimitsAndGuards(t *testing.T) {
	perhaps := text(`perhaps eq true and x gt true`)
	leave := action("leave")
	leave.Type = "DELETE_IDENTITY"
	v := &Version{
		Workflows: []Workflow{
			workflow("join", text(`kind eq "joiner"`), when(always, "grant", "sync")),
			workflow("leave", text(`kind eq "leaver"`), when(always, "leave")),
			workflow("graph", perhaps, when(always, "strip", "leave")),
		},
		Actions: []Action{granting("grant", "P"), action("sync"), leave, removing("strip", "P")},
	}
	people := crowd(t,
		`{"kind":"joiner","vip":true}`, `{"kind":"joiner"}`, `{"kind":"leaver"}`,
		`{"kind":"leaver","vip":true}`, `{"perhaps":true}`, `{"perhaps":true,"vip":true}`, `{"vip":true}`, `{}`,
	)
	held := Grant{DatasourceID: "d", EntityType: "Group", EntityID: "other"}
	for name, tc := range map[string]struct {
		own    OwnLimit
		guard  Guard
		grants map[string][]Grant
		want   string
	}{
		"effect grant":                {own: OwnLimit{Effect: "grant", MaxCount: maximum(2)}, want: "effect count 2: 2..4 of 8 maybe -2"},
		"effect sync":                 {own: OwnLimit{Effect: "sync", MaxCount: maximum(2)}, want: "effect count 2: 2..2 of 8 at_limit 0"},
		"effect deactivate, percent":  {own: OwnLimit{Effect: "deactivate", MaxPercent: percentage(t, "50")}, want: "effect percent 50: 2..4 of 8 at_limit 0"},
		"effect revoke, not known":    {own: OwnLimit{Effect: "revoke", MaxCount: maximum(5)}, want: "effect count 5: 0..2 of 8 ok 3"},
		"effect revoke, known":        {own: OwnLimit{Effect: "revoke", MaxCount: maximum(5)}, grants: map[string][]Grant{"i05": {held}}, want: "effect count 5: 0..1 of 8 ok 4"},
		"effect revoke, nobody holds": {own: OwnLimit{Effect: "revoke", MaxCount: maximum(0)}, grants: map[string][]Grant{"i07": {held}}, want: "effect count 0: 0..0 of 8 at_limit 0"},
		"workflow":                    {own: OwnLimit{Workflow: "join", MaxCount: maximum(1)}, want: "workflow count 1: 2..2 of 8 exceeded -1"},
		"workflow, possible":          {own: OwnLimit{Workflow: "graph", MaxPercent: percentage(t, "10")}, want: "workflow percent 10: 0..2 of 8 maybe -2"},
		"cohort":                      {own: OwnLimit{Cohort: `vip eq true`, MaxPercent: percentage(t, "75")}, want: "cohort percent 75: 2..3 of 4 at_limit 0"},
		"cohort in doubt":             {own: OwnLimit{Cohort: `vip eq true and x gt true`, MaxCount: maximum(1)}, want: "cohort count 1: 0..3 of 0 maybe -2"},
		"guard hit":                   {guard: Guard{Filter: `vip eq true`, Never: "deactivate"}, want: "guard count 0: 1..2 of 4 exceeded -2"},
		"guard maybe hit":             {guard: Guard{Filter: `vip eq true`, Never: "revoke"}, want: "guard count 0: 0..1 of 4 maybe -1"},
		"guard maybe, in doubt":       {guard: Guard{Filter: `vip gt true`, Never: "sync"}, want: "guard count 0: 0..2 of 0 maybe -2"},
		"guard kept":                  {guard: Guard{Filter: `kind eq "leaver"`, Never: "grant"}, want: "guard count 0: 0..0 of 2 ok 0"},
	} {
		t.Run(name, func(t *testing.T) {
			in := inputOf(v, profile("P"))
			in.Grants = tc.grants
			if tc.guard.Never != "" {
				in.Guards = []Guard{tc.guard}
			} else {
				in.OwnLimits = []OwnLimit{tc.own}
			}
			got := simulate(t, in, people)
			require.Equal(t, []string{tc.want}, limitLines(got.result.Limits))
			require.Equal(t, "own", got.result.Limits[0].Enforced)
		})
	}
}

// TestSensitivityOfLimits names the limits whose verdict hangs on a rule, also those that a rule makes or unmakes.
func TestSensitivityOfLimits(t *testing.T) {
	lines := func(limits SafetyLimits, change func(*Rules)) []string {
		in := affecting(limits)
		change(&in.Rules)
		var out []string
		for _, s := range simulate(t, in, affected(t, 3, 0, 7, 6)).result.Sensitivity {
			out = append(out, fmt.Sprint(s.Rule, "=", s.Alternative, " ", s.Identities, " ", s.Limits))
		}
		return out
	}
	none := func(*Rules) {}
	require.Equal(t, []string{
		"limits.comparison=reach 0 [max_identities_affected_count]",
		"limits.zero=zero 0 [max_identities_affected_percentage]",
	}, lines(SafetyLimits{EnableChange: true, MaxCount: maximum(3)}, none))
	require.Equal(t, []string{
		"limits.denominator=active 0 [max_identities_affected_percentage]",
		"limits.comparison=reach 0 [max_identities_affected_percentage]",
		"limits.zero=zero 0 [max_identities_affected_count]",
	}, lines(SafetyLimits{EnableChange: true, MaxPercent: percentage(t, "40")}, none))
	require.Equal(t, []string{
		"limits.zero=unset 0 [max_identities_affected_count max_identities_affected_percentage]",
	}, lines(SafetyLimits{EnableChange: true}, func(r *Rules) { r.ZeroIsLimit = true }))
	require.Nil(t, lines(SafetyLimits{}, none))
}

func TestParsePercent(t *testing.T) {
	for _, text := range []string{"0", "0.0", "100", "1e2", "12.5", "0.000000000000000000001"} {
		p, err := ParsePercent(text)
		require.NoError(t, err, text)
		require.Equal(t, text == "0" || text == "0.0", p.IsZero())
	}
	for _, text := range []string{"", "-1", "100.0000000000000001", "abc", "1/2", "0x10", "1_0", "1e999999999", "Inf", "NaN", " 5"} {
		_, err := ParsePercent(text)
		require.Error(t, err, text)
	}
	p, err := ParsePercent("33.3")
	require.NoError(t, err)
	require.Equal(t, "333/1", p.Of(1000).String())
	require.InDelta(t, 33.3, p.Float64(), 0)
	require.Equal(t, "0/1", Percent{}.Of(7).String())
	require.True(t, Percent{}.IsZero())
	require.Zero(t, Percent{}.Float64())
}

// TestStrictSemantics: a filter that the standard refuses is unknown for everyone.
func TestStrictSemantics(t *testing.T) {
	in := inputOf(&Version{Workflows: []Workflow{workflow("w", text(`team eq "red"`)), workflow("v", text(`dept eq "sales"`))}})
	in.Rules = DefaultRules(scimeval.RFC7644)
	in.Schema = randomSchema
	got := simulate(t, in, crowd(t, `{"dept":"Sales","team":{"name":"red"}}`))
	require.Equal(t, []string{"w"}, got.rows[0].WorkflowsUnknown)
	require.Equal(t, []string{"v"}, got.rows[0].WorkflowsMatched, "strings compare without case")
	require.True(t, HasErrors(got.findings))
}
