package loader

import (
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// dryRunParts are the parts of a dry-run answer. A part that is empty may be missing.
var dryRunParts = []string{"workflows_matched", "job_requests", "access_profile_ids", "messages", "job_request_workflow_names"}

// ReadDryRun reads a dry-run answer. The two documented shapes of the answer differ only in what is left out here. file names
// it in errors. The error is a *Problems.
func ReadDryRun(file string, data []byte) (engine.DryRun, error) {
	s := source{file: file, problems: &Problems{}, notes: &notes{}}
	var out engine.DryRun
	root := parseJSON(file, data, s.problems)
	if root == nil {
		return out, s.problems.err()
	}
	if root.kind == nodeObject && root.has("value") && len(root.members) == 1 {
		root = root.get("value")
	}
	s.fit(root, dryRunShape)
	if root.kind == nodeObject && len(root.members) > 0 && !slices.ContainsFunc(dryRunParts, root.has) {
		s.problems.add(engine.Position{File: file}, "", "is no dry-run answer: it has none of %s", strings.Join(dryRunParts, ", "))
	}
	out.WorkflowsMatched = root.strs("workflows_matched")
	out.AccessProfileIDs = root.strs("access_profile_ids")
	out.Messages = root.strs("messages")
	for _, job := range root.objects("job_requests") {
		a := engine.DryRunAction{Name: job.str("action_name"), Type: s.actionType(job.get("action_type"))}
		if a.Type == "" {
			a.Type = enumNames[EnumActionType][0]
		}
		out.Actions = append(out.Actions, a)
	}
	return out, s.problems.err()
}
