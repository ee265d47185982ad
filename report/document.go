package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/lcmsim/lcmsim/engine"
)

// SchemaSimulation names the shape of a Document.
const SchemaSimulation = "lcmsim.simulation/v1"

// Document is the result of a simulation as JSON carries it (SPEC section 10). Treat it as immutable: renderings and
// ReadJSON share nothing with the values it was made of.
type Document struct {
	Schema      string            `json:"schema"`
	ToolVersion string            `json:"tool_version"`
	AsOf        string            `json:"as_of"` // RFC 3339
	Semantics   string            `json:"semantics"`
	Rules       map[string]string `json:"rules"` // every named rule and its value
	Exit        Exit              `json:"exit"`
	Inputs      Inputs            `json:"inputs"`
	engine.Result
	Diagnostics []Diagnostic `json:"diagnostics"`

	// Beyond the contract, so that renderings need to compute nothing:
	Verdict            VerdictLine       `json:"verdict"`
	RunDigest          *string           `json:"run_digest"` // see runDigest; null while the population has no digest
	PolicyStateMeaning string            `json:"policy_state_meaning"`
	LookFirst          []string          `json:"look_first"`  // sentences, the most pressing first
	Assumptions        []string          `json:"assumptions"` // sentences
	RuleSettings       []RuleSetting     `json:"rule_settings"`
	DiagnosticGroups   []DiagnosticGroup `json:"diagnostic_groups"`
	Identities         Identities        `json:"identities"`
}

// Inputs says what a simulation ran on.
type Inputs struct {
	Policy     PolicyInput     `json:"policy"`
	Profiles   ProfilesInput   `json:"profiles"`
	Population PopulationInput `json:"population"`
	Other      []OtherInput    `json:"other"` // sorted by kind, then path
}

// PolicyInput is the policy version that was evaluated. SHA256 is that of the version.
type PolicyInput struct {
	ID           *string `json:"id"`
	Name         *string `json:"name"`
	Version      *int    `json:"version"`
	VersionState *string `json:"version_state"`
	State        *string `json:"state"`
	SHA256       *string `json:"sha256"`
}

// ProfilesInput is the export of access profiles.
type ProfilesInput struct {
	Count  int     `json:"count"`
	SHA256 *string `json:"sha256"`
}

// PopulationInput is the population.
type PopulationInput struct {
	Path       string  `json:"path"` // as the user named it
	Identities int     `json:"identities"`
	Excluded   int     `json:"excluded"` // records of another entity_type
	SHA256     *string `json:"sha256"`   // null unless asked for, or a report is written
}

