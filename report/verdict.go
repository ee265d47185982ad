package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// The words of a verdict, most pressing first.
const (
	WordGuardBroken   = "GUARD BROKEN"         // a guard is certainly broken
	WordLimitExceeded = "LIMIT EXCEEDED"       // a limit is certainly exceeded
	WordGateFailed    = "GATE FAILED"          // --fail-on maybe, error or warning
	WordInconclusive  = "INCONCLUSIVE"         // exit code 5
	WordFirstRunOver  = "FIRST RUN OVER LIMIT" // exceeded if nothing has been applied yet, and that gates nothing
	WordNobody        = "NOBODY AFFECTED"      // no trigger or condition lets anybody through: often a mistake
	WordOK            = "OK"
	WordChanges       = "CHANGES"    // a diff found some, and nothing is wrong
	WordNoChange      = "NO CHANGES" // a diff found none
)

// VerdictLine is what a person reads first and last.
type VerdictLine struct {
	Word        string `json:"word"`
	Sentence    string `json:"sentence"`     // the exact counts
	ForApprover string `json:"for_approver"` // the same for somebody who is about to sign
}

// Line is the verdict on one line.
func (v VerdictLine) Line() string { return v.Word + ": " + v.Sentence }

func newVerdictLine(d *Document) VerdictLine {
	s := d.Summary
	parts := []string{affectedText(s), countNoun(s.PlannedActions, "action", "actions")}
	if s.Deactivated+s.MaybeDeactivated > 0 {
		parts = append(parts, rangeText(s.Deactivated, s.Deactivated+s.MaybeDeactivated)+" deactivated")
	}
	if s.Revokes > 0 {
		parts = append(parts, countNoun(s.Revokes, "revoke", "revokes"))
	}
	if s.MayRemoveOthers > 0 {
		parts = append(parts, Count(s.MayRemoveOthers)+" may lose others")
	}
	parts = append(parts, Count(s.Unknown)+" unknown")

	quiet := WordOK
	if s.AffectedHigh == 0 {
		quiet = WordNobody
	}
	return VerdictLine{
		Word:     verdictWord(d.Exit.Code, d.Limits, quiet),
		Sentence: strings.Join(parts, ", "),
		ForApprover: fmt.Sprintf("If you publish and nothing has been applied yet, %s of %s: +%s grants, %s, %s deactivated, %s unknown.",
			rangeText(s.AffectedLow, s.AffectedHigh), countNoun(s.Identities, "identity changes", "identities change"),
			rangeText(s.GrantedEntitlements, s.GrantedEntitlements+s.PossibleEntitlements),
			revokesText(s.Revokes, s.Revokes+s.PossibleRevokes, s.MayRemoveOthers), rangeText(s.Deactivated, s.Deactivated+s.MaybeDeactivated), Count(s.Unknown)),
	}
}

// revokesText counts what is taken away. mayRemoveOthers are the identities of whom nobody knows what that is, as no grants file says
// what they hold.
func revokesText(low, high, mayRemoveOthers int) string {
	if mayRemoveOthers > 0 {
		return "revokes unknown for " + countNoun(mayRemoveOthers, "identity", "identities")
	}
	return "-" + rangeText(low, high) + " revokes"
}

// verdictWord is the most pressing word that applies; quiet when nothing is wrong.
func verdictWord(code int, limits []engine.LimitResult, quiet string) string {
	exceeded := func(guard bool, basis string) bool {
		return slices.ContainsFunc(limits, func(l engine.LimitResult) bool {
			return l.Verdict == engine.VerdictExceeded && l.Enforced != "information" &&
				(l.Scope == "guard") == guard && (basis == "" || l.Basis == basis)
		})
	}
	switch {
	case exceeded(true, ""):
		return WordGuardBroken
	case exceeded(false, "changed"), code == ExitGate && exceeded(false, ""):
		return WordLimitExceeded
	case code == ExitGate:
		return WordGateFailed
	case code == ExitInconclusive:
		return WordInconclusive
	case exceeded(false, ""):
		return WordFirstRunOver
	default:
		return quiet
	}
}

// tone is how a verdict looks.
type tone uint8

const (
	toneBad tone = iota
	toneDoubt
	tonePlain
	toneGood
)

// toneOf is the tone of the word of a verdict.
func toneOf(word string) tone {
	switch word {
	case WordOK, WordNoChange, WordAgrees, WordConfirmed, WordValid:
		return toneGood
	case WordChanges, WordPlan, WordWithinMaximum, WordPartlyConfirmed, WordNotAffected, WordSameOutcome:
		return tonePlain
	case WordFirstRunOver, WordInconclusive, WordNobody, WordUndecided:
		return toneDoubt
	}
	return toneBad
}

// stateMeaning says what a policy state means to the tenant.
func stateMeaning(state string) string {
	switch state {
	case engine.StateRunning:
		return "the policy executes its actions"
	case "DRY_RUN":
		return "the policy only logs what it would do"
	case "INITIAL", "PAUSED", "PENDING":
		return "the policy does nothing until it runs"
	case "":
		return "the export does not say whether the policy runs"
	default:
		return "an unknown state: the policy is taken to do nothing"
	}
}

