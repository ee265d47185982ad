package engine

import (
	"cmp"
	"slices"
)

// Severity orders findings: an error makes a run inconclusive, a warning does not.
type Severity string

// The severities, most severe first.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
	SeverityInfo    Severity = "info"
)

// Position says where in the inputs something stands. Every part may be empty.
type Position struct {
	File string // as the user named it, or the file's name inside the snapshot
	Line int    // from 1; 0 = not known
	Path string // JSON path, such as values[0].current_version.config.workflows[1].trigger_string
}

// NoColumn is the Column of a finding that is not about a place inside an expression.
const NoColumn = -1

// Finding is something that lcmsim learned about its inputs. An error of lcmsim itself is a Go error instead.
type Finding struct {
	Severity Severity
	Code     string // kebab-case, listed in docs/findings.md
	Position
	Column  int    // byte offset from 0 inside the expression at Position, or NoColumn
	Message string // what is the case, lower case, no full stop
	Hint    string // what to do about it; may be empty
	Count   int    // how many times, or identities, it stands for; at least 1
	Caret   string // the expression with a caret line below it, for people; may be empty
}

var severityRank = map[Severity]int{SeverityError: 0, SeverityWarning: 1, SeverityInfo: 2}

// SortFindings orders findings by severity, file, path, column, code, then line and message (SPEC section 10).
func SortFindings(list []Finding) {
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(severityRank[a.Severity], severityRank[b.Severity]),
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Message, b.Message),
		)
	})
}

// HasErrors tells whether any finding is an error.
func HasErrors(list []Finding) bool {
	return slices.ContainsFunc(list, func(f Finding) bool { return f.Severity == SeverityError })
}
