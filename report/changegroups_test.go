package report

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/engine"
)

// groupLine is a group on one line.
func groupLine(g changeGroup) string {
	return fmt.Sprintf("%s -%d +%d ?%d d%d r%d", g.ID, g.Lost, g.Gained, g.Maybe, g.Deactivated, g.Revoked)
}

func groupLines(d Renderable) []string { return textEach(changeGroups(d), groupLine) }

func TestChangeGroupsOfADiff(t *testing.T) {
	d := NewDiff(sampleDiffInput())
	require.Equal(t, []string{
		"limit:policy:percent:max_identities_affected_percentage -0 +0 ?0 d0 r0",
		"unknown -0 +0 ?4 d0 r0",
		"entitlement:okta-prod|OktaGroup|00g00002 -80 +0 ?0 d0 r0",
		"entitlement:okta-prod|OktaGroup|00g00001 -40 +228 ?4 d0 r7",
		"action:Legal access:MANAGE_RELATIONSHIPS -40 +0 ?0 d0 r0",
		"profile:3a2371b6-0003 -40 +0 ?0 d0 r0",
		"action:US access:MANAGE_RELATIONSHIPS -34 +228 ?4 d0 r0",
		"profile:3a2371b6-0001 -34 +228 ?4 d0 r0",
		"action:Disable accounts:DEPROVISION_IDENTITY -6 +12 ?0 d12 r0",
		"entitlement:okta-prod|OktaGroup|00g00003 -0 +228 ?4 d0 r7",
		"action:Birthright access:MANAGE_RELATIONSHIPS -6 +20 ?0 d0 r0",
		"profile:3a2371b6-0000 -6 +20 ?0 d0 r0",
	}, groupLines(d))
	require.Equal(t, "Workflows change by their actions.", changeGroupNote(d))

	groups := changeGroups(d)
	require.Equal(t, "limit exceeded: 312 to 332 of at most 250 (5%); all changes would be blocked", groups[0].Detail)
	groups = groups[2:]
	require.Equal(t, "Group 02", groups[0].Name)
	require.Equal(t, "OktaGroup 00g00002 in okta-prod; lost by 80 of 280 that had it (28.6%)", groups[0].Detail)
	require.Equal(t, "MANAGE_RELATIONSHIPS, grants access; lost by 40 of 40 that had it (100%)", groups[2].Detail)
	require.Equal(t, "3a2371b6-0003", groups[3].Name, "the id stands for a name that is missing")
}

// An entitlement that comes and goes with a profile is decided with it; one that changes for anybody else is not.
func TestEntitlementsThatProfilesCarry(t *testing.T) {
	const profile = "3a2371b6-0000"
	name := "Buyers"
	entitlement := func(id string, lost, gained, maybe, carried int) engine.EntitlementChange {
		return engine.EntitlementChange{DatasourceID: "d", EntityType: "t", EntityID: id, Lost: lost, Gained: gained, Maybe: maybe, Carried: carried}
	}
	flow := func(to string, lost, gained, maybe int) engine.FlowChange {
		return engine.FlowChange{From: engine.FlowNode{Kind: engine.FlowProfile, ID: profile}, To: engine.FlowNode{Kind: engine.FlowEntitlement, ID: "d|t|" + to},
			Lost: lost, Gained: gained, Maybe: maybe}
	}
	in := sampleDiffInput()
	in.Result.Entitlements = []engine.EntitlementChange{
		entitlement("all", 6, 4, 2, 12), entitlement("some", 6, 4, 2, 11), entitlement("none", 6, 0, 0, 0), entitlement("unchanged", 0, 0, 0, 0),
	}
	in.Result.Entitlements[0].Name = &name
	revoked := entitlement("revoked", 6, 0, 0, 6)
	revoked.Revoked = 1
	in.Result.Entitlements = append(in.Result.Entitlements, revoked)
	in.Result.Flows = []engine.FlowChange{flow("all", 6, 4, 2), flow("some", 6, 4, 1)}
	for i := range 7 {
		id := fmt.Sprint("e", i)
		in.Result.Entitlements = append(in.Result.Entitlements, entitlement(id, 1, 0, 0, 1))
		in.Result.Flows = append(in.Result.Flows, flow(id, 1, 0, 0))
	}
	d := NewDiff(in)
	require.Equal(t, "Workflows change by their actions. 8 entitlements change for nobody but those for whom an access profile that holds it changes likewise: "+
		"no rows, the profiles name them.", changeGroupNote(d))
	rows, detail := []string{}, ""
	for _, g := range changeGroups(d) {
		if g.Kind == groupEntitlement {
			rows = append(rows, groupLine(g))
		}
		if g.ID == "profile:"+profile {
			detail = g.Detail
		}
	}
	require.Equal(t, []string{
		"entitlement:d|t|revoked -6 +0 ?0 d0 r1", "entitlement:d|t|some -6 +4 ?2 d0 r0", "entitlement:d|t|none -6 +0 ?0 d0 r0",
	}, rows)
	require.Equal(t, "id 3a2371b6-0000; lost by 6 of 4,468 that had it (0.1%); with it: Buyers (4 gain, 6 lose, 2 undecided), "+
		"e0 (1 lose), e1 (1 lose), e2 (1 lose), e3 (1 lose), 3 more", detail)
}

