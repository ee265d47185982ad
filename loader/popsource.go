package loader

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

	"github.com/lcmsim/lcmsim/engine"
)

// populationFormats are the extensions of a population, before .gz or .zst.
var populationFormats = []string{".parquet", ".arrow", ".jsonl", ".ndjson", ".json", ".csv"}

// begin checks how the file begins and gives the function that reads it to its end.
func (s *popFile) begin(in *intake) (read func() error, err error) {
	switch s.format {
	case ".jsonl", ".ndjson":
		return openJSONL(s, in)
	case ".json":
		return openJSON(s, in)
	case ".csv":
		return openCSV(s, in)
	case ".parquet":
		return openParquet(s, in)
	}
	return openArrow(s, in)
}

// splitExtensions finds the format and the compression ("", ".gz" or ".zst") in a file name.
func splitExtensions(path string) (format, compression string, err error) {
	base := strings.ToLower(filepath.Base(path))
	format = filepath.Ext(base)
	if format == ".gz" || format == ".zst" {
		compression = format
		format = filepath.Ext(strings.TrimSuffix(base, compression))
	}
	if !slices.Contains(populationFormats, format) {
		return "", "", &Problems{List: []Problem{{
			Position: engine.Position{File: path},
			Message:  fmt.Sprintf("%q is no extension of a population", format),
			Hint:     "use .parquet .arrow .jsonl .ndjson .json or .csv, each also with .gz or .zst",
		}}}
	}
	return format, compression, nil
}

// popFile is an open population file.
type popFile struct {
	path        string
	format      string
	compression string
	file        *os.File
	size        int64 // bytes of the file
	read        atomic.Int64
	unpacker    io.Closer // of the stream last opened; may be nil
}

func openSource(path string) (*popFile, error) {
	format, compression, err := splitExtensions(path)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", path)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return &popFile{path: path, format: format, compression: compression, file: file, size: info.Size()}, nil
}

func (s *popFile) close() {
	if s.unpacker != nil {
		s.unpacker.Close()
	}
	s.file.Close()
}

// progress is how many bytes of the file have been read.
func (s *popFile) progress() int64 { return s.read.Load() }

// Read reads the file as it is stored.
func (s *popFile) Read(p []byte) (int, error) {
	n, err := s.file.Read(p)
	s.read.Add(int64(n))
	return n, err
}

// stream is the unpacked content from its beginning. Only one stream is in use at a time.
func (s *popFile) stream() (io.Reader, error) {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if s.unpacker != nil {
		s.unpacker.Close()
		s.unpacker = nil
	}
	s.read.Store(0)
	switch s.compression {
	case ".gz":
		r, err := gzip.NewReader(bufio.NewReaderSize(s, 1<<18))
		if err != nil {
			return nil, s.damaged(err)
		}
		s.unpacker = r
		return damageReader{r, s}, nil
	case ".zst":
		r, err := zstd.NewReader(s, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, s.damaged(err)
		}
		s.unpacker = r.IOReadCloser()
		return damageReader{r, s}, nil
	}
	return s, nil
}

// damageReader gives the errors of an unpacker a position.
type damageReader struct {
	r io.Reader
	s *popFile
}

func (d damageReader) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if err != nil && err != io.EOF {
		err = d.s.damaged(err)
	}
	return n, err
}

// damaged is the error of compressed data that cannot be unpacked.
func (s *popFile) damaged(err error) error {
	if pathErr := (*os.PathError)(nil); errors.As(err, &pathErr) {
		return err
	}
	return s.refuse(0, "write the file again; it may be cut short", "cannot unpack %s data: %v", s.compression, err)
}

// refuse is a *Problems with one problem.
func (s *popFile) refuse(line int, hint, message string, args ...any) error {
	var p Problems
	p.add(engine.Position{File: s.path, Line: line}, hint, message, args...)
	return &p
}

// text is the stream of a text format without a byte order mark.
func (s *popFile) text() (*bufio.Reader, error) {
	r, err := s.stream()
	if err != nil {
		return nil, err
	}
	buf := bufio.NewReaderSize(r, 1<<20)
	head, err := buf.Peek(3)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		buf.Discard(3)
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), bytes.HasPrefix(head, []byte("\xFE\xFF")):
		return nil, s.refuse(1, "save the file as UTF-8", "is UTF-16 text")
	case bytes.HasPrefix(head, gzipMagic), bytes.HasPrefix(head, zstdMagic[:3]):
		return nil, s.refuse(0, "add .gz or .zst to its name", "is compressed")
	}
	return buf, nil
}

// whole is the unpacked content for readers that jump about: the file itself, or a copy in memory of a packed one.
func (s *popFile) whole() (randomAccess, error) {
	if s.compression == "" {
		return countedFile{s}, nil
	}
	r, err := s.stream()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return bytes.NewReader(data), nil
}

type randomAccess interface {
	io.Reader
	io.ReaderAt
	io.Seeker
}

// countedFile counts what is read of a source's file.
type countedFile struct{ *popFile }

func (f countedFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.file.ReadAt(p, off)
	f.read.Add(int64(n))
	return n, err
}

func (f countedFile) Seek(offset int64, whence int) (int64, error) {
	return f.file.Seek(offset, whence)
}

// digestAhead begins to hash the file beside its reading; the function it returns waits for the result.
func digestAhead(ctx context.Context, path string) func() (string, error) {
	type result struct {
		sum string
		err error
	}
	done := make(chan result, 1)
	go func() {
		sum, err := digestFile(ctx, path)
		done <- result{sum, err}
	}()
	return func() (string, error) {
		r := <-done
		return r.sum, r.err
	}
}

func digestFile(ctx context.Context, path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		_, err := io.CopyN(hash, file, 1<<20)
		if err == io.EOF {
			return hex.EncodeToString(hash.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}
