package scimeval

import (
	"fmt"
	"strings"
)

// Semantics is a preset of rules (SPEC section 2).
type Semantics string

// The presets.
const (
	Vendor  Semantics = "vendor"  // Veza's filters: types come from the values
	RFC7644 Semantics = "rfc7644" // the standard, strictly: types come from a schema
)

// Rules are the named rules of the filter language (SPEC section 8). The fields are the alternatives' switches.
type Rules struct {
	StringFold      bool // filter.string_case: fold instead of exact
	AttributeFold   bool // filter.attribute_case: fold instead of exact
	MissingNe       bool // filter.missing_ne: an absent attribute is ne every value
	PrEmpty         bool // filter.pr_empty: "" is present
	ListEqAny       bool // filter.list_eq: any instead of whole
	ListCoSubstring bool // filter.list_co: substring instead of member
	Coerce          bool // filter.coerce: on instead of off
}

// RulesOf is the preset's choice.
func RulesOf(s Semantics) Rules {
	if s == RFC7644 {
		return Rules{StringFold: true, AttributeFold: true, MissingNe: true, ListEqAny: true, ListCoSubstring: true}
	}
	return Rules{MissingNe: true, PrEmpty: true}
}

// filterRule describes one rule: values[0] stands for false, values[1] for true.
type filterRule struct {
	name   string
	values [2]string
	field  func(*Rules) *bool
}

var filterRules = []filterRule{
	{"filter.string_case", [2]string{"exact", "fold"}, func(r *Rules) *bool { return &r.StringFold }},
	{"filter.attribute_case", [2]string{"exact", "fold"}, func(r *Rules) *bool { return &r.AttributeFold }},
	{"filter.missing_ne", [2]string{"false", "true"}, func(r *Rules) *bool { return &r.MissingNe }},
	{"filter.pr_empty", [2]string{"false", "true"}, func(r *Rules) *bool { return &r.PrEmpty }},
	{"filter.list_eq", [2]string{"whole", "any"}, func(r *Rules) *bool { return &r.ListEqAny }},
	{"filter.list_co", [2]string{"member", "substring"}, func(r *Rules) *bool { return &r.ListCoSubstring }},
	{"filter.coerce", [2]string{"off", "on"}, func(r *Rules) *bool { return &r.Coerce }},
}

// RuleNames lists the rules in the order of SPEC section 8.
func RuleNames() []string {
	names := make([]string, len(filterRules))
	for i, r := range filterRules {
		names[i] = r.name
	}
	return names
}

// Get is the value of the named rule; it panics for a name that RuleNames does not list.
func (r Rules) Get(name string) string {
	rule := ruleNamed(name)
	if *rule.field(&r) {
		return rule.values[1]
	}
	return rule.values[0]
}

// Alternative is the other value of the named rule, and the rules with it.
func (r Rules) Alternative(name string) (string, Rules) {
	rule := ruleNamed(name)
	field := rule.field(&r)
	*field = !*field
	return r.Get(name), r
}

// With sets the named rule.
func (r Rules) With(name, value string) (Rules, error) {
	rule := ruleNamed(name)
	for i, v := range rule.values {
		if v == value {
			*rule.field(&r) = i == 1
			return r, nil
		}
	}
	return r, fmt.Errorf("rule %s has no value %q; choose %s", name, value, strings.Join(rule.values[:], " or "))
}

func ruleNamed(name string) *filterRule {
	for i := range filterRules {
		if filterRules[i].name == name {
			return &filterRules[i]
		}
	}
	panic("scimeval: no rule " + name)
}
