package engine

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// revoker joins held entitlements to identities and says what a plan's actions with remove_existing_relationships would take
// away (SPEC section 4).
type revoker struct {
	plan   *plan
	grants map[string][]Grant
	names  map[heldKey]string // of what was found to be taken away
}

func newRevoker(p *plan, grants map[string][]Grant) *revoker {
	return &revoker{plan: p, grants: grants, names: make(map[heldKey]string)}
}

// revokeTotals counts revokes over a population.
type revokeTotals struct {
	*revoker
	program  *Program
	counts   map[heldKey]*tally
	byClass  map[int]tally    // identities that lose something, certainly or possibly only
	holders  map[int][]string // entity_id by class of those for which Program.holds
	certain  int
	possible int
	other    int // identities whose revokes differ under the other relationships.remove_scope
}

func newRevokeTotals(p *Program) *revokeTotals {
	return &revokeTotals{revoker: newRevoker(p.plan, p.in.Grants), program: p, counts: make(map[heldKey]*tally), byClass: make(map[int]tally), holders: make(map[int][]string)}
}

// holds tells whether the identity holds something that an action of the policy might remove.
func (p *Program) holds(id string) bool { return p.removes && len(p.in.Grants[id]) > 0 }

// add counts the revokes of one identity.
func (t *revokeTotals) add(class int, o *outcome, id string) {
	if !t.program.holds(id) {
		return
	}
	t.holders[class] = append(t.holders[class], strings.Clone(id))
	low, high := t.of(o, id)
	n := t.byClass[class]
	switch {
	case len(low) > 0:
		n.certain++
		t.byClass[class] = n
	case len(high) > 0:
		n.possible++
		t.byClass[class] = n
	}
	for _, h := range low {
		t.tally(h).certain++
		t.certain++
	}
	for _, h := range high {
		t.tally(h).possible++
		t.possible++
	}
	if t.differs(o, id) {
		t.other++
	}
}

func (t *revokeTotals) tally(h heldKey) *tally {
	n := t.counts[h]
	if n == nil {
		n = &tally{}
		t.counts[h] = n
	}
	return n
}

// of lists the entitlements that an identity holds and would lose certainly (low) and possibly only (high), in order.
func (t *revoker) of(o *outcome, id string) (low, high []heldKey) {
	if len(o.removal.high) == 0 {
		return nil, nil
	}
	return t.within(o, id, t.plan.rules.RemoveByDatasource)
}

func (t *revoker) within(o *outcome, id string, byDatasource bool) (low, high []heldKey) {
	seen := make(map[heldKey]bool)
	for _, g := range t.grants[id] {
		h := heldKey{g.DatasourceID, g.EntityType, g.EntityID}
		if seen[h] {
			continue
		}
		seen[h] = true
		certain, possible := t.inScope(o, h, byDatasource)
		if !possible {
			continue
		}
		wanted, maybe := t.wanted(o, h, g.Name)
		switch {
		case wanted:
		case certain && !maybe:
			t.names[h] = cmp.Or(t.names[h], g.Name)
			low = append(low, h)
		default:
			t.names[h] = cmp.Or(t.names[h], g.Name)
			high = append(high, h)
		}
	}
	slices.SortFunc(low, heldKey.compare)
	slices.SortFunc(high, heldKey.compare)
	return low, high
}

// inScope tells whether a planned, or at least a possible, action removes others where the entitlement is.
func (t *revoker) inScope(o *outcome, h heldKey, byDatasource bool) (certain, possible bool) {
	if byDatasource == t.plan.rules.RemoveByDatasource {
		scope, ok := t.plan.entities.scopes[h.scope(byDatasource)]
		if !ok {
			return false, false
		}
		_, certain = slices.BinarySearch(o.removal.low, scope)
		_, possible = slices.BinarySearch(o.removal.high, scope)
		return certain, possible
	}
	for _, a := range o.actions {
		act := &t.plan.actions[a.action]
		if a.status == statusDone || !act.removes || !t.plan.holdsIn(act, h, byDatasource) {
			continue
		}
		possible = true
		certain = certain || a.status == statusPlanned
	}
	return certain, possible
}

