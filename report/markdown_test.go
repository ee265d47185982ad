package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/engine"
)

// sampleDocuments are the samples of all kinds of documents.
func sampleDocuments() map[string]Renderable {
	return map[string]Renderable{
		"simulation":  New(sampleInput()),
		"diff":        NewDiff(sampleDiffInput()),
		"crosscheck":  NewCrosscheck(sampleCrosscheck(same)),
		"plan":        NewCrosscheck(plannedCrosscheck(same)),
		"calibration": NewCalibration(sampleCalibration(same)),
	}
}

func TestGoldenMarkdown(t *testing.T) {
	for name, d := range sampleDocuments() {
		var page, again bytes.Buffer
		require.NoError(t, WriteMarkdown(&page, d))
		require.NoError(t, WriteMarkdown(&again, d))
		require.Equal(t, page.String(), again.String())
		requireHarmlessMarkdown(t, page.String())
		requireGolden(t, name+".md", page.Bytes())
	}
}

func TestMarkdownBeginsAndEndsWithTheVerdict(t *testing.T) {
	for name, d := range sampleDocuments() {
		_, verdict := Outcome(d)
		lines := strings.Split(strings.TrimSuffix(markdown(d), "\n"), "\n")
		require.Equal(t, verdict.Line(), strings.TrimSpace(plainMarkdown(t, strings.TrimPrefix(lines[0], "##"))), name)
		require.Equal(t, verdict.Line(), plainMarkdown(t, lines[len(lines)-1]), name)
		require.Equal(t, verdict.ForApprover, plainMarkdown(t, lines[2]), name)
	}
}

func TestMarkdownLeavesPeopleOut(t *testing.T) {
	page := markdown(NewDiff(sampleDiffInput()))
	require.NotContains(t, page, "W000000")
	require.Contains(t, page, "Left out here, because a row is a person: Identities (4 rows of the result).")
}

// Lists of every kind that are too long together: the bound holds in bytes, the numbers stay exact.
func TestMarkdownOfAVeryLargeResult(t *testing.T) {
	for _, name := range []string{"Group", strings.Repeat("王|`*", 200), strings.Repeat("@", 5_000)} {
		in := sampleDiffInput()
		for i := range 5_000 {
			in.Result.Entitlements = append(in.Result.Entitlements, engine.EntitlementChange{
				DatasourceID: name, EntityType: name, EntityID: fmt.Sprint(name, i), Name: &name, Lost: i + 1, AssignedToType: &name, AssignedToID: &name,
			})
			in.Result.Actions = append(in.Result.Actions, engine.ActionChange{Name: fmt.Sprint(name, i), Type: name, Effect: engine.EffectGrant, Lost: i + 1})
		}
		for i := range 300 {
			in.Result.Limits = append(in.Result.Limits, engine.LimitResult{Scope: "cohort", Kind: "count", Name: fmt.Sprint(name, i), Basis: "changed", Max: 1,
				AffectedLow: 2, AffectedHigh: 2, Headroom: -1, Verdict: engine.VerdictExceeded, Meaning: name, OneTime: name})
			in.Findings = append(in.Findings, engine.Finding{Severity: engine.SeverityError, Code: fmt.Sprint("code-", i), Message: name, Hint: name, Count: 1})
		}
		page := markdown(NewDiff(in))
		requireHarmlessMarkdown(t, page)
		require.Greater(t, len(page), maxMarkdown/2, "the room is used")
		for _, title := range []string{"Exit code 3, because", "Safety limits and guards", "What to look at first", "Actions", "Entitlements", "Findings"} {
			require.Regexp(t, title+` \([0-9]+ of [0-9,]+ rows shown\)`, page)
		}
		require.Regexp(t, `Entitlements \([0-9]+ of 5,003 rows shown\)`, page, "the exact total of those that change")
		require.Contains(t, page, "5,003 entitlements that change of 5,004")
		require.Contains(t, page, "| Changed | 312 |")
	}
}

func TestHostileTextInMarkdown(t *testing.T) {
	for _, s := range append([]string{"", " "}, hostile...) {
		requireHarmlessMarkdown(t, markdown(New(hostileInput(s))))
		requireHarmlessMarkdown(t, markdown(NewDiff(hostileDiffInput(s))))
		text := func(string) string { return prefix(s, 500) }
		requireHarmlessMarkdown(t, markdown(NewCrosscheck(sampleCrosscheck(text))))
		requireHarmlessMarkdown(t, markdown(NewCalibration(sampleCalibration(text))))
	}
}

// What a reader of Markdown sees is the Printable text, whatever it spells.
func TestMarkdownTextReadsBack(t *testing.T) {
	piece := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"|", "`", "``", "*", "_", "[", "](", "<b>", "&lt;", "\\", "@a", "#1", "GH-1", "http://", "www.", ":a:", "- ", "1. ", "2) ", "+", "=", "$", "~", " ", "\n",
	}))
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "text"), "")
		want := strings.TrimSpace(Printable(strings.TrimSpace(s)))
		text, code := markdownText(s, 1<<20), markdownCode(s, 1<<20)
		require.Equal(t, want, plainMarkdown(t, text))
		require.False(t, beginsBlock(text), "%q begins a block", text)
		require.NotContains(t, text+code, "|")
		require.NotContains(t, text+code, "\n")
		for _, n := range readMarkdown(t, code) {
			require.True(t, n.code)
		}
		require.Equal(t, want, plainMarkdown(t, code))

		limit := rapid.IntRange(3, 40).Draw(t, "limit")
		short := markdownText(s, limit)
		require.LessOrEqual(t, len(short), limit)
		cut := plainMarkdown(t, short)
		if cut != want {
			require.True(t, strings.HasPrefix(want, strings.TrimSuffix(cut, "…")), "%q of %q", cut, want)
		}
	})
}
