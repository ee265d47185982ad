package engine

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/scimeval"
)

// The slow twin of a diff: one identity at a time, on the slow twin of the simulation.

// slowDiff is a diff, one identity at a time.
type slowDiff struct {
	t       require.TestingT
	in      Input
	filters slowFilters
	base    map[string]person // nil = there is no earlier population
	kind    BaselineKind
	all     []*slowIdentity // of the later population, then those removed
}

// slowIdentity is one identity of a diff.
type slowIdentity struct {
	id           string
	later, base  *person // later: with the movers of the later version
	earlier      *person // the later record with the movers of the earlier version
	held         *slowHoldings
	change       slowChange
	status       Status
	affected     slowTruth
	gained, lost bool
	unknown      bool
	deactivated  slowTruth
	accessGained bool
	accessLost   bool
	newly        slowTruth // something held is taken away that was not before
	taken        slowTruth // something held is taken away
	effects      map[string]slowTruth
	workflows    map[string]slowTruth // by name, of own limits
}

func (i *slowIdentity) loser() bool {
	return i.later != nil && (i.lost || i.deactivated == slowYes || i.newly == slowYes)
}

// from and to are the versions of the sides, nil where there is none.
func (d *slowDiff) from() *Input {
	in := d.in
	switch d.kind {
	case BaselinePolicy, BaselineBoth:
		in.Version, in.Catalog = d.in.Against.Version, d.in.Against.Catalog
	case BaselineNone, BaselineGrants, BaselineMembers:
		return nil
	}
	return &in
}

func (d *slowDiff) run(in *Input, who *person) *slowRun {
	return &slowRun{t: d.t, in: *in, rules: d.in.Rules, filters: d.filters, who: *who}
}

// plain are values as far as movers are concerned: absent, null and the empty string are one, numbers are compared by value,
// members of objects in any order.
func plain(v scimeval.Value) string {
	switch v.Kind() {
	case scimeval.KindNull:
		return ""
	case scimeval.KindString:
		if v.Text() == "" {
			return ""
		}
	case scimeval.KindNumber:
		return v.Number().String()
	case scimeval.KindList:
		out := "["
		for _, item := range v.Items() {
			out += "," + item.String()
		}
		return out
	case scimeval.KindObject:
		var members []string
		for _, m := range v.Members() {
			members = append(members, m.Name+":"+m.Value.String())
		}
		sort.Strings(members)
		return "{" + strings.Join(members, ",")
	}
	return v.String()
}

// moved is the later person with sys_attr__is_mover as the properties say.
func (d *slowDiff) moved(later person, base *person, properties []string) (*person, bool) {
	if d.base == nil {
		return &later, false
	}
	moves := false
	for _, name := range properties {
		if base != nil {
			a := scimeval.Attribute{Name: name, Fold: d.in.Rules.Filter.AttributeFold}
			now, _ := later.value(a)
			was, _ := base.value(a)
			moves = moves || plain(now) != plain(was)
		}
	}
	members := []scimeval.Member{{Name: "sys_attr__is_mover", Value: scimeval.BoolValue(moves)}}
	for _, m := range later.record.Members() {
		if m.Name != "sys_attr__is_mover" {
			members = append(members, m)
		}
	}
	return &person{later.id, scimeval.ObjectValue(members)}, moves
}

func slowlyCompared(t require.TestingT, in Input, base, people []person, filters slowFilters) *slowDiff {
	d := &slowDiff{t: t, in: in, filters: filters, kind: in.Against.Kind}
	if in.Against.data() {
		d.base = map[string]person{}
		for _, p := range base {
			d.base[p.id] = p
		}
	}
	there := map[string]bool{}
	for _, p := range people {
		there[p.id] = true
		i := &slowIdentity{id: p.id}
		if was, known := d.base[p.id]; known {
			i.base = &was
		}
		i.later, _ = d.moved(p, i.base, in.Version.MoverProperties)
		i.earlier = i.later
		if d.kind == BaselineBoth {
			i.earlier, _ = d.moved(p, i.base, in.Against.Version.MoverProperties)
		}
		d.all = append(d.all, i)
	}
	for _, p := range base {
		if d.base != nil && !there[p.id] {
			d.all = append(d.all, &slowIdentity{id: p.id, base: &p})
		}
	}
	for _, i := range d.all {
		d.judge(i)
	}
	return d
}

