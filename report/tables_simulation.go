package report

import (
	"fmt"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

func (d *Document) outline() outline {
	n, in := d.Summary, d.Inputs
	o := outline{
		lead: d.Crosscheck.lead(),
		head: &d.Header, notes: &d.Notes, title: "Simulation of ", policy: in.Policy, sides: "version " + versionText(in.Policy),
		limits: d.Limits, people: d.Identities.names(),
		counts: []labelled{
			{"Identities", n.Identities},
			{"Matched by a workflow", n.Matched},
			{"Affected, at least", n.AffectedLow},
			{"Affected, at most", n.AffectedHigh},
			{"Depend on something unknown", n.Unknown},
			{"Planned actions", n.PlannedActions},
			{"Possible actions", n.PossibleActions},
			{"Granted entitlements", n.GrantedEntitlements},
			{"Possible entitlements", n.PossibleEntitlements},
			{"Identities deactivated", n.Deactivated},
			{"Identities perhaps deactivated", n.MaybeDeactivated},
			{"Identities that may lose others", n.MayRemoveOthers},
			{"Behaviour classes", n.Classes},
		},
		inputsTitle: "What is simulated",
		inputs: [][2]string{
			{"Policy", policyName(in.Policy)},
			{"State", orText(in.Policy.State, "not known") + ": " + d.PolicyStateMeaning},
			{"Version", versionText(in.Policy)},
			populationFields(in.Population)[0],
			{"As of", d.AsOf},
		},
	}
	if hasGrants(in.Other) { // else nobody knows what is held
		o.counts = append(o.counts, labelled{"Revokes", n.Revokes}, labelled{"Possible revokes", n.PossibleRevokes})
	}
	if ids := d.Identities; ids.Listed < ids.Affected {
		o.countsNote = "Sheet Identities: " + identityNote(ids, n.Identities)
	}
	fields := append([][2]string{runDigestField(&d.Notes)}, policyFields(in.Policy)...)
	fields = append(fields, profilesFields(in.Profiles)...)
	fields = append(fields, populationFields(in.Population)...)
	fields = append(fields, otherFields(in.Other)...)
	fields = append(fields, runFields(&d.Header)...)
	fields = append(fields, settingsFields(d.Settings)...)
	o.tables = []table{
		workflowTable(d.Workflows), actionTable(d.Actions), profileTable(d.AccessProfiles), entitlementTable(d.Entitlements),
		identityTable(d.Identities, d.Summary.Identities), findingTable(d.Diagnostics), ruleTable(d.RuleSettings, d.Sensitivity),
		inputTable(fields),
	}
	return o
}

func workflowTable(workflows []engine.WorkflowResult) table {
	type line struct {
		w *engine.WorkflowResult
		c *engine.ConditionResult // nil: the workflow's own line
	}
	lines := []line{}
	for i := range workflows {
		w := &workflows[i]
		lines = append(lines, line{w, nil})
		for j := range w.Conditions {
			lines = append(lines, line{w, &w.Conditions[j]})
		}
	}
	return table{
		name:  "Workflows",
		note:  fmt.Sprintf("%s, each followed by its conditions. Counts are identities.", countNoun(len(workflows), "workflow", "workflows")),
		empty: "The policy has no workflows.",
		columns: []tableColumn{
			{"Workflow", 30, kindText}, {"Part", 11, kindText}, {"Number", 9, kindNumber}, {"Condition", 26, kindText}, {"State", 18, kindText},
			{"Priority", 10, kindNumber}, {"Expression", 48, kindText}, {"Matched", 12, kindNumber}, {"Unknown", 12, kindNumber}, {"Actions", 40, kindText},
		},
		rows: len(lines),
		row: func(i int) []any {
			w, c := lines[i].w, lines[i].c
			if c == nil {
				var priority any
				if w.Priority != 0 {
					priority = w.Priority
				}
				return []any{w.Name, "workflow", w.Index + 1, nil, skippedText(w.State, w.Skipped), priority, w.Trigger, w.Matched, w.Unknown, nil}
			}
			return []any{w.Name, "condition", c.Index + 1, c.Name, skippedText("", c.Skipped), nil, c.Expression, c.Matched, c.Unknown, joined(c.Actions)}
		},
	}
}

func actionTable(actions []engine.ActionResult) table {
	type line struct {
		a *engine.ActionResult
		c *engine.ConditionResult // nil: the action's own line
	}
	lines := []line{}
	for i := range actions {
		a := &actions[i]
		lines = append(lines, line{a, nil})
		for j := range a.Conditions {
			lines = append(lines, line{a, &a.Conditions[j]})
		}
	}
	return table{
		name: "Actions",
		note: fmt.Sprintf("%s, each followed by the conditions on its success. Counts are identities; planned, possible and done are disjoint.",
			countNoun(len(actions), "action", "actions")),
		empty: "The policy has no actions.",
		columns: []tableColumn{
			{"Action", 30, kindText}, {"Part", 11, kindText}, {"Type", 26, kindText}, {"Effect", 12, kindText}, {"State", 12, kindText},
			{"Removes others", 16, kindText}, {"Planned", 12, kindNumber}, {"Possible", 12, kindNumber}, {"Done before", 13, kindNumber},
			{"Expression", 40, kindText}, {"Actions on success", 40, kindText},
		},
		rows: len(lines),
		row: func(i int) []any {
			a, c := lines[i].a, lines[i].c
			if c == nil {
				return []any{a.Name, "action", a.Type, string(a.Effect), skippedText("", a.Skipped), yesOrEmpty(a.RemoveExisting), a.Planned, a.Possible, a.Done, nil, nil}
			}
			return []any{a.Name, "condition", nil, nil, skippedText("", c.Skipped), nil, c.Matched, c.Unknown, nil, c.Expression, joined(c.Actions)}
		},
	}
}

func profileTable(profiles []engine.ProfileResult) table {
	return table{
		name:  "Profiles",
		note:  fmt.Sprintf("%s that the policy reaches. Counts are identities.", countNoun(len(profiles), "access profile", "access profiles")),
		empty: "The policy reaches no access profiles.",
		columns: []tableColumn{
			{"Profile id", 40, kindID}, {"Name", 34, kindText}, {"State", 12, kindText}, {"Direct", 12, kindNumber}, {"Inherited", 12, kindNumber},
			{"Possible", 12, kindNumber}, {"Withheld because", 40, kindText},
		},
		rows: len(profiles),
		row: func(i int) []any {
			p := profiles[i]
			return []any{p.ID, orEmpty(p.Name), orText(p.State, "missing"), p.Direct, p.Inherited, p.Possible, orEmpty(p.Withheld)}
		},
	}
}

func entitlementTable(entitlements []engine.EntitlementResult) table {
	return table{
		name:  "Entitlements",
		note:  fmt.Sprintf("%s. Counts are identities.", countNoun(len(entitlements), "entitlement", "entitlements")),
		empty: "The policy reaches no entitlements.",
		columns: []tableColumn{
			{"Datasource id", 38, kindID}, {"Entity type", 26, kindText}, {"Entity id", 38, kindID}, {"Name", 34, kindText}, {"Granted", 12, kindNumber},
			{"Possible", 12, kindNumber}, {"Revoked", 12, kindNumber}, {"Perhaps revoked", 17, kindNumber}, {"Assigned to type", 20, kindText},
			{"Assigned to id", 26, kindID}, {"Profile ids", 44, kindText},
		},
		rows: len(entitlements),
		row: func(i int) []any {
			e := entitlements[i]
			return []any{e.DatasourceID, e.EntityType, e.EntityID, orEmpty(e.Name), e.Granted, e.Possible, e.Revoked, e.MaybeRevoked,
				orEmpty(e.AssignedToType), orEmpty(e.AssignedToID), joined(e.Profiles)}
		},
	}
}

func identityTable(ids Identities, population int) table {
	return table{
		name:   "Identities",
		note:   identityNote(ids, population),
		empty:  "No identity is affected.",
		people: true,
		columns: []tableColumn{
			{"Entity id", 26, kindID}, {"Name", 28, kindText}, {"Affected", 11, kindText}, {"Class", 9, kindOrdinal}, {"Workflows", 34, kindText},
			{"Actions", 44, kindText}, {"Profile ids", 44, kindText}, {"Entitlements", 13, kindNumber}, {"Revokes", 11, kindNumber},
		},
		rows: len(ids.Rows),
		row: func(i int) []any {
			r := ids.Rows[i]
			return []any{r.EntityID, orEmpty(r.EntityName), r.Affected, r.Class, joined(r.Workflows), joined(r.Actions), joined(r.AccessProfileIDs), r.Entitlements, r.Revokes}
		},
	}
}

// identityNote says how much of the affected identities is listed.
func identityNote(ids Identities, population int) string {
	if ids.Listed < ids.Affected {
		return fmt.Sprintf("The first %s of %s affected identities, in input order: the list is capped at %s. All counts elsewhere are exact; the rows file (--rows) has every identity.",
			Count(ids.Listed), Count(ids.Affected), Count(ids.Cap))
	}
	return fmt.Sprintf("%s of %s in the population, all listed, in input order.", countNoun(ids.Affected, "affected identity", "affected identities"), Count(population))
}

func findingTable(diagnostics []Diagnostic) table {
	return table{
		name:  "Findings",
		note:  fmt.Sprintf("%s. Errors make the result inconclusive.", countNoun(len(diagnostics), "finding", "findings")),
		empty: "No findings.",
		columns: []tableColumn{
			{"Severity", 11, kindText}, {"Code", 26, kindText}, {"Message", 60, kindText}, {"Hint", 40, kindText}, {"Count", 9, kindNumber},
			{"File", 26, kindText}, {"Line", 9, kindNumber}, {"Path", 40, kindText}, {"Column", 10, kindNumber}, {"Expression", 40, kindText},
		},
		rows: len(diagnostics),
		row: func(i int) []any {
			d := diagnostics[i]
			var line, column, expression any
			if d.Line != nil {
				line = *d.Line
			}
			if d.Column != nil {
				column = *d.Column
			}
			if d.Caret != nil {
				expression, _, _ = strings.Cut(*d.Caret, "\n")
			}
			return []any{string(d.Severity), d.Code, d.Message, orEmpty(d.Hint), d.Count, orEmpty(d.File), line, orEmpty(d.Path), column, expression}
		},
	}
}

func ruleTable(rules []RuleSetting, sensitivity []engine.Sensitivity) table {
	flips, limits := map[string][]string{}, map[string][]string{}
	for _, s := range sensitivity {
		flips[s.Rule] = append(flips[s.Rule], s.Alternative+": "+Count(s.Identities))
		if len(s.Limits) > 0 {
			limits[s.Rule] = append(limits[s.Rule], s.Alternative+": "+strings.Join(s.Limits, ", "))
		}
	}
	return table{
		name:  "Rules",
		note:  "How lcmsim reads what the vendor leaves open, and how many identities would end differently under the alternative.",
		empty: "No rules.",
		columns: []tableColumn{
			{"Rule", 30, kindID}, {"Value", 14, kindText}, {"Default", 14, kindText}, {"Alternatives", 22, kindText}, {"Differs from default", 21, kindText},
			{"Identities that flip", 24, kindText}, {"Limits whose verdict flips", 44, kindText},
		},
		rows: len(rules),
		row: func(i int) []any {
			r := rules[i]
			flip := "none"
			if f := flips[r.Rule]; len(f) > 0 {
				flip = joined(f)
			}
			return []any{r.Rule, r.Value, r.Default, joined(r.Alternatives), yesOrEmpty(r.Differs), flip, joined(limits[r.Rule])}
		},
	}
}

// joined is a list in one cell.
func joined(items []string) string { return strings.Join(items, "; ") }

// orEmpty is *s, or nil for an empty cell.
func orEmpty(s *string) any {
	if s == nil {
		return nil
	}
	return *s
}

func yesOrEmpty(yes bool) any {
	if yes {
		return "yes"
	}
	return nil
}

// skippedText is a state, and whether its owner is skipped.
func skippedText(state string, skipped bool) any {
	switch {
	case skipped && state != "":
		return state + ", skipped"
	case skipped:
		return "skipped"
	case state != "":
		return state
	}
	return nil
}
