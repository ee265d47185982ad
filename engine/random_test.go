package engine

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/scimeval"
)

// Random policies, catalogs and populations: small, dense in coincidences (shared names, shared profiles, cycles), and
// with every form and mistake that the contract names.

// randomFilters are expressions over the attributes of randomPeople, some of them unknown in part or as a whole.
var randomFilters = []string{
	`dept eq "Sales"`, `dept eq "sales"`, `dept ne "Sales"`, `dept pr`, `not (dept pr)`, `dept eq null`, `dept co "a"`,
	`level gt 2`, `level eq 2`, `level ne 2`, `level eq "2"`, `flag eq true`, `flag ne true`, `flag eq "true"`,
	`tags eq "a"`, `tags co "a"`, `tags ne "a"`, `DEPT eq "IT"`, `team.name eq "red"`, `team[name eq "red" and lead eq true]`,
	`nobody pr`, `joined lt "2024-06-01"`, `dept eq "Sales" or level ge 2`, `dept eq "Sales" and not (level ge 2)`,
	`level pr`, `level ge 1 or dept pr`, `flag pr or tags pr`, `not (nobody pr)`, `sys_attr__is_mover eq true`, `dept pr and sys_attr__is_mover ne true`,
	`flag gt true`,
	`dept eq "Sales" or flag co true`,
	`dept eq "Sales" and flag lt false`,
	`not (flag sw true) and level pr`,
	`dept eq`,
	`dept == "Sales"`,
}

// goodFilters is how many of randomFilters, the first, have no error.
const goodFilters = 30

var randomSchema = &scimeval.Schema{Attributes: []scimeval.AttributeDef{
	{Name: "dept", Type: "string"},
	{Name: "level", Type: "integer"},
	{Name: "flag", Type: "boolean"},
	{Name: "tags", Type: "string", MultiValued: true},
	{Name: "joined", Type: "dateTime"},
	{Name: "is_active", Type: "boolean"},
	{Name: "sys_attr__is_mover", Type: "boolean"},
	{Name: "team", Type: "complex", SubAttributes: []scimeval.AttributeDef{{Name: "name", Type: "string"}, {Name: "lead", Type: "boolean"}}},
}}

// random makes even choices. The generators of rapid prefer small numbers and early elements, which makes empty policies;
// here a draw is mixed with a seed and its place in the sequence, so that it can still be shrunk.
type random struct {
	t           *rapid.T
	seed, draws uint64
}

// below is a number from 0 to n-1.
func (r *random) below(n int) int {
	r.draws++
	x := r.seed + r.draws*0x9E3779B97F4A7C15 + uint64(rapid.Uint16().Draw(r.t, "random"))*0xBF58476D1CE4E5B9
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return int((x ^ x>>31) % uint64(n))
}

func oneOf[T any](r *random, list ...T) T { return list[r.below(len(list))] }

func chance(r *random, percent int) bool { return r.below(100) < percent }

// usually is common that often, otherwise one of the others.
func usually[T any](r *random, percent int, common T, others ...T) T {
	if chance(r, percent) {
		return common
	}
	return oneOf(r, others...)
}

func several[T any](r *random, least, most int, one func() T) []T {
	var list []T
	for range least + r.below(most-least+1) {
		list = append(list, one())
	}
	return list
}

func randomPeople(r *random) []person {
	values := []struct {
		name string
		json []string
	}{
		{"dept", []string{`"Sales"`, `"Sales"`, `"sales"`, `"IT"`, `""`, `null`, `7`}},
		{"Dept", []string{`"IT"`, `"Sales"`}},
		{"level", []string{`1`, `2`, `2.0`, `3`, `"2"`, `null`}},
		{"flag", []string{`true`, `false`, `"true"`}},
		{"tags", []string{`["a"]`, `["a","b"]`, `["abc"]`, `[]`, `"a"`}},
		{"joined", []string{`"2024-01-31"`, `"2024-08-01T10:00:00Z"`, `"soon"`}},
		{"team", []string{`{"name":"red","lead":true}`, `[{"name":"red"},{"name":"blue","lead":true}]`, `"red"`}},
		{"is_active", []string{`true`, `true`, `false`}},
		{"sys_attr__is_mover", []string{`true`, `false`}},
	}
	i := 0
	return several(r, 1, 7, func() person {
		var members []string
		for _, v := range values {
			if chance(r, 70) {
				members = append(members, strconv.Quote(v.name)+":"+oneOf(r, v.json...))
			}
		}
		i++
		return personOf(r.t, "p"+strconv.Itoa(i), "{"+strings.Join(members, ",")+"}")
	})
}

