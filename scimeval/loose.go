package scimeval

// decider decides a leaf on the value of the leaf's column; nil = absent. sub, where it is not empty, is the
// sub-attribute to look into.
type decider interface {
	decide(c *cell, sub string) outcome
}

// looseComparison is a comparison under vendor semantics.
type looseComparison struct {
	*comparer
}

func (l looseComparison) decide(c *cell, sub string) outcome {
	if sub == "" {
		return l.attribute(c)
	}
	if c == nil {
		return l.absent()
	}
	switch c.value.Kind() {
	case KindObject:
		return l.value(memberValue(&c.value, sub, l.rules.AttributeFold))
	case KindList:
		return l.objects(c.value.Items(), sub)
	}
	return l.absent()
}

// value decides the comparison on a value inside another one; nil = absent.
func (l looseComparison) value(v *Value) outcome {
	if v == nil {
		return l.attribute(nil)
	}
	if l.direct && v.kind == KindString {
		return l.string(v.text)
	}
	return l.attribute(&cell{value: *v})
}

// objects decides a.sub on a list: some object satisfies it. A list without any object is absent.
func (l looseComparison) objects(items []Value, sub string) outcome {
	var o outcome
	objects, lacking := 0, 0
	some := *l.comparer
	if some.op == OpNe {
		some.op = OpEq
	}
	for i := range items {
		if items[i].Kind() != KindObject {
			continue
		}
		objects++
		v := memberValue(&items[i], sub, l.rules.AttributeFold)
		if v == nil || v.Kind() == KindNull {
			lacking++
		}
		if v != nil {
			o |= looseComparison{&some}.value(v)
		}
	}
	if objects == 0 {
		return l.absent()
	}
	if l.op != OpPr && l.literal.Kind() == KindNull {
		o = o&^matches | match(lacking > 0 && some.op == OpEq)
	}
	if l.op == OpNe {
		o = o.negate()
	}
	return o
}

// loosePath is a value path under vendor semantics.
type loosePath struct {
	body looseBody
	fold bool
}

// looseBody is a part of a value path's body.
type looseBody struct {
	kind  nodeKind
	terms []looseBody     // of andNode, orNode and notNode
	test  looseComparison // of leafNode
	path  string          // what test compares: the literal key first,
	name  string          // then one dot into the member of this name,
	sub   string          // where it is not empty
}

// looseBodyOf prepares a body; test makes its comparisons.
func looseBodyOf(n Node, test func(*Comparison) looseComparison) looseBody {
	var kind nodeKind
	var terms []Node
	switch n := n.(type) {
	case *And:
		kind, terms = andNode, n.Terms
	case *Or:
		kind, terms = orNode, n.Terms
	case *Not:
		kind, terms = notNode, []Node{n.Term}
	case *Comparison:
		return looseBody{kind: leafNode, test: test(n), path: n.Path.String(), name: Path{URI: n.Path.URI, Name: n.Path.Name}.String(), sub: n.Path.Sub}
	default:
		panic("scimeval: a value path stands inside another")
	}
	body := looseBody{kind: kind, terms: make([]looseBody, len(terms))}
	for i, t := range terms {
		body.terms[i] = looseBodyOf(t, test)
	}
	return body
}

func (l *loosePath) decide(c *cell, sub string) outcome {
	if c == nil {
		return 0
	}
	if sub == "" {
		return l.elements(&c.value)
	}
	var o outcome
	items := []Value{c.value}
	if c.value.Kind() == KindList {
		items = c.value.Items()
	}
	for i := range items {
		if items[i].Kind() == KindObject {
			if v := memberValue(&items[i], sub, l.fold); v != nil {
				o |= l.elements(v)
			}
		}
	}
	return o
}

// elements decides the path on an attribute that is there: some object of it satisfies the body.
func (l *loosePath) elements(v *Value) outcome {
	o := found
	switch v.Kind() {
	case KindObject:
		o |= l.body.decide(v, l.fold)
	case KindList:
		items := v.Items()
		for i := range items {
			if items[i].Kind() == KindObject {
				o |= l.body.decide(&items[i], l.fold)
			}
		}
	}
	return o
}

// decide decides the body on one element. Every term is decided, so that flags do not depend on the order of terms.
func (b *looseBody) decide(element *Value, fold bool) outcome {
	switch b.kind {
	case andNode:
		o := matches
		for i := range b.terms {
			p := b.terms[i].decide(element, fold)
			o = o&p&matches | (o|p)&^matches
		}
		return o
	case orNode:
		var o outcome
		for i := range b.terms {
			o |= b.terms[i].decide(element, fold)
		}
		return o
	case notNode:
		return b.terms[0].decide(element, fold).negate()
	}
	v := memberValue(element, b.path, fold)
	if v != nil || b.sub == "" {
		return b.test.value(v)
	}
	if v = memberValue(element, b.name, fold); v == nil {
		return b.test.absent()
	}
	return b.test.decide(&cell{value: *v}, b.sub)
}

// has tells whether some element of the value has the attribute that a comparison of the body names.
func (l *loosePath) has(v Value, sub string, test *looseBody) bool {
	switch v.Kind() {
	case KindList:
		for _, item := range v.Items() {
			if item.Kind() == KindObject && l.has(item, sub, test) {
				return true
			}
		}
	case KindObject:
		if sub != "" {
			m := memberValue(&v, sub, l.fold)
			return m != nil && l.has(*m, "", test)
		}
		if memberValue(&v, test.path, l.fold) != nil {
			return true
		}
		m := memberValue(&v, test.name, l.fold)
		return test.sub != "" && m != nil && test.test.decide(&cell{value: *m}, test.sub)&found != 0
	}
	return false
}

// member is memberValue as a cell.
func member(object Value, name string, fold bool) *cell {
	if v := memberValue(&object, name, fold); v != nil {
		return &cell{value: *v}
	}
	return nil
}

// memberValue finds a member of an object: the exact name, otherwise, with fold, the first that differs only in case;
// nil = there is none.
func memberValue(object *Value, name string, fold bool) *Value {
	members := object.Members()
	for i := range members {
		if members[i].Name == name {
			return &members[i].Value
		}
	}
	if fold {
		folded := Fold(name)
		for i := range members {
			if Fold(members[i].Name) == folded {
				return &members[i].Value
			}
		}
	}
	return nil
}
