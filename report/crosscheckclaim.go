package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// claim says what the random draws show about the frame, or would show.
func claim(d *CrosscheckDocument) string {
	s := d.Summary
	atMost := func(bound float64) string {
		return fmt.Sprintf("at most %s of the frame at %s confidence", percentUp(bound), percent(s.Confidence))
	}
	switch {
	case s.Frame == 0:
		return "nothing is claimed: no identity can be asked"
	case d.Planned && s.Sampled == s.Frame:
		return fmt.Sprintf("the whole frame of %s would be compared", countNoun(s.Frame, "identity", "identities"))
	case d.Planned && s.RandomSampled == 0:
		return "nothing would be claimed about the frame: no draw is random"
	case d.Planned:
		text := fmt.Sprintf("if none of %s random draws disagrees", Count(s.RandomSampled))
		if s.RandomSampled == 1 {
			text = "if the only random draw agrees"
		}
		return text + ": " + atMost(*d.WouldProve) + maximumText(s.MaxDisagreement, *d.WouldProve)
	case s.ExactShare != nil:
		text := fmt.Sprintf("%s in the whole frame of %s: exactly %s of it", disagreements(s.Disagree), countNoun(s.Frame, "identity", "identities"), percentDown(*s.ExactShare))
		if s.RandomCompared > 0 {
			text += fmt.Sprintf("; from random draws alone (%s): %s", Count(s.RandomCompared), atMost(s.UpperBound))
		}
		return text + maximumText(s.MaxDisagreement, *s.ExactShare) + undeterminedText(s.Undetermined)
	case s.RandomCompared == 0:
		return "nothing is claimed about the frame: no random draw was compared"
	}
	text := disagreements(s.RandomDisagree) + " in "
	switch missing := s.RandomSampled - s.RandomCompared; missing {
	case 0:
		text += countNoun(s.RandomCompared, "random draw", "random draws") + ": " + atMost(s.UpperBound)
	case 1:
		text += fmt.Sprintf("%s compared: %s if the one that was not is like the others, at most %s if it disagrees",
			countNoun(s.RandomCompared, "random draw that was", "random draws that were"), atMost(s.UpperBound), percentUp(s.WorstBound))
	default:
		text += fmt.Sprintf("%s compared: %s if the %s that were not disagree as often, at most %s if they all disagree",
			countNoun(s.RandomCompared, "random draw that was", "random draws that were"), atMost(s.UpperBound), Count(missing), percentUp(s.WorstBound))
	}
	return text + maximumText(s.MaxDisagreement, s.WorstBound) + undeterminedText(s.Undetermined)
}

// maximumText says whether a bound proves the maximum; it is empty where none was given.
func maximumText(maximum *float64, bound float64) string {
	switch {
	case maximum == nil:
		return ""
	case bound <= *maximum:
		return fmt.Sprintf("; the maximum of %s is proven", percent(*maximum))
	default:
		return fmt.Sprintf("; the maximum of %s is not proven", percent(*maximum))
	}
}

func disagreements(n int) string { return countNoun(n, "disagreement", "disagreements") }

// undeterminedText is empty unless agreements prove little.
func undeterminedText(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; %s little, because something is unknown here", countNoun(n, "agreement proves", "agreements prove"))
}

// frameText says of whom the claim speaks.
func frameText(s CrosscheckSummary) string {
	text := fmt.Sprintf("%s: the whole population can be asked", countNoun(s.Frame, "identity", "identities"))
	if outside := s.Identities - s.Frame; outside > 0 {
		text = fmt.Sprintf("%s of %s; nothing is claimed about the %s", Count(s.Frame), countNoun(s.Identities, "identity", "identities"),
			countNoun(outside, "outside: its id in the tenant is not known", "outside: their ids in the tenant are not known"))
	}
	if s.SharedIDs > 0 {
		text += fmt.Sprintf("; %s an id in the tenant with another", countNoun(s.SharedIDs, "identity of the frame shares", "identities of the frame share"))
	}
	return text
}

