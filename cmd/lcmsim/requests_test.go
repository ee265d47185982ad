package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// requestLine is a line of an access-request plan, or of the file beside it.
type requestLine struct {
	EntityID         string   `json:"entity_id"`
	RequestType      string   `json:"request_type"`
	Reason           string   `json:"reason"`
	DatasourceID     string   `json:"datasource_id"`
	AssigneeType     string   `json:"assignee_entity_type"`
	AssigneeID       string   `json:"assignee_entity_id"`
	TargetEntityType string   `json:"target_entity_type"`
	TargetEntityIDs  []string `json:"target_entity_ids"`
}

// plan is what a run writes and says.
type plan struct {
	requests, leftOut []requestLine
	texts             [2]string // of the files
	result            string
}

func requestLines(t *testing.T, text []byte, schema string) (list []requestLine) {
	s, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "docs", "schema", schema))
	require.NoError(t, err)
	for line := range bytes.Lines(text) {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
		require.NoError(t, err)
		require.NoError(t, s.Validate(v))
		var r requestLine
		require.NoError(t, json.Unmarshal(line, &r))
		list = append(list, r)
	}
	return list
}

// planOf runs simulate or diff with a plan.
func planOf(t *testing.T, args ...string) plan {
	t.Helper()
	dir := t.TempDir()
	code, stdout, stderr := lcmsim(t.Context(), append(args, "--json", "--report", filepath.Join(dir, "p.requests.jsonl"))...)
	require.Contains(t, []int{0, 3}, code, stderr)
	require.Contains(t, stderr, "warning requests-left-out x")
	p := plan{result: stdout}
	for i, name := range []string{"p.requests.jsonl", "p.requests.left-out.jsonl"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		p.texts[i] = string(text)
	}
	p.requests = requestLines(t, []byte(p.texts[0]), "requests.v1.schema.json")
	p.leftOut = requestLines(t, []byte(p.texts[1]), "requests-left-out.v1.schema.json")
	return p
}

// requestPair is an identity, a direction and an entitlement as rows print it.
type requestPair struct{ entityID, kind, entitlement string }

// sheet reads a CSV file of acme, without its header.
func sheet(t *testing.T, name string) [][]string {
	text, err := os.ReadFile(filepath.Join(acme, name))
	require.NoError(t, err)
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	require.NoError(t, err)
	return rows[1:]
}

// requirePlan requires that what is wanted is asked for once: in the plan if the identity has one account in the datasource, beside
// it if it has none or several.
func requirePlan(t *testing.T, p plan, want map[requestPair]bool) {
	t.Helper()
	accounts, owner := map[[2]string][]string{}, map[string]string{}
	for _, row := range sheet(t, "accounts.csv") {
		key := [2]string{row[0], row[1]}
		accounts[key] = append(accounts[key], row[2]+" "+row[3])
		owner[row[2]+" "+row[3]] = row[0]
	}
	got := map[requestPair]bool{}
	lines := map[[4]string]bool{}
	take := func(who string, l requestLine) {
		require.True(t, slices.IsSorted(l.TargetEntityIDs))
		of := [4]string{who, l.RequestType, l.DatasourceID, l.TargetEntityType}
		require.False(t, lines[of], "%v: one line for one identity, direction, datasource and type", of)
		lines[of] = true
		for _, id := range l.TargetEntityIDs {
			a := requestPair{who, l.RequestType, l.DatasourceID + "|" + l.TargetEntityType + "|" + id}
			require.False(t, got[a], "%v twice", a)
			got[a] = true
		}
	}
	for _, l := range p.requests {
		assignee := l.AssigneeType + " " + l.AssigneeID
		require.Equal(t, []string{assignee}, accounts[[2]string{owner[assignee], l.DatasourceID}])
		take(owner[assignee], l)
	}
	for _, l := range p.leftOut {
		switch n := len(accounts[[2]string{l.EntityID, l.DatasourceID}]); l.Reason {
		case "no account in this datasource":
			require.Zero(t, n)
		case "several accounts in this datasource":
			require.Greater(t, n, 1)
		default:
			require.Fail(t, l.Reason)
		}
		take(l.EntityID, l)
	}
	require.Equal(t, want, got)
}

