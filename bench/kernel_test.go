package bench

import (
	"flag"
	"fmt"
	"math/bits"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/lcmsim/lcmsim/fixtures"
	"github.com/lcmsim/lcmsim/scimeval"
)

var (
	identities = flag.Int("identities", 1_000_000, "size of the population")
	filterSeed = flag.Uint64("filters-seed", 1, "seed of the filters")
)

const (
	batchRows   = 65_536
	filterCount = 100
	workers     = 2
)

// population is the same people twice: as the records that a program reads, and as maps.
type population struct {
	records []arrow.Record
	maps    []map[string]any
}

var people = sync.OnceValue(func() population {
	attributes := program(1).Attributes()
	company := fixtures.Generate(fixtures.Options{Identities: *identities, Seed: 1})
	var p population
	for from := 0; from < company.Len(); from += batchRows {
		rows := min(batchRows, company.Len()-from)
		columns := make([]columnBuilder, len(attributes))
		wanted := make(map[string]*columnBuilder, len(attributes))
		for i, a := range attributes {
			columns[i] = columnBuilder{index: map[string]int32{}, codes: make([]int32, rows)}
			for r := range rows {
				columns[i].codes[r] = scimeval.Absent
			}
			wanted[a.Name] = &columns[i]
		}
		for r := range rows {
			record := make(map[string]any, len(attributes))
			for _, m := range company.Person(from + r).Attributes {
				if c, ok := wanted[m.Name]; ok {
					record[m.Name] = c.add(r, m.Value)
				}
			}
			p.maps = append(p.maps, record)
		}
		fields := make([]arrow.Field, len(attributes))
		arrays := make([]arrow.Array, len(attributes))
		for i, a := range attributes {
			fields[i] = scimeval.JSONField(a.Name)
			arrays[i] = scimeval.NewJSONColumn(memory.DefaultAllocator, columns[i].values, columns[i].codes)
		}
		p.records = append(p.records, array.NewRecord(arrow.NewSchema(fields, nil), arrays, int64(rows)))
	}
	return p
})

// columnBuilder collects the distinct values of a batch. Records share the plain forms of scalars, as decoders that
// intern strings do.
type columnBuilder struct {
	values []scimeval.Value
	plain  []any
	index  map[string]int32
	codes  []int32
}

func (c *columnBuilder) add(row int, v scimeval.Value) any {
	key := v.String()
	code, ok := c.index[key]
	if !ok {
		code = int32(len(c.values))
		c.values, c.plain = append(c.values, v), append(c.plain, plain(v))
		c.index[key] = code
	}
	c.codes[row] = code
	if v.Kind() == scimeval.KindList {
		return plain(v)
	}
	return c.plain[code]
}

// program compiles the filters under the default rules and, up to eight variants, each rule's alternative.
func program(variants int) *scimeval.Program {
	base := scimeval.Options{Semantics: scimeval.Vendor, Rules: scimeval.RulesOf(scimeval.Vendor)}
	options := []scimeval.Options{base}
	for _, name := range scimeval.RuleNames()[:variants-1] {
		alternative := base
		_, alternative.Rules = base.Rules.Alternative(name)
		options = append(options, alternative)
	}
	return scimeval.Compile(fixtures.Filters(filterCount, *filterSeed), options...)
}

// inParallel splits n units over the workers and adds up what they count for each filter.
func inParallel(n int, work func(from, to int, counts []int)) []int {
	parts := make([][]int, workers)
	var wg sync.WaitGroup
	for w := range workers {
		parts[w] = make([]int, filterCount)
		wg.Go(func() { work(n*w/workers, n*(w+1)/workers, parts[w]) })
	}
	wg.Wait()
	for _, part := range parts[1:] {
		for i, c := range part {
			parts[0][i] += c
		}
	}
	return parts[0]
}

func countByColumn(b *testing.B, p *scimeval.Program, records []arrow.Record) []int {
	return inParallel(len(records), func(from, to int, counts []int) {
		e := p.NewEvaluator()
		for _, rec := range records[from:to] {
			if err := e.Evaluate(rec); err != nil {
				b.Error(err)
				return
			}
			for i := range counts {
				for _, word := range e.Lower(0, i) {
					counts[i] += bits.OnesCount64(word)
				}
			}
		}
	})
}

