package report

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"
)

// What the formats state, as JSON says it: read from the fields themselves and not through the outline that the renderings share.

// statedCounts are the fields of the counts, by their labels. A field that is null, or is in an object that is null, is not stated.
var statedCounts = map[string]map[string]string{
	SchemaSimulation: {
		"Identities": "summary.identities", "Matched by a workflow": "summary.matched", "Affected, at least": "summary.affected_low",
		"Affected, at most": "summary.affected_high", "Depend on something unknown": "summary.unknown", "Planned actions": "summary.planned_actions",
		"Possible actions": "summary.possible_actions", "Granted entitlements": "summary.granted_entitlements",
		"Possible entitlements": "summary.possible_entitlements", "Identities deactivated": "summary.deactivated", "Identities perhaps deactivated": "summary.maybe_deactivated",
		"Revokes":          "summary.revokes",
		"Possible revokes": "summary.possible_revokes", "Identities that may lose others": "summary.may_remove_others",
		"Behaviour classes": "summary.classes",
	},
	SchemaDiff: {
		"Identities": "summary.identities", "Changed": "summary.changed", "Perhaps changed": "summary.maybe", "Unchanged": "summary.unchanged",
		"New": "summary.new", "Removed from the source": "summary.removed_from_source", "Gain something": "summary.gained",
		"Gain an entitlement": "summary.access_gained", "Lose an entitlement": "summary.access_lost",
		"Perhaps deactivated": "summary.maybe_deactivated", "May lose other entitlements that they hold": "summary.may_remove_others",
		"Lose something": "summary.lost", "Affected, at least": "summary.affected_low", "Affected, at most": "summary.affected_high",
		"Depend on something unknown": "summary.unknown", "Deactivated": "summary.deactivated", "Lose something that they hold": "summary.revoked",
		"Perhaps lose something that they hold": "summary.maybe_revoked", "Entitlements gained": "summary.entitlements_gained",
		"Entitlements lost": "summary.entitlements_lost", "Entitlements undecided": "summary.entitlements_maybe",
		"Actions gained": "summary.actions_gained", "Actions lost": "summary.actions_lost", "Actions undecided": "summary.actions_maybe",
		"Movers": "summary.movers", "Leavers": "summary.leavers", "Entitlements to grant, not held yet": "summary.holdings.real_grants",
		"Entitlements held already": "summary.holdings.no_ops", "Entitlements to revoke": "summary.holdings.revokes",
		"Held entitlements that no profile explains": "summary.holdings.drift", "Held entitlements undecided": "summary.holdings.maybe",
		"Behaviour classes": "classes_total",
	},
	SchemaCrosscheck: {
		"Identities": "summary.identities", "Could be drawn": "summary.frame", "Share an id in the tenant with another": "summary.shared_ids",
		"Behaviour classes": "summary.classes", "Behaviour classes with a draw": "summary.covered_classes",
		"Identities in classes with a draw": "summary.covered_identities", "Targeted strata with a draw": "summary.covered_strata",
		"Drawn": "summary.sampled", "Agree": "summary.agree", "Disagree": "summary.disagree", "Drifted": "summary.drifted",
		"Not checked": "summary.not_checked", "Random draws": "summary.random_sampled",
		"Random draws that were compared": "summary.random_compared", "Random draws that disagree": "summary.random_disagree",
		"Agreements that prove little": "summary.undetermined", "Kinds of disagreement": "disagreement_groups",
	},
	SchemaCalibration: {
		"Identities": "summary.identities", "Could be asked about": "summary.frame", "Rules": "summary.rules",
		"Confirmed at the default": "summary.confirmed_default", "Confirmed at the alternative": "summary.confirmed_alternative",
		"Contradictory": "summary.contradictory", "Undecidable": "summary.undecidable",
		"Undecidable, because nobody who bears on it was asked about": "summary.not_asked",
		"Differ from what is in force here":                           "summary.differ", "Experiments": "summary.asked",
		"Experiments with an answer": "summary.answered", "Answers that fit no combination of rules": "summary.unexplained",
		"Drifted": "summary.drifted", "Not checked": "summary.not_checked",
		"Combinations of rules that were considered": "summary.hypotheses", "Combinations of rules that fit": "summary.consistent",
	},
}

// plannedCounts are those of a cross-check that asked nothing.
var plannedCounts = map[string]string{
	"Identities": "summary.identities", "Could be drawn": "summary.frame", "Share an id in the tenant with another": "summary.shared_ids",
	"Behaviour classes": "summary.classes", "Behaviour classes with a draw": "summary.covered_classes",
	"Identities in classes with a draw": "summary.covered_identities", "Targeted strata with a draw": "summary.covered_strata",
	"Would be drawn": "summary.sampled", "Random draws": "summary.random_sampled",
}

