package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// newDiffVerdict is the verdict on a diff. expectNone says that nothing was expected to change.
func newDiffVerdict(d *DiffDocument, expectNone bool) VerdictLine {
	s := d.Summary
	quiet := WordNoChange
	if differs(s) {
		quiet = WordChanges
	}
	parts := []string{Count(s.Gained) + " gain", Count(s.Lost) + " lose"}
	if s.Deactivated > 0 {
		parts = append(parts, Count(s.Deactivated)+" deactivated")
	}
	if s.Revoked > 0 {
		parts = append(parts, Count(s.Revoked)+" have something revoked")
	}
	parts = append(parts, Count(s.Unknown)+" unknown")
	word := verdictWord(d.Exit.Code, d.Limits, quiet)
	if expectNone && unexpected(s) {
		word = WordGateFailed
	}
	return VerdictLine{
		Word:        word,
		Sentence:    changesText(s) + "; " + strings.Join(parts, ", "),
		ForApprover: diffForApprover(d),
	}
}

// diffForApprover says what signing means, against what the baseline stands for.
func diffForApprover(d *DiffDocument) string {
	s := d.Summary
	when := map[engine.BaselineKind]string{
		engine.BaselineNone:       "If you publish and nothing has been applied yet",
		engine.BaselinePolicy:     "If you publish",
		engine.BaselinePopulation: "With the later population under the same policy",
		engine.BaselineBoth:       "If you publish over the later population",
		engine.BaselineGrants:     "If you publish, against what is held today",
		engine.BaselineMembers:    "If you publish, against the exported members of the access profiles",
	}[d.Baseline]
	parts := []string{}
	if h := d.Summary.Holdings; h != nil {
		parts = append(parts, fmt.Sprintf("+%s grants, -%s revokes", Count(h.RealGrants), Count(h.Revokes)))
	} else {
		sign := "-"
		if s.EntitlementsLost == 0 {
			sign = ""
		}
		parts = append(parts, fmt.Sprintf("+%s grants, %s%s no longer granted", Count(s.EntitlementsGained), sign, Count(s.EntitlementsLost)))
		if s.Revoked > 0 {
			parts = append(parts, fmt.Sprintf("%s something that they hold", countNoun(s.Revoked, "identity loses", "identities lose")))
		}
	}
	if s.EntitlementsMaybe > 0 {
		parts = append(parts, Count(s.EntitlementsMaybe)+" undecided")
	}
	parts = append(parts, Count(s.Deactivated)+" deactivated")
	if s.New > 0 {
		parts = append(parts, Count(s.New)+" new")
	}
	if s.RemovedFromSource > 0 {
		parts = append(parts, Count(s.RemovedFromSource)+" removed from the source")
	}
	parts = append(parts, Count(s.Unknown)+" unknown")
	return fmt.Sprintf("%s, %s of %s: %s.", cmp.Or(when, "If you publish"), rangeText(s.Changed, s.Changed+s.Maybe),
		countNoun(s.Identities, "identity changes", "identities change"), strings.Join(parts, ", "))
}

// baselineText says what the earlier side of a diff is.
func baselineText(kind engine.BaselineKind) string {
	return cmp.Or(map[engine.BaselineKind]string{
		engine.BaselineNone:       "none: everything that is planned counts as gained",
		engine.BaselinePolicy:     "another version of the policy, over the same population",
		engine.BaselinePopulation: "an earlier population, under the same policy",
		engine.BaselineBoth:       "another version of the policy, over an earlier population",
		engine.BaselineGrants:     "the entitlements that are held today",
		engine.BaselineMembers:    "the exported members of access profiles",
	}[kind], string(kind))
}

// loss is how many identities lose something, and how they fare otherwise.
type loss struct {
	what              string // of strangers
	lost, kept, maybe int
}

// sentence says who loses it; the share is that of the identities which certainly had it.
func (l loss) sentence(noun string) string {
	had := l.lost + l.kept
	text := fmt.Sprintf("%s %q is lost by %s of %s that had it (%s)", noun, l.what, Count(l.lost), countNoun(had, "identity", "identities"),
		shareText(ofAll(l.lost, had)))
	if l.maybe > 0 {
		text += fmt.Sprintf(", %s undecided", Count(l.maybe))
	}
	return text
}

// greatestLosses gives a sentence on the workflow action, the profile and the entitlement that most identities lose.
func greatestLosses(d *DiffDocument) []string {
	var actions, profiles, entitlements []loss
	for _, a := range d.Actions {
		actions = append(actions, loss{a.Name, a.Lost, a.Unchanged, a.Maybe})
	}
	for _, p := range d.AccessProfiles {
		profiles = append(profiles, loss{cmp.Or(p.Name, p.ID), p.Lost, p.Unchanged, p.Maybe})
	}
	for _, e := range d.Entitlements {
		entitlements = append(entitlements, loss{orText(e.Name, e.EntityID), e.Lost, e.Unchanged, e.Maybe})
	}
	out := []string{}
	for _, kind := range []struct {
		noun   string
		losses []loss
	}{{"action", actions}, {"access profile", profiles}, {"entitlement", entitlements}} {
		if len(kind.losses) == 0 {
			continue
		}
		most := slices.MaxFunc(kind.losses, func(a, b loss) int { return cmp.Or(cmp.Compare(a.lost, b.lost), cmp.Compare(b.kept, a.kept)) })
		if most.lost > 0 {
			out = append(out, most.sentence(kind.noun))
		}
	}
	return out
}

