package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/scimeval"
)

// office is a policy in which something is wrong in every way.
func office() Input {
	first := workflow("First", text(`dept eq "Sales"`), when(text(`level ge 2`), "Grant"), when(always, "Once", "Off"))
	second := workflow("Second", always, when(text(`flag eq true`), "Grant"), when(text(`dept pr`), "Wrap"))
	asleep := workflow("Asleep", always, when(always, "Grant"))
	asleep.State = StateDisabled
	closed := when(always, "Alone")
	closed.State = StateDisabled
	second.Conditions = append(second.Conditions, closed)
	once, off := action("Once"), action("Off")
	once.RunOnce, off.State = true, StateDisabled
	paused := profile("paused", "below")
	paused.State = "PAUSED"
	conditional := profile("base")
	test := text(`level ge 3 or flag eq true`)
	conditional.Entities[0].Condition = &test
	in := inputOf(&Version{
		Workflows: []Workflow{first, second, asleep},
		Actions: []Action{granting("Grant", "role", "paused", "gone"), once, off, action("Alone"),
			action("Wrap", when(text(`level lt 9`), "Inner")), removing("Inner", "role")},
	}, profile("role", "middle", "base"), profile("middle", "base"), conditional, paused, profile("below"))
	in.History = map[string][]Done{"i1": {{Action: "Once"}}}
	in.Grants = map[string][]Grant{"i1": {{DatasourceID: "d", EntityType: "Group", EntityID: "g-old"}, {DatasourceID: "d", EntityType: "Group", EntityID: "g-role"}}}
	return in
}

// summary is an explanation, a line each.
func summary(e *Explanation) string {
	var b strings.Builder
	note := func(s *string) string {
		if s == nil {
			return ""
		}
		return "; " + *s
	}
	for _, a := range e.Actions {
		fmt.Fprintf(&b, "%s %s/%s: %s%s\n", a.Status, a.Workflow, a.Name, a.Because.Text, note(a.Note))
	}
	for _, p := range e.AccessProfiles {
		paths := []string{}
		for _, path := range p.Paths {
			paths = append(paths, path.Text)
		}
		fmt.Fprintf(&b, "%s %s: %s [%s]%s missing=%v\n", p.Status, p.ID, p.Because.Text, strings.Join(paths, " | "), note(p.Withheld), p.Missing)
	}
	for _, x := range e.Entitlements {
		for _, s := range x.Sources {
			fmt.Fprintf(&b, "%s %s: %s %s: %s\n", x.Status, x.EntityID, s.Status, s.Text, s.Because.Text)
		}
	}
	fmt.Fprintf(&b, "revokes %v %v\n", e.Revokes, e.PossibleRevokes)
	for _, g := range e.Missed {
		for _, m := range g.Items {
			name := m.Name
			if m.Workflow != nil {
				name = *m.Workflow + "/" + name
			}
			fmt.Fprintf(&b, "missed %s: %s%s\n", name, g.Text, note(m.Note))
		}
	}
	return b.String()
}

func TestExplanationNamesWhatIsWithheldMissingDoneAndDisabled(t *testing.T) {
	_, e := explain(t, office(), personOf(t, "i1", `{"dept":"Sales","level":2,"flag":true}`), ExplainOptions{})
	require.Equal(t, `
planned First/Grant: dept is Sales and level 2 is at least 2
done First/Once: dept is Sales; history says that it was done, and it runs once
planned Second/Grant: flag is true
planned Second/Wrap: dept is present
planned Second/Inner: dept is present and level 2 is below 9
planned base: dept is Sales and level 2 is at least 2 [Profile role -> Profile base | Profile role -> Profile middle -> Profile base] missing=false
planned gone: dept is Sales and level 2 is at least 2 [gone] missing=true
planned middle: dept is Sales and level 2 is at least 2 [Profile role -> Profile middle] missing=false
planned paused: dept is Sales and level 2 is at least 2 [Profile paused]; its state is PAUSED, not RUNNING missing=false
planned role: dept is Sales and level 2 is at least 2 [Profile role] missing=false
granted g-base: granted Profile role -> Profile base: flag is true
granted g-base: granted Profile role -> Profile middle -> Profile base: flag is true
granted g-middle: granted Profile role -> Profile middle: no attribute matters
granted g-role: granted Profile role: no attribute matters
revokes [d|Group|g-old] []
missed First/Off: ; the action is DISABLED
missed Second/Alone: ; every way to it leads through something DISABLED
missed Asleep/Grant: ; the workflow is DISABLED
missed Profile below: ; no action that can run brings it; Profile paused, which inherits from it, is withheld: its state is PAUSED, not RUNNING
missed g-paused: ; Profile paused, which holds it, is withheld: its state is PAUSED, not RUNNING
`, "\n"+summary(e))
}

