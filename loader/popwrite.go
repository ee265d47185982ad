package loader

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/lcmsim/lcmsim/scimeval"
)

// Record is one identity of a population to be written.
type Record struct {
	EntityID, EntityType, EntityName string
	ID                               string // the tenant's own; "" = none, as for type and name
	Attributes                       []scimeval.Member
}

// ColumnType is the type of an attribute in a format that needs one for all records.
type ColumnType string

// The types of a column.
const (
	ColumnString    ColumnType = "string"
	ColumnBool      ColumnType = "bool"
	ColumnInteger   ColumnType = "integer"   // whole numbers of 64 bits
	ColumnNumber    ColumnType = "number"    // in Parquet and Arrow those that a float64 stands for
	ColumnTimestamp ColumnType = "timestamp" // RFC 3339 in UTC; in Parquet and Arrow of at most six digits of a second
	ColumnDate      ColumnType = "date"      // YYYY-MM-DD
	ColumnList      ColumnType = "list"      // of strings
)

// columnTypes are the types of a column.
var columnTypes = []ColumnType{
	ColumnString, ColumnBool, ColumnInteger, ColumnNumber, ColumnTimestamp, ColumnDate, ColumnList,
}

// Column declares an attribute.
type Column struct {
	Name string
	Type ColumnType
}

// recordWriter writes records in one format.
type recordWriter interface {
	write(Record) error
	close() error // writes what is left; the file below stays open
}

// WritePopulation writes a population in the format that the extension of path names, as in OpenPopulation. CSV,
// Parquet and Arrow need the columns: every attribute must be one of them and have its type, null counts as absent,
// and what such a file cannot hold exactly is an error. JSON and JSONL take any value and no notice of the columns.
// The file appears under its name when it is complete; after an error there is none, or the earlier one.
func WritePopulation(path string, columns []Column, records iter.Seq[Record]) (err error) {
	format, compression, err := splitExtensions(path)
	if err != nil {
		return err
	}
	if err := checkColumns(columns); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			file.Close()
			os.Remove(file.Name())
		}
	}()
	buffered := bufio.NewWriterSize(file, 1<<18)
	packed, err := packer(buffered, compression)
	if err != nil {
		return err
	}
	if err := writeRecords(packed, format, columns, records); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := packed.Close(); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := file.Chmod(0o644); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// checkColumns finds columns that cannot be written.
func checkColumns(columns []Column) error {
	seen := map[string]bool{"entity_id": true, "id": true, "entity_type": true, "entity_name": true}
	for _, c := range columns {
		if seen[c.Name] {
			return fmt.Errorf("column %s stands twice", c.Name)
		}
		seen[c.Name] = true
		if !slices.Contains(columnTypes, c.Type) {
			return fmt.Errorf("column %s: no type %q: use one of %v", c.Name, c.Type, columnTypes)
		}
	}
	return nil
}

// packer compresses what is written to w.
func packer(w io.Writer, compression string) (io.WriteCloser, error) {
	switch compression {
	case ".gz":
		return gzip.NewWriter(w), nil
	case ".zst":
		return zstd.NewWriter(w)
	}
	return unpacked{w}, nil
}

// unpacked writes as it is.
type unpacked struct{ io.Writer }

// Close does nothing.
func (unpacked) Close() error { return nil }

func writeRecords(w io.Writer, format string, columns []Column, records iter.Seq[Record]) error {
	out, err := newRecordWriter(w, format, columns)
	if err != nil {
		return err
	}
	n := 0
	for r := range records {
		n++
		if r.EntityID == "" {
			return fmt.Errorf("record %d has no entity_id", n)
		}
		if err := out.write(r); err != nil {
			return fmt.Errorf("record %d (%s): %w", n, abridge(r.EntityID), err)
		}
	}
	return out.close()
}

func newRecordWriter(w io.Writer, format string, columns []Column) (recordWriter, error) {
	switch format {
	case ".jsonl", ".ndjson":
		return &jsonWriter{w: w, end: "\n"}, nil
	case ".json":
		return &jsonWriter{w: w, begin: "[", between: ",\n", end: "]\n", list: true}, nil
	case ".csv":
		return newCSVWriter(w, columns)
	}
	return newNativeWriter(w, format, columns)
}

// jsonWriter writes JSON and JSONL.
type jsonWriter struct {
	w                   io.Writer
	begin, between, end string
	list                bool
	begun               bool
	buf                 []byte
}

func (j *jsonWriter) write(r Record) error {
	j.buf = j.buf[:0]
	if j.list {
		if j.begun {
			j.buf = append(j.buf, j.between...)
		} else {
			j.buf = append(j.buf, j.begin...)
		}
		j.begun = true
	}
	members := []scimeval.Member{{Name: "entity_id", Value: scimeval.StringValue(r.EntityID)}}
	for _, m := range []struct{ name, text string }{
		{"id", r.ID}, {"entity_type", r.EntityType}, {"entity_name", r.EntityName},
	} {
		if m.text != "" {
			members = append(members, scimeval.Member{Name: m.name, Value: scimeval.StringValue(m.text)})
		}
	}
	if len(r.Attributes) > 0 {
		members = append(members, scimeval.Member{Name: "attributes", Value: scimeval.ObjectValue(r.Attributes)})
	}
	j.buf = scimeval.ObjectValue(members).AppendJSON(j.buf)
	if !j.list {
		j.buf = append(j.buf, j.end...)
	}
	_, err := j.w.Write(j.buf)
	return err
}

