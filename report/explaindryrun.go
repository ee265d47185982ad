package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// DryRunAnswer has the shape of a tenant's answer to a dry run of one identity, for scripts that read those. Ids that only
// the tenant knows are "".
type DryRunAnswer struct {
	WorkflowsMatched []string           `json:"workflows_matched"`
	AccessProfileIDs []string           `json:"access_profile_ids"` // those that planned actions name
	JobRequests      []DryRunJobRequest `json:"job_requests"`       // one a planned action
	Messages         []string           `json:"messages"`
	// JobRequestWorkflowNames gives the workflow of each job request. Its keys are positions in JobRequests, because no job
	// has an id.
	JobRequestWorkflowNames map[string]string `json:"job_request_workflow_names"`
}

// DryRunJobRequest is an action that would run.
type DryRunJobRequest struct {
	JobID         string           `json:"job_id"`
	DataSource    DryRunDataSource `json:"data_source"`
	InputEntities []DryRunEntity   `json:"input_entities"`
	ActionType    string           `json:"action_type"`
	ActionConfig  DryRunConfig     `json:"action_config"`
	ActionJobID   string           `json:"action_job_id"`
	ActionName    string           `json:"action_name"`
	IdentityID    string           `json:"identity_id"`
}

// DryRunDataSource is where an action works.
type DryRunDataSource struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
}

// DryRunEntity is the identity, with the attributes that the policy reads.
type DryRunEntity struct {
	EntityID   string                     `json:"entity_id"`
	EntityType string                     `json:"entity_type"`
	Attributes map[string]json.RawMessage `json:"attributes"`
}

// DryRunConfig is what is known of what an action does.
type DryRunConfig struct {
	RelationshipsToCreate []DryRunRelationship `json:"relationships_to_create"`
}

// DryRunRelationship is an entitlement.
type DryRunRelationship struct {
	EntityType string `json:"entity_type"`
	EntityID   string `json:"entity_id"`
}

// NewDryRunAnswer gives an explanation the shape of a dry run.
func NewDryRunAnswer(d *ExplanationDocument) *DryRunAnswer {
	out := &DryRunAnswer{
		WorkflowsMatched: list(d.WorkflowsMatched), AccessProfileIDs: []string{}, JobRequests: []DryRunJobRequest{},
		JobRequestWorkflowNames: make(map[string]string),
	}
	entity := DryRunEntity{EntityID: d.EntityID, EntityType: orText(d.Identity.EntityType, ""), Attributes: make(map[string]json.RawMessage)}
	for _, a := range d.Attributes {
		if a.Value != nil {
			entity.Attributes[a.Name] = json.RawMessage(*a.Value)
		}
	}
	var possible []string
	for _, a := range d.Actions {
		switch a.Status {
		case "planned":
			out.JobRequestWorkflowNames[strconv.Itoa(len(out.JobRequests))] = a.Workflow
			job := DryRunJobRequest{
				InputEntities: []DryRunEntity{entity}, ActionType: a.Type, ActionName: a.Name, IdentityID: orText(d.Identity.ID, ""),
				ActionConfig: DryRunConfig{RelationshipsToCreate: []DryRunRelationship{}},
			}
			for _, r := range a.Relationships {
				job.ActionConfig.RelationshipsToCreate = append(job.ActionConfig.RelationshipsToCreate, DryRunRelationship{r.EntityType, r.EntityID})
			}
			out.JobRequests = append(out.JobRequests, job)
		case "possible":
			possible = append(possible, a.Workflow+"/"+a.Name)
		}
	}
	for _, p := range d.AccessProfiles {
		if p.Direct && p.Status == "planned" {
			out.AccessProfileIDs = append(out.AccessProfileIDs, p.ID)
		}
	}
	out.Messages = []string{
		"Policy would execute for identity " + d.EntityID,
		fmt.Sprintf("%d job requests generated", len(out.JobRequests)),
		fmt.Sprintf("Access profiles affected: %d", len(out.AccessProfileIDs)),
		"lcmsim evaluated this offline: ids of jobs and data sources are not known",
	}
	if len(out.JobRequests) == 0 {
		out.Messages[0] = "Policy would do nothing for identity " + d.EntityID
	}
	if len(possible) > 0 {
		out.Messages = append(out.Messages, fmt.Sprintf("%d actions depend on something unknown and are left out: %s", len(possible), strings.Join(possible, ", ")))
	}
	return out
}

// WriteDryRunJSON writes the answer with two spaces of indentation and a newline at the end.
func WriteDryRunJSON(w io.Writer, a *DryRunAnswer) error { return writeIndented(w, a) }