func TestExplanationOfNothing(t *testing.T) {
	_, e := explain(t, office(), personOf(t, "i2", `{}`), ExplainOptions{})
	require.Equal(t, `
revokes [] []
missed First/Once: dept were Sales (is absent)
missed Second/Wrap: dept were Sales (is absent)
missed Second/Grant: flag were true (is absent)
missed Profile base: flag were true (is absent)
missed gone: flag were true (is absent)
missed Profile middle: flag were true (is absent)
missed Profile paused: flag were true (is absent)
missed Profile role: flag were true (is absent)
missed First/Grant: dept were Sales (is absent) and level were 2 (is absent)
missed Second/Inner: dept were Sales (is absent) and level were 2 (is absent)
missed First/Off: ; the action is DISABLED
missed Second/Alone: ; every way to it leads through something DISABLED
missed Asleep/Grant: ; the workflow is DISABLED
missed Profile below: ; no action that can run brings it; Profile paused, which inherits from it, is withheld: its state is PAUSED, not RUNNING
missed g-paused: ; Profile paused, which holds it, is withheld: its state is PAUSED, not RUNNING
`, "\n"+summary(e))
}

func TestExplanationUnderFirstMatch(t *testing.T) {
	in := office()
	in.Rules.FirstMatch = true
	_, e := explain(t, in, personOf(t, "i2", `{"dept":"IT","flag":true}`), ExplainOptions{})
	require.Equal(t, `
planned Second/Grant: flag is true and dept is not Sales (it is IT)
planned Second/Wrap: dept is present and dept is not Sales (it is IT)
planned base: flag is true and dept is not Sales (it is IT) [Profile role -> Profile base | Profile role -> Profile middle -> Profile base] missing=false
planned gone: flag is true and dept is not Sales (it is IT) [gone] missing=true
planned middle: flag is true and dept is not Sales (it is IT) [Profile role -> Profile middle] missing=false
planned paused: flag is true and dept is not Sales (it is IT) [Profile paused]; its state is PAUSED, not RUNNING missing=false
planned role: flag is true and dept is not Sales (it is IT) [Profile role] missing=false
granted g-base: granted Profile role -> Profile base: flag is true
granted g-base: granted Profile role -> Profile middle -> Profile base: flag is true
granted g-middle: granted Profile role -> Profile middle: no attribute matters
granted g-role: granted Profile role: no attribute matters
revokes [] []
missed First/Once: dept were Sales (is IT)
missed Second/Inner: level were 2 (is absent)
missed First/Grant: dept were Sales (is IT) and level were 2 (is absent)
missed First/Off: ; the action is DISABLED
missed Second/Alone: ; every way to it leads through something DISABLED
missed Asleep/Grant: ; the workflow is DISABLED
missed Profile below: ; no action that can run brings it; Profile paused, which inherits from it, is withheld: its state is PAUSED, not RUNNING
missed g-paused: ; Profile paused, which holds it, is withheld: its state is PAUSED, not RUNNING
`, "\n"+summary(e))
}

