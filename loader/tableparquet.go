package loader

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/schema"

	"github.com/lcmsim/lcmsim/engine"
)

// tableBatchRows is how many rows of a Parquet table are decoded at a time.
const tableBatchRows = 16 << 10

var errDamagedParquet = errors.New("is a damaged Parquet file")

// readParquet reads a Parquet table column chunk by column chunk.
//
// Note: pqarrow decodes in goroutines of its own, where a panic of the library on a damaged file ends the process. The
// readers below decode in this goroutine, where it can be caught.
func (t *table) readParquet(f *os.File) {
	at := engine.Position{File: t.src.file}
	defer func() {
		if r := recover(); r != nil {
			t.src.problems.add(at, "write the file again", "%v", errDamagedParquet)
		}
	}()
	if err := t.parquetRows(f); err != nil {
		t.src.problems.add(at, "", "%v", err)
	}
}

func (t *table) parquetRows(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	rd, err := file.NewParquetReader(f)
	if err != nil {
		return fmt.Errorf("is no Parquet file: %w", err)
	}
	defer rd.Close()
	names := make([]string, rd.MetaData().Schema.NumColumns())
	for i := range names {
		names[i] = rd.MetaData().Schema.Column(i).Path()
	}
	leaves, ok := t.locate(names)
	if !ok {
		return nil
	}
	for _, leaf := range leaves {
		if leaf < 0 {
			continue
		}
		if err := readableColumn(rd, leaf, info.Size()); err != nil {
			return fmt.Errorf("column %s: %w", abridge(names[leaf]), err)
		}
	}
	row := 0
	for g := range rd.NumRowGroups() {
		if more, err := t.parquetGroup(rd.RowGroup(g), leaves, &row); err != nil || !more {
			return err
		}
	}
	return nil
}

// parquetGroup emits the rows of a row group. row counts rows from 1 over all groups; it stands for the line.
func (t *table) parquetGroup(group *file.RowGroupReader, leaves []int, row *int) (more bool, err error) {
	size := int(min(max(group.NumRows(), 0), tableBatchRows))
	read := make([]func(dst []string) error, len(leaves))
	for i, leaf := range leaves {
		if leaf < 0 {
			continue
		}
		chunk, err := group.Column(leaf)
		if err != nil {
			return false, fmt.Errorf("%w: %w", errDamagedParquet, err)
		}
		if read[i] = textReader(chunk, size); read[i] == nil {
			return false, errDamagedParquet
		}
	}
	columns := make([][]string, len(leaves))
	for i := range columns {
		columns[i] = make([]string, size)
	}
	cells := make([]string, len(leaves))
	for left := group.NumRows(); left > 0; {
		n := int(min(left, int64(size)))
		for i := range leaves {
			if read[i] == nil {
				continue
			}
			if err := read[i](columns[i][:n]); err != nil {
				return false, err
			}
		}
		for r := range n {
			*row++
			for i := range cells {
				cells[i] = columns[i][r]
			}
			if !t.emit(*row, cells) {
				return false, nil
			}
		}
		left -= int64(n)
	}
	return true, nil
}

// tableEncodings are the encodings that the library decodes; it panics on others, such as BYTE_STREAM_SPLIT.
var tableEncodings = []parquet.Encoding{
	parquet.Encodings.Plain, parquet.Encodings.PlainDict, parquet.Encodings.RLE, parquet.Encodings.RLEDict,
	parquet.Encodings.BitPacked, parquet.Encodings.DeltaBinaryPacked, parquet.Encodings.DeltaByteArray,
	parquet.Encodings.DeltaLengthByteArray,
}

// tableCodecs are the compressions that the library has.
var tableCodecs = []compress.Compression{
	compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Gzip, compress.Codecs.Brotli, compress.Codecs.Zstd,
}

