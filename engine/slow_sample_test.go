package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/scimeval"
)

// The slow twin of sampling: it sorts the keys of the whole frame, and simulates every identity by itself under every alternative.

// slowTarget is a set of identities that should have a draw.
type slowTarget struct {
	stratum Stratum
	members []int // of the frame, the smallest key first
}

// prediction is what a dry run of the identity should answer.
func (s *slowRun) prediction(o *slowOutcome) *Prediction {
	p := &Prediction{Workflows: []string{}, PossibleWorkflows: []string{}, Actions: []DryRunAction{}, PossibleActions: []DryRunAction{}}
	named := map[string]slowTruth{}
	for _, i := range o.order {
		name := s.in.Version.Workflows[i].Name
		named[name] = slowOr(named[name], o.workflows[i])
	}
	for _, t := range []slowTruth{slowYes, slowMaybe} {
		list := &p.Workflows
		if t == slowMaybe {
			list = &p.PossibleWorkflows
		}
		for _, i := range o.order {
			name := s.in.Version.Workflows[i].Name
			if named[name] == t && o.workflows[i] == t && !slices.Contains(*list, name) {
				*list = append(*list, name)
			}
		}
	}
	for _, a := range o.actions {
		switch a.status {
		case "planned":
			p.Actions = append(p.Actions, DryRunAction{a.action.Name, a.action.Type})
		case "possible":
			p.PossibleActions = append(p.PossibleActions, DryRunAction{a.action.Name, a.action.Type})
		}
	}
	certain, possible, inherited, perhaps := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for id, t := range o.named {
		if t == slowYes {
			certain[id] = true
		} else {
			possible[id] = true
		}
	}
	for id, t := range o.brought {
		switch {
		case certain[id]:
		case t == slowYes:
			inherited[id] = true
		case !possible[id]:
			perhaps[id] = true
		}
	}
	p.Profiles, p.PossibleProfiles, p.Inherited, p.PossibleInherited = names(certain), names(possible), names(inherited), names(perhaps)
	return p
}

