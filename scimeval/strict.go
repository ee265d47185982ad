package scimeval

import (
	"math"
	"strings"
)

// This file is the meaning of leaves under rfc7644 semantics, decisions D6 to D34 of the conformance cases. Types come
// from the schema; a value of another type compares as unequal and unordered.

// assigned tells whether a value counts as one: null, empty lists and objects, and lists and objects that hold nothing
// assigned, do not (D6). The empty string does (D7).
func assigned(v Value) bool {
	switch v.Kind() {
	case KindNull:
		return false
	case KindList:
		for _, item := range v.Items() {
			if assigned(item) {
				return true
			}
		}
		return false
	case KindObject:
		for _, m := range v.Members() {
			if assigned(m.Value) {
				return true
			}
		}
		return false
	}
	return true
}

// present tells whether a value satisfies pr: assigned and, unless filter.pr_empty says otherwise, not only "".
func present(v Value, prEmpty bool) bool {
	switch v.Kind() {
	case KindNull:
		return false
	case KindString:
		return v.text != "" || prEmpty
	case KindList:
		for _, item := range v.Items() {
			if present(item, prEmpty) {
				return true
			}
		}
		return false
	case KindObject:
		for _, m := range v.Members() {
			if present(m.Value, prEmpty) {
				return true
			}
		}
		return false
	}
	return true
}

// elements are the assigned values of an attribute, one for a single-valued attribute.
func elements(v Value) []Value {
	items := []Value{v}
	if v.Kind() == KindList {
		items = v.Items()
	}
	var out []Value
	for _, item := range items {
		if assigned(item) {
			out = append(out, item)
		}
	}
	return out
}

// strictComparison is a comparison under rfc7644 semantics, already checked against the schema.
type strictComparison struct {
	op      Op
	literal Value
	rules   Rules
	of      *AttributeDef // what is compared: the attribute, or its sub-attribute
	sub     string        // name of the sub-attribute; "" = the attribute itself

	text    string // of a string literal, prepared as the values are
	instant Instant
	float   float64
}

func newStrictComparison(op Op, literal Value, rules Rules, of *AttributeDef, sub string) *strictComparison {
	k := &strictComparison{op: op, literal: literal, rules: rules, of: of, sub: sub}
	switch literal.Kind() {
	case KindString:
		k.text = k.prepare(literal.text)
		k.instant, _ = ParseInstant(literal.text)
	case KindNumber:
		k.float = literal.Number().Float64()
	}
	return k
}

// prepare brings both sides of a string comparison into one form (D12).
func (k *strictComparison) prepare(s string) string {
	switch k.of.Type {
	case "binary":
		return s
	case "reference":
		return nfc(s)
	}
	s = nfc(s)
	if k.rules.StringFold && !k.of.CaseExact {
		s = Fold(s)
	}
	return s
}

func (k *strictComparison) decide(c *cell, _ string) outcome {
	if c == nil {
		return k.values(nil)
	}
	o := found
	items := elements(c.value)
	if k.sub != "" {
		var subs []Value
		for _, item := range items {
			if m := member(item, k.sub, k.rules.AttributeFold); m != nil {
				subs = append(subs, elements(m.value)...)
			}
		}
		items = subs
	}
	return o | k.values(items)
}

// values decides the comparison on all assigned values of what is compared.
func (k *strictComparison) values(items []Value) outcome {
	switch {
	case k.op == OpPr:
		return match(present(ListValue(items), k.rules.PrEmpty))
	case k.literal.Kind() == KindNull:
		return match((len(items) == 0) == (k.op == OpEq))
	case len(items) == 0:
		return match(k.op == OpNe && k.rules.MissingNe)
	}
	whole := k.of.MultiValued && !k.rules.ListEqAny && (k.op == OpEq || k.op == OpNe)
	var o outcome
	if !whole || len(items) == 1 {
		for _, item := range items {
			o |= k.scalar(item)
		}
	}
	if k.op == OpNe {
		o = o.negate()
	}
	return o
}

