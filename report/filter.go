package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// SchemaFilter names the shape of a FilterDocument.
const SchemaFilter = "lcmsim.filter/v1"

// FilterDocument says which identities of a population filters match (SPEC section 10).
type FilterDocument struct {
	Schema     string         `json:"schema"`
	Semantics  string         `json:"semantics"`
	Identities int            `json:"identities"`
	Filters    []FilterResult `json:"filters"` // one a given filter, in order
}

// FilterResult is what one filter matches. Matches and Unknown are the lengths of the lists.
type FilterResult struct {
	Filter     string       `json:"filter"`
	Matches    int          `json:"matches"`
	IDs        []string     `json:"ids"` // in input order
	Unknown    int          `json:"unknown"`
	UnknownIDs []string     `json:"unknown_ids"`
	Error      *FilterError `json:"error"`
}

// FilterError says why a filter does not compile, or cannot be evaluated.
type FilterError struct {
	Kind    string  `json:"kind"` // syntax unknown_attribute type operator value limit
	Code    string  `json:"code"`
	Column  int     `json:"column"` // byte offset from 0
	Message string  `json:"message"`
	Hint    *string `json:"hint"`
	Caret   *string `json:"caret"` // the filter, or the part around the column, with a caret line below it
}

// NewFilterDocument assembles a FilterDocument; it takes the lists over.
func NewFilterDocument(semantics string, identities int, filters []FilterResult) *FilterDocument {
	d := &FilterDocument{Schema: SchemaFilter, Semantics: semantics, Identities: identities, Filters: list(filters)}
	for i := range d.Filters {
		f := &d.Filters[i]
		f.IDs, f.UnknownIDs = list(f.IDs), list(f.UnknownIDs)
		f.Matches, f.Unknown = len(f.IDs), len(f.UnknownIDs)
	}
	return d
}

// WriteFilterJSON writes d with two spaces of indentation and a newline at the end. It holds the text of one filter at a
// time, whose ids may be a whole population.
func WriteFilterJSON(w io.Writer, d *FilterDocument) error {
	b := appendJSONString([]byte("{\n  \"schema\": "), d.Schema)
	b = appendJSONString(append(b, ",\n  \"semantics\": "...), d.Semantics)
	b = strconv.AppendInt(append(b, ",\n  \"identities\": "...), int64(d.Identities), 10)
	b = append(b, ",\n  \"filters\": ["...)
	if _, err := w.Write(b); err != nil {
		return err
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("    ", "  ")
	for i := range d.Filters {
		text.Reset()
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString("\n    ")
		if err := enc.Encode(&d.Filters[i]); err != nil {
			return err
		}
		if _, err := w.Write(bytes.TrimSuffix(text.Bytes(), []byte{'\n'})); err != nil {
			return err
		}
	}
	end := "]\n}\n"
	if len(d.Filters) > 0 {
		end = "\n  ]\n}\n"
	}
	_, err := io.WriteString(w, end)
	return err
}

// WriteFilterTerminal writes for every filter how many identities it matches and the first of them, or its error with a
// caret below the place.
func WriteFilterTerminal(w io.Writer, d *FilterDocument, opt TerminalOptions) error {
	const idsOfOne, idsOfMany = 20, 5
	listed := idsOfMany
	if len(d.Filters) == 1 {
		listed = idsOfOne
	}
	width := opt.width()
	lines := []string{fmt.Sprintf("%s, %s semantics", countNoun(d.Identities, "identity", "identities"), brief(d.Semantics))}
	for i := range d.Filters {
		f := &d.Filters[i]
		lines = append(lines, paint(opt.Color, styleBold, snip(cmp.Or(brief(f.Filter), "(empty filter)"), width)))
		everyone := f.Error != nil && f.Unknown == d.Identities
		if everyone {
			lines = append(lines, "  unknown for everyone")
		} else if f.Error == nil || f.Matches+f.Unknown > 0 {
			lines = append(lines, wrap(idsText(f.Matches, "matches", f.IDs, listed), "  ", width, 4)...)
		}
		if f.Unknown > 0 && !everyone {
			lines = append(lines, wrap(idsText(f.Unknown, "unknown", f.UnknownIDs, listed), "  ", width, 4)...)
		}
		if f.Error != nil {
			lines = append(lines, f.Error.lines(width, opt.Color)...)
		}
	}
	return writeLines(w, lines)
}

// idsText is a count with the first ids of what it counts.
func idsText(n int, noun string, ids []string, listed int) string {
	text := Count(n) + " " + noun
	if n == 0 {
		return text
	}
	shown := make([]string, min(listed, len(ids)))
	for i := range shown {
		shown[i] = brief(ids[i])
	}
	text += ": " + strings.Join(shown, ", ")
	if rest := n - len(shown); rest > 0 {
		text += " and " + Count(rest) + " more"
	}
	return text
}

func (e *FilterError) lines(width int, color bool) []string {
	out := wrap(fmt.Sprintf("%s error at byte %d: %s", brief(e.Kind), e.Column, brief(e.Message)), "  ", width, 2)
	out[0] = "  " + paint(color, styleRed, strings.TrimSpace(out[0]))
	if e.Caret != nil {
		for _, line := range caretLines(*e.Caret, width-4) {
			out = append(out, "    "+line)
		}
	}
	if e.Hint != nil {
		out = append(out, wrap("hint: "+brief(*e.Hint), "  ", width, 2)...)
	}
	return out
}
