package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/lcmsim/lcmsim/engine"
)

// RowsFormat is a text format of rows.
type RowsFormat uint8

// The formats of rows.
const (
	// RowsNDJSON is one engine.Row a line, as encoding/json writes it without HTML escaping.
	RowsNDJSON RowsFormat = iota
	// RowsCSV is a header line and one line a row, as RFC 4180 has it but with LF at line ends. A list is joined by ";",
	// an action is workflow/name:status. In the items of a list "\" and ";" get a backslash before them. A value or item
	// that begins with = + - @ TAB or CR gets an apostrophe before it, so that no spreadsheet takes it for a formula.
	RowsCSV
)

// RowsWriter writes one record an identity. Nearly everything that a row says depends on the identity's behaviour class:
// a ClassTail holds that part as finished text, and Write puts the identity's own parts around it. The output depends on
// the rows and their order alone. Not safe for concurrent use.
type RowsWriter struct{ lines }

// lines is where rows go.
type lines struct {
	w      *bufio.Writer
	format RowsFormat
	line   []byte // the line in the making
}

func newLines(w io.Writer, format RowsFormat, header string) lines {
	l := lines{w: bufio.NewWriterSize(w, 1<<16), format: format}
	if format == RowsCSV {
		l.w.WriteString(header + "\n")
	}
	return l
}

// Flush writes what is buffered and returns the first error of all writes.
func (l *lines) Flush() error { return l.w.Flush() }

// ClassTail is what all rows of one behaviour class have in common, encoded. Immutable.
type ClassTail struct {
	middle []byte // between entity_id and revokes
	end    []byte // after possible_revokes
}

// NewRowsWriter starts the output; a CSV header is written at once. Call Flush at the end.
func NewRowsWriter(w io.Writer, format RowsFormat) *RowsWriter {
	return &RowsWriter{newLines(w, format, "entity_id,class,workflows_matched,workflows_unknown,actions,access_profile_ids,"+
		"inherited_profile_ids,entitlements,possible_entitlements,revokes,possible_revokes,affected")}
}

// ClassTail encodes what row shares with all rows of its class: all but EntityID, Revokes and PossibleRevokes.
func (w *RowsWriter) ClassTail(row *engine.Row) *ClassTail {
	switch w.format {
	case RowsNDJSON:
		return jsonTail(row)
	case RowsCSV:
		return csvTail(row)
	}
	panic(fmt.Sprintf("report: no rows format %d", w.format))
}

// Write writes the row of one identity. The error of an earlier write is returned again.
func (w *RowsWriter) Write(entityID string, tail *ClassTail, revokes, possibleRevokes []string) error {
	b := w.line[:0]
	switch w.format {
	case RowsNDJSON:
		b = append(b, `{"entity_id":`...)
		b = appendJSONString(b, entityID)
		b = append(b, tail.middle...)
		b = append(b, `,"revokes":`...)
		b = appendJSONList(b, revokes)
		b = append(b, `,"possible_revokes":`...)
		b = appendJSONList(b, possibleRevokes)
		b = append(b, tail.end...)
	case RowsCSV:
		b = appendCSVCell(b, textCell(entityID))
		b = append(b, tail.middle...)
		b = append(b, ',')
		b = appendCSVList(b, revokes)
		b = append(b, ',')
		b = appendCSVList(b, possibleRevokes)
		b = append(b, tail.end...)
	}
	w.line = b
	_, err := w.w.Write(b)
	return err
}

func jsonTail(row *engine.Row) *ClassTail {
	b := strconv.AppendInt([]byte(`,"class":`), int64(row.Class), 10)
	lists := func(name string, items []string) {
		b = append(b, `,"`+name+`":`...)
		b = appendJSONList(b, items)
	}
	lists("workflows_matched", row.WorkflowsMatched)
	lists("workflows_unknown", row.WorkflowsUnknown)
	b = append(b, `,"actions":[`...)
	for i, a := range row.Actions {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"workflow":`...)
		b = appendJSONString(b, a.Workflow)
		b = append(b, `,"name":`...)
		b = appendJSONString(b, a.Name)
		b = append(b, `,"type":`...)
		b = appendJSONString(b, a.Type)
		b = append(b, `,"status":`...)
		b = appendJSONString(b, a.Status)
		b = append(b, '}')
	}
	b = append(b, ']')
	lists("access_profile_ids", row.AccessProfileIDs)
	lists("inherited_profile_ids", row.InheritedProfileIDs)
	lists("entitlements", row.Entitlements)
	lists("possible_entitlements", row.PossibleEntitlements)
	end := appendJSONString([]byte(`,"affected":`), row.Affected)
	return &ClassTail{middle: slices.Clip(b), end: append(end, '}', '\n')}
}

func appendJSONList(b []byte, items []string) []byte {
	b = append(b, '[')
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSONString(b, item)
	}
	return append(b, ']')
}

const hexDigits = "0123456789abcdef"

// appendJSONString appends s as encoding/json writes it without HTML escaping.
func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		r, size := rune(c), 1
		if c >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
			if (r != utf8.RuneError || size > 1) && r != '\u2028' && r != '\u2029' {
				i += size
				continue
			}
		}
		b = append(b, s[start:i]...)
		switch r {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, '\\', 'b')
		case '\f':
			b = append(b, '\\', 'f')
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		}
		i += size
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

func csvTail(row *engine.Row) *ClassTail {
	b := strconv.AppendInt([]byte{','}, int64(row.Class), 10)
	lists := func(items []string) { b = appendCSVList(append(b, ','), items) }
	lists(row.WorkflowsMatched)
	lists(row.WorkflowsUnknown)
	actions := make([]string, len(row.Actions))
	for i, a := range row.Actions {
		actions[i] = actionText(a)
	}
	lists(actions)
	lists(row.AccessProfileIDs)
	lists(row.InheritedProfileIDs)
	lists(row.Entitlements)
	lists(row.PossibleEntitlements)
	end := appendCSVCell([]byte{','}, textCell(row.Affected))
	return &ClassTail{middle: slices.Clip(b), end: append(end, '\n')}
}

// listEscaper keeps items of a joined list apart.
var listEscaper = strings.NewReplacer(`\`, `\\`, `;`, `\;`)

// appendCSVList appends a list as one cell.
func appendCSVList(b []byte, items []string) []byte {
	switch len(items) {
	case 0:
		return b
	case 1:
		return appendCSVCell(b, textCell(listEscaper.Replace(items[0])))
	}
	cells := make([]string, len(items))
	for i, item := range items {
		cells[i] = textCell(listEscaper.Replace(item))
	}
	return appendCSVCell(b, strings.Join(cells, ";"))
}

// textCell is s, with an apostrophe before it when a spreadsheet could take it for a formula.
func textCell(s string) string {
	if s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// appendCSVCell appends a cell, in quotes when it needs them.
func appendCSVCell(b []byte, s string) []byte {
	if !strings.ContainsAny(s, ",\"\r\n") && strings.TrimSpace(s) == s {
		return append(b, s...)
	}
	b = append(b, '"')
	for i := range len(s) {
		if s[i] == '"' {
			b = append(b, '"')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}
