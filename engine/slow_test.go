package engine

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/scimeval"
)

// The slow twin: what happens to one identity, written from SPEC sections 3, 4, 7 and 8 alone. It takes an identity at a
// time, follows every path, and shares nothing with the plan, the match vectors and the totals. Filters go through
// package scimeval, one filter and one record at a time.

// slowTruth is Kleene's.
type slowTruth string

const (
	slowNo    slowTruth = "no"
	slowMaybe slowTruth = "maybe"
	slowYes   slowTruth = "yes"
)

func slowAnd(a, b slowTruth) slowTruth {
	switch {
	case a == slowNo || b == slowNo:
		return slowNo
	case a == slowMaybe || b == slowMaybe:
		return slowMaybe
	}
	return slowYes
}

func slowOr(a, b slowTruth) slowTruth {
	switch {
	case a == slowYes || b == slowYes:
		return slowYes
	case a == slowMaybe || b == slowMaybe:
		return slowMaybe
	}
	return slowNo
}

func slowNot(a slowTruth) slowTruth {
	switch a {
	case slowYes:
		return slowNo
	case slowNo:
		return slowYes
	}
	return slowMaybe
}

// slowFilters evaluates filters one record at a time and remembers the answers.
type slowFilters map[string]slowTruth

func (m slowFilters) truth(t require.TestingT, filter string, r Rules, schema *scimeval.Schema, p person) slowTruth {
	key := fmt.Sprint(r.Semantics, r.Filter, "\x00", filter, "\x00", p.record)
	if known, ok := m[key]; ok {
		return known
	}
	program := scimeval.Compile([]string{filter}, scimeval.Options{Semantics: r.Semantics, Rules: r.Filter, Schema: schema})
	rec, _ := batchOf(program.Attributes(), []person{p})
	e := program.NewEvaluator()
	require.NoError(t, e.Evaluate(rec))
	answer := slowNo
	switch {
	case e.Lower(0, 0)[0] == 1:
		answer = slowYes
	case e.Upper(0, 0)[0] == 1:
		answer = slowMaybe
	}
	m[key] = answer
	return answer
}

// slowRun is one identity under some rules.
type slowRun struct {
	t       require.TestingT
	in      Input
	rules   Rules
	filters slowFilters
	who     person
	idle    map[int]bool // workflows whose actions are left out
}

// slowOutcome is what happens to the identity.
type slowOutcome struct {
	workflows  map[int]slowTruth // those that are evaluated
	order      []int
	conditions map[*Condition]slowTruth
	actions    []slowAction
	unknown    bool
	named      map[string]slowTruth // profiles that planned (yes) and possible (maybe) actions name
	brought    map[string]slowTruth // granting profiles, named or inherited
	entities   map[slowEntity]slowTruth
	revokes    map[slowHeld]slowTruth
}

type slowAction struct {
	workflow int
	action   *Action
	status   string
}

// slowEntity is the key of an entitlement.
type slowEntity struct{ datasource, kind, id, assignedType, assignedID string }

// slowHeld is an entitlement that somebody holds.
type slowHeld struct{ datasource, kind, id string }

func (s *slowRun) expression(text string) slowTruth {
	return s.filters.truth(s.t, text, s.rules, s.in.Schema, s.who)
}

func blank(text string) bool { return strings.Trim(text, " \t\r\n") == "" }

// test is the truth of a trigger, a condition or an entity condition.
func (s *slowRun) test(t Test, ofEntity bool) slowTruth {
	if t.Numbered {
		switch {
		case !blank(t.Text):
			return s.expression(t.Text)
		case t.Form == FormAny:
			return slowYes
		}
		return slowMaybe
	}
	switch t.Form {
	case FormAny:
		return slowYes
	case FormOtherName:
		return slowMaybe
	case FormString, FormExpression, FormAbsent:
		switch {
		case !blank(t.Text):
			return s.expression(t.Text)
		case t.Form == FormExpression:
			return s.expression(t.Type)
		case t.Form == FormAbsent && ofEntity:
			return slowYes
		}
	}
	return slowMaybe
}

