package loader

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

// readPolicyText reads a policy export that must be readable.
func readPolicyText(t *testing.T, text string, opt Options, enums Enums) ([]*engine.Policy, *Snapshot) {
	t.Helper()
	snap := &Snapshot{Config: Config{Enums: enums}}
	o := opener{snap: snap, opt: opt}
	root := parseJSON("p.json", []byte(text), &o.problems)
	require.NoError(t, o.problems.err())
	policies := o.source("p.json").readPolicies(root)
	require.NoError(t, o.problems.err())
	return policies, snap
}

// readOnePolicy reads an export of one policy and its findings.
func readOnePolicy(t *testing.T, text string) (*engine.Policy, []string) {
	t.Helper()
	policies, snap := readPolicyText(t, text, Options{}, nil)
	require.Len(t, policies, 1)
	return policies[0], dumpFindings(snap.Findings(policies[0], policies[0].Current))
}

// dumpFindings writes findings as severity code line path *count message.
func dumpFindings(list []engine.Finding) []string {
	out := []string{}
	for _, f := range list {
		out = append(out, fmt.Sprintf("%s %s %d %s *%d: %s", f.Severity, f.Code, f.Line, f.Path, f.Count, f.Message))
	}
	return out
}

func TestEnvelopes(t *testing.T) {
	const (
		config  = `{"workflows": [{"name": "w", "trigger_string": "a pr"}], "actions": []}`
		version = `{"policy_id": "p1", "version_number": 3, "state": "PUBLISHED", "config": ` + config + `}`
		policy  = `{"id": "p1", "name": "P", "state": "RUNNING", "current_version": ` + version + `}`
		noVer   = `{"id": "p1", "name": "P", "state": "RUNNING"}`
	)
	cases := []struct{ name, text, want string }{
		{"list of answers", `{"values": [` + policy + `], "next_page_token": "left over", "has_more": false}`, "p1/P/RUNNING v3 PUBLISHED w"},
		{"bare list", `[` + policy + `]`, "p1/P/RUNNING v3 PUBLISHED w"},
		{"value", `{"value": ` + policy + `}`, "p1/P/RUNNING v3 PUBLISHED w"},
		{"value and version", `{"value": ` + noVer + `, "version": ` + version + `}`, "p1/P/RUNNING v3 PUBLISHED w"},
		{"value with its version and the same version", `{"value": ` + policy + `, "version": ` + version + `}`, "p1/P/RUNNING v3 PUBLISHED w"},
		{"value and a draft", `{"value": ` + noVer + `, "version": {"version_number": 1, "state": "DRAFT", "config": ` + config + `}}`, "p1/P/RUNNING v1 DRAFT w"},
		{"bare policy", policy, "p1/P/RUNNING v3 PUBLISHED w"},
		{"bare version", version, "p1//INITIAL v3 PUBLISHED w"},
		{"bare config", config, "//INITIAL v0 PUBLISHED w"},
		{"import body", `{"value": {"policy_id": "p1", "config": ` + config + `}}`, "p1//INITIAL v0 PUBLISHED w"},
		{"byte order mark", "\ufeff" + policy, "p1/P/RUNNING v3 PUBLISHED w"},
		{"policy without a version", `{"value": ` + noVer + `}`, "p1/P/RUNNING none"},
		{"null version", `{"value": {"id": "p1", "state": "PAUSED", "current_version": null}}`, "p1//PAUSED none"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			policies, _ := readPolicyText(t, c.text, Options{}, nil)
			require.Len(t, policies, 1)
			p := policies[0]
			got := p.ID + "/" + p.Name + "/" + p.State
			if p.Current == nil {
				got += " none"
			} else {
				got += fmt.Sprintf(" v%d %s %s", p.Current.Number, p.Current.State, p.Current.Workflows[0].Name)
			}
			require.Equal(t, c.want, got)
			require.Empty(t, p.Drafts)
		})
	}
}

// onePolicy wraps a workflow list and an action list.
func onePolicy(workflows, actions string) string {
	return `{"value": {"id": "p1", "name": "P", "state": "RUNNING", "current_version": {"version_number": 1,
"state": "PUBLISHED", "config": {"workflows": [` + workflows + `], "actions": [` + actions + `]}}}}`
}

