package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// readShared reads the texts that cells share.
func (w *workbookParts) readShared(part string) error {
	dec, end, err := w.open(part, spreadsheetSpace)
	if err != nil {
		return err
	}
	defer end()
	for {
		token, err := dec.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
		start, ok := token.(xml.StartElement)
		switch {
		case !ok || start.Name.Local == "sst":
		case start.Name.Local == "si":
			text, err := w.richText(dec)
			if err != nil {
				return fmt.Errorf("%s: text %d: %w", part, len(w.shared), err)
			}
			w.shared = append(w.shared, text)
		default:
			if err := dec.Skip(); err != nil {
				return fmt.Errorf("%s: %w", part, err)
			}
		}
	}
}

// styledText is a text, with the fonts of its runs that have one of their own.
type styledText struct {
	text  string
	fonts []cellFont
}

// richText is the text of the element that was just begun, with the texts of its runs, without how they are pronounced.
func (w *workbookParts) richText(dec *xml.Decoder) (styledText, error) {
	var b strings.Builder
	var fonts []cellFont
	var read func(e xml.StartElement) error
	inRun := false
	read = func(e xml.StartElement) error {
		switch e.Name.Local {
		case "t":
			text, err := characters(dec)
			b.WriteString(unescaped(text))
			return err
		case "r":
			if inRun {
				return unknown(e)
			}
			inRun = true
			err := children(dec, read)
			inRun = false
			return err
		case "rPr":
			var font fontElement
			err := dec.DecodeElement(&font, &e)
			fonts = append(fonts, w.palette.font(&font))
			return err
		case "rPh", "phoneticPr", "extLst":
			return dec.Skip()
		}
		return unknown(e)
	}
	err := children(dec, read)
	return styledText{b.String(), fonts}, err
}

// characters is the text of the element that was just begun, which holds nothing else.
func characters(dec *xml.Decoder) (string, error) {
	var text []byte
	for {
		token, err := dec.Token()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.CharData:
			text = append(text, t...)
		case xml.StartElement:
			return "", unknown(t)
		case xml.EndElement:
			return string(text), nil
		}
	}
}

// unescaped resolves _xHHHH_, which stands for a UTF-16 unit that XML cannot carry (ECMA-376 part 1, section 22.9.2.19).
func unescaped(s string) string {
	const length = len("_x0000_")
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	high := rune(0) // a first half of a pair that waits for the second
	flush := func() {
		if high != 0 {
			b.WriteRune(utf8.RuneError)
			high = 0
		}
	}
	for s != "" {
		if len(s) < length || s[0] != '_' || s[1] != 'x' || s[length-1] != '_' {
			flush()
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		unit, err := strconv.ParseUint(s[2:length-1], 16, 16)
		if err != nil {
			flush()
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		s = s[length:]
		r := rune(unit)
		if pair := utf16.DecodeRune(high, r); high != 0 && pair != utf8.RuneError {
			b.WriteRune(pair)
			high = 0
			continue
		}
		flush()
		if utf16.IsSurrogate(r) && r < 0xdc00 {
			high = r
			continue
		}
		b.WriteRune(r) // a second half alone becomes U+FFFD
	}
	flush()
	return b.String()
}