// scalar decides the comparison on one value; ne as eq.
func (k *strictComparison) scalar(v Value) outcome {
	if k.rules.Coerce && v.Kind() == KindString {
		v = coerced(v, k.of.Type)
	}
	switch k.of.Type {
	case "boolean":
		if v.Kind() == KindBool {
			return match(v.yes == k.literal.yes)
		}
	case "integer":
		if v.Kind() == KindNumber {
			return match(signSatisfies(k.op, v.Number().Compare(k.literal.Number())))
		}
	case "decimal":
		if v.Kind() == KindNumber {
			return match(signSatisfies(k.op, compareFloats(v.Number().Float64(), k.float)))
		}
	case "date", "dateTime":
		if v.Kind() == KindString {
			if in, ok := ParseInstant(v.text); ok {
				return match(signSatisfies(k.op, in.Compare(k.instant)))
			}
		}
	case "string", "reference", "binary":
		if v.Kind() == KindString {
			return match(k.texts(k.prepare(v.text)))
		}
	}
	return mismatch
}

func (k *strictComparison) texts(s string) bool {
	switch k.op {
	case OpCo:
		if k.of.MultiValued && !k.rules.ListCoSubstring {
			return s == k.text
		}
		return strings.Contains(s, k.text)
	case OpSw:
		return strings.HasPrefix(s, k.text)
	case OpEw:
		return strings.HasSuffix(s, k.text)
	}
	return signSatisfies(k.op, strings.Compare(s, k.text))
}

// coerced turns a string into the number or boolean that filter.coerce sees in it, where the schema wants one.
func coerced(v Value, want string) Value {
	switch want {
	case "integer", "decimal":
		if d, ok := numberIn(v.text); ok {
			return NumberValue(d)
		}
	case "boolean":
		if truth, ok := truthIn(v.text); ok {
			return BoolValue(truth)
		}
	}
	return v
}

func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func signSatisfies(op Op, sign int) bool {
	switch op {
	case OpEq, OpNe:
		return sign == 0
	case OpGt:
		return sign > 0
	case OpGe:
		return sign >= 0
	case OpLt:
		return sign < 0
	case OpLe:
		return sign <= 0
	}
	return false
}

// strictPath is a value path under rfc7644 semantics: some assigned element satisfies the body (D25).
type strictPath struct {
	body  Node
	tests map[*Comparison]*strictComparison
}

func (l *strictPath) decide(c *cell, _ string) outcome {
	if c == nil {
		return 0
	}
	o := found
	for _, item := range elements(c.value) {
		o |= l.element(l.body, item)
	}
	return o
}

func (l *strictPath) element(n Node, v Value) outcome {
	switch n := n.(type) {
	case *And:
		o := matches
		for _, t := range n.Terms {
			p := l.element(t, v)
			o = o&p&matches | (o|p)&^matches
		}
		return o
	case *Or:
		var o outcome
		for _, t := range n.Terms {
			o |= l.element(t, v)
		}
		return o
	case *Not:
		return l.element(n.Term, v).negate()
	case *Comparison:
		return l.tests[n].decide(&cell{value: v}, "")
	}
	panic("scimeval: a value path stands inside another")
}

// strictResolver checks names, types and operators against the schema (D5, D9, D14 to D18, D21 to D24, D27, D28).
type strictResolver struct {
	schema *Schema
	rules  Rules
	src    string
}

func (r *strictResolver) fail(kind ErrorKind, at int, message, hint string) *Error {
	return &Error{Kind: kind, Source: r.src, Offset: at, Message: message, Hint: hint}
}

func (r *strictResolver) sameName(a, b string) bool {
	if r.rules.AttributeFold {
		return strings.EqualFold(a, b)
	}
	return a == b
}

