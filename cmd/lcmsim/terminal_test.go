package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Colour needs a terminal, and neither NO_COLOR nor --no-color.
func TestColour(t *testing.T) {
	for _, command := range [][]string{
		{"simulate", vendor},
		{"filter", "--quiet", vendor, "manager eq true"},
	} {
		output := func(e env, flags ...string) string {
			var out, diagnostics bytes.Buffer
			e.stdout, e.stderr, e.now = &out, &diagnostics, func() time.Time { return testNow }
			code := run(t.Context(), append(slices.Clone(command), flags...), e)
			require.Equal(t, 0, code, diagnostics.String())
			require.Empty(t, diagnostics.String())
			return out.String()
		}
		require.Contains(t, output(env{width: 100}), "\x1b[")
		for _, plain := range []string{
			output(env{}),
			output(env{width: 100, noColor: true}),
			output(env{width: 100}, "--no-color"),
		} {
			require.Equal(t, -1, firstActive([]byte(plain)), plain)
		}
	}
}

// A terminal of any width gets lines that fit it.
func TestWidth(t *testing.T) {
	for _, width := range []int{60, 80, 132, 200} {
		var out bytes.Buffer
		code := run(t.Context(), []string{"simulate", acme}, env{stdout: &out, stderr: &out, width: width, noColor: true, now: func() time.Time { return testNow }})
		require.Equal(t, 0, code)
		lines := strings.Split(out.String(), "\n")
		for i, line := range lines {
			if i == 0 || i >= len(lines)-2 {
				continue // the verdict stands on one line
			}
			require.LessOrEqual(t, len([]rune(line)), width, "%q", line)
		}
	}
}
