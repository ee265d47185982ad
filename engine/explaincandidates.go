package engine

import (
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/lcmsim/lcmsim/scimeval"
)

// Bounds of the values that are tried for one attribute.
const (
	maxCandidates = 5_000
	maxCombined   = 8   // literals that are combined with each other
	maxObjects    = 200 // objects that are made of sub-attributes
)

// candidateUse is an atom on an attribute whose other values are wanted.
type candidateUse struct {
	node   scimeval.Node
	nested bool // the atom looks into the sub-attribute of its path
}

// candidateValues are values of an attribute at which atoms on it may change their truth, the most natural first; nil =
// absent. was is the value now. Each has to be evaluated: some may change nothing. complete is false when there were more.
func candidateValues(was *scimeval.Value, uses []candidateUse) (values []*scimeval.Value, complete bool) {
	c := candidates{was: was, seen: make(map[string]bool)}
	var plain []*scimeval.Comparison
	var bodies []scimeval.Node
	for _, u := range uses {
		switch n := u.node.(type) {
		case *scimeval.Comparison:
			if u.nested {
				part := *n
				part.Path = scimeval.Path{Name: n.Path.Sub}
				bodies = append(bodies, &part)
			} else {
				plain = append(plain, n)
			}
		case *scimeval.ValuePath:
			bodies = append(bodies, n.Body)
		}
	}
	scalars := scalarsAround(plain)
	if was != nil && was.Kind() == scimeval.KindList {
		c.lists(scalars)
		c.add(scalars...)
	} else {
		c.add(scalars...)
		if slices.ContainsFunc(plain, func(n *scimeval.Comparison) bool { return n.Op == scimeval.OpCo || n.Op == scimeval.OpEq }) {
			c.lists(scalars)
		}
	}
	c.objects(bodies)
	c.add(anyText, nil, stringValue(""), listValue())
	return c.values, !c.full
}

// candidates gathers distinct values.
type candidates struct {
	was    *scimeval.Value
	values []*scimeval.Value
	seen   map[string]bool
	full   bool
}

func (c *candidates) add(values ...*scimeval.Value) {
	for _, v := range values {
		key := "absent"
		if v != nil {
			key = v.String()
		}
		if c.seen[key] {
			continue
		}
		if len(c.values) == maxCandidates {
			c.full = true
			return
		}
		c.seen[key] = true
		c.values = append(c.values, v)
	}
}

func stringValue(s string) *scimeval.Value {
	v := scimeval.StringValue(s)
	return &v
}

// anyText stands for a string that no expression names.
var anyText = stringValue("other")

func listValue(items ...scimeval.Value) *scimeval.Value {
	v := scimeval.ListValue(slices.Clone(items))
	return &v
}

// scalarsAround are the literals of comparisons on one attribute, and values just beside them and between them.
func scalarsAround(list []*scimeval.Comparison) []*scimeval.Value {
	var values, beside []*scimeval.Value
	var numbers []*big.Rat
	texts := make(map[scimeval.Op][]string)
	for _, c := range list {
		literal := c.Literal
		switch literal.Kind() {
		case scimeval.KindBool:
			other := scimeval.BoolValue(!literal.Bool())
			values = append(values, &literal, &other)
		case scimeval.KindNumber:
			values = append(values, &literal)
			if text := literal.String(); len(text) < 40 && !strings.Contains(text, "e") {
				n, _ := new(big.Rat).SetString(text)
				numbers = append(numbers, n)
			}
		case scimeval.KindString:
			values = append(values, &literal)
			texts[c.Op] = append(texts[c.Op], literal.Text())
			beside = append(beside, besideText(c.Op, literal.Text())...)
		case scimeval.KindNull, scimeval.KindList, scimeval.KindObject:
		}
	}
	values = append(values, besideNumbers(numbers)...)
	values = append(values, beside...)
	return append(values, joinedTexts(texts)...)
}

