package scimeval

import "strings"

// outcome is what a leaf says of one value: bit 0 is the match, the others are flags.
type outcome uint8

const (
	matches      outcome = 1 << iota
	mismatch             // the types do not fit: warning type-mismatch
	notTimestamp         // one side is an instant and the other is not: warning not-a-timestamp
	found                // the record has the attribute
)

func match(b bool) outcome {
	if b {
		return matches
	}
	return 0
}

// negate flips the match and keeps the flags.
func (o outcome) negate() outcome { return o ^ matches }

// cell is one distinct value of a column, with what comparisons derive from it, once.
type cell struct {
	value    Value
	folded   string
	instant  Instant
	isFolded bool
	dated    int8 // 0 = not looked at, 1 = an instant, -1 = none
}

func (c *cell) fold() string {
	if !c.isFolded {
		c.folded, c.isFolded = Fold(c.value.text), true
	}
	return c.folded
}

func (c *cell) time() (Instant, bool) {
	if c.dated == 0 {
		c.dated = -1
		if in, ok := ParseInstant(c.value.text); ok {
			c.instant, c.dated = in, 1
		}
	}
	return c.instant, c.dated == 1
}

// comparer is an operator and a literal under vendor semantics: SPEC section 2, first table. Ne is decided as not eq.
type comparer struct {
	op        Op
	literal   Value
	rules     Rules
	satisfied [3]bool // by the sign of value - literal, plus 1: whether gt, ge, lt or le is true

	direct    bool   // string decides for every string value: a string literal that is no instant, and no folding
	text      string // of a string literal, folded where the rules say so
	instant   Instant
	isInstant bool
	number    Decimal // of a string literal that is a number, for filter.coerce
	isNumber  bool
	truth     bool // of a string literal that is true or false, for filter.coerce
	isTruth   bool
}

func newComparer(op Op, literal Value, rules Rules) *comparer {
	k := &comparer{op: op, literal: literal, rules: rules}
	k.satisfied = [3]bool{op == OpLt || op == OpLe, op == OpLe || op == OpGe, op == OpGt || op == OpGe}
	if literal.Kind() == KindString {
		k.text = literal.Text()
		k.instant, k.isInstant = ParseInstant(k.text)
		k.number, k.isNumber = numberIn(k.text)
		k.truth, k.isTruth = truthIn(k.text)
		if rules.StringFold {
			k.text = Fold(k.text)
		}
		switch op {
		case OpEq, OpNe:
			k.direct = !rules.StringFold && !k.isInstant
		case OpCo, OpSw, OpEw:
			k.direct = !rules.StringFold
		}
	}
	return k
}

func numberIn(s string) (Decimal, bool) {
	d, err := ParseDecimal(s)
	return d, err == nil
}

func truthIn(s string) (truth, ok bool) {
	switch {
	case strings.EqualFold(s, "true"):
		return true, true
	case strings.EqualFold(s, "false"):
		return false, true
	}
	return false, false
}

// attribute decides the comparison on the value of an attribute; nil = absent.
func (k *comparer) attribute(c *cell) outcome {
	if c == nil {
		return k.absent()
	}
	v := c.value
	if v.Kind() == KindNull {
		return k.absent() | found
	}
	if k.op == OpPr {
		switch {
		case v.Kind() == KindList && len(v.Items()) == 0, v.Kind() == KindString && v.text == "" && !k.rules.PrEmpty:
			return found
		}
		return matches | found
	}
	if k.literal.Kind() == KindNull {
		return match(k.op == OpNe) | found
	}
	var o outcome
	switch v.Kind() {
	case KindList:
		o = k.list(v.Items())
	case KindObject:
		o = mismatch
	default:
		o = k.scalar(c)
	}
	if k.op == OpNe {
		o = o.negate()
	}
	return o | found
}

// string is attribute for a string value, where direct holds: the common case, without detours.
func (k *comparer) string(s string) outcome {
	var yes bool
	switch k.op {
	case OpEq:
		yes = equalTexts(s, k.text)
	case OpNe:
		yes = !equalTexts(s, k.text)
	case OpCo:
		yes = strings.Contains(s, k.text)
	case OpSw:
		yes = beginsWith(s, k.text)
	case OpEw:
		n := len(s) - len(k.text)
		yes = n >= 0 && beginsWith(s[n:], k.text)
	}
	return match(yes) | found
}

// beginsWith is strings.HasPrefix; most texts differ in their first byte.
func beginsWith(s, prefix string) bool {
	return len(s) >= len(prefix) && (prefix == "" || s[0] == prefix[0] && s[:len(prefix)] == prefix)
}

// equalTexts is a == b. Texts of one length, such as identifiers, mostly differ at the end.
func equalTexts(a, b string) bool {
	n := len(a)
	return n == len(b) && (n == 0 || a[n-1] == b[n-1] && a == b)
}

