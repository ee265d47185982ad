package engine

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// UpperBound is the exact one-sided upper bound of Clopper and Pearson (Biometrika 26, 1934) on the share of a population that
// disagrees: the share at which as few disagreements as this, among checked independent draws, have the probability
// 1 - confidence. It is in [0, 1]; 1 when nothing was checked, when everything disagrees, or when confidence is not in (0, 1).
// Draws without replacement make it conservative: they vary less than independent ones, most of all where they are a large
// part of the population.
func UpperBound(disagree, checked int, confidence float64) float64 {
	switch {
	case checked <= 0 || disagree >= checked || !(confidence > 0 && confidence < 1):
		return 1
	case disagree <= 0:
		return -math.Expm1(math.Log1p(-confidence) / float64(checked))
	}
	return distuv.Beta{Alpha: float64(disagree + 1), Beta: float64(checked - disagree)}.Quantile(confidence)
}

// DrawsFor is the fewest draws that prove, when none of them disagrees, that at most share of the population does: UpperBound is
// not above share. It is 0 for a share of 1 or more, and math.MaxInt where no number of draws is enough: for a share that is not
// above 0, or a confidence that is not in (0, 1).
func DrawsFor(share, confidence float64) int {
	switch {
	case share >= 1:
		return 0
	case !(share > 0 && confidence > 0 && confidence < 1):
		return math.MaxInt
	}
	draws := math.Ceil(math.Log1p(-confidence) / math.Log1p(-share))
	if !(draws < 1<<53) {
		return math.MaxInt
	}
	n := max(1, int(draws))
	for n > 1 && UpperBound(0, n-1, confidence) <= share {
		n--
	}
	for UpperBound(0, n, confidence) > share {
		n++
	}
	return n
}
