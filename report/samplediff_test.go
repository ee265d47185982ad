package report

import (
	"fmt"

	"github.com/lcmsim/lcmsim/engine"
)

// sampleDiffInput is a realistic diff of both axes: a draft that takes access from Legal, over a later population.
func sampleDiffInput() DiffInput {
	sim := sampleInput()
	r := &engine.DiffResult{
		Baseline: engine.BaselineBoth,
		Summary: engine.DiffSummary{
			Identities: 5016, Changed: 312, Maybe: 4, Unchanged: 4684, Gained: 250, Lost: 80, AccessGained: 240, AccessLost: 81, New: 10, RemovedFromSource: 6,
			Movers: ptr(3), Leavers: ptr(2), AffectedLow: 312, AffectedHigh: 332, Unknown: 4, Deactivated: 12, Revoked: 7, MaybeRevoked: 2,
			EntitlementsGained: 1250, EntitlementsLost: 160, EntitlementsMaybe: 8, ActionsGained: 270, ActionsLost: 92, ActionsMaybe: 4, Destructive: true,
		},
		Workflows: []engine.WorkflowChange{
			{Name: "Joiner", Gained: 10, Unchanged: 121, Changed: 10},
			{Name: "Active employees", Gained: 230, Lost: 74, Maybe: 4, Unchanged: 3530, Changed: 304},
			{Name: "Contractors", Unchanged: 749},
			{Name: "Leaver", Gained: 12, Lost: 6, Unchanged: 253, Changed: 18},
		},
		Actions: []engine.ActionChange{
			{Name: "Birthright access", Type: "MANAGE_RELATIONSHIPS", Effect: engine.EffectGrant, Gained: 20, Lost: 6, Unchanged: 4462},
			{Name: "Legal access", Type: "MANAGE_RELATIONSHIPS", Effect: engine.EffectGrant, Lost: 40},
			{Name: "US access", Type: "MANAGE_RELATIONSHIPS", Effect: engine.EffectGrant, Gained: 228, Lost: 34, Maybe: 4, Unchanged: 1576},
			{Name: "Sync to Okta", Type: "SYNC_IDENTITIES", Effect: engine.EffectSync, Unchanged: 4482},
			{Name: "Disable accounts", Type: "DEPROVISION_IDENTITY", Effect: engine.EffectDeactivate, Gained: 12, Lost: 6, Unchanged: 253},
		},
		AccessProfiles: []engine.ProfileChange{
			{ID: "3a2371b6-0000", Name: ptr("Birthright"), Gained: 20, Lost: 6, Unchanged: 4462},
			{ID: "3a2371b6-0001", Name: ptr("US Employee"), Gained: 228, Lost: 34, Maybe: 4, Unchanged: 1576},
			{ID: "3a2371b6-0002", Name: ptr("Contractor"), Unchanged: 749},
			{ID: "3a2371b6-0003", Lost: 40},
		},
		Attribution: engine.Attribution{
			Policy: 120, Data: 187, Interaction: 9, EditsTotal: 3, Attributed: true, Remainder: 5,
			Edits: []engine.EditEffect{
				{Edit: `workflow "Active employees": trigger changed`, Path: "workflows[1].trigger_string", Kind: "trigger", Before: `employment_status eq "ACTIVE"`,
					After: `employment_status eq "ACTIVE" and employment_type eq "EMPLOYEE"`, Alone: 34, Without: 86},
				{Edit: `workflow "Active employees": condition "Legal" removed`, Path: "workflows[1].conditions_on_success[3]", Kind: "condition",
					Before: `department eq "Legal"`, Alone: 40, Without: 80},
				{Edit: `action "US access": access profile "US Employee" added`, Path: "actions[4].config.access_profiles[0]", Kind: "profile", Alone: 46, Without: 74},
			},
		},
		Limits: []engine.LimitResult{
			{Scope: "policy", Kind: "percent", Name: "max_identities_affected_percentage", Max: 5, Basis: "changed", AffectedLow: 312, AffectedHigh: 332,
				Population: 5010, Verdict: engine.VerdictExceeded, Headroom: 250 - 332, Enforced: "blocks_all", Stricter: true,
				Meaning: "all changes would be blocked", NotSeen: []string{"changes by other policies"},
				OneTimeMax: ptr(6.63), OneTime: "a one-time limit of 6.63 % (7 % in whole percents) lets this run pass; set it back afterwards"},
			{Scope: "cohort", Kind: "count", Name: "legal", Max: 100, Basis: "changed", AffectedLow: 40, AffectedHigh: 40, Population: 40,
				Verdict: engine.VerdictOK, Headroom: 60, Enforced: "own", Meaning: "room for 60 more identities"},
		},
		Cohorts: []engine.CohortLift{
			{Attribute: "department", Value: "Legal", Size: 40, Lost: 40, Share: 1, OverallShare: 80.0 / 5010, Lift: 62.625},
			{Attribute: "work_location", Value: "US", Size: 1610, Lost: 61, Share: 61.0 / 1610, OverallShare: 80.0 / 5010, Lift: 2.373},
		},
		ClassesTotal: 71, FlowsTotal: 6,
	}
	for i, f := range sampleFlows() {
		r.Flows = append(r.Flows, engine.FlowChange{From: f.From, To: f.To, Gained: 228 * (i % 2), Lost: 40 + 6*i, Maybe: 4 * (i % 2)})
	}
	for i := range 4 {
		r.Entitlements = append(r.Entitlements, engine.EntitlementChange{
			DatasourceID: "okta-prod", EntityType: "OktaGroup", EntityID: fmt.Sprintf("00g%05d", i), Name: ptr(fmt.Sprintf("Group %02d", i)),
			Gained: 228 * (i % 2), Lost: 40 * (i % 3), Maybe: 4 * (i % 2), Unchanged: 100 * i, Revoked: 7 * (i % 2),
		})
	}
	ids := DiffIdentities{Cap: 4}
	for i, status := range []engine.Status{engine.StatusChanged, engine.StatusUnchanged, engine.StatusMaybe, engine.StatusNew, engine.StatusRemoved, engine.StatusChanged} {
		row := sampleDiffRow(i, status)
		ids.Add(&row, []string{"Ana Souza", "王小明", ""}[i%3])
		r.Classes = append(r.Classes, engine.ChangeClass{
			ID: i, Size: 60 - i, Exemplar: row.EntityID, Members: []string{row.EntityID}, Status: status, Affected: row.Affected, Edits: []int{1},
			Workflows:      []engine.TaggedItem{{ID: "Active employees", Tag: engine.TagBefore}},
			Actions:        []engine.TaggedAction{{Workflow: "Active employees", Name: "Legal access", Type: "MANAGE_RELATIONSHIPS", Tag: engine.TagGone}},
			AccessProfiles: []engine.TaggedItem{{ID: "3a2371b6-0003", Tag: engine.TagGone}},
			Entitlements:   []engine.TaggedItem{{ID: "okta-prod|OktaGroup|00g00001", Tag: engine.TagCaused}},
		})
	}
	for _, c := range r.Classes {
		if c.Status != engine.StatusUnchanged {
			r.ChangedClasses = append(r.ChangedClasses, c)
		}
	}
	r.ChangedClassesTotal = 12
	return DiffInput{
		ToolVersion: sim.ToolVersion, AsOf: sim.AsOf, Rules: sim.Rules,
		From: DiffSide{
			Policy: sim.Policy, Version: sim.Version, Catalog: sim.Catalog,
			Population: &PopulationInput{Path: "acme-october/identities.jsonl", Identities: 5006, Excluded: 12, SHA256: ptr(sampleDigest)},
		},
		To: DiffSide{
			Policy: sim.Policy, Version: &engine.Version{Number: 8, State: "DRAFT", SHA256: sampleDigest[32:] + sampleDigest[:32]}, Catalog: sim.Catalog,
			Population: &PopulationInput{Path: "acme/identities.jsonl", Identities: 5010, Excluded: 12, SHA256: ptr(sampleDigest[32:] + sampleDigest[:32])},
		},
		Other: sim.Other, Result: r, Findings: sim.Findings[:3], Identities: ids, Settings: Settings{FailOn: DefaultFailOn().Words(), Cohorts: []string{"team"}, Attribution: true},
		Examples: sampleExamples(string(engine.TagGone)), Crosscheck: sim.Crosscheck, Snapshot: sim.Snapshot,
	}
}

