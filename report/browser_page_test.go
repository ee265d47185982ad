package report

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

// browserPages are pages of every kind, and a big one.
func browserPages(t *testing.T) map[string]string {
	pages := map[string]string{"big diff": renderHTML(t, NewDiff(bigDiffInput()))}
	for name, d := range samplePages() {
		pages[name] = renderHTML(t, d)
	}
	return pages
}

// bigDiffInput is a diff with as many classes and flows as a document has at most, and long lists.
func bigDiffInput() DiffInput {
	in := sampleDiffInput()
	r := in.Result
	node := func(kind string, i int) engine.FlowNode {
		return engine.FlowNode{Kind: kind, ID: fmt.Sprintf("%s %d", kind, i)}
	}
	for i := range 600 {
		r.Entitlements = append(r.Entitlements, engine.EntitlementChange{DatasourceID: "ad-corp", EntityType: "ActiveDirectoryGroup",
			EntityID: fmt.Sprintf("CN=Group %d,OU=Groups,OU=Corporate,DC=corp,DC=example", i), Gained: i % 7 * 100, Lost: i % 11 * 90, Maybe: i % 3})
		r.Flows = append(r.Flows, engine.FlowChange{From: node(engine.FlowWorkflow, i%9), To: node(engine.FlowAction, i%40), Lost: i},
			engine.FlowChange{From: node(engine.FlowAction, i%40), To: node(engine.FlowProfile, i%70), Gained: i},
			engine.FlowChange{From: node(engine.FlowProfile, i%70), To: node(engine.FlowEntitlement, i), Maybe: i})
	}
	r.FlowsTotal = 5000
	for i := len(r.Classes); i < 1000; i++ {
		c := engine.ChangeClass{ID: i, Size: 2000 - i, Exemplar: fmt.Sprintf("W%06d", i), Status: engine.StatusChanged, Affected: "yes",
			Actions: []engine.TaggedAction{{Workflow: "Active employees", Name: "Legal access", Type: "MANAGE_RELATIONSHIPS", Tag: engine.TagGone}}}
		for j := range 30 {
			c.Entitlements = append(c.Entitlements, engine.TaggedItem{ID: fmt.Sprintf("ad-corp|ActiveDirectoryGroup|CN=Group %d", (i+j*7)%600), Tag: engine.TagCaused})
		}
		r.Classes = append(r.Classes, c)
	}
	r.ClassesTotal = 4321
	return in
}

func TestPagesInABrowser(t *testing.T) {
	browser := startBrowser(t)
	pages := browserPages(t)
	for _, name := range sortedKeys(pages) {
		t.Run(name, func(t *testing.T) {
			p := openTab(t, browser, pages[name], 1280, "light")
			for _, width := range []int64{1280, 390} {
				p.run(t, emulation.SetDeviceMetricsOverride(width, 900, 1, false))
				p.open(t, "")
				require.Equal(t, width, eval[int64](t, p, `document.documentElement.scrollWidth`), "nothing overflows at %d pixels", width)
			}
			p.requireOnPaper(t)
			p.requireQuiet(t)
		})
	}
	diff, big := pages["diff"], pages["big diff"]
	t.Run("light and dark", func(t *testing.T) { testSchemes(t, browser, diff) })
	t.Run("sort", func(t *testing.T) { testSort(t, browser, big) })
	t.Run("search", func(t *testing.T) { testSearch(t, browser, big) })
	t.Run("classes", func(t *testing.T) { testClasses(t, browser, big) })
	t.Run("flow", func(t *testing.T) { testFlow(t, browser, diff) })
	t.Run("print", func(t *testing.T) { testPrint(t, browser, diff) })
	t.Run("words", func(t *testing.T) { testWords(t, browser, big) })
	t.Run("limits", func(t *testing.T) { testLimits(t, browser, diff) })
	t.Run("without scripts", func(t *testing.T) { testWithoutScripts(t, browser, diff) })
	t.Run("hostile", func(t *testing.T) { testHostilePages(t, browser) })
}

