package loader

import (
	"fmt"
	"slices"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

// overrides is overrides.json: values that replace attributes of single identities (SPEC section 6).
type overrides struct {
	byID    map[string]*override
	list    []*override // in the order of the file
	applied int         // identities
	notes   *notes
}

// override replaces attributes of one identity.
type override struct {
	id      string
	at      engine.Position
	known   bool // the population has the identity, or leaves it out for its entity_type
	applied bool
	values  []overrideValue
}

// overrideValue is the value that an attribute gets.
type overrideValue struct {
	name, folded string
	custom       bool // written as a custom property
	value        scimeval.Value
}

var overrideShape = shapeOf(each(wantScalar, "entity_id"), each(wantAny, "attributes"))

// openOverrides reads overrides.json. identifier is the identifying column of the population.
func openOverrides(path, identifier string, strict bool) (*overrides, error) {
	var problems Problems
	data, err := readWhole(path)
	if err != nil {
		problems.add(engine.Position{File: path}, "", "cannot be read: %v", cause(err))
		return nil, &problems
	}
	root := parseJSON(path, data, &problems)
	if root == nil {
		return nil, &problems
	}
	s := &source{file: path, strict: strict, problems: &problems, notes: &notes{}}
	return s.readOverrides(root, identifier), problems.err()
}

// readOverrides reads overrides in any envelope.
func (s *source) readOverrides(root *node, identifier string) *overrides {
	o := &overrides{byID: make(map[string]*override), notes: s.notes}
	items, _ := s.open(root)
	for _, n := range items {
		if n.kind != nodeObject {
			s.fail(n, "", "is %s, want an override", n.kind)
			continue
		}
		s.fit(n, overrideShape)
		o.read(s, n, identifier)
	}
	return o
}

// read reads one override.
func (o *overrides) read(s *source, n *node, identifier string) {
	id := ""
	if v := n.get("entity_id"); v != nil {
		id = v.text
	}
	if id == "" {
		s.fail(n, `want {"values": [{"entity_id", "attributes"}]}`, "an override without entity_id")
		return
	}
	if first := o.byID[id]; first != nil {
		s.warn(n, engine.SeverityError, "duplicate-override", "",
			fmt.Sprintf("entity_id %q is overridden on line %d already: the first is used", abridge(id), first.at.Line), "keep one of them")
		return
	}
	made := &override{id: id, at: n.at(s.file)}
	o.byID[id] = made
	o.list = append(o.list, made)
	attributes := n.get("attributes")
	if attributes == nil {
		return
	}
	if attributes.kind != nodeObject {
		s.fail(attributes, "", "is %s, want an object", attributes.kind)
		return
	}
	for _, m := range attributes.members {
		if m.name == "custom_properties" && m.value.kind == nodeObject {
			for _, property := range m.value.members {
				made.set(s, property.value, customPrefix+property.name, true, identifier)
			}
			continue
		}
		name, custom := customName(m.name)
		made.set(s, m.value, name, custom, identifier)
	}
}

// set adds the value of an attribute. A key counts before a custom property of the same name.
func (o *override) set(s *source, n *node, name string, custom bool, identifier string) {
	why := ""
	switch name {
	case identifier, "entity_id", "id", "entity_type":
		why = "it says whom a record is about"
	case engine.MoverAttribute:
		why = "it is computed from what changes"
	}
	if why != "" {
		s.warn(n, engine.SeverityError, "refused-override", name,
			fmt.Sprintf("%s cannot be overridden: %s; the population's value stays", abridge(name), why), "remove it from the overrides")
		return
	}
	value, err := scimeval.ParseValue(n.canonical())
	if err != nil {
		s.fail(n, "", "%v", err)
		return
	}
	made := overrideValue{name, scimeval.Fold(name), custom, collapse(value)}
	i := slices.IndexFunc(o.values, func(v overrideValue) bool { return v.name == name })
	switch {
	case i < 0:
		o.values = append(o.values, made)
	case o.values[i].custom && !custom:
		o.values[i] = made
	}
}

// of is the override of an identity that the population has; nil = none, also for no overrides at all.
func (o *overrides) of(id string) *override {
	if o == nil {
		return nil
	}
	found := o.byID[id]
	if found == nil {
		return nil
	}
	found.known = true
	if len(found.values) > 0 {
		found.applied = true
		o.applied++
	}
	return found
}

// value is what an attribute is replaced by.
func (o *override) value(name string) (v scimeval.Value, ok bool) {
	if o == nil {
		return v, false
	}
	for i := range o.values {
		if o.values[i].name == name {
			return o.values[i].value, true
		}
	}
	return v, false
}

// variant is the first attribute that is a case variant of the name; "" = none.
func (o *override) variant(name string) string {
	if o == nil {
		return ""
	}
	folded := scimeval.Fold(name)
	for i := range o.values {
		if o.values[i].folded == folded && o.values[i].name != name {
			return o.values[i].name
		}
	}
	return ""
}

// summarize gives the findings about overrides to the intake.
func (o *overrides) summarize(in *intake) {
	in.findings = append(in.findings, o.notes.findings()...)
	var unknown tally
	for _, each := range o.list {
		if !each.known {
			unknown.add(each.at, fmt.Sprintf("%q (line %d)", abridge(each.id), each.at.Line))
		}
		if each.applied {
			for _, v := range each.values {
				in.notCounted(v.name)
			}
		}
	}
	if unknown.count > 0 {
		in.note(engine.SeverityWarning, "unknown-override", unknown.first, unknown.count,
			"overrides of identities that the population does not have: "+andMore(unknown.examples, unknown.count),
			"check the entity_id, or remove the override")
	}
}
