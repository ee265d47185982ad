package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/report"
)

// company is a snapshot of a small company, and its population of a month before.
func company(t *testing.T) (now, before string) {
	t.Helper()
	now, before = filepath.Join(t.TempDir(), "now"), filepath.Join(t.TempDir(), "before")
	code, _, stderr := lcmsim(t.Context(), "generate", now, "--earlier", before, "--holdings", "--identities", "200", "--quiet")
	require.Zero(t, code, stderr)
	return now, before
}

// savedResult runs a command and gives the result that it saves.
func savedResult(t *testing.T, args ...string) (path, text string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "result.json")
	code, _, stderr := lcmsim(t.Context(), append(args, "--quiet", "--report", path)...)
	require.NotEqual(t, 1, code, stderr)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return path, string(data)
}

// verify verifies a result against a snapshot.
func verify(t *testing.T, path, snapshot string) (code int, found report.Verification, stderr string) {
	t.Helper()
	code, stdout, stderr := lcmsim(t.Context(), "verify", path, snapshot, "--json")
	if stdout != "" {
		require.NoError(t, json.Unmarshal([]byte(stdout), &found))
		require.Equal(t, code, found.Exit.Code)
	}
	return code, found, stderr
}

// Every kind of result stands, and none that was edited does.
func TestVerifyEveryKind(t *testing.T) {
	skipLong(t)
	now, before := company(t)
	for _, c := range []struct {
		args     []string
		old, new string
		field    string // the first that differs; "" = the run digest tells
	}{
		{[]string{"simulate"}, `"planned_actions": `, `"planned_actions": 1`, "summary.planned_actions"},
		{[]string{"simulate", "--version", "draft", "--rule", "filter.string_case=fold"}, `"filter.string_case": "fold"`, `"filter.string_case": "exact"`, ""},
		{[]string{"diff"}, `"meaning": "`, `"meaning": "not `, "limits["},
		{[]string{"diff", "--baseline", before}, `"word": "`, `"word": "NOT `, "verdict.word"},
		{[]string{"diff", "--to", "draft", "--baseline", before}, `"interaction": `, `"interaction": 1`, "attribution.interaction"},
		{[]string{"diff", "--to", "draft", "--baseline", "grants"}, `"status": "changed"`, `"status": "maybe"`, "classes["},
		{[]string{"diff", "--to", "draft", "--baseline", "none"}, `"as_of": "2026`, `"as_of": "2025`, ""},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			path, text := savedResult(t, append(c.args, now)...)
			code, found, stderr := verify(t, path, now)
			require.Zero(t, code, "%s %s", stderr, found.Verdict.Sentence)
			require.Equal(t, report.WordValid, found.Verdict.Word)

			require.Contains(t, text, c.old)
			require.NoError(t, os.WriteFile(path, []byte(strings.Replace(text, c.old, c.new, 1)), 0o644))
			code, found, _ = verify(t, path, now)
			require.Equal(t, report.ExitGate, code)
			require.Equal(t, report.WordAltered, found.Verdict.Word, found.Verdict.Sentence)
			if c.field == "" {
				require.Empty(t, found.Inputs)
				return
			}
			require.True(t, strings.HasPrefix(found.Fields.Rows[0].Path, c.field), found.Fields.Rows[0].Path)
		})
	}
}

// What a run takes from a result is checked before it is used.
func TestVerifyRefusesInconsistentResults(t *testing.T) {
	now, _ := company(t)
	path, text := savedResult(t, "simulate", now)
	for _, c := range []struct{ old, new, want string }{
		{`"cap": 10000`, `"cap": -1`, "result is inconsistent: identities.cap is -1"},
		{`"fail_on": [`, `"fail_on": ["sometimes", `, `result is inconsistent: settings.fail_on: fail-on: "sometimes" is none of limit`},
		{`"filter.coerce": "off"`, `"filter.coerce": "off", "filter.more": "on"`, "filter.more"},
		{`"filter.coerce": "off",`, ``, "filter.coerce"},
		{`"filter.coerce": "off"`, `"filter.coerce": "perhaps"`, "filter.coerce"},
		{`"semantics": "vendor"`, `"semantics": "other"`, `"other"`},
		{`"active_attribute": "is_active"`, `"active_attribute": 3`, "/settings/active_attribute"},
	} {
		edited := strings.Replace(text, c.old, c.new, 1)
		require.NotEqual(t, text, edited, c.old)
		// Another version's run digest is not checked, so that the header reaches the run.
		edited = strings.Replace(edited, `"tool_version": "`+version+`"`, `"tool_version": "other"`, 1)
		require.NoError(t, os.WriteFile(path, []byte(edited), 0o644))
		code, _, stderr := verify(t, path, now)
		require.Equal(t, 1, code, c.new)
		require.Contains(t, stderr, c.want)
	}
}

// The digest of a policy's settings follows each of them.
func TestPolicySettings(t *testing.T) {
	first := savedSettings(t, "")
	for _, settings := range []string{
		`"entity_type": "Worker",`, `"initial_complete": true,`, `"safety_limit_settings": {"max_identities_affected_count": 5},`,
		`"safety_limit_settings": {"enable_change_limit": true, "max_identities_affected_percentage": 5},`,
		`"safety_limit_settings": {"enable_change_limit": true, "max_identities_affected_percentage": 5.5},`,
	} {
		require.NotEqual(t, first, savedSettings(t, settings), settings)
	}
	require.Equal(t, first, savedSettings(t, `"description": "nothing that a run depends on",`))
}

// savedSettings is the digest of the settings of a policy that a result carries.
func savedSettings(t *testing.T, settings string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "policies.json"), []byte(`{"values": [{"id": "p", "name": "P", "state": "RUNNING", `+settings+
		` "current_version": {"policy_id": "p", "version_number": 1, "state": "PUBLISHED", "config": {"workflows": [], "actions": []}}}]}`), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "identities.jsonl"), []byte(`{"entity_id": "1"}`+"\n"), 0o644))
	code, stdout, stderr := lcmsim(t.Context(), "simulate", dir, "--json")
	require.Zero(t, code, stderr)
	var d report.Document
	require.NoError(t, json.Unmarshal([]byte(stdout), &d))
	for _, o := range d.Inputs.Other {
		if o.Kind == "policy-settings" {
			return *o.SHA256
		}
	}
	t.Fatal("the result carries no digest of the policy's settings")
	return ""
}
