package tenant

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxAnswer      = 64 << 20 // bytes of an answer
	maxErrorAnswer = 64 << 10
	maxMessage     = 400 // bytes of a text from the tenant in an error
	maxExcerpt     = 80
)

// failure is an attempt without an answer.
type failure struct {
	Error
	again bool          // another attempt may help
	once  bool          // one more, that is
	after time.Duration // that the tenant asks to wait
	told  bool          // it does ask
}

// attempt sends one request. A request that is under way when ctx ends has some time to finish.
func (c *Client) attempt(ctx context.Context, r request) (jsontext.Value, *failure) {
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.opt.Timeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(c.opt.Grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-work.Done():
		}
	})
	defer stop()
	req, err := c.newRequest(work, r)
	if err != nil {
		return nil, c.broken(ctx, r, err)
	}
	resp, err := c.wire.RoundTrip(req) // there is no http.Client around it, which would follow redirects
	if err != nil {
		return nil, c.broken(ctx, r, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, c.refusal(r, resp)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		fail := c.broken(ctx, r, fmt.Errorf("the answer breaks off after %d bytes: %w", len(body), err))
		fail.Status, fail.RequestID = resp.StatusCode, c.requestID(resp)
		return nil, fail
	}
	return c.read(r, resp, body)
}

func (c *Client) newRequest(ctx context.Context, r request) (*http.Request, error) {
	u := *c.base
	u.Path += r.path
	u.RawQuery = r.query.Encode() // blanks as +
	body := io.Reader(nothing{})
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), body)
	if err != nil {
		return nil, errRefused
	}
	req.Header.Set("Accept", "application/json")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// nothing is an empty body that net/http does not know to be empty. It sends none, and does not repeat the request on its
// own when a connection breaks: repeats are paced, counted and logged here.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }

// read checks the answer of a request that succeeded.
func (c *Client) read(r request, resp *http.Response, body []byte) (jsontext.Value, *failure) {
	fail := &failure{Error: Error{Method: r.method, Path: r.path, Status: resp.StatusCode, RequestID: c.requestID(resp)}, again: true}
	if len(body) > maxAnswer {
		fail.again = false
		fail.Message = fmt.Sprintf("the answer is larger than %d MiB", maxAnswer>>20)
		return nil, fail
	}
	if kind := resp.Header.Get("Content-Type"); kind != "" && !isJSON(kind) {
		fail.Message = fmt.Sprintf("the answer is %s, want JSON: %s", harmless(c.redact.text(kind), maxExcerpt), c.excerpt(body))
		fail.Hint = "something between here and the tenant may have answered, such as a proxy or a login page"
		return nil, fail
	}
	answer, err := c.redact.json(body)
	if err != nil {
		fail.Message = fmt.Sprintf("the answer of %d bytes is no JSON: %s: %s", len(body), harmless(c.redact.text(err.Error()), maxExcerpt), c.excerpt(body))
		return nil, fail
	}
	return answer, nil
}

// isJSON tells whether a content type is JSON.
func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

// excerpt is the beginning of an answer that is not understood.
func (c *Client) excerpt(body []byte) string {
	if len(bytes.TrimSpace(body)) == 0 {
		return "it is empty"
	}
	return fmt.Sprintf("%q", harmless(c.redact.text(string(body[:min(len(body), 32<<10)])), maxExcerpt))
}

// refusal reads an answer with another status than success.
func (c *Client) refusal(r request, resp *http.Response) *failure {
	fail := &failure{Error: Error{Method: r.method, Path: r.path, Status: resp.StatusCode, Hint: statusHint(resp.StatusCode), RequestID: c.requestID(resp)}}
	fail.again = resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500 && resp.StatusCode != http.StatusNotImplemented
	if fail.again {
		fail.after, fail.told = retryAfter(resp.Header, c.opt.Now())
	}
	if resp.StatusCode == http.StatusUnauthorized {
		fail.cause = ErrUnauthorized
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorAnswer)) // what is left out of an error answer changes nothing
	switch {
	case resp.StatusCode < 400:
		fail.Message = "the answer leads elsewhere, where lcmsim does not follow"
		if to, err := url.Parse(resp.Header.Get("Location")); err == nil && to.Host != "" {
			fail.Message = "the answer leads to " + harmless(c.redact.text(to.Host), maxExcerpt) + ", where lcmsim does not follow"
		}
		fail.Hint = "check VEZA_URL: name the tenant itself"
	case !c.readRefusal(&fail.Error, body):
		fail.Message = "the answer is no error of the API: " + c.excerpt(body)
	}
	return fail
}

// readRefusal reads an error answer of the API, {"code", "message", "request_id", "details"}.
func (c *Client) readRefusal(e *Error, body []byte) bool {
	clean, err := c.redact.json(body)
	if err != nil {
		return false
	}
	var said struct {
		Code        jsontext.Value `json:"code"`
		Message     jsontext.Value `json:"message"`
		RequestID   jsontext.Value `json:"request_id"`
		RequestName jsontext.Value `json:"requestId"`
		Details     jsontext.Value `json:"details"`
	}
	if err := json.Unmarshal(clean, &said); err != nil || said.Code == nil && said.Message == nil {
		return false
	}
	e.Code = harmless(plainText(said.Code), 80)
	e.Message = harmless(plainText(said.Message), maxMessage)
	if details := plainText(said.Details); details != "" && details != "[]" && details != "{}" {
		e.Message = strings.TrimPrefix(e.Message+"; details: "+harmless(details, maxMessage), "; ")
	}
	if id := cmp.Or(plainText(said.RequestID), plainText(said.RequestName)); id != "" {
		e.RequestID = harmless(id, 80)
	}
	return true
}

// plainText is the text of a JSON string, the text of any other value as it stands, "" of null and of nothing.
func plainText(v jsontext.Value) string {
	switch v.Kind() {
	case '"':
		var s string
		if err := json.Unmarshal(v, &s); err == nil {
			return s
		}
	case 'n', jsontext.KindInvalid:
		return ""
	}
	return string(v)
}

// requestID is the id of a request as the headers of its answer have it.
func (c *Client) requestID(resp *http.Response) string {
	return harmless(c.redact.text(resp.Header.Get("X-Request-Id")), 80)
}

// broken is the failure of a request that got no whole answer.
func (c *Client) broken(ctx context.Context, r request, err error) *failure {
	fail := &failure{Error: Error{Method: r.method, Path: r.path}}
	fail.Hint, fail.again = brokenHint(err)
	switch {
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fail.Message, fail.Hint, fail.again, fail.cause = "interrupted while it was under way", "", false, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		fail.Message, fail.once = fmt.Sprintf("no whole answer within %s", c.opt.Timeout), true
	default:
		fail.Message = harmless(c.redact.text(err.Error()), maxMessage)
	}
	return fail
}
