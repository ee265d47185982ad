package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// What is told of limits, as its headings.
const limitsTitle, notSeenTitle = "Safety limits and guards", "What these limits do not see"

// usedColumn and verdictColumn are columns of limitTable.
const usedColumn, verdictColumn = "Used", "Verdict"

// limitTable lists limits and guards, the most pressing first, with all that is to be said but what they do not see. hit tells
// whether it names some of those whom a guard hits; people are their names, by entity_id.
func limitTable(limits []engine.LimitResult, hit bool, people map[string]string) table {
	limits = pressingFirst(limits)
	t := table{
		name:  "Limits",
		note:  fmt.Sprintf("%s, the most pressing first. Counts are identities; headroom is negative when a limit is exceeded.", countNoun(len(limits), "limit or guard", "limits and guards")),
		empty: "None is set.",
		columns: []tableColumn{
			{"Limit", 36, kindText}, {verdictColumn, 16, kindText}, {"Affected, at least", 12, kindNumber}, {"Affected, at most", 12, kindNumber},
			{"Maximum", 14, kindText}, {usedColumn, 11, kindShare}, {"Headroom", 12, kindNumber}, {"Meaning", 40, kindText},
			{"What would let this run pass", 36, kindText},
		},
		rows: len(limits),
		row: func(i int) []any {
			l := limits[i]
			row := []any{l.Name, limitVerdict(l), l.AffectedLow, l.AffectedHigh, limitMax(l), limitUsed(l), l.Headroom, l.Meaning, orEmpty(known(l.OneTime))}
			if hit {
				row = append(row, orEmpty(known(joined(withNames(l.Exemplars, people)))))
			}
			return row
		},
	}
	if hit {
		t.columns = append(t.columns, tableColumn{"Hit, for example", 30, kindID})
	}
	return t
}

// withNames adds to ids the names that are known.
func withNames(ids []string, people map[string]string) []string {
	out := slices.Clone(ids)
	for i, id := range out {
		if name := people[id]; name != "" {
			out[i] += " (" + name + ")"
		}
	}
	return out
}

// limitUsed is the share of a limit that is used up, above 1 when it is exceeded. Of one that allows nobody all is used once somebody
// is affected.
func limitUsed(l engine.LimitResult) float64 {
	allowed := limitAllowed(l)
	if allowed <= 0 {
		return float64(min(max(l.AffectedHigh, 0), 1))
	}
	return ofAll(l.AffectedHigh, allowed)
}

// notSeen says what limits do not see: each sentence once, with the limits that it is about.
func notSeen(limits []engine.LimitResult) []string {
	limits = pressingFirst(limits)
	about := map[string][]string{}
	texts := []string{}
	for _, l := range limits {
		for _, text := range l.NotSeen {
			if _, ok := about[text]; !ok {
				texts = append(texts, text)
			}
			about[text] = append(about[text], l.Name)
		}
	}
	for i, text := range texts {
		whom := "all of them"
		if names := about[text]; len(names) < len(limits) {
			whom = strings.Join(slices.Compact(names), ", ")
		}
		texts[i] = fmt.Sprintf("%s (%s)", text, whom)
	}
	return texts
}
