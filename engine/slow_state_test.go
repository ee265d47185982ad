package engine

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// What an identity has on one side of a diff, as the slow twin sees it, and what becomes of it between two sides. Sets have three
// truths, and are compared element by element.

// slowFact is how certain something is and, where that is unknown, on which expressions it depends.
type slowFact struct {
	t   slowTruth
	why string // sorted texts
}

type slowFacts[K comparable] map[K]slowFact

// slowAct is an action in a workflow.
type slowAct struct {
	workflow   string
	occurrence int
	name, kind string
}

// slowState is what an identity has on one side.
type slowState struct {
	outcome  *slowOutcome
	triggers slowFacts[slowAct] // without an action
	actions  slowFacts[slowAct]
	order    []slowAct // of actions as they are evaluated, those that are done included
	profiles slowFacts[string]
	entities slowFacts[slowEntity]
	removal  slowFacts[[2]string]
	revokes  slowFacts[slowHeld]
	unknown  bool
}

// texts are sets of expressions.
type texts map[string]bool

func (x texts) with(more ...string) texts {
	out := maps.Clone(x)
	for _, t := range more {
		out[t] = true
	}
	return out
}

func splitTexts(why string) []string {
	if why == "" {
		return nil
	}
	return strings.Split(why, "\n")
}

func (x texts) String() string { return strings.Join(slices.Sorted(maps.Keys(x)), "\n") }

// because collects the texts on which something depends.
type because[K comparable] map[K]texts

func (b because[K]) add(k K, why texts) {
	if b[k] == nil {
		b[k] = texts{}
	}
	maps.Copy(b[k], why)
}

func factsOf[K comparable](truths map[K]slowTruth, why because[K]) slowFacts[K] {
	facts := slowFacts[K]{}
	for k, t := range truths {
		switch t {
		case slowYes:
			facts[k] = slowFact{t: t}
		case slowMaybe:
			facts[k] = slowFact{t, why[k].String()}
		}
	}
	return facts
}

// openText is the text of a test, if that is unknown.
func (s *slowRun) openText(t Test, ofEntity bool) texts {
	if s.test(t, ofEntity) != slowMaybe {
		return texts{}
	}
	switch {
	case !blank(t.Text) && (t.Numbered || t.Form == FormString || t.Form == FormExpression || t.Form == FormAbsent):
		return texts{t.Text: true}
	case !t.Numbered && t.Form == FormExpression:
		return texts{t.Type: true}
	}
	return texts{"cannot be evaluated: " + t.Type + "\x00" + t.Text: true}
}

// trails follows every way along references that is not false, with the unknown texts on it. A way ends where it comes to an
// action with the same texts again.
func (s *slowRun) trails(list []Condition, why texts, seen map[string]bool, visit func(*Action, texts)) {
	for i := range list {
		c := &list[i]
		if c.State == StateDisabled || s.test(c.Test, false) == slowNo {
			continue
		}
		here := why.with(slices.Collect(maps.Keys(s.openText(c.Test, false)))...)
		for _, ref := range c.Actions {
			a := s.action(ref.Name)
			if a == nil || a.State == StateDisabled || seen[a.Name+"\x00"+here.String()] {
				continue
			}
			seen[a.Name+"\x00"+here.String()] = true
			visit(a, here)
			s.trails(a.Conditions, here, seen, visit)
		}
	}
}

// place is a workflow by name and occurrence.
func place(v *Version, index int) slowAct {
	at := slowAct{workflow: v.Workflows[index].Name}
	for _, w := range v.Workflows[:index] {
		if w.Name == at.workflow {
			at.occurrence++
		}
	}
	return at
}

func (s *slowRun) scope(e *Entity) [2]string {
	if s.rules.RemoveByDatasource {
		return [2]string{e.DatasourceID}
	}
	return [2]string{e.DatasourceID, e.EntityType}
}

