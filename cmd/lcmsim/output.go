package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// output is a file that is written under a temporary name.
type output struct {
	path  string // as it was named
	place string // that path leads to: where it is a symbolic link, the file behind it
	mode  os.FileMode
	kept  bool // mode is that of the file that was there: the umask does not narrow it

	file *os.File
	*bufio.Writer

	earlier  string // while a commit is under way, the name of the file that was there, "" = none
	appeared bool
}

// newOutput is a file that is not opened yet. What is there must be a file that another can replace.
func newOutput(path string) (*output, error) {
	place, err := behindLinks(path)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be written: %w", path, err)
	}
	out := &output{path: path, place: place, mode: 0o666}
	info, err := os.Stat(path)
	switch {
	case err != nil: // nothing is there, or opening says why it cannot be written
	case info.IsDir():
		return nil, fmt.Errorf("%s: is a directory, want a file", path)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: is a pipe or a device, want a file", path)
	default:
		out.mode, out.kept = info.Mode().Perm(), true
	}
	return out, nil
}

// open opens the file under its temporary name.
func (f *output) open() error {
	err := besides(f.place, func(name string) (err error) {
		f.file, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.mode)
		return err
	})
	if err != nil {
		return err
	}
	f.Writer = bufio.NewWriterSize(f.file, 1<<16)
	if f.kept {
		if err := f.file.Chmod(f.mode); err != nil {
			f.discard()
			return err
		}
	}
	return nil
}

func (f *output) finish() error { return errors.Join(f.Flush(), f.file.Close()) }

// appear gives the finished file its name. The file that was there stays under another one until settle or withdraw.
func (f *output) appear() error {
	if info, err := os.Lstat(f.place); err == nil && info.Mode().IsRegular() {
		earlier := f.file.Name() + "~"
		err := os.Link(f.place, earlier) // so that there is one at any time
		if err != nil {
			err = os.Rename(f.place, earlier) // where there are no hard links
		}
		if err != nil {
			return err
		}
		f.earlier = earlier
	}
	if err := os.Rename(f.file.Name(), f.place); err != nil {
		return err
	}
	f.appeared = true
	return nil
}

// settle forgets the file that was there.
func (f *output) settle() {
	if f.earlier != "" {
		os.Remove(f.earlier)
	}
}

// withdraw undoes appear, whether or not it failed.
func (f *output) withdraw() error {
	switch {
	case f.earlier != "":
		if err := os.Rename(f.earlier, f.place); err != nil {
			return fmt.Errorf("%s: cannot be put back: %w; what was there is %s now", f.path, reason(err), f.earlier)
		}
		os.Remove(f.earlier) // the name is left where it was one more of the file in place
	case f.appeared:
		if err := os.Remove(f.place); err != nil {
			return fmt.Errorf("%s: cannot be removed again: %w", f.path, reason(err))
		}
	}
	return nil
}

// discard removes the file under its temporary name.
func (f *output) discard() {
	f.file.Close()
	os.Remove(f.file.Name())
}

// besides calls create with temporary names beside path until one is free.
func besides(path string, create func(name string) error) error {
	dir, base := filepath.Split(path)
	for n := 1; ; n++ {
		err := create(fmt.Sprintf("%s.%s.%d-%d", dir, base, os.Getpid(), n))
		if !errors.Is(err, os.ErrExist) || n == 10_000 {
			return err
		}
	}
}

// behindLinks follows symbolic links. The last one may lead to a file that is not there yet.
func behindLinks(path string) (string, error) {
	for range 64 {
		to, err := os.Readlink(path)
		if err != nil {
			return path, nil // it is no link
		}
		if !filepath.IsAbs(to) {
			dir, _ := filepath.Split(path)
			to = dir + to // not cleaned: what .. means depends on links
		}
		path = to
	}
	return "", errors.New("symbolic links lead to each other")
}

// sameFile tells whether two paths lead to one file that exists.
func sameFile(a, b string) bool {
	one, errOne := os.Stat(a)
	other, errOther := os.Stat(b)
	return errOne == nil && errOther == nil && os.SameFile(one, other)
}

// samePlace tells whether two paths lead to one name in one directory that exists, whether or not there is such a file.
func samePlace(a, b string) bool {
	a, errA := behindLinks(a)
	b, errB := behindLinks(b)
	dirA, baseA := filepath.Split(a)
	dirB, baseB := filepath.Split(b)
	return errors.Join(errA, errB) == nil && baseA == baseB && baseA != "" && sameFile(cmp.Or(dirA, "."), cmp.Or(dirB, "."))
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