// TestPagesHaveNoBarriers runs axe-core over the pages at two widths, light and dark.
func TestPagesHaveNoBarriers(t *testing.T) {
	axe := axeSource(t)
	browser := startBrowser(t)
	pages := browserPages(t)
	delete(pages, "big diff") // more of the same, which takes long
	for _, name := range sortedKeys(pages) {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(name+" "+scheme, func(t *testing.T) {
				p := openTab(t, browser, pages[name], 1280, scheme)
				for _, width := range []int64{1280, 390} {
					p.run(t, emulation.SetDeviceMetricsOverride(width, 900, 1, false))
					p.open(t, "")
					eval[int](t, p, `document.querySelectorAll("details").forEach(d => d.open = true); const c = document.querySelector("#class-table .open"); if (c) c.click(); 0`)
					p.run(t, chromedp.Evaluate(axe, nil))
					require.Empty(t, eval[[]string](t, p, `axe.run({resultTypes: ["violations"]}).then(r => r.violations.map(v =>
						v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + " " + n.failureSummary).join(" | ")))`), "%d pixels", width)
				}
			})
		}
	}
}

func testSchemes(t *testing.T, browser context.Context, html string) {
	colors := func(scheme string) []string {
		p := openTab(t, browser, html, 1280, scheme)
		return eval[[]string](t, p, `["backgroundColor", "color"].map(c => getComputedStyle(document.body)[c])
			.concat([...document.querySelectorAll(".bar.lost, .bar.gained, .flows text")].map(e => getComputedStyle(e).fill))`)
	}
	light, dark := colors("light"), colors("dark")
	require.Greater(t, len(light), 10)
	require.Len(t, dark, len(light))
	for i := range light {
		require.NotEqual(t, light[i], dark[i], "every colour has a dark twin")
	}
}

func testSort(t *testing.T, browser context.Context, html string) {
	p := openTab(t, browser, html, 1280, "light")
	const head = `[...document.querySelectorAll("#entitlements > .scroll thead th")].find(h => h.textContent === "Lost")`
	column := func() []int {
		return eval[[]int](t, p, `(() => {
			const at = `+head+`.cellIndex;
			return [...document.querySelectorAll("#entitlements > .scroll tbody tr")].map(r => Number(r.cells[at].textContent.replaceAll(",", "")));
		})()`)
	}
	direction := func() string { return eval[string](t, p, head+`.getAttribute("aria-sort") || ""`) }
	before := column()
	require.Greater(t, len(before), 300)
	require.Empty(t, direction())
	eval[int](t, p, head+`.querySelector("button").setAttribute("data-test", "lost"); 0`)
	press := `#entitlements [data-test=lost]`

	p.run(t, chromedp.Click(press, chromedp.ByQuery))
	require.Equal(t, "descending", direction())
	require.True(t, slices.IsSortedFunc(column(), func(a, b int) int { return b - a }))
	p.run(t, chromedp.Focus(press, chromedp.ByQuery))
	p.key(t, kb.Enter)
	require.Equal(t, "ascending", direction())
	require.True(t, slices.IsSorted(column()))
	p.key(t, " ")
	require.Equal(t, "descending", direction(), "the space bar sorts too")
	slices.Sort(before)
	after := column()
	slices.Sort(after)
	require.Equal(t, before, after, "no row is lost")

	p.key(t, kb.Tab)
	p.key(t, kb.Enter)
	require.Equal(t, 1, eval[int](t, p, `document.querySelectorAll("#entitlements th[aria-sort]").length`), "one column sorts a table")
	require.Empty(t, direction())
	p.requireQuiet(t)
}

func testSearch(t *testing.T, browser context.Context, html string) {
	p := openTab(t, browser, html, 1280, "light")
	rows := func(filter string) int {
		return eval[int](t, p, `[...document.querySelectorAll("#entitlements > .scroll tbody tr")].filter(r => `+filter+`).length`)
	}
	all, want := rows("true"), rows(`r.textContent.includes("2,OU=")`)
	require.Greater(t, want, 1)
	require.Less(t, want, all)
	p.run(t, chromedp.SendKeys("#entitlements input[type=search]", "2,ou=", chromedp.ByQuery))
	require.Equal(t, want, rows("r.offsetParent !== null"))
	require.Zero(t, rows(`r.offsetParent !== null && !r.textContent.includes("2,OU=")`))
	require.Equal(t, fmt.Sprintf("%d of %d rows match", want, all), eval[string](t, p, `document.querySelector("#entitlements [role=status]").textContent`))
	p.run(t, chromedp.SendKeys("#entitlements input[type=search]", " nothing of that kind", chromedp.ByQuery))
	require.Zero(t, rows("r.offsetParent !== null"))
	p.choose(t, "#entitlements input[type=search]", "")
	require.Equal(t, all, rows("r.offsetParent !== null"))
	p.requireQuiet(t)
}

