package engine

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/scimeval"
)

// OwnLimit is a limit of lcmsim.yaml: at most so many identities under an effect, a workflow or in a cohort. Exactly one
// of Effect, Workflow and Cohort is set, and at least one maximum.
type OwnLimit struct {
	Name       string
	Effect     string // one of LimitEffects
	Workflow   string // a workflow's name
	Cohort     string // a filter; the percentage is a share of the cohort
	MaxCount   *int64
	MaxPercent *Percent
	Position
}

// Guard is a filter and an effect that must never meet.
type Guard struct {
	Name   string
	Filter string
	Never  string // one of GuardEffects
	Position
}

// LimitEffects are the effects that own limits and guards can name.
var LimitEffects = []string{"grant", "revoke", "sync", "deactivate", "opaque"}

// EffectLastHolder is the effect of a guard on those who hold an entitlement as the last ones and would lose it.
const EffectLastHolder = "last_holder"

// GuardEffects are the effects that guards can name.
var GuardEffects = append(slices.Clone(LimitEffects), EffectLastHolder)

// Names of the policy's own limits.
const (
	limitCount   = "max_identities_affected_count"
	limitPercent = "max_identities_affected_percentage"
)

// What a limit counts as affected.
const (
	BasisFirstRun = "first_run" // planned actions: nothing is known about what was applied before
	BasisChanged  = "changed"   // what differs from the baseline
)

// count and percent are the maxima that are set under the rule limits.zero=unset; nil = unset.
func (l SafetyLimits) count() *int64 {
	if l.MaxCount == nil || *l.MaxCount == 0 {
		return nil
	}
	return l.MaxCount
}

func (l SafetyLimits) percent() *Percent {
	if l.MaxPercent == nil || l.MaxPercent.IsZero() {
		return nil
	}
	return l.MaxPercent
}

// reach counts identities: certainly affected, and at most affected.
type reach struct{ low, high int }

func (r *reach) add(t truth, n int) {
	switch t {
	case isTrue:
		r.low += n
		r.high += n
	case isUnknown:
		r.high += n
	}
}

// ledger is what limits count over: the behaviour classes of a simulation, or of a diff.
type ledger interface {
	// basis is what affected means: BasisFirstRun or BasisChanged.
	basis() string
	// population is the number of identities, of the active ones, and of those of the earlier population (-1 = there is none).
	population() (all, active, baseline int)
	// affected counts all identities that count as affected.
	affected() reach
	classes() int
	size(class int) int
	// vector is the match vector that cohorts and guards are decided on.
	vector(class int) []uint64
	// affectedIn, affectedBy and hit count identities of a class: affected ones, those that a workflow affects, and those that
	// get an effect of LimitEffects.
	affectedIn(class int) reach
	affectedBy(class int, workflow string) reach
	hit(class int, effect string) reach
	// guarded is hit for an effect of GuardEffects, whoever had it before. example is the entity_id of one that it hits.
	guarded(class int, effect string) reach
	example(class int, effect string) string
	// guardedBefore is guarded for the earlier side, as far as it is known.
	guardedBefore(class int, effect string) reach
	// notSeen is what the counts leave out, whatever the limit; undecided is why a count is a range.
	notSeen() []string
	undecided() string
}

// within is the part of a count that a filter lets through.
func (r reach) within(in truth) reach {
	switch in {
	case isTrue:
		return r
	case isUnknown:
		return reach{0, r.high}
	}
	return reach{}
}

func (r *reach) join(o reach) {
	r.low += o.low
	r.high += o.high
}

// judge gives the verdicts of limits over a ledger, under rules.
type judge struct {
	program *Program
	rules   Rules
	ledger  ledger
	sim     *simulator
}

func (p *Program) newJudge(rules Rules, l ledger) *judge {
	return &judge{program: p, rules: rules, ledger: l, sim: newSimulator(p.plan, p.layout)}
}

