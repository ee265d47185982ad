package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/loader"
	"github.com/lcmsim/lcmsim/report"
	"github.com/lcmsim/lcmsim/scimeval"
)

// session is what every run over a snapshot works on: everything but the population.
type session struct {
	opt      simulateOptions
	snapshot *loader.Snapshot
	policy   *engine.Policy
	rules    engine.Rules
	failOn   report.FailOn
	asOf     time.Time
	checked  *report.CrosscheckDocument // nil = none was given
	requests *requestPlan               // nil = no access requests are wanted
}

// simulation is a run of one policy version.
type simulation struct {
	*session
	version *engine.Version
	program *engine.Program
}

// openSimulation checks flags and reads everything but the population.
func openSimulation(e env, opt simulateOptions) (*simulation, error) {
	s, err := openSession(e, opt)
	if err != nil {
		return nil, err
	}
	run := &simulation{session: s}
	run.version, err = loader.SelectVersion(run.policy, opt.version)
	return run, err
}

func openSession(e env, opt simulateOptions) (*session, error) {
	run := &session{opt: opt, failOn: report.DefaultFailOn()}
	if err := checkScale(opt.workers, opt.batchRows); err != nil {
		return nil, err
	}
	if opt.listed < 0 {
		return nil, errors.New("--list-identities takes a number from 0")
	}
	if _, err := rowsFormat(opt.rows); err != nil {
		return nil, err
	}
	if opt.paths.Dir == "" && (opt.paths.Policy == "" || opt.paths.Identities == "") {
		return nil, errors.New("name a SNAPSHOT directory, or give --policy-file and --identities\nrun `lcmsim simulate --help` for examples, or `lcmsim generate demo` for a snapshot to play with")
	}
	var err error
	if run.snapshot, err = loader.OpenSnapshot(opt.paths, loader.Options{Strict: opt.strict}); err != nil {
		return nil, err
	}
	snap := run.snapshot
	if run.policy, err = loader.SelectPolicy(snap.Policies, opt.policy); err != nil {
		return nil, err
	}
	if run.rules, err = chooseRules(opt.semantics, opt.rules, snap.Config.Rules, snap.Schema); err != nil {
		return nil, err
	}
	if opt.failSet {
		run.failOn, err = report.ParseFailOn(opt.failOn)
	} else if snap.Config.FailOn != nil {
		run.failOn, err = report.ParseFailOn(strings.Join(snap.Config.FailOn, ","))
	}
	if err != nil {
		return nil, err
	}
	if run.asOf, err = chooseAsOf(opt.asOf, snap.Manifest.TakenAt, e.now); err != nil {
		return nil, err
	}
	if run.checked, err = readCrosscheck(opt.crosscheck); err != nil {
		return nil, err
	}
	run.requests, err = openRequests(opt, snap)
	return run, err
}

// settings are the choices on which the result depends.
func (run *session) settings() report.Settings {
	return report.Settings{
		ActiveAttribute: run.opt.active, FailOn: run.failOn.Words(), FailOnGiven: run.failOn.Given, DetailedExitcode: run.opt.detailed,
		Strict: run.opt.strict,
	}
}

// readCrosscheck reads a saved cross-check; nil = there is none.
func readCrosscheck(path string) (*report.CrosscheckDocument, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--crosscheck %s: %w", path, reason(err))
	}
	defer file.Close()
	doc, err := report.ReadCrosscheckJSON(file)
	switch {
	case err != nil:
		return nil, fmt.Errorf("--crosscheck %s: %w", path, err)
	case doc.Planned:
		return nil, fmt.Errorf("--crosscheck %s: is a plan, for which no tenant was asked; run `lcmsim crosscheck` without --plan-only", path)
	}
	return doc, nil
}

// createOutputs creates the files of the rows (nil = none are wanted) and of the reports, in the order of the flags, so that
// a path that cannot be written ends the run before it begins. Other outputs are created before: the summary is apart from all.
func (run *session) createOutputs(e env, out *outputs) (rows *output, reports []*output, err error) {
	if run.opt.rows != "" {
		if rows, err = out.create(run.opt.rows); err != nil {
			return nil, nil, err
		}
	}
	for _, path := range run.opt.reports {
		file, err := out.create(path)
		if err != nil {
			return nil, nil, err
		}
		reports = append(reports, file)
		if isRequests(path) {
			if err := run.requests.create(out, file); err != nil {
				return nil, nil, err
			}
		}
	}
	return rows, reports, shareSummary(e, run.opt, out)
}