func TestPolicyInFull(t *testing.T) {
	p, findings := readOnePolicy(t, `{"value": {
  "id": "p1", "name": "P", "state": "DRY_RUN", "entity_type": "WorkdayWorker", "initial_complete": false,
  "safety_limit_settings": {"enable_change_limit": true, "enable_predictive_change_limit": false,
    "max_identities_affected_percentage": 12.5, "max_identities_affected_count": "250"},
  "secondary_source_of_identities": [{"entity_type": "OktaUser", "datasource_ids": ["d2"],
    "correlation_attribute_names": {"email": "login", "b": "a"}, "only_enrich_existing": true}],
  "current_version": {"policy_id": "p1", "version_number": "7", "state": "PUBLISHED", "config": {
    "mover_properties": ["department", "title"],
    "workflows": [
      {"name": "Leavers", "state": "DISABLED", "priority": "2", "continuous_sync": true, "grace_period_in_sec": "3600",
       "trigger_type": "TRIGGER_STRING", "trigger_string": "is_active eq false",
       "conditions_on_success": [
         {"name": "c", "condition_type": "ANY", "actions_to_run": [{"name": "Grant", "type": 2}, {"name": "Other"}]}]},
      {"name": "Joiners", "attribute_to_get_execute_date": "start_date"}],
    "actions": [
      {"name": "Grant", "type": "MANAGE_RELATIONSHIPS", "run_once": true, "config": {"@type": "t",
         "remove_existing_relationships": true, "access_profiles": ["a2", "a1"], "anything": {"a": 1}},
       "conditions_on_success": [{"name": "then", "condition_string": "x pr", "state": "DISABLED",
         "actions_to_run": [{"name": "Mail", "type": "SEND_NOTIFICATION"}]}]},
      {"name": "Mail"}]}}}}`)
	require.Empty(t, findings)
	require.Equal(t, []string{"p1", "P", "DRY_RUN", "WorkdayWorker"}, []string{p.ID, p.Name, p.State, p.EntityType})
	require.False(t, *p.InitialComplete)
	require.True(t, p.Limits.Given && p.Limits.EnableChange && !p.Limits.EnablePredictive)
	require.Equal(t, 12.5, p.Limits.MaxPercent.Float64())
	require.Equal(t, int64(250), *p.Limits.MaxCount)
	require.Len(t, p.Secondary, 1)
	require.Equal(t, []engine.Correlation{{Primary: "email", Secondary: "login"}, {Primary: "b", Secondary: "a"}}, p.Secondary[0].Correlation)
	require.True(t, p.Secondary[0].OnlyEnrichExisting)

	v := p.Current
	require.Equal(t, 7, v.Number)
	require.Equal(t, []string{"department", "title"}, v.MoverProperties)
	require.Len(t, v.SHA256, 64)

	leavers := v.Workflows[0]
	require.Equal(t, engine.StateDisabled, leavers.State)
	require.Equal(t, 2, leavers.Priority)
	require.True(t, leavers.ContinuousSync)
	require.Equal(t, "grace_period_in_sec", leavers.Schedule)
	require.Equal(t, engine.Position{File: "p.json", Line: 10, Path: "value.current_version.config.workflows[0]"}, leavers.Position)
	require.Equal(t, engine.FormString, leavers.Trigger.Form)
	require.Equal(t, "is_active eq false", leavers.Trigger.Text)
	require.Equal(t, engine.Position{File: "p.json", Line: 11, Path: "value.current_version.config.workflows[0].trigger_string"}, leavers.Trigger.TextAt)
	require.Equal(t, engine.Position{File: "p.json", Line: 11, Path: "value.current_version.config.workflows[0].trigger_type"}, leavers.Trigger.TypeAt)
	require.Equal(t, engine.FormAny, leavers.Conditions[0].Test.Form)
	refs := leavers.Conditions[0].Actions
	require.Equal(t, []string{"Grant", "MANAGE_RELATIONSHIPS", "Other", ""}, []string{refs[0].Name, refs[0].Type, refs[1].Name, refs[1].Type})

	joiners := v.Workflows[1]
	require.Equal(t, engine.StateEnabled, joiners.State)
	require.Equal(t, "attribute_to_get_execute_date", joiners.Schedule)
	require.Equal(t, engine.FormAbsent, joiners.Trigger.Form)
	require.Equal(t, joiners.Position, joiners.Trigger.TextAt)

	grant := v.Actions[0]
	require.Equal(t, "MANAGE_RELATIONSHIPS", grant.Type)
	require.True(t, grant.RunOnce && grant.RemoveExisting)
	require.Equal(t, "a2", grant.AccessProfiles[0].ID)
	require.Equal(t, "value.current_version.config.actions[0].config.access_profiles[1]", grant.AccessProfiles[1].Path)
	require.Equal(t, engine.StateDisabled, grant.Conditions[0].State)
	require.Equal(t, "x pr", grant.Conditions[0].Test.Text)
	require.Equal(t, "NONE", v.Actions[1].Type)
	require.Equal(t, `{"name":"Mail"}`, v.Actions[1].Canonical)
}

