package tenant

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

// dryRunBody is the body of a dry run as a tenant sees it.
type dryRunBody struct {
	PolicyID string `json:"policy_id"`
	ID       string `json:"id"`
	Version  int    `json:"version_number"`
	State    string `json:"state"`
	Skip     *bool  `json:"skip_disabled_workflows"`
}

func readBody(r *http.Request) (b dryRunBody) {
	text, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(text, &b); err != nil {
		panic(err)
	}
	return b
}

func TestDryRun(t *testing.T) {
	var bodies []string
	s := newScene(t, func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		bodies = append(bodies, r.Method+" "+r.URL.Path+" "+r.Header.Get("Content-Type")+" "+string(text))
		reply(200, `{"workflows_matched":["W"],"access_profile_ids":["a"],"messages":["m `+testToken+`"],
			"job_requests":[{"action_name":"A","action_type":2,"data_source":{"data_provider_secret_refs":[{"id":"s-1"}]}},{"action_name":"B","action_type":"SYNC_IDENTITIES"}],
			"job_request_workflow_names":{"j":"W"}}`)(w, r)
	}, nil)
	got, _, err := s.DryRun(t.Context(), DryRunRequest{PolicyID: "p", IdentityID: "i"})
	require.NoError(t, err)
	require.Equal(t, engine.DryRun{
		WorkflowsMatched: []string{"W"}, AccessProfileIDs: []string{"a"}, Messages: []string{"m [redacted]"},
		Actions: []engine.DryRunAction{{Name: "A", Type: "MANAGE_RELATIONSHIPS"}, {Name: "B", Type: "SYNC_IDENTITIES"}},
	}, got)
	_, _, err = s.DryRun(t.Context(), DryRunRequest{PolicyID: "p", IdentityID: "i", Version: 8, State: "OLD", SkipDisabledWorkflows: true})
	require.NoError(t, err)
	const head = "POST /api/private/lifecycle_management/policies/p/identities/i:dry_run application/json "
	require.Equal(t, []string{
		head + `{"policy_id":"p","id":"i","state":"NEW"}`,
		head + `{"policy_id":"p","id":"i","version_number":8,"state":"OLD","skip_disabled_workflows":true}`,
	}, bodies)

	for text, want := range map[string]string{
		`{"hello":1}`:             "is no dry-run answer",
		`[]`:                      "the answer",
		`{"workflows_matched":3}`: "workflows_matched",
	} {
		s := newScene(t, reply(200, text), nil)
		_, _, err := s.DryRun(t.Context(), DryRunRequest{PolicyID: "p", IdentityID: "i"})
		require.ErrorContains(t, err, want)
		require.Equal(t, 1, s.Calls())
	}
	s = newScene(t, reply(200, `{}`), nil)
	got, _, err = s.DryRun(t.Context(), DryRunRequest{PolicyID: "p", IdentityID: "i"})
	require.NoError(t, err)
	require.Equal(t, engine.DryRun{}, got)
}

// An older tenant refuses skip_disabled_workflows: it is asked without, once and for all.
func TestOlderTenant(t *testing.T) {
	var mu sync.Mutex // Ask asks several questions at a time
	var skips []bool
	s := newScene(t, func(w http.ResponseWriter, r *http.Request) {
		b := readBody(r)
		mu.Lock()
		skips = append(skips, b.Skip != nil)
		mu.Unlock()
		switch {
		case b.ID == "bad":
			reply(400, `{"code":"InvalidArgument","message":"no such identity"}`)(w, r)
		case b.Skip != nil:
			reply(400, `{"code":"InvalidArgument","message":"unknown field \"skip_disabled_workflows\""}`)(w, r)
		default:
			reply(200, `{"workflows_matched":["W"]}`)(w, r)
		}
	}, nil)
	ask := func(id string) error {
		_, _, err := s.DryRun(t.Context(), DryRunRequest{PolicyID: "p", IdentityID: id, SkipDisabledWorkflows: true})
		return err
	}
	require.ErrorContains(t, ask("bad"), "no such identity")
	require.False(t, s.noSkip.Load())
	require.NoError(t, ask("i"))
	require.True(t, s.noSkip.Load())
	require.NoError(t, ask("j"))
	require.Equal(t, []bool{true, false, true, false, false}, skips)

	replies := Ask(t.Context(), s.Client, []Question{{PolicyID: "p", IdentityID: "i", SkipDisabled: true}, {PolicyID: "p", IdentityID: "i"}}, AskOptions{})
	require.True(t, replies[0].SkipUnsupported)
	require.False(t, replies[1].SkipUnsupported)
}

