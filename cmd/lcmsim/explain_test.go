package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/loader"
)

// An explanation as a terminal of 80 columns without colour shows it.
func TestGoldenExplanation(t *testing.T) {
	code, stdout, stderr := lcmsim(t.Context(), "explain", acme, "W000042")
	require.Equal(t, 0, code, stderr)
	require.Empty(t, stderr)
	path := filepath.Join("testdata", "golden", "explain.txt")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(stdout), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run `go test ./cmd/lcmsim -update`")
	require.Equal(t, string(want), stdout)
}

// What --as-dry-run prints is read as a dry run, and says what a simulation says.
func TestExplanationReadsAsDryRun(t *testing.T) {
	_, rows := simulateRows(t, vendor)
	require.NotEmpty(t, rows)
	for _, row := range rows {
		code, stdout, stderr := lcmsim(t.Context(), "explain", vendor, row.EntityID, "--as-dry-run")
		require.Equal(t, 0, code, stderr)
		answer, err := loader.ReadDryRun("answer.json", []byte(stdout))
		require.NoError(t, err)
		require.ElementsMatch(t, row.WorkflowsMatched, answer.WorkflowsMatched)
		require.ElementsMatch(t, row.AccessProfileIDs, answer.AccessProfileIDs)
		require.Len(t, answer.Actions, len(row.Actions))
		for i, a := range row.Actions {
			require.Equal(t, engine.DryRunAction{Name: a.Name, Type: a.Type}, answer.Actions[i])
		}
		require.Len(t, answer.Messages, 4)
	}
}
