package engine

import "slices"

// located is a part with its index in its list in the export.
type located[T any] struct {
	part  *T
	index int
}

// everyPart lists all parts.
func everyPart[T any](list []T) []located[T] {
	out := make([]located[T], len(list))
	for i := range list {
		out[i] = located[T]{&list[i], i}
	}
	return out
}

// firstParts lists the parts that count where the first of equal keys does.
func firstParts[T any](list []T, key func(*T) string) []located[T] {
	var out []located[T]
	seen := make(map[string]bool, len(list))
	for i := range list {
		if k := key(&list[i]); !seen[k] {
			seen[k] = true
			out = append(out, located[T]{&list[i], i})
		}
	}
	return out
}

// noEdit stands where nothing differs.
const noEdit = -1

// pair is a part on both sides of a diff, or on one of them.
type pair[T any] struct {
	from, to located[T] // no part = not on that side
	edit     int        // that turns from into to, whatever is inside them; noEdit = the fields of its own are alike
}

func (p *pair[T]) both() bool { return p.from.part != nil && p.to.part != nil }

// chosen is the side that counts; nil means that the part is not there.
func (p *pair[T]) chosen(taken editSet) *T {
	if taken.has(p.edit) {
		return p.to.part
	}
	return p.from.part
}

// paired is a list of parts on both sides of a diff.
type paired[T any] struct {
	parts   []pair[T] // those of the later side in its order among them
	earlier []int     // the parts of the earlier side in its order: indices into parts
	order   int       // the edit that puts the parts of both sides into the later order
}

// pairUp matches the parts of two lists by the first of the keys that leaves them a partner, equal keys in order. Parts
// of the earlier side only come last.
func pairUp[T any](from, to []located[T], keys ...func(*T) string) paired[T] {
	partner := make([]int, len(to)) // of a part of to: 1 + its index in from; 0 = none
	matched := make([]int, len(from))
	for _, key := range keys {
		open := make(map[string][]int)
		for i, x := range from {
			if matched[i] == 0 {
				k := key(x.part)
				open[k] = append(open[k], i)
			}
		}
		for j, x := range to {
			if partner[j] != 0 {
				continue
			}
			k := key(x.part)
			if list := open[k]; len(list) > 0 {
				partner[j], matched[list[0]] = list[0]+1, j+1
				open[k] = list[1:]
			}
		}
	}
	p := paired[T]{earlier: make([]int, len(from)), order: noEdit}
	for j, x := range to {
		part := pair[T]{to: x, edit: noEdit}
		if i := partner[j]; i != 0 {
			part.from = from[i-1]
		}
		p.parts = append(p.parts, part)
	}
	for i, x := range from {
		p.earlier[i] = matched[i] - 1
		if matched[i] == 0 {
			p.earlier[i] = len(p.parts)
			p.parts = append(p.parts, pair[T]{from: x, edit: noEdit})
		}
	}
	return p
}

// reordered tells whether the parts of both sides stand in another order on each.
func (p *paired[T]) reordered() bool {
	last := -1
	for _, i := range p.earlier {
		if p.parts[i].to.part == nil {
			continue
		}
		if i < last {
			return true
		}
		last = i
	}
	return false
}

// merge is the earlier list with the edits taken. The parts that are there keep the earlier order, or have the later one
// if that edit is taken; a part that the order does not know stands behind the nearest part before it in the other
// order. With no edit taken that is the earlier list, with all of them the later one. inside merges what a part of both
// sides holds; nil = nothing does.
func (p *paired[T]) merge(taken editSet, inside func(part int, x *T)) []T {
	var earlier, later []int
	for _, i := range p.earlier {
		if p.parts[i].chosen(taken) != nil {
			earlier = append(earlier, i)
		}
	}
	for i := range p.parts {
		if p.parts[i].to.part != nil && p.parts[i].chosen(taken) != nil {
			later = append(later, i)
		}
	}
	if taken.has(p.order) {
		earlier, later = later, earlier
	}
	var out []T
	for _, i := range weave(earlier, later) {
		x := *p.parts[i].chosen(taken)
		if inside != nil && p.parts[i].both() {
			inside(i, &x)
		}
		out = append(out, x)
	}
	return out
}

// weave is base with what only extra has: each such number behind the nearest one before it in extra that base has, at
// the front if there is none. Neither list holds a number twice.
func weave(base, extra []int) []int {
	place := make(map[int]int, len(base))
	for i, x := range base {
		place[x] = i + 1
	}
	behind := make([][]int, len(base)+1)
	at := 0
	for _, x := range extra {
		if i, ok := place[x]; ok {
			at = i
			continue
		}
		behind[at] = append(behind[at], x)
	}
	out := slices.Clone(behind[0])
	for i, x := range base {
		out = append(append(out, x), behind[i+1]...)
	}
	return out
}

// editSet marks the edits that a merge takes.
type editSet []bool

func (s editSet) has(edit int) bool { return edit != noEdit && s[edit] }
