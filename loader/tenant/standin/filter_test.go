package standin

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// truthTable goes through the table of section 2 of the contract row by row. A record, then a truth and the filters that have it.
// A line "rules" holds until the next one; without a setting all are at their defaults.
const truthTable = `
# strings
{"s": "Straße 7"}
T s eq "Straße 7" ; s ne "straße 7" ; s co "aß" ; s sw "Str" ; s ew "7" ; s EQ "Straße 7" ; s co ""
F s eq "straße 7" ; s co "STR" ; s sw "str" ; s ew " " ; s ne "Straße 7"
rules filter.string_case=fold
T s eq "STRASSE 7" ; s co "SS" ; s sw "sTRA" ; s ge "STRASSE" ; s lt "strb"
F s ne "strasse 7" ; s eq "strase 7"
rules
# absent and null
{"n": null}
T n ne "a" ; z ne "a" ; z ne 1 ; n eq null ; z eq NULL ; not (z pr) ; not (z eq "a") ; z.y eq null ; z.y ne "a"
F n eq "a" ; z co "" ; n sw "" ; z ew "" ; n gt "" ; z ge 1 ; n lt "z" ; z le "z" ; n pr ; z pr ; n ne null ; z gt null ; n eq true
rules filter.missing_ne=false
F n ne "a" ; z ne "a" ; z.y ne "a" ; n ne true
T n eq null ; not (z eq "a")
rules
# null with other operators, and what is not null
{"s": "a", "e": "", "l": [], "ln": [null], "o": {}}
F s gt null ; s co null ; s eq null ; l eq null ; ln eq null ; o eq null ; ln ne null and s sw null
T s ne null ; e ne null ; l ne null ; l ne "v" ; ln pr ; o pr ; e pr
F l pr
rules filter.pr_empty=false
F e pr ; l pr
T ln pr ; o pr ; s pr ; e eq ""
rules
# lists
{"l": ["a"], "m": ["a", "bc"], "i": [1, 2.0], "e": [], "d": ["2024-01-31"]}
T l eq "a" ; m ne "a" ; m co "a" ; i co 2 ; m sw "b" ; m ew "c" ; i gt 1 ; i le 1 ; d eq "2024-01-31T00:00:00Z" ; e ne "a" ; d co "2024-01-31T01:00:00+01:00"
F l ne "a" ; m eq "a" ; m co "b" ; e eq "a" ; e co "" ; i gt 2 ; i co "1" ; m gt "c"
rules filter.list_eq=any
T m eq "a" ; m eq "bc" ; e ne "a" ; i eq 2
F m ne "a" ; e eq "a" ; m eq "b"
rules filter.list_co=substring
T m co "b" ; m co "bc" ; m co ""
F e co "" ; m co "ab" ; d co "2024-01-31T00:00:00Z"
rules
# objects and lists of them
{"o": {"p": "x", "n": null, "l": ["u", "v"]}, "a": [{"t": "work", "v": 1}, {"t": "home", "w": ["q"]}, null, "s"], "z": [], "c": ["s"], "k.p": "lit", "k": {"p": "nested", "r": 1}, "h.p": null, "h": {"p": "nested"}}
T o[p eq "x"] ; a[t eq "work" and v eq 1] ; a[t eq "home" or v gt 5] ; a[not (v pr)] ; o.p eq "x" ; o.l co "v" ; o.n eq null ; o.q ne "x" ; a[w eq "q"]
F o[p eq "y"] ; a[t eq "home" and v eq 1] ; o.p ne "x" ; o.l eq "u" ; o.n pr ; z[t ne "a"] ; c[t ne "a"] ; none[t ne "a"] ; o.p[q ne 1] ; a[t gt "x"]
T a.t eq "work" ; a.t eq "home" ; a.t ne "x" ; a.v eq null ; a.v pr ; a.v ne "x" ; a.nosuch eq null ; a.nosuch ne 1 ; a.w eq "q"
F a.t ne "work" ; a.t ne null and a.v ne null ; a.nosuch pr ; a.t co "x" ; z.t pr ; c.t pr ; o eq "x" ; a eq "s"
T z.t eq null ; c.t eq null
T k.p eq "lit" ; k.r eq 1 ; k[p eq "nested"] ; h.p eq null ; o ne "x"
F k.p eq "nested" ; h.p eq "nested"
rules filter.missing_ne=false
F o.q ne "x" ; o.n ne "x" ; z.t ne "x"
T a.nosuch ne 1 ; a.v ne 7
rules
# numbers
{"n": 1.0, "big": 9007199254740993, "neg": -0.5, "s": "12", "w": 1e2}
T n eq 1 ; n eq 10e-1 ; big ne 9007199254740992 ; big gt 9007199254740992 ; neg lt 0 ; w ge 100 ; w le 100.00 ; s ne 12 ; n ne "1"
F big eq 9007199254740992 ; n co 1 ; n sw 1 ; s eq 12 ; s gt 5 ; n eq true ; n ew 0
rules filter.coerce=on
{"n": 12, "s": "12.0", "p": "+1", "z": "01", "b": "TRUE", "t": true, "l": ["12"], "x": "0x1", "f": " 1"}
T s eq 12 ; s gt 11 ; s le 12 ; b eq true ; b ne false ; t eq "tRUE" ; n eq "12" ; n lt "13" ; l eq 12 ; l co 12 ; p ne 1 ; z ne 1
F s ne 12 ; p eq 1 ; z eq 1 ; x gt 0 ; f eq 1 ; t gt "a" ; s co 12 ; t eq "yes" ; n eq ""
rules
# booleans
{"b": true, "s": "true", "i": 1}
T b eq true ; b ne false ; b eq TRUE ; s ne true ; i ne true ; b ne "true" ; b pr
F b eq false ; s eq true ; b gt "a" ; b co "t" ; i eq true
U b gt true ; b co true ; none lt false ; s sw true ; b[x ge true] ; none[x pr or y le true] ; not (b gt true) ; b gt true or s eq "x"
T b gt true or s eq "true"
F b gt true and s eq "x"
# instants
{"d": "2024-02-29", "t": "2024-02-29t23:30:00.250-01:00", "x": "2024-02-30", "late": "2024-01-01T24:00:00Z", "leap": "2024-01-01T00:00:60Z", "far": "2024-01-01T00:00:00+14:01"}
T d eq "2024-02-29T00:00:00Z" ; d lt "2024-02-29T00:00:01" ; t eq "2024-03-01T00:30:00.25Z" ; t gt "2024-03-01" ; t ne "2024-02-29t23:30:00.250" ; d ge "2024-02-29"
F d co "2024-02-29T" ; d gt "2024-02-29" ; d eq "2024-02-29 " ; d eq "2024-2-29"
T x gt "2024-02-29T00:00:00Z" ; x eq "2024-02-30" ; late lt "2024-01-02" ; leap ne "2024-01-01T00:01:00Z" ; far ne "2023-12-31T09:59:00Z" ; d lt "soon"
# order by code point
{"s": "b", "u": "é", "g": "\ud83d\ude00"}
T s gt "a" ; s gt "B" ; u gt "z" ; g gt "\uffff" ; s le "b" ; s ge "b" ; g eq "\ud83d\ude00"
F s lt "b" ; s gt "b" ; s lt "Z"
# names
{"Dept": "a", "DEPT": "b", "o": {"Sub": "x"}, "not": "n", "and": 1, "eq": 2}
T Dept eq "a" ; DEPT eq "b" ; not pr ; and eq 1 and eq eq 2 ; not (not eq "x")
F dept pr ; o.sub pr
rules filter.attribute_case=fold
T dept eq "a" ; DEPT eq "b" ; O.SUB eq "x" ; o[sub eq "x"]
rules
# logic
{"a": "1", "b": "2"}
T a pr or b eq "x" and c pr ; not (a eq "x") and b pr ; not(a eq "x") ; ( a pr ) ; NOT (c pr) AND (a pr OR c pr)
F (a pr or b pr) and c pr ; not (a pr or c pr) ; not (not (c pr))
`

