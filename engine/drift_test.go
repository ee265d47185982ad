package engine

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/scimeval"
)

// driftOf compares a record with the tenant's, both JSON objects, under a policy whose trigger is a filter.
func driftOf(t *testing.T, in Input, here, there string) *Drift {
	p := Compile(in)
	rec, _ := batchOf(p.Attributes(), []person{personOf(t, "p", here)})
	defer rec.Release()
	values := make(map[string]scimeval.Value)
	for _, m := range personOf(t, "p", there).record.Members() {
		values[m.Name] = m.Value
	}
	d, err := p.Drift(rec, values)
	require.NoError(t, err)
	return d
}

func driftInput(filter string) Input {
	return inputOf(&Version{Workflows: []Workflow{{Name: "W", State: StateEnabled, Trigger: Test{Form: FormString, Text: filter}}}})
}

func TestDrift(t *testing.T) {
	for _, tc := range []struct {
		name, filter, here, there string
		changed, unshown          []string
	}{
		{"equal", `a eq "x"`, `{"a":"x"}`, `{"a":"x"}`, nil, nil},
		{"another text", `a eq "x"`, `{"a":"Sales"}`, `{"a":"IT"}`, []string{"a: Sales here, IT in the tenant"}, nil},
		{"letter case", `a eq "x"`, `{"a":"x"}`, `{"a":"X"}`, []string{"a: x here, X in the tenant"}, nil},
		{"nobody reads it", `a eq "x"`, `{"a":"x","b":1}`, `{"a":"x","b":2}`, nil, nil},
		{"absent, null and empty are one", `a pr and b pr and c pr and d pr`, `{"a":"","b":null}`, `{"a":null,"c":"","d":null}`, nil, nil},
		{"absent there", `a pr`, `{"a":"x"}`, `{"a":null}`, []string{"a: x here, absent in the tenant"}, nil},
		{"absent here", `a pr`, `{}`, `{"a":7}`, []string{"a: absent here, 7 in the tenant"}, nil},
		{"not shown", `b pr or a pr`, `{"a":"x","b":1}`, `{}`, nil, []string{"a", "b"}},
		{"exact numbers", `a pr and b pr and c pr`, `{"a":1.0,"b":9007199254740993,"c":1e2}`, `{"a":1,"b":9007199254740992,"c":100}`,
			[]string{"b: 9007199254740993 here, 9007199254740992 in the tenant"}, nil},
		{"a number is no text", `a pr`, `{"a":2}`, `{"a":"2"}`, []string{`a: 2 here, "2" in the tenant`}, nil},
		{"lists are ordered, objects are not", `a pr and b pr`, `{"a":["x","y"],"b":{"k":1,"l":2}}`, `{"a":["y","x"],"b":{"l":2,"k":1}}`,
			[]string{`a: ["x","y"] here, ["y","x"] in the tenant`}, nil},
		{"[] where it decides nothing", `a pr`, `{"a":[]}`, `{"a":null}`, nil, nil},
		{"[] where it decides", `a eq null`, `{"a":[]}`, `{"a":null}`, []string{"a: [] here, absent in the tenant"}, nil},
		{"an empty text where it decides", `a pr`, `{}`, `{"a":""}`, []string{`a: absent here, "" in the tenant`}, nil},
		{"false is not absent", `a pr`, `{"a":false}`, `{"a":null}`, []string{"a: false here, absent in the tenant"}, nil},
		{"who is no mover has not moved", `sys_attr__is_mover eq true`, `{}`, `{"sys_attr__is_mover":false}`, nil, nil},
		{"a mover", `sys_attr__is_mover eq true`, `{}`, `{"sys_attr__is_mover":true}`, []string{"sys_attr__is_mover: absent here, true in the tenant"}, nil},
		{"inside an object", `team.name eq "red"`, `{"team":{"name":"red"}}`, `{"team":{"name":"blue"}}`, []string{`team: {"name":"red"} here, {"name":"blue"} in the tenant`}, nil},
		{"a dotted name", `team.name eq "red"`, `{"team.name":"red"}`, `{"team.name":"blue"}`, []string{"team.name: red here, blue in the tenant"}, nil},
		{"by name", `b pr and a pr`, `{"a":1,"b":1}`, `{"a":2,"b":2}`, []string{"a: 1 here, 2 in the tenant", "b: 1 here, 2 in the tenant"}, nil},
	} {
		d := driftOf(t, driftInput(tc.filter), tc.here, tc.there)
		var changed []string
		for _, c := range d.Changed {
			changed = append(changed, c.Text)
		}
		require.Equal(t, tc.changed, changed, tc.name)
		require.Equal(t, tc.unshown, d.Unshown, tc.name)
	}
}

func TestDriftUnderFoldedNames(t *testing.T) {
	in := driftInput(`dept eq "Sales"`)
	d := driftOf(t, in, `{"Dept":"Sales"}`, `{"DEPT":"IT","dePT":"HR"}`)
	require.Equal(t, []AttributeDrift{{Attribute: "dept", Here: textOr(`"Sales"`), There: textOr(`"IT"`), Text: "dept: Sales here, IT in the tenant"}}, d.Changed)
	require.Empty(t, d.Unshown)
}

// TestDriftReadsWhatADryRunShows: the conditions of workflows, of actions and of disabled workflows count; those of entities, limits and
// guards do not.
func TestDriftReadsWhatADryRunShows(t *testing.T) {
	test := func(name string) Test { return Test{Form: FormString, Text: name + " pr"} }
	entity := test("entity")
	in := inputOf(&Version{
		Workflows: []Workflow{
			{Name: "W", State: StateEnabled, Trigger: test("trigger"), Conditions: []Condition{
				{Name: "c", State: StateEnabled, Test: test("condition"), Actions: []ActionRef{{Name: "A"}}},
				{Name: "off", State: StateDisabled, Test: test("off"), Actions: []ActionRef{{Name: "A"}}},
			}},
			{Name: "D", State: StateDisabled, Trigger: test("disabled")},
		},
		Actions: []Action{{Name: "A", Type: "MANAGE_RELATIONSHIPS", State: StateEnabled, AccessProfiles: []ProfileRef{{ID: "P"}},
			Conditions: []Condition{{Name: "n", State: StateEnabled, Test: test("nested")}}}},
	}, Profile{ID: "P", State: StateRunning, VersionState: StatePublished, Entities: []Entity{{EntityID: "e", Condition: &entity}}})
	in.Guards = []Guard{{Name: "g", Filter: "guard pr", Never: "grant"}}
	d := driftOf(t, in, `{"trigger":1,"condition":1,"off":1,"disabled":1,"nested":1,"entity":1,"guard":1,"is_active":true}`, `{}`)
	require.Equal(t, []string{"condition", "disabled", "nested", "trigger"}, d.Unshown)
}

func TestDriftTakesOneIdentity(t *testing.T) {
	p := Compile(driftInput(`a pr`))
	rec, _ := batchOf(p.Attributes(), crowd(t, `{}`, `{}`))
	defer rec.Release()
	_, err := p.Drift(rec, nil)
	require.EqualError(t, err, "one identity with 4 attributes is wanted, the record has 2 with 4")
}
