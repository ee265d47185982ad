package loader

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// Problem is one reason why an input cannot be read.
type Problem struct {
	engine.Position
	Message string // what is wrong, lower case, no full stop
	Hint    string // what mends it; may be empty
}

// String is the problem on one line: file:line: path: message (hint).
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.Line)
		}
		b.WriteString(": ")
	}
	if p.Path != "" {
		b.WriteString(p.Path)
		b.WriteString(": ")
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString(" (")
		b.WriteString(p.Hint)
		b.WriteString(")")
	}
	return b.String()
}

// maxProblemsShown bounds the lines of an error text.
const maxProblemsShown = 20

// Problems is the error of inputs that cannot be read: all that is wrong with them, not just the first.
type Problems struct{ List []Problem }

// Error lists the problems sorted by file, line, path and message, one a line, the first 20 of them.
func (p *Problems) Error() string {
	sorted := slices.Clone(p.List)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Message, b.Message),
		)
	})
	lines := make([]string, 0, min(len(sorted), maxProblemsShown)+1)
	for i, problem := range sorted {
		if i == maxProblemsShown {
			lines = append(lines, fmt.Sprintf("and %d more", len(sorted)-maxProblemsShown))
			break
		}
		lines = append(lines, problem.String())
	}
	return strings.Join(lines, "\n")
}

// add appends one problem.
func (p *Problems) add(at engine.Position, hint, format string, args ...any) {
	p.List = append(p.List, Problem{Position: at, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// err is p as an error, nil when there is no problem.
func (p *Problems) err() error {
	if len(p.List) == 0 {
		return nil
	}
	return p
}

// gather appends the problems of an error; other errors are given back.
func (p *Problems) gather(err error) error {
	if more := (*Problems)(nil); errors.As(err, &more) {
		p.List = append(p.List, more.List...)
		return nil
	}
	return err
}
