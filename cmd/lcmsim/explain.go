package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/spf13/cobra"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/loader"
	"github.com/lcmsim/lcmsim/report"
	"github.com/lcmsim/lcmsim/scimeval"
)

// explainOptions are the flags of explain beside those of a run.
type explainOptions struct {
	simulateOptions
	id     string
	class  int // of the exemplar that is wanted; -1 = an id is
	set    []string
	unset  []string
	get    []string
	trace  bool
	dryRun bool
}

func newExplainCmd(e env) *cobra.Command {
	var opt explainOptions
	cmd := &cobra.Command{
		Use:   "explain [SNAPSHOT] ID",
		Short: "Say why one identity gets what it gets, and what it would take to get the rest",
		Long: `Explains one identity: for each action, access profile and entitlement the shortest sufficient reason, and for what the
identity does not get, the smallest change of its attributes that would give it. A reason holds whatever the other
comparisons of the policy say, and none of its parts can be left out. Every change is evaluated before it is shown.

ID is an entity_id, or the tenant's id of the identity. SNAPSHOT may be left out when --policy-file and --identities are
given. With --class N the identity is the first one of behaviour class N, as simulate numbers them, and ID is left out.

--set and --unset change the identity first; GAINS and LOSES compare with the identity as it is. --get asks for one action,
access profile (id or name) or entitlement (id, key or name) and shows nothing else.

--as-dry-run prints the answer in the shape of the tenant's dry-run response: one job request for each planned action.
Ids that only the tenant knows are "", and the keys of job_request_workflow_names are positions in job_requests.`,
		Example: `  lcmsim explain snapshot/ W000123
  lcmsim explain snapshot/ W000123 --set department=Sales --set manager=true --unset termination_date
  lcmsim explain snapshot/ W000123 --get "US Payroll"
  lcmsim explain snapshot/ W000123 --version draft --trace
  lcmsim explain snapshot/ --class 4
  lcmsim explain snapshot/ W000123 --as-dry-run > answer.json`,
		Args: arguments(cobra.MaximumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := opt.take(args, cmd.Flags().Changed("class")); err != nil {
				return fmt.Errorf("%w\nrun `%s --help` for the arguments", err, cmd.CommandPath())
			}
			return runExplain(cmd.Context(), e, opt)
		},
	}
	f := cmd.Flags()
	addSnapshotFlags(f, &opt.simulateOptions)
	f.StringArrayVar(&opt.set, "set", nil, "what if: attribute=VALUE, JSON if it parses as JSON, else a string; attribute= is the empty string (repeatable)")
	f.StringArrayVar(&opt.unset, "unset", nil, "what if: the identity does not have the attribute (repeatable)")
	f.StringArrayVar(&opt.get, "get", nil, "explain only the actions, access profiles and entitlements of this id or name (repeatable)")
	f.IntVar(&opt.class, "class", -1, "explain the first identity of this behaviour class instead of ID")
	f.BoolVar(&opt.trace, "trace", false, "the whole tree with every truth value, instead of reasons")
	f.BoolVar(&opt.dryRun, "as-dry-run", false, "print the result as the tenant's dry run would")
	cmd.MarkFlagsMutuallyExclusive("json", "as-dry-run", "quiet")
	cmd.MarkFlagsMutuallyExclusive("get", "as-dry-run")
	cmd.MarkFlagsMutuallyExclusive("get", "trace")
	mustComplete(cmd, "semantics", "vendor", "rfc7644")
	mustComplete(cmd, "version", "current", "draft")
	return cmd
}

// take settles what the arguments are: SNAPSHOT and ID, one of them, or none.
func (opt *explainOptions) take(args []string, byClass bool) error {
	alone := opt.paths.Policy != "" && opt.paths.Identities != "" // no snapshot is needed
	switch {
	case byClass && opt.class < 0:
		return errors.New("--class takes a number from 0")
	case byClass && len(args) == 2:
		return errors.New("--class chooses the identity: leave ID out")
	case byClass && len(args) == 1:
		opt.paths.Dir = args[0]
	case byClass:
	case len(args) == 2:
		opt.paths.Dir, opt.id = args[0], args[1]
	case len(args) == 1 && alone:
		opt.id = args[0]
	default:
		return errors.New("name a SNAPSHOT and the ID of an identity, or a class with --class")
	}
	return nil
}