// holdsIn tells whether the effective profiles of an action hold an entity in the scope of h.
func (p *plan) holdsIn(a *actionPlan, h heldKey, byDatasource bool) bool {
	for _, named := range a.profiles {
		for _, i := range p.profiles[named].reach {
			for _, e := range p.profiles[i].own {
				k := p.entities.keys[e.entity]
				if k.datasource == h.datasource && (byDatasource || k.entityType == h.entityType) {
					return true
				}
			}
		}
	}
	return false
}

// wanted tells whether the identity's actions certainly, or possibly, grant the entitlement. An entity without any id is
// compared by name.
func (t *revoker) wanted(o *outcome, h heldKey, name string) (certain, possible bool) {
	entities := t.plan.entities
	for _, e := range entities.matching(h, name) {
		at := func(x int) int { return entities.rank[x] }
		_, low := slices.BinarySearchFunc(o.wanted.low, at(e), func(x, r int) int { return at(x) - r })
		_, high := slices.BinarySearchFunc(o.wanted.high, at(e), func(x, r int) int { return at(x) - r })
		certain, possible = certain || low, possible || high
	}
	return certain, possible
}

// differs tells whether the other rule relationships.remove_scope would revoke something else.
func (t *revoker) differs(o *outcome, id string) bool {
	if len(o.removal.high) == 0 {
		return false
	}
	low, high := t.of(o, id)
	otherLow, otherHigh := t.within(o, id, !t.plan.rules.RemoveByDatasource)
	return !slices.Equal(low, otherLow) || !slices.Equal(high, otherHigh)
}

// takesAs tells whether two outcomes take the same away, whatever an identity holds.
func (o *outcome) takesAs(other *outcome) bool {
	return o.removal.equal(other.removal) && o.wanted.equal(other.wanted)
}

// differing counts those of the holders that lose something else under another outcome.
func (t *revoker) differing(o, other *outcome, holders []string) int {
	if o.takesAs(other) {
		return 0
	}
	n := 0
	for _, id := range holders {
		low, high := t.of(o, id)
		otherLow, otherHigh := t.of(other, id)
		if !slices.Equal(low, otherLow) || !slices.Equal(high, otherHigh) {
			n++
		}
	}
	return n
}

func (h heldKey) compare(o heldKey) int {
	return cmp.Or(cmp.Compare(h.datasource, o.datasource), cmp.Compare(h.entityType, o.entityType), cmp.Compare(h.id, o.id))
}

// scope is where an action that removes others would take h away.
func (h heldKey) scope(byDatasource bool) [2]string {
	if byDatasource {
		return [2]string{h.datasource, ""}
	}
	return [2]string{h.datasource, h.entityType}
}

func (h heldKey) text() string { return h.datasource + "|" + h.entityType + "|" + h.id }

func heldTexts(list []heldKey) []string {
	out := make([]string, len(list))
	for i, h := range list {
		out[i] = h.text()
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// fill puts the counts into the result; an entitlement that no profile holds gets an entry of its own.
func (t *revokeTotals) fill(r *Result) {
	r.Summary.Revokes, r.Summary.PossibleRevokes = t.certain, t.possible
	place := make(map[heldKey]int)
	for i, e := range r.Entitlements {
		h := heldKey{e.DatasourceID, e.EntityType, e.EntityID}
		if _, taken := place[h]; !taken {
			place[h] = i
		}
	}
	for _, h := range slices.SortedFunc(maps.Keys(t.counts), heldKey.compare) {
		i, ok := place[h]
		if !ok {
			i = len(r.Entitlements)
			e := EntitlementResult{DatasourceID: h.datasource, EntityType: h.entityType, EntityID: h.id, Profiles: []string{}}
			if name := t.names[h]; name != "" {
				e.Name = &name
			}
			r.Entitlements = append(r.Entitlements, e)
		}
		r.Entitlements[i].Revoked, r.Entitlements[i].MaybeRevoked = t.counts[h].certain, t.counts[h].possible
	}
	slices.SortStableFunc(r.Entitlements, func(a, b EntitlementResult) int {
		return cmp.Or(cmp.Compare(a.DatasourceID, b.DatasourceID), cmp.Compare(a.EntityType, b.EntityType), cmp.Compare(a.EntityID, b.EntityID))
	})
}
