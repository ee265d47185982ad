package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/loader"
	"github.com/lcmsim/lcmsim/report"
)

// rowSink takes identities in input order: it writes their rows, if wanted, and lists the affected ones up to a cap.
type rowSink struct {
	sim    *engine.Simulation
	writer *report.RowsWriter // nil = no rows wanted
	tails  []*report.ClassTail
	listed report.Identities
}

func newRowSink(sim *engine.Simulation, out *output, listed int) (*rowSink, error) {
	s := &rowSink{sim: sim, listed: report.Identities{Cap: listed}}
	if out == nil {
		return s, nil
	}
	format, err := rowsFormat(out.path)
	if err != nil {
		return nil, err
	}
	s.writer = report.NewRowsWriter(out, format)
	return s, nil
}

// add takes the identities of a batch and their classes.
func (s *rowSink) add(b *loader.Batch, classes []int32) error {
	for i, class := range classes {
		var revokes, possible []string
		affected := s.sim.Affected(int(class))
		list := affected != "no" && !s.listed.Full()
		if list || s.writer != nil {
			revokes, possible = s.sim.Revokes(int(class), b.IDs[i])
		}
		if list {
			row := s.sim.ClassRow(int(class))
			row.EntityID, row.Revokes, row.PossibleRevokes = strings.Clone(b.IDs[i]), revokes, possible
			s.listed.Add(&row, strings.Clone(b.Names[i]))
		} else {
			s.listed.Count(affected)
		}
		if s.writer == nil {
			continue
		}
		if err := s.writer.Write(b.IDs[i], s.tail(int(class)), revokes, possible); err != nil {
			return err
		}
	}
	return nil
}

// tail is the part of a row that all identities of a class share, made once.
func (s *rowSink) tail(class int) *report.ClassTail {
	for len(s.tails) <= class {
		s.tails = append(s.tails, nil)
	}
	if s.tails[class] == nil {
		row := s.sim.ClassRow(class)
		s.tails[class] = s.writer.ClassTail(&row)
	}
	return s.tails[class]
}

func (s *rowSink) flush() error {
	if s.writer == nil {
		return nil
	}
	return s.writer.Flush()
}

func rowsFormat(path string) (report.RowsFormat, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".ndjson", ".jsonl":
		return report.RowsNDJSON, nil
	case ".csv":
		return report.RowsCSV, nil
	}
	if path == "" {
		return 0, nil
	}
	return 0, fmt.Errorf("--rows %s: the name must end in .ndjson, .jsonl or .csv", path)
}

// diffSink takes identities of a diff in input order: it writes their rows, if wanted, and lists those that do not stay as
// they are up to a cap.
type diffSink struct {
	diff   *engine.Diff
	writer *report.DiffRowsWriter // nil = no rows wanted
	rows   []*engine.DiffRow      // by class
	tails  []*report.DiffTail     // by class
	listed report.DiffIdentities
}

func newDiffSink(diff *engine.Diff, out *output, listed int) (*diffSink, error) {
	s := &diffSink{diff: diff, listed: report.DiffIdentities{Cap: listed}}
	if out == nil {
		return s, nil
	}
	format, err := rowsFormat(out.path)
	if err != nil {
		return nil, err
	}
	s.writer = report.NewDiffRowsWriter(out, format)
	return s, nil
}

// add takes identities, their names and their classes.
func (s *diffSink) add(ids, names []string, classes []int32) error {
	for i, class := range classes {
		if s.diff.Joins() {
			if err := s.joined(ids[i], names[i], int(class)); err != nil {
				return err
			}
			continue
		}
		status := s.diff.ClassStatus(int(class))
		if status != engine.StatusUnchanged && !s.listed.Full() {
			row := *s.row(int(class))
			row.EntityID = strings.Clone(ids[i])
			s.listed.Add(&row, strings.Clone(names[i]))
		} else {
			s.listed.Count(status)
		}
		if s.writer == nil {
			continue
		}
		if err := s.writer.Write(ids[i], s.tail(int(class))); err != nil {
			return err
		}
	}
	return nil
}

// joined takes an identity whose row depends on what it holds.
func (s *diffSink) joined(id, name string, class int) error {
	if s.writer == nil && s.listed.Full() {
		s.listed.Count(s.diff.Status(class, id))
		return nil
	}
	row := s.diff.Joined(class, strings.Clone(id))
	s.listed.Add(&row, strings.Clone(name))
	if s.writer == nil {
		return nil
	}
	return s.writer.WriteRow(&row)
}

// row is what all identities of a class share, made once.
func (s *diffSink) row(class int) *engine.DiffRow {
	for len(s.rows) <= class {
		s.rows = append(s.rows, nil)
	}
	if s.rows[class] == nil {
		row := s.diff.ClassRow(class)
		s.rows[class] = &row
	}
	return s.rows[class]
}

func (s *diffSink) tail(class int) *report.DiffTail {
	for len(s.tails) <= class {
		s.tails = append(s.tails, nil)
	}
	if s.tails[class] == nil {
		s.tails[class] = s.writer.Tail(s.row(class))
	}
	return s.tails[class]
}

func (s *diffSink) flush() error {
	if s.writer == nil {
		return nil
	}
	return s.writer.Flush()
}
