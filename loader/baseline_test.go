package loader

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

// located prints findings with their files.
func located(findings []engine.Finding) []string {
	out := []string{}
	for i, line := range dumpFindings(findings) {
		out = append(out, findings[i].File+": "+line)
	}
	return out
}

func TestSecondaryOf(t *testing.T) {
	const policy = `{"value": {"id": "p1", "name": "P", "state": "RUNNING", "secondary_source_of_identities": [
  {"entity_type": "Badge", "datasource_ids": ["badges", "d.2"], "correlation_attribute_names": {"employee_id": "worker", "site": "site"}, "only_enrich_existing": true},
  {"datasource_ids": ["gone", "nowhere"], "correlation_attribute_names": {"a": "b"}},
  {"datasource_ids": ["uncorrelated"]},
  {"datasource_ids": [], "correlation_attribute_names": {"a": ""}}],
  "current_version": {"version_number": 1, "state": "PUBLISHED", "config": {}}}}`
	dir := writeFiles(t, map[string]string{
		"policies.json": policy, "identities.csv": "entity_id\n",
		"secondary/badges.CSV.gz": "", "secondary/d.2.jsonl": "", "secondary/uncorrelated.json": "", "secondary/stray.csv": "",
	})
	snap, err := OpenSnapshot(Paths{Dir: dir}, Options{})
	require.NoError(t, err)
	p := snap.Policies[0]
	want := []SecondaryFile{
		{filepath.Join(dir, "secondary", "badges.CSV.gz"), "badges", p.Secondary[0]},
		{filepath.Join(dir, "secondary", "d.2.jsonl"), "d.2", p.Secondary[0]},
	}
	require.Equal(t, []engine.Correlation{{Primary: "employee_id", Secondary: "worker"}, {Primary: "site", Secondary: "site"}}, p.Secondary[0].Correlation)
	files, findings := snap.SecondaryOf(p)
	require.Equal(t, want, files)
	lines := []string{
		`policies.json: error missing-correlation 4 value.secondary_source_of_identities[2] *1: the secondary source has no correlation attributes, so it is not joined; attributes that only it has count as absent`,
		`policies.json: warning source-missing 3 value.secondary_source_of_identities[1] *1: the secondary source "gone" has no file in the folder secondary; attributes that only it has count as absent`,
		`policies.json: warning source-missing 3 value.secondary_source_of_identities[1] *1: the secondary source "nowhere" has no file in the folder secondary; attributes that only it has count as absent`,
		`policies.json: warning source-missing 5 value.secondary_source_of_identities[3] *1: the secondary source names no datasource, so no file can be joined; attributes that only it has count as absent`,
		`secondary/stray.csv: warning source-not-joined 0  *1: is no secondary source of policy "P", so it is not joined`,
	}
	require.Equal(t, lines, located(findings))
	require.Equal(t, `export it to secondary/gone.jsonl (.parquet .arrow .jsonl .ndjson .json .csv), or remove it from the policy if the population has its attributes`, findings[1].Hint)

	b, err := OpenBaseline(dir, Options{})
	require.NoError(t, err)
	files, findings = b.SecondaryOf(p)
	require.Equal(t, want, files)
	require.Contains(t, located(findings), filepath.Join(dir, "secondary", "stray.csv")+strings.TrimPrefix(lines[4], "secondary/stray.csv"))

	files, findings = snap.SecondaryOf(&engine.Policy{Name: "Q"})
	require.Empty(t, files)
	require.Len(t, findings, 4, "the files belong to no source of the other policy")
}

func TestOneFileForEachSource(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"policies.json": smallPolicy, "identities.csv": "", "secondary/a.csv": "", "secondary/a.jsonl.gz": "", "secondary/b.csv": "",
	})
	_, err := OpenSnapshot(Paths{Dir: dir}, Options{})
	require.EqualError(t, err, "secondary/a.csv: secondary/a.jsonl.gz is there too (keep one of them)")
}