// held are the pairs of grants.csv.
func held(t *testing.T) map[[2]string]bool {
	pairs := map[[2]string]bool{}
	for _, row := range sheet(t, "grants.csv") {
		pairs[[2]string{row[0], strings.Join(row[1:4], "|")}] = true
	}
	return pairs
}

// The plan of a diff asks for what its rows gain, less what is held, and takes away what they lose.
func TestPlanOfDiffIsThatOfRows(t *testing.T) {
	skipLong(t)
	held := held(t)
	for _, args := range [][]string{
		{acme}, {acme, "--from", "8", "--to", "6", "--no-attribution"}, {acme, "--baseline", "grants"}, {acme, "--baseline", "members"},
		{acme, "--to", "draft", "--baseline", earlier, "--no-attribution"},
	} {
		t.Run(strings.Join(args[1:], " "), func(t *testing.T) {
			_, rows := diffRows(t, args...)
			want := map[requestPair]bool{}
			for _, r := range rows {
				for _, e := range r.EntitlementsGained {
					if !held[[2]string{r.EntityID, e}] {
						want[requestPair{r.EntityID, "GRANT", e}] = true
					}
				}
				for _, e := range slices.Concat(r.EntitlementsLost, r.RevokesAdded) {
					if held[[2]string{r.EntityID, e}] {
						want[requestPair{r.EntityID, "REVOKE", e}] = true
					}
				}
			}
			requirePlan(t, planOf(t, append([]string{"diff"}, args...)...), want)
		})
	}
}

// The plan of a simulation asks for what its rows grant, less what is held, which is what a diff with what is held asks for.
func TestPlanOfSimulationIsThatOfRows(t *testing.T) {
	skipLong(t)
	held := held(t)
	_, rows := simulateRows(t, acme)
	want := map[requestPair]bool{}
	for _, r := range rows {
		for _, e := range r.Entitlements {
			if !held[[2]string{r.EntityID, e}] {
				want[requestPair{r.EntityID, "GRANT", e}] = true
			}
		}
		for _, e := range r.Revokes {
			want[requestPair{r.EntityID, "REVOKE", e}] = true
		}
	}
	p := planOf(t, "simulate", acme)
	requirePlan(t, p, want)
	require.Equal(t, p.texts, planOf(t, "simulate", acme, "--workers", "3", "--batch-rows", "77").texts)
	same := planOf(t, "diff", acme, "--baseline", "grants").texts
	require.Equal(t, p.texts, [2]string{strings.ReplaceAll(same[0], " against what is held", ""), same[1]})
}

// Who asks for requests gets the same result: no digest and no number depends on the accounts, so that it can be verified without
// them.
func TestPlanChangesNoResult(t *testing.T) {
	for _, args := range [][]string{{"simulate", acme}, {"diff", acme, "--no-attribution"}} {
		code, stdout, stderr := lcmsim(t.Context(), append(slices.Clone(args), "--json", "--digest")...)
		require.Contains(t, []int{0, 3}, code, stderr)
		require.True(t, stdout == planOf(t, args...).result, "lcmsim %s", args[0])
	}
}

// What publishing the draft of acme comes to in requests, a line each.
func TestGoldenPlan(t *testing.T) {
	p := planOf(t, "diff", acme)
	var b strings.Builder
	for _, l := range p.requests {
		fmt.Fprintf(&b, "%s %s %s: %s %s\n", l.RequestType, l.AssigneeType, l.AssigneeID, l.TargetEntityType, strings.Join(l.TargetEntityIDs, " "))
	}
	for _, l := range p.leftOut {
		fmt.Fprintf(&b, "%s %s: %s %s: %s\n", l.RequestType, l.EntityID, l.TargetEntityType, strings.Join(l.TargetEntityIDs, " "), l.Reason)
	}
	path := filepath.Join("testdata", "golden", "requests.txt")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run `go test ./cmd/lcmsim -update`")
	require.Equal(t, string(want), b.String())
}
