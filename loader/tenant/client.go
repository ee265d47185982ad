package tenant

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Options set up a Client. Numbers that are 0 take their defaults.
type Options struct {
	URL         string        // what VEZA_URL holds: a bare host means https; http is for this machine alone
	Token       string        // the API key
	Timeout     time.Duration // of one request; default 60 s; a request that exceeds it is tried once more
	Rate        float64       // requests a second that are sent at most, up to 1000; default 8
	Concurrency int           // requests under way at once, up to 64; default 4
	Attempts    int           // requests for one call at most, up to 20; default 6
	Budget      int           // requests of the client at most, retries included; default no limit
	Grace       time.Duration // how long a request that is under way may go on after its context ends; default 5 s
	UserAgent   string        // default lcmsim
	Seed        uint64        // of the jitter of waits

	Now   func() time.Time                           // must be given
	Sleep func(context.Context, time.Duration) error // waits, or ends early with the context's error; default the real thing
	Log   func(Attempt)                              // is told of every request, one at a time; default nobody
}

// Attempt is one request that was sent, as it may be logged: without token, query and contents.
type Attempt struct {
	At        time.Time // when it was answered or failed
	Method    string
	Path      string
	Number    int           // from 1, of the attempts of one call
	Status    int           // 0 = no answer
	RequestID string        // "" = none
	Problem   string        // "" = it was answered well
	Wait      time.Duration // before the following attempt; 0 = there is none
}

// Client speaks with one tenant. It is safe for concurrent use.
type Client struct {
	opt    Options
	base   *url.URL
	wire   *guard
	redact redactor
	pacer  *pacer
	sent   atomic.Int64

	rejected atomic.Pointer[Error] // the answer that says that the token is not accepted
	noSkip   atomic.Bool           // the tenant does not know skip_disabled_workflows

	mu     sync.Mutex // of what follows
	jitter *rand.Rand
	taken  int // of the budget
	log    sync.Mutex
}

// New prepares a client; it sends nothing.
func New(opt Options) (*Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetHTTP1(true) // where it is sure that no request is repeated unasked; see nothing
	return newClient(opt, transport)
}

// newClient is New with another way to the wire.
func newClient(opt Options, wire http.RoundTripper) (*Client, error) {
	base, err := parseAddress(opt.URL)
	if err != nil {
		return nil, err
	}
	if err := CheckToken(opt.Token); err != nil {
		return nil, err
	}
	if opt.Now == nil {
		return nil, errors.New("a client needs a clock")
	}
	if opt, err = opt.complete(); err != nil {
		return nil, err
	}
	c := &Client{opt: opt, base: base, redact: newRedactor(opt.Token), pacer: newPacer(opt.Rate), jitter: rand.New(rand.NewPCG(opt.Seed, 0))}
	c.wire = &guard{base: base, token: opt.Token, agent: opt.UserAgent, sent: &c.sent, next: wire}
	return c, nil
}

// complete fills in defaults and checks the rest.
func (opt Options) complete() (Options, error) {
	if opt.Timeout == 0 {
		opt.Timeout = time.Minute
	}
	if opt.Rate == 0 {
		opt.Rate = 8
	}
	if opt.Concurrency == 0 {
		opt.Concurrency = 4
	}
	if opt.Attempts == 0 {
		opt.Attempts = 6
	}
	if opt.Grace == 0 {
		opt.Grace = 5 * time.Second
	}
	if opt.UserAgent == "" {
		opt.UserAgent = "lcmsim"
	}
	if opt.Sleep == nil {
		opt.Sleep = sleep
	}
	switch {
	case opt.Timeout < 0 || opt.Grace < 0:
		return opt, errors.New("a timeout must be positive")
	case !(opt.Rate > 0 && opt.Rate <= 1000):
		return opt, fmt.Errorf("a rate of %v requests a second: choose one above 0 and up to 1000", opt.Rate)
	case opt.Concurrency < 1 || opt.Concurrency > 64:
		return opt, fmt.Errorf("%d requests at once: choose 1 to 64", opt.Concurrency)
	case opt.Attempts < 1 || opt.Attempts > 20:
		return opt, fmt.Errorf("%d attempts: choose 1 to 20", opt.Attempts)
	case opt.Budget < 0:
		return opt, fmt.Errorf("a budget of %d requests: choose one from 1, or 0 for no limit", opt.Budget)
	}
	return opt, nil
}

// sleep waits for real.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Tenant names the tenant: its host, and the path before the API's own where there is one.
func (c *Client) Tenant() string { return c.base.Host + c.base.Path }

// Calls counts the requests that were sent, retries included.
func (c *Client) Calls() int { return int(c.sent.Load()) }

// request is a call to be made.
type request struct {
	method, path string
	query        url.Values
	body         []byte // JSON; nil = none
}

// get makes a GET call; see do.
func (c *Client) get(ctx context.Context, path string, query url.Values) (jsontext.Value, error) {
	return c.do(ctx, request{method: http.MethodGet, path: path, query: query})
}

