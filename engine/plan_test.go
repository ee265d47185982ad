package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/scimeval"
)

func at(path string) Position { return Position{File: "policies.json", Line: 1, Path: path} }

// text is a test with an expression in its string.
func text(filter string) Test {
	return Test{Form: FormString, Type: "CONDITION_STRING", Text: filter, TypeAt: at("test.type"), TextAt: at("test.string")}
}

var always = Test{Form: FormAny, Type: "ANY"}

func workflow(name string, trigger Test, conditions ...Condition) Workflow {
	return Workflow{Name: name, State: StateEnabled, Trigger: trigger, Conditions: conditions, Position: at("workflows." + name)}
}

// when is a condition that runs actions by name.
func when(test Test, actions ...string) Condition {
	c := Condition{Name: "condition", State: StateEnabled, Test: test, Position: at("condition")}
	for _, name := range actions {
		c.Actions = append(c.Actions, ActionRef{Name: name, Position: at("run." + name)})
	}
	return c
}

func action(name string, conditions ...Condition) Action {
	return Action{Name: name, Type: "SYNC_IDENTITIES", State: StateEnabled, Conditions: conditions, Canonical: name, Position: at("actions." + name)}
}

// granting is an action that grants profiles.
func granting(name string, profiles ...string) Action {
	a := action(name)
	a.Type = "MANAGE_RELATIONSHIPS"
	for _, id := range profiles {
		a.AccessProfiles = append(a.AccessProfiles, ProfileRef{ID: id, Position: at("actions." + name + "." + id)})
	}
	return a
}

func removing(name string, profiles ...string) Action {
	a := granting(name, profiles...)
	a.RemoveExisting = true
	return a
}

// profile is a running profile with one group named like it, in datasource d.
func profile(id string, inherits ...string) Profile {
	p := Profile{
		ID: id, Name: "Profile " + id, State: StateRunning, VersionState: StatePublished, Position: at("profiles." + id),
		Entities: []Entity{{DatasourceID: "d", EntityType: "Group", EntityID: "g-" + id, Position: at("profiles." + id + ".entity")}},
	}
	for _, other := range inherits {
		p.Inherits = append(p.Inherits, ProfileRef{ID: other, Position: at("profiles." + id + "." + other)})
	}
	return p
}

func TestWorkflowOrder(t *testing.T) {
	for _, tc := range []struct {
		priorities []int
		disabled   []int
		descending bool
		evaluate   bool
		want       string
	}{
		{priorities: nil, want: "[]"},
		{priorities: []int{0, 0, 0}, want: "[0 1 2]"},
		{priorities: []int{3, 1, 2}, want: "[1 2 0]"},
		{priorities: []int{0, 2, 0, 1}, want: "[3 1 0 2]"},
		{priorities: []int{2, 1, 2, 1}, want: "[1 3 0 2]"},
		{priorities: []int{0, 2, 0, 1}, descending: true, want: "[1 3 0 2]"},
		{priorities: []int{2, 1, 2, 1}, descending: true, want: "[0 2 1 3]"},
		{priorities: []int{3, 1, 2}, disabled: []int{1}, want: "[2 0]"},
		{priorities: []int{3, 1, 2}, disabled: []int{1}, evaluate: true, want: "[1 2 0]"},
	} {
		v := &Version{}
		for _, n := range tc.priorities {
			w := workflow("w", always)
			w.Priority = n
			v.Workflows = append(v.Workflows, w)
		}
		for _, i := range tc.disabled {
			v.Workflows[i].State = StateDisabled
		}
		in := inputOf(v)
		in.Rules.PriorityDescending, in.Rules.EvaluateDisabled = tc.descending, tc.evaluate
		require.Equal(t, tc.want, fmt.Sprint(append([]int{}, Compile(in).plan.order...)), "%+v", tc)
	}
}