// besideText are strings just before and after one: a day and a second, for an instant.
func besideText(op scimeval.Op, s string) []*scimeval.Value {
	if _, ok := scimeval.ParseInstant(s); ok {
		layout, text := time.RFC3339Nano, strings.ToUpper(s)
		if len(s) == len(time.DateOnly) {
			layout = time.DateOnly
		} else if last := text[len(text)-1]; last != 'Z' && text[len(text)-6] != '+' && text[len(text)-6] != '-' {
			text += "Z"
		}
		at, err := time.Parse(layout, text)
		if err != nil {
			return nil
		}
		var out []*scimeval.Value
		for _, step := range []time.Duration{24 * time.Hour, time.Second} {
			for _, sign := range []time.Duration{1, -1} {
				moved := at.Add(sign * step)
				if y := moved.Year(); y < 0 || y > 9999 {
					continue
				}
				if step < time.Hour {
					layout = time.RFC3339Nano
				}
				out = append(out, stringValue(moved.Format(layout)))
			}
		}
		return out
	}
	switch op {
	case scimeval.OpGt, scimeval.OpGe, scimeval.OpLt, scimeval.OpLe:
		runes := []rune(s)
		if len(runes) == 0 {
			return []*scimeval.Value{stringValue("a")}
		}
		out := []*scimeval.Value{stringValue(s + "a")}
		front, last := string(runes[:len(runes)-1]), runes[len(runes)-1]
		if last > '0' && last < unicode.MaxASCII {
			out = append(out, stringValue(front+string(last-1)))
		}
		return append(out, stringValue(front))
	}
	return nil
}

// besideNumbers are numbers one above and one below each, and between neighbours.
func besideNumbers(numbers []*big.Rat) []*scimeval.Value {
	var values []*scimeval.Value
	add := func(r *big.Rat) {
		digits, exact := r.FloatPrec()
		if !exact {
			return
		}
		if d, err := scimeval.ParseDecimal(r.FloatString(digits)); err == nil {
			v := scimeval.NumberValue(d)
			values = append(values, &v)
		}
	}
	one := big.NewRat(1, 1)
	for _, n := range numbers {
		add(new(big.Rat).Add(n, one))
		add(new(big.Rat).Sub(n, one))
	}
	sorted := slices.Clone(numbers)
	slices.SortFunc(sorted, func(a, b *big.Rat) int { return a.Cmp(b) })
	half := big.NewRat(1, 2)
	for i := 1; i < len(sorted); i++ {
		middle := new(big.Rat).Add(sorted[i-1], sorted[i])
		add(middle.Mul(middle, half))
	}
	return values
}

// joinedTexts are strings that begin, go on and end as several operators want.
func joinedTexts(texts map[scimeval.Op][]string) []*scimeval.Value {
	first := func(op scimeval.Op) []string {
		list := texts[op]
		return append([]string{""}, list[:min(len(list), maxCombined)]...)
	}
	var values []*scimeval.Value
	for _, start := range first(scimeval.OpSw) {
		for _, end := range first(scimeval.OpEw) {
			for _, middle := range first(scimeval.OpCo) {
				if joined := start + middle + end; joined != "" {
					values = append(values, stringValue(joined))
				}
			}
		}
	}
	return values
}

// lists adds lists of scalars: one more element, one less, one alone, two, all.
func (c *candidates) lists(scalars []*scimeval.Value) {
	var now []scimeval.Value
	if c.was != nil && c.was.Kind() == scimeval.KindList {
		now = c.was.Items()
	}
	for _, s := range scalars {
		if len(now) > 0 {
			c.add(listValue(append(slices.Clone(now), *s)...))
		}
	}
	for i := range now {
		if i < maxCombined {
			c.add(listValue(append(slices.Clone(now[:i]), now[i+1:]...)...))
		}
	}
	var all []scimeval.Value
	for _, s := range scalars {
		c.add(listValue(*s))
		all = append(all, *s)
	}
	some := scalars[:min(len(scalars), 2*maxCombined)]
	for i, a := range some {
		for _, b := range some[:i] {
			c.add(listValue(*b, *a))
		}
	}
	if len(all) > 0 && len(all) <= maxCombined {
		c.add(listValue(all...))
	}
}

