package scimeval

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseInstant(t *testing.T) {
	for text, want := range map[string]string{
		"2024-01-31":                          "2024-01-31T00:00:00Z",
		"2024-02-29":                          "2024-02-29T00:00:00Z",
		"2000-02-29T23:59:59z":                "2000-02-29T23:59:59Z",
		"2024-01-31T08:30:00":                 "2024-01-31T08:30:00Z",
		"2024-01-31t08:30:00":                 "2024-01-31T08:30:00Z",
		"2024-01-31T08:30:00.":                "",
		"2024-01-31T08:30:00.Z":               "",
		"2024-01-31T08:30:00.250":             "2024-01-31T08:30:00.25Z",
		"2024-01-31T08:30:00.123456789+01:30": "2024-01-31T07:00:00.123456789Z",
		"2024-01-01T00:00:00+14:00":           "2023-12-31T10:00:00Z",
		"2024-01-01T00:00:00-14:00":           "2024-01-01T14:00:00Z",
		"2024-01-01T00:00:00-00:00":           "2024-01-01T00:00:00Z",
		"2024-01-01T00:00:00.5-13:59":         "2024-01-01T13:59:00.5Z",
		"0000-02-29":                          "0000-02-29T00:00:00Z",
		"9999-12-31T23:59:59.999999999-14:00": "10000-01-01T13:59:59.999999999Z",
	} {
		in, ok := ParseInstant(text)
		require.Equal(t, want != "", ok, text)
		if ok {
			nanos := 0
			_, err := fmt.Sscanf((in.fraction + "000000000")[:9], "%d", &nanos)
			require.NoError(t, err)
			require.Equal(t, want, time.Unix(in.seconds, int64(nanos)).UTC().Format("2006-01-02T15:04:05.999999999Z07:00"), text)
		}
	}
	for _, text := range []string{
		"", "2024", "2024-1-1", "2024-01", "24-01-01", "12024-01-01", "2024-00-10", "2024-13-01", "2024-01-00", "2024-01-32", "2023-02-29", "1900-02-29", "2024-04-31", "2024-06-31",
		"2024/01/31", "20240131", " 2024-01-31", "2024-01-31 ", "2024-01-31Z", "2024-01-31T", "2024-01-31T08", "2024-01-31T08:30", "2024-01-31T08:30Z", "2024-01-31 08:30:00",
		"2024-01-31T8:30:00Z", "2024-01-31T08:3:00Z", "2024-01-31T24:00:00Z", "2024-01-31T08:60:00Z", "2024-01-31T08:30:60Z", "2016-12-31T23:59:60Z", "2024-01-31T08:30:00,5Z",
		"2024-01-31T08:30:00+1:00", "2024-01-31T08:30:00+0100", "2024-01-31T08:30:00+01", "2024-01-31T08:30:00+14:01", "2024-01-31T08:30:00-15:00", "2024-01-31T08:30:00+01:60",
		"2024-01-31T08:30:00 Z", "2024-01-31T08:30:00ZZ", "2024-01-31T08:30:00Z+01:00", "2024-01-31T083000Z", "-024-01-31", "２024-01-31", "2024-W05-3", "2024-031", "2024-01-31T08:30:00\u221201:00",
		"aaaa-bb-cc", "2024-01-31Taa:bb:cc", "2024-01-3\x00", "2024-01-31T08:30:00+aa:bb",
	} {
		_, ok := ParseInstant(text)
		require.False(t, ok, text)
	}
}

func TestInstantAgreesWithTime(t *testing.T) {
	texts := rapid.Custom(func(t *rapid.T) string {
		return rapid.StringMatching(`(0000|1969|1970|2024|9999)-(0[0-9]|1[0-3])-([0-2][0-9]|3[0-2])(T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,9})?(Z|[+-](0[0-9]|1[0-5]):[0-5][0-9]))?`).Draw(t, "text")
	})
	reference := func(s string) (time.Time, bool) {
		layout := time.RFC3339Nano
		if len(s) == 10 {
			layout = time.DateOnly
		}
		at, err := time.Parse(layout, s)
		_, offset := at.Zone()
		return at, err == nil && max(offset, -offset) <= 14*3600
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := texts.Draw(t, "a"), texts.Draw(t, "b")
		ta, ok := reference(a)
		ia, got := ParseInstant(a)
		require.Equal(t, ok, got, a)
		tb, ok2 := reference(b)
		ib, _ := ParseInstant(b)
		if ok && ok2 {
			require.Equal(t, ta.Compare(tb), ia.Compare(ib), "%s %s", a, b)
		}
	})
}