func TestTruthTable(t *testing.T) {
	r, err := newRules(nil)
	require.NoError(t, err)
	var record object
	seen := 0
	for line := range strings.SplitSeq(truthTable, "\n") {
		switch word, rest, _ := strings.Cut(line, " "); {
		case line == "" || word == "#":
		case word == "rules":
			set := map[string]string{}
			for setting := range strings.FieldsSeq(rest) {
				name, value, _ := strings.Cut(setting, "=")
				set[name] = value
			}
			r, err = newRules(set)
			require.NoError(t, err)
		case line[0] == '{':
			record, err = readObject([]byte(line))
			require.NoError(t, err, line)
		default:
			want, known := map[string]truth{"T": yes, "F": no, "U": unknown}[word]
			require.True(t, known, line)
			for text := range strings.SplitSeq(rest, " ; ") {
				f, err := parseFilter(text)
				require.NoError(t, err, text)
				require.Equal(t, want, f.eval(r, record), "%s on %v", text, record)
				seen++
			}
		}
	}
	require.Greater(t, seen, 250)
}

func TestSyntaxErrors(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{``, "column 0: expected an attribute name"},
		{`a`, "column 1: expected a blank and an operator"},
		{`a eq`, "column 4: expected a blank and a value"},
		{`a is "x"`, "column 2: expected an operator"},
		{`a eq x`, "column 5: expected a string in double quotes"},
		{`a eq 'x'`, "column 5: expected a string in double quotes"},
		{`a eq "x`, "column 5: expected a closing double quote"},
		{`a eq "x"b`, "column 8: expected a blank after the string"},
		{`a eq "\ud800"`, "column 5: expected a string without half a surrogate pair"},
		{`a eq "\q"`, "column 5: expected a JSON string"},
		{`a eq 01`, "column 5: expected"},
		{`a eq 1e10001`, "column 5: expected"},
		{`a eq ` + strings.Repeat("1", 1001), "column 5: expected"},
		{`a pr b pr`, "column 5: expected and, or or the end"},
		{`a pr and(b pr)`, "column 5: expected and, or or the end"},
		{`a pr or`, "column 5: expected and, or or the end"},
		{`(a pr`, `column 5: expected and, or or ')'`},
		{`a pr)`, "column 4: expected and, or or the end"},
		{`a[b pr`, `column 6: expected and, or or ']'`},
		{`a[b[c pr]]`, "column 3: expected a blank and an operator"},
		{`a[b pr].c pr`, "column 7: expected and, or or the end"},
		{`a.b.c pr`, "column 0: expected an attribute name"},
		{`a. pr`, "column 0: expected an attribute name"},
		{"a pr\xff", "not valid UTF-8"},
		{strings.Repeat("(", 101) + "a pr" + strings.Repeat(")", 101), "column 100: nested deeper than 100"},
		{strings.Repeat("(", 100000), "longer than 65536 bytes"},
	} {
		_, err := parseFilter(tc.text)
		require.ErrorContains(t, err, tc.want, "%.80s", tc.text)
	}
	_, err := parseFilter(strings.Repeat("(", 100) + "a pr" + strings.Repeat(")", 100))
	require.NoError(t, err)
	_, err = parseFilter(`a eq "\\ud800 \ud83d\ude00"`)
	require.NoError(t, err)
}

