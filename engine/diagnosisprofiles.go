package engine

import (
	"fmt"
	"slices"
	"strings"
)

// profileCauses explains the access profiles that differ: by the actions that bring them where these differ too, else by the profiles
// themselves.
func (g *diagnosing) profileCauses() {
	g.each(kindAccessProfile, func(d *openDifference) {
		profile := slices.IndexFunc(g.plan.profiles, func(p profilePlan) bool { return p.id == d.Name })
		if profile < 0 {
			g.account(g.cause(Cause{Text: fmt.Sprintf("no action of the policy brings an access profile %q", d.Name) + otherVersion}), d, 1)
			return
		}
		if cause := g.bringingCause(d, profile); cause >= 0 {
			g.account(cause, d, 1)
			return
		}
		c := Cause{}
		if d.onlyHere() {
			c.Workflow, c.Text = g.listedHere(profile)
		} else {
			c.Text = g.listedThere(profile)
		}
		g.account(g.cause(c), d, 1)
	})
}

// bringingCause is the cause of the actions that bring a profile on one side only; -1 = there is none. Here, all of those that are planned
// must be missing in the tenant.
func (g *diagnosing) bringingCause(d *openDifference, profile int) int {
	cause := -1
	for a := range g.plan.actions {
		if !g.brings(a, profile) {
			continue
		}
		called := g.called(a)
		if d.onlyHere() {
			if !slices.ContainsFunc(g.outcome.actions, func(o actionOutcome) bool { return o.action == a && o.status == statusPlanned }) {
				continue
			}
			if g.said.actions[called] > 0 {
				return -1
			}
		}
		if at := g.causeOf(called, d.onlyHere()); at >= 0 && cause < 0 {
			cause = at
		}
	}
	return cause
}

// causeOf is the first cause that accounts for an action; -1 = none does.
func (g *diagnosing) causeOf(a DryRunAction, onlyHere bool) int {
	return slices.IndexFunc(g.causes, func(c Cause) bool {
		return slices.ContainsFunc(c.Differences, func(d AnswerDifference) bool {
			return d.Kind == KindAction && d.Name == a.Name && d.Type == a.Type && d.onlyHere() == onlyHere
		})
	})
}

// brings tells whether an action names a profile, or one that brings it by inheritance.
func (g *diagnosing) brings(action, profile int) bool {
	return slices.ContainsFunc(g.plan.actions[action].profiles, func(named int) bool {
		_, brought := slices.BinarySearch(g.plan.profiles[named].reach, profile)
		return named == profile || brought
	})
}

// listedHere says why a profile is predicted although the actions agree, and in which workflow.
func (g *diagnosing) listedHere(profile int) (workflow, text string) {
	for _, a := range g.outcome.actions {
		if a.status != statusPlanned || !g.brings(a.action, profile) {
			continue
		}
		act := &g.plan.actions[a.action]
		text = fmt.Sprintf("action %q, which both sides plan, names access profile %s", act.Name, g.profileText(profile))
		if !slices.Contains(act.profiles, profile) {
			text = fmt.Sprintf("action %q, which both sides plan, brings access profile %s by inheritance", act.Name, g.profileText(profile))
			if paths := g.pathsTo(profile).list; len(paths) > 0 {
				text += " (" + paths[0].Text + ")"
			}
		}
		return g.plan.workflows[a.workflow].Name, text + "; the tenant does not list the profile" + g.stateText(profile)
	}
	return "", fmt.Sprintf("access profile %s is predicted, and the tenant does not list it", g.profileText(profile)) + g.stateText(profile)
}

// listedThere says why a profile is not predicted although the actions agree.
func (g *diagnosing) listedThere(profile int) string {
	text := "the tenant lists access profile " + g.profileText(profile)
	if _, inherited := slices.BinarySearch(g.outcome.inherited.high, profile); inherited {
		if paths := g.pathsTo(profile).list; len(paths) > 0 {
			text += " (" + paths[0].Text + ")"
		}
		return text + ", which is inherited, but it does not list every inherited one"
	}
	if way := g.heldBack(profile); way != nil {
		at := slices.IndexFunc(way, func(i int) bool { return g.plan.profiles[i].withheld != "" })
		if at == len(way)-1 {
			return fmt.Sprintf("%s, which is inherited (%s) but withheld here: %s", text, g.wayText(way), g.plan.profiles[profile].withheld)
		}
		return fmt.Sprintf("%s, which is inherited (%s) from %s, and that is withheld here: %s", text, g.wayText(way), g.profileText(way[at]), g.plan.profiles[way[at]].withheld)
	}
	for _, a := range g.outcome.actions {
		if a.status == statusDone && g.brings(a.action, profile) {
			return fmt.Sprintf("%s; action %q in workflow %q brings it, and history says that it was done and it runs once",
				text, g.plan.actions[a.action].Name, g.plan.workflows[a.workflow].Name)
		}
	}
	for a := range g.plan.actions {
		if g.brings(a, profile) {
			return fmt.Sprintf("%s, which comes with action %q, and neither side plans that", text, g.plan.actions[a].Name)
		}
	}
	return text + ", which no action of the policy brings" + otherVersion
}

// heldBack is a way along inheritance from a profile that an action names, planned or possible, to one that is not reached because some
// profile on the way is withheld; nil = there is none.
func (g *diagnosing) heldBack(profile int) []int {
	from := make([]int, len(g.plan.profiles)) // plus 2; 0 = not reached, 1 = named
	queue := slices.Clone(g.outcome.named.high)
	for _, i := range queue {
		from[i] = 1
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, next := range g.plan.profiles[at].inherits {
			if from[next] == 0 {
				from[next] = at + 2
				queue = append(queue, next)
			}
		}
	}
	if from[profile] == 0 {
		return nil
	}
	way := []int{profile}
	for at := profile; from[at] > 1; {
		at = from[at] - 2
		way = append(way, at)
	}
	slices.Reverse(way)
	if !slices.ContainsFunc(way, func(i int) bool { return g.plan.profiles[i].withheld != "" }) {
		return nil
	}
	return way
}

func (g *diagnosing) wayText(way []int) string {
	names := make([]string, len(way))
	for i, at := range way {
		names[i] = g.profileName(at)
	}
	return strings.Join(names, " -> ")
}

// profileText is a profile's name and id.
func (g *diagnosing) profileText(i int) string {
	p := &g.plan.profiles[i]
	if p.source == nil || p.source.Name == "" {
		return fmt.Sprintf("%q", p.id)
	}
	return fmt.Sprintf("%q (%s)", p.source.Name, p.id)
}

// stateText says why a profile grants nothing here.
func (g *diagnosing) stateText(i int) string {
	switch p := &g.plan.profiles[i]; {
	case p.source == nil:
		return "; it is not in the export"
	case p.withheld != "":
		return "; it is withheld here: " + p.withheld
	}
	return ""
}
