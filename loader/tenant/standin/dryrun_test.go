package standin

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tenantOf is a tenant with one policy, whose config and profiles are given, and one identity p1 with some attributes.
func tenantOf(t *testing.T, config, profiles, attributes string, opt Options) *tenant {
	t.Helper()
	opt.Snapshot = &Snapshot{
		Policies:   []json.RawMessage{json.RawMessage(`{"id":"pol","current_version":{"version_number":1,"config":` + config + `}}`)},
		Identities: []json.RawMessage{json.RawMessage(`{"id":"t1","entity_id":"p1","attributes":` + attributes + `}`)},
	}
	require.NoError(t, json.Unmarshal([]byte(profiles), &opt.Snapshot.Profiles))
	s, err := New(opt)
	require.NoError(t, err)
	return s.tenant
}

// line is an outcome on one line: workflows: workflow/action ...: profiles: entitlements.
func (o *outcome) line() string {
	jobs, entities := []string{}, []string{}
	for _, j := range o.jobs {
		jobs = append(jobs, j.name+"/"+j.action.name)
		for _, e := range j.entities {
			entities = append(entities, e.key()[2])
		}
	}
	return strings.Join(o.workflows, " ") + ": " + strings.Join(jobs, " ") + ": " + strings.Join(o.profiles, " ") + ": " + strings.Join(entities, " ")
}

// flow is a workflow whose trigger is an expression and whose conditions are given.
func flow(name, trigger, more string, conditions ...string) string {
	data, _ := json.Marshal(trigger) // a string
	return `{"name":"` + name + `","trigger_string":` + string(data) + more + `,"conditions_on_success":[` + strings.Join(conditions, ",") + `]}`
}

// when is a condition with the actions that it runs; "" = ANY.
func when(expression string, actions ...string) string {
	data, _ := json.Marshal(expression) // a string
	kind := `"CONDITION_STRING"`
	if expression == "" {
		kind = `"ANY"`
	}
	refs := []string{}
	for _, a := range actions {
		refs = append(refs, `{"name":"`+a+`"}`)
	}
	return `{"name":"c","condition_type":` + kind + `,"condition_string":` + string(data) + `,"actions_to_run":[` + strings.Join(refs, ",") + `]}`
}

func act(name, more string, conditions ...string) string {
	return `{"name":"` + name + `","type":"MANAGE_RELATIONSHIPS"` + more + `,"conditions_on_success":[` + strings.Join(conditions, ",") + `]}`
}

func config(workflows []string, actions ...string) string {
	return `{"workflows":[` + strings.Join(workflows, ",") + `],"actions":[` + strings.Join(actions, ",") + `]}`
}

