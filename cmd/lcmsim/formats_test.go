package main

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/loader/tenant/standin"
	"github.com/lcmsim/lcmsim/report"
)

// everyReport are flags that write a report of each format into a directory.
func everyReport(dir string) []string {
	args := []string{}
	for _, f := range formats {
		args = append(args, "--report", filepath.Join(dir, "result"+f.extension))
	}
	return args
}

// filesOf are the files of a directory by name.
func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	names, err := fileNames(dir)
	require.NoError(t, err)
	files := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		files[name] = string(text)
	}
	return files
}

// A result that was saved is rendered as the run itself renders it: the same files, the same stdout, the same exit code, wherever it is
// done.
func TestReportOfASavedResultIsThatOfTheRun(t *testing.T) {
	skipLong(t)
	here, err := os.Getwd()
	require.NoError(t, err)
	small, before := company(t)
	strange := filepath.Join(t.TempDir(), "\xff =1+1 <b>")
	require.NoError(t, os.CopyFS(strange, os.DirFS(small)))
	tenant := newTenant(t, standin.Options{Dir: small})
	asked := []string{small, "--budget", "20", "--rate", "1000", "--answers", filepath.Join(t.TempDir(), "answers.jsonl")}
	for name, c := range map[string]struct {
		run  func(ctx context.Context, args ...string) (int, string, string)
		args []string
	}{
		"simulate":          {lcmsim, []string{"simulate", filepath.Join(here, acme)}},
		"simulate, strange": {lcmsim, []string{"simulate", strange, "--version", "draft"}},
		"diff":              {lcmsim, []string{"diff", filepath.Join(here, acme)}},
		"diff of a month":   {lcmsim, []string{"diff", small, "--to", "draft", "--baseline", before}},
		"diff of grants":    {lcmsim, []string{"diff", small, "--baseline", "grants"}},
		"diff of nothing":   {lcmsim, []string{"diff", small, "--baseline", "none", "--detailed-exitcode"}},
		"crosscheck":        {tenant.run, append([]string{"crosscheck"}, asked...)},
		"crosscheck, plan":  {tenant.run, []string{"crosscheck", small, "--plan-only"}},
		"calibrate":         {tenant.run, append([]string{"calibrate"}, asked...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(here)
			dir := t.TempDir()
			code, summary, stderr := c.run(t.Context(), append(c.args, everyReport(dir)...)...)
			require.NotEqual(t, report.ExitFatal, code, stderr)
			want := filesOf(t, dir)
			require.Len(t, want, len(formats))
			saved := filepath.Join(dir, "result.json")
			if !slices.Contains([]string{"crosscheck", "calibrate"}, name) { // which would say that they asked nobody again
				got, stdout, stderr := c.run(t.Context(), append(c.args, "--json", "--digest")...)
				require.Equal(t, code, got, stderr)
				require.True(t, want["result.json"] == stdout, "--json prints the file")
			}

			again := t.TempDir()
			got, stdout, stderr := lcmsim(t.Context(), append([]string{"report", saved}, everyReport(again)...)...)
			require.Equal(t, code, got, stderr)
			require.Equal(t, summary, stdout)
			requireSameFiles(t, want, filesOf(t, again))

			t.Chdir(dir)
			require.NoError(t, os.Mkdir("elsewhere", 0o755))
			got, stdout, stderr = lcmsim(t.Context(), append([]string{"report", "result.json"}, everyReport("elsewhere")...)...)
			require.Equal(t, code, got, stderr)
			require.Equal(t, summary, stdout)
			requireSameFiles(t, want, filesOf(t, "elsewhere"))

			got, stdout, _ = lcmsim(t.Context(), "report", "result.json", "--json")
			require.Equal(t, code, got)
			require.True(t, want["result.json"] == stdout, "--json prints the file")
			got, stdout, _ = lcmsim(t.Context(), "report", "result.json", "--quiet")
			require.Equal(t, code, got)
			first, _, _ := strings.Cut(summary, "\n")
			require.Equal(t, first+"\n", stdout, "the verdict line and no more")
		})
	}
}

// requireSameFiles holds files to equal bytes, and says which differ.
func requireSameFiles(t *testing.T, want, got map[string]string) {
	t.Helper()
	require.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
	for name := range want {
		require.True(t, want[name] == got[name], "%s differs", name)
	}
}

// inJob runs a command line in a job that collects a summary in a file.
func inJob(ctx context.Context, summary string, args ...string) (code int, stdout, stderr string) {
	var out, diagnostics bytes.Buffer
	code = run(ctx, args, env{stdout: &out, stderr: &diagnostics, now: func() time.Time { return testNow },
		getenv: func(name string) string { return map[string]string{summaryVariable: summary}[name] }})
	return code, out.String(), diagnostics.String()
}

