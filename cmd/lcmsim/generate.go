package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lcmsim/lcmsim/fixtures"
	"github.com/lcmsim/lcmsim/loader"
	"github.com/lcmsim/lcmsim/report"
	"github.com/lcmsim/lcmsim/scimeval"
)

// generateOptions are the flags of generate.
type generateOptions struct {
	dir        string
	identities int
	seed       uint64
	format     string
	holdings   bool
	quiet      bool
}

var populationFormats = []string{"jsonl", "json", "csv", "parquet", "arrow"}

func newGenerateCmd(e env) *cobra.Command {
	var opt generateOptions
	cmd := &cobra.Command{
		Use:   "generate DIR",
		Short: "Write a realistic synthetic snapshot",
		Long: `Writes the snapshot of a made-up company: a policy with a draft, access profiles that inherit from each other, and as
many identities as wanted. The same seed gives the same bytes. DIR must be empty or not there yet.`,
		Example: `  lcmsim generate demo
  lcmsim generate big --identities 1000000 --format parquet --seed 7`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			opt.dir = args[0]
			return runGenerate(cmd.Context(), e, opt)
		},
	}
	f := cmd.Flags()
	f.IntVar(&opt.identities, "identities", 5000, "how many identities")
	f.Uint64Var(&opt.seed, "seed", 1, "seed of the generator")
	f.StringVar(&opt.format, "format", "jsonl", "format of the population: "+strings.Join(populationFormats, ", ")+"; each also with .gz or .zst")
	f.BoolVar(&opt.holdings, "holdings", false, "also write grants.csv and history.csv")
	f.BoolVar(&opt.quiet, "quiet", false, "no progress and no summary")
	mustComplete(cmd, "format", populationFormats...)
	return cmd
}

func runGenerate(ctx context.Context, e env, opt generateOptions) error {
	if opt.identities < 1 {
		return errors.New("--identities takes a number from 1")
	}
	base, packed, _ := strings.Cut(opt.format, ".")
	if !slices.Contains(populationFormats, base) || !slices.Contains([]string{"", "gz", "zst"}, packed) {
		return fmt.Errorf("--format %s: choose %s, each also with .gz or .zst", opt.format, strings.Join(populationFormats, ", "))
	}
	if info, err := os.Stat(opt.dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s: is a file; name a new directory", opt.dir)
	}
	if entries, err := os.ReadDir(opt.dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s: is not empty; name a new directory", opt.dir)
	}
	parent := filepath.Dir(filepath.Clean(opt.dir))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("%s: %w", opt.dir, reason(err))
	}
	work, err := os.MkdirTemp(parent, ".lcmsim-generate-*")
	if err != nil {
		return fmt.Errorf("%s: %w", opt.dir, reason(err))
	}
	defer os.RemoveAll(work)
	company := fixtures.Generate(fixtures.Options{Identities: opt.identities, Seed: opt.seed})
	dropped, err := writeSnapshot(ctx, e, opt, work, company, base)
	if err != nil {
		return err
	}
	if err := os.Chmod(work, 0o755); err != nil {
		return fmt.Errorf("%s: %w", opt.dir, reason(err))
	}
	if err := os.Remove(opt.dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: %w", opt.dir, reason(err))
	}
	if err := os.Rename(work, opt.dir); err != nil {
		return fmt.Errorf("%s: %w", opt.dir, reason(err))
	}
	if opt.quiet {
		return nil
	}
	text := fmt.Sprintf("%s: %s identities (seed %d), a policy with a draft, and its access profiles\n", report.Printable(opt.dir), report.Count(opt.identities), opt.seed)
	if len(dropped) > 0 {
		text += fmt.Sprintf("left out, as %s cannot hold it: %s\n", base, strings.Join(dropped, ", "))
	}
	_, err = fmt.Fprintf(e.stdout, "%snext: lcmsim simulate %s\n", text, report.Printable(opt.dir))
	return err
}

