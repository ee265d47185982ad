package loader

import (
	"fmt"
	"maps"
	"slices"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

// join completes the identities of a population while it is read (SPEC section 6): records of secondary sources fill
// the attributes that an identity lacks, an override has the last word, and records that no identity correlates with
// follow as identities of their own.
type join struct {
	in        *intake
	sources   []*secondarySource
	overrides *overrides // nil = none
	hits      []joinHit  // of the current identity, in policy order
	enriched  int
	created   int
}

// joinHit is the record of a source that an identity correlates with.
type joinHit struct {
	source *secondarySource
	row    int32
}

// correlates tells whether a secondary source says how its records are found.
func correlates(s engine.SecondarySource) bool {
	return len(s.Correlation) > 0 && !slices.ContainsFunc(s.Correlation, func(pair engine.Correlation) bool {
		return pair.Primary == "" || pair.Secondary == ""
	})
}

// openJoin reads the secondary sources and the overrides, if there are any.
func (in *intake) openJoin() error {
	if len(in.opt.Secondary) == 0 && in.opt.Overrides == "" {
		return nil
	}
	var all Problems
	primary := make([][]int, len(in.opt.Secondary))
	for i, file := range in.opt.Secondary {
		if !correlates(file.Source) {
			all.add(file.Source.Position, "name the attributes by which its records are found",
				"the secondary source of %s has no correlation attributes", abridge(file.Path))
		}
		for _, pair := range file.Source.Correlation {
			primary[i] = append(primary[i], in.column(pair.Primary))
		}
	}
	j := &join{in: in}
	for i, file := range in.opt.Secondary {
		table, err := readSide(in, file)
		if err := all.gather(err); err != nil {
			return err
		}
		if table != nil {
			j.sources = append(j.sources, correlate(table, primary[i]))
		}
	}
	if in.opt.Overrides != "" {
		var err error
		j.overrides, err = openOverrides(in.opt.Overrides, in.identifier, in.opt.Strict)
		if err := all.gather(err); err != nil {
			return err
		}
	}
	in.join = j
	return all.err()
}

// know is told of an identity that is left out of the population for its entity_type: an override of it is no mistake.
func (j *join) know(id string) {
	if j == nil || j.overrides == nil {
		return
	}
	if o := j.overrides.byID[id]; o != nil {
		o.known = true
	}
}

// merge completes the identity in the intake's row, and its name.
func (j *join) merge(id, name string) string {
	j.hits = j.hits[:0]
	for _, s := range j.sources {
		if row, ok := s.match(j.in, id); ok {
			j.hits = append(j.hits, joinHit{s, row})
		}
	}
	if len(j.hits) > 0 {
		j.enriched++
	}
	return j.complete(id, name)
}

// complete applies the records in hits and the override to the intake's row.
func (j *join) complete(id, name string) string {
	o := j.overrides.of(id)
	if len(j.hits) == 0 && o == nil {
		return name
	}
	for i, c := range j.in.columns {
		if !c.wanted() {
			continue
		}
		had := j.in.row[i].exact != scimeval.Absent
		j.in.row[i] = j.cell(i, c, j.in.row[i], o)
		if !had && j.in.row[i].exact != scimeval.Absent {
			j.in.attribute(c.name).count()
		}
	}
	if v, ok := o.value("entity_name"); ok {
		name = v.Text()
		if v.Kind() == scimeval.KindNumber {
			name = v.Number().String()
		}
	}
	return name
}

// cell is what a column has after the join.
func (j *join) cell(i int, c *popColumn, cell rowCell, o *override) rowCell {
	if !j.fixed(c.name) {
		for _, hit := range j.hits {
			cell.exact = hit.source.fill(c, cell.exact, i, hit.row)
		}
	}
	if v, ok := o.value(c.name); ok {
		cell.exact = c.internValue(v)
	}
	if !c.fold || cell.exact != scimeval.Absent {
		return cell
	}
	if cell.variant == scimeval.Absent {
		cell.of = j.firstVariant(i, c, o)
	}
	if cell.of != "" && !j.fixed(cell.of) {
		for _, hit := range j.hits {
			if column, ok := hit.source.byName[cell.of]; ok {
				cell.variant = hit.source.fill(c, cell.variant, column, hit.row)
			}
		}
	}
	if v, ok := o.value(cell.of); ok && cell.of != "" {
		cell.variant = c.internValue(v)
	}
	return cell
}

// firstVariant is the first case variant of a column's name that the join brings; "" = none.
func (j *join) firstVariant(i int, c *popColumn, o *override) string {
	for _, hit := range j.hits {
		if v, ok := hit.source.variant(i, hit.row); ok && v.of != "" && !j.fixed(v.of) {
			return v.of
		}
	}
	return o.variant(c.name)
}

// fixed tells whether an attribute says whom a record is about: no other record fills it.
func (j *join) fixed(name string) bool {
	switch name {
	case j.in.identifier, "id", "entity_id", "entity_type", "entity_name":
		return true
	}
	return false
}

// create appends the records that no identity correlates with, source by source in file order.
func (j *join) create() error {
	j.hits = j.hits[:0]
	for _, s := range j.sources {
		for row, id := range s.ids {
			if s.matched(row) {
				continue
			}
			if err := j.createOne(s, int32(row), id); err != nil {
				return err
			}
		}
	}
	return nil
}

func (j *join) createOne(s *secondarySource, row int32, id string) error {
	if id == "" {
		return j.in.refuse(s.at(row), "a record that no identity correlates with becomes an identity, unless the source has only_enrich_existing",
			"%s is missing", j.in.identifier)
	}
	if !j.in.seen.add(id) {
		s.repeated.add(s.at(row), s.in.example(id, int(s.places[row])))
		return nil
	}
	for i, c := range j.in.columns {
		cell := rowCell{exact: s.intern(c, i, s.in.columns[i].codes[row]), variant: scimeval.Absent}
		if v, ok := s.variant(i, row); ok {
			cell.variant, cell.of = s.intern(c, i, v.code), v.of
		}
		if cell.exact != scimeval.Absent && c.wanted() && c.name != j.in.identifier {
			j.in.attribute(c.name).count()
		}
		j.in.row[i] = cell
	}
	j.in.attribute(j.in.identifier).count()
	j.created++
	return j.in.add(id, j.complete(id, s.names[row]))
}

// summarize completes the report and gives the findings to the intake.
func (j *join) summarize(r *Report) {
	r.Enriched, r.Created = j.enriched, j.created
	for _, s := range j.sources {
		r.Duplicates += s.repeated.count
		s.summarize(j.in)
		if s.enriched == 0 && len(s.ids) == 0 {
			continue // it contributes nothing
		}
		for _, name := range slices.Sorted(maps.Keys(s.in.attributes)) {
			if !j.fixed(name) || name != j.in.identifier && len(s.ids) > 0 {
				j.in.notCounted(name)
			}
		}
	}
	if j.overrides != nil {
		r.Overridden = j.overrides.applied
		j.overrides.summarize(j.in)
	}
}

// notCounted says of an attribute that a file has and nobody asked for that identities have it.
func (in *intake) notCounted(name string) {
	if !slices.ContainsFunc(in.columns, func(c *popColumn) bool { return c.name == name && c.wanted() }) {
		in.attribute(name).records = NotCounted
	}
}

// summarize gives the findings about a source to the population's intake.
func (s *secondarySource) summarize(in *intake) {
	in.findings = append(in.findings, s.in.findings...)
	file := engine.Position{File: s.file.Path}
	unmatched := 0
	for row := range s.places {
		if !s.matched(row) {
			unmatched++
		}
	}
	if n := s.ambiguous.count; n > 0 {
		in.note(engine.SeverityError, "ambiguous-correlation", s.ambiguous.first, n,
			"identities correlate with several records of the source, so none is applied: "+andMore(s.ambiguous.examples, n),
			"remove the records that are wrong, or correlate by more attributes")
	}
	if n := s.shared.count; n > 0 {
		in.note(engine.SeverityWarning, "shared-correlation", s.shared.first, n,
			"identities correlate with a record that an earlier identity correlates with; each of them gets it: "+andMore(s.shared.examples, n),
			"check the values of the correlation attributes")
	}
	if n := s.repeated.count; n > 0 {
		in.note(engine.SeverityError, "duplicate-entity-id", s.repeated.first, n,
			fmt.Sprintf("records that would become identities repeat an earlier %s and are left out: %s", in.identifier, andMore(s.repeated.examples, n)),
			"check the values of the correlation attributes, or set only_enrich_existing")
	}
	if unmatched == len(s.places) {
		in.note(engine.SeverityWarning, "no-correlation", file, max(unmatched, 1), s.whyNone(),
			"check the export of the source, correlation_attribute_names of the policy, and the types of the values")
	}
	if unmatched > 0 && s.file.Source.OnlyEnrichExisting {
		in.note(engine.SeverityInfo, "uncorrelated-records", file, unmatched,
			"records that no identity correlates with are not used, because the source has only_enrich_existing", "")
	}
	if s.excluded > 0 {
		in.note(engine.SeverityInfo, "excluded-records", file, s.excluded,
			fmt.Sprintf("records of another entity_type than %q, that of the secondary source, are not used", abridge(s.file.Source.EntityType)), "")
	}
}

// whyNone says why no identity correlates with any record.
func (s *secondarySource) whyNone() string {
	theirs := s.attributes(func(pair engine.Correlation) string { return pair.Primary })
	own := s.attributes(func(pair engine.Correlation) string { return pair.Secondary })
	switch {
	case len(s.places) == 0:
		return "the secondary source has no records to join"
	case len(s.groups) == 0:
		return "no identity correlates with any record: no record has a value of " + own
	case s.asked == 0:
		return "no identity correlates with any record: no identity has a value of " + theirs
	}
	s.makeKey(s.in.columns, s.own, func(column int) int32 { return s.in.columns[column].codes[s.groups[0].row] })
	return fmt.Sprintf("no identity correlates with any record: %s is such as %s, and %s such as %s", theirs, abridge(s.example), own, abridge(string(s.key)))
}
