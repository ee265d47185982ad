package engine

import (
	"cmp"
	"fmt"
)

// countKnown counts the identities that the grants file and the history know.
func (s *Simulation) countKnown(ids []string) {
	in := &s.program.in
	for _, id := range ids {
		if len(in.Grants) > 0 && in.Grants[id] != nil {
			s.granted++
		}
		if len(in.History) > 0 && in.History[id] != nil {
			s.done++
		}
	}
}

// unmatchedFindings report grants and history that do not meet the population and the policy: as a rule their ids are of
// another kind, and then they would make things look safer than they are.
func (s *Simulation) unmatchedFindings() []Finding {
	in := &s.program.in
	var list []Finding
	add := func(severity Severity, code, message, hint string, count int) {
		list = append(list, Finding{Severity: severity, Code: code, Position: s.program.in.Version.Position, Column: NoColumn,
			Message: message, Hint: hint, Count: max(1, count)})
	}
	const ids = "identity ids must be the entity_id of the population, letter by letter"
	if in.Grants != nil {
		switch known, all := s.granted, len(in.Grants); {
		case all == 0:
			add(SeverityWarning, "grants-unmatched", "the grants file is empty: nobody is taken to hold anything", "export the entitlements held today, or leave the file out", 0)
		case known == 0:
			add(SeverityError, "grants-unmatched", "no identity of the grants file is in the population: no revoke can be found", ids, all)
		case known < all:
			add(SeverityWarning, "grants-unmatched", fmt.Sprintf("%s of %s identities of the grants file are not in the population", Grouped(all-known), Grouped(all)), ids, all-known)
		}
		if s.granted > 0 && s.program.removes && !s.program.grantsInScope() {
			add(SeverityError, "grants-unmatched", "no grant is of a datasource and entity type that an access profile of the policy holds: no revoke can be found",
				"datasource_id and entity_type must be those of the access profiles, letter by letter", 0)
		}
	}
	if len(in.History) == 0 {
		return list
	}
	switch known, all := s.done, len(in.History); {
	case known == 0:
		add(SeverityError, "history-unmatched", "no identity of the history is in the population", ids, all)
	case known < all:
		add(SeverityWarning, "history-unmatched", fmt.Sprintf("%s of %s identities of the history are not in the population", Grouped(all-known), Grouped(all)), ids, all-known)
	}
	if example, n := s.program.strayHistory(); n > 0 {
		add(SeverityWarning, "history-unmatched", fmt.Sprintf("%s entries of the history name no run_once action of the policy, such as %q", Grouped(n), example),
			"action and workflow must be the names in the policy", n)
	}
	return list
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
