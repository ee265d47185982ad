package engine

import (
	"cmp"
	"slices"
	"sort"

	"github.com/stretchr/testify/require"
)

// What the slow twin says of a whole population, counted one identity at a time.

// slowPopulation is every identity under the rules in force.
type slowPopulation struct {
	runs     []*slowRun
	outcomes []*slowOutcome
}

func slowly(t require.TestingT, in Input, rules Rules, people []person, filters slowFilters) *slowPopulation {
	p := &slowPopulation{}
	for _, who := range people {
		r := &slowRun{t: t, in: in, rules: rules, filters: filters, who: who}
		p.runs = append(p.runs, r)
		p.outcomes = append(p.outcomes, r.outcome())
	}
	return p
}

// flips counts the identities that end differently.
func (p *slowPopulation) flips(other *slowPopulation) int {
	n := 0
	for i := range p.runs {
		if p.runs[i].sets(p.outcomes[i]) != other.runs[i].sets(other.outcomes[i]) {
			n++
		}
	}
	return n
}

// slowCount is how many identities something is certain for, and how many it is possible for at most.
type slowCount struct{ low, high int }

func (p *slowPopulation) count(of func(r *slowRun, o *slowOutcome) slowTruth) slowCount {
	var c slowCount
	for i, r := range p.runs {
		switch of(r, p.outcomes[i]) {
		case slowYes:
			c.low++
			c.high++
		case slowMaybe:
			c.high++
		}
	}
	return c
}

// summary counts over identities; the number of classes is taken over.
func (p *slowPopulation) summary(in Input, got Summary) Summary {
	s := Summary{Identities: len(p.runs), Classes: got.Classes}
	for i, r := range p.runs {
		o := p.outcomes[i]
		any := slowNo
		for _, t := range o.workflows {
			any = slowOr(any, t)
		}
		if any == slowYes {
			s.Matched++
		}
		if o.unknown {
			s.Unknown++
		}
		best := bestStatus(o)
		remover := false
		for a, t := range best {
			switch t {
			case slowYes:
				s.PlannedActions++
				remover = remover || removes(a)
			case slowMaybe:
				s.PossibleActions++
			}
		}
		if remover && in.Grants == nil {
			s.MayRemoveOthers++
		}
		switch r.effect(o, "deactivate") {
		case slowYes:
			s.Deactivated++
		case slowMaybe:
			s.MaybeDeactivated++
		}
		for _, t := range o.entities {
			if t == slowYes {
				s.GrantedEntitlements++
			} else {
				s.PossibleEntitlements++
			}
		}
		for _, t := range o.revokes {
			if t == slowYes {
				s.Revokes++
			} else {
				s.PossibleRevokes++
			}
		}
	}
	c := p.count(func(_ *slowRun, o *slowOutcome) slowTruth { return o.affected() })
	s.AffectedLow, s.AffectedHigh = c.low, c.high
	s.Destructive = s.Deactivated > 0 || s.Revokes > 0
	return s
}

// bestStatus is how far each action runs in any workflow; those that are only done are not listed.
func bestStatus(o *slowOutcome) map[*Action]slowTruth {
	best := make(map[*Action]slowTruth)
	for _, a := range o.actions {
		raise(best, a.action, statusTruth(a.status))
	}
	return best
}

// shown is the expression of a test as results print it.
func shown(t Test) string {
	switch {
	case t.Numbered && !blank(t.Text):
		return t.Text
	case t.Form == FormAny:
		return "ANY"
	case t.Form == FormOtherName, t.Form == FormBadNumber, t.Form == FormExpression && blank(t.Text):
		return t.Type
	}
	return t.Text
}

func (p *slowPopulation) conditionResults(list []Condition, skipped bool) []ConditionResult {
	out := make([]ConditionResult, len(list))
	for i := range list {
		c := &list[i]
		n := p.count(func(_ *slowRun, o *slowOutcome) slowTruth { return o.conditionTruth(c) })
		out[i] = ConditionResult{
			Index: i, Name: c.Name, Expression: shown(c.Test), Matched: n.low, Unknown: n.high - n.low,
			Skipped: skipped || c.State == StateDisabled, Actions: []string{},
		}
		for _, ref := range c.Actions {
			out[i].Actions = append(out[i].Actions, ref.Name)
		}
	}
	return out
}

