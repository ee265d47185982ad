package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/lcmsim/lcmsim/engine"
)

func TestDecisionsSheet(t *testing.T) {
	d := NewDiff(sampleDiffInput())
	groups := changeGroups(d)
	f, workbook := openWorkbook(t, func(b *bytes.Buffer) error { return WriteXLSX(b, d) })
	require.Equal(t, decisionsSheet, f.GetSheetList()[1], "behind the summary")
	cells := readCells(t, f, decisionsSheet)
	require.Equal(t, []string{"Group", "What", "Kind", "Lost", "Gained", "Undecided", "Deactivated", "Revoked", "Detail", "Decision", "Comment", "Name", "Date"}, cells[tableRow-1])
	require.True(t, strings.HasPrefix(cells.at(2, 1), "12 changes to decide on, the greatest harm first."), cells.at(2, 1))
	require.True(t, strings.HasSuffix(cells.at(2, 1), " Workflows change by their actions. Run "+*d.RunDigest+"."), cells.at(2, 1))
	require.Equal(t, "12 changes to decide on: sheet Decisions.", readCells(t, f, "Summary").at(4, 1))

	t.Run("only what is filled in is unlocked", func(t *testing.T) {
		for row := 1; row <= tableRow+len(groups)+1; row++ {
			for column := 1; column <= 14; column++ {
				name, err := excelize.CoordinatesToCellName(column, row)
				require.NoError(t, err)
				id, err := f.GetCellStyle(decisionsSheet, name)
				require.NoError(t, err)
				style, err := f.GetStyle(id)
				require.NoError(t, err)
				open := row > tableRow && row <= tableRow+len(groups) && column >= 10 && column <= 13
				require.Equal(t, open, style.Protection != nil && !style.Protection.Locked, name)
			}
		}
		xml := parts(t, workbook)["xl/worksheets/sheet2.xml"]
		require.Regexp(t, `<sheetProtection [^>]*sheet="true"`, xml)
		for _, allowed := range []string{"autoFilter", "formatColumns", "formatRows"} {
			require.Regexp(t, `<sheetProtection [^>]*`+allowed+`="false"`, xml)
		}
		require.NotRegexp(t, `<sheetProtection [^>]*(password|hashValue)`, xml)
		require.NotContains(t, parts(t, workbook)["xl/worksheets/sheet1.xml"], "sheetProtection")
	})

	t.Run("only decisions and dates are let in", func(t *testing.T) {
		validations, err := f.GetDataValidations(decisionsSheet)
		require.NoError(t, err)
		require.Len(t, validations, 2)
		last := tableRow + len(groups)
		words, dates := validations[0], validations[1]
		require.Equal(t, fmt.Sprintf("J4:J%d", last), words.Sqref)
		require.Equal(t, `"approve,reject,question"`, words.Formula1)
		require.Equal(t, fmt.Sprintf("M4:M%d", last), dates.Sqref)
		require.Equal(t, "date", dates.Type)
		for _, v := range validations {
			require.True(t, v.ShowErrorMessage)
			require.Equal(t, "stop", *v.ErrorStyle)
			require.True(t, v.AllowBlank)
		}
		formats, err := f.GetConditionalFormats(decisionsSheet)
		require.NoError(t, err)
		colors := map[string]bool{}
		for _, c := range formats[words.Sqref] {
			colors[c.Value] = true
		}
		require.Equal(t, map[string]bool{`"approve"`: true, `"reject"`: true, `"question"`: true}, colors)
	})

	t.Run("filled in, it reads back", func(t *testing.T) {
		require.NoError(t, f.SetCellValue(decisionsSheet, "J4", "reject"))
		require.NoError(t, f.SetCellValue(decisionsSheet, "K4", "=not a formula"))
		var out bytes.Buffer
		require.NoError(t, f.Write(&out))
		again, err := excelize.OpenReader(&out)
		require.NoError(t, err)
		cells := readCells(t, again, decisionsSheet)
		require.Equal(t, "reject", cells.at(4, 10))
		require.Equal(t, "=not a formula", cells.at(4, 11))
		require.Equal(t, groups[0].ID, cells.at(4, 1))
	})
}

// Documents that change nothing have nothing to decide on.
func TestWorkbooksWithoutDecisions(t *testing.T) {
	for _, d := range []Renderable{NewCrosscheck(sampleCrosscheck(same)), NewCalibration(sampleCalibration(same))} {
		f, _ := openWorkbook(t, func(b *bytes.Buffer) error { return WriteXLSX(b, d) })
		require.NotContains(t, f.GetSheetList(), decisionsSheet)
		require.NotContains(t, f.GetSheetList(), chartsSheet)
	}
}

// A run without a digest cannot be signed, and says so where it would be.
func TestDecisionsWithoutARunDigest(t *testing.T) {
	in := sampleDiffInput()
	in.To.Population.SHA256 = nil
	f, _ := openWorkbook(t, func(b *bytes.Buffer) error { return WriteXLSX(b, NewDiff(in)) })
	require.Contains(t, readCells(t, f, decisionsSheet).at(2, 1), "Run not computed, so that nothing can be signed")
}