// finding is one line for each finding: severity, code, path and column.
func findingLines(list []Finding) []string {
	lines := []string{}
	for _, f := range list {
		line := fmt.Sprintf("%s %s %s", f.Severity, f.Code, f.Path)
		if f.Column != NoColumn {
			line += fmt.Sprintf(" @%d", f.Column)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestFindings(t *testing.T) {
	typed := func(form TestForm, numbered bool, kind, filter string) Test {
		return Test{Form: form, Numbered: numbered, Type: kind, Text: filter, TypeAt: at("test.type"), TextAt: at("test.string")}
	}
	triggered := func(test Test) *Version { return &Version{Workflows: []Workflow{workflow("w", test)}} }
	acting := func(actions ...Action) *Version {
		var names []string
		for _, a := range actions {
			names = append(names, a.Name)
		}
		return &Version{Workflows: []Workflow{workflow("w", always, when(always, names...))}, Actions: actions}
	}
	disabled := func(w Workflow) Workflow { w.State = StateDisabled; return w }
	gated := func(test Test) Profile {
		p := profile("P")
		p.Entities[0].Condition = &test
		return p
	}
	state := func(p Profile, state, version string) Profile { p.State, p.VersionState = state, version; return p }
	named := func(w Workflow, schedule string) Workflow { w.Schedule = schedule; return w }
	second := action("a")
	second.Canonical, second.Position = "other", at("actions[1]")
	twin := action("a")
	wrongType := when(always, "a")
	wrongType.Actions[0].Type = "MANAGE_RELATIONSHIPS"
	rightType := when(always, "a")
	rightType.Actions[0].Type = "SYNC_IDENTITIES"
	off := action("a", when(text(`x eq`), "ghost"))
	off.State = StateDisabled
	offCondition := when(text(`x eq`), "ghost")
	offCondition.State = StateDisabled

	for name, tc := range map[string]struct {
		version  *Version
		profiles []Profile
		change   func(*Input)
		want     []string
	}{
		"clean":                     {version: acting(granting("a", "P")), profiles: []Profile{profile("P")}},
		"any":                       {version: triggered(always)},
		"any with blank string":     {version: triggered(typed(FormAny, false, "ANY", " \t"))},
		"any with string":           {version: triggered(typed(FormAny, false, "ANY", `x pr`)), want: []string{"warning ignored-expression test.string"}},
		"string":                    {version: triggered(text(`x pr`))},
		"string empty":              {version: triggered(text(``)), want: []string{"error syntax test.string @0"}},
		"string blank":              {version: triggered(text(`  `)), want: []string{"error syntax test.string @0"}},
		"string broken":             {version: triggered(text(`x eq 1 and`)), want: []string{"error syntax test.string @10"}},
		"string with bad operator":  {version: triggered(text(`x pr or y gt true`)), want: []string{"error invalid-operator test.string @10"}},
		"other name":                {version: triggered(typed(FormOtherName, false, "NODE_IN_GRAPH", ``)), want: []string{"warning needs-access-graph test.type"}},
		"other name with string":    {version: triggered(typed(FormOtherName, false, "NODE_IN_GRAPH", `x pr`)), want: []string{"warning needs-access-graph test.type"}},
		"expression in type":        {version: triggered(typed(FormExpression, false, `x pr`, ``)), want: []string{"warning condition-type-is-expression test.type"}},
		"expression in both":        {version: triggered(typed(FormExpression, false, `x eq`, `y pr`)), want: []string{"warning condition-type-is-expression test.type"}},
		"broken expression in type": {version: triggered(typed(FormExpression, false, `x eq`, ` `)), want: []string{"error syntax test.type @4", "warning condition-type-is-expression test.type"}},
		"type absent":               {version: triggered(typed(FormAbsent, false, ``, `x pr`))},
		"both absent":               {version: triggered(typed(FormAbsent, false, ``, ``)), want: []string{"error missing-expression workflows.w"}},
		"condition: both absent":    {version: &Version{Workflows: []Workflow{workflow("w", always, when(Test{}))}}, want: []string{"error missing-expression condition"}},
		"number for any":            {version: triggered(typed(FormAny, true, "0", ``))},
		"number with string":        {version: triggered(typed(FormAny, true, "0", `x pr`))},
		"number for string, empty":  {version: triggered(typed(FormString, true, "1", ``)), want: []string{"error syntax test.string @0"}},
		"number out of range":       {version: triggered(typed(FormBadNumber, true, "9", ``)), want: []string{"error unknown-enum test.type"}},
		"odd number with string":    {version: triggered(typed(FormBadNumber, true, "9", `x pr`))},
		"entity: both absent":       {version: acting(granting("a", "P")), profiles: []Profile{gated(Test{})}},
		"entity: broken":            {version: acting(granting("a", "P")), profiles: []Profile{gated(text(`x`))}, want: []string{"error syntax test.string @1"}},
		"entity: other name":        {version: acting(granting("a", "P")), profiles: []Profile{gated(typed(FormOtherName, false, "NODE_IN_GRAPH", ``))}, want: []string{"warning needs-access-graph test.type"}},

		"unknown action":               {version: &Version{Workflows: []Workflow{workflow("w", always, when(always, "ghost"))}}, want: []string{"error unknown-action run.ghost"}},
		"unknown action, nested":       {version: acting(action("a", when(always, "ghost"))), want: []string{"error unknown-action run.ghost"}},
		"action type differs":          {version: &Version{Workflows: []Workflow{workflow("w", always, wrongType)}, Actions: []Action{action("a")}}, want: []string{"warning action-type-mismatch run.a"}},
		"action type agrees":           {version: &Version{Workflows: []Workflow{workflow("w", always, rightType)}, Actions: []Action{action("a")}}},
		"duplicate actions, identical": {version: &Version{Workflows: []Workflow{workflow("w", always, when(always, "a"))}, Actions: []Action{action("a"), twin}}},
		"duplicate actions":            {version: &Version{Workflows: []Workflow{workflow("w", always, when(always, "a"))}, Actions: []Action{action("a"), second}}, want: []string{"error duplicate-action actions[1]"}},
		"duplicate workflows":          {version: &Version{Workflows: []Workflow{workflow("w", always), workflow("w", always)}}, want: []string{"warning duplicate-workflow workflows.w"}},
		"conditions may share a name":  {version: &Version{Workflows: []Workflow{workflow("w", always, when(always), when(always))}}},
		"schedule":                     {version: &Version{Workflows: []Workflow{named(workflow("w", always), "grace_period_in_sec")}}, want: []string{"warning schedule-ignored workflows.w"}},
		"cycle of itself":              {version: acting(action("a", when(always, "a"))), want: []string{"error action-cycle run.a"}},
		"cycle out of reach":           {version: &Version{Workflows: []Workflow{workflow("w", always)}, Actions: []Action{action("a", when(always, "a"))}}},

		"skipped workflow: only what would be wrong": {
			version: &Version{Workflows: []Workflow{disabled(workflow("w", text(`x eq`), when(typed(FormAny, false, "ANY", `x pr`), "ghost")))}},
			want:    []string{"warning unknown-action run.ghost", "warning syntax test.string @4"},
		},
		"skipped condition": {version: &Version{Workflows: []Workflow{workflow("w", always, offCondition)}}},
		"skipped action": {
			version: acting(off), want: []string{"warning unknown-action run.ghost", "warning syntax test.string @4"},
		},

		"missing profile":           {version: acting(granting("a", "Q")), want: []string{"error missing-profile actions.a.Q"}},
		"missing inherited profile": {version: acting(granting("a", "P")), profiles: []Profile{profile("P", "Q")}, want: []string{"error missing-profile profiles.P.Q"}},
		"missing profile, once":     {version: acting(granting("a", "Q"), granting("b", "Q")), want: []string{"error missing-profile actions.a.Q"}},
		"missing profile of nobody": {version: &Version{Actions: []Action{granting("a", "Q")}}},
		"inheritance cycle":         {version: acting(granting("a", "P")), profiles: []Profile{profile("P", "Q"), profile("Q", "P")}, want: []string{"error inheritance-cycle profiles.Q.P"}},
		"profile inherits itself":   {version: acting(granting("a", "P")), profiles: []Profile{profile("P", "P")}, want: []string{"error inheritance-cycle profiles.P.P"}},
		"diamond":                   {version: acting(granting("a", "P")), profiles: []Profile{profile("P", "Q", "R"), profile("Q", "S"), profile("R", "S"), profile("S")}},
		"paused profile":            {version: acting(granting("a", "P")), profiles: []Profile{state(profile("P", "gone"), "PAUSED", StatePublished)}, want: []string{"warning profile-withheld profiles.P"}},
		"unpublished profile":       {version: acting(granting("a", "P")), profiles: []Profile{state(profile("P"), StateRunning, "RETIRED")}, want: []string{"warning profile-withheld profiles.P"}},
		"paused profile grants by rule": {
			version: acting(granting("a", "P")), profiles: []Profile{state(profile("P"), "PAUSED", StatePublished)},
			change: func(in *Input) { in.Rules.GrantInactive = true },
		},

		"draft version": {version: &Version{State: StateDraft, Position: at("version")}, want: []string{"warning version-not-published version"}},
		"limit without maximum": {
			version: &Version{}, change: func(in *Input) { in.Policy.Limits = SafetyLimits{EnableChange: true, Position: at("limits")} },
			want: []string{"warning limit-without-maximum limits"},
		},
		"limit with a maximum of 0": {
			version: &Version{}, change: func(in *Input) {
				in.Policy.Limits = SafetyLimits{EnablePredictive: true, MaxCount: new(int64), MaxPercent: &Percent{}, Position: at("limits")}
			},
			want: []string{"warning limit-without-maximum limits"},
		},
		"0 is a limit by rule": {
			version: &Version{}, change: func(in *Input) { in.Rules.ZeroIsLimit = true; in.Policy.Limits = SafetyLimits{EnableChange: true} },
		},
		"limit on an unknown workflow": {
			version: triggered(always), change: func(in *Input) { in.OwnLimits = []OwnLimit{{Name: "l", Workflow: "v", Position: at("own")}} },
			want: []string{"error unknown-workflow own"},
		},
		"broken cohort and guard": {
			version: triggered(always), change: func(in *Input) {
				in.OwnLimits = []OwnLimit{{Name: "l", Cohort: "x eq", Position: at("own")}}
				in.Guards = []Guard{{Name: "g", Filter: "y gt true", Never: "sync", Position: at("guard")}}
			},
			want: []string{"error invalid-operator guard @2", "error syntax own @4"},
		},

		"unknown attribute":   {version: triggered(text(`nobody pr`)), want: []string{"warning unknown-attribute test.string @0"}},
		"type mismatch":       {version: triggered(text(`x eq "1"`)), want: []string{"warning type-mismatch test.string @5"}},
		"null under gt":       {version: triggered(text(`x gt null`)), want: []string{"warning null-operator test.string @2"}},
		"not a timestamp":     {version: triggered(text(`y lt "2024-01-01"`)), want: []string{"warning not-a-timestamp test.string @5"}},
		"unused in a skipped": {version: &Version{Workflows: []Workflow{disabled(workflow("w", text(`nobody pr`)))}}},
		"may remove others":   {version: acting(removing("a", "P")), profiles: []Profile{profile("P")}, want: []string{"warning may-remove-others version"}},
		"known removals": {
			version: acting(removing("a", "P")), profiles: []Profile{profile("P")},
			change: func(in *Input) { in.Grants = map[string][]Grant{} },
			want:   []string{"warning grants-unmatched version"},
		},
		"overlapping removals": {
			version: acting(removing("a", "P"), removing("b", "Q")), profiles: []Profile{profile("P"), profile("Q")},
			change: func(in *Input) { in.Grants = map[string][]Grant{} },
			want:   []string{"warning grants-unmatched version", "warning overlapping-removal version"},
		},
		"equal removals do not overlap": {
			version: acting(removing("a", "P"), removing("b", "P")), profiles: []Profile{profile("P")},
			change: func(in *Input) { in.Grants = map[string][]Grant{} },
			want:   []string{"warning grants-unmatched version"},
		},
		"grants of strangers": {
			version: acting(removing("a", "P")), profiles: []Profile{profile("P")},
			change: func(in *Input) { in.Grants = map[string][]Grant{"nobody": {{}}} },
			want:   []string{"error grants-unmatched version"},
		},
		"history of strangers": {
			version: triggered(always), change: func(in *Input) { in.History = map[string][]Done{"nobody": {{Action: "a"}}} },
			want: []string{"error history-unmatched version", "warning history-unmatched version"},
		},
		"guard on an unknown attribute": {
			version: triggered(always), change: func(in *Input) {
				in.Guards = []Guard{{Name: "g", Filter: "nobody pr", Never: "sync", Position: at("guard")}}
			},
			want: []string{"error unknown-attribute guard @0"},
		},
		"denominator without a baseline": {
			version: triggered(always), change: func(in *Input) { in.Rules.Denominator = "baseline" },
			want: []string{"warning no-baseline "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.version.Path == "" {
				tc.version.Position = at("version")
			}
			in := inputOf(tc.version, tc.profiles...)
			if tc.change != nil {
				tc.change(&in)
			}
			got := simulate(t, in, crowd(t, `{"x":1,"y":"text"}`, `{"x":2,"y":"text"}`))
			require.Equal(t, append([]string{}, tc.want...), findingLines(got.findings))
			for _, f := range got.findings {
				require.NotEmpty(t, f.Message)
				require.GreaterOrEqual(t, f.Count, 1)
				require.Equal(t, f.Column != NoColumn, f.Caret != "", "an expression is shown with a caret")
			}
		})
	}
}

func TestFindingsCountIdentities(t *testing.T) {
	in := inputOf(&Version{Workflows: []Workflow{workflow("w", text(`x eq "1"`))}})
	got := simulate(t, in, crowd(t, `{"x":1}`, `{"x":"1"}`, `{"x":3}`, `{}`))
	require.Len(t, got.findings, 1)
	require.Equal(t, 2, got.findings[0].Count)
}

func TestUnknownNamesAreSuggested(t *testing.T) {
	v := &Version{Workflows: []Workflow{workflow("joiners", text(`departmnt pr`), when(always, "GrantAcess"))}, Actions: []Action{action("GrantAccess")}}
	in := inputOf(v)
	in.OwnLimits = []OwnLimit{{Name: "l", Workflow: "joiner"}}
	got := simulate(t, in, crowd(t, `{"department":"IT"}`))
	hints := make(map[string]string)
	for _, f := range got.findings {
		hints[f.Code] = f.Hint
	}
	require.Equal(t, map[string]string{
		"unknown-action": `did you mean "GrantAccess"?`, "unknown-workflow": `did you mean "joiners"?`, "unknown-attribute": `did you mean department?`,
	}, hints)
}

func TestCyclesAreNamed(t *testing.T) {
	v := &Version{
		Workflows: []Workflow{workflow("w", always, when(always, "a"))},
		Actions: []Action{
			action("c", when(always, "b")), action("b", when(always, "c")), action("a", when(always, "b")),
		},
	}
	got := simulate(t, inputOf(v), crowd(t, `{}`))
	require.Equal(t, []string{"error action-cycle run.b"}, findingLines(got.findings))
	require.Contains(t, got.findings[0].Message, `"b" -> "c" -> "b"`)
	require.Equal(t, []string{"a planned", "b planned", "c planned"}, statuses(got.rows[0]))

	profiles := []Profile{profile("P", "Q"), profile("Q", "R"), profile("R", "Q")}
	got = simulate(t, inputOf(&Version{
		Workflows: []Workflow{workflow("w", always, when(always, "a"))}, Actions: []Action{granting("a", "P")},
	}, profiles...), crowd(t, `{}`))
	require.Equal(t, []string{"error inheritance-cycle profiles.R.Q"}, findingLines(got.findings))
	require.Contains(t, got.findings[0].Message, `"Q" -> "R" -> "Q"`)
	require.Equal(t, []string{"d|Group|g-P", "d|Group|g-Q", "d|Group|g-R"}, got.rows[0].Entitlements, "each member contributes once")
}

// TestLongCycleIsAbridged: a cycle of any length gives a message for people.
func TestLongCycleIsAbridged(t *testing.T) {
	const n = 500
	v := &Version{Workflows: []Workflow{workflow("w", always, when(always, "a0"))}}
	for i := range n {
		v.Actions = append(v.Actions, action(fmt.Sprint("a", i), when(always, fmt.Sprint("a", (i+1)%n))))
	}
	got := simulate(t, inputOf(v), crowd(t, `{}`))
	require.Len(t, got.findings, 1)
	require.Less(t, len(got.findings[0].Message), 300)
	require.Contains(t, got.findings[0].Message, `"a5" -> (489 more) -> "a495"`)
	require.True(t, strings.Contains(got.findings[0].Message, `"a499" -> "a0"`))
}

// TestCompleteExample is the complete example of the vendor's API text: the expression stands in condition_type, three
// conditions are named "sync", and actions_to_run gives another type than the actions.
func TestCompleteExample(t *testing.T) {
	sync := func(path, filter, run string) Condition {
		return Condition{
			Name: "sync", State: StateEnabled, Test: Test{Form: FormExpression, Type: filter, TypeAt: at(path + ".condition_type")},
			Actions: []ActionRef{{Name: run, Type: "SYNC_IDENTITIES", Position: at(path + ".actions_to_run[0]")}},
		}
	}
	v := &Version{
		Workflows: []Workflow{workflow("Active Employees", text(`employment_status eq "ACTIVE"`),
			sync("c0", `work_location eq "China"`, "ChinaEmployeeGroups"),
			sync("c1", `work_location eq "US"`, "UsEmployeeGroups"),
			sync("c2", `department eq "Sales" and manager eq true`, "SalesManagerGroups"),
		)},
		Actions: []Action{removing("UsEmployeeGroups", "1", "2"), removing("ChinaEmployeeGroups", "3", "4"), removing("SalesManagerGroups", "5")},
	}
	in := inputOf(v, profile("1"), profile("2"), profile("3"), profile("4"), profile("5"))
	got := simulate(t, in, crowd(t,
		`{"employment_status":"ACTIVE","work_location":"US","department":"Engineering","manager":false}`,
		`{"employment_status":"ACTIVE","work_location":"China","department":"Sales","manager":true}`,
		`{"employment_status":"ACTIVE","work_location":"Germany","department":"Sales","manager":false}`,
		`{"employment_status":"LEFT","work_location":"US","department":"Sales","manager":true}`,
	))
	want := []string{}
	for i := range 3 {
		want = append(want, fmt.Sprintf("warning action-type-mismatch c%d.actions_to_run[0]", i), fmt.Sprintf("warning condition-type-is-expression c%d.condition_type", i))
	}
	lines := findingLines(got.findings)
	require.ElementsMatch(t, append(want, "warning may-remove-others ", "warning overlapping-removal "), lines)
	require.Empty(t, got.codes(SeverityError))

	require.Equal(t, []string{"d|Group|g-1", "d|Group|g-2"}, got.rows[0].Entitlements)
	require.Equal(t, []string{"d|Group|g-3", "d|Group|g-4", "d|Group|g-5"}, got.rows[1].Entitlements)
	require.Equal(t, []ActionStatus{
		{"Active Employees", "ChinaEmployeeGroups", "MANAGE_RELATIONSHIPS", "planned"},
		{"Active Employees", "SalesManagerGroups", "MANAGE_RELATIONSHIPS", "planned"},
	}, got.rows[1].Actions, "the action's own type counts")
	require.Equal(t, "no", got.rows[2].Affected)
	require.Equal(t, []string{"Active Employees"}, got.rows[2].WorkflowsMatched)
	require.Empty(t, got.rows[3].WorkflowsMatched)
	require.Equal(t, 3, got.result.Workflows[0].Matched)
	for i, c := range got.result.Workflows[0].Conditions {
		require.Equal(t, "sync", c.Name)
		require.Equal(t, i, c.Index)
		require.Equal(t, 1, c.Matched)
	}
}

func TestRules(t *testing.T) {
	r := DefaultRules(scimeval.Vendor)
	table := RuleTable()
	require.Len(t, table, 16)
	for _, info := range table {
		require.Equal(t, info.Default, r.Get(info.Name))
		require.Equal(t, info.Default, r.All()[info.Name])
		for _, value := range info.Others {
			other, err := r.With(info.Name, value)
			require.NoError(t, err)
			require.Equal(t, value, other.Get(info.Name))
			changed := 0
			for name, v := range other.All() {
				if v != r.Get(name) {
					changed++
				}
			}
			require.Equal(t, 1, changed, "%s changes nothing else", info.Name)
			back, err := other.With(info.Name, info.Default)
			require.NoError(t, err)
			require.Equal(t, r, back)
		}
		_, err := r.With(info.Name, "sometimes")
		require.ErrorContains(t, err, info.Name)
	}
	_, err := r.With("workflow.priorities", "descending")
	require.ErrorContains(t, err, "did you mean workflow.priority?")
	require.Empty(t, r.Get("nothing"))
}

func TestSortFindings(t *testing.T) {
	list := []Finding{
		{Severity: SeverityInfo, Code: "a"},
		{Severity: SeverityWarning, Code: "b", Position: Position{File: "a", Path: "x"}, Column: 7},
		{Severity: SeverityWarning, Code: "c", Position: Position{File: "a", Path: "x"}, Column: 3},
		{Severity: SeverityWarning, Code: "a", Position: Position{File: "a", Path: "x"}, Column: 7},
		{Severity: SeverityWarning, Code: "d", Position: Position{File: "a", Path: "w"}, Column: 9},
		{Severity: SeverityError, Code: "z", Position: Position{File: "z"}},
	}
	require.True(t, HasErrors(list))
	require.False(t, HasErrors(list[:5]))
	SortFindings(list)
	var codes []string
	for _, f := range list {
		codes = append(codes, f.Code)
	}
	require.Equal(t, []string{"z", "d", "c", "a", "b", "a"}, codes)
}

func statuses(row Row) []string {
	list := []string{}
	for _, a := range row.Actions {
		list = append(list, a.Name+" "+a.Status)
	}
	return list
}