func TestKeyStylesAndNullAreOne(t *testing.T) {
	snake, none := readOnePolicy(t, onePolicy(
		`{"name": "w", "trigger_type": "TRIGGER_STRING", "trigger_string": "a pr", "conditions_on_success": [
		  {"name": "c", "condition_string": "b pr", "actions_to_run": [{"name": "a"}]}]}`,
		`{"name": "a", "run_once": true, "config": {"remove_existing_relationships": true, "access_profiles": ["x"]}}`))
	require.Empty(t, none)
	camel, none := readOnePolicy(t, strings.NewReplacer("current_version", "currentVersion", "version_number", "versionNumber").Replace(onePolicy(
		`{"triggerType": "TRIGGER_STRING", "name": "w", "description": null, "triggerString": "a pr", "conditionsOnSuccess": [
		  {"name": "c", "conditionType": null, "conditionString": "b pr", "actionsToRun": [{"name": "a", "type": null}]}], "state": null}`,
		`{"name": "a", "runOnce": true, "config": {"removeExistingRelationships": true, "accessProfiles": ["x"]}}`)))
	require.Empty(t, none)
	require.Equal(t, snake.Current.SHA256, camel.Current.SHA256)
	require.Equal(t, snake.Current.Actions[0].Canonical, camel.Current.Actions[0].Canonical)
	require.Equal(t, "value.currentVersion.config.workflows[0].triggerString", camel.Current.Workflows[0].Trigger.TextAt.Path)
	require.Equal(t, "a pr", camel.Current.Workflows[0].Trigger.Text)
	require.Equal(t, "b pr", camel.Current.Workflows[0].Conditions[0].Test.Text)
}

func TestStates(t *testing.T) {
	cases := []struct {
		json, want string
		findings   []string
	}{
		{`"ENABLED"`, "ENABLED", nil},
		{`"DISABLED"`, "DISABLED", nil},
		{`"disabled"`, "DISABLED", nil},
		{`"WORKFLOW_STATE_DISABLED"`, "DISABLED", nil},
		{`"workflow_state_Disabled"`, "DISABLED", nil},
		{`null`, "ENABLED", nil},
		{`""`, "ENABLED", nil},
		{`"  "`, "ENABLED", nil},
		{`0`, "ENABLED", []string{"enum-number-assumed"}},
		{`1`, "DISABLED", []string{"enum-number-assumed"}},
		{`1.0`, "DISABLED", []string{"enum-number-assumed"}},
		{`"1"`, "DISABLED", []string{"enum-number-assumed"}},
		{`"01"`, "DISABLED", []string{"enum-number-assumed"}},
		{`2`, "ENABLED", []string{"unknown-enum"}},
		{`-1`, "ENABLED", []string{"unknown-enum"}},
		{`0.5`, "ENABLED", []string{"unknown-enum"}},
		{`1e400`, "ENABLED", []string{"unknown-enum"}},
		{`"FROZEN"`, "ENABLED", []string{"unknown-enum"}},
		{`"NOT_DISABLED"`, "ENABLED", []string{"unknown-enum"}},
		{`"PREFIX DISABLED"`, "ENABLED", []string{"unknown-enum"}},
	}
	for _, c := range cases {
		t.Run(c.json, func(t *testing.T) {
			policies, snap := readPolicyText(t, onePolicy(`{"name": "w", "state": `+c.json+`}`, ""), Options{}, nil)
			require.Equal(t, c.want, policies[0].Current.Workflows[0].State)
			var codes []string
			for _, f := range snap.Findings(policies[0], policies[0].Current) {
				codes = append(codes, f.Code)
				require.Equal(t, f.Code == "unknown-enum", f.Severity == engine.SeverityError)
				require.Equal(t, "value.current_version.config.workflows[0].state", f.Path)
			}
			require.Equal(t, c.findings, codes)
		})
	}
}

