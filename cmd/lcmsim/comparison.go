package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/loader"
	"github.com/lcmsim/lcmsim/report"
	"github.com/lcmsim/lcmsim/scimeval"
)

// comparison is a run of two sides.
type comparison struct {
	*session
	opt      diffOptions
	kind     engine.BaselineKind
	from, to side
	baseline *loader.Baseline // nil = there is no earlier population
	program  *engine.Program
}

// side is the policy of one side and where it was read from.
type side struct {
	engine.Side
	file   *loader.PolicyFile // nil = the snapshot of the run
	path   string             // of the file
	inFile *engine.Policy     // the policy as the file has it
}

// words of --baseline that are no paths; --from takes them too.
var baselineWords = []string{string(engine.BaselineNone), string(engine.BaselineGrants), string(engine.BaselineMembers)}

// openComparison checks flags and reads everything but the populations.
func openComparison(e env, opt diffOptions) (*comparison, error) {
	if slices.Contains(baselineWords, opt.from) {
		if opt.baseline != "" && opt.baseline != opt.from {
			return nil, fmt.Errorf("--from %s and --baseline %s are two earlier sides; keep one", opt.from, opt.baseline)
		}
		opt.baseline, opt.from = opt.from, ""
	}
	if opt.paths.Dir == "" && opt.paths.Policy == "" && isFile(opt.to) {
		opt.paths.Policy = opt.to
		opt.to = "current"
	}
	if opt.paths.Dir == "" && (opt.paths.Policy == "" || opt.paths.Identities == "") {
		return nil, errors.New("name a SNAPSHOT directory, or give --identities and the policies with --policy-file, --from and --to\nrun `lcmsim diff --help` for examples, or `lcmsim generate demo` for a snapshot to play with")
	}
	if _, err := os.Stat(opt.baseline); opt.baseline != "" && !slices.Contains(baselineWords, opt.baseline) && errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("--baseline %s: there is no such directory or file, nor is it one of the words %s", opt.baseline, strings.Join(baselineWords, ", "))
	}
	s, err := openSession(e, opt.simulateOptions)
	if err != nil {
		return nil, err
	}
	run := &comparison{session: s, opt: opt}
	if err := run.sides(); err != nil {
		return nil, err
	}
	return run, nil
}

// sides settles what is compared with what.
func (run *comparison) sides() error {
	opt := &run.opt
	word := slices.Contains(baselineWords, opt.baseline)
	to := opt.to
	if to == "" {
		to = "draft"
		if opt.baseline != "" || opt.from != "" && opt.from != "current" {
			to = "current"
		}
	}
	var err error
	if run.to, err = run.side("--to", to); err != nil {
		if opt.to == "" && to == "draft" {
			err = fmt.Errorf("%w\nsay what to compare with --from and --to, or give an earlier population with --baseline", err)
		}
		return err
	}
	if word {
		if opt.from != "" {
			return fmt.Errorf("--from %s and --baseline %s are two earlier sides; keep one", opt.from, opt.baseline)
		}
		return run.words()
	}
	from := opt.from
	if from == "" {
		from = "current"
	}
	if run.from, err = run.side("--from", from); err != nil {
		return err
	}
	run.kind = engine.BaselinePolicy
	if opt.baseline == "" {
		return nil
	}
	if run.baseline, err = loader.OpenBaseline(opt.baseline, loader.Options{Strict: opt.strict}); err != nil {
		return err
	}
	run.kind = engine.BaselineBoth
	if run.samePolicy() {
		run.kind = engine.BaselinePopulation
	}
	return nil
}

// words settles a baseline that is no population.
func (run *comparison) words() error {
	run.kind = engine.BaselineKind(run.opt.baseline)
	switch run.kind {
	case engine.BaselineGrants:
		if run.snapshot.Grants == nil {
			return errors.New("grants, as the earlier side, are what is held today: add grants.csv to the snapshot, or give it with --grants")
		}
	case engine.BaselineMembers:
		if !run.to.Catalog.HasMembers() {
			return errors.New("members, as the earlier side, are those that the export of access profiles lists, and it lists none: export the profiles with their members, or compare with grants")
		}
	}
	return nil
}

// samePolicy tells whether both sides have one version and one set of profiles.
func (run *comparison) samePolicy() bool {
	return run.from.Version == run.to.Version && run.from.Catalog == run.to.Catalog
}

