package engine

import (
	"strings"
	"unicode"

	"github.com/lcmsim/lcmsim/scimeval"
)

// attributeOf is the attribute that an atom compares, as it writes it, and its value; nil = absent.
func (x *explainer) attributeOf(atom int) (name string, v *scimeval.Value) {
	a := &x.table.atoms[atom]
	var path scimeval.Path
	switch n := a.node.(type) {
	case *scimeval.Comparison:
		path = n.Path
	case *scimeval.ValuePath:
		path = n.Path
	}
	for _, c := range a.columns {
		v = x.row[x.table.source[c]]
		if v != nil && path.Sub != "" && x.table.attributes[c].Name != path.String() {
			v = memberOf(v, path.Sub, x.program.in.Rules.Filter.AttributeFold)
		}
		if v != nil {
			break
		}
	}
	return path.String(), v
}

// memberOf is what an object, or the objects of a list, have under a name: a list of values for a list. nil = nothing.
func memberOf(v *scimeval.Value, name string, fold bool) *scimeval.Value {
	switch v.Kind() {
	case scimeval.KindObject:
		for _, exact := range []bool{true, false} {
			for _, m := range v.Members() {
				if m.Name == name || !exact && fold && scimeval.Fold(m.Name) == scimeval.Fold(name) {
					return &m.Value
				}
			}
		}
	case scimeval.KindList:
		var items []scimeval.Value
		for _, item := range v.Items() {
			if m := memberOf(&item, name, fold); m != nil {
				items = append(items, *m)
			}
		}
		if len(items) > 0 {
			list := scimeval.ListValue(items)
			return &list
		}
	}
	return nil
}

// atomText says an atom in words: what holds of an attribute, given whether the atom is true. v is the value; nil = absent.
func atomText(n scimeval.Node, holds bool, v *scimeval.Value) string {
	path, ok := n.(*scimeval.ValuePath)
	if ok {
		subject := "no element of "
		if holds {
			subject = "an element of "
		}
		return subject + path.Path.String() + " has " + scimeval.Print(path.Body)
	}
	c := n.(*scimeval.Comparison)
	name, literal := c.Path.String(), valueText(&c.Literal)
	null := v == nil || v.Kind() == scimeval.KindNull
	switch {
	case c.Op == scimeval.OpPr && holds, c.Op == scimeval.OpNe && holds && c.Literal.Kind() == scimeval.KindNull:
		return name + " is present"
	case c.Op == scimeval.OpPr && !null:
		return name + " is empty"
	case c.Op == scimeval.OpPr, null && c.Literal.Kind() == scimeval.KindNull:
		return name + " is absent"
	case c.Op == scimeval.OpEq && holds && sameText(v, &c.Literal):
		return name + " is " + literal
	case c.Op == scimeval.OpEq && holds:
		return name + " is " + literal + isNow(v)
	case c.Op == scimeval.OpEq, c.Op == scimeval.OpNe && holds:
		if null {
			return name + " is absent, so not " + literal
		}
		if c.Literal.Kind() == scimeval.KindNull {
			return name + " is present"
		}
		return name + " is not " + literal + isNow(v)
	case c.Op == scimeval.OpNe && null:
		return name + " is absent"
	case c.Op == scimeval.OpNe && sameText(v, &c.Literal):
		return name + " is " + literal
	case c.Op == scimeval.OpNe:
		return name + " is " + literal + isNow(v)
	}
	verb := verbs(c)
	switch {
	case null && !holds:
		return name + " is absent, so it " + verb.not + " " + literal
	case verb.magnitude && holds:
		return name + " " + valueText(v) + " " + verb.yes + " " + literal
	case verb.magnitude:
		return name + " " + valueText(v) + " " + verb.not + " " + literal
	case holds:
		return name + " " + verb.yes + " " + literal + isNow(v)
	}
	return name + " " + verb.not + " " + literal + isNow(v)
}

// sameText tells whether saying the literal says the value as well.
func sameText(v, literal *scimeval.Value) bool { return v != nil && v.String() == literal.String() }

// isNow gives the value beside a statement that does not say it.
func isNow(v *scimeval.Value) string {
	if v == nil {
		return ""
	}
	return " (it is " + valueText(v) + ")"
}

