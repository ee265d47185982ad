package engine

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lcmsim/lcmsim/scimeval"
)

// met is what a run met in the population, for findings. All are identities.
type met struct {
	rows      int
	granted   int // the grants file knows them
	done      int // the history knows them
	members   int // some access profile lists them as members
	active    int
	overlaps  int // two planned actions remove each other's grants
	mayRemove int // a planned action removes others, and what they hold is not known
	baseline  int // in the earlier population; -1 = there is none
}

// count notes which of the ids the grants file and the history know.
func (m *met) count(in *Input, ids []string) {
	for _, id := range ids {
		if len(in.Grants) > 0 && in.Grants[id] != nil {
			m.granted++
		}
		if len(in.History) > 0 && in.History[id] != nil {
			m.done++
		}
	}
}

// populationFindings are those that depend on who is in the population.
func (p *Program) populationFindings(seen Seen, m met) []Finding {
	var list, earlier []Finding
	edited := p.editedExpressions()
	for _, u := range p.exprs.uses {
		if u.muted {
			continue
		}
		for _, n := range p.filters.Notices(u.expr, seen.Observations, seen.Attributes) {
			severity := SeverityWarning
			blind := n.Code == scimeval.NoticeUnknownAttribute || n.Code == scimeval.NoticeTypeMismatch && n.Count >= max(1, m.rows)
			if u.own && blind {
				severity = SeverityError // it would protect nobody
			}
			if blind && !u.earlier && edited[u.expr] {
				list = append(list, Finding{Severity: SeverityWarning, Code: "edit-not-exercised", Position: u.at, Column: n.Offset, Count: 1,
					Message: "the edit of this expression cannot be judged on this population: " + n.Message, Hint: n.Hint,
					Caret: scimeval.Caret(p.exprs.texts[u.expr], n.Offset)})
			}
			f := Finding{Severity: severity, Code: n.Code, Position: u.at, Column: n.Offset,
				Message: n.Message, Hint: n.Hint, Count: max(1, n.Count), Caret: scimeval.Caret(p.exprs.texts[u.expr], n.Offset)}
			if u.earlier {
				earlier = append(earlier, f)
			} else {
				list = append(list, f)
			}
		}
	}
	list = appendUnheard(list, earlier)
	list = append(list, p.unmatchedFindings(m)...)
	if p.in.Rules.Denominator == "baseline" && m.baseline < 0 {
		list = append(list, Finding{Severity: SeverityWarning, Code: "no-baseline", Position: p.in.Policy.Limits.Position, Column: NoColumn, Count: 1,
			Message: "rule limits.denominator is baseline, but there is none: percentages are of the population"})
	}
	if p.in.Rules.Denominator == "active" && m.active == 0 {
		list = append(list, Finding{Severity: SeverityWarning, Code: "nobody-active", Position: p.in.Policy.Limits.Position, Column: NoColumn, Count: 1,
			Message: "rule limits.denominator is active, but nobody counts as active: every percentage is of 0 identities",
			Hint:    "name the boolean attribute that tells active identities with --active-attribute"})
	}
	if m.overlaps > 0 {
		list = append(list, Finding{Severity: SeverityWarning, Code: "overlapping-removal", Position: p.in.Version.Position, Column: NoColumn, Count: m.overlaps,
			Message: fmt.Sprintf("%s identities get two actions with remove_existing_relationships and different profiles in one scope", Grouped(m.overlaps)),
			Hint:    "each alone would remove what the other grants; put the profiles into one action, or make the conditions exclude each other"})
	}
	if m.mayRemove > 0 {
		list = append(list, Finding{Severity: SeverityWarning, Code: "may-remove-others", Position: p.in.Version.Position, Column: NoColumn, Count: m.mayRemove,
			Message: fmt.Sprintf("%s identities get an action with remove_existing_relationships; what it removes is not known", Grouped(m.mayRemove)),
			Hint:    "add grants.csv, the entitlements held today, to see the revokes"})
	}
	return list
}

// editedExpressions are those of the later of two compared policies that the earlier one does not have.
func (p *Program) editedExpressions() map[int]bool {
	edited := make(map[int]bool)
	if p.from == nil || p.from == p.plan {
		return edited
	}
	for _, u := range p.exprs.uses {
		if !u.own && !u.earlier {
			edited[u.expr] = true
		}
	}
	for _, u := range p.exprs.uses {
		if u.earlier {
			delete(edited, u.expr)
		}
	}
	return edited
}

// emptyFindings report guards and cohorts that nobody is in, unless an error of theirs was found already.
func (p *Program) emptyFindings(limits []LimitResult, found []Finding) []Finding {
	var list []Finding
	empty := func(scope, name string) bool {
		return slices.ContainsFunc(limits, func(l LimitResult) bool { return l.Scope == scope && l.Name == name && l.Population == 0 })
	}
	add := func(code string, at Position, message string) {
		known := slices.ContainsFunc(found, func(f Finding) bool { return f.Severity == SeverityError && f.Position == at })
		if !known {
			list = append(list, Finding{Severity: SeverityWarning, Code: code, Position: at, Column: NoColumn, Count: 1, Message: message, Hint: "check its filter with lcmsim filter"})
		}
	}
	for _, l := range p.in.OwnLimits {
		if l.Cohort != "" && empty("cohort", l.Name) {
			add("empty-cohort", l.Position, fmt.Sprintf("nobody is in the cohort of limit %q", l.Name))
		}
	}
	for _, g := range p.in.Guards {
		if empty("guard", g.Name) {
			add("guard-protects-nobody", g.Position, fmt.Sprintf("guard %q protects nobody", g.Name))
		}
	}
	return list
}

