package loader

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const hostileDir = "../fixtures/hostile/snapshot"

// hostile says what is wrong with each input of fixtures/hostile/snapshot. @ stands for the input's own name.
var hostile = []struct {
	input    string
	problems []string
}{
	{"config/alias.yaml", []string{
		`@:2: limits[0]: anchors and aliases are not read: write the value out`,
		`@:3: limits[1]: anchors and aliases are not read: write the value out`,
	}},
	{"config/duplicate-key.yaml", []string{`@:3: fail_on: duplicate key, first on line 1 (keep one of them)`}},
	{"config/enum-is-text.yaml", []string{
		`@:2: enums.policy_state: is a string, want a list of names or names by number`,
		`@:3: enums.version_state.one: the key is not a whole number (write {number: NAME})`,
		`@:4: enums.trigger_type[1]: is no name of an enum: letters, digits and _`,
	}},
	{"config/fail-on-is-text.yaml", []string{`@:1: fail_on: is a string, want a list (write fail_on: [limit, guard])`}},
	{"config/fail-on-unknown.yaml", []string{`@:1: fail_on[1]: unknown word "everything" (known are limit, guard, maybe, error, warning, none)`}},
	{"config/guard-incomplete.yaml", []string{
		`@:2: guards[0]: a guard without a filter`,
		`@:4: guards[1]: has no name`,
		`@:5: guards[1].never: never is "everything" (known are grant, revoke, sync, deactivate, opaque, last_holder)`,
	}},
	{"config/limit-bad-maximum.yaml", []string{
		`@:4: limits[0].max_count: -1 is negative (want a number of identities, 0 or more)`,
		`@:5: limits[0].max_percent: percentage 101 is outside 0..100`,
		`@:6: limits[1]: a limit with an empty workflow or cohort`,
		`@:6: limits[1]: the name "few" is on line 2 already`,
	}},
	{"config/limit-two-scopes.yaml", []string{`@:2: limits[0]: a limit has exactly one of effect, workflow and cohort, not 2`}},
	{"config/limit-unknown-effect.yaml", []string{`@:3: limits[0].effect: effect is "delete" (known are grant, revoke, sync, deactivate, opaque)`}},
	{"config/limit-without-maximum.yaml", []string{`@:2: limits[0]: a limit without max_count and max_percent`}},
	{"config/list.yaml", []string{`@:1: is a list, want an object`}},
	{"config/rule-is-list.yaml", []string{`@:2: rules["filter.coerce"]: is a list, want the value of a rule`}},
	{"config/tab.yaml", []string{`@:2: is no YAML: found character that cannot start any token`}},
	{"config/two-documents.yaml", []string{`@:2: has a second YAML document (a file holds one document)`}},
	{"config/unknown-enum.yaml", []string{`@:2: enums.policy_states: unknown enum (known are action_state, action_type, condition_state, condition_type, entity_condition_type, policy_state, profile_state, trigger_type, version_state, workflow_state)`}},
	{"config/unknown-key.yaml", []string{`@:3: rule: unknown key (known are enums, fail_on, guards, limits, rules)`}},
	{"config/unknown-nested-key.yaml", []string{`@:4: limits[0].max: unknown key (known are cohort, effect, max_count, max_percent, name, workflow)`}},
	{"dir/grants-cells", []string{
		`grants.csv:3: wrong number of cells (every row has as many cells as the header)`,
		`grants.csv:4: a grant without identity_entity_id`,
	}},
	{"dir/grants-column", []string{`grants.csv:1: has no column datasource_id (columns are identity_entity_id, datasource_id, entity_type, entity_id, name)`}},
	{"dir/grants-column-twice", []string{`grants.csv:1: has the column "entity_id" twice`}},
	{"dir/grants-empty", []string{`grants.csv: is empty (columns are identity_entity_id, datasource_id, entity_type, entity_id, name)`}},
	{"dir/grants-parquet", []string{`grants.parquet: is no Parquet file: parquet: file is smaller than indicated metadata size`}},
	{"dir/grants-quote", []string{`grants.csv:2: is no CSV: extraneous or missing " in quoted-field`}},
	{"dir/grants-utf8", []string{`grants.csv:2: entity_id: is no UTF-8 text (save the file as UTF-8)`}},
	{"dir/history-lines", []string{
		`history.jsonl:3: an entry without action`,
		`history.jsonl:4: ends in the middle of a value (the file looks cut off)`,
		`history.jsonl:5: entity_id: duplicate key, first on line 1 (keep one of them)`,
		`history.jsonl:6: is a list, want an entry`,
		`history.jsonl:7: action: is an object, want a string`,
	}},
	{"dir/manifest-digest", []string{`manifest.json:2: sha256["policies.json"]: is no SHA-256 in hex: 64 digits 0-9 a-f`}},
	{"dir/manifest-outside", []string{`manifest.json:2: sha256["../identities.csv"]: names a file outside of the snapshot (list files by their path inside the snapshot)`}},
	{"dir/manifest-time", []string{`manifest.json:2: taken_at: "26 August 2025" is no RFC 3339 time (write it like 2026-01-31T09:00:00Z)`}},
	{"dir/no-identities", []string{`@: has no identities file (add identities.parquet, .arrow, .jsonl, .json or .csv, also with .gz or .zst, or give it with --identities)`}},
	{"dir/no-policies", []string{`@: has no policies.json (export the policy, or give it with --policy-file)`}},
	{"dir/two-grants", []string{`grants.csv: grants.jsonl is there too (keep one of them)`}},
	{"dir/two-identities", []string{`identities.csv: identities.jsonl is there too (keep one of them)`}},
	{"dir/types-and-datasources", []string{
		`access_profile_types.json:2: values[0]: an access profile type without an id`,
		`access_profile_types.json:3: values[1]: is a number, want an access profile type`,
		`datasources.json:2: values[0]: a datasource without an id`,
		`datasources.json:3: values[1]: is a string, want a datasource`,
	}},
	{"dir/versions-are-policies", []string{
		`policy_versions.json:2: values[0]: is a policy, want a policy version (give it as the policy)`,
		`policy_versions.json:3: values[1]: is no policy version (want {"values": [{"policy_id", "version_number", "state", "config"}]})`,
	}},
	{"policy/access-profiles-is-text.json", []string{`@:5: value.current_version.config.actions[0].config.access_profiles: is a string, want a list`}},
	{"policy/api-error.json", []string{`@:1: is an error answer of the API: token expired (export it again)`}},
	{"policy/bare-configuration.json", []string{`@:1: is the shape configuration.conditions[{operator}], which the API text's hand-written pages print and the API's own schema contradicts (export the answer of the API itself: {"values": [...]} or {"value": {...}})`}},
	{"policy/blank.json", []string{`@: is empty`}},
	{"policy/comment.json", []string{`@:2: is no JSON: invalid character '/' at start of value`}},
	{"policy/config-is-text.json", []string{`@:2: value.current_version.config: is a string, want an object`}},
	{"policy/configuration.json", []string{`@:2: values[0]: is the shape configuration.conditions[{operator}], which the API text's hand-written pages print and the API's own schema contradicts (export the answer of the API itself: {"values": [...]} or {"value": {...}})`}},
	{"policy/correlation-is-number.json", []string{`@:4: value.secondary_source_of_identities[0].correlation_attribute_names["employee.number"]: is a number, want a string`}},
	{"policy/count-fraction.json", []string{`@:4: value.safety_limit_settings.max_identities_affected_count: 2.5 is not a whole number (want a number of identities, 0 or more)`}},
	{"policy/count-is-huge.json", []string{`@:4: value.safety_limit_settings.max_identities_affected_count: 1e30 is beyond 64 bits (want a number of identities, 0 or more)`}},
	{"policy/count-is-text.json", []string{`@:4: value.safety_limit_settings.max_identities_affected_count: "many" is not a whole number (want a number of identities, 0 or more)`}},
	{"policy/count-negative.json", []string{`@:4: value.safety_limit_settings.max_identities_affected_count: -5 is negative (want a number of identities, 0 or more)`}},
	{"policy/data-pagination.json", []string{`@:1: is the shape {"data":..., "pagination":...}, which the API text's hand-written pages print and the API's own schema contradicts (export the answer of the API itself: {"values": [...]} or {"value": {...}})`}},
	{"policy/deep.json", []string{`@:2: nests lists and objects more than 256 levels`}},
	{"policy/dry-run.json", []string{`@:1: is the answer of a dry run, want a policy`}},
	{"policy/duplicate-camel-case.json", []string{`@:6: value.current_version.config.workflows[0].triggerString: duplicate key: the same field as "trigger_string" on line 5 (keep one of them)`}},
	{"policy/duplicate-escaped.json", []string{`@:2: value.id: duplicate key, first on line 1 (keep one of them)`}},
	{"policy/duplicate-key.json", []string{
		`@:3: value.state: duplicate key, first on line 2 (keep one of them)`,
		`@:7: value.current_version.config.workflows[0].trigger_string: duplicate key, first on line 6 (keep one of them)`,
	}},
	{"policy/empty-list.json", []string{`@: holds no policy (export the answer of the API itself: {"values": [...]} or {"value": {...}})`}},
	{"policy/empty.json", []string{`@: is empty`}},
	{"policy/flag-is-text.json", []string{`@:5: value.current_version.config.workflows[0].continuous_sync: is a string, want true or false`}},
	{"policy/gzip.json", []string{`@: is compressed (unpack it; only populations are read compressed)`}},
	{"policy/identity.json", []string{`@:2: [0]: is an identity, want a policy (give it as the population)`}},
	{"policy/invalid-utf8.json", []string{`@:2: value.name: is no JSON: invalid UTF-8`}},
	{"policy/leading-zero.json", []string{`@:5: value.current_version.config.workflows[0]: is no JSON: invalid character '1' after object value (expecting ',' or '}')`}},
	{"policy/login-page.json", []string{`@:1: is no JSON: invalid character '<' at start of value`}},
	{"policy/lone-surrogate.json", []string{`@:2: value.name: is no JSON: invalid surrogate pair "\\ud800\"}}\n" in string`}},
	{"policy/no-policy.json", []string{`@:1: holds no policy, no version and no config (export the answer of the API itself: {"values": [...]} or {"value": {...}})`}},
	{"policy/not-a-number.json", []string{`@:5: value.current_version.config.workflows[0].priority: is no JSON: invalid character 'N' at start of value`}},
	{"policy/null-value.json", []string{`@:1: holds no value`}},
	{"policy/null-workflow.json", []string{`@:5: value.current_version.config.workflows[0]: is null, want an object`}},
	{"policy/percentage-above.json", []string{`@:4: value.safety_limit_settings.max_identities_affected_percentage: percentage 100.5 is outside 0..100`}},
	{"policy/percentage-below.json", []string{`@:4: value.safety_limit_settings.max_identities_affected_percentage: percentage -1 is outside 0..100`}},
	{"policy/percentage-is-flag.json", []string{`@:4: value.safety_limit_settings.max_identities_affected_percentage: is a boolean, want a percentage from 0 to 100`}},
	{"policy/percentage-is-huge.json", []string{`@:4: value.safety_limit_settings.max_identities_affected_percentage: percentage 1e9999 is outside 0..100`}},
	{"policy/percentage-is-text.json", []string{`@:4: value.safety_limit_settings.max_identities_affected_percentage: "5%" is not a percentage from 0 to 100`}},
	{"policy/priority-is-fraction.json", []string{`@:5: value.current_version.config.workflows[0].priority: 1.5 is not a whole number`}},
	{"policy/profile.json", []string{`@:2: values[0]: is an access profile, want a policy (give it as the export of access profiles)`}},
	{"policy/remove-is-text.json", []string{`@:5: value.current_version.config.actions[0].config.remove_existing_relationships: is a string, want true or false`}},
	{"policy/scalar.json", []string{`@:1: is a string, want an object or a list (export the answer of the API itself: {"values": [...]} or {"value": {...}})`}},
	{"policy/single-quotes.json", []string{`@:1: is no JSON: invalid character '\'' at start of value`}},
	{"policy/state-is-list.json", []string{`@:5: value.current_version.config.workflows[0].state: is a list, want a string or a number`}},
	{"policy/text-after.json", []string{`@:8: has text after the JSON value (a file holds one JSON value)`}},
	{"policy/trailing-comma.json", []string{`@:2: values[1]: is no JSON: invalid character ',' at start of value`}},
	{"policy/trigger-is-number.json", []string{`@:6: value.current_version.config.workflows[1].trigger_string: is a number, want a string`}},
	{"policy/truncated-list.json", []string{`@:3: values[1]: ends in the middle of a value (the file looks cut off)`}},
	{"policy/truncated.json", []string{`@:2: value.name: ends in the middle of a value (the file looks cut off)`}},
	{"policy/two-values.json", []string{`@:7: has text after the JSON value (a file holds one JSON value)`}},
	{"policy/utf16.json", []string{`@: is UTF-16 text (save it as UTF-8)`}},
	{"policy/value-is-text.json", []string{`@:2: values[0]: is a string, want a policy`}},
	{"policy/values-is-object.json", []string{`@:2: values: is an object, want a list`}},
	{"policy/version-is-number.json", []string{`@:2: value.current_version: is a number, want a policy version`}},
	{"policy/workflows-is-object.json", []string{`@:5: value.current_version.config.workflows: is an object, want a list`}},
	{"profiles/data.json", []string{`@:1: is the shape {"data":..., "pagination":...}, which the API text's hand-written pages print and the API's own schema contradicts (export the answer of the API itself: {"values": [...]} or {"value": {...}})`}},
	{"profiles/duplicate-key.json", []string{`@:4: values[0].name: duplicate key, first on line 3 (keep one of them)`}},
	{"profiles/entities-beside.json", []string{`@:2: values[0]: has its entities beside its id, as in a request; the API's schema has them in current_version (export the profile with GET access_profiles)`}},
	{"profiles/entity-id-is-number.json", []string{`@:2: values[0].current_version.entities_to_create_relationships_to[0].entity_id: is a number, want a string`}},
	{"profiles/entity-is-text.json", []string{`@:2: values[0].current_version.entities_to_create_relationships_to[0]: is a string, want an object`}},
	{"profiles/inherits-is-text.json", []string{`@:2: values[0].current_version.inherit_entities_from_access_profiles: is a string, want a list`}},
	{"profiles/no-id.json", []string{
		`@:3: values[1]: an access profile without an id`,
		`@:4: values[2]: an access profile without an id`,
	}},
	{"profiles/policy-with-config.json", []string{`@:1: is a policy, want an access profile (give it as the policy)`}},
	{"profiles/policy.json", []string{`@:1: value: is a policy, want an access profile (give it as the policy)`}},
	{"profiles/type.json", []string{`@:2: [0]: is a type of access profiles, want an access profile (give it as access_profile_types.json)`}},
	{"profiles/version-is-number.json", []string{`@:3: values[0].current_version: is a number, want an object`}},
	{"profiles/version.json", []string{`@:2: value: is a version of an access profile, want the profile (export the profile that has it as current_version)`}},
	{"schema/complex-without-sub.yaml", []string{`@:2: attributes[0]: a complex attribute without subAttributes`}},
	{"schema/nested-complex.yaml", []string{`@:7: attributes[0].subAttributes[0].subAttributes: only a complex attribute has subAttributes, and they have none`}},
	{"schema/same-name.yaml", []string{
		`@:3: attributes[1]: the name "title" is on line 2 already`,
		`@:4: attributes[2]: has no name`,
	}},
	{"schema/sub-of-string.yaml", []string{`@:4: attributes[0].subAttributes: only a complex attribute has subAttributes, and they have none`}},
	{"schema/unknown-characteristic.yaml", []string{`@:4: attributes[0].multivalued: unknown key (known are canonicalValues, caseExact, description, multiValued, mutability, name, referenceTypes, required, returned, schema, subAttributes, type, uniqueness)`}},
	{"schema/unknown-type.yaml", []string{`@:2: attributes[0].type: type is "number" (known are string, boolean, decimal, integer, date, dateTime, binary, reference, complex)`}},
	{"schema/urn-as-id.json", []string{`@:1: id: is a URN; id is the name of the identifying column (the URN of the schema goes under urn)`}},
}

