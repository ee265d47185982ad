package engine

import (
	"cmp"
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

// slowLedger is what limits count: the identities of a simulation, or of a diff.
type slowLedger struct {
	identities, active, baseline int // baseline: -1 = there is none
	affected                     slowCount
	effect                       func(effect string) slowCount
	workflow                     func(name string) slowCount
	cohort                       func(filter string) (size int, affected slowCount)
	guarded                      func(filter, effect string) (size int, hit slowCount)
}

// within counts the identities of which a filter holds, and those of them for which something does.
func (p *slowPopulation) within(filter string, of func(i int) slowTruth) (size int, hit slowCount) {
	for i, r := range p.runs {
		in := r.expression(filter)
		if in == slowYes {
			size++
		}
		hit.add(slowAnd(in, of(i)))
	}
	return size, hit
}

func (c *slowCount) add(t slowTruth) {
	if t != slowNo {
		c.high++
	}
	if t == slowYes {
		c.low++
	}
}

// limits gives the verdicts under some limit rules.
func (p *slowPopulation) limits(in Input, rules Rules) []slowLimit {
	last := p.lastHolders(in)
	return slowLimits(in, rules, slowLedger{
		identities: len(p.runs), active: p.active(in), baseline: -1,
		affected: p.count(func(_ *slowRun, o *slowOutcome) slowTruth { return o.affected() }),
		effect: func(effect string) slowCount {
			return p.count(func(r *slowRun, o *slowOutcome) slowTruth { return r.effect(o, effect) })
		},
		workflow: func(name string) slowCount {
			return p.count(func(_ *slowRun, o *slowOutcome) slowTruth { return o.affectedBy(in.Version, name) })
		},
		cohort: func(filter string) (int, slowCount) {
			return p.within(filter, func(i int) slowTruth { return p.outcomes[i].affected() })
		},
		guarded: func(filter, effect string) (int, slowCount) {
			return p.within(filter, func(i int) slowTruth {
				if effect == EffectLastHolder {
					return last[i]
				}
				return p.runs[i].effect(p.outcomes[i], effect)
			})
		},
	})
}

func (o *slowOutcome) affectedBy(v *Version, workflow string) slowTruth {
	t := slowNo
	for _, a := range o.actions {
		if v.Workflows[a.workflow].Name == workflow {
			t = slowOr(t, statusTruth(a.status))
		}
	}
	return t
}

// lastHolders tells of each identity whether it loses something that nobody else has in the end.
func (p *slowPopulation) lastHolders(in Input) []slowTruth {
	last := make([]slowTruth, len(p.runs))
	for i, r := range p.runs {
		last[i] = slowNo
		o := p.outcomes[i]
		if in.Grants == nil {
			bare := *r
			bare.in.Grants = nil
			last[i] = slowAnd(slowMaybe, slowOr(r.effect(o, "deactivate"), bare.effect(o, "revoke")))
			continue
		}
		for _, g := range in.Grants[r.who.id] {
			h := slowHeld{g.DatasourceID, g.EntityType, g.EntityID}
			keeps := slowNo // somebody has it in the end
			for k, other := range p.runs {
				gone := other.effect(p.outcomes[k], "deactivate")
				for e, t := range p.outcomes[k].entities {
					if (slowHeld{e.datasource, e.kind, e.id}) == h {
						keeps = slowOr(keeps, slowAnd(t, slowNot(gone)))
					}
				}
				if slices.ContainsFunc(in.Grants[other.who.id], func(x Grant) bool { return slowHeld{x.DatasourceID, x.EntityType, x.EntityID} == h }) {
					keeps = slowOr(keeps, slowNot(slowOr(gone, cmp.Or(p.outcomes[k].revokes[h], slowNo))))
				}
			}
			loses := slowOr(r.effect(o, "deactivate"), cmp.Or(o.revokes[h], slowNo))
			last[i] = slowOr(last[i], slowAnd(loses, slowNot(keeps)))
		}
	}
	return last
}

// slowLimits judges a ledger.
func slowLimits(in Input, rules Rules, ledger slowLedger) []slowLimit {
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
	affected, n := ledger.affected, ledger.identities
	switch {
	case rules.Denominator == "active":
		n = ledger.active
	case rules.Denominator == "baseline" && ledger.baseline >= 0:
		n = ledger.baseline
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
		scope, size := "effect", n
		var c slowCount
		switch {
		case own.Effect != "":
			c = ledger.effect(own.Effect)
		case own.Workflow != "":
			scope = "workflow"
			c = ledger.workflow(own.Workflow)
		default:
			scope = "cohort"
			size, c = ledger.cohort(own.Cohort)
		}
		if own.MaxCount != nil {
			judge(scope, "count", own.Name, c, size, byCount(*own.MaxCount))
		}
		if own.MaxPercent != nil {
			judge(scope, "percent", own.Name, c, size, byPercent(*own.MaxPercent, size))
		}
	}
	for _, g := range in.Guards {
		size, c := ledger.guarded(g.Filter, g.Never)
		judge("guard", "count", g.Name, c, size, func(affected int) bool { return affected > 0 })
	}
	return list
}