// OtherInput is a further file that the result depends on.
type OtherInput struct {
	Kind   string  `json:"kind"` // schema, grants, history, config, ...
	Path   string  `json:"path"`
	SHA256 *string `json:"sha256"`
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

// Input is what New makes a Document of.
type Input struct {
	ToolVersion      string
	AsOf             time.Time
	Rules            engine.Rules
	Policy           *engine.Policy
	Version          *engine.Version
	Catalog          *engine.Catalog // nil = none
	Population       PopulationInput
	Other            []OtherInput
	Result           *engine.Result
	Findings         []engine.Finding // in any order
	Identities       Identities       // the affected ones
	FailOn           FailOn
	DetailedExitcode bool // exit code 2 when identities are affected
}

// New assembles the Document of a simulation.
func New(in Input) *Document {
	findings := slices.Clone(in.Findings)
	engine.SortFindings(findings)
	d := &Document{
		Schema:             SchemaSimulation,
		ToolVersion:        in.ToolVersion,
		AsOf:               in.AsOf.Format(time.RFC3339Nano),
		Semantics:          string(in.Rules.Semantics),
		Rules:              in.Rules.All(),
		Exit:               Decide(in.Result, findings, in.FailOn, in.DetailedExitcode),
		Inputs:             newInputs(in),
		Result:             *in.Result,
		Diagnostics:        make([]Diagnostic, 0, len(findings)),
		PolicyStateMeaning: stateMeaning(in.Policy.State),
		RuleSettings:       ruleSettings(in.Rules),
		Identities:         in.Identities,
	}
	for _, f := range findings {
		d.Diagnostics = append(d.Diagnostics, newDiagnostic(f))
	}
	d.DiagnosticGroups = groupDiagnostics(d.Diagnostics)
	d.RunDigest = runDigest(d)
	d.Verdict = newVerdictLine(d)
	d.LookFirst = lookFirst(d)
	d.Assumptions = assumptions(d, in.Policy)
	d.complete()
	return d
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

// complete makes every list non-nil and copies those that it has to change.
func (d *Document) complete() {
	d.Exit.Reasons = list(d.Exit.Reasons)
	d.Inputs.Other = list(d.Inputs.Other)
	d.Result = completeResult(d.Result)
	d.Diagnostics = list(d.Diagnostics)
	d.LookFirst = list(d.LookFirst)
	d.Assumptions = list(d.Assumptions)
	d.RuleSettings = list(d.RuleSettings)
	d.DiagnosticGroups = list(d.DiagnosticGroups)
	d.Identities = d.Identities.complete()
}

func newInputs(in Input) Inputs {
	out := Inputs{
		Policy: PolicyInput{
			ID:           known(in.Policy.ID),
			Name:         known(in.Policy.Name),
			Version:      knownInt(in.Version.Number, 0),
			VersionState: known(in.Version.State),
			State:        known(in.Policy.State),
			SHA256:       known(in.Version.SHA256),
		},
		Population: in.Population,
		Other:      slices.Clone(in.Other),
	}
	if in.Catalog != nil {
		out.Profiles = ProfilesInput{Count: len(in.Catalog.Profiles), SHA256: known(in.Catalog.SHA256)}
	}
	out.Population.Path = strings.ToValidUTF8(in.Population.Path, "\ufffd")
	for i := range out.Other {
		out.Other[i].Path = strings.ToValidUTF8(out.Other[i].Path, "\ufffd")
	}
	slices.SortStableFunc(out.Other, func(a, b OtherInput) int {
		if c := strings.Compare(a.Kind, b.Kind); c != 0 {
			return c
		}
		return strings.Compare(a.Path, b.Path)
	})
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

// pressing are the codes of warnings that most likely tell of a mistake in the policy; groups of them come first.
var pressing = []string{"unknown-attribute", "overlapping-removal", "profile-withheld", "needs-access-graph", "ignored-expression",
	"condition-type-is-expression", "action-type-mismatch", "may-remove-others"}

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
		if i < 0 {
			i = len(pressing)
		}
		return slices.Index(severities, g.Severity)*(len(pressing)+1) + i
	}
	slices.SortStableFunc(groups, func(a, b DiagnosticGroup) int { return rank(a) - rank(b) })
	return groups
}

// completeResult is r with [] for every nil list. Lists that need a change are copied.
func completeResult(r engine.Result) engine.Result {
	r.Workflows = slices.Clone(list(r.Workflows))
	for i := range r.Workflows {
		r.Workflows[i].Conditions = completeConditions(r.Workflows[i].Conditions)
	}
	r.Actions = slices.Clone(list(r.Actions))
	for i := range r.Actions {
		r.Actions[i].Conditions = completeConditions(r.Actions[i].Conditions)
	}
	r.AccessProfiles = list(r.AccessProfiles)
	r.Entitlements = slices.Clone(list(r.Entitlements))
	for i := range r.Entitlements {
		r.Entitlements[i].Profiles = list(r.Entitlements[i].Profiles)
	}
	r.Limits = slices.Clone(list(r.Limits))
	for i := range r.Limits {
		r.Limits[i].NotSeen = list(r.Limits[i].NotSeen)
		r.Limits[i].Exemplars = list(r.Limits[i].Exemplars)
	}
	r.Sensitivity = slices.Clone(list(r.Sensitivity))
	for i := range r.Sensitivity {
		r.Sensitivity[i].Limits = list(r.Sensitivity[i].Limits)
	}
	r.Classes = slices.Clone(list(r.Classes))
	for i := range r.Classes {
		c := &r.Classes[i]
		c.Workflows, c.Actions = list(c.Workflows), list(c.Actions)
		c.AccessProfileIDs, c.Entitlements = list(c.AccessProfileIDs), list(c.Entitlements)
	}
	return r
}

func completeConditions(conditions []engine.ConditionResult) []engine.ConditionResult {
	conditions = slices.Clone(list(conditions))
	for i := range conditions {
		conditions[i].Actions = list(conditions[i].Actions)
	}
	return conditions
}

// runDigest identifies what a result stands for: tool version, as-of, semantics, rules and the digests of all inputs,
// but not where the files lay. Nil when an input was read without its digest.
func runDigest(d *Document) *string {
	in := d.Inputs
	if in.Population.SHA256 == nil || in.Policy.SHA256 == nil {
		return nil
	}
	in.Population.Path = ""
	in.Other = slices.Clone(in.Other)
	for i := range in.Other {
		if in.Other[i].SHA256 == nil {
			return nil
		}
		in.Other[i].Path = ""
	}
	text, err := json.Marshal([]any{d.Schema, d.ToolVersion, d.AsOf, d.Semantics, d.Rules, in})
	if err != nil {
		panic("report: inputs do not marshal: " + err.Error()) // strings, integers and a map of strings always do
	}
	sum := sha256.Sum256(text)
	digest := hex.EncodeToString(sum[:])
	return &digest
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
