package loader

import (
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"github.com/lcmsim/lcmsim/engine"
)

// nativeBatchRows is how many rows are decoded at a time at most.
const nativeBatchRows = 65536

// parquetPopulation reads a population in Parquet, one row group after the other: the library cannot put two
// dictionaries of one column into one record.
type parquetPopulation struct {
	in     *intake
	file   *file.Reader
	arrows *pqarrow.FileReader
	native *nativePopulation

	fields   []int        // of the file's schema, those that are read
	included map[int]bool // their physical columns
	nested   []int        // those of structs and maps
}

// openParquet reads the footer. A file in .gz or .zst is unpacked into memory.
func openParquet(src *popFile, in *intake) (read func() error, err error) {
	whole, err := src.whole()
	if err != nil {
		return nil, err
	}
	p := &parquetPopulation{in: in}
	if err := guardArrow(in, func() error { return p.open(whole) }); err != nil && err != errStop {
		return nil, err
	}
	if err := in.problems.err(); err != nil {
		return nil, err
	}
	return func() error { return guardArrow(in, p.read) }, nil
}

// refuse records a problem of the file as a whole, after which nothing else can be found out.
func (p *parquetPopulation) refuse(message string, args ...any) error {
	p.in.refuse(engine.Position{File: p.in.opt.Path}, "", message, args...)
	return errStop
}

func (p *parquetPopulation) open(whole randomAccess) error {
	size, err := whole.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	mem := limitMemory(p.in.opt.Allocator, size)
	props := parquet.NewReaderProperties(mem)
	props.BufferedStreamEnabled = true
	if p.file, err = file.NewParquetReader(whole, file.WithReadProps(props)); err != nil {
		return p.refuse("is no Parquet file: %v", err)
	}
	p.in.expected = int(p.file.NumRows())
	layout, err := pqarrow.NewFileReader(p.file, pqarrow.ArrowReadProperties{}, mem)
	if err != nil {
		return p.refuse("has a schema that is not supported: %v", err)
	}
	schema, err := layout.Schema()
	if err != nil {
		return p.refuse("has a schema that is not supported: %v", err)
	}
	native, keep, err := newNativePopulation(p.in, schema)
	if err != nil {
		return errStop
	}
	p.native = native
	columns := pqarrow.ArrowReadProperties{BatchSize: nativeBatchRows}
	p.included = make(map[int]bool)
	for leaf := range p.file.MetaData().Schema.NumColumns() {
		at, err := layout.Manifest.GetFieldIndices([]int{leaf})
		if err != nil {
			return p.refuse("has a schema that is not supported: %v", err)
		}
		f := schema.Field(at[0])
		if !keep[at[0]] {
			continue
		}
		if err := p.decodable(leaf, size); err != nil {
			p.refuse("column %s: %v", p.file.MetaData().Schema.Column(leaf).Path(), err)
		}
		p.included[leaf] = true
		if isObjects(f.Type) {
			p.nested = append(p.nested, leaf)
		}
		if len(p.fields) == 0 || p.fields[len(p.fields)-1] != at[0] {
			p.fields = append(p.fields, at[0])
		}
		// Hardly any value of the two fields stands twice.
		if f.Type.ID() == arrow.STRING && f.Name != p.in.identifier && f.Name != "entity_name" {
			columns.SetReadDict(leaf, true)
		}
	}
	if p.arrows, err = pqarrow.NewFileReader(p.file, columns, mem); err != nil {
		return p.refuse("has a schema that is not supported: %v", err)
	}
	return nil
}

// decodable finds out from the footer whether the library can decode a physical column; it panics where it cannot.
// size is the file's, in bytes.
func (p *parquetPopulation) decodable(leaf int, size int64) error {
	for group := range p.file.NumRowGroups() {
		chunk, err := p.file.MetaData().RowGroup(group).ColumnChunk(leaf)
		if err != nil {
			return err
		}
		if codec := chunk.Compression(); !slices.Contains(tableCodecs, codec) {
			return fmt.Errorf("compression %s is not read; write it with zstd or snappy", codec)
		}
		for _, encoding := range chunk.Encodings() {
			if !slices.Contains(tableEncodings, encoding) {
				return fmt.Errorf("encoding %s is not read; write it plain or as a dictionary", encoding)
			}
		}
		if n := chunk.TotalCompressedSize(); n < 0 || n > size {
			return fmt.Errorf("is damaged: it has %d bytes, the file %d", n, size)
		}
	}
	return nil
}

