package tenant

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/lcmsim/lcmsim/scimeval"
)

// Identity is what a tenant knows about an identity of a policy.
type Identity struct {
	ID            string // the tenant's own
	PolicyID      string
	EntityID      string
	EntityType    string
	EntityName    string
	LastCheckedAt time.Time         // zero = not told
	Attributes    []scimeval.Member // in the order of the answer, names distinct
}

var (
	// notAttributes are members of an identity that describe the record and no attribute of the person.
	notAttributes = []string{
		"id", "policy_id", "entity_id", "entity_type", "entity_name", "access_profiles", "access_profile_details",
		"workflows_triggered", "last_checked_at",
	}
	// summaryFields repeat attributes of the node under names of their own.
	summaryFields = []string{"email", "title", "department", "active"}
	// nodeFields may hold the node of the Access Graph; the API's documentation shows none of them. Each is an object: the
	// properties themselves, or a node that has them under propertyFields.
	nodeFields     = []string{"primary_node", "primary_entity", "primary_graph_node", "graph_node", "node", "entity", "properties", "attributes"}
	propertyFields = []string{"properties", "attributes"}
)

// Identity fetches an identity by the tenant's own id. An error is an *Error.
//
// The documentation says that an answer has the identity's node of the Access Graph with all properties, and not where.
// Properties are taken from nodeFields, and from all other members that are no notAttributes. A node wins: where there is
// one, the summaryFields beside it are no attributes.
func (c *Client) Identity(ctx context.Context, id string) (*Identity, error) {
	path := pathIdentities + "/" + id
	if err := CheckID(id); err != nil {
		return nil, &Error{Method: http.MethodGet, Path: pathIdentities + "/...", Message: harmless(c.redact.text(err.Error()), maxMessage)}
	}
	answer, err := c.get(ctx, path, nil)
	if err != nil {
		return nil, err
	}
	identity, err := readIdentity(answer)
	if err != nil {
		return nil, &Error{Method: http.MethodGet, Path: path, Status: http.StatusOK, Attempts: 1, Message: "the answer is no identity: " + harmless(err.Error(), maxMessage)}
	}
	if identity.ID == "" {
		identity.ID = id
	}
	return identity, nil
}

func readIdentity(answer jsontext.Value) (*Identity, error) {
	v, err := scimeval.ParseValue(answer)
	if err != nil {
		return nil, err
	}
	if inner, ok := memberOf(v, "value"); ok {
		v = inner
	}
	if v.Kind() != scimeval.KindObject {
		return nil, fmt.Errorf("it is of type %s, want an object", v.Kind())
	}
	identity := &Identity{}
	for name, into := range map[string]*string{
		"id": &identity.ID, "policy_id": &identity.PolicyID, "entity_id": &identity.EntityID,
		"entity_type": &identity.EntityType, "entity_name": &identity.EntityName,
	} {
		field, ok := memberOf(v, name)
		switch {
		case !ok || field.Kind() == scimeval.KindNull:
		case field.Kind() == scimeval.KindString:
			*into = field.Text()
		case field.Kind() == scimeval.KindNumber:
			*into = field.String()
		default:
			return nil, fmt.Errorf("%s is of type %s, want a string", name, field.Kind())
		}
	}
	if identity.EntityID == "" {
		return nil, errors.New("it has no entity_id")
	}
	if at, ok := memberOf(v, "last_checked_at"); ok && at.Kind() == scimeval.KindString {
		if parsed, err := time.Parse(time.RFC3339, at.Text()); err == nil {
			identity.LastCheckedAt = parsed
		}
	}
	identity.Attributes = attributesOf(v)
	return identity, nil
}

// attributesOf gathers the attributes of an identity.
func attributesOf(v scimeval.Value) []scimeval.Member {
	var flat, nested []scimeval.Member
	hasNode := false
	for _, m := range v.Members() {
		name := snakeCase(m.Name)
		switch {
		case slices.Contains(notAttributes, name):
		case slices.Contains(nodeFields, name) && m.Value.Kind() == scimeval.KindObject:
			hasNode = true
			nested = overlay(nested, propertiesOf(m.Value))
		case slices.Contains(nodeFields, name) && m.Value.Kind() == scimeval.KindNull:
		default:
			flat = append(flat, m)
		}
	}
	if hasNode {
		flat = slices.DeleteFunc(flat, func(m scimeval.Member) bool { return slices.Contains(summaryFields, m.Name) })
	}
	return overlay(flat, nested)
}

// propertiesOf are the properties of a node: the node itself unless it has them in a member of their own.
func propertiesOf(node scimeval.Value) []scimeval.Member {
	for _, name := range propertyFields {
		if inner, ok := memberOf(node, name); ok && inner.Kind() == scimeval.KindObject {
			return inner.Members()
		}
	}
	return node.Members()
}

// overlay is a list of members with those of top replacing or following it.
func overlay(list, top []scimeval.Member) []scimeval.Member {
	out := slices.Clone(list)
	for _, m := range top {
		if at := slices.IndexFunc(out, func(o scimeval.Member) bool { return o.Name == m.Name }); at >= 0 {
			out[at] = m
			continue
		}
		out = append(out, m)
	}
	return out
}

// memberOf is a member of an object by its name in snake_case.
func memberOf(v scimeval.Value, name string) (scimeval.Value, bool) {
	for _, m := range v.Members() {
		if snakeCase(m.Name) == name {
			return m.Value, true
		}
	}
	return scimeval.Value{}, false
}
