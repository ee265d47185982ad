package tenant

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

// syncEvery is how many lines of a journal may be lost with the machine.
const syncEvery = 16

// Journal is a file that holds the answers of a tenant as they come, one JSON object a line, so that a run which was
// interrupted asks only what is left. It is safe for concurrent use by one process.
type Journal struct {
	path string

	mu      sync.Mutex
	file    *os.File
	pending int // lines since the last sync
	err     error
	answers map[answerKey]journalAnswer
	people  map[identityKey]journalIdentity
}

// answerKey is what a dry run was asked.
type answerKey struct {
	Tenant     string `json:"tenant"`
	PolicyID   string `json:"policy_id"`
	Version    int    `json:"version"`
	IdentityID string `json:"identity_id"`
	State      string `json:"state"`
	Skip       bool   `json:"skip_disabled_workflows"`
}

// identityKey is which identity was fetched.
type identityKey struct {
	Tenant     string `json:"tenant"`
	IdentityID string `json:"identity_id"`
}

type journalAnswer struct {
	asked  time.Time
	answer engine.DryRun
	noSkip bool // disabled workflows were not skipped, although that was asked for
}

type journalIdentity struct {
	asked    time.Time
	identity *Identity
}

// The lines of the file: one of the two members is there.
type journalLine struct {
	DryRun   *dryRunLine   `json:"dry_run,omitempty"`
	Identity *identityLine `json:"identity,omitempty"`
}

type dryRunLine struct {
	answerKey        `json:",inline"`
	AskedAt          time.Time       `json:"asked_at"`
	SkipUnsupported  bool            `json:"skip_unsupported,omitzero"`
	WorkflowsMatched []string        `json:"workflows_matched"`
	AccessProfileIDs []string        `json:"access_profile_ids"`
	Actions          []journalAction `json:"actions"`
	Messages         []string        `json:"messages"`
}

type journalAction struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

type identityLine struct {
	identityKey   `json:",inline"`
	AskedAt       time.Time      `json:"asked_at"`
	PolicyID      string         `json:"policy_id"`
	EntityID      string         `json:"entity_id"`
	EntityType    string         `json:"entity_type"`
	EntityName    string         `json:"entity_name"`
	LastCheckedAt time.Time      `json:"last_checked_at,omitzero"`
	Attributes    jsontext.Value `json:"attributes"`
}

// OpenJournal opens a journal, or begins one that only its owner can read. A last line that was torn is dropped; any
// other line that cannot be read is an error.
func OpenJournal(path string) (*Journal, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is no regular file; name another journal", path)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s: the journal cannot be opened: %w", path, below(err))
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: the journal cannot be made private: %w", path, below(err)), file.Close())
	}
	j := &Journal{path: path, file: file, answers: map[answerKey]journalAnswer{}, people: map[identityKey]journalIdentity{}}
	if err := j.load(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return j, nil
}

func (j *Journal) load() error {
	data, err := io.ReadAll(j.file)
	if err != nil {
		return fmt.Errorf("%s: the journal cannot be read: %w", j.path, below(err))
	}
	whole := bytes.LastIndexByte(data, '\n') + 1
	number := 0
	for line := range bytes.Lines(data[:whole]) {
		number++
		if err := j.loadLine(line); err != nil {
			return j.noLine(number)
		}
	}
	if whole < len(data) {
		if !torn(data[whole:]) {
			return j.noLine(number + 1)
		}
		if err := j.file.Truncate(int64(whole)); err != nil {
			return fmt.Errorf("%s: the torn last line cannot be dropped: %w", j.path, below(err))
		}
	}
	return nil
}

func (j *Journal) noLine(number int) error {
	return fmt.Errorf("%s:%d: is no line of a journal of answers; name another file, or remove this one to ask everything again", j.path, number)
}

// torn tells whether a text may be the beginning of a line.
func torn(text []byte) bool {
	return slices.ContainsFunc([]string{`{"dry_run":{`, `{"identity":{`}, func(begin string) bool {
		n := min(len(begin), len(text))
		return string(text[:n]) == begin[:n]
	})
}

