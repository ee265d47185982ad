package report

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFilterJSON(t *testing.T) {
	for _, d := range []*FilterDocument{
		fullFilterDocument(),
		NewFilterDocument("rfc7644", 3, nil),
		NewFilterDocument("vendor", 1, []FilterResult{{Filter: "a pr & <b>\u202e", IDs: []string{"=1", "\x00"}}}),
	} {
		var got, want bytes.Buffer
		require.NoError(t, WriteFilterJSON(&got, d))
		require.NoError(t, writeIndented(&want, d))
		require.Equal(t, want.String(), got.String())
	}
	require.ErrorIs(t, WriteFilterJSON(full{}, fullFilterDocument()), errFull)
}

func TestFilterGolden(t *testing.T) {
	d := fullFilterDocument()
	d.Filters[0].IDs = nil
	for range 30 {
		d.Filters[0].IDs = append(d.Filters[0].IDs, "W000123")
	}
	d.Filters[0].Matches = 30
	var js, plain bytes.Buffer
	require.NoError(t, WriteFilterJSON(&js, d))
	require.NoError(t, WriteFilterTerminal(&plain, d, TerminalOptions{}))
	requireGolden(t, "filter.json", js.Bytes())
	requireGolden(t, "filter.txt", plain.Bytes())
}