// readableColumn refuses, by the footer's word, a column that holds no texts or that the library cannot decode. size is
// the file's, in bytes.
func readableColumn(rd *file.Reader, leaf int, size int64) error {
	col := rd.MetaData().Schema.Column(leaf)
	if col.MaxRepetitionLevel() > 0 || col.MaxDefinitionLevel() > 1 {
		return errors.New("is nested, want strings")
	}
	if !holdsTexts(col) {
		return fmt.Errorf("has the type %s, want strings", typeName(col))
	}
	for g := range rd.NumRowGroups() {
		chunk, err := rd.MetaData().RowGroup(g).ColumnChunk(leaf)
		if err != nil {
			return err
		}
		if codec := chunk.Compression(); !slices.Contains(tableCodecs, codec) {
			return fmt.Errorf("compression %s is not read (write it with zstd or snappy)", codec)
		}
		for _, enc := range chunk.Encodings() {
			if !slices.Contains(tableEncodings, enc) {
				return fmt.Errorf("encoding %s is not read (write it plain or as a dictionary)", enc)
			}
		}
		if n := chunk.TotalCompressedSize(); n < 0 || n > size {
			return errDamagedParquet
		}
	}
	return nil
}

// holdsTexts tells whether the column's values have a text: strings and integers.
func holdsTexts(col *schema.Column) bool {
	switch col.LogicalType().(type) {
	case nil, schema.NoLogicalType, schema.UnknownLogicalType, schema.StringLogicalType, schema.EnumLogicalType, schema.JSONLogicalType, *schema.IntLogicalType:
		switch col.PhysicalType() {
		case parquet.Types.ByteArray, parquet.Types.Int32, parquet.Types.Int64:
			return true
		}
	}
	return false
}

// typeName is the column's type as its writer knows it.
func typeName(col *schema.Column) string {
	if logical := col.LogicalType(); logical != nil && !logical.IsNone() {
		return logical.String()
	}
	return col.PhysicalType().String()
}

// textReader fills lists of up to size texts with the next values of a column chunk, "" for null; nil when the chunk is
// not of a type that holdsTexts has let pass.
func textReader(chunk file.ColumnChunkReader, size int) func(dst []string) error {
	defined := chunk.Descriptor().MaxDefinitionLevel()
	switch c := chunk.(type) {
	case *file.ByteArrayColumnChunkReader:
		return fillTexts(c.ReadBatch, size, defined, func(v parquet.ByteArray) string { return string(v) })
	case *file.Int32ColumnChunkReader:
		return fillTexts(c.ReadBatch, size, defined, func(v int32) string { return strconv.FormatInt(int64(v), 10) })
	case *file.Int64ColumnChunkReader:
		return fillTexts(c.ReadBatch, size, defined, func(v int64) string { return strconv.FormatInt(v, 10) })
	}
	return nil
}

// fillTexts reads with the library's batch reader: it gives a definition level for each row and, packed, the values of
// the rows whose level is defined.
func fillTexts[T any](
	batch func(rows int64, values []T, levels, repeats []int16) (total int64, read int, err error),
	size int,
	defined int16,
	text func(T) string,
) func(dst []string) error {
	values := make([]T, size)
	levels := make([]int16, size)
	return func(dst []string) error {
		for len(dst) > 0 {
			total, read, err := batch(int64(len(dst)), values, levels, nil)
			if err != nil {
				return fmt.Errorf("%w: %w", errDamagedParquet, err)
			}
			if total <= 0 || total > int64(len(dst)) {
				return fmt.Errorf("%w: a column ends before its last row", errDamagedParquet)
			}
			packed := values[:read]
			for i := range dst[:total] {
				if dst[i] = ""; levels[i] < defined {
					continue
				}
				if len(packed) == 0 {
					return fmt.Errorf("%w: a column ends before its last row", errDamagedParquet)
				}
				dst[i] = text(packed[0])
				packed = packed[1:]
			}
			dst = dst[total:]
		}
		return nil
	}
}
