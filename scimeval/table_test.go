package scimeval

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A table of truths is text, one line a step:
//
//	# clause of SPEC section 2
//	rules filter.string_case=fold    until the next clause; without it the preset's
//	{"x": "a"}                       the record for the lines below
//	T x eq "a" ; x ne "b"            filters that are true of it
//	F ...                            false
//	U ...                            unknown
type truthCase struct {
	clause, rules string
	record        Value
	filter        string
	want          truth
}

func readTruths(t testing.TB, table string) []truthCase {
	var cases []truthCase
	var at truthCase
	for _, line := range strings.Split(strings.TrimSpace(table), "\n") {
		mark, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case mark == "":
		case mark == "#":
			at = truthCase{clause: rest}
		case mark == "rules":
			at.rules = rest
		case mark[0] == '{':
			var err error
			at.record, err = ParseValue([]byte(line))
			require.NoError(t, err, line)
		default:
			at.want = map[string]truth{"T": yes, "F": no, "U": unknown}[mark]
			require.Contains(t, "TFU", mark, line)
			for _, f := range strings.Split(rest, " ; ") {
				at.filter = strings.TrimSpace(f)
				cases = append(cases, at)
			}
		}
	}
	return cases
}

func rulesWith(t testing.TB, s Semantics, settings string) Rules {
	r := RulesOf(s)
	for _, setting := range strings.Fields(settings) {
		name, value, _ := strings.Cut(setting, "=")
		var err error
		r, err = r.With(name, value)
		require.NoError(t, err)
	}
	return r
}

// requireTruths evaluates every case by column and row by row.
func requireTruths(t *testing.T, table string, options func(rules string) Options) {
	for _, c := range readTruths(t, table) {
		t.Run(c.clause, func(t *testing.T) {
			opt := options(c.rules)
			about := []any{"%s of %s under %q", c.filter, c.record, c.rules}
			p := Compile([]string{c.filter}, opt)
			require.NotNil(t, p.Filter(0).Tree, append(about, p.Filter(0).Errors)...)
			e := p.NewEvaluator()
			rec := recordOf(t, p, []Value{c.record})
			defer rec.Release()
			require.NoError(t, e.Evaluate(rec))
			require.Equal(t, c.want, maskTruth(e, 0, 0, 0), about...)
			if opt.Semantics != RFC7644 {
				require.Equal(t, c.want, slowTruth(p.Filter(0).Tree, c.record, opt), about...)
			}
		})
	}
}

// maskTruth reads the truth of one row from the masks.
func maskTruth(e *Evaluator, variant, filter, row int) truth {
	lower, upper := bit(e.Lower(variant, filter), row), bit(e.Upper(variant, filter), row)
	switch {
	case lower && upper:
		return yes
	case upper:
		return unknown
	case lower:
		panic("certainly true and not possibly true")
	}
	return no
}
