package main

import (
	"io"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/lcmsim/lcmsim/loader"
	"github.com/lcmsim/lcmsim/report"
)

// bar shows how far the reading of a population is, with rate and time left. The zero bar shows nothing.
type bar struct {
	container *mpb.Progress
	bar       *mpb.Bar
	rows      atomic.Int64
	started   time.Time
	now       func() time.Time
}

// newCounter is newBar for a task that counts something else than identities.
func newCounter(e env, w io.Writer, quiet bool, task string) *bar {
	return startBar(e, w, quiet, task, func(*bar) string { return "  left" })
}

// newBar starts a bar on w for a task, or a bar that shows nothing.
func newBar(e env, w io.Writer, quiet bool, task string) *bar {
	return startBar(e, w, quiet, task, (*bar).rate)
}

// startBar starts a bar. beside is the text before the time that is left.
func startBar(e env, w io.Writer, quiet bool, task string, beside func(*bar) string) *bar {
	if quiet || !e.progress {
		return &bar{}
	}
	b := &bar{started: e.now(), now: e.now, container: mpb.New(mpb.WithOutput(w), mpb.WithWidth(40), mpb.WithRefreshRate(120*time.Millisecond))}
	b.bar = b.container.New(0, mpb.BarStyle().Lbound("").Rbound("").Filler("█").Tip("█").Padding("░"),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(task+" ")),
		mpb.AppendDecorators(
			decor.Percentage(decor.WC{W: 5}),
			decor.Any(func(decor.Statistics) string { return beside(b) }),
			decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO, decor.WC{W: 6}), ""),
		))
	return b
}

func (b *bar) rate() string {
	seconds := b.now().Sub(b.started).Seconds()
	rows := int(b.rows.Load())
	if rows == 0 || seconds < 0.05 {
		return ""
	}
	return "  " + report.Count(rows) + " identities, " + report.Count(int(float64(rows)/seconds)) + "/s, left"
}

// set moves the bar.
func (b *bar) set(p loader.Progress) {
	if b.bar == nil {
		return
	}
	b.rows.Store(int64(p.Rows))
	b.bar.SetTotal(max(p.Total, 1), false)
	b.bar.SetCurrent(min(p.Bytes, p.Total))
}

// step moves the bar of a counter.
func (b *bar) step(done, total int) {
	b.set(loader.Progress{Rows: done, Bytes: int64(done), Total: int64(total)})
}

// end removes the bar.
func (b *bar) end() {
	if b.bar == nil {
		return
	}
	b.bar.Abort(true)
	b.container.Wait()
	b.bar = nil
}
