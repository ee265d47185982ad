package report

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

func TestFormatsThatHideAreRefused(t *testing.T) {
	d := newDecided(t, NewDiff(sampleDiffInput()))
	row := tableRow + 1
	count, share := cellName(row, 4), cellName(row, 5) // of the sheet Actions: lost, and its share
	decision := cellName(row, firstInput())
	for _, tc := range []struct {
		sheet, cell, format, refused string
	}{
		{"Actions", count, `"0"`, `Actions!D4 has the number format ""0"", which does not show what it holds`},
		{"Actions", count, ";;;", `Actions!D4 has the number format ";;;", which does not show what it holds`},
		{"Actions", count, "#,##0,", `Actions!D4 has the number format "#,##0,", which does not show what it holds`},
		{"Actions", count, "0%", `Actions!D4 has the number format "0%", which does not show what it holds`},
		{"Actions", share, "0%", `Actions!E4 has the number format "0%", which does not show what it holds`},
		{"Actions", "A4", `0;0;0;"Nothing"`, `Actions!A4 has the number format "0;0;0;"Nothing"", which does not show what it holds`},
		{decisionsSheet, decision, `0;0;0;"approve"`, `Decisions!J4 has the number format "0;0;0;"approve"", which can show something else; set it to General, or that of a date to yyyy-mm-dd`},
		{decisionsSheet, decision, `;;;`, `Decisions!J4 has the number format ";;;", which can show something else; set it to General, or that of a date to yyyy-mm-dd`},
		{"Actions", count, "#,##0", ""},
		{"Actions", count, "0", ""},
		{"Actions", count, "General", ""},
		{"Actions", share, "0.0%", ""},
		{decisionsSheet, decision, "General", ""},
		{decisionsSheet, decision, "[$-409]d-mmm-yy;@", ""},
	} {
		workbook := d.edited(t, func(f *excelize.File) {
			style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &tc.format})
			require.NoError(t, err)
			if tc.sheet == decisionsSheet {
				require.NoError(t, f.SetCellStr(tc.sheet, tc.cell, "reject"))
			}
			require.NoError(t, f.SetCellStyle(tc.sheet, tc.cell, tc.cell, style))
		})
		_, found := d.compared(t, workbook)
		if tc.refused == "" {
			require.Zero(t, found.n, "%s: %s", tc.format, found.text())
			continue
		}
		require.Equal(t, "\n  "+tc.refused, found.text())
	}
}
