package tenant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/loader"
)

// lists is a tenant that serves listings in pages. Between pages there is an empty one, and a token is left over at the end.
type lists struct {
	mu       sync.Mutex
	items    map[string][]string // by the end of the path
	size     int                 // of a page
	single   map[string]string   // answers about single things, by the end of the path
	missing  map[string]int      // status by the end of the path
	requests []string
	before   func(http.ResponseWriter, *http.Request) bool // true = it has answered
}

func (l *lists) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	l.requests = append(l.requests, r.Method+" "+name+" "+r.URL.RawQuery)
	if l.before != nil && l.before(w, r) {
		return
	}
	if status := l.missing[name]; status != 0 {
		reply(status, `{"code":"Missing","message":"none"}`)(w, r)
		return
	}
	if text, ok := l.single[name]; ok {
		reply(200, text)(w, r)
		return
	}
	items, ok := l.items[name]
	if !ok {
		reply(404, `{"code":"NotFound","message":"no such thing"}`)(w, r)
		return
	}
	at, odd := 0, false
	if token := r.URL.Query().Get("page_token"); token != "" {
		text, after, _ := strings.Cut(token, " +/")
		at, _ = strconv.Atoi(text)
		odd = after == "empty"
	}
	end, next := min(at+l.size, len(items)), ""
	if odd {
		end, next = at, fmt.Sprintf("%d +/", at)
	} else {
		next = fmt.Sprintf("%d +/empty", end)
	}
	text, _ := json.Marshal(map[string]any{"next_page_token": next, "has_more": end < len(items)})
	reply(200, `{"values":[`+strings.Join(items[at:end], ",")+`],`+string(text[1:]))(w, r)
}

func policyText(i int, more string) string {
	return fmt.Sprintf(`{"id":"p-%d","name":"Policy %d","state":"RUNNING","entity_type":"T","current_version_number":3,`+
		`"current_version":{"policy_id":"p-%d","version_number":3,"state":"PUBLISHED","config":{"workflows":[],"actions":[]}}%s}`, i, i, i, more)
}

func identityText(i int) string {
	return fmt.Sprintf(`{"value":{"id":"i-%d","policy_id":"p-1","entity_id":"W%d","entity_type":"T","entity_name":"N %d","level":%d.50,"tags":["a"]}}`, i, i, i, i)
}

// newLists is a tenant with some of everything.
func newLists() *lists {
	l := &lists{size: 3, missing: map[string]int{}, items: map[string][]string{
		"policies":              {policyText(1, ""), policyText(2, `,"safety_limit_settings":{"max_identities_affected_count":"10"}`)},
		"access_profiles_types": {`{"id":"t-1","name":"Profile"}`},
		"lifecycle_managers":    {`{"id":"d-1","name":"AD","type":"ACTIVE_DIRECTORY","data_provider_secret_refs":[{"id":"secret-1"}]}`},
		"access_profiles":       nil,
	}, single: map[string]string{"access_profiles:available_integrations": `{"integrations":["AWS","OKTA"]}`}}
	for i := range 20 {
		l.items["access_profiles"] = append(l.items["access_profiles"], fmt.Sprintf(
			`{"id":"a-%d","name":"Profile %d %s","state":"RUNNING","custom_properties":{"n":%d.10},"current_version":{"version_number":1,"state":"PUBLISHED"}}`, i, i, testToken, i))
	}
	for i := range 5 {
		l.single[fmt.Sprintf("i-%d", i)] = identityText(i)
	}
	return l
}

var allIDs = []string{"i-4", "i-0", "i-1", "i-2", "i-3"}

func pullInto(ctx context.Context, s *scene, dir, policy string, ids []string) (*Pulled, error) {
	return Pull(ctx, s.Client, PullOptions{Dir: dir, Policy: policy, IdentityIDs: ids, ToolVersion: "v1"})
}

// contents are the files below a directory by name.
func contents(t *testing.T, dir string) map[string]string {
	out := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[name] = string(text)
		return err
	}))
	return out
}

func requireNoSecrets(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		require.NotContains(t, text, "veza-token")
		require.NotContains(t, text, "secret-1")
	}
}

