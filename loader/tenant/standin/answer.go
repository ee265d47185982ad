package standin

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// question is the body of a dry run.
type question struct {
	version      int // 0 = the current one
	skipDisabled bool
}

// question reads the body as protobuf JSON: either spelling of a name, a number as text, null as absent. What does not fit is refused.
func (s *Server) question(c *call, ids []string) (question, *response) {
	refuse := func(field, format string, args ...any) (question, *response) {
		r := c.invalid(field, format, args...)
		return question{}, &r
	}
	body, err := readObject(c.body)
	if err != nil {
		return refuse("body", "it is not a JSON object: %v", err)
	}
	var q question
	for _, m := range body {
		if m.value == nil {
			continue
		}
		switch m.name {
		case "policy_id", "policyId":
			if m.value != ids[0] && m.value != "" {
				return refuse(m.name, "it is not the policy of the path")
			}
		case "id":
			if m.value != ids[1] && m.value != "" {
				return refuse(m.name, "it is not the identity of the path")
			}
		case "version_number", "versionNumber":
			n, err := strconv.Atoi(object{m}.text(m.name))
			if err != nil || n < 0 || n > math.MaxInt32 {
				return refuse(m.name, "want a number of 32 bits, not negative")
			}
			q.version = n
		case "state":
			_, numbered := enumNumber(m.value)
			if name, _ := m.value.(string); !numbered && !enumName.MatchString(name) {
				return refuse(m.name, "want the name or number of a state")
			}
		case "skip_disabled_workflows", "skipDisabledWorkflows":
			skip, ok := m.value.(bool)
			if s.opt.Old {
				return refuse(m.name, "unknown field")
			}
			if !ok {
				return refuse(m.name, "want true or false")
			}
			q.skipDisabled = skip
		default:
			return refuse(m.name, "unknown field")
		}
	}
	return q, nil
}

// typeURL prefixes the names of messages.
const typeURL = "type.googleapis.com/lifecyclemanagement.v1."

// SecretPrefix begins the ids of secrets in dry-run answers. The secrets are made up; they must not go any further all the same.
const SecretPrefix = "standin-secret-"

// show is a dry run as JSON.
func (t *tenant) show(p *policy, v *version, who *identity, out *outcome, shape Shape) object {
	jobs, workflows := []any{}, object{}
	for _, j := range out.jobs {
		id := uuid("job", p.id, v.number, who.id, j.workflow, j.action.name)
		jobs = append(jobs, t.showJob(p, who, j, id, shape))
		workflows = append(workflows, member{id, j.name})
	}
	return object{
		{"workflows_matched", out.workflows},
		{"job_requests", jobs},
		{"messages", out.messages},
		{"access_profile_ids", out.profiles},
		{"job_request_workflow_names", workflows},
	}
}

func (t *tenant) showJob(p *policy, who *identity, j job, id string, shape Shape) object {
	source := t.datasource(j)
	job := object{{"job_id", id}}
	if shape == Example {
		job = append(job,
			member{"data_source", object{{"id", source.text("id")}, {"name", source.text("name")}, {"type", source.text("type")}}},
			member{"input_entities", []any{object{{"entity_id", who.entityID}, {"entity_type", who.entityType}, {"attributes", who.attributes}}}})
	} else {
		secret := SecretPrefix + source.text("id")
		job = append(job,
			member{"data_source", object{
				{"id", source.text("id")},
				{"external_id", source.text("external_id")},
				{"agent_type", "UNKNOWN_AGENT"},
				{"data_provider_id", source.text("provider_id")},
				{"data_source_config", object{{"@type", "type.googleapis.com/dataprovider.v1.DataSourceConfig"}}},
				{"data_provider_type", source.text("type")},
				{"data_provider_secret_refs", []any{object{
					{"id", secret}, {"secret_id", secret + "-value"}, {"vault_id", secret + "-vault"},
					{"vault", object{
						{"id", secret + "-vault"}, {"name", "made up"}, {"vault_provider", "HASHICORP"}, {"insight_point_id", ""}, {"deleted", false},
					}},
				}}},
			}},
			member{"input_entities", []any{object{
				{"table", who.entityType}, {"primary_key", []any{"entity_id"}},
				{"constraints", []any{object{{"type", "UNIQUE"}, {"field_names", []any{"entity_id"}}}}},
			}}})
	}
	job = append(job,
		member{"action_type", j.action.typeJSON()},
		member{"action_config", j.config()},
		member{"action_job_id", uuid("action", p.id, j.workflow, j.action.name)},
		member{"action_name", j.action.name})
	if shape == Schema {
		job = append(job, member{"identity_id", who.id}, member{"stop_on_error", false}, member{"ttl", "3600s"})
	}
	return job
}

