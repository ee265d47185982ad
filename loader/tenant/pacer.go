package tenant

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// MaxRetryAfter is how long a client waits at most because a tenant asks for it with Retry-After.
const MaxRetryAfter = 2 * time.Minute

const (
	slowest  = rate.Limit(0.5) // requests a second, below which a 429 does not slow down further
	recovery = 1.04            // factor by which every answer without a 429 raises the rate again
)

// pacer spreads requests over time. A 429 halves the rate; every other answer gives a little of it back.
//
// Note: to wait for several answers in a row before the rate rises again was tried. Where 1 in 20 requests is refused whatever
// the rate is, such a rate only falls.
type pacer struct {
	mu      sync.Mutex
	limiter *rate.Limiter
	full    rate.Limit
	resume  time.Time // no request leaves before
	slowed  time.Time // when the rate was halved last
}

func newPacer(full float64) *pacer {
	return &pacer{limiter: rate.NewLimiter(rate.Limit(full), 1), full: rate.Limit(full)}
}

// reserve takes the next place in the order of requests and says how long to wait for it.
func (p *pacer) reserve(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.limiter.ReserveN(now, 1).DelayFrom(now)
}

// held says how long a pause still lasts.
func (p *pacer) held(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, p.resume.Sub(now))
}

// pause keeps all requests back until a time.
func (p *pacer) pause(until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until.After(p.resume) {
		p.resume = until
	}
}

// slowDown halves the rate after a 429 to a request that left at a time. Requests that were under way together count
// once.
func (p *pacer) slowDown(now, left time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.slowed.IsZero() && left.Before(p.slowed) {
		return
	}
	p.slowed = now
	p.limiter.SetLimitAt(now, max(p.limiter.Limit()/2, min(slowest, p.full)))
}

// answered notes an answer that is no 429.
func (p *pacer) answered(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if limit := p.limiter.Limit(); limit < p.full {
		p.limiter.SetLimitAt(now, min(p.full, limit*recovery))
	}
}

// retryAfter reads Retry-After: seconds, or a date, which is compared with the server's own clock where it tells it. It
// is at most MaxRetryAfter. ok is false when there is none, or none that can be read.
func retryAfter(header http.Header, now time.Time) (wait time.Duration, ok bool) {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if text == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseUint(text, 10, 63); err == nil {
		return time.Duration(min(seconds, uint64(MaxRetryAfter/time.Second))) * time.Second, true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	if server, err := http.ParseTime(header.Get("Date")); err == nil {
		now = server
	}
	return min(max(0, at.Sub(now)), MaxRetryAfter), true
}
