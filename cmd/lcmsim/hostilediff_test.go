package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/report"
)

// hostileDiffs are command lines of diff over fixtures/hostile/diff. With the exit code 1 says is what stderr says, else
// it is the findings that are more than information, but for usualCodes.
var hostileDiffs = []struct {
	args string
	code int
	says []string
}{
	{"good --baseline baseline/other-type.csv", 1, []string{`baseline/other-type.csv: no identity has entity_type "Worker"; the records have "Robot" (check the entity_type of the policy and of the records)`}},
	{"good --baseline baseline/no-common.csv", 5, []string{`error no-common-identities baseline/no-common.csv:0: no identity is in both populations: everybody looks new, and nothing can be compared`}},
	{"good --baseline baseline/few-common.csv", 0, []string{`warning few-common-identities baseline/few-common.csv:0: only 2 identities are in both populations, of 6 now and 6 before`}},
	{"good --baseline baseline/without-people", 1, []string{`baseline/without-people: has no identities file (add identities.parquet, .arrow, .jsonl, .json or .csv, also with .gz or .zst, or name the population file itself)`}},
	{"good --baseline baseline/nowhere", 1, []string{`--baseline baseline/nowhere: there is no such directory or file, nor is it one of the words none, grants, members`}},
	{"good --baseline baseline/no-department.csv", 0, []string{`warning attribute-on-one-side identities.csv:0: only the later population has the attribute department: what depends on it differs for everybody`}},
	{"good --baseline baseline/duplicate.csv", 5, []string{`error duplicate-entity-id baseline/duplicate.csv:8: records that repeat an earlier entity_id are left out: "6" (line 8)`}},
	{"good --baseline good/policies.json", 1, []string{`good/policies.json:1: values[0]: is an export of policies or access profiles, want a population (policies go to --from and --to)`}},
	{"good --baseline good/access_profiles.json", 1, []string{`good/access_profiles.json:1: values[0]: is an export of policies or access profiles, want a population (policies go to --from and --to)`}},
	{"good --from side/no-policy.json", 1, []string{`side/no-policy.json: holds no policy (export the answer of the API itself: {"values": [...]} or {"value": {...}})`}},
	{"good --from side/two-policies.json", 1, []string{`--from side/two-policies.json: holds 2 policies, such as "Robots" (p8), "Guests" (p9), and none of them has the id "p1" of the snapshot's: keep the one to compare`}},
	{"good --from side/two-policies.json --policy Guests", 1, []string{`no policy has the name or id "Guests"; there are: "People" (p1)`}},
	{"good --from side/other-policy.json", 0, []string{`warning other-policy side/other-policy.json:0: is policy "Guests" (p9), the snapshot has "People" (p1): two different policies are compared`}},
	{"good --from side/truncated.json", 1, []string{`side/truncated.json:10: values[0].current_version.config.actions[0].name: ends in the middle of a value (the file looks cut off)`}},
	{"good --from side/drafts-only.json", 1, []string{`--from side/drafts-only.json: holds 2 versions and none of them is current: keep the one to compare`}},
	{"good --from side/text.json", 1, []string{`side/text.json:1: is no JSON: invalid character 'v' at start of value`}},
	{"good --from good/identities.csv", 1, []string{`good/identities.csv:1: is no JSON: invalid character 'e' at start of value`}},
	{"good --from 7", 1, []string{`policy "People" has no version 7; there are: 1 (PUBLISHED, current), 2 (DRAFT)`}},
	{"good --to side/truncated.json", 1, []string{`side/truncated.json:10: values[0].current_version.config.actions[0].name: ends in the middle of a value (the file looks cut off)`}},
	{"good --from grants", 1, []string{`grants, as the earlier side, are what is held today: add grants.csv to the snapshot, or give it with --grants`}},
	{"good --from members", 1, []string{`members, as the earlier side, are those that the export of access profiles lists, and it lists none: export the profiles with their members, or compare with grants`}},
	{"good --from grants --baseline members", 1, []string{`--from grants and --baseline members are two earlier sides; keep one`}},
	{"good --from 1 --baseline grants", 1, []string{`--from 1 and --baseline grants are two earlier sides; keep one`}},
	{"good --from current --to current", 0, []string{`warning same-sides :0: both sides are version 1 of one policy over one population: nothing can differ`}},
	{"good --baseline grants --grants grants/empty.csv", 0, []string{`warning grants-unmatched grants/empty.csv:0: the grants file is empty: nobody is taken to hold anything`}},
	{"good --baseline grants --grants grants/unknown-entities.csv", 5, []string{`error grants-unmatched grants/unknown-entities.csv:0: no grant is of a datasource and entity type that an access profile of the policy holds: no revoke can be found`}},
	{"good --baseline grants --grants grants/unknown-people.csv", 5, []string{`error grants-unmatched grants/unknown-people.csv:0: no identity of the grants file is in the population: everybody looks as if they held nothing`}},
	{"good --history history/unknown-action.csv", 0, []string{`warning history-unmatched history/unknown-action.csv:0: 1 entry of the history without a run_once action of the policy, such as "Staff/Greet"`}},
	{"good --history history/unknown-people.csv", 5, []string{`error history-unmatched history/unknown-people.csv:0: no identity of the history is in the population`}},
	{"good --baseline members --profiles profiles/unknown-members.json", 5, []string{`error members-unmatched profiles/unknown-members.json:0: no member of any access profile is in the population`}},
	{"good --policy-file policy/movers-nobody-has.json --baseline good", 0, []string{
		`warning same-sides good/identities.csv:0: both sides are one population under one policy version: nothing can differ`,
		`warning unknown-mover-property policy/movers-nobody-has.json:3: no identity has the mover property departement: nobody moves by it`,
		`warning unknown-mover-property policy/movers-nobody-has.json:3: no identity has the mover property manager_id: nobody moves by it`,
	}},
	{"dir/overrides-unknown --baseline good", 0, []string{`warning unknown-override overrides.json:2: overrides of identities that the population does not have: "7" (line 2)`}},
	{"dir/overrides-twice --baseline good", 5, []string{`error duplicate-override overrides.json:3: entity_id "1" is overridden on line 2 already: the first is used`}},
	{"dir/overrides-refused --baseline good", 5, []string{
		`error refused-override overrides.json:2: entity_type cannot be overridden: it says whom a record is about; the population's value stays`,
		`error refused-override overrides.json:2: sys_attr__is_mover cannot be overridden: it is computed from what changes; the population's value stays`,
	}},
	{"dir/secondary-ambiguous --baseline good", 5, []string{
		`error ambiguous-correlation secondary/badges.csv:2: identities correlate with several records of the source, so none is applied: "1" (line 2)`,
		`warning source-missing policies.json:3: earlier population: the secondary source "badges" has no file in the folder secondary; attributes that only it has count as absent`,
	}},
	{"dir/secondary-stray --baseline good", 0, []string{`warning source-not-joined secondary/badges.csv:0: is no secondary source of policy "People", so it is not joined`}},
	{"dir/secondary-missing --baseline good", 0, []string{
		`warning source-missing policies.json:3: earlier population: the secondary source "badges" has no file in the folder secondary; attributes that only it has count as absent`,
		`warning source-missing policies.json:3: the secondary source "badges" has no file in the folder secondary; attributes that only it has count as absent`,
	}},
	{"dir/secondary-uncorrelated --baseline good", 5, []string{
		`error missing-correlation policies.json:3: the secondary source has no correlation attributes, so it is not joined; attributes that only it has count as absent`,
		`warning source-missing policies.json:3: earlier population: the secondary source "badges" has no file in the folder secondary; attributes that only it has count as absent`,
	}},
	{"good --baseline dir/overrides-unknown", 0, []string{`warning unknown-override dir/overrides-unknown/overrides.json:2: overrides of identities that the population does not have: "7" (line 2)`}},
	{"good --baseline dir/secondary-stray", 0, []string{`warning source-not-joined dir/secondary-stray/secondary/badges.csv:0: is no secondary source of policy "People", so it is not joined`}},
	{"dir/secondary-ambiguous --baseline dir/secondary-missing", 5, []string{
		`error ambiguous-correlation secondary/badges.csv:2: identities correlate with several records of the source, so none is applied: "1" (line 2)`,
		`warning source-missing policies.json:3: earlier population: the secondary source "badges" has no file in the folder secondary; attributes that only it has count as absent`,
	}},
}

