package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

// What diff says of each identity is what two simulations say, one subtracted from the other.
func TestDiffIsTwoSimulations(t *testing.T) {
	skipLong(t)
	for _, versions := range [][2]string{{"7", "8"}, {"8", "7"}, {"6", "8"}, {"7", "7"}} {
		_, before := simulateRows(t, acme, "--version", versions[0])
		_, after := simulateRows(t, acme, "--version", versions[1])
		doc, rows := diffRows(t, acme, "--from", versions[0], "--to", versions[1])
		require.Len(t, rows, len(after))
		statuses := map[engine.Status]int{}
		gained := map[string]int{}
		for i, r := range rows {
			a, b := before[i], after[i]
			require.Equal(t, b.EntityID, r.EntityID)
			was, now := planned(a), planned(b)
			requireDelta(t, was, now, actionKeys(r.ActionsGained), actionKeys(r.ActionsLost))
			requireDelta(t, append(slices.Clone(a.AccessProfileIDs), a.Inherited...), append(slices.Clone(b.AccessProfileIDs), b.Inherited...), r.ProfilesGained, r.ProfilesLost)
			requireDelta(t, a.Entitlements, b.Entitlements, r.EntitlementsGained, r.EntitlementsLost)
			statuses[r.Status]++
			for _, e := range r.EntitlementsGained {
				gained[e]++
			}
		}
		s := doc.Summary
		require.Equal(t, [5]int{statuses[engine.StatusChanged], statuses[engine.StatusMaybe], statuses[engine.StatusUnchanged], 0, 0},
			[5]int{s.Changed, s.Maybe, s.Unchanged, s.New, s.RemovedFromSource})
		require.Equal(t, len(rows), s.Identities)
		for _, e := range doc.Entitlements {
			require.Equal(t, gained[e.DatasourceID+"|"+e.EntityType+"|"+e.EntityID], e.Gained)
		}
		require.Equal(t, s.Changed, doc.Attribution.Policy)
	}
}

// An earlier population tells apart those who joined, moved, left and were removed, as fixtures/acme-august/README.md says.
func TestDiffOfAMonth(t *testing.T) {
	doc, rows := diffRows(t, acme, "--baseline", earlier)
	require.Equal(t, []int{76, 56, 48, 21}, []int{doc.Summary.New, *doc.Summary.Movers, *doc.Summary.Leavers, doc.Summary.RemovedFromSource})
	require.Len(t, rows, doc.Summary.Identities)
	removed := rows[5000:]
	require.Len(t, removed, 21)
	for _, r := range removed {
		require.Equal(t, engine.StatusRemoved, r.Status)
		require.Empty(t, r.EntitlementsLost)
	}
}

// requireDelta checks that the deltas turn one set into the other one.
func requireDelta(t *testing.T, was, now, gained, lost []string) {
	t.Helper()
	set := map[string]bool{}
	for _, x := range was {
		set[x] = true
	}
	for _, x := range lost {
		require.True(t, set[x], "%s is lost and was not there", x)
		delete(set, x)
	}
	for _, x := range gained {
		require.False(t, set[x], "%s is gained and was there", x)
		set[x] = true
	}
	now = slices.Clone(now)
	slices.Sort(now)
	require.Equal(t, append([]string{}, slices.Compact(now)...), append([]string{}, slices.Sorted(maps.Keys(set))...))
}

func planned(r row) []string {
	var list []string
	for _, a := range r.Actions {
		if a.Status == "planned" {
			list = append(list, a.Workflow+"/"+a.Name)
		}
	}
	return list
}

func actionKeys(actions []engine.ActionName) []string {
	var list []string
	for _, a := range actions {
		list = append(list, a.Workflow+"/"+a.Name)
	}
	return list
}

// diffRows runs diff and reads back its result and its rows.
func diffRows(t *testing.T, args ...string) (doc struct{ engine.DiffResult }, rows []engine.DiffRow) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.ndjson")
	code, stdout, stderr := lcmsim(t.Context(), append([]string{"diff", "--json", "--rows", path}, args...)...)
	require.Contains(t, []int{0, 3}, code, stderr)
	require.NoError(t, json.Unmarshal([]byte(stdout), &doc))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r engine.DiffRow
		require.NoError(t, json.Unmarshal(lines.Bytes(), &r))
		rows = append(rows, r)
	}
	require.NoError(t, lines.Err())
	return doc, rows
}
