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
	groups = groups[1:]
	require.Equal(t, "Group 02", groups[0].Name)
	require.Equal(t, "OktaGroup 00g00002 in okta-prod; lost by 80 of 280 that had it (28.6%)", groups[0].Detail)
	require.Equal(t, "MANAGE_RELATIONSHIPS, grants access; lost by 40 of 40 that had it (100%)", groups[2].Detail)
	require.Equal(t, "3a2371b6-0003", groups[3].Name, "the id stands for a name that is missing")
}

// An entitlement that comes and goes with a profile is decided with it.
func TestEntitlementsThatProfilesCarry(t *testing.T) {
	profile := engine.ProfileChange{ID: "p", Lost: 10, Gained: 4, Maybe: 2}
	flow := func(from string, lost, gained, maybe int) engine.FlowChange {
		return engine.FlowChange{From: engine.FlowNode{Kind: engine.FlowProfile, ID: from}, To: engine.FlowNode{Kind: engine.FlowEntitlement, ID: "d|t|e"},
			Lost: lost, Gained: gained, Maybe: maybe}
	}
	entitlement := func(lost, gained, maybe, revoked int) engine.EntitlementChange {
		return engine.EntitlementChange{DatasourceID: "d", EntityType: "t", EntityID: "e", Lost: lost, Gained: gained, Maybe: maybe, Revoked: revoked}
	}
	for _, test := range []struct {
		name        string
		entitlement engine.EntitlementChange
		flows       []engine.FlowChange
		carried     bool
	}{
		{"all of it", entitlement(10, 4, 2, 0), []engine.FlowChange{flow("p", 10, 4, 2)}, true},
		{"some keep it otherwise", entitlement(7, 4, 0, 0), []engine.FlowChange{flow("p", 10, 4, 2)}, true},
		{"the profile is named now, and was inherited before", entitlement(10, 4, 0, 0), []engine.FlowChange{flow("p", 10, 40, 0)}, true},
		{"the profile no longer grants it", entitlement(60, 4, 0, 0), []engine.FlowChange{flow("p", 60, 4, 0)}, false},
		{"the profile grants it now", entitlement(0, 5, 0, 0), []engine.FlowChange{flow("p", 0, 5, 0)}, false},
		{"a profile that does not change", entitlement(1, 0, 0, 0), []engine.FlowChange{flow("q", 1, 0, 0)}, false},
		{"undecided otherwise", entitlement(10, 4, 3, 0), []engine.FlowChange{flow("p", 10, 4, 3)}, false},
		{"revoked", entitlement(10, 4, 2, 1), []engine.FlowChange{flow("p", 10, 4, 2)}, false},
		{"no flows", entitlement(1, 0, 0, 0), nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.carried, carriedBy([]engine.ProfileChange{profile}, test.flows)(test.entitlement))
		})
	}

	in := sampleDiffInput()
	in.Result.Entitlements = []engine.EntitlementChange{entitlement(6, 0, 0, 0), {EntityID: "other", Gained: 1}}
	in.Result.Flows = []engine.FlowChange{flow("3a2371b6-0000", 6, 0, 0)}
	d := NewDiff(in)
	require.Contains(t, changeGroupNote(d), "1 entitlement changes with the access profiles that are listed here, for the same identities: no rows.")
	lines := groupLines(d)
	require.Contains(t, lines, "entitlement:||other -0 +1 ?0 d0 r0")
	require.NotContains(t, lines, "entitlement:d|t|e -6 +0 ?0 d0 r0")
}

func TestChangeGroupsOfASimulation(t *testing.T) {
	d := New(sampleInput())
	lines := groupLines(d)
	require.Equal(t, []string{
		"limit:policy:percent:max_identities_affected_percentage -0 +0 ?0 d0 r0",
		"action:Disable accounts:DEPROVISION_IDENTITY -0 +259 ?0 d259 r0",
		"entitlement:okta-prod|OktaGroup|00g00111 -0 +0 ?0 d0 r118",
		"action:Birthright access:MANAGE_RELATIONSHIPS -0 +4482 ?0 d0 r0",
	}, lines[:4])
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
