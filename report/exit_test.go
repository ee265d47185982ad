package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

func TestDecide(t *testing.T) {
	limit := func(verdict engine.Verdict, change func(*engine.LimitResult)) engine.LimitResult {
		l := engine.LimitResult{Scope: "policy", Kind: "count", Name: "max_identities_affected_count", Max: 100, Basis: "changed",
			AffectedLow: 5000, AffectedHigh: 5000, Population: 6000, Verdict: verdict, Headroom: -4900, Enforced: "blocks_all"}
		if change != nil {
			change(&l)
		}
		return l
	}
	firstRun := func(l *engine.LimitResult) { l.Basis = "first_run" }
	information := func(l *engine.LimitResult) { l.Enforced = "information" }
	guard := func(l *engine.LimitResult) { l.Scope, l.Name, l.Max, l.Enforced = "guard", "executives", 0, "own" }
	given := func(text string) FailOn {
		f, err := ParseFailOn(text)
		require.NoError(t, err)
		return f
	}
	errorFinding := engine.Finding{Severity: engine.SeverityError, Code: "syntax", Count: 3}
	missing := engine.Finding{Severity: engine.SeverityError, Code: "missing-profile", Count: 1}
	warning := engine.Finding{Severity: engine.SeverityWarning, Code: "unknown-attribute", Count: 1}
	const exceeded = `limit "max_identities_affected_count" exceeded: 5,000 of at most 100`

	for _, c := range []struct {
		name     string
		limits   []engine.LimitResult
		findings []engine.Finding
		unknown  int
		affected int
		failOn   FailOn
		detailed bool
		code     int
		reasons  []string
	}{
		{name: "nothing", failOn: DefaultFailOn(), code: 0, reasons: []string{}},
		{name: "changes without the flag", affected: 4, failOn: DefaultFailOn(), code: 0, reasons: []string{}},
		{name: "changes", affected: 4, failOn: DefaultFailOn(), detailed: true, code: 2, reasons: []string{"4 of 6,000 identities affected"}},
		{name: "no changes with the flag", failOn: DefaultFailOn(), detailed: true, code: 0, reasons: []string{}},
		{name: "limit, basis changed", limits: []engine.LimitResult{limit("exceeded", nil)}, failOn: DefaultFailOn(), code: 3, reasons: []string{exceeded}},
		{name: "limit, first run", limits: []engine.LimitResult{limit("exceeded", firstRun)}, failOn: DefaultFailOn(), code: 0, reasons: []string{}},
		{name: "limit, first run, given", limits: []engine.LimitResult{limit("exceeded", firstRun)}, failOn: given("limit"), code: 3, reasons: []string{exceeded}},
		{name: "limit for information", limits: []engine.LimitResult{limit("exceeded", information)}, failOn: given("limit"), code: 0, reasons: []string{}},
		{name: "limit, gate off", limits: []engine.LimitResult{limit("exceeded", nil)}, failOn: given("none"), code: 0, reasons: []string{}},
		{name: "limit, gate for guards", limits: []engine.LimitResult{limit("exceeded", nil)}, failOn: given("guard"), code: 0, reasons: []string{}},
		{name: "guard", limits: []engine.LimitResult{limit("exceeded", guard)}, failOn: given("guard"), code: 3,
			reasons: []string{`guard "executives" broken: 5,000 of at most 0`}},
		{name: "guard, first run", limits: []engine.LimitResult{limit("exceeded", func(l *engine.LimitResult) { guard(l); firstRun(l) })}, failOn: DefaultFailOn(), code: 3,
			reasons: []string{`guard "executives" broken: 5,000 of at most 0`}},
		{name: "at the limit", limits: []engine.LimitResult{limit("at_limit", nil)}, failOn: given("limit,maybe"), code: 0, reasons: []string{}},
		{name: "percent", limits: []engine.LimitResult{limit("exceeded", func(l *engine.LimitResult) { l.Kind, l.Max, l.Headroom = "percent", 7.5, 450-5000 })},
			failOn: DefaultFailOn(), code: 3, reasons: []string{`limit "max_identities_affected_count" exceeded: 5,000 of at most 450 (7.5%)`}},
		{name: "maybe", limits: []engine.LimitResult{limit("maybe", func(l *engine.LimitResult) { l.AffectedLow = 90 })}, failOn: DefaultFailOn(), code: 5,
			reasons: []string{`limit "max_identities_affected_count" perhaps exceeded: 90 to 5,000 of at most 100`}},
		{name: "maybe gates", limits: []engine.LimitResult{limit("maybe", nil)}, failOn: given("maybe"), code: 3,
			reasons: []string{`limit "max_identities_affected_count" perhaps exceeded: 5,000 of at most 100`}},
		{name: "maybe for information", limits: []engine.LimitResult{limit("maybe", information)}, failOn: given("maybe"), code: 0, reasons: []string{}},
		{name: "error", findings: []engine.Finding{errorFinding, missing, errorFinding}, failOn: DefaultFailOn(), code: 5,
			reasons: []string{"3 errors: missing-profile (1), syntax (2)"}},
		{name: "error gates", findings: []engine.Finding{errorFinding}, failOn: given("error"), code: 3, reasons: []string{"1 error: syntax (1)"}},
		{name: "warning", findings: []engine.Finding{warning}, failOn: DefaultFailOn(), code: 0, reasons: []string{}},
		{name: "warning gates", findings: []engine.Finding{warning}, failOn: given("warning"), code: 3, reasons: []string{"1 warning: unknown-attribute (1)"}},
		{name: "unknown", unknown: 1, failOn: DefaultFailOn(), code: 5, reasons: []string{"1 identity depends on something unknown"}},
		{name: "unknown, gate off", unknown: 1200, failOn: given("none"), code: 5, reasons: []string{"1,200 identities depend on something unknown"}},
		{name: "gate before inconclusive", limits: []engine.LimitResult{limit("exceeded", nil)}, findings: []engine.Finding{errorFinding}, unknown: 1,
			failOn: DefaultFailOn(), code: 3, reasons: []string{exceeded}},
		{name: "inconclusive before changes", unknown: 2, affected: 4, detailed: true, failOn: DefaultFailOn(), code: 5,
			reasons: []string{"2 identities depend on something unknown"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &engine.Result{Summary: engine.Summary{Identities: 6000, Unknown: c.unknown, AffectedLow: c.affected, AffectedHigh: c.affected}, Limits: c.limits}
			require.Equal(t, Exit{Code: c.code, Reasons: c.reasons}, Decide(r, c.findings, c.failOn, c.detailed))
		})
	}
}

