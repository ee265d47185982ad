package engine

import "slices"

// Target is an entitlement as far as a request for access could name it.
type Target struct {
	DatasourceID, EntityType string
	ID                       string // entity_id, else native_id, else entity_name
	IsEntityID               bool   // ID is the entity_id
	AssignedToType           string // "" = it is assigned to the identity itself
	AssignedToID             string
}

// Access is what requests would have to do for one identity to bring about what a result says of it. A target is in one of the
// lists at most; they are in key order, targets that the grants file alone knows last.
type Access struct {
	Grant  []Target // certainly given, and not held as far as the grants file tells
	Revoke []Target // certainly not given any more, and held as far as the grants file, if there is one, tells; or taken away
	// What is in neither list: how many entitlements are certainly given and held already, are certainly not given any more and not
	// held, and of how many it is not decided.
	Held, NotHeld, Maybe int
}

// ClassAccess is Access of the identities of a class that hold nothing.
func (s *Simulation) ClassAccess(class int) Access { return s.Access(class, "") }

// Access is what a simulated policy grants to an identity of a class and takes away from it.
func (s *Simulation) Access(class int, id string) Access {
	o, entities := s.outcomes[class], s.program.plan.entities
	held := entities.heldBy(s.program.in.Grants[id])
	given := less(o.entities.low, held)
	undecided := less(entities.without(o.entities.high, o.entities.low), held)
	access := Access{Grant: entities.targets(given), Held: len(o.entities.low) - len(given), Maybe: len(undecided)}
	if s.revokes != nil {
		certain, possible := s.revokes.of(o, id)
		access.Revoke = heldTargets(certain)
		access.Maybe += len(possible)
	}
	return access
}

// AccessVaries tells whether Access of the identity can differ from ClassAccess, by what it holds.
func (s *Simulation) AccessVaries(class int, id string) bool {
	o := s.outcomes[class]
	return len(o.entities.high)+len(o.removal.high) > 0 && len(s.program.in.Grants[id]) > 0
}

// ClassAccess is Access of the identities of a class that hold nothing.
func (d *Diff) ClassAccess(class int) Access { return d.Access(class, "") }

// Access is what becomes of the access of an identity of a class. Nothing becomes of that of somebody who was removed from the source.
func (d *Diff) Access(class int, id string) Access {
	c := &d.classes[class]
	entities := d.program.plan.entities
	grants := d.program.in.Grants[id]
	gained, lost, maybe := c.change.entities.gained, c.change.entities.lost, len(c.change.entities.maybe)
	var taken []heldKey
	if d.joined != nil && c.key.later != absent {
		o := d.joined.of(d, c, id)
		if d.joined.wanted {
			gained, lost, maybe = o.gained, nil, len(o.maybe)
		}
		taken = o.added
		maybe += len(o.perhaps)
	}
	going := make(map[int]bool) // entities that what is taken away can be: lost as well, they are one revoke
	for _, g := range grants {
		if h := (heldKey{g.DatasourceID, g.EntityType, g.EntityID}); slices.Contains(taken, h) {
			for _, e := range entities.matching(h, g.Name) {
				going[e] = true
			}
		}
	}
	held := entities.heldBy(grants)
	given, notHeld := less(entities.atRanks(gained), held), []int{}
	if d.program.in.Grants != nil {
		notHeld = less(entities.atRanks(lost), held)
		for _, e := range notHeld {
			going[e] = true
		}
	}
	return Access{
		Grant:   entities.targets(given),
		Revoke:  append(entities.targets(less(entities.atRanks(lost), going)), heldTargets(taken)...),
		Held:    len(gained) - len(given),
		NotHeld: len(notHeld),
		Maybe:   maybe,
	}
}

// AccessVaries tells whether Access of the identity can differ from ClassAccess, by what it holds.
func (d *Diff) AccessVaries(class int, id string) bool {
	c := &d.classes[class]
	if len(d.program.in.Grants[id]) == 0 || c.key.later == absent {
		return false
	}
	if len(c.change.entities.gained)+len(c.change.entities.lost) > 0 {
		return true
	}
	return d.joined != nil && (d.joined.wanted || len(c.parts.whole.before.removal.high)+len(c.parts.whole.after.removal.high) > 0)
}

// atRanks are the entities of the ranks.
func (t *entityTable) atRanks(ranks []int) []int {
	list := make([]int, len(ranks))
	for i, r := range ranks {
		list[i] = t.byRank[r]
	}
	return list
}

// heldBy are the entities that held entitlements can be.
func (t *entityTable) heldBy(grants []Grant) map[int]bool {
	held := make(map[int]bool, len(grants))
	for _, g := range grants {
		for _, e := range t.matching(heldKey{g.DatasourceID, g.EntityType, g.EntityID}, g.Name) {
			held[e] = true
		}
	}
	return held
}

// less is list without the members of a set.
func less(list []int, set map[int]bool) []int {
	if len(set) == 0 {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(e int) bool { return set[e] })
}

// targets names entities.
func (t *entityTable) targets(list []int) []Target {
	targets := make([]Target, len(list))
	for i, e := range list {
		k := t.keys[e]
		targets[i] = Target{k.datasource, k.entityType, k.id, t.byID[e], k.assignedToType, k.assignedToID}
	}
	return targets
}

// heldTargets names held entitlements. A grants file has entity_ids.
func heldTargets(list []heldKey) []Target {
	targets := make([]Target, len(list))
	for i, h := range list {
		targets[i] = Target{DatasourceID: h.datasource, EntityType: h.entityType, ID: h.id, IsEntityID: true}
	}
	return targets
}