// action is the first action of that name.
func (s *slowRun) action(name string) *Action {
	for i := range s.in.Version.Actions {
		if s.in.Version.Actions[i].Name == name {
			return &s.in.Version.Actions[i]
		}
	}
	return nil
}

// profile is the first profile with that id.
func (s *slowRun) profile(id string) *Profile {
	for i := range s.in.Catalog.Profiles {
		if s.in.Catalog.Profiles[i].ID == id {
			return &s.in.Catalog.Profiles[i]
		}
	}
	return nil
}

func (s *slowRun) evaluated(w *Workflow) bool {
	return w.State != "DISABLED" || s.rules.EvaluateDisabled
}

func (s *slowRun) evaluationOrder() []int {
	var prioritized, rest []int
	for i := range s.in.Version.Workflows {
		w := &s.in.Version.Workflows[i]
		switch {
		case !s.evaluated(w):
		case w.Priority == 0:
			rest = append(rest, i)
		default:
			prioritized = append(prioritized, i)
		}
	}
	sort.SliceStable(prioritized, func(i, j int) bool {
		a, b := s.in.Version.Workflows[prioritized[i]].Priority, s.in.Version.Workflows[prioritized[j]].Priority
		if s.rules.PriorityDescending {
			return a > b
		}
		return a < b
	})
	return append(prioritized, rest...)
}

func (s *slowRun) outcome() *slowOutcome {
	o := &slowOutcome{
		workflows:  map[int]slowTruth{},
		order:      s.evaluationOrder(),
		conditions: map[*Condition]slowTruth{},
		named:      map[string]slowTruth{},
		brought:    map[string]slowTruth{},
		entities:   map[slowEntity]slowTruth{},
		revokes:    map[slowHeld]slowTruth{},
	}
	noneEarlier := slowYes
	for _, i := range o.order {
		w := &s.in.Version.Workflows[i]
		trigger := s.test(w.Trigger, false)
		counts := trigger
		if s.rules.FirstMatch {
			counts = slowAnd(trigger, noneEarlier)
			noneEarlier = slowAnd(noneEarlier, slowNot(trigger))
		}
		o.workflows[i] = counts
		s.see(o, counts)
		found := map[*Action]slowTruth{}
		var order []*Action
		if counts != slowNo && !s.idle[i] {
			s.walk(o, w.Conditions, counts, nil, func(a *Action, t slowTruth) {
				if _, ok := found[a]; !ok {
					order = append(order, a)
					found[a] = slowNo
				}
				found[a] = slowOr(found[a], t)
			})
		}
		for _, a := range order {
			status := "possible"
			if found[a] == slowYes {
				status = "planned"
			}
			if a.RunOnce && s.done(a, w) {
				status = "done"
			}
			o.actions = append(o.actions, slowAction{i, a, status})
		}
	}
	s.profiles(o)
	s.revokes(o, o.actions)
	return o
}

func (s *slowRun) see(o *slowOutcome, t slowTruth) { o.unknown = o.unknown || t == slowMaybe }

// walk follows every path below conditions that are reached with the truth so far. stack holds the actions above.
func (s *slowRun) walk(o *slowOutcome, list []Condition, soFar slowTruth, stack []*Action, visit func(*Action, slowTruth)) {
	for i := range list {
		c := &list[i]
		if c.State == "DISABLED" {
			continue
		}
		t := slowAnd(soFar, s.test(c.Test, false))
		if t == slowNo {
			continue
		}
		s.see(o, t)
		o.conditions[c] = slowOr(t, o.conditionTruth(c))
		for _, ref := range c.Actions {
			a := s.action(ref.Name)
			if a == nil || a.State == "DISABLED" || slices.Contains(stack, a) {
				continue
			}
			visit(a, t)
			s.walk(o, a.Conditions, t, append(slices.Clone(stack), a), visit)
		}
	}
}

