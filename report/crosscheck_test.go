package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

func TestGoldenCrosscheck(t *testing.T) {
	d := NewCrosscheck(sampleCrosscheck(same))
	var js, plain, color, plan bytes.Buffer
	require.NoError(t, WriteJSON(&js, d))
	require.NoError(t, WriteTerminal(&plain, d, TerminalOptions{}))
	require.NoError(t, WriteTerminal(&color, d, TerminalOptions{Width: 120, Color: true}))
	require.NoError(t, WriteTerminal(&plan, NewCrosscheck(plannedCrosscheck(same)), TerminalOptions{}))
	requireGolden(t, "crosscheck.json", js.Bytes())
	requireGolden(t, "crosscheck.txt", plain.Bytes())
	requireGolden(t, "crosscheck.color.txt", color.Bytes())
	requireGolden(t, "crosscheck.plan.txt", plan.Bytes())
}

// bareCrosscheck is one of nobody.
func bareCrosscheck(planned bool) CrosscheckInput {
	return CrosscheckInput{Rules: engine.DefaultRules("vendor"), Policy: &engine.Policy{}, Version: &engine.Version{}, Planned: planned,
		Result: &engine.CrosscheckResult{Sample: &engine.Sample{}, Confidence: 0.95, UpperBound: 1, WorstBound: 1}}
}

func crosscheckScreen(t require.TestingT, d *CrosscheckDocument, opt TerminalOptions) string {
	var out bytes.Buffer
	require.NoError(t, WriteTerminal(&out, d, opt))
	return out.String()
}

func TestCrosscheckJSONRoundTrip(t *testing.T) {
	limited := sampleCrosscheck(same)
	limited.MaxDisagreement = ptr(0.01)
	limited.Result.Sample.Seed = math.MaxUint64
	for _, in := range []CrosscheckInput{sampleCrosscheck(same), plannedCrosscheck(same), limited, bareCrosscheck(false), bareCrosscheck(true)} {
		d := NewCrosscheck(in)
		var first, second bytes.Buffer
		require.NoError(t, WriteJSON(&first, d))
		read, err := ReadCrosscheckJSON(bytes.NewReader(first.Bytes()))
		require.NoError(t, err)
		require.Equal(t, d, read)
		require.NoError(t, WriteJSON(&second, read))
		require.Equal(t, first.String(), second.String())
		require.Equal(t, crosscheckScreen(t, d, TerminalOptions{}), crosscheckScreen(t, read, TerminalOptions{}))
		require.NotContains(t, first.String(), `": null,`+"\n    \"reasons\"", "lists are never null")
	}
	_, err := ReadCrosscheckJSON(strings.NewReader(`{"schema":"lcmsim.diff/v1"}`))
	require.EqualError(t, err, `result has schema "lcmsim.diff/v1", not "lcmsim.crosscheck/v1"; give a result of `+"`lcmsim crosscheck`")
	text, err := os.ReadFile("testdata/crosscheck.json")
	require.NoError(t, err)
	_, err = ReadCrosscheckJSON(strings.NewReader(strings.Replace(string(text), `"first": 3`, `"first": 12`, 1)))
	require.EqualError(t, err, "result is inconsistent: disagreement_groups[0].first is 12 of 12 samples")
	_, err = ReadCrosscheckJSON(strings.NewReader(strings.Replace(string(text), `"worst_bound"`, `"worse_bound"`, 1)))
	require.ErrorContains(t, err, "summary.worst_bound is missing")
}

func TestNewCrosscheckLeavesItsInputAlone(t *testing.T) {
	in := sampleCrosscheck(same)
	NewCrosscheck(in)
	require.Equal(t, sampleCrosscheck(same), in)
}

func TestCrosscheckSchema(t *testing.T) {
	const name = "crosscheck.v1.schema.json"
	schema := compileSchema(t, name)
	requireSameFields(t, schema, reflect.TypeFor[CrosscheckDocument](), "")
	for _, in := range []CrosscheckInput{plannedCrosscheck(same), bareCrosscheck(false), bareCrosscheck(true)} {
		require.NoError(t, schema.Validate(tree(t, NewCrosscheck(in))))
	}
	document := tree(t, NewCrosscheck(sampleCrosscheck(same)))
	require.NoError(t, schema.Validate(document))
	fields := 0
	withoutEachField(document, "", func(path string) {
		fields++
		require.Error(t, schema.Validate(document), "the schema accepts a document without %s", path)
	})
	require.Greater(t, fields, 200)
}

