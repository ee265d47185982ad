package report

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/engine"
)

// junitFile is a JUnit file as its readers see it.
type junitFile struct {
	junitCounts
	Suites []struct {
		Name string `xml:"name,attr"`
		junitCounts
		Properties []struct {
			Name  string `xml:"name,attr"`
			Value string `xml:"value,attr"`
		} `xml:"properties>property"`
		Cases []junitCase `xml:"testcase"`
	} `xml:"testsuite"`
}

type junitCounts struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitOutcome `xml:"failure"`
	Error   *junitOutcome `xml:"error"`
	Skipped *junitOutcome `xml:"skipped"`
	Output  string        `xml:"system-out"`
}

type junitOutcome struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// status is the outcome of a case in a word.
func (c junitCase) status() string {
	switch {
	case c.Failure != nil:
		return "failure"
	case c.Error != nil:
		return "error"
	case c.Skipped != nil:
		return "skipped"
	}
	return "passed"
}

// body is the text of a case, wherever it stands.
func (c junitCase) body() string {
	switch {
	case c.Failure != nil:
		return c.Failure.Text
	case c.Error != nil:
		return c.Error.Text
	}
	return c.Output
}

// readJUnit reads what WriteJUnit writes: one suite whose counts are right.
func readJUnit(t require.TestingT, d Renderable) (junitFile, []byte) {
	var page bytes.Buffer
	require.NoError(t, WriteJUnit(&page, d))
	var file junitFile
	require.NoError(t, xml.Unmarshal(page.Bytes(), &file))
	require.Len(t, file.Suites, 1)
	counts := junitCounts{Tests: len(file.Suites[0].Cases)}
	for _, c := range file.Suites[0].Cases {
		switch c.status() {
		case "failure":
			counts.Failures++
		case "error":
			counts.Errors++
		case "skipped":
			counts.Skipped++
		}
	}
	require.Equal(t, counts, file.junitCounts)
	require.Equal(t, counts, file.Suites[0].junitCounts)
	return file, page.Bytes()
}

// statuses are the names of the cases with their outcomes, in order.
func statuses(file junitFile) []string {
	out := []string{}
	for _, c := range file.Suites[0].Cases {
		out = append(out, c.Class+" "+c.Name+": "+c.status())
	}
	return out
}

// requireJUnitFollowsExit holds the suite to the exit code: red exactly when the code is neither 0 nor 2.
func requireJUnitFollowsExit(t require.TestingT, d Renderable, file junitFile) {
	require.NotEmpty(t, file.Suites[0].Cases, "an empty suite fails in some systems")
	exit, _ := Outcome(d)
	require.Equal(t, exit.Code != ExitOK && exit.Code != ExitChanges, file.Failures+file.Errors > 0, "exit code %d: %v", exit.Code, statuses(file))
}

func TestGoldenJUnit(t *testing.T) {
	for name, d := range sampleDocuments() {
		file, page := readJUnit(t, d)
		requireJUnitFollowsExit(t, d, file)
		requireGolden(t, name+".junit.xml", page)
	}
}

func TestJUnitCases(t *testing.T) {
	limit := func(scope, name string, verdict engine.Verdict, basis, enforced string) engine.LimitResult {
		return engine.LimitResult{Scope: scope, Kind: "count", Name: name, Max: 1, Basis: basis, Verdict: verdict, Enforced: enforced, AffectedLow: 2, AffectedHigh: 2, Headroom: -1}
	}
	failure := []engine.Finding{{Severity: engine.SeverityError, Code: "syntax", Count: 1}}
	for _, c := range []struct {
		name     string
		limits   []engine.LimitResult
		findings []engine.Finding
		failOn   string
		want     []string
	}{
		{name: "nothing", want: []string{"lcmsim.exit exit code: passed"}},
		{
			name: "a limit and a guard", failOn: "limit,guard",
			limits: []engine.LimitResult{limit("effect", "revokes", engine.VerdictExceeded, "changed", "own"), limit("guard", "last", engine.VerdictExceeded, "changed", "own")},
			want:   []string{"lcmsim.limit.effect revokes (count): failure", "lcmsim.guard last (count): failure"},
		},
		{
			name: "not asked to fail", failOn: "none",
			limits: []engine.LimitResult{limit("effect", "revokes", engine.VerdictExceeded, "changed", "own")},
			want:   []string{"lcmsim.limit.effect revokes (count): skipped"},
		},
		{
			name:   "on a first run",
			limits: []engine.LimitResult{limit("policy", "max", engine.VerdictExceeded, "first_run", "blocks_all")},
			want:   []string{"lcmsim.limit.policy max (count): skipped"},
		},
		{
			name:   "for information",
			limits: []engine.LimitResult{limit("policy", "max", engine.VerdictExceeded, "changed", "information"), limit("policy", "min", engine.VerdictOK, "changed", "information")},
			want:   []string{"lcmsim.limit.policy max (count): skipped", "lcmsim.limit.policy min (count): passed"},
		},
		{
			name:   "undecided",
			limits: []engine.LimitResult{limit("cohort", "legal", engine.VerdictMaybe, "changed", "own"), limit("guard", "last", engine.VerdictAtLimit, "changed", "own")},
			want:   []string{"lcmsim.limit.cohort legal (count): error", "lcmsim.guard last (count): passed"},
		},
		{
			name: "an error of the policy", findings: failure,
			limits: []engine.LimitResult{limit("effect", "revokes", engine.VerdictOK, "changed", "own")},
			want:   []string{"lcmsim.limit.effect revokes (count): passed", "lcmsim.exit exit code: error"},
		},
		{name: "an error that fails the gate", findings: failure, failOn: "error", want: []string{"lcmsim.exit exit code: failure"}},
		{
			name: "a limit and an error that fail the gate", findings: failure, failOn: "limit,error",
			limits: []engine.LimitResult{limit("effect", "revokes", engine.VerdictExceeded, "changed", "own")},
			want:   []string{"lcmsim.limit.effect revokes (count): failure", "lcmsim.exit exit code: failure"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := sampleInput()
			in.Result = &engine.Result{Limits: c.limits}
			in.Findings = c.findings
			in.Settings = Settings{FailOn: DefaultFailOn().Words()}
			if c.failOn != "" {
				failOn, err := ParseFailOn(c.failOn)
				require.NoError(t, err)
				in.Settings = Settings{FailOn: failOn.Words(), FailOnGiven: true}
			}
			d := New(in)
			file, _ := readJUnit(t, d)
			require.Equal(t, c.want, statuses(file))
			requireJUnitFollowsExit(t, d, file)
		})
	}
}

