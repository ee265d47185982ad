package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// documentedCommand is a line `$ lcmsim ...` in a console fence of a document, and what the document shows below it.
type documentedCommand struct {
	file   string
	line   int      // from 1
	words  []string // behind lcmsim; > FILE takes stdout
	exit   int      // from a trailing `# exit N`
	output []string // lines; "..." stands for any lines, none at all shows nothing
}

var exitComment = regexp.MustCompile(`\s+# exit (\d+)$`)

// documentedCommands reads a Markdown text. Commands other than lcmsim and make are an error: nobody runs them here.
func documentedCommands(file, text string) ([]documentedCommand, error) {
	var commands []documentedCommand
	inside, skipping := false, false
	for i, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			inside, skipping = !inside && line == "```console", false
		case !inside:
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
			for _, c := range commands {
				code, out := runWords(t, c.words)
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

// runWords runs a command line whose words may end in > FILE, and gives what a terminal would show: both streams.
func runWords(t *testing.T, words []string) (code int, output string) {
	var shown, redirected bytes.Buffer
	e := env{stdout: &shown, stderr: &shown, now: func() time.Time { return testNow }}
	if i := slices.Index(words, ">"); i >= 0 {
		require.Len(t, words, i+2, "> takes one file, at the end")
		e.stdout = &redirected
		code = run(t.Context(), words[:i], e)
		require.NoError(t, os.WriteFile(words[i+1], redirected.Bytes(), 0o644))
		return code, shown.String()
	}
	return run(t.Context(), words, e), shown.String()
}

func TestReadingDocuments(t *testing.T) {
	commands, err := documentedCommands("x.md", "```\n$ rm -rf /\n```\n```console\n$ make demo\nlots\n$ lcmsim filter 'a b' \"c \\\" d\" e\\ f # exit 5\none\n...\n\n$ lcmsim version >x # shows it\n```\n")
	require.NoError(t, err)
	require.Equal(t, []documentedCommand{
		{file: "x.md", line: 7, words: []string{"filter", "a b", `c " d`, "e f"}, exit: 5, output: []string{"one", "...", ""}},
		{file: "x.md", line: 11, words: []string{"version", ">", "x"}},
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
