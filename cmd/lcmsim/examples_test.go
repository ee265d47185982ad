package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/loader/tenant/standin"
)

// Every command shows examples in its help, and every example works in a folder that has what they name.
func TestExamplesOfHelp(t *testing.T) {
	root := newRootCmd(env{})
	for _, cmd := range append([]*cobra.Command{root}, root.Commands()...) {
		switch cmd.Name() {
		case "help", "completion": // cobra's own
			continue
		}
		t.Run(cmd.Name(), func(t *testing.T) {
			require.NotEmpty(t, cmd.Example)
			require.NotEmpty(t, cmd.Short)
			var tenant *asked // for commands that speak with one
			if cmd.Flags().Lookup("token-file") != nil {
				if testing.Short() {
					t.Skip("long; scripts run the same commands")
				}
				tenant = enterTenantWorkspace(t, cmd.Name() != "pull")
			} else {
				enterWorkspace(t)
			}
			for line := range strings.SplitSeq(cmd.Example, "\n") {
				words, err := shellWords(line)
				require.NoError(t, err)
				require.Equal(t, "lcmsim", words[0], line)
				for i := range words {
					if words[i] == "1000000" {
						words[i] = "1000" // as many people take their time
					}
				}
				if tenant != nil {
					code, _, stderr := tenant.run(t.Context(), append(words[1:], "--rate", "1000")...)
					require.Zero(t, code, "%s\n%s", line, stderr)
					continue
				}
				code, output := runWords(t, words[1:])
				require.NotEqual(t, 1, code, "%s\n%s", line, output)
			}
		})
	}
}

// enterTenantWorkspace makes a folder with the files that examples of commands name that speak with a tenant, and changes into it.
// Where the folder has a snapshot, it is one of that tenant.
func enterTenantWorkspace(t *testing.T, withSnapshot bool) *asked {
	company := newCompany(t, 400, 1)
	t.Chdir(t.TempDir())
	if withSnapshot {
		require.NoError(t, os.Symlink(company, "snapshot"))
	}
	require.NoError(t, os.WriteFile("ids.txt", []byte("# a sample\n"+someID(t, company)+"\n"), 0o644))
	return newTenant(t, standin.Options{Dir: company})
}

// enterWorkspace makes a folder with the files that examples name, and changes into it.
func enterWorkspace(t *testing.T) {
	from, err := filepath.Abs(vendor)
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("snapshot", 0o755))
	for _, name := range []string{"policies.json", "access_profiles.json", "identities.jsonl"} {
		text, err := os.ReadFile(filepath.Join(from, name))
		require.NoError(t, err)
		for _, to := range []string{name, filepath.Join("snapshot", name)} {
			require.NoError(t, os.WriteFile(to, text, 0o644))
		}
	}
	people, err := os.ReadFile(filepath.Join(from, "identities.jsonl"))
	require.NoError(t, err)
	people = append(people, `{"entity_id": "W000123", "entity_type": "WorkdayWorker", "department": "Legal"}`+"\n"...)
	require.NoError(t, os.Mkdir("last-month", 0o755))
	for _, name := range []string{"snapshot", "last-month"} {
		require.NoError(t, os.WriteFile(filepath.Join(name, "identities.jsonl"), people, 0o644))
	}
	const version = `{"policy_id": "5e3c1f0a-7b52-4d8e-9c41-2f6a80d9b713", "version_number": %d, "state": "%s", "config": {"workflows": [], "actions": []}}`
	for name, text := range map[string]string{
		"refactored.json":               fmt.Sprintf(version, 9, "DRAFT"),
		"snapshot/grants.csv":           "identity_entity_id,datasource_id,entity_type,entity_id\nW0001,d,Group,g\n",
		"snapshot/policy_versions.json": fmt.Sprintf(`{"values": [`+version+", "+version+", "+version+`]}`, 2, "DRAFT", 6, "RETIRED", 7, "RETIRED"),
		"people.csv":                    "entity_id,employment_status,work_location,department,manager\n1,ACTIVE,US,Sales,true\n2,ACTIVE,China,Legal,false\n",
		"filters.txt":                   "department eq \"Sales\"\nmanager eq true\n",
		"people.jsonl": `{"entity_id": "1", "emails": [{"type": "work", "value": "a@example.com"}]}
{"entity_id": "2", "emails": []}
`,
		"schema.yaml": "attributes:\n  - {name: entity_id, type: string, caseExact: true}\n  - name: emails\n    type: complex\n    multiValued: true\n" +
			"    subAttributes:\n      - {name: type, type: string}\n      - {name: value, type: string}\n",
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
	}
}
