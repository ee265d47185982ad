package loader

import (
	"fmt"
	"slices"

	"github.com/lcmsim/lcmsim/engine"
)

// readProfiles reads an export of access profiles in any envelope.
func (s *source) readProfiles(root *node) []engine.Profile {
	items, version := s.open(root)
	var out []engine.Profile
	first := map[string]int{} // line by id
	for _, n := range items {
		if !s.profileLike(n) {
			continue
		}
		p := s.readProfile(n, version)
		if p.ID == "" {
			s.fail(n, "", "an access profile without an id")
			continue
		}
		if line, dup := first[p.ID]; dup {
			s.warn(n, engine.SeverityError, "duplicate-profile", p.ID,
				fmt.Sprintf("access profile id %q is on line %d already: the first is used", abridge(p.ID), line), "keep one of them")
			continue
		}
		first[p.ID] = n.line
		out = append(out, p)
	}
	return out
}

// profileLike refuses what is no access profile.
func (s *source) profileLike(n *node) bool {
	switch {
	case n.kind != nodeObject:
		s.fail(n, "", "is %s, want an access profile", n.kind)
	case n.has("access_profile_id") && !n.has("current_version"):
		s.fail(n, "export the profile that has it as current_version", "is a version of an access profile, want the profile")
	case n.has("workflows"), n.has("config"), n.has("policy_id"), n.has("safety_limit_settings"), holdsConfig(n):
		s.fail(n, "give it as the policy", "is a policy, want an access profile")
	case n.has("allow_inherit_entities"), n.has("allow_create_relationships"):
		s.fail(n, "give it as access_profile_types.json", "is a type of access profiles, want an access profile")
	case n.has("entities_to_create_relationships_to"), n.has("inherit_entities_from_access_profiles"):
		s.fail(n, "export the profile with GET access_profiles",
			"has its entities beside its id, as in a request; the API's schema has them in current_version")
	default:
		return true
	}
	return false
}

// holdsConfig tells whether the object's current version is that of a policy.
func holdsConfig(n *node) bool { return versionHolds(n, "config") }

// versionHolds tells whether the object's current version has a field.
func versionHolds(n *node, field string) bool {
	for _, m := range n.members {
		if snakeCase(m.name) == "current_version" && m.value.has(field) {
			return true
		}
	}
	return false
}

// readProfile reads a profile. version is the one of the envelope, used when the profile has none; it may be nil.
func (s *source) readProfile(n, version *node) engine.Profile {
	s.fit(n, profileShape)
	p := engine.Profile{
		ID:       n.str("id"),
		Name:     n.str("name"),
		State:    s.lifeState(EnumProfileState, n, n.get("state"), engine.StateRunning, "an access profile"),
		TypeID:   n.str("profile_type"),
		Position: n.at(s.file),
	}
	if id := n.get("id"); id != nil {
		s.notePlaceholder(id)
	}
	current := n.object("current_version")
	if version != nil {
		s.fit(version, profileVersionShape)
		if current == nil {
			current = version
		}
	}
	p.Members = members(n, current)
	if current == nil {
		p.VersionState = engine.StatePublished
		s.warn(n, engine.SeverityWarning, "missing-version", "",
			"an access profile has no current_version: it grants nothing of its own", "export it with its current version")
		return p
	}
	number, _ := current.whole("version_number")
	p.Version = int(number)
	p.VersionState = s.lifeState(EnumVersionState, current, current.get("state"), engine.StatePublished, "the version of an access profile")
	p.Inherits = s.profileRefs(current.list("inherit_entities_from_access_profiles"))
	for _, item := range current.objects("entities_to_create_relationships_to") {
		p.Entities = append(p.Entities, s.readEntity(item))
	}
	s.compareInherited(n, current)
	return p
}

// members joins the two places in which an export lists who is a member of a profile: members of its current version,
// and member_details, which may speak of other profiles too. version may be nil.
func members(profile, version *node) []string {
	var out []string
	if version != nil {
		out = version.strs("members")
	}
	for _, detail := range profile.objects("member_details") {
		if of := detail.str("access_profile_id"); of == "" || of == profile.str("id") {
			out = append(out, detail.str("identity_id"))
		}
	}
	out = slices.DeleteFunc(out, func(id string) bool { return id == "" })
	slices.Sort(out)
	return slices.Compact(out)
}

