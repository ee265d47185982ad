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
	for name, tc := range map[string]struct {
		code  int
		lines int // at most
		args  []string
	}{
		"acme":   {0, 50, []string{"simulate", acme}},
		"vendor": {0, 50, []string{"simulate", vendor}},
		// The questions of an approver: what changes if we publish the draft, what changed since a month ago, or both; what
		// does it mean for what people hold today; why does somebody get what she gets.
		"diff-draft":       {3, 50, []string{"diff", acme}},
		"diff-month":       {0, 50, []string{"diff", acme, "--baseline", earlier}},
		"diff-both":        {3, 50, []string{"diff", acme, "--to", "draft", "--baseline", earlier}},
		"diff-back":        {3, 50, []string{"diff", acme, "--from", "7", "--to", "6"}},
		"diff-grants":      {3, 50, []string{"diff", acme, "--to", "draft", "--baseline", "grants"}},
		"diff-members":     {3, 50, []string{"diff", acme, "--baseline", "members"}},
		"explain-leaver":   {0, 400, []string{"explain", acme, "W000074", "--version", "draft"}},
		"explain-what-if":  {0, 400, []string{"explain", acme, "W000074", "--set", "department=Legal", "--set", "is_active=true"}},
		"explain-trace":    {0, 600, []string{"explain", acme, "W000074", "--trace"}},
		"explain-dry-run":  {0, 400, []string{"explain", acme, "W000074", "--version", "draft", "--as-dry-run"}},
		"explain-exemplar": {0, 400, []string{"explain", acme, "--class", "3"}},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := lcmsim(t.Context(), tc.args...)
			require.Equal(t, tc.code, code, stderr)
			require.Empty(t, stderr)
			require.LessOrEqual(t, strings.Count(stdout, "\n"), tc.lines)
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