func TestPull(t *testing.T) {
	source := newLists()
	s := newScene(t, source.ServeHTTP, nil)
	parent := t.TempDir()
	dir := filepath.Join(parent, "snapshot")
	var steps []string
	pulled, err := Pull(t.Context(), s.Client, PullOptions{Dir: dir, IdentityIDs: append(allIDs, "i-4"), ToolVersion: "v1",
		Progress: func(done, total int) { steps = append(steps, fmt.Sprintf("%d/%d", done, total)) }})
	require.NoError(t, err)
	require.Equal(t, []PulledFile{
		{"policies.json", 2}, {"access_profiles.json", 20}, {"access_profile_types.json", 1}, {"datasources.json", 1},
		{"integrations.json", 2}, {"identities.jsonl", 5},
	}, pulled.Files)
	require.Equal(t, []string{"Policy 1", "Policy 2"}, pulled.Policies)
	require.Empty(t, pulled.Warnings)
	require.Equal(t, []string{"1 of the ids stand twice and are asked for once"}, pulled.Notes)
	require.False(t, pulled.Resumed)
	require.Equal(t, "11/11", steps[len(steps)-1])
	require.Contains(t, source.requests, "GET access_profiles entity_extra_info=true&page_size=100")

	files := contents(t, dir)
	require.Equal(t, "{\"values\": [\n"+source.items["policies"][0]+",\n"+source.items["policies"][1]+"\n]}\n", files["policies.json"])
	var profiles []string
	for _, text := range source.items["access_profiles"] {
		profiles = append(profiles, strings.ReplaceAll(text, testToken, "[redacted]"))
	}
	require.Equal(t, "{\"values\": [\n"+strings.Join(profiles, ",\n")+"\n]}\n", files["access_profiles.json"])
	require.Equal(t, "{\"integrations\": [\n\"AWS\",\n\"OKTA\"\n]}\n", files["integrations.json"])
	require.Contains(t, files["datasources.json"], `"data_provider_secret_refs":["[redacted]"]`)
	require.Equal(t, `{"entity_id":"W4","id":"i-4","entity_type":"T","entity_name":"N 4","attributes":{"level":4.5,"tags":["a"]}}`,
		strings.SplitN(files["identities.jsonl"], "\n", 2)[0])
	for name, text := range files {
		requireNoSecrets(t, name, text)
	}
	entries, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing but the snapshot stays")

	snapshot, err := loader.OpenSnapshot(loader.Paths{Dir: dir}, loader.Options{Strict: true})
	require.NoError(t, err)
	require.Equal(t, loader.Manifest{Tenant: s.Tenant(), TakenAt: s.clock.Now().Truncate(time.Second), ToolVersion: "v1"}, snapshot.Manifest)
	require.Len(t, snapshot.Catalog.Profiles, 20)
	for _, f := range snapshot.Findings(snapshot.Policies[0]) {
		require.NotContains(t, []string{"digest-mismatch", "ignored-file", "incomplete-export"}, f.Code)
	}
	var manifest struct{ SHA256 map[string]string }
	require.NoError(t, json.Unmarshal([]byte(files["manifest.json"]), &manifest))
	require.Len(t, manifest.SHA256, len(files)-1)
}

// sameTenant makes a client of the same tenant, whatever the server's port.
func sameTenant(t *testing.T, source *lists, change func(*Options)) *scene {
	s := newScene(t, source.ServeHTTP, change)
	s.wire.next = toServer{s.base.Host, s.wire.next}
	s.base.Host = "tenant.example"
	return s
}

// toServer sends requests to a server of another name.
type toServer struct {
	host string
	next http.RoundTripper
}

func (s toServer) RoundTrip(r *http.Request) (*http.Response, error) {
	r.URL.Host = s.host
	return s.next.RoundTrip(r)
}

