package standin_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/loader/tenant/standin"
)

// dice makes even choices from a seed; rapid's own generators prefer what is small and early, which makes empty policies.
type dice struct{ state uint64 }

func (d *dice) below(n int) int {
	d.state += 0x9E3779B97F4A7C15
	x := d.state
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return int((x ^ x>>31) % uint64(n))
}

func (d *dice) percent(p int) bool { return d.below(100) < p }

func pick[T any](d *dice, list ...T) T { return list[d.below(len(list))] }

func some[T any](d *dice, least, most int, one func(i int) T) []T {
	out := []T{}
	for i := range least + d.below(most-least+1) {
		out = append(out, one(i))
	}
	return out
}

// m is a JSON object.
type m map[string]any

// Attributes with the values that people have, and what filters compare them with.
var attributes = []struct {
	name   string
	values []string
}{
	{"dept", []string{`"Sales"`, `"sales"`, `"IT"`, `""`, `null`, `7`, `"Straße"`, `"STRASSE"`}},
	{"Dept", []string{`"Sales"`, `"IT"`, `null`}},
	{"level", []string{`1`, `2`, `2.0`, `20e-1`, `-3`, `9007199254740993`, `"2"`, `"02"`, `"1e0"`, `null`}},
	{"flag", []string{`true`, `false`, `"true"`, `"FALSE"`, `1`, `null`}},
	{"tags", []string{`["a"]`, `["a","b"]`, `["abc"]`, `["A"]`, `[]`, `[null]`, `"a"`, `[1,"1"]`, `[2.0]`, `["2024-01-31"]`, `[true]`}},
	{"joined", []string{`"2024-01-31"`, `"2024-01-31T00:00:00Z"`, `"2024-01-31t01:00:00+01:00"`, `"2024-01-30T23:30:00-00:30"`, `"2024-08-01T10:00:00.50"`, `"2024-02-30"`, `"soon"`, `"2024-01-31 "`}},
	{"team", []string{`{"name":"red","lead":true}`, `{"name":null}`, `{}`, `[{"name":"red"},{"name":"blue","lead":true}]`, `[{"lead":"true"},null]`, `[]`, `"red"`, `["red"]`, `{"Name":"red"}`, `[{"name":["red"]}]`}},
	{"team.name", []string{`"red"`, `null`}},
	{"urn:a:b:dept", []string{`"Sales"`}},
	{"$dept", []string{`"Sales"`, `["a"]`}},
	{"ref", []string{`{"id":"Sales"}`, `[{"id":"a"},{"id":"b"}]`, `[{"id":"a"},{"id":"b","x":1}]`}},
	{"custom_properties", []string{`{"x":"a","a.b":1}`, `{"x":{"id":"a"}}`, `{}`}},
	{"sys_attr__is_mover", []string{`true`, `false`, `null`, `"true"`}},
}

var names = []string{
	"dept", "Dept", "DEPT", "level", "flag", "FLAG", "tags", "joined", "team", "team.name", "Team.Name", "team.lead", "ref", "ref.id", "customprop_x",
	"customprop_a.b", "urn:a:b:dept", "urn:a:1.0:team.name", "$dept", "team.$x", "sys_attr__is_mover", "nobody", "nobody.x", "entity_id", "entity_name", "id",
}

var literals = []string{
	`"Sales"`, `"sales"`, `"IT"`, `"a"`, `"b"`, `"A"`, `""`, `"STRASSE"`, `"red"`, `"2"`, `"true"`, `"False"`, `"p1"`, `1`, `2`, `2.0`, `0.2e1`, `-3`,
	`9007199254740992`, `true`, `false`, `TRUE`, `null`, `"2024-01-31"`, `"2024-01-31T00:00:00.000Z"`, `"2024-08-01T10:00:00.5Z"`, `"soon"`, `"\u0061"`,
}

