package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// newDir is a directory that is filled under another name and appears when it is complete.
type newDir struct {
	path string
	work string // its name until then, beside it
}

// createNewDir prepares a directory that must be empty or not there yet. The caller discards it in the end.
func createNewDir(path string) (*newDir, error) {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s: is a file; name a new directory", path)
	}
	if entries, err := os.ReadDir(path); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("%s: is not empty; name a new directory", path)
	}
	parent := filepath.Dir(filepath.Clean(path))
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	dir := &newDir{path: path}
	err := besides(filepath.Clean(path), func(name string) error {
		dir.work = name
		return os.Mkdir(name, 0o777)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	return dir, nil
}

// appear gives the directory its name.
func (d *newDir) appear() error {
	if err := os.Remove(d.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: %w", d.path, reason(err))
	}
	if err := os.Rename(d.work, d.path); err != nil {
		return fmt.Errorf("%s: %w", d.path, reason(err))
	}
	return nil
}

// discard removes what has not appeared.
func (d *newDir) discard() { os.RemoveAll(d.work) }

// within tells whether a path is the directory or lies inside it, whether or not they exist.
func within(dir, path string) bool {
	dir, errDir := filepath.Abs(dir)
	path, errPath := filepath.Abs(path)
	rel, err := filepath.Rel(dir, path)
	return errors.Join(errDir, errPath, err) == nil && filepath.IsLocal(rel)
}
