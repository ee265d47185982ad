package tenant

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// wire counts what reaches it.
type wire struct{ requests []*http.Request }

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	w.requests = append(w.requests, req)
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`{}`)), Request: req}, nil
}

func guarded(t require.TestingT, address string) (*Client, *wire) {
	w, clock := &wire{}, newClock()
	c, err := newClient(Options{URL: address, Token: testToken, Now: clock.Now, Sleep: clock.Sleep}, w)
	require.NoError(t, err)
	return c, w
}

// apiPaths are the paths of the API text, and more of the same kind.
var apiPaths = []string{
	"/api/private/lifecycle_management/policies",
	"/api/private/lifecycle_management/policies/p-1",
	"/api/private/lifecycle_management/policies/p-1/versions/2",
	"/api/private/lifecycle_management/policies/p-1/versions/2:add_action",
	"/api/private/lifecycle_management/policies/p-1/versions/2:add_condition",
	"/api/private/lifecycle_management/policies/p-1/identities/i-1",
	"/api/private/lifecycle_management/policies/p-1/identities/i-1:dry_run",
	"/api/private/lifecycle_management/policies/p-1/identities/i-1:list_entitlements",
	"/api/private/lifecycle_management/policies/p-1/identities/i-1:deprovision",
	"/api/private/lifecycle_management/policies/p-1:export",
	"/api/private/lifecycle_management/access_profiles",
	"/api/private/lifecycle_management/access_profiles:available_integrations",
	"/api/private/lifecycle_management/access_profiles/a-1",
	"/api/private/lifecycle_management/access_profiles/a-1/versions/1",
	"/api/private/lifecycle_management/access_profiles_types",
	"/api/private/lifecycle_management/access_profiles_types/t-1",
	"/api/private/lifecycle_management/identities",
	"/api/private/lifecycle_management/identities/i-1",
	"/api/v1/providers/datasources/lifecycle_managers",
	"/api/v1/providers/datasources/lifecycle_managers/d-1",
	"/api/preview/keys",
	"/",
	"",
}

// Of all methods and paths only the documented reads and the dry run reach the wire, with and without a prefix.
func TestAllowList(t *testing.T) {
	want := []string{
		"GET /api/private/lifecycle_management/policies",
		"GET /api/private/lifecycle_management/policies/p-1",
		"GET /api/private/lifecycle_management/access_profiles",
		"GET /api/private/lifecycle_management/access_profiles:available_integrations",
		"GET /api/private/lifecycle_management/access_profiles_types",
		"GET /api/private/lifecycle_management/identities/i-1",
		"GET /api/v1/providers/datasources/lifecycle_managers",
		"POST /api/private/lifecycle_management/policies/p-1/identities/i-1:dry_run",
	}
	for _, prefix := range []string{"", "/veza"} {
		c, w := guarded(t, "tenant.example"+prefix)
		var through []string
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE", "get", "PURGE"} {
			for _, path := range apiPaths {
				req, err := http.NewRequest(method, "https://tenant.example"+prefix+path, bytes.NewReader([]byte("{}")))
				require.NoError(t, err)
				resp, err := c.wire.RoundTrip(req)
				if err == nil {
					resp.Body.Close()
					through = append(through, method+" "+path)
				} else {
					require.ErrorIs(t, err, errRefused)
				}
			}
		}
		require.ElementsMatch(t, want, through)
		require.Equal(t, len(want), c.Calls())
		for _, req := range w.requests {
			require.Equal(t, "Bearer "+testToken, req.Header.Get("Authorization"))
		}
	}
}

func TestOtherRequestsAreRefused(t *testing.T) {
	const good = "https://tenant.example/api/private/lifecycle_management/policies"
	for name, change := range map[string]func(*http.Request){
		"other host":        func(r *http.Request) { r.URL.Host = "evil.example"; r.Host = "" },
		"other port":        func(r *http.Request) { r.URL.Host = "tenant.example:8443"; r.Host = "" },
		"other host header": func(r *http.Request) { r.Host = "evil.example" },
		"in the clear":      func(r *http.Request) { r.URL.Scheme = "http" },
		"user":              func(r *http.Request) { r.URL.User = url.User("me") },
		"method override":   func(r *http.Request) { r.Header.Set("X-HTTP-Method-Override", "DELETE") },
		"method tunnel":     func(r *http.Request) { r.Header.Set("X-Method-Override", "PATCH") },
		"path with dots":    func(r *http.Request) { r.URL.Path += "/../keys" },
		"line break":        func(r *http.Request) { r.URL.Path += "\n" },
		"trailing slash":    func(r *http.Request) { r.URL.Path += "/" },
		"escaped slash":     func(r *http.Request) { r.URL.Path += "/a/b"; r.URL.RawPath = r.URL.Path[:len(r.URL.Path)-4] + "/a%2Fb" },
		"opaque":            func(r *http.Request) { r.URL.Opaque = "//evil.example/x" },
	} {
		c, w := guarded(t, "tenant.example")
		req, err := http.NewRequest("GET", good, nil)
		require.NoError(t, err)
		change(req)
		_, err = c.wire.RoundTrip(req)
		require.ErrorIs(t, err, errRefused, name)
		require.Empty(t, w.requests, name)
	}
}

// Whatever an id is, what leaves is a read or a dry run of one identity.
func TestIDsCannotLeadElsewhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{"a", "1", "-", "_", ".", "..", "/", "\\", "%2F", "%", "?", "#", ":", ":add_action", ":dry_run", "@", "~", " ", "+", "\n", "\x00", "é", ";", "versions"})
		id := strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, "id"), "")
		c, w := guarded(t, "tenant.example")
		_, identityErr := c.Identity(t.Context(), id)
		_, _, dryRunErr := c.DryRun(t.Context(), DryRunRequest{PolicyID: "p", IdentityID: id})
		_, _, policyErr := c.DryRun(t.Context(), DryRunRequest{PolicyID: id, IdentityID: "i"})
		if CheckID(id) != nil {
			require.Error(t, identityErr)
			require.Error(t, dryRunErr)
			require.Error(t, policyErr)
			require.Empty(t, w.requests)
			return
		}
		require.NoError(t, dryRunErr)
		require.NoError(t, policyErr)
		var got []string
		for _, req := range w.requests {
			got = append(got, req.Method+" "+strings.TrimPrefix(req.URL.String(), "https://tenant.example"+lifecycle))
		}
		got = slices.Compact(got)
		require.Equal(t, slices.Compact([]string{
			"GET /identities/" + id, "POST /policies/p/identities/" + id + ":dry_run", "POST /policies/" + id + "/identities/i:dry_run",
		}), got)
	})
}
