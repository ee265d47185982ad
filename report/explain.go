package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/lcmsim/lcmsim/engine"
)

// SchemaExplanation names the shape of an ExplanationDocument.
const SchemaExplanation = "lcmsim.explanation/v1"

// ExplanationDocument says what one identity gets, why, and what it would take to get the rest.
type ExplanationDocument struct {
	Header
	Inputs   Inputs            `json:"inputs"`
	Identity ExplainedIdentity `json:"identity"`
	engine.Explanation
	Notes
}

// ExplainedIdentity says whom an explanation is about.
type ExplainedIdentity struct {
	ID         *string `json:"id"` // the tenant's
	EntityName *string `json:"entity_name"`
	EntityType *string `json:"entity_type"`
	Class      *int    `json:"class"` // null unless the identity was chosen as the exemplar of a class
}

// ExplanationInput is what NewExplanation makes an ExplanationDocument of.
type ExplanationInput struct {
	ToolVersion string
	AsOf        time.Time
	Rules       engine.Rules
	Policy      *engine.Policy
	Version     *engine.Version
	Catalog     *engine.Catalog // nil = none
	Snapshot    string          // directory; "" = parts were given one by one
	Population  PopulationInput
	Other       []OtherInput
	Identity    ExplainedIdentity
	Explanation *engine.Explanation
	Findings    []engine.Finding // in any order
}

// NewExplanation assembles the document of an explanation.
func NewExplanation(in ExplanationInput) *ExplanationDocument {
	e := in.Explanation
	decided := decision{}
	decided.findings(in.Findings, FailOn{})
	if e.Unknown {
		decided.add(ExitInconclusive, "something unknown reaches the identity")
	}
	d := &ExplanationDocument{
		Header: newHeader(SchemaExplanation, in.ToolVersion, in.AsOf, in.Rules, decided.exit()),
		Inputs: Inputs{
			Policy: newPolicyInput(in.Policy, in.Version), Profiles: newProfilesInput(in.Catalog),
			Snapshot: known(in.Snapshot), Population: in.Population.valid(), Other: newOtherInputs(in.Other),
		},
		Identity:    in.Identity,
		Explanation: *e,
		Notes:       newNotes(in.Findings, in.Rules, in.Policy.State),
	}
	if inputs, complete := d.Inputs.withoutPaths(); complete {
		var asked []string
		for _, a := range d.Asked {
			asked = append(asked, a.Name)
		}
		d.RunDigest = runDigest(d.Header, inputs, d.EntityID, d.Changes, asked)
	}
	d.Verdict = explanationVerdict(d)
	d.LookFirst = explanationLookFirst(d)
	d.Assumptions = []string{
		"A reason takes comparisons as independent of each other: it holds whatever the other comparisons say.",
		"A change was evaluated with the policy; other changes of the same size may do as well.",
	}
	return d
}

// explanationVerdict gives the exact counts.
func explanationVerdict(d *ExplanationDocument) VerdictLine {
	v := VerdictLine{Word: WordOK}
	switch {
	case d.Exit.Code == ExitInconclusive:
		v.Word = WordInconclusive
	case d.Affected == "no" && len(d.Gains)+len(d.Loses) == 0:
		v.Word = WordNotAffected
	}
	var parts []string
	if len(d.Changes) > 0 {
		parts = append(parts, whatIfText(d.Changes)+": gains "+differencesText(d.Gains)+", loses "+differencesText(d.Loses))
	}
	for _, a := range d.Asked {
		parts = append(parts, askedText(a))
	}
	if len(d.Asked) > 0 {
		v.Sentence = d.EntityID + ": " + strings.Join(parts, "; ")
		v.ForApprover = v.Sentence + "."
		return v
	}
	counts, profiles, granted := explanationCounts(d)
	v.Sentence = d.EntityID + ": " + strings.Join(append(parts, counts), "; ")
	v.ForApprover = fmt.Sprintf("%s would get %s and %s.", d.EntityID,
		countNoun(profiles, "access profile", "access profiles"), countNoun(granted, "entitlement", "entitlements"))
	return v
}