func (j *jsonWriter) close() error {
	if !j.list {
		return nil
	}
	text := j.end
	if !j.begun {
		text = j.begin + j.end
	}
	_, err := io.WriteString(j.w, text)
	return err
}

// csvSeparator joins the elements of a list in a CSV cell.
const csvSeparator = ";"

// csvWriter writes CSV with the types in the header, so that nothing is inferred when it is read.
type csvWriter struct {
	w     *csv.Writer
	rows  *columnOrder
	cells []string
}

func newCSVWriter(w io.Writer, columns []Column) (*csvWriter, error) {
	c := &csvWriter{w: csv.NewWriter(w), rows: newColumnOrder(columns)}
	header := []string{"entity_id", "id", "entity_type", "entity_name"}
	for _, column := range columns {
		typ := csvType(column.Type)
		switch column.Type {
		case ColumnInteger:
			typ = csvNumber
		case ColumnDate:
			typ = csvTimestamp
		}
		header = append(header, column.Name+":"+string(typ))
	}
	c.cells = make([]string, len(header))
	return c, c.w.Write(header)
}

func (c *csvWriter) write(r Record) error {
	values, err := c.rows.arrange(r)
	if err != nil {
		return err
	}
	copy(c.cells, []string{r.EntityID, r.ID, r.EntityType, r.EntityName})
	for i, v := range values {
		if c.cells[4+i], err = csvCell(v); err != nil {
			return fmt.Errorf("attribute %s: %w", c.rows.columns[i].Name, err)
		}
	}
	return c.w.Write(c.cells)
}

func (c *csvWriter) close() error {
	c.w.Flush()
	return c.w.Error()
}

// csvCell is the cell for a value that fits its column.
func csvCell(v scimeval.Value) (string, error) {
	switch v.Kind() {
	case scimeval.KindNull:
		return "", nil
	case scimeval.KindString:
		if v.Text() == "" {
			return "", fmt.Errorf("an empty string would be absent in CSV; write JSONL or Parquet")
		}
		return v.Text(), nil
	case scimeval.KindList:
		cells := make([]string, len(v.Items()))
		for i, item := range v.Items() {
			cells[i] = item.Text()
			if strings.Contains(cells[i], csvSeparator) {
				return "", fmt.Errorf("%q contains the separator %q of lists; write JSONL or Parquet", abridge(cells[i]), csvSeparator)
			}
		}
		cell := strings.Join(cells, csvSeparator)
		if cell == "" {
			return "", fmt.Errorf("a list without text would be absent in CSV; write JSONL or Parquet")
		}
		return cell, nil
	}
	return v.String(), nil
}

// columnOrder puts the attributes of records into the order of columns.
type columnOrder struct {
	columns []Column
	at      map[string]int
	values  []scimeval.Value
}

func newColumnOrder(columns []Column) *columnOrder {
	o := &columnOrder{columns: columns, at: make(map[string]int), values: make([]scimeval.Value, len(columns))}
	for i, c := range columns {
		o.at[c.Name] = i
	}
	return o
}

// arrange gives one value a column, null where there is none; valid until the following call.
func (o *columnOrder) arrange(r Record) ([]scimeval.Value, error) {
	clear(o.values)
	for _, m := range r.Attributes {
		i, ok := o.at[m.Name]
		if !ok {
			return nil, fmt.Errorf("attribute %s is not among the columns", abridge(m.Name))
		}
		if !o.columns[i].Type.fits(m.Value) {
			return nil, fmt.Errorf("attribute %s: %s does not fit a column of type %s",
				abridge(m.Name), abridge(m.Value.String()), o.columns[i].Type)
		}
		o.values[i] = m.Value
	}
	return o.values, nil
}

// fits tells whether a column of the type can hold the value. Null fits everywhere.
func (t ColumnType) fits(v scimeval.Value) bool {
	switch v.Kind() {
	case scimeval.KindNull:
		return true
	case scimeval.KindBool:
		return t == ColumnBool
	case scimeval.KindNumber:
		return t == ColumnNumber || t == ColumnInteger && isWhole(v.Number())
	case scimeval.KindString:
		switch t {
		case ColumnTimestamp, ColumnDate:
			_, ok := scimeval.ParseInstant(v.Text())
			return ok && (t == ColumnTimestamp || len(v.Text()) == len("2006-01-02"))
		}
		return t == ColumnString
	case scimeval.KindList:
		return t == ColumnList && !slices.ContainsFunc(v.Items(), func(item scimeval.Value) bool {
			return item.Kind() != scimeval.KindString
		})
	}
	return false
}
