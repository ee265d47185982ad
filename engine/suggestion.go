package engine

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/lcmsim/lcmsim/scimeval"
)

// Bounds of the search for suggestions.
const (
	maxSuggestions = 3     // of a rule
	maxBases       = 12    // identities that are changed
	maxEdits       = 3_000 // changed identities that are tried for a rule
)

// edit is a change of one attribute that may make an identity tell the values of a rule apart.
type edit struct {
	attribute string // as the changed identity has it
	instead   string // "" = none; the attribute that the changed identity then lacks
	value     *scimeval.Value
}

func (e edit) on(attributes []scimeval.Attribute, r row) row {
	if e.instead != "" {
		r = r.with(attributes, e.instead, nil)
	}
	return r.with(attributes, e.attribute, e.value)
}

// suggest looks for changes of single attributes that would make an identity decide what is undecidable. Each is put through every
// hypothesis that stands before it is suggested.
func (c *Calibration) suggest(verdicts []RuleVerdict) error {
	var comparisons []*scimeval.Comparison
	for i := range c.lab.program.exprs.texts {
		if tree := c.lab.program.filters.Filter(i).Tree; tree != nil {
			comparisons = comparisonsOf(comparisons, tree, scimeval.Path{})
		}
	}
	var bases []*group
	for i := range c.seen.groups {
		if g := &c.seen.groups[i]; g.values != nil {
			bases = append(bases, g)
		}
	}
	slices.SortStableFunc(bases, func(a, b *group) int { return cmp.Compare(b.identities, a.identities) })
	bases = bases[:min(len(bases), maxBases)]
	for side := range verdicts {
		if verdicts[side].Verdict != Undecidable || verdicts[side].Unasked > 0 {
			continue
		}
		list, err := c.deciding(side, bases, editsFor(verdicts[side].Rule, comparisons))
		if err != nil {
			return err
		}
		verdicts[side].Suggestions = list
	}
	return nil
}

// comparisonsOf appends the comparisons of a filter; inside brackets their paths are those of the sub-attributes.
func comparisonsOf(list []*scimeval.Comparison, n scimeval.Node, above scimeval.Path) []*scimeval.Comparison {
	switch n := n.(type) {
	case *scimeval.Comparison:
		if above.Name != "" {
			inner := *n
			inner.Path.Name, inner.Path.Sub = above.Name, n.Path.Name
			n = &inner
		}
		return append(list, n)
	case *scimeval.ValuePath:
		return comparisonsOf(list, n.Body, n.Path)
	case *scimeval.And:
		for _, term := range n.Terms {
			list = comparisonsOf(list, term, above)
		}
	case *scimeval.Or:
		for _, term := range n.Terms {
			list = comparisonsOf(list, term, above)
		}
	case *scimeval.Not:
		return comparisonsOf(list, n.Term, above)
	}
	return list
}

// editsFor lists changes that bring a rule into play, distinct ones, those of the first comparisons first.
func editsFor(rule string, comparisons []*scimeval.Comparison) []edit {
	var list []edit
	seen := make(map[string]bool)
	for _, c := range comparisons {
		for _, v := range valuesFor(rule, c) {
			e := edit{attribute: c.Path.Name, value: v}
			if c.Path.Sub != "" && v != nil {
				object := scimeval.ObjectValue([]scimeval.Member{{Name: c.Path.Sub, Value: *v}})
				e.value = &object
			}
			if rule == "filter.attribute_case" {
				e.attribute, e.instead = otherCase(c.Path.Name), c.Path.Name
			}
			key := e.attribute + "\x00absent"
			if e.value != nil {
				key = e.attribute + "\x00" + e.value.String()
			}
			if !seen[key] {
				seen[key] = true
				list = append(list, e)
			}
		}
	}
	return list
}

