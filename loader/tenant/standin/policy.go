package standin

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// policy is a policy and its versions.
type policy struct {
	id, name, entityType string
	mapping              map[string]string // identity_attribute_mappings: EMAIL and so on to the attribute
	raw                  json.RawMessage
	current              *version // nil = it has none
	versions             []*version
}

// version is what a dry run evaluates.
type version struct {
	number    int
	workflows []*workflow
	actions   []*action
}

type workflow struct {
	name       string
	enabled    bool
	priority   int64 // 0 = none
	trigger    expression
	conditions []*condition
}

type condition struct {
	name    string
	enabled bool
	test    expression
	actions []string // names
}

type action struct {
	name, kind string // kind: the name of the type, or the number of one that is not documented
	enabled    bool
	runOnce    bool
	profiles   []string
	config     object
	conditions []*condition
}

// actionTypes by their documented numbers.
var actionTypes = []string{
	"NONE", "SYNC_IDENTITIES", "MANAGE_RELATIONSHIPS", "CREATE_EMAIL", "DEPROVISION_IDENTITY", "ACCESS_PLAN", "WRITE_BACK_EMAIL", "PAUSE",
	"SEND_NOTIFICATION", "CUSTOM_ACTION", "CREATE_ENTITLEMENT", "CREATE_ACCESS_REVIEW", "RESET_PASSWORD", "DELETE_IDENTITY",
}

func newPolicy(raw json.RawMessage) (*policy, error) {
	o, err := readObject(raw)
	if err != nil {
		return nil, err
	}
	p := &policy{id: o.text("id"), name: o.text("name"), entityType: o.text("entity_type"), mapping: map[string]string{}, raw: raw}
	if p.id == "" {
		return nil, fmt.Errorf("policy %q has no id", p.name)
	}
	for _, m := range o.objects("identity_attribute_mappings") {
		p.mapping[m.text("identity_attribute")] = m.text("entity_attribute_name")
	}
	if current, ok := o.get("current_version").(object); ok {
		p.current = newVersion(current)
		p.versions = append(p.versions, p.current)
	}
	return p, nil
}

func newVersion(o object) *version {
	number, _ := strconv.Atoi(o.text("version_number"))
	v := &version{number: number}
	config, _ := o.get("config").(object)
	for _, w := range config.objects("workflows") {
		priority, _ := strconv.ParseInt(w.text("priority"), 10, 64)
		v.workflows = append(v.workflows, &workflow{
			name: w.text("name"), enabled: enabled(w.get("state")), priority: priority,
			trigger:    newExpression(w.get("trigger_type"), w.get("trigger_string"), unknown),
			conditions: newConditions(w),
		})
	}
	for _, a := range config.objects("actions") {
		act := &action{
			name: a.text("name"), kind: state(a.get("type"), "NONE", actionTypes...), enabled: enabled(a.get("state")),
			runOnce: a.get("run_once") == true, conditions: newConditions(a),
		}
		act.config, _ = a.get("config").(object)
		for _, id := range act.config.list("access_profiles") {
			if id, ok := id.(string); ok {
				act.profiles = append(act.profiles, id)
			}
		}
		v.actions = append(v.actions, act)
	}
	return v
}

func newConditions(o object) []*condition {
	var out []*condition
	for _, c := range o.objects("conditions_on_success") {
		cond := &condition{
			name: c.text("name"), enabled: enabled(c.get("state")),
			test: newExpression(c.get("condition_type"), c.get("condition_string"), unknown),
		}
		for _, ref := range c.objects("actions_to_run") {
			cond.actions = append(cond.actions, ref.text("name"))
		}
		out = append(out, cond)
	}
	return out
}

// action finds an action by name: of several the first.
func (v *version) action(name string) *action {
	for _, a := range v.actions {
		if a.name == name {
			return a
		}
	}
	return nil
}

// version finds a version by number; 0 is the current one. nil = there is none.
func (p *policy) version(number int) *version {
	if number == 0 {
		return p.current
	}
	for _, v := range p.versions {
		if v.number == number {
			return v
		}
	}
	return nil
}
