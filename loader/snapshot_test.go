package loader

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

func TestOpenSnapshotVendor(t *testing.T) {
	snap, err := OpenSnapshot(Paths{Dir: "../fixtures/vendor"}, Options{Strict: true})
	require.NoError(t, err)
	p, err := SelectPolicy(snap.Policies, "")
	require.NoError(t, err)
	require.Equal(t, []string{
		"warning placeholder 4 values[0].id *5: <access_profile_id1> looks like a placeholder of a template",
		"warning placeholder 52 values[0].current_version.config.actions[0].config.access_profiles[0] *5: <access_profile_id1> looks like a placeholder of a template",
	}, dumpFindings(snap.Findings(p, p.Current)))
	require.Equal(t, engine.StateRunning, p.State)
	require.Equal(t, "WorkdayWorker", p.EntityType)
	require.Equal(t, "example", snap.Manifest.Tenant)
	require.Equal(t, time.Date(2025, 8, 26, 13, 7, 4, 0, time.UTC), snap.Manifest.TakenAt)
	require.Equal(t, filepath.Join("../fixtures/vendor", "identities.jsonl"), snap.Identities)
	require.Nil(t, snap.Grants)
	require.Nil(t, snap.History)
	require.Nil(t, snap.Schema)

	require.Len(t, p.Current.Workflows, 1)
	conditions := p.Current.Workflows[0].Conditions
	require.Len(t, conditions, 3)
	for _, c := range conditions {
		require.Equal(t, "sync", c.Name)
		require.Equal(t, engine.FormExpression, c.Test.Form)
		require.Empty(t, c.Test.Text)
		require.Equal(t, "SYNC_IDENTITIES", c.Actions[0].Type)
	}
	require.Equal(t, `department eq "Sales" and manager eq true`, conditions[2].Test.Type)
	ids := map[string]bool{}
	for _, profile := range snap.Catalog.Profiles {
		ids[profile.ID] = true
		require.NotEmpty(t, profile.Entities)
	}
	named := 0
	for _, a := range p.Current.Actions {
		require.Equal(t, "MANAGE_RELATIONSHIPS", a.Type)
		require.True(t, a.RemoveExisting)
		for _, ref := range a.AccessProfiles {
			require.True(t, ids[ref.ID], ref.ID)
			named++
		}
	}
	require.Equal(t, 5, named)
	require.True(t, snap.Catalog.Given)
	require.Len(t, snap.Catalog.SHA256, 64)
}

// writeFiles lays out files in a new directory.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

const smallPolicy = `{"value": {"id": "p1", "name": "P", "state": "RUNNING", "current_version": {"version_number": 1, "state": "PUBLISHED", "config": {}}}}`

func TestOpenSnapshotInFull(t *testing.T) {
	digest := func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }
	files := map[string]string{
		"policies.json":             smallPolicy,
		"policy_versions.json":      `{"values": [{"policy_id": "p1", "version_number": 2, "state": "DRAFT", "config": {}}]}`,
		"access_profiles.json":      `[]`,
		"access_profile_types.json": `{"values": [{"id": "t1"}]}`,
		"datasources.json":          `{"values": [{"id": "d1"}]}`,
		"identities.csv.gz":         "not looked at",
		"secondary/d2.jsonl":        "not looked at",
		"secondary/d1.csv":          "not looked at",
		"secondary/notes.txt":       "not looked at",
		"overrides.json":            `{"values": []}`,
		"grants.csv":                "identity_entity_id,datasource_id,entity_type,entity_id,name\nw1,d1,Group,g1,Staff\nw1,d1,Group,g2,\nw2,d1,Group,g1,Staff\n",
		"history.jsonl":             `{"entity_id": "w1", "action": "Welcome", "workflow": "Joiners"}` + "\n" + `{"entity_id": 7, "action": "Welcome"}` + "\n",
		"schema.yaml":               "attributes: [{name: title}]\n",
		"lcmsim.yaml":               "fail_on: [error]\n",
		"README.md":                 "not looked at",
		"policy.json":               "a misspelt name",
		"identities.xlsx":           "no population",
	}
	files["manifest.json"] = `{"tenant": "t", "taken_at": "2026-01-31T09:00:00+01:00", "sha256": {
  "policies.json": "` + strings.ToUpper(digest(smallPolicy)) + `",
  "access_profiles.json": "` + digest("other") + `",
  "secondary/d1.csv": "` + digest("not looked at") + `",
  "gone.json": "` + digest("") + `"}}`
	dir := writeFiles(t, files)
	snap, err := OpenSnapshot(Paths{Dir: dir}, Options{})
	require.NoError(t, err)
	p := snap.Policies[0]
	require.Equal(t, []string{
		"error digest-mismatch 3 sha256[\"access_profiles.json\"] *1: access_profiles.json is not the file that was exported: its SHA-256 is " + digest("[]"),
		"error digest-mismatch 5 sha256[\"gone.json\"] *1: gone.json is listed but missing",
		"warning ignored-file 0  *1: is no part of a snapshot and was not read",
		"info ignored-file 0  *1: is no part of a snapshot and was not read",
	}, dumpFindings(snap.Findings(p)))
	require.True(t, time.Date(2026, 1, 31, 8, 0, 0, 0, time.UTC).Equal(snap.Manifest.TakenAt))
	require.Len(t, p.Drafts, 1)
	require.True(t, snap.Catalog.Given)
	require.Equal(t, digest("[]"), snap.Catalog.SHA256)
	require.Equal(t, "t1", snap.ProfileTypes[0].ID)
	require.Equal(t, "d1", snap.Datasources[0].ID)
	require.Equal(t, filepath.Join(dir, "identities.csv.gz"), snap.Identities)
	require.Equal(t, []string{filepath.Join(dir, "secondary", "d1.csv"), filepath.Join(dir, "secondary", "d2.jsonl")}, snap.Secondary)
	require.Equal(t, filepath.Join(dir, "overrides.json"), snap.Overrides)
	require.Equal(t, 3, rowCount(snap.Grants.ByIdentity()))
	require.Equal(t, []engine.Grant{{DatasourceID: "d1", EntityType: "Group", EntityID: "g1", Name: "Staff"},
		{DatasourceID: "d1", EntityType: "Group", EntityID: "g2"}}, snap.Grants.ByIdentity()["w1"])
	require.Empty(t, snap.Grants.ByIdentity()["w9"])
	require.Equal(t, 2, rowCount(snap.History.ByIdentity()))
	require.Equal(t, []engine.Done{{Action: "Welcome", Workflow: "Joiners"}}, snap.History.ByIdentity()["w1"])
	require.Equal(t, []engine.Done{{Action: "Welcome"}}, snap.History.ByIdentity()["7"])
	require.Equal(t, "title", snap.Schema.Attributes[0].Name)
	require.Equal(t, []string{"error"}, snap.Config.FailOn)
}

