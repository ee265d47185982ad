package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/engine"
)

// screen renders d in lines.
func screen(t *testing.T, d *Document, opt TerminalOptions) []string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, WriteTerminal(&out, d, opt))
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

func TestTerminalFitsAScreen(t *testing.T) {
	for _, color := range []bool{false, true} {
		lines := screen(t, New(sampleInput()), TerminalOptions{Color: color})
		require.LessOrEqual(t, height(lines, 80), screenLines)
		require.Contains(t, lines[0], "INCONCLUSIVE")
		require.Contains(t, lines[0], "4,698 to 4,733 of 5,000 identities affected")
		require.Equal(t, lines[0]+" (exit code 5)", lines[len(lines)-1])
		for _, line := range lines[1 : len(lines)-1] {
			require.LessOrEqual(t, text.StringWidthWithoutEscSequences(line), 80, line)
		}
	}
}

// A run without anything still has every part.
func TestTerminalOfAnEmptyRun(t *testing.T) {
	in := Input{
		ToolVersion: "0.1.0", Rules: engine.DefaultRules("vendor"), Policy: &engine.Policy{}, Version: &engine.Version{},
		Population: PopulationInput{Path: "people.csv", Identities: 1}, Result: &engine.Result{Summary: engine.Summary{Identities: 1}}, Settings: Settings{FailOn: DefaultFailOn().Words()},
	}
	var out bytes.Buffer
	require.NoError(t, WriteTerminal(&out, New(in), TerminalOptions{}))
	requireGolden(t, "empty.txt", out.Bytes())
}

// Whatever there is much of is cut, and says so.
func TestTerminalStatesWhatItCuts(t *testing.T) {
	in := sampleInput()
	for i := range 200 {
		name := fmt.Sprintf("thing %d", i)
		in.Result.Workflows = append(in.Result.Workflows, engine.WorkflowResult{Name: name})
		in.Result.Actions = append(in.Result.Actions, engine.ActionResult{Name: name})
		in.Result.AccessProfiles = append(in.Result.AccessProfiles, engine.ProfileResult{ID: name})
		in.Result.Entitlements = append(in.Result.Entitlements, engine.EntitlementResult{EntityID: name})
		in.Result.Limits = append(in.Result.Limits, engine.LimitResult{Name: name, Verdict: engine.VerdictOK})
		in.Findings = append(in.Findings, engine.Finding{Severity: engine.SeverityError, Code: name, Message: name, Count: 1})
		in.Result.Limits = append(in.Result.Limits, engine.LimitResult{Name: name, Verdict: engine.VerdictMaybe})
	}
	lines := screen(t, New(in), TerminalOptions{})
	all := strings.Join(lines, "\n")
	require.LessOrEqual(t, len(lines), screenLines+15)
	for _, want := range []string{"WORKFLOWS (6 of 205 shown)", "ACTIONS (5 of 210 shown)", "ACCESS PROFILES (3 of 209 shown)",
		"ENTITLEMENTS (3 of 223 shown)", "LIMITS (8 of 402 shown)", "FINDINGS 201 errors, 3 warnings, 1 note (4 of 205 codes shown)", "(and 199 more)"} {
		require.Contains(t, all, want)
	}
}

func TestShare(t *testing.T) {
	for _, c := range []struct {
		budget              int
		leasts, wants, want []int
	}{
		{10, []int{0, 0}, []int{3, 4}, []int{3, 4}},
		{5, []int{0, 0}, []int{9, 9}, []int{3, 2}},
		{6, []int{0, 0}, []int{1, 9}, []int{1, 5}},
		{-3, []int{2, 3}, []int{9, 1}, []int{2, 1}},
		{0, nil, nil, []int{}},
	} {
		require.Equal(t, c.want, share(c.budget, c.leasts, c.wants))
	}
}

func TestBar(t *testing.T) {
	for _, c := range []struct {
		low, high, allowed int
		want               string
	}{
		{0, 0, 100, "[..........]"},
		{1, 1, 1000, "[#.........]"},
		{50, 50, 100, "[#####.....]"},
		{50, 80, 100, "[#####+++..]"},
		{99, 99, 100, "[#########.]"},
		{100, 100, 100, "[##########]"},
		{20, 900, 100, "[##++++++++]"},
		{0, 0, 0, "[..........]"},
		{1, 1, 0, "[##########]"},
		{1, 2, -5, "[##########]"},
	} {
		require.Equal(t, c.want, "["+bar(c.low, c.high, c.allowed, 10, false)+"]")
		require.Equal(t, 10, text.StringWidth(bar(c.low, c.high, c.allowed, 10, true)))
	}
}

