package tenant

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestRedactJSON(t *testing.T) {
	r := newRedactor(testToken)
	for _, tc := range []struct{ in, want string }{
		{` { "a" : [ 1.0 , 1e400, 12345678901234567890, -0 ] } `, `{"a":[1.0,1e400,12345678901234567890,-0]}`},
		{`"x ` + testToken + ` y"`, `"x [redacted] y"`},
		{`{"` + testToken + `":"Bearer ` + testToken + testToken + `"}`, `{"[redacted]":"Bearer [redacted][redacted]"}`},
		{`"\u0076eza-token-A1b2C3d4+\/="`, `"[redacted]"`},
		{`"veza-token-A1b2C3d4%2B%2F%3D"`, `"[redacted]"`},
		{`{"data_provider_secret_refs":[{"id":"s-1"}],"b":2}`, `{"data_provider_secret_refs":["[redacted]"],"b":2}`},
		{`[{"a":{"dataProviderSecretRefs":{"x":["s-1"]}}}]`, `[{"a":{"dataProviderSecretRefs":["[redacted]"]}}]`},
		{`{"data_provider_secret_refs":null}`, `{"data_provider_secret_refs":["[redacted]"]}`},
		{`{"x":"data_provider_secret_refs","y":["dataProviderSecretRefs","s"]}`, `{"x":"data_provider_secret_refs","y":["dataProviderSecretRefs","s"]}`},
		{`null`, `null`},
	} {
		got, err := r.json([]byte(tc.in))
		require.NoError(t, err, tc.in)
		require.Equal(t, tc.want, string(got))
		again, err := r.json(got)
		require.NoError(t, err)
		require.Equal(t, string(got), string(again))
	}
	for _, bad := range []string{``, ` `, `{`, `{"a":1,"a":2}`, `1 2`, `[1]]`, "\"\xff\"", `{"data_provider_secret_refs":[}`, strings.Repeat("[", 1<<20)} {
		_, err := r.json([]byte(bad))
		require.Error(t, err, "%.20q", bad)
	}
}

// A short token may be a word of its own: what is called so keeps its name, and messages do not show it all the same.
func TestRedactShortToken(t *testing.T) {
	r := newRedactor("test")
	got, err := r.json([]byte(`{"name":"test","text":"the latest test","echo":"Authorization: bearer test"}`))
	require.NoError(t, err)
	require.Equal(t, `{"name":"test","text":"the latest test","echo":"Authorization: [redacted]"}`, string(got))
	require.Equal(t, "the latest [redacted]: Bearer [redacted]", r.text("the latest test: Bearer test"))
	require.Equal(t, "a[redacted]b", newRedactor("+/").text("a+/b"))
	require.Equal(t, "[redacted]", newRedactor("a+").text("a%2B"))
}

// What betrays a token is no more shown than the token.
func TestRedactDisguises(t *testing.T) {
	r := newRedactor(testToken)
	for _, text := range []string{
		base64.StdEncoding.EncodeToString([]byte(testToken)), base64.RawURLEncoding.EncodeToString([]byte(testToken)), testToken[:12], testToken[:15],
	} {
		require.Equal(t, "bad key [redacted] here", r.text("bad key "+text+" here"), text)
	}
	require.Equal(t, "bad key [redacted]", r.text("bad key "+testToken[:11]+"..."))
	require.Equal(t, "veza-toke", r.text("veza-toke"), "shorter than the first half of longToken")
}

// No place in a JSON text keeps the token or the id of a secret, and what is not secret stays as it is.
func TestRedactAnywhere(t *testing.T) {
	r := newRedactor(testToken)
	rapid.Check(t, func(t *rapid.T) {
		value := drawJSON(t, 3)
		text, err := json.Marshal(value)
		require.NoError(t, err)
		got, err := r.json(text)
		if err != nil {
			require.ErrorContains(t, err, "duplicate") // two names that were redacted
			return
		}
		require.NotContains(t, string(got), "veza-token")
		require.NotContains(t, string(got), "secret-1")
		if !bytes.Contains(text, []byte("veza-token")) && !bytes.Contains(text, []byte("ecret")) {
			require.JSONEq(t, string(text), string(got))
		}
	})
}

func drawJSON(t *rapid.T, depth int) any {
	word := rapid.SampledFrom([]string{"a", "b", testToken, "x" + testToken, "é\n\"\\<", "1", "", "null"})
	switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
	case kind == 0:
		return word.Draw(t, "text")
	case kind == 1:
		return json.Number(rapid.SampledFrom([]string{"0", "-1.50", "1e300", "123456789012345678901234567890"}).Draw(t, "number"))
	case kind == 2 || depth == 0:
		return rapid.SampledFrom([]any{nil, true, false}).Draw(t, "literal")
	case kind == 3:
		var list []any
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			list = append(list, drawJSON(t, depth-1))
		}
		return list
	}
	object := map[string]any{}
	for range rapid.IntRange(0, 3).Draw(t, "members") {
		object[word.Draw(t, "name")] = drawJSON(t, depth-1)
	}
	if rapid.Bool().Draw(t, "secret") {
		name := rapid.SampledFrom([]string{"data_provider_secret_refs", "dataProviderSecretRefs", "Data_Provider_Secret_Refs"}).Draw(t, "field")
		object[name] = rapid.SampledFrom([]any{"secret-1", []any{map[string]any{"id": "secret-1"}}, map[string]any{"secret-1": 1}}).Draw(t, "refs")
	}
	return object
}

func TestHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"plain é":                 "plain é",
		"a\nb\r\n\tc":             "a b c",
		"\x1b[31mred\x07\x00":     "?[31mred??",
		"a\u202eb\u200bc\ufeffd":  "a?b?c?d",
		"\xff\xfe":                "??",
		strings.Repeat("x", 30):   strings.Repeat("x", 20) + "...",
		strings.Repeat("é", 1000): strings.Repeat("é", 10) + "...",
		"0123456789012345678é":    "0123456789012345678...",
	} {
		require.Equal(t, want, harmless(in, 20))
	}
}
