package scimeval

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseDecimal(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "0.000": "0", "0e10000": "0", "-0.0e-7": "0",
		"1": "1", "1.0": "1", "10e-1": "1", "100e-2": "1", "1E+0": "1",
		"-12.50": "-12.5", "0.1": "0.1", "0.000001": "0.000001", "1e-7": "0.0000001", "1e-8": "1e-8", "1e20": "100000000000000000000", "1e21": "1e21", "12e-9": "1.2e-8",
		"9007199254740993": "9007199254740993", "123456789012345678901234567890": "1.2345678901234567890123456789e29",
		"1e10000": "1e10000", "10e10000": "10e10000", "0.1e-10000": "0.1e-10000", "-120e10000": "-120e10000",
		"1e0000000000000000000001": "10", "1e-00": "1",
	} {
		d, err := ParseDecimal(text)
		require.NoError(t, err, text)
		require.Equal(t, want, d.String(), text)
	}
	for _, text := range []string{"", "-", "+1", "01", "-01", "00", ".5", "1.", "1.e1", "1e", "1e+", "0x1", "1_000", " 1", "1 ", "1,0", "NaN", "Infinity", "--1", "1e1.5", "١", "1e1e1"} {
		_, err := ParseDecimal(text)
		require.ErrorIs(t, err, ErrNotNumber, "%q", text)
	}
	long := strings.Repeat("9", MaxNumberDigits)
	for _, text := range []string{long, "-" + long, "0." + long[1:], long[:500] + "." + long[:500], "1e10000", "1e-10000", long + "e10000", "0." + long[1:] + "e-10000"} {
		d, err := ParseDecimal(text)
		require.NoError(t, err)
		again, err := ParseDecimal(d.String())
		require.NoError(t, err, "the printed form keeps the limits")
		require.Zero(t, d.Compare(again))
	}
	for _, text := range []string{long + "9", "0." + long, "1e10001", "1e-10001", "1e99999999999999999999", "0e10001"} {
		_, err := ParseDecimal(text)
		require.ErrorIs(t, err, ErrNumberLimit, "%.20s", text)
	}
}

// someNumber draws a JSON number, often one of a small set.
func someNumber(t *rapid.T) string {
	if rapid.Bool().Draw(t, "small") {
		return rapid.SampledFrom([]string{"0", "-0", "0.0", "1", "1.0", "10e-1", "-1", "100", "1e2", "1E+2", "0.1", "1e10000", "-1e10000", "1e-10000",
			"9007199254740992", "9007199254740993", "99e9999", "0.00000012"}).Draw(t, "number")
	}
	return rapid.StringMatching(`-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?`).Draw(t, "digits")
}

func TestDecimalAgreesWithRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := someNumber(t), someNumber(t)
		da, err := ParseDecimal(a)
		require.NoError(t, err)
		db, err := ParseDecimal(b)
		require.NoError(t, err)
		ra, _ := new(big.Rat).SetString(a)
		rb, _ := new(big.Rat).SetString(b)
		require.Equal(t, ra.Cmp(rb), da.Compare(db), "%s against %s", a, b)
		require.Equal(t, ra.Sign(), da.Sign())
		require.Equal(t, ra.Cmp(rb) == 0, da.String() == db.String(), "equal numbers print alike: %s and %s", a, b)
		again, err := ParseDecimal(da.String())
		require.NoError(t, err, "%s prints as %s", a, da)
		require.Equal(t, da, again)
		want, _ := ra.Float64()
		require.Equal(t, want+0, da.Float64()+0, a)
	})
}

func TestDecimalFromFloat(t *testing.T) {
	d, err := DecimalFromFloat(float64(float32(0.1)), 32)
	require.NoError(t, err)
	require.Equal(t, "0.1", d.String())
	d, err = DecimalFromFloat(math.SmallestNonzeroFloat64, 64)
	require.NoError(t, err)
	require.Equal(t, "5e-324", d.String())
	d, err = DecimalFromFloat(math.Copysign(0, -1), 64)
	require.NoError(t, err)
	require.Equal(t, "0", d.String())
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		_, err := DecimalFromFloat(f, 64)
		require.ErrorIs(t, err, ErrNotNumber)
	}
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64().Filter(func(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }).Draw(t, "float")
		d, err := DecimalFromFloat(f, 64)
		require.NoError(t, err)
		require.Equal(t, f+0, d.Float64()+0)
	})
}
