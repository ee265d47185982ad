package tenant

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
)

var (
	// ErrUnauthorized says that the tenant does not accept the token, or no longer.
	ErrUnauthorized = errors.New("the token is not accepted")
	// ErrBudget says that as many requests were sent as may be.
	ErrBudget = errors.New("the budget of requests is used up")

	// errRefused says that a request is not among those that may be sent.
	errRefused = errors.New("refused before it was sent: lcmsim only reads from a tenant and asks for dry runs")
)

// Error says why a call has no answer. Its texts are on one line each, harmless on a terminal, and hold no secret.
//
// It unwraps to ErrUnauthorized, ErrBudget or the error of the context where that is the reason.
type Error struct {
	Method    string
	Path      string // without host and query
	Status    int    // HTTP status of the last answer; 0 = there was none
	Code      string // the tenant's own, such as NotFound; "" = none
	Message   string // what the tenant says, or what went wrong
	RequestID string // of the last answer; "" = none
	Attempts  int    // requests sent for this call; 0 = it was not asked at all
	Hint      string // what mends it; may be empty

	cause error
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: ", e.Method, e.Path)
	if e.Attempts == 0 {
		b.WriteString("not asked: ")
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d %s: ", e.Status, cmp.Or(e.Code, http.StatusText(e.Status), "unknown status"))
	}
	b.WriteString(cmp.Or(e.Message, "no message"))
	if e.RequestID != "" {
		b.WriteString("; request_id " + e.RequestID)
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, "; after %d attempts", e.Attempts)
	}
	if e.Hint != "" {
		b.WriteString(" (" + e.Hint + ")")
	}
	return b.String()
}

// withoutHint is the text of an error whose hint does not fit.
func withoutHint(err error) string {
	var e *Error
	if errors.As(err, &e) {
		plain := *e
		plain.Hint = ""
		return plain.Error()
	}
	return err.Error()
}

func (e *Error) Unwrap() error { return e.cause }

// statusHint is what mends a status.
func statusHint(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "the token is not accepted or has expired: check VEZA_API_KEY or the token file"
	case http.StatusForbidden:
		return "the token is valid but may not read this: it needs the right to read Lifecycle Management"
	case http.StatusNotFound:
		return "check the id, and that VEZA_URL names the tenant without a path of the API"
	case http.StatusTooManyRequests:
		return "ask more slowly: lower --rate"
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return "this tenant does not offer the call"
	}
	return ""
}

// brokenHint is what mends a connection that fails, and whether it is worth another attempt.
func brokenHint(err error) (hint string, again bool) {
	var (
		dns       *net.DNSError
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, errRefused):
		return "", false
	case errors.As(err, &dns):
		return "the host name cannot be looked up: check VEZA_URL and the network", !dns.IsNotFound
	case errors.As(err, &verify), errors.As(err, &authority), errors.As(err, &name), errors.As(err, &invalid):
		return "the certificate cannot be verified: check VEZA_URL; where a proxy signs connections, add its certificate to the system's", false
	case errors.As(err, &record), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return "the server does not speak TLS on this port: check VEZA_URL (a host without a scheme means https)", false
	}
	return "", true
}
