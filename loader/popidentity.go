package loader

import "hash/maphash"

// identitySet tells whether an entity_id was seen before. It keeps 128 bits of hash an identity, 21 to 43 bytes with
// the free slots. Two identities that agree in all of them would be taken for one; among a billion the chance of that
// is below 1e-20.
type identitySet struct {
	low, high maphash.Seed
	slots     [][2]uint64 // open addressing; {0, 0} = free; the length is a power of two
	used      int
}

func newIdentitySet() *identitySet {
	return &identitySet{low: maphash.MakeSeed(), high: maphash.MakeSeed(), slots: make([][2]uint64, 1024)}
}

// add tells whether the id is new, and remembers it.
func (s *identitySet) add(id string) bool {
	hash := [2]uint64{maphash.String(s.low, id), maphash.String(s.high, id)}
	if hash == [2]uint64{} {
		hash[0] = 1
	}
	at := s.find(hash)
	if s.slots[at] == hash {
		return false
	}
	s.slots[at] = hash
	s.used++
	if s.used*4 > len(s.slots)*3 {
		s.grow()
	}
	return true
}

// find is the slot that holds the hash or would hold it.
func (s *identitySet) find(hash [2]uint64) uint64 {
	mask := uint64(len(s.slots) - 1)
	at := hash[0] & mask
	for s.slots[at] != hash && s.slots[at] != [2]uint64{} {
		at = (at + 1) & mask
	}
	return at
}

func (s *identitySet) grow() {
	old := s.slots
	s.slots = make([][2]uint64, 2*len(old))
	for _, hash := range old {
		if hash != [2]uint64{} {
			s.slots[s.find(hash)] = hash
		}
	}
}
