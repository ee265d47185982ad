package engine

import (
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/scimeval"
)

// shownRules are the rules on which the answer of a dry run can depend: not those of revokes and of limits, which a dry run
// of one identity does not show. Those of filters come first.
func shownRules() []RuleInfo {
	var list []RuleInfo
	for _, info := range RuleTable() {
		if slices.Contains(scimeval.RuleNames(), info.Name) || slices.Contains(planRules, info.Name) {
			list = append(list, info)
		}
	}
	return list
}

// hypotheses are the ways in which a tenant may work: every combination of the values of shownRules, and of the two ways to list
// access profiles. Bit i of a hypothesis says that rule i has its alternative; the bit behind the last rule, that inherited
// profiles are listed as well.
type hypotheses struct {
	rules   []RuleInfo
	filters int // rules of filters: the first ones
}

func newHypotheses() hypotheses {
	return hypotheses{rules: shownRules(), filters: len(scimeval.RuleNames())}
}

func (h hypotheses) count() int { return 2 << len(h.rules) }

// filterVariant is the combination of filter rules of a hypothesis, planVariant that of the others.
func (h hypotheses) filterVariant(hypothesis int) int { return hypothesis & (1<<h.filters - 1) }

func (h hypotheses) planVariant(hypothesis int) int {
	return hypothesis >> h.filters & (1<<(len(h.rules)-h.filters) - 1)
}

func (h hypotheses) listsInherited(hypothesis int) bool { return hypothesis>>len(h.rules)&1 == 1 }

// value is that of a rule under a hypothesis.
func (h hypotheses) value(hypothesis, rule int) string {
	if hypothesis>>rule&1 == 1 {
		return h.rules[rule].Others[0]
	}
	return h.rules[rule].Default
}

// under sets all rules to their values under a hypothesis.
func (h hypotheses) under(r Rules, hypothesis int) Rules {
	for i, info := range h.rules {
		var err error
		if r, err = r.With(info.Name, h.value(hypothesis, i)); err != nil {
			panic(err)
		}
	}
	return r
}

// hypothetical is a policy version compiled under every hypothesis.
type hypothetical struct {
	hypotheses
	program *Program // with a plan for each planVariant, and the filters under each filterVariant
	// Of the filter variants only one of those that no record tells apart is evaluated: kept lists them, and place has the position in
	// kept for each filter variant.
	kept, place []int
}

// compileHypotheses compiles a version. Own limits and guards play no part.
func compileHypotheses(in Input) *hypothetical {
	h := &hypothetical{hypotheses: newHypotheses()}
	p := &Program{in: in, exprs: &expressions{index: make(map[string]int)}}
	h.program = p
	entities := newEntityTable()
	for variant := range 1 << (len(h.rules) - h.filters) {
		b := &planner{version: in.Version, catalog: in.Catalog, rules: h.under(in.Rules, variant<<h.filters), exprs: p.exprs, entities: entities, report: reportNothing}
		p.plans = append(p.plans, b.build())
	}
	p.plan = p.plans[0]
	entities.freeze()
	var options []scimeval.Options
	for variant := range 1 << h.filters {
		options = append(options, scimeval.Options{Semantics: in.Rules.Semantics, Rules: h.under(in.Rules, variant).Filter, Schema: in.Schema})
	}
	p.variants = make([]variant, len(options))
	p.filters = scimeval.Compile(p.exprs.texts, options...)
	p.lay()
	h.place = make([]int, len(options))
	for v, twin := range p.filters.Twins() {
		if v == twin {
			h.place[v] = len(h.kept)
			h.kept = append(h.kept, v)
		}
		h.place[v] = h.place[twin]
	}
	return h
}

// foreseen is the prediction for an identity under one hypothesis, in a form that compares.
type foreseen struct {
	*Prediction
	workflows, actions string
	profiles           [2]string // without and with inherited ones
	open               [3]bool   // workflows, actions and profiles that something unknown decides
}

// foresee takes what is done already as unknown: the tenant has a history of its own, and its documentation does not say whether a
// dry run looks at it.
func foresee(o *outcome) foreseen {
	p := o.prediction()
	f := foreseen{Prediction: p}
	f.open = [3]bool{len(p.PossibleWorkflows) > 0, len(p.PossibleActions) > 0, len(p.PossibleProfiles)+len(p.PossibleInherited) > 0}
	for _, a := range o.actions {
		if a.status == statusDone {
			f.open[1] = true
			f.open[2] = f.open[2] || len(o.plan.actions[a.action].profiles) > 0
		}
	}
	f.workflows = setText(p.Workflows)
	f.actions = actionsText(p.Actions)
	f.profiles = [2]string{setText(p.Profiles), setText(slices.Concat(p.Profiles, p.Inherited))}
	return f
}

// setText is equal for equal sets.
func setText(list []string) string {
	list = slices.Clone(list)
	slices.Sort(list)
	return strings.Join(slices.Compact(list), "\x00")
}

// actionsText is equal for equal multisets.
func actionsText(list []DryRunAction) string {
	texts := make([]string, len(list))
	for i, a := range list {
		texts[i] = a.Name + "\x00" + a.Type
	}
	slices.Sort(texts)
	return strings.Join(texts, "\x01")
}