// text is all of a prediction, in no order.
func slowPredictionText(p *Prediction) string {
	var lines []string
	for i, list := range [][]string{p.Workflows, p.PossibleWorkflows, p.Profiles, p.PossibleProfiles, p.Inherited, p.PossibleInherited} {
		for _, text := range list {
			lines = append(lines, fmt.Sprint(i, " ", text))
		}
	}
	for i, list := range [][]DryRunAction{p.Actions, p.PossibleActions} {
		for _, a := range list {
			lines = append(lines, fmt.Sprint("action ", i, a))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// slowlySampled draws the sample that another one should be; only the numbers of the classes are taken over from it.
func slowlySampled(t require.TestingT, in Input, got sampled, people []person, tenants map[string]string, opt SampleOptions, filters slowFilters) *Sample {
	key := func(i int) string {
		sum := sha256.Sum256(append(binary.BigEndian.AppendUint64(nil, opt.Seed), people[i].id...))
		return string(sum[:8]) + people[i].id
	}
	var frame []int
	owners := map[string]int{}
	for i, p := range people {
		if tenants[p.id] != "" {
			frame = append(frame, i)
			owners[tenants[p.id]]++
		}
	}
	sort.Slice(frame, func(a, b int) bool { return key(frame[a]) < key(frame[b]) })
	want := &Sample{Seed: opt.Seed, Identities: len(people), Frame: len(frame), Draws: []Draw{}}
	for _, n := range owners {
		if n > 1 {
			want.Shared += n
		}
	}

	byRule, others := slowTargets(t, in, got, people, frame, filters)
	want.Strata = []Stratum{{StratumRandom, "random", len(frame)}}
	number := map[string]int{}
	total := len(others)
	targets := []slowTarget{}
	for turn := 0; ; turn++ {
		left := false
		for _, groups := range byRule {
			if turn < len(groups) {
				left = true
				targets = append(targets, groups[turn])
			}
		}
		if !left {
			break
		}
	}
	for _, groups := range byRule {
		total += len(groups)
		number[groups[0].stratum.Name] = len(want.Strata)
		want.Strata = append(want.Strata, groups[0].stratum)
	}
	for _, one := range others {
		number[one.stratum.Name] = len(want.Strata)
		want.Strata = append(want.Strata, one.stratum)
	}
	targets = append(targets, others...)

	budget := max(0, opt.Budget)
	random := max(min(max(0, opt.Random), budget), budget-total)
	if budget >= len(frame) {
		random = len(frame)
	}
	drawn := map[int]bool{}
	draw := func(i, stratum int) {
		drawn[i] = true
		want.Draws = append(want.Draws, Draw{people[i].id, tenants[people[i].id], stratum, got.classes[people[i].id]})
	}
	for _, i := range frame[:min(random, len(frame))] {
		draw(i, 0)
	}
	met := func(one slowTarget) bool {
		return slices.ContainsFunc(one.members, func(i int) bool { return drawn[i] })
	}
	for _, one := range targets {
		if len(want.Draws) < budget && !met(one) {
			draw(one.members[0], number[one.stratum.Name])
		}
	}

	strata, inFrame, covered := map[string]bool{}, map[int]bool{}, map[int]bool{}
	for _, one := range targets {
		if met(one) {
			strata[one.stratum.Name] = true
		}
	}
	for _, i := range frame {
		class := got.classes[people[i].id]
		inFrame[class] = true
		covered[class] = covered[class] || drawn[i]
	}
	want.Classes, want.Covered.Strata = len(inFrame), len(strata)
	for _, i := range frame {
		if covered[got.classes[people[i].id]] {
			want.Covered.Identities++
		}
	}
	for _, is := range covered {
		if is {
			want.Covered.Classes++
		}
	}
	return want
}

// slowTargets are the groups that flip, by rule and the largest first, then the destructive classes and the cells.
func slowTargets(t require.TestingT, in Input, got sampled, people []person, frame []int, filters slowFilters) (byRule [][]slowTarget, others []slowTarget) {
	here := slowly(t, in, in.Rules, people, filters)
	gather := func(of func(i int) string) []slowTarget {
		at := map[string]int{}
		var list []slowTarget
		for _, i := range frame {
			k := of(i)
			if k == "" {
				continue
			}
			if _, known := at[k]; !known {
				at[k] = len(list)
				list = append(list, slowTarget{})
			}
			list[at[k]].members = append(list[at[k]].members, i)
		}
		// Those of one size stand by their smallest keys already.
		sort.SliceStable(list, func(a, b int) bool { return len(list[a].members) > len(list[b].members) })
		return list
	}
	class := func(i int) int { return got.classes[people[i].id] }
	for _, info := range RuleTable() {
		ofFilters := slices.Contains(scimeval.RuleNames(), info.Name)
		if !ofFilters && !strings.HasPrefix(info.Name, "workflow.") && info.Name != "profile.inactive" {
			continue
		}
		for _, value := range append([]string{info.Default}, info.Others...) {
			if value == in.Rules.Get(info.Name) {
				continue
			}
			rules, err := in.Rules.With(info.Name, value)
			require.NoError(t, err)
			there := slowly(t, in, rules, people, filters)
			groups := gather(func(i int) string {
				if slowPredictionText(here.runs[i].prediction(here.outcomes[i])) == slowPredictionText(there.runs[i].prediction(there.outcomes[i])) {
					return ""
				}
				k := fmt.Sprint(class(i))
				if ofFilters {
					for _, text := range got.program.exprs.texts {
						k += string(there.runs[i].expression(text)[0])
					}
				}
				return k
			})
			if len(groups) == 0 {
				continue
			}
			stratum := Stratum{Kind: StratumRule, Name: info.Name + "=" + value}
			for _, g := range groups {
				stratum.Size += len(g.members)
			}
			for i := range groups {
				groups[i].stratum = stratum
			}
			byRule = append(byRule, groups)
		}
	}
	others = gather(func(i int) string {
		if !here.destructive(in, func(j int) bool { return class(j) == class(i) }, i) {
			return ""
		}
		return fmt.Sprint(class(i))
	})
	for i := range others {
		first := others[i].members[0]
		var actions []string
		for _, a := range here.outcomes[first].actions {
			if a.status == "planned" && (slowEffect(a.action.Type) == EffectDeactivate || removes(a.action)) {
				actions = append(actions, fmt.Sprintf("%q / %q", in.Version.Workflows[a.workflow].Name, a.action.Name))
			}
		}
		if len(actions) > 3 {
			actions = append(actions[:3], fmt.Sprint(len(actions)-3, " more"))
		}
		others[i].stratum = Stratum{StratumDestructive, fmt.Sprintf("%s: identities like %q", strings.Join(actions, ", "), people[first].id), len(others[i].members)}
	}
	return byRule, append(others, here.cells(in, frame)...)
}

// destructive tells whether an identity is deactivated or, like somebody of its class, loses something.
func (p *slowPopulation) destructive(in Input, like func(j int) bool, i int) bool {
	removing := false
	for _, a := range p.outcomes[i].actions {
		if a.status == "planned" && slowEffect(a.action.Type) == EffectDeactivate {
			return true
		}
		removing = removing || a.status == "planned" && removes(a.action)
	}
	if in.Grants == nil {
		return removing
	}
	for j, o := range p.outcomes {
		for _, t := range o.revokes {
			if like(j) && t == slowYes {
				return true
			}
		}
	}
	return false
}

// cells are the conditions of matching workflows, true and false.
func (p *slowPopulation) cells(in Input, frame []int) []slowTarget {
	var list []slowTarget
	if len(frame) == 0 {
		return nil
	}
	workflows := map[string]int{}
	for _, w := range p.runs[0].evaluationOrder() {
		flow := &in.Version.Workflows[w]
		workflows[flow.Name]++
		conditions := map[string]int{}
		for c := range flow.Conditions {
			condition := &flow.Conditions[c]
			conditions[condition.Name]++
			name := fmt.Sprintf("%q", flow.Name)
			if n := workflows[flow.Name]; n > 1 {
				name += fmt.Sprint(" #", n)
			}
			name += fmt.Sprintf(" / %q", condition.Name)
			if n := conditions[condition.Name]; n > 1 {
				name += fmt.Sprint(" #", n)
			}
			for _, want := range []slowTruth{slowYes, slowNo} {
				one := slowTarget{stratum: Stratum{Kind: StratumCell, Name: name + map[slowTruth]string{slowYes: ": true", slowNo: ": false"}[want]}}
				for _, i := range frame {
					if condition.State != "DISABLED" && p.outcomes[i].workflows[w] == slowYes && p.runs[i].test(condition.Test, false) == want {
						one.members = append(one.members, i)
					}
				}
				if one.stratum.Size = len(one.members); one.stratum.Size > 0 {
					list = append(list, one)
				}
			}
		}
	}
	return list
}
