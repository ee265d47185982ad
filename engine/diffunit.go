package engine

// unit is what one identity counts for.
type unit struct {
	status       Status
	affected     truth
	gained       bool
	lost         bool
	accessGained bool // an entitlement is gained
	accessLost   bool // one is lost, or something held is taken away
	unknown      bool
	deactivated  truth
	mayRemove    bool     // more may be removed than before, and nobody knows what it holds
	revoked      truth    // something held is taken away now and was not before
	effects      [5]truth // by effect of LimitEffects
	workflows    []truth  // by Diff.limited: whether the workflow makes it affected
	loser        bool     // loses something, is deactivated, or has something revoked
}

// part is a class with only some workflows running, on both sides.
type part struct {
	before, after *state
	t             truth // whether something changes, whatever the identities hold
}

func (p part) truth() truth { return p.t }

// parts are what a class is judged on for limits. Of the lists each has one part; or two where it is not known which workflows
// run again: with as many as possible, and with as few.
type parts struct {
	whole   part
	again   []part   // the workflows that run again
	limited [][]part // by Diff.limited: those of this name that run again
}

// agreed is what happens in all parts, or unknown where they differ.
func agreed(list []part, happens func(part) truth) truth {
	t := happens(list[0])
	for _, p := range list[1:] {
		if happens(p) != t {
			return isUnknown
		}
	}
	return t
}

// unit is what an identity of the class counts for. happens tells whether something changes in a part, with what it holds;
// revoked whether something held is taken away now and was not before.
func (d *Diff) unit(c *diffClass, happens func(part) truth, revoked truth) unit {
	u := unit{unknown: c.change.unknown, gained: c.change.gains(), lost: c.change.loses(), revoked: revoked, workflows: make([]truth, len(d.limited))}
	t := happens(c.parts.whole)
	u.status = d.status(c.key, t)
	items, planned := d.program.items.actions, d.program.in.Rules.AffectedPlanned
	u.deactivated = c.change.gets(items, EffectDeactivate)
	u.accessGained, u.accessLost = len(c.change.entities.gained) > 0, len(c.change.entities.lost) > 0 || revoked == isTrue
	u.loser = u.lost || u.deactivated == isTrue || revoked == isTrue
	if u.status == StatusRemoved {
		u.unknown = false // no workflow is evaluated
		if planned {
			return u
		}
		u.affected = isUnknown // what the tenant does about them is not known
		triggers := d.triggers(d.before(c.key), d.program.from)
		for i, name := range d.limited {
			u.workflows[i] = min(isUnknown, triggers[name].truth)
		}
		return u
	}
	u.mayRemove = d.removesMore(c)
	if planned {
		o := d.to.at(c.key.later).outcome
		u.affected = o.affectedTruth()
		for i, name := range d.limited {
			u.workflows[i] = o.affectedBy(d.program.plan, name)
		}
	} else if t != isFalse {
		u.affected = min(t, agreed(c.parts.again, happens))
		for i, list := range c.parts.limited {
			u.workflows[i] = min(u.affected, agreed(list, happens))
		}
	}
	for i, effect := range LimitEffects {
		hit := isFalse
		switch effect {
		case "grant":
			hit = max(c.change.gets(items, EffectGrant), c.change.entities.gainTruth())
		case "revoke":
			hit = max(revoked, c.change.entities.loseTruth())
			if u.mayRemove {
				hit = max(hit, isUnknown)
			}
		default:
			hit = c.change.gets(items, Effect(effect))
		}
		u.effects[i] = min(hit, u.affected)
		if planned {
			u.effects[i] = d.plans(c, effect)
		}
	}
	return u
}

// plans tells whether the later side plans an effect for the class, whoever had it before. What is taken away from those who
// hold something is joined.
func (d *Diff) plans(c *diffClass, effect string) truth {
	o := d.to.at(c.key.later).outcome
	switch {
	case effect != "revoke":
		return o.gets(d.program.plan, Effect(effect))
	case d.program.in.Grants == nil && len(o.removal.high) > 0:
		return isUnknown
	}
	return isFalse
}

// gainTruth and loseTruth tell whether some item is gained, or lost.
func (d *delta) gainTruth() truth { return truthOf(len(d.gained), len(d.mayGain)) }
func (d *delta) loseTruth() truth { return truthOf(len(d.lost), len(d.mayLose)) }

// removesMore tells whether more may be removed now than before from those of whom nobody knows what they hold.
func (d *Diff) removesMore(c *diffClass) bool {
	return d.program.in.Grants == nil && removesMore(c.parts.whole.before, c.parts.whole.after)
}

