package loader

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

// readAccountsFile reads a snapshot whose accounts file has that name and content.
func readAccountsFile(t *testing.T, name string, data []byte) (*Accounts, []string, error) {
	t.Helper()
	dir := writeFiles(t, map[string]string{"policies.json": smallPolicy, "identities.csv": "", name: string(data)})
	snap, err := OpenSnapshot(Paths{Dir: dir}, Options{})
	require.NoError(t, err)
	accounts, findings, err := snap.ReadAccounts(Options{})
	require.Empty(t, snap.Findings(snap.Policies[0]), "no finding about the snapshot")
	return accounts, dumpFindings(findings), err
}

const accountsText = `datasource_id,assignee_entity_id,entity_id,assignee_entity_type,since
ad,"CN=Ann, OU=x",w1,ActiveDirectoryUser,2020
ad,CN=Bob,w2,ActiveDirectoryUser,
okta,=1+1,w1,OktaUser,
ad,CN=Bob,w2,ActiveDirectoryUser,again
ad,CN=Bob Admin,w2,ActiveDirectoryUser,
ad,CN=Bob Third,w2,ActiveDirectoryUser,
okta,a,w3,OktaUser,
okta,a,w3,OktaServiceUser,
`

func TestAccounts(t *testing.T) {
	var gz, zst bytes.Buffer
	g := gzip.NewWriter(&gz)
	_, err := g.Write([]byte(accountsText))
	require.NoError(t, err)
	require.NoError(t, g.Close())
	z, err := zstd.NewWriter(&zst)
	require.NoError(t, err)
	_, err = z.Write([]byte(accountsText))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	jsonl := `{"entity_id": "w1", "datasource_id": "ad", "assignee_entity_type": "ActiveDirectoryUser", "assignee_entity_id": "CN=Ann, OU=x", "since": 2020}

{"entity_id": "w1", "datasource_id": "okta", "assignee_entity_type": "OktaUser", "assignee_entity_id": "=1+1"}
{"entity_id": "w2", "datasource_id": "ad", "assignee_entity_type": "ActiveDirectoryUser", "assignee_entity_id": "CN=Bob"}
{"entity_id": "w2", "datasource_id": "ad", "assignee_entity_type": "ActiveDirectoryUser", "assignee_entity_id": "CN=Bob Admin"}
{"entity_id": "w3", "datasource_id": "okta", "assignee_entity_type": "OktaUser", "assignee_entity_id": "a"}
{"entity_id": "w3", "datasource_id": "okta", "assignee_entity_type": "OktaServiceUser", "assignee_entity_id": "a"}
`
	for name, tc := range map[string]struct {
		data   []byte
		unread string // the line of the column since
		twice  string // the line of the first second account
	}{
		"accounts.csv":     {[]byte(accountsText), "1  *1", "6  *2"},
		"accounts.csv.gz":  {gz.Bytes(), "1  *1", "6  *2"},
		"accounts.csv.zst": {zst.Bytes(), "1  *1", "6  *2"},
		"accounts.jsonl":   {[]byte(jsonl), "1  *1", "5  *2"},
	} {
		t.Run(name, func(t *testing.T) {
			a, findings, err := readAccountsFile(t, name, tc.data)
			require.NoError(t, err)
			require.Len(t, a.known, 4)
			require.Equal(t, engine.Account{EntityType: "ActiveDirectoryUser", EntityID: "CN=Ann, OU=x"}, a.Of("w1", "ad"))
			require.Equal(t, engine.Account{EntityType: "OktaUser", EntityID: "=1+1"}, a.Of("w1", "okta"))
			require.Zero(t, a.Of("w2", "okta"))
			require.Zero(t, a.Of("w9", "ad"))
			require.True(t, a.Of("w2", "ad").Ambiguous)
			require.True(t, a.Of("w3", "okta").Ambiguous, "one id of two types is two accounts")
			require.Equal(t, []string{
				"warning ambiguous-account " + tc.twice + ": an identity has several accounts in one datasource, such as w2 in ad: no access request is written for it there",
				"warning unknown-field " + tc.unread + ": unknown column since: not read",
			}, findings)
		})
	}
}

