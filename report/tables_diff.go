package report

import (
	"fmt"

	"github.com/lcmsim/lcmsim/engine"
)

func (d *DiffDocument) outline() outline {
	n := d.Summary
	o := outline{
		lead: d.Crosscheck.lead(),
		head: &d.Header, notes: &d.Notes, title: "Changes by ", policy: d.Inputs.To.Policy, sides: sidesText(d),
		limits: d.Limits, people: d.Identities.names(),
		counts: []labelled{
			{"Identities", n.Identities},
			{"Changed", n.Changed},
			{"Perhaps changed", n.Maybe},
			{"Unchanged", n.Unchanged},
			{"New", n.New},
			{"Removed from the source", n.RemovedFromSource},
			{"Gain something", n.Gained},
			{"Gain an entitlement", n.AccessGained},
			{"Lose something", n.Lost},
			{"Lose an entitlement", n.AccessLost},
			{"Affected, at least", n.AffectedLow},
			{"Affected, at most", n.AffectedHigh},
			{"Depend on something unknown", n.Unknown},
			{"Deactivated", n.Deactivated},
			{"Perhaps deactivated", n.MaybeDeactivated},
			{"May lose other entitlements that they hold", n.MayRemoveOthers},
			{"Entitlements gained", n.EntitlementsGained},
			{"Entitlements lost", n.EntitlementsLost},
			{"Entitlements undecided", n.EntitlementsMaybe},
			{"Actions gained", n.ActionsGained},
			{"Actions lost", n.ActionsLost},
			{"Actions undecided", n.ActionsMaybe},
		},
		inputsTitle: "What is compared",
		inputs: [][2]string{
			{"Policy", policyName(d.Inputs.To.Policy)},
			{"State", orText(d.Inputs.To.Policy.State, "not known") + ": " + d.PolicyStateMeaning},
			{"From", fromText(d)},
			{"To", sideText(d.Inputs.To)},
			{"Baseline", baselineText(d)},
		},
	}
	if hasGrants(d.Inputs.Other) { // else nobody knows what is held
		o.counts = append(o.counts, labelled{"Lose something that they hold", n.Revoked}, labelled{"Perhaps lose something that they hold", n.MaybeRevoked})
	}
	if n.Movers != nil {
		o.counts = append(o.counts, labelled{"Movers", *n.Movers})
	}
	if n.Leavers != nil {
		o.counts = append(o.counts, labelled{"Leavers", *n.Leavers})
	}
	if h := n.Holdings; h != nil {
		o.counts = append(o.counts, labelled{"Entitlements to grant, not held yet", h.RealGrants}, labelled{"Entitlements held already", h.NoOps},
			labelled{"Entitlements to revoke", h.Revokes}, labelled{"Held entitlements that no profile explains", h.Drift},
			labelled{"Held entitlements undecided", h.Maybe})
	}
	o.counts = append(o.counts, labelled{"Behaviour classes", d.ClassesTotal})
	if ids := d.Identities; ids.Listed < ids.Total {
		o.countsNote = "Sheet Identities: " + changedIdentityNote(d)
	}
	if text := attributionText(d); text != "" {
		o.inputs = append(o.inputs, [2]string{"Attribution", text})
	}
	o.tables = []table{
		workflowChangeTable(d.Workflows), actionChangeTable(d.Actions), profileChangeTable(d.AccessProfiles), entitlementChangeTable(d.Entitlements),
		cohortTable(d.Cohorts), editTable(d), changedIdentityTable(d), findingTable(d.Diagnostics), settingTable("Rules", d.RuleSettings), comparedInputTable(d),
	}
	return o
}

