package tenant

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/lcmsim/lcmsim/engine"
)

// Question is a dry run to be asked for.
type Question struct {
	PolicyID     string
	Version      int    // 0 = the current one
	IdentityID   string // the tenant's own id of the identity
	EntityID     string // for AskOptions.Drifted; it is not sent
	State        string // "" = NEW
	SkipDisabled bool   // disabled workflows, where the tenant knows how
	CheckDrift   bool   // fetch the identity first; see AskOptions.Drifted
}

// Reply is what became of a Question: it has an Answer, or is Drifted, or has an Err.
type Reply struct {
	Identity        *Identity      // nil = not fetched
	Drifted         []string       // what AskOptions.Drifted said; the dry run was not asked then
	Answer          *engine.DryRun // nil = none
	AskedAt         time.Time      // when the answer came, or without one the identity; zero = neither did
	SkipUnsupported bool           // disabled workflows were not skipped, although the question wants it
	FromJournal     bool           // everything comes from the journal
	Err             error          // an *Error; nil = the reply is complete
}

// AskOptions say how questions are asked.
type AskOptions struct {
	Journal *Journal // nil = none
	// Drifted names in what an identity differs from what is known here. The dry run is asked only where it names nothing.
	// nil = nothing ever differs. It is called for one identity at a time.
	Drifted func(Question, *Identity) []string
	// Progress is told how many questions are settled. It is called by one goroutine at a time.
	Progress func(done, total int)
}

// Ask puts questions to the tenant, several at once, and gives the replies in their order, one for each. When ctx ends,
// what is under way may finish and nothing new starts; the rest is replied to with the reason.
//
// When the first hopeless questions all fail, in whatever way, nothing more is asked: a tenant that cannot be reached, or a policy
// that it does not have, would fail the others as well. Later it takes twice as many in a row, and an identity that the tenant does not
// have (404) is none of them.
func Ask(ctx context.Context, c *Client, questions []Question, opt AskOptions) []Reply {
	replies := make([]Reply, len(questions))
	a := asker{client: c, opt: opt}
	c.each(len(questions), opt.Progress, func(i int) { replies[i] = a.reply(ctx, questions[i]) })
	return replies
}

// Reused counts the replies that come from a journal and gives the time of the oldest of them.
func Reused(replies []Reply) (n int, oldest time.Time) {
	for _, r := range replies {
		if !r.FromJournal {
			continue
		}
		if n++; n == 1 || r.AskedAt.Before(oldest) {
			oldest = r.AskedAt
		}
	}
	return n, oldest
}

// each calls do with 0 to n-1, as many at once as the client may ask.
func (c *Client) each(n int, progress func(done, total int), do func(i int)) {
	var (
		workers sync.WaitGroup
		told    sync.Mutex
		done    int
	)
	next := make(chan int)
	for range min(c.opt.Concurrency, n) {
		workers.Go(func() {
			for i := range next {
				do(i)
				told.Lock()
				if done++; progress != nil {
					progress(done, n)
				}
				told.Unlock()
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
}

// hopeless is how many questions in a row may fail before the first answer.
const hopeless = 6

// asker settles questions.
type asker struct {
	client *Client
	opt    AskOptions
	drift  sync.Mutex // around AskOptions.Drifted

	mu       sync.Mutex
	answered bool
	failed   int   // in a row
	failure  error // the last of those
}

func (a *asker) reply(ctx context.Context, q Question) Reply {
	if err := a.giveUp(); err != nil {
		return Reply{Err: err}
	}
	r := a.settle(ctx, q)
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case r.Err == nil:
		a.answered, a.failed = true, 0
	case !a.answered || !isStatus(r.Err, http.StatusNotFound):
		a.failed, a.failure = a.failed+1, r.Err
	}
	return r
}

// giveUp is the reason not to ask any more; nil = there is none.
func (a *asker) giveUp() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed < hopeless || a.answered && a.failed < 2*hopeless {
		return nil
	}
	given := &Error{cause: a.failure, Message: fmt.Sprintf("%d questions in a row failed", a.failed)}
	var last *Error
	if errors.As(a.failure, &last) {
		given.Method, given.Path, given.Status, given.Code, given.Hint = last.Method, last.Path, last.Status, last.Code, last.Hint
		given.Message += ", the last one: " + last.Message
	}
	return given
}

func (a *asker) settle(ctx context.Context, q Question) Reply {
	r := Reply{FromJournal: true}
	if q.CheckDrift {
		known, fresh, err := a.client.identity(ctx, a.opt.Journal, q.IdentityID)
		if err != nil {
			return Reply{Err: err}
		}
		r.Identity, r.AskedAt, r.FromJournal = known.identity, known.asked, !fresh
		if a.opt.Drifted != nil {
			a.drift.Lock()
			r.Drifted = a.opt.Drifted(q, r.Identity)
			a.drift.Unlock()
		}
		if len(r.Drifted) > 0 {
			return r
		}
	}
	given, fresh, err := a.dryRun(ctx, q)
	if err != nil {
		r.Err, r.FromJournal = err, false
		return r
	}
	r.Answer, r.AskedAt, r.SkipUnsupported = &given.answer, given.asked, given.noSkip
	r.FromJournal = r.FromJournal && !fresh
	return r
}

// dryRun takes an answer from the journal or from the tenant; fresh says the latter.
func (a *asker) dryRun(ctx context.Context, q Question) (given journalAnswer, fresh bool, err error) {
	c := a.client
	key := answerKey{c.Tenant(), q.PolicyID, q.Version, q.IdentityID, cmp.Or(q.State, stateNew), q.SkipDisabled}
	if given, ok := a.opt.Journal.answer(key); ok {
		return given, false, nil
	}
	answer, unskipped, err := c.DryRun(ctx, DryRunRequest{
		PolicyID: q.PolicyID, IdentityID: q.IdentityID, Version: q.Version, State: q.State, SkipDisabledWorkflows: q.SkipDisabled,
	})
	if err != nil {
		return given, true, err
	}
	given = journalAnswer{c.opt.Now(), answer, unskipped}
	a.opt.Journal.addAnswer(key, given)
	return given, true, nil
}

// identity takes an identity from the journal or from the tenant; fresh says the latter.
func (c *Client) identity(ctx context.Context, journal *Journal, id string) (known journalIdentity, fresh bool, err error) {
	key := identityKey{c.Tenant(), id}
	if known, ok := journal.identity(key); ok {
		return known, false, nil
	}
	identity, err := c.Identity(ctx, id)
	if err != nil {
		return known, true, err
	}
	known = journalIdentity{c.opt.Now(), identity}
	journal.addIdentity(key, known)
	return known, true, nil
}

// isStatus tells whether an error is an answer with one of the statuses.
func isStatus(err error, statuses ...int) bool {
	e := (*Error)(nil)
	if !errors.As(err, &e) {
		return false
	}
	for _, status := range statuses {
		if e.Status == status {
			return true
		}
	}
	return false
}
