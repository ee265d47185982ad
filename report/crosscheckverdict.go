package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// The words of a verdict on a cross-check.
const (
	WordDisagrees     = "DISAGREES"
	WordWithinMaximum = "WITHIN MAXIMUM" // something disagrees, and no more than is allowed
	WordAgrees        = "AGREES"
	WordPlan          = "PLAN" // nothing was asked
)

// crosscheckVerdict gives the exact counts.
func crosscheckVerdict(d *CrosscheckDocument) VerdictLine {
	s := d.Summary
	v := VerdictLine{Word: WordAgrees}
	switch {
	case d.Exit.Code == ExitDisagree:
		v.Word = WordDisagrees
	case d.Exit.Code == ExitInconclusive:
		v.Word = WordInconclusive
	case d.Planned:
		v.Word = WordPlan
	case s.Disagree > 0:
		v.Word = WordWithinMaximum
	}
	if d.Planned {
		v.Sentence = fmt.Sprintf("%s of %s would be asked, %s of them at random; %s",
			Count(s.Sampled), countNoun(s.Frame, "identity", "identities"), Count(s.RandomSampled), boundText(d))
		v.ForApprover = fmt.Sprintf("Nothing was asked: this is the plan of a cross-check of %s.", countNoun(s.Sampled, "identity", "identities"))
		return v
	}
	parts := []string{}
	for _, part := range []struct {
		n    int
		text string
	}{
		{s.Disagree, countNoun(s.Disagree, "disagrees", "disagree")}, {s.Agree, countNoun(s.Agree, "agrees", "agree")},
		{s.Drifted, Count(s.Drifted) + " drifted"}, {s.NotChecked, Count(s.NotChecked) + " not checked"},
	} {
		if part.n > 0 {
			parts = append(parts, part.text)
		}
	}
	v.Sentence = fmt.Sprintf("of %s %s; %s", countNoun(s.Sampled, "draw", "draws"), cmp.Or(strings.Join(parts, ", "), "none is left"), boundText(d))
	v.ForApprover = fmt.Sprintf("The tenant answered for %s as this simulation does, for %s otherwise. %s.",
		countNoun(s.Agree, "identity", "identities"), Count(s.Disagree), capitalized(d.Claim))
	return v
}

// boundText is the claim in a few words: that of random draws says how many of those disagree.
func boundText(d *CrosscheckDocument) string {
	s := d.Summary
	bound := func(share float64) string {
		return fmt.Sprintf("at most %s of the frame at %s", percentUp(share), percent(s.Confidence))
	}
	switch {
	case s.ExactShare != nil:
		return fmt.Sprintf("the whole frame was compared: exactly %s of it disagrees", percentDown(*s.ExactShare))
	case d.Planned && s.Frame > 0 && s.Sampled == s.Frame:
		return "the whole frame would be compared"
	case d.Planned && s.RandomSampled > 0:
		return bound(*d.WouldProve) + " if no random draw disagrees"
	case s.RandomCompared == 0:
		return "no claim about the frame"
	case s.RandomCompared < s.RandomSampled:
		return fmt.Sprintf("%s: %s, %s at worst", randomText(s), bound(s.UpperBound), percentUp(s.WorstBound))
	}
	return randomText(s) + ": " + bound(s.UpperBound)
}

// randomText says how many of the random draws disagree: "2 of the 299 random ones disagree".
func randomText(s CrosscheckSummary) string {
	ones, one := Count(s.RandomCompared)+" random ones", "the only random one"
	if s.RandomCompared < s.RandomSampled {
		ones, one = ones+" that were compared", one+" that was compared"
	}
	switch {
	case s.RandomCompared == 1 && s.RandomDisagree == 0:
		return one + " agrees"
	case s.RandomCompared == 1:
		return one + " disagrees"
	case s.RandomDisagree == 0:
		return "none of the " + ones + " disagrees"
	case s.RandomDisagree == 1:
		return "1 of the " + ones + " disagrees"
	}
	return fmt.Sprintf("%s of the %s disagree", Count(s.RandomDisagree), ones)
}