// lookFirst lists what a reader should look at before anything else.
func lookFirst(d *Document) []string {
	s := d.Summary
	out := append(lookAtLimits(d.Limits), lookAtFindings(&d.Notes, engine.SeverityError)...)
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if s.Unknown > 0 {
		add("%s", unknownText(s.Unknown))
	}
	if s.MayRemoveOthers > 0 {
		add("%s an action that removes other entitlements; without a grants file nobody can say which", countNoun(s.MayRemoveOthers, "identity gets", "identities get"))
	}
	if s.Deactivated+s.MaybeDeactivated > 0 {
		add("%s", deactivatedText(s.Deactivated, s.MaybeDeactivated))
	}
	if s.Revokes > 0 {
		add("%s taken away from identities that hold them today", countNoun(s.Revokes, "entitlement would be", "entitlements would be"))
	}
	withheld := 0
	for _, p := range d.AccessProfiles {
		if p.Withheld != nil && p.Direct+p.Inherited+p.Possible > 0 {
			withheld++
		}
	}
	if withheld > 0 {
		add("%s nothing although the policy names or inherits from it", countNoun(withheld, "access profile grants", "access profiles each grant"))
	}
	if len(d.Sensitivity) > 0 {
		most := slices.MaxFunc(d.Sensitivity, func(a, b engine.Sensitivity) int { return cmp.Compare(a.Identities, b.Identities) })
		if most.Identities > 0 {
			add("%s differently with the rule %s=%s", countNoun(most.Identities, "identity ends", "identities end"), most.Rule, most.Alternative)
		}
	}
	return append(out, lookAtFindings(&d.Notes, engine.SeverityWarning)...)
}

// lookAtLimits says which limits are exceeded, may be, or have no room left.
func lookAtLimits(limits []engine.LimitResult) []string {
	out := []string{}
	for _, l := range pressingFirst(limits) {
		if l.Verdict != engine.VerdictOK {
			out = append(out, limitReason(l))
		}
	}
	return out
}

// lookAtFindings gives a sentence for each code of a severity.
func lookAtFindings(n *Notes, severity engine.Severity) []string {
	out := []string{}
	noun := string(severity)
	for _, g := range n.DiagnosticGroups {
		if g.Severity == severity {
			first := n.Diagnostics[g.First]
			text := fmt.Sprintf("%s of code %s, the first: %s", countNoun(g.Diagnostics, noun, noun+"s"), g.Code, first.Message)
			if at := place(first); at != "" && severity == engine.SeverityError {
				text += " (" + at + ")"
			}
			out = append(out, text)
		}
	}
	return out
}

func unknownText(n int) string {
	return countNoun(n, "identity depends", "identities depend") + " on something unknown: counts are bounds"
}

func deactivatedText(certain, possible int) string {
	text := countNoun(certain, "identity would be", "identities would be") + " deactivated"
	if possible > 0 {
		text += fmt.Sprintf(", %s perhaps", Count(possible))
	}
	return text
}

// limitNoun is "limit" or "guard".
func limitNoun(l engine.LimitResult) string {
	if l.Scope == "guard" {
		return "guard"
	}
	return "limit"
}

// limitVerdict is the verdict on a limit in plain words.
func limitVerdict(l engine.LimitResult) string {
	words := string(l.Verdict)
	switch l.Verdict {
	case engine.VerdictOK:
		words = "ok"
	case engine.VerdictAtLimit:
		words = "at the limit"
	case engine.VerdictExceeded:
		words = "exceeded"
		if l.Scope == "guard" {
			words = "broken"
		}
	case engine.VerdictMaybe:
		words = "perhaps exceeded"
		if l.Scope == "guard" {
			words = "perhaps broken"
		}
	}
	if l.Enforced == "information" {
		words += ", for information only"
	}
	return words
}

// assumptions lists what the numbers take for granted.
func assumptions(d *Document, p *engine.Policy) []string {
	out := []string{
		"The simulation says what happens once the policy runs, whatever its state is now (" + d.PolicyStateMeaning + ").",
	}
	if onFirstRun(d.Limits) || len(d.Limits) == 0 {
		out = append(out, firstRunAssumption)
	}
	out = append(out, policyAssumptions(p, d.Inputs.Policy)...)
	if d.Summary.MayRemoveOthers > 0 {
		out = append(out, "Revokes are not counted: no grants file says which entitlements are held today.")
	}
	if d.Summary.Unknown > 0 {
		out = append(out, unknownAssumption)
	}
	return append(out, ruleAssumptions(d.RuleSettings)...)
}

const (
	firstRunAssumption = "Affected counts assume that nothing has been applied yet (basis first_run): identities that already have what the policy gives them are counted too."
	unknownAssumption  = "What depends on something unknown is counted in the upper bounds only."
)

// onFirstRun tells whether a limit is measured as if nothing had been applied yet.
func onFirstRun(limits []engine.LimitResult) bool {
	return slices.ContainsFunc(limits, func(l engine.LimitResult) bool { return l.Basis == engine.BasisFirstRun })
}

// policyAssumptions is about the version that is evaluated; p may be nil.
func policyAssumptions(p *engine.Policy, in PolicyInput) []string {
	out := []string{}
	if v := in.VersionState; v != nil && *v != engine.StatePublished {
		out = append(out, "The evaluated version is "+*v+", not PUBLISHED.")
	}
	if p != nil && p.InitialComplete != nil && !*p.InitialComplete {
		out = append(out, "The policy's first load is not complete (initial_complete is false).")
	}
	return out
}

// ruleAssumptions names the rules that differ from the default.
func ruleAssumptions(rules []RuleSetting) []string {
	out := []string{}
	for _, r := range rules {
		if r.Differs {
			out = append(out, fmt.Sprintf("Rule %s is %s (default %s).", r.Rule, r.Value, r.Default))
		}
	}
	return out
}