func (p *slowPopulation) workflowResults(in Input) []WorkflowResult {
	out := []WorkflowResult{}
	for i := range in.Version.Workflows {
		w := &in.Version.Workflows[i]
		n := p.count(func(_ *slowRun, o *slowOutcome) slowTruth {
			if t, ok := o.workflows[i]; ok {
				return t
			}
			return slowNo
		})
		skipped := !p.runs[0].evaluated(w)
		out = append(out, WorkflowResult{
			Index: i, Name: w.Name, State: w.State, Priority: w.Priority, Trigger: shown(w.Trigger),
			Matched: n.low, Unknown: n.high - n.low, Skipped: skipped, Conditions: p.conditionResults(w.Conditions, skipped),
		})
	}
	return out
}

func (p *slowPopulation) actionResults(in Input) []ActionResult {
	effects := map[string]Effect{
		"MANAGE_RELATIONSHIPS": "grant", "SYNC_IDENTITIES": "sync", "DEPROVISION_IDENTITY": "deactivate", "DELETE_IDENTITY": "deactivate",
		"PAUSE": "opaque", "UNKNOWN(99)": "opaque",
	}
	out := []ActionResult{}
	for i := range in.Version.Actions {
		a := &in.Version.Actions[i]
		if p.runs[0].action(a.Name) != a {
			continue // a duplicate
		}
		n := p.count(func(_ *slowRun, o *slowOutcome) slowTruth { return cmp.Or(bestStatus(o)[a], slowNo) })
		done := p.count(func(_ *slowRun, o *slowOutcome) slowTruth {
			listed := slices.ContainsFunc(o.actions, func(x slowAction) bool { return x.action == a })
			if _, runs := bestStatus(o)[a]; listed && !runs {
				return slowYes
			}
			return slowNo
		})
		skipped := a.State == StateDisabled
		out = append(out, ActionResult{
			Name: a.Name, Type: a.Type, Effect: effects[a.Type], Planned: n.low, Possible: n.high - n.low, Done: done.low,
			Skipped: skipped, RemoveExisting: a.RemoveExisting, Conditions: p.conditionResults(a.Conditions, skipped),
		})
	}
	return out
}

