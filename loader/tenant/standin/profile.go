package standin

import (
	"encoding/json"
	"slices"
)

// profile is an access profile.
type profile struct {
	id, name, state, versionState string
	inherits                      []string
	entities                      []entity
	integrations                  []string
	raw                           object
}

// entity is an entitlement that a profile grants, while its test is true.
type entity struct {
	object
	test expression
}

func newProfile(raw json.RawMessage) (*profile, error) {
	o, err := readObject(raw)
	if err != nil {
		return nil, err
	}
	current, _ := o.get("current_version").(object)
	p := &profile{
		id: o.text("id"), name: o.text("name"), raw: o,
		state:        state(o.get("state"), "RUNNING", "INITIAL", "RUNNING", "PAUSED", "DRY_RUN", "PENDING"),
		versionState: state(current.get("state"), "PUBLISHED", "DRAFT", "PUBLISHED", "RETIRED"),
	}
	for _, id := range current.list("inherit_entities_from_access_profiles") {
		if id, ok := id.(string); ok {
			p.inherits = append(p.inherits, id)
		}
	}
	for _, e := range current.objects("entities_to_create_relationships_to") {
		test := expression{fixed: yes}
		if c, ok := e.get("condition").(object); ok {
			test = newExpression(c.get("type"), c.get("condition_string"), yes)
		}
		p.entities = append(p.entities, entity{e, test})
	}
	for _, name := range o.list("integrations") {
		if name, ok := name.(string); ok {
			p.integrations = append(p.integrations, name)
		}
	}
	return p, nil
}

// key tells entitlements apart.
func (e entity) key() [5]string {
	id := e.text("entity_id")
	if id == "" {
		id = e.text("native_id")
	}
	if id == "" {
		id = e.text("entity_name")
	}
	return [5]string{e.text("datasource_id"), e.text("entity_type"), id, e.text("assigned_to_entity_type"), e.text("assigned_to_entity_id")}
}

// granting lists the profiles that grant when some are named: those named that are there and not withheld, and what they inherit
// from, each once. A withheld profile cuts its branch.
func (t *tenant) granting(ids []string) []*profile {
	var out []*profile
	var visit func(id string)
	visit = func(id string) {
		p := t.profile(id)
		if p == nil || slices.Contains(out, p) {
			return
		}
		if t.rules.is("profile.inactive", "withhold") && (p.state != "RUNNING" || p.versionState != "PUBLISHED") {
			return
		}
		out = append(out, p)
		for _, next := range p.inherits {
			visit(next)
		}
	}
	for _, id := range ids {
		visit(id)
	}
	return out
}

// effective lists the entitlements that some profiles grant to a record, each once.
func (t *tenant) effective(ids []string, record object) []entity {
	var out []entity
	seen := map[[5]string]bool{}
	for _, p := range t.granting(ids) {
		for _, e := range p.entities {
			if !seen[e.key()] && e.test.eval(t.rules, record) == yes {
				seen[e.key()] = true
				out = append(out, e)
			}
		}
	}
	return out
}
