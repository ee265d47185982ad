package report

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

func TestGoldenCalibration(t *testing.T) {
	d := NewCalibration(sampleCalibration(same))
	var js, plain, color bytes.Buffer
	require.NoError(t, WriteJSON(&js, d))
	require.NoError(t, WriteTerminal(&plain, d, TerminalOptions{}))
	require.NoError(t, WriteTerminal(&color, d, TerminalOptions{Width: 120, Color: true}))
	requireGolden(t, "calibration.json", js.Bytes())
	requireGolden(t, "calibration.txt", plain.Bytes())
	requireGolden(t, "calibration.color.txt", color.Bytes())
	requireGolden(t, "calibration.rules.yaml", []byte(d.RulesYAML))
}

// bareCalibration asked nothing about no rule.
func bareCalibration() CalibrationInput {
	return CalibrationInput{Rules: engine.DefaultRules("vendor"), Policy: &engine.Policy{}, Version: &engine.Version{},
		Result: &engine.CalibrationResult{Profiles: engine.ProfilesEither}}
}

func calibrationScreen(t require.TestingT, d *CalibrationDocument, opt TerminalOptions) string {
	var out bytes.Buffer
	require.NoError(t, WriteTerminal(&out, d, opt))
	return out.String()
}

func TestCalibrationJSONRoundTrip(t *testing.T) {
	for _, in := range []CalibrationInput{sampleCalibration(same), bareCalibration()} {
		d := NewCalibration(in)
		var first, second bytes.Buffer
		require.NoError(t, WriteJSON(&first, d))
		read, err := ReadCalibrationJSON(bytes.NewReader(first.Bytes()))
		require.NoError(t, err)
		require.Equal(t, d, read)
		require.NoError(t, WriteJSON(&second, read))
		require.Equal(t, first.String(), second.String())
		require.Equal(t, calibrationScreen(t, d, TerminalOptions{}), calibrationScreen(t, read, TerminalOptions{}))
		require.Equal(t, d.RulesYAML, RulesYAML(read))
	}
	_, err := ReadCalibrationJSON(strings.NewReader(`{"schema":"lcmsim.crosscheck/v1"}`))
	require.EqualError(t, err, `result has schema "lcmsim.crosscheck/v1", not "lcmsim.calibration/v1"; give a result of `+"`lcmsim calibrate`")
	broken := NewCalibration(sampleCalibration(same))
	broken.Verdicts[1].Experiments[0] = 7
	var js bytes.Buffer
	require.NoError(t, WriteJSON(&js, broken))
	_, err = ReadCalibrationJSON(&js)
	require.EqualError(t, err, "result is inconsistent: verdicts[1].experiments has 7 of 7 experiments")
}

func TestNewCalibrationLeavesItsInputAlone(t *testing.T) {
	in := sampleCalibration(same)
	NewCalibration(in)
	require.Equal(t, sampleCalibration(same), in)
}

func TestCalibrationSchema(t *testing.T) {
	schema := compileSchema(t, "calibration.v1.schema.json")
	requireSameFields(t, schema, reflect.TypeFor[CalibrationDocument](), "")
	require.NoError(t, schema.Validate(tree(t, NewCalibration(bareCalibration()))))
	document := tree(t, NewCalibration(sampleCalibration(same)))
	require.NoError(t, schema.Validate(document))
	fields := 0
	withoutEachField(document, "", func(path string) {
		fields++
		require.Error(t, schema.Validate(document), "the schema accepts a document without %s", path)
	})
	require.Greater(t, fields, 200)
}

func TestCalibrationSummary(t *testing.T) {
	require.Equal(t, CalibrationSummary{
		Identities: 5000, Frame: 4800, Rules: 7, ConfirmedDefault: 1, ConfirmedAlternative: 2, Contradictory: 1, Undecidable: 3, NotAsked: 1, Differ: 1,
		Asked: 7, Answered: 5, Unexplained: 2, Drifted: 1, NotChecked: 1, Hypotheses: 4096, Consistent: 8, AccessProfiles: engine.ProfilesInherited,
	}, NewCalibration(sampleCalibration(same)).Summary)
}

