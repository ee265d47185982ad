package loader

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

// A shape says which fields an object of the wire format has and what type each is. Laying it over a tree (source.fit)
// settles the spellings of protobuf JSON: camelCase keys become snake_case, null is absent, and every wrong type and
// every unknown field is reported in one place; readers then ask only for what they need.
type shape struct {
	fields map[string]field // by snake_case name
	open   bool             // other keys are data
}

// field is the type of a field's value, or of the elements of its list.
type field struct {
	want want
	list bool
	of   *shape // for wantObject
}

// want is a set of JSON types that a field accepts.
type want uint8

const (
	wantAny    want = iota
	wantText        // a string
	wantFlag        // a boolean
	wantWhole       // a 64-bit integer, as a number or as a string
	wantScalar      // a string or a number, kept as it stands
	wantObject      // an object of a shape
	wantMap         // an object whose values are strings
)

// shapeOf joins groups of fields into a shape.
func shapeOf(groups ...map[string]field) *shape {
	s := &shape{fields: map[string]field{}}
	for _, g := range groups {
		maps.Copy(s.fields, g)
	}
	return s
}

// openShape is a shape whose other keys are data.
func openShape(groups ...map[string]field) *shape {
	s := shapeOf(groups...)
	s.open = true
	return s
}

// each names fields of one type, listOf lists of one type.
func each(w want, names ...string) map[string]field { return fieldGroup(field{want: w}, names) }
func listOf(w want, names ...string) map[string]field {
	return fieldGroup(field{want: w, list: true}, names)
}

// object names fields of one shape, objects lists of one shape.
func object(of *shape, names ...string) map[string]field {
	return fieldGroup(field{want: wantObject, of: of}, names)
}

func objects(of *shape, names ...string) map[string]field {
	return fieldGroup(field{want: wantObject, list: true, of: of}, names)
}

func fieldGroup(f field, names []string) map[string]field {
	group := make(map[string]field, len(names))
	for _, name := range names {
		group[name] = f
	}
	return group
}