// verb is what an operator says of an attribute.
type verb struct {
	yes, not  string
	magnitude bool // it compares magnitudes: the value comes first
}

func verbs(c *scimeval.Comparison) verb {
	switch c.Op {
	case scimeval.OpCo:
		return verb{"contains", "does not contain", false}
	case scimeval.OpSw:
		return verb{"starts with", "does not start with", false}
	case scimeval.OpEw:
		return verb{"ends with", "does not end with", false}
	}
	_, dated := scimeval.ParseInstant(c.Literal.Text())
	words := map[scimeval.Op][2]string{
		scimeval.OpGt: {"above", "after"}, scimeval.OpGe: {"at least", "on or after"},
		scimeval.OpLt: {"below", "before"}, scimeval.OpLe: {"at most", "on or before"},
	}[c.Op]
	word := words[0]
	if dated {
		word = words[1]
	}
	return verb{"is " + word, "is not " + word, true}
}

// maxValueText is how many characters of a value people are shown.
const maxValueText = 60

// valueText is a value for people: a string that cannot be taken for anything else stands without quotes.
func valueText(v *scimeval.Value) string {
	if v == nil || v.Kind() == scimeval.KindNull {
		return "absent"
	}
	text := v.String()
	if v.Kind() == scimeval.KindString && isPlain(v.Text()) {
		text = v.Text()
	}
	return shorten(text)
}

// shorten cuts text to maxValueText.
func shorten(text string) string {
	if runes := []rune(text); len(runes) > maxValueText {
		return string(runes[:maxValueText-3]) + "..."
	}
	return text
}

// isPlain tells whether a string reads well without quotes: words, none of which is one of ours.
func isPlain(s string) bool {
	if s == "" || s != strings.Join(strings.Fields(s), " ") {
		return false
	}
	for word := range strings.FieldsSeq(s) {
		switch strings.ToLower(word) {
		case "and", "or", "is", "not", "absent", "present", "true", "false", "null", "if", "because", "were":
			return false
		}
	}
	if v, err := scimeval.ParseValue([]byte(s)); err == nil && v.Kind() == scimeval.KindNumber {
		return false
	}
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" -_.:/@+&'", r) {
			return false
		}
	}
	return true
}

// unknownText says what an atom that cannot be evaluated would have to be; isUnknown = either may do.
func unknownText(a *atom, needed truth) string {
	text := a.text
	if text == "" {
		text = "a missing expression"
	}
	text = "`" + shorten(text) + "`, which cannot be evaluated"
	if needed == isUnknown {
		return text
	}
	return text + ", is " + needed.String()
}

// changeText says a change of an attribute.
func changeText(name string, v *scimeval.Value, was *string) string {
	text := name + " were " + valueText(v)
	if v == anyText {
		text = name + " were something else, such as " + v.String()
	}
	if was == nil {
		if v == nil {
			return text
		}
		if v == anyText {
			return name + " were present, such as " + v.String() + " (is absent)"
		}
		return text + " (is absent)"
	}
	before, err := scimeval.ParseValue([]byte(*was))
	if err != nil {
		return text + " (is " + *was + ")"
	}
	if v != nil && v.Kind() == scimeval.KindList && before.Kind() == scimeval.KindList {
		if more, ok := oneMore(before.Items(), v.Items()); ok {
			return name + " had " + valueText(&more) + " as well"
		}
		if less, ok := oneMore(v.Items(), before.Items()); ok {
			return name + " did not have " + valueText(&less)
		}
	}
	return text + " (is " + valueText(&before) + ")"
}

// oneMore is the element that a list has beside those of another one, if that is the only difference.
func oneMore(list, longer []scimeval.Value) (scimeval.Value, bool) {
	if len(longer) != len(list)+1 || len(list) == 0 {
		return scimeval.Value{}, false
	}
	at := 0
	for at < len(list) && list[at].String() == longer[at].String() {
		at++
	}
	for i := at; i < len(list); i++ {
		if list[i].String() != longer[i+1].String() {
			return scimeval.Value{}, false
		}
	}
	return longer[at], true
}
