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
// the tenant's values by the name of the attribute, as a population has them. Numbers are compared exactly, lists in their order, objects
// by name; an identity without MoverAttribute has not moved. Absent, null, "" and [] are one value, as exports differ in how they write that
// there is none, unless the dry run would answer otherwise with the tenant's. It fails where Classifier.Classify would, or if rec
// has another number of rows.
func (p *Program) Drift(rec arrow.Record, there map[string]scimeval.Value) (*Drift, error) {
	here, err := p.oneRow(rec)
	if err != nil {
		return nil, err
	}
	d := &Drift{}
	changed := func(a scimeval.Attribute, here, there *scimeval.Value) {
		d.Changed = append(d.Changed, AttributeDrift{
			Attribute: a.Name, Here: jsonOf(here), There: jsonOf(there),
			Text: fmt.Sprintf("%s: %s here, %s in the tenant", a.Name, valueText(here), valueText(there)),
		})
	}
	seen := make(map[string]bool)
	empty := make(map[int]*scimeval.Value) // the tenant's, by column: values that are written in another way
	for _, c := range p.answerColumns() {
		a := p.filters.Attributes()[c]
		if seen[a.Name] {
			continue
		}
		value, shown := shownValue(there, a)
		switch {
		case sameValue(a.Name, here[c], value):
			if shown && jsonText(here[c]) != jsonText(value) {
				empty[c] = value
			}
			continue
		case !shown:
			d.Unshown = append(d.Unshown, a.Name)
		default:
			changed(a, here[c], value)
		}
		seen[a.Name] = true
	}
	matters, err := p.answerDiffers(here, empty)
	if err != nil {
		return nil, err
	}
	for c, value := range empty {
		if a := p.filters.Attributes()[c]; matters && !seen[a.Name] {
			seen[a.Name] = true
			changed(a, here[c], value)
		}
	}
	slices.SortFunc(d.Changed, func(a, b AttributeDrift) int { return cmp.Compare(a.Attribute, b.Attribute) })
	slices.Sort(d.Unshown)
	return d, nil
}

// answerDiffers tells whether a dry run of an identity would answer otherwise with other values in some columns.
func (p *Program) answerDiffers(here row, values map[int]*scimeval.Value) (bool, error) {
	if len(values) == 0 {
		return false, nil
	}
	there := slices.Clone(here)
	for c, v := range values {
		there[c] = v
	}
	rec := recordOf(p.Attributes(), []row{here, there})
	defer rec.Release()
	classifier := p.NewClassifier()
	if err := classifier.evaluate(rec, []string{"", ""}); err != nil {
		return false, err
	}
	s := newSimulator(p.plan, p.layout)
	return s.run(classifier.row(0)).prediction().key() != s.run(classifier.row(1)).prediction().key(), nil
}

// jsonText is a value as JSON; null and absent are one.
func jsonText(v *scimeval.Value) string {
	if v == nil {
		return "null"
	}
	return v.String()
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
			v.Kind() == scimeval.KindList && len(v.Items()) == 0,
			v.Kind() == scimeval.KindBool && !v.Bool() && attribute == MoverAttribute:
			return ""
		}
		return ordered(*v).String()
	}
	return text(a) == text(b)
}
