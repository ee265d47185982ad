package engine

import (
	"fmt"
	"slices"

	"github.com/lcmsim/lcmsim/scimeval"
)

// Input is everything that Compile needs.
type Input struct {
	Policy  *Policy
	Version *Version
	Catalog *Catalog
	Rules   Rules
	Schema  *scimeval.Schema   // nil = none; required for rfc7644 semantics
	History map[string][]Done  // by entity_id; nil = no history
	Grants  map[string][]Grant // by entity_id; nil = no grants file
	// ActiveAttribute names the boolean attribute that tells active identities, for limits.denominator=active.
	// "" = is_active.
	ActiveAttribute string
	OwnLimits       []OwnLimit
	Guards          []Guard
	Against         *Against // the earlier side of a diff; nil = a simulation
	Sampling        bool     // keep what a Sampler needs to know of each batch
}

// Program is a policy version, compiled. It is immutable and safe for concurrent use.
type Program struct {
	in       Input
	plan     *plan
	others   []alternative // plans under other rules
	plans    []*plan       // all of them
	from     *plan         // of the earlier side; nil = it has no policy
	edits    []editPlans   // by edit
	columns  columns
	items    items // of a diff
	filters  *scimeval.Program
	variants []variant // of the filters: variant 0 is the rules in force
	exprs    *expressions
	active   int // number of the filter that tells active identities
	layout   *layout
	removes  bool   // some action removes what is not wanted
	cohorts  []test // by own limit
	guards   []test // by guard
	findings []Finding
}

// alternative is the plan under the alternative of one rule.
type alternative struct {
	rule, value string
	plan        *plan
}

// variant is a set of filter rules: those in force, or with one alternative.
type variant struct{ rule, value string }

// planRules are the rules outside the filter language that change what happens to an identity.
var planRules = []string{"workflow.disabled", "workflow.priority", "workflow.first_match", "profile.inactive"}

// Compile resolves and compiles a policy version. It does not fail: what is wrong with the policy is in Findings, and
// what cannot be evaluated is unknown.
func Compile(in Input) *Program {
	p := &Program{in: in, exprs: &expressions{index: make(map[string]int)}}
	entities := newEntityTable()
	build := func(version *Version, catalog *Catalog, rules Rules, report reporting) *plan {
		b := &planner{version: version, catalog: catalog, rules: rules, exprs: p.exprs, entities: entities, report: report, roots: in.Against.roots(catalog)}
		built := b.build()
		p.plans = append(p.plans, built)
		if report == reportEarlier {
			p.findings = appendUnheard(p.findings, b.findings)
		} else {
			p.findings = append(p.findings, b.findings...)
		}
		return built
	}
	p.plan = build(in.Version, in.Catalog, in.Rules, reportAll)
	if in.Against == nil {
		for _, name := range planRules {
			for _, value := range alternativesOf(in.Rules, name) {
				rules, err := in.Rules.With(name, value)
				if err != nil {
					panic(err)
				}
				p.others = append(p.others, alternative{name, value, build(in.Version, in.Catalog, rules, reportNothing)})
			}
		}
	} else {
		p.against(build)
	}
	removes := func(built *plan) bool {
		return built != nil && slices.ContainsFunc(built.actions, func(a actionPlan) bool { return a.removes })
	}
	p.removes = removes(p.plan) || removes(p.from)
	entities.freeze()
	p.ownTests()
	p.compileFilters()
	p.lay()
	p.policyFindings()
	p.number()
	return p
}

// alternativesOf lists the values of a rule that are not in force.
func alternativesOf(r Rules, name string) []string {
	var list []string
	for _, info := range RuleTable() {
		if info.Name != name {
			continue
		}
		for _, value := range append([]string{info.Default}, info.Others...) {
			if value != r.Get(name) {
				list = append(list, value)
			}
		}
	}
	return list
}

func (p *Program) compileFilters() {
	r := p.in.Rules
	options := []scimeval.Options{{Semantics: r.Semantics, Rules: r.Filter, Schema: p.in.Schema}}
	p.variants = []variant{{}}
	for _, name := range scimeval.RuleNames() {
		if p.in.Against != nil {
			break // a diff does not tell which rules matter
		}
		value, rules := r.Filter.Alternative(name)
		p.variants = append(p.variants, variant{name, value})
		options = append(options, scimeval.Options{Semantics: r.Semantics, Rules: rules, Schema: p.in.Schema})
	}
	attribute := p.in.ActiveAttribute
	if attribute == "" {
		attribute = "is_active"
	}
	texts := append(append([]string(nil), p.exprs.texts...), attribute+" eq true")
	p.active = len(p.exprs.texts)
	p.filters = scimeval.Compile(texts, options...)
	p.columns = p.moreColumns()
}

func (p *Program) lay() {
	l := &layout{}
	p.layout = l
	for i := range p.exprs.texts {
		bit := l.addBit()
		l.lower = append(l.lower, bit)
		for v := range p.variants {
			if p.filters.UnknownUnder(v, i) {
				bit = l.addBit()
				break
			}
		}
		l.upper = append(l.upper, bit)
	}
	if p.in.History != nil {
		l.done = make(map[Done]int)
		for _, built := range p.plans {
			built.layDone(l)
		}
	}
	if l.words == 0 {
		l.words = 1
	}
}

// Findings are those about the policy alone, sorted.
func (p *Program) Findings() []Finding {
	list := slices.Clone(p.findings)
	SortFindings(list)
	return list
}

// Attributes lists the columns that a batch must have, in order: those of the filters, then those that a diff reads besides.
func (p *Program) Attributes() []scimeval.Attribute {
	return append(slices.Clone(p.filters.Attributes()), p.columns.more...)
}

// policyFindings are about the policy as a whole, and about expressions that do not compile.
func (p *Program) policyFindings() {
	add := func(sev Severity, code string, at Position, message, hint string) {
		p.findings = append(p.findings, Finding{Severity: sev, Code: code, Position: at, Column: NoColumn, Message: message, Hint: hint, Count: 1})
	}
	if v := p.in.Version; v.State != StatePublished {
		add(SeverityWarning, "version-not-published", v.Position,
			fmt.Sprintf("version %d is %s: it is evaluated as if it were published", v.Number, v.State), "")
	}
	l := p.in.Policy.Limits
	if (l.EnableChange || l.EnablePredictive) && !p.in.Rules.ZeroIsLimit && l.count() == nil && l.percent() == nil {
		add(SeverityWarning, "limit-without-maximum", l.Position, "a safety limit is enabled but no maximum is set: it never trips",
			"set max_identities_affected_count or max_identities_affected_percentage")
	}
	var earlier []Finding
	for _, u := range p.exprs.uses {
		for _, e := range p.filters.Filter(u.expr).Errors {
			f := Finding{Severity: SeverityError, Code: e.Code(), Position: u.at, Column: e.Offset, Message: e.Message, Hint: e.Hint, Count: 1, Caret: e.Caret()}
			if u.muted {
				f.Severity = SeverityWarning
				f.Message += " (skipped now)"
			}
			if u.earlier {
				earlier = append(earlier, f)
			} else {
				p.findings = append(p.findings, f)
			}
		}
	}
	p.findings = appendUnheard(p.findings, earlier)
}
