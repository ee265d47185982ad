package engine

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// diagnose diagnoses the tenant's answer about one person.
func diagnose(t require.TestingT, in Input, who person, answer *DryRun) *Diagnosis {
	p := Compile(in)
	rec, ids := batchOf(p.Attributes(), []person{who})
	defer rec.Release()
	d, err := NewDiagnoser(p).Diagnose(rec, ids[0], answer)
	require.NoError(t, err)
	return d
}

// predictionUnder is what the twin of the engine with another rule in force predicts.
func predictionUnder(t require.TestingT, in Input, rule, value string, who person) *Prediction {
	if rule != "" {
		var err error
		in.Rules, err = in.Rules.With(rule, value)
		require.NoError(t, err)
	}
	s := sampleOf(t, in, []person{who}, SampleOptions{})
	return s.sim.Prediction(0)
}

// TestEveryDifferenceHasACause: whatever the tenant answers, each difference is under some cause, causes account for nothing else, and
// Settles are the alternatives under which a program that is compiled with them agrees.
func TestEveryDifferenceHasACause(t *testing.T) {
	settled := 0
	rapid.Check(t, func(t *rapid.T) {
		in, people := randomInput(t)
		who := rapid.SampledFrom(people).Draw(t, "who")
		var alternatives []RuleValue
		for _, info := range RuleTable() {
			for _, value := range alternativesOf(in.Rules, info.Name) {
				switch info.Name {
				case "relationships.remove_scope", "limits.affected", "limits.denominator", "limits.comparison", "limits.zero":
				default:
					alternatives = append(alternatives, RuleValue{info.Name, value})
				}
			}
		}
		answer := &DryRun{}
		switch rapid.IntRange(0, 2).Draw(t, "the tenant") {
		case 0: // follows another rule
			rule := rapid.SampledFrom(alternatives).Draw(t, "rule")
			answer = answerTo(t, predictionUnder(t, in, rule.Rule, rule.Value, who), rapid.Bool().Draw(t, "inherited ones are listed"))
		case 1: // differs in one thing
			p := predictionUnder(t, in, "", "", who)
			answer = answerTo(t, p, false)
			mutate(t, p, answer)
		default: // says anything
			answer.WorkflowsMatched = rapid.SliceOfN(rapid.SampledFrom([]string{"W1", "W2", "W3", "W9"}), 0, 4).Draw(t, "workflows")
			answer.AccessProfileIDs = rapid.SliceOfN(rapid.SampledFrom([]string{"P1", "P2", "P3", "P4", "P5", "gone", "never"}), 0, 5).Draw(t, "profiles")
			answer.Actions = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) DryRunAction {
				a := rapid.SampledFrom(in.Version.Actions).Draw(t, "action")
				return DryRunAction{a.Name, rapid.SampledFrom([]string{a.Type, a.Type, a.Type, "PAUSE"}).Draw(t, "type")}
			}), 0, 6).Draw(t, "actions")
		}
		d := diagnose(t, in, who, answer)
		want := Compare(predictionUnder(t, in, "", "", who), answer)
		if want.Agrees {
			require.Equal(t, &Diagnosis{Causes: []Cause{}, Settles: []RuleValue{}}, d)
			return
		}
		for _, diff := range want.Differences {
			require.True(t, slices.ContainsFunc(d.Causes, func(c Cause) bool { return slices.Contains(c.Differences, diff) }), "%v of %v", diff, d.Causes)
		}
		for _, c := range d.Causes {
			require.NotEmpty(t, c.Differences)
			require.NotEmpty(t, c.Text)
			require.NotNil(t, c.Atoms)
			for _, diff := range c.Differences {
				require.Contains(t, want.Differences, diff)
			}
		}
		expected := []RuleValue{}
		for _, rule := range alternatives {
			if Compare(predictionUnder(t, in, rule.Rule, rule.Value, who), answer).Agrees {
				expected = append(expected, rule)
			}
		}
		require.Equal(t, expected, d.Settles)
		settled += len(expected)
	})
	requireMet(t, settled)
}