// side reads the policy of one side.
func (run *comparison) side(flag, text string) (side, error) {
	if _, err := strconv.Atoi(text); err == nil || text == "current" || text == "draft" {
		version, err := loader.SelectVersion(run.policy, text)
		return side{Side: engine.Side{Policy: run.policy, Version: version, Catalog: &run.snapshot.Catalog}}, err
	}
	if _, err := os.Stat(text); errors.Is(err, os.ErrNotExist) {
		hint := ""
		if near := scimeval.Nearest(text, []string{"current", "draft"}); near != "" {
			hint = "; did you mean " + near + "?"
		}
		return side{}, fmt.Errorf("%s %s: is no version (a number, current or draft), and there is no such file%s", flag, text, hint)
	}
	file, err := loader.OpenPolicyFile(text, run.snapshot.Config.Enums, loader.Options{Strict: run.opt.strict})
	if err != nil {
		return side{}, err
	}
	policy, err := run.policyOf(file)
	if err != nil {
		return side{}, fmt.Errorf("%s %s: %w", flag, text, err)
	}
	if policy.Current == nil && len(policy.Drafts) > 0 {
		return side{}, fmt.Errorf("%s %s: holds %d versions and none of them is current: keep the one to compare", flag, text, len(policy.Drafts))
	}
	version, err := loader.SelectVersion(policy, "current")
	if err != nil {
		return side{}, fmt.Errorf("%s %s: %w", flag, text, err)
	}
	catalog := &run.snapshot.Catalog
	if file.Catalog.Given {
		catalog = &file.Catalog
	}
	inFile := policy
	if policy.Name == "" && (policy.ID == "" || policy.ID == run.policy.ID) {
		policy = run.policy // a bare version or config says nothing of the policy that it belongs to
	}
	return side{Side: engine.Side{Policy: policy, Version: version, Catalog: catalog}, file: file, path: text, inFile: inFile}, nil
}

// policyOf picks from a file the policy that the run is about: by id, else the only one.
func (run *comparison) policyOf(file *loader.PolicyFile) (*engine.Policy, error) {
	for _, p := range file.Policies {
		if p.ID != "" && p.ID == run.policy.ID {
			return p, nil
		}
	}
	if len(file.Policies) == 1 {
		return file.Policies[0], nil
	}
	names := make([]string, 0, 3)
	for _, p := range file.Policies[:min(3, len(file.Policies))] {
		names = append(names, fmt.Sprintf("%q (%s)", p.Name, p.ID))
	}
	return nil, fmt.Errorf("holds %d policies, such as %s, and none of them has the id %q of the snapshot's: keep the one to compare", len(file.Policies), strings.Join(names, ", "), run.policy.ID)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return path != "" && err == nil && !info.IsDir()
}

// limited is the policy whose entity type and safety limits count: the later side's, unless it is a bare version.
func (run *comparison) limited() *engine.Policy {
	p := run.to.Policy
	if p == run.policy || p.Limits.Given || p.EntityType != "" {
		return p
	}
	merged := *run.policy
	merged.Current, merged.Drafts = p.Current, p.Drafts
	return &merged
}

func (run *comparison) compile() {
	against := &engine.Against{Kind: run.kind, Side: run.from.Side, Cohorts: run.opt.cohorts}
	if !run.opt.noAttribution && (run.kind == engine.BaselinePolicy || run.kind == engine.BaselineBoth) {
		against.Edits = engine.NewEdits(run.from.Side, run.to.Side)
	}
	snap := run.snapshot
	run.program = engine.Compile(engine.Input{
		Policy: run.limited(), Version: run.to.Version, Catalog: run.to.Catalog, Rules: run.rules, Schema: snap.Schema,
		History: snap.History.ByIdentity(), Grants: snap.Grants.ByIdentity(), ActiveAttribute: run.opt.active,
		OwnLimits: snap.Config.Limits, Guards: snap.Config.Guards, Against: against,
	})
}

// compare compiles both sides, streams the populations through them and assembles the Document. Rows go to out, unless it is nil.
func (run *comparison) compare(ctx context.Context, e env, out *output) (*report.DiffDocument, error) {
	run.compile()
	earlier, base, err := run.readBaseline(ctx, e)
	if err != nil {
		return nil, err
	}
	progress := newBar(e, e.stderr, run.opt.quiet, "comparing")
	defer progress.end()
	pop, joined, err := run.openPopulation(ctx, run.limited(), run.program.Attributes(), progress)
	if err != nil {
		return nil, err
	}
	defer pop.Close()
	workers, seen := run.workersOf(func() *engine.Classifier { return run.program.NewClassifierAgainst(base) })
	diff := run.program.NewDiff(base)
	rows, err := newDiffSink(diff, out, run.opt.listed)
	if err != nil {
		return nil, err
	}
	kept := newExemplars(run.program)
	run.requests.begin(diff, run.about(), run.asOf)
	err = evaluate(ctx, pop, workers, func(b *loader.Batch, classes *engine.Classes) error {
		numbers := diff.Add(classes, b.IDs)
		return errors.Join(kept.add(b, numbers), rows.add(b.IDs, b.Names, numbers), run.requests.add(b.IDs, numbers))
	})
	if err != nil {
		return nil, err
	}
	ids, classes := diff.AddRemoved()
	if err := rows.add(ids, make([]string, len(ids)), classes); err != nil {
		return nil, err
	}
	if err := errors.Join(rows.flush(), run.requests.flush()); err != nil {
		return nil, err
	}
	progress.end()
	return run.document(ctx, e, diff, seen(), pop.Report(), joined, earlier, rows.listed, kept)
}