func TestOpenSnapshotGivenPathsWin(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"policies.json":   "broken, but not read",
		"identities.csv":  "entity_id\n",
		"identities.json": "two, but not looked at",
		"lcmsim.yaml":     "broken: [",
	})
	other := writeFiles(t, map[string]string{
		"mine.json":      strings.ReplaceAll(smallPolicy, `"RUNNING"`, "3"),
		"versions.json":  `[{"version_number": 2, "config": {}}]`,
		"profiles.json":  `[{"id": "a1", "current_version": {}}]`,
		"people.csv":     "entity_id\n",
		"settings":       "enums: {policy_state: {3: PAUSED}}\n",
		"attributes.yml": "attributes: []\n",
		"held.jsonl":     `{"identity_entity_id": "w", "datasource_id": "d", "entity_type": "t", "entity_id": "e"}`,
		"done.csv":       "action,entity_id\na,w\n",
	})
	paths := Paths{
		Dir: dir, Policy: filepath.Join(other, "mine.json"), Versions: filepath.Join(other, "versions.json"),
		Profiles: filepath.Join(other, "profiles.json"), Identities: filepath.Join(other, "people.csv"),
		Config: filepath.Join(other, "settings"), Schema: filepath.Join(other, "attributes.yml"),
		Grants: filepath.Join(other, "held.jsonl"), History: filepath.Join(other, "done.csv"),
	}
	for range 2 {
		snap, err := OpenSnapshot(paths, Options{})
		require.NoError(t, err)
		p := snap.Policies[0]
		require.Equal(t, "PAUSED", p.State, "the enums of lcmsim.yaml are known before the policy is read")
		require.Equal(t, paths.Policy, p.File)
		require.Len(t, p.Drafts, 1)
		require.Equal(t, paths.Identities, snap.Identities)
		require.Equal(t, "a1", snap.Catalog.Profiles[0].ID)
		require.Equal(t, []engine.Done{{Action: "a"}}, snap.History.ByIdentity()["w"])
		require.Equal(t, 1, rowCount(snap.Grants.ByIdentity()))
		paths.Dir = "" // the flags alone are enough
	}
}

func TestOpenSnapshotWithoutDirectory(t *testing.T) {
	_, err := OpenSnapshot(Paths{Policy: "p.json"}, Options{})
	require.EqualError(t, err, "a snapshot directory, or both a policy file and a population, are needed")
	_, err = OpenSnapshot(Paths{Dir: "no-such-directory"}, Options{})
	require.EqualError(t, err, "no-such-directory: the snapshot directory cannot be read: no such file or directory")
	_, err = OpenSnapshot(Paths{Dir: "doc.go"}, Options{})
	require.EqualError(t, err, "doc.go: is a file, want a snapshot directory (name the directory that holds policies.json and identities.*)")
	_, err = OpenSnapshot(Paths{Policy: "no-such-file.json", Identities: "x.csv", Profiles: "."}, Options{})
	require.EqualError(t, err, ".: cannot be read: is a directory, want a file\nno-such-file.json: cannot be read: no such file or directory")
}

func TestProblemsAreSorted(t *testing.T) {
	at := func(file string, line int, path string) engine.Position {
		return engine.Position{File: file, Line: line, Path: path}
	}
	p := &Problems{List: []Problem{
		{at("b", 1, "x"), "late", ""},
		{at("a", 10, ""), "tenth", "do it"},
		{at("a", 9, "y"), "ninth", ""},
		{at("", 0, ""), "nowhere", ""},
	}}
	require.Equal(t, "nowhere\na:9: y: ninth\na:10: tenth (do it)\nb:1: x: late", p.Error())
	require.Equal(t, "late", p.List[0].Message, "the list keeps its order")
	require.NoError(t, (&Problems{}).err())
}

// rowCount is how many rows a table by identity has.
func rowCount[T any](byIdentity map[string][]T) int {
	n := 0
	for _, rows := range byIdentity {
		n += len(rows)
	}
	return n
}