// compareInherited notes a profile whose read-only list of inherited profiles is not what its version says.
func (s *source) compareInherited(n, version *node) {
	stated := n.get("access_profiles_inherited")
	if stated == nil {
		return
	}
	sorted := func(list []string) []string {
		slices.Sort(list)
		return slices.Compact(list)
	}
	if !slices.Equal(sorted(n.strs("access_profiles_inherited")), sorted(version.strs("inherit_entities_from_access_profiles"))) {
		s.warn(stated, engine.SeverityWarning, "inherited-differs", n.str("id"),
			"access_profiles_inherited differs from inherit_entities_from_access_profiles of the version, which is used",
			"export the profile again")
	}
}

func (s *source) readEntity(n *node) engine.Entity {
	e := engine.Entity{
		DatasourceID:   n.str("datasource_id"),
		EntityType:     n.str("entity_type"),
		EntityID:       n.str("entity_id"),
		NativeID:       n.str("native_id"),
		EntityName:     n.str("entity_name"),
		AssignedToType: n.str("assigned_to_entity_type"),
		AssignedToID:   n.str("assigned_to_entity_id"),
		Position:       n.at(s.file),
	}
	if e.EntityID == "" && e.NativeID == "" && e.EntityName == "" {
		s.warn(n, engine.SeverityWarning, "entity-without-id", "",
			"an entity has no entity_id, native_id or entity_name: entities of its type cannot be told apart", "export it with its id")
	}
	if condition := n.object("condition"); condition != nil {
		t := s.test(condition, EnumEntityConditionType, "type", "condition_string")
		e.Condition = &t
	}
	return e
}

// ProfileType holds the rules that a type sets for its access profiles.
type ProfileType struct {
	ID, Name          string
	AllowInherit      bool     // allow_inherit_entities
	InheritFrom       []string // ids of types; empty = any
	AllowCreate       bool     // allow_create_relationships
	SingleDatasource  bool     // require_single_datasource
	SingleIntegration bool     // require_single_integration
	MaxEntitlements   *int64   // nil = no maximum
	engine.Position
}

// readProfileTypes reads an export of access profile types in any envelope.
func (s *source) readProfileTypes(root *node) []ProfileType {
	items, _ := s.open(root)
	var out []ProfileType
	first := map[string]int{}
	for _, n := range items {
		if n.kind != nodeObject {
			s.fail(n, "", "is %s, want an access profile type", n.kind)
			continue
		}
		s.fit(n, profileTypeShape)
		t := ProfileType{
			ID:                n.str("id"),
			Name:              n.str("name"),
			AllowInherit:      n.flag("allow_inherit_entities"),
			InheritFrom:       n.strs("allow_inherited_from_types"),
			AllowCreate:       n.flag("allow_create_relationships"),
			SingleDatasource:  n.flag("require_single_datasource"),
			SingleIntegration: n.flag("require_single_integration"),
			Position:          n.at(s.file),
		}
		if most, at := n.whole("max_entitlements"); at != nil && most > 0 {
			t.MaxEntitlements = &most
		}
		line, dup := first[t.ID]
		switch {
		case t.ID == "":
			s.fail(n, "", "an access profile type without an id")
		case dup:
			s.warn(n, engine.SeverityError, "duplicate-profile-type", t.ID,
				fmt.Sprintf("access profile type id %q is on line %d already: the first is used", abridge(t.ID), line), "keep one of them")
		default:
			first[t.ID] = n.line
			out = append(out, t)
		}
	}
	return out
}

// Datasource names a lifecycle manager datasource.
type Datasource struct {
	ID, Name, Type string
	engine.Position
}

// readDatasources reads an export of lifecycle manager datasources in any envelope.
func (s *source) readDatasources(root *node) []Datasource {
	items, _ := s.open(root)
	var out []Datasource
	for _, n := range items {
		if n.kind != nodeObject {
			s.fail(n, "", "is %s, want a datasource", n.kind)
			continue
		}
		s.fit(n, datasourceShape)
		if n.str("id") == "" {
			s.fail(n, "", "a datasource without an id")
			continue
		}
		out = append(out, Datasource{ID: n.str("id"), Name: n.str("name"), Type: n.str("type"), Position: n.at(s.file)})
	}
	return out
}