// lookFirstInDiff lists what a reader should look at before anything else.
func lookFirstInDiff(d *DiffDocument) []string {
	const cohorts = 3
	s := d.Summary
	out := append(lookAtLimits(d.Limits), lookAtFindings(&d.Notes, engine.SeverityError)...)
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if s.Unknown > 0 {
		add("%s", unknownText(s.Unknown))
	}
	out = append(out, greatestLosses(d)...)
	for _, c := range d.Cohorts[:min(cohorts, len(d.Cohorts))] {
		add("%s = %s: %s of %s lose something or are disabled (%s), overall %s", c.Attribute, c.Value, Count(c.Lost), Count(c.Size), shareText(c.Share), shareText(c.OverallShare))
	}
	if s.Deactivated > 0 {
		add("%s", deactivatedText(s.Deactivated))
	}
	if s.Revoked > 0 {
		add("%s lose something held today, by an action that removes others", countNoun(s.Revoked, "identity would", "identities would"))
	}
	if s.MaybeRevoked > 0 {
		add("%s lose something held today, by an action that removes others", countNoun(s.MaybeRevoked, "identity would perhaps", "identities would perhaps"))
	}
	if h := s.Holdings; h != nil && h.Drift > 0 {
		add("%s explained by no access profile and stay as they are", countNoun(h.Drift, "held entitlement is", "held entitlements are"))
	}
	out = append(out, lookAtAttribution(d)...)
	return append(out, lookAtFindings(&d.Notes, engine.SeverityWarning)...)
}

// lookAtAttribution says which edits change most identities, and which of policy and data.
func lookAtAttribution(d *DiffDocument) []string {
	const most = 2
	out := []string{}
	for _, e := range editsByReach(d)[:min(most, len(d.Attribution.Edits))] {
		if e.Alone > 0 {
			out = append(out, fmt.Sprintf("%s: %s by this edit alone, %s by all others", e.Edit, countNoun(e.Alone, "identity changes", "identities change"), Count(e.Without)))
		}
	}
	if text := attributionText(d); text != "" {
		out = append(out, text)
	}
	return out
}

// attributionText divides what changes between policy and data, and names what no edit explains; it may be empty.
func attributionText(d *DiffDocument) string {
	a := d.Attribution
	parts := []string{}
	if d.Baseline == engine.BaselineBoth {
		parts = append(parts, fmt.Sprintf("the policy alone changes %s, the data alone %s, interaction %s", Count(a.Policy), Count(a.Data), Count(a.Interaction)))
	}
	switch {
	case a.EditsTotal > 0 && !a.Attributed:
		parts = append(parts, "what each edit changes was not computed")
	case a.Remainder > 0:
		parts = append(parts, countNoun(a.Remainder, "identity changes", "identities change")+" by no listed edit alone")
	}
	return strings.Join(parts, "; ")
}

// editsByReach are the edits, those first that change most identities alone.
func editsByReach(d *DiffDocument) []engine.EditEffect {
	edits := slices.Clone(d.Attribution.Edits)
	slices.SortStableFunc(edits, func(a, b engine.EditEffect) int { return cmp.Compare(b.Alone, a.Alone) })
	return edits
}

// diffAssumptions lists what the numbers take for granted; p is the later policy, or nil.
func diffAssumptions(d *DiffDocument, p *engine.Policy) []string {
	out := []string{
		"The diff says what happens once the policy runs, whatever its state is now (" + d.PolicyStateMeaning + ").",
	}
	switch d.Baseline {
	case engine.BaselineNone:
		out = append(out, "There is no baseline: everything that is planned counts as a change.")
	case engine.BaselineGrants:
		out = append(out, "The grants file is taken to be everything that is held today.",
			"What deprovisioning takes away is not modelled: what deactivated identities hold counts as unexplained, and only those who hold something count as deactivated.")
	case engine.BaselineMembers:
		out = append(out, "The exported members are taken to be everybody who has an access profile today.")
	default:
		out = append(out, "Both sides are desired states: what each policy version wants, not what was applied.")
	}
	if onFirstRun(d.Limits) {
		out = append(out, firstRunAssumption)
	}
	out = append(out, policyAssumptions(p, d.Inputs.To.Policy)...)
	if d.Summary.RemovedFromSource > 0 {
		out = append(out, "No workflow is evaluated for identities that were removed from the source: they count in the upper bounds only.")
	}
	if d.Summary.Unknown > 0 {
		out = append(out, unknownAssumption)
	}
	return append(out, ruleAssumptions(d.RuleSettings)...)
}
