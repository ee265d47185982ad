package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/loader"
	"github.com/lcmsim/lcmsim/report"
	"github.com/lcmsim/lcmsim/scimeval"
)

// verification is the re-run of a saved result.
type verification struct {
	opt   verifyOptions
	rerun report.Rerun
}

// run runs a saved result again, with its own time, rules and settings.
func (v *verification) run(ctx context.Context, e env, saved report.Renderable) (report.Rerun, error) {
	var err error
	switch d := saved.(type) {
	case *report.Document:
		err = v.simulate(ctx, e, d)
	case *report.DiffDocument:
		err = v.diff(ctx, e, d)
	}
	return v.rerun, err
}

func (v *verification) simulate(ctx context.Context, e env, d *report.Document) error {
	if v.opt.from+v.opt.to+v.opt.baseline != "" {
		return fmt.Errorf("%s: is a simulation: --from, --to and --baseline are for diffs", v.opt.result)
	}
	given := givenInputs{snapshot: d.Inputs.Snapshot, population: d.Inputs.Population.Path, other: d.Inputs.Other}
	s, err := v.session(e, &d.Header, &d.Settings, d.Identities.Cap, given, d.Inputs.Policy)
	if err != nil {
		return err
	}
	run := &simulation{session: s}
	if run.version, err = loader.SelectVersion(s.policy, versionWord(d.Inputs.Policy)); err != nil {
		v.rerun.Impossible = err.Error()
		return nil
	}
	again, err := run.simulate(ctx, e, nil)
	if err != nil {
		return err
	}
	v.rerun.Document = again
	return nil
}

func (v *verification) diff(ctx context.Context, e env, d *report.DiffDocument) error {
	opt := diffOptions{from: v.opt.from, to: v.opt.to, cohorts: d.Settings.Cohorts, noAttribution: !d.Settings.Attribution, expectNone: d.Settings.ExpectNoChanges}
	if err := v.earlierSide(&opt, d); err != nil {
		return fmt.Errorf("%s: %w", v.opt.result, err)
	}
	given := givenInputs{snapshot: d.Inputs.Snapshot, other: d.Inputs.Other}
	if d.Inputs.To.Population != nil {
		given.population = d.Inputs.To.Population.Path
	}
	policy := d.Inputs.To.Policy
	if opt.to != "" {
		policy = d.Inputs.From.Policy
	}
	s, err := v.session(e, &d.Header, &d.Settings, d.Identities.Cap, given, policy)
	if err != nil {
		return err
	}
	for _, side := range []struct {
		word *string
		in   report.PolicyInput
		name string
	}{{&opt.to, d.Inputs.To.Policy, "later version, with --to"}, {&opt.from, d.Inputs.From.Policy, "earlier version, with --from"}} {
		if *side.word != "" || side.in == (report.PolicyInput{}) {
			continue
		}
		*side.word = versionWord(side.in)
		selected, err := loader.SelectVersion(s.policy, *side.word)
		if err != nil {
			v.rerun.Impossible = fmt.Sprintf("%s (if it came from a file, give the %s)", err, side.name)
			return nil
		}
		if side.in.SHA256 != nil && selected.SHA256 != *side.in.SHA256 {
			v.rerun.Hints = append(v.rerun.Hints, fmt.Sprintf("If version %s of the result came from a file, give the %s.", *side.word, side.name))
		}
	}
	opt.simulateOptions = s.opt
	run := &comparison{session: s, opt: opt}
	if err := run.sides(); err != nil {
		return err
	}
	again, err := run.compare(ctx, e, nil)
	if err != nil {
		return err
	}
	v.rerun.Document = again
	return nil
}

// earlierSide settles what the later side is compared with, as far as no snapshot says it.
func (v *verification) earlierSide(opt *diffOptions, d *report.DiffDocument) error {
	from, to := d.Inputs.From, d.Inputs.To
	switch d.Baseline {
	case engine.BaselineNone, engine.BaselineGrants, engine.BaselineMembers:
		if opt.from != "" || v.opt.baseline != "" {
			return fmt.Errorf("its baseline is %s: there is no earlier side to give with --from or --baseline", d.Baseline)
		}
		opt.baseline = string(d.Baseline)
		return nil
	case engine.BaselinePolicy, engine.BaselinePopulation, engine.BaselineBoth:
	default:
		return fmt.Errorf("its baseline is %q, which is none of those that lcmsim knows", d.Baseline)
	}
	if slices.Contains(baselineWords, opt.from) {
		return fmt.Errorf("its baseline is %s: --from takes a version, a file or a snapshot", d.Baseline)
	}
	if opt.from == "" && opt.to == "" && (!samePointed(from.Profiles.SHA256, to.Profiles.SHA256) || !samePointed(from.Policy.ID, to.Policy.ID)) {
		return errors.New("it compares the policies of two exports, and SNAPSHOT is one: give the other snapshot or file with --from if it is the earlier side, with --to if it is the later one")
	}
	if d.Baseline == engine.BaselinePolicy {
		if v.opt.baseline != "" {
			return errors.New("it has one population: --baseline is for results with an earlier one")
		}
		return nil
	}
	if slices.Contains(baselineWords, v.opt.baseline) {
		return fmt.Errorf("its baseline is %s: --baseline takes the snapshot or file with the earlier population", d.Baseline)
	}
	if opt.baseline = v.opt.baseline; opt.baseline == "" {
		opt.baseline = baselinePlace(d)
	}
	if _, err := os.Stat(opt.baseline); err != nil {
		return fmt.Errorf("the earlier population cannot be read at %s: %w; give it with --baseline", opt.baseline, reason(err))
	}
	return nil
}