// before is what the identity has on the earlier side, with some workflows left out.
func (d *slowDiff) before(i *slowIdentity, idle map[slowAct]bool) *slowState {
	from, who := d.from(), i.later
	if d.base != nil {
		who = i.base
	}
	switch {
	case d.kind == BaselineMembers:
		return d.membership(i)
	case from == nil || who == nil:
		return &slowState{}
	}
	return d.state(from, who, idle)
}

func (d *slowDiff) state(in *Input, who *person, idle map[slowAct]bool) *slowState {
	r := d.run(in, who)
	if len(idle) == 0 {
		return r.state(nil)
	}
	full := r.outcome()
	r.idle = map[int]bool{}
	for w := range in.Version.Workflows {
		r.idle[w] = idle[place(in.Version, w)]
	}
	return r.state(full)
}

// membership is what the profiles bring of which the identity is a member.
func (d *slowDiff) membership(i *slowIdentity) *slowState {
	r := d.run(&d.in, i.later)
	var tenant string
	if v, ok := i.later.value(scimeval.Attribute{Name: "id", Fold: d.in.Rules.Filter.AttributeFold}); ok && v.Kind() == scimeval.KindString {
		tenant = v.Text()
	}
	o := &slowOutcome{named: map[string]slowTruth{}, brought: map[string]slowTruth{}, entities: map[slowEntity]slowTruth{}}
	brought := map[string]bool{}
	for _, p := range d.in.Catalog.Profiles {
		members := r.profile(p.ID).Members
		if slices.Contains(members, i.id) || tenant != "" && slices.Contains(members, tenant) {
			o.named[p.ID] = slowYes
			r.effective(p.ID, brought)
		}
	}
	for id := range brought {
		o.brought[id] = slowYes
		for k := range r.profile(id).Entities {
			e := &r.profile(id).Entities[k]
			raise(o.entities, slowKey(e), r.entity(e))
			r.see(o, r.entity(e))
		}
		for _, ref := range r.profile(id).Inherits {
			if r.profile(ref.ID) == nil {
				r.see(o, slowMaybe)
			}
		}
	}
	st := &slowState{unknown: o.unknown, actions: slowFacts[slowAct]{}}
	r.belongings(st, o, because[string]{}, because[[2]string]{})
	for a, fact := range r.state(nil).actions {
		if slowEffect(a.kind) != EffectDeactivate || len(o.named) == 0 {
			st.actions[a] = fact
		}
	}
	return st
}

// quiet are the workflows that do not run again, surely and possibly.
func (d *slowDiff) quiet(i *slowIdentity) (surely, possibly map[slowAct]bool) {
	surely, possibly = map[slowAct]bool{}, map[slowAct]bool{}
	before := d.before(i, nil)
	known := map[slowAct]bool{}
	for _, v := range []*Input{&d.in, d.from()} { // the later version says it, if it has the workflow
		for k := 0; v != nil && k < len(v.Version.Workflows); k++ {
			at := place(v.Version, k)
			if was := before.triggers[at].t; !known[at] && !v.Version.Workflows[k].ContinuousSync && was != "" {
				possibly[at] = true
				if was == slowYes {
					surely[at] = true
				}
			}
			known[at] = true
		}
	}
	return surely, possibly
}

