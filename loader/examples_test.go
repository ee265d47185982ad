package loader

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

const examplesDir = "../fixtures/vendor/examples"

// readExample reads an example as what its name says and dumps the outcome on one line: what was read and which
// findings, or why it was refused.
func readExample(t *testing.T, name string) string {
	data, err := os.ReadFile(filepath.Join(examplesDir, name+".json"))
	require.NoError(t, err)
	if strings.HasPrefix(name, "dryrun-") {
		d, err := ReadDryRun(name, data)
		if err != nil {
			return "refused: " + err.Error()
		}
		return fmt.Sprintf("workflows=%v profiles=%d actions=%v", d.WorkflowsMatched, len(d.AccessProfileIDs), d.Actions)
	}
	var snap Snapshot
	o := opener{snap: &snap}
	src := o.source(name)
	root := parseJSON(name, data, &o.problems)
	outcome := ""
	if root != nil {
		switch {
		case strings.HasPrefix(name, "profile-"):
			outcome = fmt.Sprintf("%d profiles", len(src.readProfiles(root)))
		case strings.HasPrefix(name, "type-"):
			outcome = fmt.Sprintf("%d types", len(src.readProfileTypes(root)))
		default:
			policies := src.readPolicies(root)
			outcome = fmt.Sprintf("%d policies", len(policies))
			for _, p := range policies {
				if p.Current != nil {
					outcome += fmt.Sprintf(", version %d %s, %d workflows, %d actions",
						p.Current.Number, p.Current.State, len(p.Current.Workflows), len(p.Current.Actions))
				}
			}
		}
	}
	if err := o.problems.err(); err != nil {
		return "refused: " + err.Error()
	}
	var codes []string
	for _, n := range snap.notes.list {
		codes = append(codes, fmt.Sprintf("%s*%d", n.finding.Code, n.finding.Count))
		require.NotEmpty(t, n.finding.File)
		require.Positive(t, n.finding.Line)
		require.Equal(t, engine.NoColumn, n.finding.Column)
	}
	slices.Sort(codes)
	return strings.TrimSpace(outcome + "; " + strings.Join(codes, " "))
}