// unmatchedFindings report grants and history that do not meet the population and the policy: as a rule their ids are of
// another kind, and then they would make things look safer than they are.
func (p *Program) unmatchedFindings(m met) []Finding {
	in := &p.in
	var list []Finding
	add := func(severity Severity, code, message, hint string, count int) {
		list = append(list, Finding{Severity: severity, Code: code, Position: p.in.Version.Position, Column: NoColumn,
			Message: message, Hint: hint, Count: max(1, count)})
	}
	const ids = "identity ids must be the entity_id of the population, letter by letter"
	if in.Grants != nil {
		switch known, all := m.granted, len(in.Grants); {
		case all == 0:
			add(SeverityWarning, "grants-unmatched", "the grants file is empty: nobody is taken to hold anything", "export the entitlements held today, or leave the file out", 0)
		case known == 0:
			add(SeverityError, "grants-unmatched", "no identity of the grants file is in the population: everybody looks as if they held nothing", ids, all)
		case known < all:
			add(SeverityWarning, "grants-unmatched", fmt.Sprintf("%s of %s identities of the grants file are not in the population", Grouped(all-known), Grouped(all)), ids, all-known)
		}
		if m.granted > 0 && p.usesGrants() && p.grantsInScope() {
			list = append(list, p.strayGrants()...)
		}
		if m.granted > 0 && p.removes && !p.grantsInScope() {
			add(SeverityError, "grants-unmatched", "no grant is of a datasource and entity type that an access profile of the policy holds: no revoke can be found",
				"datasource_id and entity_type must be those of the access profiles, letter by letter", 0)
		}
	}
	if len(in.History) == 0 {
		return list
	}
	switch known, all := m.done, len(in.History); {
	case known == 0:
		add(SeverityError, "history-unmatched", "no identity of the history is in the population", ids, all)
	case known < all:
		add(SeverityWarning, "history-unmatched", fmt.Sprintf("%s of %s identities of the history are not in the population", Grouped(all-known), Grouped(all)), ids, all-known)
	}
	if example, n := p.strayHistory(); n > 0 {
		add(SeverityWarning, "history-unmatched", fmt.Sprintf("%s of the history without a run_once action of the policy, such as %q", entries(n), example),
			"action and workflow must be the names in the policy", n)
	}
	return list
}

// usesGrants tells whether what is held decides anything.
func (p *Program) usesGrants() bool {
	return p.removes || p.in.Against != nil && p.in.Against.Kind == BaselineGrants
}

// strayGrants report entitlements of the grants file that are of a kind that access profiles hold, and are none of theirs: all of
// them, or such that differ only in letter case.
func (p *Program) strayGrants() []Finding {
	table := p.plan.entities
	scopes, folded := make(map[[2]string]bool), make(map[heldKey]bool)
	for _, k := range table.keys {
		scopes[[2]string{k.datasource, k.entityType}] = true
		folded[heldKey{k.datasource, k.entityType, scimeval.Fold(k.id)}] = true
	}
	known, stray, spelled := 0, 0, 0
	seen := make(map[heldKey]bool)
	for _, grants := range p.in.Grants {
		for _, g := range grants {
			h := heldKey{g.DatasourceID, g.EntityType, g.EntityID}
			if seen[h] || !scopes[[2]string{h.datasource, h.entityType}] {
				continue
			}
			seen[h] = true
			switch {
			case len(table.matching(h, g.Name)) > 0:
				known++
			case folded[heldKey{h.datasource, h.entityType, scimeval.Fold(h.id)}]:
				spelled++
			default:
				stray++
			}
		}
	}
	message := ""
	switch {
	case spelled > 0:
		message = fmt.Sprintf("%s entitlements of the grants file differ from those of access profiles only in letter case: they count as others", Grouped(spelled))
	case known == 0 && stray > 0:
		message = fmt.Sprintf("none of %s entitlements of the grants file is one that an access profile of the policy holds", Grouped(stray))
	default:
		return nil
	}
	return []Finding{{Severity: SeverityWarning, Code: "grants-unmatched", Position: p.in.Version.Position, Column: NoColumn, Count: max(1, spelled+stray), Message: message,
		Hint: "entity_id must be that of the access profiles, letter by letter"}}
}

// grantsInScope tells whether any grant is where some profile of the policy holds an entity.
func (p *Program) grantsInScope() bool {
	known := make(map[[2]string]bool)
	for _, k := range p.plan.entities.keys {
		known[[2]string{k.datasource, k.entityType}] = true
	}
	for _, grants := range p.in.Grants {
		for _, g := range grants {
			if known[[2]string{g.DatasourceID, g.EntityType}] {
				return true
			}
		}
	}
	return false
}

// strayHistory counts the entries that name no run_once action, or no workflow, of the policy. The example is the first by
// name.
func (p *Program) strayHistory() (example string, n int) {
	actions, workflows := make(map[string]bool), map[string]bool{"": true}
	for _, a := range p.plan.actions {
		actions[a.Name] = a.RunOnce
	}
	for _, w := range p.plan.workflows {
		workflows[w.Name] = true
	}
	for _, entries := range p.in.History {
		for _, d := range entries {
			if actions[d.Action] && workflows[d.Workflow] {
				continue
			}
			n++
			if name := d.Workflow + "/" + d.Action; example == "" || cmp.Less(name, example) {
				example = name
			}
		}
	}
	return example, n
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return Grouped(n) + " entries"
}