// joiners is a policy whose one workflow leads to nested actions.
func joiners() Input {
	text := func(s string) Test {
		return Test{Form: FormString, Type: "CONDITION_STRING", Text: s, TextAt: Position{Path: "at(" + s + ")"}}
	}
	condition := func(name, filter string, actions ...string) Condition {
		c := Condition{Name: name, State: StateEnabled, Test: text(filter)}
		for _, a := range actions {
			c.Actions = append(c.Actions, ActionRef{Name: a})
		}
		return c
	}
	return inputOf(&Version{
		Workflows: []Workflow{
			{Name: "Joiner", State: StateEnabled, Trigger: text(`status eq "ACTIVE"`), Conditions: []Condition{
				condition("US staff", `country eq "US" or country eq "CA"`, "Grant"),
				condition("mail", `level ge 3`, "Mail", "Sync"),
			}},
			{Name: "Leaver", State: StateEnabled, Trigger: text(`status eq "LEFT"`), Conditions: []Condition{condition("all", `status pr`, "Disable")}},
			{Name: "Old", State: StateDisabled, Trigger: text(`status pr`), Conditions: []Condition{condition("all", `status pr`, "Mail")}},
		},
		Actions: []Action{
			{Name: "Grant", Type: "MANAGE_RELATIONSHIPS", State: StateEnabled, AccessProfiles: []ProfileRef{{ID: "P1"}}, Conditions: []Condition{condition("then", `level ge 2`, "Sync")}},
			{Name: "Sync", Type: "SYNC_IDENTITIES", State: StateEnabled},
			{Name: "Mail", Type: "CREATE_EMAIL", State: StateEnabled, RunOnce: true},
			{Name: "Disable", Type: "DEPROVISION_IDENTITY", State: StateEnabled},
			{Name: "Review", Type: "CREATE_ACCESS_REVIEW", State: StateDisabled},
		},
	},
		Profile{ID: "P1", Name: "Staff", State: StateRunning, VersionState: StatePublished, Inherits: []ProfileRef{{ID: "P2"}, {ID: "P3"}}},
		Profile{ID: "P2", Name: "Basics", State: StateRunning, VersionState: StatePublished},
		Profile{ID: "P3", Name: "Paused", State: "PAUSED", VersionState: StatePublished},
	)
}

var (
	granted   = DryRunAction{"Grant", "MANAGE_RELATIONSHIPS"}
	synced    = DryRunAction{"Sync", "SYNC_IDENTITIES"}
	mailed    = DryRunAction{"Mail", "CREATE_EMAIL"}
	disabled  = DryRunAction{"Disable", "DEPROVISION_IDENTITY"}
	activeUS2 = `{"status":"ACTIVE","country":"US","level":2}` // Joiner, Grant, Sync, P1
)