func TestAccountsProblems(t *testing.T) {
	for name, tc := range map[string]struct{ file, text, problem string }{
		"empty":          {"accounts.csv", "", "accounts.csv: is empty (columns are entity_id, datasource_id, assignee_entity_type, assignee_entity_id)"},
		"no column":      {"accounts.csv", "entity_id,datasource_id,assignee_entity_id\n", "accounts.csv:1: has no column assignee_entity_type (columns are entity_id, datasource_id, assignee_entity_type, assignee_entity_id)"},
		"no cell":        {"accounts.csv", "entity_id,datasource_id,assignee_entity_type,assignee_entity_id\nw1,ad,U,x\nw1,,U,x\n", "accounts.csv:3: an account without datasource_id"},
		"too few cells":  {"accounts.csv", "entity_id,datasource_id,assignee_entity_type,assignee_entity_id\nw1\n", "accounts.csv:2: wrong number of cells (every row has as many cells as the header)"},
		"no object":      {"accounts.jsonl", "\n[]\n", "accounts.jsonl:2: is a list, want an account"},
		"no text":        {"accounts.jsonl", `{"entity_id": ["w1"]}`, "accounts.jsonl:1: entity_id: is a list, want a string"},
		"no field":       {"accounts.jsonl", `{"entity_id": "w1"}`, "accounts.jsonl:1: an account without datasource_id"},
		"not packed":     {"accounts.csv.gz", "entity_id\n", "accounts.csv.gz: cannot be read: cannot unpack .gz data: gzip: invalid header (write the file again)"},
		"not compressed": {"accounts.jsonl.zst", `{"entity_id": "w1"}`, "accounts.jsonl.zst:1: cannot be read: cannot unpack .zst data: invalid input: magic number mismatch"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := readAccountsFile(t, tc.file, []byte(tc.text))
			require.EqualError(t, err, tc.problem)
		})
	}
}

// A file that was cut short is no shorter list of accounts.
func TestAccountsCutShort(t *testing.T) {
	var gz bytes.Buffer
	g := gzip.NewWriter(&gz)
	_, err := g.Write([]byte(accountsText))
	require.NoError(t, err)
	require.NoError(t, g.Close())
	_, _, err = readAccountsFile(t, "accounts.csv.gz", gz.Bytes()[:gz.Len()-6])
	require.ErrorContains(t, err, "cannot unpack .gz data: unexpected EOF")
}

func TestAccountsFileIsChosen(t *testing.T) {
	header := "entity_id,datasource_id,assignee_entity_type,assignee_entity_id\n"
	dir := writeFiles(t, map[string]string{"policies.json": smallPolicy, "identities.csv": ""})
	snap, err := OpenSnapshot(Paths{Dir: dir}, Options{})
	require.NoError(t, err)
	accounts, _, err := snap.ReadAccounts(Options{})
	require.NoError(t, err)
	require.Nil(t, accounts, "there is none")

	other := filepath.Join(t.TempDir(), "other.csv")
	require.NoError(t, os.WriteFile(other, []byte(header+"w1,ad,U,x\n"), 0o644))
	snap, err = OpenSnapshot(Paths{Dir: dir, Accounts: other}, Options{})
	require.NoError(t, err)
	accounts, _, err = snap.ReadAccounts(Options{})
	require.NoError(t, err)
	require.Len(t, accounts.known, 1)
	snap, err = OpenSnapshot(Paths{Dir: dir, Accounts: other + ".gone"}, Options{})
	require.NoError(t, err)
	_, _, err = snap.ReadAccounts(Options{})
	require.EqualError(t, err, other+".gone: cannot be read: no such file or directory")

	for _, name := range []string{"accounts.csv", "accounts.jsonl.gz"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(header), 0o644))
	}
	_, err = OpenSnapshot(Paths{Dir: dir}, Options{})
	require.EqualError(t, err, "accounts.csv: accounts.jsonl.gz is there too (keep one of them)")
}
