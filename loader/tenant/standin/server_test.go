package standin_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/loader/tenant/standin"
)

const (
	private  = "/api/private/lifecycle_management/"
	policyID = "pol"
	runPath  = private + "policies/pol/identities/t1:dry_run"
)

// small is a snapshot of two policies, a number of profiles and two identities.
func small(profiles int) *standin.Snapshot {
	s := &standin.Snapshot{
		Policies: []json.RawMessage{
			json.RawMessage(`{"id":"pol","name":"One","entity_type":"Worker","identity_attribute_mappings":[{"identity_attribute":"TITLE","entity_attribute_name":"job"}],
				"safety_limit_settings":{"max_identities_affected_count":"400"},"current_version":{"version_number":2,"config":{
				"workflows":[{"name":"W","trigger_string":"x eq 1","conditions_on_success":[{"condition_type":"ANY","actions_to_run":[{"name":"Sync"},{"name":"Grant"}]}]},
					{"name":"Off","state":"DISABLED","trigger_type":"ANY"}],
				"actions":[{"name":"Grant","type":"MANAGE_RELATIONSHIPS","config":{"access_profiles":["P0"]}},
					{"name":"Sync","type":"SYNC_IDENTITIES","config":{"datasource_id":"d2","create_allowed":true}}]}}}`),
			json.RawMessage(`{"id":"other","name":"Two","entity_type":"Robot"}`),
		},
		Versions:    []json.RawMessage{json.RawMessage(`{"policy_id":"pol","version_number":3,"state":"DRAFT","config":{"workflows":[{"name":"New","trigger_type":"ANY"}]}}`)},
		Types:       []json.RawMessage{json.RawMessage(`{"id":"type"}`)},
		Datasources: []json.RawMessage{json.RawMessage(`{"id":"d1","name":"Directory","type":"ACTIVE_DIRECTORY"}`), json.RawMessage(`{"id":"d2","name":"Okta","type":"OKTA"}`)},
		Identities: []json.RawMessage{
			json.RawMessage(`{"id":"t1","entity_id":"p1","entity_type":"Worker","entity_name":"Ada","attributes":{"x":1,"job":"Engineer","email":"a@x.example","is_active":true,"big":9007199254740993}}`),
			json.RawMessage(`{"entity_id":"p/2","attributes":{"x":2}}`),
		},
	}
	for i := range profiles {
		s.Profiles = append(s.Profiles, json.RawMessage(fmt.Sprintf(`{"id":"P%d","name":"Profile %d","integrations":["OKTA"],"current_version":{"entities_to_create_relationships_to":[
			{"datasource_id":"d1","entity_type":"Group","entity_id":"g","entity_name":"All","provider_id":"pr","condition":{"type":"ANY"}},{"entity_type":"Group","entity_name":"only"}]}}`, i, i)))
	}
	return s
}

// remote is a tenant behind a real server.
type remote struct {
	*standin.Server
	t   *testing.T
	url string
}

func listen(t *testing.T, opt standin.Options) remote {
	if opt.Snapshot == nil && opt.Dir == "" {
		opt.Snapshot = small(1)
	}
	tenant, err := standin.New(opt)
	require.NoError(t, err)
	server := httptest.NewServer(tenant)
	t.Cleanup(server.Close)
	return remote{tenant, t, server.URL}
}

// send sends a request with the right token.
func (r remote) send(method, path, body string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	require.NoError(r.t, err)
	request.Header.Set("Authorization", "Bearer "+standin.DefaultToken)
	return http.DefaultClient.Do(request)
}

// read is the status and the JSON of an answer.
func (r remote) read(method, path, body string) (int, map[string]any) {
	response, err := r.send(method, path, body)
	require.NoError(r.t, err)
	defer response.Body.Close()
	require.Equal(r.t, "application/json", response.Header.Get("Content-Type"))
	var out map[string]any
	require.NoError(r.t, json.NewDecoder(response.Body).Decode(&out))
	return response.StatusCode, out
}

// pages follows the tokens of a list for at most 50 pages and gives the ids on each.
func (r remote) pages(path, query string) (pages [][]string, last map[string]any) {
	token := ""
	for range 50 {
		status, page := r.read("GET", path+"?"+query+"&page_token="+url.QueryEscape(token), "")
		require.Equal(r.t, 200, status, page)
		ids := []string{}
		for _, value := range page["values"].([]any) {
			ids = append(ids, value.(map[string]any)["id"].(string))
		}
		pages, last, token = append(pages, ids), page, page["next_page_token"].(string)
		if page["has_more"] == false {
			return pages, last
		}
	}
	return pages, last
}