// absent decides the comparison where there is no value.
func (k *comparer) absent() outcome {
	switch {
	case k.op == OpNe:
		return match(k.literal.Kind() != KindNull && k.rules.MissingNe)
	case k.op == OpEq:
		return match(k.literal.Kind() == KindNull)
	}
	return 0
}

// list decides the comparison on a list: eq on the whole, everything else on some element.
func (k *comparer) list(items []Value) outcome {
	if (k.op == OpEq || k.op == OpNe) && !k.rules.ListEqAny {
		if len(items) != 1 {
			return 0
		}
		return k.element(&items[0])
	}
	var o outcome
	if k.direct && k.op == OpCo && !k.rules.ListCoSubstring && !k.isInstant { // the common case, without detours
		for i := range items {
			if items[i].kind == KindString {
				o |= match(equalTexts(items[i].text, k.text))
			} else {
				o |= k.element(&items[i])
			}
		}
		return o
	}
	for i := range items {
		o |= k.element(&items[i])
	}
	return o
}

func (k *comparer) element(v *Value) outcome {
	switch v.kind {
	case KindNull:
		return 0
	case KindList, KindObject:
		return mismatch
	case KindString:
		if k.direct && k.op != OpNe && (k.op != OpCo || k.rules.ListCoSubstring) {
			return k.string(v.text) &^ found
		}
	}
	c := cell{value: *v}
	if k.op == OpCo && !k.rules.ListCoSubstring {
		return k.equal(&c)
	}
	return k.scalar(&c)
}

// scalar decides the comparison on a string, number or boolean; ne as eq.
func (k *comparer) scalar(c *cell) outcome {
	switch k.op {
	case OpEq, OpNe:
		return k.equal(c)
	}
	v := c.value
	switch {
	case k.literal.Kind() == KindString && v.Kind() == KindString:
		return k.texts(c)
	case k.literal.Kind() == KindBool || v.Kind() == KindBool:
		return mismatch
	}
	a, b, ok := k.numbers(v)
	if !ok {
		return mismatch
	}
	sign := a.Compare(b)
	switch k.op {
	case OpGt, OpGe, OpLt, OpLe:
		return match(k.ordered(sign))
	}
	return mismatch
}

// numbers gives both sides as numbers where they are, or where filter.coerce makes them so.
func (k *comparer) numbers(v Value) (value, literal Decimal, ok bool) {
	switch {
	case k.literal.Kind() == KindNumber && v.Kind() == KindNumber:
		return v.Number(), k.literal.Number(), true
	case !k.rules.Coerce:
		return Decimal{}, Decimal{}, false
	case k.literal.Kind() == KindNumber && v.Kind() == KindString:
		d, ok := numberIn(v.text)
		return d, k.literal.Number(), ok
	case k.literal.Kind() == KindString && v.Kind() == KindNumber:
		return v.Number(), k.number, k.isNumber
	}
	return Decimal{}, Decimal{}, false
}

func (k *comparer) equal(c *cell) outcome {
	v := c.value
	switch {
	case k.literal.Kind() == KindString && v.Kind() == KindString:
		if k.isInstant {
			if in, ok := c.time(); ok {
				return match(in.Compare(k.instant) == 0)
			}
		}
		if k.rules.StringFold {
			return match(c.fold() == k.text)
		}
		return match(v.text == k.text)
	case k.literal.Kind() == KindBool && v.Kind() == KindBool:
		return match(v.yes == k.literal.yes)
	}
	if a, b, ok := k.numbers(v); ok {
		return match(a.Compare(b) == 0)
	}
	if k.rules.Coerce {
		if k.literal.Kind() == KindBool && v.Kind() == KindString {
			if truth, ok := truthIn(v.text); ok {
				return match(truth == k.literal.yes)
			}
		}
		if k.isTruth && v.Kind() == KindBool {
			return match(v.yes == k.truth)
		}
	}
	return mismatch
}

// texts decides every operator but eq and ne on two strings.
func (k *comparer) texts(c *cell) outcome {
	s := c.value.text
	if k.rules.StringFold {
		s = c.fold()
	}
	switch k.op {
	case OpCo:
		return match(strings.Contains(s, k.text))
	case OpSw:
		return match(strings.HasPrefix(s, k.text))
	case OpEw:
		return match(strings.HasSuffix(s, k.text))
	}
	in, ok := c.time()
	if ok && k.isInstant {
		return match(k.ordered(in.Compare(k.instant)))
	}
	o := match(k.ordered(strings.Compare(s, k.text)))
	if ok != k.isInstant {
		o |= notTimestamp
	}
	return o
}

// ordered tells whether the sign of value - literal satisfies the operator.
func (k *comparer) ordered(sign int) bool { return k.satisfied[sign+1] }
