package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// editDump prints a side as far as it decides what happens to identities, in the order of its lists.
func editDump(s Side) string {
	var b strings.Builder
	s = s.filled()
	conditions := func(list []Condition) {
		for _, c := range list {
			fmt.Fprintf(&b, "    %q %s\n", c.Name, conditionContent(&c))
		}
	}
	for _, w := range s.Version.Workflows {
		fmt.Fprintf(&b, "workflow %q %s %d %t %q %s\n", w.Name, w.State, w.Priority, w.ContinuousSync, w.Schedule, testContent(w.Trigger, false))
		conditions(w.Conditions)
	}
	for _, x := range firstParts(s.Version.Actions, func(a *Action) string { return a.Name }) {
		a := x.part
		fmt.Fprintf(&b, "action %q %s %s %t %t %q\n", a.Name, a.Type, a.State, a.RunOnce, a.RemoveExisting, distinct(profileIDs(a.AccessProfiles)))
		conditions(a.Conditions)
	}
	var profiles []string
	for _, x := range firstParts(s.Catalog.Profiles, func(p *Profile) string { return p.ID }) {
		p := x.part
		var entities []string
		for _, n := range p.Entities {
			entities = append(entities, entityContent(&n)+" "+testContent(gate(&n), true))
		}
		profiles = append(profiles, fmt.Sprintf("profile %s %s %s %q %q\n", p.ID, p.State, p.VersionState, distinct(profileIDs(p.Inherits)), distinct(entities)))
	}
	slices.Sort(profiles)
	b.WriteString(strings.Join(profiles, ""))
	fmt.Fprintf(&b, "movers %q\n", distinct(s.Version.MoverProperties))
	return b.String()
}

// reachable is a side with only the profiles that are given.
func reachable(s Side, among *Catalog) Side {
	s = s.filled()
	keep := make(map[string]bool)
	for _, p := range among.Profiles {
		keep[p.ID] = true
	}
	catalog := *s.Catalog
	catalog.Profiles = slices.DeleteFunc(slices.Clone(catalog.Profiles), func(p Profile) bool { return !keep[p.ID] })
	s.Catalog = &catalog
	return s
}

func takeNone(int) bool { return false }
func takeAll(int) bool  { return true }

// copyOf is a side that shares nothing that a change could reach.
func copyOf(s Side) Side {
	conditions := func(list []Condition) []Condition {
		list = slices.Clone(list)
		for i := range list {
			list[i].Actions = slices.Clone(list[i].Actions)
		}
		return list
	}
	v, c := *s.Version, *s.Catalog
	v.Workflows, v.Actions, c.Profiles = slices.Clone(v.Workflows), slices.Clone(v.Actions), slices.Clone(c.Profiles)
	v.MoverProperties = slices.Clone(v.MoverProperties)
	for i := range v.Workflows {
		v.Workflows[i].Conditions = conditions(v.Workflows[i].Conditions)
	}
	for i := range v.Actions {
		v.Actions[i].Conditions = conditions(v.Actions[i].Conditions)
		v.Actions[i].AccessProfiles = slices.Clone(v.Actions[i].AccessProfiles)
	}
	for i := range c.Profiles {
		c.Profiles[i].Inherits, c.Profiles[i].Entities = slices.Clone(c.Profiles[i].Inherits), slices.Clone(c.Profiles[i].Entities)
	}
	return Side{s.Policy, &v, &c}
}

// shuffled drops, doubles, moves and adds parts.
func shuffled[T any](r *random, list []T, one func() T) []T {
	list = slices.Clone(list)
	for range r.below(3) {
		i := r.below(len(list) + 1)
		switch k := r.below(4); {
		case k == 0 || len(list) == 0:
			list = slices.Insert(list, i, one())
		case k == 1:
			i = r.below(len(list))
			list = slices.Delete(list, i, i+1)
		case k == 2:
			list = slices.Insert(list, i, list[r.below(len(list))])
		default:
			j := r.below(len(list))
			i = r.below(len(list))
			list[i], list[j] = list[j], list[i]
		}
	}
	return list
}