func runExplain(ctx context.Context, e env, opt explainOptions) error {
	changes, err := whatIf(opt.set, opt.unset)
	if err != nil {
		return err
	}
	if slices.Contains(opt.get, "") {
		return errors.New("--get: name an action, an access profile or an entitlement")
	}
	run, err := openSimulation(e, opt.simulateOptions)
	if err != nil {
		return err
	}
	snap := run.snapshot
	run.program = engine.Compile(engine.Input{
		Policy: run.policy, Version: run.version, Catalog: &snap.Catalog, Rules: run.rules, Schema: snap.Schema,
		History: snap.History.ByIdentity(), Grants: snap.Grants.ByIdentity(),
	})
	found, err := run.findIdentity(ctx, e, opt)
	if err != nil {
		return err
	}
	defer found.record.Release()
	explanation, findings, err := engine.Explain(run.program, found.record, found.entityID, engine.ExplainOptions{
		Set: changes, Known: attributeNames(found.read), Get: opt.get, Trace: opt.trace,
	})
	if err != nil {
		return err
	}
	findings = append(findings, run.inputFindings(found.read, found.joined)...)
	other, err := run.otherInputs()
	if err != nil {
		return err
	}
	doc := report.NewExplanation(report.ExplanationInput{
		Snapshot:    run.snapshot.Dir,
		ToolVersion: version, AsOf: run.asOf, Rules: run.rules, Policy: run.policy, Version: run.version, Catalog: &snap.Catalog,
		Population: populationInput(snap.Identities, found.read), Other: other,
		Identity: found.ExplainedIdentity, Explanation: explanation, Findings: findings,
	})
	write := report.WriteExplanationTerminal
	if opt.dryRun {
		write = func(w io.Writer, d *report.ExplanationDocument, _ report.TerminalOptions) error {
			return report.WriteDryRunJSON(w, report.NewDryRunAnswer(d))
		}
	}
	how := showing{opt.json, opt.quiet && !opt.dryRun, opt.noColor}
	return present(e, how, doc, report.WriteExplanationJSON, write, doc.Verdict.Line(), doc.Exit.Code)
}

