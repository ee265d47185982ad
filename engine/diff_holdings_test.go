package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGrantsBaseline: what is wanted against what is held. One identity a case; the counts are real grants, no-ops, revokes,
// drift and maybe.
func TestGrantsBaseline(t *testing.T) {
	named := profile("N")
	named.Entities = []Entity{{DatasourceID: "d", EntityType: "Role", EntityName: "Admins"}}
	doubtful := profile("D")
	doubtful.Entities[0].Condition = &unknownTest
	twice := profile("T")
	twice.Entities = []Entity{
		{DatasourceID: "d", EntityType: "Role", EntityID: "r", AssignedToType: "User", AssignedToID: "u1"},
		{DatasourceID: "d", EntityType: "Role", EntityID: "r", AssignedToType: "User", AssignedToID: "u2"},
	}
	role := func(id, name string) []Grant {
		return []Grant{{DatasourceID: "d", EntityType: "Role", EntityID: id, Name: name}}
	}
	odd := action("odd")
	odd.Type = "UNKNOWN(99)"
	leave := action("leave")
	leave.Type = "DELETE_IDENTITY"
	v := func(conditions ...Condition) *Version {
		return &Version{
			Workflows: []Workflow{workflow("w", always, conditions...)},
			Actions: []Action{
				granting("P", "P"), granting("N", "N"), granting("D", "D"), granting("T", "T"), granting("Q", "Q"),
				removing("strip P", "P"), removing("strip D", "D"), action("sync"), leave, odd,
			},
		}
	}
	for name, tc := range map[string]struct {
		conditions []Condition
		held       []Grant
		want       string
		counts     []int
	}{
		"nothing wanted, nothing held":      {nil, nil, "unchanged no", []int{0, 0, 0, 0, 0}},
		"a real grant":                      {[]Condition{when(always, "P")}, nil, "changed yes +d|Group|g-P", []int{1, 0, 0, 0, 0}},
		"a no-op":                           {[]Condition{when(always, "P")}, held("g-P"), "unchanged no", []int{0, 1, 0, 0, 0}},
		"a no-op, listed twice":             {[]Condition{when(always, "P")}, held("g-P", "g-P"), "unchanged no", []int{0, 1, 0, 0, 0}},
		"drift":                             {[]Condition{when(always, "P")}, held("g-P", "z", "z"), "unchanged no", []int{0, 1, 0, 1, 0}},
		"drift of a profile not granted":    {[]Condition{when(never, "Q")}, held("g-Q"), "unchanged no", []int{0, 0, 0, 1, 0}},
		"a revoke":                          {[]Condition{when(always, "strip P")}, held("g-P", "z"), "changed yes -d|Group|z revoke d|Group|z", []int{0, 1, 1, 0, 0}},
		"a revoke and a real grant":         {[]Condition{when(always, "strip P")}, held("z"), "changed yes +d|Group|g-P -d|Group|z revoke d|Group|z", []int{1, 0, 1, 0, 0}},
		"drift out of scope":                {[]Condition{when(always, "strip P")}, role("r", ""), "changed yes +d|Group|g-P", []int{1, 0, 0, 1, 0}},
		"perhaps granted":                   {[]Condition{when(always, "D")}, nil, "maybe maybe ?d|Group|g-D", []int{0, 0, 0, 0, 1}},
		"perhaps granted, held":             {[]Condition{when(always, "D")}, held("g-D"), "unchanged no", []int{0, 1, 0, 0, 0}},
		"perhaps revoked":                   {[]Condition{when(unknownTest, "strip P")}, held("g-P", "z"), "maybe maybe ?d|Group|g-P ?d|Group|z", []int{0, 0, 0, 0, 2}},
		"perhaps wanted, so perhaps":        {[]Condition{when(always, "strip D")}, held("g-D"), "maybe maybe ?d|Group|g-D", []int{0, 0, 0, 0, 1}},
		"wanted by name, held":              {[]Condition{when(always, "N")}, role("r-7", "Admins"), "unchanged no", []int{0, 1, 0, 0, 0}},
		"wanted by name, held by that id":   {[]Condition{when(always, "N")}, role("Admins", ""), "unchanged no", []int{0, 1, 0, 0, 0}},
		"wanted by name, another held":      {[]Condition{when(always, "N")}, role("r-7", "Users"), "changed yes +d|Role|Admins", []int{1, 0, 0, 1, 0}},
		"a name is not compared with an id": {[]Condition{when(always, "P")}, []Grant{{DatasourceID: "d", EntityType: "Group", EntityID: "7", Name: "g-P"}}, "changed yes +d|Group|g-P", []int{1, 0, 0, 1, 0}},
		"held, assigned twice":              {[]Condition{when(always, "T")}, role("r", ""), "unchanged no", []int{0, 2, 0, 0, 0}},
		"not held, assigned twice":          {[]Condition{when(always, "T")}, nil, "changed yes +d|Role|r", []int{2, 0, 0, 0, 0}},
		"a sync says nothing":               {[]Condition{when(always, "sync")}, held("z"), "unchanged no", []int{0, 0, 0, 1, 0}},
		"a deactivation of a holder":        {[]Condition{when(always, "leave")}, held("z"), "changed yes +w/leave", []int{0, 0, 0, 1, 0}},
		"a deactivation of no holder":       {[]Condition{when(always, "leave")}, nil, "unchanged no", []int{0, 0, 0, 0, 0}},
		"perhaps a deactivation":            {[]Condition{when(unknownTest, "leave")}, held("z"), "maybe maybe ?w/leave", []int{0, 0, 0, 1, 0}},
		"an undocumented type":              {[]Condition{when(always, "odd")}, held("z"), "maybe maybe ?w/odd", []int{0, 0, 0, 1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			in := against(inputOf(v(tc.conditions...), profile("P"), named, doubtful, twice, profile("Q")), BaselineGrants, Side{})
			in.Grants = map[string][]Grant{"somebody": held("y")}
			if tc.held != nil {
				in.Grants["i00"] = tc.held
			}
			in.OwnLimits = []OwnLimit{{Name: "w", Workflow: "w", MaxCount: maximum(9)}, {Name: "v", Workflow: "v", MaxCount: maximum(9)}}
			got := compare(t, in, nil, crowd(t, `{}`))
			require.Equal(t, tc.want, deltas(got.rows[0]))
			s, h := got.result.Summary, got.result.Summary.Holdings
			require.Equal(t, tc.counts, []int{h.RealGrants, h.NoOps, h.Revokes, h.Drift, h.Maybe})
			require.Equal(t, []int{h.RealGrants, h.Revokes, h.Maybe}, []int{s.EntitlementsGained, s.EntitlementsLost, s.EntitlementsMaybe})
			require.Equal(t, []int{s.AffectedLow, s.AffectedHigh}, []int{got.result.Limits[0].AffectedLow, got.result.Limits[0].AffectedHigh}, "there is one workflow")
			require.Zero(t, got.result.Limits[1].AffectedHigh)
			require.Equal(t, strings.Contains(tc.want, "+w/leave"), got.result.Workflows[0].Changed == 1)
			require.Equal(t, BasisChanged, got.result.Limits[0].Basis)
		})
	}
}

