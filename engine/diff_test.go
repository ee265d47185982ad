package engine

import (
	"cmp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// against is an input that is compared with an earlier side.
func against(in Input, kind BaselineKind, from Side) Input {
	in.Against = &Against{Kind: kind, Side: from}
	return in
}

// held is an entitlement that profile(id) grants, as somebody holds it.
func held(ids ...string) []Grant {
	var list []Grant
	for _, id := range ids {
		list = append(list, Grant{DatasourceID: "d", EntityType: "Group", EntityID: id})
	}
	return list
}

// deltas prints what a row says: +gained -lost ?maybe, actions by name, profiles and entitlements by id.
func deltas(row DiffRow) string {
	var list []string
	add := func(sign string, texts []string) {
		for _, text := range texts {
			list = append(list, sign+text)
		}
	}
	actions := func(list []ActionName) (texts []string) {
		for _, a := range list {
			texts = append(texts, a.Workflow+"/"+a.Name)
		}
		return texts
	}
	for _, part := range []struct {
		sign                   string
		actions                []ActionName
		profiles, entitlements []string
	}{
		{"+", row.ActionsGained, row.ProfilesGained, row.EntitlementsGained},
		{"-", row.ActionsLost, row.ProfilesLost, row.EntitlementsLost},
		{"?", row.ActionsMaybe, row.ProfilesMaybe, row.EntitlementsMaybe},
	} {
		add(part.sign, actions(part.actions))
		add(part.sign, part.profiles)
		add(part.sign, part.entitlements)
	}
	add("revoke ", row.RevokesAdded)
	add("keep ", row.RevokesDropped)
	return strings.Join(append([]string{string(row.Status), row.Affected}, list...), " ")
}

// TestMovers: sys_attr__is_mover tells whether a mover property differs from the earlier population.
func TestMovers(t *testing.T) {
	v := &Version{
		MoverProperties: []string{"dept", "site"},
		Workflows:       []Workflow{workflow("move", text(`sys_attr__is_mover eq true`), when(always, "act"))}, Actions: []Action{action("act")},
	}
	for name, tc := range map[string]struct {
		was, is string // "" = not in the earlier population
		moves   bool
	}{
		"same":                         {`{"dept":"a"}`, `{"dept":"a"}`, false},
		"other":                        {`{"dept":"a"}`, `{"dept":"b"}`, true},
		"the second property":          {`{"dept":"a","site":"x"}`, `{"dept":"a","site":"y"}`, true},
		"no property":                  {`{"dept":"a","level":1}`, `{"dept":"a","level":2}`, false},
		"absent both times":            {`{}`, `{}`, false},
		"absent, then null":            {`{}`, `{"dept":null}`, false},
		"null, then empty":             {`{"dept":null}`, `{"dept":""}`, false},
		"empty, then absent":           {`{"dept":""}`, `{}`, false},
		"absent, then a value":         {`{}`, `{"dept":"a"}`, true},
		"a value, then empty":          {`{"dept":"a"}`, `{"dept":""}`, true},
		"blank is a value":             {`{"dept":" "}`, `{"dept":""}`, true},
		"letter case":                  {`{"dept":"a"}`, `{"dept":"A"}`, true},
		"numbers by value":             {`{"dept":1}`, `{"dept":1.0}`, false},
		"numbers by value, exponents":  {`{"dept":100}`, `{"dept":1e2}`, false},
		"large numbers are exact":      {`{"dept":9007199254740993}`, `{"dept":9007199254740992}`, true},
		"a number is no string":        {`{"dept":1}`, `{"dept":"1"}`, true},
		"zero is a value":              {`{"dept":0}`, `{}`, true},
		"false is a value":             {`{"dept":false}`, `{}`, true},
		"equal lists":                  {`{"dept":["a",1.0]}`, `{"dept":["a",1]}`, false},
		"lists in another order":       {`{"dept":["a","b"]}`, `{"dept":["b","a"]}`, true},
		"a list of one is no scalar":   {`{"dept":["a"]}`, `{"dept":"a"}`, true},
		"an empty list is a value":     {`{"dept":[]}`, `{}`, true},
		"objects in another order":     {`{"dept":{"a":1,"b":[{"c":1,"d":2}]}}`, `{"dept":{"b":[{"d":2,"c":1}],"a":1}}`, false},
		"objects with another value":   {`{"dept":{"a":1}}`, `{"dept":{"a":2}}`, true},
		"new identities do not move":   {``, `{"dept":"a"}`, false},
		"the record's own value, true": {`{"dept":"a","sys_attr__is_mover":false}`, `{"dept":"a","sys_attr__is_mover":true}`, false},
		"the record's own value":       {`{"dept":"a"}`, `{"dept":"b","sys_attr__is_mover":false}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			base := crowd(t, cmp.Or(tc.was, `{}`))
			if tc.was == "" {
				base[0].id = "somebody else"
			}
			got := compare(t, against(inputOf(v), BaselinePopulation, Side{}), base, crowd(t, tc.is))
			require.Equal(t, tc.moves, *got.result.Summary.Movers == 1)
			require.Equal(t, tc.moves, len(got.row("i00").ActionsGained) == 1)
		})
	}
}

// TestMoversOfBothVersions: each version has its own mover properties, and attribution asks both.
func TestMoversOfBothVersions(t *testing.T) {
	side := func(property string) Side {
		v := &Version{
			MoverProperties: []string{property},
			Workflows:       []Workflow{workflow("move", text(`sys_attr__is_mover eq true`), when(always, "act"))}, Actions: []Action{action("act")},
		}
		return Side{Version: v, Catalog: &Catalog{}}
	}
	in := against(inputOf(side("dept").Version), BaselineBoth, side("site"))
	base := crowd(t, `{"dept":"a","site":"x"}`, `{"dept":"a","site":"x"}`, `{"dept":"a","site":"x"}`)
	got := compare(t, in, base, crowd(t, `{"dept":"b","site":"x"}`, `{"dept":"a","site":"y"}`, `{"dept":"b","site":"y"}`))
	require.Equal(t, 2, *got.result.Summary.Movers, "under the later version")
	require.Equal(t, []string{"changed yes +move/act", "unchanged no", "changed yes +move/act"}, allDeltas(got))
	a := got.result.Attribution
	require.Equal(t, []int{0, 2, 2}, []int{a.Policy, a.Data, a.Interaction}, "by data under the earlier version: those whose site differs")
}

func allDeltas(c comparison) []string {
	var lines []string
	for _, row := range c.rows {
		lines = append(lines, deltas(row))
	}
	return lines
}

// TestContinuousSync: a workflow without it does not run again for those whose trigger was true before. That concerns limits;
// what the policy wants differs all the same.
func TestContinuousSync(t *testing.T) {
	on := text(`on eq true`)
	for name, tc := range map[string]struct {
		from, to  Test
		synced    bool
		was, is   string // "" = as is; not in the earlier population
		other     bool   // another workflow has a new action too
		want      string
		low, high int // of the limit on the workflow
	}{
		"synced":                        {from: on, to: on, synced: true, is: `{"on":true}`, want: "changed yes +w/more", low: 1, high: 1},
		"not synced":                    {from: on, to: on, is: `{"on":true}`, want: "changed no +w/more"},
		"not synced, false before":      {from: never, to: on, is: `{"on":true}`, want: "changed yes +w/act +w/more", low: 1, high: 1},
		"not synced, not true any more": {from: on, to: never, is: `{"on":true}`, want: "changed no -w/act"},
		"not synced, unknown before":    {from: unknownTest, to: always, is: `{}`, want: "changed maybe +w/more ?w/act", high: 1},
		"not synced, unknown now":       {from: always, to: unknownTest, is: `{}`, want: "maybe no ?w/act ?w/more"},
		"another workflow changes too":  {from: on, to: on, is: `{"on":true}`, other: true, want: "changed yes +w/more +v/other"},
		"data: true before":             {from: on, to: on, was: `{"on":true}`, is: `{"on":true}`, want: "changed no +w/more"},
		"data: false before":            {from: on, to: on, was: `{"on":false}`, is: `{"on":true}`, want: "changed yes +w/act +w/more", low: 1, high: 1},
		"data: false now":               {from: on, to: on, was: `{"on":true}`, is: `{"on":false}`, want: "changed no -w/act"},
		"data: new":                     {from: on, to: on, was: `new`, is: `{"on":true}`, want: "new yes +w/act +w/more", low: 1, high: 1},
	} {
		t.Run(name, func(t *testing.T) {
			version := func(trigger Test, actions ...string) *Version {
				v := &Version{Workflows: []Workflow{workflow("w", trigger, when(always, actions...))}, Actions: []Action{action("act"), action("more"), action("other")}}
				v.Workflows[0].ContinuousSync = tc.synced
				return v
			}
			to := version(tc.to, "act", "more")
			if tc.other {
				to.Workflows = append(to.Workflows, workflow("v", always, when(always, "other")))
			}
			in := against(inputOf(to), BaselinePolicy, Side{Version: version(tc.from, "act"), Catalog: &Catalog{}})
			in.OwnLimits = []OwnLimit{{Name: "w", Workflow: "w", MaxCount: maximum(9)}}
			var base []person
			if tc.was != "" {
				in.Against.Kind = BaselineBoth
				base = crowd(t, strings.Replace(tc.was, "new", "{}", 1))
				if tc.was == "new" {
					base[0].id = "gone"
				}
			}
			got := compare(t, in, base, crowd(t, tc.is))
			require.Equal(t, tc.want, deltas(got.rows[0]))
			l := got.result.Limits[0]
			require.Equal(t, []int{tc.low, tc.high}, []int{l.AffectedLow, l.AffectedHigh})
			require.Equal(t, BasisChanged, l.Basis)
			require.Contains(t, l.NotSeen[0], "continuous_sync")
		})
	}
}

// TestSameNameTwice: workflows of one name match by order, so one that runs again does not hide behind one that does not.
func TestSameNameTwice(t *testing.T) {
	version := func(actions ...string) *Version {
		quiet, synced := workflow("w", always, when(always, "act")), workflow("w", always, when(always, actions...))
		synced.ContinuousSync = true
		return &Version{Workflows: []Workflow{quiet, synced}, Actions: []Action{action("act"), action("more")}}
	}
	got := compare(t, against(inputOf(version("act", "more")), BaselinePolicy, Side{Version: version("act"), Catalog: &Catalog{}}), nil, crowd(t, `{}`))
	require.Equal(t, "changed yes +w/more", deltas(got.rows[0]))
}

// TestRunOnceInDiffs: what history says is done is on no side.
func TestRunOnceInDiffs(t *testing.T) {
	for name, tc := range map[string]struct {
		before, after string // the action on each side: "" = not there, again, once
		done          []Done
		want          string
	}{
		"done before and after":          {"once", "once", []Done{{Action: "act"}}, "unchanged no"},
		"new, and done already":          {"", "once", []Done{{Action: "act"}}, "unchanged no"},
		"new, and done in this workflow": {"", "once", []Done{{Action: "act", Workflow: "w"}}, "unchanged no"},
		"new, and done in another":       {"", "once", []Done{{Action: "act", Workflow: "v"}}, "changed yes +w/act +P +d|Group|g-P"},
		"new, and not done":              {"", "once", []Done{{Action: "other"}}, "changed yes +w/act +P +d|Group|g-P"},
		"new, and it is no run_once":     {"", "again", []Done{{Action: "act"}}, "changed yes +w/act +P +d|Group|g-P"},
		"removed, and done":              {"once", "", []Done{{Action: "act"}}, "unchanged no"},
		"once only now, and done":        {"again", "once", []Done{{Action: "act"}}, "changed yes -w/act -P -d|Group|g-P"},
		"once only now, and not done":    {"again", "once", nil, "unchanged no"},
	} {
		t.Run(name, func(t *testing.T) {
			version := func(how string) *Version {
				v := &Version{Workflows: []Workflow{workflow("w", always, when(always, "act"))}, Actions: []Action{granting("act", "P")}}
				v.Workflows[0].ContinuousSync = true
				v.Actions[0].RunOnce = how == "once"
				if how == "" {
					v.Workflows[0].Conditions = nil
				}
				return v
			}
			in := against(inputOf(version(tc.after), profile("P")), BaselinePolicy, Side{Version: version(tc.before), Catalog: &Catalog{Profiles: []Profile{profile("P")}}})
			in.History = map[string][]Done{"i00": tc.done}
			got := compare(t, in, nil, crowd(t, `{}`))
			require.Equal(t, tc.want, deltas(got.rows[0]))
		})
	}
}

// TestNewAndRemoved: those of one population only.
func TestNewAndRemoved(t *testing.T) {
	v := &Version{Workflows: []Workflow{workflow("w", text(`x eq 1`), when(always, "act"))}, Actions: []Action{granting("act", "P")}}
	base := []person{personOf(t, "stays", `{"x":1}`), personOf(t, "goes", `{"x":1,"is_active":true}`), personOf(t, "goes too", `{"x":2}`), personOf(t, "leaves", `{"is_active":true}`)}
	people := []person{personOf(t, "comes", `{"x":1}`), personOf(t, "stays", `{"x":1}`), personOf(t, "comes too", `{}`), personOf(t, "leaves", `{"is_active":false}`)}
	in := against(inputOf(v, profile("P")), BaselinePopulation, Side{})
	in.OwnLimits = []OwnLimit{
		{Name: "all", Cohort: `not (nobody pr)`, MaxCount: maximum(9)}, {Name: "w", Workflow: "w", MaxCount: maximum(9)}, {Name: "grant", Effect: "grant", MaxCount: maximum(9)},
	}
	in.Guards = []Guard{{Name: "g", Filter: `x pr`, Never: "grant"}}
	in.Policy.Limits = SafetyLimits{EnableChange: true, MaxPercent: percentage(t, "50")}
	in.Rules.Denominator = "baseline"
	got := compare(t, in, base, people)
	require.Equal(t, []string{
		"new yes +w/act +P +d|Group|g-P", "unchanged no", "new no", "unchanged no", "removed_from_source maybe", "removed_from_source maybe",
	}, allDeltas(got))
	require.Equal(t, "comes,stays,comes too,leaves,goes,goes too", ids(got.rows))
	s := got.result.Summary
	require.Equal(t, []int{6, 0, 0, 2, 2, 2, 1, 0, 1, 3}, []int{s.Identities, s.Changed, s.Maybe, s.Unchanged, s.New, s.RemovedFromSource, s.Gained, s.Lost, s.AffectedLow, s.AffectedHigh})
	require.Equal(t, 1, *s.Leavers)
	require.Equal(t, []string{
		"policy percent 50: 1..3 of 4 maybe -1",
		"cohort count 9: 1..3 of 4 ok 6",
		"workflow count 9: 1..2 of 4 ok 7", // who is gone counts where the trigger was true
		"effect count 9: 1..1 of 4 ok 8",
		"guard count 0: 2..2 of 2 exceeded -2", // whoever has it planned, also before
	}, limitLines(got.result.Limits))
	require.Equal(t, []int{1, 0, 1}, []int{got.result.Actions[0].Gained, got.result.Actions[0].Lost, got.result.Actions[0].Unchanged}, "of those who are in both populations")
	require.Equal(t, []int{0, 0, 0}, []int{got.result.Attribution.Policy, got.result.Attribution.Data, got.result.Attribution.Interaction}, "nobody who is in both populations changes")

	in.Rules.AffectedPlanned = true
	got = compare(t, in, base, people)
	require.Equal(t, "policy percent 50: 2..2 of 4 at_limit 0", limitLines(got.result.Limits)[0])
	require.Equal(t, BasisFirstRun, got.result.Limits[0].Basis)
}

func ids(rows []DiffRow) string {
	var list []string
	for _, row := range rows {
		list = append(list, row.EntityID)
	}
	return strings.Join(list, ",")
}

// TestTypeMakesAnAction: an action of another type is another action, whatever its name.
func TestTypeMakesAnAction(t *testing.T) {
	version := func(kind string) *Version {
		a := action("act")
		a.Type = kind
		return &Version{Workflows: []Workflow{workflow("w", always, when(always, "act"))}, Actions: []Action{a}}
	}
	got := compare(t, against(inputOf(version("DELETE_IDENTITY")), BaselinePolicy, Side{Version: version("SYNC_IDENTITIES"), Catalog: &Catalog{}}), nil, crowd(t, `{}`))
	require.Equal(t, "changed no +w/act -w/act", deltas(got.rows[0]), "the workflow does not run again")
	require.Equal(t, []ActionChange{
		{Name: "act", Type: "DELETE_IDENTITY", Effect: "deactivate", Gained: 1}, {Name: "act", Type: "SYNC_IDENTITIES", Effect: "sync", Lost: 1},
	}, got.result.Actions)
	require.Equal(t, 1, got.result.Summary.Deactivated)
	require.True(t, got.result.Summary.Destructive)
}

// TestUnknownIsNoChange: what is unknown on both sides from the same expressions is unchanged, from others it may change.
func TestUnknownIsNoChange(t *testing.T) {
	broken, other := text(`dept eq`), text(`site eq`)
	type sides struct{ trigger, condition, entity Test }
	for name, tc := range map[string]struct {
		from, to sides
		want     string
	}{
		"the same trigger":               {sides{broken, always, always}, sides{broken, always, always}, "unchanged no"},
		"another trigger":                {sides{broken, always, always}, sides{other, always, always}, "maybe maybe ?w/act ?P ?d|Group|e"},
		"the same text elsewhere":        {sides{broken, always, always}, sides{always, broken, always}, "unchanged no"},
		"one more expression":            {sides{broken, always, always}, sides{broken, other, always}, "maybe maybe ?w/act ?P ?d|Group|e"},
		"the same type without a string": {sides{unknownTest, always, always}, sides{unknownTest, always, always}, "unchanged no"},
		"another type":                   {sides{unknownTest, always, always}, sides{Test{Form: FormOtherName, Type: "IN_ORG"}, always, always}, "maybe maybe ?w/act ?P ?d|Group|e"},
		"the entity alone":               {sides{always, always, broken}, sides{always, always, other}, "maybe maybe ?d|Group|e"},
		"the same entity":                {sides{always, always, broken}, sides{always, always, broken}, "unchanged no"},
		"unknown, then certain":          {sides{broken, always, always}, sides{always, always, always}, "maybe maybe ?w/act ?P ?d|Group|e"},
		"unknown, then not":              {sides{broken, always, always}, sides{never, always, always}, "maybe maybe ?w/act ?P ?d|Group|e"},
	} {
		t.Run(name, func(t *testing.T) {
			side := func(s sides) Side {
				p := profile("P")
				p.Entities = []Entity{{DatasourceID: "d", EntityType: "Group", EntityID: "e", Condition: &s.entity}}
				w := workflow("w", s.trigger, when(s.condition, "act"))
				w.ContinuousSync = true
				return Side{Version: &Version{Workflows: []Workflow{w}, Actions: []Action{granting("act", "P")}}, Catalog: &Catalog{Profiles: []Profile{p}}}
			}
			in := inputOf(side(tc.to).Version, side(tc.to).Catalog.Profiles...)
			got := compare(t, against(in, BaselinePolicy, side(tc.from)), nil, crowd(t, `{}`))
			require.Equal(t, tc.want, deltas(got.rows[0]))
			require.Equal(t, 1, got.result.Summary.Unknown)
		})
	}
}

// TestEarlierTriggersAreReasons: where the first match counts, it depends on earlier triggers too whether a workflow counts.
func TestEarlierTriggersAreReasons(t *testing.T) {
	version := func(first Test) *Version {
		return &Version{Workflows: []Workflow{workflow("first", first), workflow("then", always, when(always, "act"))}, Actions: []Action{action("act")}}
	}
	for _, tc := range []struct {
		firstMatch bool
		first      string
		want       string
		maybe      []int // of the workflows
	}{
		{true, `dept eq`, "unchanged no", []int{0, 0}},
		{true, `site eq`, "maybe maybe ?then/act", []int{1, 1}},
		{false, `site eq`, "unchanged no", []int{1, 0}},
	} {
		in := against(inputOf(version(text(tc.first))), BaselinePolicy, Side{Version: version(text(`dept eq`)), Catalog: &Catalog{}})
		in.Rules.FirstMatch = tc.firstMatch
		got := compare(t, in, nil, crowd(t, `{}`))
		require.Equal(t, tc.want, deltas(got.rows[0]))
		require.Equal(t, tc.maybe, []int{got.result.Workflows[0].Maybe, got.result.Workflows[1].Maybe})
	}
}
