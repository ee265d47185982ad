package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// outputs are the files that a command writes. Each is written under a temporary name beside its own; commit gives all
// of them their names, discard removes them. A command that fails leaves nothing behind.
type outputs struct{ files []*output }

type output struct {
	path string
	file *os.File
	*bufio.Writer
}

// create starts a file. It refuses to replace one of the inputs.
func (o *outputs) create(path string, inputs ...string) (*output, error) {
	if info, err := os.Stat(path); err == nil {
		if info.IsDir() {
			return nil, fmt.Errorf("%s: is a directory, want a file", path)
		}
		for _, input := range inputs {
			if sameFile(input, path) {
				return nil, fmt.Errorf("%s: is an input of this run; name another file", path)
			}
		}
	}
	for _, f := range o.files {
		if samePath(f.path, path) {
			return nil, fmt.Errorf("%s: named for two outputs", path)
		}
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be written: %w", path, reason(err))
	}
	out := &output{path: path, file: file, Writer: bufio.NewWriterSize(file, 1<<16)}
	o.files = append(o.files, out)
	return out, nil
}

// sameFile tells whether two paths lead to one file that exists.
func sameFile(a, b string) bool {
	one, errOne := os.Stat(a)
	other, errOther := os.Stat(b)
	return errOne == nil && errOther == nil && os.SameFile(one, other)
}

// samePath tells whether two paths are spelled from the same place to the same place.
func samePath(a, b string) bool {
	fullA, errA := filepath.Abs(a)
	fullB, errB := filepath.Abs(b)
	return errA == nil && errB == nil && fullA == fullB
}

// write creates a file with what fill writes.
func (o *outputs) write(path string, fill func(io.Writer) error) error {
	out, err := o.create(path)
	if err != nil {
		return err
	}
	if err := fill(out); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// commit finishes all files, then gives them their names.
func (o *outputs) commit() error {
	for _, f := range o.files {
		err := errors.Join(f.Flush(), f.file.Chmod(0o644), f.file.Close())
		if err != nil {
			return fmt.Errorf("%s: cannot be written: %w", f.path, reason(err))
		}
	}
	for _, f := range o.files {
		if err := os.Rename(f.file.Name(), f.path); err != nil {
			return fmt.Errorf("%s: cannot be written: %w", f.path, reason(err))
		}
	}
	o.files = nil
	return nil
}

// discard removes what was not committed.
func (o *outputs) discard() {
	for _, f := range o.files {
		f.file.Close()
		os.Remove(f.file.Name())
	}
	o.files = nil
}

// reason is the error below an fs.PathError, whose path is a temporary name.
func reason(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
