package engine

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/lcmsim/lcmsim/scimeval"
)

// ExplainOptions say what to explain beyond what an identity gets.
type ExplainOptions struct {
	Set   []SetAttribute // what-if: made one after the other before everything else
	Known []string       // names of all attributes of the population, for notes; nil = not known
	Get   []string       // actions, access profiles (id or name), entitlements (id, key or name) to explain; nil = all
	Trace bool           // fill Explanation.Trace
}

// SetAttribute sets an attribute, or removes it where Value is nil.
type SetAttribute struct {
	Name  string
	Value *scimeval.Value
}

// Explain explains one identity. rec has one row, and one column for each of Program.Attributes. The findings are those about
// the policy and about what is set. It fails where Classifier.Classify would, if rec has another number of rows, or if nothing has
// a name in Get.
//
// Note: reasons take atoms as independent. That department cannot be both Sales and IT plays no part in them, and needs
// none: a reason that holds for impossible truths too is still one.
func Explain(p *Program, rec arrow.Record, id string, opt ExplainOptions) (*Explanation, []Finding, error) {
	if rec.NumRows() != 1 || int(rec.NumCols()) != len(p.Attributes()) {
		return nil, nil, fmt.Errorf("an explanation takes one identity with %d attributes, the record has %d with %d", len(p.Attributes()), rec.NumRows(), rec.NumCols())
	}
	r, err := readRow(rec, 0)
	if err != nil {
		return nil, nil, err
	}
	x := &explainer{
		program: p, plan: p.plan, id: id,
		classifier: p.NewClassifier(),
		simulator:  newSimulator(p.plan, p.layout),
		revoker:    newRevoker(p.plan, p.in.Grants),
		table:      newAtomTable(p),
		index:      make(map[string]int, len(p.plan.actions)),
	}
	for i := range p.plan.actions {
		x.index[p.plan.actions[i].Name] = i
	}
	if x.asked, err = x.lookUp(opt.Get); err != nil {
		return nil, nil, err
	}
	out := &Explanation{EntityID: id, Changes: []AttributeChange{}, Gains: []Difference{}, Loses: []Difference{}, Trace: []TraceLine{}}
	before := r
	for _, set := range opt.Set {
		out.Changes = append(out.Changes, x.setAttribute(r, set, opt.Known))
		r = r.with(p.Attributes(), set.Name, set.Value)
	}
	x.row = r
	if x.outcome, x.vector, err = x.outcomeOf(r); err != nil {
		return nil, nil, err
	}
	if err := x.table.settle(r, opt.Known); err != nil {
		return nil, nil, err
	}
	x.decider = newDecider(x.table.formulas, len(x.table.atoms), len(p.plan.actions)+2)
	if len(opt.Set) > 0 {
		was, _, err := x.outcomeOf(before)
		if err != nil {
			return nil, nil, err
		}
		out.Gains, out.Loses = x.differences(was)
	}

	o := x.outcome
	out.Affected, out.Unknown = o.affected(), o.unknown
	out.WorkflowsMatched, out.WorkflowsUnknown = x.workflows(isTrue), x.workflows(isUnknown)
	out.Attributes = x.attributes()
	out.Actions = x.actions()
	out.AccessProfiles = x.accessProfiles()
	out.Entitlements = x.entitlements()
	low, high := x.revokes(o)
	out.Revokes, out.PossibleRevokes = x.revokeTexts(low), x.revokeTexts(high)
	if err := x.missed(out); err != nil {
		return nil, nil, err
	}
	out.Asked = x.asked.counts(out)
	if opt.Trace {
		out.Trace = x.trace()
	}
	findings := append(slices.Clone(p.findings), x.setFindings(opt.Set)...)
	SortFindings(findings)
	return out, findings, nil
}

// explainer explains one identity.
type explainer struct {
	program    *Program
	plan       *plan
	id         string
	classifier *Classifier
	simulator  *simulator
	revoker    *revoker
	table      *atomTable
	decider    *decider
	asked      asked

	row     row
	vector  []uint64
	outcome *outcome

	ways  map[int]*ways // by workflow, see waysOf
	paths map[int]profilePaths
	heirs [][]int        // profiles that inherit from each, see leadingTo
	index map[string]int // of the plan's actions, by name
}

// outcomeOf puts a variation of the identity through the engine.
func (x *explainer) outcomeOf(r row) (*outcome, []uint64, error) {
	rec := recordOf(x.program.Attributes(), []row{r})
	defer rec.Release()
	classes, err := x.classifier.Classify(rec, []string{x.id})
	if err != nil {
		return nil, nil, err
	}
	vector := slices.Clone(classes.vectors.at(0))
	return x.simulator.run(vector), vector, nil
}

// revokes lists what the identity holds and would lose, certainly and perhaps.
func (x *explainer) revokes(o *outcome) (certain, possible []heldKey) {
	if !x.program.holds(x.id) {
		return nil, nil
	}
	return x.revoker.of(o, x.id)
}

// revokeTexts are the keys of those that are asked for.
func (x *explainer) revokeTexts(list []heldKey) []string {
	return slices.DeleteFunc(heldTexts(list), func(key string) bool { return !x.asked.entitlement(key) })
}

func jsonOf(v *scimeval.Value) *string {
	if v == nil {
		return nil
	}
	text := v.String()
	return &text
}

// workflows are the names of the workflows whose trigger has that truth, in evaluation order.
func (x *explainer) workflows(t truth) []string {
	names := []string{}
	for _, w := range x.plan.order {
		if x.outcome.workflows[w] == t {
			names = append(names, x.plan.workflows[w].Name)
		}
	}
	return names
}

