package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

func compileSchema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "docs", "schema", name))
	require.NoError(t, err)
	return s
}

// tree is v as decoded JSON.
func tree(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return decoded(t, bytes.NewReader(text))
}

// fullFilterDocument has a filter that matches and one that does not compile.
func fullFilterDocument() *FilterDocument {
	return NewFilterDocument("vendor", 5000, []FilterResult{
		{Filter: `department eq "Sales"`, IDs: []string{"W000001", "W000002"}, UnknownIDs: []string{"W000003"}},
		{Filter: `department eq`, Error: &FilterError{Kind: "syntax", Code: "syntax", Column: 13, Message: "expected a value after eq",
			Hint: ptr("write a literal"), Caret: ptr("department eq\n             ^")}},
		{Filter: ``, Error: &FilterError{Kind: "syntax", Code: "syntax", Message: "the filter is empty"}},
	})
}

func TestSchemasAcceptRealDocuments(t *testing.T) {
	empty := Input{
		Rules: engine.DefaultRules("vendor"), Policy: &engine.Policy{}, Version: &engine.Version{}, Result: &engine.Result{},
		Findings: []engine.Finding{{Severity: engine.SeverityWarning, Code: "x", Message: "y", Count: 1, Column: engine.NoColumn}},
	}
	row := sampleRow(3)
	for name, document := range map[string]any{
		"simulation.v1.schema.json": New(sampleInput()),
		"filter.v1.schema.json":     fullFilterDocument(),
		"rows.v1.schema.json":       rowTree(t, &row),
		"diff.v1.schema.json":       NewDiff(fullDiffInput()),
		"diffrows.v1.schema.json":   diffRowTree(t, fullDiffRow()),
	} {
		require.NoError(t, compileSchema(t, name).Validate(tree(t, document)), name)
	}
	require.NoError(t, compileSchema(t, "diff.v1.schema.json").Validate(tree(t, NewDiff(bareDiff(engine.BaselineNone)))))
	require.NoError(t, compileSchema(t, "diffrows.v1.schema.json").Validate(diffRowTree(t, &engine.DiffRow{Status: engine.StatusNew, Affected: "no"})))
	require.NoError(t, compileSchema(t, "simulation.v1.schema.json").Validate(tree(t, New(empty))))
	require.NoError(t, compileSchema(t, "filter.v1.schema.json").Validate(tree(t, NewFilterDocument("rfc7644", 0, nil))))
	require.NoError(t, compileSchema(t, "rows.v1.schema.json").Validate(rowTree(t, &engine.Row{EntityID: "a", Affected: "no"})))
}

// rowTree is a row as RowsWriter writes it, decoded.
func rowTree(t *testing.T, row *engine.Row) any {
	t.Helper()
	var out bytes.Buffer
	w := NewRowsWriter(&out, RowsNDJSON)
	require.NoError(t, errors.Join(w.WriteRow(row), w.Flush()))
	return decoded(t, &out)
}

// diffRowTree is a row as DiffRowsWriter writes it, decoded.
func diffRowTree(t *testing.T, row *engine.DiffRow) any {
	t.Helper()
	var out bytes.Buffer
	w := NewDiffRowsWriter(&out, RowsNDJSON)
	require.NoError(t, errors.Join(w.WriteRow(row), w.Flush()))
	return decoded(t, &out)
}

func decoded(t *testing.T, text io.Reader) any {
	t.Helper()
	out, err := jsonschema.UnmarshalJSON(text)
	require.NoError(t, err)
	return out
}

// fullDiffInput has something in every list and every scalar that may be null.
func fullDiffInput() DiffInput {
	in := sampleDiffInput()
	in.Result.Summary.Holdings = &engine.Holdings{RealGrants: 1}
	in.Identities = DiffIdentities{Cap: 1}
	in.Identities.Add(fullDiffRow(), "Ana Souza")
	return in
}

// fullDiffRow has something in every list.
func fullDiffRow() *engine.DiffRow {
	row, maybe := sampleDiffRow(0, engine.StatusChanged), sampleDiffRow(0, engine.StatusMaybe)
	row.ActionsMaybe, row.ProfilesMaybe, row.EntitlementsMaybe = maybe.ActionsMaybe, maybe.ProfilesMaybe, maybe.EntitlementsMaybe
	return &row
}

// Every field of a document is required: each is left out once, at every depth.
func TestSchemasRefuseMissingFields(t *testing.T) {
	row := sampleRow(3)
	for name, document := range map[string]any{
		"simulation.v1.schema.json": tree(t, New(sampleInput())),
		"filter.v1.schema.json":     tree(t, fullFilterDocument()),
		"rows.v1.schema.json":       rowTree(t, &row),
		"diff.v1.schema.json":       tree(t, NewDiff(fullDiffInput())),
		"diffrows.v1.schema.json":   diffRowTree(t, fullDiffRow()),
	} {
		schema := compileSchema(t, name)
		fields := 0
		withoutEachField(document, "", func(path string) {
			fields++
			require.Error(t, schema.Validate(document), "%s accepts a document without %s", name, path)
		})
		require.NoError(t, schema.Validate(document), "the document was put together again")
		require.Greater(t, fields, 10)
	}
}

// withoutEachField calls check once for every object member below node, with that member taken out.
func withoutEachField(node any, path string, check func(path string)) {
	switch node := node.(type) {
	case map[string]any:
		for _, key := range sortedKeys(node) {
			value := node[key]
			delete(node, key)
			check(path + "." + key)
			node[key] = value
			withoutEachField(value, path+"."+key, check)
		}
	case []any:
		for i, item := range node {
			withoutEachField(item, fmt.Sprintf("%s[%d]", path, i), check)
		}
	}
}

// The schemas name exactly the fields that the Go types have, in their order.
func TestSchemasNameTheFieldsOfTheTypes(t *testing.T) {
	for name, typ := range map[string]reflect.Type{
		"simulation.v1.schema.json": reflect.TypeFor[Document](),
		"filter.v1.schema.json":     reflect.TypeFor[FilterDocument](),
		"rows.v1.schema.json":       reflect.TypeFor[engine.Row](),
		"diff.v1.schema.json":       reflect.TypeFor[DiffDocument](),
		"diffrows.v1.schema.json":   reflect.TypeFor[engine.DiffRow](),
	} {
		t.Run(name, func(t *testing.T) {
			requireSameFields(t, compileSchema(t, name), typ, "")
		})
	}
}

func requireSameFields(t *testing.T, s *jsonschema.Schema, typ reflect.Type, path string) {
	t.Helper()
	if s.Ref != nil {
		s = s.Ref
	}
	switch typ.Kind() {
	case reflect.Pointer:
		if len(s.AnyOf) == 2 {
			s = s.AnyOf[1]
		}
		requireSameFields(t, s, typ.Elem(), path)
	case reflect.Slice:
		items, ok := s.Items2020, s.Items2020 != nil
		require.True(t, ok, "%s has no items", path)
		requireSameFields(t, items, typ.Elem(), path+"[]")
	case reflect.Struct:
		names := []string{}
		for _, f := range jsonFields(typ) {
			names = append(names, f.name)
			require.Contains(t, s.Properties, f.name, "the schema lacks %s", strings.TrimPrefix(path+"."+f.name, "."))
			requireSameFields(t, s.Properties[f.name], f.typ, path+"."+f.name)
		}
		require.Equal(t, names, s.Required, "required fields of %q", path)
		require.Len(t, s.Properties, len(names), "properties of %q", path)
	}
}