// happens is the truth of: something changes that some workflows make, on both sides.
func (d *slowDiff) happens(i *slowIdentity, runs func(at slowAct) bool) slowTruth {
	surely, possibly := d.quiet(i)
	truthWithout := func(quiet map[slowAct]bool) slowTruth {
		idle := map[slowAct]bool{{name: "none"}: true}
		for _, v := range []*Input{&d.in, d.from()} {
			for w := 0; v != nil && w < len(v.Version.Workflows); w++ {
				if at := place(v.Version, w); quiet[at] || !runs(at) {
					idle[at] = true
				}
			}
		}
		before, after := d.before(i, idle), d.state(&d.in, i.later, idle)
		if d.kind == BaselineGrants {
			return d.holdings(i, after).truth()
		}
		c := d.change(before, after)
		if d.kind == BaselineMembers {
			return c.gains()
		}
		return c.truth()
	}
	few, many := truthWithout(possibly), truthWithout(surely)
	if few != many {
		return slowMaybe
	}
	return few
}

// judge settles what becomes of an identity.
func (d *slowDiff) judge(i *slowIdentity) {
	i.effects, i.workflows = map[string]slowTruth{}, map[string]slowTruth{}
	i.affected, i.newly, i.taken = slowNo, slowNo, slowNo
	before := d.before(i, nil)
	if i.later == nil {
		i.change = d.change(before, before)
		i.status, i.unknown = StatusRemoved, false
		if d.in.Rules.AffectedPlanned {
			return
		}
		i.affected = slowMaybe
		for at := range before.triggers {
			i.workflows[at.workflow] = slowMaybe
		}
		return
	}
	after := d.state(&d.in, i.later, nil)
	run := d.run(&d.in, i.later)
	i.change = d.change(before, after)
	c := &i.change
	for _, t := range after.revokes {
		i.taken = slowOr(i.taken, t.t)
	}
	t := c.truth()
	if d.kind == BaselineGrants {
		i.held = d.holdings(i, after)
		t = i.held.truth()
		i.newly = i.taken
		i.gained, i.lost = i.held.granted == slowYes || i.held.deactivated == slowYes, i.taken == slowYes
		i.deactivated, i.unknown = i.held.deactivated, after.unknown
		i.accessGained, i.accessLost = len(i.held.gained) > 0, i.taken == slowYes
	} else {
		for h, now := range after.revokes {
			if was := before.revokes[h]; was.t != slowYes && was != now {
				i.newly = slowOr(i.newly, slowAnd(now.t, slowNot(cmp.Or(was.t, slowNo))))
			}
		}
		i.gained = len(c.actions.gained)+len(c.profiles.gained)+len(c.entities.gained) > 0
		i.lost = len(c.actions.lost)+len(c.profiles.lost)+len(c.entities.lost) > 0
		i.deactivated, i.unknown = c.gets("deactivate"), before.unknown || after.unknown
		i.accessGained, i.accessLost = len(c.entities.gained) > 0, len(c.entities.lost) > 0 || i.newly == slowYes
	}
	switch {
	case d.base != nil && i.base == nil:
		i.status = StatusNew
	case t == slowYes:
		i.status = StatusChanged
	case t == slowMaybe:
		i.status = StatusMaybe
	default:
		i.status = StatusUnchanged
	}
	i.affected = t
	if d.kind != BaselineMembers {
		i.affected = slowAnd(t, d.happens(i, func(slowAct) bool { return true }))
	}
	if d.in.Rules.AffectedPlanned {
		i.affected = after.outcome.affected()
	}
	for _, l := range d.in.OwnLimits {
		if l.Workflow == "" {
			continue
		}
		i.workflows[l.Workflow] = slowAnd(i.affected, d.happens(i, func(at slowAct) bool { return at.workflow == l.Workflow }))
		if d.in.Rules.AffectedPlanned {
			i.workflows[l.Workflow] = after.outcome.affectedBy(d.in.Version, l.Workflow)
		}
	}
	for _, effect := range LimitEffects {
		hit := c.gets(Effect(effect))
		switch effect {
		case "grant":
			hit = slowOr(hit, slowSome(len(c.entities.gained), len(c.entities.mayGain)))
		case "revoke":
			hit = slowOr(slowOr(i.newly, c.removal), slowSome(len(c.entities.lost), len(c.entities.mayLose)))
		}
		hit = slowAnd(hit, i.affected)
		if d.kind == BaselineGrants {
			switch effect {
			case "grant":
				hit = i.held.granted
			case "revoke":
				hit = i.taken
			case "deactivate":
				hit = i.held.deactivated
			default:
				hit = slowAnd(slowMaybe, run.effect(after.outcome, effect))
			}
		}
		if d.in.Rules.AffectedPlanned {
			hit = run.effect(after.outcome, effect)
		}
		i.effects[effect] = hit
	}
}

