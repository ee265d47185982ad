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
	"time"

	"github.com/spf13/cobra"

	"github.com/lcmsim/lcmsim/fixtures"
	"github.com/lcmsim/lcmsim/loader"
	"github.com/lcmsim/lcmsim/report"
	"github.com/lcmsim/lcmsim/scimeval"
)

// generateOptions are the flags of generate.
type generateOptions struct {
	dir        string
	earlier    string // "" = no earlier population
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
many identities as wanted. The same seed gives the same bytes. DIR must be empty or not there yet.

With --earlier, the population of a month before is written too, to another directory: most people are as they are now,
some have joined, moved, left or disappeared since. It is what lcmsim diff takes as --baseline.`,
		Example: `  lcmsim generate demo
  lcmsim generate now --earlier before   # for lcmsim diff now --baseline before
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
	addOutputFlag(f, &opt.earlier, "earlier", "also write the population of a month before, to this directory")
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
	if opt.earlier != "" && (within(opt.dir, opt.earlier) || within(opt.earlier, opt.dir)) {
		return fmt.Errorf("--earlier %s: name a directory outside of %s", opt.earlier, opt.dir)
	}
	dir, err := createNewDir(opt.dir)
	if err != nil {
		return err
	}
	defer dir.discard()
	var before *newDir
	if opt.earlier != "" {
		if before, err = createNewDir(opt.earlier); err != nil {
			return err
		}
		defer before.discard()
	}
	company := fixtures.Generate(fixtures.Options{Identities: opt.identities, Seed: opt.seed})
	dropped, err := writeSnapshot(ctx, e, opt, dir.work, company, base)
	if err != nil {
		return err
	}
	lines := []string{fmt.Sprintf("%s: %s identities (seed %d), a policy with a draft, and its access profiles", opt.dir, report.Count(opt.identities), opt.seed)}
	next := "lcmsim simulate " + opt.dir
	if before != nil {
		n, err := writeEarlier(ctx, e, opt, before.work, company, base)
		if err != nil {
			return err
		}
		if err := before.appear(); err != nil {
			return err
		}
		lines = append(lines, fmt.Sprintf("%s: the %s identities of a month before", opt.earlier, report.Count(n)))
		next = fmt.Sprintf("lcmsim diff %s --baseline %s", opt.dir, opt.earlier)
	}
	if err := dir.appear(); err != nil {
		return err
	}
	if opt.quiet {
		return nil
	}
	if len(dropped) > 0 {
		lines = append(lines, fmt.Sprintf("left out, as %s cannot hold it: %s", base, strings.Join(dropped, ", ")))
	}
	return report.WriteLines(e.stdout, append(lines, "next: "+next)...)
}

// writeSnapshot fills dir and names the attributes that the format cannot hold.
func writeSnapshot(ctx context.Context, e env, opt generateOptions, dir string, company *fixtures.Company, format string) (dropped []string, err error) {
	for name, text := range company.Files() {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			return nil, err
		}
	}
	columns, dropped := columnsFor(company, format)
	if _, err := writePeople(ctx, e, opt, dir, "generating", company.People(), company.Len(), columns, format); err != nil {
		return nil, err
	}
	if opt.holdings {
		if err := writeHoldings(dir, company); err != nil {
			return nil, err
		}
	}
	return dropped, writeManifest(dir, fixtures.TakenAt)
}

// writeEarlier fills dir with the population of a month before, and counts it.
func writeEarlier(ctx context.Context, e env, opt generateOptions, dir string, company *fixtures.Company, format string) (int, error) {
	columns, _ := columnsFor(company, format)
	n, err := writePeople(ctx, e, opt, dir, "generating the earlier population", company.EarlierPeople(), company.Len(), columns, format)
	if err != nil {
		return 0, err
	}
	return n, writeManifest(dir, fixtures.EarlierTakenAt)
}

// writePeople writes a population, of about so many people, and counts it.
func writePeople(ctx context.Context, e env, opt generateOptions, dir, title string, people iter.Seq[fixtures.Person], about int, columns []loader.Column, format string) (n int, err error) {
	progress := newBar(e, e.stderr, opt.quiet, title)
	defer progress.end()
	counted := func(yield func(loader.Record) bool) {
		for r := range records(people, columns, format) {
			if !yield(r) {
				return
			}
			if n++; n%4096 == 0 {
				if ctx.Err() != nil {
					return
				}
				progress.step(n, about)
			}
		}
	}
	if err := loader.WritePopulation(filepath.Join(dir, "identities."+opt.format), columns, counted); err != nil {
		return n, err
	}
	return n, ctx.Err()
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
func writeManifest(dir string, takenAt time.Time) error {
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
	return os.WriteFile(filepath.Join(dir, "manifest.json"), fixtures.Manifest(takenAt, digests), 0o666)
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

// records are people as the format holds them: a typed column takes a number that is spelled as a string as a number and
// no list of objects, and CSV has no empty values.
func records(people iter.Seq[fixtures.Person], columns []loader.Column, format string) iter.Seq[loader.Record] {
	typed := format != "json" && format != "jsonl"
	types := make(map[string]loader.ColumnType, len(columns))
	for _, c := range columns {
		types[c.Name] = c.Type
	}
	return func(yield func(loader.Record) bool) {
		for p := range people {
			r := loader.Record{ID: p.ID, EntityID: p.EntityID, EntityType: p.EntityType, EntityName: p.EntityName, Attributes: p.Attributes}
			if typed {
				r.Attributes = typedMembers(p.Attributes, types, format == "csv")
			}
			if !yield(r) {
				return
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
