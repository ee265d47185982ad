package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/lcmsim/lcmsim/engine"
)

// samplePages are a document of each kind.
func samplePages() map[string]Renderable {
	same := func(s string) string { return s }
	return map[string]Renderable{
		"simulation": New(sampleInput()), "diff": NewDiff(sampleDiffInput()),
		"crosscheck": NewCrosscheck(sampleCrosscheck(same)), "calibration": NewCalibration(sampleCalibration(same)),
	}
}

// renderHTML renders d.
func renderHTML(t testing.TB, d Renderable) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, WriteHTML(&out, d))
	return out.String()
}

// parseHTML is the tree of a page.
func parseHTML(t testing.TB, page string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	return root
}

// elements are the elements of a tree with one of the names, or all, in their order.
func elements(root *html.Node, names ...string) []*html.Node {
	var out []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && (len(names) == 0 || slices.Contains(names, n.Data)) {
			out = append(out, n)
		}
	}
	return out
}

// attribute is the value of an attribute, and whether the element has it.
func attribute(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

// byID is the element with an id.
func byID(t testing.TB, root *html.Node, id string) *html.Node {
	t.Helper()
	for _, n := range elements(root) {
		if v, _ := attribute(n, "id"); v == id {
			return n
		}
	}
	require.Fail(t, "no element has the id", id)
	return nil
}

// textOf is all text in a tree, a blank between words and elements.
func textOf(root *html.Node) string {
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// browserData is what the script of the class browser reads.
func browserData(t testing.TB, root *html.Node) classData {
	t.Helper()
	var data classData
	require.NoError(t, json.Unmarshal([]byte(byID(t, root, "class-data").FirstChild.Data), &data))
	return data
}

func TestGoldenHTML(t *testing.T) {
	for name, d := range samplePages() {
		page := renderHTML(t, d)
		require.Equal(t, page, renderHTML(t, d), "two runs give equal bytes")
		for name, inlined := range map[string]string{"style": string(pageAssets().style), "script": string(pageAssets().script)} {
			require.Equal(t, 1, strings.Count(page, inlined))
			page = strings.Replace(page, inlined, "/* the "+name+" of report/html */", 1)
		}
		requireGolden(t, name+".html", []byte(page))
	}
}

func TestHTMLOfASavedResultIsTheSame(t *testing.T) {
	for name, d := range samplePages() {
		var saved bytes.Buffer
		require.NoError(t, WriteJSON(&saved, d))
		read, err := Read(saved.Bytes())
		require.NoError(t, err)
		require.Equal(t, renderHTML(t, d), renderHTML(t, read), name)
	}
}

// Nothing on the page can ask for anything, and the only script and style are those that the policy names.
func TestHTMLIsSealed(t *testing.T) {
	for name, d := range samplePages() {
		root := parseHTML(t, renderHTML(t, d))
		var policies, styles, scripts []string
		for _, n := range elements(root) {
			if v, ok := attribute(n, "http-equiv"); ok {
				require.Equal(t, "Content-Security-Policy", v)
				policy, _ := attribute(n, "content")
				policies = append(policies, policy)
			}
			switch kind, _ := attribute(n, "type"); {
			case n.Data == "style":
				styles = append(styles, n.FirstChild.Data)
			case n.Data == "script" && kind == "application/json":
			case n.Data == "script":
				scripts = append(scripts, n.FirstChild.Data)
			}
			require.NotContains(t, []string{"iframe", "object", "embed", "form", "base", "img", "audio", "video", "source", "foreignobject"}, n.Data, name)
			for _, a := range n.Attr {
				require.False(t, strings.HasPrefix(a.Key, "on"), "%s: handler %s", name, a.Key)
				require.NotContains(t, []string{"style", "src", "srcset", "action", "ping", "background"}, a.Key, name)
				if a.Key == "href" && n.Data != "link" {
					require.Regexp(t, `^#[a-z0-9-]+$`, a.Val, name)
				}
			}
		}
		require.Len(t, styles, 1, name)
		require.Len(t, scripts, 1, name)
		require.Equal(t, []string{"default-src 'none'; style-src " + sourceHash(styles[0]) + "; script-src " + sourceHash(scripts[0]) +
			"; img-src data:; base-uri 'none'; form-action 'none'"}, policies, name)
		require.NotContains(t, styles[0], "url(", "no style loads anything")
		for _, call := range []string{"fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "import("} {
			require.NotContains(t, scripts[0], call, name)
		}
	}
}

// What can be heard is what can be seen: ids are unique, references lead somewhere, tables have captions and scopes.
func TestHTMLStructure(t *testing.T) {
	for name, d := range samplePages() {
		root := parseHTML(t, renderHTML(t, d))
		ids := map[string]bool{}
		for _, n := range elements(root) {
			if id, ok := attribute(n, "id"); ok {
				require.False(t, ids[id], "%s: id %s stands twice", name, id)
				ids[id] = true
			}
		}
		classes := map[string]bool{}
		if ids["class-data"] {
			for _, c := range browserData(t, root).Classes {
				classes[classID(c.ID)] = true
			}
		}
		for _, n := range elements(root) {
			for _, key := range []string{"aria-labelledby", "aria-controls", "for"} {
				refs, _ := attribute(n, key)
				for id := range strings.FieldsSeq(refs) {
					require.True(t, ids[id], "%s: %s leads nowhere: %s", name, key, id)
				}
			}
			if href, ok := attribute(n, "href"); ok && n.Data == "a" {
				id := strings.TrimPrefix(href, "#")
				require.True(t, ids[id] || classes[id], "%s: link leads nowhere: %s", name, id)
			}
		}
		for _, n := range elements(root, "table") {
			require.Len(t, elements(n, "caption"), 1, name)
			for _, th := range elements(n, "th") {
				scope, _ := attribute(th, "scope")
				require.Contains(t, []string{"col", "row"}, scope, name)
			}
		}
		for _, landmark := range []string{"header", "nav", "main", "footer", "h1", "title"} {
			require.Len(t, elements(elementsRoot(root, landmark), landmark), 1, "%s: %s", name, landmark)
		}
	}
}

// elementsRoot is where an element of a page is looked for: titles of pictures are no titles of the page.
func elementsRoot(root *html.Node, name string) *html.Node {
	if name == "title" {
		return elements(root, "head")[0]
	}
	return root
}

// The lists of the page are those of the document, cell by cell; only columns that are empty are missing.
func TestHTMLTablesAreTheDocuments(t *testing.T) {
	for name, d := range samplePages() {
		root := parseHTML(t, renderHTML(t, d))
		o := d.outline()
		for _, table := range o.tables {
			section := byID(t, root, sectionID(table.name))
			want := []string{}
			for i := range table.rows {
				for j, v := range table.row(i) {
					if text := newHTMLCell(table.columns[j], v, nil).Text; text != "" {
						want = append(want, text)
					}
				}
			}
			if table.rows == 0 {
				require.Contains(t, textOf(section), table.empty)
				continue
			}
			got := []string{}
			scroll := slices.IndexFunc(elements(section, "div"), func(n *html.Node) bool { class, _ := attribute(n, "class"); return class == "scroll" })
			body := elements(elements(section, "div")[scroll], "tbody")[0]
			for _, cell := range elements(body, "th", "td") {
				if cell.FirstChild != nil {
					got = append(got, textOf(cell))
				}
			}
			require.Equal(t, want, got, "%s: %s", name, table.name)
			require.Contains(t, textOf(section), table.note, "%s: %s", name, table.name)
		}
	}
}

func TestHTMLFirstScreen(t *testing.T) {
	for name, d := range samplePages() {
		root := parseHTML(t, renderHTML(t, d))
		o := d.outline()
		first := textOf(byID(t, root, "summary"))
		require.Contains(t, first, o.notes.Verdict.Word, name)
		require.Contains(t, first, o.notes.Verdict.Sentence, name)
		require.Contains(t, first, o.notes.Verdict.ForApprover, name)
		require.Contains(t, first, fmt.Sprintf("Exit code %d", o.head.Exit.Code), name)
		for _, l := range o.limits {
			require.Contains(t, first, l.Name, name)
			require.Contains(t, first, "headroom "+Count(l.Headroom), name)
		}
		page := textOf(root)
		for _, texts := range [][]string{o.notes.LookFirst, o.notes.Assumptions, o.head.Exit.Reasons} {
			for _, text := range texts {
				require.Contains(t, page, text, name)
			}
		}
		for _, c := range o.counts {
			require.Contains(t, textOf(byID(t, root, "counts")), c.label+" "+Count(c.n), name)
		}
		title := textOf(elements(elements(root, "head")[0], "title")[0])
		require.Equal(t, o.notes.Verdict.Word+": "+o.heading(), title, name)
	}
}

func TestHTMLOfNothing(t *testing.T) {
	empty := New(Input{ToolVersion: "1", Rules: engine.DefaultRules("vendor"), Policy: &engine.Policy{}, Result: &engine.Result{}, Settings: Settings{FailOn: DefaultFailOn().Words()}})
	text := textOf(parseHTML(t, renderHTML(t, empty)))
	for _, want := range []string{"No limits are set.", "No action reaches anybody.", "The policy has no workflows.", "No cross-check was given"} {
		require.Contains(t, text, want)
	}
	nothing := NewDiff(DiffInput{ToolVersion: "1", Rules: engine.DefaultRules("vendor"), Result: &engine.DiffResult{}, Settings: Settings{FailOn: DefaultFailOn().Words()}})
	require.Contains(t, textOf(parseHTML(t, renderHTML(t, nothing))), "For certain nobody loses anything")
}

func TestHTMLWriteError(t *testing.T) {
	full := errors.New("disk full")
	require.ErrorIs(t, WriteHTML(failingWriter{full}, New(sampleInput())), full)
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"", 3, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "abc... [cut; 4 characters in all]"},
		{"王王王", 3, "王王王"},
		{"王王王王", 3, "王王王... [cut; 4 characters in all]"},
		{"a\nb", 4, `a\nb`},
		{"a\nb", 3, `a\n... [cut; 3 characters in all]`},
		{"\u202e\u202e", 8, `\u202e\u... [cut; 2 characters in all]`},
	} {
		require.Equal(t, c.want, cut(c.in, c.n), "%q", c.in)
	}
	require.Equal(t, []string{"a", "b", "and 1 more, in the JSON result"}, cutAll([]string{"a", "b", "c"}, 10, 2))
}

// hugeDiff has 1,000 classes of 100 entitlements each, with long hostile names, and long lists of everything.
func hugeDiff() *DiffDocument {
	in := sampleDiffInput()
	name := func(i int) string { return fmt.Sprintf("%06d", i) + strings.Repeat(`<b>&"'+`, 60) + "\u202e" }
	r := in.Result
	r.ChangedClasses, r.ChangedClassesTotal = nil, 1200
	r.Classes, r.ClassesTotal, r.Entitlements, r.AccessProfiles, r.Cohorts, r.Limits = nil, 4321, nil, nil, nil, nil
	for i := range 1000 {
		c := engine.ChangeClass{ID: i, Size: 5000 - i, Exemplar: name(i), Status: engine.StatusChanged, Affected: "yes", Edits: []int{0, 1}}
		for j := range 100 {
			c.Entitlements = append(c.Entitlements, engine.TaggedItem{ID: name(i*100 + j), Tag: engine.TagGone})
		}
		r.ChangedClasses = append(r.ChangedClasses, c)
		r.Entitlements = append(r.Entitlements, engine.EntitlementChange{DatasourceID: name(i), EntityType: name(i), EntityID: name(i), Name: ptr(name(i)), Lost: i})
		r.AccessProfiles = append(r.AccessProfiles, engine.ProfileChange{ID: name(i), Name: ptr(name(i)), Lost: i})
		r.Cohorts = append(r.Cohorts, engine.CohortLift{Attribute: name(i), Value: name(i), Size: 1, Lost: 1})
		r.Limits = append(r.Limits, engine.LimitResult{Scope: "cohort", Kind: "count", Name: name(i), Verdict: engine.VerdictExceeded, Basis: "changed", AffectedHigh: 1, Headroom: -1, Meaning: name(i)})
		r.Flows = append(r.Flows, engine.FlowChange{From: engine.FlowNode{Kind: engine.FlowAction, ID: name(i)}, To: engine.FlowNode{Kind: engine.FlowProfile, ID: name(i)}, Lost: i})
		in.Findings = append(in.Findings, engine.Finding{Severity: engine.SeverityError, Code: name(i), Column: engine.NoColumn, Message: name(i), Hint: name(i), Count: 1})
	}
	in.Identities.Cap = 2000
	for i := range 2000 {
		row := hostileDiffRow(name(i))
		in.Identities.Add(&row, name(i))
	}
	in.Examples = nil
	for i := range MaxExamples {
		e := Example{Class: i, EntityID: name(i)}
		for j := range 100 {
			e.Attributes = append(e.Attributes, engine.AttributeValue{Name: name(j), Value: ptr(name(j))})
			e.Actions = append(e.Actions, ExampleAction{Workflow: name(j), Name: name(j), Type: name(j), Status: "gone_after", Because: ptr(name(j)), NotNow: ptr(name(j))})
		}
		in.Examples = append(in.Examples, e)
	}
	return NewDiff(in)
}

// However large and hostile a result is, the page stays small, and says what it leaves out.
func TestHTMLBudget(t *testing.T) {
	page := renderHTML(t, hugeDiff())
	require.Less(t, len(page), 5_000_000)
	root := parseHTML(t, page)
	listed := len(browserData(t, root).Classes)
	require.Greater(t, listed, 10)
	held := 0
	for i := range listed {
		held += 5000 - i
	}
	require.Contains(t, textOf(elements(byID(t, root, "classes"), "p")[0]), fmt.Sprintf("Of 4,321 classes 1,000 are in the result, and %d of these have room here: those that change first, then by size. They hold %s of 5,016 identities. Of 1,200 classes that change, the smallest 200 are left out.", listed, Count(held)))
	for id, total := range map[string]string{"identities": "2,000", "findings": "1,003", "limits": "1,000", "cohorts": "1,000", "entitlements": "999"} {
		require.Regexp(t, `The first [0-9]+ of `+total+` rows are shown here\.`, textOf(lastOf(elements(byID(t, root, id), "caption"))), id)
	}
	require.Regexp(t, `The first [0-9]+ of 12 examples are shown\.`, textOf(elements(byID(t, root, "examples"), "p")[0]))
	require.Contains(t, textOf(byID(t, root, "summary")), "and 996 more")
}

func lastOf(nodes []*html.Node) *html.Node { return nodes[len(nodes)-1] }

// With names of usual length all 1,000 classes and the first 500 identities have room.
func TestHTMLHoldsWhatIsUsual(t *testing.T) {
	in := sampleDiffInput()
	in.Result.Classes = nil
	for i := range 1000 {
		c := engine.ChangeClass{ID: i, Size: 1000 - i, Exemplar: fmt.Sprint("W", i), Status: engine.StatusChanged, Affected: "yes"}
		for j := range 100 {
			c.Entitlements = append(c.Entitlements, engine.TaggedItem{ID: fmt.Sprintf("okta-prod|OktaGroup|00g%05d", (i*7+j)%2000), Tag: engine.TagGone})
		}
		in.Result.Classes = append(in.Result.Classes, c)
	}
	in.Result.ClassesTotal, in.Identities.Cap = 1000, 2000
	for i := range 2000 {
		row := sampleDiffRow(i, engine.StatusChanged)
		in.Identities.Add(&row, "Ana Souza")
	}
	page := renderHTML(t, NewDiff(in))
	require.Less(t, len(page), 3_000_000)
	root := parseHTML(t, page)
	require.Len(t, browserData(t, root).Classes, 1000)
	require.Contains(t, textOf(elements(byID(t, root, "classes"), "p")[0]), "1,000 classes, all listed")
	require.Contains(t, textOf(elements(byID(t, root, "identities"), "caption")[0]), "The first 500 of 2,000 rows are shown here.")
}

func TestClassDataNamesEverything(t *testing.T) {
	in := sampleDiffInput()
	r := in.Result
	r.ChangedClasses[1].Actions = slices.Clone(r.ChangedClasses[1].Actions)
	r.ChangedClasses[1].Actions[0].Tag = "of another version"
	for i := range 300 {
		r.ChangedClasses[0].Entitlements = append(r.ChangedClasses[0].Entitlements, engine.TaggedItem{ID: fmt.Sprint("e", i), Tag: engine.TagGone})
	}
	data := newHTMLClasses(NewDiff(in)).Data
	require.Equal(t, []string{"Lost", "Gained", "Undecided", "Kept", "Otherwise"}, data.Tags)
	first := data.Classes[0]
	require.Equal(t, []int{302 - maxClassUses, 0, 0, 0, 0}, first.More)
	things := map[classThing]bool{}
	for _, u := range first.Uses[1] {
		things[data.Things[u]] = true
	}
	require.Equal(t, []classThing{{"Entitlement", "Group 01", "OktaGroup, okta-prod, 00g00001"}}, slices.Collect(maps.Keys(things)))
	require.Equal(t, classThing{"Action", "Legal access", "MANAGE_RELATIONSHIPS in Active employees"}, data.Things[data.Classes[1].Uses[4][0]], "class 2: class 1 does not change")
	require.Equal(t, []int{0, 2, 3, 4, 5, 1}, []int{data.Classes[0].ID, data.Classes[1].ID, data.Classes[2].ID, data.Classes[3].ID, data.Classes[4].ID, data.Classes[5].ID})
	require.Equal(t, []int{1}, first.Edits)
	require.Equal(t, `workflow "Active employees": condition "Legal" removed`, data.Edits[1])
}
