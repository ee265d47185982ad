package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/lcmsim/lcmsim/loader/tenant"
)

// tenantOptions are the flags of commands that speak with a tenant. The token is no flag: command lines are seen by others.
type tenantOptions struct {
	url         string // "" = VEZA_URL
	tokenFile   string // "" = VEZA_API_KEY
	rate        float64
	concurrency int
	budget      int // requests; 0 = no limit
	log         string
}

// tenantHelp is the part about the tenant in the help of a command.
const tenantHelp = `The tenant is named by VEZA_URL, such as https://acme.vezacloud.com, and the API key is in VEZA_API_KEY or in a file
(--token-file). Only reads and dry runs can be sent. A request that fails is tried again up to 6 times, after waits that
grow, or that the tenant asks for with Retry-After (2 minutes at most).`

func addTenantFlags(f *pflag.FlagSet, opt *tenantOptions) {
	f.StringVar(&opt.url, "url", "", "URL of the tenant, instead of VEZA_URL")
	f.StringVar(&opt.tokenFile, "token-file", "", "file that holds the API key, instead of VEZA_API_KEY")
	f.Float64Var(&opt.rate, "rate", 8, "requests a second at most; fewer are sent when the tenant answers 429")
	f.IntVar(&opt.concurrency, "concurrency", 4, "requests under way at once")
	addOutputFlag(f, &opt.log, "log", "append a JSON line for every request to this file: what was asked when, and the status, but no contents")
}

// openTenant prepares a client. It warns on warnings, and finish ends the log.
func openTenant(e env, opt tenantOptions, warnings io.Writer) (client *tenant.Client, finish func() error, err error) {
	token := strings.TrimSpace(e.variable("VEZA_API_KEY"))
	if opt.tokenFile != "" {
		var exposed bool
		if token, exposed, err = tenant.ReadToken(opt.tokenFile); err != nil {
			return nil, nil, err
		}
		if exposed {
			say(warnings, fmt.Sprintf("warning: %s: others can read the token; run chmod 600 on it", opt.tokenFile))
		}
	}
	address := opt.url
	if address == "" {
		address = e.variable("VEZA_URL")
	}
	if opt.rate <= 0 || opt.concurrency < 1 {
		return nil, nil, errors.New("--rate and --concurrency take numbers above 0")
	}
	o := tenant.Options{
		URL: address, Token: token, Rate: opt.rate, Concurrency: opt.concurrency, Budget: opt.budget,
		UserAgent: "lcmsim/" + version, Seed: uint64(e.now().UnixNano()), Now: e.now, Sleep: e.sleep,
	}
	finish = func() error { return nil }
	if opt.log != "" {
		log, err := openRequestLog(opt.log)
		if err != nil {
			return nil, nil, err
		}
		o.Log, finish = log.write, log.close
	}
	if client, err = tenant.New(o); err != nil {
		return nil, nil, errors.Join(err, finish())
	}
	return client, finish, nil
}

// requestLog is the file of --log.
type requestLog struct {
	path string
	file *os.File
	err  error // the first of writing
}

func openRequestLog(path string) (*requestLog, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s: the log cannot be written: %w", path, reason(err))
	}
	return &requestLog{path: path, file: file}, nil
}

func (l *requestLog) write(a tenant.Attempt) {
	text, err := json.Marshal(struct {
		At        time.Time `json:"at"`
		Method    string    `json:"method"`
		Path      string    `json:"path"`
		Attempt   int       `json:"attempt"`
		Status    int       `json:"status"`
		RequestID string    `json:"request_id,omitempty"`
		Problem   string    `json:"problem,omitempty"`
		Wait      float64   `json:"wait_seconds,omitempty"`
	}{a.At.UTC(), a.Method, a.Path, a.Number, a.Status, a.RequestID, a.Problem, a.Wait.Seconds()})
	if err == nil {
		_, err = l.file.Write(append(text, '\n'))
	}
	if l.err == nil {
		l.err = err
	}
}

// close gives the first error that writing had.
func (l *requestLog) close() error {
	if err := errors.Join(l.err, l.file.Close()); err != nil {
		return fmt.Errorf("%s: the log cannot be written: %w", l.path, reason(err))
	}
	return nil
}
