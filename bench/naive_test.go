package bench

import (
	"strings"

	"github.com/lcmsim/lcmsim/scimeval"
)

// The naive walk: a filter as a tree of structs, evaluated record by record over map[string]any with short-circuiting
// and and or. Literals are prepared once. It knows vendor semantics with default rules, for filters without unknown
// parts.

type expr struct {
	kind      exprKind
	terms     []*expr // and, or, not
	name, sub string  // comparison, value path
	op        scimeval.Op
	literal   any // nil, bool, float64 or string
	instant   scimeval.Instant
	isInstant bool
	body      *expr // value path
}

type exprKind int

const (
	andExpr exprKind = iota
	orExpr
	notExpr
	comparisonExpr
	pathExpr
)

func naiveOf(n scimeval.Node) *expr {
	all := func(kind exprKind, terms ...scimeval.Node) *expr {
		e := &expr{kind: kind}
		for _, t := range terms {
			e.terms = append(e.terms, naiveOf(t))
		}
		return e
	}
	switch n := n.(type) {
	case *scimeval.And:
		return all(andExpr, n.Terms...)
	case *scimeval.Or:
		return all(orExpr, n.Terms...)
	case *scimeval.Not:
		return all(notExpr, n.Term)
	case *scimeval.ValuePath:
		return &expr{kind: pathExpr, name: n.Path.Name, sub: n.Path.Sub, body: naiveOf(n.Body)}
	case *scimeval.Comparison:
		e := &expr{kind: comparisonExpr, name: n.Path.Name, sub: n.Path.Sub, op: n.Op, literal: plain(n.Literal)}
		if s, ok := e.literal.(string); ok {
			e.instant, e.isInstant = scimeval.ParseInstant(s)
		}
		return e
	}
	panic("unknown node")
}

// plain is a value as encoding/json would decode it.
func plain(v scimeval.Value) any {
	switch v.Kind() {
	case scimeval.KindBool:
		return v.Bool()
	case scimeval.KindNumber:
		return v.Number().Float64()
	case scimeval.KindString:
		return v.Text()
	case scimeval.KindList:
		list := make([]any, len(v.Items()))
		for i, item := range v.Items() {
			list[i] = plain(item)
		}
		return list
	case scimeval.KindObject:
		object := make(map[string]any, len(v.Members()))
		for _, m := range v.Members() {
			object[m.Name] = plain(m.Value)
		}
		return object
	}
	return nil
}

func (e *expr) matches(record map[string]any) bool {
	switch e.kind {
	case andExpr:
		for _, t := range e.terms {
			if !t.matches(record) {
				return false
			}
		}
		return true
	case orExpr:
		for _, t := range e.terms {
			if t.matches(record) {
				return true
			}
		}
		return false
	case notExpr:
		return !e.terms[0].matches(record)
	case pathExpr:
		return e.some(record[e.name])
	}
	v := record[e.name]
	if e.sub != "" {
		return e.through(v)
	}
	return e.compare(v)
}

// some tells whether an object, or an object of a list, satisfies the body of a value path.
func (e *expr) some(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return e.body.matches(v)
	case []any:
		for _, item := range v {
			if object, ok := item.(map[string]any); ok && e.body.matches(object) {
				return true
			}
		}
	}
	return false
}

// through compares a sub-attribute: of an object, or of some object of a list.
func (e *expr) through(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return e.compare(v[e.sub])
	case []any:
		some, objects := false, 0
		for _, item := range v {
			if object, ok := item.(map[string]any); ok {
				objects++
				if e.op == scimeval.OpNe {
					some = some || equal(e, object[e.sub])
				} else {
					some = some || e.compare(object[e.sub])
				}
			}
		}
		if objects > 0 {
			return some != (e.op == scimeval.OpNe)
		}
	}
	return e.compare(nil)
}

func (e *expr) compare(v any) bool {
	switch {
	case e.op == scimeval.OpPr:
		list, ok := v.([]any)
		return v != nil && (!ok || len(list) > 0)
	case e.literal == nil:
		return (v == nil) == (e.op == scimeval.OpEq)
	case v == nil:
		return e.op == scimeval.OpNe
	}
	switch e.op {
	case scimeval.OpEq:
		return equal(e, v)
	case scimeval.OpNe:
		return !equal(e, v)
	}
	if list, ok := v.([]any); ok {
		for _, item := range list {
			if e.op == scimeval.OpCo && equal(e, item) || e.op != scimeval.OpCo && e.orders(item) {
				return true
			}
		}
		return false
	}
	return e.orders(v)
}

func equal(e *expr, v any) bool {
	switch v := v.(type) {
	case []any:
		return len(v) == 1 && equal(e, v[0])
	case string:
		if e.isInstant {
			if in, ok := scimeval.ParseInstant(v); ok {
				return in.Compare(e.instant) == 0
			}
		}
		return e.literal == v
	case float64, bool:
		return e.literal == v
	}
	return false
}

// orders decides every operator but eq, ne and pr on a scalar.
func (e *expr) orders(v any) bool {
	sign := 0
	switch v := v.(type) {
	case string:
		s, ok := e.literal.(string)
		if !ok {
			return false
		}
		switch e.op {
		case scimeval.OpCo:
			return strings.Contains(v, s)
		case scimeval.OpSw:
			return strings.HasPrefix(v, s)
		case scimeval.OpEw:
			return strings.HasSuffix(v, s)
		}
		sign = strings.Compare(v, s)
		if e.isInstant {
			if in, ok := scimeval.ParseInstant(v); ok {
				sign = in.Compare(e.instant)
			}
		}
	case float64:
		f, ok := e.literal.(float64)
		switch {
		case !ok:
			return false
		case v < f:
			sign = -1
		case v > f:
			sign = 1
		}
	default:
		return false
	}
	switch e.op {
	case scimeval.OpGt:
		return sign > 0
	case scimeval.OpGe:
		return sign >= 0
	case scimeval.OpLt:
		return sign < 0
	case scimeval.OpLe:
		return sign <= 0
	}
	return false
}
