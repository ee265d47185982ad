package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lcmsim/lcmsim/report"
)

// decisionsOptions are the flags of decisions.
type decisionsOptions struct {
	workbook, result string
	json             bool
	report           string
	quiet            bool
	noColor          bool
}

func newDecisionsCmd(e env) *cobra.Command {
	var opt decisionsOptions
	cmd := &cobra.Command{
		Use:   "decisions REPORT.xlsx RESULT.json",
		Short: "Read what approvers decided in a workbook, bound to its result",
		Long: `Reads the filled-in sheet Decisions of a workbook that simulate or diff wrote, and makes it a record of who approved,
rejected or questioned which change, bound to the run that the result comes from.

RESULT.json must be of the same run as the workbook, written with --report. It is rendered again, and every cell of the
workbook but the columns Decision, Comment, Name and Date must say what it says then. An edited number, a row or sheet more
or less, rows in another order, a formula, macros, or the workbook of another run are refused, and the cells are named. Excel
and LibreOffice may save the file their own way; sizes, colours and the order of the sheets make no difference. What keeps anyone
from seeing what is recorded is refused: hidden or filtered rows, columns and sheets, merged cells, letters that cannot be read,
number formats and conditional formats that show something else, other charts, drawings and notes.

A decision is approve, reject or question, and needs a name and a date. A row without one is open. The record carries the
digests of the run and of both files, and one of its own. It does not prove who wrote a name: sign the record, or keep it
where only the approver can write. That RESULT.json itself was not edited, ` + "`lcmsim verify`" + ` tells.

Exit code 0: every change group is approved; 3: one is rejected; 5: one is open or has a question; 1: refused. The result
keeps its own verdict and exit code, which the record repeats.`,
		Example: `  lcmsim diff snapshot/ --report report.xlsx --report result.json
  lcmsim decisions report.xlsx result.json
  lcmsim decisions report.xlsx result.json --report decisions.json`,
		Args: arguments(cobra.ExactArgs(2)),
		RunE: func(_ *cobra.Command, args []string) error {
			opt.workbook, opt.result = args[0], args[1]
			return runDecisions(e, opt)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&opt.json, "json", false, "print the record as JSON on stdout instead of the summary")
	addOutputFlag(f, &opt.report, "report", "write the record: PATH ends in .json")
	f.BoolVar(&opt.quiet, "quiet", false, "only the verdict line")
	f.BoolVar(&opt.noColor, "no-color", false, "no colour (as NO_COLOR)")
	return cmd
}

func runDecisions(e env, opt decisionsOptions) error {
	out := outputs{inputs: []string{opt.workbook, opt.result}}
	defer out.discard()
	var record *output
	var err error
	if opt.report != "" {
		if !strings.HasSuffix(strings.ToLower(opt.report), ".json") {
			return fmt.Errorf("--report %s: the name must end in .json", opt.report)
		}
		if record, err = out.create(opt.report); err != nil {
			return err
		}
	}
	doc, err := readDecisions(opt, e.now())
	if err != nil {
		return err
	}
	if record != nil {
		if err := report.WriteDecisionsJSON(record, doc); err != nil {
			return fmt.Errorf("%s: %w", opt.report, err)
		}
	}
	if err := out.commit(); err != nil {
		return err
	}
	how := showing{opt.json, opt.quiet, opt.noColor}
	return present(e, how, doc, report.WriteDecisionsJSON, report.WriteDecisionsTerminal, doc.Verdict.Line(), doc.Exit.Code)
}

func readDecisions(opt decisionsOptions, now time.Time) (*report.DecisionsDocument, error) {
	workbook, err := os.ReadFile(opt.workbook)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be read: %w", opt.workbook, reason(err))
	}
	result, err := os.ReadFile(opt.result)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be read: %w", opt.result, reason(err))
	}
	return report.ReadDecisions(report.DecisionsInput{
		ToolVersion: version, Workbook: workbook, Result: result, WorkbookName: opt.workbook, ResultName: opt.result,
		Latest: now.UTC().AddDate(0, 0, 1).Format(time.DateOnly), // it may be tomorrow somewhere
	})
}
