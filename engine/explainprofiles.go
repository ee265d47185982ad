package engine

import (
	"cmp"
	"slices"
	"strings"
)

const (
	maxProfilePaths = 5     // of one profile
	maxSources      = 5     // of one entitlement
	maxPathSteps    = 5_000 // bounds the search for the paths to one profile
)

// accessProfiles explains the profiles that planned and possible actions bring, by id.
func (x *explainer) accessProfiles() []ProfileReason {
	o := x.outcome
	list := []ProfileReason{}
	for i := range x.plan.profiles {
		_, named := slices.BinarySearch(o.named.high, i)
		_, inherited := slices.BinarySearch(o.inherited.high, i)
		if !named && !inherited {
			continue
		}
		p := &x.plan.profiles[i]
		if !x.asked.profile(p.id, x.profileName(i)) {
			continue
		}
		q := x.ask(x.bringing(i))
		paths := x.pathsTo(i)
		x.preferPath(&q, paths.list[0])
		e := ProfileReason{
			ID: p.id, Status: "possible", Direct: named, Because: x.because(&q),
			Paths: paths.list, MorePaths: paths.more, Withheld: textOr(p.withheld), Missing: p.source == nil,
		}
		if p.source != nil {
			e.Name = textOr(p.source.Name)
		}
		if x.gets(o, i) {
			e.Status = "planned"
		}
		list = append(list, e)
	}
	return list
}

// preferPath makes the reason one of an action that names the beginning of a path, where one is planned.
func (x *explainer) preferPath(q *question, path ProfilePath) {
	for _, a := range x.outcome.actions {
		if a.status == statusPlanned && slices.Contains(x.plan.profileIDs(x.plan.actions[a.action].profiles), path.IDs[0]) {
			one := x.ask([]placedAction{{a.workflow, a.action}})
			q.prefer(one.atoms)
			return
		}
	}
}

// gets tells whether an outcome certainly brings a profile.
func (x *explainer) gets(o *outcome, profile int) bool {
	_, named := slices.BinarySearch(o.named.low, profile)
	_, inherited := slices.BinarySearch(o.inherited.low, profile)
	return named || inherited
}

// bringing lists the actions that name a profile, or one that brings it.
func (x *explainer) bringing(profile int) []placedAction {
	var actions []int
	for a := range x.plan.actions {
		if slices.ContainsFunc(x.plan.actions[a].profiles, func(named int) bool {
			_, brought := slices.BinarySearch(x.plan.profiles[named].reach, profile)
			return named == profile || brought
		}) {
			actions = append(actions, a)
		}
	}
	var list []placedAction
	for _, w := range x.plan.order {
		for _, a := range actions {
			if !x.plan.isDone(x.vector, w, a) {
				list = append(list, placedAction{w, a})
			}
		}
	}
	x.decider.steps += len(list)
	return list
}

// profilePaths are ways along inheritance to one profile.
type profilePaths struct {
	list []ProfilePath
	more bool // there are more than the list has, or perhaps
}

// pathsTo finds the ways from the profiles that the identity's actions name: those of planned ones first, the shortest of
// them first. A profile that grants nothing ends a way.
func (x *explainer) pathsTo(profile int) profilePaths {
	if found, ok := x.paths[profile]; ok {
		return found
	}
	found := profilePaths{list: []ProfilePath{}}
	low, high := x.outcome.named.low, x.outcome.named.high
	roots := append(slices.Clone(low), without(high, low)...)
	leads := x.leadingTo(profile)
	onWay := make([]bool, len(x.plan.profiles))
	steps := 0
	var way []int
	var visit func(at int)
	visit = func(at int) {
		if steps++; found.more || steps > maxPathSteps {
			found.more = true
			return
		}
		way, onWay[at] = append(way, at), true
		switch {
		case at == profile && len(found.list) == maxProfilePaths:
			found.more = true
		case at == profile:
			found.list = append(found.list, x.profilePath(way))
		case x.plan.profiles[at].grants():
			for _, next := range x.plan.profiles[at].inherits {
				if leads[next] && !onWay[next] {
					visit(next)
				}
			}
		}
		way, onWay[at] = way[:len(way)-1], false
	}
	for _, root := range roots {
		if leads[root] {
			visit(root)
		}
	}
	planned := func(path ProfilePath) int {
		return slices.Index(x.plan.profileIDs(low), path.IDs[0])
	}
	slices.SortStableFunc(found.list, func(a, b ProfilePath) int {
		return cmp.Or(cmp.Compare(min(planned(b), 0), min(planned(a), 0)), cmp.Compare(len(a.IDs), len(b.IDs)))
	})
	if x.paths == nil {
		x.paths = make(map[int]profilePaths)
	}
	x.paths[profile] = found
	return found
}