// statedList is a list that formats state: its name in the renderings, and the member of JSON.
type statedList struct {
	name, member string
	columns      []statedColumn
	part         string         // what the column Part says; "" = the list has none
	conditions   []statedColumn // of the rows of conditions, which follow those of their owners; nil = there are none
	changes      []string       // the fields of which one is not 0, or the row is left out; nil = all rows are shown
}

// conditionPart is what the column Part says of a condition.
const conditionPart = "condition"

// nameColumns may have the name of a row, by which a terminal shows it; the first that is not empty does.
var nameColumns = []string{"Workflow", "Action", "Stratum", "Rule", "Name", "Profile id", "Entity id"}

// nameOf is the name of a row.
func (l statedList) nameOf(row listRow) string {
	for _, title := range nameColumns {
		if text := strings.TrimSpace(row[title]); text != "" {
			return text
		}
	}
	return ""
}

// statedColumn is a column with its field. A field of a row of a condition that begins with ^ is that of its owner.
type statedColumn struct{ title, field string }

// absentTexts stand for null, by title.
var absentTexts = map[string]string{"State": "missing", "The tenant follows": "not known"}

var changeFields = []statedColumn{{"Lost", "lost"}, {"Gained", "gained"}, {"Undecided", "maybe"}, {"Unchanged", "unchanged"}}

var statedLists = map[string][]statedList{
	SchemaSimulation: {
		{name: "Workflows", member: "workflows", part: "workflow",
			columns:    []statedColumn{{"Workflow", "name"}, {"Part", ""}, {"Condition", ""}, {"Matched", "matched"}, {"Unknown", "unknown"}},
			conditions: []statedColumn{{"Workflow", "^name"}, {"Condition", "name"}, {"Matched", "matched"}, {"Unknown", "unknown"}}},
		{name: "Actions", member: "actions", part: "action",
			columns:    []statedColumn{{"Action", "name"}, {"Part", ""}, {"Type", "type"}, {"Effect", "effect"}, {"Planned", "planned"}, {"Possible", "possible"}, {"Done before", "done"}},
			conditions: []statedColumn{{"Action", "^name"}, {"Planned", "matched"}, {"Possible", "unknown"}}},
		{name: "Profiles", member: "access_profiles",
			columns: []statedColumn{{"Profile id", "id"}, {"Name", "name"}, {"State", "state"}, {"Direct", "direct"}, {"Inherited", "inherited"}, {"Possible", "possible"}, {"Withheld because", "withheld"}}},
		{name: "Entitlements", member: "entitlements",
			columns: []statedColumn{{"Datasource id", "datasource_id"}, {"Entity type", "entity_type"}, {"Entity id", "entity_id"}, {"Name", "name"}, {"Granted", "granted"},
				{"Possible", "possible"}, {"Revoked", "revoked"}, {"Perhaps revoked", "maybe_revoked"}}},
	},
	SchemaDiff: {
		{name: "Workflows", member: "workflows", changes: []string{"lost", "gained", "maybe", "changed"},
			columns: []statedColumn{{"Workflow", "name"}, {"Trigger no longer true", "lost"}, {"Trigger now true", "gained"}, {"Undecided", "maybe"},
				{"Trigger still true", "unchanged"}, {"Gain or lose its actions", "changed"}}},
		{name: "Actions", member: "actions", changes: []string{"lost", "gained", "maybe"},
			columns: append([]statedColumn{{"Action", "name"}, {"Type", "type"}, {"Effect", "effect"}}, changeFields...)},
		{name: "Profiles", member: "access_profiles", changes: []string{"lost", "gained", "maybe"},
			columns: append([]statedColumn{{"Name", "name"}, {"Profile id", "id"}}, changeFields...)},
		{name: "Entitlements", member: "entitlements", changes: []string{"lost", "gained", "maybe", "revoked"},
			columns: append([]statedColumn{{"Name", "name"}, {"Entity type", "entity_type"}, {"Entity id", "entity_id"}, {"Datasource id", "datasource_id"}, {"With its profile", "carried"},
				{"Revoked", "revoked"}}, changeFields...)},
		{name: "Edits", member: "attribution.edits",
			columns: []statedColumn{{"Edit", "edit"}, {"Before", "before"}, {"After", "after"}, {"Alone", "alone"}, {"Perhaps", "maybe"}, {"Without", "without"}, {"Kind", "kind"}, {"Path", "path"}}},
	},
	SchemaCrosscheck: {
		{name: "Strata", member: "strata", columns: []statedColumn{{"Stratum", "name"}, {"Kind", "kind"}, {"Identities", "size"}, {"Draws", "sampled"}, {"Agree", "agree"},
			{"Disagree", "disagree"}, {"Drifted", "drifted"}, {"Not checked", "not_checked"}}},
	},
	SchemaCalibration: {
		{name: "Rules", member: "verdicts", columns: []statedColumn{{"Rule", "rule"}, {"In force here", "in_force"}, {"The tenant follows", "value"}, {"Experiments", "experiments"}, {"Not asked about", "unasked"}}},
	},
}

// jsonObject is an object of a result.
type jsonObject = map[string]any

