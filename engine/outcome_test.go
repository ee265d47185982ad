package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// unknownTest is unknown for everyone.
var unknownTest = Test{Form: FormOtherName, Type: "NODE_IN_GRAPH"}

// never is false for everyone.
var never = text(`nobody pr`)

// TestOrderOfActions: an action stands where its first path that is not false reaches it, and is as certain as its best.
func TestOrderOfActions(t *testing.T) {
	off := func(c Condition) Condition { c.State = StateDisabled; return c }
	offAction := func(a Action) Action { a.State = StateDisabled; return a }
	for name, tc := range map[string]struct {
		trigger    Test
		conditions []Condition
		actions    []Action
		want       []string
	}{
		"conditions, then actions_to_run": {
			conditions: []Condition{when(always, "c", "a"), when(always, "b")},
			actions:    []Action{action("a"), action("b"), action("c")},
			want:       []string{"c planned", "a planned", "b planned"},
		},
		"nested directly after their action": {
			conditions: []Condition{when(always, "a", "d")},
			actions:    []Action{action("a", when(always, "b"), when(always, "c")), action("b", when(always, "e")), action("c"), action("d"), action("e")},
			want:       []string{"a planned", "b planned", "e planned", "c planned", "d planned"},
		},
		"once, at the first place": {
			conditions: []Condition{when(always, "a", "b"), when(always, "b", "a", "c")},
			actions:    []Action{action("a"), action("b"), action("c")},
			want:       []string{"a planned", "b planned", "c planned"},
		},
		"a false path does not place": {
			conditions: []Condition{when(never, "b"), when(always, "a", "b")},
			actions:    []Action{action("a"), action("b")},
			want:       []string{"a planned", "b planned"},
		},
		"a possible path places, a true one makes certain": {
			conditions: []Condition{when(unknownTest, "b"), when(always, "a", "b")},
			actions:    []Action{action("a"), action("b")},
			want:       []string{"b planned", "a planned"},
		},
		"certain below a possible action": {
			conditions: []Condition{when(unknownTest, "a"), when(always, "b")},
			actions:    []Action{action("a", when(always, "c")), action("b", when(always, "c")), action("c", when(always, "d")), action("d")},
			want:       []string{"a possible", "c planned", "d planned", "b planned"},
		},
		"unknown stays unknown below": {
			conditions: []Condition{when(unknownTest, "a")},
			actions:    []Action{action("a", when(always, "b"), when(never, "c")), action("b"), action("c")},
			want:       []string{"a possible", "b possible"},
		},
		"an unknown trigger makes all possible": {
			trigger:    unknownTest,
			conditions: []Condition{when(always, "a")},
			actions:    []Action{action("a", when(always, "b")), action("b")},
			want:       []string{"a possible", "b possible"},
		},
		"a cycle is cut": {
			conditions: []Condition{when(always, "a")},
			actions:    []Action{action("a", when(always, "b")), action("b", when(always, "a", "c")), action("c", when(always, "b"))},
			want:       []string{"a planned", "b planned", "c planned"},
		},
		"a cycle does not plan itself": {
			conditions: []Condition{when(unknownTest, "a")},
			actions:    []Action{action("a", when(always, "b")), action("b", when(always, "a"))},
			want:       []string{"a possible", "b possible"},
		},
		"disabled parts, and all below them": {
			conditions: []Condition{off(when(always, "a")), when(always, "b", "c")},
			actions:    []Action{action("a"), offAction(action("b", when(always, "d"))), action("c", off(when(always, "d"))), action("d")},
			want:       []string{"c planned"},
		},
		"unknown names run nothing": {
			conditions: []Condition{when(always, "ghost", "a")},
			actions:    []Action{action("a")},
			want:       []string{"a planned"},
		},
		"of duplicates the first": {
			conditions: []Condition{when(always, "a")},
			actions:    []Action{action("a", when(always, "b")), action("b"), action("a")},
			want:       []string{"a planned", "b planned"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			trigger := always
			if tc.trigger.Type != "" {
				trigger = tc.trigger
			}
			in := inputOf(&Version{Workflows: []Workflow{workflow("w", trigger, tc.conditions...)}, Actions: tc.actions})
			got := simulate(t, in, crowd(t, `{"x":1}`))
			require.Equal(t, tc.want, statuses(got.rows[0]))
		})
	}
}

