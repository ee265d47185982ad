package engine

import "math/bits"

// layout says which bit of a match vector holds what (SPEC section 5).
type layout struct {
	words int
	bits  int
	lower []int        // by expression: certainly true
	upper []int        // by expression: possibly true; the same bit where the expression is never unknown
	done  map[Done]int // history says done; nil = no history
}

func (l *layout) addBit() int {
	l.bits++
	l.words = (l.bits + 63) / 64
	return l.bits - 1
}

func (l *layout) truth(v []uint64, expr int) truth {
	switch {
	case bitAt(v, l.lower[expr]):
		return isTrue
	case bitAt(v, l.upper[expr]):
		return isUnknown
	}
	return isFalse
}

func bitAt(v []uint64, i int) bool { return v[i/64]>>(i%64)&1 == 1 }

// vectorSet numbers distinct match vectors by first appearance.
type vectorSet struct {
	words int
	data  []uint64
	size  int
	table []int32 // open addressing: number + 1, 0 = free; its length is a power of two
}

func newVectorSet(words int) *vectorSet { return &vectorSet{words: words, table: make([]int32, 64)} }

func (s *vectorSet) at(i int) []uint64 { return s.data[i*s.words : (i+1)*s.words : (i+1)*s.words] }

// intern gives the number of a vector; added tells that it is new.
func (s *vectorSet) intern(v []uint64) (number int, added bool) {
	mask := uint64(len(s.table) - 1)
	slot := hashVector(v) & mask
	for s.table[slot] != 0 {
		i := int(s.table[slot] - 1)
		if equalVectors(s.at(i), v) {
			return i, false
		}
		slot = (slot + 1) & mask
	}
	s.data = append(s.data, v...)
	s.size++
	s.table[slot] = int32(s.size)
	if s.size*2 > len(s.table) {
		s.grow()
	}
	return s.size - 1, true
}

func (s *vectorSet) grow() {
	s.table = make([]int32, 2*len(s.table))
	mask := uint64(len(s.table) - 1)
	for i := range s.size {
		slot := hashVector(s.at(i)) & mask
		for s.table[slot] != 0 {
			slot = (slot + 1) & mask
		}
		s.table[slot] = int32(i + 1)
	}
}

func hashVector(v []uint64) uint64 {
	h := uint64(0x9E3779B97F4A7C15)
	for _, w := range v {
		hi, lo := bits.Mul64(h^w, 0xD6E8FEB86659FD93)
		h = hi ^ lo
	}
	return h ^ h>>29
}

func equalVectors(a, b []uint64) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// transpose turns a 64 x 64 bit matrix: bit c of word r becomes bit r of word c.
func transpose(m *[64]uint64) {
	mask := uint64(0x00000000FFFFFFFF)
	for width := 32; width > 0; width >>= 1 {
		for r := 0; r < 64; r = (r + width + 1) &^ width {
			t := (m[r]>>width ^ m[r+width]) & mask
			m[r] ^= t << width
			m[r+width] ^= t
		}
		mask ^= mask << (width >> 1)
	}
}