// sidesText names both sides of a diff: "version 8 DRAFT against 7 PUBLISHED".
func sidesText(d *DiffDocument) string {
	from, to := d.Inputs.From.Policy, d.Inputs.To.Policy
	earlier := versionText(from)
	if orText(from.ID, "") != orText(to.ID, "") {
		earlier = "version " + earlier + " of " + policyName(from)
	}
	text := "version " + versionText(to)
	if against := map[engine.BaselineKind]string{
		engine.BaselineNone: "nothing", engine.BaselinePolicy: earlier, engine.BaselinePopulation: "an earlier population",
		engine.BaselineBoth: earlier + " over an earlier population", engine.BaselineGrants: "what is held today",
		engine.BaselineMembers: "the exported members of access profiles",
	}[d.Baseline]; against != "" {
		text += " against " + against
	}
	return text
}

// changeNote says what a list of changes holds.
func changeNote(changes, total int, one, many string) string {
	return fmt.Sprintf("%s of %s, the greatest loss first; the others change for nobody. Counts are identities.", countNoun(changes, one+" that changes", many+" that change"), Count(total))
}

func workflowChangeTable(workflows []engine.WorkflowChange) table {
	changes := changesOnly(workflows, workflowChange)
	return table{
		name:  "Workflows",
		note:  changeNote(len(changes), len(workflows), "workflow", "workflows"),
		empty: "No workflow changes for anybody.",
		columns: []tableColumn{
			{"Workflow", 40, kindText}, {"Trigger no longer true", 16, kindNumber}, {"Trigger now true", 14, kindNumber}, {"Undecided", 12, kindNumber},
			{"Trigger still true", 14, kindNumber}, {"Gain or lose its actions", 16, kindNumber},
		},
		rows: len(changes),
		row: func(i int) []any {
			w := changes[i]
			return []any{w.Name, w.Lost, w.Gained, w.Maybe, w.Unchanged, w.Changed}
		},
	}
}

func actionChangeTable(actions []engine.ActionChange) table {
	changes := changesOnly(actions, actionChange)
	return table{
		name:    "Actions",
		note:    changeNote(len(changes), len(actions), "action", "actions"),
		empty:   "No action changes for anybody.",
		columns: append([]tableColumn{{"Action", 36, kindText}, {"Type", 26, kindText}, {"Effect", 12, kindText}}, changeColumns...),
		rows:    len(changes),
		row: func(i int) []any {
			a := changes[i]
			return []any{a.Name, a.Type, string(a.Effect), a.Lost, had(a.Lost, a.Unchanged), a.Gained, a.Maybe, a.Unchanged}
		},
	}
}

// changeColumns are the counts of a change.
var changeColumns = []tableColumn{
	{"Lost", 12, kindNumber}, {"Share of those that had it", 14, kindShare}, {"Gained", 12, kindNumber}, {"Undecided", 12, kindNumber}, {"Unchanged", 12, kindNumber},
}

func profileChangeTable(profiles []engine.ProfileChange) table {
	changes := changesOnly(profiles, profileChange)
	return table{
		name:    "Profiles",
		note:    changeNote(len(changes), len(profiles), "access profile", "access profiles"),
		empty:   "No access profile changes for anybody.",
		columns: append([]tableColumn{{"Name", 40, kindText}, {"Profile id", 40, kindID}}, changeColumns...),
		rows:    len(changes),
		row: func(i int) []any {
			p := changes[i]
			return []any{orEmpty(p.Name), p.ID, p.Lost, had(p.Lost, p.Unchanged), p.Gained, p.Maybe, p.Unchanged}
		},
	}
}

