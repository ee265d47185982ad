package scimeval

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// notices evaluates one filter over records and shows what there is to tell, one line each.
func notices(t *testing.T, filter string, known []string, records ...string) string {
	p := Compile([]string{filter}, vendorOptions(t)(""))
	e := p.NewEvaluator()
	values := make([]Value, len(records))
	for i, r := range records {
		values[i] = mustValue(t, r)
	}
	rec := recordOf(t, p, values)
	defer rec.Release()
	require.NoError(t, e.Evaluate(rec))
	var lines []string
	for _, n := range p.Notices(0, e.Observations(), known) {
		line := fmt.Sprintf("%s@%d", n.Code, n.Offset)
		if n.Count > 0 {
			line += fmt.Sprintf(" x%d", n.Count)
		}
		if strings.HasPrefix(n.Hint, "did you mean") {
			line += " " + n.Hint
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

func TestNotices(t *testing.T) {
	known := []string{"department", "is_active", "salary", "hired", "phones"}
	records := []string{
		`{"department": "a", "is_active": true, "salary": 5, "hired": "2024-01-01", "phones": [{"type": "w", "ext": 5}]}`,
		`{"department": 7, "is_active": "true", "salary": "5", "hired": "soon", "phones": []}`,
		`{"department": null, "salary": null}`,
	}
	for _, c := range []struct{ filter, want string }{
		{`department pr and is_active pr`, ""},
		{`departmnet eq "a"`, "unknown-attribute@0 did you mean department?"},
		{`department eq "a" or not (Salary pr)`, "type-mismatch@14 x1; unknown-attribute@26 did you mean salary?"},
		{`nosuch.thing eq "a" or nosuch pr`, "unknown-attribute@0; unknown-attribute@23"},
		{`salary gt 4`, "type-mismatch@10 x1"},
		{`salary ne 4`, "type-mismatch@10 x1"},
		{`salary co "5"`, "type-mismatch@10 x1"},
		{`is_active eq true`, "type-mismatch@13 x1"},
		{`department eq "a" and department eq "a"`, "type-mismatch@14 x1; type-mismatch@36 x1"},
		{`hired gt "2023-01-01"`, "not-a-timestamp@9 x1"},
		{`hired gt "later"`, "not-a-timestamp@9 x1"},
		{`hired eq "2023-01-01" or hired sw "2023"`, ""},
		{`hired gt null`, "null-operator@6"},
		{`phones[ext gt null or type eq "w"]`, "null-operator@11"},
		{`phones[type eq "w"]`, ""},
		{`phones[typ eq "w" and ext eq "5"]`, "type-mismatch@0 x1; unknown-attribute@7"},
		{`phones.type eq "w" or phones.ext eq 5`, ""},
		{`phones.kind eq "w"`, "unknown-attribute@0"},
		{`phones eq "w"`, "type-mismatch@10 x1"},
		{`phone[type eq "w"]`, "unknown-attribute@0 did you mean phones?; unknown-attribute@6"},
		{`is_active gt true`, ""},
		{`nosuch gt true or departmen pr`, "unknown-attribute@18 did you mean department?"},
	} {
		require.Equal(t, c.want, notices(t, c.filter, known, records...), c.filter)
	}
}

func TestErrorsOfParts(t *testing.T) {
	p := Compile([]string{`a eq 1 or b gt true or c[d lt false and e co true]`}, vendorOptions(t)(""))
	f := p.Filter(0)
	var got []string
	for _, e := range f.Errors {
		got = append(got, fmt.Sprintf("%s@%d %s", e.Code(), e.Offset, e.Message))
	}
	require.Equal(t, []string{
		"invalid-operator@12 operator gt has no meaning for true and false",
		"invalid-operator@27 operator lt has no meaning for true and false",
		"invalid-operator@42 operator co has no meaning for true and false",
	}, got)
	require.True(t, f.Unknown())
	require.Equal(t, []Attribute{{Name: "a"}}, p.Attributes(), "columns that cannot matter are not read")
}

// Equal parts stand once, over filters and variants.
func TestSharing(t *testing.T) {
	count := func(filters []string, variants ...Options) int { return len(Compile(filters, variants...).leaves) }
	base := Options{Rules: RulesOf(Vendor)}
	require.Equal(t, 1, count([]string{`a eq "x"`, ` a  EQ "\u0078" `, `not (a eq "x")`}, base))
	require.Equal(t, 1, count([]string{"a eq 1", "a eq 1.0", "a eq 10e-1"}, base))
	require.Equal(t, 2, count([]string{`a eq 1`, `a eq "1"`}, base))
	require.Equal(t, 1, count([]string{"a[b eq 1 or c pr]", "a[ (b eq 1.0) or c PR ]"}, base))
	variants := []Options{base}
	for _, name := range RuleNames() {
		v := base
		_, v.Rules = base.Rules.Alternative(name)
		variants = append(variants, v)
	}
	require.Equal(t, 4, count([]string{`a eq "x"`}, variants...), "the base, string_case, attribute_case (another column), list_eq; coerce cannot matter to x")
	require.Equal(t, 3, count([]string{`a pr`}, variants...), "the base, pr_empty, attribute_case")
	require.Equal(t, 2, count([]string{`a eq null`}, variants...), "the base, attribute_case")

	p := Compile([]string{"a pr and b pr", "b pr and a pr", "not (not (a pr))", "a pr or a pr"}, base)
	require.Equal(t, p.filters[0][0].lower, p.filters[0][1].lower)
	require.Equal(t, p.filters[0][2].lower, p.filters[0][3].lower)
}
