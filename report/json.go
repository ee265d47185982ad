package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
)

// WriteJSON writes d with two spaces of indentation and a newline at the end.
func WriteJSON(w io.Writer, d Renderable) error { return writeIndented(w, d) }

func writeIndented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// Read reads a saved result of any of the four kinds, as ReadJSON does.
func Read(text []byte) (Renderable, error) {
	if bytes.HasPrefix(text, []byte("PK\x03\x04")) {
		return nil, errors.New("is a workbook or another archive, not a result; give the .json file that --report wrote")
	}
	var head struct {
		Schema any `json:"schema"`
	}
	var shape *jsonv2.SemanticError
	if err := jsonv2.Unmarshal(text, &head); errors.As(err, &shape) {
		return nil, errors.New("result is not a JSON object; give a result of `lcmsim simulate`, diff, crosscheck or calibrate, which --json or --report FILE.json wrote")
	} else if err != nil {
		return nil, fmt.Errorf("result is not valid JSON: %w; give the .json file that --report wrote", err)
	}
	r := bytes.NewReader(text)
	switch head.Schema {
	case SchemaSimulation:
		return ReadJSON(r)
	case SchemaDiff:
		return ReadDiffJSON(r)
	case SchemaCrosscheck:
		return ReadCrosscheckJSON(r)
	case SchemaCalibration:
		return ReadCalibrationJSON(r)
	}
	return nil, fmt.Errorf("result has schema %v; give a result of `lcmsim simulate`, diff, crosscheck or calibrate, which --json or --report FILE.json wrote", quoted(head.Schema))
}

// ReadJSON reads what WriteJSON wrote. Unknown fields are ignored: the shape may grow. A duplicate key, a missing or
// null field that the shape requires, a wrong type, or another schema is an error that names the JSON path; so is an exit code
// that the limits and findings of the document do not make, and counts that contradict each other. The caller adds the name of
// the file.
func ReadJSON(r io.Reader) (*Document, error) {
	return read(r, SchemaSimulation, "simulate", func(d *Document) error {
		if err := check(&d.Header, &d.Notes, d.Identities.Listed, len(d.Identities.Rows)); err != nil {
			return err
		}
		return checkSettled(&d.Settings, countsOfSimulation(d), d.Limits, d)
	})
}

// ReadDiffJSON reads what WriteJSON wrote of a DiffDocument, as ReadJSON does.
func ReadDiffJSON(r io.Reader) (*DiffDocument, error) {
	return read(r, SchemaDiff, "diff", func(d *DiffDocument) error {
		if err := check(&d.Header, &d.Notes, d.Identities.Listed, len(d.Identities.Rows)); err != nil {
			return err
		}
		return checkSettled(&d.Settings, countsOfDiff(d), d.Limits, d)
	})
}

// ReadCrosscheckJSON reads what WriteJSON wrote of a CrosscheckDocument, as ReadJSON does.
func ReadCrosscheckJSON(r io.Reader) (*CrosscheckDocument, error) {
	return read(r, SchemaCrosscheck, "crosscheck", checkCrosscheck)
}

// ReadCalibrationJSON reads what WriteJSON wrote of a CalibrationDocument, as ReadJSON does.
func ReadCalibrationJSON(r io.Reader) (*CalibrationDocument, error) {
	return read(r, SchemaCalibration, "calibrate", checkCalibration)
}

// read reads a document of a schema, which a command of lcmsim wrote.
func read[T any](r io.Reader, schema, command string, check func(*T) error) (*T, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	var tree any
	if err := jsonv2.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("result is not valid JSON: %w", err)
	}
	object, ok := tree.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("result is not a JSON object; give a file that `lcmsim %s --json` or --report wrote", command)
	}
	if found, ok := object["schema"].(string); !ok || found != schema {
		return nil, fmt.Errorf("result has schema %v, not %q; give a result of `lcmsim %s`", quoted(object["schema"]), schema, command)
	}
	if missing := missingFields(tree, reflect.TypeFor[T](), ""); len(missing) > 0 {
		return nil, fmt.Errorf("result is incomplete: %s; write it again with this version of lcmsim", capped(missing, 5))
	}
	d := new(T)
	if err := jsonv2.Unmarshal(text, d); err != nil {
		return nil, fmt.Errorf("result does not have the shape of %s: %w", schema, err)
	}
	if err := check(d); err != nil {
		return nil, err
	}
	return d, nil
}

