package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/lcmsim/lcmsim/report"
)

// format is a kind of report, by the extension of its path.
type format struct {
	extension string
	write     func(io.Writer, report.Renderable) error
}

var formats = []format{
	{".json", report.WriteJSON},
	{".xlsx", report.WriteXLSX},
}

// formatOf is the kind of report that a path asks for.
func formatOf(path string) (format, error) {
	names := make([]string, len(formats))
	for i, f := range formats {
		if strings.HasSuffix(strings.ToLower(path), f.extension) {
			return f, nil
		}
		names[i] = f.extension
	}
	return format{}, fmt.Errorf("--report %s: the name must end in %s or %s", path, strings.Join(names[:len(names)-1], ", "), names[len(names)-1])
}

// checkReports refuses reports of kinds that there are not.
func checkReports(paths []string) error {
	for _, path := range paths {
		if _, err := formatOf(path); err != nil {
			return err
		}
	}
	return nil
}

// deliver writes the reports, gives all outputs their names, and prints the result. The error carries the exit code.
func deliver(ctx context.Context, e env, opt simulateOptions, out *outputs, reports []*output, doc report.Renderable) error {
	for i, path := range opt.reports {
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
	return show(e, opt, doc)
}

// show prints a result as the flags ask for. The error carries the exit code.
func show(e env, opt simulateOptions, doc report.Renderable) error {
	exit, verdict := report.Outcome(doc)
	var err error
	switch {
	case opt.json:
		err = report.WriteJSON(e.stdout, doc)
	case opt.quiet:
		_, err = fmt.Fprintln(e.stdout, report.Printable(verdict.Line()))
	default:
		err = report.WriteTerminal(e.stdout, doc, e.terminal(opt.noColor))
	}
	if err != nil {
		return err
	}
	if exit.Code != report.ExitOK {
		return &exitError{code: exit.Code}
	}
	return nil
}
