package scimeval

import (
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "abc": "abc", "ABC": "abc", "aBc[@Z": "abc[@z", "Straße": "strasse", "\u1e9e": "ss", "ﬃ": "ffi", "\u212a": "k", "\u017f": "s", "ΣΊΣΥΦΟΣ": "σίσυφοσ", "ς": "σ",
		"İ": "i\u0307", "ı": "ı", "I": "i", "Ꭰ": "Ꭰ", "\uab70": "Ꭰ", "\u13f8": "\u13f0", "ᏰX\u13f8": "ᏰxᏰ", "Ⴀ": "ⴀ", "Ა": "ა", "𐐀": "𐐨", "Ω\u2126": "ωω", "ǅ": "ǆ", "ΐ": "\u03b9\u0308\u0301", "ŉ": "ʼn",
	} {
		require.Equal(t, want, Fold(s), "%q", s)
	}
}

// Fold is idempotent on every rune and has one value on each orbit of simple folding.
func TestFoldEveryRune(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r >= 0xd800 && r <= 0xdfff {
			continue
		}
		s := string(r)
		f := Fold(s)
		if Fold(f) != f {
			t.Fatalf("%U folds to %q and then to %q", r, f, Fold(f))
		}
		if g := Fold(string(unicode.SimpleFold(r))); f != g {
			t.Fatalf("%U folds to %q, its equivalent %U to %q", r, f, unicode.SimpleFold(r), g)
		}
	}
}

func TestFoldJoins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		require.Equal(t, Fold(a)+Fold(b), Fold(a+b), "folding knows no context")
		require.Equal(t, Fold(a), Fold(Fold(a)))
	})
}
