package report

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// markdownNode is a stretch of a line as a reader of Markdown finds it.
type markdownNode struct {
	text string
	code bool
}

// ownTags are the elements that a page may have.
var ownTags = regexp.MustCompile(`^</?(details|summary|b|span|code)>`)

// readMarkdown reads a line character by character, by the rules of CommonMark for escapes, references, code and tags, and fails where
// a character that formats or links is left to itself. Tags end a node, as they do in the finished page. Strong text has two stars.
func readMarkdown(t require.TestingT, line string) []markdownNode {
	nodes := []markdownNode{}
	text, inCode := []byte{}, false
	end := func() {
		if len(text) > 0 {
			nodes = append(nodes, markdownNode{string(text), inCode})
		}
		text = text[:0]
	}
	for i := 0; i < len(line); {
		rest := line[i:]
		switch c := line[i]; {
		case c == '\\' && len(rest) > 1 && strings.ContainsRune("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", rune(rest[1])):
			text = append(text, rest[1])
			i += 2
		case c == '`':
			closing := strings.IndexByte(rest[1:], '`')
			require.GreaterOrEqual(t, closing, 1, "code ends in %q", line)
			end()
			nodes = append(nodes, markdownNode{rest[1 : 1+closing], true})
			i += closing + 2
		case c == '<':
			tag := ownTags.FindString(rest)
			require.NotEmpty(t, tag, "a tag of a stranger in %q", line)
			end()
			if strings.HasSuffix(tag, "code>") {
				inCode = tag == "<code>"
			}
			i += len(tag)
		case c == '&':
			reference := rest[:strings.IndexByte(rest+";", ';')+1]
			require.Contains(t, []string{"&amp;", "&lt;", "&gt;", "&#124;"}, reference, "%q", line)
			text = append(text, html.UnescapeString(reference)...)
			i += len(reference)
		case strings.HasPrefix(rest, "**"):
			i += 2
		default:
			if strings.IndexByte("*_[]~|\\>", c) >= 0 {
				require.Fail(t, "a character is left to itself", "%q in %q", c, line)
			}
			text = append(text, c)
			i++
		}
	}
	end()
	return nodes
}

// linking is text of which GitHub makes a link, a notification or a picture, where it is no code.
var linking = regexp.MustCompile(`(?i)@[a-z0-9]|#[0-9]|\bgh-[0-9]|https?://|ftp://|www\.|mailto:|xmpp:|:[a-z0-9_+-]+:|[a-z0-9._+-]@|\$[^ ]`)

// plainMarkdown is what a reader sees of a line, which must be harmless.
func plainMarkdown(t require.TestingT, line string) string {
	plain := ""
	for _, n := range readMarkdown(t, line) {
		if !n.code {
			require.Empty(t, linking.FindString(n.text), "%q links", line)
		}
		plain += n.text
	}
	return plain
}

// blockStart is what begins a block other than a paragraph at the beginning of a line or item.
var blockStart = regexp.MustCompile(`^( {4}|\t|[-+*#>=~]|[0-9]{1,9}[.)]( |$)|` + "```" + `|<)`)

// ownStart is how lines begin that the page makes.
var ownStart = regexp.MustCompile(`^(###? |- |<summary><b>|\*\*)`)

// spanStart is an element with text behind its tag, which begins a paragraph.
var spanStart = regexp.MustCompile(`^<span>[^ ]`)

func beginsBlock(text string) bool {
	return blockStart.MatchString(text) && !spanStart.MatchString(text)
}

// requireHarmlessMarkdown reads a page line by line: only blocks that the page itself makes, tables of equal rows, folded parts that
// end, nothing invisible.
func requireHarmlessMarkdown(t *testing.T, page string) {
	t.Helper()
	require.Less(t, len(page), maxMarkdown)
	columns, folded := 0, 0
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		require.Equal(t, -1, strings.IndexFunc(line, notPrint), "%q", line)
		if !strings.HasPrefix(line, "|") {
			columns = 0
		}
		switch {
		case line == "":
		case line == "<details>":
			folded++
			require.Equal(t, 1, folded)
		case line == "</details>":
			folded--
			require.Zero(t, folded)
		case strings.HasPrefix(line, "|"):
			cells := strings.Split(line, "|")
			if columns == 0 {
				columns = len(cells)
			}
			require.Len(t, cells, columns, "%q", line)
			for _, cell := range cells {
				plainMarkdown(t, cell)
			}
		default:
			own := ownStart.FindString(line)
			require.False(t, beginsBlock(line[len(own):]), "%q begins a block", line)
			plainMarkdown(t, strings.TrimPrefix(strings.TrimPrefix(line, "###"), "##"))
		}
	}
	require.Zero(t, folded)
}