func (o *slowOutcome) conditionTruth(c *Condition) slowTruth {
	if t, ok := o.conditions[c]; ok {
		return t
	}
	return slowNo
}

func (s *slowRun) done(a *Action, w *Workflow) bool {
	for _, d := range s.in.History[s.who.id] {
		if d.Action == a.Name && (d.Workflow == "" || d.Workflow == w.Name) {
			return true
		}
	}
	return false
}

// statusTruth is how far an action counts as run; done and unlisted ones do not run now.
func statusTruth(status string) slowTruth {
	switch status {
	case "planned":
		return slowYes
	case "possible":
		return slowMaybe
	}
	return slowNo
}

func (s *slowRun) grants(p *Profile) bool {
	return p != nil && (s.rules.GrantInactive || p.State == "RUNNING" && p.VersionState == "PUBLISHED")
}

// effective lists the granting profiles that a profile brings, itself included.
func (s *slowRun) effective(id string, into map[string]bool) {
	p := s.profile(id)
	if into[id] || !s.grants(p) {
		return
	}
	into[id] = true
	for _, ref := range p.Inherits {
		s.effective(ref.ID, into)
	}
}

// eachEntity visits the effective entitlements of an action, conditions ignored.
func (s *slowRun) eachEntity(a *Action, visit func(profile string, e *Entity)) {
	profiles := map[string]bool{}
	for _, ref := range a.AccessProfiles {
		s.effective(ref.ID, profiles)
	}
	for id := range profiles {
		p := s.profile(id)
		for i := range p.Entities {
			visit(id, &p.Entities[i])
		}
	}
}

func slowKey(e *Entity) slowEntity {
	id := e.EntityID
	if id == "" {
		id = e.NativeID
	}
	if id == "" {
		id = e.EntityName
	}
	return slowEntity{e.DatasourceID, e.EntityType, id, e.AssignedToType, e.AssignedToID}
}

func (s *slowRun) entity(e *Entity) slowTruth {
	if e.Condition == nil {
		return slowYes
	}
	return s.test(*e.Condition, true)
}

func raise[K comparable](m map[K]slowTruth, k K, t slowTruth) {
	if t != slowNo {
		m[k] = slowOr(m[k], t)
	}
}

func (s *slowRun) profiles(o *slowOutcome) {
	for _, a := range o.actions {
		t := statusTruth(a.status)
		if t == slowNo {
			continue
		}
		profiles := map[string]bool{}
		for _, ref := range a.action.AccessProfiles {
			raise(o.named, ref.ID, t)
			s.effective(ref.ID, profiles)
			if s.profile(ref.ID) == nil {
				s.see(o, slowMaybe) // what it grants is not known
			}
		}
		for id := range profiles {
			raise(o.brought, id, t)
			for _, ref := range s.profile(id).Inherits {
				if s.profile(ref.ID) == nil {
					s.see(o, slowMaybe)
				}
			}
		}
		s.eachEntity(a.action, func(_ string, e *Entity) {
			s.see(o, s.entity(e))
			raise(o.entities, slowKey(e), slowAnd(t, s.entity(e)))
		})
	}
}

// removes tells whether the action takes away what is held beside its profiles.
func removes(a *Action) bool { return a.Type == "MANAGE_RELATIONSHIPS" && a.RemoveExisting }

// revokes finds what is taken away and what the wanting actions do not want.
func (s *slowRun) revokes(o *slowOutcome, wanting []slowAction) {
	for _, g := range s.in.Grants[s.who.id] {
		inScope, wanted := slowNo, slowNo
		for _, a := range o.actions {
			s.eachEntity(a.action, func(_ string, e *Entity) {
				if removes(a.action) && e.DatasourceID == g.DatasourceID && (s.rules.RemoveByDatasource || e.EntityType == g.EntityType) {
					inScope = slowOr(inScope, statusTruth(a.status))
				}
			})
		}
		for _, a := range wanting {
			s.eachEntity(a.action, func(_ string, e *Entity) {
				if a.action.Type == "MANAGE_RELATIONSHIPS" && slowMatch(e, g) {
					wanted = slowOr(wanted, slowAnd(statusTruth(a.status), s.entity(e)))
				}
			})
		}
		raise(o.revokes, slowHeld{g.DatasourceID, g.EntityType, g.EntityID}, slowAnd(inScope, slowNot(wanted)))
	}
}

