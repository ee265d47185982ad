package engine

import (
	"fmt"
	"math/big"
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
	Never  string // one of LimitEffects
	Position
}

// LimitEffects are the effects that own limits and guards can name.
var LimitEffects = []string{"grant", "revoke", "sync", "deactivate", "opaque"}

// Names of the policy's own limits.
const (
	limitCount   = "max_identities_affected_count"
	limitPercent = "max_identities_affected_percentage"
)

// BasisFirstRun says that a limit counts planned actions because nothing is known about what was applied before.
const BasisFirstRun = "first_run"

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

// limits gives the verdicts of the policy's own limits, then of those of lcmsim.yaml, then of the guards.
func (s *Simulation) limits(rules Rules, sum *Summary) []LimitResult {
	list := []LimitResult{}
	l := s.program.in.Policy.Limits
	count, percent := l.count(), l.percent()
	enforced := "information"
	switch {
	case l.EnablePredictive:
		enforced = "blocks_all"
	case l.EnableChange:
		enforced = "stops_at_limit"
	}
	if rules.ZeroIsLimit && enforced != "information" {
		zero, none := int64(0), Percent{}
		if count == nil {
			count = &zero
		}
		if percent == nil {
			percent = &none
		}
	}
	affected := reach{sum.AffectedLow, sum.AffectedHigh}
	population := s.denominator(rules)
	first := len(list)
	if count != nil {
		list = append(list, s.verdict(rules, "policy", "count", limitCount, new(big.Rat).SetInt64(*count), float64(*count), affected, population, enforced))
	}
	if percent != nil {
		list = append(list, s.verdict(rules, "policy", "percent", limitPercent, percent.Of(population), percent.Float64(), affected, population, enforced))
	}
	if len(list) == first+2 {
		stricter := first
		if list[first+1].Headroom < list[first].Headroom {
			stricter = first + 1
		}
		list[stricter].Stricter = true
	}
	for i := range s.program.in.OwnLimits {
		list = append(list, s.ownLimit(rules, i)...)
	}
	for i, g := range s.program.in.Guards {
		list = append(list, s.guard(i, g))
	}
	for i := range list {
		list[i].Meaning = list[i].meaning()
		list[i].NotSeen = s.notSeen(&list[i])
	}
	return list
}

// maxExemplars caps LimitResult.Exemplars.
const maxExemplars = 10

// guard gives the verdict of a guard, and some of the identities that it is about: the first of each class that is hit.
func (s *Simulation) guard(i int, g Guard) LimitResult {
	var met reach
	var size int
	exemplars := []string{}
	for class, n := range s.sizes {
		in := s.simulator.truthIn(s.vectors.at(class), s.program.guards[i])
		if in == isTrue {
			size += n
		}
		before := met
		s.addEffect(&met, class, g.Never, in)
		if met == before || len(exemplars) == maxExemplars {
			continue
		}
		if g.Never != "revoke" || s.revokes == nil {
			exemplars = append(exemplars, s.exemplars[class])
			continue
		}
		for _, id := range s.revokes.holders[class] {
			low, high := s.revokes.of(s.outcomes[class], id)
			if len(low)+len(high) > 0 {
				exemplars = append(exemplars, id)
				break
			}
		}
	}
	r := s.verdict(Rules{}, "guard", "count", g.Name, new(big.Rat), 0, met, size, "own")
	r.Exemplars = exemplars
	return r
}

func (s *Simulation) denominator(rules Rules) int {
	if rules.Denominator == "active" {
		return s.active
	}
	return s.rows
}

// ownLimit gives the verdicts of one limit of lcmsim.yaml: by count, by percent, or both.
func (s *Simulation) ownLimit(rules Rules, i int) []LimitResult {
	l := s.program.in.OwnLimits[i]
	var affected reach
	population := s.rows
	scope := "effect"
	switch {
	case l.Effect != "":
		for class := range s.sizes {
			s.addEffect(&affected, class, l.Effect, isTrue)
		}
	case l.Workflow != "":
		scope = "workflow"
		for class, n := range s.sizes {
			affected.add(s.outcomes[class].affectedBy(s.program.plan, l.Workflow), n)
		}
	default:
		scope, population = "cohort", 0
		for class, n := range s.sizes {
			in := s.simulator.truthIn(s.vectors.at(class), s.program.cohorts[i])
			if in == isTrue {
				population += n
			}
			affected.add(min(in, s.outcomes[class].affectedTruth()), n)
		}
	}
	var list []LimitResult
	if l.MaxCount != nil {
		list = append(list, s.verdict(rules, scope, "count", l.Name, new(big.Rat).SetInt64(*l.MaxCount), float64(*l.MaxCount), affected, population, "own"))
	}
	if l.MaxPercent != nil {
		list = append(list, s.verdict(rules, scope, "percent", l.Name, l.MaxPercent.Of(population), l.MaxPercent.Float64(), affected, population, "own"))
	}
	return list
}

// addEffect counts the identities of a class that get an effect, as far as in says that they count at all.
func (s *Simulation) addEffect(r *reach, class int, effect string, in truth) {
	o, n := s.outcomes[class], s.sizes[class]
	if effect != "revoke" {
		r.add(min(in, o.gets(s.program.plan, Effect(effect))), n)
		return
	}
	if s.revokes == nil {
		if in != isFalse && len(o.removal.high) > 0 {
			r.high += n
		}
		return
	}
	losers := s.revokes.byClass[class]
	if in == isTrue {
		r.low += losers.certain
	}
	if in != isFalse {
		r.high += losers.certain + losers.possible
	}
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
func (s *Simulation) verdict(rules Rules, scope, kind, name string, maximum *big.Rat, shown float64, affected reach, population int, enforced string) LimitResult {
	allowed := floor(maximum)
	if rules.LimitReach && maximum.IsInt() {
		allowed--
	}
	r := LimitResult{
		Scope: scope, Kind: kind, Name: name, Max: shown, Basis: BasisFirstRun,
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
	return r
}

func floor(r *big.Rat) int {
	return int(new(big.Int).Quo(r.Num(), r.Denom()).Int64()) // never negative
}

// meaning is one sentence for people.
func (r *LimitResult) meaning() string {
	allowed := Grouped(max(0, r.Headroom+r.AffectedHigh))
	switch {
	case r.Scope == "guard" && r.Verdict == VerdictExceeded:
		return fmt.Sprintf("%s identities that the guard protects are hit, such as %s", Grouped(r.AffectedLow), strings.Join(r.Exemplars, ", "))
	case r.Scope == "guard" && r.Verdict == VerdictMaybe:
		return fmt.Sprintf("up to %s identities that the guard protects may be hit, such as %s", Grouped(r.AffectedHigh), strings.Join(r.Exemplars, ", "))
	case r.Scope == "guard":
		return "nobody that the guard protects is hit"
	}
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
		b.WriteString("cannot be decided: something is unknown")
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
func (s *Simulation) notSeen(r *LimitResult) []string {
	list := []string{"what was applied before: every planned action counts as a change (first run)"}
	if r.Scope == "policy" {
		list = append(list,
			"changes of attributes that only continuous sync carries over",
			"changes by other policies over the same source",
			"runs that are released with disregard_change_limit")
		if c := s.program.in.Policy.InitialComplete; c != nil && !*c {
			list = append(list, "the first load: initial_complete is false, and the tenant may treat it differently")
		}
		if s.program.in.Rules.Denominator == "baseline" {
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

func (p *Program) hasWorkflow(name string) bool {
	for _, w := range p.plan.workflows {
		if w.Name == name {
			return true
		}
	}
	return false
}
