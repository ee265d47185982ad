package engine

import (
	"cmp"
	"container/heap"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
)

// SampleOptions say how many identities to draw.
type SampleOptions struct {
	Seed   uint64 // any number; the same seed and population give the same sample
	Random int    // draws of the random stratum, at least, if the frame and the budget have as many; below 0 = 0
	Budget int    // draws of all strata together, at most; below 0 = 0
}

// Sampler looks at a population once, in batches, and then draws a Sample from the frame: the identities whose id in the tenant is
// known. It keeps as many candidates as the budget, one or a few of every class, and a hash of each tenant id, to find
// those that identities share. It is not safe for concurrent use.
//
// Every identity has a key, a hash of the seed and of its entity_id, and the smallest keys of a set are drawn from it. The sample
// therefore depends neither on the order of the identities nor on the batches, and a population that changes a little, or a
// larger budget, keeps most of the draws. To whoever does not choose the seed by its outcome, the keys are random numbers, and the
// smallest keys of the frame a uniform sample without replacement.
//
// Two identities with the same tenant id are both in the frame: each is a claim about that tenant identity, of which one at least
// is wrong. Sample.Shared counts them.
type Sampler struct {
	program    *Program
	opt        SampleOptions
	identities int
	frame      int
	smallest   drawableHeap // of the frame, at most Budget
	classes    []pool       // by class of the simulation
	others     *vectorSet   // match vectors under variants
	flips      map[flipped]*pool
	tenants    map[uint64]bool // hashes of tenant ids; true = of several identities
	shared     int
	hash       maphash.Seed
}

// flipped are the identities of a class that have another match vector under a variant of the filter rules.
type flipped struct{ variant, class, other int }

// pool is a set of identities of the frame to draw from: its smallest key is drawn.
type pool struct {
	size  int
	first *drawable // nil = size is 0
}

// drawable is an identity that may be drawn.
type drawable struct {
	key      uint64
	id       string
	tenantID string
	class    int
	flips    []flipped // that it is in
}

func (c *drawable) compare(o *drawable) int {
	return cmp.Or(cmp.Compare(c.key, o.key), cmp.Compare(c.id, o.id))
}

// drawableHeap has the candidate with the largest key on top.
type drawableHeap []*drawable

