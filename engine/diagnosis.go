package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// Diagnoser shrinks disagreements to what decides them on this side. It is made once for many identities, and is not safe for
// concurrent use.
type Diagnoser struct {
	x      *explainer
	others []*simulator // by Program.others
}

// NewDiagnoser makes a diagnoser of a program that compares with nothing (Input.Against).
func NewDiagnoser(p *Program) *Diagnoser {
	d := &Diagnoser{x: &explainer{
		program: p, plan: p.plan,
		classifier: p.NewClassifier(),
		simulator:  newSimulator(p.plan, p.layout),
		table:      newAtomTable(p),
		index:      make(map[string]int, len(p.plan.actions)),
	}}
	for i := range p.plan.actions {
		d.x.index[p.plan.actions[i].Name] = i
	}
	d.x.decider = newDecider(d.x.table.formulas, len(d.x.table.atoms), len(p.plan.actions)+2)
	for _, alt := range p.others {
		d.others = append(d.others, newSimulator(alt.plan, p.layout))
	}
	return d
}

// Diagnose compares the tenant's answer with what is predicted for an identity, and puts every difference under a cause; one of
// several things that are answered too often or too rarely may stand under several. rec has one row, and one column for each of
// Program.Attributes. An answer that agrees has no causes, and nothing to settle. It fails where Classifier.Classify would, or if rec
// has another number of rows.
func (d *Diagnoser) Diagnose(rec arrow.Record, id string, answer *DryRun) (*Diagnosis, error) {
	x := d.x
	r, err := x.program.oneRow(rec)
	if err != nil {
		return nil, err
	}
	classes, err := x.classifier.Classify(rec, []string{id})
	if err != nil {
		return nil, err
	}
	if err := x.table.settle(r, nil); err != nil {
		return nil, err
	}
	x.id, x.row, x.paths = id, r, nil
	x.vector = slices.Clone(classes.vectors.at(0))
	x.outcome = x.simulator.run(x.vector)
	out := &Diagnosis{Causes: []Cause{}, Settles: []RuleValue{}}
	predicted := x.outcome.prediction()
	answer, _ = answer.typed(predicted)
	found := Compare(predicted, answer)
	if found.Agrees {
		return out, nil
	}
	g := &diagnosing{explainer: x, said: newAnswered(answer), conditions: make(map[conditionCause]int)}
	for _, diff := range found.Differences {
		g.open = append(g.open, openDifference{AnswerDifference: diff, left: max(diff.Low-diff.Answered, diff.Answered-diff.High)})
	}
	g.workflowCauses()
	g.actionCauses()
	g.profileCauses()
	out.Causes = g.causes
	out.Settles = d.settles(classes, answer)
	return out, nil
}

// settles lists the alternatives of single rules under which the whole answer agrees.
func (d *Diagnoser) settles(classes *Classes, answer *DryRun) []RuleValue {
	list := []RuleValue{}
	try := func(rule, value string, o *outcome) {
		if Compare(o.prediction(), answer).Agrees {
			list = append(list, RuleValue{rule, value})
		}
	}
	for v, variant := range d.x.program.variants {
		if v > 0 && classes.flips[v].vectors.size > 0 {
			try(variant.rule, variant.value, d.x.simulator.run(classes.flips[v].vectors.at(0)))
		}
	}
	for i, alt := range d.x.program.others {
		try(alt.rule, alt.value, d.others[i].run(d.x.vector))
	}
	return list
}

// answered is what the tenant says, for look-ups.
type answered struct{ workflows, actions counts }

func newAnswered(a *DryRun) answered {
	return answered{workflows: nameCounts(a.WorkflowsMatched), actions: actionCounts(a.Actions)}
}

func (a answered) workflow(name string) bool { return a.workflows[DryRunAction{Name: name}] > 0 }

// diagnosing collects the causes of the differences of one identity.
type diagnosing struct {
	*explainer
	said       answered
	open       []openDifference
	causes     []Cause
	conditions map[conditionCause]int // positions in causes
}

// openDifference is a difference, and how many times it still lacks a cause.
type openDifference struct {
	AnswerDifference
	left int
}

// onlyHere tells whether this side has more than the tenant.
func (d *AnswerDifference) onlyHere() bool { return d.Answered < d.Low }

// conditionCause is a condition that decides in a workflow.
type conditionCause struct {
	workflow, condition int
	onlyHere            bool
}

// each visits the differences of a kind that lack a cause.
func (g *diagnosing) each(kind string, visit func(d *openDifference)) {
	for i := range g.open {
		if d := &g.open[i]; d.Kind == kind && d.left > 0 {
			visit(d)
		}
	}
}

// find is the difference about an action that lacks a cause; nil = there is none.
func (g *diagnosing) find(a DryRunAction, onlyHere bool) *openDifference {
	at := slices.IndexFunc(g.open, func(d openDifference) bool {
		return d.Kind == KindAction && d.Name == a.Name && d.Type == a.Type && d.left > 0 && d.onlyHere() == onlyHere
	})
	if at < 0 {
		return nil
	}
	return &g.open[at]
}

// account puts n times a difference under a cause.
func (g *diagnosing) account(cause int, d *openDifference, n int) {
	d.left = max(0, d.left-n)
	c := &g.causes[cause]
	if !slices.Contains(c.Differences, d.AnswerDifference) {
		c.Differences = append(c.Differences, d.AnswerDifference)
	}
}

// cause begins a cause and gives its position.
func (g *diagnosing) cause(c Cause) int {
	if c.Atoms == nil {
		c.Atoms = []AtomTruth{}
	}
	g.causes = append(g.causes, c)
	return len(g.causes) - 1
}

// decide fills a cause with the test that decides, and says why it has the truth that it has.
func (g *diagnosing) decide(c *Cause, t test, of Test, at Position, place string) string {
	c.Path, c.Expression = cmp.Or(of.decidedAt().Path, at.Path), t.text
	q := g.askTest(t, place)
	c.Atoms = g.because(&q).Atoms
	if t.expr < 0 {
		return "it is " + t.text
	}
	return atomsText(c.Atoms)
}

// decidedAt is where that stands which a test comes to.
func (t *Test) decidedAt() Position {
	blank := strings.TrimSpace(t.Text) == ""
	switch {
	case t.Numbered && !blank, t.Form == FormString, t.Form == FormAbsent, t.Form == FormExpression && !blank:
		return t.TextAt
	}
	return t.TypeAt
}

// atomsText says atoms, their truth and the values that they are about.
func atomsText(atoms []AtomTruth) string {
	if len(atoms) == 0 {
		return "whatever the attributes are"
	}
	parts := make([]string, len(atoms))
	for i, a := range atoms {
		parts[i] = a.Atom + " is " + a.Truth
		if a.Attribute != nil {
			value := "absent"
			if a.Value != nil {
				value = shorten(*a.Value)
			}
			parts[i] += " (" + *a.Attribute + " is " + value + ")"
		}
	}
	return strings.Join(parts, " and ")
}