func TestCaretLines(t *testing.T) {
	for _, c := range []struct {
		caret string
		width int
		want  []string
	}{
		{"a eq\n    ^", 40, []string{"a eq", "    ^"}},
		{"名 eq x\n     ^", 40, []string{"名 eq x", "      ^"}},             // five characters, six columns
		{"\u202ea xx 1\n   ^", 40, []string{`\u202ea xx 1`, "        ^"}}, // an escape is wider than what it stands for
		{"no mark", 40, []string{"no mark"}},
		{strings.Repeat("x", 50) + " !! y\n" + strings.Repeat(" ", 51) + "^", 30, []string{"...xxxxxxxxxxxxxxxx !! y", strings.Repeat(" ", 20) + "^"}},
	} {
		require.Equal(t, c.want, caretLines(c.caret, c.width))
	}
}

func TestLayoutKeepsTheWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Printable(anyText().Draw(t, "text"))
		width := rapid.IntRange(8, 120).Draw(t, "width")
		maxLines := rapid.IntRange(1, 4).Draw(t, "lines")
		lines := wrap(s, "  ", width, maxLines)
		require.NotEmpty(t, lines)
		require.LessOrEqual(t, len(lines), maxLines)
		for _, line := range append(lines, snip(s, width), snipMiddle(s, width), tail(s, width)) {
			require.LessOrEqual(t, text.StringWidth(line), width, "%q", line)
		}
		for _, line := range grid("TITLE", []column{{"n", 6, true}}, [][]string{{s, "1"}}, 60, false) {
			require.LessOrEqual(t, text.StringWidth(line), 60, "%q", line)
		}
	})
}

// A wrapped text that has room for all lacks nothing but blanks.
func TestWrapLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Printable(anyText().Draw(t, "text"))
		lines := wrap(s, "  ", rapid.IntRange(8, 120).Draw(t, "width"), 1<<20)
		require.Equal(t, strings.Join(strings.Fields(s), ""), strings.Join(strings.Fields(strings.Join(lines, "")), ""))
	})
	require.Equal(t, []string{"  at values[0].", "  conditions[12]", "  3456789012"}, wrap("at values[0].conditions[12]3456789012", "  ", 16, 9))
	require.Equal(t, []string{"  a/b", "  /c/de"}, wrap("a/b /c/de", "  ", 8, 9))
	require.Equal(t, []string{"名", "名"}, wrap("名名", "", 3, 9))
}

func TestSnipMiddle(t *testing.T) {
	for _, c := range []struct {
		s     string
		width int
		want  string
	}{
		{"abcdefghijklmnop", 16, "abcdefghijklmnop"},
		{"abcdefghijklmnop", 15, "abcdef...klmnop"},
		{"abcdefghijklmnop", 10, "abcd...nop"},
		{"abcdefghijklmnop", 6, "abc..."},
		{"abcdefghijklmnop", 2, ".."},
		{"名名名名名名名名", 10, "名名...名"},
	} {
		require.Equal(t, c.want, snipMiddle(c.s, c.width))
	}
}

// However long a policy's name is, its version and the version's state can be read.
func TestTerminalShowsTheVersionOfThePolicy(t *testing.T) {
	in := sampleInput()
	in.Policy.Name, in.Policy.ID = "Workforce "+strings.Repeat("lifecycle ", 20)+"of Europe", strings.Repeat("0123456789", 9)
	require.Contains(t, screen(t, New(in), TerminalOptions{}), "Policy     Workforce lifecycle lif...le lifecycle of Europe, version 7 PUBLISHED")
	in.Policy.Name = "Workforce lifecycle"
	require.Contains(t, screen(t, New(in), TerminalOptions{}), "Policy     Workforce lifecycle, version 7 PUBLISHED (012345678901234567890123...")
}

func TestToneOf(t *testing.T) {
	for word, want := range map[string]tone{
		WordGuardBroken: toneBad, WordLimitExceeded: toneBad, WordGateFailed: toneBad, WordDisagrees: toneBad, WordContradictory: toneBad, WordDiffers: toneBad,
		WordInconclusive: toneDoubt, WordFirstRunOver: toneDoubt, WordNobody: toneDoubt, WordUndecided: toneDoubt,
		WordChanges: tonePlain, WordPlan: tonePlain, WordWithinMaximum: tonePlain, WordPartlyConfirmed: tonePlain, WordNotAffected: tonePlain,
		WordOK: toneGood, WordNoChange: toneGood, WordAgrees: toneGood, WordConfirmed: toneGood,
	} {
		require.Equal(t, want, toneOf(word), word)
	}
}
