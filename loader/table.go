package loader

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"github.com/lcmsim/lcmsim/engine"
)

// maxTableProblems bounds how many bad rows of a table are reported before reading stops.
const maxTableProblems = 100

// maxJSONLine bounds a line of a JSONL table in bytes.
const maxJSONLine = 16 << 20

// table is a list of records of texts, such as grants.csv: the form of what an identity holds and of what was done.
type table struct {
	src      *source
	what     string   // what a row is, with its article, for messages
	columns  []string // required ones first
	required int
	row      func(cells []string) // one cell for each column, "" = absent; the slice is reused
	line     int                  // of the row in hand, from 1
	bad      int
}

// tableFormats are the extensions of tables.
var tableFormats = []string{".csv", ".jsonl", ".parquet"}

// read reads the file at path, whose extension tells its format.
func (t *table) read(path string) {
	s := t.src
	at := engine.Position{File: s.file}
	f, err := openRegular(path)
	if err != nil {
		s.problems.add(at, "", "cannot be read: %v", cause(err))
		return
	}
	defer f.Close()
	name := strings.ToLower(path)
	packed := ""
	if ext := filepath.Ext(name); ext == ".gz" || ext == ".zst" {
		packed, name = ext, strings.TrimSuffix(name, ext)
	}
	switch format := filepath.Ext(name); {
	case format == ".parquet" && packed == "":
		t.readParquet(f)
	case format == ".csv" || format == ".jsonl":
		r, err := unpack(f, packed)
		if err != nil {
			t.fail(0, "", "write the file again", "cannot be read: %v", err)
			return
		}
		defer r.Close()
		if format == ".csv" {
			t.readCSV(r)
		} else {
			t.readJSONL(r)
		}
	default:
		s.problems.add(at, "use "+strings.Join(tableFormats, ", "), "has an extension that is not read here")
	}
}

// unpack is the text in r, which is packed as the extension says; "" = not at all. Closing it leaves r open.
func unpack(r io.Reader, extension string) (io.ReadCloser, error) {
	switch extension {
	case ".gz":
		text, err := gzip.NewReader(bufio.NewReader(r))
		if err != nil {
			return nil, fmt.Errorf("cannot unpack .gz data: %w", err)
		}
		return unpackedText{text, extension}, nil
	case ".zst":
		text, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, fmt.Errorf("cannot unpack .zst data: %w", err)
		}
		return unpackedText{text.IOReadCloser(), extension}, nil
	}
	return io.NopCloser(r), nil
}

// unpackedText says of errors that they are those of unpacking.
type unpackedText struct {
	io.ReadCloser
	extension string
}

func (u unpackedText) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("cannot unpack %s data: %w", u.extension, err)
	}
	return n, err
}

// fail reports a bad row and tells whether to go on.
func (t *table) fail(line int, path, hint, format string, args ...any) bool {
	t.src.problems.add(engine.Position{File: t.src.file, Line: line, Path: path}, hint, format, args...)
	t.bad++
	return t.bad < maxTableProblems
}

// emit hands a row on when its required cells are there, and tells whether to go on.
func (t *table) emit(line int, cells []string) bool {
	for i, name := range t.columns[:t.required] {
		if cells[i] == "" {
			return t.fail(line, "", "", "%s without %s", t.what, name)
		}
	}
	t.line = line
	t.row(cells)
	return true
}

// locate finds the columns in a header: one index for each column, -1 = not there. It reports required columns that
// are missing and columns that are there twice; other columns are noted.
func (t *table) locate(header []string) (at []int, ok bool) {
	ok = true
	at = make([]int, len(t.columns))
	for i, name := range t.columns {
		at[i] = slices.Index(header, name)
		if at[i] < 0 && i < t.required {
			t.fail(1, "", "columns are "+strings.Join(t.columns, ", "), "has no column %s", name)
			ok = false
		}
	}
	seen := map[string]bool{}
	for _, name := range header {
		switch {
		case seen[name]:
			t.fail(1, "", "", "has the column %q twice", abridge(name))
			ok = false
		case !slices.Contains(t.columns, name):
			t.noteColumn(1, name)
		}
		seen[name] = true
	}
	return at, ok
}