func testClasses(t *testing.T, browser context.Context, html string) {
	p := openTab(t, browser, html, 1280, "light")
	count := func() string { return eval[string](t, p, `document.querySelector("#class-count").textContent`) }
	first := func() string {
		return eval[string](t, p, `document.querySelector("#class-table tbody tr").cells[0].textContent`)
	}
	opened := func() int { return eval[int](t, p, `document.querySelectorAll("#class-table .panel").length`) }
	require.Contains(t, count(), "999 of 1,000 classes", "those that change, unless others are asked for")
	largest := first()

	p.run(t, chromedp.SendKeys("#class-search", "w000777", chromedp.ByQuery))
	require.Contains(t, count(), "1 of 1,000 classes, 1,223 identities", "the exemplar of class 777")
	require.Equal(t, "Class 777", first())

	// Down to the panel and back by keyboard alone.
	p.run(t, chromedp.Focus("#class-table .open", chromedp.ByQuery))
	p.key(t, kb.Enter)
	require.Equal(t, 1, opened())
	panel := eval[string](t, p, `document.querySelector("#class-table .panel").textContent`)
	require.Contains(t, panel, "1,223 identities like W000777")
	require.Contains(t, panel, "Legal access")
	require.Contains(t, panel, "CN=Group")
	p.key(t, kb.Tab)
	p.key(t, kb.Escape)
	require.Zero(t, opened(), "Escape closes")
	require.Equal(t, "Class 777", eval[string](t, p, `document.activeElement.textContent`), "and the focus is where it was")

	p.choose(t, "#class-search", "")
	p.choose(t, "#class-status", "maybe")
	require.Equal(t, "1 of 1,000 classes, 58 identities", count(), "one class is undecided")
	p.choose(t, "#class-status", "")
	require.Equal(t, largest, first())
	p.run(t, chromedp.Focus("#class-table .open", chromedp.ByQuery))
	p.key(t, kb.ArrowDown)
	require.Equal(t, 1, eval[int](t, p, `[...document.querySelectorAll("#class-table .open")].indexOf(document.activeElement)`), "arrows move along the classes")

	p.open(t, "class-900")
	require.Equal(t, 1, opened(), "an address opens its class")
	require.Contains(t, eval[string](t, p, `document.querySelector("#class-900 .panel h3").textContent`), "like W000900")
	require.True(t, eval[bool](t, p, `(() => { const r = document.querySelector("#class-900").getBoundingClientRect(); return r.top < innerHeight && r.bottom > 0; })()`), "in view")
	p.requireQuiet(t)
}

func testFlow(t *testing.T, browser context.Context, html string) {
	p := openTab(t, browser, html, 1280, "light")
	lit := func(selector string) []string {
		return eval[[]string](t, p, fmt.Sprintf(`[...document.querySelectorAll("svg.flows %s.on")].map(e => e.querySelector("title").textContent.split(":")[0])`, selector))
	}
	eval[int](t, p, `[...document.querySelectorAll(".flows .node")].forEach(n => n.id = "test-" + n.getAttribute("aria-label").split(":")[0].replaceAll(/\W+/g, "-")); 0`)

	us := []string{"Active employees to US access", "US access to US Employee", "US Employee to ad-corp|ActiveDirectoryGroup|00g00037"}
	require.Empty(t, lit(".ribbon"))
	p.hover(t, "#test-action-US-access")
	require.Equal(t, us, lit(".ribbon"), "up to the workflow, down to the entitlement")
	require.Len(t, lit(".node"), 4)
	p.hover(t, "h1")
	require.Empty(t, lit(".ribbon"), "the pointer went away")

	p.run(t, chromedp.Focus(".flow-scroll", chromedp.ByQuery))
	p.key(t, kb.Tab)
	require.Len(t, lit(".ribbon"), 6, "all comes from the one workflow")
	p.key(t, kb.Tab)
	require.Equal(t, us, lit(".ribbon"))
	require.Equal(t, "action US access: lost 34, gained 228, undecided 4", eval[string](t, p, `document.activeElement.getAttribute("aria-label")`))
	p.key(t, kb.Escape)
	require.Empty(t, lit(".ribbon"))
	p.requireQuiet(t)
}

