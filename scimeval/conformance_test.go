package scimeval

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// conformance is the file of filter cases under rfc7644 semantics.
type conformance struct {
	Schema  Schema            `json:"schema"`
	Records []json.RawMessage `json:"records"`
	Cases   []struct {
		Name      string   `json:"name"`
		Filter    string   `json:"filter"`
		Matches   []string `json:"matches"`
		Error     bool     `json:"error"`
		ErrorKind string   `json:"error_kind"`
		ErrorAt   int      `json:"error_at"`
	} `json:"cases"`
}

func readConformance(t testing.TB) (conformance, []Value) {
	text, err := os.ReadFile("../fixtures/conformance/scim_rfc7644.json")
	require.NoError(t, err)
	var c conformance
	require.NoError(t, json.Unmarshal(text, &c))
	records := make([]Value, len(c.Records))
	for i, raw := range c.Records {
		records[i], err = ParseValue(raw)
		require.NoError(t, err)
	}
	return c, records
}

func TestConformance(t *testing.T) {
	c, records := readConformance(t)
	require.Len(t, records, 44)
	require.Len(t, c.Cases, 205)
	opt := Options{Semantics: RFC7644, Rules: RulesOf(RFC7644), Schema: &c.Schema}
	filters := make([]string, len(c.Cases))
	for i, tc := range c.Cases {
		filters[i] = tc.Filter
	}
	p := Compile(filters, opt)
	e := p.NewEvaluator()
	rec := recordOf(t, p, records)
	defer rec.Release()
	require.NoError(t, e.Evaluate(rec))
	for i, tc := range c.Cases {
		t.Run(tc.Name, func(t *testing.T) {
			f := p.Filter(i)
			if tc.Error {
				require.NotEmpty(t, f.Errors)
				require.Equal(t, tc.ErrorKind, string(f.Errors[0].Kind), f.Errors[0].Error())
				require.Equal(t, tc.ErrorAt, f.Errors[0].Offset, f.Errors[0].Error())
				return
			}
			require.Empty(t, f.Errors)
			require.False(t, f.Unknown())
			ids := []string{}
			for r, rec := range records {
				if bit(e.Lower(0, i), r) {
					ids = append(ids, member(rec, "id", false).value.Text())
				}
				require.Equal(t, slowTruth(f.Tree, rec, opt) == yes, bit(e.Lower(0, i), r), "row by row: record %d", r)
			}
			require.Equal(t, tc.Matches, ids)
		})
	}
}

func bit(mask []uint64, r int) bool { return mask[r/64]>>(r%64)&1 == 1 }
