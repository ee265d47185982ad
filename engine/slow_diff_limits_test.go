package engine

import (
	"cmp"
	"maps"
	"sort"

	"github.com/lcmsim/lcmsim/scimeval"
)

// To what the slow twin of a diff puts changes down, and what the limits of SPEC section 7 say of them.

// differ tells whether something is certainly in one state and certainly not in the other.
func differ(a, b *slowState) bool {
	actions, profiles, entities := slowCompare(a.actions, b.actions), slowCompare(a.profiles, b.profiles), slowCompare(a.entities, b.entities)
	return actions.truth() == slowYes || profiles.truth() == slowYes || entities.truth() == slowYes
}

// differOrTake is the same, with what is taken away.
func differOrTake(a, b *slowState) bool {
	revokes := slowCompare(a.revokes, b.revokes)
	return differ(a, b) || revokes.truth() == slowYes
}

// attribution divides the changes; alone are the edits that alone change each identity.
func (d *slowDiff) attribution() (a Attribution, alone map[string][]int) {
	a.Edits = []EditEffect{}
	alone = map[string][]int{}
	from := d.from()
	if from == nil {
		return a, alone
	}
	edits := d.in.Against.Edits
	if edits != nil {
		a.EditsTotal = len(edits.List)
		a.Attributed = true
		for n := range min(len(edits.List), 64) {
			e := edits.List[n]
			a.Edits = append(a.Edits, EditEffect{Edit: e.Text, Path: e.Path, Kind: e.Kind, Before: e.Before, After: e.After})
		}
	}
	side := func(s Side) *Input {
		in := d.in
		in.Version, in.Catalog = s.Version, s.Catalog
		return &in
	}
	state := func(in *Input, who *person) *slowState { return d.state(in, who, nil) }
	for _, i := range d.all {
		was := i.base // the data of the earlier side
		if d.base == nil {
			was = i.later
		}
		if i.later == nil || was == nil {
			continue
		}
		before := state(from, was)
		both := differOrTake(before, i.change.after)
		byPolicy := differOrTake(before, state(&d.in, was))
		byData := d.base != nil && differOrTake(before, state(from, i.earlier))
		if both != (byPolicy || byData) {
			a.Interaction++
		}
		if byPolicy {
			a.Policy++
		}
		if byData {
			a.Data++
		}
		explained := false
		for n := range a.Edits {
			one := state(side(edits.Merge(func(e int) bool { return e == n })), was)
			change := d.change(before, one)
			switch {
			case differOrTake(before, one):
				a.Edits[n].Alone++
				explained = true
			case change.truth() == slowMaybe:
				a.Edits[n].Maybe++
			}
			if differ(before, one) {
				alone[i.id] = append(alone[i.id], n)
			}
			if differOrTake(before, state(side(edits.Merge(func(e int) bool { return e != n })), was)) {
				a.Edits[n].Without++
			}
		}
		if edits != nil && byPolicy && !explained {
			a.Remainder++
		}
	}
	return a, alone
}

func (d *slowDiff) cohorts(attributes []scimeval.Attribute) []CohortLift {
	out := []CohortLift{}
	population := d.count(func(i *slowIdentity) bool { return i.later != nil })
	losers := d.count(func(i *slowIdentity) bool { return i.loser() })
	for _, attribute := range attributes {
		sizes, lost := map[string]int{}, map[string]int{}
		for _, i := range d.all {
			if i.later == nil {
				continue
			}
			v, _ := i.later.value(attribute)
			for text := range cohortsOf(v) {
				sizes[text]++
				if i.loser() {
					lost[text]++
				}
			}
		}
		for text, n := range lost {
			// n of size against losers of population, at least one and a half times as many
			if n >= 2 && 2*n*population >= 3*sizes[text]*losers {
				share, overall := float64(n)/float64(sizes[text]), float64(losers)/float64(population)
				out = append(out, CohortLift{attribute.Name, text, sizes[text], n, share, overall, share / overall})
			}
		}
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		return cmp.Or(cmp.Compare(b.Lost*population-b.Size*losers, a.Lost*population-a.Size*losers), cmp.Compare(a.Attribute, b.Attribute), cmp.Compare(a.Value, b.Value)) < 0
	})
	return out[:min(len(out), 20)]
}