// The summary counts what the samples say, and so do the strata.
func TestCrosscheckCounts(t *testing.T) {
	d := NewCrosscheck(sampleCrosscheck(same))
	require.Equal(t, CrosscheckSummary{
		Frame: 4800, Sampled: 12, Agree: 4, Disagree: 3, Drifted: 2, NotChecked: 3, Confidence: 0.95,
		UpperBound: engine.UpperBound(1, 4, 0.95), WorstBound: engine.UpperBound(4, 7, 0.95),
		Identities: 5000, SharedIDs: 2, RandomSampled: 7, RandomCompared: 4, RandomDisagree: 1, Undetermined: 1,
		Classes: 61, CoveredClasses: 9, CoveredIdentities: 4321, CoveredShare: 4321.0 / 4800, CoveredStrata: 3, AccessProfiles: ptr(engine.ProfilesDirect),
	}, d.Summary)
	all := CrosscheckStratum{}
	for _, s := range d.Strata {
		require.Equal(t, s.Sampled, s.Agree+s.Disagree+s.Drifted+s.NotChecked)
		all.Sampled += s.Sampled
		all.Disagree += s.Disagree
	}
	require.Equal(t, []int{d.Summary.Sampled, d.Summary.Disagree}, []int{all.Sampled, all.Disagree})
	require.Len(t, d.Samples, d.Summary.Sampled)

	plan := NewCrosscheck(plannedCrosscheck(same))
	require.Equal(t, []int{7, 12, 0}, []int{plan.Summary.RandomSampled, plan.Summary.Sampled, plan.Summary.Agree})
	require.InDelta(t, 0.348164, *plan.WouldProve, 1e-6) // 1 - 0.05^(1/7)
	require.Equal(t, []int{7, 2, 1, 1, 1}, []int{plan.Strata[0].Sampled, plan.Strata[1].Sampled, plan.Strata[2].Sampled, plan.Strata[3].Sampled, plan.Strata[4].Sampled})
	for _, s := range plan.Samples {
		require.Nil(t, s.Verdict)
	}
}

// Ids that belong to others are one group, whoever they belong to.
func TestCrosscheckGroupsOfForeignIDs(t *testing.T) {
	in := sampleCrosscheck(same)
	in.Result.Checked[4].Reasons = []string{"the tenant's id is that of the entity W1"}
	in.Result.Checked[5].Reasons = []string{"the tenant's id is that of the entity W2"}
	require.Equal(t, UncomparedGroup{
		Verdict: engine.VerdictDrifted, Draws: 2, Reason: "the tenant's id is that of another entity",
		Example: ptr("W000004: the tenant's id is that of the entity W1"), EntityIDs: []string{"W000004", "W000005"},
	}, NewCrosscheck(in).Uncompared[0])
}

// Disagreements of one cause are one group although attribute values differ; failures are one although ids do.
func TestCrosscheckGroups(t *testing.T) {
	d := NewCrosscheck(sampleCrosscheck(same))
	require.Equal(t, []DisagreementGroup{
		{Draws: 2, First: 3, EntityIDs: []string{"W000003", "W000007"}},
		{Draws: 1, First: 8, EntityIDs: []string{"W000008"}},
	}, d.Groups)
	require.Equal(t, []UncomparedGroup{
		{Verdict: engine.VerdictDrifted, Draws: 2, Reason: "department differs", Example: ptr("W000004: Sales here, IT in the tenant"), EntityIDs: []string{"W000004", "W000005"}},
		{Verdict: engine.VerdictDrifted, Draws: 1, Reason: "manager differs", Example: ptr("W000005: true here, absent in the tenant"), EntityIDs: []string{"W000005"}},
		{Verdict: engine.VerdictNotChecked, Draws: 2, EntityIDs: []string{"W000006", "W000010"}, Reason: "HTTP 503 Unavailable",
			Example: ptr("POST policies/5d1c6a52/identities/5e3c1f0a-0006:dry_run: 503 Unavailable after 6 attempts (request id 7f3a9c2e11)")},
		{Verdict: engine.VerdictNotChecked, Draws: 1, Reason: "no reason is known", EntityIDs: []string{"W000011"}},
	}, d.Uncompared)

	other := sampleCrosscheck(same)
	other.Result.Checked[7].Diagnosis.Causes[0].Atoms[0].Truth = "unknown"
	require.Len(t, NewCrosscheck(other).Groups, 3, "another truth is another cause")
	other = sampleCrosscheck(same)
	other.Result.Checked[7].Diagnosis.Settles = nil
	require.Len(t, NewCrosscheck(other).Groups, 3, "what settles it is part of the cause")
	other = sampleCrosscheck(same)
	other.Result.Checked[3].Diagnosis, other.Result.Checked[7].Diagnosis = nil, nil
	require.Equal(t, 2, NewCrosscheck(other).Groups[0].Draws, "without a diagnosis the differences are what there is")
	other = sampleCrosscheck(same)
	for i := range 9 {
		other.Result.Checked = append(other.Result.Checked, other.Result.Checked[7])
		other.Result.Sample.Draws = append(other.Result.Sample.Draws, other.Result.Checked[7].Draw)
		other.Result.Checked[len(other.Result.Checked)-1].Stratum = i % 5
	}
	group := NewCrosscheck(other).Groups[0]
	require.Equal(t, 11, group.Draws)
	require.Len(t, group.EntityIDs, groupMembers)
}

