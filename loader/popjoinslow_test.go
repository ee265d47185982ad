package loader

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

// slowIdentity is an identity on its way through the plain join: its attributes in the order in which they came.
type slowIdentity struct {
	id, name string
	entries  []scimeval.Member
}

func (s *slowIdentity) find(name string) int {
	return slices.IndexFunc(s.entries, func(m scimeval.Member) bool { return m.Name == name })
}

func (s *slowIdentity) get(name string) (v scimeval.Value, ok bool) {
	if i := s.find(name); i >= 0 {
		return s.entries[i].Value, true
	}
	return v, false
}

func (s *slowIdentity) set(name string, v scimeval.Value) {
	if i := s.find(name); i >= 0 {
		s.entries[i].Value = v
		return
	}
	s.entries = append(s.entries, scimeval.Member{Name: name, Value: v})
}

// cell is what a column shows of the identity, "" = absent.
func (s *slowIdentity) cell(a scimeval.Attribute) string {
	v, ok := s.get(a.Name)
	if !ok && a.Fold {
		for _, m := range s.entries {
			if scimeval.Fold(m.Name) == scimeval.Fold(a.Name) {
				v, ok = m.Value, true
				break
			}
		}
	}
	if scimeval.Fold(a.Name) == engine.MoverAttribute && (!ok || v.Kind() == scimeval.KindNull) {
		return "false"
	}
	if !ok {
		return ""
	}
	return v.String()
}

func slowRecord(r Record) *slowIdentity {
	s := &slowIdentity{id: r.EntityID, name: r.EntityName}
	for _, field := range []struct{ name, text string }{
		{"entity_id", r.EntityID}, {"id", r.ID}, {"entity_type", r.EntityType}, {"entity_name", r.EntityName},
	} {
		if field.text != "" {
			s.set(field.name, scimeval.StringValue(field.text))
		}
	}
	for _, m := range r.Attributes {
		s.set(m.Name, m.Value)
	}
	return s
}

// slowJoin is the join of SPEC section 6, identity by identity over lists.
type slowJoin struct {
	people                                         []*slowIdentity
	duplicates, excluded                           int
	enriched, created, overridden                  int
	ambiguous, shared, repeated, unknown, leftOver int
}

// lacksMover tells whether the value of a column is an assumed false.
func (s *slowIdentity) lacksMover(a scimeval.Attribute) bool {
	v, ok := s.get(a.Name)
	for _, m := range s.entries {
		if !ok && a.Fold && scimeval.Fold(m.Name) == scimeval.Fold(a.Name) {
			v, ok = m.Value, true
		}
	}
	return scimeval.Fold(a.Name) == engine.MoverAttribute && (!ok || v.Kind() == scimeval.KindNull)
}

func (j *slowJoin) run(entityType string, primary []Record, sources []slowSource, overrides []slowIdentity) {
	seen := map[string]bool{}
	known := map[string]bool{}
	for _, r := range primary {
		if seen[r.EntityID] {
			j.duplicates++
			continue
		}
		seen[r.EntityID], known[r.EntityID] = true, true
		if r.EntityType != "" && r.EntityType != entityType {
			j.excluded++
			continue
		}
		person, raw := slowRecord(r), slowRecord(r)
		enriched := false
		for i := range sources {
			s := &sources[i]
			hits := s.hits(raw)
			for _, hit := range hits {
				s.hit[hit]++
			}
			switch {
			case len(hits) > 1:
				j.ambiguous++
			case len(hits) == 1:
				enriched = true
				if s.hit[hits[0]] > 1 {
					j.shared++
				}
				for _, m := range slowRecord(s.records[hits[0]]).entries {
					slowFill(person, m)
				}
			}
		}
		if enriched {
			j.enriched++
		}
		j.people = append(j.people, person)
	}
	for _, s := range sources {
		for row, r := range s.records {
			switch {
			case s.hit[row] > 0 || !s.has(row):
			case s.source.OnlyEnrichExisting:
				j.leftOver++
			case seen[r.EntityID]:
				j.repeated++
			default:
				seen[r.EntityID], known[r.EntityID] = true, true
				j.created++
				j.people = append(j.people, slowRecord(r))
			}
		}
	}
	for _, o := range overrides {
		if !known[o.id] {
			j.unknown++
		}
		for _, person := range j.people {
			if person.id != o.id || len(o.entries) == 0 {
				continue
			}
			j.overridden++
			for _, m := range o.entries {
				person.set(m.Name, m.Value)
				if m.Name == "entity_name" {
					person.name = m.Value.Text()
				}
			}
		}
	}
}

