package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/spf13/pflag"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/loader"
	"github.com/lcmsim/lcmsim/loader/tenant"
	"github.com/lcmsim/lcmsim/scimeval"
)

// asking are the flags of commands that put identities through the tenant's dry run.
type asking struct {
	tenant     tenantOptions
	budget     int // dry runs
	budgetSet  bool
	checkDrift bool
	state      string
	answers    string // "" = beside the snapshot, for the time of the run
}

func addAskingFlags(f *pflag.FlagSet, opt *asking) {
	f.BoolVar(&opt.checkDrift, "check-drift", false, "first compare the attributes that the policy reads with the tenant's, of each identity: one that differs is drifted, not a disagreement")
	f.StringVar(&opt.state, "identity-state", "NEW", "state of the identity that dry runs are asked for")
	addOutputFlag(f, &opt.answers, "answers", "keep the tenant's answers in this file, and use those that are in it (default: a file beside the snapshot until the run is complete)")
	addTenantFlags(f, &opt.tenant)
}

// askSession is a tenant that is asked, and the file that keeps what it says.
type askSession struct {
	client   *tenant.Client
	journal  *tenant.Journal
	path     string // of the journal
	kept     bool   // it stays when the run is complete
	foreign  bool   // it holds answers of other runs
	endLog   func() error
	messages io.Writer
}

// openAsking prepares a client and the journal, which are apart from what out writes.
func (run *simulation) openAsking(e env, opt asking, out *outputs) (*askSession, error) {
	if run.policy.ID == "" {
		return nil, errors.New("the policy has no id, so that the tenant cannot be asked about it; export it again with its id")
	}
	s := &askSession{path: opt.answers, kept: opt.answers != "", messages: e.stderr}
	if s.path == "" {
		s.path = filepath.Clean(cmp.Or(run.opt.paths.Dir, run.opt.paths.Policy)) + ".answers.jsonl"
		if full, err := filepath.Abs(cmp.Or(run.opt.paths.Dir, run.opt.paths.Policy)); err == nil && strings.HasPrefix(filepath.Base(s.path), "..") {
			s.path = full + ".answers.jsonl" // of . and ..
		}
	}
	if err := out.apart(s.path); err != nil {
		return nil, fmt.Errorf("--answers %w", err)
	}
	if log := opt.tenant.log; log != "" {
		if err := out.apart(log); err != nil {
			return nil, fmt.Errorf("--log %w", err)
		}
		if sameFile(log, s.path) || samePlace(log, s.path) {
			return nil, fmt.Errorf("--log %s: is the file of the answers; name another one", log)
		}
	}
	var err error
	if s.client, s.endLog, err = openTenant(e, opt.tenant, e.stderr); err != nil {
		return nil, err
	}
	if s.journal, err = tenant.OpenJournal(s.path); err != nil {
		return nil, errors.Join(err, s.endLog())
	}
	return s, nil
}

// question asks for the dry run of an identity.
func (run *simulation) question(opt asking, entityID, tenantID string, skipDisabled bool) tenant.Question {
	return tenant.Question{
		PolicyID: run.policy.ID, Version: run.version.Number, EntityID: entityID, IdentityID: tenantID, State: opt.state,
		SkipDisabled: skipDisabled, CheckDrift: opt.checkDrift,
	}
}

func (s *askSession) ask(ctx context.Context, questions []tenant.Question, progress *bar, drifted func(tenant.Question, *tenant.Identity) []string) []tenant.Reply {
	return tenant.Ask(ctx, s.client, questions, tenant.AskOptions{Journal: s.journal, Drifted: drifted, Progress: progress.step})
}

// interrupted is the error for a run that was: what is known stays in the journal.
func (s *askSession) interrupted(ctx context.Context, replies []tenant.Reply) error {
	if ctx.Err() == nil {
		return nil
	}
	n := 0
	for _, r := range replies {
		if r.Err == nil {
			n++
		}
	}
	return fmt.Errorf("interrupted; %s are in %s: run the same command again to go on", counted(n, "answer", "answers"), s.path)
}

