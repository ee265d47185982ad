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
// content types comes in the order of a map; its order means nothing, so it is sorted.
type workbookZip struct {
	*zip.Writer
	types bytes.Buffer
}

// contentTypes is the part that lists what every part is.
const contentTypes = "[Content_Types].xml"

var contentType = regexp.MustCompile(`<(?:Default|Override) [^<>]*></(?:Default|Override)>`)

func newWorkbookZip(w io.Writer) *workbookZip {
	z := &workbookZip{Writer: zip.NewWriter(w)}
	z.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestSpeed) })
	return z
}

// Create starts a part.
func (z *workbookZip) Create(name string) (io.Writer, error) {
	if name == contentTypes {
		return &z.types, nil
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
	w, err := z.Writer.Create(contentTypes)
	if err != nil {
		return err
	}
	for _, part := range [][]byte{frame[:end], bytes.Join(entries, nil), frame[end:]} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return z.Writer.Close()
}
