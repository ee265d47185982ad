package tenant

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
)

// The paths of the API that are read.
const (
	lifecycle        = "/api/private/lifecycle_management"
	pathPolicies     = lifecycle + "/policies"
	pathProfiles     = lifecycle + "/access_profiles"
	pathProfileTypes = lifecycle + "/access_profiles_types"
	pathIntegrations = lifecycle + "/access_profiles:available_integrations"
	pathIdentities   = lifecycle + "/identities"
	pathDatasources  = "/api/v1/providers/datasources/lifecycle_managers"
)

// idPattern is what an id in a path may look like. Nothing in it means something in a URL.
const idPattern = `[A-Za-z0-9_][A-Za-z0-9._~@-]{0,199}`

// allowed are all requests that can be sent, by method.
var allowed = map[string]*regexp.Regexp{
	http.MethodGet: anyOf(pathPolicies, pathPolicies+"/{id}", pathProfiles, pathProfileTypes, pathIntegrations,
		pathIdentities+"/{id}", pathDatasources),
	http.MethodPost: anyOf(pathPolicies + "/{id}/identities/{id}:dry_run"),
}

// anyOf matches the paths, each as a whole.
func anyOf(paths ...string) *regexp.Regexp {
	for i, p := range paths {
		paths[i] = strings.ReplaceAll(regexp.QuoteMeta(p), regexp.QuoteMeta("{id}"), idPattern)
	}
	return regexp.MustCompile(`^(?:` + strings.Join(paths, "|") + `)$`)
}

var wholeID = regexp.MustCompile(`^` + idPattern + `$`)

// CheckID says whether a text can be an id of the tenant: letters, digits and . _ ~ @ -, up to 200 of them.
func CheckID(id string) error {
	if !wholeID.MatchString(id) {
		return fmt.Errorf("%q is no id of a tenant: letters, digits and . _ ~ @ - only, at most 200", harmless(id, 80))
	}
	return nil
}

// guard is the last stage before the wire. It lets only requests of the allow-list through, only to the tenant, and puts
// the token on them.
type guard struct {
	base  *url.URL
	token string
	agent string
	sent  *atomic.Int64
	next  http.RoundTripper
}

func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := g.admit(req); err != nil {
		if req.Body != nil {
			err = errors.Join(err, req.Body.Close())
		}
		return nil, err
	}
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+g.token)
	req.Header.Set("User-Agent", g.agent)
	g.sent.Add(1)
	return g.next.RoundTrip(req)
}

func (g *guard) admit(req *http.Request) error {
	path, inside := strings.CutPrefix(req.URL.EscapedPath(), g.base.Path)
	pattern := allowed[req.Method]
	switch {
	case req.URL.Scheme != g.base.Scheme, req.URL.Host != g.base.Host, req.Host != "" && req.Host != g.base.Host, req.URL.User != nil, req.URL.Opaque != "":
		return errRefused
	case !inside, pattern == nil, !pattern.MatchString(path):
		return errRefused
	}
	for name := range req.Header {
		switch name {
		case "Accept", "Content-Type":
		default: // such as X-Http-Method-Override
			return errRefused
		}
	}
	return nil
}
