package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/engine"
)

// requestBody is an access request as the API documents it.
type requestBody struct {
	RequestType        string   `json:"request_type"`
	RequestSource      string   `json:"request_source"`
	Reason             string   `json:"reason"`
	DatasourceID       string   `json:"datasource_id"`
	AssigneeEntityType string   `json:"assignee_entity_type"`
	AssigneeEntityID   string   `json:"assignee_entity_id"`
	TargetEntityType   string   `json:"target_entity_type"`
	TargetEntityIDs    []string `json:"target_entity_ids"`
}

// leftOutLine is a line of the side file.
type leftOutLine struct {
	EntityID         string   `json:"entity_id"`
	RequestType      string   `json:"request_type"`
	DatasourceID     string   `json:"datasource_id"`
	TargetEntityType string   `json:"target_entity_type"`
	TargetEntityIDs  []string `json:"target_entity_ids"`
	AssignedToType   *string  `json:"assigned_to_entity_type,omitempty"`
	AssignedToID     *string  `json:"assigned_to_entity_id,omitempty"`
	Reason           string   `json:"reason"`
}

// requestFiles writes a plan in two buffers.
type requestFiles struct {
	*RequestsWriter
	plan, leftOut bytes.Buffer
}

func newRequestFiles(reason string, accounts map[[2]string]engine.Account) *requestFiles {
	f := &requestFiles{}
	f.RequestsWriter = NewRequestsWriter(&f.plan, &f.leftOut, reason, func(entityID, datasourceID string) engine.Account {
		return accounts[[2]string{entityID, datasourceID}]
	})
	return f
}

// decodedLines reads one value a line, which has no other fields than its type, and requires that it is written as encoding/json
// does. Bytes that are no UTF-8 come back as a character.
func decodedLines[T any](t require.TestingT, text []byte) []T {
	var list []T
	for line := range bytes.Lines(text) {
		var v T
		in := json.NewDecoder(bytes.NewReader(line))
		in.DisallowUnknownFields()
		require.NoError(t, in.Decode(&v))
		var again bytes.Buffer
		out := json.NewEncoder(&again)
		out.SetEscapeHTML(false)
		require.NoError(t, out.Encode(v))
		require.Equal(t, again.String(), strings.ReplaceAll(string(line), `\ufffd`, "\ufffd"))
		list = append(list, v)
	}
	return list
}

// The body is that of the vendor's own example.
func TestRequestIsTheDocumentedBody(t *testing.T) {
	const group = "custom_provider:application:demo-scim:group:f9e8d7c6-b5a4-3210-9876-543210fedcba"
	f := newRequestFiles("User needs access to project resources", map[[2]string]engine.Account{
		{"W1", "0198cfaf-1f97-7698-a760-05b98833ffd3"}: {EntityType: "OAA.SCIM.User", EntityID: "custom_provider:application:demo-scim:user:a1b2c3d4-e5f6-7890-abcd-ef1234567890"},
	})
	access := engine.Access{Grant: []engine.Target{{DatasourceID: "0198cfaf-1f97-7698-a760-05b98833ffd3", EntityType: "OAA.SCIM.Group", ID: group, IsEntityID: true}}}
	require.NoError(t, errors.Join(f.Write("W1", f.Prepare(access)), f.Flush()))
	require.JSONEq(t, `{
    "request_type": "GRANT",
    "request_source": "ACCESS_REQUEST",
    "reason": "User needs access to project resources",
    "datasource_id": "0198cfaf-1f97-7698-a760-05b98833ffd3",
    "assignee_entity_type": "OAA.SCIM.User",
    "assignee_entity_id": "custom_provider:application:demo-scim:user:a1b2c3d4-e5f6-7890-abcd-ef1234567890",
    "target_entity_type": "OAA.SCIM.Group",
    "target_entity_ids": ["`+group+`"]
  }`, f.plan.String())
	require.Empty(t, f.leftOut.String())
}

// sampleAccess has every reason to leave something out, and every way to group.
func sampleAccess() engine.Access {
	group := func(id string) engine.Target {
		return engine.Target{DatasourceID: "ad", EntityType: "Group", ID: id, IsEntityID: true}
	}
	role := func(id string) engine.Target {
		return engine.Target{DatasourceID: "ad", EntityType: "Role", ID: id, IsEntityID: true}
	}
	assigned := group("g1")
	assigned.AssignedToType, assigned.AssignedToID = "User", "u"
	named, nowhere, untyped, broken, okta, github := group("Staff"), group("g1"), group("g1"), group("g\xff"), group("00g1"), group("acme/dev")
	named.IsEntityID, nowhere.DatasourceID, untyped.EntityType, okta.DatasourceID, github.DatasourceID = false, "", "", "okta", "github"
	return engine.Access{
		Grant:  []engine.Target{role("r1"), group("g2"), okta, group("g1"), assigned, named, nowhere, untyped, broken, github},
		Revoke: []engine.Target{group("g9"), role("r0"), named},
		Held:   2, Maybe: 3,
	}
}

