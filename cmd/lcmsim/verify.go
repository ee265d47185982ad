package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lcmsim/lcmsim/report"
)

// verifyOptions are the flags of verify. Of the run only what says where its inputs are, and how to show what was found: all
// else comes from the result.
type verifyOptions struct {
	simulateOptions
	result             string
	from, to, baseline string
	sameOutcome        bool
}

func newVerifyCmd(e env) *cobra.Command {
	var opt verifyOptions
	cmd := &cobra.Command{
		Use:   "verify RESULT.json [SNAPSHOT]",
		Short: "Tell whether a saved result still stands, or what has drifted since",
		Long: `Runs a simulation or a diff again that --report FILE.json or --json saved, on what is in SNAPSHOT now, with the time, rules
and settings of the result, and compares both: inputs by their digests, numbers, and identities one by one.

VALID      the same inputs give the same result: exit code 0
DRIFTED    an input is another one; which, what it does to the numbers, and who fares otherwise: exit code 3
ALTERED    the file does not say what its inputs give, it was edited: exit code 3

A result that names no digest of its population cannot be decided (5). Under --same-outcome, neither can one whose list of
identities is cut, nor one whose run digest cannot be checked: it has none, or another version of lcmsim made it.

Parts that the result had from elsewhere than its snapshot are given by flags once more. Where a copy lies elsewhere, the places
that the result names cannot be verified; what it says of a cross-check cannot without --crosscheck. The verdict says so.`,
		Example: `  lcmsim diff snapshot/ --report changes.json
  lcmsim verify changes.json snapshot/
  lcmsim verify changes.json snapshot/ --same-outcome     # other inputs will do as long as nobody fares otherwise
  lcmsim verify changes.json snapshot/ --json --report verification.json`,
		Args: arguments(cobra.RangeArgs(1, 2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			opt.result = args[0]
			if len(args) == 2 {
				opt.paths.Dir = args[1]
			}
			return runVerify(cmd.Context(), e, opt)
		},
	}
	f := cmd.Flags()
	addInputFlags(f, &opt.simulateOptions)
	f.StringVar(&opt.policy, "policy", "", "name or id of the policy, if it has another one now")
	f.StringVar(&opt.from, "from", "", "earlier policy of a diff, where it came from a file or another snapshot")
	f.StringVar(&opt.to, "to", "", "later policy of a diff, likewise")
	f.StringVar(&opt.baseline, "baseline", "", "earlier population of a diff (default: where the result says it was)")
	f.StringVar(&opt.crosscheck, "crosscheck", "", "saved cross-check that the result tells of: what it says of it is verified too")
	f.BoolVar(&opt.sameOutcome, "same-outcome", false, "exit with 0 where inputs differ and nobody fares otherwise")
	f.BoolVar(&opt.json, "json", false, "print what was found as JSON")
	f.StringArrayVar(&opt.reports, "report", nil, "write what was found: PATH ends in .json (repeatable)")
	f.BoolVar(&opt.quiet, "quiet", false, "only the verdict line; no progress")
	f.BoolVar(&opt.noColor, "no-color", false, "no colour (as NO_COLOR)")
	addScaleFlags(f, &opt.workers, &opt.batchRows)
	return cmd
}

func runVerify(ctx context.Context, e env, opt verifyOptions) error {
	if err := checkScale(opt.workers, opt.batchRows); err != nil {
		return err
	}
	for _, path := range opt.reports {
		if !strings.EqualFold(filepath.Ext(path), ".json") {
			return fmt.Errorf("--report %s: the name must end in .json", path)
		}
	}
	saved, err := openResult(opt.result)
	if err != nil {
		return err
	}
	if err := report.Verifiable(saved); err != nil {
		return fmt.Errorf("%s: %w", opt.result, err)
	}
	out := outputs{inputs: opt.inputs(saved)}
	defer out.discard()
	for _, path := range opt.reports {
		if _, err := out.create(path); err != nil {
			return err
		}
	}
	rerun := report.Rerun{ToolVersion: version, Given: opt.given()}
	if report.Intact(saved, version) {
		v := verification{opt: opt, rerun: rerun}
		if rerun, err = v.run(ctx, e, saved); err != nil {
			return err
		}
	}
	found := report.Verify(saved, rerun, opt.sameOutcome)
	for _, file := range out.files {
		if err := report.WriteVerificationJSON(file, found); err != nil {
			return fmt.Errorf("%s: %w", file.path, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := out.commit(); err != nil {
		return err
	}
	return present(e, opt.showing(), found, report.WriteVerificationJSON, report.WriteVerificationTerminal, found.Verdict.Line(), found.Exit.Code)
}

// given are the files and directories that flags name in the stead of parts of the snapshot.
func (opt verifyOptions) given() []string {
	p := opt.paths
	return slices.DeleteFunc([]string{p.Policy, p.Versions, p.Profiles, p.Identities, p.Schema, p.Config, p.Grants, p.History, opt.from, opt.to, opt.baseline},
		func(name string) bool { return name == "" })
}

// openResult reads a saved result.
func openResult(path string) (report.Renderable, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be read: %w", path, reason(err))
	}
	saved, err := report.Read(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return saved, nil
}