// openHostile opens a snapshot that is good but for one part; the working directory is hostileDir.
func openHostile(input string) error {
	paths := Paths{Policy: "../../vendor/policies.json", Identities: "../../vendor/identities.jsonl"}
	switch part, _, _ := strings.Cut(input, "/"); part {
	case "policy":
		paths.Policy = input
	case "profiles":
		paths.Profiles = input
	case "config":
		paths.Config = input
	case "schema":
		paths.Schema = input
	case "dir":
		paths = Paths{Dir: input}
	}
	_, err := OpenSnapshot(paths, Options{})
	return err
}

func TestHostile(t *testing.T) {
	t.Chdir(hostileDir)
	for _, c := range hostile {
		t.Run(c.input, func(t *testing.T) {
			err := openHostile(c.input)
			var problems *Problems
			require.ErrorAs(t, err, &problems)
			require.Equal(t, strings.ReplaceAll(strings.Join(c.problems, "\n"), "@", c.input), err.Error())
		})
	}
}

func TestHostileManyProblems(t *testing.T) {
	t.Chdir(hostileDir)
	err := openHostile("policy/many-problems.json")
	require.Error(t, err)
	lines := strings.Split(err.Error(), "\n")
	require.Len(t, lines, maxProblemsShown+1)
	for i, line := range lines[:maxProblemsShown] {
		require.Equal(t, fmt.Sprintf("policy/many-problems.json:%d: values[%d]: is a number, want a policy", i+2, i), line)
	}
	require.Equal(t, "and 5 more", lines[maxProblemsShown])
}

// TestHostileComplete proves that no input lies there untested.
func TestHostileComplete(t *testing.T) {
	listed := map[string]bool{"policy/many-problems.json": true}
	for _, c := range hostile {
		listed[c.input] = true
	}
	inputs := 0
	root := filepath.FromSlash(hostileDir)
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "README.md" {
			return err
		}
		input, err := filepath.Rel(root, path)
		input = filepath.ToSlash(input)
		if strings.HasPrefix(input, "dir/") {
			input = filepath.ToSlash(filepath.Dir(input))
		}
		require.Contains(t, listed, input)
		inputs++
		return err
	}))
	require.GreaterOrEqual(t, inputs, len(hostile))
}