// finish ends a run that was not interrupted. A journal that is not to be kept is removed when nothing is left to ask.
func (s *askSession) finish(replies []tenant.Reply) error {
	missing, gone := 0, 0
	var last error
	for _, r := range replies {
		var e *tenant.Error
		switch {
		case errors.As(r.Err, &e) && e.Status == 404 && e.Attempts > 0:
			gone, last = gone+1, r.Err // asking again would not help
		case r.Err != nil:
			missing, last = missing+1, r.Err
		}
	}
	if len(replies) > 0 && missing+gone == len(replies) {
		say(s.messages, "error: nothing could be asked: "+last.Error())
	}
	empty := s.empty()
	answers, _ := s.journal.Len()
	s.foreign = answers > len(replies)-missing-gone // some are of another run that was not complete
	if err := s.close(); err != nil {
		return err
	}
	if missing > 0 {
		if empty {
			return nil
		}
		say(s.messages, fmt.Sprintf("note: the answers are kept in %s: the same command asks only about the %s", s.path, counted(missing, "identity that has none", "identities that have none")))
		return nil
	}
	if s.kept || s.foreign {
		return nil
	}
	if err := os.Remove(s.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: %w", s.path, reason(err))
	}
	return nil
}

// empty tells whether the journal holds nothing.
func (s *askSession) empty() bool {
	answers, identities := s.journal.Len()
	return answers+identities == 0
}

// close closes the files, and removes a journal that is of no use. It may be called again.
func (s *askSession) close() error {
	if s.journal == nil {
		return nil
	}
	useless := s.empty() && !s.kept
	err := errors.Join(s.journal.Close(), s.endLog())
	s.journal = nil
	if useless && err == nil {
		err = os.Remove(s.path)
	}
	return err
}

// findings are about how the questions were answered. unshown counts identities by the attributes that the tenant does not show.
func (s *askSession) findings(replies []tenant.Reply, unshown map[string]int) []engine.Finding {
	var list []engine.Finding
	warn := func(code, message, hint string, n int) {
		list = append(list, engine.Finding{Severity: engine.SeverityWarning, Code: code, Column: engine.NoColumn, Message: message, Hint: hint, Count: n})
	}
	if n, oldest := tenant.Reused(replies); n > 0 {
		say(s.messages, fmt.Sprintf("note: %s from %s, the oldest of %s", counted(n, "answer was taken", "answers were taken"), s.path, oldest.UTC().Format(time.RFC3339)))
		warn("answers-reused", fmt.Sprintf("%s from %s and not asked again; the oldest is of %s", counted(n, "answer was taken", "answers were taken"), s.path, oldest.UTC().Format(time.RFC3339)),
			"remove the file to ask everything again", n)
	}
	if n := len(slices.DeleteFunc(slices.Clone(replies), func(r tenant.Reply) bool { return !r.SkipUnsupported })); n > 0 {
		warn("disabled-not-skipped", "the tenant does not know skip_disabled_workflows: its dry runs may evaluate disabled workflows",
			"a disagreement about a disabled workflow may come from that; see --rule workflow.disabled=evaluate", n)
	}
	for _, name := range slices.Sorted(maps.Keys(unshown)) {
		warn("drift-unseen", fmt.Sprintf("%s: the tenant does not show the attribute of %s, so that drift in it cannot be seen", name, counted(unshown[name], "identity", "identities")), "", unshown[name])
	}
	return list
}

// unasked is why an identity has no answer: in a few words that many may share, then in full.
func unasked(err error) []string {
	full := err.Error()
	var e *tenant.Error
	if !errors.As(err, &e) {
		return []string{full}
	}
	short := e.Message
	if e.Status != 0 {
		short = fmt.Sprintf("HTTP %d", e.Status)
		if e.Code != "" {
			short += " " + e.Code
		}
	}
	if e.Attempts == 0 {
		short = "not asked: " + short
	}
	return []string{short, full}
}