func capitalized(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// lookFirstInCrosscheck lists what a reader should look at before anything else.
func lookFirstInCrosscheck(d *CrosscheckDocument) []string {
	s := d.Summary
	out := []string{}
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if s.Disagree > 0 {
		add("%s, in %s", countNoun(s.Disagree, "draw disagrees", "draws disagree"), countNoun(len(d.Groups), "kind", "kinds"))
	}
	out = append(out, lookAtFindings(&d.Notes, engine.SeverityError)...)
	if s.NotChecked > 0 {
		add("%s: the tenant gave no answer", countNoun(s.NotChecked, "draw was not checked", "draws were not checked"))
	}
	if s.Drifted > 0 {
		add("%s: the tenant has other attributes than the snapshot, so that nothing follows", countNoun(s.Drifted, "draw drifted", "draws drifted"))
	}
	if s.Undetermined > 0 {
		add("%s", undeterminedReason(s.Undetermined))
	}
	if orText(s.AccessProfiles, "") == engine.ProfilesNeither && s.Disagree == 0 {
		add("%s", mixedProfilesReason)
	}
	if outside := s.Identities - s.Frame; outside > 0 {
		add("%s outside the frame: nothing is claimed about them", countNoun(outside, "identity is", "identities are"))
	}
	if text := planTooSmall(d); text != "" {
		add("%s", text)
	}
	return append(out, lookAtFindings(&d.Notes, engine.SeverityWarning)...)
}

const mixedProfilesReason = "some answers list access profiles with those that they inherit from, others without: no single reading fits all"

func undeterminedReason(n int) string {
	return countNoun(n, "agreement proves", "agreements prove") + " little: something is unknown here, and other answers would have agreed as well"
}

// planTooSmall says what a plan lacks to prove the maximum, if it does.
func planTooSmall(d *CrosscheckDocument) string {
	s := d.Summary
	if !d.Planned || s.MaxDisagreement == nil || s.Sampled == s.Frame || *d.WouldProve <= *s.MaxDisagreement {
		return ""
	}
	return "the plan cannot prove the maximum of " + percent(*s.MaxDisagreement) + neededText(0, *s.MaxDisagreement, s.Confidence, s.Frame)
}

// neededText says how many random draws would prove a maximum.
func neededText(disagree int, maximum, confidence float64, frame int) string {
	n := drawsToProve(disagree, maximum, confidence)
	if n == 0 || n > frame {
		return ": only all " + countNoun(frame, "identity", "identities") + " of the frame would"
	}
	return fmt.Sprintf(": %s without a further disagreement would", countNoun(n, "compared random draw", "compared random draws"))
}

func crosscheckAssumptions(d *CrosscheckDocument, p *engine.Policy) []string {
	out := []string{
		"The bound is about the frame, and about the answers of a dry run: it does not show that actions would succeed.",
		"Targeted draws look for disagreements; they carry no bound.",
		"Attributes are taken to be those of the snapshot where drift was not looked for.",
	}
	out = append(out, policyAssumptions(p, d.Inputs.Policy)...)
	return append(out, ruleAssumptions(d.RuleSettings)...)
}

// crosscheckNextSteps says what mends or settles what was found.
func crosscheckNextSteps(d *CrosscheckDocument) []string {
	s := d.Summary
	out := []string{}
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if d.Planned && s.Sampled > 0 {
		add("without --plan-only the tenant is asked about %s", countNoun(s.Sampled, "identity", "identities"))
	}
	settling, unsettled := settledDraws(d)
	if len(settling) > 0 {
		add("`lcmsim calibrate SNAPSHOT` settles which rules the tenant follows: %s", strings.Join(settling, ", "))
	}
	if unsettled >= 0 {
		add("no single rule explains some disagreements: check that the tenant runs this version of the policy, and see `lcmsim explain SNAPSHOT %s --trace`",
			d.Samples[unsettled].EntityID)
	}
	if s.NotChecked > 0 {
		failures := []string{}
		for _, g := range d.Uncompared {
			if g.Verdict == engine.VerdictNotChecked {
				failures = append(failures, g.Reason)
			}
		}
		out = append(out, failureSteps(failures)...)
		add("run it again with the same seed (%d) to ask about the %s", d.Seed, countNoun(s.NotChecked, "draw that was not checked", "draws that were not checked"))
	}
	if s.Drifted > 0 {
		add("pull or export the identities again: %s other attributes in the tenant by now", countNoun(s.Drifted, "draw has", "draws have"))
	}
	if outside := s.Identities - s.Frame; outside > 0 {
		add("give the population the field id, the tenant's own id of an identity, to bring %s into the frame", Count(outside))
	}
	return out
}

// failureSteps say what mends failures to ask that only the user can mend.
func failureSteps(reasons []string) []string {
	out := []string{}
	for _, mend := range [][2]string{
		{statusUnauthorized, "renew the token, in VEZA_API_KEY or in the file of --token-file: the tenant does not accept it (%s)"},
		{"HTTP 404", "the tenant does not know the policy or identities by these ids (%s): `lcmsim pull` the policy again, and check the field id of the population"},
	} {
		if anyStatus(reasons, mend[0]) {
			out = append(out, fmt.Sprintf(mend[1], mend[0]))
		}
	}
	return out
}

// statusUnauthorized begins the reason why a tenant that does not accept the token gave no answer.
const statusUnauthorized = "HTTP 401"

// anyStatus tells whether one of the reasons is an HTTP status. A reason begins with the status that it is about, behind "not asked: "
// where an identity was left out for it.
func anyStatus(reasons []string, status string) bool {
	return slices.ContainsFunc(reasons, func(s string) bool { return strings.HasPrefix(strings.TrimPrefix(s, "not asked: "), status) })
}

// settledDraws counts the disagreements that each single alternative of a rule would settle: "filter.missing_ne=false explains
// 2 of 3", the greatest first. unsettled is the position of the first sample that none does, -1 = there is none.
func settledDraws(d *CrosscheckDocument) (settling []string, unsettled int) {
	counts := map[engine.RuleValue]int{}
	order := []engine.RuleValue{}
	unsettled = -1
	for i := range d.Samples {
		sample := &d.Samples[i]
		for _, r := range sample.Settles {
			if counts[r] == 0 {
				order = append(order, r)
			}
			counts[r]++
		}
		if sample.verdict() == engine.VerdictDisagree && len(sample.Settles) == 0 && unsettled < 0 {
			unsettled = i
		}
	}
	slices.SortStableFunc(order, func(a, b engine.RuleValue) int { return cmp.Compare(counts[b], counts[a]) })
	for _, r := range order {
		settling = append(settling, fmt.Sprintf("%s=%s explains %s of %s", r.Rule, r.Value, Count(counts[r]), disagreements(d.Summary.Disagree)))
	}
	return settling, unsettled
}
