package loader

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

// seed adds every file that a pattern names.
func seed(f *testing.F, patterns ...string) {
	f.Helper()
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		require.NoError(f, err)
		require.NotEmpty(f, paths, pattern)
		for _, path := range paths {
			data, err := os.ReadFile(path)
			require.NoError(f, err)
			f.Add(data)
		}
	}
}

// FuzzPolicies reads any bytes as every JSON file of a snapshot. What is accepted has no empty state and its canonical
// JSON is canonical.
func FuzzPolicies(f *testing.F) {
	seed(f, "../fixtures/vendor/*.json", examplesDir+"/*.json", hostileDir+"/policy/*", hostileDir+"/profiles/*", hostileDir+"/dir/*/*.json")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		var snap Snapshot
		o := opener{snap: &snap}
		tree := func() *node { return parseJSON("p.json", data, &o.problems) }
		if root := tree(); root != nil {
			text := root.canonical()
			again := parseJSON("c.json", text, &Problems{})
			if again != nil { // canonical text of a tree without problems is JSON; duplicates are gone
				require.Equal(t, string(text), string(again.canonical()))
			} else {
				require.NotEmpty(t, o.problems.List)
			}
			src := o.source("p.json")
			policies := src.readPolicies(root)
			if len(o.problems.List) == 0 {
				for _, p := range policies {
					checkPolicy(t, p)
					snap.Findings(p, p.Current)
				}
				src.attachAll(policies, src.readVersions(tree()))
			}
			src.readProfiles(tree())
			src.readProfileTypes(tree())
			src.readDatasources(tree())
			src.readPoliciesAndVersions(tree())
			src.readOverrides(tree(), "entity_id")
			src.readManifest(tree(), dir, func(string) bool { return true })
			src.closed = true
			src.readConfigFile(tree())
			src.readSchema(tree())
		}
		_, _ = ReadDryRun("d.json", data)
		for _, p := range o.problems.List {
			require.NotEmpty(t, p.Message)
			require.NotEmpty(t, p.File)
		}
		_ = o.problems.Error()
	})
}

// checkPolicy checks what package engine relies on.
func checkPolicy(t *testing.T, p *engine.Policy) {
	require.NotEmpty(t, p.State)
	if p.Current == nil {
		return
	}
	require.NotEmpty(t, p.Current.State)
	require.Len(t, p.Current.SHA256, 64)
	part := func(state string) { require.Contains(t, []string{engine.StateEnabled, engine.StateDisabled}, state) }
	for _, w := range p.Current.Workflows {
		part(w.State)
		for _, c := range w.Conditions {
			part(c.State)
		}
	}
	for _, a := range p.Current.Actions {
		part(a.State)
		require.NotEmpty(t, a.Type)
		require.NotEmpty(t, a.Canonical)
	}
}

// FuzzSettings reads any bytes as lcmsim.yaml and schema.yaml.
func FuzzSettings(f *testing.F) {
	seed(f, hostileDir+"/config/*", hostileDir+"/schema/*")
	f.Fuzz(func(t *testing.T, data []byte) {
		var problems Problems
		src := source{file: "s.yaml", closed: true, problems: &problems, notes: &notes{}}
		if root := parseYAML("s.yaml", data, &problems); root != nil {
			root.canonical()
			src.readConfigFile(root)
		}
		if root := parseYAML("s.yaml", data, &problems); root != nil {
			src.readSchema(root)
		}
		_ = problems.Error()
	})
}

// FuzzTables reads any bytes as grants in each text format.
func FuzzTables(f *testing.F) {
	seed(f, hostileDir+"/dir/*/grants.csv", hostileDir+"/dir/*/history.jsonl")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range []string{"grants.csv", "grants.jsonl"} {
			g, _, err := readGrantsIn(t, dir, name, data)
			if err == nil {
				require.NotNil(t, g)
			}
		}
	})
}