func TestSeveralWorkflows(t *testing.T) {
	first, second, third := workflow("first", text(`x eq 1`), when(always, "a")), workflow("second", text(`x ge 1`), when(always, "a", "b")), workflow("third", always, when(always, "b"))
	first.Priority, third.Priority = 2, 1
	in := inputOf(&Version{Workflows: []Workflow{first, second, third}, Actions: []Action{action("a"), action("b")}})
	people := crowd(t, `{"x":1}`, `{"x":2}`, `{}`)

	got := simulate(t, in, people)
	require.Equal(t, []string{"third", "first", "second"}, got.rows[0].WorkflowsMatched, "in evaluation order")
	require.Equal(t, []string{"b planned", "a planned", "a planned", "b planned"}, statuses(got.rows[0]), "once per workflow")
	require.Equal(t, 2, got.result.Actions[0].Planned, "identities, not runs")
	require.Equal(t, 3, got.result.Actions[1].Planned)
	require.Equal(t, 5, got.result.Summary.PlannedActions)
	require.Equal(t, []string{"first", "second", "third"}, []string{got.result.Workflows[0].Name, got.result.Workflows[1].Name, got.result.Workflows[2].Name}, "as listed")

	in.Rules.FirstMatch = true
	got = simulate(t, in, people)
	for _, row := range got.rows {
		require.Equal(t, []string{"third"}, row.WorkflowsMatched)
	}
	in.Rules.PriorityDescending = true
	got = simulate(t, in, people)
	require.Equal(t, []string{"first"}, got.rows[0].WorkflowsMatched)
	require.Equal(t, []string{"third"}, got.rows[1].WorkflowsMatched, "0 is last under descending too")
}

func TestFirstMatchAfterUnknown(t *testing.T) {
	in := inputOf(&Version{Workflows: []Workflow{
		workflow("false", never), workflow("unknown", unknownTest), workflow("true", always), workflow("later", always), workflow("later unknown", unknownTest),
	}})
	in.Rules.FirstMatch = true
	row := simulate(t, in, crowd(t, `{}`)).rows[0]
	require.Empty(t, row.WorkflowsMatched)
	require.Equal(t, []string{"unknown", "true"}, row.WorkflowsUnknown)
}

