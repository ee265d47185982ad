package engine

import (
	"math/big"
	"slices"
)

// The limits of SPEC section 7, judged on the slow twin's identities.

// effect is the truth of: the identity gets an effect.
func (r *slowRun) effect(o *slowOutcome, effect string) slowTruth {
	t := slowNo
	if effect == "revoke" && r.in.Grants != nil {
		for _, revoked := range o.revokes {
			t = slowOr(t, revoked)
		}
		return t
	}
	for _, a := range o.actions {
		status := statusTruth(a.status)
		if effect != "revoke" && !slices.Contains(ActionTypes, a.action.Type) {
			t = slowOr(t, slowAnd(status, slowMaybe)) // it may do anything
		}
		switch effect {
		case "revoke":
			r.eachEntity(a.action, func(string, *Entity) {
				if removes(a.action) {
					t = slowOr(t, slowAnd(status, slowMaybe))
				}
			})
		case "grant":
			if a.action.Type == "MANAGE_RELATIONSHIPS" {
				t = slowOr(t, status)
			}
		case "sync":
			if a.action.Type == "SYNC_IDENTITIES" {
				t = slowOr(t, status)
			}
		case "deactivate":
			if a.action.Type == "DEPROVISION_IDENTITY" || a.action.Type == "DELETE_IDENTITY" {
				t = slowOr(t, status)
			}
		case "opaque":
			switch a.action.Type {
			case "MANAGE_RELATIONSHIPS", "SYNC_IDENTITIES", "DEPROVISION_IDENTITY", "DELETE_IDENTITY":
			default:
				t = slowOr(t, status)
			}
		}
	}
	return t
}

// slowLimit is the part of a limit's verdict that the contract fixes.
type slowLimit struct {
	scope, kind, name string
	low, high, n      int
	verdict           string
	headroom          int
}

func (l slowLimit) String() string { return l.scope + " " + l.kind + " " + l.name }

// active counts the identities that count as active.
func (p *slowPopulation) active(in Input) int {
	attribute := in.ActiveAttribute
	if attribute == "" {
		attribute = "is_active"
	}
	return p.count(func(r *slowRun, _ *slowOutcome) slowTruth { return r.expression(attribute + " eq true") }).low
}

// limits gives the verdicts under some limit rules.
func (p *slowPopulation) limits(in Input, rules Rules) []slowLimit {
	var list []slowLimit
	judge := func(scope, kind, name string, c slowCount, n int, violated func(affected int) bool) {
		l := slowLimit{scope: scope, kind: kind, name: name, low: c.low, high: c.high, n: n, verdict: "ok"}
		allowed := -1
		for allowed < 1000 && !violated(allowed+1) {
			allowed++
		}
		l.headroom = allowed - c.high
		switch {
		case violated(c.low):
			l.verdict = "exceeded"
		case violated(c.high):
			l.verdict = "maybe"
		case l.headroom == 0 && scope != "guard":
			l.verdict = "at_limit"
		}
		list = append(list, l)
	}
	over := func(sign int) bool { return sign > 0 || sign == 0 && rules.LimitReach }
	byCount := func(most int64) func(int) bool {
		return func(affected int) bool { return over(big.NewInt(int64(affected)).Cmp(big.NewInt(most))) }
	}
	byPercent := func(pct Percent, n int) func(int) bool {
		return func(affected int) bool {
			left := big.NewRat(int64(affected)*100, 1)
			right := new(big.Rat).Mul(pct.Of(100), big.NewRat(int64(n), 1)) // pct of 100 is pct
			return over(left.Cmp(right))
		}
	}
	affected := p.count(func(_ *slowRun, o *slowOutcome) slowTruth { return o.affected() })
	n := len(p.runs)
	if rules.Denominator == "active" {
		n = p.active(in)
	}
	l := in.Policy.Limits
	hasCount := l.MaxCount != nil && *l.MaxCount > 0
	hasPercent := l.MaxPercent != nil && !l.MaxPercent.IsZero()
	zero := rules.ZeroIsLimit && (l.EnableChange || l.EnablePredictive)
	switch {
	case hasCount:
		judge("policy", "count", "max_identities_affected_count", affected, n, byCount(*l.MaxCount))
	case zero:
		judge("policy", "count", "max_identities_affected_count", affected, n, byCount(0))
	}
	switch {
	case hasPercent:
		judge("policy", "percent", "max_identities_affected_percentage", affected, n, byPercent(*l.MaxPercent, n))
	case zero:
		judge("policy", "percent", "max_identities_affected_percentage", affected, n, byPercent(Percent{}, n))
	}
	for _, own := range in.OwnLimits {
		scope, size := "effect", len(p.runs)
		var c slowCount
		switch {
		case own.Effect != "":
			c = p.count(func(r *slowRun, o *slowOutcome) slowTruth { return r.effect(o, own.Effect) })
		case own.Workflow != "":
			scope = "workflow"
			c = p.count(func(r *slowRun, o *slowOutcome) slowTruth {
				t := slowNo
				for _, a := range o.actions {
					if in.Version.Workflows[a.workflow].Name == own.Workflow {
						t = slowOr(t, statusTruth(a.status))
					}
				}
				return t
			})
		default:
			scope = "cohort"
			size = p.count(func(r *slowRun, _ *slowOutcome) slowTruth { return r.expression(own.Cohort) }).low
			c = p.count(func(r *slowRun, o *slowOutcome) slowTruth { return slowAnd(r.expression(own.Cohort), o.affected()) })
		}
		if own.MaxCount != nil {
			judge(scope, "count", own.Name, c, size, byCount(*own.MaxCount))
		}
		if own.MaxPercent != nil {
			judge(scope, "percent", own.Name, c, size, byPercent(*own.MaxPercent, size))
		}
	}
	for _, g := range in.Guards {
		size := p.count(func(r *slowRun, _ *slowOutcome) slowTruth { return r.expression(g.Filter) }).low
		c := p.count(func(r *slowRun, o *slowOutcome) slowTruth {
			return slowAnd(r.expression(g.Filter), r.effect(o, g.Never))
		})
		judge("guard", "count", g.Name, c, size, func(affected int) bool { return affected > 0 })
	}
	return list
}
