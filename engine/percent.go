package engine

import (
	"fmt"
	"math/big"

	"github.com/lcmsim/lcmsim/scimeval"
)

// Percent is an exact percentage in [0, 100].
type Percent struct{ r *big.Rat }

// ParsePercent reads a JSON number from 0 to 100.
func ParsePercent(text string) (Percent, error) {
	if len(text) > 64 {
		return Percent{}, fmt.Errorf("percentage %.20s... is too long", text)
	}
	if _, err := scimeval.ParseDecimal(text); err != nil {
		return Percent{}, fmt.Errorf("percentage %q: %w", text, err)
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return Percent{}, fmt.Errorf("percentage %q is not a number", text)
	}
	if r.Sign() < 0 || r.Cmp(big.NewRat(100, 1)) > 0 {
		return Percent{}, fmt.Errorf("percentage %s is outside 0..100", text)
	}
	return Percent{r}, nil
}

// IsZero tells whether the percentage is 0.
func (p Percent) IsZero() bool { return p.r == nil || p.r.Sign() == 0 }

// Of is the exact share p of n.
func (p Percent) Of(n int) *big.Rat {
	share := new(big.Rat).SetInt64(int64(n))
	if p.r == nil {
		return share.SetInt64(0)
	}
	share.Mul(share, p.r)
	return share.Quo(share, big.NewRat(100, 1))
}

// Float64 is the nearest float64, for display.
func (p Percent) Float64() float64 {
	if p.r == nil {
		return 0
	}
	f, _ := p.r.Float64()
	return f
}
