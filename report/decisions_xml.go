package report

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// The XML namespaces of the parts of a workbook (ECMA-376). Those of strict files are read as these, of transitional ones.
const (
	typesSpace        = "http://schemas.openxmlformats.org/package/2006/content-types"
	packageSpace      = "http://schemas.openxmlformats.org/package/2006/relationships"
	spreadsheetSpace  = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relationSpace     = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	graphicSpace      = "http://schemas.openxmlformats.org/drawingml/2006/main"
	sheetDrawingSpace = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
	chartSpace        = "http://schemas.openxmlformats.org/drawingml/2006/chart"
	extensionSpace    = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" // of sheets, since Excel 2010
	formulaSpace      = "http://schemas.microsoft.com/office/excel/2006/main"           // of formulas in extensionSpace
)

// strictSpaces are the namespaces of strict files and those that they stand for.
var strictSpaces = map[string]string{
	"http://purl.oclc.org/ooxml/spreadsheetml/main":           spreadsheetSpace,
	"http://purl.oclc.org/ooxml/officeDocument/relationships": relationSpace,
	"http://purl.oclc.org/ooxml/drawingml/main":               graphicSpace,
	"http://purl.oclc.org/ooxml/drawingml/spreadsheetDrawing": sheetDrawingSpace,
	"http://purl.oclc.org/ooxml/drawingml/chart":              chartSpace,
}

func transitional(space string) string {
	if known, ok := strictSpaces[space]; ok {
		return known
	}
	return space
}

// relationKind is the last word of a type of relationship, such as worksheet; "" = of no kind that a workbook is made of.
func relationKind(name string) string {
	i := strings.LastIndexByte(name, '/')
	if i < 0 || transitional(name[:i]) != relationSpace {
		return ""
	}
	return name[i+1:]
}

// ownTokens are the tokens of a part in the namespaces that it is made of. What other namespaces say has no say: elements are left out
// with all that they hold, and attributes but those that refer to other parts. An element of the part inside one that is left out would
// be read by some programs and not by others, mc:AlternateContent for one, and is an error.
type ownTokens struct {
	dec    *xml.Decoder
	spaces []string // none = elements of all
}

func (o *ownTokens) Token() (xml.Token, error) {
	for {
		token, err := o.dec.Token()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			t.Name.Space = transitional(t.Name.Space)
			if len(o.spaces) > 0 && !slices.Contains(o.spaces, t.Name.Space) {
				if err := o.leaveOut(t.Name.Local); err != nil {
					return nil, err
				}
				continue
			}
			if t.Attr, err = ownAttributes(t); err != nil {
				return nil, err // and no token: a decoder passes over an error that comes with one
			}
			return t, nil
		case xml.EndElement:
			t.Name.Space = transitional(t.Name.Space)
			return t, nil
		default:
			return token, nil
		}
	}
}

// leaveOut passes over the element that was just begun.
func (o *ownTokens) leaveOut(name string) error {
	for depth := 1; depth > 0; {
		token, err := o.dec.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if slices.Contains(o.spaces, transitional(t.Name.Space)) {
				return fmt.Errorf("%q inside %q is read by some programs and not by others", Printable(prefix(t.Name.Local, 40)), Printable(prefix(name, 40)))
			}
			depth++
		case xml.EndElement:
			depth--
		}
	}
	return nil
}

// ownAttributes are those attributes of an element that have a say.
func ownAttributes(e xml.StartElement) ([]xml.Attr, error) {
	kept := e.Attr[:0]
	for _, a := range e.Attr {
		a.Name.Space = transitional(a.Name.Space)
		if a.Name.Space == "" && a.Name.Local == "xmlns" || a.Name.Space != "" && a.Name.Space != relationSpace {
			continue
		}
		if slices.ContainsFunc(kept, func(k xml.Attr) bool { return k.Name == a.Name }) {
			return nil, fmt.Errorf("%q has two attributes %q", Printable(prefix(e.Name.Local, 40)), Printable(prefix(a.Name.Local, 40)))
		}
		kept = append(kept, a)
	}
	return kept, nil
}

// decode reads a small part of these namespaces.
func (w *workbookParts) decode(part string, into any, spaces ...string) error {
	dec, end, err := w.open(part, spaces...)
	if err != nil {
		return err
	}
	defer end()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", part, err)
	}
	return nil
}

// open starts to read a part of these namespaces. The caller calls end.
func (w *workbookParts) open(part string, spaces ...string) (dec *xml.Decoder, end func(), err error) {
	f := w.files[strings.ToLower(part)]
	if f == nil {
		return nil, nil, fmt.Errorf("it has no part %q", Printable(part))
	}
	r, err := f.Open()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", part, err)
	}
	tokens := &ownTokens{xml.NewDecoder(&budgetedReader{r, w}), spaces}
	return xml.NewTokenDecoder(tokens), func() { r.Close() }, nil // closing has nothing to say: all was read, or there was an error
}

// errUnpacksTooLarge stops a file that unpacks to more than it can need.
var errUnpacksTooLarge = errors.New("it unpacks to far more than this workbook can hold")

// budgetedReader reads a part as long as the workbook has bytes left.
type budgetedReader struct {
	r io.Reader
	w *workbookParts
}

func (b *budgetedReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.w.unpacked += int64(n)
	if b.w.unpacked > b.w.budget {
		return 0, errUnpacksTooLarge
	}
	return n, err
}
