package scimeval

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// ErrorKind sorts errors of a filter as SPEC section 10 does.
type ErrorKind string

// The kinds of an Error.
const (
	KindSyntax           ErrorKind = "syntax"
	KindUnknownAttribute ErrorKind = "unknown_attribute"
	KindType             ErrorKind = "type"
	KindOperator         ErrorKind = "operator"
	KindValue            ErrorKind = "value"
	KindLimit            ErrorKind = "limit"
)

// The codes of an Error, as docs/findings.md lists them.
const (
	CodeSyntax           = "syntax"
	CodeLimit            = "filter-limit"
	CodeInvalidOperator  = "invalid-operator"
	CodeUnknownAttribute = "unknown-attribute"
	CodeInvalidType      = "invalid-type"
	CodeInvalidValue     = "invalid-value"
)

var codeOf = map[ErrorKind]string{
	KindSyntax:           CodeSyntax,
	KindUnknownAttribute: CodeUnknownAttribute,
	KindType:             CodeInvalidType,
	KindOperator:         CodeInvalidOperator,
	KindValue:            CodeInvalidValue,
	KindLimit:            CodeLimit,
}

// Error says why a filter cannot be evaluated and where.
type Error struct {
	Kind    ErrorKind
	Source  string // the filter
	Offset  int    // byte offset from 0 in Source; len(Source) = its end
	Message string // lower case, no full stop
	Hint    string // what to write instead; may be empty
}

// Code is the stable code of the error's kind.
func (e *Error) Code() string { return codeOf[e.Kind] }

// Error is one line; Caret shows the place.
func (e *Error) Error() string {
	msg := fmt.Sprintf("%s error at byte %d: %s", strings.ReplaceAll(string(e.Kind), "_", " "), e.Offset, e.Message)
	if e.Hint != "" {
		msg += " (" + e.Hint + ")"
	}
	return msg
}

// Caret is Caret(e.Source, e.Offset).
func (e *Error) Caret() string { return Caret(e.Source, e.Offset) }

// caretReach is how many characters Caret shows on either side.
const caretReach = 60

// Caret is the part of source around the byte offset, and below it a line with a caret under the offset. Characters
// that a terminal would act on are shown as spaces; each character takes one column.
func Caret(source string, offset int) string {
	offset = min(max(offset, 0), len(source))
	before, after := []rune(plain(source[:offset])), []rune(plain(source[offset:]))
	lead, tail := "", ""
	if len(before) > caretReach {
		before, lead = before[len(before)-caretReach:], "..."
	}
	if len(after) > caretReach {
		after, tail = after[:caretReach], "..."
	}
	return lead + string(before) + string(after) + tail + "\n" + strings.Repeat(" ", len(lead)+len(before)) + "^"
}

func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == utf8.RuneError,
			r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r == 0xfeff:
			return ' '
		}
		return r
	}, s)
}