// usualCodes are findings that say nothing about what is wrong with an input.
var usualCodes = []string{"mover-assumed", "may-remove-others", "version-not-published"}

func TestHostileDiffs(t *testing.T) {
	t.Chdir("../../fixtures/hostile/diff")
	for _, c := range hostileDiffs {
		t.Run(c.args, func(t *testing.T) {
			code, stdout, stderr := lcmsim(t.Context(), append([]string{"diff", "--json"}, strings.Fields(c.args)...)...)
			require.Equal(t, c.code, code, stderr)
			if code == report.ExitFatal {
				require.Empty(t, stdout)
				require.Equal(t, "lcmsim: "+strings.Join(c.says, "\n")+"\n", stderr)
				return
			}
			require.Empty(t, stderr)
			require.Equal(t, c.says, findingsOf(t, stdout))
		})
	}
}

// findingsOf are the findings of a result that are more than information, one a line.
func findingsOf(t *testing.T, result string) []string {
	var doc struct {
		Diagnostics []struct {
			Severity, Code, Message string
			File                    string
			Line                    int
		}
	}
	require.NoError(t, json.Unmarshal([]byte(result), &doc))
	var list []string
	for _, d := range doc.Diagnostics {
		if d.Severity != "info" && !slices.Contains(usualCodes, d.Code) {
			list = append(list, fmt.Sprintf("%s %s %s:%d: %s", d.Severity, d.Code, d.File, d.Line, d.Message))
		}
	}
	return list
}

// TestHostileDiffsComplete proves that no input lies there untested.
func TestHostileDiffsComplete(t *testing.T) {
	root := filepath.FromSlash("../../fixtures/hostile/diff")
	var named []string
	for _, c := range hostileDiffs {
		named = append(named, strings.Fields(c.args)...)
	}
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "README.md" {
			return err
		}
		input, err := filepath.Rel(root, path)
		require.NoError(t, err)
		input = filepath.ToSlash(input)
		require.True(t, slices.ContainsFunc(named, func(word string) bool {
			return word == input || strings.HasPrefix(input, word+"/")
		}), "no command line names %s", input)
		return nil
	}))
}
