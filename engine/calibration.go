package engine

import (
	"fmt"
	"slices"
	"strings"
)

// Result says what the experiments came to.
func (c *Calibration) Result() (*CalibrationResult, error) {
	out := &CalibrationResult{
		Identities: c.seen.identities, Frame: c.seen.frame,
		Rules: []RuleVerdict{}, Experiments: []Experiment{}, Profiles: ProfilesEither,
		Hypotheses: c.lab.count(), Consistent: len(c.standing),
	}
	for _, e := range c.experiments {
		out.Experiments = append(out.Experiments, e.told())
	}
	lists := len(c.lab.rules)
	if c.settled(lists) {
		out.Profiles = ProfilesDirect
		if c.lab.listsInherited(c.standing[0]) {
			out.Profiles = ProfilesInherited
		}
		if len(c.against(lists)) > 0 {
			out.Profiles = ProfilesNeither
		}
	}
	for side := range c.lab.rules {
		out.Rules = append(out.Rules, c.verdict(side))
	}
	if err := c.suggest(out.Rules); err != nil {
		return nil, err
	}
	return out, nil
}

// told is the experiment with the outcome that fits the answer first.
func (e *experiment) told() Experiment {
	out := e.Experiment
	out.Outcomes = nil
	for _, first := range []bool{true, false} {
		for i, o := range e.Outcomes {
			if fits := e.fits != nil && e.fits[e.labels[i]]; fits == first {
				out.Outcomes = append(out.Outcomes, o)
			}
		}
	}
	return out
}

// against lists the experiments whose answers the hypotheses that stand do not fit, and would with the other value of a rule.
func (c *Calibration) against(side int) []int {
	var list []int
	for i, e := range c.experiments {
		if e.understood() && slices.ContainsFunc(c.standing, func(h int) bool {
			return !e.fits[e.view.labels[c.lab.cell(h)]] && e.fits[e.view.labels[c.lab.cell(h^1<<side)]]
		}) {
			list = append(list, i)
		}
	}
	return list
}

// failed lists the experiments on a rule that brought no answer that could be used.
func (c *Calibration) failed(side int) []int {
	var list []int
	for i, e := range c.experiments {
		if !e.understood() && c.dependsOn(e.view.labels, side) {
			list = append(list, i)
		}
	}
	return list
}

func (c *Calibration) verdict(side int) RuleVerdict {
	info := c.lab.rules[side]
	v := RuleVerdict{
		Rule: info.Name, Default: info.Default, Alternative: info.Others[0], InForce: c.lab.program.in.Rules.Get(info.Name),
		Experiments: append([]int{}, c.answersOn(side)...), Suggestions: []Suggestion{},
	}
	against := c.against(side)
	failed := c.failed(side)
	settled := c.settled(side)
	value := c.lab.value(c.standing[0], side)
	switch {
	case len(against) > 0 && settled:
		v.Verdict = Contradictory
		v.Because = fmt.Sprintf("%s of %s as under %s, and %s as under %s", answers(len(v.Experiments)-len(against)), identities(len(v.Experiments)), value, answers(len(against)), c.lab.other(side, value))
	case len(against) > 0:
		v.Verdict, v.Experiments = Contradictory, against
		v.Because = "the answers about the same rule contradict each other"
	case settled:
		v.Verdict, v.Value = ConfirmedDefault, &value
		if value != info.Default {
			v.Verdict = ConfirmedAlternative
		}
		v.Because = c.evidence(side, value, v.Experiments)
	case slices.ContainsFunc(failed, func(i int) bool { return c.experiments[i].Verdict == VerdictDisagree }):
		v.Verdict, v.Experiments = Contradictory, failed
		v.Because = "the answers about " + identities(len(failed)) + " that would decide it fit neither value"
	default:
		v.Verdict, v.Experiments = Undecidable, append(v.Experiments, failed...)
		slices.Sort(v.Experiments)
		v.Experiments = slices.Compact(v.Experiments)
		v.Because, v.Unasked = c.undecided(side, failed)
	}
	return v
}

// other is the other value of a rule.
func (h hypotheses) other(side int, value string) string {
	if value == h.rules[side].Default {
		return h.rules[side].Others[0]
	}
	return h.rules[side].Default
}

