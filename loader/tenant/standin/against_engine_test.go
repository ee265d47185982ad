package standin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/loader"
	"github.com/lcmsim/lcmsim/loader/tenant/standin"
	"github.com/lcmsim/lcmsim/scimeval"
)

const policies = "/api/private/lifecycle_management/policies"

// ask sends a request to a tenant without a network.
func ask(t testing.TB, tenant http.Handler, method, path, body string) (status int, answer string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+standin.DefaultToken)
	w := httptest.NewRecorder()
	tenant.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// dryRun is a dry run as far as it can be compared, and the entitlements of its jobs in the form of engine.Row.
type dryRun struct {
	Workflows    []string
	Actions      []string // workflow, name and type of each
	Profiles     []string
	Entitlements []string
}

func dryRunOf(t require.TestingT, tb testing.TB, tenant http.Handler, policyID, id string, version int) dryRun {
	body := fmt.Sprintf(`{"policy_id":%q,"id":%q,"version_number":%d,"state":"NEW"}`, policyID, id, version)
	status, text := ask(tb, tenant, "POST", policies+"/"+policyID+"/identities/"+id+":dry_run", body)
	require.Equal(t, 200, status, text)
	var answer struct {
		Workflows   []string `json:"workflows_matched"`
		Profiles    []string `json:"access_profile_ids"`
		JobRequests []struct {
			ID     string `json:"job_id"`
			Type   any    `json:"action_type"`
			Name   string `json:"action_name"`
			Config struct {
				Create []map[string]any `json:"relationships_to_create"`
			} `json:"action_config"`
		} `json:"job_requests"`
		Names map[string]string `json:"job_request_workflow_names"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &answer))
	out := dryRun{Workflows: answer.Workflows, Profiles: answer.Profiles, Actions: []string{}, Entitlements: []string{}}
	for _, j := range answer.JobRequests {
		kind, named := j.Type.(string)
		if !named {
			kind = fmt.Sprintf("UNKNOWN(%v)", j.Type)
		}
		out.Actions = append(out.Actions, answer.Names[j.ID]+"/"+j.Name+"/"+kind)
		for _, e := range j.Config.Create {
			id := ""
			for _, name := range []string{"entity_name", "native_id", "entity_id"} {
				if text, ok := e[name].(string); ok && text != "" {
					id = text
				}
			}
			out.Entitlements = append(out.Entitlements, fmt.Sprint(e["datasource_id"], "|", e["entity_type"], "|", id))
		}
	}
	slices.Sort(out.Entitlements)
	out.Entitlements = slices.Compact(out.Entitlements)
	return out
}

// predictions are what the engine says about every identity of a snapshot directory, by entity_id.
func predictions(t require.TestingT, dir string, rules map[string]string, history map[string][]engine.Done, version string) (*engine.Policy, int, map[string]engine.Row) {
	snap, err := loader.OpenSnapshot(loader.Paths{Dir: dir}, loader.Options{})
	require.NoError(t, err)
	policy := snap.Policies[0]
	v, err := loader.SelectVersion(policy, version)
	require.NoError(t, err)
	if history == nil {
		history = snap.History.ByIdentity()
	}
	in := engine.Input{Policy: policy, Version: v, Catalog: &snap.Catalog, Rules: engine.DefaultRules(scimeval.Vendor), History: history}
	for name, value := range rules {
		in.Rules, err = in.Rules.With(name, value)
		require.NoError(t, err)
	}
	program := engine.Compile(in)
	pop, err := loader.OpenPopulation(context.Background(), loader.PopulationOptions{Path: snap.Identities, EntityType: policy.EntityType, Attributes: program.Attributes()})
	require.NoError(t, err)
	defer pop.Close()
	classifier, sim, rows := program.NewClassifier(), program.NewSimulation(), map[string]engine.Row{}
	for {
		batch, err := pop.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		classes, err := classifier.Classify(batch.Record, batch.IDs)
		require.NoError(t, err)
		for i, class := range sim.Add(classes, batch.IDs) {
			rows[batch.IDs[i]] = sim.ClassRow(int(class))
		}
		batch.Release()
	}
	return policy, v.Number, rows
}

// predicted is a row in the form of a dry run.
func predicted(row engine.Row, inherited bool) dryRun {
	out := dryRun{Workflows: row.WorkflowsMatched, Profiles: slices.Clone(row.AccessProfileIDs), Actions: []string{}, Entitlements: row.Entitlements}
	if inherited {
		out.Profiles = append(out.Profiles, row.InheritedProfileIDs...)
		slices.Sort(out.Profiles)
	}
	for _, a := range row.Actions {
		if a.Status == "planned" {
			out.Actions = append(out.Actions, a.Workflow+"/"+a.Name+"/"+a.Type)
		}
	}
	return out
}

// Over the whole company, the current version and the draft, the stand-in says what the engine predicts.
func TestAcmeAsTheEngineSeesIt(t *testing.T) {
	const dir = "../../../fixtures/acme"
	alternatives := map[string]string{
		"filter.string_case": "fold", "filter.missing_ne": "false", "filter.pr_empty": "false", "filter.list_eq": "any", "filter.list_co": "substring",
		"filter.coerce": "on", "filter.attribute_case": "fold", "workflow.disabled": "evaluate", "workflow.priority": "descending",
		"workflow.first_match": "on", "profile.inactive": "grant",
	}
	for _, tc := range []struct {
		version string
		rules   map[string]string
		every   int // how many identities to a step
	}{
		{"current", nil, 1}, {"draft", nil, 1}, {"current", alternatives, 25}, {"draft", alternatives, 25},
	} {
		t.Run(fmt.Sprint(tc.version, len(tc.rules)), func(t *testing.T) {
			policy, number, rows := predictions(t, dir, tc.rules, nil, tc.version)
			profiles := standin.Direct
			if len(tc.rules) > 0 {
				profiles = standin.Inherited
			}
			snapshot, err := standin.ReadSnapshot(dir)
			require.NoError(t, err)
			tenant, err := standin.New(standin.Options{Snapshot: snapshot, Rules: tc.rules, Profiles: profiles})
			require.NoError(t, err)
			if testing.Short() {
				tc.every *= 20
			}
			for i, raw := range snapshot.Identities {
				if i%tc.every != 0 {
					continue
				}
				var who struct {
					ID       string `json:"id"`
					EntityID string `json:"entity_id"`
				}
				require.NoError(t, json.Unmarshal(raw, &who))
				row, there := rows[who.EntityID]
				require.True(t, there, who.EntityID)
				require.Equal(t, predicted(row, profiles == standin.Inherited), dryRunOf(t, t, tenant, policy.ID, who.ID, number), who.EntityID)
			}
		})
	}
}