// sampleDiffRow is a row in which something is gained, lost and undecided, but for an unchanged identity.
func sampleDiffRow(i int, status engine.Status) engine.DiffRow {
	row := engine.DiffRow{
		EntityID: fmt.Sprintf("W%06d", i), Status: status, Class: i, Affected: "no",
		ActionsGained: []engine.ActionName{}, ActionsLost: []engine.ActionName{}, ActionsMaybe: []engine.ActionName{},
		ProfilesGained: []string{}, ProfilesLost: []string{}, ProfilesMaybe: []string{},
		EntitlementsGained: []string{}, EntitlementsLost: []string{}, EntitlementsMaybe: []string{}, RevokesAdded: []string{}, RevokesDropped: []string{},
	}
	action := func(name string) []engine.ActionName {
		return []engine.ActionName{{Workflow: "Active employees", Name: name, Type: "MANAGE_RELATIONSHIPS"}}
	}
	switch status {
	case engine.StatusChanged:
		row.Affected = "yes"
		row.ActionsGained, row.ActionsLost = action("US access"), action("Legal access")
		row.ProfilesGained, row.ProfilesLost = []string{"3a2371b6-0001"}, []string{"3a2371b6-0003", "3a2371b6-0000"}
		row.EntitlementsGained, row.EntitlementsLost = []string{"okta-prod|OktaGroup|00g00001"}, []string{"okta-prod|OktaGroup|00g00002", "ad-corp|Group|old"}
		row.RevokesAdded, row.RevokesDropped = []string{"okta-prod|OktaGroup|00g00003"}, []string{"ad-corp|Group|older"}
	case engine.StatusMaybe:
		row.Affected = "maybe"
		row.ActionsMaybe, row.ProfilesMaybe, row.EntitlementsMaybe = action("US access"), []string{"3a2371b6-0001"}, []string{"okta-prod|OktaGroup|00g00001"}
	case engine.StatusNew:
		row.Affected = "yes"
		row.ActionsGained = action("Birthright access")
	case engine.StatusRemoved:
		row.Affected = "maybe"
	case engine.StatusUnchanged:
	}
	return row
}
