package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/spf13/cobra"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/loader/tenant"
	"github.com/lcmsim/lcmsim/report"
)

// crosscheckOptions are the flags of crosscheck beside those of a run.
type crosscheckOptions struct {
	simulateOptions
	asking
	seed       uint64
	draws      int // of the random sample, at least; 0 = as many as the claim needs
	drawsSet   bool
	confidence float64
	maximum    string // of the share that may disagree; "" = no disagreement at all
	planOnly   bool
}

// Without --max-disagreement, the random sample is large enough to show that at most 1 % of the frame disagrees, and the budget leaves
// about a quarter for targeted draws.
const (
	provedByDefault  = 0.01
	defaultDryRuns   = 400
	randomShare      = 0.75
	maxDryRunsWanted = 1_000_000
)

func newCrosscheckCmd(e env) *cobra.Command {
	var opt crosscheckOptions
	cmd := &cobra.Command{
		Use:   "crosscheck [SNAPSHOT]",
		Short: "Put a sample of identities through the tenant's dry run and compare",
		Long: `Draws identities, asks the tenant to dry-run them one by one, and compares workflows, access profiles and actions with
what lcmsim says. Every disagreement is shrunk to the workflow, condition and comparison that decides it here.

A uniform random sample carries the claim: how large the share of identities that disagree can be, at a confidence. Beside
it, draws are aimed at where a disagreement is most likely or hurts most: identities that end differently under another
rule, then those that lose something, then every workflow and condition. Only identities whose id in the tenant is known
(` + "`id`" + ` in the population) can be drawn. --plan-only shows the sample and what it would prove, and asks nothing.

Answers are kept in a file until the run is complete, so that a run that was interrupted asks only what is left.
An identity whose attributes have changed in the tenant has drifted, which only --check-drift can tell from a disagreement.

Exit code 4: the tenant disagrees, or more than --max-disagreement does; 5: something could not be checked, or the sample does
not prove --max-disagreement.

` + tenantHelp,
		Example: `  lcmsim crosscheck snapshot/ --plan-only
  lcmsim crosscheck snapshot/ --check-drift --report crosscheck.json
  lcmsim crosscheck snapshot/ --max-disagreement 0.5% --confidence 0.99
  lcmsim crosscheck snapshot/ --budget 50 --version draft`,
		Args: arguments(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				opt.paths.Dir = args[0]
			}
			opt.budgetSet, opt.drawsSet = cmd.Flags().Changed("budget"), cmd.Flags().Changed("draws")
			return runCrosscheck(cmd.Context(), e, opt)
		},
	}
	f := cmd.Flags()
	f.IntVar(&opt.budget, "budget", defaultDryRuns, "identities to draw at most, more where --max-disagreement or --draws need more and no budget is given; each is one dry run, and with --check-drift one more request")
	f.IntVar(&opt.draws, "draws", 0, "random draws at least (default: as many as show that at most --max-disagreement, or 1 %, disagree, up to three quarters of --budget); what targets cannot use of --budget goes to them as well")
	f.Float64Var(&opt.confidence, "confidence", 0.95, "confidence of the claim, above 0 and below 1")
	f.StringVar(&opt.maximum, "max-disagreement", "", "share of identities that may disagree, such as 0.5% or 0.005: then the random draws must prove it (default 0: any disagreement is exit code 4)")
	f.Uint64Var(&opt.seed, "seed", 1, "seed of the sample; the same seed and population draw the same identities")
	f.BoolVar(&opt.planOnly, "plan-only", false, "print the sample and what it would prove, ask nothing")
	addAskingFlags(f, &opt.asking)
	addSnapshotFlags(f, &opt.simulateOptions)
	addReportFlags(f, &opt.simulateOptions, reportHelp)
	mustComplete(cmd, "semantics", "vendor", "rfc7644")
	mustComplete(cmd, "version", "current", "draft")
	return cmd
}

func runCrosscheck(ctx context.Context, e env, opt crosscheckOptions) error {
	if err := checkReports(e, opt.simulateOptions, false); err != nil {
		return err
	}
	sampling, maximum, err := opt.sampling()
	if err != nil {
		return err
	}
	run, err := openSimulation(e, opt.simulateOptions)
	if err != nil {
		return err
	}
	out := outputs{inputs: append(opt.inputs(), opt.tenant.tokenFile)}
	defer out.discard()
	_, reports, err := run.createOutputs(e, &out)
	if err != nil {
		return err
	}
	check := &crosscheck{simulation: run, opt: opt}
	var session *askSession
	if !opt.planOnly {
		if session, err = run.openAsking(e, opt.asking, &out); err != nil {
			return err
		}
		defer session.close()
	}
	if err := check.sample(ctx, e, sampling); err != nil {
		return err
	}
	if session != nil {
		if err := check.ask(ctx, e, session); err != nil {
			return err
		}
	}
	doc, err := check.document(maximum)
	if err != nil {
		return err
	}
	return deliver(ctx, e, opt.simulateOptions, &out, reports, doc)
}