// limits gives the verdicts of the policy's own limits, then of those of lcmsim.yaml, then of the guards.
func (j *judge) limits() []LimitResult {
	list := j.policyLimits()
	for i := range j.program.in.OwnLimits {
		list = append(list, j.ownLimit(i)...)
	}
	for i, g := range j.program.in.Guards {
		list = append(list, j.guard(i, g))
	}
	for i := range list {
		if list[i].Scope != "guard" {
			list[i].Meaning = list[i].meaning(j.ledger.undecided())
		}
		list[i].NotSeen = j.notSeen(&list[i])
	}
	return list
}

func (j *judge) policyLimits() []LimitResult {
	list := []LimitResult{}
	l := j.program.in.Policy.Limits
	count, percent := l.count(), l.percent()
	enforced := "information"
	switch {
	case l.EnablePredictive:
		enforced = "blocks_all"
	case l.EnableChange:
		enforced = "stops_at_limit"
	}
	if j.rules.ZeroIsLimit && enforced != "information" {
		zero, none := int64(0), Percent{}
		if count == nil {
			count = &zero
		}
		if percent == nil {
			percent = &none
		}
	}
	affected, population := j.ledger.affected(), j.denominator()
	if count != nil {
		list = append(list, j.verdict("policy", "count", limitCount, new(big.Rat).SetInt64(*count), float64(*count), affected, population, enforced))
	}
	if percent != nil {
		list = append(list, j.verdict("policy", "percent", limitPercent, percent.Of(population), percent.Float64(), affected, population, enforced))
	}
	if len(list) == 2 {
		stricter := 0
		if list[1].Headroom < list[0].Headroom {
			stricter = 1
		}
		list[stricter].Stricter = true
	}
	return list
}

// maxExemplars caps LimitResult.Exemplars.
const maxExemplars = 10

// guard gives the verdict of a guard, and some of the identities that it is about: one of each class that is hit.
func (j *judge) guard(i int, g Guard) LimitResult {
	var met, before reach
	var size reach
	exemplars := []string{}
	for class := range j.ledger.classes() {
		in := j.sim.truthIn(j.ledger.vector(class), j.program.guards[i])
		size.add(in, j.ledger.size(class))
		hit := j.ledger.guarded(class, g.Never).within(in)
		met.join(hit)
		before.join(j.ledger.guardedBefore(class, g.Never).within(in))
		if hit.high > 0 && len(exemplars) < maxExemplars {
			exemplars = append(exemplars, j.ledger.example(class, g.Never))
		}
	}
	r := j.verdict("guard", "count", g.Name, new(big.Rat), 0, met, size.low, "own")
	r.Exemplars = exemplars
	r.Meaning = r.guardMeaning(size, before.low)
	return r
}

func (j *judge) denominator() int {
	all, active, baseline := j.ledger.population()
	switch {
	case j.rules.Denominator == "active":
		return active
	case j.rules.Denominator == "baseline" && baseline >= 0:
		return baseline
	}
	return all
}

// ownLimit gives the verdicts of one limit of lcmsim.yaml: by count, by percent, or both.
func (j *judge) ownLimit(i int) []LimitResult {
	l := j.program.in.OwnLimits[i]
	var affected reach
	population := j.denominator()
	scope := "effect"
	switch {
	case l.Effect != "":
		for class := range j.ledger.classes() {
			affected.join(j.ledger.hit(class, l.Effect))
		}
	case l.Workflow != "":
		scope = "workflow"
		for class := range j.ledger.classes() {
			affected.join(j.ledger.affectedBy(class, l.Workflow))
		}
	default:
		scope, population = "cohort", 0
		for class := range j.ledger.classes() {
			in := j.sim.truthIn(j.ledger.vector(class), j.program.cohorts[i])
			if in == isTrue {
				population += j.ledger.size(class)
			}
			affected.join(j.ledger.affectedIn(class).within(in))
		}
	}
	var list []LimitResult
	if l.MaxCount != nil {
		list = append(list, j.verdict(scope, "count", l.Name, new(big.Rat).SetInt64(*l.MaxCount), float64(*l.MaxCount), affected, population, "own"))
	}
	if l.MaxPercent != nil {
		list = append(list, j.verdict(scope, "percent", l.Name, l.MaxPercent.Of(population), l.MaxPercent.Float64(), affected, population, "own"))
	}
	return list
}