func mutateConditions(r *random, list []Condition) []Condition {
	list = shuffled(r, list, func() Condition { return randomConditions(r, 1, 1)[0] })
	for i := range list {
		c := &list[i]
		switch r.below(8) {
		case 0:
			c.Test = randomTest(r)
		case 1:
			c.State = randomState(r, 50)
		case 2:
			c.Name = oneOf(r, "sync", "other", "")
		case 3:
			c.Actions = shuffled(r, c.Actions, func() ActionRef { return ActionRef{Name: oneOf(r, "A", "B", "C", "Ghost")} })
		}
	}
	return list
}

// mutated is a later side that has much in common with s.
func mutated(r *random, s Side) Side {
	s = copyOf(s)
	v := s.Version
	v.Workflows = shuffled(r, v.Workflows, func() Workflow {
		return workflow(oneOf(r, "W1", "W2", "W3", "W4"), randomTest(r), randomConditions(r, 0, 2)...)
	})
	for i := range v.Workflows {
		w := &v.Workflows[i]
		switch r.below(7) {
		case 0:
			w.Trigger = randomTest(r)
		case 1:
			w.Priority = oneOf(r, 0, 1, 2, 3)
		case 2:
			w.State = randomState(r, 40)
		case 3:
			w.ContinuousSync = !w.ContinuousSync
		case 4:
			w.Conditions = mutateConditions(r, w.Conditions)
		}
	}
	v.Actions = shuffled(r, v.Actions, func() Action { return randomVersion(r).Actions[0] })
	for i := range v.Actions {
		a := &v.Actions[i]
		switch r.below(8) {
		case 0:
			a.Type = oneOf(r, "MANAGE_RELATIONSHIPS", "SYNC_IDENTITIES", "DELETE_IDENTITY")
		case 1:
			a.RunOnce = !a.RunOnce
		case 2:
			a.RemoveExisting = !a.RemoveExisting
		case 3:
			a.AccessProfiles = shuffled(r, a.AccessProfiles, func() ProfileRef { return ProfileRef{ID: randomProfileID(r)} })
		case 4:
			a.Conditions = mutateConditions(r, a.Conditions)
		}
	}
	if chance(r, 50) {
		return s
	}
	c := s.Catalog
	c.Profiles = shuffled(r, c.Profiles, func() Profile { return randomCatalog(r).Profiles[0] })
	for i := range c.Profiles {
		p := &c.Profiles[i]
		switch r.below(8) {
		case 0:
			p.State = oneOf(r, StateRunning, "PAUSED")
		case 1:
			p.VersionState = oneOf(r, StatePublished, StateDraft)
		case 2:
			p.Inherits = shuffled(r, p.Inherits, func() ProfileRef { return ProfileRef{ID: randomProfileID(r)} })
		case 3:
			p.Entities = shuffled(r, p.Entities, func() Entity { return randomEntity(r) })
		case 4:
			if len(p.Entities) > 0 {
				test := randomTest(r)
				p.Entities[r.below(len(p.Entities))].Condition = &test
			}
		}
	}
	return s
}

// randomSides are two sides, alike in part, and what else a simulation of them needs.
func randomSides(t *rapid.T) (from, to Side, in Input, people []person) {
	in, people = randomInput(t)
	r := &random{t: t, seed: rapid.Uint64().Draw(t, "seed of the later side")}
	from = Side{in.Policy, in.Version, in.Catalog}
	from.Version.MoverProperties = oneOf(r, nil, []string{"dept", "level"})
	to = mutated(r, from)
	if chance(r, 10) {
		to = Side{in.Policy, randomVersion(r), randomCatalog(r)}
	}
	to.Version.MoverProperties = oneOf(r, nil, []string{"level", "dept"}, []string{"team"})
	if chance(r, 30) {
		from, to = to, from
	}
	return from, to, in, people
}

// requireSame compares what happens to every identity on two sides, and every list of the result.
func requireSame(t *rapid.T, in Input, people []person, want, got Side) {
	runs := [2]run{}
	for i, side := range []Side{want, got} {
		in.Version, in.Catalog = side.Version, side.Catalog
		runs[i] = simulate(t, in, people)
		for k := range runs[i].result.Entitlements {
			runs[i].result.Entitlements[k].Name = nil // names of entities and profiles are no edits
		}
		for k := range runs[i].result.AccessProfiles {
			runs[i].result.AccessProfiles[k].Name = nil
		}
	}
	require.Equal(t, runs[0].rows, runs[1].rows)
	require.Equal(t, runs[0].result, runs[1].result)
}

