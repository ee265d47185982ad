package report

import (
	"fmt"

	"github.com/lcmsim/lcmsim/engine"
)

// sampleCalibration has every verdict on a rule and on an experiment, and text in every place where strangers write.
func sampleCalibration(text func(string) string) CalibrationInput {
	t := text
	sim := sampleInput()
	value := func(rule, value string) []engine.RuleValue { return []engine.RuleValue{{Rule: rule, Value: value}} }
	leaver := func(values []engine.RuleValue) engine.Outcome {
		return engine.Outcome{Values: values, Workflows: []string{t("Active employees"), t("Leaver")}, Profiles: []string{t("3a2371b6-0000")},
			Actions: []engine.DryRunAction{{Name: t("Birthright access"), Type: "MANAGE_RELATIONSHIPS"}, {Name: t("Disable accounts"), Type: t("DEPROVISION_IDENTITY")}}}
	}
	active := func(values []engine.RuleValue) engine.Outcome {
		return engine.Outcome{Values: values, Workflows: []string{t("Active employees")}, Profiles: []string{t("3a2371b6-0000"), t("3a2371b6-0001")},
			Actions: []engine.DryRunAction{{Name: t("Birthright access"), Type: "MANAGE_RELATIONSHIPS"}}}
	}
	answer := func(o engine.Outcome) *engine.DryRun {
		return &engine.DryRun{WorkflowsMatched: o.Workflows, AccessProfileIDs: o.Profiles, Actions: o.Actions, Messages: []string{t("would execute")}}
	}
	experiment := func(i int, rule, verdict, reason string, answer *engine.DryRun, outcomes ...engine.Outcome) engine.Experiment {
		return engine.Experiment{EntityID: t(fmt.Sprintf("W%06d", i)), TenantID: t(fmt.Sprintf("5e3c1f0a-%04d", i)), Rules: []string{rule},
			Outcomes: outcomes, Verdict: verdict, Reason: reason, Answer: answer}
	}
	verdict := func(rule, inForce, verdict string, value *string, because string, experiments ...int) engine.RuleVerdict {
		v := engine.RuleVerdict{Rule: rule, InForce: inForce, Verdict: verdict, Value: value, Because: t(because), Experiments: experiments}
		for _, info := range engine.RuleTable() {
			if info.Name == rule {
				v.Default, v.Alternative = info.Default, info.Others[0]
			}
		}
		return v
	}
	undecidable := verdict("filter.list_eq", "whole", engine.Undecidable, nil, "no identity of this population ends differently under its values, as far as a dry run shows")
	undecidable.Suggestions = []engine.Suggestion{
		{EntityID: t("W000009"), Attribute: t("groups"), Value: ptr(t(`["a","b"]`)), Text: t(`W000009 with groups = ["a","b"] ends differently`)},
		{EntityID: t("W000009"), Attribute: t("groups"), Text: t("W000009 without groups ends differently")},
		{EntityID: t("W000010"), Attribute: t("groups"), Value: ptr("1"), Text: "W000010"}, {EntityID: t("W000011"), Attribute: t("groups"), Value: ptr("1"), Text: "W000011"},
	}
	notAsked := verdict("workflow.first_match", "off", engine.Undecidable, nil, "13 identities of this population bear on it, and were not asked about")
	notAsked.Unasked = 13
	return CalibrationInput{
		ToolVersion: "1.2.3", AsOf: sim.AsOf, Rules: sim.Rules,
		Policy:  &engine.Policy{ID: t("5d1c6a52-0c0e"), Name: t("Workforce lifecycle"), State: engine.StateRunning},
		Version: sim.Version, Catalog: sim.Catalog, Population: sim.Population, Other: sim.Other,
		Tenant: t("acme.example.com"), Calls: 9,
		Result: &engine.CalibrationResult{
			Identities: 5000, Frame: 4800, Profiles: engine.ProfilesInherited, Hypotheses: 4096, Consistent: 8,
			Rules: []engine.RuleVerdict{
				verdict("filter.string_case", "exact", engine.ConfirmedDefault, ptr("exact"), "W000001: workflow Leaver matches; under fold workflow Leaver does not match", 0),
				verdict("filter.missing_ne", "true", engine.ConfirmedAlternative, ptr("false"), "W000002: workflow Leaver does not match; under true workflow Leaver matches (and 2 more)", 1, 2, 5),
				verdict("filter.pr_empty", "true", engine.Contradictory, nil, "the answers about the same rule contradict each other", 2),
				undecidable,
				verdict("filter.coerce", "on", engine.ConfirmedAlternative, ptr("on"), "no single answer decides it, but together they leave no other value"),
				verdict("workflow.priority", "ascending", engine.Undecidable, nil, "no usable answer about 2 identities that would decide it: department: Sales here, IT in the tenant", 3, 4),
				notAsked,
			},
			Experiments: []engine.Experiment{
				experiment(1, "filter.string_case", engine.VerdictAgree, "", answer(leaver(nil)), leaver(value("filter.string_case", "exact")), active(value("filter.string_case", "fold"))),
				experiment(2, "filter.missing_ne", engine.VerdictAgree, "", answer(active(nil)), active(value("filter.missing_ne", "false")), leaver(nil)),
				experiment(3, "filter.pr_empty", engine.VerdictDisagree, "it names no workflow", answer(engine.Outcome{}), active(nil), leaver(nil)),
				experiment(4, "workflow.priority", engine.VerdictDrifted, t("department: Sales here, IT in the tenant"), nil, active(nil), leaver(nil)),
				experiment(5, "workflow.priority", engine.VerdictNotChecked, t("503 Unavailable"), nil, active(nil), leaver(nil)),
				experiment(6, "filter.missing_ne", engine.VerdictAgree, "", answer(active(nil))),
				experiment(7, "filter.coerce", engine.VerdictDisagree, t("it names the workflow ghost"), nil, active(nil)),
			},
		},
		Findings: []engine.Finding{{Severity: engine.SeverityWarning, Code: "tenant-id-unknown", Position: engine.Position{File: t("identities.jsonl")},
			Column: engine.NoColumn, Message: t("200 identities have no id"), Hint: t("export the field id"), Count: 200}},
	}
}
