package engine

import (
	"cmp"
	goflag "flag"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/scimeval"
)

// explain explains one person.
func explain(t require.TestingT, in Input, who person, opt ExplainOptions) (*Program, *Explanation) {
	p := Compile(in)
	rec, ids := batchOf(p.Attributes(), []person{who})
	defer rec.Release()
	e, _, err := Explain(p, rec, ids[0], opt)
	require.NoError(t, err)
	return p, e
}

// fewFilters are expressions over few atoms, one of which cannot be evaluated, and one expression that cannot be at all.
var fewFilters = []string{
	`dept eq "Sales"`,
	`level ge 2`,
	`dept eq "Sales" or level ge 2`,
	`level ge 2 and not (flag eq true)`,
	`not (level ge 2) and (dept pr or flag eq true)`,
	`flag gt true or dept pr`,
	`flag eq true and flag gt true`,
	`not (dept eq "Sales" and flag eq true) or level ge 2 and dept pr`,
	`dept pr or not (dept pr)`,
	`dept eq`,
}

// fewAtoms makes a random policy whose expressions are fewFilters, for people with three attributes.
func fewAtoms(t *rapid.T) (Input, []person) {
	in, _ := randomInput(t)
	r := &random{t: t, seed: rapid.Uint64().Draw(t, "filters")}
	replace := func(test *Test) {
		for _, text := range []*string{&test.Text, &test.Type} {
			if strings.Contains(*text, " ") && strings.TrimSpace(*text) != "" {
				*text = oneOf(r, fewFilters...)
			}
		}
	}
	conditions := func(list []Condition) {
		for i := range list {
			replace(&list[i].Test)
		}
	}
	for i := range in.Version.Workflows {
		replace(&in.Version.Workflows[i].Trigger)
		conditions(in.Version.Workflows[i].Conditions)
	}
	for i := range in.Version.Actions {
		conditions(in.Version.Actions[i].Conditions)
	}
	for i := range in.Catalog.Profiles {
		for j := range in.Catalog.Profiles[i].Entities {
			if c := in.Catalog.Profiles[i].Entities[j].Condition; c != nil {
				replace(c)
			}
		}
	}
	in.OwnLimits, in.Guards = nil, nil
	people := fewPeople(t)
	return in, []person{people[r.below(len(people))]}
}

// fewPeople are people with every combination of a few values.
func fewPeople(t require.TestingT) []person {
	var people []person
	for _, dept := range []string{"", `"dept":"Sales"`, `"dept":"IT"`, `"dept":""`} {
		for _, level := range []string{"", `"level":1`, `"level":2`, `"level":"2"`} {
			for _, flag := range []string{"", `"flag":true`, `"flag":false`} {
				members := slices.DeleteFunc([]string{dept, level, flag}, func(s string) bool { return s == "" })
				people = append(people, personOf(t, "p1", "{"+strings.Join(members, ",")+"}"))
			}
		}
	}
	return people
}

// brute decides reasons by trying every truth of every atom with the simulator itself.
type brute struct {
	program *Program
	vector  []uint64        // of the person
	trees   []scimeval.Node // by expression; nil = refused
	atoms   []string
}

func newBrute(t require.TestingT, p *Program, who person) *brute {
	rec, ids := batchOf(p.Attributes(), []person{who})
	defer rec.Release()
	classes, err := p.NewClassifier().Classify(rec, ids)
	require.NoError(t, err)
	b := &brute{program: p, vector: slices.Clone(classes.vectors.at(0))}
	for i, text := range p.exprs.texts {
		tree, err := scimeval.Parse(text)
		if err != nil || p.filters.Filter(i).Refused() {
			tree = nil
		}
		b.trees = append(b.trees, tree)
		b.evaluate(i, func(atom string) bool {
			if !slices.Contains(b.atoms, atom) {
				b.atoms = append(b.atoms, atom)
			}
			return false
		})
	}
	return b
}