func TestOpenBaseline(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"identities.parquet": "not looked at", "secondary/d.csv": "", "overrides.json": "not looked at", "schema.yaml": "id: number\n",
		"manifest.json": `{"taken_at": "2026-01-31T09:00:00Z", "sha256": {
  "policies.json": "` + strings.Repeat("0", 64) + `",
  "secondary/gone.csv": "` + strings.Repeat("0", 64) + `",
  "overrides.json": "` + strings.Repeat("0", 64) + `"}}`,
		"policy_versions.json": "broken, but not read", "lcmsim.yaml": "broken: [", "override.json": "misspelt",
	})
	b, err := OpenBaseline(dir, Options{})
	require.NoError(t, err)
	in := func(name string) string { return filepath.Join(dir, name) }
	require.Equal(t, []string{dir, in("identities.parquet"), in("overrides.json"), "number"}, []string{b.Dir, b.Identities, b.Overrides, b.Schema.ID})
	require.Equal(t, []string{in("secondary/d.csv")}, b.Secondary)
	require.Equal(t, in("overrides.json"), b.Part("overrides.json"))
	require.Equal(t, 2026, b.Manifest.TakenAt.Year())
	require.Equal(t, []string{
		in("manifest.json") + `: error digest-mismatch 4 sha256["overrides.json"] *1: overrides.json is not the file that was exported: its SHA-256 is ` + bytesDigest([]byte("not looked at")),
		in("manifest.json") + `: error digest-mismatch 3 sha256["secondary/gone.csv"] *1: secondary/gone.csv is listed but missing`,
		in("override.json") + `: warning ignored-file 0  *1: is no part of a snapshot and was not read`,
	}, located(b.Findings()))

	file := writeFile(t, "people.csv", "entity_id\n1\n")
	b, err = OpenBaseline(file, Options{})
	require.NoError(t, err)
	require.Equal(t, &Baseline{Identities: file}, b)

	for path, want := range map[string]string{
		"no-such-directory": "no-such-directory: cannot be read: no such file or directory (name a snapshot directory or a population file)",
		"baseline.go":       "baseline.go: \".go\" is no extension of a population (use .parquet",
		writeFiles(t, map[string]string{"policies.json": smallPolicy}): "has no identities file",
	} {
		_, err = OpenBaseline(path, Options{})
		require.ErrorContains(t, err, want)
	}
	two := writeFiles(t, map[string]string{"identities.csv": "", "identities.json": "", "schema.yaml": "", "schema.json": "{}"})
	_, err = OpenBaseline(two, Options{})
	require.EqualError(t, err, filepath.Join(two, "identities.csv")+": identities.json is there too (keep one of them)\n"+
		filepath.Join(two, "schema.yaml")+": schema.json is there too (keep one of them)")
}

// dumpPolicies prints policies with their versions, the current one first in brackets.
func dumpPolicies(policies []*engine.Policy) []string {
	out := []string{}
	version := func(v *engine.Version) string { return v.State + " " + string(rune('0'+v.Number)) }
	for _, p := range policies {
		line := p.ID + "/" + p.Name + "/" + p.State
		if p.Current != nil {
			line += " [" + version(p.Current) + "]"
		}
		for _, v := range p.Drafts {
			line += " " + version(v)
		}
		out = append(out, line)
	}
	return out
}

func TestOpenPolicyFile(t *testing.T) {
	const version = `{"policy_id": "p1", "version_number": 1, "state": "PUBLISHED", "config": {}}`
	const draft = `{"policy_id": "p1", "version_number": 2, "state": "DRAFT", "config": {}}`
	const other = `{"policy_id": "p2", "version_number": 3, "state": 0, "config": {}}`
	const nameless = `{"version_number": 4, "state": "DRAFT", "config": {}}`
	tests := []struct {
		name, text string
		want       []string
		findings   []string
	}{
		{"a policy", smallPolicy, []string{"p1/P/RUNNING [PUBLISHED 1]"}, nil},
		{"a policy and its version", `{"value": {"id": "p1", "state": "RUNNING"}, "version": ` + draft + `}`, []string{"p1//RUNNING [DRAFT 2]"}, nil},
		{"a version", draft, []string{"p1//INITIAL [DRAFT 2]"}, nil},
		{"a version in an envelope", `{"value": ` + draft + `}`, []string{"p1//INITIAL [DRAFT 2]"}, nil},
		{"an import body", `{"value": {"policy_id": "p1", "config": {}}}`, []string{"p1//INITIAL [PUBLISHED 0]"}, []string{"state-assumed"}},
		{"a config", `{"workflows": []}`, []string{"//INITIAL [PUBLISHED 0]"}, []string{"state-assumed"}},
		{"one version in a list", `[` + other + `]`, []string{"p2//INITIAL [DRAFT 3]"}, nil},
		{"versions of a policy", `{"values": [` + draft + `, ` + version + `]}`, []string{"p1//INITIAL [PUBLISHED 1] DRAFT 2"}, nil},
		{"versions of several", `[` + version + `, ` + other + `, ` + draft + `]`, []string{"p1//INITIAL [PUBLISHED 1] DRAFT 2", "p2//INITIAL [DRAFT 3]"}, nil},
		{"drafts only", `[` + draft + `, ` + strings.Replace(draft, "2", "5", 1) + `]`, []string{"p1//INITIAL DRAFT 2 DRAFT 5"}, nil},
		{"versions without a policy", `[` + nameless + `, ` + strings.Replace(nameless, "4", "5", 1) + `]`, []string{"//INITIAL DRAFT 4 DRAFT 5"}, nil},
		{"policies and versions", `[` + draft + `, {"id": "p1", "name": "P", "state": "PAUSED", "current_version": ` + version + `}, ` + nameless + `]`,
			[]string{"p1/P/PAUSED [PUBLISHED 1] DRAFT 2 DRAFT 4"}, nil},
		{"a version of nobody", `[` + version + `, ` + other + `, ` + nameless + `]`,
			[]string{"p1//INITIAL [PUBLISHED 1]", "p2//INITIAL [DRAFT 3]"}, []string{"unattached-version", "unattached-version"}},
		{"a version of the only policy", `[` + nameless + `, ` + version + `]`, []string{"p1//INITIAL [PUBLISHED 1] DRAFT 4"}, nil},
		{"one version twice", `[` + version + `, ` + strings.Replace(version, "{}", `{"actions": [{"name": "a"}]}`, 1) + `]`,
			[]string{"p1//INITIAL [PUBLISHED 1]"}, []string{"duplicate-version"}},
		{"two policies of one id", `[{"id": "p1"}, {"id": "p1"}]`, []string{"p1//INITIAL"}, []string{"duplicate-policy"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := writeFile(t, "side.json", test.text)
			f, err := OpenPolicyFile(path, Enums{EnumVersionState: {0: "DRAFT"}}, Options{})
			require.NoError(t, err)
			require.Equal(t, test.want, dumpPolicies(f.Policies))
			require.False(t, f.Catalog.Given)
			require.Empty(t, f.Dir)
			var found []string
			for _, p := range f.Policies {
				require.Equal(t, path, p.File)
				for _, finding := range f.Findings(p, p.Current) {
					require.Equal(t, path, finding.File)
					found = append(found, finding.Code)
				}
			}
			require.Equal(t, test.findings, found)
		})
	}
	for text, want := range map[string]string{
		`{"values": []}`:                   ": holds no policy (export the answer of the API itself",
		`[` + version + `, 5]`:             ":1: [1]: is a number, want a policy",
		`{"values": [{"entity_id": "1"}]}`: ":1: values[0]: is an identity, want a policy",
		``:                                 ": is empty",
		`[` + version + `, {"config": []}, {"version_number": "x"}]`: ":1: [1].config: is a list, want an object\n",
	} {
		path := writeFile(t, "side.json", text)
		_, err := OpenPolicyFile(path, nil, Options{})
		require.ErrorContains(t, err, path+want)
	}
	_, err := OpenPolicyFile("no-such-file.json", nil, Options{})
	require.EqualError(t, err, "no-such-file.json: cannot be read: no such file or directory")
}