// TestMergeEnds: no edits are the earlier side, all of them the later one.
func TestMergeEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to, in, people := randomSides(t)
		before := [2]Side{copyOf(from), copyOf(to)}
		e := NewEdits(from, to)
		nothing, everything := e.Merge(takeNone), e.Merge(takeAll)
		require.Equal(t, editDump(reachable(from, nothing.Catalog)), editDump(nothing))
		require.Equal(t, editDump(reachable(to, everything.Catalog)), editDump(everything))
		requireSame(t, in, people, from, nothing)
		requireSame(t, in, people, to, everything)
		if len(e.List) == 0 {
			requireSame(t, in, people, from, to)
		}
		require.Equal(t, before, [2]Side{from, to}, "the sides are only read")
		require.Same(t, from.Policy, nothing.Policy)
		require.Empty(t, nothing.Version.SHA256)
	})
}

// TestEditsAreWhole: each edit changes something, alone and beside all others. An edit of an order may not: equal
// conditions can stand for each other.
func TestEditsAreWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to, _, _ := randomSides(t)
		e := NewEdits(from, to)
		nothing, everything := editDump(e.Merge(takeNone)), editDump(e.Merge(takeAll))
		for i := range e.List {
			if strings.HasSuffix(e.List[i].Kind, "-order") {
				continue
			}
			alone := editDump(e.Merge(func(edit int) bool { return edit == i }))
			without := editDump(e.Merge(func(edit int) bool { return edit != i }))
			require.NotEqual(t, nothing, alone, e.List[i].Text)
			require.NotEqual(t, everything, without, e.List[i].Text)
		}
		require.Equal(t, len(e.List) == 0, nothing == everything)
	})
}

// TestEditsMirror: the other way round there are the same edits, with added and removed exchanged.
func TestEditsMirror(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to, _, _ := randomSides(t)
		kinds := func(e *Edits, turn bool) []string {
			list := []string{}
			for _, x := range e.List {
				kind := x.Kind
				if turn {
					kind = strings.NewReplacer("-added", "-removed", "-removed", "-added").Replace(kind)
				}
				list = append(list, kind)
			}
			slices.Sort(list)
			return list
		}
		require.Equal(t, kinds(NewEdits(from, to), false), kinds(NewEdits(to, from), true))
	})
}

// TestNoEdits: a side does not differ from itself, nor from one that only stands elsewhere or is spelled otherwise.
func TestNoEdits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, _ := randomInput(t)
		from := Side{in.Policy, in.Version, in.Catalog}
		require.Empty(t, NewEdits(from, from).List)

		to := copyOf(from)
		at := Position{File: "other.json", Line: 7, Path: "config.workflows[9]"}
		to.Version.SHA256, to.Version.Number, to.Version.Position = "abc", 9, at
		conditions := func(list []Condition) {
			for i := range list {
				list[i].Position, list[i].Test.TypeAt, list[i].Test.TextAt = at, at, at
				if list[i].Test.Form == FormAny && !list[i].Test.Numbered {
					list[i].Test.Type, list[i].Test.Text = "Any", "beside ANY"
				}
				for k := range list[i].Actions {
					list[i].Actions[k].Position = at
				}
			}
		}
		for i := range to.Version.Workflows {
			to.Version.Workflows[i].Position = at
			conditions(to.Version.Workflows[i].Conditions)
		}
		for i := range to.Version.Actions {
			a := &to.Version.Actions[i]
			a.Position, a.Canonical = at, "other"
			slices.Reverse(a.AccessProfiles)
			conditions(a.Conditions)
		}
		for i := range to.Catalog.Profiles {
			p := &to.Catalog.Profiles[i]
			p.Position, p.Name, p.TypeID, p.Version = at, "renamed", "other", 99
			slices.Reverse(p.Entities)
			for k := range p.Entities {
				if n := &p.Entities[k]; !nameless(n) {
					n.EntityName = "renamed"
				}
			}
		}
		slices.Reverse(to.Catalog.Profiles)
		distinctIDs := distinct(idsOf(to.Catalog))
		if len(distinctIDs) < len(to.Catalog.Profiles) {
			slices.Reverse(to.Catalog.Profiles) // the first of two counts
		}
		require.Empty(t, NewEdits(from, to).List)
	})
}

func idsOf(c *Catalog) []string {
	var ids []string
	for _, p := range c.Profiles {
		ids = append(ids, p.ID)
	}
	return ids
}
