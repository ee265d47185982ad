package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/loader"
	"github.com/lcmsim/lcmsim/report"
)

// maxExampleActions bounds the actions of an example.
const maxExampleActions = 8

// exemplars keeps what an example needs of the exemplar of every class.
type exemplars struct {
	*engine.Exemplars
	names []string // entity_name, by class
}

func newExemplars(p *engine.Program) *exemplars {
	return &exemplars{Exemplars: engine.NewExemplars(p.Attributes())}
}

func (x *exemplars) add(b *loader.Batch, classes []int32) error {
	added, err := x.Add(b.Record, classes)
	for _, r := range added {
		x.names = append(x.names, string([]byte(b.Names[r])))
	}
	return err
}

// explain explains some actions of the exemplar of a class; nil = it cannot be explained.
func (x *exemplars) explain(p *engine.Program, class int, id string, actions []string) (*engine.Explanation, error) {
	rec := x.Record(class, p.Attributes())
	if rec == nil || len(actions) == 0 {
		return nil, nil
	}
	defer rec.Release()
	explained, _, err := engine.Explain(p, rec, id, engine.ExplainOptions{Get: actions})
	return explained, err
}

// example begins the example of a class.
func (x *exemplars) example(class int, id string, explained *engine.Explanation) report.Example {
	out := report.Example{Class: class, EntityID: id}
	if class < len(x.names) && x.names[class] != "" {
		out.EntityName = &x.names[class]
	}
	if explained == nil {
		return out
	}
	used := attributesOf(explained)
	for _, a := range explained.Attributes {
		if used[a.Name] {
			out.Attributes = append(out.Attributes, a)
		}
	}
	return out
}

// attributesOf are the attributes that the reasons of an explanation are about. A report that goes from hand to hand needs no others.
func attributesOf(e *engine.Explanation) map[string]bool {
	used := make(map[string]bool)
	add := func(r *engine.Reason) {
		if r == nil {
			return
		}
		for _, atom := range slices.Concat(r.Atoms, r.Assumed) {
			if atom.Attribute != nil {
				used[*atom.Attribute] = true
			}
		}
	}
	for i := range e.Actions {
		add(&e.Actions[i].Because)
	}
	for _, group := range e.Missed {
		for _, change := range group.Changes {
			used[change.Attribute] = true
		}
		for _, m := range group.Items {
			add(m.Because)
		}
	}
	return used
}

// chooseExamples takes the largest class of each kind, the kinds with most identities first. kind gives the size of a class, 0 = it
// is no example, and what classes of one kind share.
func chooseExamples[C any](classes []C, kind func(C) (size int, name string)) []C {
	var chosen []C
	total := make(map[string]int)
	for _, c := range classes { // the largest first
		size, name := kind(c)
		if size == 0 {
			continue
		}
		if total[name] == 0 {
			chosen = append(chosen, c)
		}
		total[name] += size
	}
	slices.SortStableFunc(chosen, func(a, b C) int {
		_, x := kind(a)
		_, y := kind(b)
		return cmp.Compare(total[y], total[x])
	})
	return chosen[:min(len(chosen), report.MaxExamples)]
}

// examples explain exemplars of the classes that get something.
func (run *simulation) examples(result *engine.Result, x *exemplars) ([]report.Example, error) {
	var list []report.Example
	chosen := chooseExamples(result.Classes, func(c engine.ClassResult) (int, string) {
		if len(c.Actions) == 0 || !x.Has(c.ID) {
			return 0, ""
		}
		return c.Size, fmt.Sprintf("%q", c.Actions)
	})
	for _, c := range chosen {
		actions := c.Actions[:min(len(c.Actions), maxExampleActions)]
		names := make([]string, len(actions))
		for i, a := range actions {
			names[i] = a.Name
		}
		explained, err := x.explain(run.program, c.ID, c.Exemplar, names)
		if err != nil {
			return nil, err
		}
		example := x.example(c.ID, c.Exemplar, explained)
		for _, a := range actions {
			example.Actions = append(example.Actions, report.ExampleAction{
				Workflow: a.Workflow, Name: a.Name, Type: a.Type, Status: a.Status, Because: because(explained, a.Workflow, a.Name, a.Status),
			})
		}
		list = append(list, example)
	}
	return list, nil
}

