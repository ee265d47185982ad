package report

import (
	"fmt"
	"time"

	"github.com/lcmsim/lcmsim/engine"
)

func ptr[T any](v T) *T { return &v }

const sampleDigest = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

// sampleInput is a realistic run: one company, a limit that a first run exceeds, one expression that cannot be read.
func sampleInput() Input {
	condition := func(i int, name, expression string, matched, unknown int, actions ...string) engine.ConditionResult {
		return engine.ConditionResult{Index: i, Name: name, Expression: expression, Matched: matched, Unknown: unknown, Actions: actions}
	}
	r := &engine.Result{
		Summary: engine.Summary{
			Identities: 5000, Matched: 4741, AffectedLow: 4698, AffectedHigh: 4733, Classes: 61, PlannedActions: 13277,
			GrantedEntitlements: 41250, Destructive: true, Unknown: 35, PossibleActions: 70, Deactivated: 259, Revokes: 118,
			PossibleRevokes: 4, PossibleEntitlements: 105,
		},
		Workflows: []engine.WorkflowResult{
			{Index: 0, Name: "Joiner", State: "ENABLED", Priority: 10, Trigger: `employment_status eq "PENDING" and start_date pr`, Matched: 121,
				Conditions: []engine.ConditionResult{condition(0, "birthright", "ANY", 121, 0, "Create mailbox", "Birthright access")}},
			{Index: 1, Name: "Active employees", State: "ENABLED", Priority: 20, Trigger: `employment_status eq "ACTIVE" and employment_type eq "EMPLOYEE"`, Matched: 3612,
				Conditions: []engine.ConditionResult{
					condition(0, "China", `work_location eq "China"`, 402, 0, "China access"),
					condition(1, "US", `work_location eq "US"`, 1610, 0, "US access", "Sync to Okta"),
					condition(2, "Engineering", `department eq "Engineering"`, 988, 0, "Engineering role"),
					condition(3, "Managers", `manager eq`, 0, 35, "Manager role"),
				}},
			{Index: 2, Name: "Contractors", State: "ENABLED", Priority: 30, Trigger: `employment_type eq "CONTRACTOR"`, Matched: 749},
			{Index: 3, Name: "Leaver", State: "ENABLED", Priority: 5, Trigger: `employment_status eq "TERMINATED"`, Matched: 259,
				Conditions: []engine.ConditionResult{condition(0, "all", "ANY", 259, 0, "Disable accounts")}},
			{Index: 4, Name: "Interns (old)", State: "DISABLED", Trigger: `employment_type eq "INTERN"`, Skipped: true},
		},
		Actions: []engine.ActionResult{
			{Name: "Create mailbox", Type: "CREATE_EMAIL", Effect: engine.EffectOpaque, Planned: 121},
			{Name: "Birthright access", Type: "MANAGE_RELATIONSHIPS", Effect: engine.EffectGrant, Planned: 4482},
			{Name: "Sync to Okta", Type: "SYNC_IDENTITIES", Effect: engine.EffectSync, Planned: 4482},
			{Name: "China access", Type: "MANAGE_RELATIONSHIPS", Effect: engine.EffectGrant, Planned: 402},
			{Name: "US access", Type: "MANAGE_RELATIONSHIPS", Effect: engine.EffectGrant, Planned: 1610, RemoveExisting: true},
			{Name: "Engineering role", Type: "MANAGE_RELATIONSHIPS", Effect: engine.EffectGrant, Planned: 988},
			{Name: "Manager role", Type: "MANAGE_RELATIONSHIPS", Effect: engine.EffectGrant, Possible: 35},
			{Name: "Welcome mail", Type: "SEND_NOTIFICATION", Effect: engine.EffectOpaque, Planned: 99, Done: 22,
				Conditions: []engine.ConditionResult{condition(0, "has manager", "manager_id pr", 98, 0, "Notify manager")}},
			{Name: "Notify manager", Type: "SEND_NOTIFICATION", Effect: engine.EffectOpaque, Planned: 98},
			{Name: "Disable accounts", Type: "DEPROVISION_IDENTITY", Effect: engine.EffectDeactivate, Planned: 259},
		},
		Limits: []engine.LimitResult{
			{Scope: "policy", Kind: "percent", Name: "max_identities_affected_percentage", Max: 10, Basis: "first_run", AffectedLow: 4698, AffectedHigh: 4733,
				Population: 5000, Verdict: engine.VerdictExceeded, Headroom: -4233, Enforced: "blocks_all", Stricter: true,
				Meaning:    "On a first run all changes would be blocked: 4,698 identities are more than 10% of 5,000.",
				NotSeen:    []string{"attribute-only syncs", "changes by other policies"},
				OneTimeMax: ptr(94.66), OneTime: "a one-time limit of 94.66 % (95 % in whole percents) lets this run pass; set it back afterwards"},
			{Scope: "effect", Kind: "count", Name: "deactivations", Max: 300, Basis: "first_run", AffectedLow: 259, AffectedHigh: 259,
				Population: 5000, Verdict: engine.VerdictOK, Headroom: 41, Enforced: "own",
				Meaning: "259 identities would be deactivated, at most 300 may be."},
		},
		Sensitivity: []engine.Sensitivity{
			{Rule: "filter.string_case", Alternative: "fold", Identities: 14},
			{Rule: "filter.missing_ne", Alternative: "false", Identities: 120, Limits: []string{"deactivations"}},
			{Rule: "profile.inactive", Alternative: "grant", Identities: 402},
		},
		ClassesTotal: 61,
		Flows:        sampleFlows(), FlowsTotal: 7,
	}
	for i, p := range []struct {
		name              string
		direct, inherited int
	}{
		{"Birthright", 4482, 0}, {"US Employee", 1610, 120}, {"China Employee", 402, 0}, {"Engineering", 0, 988}, {"Engineering Lead", 61, 0}, {"Sales", 0, 640},
		{"Sales Engineering", 88, 0}, {"Contractor", 749, 0}, {"Legacy VPN", 402, 0},
	} {
		profile := engine.ProfileResult{ID: fmt.Sprintf("3a2371b6-%04d", i), Name: ptr(p.name), State: ptr("RUNNING"), Direct: p.direct, Inherited: p.inherited}
		if p.name == "Legacy VPN" {
			profile.State, profile.Withheld = ptr("PAUSED"), ptr("state PAUSED")
		}
		r.AccessProfiles = append(r.AccessProfiles, profile)
	}
	for i := range 23 {
		e := engine.EntitlementResult{
			DatasourceID: []string{"okta-prod", "ad-corp", "salesforce"}[i%3], EntityType: []string{"OktaGroup", "ActiveDirectoryGroup", "SalesforcePermissionSet"}[i%3],
			EntityID: fmt.Sprintf("00g%05d", i*37), Name: ptr(fmt.Sprintf("Group %02d", i)), Granted: 4482 - i*190,
			Profiles: []string{"3a2371b6-0000"},
		}
		if i == 3 {
			e.Revoked, e.Possible = 118, 105
		}
		r.Entitlements = append(r.Entitlements, e)
	}
	for i := range 4 {
		r.Classes = append(r.Classes, engine.ClassResult{
			ID: i, Size: 1200 - 100*i, Exemplar: fmt.Sprintf("W%06d", i), Members: []string{fmt.Sprintf("W%06d", i), fmt.Sprintf("W%06d", i+4)}, Workflows: []string{"Active employees"},
			Actions:          []engine.ActionStatus{{Workflow: "Active employees", Name: "Birthright access", Type: "MANAGE_RELATIONSHIPS", Status: "planned"}},
			AccessProfileIDs: []string{"3a2371b6-0000"}, Entitlements: []string{"okta-prod|OktaGroup|00g00000"},
		})
	}
	ids := Identities{Cap: 3}
	for i := range 5 {
		row := sampleRow(i)
		ids.Add(&row, []string{"Ana Souza", "王小明", ""}[i%3])
	}
	policy := &engine.Policy{ID: "5d1c6a52-0c0e", Name: "Workforce lifecycle", State: "RUNNING", EntityType: "WorkdayWorker"}
	rules := engine.DefaultRules("vendor")
	rules.Filter.Coerce = true
	return Input{
		ToolVersion: "0.1.0",
		AsOf:        time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC),
		Rules:       rules,
		Policy:      policy,
		Version:     &engine.Version{Number: 7, State: "PUBLISHED", SHA256: sampleDigest},
		Catalog:     &engine.Catalog{Given: true, Profiles: make([]engine.Profile, 41), SHA256: sampleDigest},
		Population:  PopulationInput{Path: "acme/identities.jsonl", Identities: 5000, Excluded: 12, SHA256: ptr(sampleDigest)},
		Other:       []OtherInput{{Kind: "history", Path: "acme/history.csv", SHA256: ptr(sampleDigest)}, {Kind: "grants", Path: "acme/grants.csv", SHA256: ptr(sampleDigest)}},
		Result:      r,
		Findings:    sampleFindings(),
		Identities:  ids,
		Examples:    sampleExamples("planned"),
		Crosscheck:  earlierCrosscheck(),
		Snapshot:    "acme",
		Settings:    Settings{FailOn: DefaultFailOn().Words()},
	}
}

