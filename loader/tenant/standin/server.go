package standin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Shape is one of the two documented shapes of job_requests in a dry-run answer.
type Shape string

// The API's schema has Schema; its printed example has Example.
const (
	Schema  Shape = "schema"
	Example Shape = "example"
)

// Profiles says which access profiles a dry run lists.
type Profiles string

// Direct lists those that planned actions name; Inherited also those that grant because these inherit from them.
const (
	Direct    Profiles = "direct"
	Inherited Profiles = "inherited"
)

// DefaultToken is the token of a tenant whose options name none. It is made up.
const DefaultToken = "standin-made-up-token"

// largestPage is the documented limit of page_size.
const largestPage = 100

// Options describe a tenant. The zero value of a field is its default; Dir or Snapshot must be given, not both.
type Options struct {
	Dir      string    // snapshot directory to serve; see ReadSnapshot
	Snapshot *Snapshot // or what it would hold
	Token    string    // "" = DefaultToken
	PageSize int       // most values on a page, whatever page_size asks, in [1, 100]; 0 = 100
	// Rules sets named rules to other values than their defaults; every name and value of the contract is accepted.
	// relationships.remove_scope and limits.* have no effect: a dry run shows neither revokes nor limits.
	Rules    map[string]string
	Shape    Shape                     // "" = Schema
	Profiles Profiles                  // "" = Direct
	Drift    map[string]map[string]any // by tenant id: attributes that have another value than in the snapshot; nil = null
	Done     []Done                    // run_once actions that are not planned again, beside those of the snapshot
	Old      bool                      // the tenant does not know skip_disabled_workflows yet
	Faults   Faults
	Seed     uint64           // of the faults
	Latency  time.Duration    // before each answer
	Clock    func() time.Time // nil = it stands still
}

// Done is a run_once action that an identity has had.
type Done struct {
	EntityID string
	Action   string
	Workflow string // "" = of any workflow
}

// Request is a request that was seen. The token is in none of its fields.
type Request struct {
	Number int // from 1, in order of arrival
	Method string
	Path   string
	Query  string
	Body   string // its first MiB
	Status int    // 0 = no answer was sent yet, or none at all
	Fault  string // that struck; "" = none
}

// Writes says whether a request could change something in a tenant: any but GET, HEAD and a dry run.
func (r Request) Writes() bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && (r.Method != http.MethodPost || !strings.HasSuffix(r.Path, dryRunVerb))
}

// Server is a tenant. It is an http.Handler, safe for concurrent use.
type Server struct {
	tenant *tenant
	opt    Options

	mu       sync.Mutex
	requests []Request
	attempts map[string]int // by what is asked
}

// New reads the snapshot and makes a tenant of it. Errors are of the options or of files that cannot be read.
func New(opt Options) (*Server, error) {
	if (opt.Dir == "") == (opt.Snapshot == nil) {
		return nil, errors.New("standin: give a snapshot directory or a snapshot")
	}
	if opt.Token == "" {
		opt.Token = DefaultToken
	}
	if opt.PageSize == 0 {
		opt.PageSize = largestPage
	}
	if opt.PageSize < 1 || opt.PageSize > largestPage {
		return nil, fmt.Errorf("standin: page size %d is not in 1..%d", opt.PageSize, largestPage)
	}
	if opt.Shape == "" {
		opt.Shape = Schema
	}
	if opt.Shape != Schema && opt.Shape != Example {
		return nil, fmt.Errorf("standin: there is no shape %q; choose %s or %s", opt.Shape, Schema, Example)
	}
	if opt.Profiles == "" {
		opt.Profiles = Direct
	}
	if opt.Profiles != Direct && opt.Profiles != Inherited {
		return nil, fmt.Errorf("standin: access profiles cannot be listed as %q; choose %s or %s", opt.Profiles, Direct, Inherited)
	}
	if opt.Clock == nil {
		opt.Clock = func() time.Time { return time.Date(2026, 9, 1, 6, 0, 0, 0, time.UTC) }
	}
	if err := opt.Faults.check(); err != nil {
		return nil, fmt.Errorf("standin: faults: %w", err)
	}
	r, err := newRules(opt.Rules)
	if err != nil {
		return nil, fmt.Errorf("standin: %w", err)
	}
	if opt.Snapshot == nil {
		s, err := ReadSnapshot(opt.Dir)
		if err != nil {
			return nil, fmt.Errorf("standin: %w", err)
		}
		opt.Snapshot = s
	}
	t, err := newTenant(opt.Snapshot, opt, r)
	if err != nil {
		return nil, fmt.Errorf("standin: %w", err)
	}
	return &Server{tenant: t, opt: opt, attempts: map[string]int{}}, nil
}