func TestTestForms(t *testing.T) {
	cases := []struct {
		json     string
		form     engine.TestForm
		numbered bool
	}{
		{`"TRIGGER_STRING"`, engine.FormString, false},
		{`"CONDITION_STRING"`, engine.FormString, false},
		{`"trigger_string"`, engine.FormString, false},
		{`"TRIGGER_TYPE_TRIGGER_STRING"`, engine.FormString, false},
		{`"ANY"`, engine.FormAny, false},
		{`" any "`, engine.FormAny, false},
		{`"TRIGGER_TYPE_ANY"`, engine.FormAny, false},
		{`"COMPANY"`, engine.FormOtherName, false},
		{`"NODE_IN_GRAPH"`, engine.FormOtherName, false},
		{`"node_in_graph"`, engine.FormExpression, false},
		{`"work_location eq \"US\""`, engine.FormExpression, false},
		{`"1.5"`, engine.FormExpression, false},
		{`"\u00c4NY"`, engine.FormExpression, false},
		{`0`, engine.FormAny, true},
		{`1`, engine.FormString, true},
		{`"1"`, engine.FormString, true},
		{`2`, engine.FormBadNumber, true},
		{`-1`, engine.FormBadNumber, true},
		{`1.5`, engine.FormBadNumber, true},
		{`"99999999999999999999"`, engine.FormBadNumber, true},
		{`""`, engine.FormAbsent, false},
		{`" \t"`, engine.FormAbsent, false},
		{`null`, engine.FormAbsent, false},
	}
	for _, c := range cases {
		t.Run(c.json, func(t *testing.T) {
			policies, _ := readPolicyText(t, onePolicy(`{"name": "w", "trigger_type": `+c.json+`, "conditions_on_success": [{"condition_type": `+c.json+`}]}`, ""), Options{}, nil)
			w := policies[0].Current.Workflows[0]
			require.Equal(t, c.form, w.Trigger.Form)
			require.Equal(t, c.numbered, w.Trigger.Numbered)
			require.Equal(t, c.form, w.Conditions[0].Test.Form)
		})
	}
}

func TestActionTypes(t *testing.T) {
	cases := []struct{ json, want string }{
		{`0`, "NONE"}, {`2`, "MANAGE_RELATIONSHIPS"}, {`13`, "DELETE_IDENTITY"}, {`"4"`, "DEPROVISION_IDENTITY"},
		{`14`, "UNKNOWN(14)"}, {`-1`, "UNKNOWN(-1)"}, {`"TELEPORT"`, "TELEPORT"}, {`"Teleport now"`, "Teleport now"},
		{`"sync_identities"`, "SYNC_IDENTITIES"}, {`"ACTION_TYPE_PAUSE"`, "PAUSE"}, {`null`, "NONE"}, {`""`, "NONE"},
	}
	for _, c := range cases {
		p, findings := readOnePolicy(t, onePolicy("", `{"name": "a", "type": `+c.json+`}`))
		require.Equal(t, c.want, p.Current.Actions[0].Type, c.json)
		require.Empty(t, findings, c.json)
	}
}

func TestEnumOverride(t *testing.T) {
	enums := Enums{
		EnumTriggerType:   {1: "ANY", 2: "TRIGGER_STRING", 3: "NODE_IN_GRAPH"},
		EnumWorkflowState: {1: "ENABLED", 2: "DISABLED"},
	}
	policies, snap := readPolicyText(t, onePolicy(
		`{"trigger_type": 1, "state": 2}, {"trigger_type": 2, "state": 1}, {"trigger_type": 3}, {"trigger_type": 0}`, ""), Options{}, enums)
	w := policies[0].Current.Workflows
	require.Equal(t, engine.FormAny, w[0].Trigger.Form)
	require.Equal(t, engine.StateDisabled, w[0].State)
	require.Equal(t, engine.FormString, w[1].Trigger.Form)
	require.Equal(t, engine.StateEnabled, w[1].State)
	require.Equal(t, engine.FormOtherName, w[2].Trigger.Form)
	require.Equal(t, engine.FormAny, w[3].Trigger.Form)
	require.Equal(t, []string{
		"warning enum-number-assumed 2 value.current_version.config.workflows[3].trigger_type *1: " +
			"trigger_type is given as a number; 0 is taken for ANY by its position in the API's list",
	}, dumpFindings(snap.Findings(policies[0], policies[0].Current)), "only what the table does not say is assumed")
}

