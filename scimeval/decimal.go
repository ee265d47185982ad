package scimeval

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Limits of a number, in a filter and in a population: a number is compared by sign, exponent and digits and is
// never expanded, so these bounds only keep hostile input small.
const (
	MaxNumberDigits   = 1000
	MaxNumberExponent = 10000
)

// Errors of ParseDecimal.
var (
	ErrNotNumber   = errors.New("not a JSON number")
	ErrNumberLimit = errors.New("number has more than 1000 digits or an exponent beyond 10000")
)

// Decimal is an exact decimal number: sign * 0.digits * 10^exp. The zero Decimal is 0.
type Decimal struct {
	neg    bool
	digits string // no leading and no trailing zero; empty for 0
	exp    int
}

// ParseDecimal reads a JSON number (RFC 8259 section 6) exactly. It returns ErrNotNumber or ErrNumberLimit.
func ParseDecimal(s string) (Decimal, error) {
	i, n := 0, len(s)
	neg := false
	if i < n && s[i] == '-' {
		neg = true
		i++
	}
	start := i
	for i < n && isDigit(s[i]) {
		i++
	}
	whole := s[start:i]
	if whole == "" || (len(whole) > 1 && whole[0] == '0') {
		return Decimal{}, ErrNotNumber
	}
	frac := ""
	if i < n && s[i] == '.' {
		i++
		start = i
		for i < n && isDigit(s[i]) {
			i++
		}
		if frac = s[start:i]; frac == "" {
			return Decimal{}, ErrNotNumber
		}
	}
	exp := 0
	if i < n && (s[i] == 'e' || s[i] == 'E') {
		i++
		sign := 1
		if i < n && (s[i] == '+' || s[i] == '-') {
			if s[i] == '-' {
				sign = -1
			}
			i++
		}
		start = i
		for i < n && isDigit(s[i]) {
			if exp <= MaxNumberExponent {
				exp = exp*10 + int(s[i]-'0')
			}
			i++
		}
		if i == start {
			return Decimal{}, ErrNotNumber
		}
		if exp > MaxNumberExponent {
			return Decimal{}, ErrNumberLimit
		}
		exp *= sign
	}
	if i != n {
		return Decimal{}, ErrNotNumber
	}
	if len(whole)+len(frac) > MaxNumberDigits {
		return Decimal{}, ErrNumberLimit
	}
	digits := strings.TrimLeft(whole+frac, "0")
	if digits == "" {
		return Decimal{}, nil
	}
	point := len(whole) + exp - (len(whole) + len(frac) - len(digits))
	return Decimal{neg: neg, digits: strings.TrimRight(digits, "0"), exp: point}, nil
}

// DecimalFromFloat gives the shortest decimal that reads back as f. NaN and infinities return ErrNotNumber.
func DecimalFromFloat(f float64, bits int) (Decimal, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Decimal{}, ErrNotNumber
	}
	return ParseDecimal(strconv.FormatFloat(f, 'e', -1, bits))
}

// Sign is -1, 0 or 1.
func (d Decimal) Sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.neg:
		return -1
	}
	return 1
}

// Compare is -1, 0 or 1 as d is below, equal to or above e, exactly.
func (d Decimal) Compare(e Decimal) int {
	ds, es := d.Sign(), e.Sign()
	switch {
	case ds < es:
		return -1
	case ds > es:
		return 1
	case ds == 0:
		return 0
	}
	switch {
	case d.exp < e.exp:
		return -ds
	case d.exp > e.exp:
		return ds
	}
	return ds * strings.Compare(d.digits, e.digits)
}

// Float64 is the nearest float64; values beyond its range become an infinity.
func (d Decimal) Float64() float64 {
	f, _ := strconv.ParseFloat(d.String(), 64)
	return f
}

// String is a JSON number that reads back as d, the same for equal values: plain digits where that is short,
// otherwise with an exponent.
func (d Decimal) String() string {
	if d.digits == "" {
		return "0"
	}
	var b strings.Builder
	if d.neg {
		b.WriteByte('-')
	}
	switch {
	case d.exp > -7 && d.exp <= max(21, len(d.digits)-1):
		d.appendPlain(&b, d.exp)
	default:
		// One digit before the point, unless that pushes the exponent beyond its limit.
		exponent := min(max(d.exp-1, -MaxNumberExponent), MaxNumberExponent)
		d.appendPlain(&b, d.exp-exponent)
		b.WriteByte('e')
		b.WriteString(strconv.Itoa(exponent))
	}
	return b.String()
}

// appendPlain writes the digits with the decimal point behind the first point of them.
func (d Decimal) appendPlain(b *strings.Builder, point int) {
	n := len(d.digits)
	switch {
	case point <= 0:
		b.WriteString("0.")
		b.WriteString(strings.Repeat("0", -point))
		b.WriteString(d.digits)
	case point >= n:
		b.WriteString(d.digits)
		b.WriteString(strings.Repeat("0", point-n))
	default:
		b.WriteString(d.digits[:point])
		b.WriteByte('.')
		b.WriteString(d.digits[point:])
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
