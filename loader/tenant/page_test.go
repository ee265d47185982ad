package tenant

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPaging(t *testing.T) {
	page := func(values, token string, more string) string {
		return `{"values":[` + values + `],"next_page_token":"` + token + `"` + more + `}`
	}
	const more = `,"has_more":true`
	for _, tc := range []struct {
		name   string
		pages  []string
		values []string
		calls  int
		fails  string
	}{
		{"one page", []string{page("1,2", "", "")}, []string{"1", "2"}, 1, ""},
		{"token left over", []string{page("1", "t", `,"has_more":false`)}, []string{"1"}, 1, ""},
		{"nothing at all", []string{`{}`}, nil, 1, ""},
		{"null", []string{`{"values":null,"next_page_token":null,"has_more":null}`}, nil, 1, ""},
		{"camelCase", []string{`{"values":[1],"nextPageToken":"t","hasMore":true}`, page("2", "", "")}, []string{"1", "2"}, 2, ""},
		{"empty pages between", []string{page("1", "a", more), page("", "b", more), page("", "c", more), page("2", "", "")}, []string{"1", "2"}, 4, ""},
		{"same token twice", []string{page("1", "a", more), page("2", "a", more)}, []string{"1"}, 2, "paging goes in circles"},
		{"longer circle", []string{page("1", "a", more), page("2", "b", more), page("3", "a", more)}, []string{"1", "2"}, 3, "paging goes in circles"},
		{"more without token", []string{page("1", "", more)}, nil, 1, "says has_more and names no next_page_token"},
		{"token of another type", []string{`{"values":[],"next_page_token":3,"has_more":true}`}, nil, 1, "next_page_token is 3"},
		{"exact numbers", []string{page(`1.0,12345678901234567890,0.10e5`, "", "")}, []string{"1.0", "12345678901234567890", "0.10e5"}, 1, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var steps []http.HandlerFunc
			for _, p := range tc.pages {
				steps = append(steps, reply(200, p))
			}
			s := newScene(t, script(steps...), nil)
			var values []string
			var failed error
			for page, err := range s.pages(t.Context(), pathPolicies, nil) {
				if err != nil {
					require.NoError(t, failed, "nothing comes after an error")
					failed = err
					continue
				}
				for _, v := range page.Values {
					values = append(values, string(v))
				}
			}
			if tc.fails == "" {
				require.NoError(t, failed)
			} else {
				require.ErrorContains(t, failed, tc.fails)
			}
			require.Equal(t, tc.values, values)
			require.Equal(t, tc.calls, s.Calls())
		})
	}
}

// pages reads a listing page by page. It ends after the first error, which is an *Error.
func (c *Client) pages(ctx context.Context, path string, query url.Values) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		p := pager{client: c, path: path, query: query}
		for !p.done {
			page, err := p.next(ctx)
			if !yield(page, err) || err != nil {
				return
			}
		}
	}
}
