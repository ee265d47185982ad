package engine

import (
	"slices"
	"strings"
)

// joins compares what identities hold today with what the sides of a diff do about it: under the baseline grants everything
// that is wanted, otherwise what actions with remove_existing_relationships take away.
type joins struct {
	grants   map[string][]Grant
	entities *entityTable
	to       *revoker // of the later policy
	revokers map[*plan]*revoker
	wanted   bool // the baseline is grants

	ranks    map[int]*itemCount // by rank of entity; of the baseline grants
	revoked  map[heldKey]int    // identities that lose it now and did not before
	doubtful map[heldKey]int    // identities that perhaps lose it; of the baseline grants
	total    Holdings
	examples map[int]*[5]string // by class and effect of LimitEffects: somebody who is hit
	guarded  map[int]reach      // by class: identities from whom something is taken, whether it was before or not
	holders  *holdings          // nil = no guard on last holders
}

// taking is what is taken away from one identity of what it holds.
type taking struct {
	added, dropped, perhaps []heldKey // now and not before, before and not now, and what is not decided; sorted
	more                    truth     // something is taken away now that was not before
	taken                   truth     // something is taken away now, whether it was before or not
}

// truth tells whether more or less is taken away than before.
func (t *taking) truth() truth { return truthOf(len(t.added)+len(t.dropped), len(t.perhaps)) }

// own is what becomes of one identity, with what it holds. The lists of its own are of the baseline grants.
type own struct {
	unit
	taking
	gained, maybe, kept []int // ranks of entities
	granted             truth
	deactivation        truth
	drift               int
}

func newJoins(d *Diff) *joins {
	p := d.program
	if p.in.Grants == nil || d.kind != BaselineGrants && !p.removes && !p.guardsLastHolder() {
		return nil
	}
	j := &joins{
		grants: p.in.Grants, entities: p.plan.entities, to: newRevoker(p.plan, p.in.Grants), wanted: d.kind == BaselineGrants,
		ranks: make(map[int]*itemCount), revoked: make(map[heldKey]int), doubtful: make(map[heldKey]int), examples: make(map[int]*[5]string), guarded: make(map[int]reach),
	}
	j.revokers = map[*plan]*revoker{p.plan: j.to}
	if p.guardsLastHolder() {
		j.holders = newHoldings(j.to)
	}
	return j
}

// of is what becomes of an identity of a class.
func (j *joins) of(d *Diff, c *diffClass, id string) *own {
	if j.wanted {
		return j.ofHeld(d, c, id)
	}
	o := &own{unit: c.unit}
	if whole := c.parts.whole; len(j.grants[id]) > 0 && len(whole.before.removal.high)+len(whole.after.removal.high) > 0 {
		o.taking = j.between(whole, id)
		o.unit = d.unit(c, func(p part) truth {
			t := j.between(p, id)
			return max(p.t, t.truth())
		}, o.more)
		if d.program.in.Rules.AffectedPlanned {
			o.effects[slices.Index(LimitEffects, "revoke")] = o.taken
		}
	}
	return o
}

// between compares what is taken away from an identity on both sides of a part.
func (j *joins) between(p part, id string) taking {
	now, was := j.truths(p.after.outcome, id), j.truths(p.before.outcome, id)
	var k taking
	for h, t := range now {
		k.taken = max(k.taken, t)
		before := was[h]
		switch {
		case t == isTrue && before == isTrue, t == isUnknown && before == isUnknown && j.sameCauses(p, id, h):
			continue
		case t == isTrue && before == isFalse:
			k.added = append(k.added, h)
			k.more = isTrue
			continue
		case before != isTrue:
			k.more = max(k.more, isUnknown)
		}
		k.perhaps = append(k.perhaps, h)
	}
	for h, t := range was {
		switch _, still := now[h]; {
		case still:
		case t == isTrue:
			k.dropped = append(k.dropped, h)
		default:
			k.perhaps = append(k.perhaps, h)
		}
	}
	for _, list := range [][]heldKey{k.added, k.dropped, k.perhaps} {
		slices.SortFunc(list, heldKey.compare)
	}
	return k
}

// sameCauses tells whether it depends on the same expressions on both sides whether the entitlement is taken away.
func (j *joins) sameCauses(p part, id string, h heldKey) bool {
	causes := func(s *state) []string {
		why := s.why()
		texts := why.removal[j.entities.scopes[h.scope(j.to.plan.rules.RemoveByDatasource)]]
		for _, g := range j.grants[id] {
			if (heldKey{g.DatasourceID, g.EntityType, g.EntityID}) == h {
				for _, e := range j.entities.matching(h, g.Name) {
					texts, _ = merge(texts, why.entities[j.entities.rank[e]]...)
				}
			}
		}
		return texts
	}
	return slices.Equal(causes(p.before), causes(p.after))
}

// revoker is that of a plan.
func (j *joins) revoker(p *plan) *revoker {
	if j.revokers[p] == nil {
		j.revokers[p] = newRevoker(p, j.grants)
	}
	return j.revokers[p]
}

// truths tells what is taken away, certainly or possibly. o is nil where no policy is.
func (j *joins) truths(o *outcome, id string) map[heldKey]truth {
	if o == nil || len(o.removal.high) == 0 {
		return nil
	}
	low, high := j.revoker(o.plan).of(o, id)
	m := make(map[heldKey]truth, len(low)+len(high))
	for _, h := range high {
		m[h] = isUnknown
	}
	for _, h := range low {
		m[h] = isTrue
	}
	return m
}

