package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lcmsim/lcmsim/report"
)

// version is the tool's version; the Makefile stamps it.
var version = "dev"

// exitError carries an exit code other than that of an ordinary error. A nil cause was already reported.
type exitError struct {
	code  int
	cause error
}

func (e *exitError) Error() string {
	if e.cause == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.cause.Error()
}

// run executes a command line and gives the exit code of SPEC section 9.
func run(ctx context.Context, args []string, e env) int {
	root := newRootCmd(e)
	root.SetArgs(args)
	root.SetOut(e.stdout)
	root.SetErr(e.stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return report.ExitOK
	}
	code := report.ExitFatal
	var exit *exitError
	if errors.As(err, &exit) {
		code = exit.code
		if err = exit.cause; err == nil {
			return code
		}
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errors.New("interrupted; nothing was written")
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		say(e.stderr, "lcmsim: "+line)
	}
	return code
}

func newRootCmd(e env) *cobra.Command {
	root := &cobra.Command{
		Use:   "lcmsim",
		Short: "What changes if you publish this lifecycle policy, for whom, and why",
		Long: `lcmsim reads exported Veza Lifecycle Management policies, access profiles and a snapshot of identities, and says what
would change if a policy were published, for whom and why, whether a safety limit would trip, and how sure that is.
It works offline, changes nothing, and gives the same result for the same inputs. Only pull, crosscheck and calibrate speak
with a tenant: they read, and ask for dry runs.

Exit codes: 0 ok, 1 fatal, 2 changes present (with --detailed-exitcode), 3 gate failed, 4 the tenant disagrees,
5 inconclusive.`,
		Example: `  lcmsim generate demo                      # a synthetic snapshot to play with
  lcmsim diff demo                          # what changes if its draft is published
  lcmsim diff demo --report changes.html --report changes.xlsx   # and a page and a workbook for the approver
  lcmsim simulate demo                      # the current version over everybody
  lcmsim explain demo W000023 --version draft
  lcmsim filter demo 'department eq "Sales" and not (manager eq true)'
  lcmsim crosscheck demo --plan-only        # the sample that a tenant would be asked about, and what it would prove`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownCommand,
		Version:       version,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		var twice *givenTwice
		if errors.As(err, &twice) {
			return twice // without what the parser says around it
		}
		return fmt.Errorf("%w\nrun `%s --help` for the flags", err, cmd.CommandPath())
	})
	root.AddCommand(newSimulateCmd(e), newDiffCmd(e), newExplainCmd(e), newFilterCmd(e), newGenerateCmd(e), newPullCmd(e), newCrosscheckCmd(e), newCalibrateCmd(e), newReportCmd(e), newVerifyCmd(e), newDecisionsCmd(e), newVersionCmd(e))
	return root
}

// knownCommand refuses a word that is no command, with the nearest one.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "; did you mean " + near[0] + "?"
	}
	return fmt.Errorf("unknown command %q%s\nrun `%s --help` for the commands", args[0], hint, cmd.CommandPath())
}

// arguments checks the number of arguments and says where to read about them.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return fmt.Errorf("%w\nrun `%s --help` for the arguments", err, cmd.CommandPath())
		}
		return nil
	}
}

func newVersionCmd(e env) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of lcmsim and of what it was built with",
		Example: "  lcmsim version",
		Args:    arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(e.stdout, "lcmsim %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			if err != nil {
				return err
			}
			info, ok := debug.ReadBuildInfo()
			if !ok {
				return nil
			}
			for _, dep := range info.Deps {
				switch dep.Path {
				case "github.com/scim2/filter-parser/v2", "github.com/apache/arrow/go/v17", "github.com/xuri/excelize/v2":
					if _, err := fmt.Fprintf(e.stdout, "  %s %s\n", dep.Path, dep.Version); err != nil {
						return err
					}
				}
			}
			return nil
		},
	}
}
