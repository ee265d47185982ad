package loader

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

// Bounds of what is remembered about a population.
const (
	maxProblemsKept   = 100    // reading stops there
	maxAttributeNames = 10_000 // of Report.Attributes
	maxExamples       = 5      // named in a finding about many records
)

// errStop ends the reading of a population whose problems are on record.
var errStop = errors.New("too many problems")

// intake decides which records are in the population, forms batches of them and keeps the account. Every reader feeds
// one.
type intake struct {
	ctx        context.Context
	opt        PopulationOptions
	identifier string // the identifying column
	unit       string // what a place is: line or row
	emit       func(*Batch) error

	columns []*popColumn // one per distinct name of opt.Attributes, then those that only the join reads
	slots   []int        // the column of each opt.Attributes
	row     []rowCell    // of the current record, by column
	join    *join        // what completes the records; nil = nothing
	side    *sideTable   // where the records go when they are not the population's; nil = they are
	schema  *arrow.Schema
	ids     []string
	names   []string

	seen       *identitySet
	problems   Problems
	records    int // read so far
	expected   int // records of the file, where its footer tells; 0 = not known
	kept       int
	duplicates int
	examples   []string // of duplicates
	firstAgain engine.Position
	excluded   int
	otherTypes map[string]int
	assumed    int
	attributes map[string]*popAttribute
	findings   []engine.Finding
}

// popAttribute is an attribute name that the population has.
type popAttribute struct {
	name    string
	records int // identities that have it, or NotCounted
}

// count counts one more identity, where they are counted.
func (a *popAttribute) count() {
	if a.records != NotCounted {
		a.records++
	}
}

// rowCell is what a record has for a column, as codes of the column's values.
type rowCell struct {
	exact   int32  // under the column's name
	variant int32  // under its first case variant; Absent unless the column folds and exact is Absent
	of      string // the name of that variant; "" = the identity itself stands for it
}

func newIntake(ctx context.Context, opt PopulationOptions) *intake {
	in := &intake{
		ctx:        ctx,
		opt:        opt,
		identifier: opt.Schema.Identifier(),
		unit:       "line",
		columns:    newPopColumns(opt.Attributes),
		seen:       newIdentitySet(),
		otherTypes: make(map[string]int),
		attributes: make(map[string]*popAttribute),
	}
	fields := make([]arrow.Field, len(opt.Attributes))
	for i, a := range opt.Attributes {
		in.slots = append(in.slots, slices.IndexFunc(in.columns, func(c *popColumn) bool { return c.name == a.Name }))
		fields[i] = scimeval.JSONField(a.Name)
	}
	in.schema = arrow.NewSchema(fields, nil)
	in.row = make([]rowCell, len(in.columns))
	return in
}

// column is the index of the column with the exact name, which is added if there is none. No reader has begun yet.
func (in *intake) column(name string) int {
	i := slices.IndexFunc(in.columns, func(c *popColumn) bool { return c.name == name })
	if i < 0 {
		i = len(in.columns)
		in.columns = append(in.columns, &popColumn{name: name, index: make(map[string]int32)})
		in.row = append(in.row, rowCell{})
	}
	return i
}

// at is the position of a record or of something in it. A row of a file without lines is named in the path.
func (in *intake) at(place int, path string) engine.Position {
	if in.unit == "line" {
		return engine.Position{File: in.opt.Path, Line: place, Path: path}
	}
	row := fmt.Sprintf("%s %d", in.unit, place)
	if path != "" {
		row += ", " + path
	}
	return engine.Position{File: in.opt.Path, Path: row}
}

// refuse records why the population cannot be read. It returns errStop when enough is known.
func (in *intake) refuse(at engine.Position, hint, message string, args ...any) error {
	in.problems.add(at, hint, message, args...)
	if len(in.problems.List) >= maxProblemsKept {
		return errStop
	}
	return nil
}

// noIdentity is the problem of a record that nothing identifies. value is what stands in its place, "" = nothing.
func (in *intake) noIdentity(at engine.Position, value string) error {
	hint := "every record needs one; schema.yaml can name another column as id"
	if value == "" {
		return in.refuse(at, hint, "%s is missing", in.identifier)
	}
	return in.refuse(at, hint, "%s is %s, not a string or a number", in.identifier, abridge(value))
}

// admit decides about one record: whether it is an identity of the population. place is its line or row. An error
// ends the reading.
func (in *intake) admit(id, entityType string, place int) (kept bool, err error) {
	in.records++
	if in.records%4096 == 0 {
		if err := in.ctx.Err(); err != nil {
			return false, err
		}
	}
	if in.side != nil {
		return in.side.admit(entityType), nil
	}
	if !in.seen.add(id) {
		in.duplicates++
		if in.duplicates == 1 {
			in.firstAgain = in.at(place, "")
		}
		if len(in.examples) < maxExamples {
			in.examples = append(in.examples, in.example(id, place))
		}
		return false, nil
	}
	if in.opt.EntityType != "" && entityType != "" && entityType != in.opt.EntityType {
		in.excluded++
		if _, known := in.otherTypes[entityType]; known || len(in.otherTypes) < maxExamples {
			in.otherTypes[entityType]++
		}
		in.join.know(id)
		return false, nil
	}
	return true, nil
}

// example names a record in a finding about many.
func (in *intake) example(id string, place int) string {
	return fmt.Sprintf("%q (%s %d)", abridge(id), in.unit, place)
}

// andMore lists examples of a total.
func andMore(examples []string, total int) string {
	text := strings.Join(examples, ", ")
	if total > len(examples) {
		text += fmt.Sprintf(" and %d more", total-len(examples))
	}
	return text
}