func TestPolicies(t *testing.T) {
	const bad = `x gt true` // unknown on every record
	a, b, c := act("A", ""), act("B", ""), act("C", "")
	for _, tc := range []struct {
		name   string
		config string
		rules  string // name=value ...
		want   string
	}{
		{"several match", config([]string{flow("W1", "x eq 1", "", when("", "A")), flow("W2", "x eq 2", "", when("", "A")), flow("W3", "x pr", "", when("", "A"))}, a), "", "W1 W3: W1/A W3/A: : "},
		{"an action once a workflow", config([]string{flow("W", "x eq 1", "", when("", "B", "A"), when("x pr", "A", "C"))}, a, b, c), "", "W: W/B W/A W/C: : "},
		{"conditions are independent", config([]string{flow("W", "x eq 1", "", when("x eq 2", "A"), when("x eq 1", "B"))}, a, b), "", "W: W/B: : "},
		{"nested", config([]string{flow("W", "x eq 1", "", when("", "A", "C"))}, act("A", "", when("x eq 1", "B"), when("x eq 2", "C")), b, c), "", "W: W/A W/B W/C: : "},
		{"a cycle ends", config([]string{flow("W", "x eq 1", "", when("", "A"))}, act("A", "", when("", "B")), act("B", "", when("", "A", "C")), c), "", "W: W/A W/B W/C: : "},
		{"placed where a possible path reaches it", config([]string{flow("W", "x eq 1", "", when(bad, "B"), when("", "A", "B"))}, a, b), "", "W: W/B W/A: : "},
		{"unknown is not planned", config([]string{flow("W", "x eq 1", "", when(bad, "B"), when("", "A"))}, a, b), "", "W: W/A: : "},
		{"disabled parts", config([]string{flow("W", "x eq 1", "", strings.Replace(when("", "A"), `{`, `{"state":"DISABLED",`, 1), when("", "B", "C"))}, a, act("B", `,"state":"DISABLED"`, when("", "A")), c), "", "W: W/C: : "},
		{"unknown action, first of two with a name", config([]string{flow("W", "x eq 1", "", when("", "Ghost", "A"))}, a, act("A", `,"state":"DISABLED"`)), "", "W: W/A: : "},
		{"trigger unknown", config([]string{flow("W", bad, "", when("", "A")), flow("V", "x eq", "", when("", "A"))}, a), "", ": : : "},

		{"disabled workflow", config([]string{flow("W", "x eq 1", `,"state":"DISABLED"`, when("", "A"))}, a), "", ": : : "},
		{"disabled workflow, evaluated", config([]string{flow("W", "x eq 1", `,"state":"DISABLED"`, when("", "A"))}, a), "workflow.disabled=evaluate", "W: W/A: : "},
		{"priority", config([]string{flow("W0", "x pr", ""), flow("W2", "x pr", `,"priority":2`), flow("W1", "x pr", `,"priority":"1"`), flow("V", "x pr", `,"priority":0`)}), "", "W1 W2 W0 V: : : "},
		{"priority, descending", config([]string{flow("W0", "x pr", ""), flow("W2", "x pr", `,"priority":2`), flow("W1", "x pr", `,"priority":"1"`), flow("V", "x pr", `,"priority":0`)}), "workflow.priority=descending", "W2 W1 W0 V: : : "},
		{"first match", config([]string{flow("W1", "x eq 2", ""), flow("W2", "x eq 1", ""), flow("W3", "x eq 1", "")}), "workflow.first_match=on", "W2: : : "},
		{"first match after unknown", config([]string{flow("W1", bad, ""), flow("W2", "x eq 1", "")}), "workflow.first_match=on", ": : : "},
		{"first match and disabled", config([]string{flow("W1", "x eq 1", `,"state":"DISABLED"`), flow("W2", "x eq 1", "")}), "workflow.first_match=on", "W2: : : "},
		{"first match and disabled, evaluated", config([]string{flow("W1", "x eq 1", `,"state":"DISABLED"`), flow("W2", "x eq 1", "")}), "workflow.first_match=on workflow.disabled=evaluate", "W1: : : "},
		{"first match by descending priority", config([]string{flow("W1", "x eq 1", `,"priority":1`), flow("W2", "x eq 1", `,"priority":2`)}), "workflow.first_match=on workflow.priority=descending", "W2: : : "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tenant := tenantOf(t, tc.config, `[]`, `{"x":1}`, Options{Rules: settings(tc.rules)})
			require.Equal(t, tc.want, tenant.dryRun(tenant.policies[0].current, tenant.byIdentity["t1"], false).line())
		})
	}
}

func settings(text string) map[string]string {
	set := map[string]string{}
	for word := range strings.FieldsSeq(text) {
		name, value, _ := strings.Cut(word, "=")
		set[name] = value
	}
	return set
}

// A request can skip disabled workflows in a tenant that evaluates them.
func TestSkipDisabledWorkflows(t *testing.T) {
	tenant := tenantOf(t, config([]string{flow("W", "x eq 1", `,"state":"DISABLED"`)}), `[]`, `{"x":1}`, Options{Rules: map[string]string{"workflow.disabled": "evaluate"}})
	v, who := tenant.policies[0].current, tenant.byIdentity["t1"]
	require.Equal(t, []string{"W"}, tenant.dryRun(v, who, false).workflows)
	out := tenant.dryRun(v, who, true)
	require.Empty(t, out.workflows)
	require.Contains(t, out.messages, `Workflow "W" is disabled and was skipped`)
}

// What is unknown is said, never dropped.
func TestMessages(t *testing.T) {
	tenant := tenantOf(t, config([]string{flow("W", "x eq", ""), flow("V", "x pr", "", when("x gt true", "A"))}, act("A", "")), `[]`, `{"x":1}`, Options{})
	require.Equal(t, []string{
		`Workflow "W" does not match: its trigger cannot be evaluated: column 4: expected a blank and a value`,
		`Action "A" of workflow "V" is not planned: a condition on the way to it cannot be evaluated`,
		"1 workflows matched", "0 job requests generated", "Access profiles affected: 0",
	}, tenant.dryRun(tenant.policies[0].current, tenant.byIdentity["t1"], false).messages)
}