// differ tells whether something changes between two states, whatever the identities hold.
func (d *Diff) differ(before, after *state, c *change) truth {
	if d.kind == BaselineGrants {
		return isFalse // what is held decides
	}
	t := c.truth()
	if d.program.in.Grants == nil && removesMore(before, after) {
		t = max(t, isUnknown)
	}
	return t
}

// divide makes the parts of a class besides the whole one.
func (d *Diff) divide(c *diffClass) {
	whole := c.parts.whole
	if c.key.later == absent || d.program.in.Rules.AffectedPlanned || whole.t == isFalse && d.joined == nil {
		return // nobody asks for them
	}
	surely, possibly := d.quiet(c.key)
	divided := func(among func(workflow int) bool) []part {
		list := []part{d.part(c.key, func(w int) bool { return among(w) && !surely[w] })}
		if len(possibly) > len(surely) {
			list = append(list, d.part(c.key, func(w int) bool { return among(w) && !possibly[w] }))
		}
		return list
	}
	c.parts.again = []part{whole}
	if len(possibly) > 0 {
		c.parts.again = divided(func(int) bool { return true })
	}
	for _, name := range d.limited {
		c.parts.limited = append(c.parts.limited, divided(func(w int) bool { return d.program.items.workflows[w] == name }))
	}
}

// quiet are the numbers of the workflows that do not run again: continuous_sync is false and the trigger was true before,
// surely or possibly (which contains surely).
func (d *Diff) quiet(key diffKey) (surely, possibly map[int]bool) {
	from := d.cells.fromBase
	if from == nil || d.base != nil && key.base == absent {
		return nil, nil
	}
	surely, possibly = make(map[int]bool), make(map[int]bool)
	for i, t := range d.before(key).workflows {
		number := from.sim.plan.numbers.workflows[i]
		if t == isFalse || !d.single[number] {
			continue
		}
		possibly[number] = true
		if t == isTrue {
			surely[number] = true
		}
	}
	return surely, possibly
}

// part is the class with the workflows that run. Members of profiles, and those who hold something, have that whatever runs;
// of members only gains count, as most of what they have comes from other workflows.
func (d *Diff) part(key diffKey, runs func(workflow int) bool) part {
	p := part{before: d.before(key), after: d.to.only(key.later, runs)}
	switch from := d.cells.fromBase; {
	case from == nil, d.base != nil && key.base == absent:
	case d.base != nil:
		p.before = from.only(key.base, runs)
	default:
		p.before = from.only(key.later, runs)
	}
	c := compareStates(p.before, p.after)
	p.t = d.differ(p.before, p.after, &c)
	if d.kind == BaselineMembers {
		p.t = c.gainTruth()
		if d.program.in.Grants == nil && removesMore(p.before, p.after) {
			p.t = max(p.t, isUnknown)
		}
	}
	return p
}

// only simulates a vector with some workflows. What the others want is not taken away.
func (s *states) only(i int32, runs func(workflow int) bool) *state {
	wanted, vector := s.at(i).outcome.wanted, s.set.at(int(i))
	s.sim.runs = runs
	o := s.sim.run(vector)
	s.sim.runs = nil
	o.wanted = wanted
	return s.sim.stateOf(o, vector)
}

// diffTally counts identities by what they count for.
type diffTally struct {
	statuses     map[Status]int
	affected     reach
	gained       int
	lost         int
	accessGained int
	accessLost   int
	unknown      int
	deactivated  reach
	mayRemove    int
	revoked      reach
	effects      [5]reach
	workflows    []reach // by Diff.limited
}

func (t *diffTally) add(u unit, n int) {
	if t.statuses == nil {
		t.statuses = make(map[Status]int, len(Statuses))
		t.workflows = make([]reach, len(u.workflows))
	}
	t.statuses[u.status] += n
	t.affected.add(u.affected, n)
	for i := range u.effects {
		t.effects[i].add(u.effects[i], n)
	}
	for i := range u.workflows {
		t.workflows[i].add(u.workflows[i], n)
	}
	t.deactivated.add(u.deactivated, n)
	t.revoked.add(u.revoked, n)
	for _, c := range []struct {
		yes   bool
		count *int
	}{{u.gained, &t.gained}, {u.lost, &t.lost}, {u.accessGained, &t.accessGained}, {u.accessLost, &t.accessLost}, {u.unknown, &t.unknown}, {u.mayRemove, &t.mayRemove}} {
		if c.yes {
			*c.count += n
		}
	}
}

// tallyOf counts the identities of a class.
func (d *Diff) tallyOf(class int) *diffTally {
	c := &d.classes[class]
	if d.joined != nil {
		return &c.tally
	}
	var t diffTally
	t.add(c.unit, c.size)
	return &t
}
