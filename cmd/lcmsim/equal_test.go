package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/fixtures"
	"github.com/lcmsim/lcmsim/loader"
)

const (
	acme    = "../../fixtures/acme"
	earlier = "../../fixtures/acme-august"
	vendor  = "../../fixtures/vendor"
)

// lcmsim runs a command line in this process, off a terminal.
func lcmsim(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, diagnostics bytes.Buffer
	code = run(ctx, args, env{stdout: &out, stderr: &diagnostics, now: func() time.Time { return testNow }})
	return code, out.String(), diagnostics.String()
}

// Neither the number of workers nor the size of a batch shows in the result or in the rows.
func TestSameBytes(t *testing.T) {
	for _, tc := range []struct {
		snapshot string
		scales   [][2]int // workers, rows of a batch
	}{
		{vendor, [][2]int{{1, 1}, {2, 1}, {2, 5}, {7, 3}, {0, 1 << 40}}},
		{acme, [][2]int{{1, 5000}, {2, 64}, {2, 999}, {5, 4999}}},
	} {
		t.Run(filepath.Base(tc.snapshot), func(t *testing.T) {
			simulate := func(more ...string) (result string, rows []byte) {
				dir := t.TempDir()
				args := append([]string{
					"simulate", tc.snapshot, "--json", "--digest",
					"--rows", filepath.Join(dir, "rows.ndjson"),
				}, more...)
				code, result, stderr := lcmsim(t.Context(), args...)
				require.Equal(t, 0, code, stderr)
				rows, err := os.ReadFile(filepath.Join(dir, "rows.ndjson"))
				require.NoError(t, err)
				return result, rows
			}
			wantResult, wantRows := simulate()
			require.NotEmpty(t, wantRows)
			for _, s := range tc.scales {
				scale := []string{"--workers", fmt.Sprint(s[0]), "--batch-rows", fmt.Sprint(s[1])}
				result, rows := simulate(scale...)
				require.True(t, wantResult == result, "%q: the result differs", scale)
				require.True(t, bytes.Equal(wantRows, rows), "%q: the rows differ", scale)
			}
		})
	}
}

func TestDiffSameBytes(t *testing.T) {
	for _, sides := range [][]string{
		{"--to", "draft"},
		{"--to", "draft", "--baseline", earlier},
		{"--baseline", "grants"},
		{"--baseline", "members"},
	} {
		diff := func(more ...string) (result string, rows []byte) {
			path := filepath.Join(t.TempDir(), "rows.ndjson")
			args := append(append([]string{"diff", acme, "--json", "--digest", "--rows", path}, sides...), more...)
			code, result, stderr := lcmsim(t.Context(), args...)
			require.Contains(t, []int{0, 3}, code, stderr)
			rows, err := os.ReadFile(path)
			require.NoError(t, err)
			return result, rows
		}
		wantResult, wantRows := diff()
		require.NotEmpty(t, wantRows)
		for _, scale := range [][]string{{"--workers", "1", "--batch-rows", "5000"}, {"--workers", "2", "--batch-rows", "999"}, {"--workers", "5", "--batch-rows", "63"}} {
			result, rows := diff(scale...)
			require.True(t, wantResult == result, "%q %q: the result differs", sides, scale)
			require.True(t, bytes.Equal(wantRows, rows), "%q %q: the rows differ", sides, scale)
		}
	}
}

func TestFilterSameBytes(t *testing.T) {
	args := []string{"filter", acme, "--json", `department eq "Sales"`, `job_level gt 3 and not (email pr)`, `is_active gt true or job_level ge 5`}
	code, want, _ := lcmsim(t.Context(), args...)
	require.NotEmpty(t, want)
	for _, scale := range [][]string{{"--workers", "1"}, {"--workers", "2", "--batch-rows", "63"}, {"--batch-rows", "1000"}} {
		gotCode, got, _ := lcmsim(t.Context(), append(args, scale...)...)
		require.Equal(t, code, gotCode)
		require.True(t, want == got, "%q: the result differs", scale)
	}
}

// One population gives one result in every format that can hold it.
func TestSameResultInEveryFormat(t *testing.T) {
	dir := t.TempDir()
	company := fixtures.Generate(fixtures.Options{Identities: 400, Seed: 3})
	columns, _ := columnsFor(company, "csv")
	simulate := func(format string) (rows string, parts map[string]json.RawMessage) {
		path := filepath.Join(dir, "people."+format)
		require.NoError(t, loader.WritePopulation(path, columns, records(company.People(), columns, "csv")))
		out := filepath.Join(dir, "rows.ndjson")
		code, result, stderr := lcmsim(t.Context(), "simulate", acme, "--identities", path, "--json", "--rows", out)
		require.Equal(t, 0, code, stderr)
		require.NoError(t, json.Unmarshal([]byte(result), &parts))
		text, err := os.ReadFile(out)
		require.NoError(t, err)
		return string(text), parts
	}
	wantRows, want := simulate("jsonl")
	require.Contains(t, wantRows, `"status":"planned"`)
	for _, format := range []string{
		"json", "csv", "parquet", "arrow",
		"jsonl.gz", "jsonl.zst", "json.gz", "json.zst", "csv.gz", "csv.zst", "parquet.gz", "parquet.zst", "arrow.gz", "arrow.zst",
	} {
		rows, got := simulate(format)
		require.True(t, wantRows == rows, "%s: the rows differ", format)
		for _, part := range []string{"summary", "workflows", "actions", "access_profiles", "entitlements", "limits", "sensitivity", "classes", "exit"} {
			require.Equal(t, string(want[part]), string(got[part]), "%s: %s", format, part)
		}
	}
}

// The header of a CSV file may say the types; without them they are inferred. Both mean the same here.
func TestTypedCSVHeader(t *testing.T) {
	dir := t.TempDir()
	const policy = `{"name": "P", "current_version": {"version_number": 1, "state": "PUBLISHED", "config": {"workflows": [
		{"name": "w", "trigger_type": "TRIGGER_STRING", "trigger_string": "active eq true and level ge 2 and groups co \"b\" and start lt \"2026-01-02T00:00:00Z\"", "conditions_on_success": []}],
		"actions": []}}}`
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	file := write("policy.json", policy)
	for name, text := range map[string]string{
		"typed.csv":  "entity_id,active:bool,level:number,groups:list,start:timestamp\n1,true,2,a;b,2026-01-01\n2,true,10,b,2026-01-01T23:59:59Z\n3,true,1,b,2026-01-01\n4,,2,b,2026-01-01\n",
		"typed.json": `[{"entity_id":"1","active":true,"level":2,"groups":["a","b"],"start":"2026-01-01"},{"entity_id":"2","active":true,"level":1e1,"groups":["b"],"start":"2026-01-01T23:59:59Z"},{"entity_id":"3","active":true,"level":1,"groups":["b"],"start":"2026-01-01"},{"entity_id":4,"level":2,"groups":["b"],"start":"2026-01-01"}]`,
	} {
		code, result, stderr := lcmsim(t.Context(), "simulate", "--policy-file", file, "--identities", write(name, text), "--json")
		require.Equal(t, 0, code, stderr)
		var doc struct {
			Summary struct{ Identities, Matched int }
		}
		require.NoError(t, json.Unmarshal([]byte(result), &doc))
		require.Equal(t, 4, doc.Summary.Identities, name)
		require.Equal(t, 2, doc.Summary.Matched, name)
	}
}
