package report

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// requireGolden compares got with testdata/name, or rewrites the file under -update.
func requireGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run `go test ./report -update`")
	require.Equal(t, string(want), string(got))
}

func TestGoldenSimulation(t *testing.T) {
	d := New(sampleInput())
	var js, plain, color bytes.Buffer
	require.NoError(t, WriteJSON(&js, d))
	require.NoError(t, WriteTerminal(&plain, d, TerminalOptions{}))
	require.NoError(t, WriteTerminal(&color, d, TerminalOptions{Width: 100, Color: true}))
	requireGolden(t, "simulation.json", js.Bytes())
	requireGolden(t, "simulation.txt", plain.Bytes())
	requireGolden(t, "simulation.color.txt", color.Bytes())
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
