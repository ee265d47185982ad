package loader

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

// csvPopulation reads a population in CSV.
type csvPopulation struct {
	in         *intake
	rows       *csv.Reader
	columns    []csvColumn
	id         int // index of the identifying column
	entityType int // -1 = there is none
	entityName int // -1 = there is none
	attributes []csvAttribute
	feeds      []csvFeed // by column of the intake
}

// csvAttribute are the columns of one attribute: customprop_x may also stand as custom_properties.x.
type csvAttribute struct {
	account *popAttribute
	columns []int
}

// csvFeed says which CSV columns fill a column of the intake. The first cell that is not empty counts.
type csvFeed struct {
	exact    []int
	variants []int
	direct   bool // one column fills it: cells are keys of its index
	id       bool // it is the identity
}

// openCSV reads the header and infers the types of the columns that need it.
func openCSV(file *popFile, in *intake) (read func() error, err error) {
	c := &csvPopulation{in: in}
	header, err := c.begin(file)
	if err != nil {
		return nil, err
	}
	c.readHeader(header)
	if err := in.problems.err(); err != nil {
		return nil, err
	}
	c.connect()
	if untyped := c.untyped(); len(untyped) > 0 {
		if err := c.infer(untyped); err != nil {
			return nil, err
		}
		if _, err := c.begin(file); err != nil {
			return nil, err
		}
	}
	return c.read, nil
}

// begin starts at the head of the file and reads the header.
func (c *csvPopulation) begin(file *popFile) (header []string, err error) {
	text, err := file.text()
	if err != nil {
		return nil, err
	}
	c.rows = csv.NewReader(text)
	c.rows.ReuseRecord = true
	c.rows.FieldsPerRecord = -1
	row, err := c.rows.Read()
	if err == io.EOF {
		return nil, file.refuse(0, "write a header and one row for each identity", "no identities")
	}
	if err != nil {
		return nil, c.explain(err)
	}
	return slices.Clone(row), nil
}

// explain turns an error of the CSV reader into a problem. Other errors stay.
func (c *csvPopulation) explain(err error) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return err
	}
	var p Problems
	hint := "a cell with quotes in it is quoted, with its own quotes doubled"
	p.add(engine.Position{File: c.in.opt.Path, Line: parse.Line}, hint, "is no CSV: %v", parse.Err)
	return &p
}

// readHeader makes the columns; what is wrong with the header is in the intake's problems.
func (c *csvPopulation) readHeader(header []string) {
	at := c.in.at(1, "")
	where := make(map[string]int)
	c.id, c.entityType, c.entityName = -1, -1, -1
	for i, cell := range header {
		if !utf8.ValidString(cell) {
			c.in.refuse(at, "save the file as UTF-8", "column %d: the name is no UTF-8 text", i+1)
			return
		}
		column, err := parseCSVHeader(cell, c.in.opt.Schema)
		if err != nil {
			c.in.refuse(at, "", "column %d: %v", i+1, err)
		}
		key := column.name
		if column.custom {
			key = "\x00" + key
		}
		if first, again := where[key]; again && err == nil {
			c.in.refuse(at, "rename one of them", "columns %d and %d are both called %s", first+1, i+1, abridge(strings.TrimSpace(cell)))
		}
		where[key] = i
		c.columns = append(c.columns, column)
	}
	if len(c.in.problems.List) > 0 {
		return
	}
	find := func(name string) int {
		return slices.IndexFunc(c.columns, func(column csvColumn) bool { return column.name == name })
	}
	c.id, c.entityType, c.entityName = find(c.in.identifier), find("entity_type"), find("entity_name")
	if c.id < 0 && c.in.side == nil {
		c.in.refuse(at, c.headerHint(header), "has no column %s", c.in.identifier)
	}
}

// headerHint guesses why the identifying column is missing.
func (c *csvPopulation) headerHint(header []string) string {
	for _, column := range c.columns {
		if scimeval.Fold(column.name) == scimeval.Fold(c.in.identifier) {
			return fmt.Sprintf("rename %s", abridge(column.name))
		}
	}
	if len(header) == 1 && strings.ContainsAny(header[0], ";\t") {
		return "separate the cells by commas"
	}
	return "name the identifying column as id in schema.yaml, or rename it"
}

// connect finds out which columns fill which.
func (c *csvPopulation) connect() {
	byName := make(map[string]int)
	for i, column := range c.columns {
		at, ok := byName[column.name]
		if !ok {
			at = len(c.attributes)
			byName[column.name] = at
			c.attributes = append(c.attributes, csvAttribute{account: c.in.attribute(column.name)})
		}
		a := &c.attributes[at]
		if column.custom {
			a.columns = append(a.columns, i)
		} else {
			a.columns = slices.Insert(a.columns, 0, i)
		}
	}
	c.feeds = make([]csvFeed, len(c.in.columns))
	for i, target := range c.in.columns {
		f := &c.feeds[i]
		f.id = target.name == c.in.identifier
		if at, ok := byName[target.name]; ok {
			f.exact = c.attributes[at].columns
		}
		if target.fold {
			folded := scimeval.Fold(target.name)
			for _, a := range c.attributes {
				if a.account.name != target.name && scimeval.Fold(a.account.name) == folded {
					f.variants = append(f.variants, a.columns...)
				}
			}
		}
		f.direct = c.in.join == nil && c.in.side == nil && len(f.exact)+len(f.variants) == 1 && !target.mover && !target.identity && target.name != "entity_id"
	}
}

