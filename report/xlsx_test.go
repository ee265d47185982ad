package report

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/lcmsim/lcmsim/engine"
)

// writeWorkbook renders d and opens the result.
func writeWorkbook(t *testing.T, d *Document) (*excelize.File, []byte) {
	t.Helper()
	return openWorkbook(t, func(b *bytes.Buffer) error { return WriteXLSX(b, d) })
}

// openWorkbook opens what write writes.
func openWorkbook(t *testing.T, write func(*bytes.Buffer) error) (*excelize.File, []byte) {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, write(&out))
	f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f, out.Bytes()
}

// dumpWorkbook lists every cell that is not empty: sheet, cell, text.
func dumpWorkbook(t *testing.T, f *excelize.File) string {
	t.Helper()
	var b strings.Builder
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		require.NoError(t, err)
		for r, row := range rows {
			for c, cell := range row {
				if cell == "" {
					continue
				}
				name, err := excelize.CoordinatesToCellName(c+1, r+1)
				require.NoError(t, err)
				fmt.Fprintf(&b, "%s!%s %s\n", sheet, name, cell)
			}
		}
	}
	return b.String()
}

// parts reads the files of a workbook.
func parts(t *testing.T, workbook []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(workbook), int64(len(workbook)))
	require.NoError(t, err)
	out := map[string]string{}
	for _, file := range z.File {
		r, err := file.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		out[file.Name] = string(text)
	}
	return out
}

func TestWorkbookGolden(t *testing.T) {
	f, bytes := writeWorkbook(t, New(sampleInput()))
	requireGolden(t, "workbook.txt", []byte(dumpWorkbook(t, f)))
	if path := os.Getenv("LCMSIM_TEST_WORKBOOK"); path != "" {
		require.NoError(t, os.WriteFile(path, bytes, 0o644))
	}
}

func TestWorkbookHasWhatExcelNeeds(t *testing.T) {
	d := New(sampleInput())
	f, workbook := writeWorkbook(t, d)
	require.Equal(t, []string{"Summary", "Decisions", "Charts", "Workflows", "Actions", "Profiles", "Entitlements", "Identities", "Findings", "Rules", "Inputs"}, f.GetSheetList())

	names := map[string]bool{}
	for _, sheet := range f.GetSheetList() {
		visible, err := f.GetSheetVisible(sheet)
		require.NoError(t, err)
		require.True(t, visible, sheet)
		tables, err := f.GetTables(sheet)
		require.NoError(t, err)
		if sheet == chartsSheet {
			require.Empty(t, tables)
			continue
		}
		require.Len(t, tables, 1, sheet)
		require.False(t, names[tables[0].Name], "table names are unique")
		names[tables[0].Name] = true

		panes, err := f.GetPanes(sheet)
		require.NoError(t, err)
		require.True(t, panes.Freeze, sheet)
		layout, err := f.GetPageLayout(sheet)
		require.NoError(t, err)
		require.Equal(t, "landscape", *layout.Orientation)
		require.Equal(t, 1, *layout.FitToWidth)
		require.Equal(t, 0, *layout.FitToHeight, "as many pages as it takes")
		props, err := f.GetSheetProps(sheet)
		require.NoError(t, err)
		require.True(t, *props.FitToPage)
		page, err := f.GetHeaderFooter(sheet)
		require.NoError(t, err)
		require.Equal(t, "&L&8 Workforce lifecycle, version 7 PUBLISHED&R&8 run "+(*d.RunDigest)[:12]+", digest "+*d.RunDigest, page.OddHeader)
		require.Equal(t, "&L"+sheet+", as of 2026-11-01T08:00:00Z&RPage &P of &N", page.OddFooter)
	}
	titles := map[string]string{}
	for _, name := range f.GetDefinedName() {
		titles[name.Scope] = name.Name + " " + name.RefersTo
	}
	require.Len(t, titles, 9)
	require.Equal(t, "_xlnm.Print_Titles 'Profiles'!$3:$3", titles["Profiles"])

	props, err := f.GetDocProps()
	require.NoError(t, err)
	require.Equal(t, "2026-11-01T08:00:00Z", props.Created)
	require.Equal(t, props.Created, props.Modified)
	require.Equal(t, "Simulation of Workforce lifecycle", props.Title)
	require.Equal(t, *d.RunDigest, props.Identifier)

	for cell, want := range map[string]excelize.CellType{"A4": excelize.CellTypeSharedString, "D4": excelize.CellTypeUnset} {
		got, err := f.GetCellType("Profiles", cell)
		require.NoError(t, err)
		require.Equal(t, want, got, "an id is text, a count is a number")
	}
	require.NotContains(t, parts(t, workbook), "xl/vbaProject.bin")
}

