package loader

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/scimeval"
)

// csvType is the type of a CSV column.
type csvType string

// The types of a CSV column. A column without one is inferred.
const (
	csvUntyped   csvType = ""
	csvBool      csvType = "bool"
	csvNumber    csvType = "number"
	csvTimestamp csvType = "timestamp"
	csvString    csvType = "string"
	csvList      csvType = "list"
)

// csvTypes are the types that a header may name.
var csvTypes = []csvType{csvBool, csvNumber, csvTimestamp, csvString, csvList}

// csvMistypes are words that people write for a type.
var csvMistypes = map[string]csvType{
	"boolean": csvBool, "int": csvNumber, "integer": csvNumber, "float": csvNumber, "double": csvNumber,
	"decimal": csvNumber, "num": csvNumber, "str": csvString, "text": csvString, "date": csvTimestamp,
	"datetime": csvTimestamp, "time": csvTimestamp, "array": csvList,
}

// csvColumn is a column of a CSV file.
type csvColumn struct {
	name      string // of the attribute
	custom    bool   // written custom_properties.x
	typ       csvType
	elements  csvType // type of a list's elements
	separator string  // between them
}

// parseCSVHeader reads one cell of the header.
func parseCSVHeader(cell string, schema *scimeval.Schema) (csvColumn, error) {
	c := csvColumn{elements: csvString, separator: ";"}
	name := strings.TrimSpace(cell)
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		word := name[i+1:]
		if typ := csvType(word); slices.Contains(csvTypes, typ) {
			c.typ = typ
			name = strings.TrimSpace(name[:i])
		} else if meant, ok := csvMistypes[strings.ToLower(word)]; ok {
			return c, fmt.Errorf("%q is no type: write %s", word, abridge(name[:i+1]+string(meant)))
		}
	}
	if name == "" {
		return c, errors.New("the name is empty")
	}
	c.name, c.custom = customName(name)
	if schema != nil && schema.ListSeparator != "" {
		c.separator = schema.ListSeparator
	}
	if def := schema.Attribute(c.name); def != nil {
		c.declare(*def)
	}
	switch c.name {
	case schema.Identifier():
		c.typ = csvString
	case "id", "entity_id", "entity_type", "entity_name":
		if c.typ == csvUntyped {
			c.typ = csvString
		}
	}
	return c, nil
}

// declare applies a definition of the schema where the header says nothing.
func (c *csvColumn) declare(def scimeval.AttributeDef) {
	typ := csvString
	switch def.Type {
	case "boolean":
		typ = csvBool
	case "decimal", "integer":
		typ = csvNumber
	case "date", "dateTime":
		typ = csvTimestamp
	}
	c.elements = typ
	if c.typ != csvUntyped {
		return
	}
	c.typ = typ
	if def.MultiValued {
		c.typ = csvList
	}
}

// value reads a cell that is not empty.
func (c *csvColumn) value(cell string) (scimeval.Value, error) {
	if c.typ != csvList {
		return csvScalar(c.typ, cell)
	}
	parts := strings.Split(cell, c.separator)
	items := make([]scimeval.Value, len(parts))
	for i, part := range parts {
		var err error
		if items[i], err = csvScalar(c.elements, part); err != nil {
			return scimeval.Value{}, err
		}
	}
	return scimeval.ListValue(items), nil
}

func csvScalar(typ csvType, cell string) (scimeval.Value, error) {
	switch typ {
	case csvBool:
		switch {
		case strings.EqualFold(cell, "true"):
			return scimeval.BoolValue(true), nil
		case strings.EqualFold(cell, "false"):
			return scimeval.BoolValue(false), nil
		}
		return scimeval.Value{}, fmt.Errorf("%q is no bool: write true or false", abridge(cell))
	case csvNumber:
		d, err := scimeval.ParseDecimal(cell)
		if err == scimeval.ErrNotNumber {
			return scimeval.Value{}, fmt.Errorf("%q is no number: write it as JSON does, such as -12.5", abridge(cell))
		}
		return scimeval.NumberValue(d), err
	case csvTimestamp:
		if _, ok := scimeval.ParseInstant(cell); !ok {
			return scimeval.Value{}, fmt.Errorf("%q is no timestamp: write 2024-01-15 or 2024-01-15T08:00:00Z", abridge(cell))
		}
	}
	return scimeval.StringValue(strings.Clone(cell)), nil
}

// inference finds the type of a column from all of its cells.
type inference struct{ used, notBool, notNumber bool }

// see takes a cell in.
func (f *inference) see(cell string) {
	if cell == "" || f.notBool && f.notNumber {
		return
	}
	f.used = true
	f.notBool = f.notBool || cell != "true" && cell != "false"
	f.notNumber = f.notNumber || !isInferredNumber(cell)
}

// typ is the type of the column; one without cells is string.
func (f *inference) typ() csvType {
	switch {
	case f.used && !f.notBool:
		return csvBool
	case f.used && !f.notNumber:
		return csvNumber
	}
	return csvString
}

// isInferredNumber tells whether a cell is a number and nothing that merely looks like one: identifiers have leading
// zeros, plus signs or many digits.
func isInferredNumber(cell string) bool {
	if len(cell) > 64 || strings.IndexByte(cell, '+') >= 0 {
		return false
	}
	if _, err := scimeval.ParseDecimal(cell); err != nil {
		return false
	}
	digits := 0
	for i := range len(cell) {
		if cell[i] >= '0' && cell[i] <= '9' {
			digits++
		}
	}
	return digits <= 15
}
