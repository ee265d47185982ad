package report

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// schemes are the colours of the page by name, light and dark.
func schemes(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := htmlFiles.ReadFile("html/page.css")
	require.NoError(t, err)
	light, rest, ok := strings.Cut(string(text), "@media screen and (prefers-color-scheme: dark)")
	require.True(t, ok)
	dark, _, ok := strings.Cut(rest, "\n}\n")
	require.True(t, ok)
	out := map[string]map[string]string{"light": {}, "dark": {}}
	for name, block := range map[string]string{"light": light, "dark": dark} {
		for _, m := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(block, -1) {
			out[name][m[1]] = m[2]
		}
	}
	require.Equal(t, sortedKeys(out["light"]), sortedKeys(out["dark"]), "both schemes have all colours")
	return out
}

// contrast is the ratio of two colours (WCAG 2.2, contrast ratio).
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, color string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(color, "#"), 16, 32)
	require.NoError(t, err)
	channel := func(v uint64) float64 {
		c := float64(v&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(n>>16) + 0.7152*channel(n>>8) + 0.0722*channel(n)
}

// Text has 4.5:1 to what it stands on, and what is drawn 3:1 (WCAG 2.2 AA, 1.4.3 and 1.4.11).
func TestHTMLContrast(t *testing.T) {
	const text, graphic = 4.5, 3
	for name, c := range schemes(t) {
		check := func(ink, paper string, least float64) {
			require.NotEmpty(t, c[ink], ink)
			require.NotEmpty(t, c[paper], paper)
			require.GreaterOrEqual(t, contrast(t, c[ink], c[paper]), least, "%s: %s on %s", name, ink, paper)
		}
		for _, paper := range []string{"paper", "panel"} {
			for _, ink := range []string{"ink", "muted", "accent", "lost", "gained"} {
				check(ink, paper, text)
			}
			check("maybe", paper, graphic)
		}
		for _, tone := range []string{"bad", "doubt", "plain", "good"} {
			check(tone+"-ink", tone+"-paper", text)
			check(tone, "panel", graphic)
			check(tone, "rail", graphic)
		}
	}
	require.InDelta(t, 21, contrast(t, "#000000", "#ffffff"), 0.01)
}