// slowMatch tells whether what is held is the entity.
func slowMatch(e *Entity, g Grant) bool {
	id := slowKey(e).id
	nameless := e.EntityID == "" && e.NativeID == ""
	return e.DatasourceID == g.DatasourceID && e.EntityType == g.EntityType && (id == g.EntityID || nameless && g.Name != "" && id == g.Name)
}

func (o *slowOutcome) affected() slowTruth {
	t := slowNo
	for _, a := range o.actions {
		t = slowOr(t, statusTruth(a.status))
	}
	return t
}

// inherited tells whether the profile comes by inheritance and no planned action names it.
func (o *slowOutcome) inherited(id string) bool {
	return o.brought[id] == slowYes && o.named[id] != slowYes
}

// row prints the outcome (SPEC section 10, rows).
func (s *slowRun) row(o *slowOutcome) Row {
	row := Row{
		EntityID: s.who.id, Affected: string(o.affected()),
		WorkflowsMatched: []string{}, WorkflowsUnknown: []string{}, Actions: []ActionStatus{},
	}
	for _, i := range o.order {
		name := s.in.Version.Workflows[i].Name
		switch o.workflows[i] {
		case slowYes:
			row.WorkflowsMatched = append(row.WorkflowsMatched, name)
		case slowMaybe:
			row.WorkflowsUnknown = append(row.WorkflowsUnknown, name)
		}
	}
	for _, a := range o.actions {
		row.Actions = append(row.Actions, ActionStatus{s.in.Version.Workflows[a.workflow].Name, a.action.Name, a.action.Type, a.status})
	}
	sets := [6]map[string]bool{}
	for i := range sets {
		sets[i] = map[string]bool{}
	}
	for id, t := range o.named {
		sets[0][id] = t == slowYes
	}
	for id := range o.brought {
		sets[1][id] = o.inherited(id)
	}
	for k, t := range o.entities {
		text := k.datasource + "|" + k.kind + "|" + k.id
		sets[2][text] = sets[2][text] || t == slowYes
		sets[3][text] = true
	}
	for text, certain := range sets[2] {
		sets[3][text] = !certain
	}
	for k, t := range o.revokes {
		text := k.datasource + "|" + k.kind + "|" + k.id
		sets[4][text], sets[5][text] = t == slowYes, t == slowMaybe
	}
	for i, list := range []*[]string{&row.AccessProfileIDs, &row.InheritedProfileIDs, &row.Entitlements, &row.PossibleEntitlements, &row.Revokes, &row.PossibleRevokes} {
		*list = []string{}
		for text, in := range sets[i] {
			if in {
				*list = append(*list, text)
			}
		}
		sort.Strings(*list)
	}
	return row
}

// sets is everything that an observer can tell of the outcome, but for the order of actions.
func (s *slowRun) sets(o *slowOutcome) string {
	var lines []string
	for i, t := range o.workflows {
		if t != slowNo {
			lines = append(lines, fmt.Sprint("workflow ", i, t))
		}
	}
	for _, a := range o.actions {
		lines = append(lines, fmt.Sprint("action ", a.workflow, a.action.Name, a.status))
	}
	for id, t := range o.named {
		if t == slowYes {
			lines = append(lines, "named "+id)
		}
	}
	for id := range o.brought {
		if o.inherited(id) {
			lines = append(lines, "inherited "+id)
		}
	}
	for k, t := range o.entities {
		lines = append(lines, fmt.Sprint("entity ", k, t))
	}
	for k, t := range o.revokes {
		lines = append(lines, fmt.Sprint("revoke ", k, t))
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}
