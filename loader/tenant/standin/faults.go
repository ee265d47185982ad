package standin

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The kinds of faults that strike single requests.
const (
	Fault429       = "429"       // with Retry-After in seconds
	Fault429Date   = "429-date"  // with Retry-After as an HTTP date
	Fault429Bare   = "429-bare"  // without Retry-After
	Fault500       = "500"       // an internal error
	Fault503       = "503"       // not available
	FaultEcho      = "echo"      // a 500 whose message repeats the Authorization header
	FaultReset     = "reset"     // the connection breaks without an answer
	FaultSlow      = "slow"      // the second half of the body comes late
	FaultTruncate  = "truncate"  // the connection ends in the middle of the body
	FaultMalformed = "malformed" // a whole body that is half of the JSON
	FaultHTML      = "html"      // status 200 and a page of a proxy
	FaultLoop      = "loop"      // of a list: next_page_token leads back
	FaultDuplicate = "duplicate" // of a list: next_page_token brings the same page once more
)

// faultKinds in the order in which one is looked for: at most one strikes a request.
var faultKinds = []string{
	Fault429, Fault429Date, Fault429Bare, Fault500, Fault503, FaultEcho, FaultReset, FaultSlow, FaultTruncate, FaultMalformed, FaultHTML,
	FaultLoop, FaultDuplicate,
}

// Faults are what goes wrong. They never change what a whole answer says, only whether and how it arrives.
//
// Whether one strikes depends on the seed, on what is asked and on how often that was asked before, and not on what others ask
// at the same time. At and Expire count requests as they arrive.
type Faults struct {
	Chance     map[string]float64 // by kind, in [0, 1]
	At         map[string][]int   // by kind: numbers of requests, from 1
	Expire     int                // the token is good for so many requests; 0 = for ever
	Missing    []string           // endpoints that the tenant does not have (404); see Endpoints
	RetryAfter time.Duration      // in whole seconds; 0 = 1 s
	Delay      time.Duration      // of FaultSlow; 0 = 5 s
}

func (f Faults) retryAfter() time.Duration {
	if f.RetryAfter == 0 {
		return time.Second
	}
	return f.RetryAfter
}

func (f Faults) delay() time.Duration {
	if f.Delay == 0 {
		return 5 * time.Second
	}
	return f.Delay
}

func (f Faults) check() error {
	for _, kind := range slices.Sorted(maps.Keys(f.Chance)) {
		if err := checkKind(kind); err != nil {
			return err
		}
		if chance := f.Chance[kind]; math.IsNaN(chance) || chance < 0 || chance > 1 {
			return fmt.Errorf("%s=%v: want a chance from 0 to 1", kind, chance)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(f.At)) {
		if err := checkKind(kind); err != nil {
			return err
		}
		for _, n := range f.At[kind] {
			if n < 1 {
				return fmt.Errorf("%s@%d: requests count from 1", kind, n)
			}
		}
	}
	for _, name := range f.Missing {
		if !slices.Contains(Endpoints(), name) {
			return fmt.Errorf("missing=%s: there is no such endpoint; choose %s", name, strings.Join(Endpoints(), ", "))
		}
	}
	switch {
	case f.Expire < 0:
		return fmt.Errorf("expire=%d: want a number of requests", f.Expire)
	case f.RetryAfter < 0 || f.RetryAfter%time.Second != 0:
		return fmt.Errorf("retry-after=%v: want whole seconds", f.RetryAfter)
	case f.Delay < 0:
		return fmt.Errorf("delay=%v: want a time", f.Delay)
	}
	return nil
}

func checkKind(kind string) error {
	if !slices.Contains(faultKinds, kind) {
		return fmt.Errorf("there is no fault %q; choose %s", kind, strings.Join(faultKinds, ", "))
	}
	return nil
}

// ParseFaults reads faults from a text such as 429=0.05,reset=0.02,500@3,expire=40,missing=access_profiles_types: a kind with its
// chance, or with @ and the number of a request; expire, missing, retry-after and delay as in Faults.
func ParseFaults(text string) (Faults, error) {
	f := Faults{Chance: map[string]float64{}, At: map[string][]int{}}
	for word := range strings.SplitSeq(text, ",") {
		word = strings.TrimSpace(word)
		if word == "" {
			continue
		}
		if kind, at, scheduled := strings.Cut(word, "@"); scheduled {
			n, err := strconv.Atoi(at)
			if err != nil {
				return f, fmt.Errorf("%s: want the number of a request after @", word)
			}
			f.At[kind] = append(f.At[kind], n)
			continue
		}
		name, value, _ := strings.Cut(word, "=")
		var err error
		switch name {
		case "expire":
			f.Expire, err = strconv.Atoi(value)
		case "missing":
			f.Missing = append(f.Missing, value)
		case "retry-after":
			f.RetryAfter, err = time.ParseDuration(value)
		case "delay":
			f.Delay, err = time.ParseDuration(value)
		default:
			f.Chance[name], err = strconv.ParseFloat(value, 64)
		}
		if err != nil {
			return f, fmt.Errorf("%s: cannot read %q", word, value)
		}
	}
	return f, f.check()
}

// strikes draws the fault that strikes a request; "" = none.
func (s *Server) strikes(c *call) string {
	for _, kind := range faultKinds {
		if (kind == FaultLoop || kind == FaultDuplicate) && !isList(c) {
			continue
		}
		if slices.Contains(s.opt.Faults.At[kind], c.number) || draw(s.opt.Seed, kind, c) < s.opt.Faults.Chance[kind] {
			return kind
		}
	}
	return ""
}

// draw is a number in [0, 1).
func draw(seed uint64, kind string, c *call) float64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %d %s", seed, kind, c.attempt, c.asked))
	return float64(binary.BigEndian.Uint64(sum[:])>>11) / (1 << 53)
}

// spoil is what a fault makes of an answer.
func (s *Server) spoil(c *call, fault string, answer response) response {
	switch fault {
	case Fault429, Fault429Date, Fault429Bare:
		answer = c.refuse(http.StatusTooManyRequests, "too many requests")
		switch wait := s.opt.Faults.retryAfter(); fault {
		case Fault429:
			answer.retryAfter = strconv.Itoa(int(wait / time.Second))
		case Fault429Date:
			answer.retryAfter = c.at.Add(wait).UTC().Format(http.TimeFormat)
		}
	case Fault500:
		answer = c.refuse(http.StatusInternalServerError, "internal error")
	case Fault503:
		answer = c.refuse(http.StatusServiceUnavailable, "the service is not available")
	case FaultEcho:
		answer = c.refuse(http.StatusInternalServerError, "internal error while handling Authorization: "+c.Header.Get("Authorization"))
	case FaultMalformed:
		answer.body = answer.body[:len(answer.body)/2]
	case FaultHTML:
		answer = response{status: http.StatusOK, kind: "text/html; charset=utf-8", body: []byte("<!DOCTYPE html><title>Sign in</title><p>Please sign in.</p>\n")}
	}
	return answer
}
