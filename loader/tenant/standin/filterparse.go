package standin

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// filter is an expression as a tree.
type filter struct {
	kind    filterKind
	parts   []*filter // of filterAnd, filterOr (two or more), filterNot and filterElement (one)
	name    string    // attribute of filterCompare and filterElement
	op      string    // of filterCompare: eq ne co sw ew gt ge lt le pr
	literal any       // of filterCompare: string, json.Number, bool, or nil for null
}

type filterKind int

const (
	filterCompare filterKind = iota
	filterElement            // name[part]
	filterAnd
	filterOr
	filterNot
)

const (
	longestFilter = 64 << 10 // bytes
	deepestFilter = 100      // parentheses and brackets
)

var operators = map[string]bool{"eq": true, "ne": true, "co": true, "sw": true, "ew": true, "gt": true, "ge": true, "lt": true, "le": true, "pr": true}

// parseFilter reads an expression. The error says what was expected, with a byte column from 0.
func parseFilter(text string) (*filter, error) {
	switch {
	case len(text) > longestFilter:
		return nil, fmt.Errorf("the expression is longer than %d bytes", longestFilter)
	case !utf8.ValidString(text):
		return nil, fmt.Errorf("the expression is not valid UTF-8")
	}
	p := &filterParser{text: text}
	p.blanks()
	f, err := p.either()
	if err != nil {
		return nil, err
	}
	p.blanks()
	if p.at < len(text) {
		return nil, p.wanted("and, or or the end")
	}
	return f, nil
}

// filterParser is a place in a text.
type filterParser struct {
	text    string
	at      int
	depth   int
	bracket bool // inside [ ]
}

func (p *filterParser) wanted(what string) error {
	return fmt.Errorf("column %d: expected %s", p.at, what)
}

// blanks skips white space and says whether there was any.
func (p *filterParser) blanks() bool {
	start := p.at
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
	return p.at > start
}