// state lays an outcome out as sets. full is the outcome with all workflows: what they want is not taken away.
func (s *slowRun) state(full *slowOutcome) *slowState {
	o := s.outcome()
	if full != nil {
		o.revokes = map[slowHeld]slowTruth{}
		s.revokes(o, full.actions)
	}
	v := s.in.Version
	st := &slowState{outcome: o, unknown: o.unknown}

	triggers, triggersWhy := map[slowAct]slowTruth{}, because[slowAct]{}
	actions, actionsWhy := map[slowAct]slowTruth{}, because[slowAct]{}
	earlier := texts{}
	for _, i := range o.order {
		at := place(v, i)
		triggers[at] = o.workflows[i]
		own := s.openText(v.Workflows[i].Trigger, false)
		why := maps.Clone(own)
		if s.rules.FirstMatch && o.workflows[i] == slowMaybe {
			maps.Copy(why, earlier)
		}
		maps.Copy(earlier, own)
		triggersWhy.add(at, why)
		s.trails(v.Workflows[i].Conditions, why, map[string]bool{}, func(a *Action, why texts) {
			actionsWhy.add(slowAct{at.workflow, at.occurrence, a.Name, a.Type}, why)
		})
	}
	removal := map[[2]string]slowTruth{}
	profilesWhy, removalWhy := because[string]{}, because[[2]string]{}
	for _, a := range o.actions {
		at := place(v, a.workflow)
		at.name, at.kind = a.action.Name, a.action.Type
		st.order = append(st.order, at)
		t := statusTruth(a.status)
		if t == slowNo {
			continue
		}
		raise(actions, at, t)
		brought := map[string]bool{}
		for _, ref := range a.action.AccessProfiles {
			s.effective(ref.ID, brought)
			brought[ref.ID] = true
		}
		s.eachEntity(a.action, func(_ string, e *Entity) {
			if removes(a.action) {
				raise(removal, s.scope(e), t)
				if t == slowMaybe {
					removalWhy.add(s.scope(e), actionsWhy[at])
				}
			}
		})
		for id := range brought {
			if t == slowMaybe {
				profilesWhy.add(id, actionsWhy[at])
			}
		}
	}
	st.triggers, st.actions = factsOf(triggers, triggersWhy), factsOf(actions, actionsWhy)
	st.removal = factsOf(removal, removalWhy)
	s.belongings(st, o, profilesWhy, removalWhy)
	return st
}

// belongings fills the profiles, entities and revokes of a state.
func (s *slowRun) belongings(st *slowState, o *slowOutcome, profilesWhy because[string], removalWhy because[[2]string]) {
	profiles := map[string]slowTruth{}
	entitiesWhy := because[slowEntity]{}
	for id, t := range o.named {
		raise(profiles, id, t)
	}
	nameless := map[slowEntity]bool{}
	for id, t := range o.brought {
		raise(profiles, id, t)
		for i := range s.profile(id).Entities {
			e := &s.profile(id).Entities[i]
			if s.entity(e) == slowNo {
				continue
			}
			nameless[slowKey(e)] = nameless[slowKey(e)] || e.EntityID == "" && e.NativeID == ""
			if e.Condition != nil {
				entitiesWhy.add(slowKey(e), s.openText(*e.Condition, true))
			}
			if t == slowMaybe {
				entitiesWhy.add(slowKey(e), profilesWhy[id])
			}
		}
	}
	st.profiles, st.entities = factsOf(profiles, profilesWhy), factsOf(o.entities, entitiesWhy)
	revokesWhy := because[slowHeld]{}
	for _, g := range s.in.Grants[s.who.id] {
		h := slowHeld{g.DatasourceID, g.EntityType, g.EntityID}
		revokesWhy.add(h, removalWhy[s.scope(&Entity{DatasourceID: g.DatasourceID, EntityType: g.EntityType})])
		for k, why := range entitiesWhy {
			if k.datasource == h.datasource && k.kind == h.kind && (k.id == h.id || nameless[k] && g.Name != "" && k.id == g.Name) {
				revokesWhy.add(h, why)
			}
		}
	}
	st.revokes = factsOf(o.revokes, revokesWhy)
}

// slowSets is what becomes of one kind of things.
type slowSets[K comparable] struct {
	gained, lost, maybe, kept map[K]bool
	mayGain, mayLose          map[K]bool // those of maybe that may be new, and that may be gone
}