func randomTest(r *random) Test {
	filter := oneOf(r, randomFilters...)
	switch n := r.below(100); {
	case n < 25:
		return Test{Form: FormAny, Type: "ANY"}
	case n < 80:
		filter = oneOf(r, randomFilters[:goodFilters]...)
		return oneOf(r, Test{Form: FormString, Type: "CONDITION_STRING", Text: filter}, Test{Form: FormAbsent, Text: filter})
	}
	return oneOf(r,
		Test{Form: FormAny, Type: "ANY", Text: filter},
		Test{Form: FormString, Type: "CONDITION_STRING", Text: " "},
		Test{Form: FormOtherName, Type: "NODE_IN_GRAPH"},
		Test{Form: FormOtherName, Type: "NODE_IN_GRAPH", Text: filter},
		Test{Form: FormAbsent},
		Test{Form: FormExpression, Type: filter},
		Test{Form: FormExpression, Type: filter, Text: oneOf(r, randomFilters...)},
		Test{Form: FormAny, Numbered: true, Type: "0"},
		Test{Form: FormAny, Numbered: true, Type: "0", Text: filter},
		Test{Form: FormString, Numbered: true, Type: "1"},
		Test{Form: FormString, Numbered: true, Type: "1", Text: filter},
		Test{Form: FormBadNumber, Numbered: true, Type: "9"},
		Test{Form: FormBadNumber, Numbered: true, Type: "9", Text: filter},
	)
}

func randomState(r *random, disabled int) string {
	if chance(r, disabled) {
		return StateDisabled
	}
	return StateEnabled
}

func randomConditions(r *random, least, most int) []Condition {
	return several(r, least, most, func() Condition {
		return Condition{
			Name:  oneOf(r, "sync", "sync", "other"),
			State: randomState(r, 6),
			Test:  randomTest(r),
			Actions: several(r, 1, 3, func() ActionRef {
				return ActionRef{Name: oneOf(r, "A", "A", "B", "B", "C", "C", "D", "D", "E", "E", "Ghost"), Type: oneOf(r, "", "SYNC_IDENTITIES", "MANAGE_RELATIONSHIPS")}
			}),
		}
	})
}

func randomVersion(r *random) *Version {
	return &Version{
		Number: 1,
		State:  oneOf(r, StatePublished, StateDraft),
		Workflows: several(r, usually(r, 95, 1, 0), 4, func() Workflow {
			return Workflow{
				Name:       oneOf(r, "W1", "W2", "W3"),
				State:      randomState(r, 20),
				Priority:   oneOf(r, 0, 0, 1, 2, 2, 3),
				Trigger:    randomTest(r),
				Conditions: randomConditions(r, 1, 3),
			}
		}),
		Actions: several(r, 3, 8, func() Action {
			a := Action{
				Name:           oneOf(r, "A", "B", "C", "D", "E"),
				Type:           usually(r, 60, "MANAGE_RELATIONSHIPS", "SYNC_IDENTITIES", "DEPROVISION_IDENTITY", "DELETE_IDENTITY", "PAUSE", "UNKNOWN(99)"),
				State:          randomState(r, 10),
				RunOnce:        chance(r, 30),
				RemoveExisting: chance(r, 50),
				Canonical:      oneOf(r, "x", "x", "y"),
				AccessProfiles: several(r, 0, 3, func() ProfileRef { return ProfileRef{ID: randomProfileID(r)} }),
			}
			if chance(r, 50) {
				a.Conditions = randomConditions(r, 1, 2)
			}
			return a
		}),
	}
}

func randomProfileID(r *random) string {
	return oneOf(r, "P1", "P2", "P3", "P4", "P5", "P6", "P7", "P7", "gone")
}

func randomCatalog(r *random) *Catalog {
	n := 0
	return &Catalog{Given: true, Profiles: several(r, 3, 8, func() Profile {
		n++
		return Profile{
			ID:           fmt.Sprint("P", usually(r, 90, n, 1)),
			Name:         "profile " + strconv.Itoa(n),
			State:        usually(r, 85, StateRunning, "PAUSED", "DREAMING"),
			VersionState: usually(r, 88, StatePublished, StateDraft, "RETIRED"),
			Inherits:     several(r, 0, 2, func() ProfileRef { return ProfileRef{ID: randomProfileID(r)} }),
			Entities:     several(r, 1, 4, func() Entity { return randomEntity(r) }),
		}
	})}
}

