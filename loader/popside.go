package loader

import (
	"slices"
	"sort"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

// SecondaryFile is a secondary source of identity that is joined to a population.
type SecondaryFile struct {
	Path         string // in any format of a population
	DatasourceID string
	Source       engine.SecondarySource // with at least one pair of correlation attributes
}

// sideTable holds the records of a secondary source: for each column its distinct values and one code a record. Its
// first columns are those of the population, in the same order.
type sideTable struct {
	file     SecondaryFile
	in       *intake         // that read it
	byName   map[string]int  // columns
	texts    [][]string      // JSON texts of the values, by column
	variants [][]sideVariant // by column, ascending rows
	places   []int32         // line or row in the file, by record
	excluded int             // records of another entity_type

	ids, names []string // by record; empty when no record can become an identity

	folds map[string]bool // on a reading for names only: those looked for, folded
	found []string        // their spellings in the file
}

// sideVariant is what a record has under the first case variant of a column's name.
type sideVariant struct {
	row, code int32
	of        string
}

// readSide reads a secondary source as a whole. Records need no identity here.
func readSide(main *intake, file SecondaryFile) (*sideTable, error) {
	t := &sideTable{file: file}
	t.in = t.newIntake(main)
	for _, c := range main.columns {
		t.in.columns = append(t.in.columns, &popColumn{
			name: c.name, exact: c.exact, fold: c.fold, identity: c.identity, index: make(map[string]int32),
		})
		t.in.row = append(t.in.row, rowCell{})
	}
	spellings, err := readSpellings(main, file)
	if err != nil {
		return nil, err
	}
	for _, name := range spellings {
		t.in.column(name)
	}
	for _, pair := range file.Source.Correlation {
		t.in.column(pair.Secondary)
	}
	t.variants = make([][]sideVariant, len(t.in.columns))
	if err := t.read(t.in); err != nil {
		return nil, err
	}
	t.byName = make(map[string]int, len(t.in.columns))
	t.texts = make([][]string, len(t.in.columns))
	for i, c := range t.in.columns {
		t.byName[c.name] = i
		t.texts[i] = make([]string, len(c.values))
		for code, v := range c.values {
			t.texts[i][code] = v.String()
		}
		c.index = nil
	}
	return t, nil
}

// readSpellings reads a secondary source for the names of its attributes: those that are asked for with case folding,
// as it spells them. A record may fill any of them.
func readSpellings(main *intake, file SecondaryFile) ([]string, error) {
	t := &sideTable{file: file, folds: make(map[string]bool)}
	for _, c := range main.columns {
		if c.fold {
			t.folds[scimeval.Fold(c.name)] = true
		}
	}
	if len(t.folds) == 0 {
		return nil, nil
	}
	err := t.read(t.newIntake(main))
	return t.found, err
}

// newIntake is the account of a reading of the file.
func (t *sideTable) newIntake(main *intake) *intake {
	in := newIntake(main.ctx, PopulationOptions{
		Path: t.file.Path, Schema: main.opt.Schema, Strict: main.opt.Strict, Allocator: main.opt.Allocator,
	})
	in.side = t
	return in
}

func (t *sideTable) read(in *intake) error {
	src, err := openSource(t.file.Path)
	if err != nil {
		return err
	}
	defer src.close()
	read, err := src.begin(in)
	if err != nil {
		return err
	}
	return in.settle(read())
}

// see is told the names of attributes, each at least once.
func (t *sideTable) see(name string) {
	if t.folds[scimeval.Fold(name)] && !slices.Contains(t.found, name) {
		t.found = append(t.found, name)
	}
}

// admit tells whether a record belongs to the source.
func (t *sideTable) admit(entityType string) bool {
	if want := t.file.Source.EntityType; want != "" && entityType != "" && entityType != want {
		t.excluded++
		return false
	}
	return t.folds == nil
}

// keep takes in an admitted record.
func (t *sideTable) keep(id, name string, place int) {
	row := int32(len(t.places))
	t.places = append(t.places, int32(place))
	for i, c := range t.in.columns {
		found := t.in.row[i]
		c.codes = append(c.codes, found.exact)
		if found.variant != scimeval.Absent {
			t.variants[i] = append(t.variants[i], sideVariant{row, found.variant, found.of})
		}
	}
	if !t.file.Source.OnlyEnrichExisting {
		t.ids = append(t.ids, id)
		t.names = append(t.names, name)
	}
}

// at is the place of a record.
func (t *sideTable) at(row int32) engine.Position { return t.in.at(int(t.places[row]), "") }

// variant is what a record has under the first case variant of a column's name.
func (t *sideTable) variant(column int, row int32) (v sideVariant, ok bool) {
	list := t.variants[column]
	i := sort.Search(len(list), func(i int) bool { return list[i].row >= row })
	if i == len(list) || list[i].row != row {
		return v, false
	}
	return list[i], true
}

// intern gives a value of one of the table's columns a code of a column of the population.
func (t *sideTable) intern(c *popColumn, column int, code int32) int32 {
	if code == scimeval.Absent {
		return code
	}
	return c.internAs(t.texts[column][code], t.in.columns[column].values[code])
}

// fill gives the code that a column of the population has once a record has filled it: the record's value where there
// is none, or an empty one.
func (t *sideTable) fill(c *popColumn, code int32, column int, row int32) int32 {
	from := t.in.columns[column]
	own := from.codes[row]
	if own == scimeval.Absent || code != scimeval.Absent && (!c.empty(code) || from.empty(own)) {
		return code
	}
	return t.intern(c, column, own)
}

// isEmpty tells whether a value counts as none in a join: null and "".
func isEmpty(v scimeval.Value) bool {
	return v.Kind() == scimeval.KindNull || v.Kind() == scimeval.KindString && v.Text() == ""
}

// empty tells whether a code stands for absent, null or "".
func (c *popColumn) empty(code int32) bool { return code == scimeval.Absent || isEmpty(c.values[code]) }

// correlated is the records of a secondary source that have the same values in all correlation attributes.
type correlated struct {
	row  int32 // the first of them
	rows int32
	hits int32 // identities that have those values too
}

// secondarySource is a secondary source with its correlation.
type secondarySource struct {
	*sideTable
	primary []int // columns of the population, by pair of correlation attributes
	own     []int // columns of the table, the same
	groups  []correlated
	byKey   map[string]int32 // groups
	groupOf []int32          // by record; -1 = it has not all of the values
	key     []byte           // scratch

	asked     int // identities that have all of the values
	enriched  int
	example   string // the values of one of them, as JSON texts
	ambiguous tally
	shared    tally
	repeated  tally // records that repeat an entity_id
}

// tally counts identities or records of which some are named.
type tally struct {
	count    int
	first    engine.Position
	examples []string
}

func (t *tally) add(at engine.Position, example string) {
	t.count++
	if t.count == 1 {
		t.first = at
	}
	if len(t.examples) < maxExamples {
		t.examples = append(t.examples, example)
	}
}

// correlate groups the records of a table by their correlation attributes. primary are the population's columns.
func correlate(t *sideTable, primary []int) *secondarySource {
	s := &secondarySource{sideTable: t, primary: primary, byKey: make(map[string]int32)}
	for _, pair := range t.file.Source.Correlation {
		s.own = append(s.own, t.byName[pair.Secondary])
	}
	s.groupOf = make([]int32, len(t.places))
	for row := range t.places {
		s.groupOf[row] = -1
		if !s.makeKey(t.in.columns, s.own, func(column int) int32 { return t.in.columns[column].codes[row] }) {
			continue
		}
		group, ok := s.byKey[string(s.key)]
		if !ok {
			group = int32(len(s.groups))
			s.byKey[string(s.key)] = group
			s.groups = append(s.groups, correlated{row: int32(row)})
		}
		s.groups[group].rows++
		s.groupOf[row] = group
	}
	return s
}

// makeKey puts the JSON texts of some columns' values into key, which are equal for equal values; ok is false when a
// value is absent, null or "".
func (s *secondarySource) makeKey(columns []*popColumn, at []int, code func(column int) int32) (ok bool) {
	s.key = s.key[:0]
	for i, column := range at {
		c := columns[column]
		n := code(column)
		if c.empty(n) {
			return false
		}
		if i > 0 {
			s.key = append(s.key, ", "...)
		}
		s.key = c.values[n].AppendJSON(s.key)
	}
	return true
}

// match finds the one record that an identity of the population correlates with, and keeps the account.
func (s *secondarySource) match(in *intake, id string) (row int32, ok bool) {
	if !s.makeKey(in.columns, s.primary, func(column int) int32 { return in.row[column].exact }) {
		return 0, false
	}
	if s.asked++; s.asked == 1 {
		s.example = string(s.key)
	}
	at, ok := s.byKey[string(s.key)]
	if !ok {
		return 0, false
	}
	group := &s.groups[at]
	group.hits++
	where := func() (engine.Position, string) {
		return s.at(group.row), s.in.example(id, int(s.places[group.row]))
	}
	if group.rows > 1 {
		s.ambiguous.add(where())
		return 0, false
	}
	if group.hits > 1 {
		s.shared.add(where())
	}
	s.enriched++
	return group.row, true
}

// matched tells whether an identity correlates with a record.
func (s *secondarySource) matched(row int) bool {
	group := s.groupOf[row]
	return group >= 0 && s.groups[group].hits > 0
}

// attributes names the pairs of correlation attributes on one side.
func (s *secondarySource) attributes(name func(engine.Correlation) string) string {
	var names []string
	for _, pair := range s.file.Source.Correlation {
		names = append(names, abridge(name(pair)))
	}
	return strings.Join(names, ", ")
}