func TestDecideCalibration(t *testing.T) {
	rule := func(verdict, inForce, value string, experiments ...int) engine.RuleVerdict {
		return engine.RuleVerdict{Rule: "filter.missing_ne", Default: "true", Alternative: "false", InForce: inForce, Verdict: verdict, Value: known(value), Experiments: experiments}
	}
	asked := func(verdict string) engine.Experiment {
		return engine.Experiment{Rules: []string{"filter.missing_ne"}, Verdict: verdict}
	}
	unasked := func(n int) engine.RuleVerdict {
		v := rule(engine.Undecidable, "true", "")
		v.Unasked = n
		return v
	}
	broken := []engine.Finding{{Severity: engine.SeverityError, Code: "syntax", Count: 1}}
	const differs = "filter.missing_ne: the tenant follows false, here true is in force"
	const missing = "filter.missing_ne: 1 experiment could not be made"
	for _, c := range []struct {
		name        string
		rules       []engine.RuleVerdict
		experiments []engine.Experiment
		findings    []engine.Finding
		word        string
		code        int
		reasons     []string
	}{
		{name: "nothing", word: WordUndecided},
		{name: "default", rules: []engine.RuleVerdict{rule(engine.ConfirmedDefault, "true", "true")}, word: WordConfirmed},
		{name: "alternative that is in force", rules: []engine.RuleVerdict{rule(engine.ConfirmedAlternative, "false", "false")}, word: WordConfirmed},
		{name: "alternative", rules: []engine.RuleVerdict{rule(engine.ConfirmedAlternative, "true", "false")}, word: WordDiffers, code: 4, reasons: []string{differs}},
		{name: "default that is not in force", rules: []engine.RuleVerdict{rule(engine.ConfirmedDefault, "false", "true")}, word: WordDiffers, code: 4,
			reasons: []string{"filter.missing_ne: the tenant follows true, here false is in force"}},
		{name: "contradictory", rules: []engine.RuleVerdict{rule(engine.Contradictory, "true", "")}, word: WordContradictory, code: 4,
			reasons: []string{"filter.missing_ne: the tenant's answers fit no single value"}},
		{name: "undecidable", rules: []engine.RuleVerdict{rule(engine.Undecidable, "true", "")}, word: WordUndecided},
		{name: "partly", rules: []engine.RuleVerdict{rule(engine.ConfirmedDefault, "true", "true"), rule(engine.Undecidable, "true", "")}, word: WordPartlyConfirmed},
		{name: "drifted", rules: []engine.RuleVerdict{rule(engine.Undecidable, "true", "", 0)}, experiments: []engine.Experiment{asked(engine.VerdictDrifted)},
			word: WordInconclusive, code: 5, reasons: []string{missing}},
		{name: "not checked, and not listed", rules: []engine.RuleVerdict{rule(engine.Undecidable, "true", "")}, experiments: []engine.Experiment{asked(engine.VerdictNotChecked)},
			word: WordInconclusive, code: 5, reasons: []string{missing}},
		{name: "not checked, and settled otherwise", rules: []engine.RuleVerdict{rule(engine.ConfirmedDefault, "true", "true")},
			experiments: []engine.Experiment{asked(engine.VerdictNotChecked), asked(engine.VerdictAgree)}, word: WordConfirmed},
		{name: "not asked", rules: []engine.RuleVerdict{unasked(13)}, word: WordInconclusive, code: 5, reasons: []string{"filter.missing_ne: not asked about 13 identities that bear on it"}},
		{name: "one not asked", rules: []engine.RuleVerdict{rule(engine.ConfirmedDefault, "true", "true"), unasked(1)}, word: WordInconclusive, code: 5,
			reasons: []string{"filter.missing_ne: not asked about 1 identity that bears on it"}},
		{name: "the token expired", rules: []engine.RuleVerdict{unasked(13)}, experiments: []engine.Experiment{asked(engine.VerdictNotChecked)}, word: WordInconclusive, code: 5,
			reasons: []string{missing, "filter.missing_ne: not asked about 13 identities that bear on it"}},
		{name: "differs before inconclusive", rules: []engine.RuleVerdict{rule(engine.ConfirmedAlternative, "true", "false"), {Rule: "x", Verdict: engine.Undecidable, Experiments: []int{0}}},
			experiments: []engine.Experiment{{Verdict: engine.VerdictDrifted}}, word: WordDiffers, code: 4, reasons: []string{differs}},
		{name: "unexplained", rules: []engine.RuleVerdict{rule(engine.ConfirmedDefault, "true", "true")}, experiments: []engine.Experiment{asked(engine.VerdictDisagree)},
			word: WordContradictory, code: 4, reasons: []string{"1 answer of the tenant fits no combination of rules"}},
		{name: "error", rules: []engine.RuleVerdict{rule(engine.ConfirmedDefault, "true", "true")}, findings: broken, word: WordInconclusive, code: 5, reasons: []string{"1 error: syntax (1)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.reasons == nil {
				c.reasons = []string{}
			}
			in := bareCalibration()
			in.Result.Rules, in.Result.Experiments, in.Findings = c.rules, c.experiments, c.findings
			d := NewCalibration(in)
			require.Equal(t, Exit{Code: c.code, Reasons: c.reasons}, d.Exit)
			require.Equal(t, c.word, d.Verdict.Word)
		})
	}
}