// Failures are one group a reason, whatever stands in full behind it: the groups count every draw once.
func TestCrosscheckGroupsCountFailuresOnce(t *testing.T) {
	in := bareCrosscheck(false)
	in.Result = agreement(engine.Tally{NotChecked: 30}, engine.Tally{}, 4800)
	for i := range in.Result.Checked {
		in.Result.Checked[i].Reasons = []string{"not asked: an earlier answer says that the token has expired", fmt.Sprintf("POST policies/p/identities/%d:dry_run: not asked", i)}
	}
	in.Result.Checked[29].Reasons = []string{"HTTP 401 Unauthenticated", "POST policies/p/identities/29:dry_run: 401 Unauthenticated: the API key has expired"}
	d := NewCrosscheck(in)
	draws := 0
	for _, g := range d.Uncompared {
		draws += g.Draws
		require.NotEmpty(t, g.Example)
	}
	require.Len(t, d.Uncompared, 2)
	require.Equal(t, 30, draws)
	require.Contains(t, crosscheckScreen(t, d, TerminalOptions{Width: 160}), `NOT CHECKED 30 draws
  29 draws (W0, W1, W2, W3, W4 and 24 more): not asked: an earlier answer says that the token has expired
    such as POST policies/p/identities/0:dry_run: not asked
  1 draw (W29): HTTP 401 Unauthenticated
    such as POST policies/p/identities/29:dry_run: 401 Unauthenticated: the API key has expired
`)
}

// What failed says what the user can mend.
func TestCrosscheckFailureSteps(t *testing.T) {
	const again = "run it again with the same seed (0) to ask about the 1 draw that was not checked"
	for _, c := range []struct {
		reason string
		mend   []string
	}{
		{"HTTP 401 Unauthenticated", []string{"renew the token, in VEZA_API_KEY or in the file of --token-file: the tenant does not accept it (HTTP 401)"}},
		{"HTTP 404 NotFound", []string{"the tenant does not know the policy or identities by these ids (HTTP 404): `lcmsim pull` the policy again, and check the field id of the population"}},
		{"not asked: HTTP 401 Unauthenticated", []string{"renew the token, in VEZA_API_KEY or in the file of --token-file: the tenant does not accept it (HTTP 401)"}},
		{"HTTP 503 Unavailable", nil},
		{"the connection broke: it spoke of HTTP 401", nil},
	} {
		in := bareCrosscheck(false)
		in.Result = agreement(engine.Tally{Agree: 3, NotChecked: 1}, engine.Tally{}, 4800)
		for i := range in.Result.Checked {
			if in.Result.Checked[i].Verdict == engine.VerdictNotChecked {
				in.Result.Checked[i].Reasons = []string{c.reason, "in full"}
			}
		}
		require.Equal(t, append(c.mend, again), NewCrosscheck(in).NextSteps)
	}
}

// The place of the deciding expression is never cut, however narrow the terminal is.
func TestCrosscheckTerminalShowsThePathInFull(t *testing.T) {
	in := sampleCrosscheck(same)
	const path = "values[0].current_version.config.workflows[12].conditions[107].any_of[3].conditions[22].condition_string"
	in.Result.Checked[3].Diagnosis.Causes[0].Path = path
	require.Contains(t, crosscheckScreen(t, NewCrosscheck(in), TerminalOptions{}), `
    here: workflow "Leaver" does not match here because contract is absent
      expression: contract ne "PERMANENT" and site eq "Oslo"
      at: values[0].current_version.config.workflows[12].conditions[107].
        any_of[3].conditions[22].condition_string
`)
	require.Contains(t, crosscheckScreen(t, NewCrosscheck(in), TerminalOptions{Width: 120}), "\n      at: "+path+"\n")
}

