package report

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// Equal documents give equal workbooks, byte for byte.
func TestWorkbookBytesAreStable(t *testing.T) {
	for _, d := range []Renderable{New(sampleInput()), NewDiff(sampleDiffInput()), NewCrosscheck(sampleCrosscheck(func(s string) string { return s }))} {
		var first bytes.Buffer
		require.NoError(t, WriteXLSX(&first, d))
		for range 5 {
			var again bytes.Buffer
			require.NoError(t, WriteXLSX(&again, d))
			require.Equal(t, first.Bytes(), again.Bytes())
		}
		types := parts(t, first.Bytes())[contentTypes]
		require.Contains(t, types, `<Override PartName="/xl/workbook.xml"`)
		require.Regexp(t, `</Types>$`, types)
	}
}
