package report

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"strings"
)

// sheetCell is a cell that holds something.
type sheetCell struct {
	row, column int // from 1
	value       cellValue
	formula     bool
	format      string // code of its number format
	flaw        string // why its value is not seen as it is; "" = it is
}

// cellValue is what a cell holds.
type cellValue struct {
	kind   valueKind
	text   string // of a text, a date or an error; TRUE or FALSE
	number float64
}

type valueKind uint8

const (
	valueNone valueKind = iota
	valueText
	valueNumber
	valueTruth
	valueDate // of ISO 8601, as it is written
	valueError
)

// maxSheetRows and maxSheetColumns are what a sheet holds.
const maxSheetRows, maxSheetColumns = 1_048_576, 16_384

// compareCells visits the cells of two sheets in the order of rows, then columns: those at one place together, nil where there is none.
func compareCells(want, got iter.Seq2[sheetCell, error], visit func(want, got *sheetCell)) error {
	nextWant, stopWant := iter.Pull2(want)
	defer stopWant()
	nextGot, stopGot := iter.Pull2(got)
	defer stopGot()
	a, errA, moreA := nextWant()
	b, errB, moreB := nextGot()
	for moreA || moreB {
		if err := errors.Join(errA, errB); err != nil {
			return err
		}
		order := 0 // which of the two comes first
		switch {
		case !moreB:
			order = -1
		case !moreA:
			order = 1
		case a.row != b.row:
			order = a.row - b.row
		default:
			order = a.column - b.column
		}
		w, g := a, b
		switch {
		case order < 0:
			visit(&w, nil)
			a, errA, moreA = nextWant()
		case order > 0:
			visit(nil, &g)
			b, errB, moreB = nextGot()
		default:
			visit(&w, &g)
			a, errA, moreA = nextWant()
			b, errB, moreB = nextGot()
		}
	}
	return nil
}

// cells reads the cells of a sheet that hold something, by rows, then columns. Rows and cells must say where they are and stand in
// order, as every program that writes workbooks does: nothing is guessed. An error ends the sequence. What else the sheet shows is
// added to around, which is whole with the end of the sequence.
func (w *workbookParts) cells(part string, around *surroundings) iter.Seq2[sheetCell, error] {
	return func(yield func(sheetCell, error) bool) {
		dec, end, err := w.open(part, spreadsheetSpace, extensionSpace, formulaSpace)
		if err == nil {
			defer end()
			s := &sheetReader{dec: dec, book: w, around: around, yield: yield}
			err = s.read()
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(sheetCell{}, fmt.Errorf("%s: %w", part, err))
		}
	}
}

// errStopped ends the reading of a sheet whose reader wants no more.
var errStopped = errors.New("stopped")

// sheetReader reads one sheet.
type sheetReader struct {
	dec    *xml.Decoder
	book   *workbookParts
	around *surroundings
	yield  func(sheetCell, error) bool
	row    int // the last one that was read
	data   bool
}

func (s *sheetReader) read() error {
	for {
		token, err := s.dec.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch {
		case start.Name.Space == spreadsheetSpace && start.Name.Local == "worksheet":
			err = children(s.dec, s.readPiece)
		default:
			err = fmt.Errorf("it is a %q, no list of cells", Printable(prefix(start.Name.Local, 40)))
		}
		if err != nil {
			return err
		}
	}
}

// readPiece reads a piece of a sheet: its rows, or what stands around them.
func (s *sheetReader) readPiece(e xml.StartElement) error {
	if e.Name.Local != "sheetData" {
		return s.around.read(s.dec, e, s.book)
	}
	if s.data {
		return errors.New("it has two lists of rows")
	}
	s.data = true
	return children(s.dec, s.readRow)
}