// TestRowOfProfiles is SPEC section 10 on profiles and entitlements of a row.
func TestRowOfProfiles(t *testing.T) {
	paused := profile("paused", "below-paused")
	paused.State = "PAUSED"
	draft := profile("draft")
	draft.VersionState = StateDraft
	gated := profile("gated")
	gated.Entities = []Entity{
		{DatasourceID: "d", EntityType: "Group", EntityID: "yes", Condition: &Test{Form: FormAbsent, Text: `x eq 1`}},
		{DatasourceID: "d", EntityType: "Group", EntityID: "no", Condition: &Test{Form: FormAbsent, Text: `x eq 2`}},
		{DatasourceID: "d", EntityType: "Group", EntityID: "perhaps", Condition: &unknownTest},
		{DatasourceID: "d", EntityType: "Group", EntityID: "g-plain", Condition: &unknownTest},
		{DatasourceID: "d", EntityType: "Group", NativeID: "native", EntityName: "Native"},
		{DatasourceID: "d", EntityType: "Group", EntityName: "Nameless"},
		{DatasourceID: "d", EntityType: "Role", EntityID: "r", AssignedToType: "User", AssignedToID: "u1"},
		{DatasourceID: "d", EntityType: "Role", EntityID: "r", AssignedToType: "User", AssignedToID: "u2"},
	}
	catalog := []Profile{
		profile("plain", "base", "paused", "gone-inherited"), profile("base"), paused, profile("below-paused"), draft, gated, profile("other", "base", "plain"), profile("deep", "gated"),
	}
	in := inputOf(&Version{
		Workflows: []Workflow{workflow("w", always, when(always, "grant", "sync"), when(unknownTest, "maybe"), when(never, "not"))},
		Actions: []Action{
			granting("grant", "plain", "plain", "paused", "gone", "draft", "gated"), action("sync"),
			granting("maybe", "other", "gone-maybe"), granting("not", "deep"),
		},
	}, catalog...)
	got := simulate(t, in, crowd(t, `{"x":1}`))
	row := got.rows[0]
	require.Equal(t, []string{"draft", "gated", "gone", "paused", "plain"}, row.AccessProfileIDs, "withheld and missing ones included")
	require.Equal(t, []string{"base"}, row.InheritedProfileIDs, "granting ones only, without those that are named")
	require.Equal(t, []string{
		"d|Group|Nameless", "d|Group|g-base", "d|Group|g-plain", "d|Group|native", "d|Group|yes", "d|Role|r",
	}, row.Entitlements, "each string once, whatever it is assigned to")
	require.Equal(t, []string{"d|Group|g-other", "d|Group|perhaps"}, row.PossibleEntitlements, "never also in entitlements")
	require.Equal(t, 7, got.result.Summary.GrantedEntitlements, "by the whole key")
	require.Equal(t, 2, got.result.Summary.PossibleEntitlements)

	byID := make(map[string]ProfileResult)
	for _, p := range got.result.AccessProfiles {
		byID[p.ID] = p
	}
	require.Len(t, byID, 11)
	require.Equal(t, 1, byID["plain"].Direct)
	require.Equal(t, 0, byID["plain"].Inherited)
	require.Equal(t, 1, byID["base"].Inherited)
	require.Equal(t, 1, byID["other"].Possible)
	require.Equal(t, 1, byID["gone-maybe"].Possible)
	require.Equal(t, 1, byID["paused"].Direct)
	require.Zero(t, byID["below-paused"].Inherited, "a withheld profile withholds its whole branch")
	require.Equal(t, "its state is PAUSED, not RUNNING", *byID["paused"].Withheld)
	require.Equal(t, "its current version is DRAFT, not PUBLISHED", *byID["draft"].Withheld)
	require.Nil(t, byID["gone"].Name)
	require.Nil(t, byID["gone"].State)
	require.NotNil(t, byID["gone"].Withheld)
	require.Nil(t, byID["plain"].Withheld)

	in.Rules.GrantInactive = true
	row = simulate(t, in, crowd(t, `{"x":1}`)).rows[0]
	require.Equal(t, []string{"base", "below-paused"}, row.InheritedProfileIDs)
	require.Subset(t, row.Entitlements, []string{"d|Group|g-draft", "d|Group|g-paused", "d|Group|g-below-paused"})
}

// TestUnknownReachesIdentities: an unknown entity condition reaches the identity even where the entity is granted anyway.
func TestUnknownReachesIdentities(t *testing.T) {
	p := profile("P")
	p.Entities = append(p.Entities, p.Entities[0])
	p.Entities[1].Condition = &unknownTest
	in := inputOf(&Version{Workflows: []Workflow{workflow("w", text(`x eq 1`), when(always, "a"))}, Actions: []Action{granting("a", "P")}}, p)
	got := simulate(t, in, crowd(t, `{"x":1}`, `{"x":2}`))
	require.Equal(t, 1, got.result.Summary.Unknown)
	require.Equal(t, 1, got.result.Summary.GrantedEntitlements)
	require.Zero(t, got.result.Summary.PossibleEntitlements)
}

