package engine

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/scimeval"
)

// person is an identity of a test population.
type person struct {
	id     string
	record scimeval.Value // an object
}

func personOf(t require.TestingT, id, record string) person {
	v, err := scimeval.ParseValue([]byte(record))
	require.NoError(t, err)
	require.Equal(t, scimeval.KindObject, v.Kind())
	return person{id, v}
}

// value is what the column of an attribute holds for the person.
func (p person) value(a scimeval.Attribute) (scimeval.Value, bool) {
	for _, m := range p.record.Members() {
		if m.Name == a.Name {
			return m.Value, true
		}
	}
	if a.Fold {
		for _, m := range p.record.Members() {
			if scimeval.Fold(m.Name) == scimeval.Fold(a.Name) {
				return m.Value, true
			}
		}
	}
	return scimeval.Value{}, false
}

// batchOf lays people out as the columns that a program reads. The dictionary of each column is in order of appearance.
func batchOf(attributes []scimeval.Attribute, people []person) (arrow.Record, []string) {
	fields := make([]arrow.Field, len(attributes))
	columns := make([]arrow.Array, len(attributes))
	for i, a := range attributes {
		var values []scimeval.Value
		codes := make([]int32, len(people))
		index := make(map[string]int32)
		for r, p := range people {
			codes[r] = scimeval.Absent
			if v, ok := p.value(a); ok {
				code, known := index[v.String()]
				if !known {
					code = int32(len(values))
					index[v.String()] = code
					values = append(values, v)
				}
				codes[r] = code
			}
		}
		fields[i] = scimeval.JSONField(a.Name)
		columns[i] = scimeval.NewJSONColumn(memory.DefaultAllocator, values, codes)
	}
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = p.id
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), columns, int64(len(people))), ids
}

// attributeNames lists what the records hold, for suggestions in findings.
func attributeNames(people []person) []string {
	var names []string
	seen := make(map[string]bool)
	for _, p := range people {
		for _, m := range p.record.Members() {
			if !seen[m.Name] {
				seen[m.Name] = true
				names = append(names, m.Name)
			}
		}
	}
	return names
}

// run is everything that a simulation gives.
type run struct {
	program  *Program
	rows     []Row
	result   *Result
	findings []Finding
}

func (r run) codes(severity Severity) []string {
	codes := []string{}
	for _, f := range r.findings {
		if f.Severity == severity {
			codes = append(codes, f.Code)
		}
	}
	return codes
}

// simulate runs a population as one batch.
func simulate(t require.TestingT, in Input, people []person) run {
	return simulateIn(t, in, people, []int{len(people)}, 1)
}

// simulateIn runs a population in batches of the given sizes, dealt to several classifiers. Batches are classified from
// the last to the first and added in order.
func simulateIn(t require.TestingT, in Input, people []person, sizes []int, classifiers int) run {
	p := Compile(in)
	workers := make([]*Classifier, classifiers)
	for i := range workers {
		workers[i] = p.NewClassifier()
	}
	starts := make([]int, len(sizes)+1)
	for i, n := range sizes {
		starts[i+1] = starts[i] + n
	}
	require.Equal(t, len(people), starts[len(sizes)])
	batches := make([]*Classes, len(sizes))
	for i := len(sizes) - 1; i >= 0; i-- {
		rec, ids := batchOf(p.Attributes(), people[starts[i]:starts[i+1]])
		var err error
		batches[i], err = workers[i%classifiers].Classify(rec, ids)
		require.NoError(t, err)
		rec.Release()
	}
	s := p.NewSimulation()
	out := run{program: p, rows: []Row{}}
	for i, batch := range batches {
		var ids []string
		for _, who := range people[starts[i]:starts[i+1]] {
			ids = append(ids, who.id)
		}
		for r, class := range s.Add(batch, ids) {
			row := s.ClassRow(int(class))
			row.EntityID = ids[r]
			if certain, possible := s.Revokes(int(class), ids[r]); in.Grants != nil {
				row.Revokes, row.PossibleRevokes = certain, possible
			}
			out.rows = append(out.rows, row)
		}
	}
	seen := workers[0].Observations()
	for _, w := range workers[1:] {
		seen.Add(w.Observations())
	}
	out.result, out.findings = s.Result(Seen{Observations: seen, Attributes: attributeNames(people)})
	return out
}

// inputOf is a published version of a running policy with default rules.
func inputOf(v *Version, profiles ...Profile) Input {
	if v.State == "" {
		v.State = StatePublished
	}
	return Input{
		Policy:  &Policy{ID: "p1", Name: "policy", State: StateRunning, Current: v},
		Version: v,
		Catalog: &Catalog{Given: true, Profiles: profiles},
		Rules:   DefaultRules(scimeval.Vendor),
	}
}

func crowd(t testing.TB, records ...string) []person {
	t.Helper()
	people := make([]person, len(records))
	for i, r := range records {
		people[i] = personOf(t, "i"+string(rune('0'+i/10))+string(rune('0'+i%10)), r)
	}
	return people
}
