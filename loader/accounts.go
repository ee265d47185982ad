package loader

import (
	"fmt"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// Accounts are the accounts of identities in datasources, to which access requests are addressed.
type Accounts struct {
	known map[accountKey]engine.Account
}

// accountKey is where an identity should have one account.
type accountKey struct{ entityID, datasourceID string }

// Of is the account of an identity in a datasource; the zero Account where the file has none.
func (a *Accounts) Of(entityID, datasourceID string) engine.Account {
	return a.known[accountKey{entityID, datasourceID}]
}

// accountFiles are the names of the accounts file in a snapshot directory.
var accountFiles = []string{
	"accounts.csv", "accounts.jsonl", "accounts.parquet", "accounts.csv.gz", "accounts.csv.zst", "accounts.jsonl.gz", "accounts.jsonl.zst",
}

// locateAccounts finds the accounts file. No result depends on it, so it is read, with findings of its own, when somebody asks for it.
func (o *opener) locateAccounts() {
	_, o.snap.accounts = o.find(o.paths.Accounts, accountFiles...)
}

// ReadAccounts reads the accounts file; nil when there is none. The findings, sorted, are about it alone. An error is a *Problems.
func (s *Snapshot) ReadAccounts(opt Options) (*Accounts, []engine.Finding, error) {
	path := s.Part(accountFiles[0])
	if path == "" {
		return nil, nil, nil
	}
	var problems Problems
	var notes notes
	src := &source{file: s.accounts, strict: opt.Strict, enums: s.Config.Enums, problems: &problems, notes: &notes}
	accounts := src.readAccounts(path)
	if err := problems.err(); err != nil {
		return nil, nil, err
	}
	return accounts, notes.findings(), nil
}

// readAccounts reads accounts.{csv,jsonl,parquet}. A row that says the same as an earlier one changes nothing.
func (s *source) readAccounts(path string) *Accounts {
	a := &Accounts{known: map[accountKey]engine.Account{}}
	texts := interner{}
	t := table{
		src:      s,
		what:     "an account",
		columns:  []string{"entity_id", "datasource_id", "assignee_entity_type", "assignee_entity_id"},
		required: 4,
	}
	t.row = func(cells []string) {
		key := accountKey{cells[0], cells[1]}
		known, ok := a.known[key]
		switch {
		case !ok:
			key = accountKey{texts.intern(key.entityID), texts.intern(key.datasourceID)}
			a.known[key] = engine.Account{EntityType: texts.intern(cells[2]), EntityID: strings.Clone(cells[3])}
		case known.Ambiguous || known.EntityType == cells[2] && known.EntityID == cells[3]:
		default:
			known.Ambiguous = true
			a.known[key] = known
			s.notes.add(nil, s.file, engine.Finding{
				Severity: engine.SeverityWarning, Code: "ambiguous-account", Position: engine.Position{File: s.file, Line: t.line},
				Message: fmt.Sprintf("an identity has several accounts in one datasource, such as %s in %s: no access request is written for it there", abridge(cells[0]), abridge(cells[1])),
				Hint:    "keep the account that requests are to be addressed to",
			})
		}
	}
	t.read(path)
	return a
}
