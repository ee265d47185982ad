package scimeval

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzParse: no input panics or hangs, an error has its place inside the text, what the scanner accepts the parser
// library accepts, and a printed filter reads back as the same tree.
func FuzzParse(f *testing.F) {
	for _, c := range readTruths(f, vendorTruths) {
		f.Add(c.filter)
	}
	for _, c := range syntaxErrors {
		f.Add(strings.Replace(c.src, "«", "", 1))
	}
	suite, _ := readConformance(f)
	for _, c := range suite.Cases {
		f.Add(c.Filter)
	}
	f.Fuzz(func(t *testing.T, src string) {
		n, err := Parse(src)
		if err == nil {
			requirePrintParse(t, src)
			require.NotNil(t, n)
			return
		}
		e := err.(*Error)
		require.True(t, 0 <= e.Offset && e.Offset <= len(src), "offset %d of %d", e.Offset, len(src))
		require.NotContains(t, e.Message, "the parser refuses")
		require.NotEmpty(t, e.Message)
		require.Contains(t, []ErrorKind{KindSyntax, KindLimit}, e.Kind)
		lines := strings.Split(e.Caret(), "\n")
		require.Len(t, lines, 2)
		require.Equal(t, "^", strings.TrimLeft(lines[1], " "))
	})
}

// FuzzEvaluate: any filter on any record, under any rules, means by column what it means row by row.
func FuzzEvaluate(f *testing.F) {
	for i, c := range readTruths(f, vendorTruths) {
		f.Add(c.filter, c.record.String(), uint8(i))
	}
	f.Fuzz(func(t *testing.T, src, text string, bits uint8) {
		record, err := ParseValue([]byte(text))
		if err != nil || record.Kind() != KindObject || len(src) > 1000 {
			return
		}
		again, err := ParseValue([]byte(record.String()))
		require.NoError(t, err, "a value prints as JSON that reads back")
		require.Equal(t, record, again)

		base := Options{Semantics: Vendor, Rules: RulesOf(Vendor)}
		for i, name := range RuleNames() {
			if bits>>i&1 == 1 {
				_, base.Rules = base.Rules.Alternative(name)
			}
		}
		variants := []Options{base}
		for _, name := range RuleNames() {
			alternative := base
			_, alternative.Rules = base.Rules.Alternative(name)
			variants = append(variants, alternative)
		}
		p := Compile([]string{src}, variants...)
		e := p.NewEvaluator()
		records := []Value{record, ObjectValue(nil), record}
		rec := recordOf(t, p, records)
		defer rec.Release()
		require.NoError(t, e.Evaluate(rec))
		requireTwins(t, p, e, variants, records)
		requireObservations(t, p, e.Observations(), base, records)
		for _, n := range p.Notices(0, e.Observations(), []string{"department"}) {
			require.True(t, 0 <= n.Offset && n.Offset < len(src) && n.Count <= len(records), "%+v", n)
		}
	})
}