func TestStrongestExit(t *testing.T) {
	require.Equal(t, ExitOK, StrongestExit())
	order := []int{1, 4, 3, 5, 2, 0}
	for i, strong := range order {
		for _, weak := range order[i:] {
			require.Equal(t, strong, StrongestExit(weak, strong))
			require.Equal(t, strong, StrongestExit(strong, weak))
		}
	}
}

func TestParseFailOn(t *testing.T) {
	for text, want := range map[string]FailOn{
		"limit":                           {Limit: true, Given: true},
		"limit, guard":                    {Limit: true, Guard: true, Given: true},
		"maybe,error,warning":             {Maybe: true, Error: true, Warning: true, Given: true},
		"limit,guard,maybe,error,warning": {Limit: true, Guard: true, Maybe: true, Error: true, Warning: true, Given: true},
		"none":                            {Given: true},
	} {
		got, err := ParseFailOn(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for text, want := range map[string]string{
		"":           `fail-on: "" is none of limit, guard, maybe, error, warning, none`,
		"limits":     `fail-on: "limits" is none of limit, guard, maybe, error, warning, none`,
		"limit,none": `fail-on: none stands alone, but the list is "limit,none"`,
		"a,limit,b":  "fail-on: \"a\" is none of limit, guard, maybe, error, warning, none\nfail-on: \"b\" is none of limit, guard, maybe, error, warning, none",
	} {
		_, err := ParseFailOn(text)
		require.EqualError(t, err, want, text)
	}
}

func TestVerdictWord(t *testing.T) {
	limit := func(scope, basis string, enforced string) engine.LimitResult {
		return engine.LimitResult{Scope: scope, Basis: basis, Enforced: enforced, Verdict: engine.VerdictExceeded}
	}
	for _, c := range []struct {
		code   int
		limits []engine.LimitResult
		want   string
	}{
		{0, nil, WordOK},
		{2, nil, WordOK},
		{5, nil, WordInconclusive},
		{3, nil, WordGateFailed},
		{3, []engine.LimitResult{limit("policy", "changed", "blocks_all")}, WordLimitExceeded},
		{0, []engine.LimitResult{limit("policy", "changed", "blocks_all")}, WordLimitExceeded}, // --fail-on none
		{3, []engine.LimitResult{limit("policy", "first_run", "blocks_all")}, WordLimitExceeded},
		{0, []engine.LimitResult{limit("policy", "first_run", "blocks_all")}, WordFirstRunOver},
		{5, []engine.LimitResult{limit("policy", "first_run", "blocks_all")}, WordInconclusive},
		{0, []engine.LimitResult{limit("policy", "changed", "information")}, WordOK},
		{3, []engine.LimitResult{limit("policy", "changed", "own"), limit("guard", "changed", "own")}, WordGuardBroken},
	} {
		require.Equal(t, c.want, verdictWord(c.code, c.limits, WordOK))
	}
	require.Equal(t, WordNobody, verdictWord(0, nil, WordNobody))
	require.Equal(t, WordInconclusive, verdictWord(5, nil, WordNobody))
}
