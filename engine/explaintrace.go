package engine

import (
	"fmt"
	"slices"

	"github.com/lcmsim/lcmsim/scimeval"
)

// tracer writes the whole tree of one identity, depth first.
type tracer struct {
	*explainer
	lines    []TraceLine
	statuses map[placedAction]actionStatus
}

// trace follows every workflow in evaluation order, then those that are skipped, then the profiles that are reached.
func (x *explainer) trace() []TraceLine {
	t := &tracer{explainer: x, lines: []TraceLine{}, statuses: make(map[placedAction]actionStatus)}
	for _, a := range x.outcome.actions {
		t.statuses[placedAction{a.workflow, a.action}] = a.status
	}
	for _, w := range x.plan.order {
		t.workflow(w)
	}
	for w := range x.plan.workflows {
		if x.plan.workflows[w].skipped {
			t.add(0, "workflow", x.plan.workflows[w].Name, "", "skipped: the workflow is "+x.plan.workflows[w].State)
		}
	}
	for i := range x.plan.profiles {
		t.profile(i)
	}
	return t.lines
}

// add writes a line; empty texts are null.
func (t *tracer) add(depth int, kind, text, truth, note string) {
	t.lines = append(t.lines, TraceLine{Depth: depth, Kind: kind, Text: text, Truth: textOr(truth), Note: textOr(note)})
}

func (t *tracer) workflow(w int) {
	plan := &t.plan.workflows[w]
	own := t.simulator.truthIn(t.vector, plan.trigger)
	note := ""
	if t.outcome.workflows[w] != own {
		note = "an earlier workflow matches first"
	}
	t.add(0, "workflow", plan.Name, t.outcome.workflows[w].String(), note)
	t.add(1, "trigger", plan.trigger.text, own.String(), "")
	t.test(2, plan.trigger, triggerPlace(w))
	t.conditions(1, w, plan.conditions, t.outcome.workflows[w], make(map[int]bool))
}

// conditions writes conditions and what hangs below them. reached is the truth of everything above.
func (t *tracer) conditions(depth, w int, list []conditionPlan, reached truth, shown map[int]bool) {
	for i := range list {
		c := &list[i]
		if c.skipped {
			t.add(depth, "condition", c.Name, "", "skipped: the condition is "+c.State)
			continue
		}
		own := t.simulator.truthIn(t.vector, c.test)
		t.add(depth, "condition", c.Name, own.String(), "")
		t.add(depth+1, "test", c.test.text, own.String(), "")
		t.test(depth+2, c.test, conditionPlace(c.id))
		for _, a := range c.actions {
			t.action(depth+1, w, a, min(reached, own), shown)
		}
	}
}

// action writes an action where it is named; what follows it is written once a workflow.
func (t *tracer) action(depth, w, a int, reached truth, shown map[int]bool) {
	act := &t.plan.actions[a]
	text := fmt.Sprintf("%s (%s)", act.Name, act.Type)
	status, has := t.statuses[placedAction{w, a}]
	switch {
	case act.skipped:
		t.add(depth, "action", text, "", "skipped: the action is "+act.State)
		return
	case shown[a]:
		t.add(depth, "action", text, reached.String(), "shown above")
		return
	case has && reached == isFalse:
		t.add(depth, "action", text, reached.String(), status.String()+", by another way")
	case has:
		t.add(depth, "action", text, reached.String(), status.String())
	default:
		t.add(depth, "action", text, reached.String(), "not planned")
	}
	shown[a] = true
	for _, p := range act.profiles {
		t.add(depth+1, "profile", t.profileName(p)+" ("+t.plan.profiles[p].id+")", "", "")
	}
	t.conditions(depth+1, w, act.conditions, reached, shown)
}

// test writes the parts of an expression.
func (t *tracer) test(depth int, of test, place string) {
	if of.expr < 0 {
		return
	}
	i := t.table.of(of, place)
	filter := t.program.filters.Filter(of.expr)
	if filter.Tree == nil || filter.Refused() {
		t.add(depth, "atom", of.text, isUnknown.String(), "cannot be evaluated: "+filter.Errors[0].Message)
		return
	}
	t.formula(depth, &t.table.formulas[i])
}

func (t *tracer) formula(depth int, f *formula) {
	if f.kind == atomFormula {
		t.atom(depth, f.atom)
		return
	}
	steps := 0
	kind := map[formulaKind]string{andFormula: "and", orFormula: "or", notFormula: "not"}[f.kind]
	t.add(depth, kind, kind, f.truth(t.table.truths, &steps).String(), "")
	for i := range f.terms {
		t.formula(depth+1, &f.terms[i])
	}
}

func (t *tracer) atom(depth, atom int) {
	line := TraceLine{Depth: depth, Kind: "atom", Text: t.table.atoms[atom].text, Truth: textOr(t.table.truths[atom].String()), Note: t.table.note(atom)}
	_, v := t.attributeOf(atom)
	line.Value = jsonOf(v)
	if filter := t.table.atoms[atom].filter; filter >= 0 {
		if errors := t.table.filters.Filter(filter).Errors; len(errors) > 0 {
			line.Note = textOr("cannot be evaluated: " + errors[0].Message)
		} else if _, path := t.table.atoms[atom].node.(*scimeval.ValuePath); !path && v == nil && line.Note == nil {
			line.Note = textOr("absent")
		}
	}
	t.lines = append(t.lines, line)
}

// profile writes a profile that the identity's actions reach, with its entities.
func (t *tracer) profile(i int) {
	o, p := t.outcome, &t.plan.profiles[i]
	_, named := slices.BinarySearch(o.named.high, i)
	_, inherited := slices.BinarySearch(o.inherited.high, i)
	if !named && !inherited {
		return
	}
	got := isUnknown
	if t.gets(o, i) {
		got = isTrue
	}
	note := ""
	switch {
	case p.source == nil:
		note = "not in the export: what it grants is not known"
	case p.withheld != "":
		note = "withheld: " + p.withheld
	}
	t.add(0, "profile", t.profileName(i)+" ("+p.id+")", got.String(), note)
	if !p.grants() {
		return
	}
	for _, from := range p.inherits {
		t.add(1, "inherits", t.profileName(from)+" ("+t.plan.profiles[from].id+")", "", "")
	}
	for j, e := range p.own {
		text := t.plan.entities.keys[e.entity].text()
		if name := t.plan.entities.names[e.entity]; name != "" {
			text = name + " (" + text + ")"
		}
		t.add(1, "entity", text, min(got, t.simulator.truthIn(t.vector, e.test)).String(), "")
		if e.test.expr >= 0 || e.test.constant == isUnknown {
			t.add(2, "test", e.test.text, t.simulator.truthIn(t.vector, e.test).String(), "")
			t.test(3, e.test, entityPlace(i, j))
		}
	}
}
