package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

// What strangers and approvers write stays text: exact in JSON, harmless on a terminal.
func TestHostileDecisions(t *testing.T) {
	d := newDecided(t, NewDiff(sampleDiffInput()))
	for some := range slices.Chunk(hostile, len(d.groups)) {
		rows, comments := map[int][]any{}, map[int]string{}
		for i, s := range some {
			comment := strings.ToValidUTF8(prefix(s, 16_000), "?")
			if strings.ContainsAny(comment, "\uffff\ufffe\x00\x07\x08\x1b\r") || strings.Contains(comment, "_x") {
				continue // the library of this test cannot write them as they are
			}
			rows[i], comments[i] = []any{"question", comment, "N " + prefix(comment, 100), decisionDay}, comment
		}
		got, err := d.read(d.filledIn(t, rows))
		require.NoError(t, err)
		for i, comment := range comments {
			require.True(t, comment == *got.Decisions[i].Comment, "%.80q is %.80q", comment, *got.Decisions[i].Comment)
			require.Equal(t, "N "+strings.TrimRight(prefix(comment, 100), " "), *got.Decisions[i].By)
		}
	}
	for _, s := range hostile {
		one := Decision{Group: s, Kind: "action", Name: s, Lost: 1, Decision: ptr(DecisionReject), Comment: &s, By: &s, Date: ptr("2026-11-22")}
		record := &DecisionsDocument{Decisions: []Decision{one}, Result: DecidedResult{RunDigest: s, AsOf: s, Verdict: s, ExitCode: 3, Policy: DecidedPolicy{Name: &s}}}
		require.NoError(t, record.conclude())
		var out bytes.Buffer
		require.NoError(t, WriteDecisionsTerminal(&out, record, TerminalOptions{}))
		for line := range strings.Lines(out.String()) {
			require.Equal(t, -1, strings.IndexFunc(strings.TrimSuffix(line, "\n"), notPrint), "%q", line)
		}
	}
}

// Workbooks with hostile text are read back as they were written.
func TestWorkbooksOfHostileDocumentsAreTheirOwn(t *testing.T) {
	every := strings.ToValidUTF8(strings.Join(hostile, " "), "\ufffd") // as JSON gives it back
	in := withGroups(hostileInput(every))
	in.ToolVersion = "0.1.0"
	for _, doc := range []Renderable{New(in), New(manyHostile(func(string) bool { return true }))} {
		d := newDecided(t, doc)
		got, err := d.read(d.workbook)
		require.NoError(t, err)
		require.Equal(t, WordOpen, got.Verdict.Word)
	}
}

// withGroups has something to decide on.
func withGroups(in Input) Input {
	in.Result.Actions[0].Planned = 1
	return in
}

// savedByLibreOffice are workbooks as somebody has them who opens and saves them there. Without LibreOffice the test is skipped, or fails
// where it is required.
func savedByLibreOffice(t *testing.T, workbooks ...[]byte) [][]byte {
	t.Helper()
	saved := convertedByOffice(t, "xlsx", "Calc MS Excel 2007 XML", workbooks...)
	for i := range workbooks {
		require.NotEqual(t, workbooks[i], saved[i])
	}
	return saved
}

func TestDecisionsSavedByLibreOffice(t *testing.T) {
	d, hostile := newDecided(t, NewDiff(sampleDiffInput())), newDecided(t, New(manyHostile(func(s string) bool {
		return !strings.Contains(s, "_x005F_") // LibreOffice resolves this escape once too often
	})))
	const comment = "=1+1 is text, _x0041_ too, 王 🙂"
	rows := d.all("approve", comment, "Ana Souza", decisionDay)
	rows[1] = []any{"reject", "two\nlines", "Bo Li", "2026-11-23"}
	saved := savedByLibreOffice(t, d.filledIn(t, rows),
		d.edited(t, func(f *excelize.File) { require.NoError(t, f.SetCellInt(decisionsSheet, "D4", 1)) }),
		hostile.filledIn(t, hostile.all("approve", nil, "Ana", decisionDay)))

	got, err := d.read(saved[0])
	require.NoError(t, err)
	require.Equal(t, DecisionsSummary{Groups: len(d.groups), Approved: len(d.groups) - 1, Rejected: 1}, got.Summary)
	require.Equal(t, []*string{ptr("approve"), ptr(comment), ptr("Ana Souza"), ptr("2026-11-22")}, said(got.Decisions[0]))
	require.Equal(t, []*string{ptr("reject"), ptr("two\nlines"), ptr("Bo Li"), ptr("2026-11-23")}, said(got.Decisions[1]))

	_, err = d.read(saved[1])
	require.ErrorContains(t, err, decisionsSheet+"!D4 says 1, should say ")
	require.NotContains(t, err.Error(), "more", "LibreOffice itself changes nothing")

	got, err = hostile.read(saved[2])
	require.NoError(t, err)
	require.Equal(t, WordApproved, got.Verdict.Word)
}

// manyHostile is a simulation with those hostile texts, each in cells of its own.
func manyHostile(with func(string) bool) Input {
	in := withGroups(sampleInput())
	for i, s := range hostile {
		s = strings.ToValidUTF8(s, "\ufffd") // as JSON gives it back
		if !with(s) {
			continue
		}
		for _, f := range hostileInput(s).Findings {
			f.Code = fmt.Sprintf("%s %d", f.Code, i)
			in.Findings = append(in.Findings, f)
		}
	}
	return in
}
