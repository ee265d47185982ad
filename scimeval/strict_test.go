package scimeval

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// strictTruths are cases under rfc7644 semantics besides those of the conformance file, over its schema. The clauses
// name its decisions.
const strictTruths = `
# D4 literals in any case
{"is_active": true, "title": null}
T is_active eq True ; title eq NuLL ; is_active ne FALSE
# D6 unassigned
{"title": null, "emails": [], "entitlements": [null, []], "name": {}, "phones": [{}, {"type": null}, null], "addresses": [{"city": null}], "meta": {"created": null}, "scores": [[null]]}
T title eq null ; department eq null ; emails eq null ; entitlements eq null ; name eq null ; phones eq null ; addresses eq null ; meta eq null ; meta.created eq null ; phones.type eq null ; scores eq null
F title ne null ; emails ne null ; entitlements pr ; name pr ; phones pr ; addresses ne null ; meta pr ; phones[type eq null] ; addresses[city eq null]
# D7 the empty string is assigned and not present
{"title": "", "emails": [""], "name": {"givenName": ""}, "phones": [{"value": ""}]}
T title eq "" ; title ne null ; emails ne null ; emails eq "" ; name ne null ; name.givenName eq "" ; phones ne null ; phones eq "" ; title sw ""
F title pr ; emails pr ; name pr ; name.givenName pr ; phones pr ; phones.value pr ; title eq null ; phones[value pr]
T phones[value eq ""] ; phones[not (value pr)]
# rule pr_empty true
rules filter.pr_empty=true
{"title": "", "emails": [""], "name": {"givenName": ""}, "phones": [{"value": ""}]}
T title pr ; emails pr ; name pr ; name.givenName pr ; phones pr ; phones[value pr]
F department pr ; title eq null
# D8 ne is the complement of eq
{"title": null, "emails": ["a", "b"]}
T title ne "x" ; department ne "x" ; salary ne 1 ; is_active ne true ; start_date ne "2024-01-01" ; emails ne "c" ; phones.type ne "x" ; phones ne "x" ; name.givenName ne "x"
F title eq "x" ; title co "" ; salary lt 1 ; start_date gt "0001-01-01" ; emails ne "a" ; emails ne "B"
# rule missing_ne false
rules filter.missing_ne=false
{"title": null, "emails": ["a"], "phones": [{"type": "w"}, {}], "scores": []}
F title ne "x" ; department ne "x" ; phones.ext ne 1 ; scores ne 1 ; name.givenName ne "x"
T emails ne "c" ; phones.type ne "x" ; title eq null ; not (title eq "x") ; phones[type ne "x"]
F emails ne "a" ; phones[ext ne 1]
# D11 precedence
{"title": "x", "level": 1}
T title eq "x" or level eq 2 and level eq 3 ; not (level eq 2) and title pr
F (title eq "x" or level eq 2) and level eq 3
# D12 strings: NFC, full case folding unless caseExact
{"title": "Stra\u00dfe", "department": "e\u0301", "employee_id": "aB", "display_name": "\u1e9e\u212a\ufb03", "notes": "\u13a0\uab70", "cert_ids": ["aB"], "profile_url": "http://A", "photo_hash": "AbC="}
T title eq "STRASSE" ; title co "SS" ; department eq "\u00c9" ; department eq "E\u0301" ; employee_id eq "aB" ; display_name eq "sskFFI" ; notes eq "\uab70\u13a0" ; title ew "SE"
F employee_id eq "ab" ; employee_id co "b" ; cert_ids eq "ab" ; profile_url eq "http://a" ; photo_hash eq "abc=" ; title eq "STRASE"
T cert_ids eq "aB" ; profile_url sw "http://A" ; photo_hash eq "AbC=" ; employee_id ne "ab" ; photo_hash ne "x" ; profile_url gt "http"
# rule string_case exact
rules filter.string_case=exact
{"title": "Abc", "emails": ["Abc"], "phones": [{"type": "Work"}]}
T title eq "Abc" ; title ne "abc" ; emails sw "A" ; phones[type eq "Work"]
F title eq "abc" ; emails eq "abc" ; phones.type eq "work"
# D13 order by code point of the prepared strings
{"title": "b", "department": "\uff5e", "notes": "_"}
T title gt "A" ; title lt "BA" ; department lt "\ud83d\ude80" ; title ge "B" ; notes lt "A" ; title gt ""
F title gt "B" ; title lt "B"
# D14 numbers: integers exactly, decimals as float64
{"badge_id": 9007199254740993, "salary": 9007199254740993, "fte": 0.1, "level": -3, "scores": [1, 2.5]}
T badge_id gt 9007199254740992 ; badge_id ne 9007199254740992 ; salary eq 9007199254740992 ; fte eq 0.1000000000000000055 ; level lt -2.5 ; level eq -3.0 ; level eq -30e-1 ; scores eq 2.5
F badge_id eq 9007199254740992 ; salary gt 9007199254740992 ; fte lt 0.1 ; level eq 3
T badge_id lt 1e308 ; salary lt 1.7e308 ; level gt -1e308
# D15 values that do not fit the schema are unequal and unordered
{"level": "5", "title": 5, "is_active": "true", "start_date": 20240101, "last_login": "soon", "salary": {"a": 1}, "emails": [1, "a"], "name": "x"}
F level eq 5 ; level gt 1 ; title eq "5" ; title co "5" ; is_active eq true ; start_date gt "2000-01-01" ; last_login eq "2024-01-01" ; salary ge 0 ; name.givenName pr ; name[givenName pr]
T level ne 5 ; title ne "5" ; is_active ne true ; last_login ne "2024-01-01" ; emails eq "a" ; title pr ; name pr ; name ne null
# rule coerce on
rules filter.coerce=on
{"level": "5", "salary": "1e3", "is_active": "TRUE", "scores": ["7", "x"], "title": 5, "badge_id": " 5"}
T level eq 5 ; level gt 4.5 ; salary eq 1000 ; is_active eq true ; scores eq 7 ; badge_id ne 5
F level ne 5 ; is_active eq false ; title eq "5" ; scores gt 7 ; badge_id eq 5
# D18 instants
{"start_date": "2024-06-01", "last_login": "2024-06-01T10:30:00+02:00", "meta": {"created": "2024-06-01t08:30:00.5z"}}
T start_date eq "2024-06-01T00:00:00Z" ; last_login eq "2024-06-01T08:30:00" ; last_login gt "2024-06-01" ; meta.created gt "2024-06-01T08:30:00Z" ; last_login ge "2024-06-01T10:30:00+02:00" ; start_date lt "2024-06-01T00:00:00-00:01"
F last_login gt "2024-06-01T09:00:00Z" ; start_date ne "2024-06-01T02:00:00+02:00" ; meta.created le "2024-06-01T08:30:00.499Z"
# D19 strings are no dates and no numbers
{"title": "2024-06-01T10:30:00+02:00", "notes": "10"}
F title eq "2024-06-01T08:30:00Z" ; notes eq "1e1" ; notes gt "9"
T title gt "2024-06-01T09:00:00Z" ; notes lt "9"
# D20 and D21 multi-valued
{"emails": ["a", null, "b"], "scores": [3, null, 7], "cert_ids": []}
T emails eq "a" ; emails ne "c" ; emails.value eq "b" ; emails[value eq "a"] ; emails[VALUE sw "b"] ; scores[value gt 3 and value lt 8] ; scores gt 6 and scores lt 4 ; scores.value pr ; emails co "A"
F emails ne "a" ; emails.value eq "c" ; emails[value eq "a" and value eq "b"] ; scores[value gt 3 and value lt 7] ; cert_ids.value pr ; emails[value eq null] ; cert_ids pr
# rule list_eq whole
rules filter.list_eq=whole
{"emails": ["a", "b"], "entitlements": ["a", null], "phones": [{"value": "1"}], "scores": []}
T entitlements eq "a" ; emails ne "a" ; phones eq "1" ; phones.value eq "1" ; scores ne 1 ; emails co "a"
F emails eq "a" ; entitlements ne "A" ; scores eq 1
# rule list_co member
rules filter.list_co=member
{"emails": ["abc"], "title": "abc", "phones": [{"value": "abc"}]}
T emails co "ABC" ; title co "b" ; phones[value co "b"]
F emails co "b" ; phones co "b" ; phones.value co "b"
# D22 multi-valued complex
{"phones": [{"type": "w", "value": "1"}, {"type": "h", "ext": 5}], "manager_ref": {"value": "u1", "displayName": "D"}}
T phones eq "1" ; phones ne "2" ; phones sw "1" ; phones pr ; phones ne null ; manager_ref pr ; manager_ref.value eq "u1" ; phones.value pr
F phones eq "2" ; phones eq null ; phones ne "1"
# D24 and D25 value paths
{"phones": [{"type": "w", "value": "1", "primary": false}, {"type": "h", "primary": true}], "name": {"givenName": "A"}, "addresses": []}
T phones[type eq "W" and primary eq false] ; phones[value eq null] ; phones[not (value pr)] ; name[givenName eq "a"] ; name[familyName eq null] ; phones[type ne "w"] ; not (addresses[city eq null])
F phones[type eq "w" and primary eq true] ; addresses[city eq null] ; addresses[not (city pr)] ; manager_ref[value eq null] ; phones[type eq "w" and value eq null]
# D27 URNs
{"cost-center": "cc", "department": "d", "agency": "x"}
T URN:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:user:COST-center eq "CC" ; urn:lcmsim:schemas:core:1.0:identity:department pr ; urn:lcm-sim:schemas:extension:contractor-data:1.0:Identity:agency eq "X"
# names in any case
{"department": "d", "phones": [{"type": "w"}], "manager_ref": {"$ref": "r"}}
T DEPARTMENT eq "d" ; Phones.TYPE eq "w" ; PHONES[Type eq "w"] ; manager_ref.$REF eq "r"
# records with names in another case
{"Department": "d", "PHONES": [{"TYPE": "w"}]}
T department eq "d" ; phones.type eq "w"
# D34 the empty operand
{"title": "", "emails": ["", null], "department": "x"}
T title co "" ; title sw "" ; emails ew "" ; department co ""
F notes co "" ; cert_ids sw ""
`

