package engine

import "slices"

// grantor is an access profile that holds an entitlement, and the condition of the entity in it.
type grantor struct{ profile, entity int }

// missedEntitlement is an entitlement that the identity does not get.
type missedEntitlement struct {
	missedItem
	numbers []int // in the entity table: entities that differ in assigned_to_* only are one entitlement
	holders []grantor
}

// missedEntitlements lists the entitlements that profiles of the policy hold and the identity does not get, in key order.
func (x *explainer) missedEntitlements() []missedEntitlement {
	has := make(map[heldKey]bool)
	for _, e := range x.outcome.entities.high {
		has[x.heldKey(e)] = true
	}
	holders := make(map[int][]grantor) // by entity
	var entities []int
	for i := range x.plan.profiles {
		for j, e := range x.plan.profiles[i].own {
			if has[x.heldKey(e.entity)] {
				continue
			}
			if holders[e.entity] == nil {
				entities = append(entities, e.entity)
			}
			holders[e.entity] = append(holders[e.entity], grantor{i, j})
		}
	}
	x.plan.entities.sort(entities)
	var list []missedEntitlement
	for i, e := range entities {
		h := x.heldKey(e)
		if i == 0 || h != x.heldKey(entities[i-1]) {
			key := h.text()
			list = append(list, missedEntitlement{missedItem: missedItem{profile: -1, Missed: Missed{Kind: KindEntitlement, Name: x.entityName(h), ID: &key}}})
		}
		m := &list[len(list)-1]
		m.numbers, m.holders = append(m.numbers, e), append(m.holders, holders[e]...)
	}
	for i := range list {
		m := &list[i]
		m.got = func(o *outcome) bool {
			return slices.ContainsFunc(m.numbers, func(e int) bool { return slices.Contains(o.entities.low, e) })
		}
		m.question = func() question { return newQuestion(x.table.formulas, x.armsToHolders(m.holders)) }
		m.closed = func() string { return x.closedHolders(m.holders) }
	}
	return list
}

func (x *explainer) heldKey(entity int) heldKey {
	k := x.plan.entities.keys[entity]
	return heldKey{k.datasource, k.entityType, k.id}
}

// armsToHolders are the ways to actions that bring a granting profile of the list, and on to the entitlement if the condition of
// its entity holds.
func (x *explainer) armsToHolders(list []grantor) []arm {
	var wanted []placedAction
	gates := make(map[placedAction][]int) // formulas
	for _, h := range list {
		if !x.plan.profiles[h.profile].grants() {
			continue
		}
		f := x.table.of(x.plan.profiles[h.profile].own[h.entity].test, entityPlace(h.profile, h.entity))
		for _, p := range x.bringing(h.profile) {
			if gates[p] == nil {
				wanted = append(wanted, p)
			}
			if !slices.Contains(gates[p], f) {
				gates[p] = append(gates[p], f)
			}
		}
	}
	entitlement := len(x.plan.actions) + 1
	arms := x.armsTo(wanted)
	for i := range arms {
		a := &arms[i]
		reached := make(map[int]bool)
		for _, e := range a.edges {
			reached[e.to] = true
		}
		for _, from := range a.targets {
			for _, f := range gates[placedAction{a.workflow, from - 1}] {
				if reached[from] {
					a.edges = append(a.edges, edge{from, entitlement, f})
				}
			}
		}
		a.targets = []int{entitlement}
	}
	return arms
}

// closedHolders says why no action brings any of the holders.
func (x *explainer) closedHolders(list []grantor) string {
	for _, h := range list {
		if x.plan.profiles[h.profile].grants() {
			return "no action that can run brings an access profile that holds it" + x.cutBy(h.profile)
		}
	}
	first := list[0].profile
	text := x.profileName(first) + ", which holds it, is withheld: " + x.plan.profiles[first].withheld
	if len(list) > 1 {
		text += "; so are all others that hold it"
	}
	return text
}
