package report

import (
	"bufio"
	"cmp"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/lcmsim/lcmsim/engine"
)

// RequestsWriter writes an access-request plan: one body for POST /api/private/lifecycle_management/access_requests a line, and to a
// second file what no body can be written for. A body is about one identity, one direction, one datasource and one type of
// entitlement, with the ids of the entitlements in order. Nothing is sent. The output depends on what is written and its order
// alone. Not safe for concurrent use.
type RequestsWriter struct {
	requests *bufio.Writer
	leftOut  *bufio.Writer
	reason   []byte // of all bodies, as JSON
	account  func(entityID, datasourceID string) engine.Account
	totals   RequestTotals
	line     []byte // the line in the making
}

// RequestTotals counts what was written.
type RequestTotals struct {
	Requests int               // bodies
	Granted  int               // (identity, entitlement) pairs in them
	Revoked  int               // likewise
	LeftOut  [leftOutKinds]int // pairs by LeftOut
	Held     int               // pairs that are given and held already: nothing is written for them
	NotHeld  int               // pairs that are not given any more and not held: likewise
	Maybe    int               // pairs that are not decided: nothing is written for them
}

// LeftOutPairs are the pairs that no body could be written for.
func (t *RequestTotals) LeftOutPairs() int {
	n := 0
	for _, pairs := range t.LeftOut {
		n += pairs
	}
	return n
}

// LeftOut is why no body could be written.
type LeftOut uint8

// The reasons. The first that applies is given.
const (
	NoDatasource LeftOut = iota // nor can an account be looked for
	NoEntityType
	NoEntityID
	AssignedElsewhere // the bodies have no field for it
	NotText
	NoAccount
	AmbiguousAccount
	leftOutKinds = iota

	askable LeftOut = leftOutKinds // nothing speaks against a body, as far as the entitlement goes
)

// LeftOutReasons lists all reasons.
var LeftOutReasons = []LeftOut{NoDatasource, NoEntityType, NoEntityID, AssignedElsewhere, NotText, NoAccount, AmbiguousAccount}

// String is the reason as the side file gives it.
func (l LeftOut) String() string {
	return [...]string{
		"entitlement without datasource_id", "entitlement without entity_type", "entitlement without entity_id",
		"entitlement assigned to another entity", "id is no UTF-8 text",
		"no account in this datasource", "several accounts in this datasource",
	}[l]
}

// Requests is what is asked for one identity, or for all of a class, as far as its accounts do not matter. Immutable.
type Requests struct {
	groups               []requestGroup
	held, notHeld, maybe int
}

// requestGroup is one body, or one line of the side file.
type requestGroup struct {
	kind       string // GRANT or REVOKE
	datasource string
	leftOut    LeftOut // askable = it is a body where the identity has an account
	pairs      int
	head       []byte // of a body, up to datasource_id
	what       []byte // of a line of the side file, after entity_id and up to reason
	targets    []byte // of a body, from target_entity_type
}

// NewRequestsWriter starts both files. reason stands in every body. Call Flush at the end.
func NewRequestsWriter(requests, leftOut io.Writer, reason string, account func(entityID, datasourceID string) engine.Account) *RequestsWriter {
	return &RequestsWriter{
		requests: bufio.NewWriterSize(requests, 1<<16), leftOut: bufio.NewWriterSize(leftOut, 1<<16),
		reason: appendJSONString(nil, reason), account: account,
	}
}

// Prepare encodes what would be asked for every identity of that access.
func (w *RequestsWriter) Prepare(access engine.Access) *Requests {
	r := &Requests{held: access.Held, notHeld: access.NotHeld, maybe: access.Maybe}
	r.groups = w.group(r.groups, "GRANT", access.Grant)
	r.groups = w.group(r.groups, "REVOKE", access.Revoke)
	return r
}