// What was not asked is asked with a greater budget or a new token, not made up in a test tenant.
func TestCalibrationNextSteps(t *testing.T) {
	const (
		budget  = "raise --budget: identities that bear on 1 rule were not asked about"
		token   = "renew the token, in VEZA_API_KEY or in the file of --token-file: the tenant does not accept it (HTTP 401)"
		again   = "run it again: 1 experiment brought no answer that can be compared"
		suggest = "an identity of a test tenant with the attributes that are suggested decides what is undecidable here"
	)
	open := engine.RuleVerdict{Rule: "filter.list_eq", Default: "whole", Alternative: "any", Verdict: engine.Undecidable, Because: "nobody", Suggestions: []engine.Suggestion{{Text: "x"}}}
	notAsked := engine.RuleVerdict{Rule: "filter.missing_ne", Default: "true", Alternative: "false", Verdict: engine.Undecidable, Because: "13 were not asked about", Unasked: 13}
	failed := func(reason string) []engine.Experiment {
		return []engine.Experiment{{Verdict: engine.VerdictNotChecked, Reason: reason}}
	}
	for _, c := range []struct {
		rules       []engine.RuleVerdict
		experiments []engine.Experiment
		want        []string
	}{
		{[]engine.RuleVerdict{open}, nil, []string{suggest}},
		{[]engine.RuleVerdict{open, notAsked}, nil, []string{budget}},
		{[]engine.RuleVerdict{open, notAsked}, failed("HTTP 503 Unavailable"), []string{again, budget}},
		{[]engine.RuleVerdict{open, notAsked}, failed("HTTP 401 Unauthenticated"), []string{token, again}},
		{[]engine.RuleVerdict{open}, failed("HTTP 401 Unauthenticated"), []string{token, again, suggest}},
	} {
		in := bareCalibration()
		in.Result.Rules, in.Result.Experiments = c.rules, c.experiments
		require.Equal(t, c.want, NewCalibration(in).NextSteps)
	}
	in := bareCalibration()
	in.Result.Rules = []engine.RuleVerdict{open, notAsked}
	d := NewCalibration(in)
	require.Equal(t, "0 of 2 rules confirmed, 1 not asked, 1 undecidable; 0 experiments", d.Verdict.Sentence)
	require.Equal(t, engine.Undecidable, d.Verdicts[1].Verdict)
	require.Contains(t, d.RulesYAML, "  # filter.list_eq (whole or any) is undecidable: nobody\n  # filter.missing_ne (true or false) was not asked: 13 were not asked about\n")
	screen := calibrationScreen(t, d, TerminalOptions{})
	require.Contains(t, screen, "NOT ASKED\n  filter.missing_ne: 13 were not asked about\nUNDECIDABLE\n  filter.list_eq: nobody\n    would decide it: x\n")
}

