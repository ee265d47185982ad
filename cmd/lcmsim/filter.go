package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/loader"
	"github.com/lcmsim/lcmsim/report"
	"github.com/lcmsim/lcmsim/scimeval"
)

// filterOptions are the flags of filter.
type filterOptions struct {
	population string
	filters    []string
	file       string
	schema     string
	semantics  string
	rules      []string
	entityType string
	json       bool
	strict     bool
	quiet      bool
	noColor    bool
	workers    int
	batchRows  int
}

func newFilterCmd(e env) *cobra.Command {
	var opt filterOptions
	cmd := &cobra.Command{
		Use:   "filter POPULATION [EXPR...]",
		Short: "Show which identities SCIM filters match",
		Long: `Evaluates filters over a population: a file identities.{parquet,arrow,jsonl,json,csv}, also .gz or .zst, or a
snapshot directory that holds one. A filter that does not compile is shown with the place of the error, makes the exit
code 1, and does not stop the others.`,
		Example: `  lcmsim filter people.csv 'department eq "Sales" and not (manager eq true)'
  lcmsim filter snapshot/ --filters filters.txt --json
  lcmsim filter people.jsonl --semantics rfc7644 --schema schema.yaml 'emails[type eq "work"]'
  lcmsim filter people.csv --rule filter.string_case=fold 'department eq "sales"'`,
		Args: arguments(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			opt.population, opt.filters = args[0], args[1:]
			return runFilter(cmd.Context(), e, opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.file, "filters", "", "file with filters: a JSON array of strings, or one a line (blank lines and # lines are skipped)")
	f.StringVar(&opt.schema, "schema", "", "schema of the population")
	addFilterFlags(f, &opt.semantics, &opt.rules)
	f.StringVar(&opt.entityType, "entity-type", "", "leave out records of another entity_type")
	f.BoolVar(&opt.json, "json", false, "print the result as JSON, with every id")
	f.BoolVar(&opt.strict, "strict", false, "unknown fields around the records are errors")
	f.BoolVar(&opt.quiet, "quiet", false, "no progress and no warnings")
	f.BoolVar(&opt.noColor, "no-color", false, "no colour (as NO_COLOR)")
	addScaleFlags(f, &opt.workers, &opt.batchRows)
	mustComplete(cmd, "semantics", "vendor", "rfc7644")
	return cmd
}

func runFilter(ctx context.Context, e env, opt filterOptions) error {
	if err := checkScale(opt.workers, opt.batchRows); err != nil {
		return err
	}
	filters, err := gatherFilters(opt)
	if err != nil {
		return err
	}
	path, schema, err := loader.LocatePopulation(opt.population, opt.schema)
	if err != nil {
		return err
	}
	rules, err := chooseRules(opt.semantics, opt.rules, nil, schema)
	if err != nil {
		return err
	}
	program := scimeval.Compile(filters, scimeval.Options{Semantics: rules.Semantics, Rules: rules.Filter, Schema: schema})
	doc, findings, err := matchFilters(ctx, e, opt, path, schema, program)
	if err != nil {
		return err
	}
	if !opt.quiet {
		engine.SortFindings(findings)
		for _, f := range findings {
			say(e.stderr, findingLine(f))
		}
	}
	if opt.json {
		err = report.WriteFilterJSON(e.stdout, doc)
	} else {
		err = report.WriteFilterTerminal(e.stdout, doc, e.terminal(opt.noColor))
	}
	if err != nil {
		return err
	}
	return filterExit(program, doc, findings)
}

// filterExit: a filter that does not compile is fatal; one that is unknown for somebody, or an error in the population,
// is inconclusive.
func filterExit(program *scimeval.Program, doc *report.FilterDocument, findings []engine.Finding) error {
	codes := []int{report.ExitOK}
	for i := range doc.Filters {
		if len(program.Filter(i).Errors) > 0 {
			codes = append(codes, report.ExitFatal)
		}
		if doc.Filters[i].Unknown > 0 {
			codes = append(codes, report.ExitInconclusive)
		}
	}
	if engine.HasErrors(findings) {
		codes = append(codes, report.ExitInconclusive)
	}
	if code := report.StrongestExit(codes...); code != report.ExitOK {
		return &exitError{code: code}
	}
	return nil
}

func gatherFilters(opt filterOptions) ([]string, error) {
	filters := opt.filters
	if opt.file != "" {
		more, err := readFilters(opt.file)
		if err != nil {
			return nil, err
		}
		filters = append(filters, more...)
	}
	if len(filters) == 0 && opt.file == "" {
		return nil, errors.New(`no filter is given
write one behind the population, such as 'department eq "Sales"', or name a file with --filters`)
	}
	return filters, nil
}

// readFilters reads a filter file: a JSON array of strings if its first byte is [, else one filter a line.
func readFilters(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	if bytes.HasPrefix(text, []byte("[")) {
		var items []*string
		dec := json.NewDecoder(bytes.NewReader(text))
		if err := dec.Decode(&items); err != nil {
			return nil, fmt.Errorf("%s: wants a JSON array of strings: %w", path, err)
		}
		if _, err := dec.Token(); err != io.EOF {
			return nil, fmt.Errorf("%s: text follows the JSON array at byte %d", path, dec.InputOffset())
		}
		filters := make([]string, len(items))
		for i, item := range items {
			if item == nil {
				return nil, fmt.Errorf("%s: wants a JSON array of strings: item %d is null", path, i)
			}
			filters[i] = *item
		}
		return filters, nil
	}
	var filters []string
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		filters = append(filters, lines.Text())
	}
	return filters, lines.Err()
}

// matched are the rows of one batch that each filter matches.
type matched struct{ certain, possible [][]uint64 }

func matchFilters(ctx context.Context, e env, opt filterOptions, path string, schema *scimeval.Schema, program *scimeval.Program) (*report.FilterDocument, []engine.Finding, error) {
	progress := newBar(e, e.stderr, opt.quiet, "filtering")
	defer progress.end()
	pop, err := loader.OpenPopulation(ctx, loader.PopulationOptions{
		Path: path, Schema: schema, EntityType: opt.entityType, Attributes: program.Attributes(),
		BatchRows: opt.batchRows, Strict: opt.strict, Progress: progress.set,
	})
	if err != nil {
		return nil, nil, err
	}
	defer pop.Close()
	evaluators := make([]*scimeval.Evaluator, cmp.Or(opt.workers, runtime.NumCPU()))
	workers := make([]func(*loader.Batch) (matched, error), len(evaluators))
	for i := range evaluators {
		evaluators[i] = program.NewEvaluator()
		workers[i] = func(b *loader.Batch) (matched, error) { return matchBatch(evaluators[i], program, b) }
	}
	results := make([]report.FilterResult, program.Len())
	err = evaluate(ctx, pop, workers, func(b *loader.Batch, m matched) error {
		for i := range results {
			results[i].IDs = appendIDs(results[i].IDs, m.certain[i], b.IDs)
			results[i].UnknownIDs = appendIDs(results[i].UnknownIDs, m.possible[i], b.IDs)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	progress.end()
	read := pop.Report()
	seen := evaluators[0].Observations()
	for _, other := range evaluators[1:] {
		seen.Add(other.Observations())
	}
	names := make([]string, len(read.Attributes))
	for i, a := range read.Attributes {
		names[i] = a.Name
	}
	findings := read.Findings
	for i := range results {
		f := program.Filter(i)
		results[i].Filter = f.Source
		if len(f.Errors) > 0 {
			results[i].Error = filterError(f.Errors[0])
		}
		for _, n := range program.Notices(i, seen, names) {
			findings = append(findings, engine.Finding{Severity: engine.SeverityWarning, Code: n.Code, Column: n.Offset, Message: n.Message,
				Hint: n.Hint, Count: n.Count, Position: engine.Position{File: fmt.Sprintf("filter %d", i+1)}})
		}
	}
	return report.NewFilterDocument(opt.semantics, read.Identities, results), findings, nil
}

func matchBatch(eval *scimeval.Evaluator, program *scimeval.Program, b *loader.Batch) (matched, error) {
	if err := eval.Evaluate(b.Record); err != nil {
		return matched{}, err
	}
	m := matched{certain: make([][]uint64, program.Len()), possible: make([][]uint64, program.Len())}
	for i := range program.Len() {
		lower, upper := eval.Lower(0, i), eval.Upper(0, i)
		m.certain[i] = append([]uint64(nil), lower...)
		m.possible[i] = make([]uint64, len(lower))
		// A filter that the standard refuses matches nobody, and its error says why; any other stays unknown.
		if !program.Filter(i).Refused() {
			for w := range lower {
				m.possible[i][w] = upper[w] &^ lower[w]
			}
		}
	}
	return m, nil
}

func appendIDs(ids []string, mask []uint64, batch []string) []string {
	for w, word := range mask {
		for bit := 0; word != 0; bit, word = bit+1, word>>1 {
			if word&1 != 0 {
				ids = append(ids, strings.Clone(batch[w*64+bit]))
			}
		}
	}
	return ids
}

func filterError(err *scimeval.Error) *report.FilterError {
	out := &report.FilterError{Kind: string(err.Kind), Code: err.Code(), Column: err.Offset, Message: err.Message}
	if err.Hint != "" {
		out.Hint = &err.Hint
	}
	caret := err.Caret()
	out.Caret = &caret
	return out
}

// findingLine is a finding on one line of stderr.
func findingLine(f engine.Finding) string {
	var b strings.Builder
	b.WriteString(string(f.Severity) + " " + f.Code)
	if f.Count > 1 {
		b.WriteString(" x" + report.Count(f.Count))
	}
	b.WriteString(": ")
	if f.File != "" {
		b.WriteString(f.File)
		if f.Line > 0 {
			fmt.Fprintf(&b, ":%d", f.Line)
		}
		if f.Column != engine.NoColumn {
			fmt.Fprintf(&b, " at byte %d", f.Column)
		}
		b.WriteString(": ")
	}
	b.WriteString(f.Message)
	if f.Hint != "" {
		b.WriteString(" (" + f.Hint + ")")
	}
	return b.String()
}
