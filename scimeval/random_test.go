package scimeval

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestPrintParse(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		src := vendorGrammar(rt, true).filter(rapid.IntRange(0, 4).Draw(rt, "levels"), false)
		requirePrintParse(rt, src)
	})
}

// requirePrintParse tells that printing src and parsing that gives the same tree, but for offsets.
func requirePrintParse(t require.TestingT, src string) {
	n, err := Parse(src)
	require.NoError(t, err, "%q", src)
	printed := Print(n)
	again, err := Parse(printed)
	require.NoError(t, err, "%q prints as %q", src, printed)
	require.Equal(t, withoutOffsets(n), withoutOffsets(again), printed)
	require.Equal(t, printed, Print(again))
}

func withoutOffsets(n Node) Node {
	all := func(terms []Node) []Node {
		out := make([]Node, len(terms))
		for i, t := range terms {
			out[i] = withoutOffsets(t)
		}
		return out
	}
	switch n := n.(type) {
	case *And:
		return &And{all(n.Terms)}
	case *Or:
		return &Or{all(n.Terms)}
	case *Not:
		return &Not{withoutOffsets(n.Term)}
	case *ValuePath:
		p := n.Path
		p.At = 0
		return &ValuePath{p, withoutOffsets(n.Body)}
	case *Comparison:
		p := n.Path
		p.At = 0
		return &Comparison{Path: p, Op: n.Op, Literal: n.Literal}
	}
	panic("unknown node")
}

// requireTwins tells that the masks of one batch say what the slow twin says of each record.
func requireTwins(t require.TestingT, p *Program, e *Evaluator, variants []Options, records []Value) {
	require.Equal(t, len(records), e.Rows())
	for i := range p.Len() {
		for v, opt := range variants {
			f := &p.filters[v][i]
			require.Equal(t, f.Unknown(), p.UnknownUnder(v, i))
			for r, rec := range records {
				want := unknown
				if f.Tree != nil && (opt.Semantics != RFC7644 || len(f.Errors) == 0) {
					want = slowTruth(f.Tree, rec, opt)
				}
				require.Equal(t, want, maskTruth(e, v, i, r), "%s of %s under %s %s", f.Source, rec, opt.Semantics, ruleBits(opt.Rules))
			}
			if rest := len(records) % 64; rest != 0 {
				last := len(records) / 64
				require.Zero(t, e.Upper(v, i)[last]>>rest, "bits beyond the last row")
			}
			if e.Same(v, i) {
				require.Equal(t, e.Lower(0, i), e.Lower(v, i))
				require.Equal(t, e.Upper(0, i), e.Upper(v, i))
			}
		}
		require.True(t, e.Same(0, i))
	}
}

// requireObservations tells that Observations counts by column what deciding row by row counts.
func requireObservations(t require.TestingT, p *Program, o *Observations, opt Options, records []Value) {
	for i := range p.Len() {
		f := p.Filter(i)
		for _, s := range f.sites {
			if s.leaf < 0 {
				continue
			}
			l := p.leaves[s.leaf]
			mismatches, notTimestamps, has := 0, 0, false
			for _, rec := range records {
				c, sub := slowResolve(rec, pathOf(t, s.path), opt.Rules.AttributeFold)
				out := l.decider.decide(c, sub)
				if out&mismatch != 0 {
					mismatches++
				}
				if out&notTimestamp != 0 {
					notTimestamps++
				}
				has = has || out&found != 0
			}
			require.Equal(t, mismatches, o.mismatches[s.leaf], "mismatches of %s at %s", f.Source, s.path)
			require.Equal(t, notTimestamps, o.notTimestamps[s.leaf], "not a timestamp in %s at %s", f.Source, s.path)
			if has {
				require.True(t, o.has[s.name], "%s in %s", s.path, f.Source)
			}
		}
	}
}

func pathOf(t require.TestingT, text string) Path {
	n, err := Parse(text + " pr")
	require.NoError(t, err)
	return n.(*Comparison).Path
}

// TestColumnsAgreeWithRows is the differential test of stage 4: masks and observations, over random batches.
func TestColumnsAgreeWithRows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		variants := someVariants(rt, Options{Semantics: Vendor, Rules: RulesOf(Vendor)})
		filters := someFilters(rt, 4)
		records := someRecords(rt, 12)
		p := Compile(filters, variants...)

		whole := p.NewEvaluator()
		rec := recordOf(t, p, records)
		require.NoError(rt, whole.Evaluate(rec))
		rec.Release()
		requireTwins(rt, p, whole, variants, records)
		requireObservations(rt, p, whole.Observations(), variants[0], records)

		parts := []*Evaluator{p.NewEvaluator(), p.NewEvaluator()}
		for rest := records; len(rest) > 0; {
			n := rapid.IntRange(0, len(rest)).Draw(rt, "batch")
			e := rapid.SampledFrom(parts).Draw(rt, "evaluator")
			rec := recordOf(t, p, rest[:n])
			require.NoError(rt, e.Evaluate(rec))
			rec.Release()
			requireTwins(rt, p, e, variants, rest[:n])
			rest = rest[n:]
		}
		sum := newObservations(p)
		for _, e := range parts {
			sum.Add(e.Observations())
		}
		require.Equal(rt, *whole.Observations(), sum, "observations depend on the batches")
	})
}