// do makes a call with as many attempts as it may take. The answer is redacted JSON. An error is an *Error.
//
// When ctx ends, no further attempt starts; the one that is under way has Options.Grace to finish.
func (c *Client) do(ctx context.Context, r request) (jsontext.Value, error) {
	var last *failure
	for number := 1; ; number++ {
		if err := c.admit(ctx); err != nil {
			return nil, c.giveUp(r, last, number-1, err)
		}
		left := c.opt.Now()
		answer, fail := c.attempt(ctx, r)
		now := c.opt.Now()
		if fail == nil {
			c.pacer.answered(now)
			c.tell(Attempt{At: now, Method: r.method, Path: r.path, Number: number, Status: http.StatusOK})
			return answer, nil
		}
		last = fail
		fail.Attempts = number
		wait := c.react(fail, left, now, number)
		again := fail.again && number < c.opt.Attempts && !(fail.once && number > 1)
		if !again {
			wait = 0
		}
		c.tell(Attempt{
			At: now, Method: r.method, Path: r.path, Number: number, Status: fail.Status, RequestID: fail.RequestID,
			Problem: fail.Message, Wait: wait,
		})
		if !again {
			return nil, &fail.Error
		}
		if err := c.opt.Sleep(ctx, wait); err != nil {
			return nil, c.giveUp(r, last, number, err)
		}
	}
}

// admit waits for the moment at which the next request may be sent, or says why none may.
func (c *Client) admit(ctx context.Context) error {
	if err := c.open(ctx, 0); err != nil {
		return err
	}
	if err := c.pace(ctx); err != nil {
		return err
	}
	return c.open(ctx, 1)
}

// open says why no further request may be sent, if so. It takes from the budget.
func (c *Client) open(ctx context.Context, take int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.rejected.Load() != nil {
		return ErrUnauthorized
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.opt.Budget > 0 && c.taken >= c.opt.Budget {
		return ErrBudget
	}
	c.taken += take
	return nil
}

// pace waits until the pauses that the tenant asked for are over and the rate allows a request.
func (c *Client) pace(ctx context.Context) error {
	for range 16 { // a pause can begin while another is waited for
		if c.rejected.Load() != nil {
			return nil
		}
		if held := c.pacer.held(c.opt.Now()); held > 0 {
			if err := c.opt.Sleep(ctx, held); err != nil {
				return err
			}
			continue
		}
		if place := c.pacer.reserve(c.opt.Now()); place > 0 {
			if err := c.opt.Sleep(ctx, place); err != nil {
				return err
			}
		}
		if c.pacer.held(c.opt.Now()) == 0 {
			break
		}
	}
	return nil
}

// giveUp is the error of a call that ends for a reason outside of it, after so many attempts.
func (c *Client) giveUp(r request, last *failure, attempts int, why error) *Error {
	e := Error{Method: r.method, Path: r.path, Attempts: attempts}
	if last != nil {
		e = last.Error
	}
	e.cause = why
	switch {
	case errors.Is(why, ErrUnauthorized):
		e.Message, e.Hint = "an earlier answer says that the token is not accepted or has expired", statusHint(http.StatusUnauthorized)
	case errors.Is(why, ErrBudget):
		e.Message, e.Hint = fmt.Sprintf("the budget of %d requests is used up", c.opt.Budget), "raise the budget"
	default:
		e.Message = "the run was interrupted"
	}
	if last != nil {
		e.Message = last.Message + "; no further attempt: " + e.Message
	}
	return &e
}

// react notes what a failure says about the tenant and gives the wait before the next attempt.
func (c *Client) react(fail *failure, left, now time.Time, number int) time.Duration {
	if fail.Status == http.StatusUnauthorized {
		c.rejected.Store(&fail.Error)
	}
	if fail.Status == http.StatusTooManyRequests {
		c.pacer.slowDown(now, left)
	} else if fail.Status != 0 {
		c.pacer.answered(now)
	}
	if fail.told {
		c.pacer.pause(now.Add(fail.after))
		return fail.after
	}
	return c.backoff(number)
}

const (
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// backoff is the wait after so many failed attempts when the tenant names none: doubled each time, and of that a random
// part from a half.
func (c *Client) backoff(number int) time.Duration {
	d := min(firstBackoff<<min(number-1, 10), maxBackoff)
	c.mu.Lock()
	defer c.mu.Unlock()
	return d/2 + time.Duration(c.jitter.Int64N(int64(d/2)+1))
}

func (c *Client) tell(a Attempt) {
	if c.opt.Log == nil {
		return
	}
	c.log.Lock()
	defer c.log.Unlock()
	c.opt.Log(a)
}

// CheckToken says what is wrong with an API key, without repeating it.
func CheckToken(token string) error {
	switch {
	case token == "":
		return errors.New("there is no token: set VEZA_API_KEY to an API key of the tenant, or name a file that holds one with --token-file")
	case len(token) > 16<<10:
		return errors.New("the token is too long for an API key")
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("the token holds a blank, a control character or a character outside of ASCII: check that it was copied as a whole and alone")
	}
	return nil
}
