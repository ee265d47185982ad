package report

import "fmt"

func (d *CrosscheckDocument) outline() outline {
	n, in := d.Summary, d.Inputs
	o := outline{
		head: &d.Header, notes: &d.Notes, title: "Cross-check of ", policy: in.Policy,
		lead: []labelledText{{"Claim", d.Claim}, {"Frame", d.FrameText}, {"Coverage", d.CoverageText}},
		counts: []labelled{
			{"Identities", n.Identities},
			{"Could be drawn", n.Frame},
			{"Drawn", n.Sampled},
			{"Agree", n.Agree},
			{"Disagree", n.Disagree},
			{"Drifted", n.Drifted},
			{"Not checked", n.NotChecked},
			{"Random draws", n.RandomSampled},
			{"Random draws that were compared", n.RandomCompared},
			{"Random draws that disagree", n.RandomDisagree},
			{"Agreements that prove little", n.Undetermined},
			{"Behaviour classes", n.Classes},
			{"Behaviour classes with a draw", n.CoveredClasses},
		},
		inputsTitle: "Inputs",
		inputs:      askedFields(&d.Header, &d.Notes, in, d.Tenant, d.Calls),
	}
	o.tables = []table{stratumTable(d.Strata), disagreementTable(d), sampleTable(d), findingTable(d.Diagnostics), ruleTable(d.RuleSettings, nil)}
	return o
}

// askedFields are the inputs of a run that asked a tenant.
func askedFields(h *Header, n *Notes, in Inputs, tenant *string, calls int) [][2]string {
	fields := [][2]string{runDigestField(n), {"Tenant", tenantText(tenant, calls)}}
	fields = append(fields, policyFields(in.Policy)...)
	fields = append(fields, profilesFields(in.Profiles)...)
	fields = append(fields, populationFields(in.Population)...)
	fields = append(fields, otherFields(in.Other)...)
	return append(fields, runFields(h)...)
}

func stratumTable(strata []CrosscheckStratum) table {
	return table{
		name:  "Strata",
		note:  "What the draws were made from, in the order of the draws. Counts are identities.",
		empty: "Nothing was drawn.",
		columns: []tableColumn{
			{"Stratum", 50, kindText}, {"Kind", 14, kindText}, {"Identities", 12, kindNumber}, {"Drawn", 12, kindNumber}, {"Agree", 12, kindNumber},
			{"Disagree", 12, kindNumber}, {"Drifted", 12, kindNumber}, {"Not checked", 13, kindNumber},
		},
		rows: len(strata),
		row: func(i int) []any {
			s := strata[i]
			return []any{s.Name, s.Kind, s.Size, s.Sampled, s.Agree, s.Disagree, s.Drifted, s.NotChecked}
		},
	}
}

func disagreementTable(d *CrosscheckDocument) table {
	return table{
		name:  "Disagreements",
		note:  fmt.Sprintf("%s, by what decides them here.", countNoun(len(d.Groups), "kind of disagreement", "kinds of disagreement")),
		empty: "The tenant disagrees about nobody who was compared.",
		columns: []tableColumn{
			{"Draws", 10, kindNumber}, {"Example", 26, kindID}, {"What the tenant says otherwise", 60, kindText}, {"Rules that would settle it", 40, kindText},
		},
		rows: len(d.Groups),
		row: func(i int) []any {
			g := d.Groups[i]
			first := d.Samples[g.First]
			return []any{g.Draws, first.EntityID, joined(first.Reasons), joined(textEach(first.Settles, ruleValueText))}
		},
	}
}

func sampleTable(d *CrosscheckDocument) table {
	return table{
		name:  "Draws",
		note:  fmt.Sprintf("%s, in the order in which they were made.", countNoun(len(d.Samples), "draw", "draws")),
		empty: "Nobody was drawn.",
		columns: []tableColumn{
			{"Entity id", 26, kindID}, {"Stratum", 44, kindText}, {"Verdict", 14, kindText}, {"Reasons", 80, kindText}, {"Class", 9, kindNumber},
		},
		rows: len(d.Samples),
		row: func(i int) []any {
			s := d.Samples[i]
			return []any{s.EntityID, s.Stratum, orText(s.Verdict, "planned"), joined(s.Reasons), s.Class}
		},
	}
}