// gets tells whether the class gets an action with the effect. An action of an unknown type may have it.
func (o *outcome) gets(p *plan, effect Effect) truth {
	t := isFalse
	for _, a := range o.actions {
		switch act := &p.actions[a.action]; {
		case act.effect == effect:
			t = max(t, a.status.truth())
		case act.unheardOf:
			t = max(t, min(isUnknown, a.status.truth()))
		}
	}
	return t
}

// affectedBy tells whether the workflow plans an action for the class.
func (o *outcome) affectedBy(p *plan, workflow string) truth {
	t := isFalse
	for _, a := range o.actions {
		if p.workflows[a.workflow].Name == workflow {
			t = max(t, a.status.truth())
		}
	}
	return t
}

func (o *outcome) affectedTruth() truth {
	t := isFalse
	for _, a := range o.actions {
		t = max(t, a.status.truth())
	}
	return t
}

func (s actionStatus) truth() truth {
	switch s {
	case statusPlanned:
		return isTrue
	case statusPossible:
		return isUnknown
	}
	return isFalse
}

// verdict compares counts with a maximum, exactly.
func (j *judge) verdict(scope, kind, name string, maximum *big.Rat, shown float64, affected reach, population int, enforced string) LimitResult {
	allowed := floor(maximum)
	if j.rules.LimitReach && scope != "guard" && maximum.IsInt() {
		allowed--
	}
	r := LimitResult{
		Scope: scope, Kind: kind, Name: name, Max: shown, Basis: j.ledger.basis(),
		AffectedLow: affected.low, AffectedHigh: affected.high, Population: population, Exemplars: []string{},
		Headroom: allowed - affected.high, Enforced: enforced,
	}
	switch {
	case affected.low > allowed:
		r.Verdict = VerdictExceeded
	case affected.high > allowed:
		r.Verdict = VerdictMaybe
	case r.Headroom == 0 && scope != "guard":
		r.Verdict = VerdictAtLimit
	default:
		r.Verdict = VerdictOK
	}
	if scope != "guard" && r.Headroom < 0 {
		j.oneTime(&r)
	}
	return r
}

// oneTime is the smallest limit that lets this run pass: a count, or a percentage with two decimals.
func (j *judge) oneTime(r *LimitResult) {
	affected, population := int64(r.AffectedHigh), int64(r.Population)
	if r.Kind == "count" {
		if j.rules.LimitReach {
			affected++
		}
		exact := float64(affected)
		r.OneTimeMax = &exact
		r.OneTime = fmt.Sprintf("a one-time limit of %s lets exactly this run pass", Grouped(int(affected)))
		return
	}
	const whole = 100 * 100 // in hundredths of a percent
	hundredths := int64(whole + 1)
	switch {
	case population == 0:
	case j.rules.LimitReach:
		hundredths = affected*whole/population + 1
	default:
		hundredths = (affected*whole + population - 1) / population
	}
	if hundredths > whole {
		r.OneTime = "no percentage lets this run pass: disable the limit for one run, or split it"
		return
	}
	exact := float64(hundredths) / 100
	r.OneTimeMax = &exact
	if hundredths%100 == 0 {
		r.OneTime = fmt.Sprintf("a one-time limit of %d%% lets this run pass", hundredths/100)
		return
	}
	r.OneTime = fmt.Sprintf("a one-time limit of %d.%02d%% lets this run pass (%d%% in whole percents)", hundredths/100, hundredths%100, (hundredths+99)/100)
}

func floor(r *big.Rat) int {
	return int(new(big.Int).Quo(r.Num(), r.Denom()).Int64()) // never negative
}