// A pull that ends after any number of requests, in any of two ways, goes on where it was, and leads to the same bytes.
func TestPullResumes(t *testing.T) {
	parent := t.TempDir()
	source := newLists()
	source.items["policies"][1] = policyText(2, `,"draft_version_number":4`)
	source.single["p-2"] = `{"value":` + source.items["policies"][1] + `,"version":{"policy_id":"p-2","version_number":4,"state":"DRAFT","config":{"workflows":[]}}}`
	whole := filepath.Join(parent, "whole")
	s := sameTenant(t, source, nil)
	pulled, err := pullInto(t.Context(), s, whole, "", allIDs)
	require.NoError(t, err)
	want, calls := contents(t, whole), s.Calls()
	require.Contains(t, want, "policy_versions.json")
	require.Greater(t, calls, 20)
	require.Contains(t, pulled.Files, PulledFile{"policy_versions.json", 1})

	for k := 1; k < calls; k++ {
		for _, interrupted := range []bool{false, true} {
			dir := filepath.Join(parent, fmt.Sprint(k, interrupted))
			ctx, cancel := context.WithCancel(t.Context())
			first := sameTenant(t, source, func(o *Options) {
				o.Concurrency = 2
				if !interrupted {
					o.Budget = k
				}
			})
			if interrupted {
				sent := 0
				source.before = func(http.ResponseWriter, *http.Request) bool {
					if sent++; sent == k {
						cancel()
					}
					return false
				}
			}
			_, err := pullInto(ctx, first, dir, "", allIDs)
			cancel()
			source.before = nil
			if err == nil { // everything was under way
				require.Equal(t, want, contents(t, dir))
				continue
			}
			var left *Unfinished
			require.ErrorAs(t, err, &left)
			require.ErrorContains(t, err, "run the same command again to go on")
			require.NoDirExists(t, dir, "a half pull is never a snapshot")
			for name, text := range contents(t, left.Partial) {
				requireNoSecrets(t, name, text)
			}
			second := sameTenant(t, source, nil)
			second.clock.now = second.clock.now.Add(time.Minute)
			pulled, err := pullInto(t.Context(), second, dir, "", allIDs)
			require.NoError(t, err)
			require.True(t, pulled.Resumed)
			require.Equal(t, want, contents(t, dir), "after %d requests", k)
			require.LessOrEqual(t, first.Calls()+second.Calls(), calls+2, "what is there is not asked for again")
			require.NoDirExists(t, left.Partial)
		}
	}
}

// One request a run, over and over.
func TestPullResumesManyTimes(t *testing.T) {
	source := newLists()
	dir := filepath.Join(t.TempDir(), "s")
	runs := 0
	for {
		runs++
		s := sameTenant(t, source, func(o *Options) { o.Budget = 1 })
		_, err := pullInto(t.Context(), s, dir, "", allIDs)
		if err == nil {
			break
		}
		require.ErrorIs(t, err, ErrBudget)
		require.Less(t, runs, 100)
	}
	require.Len(t, contents(t, dir), 7)
}

// A tenant that fails now and then in every way that is known is pulled all the same.
func TestPullUnderFaults(t *testing.T) {
	source := newLists()
	clean := filepath.Join(t.TempDir(), "clean")
	_, err := pullInto(t.Context(), sameTenant(t, source, nil), clean, "", allIDs)
	require.NoError(t, err)
	want := contents(t, clean)
	faults := []http.HandlerFunc{
		reply(429, `{}`), reply(429, `{}`, "Retry-After: 3"), reply(500, `{}`), reply(503, `oops`, "Content-Type: text/plain"), reset, truncated,
		reply(200, `{"values":[`), reply(200, `<html>`, "Content-Type: text/html"),
	}
	for seed := range uint64(20) {
		dice := rand.New(rand.NewPCG(seed, 1))
		source.before = func(w http.ResponseWriter, r *http.Request) bool {
			if dice.IntN(5) > 0 {
				return false
			}
			faults[dice.IntN(len(faults))](w, r)
			return true
		}
		dir := filepath.Join(t.TempDir(), "s")
		var texts []string
		s := sameTenant(t, source, func(o *Options) {
			o.Seed, o.Attempts = seed, 12
			log := o.Log
			o.Log = func(a Attempt) { texts = append(texts, fmt.Sprintf("%+v", a)); log(a) }
		})
		_, err := pullInto(t.Context(), s, dir, "", allIDs)
		require.NoError(t, err, "seed %d", seed)
		got := contents(t, dir)
		delete(got, "manifest.json")
		delete(want, "manifest.json")
		require.Equal(t, want, got)
		require.Equal(t, len(texts), s.Calls())
		requireNoSecrets(t, texts...)
	}
}

