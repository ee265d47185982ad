package loader

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/lcmsim/lcmsim/engine"
)

// maxLine is the length of the longest line of a JSONL file, in bytes.
const maxLine = 64 << 20

// openJSONL reads one record a line; blank lines are skipped.
func openJSONL(file *popFile, in *intake) (read func() error, err error) {
	r, err := file.text()
	if err != nil {
		return nil, err
	}
	return func() error {
		records := newRecordReader(in)
		lines := lineReader{r: r}
		for {
			text, err := lines.next()
			if err == io.EOF {
				return nil
			}
			if err == errLineTooLong {
				return in.refuse(in.at(lines.line, ""), "write one record a line", "%v", err)
			}
			if err != nil {
				return err
			}
			if text = bytes.TrimSpace(text); len(text) == 0 {
				continue
			}
			if err := records.read(text, recordPlace{line: lines.line, index: -1}); err != nil {
				return err
			}
		}
	}, nil
}

// lineReader cuts a text into lines.
type lineReader struct {
	r    *bufio.Reader
	line int    // number of the line last returned, from 1
	long []byte // a line that is longer than the buffer of r
}

var errLineTooLong = errors.New("the line is longer than 64 MiB")

// next is the next line, valid until the following call; io.EOF after the last one.
func (l *lineReader) next() ([]byte, error) {
	l.line++
	l.long = l.long[:0]
	for {
		part, err := l.r.ReadSlice('\n')
		if len(l.long)+len(part) > maxLine {
			return nil, errLineTooLong
		}
		switch {
		case err == bufio.ErrBufferFull:
			l.long = append(l.long, part...)
			continue
		case err == io.EOF && len(l.long)+len(part) > 0:
		case err != nil:
			return nil, err
		}
		if len(l.long) == 0 {
			return part, nil
		}
		l.long = append(l.long, part...)
		return l.long, nil
	}
}

// openJSON reads a list of records, bare or as the values of an envelope.
func openJSON(file *popFile, in *intake) (read func() error, err error) {
	r, err := file.text()
	if err != nil {
		return nil, err
	}
	lines := &lineCounter{r: r, line: 1}
	j := &jsonList{
		in:      in,
		records: newRecordReader(in),
		lines:   lines,
		// Every record is read a second time, strictly.
		dec:  jsontext.NewDecoder(lines, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)),
		seen: make(map[string]bool),
	}
	return j.read, nil
}

// jsonList reads a population that is one JSON value.
type jsonList struct {
	in      *intake
	records *recordReader
	lines   *lineCounter
	dec     *jsontext.Decoder
	seen    map[string]bool // keys of the envelope
}

func (j *jsonList) read() error {
	var err error
	switch j.dec.PeekKind() {
	case '[':
		err = j.list("")
	case '{':
		err = j.envelope()
	default:
		if _, err = j.dec.ReadToken(); err == io.EOF {
			return nil // no identities
		} else if err == nil {
			return j.refuse("", `write a list of records or {"values":[...]}`, "is no list of records")
		}
	}
	if err != nil {
		return j.explain(err)
	}
	if _, err := j.dec.ReadToken(); err == nil {
		return j.refuse("", "a file holds one JSON value; name it .jsonl if each line is a record",
			"has text after the list of records")
	} else if err != io.EOF {
		return j.explain(err)
	}
	return nil
}

// refuse records a problem at the token just read.
func (j *jsonList) refuse(path, hint, message string, args ...any) error {
	at := engine.Position{File: j.in.opt.Path, Line: j.lines.at(j.dec.InputOffset()), Path: path}
	return j.in.refuse(at, hint, message, args...)
}

// explain turns an error of the decoder into a problem. Other errors stay.
func (j *jsonList) explain(err error) error {
	var syntax *jsontext.SyntacticError
	if !errors.As(err, &syntax) {
		return err
	}
	hint, message := explainSyntax(syntax)
	at := engine.Position{
		File: j.in.opt.Path,
		Line: j.lines.at(syntax.ByteOffset),
		Path: pointerPath("", syntax.JSONPointer),
	}
	return j.in.refuse(at, hint, "%s", message)
}

