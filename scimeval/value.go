package scimeval

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// Kind is the type that a value has of its own, as JSON has it.
type Kind uint8

// The kinds of a value.
const (
	KindNull Kind = iota
	KindBool
	KindNumber
	KindString
	KindList
	KindObject
)

// String names the kind as users know it.
func (k Kind) String() string {
	switch k {
	case KindNull:
		return "null"
	case KindBool:
		return "boolean"
	case KindNumber:
		return "number"
	case KindString:
		return "string"
	case KindList:
		return "list"
	case KindObject:
		return "object"
	}
	panic("scimeval: no such kind")
}

// Value is one attribute value, immutable. The zero Value is null. An attribute that a record lacks has no Value. It is
// small, because columns hold one for each distinct value.
type Value struct {
	kind   Kind
	yes    bool    // KindBool
	neg    bool    // KindNumber, as in Decimal
	exp    int32   // KindNumber, as in Decimal
	text   string  // KindString; the digits of KindNumber
	nested *nested // KindList and KindObject; nil = empty
}

// nested is what a list or an object holds.
type nested struct {
	items   []Value
	members []Member // in the order of the record
}

// Member is one name and value of an object.
type Member struct {
	Name  string
	Value Value
}

// NullValue is null: the attribute is there and has no value.
func NullValue() Value { return Value{} }

// BoolValue is true or false.
func BoolValue(b bool) Value { return Value{kind: KindBool, yes: b} }

// NumberValue is an exact number.
func NumberValue(d Decimal) Value {
	return Value{kind: KindNumber, neg: d.neg, exp: int32(d.exp), text: d.digits}
}

// StringValue is a string; it may hold any text.
func StringValue(s string) Value { return Value{kind: KindString, text: s} }

// ListValue is a list; it keeps the slice.
func ListValue(items []Value) Value {
	if len(items) == 0 {
		return Value{kind: KindList}
	}
	return Value{kind: KindList, nested: &nested{items: items}}
}

// ObjectValue is an object; it keeps the slice. Names are distinct.
func ObjectValue(members []Member) Value {
	if len(members) == 0 {
		return Value{kind: KindObject}
	}
	return Value{kind: KindObject, nested: &nested{members: members}}
}

// Kind tells which of the accessors below applies.
func (v Value) Kind() Kind { return v.kind }

// Bool is the value of a KindBool.
func (v Value) Bool() bool { return v.yes }

// Text is the value of a KindString.
func (v Value) Text() string {
	if v.kind != KindString {
		return ""
	}
	return v.text
}

// Number is the value of a KindNumber.
func (v Value) Number() Decimal { return Decimal{neg: v.neg, digits: v.text, exp: int(v.exp)} }

// Items are the elements of a KindList; not to be changed.
func (v Value) Items() []Value {
	if v.nested == nil {
		return nil
	}
	return v.nested.items
}

// Members are the names and values of a KindObject in record order; not to be changed.
func (v Value) Members() []Member {
	if v.nested == nil {
		return nil
	}
	return v.nested.members
}

// maxValueDepth bounds the nesting of lists and objects in one value.
const maxValueDepth = 64

// ErrValueDepth says that a value nests more than 64 lists and objects.
var ErrValueDepth = errors.New("value nests more than 64 levels")

// ParseValue reads exactly one JSON value. Duplicate names, text that is no UTF-8, a number beyond the limits of
// ParseDecimal and nesting beyond 64 levels are errors.
func ParseValue(text []byte) (Value, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(text))
	v, err := ReadValue(dec)
	if err != nil {
		return Value{}, err
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		if err == nil {
			err = errors.New("text after the value")
		}
		return Value{}, err
	}
	return v, nil
}

// ReadValue reads the next JSON value of dec, under the same bounds as ParseValue.
func ReadValue(dec *jsontext.Decoder) (Value, error) { return readValue(dec, 0) }

func readValue(dec *jsontext.Decoder, depth int) (Value, error) {
	tok, err := dec.ReadToken()
	if err != nil {
		return Value{}, err
	}
	switch tok.Kind() {
	case 'n':
		return NullValue(), nil
	case 't', 'f':
		return BoolValue(tok.Bool()), nil
	case '"':
		return StringValue(tok.String()), nil
	case '0':
		d, err := ParseDecimal(tok.String())
		if err != nil {
			return Value{}, fmt.Errorf("%s: %w", abridge(tok.String()), err)
		}
		return NumberValue(d), nil
	}
	if depth >= maxValueDepth {
		return Value{}, ErrValueDepth
	}
	if tok.Kind() == '[' {
		items := []Value{}
		for dec.PeekKind() != ']' {
			item, err := readValue(dec, depth+1)
			if err != nil {
				return Value{}, err
			}
			items = append(items, item)
		}
		_, err := dec.ReadToken()
		return ListValue(items), err
	}
	members := []Member{}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return Value{}, err
		}
		key := name.String()
		val, err := readValue(dec, depth+1)
		if err != nil {
			return Value{}, err
		}
		members = append(members, Member{key, val})
	}
	_, err = dec.ReadToken()
	return ObjectValue(members), err
}

// AppendJSON appends the value as compact JSON. Equal values of one kind give equal bytes, but for the order of an
// object's members, which is kept.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.kind {
	case KindNull:
		return append(dst, "null"...)
	case KindBool:
		if v.yes {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case KindNumber:
		return append(dst, v.Number().String()...)
	case KindString:
		return appendString(dst, v.text)
	case KindList:
		dst = append(dst, '[')
		for i, item := range v.Items() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.AppendJSON(dst)
		}
		return append(dst, ']')
	case KindObject:
		dst = append(dst, '{')
		for i, m := range v.Members() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, m.Name)
			dst = append(dst, ':')
			dst = m.Value.AppendJSON(dst)
		}
		return append(dst, '}')
	}
	panic("scimeval: no such kind")
}

// String is the value as compact JSON.
func (v Value) String() string { return string(v.AppendJSON(nil)) }

// appendString quotes s as JSON; bytes that are no UTF-8 become U+FFFD, which readers refuse beforehand.
func appendString(dst []byte, s string) []byte {
	out, err := jsontext.AppendQuote(dst, s)
	if err != nil {
		out, _ = jsontext.AppendQuote(dst, string(bytes.ToValidUTF8([]byte(s), []byte("\uFFFD"))))
	}
	return out
}

// abridge shortens a text for a message.
func abridge(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return s[:cut] + "..."
}
