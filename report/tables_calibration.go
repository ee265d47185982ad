package report

import "fmt"

func (d *CalibrationDocument) outline() outline {
	n, in := d.Summary, d.Inputs
	return outline{
		head: &d.Header, notes: &d.Notes, title: "Calibration with ", policy: in.Policy,
		lead: []labelledText{
			{"Frame", frameText(CrosscheckSummary{Identities: n.Identities, Frame: n.Frame})},
			{"Fit", fitText(n)},
		},
		counts: []labelled{
			{"Identities", n.Identities},
			{"Could be asked about", n.Frame},
			{"Rules", n.Rules},
			{"Confirmed at the default", n.ConfirmedDefault},
			{"Confirmed at the alternative", n.ConfirmedAlternative},
			{"Contradictory", n.Contradictory},
			{"Undecidable", n.Undecidable},
			{"Undecidable, because nobody who bears on it was asked about", n.NotAsked},
			{"Differ from what is in force here", n.Differ},
			{"Experiments", n.Asked},
			{"Experiments with an answer", n.Answered},
			{"Answers that fit no combination of rules", n.Unexplained},
			{"Drifted", n.Drifted},
			{"Not checked", n.NotChecked},
			{"Combinations of rules that were considered", n.Hypotheses},
			{"Combinations of rules that fit", n.Consistent},
		},
		inputsTitle: "What is compared",
		inputs:      append(askedFields(in.Policy, &d.Notes, d.Tenant, d.Calls), [2]string{"Access profiles", profilesReading(n.AccessProfiles)}),
		tables: []table{
			verdictTable(d.Verdicts), experimentTable(d.Experiments), stepTable(d.NextSteps), findingTable(d.Diagnostics), settingTable("Rules in force", d.RuleSettings),
			inputTable(runInputFields(&d.Header, &d.Notes, in)),
		},
	}
}

// fitText says how far the answers narrow the rules down.
func fitText(s CalibrationSummary) string {
	fit := "fit"
	if s.Consistent == 1 {
		fit = "fits"
	}
	return fmt.Sprintf("%s of %s of rule values %s the answers", Count(s.Consistent), countNoun(s.Hypotheses, "combination", "combinations"), fit)
}

func verdictTable(verdicts []CalibrationVerdict) table {
	return table{
		name:  "Rules",
		note:  fmt.Sprintf("%s that a dry run can show.", countNoun(len(verdicts), "rule", "rules")),
		empty: "No rules.",
		columns: []tableColumn{
			{"Rule", 30, kindID}, {"In force here", 16, kindText}, {"The tenant follows", 20, kindText}, {"Differs", 10, kindText}, {"Verdict", 24, kindText},
			{"Because", 70, kindText}, {"What would decide it", 60, kindText}, {"Default", 14, kindText}, {"Alternative", 14, kindText},
			{"Experiments", 14, kindNumber}, {"Not asked about", 17, kindNumber},
		},
		rows: len(verdicts),
		row: func(i int) []any {
			v := verdicts[i]
			return []any{v.Rule, v.InForce, orText(v.Value, "not known"), yesOrEmpty(v.Differs), verdictText(v), v.Because,
				textsOf(v.Suggestions, func(s CalibrationSuggestion) string { return s.Text }), v.Default, v.Alternative, len(v.Experiments), v.Unasked}
		},
	}
}

func experimentTable(experiments []Experiment) table {
	return table{
		name:    "Experiments",
		note:    fmt.Sprintf("%s, in the order in which they were made.", countNoun(len(experiments), "experiment", "experiments")),
		empty:   "Nobody was asked about.",
		people:  true,
		columns: []tableColumn{{"Number", 10, kindNumber}, {"Entity id", 26, kindID}, {"Verdict", 14, kindText}, {"What came of it", 90, kindText}, {"Rules", 50, kindText}},
		rows:    len(experiments),
		row: func(i int) []any {
			e := experiments[i]
			return []any{i + 1, e.EntityID, worded(e.Verdict), e.Text, joined(e.Rules)}
		},
	}
}
