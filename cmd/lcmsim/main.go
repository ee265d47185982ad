// Command lcmsim says what a Veza lifecycle policy would do to a whole population before anybody publishes it.
//
// This package is thin: flags become options, options become calls of loader, engine and report, a result becomes an
// exit code. It alone knows cobra, the clock, the terminal and os.Exit.
package main

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

func main() {
	ctx, stop := interruptible()
	code := run(ctx, os.Args[1:], systemEnv())
	stop()
	os.Exit(code)
}

// interruptible is a context that a signal to end the process cancels, so that what is under way can be removed. A second one ends
// the process at once. What started the process may have it live on after some, as nohup does.
func interruptible() (context.Context, context.CancelFunc) {
	signal.Ignore(syscall.SIGPIPE) // a pipe that nobody reads any more is an error of writing
	signals := slices.DeleteFunc([]os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}, signal.Ignored)
	if len(signals) == 0 {
		return context.WithCancel(context.Background()) // no signals would stand for all of them
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
