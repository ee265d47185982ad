package tenant

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// redacted stands where something secret stood.
const redacted = "[redacted]"

// refersToSecrets tells whether a member of an answer does, by its name in whatever spelling.
func refersToSecrets(name string) bool {
	return strings.EqualFold(strings.ReplaceAll(name, "_", ""), "dataProviderSecretRefs")
}

// shortToken is the length below which a token may well be a word of its own: it is replaced in texts only where it stands alone,
// and in values of the tenant only behind Bearer, so that a token like test does not rename what is called so.
const shortToken = 8

// longToken is the length from which the first half of that many characters betrays a token.
const longToken = 20

// redactor replaces a token, and in JSON also what refers to secrets.
type redactor struct{ texts, values *regexp.Regexp }

func newRedactor(token string) redactor {
	var list []string
	for _, spelling := range []string{
		token, url.QueryEscape(token), url.PathEscape(token),
		base64.StdEncoding.EncodeToString([]byte(token)), base64.RawURLEncoding.EncodeToString([]byte(token)),
	} {
		list = append(list, regexp.QuoteMeta(spelling))
	}
	if len(token) >= longToken { // gateways repeat the beginning of a token
		list = append(list, regexp.QuoteMeta(token[:longToken/2])+`[A-Za-z0-9._~+/=-]*`)
	}
	spellings := strings.Join(list, "|")
	if len(token) >= shortToken {
		all := regexp.MustCompile(spellings)
		return redactor{all, all}
	}
	edge := func(b byte) string {
		if b == '_' || '0' <= b && b <= '9' || 'A' <= b && b <= 'Z' || 'a' <= b && b <= 'z' {
			return `\b`
		}
		return ""
	}
	return redactor{
		regexp.MustCompile(edge(token[0]) + `(?:` + spellings + `)` + edge(token[len(token)-1])),
		regexp.MustCompile(`(?i:\bBearer +)(?:` + spellings + `)`),
	}
}

// text is a text for people without the token.
func (r redactor) text(s string) string { return r.texts.ReplaceAllLiteralString(s, redacted) }

// value is a string of the tenant without the token.
func (r redactor) value(s string) string { return r.values.ReplaceAllLiteralString(s, redacted) }

// json is a JSON text in its compact form, with numbers as they stood, without the token in any string and with
// ["[redacted]"] for every value that refersToSecrets. It is an error when data is not exactly one JSON value, has duplicate
// names, or is no UTF-8.
func (r redactor) json(data []byte) (jsontext.Value, error) {
	var out bytes.Buffer
	dec := jsontext.NewDecoder(bytes.NewReader(data))
	enc := jsontext.NewEncoder(&out)
	for {
		tok, err := dec.ReadToken()
		if errors.Is(err, io.EOF) && out.Len() > 0 && dec.StackDepth() == 0 {
			return bytes.TrimSpace(out.Bytes()), nil
		}
		if err != nil {
			return nil, err
		}
		if tok.Kind() == '"' {
			text := tok.String()
			if err := enc.WriteToken(jsontext.String(r.value(text))); err != nil {
				return nil, err
			}
			if isName(dec) && refersToSecrets(text) {
				if err := dec.SkipValue(); err != nil {
					return nil, err
				}
				if err := enc.WriteValue(jsontext.Value(`["` + redacted + `"]`)); err != nil {
					return nil, err
				}
			}
		} else if err := enc.WriteToken(tok); err != nil {
			return nil, err
		}
		if dec.StackDepth() == 0 && dec.PeekKind() > 0 {
			return nil, errors.New("there is more than one JSON value")
		}
	}
}

// isName tells whether the string that was read last is the name of a member.
func isName(dec *jsontext.Decoder) bool {
	kind, length := dec.StackIndex(dec.StackDepth())
	return kind == '{' && length%2 == 1
}

// harmless is a text on one line without characters that a terminal acts on, cut to so many bytes.
func harmless(s string, most int) string {
	if len(s) > 8*most {
		s = s[:8*most]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
