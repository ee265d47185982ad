package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/lcmsim/lcmsim/report"
)

// env is what a command sees of the world.
type env struct {
	stdout, stderr io.Writer
	now            func() time.Time
	noColor        bool // NO_COLOR is set
	width          int  // columns of the terminal behind stdout; 0 = stdout is none
	columns        int  // what COLUMNS says, for text that goes elsewhere; 0 = nothing
	progress       bool // stderr is a terminal

	getenv func(string) string                        // nil = there are no variables
	sleep  func(context.Context, time.Duration) error // between requests to a tenant; nil = the real thing
}

func systemEnv() env {
	e := env{
		stdout: pipe{os.Stdout}, stderr: os.Stderr, now: time.Now,
		noColor:  os.Getenv("NO_COLOR") != "",
		progress: term.IsTerminal(int(os.Stderr.Fd())),
		getenv:   os.Getenv,
	}
	if os.Getenv("TERM") == "dumb" {
		e.noColor, e.progress = true, false
	}
	e.columns, _ = strconv.Atoi(os.Getenv("COLUMNS"))
	if term.IsTerminal(int(os.Stdout.Fd())) {
		e.width = 80
		if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && w > 0 {
			e.width = w
		}
	}
	return e
}

// pipe is an output whose reader may end before it: what that has not read, it did not want.
type pipe struct{ io.Writer }

func (p pipe) Write(text []byte) (int, error) {
	n, err := p.Writer.Write(text)
	if errors.Is(err, syscall.EPIPE) {
		return len(text), nil
	}
	return n, err
}

// say writes a line of text for people on w, which is no result: nobody could be told that it failed.
func say(w io.Writer, line string) { _ = report.WriteLines(w, line) }

// variable is a variable of the environment, "" = not set.
func (e env) variable(name string) string {
	if e.getenv == nil {
		return ""
	}
	return e.getenv(name)
}

// terminal are the options for text on stdout.
func (e env) terminal(noColor bool) report.TerminalOptions {
	return report.TerminalOptions{Width: max(0, cmp.Or(e.width, e.columns)), Color: e.width > 0 && !e.noColor && !noColor}
}
