package engine

import (
	"fmt"
	"slices"
)

const otherVersion = "; the tenant may run another version of it"

// called is what an action of the plan is called in a dry run.
func (g *diagnosing) called(action int) DryRunAction {
	return DryRunAction{g.plan.actions[action].Name, g.plan.actions[action].Type}
}

// workflowCauses puts the workflows that match on one side only under their triggers, with the actions that come with them.
func (g *diagnosing) workflowCauses() {
	g.each(kindWorkflow, func(d *openDifference) {
		var named []int
		for w := range g.plan.workflows {
			if g.plan.workflows[w].Name == d.Name {
				named = append(named, w)
			}
		}
		if d.onlyHere() {
			g.matchesHere(d, named)
		} else {
			g.matchesThere(d, named)
		}
	})
}

func (g *diagnosing) matchesHere(d *openDifference, named []int) {
	named = slices.DeleteFunc(named, func(w int) bool { return g.outcome.workflows[w] != isTrue })
	w := &g.plan.workflows[named[0]]
	c := Cause{Workflow: d.Name}
	why := g.decide(&c, w.trigger, w.Trigger, w.Position, triggerPlace(named[0]))
	c.Text = fmt.Sprintf("workflow %q matches here and not in the tenant: its trigger is true, as %s", d.Name, why)
	cause := g.cause(c)
	g.account(cause, d, 1)
	for _, a := range g.outcome.actions {
		if slices.Contains(named, a.workflow) && a.status == statusPlanned {
			if missing := g.find(g.called(a.action), true); missing != nil {
				g.account(cause, missing, 1)
			}
		}
	}
}

func (g *diagnosing) matchesThere(d *openDifference, named []int) {
	if len(named) == 0 {
		cause := g.cause(Cause{Workflow: d.Name, Text: fmt.Sprintf("the policy has no workflow named %q", d.Name) + otherVersion})
		g.account(cause, d, 1)
		return
	}
	at := named[0]
	for _, w := range g.plan.order {
		if slices.Contains(named, w) {
			at = w
			break
		}
	}
	cause := g.cause(g.unmatched(at))
	g.account(cause, d, 1)
	for _, w := range named {
		reached := make([]bool, len(g.plan.actions))
		for _, e := range g.waysOf(w).edges {
			reached[e.to-1] = true
		}
		for a, is := range reached {
			if more := g.find(g.called(a), false); is && more != nil {
				g.account(cause, more, 1)
			}
		}
	}
}

// unmatched says why a workflow does not match here.
func (g *diagnosing) unmatched(at int) Cause {
	w := &g.plan.workflows[at]
	c := Cause{Workflow: w.Name}
	if w.skipped {
		c.Path, c.Expression = w.Position.Path, w.trigger.text
		c.Text = fmt.Sprintf("workflow %q is %s and skipped here; it matches in the tenant", w.Name, w.State)
		return c
	}
	own := g.simulator.truthIn(g.vector, w.trigger)
	for _, before := range g.plan.order {
		if before == at || own == isFalse {
			break
		}
		earlier := &g.plan.workflows[before]
		if g.simulator.truthIn(g.vector, earlier.trigger) == isTrue {
			why := g.decide(&c, earlier.trigger, earlier.Trigger, earlier.Position, triggerPlace(before))
			c.Text = fmt.Sprintf("workflow %q matches in the tenant and not here: its trigger is %s, but workflow %q comes before it and matches (workflow.first_match is on), as %s",
				w.Name, own, earlier.Name, why)
			return c
		}
	}
	why := g.decide(&c, w.trigger, w.Trigger, w.Position, triggerPlace(at))
	c.Text = fmt.Sprintf("workflow %q matches in the tenant and not here: its trigger is false, as %s", w.Name, why)
	return c
}

// actionCauses explains the actions that differ although the workflows agree.
func (g *diagnosing) actionCauses() {
	g.each(KindAction, g.otherType)
	g.each(KindAction, func(d *openDifference) {
		action, known := g.index[d.Name]
		switch {
		case d.onlyHere():
			g.plannedHere(d, action)
		case !known:
			g.account(g.cause(Cause{Text: fmt.Sprintf("the policy has no action named %q", d.Name) + otherVersion}), d, d.left)
		case g.plan.actions[action].Type != d.Type:
			text := fmt.Sprintf("action %q is of type %s here; the tenant has one of type %s", d.Name, g.plan.actions[action].Type, d.Type)
			g.account(g.cause(Cause{Text: text + otherVersion}), d, d.left)
		default:
			g.plannedThere(d, action)
		}
	})
}