// explanationCounts counts what the identity gets.
func explanationCounts(d *ExplanationDocument) (text string, profiles, granted int) {
	planned, possible, done := 0, 0, 0
	for _, a := range d.Actions {
		switch a.Status {
		case "planned":
			planned++
		case "possible":
			possible++
		default:
			done++
		}
	}
	for _, e := range d.Entitlements {
		if e.Status == "granted" {
			granted++
		}
	}
	for _, p := range d.AccessProfiles {
		if p.Status == "planned" {
			profiles++
		}
	}
	parts := []string{countNoun(planned, "action planned", "actions planned")}
	if possible > 0 {
		parts = append(parts, Count(possible)+" possible")
	}
	if done > 0 {
		parts = append(parts, Count(done)+" done before")
	}
	parts = append(parts, countNoun(profiles, "access profile", "access profiles"), countNoun(granted, "entitlement", "entitlements"))
	if n := len(d.Revokes); n > 0 {
		parts = append(parts, countNoun(n, "revoke", "revokes"))
	}
	return strings.Join(parts, ", "), profiles, granted
}

// whatIfText names the changes as they are given: "what if department=Sales, no manager".
func whatIfText(changes []engine.AttributeChange) string {
	const most = 3
	var parts []string
	for i, c := range changes {
		if i == most {
			parts = append(parts, countNoun(len(changes)-most, "more change", "more changes"))
			break
		}
		if c.Value == nil {
			parts = append(parts, "no "+c.Attribute)
			continue
		}
		value := *c.Value
		var text string
		if json.Unmarshal([]byte(value), &text) == nil && text != "" {
			value = text
		}
		parts = append(parts, c.Attribute+"="+snip(Printable(prefix(value, 200)), 40))
	}
	return "what if " + strings.Join(parts, ", ")
}

// differencesText counts what is gained or lost: "2", or "2 (1 possible)".
func differencesText(list []engine.Difference) string {
	possible := 0
	for _, d := range list {
		if d.Status == "possible" {
			possible++
		}
	}
	text := Count(len(list))
	if possible > 0 {
		text += " (" + Count(possible) + " possible)"
	}
	return text
}

// askedText says whether the identity gets what was asked for.
func askedText(a engine.Asked) string {
	all := a.Gets + a.Possible + a.Done + a.Missed
	switch {
	case a.Gets == all:
		return "gets " + a.Name
	case a.Gets > 0:
		return fmt.Sprintf("gets %s (%s of %s)", a.Name, Count(a.Gets), Count(all))
	case a.Possible > 0:
		return "perhaps gets " + a.Name
	case a.Done > 0:
		return "got " + a.Name + " before"
	}
	return "does not get " + a.Name
}

// WordNotAffected is the verdict on an identity without a planned or possible action.
const WordNotAffected = "NOT AFFECTED"

// explanationLookFirst names what may surprise: profiles that grant nothing or are missing, and attributes that nobody has or
// nothing reads.
func explanationLookFirst(d *ExplanationDocument) []string {
	sentences := []string{}
	for _, p := range d.AccessProfiles {
		switch {
		case p.Missing:
			sentences = append(sentences, fmt.Sprintf("access profile %s is not in the export: what it grants is not known", p.ID))
		case p.Withheld != nil:
			sentences = append(sentences, fmt.Sprintf("access profile %s grants nothing: %s", orText(p.Name, p.ID), *p.Withheld))
		}
	}
	for _, c := range d.Changes {
		if c.Note != nil {
			sentences = append(sentences, c.Attribute+": "+*c.Note)
		}
	}
	for _, g := range d.Missed {
		for _, c := range g.Changes {
			if c.Note != nil {
				sentences = append(sentences, c.Attribute+": "+*c.Note)
			}
		}
	}
	seen := make(map[string]bool)
	distinct := []string{}
	for _, s := range sentences {
		if !seen[s] {
			seen[s] = true
			distinct = append(distinct, s)
		}
	}
	return distinct
}

// WriteExplanationJSON writes d with two spaces of indentation and a newline at the end.
func WriteExplanationJSON(w io.Writer, d *ExplanationDocument) error { return writeIndented(w, d) }