func TestFindingsAreCounted(t *testing.T) {
	text := `{"values": [
  {"id": "p1", "state": "RUNNING", "extra": 1, "current_version": {"version_number": 1, "config": {
    "workflows": [{"state": 0, "foo": 1}, {"state": 1, "foo": 2, "b.c": 3}], "actions": []}}},
  {"id": "p2", "state": "MELTED", "current_version": {"version_number": 1, "state": "PUBLISHED", "config": {
    "workflows": [{"state": "FROZEN", "foo": 1}, {"state": "FROZEN"}]}}}
], "has_more": true, "total": 2}`
	policies, snap := readPolicyText(t, text, Options{}, nil)
	require.Equal(t, []string{
		"error incomplete-export 6 has_more *1: has_more is true: the export lacks pages",
		"warning unknown-field 6 total *1: unknown field total: kept, not evaluated",
		"warning state-assumed 2 values[0].current_version *1: the policy version has no state: PUBLISHED is assumed",
		"warning unknown-field 3 values[0].current_version.config.workflows[0].foo *2: unknown field values[].current_version.config.workflows[].foo: kept, not evaluated",
		"warning enum-number-assumed 3 values[0].current_version.config.workflows[0].state *2: workflow_state is given as a number; 0 is taken for ENABLED by its position in the API's list",
		`warning unknown-field 3 values[0].current_version.config.workflows[1]["b.c"] *1: unknown field values[].current_version.config.workflows[]["b.c"]: kept, not evaluated`,
		"warning unknown-field 2 values[0].extra *1: unknown field values[].extra: kept, not evaluated",
	}, dumpFindings(snap.Findings(policies[0], policies[0].Current)))
	require.Equal(t, []string{
		"error incomplete-export 6 has_more *1: has_more is true: the export lacks pages",
		`error unknown-enum 5 values[1].current_version.config.workflows[0].state *2: unknown workflow_state "FROZEN", taken for ENABLED`,
		"warning unknown-field 6 total *1: unknown field total: kept, not evaluated",
		"warning unknown-field 5 values[1].current_version.config.workflows[0].foo *1: unknown field values[].current_version.config.workflows[].foo: kept, not evaluated",
		`warning unknown-enum 4 values[1].state *1: unknown policy_state "MELTED"`,
	}, dumpFindings(snap.Findings(policies[1], policies[1].Current)), "what concerns another policy is left out")

	policies, snap = readPolicyText(t, text, Options{Strict: true}, nil)
	for _, f := range snap.Findings(policies[0], policies[0].Current) {
		if f.Code == "unknown-field" {
			require.Equal(t, engine.SeverityError, f.Severity)
		}
	}
}

func TestDuplicatePolicyAndMissingConfig(t *testing.T) {
	policies, snap := readPolicyText(t, `[{"id": "p1", "name": "first", "current_version": {"version_number": 1, "state": "PUBLISHED"}},
{"id": "p1", "name": "second"}, {"name": "no id"}, {"name": "no id"}]`, Options{}, nil)
	require.Len(t, policies, 3)
	require.Equal(t, "first", policies[0].Name)
	require.Equal(t, []string{
		"error missing-config 1 [0].current_version *1: the policy version has no config: no workflow can be evaluated",
		`error duplicate-policy 2 [1] *1: policy id "p1" is on line 1 already: the first is kept`,
	}, dumpFindings(snap.Findings(policies[0], policies[0].Current)))
}

func TestHostileStringsSurvive(t *testing.T) {
	p, _ := readOnePolicy(t, onePolicy(`{"name": "=cmd|'/c calc'!A1\u0000\u202e\u001b[31m", "trigger_string": "\"\\u0041\" \u2028"}`, ""))
	require.Equal(t, "=cmd|'/c calc'!A1\x00\u202e\x1b[31m", p.Current.Workflows[0].Name)
	require.Equal(t, "\"\\u0041\" \u2028", p.Current.Workflows[0].Trigger.Text)
}