// evaluate decides an expression whose atoms have a given truth. What the program refuses is one atom.
func (b *brute) evaluate(expr int, truth func(string) bool) bool {
	if b.trees[expr] == nil {
		return truth(b.program.exprs.texts[expr])
	}
	var of func(n scimeval.Node) bool
	of = func(n scimeval.Node) bool {
		switch n := n.(type) {
		case *scimeval.And:
			all := true
			for _, term := range n.Terms {
				all = of(term) && all
			}
			return all
		case *scimeval.Or:
			some := false
			for _, term := range n.Terms {
				some = of(term) || some
			}
			return some
		case *scimeval.Not:
			return !of(n.Term)
		}
		return truth(scimeval.Print(n))
	}
	return of(b.trees[expr])
}

// always tells whether got is true of the outcome for every truth of the atoms that fixed leaves open.
func (b *brute) always(fixed map[string]bool, got func(*outcome) bool) bool {
	var open []string
	for _, atom := range b.atoms {
		if _, ok := fixed[atom]; !ok {
			open = append(open, atom)
		}
	}
	simulator := newSimulator(b.program.plan, b.program.layout)
	for mask := range 1 << len(open) {
		truth := func(atom string) bool {
			if t, ok := fixed[atom]; ok {
				return t
			}
			return mask>>slices.Index(open, atom)&1 == 1
		}
		vector := slices.Clone(b.vector)
		for i := range b.program.exprs.texts {
			holds := b.evaluate(i, truth)
			for _, bit := range []int{b.program.layout.lower[i], b.program.layout.upper[i]} {
				vector[bit/64] &^= 1 << (bit % 64)
				if holds {
					vector[bit/64] |= 1 << (bit % 64)
				}
			}
		}
		if !got(simulator.run(vector)) {
			return false
		}
	}
	return true
}

// check requires that a reason is sufficient and irreducible.
func (b *brute) check(t require.TestingT, what string, reason Reason, got func(*outcome) bool) (checked bool) {
	fixed := make(map[string]bool)
	for _, a := range slices.Concat(reason.Atoms, reason.Assumed) {
		if !slices.Contains(b.atoms, a.Atom) {
			return false // the test of a type that cannot be evaluated, such as NODE_IN_GRAPH, has no truth of its own
		}
		if a.Truth == "unknown" {
			require.False(t, reason.Irreducible, what)
			return false
		}
		fixed[a.Atom] = a.Truth == "true"
	}
	require.True(t, reason.Irreducible, what)
	require.True(t, b.always(fixed, got), "%s: the reason is not sufficient: %s", what, reason.Text)
	for atom, truth := range fixed {
		delete(fixed, atom)
		require.False(t, b.always(fixed, got), "%s: %s can be missed: %s", what, atom, reason.Text)
		fixed[atom] = truth
	}
	return true
}

// Every reason is sufficient and irreducible: all truths of all atoms are tried.
func TestReasonsByBruteForce(t *testing.T) {
	checked, assumed, negative := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		in, people := fewAtoms(t)
		p, e := explain(t, in, people[0], ExplainOptions{})
		b := newBrute(t, p, people[0])
		at := func(w int, name string) func(*outcome) bool {
			return func(o *outcome) bool {
				return slices.ContainsFunc(o.actions, func(a actionOutcome) bool {
					return a.workflow == w && p.plan.actions[a.action].Name == name && a.status != statusPossible
				})
			}
		}
		undone := *b // whether an action is reached is not seen where history says that it was done
		undone.vector = slices.Clone(b.vector)
		for _, bit := range p.layout.done {
			undone.vector[bit/64] &^= 1 << (bit % 64)
		}
		for _, a := range e.Actions {
			if undone.check(t, a.Workflow+"/"+a.Name, a.Because, at(a.WorkflowIndex, a.Name)) {
				checked++
				if len(a.Because.Assumed) > 0 {
					require.NotEqual(t, "planned", a.Status)
					assumed++
				}
			}
		}
		x := &explainer{plan: p.plan}
		// A trigger without an expression stays unknown in a simulation. Under first_match it helps one workflow and hinders the
		// next, which may bring the same profile: then a reason sees more than the simulator does.
		blurred := p.plan.rules.FirstMatch && slices.ContainsFunc(p.plan.workflows, func(w workflowPlan) bool {
			return w.trigger.expr < 0 && w.trigger.constant == isUnknown
		})
		for _, profile := range e.AccessProfiles {
			if blurred {
				break
			}
			i := slices.IndexFunc(p.plan.profiles, func(plan profilePlan) bool { return plan.id == profile.ID })
			b.check(t, profile.ID, profile.Because, func(o *outcome) bool { return x.gets(o, i) })
			require.Equal(t, profile.Status == "possible", len(profile.Because.Assumed) > 0, "%+v", profile)
		}
		for _, g := range e.Missed {
			for _, m := range g.Items {
				if m.Because == nil || m.Kind == KindProfile || m.Kind == KindEntitlement && blurred {
					continue
				}
				perhaps := func(o *outcome) bool {
					if m.Kind == KindEntitlement {
						return slices.ContainsFunc(o.entities.high, func(i int) bool { return p.plan.entities.keys[i].text() == *m.ID })
					}
					return slices.ContainsFunc(o.actions, func(a actionOutcome) bool {
						return a.workflow == *m.WorkflowIndex && p.plan.actions[a.action].Name == m.Name
					})
				}
				if b.check(t, "not "+m.Name, *m.Because, func(o *outcome) bool { return !perhaps(o) }) {
					negative++
				}
			}
		}
	})
	requireMet(t, checked, assumed, negative)
}