func sampleAccounts() map[[2]string]engine.Account {
	return map[[2]string]engine.Account{
		{"W1", "ad"}:   {EntityType: "User", EntityID: "CN=W1"},
		{"W1", "okta"}: {EntityType: "OktaUser", EntityID: "00u1", Ambiguous: true},
	}
}

func TestGoldenRequests(t *testing.T) {
	f := newRequestFiles("lcmsim 1.0: policy \"P\" version 8, as of 2026-09-01T06:00:00Z", sampleAccounts())
	r := f.Prepare(sampleAccess())
	require.NoError(t, errors.Join(f.Write("W1", r), f.Write("W2", r), f.Write("W3", f.Prepare(engine.Access{Maybe: 1})), f.Flush()))
	requireGolden(t, "requests.jsonl", f.plan.Bytes())
	requireGolden(t, "requests.left-out.jsonl", f.leftOut.Bytes())
	want := RequestTotals{Requests: 4, Granted: 3, Revoked: 2, Held: 4, Maybe: 7}
	want.LeftOut = [leftOutKinds]int{NoDatasource: 2, NoEntityType: 2, NoEntityID: 4, AssignedElsewhere: 2, NotText: 2, NoAccount: 1 + 7, AmbiguousAccount: 1}
	require.Equal(t, want, f.Totals())
	require.Equal(t, 21, want.LeftOutPairs())

	requestSchema, leftOutSchema := compileSchema(t, "requests.v1.schema.json"), compileSchema(t, "requests-left-out.v1.schema.json")
	for line := range bytes.Lines(f.plan.Bytes()) {
		require.NoError(t, requestSchema.Validate(decoded(t, bytes.NewReader(line))))
	}
	for line := range bytes.Lines(f.leftOut.Bytes()) {
		require.NoError(t, leftOutSchema.Validate(decoded(t, bytes.NewReader(line))))
	}
}

func TestLeftOutReasons(t *testing.T) {
	require.Len(t, LeftOutReasons, leftOutKinds)
	seen := map[string]bool{}
	for i, reason := range LeftOutReasons {
		require.Equal(t, LeftOut(i), reason)
		require.NotEmpty(t, reason.String())
		require.False(t, seen[reason.String()])
		seen[reason.String()] = true
	}
}

// askedPair is an identity and an entitlement.
type askedPair struct{ entityID, kind, datasource, entityType, id, assignedToType, assignedToID string }

