package tenant

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const testToken = "veza-token-A1b2C3d4+/="

// clock is a time that passes only while somebody sleeps.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func newClock() *clock { return &clock{now: time.Date(2026, 9, 2, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	c.now = c.now.Add(d)
	c.slept = append(c.slept, d)
	return nil
}

// longest is the longest sleep so far.
func (c *clock) longest() (d time.Duration) {
	for _, s := range c.slept {
		d = max(d, s)
	}
	return d
}

// scene is a client with a server of its own.
type scene struct {
	*Client
	clock *clock
	log   []Attempt
	url   string
}

// newScene starts a server; change may change the options.
func newScene(t *testing.T, handler http.HandlerFunc, change func(*Options)) *scene {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s := &scene{clock: newClock(), url: server.URL}
	opt := Options{URL: server.URL, Token: testToken, Rate: 1000, Now: s.clock.Now, Sleep: s.clock.Sleep,
		Log: func(a Attempt) { s.log = append(s.log, a) }}
	if change != nil {
		change(&opt)
	}
	var err error
	s.Client, err = New(opt)
	require.NoError(t, err)
	return s
}

// reply answers with a status and a JSON text; headers are "Name: value".
func reply(status int, text string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		io.WriteString(w, text)
	}
}

// script answers one request after another; the last step answers all that follow.
func script(steps ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		step := steps[0]
		if len(steps) > 1 {
			steps = steps[1:]
		}
		mu.Unlock()
		step(w, r)
	}
}

func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

func truncated(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "1000")
	io.WriteString(w, `{"values": [`)
	w.(http.Flusher).Flush() // the server closes a connection on which it promised more
}

const emptyPage = `{"values":[],"next_page_token":"","has_more":false}`

func TestRetries(t *testing.T) {
	good := reply(200, emptyPage)
	apiError := func(status int) http.HandlerFunc {
		return reply(status, `{"code":"Something","message":"no luck","request_id":"r-1","timestamp":"2026-09-02T12:00:00Z","details":[]}`)
	}
	for _, tc := range []struct {
		name  string
		steps []http.HandlerFunc
		calls int
		fails string // part of the error; "" = there is an answer
	}{
		{"at once", []http.HandlerFunc{good}, 1, ""},
		{"429", []http.HandlerFunc{apiError(429), good}, 2, ""},
		{"500 502 503 504", []http.HandlerFunc{apiError(500), apiError(502), apiError(503), apiError(504), good}, 5, ""},
		{"reset", []http.HandlerFunc{reset, reset, good}, 3, ""},
		{"truncated", []http.HandlerFunc{truncated, good}, 2, ""},
		{"malformed", []http.HandlerFunc{reply(200, `{"values": [}`), good}, 2, ""},
		{"duplicate names", []http.HandlerFunc{reply(200, `{"values": [], "values": []}`), good}, 2, ""},
		{"two values", []http.HandlerFunc{reply(200, `{} {}`), good}, 2, ""},
		{"empty", []http.HandlerFunc{reply(200, ``), good}, 2, ""},
		{"no UTF-8", []http.HandlerFunc{reply(200, "{\"values\": [\"\xff\"]}"), good}, 2, ""},
		{"web page", []http.HandlerFunc{reply(200, "<html>log in</html>", "Content-Type: text/html"), good}, 2, ""},
		{"other JSON type", []http.HandlerFunc{reply(200, emptyPage, "Content-Type: application/vnd.api+json; charset=utf-8")}, 1, ""},
		{"500 for good", []http.HandlerFunc{apiError(500)}, 6, "500 Something: no luck; request_id r-1; after 6 attempts"},
		{"429 for good", []http.HandlerFunc{apiError(429)}, 6, "429 Something: no luck; request_id r-1; after 6 attempts (ask more slowly"},
		{"reset for good", []http.HandlerFunc{reset}, 6, "after 6 attempts"},
		{"truncated for good", []http.HandlerFunc{truncated}, 6, "200 OK: the answer breaks off after 12 bytes: unexpected EOF; after 6 attempts"},
		{"malformed for good", []http.HandlerFunc{reply(200, "{\"a\x1b[31m", "X-Request-Id: q")}, 6, `200 OK: the answer of 8 bytes is no JSON: `},
		{"web page for good", []http.HandlerFunc{reply(200, "<html>log in</html>", "Content-Type: text/html")}, 6,
			`the answer is text/html, want JSON: "<html>log in</html>"; after 6 attempts (something between here and the tenant`},
		{"400", []http.HandlerFunc{apiError(400)}, 1, "GET /api/private/lifecycle_management/policies: 400 Something: no luck; request_id r-1"},
		{"401", []http.HandlerFunc{apiError(401)}, 1, "check VEZA_API_KEY"},
		{"403", []http.HandlerFunc{apiError(403)}, 1, "may not read this"},
		{"404", []http.HandlerFunc{apiError(404)}, 1, "check the id"},
		{"405", []http.HandlerFunc{apiError(405)}, 1, "does not offer"},
		{"408", []http.HandlerFunc{apiError(408)}, 1, "408 Something"},
		{"409", []http.HandlerFunc{apiError(409)}, 1, "409 Something"},
		{"501", []http.HandlerFunc{apiError(501)}, 1, "does not offer"},
		{"web page of a 404", []http.HandlerFunc{reply(404, "<html>gone\x00\x1b]0;x\x07</html>", "Content-Type: text/html")}, 1,
			`404 Not Found: the answer is no error of the API: "<html>gone??]0;x?</html>"`},
		{"numeric code and details", []http.HandlerFunc{reply(400, `{"code":3,"message":"bad","requestId":"r-2","details":[{"field":"x"}]}`)}, 1,
			`400 3: bad; details: [{"field":"x"}]; request_id r-2`},
		{"list instead of a page", []http.HandlerFunc{reply(200, `[]`)}, 1, "the answer is no page of values: it is [], want an object"},
		{"page of the made-up shape", []http.HandlerFunc{reply(200, `{"data":[],"pagination":{}}`)}, 1, "no page of values: it has data, pagination"},
		{"values of another type", []http.HandlerFunc{reply(200, `{"values":3}`)}, 1, "no page of values: values is 3"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newScene(t, script(tc.steps...), nil)
			_, err := s.page(t.Context())
			if tc.fails == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tc.fails)
				require.NotContains(t, err.Error(), "\x1b")
				var e *Error
				require.ErrorAs(t, err, &e)
			}
			require.Equal(t, tc.calls, s.Calls())
			require.Len(t, s.log, tc.calls)
			for i, a := range s.log {
				require.Equal(t, i+1, a.Number)
				last := i == len(s.log)-1
				require.Equal(t, last, a.Wait == 0, "%+v", a)
			}
		})
	}
}