func testPrint(t *testing.T, browser context.Context, html string) {
	p := openTab(t, browser, html, 1280, "dark")
	open := `document.querySelectorAll("details[open]").length`
	require.Zero(t, eval[int](t, p, open))
	var pdf []byte
	p.run(t, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		pdf, _, err = page.PrintToPDF().WithPaperWidth(8.27).WithPaperHeight(11.69).Do(ctx)
		return err
	}))
	require.True(t, bytes.HasPrefix(pdf, []byte("%PDF-")))
	require.Zero(t, eval[int](t, p, open), "what was opened to print is closed again")

	p.onPaper(t, widePaper)
	require.Equal(t, "none", eval[string](t, p, `getComputedStyle(document.querySelector("nav")).display`))
	p.requireQuiet(t)
}

// testWords looks at what stands in narrow columns: a word is on one line, on a phone and on paper.
func testWords(t *testing.T, browser context.Context, html string) {
	p := openTab(t, browser, html, 390, "light")
	broken := func() []string {
		return eval[[]string](t, p, `[...document.querySelectorAll("#entitlements > .scroll td.s, #actions > .scroll td.s, #limits td.s")].filter(cell => {
			const range = document.createRange();
			range.selectNodeContents(cell);
			return !/\s/.test(cell.textContent) && range.getClientRects().length > 1;
		}).map(cell => cell.textContent)`)
	}
	require.Positive(t, eval[int](t, p, `document.querySelectorAll("#actions > .scroll td.s").length`))
	require.Empty(t, broken())
	p.onPaper(t, widePaper)
	require.Empty(t, broken())
}

// testLimits looks at the limits on a wide screen: the whole table is in sight, and below it what limits do not see.
func testLimits(t *testing.T, browser context.Context, html string) {
	p := openTab(t, browser, html, 1280, "light")
	require.Equal(t, []int{0}, eval[[]int](t, p, `[...document.querySelectorAll("#limits > .scroll")].map(e => e.scrollWidth - e.clientWidth)`))
	require.Contains(t, eval[string](t, p, `document.querySelector("#limits + #unseen li").textContent`), "changes by other policies (")
	p.requireQuiet(t)
}

func testWithoutScripts(t *testing.T, browser context.Context, html string) {
	p := openTab(t, browser, html, 1280, "light")
	visible := func(selector string) bool {
		return eval[bool](t, p, fmt.Sprintf(`document.querySelector(%q).offsetParent !== null`, selector))
	}
	require.True(t, visible("#class-browser"))
	require.False(t, visible("#class-largest table"))
	p.run(t, emulation.SetScriptExecutionDisabled(true))
	p.open(t, "")
	require.False(t, visible("#class-browser"))
	require.True(t, visible("#class-largest table"), "the largest classes are there all the same")
	require.Positive(t, eval[float64](t, p, `document.querySelector("noscript p").getBoundingClientRect().height`), "and why not more")
	require.True(t, visible("#entitlements table"))
}

func testHostilePages(t *testing.T, browser context.Context) {
	var p *tab
	for i, s := range hostile {
		html := renderHTML(t, NewDiff(hostileDiffInput(s)))
		if p == nil {
			p = openTab(t, browser, html, 390, "light")
		} else {
			p.rewrite(t, html)
		}
		for range 2 {
			require.Zero(t, eval[int](t, p, `document.querySelectorAll("img, iframe, object, embed, form, base, a:not([href^='#'])").length`), "payload %d", i)
			require.Equal(t, 390, eval[int](t, p, `document.documentElement.scrollWidth`), "payload %d", i)
			eval[int](t, p, `document.querySelectorAll("#class-table .open").forEach(b => b.click()); 0`) // what the script writes
		}
		p.requireOnPaper(t)
		p.onScreen(t, 390)
	}
	p.requireQuiet(t)
}
