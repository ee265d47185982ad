package scimeval

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A part of a filter that is compiled by itself says what the filter says, and tells which columns it reads.
func TestCompileTrees(t *testing.T) {
	whole := Compile([]string{`b eq 1E1 and not (a.c eq "x" or t[n eq "y"]) and flag gt true`}, Options{Rules: RulesOf(Vendor)})
	and := whole.Filter(0).Tree.(*And)
	or := and.Terms[1].(*Not).Term.(*Or)
	p := CompileTrees([]Node{and.Terms[0], or.Terms[0], or.Terms[1], or, and.Terms[2]}, Options{Rules: RulesOf(Vendor)})
	require.Equal(t, []Attribute{{Name: "b"}, {Name: "a.c"}, {Name: "a"}, {Name: "t"}}, p.Attributes())
	for i, want := range []struct {
		source string
		reads  []int
	}{
		{`b eq 10`, []int{0}},
		{`a.c eq "x"`, []int{1, 2}},
		{`t[n eq "y"]`, []int{3}},
		{`a.c eq "x" or t[n eq "y"]`, []int{1, 2, 3}},
		{`flag gt true`, nil},
	} {
		require.Equal(t, want.source, p.Filter(i).Source)
		require.Equal(t, want.reads, p.Reads(i), want.source)
	}
	require.Len(t, p.Filter(4).Errors, 1)
	require.True(t, p.Filter(4).Unknown())
}
