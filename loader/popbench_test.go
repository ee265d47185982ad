package loader

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// BenchmarkJoin reads 200,000 identities alone, with overrides of 1 % of them, and joined with a secondary source that
// has a record for each.
func BenchmarkJoin(b *testing.B) {
	const identities = 200_000
	columns := []Column{{"employee", ColumnString}, {"department", ColumnString}, {"floor", ColumnInteger}, {"badge", ColumnString}}
	records := func(prefix string, fields ...func(i int) scimeval.Member) func(yield func(Record) bool) {
		return func(yield func(Record) bool) {
			for i := range identities {
				r := Record{EntityID: fmt.Sprintf("%s%07d", prefix, i)}
				for _, field := range fields {
					r.Attributes = append(r.Attributes, field(i))
				}
				if !yield(r) {
					return
				}
			}
		}
	}
	text := func(name, format string, modulus int) func(i int) scimeval.Member {
		return func(i int) scimeval.Member {
			return scimeval.Member{Name: name, Value: scimeval.StringValue(fmt.Sprintf(format, i*7%modulus))}
		}
	}
	dir := b.TempDir()
	for _, format := range []string{"jsonl", "csv", "parquet"} {
		opt := PopulationOptions{Path: filepath.Join(dir, "p."+format), Attributes: attributes("department badge")}
		side := filepath.Join(dir, "s."+format)
		for path, all := range map[string]func(yield func(Record) bool){
			opt.Path: records("E", text("employee", "%07d", identities), text("department", "Department %d", 40)),
			side:     records("B", text("employee", "%07d", identities), text("badge", "Badge %d", 1000)),
		} {
			if err := WritePopulation(path, columns, all); err != nil {
				b.Fatal(err)
			}
		}
		overrides := filepath.Join(dir, "overrides.json")
		var list strings.Builder
		for i := 0; i < identities; i += 100 {
			fmt.Fprintf(&list, ",\n"+`{"entity_id": "E%07d", "attributes": {"department": "Overridden"}}`, i)
		}
		if err := os.WriteFile(overrides, []byte("["+list.String()[1:]+"]"), 0o644); err != nil {
			b.Fatal(err)
		}
		for _, with := range []string{"nothing", "overrides", "secondary"} {
			joined := opt
			switch with {
			case "overrides":
				joined.Overrides = overrides
			case "secondary":
				joined.Secondary = []SecondaryFile{{Path: side, Source: by("employee")}}
			}
			b.Run(fmt.Sprintf("format=%s/with=%s", format, with), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					rows, err := countRows(b, joined)
					if err != nil || rows != identities {
						b.Fatal(rows, err)
					}
				}
				b.ReportMetric(identities*float64(b.N)/b.Elapsed().Seconds(), "identities/s")
			})
		}
	}
}
