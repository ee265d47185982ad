package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// filterDocument is what `lcmsim filter --json` prints, as its published shape has it.
type filterDocument struct {
	Schema, Semantics string
	Identities        int
	Filters           []struct {
		Filter     string
		Matches    int
		IDs        []string
		Unknown    int
		UnknownIDs []string `json:"unknown_ids"`
		Error      *struct {
			Kind, Code, Message string
			Column              int
		}
	}
}

// Every conformance case through the command line: ids where a filter matches, kind and column of the error where not.
func TestFilterConformance(t *testing.T) {
	text, err := os.ReadFile("../../fixtures/conformance/scim_rfc7644.json")
	require.NoError(t, err)
	var suite struct {
		Schema  map[string]any
		Records []json.RawMessage
		Cases   []struct {
			Name, Filter string
			Matches      []string
			Error        bool
			ErrorKind    string `json:"error_kind"`
			ErrorAt      int    `json:"error_at"`
		}
	}
	require.NoError(t, json.Unmarshal(text, &suite))
	require.Len(t, suite.Records, 44)
	require.Len(t, suite.Cases, 205)

	dir := t.TempDir()
	write := func(name string, v any) string {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, text, 0o644))
		return path
	}
	filters := make([]string, len(suite.Cases))
	for i, c := range suite.Cases {
		filters[i] = c.Filter
	}
	suite.Schema["id"] = "id"
	schema, filterFile := write("schema.json", suite.Schema), write("filters.json", filters)

	lines := filepath.Join(dir, "people.jsonl")
	var compact bytes.Buffer
	for _, record := range suite.Records {
		require.NoError(t, json.Compact(&compact, record))
		compact.WriteByte('\n')
	}
	require.NoError(t, os.WriteFile(lines, compact.Bytes(), 0o644))

	var first string
	for _, args := range [][]string{
		{write("people.json", suite.Records)},
		{lines},
		{lines, "--workers", "2", "--batch-rows", "7"},
	} {
		code, stdout, stderr := lcmsim(t.Context(), append([]string{
			"filter", "--semantics", "rfc7644", "--schema", schema, "--filters", filterFile, "--json",
		}, args...)...)
		require.Equal(t, 1, code, stderr) // as many of the filters do not compile
		if first != "" {
			require.True(t, first == stdout, "%q: the result differs", args)
			continue
		}
		first = stdout
		var doc filterDocument
		require.NoError(t, json.Unmarshal([]byte(stdout), &doc))
		require.Equal(t, "lcmsim.filter/v1", doc.Schema)
		require.Equal(t, "rfc7644", doc.Semantics)
		require.Equal(t, 44, doc.Identities)
		require.Len(t, doc.Filters, len(suite.Cases))
		for i, c := range suite.Cases {
			t.Run(c.Name, func(t *testing.T) {
				got := doc.Filters[i]
				require.Equal(t, c.Filter, got.Filter)
				require.Equal(t, len(got.IDs), got.Matches)
				require.Zero(t, got.Unknown)
				require.Empty(t, got.UnknownIDs)
				if c.Error {
					require.NotNil(t, got.Error)
					require.Equal(t, c.ErrorKind, got.Error.Kind, got.Error.Message)
					require.Equal(t, c.ErrorAt, got.Error.Column, got.Error.Message)
					require.NotEmpty(t, got.Error.Code)
					require.Empty(t, got.IDs)
					return
				}
				require.Nil(t, got.Error)
				require.Equal(t, c.Matches, got.IDs)
			})
		}
	}
}