// sampling settles how many identities are drawn, and the largest share that may disagree; nil = none was given.
func (opt *crosscheckOptions) sampling() (engine.SampleOptions, *float64, error) {
	s := engine.SampleOptions{Seed: opt.seed}
	var maximum *float64
	if opt.maximum != "" {
		share, err := parseShare(opt.maximum)
		if err != nil {
			return s, nil, fmt.Errorf("--max-disagreement %s: %w", opt.maximum, err)
		}
		if share > 0 {
			maximum = &share
		}
	}
	switch {
	case !(opt.confidence > 0 && opt.confidence < 1):
		return s, nil, errors.New("--confidence takes a number above 0 and below 1, such as 0.95")
	case opt.budget < 1 || opt.budget > maxDryRunsWanted:
		return s, nil, fmt.Errorf("--budget takes a number from 1 to %s", report.Count(maxDryRunsWanted))
	case opt.drawsSet && opt.draws < 1 || opt.draws > maxDryRunsWanted || opt.draws > opt.budget && opt.budgetSet:
		return s, nil, fmt.Errorf("--draws takes a number from 1 up to --budget, and to %s", report.Count(maxDryRunsWanted))
	}
	proved := provedByDefault
	if maximum != nil && *maximum > 0 {
		proved = *maximum
	}
	needed := engine.DrawsFor(proved, opt.confidence)
	s.Budget = opt.budget
	if !opt.budgetSet {
		s.Budget = max(s.Budget, opt.draws, int(math.Ceil(min(float64(needed)/randomShare, maxDryRunsWanted))))
	}
	if s.Random = opt.draws; s.Random == 0 {
		s.Random = min(needed, int(math.Ceil(float64(s.Budget)*randomShare)))
	}
	return s, maximum, nil
}

// parseShare reads 0.01 or 1% as a number in [0, 1].
func parseShare(text string) (float64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	share, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		share /= 100
	}
	if err != nil || !(share >= 0 && share <= 1) {
		return 0, errors.New("write a share such as 0.01, or a percentage such as 1%")
	}
	return share, nil
}

// crosscheck is a run that compares with the tenant.
type crosscheck struct {
	*simulation
	opt      crosscheckOptions
	sim      *engine.Simulation
	drawn    *engine.Sample
	checked  []engine.CheckedDraw
	findings []engine.Finding
	read     report.PopulationInput
	tenant   string
	calls    int
}

// sample simulates the population and draws from it.
func (c *crosscheck) sample(ctx context.Context, e env, opt engine.SampleOptions) error {
	snap := c.snapshot
	c.program = engine.Compile(engine.Input{
		Policy: c.policy, Version: c.version, Catalog: &snap.Catalog, Rules: c.rules, Schema: snap.Schema,
		History: snap.History.ByIdentity(), Grants: snap.Grants.ByIdentity(), Sampling: true,
	})
	progress := newBar(e, e.stderr, c.opt.quiet, "sampling")
	defer progress.end()
	read, joined, seen, err := c.drawFrom(ctx, progress, opt)
	if err != nil {
		return err
	}
	progress.end()
	_, findings := c.sim.Result(engine.Seen{Observations: seen, Attributes: attributeNames(read)})
	c.place(findings)
	c.findings = append(findings, c.inputFindings(read, joined)...)
	c.read = populationInput(snap.Identities, read)
	if c.drawn.Frame == 0 {
		return noFrame(snap.Identities)
	}
	if n := c.drawn.Shared; n > 0 {
		c.findings = append(c.findings, engine.Finding{Severity: engine.SeverityWarning, Code: "tenant-id-shared", Position: engine.Position{File: c.inSnapshot(snap.Identities)}, Column: engine.NoColumn,
			Message: fmt.Sprintf("%s identities have an id in the tenant that another one has as well: the tenant answers about one of them", report.Count(n)),
			Hint:    "id must be the tenant's own id of each identity", Count: n})
	}
	return nil
}

