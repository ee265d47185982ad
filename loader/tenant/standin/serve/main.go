// Command serve runs a stand-in tenant over a snapshot directory, to try lcmsim pull, crosscheck and calibrate by hand:
//
//	go run ./loader/tenant/standin/serve --faults 429=0.05,reset=0.02
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/lcmsim/lcmsim/loader/tenant/standin"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run serves until the context ends. The exit code is 0, 1 when it cannot serve, or 2 for a bad flag.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	opt := standin.Options{Dir: "fixtures/acme", Clock: time.Now}
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:8787", "address to listen on; port 0 takes a free one")
	opt.AddFlags(flags)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "serve: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	tenant, err := standin.New(opt)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	introduce(stdout, listener.Addr().String(), opt)
	server := &http.Server{Handler: tenant, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	select {
	case err = <-done: // it never returns nil
		fmt.Fprintln(stderr, err)
		return 1
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if server.Shutdown(end) != nil {
		_ = server.Close() // slow answers are cut
	}
	refused := 0
	for _, r := range tenant.Requests() {
		if r.Writes() {
			refused++
		}
	}
	fmt.Fprintf(stdout, "\nstopped after %d requests; %d of them would have changed something and were refused\n", tenant.Calls(), refused)
	return 0
}

func introduce(w io.Writer, addr string, opt standin.Options) {
	fmt.Fprintf(w, `A stand-in tenant over %s listens. In another terminal:

export VEZA_URL=http://%s
export VEZA_API_KEY=%s

and then, for example:

lcmsim pull pulled
lcmsim crosscheck %s
lcmsim calibrate %s

Ctrl-C stops it.
`, opt.Dir, addr, opt.Token, opt.Dir, opt.Dir)
}