// valuesFor are values on which a comparison may depend on a rule; nil = absent.
func valuesFor(rule string, c *scimeval.Comparison) []*scimeval.Value {
	literal := c.Literal
	text := literal.Kind() == scimeval.KindString
	is := func(ops ...scimeval.Op) bool { return slices.Contains(ops, c.Op) }
	var none []*scimeval.Value
	switch rule {
	case "filter.string_case":
		if text {
			return []*scimeval.Value{stringValue(otherCase(literal.Text()))}
		}
	case "filter.missing_ne":
		if is(scimeval.OpNe) {
			return []*scimeval.Value{nil}
		}
	case "filter.pr_empty":
		if is(scimeval.OpPr) {
			return []*scimeval.Value{stringValue("")}
		}
	case "filter.list_eq":
		if is(scimeval.OpEq, scimeval.OpNe) {
			return []*scimeval.Value{listValue(literal, *anyText)}
		}
	case "filter.list_co":
		if is(scimeval.OpCo) && text {
			return []*scimeval.Value{listValue(*stringValue(literal.Text() + " and more"))}
		}
	case "filter.coerce":
		return coercedValues(literal)
	case "filter.attribute_case", "workflow.disabled", "workflow.priority", "workflow.first_match", "profile.inactive":
		values, _ := candidateValues(nil, []candidateUse{{node: &scimeval.Comparison{Path: scimeval.Path{Name: c.Path.Name}, Op: c.Op, Literal: c.Literal}}})
		return values
	}
	return none
}

// coercedValues are those of another type that stand for a literal.
func coercedValues(literal scimeval.Value) []*scimeval.Value {
	switch literal.Kind() {
	case scimeval.KindNumber, scimeval.KindBool:
		return []*scimeval.Value{stringValue(literal.String())}
	case scimeval.KindString:
		if v, err := scimeval.ParseValue([]byte(strings.ToLower(literal.Text()))); err == nil && (v.Kind() == scimeval.KindNumber || v.Kind() == scimeval.KindBool) {
			return []*scimeval.Value{&v}
		}
	}
	return nil
}

// otherCase is the text in capitals, or in small letters if it is in capitals.
func otherCase(s string) string {
	if upper := strings.Map(unicode.ToUpper, s); upper != s {
		return upper
	}
	return strings.Map(unicode.ToLower, s)
}

// deciding tries edits on identities and keeps those after which answers depend on the rule, at most one an attribute: first those
// that depend on no other rule that is open.
func (c *Calibration) deciding(side int, bases []*group, edits []edit) ([]Suggestion, error) {
	attributes := c.Attributes()
	type attempt struct {
		base *group
		edit edit
	}
	var attempts []attempt
	var rows []row
	var ids []string
	for _, e := range edits {
		for _, g := range bases {
			if len(attempts) == maxEdits {
				break
			}
			attempts = append(attempts, attempt{g, e})
			rows = append(rows, e.on(attributes, g.values))
			ids = append(ids, g.exemplar)
		}
	}
	list := []Suggestion{}
	if len(rows) == 0 {
		return list, nil
	}
	rec := recordOf(attributes, rows)
	defer rec.Release()
	surveyor := c.NewSurveyor()
	surveyor.samples = 0
	survey, err := surveyor.Survey(rec, ids)
	if err != nil {
		return nil, err
	}
	alone := make([]bool, len(survey.groups)) // no other open rule matters
	decides := make([]bool, len(survey.groups))
	for i, local := range survey.groups {
		g := group{vectors: make([]int32, len(local))}
		for k, n := range local {
			number, _ := c.seen.vectors.intern(survey.vectors.at(int(n)))
			g.vectors[k] = int32(number)
		}
		labels := c.oracle.view(&g).labels
		decides[i] = c.dependsOn(labels, side)
		alone[i] = true
		for other := range c.lab.rules {
			alone[i] = alone[i] && (other == side || c.settled(other) || !c.dependsOn(labels, other))
		}
	}
	for _, wantAlone := range []bool{true, false} {
		for i, a := range attempts {
			at := survey.rows[i]
			if len(list) == maxSuggestions {
				return list, nil
			}
			if !decides[at] || alone[at] != wantAlone || slices.ContainsFunc(list, func(s Suggestion) bool { return s.Attribute == a.edit.attribute }) {
				continue
			}
			list = append(list, suggestion(a.base.exemplar, a.edit))
		}
	}
	return list, nil
}

func suggestion(base string, e edit) Suggestion {
	s := Suggestion{EntityID: base, Attribute: e.attribute}
	if e.value == nil {
		s.Text = "like " + base + ", but without " + e.attribute
		return s
	}
	text := e.value.String()
	s.Value = &text
	s.Text = "like " + base + ", but with " + e.attribute + " " + shorten(text)
	if e.instead != "" {
		s.Text += " instead of " + e.instead
	}
	return s
}