// attribute finds the definition of [URI:]name. URNs are compared without regard to case.
func (r *strictResolver) attribute(p Path) (*AttributeDef, *Error) {
	for i := range r.schema.Attributes {
		def := &r.schema.Attributes[i]
		if !r.sameName(def.Name, p.Name) {
			continue
		}
		owner := def.Schema
		if owner == "" {
			owner = r.schema.URN
		}
		if p.URI == "" || strings.EqualFold(owner, p.URI) {
			return def, nil
		}
	}
	names := make([]string, 0, len(r.schema.Attributes))
	for _, def := range r.schema.Attributes {
		names = append(names, def.Name)
	}
	where := "the schema"
	if p.URI != "" {
		where = "schema " + p.URI
	}
	hint := ""
	if near := Nearest(p.Name, names); near != "" {
		hint = "did you mean " + near + "?"
	}
	return nil, r.fail(KindUnknownAttribute, p.At, "attribute "+p.Name+" is not in "+where, hint)
}

// subAttribute finds the definition of def.name. The elements of a simple multi-valued attribute are its sub-attribute
// value (D21); then sub is "".
func (r *strictResolver) subAttribute(def *AttributeDef, name string, at int) (of *AttributeDef, sub string, err *Error) {
	var names []string
	for i := range def.SubAttributes {
		if r.sameName(def.SubAttributes[i].Name, name) {
			return &def.SubAttributes[i], def.SubAttributes[i].Name, nil
		}
		names = append(names, def.SubAttributes[i].Name)
	}
	if def.Type != "complex" && def.MultiValued && r.sameName("value", name) {
		return def, "", nil
	}
	hint := ""
	if near := Nearest(name, names); near != "" {
		hint = "did you mean " + def.Name + "." + near + "?"
	}
	return nil, "", r.fail(KindUnknownAttribute, at, "attribute "+def.Name+" has no sub-attribute "+name, hint)
}

// comparison checks one comparison outside brackets and gives the attribute that it reads.
func (r *strictResolver) comparison(c *Comparison) (*AttributeDef, *strictComparison, *Error) {
	def, err := r.attribute(c.Path)
	if err != nil {
		return nil, nil, err
	}
	of, sub := def, ""
	if c.Path.Sub != "" {
		if of, sub, err = r.subAttribute(def, c.Path.Sub, c.Path.At); err != nil {
			return nil, nil, err
		}
	}
	if of.Type == "complex" && c.Op != OpPr && (c.Literal.Kind() != KindNull || c.Op != OpEq && c.Op != OpNe) {
		if of, sub, err = r.defaultSub(of, sub, c); err != nil {
			return nil, nil, err
		}
	}
	if err := r.check(c, of); err != nil {
		return nil, nil, err
	}
	return def, newStrictComparison(c.Op, c.Literal, r.rules, inList(of, def), sub), nil
}

// defaultSub is the sub-attribute value of a multi-valued complex attribute (D22).
func (r *strictResolver) defaultSub(of *AttributeDef, sub string, c *Comparison) (*AttributeDef, string, *Error) {
	if of.MultiValued && sub == "" {
		for i := range of.SubAttributes {
			if r.sameName(of.SubAttributes[i].Name, "value") {
				return &of.SubAttributes[i], of.SubAttributes[i].Name, nil
			}
		}
	}
	return nil, "", r.fail(KindType, c.Path.At, "attribute "+c.Path.String()+" is complex: only pr, eq null and ne null apply to it",
		"name a sub-attribute, such as "+c.Path.String()+"."+firstSub(of))
}

func firstSub(def *AttributeDef) string {
	if len(def.SubAttributes) == 0 {
		return "value"
	}
	return def.SubAttributes[0].Name
}

// inList is of, multi-valued if the attribute around it is.
func inList(of, def *AttributeDef) *AttributeDef {
	if def.MultiValued && !of.MultiValued {
		list := *of
		list.MultiValued = true
		return &list
	}
	return of
}