func TestPaging(t *testing.T) {
	r := listen(t, standin.Options{Snapshot: small(7), PageSize: 3})
	pages, last := r.pages(private+"access_profiles", "page_size=100")
	require.Equal(t, [][]string{{"P0", "P1", "P2"}, {}, {"P3", "P4", "P5"}, {"P6"}}, pages, "an empty page is not the end")
	require.NotEmpty(t, last["next_page_token"], "a token can be left over")

	leftover := last["next_page_token"].(string)
	_, after := r.read("GET", private+"access_profiles?page_token="+url.QueryEscape(leftover), "")
	require.Equal(t, []any{}, after["values"])
	require.Equal(t, false, after["has_more"])

	pages, last = r.pages(private+"policies", "")
	require.Equal(t, [][]string{{"pol", "other"}}, pages)
	require.Empty(t, last["next_page_token"])
	for _, list := range []string{private + "access_profiles_types", "/api/v1/providers/datasources/lifecycle_managers"} {
		pages, _ = r.pages(list, "page_size=1")
		require.NotEmpty(t, pages[0], list)
	}
	for query, want := range map[string]string{
		"page_size=0":                                   "page_size",
		"page_size=ten":                                 "page_size",
		"page_token=made+up":                            "page_token",
		"page_token=" + leftover + "x":                  "page_token",
		"filter=integrations+co+%22OKTA%22":             "filter",
		"entity_extra_info=perhaps":                     "entity_extra_info",
		"page_size=2&page_token=" + leftover[1:]:        "page_token",
		"page_token=" + url.QueryEscape("eyJsIjoiIn0."): "page_token",
	} {
		status, refused := r.read("GET", private+"access_profiles?"+query, "")
		require.Equal(t, 400, status, query)
		require.Equal(t, "InvalidArgument", refused["code"], query)
		field := refused["details"].([]any)[0].(map[string]any)["field_violations"].([]any)[0].(map[string]any)["field"]
		require.Equal(t, want, field, query)
	}
	status, _ := r.read("GET", private+"policies?page_token="+url.QueryEscape(leftover), "")
	require.Equal(t, 400, status, "a token of another list")
}

func TestLists(t *testing.T) {
	r := listen(t, standin.Options{})
	_, got := r.read("GET", private+"policies/pol", "")
	require.Equal(t, "400", got["value"].(map[string]any)["safety_limit_settings"].(map[string]any)["max_identities_affected_count"])
	_, got = r.read("GET", private+"access_profiles:available_integrations", "")
	require.Equal(t, map[string]any{"integrations": []any{"OKTA"}}, got)

	entities := func(query string) []any {
		_, page := r.read("GET", private+"access_profiles?"+query, "")
		return page["values"].([]any)[0].(map[string]any)["current_version"].(map[string]any)["entities_to_create_relationships_to"].([]any)
	}
	require.Equal(t, "All", entities("entity_extra_info=true")[0].(map[string]any)["entity_name"])
	plain := entities("")
	require.NotContains(t, plain[0], "entity_name")
	require.NotContains(t, plain[0], "provider_id")
	require.Contains(t, plain[0], "condition")
	require.Equal(t, "only", plain[1].(map[string]any)["entity_name"], "an entity without an id keeps its name")
}