// typeJSON is the type as protobuf JSON prints an enum: its name, or a number that has none.
func (a *action) typeJSON() any {
	if _, numbered := enumNumber(a.kind); numbered {
		return json.Number(a.kind)
	}
	return a.kind
}

// config is the job's own config: for the two documented ones what the vendor's example prints, for others the action's. What any
// action grants is in it.
func (j job) config() object {
	grants := []any{}
	for _, e := range j.entities {
		grants = append(grants, e.without("condition"))
	}
	relationships := member{"relationships_to_create", grants}
	switch {
	case j.action.kind == "MANAGE_RELATIONSHIPS":
		return object{{"@type", typeURL + "ManageRelationshipsJobConfig"}, relationships}
	case j.action.kind == "SYNC_IDENTITIES":
		out := object{{"@type", typeURL + "SyncIdentitiesJobConfig"}, {"attributes_to_sync", object{}}}
		for _, name := range []string{"create_allowed", "continuous_sync_allowed"} {
			out = append(out, member{name, j.action.config.get(name) == true})
		}
		out = append(out, member{"attributes_not_to_continuous_sync", []any{}})
		if len(grants) > 0 {
			out = append(out, relationships)
		}
		return out
	case len(grants) > 0:
		return j.action.config.with(relationships.name, grants)
	}
	return j.action.config
}

// datasource is where a job goes to: what its action names, else its first entitlement, else the first there is.
func (t *tenant) datasource(j job) object {
	ids := []string{j.action.config.text("datasource_id")}
	for _, e := range j.entities {
		ids = append(ids, e.text("datasource_id"))
	}
	for _, id := range ids {
		for _, d := range t.datasources {
			if id != "" && d.text("id") == id {
				return d
			}
		}
	}
	if len(t.datasources) > 0 {
		return t.datasources[0]
	}
	return object{}
}

// describe is what Get Identity answers.
func (t *tenant) describe(who *identity, at time.Time) object {
	out, policyID := &outcome{workflows: []string{}, profiles: []string{}}, ""
	email, title, department := "email", "title", "department"
	if p := t.policyOf(who); p != nil {
		policyID = p.id
		if p.current != nil {
			out = t.dryRun(p.current, who, true)
		}
		for kind, name := range map[string]*string{"EMAIL": &email, "TITLE": &title, "DEPARTMENT": &department} {
			if p.mapping[kind] != "" {
				*name = p.mapping[kind]
			}
		}
	}
	details := []any{}
	for _, id := range out.profiles {
		if p := t.profile(id); p != nil {
			details = append(details, object{{"access_profile_id", id}, {"access_profile_name", p.name}, {"created_from", "BIRTHRIGHT"}})
		}
	}
	return object{
		{"id", who.id},
		{"policy_id", policyID},
		{"entity_type", who.entityType},
		{"entity_id", who.entityID},
		{"entity_name", who.entityName},
		{"email", who.attributes.text(email)},
		{"title", who.attributes.text(title)},
		{"department", who.attributes.text(department)},
		{"active", who.attributes.get("is_active") == true},
		{"access_profiles", out.profiles},
		{"access_profile_details", details},
		{"workflows_triggered", out.workflows},
		{"last_checked_at", at.UTC().Format(time.RFC3339Nano)},
		{"primary_node", object{{"id", who.entityID}, {"type", who.entityType}, {"properties", who.attributes}}},
	}
}