// baselinePlace is where a result says that its earlier population was: a snapshot directory where more than the population was
// read from there, else the file.
func baselinePlace(d *report.DiffDocument) string {
	if d.Inputs.From.Population == nil {
		return ""
	}
	path := d.Inputs.From.Population.Path
	dir := filepath.Dir(path)
	_, err := os.Stat(filepath.Join(dir, "manifest.json"))
	if err == nil || slices.ContainsFunc(d.Inputs.Other, func(o report.OtherInput) bool { return strings.HasPrefix(o.Kind, "baseline-") }) {
		return dir
	}
	return path
}

func samePointed(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }

// versionWord is the version of a result as --version takes it. A version without a number has the number 0.
func versionWord(p report.PolicyInput) string {
	if p.Version == nil {
		return "0"
	}
	return strconv.Itoa(*p.Version)
}

// givenInputs are the inputs of a result with the places where they were.
type givenInputs struct {
	snapshot   *string
	population string
	other      []report.OtherInput
}

// inSnapshot tells whether a file lay in the snapshot of the result.
func (g givenInputs) inSnapshot(path string) bool {
	if g.snapshot == nil {
		return false
	}
	rel, err := filepath.Rel(*g.snapshot, path)
	return err == nil && filepath.IsLocal(rel)
}

// session opens what a run needs but the population, with the rules and settings of a result in force.
func (v *verification) session(e env, head *report.Header, settings *report.Settings, listed int, given givenInputs, policy report.PolicyInput) (*session, error) {
	opt := v.opt.simulateOptions
	if opt.paths.Dir == "" && (opt.paths.Policy == "" || opt.paths.Identities == "") {
		return nil, errors.New("name the SNAPSHOT directory to verify against, or give --policy-file and --identities\nrun `lcmsim verify --help` for examples")
	}
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("%s: result is inconsistent: "+format, append([]any{v.opt.result}, args...)...)
	}
	if listed < 0 {
		return nil, refuse("identities.cap is %d", listed)
	}
	failOn, err := gateOf(settings)
	if err != nil {
		return nil, refuse("settings.fail_on: %v", err)
	}
	if opt.policy == "" {
		if opt.policy = pointed(policy.ID); opt.policy == "" {
			opt.policy = pointed(policy.Name)
		}
	}
	opt.asOf, opt.semantics, opt.active, opt.listed = head.AsOf, head.Semantics, settings.ActiveAttribute, listed
	opt.detailed, opt.strict, opt.digest = settings.DetailedExitcode, settings.Strict, true
	opt.reports = nil
	for _, info := range engine.RuleTable() {
		value, ok := head.Rules[info.Name]
		if !ok {
			return nil, refuse("rules has no %s", info.Name)
		}
		opt.rules = append(opt.rules, info.Name+"="+value)
	}
	known := engine.DefaultRules(scimeval.Vendor).All()
	for _, name := range slices.Sorted(maps.Keys(head.Rules)) {
		if _, ok := known[name]; !ok {
			return nil, refuse("rules has %q, which lcmsim does not know", name)
		}
	}
	s, err := openSession(e, opt)
	if err != nil {
		return nil, err
	}
	s.failOn = failOn
	rules, err := chooseRules(opt.semantics, nil, s.snapshot.Config.Rules, s.snapshot.Schema)
	if err != nil {
		return nil, err
	}
	v.rerun.ConfigRules = rules.All()
	if err := v.missing(s, given); err != nil {
		return nil, err
	}
	return s, nil
}

func pointed(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// gateOf is what failed the gate of a result.
func gateOf(settings *report.Settings) (report.FailOn, error) {
	failOn := report.FailOn{}
	if len(settings.FailOn) > 0 {
		var err error
		if failOn, err = report.ParseFailOn(strings.Join(settings.FailOn, ",")); err != nil {
			return failOn, err
		}
	}
	failOn.Given = settings.FailOnGiven
	return failOn, nil
}

// missing refuses a run that lacks a file which the result had from elsewhere than its snapshot, and gives hints where such a
// file was replaced by one of the snapshot.
func (v *verification) missing(s *session, given givenInputs) error {
	p := v.opt.paths
	for _, part := range []struct{ kind, name, flag, again string }{
		{"schema", "schema.yaml", "--schema", p.Schema}, {"config", "lcmsim.yaml", "--config", p.Config},
		{"grants", "grants.csv", "--grants", p.Grants}, {"history", "history.csv", "--history", p.History},
	} {
		for _, o := range given.other {
			if o.Kind != part.kind || part.again != "" || given.inSnapshot(o.Path) {
				continue
			}
			if s.snapshot.Part(part.name) == "" {
				return fmt.Errorf("%s: the result had its %s from %s, and SNAPSHOT has none: give it with %s", v.opt.result, part.kind, o.Path, part.flag)
			}
			v.hint(o.Path, part.kind, part.flag)
		}
	}
	if p.Identities == "" && !given.inSnapshot(given.population) {
		v.hint(given.population, "population", "--identities")
	}
	return nil
}

// hint says that the result had an input from another place.
func (v *verification) hint(path, what, flag string) {
	v.rerun.Hints = append(v.rerun.Hints, fmt.Sprintf("The result had its %s from %s; here it is that of SNAPSHOT. Give another one with %s.", what, path, flag))
}
