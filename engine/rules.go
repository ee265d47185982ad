package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/scimeval"
)

// Rules are the choices where the vendor is silent (SPEC section 8). The zero value of a field is its default but for
// Filter, whose defaults depend on the semantics.
type Rules struct {
	Semantics          scimeval.Semantics
	Filter             scimeval.Rules
	EvaluateDisabled   bool   // workflow.disabled: evaluate instead of skip
	PriorityDescending bool   // workflow.priority: descending instead of ascending
	FirstMatch         bool   // workflow.first_match: on instead of off
	GrantInactive      bool   // profile.inactive: grant instead of withhold
	RemoveByDatasource bool   // relationships.remove_scope: datasource instead of type
	AffectedPlanned    bool   // limits.affected: planned instead of changed
	Denominator        string // limits.denominator: "" = population, active, baseline
	LimitReach         bool   // limits.comparison: reach instead of exceed
	ZeroIsLimit        bool   // limits.zero: zero instead of unset
}

// DefaultRules are the rules of a preset.
func DefaultRules(s scimeval.Semantics) Rules {
	return Rules{Semantics: s, Filter: scimeval.RulesOf(s)}
}

// rule describes one rule outside the filter language; values[0] is the default.
type rule struct {
	name   string
	values []string
	get    func(*Rules) int
	set    func(*Rules, int)
}

func flag(name, off, on string, field func(*Rules) *bool) rule {
	return rule{name, []string{off, on},
		func(r *Rules) int {
			if *field(r) {
				return 1
			}
			return 0
		},
		func(r *Rules, i int) { *field(r) = i == 1 }}
}

var denominators = []string{"population", "active", "baseline"}

var engineRules = []rule{
	flag("workflow.disabled", "skip", "evaluate", func(r *Rules) *bool { return &r.EvaluateDisabled }),
	flag("workflow.priority", "ascending", "descending", func(r *Rules) *bool { return &r.PriorityDescending }),
	flag("workflow.first_match", "off", "on", func(r *Rules) *bool { return &r.FirstMatch }),
	flag("profile.inactive", "withhold", "grant", func(r *Rules) *bool { return &r.GrantInactive }),
	flag("relationships.remove_scope", "type", "datasource", func(r *Rules) *bool { return &r.RemoveByDatasource }),
	flag("limits.affected", "changed", "planned", func(r *Rules) *bool { return &r.AffectedPlanned }),
	{"limits.denominator", denominators,
		func(r *Rules) int { return max(0, slices.Index(denominators, r.Denominator)) },
		func(r *Rules, i int) {
			r.Denominator = denominators[i]
			if i == 0 {
				r.Denominator = ""
			}
		}},
	flag("limits.comparison", "exceed", "reach", func(r *Rules) *bool { return &r.LimitReach }),
	flag("limits.zero", "unset", "zero", func(r *Rules) *bool { return &r.ZeroIsLimit }),
}

// RuleInfo describes a named rule.
type RuleInfo struct {
	Name    string
	Default string   // under vendor semantics
	Others  []string // the alternatives
}

// RuleTable lists all rules in the order of SPEC section 8.
func RuleTable() []RuleInfo {
	var list []RuleInfo
	vendor := scimeval.RulesOf(scimeval.Vendor)
	for _, name := range scimeval.RuleNames() {
		other, _ := vendor.Alternative(name)
		list = append(list, RuleInfo{name, vendor.Get(name), []string{other}})
	}
	for _, r := range engineRules {
		list = append(list, RuleInfo{r.name, r.values[0], r.values[1:]})
	}
	return list
}

// Get is the value of a named rule; "" if there is no such rule.
func (r Rules) Get(name string) string {
	if slices.Contains(scimeval.RuleNames(), name) {
		return r.Filter.Get(name)
	}
	for _, er := range engineRules {
		if er.name == name {
			return er.values[er.get(&r)]
		}
	}
	return ""
}

// With sets a named rule.
func (r Rules) With(name, value string) (Rules, error) {
	if slices.Contains(scimeval.RuleNames(), name) {
		filter, err := r.Filter.With(name, value)
		r.Filter = filter
		return r, err
	}
	for _, er := range engineRules {
		if er.name != name {
			continue
		}
		i := slices.Index(er.values, value)
		if i < 0 {
			return r, fmt.Errorf("rule %s has no value %q; choose %s", name, value, strings.Join(er.values, " or "))
		}
		er.set(&r, i)
		return r, nil
	}
	names := make([]string, 0, len(RuleTable()))
	for _, info := range RuleTable() {
		names = append(names, info.Name)
	}
	hint := "; the rules are " + strings.Join(names, ", ")
	if near := scimeval.Nearest(name, names); near != "" {
		hint = "; did you mean " + near + "?"
	}
	return r, fmt.Errorf("there is no rule %q%s", name, hint)
}

// All is the value of every rule by name.
func (r Rules) All() map[string]string {
	all := make(map[string]string)
	for _, info := range RuleTable() {
		all[info.Name] = r.Get(info.Name)
	}
	return all
}
