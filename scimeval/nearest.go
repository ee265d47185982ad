package scimeval

import (
	"slices"
	"strings"
)

// Nearest is the candidate that somebody who wrote name most likely meant; "" when none is near. Letter case,
// underscores and the prefix customprop_ are worth less than letters. Ties go to the first candidate in byte order.
func Nearest(name string, candidates []string) string {
	key := nameKey(name)
	best, bestCost := "", 2+2*min(len(key)/3, 3) // a third of the letters may differ, at most three
	if len(name) > 128 {
		return ""
	}
	for _, c := range candidates {
		if c == name || len(c) > 128 {
			continue
		}
		other := nameKey(c)
		if 2*max(len(other)-len(key), len(key)-len(other)) > bestCost {
			continue
		}
		cost := 2 * editDistance(key, other)
		if !strings.EqualFold(c, name) {
			cost++
		}
		if cost < bestCost || cost == bestCost && best != "" && c < best {
			best, bestCost = c, cost
		}
	}
	return best
}

// NearestFew are at most three candidates, the nearest first, each as Nearest finds it among those left.
func NearestFew(name string, candidates []string) []string {
	left := slices.Clone(candidates)
	var near []string
	for range 3 {
		next := Nearest(name, left)
		if next == "" {
			break
		}
		near = append(near, next)
		left = slices.DeleteFunc(left, func(other string) bool { return other == next })
	}
	return near
}

func nameKey(s string) string {
	s = strings.TrimPrefix(strings.ToLower(s), "customprop_")
	return strings.NewReplacer("_", "", "-", "").Replace(s)
}

// editDistance counts insertions, deletions, replacements and swaps of neighbours, in bytes.
func editDistance(a, b string) int {
	older := make([]int, len(b)+1)
	prev := make([]int, len(b)+1)
	next := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(prev[j]+1, next[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], older[j-2]+1)
			}
		}
		older, prev, next = prev, next, older
	}
	return prev[len(b)]
}