func TestPullDuplicates(t *testing.T) {
	source := newLists()
	source.items["access_profiles"] = []string{
		`{"id":"a","name":"A","n":1}`, `{"id":"b","name":"B"}`, `{"name":"A","n":1,"id":"a"}`, `{"id":"b","name":"B2"}`, `{"id":"c","n":1.0}`, `{"id":"c","n":1}`,
	}
	dir := filepath.Join(t.TempDir(), "s")
	pulled, err := pullInto(t.Context(), newScene(t, source.ServeHTTP, nil), dir, "", nil)
	require.NoError(t, err)
	require.Equal(t, []string{"access_profiles: b came twice and changed in between; the later one is kept", "access_profiles: c came twice and changed in between; the later one is kept"}, pulled.Warnings)
	require.Equal(t, []string{"access_profiles: 1 items came more than once and are kept once"}, pulled.Notes)
	require.Equal(t, "{\"values\": [\n"+strings.Join([]string{
		`{"id":"a","name":"A","n":1}`, `{"id":"b","name":"B2"}`, `{"id":"c","n":1}`,
	}, ",\n")+"\n]}\n", contents(t, dir)["access_profiles.json"])
	require.NotContains(t, contents(t, dir), "identities.jsonl")
}

func TestPullWithoutOptionalParts(t *testing.T) {
	for _, status := range []int{403, 404, 405, 501} {
		source := newLists()
		for _, name := range []string{"access_profiles_types", "lifecycle_managers", "access_profiles:available_integrations"} {
			source.missing[name] = status
		}
		dir := filepath.Join(t.TempDir(), "s")
		pulled, err := pullInto(t.Context(), newScene(t, source.ServeHTTP, nil), dir, "", nil)
		require.NoError(t, err)
		require.Len(t, pulled.Warnings, 3)
		require.Contains(t, pulled.Warnings[0], "access_profile_types.json is left out: this tenant does not offer it, or not with this token: ")
		require.Len(t, contents(t, dir), 3)
	}
	for _, name := range []string{"policies", "access_profiles"} {
		source := newLists()
		source.missing[name] = 404
		_, err := pullInto(t.Context(), newScene(t, source.ServeHTTP, nil), filepath.Join(t.TempDir(), "s"), "", nil)
		require.ErrorContains(t, err, name+": 404 Missing: none")
	}
}

// A listing that refuses page_size is read without it; any other refusal is one.
func TestPullWithoutPageSize(t *testing.T) {
	source := newLists()
	for _, message := range []string{"unknown query parameter page_size", "no"} {
		asked := 0
		dir := filepath.Join(t.TempDir(), "s")
		_, err := pullInto(t.Context(), newScene(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Has("page_size") && strings.HasSuffix(r.URL.Path, "/policies") {
				asked++
				reply(400, `{"code":"InvalidArgument","message":"`+message+`"}`)(w, r)
				return
			}
			source.ServeHTTP(w, r)
		}, nil), dir, "", nil)
		require.Equal(t, 1, asked)
		if message == "no" {
			require.ErrorContains(t, err, "400 InvalidArgument: no")
			continue
		}
		require.NoError(t, err)
		require.Contains(t, contents(t, dir)["policies.json"], `"Policy 1"`)
	}
}

