package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/loader/tenant/standin"
)

var update = flag.Bool("update", false, "rewrite the golden files and the files that scripts compare with")

// testNow is what the clock says in tests.
var testNow = time.Date(2026, 9, 2, 12, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"lcmsim": func() {
			e := systemEnv()
			e.now = func() time.Time { return testNow }
			e.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
			ctx, stop := interruptible()
			code := run(ctx, os.Args[1:], e)
			stop()
			os.Exit(code)
		},
	})
}

// TestScript runs testdata/script. A script finds the project's fixtures in the folder fixtures, and has the commands
// lcmsim, exit, json, finding, files, plain, tenant and fill beside those of testscript.
func TestScript(t *testing.T) {
	fixtures, err := filepath.Abs("../../fixtures")
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		UpdateScripts:      *update,
		RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Values[addressKey{}] = &scriptAddress{}
			return os.Symlink(fixtures, filepath.Join(e.WorkDir, "fixtures"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exit":    scriptExit,
			"json":    scriptJSON,
			"finding": scriptFinding,
			"files":   scriptFiles,
			"plain":   scriptPlain,
			"tenant":  scriptTenant,
			"fill":    scriptFill,
		},
	})
}

// addressKey is the key of the scriptAddress among the values of a script.
type addressKey struct{}

// scriptAddress is where the tenant of a script listens.
type scriptAddress struct {
	url    string                         // "" = none was started
	tenant atomic.Pointer[standin.Server] // that answers now
}

// scriptTenant is `tenant DIR [FLAGS...]`: a stand-in tenant serves the snapshot until the script ends, or until the next one takes
// its place at the same URL, with the flags of loader/tenant/standin/serve that say what it does. The script's VEZA_URL and
// VEZA_API_KEY are those of the tenant.
func scriptTenant(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: tenant DIR [FLAGS...]")
	}
	opt := standin.Options{Dir: ts.MkAbs(args[0])}
	flags := flag.NewFlagSet("tenant", flag.ContinueOnError)
	opt.AddFlags(flags)
	ts.Check(flags.Parse(args[1:]))
	server, err := standin.New(opt)
	ts.Check(err)
	address := ts.Value(addressKey{}).(*scriptAddress)
	address.tenant.Store(server)
	if address.url == "" {
		listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { address.tenant.Load().ServeHTTP(w, r) }))
		ts.Defer(listening.Close)
		address.url = listening.URL
	}
	ts.Setenv("VEZA_URL", address.url)
	ts.Setenv("VEZA_API_KEY", opt.Token)
}

// scriptExit is `exit CODE PROGRAM ARGS...`: the program ends with the code.
func scriptExit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exit CODE PROGRAM ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// scriptJSON is `json FILE PATH WANT`: the value at the path, such as workflows.0.matched or limits.len, is the JSON
// value or the text WANT. FILE may be stdout.
func scriptJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: json FILE PATH WANT")
	}
	got, err := lookUp(decodeJSON(ts, ts.ReadFile(args[0])), args[1])
	ts.Check(err)
	var want any = args[2]
	if err := json.Unmarshal([]byte(args[2]), &want); err != nil {
		want = args[2]
	}
	if reflect.DeepEqual(got, want) == neg {
		text, err := json.Marshal(got)
		ts.Check(err)
		ts.Fatalf("%s is %s", args[1], text)
	}
}

func decodeJSON(ts *testscript.TestScript, text string) any {
	var v any
	ts.Check(json.Unmarshal([]byte(text), &v))
	return v
}

// lookUp follows names and indices, separated by slashes or points; len is the length of a list.
func lookUp(v any, path string) (any, error) {
	separator := "."
	if strings.Contains(path, "/") {
		separator = "/" // where a name has a point
	}
	for part := range strings.SplitSeq(path, separator) {
		switch at := v.(type) {
		case map[string]any:
			value, ok := at[part]
			if !ok {
				return nil, fmt.Errorf("%s: there is no %q", path, part)
			}
			v = value
		case []any:
			if part == "len" {
				v = float64(len(at))
				continue
			}
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(at) {
				return nil, fmt.Errorf("%s: there is no item %q among %d", path, part, len(at))
			}
			v = at[i]
		default:
			return nil, fmt.Errorf("%s: %q is below a scalar", path, part)
		}
	}
	return v, nil
}

// scriptFinding is `finding SEVERITY CODE [TEXT]`: the result on stdout has such a diagnostic, with the text in its
// message.
func scriptFinding(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 && len(args) != 3 {
		ts.Fatalf("usage: finding SEVERITY CODE [TEXT]")
	}
	var doc struct {
		Diagnostics []struct{ Severity, Code, Message string }
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &doc))
	found := false
	for _, d := range doc.Diagnostics {
		if d.Severity == args[0] && d.Code == args[1] && (len(args) == 2 || strings.Contains(d.Message, args[2])) {
			found = true
		}
	}
	if found == neg {
		ts.Fatalf("diagnostics: %+v", doc.Diagnostics)
	}
}

// scriptFiles is `files DIR NAMES...`: the directory holds these files and no others, hidden ones included.
func scriptFiles(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: files DIR NAMES...")
	}
	got, err := fileNames(ts.MkAbs(args[0]))
	ts.Check(err)
	want := slices.Sorted(slices.Values(args[1:]))
	if !slices.Equal(got, want) {
		ts.Fatalf("%s holds %q, want %q", args[0], got, want)
	}
}

func fileNames(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, err
}

// scriptPlain is `plain [-json] FILES...`: the files, which may be stdout or stderr, hold no character that a terminal
// acts on but line feeds, and no byte that is not UTF-8. With -json they hold no byte that JSON does not allow.
func scriptPlain(ts *testscript.TestScript, neg bool, args []string) {
	first := firstActive
	if len(args) > 0 && args[0] == "-json" {
		args, first = args[1:], firstControl
	}
	for _, name := range args {
		if at := first([]byte(ts.ReadFile(name))); (at >= 0) != neg {
			ts.Fatalf("%s: byte %d of %q", name, at, ts.ReadFile(name))
		}
	}
}

// firstControl is the offset of the first control byte that is no line feed, or -1.
func firstControl(text []byte) int {
	return bytes.IndexFunc(text, func(r rune) bool { return r < ' ' && r != '\n' })
}

// firstActive is the offset of the first character that acts on a terminal, or -1: controls but the line feed, format
// characters such as changes of direction, separators of lines, bytes that are not UTF-8.
func firstActive(text []byte) int {
	for at, r := range string(text) {
		switch {
		case r == '\n':
		case r == unicode.ReplacementChar && !bytes.HasPrefix(text[at:], []byte("\uFFFD")),
			unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
			return at
		}
	}
	return -1
}
