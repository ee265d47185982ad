package report

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"

	"github.com/klauspost/compress/flate"
)

// workbookZip writes the parts of a workbook: with a fast deflate, and so that equal workbooks are equal bytes. The list of
// content types comes in the order of a map; its order means nothing, so it is sorted. The bars of the first sheet are about shares,
// and end where all of something is; excelize lets all bars end at the largest.
type workbookZip struct {
	*zip.Writer
	types, first bytes.Buffer
}

// contentTypes is the part that lists what every part is, firstSheet that of the summary.
const contentTypes, firstSheet = "[Content_Types].xml", "xl/worksheets/sheet1.xml"

// barsToLargest and barsToOne say where bars end.
var barsToLargest, barsToOne = []byte(`<x14:cfvo type="autoMax"></x14:cfvo>`), []byte(`<x14:cfvo type="num"><xm:f>1</xm:f></x14:cfvo>`)

var contentType = regexp.MustCompile(`<(?:Default|Override) [^<>]*></(?:Default|Override)>`)

func newWorkbookZip(w io.Writer) *workbookZip {
	z := &workbookZip{Writer: zip.NewWriter(w)}
	z.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestSpeed) })
	return z
}

// Create starts a part.
func (z *workbookZip) Create(name string) (io.Writer, error) {
	switch name {
	case contentTypes:
		return &z.types, nil
	case firstSheet:
		return &z.first, nil
	}
	return z.Writer.Create(name)
}

// Close writes what was held back, and the directory.
func (z *workbookZip) Close() error {
	text := z.types.Bytes()
	entries := contentType.FindAll(text, -1)
	frame := contentType.ReplaceAll(text, nil)
	end := bytes.Index(frame, []byte("</Types>"))
	if end < 0 {
		return fmt.Errorf("%s has no end", contentTypes)
	}
	slices.SortFunc(entries, bytes.Compare)
	for _, part := range []struct {
		name string
		text []byte
	}{
		{firstSheet, bytes.ReplaceAll(z.first.Bytes(), barsToLargest, barsToOne)},
		{contentTypes, slices.Concat(frame[:end], bytes.Join(entries, nil), frame[end:])},
	} {
		w, err := z.Writer.Create(part.name)
		if err != nil {
			return err
		}
		if _, err := w.Write(part.text); err != nil {
			return err
		}
	}
	return z.Writer.Close()
}
