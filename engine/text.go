package engine

import "strconv"

// Grouped writes an integer with thousands separators: 12,345.
func Grouped(n int) string {
	text := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, text = "-", text[1:]
	}
	out := make([]byte, 0, len(text)+len(text)/3)
	for i := range len(text) {
		if i > 0 && (len(text)-i)%3 == 0 {
			out = append(out, ',')
		}
		out = append(out, text[i])
	}
	return sign + string(out)
}

// optional is s, or nil for the empty text.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
