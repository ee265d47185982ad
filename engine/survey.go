package engine

import (
	"encoding/binary"
	"math/bits"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// Survey is one batch of identities, grouped by their match vectors under every combination of the filter rules.
type Survey struct {
	vectors *vectorSet
	groups  [][]int32 // by group: numbers of its vectors, one for each variant that is kept
	rows    []int32   // group of each row
	samples []row     // values of the first identity, for the first groups
}

// Surveyor turns batches into surveys. It is not safe for concurrent use; each worker has its own.
type Surveyor struct {
	lab        *hypothetical
	classifier *Classifier
	samples    int // how many groups of a batch keep the values of an identity
}

// Survey groups a batch: rec has one column for each of Calibration.Attributes, ids the entity_id of each row.
func (s *Surveyor) Survey(rec arrow.Record, ids []string) (*Survey, error) {
	c := s.classifier
	if err := c.evaluate(rec, ids); err != nil {
		return nil, err
	}
	words, kept := s.lab.program.layout.words, len(s.lab.kept)
	out := &Survey{vectors: newVectorSet(words), rows: make([]int32, len(ids))}
	numbers := make([]int32, len(ids)*kept)
	for r := range ids {
		number, _ := out.vectors.intern(c.row(r))
		for k := range kept {
			numbers[r*kept+k] = int32(number)
		}
	}
	vector := make([]uint64, words)
	for k := 1; k < kept; k++ {
		differ, changes := c.changes(s.lab.kept[k])
		for w, word := range differ {
			for ; word != 0; word &= word - 1 {
				r := w*64 + bits.TrailingZeros64(word)
				c.changed(vector, r, changes)
				number, _ := out.vectors.intern(vector)
				numbers[r*kept+k] = int32(number)
			}
		}
	}
	index := make(map[string]int32)
	var key []byte
	var first []int // rows that begin a group
	for r := range ids {
		list := numbers[r*kept : (r+1)*kept]
		key = appendNumbers(key[:0], list)
		group, ok := index[string(key)]
		if !ok {
			group = int32(len(out.groups))
			index[string(key)] = group
			out.groups = append(out.groups, append([]int32(nil), list...))
			if len(first) < s.samples {
				first = append(first, r)
			}
		}
		out.rows[r] = group
	}
	var err error
	out.samples, err = readRows(rec, first)
	return out, err
}

func appendNumbers(key []byte, list []int32) []byte {
	for _, n := range list {
		key = binary.LittleEndian.AppendUint32(key, uint32(n))
	}
	return key
}

// group is a set of identities that no combination of filter rules tells apart.
type group struct {
	vectors    []int32 // numbers in population.vectors, by position in hypothetical.kept
	identities int
	exemplar   string    // entity_id
	values     row       // of the exemplar; nil = not kept
	candidates []askable // identities that can be put to the tenant, in input order
}

// askable is an identity whose id in the tenant is known.
type askable struct{ entityID, tenantID string }

// Bounds of what is kept of a group and of the population.
const (
	maxGroupCandidates = 4
	maxSampledGroups   = 100
)

// surveyed adds up surveys in input order.
type surveyed struct {
	vectors           *vectorSet
	groups            []group
	index             map[string]int
	identities, frame int
}

func newSurveyed(words int) *surveyed {
	return &surveyed{vectors: newVectorSet(words), index: make(map[string]int)}
}

func (s *surveyed) add(batch *Survey, ids, tenantIDs []string) {
	number := make([]int32, batch.vectors.size)
	for i := range number {
		n, _ := s.vectors.intern(batch.vectors.at(i))
		number[i] = int32(n)
	}
	place := make([]int, len(batch.groups))
	for i, local := range batch.groups {
		list := make([]int32, len(local))
		for k, n := range local {
			list[k] = number[n]
		}
		key := string(appendNumbers(nil, list))
		at, ok := s.index[key]
		if !ok {
			at = len(s.groups)
			s.index[key] = at
			s.groups = append(s.groups, group{vectors: list})
		}
		if !ok && i < len(batch.samples) && at < maxSampledGroups {
			s.groups[at].values = batch.samples[i]
		}
		place[i] = at
	}
	for r, local := range batch.rows {
		g := &s.groups[place[local]]
		if g.identities == 0 {
			g.exemplar = strings.Clone(ids[r])
		}
		g.identities++
		s.identities++
		if tenantIDs[r] == "" {
			continue
		}
		s.frame++
		if len(g.candidates) < maxGroupCandidates {
			g.candidates = append(g.candidates, askable{strings.Clone(ids[r]), strings.Clone(tenantIDs[r])})
		}
	}
}
