package scimeval

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	wantOperand  = "an attribute name, not or ("
	wantOperator = "an operator: eq ne co sw ew gt ge lt le pr"
	wantValue    = `a value: "text", a number, true, false or null`
	wantMore     = "and, or, ) or the end"
	escapeHint   = `allowed are \" \\ \/ \b \f \n \r \t and \uXXXX`
)

// syntaxErrors are filters with a « at the place of the error. A message that begins with > is the rest of "expected".
var syntaxErrors = []struct{ src, message, hint string }{
	{"«", "empty expression", `write a filter such as employment_status eq "ACTIVE"`},
	{"« \t\r\n", "empty expression", `write a filter such as employment_status eq "ACTIVE"`},

	// where an operand belongs
	{"( «", "the filter ends where " + wantOperand + " is expected", ""},
	{"not («", "the filter ends where " + wantOperand + " is expected", ""},
	{"a pr and «", "the filter ends where " + wantOperand + " is expected", ""},
	{"(«)", ">" + wantOperand + ", found ')'", ""},
	{"not («)", ">" + wantOperand + ", found ')'", ""},
	{"a[«]", ">" + wantOperand + ", found ']'", ""},
	{"a[ «]", ">" + wantOperand + ", found ']'", ""},
	{"«[a pr]", ">" + wantOperand + ", found '['", ""},
	{"«! a pr", ">" + wantOperand + ", found '!'", "write ne, or not (...)"},
	{`«"a" eq 1`, ">" + wantOperand + ", found '\"'", ""},
	{"«1a eq 1", ">" + wantOperand + ", found 1a", ""},
	{"«_a eq 1", ">" + wantOperand + ", found _a", ""},
	{"«$ eq 1", ">" + wantOperand + ", found '$'", ""},
	{"«.a eq 1", ">" + wantOperand + ", found '.'", ""},
	{"«é eq 1", ">" + wantOperand + ", found 'é'", ""},
	{"«\ufeffa pr", ">" + wantOperand + `, found '\ufeff'`, "this is a byte order mark; remove it"},
	{"a pr or «)", ">" + wantOperand + ", found ')'", ""},

	// paths
	{"a.b«.c eq 1", "a path has at most one dot", "write attribute or attribute.sub_attribute"},
	{"a«$ eq 1", "a path has at most one dot", "write attribute or attribute.sub_attribute"},
	{"a.« eq 1", ">a sub-attribute name, found ' '", ""},
	{"a.«1 eq 1", ">a sub-attribute name, found 1", ""},
	{"a.«.b eq 1", ">a sub-attribute name, found '.'", ""},
	{"urn:x:« eq 1", ">" + wantOperand + ", found ' '", ""},
	{"«:a eq 1", ">" + wantOperand + ", found ':'", ""},
	{"b pr and «a::b eq 1", "schema URN is malformed", "write urn:...:attribute"},
	{"«u_n:x eq 1", "schema URN is malformed", "write urn:...:attribute"},

	// operators
	{"a«", "the filter ends where a space and an operator is expected", ""},
	{"a «", "the filter ends where " + wantOperator + " is expected", ""},
	{"not«", "the filter ends where a space and an operator is expected", ""},
	{"a«>5", ">a space and an operator, found '>'", "write lt, le, gt or ge"},
	{"a«/b eq 1", ">a space and an operator, found '/'", ""},
	{"a«\x00 eq 1", `>a space and an operator, found '\x00'`, ""},
	{"a«\u00a0eq 1", `>a space and an operator, found '\u00a0'`, "this is a non-breaking or wide space; use a plain one"},
	{`department «regex "S.*"`, ">" + wantOperator + ", found regex", "there are no regular expressions; write co, sw or ew"},
	{"a «= 1", ">" + wantOperator + ", found '='", "write eq"},
	{"a «== 1", ">" + wantOperator + ", found '='", "write eq"},
	{"a «!= 1", ">" + wantOperator + ", found '!'", "write ne, or not (...)"},
	{"a «<= 1", ">" + wantOperator + ", found '<'", "write lt, le, gt or ge"},
	{"a «equals 1", ">" + wantOperator + ", found equals", "write eq"},
	{"a «contains 1", ">" + wantOperator + ", found contains", "write co"},
	{"a «startsWith 1", ">" + wantOperator + ", found startsWith", "write sw"},
	{"a «ENDSWITH 1", ">" + wantOperator + ", found ENDSWITH", "write ew"},
	{`a «in ("x")`, ">" + wantOperator + ", found in", `write (a eq "x" or a eq "y")`},
	{"a «exists", ">" + wantOperator + ", found exists", "write pr"},
	{"a «ſw \"x\"", ">" + wantOperator + ", found 'ſ'", ""},
	{"a «not eq 1", ">" + wantOperator + ", found not", "write ne, or not (...)"},
	{"not «a eq 1", ">" + wantOperator + ", found a", "not needs parentheses: write not (...)"},
	{"a pr and NOT «b pr", ">" + wantOperator + ", found b", "not needs parentheses: write not (...)"},
	{"and «a pr", ">" + wantOperator + ", found a", "and stands between two comparisons; here it is read as an attribute name"},
	{"a pr or or «b pr", ">" + wantOperator + ", found b", "or stands between two comparisons; here it is read as an attribute name"},

	// literals
	{"a eq«", "the filter ends where a space and a value is expected", ""},
	{"a eq «", "the filter ends where " + wantValue + " is expected", ""},
	{`a eq«"x"`, ">a space and a value, found '\"'", ""},
	{"a eq «'x'", ">" + wantValue + ", found 'x'", `strings stand in double quotes: "text"`},
	{"a eq «“x”", ">" + wantValue + ", found \"“x”\"", `strings stand in double quotes: "text"`},
	{"a eq «x", ">" + wantValue + ", found x", ""},
	{"a eq «01", ">" + wantValue + ", found 01", ""},
	{"a eq «1.", ">" + wantValue + ", found 1.", ""},
	{"a eq «.5", ">" + wantValue + ", found .5", ""},
	{"a eq «+1", ">" + wantValue + ", found +1", ""},
	{"a eq «98,000", ">" + wantValue + ", found 98,000", ""},
	{"a eq «--1", ">" + wantValue + ", found --1", ""},
	{"a eq «1\u00a0", ">" + wantValue + `, found "1\u00a0"`, ""},
	{"a eq «nullx", ">" + wantValue + ", found nullx", ""},
	{"a eq «1and b pr", ">" + wantValue + ", found 1and", ""},
	{"a eq «[1]", ">" + wantValue + ", found '['", ""},
	{"a eq «{}", ">" + wantValue + ", found {}", ""},
	{"a gt «today()", ">" + wantValue + ", found today", ""},
	{"a eq «1e10001", "number has more than 1000 digits or an exponent beyond 10000", ""},
	{"a eq «-" + strings.Repeat("1", 1001), "number has more than 1000 digits or an exponent beyond 10000", ""},

	// strings
	{`a eq "x«`, "the string that begins at byte 5 is not closed", `add the missing "`},
	{`a eq "x\"«`, "the string that begins at byte 5 is not closed", `add the missing "`},
	{`a eq "«\`, "invalid escape in a string", escapeHint},
	{`a eq "ab«\x41"`, "invalid escape in a string", escapeHint},
	{`a eq "«\u12"`, "invalid escape in a string", escapeHint},
	{`a eq "«\u+123"`, "invalid escape in a string", escapeHint},
	{`a eq "«\ud83d"`, "invalid escape in a string", escapeHint},
	{`a eq "«\ud83d\u0041"`, "invalid escape in a string", escapeHint},
	{`a eq "«\ude00\ud83d"`, "invalid escape in a string", escapeHint},
	{`a eq "\ud83d\ude00«`, "the string that begins at byte 5 is not closed", `add the missing "`},
	{"a eq \"b«\n\"", "a control character stands in a string", `write it as an escape, such as \n or \t`},
	{"a eq \"«\x00\"", "a control character stands in a string", `write it as an escape, such as \n or \t`},
	{`a eq "a"«"b"`, ">a space, ) or the end, found '\"'", ""},
	{"a eq «\xff", "text is not UTF-8", ""},
	{"é eq \"«\xc3(\" and", "text is not UTF-8", ""},
	{" «\xed\xa0\x80", "text is not UTF-8", ""}, // a surrogate

	// after a term
	{"a pr «b pr", ">" + wantMore + ", found b", ""},
	{"a pr «true", ">" + wantMore + ", found true", ""},
	{"a pr «&& b pr", ">" + wantMore + ", found '&'", "write and"},
	{"a pr «|| b pr", ">" + wantMore + ", found '|'", "write or"},
	{"a pr «xor b pr", ">" + wantMore + ", found xor", ""},
	{"a pr «not (b pr)", ">" + wantMore + ", found not", "write ne, or not (...)"},
	{"a pr«;", ">a space, ) or the end, found ';'", ""},
	{"a[b pr]«.c eq 1", ">a space, ) or the end, found '.'", ""},
	{`a eq "1"«and b pr`, "a space is missing before and", ""},
	{"(a pr)«or b pr", "a space is missing before or", ""},
	{"a pr and«(b pr)", ">a space after and, found '('", ""},
	{"a pr and«", "the filter ends where a space after and is expected", ""},

	// parentheses and brackets
	{"(a pr«", "the ( at byte 0 is not closed", ""},
	{"((a pr)«", "the ( at byte 0 is not closed", ""},
	{"x pr or a[b pr«", "the [ at byte 9 is not closed", ""},
	{"a[(b pr«]", ">and, or or ), found ']'", ""},
	{"a pr«)", ">and, or or the end, found ')'", ""},
	{"a pr«]", ">and, or or the end, found ']'", ""},
	{"(a pr«]", ">and, or or ), found ']'", ""},
	{"(a[b pr«)", ">and, or or ], found ')'", ""},
	{"a[b«[c pr]]", "a value path cannot stand inside another", ""},
	{"a[(b«[c pr])]", "a value path cannot stand inside another", ""},
}

func TestSyntaxErrors(t *testing.T) {
	for _, c := range syntaxErrors {
		before, after, ok := strings.Cut(c.src, "«")
		require.True(t, ok)
		message := c.message
		if rest, ok := strings.CutPrefix(message, ">"); ok {
			message = "expected " + rest
		}
		n, err := Parse(before + after)
		require.Nil(t, n)
		var e *Error
		require.ErrorAs(t, err, &e, "%q", c.src)
		require.Equal(t, before+"«"+after, e.Source[:e.Offset]+"«"+e.Source[e.Offset:], e.Message)
		require.Equal(t, []string{message, c.hint}, []string{e.Message, e.Hint}, c.src)
		require.Equal(t, CodeSyntax, e.Code())

		f := Compile([]string{e.Source}, vendorOptions(t)("")).Filter(0)
		require.True(t, f.Unknown(), "a syntax error makes the whole filter unknown")
		require.Nil(t, f.Tree)
		require.Equal(t, []*Error{e}, f.Errors)
	}
}

func TestLimits(t *testing.T) {
	nested := func(opening, closing string, depth int) string {
		return strings.Repeat(opening, depth) + "a pr" + strings.Repeat(closing, depth)
	}
	longest := `a eq "` + strings.Repeat("é", (MaxFilterBytes-8)/2) + ` "`
	require.Len(t, longest, MaxFilterBytes)
	for _, src := range []string{
		longest,
		nested("(", ")", 100), nested("not (", ")", 100), nested("( not( ", " ) ) ", 50),
		"b[" + nested("(", ")", 99) + "]", nested("(", ")", 99) + " and b[c pr]",
		strings.Repeat("(", 99) + "b[c pr]" + strings.Repeat(")", 99),
		strings.Repeat("a pr or ", 8000) + "b pr",
		"a pr" + strings.Repeat(" ", 65000),
	} {
		_, err := Parse(src)
		require.NoError(t, err, "%.60s", src)
	}
	for src, at := range map[string]int{
		longest + " ":                      MaxFilterBytes,
		strings.Repeat("x", 1<<20):         MaxFilterBytes,
		nested("(", ")", 101):              100,
		nested("not (", ")", 101):          5*100 + 4,
		strings.Repeat("(", 60000):         100,
		strings.Repeat("a[", 30000):        -1,
		strings.Repeat("not(", 9999):       4*100 + 3,
		"b[" + nested("(", ")", 100) + "]": 2 + 99,
		strings.Repeat("(", 100) + "b[c pr]" + strings.Repeat(")", 100): 101,
	} {
		_, err := Parse(src)
		var e *Error
		require.ErrorAs(t, err, &e)
		if at < 0 {
			require.Equal(t, KindSyntax, e.Kind)
			continue
		}
		require.Equal(t, KindLimit, e.Kind, e.Message)
		require.Equal(t, CodeLimit, e.Code())
		require.Equal(t, at, e.Offset, "%.60s", src)
	}
}

func TestErrorText(t *testing.T) {
	_, err := Parse("a == 1")
	require.EqualError(t, err, "syntax error at byte 2: expected an operator: eq ne co sw ew gt ge lt le pr, found '=' (write eq)")
	f := Compile([]string{"x pr"}, strictOptions(t)("")).Filter(0)
	require.EqualError(t, f.Errors[0], "unknown attribute error at byte 0: attribute x is not in the schema")
}

func TestCaret(t *testing.T) {
	long := strings.Repeat("a pr or ", 40)
	for _, c := range []struct {
		src  string
		at   int
		want string
	}{
		{"", 0, "|^"},
		{"a b", 2, "a b|  ^"},
		{"a b", 3, "a b|   ^"},
		{"a b", 99, "a b|   ^"},
		{"a b", -1, "a b|^"},
		{"a\npr\tand\r\nb", 10, "a pr and  b|          ^"},
		{"é ü x", 5, "é ü x|   ^"}, // bytes are not characters
		{"東京 x", 7, "東京 x|   ^"},
		{"a\x1b[31m\x00\x7f\u0085\u202e\u200b\ufeffb", 0, "a [31m      b|^"},
		{"a \xffb", 2, "a  b|  ^"},
		{long + "!", len(long), "..." + long[len(long)-60:] + "!|" + strings.Repeat(" ", 63) + "^"},
		{"!" + long, 0, "!" + long[:59] + "...|^"},
	} {
		require.Equal(t, c.want, strings.Replace(Caret(c.src, c.at), "\n", "|", 1), "%q", c.src)
		require.Equal(t, 1, strings.Count(Caret(c.src, c.at), "\n"))
	}
	_, err := Parse("dept regex 1")
	require.Equal(t, "dept regex 1\n     ^", err.(*Error).Caret())
}

// dump shows a tree in one line, with the byte offsets of its parts.
func dump(n Node) string {
	list := func(op string, terms []Node) string {
		for _, t := range terms {
			op += " " + dump(t)
		}
		return "(" + op + ")"
	}
	switch n := n.(type) {
	case *And:
		return list("and", n.Terms)
	case *Or:
		return list("or", n.Terms)
	case *Not:
		return "(not " + dump(n.Term) + ")"
	case *ValuePath:
		return fmt.Sprintf("%s@%d[%s]", n.Path, n.Path.At, dump(n.Body))
	case *Comparison:
		literal := ""
		if n.Op != OpPr {
			literal = n.Literal.String()
		}
		return fmt.Sprintf("%s@%d%s@%d%s@%d", n.Path, n.Path.At, n.Op, n.OpAt, literal, n.LiteralAt)
	}
	panic("unknown node")
}

func TestTrees(t *testing.T) {
	for _, c := range []struct{ src, tree, printed string }{
		{"a pr", "a@0pr@2@4", "a pr"},
		{" \n a  PR\t", "a@3pr@6@8", "a pr"},
		{`a EQ "x"`, `a@0eq@2"x"@5`, `a eq "x"`},
		{`a.b  ne   NULL`, `a.b@0ne@5null@10`, "a.b ne null"},
		{"urn:a:2.0:b.c ge -1.50e1", "urn:a:2.0:b.c@0ge@14-15@17", "urn:a:2.0:b.c ge -15"},
		{"$a.$b-c_d eq False", "$a.$b-c_d@0eq@10false@13", "$a.$b-c_d eq false"},
		{`a eq "\u0041\/\n\ud83d\ude00\"\\"`, `a@0eq@2"A/\n😀\"\\"@5`, `a eq "A/\n😀\"\\"`},
		{"a pr and b pr and c pr", "(and a@0pr@2@4 b@9pr@11@13 c@18pr@20@22)", "a pr and b pr and c pr"},
		{"a pr or b pr and c pr", "(or a@0pr@2@4 (and b@8pr@10@12 c@17pr@19@21))", "a pr or b pr and c pr"},
		{"a pr and b pr or c pr", "(or (and a@0pr@2@4 b@9pr@11@13) c@17pr@19@21)", "a pr and b pr or c pr"},
		{"(a pr or b pr) and c pr", "(and (or a@1pr@3@5 b@9pr@11@13) c@19pr@21@23)", "(a pr or b pr) and c pr"},
		{"(a pr and b pr) and c pr", "(and a@1pr@3@5 b@10pr@12@14 c@20pr@22@24)", "a pr and b pr and c pr"},
		{"a pr or (b pr or (c pr))", "(or a@0pr@2@4 b@9pr@11@13 c@18pr@20@22)", "a pr or b pr or c pr"},
		{"not (a pr) and b pr", "(and (not a@5pr@7@9) b@15pr@17@19)", "not (a pr) and b pr"},
		{"NOT(a pr and b pr)", "(not (and a@4pr@6@8 b@13pr@15@17))", "not (a pr and b pr)"},
		{"not ( ( a pr ) )", "(not a@8pr@10@12)", "not (a pr)"},
		{"not (not (a pr))", "(not (not a@10pr@12@14))", "not (not (a pr))"},
		{`a[b eq "]" and not (c pr or d pr)]`, `a@0[(and b@2eq@4"]"@7 (not (or c@20pr@22@24 d@28pr@30@32)))]`, `a[b eq "]" and not (c pr or d pr)]`},
		{"a[b pr or c pr or d pr] or e.f[ g pr ]", "(or a@0[(or b@2pr@4@6 c@10pr@12@14 d@18pr@20@22)] e.f@27[g@32pr@34@36])", "a[b pr or c pr or d pr] or e.f[g pr]"},
		{"not pr and and pr or or pr", "(or (and not@0pr@4@6 and@11pr@15@17) or@21pr@24@26)", "not pr and and pr or or pr"},
		{"not[a pr]", "not@0[a@4pr@6@8]", "not[a pr]"},
	} {
		n, err := Parse(c.src)
		require.NoError(t, err, c.src)
		require.Equal(t, c.tree, dump(n), c.src)
		require.Equal(t, c.printed, Print(n))
		again, err := Parse(c.printed)
		require.NoError(t, err)
		require.Equal(t, c.printed, Print(again))
	}
}
