package loader

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/lcmsim/lcmsim/engine"
)

// maxDepth bounds the nesting of lists and objects in a wire file.
const maxDepth = 256

// nodeKind is the JSON type of a node.
type nodeKind uint8

const (
	nodeNull nodeKind = iota
	nodeBool
	nodeNumber
	nodeString
	nodeList
	nodeObject
)

// String is the kind with its article, for messages.
func (k nodeKind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "a list", "an object"}[k]
}

// node is one value of a JSON or YAML text with its place.
type node struct {
	kind    nodeKind
	text    string   // a string's value; a number or a boolean as it stood
	items   []*node  // of a list
	members []member // of an object, in the order of the text, names distinct
	parent  *node    // nil for the root
	key     string   // as it stood, when the parent is an object
	index   int      // when the parent is a list
	line    int      // from 1
}

// member is one name and value of an object. name is key of the value, or the field's snake_case name once a shape has
// been laid over the object.
type member struct {
	name  string
	value *node
}

// get is the member of that name, or nil.
func (n *node) get(name string) *node {
	for i := range n.members {
		if n.members[i].name == name {
			return n.members[i].value
		}
	}
	return nil
}

// has tells whether the object has the member under that name or its camelCase form.
func (n *node) has(name string) bool {
	return slices.ContainsFunc(n.members, func(m member) bool { return m.name == name || snakeCase(m.name) == name })
}

// path is the JSON path from the root, such as values[0].state; "" for the root.
func (n *node) path() string { return string(n.appendPath(nil, true)) }

// normalPath is the path with [] for every list index.
func (n *node) normalPath() string { return string(n.appendPath(nil, false)) }

func (n *node) appendPath(dst []byte, indexes bool) []byte {
	if n.parent == nil {
		return dst
	}
	dst = n.parent.appendPath(dst, indexes)
	if n.parent.kind == nodeList {
		dst = append(dst, '[')
		if indexes {
			dst = strconv.AppendInt(dst, int64(n.index), 10)
		}
		return append(dst, ']')
	}
	return appendKey(dst, n.key)
}

// appendKey appends .key, or ["key"] for a key that could be misread.
func appendKey(dst []byte, key string) []byte {
	plain := key != "" && !strings.ContainsFunc(key, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '@' || r == '-')
	})
	if plain {
		if len(dst) > 0 {
			dst = append(dst, '.')
		}
		return append(dst, key...)
	}
	return append(strconv.AppendQuote(append(dst, '['), abridge(key)), ']')
}

// abridge shortens a text for a message.
func abridge(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

// at is the node's place in a file.
func (n *node) at(file string) engine.Position {
	return engine.Position{File: file, Line: n.line, Path: n.path()}
}

// canonical is the node as compact JSON with sorted keys.
func (n *node) canonical() []byte { return n.appendCanonical(nil) }

func (n *node) appendCanonical(dst []byte) []byte {
	switch n.kind {
	case nodeNull:
		return append(dst, "null"...)
	case nodeBool, nodeNumber:
		return append(dst, n.text...)
	case nodeString:
		return appendQuoted(dst, n.text)
	case nodeList:
		dst = append(dst, '[')
		for i, item := range n.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.appendCanonical(dst)
		}
		return append(dst, ']')
	case nodeObject:
		sorted := slices.Clone(n.members)
		slices.SortFunc(sorted, func(a, b member) int { return strings.Compare(a.name, b.name) })
		dst = append(dst, '{')
		for i, m := range sorted {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendQuoted(dst, m.name), ':')
			dst = m.value.appendCanonical(dst)
		}
		return append(dst, '}')
	}
	panic("loader: no such node kind")
}

// appendQuoted quotes a text that came from a JSON or YAML reader, so that it is UTF-8.
func appendQuoted(dst []byte, s string) []byte {
	out, err := jsontext.AppendQuote(dst, s)
	if err != nil {
		panic("loader: text that is no UTF-8 in a tree: " + err.Error())
	}
	return out
}

var (
	utf8BOM    = []byte("\xef\xbb\xbf")
	gzipMagic  = []byte("\x1f\x8b")
	zstdMagic  = []byte("\x28\xb5\x2f\xfd")
	utf16Marks = [][]byte{[]byte("\xff\xfe"), []byte("\xfe\xff")}
)

// cleanText removes a byte order mark and reports a text that cannot be read: an empty one, a compressed one and one
// in UTF-16. ok is false then.
func cleanText(file string, data []byte, problems *Problems) (text []byte, ok bool) {
	at := engine.Position{File: file}
	data = bytes.TrimPrefix(data, utf8BOM)
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		problems.add(at, "", "is empty")
	case bytes.HasPrefix(data, gzipMagic), bytes.HasPrefix(data, zstdMagic):
		problems.add(at, "unpack it; only populations are read compressed", "is compressed")
	case bytes.HasPrefix(data, utf16Marks[0]), bytes.HasPrefix(data, utf16Marks[1]):
		problems.add(at, "save it as UTF-8", "is UTF-16 text")
	default:
		return data, true
	}
	return nil, false
}

