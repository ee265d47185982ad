package loader

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/lcmsim/lcmsim/scimeval"
)

// BenchmarkPopulation reads 200,000 identities with 22 attributes, of which 8 are asked for.
func BenchmarkPopulation(b *testing.B) {
	const identities, have, asked = 200_000, 22, 8
	records := func(yield func(Record) bool) {
		for i := range identities {
			r := Record{EntityID: fmt.Sprintf("E%07d", i), EntityType: "WorkdayWorker", EntityName: fmt.Sprint("Person ", i)}
			for j := range have {
				value := scimeval.StringValue(fmt.Sprintf("value %d", (i*7+j)%(10+20*j)))
				r.Attributes = append(r.Attributes, scimeval.Member{Name: fmt.Sprint("attribute_", j), Value: value})
			}
			if !yield(r) {
				return
			}
		}
	}
	var columns []Column
	for j := range have {
		columns = append(columns, Column{fmt.Sprint("attribute_", j), ColumnString})
	}
	var wanted []scimeval.Attribute
	for j := range asked {
		wanted = append(wanted, scimeval.Attribute{Name: columns[2*j].Name})
	}
	dir := b.TempDir()
	for _, format := range []string{"jsonl", "json", "csv", "parquet", "arrow"} {
		path := filepath.Join(dir, "p."+format)
		if err := WritePopulation(path, columns, records); err != nil {
			b.Fatal(err)
		}
		b.Run("format="+format, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				rows, err := countRows(b, PopulationOptions{Path: path, Attributes: wanted})
				if err != nil || rows != identities {
					b.Fatal(rows, err)
				}
			}
			b.ReportMetric(identities*float64(b.N)/b.Elapsed().Seconds(), "identities/s")
		})
	}
}

// countRows reads a population and looks at nothing.
func countRows(b *testing.B, opt PopulationOptions) (rows int, err error) {
	p, err := OpenPopulation(b.Context(), opt)
	if err != nil {
		return 0, err
	}
	defer p.Close()
	for {
		batch, err := p.Next()
		if err != nil {
			return p.Report().Identities, nil
		}
		rows += len(batch.IDs)
		batch.Release()
	}
}