func cohortsOf(v scimeval.Value) map[string]bool {
	found := map[string]bool{}
	switch v.Kind() {
	case scimeval.KindString:
		if v.Text() != "" {
			found[v.Text()] = true
		}
	case scimeval.KindNumber, scimeval.KindBool:
		found[v.String()] = true
	case scimeval.KindList:
		for _, item := range v.Items() {
			if item.Kind() != scimeval.KindList {
				maps.Copy(found, cohortsOf(item))
			}
		}
	}
	return found
}

func (d *slowDiff) limits() []slowLimit {
	within := func(filter string, of func(i *slowIdentity) slowTruth) (size int, c slowCount) {
		for _, i := range d.all {
			who := i.later
			if who == nil {
				who = i.base
			}
			in := d.run(&d.in, who).expression(filter)
			if in == slowYes && i.later != nil {
				size++
			}
			c.add(slowAnd(in, cmp.Or(of(i), slowNo)))
		}
		return size, c
	}
	baseline := -1
	if d.base != nil {
		baseline = len(d.base)
	}
	last := d.lastHolders()
	return slowLimits(d.in, d.in.Rules, slowLedger{
		identities: d.count(func(i *slowIdentity) bool { return i.later != nil }),
		active:     d.count(func(i *slowIdentity) bool { return i.later != nil && d.active(i.later) }),
		baseline:   baseline,
		affected:   d.span(func(i *slowIdentity) slowTruth { return i.affected }),
		effect: func(effect string) slowCount {
			return d.span(func(i *slowIdentity) slowTruth { return i.effects[effect] })
		},
		workflow: func(name string) slowCount {
			return d.span(func(i *slowIdentity) slowTruth { return i.workflows[name] })
		},
		cohort: func(filter string) (int, slowCount) {
			return within(filter, func(i *slowIdentity) slowTruth { return i.affected })
		},
		guarded: func(filter, effect string) (int, slowCount) {
			return within(filter, func(i *slowIdentity) slowTruth {
				switch {
				case i.later == nil:
					return slowNo
				case effect == EffectLastHolder:
					return last[i.id]
				}
				return slowOr(i.effects[effect], d.run(&d.in, i.later).effect(i.change.after.outcome, effect))
			})
		},
	})
}

// lastHolders tells of each identity whether it loses something that nobody has in the end.
func (d *slowDiff) lastHolders() map[string]slowTruth {
	later := &slowPopulation{}
	last := map[string]slowTruth{}
	for _, i := range d.all {
		if i.later != nil {
			later.runs = append(later.runs, d.run(&d.in, i.later))
			later.outcomes = append(later.outcomes, i.change.after.outcome)
		}
	}
	if d.in.Grants != nil {
		for n, t := range later.lastHolders(d.in) {
			last[later.runs[n].who.id] = t
		}
		return last
	}
	for _, i := range d.all {
		if i.later == nil {
			continue
		}
		c := &i.change
		deactivated := c.gets(EffectDeactivate)
		t := slowOr(slowAnd(slowMaybe, deactivated), c.removal)
		for k := range i.all() {
			loses := slowNo
			switch {
			case c.entities.lost[k]:
				loses = slowYes
			case c.entities.mayLose[k]:
				loses = slowMaybe
			}
			if c.before.entities[k].t == slowYes {
				loses = slowOr(loses, deactivated)
			}
			keeps := slowNo
			for n, o := range later.outcomes {
				keeps = slowOr(keeps, slowAnd(cmp.Or(o.entities[k], slowNo), slowNot(later.runs[n].effect(o, "deactivate"))))
			}
			t = slowOr(t, slowAnd(loses, slowNot(keeps)))
		}
		last[i.id] = t
	}
	return last
}

// all are the entitlements that the identity has on some side.
func (i *slowIdentity) all() map[slowEntity]bool {
	found := map[slowEntity]bool{}
	for _, s := range []*slowState{i.change.before, i.change.after} {
		for k := range s.entities {
			found[k] = true
		}
	}
	return found
}