// valuePath checks a value path and gives the attribute that it reads.
func (r *strictResolver) valuePath(n *ValuePath) (*AttributeDef, *strictPath, *Error) {
	def, err := r.attribute(n.Path)
	if err != nil {
		return nil, nil, err
	}
	if n.Path.Sub != "" {
		if _, _, err := r.subAttribute(def, n.Path.Sub, n.Path.At); err != nil {
			return nil, nil, err
		}
		return nil, nil, r.fail(KindType, n.Path.At, "a value path needs an attribute, not a sub-attribute", "")
	}
	if def.Type != "complex" && !def.MultiValued {
		return nil, nil, r.fail(KindType, n.Path.At, "a value path needs a complex or multi-valued attribute; "+def.Name+" is neither", "")
	}
	p := &strictPath{body: n.Body, tests: make(map[*Comparison]*strictComparison)}
	comparisons(n.Body, func(c *Comparison) {
		if err != nil {
			return
		}
		p.tests[c], err = r.inner(def, c)
	})
	return def, p, err
}

// inner checks one comparison inside brackets.
func (r *strictResolver) inner(def *AttributeDef, c *Comparison) (*strictComparison, *Error) {
	if c.Path.URI != "" || c.Path.Sub != "" {
		return nil, r.fail(KindUnknownAttribute, c.Path.At, c.Path.String()+" is not a sub-attribute of "+def.Name, "")
	}
	of, sub, err := r.subAttribute(def, c.Path.Name, c.Path.At)
	if err != nil {
		return nil, err
	}
	if sub == "" { // an element of a simple multi-valued attribute
		single := *of
		single.MultiValued = false
		of = &single
	}
	if of.Type == "complex" && c.Op != OpPr && c.Literal.Kind() != KindNull {
		return nil, r.fail(KindType, c.Path.At, "sub-attribute "+sub+" is complex", "")
	}
	if err := r.check(c, of); err != nil {
		return nil, err
	}
	return newStrictComparison(c.Op, c.Literal, r.rules, of, sub), nil
}

// check tests operator, literal type and literal value, in this order.
func (r *strictResolver) check(c *Comparison, of *AttributeDef) *Error {
	if c.Op == OpPr {
		return nil
	}
	if c.Literal.Kind() == KindNull {
		if c.Op == OpEq || c.Op == OpNe {
			return nil
		}
		return r.fail(KindOperator, c.OpAt, "operator "+string(c.Op)+" does not take null", "only eq and ne do")
	}
	substring := c.Op == OpCo || c.Op == OpSw || c.Op == OpEw
	equality := c.Op == OpEq || c.Op == OpNe
	want := KindString
	switch of.Type {
	case "boolean":
		want = KindBool
		if !equality {
			return r.operatorError(c, of)
		}
	case "binary":
		if !equality {
			return r.operatorError(c, of)
		}
	case "integer", "decimal":
		want = KindNumber
		if substring {
			return r.operatorError(c, of)
		}
	case "date", "dateTime":
		if substring {
			return r.operatorError(c, of)
		}
	}
	if c.Literal.Kind() != want {
		return r.fail(KindType, c.LiteralAt, "attribute "+c.Path.String()+" is of type "+of.Type+"; the value is a "+c.Literal.Kind().String(),
			"write a "+want.String())
	}
	switch of.Type {
	case "date", "dateTime":
		if _, ok := ParseInstant(c.Literal.text); !ok {
			return r.fail(KindValue, c.LiteralAt, "the value is no date or time", `write "2024-01-31" or "2024-01-31T08:30:00Z"`)
		}
	case "integer", "decimal":
		if math.IsInf(c.Literal.Number().Float64(), 0) {
			return r.fail(KindValue, c.LiteralAt, "the number is beyond the range of a float64", "")
		}
	}
	return nil
}

func (r *strictResolver) operatorError(c *Comparison, of *AttributeDef) *Error {
	return r.fail(KindOperator, c.OpAt, "operator "+string(c.Op)+" does not apply to type "+of.Type, "")
}