func TestDiagnosisTexts(t *testing.T) {
	joiner := []string{"Joiner"}
	for _, tc := range []struct {
		name   string
		change func(in *Input)
		who    string
		answer DryRun
		want   []string // path, expression, text of each cause, and how many differences it accounts for
	}{
		{
			name: "a workflow that matches here only accounts for all of it", who: activeUS2, answer: DryRun{},
			want: []string{`at(status eq "ACTIVE")`, `status eq "ACTIVE"`,
				`workflow "Joiner" matches here and not in the tenant: its trigger is true, as status eq "ACTIVE" is true (status is "ACTIVE")`, "4"},
		},
		{
			name: "two that match on one side each", who: activeUS2, answer: DryRun{WorkflowsMatched: []string{"Leaver"}, Actions: []DryRunAction{disabled}},
			want: []string{`at(status eq "ACTIVE")`, `status eq "ACTIVE"`,
				`workflow "Joiner" matches here and not in the tenant: its trigger is true, as status eq "ACTIVE" is true (status is "ACTIVE")`, "4",
				`at(status eq "LEFT")`, `status eq "LEFT"`,
				`workflow "Leaver" matches in the tenant and not here: its trigger is false, as status eq "LEFT" is false (status is "ACTIVE")`, "2"},
		},
		{
			name: "a disabled workflow", who: activeUS2, answer: DryRun{WorkflowsMatched: []string{"Joiner", "Old"}, Actions: []DryRunAction{granted, synced, mailed}, AccessProfileIDs: []string{"P1"}},
			want: []string{"", `status pr`, `workflow "Old" is DISABLED and skipped here; it matches in the tenant`, "2"},
		},
		{
			name: "an unknown workflow", who: activeUS2, answer: DryRun{WorkflowsMatched: []string{"Joiner", "New"}, Actions: []DryRunAction{granted, synced}, AccessProfileIDs: []string{"P1"}},
			want: []string{"", "", `the policy has no workflow named "New"; the tenant may run another version of it`, "1"},
		},
		{
			name: "first match", change: func(in *Input) { in.Rules.FirstMatch = true; in.Version.Workflows[1].Trigger.Text = "status pr" }, who: activeUS2,
			answer: DryRun{WorkflowsMatched: []string{"Joiner", "Leaver"}, Actions: []DryRunAction{granted, synced, disabled}, AccessProfileIDs: []string{"P1"}},
			want: []string{`at(status eq "ACTIVE")`, `status eq "ACTIVE"`,
				`workflow "Leaver" matches in the tenant and not here: its trigger is true, but workflow "Joiner" comes before it and matches (workflow.first_match is on), as status eq "ACTIVE" is true (status is "ACTIVE")`, "2"},
		},
		{
			name: "a condition accounts for what hangs below it", who: activeUS2, answer: DryRun{WorkflowsMatched: joiner},
			want: []string{`at(country eq "US" or country eq "CA")`, `country eq "US" or country eq "CA"`,
				`condition "US staff" of workflow "Joiner" is true here, as country eq "US" is true (country is "US"); the tenant does not plan action "Grant"`, "3"},
		},
		{
			name: "a nested condition", who: activeUS2, answer: DryRun{WorkflowsMatched: joiner, Actions: []DryRunAction{granted}, AccessProfileIDs: []string{"P1"}},
			want: []string{`at(level ge 2)`, `level ge 2`,
				`condition "then" of action "Grant" in workflow "Joiner" is true here, as level ge 2 is true (level is 2); the tenant does not plan action "Sync"`, "1"},
		},
		{
			name: "a condition that is false here", who: `{"status":"ACTIVE","country":"DE"}`, answer: DryRun{WorkflowsMatched: joiner, Actions: []DryRunAction{granted}, AccessProfileIDs: []string{"P1", "P2"}},
			want: []string{`at(country eq "US" or country eq "CA")`, `country eq "US" or country eq "CA"`,
				`condition "US staff" of workflow "Joiner" is false here, as country eq "US" is false (country is "DE") and country eq "CA" is false (country is "DE"); the tenant plans action "Grant"`, "3"},
		},
		{
			name: "the way with the fewest false conditions", who: `{"status":"ACTIVE","country":"US"}`,
			answer: DryRun{WorkflowsMatched: joiner, Actions: []DryRunAction{granted, synced}, AccessProfileIDs: []string{"P1"}},
			want: []string{`at(level ge 3)`, `level ge 3`,
				`condition "mail" of workflow "Joiner" is false here, as level ge 3 is false (level is absent); the tenant plans action "Sync"`, "1"},
		},
		{
			name: "a disabled condition", change: func(in *Input) { in.Version.Workflows[0].Conditions[1].State = StateDisabled }, who: `{"status":"ACTIVE","level":3}`,
			answer: DryRun{WorkflowsMatched: joiner, Actions: []DryRunAction{mailed, synced}},
			want:   []string{"", `level ge 3`, `condition "mail" of workflow "Joiner" is DISABLED and skipped here; the tenant plans action "Mail"`, "2"},
		},
		{
			name: "a disabled action", who: activeUS2, answer: DryRun{WorkflowsMatched: joiner, Actions: []DryRunAction{granted, synced, {"Review", "CREATE_ACCESS_REVIEW"}}, AccessProfileIDs: []string{"P1"}},
			want: []string{"", "", `action "Review" is DISABLED and skipped here; the tenant plans it`, "1"},
		},
		{
			name: "an action done before", change: func(in *Input) { in.History = map[string][]Done{"p": {{Action: "Mail"}}} }, who: `{"status":"ACTIVE","level":3}`,
			answer: DryRun{WorkflowsMatched: joiner, Actions: []DryRunAction{synced, mailed}},
			want:   []string{"", "", `history says that action "Mail" was done in workflow "Joiner", and it runs once; the tenant plans it again`, "1"},
		},
		{
			name: "another type", who: activeUS2, answer: DryRun{WorkflowsMatched: joiner, Actions: []DryRunAction{granted, {"Sync", "CUSTOM_ACTION"}}, AccessProfileIDs: []string{"P1"}},
			want: []string{"", "", `action "Sync" is of type SYNC_IDENTITIES here and of type CUSTOM_ACTION in the tenant; the tenant may run another version of it`, "2"},
		},
		{
			name: "an unknown action, and one of an unknown type", who: activeUS2,
			answer: DryRun{WorkflowsMatched: joiner, Actions: []DryRunAction{granted, synced, {"Sync", "PAUSE"}, {"New", "PAUSE"}}, AccessProfileIDs: []string{"P1"}},
			want: []string{"", "", `the policy has no action named "New"; the tenant may run another version of it`, "1",
				"", "", `action "Sync" is of type SYNC_IDENTITIES here; the tenant has one of type PAUSE; the tenant may run another version of it`, "1"},
		},
		{
			name: "more often than here", who: activeUS2, answer: DryRun{WorkflowsMatched: joiner, Actions: []DryRunAction{granted, granted, synced}, AccessProfileIDs: []string{"P1"}},
			want: []string{"", "", `action "Grant" is planned once here, once in each workflow that leads to it, and 2 times in the tenant`, "1"},
		},
		{
			name: "no way leads there", who: activeUS2, answer: DryRun{WorkflowsMatched: joiner, Actions: []DryRunAction{granted, synced, disabled}, AccessProfileIDs: []string{"P1"}},
			want: []string{"", "", `the tenant plans action "Disable", but no workflow that leads to it matches on either side; such as "Leaver"`, "1"},
		},
		{
			name: "a profile left out", who: activeUS2, answer: DryRun{WorkflowsMatched: joiner, Actions: []DryRunAction{granted, synced}},
			want: []string{"", "", `action "Grant", which both sides plan, names access profile "Staff" (P1); the tenant does not list the profile`, "1"},
		},
		{
			name: "a withheld profile that is listed", who: activeUS2, answer: DryRun{WorkflowsMatched: joiner, Actions: []DryRunAction{granted, synced}, AccessProfileIDs: []string{"P1", "P2", "P3"}},
			want: []string{"", "", `the tenant lists access profile "Paused" (P3), which is inherited (Staff -> Paused) but withheld here: its state is PAUSED, not RUNNING`, "1"},
		},
		{
			name: "an inherited profile that is left out", change: func(in *Input) {
				in.Catalog.Profiles[0].Inherits = append(in.Catalog.Profiles[0].Inherits, ProfileRef{ID: "P4"}, ProfileRef{ID: "P5"})
				for _, id := range []string{"P4", "P5"} {
					in.Catalog.Profiles = append(in.Catalog.Profiles, Profile{ID: id, State: StateRunning, VersionState: StatePublished})
				}
			}, who: activeUS2, answer: DryRun{WorkflowsMatched: joiner, Actions: []DryRunAction{granted, synced}, AccessProfileIDs: []string{"P1", "P4", "P5"}},
			want: []string{"", "", `action "Grant", which both sides plan, brings access profile "Basics" (P2) by inheritance (Staff -> Basics); the tenant does not list the profile`, "1"},
		},
		{
			name: "an inherited profile among direct ones", change: func(in *Input) {
				in.Catalog.Profiles[0].Inherits[1].ID = "P4"
				in.Catalog.Profiles = append(in.Catalog.Profiles, Profile{ID: "P4", State: StateRunning, VersionState: StatePublished})
			}, who: activeUS2, answer: DryRun{WorkflowsMatched: joiner, Actions: []DryRunAction{granted, synced}, AccessProfileIDs: []string{"P1", "P4"}},
			want: []string{"", "", `the tenant lists access profile "P4" (Staff -> P4), which is inherited, but it does not list every inherited one`, "1"},
		},
		{
			name: "a profile without its action, and an unknown one", who: `{"status":"ACTIVE"}`, answer: DryRun{WorkflowsMatched: joiner, AccessProfileIDs: []string{"P1", "X"}},
			want: []string{"", "", `the tenant lists access profile "Staff" (P1), which comes with action "Grant", and neither side plans that`, "1",
				"", "", `no action of the policy brings an access profile "X"; the tenant may run another version of it`, "1"},
		},
		{
			name: "any", change: func(in *Input) { in.Version.Workflows[0].Trigger = Test{Form: FormAny, TypeAt: Position{Path: "type"}} }, who: `{}`, answer: DryRun{},
			want: []string{"type", "ANY", `workflow "Joiner" matches here and not in the tenant: its trigger is true, as it is ANY`, "1"},
		},
	} {
		in := joiners()
		if tc.change != nil {
			tc.change(&in)
		}
		var got []string
		for _, c := range diagnose(t, in, personOf(t, "p", tc.who), &tc.answer).Causes {
			got = append(got, c.Path, c.Expression, c.Text, string(rune('0'+len(c.Differences))))
		}
		require.Equal(t, tc.want, got, tc.name)
	}
}