func TestPullOfOnePolicy(t *testing.T) {
	source := newLists()
	source.items["policies"] = append(source.items["policies"], strings.ReplaceAll(policyText(3, ""), "Policy 3", "Twin"), strings.ReplaceAll(policyText(4, ""), "Policy 4", "Twin"))
	for _, tc := range []struct{ policy, ids, fails string }{
		{"", "p-1 p-2 p-3 p-4", ""},
		{"Policy 2", "p-2", ""},
		{"p-4", "p-4", ""},
		{"Twin", "", `2 policies are named "Twin": give the id`},
		{"Polcy 1", "", `no policy has the name or id "Polcy 1"; did you mean "Policy 1"`},
		{"something else", "", `there are: "Policy 1", "Policy 2", "Twin", "Twin"`},
	} {
		dir := filepath.Join(t.TempDir(), "s")
		_, err := pullInto(t.Context(), newScene(t, source.ServeHTTP, nil), dir, tc.policy, nil)
		if tc.fails != "" {
			require.ErrorContains(t, err, tc.fails)
			require.NoDirExists(t, dir)
			require.NoDirExists(t, dir+".partial", "the next run looks at the tenant as it is then")
			continue
		}
		require.NoError(t, err)
		var got struct{ Values []struct{ ID string } }
		require.NoError(t, json.Unmarshal([]byte(contents(t, dir)["policies.json"]), &got))
		var ids []string
		for _, v := range got.Values {
			ids = append(ids, v.ID)
		}
		require.Equal(t, tc.ids, strings.Join(ids, " "))
		require.Len(t, strings.Split(contents(t, dir)["access_profiles.json"], "\n"), 23, "profiles are always all")
	}
	source.items["policies"] = nil
	_, err := pullInto(t.Context(), newScene(t, source.ServeHTTP, nil), filepath.Join(t.TempDir(), "s"), "", nil)
	require.ErrorContains(t, err, "the tenant lists no policy")
}

// What the listing leaves out is asked for alone; what no answer has is said.
func TestPullOfDraftsAndConfigs(t *testing.T) {
	const bare = `{"id":"p-1","name":"Bare","state":"RUNNING","current_version_number":"3","draft_version_number":%d,"current_version":{"version_number":3,"state":"PUBLISHED"}}`
	full := strings.Replace(policyText(1, ""), "Policy 1", "Full", 1)
	for _, tc := range []struct {
		name, listed, single string
		policies, versions   string // part of the files; versions "" = none
		says                 string // part of the only warning or note; "" = none
	}{
		{"config from the policy alone", fmt.Sprintf(bare, 0), `{"value":` + full + `}`, `"name":"Full"`, "", ""},
		{"bare answer", fmt.Sprintf(bare, 0), full, `"name":"Full"`, "", ""},
		{"config from nowhere", fmt.Sprintf(bare, 0), `{"value":` + fmt.Sprintf(bare, 0) + `}`, `"name":"Bare"`, "", "does not say what its current version does"},
		{"current version beside", fmt.Sprintf(bare, 0), `{"value":` + fmt.Sprintf(bare, 0) + `,"version":{"version_number":3,"state":"PUBLISHED","config":{}}}`,
			`"name":"Bare"`, `{"policy_id":"p-1","version_number":3,"state":"PUBLISHED","config":{}}`, "does not say what its current version does"},
		{"draft", policyText(1, `,"draft_version_number":4`), `{"value":{"id":"p-1"},"version":{"policy_id":"p-1","version_number":"4","state":"DRAFT","config":{}}}`,
			`"Policy 1"`, `{"policy_id":"p-1","version_number":"4","state":"DRAFT","config":{}}`, ""},
		{"current version again", policyText(1, `,"draft_version_number":4`), `{"value":{"id":"p-1"},"version":{"version_number":3,"config":{}}}`,
			`"Policy 1"`, "", `policy "Policy 1": its draft, version 4, cannot be read through the documented API`},
		{"version of another policy", policyText(1, `,"draft_version_number":4`), `{"value":{},"version":{"policy_id":"p-9","version_number":4,"config":{}}}`,
			`"Policy 1"`, "", "its draft, version 4"},
		{"no version", policyText(1, `,"draftVersionNumber":4`), `{"value":{"id":"p-1"}}`, `"Policy 1"`, "", "its draft, version 4"},
		{"draft is the current one", policyText(1, `,"draft_version_number":3`), ``, `"Policy 1"`, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			source := newLists()
			source.items["policies"] = []string{tc.listed}
			source.single["p-1"] = tc.single
			dir := filepath.Join(t.TempDir(), "s")
			pulled, err := pullInto(t.Context(), newScene(t, source.ServeHTTP, nil), dir, "", nil)
			require.NoError(t, err)
			files := contents(t, dir)
			require.Contains(t, files["policies.json"], tc.policies)
			if tc.versions == "" {
				require.NotContains(t, files, "policy_versions.json")
			} else {
				require.Equal(t, "{\"values\": [\n"+tc.versions+"\n]}\n", files["policy_versions.json"])
			}
			said := append(pulled.Warnings, pulled.Notes...)
			if tc.says == "" {
				require.Empty(t, said)
			} else {
				require.Len(t, said, 1)
				require.Contains(t, said[0], tc.says)
			}
		})
	}
}

