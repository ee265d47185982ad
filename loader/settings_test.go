package loader

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

func TestConfig(t *testing.T) {
	const text = `# what this company wants
rules:
  filter.coerce: on
  filter.missing_ne: false
enums:
  policy_state: [INITIAL, running]
  condition_type: {1: ANY, "2": CONDITION_STRING}
fail_on: [limit, maybe]
limits:
  - name: few grants
    effect: grant
    max_count: 100
  - {name: sales, cohort: 'department eq "Sales"', max_percent: 2.5}
  - {name: leavers, workflow: Leavers, max_count: "10", max_percent: "0"}
guards:
  - name: executives
    filter: title sw "Chief"
    never: deactivate
  - {name: the last one, filter: 'department eq "IT"', never: last_holder}
`
	var problems Problems
	src := source{file: "lcmsim.yaml", closed: true, problems: &problems, notes: &notes{}}
	c := src.readConfigFile(parseYAML("lcmsim.yaml", []byte(text), &problems))
	require.NoError(t, problems.err())
	require.Equal(t, []string{"filter.coerce", "on", "filter.missing_ne", "false"},
		[]string{c.Rules[0].Name, c.Rules[0].Value, c.Rules[1].Name, c.Rules[1].Value})
	require.Equal(t, 4, c.Rules[1].Line)
	require.Equal(t, Enums{
		EnumPolicyState:   {0: "INITIAL", 1: "RUNNING"},
		EnumConditionType: {1: "ANY", 2: "CONDITION_STRING"},
	}, c.Enums)
	require.Equal(t, []string{"limit", "maybe"}, c.FailOn)
	require.Len(t, c.Limits, 3)
	require.Equal(t, int64(100), *c.Limits[0].MaxCount)
	require.Nil(t, c.Limits[0].MaxPercent)
	require.Equal(t, 10, c.Limits[0].Line)
	require.Equal(t, `department eq "Sales"`, c.Limits[1].Cohort)
	require.Equal(t, 2.5, c.Limits[1].MaxPercent.Float64())
	require.Equal(t, "Leavers", c.Limits[2].Workflow)
	require.Equal(t, int64(10), *c.Limits[2].MaxCount)
	require.Equal(t, []engine.Guard{
		{Name: "executives", Filter: `title sw "Chief"`, Never: "deactivate", Position: c.Guards[0].Position},
		{Name: "the last one", Filter: `department eq "IT"`, Never: "last_holder", Position: engine.Position{File: "lcmsim.yaml", Line: 19, Path: "guards[1]"}},
	}, c.Guards)

	for _, empty := range []string{"", "# nothing\n", "rules:\nlimits:\n", "{}\n", "\ufeff{}"} {
		c := src.readConfigFile(parseYAML("lcmsim.yaml", []byte(empty), &problems))
		require.NoError(t, problems.err(), empty)
		require.Equal(t, Config{}, c, empty)
	}
}

func TestSchema(t *testing.T) {
	const text = `id: id
urn: urn:example:Identity
list_separator: "|"
attributes:
  - {name: id, type: string, caseExact: true, description: the key}
  - {name: emails, multiValued: true, schema: urn:example:Extension}
  - name: phones
    type: complex
    multiValued: true
    subAttributes:
      - {name: value}
      - {name: primary, type: boolean}
`
	want := &scimeval.Schema{
		ID: "id", URN: "urn:example:Identity", ListSeparator: "|",
		Attributes: []scimeval.AttributeDef{
			{Name: "id", Type: "string", CaseExact: true},
			{Name: "emails", Type: "string", MultiValued: true, Schema: "urn:example:Extension"},
			{Name: "phones", Type: "complex", MultiValued: true, SubAttributes: []scimeval.AttributeDef{
				{Name: "value", Type: "string"}, {Name: "primary", Type: "boolean"},
			}},
		},
	}
	var problems Problems
	src := source{file: "schema.yaml", closed: true, problems: &problems, notes: &notes{}}
	require.Equal(t, want, src.readSchema(parseYAML("schema.yaml", []byte(text), &problems)))
	require.NoError(t, problems.err())

	const asJSON = `{"id": "id", "urn": "urn:example:Identity", "list_separator": "|", "attributes": [
 {"name": "id", "type": "string", "caseExact": true}, {"name": "emails", "multiValued": true, "schema": "urn:example:Extension"},
 {"name": "phones", "type": "complex", "multiValued": true, "subAttributes": [{"name": "value"}, {"name": "primary", "type": "boolean"}]}]}`
	require.Equal(t, want, src.readSchema(parseJSON("schema.json", []byte(asJSON), &problems)))
	require.NoError(t, problems.err())
}

func TestDryRun(t *testing.T) {
	d, err := ReadDryRun("answer.json", []byte(`{"workflows_matched": ["w"], "accessProfileIds": ["a"], "job_requests": [
  {"action_name": "x", "action_type": 2, "ttl": "5s"}, {"actionName": "y", "action_type": 77}, {"action_name": "z"}], "new_field": 1}`))
	require.NoError(t, err)
	require.Equal(t, engine.DryRun{
		WorkflowsMatched: []string{"w"},
		AccessProfileIDs: []string{"a"},
		Actions:          []engine.DryRunAction{{Name: "x", Type: "MANAGE_RELATIONSHIPS"}, {Name: "y", Type: "UNKNOWN(77)"}, {Name: "z", Type: "NONE"}},
	}, d)

	d, err = ReadDryRun("answer.json", []byte(`{}`))
	require.NoError(t, err, "nothing matched, defaults left out")
	require.Equal(t, engine.DryRun{}, d)

	for _, nothing := range []string{`{"messages": ["0 job requests generated"]}`, `{"workflows_matched": null, "messages": null}`, `{"value": {"workflows_matched": []}}`} {
		d, err = ReadDryRun("answer.json", []byte(nothing))
		require.NoError(t, err, nothing)
		require.Empty(t, d.WorkflowsMatched)
	}
	_, err = ReadDryRun("answer.json", []byte(`{"code": "Internal", "message": "no"}`))
	require.ErrorContains(t, err, "is no dry-run answer: it has none of workflows_matched, job_requests")

	_, err = ReadDryRun("answer.json", []byte(`{"workflows_matched": "w", "job_requests": [5]}`))
	require.EqualError(t, err, "answer.json:1: job_requests[0]: is a number, want an object\n"+
		"answer.json:1: workflows_matched: is a string, want a list")
	_, err = ReadDryRun("answer.json", []byte(`[]`))
	require.EqualError(t, err, "answer.json:1: is a list, want an object")
}
