package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/lcmsim/lcmsim/engine"
)

// DisagreementGroup is all disagreements that the same expressions and comparisons decide here, and the same alternatives
// settle.
type DisagreementGroup struct {
	Draws     int      `json:"draws"`
	First     int      `json:"first"`      // position in samples of the first; it stands for all
	EntityIDs []string `json:"entity_ids"` // the first few
}

// UncomparedGroup is all draws that were not compared for the same reason. A draw that drifted in several attributes is in several
// groups; one that was not checked is in one.
type UncomparedGroup struct {
	Verdict   string   `json:"verdict"` // drifted not_checked
	Draws     int      `json:"draws"`
	Reason    string   `json:"reason"`     // of the first; those of the others differ in ids and attribute values at most
	Example   *string  `json:"example"`    // the reason of the first in full; null = there is no more to say
	EntityIDs []string `json:"entity_ids"` // the first few
}

// groupMembers is how many identities a group names.
const groupMembers = 5

// groupDisagreements groups the samples that disagree.
func groupDisagreements(samples []CrosscheckSample) []DisagreementGroup {
	groups := []DisagreementGroup{}
	at := map[string]int{}
	for i := range samples {
		s := &samples[i]
		if s.verdict() != engine.VerdictDisagree {
			continue
		}
		key := causeKey(s)
		g, ok := at[key]
		if !ok {
			g = len(groups)
			at[key] = g
			groups = append(groups, DisagreementGroup{First: i, EntityIDs: []string{}})
		}
		groups[g].Draws++
		if len(groups[g].EntityIDs) < groupMembers {
			groups[g].EntityIDs = append(groups[g].EntityIDs, s.EntityID)
		}
	}
	slices.SortStableFunc(groups, func(a, b DisagreementGroup) int { return cmp.Compare(b.Draws, a.Draws) })
	return groups
}

// verdict is "" in a plan.
func (s *CrosscheckSample) verdict() string { return orText(s.Verdict, "") }

// causeKey is equal for disagreements of the same cause: the values of attributes, and what follows from the deciding
// expression, may differ.
func causeKey(s *CrosscheckSample) string {
	var parts []string
	differ := func(differences []AnswerDifference) {
		for _, d := range differences {
			parts = append(parts, d.Kind, d.Name, orText(d.Type, ""), strconv.FormatBool(d.Answered > d.High))
		}
	}
	for _, c := range s.Causes {
		parts = append(parts, "cause", orText(c.Workflow, ""), orText(c.Condition, ""), orText(c.Path, ""))
		for _, a := range c.Atoms {
			parts = append(parts, a.Atom, a.Truth)
		}
		if c.Path == nil {
			differ(c.Differences)
		}
	}
	if len(s.Causes) == 0 {
		differ(s.Differences)
	}
	for _, r := range s.Settles {
		parts = append(parts, "settles", r.Rule, r.Value)
	}
	return fmt.Sprintf("%q", parts)
}

// groupUncompared groups the samples without a comparison: by every attribute that drifted, by the first reason of a failure, behind
// which the same stands in full.
func groupUncompared(samples []CrosscheckSample) []UncomparedGroup {
	groups := []UncomparedGroup{}
	at := map[[2]string]int{}
	for i := range samples {
		s := &samples[i]
		verdict := s.verdict()
		if verdict != engine.VerdictDrifted && verdict != engine.VerdictNotChecked {
			continue
		}
		reasons := s.Reasons
		if len(reasons) == 0 {
			reasons = []string{"no reason is known"}
		}
		var example *string
		if verdict == engine.VerdictNotChecked {
			example = known(strings.Join(reasons[1:], "; "))
			reasons = reasons[:1]
		}
		told := func(reason string) (string, *string) {
			attribute, values, ok := strings.Cut(reason, ": ")
			switch {
			case verdict != engine.VerdictDrifted:
				return reason, example
			case ok:
				return attribute + " differs", known(s.EntityID + ": " + values)
			case reasonKey(verdict, reason, s) == otherEntity:
				return otherEntity + " another entity", known(s.EntityID + ": " + reason)
			}
			return reason, nil
		}
		counted := map[int]bool{}
		for _, reason := range reasons {
			key := [2]string{verdict, reasonKey(verdict, reason, s)}
			g, ok := at[key]
			if !ok {
				g = len(groups)
				at[key] = g
				text, such := told(reason)
				groups = append(groups, UncomparedGroup{Verdict: verdict, Reason: text, Example: such, EntityIDs: []string{}})
			}
			if counted[g] {
				continue
			}
			counted[g] = true
			groups[g].Draws++
			if len(groups[g].EntityIDs) < groupMembers {
				groups[g].EntityIDs = append(groups[g].EntityIDs, s.EntityID)
			}
		}
	}
	slices.SortStableFunc(groups, func(a, b UncomparedGroup) int {
		return cmp.Or(cmp.Compare(a.Verdict, b.Verdict), cmp.Compare(b.Draws, a.Draws)) // drifted is before not_checked
	})
	return groups
}

// otherEntity begins the reason of identities whose id in the tenant is that of somebody else.
const otherEntity = "the tenant's id is that of"

// reasonKey is a reason without what belongs to one identity: behind the name of a drifted attribute its values, in a failure
// the ids of the identity and of the request.
func reasonKey(verdict, reason string, s *CrosscheckSample) string {
	if verdict == engine.VerdictDrifted {
		if strings.HasPrefix(reason, otherEntity) {
			return otherEntity
		}
		attribute, _, _ := strings.Cut(reason, ": ")
		return attribute
	}
	const shortest = 8 // characters of an id with a digit; a status or a count is shorter
	words := strings.Fields(reason)
	for i, w := range words {
		if s.ID != "" && strings.Contains(w, s.ID) || s.EntityID != "" && strings.Contains(w, s.EntityID) || len(w) >= shortest && strings.ContainsFunc(w, unicode.IsDigit) {
			words[i] = ""
		}
	}
	return strings.Join(words, " ")
}
