package scimeval

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold is full Unicode case folding without locale: equal results mean equal but for case.
func Fold(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return foldUnicode(s)
		}
	}
	for i := 0; i < len(s); i++ {
		if s[i] >= 'A' && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if b[i] >= 'A' && b[i] <= 'Z' {
					b[i] |= 0x20
				}
			}
			return string(b)
		}
	}
	return s
}

// foldUnicode works around x/text, which swaps the cases of Cherokee: its capitals fold to themselves (CaseFolding.txt).
func foldUnicode(s string) string {
	i := strings.IndexFunc(s, isCherokeeCapital)
	if i < 0 {
		return cases.Fold().String(s)
	}
	var b strings.Builder
	for i >= 0 {
		_, n := utf8.DecodeRuneInString(s[i:])
		b.WriteString(cases.Fold().String(s[:i]))
		b.WriteString(s[i : i+n])
		s = s[i+n:]
		i = strings.IndexFunc(s, isCherokeeCapital)
	}
	b.WriteString(cases.Fold().String(s))
	return b.String()
}

func isCherokeeCapital(r rune) bool { return r >= 0x13A0 && r <= 0x13F5 }

// nfc is Unicode normalization form C.
func nfc(s string) string { return norm.NFC.String(s) }