func TestLimitsZeroAndAbsent(t *testing.T) {
	p, _ := readOnePolicy(t, `{"id": "p", "safety_limit_settings": {"max_identities_affected_percentage": 0, "max_identities_affected_count": "0"}}`)
	require.True(t, p.Limits.Given)
	require.True(t, p.Limits.MaxPercent.IsZero())
	require.Zero(t, *p.Limits.MaxCount)
	p, _ = readOnePolicy(t, `{"id": "p", "safety_limit_settings": {"max_identities_affected_count": null}}`)
	require.True(t, p.Limits.Given)
	require.Nil(t, p.Limits.MaxPercent)
	require.Nil(t, p.Limits.MaxCount)
	p, _ = readOnePolicy(t, `{"id": "p"}`)
	require.False(t, p.Limits.Given)
	require.Nil(t, p.InitialComplete)
}

func TestVersions(t *testing.T) {
	snap := &Snapshot{}
	o := opener{snap: snap}
	versions := `{"values": [
  {"policy_id": "p1", "version_number": 2, "state": "PUBLISHED", "config": {}},
  {"policy_id": "p1", "version_number": 1, "state": "RETIRED", "config": {}},
  {"policy_id": "p1", "version_number": 3, "state": "DRAFT", "config": {"workflows": [{"name": "d"}]}},
  {"policy_id": "p1", "version_number": 3, "state": "DRAFT", "config": {}},
  {"policy_id": "p9", "version_number": 5, "state": "DRAFT", "config": {}},
  {"policy_id": "p2", "version_number": 4, "state": "PUBLISHED", "config": {}}
]}`
	policies := o.source("p.json").readPolicies(parseJSON("p.json", []byte(`[
  {"id": "p1", "name": "A", "current_version": {"policy_id": "p1", "version_number": 2, "state": "PUBLISHED", "config": {}}},
  {"id": "p2", "name": "B"}, {"id": "p3", "name": "B"}]`), &o.problems))
	src := o.source("v.json")
	src.attachAll(policies, src.readVersions(parseJSON("v.json", []byte(versions), &o.problems)))
	require.NoError(t, o.problems.err())
	a, b, empty := policies[0], policies[1], policies[2]
	require.Equal(t, []string{
		"warning duplicate-version 5 values[3] *1: version 3 differs from the one in v.json, line 4, which is used",
		`warning unattached-version 6 values[4] *1: version 5 belongs to policy "p9", which is not in the export`,
	}, dumpFindings(snap.Findings(a)))

	number := func(p *engine.Policy, want string) string {
		v, err := SelectVersion(p, want)
		if err != nil {
			return err.Error()
		}
		return fmt.Sprint(v.Number)
	}
	require.Equal(t, "2", number(a, ""))
	require.Equal(t, "2", number(a, "current"))
	require.Equal(t, "3", number(a, "draft"))
	require.Equal(t, "1", number(a, "1"))
	require.Equal(t, `policy "A" has no version 7; there are: 2 (PUBLISHED, current), 1 (RETIRED), 3 (DRAFT)`, number(a, "7"))
	require.Equal(t, `version "v2" is no number, current or draft`, number(a, "v2"))
	require.Equal(t, "4", number(b, ""), "a published version becomes the current one of a policy without")
	require.Equal(t, `policy "B" has no draft; there are: 4 (PUBLISHED, current)`, number(b, "draft"))
	require.Equal(t, `policy "B" has no current version; there are: none`, number(empty, ""))

	pick := func(want string) string {
		p, err := SelectPolicy(policies, want)
		if err != nil {
			return err.Error()
		}
		return p.ID
	}
	require.Equal(t, "p1", pick("A"))
	require.Equal(t, "p3", pick("p3"))
	require.Equal(t, `2 policies are named "B", give the id: "B" (p2), "B" (p3)`, pick("B"))
	require.Equal(t, `no policy has the name or id "C"; there are: "A" (p1), "B" (p2), "B" (p3)`, pick("C"))
	require.Equal(t, `there are 3 policies, say which one with --policy: "A" (p1), "B" (p2), "B" (p3)`, pick(""))
	_, err := SelectPolicy(nil, "")
	require.EqualError(t, err, "there is no policy")
	only, err := SelectPolicy(policies[:1], "")
	require.NoError(t, err)
	require.Equal(t, a, only)
}