// list reads the records of a list with the given path.
func (j *jsonList) list(path string) error {
	if _, err := j.dec.ReadToken(); err != nil {
		return err
	}
	for i := 0; j.dec.PeekKind() != ']'; i++ {
		raw, err := j.dec.ReadValue()
		if err != nil {
			return err
		}
		line := j.lines.at(j.dec.InputOffset() - int64(len(raw)))
		if err := j.records.read(raw, recordPlace{line: line, list: path, index: i}); err != nil {
			return err
		}
	}
	_, err := j.dec.ReadToken()
	return err
}

// envelope reads {"values": [...]}.
func (j *jsonList) envelope() error {
	if _, err := j.dec.ReadToken(); err != nil {
		return err
	}
	for j.dec.PeekKind() != '}' {
		token, err := j.dec.ReadToken()
		if err != nil {
			return err
		}
		if err := j.member(token.String()); err != nil {
			return err
		}
	}
	if _, err := j.dec.ReadToken(); err != nil {
		return err
	}
	if !j.seen["values"] && j.dec.PeekKind() != '{' {
		return j.refuse("", `write a list of records or {"values":[...]}`, `has no list "values"`)
	}
	return nil
}

// member reads one member of the envelope.
func (j *jsonList) member(key string) error {
	name := snakeCase(key)
	path := string(appendKey(nil, key))
	if j.seen[name] {
		if err := j.refuse(path, "only one of the two can be meant", "duplicate key"); err != nil {
			return err
		}
		return j.dec.SkipValue()
	}
	j.seen[name] = true
	kind := j.dec.PeekKind()
	switch {
	case name == "values" && kind == '[':
		return j.list(path)
	case name == "values":
		if err := j.refuse(path, "", "is no list of records"); err != nil {
			return err
		}
	case name == "has_more" && kind == 't':
		j.find(engine.SeverityError, "incomplete-export", path, "the export has further pages",
			"export all pages into one file")
	case name != "has_more" && name != "next_page_token":
		severity := engine.SeverityWarning
		if j.in.opt.Strict {
			severity = engine.SeverityError
		}
		j.find(severity, "unknown-field", path, fmt.Sprintf("unknown field %s: not read", path),
			`the records stand in "values"`)
	}
	return j.dec.SkipValue()
}

func (j *jsonList) find(severity engine.Severity, code, path, message, hint string) {
	if len(j.in.findings) < maxProblemsKept {
		at := engine.Position{File: j.in.opt.Path, Line: j.lines.at(j.dec.InputOffset()), Path: path}
		j.in.note(severity, code, at, 1, message, hint)
	}
}

// lineCounter passes a text on and remembers where its lines end, as far as nobody has asked for them.
type lineCounter struct {
	r      io.Reader
	offset int64   // bytes read
	breaks []int64 // offsets behind line feeds
	passed int     // how many of them the last position asked for is behind
	line   int     // of that position, from 1
}

// Read passes the text on.
func (l *lineCounter) Read(p []byte) (int, error) {
	if l.passed > len(l.breaks)/2 {
		l.breaks = append(l.breaks[:0], l.breaks[l.passed:]...)
		l.passed = 0
	}
	n, err := l.r.Read(p)
	for at := 0; ; {
		i := bytes.IndexByte(p[at:n], '\n')
		if i < 0 {
			break
		}
		at += i + 1
		l.breaks = append(l.breaks, l.offset+int64(at))
	}
	l.offset += int64(n)
	return n, err
}

// at is the line of a byte offset. Offsets never go back.
func (l *lineCounter) at(offset int64) int {
	for l.passed < len(l.breaks) && l.breaks[l.passed] <= offset {
		l.passed++
		l.line++
	}
	return l.line
}