func TestChartsShowTheNumbersBesideThem(t *testing.T) {
	d := NewDiff(sampleDiffInput())
	f, workbook := openWorkbook(t, func(b *bytes.Buffer) error { return WriteXLSX(b, d) })
	cells := readCells(t, f, chartsSheet)
	require.Equal(t, []string{"What", "Lost", "Deactivated", "Gained", "Undecided"}, cells[1])
	require.Equal(t, []string{"Legal access", "40", "0", "0", "0"}, cells[2])
	require.Contains(t, cells, []string{"Disable accounts", "6", "12", "0", "0"}, "who is deactivated does not gain")
	require.Equal(t, []string{"What", "Lost", "Gained", "Undecided"}, cells[15], "no profile deactivates")
	files := parts(t, workbook)
	for i, categories := range []string{"Charts!$A$3:$A$6", "Charts!$A$17:$A$19", "Charts!$A$30:$A$32"} {
		chart := files[fmt.Sprintf("xl/charts/chart%d.xml", i+1)]
		want := 3
		if i == 0 {
			want = 4
		}
		require.Equal(t, want, strings.Count(chart, categories), "a chart of every count")
	}
	require.Equal(t, []string{"Access profiles"}, cells[14])
	require.NotContains(t, files, "xl/charts/chart4.xml")
}

// Bars tell how much of a limit is used: they end where all of it is, and where a guard that allows nobody is broken.
func TestLimitsHaveBars(t *testing.T) {
	in := sampleDiffInput()
	in.Result.Limits = append(in.Result.Limits, engine.LimitResult{Scope: "guard", Kind: "count", Name: "break-glass", Verdict: engine.VerdictExceeded,
		AffectedLow: 2, AffectedHigh: 2, Headroom: -2, Enforced: "own", Exemplars: []string{"W000001", "W000002"}, NotSeen: []string{"changes by other policies", "more"}})
	f, workbook := openWorkbook(t, func(b *bytes.Buffer) error { return WriteXLSX(b, NewDiff(in)) })
	sheet := parts(t, workbook)["xl/worksheets/sheet1.xml"]
	require.Equal(t, []int{1, 0}, []int{strings.Count(sheet, `<x14:cfvo type="num"><xm:f>1</xm:f></x14:cfvo>`), strings.Count(sheet, "autoMax")})
	formats, err := f.GetConditionalFormats("Summary")
	require.NoError(t, err)
	require.Len(t, formats, 1)
	for cells, rules := range formats {
		require.Len(t, rules, 1)
		require.Equal(t, []string{"data_bar", "num", "1"}, []string{rules[0].Type, rules[0].MaxType, rules[0].MaxValue})
		first, last, _ := strings.Cut(cells, ":")
		for cell, want := range map[string]string{first: "1", last: "0.4"} {
			got, err := f.GetCellValue("Summary", cell, excelize.Options{RawCellValue: true})
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	}
	names := []string{}
	for _, row := range sheetRows(t, f, "Summary") {
		names = append(names, row["Limit"]+" "+row["Hit, for example"])
	}
	require.Equal(t, []string{"break-glass W000001; W000002", "max_identities_affected_percentage ", "legal "}, names, "the most pressing first")
	dump := dumpWorkbook(t, f)
	require.Contains(t, dump, "changes by other policies (break-glass, max_identities_affected_percentage)\n")
	require.Contains(t, dump, "more (break-glass)\n")
}

// The summary has all that is to be looked at.
func TestSummaryHasAllToLookAt(t *testing.T) {
	in := sampleDiffInput()
	for i := range 30 {
		l := in.Result.Limits[0]
		l.Name = fmt.Sprintf("limit %d", i)
		in.Result.Limits = append(in.Result.Limits, l)
	}
	d := NewDiff(in)
	f, _ := openWorkbook(t, func(b *bytes.Buffer) error { return WriteXLSX(b, d) })
	dump := dumpWorkbook(t, f)
	require.Greater(t, len(d.LookFirst), 30)
	for _, s := range d.LookFirst {
		require.Contains(t, dump, s)
	}
}

// Nobody loses what nobody had: there is no share.
func TestShareOfNobody(t *testing.T) {
	in := sampleDiffInput()
	in.Result.AccessProfiles = []engine.ProfileChange{{ID: "new", Gained: 5}, {ID: "kept", Gained: 5, Unchanged: 5}}
	f, _ := openWorkbook(t, func(b *bytes.Buffer) error { return WriteXLSX(b, NewDiff(in)) })
	shares := []string{}
	for _, row := range sheetRows(t, f, "Profiles") {
		shares = append(shares, row["Profile id"]+" "+row["Share of those that had it"])
	}
	require.Equal(t, []string{"new ", "kept 0"}, shares)
}
