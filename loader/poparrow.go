package loader

import (
	"bufio"
	"bytes"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/lcmsim/lcmsim/engine"
)

// arrowMagic begins an Arrow file; an Arrow stream has none.
var arrowMagic = []byte("ARROW1")

// arrowPopulation reads a population in Arrow's file or stream format. Its arrays belong to the collector whatever
// the allocator: the library does not release the dictionaries of a file.
type arrowPopulation struct {
	in     *intake
	native *nativePopulation
	keep   []bool
	next   func() (arrow.Record, error) // valid until the following call; io.EOF after the last one
}

// openArrow reads the schema. A file in .gz or .zst is unpacked into memory.
func openArrow(src *popFile, in *intake) (read func() error, err error) {
	whole, err := src.whole()
	if err != nil {
		return nil, err
	}
	a := &arrowPopulation{in: in}
	if err := guardArrow(in, func() error { return a.open(whole) }); err != nil && err != errStop {
		return nil, err
	}
	if err := in.problems.err(); err != nil {
		return nil, err
	}
	return func() error { return guardArrow(in, a.read) }, nil
}

func (a *arrowPopulation) refuse(message string, args ...any) error {
	a.in.refuse(engine.Position{File: a.in.opt.Path}, "write the file again", message, args...)
	return errStop
}

func (a *arrowPopulation) open(whole randomAccess) error {
	size, err := whole.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	mem := ipc.WithAllocator(limitMemory(memory.DefaultAllocator, size))
	head := make([]byte, len(arrowMagic))
	if _, err := whole.ReadAt(head, 0); err != nil && err != io.EOF {
		return err
	}
	var schema *arrow.Schema
	isFile := bytes.Equal(head, arrowMagic)
	if err := checkArrowSchema(whole, size, isFile); err != nil {
		return a.refuse("is no Arrow file: %v", err)
	}
	if isFile {
		file, err := ipc.NewFileReader(whole, mem)
		if err != nil {
			return a.refuse("is no Arrow file: %v", err)
		}
		schema, a.next = file.Schema(), file.Read
	} else {
		if _, err := whole.Seek(0, io.SeekStart); err != nil {
			return err
		}
		stream, err := ipc.NewReader(bufio.NewReaderSize(whole, 1<<20), mem)
		if err != nil {
			return a.refuse("is neither an Arrow file nor an Arrow stream: %v", err)
		}
		schema, a.next = stream.Schema(), stream.Read
	}
	native, keep, err := newNativePopulation(a.in, schema)
	if err != nil {
		return errStop
	}
	a.native, a.keep = native, keep
	return nil
}

func (a *arrowPopulation) read() error {
	for number := 0; ; number++ {
		record, err := a.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return a.refuse("record batch %d cannot be read: %v", number, err)
		}
		if err := a.take(record); err != nil {
			return err
		}
	}
}

// take reads a record in parts of at most nativeBatchRows rows.
func (a *arrowPopulation) take(record arrow.Record) error {
	for from := int64(0); from < record.NumRows(); from += nativeBatchRows {
		part := record.NewSlice(from, min(from+nativeBatchRows, record.NumRows()))
		columns := make([]arrow.Array, 0, len(a.keep))
		for i, arr := range part.Columns() {
			if a.keep[i] {
				columns = append(columns, arr)
			}
		}
		err := a.native.take(columns, int(part.NumRows()))
		part.Release()
		if err != nil {
			return err
		}
	}
	return nil
}