// objects adds objects, and lists of them, for atoms that look inside.
func (c *candidates) objects(bodies []scimeval.Node) {
	if len(bodies) == 0 {
		return
	}
	var now []scimeval.Value
	isList := false
	if c.was != nil {
		switch c.was.Kind() {
		case scimeval.KindObject:
			now = []scimeval.Value{*c.was}
		case scimeval.KindList:
			now, isList = c.was.Items(), true
		default:
		}
	}
	starts := []scimeval.Value{scimeval.ObjectValue(nil)}
	for i := len(now) - 1; i >= 0; i-- {
		if now[i].Kind() == scimeval.KindObject && i < maxCombined {
			starts = append([]scimeval.Value{now[i]}, starts...)
		}
	}
	var made []scimeval.Value
	for _, body := range bodies {
		made = append(made, satisfying(starts, body, true)...)
		made = append(made, satisfying(starts, body, false)...)
	}
	// Several bodies may have to hold of one element.
	joined := starts
	for _, body := range bodies[:min(len(bodies), maxCombined)] {
		joined = append(joined, satisfying(joined, body, true)...)
		joined = joined[:min(len(joined), maxObjects)]
	}
	made = append(made, joined...)
	made = made[:min(len(made), 2*maxObjects)]
	for i := range made {
		if !isList {
			c.add(&made[i])
		}
		c.add(listValue(append(slices.Clone(now), made[i])...), listValue(made[i]))
	}
	for i := range now[:min(len(now), maxCombined)] {
		c.add(listValue(append(slices.Clone(now[:i]), now[i+1:]...)...))
	}
	var each []scimeval.Value
	for _, body := range bodies[:min(len(bodies), maxCombined)] {
		each = append(each, satisfying(starts[len(starts)-1:], body, true)[:1]...)
	}
	c.add(listValue(each...), listValue(append(slices.Clone(now), each...)...))
}

// satisfying changes each of some objects in ways that may make a body true, or false. It gives at least one object.
func satisfying(starts []scimeval.Value, body scimeval.Node, want bool) []scimeval.Value {
	var out []scimeval.Value
	each := func(terms []scimeval.Node) { // one of them will do
		for _, t := range terms {
			out = append(out, satisfying(starts, t, want)...)
		}
	}
	all := func(terms []scimeval.Node) {
		out = starts
		for _, t := range terms {
			out = satisfying(out, t, want)
		}
	}
	switch n := body.(type) {
	case *scimeval.And:
		if want {
			all(n.Terms)
		} else {
			each(n.Terms)
		}
	case *scimeval.Or:
		if want {
			each(n.Terms)
		} else {
			all(n.Terms)
		}
	case *scimeval.Not:
		out = satisfying(starts, n.Term, !want)
	case *scimeval.Comparison:
		for _, start := range starts {
			for _, v := range append(scalarsAround([]*scimeval.Comparison{n}), anyText, nil) {
				out = append(out, withMember(start, n.Path, v))
			}
		}
	}
	return out[:min(len(out), maxObjects)]
}

// withMember is an object with a member set, or removed where v is nil.
func withMember(object scimeval.Value, path scimeval.Path, v *scimeval.Value) scimeval.Value {
	name := scimeval.Path{URI: path.URI, Name: path.Name}.String()
	if path.Sub != "" {
		inner := scimeval.ObjectValue(nil)
		if has := memberOf(&object, name, false); has != nil && has.Kind() == scimeval.KindObject {
			inner = *has
		}
		inner = withMember(inner, scimeval.Path{Name: path.Sub}, v)
		v = &inner
	}
	var members []scimeval.Member
	done := v == nil
	for _, m := range object.Members() {
		switch {
		case m.Name != name:
			members = append(members, m)
		case v != nil:
			members = append(members, scimeval.Member{Name: name, Value: *v})
			done = true
		}
	}
	if !done {
		members = append(members, scimeval.Member{Name: name, Value: *v})
	}
	return scimeval.ObjectValue(members)
}