// otherType explains an action that the tenant has with another type.
func (g *diagnosing) otherType(d *openDifference) {
	if !d.onlyHere() {
		return
	}
	for i := range g.open {
		there := &g.open[i]
		if there.Kind != KindAction || there.Name != d.Name || there.Type == d.Type || there.onlyHere() || there.left == 0 || d.left == 0 {
			continue
		}
		cause := g.cause(Cause{Text: fmt.Sprintf("action %q is of type %s here and of type %s in the tenant", d.Name, d.Type, there.Type) + otherVersion})
		n := min(d.left, there.left)
		g.account(cause, d, n)
		g.account(cause, there, n)
	}
}

// plannedHere explains an action that the tenant does not plan, or not as often.
func (g *diagnosing) plannedHere(d *openDifference, action int) {
	var workflows []int // that plan it here, and match in the tenant
	for _, a := range g.outcome.actions {
		if a.action == action && a.status == statusPlanned && g.said.workflow(g.plan.workflows[a.workflow].Name) {
			workflows = append(workflows, a.workflow)
		}
	}
	if d.Answered > 0 || len(workflows) == 0 {
		g.account(g.cause(Cause{Text: g.countText(d)}), d, d.left)
		return
	}
	for _, w := range workflows {
		way := g.wayTo(w, action, isTrue)
		// What is missing begins with the first action on the way that the tenant does not plan.
		at := slices.IndexFunc(way, func(s step) bool { return g.said.actions[g.called(s.to)] == 0 })
		g.account(g.conditionCause(w, way[at], true), d, 1)
	}
	d.left = 0
}

// countText says that both sides plan an action, but not equally often.
func (g *diagnosing) countText(d *openDifference) string {
	return fmt.Sprintf("action %q is planned %s here, once in each workflow that leads to it, and %s in the tenant", d.Name, times(d.Low, d.High), times(d.Answered, d.Answered))
}

func times(low, high int) string {
	switch {
	case low < high:
		return fmt.Sprintf("%d to %d times", low, high)
	case low == 1:
		return "once"
	}
	return fmt.Sprintf("%d times", low)
}

// plannedThere explains an action that the tenant plans, or more often.
func (g *diagnosing) plannedThere(d *openDifference, action int) {
	act := &g.plan.actions[action]
	if act.skipped {
		text := fmt.Sprintf("action %q is %s and skipped here; the tenant plans it", act.Name, act.State)
		g.account(g.cause(Cause{Path: act.Position.Path, Text: text}), d, d.left)
		return
	}
	taken := make([]bool, len(g.plan.workflows)) // it is planned there, or perhaps
	for _, a := range g.outcome.actions {
		w := &g.plan.workflows[a.workflow]
		switch {
		case a.action != action:
		case a.status == statusDone && d.left > 0 && g.said.workflow(w.Name):
			text := fmt.Sprintf("history says that action %q was done in workflow %q, and it runs once; the tenant plans it again", act.Name, w.Name)
			g.account(g.cause(Cause{Workflow: w.Name, Text: text}), d, 1)
			taken[a.workflow] = true
		default:
			taken[a.workflow] = true
		}
	}
	for d.left > 0 {
		var best []step
		in, fewest := -1, 0
		for _, w := range g.plan.order {
			if taken[w] || g.outcome.workflows[w] == isFalse || !g.said.workflow(g.plan.workflows[w].Name) {
				continue
			}
			if way := g.wayTo(w, action, isUnknown); g.closed(way) > 0 && (in < 0 || g.closed(way) < fewest) {
				best, in, fewest = way, w, g.closed(way)
			}
		}
		if in < 0 {
			break
		}
		taken[in] = true
		at := slices.IndexFunc(best, func(s step) bool { return g.stepTruth(s) == isFalse })
		g.account(g.conditionCause(in, best[at], false), d, 1)
	}
	if d.left > 0 {
		g.account(g.cause(Cause{Text: g.moreText(d, action)}), d, d.left)
	}
}