// untyped lists the columns that somebody looks at and that have no type.
func (c *csvPopulation) untyped() []int {
	var list []int
	for _, f := range c.feeds {
		for _, i := range slices.Concat(f.exact, f.variants) {
			if c.columns[i].typ == csvUntyped && !slices.Contains(list, i) {
				list = append(list, i)
			}
		}
	}
	slices.Sort(list)
	return list
}

// infer reads the file once to find the types of columns. What is wrong with the file is left to the second reading.
func (c *csvPopulation) infer(columns []int) error {
	found := make([]inference, len(columns))
	for n := 0; ; n++ {
		row, err := c.rows.Read()
		if err == io.EOF || errors.As(err, new(*csv.ParseError)) {
			break
		}
		if err != nil {
			return err
		}
		if n%4096 == 0 && c.in.ctx.Err() != nil {
			return c.in.ctx.Err()
		}
		if len(row) != len(c.columns) {
			continue
		}
		for i, column := range columns {
			found[i].see(row[column])
		}
	}
	var types []string
	for i, column := range columns {
		c.columns[column].typ = found[i].typ()
		types = append(types, c.columns[column].name+"="+string(found[i].typ()))
	}
	const most = 50
	if len(types) > most {
		types = append(types[:most], fmt.Sprintf("and %d more", len(types)-most))
	}
	c.in.note(engine.SeverityInfo, "inferred-types", c.in.at(1, ""), len(columns),
		"types inferred from the cells: "+strings.Join(types, ", "),
		"a header cell such as salary:number, or schema.yaml, says it for certain")
	return nil
}

// read reads the rows.
func (c *csvPopulation) read() error {
	for {
		row, err := c.rows.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return c.explain(err)
		}
		line, _ := c.rows.FieldPos(0)
		if err := c.record(row, line); err != nil {
			return err
		}
	}
}

// record takes in a row that begins on the given line. An error ends the reading of the file.
func (c *csvPopulation) record(row []string, line int) error {
	if len(row) != len(c.columns) {
		return c.in.refuse(c.in.at(line, ""), "quote cells that contain commas",
			"number of cells is %d, the header has %d", len(row), len(c.columns))
	}
	for i, cell := range row {
		if !utf8.ValidString(cell) {
			return c.in.refuse(c.in.at(line, ""), "save the file as UTF-8",
				"column %s: is no UTF-8 text", c.columns[i].name)
		}
	}
	id := strings.Clone(c.cell(row, c.id))
	if id == "" && c.in.side == nil {
		return c.in.noIdentity(c.in.at(line, ""), "")
	}
	kept, err := c.in.admit(id, c.cell(row, c.entityType), line)
	if !kept {
		return err
	}
	for _, a := range c.attributes {
		for _, i := range a.columns {
			if row[i] != "" {
				a.account.records++
				break
			}
		}
	}
	for i, target := range c.in.columns {
		if c.in.row[i], err = c.codes(target, &c.feeds[i], row, id, line); err != nil {
			return err
		}
	}
	return c.in.keep(id, strings.Clone(c.cell(row, c.entityName)), line)
}

// cell is the cell in a column, "" when there is no such column.
func (c *csvPopulation) cell(row []string, column int) string {
	if column < 0 {
		return ""
	}
	return row[column]
}

// codes interns what a row has for a column, under its name and under a case variant.
func (c *csvPopulation) codes(target *popColumn, f *csvFeed, row []string, id string, line int) (found rowCell, err error) {
	found = rowCell{exact: scimeval.Absent, variant: scimeval.Absent}
	if f.id {
		found.exact = target.internID(id)
		return found, nil
	}
	if found.exact, _, err = c.first(target, f, f.exact, row, line); err != nil {
		return found, err
	}
	if found.exact == scimeval.Absent && target.name == "entity_id" {
		found.exact = target.internID(id)
	}
	if !target.fold || found.exact != scimeval.Absent {
		return found, nil
	}
	found.variant, found.of, err = c.first(target, f, f.variants, row, line)
	if found.variant == scimeval.Absent && target.identity {
		found.variant = target.internID(id)
	}
	return found, err
}

// first interns the first of the columns that has a cell; of is the attribute that it is.
func (c *csvPopulation) first(target *popColumn, f *csvFeed, columns []int, row []string, line int) (code int32, of string, err error) {
	for _, i := range columns {
		cell := row[i]
		if cell == "" {
			continue
		}
		if f.direct {
			if code, ok := target.index[cell]; ok {
				return code, c.columns[i].name, nil
			}
		}
		v, err := c.columns[i].value(cell)
		if err != nil {
			return scimeval.Absent, "", c.in.refuse(c.in.at(line, ""), "", "column %s: %v", c.columns[i].name, err)
		}
		if f.direct {
			return target.add(strings.Clone(cell), v), c.columns[i].name, nil
		}
		return target.internValue(v), c.columns[i].name, nil
	}
	return scimeval.Absent, "", nil
}
