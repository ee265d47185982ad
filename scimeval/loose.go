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
		return l.attribute(member(c.value, sub, l.rules.AttributeFold))
	case KindList:
		return l.objects(c.value.items, sub)
	}
	return l.absent()
}

// objects decides a.sub on a list: some object satisfies it. A list without any object is absent.
func (l looseComparison) objects(items []Value, sub string) outcome {
	var o outcome
	objects, lacking := 0, 0
	some := *l.comparer
	if some.op == OpNe {
		some.op = OpEq
	}
	for _, item := range items {
		if item.Kind() != KindObject {
			continue
		}
		objects++
		c := member(item, sub, l.rules.AttributeFold)
		if c == nil || c.value.Kind() == KindNull {
			lacking++
		}
		if c == nil {
			continue
		}
		o |= some.attribute(c)
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
	body Node
	// tests holds what stands behind each comparison of the body.
	tests map[*Comparison]looseComparison
	fold  bool
}

func (l *loosePath) decide(c *cell, sub string) outcome {
	if c == nil {
		return 0
	}
	v := c.value
	if sub != "" {
		return l.within(v, sub)
	}
	o := found
	switch v.Kind() {
	case KindObject:
		o |= l.object(l.body, v)
	case KindList:
		for _, item := range v.items {
			if item.Kind() == KindObject {
				o |= l.object(l.body, item)
			}
		}
	}
	return o
}

// within decides a.sub[...]: the elements are those of the sub-attribute of each object.
func (l *loosePath) within(v Value, sub string) outcome {
	items := []Value{v}
	if v.Kind() == KindList {
		items = v.items
	}
	var o outcome
	for _, item := range items {
		if item.Kind() == KindObject {
			o |= l.decide(member(item, sub, l.fold), "")
		}
	}
	return o
}

// object decides the body on one element. Every term is decided, so that flags do not depend on the order of terms.
func (l *loosePath) object(n Node, element Value) outcome {
	switch n := n.(type) {
	case *And:
		o := matches
		for _, t := range n.Terms {
			p := l.object(t, element)
			o = o&p&matches | (o|p)&^matches
		}
		return o
	case *Or:
		var o outcome
		for _, t := range n.Terms {
			o |= l.object(t, element)
		}
		return o
	case *Not:
		return l.object(n.Term, element).negate()
	case *Comparison:
		test := l.tests[n]
		if n.Path.Sub == "" {
			return test.attribute(member(element, n.Path.String(), l.fold))
		}
		if c := member(element, n.Path.String(), l.fold); c != nil {
			return test.attribute(c)
		}
		return test.decide(member(element, Path{URI: n.Path.URI, Name: n.Path.Name}.String(), l.fold), n.Path.Sub)
	}
	panic("scimeval: a value path stands inside another")
}

// has tells whether some element of the value has the attribute that the comparison names.
func (l *loosePath) has(v Value, sub string, n *Comparison) bool {
	switch v.Kind() {
	case KindList:
		for _, item := range v.items {
			if item.Kind() == KindObject && l.has(item, sub, n) {
				return true
			}
		}
	case KindObject:
		if sub != "" {
			c := member(v, sub, l.fold)
			return c != nil && l.has(c.value, "", n)
		}
		if member(v, n.Path.String(), l.fold) != nil {
			return true
		}
		c := member(v, n.Path.Name, l.fold)
		return n.Path.Sub != "" && c != nil && l.tests[n].decide(c, n.Path.Sub)&found != 0
	}
	return false
}

// member finds a member of an object: the exact name, otherwise, with fold, the first that differs only in case.
func member(object Value, name string, fold bool) *cell {
	for i := range object.members {
		if object.members[i].Name == name {
			return &cell{value: object.members[i].Value}
		}
	}
	if fold {
		folded := Fold(name)
		for i := range object.members {
			if Fold(object.members[i].Name) == folded {
				return &cell{value: object.members[i].Value}
			}
		}
	}
	return nil
}