// keep takes in an admitted record, whose values are in row.
func (in *intake) keep(id, name string, place int) error {
	if in.side != nil {
		in.side.keep(id, name, place)
		return nil
	}
	if in.join != nil {
		name = in.join.merge(id, name)
	}
	return in.add(id, name)
}

// add appends the row to the batch.
func (in *intake) add(id, name string) error {
	assumed := false
	for i, c := range in.columns {
		if c.append(in.row[i].exact, in.row[i].variant) {
			assumed = true
		}
	}
	if assumed {
		in.assumed++
	}
	in.ids = append(in.ids, id)
	in.names = append(in.names, name)
	if len(in.ids) < in.opt.BatchRows {
		return nil
	}
	return in.flush()
}

// flush hands the gathered batch over. Nobody gets it once there are problems: the rest of the file is read for further
// ones only.
func (in *intake) flush() error {
	if len(in.ids) == 0 {
		return nil
	}
	if len(in.problems.List) > 0 {
		in.ids, in.names = in.ids[:0], in.names[:0]
		for _, c := range in.columns {
			c.reset()
		}
		return nil
	}
	exact := make([]arrow.Array, len(in.columns))
	folded := make([]arrow.Array, len(in.columns))
	for i, c := range in.columns {
		if c.wanted() {
			exact[i], folded[i] = c.arrays(in.opt.Allocator)
		} else {
			c.reset()
		}
	}
	arrays := make([]arrow.Array, len(in.slots))
	for i, slot := range in.slots {
		arrays[i] = exact[slot]
		if in.opt.Attributes[i].Fold {
			arrays[i] = folded[slot]
		}
	}
	record := array.NewRecord(in.schema, arrays, int64(len(in.ids)))
	for i, c := range in.columns {
		if c.wanted() {
			exact[i].Release()
			folded[i].Release()
		}
	}
	ids, names := in.ids, in.names
	in.ids, in.names = make([]string, 0, len(ids)), make([]string, 0, len(names))
	return in.send(record, ids, names)
}

// send hands a record over; it owns it.
func (in *intake) send(record arrow.Record, ids, names []string) error {
	batch := &Batch{Record: record, IDs: ids, Names: names, First: int64(in.kept)}
	in.kept += len(ids)
	return in.emit(batch)
}

// attribute is the account of an attribute name. Beyond the 10,000th name the account is kept for nobody to read.
func (in *intake) attribute(name string) *popAttribute {
	if a, ok := in.attributes[name]; ok {
		return a
	}
	a := &popAttribute{name: name}
	if len(in.attributes) < maxAttributeNames {
		in.attributes[name] = a
	}
	if in.side != nil {
		in.side.see(name)
	}
	return a
}

// settle gathers the problems after the reader ended with err. Other errors stay.
func (in *intake) settle(err error) error {
	if err = in.problems.gather(err); err != nil && err != errStop {
		return err
	}
	return in.problems.err()
}

// finish closes the account after the reader ended with err: the last batch, and why the population as a whole cannot
// be used.
func (in *intake) finish(err error) error {
	if err == nil && in.join != nil {
		err = in.join.create()
	}
	if err == nil {
		err = in.flush()
	}
	if err := in.settle(err); err != nil {
		return err
	}
	file := engine.Position{File: in.opt.Path}
	switch {
	case in.kept > 0:
	case in.records == 0:
		in.problems.add(file, "write one record for each identity", "no identities")
	default:
		in.problems.add(file, "check the entity_type of the policy and of the records",
			"no identity has entity_type %q; the records have %s", in.opt.EntityType, in.typesSeen())
	}
	return in.problems.err()
}

// note notes a finding.
func (in *intake) note(severity engine.Severity, code string, at engine.Position, count int, message, hint string) {
	in.findings = append(in.findings, engine.Finding{
		Severity: severity, Code: code, Position: at, Column: engine.NoColumn, Message: message, Hint: hint, Count: count,
	})
}

func (in *intake) typesSeen() string {
	names := slices.Sorted(maps.Keys(in.otherTypes))
	for i, name := range names {
		names[i] = fmt.Sprintf("%q", abridge(name))
	}
	if len(names) == maxExamples {
		names = append(names, "...")
	}
	return strings.Join(names, ", ")
}

// summary is the report of a population that could be read.
func (in *intake) summary() Report {
	if in.duplicates > 0 {
		in.note(engine.SeverityError, "duplicate-entity-id", in.firstAgain, in.duplicates,
			fmt.Sprintf("records that repeat an earlier %s are left out: %s", in.identifier, andMore(in.examples, in.duplicates)),
			"remove them from the export, or find out which record of each identity is right")
	}
	for _, c := range in.columns {
		if kinds, total := c.mixture(); kinds != "" {
			in.note(engine.SeverityWarning, "mixed-types", engine.Position{File: in.opt.Path, Path: c.name}, total,
				fmt.Sprintf("attribute %s mixes types: %s", c.name, kinds),
				"a value is compared as what it is: write one type, or set rule filter.coerce")
		}
	}
	report := Report{
		Identities:   in.kept,
		Excluded:     in.excluded,
		Duplicates:   in.duplicates,
		MoverAssumed: in.assumed,
	}
	if in.join != nil {
		in.join.summarize(&report)
	}
	engine.SortFindings(in.findings)
	report.Findings = in.findings
	for _, a := range in.attributes {
		if a.records != 0 {
			report.Attributes = append(report.Attributes, AttributeCount{a.name, a.records})
		}
	}
	slices.SortFunc(report.Attributes, func(a, b AttributeCount) int { return cmp.Compare(a.Name, b.Name) })
	return report
}