func (t *table) noteColumn(line int, name string) {
	severity := engine.SeverityWarning
	if t.src.strict {
		severity = engine.SeverityError
	}
	t.src.notes.add(nil, t.src.file+"\x00"+name, engine.Finding{
		Severity: severity,
		Code:     "unknown-field",
		Position: engine.Position{File: t.src.file, Line: line},
		Message:  fmt.Sprintf("unknown column %s: not read", abridge(name)),
		Hint:     "columns are " + strings.Join(t.columns, ", "),
	})
}

func (t *table) readCSV(r io.Reader) {
	in := bufio.NewReader(r)
	if mark, _ := in.Peek(len(utf8BOM)); bytes.Equal(mark, utf8BOM) {
		in.Discard(len(utf8BOM))
	}
	rows := csv.NewReader(in)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err != nil {
		t.failCSV(err)
		return
	}
	at, ok := t.locate(slices.Clone(header))
	if !ok {
		return
	}
	cells := make([]string, len(at))
	for {
		record, err := rows.Read()
		if err == io.EOF {
			return
		}
		if err != nil {
			if !t.failCSV(err) || !errors.Is(err, csv.ErrFieldCount) {
				return
			}
			continue
		}
		line, _ := rows.FieldPos(0)
		for i, j := range at {
			cells[i] = ""
			if j < 0 {
				continue
			}
			if cells[i] = record[j]; !utf8.ValidString(record[j]) {
				t.fail(line, t.columns[i], "save the file as UTF-8", "is no UTF-8 text")
				return
			}
		}
		if !t.emit(line, cells) {
			return
		}
	}
}

// failCSV reports an error of the CSV reader and tells whether to go on.
func (t *table) failCSV(err error) bool {
	var parse *csv.ParseError
	switch {
	case err == io.EOF:
		return t.fail(0, "", "columns are "+strings.Join(t.columns, ", "), "is empty")
	case !errors.As(err, &parse):
		return t.fail(0, "", "", "cannot be read: %v", cause(err))
	case errors.Is(err, csv.ErrFieldCount):
		return t.fail(parse.Line, "", "every row has as many cells as the header", "wrong number of cells")
	}
	return t.fail(parse.Line, "", "", "is no CSV: %v", parse.Err)
}

func (t *table) readJSONL(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxJSONLine)
	cells := make([]string, len(t.columns))
	line := 0
	for lines.Scan() {
		line++
		text := lines.Bytes()
		if line == 1 {
			text = bytes.TrimPrefix(text, utf8BOM)
		}
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		good, more := t.record(line, text, cells)
		if good {
			more = t.emit(line, cells)
		}
		if !more {
			return
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		t.fail(line+1, "", "", "the line is longer than %d MiB", maxJSONLine>>20)
	} else if err != nil {
		t.fail(line+1, "", "", "cannot be read: %v", cause(err))
	}
}

// record reads one line of JSONL into cells. good is false when it was refused, more when reading is to go on.
func (t *table) record(line int, text []byte, cells []string) (good, more bool) {
	var problems Problems
	root := parseJSON(t.src.file, text, &problems)
	for _, p := range problems.List {
		if !t.fail(line, p.Path, p.Hint, "%s", p.Message) {
			return false, false
		}
	}
	if root == nil || len(problems.List) > 0 {
		return false, true
	}
	if root.kind != nodeObject {
		return false, t.fail(line, "", "", "is %s, want %s", root.kind, t.what)
	}
	clear(cells)
	for _, m := range root.members {
		i := slices.Index(t.columns, m.name)
		switch {
		case i < 0:
			t.noteColumn(line, m.name)
		case m.value.kind == nodeString, m.value.kind == nodeNumber:
			cells[i] = m.value.text
		case m.value.kind != nodeNull:
			return false, t.fail(line, m.name, "", "is %s, want a string", m.value.kind)
		}
	}
	return true, true
}