func TestIdentity(t *testing.T) {
	for _, tc := range []struct{ name, answer, want string }{
		{"flat", `{"value":{"id":"i","policy_id":"p","entity_type":"OktaUser","entity_id":"e","entity_name":"Jane","email":"j@x","title":null,"department":"R&D","active":true,
			"access_profiles":["a"],"access_profile_details":[{}],"workflows_triggered":["W"],"last_checked_at":"2025-10-03T16:52:57.200184111Z","start_date":"2024-01-01","managers":["m"],"level":12.50}}`,
			`i p e OktaUser Jane 2025-10-03T16:52:57.200184111Z {"email":"j@x","title":null,"department":"R&D","active":true,"start_date":"2024-01-01","managers":["m"],"level":12.5}`},
		{"bare, camelCase", `{"id":"i","policyId":"p","entityId":7,"entityType":"T","lastCheckedAt":"never","accessProfiles":[],"is_active":false}`,
			`i p 7 T  0001-01-01T00:00:00Z {"is_active":false}`},
		{"node wins", `{"value":{"entity_id":"e","email":"old@x","active":true,"department":"Sales","primary_node":{"id":"n","type":"T","properties":{"department":"Legal","is_active":true}},"note":"kept"}}`,
			`asked  e   0001-01-01T00:00:00Z {"note":"kept","department":"Legal","is_active":true}`},
		{"node is flat", `{"value":{"entity_id":"e","title":"x","entity":{"job_title":"CEO","level":1e2}}}`,
			`asked  e   0001-01-01T00:00:00Z {"job_title":"CEO","level":100}`},
		{"properties beside", `{"value":{"entity_id":"e","properties":{"a":"1"},"attributes":{"a":"2","b":null}}}`,
			`asked  e   0001-01-01T00:00:00Z {"a":"2","b":null}`},
		{"null node", `{"value":{"entity_id":"e","node":null,"title":"x"}}`, `asked  e   0001-01-01T00:00:00Z {"title":"x"}`},
		{"node is a text", `{"value":{"entity_id":"e","node":"n-1","title":"x"}}`, `asked  e   0001-01-01T00:00:00Z {"node":"n-1","title":"x"}`},
		{"no entity_id", `{"value":{"id":"i"}}`, `GET /api/private/lifecycle_management/identities/asked: 200 OK: the answer is no identity: it has no entity_id`},
		{"no object", `{"value":[]}`, `GET /api/private/lifecycle_management/identities/asked: 200 OK: the answer is no identity: it is of type list, want an object`},
		{"list as name", `{"value":{"entity_id":"e","entity_name":[]}}`, `GET /api/private/lifecycle_management/identities/asked: 200 OK: the answer is no identity: entity_name is of type list, want a string`},
	} {
		s := newScene(t, reply(200, tc.answer), nil)
		i, err := s.Identity(t.Context(), "asked")
		if err != nil {
			require.Equal(t, tc.want, err.Error(), tc.name)
			continue
		}
		require.Equal(t, tc.want, describe(i), tc.name)
	}
}

func describe(i *Identity) string {
	var attributes []string
	for _, m := range i.Attributes {
		name, _ := json.Marshal(m.Name)
		attributes = append(attributes, string(name)+":"+m.Value.String())
	}
	return fmt.Sprintf("%s %s %s %s %s %s {%s}", i.ID, i.PolicyID, i.EntityID, i.EntityType, i.EntityName,
		i.LastCheckedAt.Format(time.RFC3339Nano), strings.Join(attributes, ","))
}