// Names that differ at their end alone can be told apart.
func TestCrosscheckTerminalTellsStrataApart(t *testing.T) {
	in := sampleCrosscheck(same)
	for i := range in.Result.Sample.Strata[1:3] {
		in.Result.Sample.Strata[1+i] = engine.Stratum{Kind: engine.StratumDestructive, Name: fmt.Sprintf(`"Leavers" / "Disable every account": identities like "W00%d"`, i), Size: 9}
	}
	screen := crosscheckScreen(t, NewCrosscheck(in), TerminalOptions{})
	require.Contains(t, screen, "\ndestructive \"Le...ies like \"W000\" ")
	require.Contains(t, screen, "\ndestructive \"Le...ies like \"W001\" ")
}

// First and last line carry the verdict; no other line is wider than the terminal; what is cut says so.
func TestCrosscheckTerminal(t *testing.T) {
	many := sampleCrosscheck(same)
	r := many.Result
	for i := range 40 {
		r.Sample.Strata = append(r.Sample.Strata, engine.Stratum{Kind: engine.StratumCell, Name: "cell " + strconv.Itoa(i), Size: 3})
		r.Strata = append(r.Strata, engine.Tally{})
		c := r.Checked[8]
		c.Diagnosis = &engine.Diagnosis{Causes: []engine.Cause{{Workflow: "w" + strconv.Itoa(i), Text: "text"}}}
		drifted := r.Checked[4]
		drifted.Reasons = []string{"attribute" + strconv.Itoa(i) + ": 1 here, 2 in the tenant"}
		r.Checked = append(r.Checked, c, drifted)
		r.Sample.Draws = append(r.Sample.Draws, c.Draw, drifted.Draw)
		r.Total.Disagree++
		r.Total.Drifted++
	}
	for _, in := range []CrosscheckInput{sampleCrosscheck(same), plannedCrosscheck(same), many, bareCrosscheck(false), bareCrosscheck(true)} {
		for _, opt := range []TerminalOptions{{}, {Width: 60}, {Width: 132, Color: true}} {
			d := NewCrosscheck(in)
			lines := strings.Split(strings.TrimSuffix(crosscheckScreen(t, d, opt), "\n"), "\n")
			require.Contains(t, lines[0], d.Verdict.Word)
			require.Equal(t, lines[0]+" (exit code "+strconv.Itoa(d.Exit.Code)+")", lines[len(lines)-1])
			for _, line := range lines[1 : len(lines)-1] {
				require.LessOrEqual(t, text.StringWidthWithoutEscSequences(line), opt.width(), line)
			}
		}
	}
	all := crosscheckScreen(t, NewCrosscheck(many), TerminalOptions{})
	for _, want := range []string{"STRATA (12 of 45 shown)", "DISAGREEMENTS 43 draws, 42 kinds (6 shown)", "DRIFTED 42 draws", "  and 37 further reasons\n"} {
		require.Contains(t, all, want)
	}
	require.Less(t, strings.Count(all, "\n"), 120)
	require.Contains(t, crosscheckScreen(t, NewCrosscheck(plannedCrosscheck(same)), TerminalOptions{}), "DRAWS (10 of 12 shown)\n  W000000 for random\n")
}

func TestCrosscheckNextSteps(t *testing.T) {
	require.Equal(t, []string{
		"`lcmsim calibrate SNAPSHOT` settles which rules the tenant follows: filter.missing_ne=true explains 2 of 3 disagreements",
		"no single rule explains some disagreements: check that the tenant runs this version of the policy, and see `lcmsim explain SNAPSHOT W000008 --trace`",
		"run it again with the same seed (42) to ask about the 3 draws that were not checked",
		"pull or export the identities again: 2 draws have other attributes in the tenant by now",
		"give the population the field id, the tenant's own id of an identity, to bring 200 into the frame",
	}, NewCrosscheck(sampleCrosscheck(same)).NextSteps)
	require.Equal(t, []string{
		"without --plan-only the tenant is asked about 12 identities",
		"give the population the field id, the tenant's own id of an identity, to bring 200 into the frame",
	}, NewCrosscheck(plannedCrosscheck(same)).NextSteps)
	in := bareCrosscheck(false)
	in.Result = agreement(engine.Tally{Agree: 299}, engine.Tally{}, 4800)
	require.Empty(t, NewCrosscheck(in).NextSteps)
}