func (p *parquetPopulation) read() error {
	for group := range p.file.NumRowGroups() {
		if err := p.readGroup(group); err != nil {
			return err
		}
	}
	return nil
}

func (p *parquetPopulation) readGroup(group int) error {
	if err := p.checkNested(group); err != nil {
		return err
	}
	readers := make([]*pqarrow.ColumnReader, len(p.fields))
	for i, field := range p.fields {
		reader, err := p.arrows.GetFieldReader(p.in.ctx, field, p.included, []int{group})
		if err != nil {
			return p.refuse("row group %d cannot be read: %v", group, err)
		}
		defer reader.Release()
		readers[i] = reader
	}
	rows := p.file.MetaData().RowGroup(group).NumRows()
	for from := int64(0); from < rows; from += nativeBatchRows {
		if err := p.readBatch(group, readers, int(min(nativeBatchRows, rows-from))); err != nil {
			return err
		}
	}
	return nil
}

// readBatch reads the next rows of a row group.
func (p *parquetPopulation) readBatch(group int, readers []*pqarrow.ColumnReader, rows int) error {
	columns := make([]arrow.Array, 0, len(readers))
	defer func() {
		for _, arr := range columns {
			arr.Release()
		}
	}()
	for _, reader := range readers {
		chunks, err := reader.NextBatch(int64(rows))
		if err != nil {
			return p.refuse("row group %d cannot be read: %v", group, err)
		}
		if chunks.Len() != rows {
			chunks.Release()
			return p.refuse("row group %d is damaged: column %s has fewer rows than the others", group, reader.Field().Name)
		}
		arr, err := array.Concatenate(chunks.Chunks(), p.in.opt.Allocator)
		chunks.Release()
		if err != nil {
			return p.refuse("row group %d cannot be read: %v", group, err)
		}
		columns = append(columns, arr)
	}
	return p.native.take(columns, rows)
}

// checkNested decodes the columns of structs and maps once for nothing. The library decodes them in goroutines of its
// own, in which nobody could catch its panics.
func (p *parquetPopulation) checkNested(group int) error {
	reader := p.file.RowGroup(group)
	for _, leaf := range p.nested {
		column, err := reader.Column(leaf)
		if err == nil {
			err = drainColumn(column)
		}
		if err != nil {
			return p.refuse("row group %d cannot be read: %v", group, err)
		}
	}
	return nil
}

func drainColumn(column file.ColumnChunkReader) error {
	switch c := column.(type) {
	case *file.BooleanColumnChunkReader:
		return drain(c.ReadBatch)
	case *file.Int32ColumnChunkReader:
		return drain(c.ReadBatch)
	case *file.Int64ColumnChunkReader:
		return drain(c.ReadBatch)
	case *file.Int96ColumnChunkReader:
		return drain(c.ReadBatch)
	case *file.Float32ColumnChunkReader:
		return drain(c.ReadBatch)
	case *file.Float64ColumnChunkReader:
		return drain(c.ReadBatch)
	case *file.ByteArrayColumnChunkReader:
		return drain(c.ReadBatch)
	case *file.FixedLenByteArrayColumnChunkReader:
		return drain(c.ReadBatch)
	}
	return fmt.Errorf("physical type %s is not read", column.Type())
}

func drain[T any](read func(n int64, values []T, definitions, repetitions []int16) (int64, int, error)) error {
	const n = 4096
	values, definitions, repetitions := make([]T, n), make([]int16, n), make([]int16, n)
	for {
		levels, _, err := read(n, values, definitions, repetitions)
		if err != nil || levels == 0 {
			return err
		}
	}
}