// page reads the first page of policies.
func (s *scene) page(ctx context.Context) (Page, error) {
	p := pager{client: s.Client, path: pathPolicies}
	return p.next(ctx)
}

// A request on a connection that was used before is not repeated behind the client's back.
func TestRepeatsAreCounted(t *testing.T) {
	var seen atomic.Int64
	s := newScene(t, func(w http.ResponseWriter, r *http.Request) {
		if seen.Add(1)%3 == 2 {
			reset(w, r)
			return
		}
		reply(200, emptyPage)(w, r)
	}, nil)
	for range 10 {
		_, err := s.page(t.Context())
		require.NoError(t, err)
	}
	require.EqualValues(t, seen.Load(), s.Calls())
	require.Len(t, s.log, s.Calls())
}

// Waits grow, are between a half and the whole of a doubling bound, and depend on nothing but the seed.
func TestBackoff(t *testing.T) {
	waits := func(seed uint64) []time.Duration {
		s := newScene(t, reply(500, `{}`), func(o *Options) { o.Seed, o.Attempts = seed, 12 })
		_, err := s.page(t.Context())
		require.Error(t, err)
		var out []time.Duration
		for _, a := range s.log[:len(s.log)-1] {
			out = append(out, a.Wait)
		}
		return out
	}
	first := waits(7)
	require.Len(t, first, 11)
	bound := firstBackoff
	for i, w := range first {
		require.GreaterOrEqual(t, w, bound/2, "wait %d", i)
		require.LessOrEqual(t, w, bound, "wait %d", i)
		bound = min(2*bound, maxBackoff)
	}
	require.Equal(t, first, waits(7))
	require.NotEqual(t, first, waits(8))
}

