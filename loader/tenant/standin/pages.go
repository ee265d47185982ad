package standin

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// page is one page of a list. has_more alone says whether there are others.
type page struct {
	Values []json.RawMessage `json:"values"`
	Next   string            `json:"next_page_token"`
	More   bool              `json:"has_more"`
}

// place is where a page of a list begins. Clients see it as a token.
type place struct {
	List   string `json:"l"`
	Offset int    `json:"o"`
	Serial int    `json:"n"` // pages before this one: tokens of one listing differ
	Empty  bool   `json:"e"` // the page has no values, though there are more
	Again  bool   `json:"a"` // FaultDuplicate brought it
	Circle bool   `json:"c"` // FaultLoop brought it
}

func (p place) token() string {
	data, err := json.Marshal(p)
	if err != nil {
		return "" // numbers, booleans and an endpoint's name
	}
	return base64.RawURLEncoding.EncodeToString(data) + "." + seal(data)
}

func seal(data []byte) string {
	sum := sha256.Sum256(append([]byte("page token "), data...))
	return hex.EncodeToString(sum[:8])
}

// placeOf reads a token that was made for a list.
func placeOf(token, list string) (place, bool) {
	if token == "" {
		return place{List: list}, true
	}
	text, sealed, _ := strings.Cut(token, ".")
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || seal(data) != sealed {
		return place{}, false
	}
	var p place
	err = json.Unmarshal(data, &p)
	return p, err == nil && p.List == list
}

// page answers one page of a list. As in the tenant, a page can be empty in the middle (the second one is), and a token can be
// left over at the end (there is one whenever there was more than one page).
func (s *Server) page(c *call, list string, values []json.RawMessage) response {
	query := c.URL.Query()
	size := s.opt.PageSize
	if text := query.Get("page_size"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return c.invalid("page_size", "want a number from 1 to %d", largestPage)
		}
		size = min(size, n)
	}
	at, ok := placeOf(query.Get("page_token"), list)
	if !ok || at.Offset > len(values) {
		return c.invalid("page_token", "it is not a token of this list")
	}
	next := at
	next.Serial++
	next.Again = false
	out := page{Values: []json.RawMessage{}}
	if at.Empty {
		next.Empty = false
		out.Next, out.More = next.token(), true
	} else {
		end := min(at.Offset+size, len(values))
		out.Values = append(out.Values, values[at.Offset:end]...)
		out.More = end < len(values)
		next.Offset, next.Empty = end, at.Offset == 0 && out.More
		if out.More || at.Offset > 0 {
			out.Next = next.token()
		}
	}
	switch fault := s.strikes(c); {
	case at.Circle || fault == FaultLoop:
		out.Next, out.More = place{List: list, Circle: true}.token(), true
	case fault == FaultDuplicate && !at.Again:
		at.Serial++
		at.Again = true
		out.Next, out.More = at.token(), true
	}
	return c.answer(http.StatusOK, out)
}