// TestHeldSums counts the same over a population, by entitlement and by action.
func TestHeldSums(t *testing.T) {
	leave := action("leave")
	leave.Type = "DELETE_IDENTITY"
	in := against(inputOf(&Version{
		Workflows: []Workflow{workflow("w", text(`x ge 1`), when(always, "strip")), workflow("leave", text(`x eq 9`), when(always, "leave")), workflow("again", text(`x eq 9`), when(always, "leave"))},
		Actions:   []Action{removing("strip", "P"), leave},
	}, profile("P")), BaselineGrants, Side{})
	in.Grants = map[string][]Grant{"i00": held("z"), "i01": held("z", "g-P"), "i03": held("z")}
	got := compare(t, in, nil, crowd(t, `{"x":1}`, `{"x":9}`, `{"x":9}`, `{}`))
	require.Equal(t, []string{
		"changed yes +d|Group|g-P -d|Group|z revoke d|Group|z", "changed yes +leave/leave +again/leave -d|Group|z revoke d|Group|z", "changed yes +d|Group|g-P", "unchanged no",
	}, allDeltas(got))
	require.Equal(t, Holdings{RealGrants: 2, NoOps: 1, Revokes: 2, Drift: 1}, *got.result.Summary.Holdings)
	require.Equal(t, []EntitlementChange{
		{DatasourceID: "d", EntityType: "Group", EntityID: "g-P", Gained: 2, Unchanged: 1},
		{DatasourceID: "d", EntityType: "Group", EntityID: "z", Lost: 2, Revoked: 2},
	}, got.result.Entitlements)
	require.Equal(t, []int{1, 2}, []int{got.result.Actions[1].Gained, got.result.Summary.ActionsGained}, "identities, and runs")
	require.Equal(t, []int{0, 1, 1}, []int{got.result.Workflows[0].Changed, got.result.Workflows[1].Changed, got.result.Workflows[2].Changed})
	require.Equal(t, []int{1, 2, 3}, []int{got.result.Summary.Deactivated, got.result.Summary.Revoked, got.result.Summary.Changed})
	require.True(t, got.result.Summary.Destructive)
}