// profileIDs are those that some action names and all that these inherit from.
func (p *slowPopulation) profileIDs(in Input) []string {
	found := make(map[string]bool)
	var visit func(id string)
	visit = func(id string) {
		if found[id] {
			return
		}
		found[id] = true
		if profile := p.runs[0].profile(id); profile != nil {
			for _, ref := range profile.Inherits {
				visit(ref.ID)
			}
		}
	}
	for i := range in.Version.Actions {
		a := &in.Version.Actions[i]
		if p.runs[0].action(a.Name) != a {
			continue
		}
		for _, ref := range a.AccessProfiles {
			visit(ref.ID)
		}
	}
	ids := make([]string, 0, len(found))
	for id := range found {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return ids
}

func (p *slowPopulation) profileResults(in Input) []ProfileResult {
	out := []ProfileResult{}
	for _, id := range p.profileIDs(in) {
		r := ProfileResult{ID: id}
		profile := p.runs[0].profile(id)
		reason := ""
		switch {
		case profile == nil:
			reason = "it is missing from the export"
		case p.runs[0].grants(profile):
		case profile.State != StateRunning:
			reason = "its state is " + profile.State + ", not RUNNING"
		default:
			reason = "its current version is " + profile.VersionState + ", not PUBLISHED"
		}
		if reason != "" {
			r.Withheld = &reason
		}
		if profile != nil {
			r.Name, r.State = optional(profile.Name), &profile.State
		}
		for _, o := range p.outcomes {
			_, named := o.named[id]
			_, brought := o.brought[id]
			switch {
			case o.named[id] == slowYes:
				r.Direct++
			case o.inherited(id):
				r.Inherited++
			case named || brought:
				r.Possible++
			}
		}
		out = append(out, r)
	}
	return out
}

func (p *slowPopulation) entitlementResults(in Input) []EntitlementResult {
	index := make(map[slowEntity]*EntitlementResult)
	var keys []slowEntity
	for _, id := range p.profileIDs(in) {
		profile := p.runs[0].profile(id)
		if profile == nil {
			continue
		}
		for i := range profile.Entities {
			e := &profile.Entities[i]
			k := slowKey(e)
			r := index[k]
			if r == nil {
				r = &EntitlementResult{
					DatasourceID: k.datasource, EntityType: k.kind, EntityID: k.id, Profiles: []string{},
					AssignedToType: optional(k.assignedType), AssignedToID: optional(k.assignedID),
				}
				index[k] = r
				keys = append(keys, k)
			}
			if r.Name == nil {
				r.Name = optional(e.EntityName)
			}
			if !slices.Contains(r.Profiles, id) {
				r.Profiles = append(r.Profiles, id)
			}
		}
	}
	order := func() {
		sort.Slice(keys, func(i, j int) bool {
			a, b := keys[i], keys[j]
			return cmp.Or(cmp.Compare(a.datasource, b.datasource), cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id),
				cmp.Compare(a.assignedType, b.assignedType), cmp.Compare(a.assignedID, b.assignedID)) < 0
		})
	}
	order()
	for _, o := range p.outcomes {
		for k, t := range o.entities {
			if t == slowYes {
				index[k].Granted++
			} else {
				index[k].Possible++
			}
		}
		for h, t := range o.revokes {
			at := slices.IndexFunc(keys, func(k slowEntity) bool { return slowHeld{k.datasource, k.kind, k.id} == h })
			if at < 0 {
				k := slowEntity{datasource: h.datasource, kind: h.kind, id: h.id}
				index[k] = &EntitlementResult{DatasourceID: k.datasource, EntityType: k.kind, EntityID: k.id, Profiles: []string{}}
				at = len(keys)
				keys = append(keys, k)
			}
			if t == slowYes {
				index[keys[at]].Revoked++
			} else {
				index[keys[at]].MaybeRevoked++
			}
		}
	}
	order()
	out := []EntitlementResult{}
	for _, k := range keys {
		out = append(out, *index[k])
	}
	return out
}

// sensitivity runs the twin again under each alternative of each rule.
func (p *slowPopulation) sensitivity(t require.TestingT, in Input, people []person, filters slowFilters) []Sensitivity {
	list := []Sensitivity{}
	for _, info := range RuleTable() {
		for _, value := range append([]string{info.Default}, info.Others...) {
			if value == in.Rules.Get(info.Name) || info.Name == "limits.affected" || value == "baseline" {
				continue
			}
			if value == "active" && p.active(in) == 0 {
				continue // nobody is known to be active
			}
			rules, err := in.Rules.With(info.Name, value)
			require.NoError(t, err)
			s := Sensitivity{Rule: info.Name, Alternative: value, Limits: []string{}}
			switch info.Name {
			case "limits.denominator", "limits.comparison", "limits.zero":
				s.Limits = changedLimits(p.limits(in, in.Rules), p.limits(in, rules))
			default:
				s.Identities = p.flips(slowly(t, in, rules, people, filters))
			}
			if s.Identities > 0 || len(s.Limits) > 0 {
				list = append(list, s)
			}
		}
	}
	return list
}

// changedLimits names the limits whose verdict differs. One that stands in one list only counts unless it is ok.
func changedLimits(was, now []slowLimit) []string {
	before, after := make(map[string]string), make(map[string]string)
	for _, l := range was {
		before[l.String()] = l.verdict
	}
	for _, l := range now {
		after[l.String()] = l.verdict
	}
	changed := []string{}
	for _, l := range now {
		if before[l.String()] != l.verdict && (before[l.String()] != "" || l.verdict != "ok") {
			changed = append(changed, l.name)
		}
	}
	for _, l := range was {
		if after[l.String()] == "" && l.verdict != "ok" {
			changed = append(changed, l.name)
		}
	}
	return changed
}