func TestWhatIf(t *testing.T) {
	sales, one := scimeval.StringValue("Sales"), scimeval.NumberValue(scimeval.Decimal{})
	_, e := explain(t, office(), personOf(t, "i2", `{"dept":"IT","flag":true}`), ExplainOptions{Set: []SetAttribute{
		{Name: "dept", Value: &sales}, {Name: "flag"}, {Name: "shoe", Value: &one},
	}})
	require.Equal(t, []AttributeChange{
		{Attribute: "dept", Value: ptr(`"Sales"`), Was: ptr(`"IT"`), Text: "dept were Sales (is IT)"},
		{Attribute: "flag", Was: ptr("true"), Text: "flag were absent (is true)"},
		{Attribute: "shoe", Value: ptr("0"), Text: "shoe were 0 (is absent)", Note: ptr("no expression of the policy reads it")},
	}, e.Changes)
	require.Equal(t, []AttributeValue{{"dept", ptr(`"Sales"`)}, {"level", nil}, {"flag", nil}}, e.Attributes)
	require.Equal(t, []string{"First", "Second"}, e.WorkflowsMatched)
}

func ptr[T any](v T) *T { return &v }

// An attribute that nobody has is said to be so, with the nearest name.
func TestUnheardAttribute(t *testing.T) {
	_, e := explain(t, gated(`departement eq "Legal"`), personOf(t, "i1", `{"department":"Legal"}`), ExplainOptions{Known: []string{"department", "dept"}})
	require.Equal(t, "departement were Legal (is absent)", e.Missed[0].Text)
	require.Equal(t, "no identity has this attribute; did you mean department?", *e.Missed[0].Changes[0].Note)
	_, e = explain(t, gated(`level ge 2`), personOf(t, "i1", `{"level":"7"}`), ExplainOptions{Known: []string{"level"}, Trace: true})
	last := e.Trace[slices.IndexFunc(e.Trace, func(l TraceLine) bool { return l.Kind == "atom" })]
	require.Equal(t, "the value is of another type than the literal", *last.Note)
	require.Equal(t, `"7"`, *last.Value)
}

func TestTraceIsTheWholeTree(t *testing.T) {
	_, e := explain(t, office(), personOf(t, "i1", `{"dept":"Sales","level":2}`), ExplainOptions{Trace: true})
	var b strings.Builder
	for _, l := range e.Trace {
		fmt.Fprintf(&b, "%s%s %s", strings.Repeat("  ", l.Depth), l.Kind, l.Text)
		for _, more := range []*string{l.Truth, l.Value, l.Note} {
			if more != nil {
				b.WriteString("; " + *more)
			}
		}
		b.WriteString("\n")
	}
	require.Equal(t, `
workflow First; true
  trigger dept eq "Sales"; true
    atom dept eq "Sales"; true; "Sales"
  condition condition; true
    test level ge 2; true
      atom level ge 2; true; 2
    action Grant (MANAGE_RELATIONSHIPS); true; planned
      profile gone (gone)
      profile Profile paused (paused)
      profile Profile role (role)
  condition condition; true
    test ANY; true
    action Once (SYNC_IDENTITIES); true; done
    action Off (SYNC_IDENTITIES); skipped: the action is DISABLED
workflow Second; true
  trigger ANY; true
  condition condition; false
    test flag eq true; false
      atom flag eq true; false; absent
    action Grant (MANAGE_RELATIONSHIPS); false; not planned
      profile gone (gone)
      profile Profile paused (paused)
      profile Profile role (role)
  condition condition; true
    test dept pr; true
      atom dept pr; true; "Sales"
    action Wrap (SYNC_IDENTITIES); true; planned
      condition condition; true
        test level lt 9; true
          atom level lt 9; true; 2
        action Inner (MANAGE_RELATIONSHIPS); true; planned
          profile Profile role (role)
  condition condition; skipped: the condition is DISABLED
workflow Asleep; skipped: the workflow is DISABLED
profile Profile base (base); true
  entity d|Group|g-base; false
    test level ge 3 or flag eq true; false
      or or; false
        atom level ge 3; false; 2
        atom flag eq true; false; absent
profile gone (gone); true; not in the export: what it grants is not known
profile Profile middle (middle); true
  inherits Profile base (base)
  entity d|Group|g-middle; true
profile Profile paused (paused); true; withheld: its state is PAUSED, not RUNNING
profile Profile role (role); true
  inherits Profile middle (middle)
  inherits Profile base (base)
  entity d|Group|g-role; true
`, "\n"+b.String())
}