// The conformance suite is of the standard; its grammar is the tenant's as well, and so are the cases of the decisions that both share.
func TestConformanceWhereItIsShared(t *testing.T) {
	data, err := os.ReadFile("../../../fixtures/conformance/scim_rfc7644.json")
	require.NoError(t, err)
	var suite struct {
		Records []json.RawMessage
		Cases   []struct {
			Name, Filter, Decision string
			Matches                []string
			Error                  bool
			ErrorKind              string `json:"error_kind"`
		}
	}
	require.NoError(t, json.Unmarshal(data, &suite))
	r, err := newRules(map[string]string{"filter.string_case": "fold"})
	require.NoError(t, err)
	evaluated := 0
	for _, tc := range suite.Cases {
		f, err := parseFilter(tc.Filter)
		if tc.Error && (tc.ErrorKind == "syntax" || tc.ErrorKind == "limit") {
			require.Error(t, err, "%s: %.80s", tc.Name, tc.Filter)
			continue
		}
		require.NoError(t, err, "%s: %.80s", tc.Name, tc.Filter)
		if tc.Error || !slices.Contains([]string{"D1", "D4", "D11", "D32", "D33"}, tc.Decision) {
			continue
		}
		matches := []string{}
		for _, raw := range suite.Records {
			record, err := readObject(raw)
			require.NoError(t, err)
			if f.eval(r, record) == yes {
				matches = append(matches, record.text("id"))
			}
		}
		require.Equal(t, tc.Matches, matches, "%s: %.80s", tc.Name, tc.Filter)
		evaluated++
	}
	require.Greater(t, evaluated, 10)
}

func FuzzFilter(f *testing.F) {
	for _, text := range []string{`a eq "x"`, `not (a.b ge 1e3 or c[d pr])`, `a eq "\ud83d\ude00"`, `((`, `urn:x:y:a pr`} {
		f.Add(text)
	}
	record := object{{"a", "x"}, {"c", []any{object{{"d", nil}}}}}
	r, err := newRules(map[string]string{"filter.attribute_case": "fold", "filter.coerce": "on"})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseFilter(text)
		if err != nil {
			require.Nil(t, parsed)
			return
		}
		require.Contains(t, []truth{no, unknown, yes}, parsed.eval(r, record))
	})
}
