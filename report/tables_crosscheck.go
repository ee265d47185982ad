package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func (d *CrosscheckDocument) outline() outline {
	n, in := d.Summary, d.Inputs
	o := outline{
		head: &d.Header, notes: &d.Notes, title: "Cross-check of ", policy: in.Policy,
		lead: []labelledText{{"Claim", d.Claim}, {"Frame", d.FrameText}, {"Coverage", d.CoverageText}},
		counts: []labelled{
			{"Identities", n.Identities},
			{"Could be drawn", n.Frame},
			{"Share an id in the tenant with another", n.SharedIDs},
			{"Behaviour classes", n.Classes},
			{"Behaviour classes with a draw", n.CoveredClasses},
			{"Identities in classes with a draw", n.CoveredIdentities},
			{"Targeted strata with a draw", n.CoveredStrata},
		},
		inputsTitle: "What is compared",
		inputs:      append(askedFields(in.Policy, &d.Notes, d.Tenant, d.Calls), crosscheckFields(d)...),
	}
	// A plan has asked nothing: it has nothing else to count.
	if d.Planned {
		o.counts = append(o.counts, labelled{"Would be drawn", n.Sampled}, labelled{"Random draws", n.RandomSampled})
	} else {
		o.counts = append(o.counts, labelled{"Drawn", n.Sampled}, labelled{"Agree", n.Agree}, labelled{"Disagree", n.Disagree},
			labelled{"Drifted", n.Drifted}, labelled{"Not checked", n.NotChecked}, labelled{"Random draws", n.RandomSampled},
			labelled{"Random draws that were compared", n.RandomCompared}, labelled{"Random draws that disagree", n.RandomDisagree},
			labelled{"Agreements that prove little", n.Undetermined}, labelled{"Kinds of disagreement", len(d.Groups)})
		o.tables = []table{disagreementTable(d), uncomparedTable(d)}
	}
	o.tables = append(o.tables, stratumTable(d), sampleTable(d), stepTable(d.NextSteps), findingTable(d.Diagnostics), settingTable("Rules", d.RuleSettings),
		inputTable(runInputFields(&d.Header, &d.Notes, in)))
	return o
}

// askedFields say which policy a tenant was asked about.
func askedFields(p PolicyInput, n *Notes, tenant *string, calls int) [][2]string {
	return [][2]string{
		{"Policy", policyName(p)},
		{"State", orText(p.State, "not known") + ": " + n.PolicyStateMeaning},
		{"Version", versionText(p)},
		{"Tenant", tenantText(tenant, calls)},
	}
}

// crosscheckFields are how the draws were made and what they are held to.
func crosscheckFields(d *CrosscheckDocument) [][2]string {
	n := d.Summary
	fields := [][2]string{{"Seed of the draws", strconv.FormatUint(d.Seed, 10)}, {"Confidence", percent(n.Confidence)}}
	if n.MaxDisagreement != nil {
		fields = append(fields, [2]string{"Disagreement allowed", percent(*n.MaxDisagreement) + " of the frame"})
	}
	if n.AccessProfiles != nil {
		fields = append(fields, [2]string{"Access profiles", profilesReading(*n.AccessProfiles)})
	}
	return fields
}

// runInputFields are the inputs of a run with one side.
func runInputFields(h *Header, n *Notes, in Inputs) [][2]string {
	return slices.Concat([][2]string{runDigestField(n)}, policyFields(in.Policy), profilesFields(in.Profiles), populationFields(in.Population),
		otherFields(in.Other), runFields(h))
}

// disagreementTable has a row for each kind of disagreement, by its first draw.
func disagreementTable(d *CrosscheckDocument) table {
	return table{
		name: "Disagreements",
		note: fmt.Sprintf("%s of %s: those whom the same comparisons decide here. What is said is about the first of them.",
			countNoun(len(d.Groups), "kind", "kinds"), disagreements(d.Summary.Disagree)),
		empty: "The tenant disagrees about nobody who was compared.",
		columns: []tableColumn{
			{"Draws", 10, kindNumber}, {"Entity ids", 36, kindID}, {"What differs", 60, kindText}, {"What decides it here", 60, kindText},
			{"Expression", 50, kindText}, {"Path", 40, kindText}, {"Agrees under", 34, kindText}, {"Notes", 40, kindText},
		},
		rows: len(d.Groups),
		row: func(i int) []any {
			g := d.Groups[i]
			s := &d.Samples[g.First]
			settles := "no single alternative of a rule"
			if len(s.Settles) > 0 {
				settles = textsOf(s.Settles, ruleValueText)
			}
			var expressions, paths []string
			for _, c := range s.Causes {
				if c.Expression != nil && !slices.Contains(expressions, *c.Expression) {
					expressions = append(expressions, *c.Expression)
				}
				if c.Path != nil && !slices.Contains(paths, *c.Path) {
					paths = append(paths, *c.Path)
				}
			}
			return []any{g.Draws, members(g.EntityIDs, g.Draws), textsOf(s.Differences, func(a AnswerDifference) string { return a.Text }),
				textsOf(s.Causes, func(c CrosscheckCause) string { return c.Text }), joined(expressions), joined(paths), settles,
				joined(without(s.Reasons, textEach(s.Causes, func(c CrosscheckCause) string { return c.Text })))}
		},
	}
}

