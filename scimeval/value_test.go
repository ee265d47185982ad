package scimeval

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseValue(t *testing.T) {
	for text, want := range map[string]string{
		"null": "null", " true ": "true", "false": "false", "1.50": "1.5", `"a\u0041\n"`: `"aA\n"`, "[]": "[]", "{}": "{}",
		`[1, [null], {"b": 2, "a": "é"}]`: `[1,[null],{"b":2,"a":"é"}]`, `{"a": {"a": {}}}`: `{"a":{"a":{}}}`,
		strings.Repeat("[", 64) + strings.Repeat("]", 64): strings.Repeat("[", 64) + strings.Repeat("]", 64),
	} {
		v, err := ParseValue([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, want, v.String())
	}
	for text, want := range map[string]string{
		"": "EOF", " ": "EOF", "nul": "unexpected EOF", "{": "unexpected EOF", "[1": "unexpected EOF", "[1,]": "invalid character", "1 2": "text after the value", "[] x": "invalid character", `{"a":1,"a":2}`: "duplicate", `{"a":1,"\u0061":2}`: "duplicate",
		"\"\xff\"": "UTF-8", `"\ud800"`: "surrogate", "01": "text after the value", "'a'": "invalid character", "NaN": "invalid character",
		"1e10001": "1e10001: number has more than 1000 digits", "[" + strings.Repeat("1", 1001) + "]": "1...: number has more than 1000 digits",
		strings.Repeat("[", 65) + strings.Repeat("]", 65): "value nests more than 64 levels", strings.Repeat(`{"a":`, 9000): "value nests more than 64 levels",
	} {
		_, err := ParseValue([]byte(text))
		require.ErrorContains(t, err, want, "%.40s", text)
	}
}

func TestValueRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, err := ParseValue([]byte(valueText(t, 4)))
		require.NoError(t, err)
		again, err := ParseValue([]byte(v.String()))
		require.NoError(t, err)
		require.Equal(t, v, again)
	})
	require.Equal(t, "\"a\uFFFD\"", StringValue("a\xff").String())
}

func TestAbridge(t *testing.T) {
	require.Equal(t, "short", abridge("short"))
	require.Equal(t, strings.Repeat("a", 40)+"...", abridge(strings.Repeat("a", 50)))
	require.Equal(t, "a"+strings.Repeat("é", 19)+"...", abridge("a"+strings.Repeat("é", 30)), "never inside a character")
}

func TestKindNames(t *testing.T) {
	for text, want := range map[string]string{"null": "null", "true": "boolean", "1": "number", `""`: "string", "[]": "list", "{}": "object"} {
		require.Equal(t, want, mustValue(t, text).Kind().String())
	}
	require.Panics(t, func() { _ = Kind(99).String() })
}

func TestRules(t *testing.T) {
	vendor := RulesOf(Vendor)
	defaults := map[string][2]string{
		"filter.string_case": {"exact", "fold"}, "filter.attribute_case": {"exact", "fold"}, "filter.missing_ne": {"true", "false"}, "filter.pr_empty": {"true", "false"},
		"filter.list_eq": {"whole", "any"}, "filter.list_co": {"member", "substring"}, "filter.coerce": {"off", "on"},
	}
	require.Len(t, RuleNames(), len(defaults))
	for _, name := range RuleNames() {
		require.Equal(t, defaults[name][0], vendor.Get(name), name)
		value, other := vendor.Alternative(name)
		require.Equal(t, defaults[name][1], value)
		require.Equal(t, value, other.Get(name))
		require.Equal(t, []string{name}, changedRules(vendor, other))
		set, err := vendor.With(name, value)
		require.NoError(t, err)
		require.Equal(t, other, set)
		_, err = vendor.With(name, "maybe")
		require.ErrorContains(t, err, "rule "+name+` has no value "maybe"; choose `)
	}
	require.Equal(t, Rules{StringFold: true, AttributeFold: true, MissingNe: true, ListEqAny: true, ListCoSubstring: true}, RulesOf(RFC7644))
	require.Panics(t, func() { vendor.Get("filter.nosuch") })
}

func TestSchema(t *testing.T) {
	var none *Schema
	require.Equal(t, "entity_id", none.Identifier())
	require.Nil(t, none.Attribute("x"))
	require.Equal(t, "entity_id", (&Schema{}).Identifier())
	require.Equal(t, "key", (&Schema{ID: "key"}).Identifier())
	require.Equal(t, "id", (&Schema{Attributes: []AttributeDef{{Name: "id"}}}).Identifier())
	both := &Schema{Attributes: []AttributeDef{{Name: "id"}, {Name: "entity_id"}}}
	require.Equal(t, "entity_id", both.Identifier())
	require.Equal(t, &both.Attributes[1], both.Attribute("entity_id"))
	require.Nil(t, both.Attribute("ID"))
}

// The reader of plain texts says what ParseValue says, of texts that it takes and of those that it leaves.
func TestPlainReader(t *testing.T) {
	require.Equal(t, `{"a":[1,{"b":"é"}],"c":null}`, func() string {
		r := plainReader{text: `{"a":[1,{"b":"é"}],"c":null}`}
		v, ok := r.value(0)
		require.True(t, ok)
		return v.String()
	}())
	var r plainReader
	same := func(t require.TestingT, text string) {
		want, wantErr := ParseValue([]byte(text))
		got, err := r.parse(text)
		require.Equal(t, want, got, text)
		require.Equal(t, wantErr == nil, err == nil, text)
	}
	for _, text := range []string{"", "[", "]", "[1", "[1,", "[1,]", "[,]", "{", "{}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", `{"a":1,"a":1}`, `{a:1}`, "1 ", " 1", "1e", "-", "--1", "01", "1e10001",
		"nul", "nulll", "truefalse", `"`, `"a`, `"\u0041"`, "\"\n\"", "\"\xff\"", `"a""b"`, "[[]]", "[{}]", "[null,true,false]", `{"a":{"a":[]}}`,
		strings.Repeat("[", 64) + strings.Repeat("]", 64), strings.Repeat("[", 65) + strings.Repeat("]", 65), strings.Repeat(`{"a":`, 64) + "1" + strings.Repeat("}", 64), strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65),
		`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1,"m":1,"n":1,"o":1,"p":1,"q":1,"r":1}`} {
		same(t, text)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := valueText(t, 4)
		if rapid.Bool().Draw(t, "damaged") {
			at := rapid.IntRange(0, len(text)).Draw(t, "at")
			text = text[:at] + rapid.SampledFrom([]string{"", " ", ",", "]", "}", "\"", "1", "\\"}).Draw(t, "damage") + text[min(len(text), at+rapid.IntRange(0, 1).Draw(t, "removed")):]
		}
		same(t, text)
	})
}
