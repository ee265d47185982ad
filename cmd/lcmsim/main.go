// Command lcmsim says what a Veza lifecycle policy would do to a whole population before anybody publishes it.
//
// This package is thin: flags become options, options become calls of loader, engine and report, a result becomes an
// exit code. It alone knows cobra, the clock, the terminal and os.Exit.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interruption ends the process at once
	code := run(ctx, os.Args[1:], systemEnv())
	stop()
	os.Exit(code)
}
