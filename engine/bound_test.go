package engine

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestUpperBoundPublished: American Institute of CPAs, Audit Guide: Audit Sampling, appendix A, table A-3 (upper limits at 5 percent
// risk of overreliance): percent, rounded up to a tenth, by the number of deviations from 0.
func TestUpperBoundPublished(t *testing.T) {
	for checked, limits := range map[int][]float64{
		20:  {14.0, 21.7, 28.3, 34.4, 40.2, 45.6},
		25:  {11.3, 17.7, 23.2, 28.2, 33.0, 37.6},
		30:  {9.6, 14.9, 19.6, 23.9, 28.0, 31.9},
		40:  {7.3, 11.4, 15.0, 18.3, 21.5, 24.6},
		50:  {5.9, 9.2, 12.1, 14.8, 17.4, 19.9},
		60:  {4.9, 7.7, 10.2, 12.5, 14.7, 16.8},
		80:  {3.7, 5.8, 7.7, 9.5, 11.1, 12.7},
		100: {3.0, 4.7, 6.2, 7.6, 9.0, 10.3},
	} {
		for disagree, limit := range limits {
			require.InDelta(t, limit, math.Ceil(1000*UpperBound(disagree, checked, 0.95))/10, 1e-9, "%d of %d", disagree, checked)
		}
	}
	// Ten draws, to a tenth of a percent, and the rule of three of Hanley and Lippman-Hand (JAMA 249, 1983): 0 of n is at most 3/n.
	for disagree, limit := range []float64{25.9, 39.4, 50.7, 60.7, 69.6, 77.8} {
		require.InDelta(t, limit, 100*UpperBound(disagree, 10, 0.95), 0.05, "%d of 10", disagree)
	}
	for _, checked := range []int{30, 100, 300, 1000, 1_000_000} {
		require.InEpsilon(t, 3/float64(checked), UpperBound(0, checked, 0.95), 0.06)
	}
}

// TestDrawsForPublished: the same book, table A-1 (sample sizes at 5 percent risk of overreliance), row of no expected deviations, by
// tolerable percent.
func TestDrawsForPublished(t *testing.T) {
	for percent, draws := range map[float64]int{1: 299, 2: 149, 3: 99, 4: 74, 5: 59, 6: 49, 7: 42, 8: 36, 9: 32, 10: 29, 15: 19, 20: 14} {
		require.Equal(t, draws, DrawsFor(percent/100, 0.95), "%v %%", percent)
	}
}

func TestBoundEdges(t *testing.T) {
	for _, tc := range []struct {
		disagree, checked int
		confidence, want  float64
	}{
		{0, 0, 0.95, 1}, {0, -1, 0.95, 1}, {5, 5, 0.95, 1}, {6, 5, 0.95, 1}, {-1, 1, 0.95, 0.95}, {0, 1, 0.95, 0.95},
		{0, 5, 0, 1}, {0, 5, 1, 1}, {0, 5, -1, 1}, {0, 5, 2, 1}, {0, 5, math.NaN(), 1}, {2, 5, math.Inf(1), 1},
	} {
		require.InDelta(t, tc.want, UpperBound(tc.disagree, tc.checked, tc.confidence), 1e-15, fmt.Sprint(tc))
	}
	for _, tc := range []struct {
		share, confidence float64
		want              int
	}{
		{1, 0.95, 0}, {2, 0.95, 0}, {0, 0.95, math.MaxInt}, {-1, 0.95, math.MaxInt}, {math.NaN(), 0.95, math.MaxInt},
		{0.1, 0, math.MaxInt}, {0.1, 1, math.MaxInt}, {0.1, math.NaN(), math.MaxInt}, {1e-300, 0.95, math.MaxInt},
		{0.5, 0.5, 1}, {0.5, 0.75, 2}, {0.99, 0.01, 1}, {1e-6, 0.95, 2_995_731},
	} {
		require.Equal(t, tc.want, DrawsFor(tc.share, tc.confidence), fmt.Sprint(tc))
	}
}

// TestUpperBoundBisected finds the bound by bisection on the binomial tail in exact arithmetic.
func TestUpperBoundBisected(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checked := rapid.IntRange(1, 40).Draw(t, "checked")
		disagree := rapid.IntRange(0, checked-1).Draw(t, "disagree")
		percent := rapid.IntRange(1, 999).Draw(t, "confidence in tenths of a percent")
		risk := big.NewRat(int64(1000-percent), 1000)
		low, high := new(big.Rat), big.NewRat(1, 1)
		for range 40 {
			middle := new(big.Rat).Add(low, high)
			middle.Mul(middle, big.NewRat(1, 2))
			if atMost(disagree, checked, middle).Cmp(risk) > 0 {
				low = middle
			} else {
				high = middle
			}
		}
		want, _ := low.Float64()
		require.InDelta(t, want, UpperBound(disagree, checked, float64(percent)/1000), 1e-9)
	})
}

// atMost is the probability of at most k among n independent draws with the given share.
func atMost(k, n int, share *big.Rat) *big.Rat {
	// Everything over the denominator of share to the n-th.
	yes, all := share.Num(), share.Denom()
	no := new(big.Int).Sub(all, yes)
	sum := new(big.Int)
	for i := 0; i <= k; i++ {
		term := new(big.Int).Binomial(int64(n), int64(i))
		term.Mul(term, new(big.Int).Exp(yes, big.NewInt(int64(i)), nil))
		term.Mul(term, new(big.Int).Exp(no, big.NewInt(int64(n-i)), nil))
		sum.Add(sum, term)
	}
	return new(big.Rat).SetFrac(sum, new(big.Int).Exp(all, big.NewInt(int64(n)), nil))
}

// TestBoundsAreMonotone: more disagreements, fewer draws or more confidence never lower the bound, and DrawsFor is the smallest
// number that is enough, also for populations beyond any table.
func TestBoundsAreMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checked := rapid.IntRange(2, 1_000_000).Draw(t, "checked")
		disagree := rapid.IntRange(0, min(checked-1, rapid.SampledFrom([]int{3, 1000, 1_000_000}).Draw(t, "most"))).Draw(t, "disagree")
		confidence := rapid.Float64Range(0.5, 0.9999).Draw(t, "confidence")
		bound := UpperBound(disagree, checked, confidence)
		require.Greater(t, bound, float64(disagree)/float64(checked)*(1-1e-9))
		require.LessOrEqual(t, bound, 1.0)
		require.LessOrEqual(t, bound, UpperBound(disagree+1, checked, confidence)+1e-12)
		require.LessOrEqual(t, bound, UpperBound(disagree, checked-1, confidence)+1e-12)
		require.LessOrEqual(t, bound, UpperBound(disagree, checked, confidence+(1-confidence)/2)+1e-12)

		share := rapid.Float64Range(1e-6, 0.9999).Draw(t, "share")
		n := DrawsFor(share, confidence)
		require.LessOrEqual(t, UpperBound(0, n, confidence), share)
		require.Greater(t, UpperBound(0, n-1, confidence), share)
	})
}