// children reads the elements inside the one that was just begun. An element of another namespace is an error.
func children(dec *xml.Decoder, read func(xml.StartElement) error) error {
	for {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Space != spreadsheetSpace {
				return unknown(t)
			}
			if err := read(t); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

// unknown is the error for an element that this reader does not know.
func unknown(e xml.StartElement) error {
	return fmt.Errorf("unknown element %q among the cells", Printable(e.Name.Local))
}

// attributeOf is the value of an attribute without a namespace; "" = there is none.
func attributeOf(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Space == "" && a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (s *sheetReader) readRow(e xml.StartElement) error {
	row, err := strconv.Atoi(attributeOf(e, "r"))
	if e.Name.Local != "row" || err != nil || row <= s.row || row > maxSheetRows {
		return fmt.Errorf("unreadable row behind row %d", s.row)
	}
	s.row = row
	s.around.addRow(row, e)
	column := 0
	return children(s.dec, func(c xml.StartElement) error {
		at, ok := columnOf(attributeOf(c, "r"), row)
		if c.Name.Local != "c" || !ok || at <= column {
			return fmt.Errorf("unreadable cell in row %d behind column %d", row, column)
		}
		column = at
		cell := sheetCell{row: row, column: column}
		if err := s.readCell(c, &cell); err != nil {
			return fmt.Errorf("cell %s: %w", cellName(row, column), err)
		}
		if (cell.value.kind != valueNone || cell.formula) && !s.yield(cell, nil) {
			return errStopped
		}
		return nil
	})
}

// styleOf is the style of a cell.
func (s *sheetReader) styleOf(c xml.StartElement) (cellStyle, error) {
	number := attributeOf(c, "s")
	if number == "" {
		number = "0"
	}
	i, err := strconv.Atoi(number)
	switch {
	case err == nil && i >= 0 && len(s.book.styles) == 0: // a workbook without styles
		return cellStyle{format: builtinFormats[0]}, nil
	case err != nil || i < 0 || i >= len(s.book.styles):
		return cellStyle{}, fmt.Errorf("there is no style %q", Printable(prefix(number, 20)))
	}
	return s.book.styles[i], nil
}

func (s *sheetReader) readCell(c xml.StartElement, cell *sheetCell) error {
	if attributeOf(c, "vm") != "" || attributeOf(c, "cm") != "" {
		return errors.New("it holds a picture or linked data")
	}
	style, err := s.styleOf(c)
	if err != nil {
		return err
	}
	var raw, inline *styledText
	if err := children(s.dec, func(e xml.StartElement) error {
		switch {
		case e.Name.Local == "f":
			cell.formula = true
			return s.dec.Skip()
		case e.Name.Local == "v" && raw == nil:
			text, err := characters(s.dec)
			raw = &styledText{text: text}
			return err
		case e.Name.Local == "is" && inline == nil:
			text, err := s.book.richText(s.dec)
			inline = &text
			return err
		case e.Name.Local == "extLst":
			return s.dec.Skip()
		}
		return unknown(e)
	}); err != nil {
		return err
	}
	kind := attributeOf(c, "t")
	if kind == "inlineStr" {
		raw, inline = inline, raw
	}
	if inline != nil {
		return errors.New("it holds two values")
	}
	if raw == nil {
		return nil
	}
	if kind == "s" {
		i, err := strconv.Atoi(raw.text)
		if err != nil || i < 0 || i >= len(s.book.shared) {
			return fmt.Errorf("there is no shared text %q", Printable(prefix(raw.text, 20)))
		}
		raw = &s.book.shared[i]
	}
	cell.format, cell.flaw = style.format, style.flawOf(raw.fonts)
	cell.value, err = newCellValue(kind, raw.text)
	return err
}

// newCellValue is the value of a cell of a type (ECMA-376 part 1, section 18.18.11).
func newCellValue(kind, raw string) (cellValue, error) {
	switch kind {
	case "s", "inlineStr":
	case "str":
		raw = unescaped(raw)
	case "", "n":
		if raw == "" {
			return cellValue{}, nil
		}
		number, err := strconv.ParseFloat(raw, 64)
		if err != nil || math.IsNaN(number) || math.IsInf(number, 0) || strings.ContainsAny(raw, "xXpP_") {
			return cellValue{}, fmt.Errorf("%q is no number", Printable(prefix(raw, 40)))
		}
		return cellValue{kind: valueNumber, number: number}, nil
	case "b":
		truth := "FALSE"
		if isTrue(raw) {
			truth = "TRUE"
		}
		return cellValue{kind: valueTruth, text: truth}, nil
	case "d":
		return cellValue{kind: valueDate, text: raw}, nil
	case "e":
		return cellValue{kind: valueError, text: raw}, nil
	default:
		return cellValue{}, fmt.Errorf("unknown type %q", Printable(kind))
	}
	if raw == "" {
		return cellValue{}, nil // shown as an empty cell, and written as one by some programs
	}
	return cellValue{kind: valueText, text: raw}, nil
}

// columnOf is the column of a reference such as AB12, which must be in the row.
func columnOf(reference string, row int) (int, bool) {
	column, i := 0, 0
	for ; i < len(reference) && i < 3 && reference[i] >= 'A' && reference[i] <= 'Z'; i++ {
		column = column*26 + int(reference[i]-'A') + 1
	}
	return column, column > 0 && column <= maxSheetColumns && reference[i:] == strconv.Itoa(row)
}

// cellName is the reference of a cell, such as AB12.
func cellName(row, column int) string {
	name := ""
	for ; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name + strconv.Itoa(row)
}