func (j *Journal) loadLine(text []byte) error {
	var line journalLine
	if err := json.Unmarshal(text, &line, json.RejectUnknownMembers(true)); err != nil {
		return err
	}
	switch {
	case line.DryRun != nil && line.Identity == nil:
		l := line.DryRun
		answer := engine.DryRun{WorkflowsMatched: l.WorkflowsMatched, AccessProfileIDs: l.AccessProfileIDs, Messages: l.Messages}
		for _, a := range l.Actions {
			answer.Actions = append(answer.Actions, engine.DryRunAction(a))
		}
		j.answers[l.answerKey] = journalAnswer{l.AskedAt, answer, l.SkipUnsupported}
		return nil
	case line.Identity != nil && line.DryRun == nil:
		l := line.Identity
		attributes, err := scimeval.ParseValue(l.Attributes)
		if err != nil {
			return fmt.Errorf("attributes: %w", err)
		}
		j.people[l.identityKey] = journalIdentity{l.AskedAt, &Identity{
			ID: l.IdentityID, PolicyID: l.PolicyID, EntityID: l.EntityID, EntityType: l.EntityType, EntityName: l.EntityName,
			LastCheckedAt: l.LastCheckedAt, Attributes: attributes.Members(),
		}}
		return nil
	}
	return errors.New("it holds neither a dry run nor an identity")
}

// Len counts what the journal holds: dry runs and identities.
func (j *Journal) Len() (answers, identities int) {
	if j == nil {
		return 0, 0
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.answers), len(j.people)
}

// Close writes everything down. It gives the first error that writing had; answers after it are in no file.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.note(j.file.Sync())
	j.note(j.file.Close())
	return j.err
}

func (j *Journal) note(err error) {
	if err != nil && j.err == nil {
		j.err = fmt.Errorf("%s: the journal cannot be written: %w", j.path, below(err))
	}
}

// answer finds a dry run. A nil journal holds nothing.
func (j *Journal) answer(key answerKey) (a journalAnswer, ok bool) {
	if j == nil {
		return a, false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	a, ok = j.answers[key]
	return a, ok
}

// identity finds an identity. A nil journal holds nothing.
func (j *Journal) identity(key identityKey) (i journalIdentity, ok bool) {
	if j == nil {
		return i, false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	i, ok = j.people[key]
	return i, ok
}

func (j *Journal) addAnswer(key answerKey, a journalAnswer) {
	if j == nil {
		return
	}
	line := dryRunLine{
		answerKey: key, AskedAt: a.asked.UTC(), SkipUnsupported: a.noSkip, WorkflowsMatched: a.answer.WorkflowsMatched,
		AccessProfileIDs: a.answer.AccessProfileIDs, Messages: a.answer.Messages,
	}
	for _, action := range a.answer.Actions {
		line.Actions = append(line.Actions, journalAction(action))
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.answers[key] = a
	j.write(journalLine{DryRun: &line})
}

func (j *Journal) addIdentity(key identityKey, i journalIdentity) {
	if j == nil {
		return
	}
	p := i.identity
	j.mu.Lock()
	defer j.mu.Unlock()
	j.people[key] = i
	j.write(journalLine{Identity: &identityLine{
		identityKey: key, AskedAt: i.asked.UTC(), PolicyID: p.PolicyID, EntityID: p.EntityID, EntityType: p.EntityType,
		EntityName: p.EntityName, LastCheckedAt: p.LastCheckedAt, Attributes: scimeval.ObjectValue(p.Attributes).AppendJSON(nil),
	}})
}

// write appends a line in one piece. After an error nothing more is written, so that no line follows a torn one.
func (j *Journal) write(line journalLine) {
	if j.err != nil {
		return
	}
	text, err := json.Marshal(line)
	if err == nil {
		_, err = j.file.Write(append(text, '\n'))
	}
	if err == nil {
		if j.pending++; j.pending >= syncEvery {
			j.pending = 0
			err = j.file.Sync()
		}
	}
	j.note(err)
}

// below is an error without the operation and path that the os package puts before it.
func below(err error) error {
	if path := (*os.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	if link := (*os.LinkError)(nil); errors.As(err, &link) {
		return link.Err
	}
	return err
}
