package main

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/loader/tenant/standin"
)

// documentedCommand is a line `$ lcmsim ...` in a console fence of a document, and what the document shows below it; or a line
// `$ make tenant ...` or `$ export NAME=VALUE ...`, which the commands below it need.
type documentedCommand struct {
	file     string
	line     int      // from 1
	words    []string // behind lcmsim; > FILE takes stdout
	exit     int      // from a trailing `# exit N`
	output   []string // lines; "..." stands for any lines, none at all shows nothing
	tenant   []string // flags of the stand-in that is started; nil = none is
	exported []string // NAME=VALUE; nil = no line of export
}

var exitComment = regexp.MustCompile(`\s+# exit (\d+)$`)

// documentedCommands reads a Markdown text. What make does but for `make tenant` is not run here; commands other than lcmsim, make and
// a few of a shell are an error, as nobody runs them.
func documentedCommands(file, text string) ([]documentedCommand, error) {
	var commands []documentedCommand
	inside, skipping := false, false
	for i, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			inside, skipping = !inside && line == "```console", false
		case !inside:
		case strings.HasPrefix(line, "$ make tenant"), strings.HasPrefix(line, "$ export "):
			skipping = true
			words, err := shellWords(strings.TrimPrefix(line, "$ "))
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
			}
			c := documentedCommand{file: file, line: i + 1}
			if words[0] == "export" {
				c.exported = words[1:]
			} else {
				c.tenant = []string{}
				for _, word := range words[2:] {
					c.tenant = append(c.tenant, strings.Fields(strings.TrimPrefix(word, "TENANT="))...)
				}
			}
			commands = append(commands, c)
		case strings.HasPrefix(line, "$ make"), strings.HasPrefix(line, "$ git "), strings.HasPrefix(line, "$ cd "), strings.HasPrefix(line, "$ go "):
			skipping = true
		case strings.HasPrefix(line, "$ "):
			skipping = false
			c := documentedCommand{file: file, line: i + 1}
			if m := exitComment.FindStringSubmatch(line); m != nil {
				c.exit, _ = strconv.Atoi(m[1])
				line = strings.TrimSuffix(line, m[0])
			}
			words, err := shellWords(strings.TrimPrefix(line, "$ "))
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
			}
			if filepath.Base(words[0]) != "lcmsim" {
				return nil, fmt.Errorf("%s:%d: %q is not run by any test", file, i+1, line)
			}
			c.words = words[1:]
			commands = append(commands, c)
		case skipping:
		case len(commands) > 0 && commands[len(commands)-1].file == file:
			last := &commands[len(commands)-1]
			last.output = append(last.output, line)
		}
	}
	return commands, nil
}

// shellWords splits a line as a shell does: blanks, single and double quotes, a backslash, a comment at the end. > is a
// word of its own.
func shellWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	open, started := rune(0), false
	end := func() {
		if started {
			words = append(words, word.String())
		}
		word.Reset()
		started = false
	}
	escaped := false
scan:
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && open != '\'':
			escaped, started = true, true
		case open != 0 && r == open:
			open = 0
		case open != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			open, started = r, true
		case r == '#' && !started:
			break scan
		case r == ' ' || r == '\t':
			end()
		case r == '>':
			end()
			words = append(words, ">")
		case strings.ContainsRune("|<;&$`", r):
			return nil, fmt.Errorf("%q needs a shell", line)
		default:
			word.WriteRune(r)
			started = true
		}
	}
	if open != 0 || escaped {
		return nil, fmt.Errorf("%q ends inside quotes", line)
	}
	end()
	if len(words) == 0 {
		return nil, fmt.Errorf("%q is no command", line)
	}
	return words, nil
}

// shows tells whether output is what a document shows, where "..." stands for any lines.
func shows(want, got []string) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if want[0] == "..." {
		return shows(want[1:], got) || len(got) > 0 && shows(want, got[1:])
	}
	return len(got) > 0 && strings.TrimRight(want[0], " ") == strings.TrimRight(got[0], " ") && shows(want[1:], got[1:])
}