// An answer about somebody else is not taken for the one that was asked for.
func TestPullOfOtherIdentities(t *testing.T) {
	source := newLists()
	source.single["i-2"] = identityText(1)
	dir := filepath.Join(t.TempDir(), "s")
	pulled, err := pullInto(t.Context(), newScene(t, source.ServeHTTP, nil), dir, "", []string{"i-1", "i-2"})
	require.NoError(t, err)
	require.Equal(t, []string{"1 of 2 identities is left out, because the tenant answers with another identity: i-2"}, pulled.Warnings)
	require.Equal(t, 1, strings.Count(contents(t, dir)["identities.jsonl"], "\n"))
}

func TestPullOfIdentities(t *testing.T) {
	source := newLists()
	source.single["i-2"] = strings.Replace(identityText(2), "W2", "W1", 1)
	dir := filepath.Join(t.TempDir(), "s")
	pulled, err := pullInto(t.Context(), newScene(t, source.ServeHTTP, nil), dir, "", append(allIDs, "gone-1", "gone-2"))
	require.NoError(t, err)
	require.Equal(t, []string{
		"2 of 7 identities are left out, because the tenant does not know them: gone-1, gone-2",
		"entity_ids that several identities have, as when these belong to several policies: W1",
	}, pulled.Warnings)
	require.Equal(t, 5, strings.Count(contents(t, dir)["identities.jsonl"], "\n"))

	_, err = pullInto(t.Context(), newScene(t, source.ServeHTTP, nil), filepath.Join(t.TempDir(), "s"), "", []string{"gone"})
	require.ErrorContains(t, err, "the tenant knows none of the 1 identities")
	_, err = pullInto(t.Context(), newScene(t, source.ServeHTTP, nil), filepath.Join(t.TempDir(), "s"), "", []string{"a/b"})
	require.ErrorContains(t, err, `"a/b" is no id of a tenant`)
}

func TestPullRefusesDirectories(t *testing.T) {
	source := newLists()
	s := newScene(t, source.ServeHTTP, nil)
	parent := t.TempDir()
	full, file, empty, foreign, other := filepath.Join(parent, "full"), filepath.Join(parent, "file"), filepath.Join(parent, "empty"), filepath.Join(parent, "foreign"), filepath.Join(parent, "other")
	require.NoError(t, os.MkdirAll(filepath.Join(full, "x"), 0o755))
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	require.NoError(t, os.Mkdir(empty, 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(foreign+".partial", "mine"), 0o755))
	require.NoError(t, os.Mkdir(other+".partial", 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(other+".partial", "progress.json"), []byte(`{"lcmsim_pull":1,"tenant":"b.example","started_at":"2026-01-01T00:00:00Z"}`), 0o644))
	for dir, want := range map[string]string{
		full:                         "is not empty; name a new directory",
		file:                         "is a file; name a new directory",
		".":                          "name a new directory for the snapshot",
		"..":                         "name a new directory for the snapshot",
		"/":                          "name a new directory for the snapshot",
		foreign:                      "foreign.partial: is no unfinished pull; remove it, or name another directory",
		other:                        "other.partial: holds an unfinished pull of another tenant, b.example; remove it",
		filepath.Join(file, "below"): "file",
	} {
		_, err := pullInto(t.Context(), s, dir, "", nil)
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, os.WriteFile(filepath.Join(other+".partial", "progress.json"), []byte(`{"lcmsim_pull":2}`), 0o644))
	_, err := pullInto(t.Context(), s, other, "", nil)
	require.ErrorContains(t, err, "its progress.json is not one of this version of lcmsim")
	require.Zero(t, s.Calls())
	_, err = pullInto(t.Context(), s, empty+"/", "", nil)
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(empty, "policies.json"))
}

