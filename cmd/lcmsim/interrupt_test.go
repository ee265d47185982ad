package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// cancelWhen cancels a context as soon as a file with the prefix appears in dir.
func cancelWhen(t *testing.T, dir, prefix string) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go func() {
		for ctx.Err() == nil {
			names, _ := fileNames(dir)
			for _, name := range names {
				if strings.HasPrefix(name, prefix) {
					cancel()
				}
			}
			time.Sleep(time.Millisecond)
		}
	}()
	return ctx
}

// Ctrl-C in the middle of a run: exit code 1, a message, and nothing is left behind.
func TestInterruptedSimulation(t *testing.T) {
	dir := t.TempDir()
	rows, result := filepath.Join(dir, "rows.ndjson"), filepath.Join(dir, "result.json")
	require.NoError(t, os.WriteFile(result, []byte("earlier"), 0o644))
	// The rows have a temporary name from the beginning of the evaluation on; batches of one identity make it slow.
	code, stdout, stderr := lcmsim(cancelWhen(t, dir, ".rows.ndjson."), "simulate", acme,
		"--rows", rows, "--report", result, "--batch-rows", "1")
	require.Equal(t, 1, code)
	require.Equal(t, "lcmsim: interrupted; nothing was written\n", stderr)
	require.Empty(t, stdout)
	requireFiles(t, dir, "result.json")
	text, err := os.ReadFile(result)
	require.NoError(t, err)
	require.Equal(t, "earlier", string(text))
}

func TestInterruptedGenerator(t *testing.T) {
	dir := t.TempDir()
	code, stdout, stderr := lcmsim(cancelWhen(t, dir, ".big."), "generate", filepath.Join(dir, "big"), "--identities", "2000000")
	require.Equal(t, 1, code)
	require.Equal(t, "lcmsim: interrupted; nothing was written\n", stderr)
	require.Empty(t, stdout)
	requireFiles(t, dir)
}

func TestInterruptedBeforehand(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	for _, args := range [][]string{
		{"simulate", vendor, "--rows", filepath.Join(dir, "rows.csv")},
		{"simulate", vendor, "--report", filepath.Join(dir, "result.xlsx"), "--json"},
		{"filter", vendor, "manager pr"},
		{"generate", filepath.Join(dir, "demo"), "--identities", "10"},
	} {
		code, stdout, stderr := lcmsim(ctx, args...)
		require.Equal(t, 1, code, "%q", args)
		require.Equal(t, "lcmsim: interrupted; nothing was written\n", stderr, "%q", args)
		require.Empty(t, stdout, "%q", args)
	}
	requireFiles(t, dir)
}

// fullDisk takes so many bytes and then fails.
type fullDisk struct{ left int }

func (w *fullDisk) Write(p []byte) (int, error) {
	if len(p) > w.left {
		n := w.left
		w.left = 0
		return n, io.ErrShortWrite
	}
	w.left -= len(p)
	return len(p), nil
}

// A result that cannot be printed is an error, not a short result with exit code 0.
func TestStdoutThatFails(t *testing.T) {
	for _, args := range [][]string{
		{"simulate", vendor},
		{"simulate", vendor, "--quiet"},
		{"simulate", vendor, "--json"},
		{"filter", vendor, "manager pr"},
		{"filter", vendor, "manager pr", "--json"},
		{"generate", filepath.Join(t.TempDir(), "demo"), "--identities", "10"},
		{"version"},
	} {
		var diagnostics bytes.Buffer
		code := run(t.Context(), args, env{stdout: &fullDisk{left: 10}, stderr: &diagnostics, now: func() time.Time { return testNow }})
		require.Equal(t, 1, code, "%q", args)
		require.Contains(t, diagnostics.String(), "short write", "%q", args)
	}
}

func requireFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	got, err := fileNames(dir)
	require.NoError(t, err)
	require.ElementsMatch(t, want, got)
}