// whatIf reads --set and --unset.
func whatIf(set, unset []string) ([]engine.SetAttribute, error) {
	var list []engine.SetAttribute
	names := make(map[string]bool)
	add := func(flag, name string, v *scimeval.Value) error {
		switch {
		case name == "":
			return fmt.Errorf("--%s: name an attribute", flag)
		case names[name]:
			return fmt.Errorf("--%s %s: the attribute is changed twice", flag, name)
		}
		names[name] = true
		list = append(list, engine.SetAttribute{Name: name, Value: v})
		return nil
	}
	for _, text := range set {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, fmt.Errorf("--set %s: write attribute=VALUE", text)
		}
		v, err := scimeval.ParseValue([]byte(value))
		if err != nil {
			v = scimeval.StringValue(strings.ToValidUTF8(value, "\ufffd"))
		}
		if err := add("set", name, &v); err != nil {
			return nil, err
		}
	}
	for _, name := range unset {
		if err := add("unset", name, nil); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// foundIdentity is the identity to explain, and what reading the population showed.
type foundIdentity struct {
	report.ExplainedIdentity
	entityID string
	record   arrow.Record // one row of Program.Attributes
	read     loader.Report
	joined   []engine.Finding
}

// The columns of findIdentity behind those that the program reads.
var identityColumns = []scimeval.Attribute{{Name: "id"}, {Name: "entity_type"}}

// findIdentity reads the whole population, so that everything wrong with it is known, and keeps one identity: the one with
// the entity_id, else the first with that id of the tenant; or the exemplar of a class.
func (run *simulation) findIdentity(ctx context.Context, e env, opt explainOptions) (*foundIdentity, error) {
	progress := newBar(e, e.stderr, opt.quiet || opt.json || opt.dryRun, "searching")
	defer progress.end()
	pop, joined, err := run.openPopulation(ctx, run.policy, slices.Concat(run.program.Attributes(), identityColumns), progress)
	if err != nil {
		return nil, err
	}
	defer pop.Close()
	found := &foundIdentity{joined: joined}
	search := run.searchFor(opt, found)
	for {
		batch, err := pop.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		err = search(batch)
		batch.Release()
		if err != nil {
			return nil, err
		}
	}
	progress.end()
	found.read = pop.Report()
	switch {
	case found.record != nil:
		return found, nil
	case opt.class >= 0:
		return nil, fmt.Errorf("there is no class %d; `lcmsim simulate --json` lists the classes", opt.class)
	}
	return nil, run.noIdentity(ctx, e, opt.id)
}

// searchFor gives the function that looks through one batch.
func (run *simulation) searchFor(opt explainOptions, found *foundIdentity) func(*loader.Batch) error {
	if opt.class < 0 {
		certain := false
		return func(b *loader.Batch) error {
			if certain {
				return nil
			}
			if at := slices.Index(b.IDs, opt.id); at >= 0 {
				certain = true
				return found.keep(b, at)
			}
			if found.record != nil {
				return nil
			}
			at, err := rowWith(b, len(run.program.Attributes()), opt.id)
			if err != nil || at < 0 {
				return err
			}
			return found.keep(b, at)
		}
	}
	classifier, sim := run.program.NewClassifier(), run.program.NewSimulation()
	return func(b *loader.Batch) error {
		if found.record != nil {
			return nil
		}
		rec := firstColumns(b.Record, len(run.program.Attributes()))
		defer rec.Release()
		classes, err := classifier.Classify(rec, b.IDs)
		if err != nil {
			return err
		}
		if at := slices.Index(sim.Add(classes, b.IDs), int32(opt.class)); at >= 0 {
			found.Class = &opt.class
			return found.keep(b, at)
		}
		return nil
	}
}

// firstColumns is a record without its last columns.
func firstColumns(rec arrow.Record, n int) arrow.Record {
	return array.NewRecord(arrow.NewSchema(rec.Schema().Fields()[:n], nil), rec.Columns()[:n], rec.NumRows())
}

// rowWith finds the first row whose string in a column is text; -1 = none.
func rowWith(b *loader.Batch, column int, text string) (int, error) {
	values, codes, err := scimeval.ReadColumn(b.Record.Schema().Field(column), b.Record.Column(column))
	if err != nil {
		return -1, err
	}
	return slices.IndexFunc(codes, func(code int32) bool {
		return code != scimeval.Absent && plainText(values[code]) == text
	}), nil
}

// plainText is a string, or a number as it is written.
func plainText(v scimeval.Value) string {
	switch v.Kind() {
	case scimeval.KindString:
		return v.Text()
	case scimeval.KindNumber:
		return v.String()
	}
	return ""
}

// keep takes an identity out of a batch, in place of one that was kept before.
func (f *foundIdentity) keep(b *loader.Batch, at int) error {
	n := int(b.Record.NumCols()) - len(identityColumns)
	rec := firstColumns(b.Record, n)
	defer rec.Release()
	one, err := engine.OneRow(rec, at)
	if err != nil {
		return err
	}
	if f.record != nil {
		f.record.Release()
	}
	f.record, f.entityID = one, strings.Clone(b.IDs[at])
	f.EntityName = textOrNil(b.Names[at])
	for i, field := range []**string{&f.ID, &f.EntityType} {
		values, codes, err := scimeval.ReadColumn(b.Record.Schema().Field(n+i), b.Record.Column(n+i))
		if err != nil {
			return err
		}
		*field = nil
		if code := codes[at]; code != scimeval.Absent {
			*field = textOrNil(plainText(values[code]))
		}
	}
	return nil
}

// textOrNil is a copy of s, nil if it is empty.
func textOrNil(s string) *string {
	if s == "" {
		return nil
	}
	s = strings.Clone(s)
	return &s
}

// noIdentity is the error for an id that nobody has, with the nearest ones.
func (run *simulation) noIdentity(ctx context.Context, e env, id string) error {
	progress := newBar(e, e.stderr, true, "searching")
	pop, _, err := run.openPopulation(ctx, run.policy, identityColumns[:1], progress)
	if err != nil {
		return err
	}
	defer pop.Close()
	var near []string
	for {
		batch, err := pop.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		near = scimeval.NearestFew(id, slices.Concat(near, batch.IDs))
		for i := range near {
			near[i] = strings.Clone(near[i])
		}
		batch.Release()
	}
	hint := "ids are compared letter by letter; `lcmsim filter` finds identities by their attributes"
	if len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("%s: no identity has the entity_id or id %q\n%s", run.snapshot.Identities, id, hint)
}
