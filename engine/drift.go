package engine

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/lcmsim/lcmsim/scimeval"
)

// Drift is what the tenant's record of an identity has otherwise than the snapshot, of the attributes that the policy's triggers and
// conditions read under any rule. Both lists are by name.
type Drift struct {
	Changed []AttributeDrift
	Unshown []string // attributes with a value here that the tenant's record does not show at all: they cannot be compared
}

// AttributeDrift is an attribute with another value in the tenant.
type AttributeDrift struct {
	Attribute   string
	Here, There *string // JSON text; nil = absent
	Text        string  // for people: department: Sales here, IT in the tenant
}

// Drift compares an identity with the tenant's record of it. rec has one row, and one column for each of Program.Attributes; there are
// the tenant's values by the name of the attribute, as a population has them. Absent, null and "" are one value, numbers are
// compared exactly, lists in their order, objects by name; an identity without MoverAttribute has not moved. It fails where
// Classifier.Classify would, or if rec has another number of rows.
func (p *Program) Drift(rec arrow.Record, there map[string]scimeval.Value) (*Drift, error) {
	here, err := p.oneRow(rec)
	if err != nil {
		return nil, err
	}
	d := &Drift{}
	seen := make(map[string]bool)
	for _, c := range p.answerColumns() {
		a := p.filters.Attributes()[c]
		if seen[a.Name] {
			continue
		}
		value, shown := shownValue(there, a)
		switch {
		case sameValue(a.Name, here[c], value):
			continue
		case !shown:
			d.Unshown = append(d.Unshown, a.Name)
		default:
			d.Changed = append(d.Changed, AttributeDrift{
				Attribute: a.Name, Here: jsonOf(here[c]), There: jsonOf(value),
				Text: fmt.Sprintf("%s: %s here, %s in the tenant", a.Name, valueText(here[c]), valueText(value)),
			})
		}
		seen[a.Name] = true
	}
	slices.SortFunc(d.Changed, func(a, b AttributeDrift) int { return cmp.Compare(a.Attribute, b.Attribute) })
	slices.Sort(d.Unshown)
	return d, nil
}

// oneRow reads a record of one identity.
func (p *Program) oneRow(rec arrow.Record) (row, error) {
	if rec.NumRows() != 1 || int(rec.NumCols()) != len(p.Attributes()) {
		return nil, fmt.Errorf("one identity with %d attributes is wanted, the record has %d with %d", len(p.Attributes()), rec.NumRows(), rec.NumCols())
	}
	return readRow(rec, 0)
}

// answerColumns are the columns of the filters that a dry run depends on, under the rules in force or others: those of triggers and
// conditions, not those of entities, limits and guards.
func (p *Program) answerColumns() []int {
	names := make(map[string]bool)
	add := func(t test) {
		if t.expr >= 0 {
			for _, c := range p.filters.Reads(t.expr) {
				names[scimeval.Fold(p.filters.Attributes()[c].Name)] = true
			}
		}
	}
	conditions := func(list []conditionPlan) {
		for _, c := range list {
			add(c.test)
		}
	}
	for _, built := range p.plans {
		for i := range built.workflows {
			add(built.workflows[i].trigger)
			conditions(built.workflows[i].conditions)
		}
		for i := range built.actions {
			conditions(built.actions[i].conditions)
		}
	}
	var columns []int
	for c, a := range p.filters.Attributes() {
		if names[scimeval.Fold(a.Name)] {
			columns = append(columns, c)
		}
	}
	return columns
}

// shownValue is the tenant's value for a column; shown = its record has the attribute. Of several names that are one by folding the
// first one counts.
func shownValue(there map[string]scimeval.Value, a scimeval.Attribute) (value *scimeval.Value, shown bool) {
	if v, ok := there[a.Name]; ok {
		return &v, true
	}
	if !a.Fold {
		return nil, false
	}
	first := ""
	for name, v := range there {
		if scimeval.Fold(name) == scimeval.Fold(a.Name) && (!shown || name < first) {
			first, value, shown = name, &v, true
		}
	}
	return value, shown
}

// sameValue tells whether two values of an attribute are one value of it; nil = absent.
func sameValue(attribute string, a, b *scimeval.Value) bool {
	text := func(v *scimeval.Value) string {
		switch {
		case v == nil, v.Kind() == scimeval.KindNull, v.Kind() == scimeval.KindString && v.Text() == "",
			v.Kind() == scimeval.KindBool && !v.Bool() && attribute == MoverAttribute:
			return ""
		}
		return ordered(*v).String()
	}
	return text(a) == text(b)
}
