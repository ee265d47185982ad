package standin

import (
	"cmp"
	"fmt"
	"slices"
)

// outcome is what a dry run finds.
type outcome struct {
	workflows []string // in evaluation order
	jobs      []job
	profiles  []string // sorted
	messages  []string
}

// job is an action that a workflow plans.
type job struct {
	workflow int // position among the workflows of the version
	name     string
	action   *action
	entities []entity // that the profiles of the action grant
}

// dryRun puts an identity through a version. skipDisabled is what the request asks; under workflow.disabled=skip it changes nothing.
func (t *tenant) dryRun(v *version, who *identity, skipDisabled bool) *outcome {
	record := who.record()
	out := &outcome{workflows: []string{}, profiles: []string{}, messages: []string{}}
	first := yes // what later workflows can be at most
	for _, i := range t.order(v) {
		w := v.workflows[i]
		if !w.enabled && (skipDisabled || t.rules.is("workflow.disabled", "skip")) {
			out.say("Workflow %q is disabled and was skipped", w.name)
			continue
		}
		trigger := w.trigger.eval(t.rules, record)
		counts := min(trigger, first)
		if t.rules.is("workflow.first_match", "on") {
			first = min(first, yes-trigger)
		}
		switch {
		case trigger == unknown:
			out.say("Workflow %q does not match: its trigger cannot be evaluated: %s", w.name, w.trigger.cannotTell())
		case trigger == yes && counts == no:
			out.say("Workflow %q does not count: an earlier one matched", w.name)
		case trigger == yes && counts == unknown:
			out.say("Workflow %q does not count: whether an earlier one matches is not known", w.name)
		case trigger == yes:
			out.workflows = append(out.workflows, w.name)
			for _, a := range t.planned(v, w, who, record, out) {
				out.jobs = append(out.jobs, job{i, w.name, a, t.effective(a.profiles, record)})
				out.profiles = append(out.profiles, a.profiles...)
			}
		}
	}
	if t.profiles == Inherited {
		for _, p := range t.granting(out.profiles) {
			out.profiles = append(out.profiles, p.id)
		}
	}
	slices.Sort(out.profiles)
	out.profiles = slices.Compact(out.profiles)
	out.say("%d workflows matched", len(out.workflows))
	out.say("%d job requests generated", len(out.jobs))
	out.say("Access profiles affected: %d", len(out.profiles))
	return out
}

func (o *outcome) say(format string, args ...any) {
	o.messages = append(o.messages, fmt.Sprintf(format, args...))
}

// order lists the positions of the workflows by priority; those without one come last in the order in which they are listed.
func (t *tenant) order(v *version) []int {
	var list []int
	for i := range v.workflows {
		list = append(list, i)
	}
	slices.SortStableFunc(list, func(i, j int) int {
		a, b := v.workflows[i].priority, v.workflows[j].priority
		switch {
		case a == 0 && b == 0:
			return 0
		case a == 0:
			return 1
		case b == 0:
			return -1
		case t.rules.is("workflow.priority", "descending"):
			return cmp.Compare(b, a)
		}
		return cmp.Compare(a, b)
	})
	return list
}

// planned lists the actions that a workflow with a true trigger runs, each once, in the order in which the paths that may hold
// reach them.
func (t *tenant) planned(v *version, w *workflow, who *identity, record object, out *outcome) []*action {
	possible, certain := t.reached(v, w, record, unknown), t.reached(v, w, record, yes)
	slices.SortStableFunc(certain, func(a, b *action) int {
		return cmp.Compare(slices.Index(possible, a), slices.Index(possible, b))
	})
	for _, a := range possible {
		if !slices.Contains(certain, a) {
			out.say("Action %q of workflow %q is not planned: a condition on the way to it cannot be evaluated", a.name, w.name)
		}
	}
	return slices.DeleteFunc(certain, func(a *action) bool { return a.runOnce && t.isDone(who, w, a) })
}

// reached walks from the conditions of a workflow to actions, and from each to what follows its success, along conditions that
// are at least this true. An action that was reached already is not walked again, so cycles end.
func (t *tenant) reached(v *version, w *workflow, record object, least truth) []*action {
	var list []*action
	var walk func(conditions []*condition)
	walk = func(conditions []*condition) {
		for _, c := range conditions {
			if !c.enabled || c.test.eval(t.rules, record) < least {
				continue
			}
			for _, name := range c.actions {
				a := v.action(name)
				if a == nil || !a.enabled || slices.Contains(list, a) {
					continue
				}
				list = append(list, a)
				walk(a.conditions)
			}
		}
	}
	walk(w.conditions)
	return list
}

func (t *tenant) isDone(who *identity, w *workflow, a *action) bool {
	return slices.ContainsFunc(t.done, func(d Done) bool {
		return d.EntityID == who.entityID && d.Action == a.name && (d.Workflow == "" || d.Workflow == w.name)
	})
}