// drifted says in what the tenant's record of an identity differs from the population's.
func (run *simulation) drifted(id string, here arrow.Record, there *tenant.Identity, unshown map[string]int) []string {
	if there.EntityID != "" && there.EntityID != id {
		return []string{fmt.Sprintf("the tenant's id is that of the entity %s", there.EntityID)}
	}
	if there.PolicyID != "" && there.PolicyID != run.policy.ID {
		return []string{fmt.Sprintf("the tenant's id is one of the policy %s", there.PolicyID)}
	}
	values := loader.AttributeValues(there.Attributes)
	for name, text := range map[string]string{"entity_id": there.EntityID, "entity_type": there.EntityType, "entity_name": there.EntityName, "id": there.ID} {
		if _, ok := values[name]; !ok && text != "" {
			values[name] = scimeval.StringValue(text)
		}
	}
	drift, err := run.program.Drift(here, values)
	if err != nil {
		return []string{"the attributes cannot be compared: " + err.Error()}
	}
	for _, name := range drift.Unshown {
		unshown[name]++
	}
	var texts []string
	for _, c := range drift.Changed {
		texts = append(texts, c.Text)
	}
	return texts
}

// tenantIDs are the tenant's ids of the identities of a batch, "" = not known. They stand in the column behind those of a program.
func tenantIDs(b *loader.Batch) ([]string, error) {
	column := int(b.Record.NumCols()) - 1
	values, codes, err := scimeval.ReadColumn(b.Record.Schema().Field(column), b.Record.Column(column))
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(codes))
	for i, code := range codes {
		if code != scimeval.Absent {
			ids[i] = strings.TrimSpace(plainText(values[code]))
		}
	}
	return ids, nil
}

// withIDs are the columns that a program reads, and the tenant's ids behind them.
func withIDs(attributes []scimeval.Attribute) []scimeval.Attribute {
	return append(slices.Clone(attributes), identityColumns[0])
}

// onColumns makes a worker that sees the first columns of a batch.
func onColumns[T any](n int, work func(*loader.Batch) (T, error)) func(*loader.Batch) (T, error) {
	return func(b *loader.Batch) (T, error) {
		part := *b
		part.Record = firstColumns(b.Record, n)
		defer part.Record.Release()
		return work(&part)
	}
}

// drawFrom reads the population through the program, and draws from it.
func (c *crosscheck) drawFrom(ctx context.Context, progress *bar, opt engine.SampleOptions) (read loader.Report, joined []engine.Finding, seen *scimeval.Observations, err error) {
	attributes := c.program.Attributes()
	pop, joined, err := c.openPopulation(ctx, c.policy, withIDs(attributes), progress)
	if err != nil {
		return read, nil, nil, err
	}
	defer pop.Close()
	workers, observed := c.workersOf(c.program.NewClassifier)
	for i, work := range workers {
		workers[i] = onColumns(len(attributes), work)
	}
	c.sim = c.program.NewSimulation()
	sampler := c.program.NewSampler(opt)
	err = evaluate(ctx, pop, workers, func(b *loader.Batch, classes *engine.Classes) error {
		ids, err := tenantIDs(b)
		if err != nil {
			return err
		}
		return sampler.Add(classes, c.sim.Add(classes, b.IDs), b.IDs, ids)
	})
	if err != nil {
		return read, nil, nil, err
	}
	c.drawn = sampler.Sample(c.sim)
	return pop.Report(), joined, observed(), nil
}

// recordsOf reads some identities, one row of Program.Attributes each. The caller releases them.
func (run *simulation) recordsOf(ctx context.Context, e env, ids map[string]bool) (map[string]arrow.Record, error) {
	progress := newBar(e, e.stderr, run.opt.quiet, "reading the sample")
	defer progress.end()
	pop, _, err := run.openPopulation(ctx, run.policy, run.program.Attributes(), progress)
	if err != nil {
		return nil, err
	}
	defer pop.Close()
	records := make(map[string]arrow.Record, len(ids))
	for {
		batch, err := pop.Next()
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if err == nil {
			err = keepRows(records, batch, ids)
			batch.Release()
		}
		if err != nil {
			release(records)
			return nil, err
		}
	}
}

func keepRows(records map[string]arrow.Record, b *loader.Batch, ids map[string]bool) error {
	var at []int
	for i, id := range b.IDs {
		if ids[id] {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return nil
	}
	list, err := engine.SingleRows(b.Record, at)
	for i, one := range list {
		records[strings.Clone(b.IDs[at[i]])] = one
	}
	return err
}

func release(records map[string]arrow.Record) {
	for _, r := range records {
		r.Release()
	}
}
