package loader

import (
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/lcmsim/lcmsim/engine"
)

// memoryLimit refuses allocations of a size that only a damaged file asks for. It panics, which guardArrow catches;
// running out of memory cannot be caught.
type memoryLimit struct {
	memory.Allocator
	most int // bytes at a time
}

// limitMemory allows a reader of a file of size bytes to allocate what the best compression could hold.
func limitMemory(mem memory.Allocator, size int64) memory.Allocator {
	return memoryLimit{mem, 64<<20 + 256*int(size)}
}

func (m memoryLimit) check(size int) {
	if size < 0 || size > m.most {
		panic(fmt.Sprintf("it asks for %d bytes of memory", size))
	}
}

// Allocate allocates.
func (m memoryLimit) Allocate(size int) []byte {
	m.check(size)
	return m.Allocator.Allocate(size)
}

// Reallocate allocates anew.
func (m memoryLimit) Reallocate(size int, b []byte) []byte {
	m.check(size)
	return m.Allocator.Reallocate(size, b)
}

// guardArrow turns a panic of the arrow library into a problem of the file.
func guardArrow(in *intake, read func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			in.refuse(engine.Position{File: in.opt.Path}, "write the file again", "is damaged: %v", r)
			err = errStop
		}
	}()
	return read()
}

// checkNative looks for values that nobody can read, which would otherwise surface when the column is evaluated. quick
// tells whether the array can be a column as it is; others are decoded first. bad is the row of an error.
func checkNative(arr arrow.Array) (bad int, quick bool, err error) {
	switch a := arr.(type) {
	case *array.String:
		for i := range a.Len() {
			if a.IsValid(i) && !utf8.ValidString(a.Value(i)) {
				return i, true, fmt.Errorf("%q is no UTF-8 text", abridge(a.Value(i)))
			}
		}
		return 0, true, nil
	case *array.Dictionary:
		if _, isString := a.Dictionary().(*array.String); !isString {
			return 0, false, nil
		}
		if bad, _, err := checkNative(a.Dictionary()); err != nil {
			return 0, true, fmt.Errorf("dictionary entry %d: %w", bad, err)
		}
		for i := range a.Len() {
			if a.IsValid(i) && uint(a.GetValueIndex(i)) >= uint(a.Dictionary().Len()) {
				return i, true, fmt.Errorf("dictionary index %d is out of range", a.GetValueIndex(i))
			}
		}
		return 0, true, nil
	case *array.Float64:
		return checkEach(a, func(f float64) error { return checkFloat(f) }, a.Value)
	case *array.Float32:
		return checkEach(a, func(f float32) error { return checkFloat(float64(f)) }, a.Value)
	case *array.Timestamp:
		unit := a.DataType().(*arrow.TimestampType).Unit
		return checkEach(a, func(t arrow.Timestamp) error { return checkTime(t, unit) }, a.Value)
	case *array.Boolean:
		return checkEach(a, func(bool) error { return nil }, a.Value)
	case *array.Int8, *array.Int16, *array.Int32, *array.Int64, *array.Uint8, *array.Uint16, *array.Uint32, *array.Uint64:
		return 0, true, nil
	}
	return 0, false, nil
}

func checkEach[T any](arr arrow.Array, check func(T) error, value func(int) T) (bad int, quick bool, err error) {
	for i := range arr.Len() {
		if v := value(i); arr.IsValid(i) {
			if err := check(v); err != nil {
				return i, true, err
			}
		}
	}
	return 0, true, nil
}

func checkFloat(f float64) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("%v is no number", f)
	}
	return nil
}

func checkTime(t arrow.Timestamp, unit arrow.TimeUnit) error {
	if year := t.ToTime(unit).UTC().Year(); year < 0 || year > 9999 {
		return fmt.Errorf("a timestamp of the year %d", year)
	}
	return nil
}

// checkLayout looks for lists and dictionary indices that point outside of what they point into.
func checkLayout(arr arrow.Array) error {
	switch a := arr.(type) {
	case *array.Dictionary:
		for i := range a.Len() {
			if a.IsValid(i) && uint(a.GetValueIndex(i)) >= uint(a.Dictionary().Len()) {
				return fmt.Errorf("dictionary index %d is out of range", a.GetValueIndex(i))
			}
		}
		return checkLayout(a.Dictionary())
	case *array.Struct:
		for i := range a.NumField() {
			if a.Field(i).Len() < a.Len() {
				return fmt.Errorf("a struct has fewer values than rows")
			}
			if err := checkLayout(a.Field(i)); err != nil {
				return err
			}
		}
	case array.ExtensionArray:
		return checkLayout(a.Storage())
	case array.ListLike:
		for i := range a.Len() {
			from, to := a.ValueOffsets(i)
			if a.IsValid(i) && (from < 0 || from > to || to > int64(a.ListValues().Len())) {
				return fmt.Errorf("a list reaches from %d to %d of %d values", from, to, a.ListValues().Len())
			}
		}
		return checkLayout(a.ListValues())
	}
	return nil
}
