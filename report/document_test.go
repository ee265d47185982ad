package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

// A document stays as it is whatever happens afterwards to what it was made of.
func TestDocumentsShareNothingWithTheirInput(t *testing.T) {
	text := func(d Renderable) string {
		var out bytes.Buffer
		require.NoError(t, WriteJSON(&out, d))
		return out.String()
	}
	simulated, compared := sampleInput(), fullDiffInput()
	note := sampleCrosscheck(func(s string) string { return s })
	simulated.Crosscheck, compared.Crosscheck = filled(NewCrosscheck(note)), filled(NewCrosscheck(note))
	simulation, diff := New(simulated), NewDiff(compared)
	wantSimulation, wantDiff := text(simulation), text(diff)
	for _, v := range []any{
		simulated.Result, &simulated.Identities, &simulated.Settings, &simulated.Examples, &simulated.Population, &simulated.Other, simulated.Crosscheck,
		compared.Result, &compared.Identities, &compared.Settings, &compared.Examples, &compared.From.Population, &compared.To.Population, &compared.Other,
		compared.Crosscheck,
	} {
		eachLeaf(reflect.ValueOf(v), reflect.Value.SetZero)
	}
	require.Equal(t, wantSimulation, text(simulation))
	require.Equal(t, wantDiff, text(diff))
}

// eachLeaf calls visit for every number, text and boolean that v leads to.
func eachLeaf(v reflect.Value, visit func(reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			eachLeaf(v.Elem(), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			eachLeaf(v.Field(i), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachLeaf(v.Index(i), visit)
		}
	case reflect.Map:
	default:
		visit(v)
	}
}

// A nil list is [] wherever it stands.
func TestDocumentsHaveNoNullLists(t *testing.T) {
	simulated := Input{Policy: &engine.Policy{}, Version: &engine.Version{}, Result: &engine.Result{}, Examples: []Example{{}}, Identities: Identities{Rows: []Identity{{}}}}
	compared := DiffInput{Result: &engine.DiffResult{}, Examples: []Example{{}}, Identities: DiffIdentities{Rows: []DiffIdentity{{}}}}
	require.Greater(t, oneOfEach(reflect.ValueOf(simulated.Result).Elem()), 8)
	require.Greater(t, oneOfEach(reflect.ValueOf(compared.Result).Elem()), 8)
	require.Empty(t, missingFields(tree(t, New(simulated)), reflect.TypeFor[Document](), ""))
	require.Empty(t, missingFields(tree(t, NewDiff(compared)), reflect.TypeFor[DiffDocument](), ""))
}

// oneOfEach gives every list of structs below v an item whose other lists are nil, and counts these lists.
func oneOfEach(v reflect.Value) int {
	n := 0
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			n += oneOfEach(v.Field(i))
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Struct {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			n = 1 + oneOfEach(v.Index(0))
		}
	}
	return n
}

// An access profile that the export lacks has no name: null in JSON, its id for people.
func TestProfilesWithoutNameAreNull(t *testing.T) {
	simulated, compared := sampleInput(), sampleDiffInput()
	simulated.Result.AccessProfiles = []engine.ProfileResult{{ID: "gone-profile", Direct: 1}}
	compared.Result.AccessProfiles = []engine.ProfileChange{{ID: "gone-profile", Lost: 1}}
	for schema, d := range map[string]Renderable{"simulation.v1.schema.json": New(simulated), "diff.v1.schema.json": NewDiff(compared)} {
		var saved, shown bytes.Buffer
		require.NoError(t, WriteJSON(&saved, d))
		var document struct {
			AccessProfiles []map[string]any `json:"access_profiles"`
		}
		require.NoError(t, json.Unmarshal(saved.Bytes(), &document))
		require.Len(t, document.AccessProfiles, 1)
		require.Contains(t, document.AccessProfiles[0], "name")
		require.Nil(t, document.AccessProfiles[0]["name"])
		require.NoError(t, compileSchema(t, schema).Validate(tree(t, d)))
		read, err := Read(saved.Bytes())
		require.NoError(t, err)
		require.Equal(t, d, read)
		require.NoError(t, WriteTerminal(&shown, read, TerminalOptions{}))
		require.Contains(t, shown.String(), "gone-profile")
	}
}