// slowFill fills an attribute that a person lacks.
func slowFill(person *slowIdentity, m scimeval.Member) {
	if slices.Contains([]string{"id", "entity_id", "entity_type", "entity_name"}, m.Name) {
		return
	}
	have, ok := person.get(m.Name)
	if !ok || isEmpty(have) && !isEmpty(m.Value) {
		person.set(m.Name, m.Value)
	}
}

type slowSource struct {
	source  engine.SecondarySource
	records []Record
	hit     []int
}

// has tells whether a record is of the source's entity_type.
func (s *slowSource) has(row int) bool {
	typ := s.records[row].EntityType
	return typ == "" || s.source.EntityType == "" || typ == s.source.EntityType
}

func (s *slowSource) hits(person *slowIdentity) (rows []int) {
	for row, r := range s.records {
		all := s.has(row)
		for _, pair := range s.source.Correlation {
			theirs, ok := person.get(pair.Primary)
			own, has := slowRecord(r).get(pair.Secondary)
			all = all && ok && has && !isEmpty(theirs) && theirs.Kind() == own.Kind() && theirs.String() == own.String()
		}
		if all {
			rows = append(rows, row)
		}
	}
	return rows
}

// joinColumns are the attributes of the records that drawJoinRecords draws.
var joinColumns = []Column{
	{"key", ColumnString}, {"Dept", ColumnString}, {"dept", ColumnString}, {"DEPT", ColumnString}, {"floor", ColumnInteger},
	{"tags", ColumnList}, {"sys_attr__is_mover", ColumnBool}, {"Id", ColumnString},
}

// drawJoinRecords draws records that find each other often. With empties some values are null or "".
func drawJoinRecords(t *rapid.T, label string, ids []string, empties bool) []Record {
	text := []scimeval.Value{scimeval.StringValue("1"), scimeval.StringValue("2"), scimeval.StringValue("3")}
	draw := map[ColumnType][]scimeval.Value{
		ColumnString:  text,
		ColumnInteger: {number("1"), number("2"), number("-7")},
		ColumnBool:    {scimeval.BoolValue(true), scimeval.BoolValue(false)},
		ColumnList:    {scimeval.ListValue(text[:1]), scimeval.ListValue(text)},
	}
	records := make([]Record, rapid.IntRange(1, 8).Draw(t, label))
	for i := range records {
		r := &records[i]
		r.EntityID = rapid.SampledFrom(ids).Draw(t, "id")
		r.EntityType = rapid.SampledFrom([]string{"", "E", "E", "F"}).Draw(t, "type")
		r.EntityName = rapid.SampledFrom([]string{"", "Ann"}).Draw(t, "name")
		r.ID = rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "uuid")
		for _, c := range joinColumns {
			if rapid.Bool().Draw(t, "has") {
				values := draw[c.Type]
				if empties {
					values = append(slices.Clip(values), scimeval.NullValue(), scimeval.StringValue(""))
				}
				r.Attributes = append(r.Attributes, scimeval.Member{Name: c.Name, Value: rapid.SampledFrom(values).Draw(t, c.Name)})
			}
		}
	}
	return records
}