// ofHeld compares what the policy wants for an identity with what it holds.
func (j *joins) ofHeld(d *Diff, c *diffClass, id string) *own {
	after := c.parts.whole.after
	o := j.held(after, id)
	t := max(o.more, o.granted, o.deactivation)
	o.unit = unit{
		status: d.status(c.key, t), affected: t, unknown: after.unknown, revoked: o.more, workflows: make([]truth, len(d.limited)),
		gained: o.granted == isTrue || o.deactivation == isTrue, lost: o.more == isTrue, deactivated: o.deactivation,
		accessGained: o.granted == isTrue, accessLost: o.more == isTrue,
		loser: o.more == isTrue || o.deactivation == isTrue,
	}
	for i, name := range d.limited {
		if d.program.in.Rules.AffectedPlanned {
			o.workflows[i] = after.outcome.affectedBy(j.to.plan, name)
			continue
		}
		part := j.held(c.parts.limited[i][0].after, id)
		o.workflows[i] = min(t, max(part.more, part.granted, part.deactivation))
	}
	if d.program.in.Rules.AffectedPlanned {
		o.affected = after.outcome.affectedTruth()
	}
	for i, effect := range LimitEffects {
		if d.program.in.Rules.AffectedPlanned && effect != "revoke" {
			o.effects[i] = d.plans(c, effect)
			continue
		}
		switch effect {
		case "grant":
			o.effects[i] = o.granted
		case "revoke":
			o.effects[i] = o.more
		case "deactivate":
			o.effects[i] = o.deactivation
		default: // whether it was applied before is not known
			o.effects[i] = min(isUnknown, after.outcome.gets(j.to.plan, Effect(effect)))
		}
	}
	return o
}

// held compares a state with what an identity holds.
func (j *joins) held(after *state, id string) *own {
	o := &own{}
	o.added, o.perhaps = j.to.of(after.outcome, id)
	taken := make(map[heldKey]bool)
	for _, list := range [][]heldKey{o.added, o.perhaps} {
		for _, h := range list {
			taken[h] = true
		}
	}
	stays := make(map[int]bool)         // ranks of entities that it holds: nothing takes them away
	explained := make(map[heldKey]bool) // what it holds: something wants it, or takes it away
	for _, g := range j.grants[id] {
		h := heldKey{g.DatasourceID, g.EntityType, g.EntityID}
		explained[h] = explained[h] || taken[h]
		for _, e := range j.entities.matching(h, g.Name) {
			r := j.entities.rank[e]
			stays[r] = stays[r] || !taken[h]
			_, wanted := slices.BinarySearch(after.entities.high, r)
			explained[h] = explained[h] || wanted
		}
	}
	for _, yes := range explained {
		if !yes {
			o.drift++
		}
	}
	for _, r := range after.entities.high {
		_, sure := slices.BinarySearch(after.entities.low, r)
		switch kept, holds := stays[r]; {
		case kept:
			o.kept = append(o.kept, r)
		case holds: // counted among what is taken away, perhaps
		case sure:
			o.gained = append(o.gained, r)
		default:
			o.maybe = append(o.maybe, r)
		}
	}
	o.more, o.granted = truthOf(len(o.added), len(o.perhaps)), truthOf(len(o.gained), len(o.maybe))
	o.taken = o.more
	if len(j.grants[id]) > 0 {
		o.deactivation = after.outcome.gets(j.to.plan, EffectDeactivate)
	}
	return o
}

// truthOf is true for something certain, unknown for something possible.
func truthOf(certain, possible int) truth {
	switch {
	case certain > 0:
		return isTrue
	case possible > 0:
		return isUnknown
	}
	return isFalse
}

// add counts an identity of a class.
func (j *joins) add(d *Diff, class int, o *own, id string) {
	count := func(list []int, field func(*itemCount) *int) {
		for _, r := range list {
			if j.ranks[r] == nil {
				j.ranks[r] = &itemCount{}
			}
			*field(j.ranks[r])++
		}
	}
	count(o.gained, func(d *itemCount) *int { return &d.gained })
	count(o.maybe, func(d *itemCount) *int { return &d.maybe })
	count(o.kept, func(d *itemCount) *int { return &d.kept })
	for _, h := range o.added {
		j.revoked[h]++
	}
	if len(j.grants[id]) > 0 {
		d.classes[class].held = append(d.classes[class].held, strings.Clone(id))
	}
	if j.holders != nil {
		j.holders.add(class, d.classes[class].parts.whole.after.outcome, id)
	}
	if j.wanted {
		for _, h := range o.perhaps {
			j.doubtful[h]++
		}
		j.total.RealGrants += len(o.gained)
		j.total.NoOps += len(o.kept)
		j.total.Revokes += len(o.added)
		j.total.Drift += o.drift
		j.total.Maybe += len(o.maybe) + len(o.perhaps)
	}
	j.example(class, o, id)
}

// example notes somebody of the class for each effect that hits.
func (j *joins) example(class int, o *own, id string) {
	at := slices.Index(LimitEffects, "revoke")
	if o.taken != isFalse {
		g := j.guarded[class]
		g.add(o.taken, 1)
		j.guarded[class] = g
	}
	for i, t := range o.effects {
		if t == isFalse && !(i == at && o.taken != isFalse) {
			continue
		}
		e := j.examples[class]
		if e == nil {
			e = &[5]string{}
			j.examples[class] = e
		}
		if e[i] == "" {
			e[i] = strings.Clone(id)
		}
	}
}