// coverageText says how much of the frame is like somebody who is drawn.
func coverageText(s CrosscheckSummary) string {
	hold := "hold"
	if s.CoveredClasses == 1 {
		hold = "holds"
	}
	return fmt.Sprintf("draws fall into %s of %s, which %s %s of the frame",
		Count(s.CoveredClasses), countNoun(s.Classes, "behaviour class", "behaviour classes"), hold, percentDown(s.CoveredShare))
}

// answerDifferenceText says what the tenant says and what is said here. names are those of access profiles, by id.
func answerDifferenceText(d engine.AnswerDifference, names map[string]string) string {
	name := map[string]string{"workflow": "workflow", "action": "action", "access_profile": "access profile"}[d.Kind]
	name = strings.TrimSpace(fmt.Sprintf("%s %q", name, d.Name))
	if known := names[d.Name]; d.Kind == "access_profile" && known != "" {
		name = fmt.Sprintf("access profile %q (%s)", known, d.Name)
	}
	if d.Type != "" {
		name += " (" + d.Type + ")"
	}
	switch {
	case d.Kind == "action" && max(d.Answered, d.High) > 1:
		return fmt.Sprintf("%s: %s in the tenant, %s here", name, countNoun(d.Answered, "time", "times"), rangeText(d.Low, d.High))
	case d.Answered > d.High:
		return name + ": in the tenant, not here"
	default:
		return name + ": here, not in the tenant"
	}
}

// drawsToProve is how many compared random draws with so many disagreements prove that at most a share of the frame disagrees;
// 0 = no sensible number does.
func drawsToProve(disagree int, share, confidence float64) int {
	const most = 1 << 24
	low, high := disagree, disagree+1 // low draws prove too little
	for engine.UpperBound(disagree, high, confidence) > share {
		if high > most {
			return 0
		}
		low, high = high, 2*high
	}
	for high-low > 1 {
		middle := low + (high-low)/2
		if engine.UpperBound(disagree, middle, confidence) > share {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// percent is a share as a percentage with all of its decimals: "99.9 %".
func percent(share float64) string {
	mantissa, exponent, ok := strings.Cut(strconv.FormatFloat(share, 'e', -1, 64), "e")
	n, err := strconv.Atoi(exponent)
	if !ok || err != nil {
		return strconv.FormatFloat(share, 'g', -1, 64) // not a number
	}
	shifted, err := strconv.ParseFloat(fmt.Sprintf("%se%d", mantissa, n+2), 64)
	if err != nil {
		return strconv.FormatFloat(share, 'g', -1, 64) // out of range
	}
	return strconv.FormatFloat(shifted, 'f', -1, 64) + " %"
}

// percentUp is a percentage of two digits that is not below the share, so that "at most" stays true; at most 100 %.
func percentUp(share float64) string {
	if share >= 1 {
		return "100 %"
	}
	return percent(min(roundTo(share, 2, +1), 1))
}

// percentDown is a percentage of three digits that is not above the share, so that only all is 100 %.
func percentDown(share float64) string { return percent(roundTo(share, 3, -1)) }

// roundTo rounds a share from 0 to so many significant digits, away from (+1) or towards (-1) 0, in decimal: what has no more
// digits stays as it is.
func roundTo(share float64, digits, direction int) float64 {
	text := strconv.FormatFloat(share, 'e', digits-1, 64)
	nearest, err := strconv.ParseFloat(text, 64)
	if err != nil || share <= 0 || nearest == share || nearest > share == (direction > 0) {
		return nearest
	}
	mantissa, exponent, _ := strings.Cut(text, "e")
	n, _ := strconv.Atoi(exponent)
	units, _ := strconv.Atoi(strings.Replace(mantissa, ".", "", 1))
	// One digit more, so that 1.00 goes down to 0.999.
	step := 10
	if direction < 0 && strings.TrimRight(mantissa, "0.") == "1" {
		step = 1
	}
	moved, err := strconv.ParseFloat(fmt.Sprintf("%de%d", 10*units+direction*step, n-digits), 64)
	if err != nil {
		return nearest
	}
	return moved
}
