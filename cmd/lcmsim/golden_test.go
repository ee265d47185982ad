package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The summary as a terminal of 80 columns without colour shows it.
func TestGoldenSummaries(t *testing.T) {
	for _, snapshot := range []string{acme, vendor} {
		name := filepath.Base(snapshot)
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := lcmsim(t.Context(), "simulate", snapshot)
			require.Equal(t, 0, code, stderr)
			require.Empty(t, stderr)
			require.LessOrEqual(t, strings.Count(stdout, "\n"), 50, "the summary fits one screen")
			path := filepath.Join("testdata", "golden", name+".txt")
			if *update {
				require.NoError(t, os.WriteFile(path, []byte(stdout), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err, "run `go test ./cmd/lcmsim -update`")
			require.Equal(t, string(want), stdout)
		})
	}
}
