package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/lcmsim/lcmsim/report"
)

// format is a kind of report, by the extension of its path.
type format struct {
	extension string
	write     func(io.Writer, report.Renderable) error
}

var formats = []format{
	{".json", report.WriteJSON},
	{".html", report.WriteHTML},
	{".xlsx", report.WriteXLSX},
	{".md", report.WriteMarkdown},
	{".xml", report.WriteJUnit},
	{".sarif", report.WriteSARIF},
}

// reportHelp names the kinds of reports.
const reportHelp = "write a report: PATH ends in .html, .xlsx, .json, .md, .xml (JUnit) or .sarif (repeatable)"

// addReportFlags adds the flags of commands that write reports of a result.
func addReportFlags(f *pflag.FlagSet, opt *simulateOptions, help string) {
	f.StringArrayVar(&opt.reports, "report", nil, help)
	f.BoolVar(&opt.githubSummary, "github-summary", false, "append the Markdown report to the file that GITHUB_STEP_SUMMARY names")
}

// formatOf is the kind of report that a path asks for.
func formatOf(path string) (format, error) {
	if isRequests(path) {
		return format{}, fmt.Errorf("--report %s: access requests are written by lcmsim simulate and lcmsim diff, while they read the population", path)
	}
	if strings.HasSuffix(strings.ToLower(path), ".requests.json") {
		return format{}, fmt.Errorf("--report %s: access requests are written one a line: name it .requests.jsonl", path)
	}
	names := make([]string, len(formats))
	for i, f := range formats {
		if strings.HasSuffix(strings.ToLower(path), f.extension) {
			return f, nil
		}
		names[i] = f.extension
	}
	return format{}, fmt.Errorf("--report %s: the name must end in %s or %s", path, strings.Join(names[:len(names)-1], ", "), names[len(names)-1])
}

// summaryVariable names the file that collects what a job of GitHub shows of itself.
const summaryVariable = "GITHUB_STEP_SUMMARY"

// checkReports refuses reports of kinds that there are not, and a summary that nobody collects or that would be added to
// one of the other files.
func checkReports(e env, paths []string, summary bool, inputs ...string) error {
	for _, path := range paths {
		if _, err := formatOf(path); err != nil {
			return err
		}
	}
	if !summary {
		return nil
	}
	target := e.variable(summaryVariable)
	for _, path := range slices.Concat(paths, inputs) {
		if path != "" && (samePath(path, target) || sameFile(path, target)) {
			return fmt.Errorf("--github-summary: %s is %s, which is another file of this run", summaryVariable, target)
		}
	}
	if target == "" {
		return fmt.Errorf("--github-summary: %s is not set, as it is in a job of GitHub Actions; elsewhere write --report summary.md", summaryVariable)
	}
	return nil
}

// deliver writes the reports, gives all outputs their names, and prints the result. The error carries the exit code.
func deliver(ctx context.Context, e env, opt simulateOptions, out *outputs, reports []*output, doc report.Renderable) error {
	for i, path := range opt.reports {
		if isRequests(path) {
			continue // written while the population streamed
		}
		f, err := formatOf(path)
		if err != nil {
			return err
		}
		if err := f.write(reports[i], doc); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return err // interrupted while the reports were written
	}
	if err := out.commit(); err != nil {
		return err
	}
	if opt.githubSummary {
		if err := appendSummary(e.variable(summaryVariable), doc); err != nil {
			return err
		}
	}
	return show(e, opt, doc)
}

// appendSummary adds the Markdown report to a file to which others may add too.
func appendSummary(path string, doc report.Renderable) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("%s: %s: cannot be written: %w", summaryVariable, path, reason(err))
	}
	var text strings.Builder
	text.WriteString("\n") // what stands there may not end with a line break
	err = report.WriteMarkdown(&text, doc)
	if err == nil {
		_, err = io.WriteString(file, text.String())
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("%s: %s: cannot be written: %w", summaryVariable, path, reason(err))
	}
	return nil
}

// show prints a result as the flags ask for. The error carries the exit code.
func show(e env, opt simulateOptions, doc report.Renderable) error {
	exit, verdict := report.Outcome(doc)
	return present(e, opt.showing(), doc, report.WriteJSON, report.WriteTerminal, verdict.Line(), exit.Code)
}

// showing is how a result is printed.
type showing struct{ json, quiet, noColor bool }

func (opt simulateOptions) showing() showing { return showing{opt.json, opt.quiet, opt.noColor} }

// present prints a result of any kind: as JSON, as its verdict alone, or for people. The error carries the exit code.
func present[D any](e env, how showing, doc D, writeJSON func(io.Writer, D) error, writeTerminal func(io.Writer, D, report.TerminalOptions) error, verdict string, code int) error {
	var err error
	switch {
	case how.json:
		err = writeJSON(e.stdout, doc)
	case how.quiet:
		_, err = fmt.Fprintln(e.stdout, report.Printable(verdict))
	default:
		err = writeTerminal(e.stdout, doc, e.terminal(how.noColor))
	}
	if err != nil {
		return err
	}
	if code != report.ExitOK {
		return &exitError{code: code}
	}
	return nil
}