// leadingTo marks the profiles that inherit from a profile along granting ones, itself included.
func (x *explainer) leadingTo(profile int) []bool {
	if x.heirs == nil {
		x.heirs = make([][]int, len(x.plan.profiles))
		for i := range x.plan.profiles {
			if !x.plan.profiles[i].grants() {
				continue
			}
			for _, from := range x.plan.profiles[i].inherits {
				x.heirs[from] = append(x.heirs[from], i)
			}
		}
	}
	leads := make([]bool, len(x.plan.profiles))
	leads[profile] = true
	queue := []int{profile}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, heir := range x.heirs[at] {
			if !leads[heir] {
				leads[heir] = true
				queue = append(queue, heir)
			}
		}
	}
	return leads
}

func (x *explainer) profilePath(way []int) ProfilePath {
	var path ProfilePath
	names := make([]string, len(way))
	for i, at := range way {
		path.IDs = append(path.IDs, x.plan.profiles[at].id)
		names[i] = x.profileName(at)
	}
	path.Text = strings.Join(names, " -> ")
	return path
}

// profileName is what people call a profile.
func (x *explainer) profileName(i int) string {
	if p := &x.plan.profiles[i]; p.source != nil && p.source.Name != "" {
		return p.source.Name
	}
	return x.plan.profiles[i].id
}

// entitlements explains what the identity would hold, in key order.
func (x *explainer) entitlements() []EntitlementReason {
	type source struct{ profile, entity int }
	o := x.outcome
	sources := make(map[int][]source) // by entity
	for i := range x.plan.profiles {
		_, named := slices.BinarySearch(o.named.high, i)
		_, inherited := slices.BinarySearch(o.inherited.high, i)
		if !named && !inherited || !x.plan.profiles[i].grants() {
			continue
		}
		for j, e := range x.plan.profiles[i].own {
			if x.simulator.truthIn(x.vector, e.test) != isFalse {
				sources[e.entity] = append(sources[e.entity], source{i, j})
			}
		}
	}
	list := []EntitlementReason{}
	for _, entity := range o.entities.high {
		if !x.asked.entitlement(x.plan.entities.keys[entity].text()) {
			continue
		}
		e := EntitlementReason{Relation: x.relation(entity), Name: textOr(x.plan.entities.names[entity]), Status: "possible", Sources: []EntitlementSource{}}
		for _, certain := range []bool{true, false} {
			for _, s := range sources[entity] {
				test := x.plan.profiles[s.profile].own[s.entity].test
				granted := x.gets(o, s.profile) && x.simulator.truthIn(x.vector, test) == isTrue
				if granted != certain {
					continue
				}
				if granted {
					e.Status = "granted"
				}
				for _, path := range x.pathsTo(s.profile).list {
					if len(e.Sources) == maxSources {
						e.MoreSources = true
						break
					}
					q := x.askTest(test, entityPlace(s.profile, s.entity))
					one := EntitlementSource{ProfilePath: path, Status: "possible", Because: x.because(&q)}
					if granted {
						one.Status = "granted"
					}
					e.Sources = append(e.Sources, one)
				}
				e.MoreSources = e.MoreSources || x.pathsTo(s.profile).more
			}
		}
		list = append(list, e)
	}
	return list
}

// askTest makes the question whether one test holds.
func (x *explainer) askTest(of test, place string) question {
	return newQuestion(x.table.formulas, []arm{{triggers: []triggerTest{{formula: x.table.of(of, place)}}, targets: []int{0}}})
}