// guardMeaning is one sentence about a guard. size is how many it protects, before how many it was broken for on the earlier side.
func (r *LimitResult) guardMeaning(size reach, before int) string {
	of := Grouped(size.low)
	if size.high > size.low {
		of += " to " + Grouped(size.high)
	}
	such := "such as " + strings.Join(r.Exemplars, ", ")
	switch r.Verdict {
	case VerdictExceeded:
		text := fmt.Sprintf("%s of %s that the guard protects are hit, %s", Grouped(r.AffectedLow), of, such)
		if before > 0 {
			text += fmt.Sprintf("; before, %s were", Grouped(before))
		}
		return text
	case VerdictMaybe:
		return fmt.Sprintf("up to %s of %s that the guard protects may be hit, %s", Grouped(r.AffectedHigh), of, such)
	}
	return fmt.Sprintf("nobody of %s that the guard protects is hit", of)
}

// meaning is one sentence for people. undecided is why the count is a range.
func (r *LimitResult) meaning(undecided string) string {
	allowed := Grouped(max(0, r.Headroom+r.AffectedHigh))
	var b strings.Builder
	switch r.Verdict {
	case VerdictExceeded:
		switch r.Enforced {
		case "blocks_all":
			b.WriteString("all changes would be blocked")
		case "stops_at_limit":
			fmt.Fprintf(&b, "%s of %s would be changed before the stop; which ones depends on the tenant's order", allowed, Grouped(r.AffectedLow))
		default:
			b.WriteString("more than allowed")
		}
	case VerdictMaybe:
		b.WriteString("cannot be decided: " + undecided)
	case VerdictAtLimit:
		b.WriteString("exactly as many as allowed")
	default:
		fmt.Fprintf(&b, "room for %s more identities", Grouped(r.Headroom))
	}
	if r.Enforced == "information" {
		b.WriteString(" (for information: the policy enables neither limit)")
	}
	return b.String()
}

// notSeen lists what the count behind a limit leaves out.
func (j *judge) notSeen(r *LimitResult) []string {
	list := j.ledger.notSeen()
	if r.Scope == "policy" {
		list = append(list,
			"changes of attributes that only continuous sync carries over",
			"changes by other policies over the same source",
			"runs that are released with disregard_change_limit")
		if c := j.program.in.Policy.InitialComplete; c != nil && !*c {
			list = append(list, "the first load: initial_complete is false, and the tenant may treat it differently")
		}
		if _, _, baseline := j.ledger.population(); j.rules.Denominator == "baseline" && baseline < 0 {
			list = append(list, "a baseline: there is none, so the population is the denominator")
		}
	}
	return list
}

// ownTests compiles the filters of cohorts and guards.
func (p *Program) ownTests() {
	for _, l := range p.in.OwnLimits {
		p.cohorts = append(p.cohorts, p.ownTest(l.Cohort, l.Position))
		if l.Workflow != "" && !p.hasWorkflow(l.Workflow) {
			names := make([]string, 0, len(p.plan.workflows))
			for _, w := range p.plan.workflows {
				names = append(names, w.Name)
			}
			hint := ""
			if near := scimeval.Nearest(l.Workflow, names); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			p.findings = append(p.findings, Finding{Severity: SeverityError, Code: "unknown-workflow", Position: l.Position, Column: NoColumn, Count: 1,
				Message: fmt.Sprintf("limit %q names workflow %q, which the policy does not have", l.Name, l.Workflow), Hint: hint})
		}
	}
	for _, g := range p.in.Guards {
		p.guards = append(p.guards, p.ownTest(g.Filter, g.Position))
	}
}

func (p *Program) ownTest(filter string, at Position) test {
	if filter == "" {
		return constantTest(isFalse, "")
	}
	id := p.exprs.add(filter)
	p.exprs.uses = append(p.exprs.uses, use{expr: id, at: at, own: true})
	return test{expr: id, text: filter}
}

// guardsLastHolder tells whether some guard protects the last holders of entitlements.
func (p *Program) guardsLastHolder() bool {
	return slices.ContainsFunc(p.in.Guards, func(g Guard) bool { return g.Never == EffectLastHolder })
}

func (p *Program) hasWorkflow(name string) bool {
	for _, w := range p.plan.workflows {
		if w.Name == name {
			return true
		}
	}
	return false
}
