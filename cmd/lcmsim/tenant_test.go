package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/loader"
	"github.com/lcmsim/lcmsim/loader/tenant/standin"
	"github.com/lcmsim/lcmsim/report"
)

// secret is a token that occurs nowhere else.
const secret = "tok-7f3e9a51c2-secret"

// asked is a stand-in tenant, and what lcmsim says to it.
type asked struct {
	t      *testing.T
	server *standin.Server
	url    string
	said   []string // everything that was printed
}

func newTenant(t *testing.T, opt standin.Options) *asked {
	opt.Token = secret
	if opt.Dir == "" && opt.Snapshot == nil {
		opt.Dir = acme
	}
	server, err := standin.New(opt)
	require.NoError(t, err)
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	return &asked{t: t, server: server, url: listening.URL}
}

// skipLong leaves a test out with -short, under which the race detector runs: it is long, and concurrent only in what others run as well.
func skipLong(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("long, and concurrent only in what other tests run as well")
	}
}

// few is how many cases are run: all of them, or few with -short.
func few(all, short int) int {
	if testing.Short() {
		return short
	}
	return all
}

// newCompany generates a snapshot without history.
func newCompany(t *testing.T, identities, seed int) string {
	dir := filepath.Join(t.TempDir(), "company")
	code, _, stderr := lcmsim(t.Context(), "generate", dir, "--identities", strconv.Itoa(identities), "--seed", strconv.Itoa(seed), "--quiet")
	require.Equal(t, report.ExitOK, code, stderr)
	return dir
}

// someID is the tenant's id of the first identity of a snapshot.
func someID(t *testing.T, dir string) string {
	snapshot, err := standin.ReadSnapshot(dir)
	require.NoError(t, err)
	var who struct{ ID string }
	require.NoError(t, json.Unmarshal(snapshot.Identities[0], &who))
	return who.ID
}