func TestExperimentText(t *testing.T) {
	d := NewCalibration(sampleCalibration(same))
	for i, want := range []string{
		`W000001: the tenant answers as under filter.string_case=exact; under filter.string_case=fold it would be without workflow "Leaver", ` +
			`without action "Disable accounts" (DEPROVISION_IDENTITY), with access profile "3a2371b6-0001"`,
		`W000002: the tenant answers as under filter.missing_ne=false; under other combinations of rules it would be with workflow "Leaver", ` +
			`with action "Disable accounts" (DEPROVISION_IDENTITY), without access profile "3a2371b6-0001"`,
		"W000003: no combination of rules predicts the answer: nothing matches, nothing is planned: it names no workflow",
		"W000004: drifted: department: Sales here, IT in the tenant",
		"W000005: not checked: 503 Unavailable",
		"W000006: the answer is the predicted one",
		"W000007: no combination of rules predicts the answer: it names the workflow ghost",
	} {
		require.Equal(t, want, d.Experiments[i].Text)
	}
	require.Equal(t, []string{"a", "c"}, without([]string{"a", "a", "b", "c"}, []string{"b", "a"}))
	require.Equal(t, "the same", outcomeDifference(&ExperimentOutcome{}, &ExperimentOutcome{}))
}

func TestCalibrationTerminal(t *testing.T) {
	for _, in := range []CalibrationInput{sampleCalibration(same), bareCalibration()} {
		for _, opt := range []TerminalOptions{{}, {Width: 132, Color: true}} {
			d := NewCalibration(in)
			lines := strings.Split(strings.TrimSuffix(calibrationScreen(t, d, opt), "\n"), "\n")
			require.Contains(t, lines[0], d.Verdict.Word)
			require.Equal(t, lines[0]+" (exit code "+strconv.Itoa(d.Exit.Code)+")", lines[len(lines)-1])
			yaml := false // is for copying: it is not cut
			for _, line := range lines[1 : len(lines)-1] {
				yaml = yaml || strings.Contains(line, "FOR LCMSIM.YAML")
				if !yaml {
					require.LessOrEqual(t, text.StringWidthWithoutEscSequences(line), opt.width(), line)
				}
			}
			require.Contains(t, strings.Join(lines, "\n")+"\n", "\n"+d.RulesYAML)
		}
	}
}

// Text of strangers acts nowhere on a terminal and leaves no comment of the YAML; JSON carries it.
func TestHostileCalibration(t *testing.T) {
	for _, s := range hostile {
		d := NewCalibration(sampleCalibration(func(string) string { return s }))
		for line := range strings.Lines(calibrationScreen(t, d, TerminalOptions{})) {
			line = strings.TrimSuffix(line, "\n")
			require.Equal(t, line, Printable(line))
		}
		settings := 0
		for line := range strings.Lines(d.RulesYAML) {
			require.Equal(t, strings.TrimSuffix(line, "\n"), Printable(strings.TrimSuffix(line, "\n")))
			if !strings.HasPrefix(strings.TrimSpace(line), "#") {
				settings++
			}
		}
		require.Equal(t, 4, settings, "rules: and three confirmed ones")
		var js bytes.Buffer
		require.NoError(t, WriteJSON(&js, d))
		require.True(t, json.Valid(js.Bytes()))
		_, err := ReadCalibrationJSON(&js)
		require.NoError(t, err)
	}
}

func TestYAMLScalar(t *testing.T) {
	for s, want := range map[string]string{
		"exact": "exact", "filter.missing_ne": "filter.missing_ne", "on": `"on"`, "off": `"off"`, "true": `"true"`, "false": `"false"`, "no": `"no"`, "null": `"null"`,
		"": `""`, "a: b": `"a: b"`, "- x": `"- x"`, "1": `"1"`, "a\nb": `"a\nb"`, "\xff": "\"\ufffd\"", "\u2028": `"\u2028"`,
	} {
		require.Equal(t, want, yamlScalar(s))
	}
}

// Whatever can be read can be rendered.
func FuzzReadCalibrationJSON(f *testing.F) {
	good, err := os.ReadFile("testdata/calibration.json")
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte(`{"schema":"lcmsim.calibration/v1"}`))
	f.Add(bytes.ReplaceAll(good, []byte("4800"), []byte("-9223372036854775808")))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := ReadCalibrationJSON(bytes.NewReader(text))
		if err != nil {
			return
		}
		calibrationScreen(t, d, TerminalOptions{Color: true})
		RulesYAML(d)
		var out bytes.Buffer
		require.NoError(t, WriteJSON(&out, d))
		again, err := ReadCalibrationJSON(&out)
		require.NoError(t, err)
		require.Equal(t, d, again)
	})
}
