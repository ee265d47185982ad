package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestServe(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "policies.json"), []byte(`{"values":[{"id":"pol","name":"One"}]}`), 0o600))
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	var stderr bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"--addr", "127.0.0.1:0", "--snapshot", dir, "--rule", "workflow.first_match=on", "--faults", "429=0"}, writer, &stderr)
		writer.Close()
	}()
	said := make([]byte, 1<<10)
	n, err := reader.Read(said)
	require.NoError(t, err)
	url := regexp.MustCompile(`export VEZA_URL=(\S+)`).FindSubmatch(said[:n])
	key := regexp.MustCompile(`export VEZA_API_KEY=(\S+)`).FindSubmatch(said[:n])
	require.NotNil(t, url)
	require.NotNil(t, key)

	request, err := http.NewRequestWithContext(t.Context(), "GET", string(url[1])+"/api/private/lifecycle_management/policies", nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+string(key[1]))
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, 200, response.StatusCode)

	stop()
	rest, err := io.ReadAll(reader)
	require.NoError(t, err)
	require.Contains(t, string(rest), "stopped after 1 requests; 0 of them would have changed something and were refused")
	require.Zero(t, <-code)
	require.Empty(t, stderr.String())
}

func TestServeRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"--snapshot none":  "no such file",
		"--rule x":         "want name=value",
		"--rule x=y":       `there is no rule "x"`,
		"--faults flood=1": `there is no fault "flood"`,
		"--shape round":    `there is no shape "round"`,
		"extra":            `unexpected argument "extra"`,
		"--nosuch":         "flag provided but not defined",
		"--page-size 500":  "page size 500 is not in 1..100",
	} {
		var stderr bytes.Buffer
		require.Equal(t, 2, run(t.Context(), strings.Fields(args), io.Discard, &stderr), args)
		require.Contains(t, stderr.String(), want, args)
	}
	var stderr bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"--help"}, io.Discard, &stderr))
	require.Contains(t, stderr.String(), "-faults")
	require.Equal(t, 1, run(t.Context(), []string{"--snapshot", "../../../../fixtures/acme", "--addr", "256.0.0.1:1"}, io.Discard, &stderr))
}