func answers(n int) string {
	if n == 1 {
		return "1 answer"
	}
	return fmt.Sprintf("%d answers", n)
}

func identities(n int) string {
	if n == 1 {
		return "1 identity"
	}
	return fmt.Sprintf("%d identities", n)
}

// evidence says what the first of the answers on a settled rule shows.
func (c *Calibration) evidence(side int, value string, list []int) string {
	if len(list) == 0 {
		return "no single answer decides it, but together they leave no other value"
	}
	e := c.experiments[list[0]]
	h := c.standing[slices.IndexFunc(c.standing, func(h int) bool {
		return e.view.labels[c.lab.cell(h)] != e.view.labels[c.lab.cell(h^1<<side)]
	})]
	was, other := e.view.shown[e.view.labels[c.lab.cell(h)]], e.view.shown[e.view.labels[c.lab.cell(h^1<<side)]]
	text := fmt.Sprintf("%s: %s; under %s %s", e.EntityID, apart(was, other), c.lab.other(side, value), apart(other, was))
	if len(list) > 1 {
		text += fmt.Sprintf(" (and %d more)", len(list)-1)
	}
	return text
}

// apart says in a few words what one prediction has that another has not.
func apart(a, b expected) string {
	more := func(x, y []string) []string {
		return slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(x))), func(s string) bool { return slices.Contains(y, s) })
	}
	quoted := func(list []string) string {
		if len(list) > 3 {
			list = append(slices.Clone(list[:3]), fmt.Sprintf("%d more", len(list)-3))
		}
		return strings.Join(list, ", ")
	}
	if a.known[0] && a.workflows != b.workflows {
		if only := more(a.Workflows, b.Workflows); len(only) > 0 {
			return "workflow " + quoted(only) + " matches"
		}
		return "workflow " + quoted(more(b.Workflows, a.Workflows)) + " does not match"
	}
	if a.known[1] && a.actions != b.actions {
		count := func(list []DryRunAction) (names []string) {
			seen := make(map[DryRunAction]int)
			for _, x := range list {
				seen[x]++
				names = append(names, strings.TrimSuffix(fmt.Sprintf("%s (%d)", x.Name, seen[x]), " (1)"))
			}
			return names
		}
		if only := more(count(a.Actions), count(b.Actions)); len(only) > 0 {
			return "action " + quoted(only) + " runs"
		}
		return "action " + quoted(more(count(b.Actions), count(a.Actions))) + " does not run"
	}
	list := func(s expected) []string { return strings.Split(s.listed(), "\x00") }
	if only := more(list(a), list(b)); len(only) > 0 && only[0] != "" {
		return "access profile " + quoted(only) + " is listed"
	}
	return "access profile " + quoted(more(list(b), list(a))) + " is not listed"
}

// undecided says why a rule is not settled, and how many identities bear on it that were not asked about.
func (c *Calibration) undecided(side int, failed []int) (because string, unasked int) {
	reachable, unreachable := 0, 0
	for i := range c.trials {
		t := &c.trials[i]
		switch {
		case !c.dependsOn(t.labels, side):
		case c.divides(t):
			unasked += t.identities
		case t.asked > 0 || len(t.groups) > 0:
			reachable += t.identities
		default:
			unreachable += t.identities
		}
	}
	bear := func(n int, text string) string {
		if n == 1 {
			return strings.NewReplacer("bear ", "bears ", "depend ", "depends ", "their ids", "its id", " are ", " is ", " were ", " was ").Replace("1 identity" + text)
		}
		return fmt.Sprintf("%d identities", n) + text
	}
	switch {
	case len(failed) > 0:
		return "no usable answer about " + identities(len(failed)) + " that would decide it: " + c.experiments[failed[0]].Reason, unasked
	case unasked > 0:
		return bear(unasked, " of this population bear on it, and were not asked about"), unasked
	case reachable > 0:
		return bear(reachable, " of this population depend on it, but only together with rules that are not settled either"), 0
	case unreachable > 0:
		return bear(unreachable, " of this population would decide it, but their ids in the tenant are not known"), 0
	}
	return "no identity of this population ends differently under its values, as far as a dry run shows", 0
}