// TestMembersBaseline: exported membership, by entity_id and by the tenant's own id.
func TestMembersBaseline(t *testing.T) {
	gate, leave := text(`x eq 1`), action("leave")
	leave.Type = "DEPROVISION_IDENTITY"
	for name, tc := range map[string]struct {
		record              string
		p, q                []string // members
		want                string
		withheld, unmatched bool
	}{
		"nobody is a member":               {`{"get":true}`, nil, []string{"x"}, "changed yes +P +base +d|Group|g-P +d|Group|g-base", false, true},
		"a member already":                 {`{"get":true}`, []string{"i00"}, nil, "unchanged no", false, false},
		"by the tenant's own id":           {`{"get":true,"id":"t-1"}`, []string{"t-1"}, nil, "unchanged no", false, false},
		"by both ids":                      {`{"get":true,"id":"t-1"}`, []string{"i00", "t-1"}, nil, "unchanged no", false, false},
		"the id is of another attribute":   {`{"get":true,"uuid":"t-1"}`, []string{"t-1"}, nil, "changed yes +P +base +d|Group|g-P +d|Group|g-base", false, true},
		"an id that is no string":          {`{"get":true,"id":7}`, []string{"7"}, nil, "changed yes +P +base +d|Group|g-P +d|Group|g-base", false, true},
		"a member no more":                 {`{}`, []string{"i00"}, nil, "changed yes -P -base -d|Group|g-P -d|Group|g-base", false, false},
		"a member of a profile not named":  {`{"get":true}`, []string{"i00"}, []string{"i00"}, "changed yes -Q -d|Group|g-Q", false, false},
		"what both inherit stays":          {`{"get":true}`, nil, []string{"i00"}, "changed yes +P +d|Group|g-P -Q -d|Group|g-Q", false, false},
		"a conditional entity counts now":  {`{"get":true,"x":1}`, []string{"i00"}, nil, "unchanged no", false, false},
		"a member who is to be left":       {`{"go":true}`, []string{"i00"}, nil, "changed yes +w/leave -P -base -d|Group|g-P -d|Group|g-base", false, false},
		"left already: a member of no one": {`{"go":true}`, nil, []string{"x"}, "unchanged no", false, true},
		"a sync was applied before":        {`{"sync":true}`, nil, []string{"x"}, "unchanged no", false, true},
		"a withheld profile brings naught": {`{"get":true}`, []string{"i00"}, nil, "unchanged no", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			p, q, base := profile("P", "base"), profile("Q", "base"), profile("base")
			p.Members, q.Members = tc.p, tc.q
			p.Entities = append(p.Entities, Entity{DatasourceID: "d", EntityType: "Group", EntityID: "gated", Condition: &gate})
			if tc.withheld {
				p.State = "PAUSED"
			}
			in := against(inputOf(&Version{
				Workflows: []Workflow{workflow("w", always, when(text(`get eq true`), "grant"), when(text(`go eq true`), "leave"), when(text(`sync eq true`), "sync"))},
				Actions:   []Action{granting("grant", "P"), leave, action("sync")},
			}, p, q, base), BaselineMembers, Side{})
			got := compare(t, in, nil, crowd(t, tc.record))
			require.Equal(t, tc.want, deltas(got.rows[0]))
			unmatched := strings.Contains(strings.Join(findingLines(got.findings), "\n"), "members-unmatched")
			require.Equal(t, tc.unmatched, unmatched)
		})
	}
}