// noFrame is the error for a population without ids of the tenant.
func noFrame(path string) error {
	return fmt.Errorf("%s: no identity has an id of the tenant, so that none can be asked about\nadd the column or member id: the tenant's own id of each identity, which its API shows (not the entity_id)", path)
}

// ask puts the sample to the tenant and compares.
func (c *crosscheck) ask(ctx context.Context, e env, session *askSession) error {
	var records map[string]arrow.Record
	var err error
	defer func() { release(records) }()
	if c.opt.checkDrift {
		ids := make(map[string]bool)
		for _, d := range c.drawn.Draws {
			ids[d.EntityID] = true
		}
		if records, err = c.recordsOf(ctx, e, ids); err != nil {
			return err
		}
	}
	questions := make([]tenant.Question, len(c.drawn.Draws))
	for i, d := range c.drawn.Draws {
		questions[i] = c.question(c.opt.asking, d.EntityID, d.TenantID, !c.rules.EvaluateDisabled)
	}
	unshown := make(map[string]int) // attributes that the tenant does not show, by how many identities
	progress := newCounter(e, e.stderr, c.opt.quiet, "asking the tenant")
	replies := session.ask(ctx, questions, progress, func(q tenant.Question, there *tenant.Identity) []string {
		return c.drifted(q.EntityID, records[q.EntityID], there, unshown)
	})
	progress.end()
	if err := session.interrupted(ctx, replies); err != nil {
		return err
	}
	disagreeing := make(map[string]bool)
	for i, r := range replies {
		checked := c.compare(c.drawn.Draws[i], r)
		c.checked = append(c.checked, checked)
		if checked.Verdict == engine.VerdictDisagree {
			disagreeing[checked.EntityID] = true
		}
	}
	if records == nil && len(disagreeing) > 0 {
		if records, err = c.recordsOf(ctx, e, disagreeing); err != nil {
			return err
		}
	}
	if err := c.diagnose(ctx, e, records, len(disagreeing)); err != nil {
		return err
	}
	c.findings = append(c.findings, session.findings(replies, unshown)...)
	c.tenant, c.calls = session.client.Tenant(), session.client.Calls()
	return session.finish(replies)
}

// compare turns a reply into a verdict.
func (c *crosscheck) compare(d engine.Draw, r tenant.Reply) engine.CheckedDraw {
	out := engine.CheckedDraw{Draw: d, Reasons: []string{}}
	switch {
	case r.Err != nil:
		out.Verdict, out.Reasons = engine.VerdictNotChecked, unasked(r.Err)
	case len(r.Drifted) > 0:
		out.Verdict, out.Reasons = engine.VerdictDrifted, r.Drifted
	default:
		out.Answer = r.Answer
		out.Comparison = engine.Compare(c.sim.Prediction(d.Class), r.Answer)
		out.Verdict = engine.VerdictDisagree
		if out.Comparison.Agrees {
			out.Verdict = engine.VerdictAgree
		}
	}
	return out
}

// diagnose shrinks every disagreement to what decides it here.
func (c *crosscheck) diagnose(ctx context.Context, e env, records map[string]arrow.Record, n int) error {
	if n == 0 {
		return nil
	}
	progress := newCounter(e, e.stderr, c.opt.quiet, "diagnosing")
	defer progress.end()
	diagnoser := engine.NewDiagnoser(c.program)
	done := 0
	for i := range c.checked {
		d := &c.checked[i]
		if d.Verdict != engine.VerdictDisagree {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		if d.Diagnosis, err = diagnoser.Diagnose(records[d.EntityID], d.EntityID, d.Answer); err != nil {
			return err
		}
		for _, cause := range d.Diagnosis.Causes {
			d.Reasons = append(d.Reasons, cause.Text)
		}
		done++
		progress.step(done, n)
	}
	return nil
}

func (c *crosscheck) document(maximum *float64) (*report.CrosscheckDocument, error) {
	other, err := c.otherInputs()
	if err != nil {
		return nil, err
	}
	return report.NewCrosscheck(report.CrosscheckInput{
		Snapshot:    c.snapshot.Dir,
		ToolVersion: version, AsOf: c.asOf, Rules: c.rules, Policy: c.policy, Version: c.version, Catalog: &c.snapshot.Catalog,
		Population: c.read, Other: other, Result: engine.NewCrosscheckResult(c.drawn, c.checked, c.opt.confidence),
		Planned: c.opt.planOnly, MaxDisagreement: maximum, Tenant: c.tenant, Calls: c.calls, Findings: c.findings,
	}), nil
}