// uncomparedTable has a row for each reason why draws were not compared.
func uncomparedTable(d *CrosscheckDocument) table {
	return table{
		name:    "Not compared",
		note:    fmt.Sprintf("%s drifted, %s not checked. A draw that drifted in several attributes stands in several rows.", Count(d.Summary.Drifted), Count(d.Summary.NotChecked)),
		empty:   "Every draw was compared.",
		columns: []tableColumn{{"Verdict", 14, kindText}, {"Draws", 10, kindNumber}, {"Entity ids", 36, kindID}, {"Reason", 60, kindText}, {"Such as", 70, kindText}},
		rows:    len(d.Uncompared),
		row: func(i int) []any {
			g := d.Uncompared[i]
			return []any{worded(g.Verdict), g.Draws, members(g.EntityIDs, g.Draws), g.Reason, orEmpty(g.Example)}
		},
	}
}

func stratumTable(d *CrosscheckDocument) table {
	t := table{
		name:  "Strata",
		note:  fmt.Sprintf("%s that draws are made from, in the order of the draws.", countNoun(len(d.Strata), "set of identities", "sets of identities")),
		empty: "There is nothing to draw from.",
		columns: []tableColumn{
			{"Stratum", 50, kindText}, {"Kind", 14, kindText}, {"Identities", 12, kindNumber}, {"Draws", 12, kindNumber}, {"Agree", 12, kindNumber},
			{"Disagree", 12, kindNumber}, {"Drifted", 12, kindNumber}, {"Not checked", 13, kindNumber},
		},
		rows: len(d.Strata),
	}
	if d.Planned {
		t.columns = t.columns[:4]
	}
	t.row = func(i int) []any {
		s := d.Strata[i]
		return []any{s.Name, s.Kind, s.Size, s.Sampled, s.Agree, s.Disagree, s.Drifted, s.NotChecked}[:len(t.columns)]
	}
	return t
}

func sampleTable(d *CrosscheckDocument) table {
	return table{
		name:   "Draws",
		note:   fmt.Sprintf("%s, in the order in which they are made.", countNoun(len(d.Samples), "draw", "draws")),
		empty:  "Nobody is drawn.",
		people: true,
		columns: []tableColumn{
			{"Entity id", 26, kindID}, {"Id in the tenant", 38, kindID}, {"Stratum", 44, kindText}, {"Class", 9, kindOrdinal}, {"Verdict", 14, kindText},
			{"Reasons", 80, kindText}, {"What differs", 60, kindText}, {"Agrees under", 34, kindText},
		},
		rows: len(d.Samples),
		row: func(i int) []any {
			s := &d.Samples[i]
			return []any{s.EntityID, s.ID, s.Stratum, s.Class, worded(orText(s.Verdict, "planned")), joined(s.Reasons),
				textsOf(s.Differences, func(a AnswerDifference) string { return a.Text }), textsOf(s.Settles, ruleValueText)}
		},
	}
}

// stepTable lists what mends or settles what was found.
func stepTable(steps []string) table {
	return table{
		name:    "Next steps",
		note:    countNoun(len(steps), "step", "steps") + ", in the order in which they help.",
		empty:   "Nothing is left to do.",
		columns: []tableColumn{{"Number", 10, kindNumber}, {"Step", 130, kindText}},
		rows:    len(steps),
		row:     func(i int) []any { return []any{i + 1, steps[i]} },
	}
}

// settingTable lists the rules in force of a run that did not look at their alternatives.
func settingTable(name string, rules []RuleSetting) table {
	return table{
		name:    name,
		note:    "How lcmsim reads what the vendor leaves open.",
		empty:   "No rules.",
		columns: []tableColumn{{"Rule", 30, kindID}, {"Value", 14, kindText}, {"Default", 14, kindText}, {"Alternatives", 22, kindText}, {"Differs from default", 21, kindText}},
		rows:    len(rules),
		row: func(i int) []any {
			r := rules[i]
			return []any{r.Rule, r.Value, r.Default, joined(r.Alternatives), yesOrEmpty(r.Differs)}
		},
	}
}

// worded is a word of JSON as people write it.
func worded(word string) string { return strings.ReplaceAll(word, "_", " ") }