// A wait that the tenant asks for holds for all requests of the client.
func TestRetryAfterIsObeyed(t *testing.T) {
	s := newScene(t, script(reply(429, `{"code":"ResourceExhausted"}`, "Retry-After: 17"), reply(200, emptyPage)), nil)
	began := s.clock.Now()
	_, err := s.page(t.Context())
	require.NoError(t, err)
	require.GreaterOrEqual(t, s.clock.Now().Sub(began), 17*time.Second)
	require.Equal(t, 17*time.Second, s.log[0].Wait)

	s.pacer.pause(s.clock.Now().Add(time.Minute))
	began = s.clock.Now()
	_, err = s.page(t.Context())
	require.NoError(t, err)
	require.GreaterOrEqual(t, s.clock.Now().Sub(began), time.Minute)

	s = newScene(t, script(reply(503, `{}`, "Retry-After: 86400"), reply(200, emptyPage)), nil)
	_, err = s.page(t.Context())
	require.NoError(t, err)
	require.Equal(t, MaxRetryAfter, s.clock.longest())
}

func TestTimeout(t *testing.T) {
	release := make(chan struct{})
	s := newScene(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}, func(o *Options) { o.Timeout, o.Attempts = 20*time.Millisecond, 2 })
	defer close(release)
	_, err := s.page(t.Context())
	require.ErrorContains(t, err, "no whole answer within 20ms; after 2 attempts")
	require.NotErrorIs(t, err, context.DeadlineExceeded)
}

func TestLargeAnswer(t *testing.T) {
	s := newScene(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		blanks := strings.Repeat(" ", 1<<20)
		for range maxAnswer>>20 + 1 {
			io.WriteString(w, blanks)
		}
	}, nil)
	_, err := s.page(t.Context())
	require.ErrorContains(t, err, "the answer is larger than 64 MiB")
	require.Equal(t, 1, s.Calls())
}

// No redirect is followed, and the token never goes to another host.
func TestRedirects(t *testing.T) {
	var elsewhere int
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, to := range []string{other.URL + "/x?key=" + testToken, "/api/private/lifecycle_management/policies?again", "http://" + testToken + ".example/", "::"} {
			s := newScene(t, reply(status, "moved", "Location: "+to), nil)
			_, err := s.page(t.Context())
			require.ErrorContains(t, err, "where lcmsim does not follow")
			require.NotContains(t, err.Error(), testToken)
			require.Equal(t, 1, s.Calls(), "%d %s", status, to)
			_, _, err = s.DryRun(t.Context(), DryRunRequest{PolicyID: "p", IdentityID: "i"})
			require.ErrorContains(t, err, "where lcmsim does not follow")
			require.Equal(t, 2, s.Calls())
		}
	}
	require.Zero(t, elsewhere)
}

// After an answer 401 nothing is sent any more.
func TestRejectedToken(t *testing.T) {
	s := newScene(t, script(reply(200, emptyPage), reply(401, `{"code":"Unauthenticated","message":"expired"}`), reply(200, emptyPage)), nil)
	_, err := s.page(t.Context())
	require.NoError(t, err)
	_, err = s.page(t.Context())
	require.ErrorIs(t, err, ErrUnauthorized)
	_, err = s.page(t.Context())
	require.ErrorIs(t, err, ErrUnauthorized)
	require.EqualError(t, err, "GET /api/private/lifecycle_management/policies: not asked: an earlier answer says that the token is not accepted "+
		"or has expired (the token is not accepted or has expired: check VEZA_API_KEY or the token file)")
	require.Equal(t, 2, s.Calls())
}

func TestBudget(t *testing.T) {
	s := newScene(t, reply(503, `{}`), func(o *Options) { o.Budget = 4 })
	_, err := s.page(t.Context())
	require.ErrorIs(t, err, ErrBudget)
	require.ErrorContains(t, err, "after 4 attempts")
	_, err = s.page(t.Context())
	require.ErrorIs(t, err, ErrBudget)
	require.ErrorContains(t, err, "not asked: the budget of 4 requests is used up")
	require.Equal(t, 4, s.Calls())
}

// What is under way when the run is interrupted may finish; nothing is tried again, and nothing new starts.
func TestInterruption(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := newScene(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		reply(200, emptyPage)(w, r)
	}, nil)
	_, err := s.page(ctx)
	require.NoError(t, err)
	_, err = s.page(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "not asked: the run was interrupted")
	require.Equal(t, 1, s.Calls())

	ctx, cancel = context.WithCancel(t.Context())
	s = newScene(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		reply(503, `{}`)(w, r)
	}, nil)
	_, err = s.page(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, s.Calls())

	ctx, cancel = context.WithCancel(t.Context())
	s = newScene(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}, func(o *Options) { o.Grace = time.Millisecond })
	_, err = s.page(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "interrupted while it was under way")
	require.Equal(t, 1, s.Calls())
}

