package main

import (
	"context"

	"github.com/spf13/cobra"
)

// diffOptions are the flags of diff: those of simulate, and the sides.
type diffOptions struct {
	simulateOptions
	from, to      string
	baseline      string
	cohorts       []string
	noAttribution bool
	expectNone    bool
}

func newDiffCmd(e env) *cobra.Command {
	var opt diffOptions
	cmd := &cobra.Command{
		Use:   "diff [SNAPSHOT]",
		Short: "Compare two policy versions, two populations, or both: who gains and loses what",
		Long: `Evaluates two sides for every identity and says who gains and who loses which actions, access profiles and
entitlements, whether a safety limit would trip, and which edit of the policy explains it.

The policy comes from --from and --to: a version number, current, draft, a file with a policy or a version, or another
snapshot directory, which brings its access profiles too. Without them, the current version is compared with the draft.

The earlier side's population comes from --baseline, a snapshot directory or a population file; without it both sides have
the population of SNAPSHOT. With both a policy and a population axis, the effects of policy and data are told apart.
--baseline can also be grants (what is held today), members (the exported membership of access profiles), or none.

--report NAME.requests.jsonl writes what is gained and lost as bodies of access requests, one a line: for identities that an
accounts file (accounts.csv, or --accounts) knows. Publishing a policy takes away only what an action removes; what the later
side merely no longer grants stays with those who have it. The requests revoke both; with a grants file, only what is held.
NAME.requests.left-out.jsonl lists what no body could be written for, with the reason. What is not decided is counted and never asked for. lcmsim sends none of it.`,
		Example: `  lcmsim diff snapshot/                                   # the current version against the draft
  lcmsim diff snapshot/ --from 6 --to 7 --report changes.xlsx
  lcmsim diff snapshot/ --baseline last-month/            # the same policy, two populations: joiners, movers, leavers
  lcmsim diff snapshot/ --to draft --baseline last-month/ # both: policy effect, data effect, interaction
  lcmsim diff snapshot/ --to draft --baseline grants      # against what people hold today
  lcmsim diff snapshot/ --to refactored.json --expect-no-changes`,
		Args: arguments(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				opt.paths.Dir = args[0]
			}
			opt.failSet = cmd.Flags().Changed("fail-on")
			return runDiff(cmd.Context(), e, opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.from, "from", "", "earlier policy: a version number, current, draft, a file, or a snapshot (default: current)")
	f.StringVar(&opt.to, "to", "", "later policy, likewise (default: draft; current with --baseline or --from)")
	f.StringVar(&opt.baseline, "baseline", "", "earlier side besides the policy: a snapshot or population, grants, members or none")
	f.StringArrayVar(&opt.cohorts, "cohort", nil, "look for over-represented values of this attribute among those who lose something, besides those that filters name (repeatable)")
	f.BoolVar(&opt.noAttribution, "no-attribution", false, "do not compute what each edit of the policy explains")
	f.BoolVar(&opt.expectNone, "expect-no-changes", false, "exit with 3 when anything changes: for refactorings")
	addRunFlags(f, &opt.simulateOptions)
	mustComplete(cmd, "semantics", "vendor", "rfc7644")
	return cmd
}

func runDiff(ctx context.Context, e env, opt diffOptions) error {
	if err := checkReports(e, opt.simulateOptions, true); err != nil {
		return err
	}
	run, err := openComparison(e, opt)
	if err != nil {
		return err
	}
	out := outputs{inputs: run.opt.inputs()}
	defer out.discard()
	rows, reports, err := run.createOutputs(e, &out)
	if err != nil {
		return err
	}
	doc, err := run.compare(ctx, e, rows)
	if err != nil {
		return err
	}
	run.requests.tell(e, opt.quiet)
	return deliver(ctx, e, opt.simulateOptions, &out, reports, doc)
}
