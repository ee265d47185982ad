package scimeval

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits of a filter's text.
const (
	MaxFilterBytes   = 65536
	MaxFilterNesting = 100 // parentheses plus brackets
)

// scanner walks a filter from left to right with an explicit stack. It knows the whole grammar but for precedence:
// what it accepts, the parser library accepts as well, and where it stops is where the error is.
type scanner struct {
	src    string
	pos    int
	open   []opening
	leaves []Node // *Comparison or *ValuePath; the clean text names them a0, a1, ...
	clean  []byte
	outer  []byte // the clean text around the bracket that is open
}

// opening is a parenthesis or bracket that waits for its end.
type opening struct {
	at      int
	bracket bool
	path    Path // of the bracket
}

// scan reads src and returns its leaves and the tree over them.
func scan(src string) (Node, *Error) {
	s := &scanner{src: src}
	if len(src) > MaxFilterBytes {
		return nil, s.fail(KindLimit, MaxFilterBytes, "filter is longer than 65,536 bytes", "")
	}
	if !utf8.ValidString(src) {
		at := 0
		for at < len(src) {
			r, n := utf8.DecodeRuneInString(src[at:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			at += n
		}
		return nil, s.fail(KindSyntax, at, "text is not UTF-8", "")
	}
	s.space()
	if s.pos == len(src) {
		return nil, s.fail(KindSyntax, 0, "empty expression", "write a filter such as employment_status eq \"ACTIVE\"")
	}
	for {
		if err := s.operand(); err != nil {
			return nil, err
		}
		more, err := s.afterTerm()
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
	}
	return assemble(s.clean, s.leaves, src)
}

func (s *scanner) fail(kind ErrorKind, at int, message, hint string) *Error {
	return &Error{Kind: kind, Source: s.src, Offset: at, Message: message, Hint: hint}
}

// space skips ASCII white space and tells whether there was any.
func (s *scanner) space() bool {
	start := s.pos
	for s.pos < len(s.src) && isSpace(s.src[s.pos]) {
		s.pos++
	}
	return s.pos > start
}

func (s *scanner) peek() byte {
	if s.pos < len(s.src) {
		return s.src[s.pos]
	}
	return 0
}

// operand reads what may stand where a term begins, up to and including one comparison.
func (s *scanner) operand() *Error {
	for {
		s.space()
		switch {
		case s.peek() == '(':
			if err := s.push(opening{at: s.pos}); err != nil {
				return err
			}
			s.clean = append(s.clean, '(')
			s.pos++
			continue
		case s.atNot():
			s.pos += len("not")
			s.space()
			s.clean = append(s.clean, "not "...)
			continue
		}
		path, err := s.path()
		if err != nil {
			return err
		}
		if s.peek() != '[' {
			return s.comparison(path)
		}
		if s.inBracket() {
			return s.fail(KindSyntax, s.pos, "a value path cannot stand inside another", "")
		}
		if err := s.push(opening{at: s.pos, bracket: true, path: path}); err != nil {
			return err
		}
		s.pos++
		s.outer, s.clean = s.clean, nil
	}
}

func (s *scanner) push(o opening) *Error {
	if len(s.open) == MaxFilterNesting {
		return s.fail(KindLimit, o.at, "filter nests more than 100 parentheses and brackets", "")
	}
	s.open = append(s.open, o)
	return nil
}

func (s *scanner) inBracket() bool {
	for _, o := range s.open {
		if o.bracket {
			return true
		}
	}
	return false
}

// atNot tells whether the operator not stands here: the word, then a parenthesis. Otherwise it is a name.
func (s *scanner) atNot() bool {
	if len(s.src)-s.pos < 3 || !strings.EqualFold(s.src[s.pos:s.pos+3], "not") {
		return false
	}
	i := s.pos + 3
	for i < len(s.src) && isSpace(s.src[i]) {
		i++
	}
	return i < len(s.src) && s.src[i] == '('
}

// path reads [URI:]name[.sub].
func (s *scanner) path() (Path, *Error) {
	start := s.pos
	end := start
	for end < len(s.src) && (isNameByte(s.src[end]) || s.src[end] == '.' || s.src[end] == ':' || s.src[end] == '$') {
		end++
	}
	p := Path{At: start}
	if i := strings.LastIndexByte(s.src[start:end], ':'); i > 0 {
		p.URI = s.src[start : start+i]
		for _, part := range strings.Split(p.URI, ":") {
			if part == "" || strings.ContainsAny(part, "_$") {
				return p, s.fail(KindSyntax, start, "schema URN is malformed", "write urn:...:attribute")
			}
		}
		s.pos += i + 1
	}
	var err *Error
	if p.Name, err = s.name(end, "an attribute name, not or ("); err != nil {
		return p, err
	}
	if s.pos < end && s.src[s.pos] == '.' {
		s.pos++
		if p.Sub, err = s.name(end, "a sub-attribute name"); err != nil {
			return p, err
		}
	}
	if s.pos < end {
		return p, s.fail(KindSyntax, s.pos, "a path has at most one dot", "write attribute or attribute.sub_attribute")
	}
	return p, nil
}

// name reads [$]letter{letter digit - _} that ends before end.
func (s *scanner) name(end int, wanted string) (string, *Error) {
	i := s.pos
	if i < end && s.src[i] == '$' {
		i++
	}
	if i == end || !isLetter(s.src[i]) {
		return "", s.unexpected(wanted)
	}
	for i < end && isNameByte(s.src[i]) {
		i++
	}
	name := s.src[s.pos:i]
	s.pos = i
	return name, nil
}

// comparison reads the operator and the literal behind a path.
func (s *scanner) comparison(path Path) *Error {
	if !s.space() {
		return s.unexpected("a space and an operator")
	}
	c := &Comparison{Path: path, OpAt: s.pos}
	end := s.pos
	for end < len(s.src) && isLetter(s.src[end]) {
		end++
	}
	op, ok := isOp(s.src[s.pos:end])
	if !ok {
		err := s.unexpected("an operator: eq ne co sw ew gt ge lt le pr")
		switch word := strings.ToLower(path.String()); word {
		case "not":
			err.Hint = "not needs parentheses: write not (...)"
		case "and", "or":
			err.Hint = word + " stands between two comparisons; here it is read as an attribute name"
		}
		return err
	}
	c.Op, c.LiteralAt = op, end
	s.pos = end
	s.clean = append(s.clean, 'a')
	s.clean = strconv.AppendInt(s.clean, int64(len(s.leaves)), 10)
	s.clean = append(s.clean, ' ')
	s.clean = append(s.clean, op...)
	if op != OpPr {
		if !s.space() {
			return s.unexpected("a space and a value")
		}
		c.LiteralAt = s.pos
		var err *Error
		if c.Literal, err = s.literal(); err != nil {
			return err
		}
		s.clean = append(s.clean, ' ')
		s.clean = append(s.clean, stand(c.Literal)...)
	}
	s.leaves = append(s.leaves, c)
	return nil
}

// stand is the literal of the same type that the clean text has.
func stand(v Value) string {
	switch v.Kind() {
	case KindBool:
		return "true"
	case KindNumber:
		return "0"
	case KindString:
		return `""`
	}
	return "null"
}

// afterTerm reads what may follow a term; more tells that and or or stood there.
func (s *scanner) afterTerm() (more bool, err *Error) {
	for {
		spaced := s.space()
		if s.pos == len(s.src) {
			if n := len(s.open); n > 0 {
				what := "("
				if s.open[n-1].bracket {
					what = "["
				}
				return false, s.fail(KindSyntax, s.pos, "the "+what+" at byte "+strconv.Itoa(s.open[n-1].at)+" is not closed", "")
			}
			return false, nil
		}
		switch s.src[s.pos] {
		case ')', ']':
			if err := s.close(s.src[s.pos] == ']'); err != nil {
				return false, err
			}
			continue
		}
		word, ok := s.connective()
		if !ok {
			if spaced {
				return false, s.unexpected("and, or, ) or the end")
			}
			return false, s.unexpected("a space, ) or the end")
		}
		if !spaced {
			return false, s.fail(KindSyntax, s.pos, "a space is missing before "+word, "")
		}
		s.pos += len(word)
		if !s.space() {
			return false, s.unexpected("a space after " + word)
		}
		s.clean = append(append(append(s.clean, ' '), word...), ' ')
		return true, nil
	}
}

// connective tells whether a word that is and or or stands here.
func (s *scanner) connective() (string, bool) {
	end := s.pos
	for end < len(s.src) && isNameByte(s.src[end]) {
		end++
	}
	switch word := strings.ToLower(s.src[s.pos:end]); word {
	case "and", "or":
		return word, true
	}
	return "", false
}

// close ends the innermost parenthesis or bracket.
func (s *scanner) close(bracket bool) *Error {
	n := len(s.open)
	switch {
	case n == 0:
		return s.unexpected("and, or or the end")
	case s.open[n-1].bracket && !bracket:
		return s.unexpected("and, or or ]")
	case !s.open[n-1].bracket && bracket:
		return s.unexpected("and, or or )")
	}
	top := s.open[n-1]
	s.open = s.open[:n-1]
	s.pos++
	if !bracket {
		s.clean = append(s.clean, ')')
		return nil
	}
	body, err := assemble(s.clean, s.leaves, s.src)
	if err != nil {
		return err
	}
	s.clean, s.outer = s.outer, nil
	s.clean = append(s.clean, 'a')
	s.clean = strconv.AppendInt(s.clean, int64(len(s.leaves)), 10)
	s.clean = append(s.clean, " pr"...)
	s.leaves = append(s.leaves, &ValuePath{Path: top.path, Body: body})
	return nil
}

// literal reads a JSON string or number, or true, false or null in any letter case.
func (s *scanner) literal() (Value, *Error) {
	if s.peek() == '"' {
		return s.text()
	}
	start, end := s.pos, s.pos
	for end < len(s.src) && !isSpace(s.src[end]) && !strings.ContainsRune(`()[]"`, rune(s.src[end])) {
		end++
	}
	word := s.src[start:end]
	switch strings.ToLower(word) {
	case "true":
		s.pos = end
		return BoolValue(true), nil
	case "false":
		s.pos = end
		return BoolValue(false), nil
	case "null":
		s.pos = end
		return NullValue(), nil
	}
	d, err := ParseDecimal(word)
	if err != nil {
		if errors.Is(err, ErrNumberLimit) {
			return Value{}, s.fail(KindSyntax, start, err.Error(), "")
		}
		return Value{}, s.unexpectedWord("a value: \"text\", a number, true, false or null", word)
	}
	s.pos = end
	return NumberValue(d), nil
}

// text reads a JSON string (RFC 8259 section 7). A surrogate without its partner is an error.
func (s *scanner) text() (Value, *Error) {
	start := s.pos
	var b strings.Builder
	i := s.pos + 1
	for {
		if i >= len(s.src) {
			return Value{}, s.fail(KindSyntax, len(s.src), "the string that begins at byte "+strconv.Itoa(start)+" is not closed", "add the missing \"")
		}
		switch c := s.src[i]; {
		case c == '"':
			s.pos = i + 1
			return StringValue(b.String()), nil
		case c < ' ':
			return Value{}, s.fail(KindSyntax, i, "a control character stands in a string", "write it as an escape, such as \\n or \\t")
		case c != '\\':
			b.WriteByte(c)
			i++
		default:
			r, n := unescape(s.src[i:])
			if n == 0 {
				return Value{}, s.fail(KindSyntax, i, "invalid escape in a string", `allowed are \" \\ \/ \b \f \n \r \t and \uXXXX`)
			}
			b.WriteRune(r)
			i += n
		}
	}
}

// unescape reads one escape, or the two of a surrogate pair, at the start of s. n is its length, 0 when it is invalid.
func unescape(s string) (r rune, n int) {
	if len(s) < 2 {
		return 0, 0
	}
	if i := strings.IndexByte(`"\/bfnrt`, s[1]); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), 2
	}
	hi, ok := hexEscape(s)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(hi) {
		return hi, 6
	}
	lo, ok := hexEscape(s[6:])
	if r := utf16.DecodeRune(hi, lo); ok && r != utf8.RuneError {
		return r, 12
	}
	return 0, 0
}