// Text of strangers acts nowhere on a terminal; JSON carries it.
func TestHostileCrosscheck(t *testing.T) {
	for _, s := range hostile {
		for _, sample := range []func(func(string) string) CrosscheckInput{sampleCrosscheck, plannedCrosscheck} {
			d := NewCrosscheck(sample(func(string) string { return s }))
			for line := range strings.Lines(crosscheckScreen(t, d, TerminalOptions{})) {
				line = strings.TrimSuffix(line, "\n")
				require.Equal(t, line, Printable(line))
			}
			var js bytes.Buffer
			require.NoError(t, WriteJSON(&js, d))
			require.True(t, json.Valid(js.Bytes()))
			_, err := ReadCrosscheckJSON(&js)
			require.NoError(t, err)
		}
	}
}

// Whatever can be read can be rendered.
func FuzzReadCrosscheckJSON(f *testing.F) {
	good, err := os.ReadFile("testdata/crosscheck.json")
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte(`{"schema":"lcmsim.crosscheck/v1"}`))
	f.Add(bytes.ReplaceAll(good, []byte("4800"), []byte("-9223372036854775808")))
	f.Add(bytes.ReplaceAll(good, []byte(`"stratum_index": 0`), []byte(`"stratum_index": -7`)))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := ReadCrosscheckJSON(bytes.NewReader(text))
		if err != nil {
			return
		}
		crosscheckScreen(t, d, TerminalOptions{Color: true})
		var out bytes.Buffer
		require.NoError(t, WriteJSON(&out, d))
		again, err := ReadCrosscheckJSON(&out)
		require.NoError(t, err)
		require.Equal(t, d, again)
	})
}

// A cross-check says of a result in what it is about something else.
func TestCrosscheckNoteCaveats(t *testing.T) {
	in := sampleInput()
	in.Crosscheck = nil
	require.Nil(t, New(in).Crosscheck)

	same := NewCrosscheck(sampleCrosscheck(func(s string) string { return s }))
	of := func(change func(*CrosscheckDocument)) []string {
		d := New(sampleInput())
		c := *same
		c.Inputs, c.Rules = d.Inputs, d.Rules
		change(&c)
		in := sampleInput()
		in.Crosscheck = &c
		return New(in).Crosscheck.Caveats
	}
	require.Empty(t, of(func(*CrosscheckDocument) {}))
	other := ptr(sampleDigest[1:])
	for want, change := range map[string]func(*CrosscheckDocument){
		"The cross-check is about version 6 PUBLISHED of the policy, this result about version 7 PUBLISHED.": func(c *CrosscheckDocument) {
			c.Inputs.Policy.Version, c.Inputs.Policy.SHA256 = ptr(6), other
		},
		"The cross-check is about another policy: Leavers.": func(c *CrosscheckDocument) {
			c.Inputs.Policy.ID, c.Inputs.Policy.Name = ptr("x"), ptr("Leavers")
		},
		"The access profiles are not those that were cross-checked.": func(c *CrosscheckDocument) { c.Inputs.Profiles.SHA256 = other },
		"The population is not the one that was cross-checked.":      func(c *CrosscheckDocument) { c.Inputs.Population.SHA256 = other },
		"Whether it is the population that was cross-checked is not known: its digest is missing.": func(c *CrosscheckDocument) {
			c.Inputs.Population.SHA256 = nil
		},
		"It was made under other rules: filter.coerce was off and is on here.": func(c *CrosscheckDocument) {
			c.Rules = engine.DefaultRules("vendor").All()
		},
	} {
		require.Equal(t, []string{want}, of(change))
	}
	require.Equal(t, "DISAGREES: the tenant disagreed about 1 of 320 identities that were drawn; no disagreement in 299 random draws: at most 1% of the frame at 95% confidence. "+
		"The cross-check is about version 6 PUBLISHED of the policy, this result about version 7 PUBLISHED. The access profiles are not those that were cross-checked. "+
		"Whether it is the population that was cross-checked is not known: its digest is missing. It was made under other rules: filter.coerce was off and is on here.",
		New(sampleInput()).Crosscheck.lead()[0].text)
}
