package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/spf13/cobra"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/loader"
	"github.com/lcmsim/lcmsim/loader/tenant"
	"github.com/lcmsim/lcmsim/report"
	"github.com/lcmsim/lcmsim/scimeval"
)

// calibrateOptions are the flags of calibrate beside those of a run.
type calibrateOptions struct {
	simulateOptions
	asking
	write string // "" = the rules are printed only
}

func newCalibrateCmd(e env) *cobra.Command {
	var opt calibrateOptions
	cmd := &cobra.Command{
		Use:   "calibrate [SNAPSHOT]",
		Short: "Find out by experiment which rules the tenant follows where its documentation is silent",
		Long: `For each rule of filters, workflows and access profiles, finds an identity on which its values lead to different dry runs
while the other rules do not matter, and asks the tenant. What it answers settles the rule; a second identity, where there is
one, confirms it. A rule that no identity of the population decides stays undecidable, and the result says which attribute
values would.

The rules of revokes and of safety limits cannot be settled: a dry run of one identity does not show them.
workflow.disabled is about dry runs that do not ask for skip_disabled_workflows.

--write FILE writes the settled rules as a rules: block for lcmsim.yaml.
Exit code 4: the tenant follows other rules than those in force here, or its answers contradict each other; 5: answers that
would settle a rule are missing.

` + tenantHelp,
		Example: `  lcmsim calibrate snapshot/ --check-drift
  lcmsim calibrate snapshot/ --write rules.yaml
  lcmsim calibrate snapshot/ --version draft --json`,
		Args: arguments(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				opt.paths.Dir = args[0]
			}
			return runCalibrate(cmd.Context(), e, opt)
		},
	}
	f := cmd.Flags()
	f.IntVar(&opt.budget, "budget", 100, "dry runs at most")
	addOutputFlag(f, &opt.write, "write", "write the settled rules to this file, as YAML for lcmsim.yaml")
	addAskingFlags(f, &opt.asking)
	addSnapshotFlags(f, &opt.simulateOptions)
	addReportFlags(f, &opt.simulateOptions, reportHelp)
	mustComplete(cmd, "semantics", "vendor", "rfc7644")
	mustComplete(cmd, "version", "current", "draft")
	return cmd
}

func runCalibrate(ctx context.Context, e env, opt calibrateOptions) error {
	if err := checkReports(e, opt.simulateOptions, false); err != nil {
		return err
	}
	if opt.budget < 1 || opt.budget > maxDryRunsWanted {
		return fmt.Errorf("--budget takes a number from 1 to %s", report.Count(maxDryRunsWanted))
	}
	run, err := openSimulation(e, opt.simulateOptions)
	if err != nil {
		return err
	}
	if run.rules.Semantics != scimeval.Vendor {
		return errors.New("calibrate settles the rules of --semantics vendor; rfc7644 leaves none open")
	}
	out := outputs{inputs: append(opt.inputs(), opt.tenant.tokenFile)}
	defer out.discard()
	var rules *output
	if opt.write != "" {
		if rules, err = out.create(opt.write); err != nil {
			return err
		}
	}
	_, reports, err := run.createOutputs(e, &out)
	if err != nil {
		return err
	}
	c := &calibration{simulation: run, opt: opt}
	session, err := run.openAsking(e, opt.asking, &out)
	if err != nil {
		return err
	}
	defer session.close()
	if err := c.survey(ctx, e); err != nil {
		return err
	}
	if err := c.experiment(ctx, e, session); err != nil {
		return err
	}
	doc, err := c.document()
	if err != nil {
		return err
	}
	if rules != nil {
		if _, err := rules.WriteString(doc.RulesYAML); err != nil {
			return fmt.Errorf("%s: %w", opt.write, err)
		}
	}
	return deliver(ctx, e, opt.simulateOptions, &out, reports, doc)
}

// calibration is a run that puts experiments to the tenant.
type calibration struct {
	*simulation
	opt      calibrateOptions
	lab      *engine.Calibration
	findings []engine.Finding
	read     report.PopulationInput
	tenant   string
	calls    int
}

