package scimeval

import (
	"strings"
	"time"
)

// Instant is a point in time of any precision. The zero Instant is 1970-01-01T00:00:00Z.
type Instant struct {
	seconds  int64  // since 1970
	fraction string // digits of the fraction of a second, without trailing zeros
}

// ParseInstant reads RFC 3339 or YYYY-MM-DD (= 00:00:00Z): T and Z in any case, all fields two digits, seconds below
// 60, an optional fraction after a point, no offset = UTC, offset at most 14 hours (SPEC section 2).
func ParseInstant(s string) (Instant, bool) {
	var zero Instant
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return zero, false
	}
	year, ok := number4(s[:4])
	month, ok1 := number2(s[5:7])
	day, ok2 := number2(s[8:10])
	if !ok || !ok1 || !ok2 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return zero, false
	}
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Unix()
	if len(s) == 10 {
		return Instant{seconds: date}, true
	}
	if len(s) < 19 || s[10]|0x20 != 't' || s[13] != ':' || s[16] != ':' {
		return zero, false
	}
	hour, ok := number2(s[11:13])
	minute, ok1 := number2(s[14:16])
	second, ok2 := number2(s[17:19])
	if !ok || !ok1 || !ok2 || hour > 23 || minute > 59 || second > 59 {
		return zero, false
	}
	in := Instant{seconds: date + int64(hour*3600+minute*60+second)}
	rest := s[19:]
	if rest != "" && rest[0] == '.' {
		end := 1
		for end < len(rest) && isDigit(rest[end]) {
			end++
		}
		if end == 1 {
			return zero, false
		}
		in.fraction = strings.TrimRight(rest[1:end], "0")
		rest = rest[end:]
	}
	switch {
	case rest == "" || rest == "Z" || rest == "z":
		return in, true
	case len(rest) != 6 || rest[0] != '+' && rest[0] != '-' || rest[3] != ':':
		return zero, false
	}
	hours, ok := number2(rest[1:3])
	minutes, ok1 := number2(rest[4:6])
	offset := hours*3600 + minutes*60
	if !ok || !ok1 || minutes > 59 || offset > 14*3600 {
		return zero, false
	}
	if rest[0] == '+' {
		offset = -offset
	}
	in.seconds += int64(offset)
	return in, true
}

// Compare is -1, 0 or 1 as i is before, at or after j.
func (i Instant) Compare(j Instant) int {
	switch {
	case i.seconds < j.seconds:
		return -1
	case i.seconds > j.seconds:
		return 1
	}
	return strings.Compare(i.fraction, j.fraction)
}

func number2(s string) (int, bool) {
	if !isDigit(s[0]) || !isDigit(s[1]) {
		return 0, false
	}
	return int(s[0]-'0')*10 + int(s[1]-'0'), true
}

func number4(s string) (int, bool) {
	hi, ok := number2(s[:2])
	lo, ok1 := number2(s[2:])
	return hi*100 + lo, ok && ok1
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
