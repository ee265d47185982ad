package report

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"":                          "",
		"plain, with \"quotes\" \\": "plain, with \"quotes\" \\",
		"Søren 王小明 👍":               "Søren 王小明 👍",
		"a\nb\r\tc":                 `a\nb\r\tc`,
		"\x1b[31mred\x1b[0m":        `\u001b[31mred\u001b[0m`,
		"\x1b]0;title\x07":          `\u001b]0;title\u0007`,
		"\u009b31m":                 `\u009b31m`, // the one-character CSI
		"\x9b31m":                   `\x9b31m`,   // the same as a stray byte
		"gpj.\u202eexe":             `gpj.\u202eexe`,
		"\u2066x\u2069":             `\u2066x\u2069`,
		"a\u200bb\u200d\ufeff":      `a\u200bb\u200d\ufeff`,
		"a\u00a0b\u2028c":           `a\u00a0b\u2028c`,
		"a\u00adb":                  `a\u00adb`,
		"\u3164\u115f\ufe0f":        `\u3164\u115f\ufe0f`,
		"\U000e0041":                `\U000e0041`,
		"\ufffd\xff\xc3":            "\ufffd" + `\xff\xc3`,
		"\x00":                      `\u0000`,
		"\uffff":                    `\uffff`,
	} {
		require.Equal(t, want, Printable(in), "%q", in)
	}
}

func TestPrintableLeavesNothingUnsafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out := Printable(anyText().Draw(t, "text"))
		for _, r := range out {
			require.True(t, r == ' ' || unicode.IsPrint(r), "%q holds %U", out, r)
		}
		require.Equal(t, out, Printable(out), "what is printable stays")
	})
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", -1234567: "-1,234,567", 100000: "100,000", -5: "-5"} {
		require.Equal(t, want, Count(n))
	}
}

func TestCellText(t *testing.T) {
	require.Equal(t, "=1", cellText("=1"))
	exact := strings.Repeat("x", cellLimit)
	require.Equal(t, exact, cellText(exact))
	for name, in := range map[string]string{
		"one too many": exact + "x",
		"long":         strings.Repeat("ab", 40_000),
		"wide":         strings.Repeat("王", 40_000),
		"pairs":        strings.Repeat("👍", 20_000),
		"escapes":      strings.Repeat("\u202e", 10_000),
	} {
		got := cellText(in)
		units := 0
		for _, r := range got {
			units++
			if r > 0xffff {
				units++
			}
		}
		require.LessOrEqual(t, units, cellLimit, name)
		require.Greater(t, units, cellLimit-60, name)
		require.Regexp(t, ` \[cut; [0-9,]+ characters in all\]$`, got, name)
	}
	fits := strings.Repeat("王", cellLimit)
	require.Equal(t, fits, cellText(fits), "bytes do not count")
}
