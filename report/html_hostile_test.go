package report

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// skeleton is a tree without its texts: elements with the names of their attributes, and the values of those that act. Labels of
// charts are left out: a long one stands there twice, for wide and for narrow screens.
func skeleton(root *html.Node) string {
	var b strings.Builder
	for _, n := range elements(root) {
		if class, _ := attribute(n, "class"); n.Data == "text" && strings.HasPrefix(class, "label") {
			continue
		}
		b.WriteString("<" + n.Data)
		for _, a := range n.Attr {
			b.WriteString(" " + a.Key)
			switch a.Key {
			case "id", "class", "href", "role", "type", "for", "tabindex", "scope", "lang", "charset", "http-equiv", "name", "rel":
				b.WriteString("=" + a.Val)
			}
		}
		b.WriteString(">\n")
	}
	return b.String()
}

// A page has the same elements and attributes whatever the values are, and nothing in it is unprintable. The data of the class
// browser read back as the texts that the page may show.
func TestHostileTextInHTML(t *testing.T) {
	want := map[string][]string{} // skeletons
	for _, plain := range []string{"plain", "\nplain"} {
		for _, d := range hostileDocuments(plain) {
			want[plain] = append(want[plain], skeleton(parseHTML(t, renderHTML(t, d))))
		}
	}
	for _, s := range hostile {
		plain := "plain"
		if strings.HasPrefix(s, "\n") {
			plain = "\nplain" // the expression of a finding, which ends at a line break, is empty
		}
		for i, d := range hostileDocuments(s) {
			page := renderHTML(t, d)
			require.True(t, utf8.ValidString(page))
			root := parseHTML(t, page)
			require.Equal(t, want[plain][i], skeleton(root), "%T: %.60q", d, s)
			for n := range root.Descendants() {
				requirePrintableNode(t, n)
			}
			if h := newHTMLClasses(d); h != nil {
				data := browserData(t, root)
				require.Equal(t, h.Data, data)
				require.Equal(t, cut(s, maxLabel), data.Classes[0].Exemplar)
				require.NotEmpty(t, data.Things)
			}
		}
	}
}

// requirePrintableNode looks at a text or the attributes of an element; line breaks are those of the templates.
func requirePrintableNode(t *testing.T, n *html.Node) {
	t.Helper()
	printable := func(s string) {
		require.Equal(t, -1, strings.IndexFunc(strings.ReplaceAll(s, "\n", ""), notPrint), "%q", s)
	}
	switch n.Type {
	case html.TextNode:
		printable(n.Data)
	case html.ElementNode:
		for _, a := range n.Attr {
			printable(a.Val)
		}
	case html.CommentNode:
		require.Fail(t, "no comment is in the page", n.Data)
	}
}