// attributes are what the expressions read of the identity.
func (x *explainer) attributes() []AttributeValue {
	list := []AttributeValue{}
	for i, a := range x.table.attributes {
		list = append(list, AttributeValue{a.Name, jsonOf(x.row[x.table.source[i]])})
	}
	return list
}

// actions explains what the identity gets, perhaps, or got before.
func (x *explainer) actions() []ActionReason {
	list := []ActionReason{}
	for _, a := range x.outcome.actions {
		act, w := &x.plan.actions[a.action], &x.plan.workflows[a.workflow]
		if !x.asked.action(act.Name) {
			continue
		}
		q := x.ask([]placedAction{{a.workflow, a.action}})
		e := ActionReason{
			Workflow: w.Name, WorkflowIndex: a.workflow, Name: act.Name, Type: act.Type, Effect: act.effect, Status: a.status.String(),
			Because:          x.because(&q),
			AccessProfileIDs: x.plan.profileIDs(act.profiles),
			Relationships:    x.relations(act),
			Removes:          act.removes,
		}
		if a.status == statusDone {
			e.Note = textOr("history says that it was done, and it runs once")
		}
		list = append(list, e)
	}
	return list
}

// relations are the entitlements that an action certainly brings.
func (x *explainer) relations(act *actionPlan) []Relation {
	list := []Relation{}
	if len(act.profiles) == 0 {
		return list
	}
	x.simulator.vector = x.vector
	for _, e := range x.simulator.hold(&outcome{}, x.simulator.reach(act.profiles), nil).low {
		list = append(list, x.relation(e))
	}
	return list
}

func (x *explainer) relation(entity int) Relation {
	k := x.plan.entities.keys[entity]
	return Relation{DatasourceID: k.datasource, EntityType: k.entityType, EntityID: k.id}
}

// placedAction is an action in a workflow.
type placedAction struct{ workflow, action int }

// ask makes the question whether conditions lead the identity to one of some actions; history plays no part in it.
func (x *explainer) ask(wanted []placedAction) question {
	return newQuestion(x.table.formulas, x.armsTo(wanted))
}

// armsTo are the ways to some distinct actions, one for each workflow.
func (x *explainer) armsTo(wanted []placedAction) []arm {
	byWorkflow := make(map[int][]int)
	for _, p := range wanted {
		byWorkflow[p.workflow] = append(byWorkflow[p.workflow], p.action+1)
	}
	var arms []arm
	for i, w := range x.plan.order {
		targets := byWorkflow[w]
		if len(targets) == 0 {
			continue
		}
		a := arm{workflow: w, targets: targets, edges: x.waysTo(w, targets)}
		if len(a.edges) == 0 {
			continue
		}
		a.triggers = append(a.triggers, triggerTest{formula: x.triggerFormula(w)})
		if x.plan.rules.FirstMatch {
			for _, earlier := range x.plan.order[:i] {
				a.triggers = append(a.triggers, triggerTest{x.triggerFormula(earlier), true})
			}
		}
		arms = append(arms, a)
	}
	return arms
}

func (x *explainer) triggerFormula(w int) int {
	return x.table.of(x.plan.workflows[w].trigger, triggerPlace(w))
}

// ways are the conditions of one workflow, and of all actions that it can lead to.
type ways struct {
	edges []edge  // breadth first
	into  [][]int // by node: the edges that lead there
}

// waysOf follows a workflow through everything that is not disabled.
func (x *explainer) waysOf(w int) *ways {
	if known, ok := x.ways[w]; ok {
		return known
	}
	out := &ways{into: make([][]int, len(x.plan.actions)+1)}
	seen := make(map[edge]bool)
	queue := []int{0}
	reached := make([]bool, len(x.plan.actions)+1)
	for len(queue) > 0 {
		from := queue[0]
		queue = queue[1:]
		conditions := x.plan.workflows[w].conditions
		if from > 0 {
			conditions = x.plan.actions[from-1].conditions
		}
		for i := range conditions {
			c := &conditions[i]
			if c.skipped {
				continue
			}
			formula := x.table.of(c.test, conditionPlace(c.id))
			for _, a := range c.actions {
				e := edge{from, a + 1, formula}
				if x.plan.actions[a].skipped || seen[e] {
					continue
				}
				seen[e] = true
				out.into[e.to] = append(out.into[e.to], len(out.edges))
				out.edges = append(out.edges, e)
				if !reached[e.to] {
					reached[e.to] = true
					queue = append(queue, e.to)
				}
			}
		}
	}
	if x.ways == nil {
		x.ways = make(map[int]*ways)
	}
	x.ways[w] = out
	return out
}

// waysTo are the edges of a workflow from which a target can be reached.
func (x *explainer) waysTo(w int, targets []int) []edge {
	all := x.waysOf(w)
	x.decider.steps += len(all.edges)
	leads := make([]bool, len(all.into))
	queue := slices.Clone(targets)
	for _, t := range targets {
		leads[t] = true
	}
	for len(queue) > 0 {
		to := queue[0]
		queue = queue[1:]
		for _, i := range all.into[to] {
			if from := all.edges[i].from; !leads[from] {
				leads[from] = true
				queue = append(queue, from)
			}
		}
	}
	var list []edge
	for _, e := range all.edges {
		if leads[e.to] {
			list = append(list, e)
		}
	}
	return list
}