func TestRunOnce(t *testing.T) {
	text := config([]string{flow("W", "x pr", "", when("", "A", "B")), flow("V", "x pr", "", when("", "A"))}, act("A", `,"run_once":true,"config":{"access_profiles":["P"]}`), act("B", ""))
	for _, tc := range []struct {
		done Done
		want string
	}{
		{Done{}, "W V: W/A W/B V/A: P: "},
		{Done{"p1", "A", ""}, "W V: W/B: : "},
		{Done{"p1", "A", "V"}, "W V: W/A W/B: P: "},
		{Done{"p2", "A", ""}, "W V: W/A W/B V/A: P: "},
		{Done{"p1", "B", ""}, "W V: W/A W/B V/A: P: "}, // B can run again
	} {
		tenant := tenantOf(t, text, `[]`, `{"x":1}`, Options{Done: []Done{tc.done}})
		require.Equal(t, tc.want, tenant.dryRun(tenant.policies[0].current, tenant.byIdentity["t1"], false).line(), tc.done)
	}
}

func TestProfiles(t *testing.T) {
	policy := func(ids string) string {
		return config([]string{flow("W", "x pr", "", when("", "A"))}, act("A", `,"config":{"access_profiles":[`+ids+`]}`))
	}
	profile := func(id, state, version, inherits, entities string) string {
		return `{"id":"` + id + `","state":"` + state + `","current_version":{"state":"` + version + `","inherit_entities_from_access_profiles":[` + inherits + `],"entities_to_create_relationships_to":[` + entities + `]}}`
	}
	group := func(id, more string) string {
		return `{"datasource_id":"d","entity_type":"g","entity_id":"` + id + `"` + more + `}`
	}
	for _, tc := range []struct {
		name, named string
		profiles    []string
		direct      string // under Direct
		inherited   string // under Inherited
		grant       string // under Inherited and profile.inactive=grant
	}{
		{"inheritance, each entity once", `"P"`, []string{
			profile("P", "RUNNING", "PUBLISHED", `"Q","R"`, group("1", "")),
			profile("Q", "RUNNING", "PUBLISHED", `"R"`, group("1", "")+","+group("2", "")),
			profile("R", "RUNNING", "PUBLISHED", ``, group("3", "")),
		}, "P: 1 2 3", "P Q R: 1 2 3", "P Q R: 1 2 3"},
		{"a paused branch", `"P"`, []string{
			profile("P", "RUNNING", "PUBLISHED", `"Q"`, group("1", "")),
			profile("Q", "PAUSED", "PUBLISHED", `"R"`, group("2", "")),
			profile("R", "RUNNING", "PUBLISHED", ``, group("3", "")),
		}, "P: 1", "P: 1", "P Q R: 1 2 3"},
		{"named, withheld and missing", `"P","gone"`, []string{
			profile("P", "RUNNING", "DRAFT", `"Q"`, group("1", "")),
			profile("Q", "RUNNING", "PUBLISHED", ``, group("2", "")),
		}, "P gone: ", "P gone: ", "P Q gone: 1 2"},
		{"a cycle", `"P"`, []string{
			profile("P", "RUNNING", "PUBLISHED", `"Q"`, group("1", "")),
			profile("Q", "RUNNING", "PUBLISHED", `"P","Q","gone"`, group("2", "")),
		}, "P: 1 2", "P Q: 1 2", "P Q: 1 2"},
		{"conditions of entities", `"P"`, []string{profile("P", "RUNNING", "PUBLISHED", ``, strings.Join([]string{
			group("any", `,"condition":{"type":"ANY"}`),
			group("none", `,"condition":{}`),
			group("true", `,"condition":{"type":"CONDITION_STRING","condition_string":"x eq 1"}`),
			group("false", `,"condition":{"type":"CONDITION_STRING","condition_string":"x eq 2"}`),
			group("empty", `,"condition":{"type":"CONDITION_STRING","condition_string":" "}`),
			group("graph", `,"condition":{"type":"NODE_IN_GRAPH","condition_string":"x eq 1"}`),
		}, ","))}, "P: any none true", "P: any none true", "P: any none true"},
		{"first of two", `"P"`, []string{profile("P", "RUNNING", "PUBLISHED", ``, group("1", "")), profile("P", "RUNNING", "PUBLISHED", ``, group("2", ""))}, "P: 1", "P: 1", "P: 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, opt := range []struct {
				want string
				Options
			}{
				{tc.direct, Options{}},
				{tc.inherited, Options{Profiles: Inherited}},
				{tc.grant, Options{Profiles: Inherited, Rules: map[string]string{"profile.inactive": "grant"}}},
			} {
				tenant := tenantOf(t, policy(tc.named), "["+strings.Join(tc.profiles, ",")+"]", `{"x":1}`, opt.Options)
				got := tenant.dryRun(tenant.policies[0].current, tenant.byIdentity["t1"], false).line()
				require.Equal(t, "W: W/A: "+opt.want, got)
			}
		})
	}
}