func TestRevokes(t *testing.T) {
	catalog := []Profile{profile("P"), profile("Q")}
	catalog[1].Entities = append(catalog[1].Entities, Entity{DatasourceID: "d", EntityType: "Role", EntityName: "Admins"})
	gate := text(`x eq 9`)
	catalog[0].Entities = append(catalog[0].Entities, Entity{DatasourceID: "d", EntityType: "Gated", EntityID: "gated", Condition: &gate})
	group := func(id string) Grant { return Grant{DatasourceID: "d", EntityType: "Group", EntityID: id} }
	role := func(id, name string) Grant {
		return Grant{DatasourceID: "d", EntityType: "Role", EntityID: id, Name: name}
	}
	for name, tc := range map[string]struct {
		conditions   []Condition
		held         []Grant
		byDatasource bool
		revokes      []string
		possible     []string
	}{
		"nothing held":                        {conditions: []Condition{when(always, "strip P")}},
		"wanted stays":                        {conditions: []Condition{when(always, "strip P")}, held: []Grant{group("g-P")}},
		"what is not wanted goes":             {conditions: []Condition{when(always, "strip P")}, held: []Grant{group("z"), group("g-Q"), group("z")}, revokes: []string{"d|Group|g-Q", "d|Group|z"}},
		"wanted by another action stays":      {conditions: []Condition{when(always, "strip P", "grant Q")}, held: []Grant{group("g-Q"), group("z")}, revokes: []string{"d|Group|z"}},
		"wanted by no grant of relationships": {conditions: []Condition{when(always, "strip P", "custom Q")}, held: []Grant{group("g-Q")}, revokes: []string{"d|Group|g-Q"}},
		"possibly wanted":                     {conditions: []Condition{when(always, "strip P"), when(unknownTest, "grant Q")}, held: []Grant{group("g-Q"), group("z")}, revokes: []string{"d|Group|z"}, possible: []string{"d|Group|g-Q"}},
		"possible removal":                    {conditions: []Condition{when(unknownTest, "strip P")}, held: []Grant{group("z"), group("g-P")}, possible: []string{"d|Group|g-P", "d|Group|z"}},
		"another type":                        {conditions: []Condition{when(always, "strip P")}, held: []Grant{role("r", "")}},
		"another type, by datasource":         {conditions: []Condition{when(always, "strip P")}, held: []Grant{role("r", ""), group("g-P")}, byDatasource: true, revokes: []string{"d|Role|r"}},
		"another datasource":                  {conditions: []Condition{when(always, "strip P")}, held: []Grant{{DatasourceID: "e", EntityType: "Group", EntityID: "z"}}, byDatasource: true},
		"a condition does not narrow scope":   {conditions: []Condition{when(always, "strip P")}, held: []Grant{{DatasourceID: "d", EntityType: "Gated", EntityID: "gated"}}, revokes: []string{"d|Gated|gated"}},
		"wanted by name":                      {conditions: []Condition{when(always, "strip Q")}, held: []Grant{role("r-1", "Admins"), role("r-2", "Users"), role("Admins", "")}, revokes: []string{"d|Role|r-2"}},
		"no removing action":                  {conditions: []Condition{when(always, "grant Q")}, held: []Grant{group("z")}},
	} {
		t.Run(name, func(t *testing.T) {
			custom := granting("custom Q", "Q")
			custom.Type, custom.RemoveExisting = "CUSTOM_ACTION", true
			in := inputOf(&Version{
				Workflows: []Workflow{workflow("w", always, tc.conditions...)},
				Actions:   []Action{removing("strip P", "P"), removing("strip Q", "Q"), granting("grant Q", "Q"), custom},
			}, catalog...)
			in.Rules.RemoveByDatasource = tc.byDatasource
			in.Grants = map[string][]Grant{"i00": tc.held, "nobody": {group("y")}}
			got := simulate(t, in, crowd(t, `{"x":1}`))
			require.Equal(t, append([]string{}, tc.revokes...), got.rows[0].Revokes)
			require.Equal(t, append([]string{}, tc.possible...), got.rows[0].PossibleRevokes)
			require.Equal(t, len(tc.revokes), got.result.Summary.Revokes)
			require.Equal(t, len(tc.possible), got.result.Summary.PossibleRevokes)
			require.Equal(t, len(tc.revokes) > 0, got.result.Summary.Destructive)
			require.Zero(t, got.result.Summary.MayRemoveOthers)
			for _, e := range got.result.Entitlements {
				text := e.DatasourceID + "|" + e.EntityType + "|" + e.EntityID
				require.Equal(t, e.Revoked == 1, slices.Contains(tc.revokes, text), text)
				require.Equal(t, e.MaybeRevoked == 1, slices.Contains(tc.possible, text), text)
			}
		})
	}
}