// fieldOf is the value below an object at names with dots between them; nil = null.
func fieldOf(t require.TestingT, o jsonObject, path string) any {
	var v any = o
	for name := range strings.SplitSeq(path, ".") {
		object, ok := v.(jsonObject)
		if !ok {
			require.Nil(t, v, path)
			return nil
		}
		require.Contains(t, object, name)
		v = object[name]
	}
	return v
}

// intAt is a number, or how many items a list has.
func intAt(t require.TestingT, o jsonObject, path string) int {
	switch v := fieldOf(t, o, path).(type) {
	case json.Number:
		n, err := strconv.Atoi(v.String())
		require.NoError(t, err, path)
		return n
	case []any:
		return len(v)
	default:
		require.Fail(t, "no number", "%s is %v", path, v)
		return 0
	}
}

func textAt(t require.TestingT, o jsonObject, path string) string {
	v := fieldOf(t, o, path)
	s, ok := v.(string)
	require.True(t, ok, "%s is %v", path, v)
	return s
}

func stateJSON(t require.TestingT, d Renderable) statement {
	dec := json.NewDecoder(strings.NewReader(write(t, d, WriteJSON)))
	dec.UseNumber()
	var o jsonObject
	require.NoError(t, dec.Decode(&o))
	schema := textAt(t, o, "schema")
	s := statement{
		word: textAt(t, o, "verdict.word"), sentence: Printable(textAt(t, o, "verdict.sentence")), exit: intAt(t, o, "exit.code"),
		counts: map[string]int{}, lists: map[string][]listRow{},
	}
	counts := statedCounts[schema]
	if planned, _ := o["planned"].(bool); planned {
		counts = plannedCounts
	}
	for label, path := range counts {
		if fieldOf(t, o, path) != nil {
			s.counts[label] = intAt(t, o, path)
		}
	}
	if schema == SchemaSimulation || schema == SchemaDiff {
		for _, l := range o["limits"].([]any) {
			s.limits = append(s.limits, limitOf(t, l.(jsonObject)))
		}
	}
	for _, l := range statedLists[schema] {
		s.lists[l.name] = l.rowsOf(t, o)
	}
	return s
}

// limitOf is a limit in the words of the renderings.
func limitOf(t require.TestingT, l jsonObject) limitStatement {
	s := limitStatement{
		name: Printable(textAt(t, l, "name")), low: intAt(t, l, "affected_low"), high: intAt(t, l, "affected_high"), headroom: intAt(t, l, "headroom"),
		guard: textAt(t, l, "scope") == "guard",
	}
	maximum, err := l["max"].(json.Number).Float64()
	require.NoError(t, err)
	switch text := strconv.FormatFloat(maximum, 'f', -1, 64); {
	case textAt(t, l, "kind") == "percent":
		s.maximum = Count(s.high+s.headroom) + " (" + text + "%)"
	case strings.Contains(text, "."):
		s.maximum = text
	default:
		s.maximum = Count(int(maximum))
	}
	s.verdict = limitWords(textAt(t, l, "scope"), textAt(t, l, "verdict"), textAt(t, l, "enforced"))
	return s
}

// limitWords is the verdict on a limit in the words of the renderings.
func limitWords(scope, verdict, enforced string) string {
	broken := "exceeded"
	if scope == "guard" {
		broken = "broken"
	}
	words := map[string]string{"ok": "ok", "at_limit": "at the limit", "exceeded": broken, "maybe": "perhaps " + broken}[verdict]
	if enforced == "information" {
		words += ", for information only"
	}
	return words
}

// rowsOf are the rows of the list in a result.
func (l statedList) rowsOf(t require.TestingT, o jsonObject) []listRow {
	rows := []listRow{}
	for _, item := range fieldOf(t, o, l.member).([]any) {
		item := item.(jsonObject)
		if l.changes != nil && !slices.ContainsFunc(l.changes, func(field string) bool { return intAt(t, item, field) != 0 }) {
			continue
		}
		row := rowOf(t, item, nil, l.columns)
		row["Part"] = l.part
		rows = append(rows, row)
		if l.conditions == nil {
			continue
		}
		for _, c := range item["conditions"].([]any) {
			row := rowOf(t, c.(jsonObject), item, l.conditions)
			row["Part"] = conditionPart
			rows = append(rows, row)
		}
	}
	return rows
}

func rowOf(t require.TestingT, item, owner jsonObject, columns []statedColumn) listRow {
	row := listRow{}
	for _, c := range columns {
		if c.field == "" {
			continue
		}
		from, field := item, c.field
		if rest, of := strings.CutPrefix(field, "^"); of {
			from, field = owner, rest
		}
		switch v := fieldOf(t, from, field).(type) {
		case nil:
			row[c.title] = absentTexts[c.title]
		case string:
			row[c.title] = Printable(v)
		default:
			row[c.title] = strconv.Itoa(intAt(t, from, field))
		}
	}
	return row
}