func TestOpenPolicyDirectory(t *testing.T) {
	files := map[string]string{
		"policies.json":        strings.ReplaceAll(smallPolicy, `"RUNNING"`, "3"),
		"policy_versions.json": `[{"policy_id": "p1", "version_number": 2, "state": "DRAFT", "config": {}, "colour": "red"}]`,
		"access_profiles.json": `[{"id": "a1", "state": "RUNNING", "current_version": {"state": "PUBLISHED"}}]`,
		"manifest.json":        `{"tenant": "t", "sha256": {"policies.json": "` + strings.Repeat("0", 64) + `", "identities.csv": "` + strings.Repeat("0", 64) + `"}}`,
		"grants.csv":           "broken, but not read",
		"schema.yaml":          "broken: [",
	}
	dir := writeFiles(t, files)
	f, err := OpenPolicyFile(dir, Enums{EnumPolicyState: {3: "PAUSED"}}, Options{Strict: true})
	require.NoError(t, err)
	require.Equal(t, []string{"p1/P/PAUSED [PUBLISHED 1] DRAFT 2"}, dumpPolicies(f.Policies))
	require.True(t, f.Catalog.Given)
	require.Equal(t, "a1", f.Catalog.Profiles[0].ID)
	require.Equal(t, []string{dir, "t"}, []string{f.Dir, f.Manifest.Tenant})
	require.False(t, f.HasIdentities)
	p := f.Policies[0]
	require.Equal(t, []string{
		filepath.Join(dir, "manifest.json") + `: error digest-mismatch 1 sha256["policies.json"] *1: policies.json is not the file that was exported: its SHA-256 is ` + bytesDigest([]byte(files["policies.json"])),
		filepath.Join(dir, "policy_versions.json") + `: error unknown-field 1 [0].colour *1: unknown field [].colour: kept, not evaluated`,
	}, located(f.Findings(p, p.Drafts[0])))
	require.Len(t, f.Findings(p, p.Current), 1, "the other version is of no interest")

	files["lcmsim.yaml"], files["identities.jsonl.zst"] = "enums: {policy_state: {3: PENDING}}\n", "not looked at"
	delete(files, "access_profiles.json")
	f, err = OpenPolicyFile(writeFiles(t, files), Enums{EnumPolicyState: {3: "PAUSED"}}, Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"p1/P/PENDING [PUBLISHED 1] DRAFT 2"}, dumpPolicies(f.Policies))
	require.False(t, f.Catalog.Given)
	require.True(t, f.HasIdentities)

	empty := t.TempDir()
	_, err = OpenPolicyFile(empty, nil, Options{})
	require.EqualError(t, err, empty+": has no policies.json (export the policy, or give it with --policy-file)")
}