func slowCompare[K comparable](from, to slowFacts[K]) slowSets[K] {
	d := slowSets[K]{map[K]bool{}, map[K]bool{}, map[K]bool{}, map[K]bool{}, map[K]bool{}, map[K]bool{}}
	all := slowFacts[K]{}
	maps.Copy(all, from)
	maps.Copy(all, to)
	for k := range all {
		was, is := cmp.Or(from[k], slowFact{t: slowNo}), cmp.Or(to[k], slowFact{t: slowNo})
		switch {
		case was.t == slowYes && is.t == slowYes:
			d.kept[k] = true
		case was.t == slowNo && is.t == slowYes:
			d.gained[k] = true
		case was.t == slowYes && is.t == slowNo:
			d.lost[k] = true
		case was != is:
			d.maybe[k] = true
			if was.t != slowYes && is.t != slowNo {
				d.mayGain[k] = true
			}
			if was.t != slowNo && is.t != slowYes {
				d.mayLose[k] = true
			}
		}
	}
	return d
}

func (d slowSets[K]) truth() slowTruth { return slowSome(len(d.gained)+len(d.lost), len(d.maybe)) }

func slowSome(certain, possible int) slowTruth {
	switch {
	case certain > 0:
		return slowYes
	case possible > 0:
		return slowMaybe
	}
	return slowNo
}

// slowChange is what becomes of an identity between two states.
type slowChange struct {
	before, after *slowState
	actions       slowSets[slowAct]
	profiles      slowSets[string]
	entities      slowSets[slowEntity]
	revokes       slowSets[slowHeld]
	removal       slowTruth // more may be removed, and nobody knows what is held
}

func (d *slowDiff) change(before, after *slowState) slowChange {
	c := slowChange{
		before: before, after: after, removal: slowNo,
		actions: slowCompare(before.actions, after.actions), profiles: slowCompare(before.profiles, after.profiles),
		entities: slowCompare(before.entities, after.entities), revokes: slowCompare(before.revokes, after.revokes),
	}
	if d.in.Grants == nil {
		for k, is := range after.removal {
			if was := before.removal[k]; was != is && was.t != slowYes {
				c.removal = slowMaybe
			}
		}
	}
	return c
}

// items is the truth of: something that the policy plans for the identity differs.
func (c *slowChange) items() slowTruth {
	return slowOr(slowOr(c.actions.truth(), c.profiles.truth()), c.entities.truth())
}

func (c *slowChange) truth() slowTruth {
	return slowOr(c.items(), slowOr(c.revokes.truth(), c.removal))
}

func gainTruth[K comparable](d slowSets[K], from, to slowFacts[K]) slowTruth {
	t := slowSome(len(d.gained), 0)
	for k := range d.maybe {
		if _, may := to[k]; may && from[k].t != slowYes {
			t = slowOr(t, slowMaybe)
		}
	}
	return t
}

// gains is the truth of: the identity gains something, or has something new taken away.
func (c *slowChange) gains() slowTruth {
	t := slowOr(gainTruth(c.actions, c.before.actions, c.after.actions), gainTruth(c.profiles, c.before.profiles, c.after.profiles))
	return slowOr(slowOr(t, gainTruth(c.entities, c.before.entities, c.after.entities)), slowOr(c.revokes.truth(), c.removal))
}

var slowEffects = map[string]Effect{
	"MANAGE_RELATIONSHIPS": "grant", "SYNC_IDENTITIES": "sync", "DEPROVISION_IDENTITY": "deactivate", "DELETE_IDENTITY": "deactivate",
}

func slowEffect(kind string) Effect { return cmp.Or(slowEffects[kind], EffectOpaque) }

// gets is the truth of: the identity gains an action with the effect.
func (c *slowChange) gets(effect Effect) slowTruth {
	t := slowNo
	for a := range c.actions.gained {
		switch {
		case slowEffect(a.kind) == effect:
			t = slowOr(t, slowYes)
		case !slices.Contains(ActionTypes, a.kind):
			t = slowOr(t, slowMaybe)
		}
	}
	for a := range c.actions.mayGain {
		if slowEffect(a.kind) == effect || !slices.Contains(ActionTypes, a.kind) {
			t = slowOr(t, slowMaybe)
		}
	}
	return t
}
