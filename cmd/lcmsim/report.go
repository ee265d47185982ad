package main

import (
	"context"

	"github.com/spf13/cobra"
)

func newReportCmd(e env) *cobra.Command {
	var opt simulateOptions
	cmd := &cobra.Command{
		Use:   "report RESULT.json",
		Short: "Render a saved result again, in any format but access requests",
		Long: `Renders a result that simulate, diff, crosscheck or calibrate saved as JSON. Everything that a report shows is in that file:
nothing is computed again, the snapshot is not read, and a report is the same, byte for byte, as one that the run itself would
have written. The exit code is that of the run.`,
		Example: `  lcmsim simulate snapshot/ --report result.json
  lcmsim report result.json                           # the summary
  lcmsim report result.json --report report.html --report report.xlsx
  lcmsim report result.json --report summary.md --report limits.xml --report findings.sarif --quiet`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return runReport(cmd.Context(), e, opt, args[0]) },
	}
	f := cmd.Flags()
	f.BoolVar(&opt.json, "json", false, "print the result as JSON on stdout instead of the summary")
	f.BoolVar(&opt.quiet, "quiet", false, "only the verdict line")
	f.BoolVar(&opt.noColor, "no-color", false, "no colour (as NO_COLOR)")
	addReportFlags(f, &opt, reportHelp)
	return cmd
}

func runReport(ctx context.Context, e env, opt simulateOptions, path string) error {
	if err := checkReports(e, opt, false); err != nil {
		return err
	}
	doc, err := openResult(path)
	if err != nil {
		return err
	}
	out := outputs{inputs: []string{path}}
	defer out.discard()
	var reports []*output
	for _, to := range opt.reports {
		file, err := out.create(to)
		if err != nil {
			return err
		}
		reports = append(reports, file)
	}
	if err := shareSummary(e, opt, &out); err != nil {
		return err
	}
	return deliver(ctx, e, opt, &out, reports, doc)
}
