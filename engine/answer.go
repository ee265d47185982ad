package engine

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// The kinds of an AnswerDifference, beside KindAction.
const (
	kindWorkflow      = "workflow"
	kindAccessProfile = "access_profile"
)

// Prediction is what a dry run of the identities of a class should answer.
func (s *Simulation) Prediction(class int) *Prediction { return s.outcomes[class].prediction() }

// prediction is what a dry run shows of an outcome. Workflows of one name are one, as a dry run gives names. An action that history
// says is done does not run again, so it is neither certain nor possible.
func (o *outcome) prediction() *Prediction {
	plan := o.plan
	p := &Prediction{
		Workflows: []string{}, PossibleWorkflows: []string{}, Actions: []DryRunAction{}, PossibleActions: []DryRunAction{},
		Profiles:          plan.profileIDs(o.named.low),
		PossibleProfiles:  plan.profileIDs(without(o.named.high, o.named.low)),
		Inherited:         plan.profileIDs(o.inherited.low),
		PossibleInherited: plan.profileIDs(without(o.inherited.high, o.inherited.low)),
	}
	for _, t := range []truth{isTrue, isUnknown} {
		list := &p.Workflows
		if t == isUnknown {
			list = &p.PossibleWorkflows
		}
		for _, w := range plan.order {
			name := plan.workflows[w].Name
			if o.workflows[w] == t && !slices.Contains(p.Workflows, name) && !slices.Contains(*list, name) {
				*list = append(*list, name)
			}
		}
	}
	for _, a := range o.actions {
		act := DryRunAction{plan.actions[a.action].Name, plan.actions[a.action].Type}
		switch a.status {
		case statusPlanned:
			p.Actions = append(p.Actions, act)
		case statusPossible:
			p.PossibleActions = append(p.PossibleActions, act)
		case statusDone:
		}
	}
	return p
}

// open tells whether something is possible only.
func (p *Prediction) open() bool {
	return len(p.PossibleWorkflows)+len(p.PossibleActions)+len(p.PossibleProfiles)+len(p.PossibleInherited) > 0
}

// key is equal for predictions that agree with the same answers, in whatever order they name things.
func (p *Prediction) key() string {
	var b []byte
	for _, c := range []counts{
		nameCounts(p.Workflows), nameCounts(p.PossibleWorkflows), actionCounts(p.Actions), actionCounts(p.PossibleActions),
		nameCounts(p.Profiles), nameCounts(p.PossibleProfiles), nameCounts(p.Inherited), nameCounts(p.PossibleInherited),
	} {
		b = binary.AppendUvarint(b, uint64(len(c)))
		for _, a := range c.sorted() {
			for _, text := range []string{a.Name, a.Type} {
				b = binary.AppendUvarint(b, uint64(len(text)))
				b = append(b, text...)
			}
			b = binary.AppendUvarint(b, uint64(c[a]))
		}
	}
	return string(b)
}

// Compare puts the tenant's answer beside a prediction. The answer agrees if all of it lies between what is certain and what is
// possible: workflows and access profiles as sets, actions as a multiset. Profiles may be listed in either way; where they fit
// neither, the differences are those against the nearer one, the direct one between equals.
func Compare(p *Prediction, answer *DryRun) *Comparison {
	c := &Comparison{Differences: []AnswerDifference{}}
	answer, guessed := answer.typed(p)
	c.Differences = append(c.Differences,
		differences(kindWorkflow, nameCounts(p.Workflows), nameCounts(p.Workflows, p.PossibleWorkflows), nameCounts(answer.WorkflowsMatched))...)
	c.Differences = append(c.Differences,
		differences(KindAction, actionCounts(p.Actions), actionCounts(p.Actions, p.PossibleActions), actionCounts(answer.Actions))...)
	listed := nameCounts(answer.AccessProfileIDs)
	direct := differences(kindAccessProfile, nameCounts(p.Profiles), nameCounts(p.Profiles, p.PossibleProfiles), listed)
	inherited := differences(kindAccessProfile, nameCounts(p.Profiles, p.Inherited),
		nameCounts(p.Profiles, p.PossibleProfiles, p.Inherited, p.PossibleInherited), listed)
	switch {
	case len(direct) == 0 && len(inherited) == 0:
		c.Profiles = ProfilesEither
	case len(direct) == 0:
		c.Profiles = ProfilesDirect
	case len(inherited) == 0:
		c.Profiles = ProfilesInherited
	default:
		c.Profiles = ProfilesNeither
		nearer := direct
		if len(inherited) < len(direct) {
			nearer = inherited
		}
		c.Differences = append(c.Differences, nearer...)
	}
	c.Agrees = len(c.Differences) == 0
	c.Undetermined = c.Agrees && (p.open() || guessed)
	return c
}

// typed is the answer with the types of actions that it does not tell, or that are not documented, as they are predicted; guessed
// says that there are any.
func (a *DryRun) typed(p *Prediction) (typed *DryRun, guessed bool) {
	known := func(x DryRunAction) bool { return x.Type != "NONE" && !strings.HasPrefix(x.Type, "UNKNOWN(") }
	out := *a
	out.Actions = slices.Clone(a.Actions)
	for i, x := range out.Actions {
		if known(x) {
			continue
		}
		for _, predicted := range slices.Concat(p.Actions, p.PossibleActions) {
			if predicted.Name == x.Name && known(predicted) {
				out.Actions[i].Type, guessed = predicted.Type, true
				break
			}
		}
	}
	return &out, guessed
}

// counts says how often something is named. Type is empty for all but actions.
type counts map[DryRunAction]int

// nameCounts counts every name once.
func nameCounts(lists ...[]string) counts {
	c := make(counts)
	for _, list := range lists {
		for _, name := range list {
			c[DryRunAction{Name: name}] = 1
		}
	}
	return c
}

// actionCounts counts actions as often as they stand.
func actionCounts(lists ...[]DryRunAction) counts {
	c := make(counts)
	for _, list := range lists {
		for _, a := range list {
			c[a]++
		}
	}
	return c
}

func (c counts) sorted() []DryRunAction {
	list := make([]DryRunAction, 0, len(c))
	for a := range c {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b DryRunAction) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type))
	})
	return list
}

// differences are those that are answered more often than high has them, or less often than low, by name and type.
func differences(kind string, low, high, answered counts) []AnswerDifference {
	all := make(counts)
	for _, c := range []counts{high, answered} {
		for a := range c {
			all[a] = 1
		}
	}
	var list []AnswerDifference
	for _, a := range all.sorted() {
		if n := answered[a]; n < low[a] || n > high[a] {
			list = append(list, AnswerDifference{Kind: kind, Name: a.Name, Type: a.Type, Low: low[a], High: high[a], Answered: n})
		}
	}
	return list
}