// What the result cannot tell is decided on as well: nobody approves an inconclusive run by approving all that it knows.
func TestWhatIsNotKnownIsDecidedOn(t *testing.T) {
	in := sampleDiffInput()
	in.Result.Summary.Unknown, in.Result.Summary.MayRemoveOthers = 4, 9
	in.Findings = []engine.Finding{
		{Severity: engine.SeverityError, Code: "syntax", Position: engine.Position{File: "policies.json", Line: 7}, Column: engine.NoColumn, Message: "expected a value", Count: 1},
		{Severity: engine.SeverityError, Code: "syntax", Column: engine.NoColumn, Message: "expected an operator", Count: 1},
		{Severity: engine.SeverityError, Code: "missing-profile", Column: engine.NoColumn, Message: "no profile p", Count: 1},
		{Severity: engine.SeverityWarning, Code: "unused", Column: engine.NoColumn, Message: "nobody uses it", Count: 1},
	}
	rows := []string{}
	for _, g := range changeGroups(NewDiff(in)) {
		if g.Kind == groupNotKnown {
			rows = append(rows, fmt.Sprintf("%s | %s | %s", groupLine(g), g.Name, g.Detail))
		}
	}
	require.Equal(t, []string{
		"may-remove-others -0 +0 ?9 d0 r0 | revokes | an action removes other entitlements; without a grants file nobody can say which",
		"unknown -0 +0 ?4 d0 r0 | unknown outcomes | 4 identities depend on something unknown: counts are bounds",
		"error:missing-profile -0 +0 ?0 d0 r0 | error missing-profile | no profile p",
		"error:syntax -0 +0 ?0 d0 r0 | error syntax | 2 errors, the first: expected an operator",
	}, rows)
}

func TestChangeGroupsOfASimulation(t *testing.T) {
	d := New(sampleInput())
	lines := groupLines(d)
	require.Equal(t, []string{
		"limit:policy:percent:max_identities_affected_percentage -0 +0 ?0 d0 r0",
		"unknown -0 +0 ?35 d0 r0",
		"error:syntax -0 +0 ?0 d0 r0",
		"action:Disable accounts:DEPROVISION_IDENTITY -0 +259 ?0 d259 r0",
		"entitlement:okta-prod|OktaGroup|00g00111 -0 +0 ?0 d0 r118",
		"action:Birthright access:MANAGE_RELATIONSHIPS -0 +4482 ?0 d0 r0",
	}, lines[:6])
	require.Contains(t, lines, "action:Manager role:MANAGE_RELATIONSHIPS -0 +0 ?35 d0 r0", "what is possible only is decided too")
	require.Contains(t, lines, "profile:3a2371b6-0001 -0 +1730 ?0 d0 r0")
	for _, line := range lines {
		require.NotContains(t, line, "3a2371b6-0008", "a profile that grants nothing")
		require.NotContains(t, line, "3a2371b6-0003", "a profile that is inherited only")
	}
	require.Equal(t, "Entitlements that are granted come with the access profiles; only those that are taken away have a row of their own. "+
		"2 access profiles are inherited only: no row. 1 access profile grants nothing: no row.", changeGroupNote(d))
}

func TestDocumentsWithoutChangesHaveNoGroups(t *testing.T) {
	quiet := sampleDiffInput()
	quiet.Result = &engine.DiffResult{}
	for _, d := range []Renderable{
		NewDiff(quiet), New(Input{Rules: engine.DefaultRules("vendor"), Policy: &engine.Policy{}, Version: &engine.Version{}, Result: &engine.Result{}}),
		&CrosscheckDocument{}, &CalibrationDocument{},
	} {
		require.Empty(t, changeGroups(d))
		require.Empty(t, changeGroupNote(d))
	}
}

// Whatever changes is in a group, or the note says what it comes with; ids are unique; harm descends.
func TestChangeGroupsCoverEverything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		in := sampleDiffInput()
		few := rapid.IntRange(0, 3)
		name := rapid.SampledFrom([]string{"", "a", "a:b", "b"})
		in.Result.Actions = rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) engine.ActionChange {
			return engine.ActionChange{Name: name.Draw(rt, "name"), Type: name.Draw(rt, "type"), Effect: rapid.SampledFrom([]engine.Effect{engine.EffectGrant, engine.EffectDeactivate}).Draw(rt, "effect"),
				Lost: few.Draw(rt, "lost"), Gained: few.Draw(rt, "gained"), Maybe: few.Draw(rt, "maybe")}
		}), 0, 6).Draw(rt, "actions")
		in.Result.Entitlements = rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) engine.EntitlementChange {
			return engine.EntitlementChange{EntityID: name.Draw(rt, "id"), Lost: few.Draw(rt, "lost"), Gained: few.Draw(rt, "gained"), Maybe: few.Draw(rt, "maybe"), Revoked: few.Draw(rt, "revoked")}
		}), 0, 3*maxEntitlementGroups/2).Draw(rt, "entitlements")
		in.Result.Flows = nil
		d := NewDiff(in)
		groups := changeGroups(d)

		var sum, want change
		for _, g := range groups {
			if g.Kind == groupEntitlement || g.Kind == groupOthers {
				sum = change{sum.gained + g.Gained, sum.lost + g.Lost, sum.maybe + g.Maybe, sum.other + g.Revoked}
			}
		}
		for _, e := range d.Entitlements {
			want = change{want.gained + e.Gained, want.lost + e.Lost, want.maybe + e.Maybe, want.other + e.Revoked}
		}
		require.Equal(rt, want, sum, "no change of an entitlement is left out")
		actions := 0
		for _, a := range d.Actions {
			if a.Lost+a.Gained+a.Maybe > 0 {
				actions++
			}
		}
		ids := map[string]bool{}
		for _, g := range groups {
			ids[g.ID] = true
			if g.Kind == groupAction {
				actions--
			}
			require.NotEmpty(rt, g.Name)
		}
		require.Zero(rt, actions)
		require.Len(rt, ids, len(groups))
		require.True(rt, slices.IsSortedFunc(groups, compareGroups))
		require.LessOrEqual(rt, len(groups), 6+3+maxEntitlementGroups+1)
	})
}