func TestExplainRefusesOtherRecords(t *testing.T) {
	p := Compile(office())
	rec, _ := batchOf(p.Attributes(), crowd(t, `{}`, `{}`))
	defer rec.Release()
	_, _, err := Explain(p, rec, "i1", ExplainOptions{})
	require.EqualError(t, err, "an explanation takes one identity with 8 attributes, the record has 2 with 8")
}

// A reason that is found within a small bound on the work is sufficient all the same, and says that it may be reducible.
func TestBoundedReasonsStaySufficient(t *testing.T) {
	cut := 0
	rapid.Check(t, func(t *rapid.T) {
		r := &random{t: t, seed: rapid.Uint64().Draw(t, "seed")}
		const atoms = 6
		var make func(depth int) formula
		make = func(depth int) formula {
			if depth == 0 || chance(r, 20) {
				return formula{kind: atomFormula, atom: r.below(atoms)}
			}
			kind := oneOf(r, andFormula, orFormula, notFormula)
			f := formula{kind: kind, terms: []formula{make(depth - 1)}}
			if kind != notFormula {
				f.terms = append(f.terms, make(depth-1), make(depth-1))
			}
			return f
		}
		formulas := []formula{make(4)}
		q := newQuestion(formulas, []arm{{triggers: []triggerTest{{formula: 0}}, targets: []int{0}}})
		d := newDecider(formulas, atoms, 1)
		for i := range d.atoms {
			d.atoms[i] = oneOf(r, isTrue, isFalse)
		}
		want, _ := d.answer(&q)
		irreducible := d.sufficient(&q, want, d.dropOrder(&q, want), r.below(60))
		if !irreducible {
			cut++
		}
		fixed := slices.Clone(d.atoms)
		always := func(fixed []truth) bool {
			steps := 0
			for mask := range 1 << atoms {
				try := slices.Clone(fixed)
				for i := range try {
					if try[i] == isUnknown {
						try[i] = []truth{isFalse, isTrue}[mask>>i&1]
					}
				}
				if formulas[0].truth(try, &steps) != want {
					return false
				}
			}
			return true
		}
		for i := range fixed {
			if !slices.Contains(q.atoms, i) {
				fixed[i] = isUnknown
			}
		}
		require.True(t, always(fixed))
		for i, was := range fixed {
			if irreducible && was != isUnknown {
				fixed[i] = isUnknown
				require.False(t, always(fixed), "atom %d can be missed", i)
				fixed[i] = was
			}
		}
	})
	requireMet(t, cut)
}

// Hostile policies end: long chains, many conditions, formulas that no reason search can finish.
func TestExplainIsBounded(t *testing.T) {
	var terms []string
	for i := range 60 {
		terms = append(terms, fmt.Sprintf(`(a%d eq "x" and b%d eq "x" or not (a%d eq "x") and not (b%d eq "x"))`, i, i, (i+1)%60, (i+7)%60))
	}
	in := gated(strings.Join(terms, " and ") + " or " + strings.Join(terms, " and ") + " or " + strings.Join(terms[:30], " and "))
	for i := range 300 {
		in.Version.Workflows = append(in.Version.Workflows, workflow(fmt.Sprint("W", i), text(fmt.Sprintf(`c eq "%d" and d eq "x" and e eq "y" and f eq "z"`, i)), when(text(fmt.Sprintf(`g ne "%d"`, i)), "A", fmt.Sprint("B", i))))
		in.Version.Actions = append(in.Version.Actions, action(fmt.Sprint("B", i), when(always, fmt.Sprint("B", (i+1)%300), fmt.Sprint("B", (i+2)%300))))
	}
	_, e := explain(t, in, personOf(t, "i1", `{"c":"5"}`), ExplainOptions{Trace: true})
	require.Equal(t, 300*301, e.MissedTotal)
	require.Positive(t, e.MissedUnexamined)
	require.Equal(t, maxMissed, e.MissedListed)
}
