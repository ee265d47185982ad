package scimeval

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// plainReader reads compact JSON texts without escapes, which most values of a column are. Everything unusual, and
// every error, it leaves to ParseValue. Strings share the text's memory.
type plainReader struct {
	text    string
	pos     int
	items   []Value  // of the lists that are open
	members []Member // of the objects that are open
}

// parse is ParseValue.
func (r *plainReader) parse(text string) (Value, error) {
	r.text, r.pos, r.items, r.members = text, 0, r.items[:0], r.members[:0]
	if v, ok := r.value(0); ok && r.pos == len(text) {
		return v, nil
	}
	return ParseValue([]byte(text))
}

// maxPlainMembers bounds the objects that are read here: their names are compared with each other.
const maxPlainMembers = 16

func (r *plainReader) value(depth int) (v Value, ok bool) {
	switch c := r.peek(); {
	case c == '"':
		s, ok := r.quoted()
		return StringValue(s), ok
	case c == '-' || isDigit(c):
		start := r.pos
		for c := r.peek(); isDigit(c) || c == '-' || c == '+' || c == '.' || c|0x20 == 'e'; c = r.peek() {
			r.pos++
		}
		d, err := ParseDecimal(r.text[start:r.pos])
		return NumberValue(d), err == nil
	case depth == maxValueDepth:
		return Value{}, false
	case c == '[':
		return r.list(depth)
	case c == '{':
		return r.object(depth)
	}
	switch rest := r.text[r.pos:]; {
	case strings.HasPrefix(rest, "null"):
		r.pos += len("null")
		return NullValue(), true
	case strings.HasPrefix(rest, "true"):
		r.pos += len("true")
		return BoolValue(true), true
	case strings.HasPrefix(rest, "false"):
		r.pos += len("false")
		return BoolValue(false), true
	}
	return Value{}, false
}

func (r *plainReader) list(depth int) (Value, bool) {
	first := len(r.items)
	for r.pos++; ; r.pos++ {
		if len(r.items) == first && r.peek() == ']' {
			break
		}
		item, ok := r.value(depth + 1)
		if !ok {
			return Value{}, false
		}
		r.items = append(r.items, item)
		if c := r.peek(); c == ']' {
			break
		} else if c != ',' {
			return Value{}, false
		}
	}
	r.pos++
	items := append(make([]Value, 0, len(r.items)-first), r.items[first:]...)
	r.items = r.items[:first]
	return ListValue(items), true
}

func (r *plainReader) object(depth int) (Value, bool) {
	first := len(r.members)
	for r.pos++; ; r.pos++ {
		if len(r.members) == first && r.peek() == '}' {
			break
		}
		name, ok := r.quoted()
		if !ok || r.peek() != ':' || len(r.members)-first == maxPlainMembers ||
			slices.ContainsFunc(r.members[first:], func(m Member) bool { return m.Name == name }) {
			return Value{}, false
		}
		r.pos++
		v, ok := r.value(depth + 1)
		if !ok {
			return Value{}, false
		}
		r.members = append(r.members, Member{name, v})
		if c := r.peek(); c == '}' {
			break
		} else if c != ',' {
			return Value{}, false
		}
	}
	r.pos++
	members := append(make([]Member, 0, len(r.members)-first), r.members[first:]...)
	r.members = r.members[:first]
	return ObjectValue(members), true
}

// quoted reads a string without escapes.
func (r *plainReader) quoted() (string, bool) {
	if r.peek() != '"' {
		return "", false
	}
	r.pos++
	start, ascii := r.pos, true
	for ; r.pos < len(r.text); r.pos++ {
		switch c := r.text[r.pos]; {
		case c == '"':
			s := r.text[start:r.pos]
			r.pos++
			return s, ascii || utf8.ValidString(s)
		case c == '\\' || c < ' ':
			return "", false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", false
}

// peek is the byte that is read next, 0 at the end.
func (r *plainReader) peek() byte {
	if r.pos < len(r.text) {
		return r.text[r.pos]
	}
	return 0
}