func countByWalk(trees []*expr, maps []map[string]any) []int {
	return inParallel(len(maps), func(from, to int, counts []int) {
		for _, record := range maps[from:to] {
			for i, tree := range trees {
				if tree.matches(record) {
					counts[i]++
				}
			}
		}
	})
}

// BenchmarkKernel counts the matches of 100 filters, by column and with the naive walk. The counts must agree. With
// attributes=shared the filters name only attributes of which many people share a value, so that a leaf is a lookup in a
// small table: the kernel at its work. With attributes=all they also name those that are different for almost everybody
// (login times, e-mail addresses, lists of phones), which are decided value by value.
func BenchmarkKernel(b *testing.B) {
	options := scimeval.Options{Semantics: scimeval.Vendor, Rules: scimeval.RulesOf(scimeval.Vendor)}
	for _, set := range []struct {
		name    string
		filters []string
	}{
		{"shared", sharedFilters()},
		{"all", fixtures.Filters(filterCount, *filterSeed)},
	} {
		benchmarkKernel(b, set.name, scimeval.Compile(set.filters, options))
	}
}

func benchmarkKernel(b *testing.B, attributes string, p *scimeval.Program) {
	population := people()
	records := adapt(p, population.records)
	trees := make([]*expr, p.Len())
	for i := range trees {
		trees[i] = naiveOf(p.Filter(i).Tree)
	}
	byColumn, byWalk := countByColumn(b, p, records), countByWalk(trees, population.maps)
	for i := range byColumn {
		if byColumn[i] != byWalk[i] {
			b.Fatalf("%s matches %d by column, %d by walk", p.Filter(i).Source, byColumn[i], byWalk[i])
		}
	}
	run := func(engine string, count func()) {
		b.Run(fmt.Sprintf("attributes=%s/engine=%s/identities=%d/filters=%d", attributes, engine, *identities, p.Len()), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				count()
			}
			b.ReportMetric(float64(b.N)*float64(*identities)/b.Elapsed().Seconds(), "identities/s")
		})
	}
	run("columns", func() { countByColumn(b, p, records) })
	run("walk", func() { countByWalk(trees, population.maps) })
}

// sharedFilters are 100 filters of the generator that name only attributes with at most 2,000 values in the first batch.
func sharedFilters() []string {
	const mostValues = 2000
	first := people().records[0]
	shared := make(map[string]bool)
	for i, field := range first.Schema().Fields() {
		values, _, err := scimeval.ReadColumn(field, first.Column(i))
		shared[field.Name] = err == nil && len(values) <= mostValues
	}
	options := scimeval.Options{Semantics: scimeval.Vendor, Rules: scimeval.RulesOf(scimeval.Vendor)}
	var filters []string
	for _, filter := range fixtures.Filters(40*filterCount, *filterSeed) {
		fits := true
		for _, a := range scimeval.Compile([]string{filter}, options).Attributes() {
			fits = fits && shared[a.Name]
		}
		if fits && len(filters) < filterCount {
			filters = append(filters, filter)
		}
	}
	return filters
}

// BenchmarkVariants evaluates the same filters under the default rules alone, and with each rule's alternative beside
// them, as a simulation does for its sensitivity section.
func BenchmarkVariants(b *testing.B) {
	records := people().records
	for _, variants := range []int{1, 8} {
		p := program(variants)
		b.Run(fmt.Sprintf("variants=%d/identities=%d/filters=%d", variants, *identities, filterCount), func(b *testing.B) {
			b.ReportAllocs()
			columns := adapt(p, records)
			for b.Loop() {
				countByColumn(b, p, columns)
			}
			b.ReportMetric(float64(b.N)*float64(*identities)/b.Elapsed().Seconds(), "identities/s")
		})
	}
}

// adapt lays the columns out for a program that reads some of them twice: with and without folding of their names.
func adapt(p *scimeval.Program, records []arrow.Record) []arrow.Record {
	adapted := make([]arrow.Record, len(records))
	for i, rec := range records {
		var fields []arrow.Field
		var arrays []arrow.Array
		for _, a := range p.Attributes() {
			at := rec.Schema().FieldIndices(a.Name)[0]
			fields = append(fields, rec.Schema().Field(at))
			arrays = append(arrays, rec.Column(at))
		}
		adapted[i] = array.NewRecord(arrow.NewSchema(fields, nil), arrays, rec.NumRows())
	}
	return adapted
}
