package standin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/cases"
)

// A JSON value is nil, bool, json.Number, string, []any or object.

// object is a JSON object in the order in which it was written.
type object []member

type member struct {
	name  string
	value any
}

// get is the value of a member; nil when it is absent or null.
func (o object) get(name string) any {
	value, _ := o.find(name)
	return value
}

func (o object) find(name string) (value any, found bool) {
	for _, m := range o {
		if m.name == name {
			return m.value, true
		}
	}
	return nil, false
}

// with is a copy of the object with a member set: in its place when there is one already, else at the end.
func (o object) with(name string, value any) object {
	return slices.Clone(o).set(name, value)
}

// set is with without the copy.
func (o object) set(name string, value any) object {
	for i := range o {
		if o[i].name == name {
			o[i].value = value
			return o
		}
	}
	return append(o, member{name, value})
}

// without is the object without some of its members.
func (o object) without(names ...string) object {
	out := object{}
	for _, m := range o {
		if !slices.Contains(names, m.name) {
			out = append(out, m)
		}
	}
	return out
}

// text is the text of a string or a number; "" for anything else.
func (o object) text(name string) string {
	switch v := o.get(name).(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// list is a member that is a list; nil when it is none.
func (o object) list(name string) []any {
	list, _ := o.get(name).([]any)
	return list
}

// objects are the objects of a list.
func (o object) objects(name string) []object {
	var out []object
	for _, v := range o.list(name) {
		if item, ok := v.(object); ok {
			out = append(out, item)
		}
	}
	return out
}

// MarshalJSON keeps the order.
func (o object) MarshalJSON() ([]byte, error) { return appendJSON(nil, o) }

// appendJSON writes a value; objects and lists of values are walked here, anything else is left to encoding/json.
func appendJSON(to []byte, value any) ([]byte, error) {
	switch value := value.(type) {
	case object:
		to = append(to, '{')
		for i, m := range value {
			if i > 0 {
				to = append(to, ',')
			}
			var err error
			if to, err = appendJSON(to, m.name); err != nil {
				return nil, err
			}
			if to, err = appendJSON(append(to, ':'), m.value); err != nil {
				return nil, err
			}
		}
		return append(to, '}'), nil
	case []any:
		to = append(to, '[')
		for i, element := range value {
			if i > 0 {
				to = append(to, ',')
			}
			var err error
			if to, err = appendJSON(to, element); err != nil {
				return nil, err
			}
		}
		return append(to, ']'), nil
	}
	data, err := json.Marshal(value)
	return append(to, data...), err
}

// deepest is how deep JSON may be nested.
const deepest = 200

// readJSON reads one JSON value. Members that occur twice, nesting deeper than 200 and text after the value are errors.
func readJSON(data []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	value, err := readValue(dec, 0)
	if errors.Is(err, io.EOF) {
		return nil, io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the JSON value")
	}
	return value, nil
}

func readValue(dec *json.Decoder, depth int) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	if depth > deepest {
		return nil, fmt.Errorf("nested deeper than %d", deepest)
	}
	switch token {
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			value, err := readValue(dec, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err := dec.Token()
		return list, err
	case json.Delim('{'):
		out, seen := object{}, map[string]bool{}
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				return nil, err
			}
			value, err := readValue(dec, depth+1)
			if err != nil {
				return nil, err
			}
			if seen[name.(string)] {
				return nil, fmt.Errorf("member %q occurs twice", name)
			}
			seen[name.(string)] = true
			out = append(out, member{name.(string), value})
		}
		_, err := dec.Token()
		return out, err
	}
	return token, nil
}

// readObject reads a JSON value that must be an object.
func readObject(data []byte) (object, error) {
	value, err := readJSON(data)
	if err != nil {
		return nil, err
	}
	o, ok := value.(object)
	if !ok {
		return nil, errors.New("want a JSON object")
	}
	return o, nil
}

var numberSyntax = regexp.MustCompile(`^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE]([+-]?[0-9]+))?$`)

// Beyond these a number is no number: the digits of its mantissa, and its exponent to either side.
const (
	mostDigits  = 1000
	mostPowerOf = 10000
)

// fraction reads a text that is wholly a JSON number within the limits; ok is false for any other.
func fraction(text string) (value *big.Rat, ok bool) {
	if len(text) > 2*mostDigits {
		return nil, false
	}
	parts := numberSyntax.FindStringSubmatch(text)
	if parts == nil {
		return nil, false
	}
	mantissa := text
	if parts[1] != "" {
		power, err := strconv.Atoi(parts[1])
		if err != nil || power > mostPowerOf || power < -mostPowerOf {
			return nil, false
		}
		mantissa = text[:strings.IndexAny(text, "eE")]
	}
	digits := 0
	for _, c := range mantissa {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	if digits > mostDigits {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// instant is a point in time: seconds since 1970, and the digits of the fraction without zeros at the end.
type instant struct {
	seconds  int64
	fraction string
}

func (a instant) compare(b instant) int {
	switch {
	case a.seconds < b.seconds:
		return -1
	case a.seconds > b.seconds:
		return 1
	}
	return strings.Compare(a.fraction, b.fraction)
}

var instantSyntax = regexp.MustCompile(`^(\d{4})-(\d{2})-(\d{2})(?:[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))?)?$`)

// instantOf reads a date or a time of RFC 3339; ok is false for any other text. No offset is UTC, a date is its first second.
func instantOf(text string) (at instant, ok bool) {
	part := instantSyntax.FindStringSubmatch(text)
	if part == nil {
		return instant{}, false
	}
	number := make([]int, len(part))
	for i, digits := range part {
		if i != 0 && i != 7 && i != 8 && digits != "" {
			number[i], _ = strconv.Atoi(digits)
		}
	}
	year, month, day, hour, minute, second := number[1], number[2], number[3], number[4], number[5], number[6]
	offset := number[9]*60 + number[10]
	if hour > 23 || minute > 59 || second > 59 || number[10] > 59 || offset > 14*60 {
		return instant{}, false
	}
	if part[8] == "-" {
		offset = -offset
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	if t.Month() != time.Month(month) || t.Day() != day {
		return instant{}, false
	}
	return instant{t.Unix() - int64(offset)*60, strings.TrimRight(part[7], "0")}, true
}

// fold is full Unicode case folding.
func fold(text string) string { return cases.Fold().String(text) }
