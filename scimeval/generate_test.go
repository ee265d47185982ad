package scimeval

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// Random filters and records over a small domain full of edge cases, so that comparisons often hit.

var someScalars = []string{
	`null`, `""`, `"a"`, `"A"`, `"ab"`, `"B"`, `"ß"`, `"SS"`, `"\u212a"`, `"k"`, `"Ꭰ"`, `"\uab70"`, `"e\u0301"`, `"é"`, `"_"`, `"\ud83d\ude80"`, `"\uff5e"`,
	`"1"`, `"1.0"`, `"01"`, `"1e2"`, `"100"`, `"-0"`, `"true"`, `"TRUE"`, `"false"`, `"null"`,
	`"2024-01-01"`, `"2024-01-01T00:00:00Z"`, `"2024-01-01T01:00:00+01:00"`, `"2024-06-01t00:00:00.5"`, `"2024-13-01"`,
	`0`, `-0`, `1`, `1.0`, `100`, `1e2`, `-1`, `0.1`, `9007199254740992`, `9007199254740993`, `10e10000`, `true`, `false`,
}

var (
	someNames = []string{"a", "A", "b", "not", "$r", "c-d", "urn:x:1.0:a"}
	someSubs  = []string{"p", "P", "q", "$r"}
)

func scalarText(t *rapid.T) string { return rapid.SampledFrom(someScalars).Draw(t, "scalar") }

// valueText draws a JSON value of at most so many levels of lists and objects.
func valueText(t *rapid.T, levels int) string {
	if levels == 0 {
		return scalarText(t)
	}
	switch rapid.IntRange(0, 5).Draw(t, "shape") {
	case 0:
		items := make([]string, rapid.IntRange(0, 3).Draw(t, "length"))
		for i := range items {
			items[i] = valueText(t, levels-1)
		}
		return "[" + strings.Join(items, ",") + "]"
	case 1:
		return objectText(t, someSubs, levels-1)
	case 2:
		items := make([]string, rapid.IntRange(0, 3).Draw(t, "length"))
		for i := range items {
			items[i] = objectText(t, someSubs, levels-1)
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	return scalarText(t)
}

// objectText draws an object with some of the names, in any order, and some with a literal dot.
func objectText(t *rapid.T, names []string, levels int) string {
	var members []string
	for _, name := range rapid.Permutation(names).Draw(t, "names") {
		switch rapid.IntRange(0, 7).Draw(t, "member") {
		case 0, 1, 2:
			continue
		case 3:
			sub := rapid.SampledFrom(someSubs).Draw(t, "sub")
			members = append(members, fmt.Sprintf("%q:%s", name+"."+sub, valueText(t, levels)))
		}
		members = append(members, fmt.Sprintf("%q:%s", name, valueText(t, levels)))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func someRecords(t *rapid.T, most int) []Value {
	records := make([]Value, rapid.IntRange(1, most).Draw(t, "records"))
	for i := range records {
		v, err := ParseValue([]byte(objectText(t, someNames, 3)))
		if err != nil {
			t.Fatal(err)
		}
		records[i] = v
	}
	return records
}

// grammar writes random filters. names and literals may depend on each other.
type grammar struct {
	*rapid.T
	leaf      func(t *rapid.T, inside bool) string // a comparison without brackets
	bracketed func(t *rapid.T) string              // what stands before [
	loose     bool                                 // with any letter case, and white space wherever it is allowed
}

func (g grammar) space(least int) string {
	if !g.loose {
		return strings.Repeat(" ", least)
	}
	if least == 0 && rapid.Bool().Draw(g.T, "tight") {
		return ""
	}
	return rapid.StringMatching(`[ \t\n\r]{1,2}`).Draw(g.T, "space")
}

func (g grammar) word(w string) string {
	if g.loose && rapid.Bool().Draw(g.T, "upper") {
		return strings.ToUpper(w)
	}
	return w
}

func (g grammar) filter(levels int, inside bool) string {
	if levels == 0 {
		return g.leaf(g.T, inside)
	}
	switch kind := rapid.IntRange(0, 9).Draw(g.T, "kind"); kind {
	case 0, 1, 2, 3:
		op := g.word([]string{"and", "or"}[kind%2])
		terms := make([]string, rapid.IntRange(2, 4).Draw(g.T, "terms"))
		for i := range terms {
			terms[i] = g.filter(levels-1, inside)
		}
		return strings.Join(terms, g.space(1)+op+g.space(1))
	case 4:
		return g.word("not") + g.space(0) + "(" + g.space(0) + g.filter(levels-1, inside) + g.space(0) + ")"
	case 5, 6:
		return "(" + g.space(0) + g.filter(levels-1, inside) + g.space(0) + ")"
	case 7:
		if !inside {
			return g.bracketed(g.T) + "[" + g.space(0) + g.filter(levels-1, true) + g.space(0) + "]"
		}
	}
	return g.leaf(g.T, inside)
}

var someOps = []string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"}

func somePath(t *rapid.T) string {
	path := rapid.SampledFrom(someNames).Draw(t, "name")
	if rapid.IntRange(0, 2).Draw(t, "dotted") == 0 {
		path += "." + rapid.SampledFrom(someSubs).Draw(t, "sub")
	}
	return path
}

// vendorGrammar writes filters over someRecords.
func vendorGrammar(t *rapid.T, loose bool) grammar {
	g := grammar{T: t, loose: loose, bracketed: somePath}
	g.leaf = func(t *rapid.T, inside bool) string {
		path := somePath(t)
		if inside && rapid.Bool().Draw(t, "inner") {
			path = rapid.SampledFrom(someSubs).Draw(t, "sub")
		}
		if rapid.IntRange(0, 6).Draw(t, "pr") == 0 {
			return path + g.space(1) + g.word("pr")
		}
		return path + g.space(1) + g.word(rapid.SampledFrom(someOps).Draw(t, "op")) + g.space(1) + scalarText(t)
	}
	return g
}

func someFilters(t *rapid.T, most int) []string {
	filters := make([]string, rapid.IntRange(1, most).Draw(t, "filters"))
	for i := range filters {
		filters[i] = vendorGrammar(t, false).filter(rapid.IntRange(0, 3).Draw(t, "levels"), false)
	}
	return filters
}

func someRules(t *rapid.T, base Rules) Rules {
	for _, name := range RuleNames() {
		if rapid.IntRange(0, 2).Draw(t, name) == 0 {
			_, base = base.Alternative(name)
		}
	}
	return base
}

// someVariants draws a base and alternatives: single rules as the engine asks for, and arbitrary ones.
func someVariants(t *rapid.T, base Options) []Options {
	base.Rules = someRules(t, base.Rules)
	variants := []Options{base}
	for range rapid.IntRange(0, 3).Draw(t, "variants") {
		v := base
		if rapid.Bool().Draw(t, "single") {
			_, v.Rules = base.Rules.Alternative(rapid.SampledFrom(RuleNames()).Draw(t, "rule"))
		} else {
			v.Rules = someRules(t, v.Rules)
		}
		variants = append(variants, v)
	}
	return variants
}