func TestRefusals(t *testing.T) {
	r := listen(t, standin.Options{Token: "k3y"})
	for _, header := range []string{"", "Bearer wrong", "k3y", "Basic k3y", "bearer k3y"} {
		request, err := http.NewRequestWithContext(t.Context(), "GET", r.url+private+"policies", nil)
		require.NoError(t, err)
		request.Header.Set("Authorization", header)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		var refused map[string]any
		require.NoError(t, json.NewDecoder(response.Body).Decode(&refused))
		require.NoError(t, response.Body.Close())
		require.Equal(t, 401, response.StatusCode)
		require.Equal(t, "Unauthenticated", refused["code"])
		require.Equal(t, []any{}, refused["details"])
		require.Regexp(t, `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, refused["request_id"])
		_, err = time.Parse(time.RFC3339Nano, refused["timestamp"].(string))
		require.NoError(t, err)
	}

	r = listen(t, standin.Options{})
	for _, tc := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", private + "policies/none", "", 404, `there is no policy "none"`},
		{"GET", private + "identities/none", "", 404, `there is no identity "none"`},
		{"GET", private + "nothing", "", 404, "there is no such endpoint"},
		{"GET", private + "policies/", "", 404, "there is no such endpoint"},
		{"GET", "/", "", 404, "there is no such endpoint"},
		{"POST", private + "policies/none/identities/t1:dry_run", "{}", 404, `there is no policy "none"`},
		{"POST", private + "policies/pol/identities/none:dry_run", "{}", 404, `the policy has no identity "none"`},
		{"POST", private + "policies/other/identities/t1:dry_run", "{}", 404, `the policy has no identity "t1"`},
		{"POST", private + "policies/pol/identities/t1", "{}", 404, "there is no such endpoint"},
		{"POST", private + "policies/pol/identities/:dry_run", "{}", 404, "there is no such endpoint"},
		{"POST", runPath, `{"version_number":9}`, 404, "the policy has no version 9"},
		{"POST", private + "policies/other/identities/p%2F2:dry_run", `{}`, 404, "the policy has no version 0"},
		{"POST", runPath, ``, 400, "invalid body: it is not a JSON object: unexpected EOF"},
		{"POST", runPath, `[]`, 400, "invalid body: it is not a JSON object: want a JSON object"},
		{"POST", runPath, `{"id":"t2"}`, 400, "invalid id: it is not the identity of the path"},
		{"POST", runPath, `{"policy_id":"other"}`, 400, "invalid policy_id: it is not the policy of the path"},
		{"POST", runPath, `{"version_number":-1}`, 400, "invalid version_number: want a number of 32 bits, not negative"},
		{"POST", runPath, `{"version_number":1.5}`, 400, "invalid version_number: want a number of 32 bits, not negative"},
		{"POST", runPath, `{"state":true}`, 400, "invalid state: want the name or number of a state"},
		{"POST", runPath, `{"skip_disabled_workflows":"yes"}`, 400, "invalid skip_disabled_workflows: want true or false"},
		{"POST", runPath, `{"attributes":{}}`, 400, "invalid attributes: unknown field"},
		{"GET", runPath, "", 405, "this tenant takes only POST here"},
		{"POST", private + "policies", "{}", 405, "this tenant takes only GET here"},
		{"PATCH", private + "policies/pol", "{}", 405, "this tenant takes only GET here"},
		{"DELETE", private + "policies/pol", "", 405, "this tenant takes only GET here"},
		{"POST", private + "policies/pol/versions/2:add_action", "{}", 404, "there is no such endpoint"},
	} {
		status, got := r.read(tc.method, tc.path, tc.body)
		require.Equal(t, tc.status, status, tc)
		require.Equal(t, tc.want, got["message"], tc)
	}
	writes := 0
	for _, seen := range r.Requests() {
		if seen.Writes() {
			require.Contains(t, []int{404, 405}, seen.Status)
			writes++
		}
	}
	require.Equal(t, 5, writes)
}

func TestOldTenant(t *testing.T) {
	r := listen(t, standin.Options{Old: true})
	status, got := r.read("POST", runPath, `{"skip_disabled_workflows":true}`)
	require.Equal(t, 400, status)
	require.Equal(t, "invalid skip_disabled_workflows: unknown field", got["message"])
	status, _ = r.read("POST", runPath, `{}`)
	require.Equal(t, 200, status)
}

func TestDryRunAnswer(t *testing.T) {
	r := listen(t, standin.Options{})
	status, got := r.read("POST", runPath, `{"policy_id":"pol","id":"t1","version_number":"2","state":"NEW","skip_disabled_workflows":true}`)
	require.Equal(t, 200, status)
	require.Equal(t, []any{"W"}, got["workflows_matched"])
	require.Equal(t, []any{"P0"}, got["access_profile_ids"])
	jobs := got["job_requests"].([]any)
	require.Len(t, jobs, 2)
	sync, grant := jobs[0].(map[string]any), jobs[1].(map[string]any)
	require.Equal(t, "Sync", sync["action_name"])
	require.Equal(t, "SYNC_IDENTITIES", sync["action_type"])
	require.Equal(t, "t1", sync["identity_id"])
	require.Equal(t, "OKTA", sync["data_source"].(map[string]any)["data_provider_type"], "the action names the datasource")
	require.Equal(t, "ACTIVE_DIRECTORY", grant["data_source"].(map[string]any)["data_provider_type"], "the first entitlement has it")
	config := grant["action_config"].(map[string]any)
	require.Equal(t, "type.googleapis.com/lifecyclemanagement.v1.ManageRelationshipsJobConfig", config["@type"])
	require.Len(t, config["relationships_to_create"], 2)
	require.NotContains(t, config["relationships_to_create"].([]any)[0], "condition")
	secret := sync["data_source"].(map[string]any)["data_provider_secret_refs"].([]any)[0].(map[string]any)
	require.Equal(t, standin.SecretPrefix+"d2", secret["id"])
	require.Equal(t, map[string]any{sync["job_id"].(string): "W", grant["job_id"].(string): "W"}, got["job_request_workflow_names"])
	_, again := r.read("POST", runPath, `{}`)
	require.Equal(t, got, again, "the same question has the same answer; absent means the current version")

	_, draft := r.read("POST", runPath, `{"versionNumber":3}`)
	require.Equal(t, []any{"New"}, draft["workflows_matched"])
	require.Equal(t, []any{}, draft["job_requests"])
	require.Equal(t, map[string]any{}, draft["job_request_workflow_names"])

	r = listen(t, standin.Options{Shape: standin.Example})
	_, got = r.read("POST", runPath, `{}`)
	sync = got["job_requests"].([]any)[0].(map[string]any)
	require.Equal(t, map[string]any{"id": "d2", "name": "Okta", "type": "OKTA"}, sync["data_source"])
	require.Equal(t, "Engineer", sync["input_entities"].([]any)[0].(map[string]any)["attributes"].(map[string]any)["job"])
	require.NotContains(t, sync, "ttl")
}

func TestGetIdentity(t *testing.T) {
	r := listen(t, standin.Options{Drift: map[string]map[string]any{"t1": {"x": 2, "new": nil}}})
	response, err := r.send("GET", private+"identities/t1", "")
	require.NoError(t, err)
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.JSONEq(t, `{"value":{"id":"t1","policy_id":"pol","entity_type":"Worker","entity_id":"p1","entity_name":"Ada","email":"a@x.example","title":"Engineer","department":"",
		"active":true,"access_profiles":[],"access_profile_details":[],"workflows_triggered":[],"last_checked_at":"2026-09-01T06:00:00Z","primary_node":{"id":"p1","type":"Worker",
		"properties":{"x":2,"job":"Engineer","email":"a@x.example","is_active":true,"big":9007199254740993,"new":null}}}}`, string(data))
	require.Contains(t, string(data), "9007199254740993", "numbers are exact")

	_, got := r.read("POST", runPath, `{}`)
	require.Equal(t, []any{}, got["workflows_matched"], "drift decides the dry run")
	_, got = r.read("GET", private+"identities/p%2F2", "")
	require.Equal(t, "p/2", got["value"].(map[string]any)["id"], "without an id of the tenant it is the entity_id")

	_, got = listen(t, standin.Options{}).read("GET", private+"identities/t1", "")
	require.Equal(t, []any{"W"}, got["value"].(map[string]any)["workflows_triggered"])
	require.Equal(t, []any{map[string]any{"access_profile_id": "P0", "access_profile_name": "Profile 0", "created_from": "BIRTHRIGHT"}}, got["value"].(map[string]any)["access_profile_details"])
}

func TestRequestsHoldNoToken(t *testing.T) {
	r := listen(t, standin.Options{})
	_, _ = r.read("POST", runPath+"?x="+standin.DefaultToken, `{"id":"`+standin.DefaultToken+`"}`)
	require.Equal(t, []standin.Request{{Number: 1, Method: "POST", Path: runPath, Query: "x=[redacted]", Body: `{"id":"[redacted]"}`, Status: 400}}, r.Requests())
	require.Equal(t, 1, r.Calls())
}

func TestBadOptions(t *testing.T) {
	for want, opt := range map[string]standin.Options{
		"give a snapshot directory or a snapshot": {},
		"no such file":                                   {Dir: "testdata/none"},
		"page size 101 is not in 1..100":                 {Snapshot: small(1), PageSize: 101},
		`there is no shape "round"`:                      {Snapshot: small(1), Shape: "round"},
		`cannot be listed as "all"`:                      {Snapshot: small(1), Profiles: "all"},
		`there is no rule "filter.case"`:                 {Snapshot: small(1), Rules: map[string]string{"filter.case": "fold"}},
		`rule limits.zero has no value "one"; choose`:    {Snapshot: small(1), Rules: map[string]string{"limits.zero": "one"}},
		`there is no identity with the tenant id "none"`: {Snapshot: small(1), Drift: map[string]map[string]any{"none": {}}},
		`there is no fault "flood"`:                      {Snapshot: small(1), Faults: standin.Faults{Chance: map[string]float64{"flood": 1}}},
		`policy "" has no id`:                            {Snapshot: &standin.Snapshot{Policies: []json.RawMessage{json.RawMessage(`{}`)}}},
		"identity 1: entity_id is missing":               {Snapshot: &standin.Snapshot{Identities: []json.RawMessage{json.RawMessage(`{}`)}}},
		"access profile 1: want a JSON object":           {Snapshot: &standin.Snapshot{Profiles: []json.RawMessage{json.RawMessage(`[]`)}}},
		"policy version 1:":                              {Snapshot: &standin.Snapshot{Versions: []json.RawMessage{json.RawMessage(`{`)}}},
		"datasource 1:":                                  {Snapshot: &standin.Snapshot{Datasources: []json.RawMessage{json.RawMessage(`{`)}}},
	} {
		_, err := standin.New(opt)
		require.ErrorContains(t, err, want)
	}
	require.Len(t, standin.RuleNames(), 16)
}