// The standard's leaves read one column each, checked against a schema.
func TestStrictColumnsAgreeWithRows(t *testing.T) {
	schema := &Schema{URN: "urn:x:1.0", Attributes: []AttributeDef{
		{Name: "a", Type: "string"}, {Name: "not", Type: "integer", MultiValued: true}, {Name: "$r", Type: "boolean"}, {Name: "c-d", Type: "dateTime", MultiValued: true},
		{Name: "b", Type: "complex", MultiValued: true, SubAttributes: []AttributeDef{
			{Name: "p", Type: "string"}, {Name: "q", Type: "decimal"}, {Name: "$r", Type: "string", CaseExact: true}}},
	}}
	leaf := func(t *rapid.T, inside bool) string {
		paths := map[string]string{"a": "s", "A": "s", "urn:x:1.0:a": "s", "not": "n", "$r": "b", "c-d": "d", "b.p": "s", "b.q": "n", "b.$r": "s", "not.value": "n", "nosuch": "s"}
		if inside {
			paths = map[string]string{"p": "s", "P": "s", "q": "n", "$r": "s"}
		}
		path := rapid.SampledFrom(sortedKeys(paths)).Draw(t, "path")
		if rapid.IntRange(0, 6).Draw(t, "pr") == 0 {
			return path + " pr"
		}
		op := rapid.SampledFrom(someOps).Draw(t, "op")
		literal := scalarText(t)
		if rapid.IntRange(0, 19).Draw(t, "fitting") > 0 {
			switch paths[path] {
			case "s":
				literal = rapid.SampledFrom([]string{`"a"`, `"A"`, `""`, `"SS"`, `"\uab70"`, `"é"`, `"1"`}).Draw(t, "text")
			case "n":
				op, literal = rapid.SampledFrom([]string{"eq", "ne", "gt", "le"}).Draw(t, "op"), rapid.SampledFrom([]string{"1", "0", "100", "0.1", "9007199254740993"}).Draw(t, "number")
			case "d":
				op, literal = rapid.SampledFrom([]string{"eq", "ne", "gt", "le"}).Draw(t, "op"), rapid.SampledFrom([]string{`"2024-01-01"`, `"2024-01-01T00:00:00-01:00"`}).Draw(t, "date")
			case "b":
				op, literal = rapid.SampledFrom([]string{"eq", "ne"}).Draw(t, "op"), rapid.SampledFrom([]string{"true", "false"}).Draw(t, "truth")
			}
		}
		return path + " " + op + " " + literal
	}
	rapid.Check(t, func(rt *rapid.T) {
		variants := someVariants(rt, Options{Semantics: RFC7644, Rules: RulesOf(RFC7644), Schema: schema})
		g := grammar{T: rt, leaf: leaf, bracketed: func(*rapid.T) string { return "b" }}
		filters := make([]string, rapid.IntRange(1, 4).Draw(rt, "filters"))
		for i := range filters {
			filters[i] = g.filter(rapid.IntRange(0, 2).Draw(rt, "levels"), false)
		}
		records := someRecords(rt, 8)
		p := Compile(filters, variants...)
		e := p.NewEvaluator()
		rec := recordOf(t, p, records)
		require.NoError(rt, e.Evaluate(rec))
		rec.Release()
		requireTwins(rt, p, e, variants, records)
	})
}