func randomEntity(r *random) Entity {
	e := Entity{
		DatasourceID: oneOf(r, "d1", "d1", "d2"), EntityType: oneOf(r, "Group", "Group", "Role"),
		AssignedToType: oneOf(r, "", "", "User"), AssignedToID: oneOf(r, "", "", "u1"),
	}
	switch r.below(4) {
	case 0:
		e.EntityName = oneOf(r, "n1", "n2")
	case 1:
		e.NativeID, e.EntityName = oneOf(r, "e1", "e2", "e3"), oneOf(r, "", "Everybody")
	default:
		e.EntityID, e.NativeID, e.EntityName = oneOf(r, "e1", "e2", "e3"), oneOf(r, "", "x1"), oneOf(r, "", "Somebody")
	}
	if chance(r, 40) {
		test := randomTest(r)
		e.Condition = &test
	}
	return e
}

func randomGrant(r *random) Grant {
	return Grant{
		DatasourceID: oneOf(r, "d1", "d1", "d2", "d3"), EntityType: oneOf(r, "Group", "Group", "Role"),
		EntityID: oneOf(r, "e1", "e2", "e3", "n1", "x1", "y1"),
	}
}

func randomLimits(r *random, in *Input) {
	count := func() *int64 {
		if chance(r, 30) {
			return nil
		}
		n := int64(r.below(8))
		return &n
	}
	percent := func() *Percent {
		if chance(r, 30) {
			return nil
		}
		p, err := ParsePercent(oneOf(r, "0", "12.5", "33.333333333333333333333", "50", "99.9", "100"))
		require.NoError(r.t, err)
		return &p
	}
	in.Policy.Limits = SafetyLimits{Given: true, EnableChange: chance(r, 50), EnablePredictive: chance(r, 50), MaxCount: count(), MaxPercent: percent()}
	for i := range r.below(4) {
		own := OwnLimit{Name: "own" + strconv.Itoa(i), MaxCount: count(), MaxPercent: percent()}
		switch r.below(3) {
		case 0:
			own.Effect = oneOf(r, LimitEffects...)
		case 1:
			own.Workflow = oneOf(r, "W1", "W2", "W9")
		default:
			own.Cohort = oneOf(r, randomFilters...)
		}
		in.OwnLimits = append(in.OwnLimits, own)
	}
	for i := range r.below(3) {
		in.Guards = append(in.Guards, Guard{Name: "guard" + strconv.Itoa(i), Filter: oneOf(r, randomFilters...), Never: oneOf(r, GuardEffects...)})
	}
}

func randomRules(r *random) Rules {
	rules := DefaultRules(oneOf(r, scimeval.Vendor, scimeval.Vendor, scimeval.Vendor, scimeval.Vendor, scimeval.RFC7644))
	for _, info := range RuleTable() {
		if chance(r, 20) {
			var err error
			rules, err = rules.With(info.Name, oneOf(r, append([]string{info.Default}, info.Others...)...))
			require.NoError(r.t, err)
		}
	}
	return rules
}

func randomInput(t *rapid.T) (Input, []person) {
	r := &random{t: t, seed: rapid.Uint64().Draw(t, "seed")}
	v := randomVersion(r)
	in := Input{
		Policy:          &Policy{ID: "p1", Name: "policy", State: StateRunning, Current: v},
		Version:         v,
		Catalog:         randomCatalog(r),
		Rules:           randomRules(r),
		Schema:          randomSchema,
		ActiveAttribute: oneOf(r, "", "", "flag"),
	}
	people := randomPeople(r)
	if chance(r, 60) {
		in.History = make(map[string][]Done)
		for _, p := range people {
			in.History[p.id] = several(r, 0, 3, func() Done {
				return Done{Action: oneOf(r, "A", "B", "C", "D", "E"), Workflow: oneOf(r, "", "W1", "W2", "W9")}
			})
		}
	}
	if chance(r, 70) {
		in.Grants = make(map[string][]Grant)
		for _, p := range people {
			in.Grants[p.id] = several(r, 1, 5, func() Grant { return randomGrant(r) })
		}
	}
	randomLimits(r, &in)
	return in, people
}
