package report

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// The tests of the HTML page in a real browser. They need chromium and, for one of them, axe-core; .ci/install brings both.

// requireInstalled skips the test, or fails it where LCMSIM_REQUIRE_BROWSER=1 says that what is missing must be there.
func requireInstalled(t *testing.T, missing string) {
	t.Helper()
	if os.Getenv("LCMSIM_REQUIRE_BROWSER") == "1" {
		t.Fatal(missing + ", and LCMSIM_REQUIRE_BROWSER=1")
	}
	t.Skip(missing)
}

// chromium is the program of the browser.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	requireInstalled(t, "chromium is not installed: run .ci/install")
	return ""
}

// axeSource is axe-core, which checks a page for barriers.
func axeSource(t *testing.T) string {
	t.Helper()
	path := os.Getenv("LCMSIM_AXE")
	if path == "" {
		path = filepath.Join("..", ".cache", "axe", "axe.min.js")
	}
	source, err := os.ReadFile(path)
	if err != nil {
		requireInstalled(t, "axe-core is not installed: run .ci/install, or name axe.min.js in LCMSIM_AXE")
	}
	return string(source)
}

// startBrowser starts one browser for a test and all its subtests. It ends when they do, or after five minutes, so that nothing hangs.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.DisableGPU)
	limited, cancel := context.WithTimeout(context.Background(), 5*time.Minute) // not t.Context(), which ends before the browser is closed
	allocator, cancelAllocator := chromedp.NewExecAllocator(limited, options...)
	browser, _ := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		_ = chromedp.Cancel(browser) // closes it; the end of the allocator kills what is left
		cancelAllocator()
		cancel()
	})
	require.NoError(t, chromedp.Run(browser))
	return browser
}

// tab is a page that is open in the browser, and all that went wrong in it.
type tab struct {
	ctx      context.Context
	file     string
	mutex    sync.Mutex
	troubles []string
}

// openTab writes a page to a file and opens it.
func openTab(t *testing.T, browser context.Context, html string, width int, scheme string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	p := &tab{ctx: ctx, file: filepath.Join(t.TempDir(), "report.html")}
	chromedp.ListenTarget(ctx, p.listen)
	p.run(t, page.BringToFront(), network.Enable(), cdplog.Enable(), emulation.SetDeviceMetricsOverride(int64(width), 900, 1, false),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
	p.rewrite(t, html)
	return p
}

// A4 with margins in pixels.
const uprightPaper, widePaper int64 = 718, 1032

// onPaper lays the page out as a printer would.
func (p *tab) onPaper(t *testing.T, width int64) {
	t.Helper()
	p.run(t, emulation.SetEmulatedMedia().WithMedia("print"), emulation.SetDeviceMetricsOverride(width, 1000, 1, false))
}

// requireOnPaper holds the page to the width of paper.
func (p *tab) requireOnPaper(t *testing.T) {
	t.Helper()
	for _, width := range []int64{uprightPaper, widePaper} {
		p.onPaper(t, width)
		require.Equal(t, width, eval[int64](t, p, `document.documentElement.scrollWidth`), "nothing is cut off on paper")
	}
}

// onScreen ends onPaper.
func (p *tab) onScreen(t *testing.T, width int64) {
	t.Helper()
	p.run(t, emulation.SetEmulatedMedia().WithMedia("screen"), emulation.SetDeviceMetricsOverride(width, 900, 1, false))
}

// rewrite opens another page in its place.
func (p *tab) rewrite(t *testing.T, html string) {
	t.Helper()
	require.NoError(t, os.WriteFile(p.file, []byte(html), 0o600))
	p.open(t, "")
}

func (p *tab) address(fragment string) string {
	return (&url.URL{Scheme: "file", Path: p.file, Fragment: fragment}).String()
}

// open loads the page anew.
func (p *tab) open(t *testing.T, fragment string) {
	t.Helper()
	if fragment != "" {
		p.run(t, chromedp.Navigate("about:blank")) // another fragment alone loads nothing
	}
	p.run(t, chromedp.Navigate(p.address(fragment)))
}

// listen notes errors of scripts, violations of the page's policy, dialogs, and every request but the one for the file itself.
func (p *tab) listen(event any) {
	trouble := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		trouble = "exception: " + e.ExceptionDetails.Error()
	case *runtime.EventConsoleAPICalled:
		trouble = fmt.Sprintf("console.%s", e.Type)
		for _, a := range e.Args {
			trouble += " " + string(a.Value)
		}
	case *cdplog.EventEntryAdded:
		trouble = fmt.Sprintf("%s %s: %s", e.Entry.Source, e.Entry.Level, e.Entry.Text)
	case *page.EventJavascriptDialogOpening:
		trouble = "dialog: " + e.Message
	case *network.EventRequestWillBeSent:
		to, _, _ := strings.Cut(e.Request.URL, "#")
		if to != p.address("") && to != "about:blank" && to != "data:," { // an empty icon is there so that none is asked for
			trouble = "request: " + to
		}
	}
	if trouble != "" {
		p.mutex.Lock()
		p.troubles = append(p.troubles, trouble)
		p.mutex.Unlock()
	}
}

// requireQuiet holds the page to what listen notes.
func (p *tab) requireQuiet(t *testing.T) {
	t.Helper()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	require.Empty(t, p.troubles)
}

func (p *tab) run(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	require.NoError(t, chromedp.Run(p.ctx, actions...))
}

// eval evaluates an expression in the page.
func eval[T any](t *testing.T, p *tab, expression string) T {
	t.Helper()
	var out T
	p.run(t, chromedp.Evaluate(expression, &out, func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
	return out
}

// key presses keys, wherever the focus is.
func (p *tab) key(t *testing.T, keys string) {
	t.Helper()
	p.run(t, chromedp.KeyEvent(keys))
}

// choose sets the value of a field as a person would who replaces it.
func (p *tab) choose(t *testing.T, selector, value string) {
	t.Helper()
	require.True(t, eval[bool](t, p, fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		e.value = %q;
		return ["input", "change"].every(name => e.dispatchEvent(new Event(name, {bubbles: true})));
	})()`, selector, value)))
}

// hover moves the pointer to the middle of an element.
func (p *tab) hover(t *testing.T, selector string) {
	t.Helper()
	at := eval[[2]float64](t, p, fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		e.scrollIntoView({block: "center"});
		const r = e.getBoundingClientRect();
		return [r.x + r.width / 2, r.y + r.height / 2];
	})()`, selector))
	p.run(t, chromedp.MouseEvent("mouseMoved", at[0], at[1]))
}