// personWith is the person with the changes.
func personWith(t require.TestingT, who person, list []AttributeChange) person {
	var members []scimeval.Member
	for _, m := range who.record.Members() {
		if !slices.ContainsFunc(list, func(c AttributeChange) bool { return c.Attribute == m.Name }) {
			members = append(members, m)
		}
	}
	for _, c := range list {
		if c.Value != nil {
			v, err := scimeval.ParseValue([]byte(*c.Value))
			require.NoError(t, err)
			members = append(members, scimeval.Member{Name: c.Attribute, Value: v})
		}
	}
	return person{who.id, scimeval.ObjectValue(members)}
}

// differing counts the attributes in which two people differ.
func differing(a, b person) int {
	n := 0
	for _, name := range []string{"dept", "level", "flag"} {
		v, hasV := a.value(scimeval.Attribute{Name: name})
		w, hasW := b.value(scimeval.Attribute{Name: name})
		if hasV != hasW || v.String() != w.String() {
			n++
		}
	}
	return n
}

// Every change gives what it says, and none that changes fewer attributes does: every person is tried.
func TestSmallestChangesByBruteForce(t *testing.T) {
	found, none, brought, entitlements := 0, 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		in, people := fewAtoms(t)
		who := people[0]
		_, e := explain(t, in, who, ExplainOptions{})
		everybody := fewPeople(t)
		all := simulate(t, in, everybody)
		gets := func(row *Row, m Missed) bool {
			switch m.Kind {
			case KindProfile:
				return slices.Contains(row.AccessProfileIDs, *m.ID) || slices.Contains(row.InheritedProfileIDs, *m.ID)
			case KindEntitlement:
				return slices.Contains(row.Entitlements, *m.ID)
			}
			return slices.ContainsFunc(row.Actions, func(a ActionStatus) bool {
				return a.Workflow == *m.Workflow && a.Name == m.Name && a.Status == "planned"
			})
		}
		names := make(map[string]int) // workflows of one name cannot be told apart in rows
		for _, w := range in.Version.Workflows {
			names[w.Name]++
		}
		nearest := make(map[string]int) // fewest changes after which a person has an entitlement
		now := simulate(t, in, people).rows[0]
		for i, other := range everybody {
			for _, key := range all.rows[i].Entitlements {
				if !slices.Contains(now.Entitlements, key) && !slices.Contains(now.PossibleEntitlements, key) {
					nearest[key] = min(differing(who, other), cmp.Or(nearest[key], maxChanged))
				}
			}
		}
		for _, g := range e.Missed {
			one := simulate(t, in, []person{personWith(t, who, g.Changes)})
			for key, n := range nearest {
				if len(g.Changes) > 0 && len(g.Changes) <= n && slices.Contains(one.rows[0].Entitlements, key) {
					delete(nearest, key)
					brought++
				}
			}
			for _, m := range g.Items {
				if m.Kind == KindEntitlement {
					entitlements++
				}
				if m.Kind == "action" && names[*m.Workflow] > 1 {
					continue
				}
				if len(g.Changes) > 0 {
					found++
					require.True(t, gets(&one.rows[0], m), "%s: %+v", g.Text, m)
				} else {
					none++
				}
				for i, other := range everybody {
					if n := differing(who, other); n < len(g.Changes) || len(g.Changes) == 0 {
						require.False(t, gets(&all.rows[i], m), "%d changes of %s, not %q: %+v; %s", n, who.record, g.Text, m, other.record)
					}
				}
			}
		}
		require.Empty(t, nearest, "no group of that few changes gives the entitlements: %s", who.record)
	})
	requireMet(t, found, none, brought, entitlements)
}