// chooseRules starts from the preset, then takes lcmsim.yaml, then the flags.
func chooseRules(semantics string, flags []string, config []loader.RuleSetting, schema *scimeval.Schema) (engine.Rules, error) {
	s := scimeval.Semantics(semantics)
	if s != scimeval.Vendor && s != scimeval.RFC7644 {
		return engine.Rules{}, fmt.Errorf("--semantics is %q; choose vendor or rfc7644", semantics)
	}
	if s == scimeval.RFC7644 && schema == nil {
		return engine.Rules{}, errors.New("--semantics rfc7644 takes types from a schema: add schema.yaml to the snapshot, or give --schema FILE")
	}
	rules := engine.DefaultRules(s)
	var err error
	for _, c := range config {
		if rules, err = rules.With(c.Name, c.Value); err != nil {
			return rules, fmt.Errorf("%s:%d: %w", c.File, c.Line, err)
		}
	}
	for _, text := range flags {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return rules, fmt.Errorf("--rule %s: write name=value", text)
		}
		if rules, err = rules.With(strings.TrimSpace(name), strings.TrimSpace(value)); err != nil {
			return rules, fmt.Errorf("--rule: %w", err)
		}
	}
	return rules, nil
}

func chooseAsOf(text string, taken time.Time, now func() time.Time) (time.Time, error) {
	switch {
	case text == "" && !taken.IsZero():
		return taken.UTC(), nil
	case text == "":
		return now().UTC().Truncate(time.Second), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("--as-of %s: write 2026-01-31 or 2026-01-31T08:30:00Z", text)
}

// simulate compiles the policy, streams the population through it and assembles the Document.
// Rows go to out, unless it is nil.
func (run *simulation) simulate(ctx context.Context, e env, out *output) (*report.Document, error) {
	snap := run.snapshot
	run.program = engine.Compile(engine.Input{
		Policy: run.policy, Version: run.version, Catalog: &snap.Catalog, Rules: run.rules, Schema: snap.Schema,
		History: snap.History.ByIdentity(), Grants: snap.Grants.ByIdentity(), ActiveAttribute: run.opt.active,
		OwnLimits: snap.Config.Limits, Guards: snap.Config.Guards,
	})
	progress := newBar(e, e.stderr, run.opt.quiet, "simulating")
	defer progress.end()
	pop, joined, err := run.openPopulation(ctx, run.policy, run.program.Attributes(), progress)
	if err != nil {
		return nil, err
	}
	defer pop.Close()

	workers, seen := run.workersOf(run.program.NewClassifier)
	sim := run.program.NewSimulation()
	rows, err := newRowSink(sim, out, run.opt.listed)
	if err != nil {
		return nil, err
	}
	kept := newExemplars(run.program)
	run.requests.begin(sim, run.about(), run.asOf)
	err = evaluate(ctx, pop, workers, func(b *loader.Batch, classes *engine.Classes) error {
		numbers := sim.Add(classes, b.IDs)
		return errors.Join(kept.add(b, numbers), rows.add(b, numbers), run.requests.add(b.IDs, numbers))
	})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(rows.flush(), run.requests.flush()); err != nil {
		return nil, err
	}
	progress.end()
	return run.document(sim, seen(), pop.Report(), joined, rows.listed, kept)
}

// openPopulation opens the population of the snapshot, joined with its secondary sources and overrides. The findings are about
// those.
func (run *session) openPopulation(ctx context.Context, p *engine.Policy, attributes []scimeval.Attribute, progress *bar) (*loader.Population, []engine.Finding, error) {
	snap := run.snapshot
	secondary, findings := snap.SecondaryOf(p)
	pop, err := loader.OpenPopulation(ctx, loader.PopulationOptions{
		Path: snap.Identities, Schema: snap.Schema, EntityType: p.EntityType, Secondary: secondary, Overrides: snap.Overrides,
		Attributes: attributes, BatchRows: run.opt.batchRows,
		Digest: run.opt.digest || len(run.opt.reports) > 0, Strict: run.opt.strict, Progress: progress.set,
	})
	return pop, findings, err
}

// workerCount is how many goroutines evaluate batches.
func (run *session) workerCount() int { return cmp.Or(run.opt.workers, runtime.NumCPU()) }

// workersOf makes the functions that evaluate batches, one a goroutine, and what adds up what they saw.
func (run *session) workersOf(classifier func() *engine.Classifier) (workers []func(*loader.Batch) (*engine.Classes, error), seen func() *scimeval.Observations) {
	classifiers := make([]*engine.Classifier, run.workerCount())
	for i := range classifiers {
		classifiers[i] = classifier()
		workers = append(workers, func(b *loader.Batch) (*engine.Classes, error) { return classifiers[i].Classify(b.Record, b.IDs) })
	}
	return workers, func() *scimeval.Observations {
		all := classifiers[0].Observations()
		for _, c := range classifiers[1:] {
			all.Add(c.Observations())
		}
		return all
	}
}

// populationInput is a population as reports name it.
func populationInput(path string, read loader.Report) report.PopulationInput {
	in := report.PopulationInput{Path: path, Identities: read.Identities, Excluded: read.Excluded}
	if read.SHA256 != "" {
		in.SHA256 = &read.SHA256
	}
	return in
}

// attributeNames lists the attributes of a population.
func attributeNames(read loader.Report) []string {
	names := make([]string, len(read.Attributes))
	for i, a := range read.Attributes {
		names[i] = a.Name
	}
	return names
}

func (run *simulation) document(sim *engine.Simulation, seen *scimeval.Observations, read loader.Report, joined []engine.Finding, listed report.Identities, kept *exemplars) (*report.Document, error) {
	snap := run.snapshot
	result, findings := sim.Result(engine.Seen{Observations: seen, Attributes: attributeNames(read)})
	examples, err := run.examples(result, kept)
	if err != nil {
		return nil, err
	}
	run.place(findings)
	findings = append(findings, run.inputFindings(read, joined)...)
	other, err := run.otherInputs()
	if err != nil {
		return nil, err
	}
	other = append(other, policySettings(run.policy, snap.Part("policies.json")))
	return report.New(report.Input{
		ToolVersion: version, AsOf: run.asOf, Rules: run.rules,
		Policy: run.policy, Version: run.version, Catalog: &snap.Catalog,
		Population: populationInput(snap.Identities, read), Other: other, Result: result, Findings: findings, Identities: listed,
		Crosscheck: run.checked, Settings: run.settings(), Examples: examples, Snapshot: run.snapshot.Dir,
	}), nil
}

// place gives findings about what was joined to the population the file that they are about, which the engine does not know.
func (run *session) place(findings []engine.Finding) {
	parts := map[string]string{"grants-unmatched": "grants.csv", "history-unmatched": "history.csv", "members-unmatched": "access_profiles.json"}
	for i, f := range findings {
		if part := run.snapshot.Part(parts[f.Code]); part != "" {
			findings[i].Position = engine.Position{File: run.inSnapshot(part)}
		}
	}
}

// inputFindings are those of everything that the run reads.
func (run *simulation) inputFindings(read loader.Report, joined []engine.Finding) []engine.Finding {
	return slices.Concat(run.snapshot.Findings(run.policy, run.version), run.readFindings(read, joined), run.moverAssumed(read))
}

// readFindings are those of reading the population and what is joined into it.
func (run *session) readFindings(read loader.Report, joined []engine.Finding) []engine.Finding {
	var findings []engine.Finding
	for _, list := range [][]engine.Finding{joined, read.Findings} {
		for _, f := range list {
			f.File = run.inSnapshot(f.File)
			findings = append(findings, f)
		}
	}
	return findings
}

// moverAssumed says that identities without sys_attr__is_mover count as no movers.
func (run *session) moverAssumed(read loader.Report) []engine.Finding {
	if read.MoverAssumed == 0 {
		return nil
	}
	return []engine.Finding{{Severity: engine.SeverityWarning, Code: "mover-assumed", Position: engine.Position{File: run.inSnapshot(run.snapshot.Identities)}, Column: engine.NoColumn,
		Message: fmt.Sprintf("sys_attr__is_mover is used, and %s identities do not have it: taken as false", report.Count(read.MoverAssumed)),
		Hint:    "add the attribute to the population", Count: read.MoverAssumed}}
}

// inSnapshot is a path as findings name it: relative to the snapshot where it lies inside.
func (run *session) inSnapshot(path string) string {
	if rel, err := filepath.Rel(run.snapshot.Dir, path); run.snapshot.Dir != "" && err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return path
}

// inputFile is a further file that a result depends on.
type inputFile struct{ kind, path string }

// otherInputs lists the further files that the result depends on, with their digests.
func (run *session) otherInputs(more ...inputFile) ([]report.OtherInput, error) {
	snap := run.snapshot
	files := []inputFile{
		{"schema", snap.Part("schema.yaml")}, {"config", snap.Part("lcmsim.yaml")},
		{"grants", snap.Part("grants.csv")}, {"history", snap.Part("history.csv")},
	}
	files = append(files, joinedFiles("", snap.Secondary, snap.Overrides)...)
	var list []report.OtherInput
	for _, f := range append(files, more...) {
		if f.path == "" {
			continue
		}
		digest, err := loader.FileDigest(f.path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, reason(err))
		}
		list = append(list, report.OtherInput{Kind: f.kind, Path: f.path, SHA256: &digest})
	}
	return list, nil
}

// joinedFiles are those that are joined into a population. prefix tells the populations of a run apart.
func joinedFiles(prefix string, secondary []string, overrides string) []inputFile {
	files := []inputFile{{prefix + "overrides", overrides}}
	for _, path := range secondary {
		files = append(files, inputFile{prefix + "secondary", path})
	}
	return files
}
