package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable makes text from strangers safe to look at, on one line: controls, line breaks, bidirectional overrides,
// zero-width and other invisible characters, and spaces that are no plain space become escapes such as \n, \u202e or
// \xff (a byte that is no UTF-8). All else stays as it is; a backslash is not doubled, so what was escaped cannot be
// told from text that spells an escape. JSON carries the exact text.
func Printable(s string) string {
	for i, r := range s {
		if !printable(s[i:], r) {
			return escapeFrom(s, i)
		}
	}
	return s
}

// escapeFrom is Printable for text whose first character to escape is at byte i.
func escapeFrom(s string, i int) string {
	var b strings.Builder
	b.WriteString(s[:i])
	for s = s[i:]; s != ""; {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case printable(s, r):
			b.WriteString(s[:size])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == utf8.RuneError:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		s = s[size:]
	}
	return b.String()
}

// printable tells whether r, the first character of s, is safe and visible.
func printable(s string, r rune) bool {
	switch {
	case r >= ' ' && r < 0x7f:
		return true
	case r == utf8.RuneError:
		_, size := utf8.DecodeRuneInString(s)
		return size > 1
	case unicode.Is(invisible, r):
		return false
	}
	return unicode.IsPrint(r)
}

// invisible are characters that unicode.IsPrint lets pass although they show nothing: the combining grapheme joiner,
// Hangul fillers, Khmer inherent vowels, Mongolian selectors, the blank Braille pattern, variation selectors.
var invisible = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034f, Hi: 0x034f, Stride: 1},
		{Lo: 0x115f, Hi: 0x1160, Stride: 1},
		{Lo: 0x17b4, Hi: 0x17b5, Stride: 1},
		{Lo: 0x180b, Hi: 0x180f, Stride: 1},
		{Lo: 0x2800, Hi: 0x2800, Stride: 1},
		{Lo: 0x3164, Hi: 0x3164, Stride: 1},
		{Lo: 0xfe00, Hi: 0xfe0f, Stride: 1},
		{Lo: 0xffa0, Hi: 0xffa0, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0xe0100, Hi: 0xe01ef, Stride: 1}},
}
