package scimeval

import (
	"strconv"

	filter "github.com/scim2/filter-parser/v2"
)

// Parse reads a filter. The error, if any, is an *Error.
func Parse(src string) (Node, error) {
	n, err := scan(src)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// assemble lets the parser library decide the structure of clean, whose names a0, a1, ... stand for leaves.
func assemble(clean []byte, leaves []Node, src string) (Node, *Error) {
	expr, err := filter.ParseFilterNumber(clean)
	if err != nil {
		// The scanner accepts nothing that the library refuses; FuzzParse watches over that.
		return nil, &Error{Kind: KindSyntax, Source: src, Message: "the parser refuses this filter: " + err.Error()}
	}
	return graft(expr, leaves), nil
}

// graft puts the leaves into the library's tree. Chains of one operator lean to the left there and are walked in a
// loop, so that a long chain needs no deep stack.
func graft(expr filter.Expression, leaves []Node) Node {
	switch e := expr.(type) {
	case *filter.AttributeExpression:
		i, err := strconv.Atoi(e.AttributePath.AttributeName[1:])
		if err != nil || i >= len(leaves) {
			panic("scimeval: the parser names a leaf that the scanner did not: " + e.AttributePath.AttributeName)
		}
		return leaves[i]
	case *filter.NotExpression:
		return &Not{Term: graft(e.Expression, leaves)}
	case *filter.LogicalExpression:
		var reversed []filter.Expression
		var left filter.Expression = e
		for {
			l, ok := left.(*filter.LogicalExpression)
			if !ok || l.Operator != e.Operator {
				break
			}
			reversed = append(reversed, l.Right)
			left = l.Left
		}
		terms := flatten(nil, graft(left, leaves), e.Operator)
		for i := len(reversed) - 1; i >= 0; i-- {
			terms = flatten(terms, graft(reversed[i], leaves), e.Operator)
		}
		if e.Operator == filter.AND {
			return &And{Terms: terms}
		}
		return &Or{Terms: terms}
	}
	panic("scimeval: the parser returned an unknown node")
}

// flatten appends a term, or the terms of a term with the same operator: and and or are associative.
func flatten(terms []Node, n Node, op filter.LogicalOperator) []Node {
	switch n := n.(type) {
	case *And:
		if op == filter.AND {
			return append(terms, n.Terms...)
		}
	case *Or:
		if op == filter.OR {
			return append(terms, n.Terms...)
		}
	}
	return append(terms, n)
}
