package scimeval

import (
	"fmt"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// ReadColumn turns an arrow column into its distinct values and one code a row (an index into values, or Absent for an
// arrow null). Values may repeat and share the array's memory. Besides columns of NewJSONColumn it reads the native
// types: strings, integers, floats (their shortest decimal), booleans, decimals, timestamps (RFC 3339 in UTC), dates
// (YYYY-MM-DD), lists, maps and structs (objects without the members that are null) and dictionaries of these.
func ReadColumn(field arrow.Field, arr arrow.Array) (values []Value, codes []int32, err error) {
	if column, ok := arr.(*JSONColumn); ok {
		return column.values, column.codes, nil
	}
	if dict, ok := arr.(*array.Dictionary); ok {
		return readDictionary(field, dict)
	}
	c := coder{codes: make([]int32, arr.Len())}
	at, err := accessor(arr)
	if err != nil {
		return nil, nil, fmt.Errorf("column %s: %w", field.Name, err)
	}
	switch a := arr.(type) {
	case *array.Null: // which has no validity bits
		for i := range c.codes {
			c.codes[i] = Absent
		}
	case *array.String:
		err = codeTexts(&c, arr, a.Value)
	case *array.LargeString:
		err = codeTexts(&c, arr, a.Value)
	case *array.Int64:
		err = codeValues(&c, arr, a.Value, at)
	case *array.Int32:
		err = codeValues(&c, arr, a.Value, at)
	case *array.Float64:
		err = codeValues(&c, arr, a.Value, at)
	case *array.Boolean:
		err = codeValues(&c, arr, a.Value, at)
	case *array.Timestamp:
		err = codeValues(&c, arr, a.Value, at)
	case *array.Date32:
		err = codeValues(&c, arr, a.Value, at)
	default:
		err = codeAny(&c, arr, at)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("column %s: %w", field.Name, err)
	}
	return c.values, c.codes, nil
}

// readDictionary keeps the codes of a dictionary column: its dictionary is decoded, not its rows.
func readDictionary(field arrow.Field, dict *array.Dictionary) ([]Value, []int32, error) {
	inner := dict.Dictionary()
	values := make([]Value, inner.Len())
	var reader plainReader
	texts, asJSON := inner.(*array.String)
	if i := field.Metadata.FindKey(valuesKey); i < 0 || field.Metadata.Values()[i] != "json" {
		asJSON = false
	}
	at, err := accessor(inner)
	if err != nil {
		return nil, nil, fmt.Errorf("column %s: %w", field.Name, err)
	}
	for i := range values {
		if inner.IsNull(i) {
			continue
		}
		if asJSON {
			values[i], err = reader.parse(texts.Value(i))
		} else {
			values[i], err = at(i)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("column %s: %w", field.Name, err)
		}
	}
	codes, err := dictionaryCodes(dict)
	if err != nil {
		return nil, nil, fmt.Errorf("column %s: %w", field.Name, err)
	}
	return values, codes, nil
}

// dictionaryCodes gives the index of each row's entry; a null entry is absent as well.
func dictionaryCodes(dict *array.Dictionary) ([]int32, error) {
	codes := make([]int32, dict.Len())
	index := dict.GetValueIndex
	if ints, ok := dict.Indices().(*array.Int32); ok {
		raw := ints.Int32Values()
		index = func(i int) int { return int(raw[i]) }
	}
	entries := dict.Dictionary()
	size, nulls, nullEntries := entries.Len(), dict.NullN() > 0, entries.NullN() > 0
	for i := range codes {
		codes[i] = Absent
		if nulls && dict.IsNull(i) {
			continue
		}
		at := index(i)
		if at < 0 || at >= size {
			return nil, fmt.Errorf("row %d: no entry %d in a dictionary of %d", i, at, size)
		}
		if !nullEntries || entries.IsValid(at) {
			codes[i] = int32(at)
		}
	}
	return codes, nil
}

// coder collects distinct values in order of first appearance.
type coder struct {
	values []Value
	codes  []int32
}

func (c *coder) add(v Value) int32 {
	c.values = append(c.values, v)
	return int32(len(c.values) - 1)
}

func codeTexts(c *coder, arr arrow.Array, text func(int) string) error {
	seen := make(map[string]int32)
	for i := range c.codes {
		if arr.IsNull(i) {
			c.codes[i] = Absent
			continue
		}
		s := text(i)
		code, ok := seen[s]
		if !ok {
			if !utf8.ValidString(s) {
				return fmt.Errorf("row %d: %q is not UTF-8", i, abridge(s))
			}
			code = c.add(StringValue(s))
			seen[s] = code
		}
		c.codes[i] = code
	}
	return nil
}

func codeValues[T comparable](c *coder, arr arrow.Array, raw func(int) T, at func(int) (Value, error)) error {
	seen := make(map[T]int32)
	for i := range c.codes {
		if arr.IsNull(i) {
			c.codes[i] = Absent
			continue
		}
		r := raw(i)
		code, ok := seen[r]
		if !ok {
			v, err := at(i)
			if err != nil {
				return fmt.Errorf("row %d: %w", i, err)
			}
			code = c.add(v)
			seen[r] = code
		}
		c.codes[i] = code
	}
	return nil
}

func codeAny(c *coder, arr arrow.Array, at func(int) (Value, error)) error {
	seen := make(map[string]int32)
	var key []byte
	for i := range c.codes {
		if arr.IsNull(i) {
			c.codes[i] = Absent
			continue
		}
		v, err := at(i)
		if err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
		key = v.AppendJSON(key[:0])
		code, ok := seen[string(key)]
		if !ok {
			code = c.add(v)
			seen[string(key)] = code
		}
		c.codes[i] = code
	}
	return nil
}

// accessor gives a function from the index of a row that is not null to its value.
func accessor(arr arrow.Array) (func(int) (Value, error), error) {
	text := func(s string) (Value, error) {
		if !utf8.ValidString(s) {
			return Value{}, fmt.Errorf("%q is not UTF-8", abridge(s))
		}
		return StringValue(s), nil
	}
	number := func(s string) (Value, error) {
		d, err := ParseDecimal(s)
		return NumberValue(d), err
	}
	signed := func(n int64) (Value, error) { return number(strconv.FormatInt(n, 10)) }
	unsigned := func(n uint64) (Value, error) { return number(strconv.FormatUint(n, 10)) }
	float := func(f float64, bits int) (Value, error) {
		d, err := DecimalFromFloat(f, bits)
		if err != nil {
			return Value{}, fmt.Errorf("%v: %w", f, err)
		}
		return NumberValue(d), nil
	}
	switch a := arr.(type) {
	case *array.Null:
		return func(int) (Value, error) { return NullValue(), nil }, nil
	case *array.String:
		return func(i int) (Value, error) { return text(a.Value(i)) }, nil
	case *array.LargeString:
		return func(i int) (Value, error) { return text(a.Value(i)) }, nil
	case *array.Binary:
		return func(i int) (Value, error) { return text(string(a.Value(i))) }, nil
	case *array.FixedSizeBinary:
		return func(i int) (Value, error) { return text(string(a.Value(i))) }, nil
	case *array.Boolean:
		return func(i int) (Value, error) { return BoolValue(a.Value(i)), nil }, nil
	case *array.Int8:
		return func(i int) (Value, error) { return signed(int64(a.Value(i))) }, nil
	case *array.Int16:
		return func(i int) (Value, error) { return signed(int64(a.Value(i))) }, nil
	case *array.Int32:
		return func(i int) (Value, error) { return signed(int64(a.Value(i))) }, nil
	case *array.Int64:
		return func(i int) (Value, error) { return signed(a.Value(i)) }, nil
	case *array.Uint8:
		return func(i int) (Value, error) { return unsigned(uint64(a.Value(i))) }, nil
	case *array.Uint16:
		return func(i int) (Value, error) { return unsigned(uint64(a.Value(i))) }, nil
	case *array.Uint32:
		return func(i int) (Value, error) { return unsigned(uint64(a.Value(i))) }, nil
	case *array.Uint64:
		return func(i int) (Value, error) { return unsigned(a.Value(i)) }, nil
	case *array.Float32:
		return func(i int) (Value, error) { return float(float64(a.Value(i)), 32) }, nil
	case *array.Float64:
		return func(i int) (Value, error) { return float(a.Value(i), 64) }, nil
	case *array.Decimal128:
		scale := a.DataType().(*arrow.Decimal128Type).Scale
		return func(i int) (Value, error) { return scaled(a.Value(i).BigInt(), scale) }, nil
	case *array.Decimal256:
		scale := a.DataType().(*arrow.Decimal256Type).Scale
		return func(i int) (Value, error) { return scaled(a.Value(i).BigInt(), scale) }, nil
	case *array.Timestamp:
		unit := a.DataType().(*arrow.TimestampType).Unit
		return func(i int) (Value, error) { return instantText(a.Value(i).ToTime(unit)) }, nil
	case *array.Date32:
		return func(i int) (Value, error) { return StringValue(a.Value(i).FormattedString()), nil }, nil
	case *array.Date64:
		return func(i int) (Value, error) { return StringValue(a.Value(i).FormattedString()), nil }, nil
	case *array.Dictionary:
		dict := a.Dictionary()
		inner, err := accessor(dict)
		return func(i int) (Value, error) {
			at := a.GetValueIndex(i)
			if at < 0 || at >= dict.Len() {
				return Value{}, fmt.Errorf("no entry %d in a dictionary of %d", at, dict.Len())
			}
			if dict.IsNull(at) {
				return NullValue(), nil
			}
			return inner(at)
		}, err
	case array.ExtensionArray:
		return accessor(a.Storage())
	case *array.Map:
		return mapAccessor(a)
	case array.ListLike:
		inner, err := accessor(a.ListValues())
		if err != nil {
			return nil, err
		}
		return func(i int) (Value, error) {
			from, to := a.ValueOffsets(i)
			items := make([]Value, 0, to-from)
			for j := int(from); j < int(to); j++ {
				item := NullValue()
				if a.ListValues().IsValid(j) {
					var err error
					if item, err = inner(j); err != nil {
						return Value{}, err
					}
				}
				items = append(items, item)
			}
			return ListValue(items), nil
		}, nil
	case *array.Struct:
		return structAccessor(a)
	}
	return nil, fmt.Errorf("values of arrow type %s are not supported", arr.DataType())
}

func structAccessor(a *array.Struct) (func(int) (Value, error), error) {
	fields := a.DataType().(*arrow.StructType).Fields()
	inner := make([]func(int) (Value, error), len(fields))
	for j := range fields {
		var err error
		if inner[j], err = accessor(a.Field(j)); err != nil {
			return nil, fmt.Errorf("member %s: %w", fields[j].Name, err)
		}
	}
	return func(i int) (Value, error) {
		members := make([]Member, 0, len(fields))
		for j, f := range fields {
			if a.Field(j).IsNull(i) {
				continue
			}
			v, err := inner[j](i)
			if err != nil {
				return Value{}, fmt.Errorf("member %s: %w", f.Name, err)
			}
			if v.Kind() == KindNull {
				continue
			}
			members = append(members, Member{f.Name, v})
		}
		return ObjectValue(members), nil
	}, nil
}

func mapAccessor(a *array.Map) (func(int) (Value, error), error) {
	keys, err := accessor(a.Keys())
	if err != nil {
		return nil, err
	}
	items, err := accessor(a.Items())
	if err != nil {
		return nil, err
	}
	return func(i int) (Value, error) {
		from, to := a.ValueOffsets(i)
		var members []Member
		names := make(map[string]bool)
		for j := int(from); j < int(to); j++ {
			key, err := keys(j)
			if err != nil {
				return Value{}, err
			}
			if key.Kind() != KindString || names[key.Text()] {
				return Value{}, fmt.Errorf("map key %s is no string or stands twice", key)
			}
			names[key.Text()] = true
			v := NullValue()
			if a.Items().IsValid(j) {
				if v, err = items(j); err != nil {
					return Value{}, err
				}
			}
			members = append(members, Member{key.Text(), v})
		}
		return ObjectValue(members), nil
	}, nil
}

func scaled(n *big.Int, scale int32) (Value, error) {
	d, err := ParseDecimal(n.String() + "e" + strconv.Itoa(-int(scale)))
	return NumberValue(d), err
}

func instantText(t time.Time) (Value, error) {
	t = t.UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		return Value{}, fmt.Errorf("timestamp of year %d is outside 0..9999", y)
	}
	return StringValue(t.Format("2006-01-02T15:04:05.999999999Z07:00")), nil
}