func randomComparison(d *dice) string {
	if d.percent(15) { // lists have rules of their own
		return "tags " + pick(d, "eq", "ne", "co", "sw") + " " + pick(d, `"a"`, `"b"`, `"A"`, `2`)
	}
	name, op := pick(d, names...), pick(d, "eq", "eq", "eq", "ne", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr", "pr", "EQ")
	if op == "pr" {
		return name + " pr"
	}
	return name + " " + op + " " + pick(d, literals...)
}

func randomFilter(d *dice, depth int) string {
	if depth == 0 {
		return randomComparison(d)
	}
	switch d.below(10) {
	case 0, 1:
		return randomFilter(d, depth-1) + " and " + randomFilter(d, depth-1)
	case 2, 3:
		return randomFilter(d, depth-1) + " or " + randomFilter(d, depth-1)
	case 4:
		return "not (" + randomFilter(d, depth-1) + ")"
	case 5:
		return pick(d, "team", "TEAM", "tags", "level", "nobody") + "[" + pick(d,
			`name eq "red"`, `name eq "RED"`, `name ne "red"`, `name pr and lead pr`, `not (lead eq true)`, `lead gt true`, `name eq null`, `lead eq true`,
		) + "]"
	case 6:
		return "(" + randomFilter(d, depth-1) + ")"
	case 7:
		if d.percent(10) {
			return pick(d, `dept eq`, `dept == "x"`, `level eq 01`, `dept eq "Sales" or`, `a.b.c pr`, `team[name pr].lead pr`, `dept eq "a"and level pr`)
		}
	}
	return randomComparison(d)
}

// randomTest is a type and an expression in every form, mostly sound.
func randomTest(d *dice, o m, kind, text string) m {
	filter := randomFilter(d, 2)
	switch n := d.below(100); {
	case n < 15:
		o[kind] = pick(d, any("ANY"), "any", 0, "0", "TRIGGER_TYPE_ANY")
	case n < 75:
		o[kind], o[text] = pick(d, any("CONDITION_STRING"), "TRIGGER_STRING", 1, nil, "CONDITION_TYPE_CONDITION_STRING", 0, 7, "1"), filter
	case n < 85:
		o[kind] = filter
	case n < 90:
		o[kind], o[text] = pick(d, any("ANY"), "NODE_IN_GRAPH", any(filter), 9), filter
	case n < 95:
		o[kind], o[text] = pick(d, any("CONDITION_STRING"), "NODE_IN_GRAPH", 9, 1, nil, "", " "), pick(d, any(" "), "", nil)
	default:
		o[text] = filter
	}
	return o
}

func randomState(d *dice, disabled int) any {
	if d.percent(disabled) {
		return pick(d, any("DISABLED"), "disabled", 1, "WORKFLOW_STATE_DISABLED")
	}
	return pick(d, any("ENABLED"), "ENABLED", nil, 0, "SLEEPY", "Enabled")
}

func randomConditions(d *dice, least, most int) []m {
	return some(d, least, most, func(i int) m {
		return randomTest(d, m{"name": pick(d, "sync", "other"), "state": randomState(d, 8), "actions_to_run": some(d, 1, 3, func(int) m {
			return m{"name": pick(d, "A", "B", "C", "D", "E", "Ghost"), "type": "SYNC_IDENTITIES"}
		})}, "condition_type", "condition_string")
	})
}

func randomPolicy(d *dice) m {
	return m{"id": "pol", "name": "policy", "state": "RUNNING", "entity_type": pick(d, "", "Worker"), "current_version": m{
		"policy_id": "pol", "version_number": 3, "state": "PUBLISHED", "config": m{
			"workflows": some(d, 1, 4, func(i int) m {
				return randomTest(d, m{
					"name": fmt.Sprint("W", i), "state": randomState(d, 20), "priority": pick(d, any(0), 1, "2", 2, 3, nil),
					"conditions_on_success": randomConditions(d, 1, 3),
				}, "trigger_type", "trigger_string")
			}),
			"actions": some(d, 3, 6, func(i int) m {
				a := m{
					"name": string(rune('A' + i)), "state": randomState(d, 10), "run_once": d.percent(30),
					"type":   pick(d, any("MANAGE_RELATIONSHIPS"), "MANAGE_RELATIONSHIPS", 2, "SYNC_IDENTITIES", "deprovision_identity", "13", "NEW_THING", 99, nil),
					"config": m{"access_profiles": some(d, 0, 3, func(int) string { return randomProfileID(d) })},
				}
				if d.percent(60) {
					a["conditions_on_success"] = randomConditions(d, 1, 2)
				}
				return a
			}),
		},
	}}
}

func randomProfileID(d *dice) string { return pick(d, "P0", "P1", "P2", "P3", "P4", "P5", "gone") }

func randomProfiles(d *dice) []m {
	return some(d, 3, 6, func(i int) m {
		return m{
			"id": fmt.Sprint("P", i), "name": fmt.Sprint("profile ", i), "state": pick(d, any("RUNNING"), "RUNNING", "RUNNING", 1, nil, "PAUSED", "0"),
			"current_version": m{
				"state":                                 pick(d, any("PUBLISHED"), "PUBLISHED", "PUBLISHED", 1, nil, "DRAFT"),
				"inherit_entities_from_access_profiles": some(d, 0, 2, func(int) string { return randomProfileID(d) }),
				"entities_to_create_relationships_to": some(d, 0, 3, func(int) m {
					e := m{"datasource_id": pick(d, "d1", "d2"), "entity_type": pick(d, "Group", "Role"), "entity_name": pick(d, "n1", "n2")}
					if d.percent(80) {
						e["entity_id"] = pick(d, "e1", "e2", "e3")
					}
					if d.percent(40) {
						e["condition"] = randomTest(d, m{}, "type", "condition_string")
					}
					return e
				}),
			},
		}
	})
}

func randomPeople(d *dice) []json.RawMessage {
	return some(d, 1, 6, func(i int) json.RawMessage {
		var members []string
		for _, a := range attributes {
			if d.percent(60) {
				members = append(members, fmt.Sprintf("%q:%s", a.name, pick(d, a.values...)))
			}
		}
		head := fmt.Sprintf(`"id":"t%d","entity_id":"p%d"`, i, i)
		if d.percent(50) {
			head += `,"entity_type":"Worker"`
		}
		if d.percent(30) {
			head += `,"entity_name":"Sales"`
		}
		if d.percent(50) {
			return json.RawMessage(fmt.Sprintf(`{%s,"attributes":{%s}}`, head, strings.Join(members, ",")))
		}
		return json.RawMessage("{" + strings.Join(append([]string{head}, members...), ",") + "}")
	})
}

func randomRules(d *dice) map[string]string {
	rules := map[string]string{}
	for _, info := range engine.RuleTable() {
		if d.percent(30) {
			rules[info.Name] = pick(d, info.Others...)
		}
	}
	return rules
}

// manyTriggers is a policy of workflows that do nothing: it shows the truth of many filters.
func manyTriggers(d *dice) m {
	return m{"id": "pol", "name": "triggers", "current_version": m{"version_number": 3, "state": "PUBLISHED", "config": m{
		"workflows": some(d, 40, 40, func(i int) m { return m{"name": fmt.Sprint("W", i), "trigger_string": randomFilter(d, d.below(3))} }),
	}}}
}

// Over random policies, populations, profiles, histories and rules, the stand-in says what the engine predicts.
func TestPoliciesAsTheEngineSeesThem(t *testing.T) { checkAgainstEngine(t, randomPolicy) }

// Over random filters, populations and rules, the stand-in matches whom the engine matches.
func TestFiltersAsTheEngineSeesThem(t *testing.T) { checkAgainstEngine(t, manyTriggers) }

func checkAgainstEngine(t *testing.T, random func(*dice) m) {
	dir, cases := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		d := &dice{state: rapid.Uint64().Draw(rt, "seed")}
		policy, profiles, people, rules := random(d), randomProfiles(d), randomPeople(d), randomRules(d)
		cases++
		at := filepath.Join(dir, fmt.Sprint(cases))
		require.NoError(rt, os.Mkdir(at, 0o755))
		for file, value := range map[string]any{"policies.json": m{"values": []m{policy}}, "access_profiles.json": m{"values": profiles}} {
			data, err := json.Marshal(value)
			require.NoError(rt, err)
			require.NoError(rt, os.WriteFile(filepath.Join(at, file), data, 0o600))
		}
		var lines []byte
		for _, p := range people {
			lines = append(append(lines, p...), '\n')
		}
		require.NoError(rt, os.WriteFile(filepath.Join(at, "identities.jsonl"), lines, 0o600))
		history, done := map[string][]engine.Done{}, []standin.Done{}
		for i := range people {
			for _, h := range some(d, 0, 2, func(int) engine.Done {
				return engine.Done{Action: pick(d, "A", "B", "C"), Workflow: pick(d, "", "W0", "W1")}
			}) {
				id := fmt.Sprint("p", i)
				history[id] = append(history[id], h)
				done = append(done, standin.Done{EntityID: id, Action: h.Action, Workflow: h.Workflow})
			}
		}

		inherited := d.percent(50)
		opt := standin.Options{Dir: at, Rules: rules, Done: done, Profiles: standin.Direct, Shape: pick(d, standin.Schema, standin.Example)}
		if inherited {
			opt.Profiles = standin.Inherited
		}
		tenant, err := standin.New(opt)
		require.NoError(rt, err)
		_, _, rows := predictions(rt, at, rules, history, "current")
		for _, id := range slices.Sorted(maps.Keys(rows)) {
			require.Equal(rt, predicted(rows[id], inherited), dryRunOf(rt, t, tenant, "pol", "t"+id[1:], pick(d, 0, 3)),
				"%s under %v\n%s\n%s", id, rules, must(json.MarshalIndent(policy, "", " ")), lines)
		}
	})
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