// group appends the groups of targets, in order of datasource, type and what speaks against a body.
func (w *RequestsWriter) group(groups []requestGroup, kind string, targets []engine.Target) []requestGroup {
	type key struct {
		datasource, entityType       string
		leftOut                      LeftOut
		assignedToType, assignedToID string
	}
	keyOf := func(t *engine.Target) key {
		return key{t.DatasourceID, t.EntityType, leftOutBy(t), t.AssignedToType, t.AssignedToID}
	}
	targets = slices.Clone(targets)
	slices.SortFunc(targets, func(a, b engine.Target) int {
		x, y := keyOf(&a), keyOf(&b)
		return cmp.Or(
			cmp.Compare(x.datasource, y.datasource), cmp.Compare(x.entityType, y.entityType), cmp.Compare(x.leftOut, y.leftOut),
			cmp.Compare(x.assignedToType, y.assignedToType), cmp.Compare(x.assignedToID, y.assignedToID), cmp.Compare(a.ID, b.ID),
		)
	})
	for len(targets) > 0 {
		of := keyOf(&targets[0])
		ids := []string{}
		for len(targets) > 0 && keyOf(&targets[0]) == of {
			ids = append(ids, targets[0].ID)
			targets = targets[1:]
		}
		g := requestGroup{kind: kind, datasource: of.datasource, leftOut: of.leftOut, pairs: len(ids)}
		g.head = append(g.head, `{"request_type":"`+kind+`","request_source":"ACCESS_REQUEST","reason":`...)
		g.head = append(g.head, w.reason...)
		g.head = appendJSONField(g.head, "datasource_id", of.datasource)
		g.targets = appendJSONField(g.targets, "target_entity_type", of.entityType)
		g.targets = append(g.targets, `,"target_entity_ids":`...)
		g.targets = appendJSONList(g.targets, ids)
		g.what = append(g.what, `,"request_type":"`+kind+`"`...)
		g.what = appendJSONField(g.what, "datasource_id", of.datasource)
		g.what = append(g.what, g.targets...)
		if of.assignedToType != "" || of.assignedToID != "" {
			g.what = appendJSONField(g.what, "assigned_to_entity_type", of.assignedToType)
			g.what = appendJSONField(g.what, "assigned_to_entity_id", of.assignedToID)
		}
		groups = append(groups, g)
	}
	return groups
}

// leftOutBy is what about an entitlement speaks against a body.
func leftOutBy(t *engine.Target) LeftOut {
	switch {
	case t.DatasourceID == "":
		return NoDatasource
	case t.EntityType == "":
		return NoEntityType
	case !t.IsEntityID:
		return NoEntityID
	case t.AssignedToType != "" || t.AssignedToID != "":
		return AssignedElsewhere
	case !utf8.ValidString(t.DatasourceID) || !utf8.ValidString(t.EntityType) || !utf8.ValidString(t.ID):
		return NotText
	}
	return askable
}

// Write writes what is asked for one identity. The error of an earlier write is returned again.
func (w *RequestsWriter) Write(entityID string, r *Requests) error {
	w.totals.Held += r.held
	w.totals.NotHeld += r.notHeld
	w.totals.Maybe += r.maybe
	for i := range r.groups {
		g := &r.groups[i]
		why, account := g.leftOut, engine.Account{}
		if why == askable {
			account = w.account(entityID, g.datasource)
			why = leftOutFor(account)
		}
		if why != askable {
			w.totals.LeftOut[why] += g.pairs
			b := append(w.line[:0], `{"entity_id":`...)
			b = appendJSONString(b, entityID)
			b = append(b, g.what...)
			b = appendJSONField(b, "reason", why.String())
			w.line = append(b, '}', '\n')
			if _, err := w.leftOut.Write(w.line); err != nil {
				return err
			}
			continue
		}
		w.totals.Requests++
		if g.kind == "GRANT" {
			w.totals.Granted += g.pairs
		} else {
			w.totals.Revoked += g.pairs
		}
		b := append(w.line[:0], g.head...)
		b = appendJSONField(b, "assignee_entity_type", account.EntityType)
		b = appendJSONField(b, "assignee_entity_id", account.EntityID)
		b = append(b, g.targets...)
		w.line = append(b, '}', '\n')
		if _, err := w.requests.Write(w.line); err != nil {
			return err
		}
	}
	return nil
}

// leftOutFor is what about an account speaks against a body.
func leftOutFor(a engine.Account) LeftOut {
	switch {
	case a == engine.Account{}:
		return NoAccount
	case a.Ambiguous:
		return AmbiguousAccount
	case !utf8.ValidString(a.EntityType) || !utf8.ValidString(a.EntityID):
		return NotText
	}
	return askable
}

// Totals counts what was written so far.
func (w *RequestsWriter) Totals() RequestTotals { return w.totals }

// Flush writes what is buffered and returns the first error of all writes.
func (w *RequestsWriter) Flush() error { return cmp.Or(w.requests.Flush(), w.leftOut.Flush()) }

// appendJSONField appends a field that is not the first of its object.
func appendJSONField(b []byte, name, value string) []byte {
	b = append(b, `,"`+name+`":`...)
	return appendJSONString(b, value)
}