// Every lcmsim command of README.md and docs/*.md runs, ends with the exit code that is documented, and prints what is
// shown. The commands of one document run in one folder, in order.
func TestDocumentedCommands(t *testing.T) {
	skipLong(t)
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	paths, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	for _, path := range append([]string{filepath.Join(root, "README.md")}, paths...) {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			commands, err := documentedCommands(name, string(text))
			require.NoError(t, err)
			if name == "README.md" {
				require.NotEmpty(t, commands, "README.md shows no command")
			}
			t.Chdir(t.TempDir())
			require.NoError(t, os.Symlink(filepath.Join(root, "fixtures"), "fixtures"))
			require.NoError(t, os.Mkdir("out", 0o755))
			var shell documentShell
			for _, c := range commands {
				switch {
				case c.tenant != nil:
					shell.startTenant(t, c.tenant)
					continue
				case c.exported != nil:
					shell.exported = append(shell.exported, c.exported...)
					continue
				}
				code, out := shell.run(t, c.words)
				require.Equal(t, c.exit, code, "%s:%d: lcmsim %q\n%s", c.file, c.line, c.words, out)
				want := strings.TrimRight(strings.Join(c.output, "\n"), "\n")
				got := strings.TrimRight(out, "\n")
				if want == "" || shows(strings.Split(want, "\n"), strings.Split(got, "\n")) {
					continue
				}
				require.Equal(t, want, got, "%s:%d: lcmsim %q prints something else", c.file, c.line, c.words)
			}
		})
	}
}

// documentedTenant is where `make tenant` listens. In tests the stand-in listens elsewhere, so that any number of them can.
const documentedTenant = "127.0.0.1:8787"

// documentShell is what the commands of a document share.
type documentShell struct {
	exported []string // NAME=VALUE; later ones count
	address  string   // of the stand-in that was started last
}

// startTenant is `make tenant`: a stand-in over fixtures/acme, until the test ends.
func (s *documentShell) startTenant(t *testing.T, args []string) {
	opt := standin.Options{Dir: filepath.Join("fixtures", "acme")}
	flags := flag.NewFlagSet("make tenant", flag.ContinueOnError)
	opt.AddFlags(flags)
	require.NoError(t, flags.Parse(args))
	server, err := standin.New(opt)
	require.NoError(t, err)
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	s.address = listening.Listener.Addr().String()
}

func (s *documentShell) variable(name string) string {
	value := ""
	for _, e := range s.exported {
		if text, ok := strings.CutPrefix(e, name+"="); ok {
			value = text
		}
	}
	return strings.ReplaceAll(value, documentedTenant, cmp.Or(s.address, documentedTenant))
}

// run runs a command line whose words may end in > FILE, and gives what a terminal would show: both streams. Waits between requests
// take no time.
func (s *documentShell) run(t *testing.T, words []string) (code int, output string) {
	var shown, redirected bytes.Buffer
	e := env{
		stdout: &shown, stderr: &shown, now: func() time.Time { return testNow }, getenv: s.variable,
		sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
	if i := slices.Index(words, ">"); i >= 0 {
		require.Len(t, words, i+2, "> takes one file, at the end")
		e.stdout = &redirected
		code = run(t.Context(), words[:i], e)
		require.NoError(t, os.WriteFile(words[i+1], redirected.Bytes(), 0o644))
	} else {
		code = run(t.Context(), words, e)
	}
	if s.address == "" {
		return code, shown.String()
	}
	return code, strings.ReplaceAll(shown.String(), s.address, documentedTenant)
}

// runWords runs a command line where nothing was exported.
func runWords(t *testing.T, words []string) (code int, output string) {
	return new(documentShell).run(t, words)
}

func TestReadingDocuments(t *testing.T) {
	commands, err := documentedCommands("x.md", "```\n$ rm -rf /\n```\n```console\n$ make demo\nlots\n$ lcmsim filter 'a b' \"c \\\" d\" e\\ f # exit 5\none\n...\n\n$ lcmsim version >x # shows it\n$ make tenant TENANT='--rule a=b --old'\nA stand-in\n$ export A=b C=d\n$ make tenant\n```\n")
	require.NoError(t, err)
	require.Equal(t, []documentedCommand{
		{file: "x.md", line: 7, words: []string{"filter", "a b", `c " d`, "e f"}, exit: 5, output: []string{"one", "...", ""}},
		{file: "x.md", line: 11, words: []string{"version", ">", "x"}},
		{file: "x.md", line: 12, tenant: []string{"--rule", "a=b", "--old"}},
		{file: "x.md", line: 14, exported: []string{"A=b", "C=d"}},
		{file: "x.md", line: 15, tenant: []string{}},
	}, commands)
	for _, bad := range []string{"curl x", "lcmsim a | head", "lcmsim 'a", "# nothing"} {
		_, err := documentedCommands("x.md", "```console\n$ "+bad+"\n```\n")
		require.ErrorContains(t, err, "x.md:2: ", bad)
	}
	for _, tc := range []struct {
		want, got string
		shown     bool
	}{
		{"a b", "a b", true},
		{"a b", "a", false},
		{"a", "a b", false},
		{"...", "", true},
		{"... b", "a c b", true},
		{"a ... b ...", "a c c b", true},
		{"a ... b", "a c", false},
	} {
		require.Equal(t, tc.shown, shows(strings.Fields(tc.want), strings.Fields(tc.got)), "%q in %q", tc.want, tc.got)
	}
}