func entitlementChangeTable(entitlements []engine.EntitlementChange) table {
	changes := changesOnly(entitlements, entitlementChange)
	columns := []tableColumn{{"Name", 36, kindText}, {"Entity type", 26, kindText}, {"Entity id", 38, kindID}, {"Datasource id", 38, kindID}}
	columns = append(append(columns, changeColumns...), tableColumn{"With its profile", 12, kindNumber}, tableColumn{"Revoked", 12, kindNumber},
		tableColumn{"Assigned to type", 20, kindText}, tableColumn{"Assigned to id", 26, kindID})
	return table{
		name: "Entitlements",
		note: changeNote(len(changes), len(entitlements), "entitlement", "entitlements") + " With its profile: of those who lose it, gain it or are undecided, for how many an access profile that holds it changes " +
			"likewise. Revoked: of those who hold it today, by an action that removes others.",
		empty:   "No entitlement changes for anybody.",
		columns: columns,
		rows:    len(changes),
		row: func(i int) []any {
			e := changes[i]
			return []any{orEmpty(e.Name), e.EntityType, e.EntityID, e.DatasourceID, e.Lost, had(e.Lost, e.Unchanged), e.Gained, e.Maybe, e.Unchanged, e.Carried, e.Revoked,
				orEmpty(e.AssignedToType), orEmpty(e.AssignedToID)}
		},
	}
}

func cohortTable(cohorts []engine.CohortLift) table {
	return table{
		name:  "Cohorts",
		note:  "Attribute values that are over-represented among the identities that lose something, are deactivated or have something revoked.",
		empty: "No attribute value is over-represented among those who lose something, are deactivated or have something revoked.",
		columns: []tableColumn{
			{"Attribute", 30, kindText}, {"Value", 40, kindText}, {"Lose something or are disabled", 16, kindNumber}, {"Identities", 12, kindNumber}, {"Share", 12, kindShare},
			{"Overall", 12, kindShare}, {"Times the overall", 19, kindFactor},
		},
		rows: len(cohorts),
		row: func(i int) []any {
			c := cohorts[i]
			return []any{c.Attribute, c.Value, c.Lost, c.Size, c.Share, c.OverallShare, c.Lift}
		},
	}
}

func editTable(d *DiffDocument) table {
	a := d.Attribution
	note := fmt.Sprintf("%s of the policy, in its order. Alone and perhaps: identities that this edit changes by itself; without: identities that all others change; "+
		"fewer without it: by how many the whole policy changes more. Edits that work only together change nobody alone.", countNoun(a.EditsTotal, "edit", "edits"))
	if len(a.Edits) < a.EditsTotal {
		note += fmt.Sprintf(" The first %s are listed.", Count(len(a.Edits)))
	}
	if text := attributionText(d); text != "" {
		note += " In all: " + text + "."
	}
	return table{
		name:  "Edits",
		note:  note,
		empty: "The two sides have the same policy.",
		columns: []tableColumn{
			{"Edit", 50, kindText}, {"Before", 40, kindText}, {"After", 40, kindText}, {"Alone", 12, kindNumber}, {"Perhaps", 12, kindNumber}, {"Fewer without it", 12, kindNumber},
			{"Without", 12, kindNumber}, {"Kind", 20, kindText},
			{"Path", 36, kindText},
		},
		rows: len(a.Edits),
		row: func(i int) []any {
			e := a.Edits[i]
			var alone, perhaps, fewer, without any
			if a.Attributed {
				alone, perhaps, fewer, without = e.Alone, e.Maybe, fewerWithout(a, e), e.Without
			}
			return []any{e.Edit, orEmpty(known(e.Before)), orEmpty(known(e.After)), alone, perhaps, fewer, without, e.Kind, e.Path}
		},
	}
}

// fewerWithout is how many identities fewer the policy changes without an edit, which others need to change them; 0 where it is more.
func fewerWithout(a engine.Attribution, e engine.EditEffect) int { return max(a.Policy-e.Without, 0) }

