package standin

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// Snapshot is what a tenant holds, one JSON object each.
type Snapshot struct {
	Policies    []json.RawMessage
	Versions    []json.RawMessage // drafts and history, each with its policy_id
	Profiles    []json.RawMessage
	Types       []json.RawMessage // of access profiles
	Datasources []json.RawMessage
	Identities  []json.RawMessage
	Done        []Done // run_once actions that identities have had
}

// ReadSnapshot reads the files of a snapshot directory that a tenant needs: policies.json, policy_versions.json,
// access_profiles.json, access_profile_types.json, datasources.json, identities.jsonl and history.csv. All but the first may
// be missing.
func ReadSnapshot(dir string) (*Snapshot, error) {
	s := &Snapshot{}
	for _, part := range []struct {
		file string
		into *[]json.RawMessage
	}{
		{"policies.json", &s.Policies}, {"policy_versions.json", &s.Versions}, {"access_profiles.json", &s.Profiles},
		{"access_profile_types.json", &s.Types}, {"datasources.json", &s.Datasources},
	} {
		path := filepath.Join(dir, part.file)
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) && part.file != "policies.json" {
			continue
		}
		if err != nil {
			return nil, err
		}
		var list struct {
			Values []json.RawMessage `json:"values"`
		}
		if err := json.Unmarshal(data, &list); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		*part.into = list.Values
	}
	var err error
	if s.Done, err = readHistory(filepath.Join(dir, "history.csv")); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "identities.jsonl")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data)+1)
	for lines.Scan() {
		if line := bytes.TrimSpace(lines.Bytes()); len(line) > 0 {
			s.Identities = append(s.Identities, bytes.Clone(line))
		}
	}
	return s, lines.Err()
}

// readHistory reads a CSV with the columns entity_id, action and perhaps workflow.
func readHistory(path string) ([]Done, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	column := func(row []string, name string) string {
		if at := slices.Index(rows[0], name); at >= 0 {
			return row[at]
		}
		return ""
	}
	var list []Done
	for _, row := range rows[1:] {
		list = append(list, Done{EntityID: column(row, "entity_id"), Action: column(row, "action"), Workflow: column(row, "workflow")})
	}
	return list, nil
}

// tenant is a snapshot that was read, with what decides how it answers. It does not change.
type tenant struct {
	rules       rules
	profiles    Profiles
	done        []Done
	policies    []*policy
	list        []*profile
	byProfile   map[string]*profile
	byIdentity  map[string]*identity
	types       []json.RawMessage
	datasources []object
}

func (t *tenant) profile(id string) *profile { return t.byProfile[id] }

func (t *tenant) policy(id string) *policy {
	for _, p := range t.policies {
		if p.id == id {
			return p
		}
	}
	return nil
}

// policyOf is the first policy that an identity belongs to; nil = none.
func (t *tenant) policyOf(who *identity) *policy {
	for _, p := range t.policies {
		if p.covers(who) {
			return p
		}
	}
	return nil
}

// covers says whether an identity is in the population of a policy.
func (p *policy) covers(who *identity) bool {
	return p.entityType == "" || who.entityType == "" || p.entityType == who.entityType
}

// integrations lists what the access profiles reach.
func (t *tenant) integrations() []string {
	names := []string{}
	for _, p := range t.list {
		names = append(names, p.integrations...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// newTenant reads a snapshot. Of several policies, profiles or identities with the same id the first counts.
func newTenant(s *Snapshot, opt Options, r rules) (*tenant, error) {
	t := &tenant{
		rules: r, profiles: opt.Profiles, done: slices.Concat(s.Done, opt.Done), types: s.Types,
		byProfile: map[string]*profile{}, byIdentity: map[string]*identity{},
	}
	for i, raw := range s.Policies {
		p, err := newPolicy(raw)
		if err != nil {
			return nil, fmt.Errorf("policy %d: %w", i+1, err)
		}
		t.policies = append(t.policies, p)
	}
	for i, raw := range s.Versions {
		o, err := readObject(raw)
		if err != nil {
			return nil, fmt.Errorf("policy version %d: %w", i+1, err)
		}
		if p := t.policy(o.text("policy_id")); p != nil {
			p.versions = append(p.versions, newVersion(o))
		}
	}
	for i, raw := range s.Profiles {
		p, err := newProfile(raw)
		if err != nil {
			return nil, fmt.Errorf("access profile %d: %w", i+1, err)
		}
		t.list = append(t.list, p)
		if t.byProfile[p.id] == nil {
			t.byProfile[p.id] = p
		}
	}
	for i, raw := range s.Datasources {
		o, err := readObject(raw)
		if err != nil {
			return nil, fmt.Errorf("datasource %d: %w", i+1, err)
		}
		t.datasources = append(t.datasources, o)
	}
	for i, raw := range s.Identities {
		who, err := newIdentity(raw)
		if err != nil {
			return nil, fmt.Errorf("identity %d: %w", i+1, err)
		}
		if t.byIdentity[who.id] == nil {
			t.byIdentity[who.id] = who
		}
	}
	for id, overrides := range opt.Drift {
		who := t.byIdentity[id]
		if who == nil {
			return nil, fmt.Errorf("drift: there is no identity with the tenant id %s", strconv.Quote(id))
		}
		if err := who.drift(overrides); err != nil {
			return nil, fmt.Errorf("drift of %s: %w", strconv.Quote(id), err)
		}
	}
	return t, nil
}