func TestExpressionForms(t *testing.T) {
	record := object{{"x", json.Number("1")}}
	r, err := newRules(nil)
	require.NoError(t, err)
	for _, tc := range []struct {
		kind, text any
		want       truth
	}{
		{"ANY", nil, yes}, {"any", "x eq 2", yes}, {"TRIGGER_TYPE_ANY", nil, yes}, {"COMPANY", nil, unknown}, {"XSTATE_ANY", nil, yes},
		{"CONDITION_STRING", "x eq 1", yes}, {"trigger_string", "x eq 2", no}, {"CONDITION_STRING", " ", unknown}, {"CONDITION_STRING", nil, unknown},
		{"NODE_IN_GRAPH", nil, unknown}, {"NODE_IN_GRAPH", "x eq 1", unknown},
		{"x eq 1", nil, yes}, {"x eq 1", "x eq 2", no}, {"x eq 2", "\t", no}, {"node_in_graph", nil, unknown},
		{nil, "x eq 1", yes}, {"", "x eq 2", no}, {nil, nil, unknown}, {" ", "", unknown},
		{json.Number("0"), nil, yes}, {json.Number("0"), "x eq 2", no}, {json.Number("1"), "x eq 1", yes}, {json.Number("1"), nil, unknown},
		{"7", nil, unknown}, {"7", "x eq 1", yes}, {json.Number("99999999999999999999"), nil, unknown},
	} {
		e := newExpression(tc.kind, tc.text, unknown)
		require.Equal(t, tc.want, e.eval(r, record), "%v %v", tc.kind, tc.text)
	}
}

func TestIdentities(t *testing.T) {
	who, err := newIdentity(json.RawMessage(`{"entity_id":7,"id":"t","entity_type":"W","dept":"top","custom_properties":{"a.b":1,"c":{"id":"z"}},
		"attributes":{"dept":"inner","entity_id":"no","ref":{"id":5},"refs":[{"id":"a"},{"id":"b"}],"kept":[{"id":"a","x":1}],"custom_properties":{"c":null}}}`))
	require.NoError(t, err)
	text, err := json.Marshal(who.record())
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"t","entity_id":"7","entity_type":"W","entity_name":null,"dept":"inner","customprop_a.b":1,"customprop_c":null,"ref":5,"refs":["a","b"],
		"kept":[{"id":"a","x":1}],"sys_attr__is_mover":false}`, string(text))

	for text, want := range map[string]string{
		`[]`:                                     "want a JSON object",
		`{}`:                                     "entity_id is missing",
		`{"entity_id":""}`:                       "entity_id is missing",
		`{"entity_id":"a","attributes":1}`:       "attributes is not an object",
		`{"entity_id":"a","x":1e99999}`:          `attribute "x": a number has more than 1000 digits`,
		`{"entity_id":"a","x":1,"x":2}`:          `member "x" occurs twice`,
		`{"entity_id":"a"} {}`:                   "there is more after the JSON value",
		`{"entity_id":"a","x":[[{"y":1e99999}]]`: "unexpected EOF",
		`{"entity_id":"a","x":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + `}`: "nested deeper than 200",
	} {
		_, err := newIdentity(json.RawMessage(text))
		require.ErrorContains(t, err, want, text)
	}
}
