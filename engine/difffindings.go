package engine

import (
	"fmt"
	"slices"

	"github.com/lcmsim/lcmsim/scimeval"
)

// findings are those of the policies and of what the two sides met.
func (d *Diff) findings(r *DiffResult, seen Seen) []Finding {
	p := d.program
	m := d.met
	m.rows, m.active, m.baseline = d.rows, d.active, -1
	if d.base != nil {
		m.baseline = d.base.Len()
	}
	list := append(p.findings[:len(p.findings):len(p.findings)], p.populationFindings(seen, m)...)
	add := func(severity Severity, code string, count int, message, hint string) {
		list = append(list, Finding{Severity: severity, Code: code, Position: p.in.Version.Position, Column: NoColumn, Message: message, Hint: hint, Count: max(1, count)})
	}
	if d.base != nil {
		common := countBits(d.present)
		switch smaller := min(d.rows, d.base.Len()); {
		case common == 0:
			add(SeverityError, "no-common-identities", d.rows, "no identity is in both populations: everybody looks new, and nothing can be compared",
				"both populations must have the same kind of entity_id, letter by letter")
		case common*2 < smaller:
			add(SeverityWarning, "few-common-identities", smaller-common,
				fmt.Sprintf("only %s identities are in both populations, of %s now and %s before", Grouped(common), Grouped(d.rows), Grouped(d.base.Len())),
				"check that both are exports of the same source")
		}
	}
	if d.members != nil && d.met.members == 0 {
		add(SeverityError, "members-unmatched", d.rows, "no member of any access profile is in the population",
			"members are listed by the tenant's own id: give the population the field id, or by entity_id, letter by letter")
	}
	list = append(list, d.unknownNames(seen)...)
	list = append(list, p.emptyFindings(r.Limits, list)...)
	removal := 0
	for i := range d.classes {
		c := &d.classes[i]
		if c.key.later != absent && d.removesMore(c) {
			removal += c.size
		}
	}
	if removal > 0 {
		add(SeverityWarning, "may-remove-others", removal,
			fmt.Sprintf("from %s identities more is removed than before, by actions with remove_existing_relationships; what that is is not known", Grouped(removal)),
			"add grants.csv, the entitlements held today, to see the revokes")
	}
	SortFindings(list)
	return list
}

// unknownNames reports mover properties and cohorts that no identity has.
func (d *Diff) unknownNames(seen Seen) []Finding {
	p := d.program
	var list []Finding
	add := func(code, name, message string) {
		hint := "correct its spelling"
		if near := scimeval.Nearest(name, seen.Attributes); near != "" {
			hint = "did you mean " + near + "?"
		}
		list = append(list, Finding{Severity: SeverityWarning, Code: code, Position: p.in.Version.Position, Column: NoColumn, Message: message, Hint: hint, Count: 1})
	}
	if d.base != nil {
		for _, i := range p.columns.later {
			if !d.found.has(i) && !d.base.found.has(i) {
				name := p.columns.properties[i]
				add("unknown-mover-property", name, fmt.Sprintf("no identity has the mover property %s: nobody moves by it", name))
			}
		}
	}
	for _, c := range d.cohorts {
		if name := c.attribute; slices.Contains(p.in.Against.Cohorts, name) && c.values != nil && len(c.values) == 0 {
			add("unknown-cohort", name, fmt.Sprintf("no identity has the attribute %s, so it makes no cohorts", name))
		}
	}
	return list
}