// A page header has 255 characters, whatever the names are, and none of them is a code.
func TestPageHeaders(t *testing.T) {
	for _, name := range []string{strings.Repeat("&", 400), strings.Repeat("💥", 400), "8 & 9", strings.Repeat("x", 70) + "&Rrun", "&&D"} {
		in := sampleDiffInput()
		policy := *in.To.Policy
		policy.Name = name
		in.To.Policy = &policy
		d := NewDiff(in)
		f, _ := openWorkbook(t, func(b *bytes.Buffer) error { return WriteXLSX(b, d) })
		page, err := f.GetHeaderFooter("Charts")
		require.NoError(t, err)
		require.LessOrEqual(t, len(utf16.Encode([]rune(page.OddHeader))), 255)
		left, right, _ := strings.Cut(strings.ReplaceAll(page.OddHeader, "&&", "+"), "&R&8 ")
		require.Equal(t, "run "+(*d.RunDigest)[:12]+", digest "+*d.RunDigest, right)
		require.True(t, strings.HasPrefix(left, "&L&8 "))
		require.NotContains(t, strings.TrimPrefix(left, "&L&8"), "&")
	}
}

func TestWorkbookOfAnEmptyRun(t *testing.T) {
	f, _ := writeWorkbook(t, New(Input{
		Rules: engine.DefaultRules("vendor"), Policy: &engine.Policy{}, Version: &engine.Version{}, Result: &engine.Result{}, Settings: Settings{FailOn: DefaultFailOn().Words()},
	}))
	for sheet, want := range map[string]string{
		"Workflows": "The policy has no workflows.", "Actions": "The policy has no actions.", "Profiles": "The policy reaches no access profiles.",
		"Entitlements": "The policy reaches no entitlements.", "Identities": "No identity is affected.", "Findings": "No findings.",
	} {
		got, err := f.GetCellValue(sheet, "A4")
		require.NoError(t, err)
		require.Equal(t, want, got)
		tables, err := f.GetTables(sheet)
		require.NoError(t, err)
		require.Empty(t, tables, "no table without rows")
	}
	verdict, err := f.GetCellValue("Summary", "A1")
	require.NoError(t, err)
	require.Equal(t, "NOBODY AFFECTED: 0 of 0 identities affected, 0 actions, 0 unknown", verdict)
}

func TestWorkbookStatesTheIdentityCap(t *testing.T) {
	f, _ := writeWorkbook(t, New(sampleInput()))
	const capped = "The first 3 of 5 affected identities, in input order: the list is capped at 3."
	require.Contains(t, dumpWorkbook(t, f), "Identities!A2 "+capped)
	require.Regexp(t, `Summary!A\d+ Sheet Identities: `+regexp.QuoteMeta(capped), dumpWorkbook(t, f))
	in := sampleInput()
	in.Identities = Identities{Cap: 10}
	row := sampleRow(0)
	in.Identities.Add(&row, "")
	row.Affected = "no"
	in.Identities.Add(&row, "")
	f, _ = writeWorkbook(t, New(in))
	note, err := f.GetCellValue("Identities", "A2")
	require.NoError(t, err)
	require.Equal(t, "1 affected identity of 5,000 in the population, all listed, in input order.", note)
}

// A workbook and its JSON state the same numbers.
func TestWorkbookEqualsDocument(t *testing.T) {
	d := New(sampleInput())
	f, _ := writeWorkbook(t, d)
	column := func(sheet, name string) []string {
		rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		at := slices.Index(rows[tableRow-1], name)
		require.GreaterOrEqual(t, at, 0, "%s has no column %s", sheet, name)
		out := []string{}
		for _, row := range rows[tableRow:] {
			cell := ""
			if at < len(row) {
				cell = row[at]
			}
			out = append(out, cell)
		}
		return out
	}
	var direct, granted, ids, flips []string
	for _, p := range d.AccessProfiles {
		direct = append(direct, strconv.Itoa(p.Direct))
	}
	for _, e := range d.Entitlements {
		granted = append(granted, strconv.Itoa(e.Granted))
	}
	for _, r := range d.Identities.Rows {
		ids = append(ids, r.EntityID)
	}
	for _, r := range d.RuleSettings {
		flip := "none"
		for _, s := range d.Sensitivity {
			if s.Rule == r.Rule {
				flip = s.Alternative + ": " + Count(s.Identities)
			}
		}
		flips = append(flips, flip)
	}
	require.Equal(t, direct, column("Profiles", "Direct"))
	require.Equal(t, granted, column("Entitlements", "Granted"))
	require.Equal(t, ids, column("Identities", "Entity id"))
	require.Equal(t, flips, column("Rules", "Identities that flip"))
	require.Len(t, column("Findings", "Code"), len(d.Diagnostics))
	require.Equal(t, []string{"workflow", "condition"}, column("Workflows", "Part")[:2])
}

func TestWorkbookReportsWriteErrors(t *testing.T) {
	require.ErrorIs(t, WriteXLSX(full{}, New(sampleInput())), errFull)
}
