package report

import (
	"cmp"
	"fmt"
	"reflect"
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
	parts := []string{partText(s.Gained, "gain", s.AccessGained), partText(s.Lost, "lose", s.AccessLost)}
	if s.Deactivated+s.MaybeDeactivated > 0 {
		parts = append(parts, rangeText(s.Deactivated, s.Deactivated+s.MaybeDeactivated)+" deactivated")
	}
	if s.Revoked > 0 {
		parts = append(parts, Count(s.Revoked)+" have something revoked")
	}
	if s.MayRemoveOthers > 0 {
		parts = append(parts, Count(s.MayRemoveOthers)+" may lose others")
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

// partText says how many gain or lose something, and how many of those access, where the others do so by actions alone.
func partText(n int, verb string, access int) string {
	text := Count(n) + " " + verb
	if access < n {
		text += fmt.Sprintf(" (%s of them access)", Count(access))
	}
	return text
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
	grants, revokes := s.EntitlementsGained, 0
	for _, e := range d.Entitlements {
		revokes += e.Revoked
	}
	if h := s.Holdings; h != nil {
		grants, revokes = h.RealGrants, h.Revokes
	}
	parts := []string{fmt.Sprintf("+%s grants", Count(grants)), revokesText(revokes, revokes, s.MayRemoveOthers)}
	if s.Holdings == nil && s.EntitlementsLost > 0 {
		parts = append(parts, Count(s.EntitlementsLost)+" no longer granted")
	}
	if s.EntitlementsMaybe > 0 {
		parts = append(parts, Count(s.EntitlementsMaybe)+" undecided")
	}
	parts = append(parts, rangeText(s.Deactivated, s.Deactivated+s.MaybeDeactivated)+" deactivated", Count(s.Unknown)+" unknown")
	who, all := fmt.Sprintf("%s of %s", rangeText(s.Changed, s.Changed+s.Maybe), countNoun(s.Identities, "identity changes", "identities change")), ""
	if s.New > 0 {
		who += fmt.Sprintf(", %s new", countNoun(s.New, "is", "are"))
		all = "in all "
	}
	if s.RemovedFromSource > 0 {
		who += fmt.Sprintf(", %s removed from the source", countNoun(s.RemovedFromSource, "is", "are"))
	}
	return fmt.Sprintf("%s, %s: %s%s.", cmp.Or(when, "If you publish"), who, all, strings.Join(parts, ", "))
}

// baselineText says what the earlier side of a diff is.
func baselineText(d *DiffDocument) string {
	version := "another version of the policy"
	if from, to := d.Inputs.From, d.Inputs.To; reflect.DeepEqual(from.Policy.ID, to.Policy.ID) && reflect.DeepEqual(from.Policy.Version, to.Policy.Version) {
		switch {
		case !reflect.DeepEqual(from.Policy.SHA256, to.Policy.SHA256):
			version = "another text of the same version of the policy"
		case !reflect.DeepEqual(from.Profiles, to.Profiles):
			version = "the same version of the policy with other access profiles"
		default:
			version = "the same version of the policy"
		}
	}
	return cmp.Or(map[engine.BaselineKind]string{
		engine.BaselineNone:       "none: everything that is planned counts as gained",
		engine.BaselinePolicy:     version + ", over the same population",
		engine.BaselinePopulation: "an earlier population, under the same policy",
		engine.BaselineBoth:       version + ", over an earlier population",
		engine.BaselineGrants:     "the entitlements that are held today",
		engine.BaselineMembers:    "the exported members of access profiles",
	}[d.Baseline], string(d.Baseline))
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
		profiles = append(profiles, loss{orText(p.Name, p.ID), p.Lost, p.Unchanged, p.Maybe})
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
	if s.MayRemoveOthers > 0 {
		add("%s other entitlements than before, by an action that removes others; without a grants file nobody can say which",
			countNoun(s.MayRemoveOthers, "identity may lose", "identities may lose"))
	}
	out = append(out, lookAtAttribution(d)...)
	out = append(out, greatestLosses(d)...)
	for _, c := range d.Cohorts[:min(cohorts, len(d.Cohorts))] {
		add("%s = %s: %s of %s lose something or are disabled (%s), overall %s", c.Attribute, c.Value, Count(c.Lost), Count(c.Size), shareText(c.Share), shareText(c.OverallShare))
	}
	if s.Deactivated+s.MaybeDeactivated > 0 {
		add("%s", deactivatedText(s.Deactivated, s.MaybeDeactivated))
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
	return append(out, lookAtFindings(&d.Notes, engine.SeverityWarning)...)
}

// lookAtAttribution says which edits change most identities, and which of policy and data.
func lookAtAttribution(d *DiffDocument) []string {
	const most, maxQuoted = 2, 120 // edits, and bytes of what stood and stands there
	out := []string{}
	for _, e := range editsByReach(d)[:min(most, len(d.Attribution.Edits))] {
		if e.Alone+e.Maybe == 0 {
			continue
		}
		text := e.Edit
		if e.Before != "" && e.After != "" {
			text += fmt.Sprintf(" from %s to %s", cut(e.Before, maxQuoted), cut(e.After, maxQuoted))
		}
		text += fmt.Sprintf(": %s by this edit alone", countNoun(e.Alone, "identity changes", "identities change"))
		if e.Maybe > 0 {
			text += fmt.Sprintf(", %s perhaps", Count(e.Maybe))
		}
		out = append(out, fmt.Sprintf("%s, %s by all others", text, Count(e.Without)))
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
		text := countNoun(a.Remainder, "identity changes", "identities change") + " by no listed edit alone"
		if needed := neededTogether(a); len(needed) > 0 {
			text += ": without " + strings.Join(needed, ", or without ") + ", fewer would"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// neededTogether names up to three edits that change nobody alone and without which fewer identities change.
func neededTogether(a engine.Attribution) []string {
	const most = 3
	names := []string{}
	for _, e := range a.Edits {
		if e.Alone == 0 && e.Without < a.Policy && len(names) < most {
			names = append(names, e.Edit)
		}
	}
	return names
}

// editsByReach are the edits, those first that change most identities alone.
func editsByReach(d *DiffDocument) []engine.EditEffect {
	edits := slices.Clone(d.Attribution.Edits)
	slices.SortStableFunc(edits, func(a, b engine.EditEffect) int {
		return cmp.Or(cmp.Compare(b.Alone, a.Alone), cmp.Compare(b.Maybe, a.Maybe))
	})
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
