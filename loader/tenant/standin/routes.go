package standin

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// dryRunVerb ends the path of a dry run.
const dryRunVerb = ":dry_run"

// endpoint is a documented path. A segment {} stands for any text; so does what stands before :dry_run.
type endpoint struct {
	name   string // for Faults.Missing
	method string
	path   string
	answer func(s *Server, c *call, ids []string) response
}

const private = "/api/private/lifecycle_management/"

// endpoints are those that read. The tenant has others that write; here they are refused.
func endpoints() []endpoint {
	return []endpoint{
		{"policies", http.MethodGet, private + "policies", (*Server).listPolicies},
		{"policy", http.MethodGet, private + "policies/{}", (*Server).getPolicy},
		{"access_profiles", http.MethodGet, private + "access_profiles", (*Server).listProfiles},
		{"access_profiles_types", http.MethodGet, private + "access_profiles_types", (*Server).listTypes},
		{"available_integrations", http.MethodGet, private + "access_profiles:available_integrations", (*Server).listIntegrations},
		{"lifecycle_managers", http.MethodGet, "/api/v1/providers/datasources/lifecycle_managers", (*Server).listDatasources},
		{"identity", http.MethodGet, private + "identities/{}", (*Server).getIdentity},
		{"dry_run", http.MethodPost, private + "policies/{}/identities/{}" + dryRunVerb, (*Server).dryRun},
	}
}

// Endpoints names the endpoints, as Faults.Missing does.
func Endpoints() []string {
	var names []string
	for _, e := range endpoints() {
		names = append(names, e.name)
	}
	return names
}

// match gives the texts that stand for {} in a path.
func (e endpoint) match(path string) (ids []string, ok bool) {
	want, have := strings.Split(e.path, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return nil, false
	}
	for i := range want {
		tail, open := strings.CutPrefix(want[i], "{}")
		text, err := url.PathUnescape(have[i])
		id, fits := strings.CutSuffix(text, tail)
		switch {
		case err != nil:
			return nil, false
		case open && fits && id != "":
			ids = append(ids, id)
		case open || text != want[i]:
			return nil, false
		}
	}
	return ids, true
}

// find is the endpoint of a path.
func (c *call) find() (found endpoint, ids []string, ok bool) {
	for _, e := range endpoints() {
		if ids, ok := e.match(c.URL.EscapedPath()); ok {
			return e, ids, true
		}
	}
	return endpoint{}, nil, false
}

// isList says whether a request asks for pages.
func isList(c *call) bool {
	e, _, ok := c.find()
	return ok && c.Method == e.method && (e.name == "policies" || e.name == "access_profiles" || e.name == "access_profiles_types" || e.name == "lifecycle_managers")
}

func (s *Server) route(c *call) response {
	e, ids, ok := c.find()
	if !ok || slices.Contains(s.opt.Faults.Missing, e.name) {
		return c.refuse(http.StatusNotFound, "there is no such endpoint")
	}
	if c.Method != e.method {
		r := c.refuse(http.StatusMethodNotAllowed, "this tenant takes only "+e.method+" here")
		r.allow = e.method
		return r
	}
	return e.answer(s, c, ids)
}

func (s *Server) listPolicies(c *call, _ []string) response {
	values := []json.RawMessage{}
	for _, p := range s.tenant.policies {
		values = append(values, p.raw)
	}
	return s.page(c, "policies", values)
}

func (s *Server) getPolicy(c *call, ids []string) response {
	p := s.tenant.policy(ids[0])
	if p == nil {
		return c.refuse(http.StatusNotFound, "there is no policy "+strconv.Quote(ids[0]))
	}
	return c.answer(http.StatusOK, map[string]any{"value": p.raw})
}

// listProfiles leaves out what is told of entities only on request. A filter is refused: this tenant does not evaluate it.
func (s *Server) listProfiles(c *call, _ []string) response {
	if c.URL.Query().Has("filter") {
		return c.invalid("filter", "this tenant cannot filter access profiles; list them all")
	}
	extra, err := strconv.ParseBool(c.URL.Query().Get("entity_extra_info"))
	if err != nil && c.URL.Query().Has("entity_extra_info") {
		return c.invalid("entity_extra_info", "want true or false")
	}
	values := []json.RawMessage{}
	for _, p := range s.tenant.list {
		o := p.raw
		if !extra {
			o = o.withoutExtra()
		}
		data, err := json.Marshal(o)
		if err != nil {
			return c.refuse(http.StatusInternalServerError, "access profile "+strconv.Quote(p.id)+" cannot be written")
		}
		values = append(values, data)
	}
	return s.page(c, "access_profiles", values)
}

// withoutExtra is a profile without the names and providers of its entities. An entity that has no other id keeps them.
func (o object) withoutExtra() object {
	current, ok := o.get("current_version").(object)
	if !ok {
		return o
	}
	list := []any{}
	for _, value := range current.list("entities_to_create_relationships_to") {
		if e, ok := value.(object); ok && e.text("entity_id") != "" {
			value = e.without("entity_name", "extraction_datasource_id", "provider_id", "provider_external_id")
		}
		list = append(list, value)
	}
	if len(list) == 0 {
		return o
	}
	return o.with("current_version", current.with("entities_to_create_relationships_to", list))
}

func (s *Server) listTypes(c *call, _ []string) response {
	return s.page(c, "access_profiles_types", s.tenant.types)
}

func (s *Server) listIntegrations(c *call, _ []string) response {
	return c.answer(http.StatusOK, map[string]any{"integrations": s.tenant.integrations()})
}

func (s *Server) listDatasources(c *call, _ []string) response {
	values := []json.RawMessage{}
	for _, d := range s.tenant.datasources {
		data, err := json.Marshal(d)
		if err != nil {
			return c.refuse(http.StatusInternalServerError, "datasource "+strconv.Quote(d.text("id"))+" cannot be written")
		}
		values = append(values, data)
	}
	return s.page(c, "lifecycle_managers", values)
}

// getIdentity answers what a tenant knows about an identity.
//
// The vendor's example prints the summary fields; its text adds "the primary Access Graph node with all discovered properties"
// without saying under which key. Here it is primary_node, in the shape that the vendor's query API prints nodes in: id, type and
// properties by name.
func (s *Server) getIdentity(c *call, ids []string) response {
	who := s.tenant.byIdentity[ids[0]]
	if who == nil {
		return c.refuse(http.StatusNotFound, "there is no identity "+strconv.Quote(ids[0]))
	}
	return c.answer(http.StatusOK, object{{"value", s.tenant.describe(who, c.at)}})
}

func (s *Server) dryRun(c *call, ids []string) response {
	p := s.tenant.policy(ids[0])
	if p == nil {
		return c.refuse(http.StatusNotFound, "there is no policy "+strconv.Quote(ids[0]))
	}
	who := s.tenant.byIdentity[ids[1]]
	if who == nil || !p.covers(who) {
		return c.refuse(http.StatusNotFound, "the policy has no identity "+strconv.Quote(ids[1]))
	}
	question, refused := s.question(c, ids)
	if refused != nil {
		return *refused
	}
	v := p.version(question.version)
	if v == nil {
		return c.refuse(http.StatusNotFound, "the policy has no version "+strconv.Itoa(question.version))
	}
	return c.answer(http.StatusOK, s.tenant.show(p, v, who, s.tenant.dryRun(v, who, question.skipDisabled), s.opt.Shape))
}
