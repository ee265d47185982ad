package report

import (
	"math"
	"strconv"

	"github.com/lcmsim/lcmsim/engine"
)

// Count writes an integer with thousands separators: 12,345.
func Count(n int) string { return engine.Grouped(n) }

// countNoun is a count with its noun, or with its noun and verb: "1 limit", "2 limits".
func countNoun(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

// rangeText is "5" when both bounds agree, else "3 to 5".
func rangeText(low, high int) string {
	if low == high {
		return Count(high)
	}
	return Count(low) + " to " + Count(high)
}

// affectedText says how many identities are affected: "4,312 of 5,000 identities affected".
func affectedText(s engine.Summary) string {
	noun := " identities affected"
	if s.Identities == 1 {
		noun = " identity affected"
	}
	return rangeText(s.AffectedLow, s.AffectedHigh) + " of " + Count(s.Identities) + noun
}

// limitMax is the maximum of a limit: "1,000", or "375 (7.5%)" with the identities that the percentage stands for.
func limitMax(l engine.LimitResult) string {
	text := strconv.FormatFloat(l.Max, 'f', -1, 64)
	switch {
	case l.Kind == "percent":
		return Count(limitAllowed(l)) + " (" + text + "%)"
	case l.Max == math.Trunc(l.Max) && l.Max < 1<<53:
		return Count(int(l.Max))
	default:
		return text
	}
}

// limitAllowed is how many identities a limit allows.
func limitAllowed(l engine.LimitResult) int { return l.AffectedHigh + l.Headroom }