func TestJUnitFollowsTheExitCode(t *testing.T) {
	verdict := rapid.SampledFrom([]engine.Verdict{engine.VerdictOK, engine.VerdictAtLimit, engine.VerdictExceeded, engine.VerdictMaybe})
	rapid.Check(t, func(t *rapid.T) {
		limits := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) engine.LimitResult {
			return engine.LimitResult{
				Scope: rapid.SampledFrom([]string{"policy", "effect", "workflow", "cohort", "guard"}).Draw(t, "scope"), Kind: "count",
				Name: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name"), Basis: rapid.SampledFrom([]string{"changed", engine.BasisFirstRun}).Draw(t, "basis"),
				Verdict: verdict.Draw(t, "verdict"), Enforced: rapid.SampledFrom([]string{"own", "information", "blocks_all"}).Draw(t, "enforced"),
			}
		}), 0, 4).Draw(t, "limits")
		findings := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) engine.Finding {
			return engine.Finding{Code: "c", Count: 1, Severity: rapid.SampledFrom([]engine.Severity{engine.SeverityError, engine.SeverityWarning, engine.SeverityInfo}).Draw(t, "severity")}
		}), 0, 2).Draw(t, "findings")
		failOn, err := ParseFailOn(strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"limit", "guard", "maybe", "error", "warning"}), 1, 3).Draw(t, "fail-on"), ","))
		require.NoError(t, err)
		n := rapid.IntRange(0, 2)
		settings := Settings{FailOn: failOn.Words(), FailOnGiven: rapid.Bool().Draw(t, "given"), DetailedExitcode: rapid.Bool().Draw(t, "detailed"), ExpectNoChanges: rapid.Bool().Draw(t, "expect none")}

		in := sampleInput()
		in.Findings, in.Settings = findings, settings
		in.Result = &engine.Result{Limits: limits, Summary: engine.Summary{AffectedHigh: n.Draw(t, "affected"), Unknown: n.Draw(t, "unknown")}}
		d := New(in)
		file, _ := readJUnit(t, d)
		requireJUnitFollowsExit(t, d, file)

		changes := sampleDiffInput()
		changes.Findings, changes.Settings = findings, settings
		changes.Result = &engine.DiffResult{Limits: limits, Summary: engine.DiffSummary{Changed: n.Draw(t, "changed"), Maybe: n.Draw(t, "maybe"), Unknown: n.Draw(t, "unknown")}}
		diff := NewDiff(changes)
		file, _ = readJUnit(t, diff)
		requireJUnitFollowsExit(t, diff, file)

		tally := rapid.Custom(func(t *rapid.T) engine.Tally {
			return engine.Tally{Agree: n.Draw(t, "agree"), Disagree: n.Draw(t, "disagree"), Drifted: n.Draw(t, "drifted"), NotChecked: n.Draw(t, "not checked")}
		})
		asked := sampleCrosscheck(same)
		asked.Result, asked.Findings = agreement(tally.Draw(t, "random"), tally.Draw(t, "targeted"), 20), findings
		if rapid.Bool().Draw(t, "with a maximum") {
			asked.MaxDisagreement = ptr(rapid.Float64Range(0, 1).Draw(t, "maximum"))
		}
		crosscheck := NewCrosscheck(asked)
		file, _ = readJUnit(t, crosscheck)
		requireJUnitFollowsExit(t, crosscheck, file)
	})
}

func TestHostileTextInJUnit(t *testing.T) {
	for _, s := range hostile {
		s = prefix(s, 5_000) // nothing is cut here
		text := func(string) string { return prefix(s, 500) }
		for _, d := range []Renderable{New(hostileInput(s)), NewDiff(hostileDiffInput(s)), NewCrosscheck(sampleCrosscheck(text)), NewCalibration(sampleCalibration(text))} {
			file, page := readJUnit(t, d)
			requireWellFormed(t, "junit.xml", string(page))
			requireJUnitFollowsExit(t, d, file)
			for line := range strings.Lines(string(page)) {
				require.Equal(t, -1, strings.IndexFunc(strings.TrimSuffix(line, "\n"), notPrint))
			}
			for _, c := range file.Suites[0].Cases {
				require.Equal(t, -1, strings.IndexFunc(c.Name, notPrint), "%q", c.Name)
			}
		}
		file, _ := readJUnit(t, New(hostileInput(s)))
		require.Equal(t, Printable(s)+" (count)", file.Suites[0].Cases[0].Name, "the text reads back")
	}
}
