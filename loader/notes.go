package loader

import (
	"slices"

	"github.com/lcmsim/lcmsim/engine"
)

// notes gathers findings. What is the same in one scope is one finding, at its first place, with a count.
type notes struct {
	list  []note
	index map[noteKey]int // into list
}

// note is a finding with the policy or version it is about.
type note struct {
	key     noteKey
	finding engine.Finding
}

// noteKey makes findings one. scope is a *engine.Policy, a *engine.Version, or nil for what concerns every run.
type noteKey struct {
	scope       any
	code, about string
}

// add notes one occurrence. A zero count of f means one.
func (n *notes) add(scope any, about string, f engine.Finding) {
	f.Column = engine.NoColumn
	f.Count = max(f.Count, 1)
	key := noteKey{scope, f.Code, about}
	if i, ok := n.index[key]; ok {
		n.list[i].finding.Count += f.Count
		return
	}
	if n.index == nil {
		n.index = map[noteKey]int{}
	}
	n.index[key] = len(n.list)
	n.list = append(n.list, note{key, f})
}

// findings lists, sorted, what concerns every run and what concerns the given scopes.
func (n *notes) findings(scopes ...any) []engine.Finding {
	var chosen notes
	for _, note := range n.list {
		if note.key.scope == nil || slices.Contains(scopes, note.key.scope) {
			chosen.add(nil, note.key.about, note.finding)
		}
	}
	out := make([]engine.Finding, 0, len(chosen.list))
	for _, note := range chosen.list {
		out = append(out, note.finding)
	}
	engine.SortFindings(out)
	return out
}

// about lists, sorted, what concerns every run, the policy and the versions.
func (n *notes) about(p *engine.Policy, versions []*engine.Version) []engine.Finding {
	scopes := []any{p}
	for _, v := range versions {
		scopes = append(scopes, v)
	}
	return n.findings(scopes...)
}
