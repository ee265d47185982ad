package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lcmsim/lcmsim/loader/tenant"
	"github.com/lcmsim/lcmsim/report"
)

// pullOptions are the flags of pull.
type pullOptions struct {
	dir        string
	policy     string
	identities string
	tenant     tenantOptions
	quiet      bool
}

func newPullCmd(e env) *cobra.Command {
	var opt pullOptions
	cmd := &cobra.Command{
		Use:   "pull [DIR]",
		Short: "Export a tenant's policies and access profiles into a snapshot",
		Long: `Reads policies, access profiles, profile types, lifecycle datasources and integrations of a tenant and writes them to DIR
(default: snapshot), which must be empty or not there yet. The API has no call that lists identities: give the tenant's own
ids with --identities to fetch those one by one, or add a population file to DIR yourself.

What was read so far is kept in DIR.partial, so that a pull that was interrupted goes on when it is run again.

` + tenantHelp,
		Example: `  lcmsim pull
  lcmsim pull acme --policy "Workforce Lifecycle"
  lcmsim pull acme-sample --identities ids.txt --rate 2`,
		Args: arguments(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			opt.dir = "snapshot"
			if len(args) == 1 {
				opt.dir = args[0]
			}
			return runPull(cmd.Context(), e, opt, cmd.InOrStdin())
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.policy, "policy", "", "name or id of the only policy to pull (default: all)")
	f.StringVar(&opt.identities, "identities", "", "also fetch the identities whose tenant ids are in this file, one a line, # starts a comment; - reads them from stdin")
	addTenantFlags(f, &opt.tenant)
	f.BoolVar(&opt.quiet, "quiet", false, "no progress, no notes and no summary")
	return cmd
}

func runPull(ctx context.Context, e env, opt pullOptions, stdin io.Reader) (err error) {
	ids, err := readIDs(opt.identities, stdin)
	if err != nil {
		return err
	}
	client, finish, err := openTenant(e, opt.tenant, e.stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, finish()) }()
	progress := newCounter(e, e.stderr, opt.quiet, "pulling")
	pulled, err := tenant.Pull(ctx, client, tenant.PullOptions{
		Dir: opt.dir, Policy: opt.policy, IdentityIDs: ids, ToolVersion: version,
		Progress: progress.step,
	})
	progress.end()
	if err != nil {
		return pullError(ctx, err)
	}
	for _, w := range pulled.Warnings {
		say(e.stderr, "warning: "+w)
	}
	if opt.quiet {
		return nil
	}
	for _, n := range pulled.Notes {
		say(e.stderr, "note: "+n)
	}
	return report.WriteLines(e.stdout, pullSummary(opt.dir, client, pulled, len(ids) > 0)...)
}

// pullError says how to go on after an interruption.
func pullError(ctx context.Context, err error) error {
	if ctx.Err() == nil || !errors.Is(err, context.Canceled) {
		return err
	}
	if left := (*tenant.Unfinished)(nil); errors.As(err, &left) {
		return fmt.Errorf("interrupted; what was pulled so far is in %s: run the same command again to go on", left.Partial)
	}
	return err
}

// pullSummary are lines that say what is there now, and what comes next.
func pullSummary(dir string, client *tenant.Client, pulled *tenant.Pulled, people bool) []string {
	head := fmt.Sprintf("%s: %s from %s, %s requests", dir, counted(len(pulled.Policies), "policy", "policies"), client.Tenant(), report.Count(client.Calls()))
	if pulled.Resumed {
		head += " after those of an earlier run"
	}
	if n := len(pulled.Warnings); n > 0 {
		head += ", " + counted(n, "warning", "warnings")
	}
	lines := []string{head}
	for _, file := range pulled.Files {
		lines = append(lines, fmt.Sprintf("  %-27s %s", report.Printable(file.Name), report.Count(file.Items)))
	}
	next := "next: lcmsim simulate " + dir
	if !people {
		lines = append(lines, fmt.Sprintf("missing: a population; add %s/identities.csv, .jsonl or .parquet, or give it with --identities", strings.TrimRight(dir, "/")))
		next += " --identities FILE"
	}
	if len(pulled.Policies) > 1 {
		next += " --policy NAME"
	}
	return append(lines, next)
}

// counted is a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return report.Count(n) + " " + many
}

// readIDs reads tenant ids of identities, one a line. Blank lines are skipped, and what follows a #.
func readIDs(path string, stdin io.Reader) (ids []string, err error) {
	var in io.Reader
	switch path {
	case "":
		return nil, nil
	case "-":
		in, path = stdin, "stdin"
	default:
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("%s: cannot be read: %w", path, reason(err))
		}
		defer file.Close()
		in = file
	}
	lines := bufio.NewScanner(in)
	for number := 1; lines.Scan(); number++ {
		text, _, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "\ufeff"), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if err := tenant.CheckID(text); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number, err)
		}
		ids = append(ids, text)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: cannot be read: %w", path, reason(err))
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("%s: holds no id; list the tenant's own ids of identities, one a line", path)
	}
	return ids, nil
}