// What an explanation lists is what a simulation lists.
func TestExplanationAgreesWithSimulation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, people := randomInput(t)
		for _, who := range people[:min(2, len(people))] {
			p, e := explain(t, in, who, ExplainOptions{Trace: true})
			row := simulate(t, in, []person{who}).rows[0]
			require.Equal(t, row.WorkflowsMatched, e.WorkflowsMatched)
			require.Equal(t, row.WorkflowsUnknown, e.WorkflowsUnknown)
			require.Equal(t, row.Affected, e.Affected)
			actions := []ActionStatus{}
			for _, a := range e.Actions {
				actions = append(actions, ActionStatus{a.Workflow, a.Name, a.Type, a.Status})
			}
			require.Equal(t, row.Actions, actions)
			require.Equal(t, row.Revokes, e.Revokes)
			require.Equal(t, row.PossibleRevokes, e.PossibleRevokes)
			var granted, possible []string
			for _, x := range e.Entitlements {
				text := x.DatasourceID + "|" + x.EntityType + "|" + x.EntityID
				require.NotEmpty(t, x.Sources, text)
				if x.Status == "granted" {
					granted = append(granted, text)
				} else {
					possible = append(possible, text)
				}
			}
			slices.Sort(granted)
			require.Equal(t, row.Entitlements, append([]string{}, slices.Compact(granted)...))
			for _, text := range row.PossibleEntitlements {
				require.Contains(t, possible, text)
			}
			direct, inherited := []string{}, []string{}
			for _, x := range e.AccessProfiles {
				require.NotEmpty(t, x.Paths)
				for _, path := range x.Paths {
					require.Equal(t, x.ID, path.IDs[len(path.IDs)-1])
				}
				switch {
				case x.Status != "planned":
				case slices.Contains(row.AccessProfileIDs, x.ID):
					direct = append(direct, x.ID)
				default:
					inherited = append(inherited, x.ID)
				}
			}
			require.Equal(t, row.AccessProfileIDs, direct)
			require.Equal(t, row.InheritedProfileIDs, inherited)
			total := 0
			for _, g := range e.Missed {
				total += len(g.Items)
			}
			require.Equal(t, e.MissedListed, total)
			require.Equal(t, e.MissedTotal, total)
			require.Zero(t, e.MissedUnexamined)
			again, _, err := explainAgain(p, who)
			require.NoError(t, err)
			e.Trace = again.Trace
			require.Equal(t, e, again, "the same question has the same answer")
		}
	})
}

func explainAgain(p *Program, who person) (*Explanation, []Finding, error) {
	rec, ids := batchOf(p.Attributes(), []person{who})
	defer rec.Release()
	return Explain(p, rec, ids[0], ExplainOptions{})
}

// requireMet fails when random cases did not meet one of the kinds that they are for, unless only few were drawn.
func requireMet(t *testing.T, kinds ...int) {
	t.Helper()
	drawn, err := strconv.Atoi(goflag.Lookup("rapid.checks").Value.String())
	require.NoError(t, err)
	for i, n := range kinds {
		require.True(t, n > 0 || drawn < 100 || testing.Short(), "kind %d was never met", i)
	}
}