func hexEscape(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}

// unexpected is the error that something else stands here than what the grammar wants.
func (s *scanner) unexpected(wanted string) *Error {
	if s.pos == len(s.src) {
		return s.fail(KindSyntax, s.pos, "the filter ends where "+wanted+" is expected", "")
	}
	end := s.pos
	for end < len(s.src) && isNameByte(s.src[end]) {
		end++
	}
	return s.unexpectedWord(wanted, s.src[s.pos:end])
}

// unexpectedWord does the same where the word that stands here is known; it may be empty.
func (s *scanner) unexpectedWord(wanted, word string) *Error {
	if s.pos == len(s.src) {
		return s.unexpected(wanted)
	}
	r, _ := utf8.DecodeRuneInString(s.src[s.pos:])
	found := strconv.QuoteRune(r)
	switch {
	case strings.IndexFunc(word, func(r rune) bool { return r <= ' ' || r >= 0x7f }) >= 0:
		found = strconv.Quote(abridge(word))
	case word != "":
		found = abridge(word)
	}
	return s.fail(KindSyntax, s.pos, "expected "+wanted+", found "+found, mend(r, word))
}

// mend suggests what to write for what people write by mistake.
func mend(r rune, word string) string {
	switch r {
	case '\'', '“', '”', '„', '‘', '’':
		return `strings stand in double quotes: "text"`
	case '=':
		return "write eq"
	case '!':
		return "write ne, or not (...)"
	case '<', '>':
		return "write lt, le, gt or ge"
	case '&':
		return "write and"
	case '|':
		return "write or"
	case '\u00a0', '\u2007', '\u202f', '\u3000':
		return "this is a non-breaking or wide space; use a plain one"
	case '\ufeff':
		return "this is a byte order mark; remove it"
	}
	switch strings.ToLower(word) {
	case "equals", "is":
		return "write eq"
	case "contains", "like":
		return "write co"
	case "startswith":
		return "write sw"
	case "endswith":
		return "write ew"
	case "in":
		return `write (a eq "x" or a eq "y")`
	case "exists", "present":
		return "write pr"
	case "not":
		return "write ne, or not (...)"
	case "regex", "matches":
		return "there are no regular expressions; write co, sw or ew"
	}
	return ""
}

func isSpace(c byte) bool  { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isNameByte(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '_' || c == '-'
}