// Every pair of every identity is in exactly one line: in the plan if a body can say it and the identity has one account there,
// else in the side file. The totals are those of the lines.
func TestEveryPairIsInOneLine(t *testing.T) {
	ids := rapid.SampledFrom([]string{"", "a", "b", "=1+1", "x\"\\\x00\u202e", "\xff"})
	targets := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) engine.Target {
		return engine.Target{
			DatasourceID: ids.Draw(t, "datasource"), EntityType: ids.Draw(t, "type"), ID: ids.Draw(t, "id"), IsEntityID: rapid.IntRange(0, 3).Draw(t, "by id") > 0,
			AssignedToType: rapid.SampledFrom([]string{"", "", "User"}).Draw(t, "assigned to"), AssignedToID: rapid.SampledFrom([]string{"", "", "u"}).Draw(t, "assigned to id"),
		}
	}), 0, 12, rapid.ID)
	rapid.Check(t, func(t *rapid.T) {
		accounts := map[[2]string]engine.Account{}
		for range rapid.IntRange(0, 12).Draw(t, "accounts") {
			accounts[[2]string{ids.Draw(t, "who"), ids.Draw(t, "where")}] = engine.Account{
				EntityType: ids.Draw(t, "account type"), EntityID: "cn=" + ids.Draw(t, "account"), Ambiguous: rapid.IntRange(0, 4).Draw(t, "several") == 0,
			}
		}
		reason := anyText().Draw(t, "reason")
		f, again := newRequestFiles(reason, accounts), newRequestFiles(reason, accounts)
		var want RequestTotals
		requested, leftOut := map[askedPair]int{}, map[askedPair]int{}
		text := func(s string) string { return string([]rune(s)) }
		for range rapid.IntRange(0, 4).Draw(t, "classes") {
			access := engine.Access{Grant: targets.Draw(t, "grant"), Revoke: targets.Draw(t, "revoke"), Held: rapid.IntRange(0, 3).Draw(t, "held"), NotHeld: rapid.IntRange(0, 3).Draw(t, "not held"), Maybe: rapid.IntRange(0, 3).Draw(t, "maybe")}
			r := f.Prepare(access)
			slices.Reverse(access.Grant)
			other := again.Prepare(access)
			for range rapid.IntRange(0, 3).Draw(t, "identities") {
				who := ids.Draw(t, "identity")
				require.NoError(t, f.Write(who, r))
				require.NoError(t, again.Write(who, other))
				want.Held += access.Held
				want.NotHeld += access.NotHeld
				want.Maybe += access.Maybe
				for kind, list := range map[string][]engine.Target{"GRANT": access.Grant, "REVOKE": access.Revoke} {
					for _, target := range list {
						account, known := accounts[[2]string{who, target.DatasourceID}]
						said := target.DatasourceID != "" && target.EntityType != "" && target.IsEntityID && target.AssignedToType == "" && target.AssignedToID == "" &&
							utf8.ValidString(target.DatasourceID+"|"+target.EntityType+"|"+target.ID) && utf8.ValidString(account.EntityType+"|"+account.EntityID)
						if said && known && !account.Ambiguous {
							requested[askedPair{text(account.EntityType + "|" + account.EntityID), kind, target.DatasourceID, target.EntityType, target.ID, "", ""}]++
						} else {
							leftOut[askedPair{text(who), kind, text(target.DatasourceID), text(target.EntityType), text(target.ID), target.AssignedToType, target.AssignedToID}]++
						}
					}
				}
			}
		}
		require.NoError(t, errors.Join(f.Flush(), again.Flush()))
		require.Equal(t, f.plan.String(), again.plan.String(), "the order of targets does not matter")
		for line := range bytes.Lines(slices.Concat(f.plan.Bytes(), f.leftOut.Bytes())) {
			require.Equal(t, -1, bytes.IndexFunc(line[:len(line)-1], func(r rune) bool { return r < ' ' }), "no control character as it is")
		}

		for _, b := range decodedLines[requestBody](t, f.plan.Bytes()) {
			want.Requests++
			require.Equal(t, [2]string{"ACCESS_REQUEST", text(reason)}, [2]string{b.RequestSource, b.Reason})
			require.NotEmpty(t, b.TargetEntityIDs)
			require.True(t, slices.IsSorted(b.TargetEntityIDs))
			for _, id := range b.TargetEntityIDs {
				p := askedPair{b.AssigneeEntityType + "|" + b.AssigneeEntityID, b.RequestType, b.DatasourceID, b.TargetEntityType, id, "", ""}
				requested[p]--
				if b.RequestType == "GRANT" {
					want.Granted++
				} else {
					want.Revoked++
				}
			}
		}
		left := 0
		for _, l := range decodedLines[leftOutLine](t, f.leftOut.Bytes()) {
			for _, id := range l.TargetEntityIDs {
				p := askedPair{l.EntityID, l.RequestType, l.DatasourceID, l.TargetEntityType, id, "", ""}
				if l.AssignedToType != nil {
					p.assignedToType, p.assignedToID = *l.AssignedToType, *l.AssignedToID
				}
				leftOut[p]--
				left++
			}
			want.LeftOut[slices.IndexFunc(LeftOutReasons, func(r LeftOut) bool { return r.String() == l.Reason })] += len(l.TargetEntityIDs)
		}
		for _, counts := range []map[askedPair]int{requested, leftOut} {
			for p, n := range counts {
				require.Zero(t, n, "%+v", p)
			}
		}
		require.Equal(t, want, f.Totals())
		require.Equal(t, left, want.LeftOutPairs())
	})
}

// What acts somewhere else is exact JSON here.
func TestRequestsKeepHostileIDs(t *testing.T) {
	for _, s := range hostile {
		f := newRequestFiles(s, map[[2]string]engine.Account{{s, s}: {EntityType: s, EntityID: s}})
		target := engine.Target{DatasourceID: s, EntityType: s, ID: s, IsEntityID: true}
		require.NoError(t, errors.Join(f.Write(s, f.Prepare(engine.Access{Grant: []engine.Target{target}})), f.Flush()))
		if !utf8.ValidString(s) {
			require.Empty(t, f.plan.String(), "JSON has no text for these bytes, and a body would be about something else")
			require.Equal(t, 1, f.Totals().LeftOut[NotText])
			continue
		}
		require.Equal(t, []requestBody{{"GRANT", "ACCESS_REQUEST", s, s, s, s, s, []string{s}}}, decodedLines[requestBody](t, f.plan.Bytes()))
		require.Equal(t, 1, strings.Count(f.plan.String(), "\n"))
	}
}

// refusingWriter refuses everything.
type refusingWriter struct{}

func (refusingWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestRequestsReportErrorsOfWrites(t *testing.T) {
	for _, known := range []bool{true, false} {
		w := NewRequestsWriter(refusingWriter{}, refusingWriter{}, "", func(string, string) engine.Account {
			if known {
				return engine.Account{EntityType: "U", EntityID: "u"}
			}
			return engine.Account{}
		})
		r := w.Prepare(engine.Access{Grant: []engine.Target{{DatasourceID: "d", EntityType: "Group", ID: strings.Repeat("g", 1<<20), IsEntityID: true}}})
		require.EqualError(t, cmp.Or(w.Write("W1", r), w.Flush()), "disk full")
		require.EqualError(t, w.Flush(), "disk full")
	}
}
