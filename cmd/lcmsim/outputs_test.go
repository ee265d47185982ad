package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/report"
)

// fillIn starts files with a text each.
func fillIn(t *testing.T, out *outputs, text string, paths ...string) {
	t.Helper()
	for _, path := range paths {
		file, err := out.create(path)
		require.NoError(t, err)
		_, err = file.WriteString(text)
		require.NoError(t, err)
	}
}

func requireText(t *testing.T, want, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, want, string(text), path)
}

// Where the last of several files cannot get its name, or a shared file takes no more text, everything is as it was.
func TestCommitIsWholeOrNothing(t *testing.T) {
	for name, breakIt := range map[string]func(*outputs, string){
		"rename": func(_ *outputs, last string) { require.NoError(t, os.Mkdir(last, 0o755)) }, // while the run is under way
		"shared": func(o *outputs, last string) {
			shared := filepath.Join(filepath.Dir(filepath.Dir(last)), "shared")
			require.NoError(t, o.share(shared))
			require.NoError(t, o.add("text"))
			require.NoError(t, o.added.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			require.NoError(t, os.Mkdir(dir, 0o755))
			there, fresh, last := filepath.Join(dir, "there"), filepath.Join(dir, "fresh"), filepath.Join(dir, "last")
			require.NoError(t, os.WriteFile(there, []byte("earlier"), 0o640))
			var out outputs
			fillIn(t, &out, "new", there, fresh, last)
			breakIt(&out, last)
			err := out.commit()
			require.ErrorContains(t, err, "cannot be written")
			out.discard()
			requireText(t, "earlier", there)
			require.NoFileExists(t, fresh)
			names, err := fileNames(dir)
			require.NoError(t, err)
			require.Subset(t, []string{"there", "last"}, names)
		})
	}
}

// A file keeps its mode, and a link stays one: what it leads to is replaced.
func TestReplacedFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs the modes and links of Unix")
	}
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.Mkdir(in("far"), 0o755))
	require.NoError(t, os.WriteFile(in("ordinary"), nil, 0o666)) // as the umask has it
	require.NoError(t, os.WriteFile(in("private"), nil, 0o600))
	require.NoError(t, os.WriteFile(in("far/file"), nil, 0o640))
	require.NoError(t, os.WriteFile(in("everybody"), nil, 0o600))
	require.NoError(t, os.Chmod(in("everybody"), 0o666)) // more than a umask leaves
	require.NoError(t, os.Symlink("far/file", in("link")))
	require.NoError(t, os.Symlink("link", in("chain")))
	require.NoError(t, os.Symlink("far/none", in("dangling")))
	require.NoError(t, os.Symlink("round", in("round")))
	mode := func(name string) os.FileMode {
		info, err := os.Stat(in(name))
		require.NoError(t, err)
		return info.Mode()
	}
	var out outputs
	defer out.discard()
	fillIn(t, &out, "new", in("new"), in("private"), in("everybody"), in("chain"), in("dangling"))
	require.NoError(t, out.commit())
	require.Equal(t, mode("ordinary"), mode("new"))
	require.Equal(t, os.FileMode(0o600), mode("private"))
	require.Equal(t, os.FileMode(0o666), mode("everybody"))
	require.Equal(t, os.FileMode(0o640), mode("far/file"))
	for _, link := range []string{"link", "chain", "dangling"} {
		_, err := os.Readlink(in(link))
		require.NoError(t, err, "%s is a link", link)
		requireText(t, "new", in(link))
	}
	requireFiles(t, in("far"), "file", "none")

	// Different ways to one file that is not there yet.
	require.NoError(t, os.Symlink("far", in("near")))
	require.NoError(t, os.Symlink("near/twice", in("sideways")))
	fillIn(t, &out, "new", in("far/twice"))
	for _, path := range []string{"near/twice", "sideways", "far/../near/twice"} {
		_, err := out.create(in(path))
		require.ErrorContains(t, err, "named for two outputs")
		require.ErrorContains(t, out.share(in(path)), "is another file of this run")
	}
	_, err := out.create(in("round"))
	require.ErrorContains(t, err, "round: cannot be written: symbolic links lead to each other")
	_, err = out.create(os.DevNull)
	require.EqualError(t, err, os.DevNull+": is a pipe or a device, want a file")
	require.ErrorContains(t, out.share(os.DevNull), "is a pipe or a device")
}

