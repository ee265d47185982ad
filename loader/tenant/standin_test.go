package tenant

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/loader/tenant/standin"
	"github.com/lcmsim/lcmsim/scimeval"
)

const acme = "../../fixtures/acme"

var acmeSnapshot = sync.OnceValues(func() (*standin.Snapshot, error) { return standin.ReadSnapshot(acme) })

// newStandin is a client of a stand-in tenant over fixtures/acme.
func newStandin(t *testing.T, opt standin.Options, change func(*Options)) (*scene, *standin.Server) {
	snapshot, err := acmeSnapshot()
	require.NoError(t, err)
	opt.Snapshot, opt.Token = snapshot, testToken
	server, err := standin.New(opt)
	require.NoError(t, err)
	return newScene(t, server.ServeHTTP, change), server
}

// acmePeople are the first identities of fixtures/acme.
func acmePeople(t *testing.T, n int) (ids []string, records []scimeval.Value) {
	text, err := os.ReadFile(filepath.Join(acme, "identities.jsonl"))
	require.NoError(t, err)
	for _, line := range strings.SplitN(string(text), "\n", n+1)[:n] {
		record, err := scimeval.ParseValue([]byte(line))
		require.NoError(t, err)
		id, ok := memberOf(record, "id")
		require.True(t, ok)
		ids, records = append(ids, id.Text()), append(records, record)
	}
	return ids, records
}

func acmePolicy(t *testing.T) string {
	text, err := os.ReadFile(filepath.Join(acme, "policies.json"))
	require.NoError(t, err)
	var list struct{ Values []struct{ ID string } }
	require.NoError(t, json.Unmarshal(text, &list))
	return list.Values[0].ID
}

// What a tenant says of an identity is what its source says of it.
func TestIdentitiesOfTheStandin(t *testing.T) {
	ids, records := acmePeople(t, 25)
	s, _ := newStandin(t, standin.Options{}, nil)
	for i, id := range ids {
		got, err := s.Identity(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, id, got.ID)
		entity, _ := memberOf(records[i], "entity_id")
		require.Equal(t, entity.Text(), got.EntityID)
		told := map[string]string{}
		for _, m := range got.Attributes {
			told[m.Name] = m.Value.String()
		}
		want, _ := memberOf(records[i], "attributes")
		for _, m := range want.Members() {
			if m.Name == "custom_properties" || strings.Contains(m.Value.String(), "{") {
				continue // the tenant has those in the form that filters see
			}
			require.Equal(t, m.Value.String(), told[m.Name], m.Name)
		}
	}
}

// Everything that is asked for is told or explained, whatever goes wrong, and no file, log line or error has a secret.
func TestStandinUnderFaults(t *testing.T) {
	ids, _ := acmePeople(t, 40)
	policy := acmePolicy(t)
	var asked []Question
	for i, id := range ids {
		asked = append(asked, Question{PolicyID: policy, IdentityID: id, SkipDisabled: true, CheckDrift: i%2 == 0})
	}
	chance := map[string]float64{}
	for _, kind := range []string{
		standin.Fault429, standin.Fault429Date, standin.Fault429Bare, standin.Fault500, standin.Fault503, standin.FaultEcho,
		standin.FaultReset, standin.FaultTruncate, standin.FaultMalformed, standin.FaultHTML,
	} {
		chance[kind] = 0.03
	}
	for name, opt := range map[string]standin.Options{
		"schema":     {},
		"example":    {Shape: standin.Example},
		"older":      {Old: true},
		"expires":    {Faults: standin.Faults{Expire: 30}},
		"only echo":  {Faults: standin.Faults{Chance: map[string]float64{standin.FaultEcho: 1}}},
		"no dry run": {Faults: standin.Faults{Missing: []string{dryRunEndpoint(t)}}},
	} {
		t.Run(name, func(t *testing.T) {
			if opt.Faults.Chance == nil {
				opt.Faults.Chance = chance
			}
			path := filepath.Join(t.TempDir(), "journal")
			var said []string
			first, server := newStandin(t, opt, nil)
			for range 2 {
				s := newScene(t, server.ServeHTTP, func(o *Options) {
					o.URL = first.url // the journal is of one tenant
					o.Log = func(a Attempt) { said = append(said, fmt.Sprintf("%+v", a)) }
				})
				before := server.Calls()
				journal, err := OpenJournal(path)
				require.NoError(t, err)
				replies := Ask(t.Context(), s.Client, asked, AskOptions{Journal: journal})
				require.NoError(t, journal.Close())
				require.Len(t, replies, len(asked))
				for _, r := range replies {
					require.NotEqual(t, r.Answer == nil, r.Err == nil)
					if r.Err != nil {
						said = append(said, r.Err.Error())
					} else {
						require.Equal(t, opt.Old, r.SkipUnsupported)
					}
				}
				require.Equal(t, s.Calls(), server.Calls()-before)
				for _, r := range server.Requests() {
					require.False(t, r.Writes())
				}
			}
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			for _, text := range append(said, string(text)) {
				require.NotContains(t, text, testToken)
				require.NotContains(t, text, standin.SecretPrefix)
			}
		})
	}
}

// dryRunEndpoint is how the stand-in calls the dry run.
func dryRunEndpoint(t *testing.T) string {
	for _, e := range standin.Endpoints() {
		if strings.Contains(e, "dry_run") {
			return e
		}
	}
	require.Fail(t, "the stand-in has no dry run")
	return ""
}

// A page that comes twice is no more than a page; one that leads back ends the pull.
func TestStandinPages(t *testing.T) {
	clean := filepath.Join(t.TempDir(), "clean")
	s, _ := newStandin(t, standin.Options{PageSize: 5}, nil)
	_, err := pullInto(t.Context(), s, clean, "", nil)
	require.NoError(t, err)

	s, _ = newStandin(t, standin.Options{PageSize: 5, Faults: standin.Faults{At: map[string][]int{standin.FaultDuplicate: {4, 6}}}}, nil)
	dir := filepath.Join(t.TempDir(), "s")
	pulled, err := pullInto(t.Context(), s, dir, "", nil)
	require.NoError(t, err)
	require.NotEmpty(t, pulled.Notes)
	require.Equal(t, contents(t, clean)["access_profiles.json"], contents(t, dir)["access_profiles.json"])

	s, _ = newStandin(t, standin.Options{PageSize: 5, Faults: standin.Faults{Chance: map[string]float64{standin.FaultLoop: 1}}}, nil)
	_, err = pullInto(t.Context(), s, filepath.Join(t.TempDir(), "s"), "", nil)
	require.ErrorContains(t, err, "paging goes in circles")
	require.Less(t, s.Calls(), 20)
}