// sampleFlows lead from a workflow to an entitlement.
func sampleFlows() []engine.Flow {
	workflow := engine.FlowNode{Kind: engine.FlowWorkflow, ID: "Active employees"}
	birthright := engine.FlowNode{Kind: engine.FlowAction, ID: "Birthright access"}
	us := engine.FlowNode{Kind: engine.FlowAction, ID: "US access"}
	profile := engine.FlowNode{Kind: engine.FlowProfile, ID: "3a2371b6-0000"}
	employee := engine.FlowNode{Kind: engine.FlowProfile, ID: "3a2371b6-0001"}
	group := engine.FlowNode{Kind: engine.FlowEntitlement, ID: "okta-prod|OktaGroup|00g00000"}
	other := engine.FlowNode{Kind: engine.FlowEntitlement, ID: "ad-corp|ActiveDirectoryGroup|00g00037"}
	return []engine.Flow{
		{From: workflow, To: birthright, Identities: 4482}, {From: workflow, To: us, Identities: 1610},
		{From: birthright, To: profile, Identities: 4482}, {From: us, To: employee, Identities: 1610},
		{From: profile, To: group, Identities: 4482}, {From: employee, To: other, Identities: 1610, Possible: 105},
	}
}

// sampleExamples explain the exemplars of two classes.
func sampleExamples(status string) []Example {
	action := func(name string) ExampleAction {
		return ExampleAction{Workflow: "Active employees", Name: name, Type: "MANAGE_RELATIONSHIPS", Status: status, Because: ptr("employment_status is ACTIVE and work_location is US")}
	}
	lost := action("Legal access")
	lost.NotNow = ptr("employment_type is CONTRACTOR")
	return []Example{
		{Class: 0, EntityID: "W000000", EntityName: ptr("Ana Souza"), Actions: []ExampleAction{action("Birthright access"), lost},
			Attributes: []engine.AttributeValue{{Name: "department", Value: ptr("Legal")}, {Name: "manager"}}},
		{Class: 1, EntityID: "W000001", Actions: []ExampleAction{{Workflow: "Leaver", Name: "Disable accounts", Type: "DEPROVISION_IDENTITY", Status: status}}},
	}
}