// TestRevokesBetweenSides: with a grants file, what is taken away now and was not before changes an identity, and the reverse.
func TestRevokesBetweenSides(t *testing.T) {
	plain, strip := when(always, "plain P"), when(always, "strip P")
	perhaps := func(c Condition) Condition { c.Test = unknownTest; return c }
	for name, tc := range map[string]struct {
		from, to []Condition
		held     []Grant
		want     string
		revoked  [2]int
	}{
		"removes now":             {[]Condition{plain}, []Condition{plain, strip}, held("g-P", "z"), "changed yes +w/strip P revoke d|Group|z", [2]int{1, 0}},
		"removed before":          {[]Condition{plain, strip}, []Condition{plain}, held("g-P", "z"), "changed yes -w/strip P keep d|Group|z", [2]int{0, 0}},
		"removes both times":      {[]Condition{strip}, []Condition{strip}, held("z"), "unchanged no", [2]int{0, 0}},
		"nothing held":            {[]Condition{plain}, []Condition{plain, strip}, nil, "changed yes +w/strip P", [2]int{0, 0}},
		"removes perhaps":         {[]Condition{plain}, []Condition{plain, perhaps(strip)}, held("z"), "maybe maybe ?w/strip P", [2]int{0, 1}},
		"removed perhaps":         {[]Condition{plain, perhaps(strip)}, []Condition{plain}, held("z"), "maybe maybe ?w/strip P", [2]int{0, 0}},
		"perhaps both times":      {[]Condition{plain, perhaps(strip)}, []Condition{plain, perhaps(strip)}, held("z"), "unchanged no", [2]int{0, 0}},
		"surely before, perhaps":  {[]Condition{plain, strip}, []Condition{plain, perhaps(strip)}, held("z"), "maybe maybe ?w/strip P", [2]int{0, 0}},
		"perhaps before, surely":  {[]Condition{plain, perhaps(strip)}, []Condition{plain, strip}, held("z"), "maybe maybe ?w/strip P", [2]int{0, 1}},
		"wanted before, and held": {[]Condition{strip, when(always, "plain Q")}, []Condition{strip}, held("g-Q"), "changed yes -w/plain Q -Q -d|Group|g-Q revoke d|Group|g-Q", [2]int{1, 0}},
		"wanted by a custom action": {[]Condition{strip, when(always, "plain Q", "custom Q")}, []Condition{strip, when(always, "custom Q")}, held("g-Q"),
			"changed yes -w/plain Q revoke d|Group|g-Q", [2]int{1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			custom := granting("custom Q", "Q")
			custom.Type = "CUSTOM_ACTION"
			version := func(conditions []Condition) *Version {
				w := workflow("w", always, conditions...)
				w.ContinuousSync = true
				return &Version{Workflows: []Workflow{w}, Actions: []Action{granting("plain P", "P"), removing("strip P", "P"), granting("plain Q", "Q"), custom}}
			}
			catalog := []Profile{profile("P"), profile("Q")}
			in := against(inputOf(version(tc.to), catalog...), BaselinePolicy, Side{Version: version(tc.from), Catalog: &Catalog{Profiles: catalog}})
			in.Grants = map[string][]Grant{"i00": tc.held, "nobody": held("y")}
			got := compare(t, in, nil, crowd(t, `{}`))
			require.Equal(t, tc.want, deltas(got.rows[0]))
			require.Equal(t, tc.revoked, [2]int{got.result.Summary.Revoked, got.result.Summary.MaybeRevoked})
		})
	}
}

// TestRemovalSwitchedOn: the same action begins to remove others. With a grants file it is known from whom, without not.
func TestRemovalSwitchedOn(t *testing.T) {
	for name, tc := range map[string]struct {
		before, after, synced bool
		grants                map[string][]Grant
		want                  string
		low, high             int // of the limit on the workflow
	}{
		"held, synced":             {false, true, true, map[string][]Grant{"i00": held("z")}, "changed yes revoke d|Group|z", 1, 1},
		"held, does not run again": {false, true, false, map[string][]Grant{"i00": held("z")}, "changed no revoke d|Group|z", 0, 0},
		"nothing held":             {false, true, true, map[string][]Grant{"i01": held("z")}, "unchanged no", 0, 0},
		"not known":                {false, true, true, nil, "maybe maybe", 0, 1},
		"not known, not run again": {false, true, false, nil, "maybe no", 0, 0},
		"not known, as before":     {true, true, true, nil, "unchanged no", 0, 0},
		"not known, switched off":  {true, false, true, nil, "unchanged no", 0, 0},
		"held, switched off":       {true, false, true, map[string][]Grant{"i00": held("z")}, "changed yes keep d|Group|z", 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			version := func(removes bool) *Version {
				w := workflow("w", always, when(always, "act"))
				w.ContinuousSync = tc.synced
				a := granting("act", "P")
				a.RemoveExisting = removes
				return &Version{Workflows: []Workflow{w}, Actions: []Action{a}}
			}
			from := Side{Version: version(tc.before), Catalog: &Catalog{Profiles: []Profile{profile("P")}}}
			in := against(inputOf(version(tc.after), profile("P")), BaselinePolicy, from)
			in.Against.Edits = NewEdits(from, Side{Version: in.Version, Catalog: in.Catalog})
			in.Grants = tc.grants
			in.OwnLimits = []OwnLimit{{Name: "w", Workflow: "w", MaxCount: maximum(9)}}
			got := compare(t, in, nil, crowd(t, `{}`, `{}`))
			require.Equal(t, tc.want, deltas(got.rows[0]))
			l := got.result.Limits[0]
			if tc.grants == nil {
				tc.high *= 2
			}
			if tc.grants["i01"] != nil {
				tc.low, tc.high = 1, 1
			}
			require.Equal(t, []int{tc.low, tc.high}, []int{l.AffectedLow, l.AffectedHigh})
			a := got.result.Attribution
			require.Equal(t, []int{got.result.Summary.Changed, 0}, []int{a.Policy, a.Remainder}, "edits are judged with what is held")
			for _, e := range a.Edits {
				require.Equal(t, a.Policy, e.Alone)
			}
		})
	}
}

