package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/lcmsim/lcmsim/loader"
	"github.com/lcmsim/lcmsim/report"
)

// simulateOptions are the flags of simulate.
type simulateOptions struct {
	paths     loader.Paths
	policy    string
	version   string
	asOf      string
	semantics string
	rules     []string
	active    string

	json     bool
	reports  []string
	rows     string
	failOn   string
	failSet  bool
	detailed bool
	strict   bool
	quiet    bool
	noColor  bool
	digest   bool

	workers   int
	batchRows int
	listed    int

	githubSummary bool
	crosscheck    string // saved result of a cross-check, which the report shows
}

func newSimulateCmd(e env) *cobra.Command {
	var opt simulateOptions
	cmd := &cobra.Command{
		Use:   "simulate [SNAPSHOT]",
		Short: "Simulate one policy version over the whole population",
		Long: `Evaluates the triggers and conditions of a policy for every identity of a population, resolves access profiles, and
says who is matched, which actions are planned, who would hold which entitlements, and what the safety limits say.

SNAPSHOT is a directory with policies.json, access_profiles.json and identities.{parquet,arrow,jsonl,json,csv}, each as
exported; every part can be named by a flag instead. What cannot be evaluated is carried as a range, never dropped.

--report NAME.requests.jsonl writes what the policy would grant, and what its actions would take away of what the grants file
knows, as bodies of access requests, one a line: for identities that an accounts file (accounts.csv, or --accounts) knows.
What grants.* says is held is not asked for again. NAME.requests.left-out.jsonl lists what no body could be written for, with
the reason. What is not decided is counted and never asked for. lcmsim sends none of it.`,
		Example: `  lcmsim simulate snapshot/
  lcmsim simulate snapshot/ --version draft --report impact.xlsx --report result.json
  lcmsim simulate --policy-file policies.json --profiles access_profiles.json --identities people.csv
  lcmsim simulate snapshot/ --json --fail-on limit,error > result.json
  lcmsim simulate snapshot/ --rows rows.ndjson --rule filter.missing_ne=false`,
		Args: arguments(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				opt.paths.Dir = args[0]
			}
			opt.failSet = cmd.Flags().Changed("fail-on")
			return runSimulate(cmd.Context(), e, opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.version, "version", "current", "version of the policy: a number, draft or current")
	addRunFlags(f, &opt)
	mustComplete(cmd, "semantics", "vendor", "rfc7644")
	mustComplete(cmd, "version", "current", "draft")
	return cmd
}

// addRunFlags adds what every run over a snapshot takes, but for the choice of the version.
func addRunFlags(f *pflag.FlagSet, opt *simulateOptions) {
	addInputFlags(f, opt)
	f.StringVar(&opt.policy, "policy", "", "name or id of the policy, where the export holds several")
	f.StringVar(&opt.asOf, "as-of", "", "time that the run stands for, RFC 3339 or YYYY-MM-DD (default: the snapshot's taken_at, else now)")
	addFilterFlags(f, &opt.semantics, &opt.rules)
	f.StringVar(&opt.active, "active-attribute", "is_active", "boolean attribute that tells active identities, for limits.denominator=active and for leavers")
	f.BoolVar(&opt.json, "json", false, "print the result as JSON on stdout instead of the summary")
	addReportFlags(f, opt, "write a report: PATH ends in .html, .xlsx, .json, .md, .xml (JUnit) or .sarif, or in .requests.jsonl for access requests (repeatable)")
	f.StringVar(&opt.paths.Accounts, "accounts", "", "accounts that access requests are addressed to, instead of SNAPSHOT/accounts.*")
	addOutputFlag(f, &opt.rows, "rows", "write one row an identity: PATH ends in .ndjson, .jsonl or .csv")
	f.StringVar(&opt.failOn, "fail-on", "limit,guard", "what makes exit code 3: a list of limit, guard, maybe, error, warning, or none; limits that are measured on a first run count only when limit is named")
	f.BoolVar(&opt.detailed, "detailed-exitcode", false, "exit with 2 when something changes and nothing else is wrong")
	f.BoolVar(&opt.strict, "strict", false, "unknown fields in the exports are errors")
	f.BoolVar(&opt.quiet, "quiet", false, "only the verdict line; no progress")
	f.BoolVar(&opt.noColor, "no-color", false, "no colour (as NO_COLOR)")
	f.BoolVar(&opt.digest, "digest", false, "put the population's SHA-256 into the result (always with --report)")
	f.StringVar(&opt.crosscheck, "crosscheck", "", "saved result of a cross-check with the tenant, to show its claim in the reports")
	f.IntVar(&opt.listed, "list-identities", report.DefaultIdentityCap, "how many of the identities concerned the result lists")
	addScaleFlags(f, &opt.workers, &opt.batchRows)
}

// addSnapshotFlags adds the flags of commands that work on one policy version of a snapshot, and print one result.
func addSnapshotFlags(f *pflag.FlagSet, opt *simulateOptions) {
	addInputFlags(f, opt)
	f.StringVar(&opt.policy, "policy", "", "name or id of the policy, where the export holds several")
	f.StringVar(&opt.version, "version", "current", "version of the policy: a number, draft or current")
	f.StringVar(&opt.asOf, "as-of", "", "time that the run stands for, RFC 3339 or YYYY-MM-DD (default: the snapshot's taken_at, else now)")
	addFilterFlags(f, &opt.semantics, &opt.rules)
	f.BoolVar(&opt.json, "json", false, "print the result as JSON")
	f.BoolVar(&opt.strict, "strict", false, "unknown fields in the exports are errors")
	f.BoolVar(&opt.quiet, "quiet", false, "only the verdict line; no progress")
	f.BoolVar(&opt.noColor, "no-color", false, "no colour (as NO_COLOR)")
	f.BoolVar(&opt.digest, "digest", false, "put the population's SHA-256 into the result")
	addScaleFlags(f, &opt.workers, &opt.batchRows)
}

func addInputFlags(f *pflag.FlagSet, opt *simulateOptions) {
	f.StringVar(&opt.paths.Policy, "policy-file", "", "policy export, instead of SNAPSHOT/policies.json")
	f.StringVar(&opt.paths.Versions, "versions-file", "", "policy versions, instead of SNAPSHOT/policy_versions.json")
	f.StringVar(&opt.paths.Profiles, "profiles", "", "access profiles, instead of SNAPSHOT/access_profiles.json")
	f.StringVar(&opt.paths.Identities, "identities", "", "population, instead of SNAPSHOT/identities.*")
	f.StringVar(&opt.paths.Schema, "schema", "", "schema of the population, instead of SNAPSHOT/schema.yaml")
	f.StringVar(&opt.paths.Config, "config", "", "settings, instead of SNAPSHOT/lcmsim.yaml")
	f.StringVar(&opt.paths.Grants, "grants", "", "entitlements held today, instead of SNAPSHOT/grants.*")
	f.StringVar(&opt.paths.History, "history", "", "run_once actions already done, instead of SNAPSHOT/history.*")
}

func addFilterFlags(f *pflag.FlagSet, semantics *string, rules *[]string) {
	f.StringVar(semantics, "semantics", "vendor", "how filters are understood: vendor or rfc7644")
	f.StringArrayVar(rules, "rule", nil, "set a named rule: name=value (repeatable)")
}

func addScaleFlags(f *pflag.FlagSet, workers, batchRows *int) {
	f.IntVar(workers, "workers", 0, "goroutines that evaluate (default: one a CPU); the result does not depend on it")
	f.IntVar(batchRows, "batch-rows", loader.DefaultBatchRows, "identities a batch; the result does not depend on it")
}

// maxWorkers bounds --workers: each worker holds a batch and the state of every expression.
const maxWorkers = 1024

func checkScale(workers, batchRows int) error {
	switch {
	case workers < 0 || workers > maxWorkers:
		return fmt.Errorf("--workers takes a number from 0 to %d", maxWorkers)
	case batchRows < 1:
		return errors.New("--batch-rows takes a number from 1")
	}
	return nil
}

func mustComplete(cmd *cobra.Command, flag string, values ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}

func runSimulate(ctx context.Context, e env, opt simulateOptions) error {
	if err := checkReports(e, opt, true); err != nil {
		return err
	}
	run, err := openSimulation(e, opt)
	if err != nil {
		return err
	}
	out := outputs{inputs: opt.inputs()}
	defer out.discard()
	rows, reports, err := run.createOutputs(e, &out)
	if err != nil {
		return err
	}
	doc, err := run.simulate(ctx, e, rows)
	if err != nil {
		return err
	}
	run.requests.tell(e, opt.quiet)
	return deliver(ctx, e, opt, &out, reports, doc)
}