func (h drawableHeap) Len() int           { return len(h) }
func (h drawableHeap) Less(i, j int) bool { return h[i].compare(h[j]) > 0 }
func (h drawableHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *drawableHeap) Push(x any)        { *h = append(*h, x.(*drawable)) }
func (h *drawableHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// NewSampler starts with no identities. The program must be one of Input.Sampling.
func (p *Program) NewSampler(opt SampleOptions) *Sampler {
	opt.Budget = max(0, opt.Budget)
	opt.Random = min(max(0, opt.Random), opt.Budget)
	return &Sampler{
		program: p, opt: opt, others: newVectorSet(p.layout.words), flips: make(map[flipped]*pool),
		tenants: make(map[uint64]bool), hash: maphash.MakeSeed(),
	}
}

// Add adds the next batch. classes is what Simulation.Add gave for it, ids are the entity_id of its identities, tenantIDs their ids
// in the tenant, "" = not known. It fails if the program is not one of Input.Sampling, or a list has another length than the batch.
func (s *Sampler) Add(batch *Classes, classes []int32, ids, tenantIDs []string) error {
	n := len(batch.rows)
	switch {
	case !s.program.in.Sampling:
		return errors.New("a sample needs a program that is compiled for sampling (Input.Sampling)")
	case len(classes) != n || len(ids) != n || len(tenantIDs) != n:
		return fmt.Errorf("a batch of %d identities was given %d classes, %d ids and %d tenant ids", n, len(classes), len(ids), len(tenantIDs))
	}
	s.identities += n
	flips := s.flipsOf(batch, classes)
	seed := binary.BigEndian.AppendUint64(nil, s.opt.Seed)
	for r, tenantID := range tenantIDs {
		if tenantID == "" {
			continue
		}
		s.frame++
		s.share(tenantID)
		seed = append(seed[:8], ids[r]...)
		sum := sha256.Sum256(seed)
		who := drawable{key: binary.BigEndian.Uint64(sum[:8]), id: ids[r], tenantID: tenantID, class: int(classes[r]), flips: flips[int32(r)]}
		s.offer(&who)
	}
	return nil
}

// flipsOf says of the rows of a batch whose match vector differs under a variant where they belong.
func (s *Sampler) flipsOf(batch *Classes, classes []int32) map[int32][]flipped {
	byRow := make(map[int32][]flipped)
	for v := 1; v < len(batch.flips); v++ {
		number := make([]int, batch.flips[v].vectors.size)
		for i := range number {
			number[i], _ = s.others.intern(batch.flips[v].vectors.at(i))
		}
		for _, f := range batch.flips[v].rows {
			byRow[f.row] = append(byRow[f.row], flipped{v, int(classes[f.row]), number[f.other]})
		}
	}
	return byRow
}

// share counts the identities whose tenant id another one has too.
func (s *Sampler) share(tenantID string) {
	h := maphash.String(s.hash, tenantID)
	several, known := s.tenants[h]
	switch {
	case !known:
		s.tenants[h] = false
	case several:
		s.shared++
	default:
		s.tenants[h] = true
		s.shared += 2
	}
}

// offer puts an identity of the frame wherever its key is small enough. It is copied once, and only then.
func (s *Sampler) offer(who *drawable) {
	kept := (*drawable)(nil)
	keep := func() *drawable {
		if kept == nil {
			c := *who
			c.id, c.tenantID, c.flips = strings.Clone(c.id), strings.Clone(c.tenantID), slices.Clone(c.flips)
			kept = &c
		}
		return kept
	}
	put := func(p *pool) {
		p.size++
		if p.first == nil || who.compare(p.first) < 0 {
			p.first = keep()
		}
	}
	for who.class >= len(s.classes) {
		s.classes = append(s.classes, pool{})
	}
	put(&s.classes[who.class])
	for _, at := range who.flips {
		if s.flips[at] == nil {
			s.flips[at] = &pool{}
		}
		put(s.flips[at])
	}
	switch {
	case len(s.smallest) < s.opt.Budget:
		heap.Push(&s.smallest, keep())
	case s.opt.Budget > 0 && who.compare(s.smallest[0]) < 0:
		s.smallest[0] = keep()
		heap.Fix(&s.smallest, 0)
	}
}

// Sample draws from what was added so far. sim is the simulation whose classes Add was given.
//
// The random draws come first: Random of them, and more where the budget is more than they and one draw for every target take, or
// all of the frame where the budget is that large. Then each target that no draw has met yet gets one while the budget lasts:
// the groups whose predicted answer is another under the alternative of a rule, in turn over the rules and the largest of each
// first; the destructive classes, the largest first; the cells of workflows and conditions, in the order of the policy.
//
// Note: the number of random draws depends on the population alone. Spending what met targets leave over on more random draws
// would let the size of the random sample depend on who is in it, and its bound would be none.
func (s *Sampler) Sample(sim *Simulation) *Sample {
	out := &Sample{Seed: s.opt.Seed, Identities: s.identities, Frame: s.frame, Shared: s.shared, Draws: []Draw{}}
	t := newTargets(s, sim)
	random := max(s.opt.Random, s.opt.Budget-t.total())
	if s.opt.Budget >= s.frame {
		random = s.frame
	}
	out.Strata = append([]Stratum{{Kind: StratumRandom, Name: StratumRandom, Size: s.frame}}, t.strata...)
	smallest := slices.Clone(s.smallest)
	slices.SortFunc(smallest, (*drawable).compare)
	draw := func(who *drawable, stratum int) {
		out.Draws = append(out.Draws, Draw{EntityID: who.id, TenantID: who.tenantID, Stratum: stratum, Class: who.class})
		t.meet(who)
	}
	for _, who := range smallest[:min(random, len(smallest))] {
		draw(who, 0)
	}
	for _, target := range t.ordered() {
		if len(out.Draws) >= s.opt.Budget {
			break
		}
		if !target.met {
			draw(target.first, 1+target.stratum)
		}
	}
	for class, p := range s.classes {
		if p.size > 0 {
			out.Classes++
		}
		if t.drawn[class] {
			out.Covered.Classes++
			out.Covered.Identities += p.size
		}
	}
	out.Covered.Strata = t.metStrata()
	return out
}
