package report

import (
	"cmp"
	"slices"

	"github.com/lcmsim/lcmsim/engine"
)

// change is how many identities gain or lose one thing. Other counts what concerns it in another way.
type change struct{ gained, lost, maybe, other int }

func workflowChange(w engine.WorkflowChange) change {
	return change{w.Gained, w.Lost, w.Maybe, w.Changed}
}

// actionChange counts whom an action deactivates among those whom it harms.
func actionChange(a engine.ActionChange) change {
	c := change{a.Gained, a.Lost, a.Maybe, 0}
	if a.Effect == engine.EffectDeactivate {
		c.other = a.Gained
	}
	return c
}

func profileChange(p engine.ProfileChange) change { return change{p.Gained, p.Lost, p.Maybe, 0} }

func entitlementChange(e engine.EntitlementChange) change {
	return change{e.Gained, e.Lost, e.Maybe, e.Revoked}
}

// changesOnly are the items that change for somebody, the greatest loss first, deactivation and revokes included.
func changesOnly[T any](items []T, of func(T) change) []T {
	out := []T{}
	for _, item := range items {
		if of(item) != (change{}) {
			out = append(out, item)
		}
	}
	slices.SortStableFunc(out, func(a, b T) int {
		x, y := of(a), of(b)
		return cmp.Or(cmp.Compare(y.lost+y.other, x.lost+x.other), cmp.Compare(y.gained, x.gained), cmp.Compare(y.maybe, x.maybe))
	})
	return out
}

// had is the share that has something no longer, of those that had it; nil = nobody had it.
func had(lost, kept int) any {
	if lost+kept == 0 {
		return nil
	}
	return ofAll(lost, lost+kept)
}