// TestOthersWantsStay: what a workflow takes away is what nobody wants, also where it is judged alone.
func TestOthersWantsStay(t *testing.T) {
	version := func(strips bool) *Version {
		strip := granting("strip", "P")
		strip.RemoveExisting = strips
		v := &Version{
			Workflows: []Workflow{workflow("w", always, when(always, "strip")), workflow("v", always, when(always, "grant"))},
			Actions:   []Action{strip, granting("grant", "Q")},
		}
		v.Workflows[0].ContinuousSync = true
		return v
	}
	catalog := []Profile{profile("P"), profile("Q")}
	in := against(inputOf(version(true), catalog...), BaselinePolicy, Side{Version: version(false), Catalog: &Catalog{Profiles: catalog}})
	in.Grants = map[string][]Grant{"i00": held("g-Q"), "i01": held("g-Q", "z")}
	in.OwnLimits = []OwnLimit{{Name: "w", Workflow: "w", MaxCount: maximum(9)}}
	got := compare(t, in, nil, crowd(t, `{}`, `{}`))
	require.Equal(t, []string{"unchanged no", "changed yes revoke d|Group|z"}, allDeltas(got))
	require.Equal(t, []string{"workflow count 9: 1..1 of 2 ok 8"}, limitLines(got.result.Limits))

	in.Against = &Against{Kind: BaselineGrants}
	got = compare(t, in, nil, crowd(t, `{}`, `{}`))
	require.Equal(t, []string{"changed yes +d|Group|g-P", "changed yes +d|Group|g-P -d|Group|z revoke d|Group|z"}, allDeltas(got))
	in.Grants["i00"] = held("g-P", "g-Q")
	got = compare(t, in, nil, crowd(t, `{}`, `{}`))
	require.Equal(t, []string{"workflow count 9: 1..1 of 2 ok 8"}, limitLines(got.result.Limits))
}