func drawOverrides(t *rapid.T, dir string) (path string, list []slowIdentity) {
	var b strings.Builder
	b.WriteString(`{"values": [`)
	ids := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"1", "2", "3", "s1", "s2", "nobody"}), 0, 4, rapid.ID[string]).Draw(t, "overridden")
	for i, id := range ids {
		o := slowIdentity{id: id}
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"Dept", "dept", "dEPT", "floor", "entity_name", "key", "other"}), 0, 3, rapid.ID[string]).Draw(t, "names") {
			o.set(name, rapid.SampledFrom([]scimeval.Value{scimeval.NullValue(), scimeval.StringValue(""), scimeval.StringValue("o"), number("5")}).Draw(t, "value"))
			if v, _ := o.get("entity_name"); name == "entity_name" && v.Kind() != scimeval.KindString {
				o.set(name, scimeval.StringValue("Renamed"))
			}
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"entity_id": %q, "attributes": %s}`, id, scimeval.ObjectValue(o.entries))
		list = append(list, o)
	}
	b.WriteString("]}")
	path = filepath.Join(dir, "overrides.json")
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o644))
	return path, list
}

// TestJoinAgreesWithThePlainJoin compares the join while streaming with the plain one above, in every format.
func TestJoinAgreesWithThePlainJoin(t *testing.T) {
	dir := t.TempDir()
	pairs := []engine.Correlation{{Primary: "key", Secondary: "key"}, {Primary: "floor", Secondary: "floor"}, {Primary: "entity_id", Secondary: "Dept"},
		{Primary: "Dept", Secondary: "id"}, {Primary: "tags", Secondary: "tags"}, {Primary: "entity_type", Secondary: "entity_type"}}
	rapid.Check(t, func(rt *rapid.T) {
		empties := rapid.Bool().Draw(rt, "empties")
		formats := everyFormat
		if empties {
			formats = []string{"p.jsonl", "p.json.gz"}
		}
		primary := drawJoinRecords(rt, "primary", []string{"1", "2", "3", "4", "5"}, empties)
		slow := make([]slowSource, rapid.IntRange(0, 2).Draw(rt, "sources"))
		for i := range slow {
			s := &slow[i]
			s.records = drawJoinRecords(rt, "secondary", []string{"1", "s1", "s2", "s3", "s4"}, empties)
			s.hit = make([]int, len(s.records))
			s.source.OnlyEnrichExisting = rapid.Bool().Draw(rt, "only enrich")
			s.source.EntityType = rapid.SampledFrom([]string{"", "", "E", "F"}).Draw(rt, "source type")
			s.source.Correlation = rapid.SliceOfNDistinct(rapid.SampledFrom(pairs), 1, 2, rapid.ID[engine.Correlation]).Draw(rt, "pairs")
		}
		names := "key Dept ~Dept ~dept ~DePt dept floor tags sys_attr__is_mover ~Sys_attr__is_mover id entity_id entity_type entity_name ~Entity_ID nobody ~nobody other ~OTHER"
		wanted := rapid.SliceOfNDistinct(rapid.SampledFrom(attributes(names)), 0, 8, rapid.ID[scimeval.Attribute]).Draw(rt, "wanted")
		opt := PopulationOptions{EntityType: "E", Attributes: wanted, BatchRows: rapid.IntRange(1, 9).Draw(rt, "batch rows")}
		var overridden []slowIdentity
		if rapid.Bool().Draw(rt, "overrides") {
			opt.Overrides, overridden = drawOverrides(rt, dir)
		}
		var want slowJoin
		want.run("E", primary, slow, overridden)

		for _, name := range formats {
			opt.Path = filepath.Join(dir, name)
			require.NoError(rt, WritePopulation(opt.Path, joinColumns, slices.Values(primary)))
			opt.Secondary = nil
			for i, s := range slow {
				path := filepath.Join(dir, fmt.Sprintf("s%d%s", i, strings.TrimPrefix(name, "p")))
				require.NoError(rt, WritePopulation(path, joinColumns, slices.Values(s.records)))
				opt.Secondary = append(opt.Secondary, SecondaryFile{Path: path, Source: s.source})
			}
			mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
			opt.Allocator = mem
			rows, report, err := readPopulation(t, opt)
			mem.AssertSize(t, 0)
			if len(want.people) == 0 {
				require.ErrorContains(rt, err, "no identity has entity_type", name)
				continue
			}
			require.NoError(rt, err, name)
			want.compare(rt, name, wanted, rows, report)
		}
	})
}

func (j *slowJoin) compare(t *rapid.T, format string, wanted []scimeval.Attribute, rows []popRow, report Report) {
	var people []popRow
	counts := map[string]int{}
	for _, p := range j.people {
		row := popRow{id: p.id, name: p.name}
		for _, a := range wanted {
			row.cells = append(row.cells, p.cell(a))
			counts[a.Name] = 0
		}
		people = append(people, row)
	}
	for name := range counts {
		for _, p := range j.people {
			if p.find(name) >= 0 {
				counts[name]++
			}
		}
		if counts[name] == 0 {
			delete(counts, name)
		}
	}
	require.Equal(t, dump(people), dump(rows), format)
	for name, n := range counts {
		require.Contains(t, report.Attributes, AttributeCount{name, n}, format)
	}
	assumed := 0
	for _, p := range j.people {
		if slices.ContainsFunc(wanted, p.lacksMover) {
			assumed++
		}
	}
	require.Equal(t, []int{j.duplicates + j.repeated, j.excluded, j.enriched, j.created, j.overridden, assumed},
		[]int{report.Duplicates, report.Excluded, report.Enriched, report.Created, report.Overridden, report.MoverAssumed}, format)
	found := map[string]int{}
	for _, f := range report.Findings {
		found[f.Code] += f.Count
	}
	require.Equal(t, []int{j.duplicates + j.repeated, j.ambiguous, j.shared, j.unknown, j.leftOver},
		[]int{found["duplicate-entity-id"], found["ambiguous-correlation"], found["shared-correlation"], found["unknown-override"],
			found["uncorrelated-records"]}, format)
}
