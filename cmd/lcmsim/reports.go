package main

import (
	"context"
	"fmt"
	"io"
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
func formatOf(path string) (format, bool) {
	for _, f := range formats {
		if strings.HasSuffix(strings.ToLower(path), f.extension) {
			return f, true
		}
	}
	return format{}, false
}

// checkReport refuses a report of a kind that there is not. plans says whether the command writes access requests.
func checkReport(path string, plans bool) error {
	if strings.HasSuffix(strings.ToLower(path), ".requests.json") {
		return fmt.Errorf("--report %s: access requests are written one a line: name it %s", path, requestsExtension)
	}
	if isRequests(path) && !plans {
		return fmt.Errorf("--report %s: access requests are written by lcmsim simulate and lcmsim diff, while they read the population", path)
	}
	if _, ok := formatOf(path); ok || isRequests(path) {
		return nil
	}
	var names []string
	for _, f := range formats {
		names = append(names, f.extension)
	}
	if plans {
		names = append(names, requestsExtension)
	}
	return fmt.Errorf("--report %s: the name must end in %s or %s", path, strings.Join(names[:len(names)-1], ", "), names[len(names)-1])
}

// summaryVariable names the file that collects what a job of GitHub shows of itself.
const summaryVariable = "GITHUB_STEP_SUMMARY"

// checkReports refuses reports of kinds that there are not, and a summary that nobody collects.
func checkReports(e env, opt simulateOptions, plans bool) error {
	for _, path := range opt.reports {
		if err := checkReport(path, plans); err != nil {
			return err
		}
	}
	if opt.githubSummary && e.variable(summaryVariable) == "" {
		return fmt.Errorf("--github-summary: %s is not set, as it is in a job of GitHub Actions; elsewhere write --report summary.md", summaryVariable)
	}
	return nil
}

// shareSummary announces the file that the summary is added to, if one is wanted, when all other files of the run are known.
func shareSummary(e env, opt simulateOptions, out *outputs) error {
	if !opt.githubSummary {
		return nil
	}
	if err := out.share(e.variable(summaryVariable)); err != nil {
		return fmt.Errorf("--github-summary: %s: %w", summaryVariable, err)
	}
	return nil
}

// deliver writes the reports, gives all outputs their names, and prints the result. The error carries the exit code.
func deliver(ctx context.Context, e env, opt simulateOptions, out *outputs, reports []*output, doc report.Renderable) error {
	for i, path := range opt.reports {
		if isRequests(path) {
			continue // written while the population streamed
		}
		f, _ := formatOf(path) // checkReports knows it
		if err := f.write(reports[i], doc); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if opt.githubSummary {
		if err := addSummary(out, doc); err != nil {
			return fmt.Errorf("%s: %w", summaryVariable, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return err // interrupted while the reports were written
	}
	if err := out.commit(); err != nil {
		return err
	}
	return show(e, opt, doc)
}

// addSummary prepares to add the Markdown report to the shared file.
func addSummary(out *outputs, doc report.Renderable) error {
	var text strings.Builder
	text.WriteString("\n") // what stands there may not end with a line break
	if err := report.WriteMarkdown(&text, doc); err != nil {
		return err
	}
	return out.add(text.String())
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
		err = report.WriteLines(e.stdout, verdict)
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