// parseJSON reads the only value of a JSON text. It reports every duplicate key, and the first syntax error; the
// result is nil when there is one.
func parseJSON(file string, data []byte, problems *Problems) *node {
	data, ok := cleanText(file, data, problems)
	if !ok {
		return nil
	}
	p := jsonParser{
		file:     file,
		data:     data,
		line:     1,
		problems: problems,
		dec:      jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(true)),
	}
	root := &node{}
	if !p.value(root, 0) {
		return nil
	}
	end := int(p.dec.InputOffset())
	if rest := bytes.TrimLeft(data[end:], " \t\r\n"); len(rest) > 0 {
		p.advanceTo(len(data) - len(rest))
		problems.add(engine.Position{File: file, Line: p.line}, "a file holds one JSON value", "has text after the JSON value")
		return nil
	}
	return root
}

// jsonParser turns tokens into nodes and keeps the line.
type jsonParser struct {
	file     string
	data     []byte
	dec      *jsontext.Decoder
	offset   int // up to which lines are counted
	line     int // of offset
	problems *Problems
}

// advance moves the line to the end of the last token. No token holds a line break.
func (p *jsonParser) advance() { p.advanceTo(int(p.dec.InputOffset())) }

func (p *jsonParser) advanceTo(offset int) {
	if offset > p.offset {
		p.line += bytes.Count(p.data[p.offset:offset], []byte{'\n'})
		p.offset = offset
	}
}

// value reads the next value into n, whose parent and key are set. It returns false after a syntax error.
func (p *jsonParser) value(n *node, depth int) bool {
	tok, err := p.dec.ReadToken()
	if err != nil {
		return p.fail(n, err)
	}
	p.advance()
	n.line = p.line
	switch tok.Kind() {
	case 'n':
		n.kind = nodeNull
	case 't', 'f', '0':
		n.kind, n.text = nodeBool, tok.String()
		if tok.Kind() == '0' {
			n.kind = nodeNumber
		}
	case '"':
		n.kind, n.text = nodeString, tok.String()
	case '[', '{':
		if depth == maxDepth {
			p.problems.add(engine.Position{File: p.file, Line: p.line}, "", "nests lists and objects more than %d levels", maxDepth)
			return false
		}
		if tok.Kind() == '[' {
			return p.list(n, depth)
		}
		return p.object(n, depth)
	}
	return true
}

func (p *jsonParser) list(n *node, depth int) bool {
	n.kind = nodeList
	for p.dec.PeekKind() != ']' {
		item := &node{parent: n, index: len(n.items)}
		if !p.value(item, depth+1) {
			return false
		}
		n.items = append(n.items, item)
	}
	return p.close(n)
}

func (p *jsonParser) object(n *node, depth int) bool {
	n.kind = nodeObject
	first := map[string]int{}
	for p.dec.PeekKind() != '}' {
		tok, err := p.dec.ReadToken()
		if err != nil {
			return p.fail(n, err)
		}
		key := tok.String()
		p.advance()
		val := &node{parent: n, key: key}
		at := p.line
		if !p.value(val, depth+1) {
			return false
		}
		if line, dup := first[key]; dup {
			p.problems.add(engine.Position{File: p.file, Line: at, Path: val.path()}, "keep one of them",
				"duplicate key, first on line %d", line)
			continue
		}
		first[key] = at
		n.members = append(n.members, member{key, val})
	}
	return p.close(n)
}

// close reads the end of a list or an object.
func (p *jsonParser) close(n *node) bool {
	if _, err := p.dec.ReadToken(); err != nil {
		return p.fail(n, err)
	}
	p.advance()
	return true
}

// fail reports a syntax error inside n and returns false.
func (p *jsonParser) fail(n *node, err error) bool {
	at := engine.Position{File: p.file, Line: p.line, Path: n.path()}
	var syntax *jsontext.SyntacticError
	if !errors.As(err, &syntax) {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			p.problems.add(at, "the file looks cut off", "ends in the middle of a value")
			return false
		}
		p.problems.add(at, "", "%v", err)
		return false
	}
	p.advanceTo(min(int(syntax.ByteOffset), len(p.data)))
	at.Line = p.line
	if errors.Is(syntax.Err, io.ErrUnexpectedEOF) {
		p.problems.add(at, "the file looks cut off", "ends in the middle of a value")
		return false
	}
	p.problems.add(at, "", "is no JSON: %s", abridge(strings.TrimPrefix(syntax.Err.Error(), "jsontext: ")))
	return false
}