// Kleene's laws, on filters of which parts are unknown.
func TestKleene(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := vendorGrammar(rt, false)
		part := func() string {
			if rapid.IntRange(0, 3).Draw(rt, "unknown") == 0 {
				return rapid.SampledFrom([]string{"a gt true", "b[p le false]", "not (a co false)"}).Draw(rt, "part")
			}
			return g.filter(2, false)
		}
		f, h := part(), part()
		records := someRecords(rt, 4)
		opt := Options{Semantics: Vendor, Rules: someRules(rt, RulesOf(Vendor))}
		p := Compile([]string{f, h, "not (" + f + ")", "(" + f + ") and (" + h + ")", "(" + f + ") or (" + h + ")",
			"not (not (" + f + "))", "not (not (" + f + ") or not (" + h + "))", "(" + h + ") and (" + f + ")", "(" + f + ") or (" + f + ")"}, opt)
		e := p.NewEvaluator()
		rec := recordOf(t, p, records)
		defer rec.Release()
		require.NoError(rt, e.Evaluate(rec))
		for r := range records {
			at := func(i int) truth { return maskTruth(e, 0, i, r) }
			require.Equal(rt, yes-at(0), at(2), "not")
			require.Equal(rt, min(at(0), at(1)), at(3), "and")
			require.Equal(rt, max(at(0), at(1)), at(4), "or")
			require.Equal(rt, at(0), at(5), "double negation")
			require.Equal(rt, at(3), at(6), "De Morgan")
			require.Equal(rt, at(3), at(7), "order of terms")
			require.Equal(rt, at(0), at(8), "repetition")
		}
	})
}

// Native arrow columns mean what the same values in JSON columns mean.
func TestNativeColumnsAgreeWithRows(t *testing.T) {
	object := arrow.StructOf(arrow.Field{Name: "p", Type: arrow.BinaryTypes.String, Nullable: true}, arrow.Field{Name: "q", Type: arrow.PrimitiveTypes.Int64, Nullable: true})
	texts := []string{`"a"`, `"A"`, `""`, `"1"`, `"true"`, `"2024-01-01"`, `"\uab70"`}
	objects := []string{`{"p":"a"}`, `{"p":"1","q":1}`, `{}`, `{"q":100}`}
	listOf := func(items []string) []string {
		return []string{"[]", "[null]", "[" + items[0] + "]", "[" + items[0] + "," + items[1] + ",null]", "[" + items[2] + "]", "[" + items[1] + "," + items[1] + "]"}
	}
	columns := map[string]struct {
		dt     arrow.DataType
		values []string
	}{
		"a":           {arrow.BinaryTypes.String, texts},
		"A":           {&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}, texts},
		"b":           {arrow.ListOf(object), listOf(objects)},
		"not":         {arrow.PrimitiveTypes.Int64, []string{"0", "1", "100", "-1", "9007199254740993"}},
		"$r":          {arrow.FixedWidthTypes.Boolean, []string{"true", "false"}},
		"c-d":         {arrow.FixedWidthTypes.Timestamp_us, []string{`"2024-01-01T00:00:00Z"`, `"2024-06-01T00:00:00.5Z"`}},
		"urn:x:1.0:a": {arrow.ListOf(arrow.BinaryTypes.String), listOf(texts)},
		"a.p":         {arrow.PrimitiveTypes.Float64, []string{"0.1", "1", "100"}},
		"A.P":         {object, objects},
	}
	rapid.Check(t, func(rt *rapid.T) {
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		defer mem.AssertSize(t, 0)
		variants := someVariants(rt, Options{Semantics: Vendor, Rules: RulesOf(Vendor)})
		for i := range variants {
			variants[i].Rules.AttributeFold = false // choosing among folded names is the reader's work
		}
		p := Compile(someFilters(rt, 3), variants...)
		rows := rapid.IntRange(1, 70).Draw(rt, "rows")
		cells := map[string][]string{}
		var fields []arrow.Field
		var arrays []arrow.Array
		for _, a := range p.Attributes() {
			col, ok := columns[a.Name]
			if !ok {
				col.dt = arrow.Null
			}
			list := make([]string, rows)
			for r := range list {
				list[r] = "null"
				if ok && rapid.IntRange(0, 2).Draw(rt, "absent") > 0 {
					list[r] = rapid.SampledFrom(col.values).Draw(rt, "cell")
				}
			}
			cells[a.Name] = list
			fields = append(fields, arrow.Field{Name: a.Name, Type: col.dt, Nullable: true})
			arrays = append(arrays, arrayOf(t, mem, col.dt, "["+strings.Join(list, ",")+"]"))
		}
		records := make([]Value, rows)
		for r := range records {
			var members []string
			for _, name := range sortedKeys(cells) {
				if text := cells[name][r]; text != "null" {
					members = append(members, fmt.Sprintf("%q:%s", name, text))
				}
			}
			records[r] = mustValue(t, "{"+strings.Join(members, ",")+"}")
		}
		rec := array.NewRecord(arrow.NewSchema(fields, nil), arrays, int64(rows))
		for _, a := range arrays {
			a.Release()
		}
		defer rec.Release()
		e := p.NewEvaluator()
		require.NoError(rt, e.Evaluate(rec))
		requireTwins(rt, p, e, variants, records)
		requireObservations(rt, p, e.Observations(), variants[0], records)
	})
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