// TestDiagnosisSettles: the rule that the tenant follows is named, with the reason beside it.
func TestDiagnosisSettles(t *testing.T) {
	in := joiners()
	d := diagnose(t, in, personOf(t, "p", `{"status":"ACTIVE","country":"us"}`), &DryRun{WorkflowsMatched: []string{"Joiner"}, Actions: []DryRunAction{granted}, AccessProfileIDs: []string{"P1"}})
	require.Equal(t, []RuleValue{{"filter.string_case", "fold"}}, d.Settles)
	require.Len(t, d.Causes, 1)
	require.Equal(t, "US staff", d.Causes[0].Condition)
	require.Equal(t, `"us"`, *d.Causes[0].Atoms[0].Value)

	d = diagnose(t, in, personOf(t, "p", `{"status":"X"}`), &DryRun{WorkflowsMatched: []string{"Old"}, Actions: []DryRunAction{mailed}})
	require.Equal(t, []RuleValue{{"workflow.disabled", "evaluate"}}, d.Settles)

	d = diagnose(t, in, personOf(t, "p", activeUS2), &DryRun{WorkflowsMatched: []string{"Joiner"}, Actions: []DryRunAction{granted, synced}, AccessProfileIDs: []string{"P1", "P2", "P3"}})
	require.Equal(t, []RuleValue{{"profile.inactive", "grant"}}, d.Settles)
}

// TestDiagnoserIsUsedAgain: what one identity leaves behind does not show in the next.
func TestDiagnoserIsUsedAgain(t *testing.T) {
	in := joiners()
	p := Compile(in)
	again := NewDiagnoser(p)
	for _, record := range []string{activeUS2, `{"status":"LEFT"}`, `{}`, activeUS2} {
		for _, answer := range []*DryRun{{}, {WorkflowsMatched: []string{"Joiner"}, AccessProfileIDs: []string{"P1", "P3"}}} {
			who := personOf(t, "p", record)
			rec, ids := batchOf(p.Attributes(), []person{who})
			d, err := again.Diagnose(rec, ids[0], answer)
			require.NoError(t, err)
			require.Equal(t, diagnose(t, in, who, answer), d)
			rec.Release()
		}
	}
	rec, ids := batchOf(p.Attributes(), crowd(t, `{}`, `{}`))
	defer rec.Release()
	_, err := again.Diagnose(rec, ids[0], &DryRun{})
	require.ErrorContains(t, err, "one identity with")
}
