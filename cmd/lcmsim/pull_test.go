package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/loader/tenant/standin"
)

// idsOfAcme are the tenant's own ids of the first identities of fixtures/acme.
func idsOfAcme(t *testing.T, n int) (ids []string) {
	text, err := os.ReadFile(filepath.Join(acme, "identities.jsonl"))
	require.NoError(t, err)
	for _, line := range strings.SplitN(string(text), "\n", n+1)[:n] {
		var record struct{ ID string }
		require.NoError(t, json.Unmarshal([]byte(line), &record))
		ids = append(ids, record.ID)
	}
	return ids
}

// What a pull says, and that the command works that it names as the next.
func TestPullSummary(t *testing.T) {
	a := newTenant(t, standin.Options{})
	dir := t.TempDir()
	pulled := filepath.Join(dir, "pulled")
	code, stdout, stderr := a.run(t.Context(), "pull", pulled)
	require.Equal(t, 0, code, stderr)
	require.Regexp(t, `^`+regexp.QuoteMeta(pulled+": 1 policy from "+strings.TrimPrefix(a.url, "http://"))+`, \d+ requests\n  policies\.json +1\n`, stdout)
	require.Contains(t, stdout, "missing: a population; add "+pulled+"/identities.csv, .jsonl or .parquet, or give it with --identities\n"+
		"next: lcmsim simulate "+pulled+" --identities FILE\n")
	code, _, stderr = a.run(t.Context(), "simulate", pulled, "--quiet", "--identities", filepath.Join(acme, "identities.jsonl"))
	require.NotEqual(t, 1, code, stderr)

	ids, list, log := idsOfAcme(t, 12), filepath.Join(dir, "ids.txt"), filepath.Join(dir, "log.ndjson")
	people := filepath.Join(dir, "people")
	require.NoError(t, os.WriteFile(list, []byte("\ufeff# a sample\n\n"+strings.Join(ids, "\n")+"  # the last one\n"+ids[0]+"\n"), 0o644))
	code, stdout, stderr = a.run(t.Context(), "pull", people, "--identities", list, "--policy", "Workforce Lifecycle", "--log", log)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stderr, "note: 1 of the ids stand twice and are asked for once\n")
	require.Regexp(t, `(?m)^  identities\.jsonl +12$`, stdout)
	require.Contains(t, stdout, "\nnext: lcmsim simulate "+people+"\n")
	code, _, stderr = a.run(t.Context(), "simulate", people, "--quiet")
	require.NotEqual(t, 1, code, stderr)
	lines, err := os.ReadFile(log)
	require.NoError(t, err)
	require.Contains(t, string(lines), `"method":"GET","path":"/api/private/lifecycle_management/identities/`+ids[0]+`","attempt":1,"status":200}`)

	code, stdout, stderr = a.run(t.Context(), "pull", filepath.Join(dir, "quiet"), "--quiet")
	require.Equal(t, []any{0, "", ""}, []any{code, stdout, stderr})
}

// Ctrl-C keeps what there is, says so, and the same command goes on.
func TestInterruptedPull(t *testing.T) {
	list := filepath.Join(t.TempDir(), "ids.txt")
	require.NoError(t, os.WriteFile(list, []byte(strings.Join(idsOfAcme(t, 300), "\n")), 0o644))
	a := newTenant(t, standin.Options{PageSize: 5})
	dir := filepath.Join(t.TempDir(), "s")
	args := []string{"pull", dir, "--identities", list}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, diagnostics bytes.Buffer
	code := run(ctx, args, env{
		stdout: &out, stderr: &diagnostics, now: func() time.Time { return testNow },
		getenv: func(name string) string { return map[string]string{"VEZA_URL": a.url, "VEZA_API_KEY": secret}[name] },
		sleep: func(ctx context.Context, _ time.Duration) error { // before every request, as the clock stands still
			if a.server.Calls() >= 60 {
				cancel()
			}
			return ctx.Err()
		},
	})
	stdout, stderr := out.String(), diagnostics.String()
	require.Equal(t, 1, code)
	require.Empty(t, stdout)
	require.Equal(t, "lcmsim: interrupted; what was pulled so far is in "+dir+".partial: run the same command again to go on\n", stderr)
	require.NoDirExists(t, dir)
	first := a.server.Calls()

	code, stdout, stderr = a.run(t.Context(), args...)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout, " requests after those of an earlier run\n")
	require.Regexp(t, `(?m)^  identities\.jsonl +300$`, stdout)
	require.NoDirExists(t, dir+".partial")
	second := a.server.Calls()

	code, _, stderr = a.run(t.Context(), "pull", dir+"2", "--identities", list)
	require.Equal(t, 0, code, stderr)
	require.Less(t, second-first, a.server.Calls()-second, "what is there is not asked for again")
	for _, name := range []string{"policies.json", "access_profiles.json", "identities.jsonl"} {
		one, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		two, err := os.ReadFile(filepath.Join(dir+"2", name))
		require.NoError(t, err)
		require.Equal(t, string(two), string(one), name)
	}
}

// Errors of the tenant reach the terminal with what mends them, on lines of their own.
func TestPullErrors(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	exposed, ids := path("token"), path("ids")
	require.NoError(t, os.WriteFile(exposed, []byte(secret+"\n"), 0o600))
	require.NoError(t, os.Chmod(exposed, 0o644))
	require.NoError(t, os.WriteFile(path("other"), []byte("another-token\n"), 0o600))
	require.NoError(t, os.WriteFile(ids, []byte("one\n\ntwo/three\n"), 0o600))
	require.NoError(t, os.WriteFile(path("none"), []byte("# nobody\n"), 0o600))
	a := newTenant(t, standin.Options{})
	for _, tc := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--policy", "Workforce Lifecycl"}, 1, `no policy has the name or id "Workforce Lifecycl"; did you mean "Workforce Lifecycle"?`},
		{[]string{"--token-file", path("other")}, 1, "check VEZA_API_KEY or the token file"},
		{[]string{"--token-file", exposed}, 0, "others can read the token; run chmod 600 on it"},
		{[]string{"--identities", ids}, 1, `ids:3: "two/three" is no id of a tenant`},
		{[]string{"--identities", path("none")}, 1, "none: holds no id"},
		{[]string{"--identities", path("absent")}, 1, "absent: cannot be read: no such file"},
		{[]string{"--rate", "0"}, 1, "--rate and --concurrency take numbers above 0"},
		{[]string{"--concurrency", "65"}, 1, "choose 1 to 64"},
		{[]string{"--url", "http://acme.example"}, 1, "in the clear"},
		{[]string{"--log", dir}, 1, "the log cannot be written"},
	} {
		target := filepath.Join(t.TempDir(), "s")
		code, _, stderr := a.run(t.Context(), append([]string{"pull", target}, tc.args...)...)
		require.Equal(t, tc.code, code, "%q: %s", tc.args, stderr)
		require.Contains(t, stderr, tc.want)
		if code != 0 {
			require.NoDirExists(t, target)
			require.NoDirExists(t, target+".partial")
		}
		require.NotContains(t, stderr, secret)
	}
}