// changedIdentityTable lists people: what they lose, then what they gain, by name as well as by id.
func changedIdentityTable(d *DiffDocument) table {
	profile, entitlement := map[string]string{}, map[string]string{}
	for _, p := range d.AccessProfiles {
		profile[p.ID] = orText(p.Name, "")
	}
	for _, e := range d.Entitlements {
		entitlement[entitlementKey(e.DatasourceID, e.EntityType, e.EntityID)] = orText(e.Name, "")
	}
	rows := d.Identities.Rows
	return table{
		name:   "Identities",
		note:   changedIdentityNote(d),
		empty:  "No identity changes.",
		people: true,
		columns: []tableColumn{
			{"Entity id", 26, kindID}, {"Name", 28, kindText}, {"Status", 20, kindText}, {"Profiles lost", 30, kindText}, {"Entitlements lost", 30, kindText},
			{"Actions lost", 30, kindText}, {"Revoked", 30, kindText}, {"Profiles gained", 30, kindText}, {"Entitlements gained", 30, kindText},
			{"Actions gained", 30, kindText}, {"Undecided", 30, kindText}, {"Affected", 11, kindText}, {"Class", 9, kindOrdinal},
		},
		rows: len(rows),
		row: func(i int) []any {
			r := &rows[i]
			undecided := append(actionNames(r.ActionsMaybe), named(r.ProfilesMaybe, profile)...)
			undecided = append(undecided, named(r.EntitlementsMaybe, entitlement)...)
			return []any{r.EntityID, orEmpty(r.EntityName), string(r.Status),
				joined(named(r.ProfilesLost, profile)), joined(named(r.EntitlementsLost, entitlement)), joined(actionNames(r.ActionsLost)),
				joined(named(r.RevokesAdded, entitlement)),
				joined(named(r.ProfilesGained, profile)), joined(named(r.EntitlementsGained, entitlement)), joined(actionNames(r.ActionsGained)),
				joined(undecided), r.Affected, r.Class}
		},
	}
}

// named puts the names of items before their ids.
func named(ids []string, names map[string]string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id
		if name := names[id]; name != "" {
			out[i] = name + " (" + id + ")"
		}
	}
	return out
}

// changedIdentityNote says how much of the identities that do not stay as they are is listed.
func changedIdentityNote(d *DiffDocument) string {
	ids := d.Identities
	if ids.Listed < ids.Total {
		return fmt.Sprintf("The first %s of %s identities that do not stay as they are, in input order: the list is capped at %s. All counts elsewhere are exact; the rows file (--rows) has every identity.",
			Count(ids.Listed), Count(ids.Total), Count(ids.Cap))
	}
	return fmt.Sprintf("%s of %s, all listed, in input order; the others stay as they are.",
		countNoun(ids.Total, "identity that changes", "identities that change"), Count(d.Summary.Identities))
}

// comparedInputTable lists what both sides of a diff were given.
func comparedInputTable(d *DiffDocument) table {
	type line struct {
		side  string
		field [2]string
	}
	lines := []line{}
	add := func(side string, fields ...[2]string) {
		for _, f := range fields {
			lines = append(lines, line{side, f})
		}
	}
	add("both", runDigestField(&d.Notes))
	for _, s := range []struct {
		side string
		in   SideInputs
	}{{"from", d.Inputs.From}, {"to", d.Inputs.To}} {
		if s.in.Policy == (PolicyInput{}) {
			add(s.side, [2]string{"Policy", "none"})
		} else {
			add(s.side, policyFields(s.in.Policy)...)
			add(s.side, profilesFields(s.in.Profiles)...)
		}
		if s.in.Population == nil {
			add(s.side, [2]string{"Population", "none"})
		} else {
			add(s.side, populationFields(*s.in.Population)...)
		}
	}
	add("both", otherFields(d.Inputs.Other)...)
	add("both", runFields(&d.Header)...)
	add("both", settingsFields(d.Settings)...)
	return table{
		name:    "Inputs",
		note:    "What the run was given. Baseline: " + baselineText(d) + ".",
		empty:   "No inputs.",
		columns: []tableColumn{{"Side", 10, kindText}, {"Input", 34, kindText}, {"Value", 80, kindID}},
		rows:    len(lines),
		row: func(i int) []any {
			return []any{lines[i].side, lines[i].field[0], lines[i].field[1]}
		},
	}
}