// A pipe as summary, which would be waited for without end, is refused before the run begins.
func TestSummaryIsNoPipe(t *testing.T) {
	mkfifo, err := exec.LookPath("mkfifo")
	if err != nil {
		t.Skip("there is no mkfifo")
	}
	dir := t.TempDir()
	pipe, page := filepath.Join(dir, "pipe"), filepath.Join(dir, "page.html")
	require.NoError(t, exec.Command(mkfifo, pipe).Run())
	code, stdout, stderr := inJob(t.Context(), pipe, "simulate", vendor, "--report", page, "--github-summary")
	require.Equal(t, report.ExitFatal, code)
	require.Empty(t, stdout)
	require.Equal(t, "lcmsim: --github-summary: GITHUB_STEP_SUMMARY: "+pipe+": is a pipe or a device, want a file\n", stderr)
	code, _, stderr = lcmsim(t.Context(), "simulate", vendor, "--rows", filepath.Join(dir, "rows.csv"), "--report", pipe+".json")
	require.Equal(t, report.ExitOK, code, stderr)
	requireFiles(t, dir, "pipe", "pipe.json", "rows.csv")
}

// started runs the program itself.
func started(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs the signals of Unix")
	}
	return exec.CommandContext(t.Context(), "lcmsim", args...)
}

// A terminal that goes away interrupts like Ctrl-C.
func TestHangUp(t *testing.T) {
	dir := t.TempDir()
	cmd := started(t, "simulate", acme, "--rows", filepath.Join(dir, "rows.ndjson"), "--batch-rows", "1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool {
		names, _ := fileNames(dir)
		return len(names) > 0
	}, time.Minute, time.Millisecond)
	require.NoError(t, cmd.Process.Signal(syscall.SIGHUP))
	require.Error(t, cmd.Wait())
	require.Equal(t, report.ExitFatal, cmd.ProcessState.ExitCode())
	require.Equal(t, "lcmsim: interrupted; nothing was written\n", stderr.String())
	requireFiles(t, dir)
}

// Pipes that nobody reads any more keep a run neither from its end nor from its exit code.
func TestClosedPipes(t *testing.T) {
	dir := t.TempDir()
	read, write, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, read.Close())
	defer write.Close()
	plan := filepath.Join(dir, "plan.requests.jsonl") // about which there is a warning, before the plan has its name
	cmd := started(t, "diff", acme, "--report", plan)
	cmd.Stdout, cmd.Stderr = write, write
	require.Error(t, cmd.Run())
	require.Equal(t, report.ExitGate, cmd.ProcessState.ExitCode())
	requireFiles(t, dir, "plan.requests.jsonl", "plan.requests.left-out.jsonl")

	cmd = started(t, "simulate", acme, "--report", filepath.Join(dir, "gone", "r.json"))
	cmd.Stdout, cmd.Stderr = write, write
	require.Error(t, cmd.Run())
	require.Equal(t, report.ExitFatal, cmd.ProcessState.ExitCode())
}

// No line of text is a command to what runs a job.
func TestNoCommandsInTheLogOfAJob(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, text := range []string{"##[error]x", "##vso[task.complete]x", "##teamcity[x]", "::error::x", "\u00a0::error::x"} {
		name := strings.NewReplacer(":", "_").Replace(text) // a name of a file on any system
		for _, args := range [][]string{
			{text},
			{"simulate", text},
			{"report", text},
			{"filter", text, "a pr"},
			{"generate", name, "--identities", "2"},
			{"generate", text + "/x", "--format", text},
		} {
			_, stdout, stderr := lcmsim(t.Context(), args...)
			require.NotEmpty(t, stdout+stderr)
			for line := range strings.SplitSeq(stdout+stderr, "\n") {
				require.NotRegexp(t, `##([a-z]*)\[|^[\s\x{a0}]*::`, line, "%q", args)
			}
		}
	}
}
