package standin

import (
	"encoding/json"
	"strings"
)

// truth is a value of Kleene's logic; min is and, max is or.
type truth int

const (
	no truth = iota
	unknown
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// eval puts a record through an expression, under vendor semantics and the rules.
func (f *filter) eval(r rules, record object) truth {
	switch f.kind {
	case filterAnd:
		t := yes
		for _, part := range f.parts {
			t = min(t, part.eval(r, record))
		}
		return t
	case filterOr:
		t := no
		for _, part := range f.parts {
			t = max(t, part.eval(r, record))
		}
		return t
	case filterNot:
		return yes - f.parts[0].eval(r, record)
	case filterElement:
		if f.parts[0].invalid() {
			return unknown
		}
		for _, element := range lookUp(r, f.name, record).elements() {
			if f.parts[0].eval(r, element) == yes {
				return yes
			}
		}
		return no
	}
	if f.invalid() {
		return unknown
	}
	return truthOf(lookUp(r, f.name, record).compare(r, f.op, f.literal))
}

// invalid says whether an expression compares a boolean literal with an operator that booleans do not have.
func (f *filter) invalid() bool {
	for _, part := range f.parts {
		if part.invalid() {
			return true
		}
	}
	_, boolean := f.literal.(bool)
	return boolean && f.op != "eq" && f.op != "ne"
}

// found is what a name means in a record: a value, nil when it is absent or null, or the sub-attribute of every object of a list.
type found struct {
	value any
	subs  []any // one for each object, nil where it lacks the sub-attribute
	many  bool
}

// lookUp finds an attribute: the whole name as it stands, else one dot into an object or a list of objects.
func lookUp(r rules, name string, record object) found {
	if value, there := memberOf(r, name, record); there {
		return found{value: value}
	}
	head, sub, dotted := strings.Cut(name, ".")
	if !dotted || strings.Contains(name, ":") {
		return found{}
	}
	value, _ := memberOf(r, head, record)
	switch value := value.(type) {
	case object:
		inner, _ := memberOf(r, sub, value)
		return found{value: inner}
	case []any:
		f := found{}
		for _, element := range value {
			if element, ok := element.(object); ok {
				inner, _ := memberOf(r, sub, element)
				f.subs, f.many = append(f.subs, inner), true
			}
		}
		return f
	}
	return found{}
}

// memberOf is a member by its exact name, or else under filter.attribute_case=fold the first one whose name folds to the same.
func memberOf(r rules, name string, record object) (value any, there bool) {
	if value, there = record.find(name); there || r.is("filter.attribute_case", "exact") {
		return value, there
	}
	for _, m := range record {
		if fold(m.name) == fold(name) {
			return m.value, true
		}
	}
	return nil, false
}

// elements are the objects that a value path goes through.
func (f found) elements() []object {
	values := []any{f.value}
	if f.many {
		values = f.subs
	}
	var out []object
	for _, value := range values {
		switch value := value.(type) {
		case object:
			out = append(out, value)
		case []any:
			for _, element := range value {
				if element, ok := element.(object); ok {
					out = append(out, element)
				}
			}
		}
	}
	return out
}

// compare is one comparison. literal is nil for null, and for pr.
func (f found) compare(r rules, op string, literal any) bool {
	if !f.many {
		return compare(r, f.value, op, literal)
	}
	// Of a list of objects, some element's sub-attribute decides; ne and ne null are the opposites.
	if op == "ne" {
		return !f.compare(r, "eq", literal)
	}
	for _, sub := range f.subs {
		if compare(r, sub, op, literal) {
			return true
		}
	}
	return false
}

// compare compares a value, nil = absent or null, with a literal.
func compare(r rules, value any, op string, literal any) bool {
	list, isList := value.([]any)
	switch {
	case op == "pr":
		return value != nil && (value != "" || r.is("filter.pr_empty", "true")) && (!isList || len(list) > 0)
	case literal == nil:
		return op == "eq" && value == nil || op == "ne" && value != nil
	case value == nil:
		return op == "ne" && r.is("filter.missing_ne", "true")
	case op == "ne":
		return !compare(r, value, "eq", literal)
	case !isList:
		return compareScalar(r, value, op, literal)
	case op == "eq" && r.is("filter.list_eq", "whole"):
		return len(list) == 1 && compareScalar(r, list[0], "eq", literal)
	case op == "co" && r.is("filter.list_co", "member"):
		op = "eq"
	}
	for _, element := range list {
		if compareScalar(r, element, op, literal) {
			return true
		}
	}
	return false
}

// compareScalar compares a value that is no list; false where the types do not fit. op is neither ne nor pr.
func compareScalar(r rules, value any, op string, literal any) bool {
	if r.is("filter.coerce", "on") {
		value, literal = coerce(value, literal)
	}
	switch value := value.(type) {
	case string:
		if literal, ok := literal.(string); ok {
			return compareStrings(r, value, op, literal)
		}
	case json.Number:
		if literal, ok := literal.(json.Number); ok {
			a, aOK := fraction(value.String())
			b, bOK := fraction(literal.String())
			return aOK && bOK && ordered(op, a.Cmp(b))
		}
	case bool:
		literal, ok := literal.(bool)
		return ok && op == "eq" && value == literal
	}
	return false
}

// coerce turns a string beside a number or a boolean into one, where it reads as one.
func coerce(value, literal any) (any, any) {
	if text, ok := value.(string); ok {
		return coerceText(text, literal), literal
	}
	if text, ok := literal.(string); ok {
		return value, coerceText(text, value)
	}
	return value, literal
}

func coerceText(text string, beside any) any {
	switch beside.(type) {
	case json.Number:
		if _, ok := fraction(text); ok {
			return json.Number(text)
		}
	case bool:
		if lower := strings.ToLower(text); isPlain(text) && (lower == "true" || lower == "false") {
			return lower == "true"
		}
	}
	return text
}

func compareStrings(r rules, value, op, literal string) bool {
	a, aOK := instantOf(value)
	b, bOK := instantOf(literal)
	if aOK && bOK && op != "co" && op != "sw" && op != "ew" {
		return ordered(op, a.compare(b))
	}
	if r.is("filter.string_case", "fold") {
		value, literal = fold(value), fold(literal)
	}
	switch op {
	case "co":
		return strings.Contains(value, literal)
	case "sw":
		return strings.HasPrefix(value, literal)
	case "ew":
		return strings.HasSuffix(value, literal)
	}
	return ordered(op, strings.Compare(value, literal))
}

// ordered says whether an operator holds for an order: below 0 the value is less than the literal, 0 they are equal. Operators
// that compare parts of strings hold for none.
func ordered(op string, order int) bool {
	switch op {
	case "eq":
		return order == 0
	case "gt":
		return order > 0
	case "ge":
		return order >= 0
	case "lt":
		return order < 0
	case "le":
		return order <= 0
	}
	return false
}