// moreText says that no condition explains why the tenant plans an action more often.
func (g *diagnosing) moreText(d *openDifference, action int) string {
	if d.High > 0 {
		return g.countText(d)
	}
	for w := range g.plan.workflows {
		if g.wayTo(w, action, isUnknown) != nil && !g.said.workflow(g.plan.workflows[w].Name) {
			return fmt.Sprintf("the tenant plans action %q, but no workflow that leads to it matches on either side; such as %q", d.Name, g.plan.workflows[w].Name)
		}
	}
	return fmt.Sprintf("the tenant plans action %q, but no workflow that matches leads to it", d.Name) + otherVersion
}

// step is a condition on the way to an action.
type step struct {
	condition *conditionPlan
	from, to  int // actions; from -1 = the condition is the workflow's own
}

// stepTruth is the truth of a step by itself; that of a disabled condition is false.
func (g *diagnosing) stepTruth(s step) truth {
	if s.condition.skipped {
		return isFalse
	}
	return g.simulator.truthIn(g.vector, s.condition.test)
}

// closed counts the steps of a way that are false.
func (g *diagnosing) closed(way []step) int {
	n := 0
	for _, s := range way {
		if g.stepTruth(s) == isFalse {
			n++
		}
	}
	return n
}

// wayTo is the way from a workflow to an action with the fewest steps that are below least, the shortest of these; nil = there is
// none. Disabled conditions can be on it, disabled actions cannot.
func (g *diagnosing) wayTo(w, action int, least truth) []step {
	into := make([]step, len(g.plan.actions)) // the step that leads to an action
	reached := make([]bool, len(g.plan.actions))
	follow := func(from int, passes func(s step) bool) (more []int) {
		conditions := g.plan.workflows[w].conditions
		if from >= 0 {
			conditions = g.plan.actions[from].conditions
		}
		for i := range conditions {
			for _, to := range g.leadsTo(&conditions[i]) {
				s := step{&conditions[i], from, to}
				if !reached[to] && !g.plan.actions[to].skipped && passes(s) {
					reached[to], into[to] = true, s
					more = append(more, to)
				}
			}
		}
		return more
	}
	for level := []int{-1}; len(level) > 0; { // actions with one more step below least
		for i := 0; i < len(level); i++ {
			level = append(level, follow(level[i], func(s step) bool { return g.stepTruth(s) >= least })...)
		}
		var next []int
		for _, from := range level {
			next = append(next, follow(from, func(step) bool { return true })...)
		}
		level = next
	}
	if !reached[action] {
		return nil
	}
	var way []step
	for at := action; at >= 0; at = into[at].from {
		way = append(way, into[at])
	}
	slices.Reverse(way)
	return way
}

// leadsTo lists the actions that a condition names, disabled or not.
func (g *diagnosing) leadsTo(c *conditionPlan) []int {
	if !c.skipped {
		return c.actions
	}
	var list []int
	for _, ref := range c.Actions {
		if a, ok := g.index[ref.Name]; ok {
			list = append(list, a)
		}
	}
	return list
}

// conditionCause is the cause of everything that a condition in a workflow decides.
func (g *diagnosing) conditionCause(w int, s step, onlyHere bool) int {
	key := conditionCause{w, s.condition.id, onlyHere}
	if at, ok := g.conditions[key]; ok {
		return at
	}
	c := Cause{Workflow: g.plan.workflows[w].Name, Condition: s.condition.Name}
	where := fmt.Sprintf("condition %q of workflow %q", s.condition.Name, c.Workflow)
	if s.from >= 0 {
		where = fmt.Sprintf("condition %q of action %q in workflow %q", s.condition.Name, g.plan.actions[s.from].Name, c.Workflow)
	}
	action := g.plan.actions[s.to].Name
	switch {
	case s.condition.skipped:
		c.Path, c.Expression = s.condition.Position.Path, s.condition.test.text
		c.Text = fmt.Sprintf("%s is %s and skipped here; the tenant plans action %q", where, s.condition.State, action)
	case onlyHere:
		why := g.decide(&c, s.condition.test, s.condition.Test, s.condition.Position, conditionPlace(s.condition.id))
		c.Text = fmt.Sprintf("%s is true here, as %s; the tenant does not plan action %q", where, why, action)
		if g.plan.actions[s.to].RunOnce {
			c.Text += ", which runs once: it may have run before, as history.csv would say"
		}
	default:
		why := g.decide(&c, s.condition.test, s.condition.Test, s.condition.Position, conditionPlace(s.condition.id))
		c.Text = fmt.Sprintf("%s is false here, as %s; the tenant plans action %q", where, why, action)
	}
	g.conditions[key] = g.cause(c)
	return g.conditions[key]
}
