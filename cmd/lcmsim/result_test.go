package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// row is a line of --rows, as its published shape has it.
type row struct {
	EntityID         string   `json:"entity_id"`
	Class            int      `json:"class"`
	WorkflowsMatched []string `json:"workflows_matched"`
	Actions          []struct{ Workflow, Name, Type, Status string }
	Entitlements     []string
	AccessProfileIDs []string `json:"access_profile_ids"`
	Inherited        []string `json:"inherited_profile_ids"`
	Possible         []string `json:"possible_entitlements"`
	Revokes          []string
	Affected         string
}

// simulateRows runs simulate with rows and the result.
func simulateRows(t *testing.T, args ...string) (result []byte, rows []row) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.ndjson")
	code, stdout, stderr := lcmsim(t.Context(), append([]string{"simulate", "--json", "--rows", path}, args...)...)
	require.Contains(t, []int{0, 3, 5}, code, stderr)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r row
		require.NoError(t, json.Unmarshal(lines.Bytes(), &r))
		rows = append(rows, r)
	}
	require.NoError(t, lines.Err())
	return []byte(stdout), rows
}

// The totals of a result are the sums of its rows.
func TestRowsAddUp(t *testing.T) {
	for _, args := range [][]string{
		{vendor},
		{acme},
		{acme, "--version", "draft", "--rule", "filter.string_case=fold"},
		{acme, "--rule", "workflow.first_match=on", "--rule", "profile.inactive=grant"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			text, rows := simulateRows(t, args...)
			var doc struct {
				Summary   map[string]any
				Workflows []struct {
					Name    string
					Matched int
				}
				Actions []struct {
					Name, Effect string
					Planned      int
				}
				Entitlements []struct {
					DatasourceID string `json:"datasource_id"`
					EntityType   string `json:"entity_type"`
					EntityID     string `json:"entity_id"`
					Granted      int
					Revoked      int
				}
				Classes []struct {
					ID, Size int
					Exemplar string
				}
				ClassesTotal int `json:"classes_total"`
			}
			require.NoError(t, json.Unmarshal(text, &doc))

			var matched, affected, planned, granted, revokes int
			workflows, granters, holders, losers, sizes, exemplars :=
				map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}, map[int]int{}, map[int]string{}
			for _, r := range rows {
				if len(r.WorkflowsMatched) > 0 {
					matched++
				}
				if r.Affected == "yes" {
					affected++
				}
				require.NotEqual(t, "maybe", r.Affected)
				require.Empty(t, r.Possible)
				for _, w := range r.WorkflowsMatched {
					workflows[w]++
				}
				ran := map[string]bool{}
				for _, a := range r.Actions {
					if a.Status == "planned" && !ran[a.Name] {
						ran[a.Name] = true
						granters[a.Name]++
					}
				}
				planned += len(ran)
				granted += len(r.Entitlements)
				revokes += len(r.Revokes)
				for _, key := range r.Entitlements {
					holders[key]++
				}
				for _, key := range r.Revokes {
					losers[key]++
				}
				if sizes[r.Class]++; sizes[r.Class] == 1 {
					require.Equal(t, len(exemplars), r.Class, "classes count by first appearance")
					exemplars[r.Class] = r.EntityID
				}
			}
			for name, want := range map[string]int{
				"identities": len(rows), "matched": matched, "affected_low": affected, "affected_high": affected, "unknown": 0,
				"planned_actions": planned, "granted_entitlements": granted, "revokes": revokes, "classes": len(sizes),
			} {
				require.EqualValues(t, want, doc.Summary[name], name)
			}
			require.Equal(t, len(sizes), doc.ClassesTotal)
			for _, w := range doc.Workflows {
				require.Equal(t, workflows[w.Name], w.Matched, w.Name)
			}
			for _, a := range doc.Actions {
				require.Equal(t, granters[a.Name], a.Planned, a.Name)
			}
			for _, e := range doc.Entitlements {
				key := e.DatasourceID + "|" + e.EntityType + "|" + e.EntityID
				require.Equal(t, holders[key], e.Granted, key)
				require.Equal(t, losers[key], e.Revoked, key)
				delete(holders, key)
			}
			require.Empty(t, holders, "entitlements that only rows have")
			for _, c := range doc.Classes {
				require.Equal(t, sizes[c.ID], c.Size)
				require.Equal(t, exemplars[c.ID], c.Exemplar)
			}
		})
	}
}

// fixtures/acme/README.md says whom the draft treats differently.
func TestAcmeDraft(t *testing.T) {
	_, current := simulateRows(t, acme)
	_, draft := simulateRows(t, acme, "--version", "draft")
	require.Len(t, draft, len(current))
	changed := 0
	for i := range current {
		require.Equal(t, current[i].EntityID, draft[i].EntityID)
		if !reflect.DeepEqual(current[i].Actions, draft[i].Actions) || !reflect.DeepEqual(current[i].Entitlements, draft[i].Entitlements) {
			changed++
		}
	}
	require.Equal(t, 425, changed)
}

// What the command line prints has the published shapes.
func TestPublishedShapes(t *testing.T) {
	skipLong(t)
	validate := func(schema, text string) {
		t.Helper()
		s, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "docs", "schema", schema))
		require.NoError(t, err)
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		require.NoError(t, err)
		require.NoError(t, s.Validate(value))
	}
	for _, snapshot := range []string{vendor, acme} {
		path := filepath.Join(t.TempDir(), "rows.ndjson")
		code, stdout, stderr := lcmsim(t.Context(), "simulate", snapshot, "--json", "--rows", path)
		require.Equal(t, 0, code, stderr)
		validate("simulation.v1.schema.json", stdout)
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			if i%100 == 0 {
				validate("rows.v1.schema.json", line)
			}
		}
	}
	for _, sides := range [][]string{{}, {"--to", "draft", "--baseline", earlier}, {"--baseline", "grants"}, {"--baseline", "members"}, {"--baseline", "none"}} {
		path := filepath.Join(t.TempDir(), "rows.ndjson")
		_, stdout, stderr := lcmsim(t.Context(), append([]string{"diff", acme, "--json", "--rows", path}, sides...)...)
		require.Empty(t, stderr)
		validate("diff.v1.schema.json", stdout)
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			if i%500 == 0 {
				validate("diffrows.v1.schema.json", line)
			}
		}
	}
	for _, ask := range [][]string{{}, {"--set", "department=Legal"}, {"--trace"}, {"--get", "Grant Legal"}} {
		_, stdout, stderr := lcmsim(t.Context(), append([]string{"explain", acme, "W000074", "--json"}, ask...)...)
		require.Empty(t, stderr)
		validate("explanation.v1.schema.json", stdout)
	}
	_, stdout, _ := lcmsim(t.Context(), "filter", vendor, "--json", "manager eq true", "manager gt true or department pr", "", "a eq")
	validate("filter.v1.schema.json", stdout)
}
