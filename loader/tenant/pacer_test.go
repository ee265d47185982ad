package tenant

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 9, 2, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for _, tc := range []struct {
		after, date string
		want        time.Duration
		ok          bool
	}{
		{"", "", 0, false},
		{"0", "", 0, true},
		{"3", "", 3 * time.Second, true},
		{" 3 ", "", 3 * time.Second, true},
		{"120", "", 2 * time.Minute, true},
		{"121", "", MaxRetryAfter, true},
		{"9223372036854775807", "", MaxRetryAfter, true},
		{"-1", "", 0, false},
		{"3.5", "", 0, false},
		{"soon", "", 0, false},
		{at(30 * time.Second), "", 30 * time.Second, true},
		{at(-30 * time.Second), "", 0, true},
		{at(time.Hour), "", MaxRetryAfter, true},
		{at(90 * time.Second), at(80 * time.Second), 10 * time.Second, true}, // the server's clock is ahead
		{"Wednesday, 02-Sep-26 12:00:09 GMT", "", 9 * time.Second, true},
		{"Wed Sep  2 12:00:09 2026", "", 9 * time.Second, true},
	} {
		header := http.Header{}
		header.Set("Retry-After", tc.after)
		header.Set("Date", tc.date)
		got, ok := retryAfter(header, now)
		require.Equal(t, tc.want, got, "%q", tc.after)
		require.Equal(t, tc.ok, ok, "%q", tc.after)
	}
}

func TestPacer(t *testing.T) {
	now := time.Date(2026, 9, 2, 12, 0, 0, 0, time.UTC)
	p := newPacer(8)
	require.Zero(t, p.reserve(now))
	require.Equal(t, 125*time.Millisecond, p.reserve(now))
	require.Equal(t, 250*time.Millisecond, p.reserve(now))

	// Answers to requests that left before the rate was halved do not halve it again.
	p.slowDown(now.Add(time.Second), now)
	p.slowDown(now.Add(time.Second), now)
	require.InDelta(t, 4, p.rate(), 1e-9)
	p.slowDown(now.Add(2*time.Second), now.Add(time.Second))
	require.InDelta(t, 2, p.rate(), 1e-9)

	// It comes back in small steps.
	p.answered(now)
	require.InDelta(t, 2.08, p.rate(), 1e-9)
	for range 100 {
		p.answered(now)
	}
	require.InDelta(t, 8, p.rate(), 1e-9)

	// Where 1 in 20 requests is refused whatever the rate is, it settles at a good part of the full one.
	for i := range 100 {
		at := now.Add(time.Duration(3+i) * time.Second)
		p.slowDown(at, at)
		for range 19 {
			p.answered(at)
		}
	}
	require.Greater(t, p.rate(), 2.0)

	for i := range 20 {
		at := now.Add(time.Duration(200+i) * time.Second)
		p.slowDown(at, at)
	}
	require.InDelta(t, float64(slowest), p.rate(), 1e-9)

	p.pause(now.Add(time.Minute))
	p.pause(now.Add(time.Second))
	require.Equal(t, time.Minute, p.held(now))
	require.Zero(t, p.held(now.Add(2*time.Minute)))
}

// A tenant that takes two requests a second is soon asked about as often, and never more often than was allowed.
func TestRateAdapts(t *testing.T) {
	var s *scene
	var taken []time.Time
	refused := 0
	s = newScene(t, func(w http.ResponseWriter, r *http.Request) {
		now := s.clock.Now()
		if n := len(taken); n > 0 && now.Sub(taken[n-1]) < 499*time.Millisecond {
			refused++
			reply(429, `{"code":"ResourceExhausted","message":"slow down"}`)(w, r)
			return
		}
		taken = append(taken, now)
		reply(200, emptyPage)(w, r)
	}, func(o *Options) { o.Rate = 16 })
	for range 200 {
		_, err := s.page(t.Context())
		require.NoError(t, err)
	}
	require.Less(t, refused, 40)
	require.Less(t, s.pacer.rate(), 5.0)
}

// rate is the present rate, in requests a second.
func (p *pacer) rate() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return float64(p.limiter.Limit())
}
