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

	columns []*popColumn // one per distinct name of opt.Attributes
	slots   []int        // the column of each opt.Attributes
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
	records int // identities that have it
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
	return in
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
	if !in.seen.add(id) {
		in.duplicates++
		if in.duplicates == 1 {
			in.firstAgain = in.at(place, "")
		}
		if len(in.examples) < maxExamples {
			in.examples = append(in.examples, fmt.Sprintf("%q (%s %d)", abridge(id), in.unit, place))
		}
		return false, nil
	}
	if in.opt.EntityType != "" && entityType != "" && entityType != in.opt.EntityType {
		in.excluded++
		if _, known := in.otherTypes[entityType]; known || len(in.otherTypes) < maxExamples {
			in.otherTypes[entityType]++
		}
		return false, nil
	}
	return true, nil
}

// add appends an admitted record to the batch, after its columns.
func (in *intake) add(id, name string) error {
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
		exact[i], folded[i] = c.arrays(in.opt.Allocator)
	}
	arrays := make([]arrow.Array, len(in.slots))
	for i, slot := range in.slots {
		arrays[i] = exact[slot]
		if in.opt.Attributes[i].Fold {
			arrays[i] = folded[slot]
		}
	}
	record := array.NewRecord(in.schema, arrays, int64(len(in.ids)))
	for i := range in.columns {
		exact[i].Release()
		folded[i].Release()
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
	return a
}

// finish closes the account after the reader ended with err: the last batch, and why the population as a whole cannot
// be used.
func (in *intake) finish(err error) error {
	if err == nil {
		err = in.flush()
	}
	if problems := (*Problems)(nil); errors.As(err, &problems) {
		in.problems.List = append(in.problems.List, problems.List...)
	} else if err != nil && err != errStop {
		return err
	}
	file := engine.Position{File: in.opt.Path}
	switch {
	case len(in.problems.List) > 0:
	case in.records == 0:
		in.problems.add(file, "write one record for each identity", "no identities")
	case in.kept == 0:
		in.problems.add(file, "check the entity_type of the policy and of the records",
			"no identity has entity_type %q; the records have %s", in.opt.EntityType, in.typesSeen())
	}
	return in.problems.err()
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
		more := ""
		if in.duplicates > len(in.examples) {
			more = fmt.Sprintf(" and %d more", in.duplicates-len(in.examples))
		}
		in.findings = append(in.findings, engine.Finding{
			Severity: engine.SeverityError,
			Code:     "duplicate-entity-id",
			Position: in.firstAgain,
			Column:   engine.NoColumn,
			Message: fmt.Sprintf("records that repeat an earlier %s are left out: %s%s",
				in.identifier, strings.Join(in.examples, ", "), more),
			Hint:  "remove them from the export, or find out which record of each identity is right",
			Count: in.duplicates,
		})
	}
	for _, c := range in.columns {
		if kinds, total := c.mixture(); kinds != "" {
			in.findings = append(in.findings, engine.Finding{
				Severity: engine.SeverityWarning,
				Code:     "mixed-types",
				Position: engine.Position{File: in.opt.Path, Path: c.name},
				Column:   engine.NoColumn,
				Message:  fmt.Sprintf("attribute %s mixes types: %s", c.name, kinds),
				Hint:     "a value is compared as what it is: write one type, or set rule filter.coerce",
				Count:    total,
			})
		}
	}
	engine.SortFindings(in.findings)
	report := Report{
		Identities:   in.kept,
		Excluded:     in.excluded,
		Duplicates:   in.duplicates,
		MoverAssumed: in.assumed,
		Findings:     in.findings,
	}
	for _, a := range in.attributes {
		if a.records != 0 {
			report.Attributes = append(report.Attributes, AttributeCount{a.name, a.records})
		}
	}
	slices.SortFunc(report.Attributes, func(a, b AttributeCount) int { return cmp.Compare(a.Name, b.Name) })
	return report
}
