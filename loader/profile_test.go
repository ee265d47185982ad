package loader

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

// readProfilesText reads an export of access profiles that must be readable.
func readProfilesText(t *testing.T, text string) ([]engine.Profile, []string) {
	t.Helper()
	snap := &Snapshot{}
	o := opener{snap: snap}
	profiles := o.source("a.json").readProfiles(parseJSON("a.json", []byte(text), &o.problems))
	require.NoError(t, o.problems.err())
	return profiles, dumpFindings(snap.notes.findings())
}

func TestProfileInFull(t *testing.T) {
	profiles, findings := readProfilesText(t, `{"values": [
  {"id": "a1", "name": "Staff", "state": "RUNNING", "profile_type": "t1", "access_profiles_inherited": ["a3", "a2"],
   "custom_properties": {"fooBar": 1, "foo_bar": 2},
   "current_version": {"version_number": "4", "state": "PUBLISHED", "inherit_entities_from_access_profiles": ["a2", "a3"],
     "entities_to_create_relationships_to": [
       {"datasource_id": "d", "entity_type": "Group", "entity_id": "g1", "assigned_to_entity_type": "Role", "assigned_to_entity_id": "r"},
       {"datasource_id": "d", "entity_type": "Group", "entity_name": "By name", "native_id": "n",
        "condition": {"type": "CONDITION_STRING", "condition_string": "country eq \"DE\""}},
       {"datasource_id": "d", "entity_type": "Group", "entity_id": "g3", "condition": {}},
       {"datasource_id": "d", "entity_type": "Group", "entity_id": "g4", "condition": null}]}}]}`)
	require.Empty(t, findings)
	require.Len(t, profiles, 1)
	p := profiles[0]
	require.Equal(t, []string{"a1", "Staff", "RUNNING", "t1", "PUBLISHED"}, []string{p.ID, p.Name, p.State, p.TypeID, p.VersionState})
	require.Equal(t, 4, p.Version)
	require.Equal(t, engine.Position{File: "a.json", Line: 2, Path: "values[0]"}, p.Position)
	require.Equal(t, engine.ProfileRef{ID: "a3", Position: engine.Position{File: "a.json", Line: 4,
		Path: "values[0].current_version.inherit_entities_from_access_profiles[1]"}}, p.Inherits[1])
	require.Len(t, p.Entities, 4)
	require.Equal(t, "Role", p.Entities[0].AssignedToType)
	require.Equal(t, "r", p.Entities[0].AssignedToID)
	require.Nil(t, p.Entities[0].Condition)
	require.Equal(t, []string{"", "n", "By name"}, []string{p.Entities[1].EntityID, p.Entities[1].NativeID, p.Entities[1].EntityName})
	require.Equal(t, engine.FormString, p.Entities[1].Condition.Form)
	require.Equal(t, `country eq "DE"`, p.Entities[1].Condition.Text)
	require.Equal(t, engine.FormAbsent, p.Entities[2].Condition.Form)
	require.Nil(t, p.Entities[3].Condition)
}

func TestProfileFindings(t *testing.T) {
	profiles, findings := readProfilesText(t, `{"values": [
  {"id": "a1", "current_version": {}},
  {"id": "a2", "state": 2, "current_version": {"state": 1}},
  {"id": "a1", "state": "PAUSED"},
  {"id": "<id>", "state": "MELTED", "access_profiles_inherited": ["a9"],
   "current_version": {"state": "DRAFT", "inherit_entities_from_access_profiles": ["<other id>"],
     "entities_to_create_relationships_to": [{"entity_type": "Group"}]}},
  {"id": "a5", "state": "RUNNING"}]}`)
	var ids []string
	for _, p := range profiles {
		ids = append(ids, p.ID+" "+p.State+" "+p.VersionState)
	}
	require.Equal(t, []string{"a1 RUNNING PUBLISHED", "a2 PAUSED PUBLISHED", "<id> MELTED DRAFT", "a5 RUNNING PUBLISHED"}, ids)
	require.Equal(t, []string{
		`error duplicate-profile 4 values[2] *1: access profile id "a1" is on line 2 already: the first is used`,
		"warning state-assumed 2 values[0] *1: an access profile has no state: RUNNING is assumed",
		"warning state-assumed 2 values[0].current_version *1: the version of an access profile has no state: PUBLISHED is assumed",
		"warning enum-number-assumed 3 values[1].current_version.state *1: version_state is given as a number; 1 is taken for PUBLISHED by its position in the API's list",
		"warning enum-number-assumed 3 values[1].state *1: profile_state is given as a number; 2 is taken for PAUSED by its position in the API's list",
		"warning missing-version 4 values[2] *2: an access profile has no current_version: it grants nothing of its own",
		"warning inherited-differs 5 values[3].access_profiles_inherited *1: access_profiles_inherited differs from inherit_entities_from_access_profiles of the version, which is used",
		"warning entity-without-id 7 values[3].current_version.entities_to_create_relationships_to[0] *1: an entity has no entity_id, native_id or entity_name: entities of its type cannot be told apart",
		"warning placeholder 5 values[3].id *2: <id> looks like a placeholder of a template",
		`warning unknown-enum 5 values[3].state *1: unknown profile_state "MELTED"`,
	}, findings)
}