func (p *filterParser) next(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

// joined skips "and" or "or" with the white space on both sides that it must have.
func (p *filterParser) joined(word string) bool {
	start := p.at
	if p.blanks() && p.at+len(word) <= len(p.text) && strings.ToLower(p.text[p.at:p.at+len(word)]) == word {
		p.at += len(word)
		if p.blanks() {
			return true
		}
	}
	p.at = start
	return false
}

func (p *filterParser) either() (*filter, error) { return p.chain("or", filterOr, p.both) }

func (p *filterParser) both() (*filter, error) { return p.chain("and", filterAnd, p.term) }

func (p *filterParser) chain(word string, kind filterKind, part func() (*filter, error)) (*filter, error) {
	first, err := part()
	if err != nil {
		return nil, err
	}
	parts := []*filter{first}
	for p.joined(word) {
		f, err := part()
		if err != nil {
			return nil, err
		}
		parts = append(parts, f)
	}
	if len(parts) == 1 {
		return first, nil
	}
	return &filter{kind: kind, parts: parts}, nil
}

func (p *filterParser) term() (*filter, error) {
	if p.next('(') {
		return p.inside(')')
	}
	start := p.at
	if strings.HasPrefix(strings.ToLower(p.text[p.at:min(p.at+3, len(p.text))]), "not") {
		p.at += 3
		p.blanks()
		if p.next('(') {
			f, err := p.inside(')')
			if err != nil {
				return nil, err
			}
			return &filter{kind: filterNot, parts: []*filter{f}}, nil
		}
		p.at = start
	}
	return p.comparison()
}

// inside reads a whole expression up to the closing parenthesis or bracket, whose opening one was read.
func (p *filterParser) inside(end byte) (*filter, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > deepestFilter {
		return nil, fmt.Errorf("column %d: nested deeper than %d", p.at-1, deepestFilter)
	}
	p.blanks()
	f, err := p.either()
	if err != nil {
		return nil, err
	}
	p.blanks()
	if !p.next(end) {
		return nil, p.wanted(fmt.Sprintf("and, or or %q", end))
	}
	return f, nil
}

// attributeName is a name with at most one dot; a schema URN may stand before it.
var attributeName = regexp.MustCompile(`^(?:[uU][rR][nN]:[A-Za-z0-9_.:-]*:)?\$?[A-Za-z][A-Za-z0-9_-]*(?:\.\$?[A-Za-z][A-Za-z0-9_-]*)?$`)

func (p *filterParser) comparison() (*filter, error) {
	start := p.at
	for p.at < len(p.text) && (isWord(p.text[p.at]) || strings.IndexByte("-.:$", p.text[p.at]) >= 0) {
		p.at++
	}
	name := p.text[start:p.at]
	if !attributeName.MatchString(name) {
		p.at = start
		return nil, p.wanted("an attribute name")
	}
	if !p.bracket && p.next('[') {
		p.bracket = true
		f, err := p.inside(']')
		p.bracket = false
		if err != nil {
			return nil, err
		}
		return &filter{kind: filterElement, name: name, parts: []*filter{f}}, nil
	}
	if !p.blanks() {
		return nil, p.wanted("a blank and an operator")
	}
	start = p.at
	for p.at < len(p.text) && isWord(p.text[p.at]) {
		p.at++
	}
	op := strings.ToLower(p.text[start:p.at])
	if !operators[op] {
		p.at = start
		return nil, p.wanted("an operator")
	}
	f := &filter{kind: filterCompare, name: name, op: op}
	if op == "pr" {
		return f, nil
	}
	if !p.blanks() {
		return nil, p.wanted("a blank and a value")
	}
	var err error
	f.literal, err = p.value()
	return f, err
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// value reads a literal: a string, or a word up to a blank or a closing sign.
func (p *filterParser) value() (any, error) {
	if p.at < len(p.text) && p.text[p.at] == '"' {
		return p.quoted()
	}
	end := p.at
	for end < len(p.text) && strings.IndexByte(" \t\r\n)]", p.text[end]) < 0 {
		end++
	}
	word := p.text[p.at:end]
	switch strings.ToLower(word) {
	case "true", "false", "null":
		if isPlain(word) {
			p.at = end
			return map[string]any{"true": true, "false": false}[strings.ToLower(word)], nil
		}
	}
	if _, ok := fraction(word); !ok {
		return nil, p.wanted("a string in double quotes, a number, true, false or null")
	}
	p.at = end
	return json.Number(word), nil
}

// isPlain says whether a word is all ASCII.
func isPlain(word string) bool {
	for _, c := range word {
		if c > 127 {
			return false
		}
	}
	return true
}

// loneSurrogate finds a surrogate escape that has no partner, once the pairs are taken out.
var (
	surrogatePair = regexp.MustCompile(`(?i)\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}`)
	loneSurrogate = regexp.MustCompile(`(?i)\\ud[89a-f][0-9a-f]{2}`)
	escape        = regexp.MustCompile(`\\[^u]`)
)

// quoted reads a JSON string, after which a blank, a closing sign or the end must stand.
func (p *filterParser) quoted() (any, error) {
	end := p.at + 1
	for end < len(p.text) && p.text[end] != '"' {
		if p.text[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(p.text) {
		return nil, p.wanted("a closing double quote")
	}
	raw := p.text[p.at : end+1]
	var text string
	if err := json.Unmarshal([]byte(raw), &text); err != nil {
		return nil, p.wanted("a JSON string")
	}
	// Escapes other than \u become a letter, so that \\ud800 is no surrogate.
	if loneSurrogate.MatchString(surrogatePair.ReplaceAllString(escape.ReplaceAllString(raw, "x"), "")) {
		return nil, p.wanted("a string without half a surrogate pair")
	}
	if end+1 < len(p.text) && strings.IndexByte(" \t\r\n)]", p.text[end+1]) < 0 {
		p.at = end + 1
		return nil, p.wanted("a blank after the string")
	}
	p.at = end + 1
	return text, nil
}
