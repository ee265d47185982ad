package report

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The lengths at which the HTML page cuts text, in characters. Its budget rests on them.
const (
	maxLabel    = 200 // names, ids
	maxCell     = 400
	maxSentence = 600

	// And so many are shown.
	maxSentences = 40
	maxFields    = 60
)

// cut is s as a page shows it: Printable, and cut with a notice when it has more than n characters.
func cut(s string, n int) string {
	head := prefix(s, n) // no character becomes shorter
	shown := Printable(head)
	if len(head) == len(s) && (len(shown) <= n || utf8.RuneCountInString(shown) <= n) {
		return shown
	}
	return prefix(shown, n) + fmt.Sprintf("... [cut; %s characters in all]", Count(utf8.RuneCountInString(s)))
}

// cutAll cuts each of the first items, and says how many more there are.
func cutAll(items []string, n, most int) []string {
	out := make([]string, 0, min(len(items), most)+1)
	for _, s := range items[:min(len(items), most)] {
		out = append(out, cut(s, n))
	}
	if rest := len(items) - most; rest > 0 {
		out = append(out, fmt.Sprintf("and %s more, in the JSON result", Count(rest)))
	}
	return out
}

// cutFields cuts labels and what stands beside them: the first most of them, saying how many more there are.
func cutFields(fields [][2]string, most int) [][2]string {
	out := make([][2]string, 0, min(len(fields), most)+1)
	for _, f := range fields[:min(len(fields), most)] {
		out = append(out, [2]string{cut(f[0], maxLabel), cut(f[1], maxCell)})
	}
	if rest := len(fields) - most; rest > 0 {
		out = append(out, [2]string{"More", fmt.Sprintf("%s more, in the JSON result", Count(rest))})
	}
	return out
}

// markupSize is about how many bytes text takes in HTML.
func markupSize(s string) int {
	const reference = 5 // bytes of a character reference such as &#34;
	n := len(s)
	for _, special := range []string{"<", ">", "&", `"`, "'", "+"} {
		n += (reference - 1) * strings.Count(s, special)
	}
	return n
}
