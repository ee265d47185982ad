package report

import (
	"slices"
	"strings"
	"time"

	"github.com/lcmsim/lcmsim/engine"
)

// Header is what every document begins with.
type Header struct {
	Schema      string            `json:"schema"`
	ToolVersion string            `json:"tool_version"`
	AsOf        string            `json:"as_of"` // RFC 3339
	Semantics   string            `json:"semantics"`
	Rules       map[string]string `json:"rules"` // every named rule and its value
	Exit        Exit              `json:"exit"`
}

func newHeader(schema, toolVersion string, asOf time.Time, rules engine.Rules, exit Exit) Header {
	return Header{
		Schema: schema, ToolVersion: toolVersion, AsOf: asOf.Format(time.RFC3339Nano), Semantics: string(rules.Semantics),
		Rules: rules.All(), Exit: exit,
	}
}

// Notes are what a document says besides its numbers: the findings, and what renderings show so that they need to
// compute nothing.
type Notes struct {
	Diagnostics []Diagnostic `json:"diagnostics"`

	// Beyond the contract:
	Verdict            VerdictLine       `json:"verdict"`
	RunDigest          *string           `json:"run_digest"` // see runDigest; null while an input has no digest
	PolicyStateMeaning string            `json:"policy_state_meaning"`
	LookFirst          []string          `json:"look_first"`  // sentences, the most pressing first
	Assumptions        []string          `json:"assumptions"` // sentences
	RuleSettings       []RuleSetting     `json:"rule_settings"`
	DiagnosticGroups   []DiagnosticGroup `json:"diagnostic_groups"`
}

// newNotes are the notes that do not depend on a result.
func newNotes(findings []engine.Finding, rules engine.Rules, policyState string) Notes {
	findings = slices.Clone(findings)
	engine.SortFindings(findings)
	n := Notes{
		Diagnostics: make([]Diagnostic, 0, len(findings)), PolicyStateMeaning: stateMeaning(policyState), RuleSettings: ruleSettings(rules),
	}
	for _, f := range findings {
		n.Diagnostics = append(n.Diagnostics, newDiagnostic(f))
	}
	n.DiagnosticGroups = groupDiagnostics(n.Diagnostics)
	return n
}

// RuleSetting is one named rule (SPEC section 8).
type RuleSetting struct {
	Rule         string   `json:"rule"`
	Value        string   `json:"value"`
	Default      string   `json:"default"` // under vendor semantics
	Alternatives []string `json:"alternatives"`
	Differs      bool     `json:"differs"` // the value is not the default
}

// Diagnostic is a finding as JSON carries it.
type Diagnostic struct {
	Severity engine.Severity `json:"severity"`
	Code     string          `json:"code"`
	File     *string         `json:"file"`
	Line     *int            `json:"line"` // from 1
	Path     *string         `json:"path"`
	Column   *int            `json:"column"` // byte offset from 0 inside the expression
	Message  string          `json:"message"`
	Hint     *string         `json:"hint"`
	Count    int             `json:"count"`
	Caret    *string         `json:"caret"` // the expression with a caret line below it
}

// DiagnosticGroup is all diagnostics of one severity and code, in the order of the diagnostics.
type DiagnosticGroup struct {
	Severity    engine.Severity `json:"severity"`
	Code        string          `json:"code"`
	Diagnostics int             `json:"diagnostics"` // how many
	Count       int             `json:"count"`       // sum of their counts
	First       int             `json:"first"`       // index of the first in diagnostics
}

// ruleSettings lists all rules in the order of SPEC section 8.
func ruleSettings(rules engine.Rules) []RuleSetting {
	out := []RuleSetting{}
	for _, info := range engine.RuleTable() {
		value := rules.Get(info.Name)
		out = append(out, RuleSetting{
			Rule: info.Name, Value: value, Default: info.Default, Alternatives: list(info.Others), Differs: value != info.Default,
		})
	}
	return out
}

func newDiagnostic(f engine.Finding) Diagnostic {
	return Diagnostic{
		Severity: f.Severity,
		Code:     f.Code,
		File:     known(f.File),
		Line:     knownInt(f.Line, 0),
		Path:     known(f.Path),
		Column:   knownInt(f.Column, engine.NoColumn),
		Message:  strings.ToValidUTF8(f.Message, "\ufffd"),
		Hint:     known(f.Hint),
		Count:    f.Count,
		Caret:    known(f.Caret),
	}
}

// pressing are the codes of warnings that most likely tell of a mistake in what was asked or in the policy; groups of them
// come first. trifling are those that seldom do; they come last.
var (
	pressing = []string{"same-sides", "other-policy", "baseline-is-later", "edit-not-exercised", "attribute-on-one-side", "few-common-identities",
		"grants-unmatched", "history-unmatched", "guard-protects-nobody", "empty-cohort", "unknown-cohort", "unknown-mover-property",
		"unknown-attribute", "overlapping-removal", "profile-withheld", "needs-access-graph", "ignored-expression",
		"condition-type-is-expression", "action-type-mismatch", "type-mismatch", "may-remove-others"}
	trifling = []string{"unknown-field", "state-assumed", "enum-number-assumed", "version-not-published", "placeholder"}
)

// groupDiagnostics groups sorted diagnostics by severity and code: by severity, pressing ones first, then in order of
// first appearance.
func groupDiagnostics(diagnostics []Diagnostic) []DiagnosticGroup {
	type key struct {
		severity engine.Severity
		code     string
	}
	at := map[key]int{}
	groups := []DiagnosticGroup{}
	for i, d := range diagnostics {
		k := key{d.Severity, d.Code}
		g, ok := at[k]
		if !ok {
			g = len(groups)
			at[k] = g
			groups = append(groups, DiagnosticGroup{Severity: d.Severity, Code: d.Code, First: i})
		}
		groups[g].Diagnostics++
		groups[g].Count += d.Count
	}
	severities := []engine.Severity{engine.SeverityError, engine.SeverityWarning, engine.SeverityInfo}
	rank := func(g DiagnosticGroup) int {
		i := slices.Index(pressing, g.Code)
		switch {
		case slices.Contains(trifling, g.Code):
			i = len(pressing) + 1
		case i < 0:
			i = len(pressing)
		}
		return slices.Index(severities, g.Severity)*(len(pressing)+2) + i
	}
	slices.SortStableFunc(groups, func(a, b DiagnosticGroup) int { return rank(a) - rank(b) })
	return groups
}

// list is s, or an empty list for nil.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// known is nil for the empty string.
func known(s string) *string {
	if s == "" {
		return nil
	}
	s = strings.ToValidUTF8(s, "\ufffd")
	return &s
}

// knownInt is nil for the value that stands for unknown.
func knownInt(n, unknown int) *int {
	if n == unknown {
		return nil
	}
	return &n
}
