package report

import (
	"iter"
	"strings"
	"unicode/utf8"
)

// markdownText is text of strangers in a cell or line of Markdown, at most limit bytes of it: it formats nothing, links nothing and
// mentions nobody, neither as CommonMark nor as GitHub reads it. Where GitHub looks for references in the finished page, where a
// backslash is gone already, a character stands in an element of its own.
func markdownText(s string, limit int) string {
	return cutPieces(markdownPieces(markdownLine(s, limit)), limit)
}

// markdownCode is text of strangers as code.
func markdownCode(s string, limit int) string {
	line := markdownLine(s, limit)
	switch {
	case line == "":
		return ""
	case strings.ContainsAny(line, "`|"): // either ends the code or the cell, whatever stands before it
		return "<code>" + markdownText(s, limit) + "</code>"
	}
	return "`" + cutPieces(runes(line), limit) + "`"
}

// markdownLine is s on one line without blanks around it, which would make an indented block of it. What limit cuts off anyway may
// be missing.
func markdownLine(s string, limit int) string {
	return strings.TrimSpace(Printable(prefix(strings.TrimSpace(s), limit+1)))
}

// cutPieces joins pieces up to limit bytes; dots stand for the rest, in one character, so that www and dots are no address.
func cutPieces(pieces iter.Seq[string], limit int) string {
	const dots = "…"
	var b strings.Builder
	end := 0
	for piece := range pieces {
		b.WriteString(piece)
		if b.Len() <= limit-len(dots) {
			end = b.Len()
		}
		if b.Len() > limit {
			return b.String()[:end] + dots
		}
	}
	return b.String()
}

func runes(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, r := range s {
			if !yield(string(r)) {
				return
			}
		}
	}
}

// markdownPieces are the characters of a line, those escaped that do something where they stand.
func markdownPieces(line string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i, r := range line {
			if !yield(markdownPiece(line, i, r)) {
				return
			}
		}
	}
}

// markdownPiece is the character r at byte i of a line.
func markdownPiece(line string, i int, r rune) string {
	before, after := line[:i], line[i+utf8.RuneLen(r):]
	switch r {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '|':
		return "&#124;"
	}
	apart, escaped := false, false
	switch r {
	case '\\', '`', '*', '_', '[', ']', '~':
		escaped = true
	case '@', '#', '$': // @name, #12, $a formula$
		apart = true
	case ':': // http://host, :emoji:
		apart = after != "" && after[0] != ' '
	case '.': // www.host, 1. of a list
		apart = endsInFold(before, "www")
		escaped = !apart && digits(before)
	case '-': // GH-12, - of a list
		apart = endsInFold(before, "gh")
		escaped = before == ""
	case ')': // 1) of a list
		escaped = digits(before)
	case '+', '=':
		escaped = before == ""
	}
	switch {
	case apart:
		return "<span>" + string(r) + "</span>"
	case escaped:
		return `\` + string(r)
	}
	return string(r)
}

// endsInFold tells whether s ends in an ASCII suffix, in any case.
func endsInFold(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}

// digits tells whether s is a number.
func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