// TestRevokesWithoutGrants: what is held is not known, so the action may remove others.
func TestRevokesWithoutGrants(t *testing.T) {
	in := inputOf(&Version{Workflows: []Workflow{workflow("w", always, when(text(`x eq 1`), "strip"))}, Actions: []Action{removing("strip", "P")}}, profile("P"))
	got := simulate(t, in, crowd(t, `{"x":1}`, `{"x":1}`, `{"x":2}`))
	require.Equal(t, 2, got.result.Summary.MayRemoveOthers)
	require.False(t, got.result.Summary.Destructive)
	require.True(t, got.result.Actions[0].RemoveExisting)
	require.Equal(t, []string{"warning may-remove-others "}, findingLines(got.findings))
	require.Equal(t, 2, got.findings[0].Count)
}

// TestScale: the work is linear in references, never in paths.
func TestScale(t *testing.T) {
	within := func(t *testing.T, in Input) run {
		t.Helper()
		start := time.Now()
		got := simulate(t, in, crowd(t, `{"x":1}`, `{"x":2}`))
		require.Less(t, time.Since(start), time.Minute)
		return got
	}
	t.Run("3,000 nested actions", func(t *testing.T) {
		v := &Version{Workflows: []Workflow{workflow("w", always, when(always, "a0"))}}
		for i := range 3000 {
			v.Actions = append(v.Actions, action(fmt.Sprint("a", i), when(text(`x pr`), fmt.Sprint("a", (i+1)%3000))))
		}
		got := within(t, inputOf(v))
		require.Len(t, got.rows[0].Actions, 3000)
		require.Equal(t, "a2999", got.rows[0].Actions[2999].Name)
		require.Equal(t, 6000, got.result.Summary.PlannedActions)
		require.Equal(t, []string{"error action-cycle run.a0"}, findingLines(got.findings))
	})
	t.Run("2,000 inherited profiles", func(t *testing.T) {
		var catalog []Profile
		for i := range 2000 {
			catalog = append(catalog, profile(fmt.Sprint("p", i), fmt.Sprint("p", (i+1)%2000)))
		}
		got := within(t, inputOf(&Version{Workflows: []Workflow{workflow("w", always, when(always, "a"))}, Actions: []Action{granting("a", "p0")}}, catalog...))
		require.Len(t, got.rows[0].Entitlements, 2000)
		require.Len(t, got.rows[0].InheritedProfileIDs, 1999)
		require.Equal(t, []string{"error inheritance-cycle profiles.p1999.p0"}, findingLines(got.findings))
	})
	const layers, width = 20, 20
	t.Run("layered diamonds of actions", func(t *testing.T) {
		names := func(layer int) (list []string) {
			for i := range width {
				list = append(list, fmt.Sprintf("a%d.%d", layer, i))
			}
			return list
		}
		v := &Version{Workflows: []Workflow{workflow("w", always, when(always, names(0)...))}}
		for layer := range layers {
			for _, name := range names(layer) {
				a := action(name)
				if layer+1 < layers {
					a.Conditions = []Condition{when(text(`x pr`), names(layer+1)...)}
				}
				v.Actions = append(v.Actions, a)
			}
		}
		got := within(t, inputOf(v))
		require.Len(t, got.rows[0].Actions, layers*width)
		require.Empty(t, got.findings)
	})
	t.Run("layered diamonds of profiles", func(t *testing.T) {
		var catalog []Profile
		for layer := range layers {
			for i := range width {
				var below []string
				if layer+1 < layers {
					for j := range width {
						below = append(below, fmt.Sprintf("p%d.%d", layer+1, j))
					}
				}
				catalog = append(catalog, profile(fmt.Sprintf("p%d.%d", layer, i), below...))
			}
		}
		got := within(t, inputOf(&Version{Workflows: []Workflow{workflow("w", always, when(always, "a"))}, Actions: []Action{granting("a", "p0.0", "p0.1")}}, catalog...))
		require.Len(t, got.rows[0].Entitlements, 2+(layers-1)*width)
		require.Empty(t, got.findings)
	})
	t.Run("many references to nothing", func(t *testing.T) {
		c := when(always)
		v := &Version{}
		for i := range 3000 {
			c.Actions = append(c.Actions, ActionRef{Name: fmt.Sprint("nothing like it ", i)})
			v.Actions = append(v.Actions, action(fmt.Sprint("an action by name ", i)))
		}
		v.Workflows = []Workflow{workflow("w", always, c)}
		require.Len(t, within(t, inputOf(v)).codes(SeverityError), 3000)
	})
}