// run runs a command line against the tenant; waits between requests take no time.
func (a *asked) run(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, diagnostics bytes.Buffer
	code = run(ctx, args, env{
		stdout: &out, stderr: &diagnostics, now: func() time.Time { return testNow },
		getenv: func(name string) string { return map[string]string{"VEZA_URL": a.url, "VEZA_API_KEY": secret}[name] },
		sleep:  func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	a.said = append(a.said, out.String(), diagnostics.String())
	return code, out.String(), diagnostics.String()
}

// crosscheck runs a cross-check of a snapshot and reads its JSON.
func (a *asked) crosscheck(dir string, args ...string) (int, *report.CrosscheckDocument) {
	code, stdout, stderr := a.run(a.t.Context(), append([]string{"crosscheck", dir, "--json", "--rate", "1000", "--answers", filepath.Join(a.t.TempDir(), "answers.jsonl")}, args...)...)
	require.NotEqual(a.t, report.ExitFatal, code, stderr)
	doc, err := report.ReadCrosscheckJSON(strings.NewReader(stdout))
	require.NoError(a.t, err)
	return code, doc
}

func readValues(t *testing.T, path string) []any {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var list struct{ Values []any }
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	require.NoError(t, d.Decode(&list))
	return list.Values
}

// A pull over 7 pages while 5 in 100 requests fail has what the source has.
func TestPullOfManyPagesUnderFaults(t *testing.T) {
	chance := map[string]float64{}
	for _, kind := range []string{
		standin.Fault429, standin.Fault429Date, standin.Fault429Bare, standin.Fault500, standin.Fault503, standin.FaultEcho,
		standin.FaultReset, standin.FaultTruncate, standin.FaultMalformed, standin.FaultHTML,
	} {
		chance[kind] = 0.005
	}
	source := readValues(t, filepath.Join(acme, "access_profiles.json"))
	snapshot, err := standin.ReadSnapshot(acme)
	require.NoError(t, err)
	snapshot.Identities, snapshot.Done = nil, nil // they cannot be listed
	struck := 0
	for seed := range few(30, 3) {
		a := newTenant(t, standin.Options{Snapshot: snapshot, PageSize: (len(source) + 6) / 7, Seed: uint64(seed), Faults: standin.Faults{Chance: chance}})
		dir := filepath.Join(t.TempDir(), "pulled")
		code, _, stderr := a.run(t.Context(), "pull", dir, "--rate", "1000")
		require.Equal(t, report.ExitOK, code, stderr)
		require.Equal(t, source, readValues(t, filepath.Join(dir, "access_profiles.json")))
		require.Equal(t, readValues(t, filepath.Join(acme, "policies.json")), readValues(t, filepath.Join(dir, "policies.json")))
		require.NoDirExists(t, dir+".partial")
		pages := map[string]bool{}
		for _, r := range a.server.Requests() {
			require.False(t, r.Writes())
			if r.Fault != "" {
				struck++
			}
			if strings.HasSuffix(r.Path, "/access_profiles") {
				pages[r.Query] = true
			}
		}
		require.GreaterOrEqual(t, len(pages), 7)
	}
	require.Positive(t, struck)
}

// A cross-check of 300 draws while 1 in 10 requests fails accounts for 300.
func TestCrosscheckUnderFaults(t *testing.T) {
	chance := map[string]float64{}
	for _, kind := range []string{standin.Fault429, standin.Fault429Bare, standin.Fault500, standin.Fault503, standin.FaultReset, standin.FaultTruncate, standin.FaultMalformed, standin.FaultHTML} {
		chance[kind] = 0.0125
	}
	for _, opt := range []standin.Options{
		{Seed: 1, Faults: standin.Faults{Chance: chance}},
		{Seed: 2, Faults: standin.Faults{Chance: chance, Expire: 200}, Shape: standin.Example},
		{Seed: 3, Faults: standin.Faults{Chance: map[string]float64{standin.Fault500: 0.6}}, Old: true},
	} {
		a := newTenant(t, opt)
		code, doc := a.crosscheck(acme, "--budget", "300")
		s := doc.Summary
		require.Equal(t, 300, s.Sampled)
		require.Len(t, doc.Samples, 300)
		require.Equal(t, 300, s.Agree+s.Disagree+s.Drifted+s.NotChecked)
		counts := map[string]int{}
		for _, sample := range doc.Samples {
			counts[*sample.Verdict]++
			if *sample.Verdict == engine.VerdictNotChecked {
				require.NotEmpty(t, sample.Reasons)
			}
		}
		require.Equal(t, []int{s.Agree, s.Disagree, s.NotChecked}, []int{counts[engine.VerdictAgree], counts[engine.VerdictDisagree], counts[engine.VerdictNotChecked]})
		require.Equal(t, a.server.Calls(), doc.Calls)
		random := doc.Strata[0]
		require.Equal(t, engine.UpperBound(random.Disagree, random.Agree+random.Disagree, 0.95), s.UpperBound)
		switch {
		case opt.Seed == 1:
			require.Zero(t, s.NotChecked)
			require.Zero(t, s.Disagree)
			require.Equal(t, report.ExitOK, code, doc.Exit.Reasons)
		case s.Disagree == 0:
			require.Positive(t, s.NotChecked)
			require.Equal(t, report.ExitInconclusive, code)
		}
	}
}

// settleable are the rules that a dry run shows.
func settleable() []engine.RuleInfo {
	return slices.DeleteFunc(engine.RuleTable(), func(info engine.RuleInfo) bool {
		return strings.HasPrefix(info.Name, "limits.") || strings.HasPrefix(info.Name, "relationships.")
	})
}

// randomSemantics is a tenant with rules chosen at random.
func randomSemantics(seed int) standin.Options {
	dice := rand.New(rand.NewPCG(uint64(seed), 4))
	opt := standin.Options{Rules: map[string]string{}, Profiles: standin.Direct}
	for _, info := range settleable() {
		if dice.IntN(2) == 1 {
			opt.Rules[info.Name] = info.Others[0]
		}
	}
	if dice.IntN(2) == 1 {
		opt.Profiles = standin.Inherited
	}
	return opt
}

// A population that was made for it decides every rule, but for the order of workflows where several match, and for what withheld
// profiles bring where the tenant does not list it.
func TestCalibrateRecoversEveryRule(t *testing.T) {
	dir := filepath.Join("testdata", "deciding")
	for seed := range few(20, 3) {
		opt := randomSemantics(seed)
		opt.Dir = dir
		if seed%3 == 0 {
			opt.Shape = standin.Example
		}
		a := newTenant(t, opt)
		_, stdout, stderr := a.run(t.Context(), "calibrate", dir, "--json", "--check-drift", "--rate", "1000", "--answers", filepath.Join(t.TempDir(), "answers.jsonl"))
		doc, err := report.ReadCalibrationJSON(strings.NewReader(stdout))
		require.NoError(t, err, stderr)
		for _, v := range doc.Verdicts {
			truth := v.Default
			if value, ok := opt.Rules[v.Rule]; ok {
				truth = value
			}
			decided := true
			switch v.Rule {
			case "workflow.priority":
				decided = opt.Rules["workflow.first_match"] == "on"
			case "profile.inactive":
				decided = opt.Profiles == standin.Inherited
			}
			if !decided {
				require.Equal(t, engine.Undecidable, v.Verdict, "seed %d %s: %s", seed, v.Rule, v.Because)
				continue
			}
			require.NotNil(t, v.Value, "seed %d %s: %s", seed, v.Rule, v.Because)
			require.Equal(t, truth, *v.Value, "seed %d %s: %s", seed, v.Rule, v.Because)
			require.GreaterOrEqual(t, len(v.Experiments), 2, "seed %d %s", seed, v.Rule)
		}
		require.Equal(t, string(opt.Profiles), strings.TrimPrefix(doc.Summary.AccessProfiles, "direct+"))
	}
}

// Calibrate recovers the rules of a tenant with rules chosen at random, wherever the population decides them; a rule is called
// undecidable only if the tenant answers the same of everybody with its other value.
func TestCalibrateRecoversRandomRules(t *testing.T) {
	skipLong(t)
	settled := map[string]int{}
	for seed := range 20 {
		dir := newCompany(t, 200, seed)
		snapshot, err := standin.ReadSnapshot(dir)
		require.NoError(t, err)
		opt := randomSemantics(seed)
		opt.Snapshot = snapshot
		rules := opt.Rules
		a := newTenant(t, opt)
		file := filepath.Join(t.TempDir(), "rules.yaml")
		version := []string{"current", "draft"}[seed%2]
		code, stdout, stderr := a.run(t.Context(), "calibrate", dir, "--version", version, "--json", "--rate", "1000", "--write", file, "--answers", filepath.Join(t.TempDir(), "answers.jsonl"))
		require.NotEqual(t, report.ExitFatal, code, stderr)
		doc, err := report.ReadCalibrationJSON(strings.NewReader(stdout))
		require.NoError(t, err)
		differs := false
		for _, v := range doc.Verdicts {
			truth := v.Default
			if value, ok := rules[v.Rule]; ok {
				truth = value
			}
			switch v.Verdict {
			case engine.ConfirmedDefault, engine.ConfirmedAlternative:
				require.Equal(t, truth, *v.Value, "seed %d %s: %s", seed, v.Rule, v.Because)
				settled[v.Rule]++
				differs = differs || truth != v.InForce
			case engine.Undecidable:
				require.Nil(t, v.Value)
			default:
				require.Fail(t, "contradictory", "seed %d %s: %s", seed, v.Rule, v.Because)
			}
		}
		if differs {
			require.Equal(t, report.ExitDisagree, code)
		}
		// Under the rules that were written the tenant agrees.
		written, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, doc.RulesYAML, string(written))
		var args []string
		for _, v := range doc.Verdicts {
			if v.Value != nil {
				args = append(args, "--rule", v.Rule+"="+*v.Value)
			}
		}
		_, checked := a.crosscheck(dir, append(args, "--version", version, "--budget", "150")...)
		require.Zero(t, checked.Summary.Disagree, "seed %d: %v", seed, rules)
		if seed%4 == 0 {
			requireUndecidable(t, snapshot, opt, doc, version)
		}
	}
	for _, rule := range []string{"filter.string_case", "filter.missing_ne", "filter.list_co", "workflow.disabled", "workflow.first_match"} {
		require.Positive(t, settled[rule], rule)
	}
	t.Log(settled)
}

// requireUndecidable puts every identity to two tenants that differ in a rule that is called undecidable.
func requireUndecidable(t *testing.T, snapshot *standin.Snapshot, opt standin.Options, doc *report.CalibrationDocument, version string) {
	number := doc.Inputs.Policy.Version
	one := newTenant(t, opt)
	was := one.everybody(*doc.Inputs.Policy.ID, *number, snapshot)
	for _, v := range doc.Verdicts {
		if v.Verdict != engine.Undecidable || strings.Contains(v.Because, "only together") {
			continue // settled, or two rules would have to change at once
		}
		other := opt
		other.Rules = maps.Clone(opt.Rules)
		if _, ok := other.Rules[v.Rule]; ok {
			delete(other.Rules, v.Rule)
		} else {
			other.Rules[v.Rule] = v.Alternative
		}
		now := newTenant(t, other).everybody(*doc.Inputs.Policy.ID, *number, snapshot)
		require.True(t, maps.Equal(was, now), "%s %s: %s", version, v.Rule, v.Because)
	}
}

// everybody is what the tenant answers about all identities, by its own ids.
func (a *asked) everybody(policy string, version int, snapshot *standin.Snapshot) map[string]string {
	answers := map[string]string{}
	for _, raw := range snapshot.Identities {
		var who struct{ ID string }
		require.NoError(a.t, json.Unmarshal(raw, &who))
		body := fmt.Sprintf(`{"policy_id":%q,"id":%q,"version_number":%d,"state":"NEW"}`, policy, who.ID, version)
		request := httptest.NewRequest("POST", "/api/private/lifecycle_management/policies/"+policy+"/identities/"+who.ID+":dry_run", strings.NewReader(body))
		request.Header.Set("Authorization", "Bearer "+secret)
		request.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		a.server.ServeHTTP(recorder, request)
		require.Equal(a.t, 200, recorder.Code, recorder.Body)
		answer, err := loader.ReadDryRun("answer", recorder.Body.Bytes())
		require.NoError(a.t, err)
		slices.Sort(answer.WorkflowsMatched)
		slices.Sort(answer.AccessProfileIDs)
		var actions []string
		for _, action := range answer.Actions {
			actions = append(actions, action.Name+" "+action.Type)
		}
		slices.Sort(actions)
		answers[who.ID] = fmt.Sprint(answer.WorkflowsMatched, answer.AccessProfileIDs, actions)
	}
	return answers
}

// No token and no secret of a tenant is in what lcmsim prints, writes, logs or keeps, whatever goes wrong.
func TestNoSecretIsShown(t *testing.T) {
	skipLong(t)
	dir := t.TempDir()
	work := func(name string) string { return filepath.Join(dir, name) }
	everything := map[string]float64{
		standin.Fault500: 0.05, standin.FaultEcho: 0.3, standin.FaultTruncate: 0.05, standin.FaultMalformed: 0.05, standin.FaultHTML: 0.05, standin.Fault429: 0.05,
	}
	company := newCompany(t, 200, 1)
	var said []string
	for _, faults := range []standin.Faults{{}, {Chance: everything}, {Chance: everything, Expire: 40}, {Chance: map[string]float64{standin.FaultEcho: 1}}} {
		for _, opt := range []standin.Options{{Faults: faults}, {Faults: faults, Shape: standin.Example, Old: true, Rules: map[string]string{"filter.string_case": "fold"}}} {
			opt.Dir = company
			a := newTenant(t, opt)
			n := fmt.Sprint(len(said))
			ids := work("ids" + n)
			require.NoError(t, os.WriteFile(ids, []byte("# people\n"+someID(t, company)+"\nnobody\n"), 0o600))
			a.run(t.Context(), "pull", work("pulled"+n), "--log", work("log"+n), "--rate", "1000")
			a.run(t.Context(), "pull", work("people"+n), "--identities", ids, "--log", work("log"+n), "--rate", "1000")
			common := []string{"--log", work("log" + n), "--rate", "1000", "--answers", work("answers" + n), "--check-drift"}
			a.run(t.Context(), append([]string{"crosscheck", company, "--budget", "60", "--report", work("check" + n + ".json")}, common...)...)
			a.run(t.Context(), append([]string{"crosscheck", company, "--budget", "60", "--json"}, common...)...)
			a.run(t.Context(), append([]string{"calibrate", company, "--report", work("calibration" + n + ".json"), "--write", work("rules" + n + ".yaml")}, common...)...)
			a.run(t.Context(), append([]string{"crosscheck", company, "--url", "http://tenant.example"}, common...)...)
			said = append(said, a.said...)
		}
	}
	require.Contains(t, strings.Join(said, ""), "401", "no token expired: the search proves little")
	files := 0
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		said = append(said, path, string(data))
		return err
	}))
	require.Greater(t, files, 40)
	for _, text := range said {
		for _, forbidden := range []string{secret, standin.SecretPrefix} {
			at := strings.Index(text, forbidden)
			require.Negative(t, at, "%s in %s", forbidden, text[max(0, at-200):min(len(text), max(0, at)+100)])
		}
	}
}

