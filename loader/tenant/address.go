package tenant

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"strings"
)

// parseAddress reads what VEZA_URL holds: a host, or a URL with an optional path before the API's own. Errors do not
// repeat it, as it may hold a password.
func parseAddress(text string) (*url.URL, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, errors.New("no tenant is named: set VEZA_URL, such as https://acme.vezacloud.com")
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("VEZA_URL is no URL: write it like https://acme.vezacloud.com")
	}
	switch {
	case u.User != nil:
		return nil, errors.New("VEZA_URL holds a user name or a password: leave it out, the token is given with VEZA_API_KEY")
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		return nil, errors.New("VEZA_URL has a query or a fragment: end it behind the host or the path")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("VEZA_URL has the scheme %q: want https", harmless(u.Scheme, 20))
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, errors.New("VEZA_URL has the scheme http, which would send the token in the clear: want https (http is for this machine alone)")
	}
	prefix := strings.TrimRight(u.EscapedPath(), "/")
	if prefix != "" && (prefix != path.Clean(prefix) || strings.ContainsAny(prefix, "%:")) {
		return nil, errors.New("VEZA_URL has a path that is no plain path: write it like https://example.com/veza")
	}
	host := strings.ToLower(u.Host)
	if u.Scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	}
	return &url.URL{Scheme: u.Scheme, Host: host, Path: prefix}, nil
}

// isLoopback tells whether a host is this machine.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
