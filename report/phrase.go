package report

import (
	"fmt"
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

// differs tells whether a diff found anything but unchanged identities.
func differs(s engine.DiffSummary) bool { return s.Changed+s.Maybe+s.New+s.RemovedFromSource > 0 }

// changesText says how the identities of a diff fare: "4 of 5,000 identities changed, 1 maybe, 2 new".
func changesText(s engine.DiffSummary) string {
	noun := "identities"
	if s.Identities == 1 {
		noun = "identity"
	}
	text := fmt.Sprintf("%s of %s %s changed", Count(s.Changed), Count(s.Identities), noun)
	for _, part := range []struct {
		n    int
		word string
	}{{s.Maybe, "maybe"}, {s.New, "new"}, {s.RemovedFromSource, "removed from the source"}} {
		if part.n > 0 {
			text += ", " + Count(part.n) + " " + part.word
		}
	}
	return text
}

// shareText is a share in [0, 1] as a percentage: "0.4%", "100%". Only all is 100%, only nothing is 0%.
func shareText(share float64) string {
	switch percent := math.Round(share*1000) / 10; {
	case share > 0 && percent == 0:
		return "below 0.1%"
	case share < 1 && percent == 100:
		return "above 99.9%"
	default:
		return strconv.FormatFloat(percent, 'f', -1, 64) + "%"
	}
}

// ofAll is the share that part has of all; 0 when there is nothing to share.
func ofAll(part, all int) float64 {
	if all == 0 {
		return 0
	}
	return float64(part) / float64(all)
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
