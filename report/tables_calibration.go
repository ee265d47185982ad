package report

import "fmt"

func (d *CalibrationDocument) outline() outline {
	n, in := d.Summary, d.Inputs
	return outline{
		head: &d.Header, notes: &d.Notes, title: "Calibration with ", policy: in.Policy,
		counts: []labelled{
			{"Identities", n.Identities},
			{"Could be asked about", n.Frame},
			{"Rules", n.Rules},
			{"Confirmed at the default", n.ConfirmedDefault},
			{"Confirmed at the alternative", n.ConfirmedAlternative},
			{"Contradictory", n.Contradictory},
			{"Undecidable", n.Undecidable},
			{"Differ from what is in force here", n.Differ},
			{"Experiments", n.Asked},
			{"Experiments with an answer", n.Answered},
			{"Answers that fit nothing", n.Unexplained},
			{"Drifted", n.Drifted},
			{"Not checked", n.NotChecked},
		},
		inputsTitle: "Inputs",
		inputs:      askedFields(&d.Header, &d.Notes, in, d.Tenant, d.Calls),
		tables:      []table{verdictTable(d.Verdicts), experimentTable(d.Experiments), findingTable(d.Diagnostics)},
	}
}

func verdictTable(verdicts []CalibrationVerdict) table {
	return table{
		name:  "Rules",
		note:  fmt.Sprintf("%s that a dry run can show.", countNoun(len(verdicts), "rule", "rules")),
		empty: "No rules.",
		columns: []tableColumn{
			{"Rule", 30, kindID}, {"In force here", 16, kindText}, {"The tenant follows", 20, kindText}, {"Verdict", 24, kindText}, {"Because", 70, kindText},
			{"Default", 14, kindText}, {"Alternative", 14, kindText}, {"Experiments", 14, kindNumber}, {"Not asked about", 17, kindNumber},
		},
		rows: len(verdicts),
		row: func(i int) []any {
			v := verdicts[i]
			return []any{v.Rule, v.InForce, orText(v.Value, "not known"), v.Verdict, v.Because, v.Default, v.Alternative, len(v.Experiments), v.Unasked}
		},
	}
}

func experimentTable(experiments []Experiment) table {
	return table{
		name:    "Experiments",
		note:    fmt.Sprintf("%s, in the order in which they were made.", countNoun(len(experiments), "experiment", "experiments")),
		empty:   "Nobody was asked about.",
		columns: []tableColumn{{"Number", 10, kindNumber}, {"Entity id", 26, kindID}, {"Verdict", 14, kindText}, {"What came of it", 90, kindText}, {"Rules", 50, kindText}},
		rows:    len(experiments),
		row: func(i int) []any {
			e := experiments[i]
			return []any{i + 1, e.EntityID, e.Verdict, e.Text, joined(e.Rules)}
		},
	}
}