func TestGitHubSummaryIsAppended(t *testing.T) {
	dir := t.TempDir()
	saved, summary, page := filepath.Join(dir, "result.json"), filepath.Join(dir, "summary"), filepath.Join(dir, "page.md")
	simulate := []string{"simulate", newCompany(t, 50, 1), "--report", saved, "--report", page}
	want, _, stderr := lcmsim(t.Context(), simulate...)
	require.NotEqual(t, report.ExitFatal, want, stderr)
	markdown, err := os.ReadFile(page)
	require.NoError(t, err)
	const before = "# what stands there, without a line break"
	require.NoError(t, os.WriteFile(summary, []byte(before), 0o644))
	for times, args := range [][]string{append(simulate, "--github-summary"), {"report", saved, "--github-summary"}} {
		code, stdout, stderr := inJob(t.Context(), summary, args...)
		require.Equal(t, want, code, stderr)
		require.NotEmpty(t, stdout)
		text, err := os.ReadFile(summary)
		require.NoError(t, err)
		require.Equal(t, before+strings.Repeat("\n"+string(markdown), times+1), string(text))
	}

	other := filepath.Join(dir, "others")
	require.NoError(t, os.Mkdir(other, 0o755))
	for _, args := range [][]string{append(simulate[:2:2], "--github-summary"), {"report", saved, "--github-summary"}} {
		code, stdout, stderr := lcmsim(t.Context(), append(args, "--report", filepath.Join(other, "x.md"))...)
		require.Equal(t, report.ExitFatal, code)
		require.Empty(t, stdout)
		require.Contains(t, stderr, "--github-summary: GITHUB_STEP_SUMMARY is not set")
		requireFiles(t, other)

		code, stdout, stderr = inJob(t.Context(), other, args...)
		require.Equal(t, report.ExitFatal, code, "a directory cannot be appended to")
		require.Empty(t, stdout)
		require.Contains(t, stderr, "GITHUB_STEP_SUMMARY: "+other+": is a directory, want a file")
	}
}

// What is no result is refused with the name of the file and what to give instead, and nothing is written.
func TestReportRefuses(t *testing.T) {
	dir := t.TempDir()
	saved, text := savedResult(t, "simulate", newCompany(t, 50, 1))
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(text), &members))
	delete(members, "limits")
	incomplete, err := json.Marshal(members)
	require.NoError(t, err)
	for name, c := range map[string]struct{ text, says string }{
		"schema":      {strings.Replace(text, report.SchemaSimulation, "lcmsim.simulation/v2", 1), `result has schema "lcmsim.simulation/v2"; give a result of`},
		"other":       {strings.Replace(text, report.SchemaSimulation, report.SchemaDiff, 1), "result is incomplete: "},
		"truncated":   {text[:len(text)/2], "result is not valid JSON: "},
		"empty":       {"", "result is not valid JSON: "},
		"duplicate":   {strings.Replace(text, "{", `{"schema": "`+report.SchemaSimulation+`",`, 1), "duplicate object member name"},
		"twice":       {text + text, "result is not valid JSON: "},
		"list":        {"[]", "result is not a JSON object; give a result of"},
		"text":        {`"lcmsim"`, "result is not a JSON object; give a result of"},
		"workbook":    {"PK\x03\x04", "not a result; give the .json file"},
		"nothing":     {"{}", "result has schema none; give a result of"},
		"incomplete":  {string(incomplete), "limits is missing; write it again"},
		"wrong type":  {strings.Replace(text, `"classes_total": `, `"classes_total": "1", "was": `, 1), "classes_total"},
		"no result":   {"# a page\n", "result is not valid JSON: "},
		"byte order":  {"\ufeff" + text, "result is not valid JSON: "},
		"requests":    {`{"request_type":"GRANT"}` + "\n" + `{"request_type":"GRANT"}` + "\n", "result is not valid JSON: "},
		"control\x1b": {"{", "result is not valid JSON: "},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name+".json")
			require.NoError(t, os.WriteFile(path, []byte(c.text), 0o644))
			requireRefused(t, path, c.says, "report", path)
		})
	}
	requireRefused(t, dir, "is a directory", "report", dir)
	requireRefused(t, "gone.json", "no such file", "report", filepath.Join(dir, "gone.json"))

	plan := filepath.Join(t.TempDir(), "plan.requests.jsonl")
	requireRefused(t, plan, "written by lcmsim simulate and lcmsim diff", "report", saved, "--report", plan)
	requireRefused(t, "page.pdf", "must end in", "report", saved, "--report", "page.pdf")
	requireRefused(t, saved, "is an input of this run; name another file", "report", saved, "--report", saved)
	link := filepath.Join(t.TempDir(), "link.json")
	require.NoError(t, os.Symlink(saved, link))
	requireRefused(t, link, "is an input of this run; name another file", "report", saved, "--report", link)
	page := filepath.Join(t.TempDir(), "page.md")
	requireRefused(t, page, "named for two outputs", "report", saved, "--report", page, "--report", filepath.Join(filepath.Dir(page), ".", "page.md"))
	after, err := os.ReadFile(saved)
	require.NoError(t, err)
	require.True(t, text == string(after), "the result is as it was")
}

// requireRefused runs a command line that writes nothing, and says what about which file.
func requireRefused(t *testing.T, file, says string, args ...string) {
	t.Helper()
	out := t.TempDir()
	code, stdout, stderr := lcmsim(t.Context(), append(args, "--report", filepath.Join(out, "x.html"))...)
	require.Equal(t, report.ExitFatal, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, report.Printable(file))
	require.Contains(t, stderr, says)
	require.Equal(t, -1, firstActive([]byte(stderr)))
	requireFiles(t, out)
}