// TestClassesAreCapped: the list is, the counts are not.
func TestClassesAreCapped(t *testing.T) {
	v := &Version{}
	for i := range 11 {
		v.Workflows = append(v.Workflows, workflow(fmt.Sprint(i), text(fmt.Sprintf("b%d pr", i))))
	}
	var people []person
	for i := range 1 << 11 {
		record := "{"
		for b := range 11 {
			if i>>b&1 == 1 {
				if len(record) > 1 {
					record += ","
				}
				record += fmt.Sprintf(`"b%d":1`, b)
			}
		}
		people = append(people, personOf(t, fmt.Sprint(i), record+"}"))
	}
	people = append(people, person{"again", people[1500].record})
	r := simulate(t, inputOf(v), people).result
	require.Equal(t, 2048, r.ClassesTotal)
	require.Equal(t, 2048, r.Summary.Classes)
	require.Len(t, r.Classes, 1000)
	require.Equal(t, 1500, r.Classes[0].ID, "the largest first")
	require.Equal(t, 2, r.Classes[0].Size)
	require.Equal(t, "1500", r.Classes[0].Exemplar)
	require.Equal(t, 0, r.Classes[1].ID)
}

// TestNobody: a simulation without identities gives a whole result with empty lists.
func TestNobody(t *testing.T) {
	in := inputOf(&Version{Workflows: []Workflow{workflow("w", always, when(always, "a"))}, Actions: []Action{granting("a", "P")}}, profile("P"))
	got := simulate(t, in, nil)
	require.Empty(t, got.rows)
	require.Zero(t, got.result.Summary.Identities)
	require.NotNil(t, got.result.Classes)
	require.NotNil(t, got.result.Limits)
	require.NotNil(t, got.result.Sensitivity)
	require.Len(t, got.result.Entitlements, 1)
}

// TestSensitivityOfRevokes: a rule that changes no more than what an identity would lose flips it only if it holds that.
func TestSensitivityOfRevokes(t *testing.T) {
	inactive := profile("P")
	inactive.State = "PAUSED"
	inactive.Entities[0].Condition = &never
	flag := text(`x eq 1 and kind co "A"`)
	gated := profile("Q")
	gated.Entities = []Entity{{DatasourceID: "e", EntityType: "Role", EntityID: "r", Condition: &flag}, {DatasourceID: "e", EntityType: "Role", EntityID: "s"}}
	held := func(datasource, kind, id string) []Grant {
		return []Grant{{DatasourceID: datasource, EntityType: kind, EntityID: id}}
	}
	custom := granting("custom", "R")
	custom.Type = "CUSTOM_ACTION"
	open := profile("R")
	open.Entities = []Entity{{DatasourceID: "e", EntityType: "Role", EntityID: "r"}}
	in := inputOf(&Version{
		Workflows: []Workflow{workflow("w", always, when(always, "strip", "custom"))},
		Actions:   []Action{removing("strip", "P", "Q"), custom},
	}, inactive, gated, open)
	people := crowd(t, `{"x":1,"kind":["ABC"]}`, `{"x":1,"kind":["ABC"]}`, `{"x":1,"kind":["ABC"]}`, `{"x":1,"kind":["ABC"]}`)
	flips := func(grants map[string][]Grant) []string {
		in.Grants = grants
		lines := []string{}
		for _, s := range simulate(t, in, people).result.Sensitivity {
			lines = append(lines, fmt.Sprint(s.Rule, "=", s.Alternative, " ", s.Identities))
		}
		return lines
	}
	require.Equal(t, []string{}, flips(nil))
	require.ElementsMatch(t, []string{"filter.list_co=substring 1", "relationships.remove_scope=datasource 1", "profile.inactive=grant 2"}, flips(map[string][]Grant{
		"i00": held("d", "Group", "z"), // in the scope of the paused profile
		"i01": held("d", "Group", "g-P"),
		"i02": held("e", "Role", "r"), // granted anyway, but by no action that counts as wanting it
		"i03": held("e", "Group", "z"),
	}))
}