// snakeCase is the snake_case name of a lowerCamelCase key; a key without capitals stays as it is.
func snakeCase(key string) string {
	if strings.ToLower(key) == key {
		return key
	}
	var b strings.Builder
	for i := range len(key) {
		c := key[i]
		if c >= 'A' && c <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}

// source is one input file on its way into values.
type source struct {
	file     string
	closed   bool // a file of lcmsim's own: keys as the shapes have them, an unknown one is a problem
	strict   bool // unknown fields of the API are errors
	enums    Enums
	problems *Problems
	notes    *notes
	scope    any // what findings are about; see noteKey
}

// fail reports a problem at a node.
func (s *source) fail(n *node, hint, format string, args ...any) {
	s.problems.add(n.at(s.file), hint, format, args...)
}

// warn notes a finding at a node. Occurrences with one code and one about are one finding.
func (s *source) warn(n *node, severity engine.Severity, code, about, message, hint string) {
	s.notes.add(s.scope, s.file+"\x00"+about, engine.Finding{
		Severity: severity, Code: code, Position: n.at(s.file), Message: message, Hint: hint,
	})
}

// fit lays a shape over an object. It reports wrong types, fields given twice and unknown fields, gives known fields
// their snake_case names and drops those that are null.
func (s *source) fit(n *node, of *shape) {
	if n.kind != nodeObject {
		s.fail(n, "", "is %s, want an object", n.kind)
		return
	}
	seen := map[string]*node{}
	kept := n.members[:0]
	for _, m := range n.members {
		name := m.name
		f, known := of.fields[name]
		if !known && !s.closed {
			name = snakeCase(name)
			f, known = of.fields[name]
		}
		if !known {
			switch {
			case s.closed:
				s.fail(m.value, "known are "+strings.Join(slices.Sorted(maps.Keys(of.fields)), ", "), "unknown key")
			case !of.open:
				s.unknown(m.value)
			}
			kept = append(kept, m)
			continue
		}
		if other := seen[name]; other != nil {
			s.fail(m.value, "keep one of them", "duplicate key: the same field as %q on line %d", other.key, other.line)
			continue
		}
		seen[name] = m.value
		if m.value.kind == nodeNull {
			continue
		}
		s.fitField(m.value, f)
		kept = append(kept, member{name, m.value})
	}
	n.members = kept
}

// unknown notes a field that the wire format does not have.
func (s *source) unknown(n *node) {
	severity := engine.SeverityWarning
	if s.strict {
		severity = engine.SeverityError
	}
	path := n.normalPath()
	s.warn(n, severity, "unknown-field", path, fmt.Sprintf("unknown field %s: kept, not evaluated", path),
		"check its spelling; the API may be newer than this version of lcmsim")
}

func (s *source) fitField(n *node, f field) {
	if !f.list {
		s.fitValue(n, f)
		return
	}
	if n.kind != nodeList {
		s.fail(n, "", "is %s, want a list", n.kind)
		return
	}
	for _, item := range n.items {
		s.fitValue(item, f)
	}
}

func (s *source) fitValue(n *node, f field) {
	switch f.want {
	case wantAny:
	case wantText:
		s.wantKind(n, nodeString, "a string")
	case wantFlag:
		s.wantKind(n, nodeBool, "true or false")
	case wantWhole:
		if n.kind != nodeNumber && n.kind != nodeString {
			s.fail(n, "", "is %s, want a whole number", n.kind)
			return
		}
		if _, err := wholeNumber(n.text); err != nil {
			s.fail(n, "", "%v", err)
		}
	case wantScalar:
		if n.kind != nodeNumber && n.kind != nodeString {
			s.fail(n, "", "is %s, want a string or a number", n.kind)
		}
	case wantObject:
		s.fit(n, f.of)
	case wantMap:
		if n.kind != nodeObject {
			s.fail(n, "", "is %s, want an object", n.kind)
			return
		}
		for _, m := range n.members {
			s.wantKind(m.value, nodeString, "a string")
		}
	default:
		panic("loader: no such want")
	}
}

func (s *source) wantKind(n *node, kind nodeKind, name string) {
	if n.kind != kind {
		s.fail(n, "", "is %s, want %s", n.kind, name)
	}
}

// wholeNumber reads a 64-bit integer in any JSON spelling, such as 5, 5.0 and 5e0.
func wholeNumber(text string) (int64, error) {
	d, err := scimeval.ParseDecimal(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number", abridge(text))
	}
	plain := d.String()
	v, err := strconv.ParseInt(plain, 10, 64)
	switch {
	case err == nil:
		return v, nil
	case strings.Contains(plain, "e-"), strings.Contains(plain, ".") && !strings.Contains(plain, "e"):
		return 0, fmt.Errorf("%s is not a whole number", abridge(text))
	}
	return 0, fmt.Errorf("%s is beyond 64 bits", abridge(text))
}

// The accessors below read members of an object that fit has seen; an absent member, or one of a wrong type, which fit
// has reported, reads as the zero value.

func (n *node) str(name string) string {
	if v := n.get(name); v != nil && v.kind == nodeString {
		return v.text
	}
	return ""
}

func (n *node) flag(name string) bool {
	v := n.get(name)
	return v != nil && v.kind == nodeBool && v.text == "true"
}

// whole is the integer and its node, or nil when the member is absent or no integer.
func (n *node) whole(name string) (int64, *node) {
	v := n.get(name)
	if v == nil || v.kind != nodeNumber && v.kind != nodeString {
		return 0, nil
	}
	i, err := wholeNumber(v.text)
	if err != nil {
		return 0, nil
	}
	return i, v
}

// list is the elements of a list.
func (n *node) list(name string) []*node {
	if v := n.get(name); v != nil && v.kind == nodeList {
		return v.items
	}
	return nil
}

// objects is the elements of a list that are objects.
func (n *node) objects(name string) []*node {
	items := slices.Clone(n.list(name))
	return slices.DeleteFunc(items, func(item *node) bool { return item.kind != nodeObject })
}

// strs is the strings of a list.
func (n *node) strs(name string) []string {
	var out []string
	for _, item := range n.list(name) {
		if item.kind == nodeString {
			out = append(out, item.text)
		}
	}
	return out
}

// object is a member that is an object, or nil.
func (n *node) object(name string) *node {
	if v := n.get(name); v != nil && v.kind == nodeObject {
		return v
	}
	return nil
}
