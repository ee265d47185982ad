package engine

import (
	"maps"
	"slices"
)

// items numbers what a diff compares over the plans of both sides: actions in workflows, and access profiles. Entities are
// numbered by the entity table already.
type items struct {
	workflows []string     // names: those of the later version in its order, then those of other plans only; duplicates by order
	actions   []actionItem // those of the later version in its order, then those of other plans only
	profiles  []string     // ids, ascending
	names     []string     // by profile
}

// actionItem is an action in a workflow. Workflows match by name, duplicates by order. An action that has another type is
// another action: what it does is another thing.
type actionItem struct {
	workflow   string
	occurrence int
	name       string
	kind       string // type
	effect     Effect
	unheardOf  bool
}

// numbering is how one plan's own numbers translate.
type numbering struct {
	workflows []int
	actions   []map[int]int // by workflow, of the actions that it reaches
	profiles  []int
}

// number numbers the items of all plans of a diff.
func (p *Program) number() {
	if p.in.Against == nil {
		return
	}
	type place struct {
		workflow   string
		occurrence int
	}
	type key struct {
		place
		name, kind string
	}
	workflows := make(map[place]int)
	index := make(map[key]int)
	ids := make(map[string]string)
	for _, built := range p.plans {
		n := &numbering{}
		built.numbers = n
		seen := make(map[string]int)
		for _, w := range built.workflows {
			in := place{w.Name, seen[w.Name]}
			number, ok := workflows[in]
			if !ok {
				number = len(workflows)
				workflows[in] = number
				p.items.workflows = append(p.items.workflows, w.Name)
			}
			n.workflows = append(n.workflows, number)
			numbers := make(map[int]int)
			for _, action := range built.reached(w.conditions) {
				a := &built.actions[action]
				k := key{in, a.Name, a.Type}
				at, ok := index[k]
				if !ok {
					at = len(p.items.actions)
					index[k] = at
					p.items.actions = append(p.items.actions, actionItem{w.Name, seen[w.Name], a.Name, a.Type, a.effect, a.unheardOf})
				}
				numbers[action] = at
			}
			n.actions = append(n.actions, numbers)
			seen[w.Name]++
		}
		for _, pr := range built.profiles {
			name := ids[pr.id]
			if name == "" && pr.source != nil && (built == p.plan || built == p.from) {
				name = pr.source.Name
			}
			ids[pr.id] = name
		}
	}
	for id := range ids {
		p.items.profiles = append(p.items.profiles, id)
	}
	slices.Sort(p.items.profiles)
	at := make(map[string]int, len(ids))
	for i, id := range p.items.profiles {
		at[id] = i
		p.items.names = append(p.items.names, ids[id])
	}
	for _, built := range p.plans {
		for _, pr := range built.profiles {
			built.numbers.profiles = append(built.numbers.profiles, at[pr.id])
		}
	}
}

// reached are the actions that conditions can run, themselves or by the conditions of actions, ascending.
func (p *plan) reached(conditions []conditionPlan) []int {
	seen := make(map[int]bool)
	var visit func(list []conditionPlan)
	visit = func(list []conditionPlan) {
		for i := range list {
			for _, a := range list[i].actions {
				if !seen[a] {
					seen[a] = true
					visit(p.actions[a].conditions)
				}
			}
		}
	}
	visit(conditions)
	return slices.Sorted(maps.Keys(seen))
}