func TestProfileEnvelopes(t *testing.T) {
	const version = `{"version_number": 2, "state": "PUBLISHED", "entities_to_create_relationships_to": [{"entity_id": "g"}]}`
	for _, text := range []string{
		`{"values": [{"id": "a1", "state": "RUNNING", "current_version": ` + version + `}]}`,
		`[{"id": "a1", "state": "RUNNING", "currentVersion": ` + version + `}]`,
		`{"value": {"id": "a1", "state": "RUNNING", "current_version": ` + version + `}}`,
		`{"value": {"id": "a1", "state": "RUNNING"}, "version": ` + version + `}`,
		`{"value": {"id": "a1", "state": "RUNNING", "current_version": ` + version + `}, "version": {"version_number": 9}}`,
		`{"id": "a1", "state": "RUNNING", "current_version": ` + version + `}`,
	} {
		profiles, findings := readProfilesText(t, text)
		require.Empty(t, findings, text)
		require.Len(t, profiles, 1, text)
		require.Equal(t, 2, profiles[0].Version, text)
		require.Equal(t, "g", profiles[0].Entities[0].EntityID, text)
	}
	profiles, _ := readProfilesText(t, `{"values": [], "next_page_token": ""}`)
	require.Empty(t, profiles)
}

func TestProfileTypesAndDatasources(t *testing.T) {
	snap := &Snapshot{}
	o := opener{snap: snap}
	types := o.source("t.json").readProfileTypes(parseJSON("t.json", []byte(`{"values": [
  {"id": "t1", "name": "Role", "allow_inherit_entities": true, "allow_inherited_from_types": ["t2"], "max_entitlements": "50"},
  {"id": "t2", "allow_create_relationships": true, "require_single_datasource": true, "require_single_integration": true, "max_entitlements": 0},
  {"id": "t1"}]}`), &o.problems))
	datasources := o.source("d.json").readDatasources(parseJSON("d.json", []byte(`[{"id": "d1", "name": "AD", "agent": {}}]`), &o.problems))
	require.NoError(t, o.problems.err())
	require.Len(t, types, 2)
	require.True(t, types[0].AllowInherit)
	require.False(t, types[0].AllowCreate)
	require.Equal(t, []string{"t2"}, types[0].InheritFrom)
	require.Equal(t, int64(50), *types[0].MaxEntitlements)
	require.True(t, types[1].AllowCreate && types[1].SingleDatasource && types[1].SingleIntegration)
	require.Nil(t, types[1].MaxEntitlements, "0 is no maximum")
	require.Equal(t, "AD", datasources[0].Name)
	require.Equal(t, []string{
		`error duplicate-profile-type 4 values[2] *1: access profile type id "t1" is on line 2 already: the first is used`,
	}, dumpFindings(snap.notes.findings()))
}

func TestProfileMembers(t *testing.T) {
	profiles, findings := readProfilesText(t, `{"values": [
  {"id": "a1", "state": "RUNNING", "current_version": {"state": "PUBLISHED", "members": ["i3", "i1", ""]},
   "member_details": [{"access_profile_id": "a1", "identity_id": "i2"}, {"identity_id": "i1"}, {"access_profile_id": "a2", "identity_id": "i9"}, {}]},
  {"id": "a2", "state": "RUNNING", "current_version": {"state": "PUBLISHED"}, "member_details": []},
  {"id": "a3", "state": "RUNNING", "currentVersion": {"state": "PUBLISHED"}, "memberDetails": [{"identityId": "i4"}]}]}`)
	require.Empty(t, findings)
	require.Equal(t, []string{"i1", "i2", "i3"}, profiles[0].Members)
	require.Empty(t, profiles[1].Members)
	require.Equal(t, []string{"i4"}, profiles[2].Members)
	require.True(t, (&engine.Catalog{Profiles: profiles}).HasMembers())
	require.False(t, (&engine.Catalog{Profiles: profiles[1:2]}).HasMembers())
	require.False(t, (&engine.Catalog{}).HasMembers())

	profiles, _ = readProfilesText(t, `{"value": {"id": "a1", "state": "RUNNING"}, "version": {"state": "PUBLISHED", "members": ["i1"]}}`)
	require.Equal(t, []string{"i1"}, profiles[0].Members, "the version beside the profile")
}
