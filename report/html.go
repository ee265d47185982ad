package report

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"
)

// htmlFiles are the templates, styles and scripts of the page.
//
//go:embed html
var htmlFiles embed.FS

// WriteHTML writes d as one HTML page that stands alone: it asks for nothing, runs no script but its own, and reads well without
// scripts. However large d is, the page has about 5 MB at most; every list that is cut says so, with the exact total.
func WriteHTML(w io.Writer, d Renderable) error {
	b := bufio.NewWriterSize(w, 1<<16)
	if err := pageAssets().templates.ExecuteTemplate(b, "page", newHTMLPage(d)); err != nil {
		return fmt.Errorf("write HTML: %w", err)
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write HTML: %w", err)
	}
	return nil
}

// assets are what every page shares.
type assets struct {
	templates *template.Template
	style     template.CSS
	script    template.JS
	policy    string // the Content-Security-Policy
}

// pageAssets reads the embedded files, styles and scripts in the order of their names.
var pageAssets = sync.OnceValue(func() assets {
	entries, err := htmlFiles.ReadDir("html")
	if err != nil {
		panic("report: embedded files: " + err.Error()) // the build put them there
	}
	var style, script strings.Builder
	for _, e := range entries {
		text, err := htmlFiles.ReadFile("html/" + e.Name())
		if err != nil {
			panic("report: embedded files: " + err.Error())
		}
		switch {
		case strings.HasSuffix(e.Name(), ".css"):
			style.Write(text)
		case strings.HasSuffix(e.Name(), ".js"):
			script.Write(text)
		}
	}
	return assets{
		templates: template.Must(template.ParseFS(htmlFiles, "html/*.tmpl")),
		style:     template.CSS(style.String()),
		script:    template.JS(script.String()),
		policy: "default-src 'none'; style-src " + sourceHash(style.String()) + "; script-src " + sourceHash(script.String()) +
			"; img-src data:; base-uri 'none'; form-action 'none'",
	}
})

// sourceHash is text as a source of a Content-Security-Policy (CSP level 3, section 2.3.1).
func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