// A page of an earlier run that was damaged is not passed over; a token that has expired starts its listing again.
func TestPullFromDamagedOrOldPages(t *testing.T) {
	source := newLists()
	dir := filepath.Join(t.TempDir(), "s")
	begin := func() {
		_, err := pullInto(t.Context(), sameTenant(t, source, func(o *Options) { o.Budget = 5 }), dir, "", nil)
		require.ErrorIs(t, err, ErrBudget)
	}
	begin()
	page := filepath.Join(dir+".partial", "access_profiles-0002.json")
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(page, text[:len(text)/2], 0o644))
	_, err = pullInto(t.Context(), sameTenant(t, source, nil), dir, "", nil)
	require.ErrorContains(t, err, "access_profiles-0002.json: cannot be read")
	require.ErrorContains(t, err, "s.partial to start over")
	require.NoError(t, os.WriteFile(page, text, 0o644))

	refused := false
	source.before = func(w http.ResponseWriter, r *http.Request) bool {
		if refused || r.URL.Query().Get("page_token") == "" {
			return false
		}
		refused = true
		reply(400, `{"code":"InvalidArgument","message":"page token expired"}`)(w, r)
		return true
	}
	s := sameTenant(t, source, nil)
	s.clock.now = s.clock.now.Add(26 * time.Hour)
	pulled, err := pullInto(t.Context(), s, dir, "", nil)
	require.NoError(t, err)
	require.Equal(t, []string{"access_profiles: the tenant no longer knows the page at which the last run stopped; it was read again from the beginning"}, pulled.Notes)
	require.Equal(t, []string{"the pull began 26h0m0s before it ended: its parts are of different times"}, pulled.Warnings)
	require.Len(t, strings.Split(contents(t, dir)["access_profiles.json"], "\n"), 23)
}

// Answers that are no snapshot do not become one.
func TestPullOfWhatCannotBeRead(t *testing.T) {
	source := newLists()
	source.items["policies"] = []string{`{"id":"p-1","name":"Odd","current_version":{"config":{"workflows":3}}}`}
	dir := filepath.Join(t.TempDir(), "s")
	_, err := pullInto(t.Context(), newScene(t, source.ServeHTTP, nil), dir, "", nil)
	require.ErrorContains(t, err, "what the tenant answered is no snapshot that can be read")
	require.ErrorContains(t, err, "workflows: is a number")
	require.NotContains(t, err.Error(), "run the same command again")
	require.NoDirExists(t, dir)
	var problems *loader.Problems
	require.True(t, errors.As(err, &problems))
}

// Nothing that was got before means nothing to go on with.
func TestPullThatNeverBegins(t *testing.T) {
	source := newLists()
	source.missing["policies"] = 401
	parent := t.TempDir()
	_, err := pullInto(t.Context(), newScene(t, source.ServeHTTP, nil), filepath.Join(parent, "s"), "", nil)
	require.ErrorIs(t, err, ErrUnauthorized)
	require.NotContains(t, err.Error(), "run the same command again")
	entries, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestReadToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	for _, tc := range []struct{ text, want, fails string }{
		{testToken, testToken, ""},
		{"\ufeff \n" + testToken + "\r\n\n", testToken, ""},
		{" \n", "", "token: is empty"},
		{testToken + "\n" + testToken, "", "token: the token holds a blank"},
		{"secret7\n", "secret7", ""},
	} {
		require.NoError(t, os.WriteFile(path, []byte(tc.text), 0o600))
		got, exposed, err := ReadToken(path)
		require.Equal(t, tc.want, got)
		require.False(t, exposed)
		if tc.fails == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, tc.fails)
			requireNoSecrets(t, err.Error())
		}
	}
	require.NoError(t, os.WriteFile(path, []byte(testToken), 0o600))
	require.NoError(t, os.Chmod(path, 0o640))
	_, exposed, err := ReadToken(path)
	require.NoError(t, err)
	require.True(t, exposed)
	_, _, err = ReadToken(filepath.Dir(path))
	require.ErrorContains(t, err, "is a directory")
	_, _, err = ReadToken(path + "x")
	require.ErrorContains(t, err, "tokenx: the token cannot be read: no such file")
}
