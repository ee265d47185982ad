package loader

import (
	"encoding/binary"
	"errors"
	"io"
)

// Bounds of an Arrow schema.
const (
	maxArrowFields = 100_000 // with all that nest in them
	maxArrowDepth  = 64
)

// errArrowSchema says that the lengths in an Arrow schema cannot be true. The library would allocate by them.
var errArrowSchema = errors.New("the schema is damaged")

// checkArrowSchema looks at the schema of an Arrow file, or of a stream, before the library does. It may panic, which
// guardArrow catches.
func checkArrowSchema(whole randomAccess, size int64, isFile bool) error {
	if isFile {
		footer, err := arrowFooter(whole, size)
		if err != nil {
			return err
		}
		return checkSchemaTable(footer, root(footer), 1)
	}
	head := make([]byte, 8)
	if _, err := whole.ReadAt(head, 0); err != nil {
		return nil // the library says it better
	}
	const continuation = 0xFFFFFFFF
	from, length := int64(4), int64(binary.LittleEndian.Uint32(head))
	if length == continuation {
		from, length = 8, int64(binary.LittleEndian.Uint32(head[4:]))
	}
	if from+length > size {
		return nil
	}
	message := make([]byte, length)
	if _, err := whole.ReadAt(message, from); err != nil {
		return err
	}
	return checkSchemaTable(message, root(message), 2)
}

// arrowFooter reads the footer of an Arrow file: its length and the magic are the last bytes.
func arrowFooter(whole randomAccess, size int64) ([]byte, error) {
	tail := make([]byte, 4+len(arrowMagic))
	at := size - int64(len(tail))
	if at < 0 {
		return nil, io.ErrUnexpectedEOF
	}
	if _, err := whole.ReadAt(tail, at); err != nil {
		return nil, err
	}
	length := int64(binary.LittleEndian.Uint32(tail))
	if string(tail[4:]) != string(arrowMagic) || length > at {
		return nil, errors.New("it is cut off")
	}
	footer := make([]byte, length)
	_, err := whole.ReadAt(footer, at-length)
	return footer, err
}

// The layout of the flatbuffers below: field numbers of the tables Schema, Field and, by the callers, Footer and Message.
const (
	schemaFields   = 1
	schemaMetadata = 2
	schemaFeatures = 3
	fieldChildren  = 5
	fieldMetadata  = 6
)

func checkSchemaTable(b []byte, parent uint32, field int) error {
	schema, ok := reference(b, parent, field)
	if !ok {
		return nil
	}
	if !vectorFits(b, schema, schemaMetadata, 4) || !vectorFits(b, schema, schemaFeatures, 8) {
		return errArrowSchema
	}
	fields := 0
	return checkFields(b, schema, schemaFields, &fields, 0)
}

// checkFields checks the fields in a vector of a table and those below them.
func checkFields(b []byte, table uint32, vector int, fields *int, depth int) error {
	if !vectorFits(b, table, vector, 4) || depth > maxArrowDepth {
		return errArrowSchema
	}
	at, ok := reference(b, table, vector)
	if !ok {
		return nil
	}
	for i := range binary.LittleEndian.Uint32(b[at:]) {
		if *fields++; *fields > maxArrowFields {
			return errArrowSchema
		}
		element := at + 4 + 4*i
		field := element + binary.LittleEndian.Uint32(b[element:])
		if !vectorFits(b, field, fieldMetadata, 4) {
			return errArrowSchema
		}
		if err := checkFields(b, field, fieldChildren, fields, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// root is the place of a flatbuffer's table.
func root(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }

// reference follows a field of a table to what it refers to; ok is false when the table does not have it.
func reference(b []byte, table uint32, field int) (at uint32, ok bool) {
	vtable := uint32(int32(table) - int32(binary.LittleEndian.Uint32(b[table:])))
	slot := uint32(4 + 2*field)
	if slot >= uint32(binary.LittleEndian.Uint16(b[vtable:])) {
		return 0, false
	}
	offset := uint32(binary.LittleEndian.Uint16(b[vtable+slot:]))
	if offset == 0 {
		return 0, false
	}
	at = table + offset
	return at + binary.LittleEndian.Uint32(b[at:]), true
}

// vectorFits tells whether a vector of a table, with elements of size bytes, lies within the flatbuffer. None fits.
func vectorFits(b []byte, table uint32, field, size int) bool {
	at, ok := reference(b, table, field)
	return !ok || int64(at)+4+int64(size)*int64(binary.LittleEndian.Uint32(b[at:])) <= int64(len(b))
}
