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
	to, from *revoker // from is nil when the earlier side has no policy
	wanted   bool     // the baseline is grants

	ranks         map[int]*entityCount // by rank of entity; of the baseline grants
	revoked       map[heldKey]int      // identities that lose it now and did not before
	total         Holdings
	examples      map[int]*[5]string // by class and effect of LimitEffects: somebody who is hit
	guarded       map[int]reach      // by class: identities from whom something is taken, whether it was before or not
	holders       *holdings          // nil = no guard on last holders
	deactivations map[ActionName]int // identities that gain the action, by name and type; of the baseline grants
}

// entityCount counts identities by what becomes of one entity.
type entityCount struct{ gained, lost, maybe, kept int }

// own is what becomes of one identity, with what it holds.
type own struct {
	unit
	gained, maybe, kept     []int           // ranks of entities; of the baseline grants
	added, dropped, perhaps []heldKey       // what is taken away now and was not before, the reverse, and what is not decided
	actions                 []actionOutcome // gained, of the baseline grants: those that deactivate
	drift                   int
	taken                   truth // something held is taken away, whether it was before or not
}

func newJoins(d *Diff) *joins {
	p := d.program
	if p.in.Grants == nil || d.kind != BaselineGrants && !p.removes && !p.guardsLastHolder() {
		return nil
	}
	j := &joins{
		grants: p.in.Grants, entities: p.plan.entities, to: newRevoker(p.plan, p.in.Grants), wanted: d.kind == BaselineGrants,
		ranks: make(map[int]*entityCount), revoked: make(map[heldKey]int), examples: make(map[int]*[5]string), guarded: make(map[int]reach), deactivations: make(map[ActionName]int),
	}
	if p.from != nil {
		j.from = newRevoker(p.from, p.in.Grants)
	}
	if p.guardsLastHolder() {
		j.holders = newHoldings(j.to)
	}
	return j
}

// of is what becomes of an identity of a class.
func (j *joins) of(d *Diff, class int, id string) *own {
	c := &d.classes[class]
	o := &own{unit: c.unit}
	after := d.to.at(c.key.later)
	switch {
	case j.wanted:
		j.compareHeld(d, c, after, id, o)
	case len(j.grants[id]) > 0:
		j.compareRevokes(d, c, after, id, o)
	}
	if j.holders != nil {
		j.holders.add(class, after.outcome, id)
	}
	return o
}

// compareRevokes compares what the two sides take away from an identity.
func (j *joins) compareRevokes(d *Diff, c *diffClass, after *state, id string, o *own) {
	now := make(map[heldKey]truth)
	note := func(m map[heldKey]truth, low, high []heldKey) {
		for _, h := range high {
			m[h] = isUnknown
		}
		for _, h := range low {
			m[h] = isTrue
		}
	}
	low, high := j.to.of(after.outcome, id)
	note(now, low, high)
	for _, t := range now {
		o.taken = max(o.taken, t)
	}
	was := make(map[heldKey]truth)
	if before := d.before(c.key); before.outcome != nil && j.from != nil {
		low, high = j.from.of(before.outcome, id)
		note(was, low, high)
	}
	for h, t := range now {
		switch {
		case t == was[h]:
		case t == isTrue && was[h] == isFalse:
			o.added = append(o.added, h)
		default:
			o.perhaps = append(o.perhaps, h)
		}
	}
	for h, t := range was {
		switch _, still := now[h]; {
		case still:
		case t == isTrue:
			o.dropped = append(o.dropped, h)
		default:
			o.perhaps = append(o.perhaps, h)
		}
	}
	for _, list := range [][]heldKey{o.added, o.dropped, o.perhaps} {
		slices.SortFunc(list, heldKey.compare)
	}
	t := isFalse
	switch {
	case len(o.added)+len(o.dropped) > 0:
		t = isTrue
	case len(o.perhaps) > 0:
		t = isUnknown
	}
	if len(o.added) > 0 {
		o.revoked = isTrue
	} else if len(o.perhaps) > 0 {
		o.revoked = isUnknown
	}
	j.raise(d, c, o, max(t, c.change.truth()))
}