// Requests are the requests seen so far, in order of arrival.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Calls is how many requests were seen so far.
func (s *Server) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// call is a request on its way.
type call struct {
	*http.Request
	number  int
	body    []byte
	asked   string // what is asked: equal for a request and its repetitions
	attempt int    // how often that was asked before
	at      time.Time
}

// response is an answer before it is sent.
type response struct {
	status     int
	kind       string // content type; "" = application/json
	retryAfter string
	allow      string
	body       []byte
}

// longestBody is how much of a request is read.
const longestBody = 1 << 20

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, longestBody))
	c := s.record(r, body)
	pause(r.Context(), s.opt.Latency)
	var answer response
	var fault string
	switch {
	case !s.authorized(c):
		answer = c.refuse(http.StatusUnauthorized, "the API key is missing, unknown or expired")
	case err != nil:
		answer = c.refuse(http.StatusBadRequest, "the request body cannot be read")
	default:
		answer = s.route(c)
		fault = s.strikes(c)
	}
	s.send(w, c, fault, answer)
}

// record notes a request.
func (s *Server) record(r *http.Request, body []byte) *call {
	asked := r.Method + " " + r.URL.EscapedPath() + "?" + r.URL.RawQuery + "\n" + string(body)
	hide := func(text string) string { return strings.ReplaceAll(text, s.opt.Token, "[redacted]") }
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{Request: r, number: len(s.requests) + 1, body: body, asked: asked, attempt: s.attempts[asked], at: s.opt.Clock()}
	s.attempts[asked]++
	s.requests = append(s.requests, Request{
		Number: c.number, Method: r.Method, Path: hide(r.URL.EscapedPath()), Query: hide(r.URL.RawQuery), Body: hide(string(body)),
	})
	return c
}

func (s *Server) note(c *call, status int, fault string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[c.number-1].Status, s.requests[c.number-1].Fault = status, fault
}

func (s *Server) authorized(c *call) bool {
	if s.opt.Faults.Expire > 0 && c.number > s.opt.Faults.Expire {
		return false
	}
	token, bearer := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	return bearer && subtle.ConstantTimeCompare([]byte(token), []byte(s.opt.Token)) == 1
}

// send sends an answer, or what a fault makes of it.
func (s *Server) send(w http.ResponseWriter, c *call, fault string, answer response) {
	answer = s.spoil(c, fault, answer)
	s.note(c, answer.status, fault)
	if fault == FaultReset {
		s.note(c, 0, fault)
		reset(w)
		return
	}
	header := w.Header()
	header.Set("Content-Type", answer.kind)
	if answer.kind == "" {
		header.Set("Content-Type", "application/json")
	}
	if answer.retryAfter != "" {
		header.Set("Retry-After", answer.retryAfter)
	}
	if answer.allow != "" {
		header.Set("Allow", answer.allow)
	}
	header.Set("Content-Length", strconv.Itoa(len(answer.body)))
	w.WriteHeader(answer.status)
	half := len(answer.body) / 2
	if fault == FaultSlow || fault == FaultTruncate {
		if _, err := w.Write(answer.body[:half]); err != nil {
			return // the client is gone
		}
		answer.body = answer.body[half:]
	}
	switch fault {
	case FaultTruncate:
		return // less than Content-Length says: the connection is closed
	case FaultSlow:
		if err := http.NewResponseController(w).Flush(); err == nil {
			pause(c.Context(), s.opt.Faults.delay())
		}
	}
	_, _ = io.Copy(w, bytes.NewReader(answer.body)) // an error means that the client is gone
}

// reset breaks the connection without an answer.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		w.WriteHeader(http.StatusBadGateway) // a connection that cannot be taken over
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// pause waits, or until the client is gone.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// uuid is made of what it stands for, so that equal questions have equal answers.
func uuid(parts ...any) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", parts))
	sum[6] = sum[6]&0x0f | 0x80 // version 8: made by a rule of one's own
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