// check refuses a document whose parts contradict one another where a renderer relies on them.
func check(h *Header, n *Notes, listed, rows int) error {
	if _, err := time.Parse(time.RFC3339Nano, h.AsOf); err != nil {
		return fmt.Errorf("result is inconsistent: as_of is %q, no RFC 3339 instant", h.AsOf)
	}
	if !slices.Contains(exitOrder, h.Exit.Code) || h.Exit.Code == ExitFatal {
		return fmt.Errorf("result is inconsistent: exit.code is %d, which no run that came to its end has", h.Exit.Code)
	}
	for i, g := range n.DiagnosticGroups {
		if g.First < 0 || g.First >= len(n.Diagnostics) {
			return fmt.Errorf("result is inconsistent: diagnostic_groups[%d].first is %d of %d diagnostics", i, g.First, len(n.Diagnostics))
		}
	}
	if listed != rows {
		return fmt.Errorf("result is inconsistent: identities.listed is %d, but there are %d rows", listed, rows)
	}
	return nil
}

func checkCrosscheck(d *CrosscheckDocument) error {
	for i, g := range d.Groups {
		if g.First < 0 || g.First >= len(d.Samples) {
			return fmt.Errorf("result is inconsistent: disagreement_groups[%d].first is %d of %d samples", i, g.First, len(d.Samples))
		}
	}
	return check(&d.Header, &d.Notes, 0, 0)
}

func checkCalibration(d *CalibrationDocument) error {
	for i, v := range d.Verdicts {
		for _, e := range v.Experiments {
			if e < 0 || e >= len(d.Experiments) {
				return fmt.Errorf("result is inconsistent: verdicts[%d].experiments has %d of %d experiments", i, e, len(d.Experiments))
			}
		}
	}
	return check(&d.Header, &d.Notes, 0, 0)
}

// missingFields lists the paths of the fields of t that tree lacks, and of those that are null though they may not be.
func missingFields(tree any, t reflect.Type, path string) []string {
	var out []string
	switch t.Kind() {
	case reflect.Pointer:
		if tree == nil {
			return nil
		}
		return missingFields(tree, t.Elem(), path)
	case reflect.Struct:
		object, ok := tree.(map[string]any)
		if !ok {
			return nullOnly(tree, path)
		}
		for _, f := range jsonFields(t) {
			at := strings.TrimPrefix(path+"."+f.name, ".")
			value, ok := object[f.name]
			if !ok {
				out = append(out, at+" is missing")
				continue
			}
			out = append(out, missingFields(value, f.typ, at)...)
		}
	case reflect.Slice:
		items, ok := tree.([]any)
		if !ok {
			return nullOnly(tree, path)
		}
		for i, item := range items {
			out = append(out, missingFields(item, t.Elem(), fmt.Sprintf("%s[%d]", path, i))...)
		}
	default:
		return nullOnly(tree, path)
	}
	return out
}

// nullOnly reports null where a value belongs; other wrong types are found when decoding.
func nullOnly(tree any, path string) []string {
	if tree == nil {
		return []string{path + " is null"}
	}
	return nil
}

// jsonField is a field of a struct as JSON names it.
type jsonField struct {
	name string
	typ  reflect.Type
}

// jsonFields are the fields of struct type t, those of embedded structs included, in order.
func jsonFields(t reflect.Type) []jsonField {
	var out []jsonField
	for f := range t.Fields() {
		if f.Anonymous {
			out = append(out, jsonFields(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		out = append(out, jsonField{name, f.Type})
	}
	return out
}

// quoted prints a decoded JSON scalar.
func quoted(v any) string {
	switch v := v.(type) {
	case nil:
		return "none"
	case string:
		return fmt.Sprintf("%q", v)
	default:
		return fmt.Sprintf("%v", v)
	}
}

// capped joins at most n problems and counts the rest.
func capped(problems []string, n int) string {
	if rest := len(problems) - n; rest > 0 {
		problems = append(slices.Clone(problems[:n]), fmt.Sprintf("and %s more", Count(rest)))
	}
	return strings.Join(problems, "; ")
}