// Attributes that changed in the tenant since the snapshot are drift, not disagreement.
func TestDriftIsNoDisagreement(t *testing.T) {
	skipLong(t)
	a := newTenant(t, standin.Options{})
	_, doc := a.crosscheck(acme, "--budget", "40")
	require.Zero(t, doc.Summary.Disagree)
	drift := map[string]map[string]any{}
	for _, sample := range doc.Samples[:10] {
		drift[sample.ID] = map[string]any{"department": "Elsewhere", "employment_status": "TERMINATED"}
	}
	a = newTenant(t, standin.Options{Drift: drift})
	code, doc := a.crosscheck(acme, "--budget", "40")
	require.Equal(t, report.ExitDisagree, code)
	require.Zero(t, doc.Summary.Drifted)
	_, doc = a.crosscheck(acme, "--budget", "40", "--check-drift")
	require.Zero(t, doc.Summary.Disagree)
	require.Equal(t, 10, doc.Summary.Drifted)
	require.Contains(t, strings.Join(doc.Samples[0].Reasons, "\n"), "Elsewhere in the tenant")
}

// A cross-check that is interrupted ends with a message and goes on where it was.
func TestCrosscheckGoesOn(t *testing.T) {
	answers := filepath.Join(t.TempDir(), "answers.jsonl")
	a := newTenant(t, standin.Options{Latency: time.Millisecond})
	args := []string{"crosscheck", acme, "--json", "--budget", "300", "--rate", "1000", "--answers", answers}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for a.server.Calls() < 50 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	code, stdout, stderr := a.run(ctx, args...)
	require.Equal(t, report.ExitFatal, code)
	require.Empty(t, stdout)
	require.Regexp(t, `interrupted; \d+ answers are in .*: run the same command again to go on`, stderr)
	first := a.server.Calls()
	code, stdout, stderr = a.run(t.Context(), args...)
	require.Equal(t, report.ExitOK, code, stderr)
	require.LessOrEqual(t, a.server.Calls()-first, 300-40)
	doc, err := report.ReadCrosscheckJSON(strings.NewReader(stdout))
	require.NoError(t, err)
	require.Equal(t, 300, doc.Summary.Agree)
	require.True(t, slices.ContainsFunc(doc.Diagnostics, func(d report.Diagnostic) bool { return d.Code == "answers-reused" }))

	// The same draws, asked at once, come to the same.
	fresh := newTenant(t, standin.Options{})
	_, whole := fresh.crosscheck(acme, "--budget", "300")
	require.Equal(t, whole.Samples, doc.Samples)
}
