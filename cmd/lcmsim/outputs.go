package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// outputs are the files that a command writes. Each is written under a temporary name beside its own; commit gives all
// of them their names, discard removes them. A command that fails leaves nothing behind, and what was there as it was.
type outputs struct {
	inputs []string // files of the run that nothing is written to
	files  []*output
	shared string // a file of others that text is added to, "" = none

	added io.WriteCloser // the shared file
	text  string         // to add
}

// create starts a file. It refuses to replace one of the inputs.
func (o *outputs) create(path string) (*output, error) {
	out, err := newOutput(path)
	if err != nil {
		return nil, err
	}
	for _, input := range o.inputs {
		if sameFile(input, path) {
			return nil, fmt.Errorf("%s: is an input of this run; name another file", path)
		}
	}
	for _, f := range o.files {
		if samePlace(f.place, out.place) {
			return nil, fmt.Errorf("%s: named for two outputs", path)
		}
	}
	if err := out.open(); err != nil {
		return nil, fmt.Errorf("%s: cannot be written: %w", path, reason(err))
	}
	o.files = append(o.files, out)
	return out, nil
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

// apart refuses a file that is written to in another way than those of create, if it is an input or another output.
func (o *outputs) apart(path string) error {
	others := append(slices.Clone(o.inputs), o.shared)
	for _, f := range o.files {
		others = append(others, f.path)
	}
	for _, other := range others {
		if sameFile(path, other) || samePlace(path, other) {
			return fmt.Errorf("%s: is another file of this run; name one of its own", path)
		}
	}
	return nil
}

// share checks a file of others that text is added to in the end.
func (o *outputs) share(path string) error {
	if _, err := newOutput(path); err != nil {
		return err
	}
	if err := o.apart(path); err != nil {
		return err
	}
	o.shared = path
	return nil
}

// add prepares to add text to the shared file.
func (o *outputs) add(text string) error {
	file, err := os.OpenFile(o.shared, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return fmt.Errorf("%s: cannot be written: %w", o.shared, reason(err))
	}
	o.added, o.text = file, text
	return nil
}

// commit finishes all files, gives them their names, and adds to the shared file. If one of that fails, the files that were
// there are put back.
func (o *outputs) commit() error {
	for _, f := range o.files {
		if err := f.finish(); err != nil {
			return fmt.Errorf("%s: cannot be written: %w", f.path, reason(err))
		}
	}
	for _, f := range o.files {
		if err := f.appear(); err != nil {
			return errors.Join(fmt.Errorf("%s: cannot be written: %w", f.path, reason(err)), o.withdraw())
		}
	}
	if o.added != nil {
		_, err := io.WriteString(o.added, o.text)
		err = errors.Join(err, o.added.Close())
		o.added = nil
		if err != nil {
			return errors.Join(fmt.Errorf("%s: cannot be written: %w", o.shared, reason(err)), o.withdraw())
		}
	}
	for _, f := range o.files {
		f.settle()
	}
	o.files = nil
	return nil
}

// withdraw puts back the files that were there.
func (o *outputs) withdraw() error {
	var failed []error
	for _, f := range o.files {
		failed = append(failed, f.withdraw())
	}
	return errors.Join(failed...)
}

// discard removes what was not committed.
func (o *outputs) discard() {
	for _, f := range o.files {
		f.discard()
	}
	o.files = nil
	if o.added != nil {
		o.added.Close()
		o.added = nil
	}
}
