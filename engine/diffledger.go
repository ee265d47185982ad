package engine

import "slices"

// compared is a diff as limits count it: what changes counts, unless nothing is known about what was before.
type compared struct {
	*Diff
	total   reach
	removed int
	lasts   map[int]reach // by class: identities that lose something that nobody has in the end; nil = holdings tell
}

func (d *Diff) newLedger(r *DiffResult) *compared {
	c := &compared{Diff: d, total: reach{r.Summary.AffectedLow, r.Summary.AffectedHigh}, removed: r.Summary.RemovedFromSource}
	if !d.program.guardsLastHolder() {
		return c
	}
	table := d.program.plan.entities
	ends := make(provided, len(table.keys))
	for i := range d.classes {
		if of := &d.classes[i]; of.key.later != absent {
			ends.add(d.to.at(of.key.later).outcome, of.size)
		}
	}
	if d.joined != nil {
		d.joined.holders.settle(table, ends)
		return c
	}
	c.lasts = make(map[int]reach)
	for i := range d.classes {
		var n reach
		n.add(d.losesLast(&d.classes[i], ends), d.classes[i].size)
		c.lasts[i] = n
	}
	return c
}

// losesLast tells whether the identities of a class lose something that nobody has in the end, as far as it is known what they
// have. A deactivated identity loses everything.
func (d *Diff) losesLast(c *diffClass, ends provided) truth {
	if c.key.later == absent {
		return isFalse
	}
	t := isFalse
	deactivated := c.change.gets(d.program.items.actions, EffectDeactivate)
	if deactivated != isFalse || d.removesMore(c) {
		t = isUnknown // whatever else they hold
	}
	byRank := d.program.plan.entities.byRank
	lose := func(entities []int, certain truth) {
		for _, rank := range entities {
			switch end := ends[byRank[rank]]; {
			case end.high == 0:
				t = max(t, certain)
			case end.low == 0:
				t = max(t, min(certain, isUnknown))
			}
		}
	}
	lose(c.change.entities.lost, isTrue)
	lose(c.change.entities.mayLose, isUnknown)
	lose(c.parts.whole.before.entities.low, deactivated)
	return t
}

func (c *compared) basis() string {
	if c.kind == BaselineNone || c.program.in.Rules.AffectedPlanned {
		return BasisFirstRun
	}
	return BasisChanged
}

func (c *compared) population() (all, active, baseline int) {
	baseline = -1
	if c.base != nil {
		baseline = c.base.Len()
	}
	return c.rows, c.active, baseline
}

func (c *compared) affected() reach { return c.total }

func (c *compared) classes() int { return len(c.Diff.classes) }

// size leaves out those who were removed from the source: they are in no cohort of the population.
func (c *compared) size(class int) int {
	if c.Diff.classes[class].key.later == absent {
		return 0
	}
	return c.Diff.classes[class].size
}

func (c *compared) vector(class int) []uint64 {
	key := c.Diff.classes[class].key
	if key.later == absent {
		return c.base.vectors.at(int(key.base))
	}
	return c.vectors.at(int(key.later))
}

func (c *compared) affectedIn(class int) reach { return c.tallyOf(class).affected }

func (c *compared) affectedBy(class int, workflow string) reach {
	return c.tallyOf(class).workflows[slices.Index(c.limited, workflow)]
}

func (c *compared) hit(class int, effect string) reach {
	return c.tallyOf(class).effects[slices.Index(LimitEffects, effect)]
}

// guarded counts what is planned in the end, whoever had it before, and what is lost.
func (c *compared) guarded(class int, effect string) reach {
	of := &c.Diff.classes[class]
	switch {
	case effect == EffectLastHolder && c.lasts != nil:
		return c.lasts[class]
	case effect == EffectLastHolder:
		return c.joined.holders.last(class).reach
	case of.key.later == absent:
		return reach{}
	}
	hit := c.hit(class, effect)
	var planned reach
	o := c.to.at(of.key.later).outcome
	switch {
	case effect != "revoke":
		planned.add(o.gets(c.program.plan, Effect(effect)), of.size)
	case c.joined != nil:
		planned = c.joined.guarded[class]
	case len(o.removal.high) > 0 && c.program.in.Grants == nil:
		planned.add(isUnknown, of.size)
	}
	return reach{max(hit.low, planned.low), max(hit.high, planned.high)}
}

func (c *compared) example(class int, effect string) string {
	switch {
	case c.joined == nil:
	case effect == EffectLastHolder:
		return c.joined.holders.last(class).example
	case c.joined.examples[class] != nil:
		if id := c.joined.examples[class][slices.Index(LimitEffects, effect)]; id != "" {
			return id
		}
	}
	return c.Diff.classes[class].members[0]
}

func (c *compared) notSeen() []string {
	if c.basis() == BasisFirstRun {
		return []string{"what was applied before: every planned action counts as a change (first run)"}
	}
	switch c.kind {
	case BaselineGrants:
		return []string{"syncs and other actions that grant and take nothing: the grants file says nothing of them"}
	case BaselineMembers:
		return []string{"syncs and other actions that grant and take nothing: the membership says nothing of them"}
	}
	return []string{"workflows without continuous_sync for identities whose trigger was true before: they do not run again"}
}

func (c *compared) guardedBefore(class int, effect string) reach {
	var r reach
	of := &c.Diff.classes[class]
	before := c.before(of.key).outcome
	if before == nil || of.key.later == absent || effect == "revoke" || effect == EffectLastHolder {
		return r
	}
	r.add(before.gets(c.program.from, Effect(effect)), of.size)
	return r
}

func (c *compared) undecided() string {
	if c.removed > 0 && c.total.high-c.total.low == c.removed {
		return Grouped(c.removed) + " removed from the source, and what the tenant does about them is not known"
	}
	return "something is unknown"
}
