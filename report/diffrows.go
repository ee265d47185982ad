package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/lcmsim/lcmsim/engine"
)

// DiffRowsWriter writes one engine.DiffRow an identity, in the formats of RowsWriter; an action is workflow/name in CSV.
// What identities of a class share is encoded once, by Tail. The output depends on the rows and their order alone. Not
// safe for concurrent use.
type DiffRowsWriter struct{ lines }

// DiffTail is all of a diff row but its entity_id, encoded. Immutable.
type DiffTail struct{ text []byte }

// NewDiffRowsWriter starts the output; a CSV header is written at once. Call Flush at the end.
func NewDiffRowsWriter(w io.Writer, format RowsFormat) *DiffRowsWriter {
	return &DiffRowsWriter{newLines(w, format, "entity_id,status,actions_gained,actions_lost,profiles_gained,profiles_lost,entitlements_gained,"+
		"entitlements_lost,class,affected,actions_maybe,profiles_maybe,entitlements_maybe,revokes_added,revokes_dropped")}
}

// Tail encodes what row shares with all rows that differ from it in EntityID alone.
func (w *DiffRowsWriter) Tail(row *engine.DiffRow) *DiffTail {
	return &DiffTail{slices.Clip(w.appendTail(nil, row))}
}

// Write writes the row of one identity. The error of an earlier write is returned again.
func (w *DiffRowsWriter) Write(entityID string, tail *DiffTail) error {
	w.line = append(w.appendID(entityID), tail.text...)
	_, err := w.w.Write(w.line)
	return err
}

// WriteRow writes a row that stands alone.
func (w *DiffRowsWriter) WriteRow(row *engine.DiffRow) error {
	w.line = w.appendTail(w.appendID(row.EntityID), row)
	_, err := w.w.Write(w.line)
	return err
}

// appendID begins a line.
func (w *DiffRowsWriter) appendID(entityID string) []byte {
	if w.format == RowsCSV {
		return appendCSVCell(w.line[:0], textCell(entityID))
	}
	return appendJSONString(append(w.line[:0], `{"entity_id":`...), entityID)
}

// appendTail appends all of a row but its entity_id.
func (w *DiffRowsWriter) appendTail(b []byte, row *engine.DiffRow) []byte {
	switch w.format {
	case RowsNDJSON:
		return appendDiffJSON(b, row)
	case RowsCSV:
		return appendDiffCSV(b, row)
	}
	panic(fmt.Sprintf("report: no rows format %d", w.format))
}

func appendDiffJSON(b []byte, row *engine.DiffRow) []byte {
	texts := func(name string, items []string) {
		b = appendJSONList(append(b, name...), items)
	}
	actions := func(name string, items []engine.ActionName) {
		b = append(append(b, name...), '[')
		for i, a := range items {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSONString(append(b, `{"workflow":`...), a.Workflow)
			b = appendJSONString(append(b, `,"name":`...), a.Name)
			b = appendJSONString(append(b, `,"type":`...), a.Type)
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	b = appendJSONString(append(b, `,"status":`...), string(row.Status))
	actions(`,"actions_gained":`, row.ActionsGained)
	actions(`,"actions_lost":`, row.ActionsLost)
	texts(`,"profiles_gained":`, row.ProfilesGained)
	texts(`,"profiles_lost":`, row.ProfilesLost)
	texts(`,"entitlements_gained":`, row.EntitlementsGained)
	texts(`,"entitlements_lost":`, row.EntitlementsLost)
	b = strconv.AppendInt(append(b, `,"class":`...), int64(row.Class), 10)
	b = appendJSONString(append(b, `,"affected":`...), row.Affected)
	actions(`,"actions_maybe":`, row.ActionsMaybe)
	texts(`,"profiles_maybe":`, row.ProfilesMaybe)
	texts(`,"entitlements_maybe":`, row.EntitlementsMaybe)
	texts(`,"revokes_added":`, row.RevokesAdded)
	texts(`,"revokes_dropped":`, row.RevokesDropped)
	return append(b, '}', '\n')
}

func appendDiffCSV(b []byte, row *engine.DiffRow) []byte {
	cell := func(s string) { b = appendCSVCell(append(b, ','), textCell(s)) }
	texts := func(items []string) { b = appendCSVList(append(b, ','), items) }
	cell(string(row.Status))
	texts(actionNames(row.ActionsGained))
	texts(actionNames(row.ActionsLost))
	texts(row.ProfilesGained)
	texts(row.ProfilesLost)
	texts(row.EntitlementsGained)
	texts(row.EntitlementsLost)
	b = strconv.AppendInt(append(b, ','), int64(row.Class), 10)
	cell(row.Affected)
	texts(actionNames(row.ActionsMaybe))
	texts(row.ProfilesMaybe)
	texts(row.EntitlementsMaybe)
	texts(row.RevokesAdded)
	texts(row.RevokesDropped)
	return append(b, '\n')
}

// actionNames are actions in one word each: workflow/name.
func actionNames(actions []engine.ActionName) []string {
	out := make([]string, len(actions))
	for i, a := range actions {
		out[i] = a.Workflow + "/" + a.Name
	}
	return out
}
