package scimeval

import "testing"

// vendorTruths has every clause of the two tables of SPEC section 2 and every alternative of the filter rules.
const vendorTruths = `
# strings are compared with regard to case
{"x": "Abc"}
T x eq "Abc" ; x ne "abc" ; x co "bc" ; x sw "Ab" ; x ew "bc" ; x co "" ; x sw "" ; x ew "" ; x EQ "Abc" ; x Co "b"
F x eq "abc" ; x ne "Abc" ; x co "BC" ; x sw "ab" ; x ew "BC" ; x eq "" ; x eq "Ab" ; x sw "Abcd"
{"x": "Straße"}
F x eq "STRASSE" ; x co "SS"
{"x": "\u00e9"}
F x eq "e\u0301" ; x eq "\u00c9"
T x eq "\u00E9" ; x ne "e\u0301"
# rule string_case fold
rules filter.string_case=fold
{"x": "Abc"}
T x eq "aBC" ; x co "BC" ; x sw "aB" ; x ew "C" ; x gt "ABB" ; x le "ABC"
F x ne "aBC" ; x lt "abc" ; x gt "abc"
{"x": "Straße"}
T x eq "STRASSE" ; x co "SS" ; x ew "sse"
{"x": "ﬃ \u212a Σίσυφος"}
T x eq "FFI k σίσυφοσ" ; x sw "f" ; x co "fi "
{"x": "Ꭰꭰ"}
T x eq "ꭰꭰ" ; x eq "ᎠᎠ"
{"x": "İ"}
F x eq "i"
{"x": ["Abc"]}
T x eq "abc" ; x co "ABC" ; x sw "AB"
{"x": [{"t": "Work"}]}
T x.t eq "work" ; x[t eq "WORK"]
F x.T eq "work"
{"x": "_"}
T x lt "A"
# absent or null
{"n": null}
F x eq "a" ; x co "a" ; x sw "a" ; x ew "a" ; x gt "a" ; x ge "a" ; x lt "a" ; x le "a" ; x pr ; x eq 1 ; x eq true ; x co ""
F n eq "a" ; n co "a" ; n sw "a" ; n ew "a" ; n gt "a" ; n ge "a" ; n lt "a" ; n le "a" ; n pr ; n eq 1 ; n eq true ; n co ""
T x ne "a" ; n ne "a" ; x ne 1 ; n ne true ; x ne "" ; not (x eq "a") ; not (n pr)
F x.y eq "a" ; n.y eq "a" ; x.y pr ; n.y pr
T x.y ne "a" ; n.y ne "a" ; x.y eq null ; n.y eq null
F x.y ne null ; n.y ne null
# rule missing_ne false
rules filter.missing_ne=false
{"n": null, "s": "a", "o": {"p": null, "q": "a"}, "l": [{"p": null}, {"q": "a"}], "e": [], "z": [null], "m": [1, "a"]}
F x ne "a" ; n ne "a" ; x.y ne "a" ; n.y ne "a" ; s.y ne "b" ; o.y ne "a" ; o.p ne "a" ; e.y ne "a" ; z.y ne "a" ; m.y ne "a"
T not (x eq "a") ; s ne "b" ; o.q ne "b" ; l.q ne "b" ; l.p ne "a" ; l.zz ne "a" ; e ne "a" ; z ne "a" ; m ne "a"
T x eq null ; n eq null ; o.y eq null ; s ne null ; e ne null
F x ne null ; n ne null ; o.y ne null
T l[p ne "a" or q eq "a"]
F l[p ne "a" and q ne "b"]
# eq null and ne null
{"n": null, "s": "", "z": 0, "f": false, "l": [], "ln": [null], "o": {}}
T x eq null ; n eq null ; s ne null ; z ne null ; f ne null ; l ne null ; ln ne null ; o ne null ; x eq NULL ; not (s eq null)
F x ne null ; n ne null ; s eq null ; z eq null ; f eq null ; l eq null ; ln eq null ; o eq null
# null with another operator
{"n": null, "s": "a", "z": 0, "l": [null], "o": [{"p": null}]}
F s co null ; s sw null ; s ew null ; s gt null ; s ge null ; s lt null ; s le null ; n ge null ; x le null ; z le null ; l co null
F o.p le null ; o[p ge null] ; l ge null
T not (n ge null)
# pr
{"n": null, "s": "", "t": "a", "z": 0, "f": false, "e": [], "ln": [null], "le": [""], "o": {}, "oo": [{}], "on": {"p": null}}
T s pr ; t pr ; z pr ; f pr ; ln pr ; le pr ; o pr ; oo pr ; on pr ; s PR
F n pr ; x pr ; e pr ; on.p pr ; o.p pr ; oo.p pr
# rule pr_empty false
rules filter.pr_empty=false
{"n": null, "s": "", "t": " ", "e": [], "ln": [null], "le": [""], "o": {"p": ""}, "oo": [{"p": ""}, {"p": null}], "op": [{"p": ""}, {"p": "a"}]}
F s pr ; n pr ; x pr ; e pr ; o.p pr ; oo.p pr ; oo[p pr]
T t pr ; ln pr ; le pr ; o pr ; oo pr ; op.p pr ; op[p pr] ; s ne null ; s eq "" ; not (s pr)
# list eq is the whole list
{"l": ["a"], "m": ["a", "b"], "e": [], "n": [null], "i": [1.0], "d": ["2024-01-01T00:00:00Z"], "b": [true], "r": ["a", "a"], "nest": [["a"]]}
T l eq "a" ; m ne "a" ; m ne "b" ; e ne "a" ; n ne "a" ; i eq 1 ; d eq "2024-01-01" ; b eq true ; r ne "a" ; nest ne "a" ; l ne "A" ; b ne false
F l ne "a" ; m eq "a" ; m eq "b" ; e eq "a" ; n eq "a" ; i ne 1 ; b eq false ; r eq "a" ; nest eq "a" ; l eq "A" ; b eq "true" ; i eq "1"
# rule list_eq any
rules filter.list_eq=any
{"l": ["a"], "m": ["a", "b"], "e": [], "n": [null], "i": [2, 1.0], "mix": [1, "a", null, {"p": "a"}], "o": [{"p": ["a", "b"]}]}
T l eq "a" ; m eq "a" ; m eq "b" ; i eq 1 ; mix eq "a" ; mix eq 1 ; e ne "a" ; n ne "a" ; m ne "c" ; o.p eq "b" ; o[p eq "a"]
F l ne "a" ; m ne "a" ; e eq "a" ; n eq "a" ; m eq "c" ; mix ne "a" ; o.p ne "b" ; e eq null ; m eq null
# list co is membership
{"l": ["abc", "d"], "i": [1, 2.50], "e": [], "n": [null, ""], "d": ["2024-01-01", "x"], "b": [true], "mix": [1, "1"], "s": "abc"}
T l co "abc" ; l co "d" ; i co 2.5 ; n co "" ; d co "2024-01-01T00:00:00+00:00" ; mix co "1" ; mix co 1 ; s co "b"
F l co "b" ; l co "" ; l co "ABC" ; i co "1" ; i co 2 ; e co "a" ; e co "" ; d co "2024"
U b co true
# rule list_co substring
rules filter.list_co=substring
{"l": ["abc", "d"], "e": [], "n": [null], "o": [{"p": ["abc"]}], "d": ["2024-01-01"]}
T l co "b" ; l co "abc" ; l co "" ; o.p co "b" ; o[p co "c"] ; d co "2024-01"
F l co "x" ; l co "bd" ; e co "" ; n co "" ; d co "2024-01-01T00:00:00Z" ; l eq "b"
# list sw ew gt ge lt le: some element
{"l": ["abc", "xyz"], "i": [1, 5], "e": [], "n": [null], "mix": [1, "b", null, [9], {"p": 9}], "d": ["2024-06-01T00:00:00+02:00"]}
T l sw "ab" ; l ew "yz" ; l gt "x" ; l lt "b" ; l ge "xyz" ; l le "abc" ; i gt 4 ; i lt 2 ; i ge 5 ; i le 1 ; mix gt "a" ; mix lt 2
T d lt "2024-06-01" ; i gt 3 and i lt 3 ; not (i gt 5)
F l sw "bc" ; l ew "ab" ; l gt "y" ; l lt "a" ; i gt 5 ; i lt 1 ; e gt "" ; e lt "z" ; n lt "z" ; n sw "" ; mix gt 8 ; mix gt "c" ; d ge "2024-06-01"
# list of objects: one element satisfies the bracket
{"a": [{"type": "work", "v": "1", "p": false}, {"type": "home", "v": "2", "p": true}, null, 7, "s", {"v": null}]}
T a[type eq "work"] ; a[type eq "work" and v eq "1"] ; a[type eq "home" and p eq true] ; a[not (type pr)] ; a[v eq null] ; a[type ne "work"]
T a[type eq "work" or type eq "x"] ; a[(type eq "x" or v eq "2") and not (p eq false)] ; a[nosuch eq null] ; not (a[type eq "x"])
F a[type eq "work" and v eq "2"] ; a[type eq "Work"] ; a[type eq "work" and p eq true] ; a[nosuch pr] ; a[type eq "work" and v eq "1" and p eq true]
# a single object is a list of one
{"a": {"type": "work", "v": {"w": "x"}}}
T a[type eq "work"] ; a[type pr and q eq null] ; a[v pr] ; a[v.w eq "x"] ; a[v eq null or type ne "home"]
F a[type eq "home"] ; a[q pr] ; a[v.w eq "y"] ; a[v eq "x"]
# a[...] on absent, null, a scalar, a list of scalars and []
{"n": null, "s": "x", "b": true, "l": ["x", 1], "e": [], "z": [null], "o": {}}
F x[p eq null] ; n[p eq null] ; s[p eq null] ; b[p eq null] ; l[p eq null] ; e[p eq null] ; z[p eq null] ; x[p ne "a"] ; l[not (p pr)]
T not (x[p pr]) ; o[p eq null] ; o[p ne "a"] ; o[not (p pr)]
F o[p pr] ; o[p eq "a"]
# brackets behind a dot
{"a": {"b": [{"c": 1}, {"c": 2}]}, "l": [{"b": {"c": 1}}, {"b": [{"c": 2, "d": 3}]}, {"b": 9}, 7]}
T a.b[c eq 2] ; l.b[c eq 1] ; l.b[c eq 2 and d eq 3]
F a.b[c eq 3] ; l.b[c eq 1 and d eq 3] ; l.q[c eq null] ; a.b[c.e pr]
{"a.b": {"c": 5}, "a": {"b": {"c": 1}}}
T a.b[c eq 5]
F a.b[c eq 1]
# a.sub on objects: some element
{"a": [{"t": "w", "n": 1}, {"t": "h"}, {"t": null}, null, "s"], "one": [{"t": "w"}, {"t": "w"}]}
T a.t eq "w" ; a.t eq "h" ; a.t co "" ; a.n gt 0 ; a.t pr ; a.n pr ; a.t ne "x" ; a.t eq null ; a.n eq null ; a.z eq null ; a.z ne "w" ; one.t ne null
F a.t ne "w" ; a.t ne "h" ; a.t eq "x" ; a.z pr ; a.t ne null ; a.z ne null ; one.t eq null ; one.t ne "w" ; a.n gt 1
# an element whose sub-attribute is a list
{"a": [{"l": ["x"]}, {"l": ["y", "z"]}, {"l": []}], "o": {"l": ["y", "z"]}}
T a.l eq "x" ; a.l co "z" ; a.l sw "y" ; a.l ne "y" ; o.l co "y" ; o.l ne "y" ; a.l pr ; o.l pr
F a.l eq "y" ; a.l ne "x" ; a.l eq null ; a.l co "w" ; o.l eq "y"
# a list without objects is absent to a.sub
{"e": [], "s": ["x", 1], "z": [null], "t": "x", "n": 5, "nested": [[{"p": 1}]]}
T e.p eq null ; s.p eq null ; z.p eq null ; t.p eq null ; n.p eq null ; e.p ne "a" ; s.p ne "a" ; t.p ne "a" ; nested.p eq null
F e.p pr ; s.p pr ; t.p pr ; e.p eq "a" ; e.p ne null ; s.p ne null ; t.p ne null ; z.p sw "" ; nested.p pr
# a single object
{"o": {"p": "a", "q": null, "r": "", "i": 5}}
T o.p eq "a" ; o.p ne "b" ; o.q eq null ; o.z eq null ; o.q ne "a" ; o.z ne "a" ; o.r pr ; o.i ge 5 ; o.p sw "a"
F o.p ne "a" ; o.q ne null ; o.z ne null ; o.z pr ; o.q pr ; o.p eq "A" ; o.i eq "5" ; o.P pr
# a literal key with a dot hides the nested one
{"s.d": "x", "s": {"d": "y", "e": "z"}}
T s.d eq "x" ; s.e eq "z" ; s[d eq "y"]
F s.d eq "y"
{"s.d": null, "s": {"d": "y"}}
T s.d eq null ; s.d ne "y"
F s.d pr ; s.d eq "y"
{"s": {"d": "y"}}
T s.d eq "y"
{"s.d": "only"}
T s.d eq "only"
F s.e pr
{"urn:x:1.0:User:s": "u", "urn:x:1.0:User:s.d": "v"}
T urn:x:1.0:User:s eq "u" ; urn:x:1.0:User:s.d eq "v"
F s pr ; urn:X:1.0:User:s pr
{"l": [{"p.q": 1, "p": {"q": 2}}, {"p.q": null, "p": {"q": 3}}, {"p": {"q": 4}}]}
T l[p.q eq 1] ; l[p.q eq 4] ; l[p.q eq null]
F l[p.q eq 2] ; l[p.q eq 3]
# lists and null
{"e": [], "n": [null], "o": {}}
F e eq null ; n eq null ; o eq null ; e pr
T e ne null ; e ne "v" ; n pr ; o pr ; n ne "v"
# an object compared whole
{"o": {"p": 1}, "l": [{"p": 1}], "m": [{"p": 1}, "a"]}
F o eq "a" ; o eq 1 ; o eq true ; o co "p" ; o gt 0 ; l eq "a" ; l co "a" ; o eq null
T o ne "a" ; o ne 1 ; o pr ; l ne "a" ; l pr ; m co "a" ; o ne null
# numbers are exact
{"i": 1, "big": 9007199254740993, "f": 0.1, "e": 1e2, "z": -0.0, "h": 1e10000, "n": -5, "t": 0.30000000000000004}
T i eq 1.0 ; i eq 10e-1 ; big ne 9007199254740992 ; big gt 9007199254740992 ; big eq 9007199254740993.0 ; f eq 0.10 ; f ne 0.1000000000000000055
T e eq 100 ; e eq 1E+2 ; e ge 1e2 ; z eq 0 ; z eq -0 ; z ge 0 ; h gt 9e9999 ; h eq 10e9999 ; n lt -4.9 ; n gt -5.1 ; n lt 0 ; t gt 0.3 ; t ne 0.3
F i eq 1.0000000000000000001 ; big eq 9007199254740992 ; z lt 0 ; h lt 1 ; n gt 0 ; t eq 0.3 ; i lt 1 ; i gt 1
# co sw ew on a number
{"i": 50}
F i co "5" ; i sw "5" ; i ew "0" ; i co 5 ; i sw 5 ; i ew 0
# type mismatches are false, and ne is true
{"i": 50000, "s": "50000", "b": true, "t": "true", "o": {}, "l": ["1", 2]}
F i eq "50000" ; s eq 50000 ; b eq "true" ; t eq true ; b eq 1 ; i eq true ; i gt "4" ; s gt 4 ; b gt "a" ; b ge 0 ; b co "t" ; b sw "" ; s co 5 ; l gt 3 ; l co 1
T i ne "50000" ; s ne 50000 ; b ne "true" ; t ne true ; b ne 1 ; i ne true ; o ne 1 ; not (s gt 4)
# boolean literals
{"b": true, "f": false}
T b eq true ; b ne false ; f eq FALSE ; b eq True ; f ne true ; x ne true
F b eq false ; b ne true ; f eq true ; x eq false
# a boolean literal with another operator is unknown for everybody
{"b": true, "s": "true", "l": [true], "o": [{"p": true}]}
U b co true ; b sw true ; b ew false ; b gt false ; b ge true ; b lt true ; b le true ; x gt true ; s co true ; l co true ; not (b gt false)
U b eq true and b gt true ; b eq false or b gt true ; o.p gt true
F b eq false and b gt true ; not (b eq true or b gt true) ; b gt true and x pr
T b eq true or b gt true ; b gt true or not (x pr) ; not (b gt true and x pr)
U o[p gt true] ; x[p gt true] ; o[p eq true or p gt true] ; o[p eq false and p gt true] ; not (o[p ge false])
T o[p gt true] or b eq true
F o[p gt true] and b eq false
# instants
{"d": "2024-06-01T08:30:00Z", "o": "2024-06-01T10:30:00.000+02:00", "day": "2024-06-01", "low": "2024-06-01t00:00:00z", "bare": "2024-06-01T00:00:00", "frac": "2024-06-01T00:00:00.5Z"}
T d eq "2024-06-01T08:30:00.0Z" ; o eq "2024-06-01T08:30:00Z" ; o eq "2024-06-01T08:30:00" ; day eq "2024-06-01T00:00:00Z" ; low eq "2024-06-01" ; bare eq "2024-06-01"
T o gt "2024-06-01T08:29:59Z" ; o lt "2024-06-01T09:00:00Z" ; d gt "2024-06-01" ; d lt "2024-06-02" ; frac gt "2024-06-01" ; frac lt "2024-06-01T00:00:00.51Z"
T d ne "2024-06-01T08:30:01Z" ; day ge "2024-05-31T14:00:00-10:00" ; frac eq "2024-06-01T00:00:00.500000000000000000000Z"
F o ne "2024-06-01T08:30:00Z" ; d eq "2024-06-01" ; day gt "2024-06-01T00:00:00Z" ; o gt "2024-06-01T09:00:00Z"
T o sw "2024-06-01T10" ; d co "08:30" ; day ew "-01"
F o sw "2024-06-01T08" ; day co "T00"
# one side an instant: by code point
{"s": "soon", "d": "2024-06-01", "bad": "2024-13-01", "us": "06/01/2024", "hour": "2024-06-01T08:30Z", "n": 5}
T s gt "2024-01-01" ; d lt "tomorrow" ; bad gt "2024-12-31" ; us lt "2024-01-01" ; hour gt "2024-06-01" ; d ge "2024" ; s ne "2024-01-01"
F s lt "2024-01-01" ; d gt "tomorrow" ; d eq "tomorrow" ; n gt "2024-01-01" ; n lt "2024-01-01"
# other strings order by code point
{"s": "b", "u": "é", "p": "\ud83d\ude80", "f": "\uff5e", "ten": "10"}
T s gt "B" ; s gt "a" ; s gt "ab" ; s lt "ba" ; u gt "z" ; p gt "\uff5e" ; f lt "\ud83d\ude80" ; ten lt "9" ; s ge "b" ; s le "b" ; s gt ""
F s lt "B" ; s gt "b" ; s lt "b" ; s gt "ba" ; ten gt "9"
# rule coerce on
rules filter.coerce=on
{"s": "50000", "f": "1.50", "neg": "-0", "lead": "01", "plus": "+1", "blank": " 1", "exp": "1E2", "hex": "0x1", "i": 50000, "l": ["7", 8], "o": {"p": "5"}}
T s eq 50000 ; s gt 4 ; s le 5e4 ; f eq 1.5 ; neg eq 0 ; exp eq 100 ; i eq "50000" ; i gt "4" ; i lt "1e9" ; i eq "5.0e4" ; l co 7 ; l gt 6 ; l co "8" ; o.p eq 5 ; o[p gt 4]
F lead eq 1 ; plus eq 1 ; blank eq 1 ; hex eq 1 ; s gt 60000 ; i eq "050000" ; i gt " 4" ; s co 5 ; i co "5" ; i sw "5" ; s sw 5 ; i eq "x" ; s ne 50000 ; i eq "" ; i lt ""
T lead ne 1 ; plus ne 1 ; s eq "50000" ; s lt "6" ; s ne "5e4" ; i ne "x"
{"b": true, "f": false, "t": "TRUE", "u": "faLse", "one": "1", "i": 1, "l": [true, "false"], "sp": "true "}
T t eq true ; u eq false ; t ne false ; b eq "true" ; b eq "True" ; f eq "FALSE" ; b ne "false" ; l co "true" ; t eq "TRUE"
F t eq false ; one eq true ; i eq true ; b eq "1" ; b eq 1 ; b gt "false" ; f lt "true" ; sp eq true ; b co "tru" ; t eq "true" ; b ne "true" ; b ge "true"
U t gt true ; l co true
# rule attribute_case fold: an exact key wins, then the first in record order
rules filter.attribute_case=fold
{"Dept": "a", "DEPT": "b", "dept": "c", "Obj": {"Sub": 1, "SUB": 2}, "L": [{"Type": "w"}, {"TYPE": "h"}], "Lit.Key": "k", "lit": {"key": "n"}}
T dept eq "c" ; DEPT eq "b" ; Dept eq "a" ; dEPT eq "a" ; obj.sub eq 1 ; OBJ.SUB eq 2 ; obj.Sub eq 1 ; l[type eq "h"] ; l.type eq "w" ; l.TYPE eq "h" ; lit.key eq "k" ; LIT.KEY eq "k"
F dEPT eq "b" ; obj.sub eq 2 ; lit.key eq "n" ; dept eq "C"
{"\u212a": 1, "\u017ftrasse": 2}
T k eq 1 ; STRASSE eq 2 ; strasse eq 2
# attribute_case exact
{"Dept": "a", "Obj": {"Sub": 1}}
F dept pr ; obj.Sub pr ; Obj.sub pr
T Dept pr ; Obj.Sub pr
# precedence and layout
{"a": 1, "b": 2}
T a eq 1 or b eq 1 and a eq 2 ; not (a eq 2) and b eq 2 ; not(a eq 2) ; a eq 2 and a eq 1 or b eq 2 ; (a eq 1) ; ((a eq 1)) ; not (not (a eq 1))
F (a eq 1 or b eq 1) and a eq 2 ; not (a eq 1) and b eq 2 ; a eq 1 AND NOT (b eq 2) ; not (a eq 2 or b eq 2)
# names that are keywords, and names with $ and -
{"not": 1, "and": 2, "or": 3, "eq": 4, "pr": 5, "$ref": 6, "cost-center": 7, "true": 8, "null": 9}
T not eq 1 ; and eq 2 ; or eq 3 ; eq eq 4 ; pr pr ; $ref eq 6 ; cost-center eq 7 ; true eq 8 ; null eq 9 ; not pr and not (and pr and or eq 4)
`

func vendorOptions(t testing.TB) func(string) Options {
	return func(rules string) Options { return Options{Semantics: Vendor, Rules: rulesWith(t, Vendor, rules)} }
}

func TestVendorSemantics(t *testing.T) { requireTruths(t, vendorTruths, vendorOptions(t)) }