// examples says what becomes of each JSON example of the API text. @ stands for the example's name.
var examples = []struct{ name, outcome string }{
	{"policy-list-prose", `refused: @:1: is the shape {"data":..., "pagination":...}, which the API text's hand-written pages print and the API's own schema contradicts (export the answer of the API itself: {"values": [...]} or {"value": {...}})`},
	{"policy-get-prose", `refused: @:1: is the shape {"data":..., "pagination":...}, which the API text's hand-written pages print and the API's own schema contradicts (export the answer of the API itself: {"values": [...]} or {"value": {...}})`},
	{"policy-update-state-prose", `refused: @:1: is the shape {"data":..., "pagination":...}, which the API text's hand-written pages print and the API's own schema contradicts (export the answer of the API itself: {"values": [...]} or {"value": {...}})`},
	{"policy-create-request", `1 policies;`},
	{"policy-create-answer", `1 policies, version 1 DRAFT, 0 workflows, 0 actions;`},
	{"policy-list-schema", `refused: @:162: values[0].safety_limit_settings.max_identities_affected_count: "text" is not a whole number (want a number of identities, 0 or more)`},
	{"policy-get-schema", `refused: @:161: value.safety_limit_settings.max_identities_affected_count: "text" is not a whole number (want a number of identities, 0 or more)`},
	{"policy-create-schema-request", `refused: @:32: safety_limit_settings.max_identities_affected_count: "text" is not a whole number (want a number of identities, 0 or more)`},
	{"policy-create-schema-answer", `refused: @:161: value.safety_limit_settings.max_identities_affected_count: "text" is not a whole number (want a number of identities, 0 or more)`},
	{"policy-update-schema-request", `refused: @:20: safety_limit_settings.max_identities_affected_count: "text" is not a whole number (want a number of identities, 0 or more)`},
	{"policy-update-schema-answer", `refused: @:161: value.safety_limit_settings.max_identities_affected_count: "text" is not a whole number (want a number of identities, 0 or more)`},
	{"version-config-example", `1 policies, version 0 PUBLISHED, 1 workflows, 3 actions; placeholder*5 state-assumed*1`},
	{"version-update-schema-answer", `1 policies, version 1 PUBLISHED, 1 workflows, 1 actions; enum-number-assumed*1 enum-number-assumed*1 enum-number-assumed*1 enum-number-assumed*1 enum-number-assumed*2 enum-number-assumed*2`},
	{"version-update-schema-request", `1 policies, version 0 PUBLISHED, 1 workflows, 1 actions; enum-number-assumed*1 enum-number-assumed*1 enum-number-assumed*1 enum-number-assumed*1 enum-number-assumed*2 enum-number-assumed*2`},
	{"version-add-action-request", `refused: @:1: is a request that adds to a policy, want a policy (give the policy after the change)`},
	{"version-add-action-answer", `1 policies, version 1 PUBLISHED, 1 workflows, 1 actions; enum-number-assumed*1 enum-number-assumed*1 enum-number-assumed*1 enum-number-assumed*1 enum-number-assumed*2 enum-number-assumed*2`},
	{"version-add-condition-request", `refused: @:1: is a request that adds to a policy, want a policy (give the policy after the change)`},
	{"version-add-condition-answer", `1 policies, version 1 PUBLISHED, 1 workflows, 1 actions; enum-number-assumed*1 enum-number-assumed*1 enum-number-assumed*1 enum-number-assumed*1 enum-number-assumed*2 enum-number-assumed*2`},
	{"profile-labels-answer", `refused: @:7: value.current_version: is a number, want an object`},
	{"profile-update-schema-request", `refused: @:1: an access profile without an id`},
	{"profile-update-schema-answer", `1 profiles; enum-number-assumed*1 enum-number-assumed*1 enum-number-assumed*1`},
	{"profile-list-answer", `1 profiles;`},
	{"profile-list-extra-info-answer", `1 profiles;`},
	{"profile-list-schema", `1 profiles; enum-number-assumed*1 enum-number-assumed*1 enum-number-assumed*1 incomplete-export*1`},
	{"profile-version-entities-request", `refused: @:1: has its entities beside its id, as in a request; the API's schema has them in current_version (export the profile with GET access_profiles)`},
	{"profile-version-inherit-request", `refused: @:1: has its entities beside its id, as in a request; the API's schema has them in current_version (export the profile with GET access_profiles)`},
	{"profile-version-both-request", `refused: @:1: has its entities beside its id, as in a request; the API's schema has them in current_version (export the profile with GET access_profiles)`},
	{"profile-version-answer", `refused: @:2: value: has its entities beside its id, as in a request; the API's schema has them in current_version (export the profile with GET access_profiles)`},
	{"profile-version-schema-request", `refused: @:1: has its entities beside its id, as in a request; the API's schema has them in current_version (export the profile with GET access_profiles)`},
	{"profile-version-schema-answer", `refused: @:2: value: is a version of an access profile, want the profile (export the profile that has it as current_version)`},
	{"profile-create-request", `refused: @:1: has its entities beside its id, as in a request; the API's schema has them in current_version (export the profile with GET access_profiles)`},
	{"profile-create-role-request", `refused: @:1: has its entities beside its id, as in a request; the API's schema has them in current_version (export the profile with GET access_profiles)`},
	{"profile-create-sync-request", `refused: @:1: has its entities beside its id, as in a request; the API's schema has them in current_version (export the profile with GET access_profiles)`},
	{"profile-create-schema-request", `refused: @:1: has its entities beside its id, as in a request; the API's schema has them in current_version (export the profile with GET access_profiles)`},
	{"profile-create-answer", `1 profiles;`},
	{"profile-create-short-answer", `1 profiles; missing-version*1`},
	{"profile-create-schema-answer", `1 profiles; enum-number-assumed*1 enum-number-assumed*1 enum-number-assumed*1`},
	{"type-list-answer", `2 types;`},
	{"type-list-complete-answer", `2 types;`},
	{"type-list-schema", `1 types; incomplete-export*1`},
	{"type-create-profile-request", `refused: @:1: an access profile type without an id`},
	{"type-create-role-request", `refused: @:1: an access profile type without an id`},
	{"type-create-advanced-request", `refused: @:1: an access profile type without an id`},
	{"type-create-answer", `1 types;`},
	{"type-create-complete-answer", `1 types;`},
	{"type-create-schema-request", `refused: @:1: an access profile type without an id`},
	{"type-create-schema-answer", `1 types;`},
	{"dryrun-request", `refused: @: is no dry-run answer: it has none of workflows_matched, job_requests, access_profile_ids, messages, job_request_workflow_names`},
	{"dryrun-answer", `workflows=[Active Employees] profiles=2 actions=[{SyncADIdentities SYNC_IDENTITIES} {UsActiveDirectoryGroups MANAGE_RELATIONSHIPS}]`},
	{"dryrun-schema-answer", `workflows=[text] profiles=1 actions=[{text SYNC_IDENTITIES}]`},
	{"version-import-template", `refused: @:5: value.config.workflows[0]: is no JSON: invalid character '.' at start of value`},
}

func TestExamples(t *testing.T) {
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			require.Equal(t, strings.ReplaceAll(e.outcome, "@", e.name), readExample(t, e.name))
		})
	}
	files, err := filepath.Glob(examplesDir + "/*.json")
	require.NoError(t, err)
	require.Len(t, files, len(examples), "an example is not in the table")
}