// because is why an action has a status, if the explanation agrees that it has.
func because(e *engine.Explanation, workflow, name, status string) *string {
	if e == nil {
		return nil
	}
	for _, a := range e.Actions {
		if a.Workflow == workflow && a.Name == name && a.Status == status {
			return &a.Because.Text
		}
	}
	return nil
}

// notNow is why an action does not run: what would have to change, else the reason.
func notNow(e *engine.Explanation, workflow, name string) *string {
	if e == nil {
		return nil
	}
	for _, group := range e.Missed {
		for _, m := range group.Items {
			if m.Kind != engine.KindAction || m.Name != name || m.Workflow != nil && *m.Workflow != workflow {
				continue
			}
			switch {
			case len(group.Changes) > 0:
				text := "it would if " + group.Text
				return &text
			case m.Because != nil:
				return &m.Because.Text
			}
			return m.Note
		}
	}
	return nil
}

// changes are the actions of a class that do not stay as they are.
func changes(c engine.ChangeClass) []engine.TaggedAction {
	return slices.DeleteFunc(slices.Clone(c.Actions), func(a engine.TaggedAction) bool { return a.Tag == engine.TagBefore })
}

// examples explain exemplars of the classes that do not stay as they are.
func (run *comparison) examples(result *engine.DiffResult, x *exemplars) ([]report.Example, error) {
	var to, from *engine.Program
	var list []report.Example
	chosen := chooseExamples(result.ChangedClasses, func(c engine.ChangeClass) (int, string) {
		if c.Status == engine.StatusRemoved || !x.Has(c.ID) {
			return 0, ""
		}
		return c.Size, fmt.Sprintf("%s%q", c.Status, changes(c))
	})
	for _, c := range chosen {
		if to == nil {
			to, from = run.alone(run.to), run.alone(run.from)
		}
		changes := changes(c)
		changes = changes[:min(len(changes), maxExampleActions)]
		now, err := x.explain(to, c.ID, c.Exemplar, namesIn(run.to.Version, changes))
		if err != nil {
			return nil, err
		}
		var before *engine.Explanation
		if from != nil && run.baseline == nil { // else the earlier side has other attributes
			if before, err = x.explain(from, c.ID, c.Exemplar, namesIn(run.from.Version, changes)); err != nil {
				return nil, err
			}
		}
		example := x.example(c.ID, c.Exemplar, cmp.Or(now, before))
		for _, a := range changes {
			why := report.ExampleAction{Workflow: a.Workflow, Name: a.Name, Type: a.Type, Status: string(a.Tag)}
			switch a.Tag {
			case engine.TagGone:
				why.Because, why.NotNow = because(before, a.Workflow, a.Name, "planned"), notNow(now, a.Workflow, a.Name)
				if len(namesIn(run.to.Version, []engine.TaggedAction{a})) == 0 {
					text := "the policy does not have the action any more"
					why.NotNow = &text
				}
			case engine.TagCaused:
				why.Because = because(now, a.Workflow, a.Name, "planned")
			case engine.TagMaybe:
				why.Because = because(now, a.Workflow, a.Name, "possible")
			}
			example.Actions = append(example.Actions, why)
		}
		list = append(list, example)
	}
	return list, nil
}

// alone compiles one side of the comparison by itself; nil = there is no policy on it.
func (run *comparison) alone(s side) *engine.Program {
	if s.Version == nil {
		return nil
	}
	return engine.Compile(engine.Input{
		Policy: run.limited(), Version: s.Version, Catalog: s.Catalog, Rules: run.rules, Schema: run.snapshot.Schema,
		History: run.snapshot.History.ByIdentity(), Grants: run.snapshot.Grants.ByIdentity(), ActiveAttribute: run.opt.active,
	})
}

// namesIn are the names of those actions that a version has, each once.
func namesIn(v *engine.Version, actions []engine.TaggedAction) []string {
	var names []string
	for _, a := range actions {
		has := slices.ContainsFunc(v.Actions, func(b engine.Action) bool { return b.Name == a.Name })
		if has && !slices.Contains(names, a.Name) {
			names = append(names, a.Name)
		}
	}
	return names
}
