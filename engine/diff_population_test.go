package engine

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/scimeval"
)

// comparison is everything that a diff gives.
type comparison struct {
	program  *Program
	diff     *Diff
	rows     []DiffRow // of the later population, then those removed
	result   *DiffResult
	findings []Finding
}

func (c comparison) row(id string) DiffRow {
	return c.rows[slices.IndexFunc(c.rows, func(r DiffRow) bool { return r.EntityID == id })]
}

// compare diffs two populations as one batch each. base counts where the baseline has an earlier population.
func compare(t require.TestingT, in Input, base, people []person) comparison {
	return compareIn(t, in, base, people, []int{len(base)}, []int{len(people)}, 1)
}

// compareIn diffs populations in batches of the given sizes. Those of the later population are dealt to several classifiers,
// classified from the last to the first and added in order.
func compareIn(t require.TestingT, in Input, base, people []person, baseSizes, sizes []int, classifiers int) comparison {
	p := Compile(in)
	var earlier *Baseline
	if in.Against.data() {
		earlier = p.NewBaseline()
		c := p.NewClassifier()
		for _, part := range cut(t, base, baseSizes) {
			rec, ids := batchOf(p.Attributes(), part)
			classes, err := c.Classify(rec, ids)
			require.NoError(t, err)
			rec.Release()
			earlier.Add(classes, ids)
		}
		require.Equal(t, len(base), earlier.Len())
	}
	workers := make([]*Classifier, classifiers)
	for i := range workers {
		workers[i] = p.NewClassifierAgainst(earlier)
	}
	parts := cut(t, people, sizes)
	batches := make([]*Classes, len(parts))
	for i := len(parts) - 1; i >= 0; i-- {
		rec, ids := batchOf(p.Attributes(), parts[i])
		var err error
		batches[i], err = workers[i%classifiers].Classify(rec, ids)
		require.NoError(t, err)
		rec.Release()
	}
	d := p.NewDiff(earlier)
	out := comparison{program: p, diff: d, rows: []DiffRow{}}
	add := func(ids []string, classes []int32) {
		for r, class := range classes {
			row := d.ClassRow(int(class))
			if d.Joins() {
				row = d.Joined(int(class), ids[r])
				require.Equal(t, row.Status, d.Status(int(class), ids[r]))
			}
			row.EntityID = ids[r]
			out.rows = append(out.rows, row)
		}
	}
	for i, batch := range batches {
		_, ids := batchOf(nil, parts[i])
		add(ids, d.Add(batch, ids))
	}
	add(d.AddRemoved())
	seen := workers[0].Observations()
	for _, w := range workers[1:] {
		seen.Add(w.Observations())
	}
	out.result, out.findings = d.Result(Seen{Observations: seen, Attributes: attributeNames(people)}, nil)
	return out
}

// cut cuts people into parts of the given sizes.
func cut(t require.TestingT, people []person, sizes []int) [][]person {
	var parts [][]person
	for _, n := range sizes {
		parts = append(parts, people[:n])
		people = people[n:]
	}
	require.Empty(t, people)
	return parts
}

var baselineKinds = []BaselineKind{BaselineNone, BaselinePolicy, BaselinePopulation, BaselineBoth, BaselineGrants, BaselineMembers}

