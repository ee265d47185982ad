package tenant

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// pageSize is how many values a page is asked to hold: the most that is documented.
const pageSize = "100"

// maxEmptyPages is how many pages without values may follow each other.
const maxEmptyPages = 1000

// Page is a part of a listing.
type Page struct {
	Values []jsontext.Value // as they came, redacted; may be none although there are more pages
	Next   string           // the token of the following page; "" = this is the last
}

// pager walks through a listing.
type pager struct {
	client *Client
	path   string
	query  url.Values
	token  string          // of the next page
	seen   map[string]bool // tokens that led to a page
	empty  int             // pages without values in a row
	plain  bool            // the tenant does not take page_size
	done   bool
}

// advance notes that a page was read.
func (p *pager) advance(page Page) error {
	p.token, p.done = page.Next, page.Next == ""
	if p.done {
		return nil
	}
	if p.empty++; len(page.Values) > 0 {
		p.empty = 0
	}
	if p.empty == maxEmptyPages {
		return p.refuse(fmt.Sprintf("%d pages in a row hold nothing, and there are always more", maxEmptyPages), "try again; if it stays, tell the vendor")
	}
	if p.seen[page.Next] {
		return p.refuse("paging goes in circles: a page names the token of an earlier one as the next", "try again; if it stays, tell the vendor")
	}
	if p.seen == nil {
		p.seen = map[string]bool{}
	}
	p.seen[page.Next] = true
	return nil
}

// next reads the next page. The pager stands behind it then.
func (p *pager) next(ctx context.Context) (Page, error) {
	query := maps.Clone(p.query)
	if query == nil {
		query = url.Values{}
	}
	if !p.plain {
		query.Set("page_size", pageSize)
	}
	if p.token != "" {
		query.Set("page_token", p.token)
	}
	answer, err := p.client.get(ctx, p.path, query)
	if !p.plain && p.token == "" && isStatus(err, http.StatusBadRequest) && aboutQuery(err) {
		// Not every listing is documented to take it.
		p.plain = true
		query.Del("page_size")
		if again, failed := p.client.get(ctx, p.path, query); failed == nil {
			answer, err = again, nil
		}
	}
	if err != nil {
		return Page{}, err
	}
	page, err := p.read(answer)
	if err != nil {
		return Page{}, err
	}
	return page, p.advance(page)
}

// aboutQuery tells whether an error speaks of what a request asks for behind its path.
func aboutQuery(err error) bool {
	text := strings.ToLower(err.Error())
	return slices.ContainsFunc([]string{"page_size", "pagesize", "parameter", "query"}, func(word string) bool { return strings.Contains(text, word) })
}

// read takes a page apart. has_more alone decides whether there are more pages: a token may be left over at the end.
func (p *pager) read(answer jsontext.Value) (Page, error) {
	fields, err := members(answer)
	if err != nil {
		return Page{}, p.refuse("the answer is no page of values: "+err.Error(), "")
	}
	var page Page
	var more bool
	for name, into := range map[string]any{"values": &page.Values, "next_page_token": &page.Next, "has_more": &more} {
		if v := fields[name]; v != nil {
			if err := json.Unmarshal(v, into); err != nil {
				return Page{}, p.refuse(fmt.Sprintf("the answer is no page of values: %s is %s", name, harmless(string(v), maxExcerpt)), "")
			}
		}
	}
	if fields["values"] == nil && fields["has_more"] == nil && fields["next_page_token"] == nil && len(fields) > 0 {
		names := slices.Sorted(maps.Keys(fields))
		return Page{}, p.refuse("the answer is no page of values: it has "+harmless(strings.Join(names, ", "), maxExcerpt), "")
	}
	if more && page.Next == "" {
		return Page{}, p.refuse("the answer says has_more and names no next_page_token", "try again; if it stays, tell the vendor")
	}
	if !more {
		page.Next = ""
	}
	return page, nil
}

func (p *pager) refuse(message, hint string) *Error {
	return &Error{Method: http.MethodGet, Path: p.path, Status: http.StatusOK, Message: message, Attempts: 1, Hint: hint}
}

// members are the members of a JSON object by their names in snake_case, without those that are null.
func members(v jsontext.Value) (map[string]jsontext.Value, error) {
	if v.Kind() != '{' {
		return nil, fmt.Errorf("it is %s, want an object", harmless(string(v), maxExcerpt))
	}
	var raw map[string]jsontext.Value
	if err := json.Unmarshal(v, &raw); err != nil {
		return nil, err
	}
	out := make(map[string]jsontext.Value, len(raw))
	for name, value := range raw {
		if value.Kind() == 'n' {
			continue
		}
		snake := snakeCase(name)
		if _, both := raw[snake]; !both || snake == name {
			out[snake] = value
		}
	}
	return out, nil
}

// snakeCase is a name of the wire format in the spelling that the API prints: protobuf's JSON also allows camelCase.
func snakeCase(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
