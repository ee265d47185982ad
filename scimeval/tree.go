package scimeval

import "strings"

// Op is a comparison operator, in lower case.
type Op string

// The operators of RFC 7644 section 3.4.2.2.
const (
	OpEq Op = "eq"
	OpNe Op = "ne"
	OpCo Op = "co"
	OpSw Op = "sw"
	OpEw Op = "ew"
	OpGt Op = "gt"
	OpGe Op = "ge"
	OpLt Op = "lt"
	OpLe Op = "le"
	OpPr Op = "pr"
)

// Node is a part of a parsed filter: *And, *Or, *Not, *Comparison or *ValuePath.
type Node interface {
	// appendTo prints the node in canonical form.
	appendTo(dst []byte) []byte
}

// And is true iff all of its terms are. It has at least two, none of which is an *And.
type And struct{ Terms []Node }

// Or is true iff one of its terms is. It has at least two, none of which is an *Or.
type Or struct{ Terms []Node }

// Not is true iff its term is false.
type Not struct{ Term Node }

// Comparison compares an attribute with a literal, or tests its presence.
type Comparison struct {
	Path      Path
	Op        Op
	Literal   Value // null for pr as well
	OpAt      int   // byte offset of the operator
	LiteralAt int   // byte offset of the literal; of the operator's end for pr
}

// ValuePath is attribute[filter]: some one element satisfies the filter.
type ValuePath struct {
	Path Path
	Body Node
}

// Path names an attribute: [URI:]Name[.Sub].
type Path struct {
	URI, Name, Sub string
	At             int // byte offset of its first byte
}

// String is the path as written.
func (p Path) String() string {
	s := p.Name
	if p.URI != "" {
		s = p.URI + ":" + s
	}
	if p.Sub != "" {
		s += "." + p.Sub
	}
	return s
}

// Print is the canonical form of a filter: operators in lower case, single spaces, the fewest parentheses. Parsing it
// gives the same tree but for offsets.
func Print(n Node) string { return string(n.appendTo(nil)) }

func (n *And) appendTo(dst []byte) []byte {
	for i, term := range n.Terms {
		if i > 0 {
			dst = append(dst, " and "...)
		}
		if _, ok := term.(*Or); ok {
			dst = append(term.appendTo(append(dst, '(')), ')')
		} else {
			dst = term.appendTo(dst)
		}
	}
	return dst
}

func (n *Or) appendTo(dst []byte) []byte {
	for i, term := range n.Terms {
		if i > 0 {
			dst = append(dst, " or "...)
		}
		dst = term.appendTo(dst)
	}
	return dst
}

func (n *Not) appendTo(dst []byte) []byte {
	return append(n.Term.appendTo(append(dst, "not ("...)), ')')
}

func (n *Comparison) appendTo(dst []byte) []byte {
	dst = append(dst, n.Path.String()...)
	dst = append(dst, ' ')
	dst = append(dst, n.Op...)
	if n.Op != OpPr {
		dst = append(dst, ' ')
		dst = n.Literal.AppendJSON(dst)
	}
	return dst
}

func (n *ValuePath) appendTo(dst []byte) []byte {
	dst = append(dst, n.Path.String()...)
	return append(n.Body.appendTo(append(dst, '[')), ']')
}

// comparisons calls f for every comparison of the tree, those in brackets included, in text order.
func comparisons(n Node, f func(*Comparison)) {
	switch n := n.(type) {
	case *And:
		for _, t := range n.Terms {
			comparisons(t, f)
		}
	case *Or:
		for _, t := range n.Terms {
			comparisons(t, f)
		}
	case *Not:
		comparisons(n.Term, f)
	case *ValuePath:
		comparisons(n.Body, f)
	case *Comparison:
		f(n)
	}
}

// isOp finds the operator that word spells in any letter case.
func isOp(word string) (Op, bool) {
	if len(word) != 2 {
		return "", false
	}
	op := Op(strings.ToLower(word))
	switch op {
	case OpEq, OpNe, OpCo, OpSw, OpEw, OpGt, OpGe, OpLt, OpLe, OpPr:
		return op, true
	}
	return "", false
}