// TestLastHolders: guards on those who lose something that nobody has in the end.
func TestLastHolders(t *testing.T) {
	leave := action("leave")
	leave.Type = "DELETE_IDENTITY"
	v := func(conditions ...Condition) *Version {
		w := workflow("w", always, conditions...)
		w.ContinuousSync = true
		return &Version{Workflows: []Workflow{w}, Actions: []Action{removing("strip", "P"), granting("grant", "Z"), leave}}
	}
	z := profile("Z")
	z.Entities[0].EntityID = "z"
	catalog := []Profile{profile("P"), z}
	strip, leaver, get := when(text(`strip eq true`), "strip"), when(text(`go eq true`), "leave"), when(text(`get eq true`), "grant")
	perhaps := when(text(`perhaps eq true and x gt true`), "strip")
	both := map[string][]Grant{"i00": held("z"), "i01": held("z")}
	one := map[string][]Grant{"i00": held("z")}
	for name, tc := range map[string]struct {
		grants     map[string][]Grant
		first, two string // records
		want       string // hit of the guard: in a simulation, and in a diff with a policy that does nothing
	}{
		"the last one loses it":           {one, `{"strip":true}`, `{}`, "1..1 1..1"},
		"another keeps it":                {both, `{"strip":true}`, `{}`, "0..0 0..0"},
		"both lose it":                    {both, `{"strip":true}`, `{"strip":true}`, "2..2 2..2"},
		"another gets it":                 {one, `{"strip":true}`, `{"get":true}`, "0..0 0..0"},
		"another gets it and leaves":      {one, `{"strip":true}`, `{"get":true,"go":true}`, "1..1 1..1"},
		"the last one leaves":             {one, `{"go":true}`, `{}`, "1..1 1..1"},
		"the last one leaves, has it too": {one, `{"go":true,"get":true}`, `{}`, "1..1 1..1"},
		"it is perhaps taken away":        {one, `{"perhaps":true}`, `{}`, "0..1 0..1"},
		"another perhaps loses it":        {both, `{"strip":true}`, `{"perhaps":true}`, "0..2 0..2"},
		"nobody holds it":                 {map[string][]Grant{"i01": held("g-P")}, `{"strip":true}`, `{}`, "0..0 0..0"},
		"not known what is held":          {nil, `{"strip":true}`, `{"go":true}`, "0..2 0..2"},
		"not known, and nothing happens":  {nil, `{}`, `{"get":true}`, "0..0 0..0"},
	} {
		t.Run(name, func(t *testing.T) {
			in := inputOf(v(strip, leaver, get, perhaps), catalog...)
			in.Grants = tc.grants
			in.Guards = []Guard{{Name: "last", Filter: `not (nobody pr)`, Never: EffectLastHolder}}
			people := crowd(t, tc.first, tc.two)
			hit := func(l LimitResult) string { return fmt.Sprintf("%d..%d", l.AffectedLow, l.AffectedHigh) }
			simulated := simulate(t, in, people).result.Limits[0]
			compared := compare(t, against(in, BaselinePolicy, Side{Version: v(), Catalog: in.Catalog}), nil, people).result.Limits[0]
			require.Equal(t, tc.want, hit(simulated)+" "+hit(compared))
			if simulated.AffectedHigh > 0 {
				require.Equal(t, "i00", simulated.Exemplars[0])
				require.Equal(t, "i00", compared.Exemplars[0])
			}
		})
	}
}

// TestLastHoldersByPolicy: without a grants file it counts what the sides give.
func TestLastHoldersByPolicy(t *testing.T) {
	for name, tc := range map[string]struct {
		from, to string // triggers
		records  []string
		want     string
	}{
		"one of two loses it":    {`x pr`, `x eq 1`, []string{`{"x":1}`, `{"x":2}`}, "0..0"},
		"both lose it":           {`x pr`, `x eq 3`, []string{`{"x":1}`, `{"x":2}`}, "2..2"},
		"it moves":               {`x eq 1`, `x eq 2`, []string{`{"x":1}`, `{"x":2}`}, "0..0"},
		"it perhaps stays":       {`x pr`, `x gt true`, []string{`{"x":1}`}, "0..1"},
		"another perhaps keeps":  {`x pr`, `x eq 2 and x gt true`, []string{`{"x":1}`, `{"x":2}`}, "0..2"},
		"nobody had it":          {`x eq 9`, `x eq 8`, []string{`{"x":1}`}, "0..0"},
		"the last one leaves":    {`x pr`, `x pr`, []string{`{"x":1,"go":true}`}, "1..1"},
		"one of two leaves":      {`x pr`, `x pr`, []string{`{"x":1,"go":true}`, `{"x":2}`}, "0..1"},
		"one leaves, who has it": {`x pr`, `x eq 1`, []string{`{"x":1,"go":true}`, `{"x":2}`}, "2..2"},
	} {
		t.Run(name, func(t *testing.T) {
			leave := action("leave")
			leave.Type = "DELETE_IDENTITY"
			version := func(trigger string, more ...Workflow) *Version {
				return &Version{Workflows: append(more, workflow("w", text(trigger), when(always, "act"))), Actions: []Action{granting("act", "P"), leave}}
			}
			to := version(tc.to, workflow("leave", text(`go eq true`), when(always, "leave")))
			in := against(inputOf(to, profile("P")), BaselinePolicy, Side{Version: version(tc.from), Catalog: &Catalog{Profiles: []Profile{profile("P")}}})
			in.Guards = []Guard{{Name: "last", Filter: `not (nobody pr)`, Never: EffectLastHolder}}
			l := compare(t, in, nil, crowd(t, tc.records...)).result.Limits[0]
			require.Equal(t, tc.want, fmt.Sprintf("%d..%d", l.AffectedLow, l.AffectedHigh))
		})
	}
}