func TestBrokenConnections(t *testing.T) {
	tlsServer := httptest.NewUnstartedServer(reply(200, emptyPage))
	tlsServer.Config.ErrorLog = log.New(io.Discard, "", 0)
	tlsServer.StartTLS()
	defer tlsServer.Close()
	plain := httptest.NewServer(reply(200, emptyPage))
	defer plain.Close()
	clock := newClock()
	for _, tc := range []struct {
		url, want string
		calls     int
	}{
		{tlsServer.URL, "the certificate cannot be verified", 1},
		{"https" + strings.TrimPrefix(plain.URL, "http"), "the server does not speak TLS on this port", 1},
	} {
		c, err := New(Options{URL: tc.url, Token: testToken, Now: clock.Now, Sleep: clock.Sleep})
		require.NoError(t, err)
		_, err = c.Identity(t.Context(), "i")
		require.ErrorContains(t, err, tc.want)
		require.Equal(t, tc.calls, c.Calls())
	}
}

// failing is a wire on which nothing arrives.
type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestErrorsOfTheWireAreRedacted(t *testing.T) {
	clock := newClock()
	c, err := newClient(Options{URL: "tenant.example", Token: testToken, Now: clock.Now, Sleep: clock.Sleep},
		failing{fmt.Errorf("malformed HTTP response %q\x1b[31m", testToken)})
	require.NoError(t, err)
	_, err = c.Identity(t.Context(), "i")
	require.EqualError(t, err, `GET /api/private/lifecycle_management/identities/i: malformed HTTP response "[redacted]"?[31m; after 6 attempts`)
	for ; err != nil; err = errors.Unwrap(err) {
		require.NotContains(t, fmt.Sprintf("%+v", err), testToken)
	}
}

func TestOptions(t *testing.T) {
	good := Options{URL: "acme.example", Token: testToken, Now: newClock().Now}
	_, err := New(good)
	require.NoError(t, err)
	for want, change := range map[string]func(*Options){
		"set VEZA_URL":               func(o *Options) { o.URL = " " },
		"set VEZA_API_KEY":           func(o *Options) { o.Token = "" },
		"too long":                   func(o *Options) { o.Token = strings.Repeat("secret7", 5000) },
		"a control character":        func(o *Options) { o.Token = "secret7\r\nX-Evil: secret7" },
		"needs a clock":              func(o *Options) { o.Now = nil },
		"above 0 and up to 1000":     func(o *Options) { o.Rate = -1 },
		"choose 1 to 64":             func(o *Options) { o.Concurrency = 65 },
		"choose 1 to 20":             func(o *Options) { o.Attempts = 21 },
		"a budget of -1":             func(o *Options) { o.Budget = -1 },
		"a timeout must be positive": func(o *Options) { o.Grace = -1 },
		"user name or a password":    func(o *Options) { o.URL = "https://me:secret7@acme.example" },
	} {
		opt := good
		change(&opt)
		_, err := New(opt)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "secret7")
	}
}

// The query is encoded as the vendor wants it: blanks as +, tokens of pages escaped.
func TestQuery(t *testing.T) {
	var got []string
	s := newScene(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.URL.EscapedPath()+"?"+r.URL.RawQuery+" "+r.Header.Get("Authorization")+" "+r.Header.Get("User-Agent"))
		require.Empty(t, r.TransferEncoding)
		require.Zero(t, r.ContentLength)
		if len(got) == 1 {
			reply(200, `{"values":[1],"next_page_token":"a b+/=&?%","has_more":true}`)(w, r)
			return
		}
		reply(200, `{"values":[2],"next_page_token":"left over"}`)(w, r)
	}, func(o *Options) { o.URL += "/veza/"; o.UserAgent = "lcmsim/1" })
	var values []string
	for page, err := range s.pages(t.Context(), pathProfiles, url.Values{"filter": {`name eq "a b"`}}) {
		require.NoError(t, err)
		for _, v := range page.Values {
			values = append(values, string(v))
		}
	}
	require.Equal(t, []string{"1", "2"}, values)
	const prefix = "GET /veza/api/private/lifecycle_management/access_profiles?filter=name+eq+%22a+b%22&page_size=100"
	require.Equal(t, []string{
		prefix + " Bearer " + testToken + " lcmsim/1",
		prefix + "&page_token=a+b%2B%2F%3D%26%3F%25 Bearer " + testToken + " lcmsim/1",
	}, got)
	require.Equal(t, strings.TrimPrefix(s.url, "http://")+"/veza", s.Tenant())
}