// earlierPopulation is what reading the baseline showed.
type earlierPopulation struct {
	read     loader.Report
	findings []engine.Finding
}

// readBaseline classifies the earlier population; nil, nil when there is none.
func (run *comparison) readBaseline(ctx context.Context, e env) (*earlierPopulation, *engine.Baseline, error) {
	if run.baseline == nil {
		return nil, nil, nil
	}
	b := run.baseline
	progress := newBar(e, e.stderr, run.opt.quiet, "reading the earlier population")
	defer progress.end()
	schema := b.Schema
	if schema == nil {
		schema = run.snapshot.Schema
	}
	policy := run.limited()
	secondary, findings := b.SecondaryOf(policy)
	for i := range findings {
		if findings[i].Code == "source-not-joined" {
			continue // it names the file
		}
		findings[i].Message = "earlier population: " + findings[i].Message
	}
	findings = append(findings, b.Findings()...)
	pop, err := loader.OpenPopulation(ctx, loader.PopulationOptions{
		Path: b.Identities, Schema: schema, EntityType: policy.EntityType, Secondary: secondary, Overrides: b.Overrides,
		Attributes: run.program.Attributes(), BatchRows: run.opt.batchRows,
		Digest: run.opt.digest || len(run.opt.reports) > 0, Strict: run.opt.strict, Progress: progress.set,
	})
	if err != nil {
		return nil, nil, err
	}
	defer pop.Close()
	workers, _ := run.workersOf(run.program.NewClassifier)
	base := run.program.NewBaseline()
	err = evaluate(ctx, pop, workers, func(b *loader.Batch, classes *engine.Classes) error {
		base.Add(classes, b.IDs)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	read := pop.Report()
	return &earlierPopulation{read, append(findings, read.Findings...)}, base, nil
}

func (run *comparison) document(ctx context.Context, e env, diff *engine.Diff, seen *scimeval.Observations, read loader.Report, joined []engine.Finding, earlier *earlierPopulation, listed report.DiffIdentities, kept *exemplars) (*report.DiffDocument, error) {
	progress := newCounter(e, e.stderr, run.opt.quiet, "attributing edits")
	defer progress.end()
	result, findings := diff.Result(engine.Seen{Observations: seen, Attributes: attributeNames(read)}, func(done, total int) bool {
		progress.step(done, total)
		return ctx.Err() == nil
	})
	progress.end()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	examples, err := run.examples(result, kept)
	if err != nil {
		return nil, err
	}
	run.place(findings)
	if run.baseline != nil {
		for i := range findings {
			if c := findings[i].Code; c == "no-common-identities" || c == "few-common-identities" {
				findings[i].Position = engine.Position{File: run.baseline.Identities}
			}
		}
	}
	findings = append(findings, run.snapshot.Findings(run.policy, run.snapshotVersions()...)...)
	findings = append(findings, run.sideFindings()...)
	findings = append(findings, run.readFindings(read, joined)...)
	if run.kind != engine.BaselinePopulation && run.kind != engine.BaselineBoth {
		findings = append(findings, run.moverAssumed(read)...)
	}
	if earlier != nil {
		findings = append(findings, earlier.findings...)
		findings = append(findings, run.oneSided(read, earlier.read)...)
	}
	var more []inputFile
	if b := run.baseline; b != nil {
		more = append(joinedFiles("baseline-", b.Secondary, b.Overrides), inputFile{"baseline-schema", b.Part("schema.yaml")})
	}
	other, err := run.otherInputs(more...)
	if err != nil {
		return nil, err
	}
	other = append(other, policySettings(run.limited(), cmp.Or(run.to.path, run.snapshot.Part("policies.json"))))
	later := populationInput(run.snapshot.Identities, read)
	in := report.DiffInput{
		ToolVersion: version, AsOf: run.asOf, Rules: run.rules, Other: other, Result: result, Findings: findings, Identities: listed,
		To:         report.DiffSide{Policy: run.to.Policy, Version: run.to.Version, Catalog: run.to.Catalog, Population: &later},
		Crosscheck: run.checked, Settings: run.settings(), Examples: examples, Snapshot: run.snapshot.Dir,
	}
	in.From = report.DiffSide{Policy: run.from.Policy, Version: run.from.Version, Catalog: run.from.Catalog, Population: &later}
	if earlier != nil {
		before := populationInput(run.baseline.Identities, earlier.read)
		in.From.Population = &before
	}
	return report.NewDiff(in), nil
}

// settings are the choices on which the result depends.
func (run *comparison) settings() report.Settings {
	s := run.session.settings()
	s.ExpectNoChanges, s.Cohorts, s.Attribution = run.opt.expectNone, run.opt.cohorts, !run.opt.noAttribution
	return s
}

// snapshotVersions are the versions of the run's own snapshot that are compared.
func (run *comparison) snapshotVersions() []*engine.Version {
	var list []*engine.Version
	for _, s := range []side{run.to, run.from} {
		if s.file == nil && s.Version != nil && !slices.Contains(list, s.Version) {
			list = append(list, s.Version)
		}
	}
	return list
}

// sideFindings are about what was chosen to be compared.
func (run *comparison) sideFindings() []engine.Finding {
	var list []engine.Finding
	add := func(severity engine.Severity, code, file, message, hint string) {
		list = append(list, engine.Finding{Severity: severity, Code: code, Position: engine.Position{File: file}, Column: engine.NoColumn, Message: message, Hint: hint, Count: 1})
	}
	for _, s := range []side{run.to, run.from} {
		if s.file == nil {
			continue
		}
		list = append(list, s.file.Findings(s.inFile, s.Version)...)
		if s.inFile.ID != "" && run.policy.ID != "" && s.inFile.ID != run.policy.ID {
			add(engine.SeverityWarning, "other-policy", s.path,
				fmt.Sprintf("is policy %q (%s), the snapshot has %q (%s): two different policies are compared", s.inFile.Name, s.inFile.ID, run.policy.Name, run.policy.ID),
				"check that this is what you want")
		}
		if s.file.HasIdentities {
			add(engine.SeverityInfo, "population-not-compared", s.path, "has a population too, which is not compared: --from and --to choose policies and profiles",
				"give it with --baseline as well to see what changed in the data")
		}
	}
	if run.kind == engine.BaselinePolicy && run.to.Version.SHA256 == run.from.Version.SHA256 && run.from.Catalog.SHA256 == run.to.Catalog.SHA256 {
		add(engine.SeverityWarning, "same-sides", "", fmt.Sprintf("both sides are version %d of one policy over one population: nothing can differ", run.to.Version.Number),
			"choose the sides with --from and --to, or give an earlier population with --baseline")
	}
	if run.baseline != nil {
		list = append(list, run.baselineFindings()...)
	}
	return list
}

// baselineFindings are about the choice of the earlier population.
func (run *comparison) baselineFindings() []engine.Finding {
	var list []engine.Finding
	add := func(code, message, hint string) {
		list = append(list, engine.Finding{Severity: engine.SeverityWarning, Code: code, Position: engine.Position{File: run.baseline.Identities}, Column: engine.NoColumn, Message: message, Hint: hint, Count: 1})
	}
	earlier, errEarlier := os.Stat(run.baseline.Identities)
	later, errLater := os.Stat(run.snapshot.Identities)
	if errEarlier == nil && errLater == nil && os.SameFile(earlier, later) && run.kind == engine.BaselinePopulation {
		add("same-sides", "both sides are one population under one policy version: nothing can differ", "give an earlier population with --baseline")
	}
	if taken, before := run.snapshot.Manifest.TakenAt, run.baseline.Manifest.TakenAt; !taken.IsZero() && before.After(taken) {
		add("baseline-is-later", fmt.Sprintf("the earlier population was taken at %s, after the later one (%s)", before.UTC().Format(time.RFC3339), taken.UTC().Format(time.RFC3339)),
			"swap SNAPSHOT and --baseline")
	}
	return list
}

// oneSided says which attributes that filters read are in one of the populations only: then everybody differs in them.
func (run *comparison) oneSided(later, earlier loader.Report) []engine.Finding {
	has := func(read loader.Report) map[string]bool {
		names := make(map[string]bool, len(read.Attributes))
		for _, a := range read.Attributes {
			names[a.Name] = true
		}
		return names
	}
	now, before := has(later), has(earlier)
	var list []engine.Finding
	for _, attribute := range run.program.Attributes() {
		name := attribute.Name
		if now[name] == before[name] || strings.HasPrefix(name, "sys_attr__") {
			continue
		}
		file, where := run.inSnapshot(run.snapshot.Identities), "later"
		if before[name] {
			file, where = run.baseline.Identities, "earlier"
		}
		list = append(list, engine.Finding{Severity: engine.SeverityWarning, Code: "attribute-on-one-side", Position: engine.Position{File: file, Path: name}, Column: engine.NoColumn, Count: 1,
			Message: fmt.Sprintf("only the %s population has the attribute %s: what depends on it differs for everybody", where, name),
			Hint:    "export both populations with the same attributes"})
	}
	return list
}