// randomComparison is a later side, the side that it is compared with, and the populations of both.
func randomComparison(t *rapid.T, kinds ...BaselineKind) (in Input, base, people []person) {
	from, to, in, people := randomSides(t)
	r := &random{t: t, seed: rapid.Uint64().Draw(t, "seed of the comparison")}
	kind := oneOf(r, kinds...)
	synced := map[string]bool{"W1": chance(r, 50), "W2": chance(r, 50), "W3": chance(r, 50)}
	for _, v := range []*Version{from.Version, to.Version} {
		for i := range v.Workflows {
			v.Workflows[i].ContinuousSync = synced[v.Workflows[i].Name] != chance(r, 10)
		}
	}
	in.Version, in.Catalog = to.Version, to.Catalog
	in.Against = &Against{Kind: kind, Cohorts: []string{"team", "dept"}}
	if kind == BaselinePolicy || kind == BaselineBoth {
		in.Against.Side = from
		if chance(r, 50) {
			in.Against.Edits = NewEdits(from, to)
		}
	}
	if kind == BaselineGrants && in.Grants == nil {
		in.Grants = map[string][]Grant{people[0].id: {randomGrant(r)}}
	}
	for _, list := range in.Grants {
		for i := range list {
			list[i].Name = map[string]string{"x1": "n1", "y1": "n2"}[list[i].EntityID]
		}
	}
	if in.Against.data() {
		base = randomEarlier(r, people)
		for _, p := range base {
			if in.Grants != nil && in.Grants[p.id] == nil {
				in.Grants[p.id] = several(r, 0, 3, func() Grant { return randomGrant(r) })
			}
			if in.History != nil && in.History[p.id] == nil {
				in.History[p.id] = []Done{{Action: oneOf(r, "A", "B", "C")}}
			}
		}
	}
	if kind == BaselineMembers {
		people = randomMembers(r, in.Catalog, people)
	}
	return in, base, people
}

// randomEarlier is a population with most people of a later one, some of them as they are now.
func randomEarlier(r *random, people []person) []person {
	var base []person
	others := randomPeople(r)
	for i, p := range people {
		switch n := r.below(100); {
		case n < 45:
			base = append(base, p)
		case n < 80: // another record
			base = append(base, person{p.id, others[i%len(others)].record})
		}
	}
	for i := range r.below(3) {
		base = append(base, person{"gone" + strconv.Itoa(i), others[i%len(others)].record})
	}
	for i := range base {
		k := r.below(len(base))
		base[i], base[k] = base[k], base[i]
	}
	return base
}

// randomMembers makes people members of profiles, by entity_id or by the tenant's own id, which some records have.
func randomMembers(r *random, c *Catalog, people []person) []person {
	ids := []string{"stranger"}
	people = slices.Clone(people)
	for i, p := range people {
		ids = append(ids, p.id)
		if chance(r, 60) {
			tenant := "tenant-" + p.id
			ids = append(ids, tenant)
			people[i].record = scimeval.ObjectValue(append(slices.Clone(p.record.Members()), scimeval.Member{Name: "id", Value: scimeval.StringValue(tenant)}))
		}
	}
	for i := range c.Profiles {
		if chance(r, 60) {
			c.Profiles[i].Members = distinct(several(r, 0, 3, func() string { return oneOf(r, ids...) }))
			slices.Sort(c.Profiles[i].Members)
		}
	}
	return people
}

// many are more people like the given ones.
func many(t *rapid.T, in *Input, people, base []person) (more, moreBase []person) {
	earlier := make(map[string]person)
	for _, p := range base {
		earlier[p.id] = p
	}
	for i := range rapid.IntRange(1, 150).Draw(t, "people") {
		p := people[rapid.IntRange(0, len(people)-1).Draw(t, "like")]
		id := fmt.Sprint(p.id, "-", i)
		if in.Grants != nil {
			in.Grants[id] = in.Grants[p.id]
		}
		if in.History != nil {
			in.History[id] = in.History[p.id]
		}
		more = append(more, person{id, p.record})
		if was, known := earlier[p.id]; known {
			moreBase = append(moreBase, person{id, was.record})
		}
	}
	return more, append(moreBase, base...)
}

// randomCuts are sizes of batches that add up to n.
func randomCuts(t *rapid.T, n int) []int {
	sizes := []int{}
	for n > 0 && len(sizes) < 20 {
		size := rapid.IntRange(0, min(n, 70)).Draw(t, "batch")
		sizes = append(sizes, size)
		n -= size
	}
	return append(sizes, n)
}