// writeSnapshot fills dir and names the attributes that the format cannot hold.
func writeSnapshot(ctx context.Context, e env, opt generateOptions, dir string, company *fixtures.Company, format string) (dropped []string, err error) {
	for name, text := range company.Files() {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return nil, err
		}
	}
	columns, dropped := columnsFor(company, format)
	progress := newBar(e, e.stderr, opt.quiet, "generating")
	defer progress.end()
	path := filepath.Join(dir, "identities."+opt.format)
	if err := loader.WritePopulation(path, columns, records(ctx, company, columns, format, progress)); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if opt.holdings {
		if err := writeHoldings(dir, company); err != nil {
			return nil, err
		}
	}
	progress.end()
	return dropped, writeManifest(dir)
}

func writeHoldings(dir string, company *fixtures.Company) error {
	var out outputs
	defer out.discard()
	if err := out.write(filepath.Join(dir, "grants.csv"), company.WriteGrants); err != nil {
		return err
	}
	if err := out.write(filepath.Join(dir, "history.csv"), company.WriteHistory); err != nil {
		return err
	}
	return out.commit()
}

// writeManifest lists the digests of everything that is in dir.
func writeManifest(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	digests := make(map[string]string, len(entries))
	for _, entry := range entries {
		if digests[entry.Name()], err = loader.FileDigest(filepath.Join(dir, entry.Name())); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "manifest.json"), fixtures.Manifest(digests), 0o644)
}

// columnsFor declares the columns of a population, without those that the format cannot hold.
func columnsFor(company *fixtures.Company, format string) (columns []loader.Column, dropped []string) {
	for _, c := range company.Columns() {
		t := loader.ColumnType(c.Type)
		switch c.Type {
		case "objects":
			if format != "json" && format != "jsonl" {
				dropped = append(dropped, c.Name)
			}
			continue
		case "timestamp": // the generator mixes dates and times, as exports do
			t = loader.ColumnString
		}
		columns = append(columns, loader.Column{Name: c.Name, Type: t})
	}
	return columns, dropped
}

// records are the people as the format holds them: a typed column takes a number that is spelled as a string as a
// number and no list of objects, and CSV has no empty values. They end early when ctx is done.
func records(ctx context.Context, company *fixtures.Company, columns []loader.Column, format string, progress *bar) iter.Seq[loader.Record] {
	typed := format != "json" && format != "jsonl"
	types := make(map[string]loader.ColumnType, len(columns))
	for _, c := range columns {
		types[c.Name] = c.Type
	}
	return func(yield func(loader.Record) bool) {
		n := 0
		for p := range company.People() {
			r := loader.Record{ID: p.ID, EntityID: p.EntityID, EntityType: p.EntityType, EntityName: p.EntityName, Attributes: p.Attributes}
			if typed {
				r.Attributes = typedMembers(p.Attributes, types, format == "csv")
			}
			if !yield(r) {
				return
			}
			if n++; n%4096 == 0 {
				if ctx.Err() != nil {
					return
				}
				progress.set(loader.Progress{Rows: n, Bytes: int64(n), Total: int64(company.Len())})
			}
		}
	}
}

func typedMembers(members []scimeval.Member, types map[string]loader.ColumnType, csv bool) []scimeval.Member {
	out := make([]scimeval.Member, 0, len(members))
	for _, m := range members {
		t, ok := types[m.Name]
		if !ok {
			continue
		}
		if csv && (m.Value.Kind() == scimeval.KindList && len(m.Value.Items()) == 0 || m.Value.Kind() == scimeval.KindString && m.Value.Text() == "") {
			continue // an empty cell is an absent attribute
		}
		if t == loader.ColumnNumber && m.Value.Kind() == scimeval.KindString {
			d, err := scimeval.ParseDecimal(m.Value.Text())
			if err != nil {
				continue
			}
			m.Value = scimeval.NumberValue(d)
		}
		out = append(out, m)
	}
	return out
}