// survey reads the population under all rules.
func (c *calibration) survey(ctx context.Context, e env) error {
	snap := c.snapshot
	in := engine.Input{
		Policy: c.policy, Version: c.version, Catalog: &snap.Catalog, Rules: c.rules, Schema: snap.Schema,
		History: snap.History.ByIdentity(),
	}
	c.program = engine.Compile(in)
	c.lab = engine.NewCalibration(in)
	progress := newBar(e, e.stderr, c.opt.quiet, "surveying")
	defer progress.end()
	attributes := c.lab.Attributes()
	pop, joined, err := c.openPopulation(ctx, c.policy, withIDs(attributes), progress)
	if err != nil {
		return err
	}
	defer pop.Close()
	workers := make([]func(*loader.Batch) (*engine.Survey, error), c.workerCount())
	for i := range workers {
		surveyor := c.lab.NewSurveyor()
		workers[i] = onColumns(len(attributes), func(b *loader.Batch) (*engine.Survey, error) { return surveyor.Survey(b.Record, b.IDs) })
	}
	frame := 0
	err = evaluate(ctx, pop, workers, func(b *loader.Batch, survey *engine.Survey) error {
		ids, err := tenantIDs(b)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if id != "" {
				frame++
			}
		}
		c.lab.Add(survey, b.IDs, ids)
		return nil
	})
	if err != nil {
		return err
	}
	if frame == 0 {
		return noFrame(snap.Identities)
	}
	read := pop.Report()
	c.read = populationInput(snap.Identities, read)
	c.findings = append(c.program.Findings(), c.inputFindings(read, joined)...)
	return nil
}

// hopelessExperiments is how many experiments may fail in a row before the first answer, and half of how many later.
const hopelessExperiments = 3

// experiment puts identities to the tenant, one after the other: what is asked next depends on the answers so far.
func (c *calibration) experiment(ctx context.Context, e env, session *askSession) error {
	records, err := c.candidateRecords(ctx, e)
	if err != nil {
		return err
	}
	defer release(records)
	progress := newCounter(e, e.stderr, c.opt.quiet, "asking the tenant")
	defer progress.end()
	unshown := make(map[string]int)
	var replies []tenant.Reply
	failed, answered := 0, false
	for len(replies) < c.opt.budget {
		id, tenantID, ok := c.lab.Next()
		if !ok {
			break
		}
		progress.step(len(replies), c.opt.budget)
		question := c.question(c.opt.asking, id, tenantID, false)
		reply := session.ask(ctx, []tenant.Question{question}, &bar{}, func(_ tenant.Question, there *tenant.Identity) []string {
			return c.drifted(id, records[id], there, unshown)
		})[0]
		replies = append(replies, reply)
		if err := session.interrupted(ctx, replies); err != nil {
			return err
		}
		switch {
		case reply.Err != nil:
			c.lab.Fail(engine.VerdictNotChecked, unasked(reply.Err)[0])
		case len(reply.Drifted) > 0:
			c.lab.Fail(engine.VerdictDrifted, reply.Drifted[0])
		default:
			c.lab.Answer(reply.Answer)
		}
		if failed++; reply.Err == nil {
			answered, failed = true, 0
		}
		if errors.Is(reply.Err, tenant.ErrUnauthorized) || failed == hopelessExperiments && !answered || failed == 2*hopelessExperiments {
			break // nobody else will be answered about
		}
	}
	progress.end()
	c.findings = append(c.findings, session.findings(replies, unshown)...)
	c.tenant, c.calls = session.client.Tenant(), session.client.Calls()
	return session.finish(replies)
}

// candidateRecords reads the identities that may be asked about, where their attributes are to be compared.
func (c *calibration) candidateRecords(ctx context.Context, e env) (map[string]arrow.Record, error) {
	if !c.opt.checkDrift {
		return nil, nil
	}
	ids := make(map[string]bool)
	for _, id := range c.lab.Candidates() {
		ids[id] = true
	}
	return c.recordsOf(ctx, e, ids)
}

func (c *calibration) document() (*report.CalibrationDocument, error) {
	result, err := c.lab.Result()
	if err != nil {
		return nil, err
	}
	other, err := c.otherInputs()
	if err != nil {
		return nil, err
	}
	return report.NewCalibration(report.CalibrationInput{
		Snapshot:    c.snapshot.Dir,
		ToolVersion: version, AsOf: c.asOf, Rules: c.rules, Policy: c.policy, Version: c.version, Catalog: &c.snapshot.Catalog,
		Population: c.read, Other: other, Result: result, Tenant: c.tenant, Calls: c.calls, Findings: c.findings,
	}), nil
}
