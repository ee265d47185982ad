package report

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

func TestJSONRoundTrip(t *testing.T) {
	empty := Input{Rules: engine.DefaultRules("vendor"), Policy: &engine.Policy{}, Version: &engine.Version{}, Result: &engine.Result{}}
	for _, in := range []Input{sampleInput(), empty} {
		d := New(in)
		var first, second bytes.Buffer
		require.NoError(t, WriteJSON(&first, d))
		read, err := ReadJSON(bytes.NewReader(first.Bytes()))
		require.NoError(t, err)
		require.Equal(t, d, read)
		require.NoError(t, WriteJSON(&second, read))
		require.Equal(t, first.String(), second.String())

		var atOnce, saved bytes.Buffer
		require.NoError(t, WriteTerminal(&atOnce, d, TerminalOptions{}))
		require.NoError(t, WriteTerminal(&saved, read, TerminalOptions{}))
		require.Equal(t, atOnce.String(), saved.String())
	}
}

// The header has the key order of SPEC section 10, and lists are never null.
func TestJSONShape(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, WriteJSON(&out, New(Input{Policy: &engine.Policy{}, Version: &engine.Version{}, Result: &engine.Result{}})))
	dec := json.NewDecoder(bytes.NewReader(out.Bytes()))
	keys := []string{}
	depth := 0
	for {
		token, err := dec.Token()
		if err != nil {
			break
		}
		switch token := token.(type) {
		case json.Delim:
			if token == '{' || token == '[' {
				depth++
			} else {
				depth--
			}
		case string:
			if depth == 1 {
				keys = append(keys, token)
				var value any
				require.NoError(t, dec.Decode(&value))
			}
		}
	}
	contract := []string{"schema", "tool_version", "as_of", "semantics", "rules", "exit", "inputs", "summary", "workflows", "actions",
		"access_profiles", "entitlements", "limits", "sensitivity", "classes", "classes_total", "diagnostics"}
	require.Equal(t, contract, slices.DeleteFunc(keys, func(k string) bool { return !slices.Contains(contract, k) }), "what the contract names, in its order")
	for _, name := range []string{"workflows", "actions", "access_profiles", "entitlements", "limits", "sensitivity", "classes", "diagnostics",
		"look_first", "diagnostic_groups", "other", "reasons", "rows"} {
		require.Contains(t, out.String(), `"`+name+`": []`)
	}
	require.True(t, strings.HasSuffix(out.String(), "}\n"))
}

func TestNewLeavesItsInputAlone(t *testing.T) {
	in, same := sampleInput(), sampleInput()
	New(in)
	require.Equal(t, same, in)
}

func TestReadJSONRefuses(t *testing.T) {
	good, err := os.ReadFile("testdata/simulation.json")
	require.NoError(t, err)
	change := func(old, new string) string {
		require.Contains(t, string(good), old)
		return strings.Replace(string(good), old, new, 1)
	}
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "result is not valid JSON"},
		{"list", "[]", "result is not a JSON object"},
		{"truncated", string(good[:len(good)/2]), "result is not valid JSON"},
		{"trailing", string(good) + "{}", "result is not valid JSON"},
		{"duplicate key", change(`"semantics"`, `"schema"`), "duplicate"},
		{"no schema", "{}", `result has schema none, not "lcmsim.simulation/v1"`},
		{"other schema", change("lcmsim.simulation/v1", "lcmsim.diff/v1"), `result has schema "lcmsim.diff/v1"`},
		{"missing at depth", change(`"affected_low": 4698,`, ""), "result is incomplete: summary.affected_low is missing"},
		{"null", change(`"affected_low": 4698`, `"affected_low": null`), "result is incomplete: summary.affected_low is null"},
		{"null list", change(`"conditions": []`, `"conditions": null`), "workflows[2].conditions is null"},
		{"wrong type", change(`"affected_low": 4698`, `"affected_low": "4698"`), "affected_low"},
		{"bad time", change(`"2026-11-01T08:00:00Z"`, `"yesterday"`), `as_of is "yesterday"`},
		{"index out of range", change(`"first": 0`, `"first": 99`), "diagnostic_groups[0].first is 99 of 5 diagnostics"},
		{"wrong length", change(`"listed": 3`, `"listed": 4`), "identities.listed is 4, but there are 3 rows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadJSON(strings.NewReader(c.text))
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err = ReadJSON(strings.NewReader(change(`"semantics"`, `"a_later_field": {"x": [1]}, "semantics"`)))
	require.NoError(t, err, "the shape may grow")
}

// Whatever can be read can be rendered.
func FuzzReadJSON(f *testing.F) {
	good, err := os.ReadFile("testdata/simulation.json")
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte(`{"schema":"lcmsim.simulation/v1"}`))
	f.Add(bytes.ReplaceAll(good, []byte("4698"), []byte("-9223372036854775808")))
	f.Add(bytes.ReplaceAll(good, []byte("4733"), []byte("9223372036854775807")))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := ReadJSON(bytes.NewReader(text))
		if err != nil {
			return
		}
		var out bytes.Buffer
		require.NoError(t, WriteTerminal(&out, d, TerminalOptions{Color: true}))
		require.NoError(t, WriteXLSX(&out, d))
		out.Reset()
		require.NoError(t, WriteJSON(&out, d))
		again, err := ReadJSON(&out)
		require.NoError(t, err)
		require.Equal(t, d, again)
	})
}

func FuzzReadDiffJSON(f *testing.F) {
	good, err := os.ReadFile("testdata/diff.json")
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte(`{"schema":"lcmsim.diff/v1"}`))
	f.Add(bytes.ReplaceAll(good, []byte("312"), []byte("-9223372036854775808")))
	f.Add(bytes.ReplaceAll(good, []byte("332"), []byte("9223372036854775807")))
	f.Add(bytes.ReplaceAll(good, []byte(`"share": 1`), []byte(`"share": -1e308`)))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := ReadDiffJSON(bytes.NewReader(text))
		if err != nil {
			return
		}
		var out bytes.Buffer
		require.NoError(t, WriteTerminal(&out, d, TerminalOptions{Color: true}))
		require.NoError(t, WriteXLSX(&out, d))
		out.Reset()
		require.NoError(t, WriteJSON(&out, d))
		again, err := ReadDiffJSON(&out)
		require.NoError(t, err)
		require.Equal(t, d, again)
	})
}
