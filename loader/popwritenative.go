package loader

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"github.com/lcmsim/lcmsim/scimeval"
)

// rowGroupRows is how many records a row group of Parquet, or a record batch of Arrow, has.
const rowGroupRows = 128 << 10

// nativeWriter writes Parquet and Arrow.
type nativeWriter struct {
	order   *columnOrder
	builder *array.RecordBuilder
	rows    int
	emit    func(arrow.Record) error
	end     func() error
}

// arrowTypes are the types that columns have in Parquet and Arrow.
var arrowTypes = map[ColumnType]arrow.DataType{
	ColumnString:    arrow.BinaryTypes.String,
	ColumnBool:      arrow.FixedWidthTypes.Boolean,
	ColumnInteger:   arrow.PrimitiveTypes.Int64,
	ColumnNumber:    arrow.PrimitiveTypes.Float64,
	ColumnTimestamp: arrow.FixedWidthTypes.Timestamp_us,
	ColumnDate:      arrow.FixedWidthTypes.Date32,
	ColumnList:      arrow.ListOf(arrow.BinaryTypes.String),
}

func newNativeWriter(w io.Writer, format string, columns []Column) (*nativeWriter, error) {
	fields := []arrow.Field{{Name: "entity_id", Type: arrow.BinaryTypes.String}}
	for _, name := range []string{"id", "entity_type", "entity_name"} {
		fields = append(fields, arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true})
	}
	for _, c := range columns {
		fields = append(fields, arrow.Field{Name: c.Name, Type: arrowTypes[c.Type], Nullable: true})
	}
	schema := arrow.NewSchema(fields, nil)
	n := &nativeWriter{
		order:   newColumnOrder(columns),
		builder: array.NewRecordBuilder(memory.DefaultAllocator, schema),
	}
	if format == ".arrow" {
		out, err := ipc.NewFileWriter(&fromStart{Writer: w}, ipc.WithSchema(schema))
		if err != nil {
			return nil, err
		}
		n.emit, n.end = out.Write, out.Close
		return n, nil
	}
	props := parquet.NewWriterProperties(
		parquet.WithCompression(compress.Codecs.Snappy),
		parquet.WithMaxRowGroupLength(rowGroupRows),
		parquet.WithDictionaryFor("entity_id", false),
		parquet.WithDictionaryFor("id", false),
		parquet.WithCreatedBy("lcmsim"),
	)
	out, err := pqarrow.NewFileWriter(schema, unpacked{w}, props, pqarrow.DefaultWriterProps())
	if err != nil {
		return nil, err
	}
	n.emit, n.end = out.Write, out.Close
	return n, nil
}

// fromStart is a new file. The Arrow writer asks where it stands and never moves.
type fromStart struct {
	io.Writer
	written int64
}

// Write counts.
func (f *fromStart) Write(p []byte) (int, error) {
	n, err := f.Writer.Write(p)
	f.written += int64(n)
	return n, err
}

// Seek tells the position.
func (f *fromStart) Seek(int64, int) (int64, error) { return f.written, nil }

func (n *nativeWriter) write(r Record) error {
	values, err := n.order.arrange(r)
	if err != nil {
		return err
	}
	for i, text := range []string{r.EntityID, r.ID, r.EntityType, r.EntityName} {
		b := n.builder.Field(i).(*array.StringBuilder)
		if text == "" {
			b.AppendNull()
			continue
		}
		b.Append(text)
	}
	for i, v := range values {
		if err := appendValue(n.builder.Field(4+i), v); err != nil {
			return fmt.Errorf("attribute %s: %w", n.order.columns[i].Name, err)
		}
	}
	if n.rows++; n.rows == rowGroupRows {
		return n.flush()
	}
	return nil
}

func (n *nativeWriter) flush() error {
	n.rows = 0
	record := n.builder.NewRecord()
	defer record.Release()
	return n.emit(record)
}

func (n *nativeWriter) close() error {
	defer n.builder.Release()
	if n.rows > 0 {
		if err := n.flush(); err != nil {
			return err
		}
	}
	return n.end()
}

// appendValue appends a value that fits the column; it fails when reading would not give the same value back.
func appendValue(b array.Builder, v scimeval.Value) error {
	if v.Kind() == scimeval.KindNull {
		b.AppendNull()
		return nil
	}
	switch b := b.(type) {
	case *array.StringBuilder:
		b.Append(v.Text())
	case *array.BooleanBuilder:
		b.Append(v.Bool())
	case *array.Int64Builder:
		n, err := wholeOf(v.Number())
		if err != nil {
			return err
		}
		b.Append(n)
	case *array.Float64Builder:
		f := v.Number().Float64()
		if back, err := scimeval.DecimalFromFloat(f, 64); err != nil || back.Compare(v.Number()) != 0 {
			return fmt.Errorf("%s is no float64; declare the column as string, or write JSONL", v)
		}
		b.Append(f)
	case *array.TimestampBuilder:
		t, err := time.Parse(time.RFC3339Nano, v.Text())
		if err != nil || t.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano) != v.Text() {
			return fmt.Errorf("%s is no timestamp in UTC of at most microseconds; declare the column as string", v)
		}
		b.Append(arrow.Timestamp(t.UnixMicro()))
	case *array.Date32Builder:
		t, err := time.Parse(time.DateOnly, v.Text())
		if err != nil {
			return err
		}
		b.Append(arrow.Date32FromTime(t))
	case *array.ListBuilder:
		b.Append(true)
		for _, item := range v.Items() {
			b.ValueBuilder().(*array.StringBuilder).Append(item.Text())
		}
	}
	return nil
}

// isWhole tells whether a number is an integer of 64 bits.
func isWhole(d scimeval.Decimal) bool {
	_, err := wholeOf(d)
	return err == nil
}

func wholeOf(d scimeval.Decimal) (int64, error) { return strconv.ParseInt(d.String(), 10, 64) }