// slowHoldings compares what is wanted with what is held.
type slowHoldings struct {
	gained, maybe, kept  map[slowEntity]bool
	revokes              slowFacts[slowHeld]
	granted, deactivated slowTruth
	drift                int
	gainedActions        []slowAct // that deactivate
	maybeActions         []slowAct
}

func (h *slowHoldings) truth() slowTruth {
	t := slowOr(h.granted, h.deactivated)
	for _, fact := range h.revokes {
		t = slowOr(t, fact.t)
	}
	return t
}

func (d *slowDiff) holdings(i *slowIdentity, after *slowState) *slowHoldings {
	h := &slowHoldings{map[slowEntity]bool{}, map[slowEntity]bool{}, map[slowEntity]bool{}, after.revokes, slowNo, slowNo, 0, nil, nil}
	grants := d.in.Grants[i.id]
	nameless := d.nameless()
	is := func(k slowEntity, g Grant) bool {
		return k.datasource == g.DatasourceID && k.kind == g.EntityType && (k.id == g.EntityID || nameless[k] && g.Name != "" && k.id == g.Name)
	}
	for k, fact := range after.entities {
		holds, stays := false, false
		for _, g := range grants {
			if is(k, g) {
				holds = true
				_, goes := after.revokes[slowHeld{g.DatasourceID, g.EntityType, g.EntityID}]
				stays = stays || !goes
			}
		}
		switch {
		case stays:
			h.kept[k] = true
		case holds:
		case fact.t == slowYes:
			h.gained[k] = true
		default:
			h.maybe[k] = true
		}
	}
	h.granted = slowSome(len(h.gained), len(h.maybe))
	drifts := map[slowHeld]bool{}
	for _, g := range grants {
		held := slowHeld{g.DatasourceID, g.EntityType, g.EntityID}
		_, goes := after.revokes[held]
		explained := goes
		for _, other := range grants {
			for k := range after.entities {
				explained = explained || (slowHeld{other.DatasourceID, other.EntityType, other.EntityID}) == held && is(k, other)
			}
		}
		if !explained {
			drifts[held] = true
		}
	}
	h.drift = len(drifts)
	if len(grants) == 0 {
		return h
	}
	h.deactivated = d.run(&d.in, i.later).effect(after.outcome, "deactivate")
	for _, a := range after.order {
		switch {
		case after.actions[a].t == "": // done
		case slowEffect(a.kind) == EffectDeactivate && after.actions[a].t == slowYes:
			h.gainedActions = append(h.gainedActions, a)
		case slowEffect(a.kind) == EffectDeactivate, !slices.Contains(ActionTypes, a.kind):
			h.maybeActions = append(h.maybeActions, a)
		}
	}
	return h
}

// nameless are the entities that some profile holds without an id.
func (d *slowDiff) nameless() map[slowEntity]bool {
	found := map[slowEntity]bool{}
	for _, p := range d.in.Catalog.Profiles {
		for _, e := range p.Entities {
			if e.EntityID == "" && e.NativeID == "" {
				found[slowKey(&e)] = true
			}
		}
	}
	return found
}