// earlierCrosscheck is a cross-check of an earlier version.
func earlierCrosscheck() *CrosscheckDocument {
	d := &CrosscheckDocument{
		Header:  Header{AsOf: "2026-10-31T08:00:00Z", Rules: engine.DefaultRules("vendor").All()},
		Inputs:  Inputs{Policy: PolicyInput{ID: ptr("5d1c6a52-0c0e"), Version: ptr(6), VersionState: ptr("PUBLISHED"), SHA256: ptr(sampleDigest[32:])}},
		Summary: CrosscheckSummary{Sampled: 320, Agree: 318, Disagree: 1, Drifted: 1},
		Claim:   "no disagreement in 299 random draws: at most 1% of the frame at 95% confidence", Tenant: ptr("acme.example"),
	}
	d.Verdict.Word, d.RunDigest = WordDisagrees, ptr(sampleDigest)
	return d
}

func sampleFindings() []engine.Finding {
	at := func(path string, line int) engine.Position {
		return engine.Position{File: "policies.json", Line: line, Path: "values[0].current_version.config." + path}
	}
	return []engine.Finding{
		{Severity: engine.SeverityWarning, Code: "unknown-attribute", Position: at("workflows[2].conditions_on_success[1].condition_string", 311), Column: 0,
			Message: `no identity has an attribute "departement"`, Hint: `did you mean "department"?`, Count: 1, Caret: "departement eq \"Sales\"\n^"},
		{Severity: engine.SeverityWarning, Code: "type-mismatch", Position: at("workflows[1].conditions_on_success[4].condition_string", 250), Column: 0,
			Message: "a number is compared with a string, which is never equal", Count: 37},
		{Severity: engine.SeverityWarning, Code: "state-assumed", Position: engine.Position{File: "access_profiles.json"}, Column: engine.NoColumn,
			Message: "3 access profiles carry no state and are taken as RUNNING", Count: 3},
		{Severity: engine.SeverityError, Code: "syntax", Position: at("workflows[1].conditions_on_success[3].condition_string", 241), Column: 10,
			Message: "expected a value after eq", Hint: `write a literal, such as manager eq true`, Count: 1, Caret: "manager eq\n          ^"},
		{Severity: engine.SeverityInfo, Code: "types-inferred", Position: engine.Position{File: "identities.csv"}, Column: engine.NoColumn, Message: "types of 22 columns were inferred", Count: 22},
	}
}

func sampleRow(i int) engine.Row {
	return engine.Row{
		EntityID: fmt.Sprintf("W%06d", i), Class: i % 2, WorkflowsMatched: []string{"Active employees"},
		Actions: []engine.ActionStatus{
			{Workflow: "Active employees", Name: "Birthright access", Type: "MANAGE_RELATIONSHIPS", Status: "planned"},
			{Workflow: "Active employees", Name: "Manager role", Type: "MANAGE_RELATIONSHIPS", Status: "possible"},
		},
		AccessProfileIDs: []string{"3a2371b6-0000", "3a2371b6-0008"}, Entitlements: []string{"okta-prod|OktaGroup|00g00000"},
		Revokes: []string{"ad-corp|ActiveDirectoryGroup|old"}, Affected: "yes",
	}
}
