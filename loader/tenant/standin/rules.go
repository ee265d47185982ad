package standin

import (
	"fmt"
	"slices"
	"strings"
)

// ruleTable has the named rules with their values, the default first.
var ruleTable = [][]string{
	{"filter.string_case", "exact", "fold"},
	{"filter.attribute_case", "exact", "fold"},
	{"filter.missing_ne", "true", "false"},
	{"filter.pr_empty", "true", "false"},
	{"filter.list_eq", "whole", "any"},
	{"filter.list_co", "member", "substring"},
	{"filter.coerce", "off", "on"},
	{"workflow.disabled", "skip", "evaluate"},
	{"workflow.priority", "ascending", "descending"},
	{"workflow.first_match", "off", "on"},
	{"profile.inactive", "withhold", "grant"},
	{"relationships.remove_scope", "type", "datasource"},
	{"limits.affected", "changed", "planned"},
	{"limits.denominator", "population", "active", "baseline"},
	{"limits.comparison", "exceed", "reach"},
	{"limits.zero", "unset", "zero"},
}

// rules has the value of every named rule.
type rules map[string]string

// is says whether a rule has a value.
func (r rules) is(name, value string) bool { return r[name] == value }

// newRules are the defaults with some rules set.
func newRules(set map[string]string) (rules, error) {
	r := rules{}
	for _, row := range ruleTable {
		r[row[0]] = row[1]
		value, given := set[row[0]]
		if !given {
			continue
		}
		if !slices.Contains(row[1:], value) {
			return nil, fmt.Errorf("rule %s has no value %q; choose %s", row[0], value, strings.Join(row[1:], " or "))
		}
		r[row[0]] = value
	}
	for name := range set {
		if _, known := r[name]; !known {
			return nil, fmt.Errorf("there is no rule %q; the rules are %s", name, strings.Join(RuleNames(), ", "))
		}
	}
	return r, nil
}

// RuleNames lists the rules that Options.Rules can set.
func RuleNames() []string {
	var names []string
	for _, row := range ruleTable {
		names = append(names, row[0])
	}
	return names
}