func TestStrictSemantics(t *testing.T) {
	table := strings.Replace(strictTruths, "", "", 1)
	requireTruths(t, table, strictOptions(t))
}

func strictOptions(t testing.TB) func(string) Options {
	c, _ := readConformance(t)
	return func(rules string) Options {
		return Options{Semantics: RFC7644, Rules: rulesWith(t, RFC7644, rules), Schema: &c.Schema}
	}
}

func TestStrictErrors(t *testing.T) {
	for _, c := range []struct{ rules, src, kind, message, hint string }{
		{"", `«departmant eq "x"`, "unknown_attribute", "attribute departmant is not in the schema", "did you mean department?"},
		{"", `title pr and «cost_center eq "x"`, "unknown_attribute", "attribute cost_center is not in the schema", "did you mean cost-center?"},
		{"", "«eq pr", "unknown_attribute", "attribute eq is not in the schema", ""},
		{"", "«urn:x:1:title pr", "unknown_attribute", "attribute title is not in schema urn:x:1", ""},
		{"", "«phones.typ pr", "unknown_attribute", "attribute phones has no sub-attribute typ", "did you mean phones.type?"},
		{"", "phones[«typ pr]", "unknown_attribute", "attribute phones has no sub-attribute typ", "did you mean phones.type?"},
		{"", "«title.value pr", "unknown_attribute", "attribute title has no sub-attribute value", ""},
		{"", "«emails.type pr", "unknown_attribute", "attribute emails has no sub-attribute type", ""},
		{"", "emails[«x pr]", "unknown_attribute", "attribute emails has no sub-attribute x", ""},
		{"", "phones[«urn:a:type pr]", "unknown_attribute", "urn:a:type is not a sub-attribute of phones", ""},
		{"", "«urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:title pr", "unknown_attribute",
			"attribute title is not in schema urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", ""},
		{"filter.attribute_case=exact", "«Title pr", "unknown_attribute", "attribute Title is not in the schema", "did you mean title?"},
		{"filter.attribute_case=exact", "phones[«Type pr]", "unknown_attribute", "attribute phones has no sub-attribute Type", "did you mean phones.type?"},
		{"", `level eq «"5"`, "type", "attribute level is of type integer; the value is a string", "write a number"},
		{"filter.coerce=on", `level eq «"5"`, "type", "attribute level is of type integer; the value is a string", "write a number"},
		{"", "title eq «5", "type", "attribute title is of type string; the value is a number", "write a string"},
		{"", "title co «true", "type", "attribute title is of type string; the value is a boolean", "write a string"},
		{"", `is_active eq «"true"`, "type", "attribute is_active is of type boolean; the value is a string", "write a boolean"},
		{"", "start_date gt «2024", "type", "attribute start_date is of type date; the value is a number", "write a string"},
		{"", "phones[ext gt «\"5\"]", "type", "attribute ext is of type integer; the value is a string", "write a number"},
		{"", `«name eq "x"`, "type", "attribute name is complex: only pr, eq null and ne null apply to it", "name a sub-attribute, such as name.givenName"},
		{"", `«manager_ref eq "x"`, "type", "attribute manager_ref is complex: only pr, eq null and ne null apply to it", "name a sub-attribute, such as manager_ref.value"},
		{"", `«addresses co "x"`, "type", "attribute addresses is complex: only pr, eq null and ne null apply to it", "name a sub-attribute, such as addresses.type"},
		{"", "«title[value pr]", "type", "a value path needs a complex or multi-valued attribute; title is neither", ""},
		{"", "«phones.type[value pr]", "type", "a value path needs an attribute, not a sub-attribute", ""},
		{"", "title «gt null", "operator", "operator gt does not take null", "only eq and ne do"},
		{"", "emails[value «co null]", "operator", "operator co does not take null", "only eq and ne do"},
		{"", "is_active «gt true", "operator", "operator gt does not apply to type boolean", ""},
		{"", `is_active «co "t"`, "operator", "operator co does not apply to type boolean", ""},
		{"", "level «sw 5", "operator", "operator sw does not apply to type integer", ""},
		{"", "fte «ew 5", "operator", "operator ew does not apply to type decimal", ""},
		{"", `last_login «co "2024"`, "operator", "operator co does not apply to type dateTime", ""},
		{"", `start_date «sw "2024"`, "operator", "operator sw does not apply to type date", ""},
		{"", `photo_hash «gt "x"`, "operator", "operator gt does not apply to type binary", ""},
		{"", `start_date eq «"2024-02-30"`, "value", "the value is no date or time", `write "2024-01-31" or "2024-01-31T08:30:00Z"`},
		{"", `last_login ne «""`, "value", "the value is no date or time", `write "2024-01-31" or "2024-01-31T08:30:00Z"`},
		{"", "fte lt «-1e309", "value", "the number is beyond the range of a float64", ""},
		{"", "level lt «1e309", "value", "the number is beyond the range of a float64", ""},
		{"", "level eq «1e10001", "syntax", "number has more than 1000 digits or an exponent beyond 10000", ""},
		{"", "phones[type eq \"w\"]«.value pr", "syntax", "expected a space, ) or the end, found '.'", ""},
	} {
		before, after, _ := strings.Cut(c.src, "«")
		p := Compile([]string{before + after}, strictOptions(t)(c.rules))
		f := p.Filter(0)
		require.Len(t, f.Errors, 1, c.src)
		e := f.Errors[0]
		require.Equal(t, before+"«"+after, e.Source[:e.Offset]+"«"+e.Source[e.Offset:], e.Message)
		require.Equal(t, []string{c.kind, c.message, c.hint}, []string{string(e.Kind), e.Message, e.Hint})
		require.True(t, f.Unknown())
	}
}

// The standard refuses a filter as a whole, and every reason is reported.
func TestStrictErrorsAreAllReported(t *testing.T) {
	p := Compile([]string{`title pr or nosuch pr or level eq "x" or phones[x pr or y pr]`}, strictOptions(t)(""))
	f := p.Filter(0)
	var at []int
	for _, e := range f.Errors {
		at = append(at, e.Offset)
	}
	require.Equal(t, []int{12, 34, 48}, at)
	e := p.NewEvaluator()
	rec := recordOf(t, p, []Value{mustValue(t, `{"title": "x"}`)})
	defer rec.Release()
	require.NoError(t, e.Evaluate(rec))
	require.Equal(t, unknown, maskTruth(e, 0, 0, 0), "true or unknown would be true; a refused filter is not")
}

func mustValue(t testing.TB, text string) Value {
	v, err := ParseValue([]byte(text))
	require.NoError(t, err, text)
	return v
}
