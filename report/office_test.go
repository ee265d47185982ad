package report

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

// convertedByOffice opens workbooks in LibreOffice and saves them in another format, in a profile of its own. Where LibreOffice is
// not installed the test is skipped, but fails where LCMSIM_REQUIRE_OFFICE=1.
func convertedByOffice(t *testing.T, extension, filter string, workbooks ...[]byte) [][]byte {
	t.Helper()
	office, err := exec.LookPath("soffice")
	if err != nil {
		const missing = "soffice is not installed; install LibreOffice Calc (Debian: libreoffice-calc)"
		if os.Getenv("LCMSIM_REQUIRE_OFFICE") == "1" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	dir := t.TempDir()
	saved := filepath.Join(dir, "saved")
	args := []string{"-env:UserInstallation=file://" + filepath.Join(dir, "profile"), "--headless", "--norestore", "--convert-to", extension + ":" + filter, "--outdir", saved}
	for i, workbook := range workbooks {
		file := filepath.Join(dir, fmt.Sprintf("%d.xlsx", i))
		require.NoError(t, os.WriteFile(file, workbook, 0o600))
		args = append(args, file)
	}
	said, err := exec.CommandContext(t.Context(), office, args...).CombinedOutput()
	require.NoError(t, err, string(said))
	require.NotContains(t, strings.ToLower(string(said)), "repair")
	out := [][]byte{}
	for i := range workbooks {
		converted, err := os.ReadFile(filepath.Join(saved, fmt.Sprintf("%d.%s", i, extension)))
		require.NoError(t, err, string(said))
		out = append(out, converted)
	}
	return out
}

// LibreOffice opens workbooks, and what it saves has the same sheets and cells, charts, bars and protection.
func TestOfficeOpensWorkbooks(t *testing.T) {
	payload := ""
	for _, s := range shortHostile {
		if !strings.Contains(s, "_x005F_") { // LibreOffice reads it as it should, and does not escape it when it saves
			payload += s
		}
	}
	documents := []Renderable{New(sampleInput()), NewDiff(sampleDiffInput()), New(hostileInput(payload)), NewCrosscheck(sampleCrosscheck(same)), NewDiff(sampleDiffInput())}
	workbooks := [][]byte{}
	for i, d := range documents {
		var out bytes.Buffer
		maxRows := maxTableRows
		if i == len(documents)-1 {
			maxRows = 2
		}
		require.NoError(t, writeWorkbookTo(&out, d, maxRows))
		workbooks = append(workbooks, out.Bytes())
	}
	for i, saved := range convertedByOffice(t, "xlsx", "Calc MS Excel 2007 XML", workbooks...) {
		require.NotEqual(t, workbooks[i], saved)
		before, err := excelize.OpenReader(bytes.NewReader(workbooks[i]))
		require.NoError(t, err)
		after, err := excelize.OpenReader(bytes.NewReader(saved))
		require.NoError(t, err)
		requireSameCells(t, before, after)
		if len(changeGroups(documents[i])) == 0 {
			continue
		}
		files := parts(t, saved)
		require.Equal(t, countParts(parts(t, workbooks[i]), "xl/charts/chart"), countParts(files, "xl/charts/chart"))
		require.Regexp(t, `<sheetProtection [^>]*sheet="(1|true)"`, files["xl/worksheets/sheet2.xml"])
		validations, err := after.GetDataValidations(decisionsSheet)
		require.NoError(t, err)
		require.Len(t, validations, 2)
		for sheet, want := range map[string]string{"Summary": "dataBar", decisionsSheet: "cellIs"} {
			part := map[string]string{"Summary": "xl/worksheets/sheet1.xml", decisionsSheet: "xl/worksheets/sheet2.xml"}[sheet]
			require.Contains(t, files[part], want, sheet)
		}
	}
}

// Workbooks print: every sheet begins on a page of its own, as wide as the page.
func TestOfficePrintsWorkbooks(t *testing.T) {
	d := NewDiff(sampleDiffInput())
	var out bytes.Buffer
	require.NoError(t, WriteXLSX(&out, d))
	printed := convertedByOffice(t, "pdf", "calc_pdf_Export", out.Bytes())[0]
	require.True(t, bytes.HasPrefix(printed, []byte("%PDF-")))
	f, err := excelize.OpenReader(&out)
	require.NoError(t, err)
	pages := bytes.Count(printed, []byte("/Type/Page\n")) + bytes.Count(printed, []byte("/Type/Page/"))
	require.GreaterOrEqual(t, pages, len(f.GetSheetList()))
	require.LessOrEqual(t, pages, 2*len(f.GetSheetList()), "no sheet is wider than a page")
}

func countParts(files map[string]string, prefix string) int {
	n := 0
	for name := range files {
		if strings.HasPrefix(name, prefix) {
			n++
		}
	}
	return n
}

// requireSameCells holds all cells of two workbooks to the same texts and numbers.
func requireSameCells(t *testing.T, before, after *excelize.File) {
	t.Helper()
	require.Equal(t, before.GetSheetList(), after.GetSheetList())
	for _, sheet := range before.GetSheetList() {
		want, got := readCells(t, before, sheet), readCells(t, after, sheet)
		for row := 1; row <= max(len(want), len(got)); row++ {
			for column := 1; column <= 20; column++ {
				w, g := want.at(row, column), got.at(row, column)
				if w == g {
					continue
				}
				x, err := strconv.ParseFloat(w, 64)
				require.NoError(t, err, "%s, row %d, column %d: %q, not %q", sheet, row, column, g, w)
				y, err := strconv.ParseFloat(g, 64)
				require.NoError(t, err, "%s, row %d, column %d: %q, not %q", sheet, row, column, g, w)
				require.InEpsilon(t, x, y, 1e-14, "%s, row %d, column %d", sheet, row, column)
			}
		}
	}
}