// raise lifts what the identity counts for to what is known with its holdings.
func (j *joins) raise(d *Diff, c *diffClass, o *own, t truth) {
	o.status = d.status(c.key, t)
	if !d.program.in.Rules.AffectedPlanned {
		o.affected = max(o.affected, o.revoked)
		if len(o.dropped) > 0 {
			o.affected = isTrue
		}
	}
	at := slices.Index(LimitEffects, "revoke")
	o.effects[at] = max(o.effects[at], min(o.revoked, o.affected))
	o.loser = o.loser || o.revoked == isTrue
}

// compareHeld compares what the policy wants for an identity with what it holds.
func (j *joins) compareHeld(d *Diff, c *diffClass, after *state, id string, o *own) {
	o.added, o.perhaps = j.to.of(after.outcome, id)
	taken := make(map[heldKey]bool)
	for _, list := range [][]heldKey{o.added, o.perhaps} {
		for _, h := range list {
			taken[h] = true
		}
	}
	wanted := make(map[int]bool)
	for _, r := range after.entities.high {
		wanted[r] = true
	}
	stays := make(map[int]bool)         // ranks of entities that it holds: nothing takes them away
	explained := make(map[heldKey]bool) // what it holds: something wants it, or takes it away
	for _, g := range j.grants[id] {
		h := heldKey{g.DatasourceID, g.EntityType, g.EntityID}
		explained[h] = explained[h] || taken[h]
		for _, e := range j.entities.matching(h, g.Name) {
			r := j.entities.rank[e]
			stays[r] = stays[r] || !taken[h]
			explained[h] = explained[h] || wanted[r]
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
	deactivated := isFalse
	if len(j.grants[id]) > 0 {
		deactivated = after.outcome.gets(j.to.plan, EffectDeactivate)
		for _, a := range after.outcome.actions {
			if a.status == statusPlanned && j.to.plan.actions[a.action].effect == EffectDeactivate {
				o.actions = append(o.actions, a)
			}
		}
	}
	revoked, granted := truthOf(len(o.added), len(o.perhaps)), truthOf(len(o.gained), len(o.maybe))
	t := max(revoked, granted, deactivated)
	o.unit = unit{
		status: d.status(c.key, t), affected: t, unknown: after.unknown, revoked: revoked,
		gained: granted == isTrue || deactivated == isTrue, lost: revoked == isTrue, deactivated: deactivated == isTrue,
		loser: revoked == isTrue || deactivated == isTrue,
	}
	if d.program.in.Rules.AffectedPlanned {
		o.affected = after.outcome.affectedTruth()
	}
	o.taken = revoked
	for i, effect := range LimitEffects {
		switch effect {
		case "grant":
			o.effects[i] = granted
		case "revoke":
			o.effects[i] = revoked
		case "deactivate":
			o.effects[i] = deactivated
		default: // whether it was applied before is not known
			o.effects[i] = min(isUnknown, after.outcome.gets(j.to.plan, Effect(effect)))
		}
	}
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

// add counts an identity.
func (j *joins) add(o *own) {
	count := func(list []int, field func(*entityCount) *int) {
		for _, r := range list {
			if j.ranks[r] == nil {
				j.ranks[r] = &entityCount{}
			}
			*field(j.ranks[r])++
		}
	}
	count(o.gained, func(d *entityCount) *int { return &d.gained })
	count(o.maybe, func(d *entityCount) *int { return &d.maybe })
	count(o.kept, func(d *entityCount) *int { return &d.kept })
	for _, h := range o.added {
		j.revoked[h]++
	}
	seen := make(map[int]bool, len(o.actions))
	for _, a := range o.actions {
		if !seen[a.action] {
			seen[a.action] = true
			act := &j.to.plan.actions[a.action]
			j.deactivations[ActionName{Name: act.Name, Type: act.Type}]++
		}
	}
	if j.wanted {
		j.total.RealGrants += len(o.gained)
		j.total.NoOps += len(o.kept)
		j.total.Revokes += len(o.added)
		j.total.Drift += o.drift
		j.total.Maybe += len(o.maybe) + len(o.perhaps)
	}
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
