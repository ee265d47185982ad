package scimeval

import (
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
)

// The slow twin: a filter evaluated on one record at a time, by walking its tree. It shares with the fast path only the
// meaning of one comparison on one value.

type truth int

const (
	no truth = iota
	unknown
	yes
)

func slowTruth(n Node, record Value, opt Options) truth {
	switch n := n.(type) {
	case *And:
		t := yes
		for _, term := range n.Terms {
			t = min(t, slowTruth(term, record, opt))
		}
		return t
	case *Or:
		t := no
		for _, term := range n.Terms {
			t = max(t, slowTruth(term, record, opt))
		}
		return t
	case *Not:
		return yes - slowTruth(n.Term, record, opt)
	case *Comparison:
		if opt.Semantics == RFC7644 {
			r := strictResolver{schema: opt.Schema, rules: opt.Rules}
			def, test, err := r.comparison(n)
			if err != nil {
				return unknown
			}
			return truthOf(test.decide(member(record, def.Name, opt.Rules.AttributeFold), ""))
		}
		if hasBoolOperator(n) {
			return unknown
		}
		test := looseComparison{newComparer(n.Op, n.Literal, opt.Rules)}
		c, sub := slowResolve(record, n.Path, opt.Rules.AttributeFold)
		return truthOf(test.decide(c, sub))
	case *ValuePath:
		if opt.Semantics == RFC7644 {
			r := strictResolver{schema: opt.Schema, rules: opt.Rules}
			def, test, err := r.valuePath(n)
			if err != nil {
				return unknown
			}
			return truthOf(test.decide(member(record, def.Name, opt.Rules.AttributeFold), ""))
		}
		bad := false
		comparisons(n.Body, func(c *Comparison) { bad = bad || hasBoolOperator(c) })
		if bad {
			return unknown
		}
		c, sub := slowResolve(record, n.Path, opt.Rules.AttributeFold)
		if c == nil {
			return no
		}
		values := []Value{c.value}
		if sub != "" {
			values = nil
			for _, o := range slowObjects(c.value) {
				if m := member(o, sub, opt.Rules.AttributeFold); m != nil {
					values = append(values, m.value)
				}
			}
		}
		for _, v := range values {
			for _, o := range slowObjects(v) {
				if slowTruth(n.Body, o, opt) == yes {
					return yes
				}
			}
		}
		return no
	}
	panic("unknown node")
}

func slowObjects(v Value) []Value {
	items := []Value{v}
	if v.Kind() == KindList {
		items = v.Items()
	}
	var out []Value
	for _, item := range items {
		if item.Kind() == KindObject {
			out = append(out, item)
		}
	}
	return out
}

func truthOf(o outcome) truth {
	if o&matches != 0 {
		return yes
	}
	return no
}

func hasBoolOperator(c *Comparison) bool {
	return c.Literal.Kind() == KindBool && strings.Contains("co sw ew gt ge lt le", string(c.Op))
}

func slowResolve(record Value, p Path, fold bool) (*cell, string) {
	if c := member(record, p.String(), fold); c != nil || p.Sub == "" {
		return c, ""
	}
	return member(record, Path{URI: p.URI, Name: p.Name}.String(), fold), p.Sub
}

// recordOf lays records out as the columns that a program reads.
func recordOf(t testing.TB, p *Program, records []Value) arrow.Record {
	attributes := p.Attributes()
	fields := make([]arrow.Field, len(attributes))
	arrays := make([]arrow.Array, len(attributes))
	for i, a := range attributes {
		var values []Value
		codes := make([]int32, len(records))
		index := map[string]int32{}
		for r, rec := range records {
			codes[r] = Absent
			if c := member(rec, a.Name, a.Fold); c != nil {
				key := c.value.String()
				code, ok := index[key]
				if !ok {
					code = int32(len(values))
					values = append(values, c.value)
					index[key] = code
				}
				codes[r] = code
			}
		}
		fields[i] = JSONField(a.Name)
		arrays[i] = NewJSONColumn(memory.DefaultAllocator, values, codes)
	}
	rec := array.NewRecord(arrow.NewSchema(fields, nil), arrays, int64(len(records)))
	for _, a := range arrays {
		a.Release()
	}
	require.Equal(t, int64(len(records)), rec.NumRows())
	return rec
}
