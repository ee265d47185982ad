package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// reception is office with an access profile and an action that the policy never brings.
func reception() Input {
	in := office()
	in.Catalog.Profiles = append(in.Catalog.Profiles, profile("spare"))
	in.Version.Actions = append(in.Version.Actions, action("Idle"))
	in.Catalog.Profiles[0].Entities[0].EntityName = "Role members"
	in.Catalog.Profiles[0].Entities[0].NativeID = "CN=role"
	return in
}

func TestWhatIsAskedFor(t *testing.T) {
	for _, tc := range []struct {
		name, get, record, want string
		asked                   Asked
	}{
		{"an action in two workflows", "Grant", `{"dept":"Sales","level":2}`, `
planned First/Grant: dept is Sales and level 2 is at least 2
revokes [] []
missed Second/Grant: flag were true (is absent)
missed Asleep/Grant: ; the workflow is DISABLED
`, Asked{Gets: 1, Missed: 2}},
		{"done before", "Once", `{"dept":"Sales"}`, `
done First/Once: dept is Sales; history says that it was done, and it runs once
revokes [] []
`, Asked{Done: 1}},
		{"a profile by its name", "Profile role", `{"flag":true}`, `
planned role: flag is true [Profile role] missing=false
revokes [] []
`, Asked{Gets: 1}},
		{"a profile by its id", "role", `{}`, `
revokes [] []
missed Profile role: flag were true (is absent)
`, Asked{Missed: 1}},
		{"an entitlement by its name", "Role members", `{"flag":true}`, `
granted g-role: granted Profile role: no attribute matters
revokes [] []
`, Asked{Gets: 1}},
		{"by its native id, though it comes with a profile", "CN=role", `{}`, `
revokes [] []
missed Role members: flag were true (is absent)
`, Asked{Missed: 1}},
		{"by its key, with a condition of the entity", "d|Group|g-base", `{"dept":"Sales","level":2}`, `
revokes [] []
missed g-base: level were 9 (is 2)
`, Asked{Missed: 1}},
		{"by its id, of a withheld profile", "g-paused", `{"flag":true}`, `
revokes [] []
missed g-paused: ; Profile paused, which holds it, is withheld: its state is PAUSED, not RUNNING
`, Asked{Missed: 1}},
		{"below a withheld profile", "g-below", `{"flag":true}`, `
revokes [] []
missed g-below: ; no action that can run brings an access profile that holds it; Profile paused, which inherits from it, is withheld: its state is PAUSED, not RUNNING
`, Asked{Missed: 1}},
		{"held today and taken away", "g-old", `{"dept":"Sales","level":2}`, `
revokes [d|Group|g-old] []
missed g-old: ; it is held today; no access profile holds it
`, Asked{Missed: 1}},
		{"a profile that the policy never brings", "spare", `{}`, `
revokes [] []
missed Profile spare: ; no action of the policy brings it
`, Asked{Missed: 1}},
		{"an entitlement that the policy never brings", "g-spare", `{}`, `
revokes [] []
missed g-spare: ; no access profile that the policy brings holds it
`, Asked{Missed: 1}},
		{"an action without a workflow", "Idle", `{}`, `
revokes [] []
missed Idle: ; no workflow leads to it
`, Asked{Missed: 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, e := explain(t, reception(), personOf(t, "i1", tc.record), ExplainOptions{Get: []string{tc.get}})
			require.Equal(t, tc.want, "\n"+summary(e))
			tc.asked.Name = tc.get
			require.Equal(t, []Asked{tc.asked}, e.Asked)
			require.Equal(t, tc.asked.Missed, e.MissedTotal)
		})
	}
	_, e := explain(t, reception(), personOf(t, "i1", `{}`), ExplainOptions{Get: []string{"Idle", "role", "Idle"}})
	require.Equal(t, []Asked{{Name: "Idle", Missed: 1}, {Name: "role", Missed: 1}}, e.Asked)
}

func TestNamesThatNothingHas(t *testing.T) {
	p := Compile(reception())
	rec, _ := batchOf(p.Attributes(), crowd(t, `{}`))
	defer rec.Release()
	for name, want := range map[string]string{
		"Profile rolle": `did you mean "Profile role"?`,
		"middle-":       `did you mean "middle" or "g-middle" or "Idle"?`,
		"MEMBERS":       `did you mean "Role members"?`,
		"zebra":         "names and ids are compared letter by letter",
	} {
		_, _, err := Explain(p, rec, "i1", ExplainOptions{Get: []string{"role", name}})
		require.EqualError(t, err, `no action, access profile or entitlement is called "`+name+"\"\n"+want)
	}
}

// An entitlement is listed beside the profiles only where it takes something else than they do.
func TestMissedEntitlements(t *testing.T) {
	for _, tc := range []struct{ condition, record, want string }{
		{``, `{}`, `
missed action A: dept were Sales (is absent)
missed profile Profile p: dept were Sales (is absent)
missed profile Profile q: dept were Sales (is absent)
`},
		{`level ge 3`, `{}`, `
missed action A: dept were Sales (is absent)
missed profile Profile p: dept were Sales (is absent)
missed profile Profile q: dept were Sales (is absent)
missed entitlement g-q: dept were Sales (is absent) and level were 3 (is absent)
`},
		{`level ge 3`, `{"level":3}`, `
missed action A: dept were Sales (is absent)
missed profile Profile p: dept were Sales (is absent)
missed profile Profile q: dept were Sales (is absent)
`},
		{`level ge 3`, `{"dept":"Sales"}`, `
missed entitlement g-q: level were 3 (is absent)
`},
		{`dept eq "IT"`, `{"dept":"Sales"}`, `
missed entitlement g-q: no change of up to 3 attributes was found that gives it because dept is not IT (it is Sales)
`},
		{`dept ne "Sales"`, `{}`, `
missed action A: dept were Sales (is absent)
missed profile Profile p: dept were Sales (is absent)
missed profile Profile q: dept were Sales (is absent)
missed entitlement g-q: no change of up to 3 attributes was found that gives it because dept is absent, so not Sales
`},
		{`flag gt true`, `{"dept":"Sales"}`, "\n"},
	} {
		t.Run(tc.condition+" on "+tc.record, func(t *testing.T) {
			q := profile("q")
			if tc.condition != "" {
				test := text(tc.condition)
				q.Entities[0].Condition = &test
			}
			in := inputOf(&Version{Workflows: []Workflow{workflow("W", always, when(text(`dept eq "Sales"`), "A"))}, Actions: []Action{granting("A", "p")}},
				profile("p", "q"), q)
			_, e := explain(t, in, personOf(t, "i2", tc.record), ExplainOptions{})
			var b strings.Builder
			for _, g := range e.Missed {
				for _, m := range g.Items {
					why := g.Text
					if m.Because != nil {
						why = *m.Note + " because " + m.Because.Text
					}
					b.WriteString("missed " + m.Kind + " " + m.Name + ": " + why + "\n")
				}
			}
			require.Equal(t, tc.want, "\n"+b.String())
		})
	}
}