// dryRunTenant answers dry runs with the identity's id as the workflow, and identities with a department.
func dryRunTenant(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		id := filepath.Base(r.URL.Path)
		reply(200, `{"value":{"id":"`+id+`","entity_id":"e-`+id+`","department":"Sales"}}`)(w, r)
		return
	}
	reply(200, `{"workflows_matched":["`+readBody(r).ID+`"],"job_requests":[{"action_name":"A","action_type":"PAUSE"}],"access_profile_ids":["a"],"messages":["m"]}`)(w, r)
}

func questions(n int, drift bool) (out []Question) {
	for i := range n {
		out = append(out, Question{PolicyID: "p", IdentityID: fmt.Sprintf("i-%d", i), CheckDrift: drift})
	}
	return out
}

func TestAsk(t *testing.T) {
	var under, most atomic.Int64
	s := newScene(t, func(w http.ResponseWriter, r *http.Request) {
		for n := under.Add(1); ; {
			if m := most.Load(); n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		defer under.Add(-1)
		dryRunTenant(w, r)
	}, func(o *Options) { o.Concurrency = 3 })
	var last int
	replies := Ask(t.Context(), s.Client, questions(40, false), AskOptions{Progress: func(done, total int) {
		require.Equal(t, last+1, done)
		require.Equal(t, 40, total)
		last = done
	}})
	require.Equal(t, 40, last)
	require.Len(t, replies, 40)
	for i, r := range replies {
		require.NoError(t, r.Err)
		require.Equal(t, []string{fmt.Sprintf("i-%d", i)}, r.Answer.WorkflowsMatched)
		require.False(t, r.FromJournal)
	}
	require.LessOrEqual(t, most.Load(), int64(3))
	require.Empty(t, Ask(t.Context(), s.Client, nil, AskOptions{}))
}

// A tenant that answers nothing at first is not asked everything.
func TestAskGivesUp(t *testing.T) {
	s := newScene(t, reply(404, `{"code":"NotFound","message":"no such policy"}`), func(o *Options) { o.Concurrency = 3 })
	replies := Ask(t.Context(), s.Client, questions(200, false), AskOptions{})
	require.Len(t, replies, 200)
	require.LessOrEqual(t, s.Client.Calls(), hopeless+3)
	for _, r := range replies {
		require.ErrorContains(t, r.Err, "no such policy")
	}
	require.ErrorContains(t, replies[199].Err, "questions in a row failed, the last one: no such policy")

	// A tenant that goes away is not asked everything either.
	seen := 0
	s = newScene(t, func(w http.ResponseWriter, r *http.Request) {
		if seen++; seen < 5 {
			dryRunTenant(w, r)
			return
		}
		reply(403, `{"code":"PermissionDenied"}`)(w, r)
	}, func(o *Options) { o.Concurrency = 1 })
	Ask(t.Context(), s.Client, questions(200, false), AskOptions{})
	require.Equal(t, 4+2*hopeless, s.Client.Calls())

	// One answer, and it goes on: identities that are not there are no reason to stop.
	calls := 0
	s = newScene(t, func(w http.ResponseWriter, r *http.Request) {
		if calls++; calls == hopeless {
			dryRunTenant(w, r)
			return
		}
		reply(404, `{"code":"NotFound"}`)(w, r)
	}, func(o *Options) { o.Concurrency = 1 })
	Ask(t.Context(), s.Client, questions(50, false), AskOptions{})
	require.Equal(t, 50, s.Client.Calls())
}

func TestDrift(t *testing.T) {
	s := newScene(t, dryRunTenant, nil)
	replies := Ask(t.Context(), s.Client, questions(4, true), AskOptions{Drifted: func(q Question, i *Identity) []string {
		require.Equal(t, q.IdentityID, i.ID)
		if i.ID == "i-2" {
			return []string{"department"}
		}
		return nil
	}})
	require.Equal(t, 7, s.Calls())
	for i, r := range replies {
		require.NoError(t, r.Err)
		require.Equal(t, fmt.Sprintf("e-i-%d", i), r.Identity.EntityID)
		require.Equal(t, i != 2, r.Answer != nil)
		require.Equal(t, i == 2, len(r.Drifted) == 1)
	}
}

// Every question has a reply, whatever ends the run.
func TestAskNeverLosesAQuestion(t *testing.T) {
	const n = 30
	for name, tc := range map[string]struct {
		change  func(*Options)
		handler func(calls int64, cancel func()) http.HandlerFunc
		cause   error
	}{
		"token expires": {nil, func(calls int64, _ func()) http.HandlerFunc {
			if calls > 10 {
				return reply(401, `{"code":"Unauthenticated","message":"expired"}`)
			}
			return dryRunTenant
		}, ErrUnauthorized},
		"budget": {func(o *Options) { o.Budget = 10 }, func(int64, func()) http.HandlerFunc { return dryRunTenant }, ErrBudget},
		"interrupted": {nil, func(calls int64, cancel func()) http.HandlerFunc {
			if calls == 10 {
				cancel()
			}
			return dryRunTenant
		}, context.Canceled},
		"errors": {nil, func(calls int64, _ func()) http.HandlerFunc {
			if calls > 10 {
				return reply(404, `{"code":"NotFound"}`)
			}
			return dryRunTenant
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var calls atomic.Int64
			s := newScene(t, func(w http.ResponseWriter, r *http.Request) { tc.handler(calls.Add(1), cancel)(w, r) }, tc.change)
			answered := 0
			for _, r := range Ask(ctx, s.Client, questions(n, false), AskOptions{}) {
				require.NotEqual(t, r.Answer == nil, r.Err == nil)
				if r.Answer != nil {
					answered++
					continue
				}
				var e *Error
				require.ErrorAs(t, r.Err, &e)
				if tc.cause != nil {
					require.ErrorIs(t, r.Err, tc.cause)
				}
			}
			require.GreaterOrEqual(t, answered, 6) // up to four are under way at once: those are cut off
			require.LessOrEqual(t, answered, 13)   // or finish
			if tc.cause != nil {
				require.LessOrEqual(t, s.Calls(), 14)
			}
		})
	}
}

func TestJournalResumes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.ndjson")
	ask := func(change func(*Options), at time.Duration) (*scene, []Reply) {
		s := newScene(t, dryRunTenant, change)
		s.clock.now = s.clock.now.Add(at)
		j, err := OpenJournal(path)
		require.NoError(t, err)
		replies := Ask(t.Context(), s.Client, questions(25, true), AskOptions{Journal: j})
		require.NoError(t, j.Close())
		return s, replies
	}
	server := newScene(t, dryRunTenant, nil)
	same := func(budget int) func(*Options) {
		return func(o *Options) { o.URL, o.Budget, o.Concurrency = server.url, budget, 1 }
	}
	s, replies := ask(same(21), 0)
	require.Equal(t, 21, s.Calls())
	require.ErrorIs(t, replies[10].Err, ErrBudget)
	require.NotNil(t, replies[10].Identity, "what was fetched is told")

	s, replies = ask(same(0), time.Hour)
	require.Equal(t, 29, s.Calls())
	for i, r := range replies {
		require.NoError(t, r.Err)
		require.Equal(t, engine.DryRun{
			WorkflowsMatched: []string{fmt.Sprintf("i-%d", i)}, AccessProfileIDs: []string{"a"}, Messages: []string{"m"},
			Actions: []engine.DryRunAction{{Name: "A", Type: "PAUSE"}},
		}, *r.Answer)
		require.Equal(t, fmt.Sprintf(`i-%d  e-i-%d   0001-01-01T00:00:00Z {"department":"Sales"}`, i, i), describe(r.Identity))
		require.Equal(t, i < 10, r.FromJournal, i)
	}
	n, oldest := Reused(replies)
	require.Equal(t, 10, n)
	require.Less(t, oldest.Sub(server.clock.Now()), time.Minute)

	s, replies = ask(same(0), 2*time.Hour)
	require.Zero(t, s.Calls())
	n, _ = Reused(replies)
	require.Equal(t, 25, n)

	s, _ = ask(nil, 0)
	require.Equal(t, 50, s.Calls(), "another tenant has other answers")

	j, err := OpenJournal(path)
	require.NoError(t, err)
	answers, people := j.Len()
	require.Equal(t, []int{50, 50}, []int{answers, people})
	for _, q := range []Question{
		{PolicyID: "q", IdentityID: "i-1"}, {PolicyID: "p", IdentityID: "i-1", Version: 2},
		{PolicyID: "p", IdentityID: "i-1", State: "OLD"}, {PolicyID: "p", IdentityID: "i-1", SkipDisabled: true},
	} {
		replies := Ask(t.Context(), server.Client, []Question{q}, AskOptions{Journal: j})
		require.False(t, replies[0].FromJournal, "%+v", q)
	}
	require.True(t, Ask(t.Context(), server.Client, []Question{{PolicyID: "p", IdentityID: "i-1", State: "NEW"}}, AskOptions{Journal: j})[0].FromJournal)
	require.NoError(t, j.Close())
}

func TestJournalFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "j.ndjson")
	j, err := OpenJournal(path)
	require.NoError(t, err)
	for i := range 3 {
		j.addAnswer(answerKey{Tenant: "t", PolicyID: "p", IdentityID: fmt.Sprint(i)}, journalAnswer{answer: engine.DryRun{WorkflowsMatched: []string{"W"}}})
	}
	require.NoError(t, j.Close())
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)

	// A torn last line is dropped at any byte, and what is appended then stands on a line of its own.
	lines := strings.SplitAfter(string(whole), "\n")
	for cut := len(lines[0]); cut < len(whole); cut += 29 {
		require.NoError(t, os.WriteFile(path, whole[:cut], 0o600))
		j, err := OpenJournal(path)
		require.NoError(t, err)
		n, _ := j.Len()
		require.Equal(t, strings.Count(string(whole[:cut]), "\n"), n)
		j.addAnswer(answerKey{Tenant: "t", PolicyID: "new"}, journalAnswer{})
		require.NoError(t, j.Close())
		j, err = OpenJournal(path)
		require.NoError(t, err)
		again, _ := j.Len()
		require.Equal(t, n+1, again)
		require.NoError(t, j.Close())
	}

	for _, tc := range []struct{ text, want string }{
		{lines[0] + "garbage\n" + lines[1], "j.ndjson:2: is no line of a journal of answers; "},
		{`{"entity_id":"W1"}` + "\n", "j.ndjson:1: is no line of a journal of answers; "},
		{"{}\n", "is no line of a journal"},
		{`{"a": 1}`, "j.ndjson:1: is no line of a journal"},
		{`{"identity":{"tenant":"t","identity_id":"i","attributes":{"a":1,"a":2}}}` + "\n", "is no line of a journal"},
		{"\n", "is no line of a journal"},
	} {
		require.NoError(t, os.WriteFile(path, []byte(tc.text), 0o600))
		_, err := OpenJournal(path)
		require.ErrorContains(t, err, tc.want)
		require.ErrorContains(t, err, "remove this one to ask everything again")
		left, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, tc.text, string(left), "a file that is no journal is left alone")
	}
	_, err = OpenJournal(dir)
	require.ErrorContains(t, err, "is no regular file")
	_, err = OpenJournal(filepath.Join(dir, "no", "j"))
	require.ErrorContains(t, err, "the journal cannot be opened")
}

// A journal that cannot be written says so at the end; the answers are there nevertheless.
func TestJournalThatFails(t *testing.T) {
	j, err := OpenJournal(filepath.Join(t.TempDir(), "j"))
	require.NoError(t, err)
	require.NoError(t, j.file.Close())
	s := newScene(t, dryRunTenant, nil)
	for _, r := range Ask(t.Context(), s.Client, questions(3, true), AskOptions{Journal: j}) {
		require.NoError(t, r.Err)
		require.NotNil(t, r.Answer)
	}
	require.ErrorContains(t, j.Close(), "the journal cannot be written")
}
