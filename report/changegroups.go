package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// changeGroup is what an approver decides on at once: an action, an access profile, or an entitlement that changes by itself.
// The counts are identities and those of the document, but for the group of groupOthers, which sums those of its entitlements.
type changeGroup struct {
	ID          string // stable and unique in a document: "action:NAME:TYPE"; not Printable
	Kind        groupKind
	Name        string // not Printable; "" is replaced by an id
	Detail      string // what it is, and how many of those that had it lose it; not Printable
	Lost        int
	Gained      int // in a simulation: all who get it
	Maybe       int
	Deactivated int // of Gained
	Revoked     int // hold it today and lose it by an action that removes others; in a diff apart from Lost, which is about what is wanted
}

// groupKind is what a group is about.
type groupKind string

// The kinds, in the order in which groups of equal harm are listed; limits and what is not known come before all others.
const (
	groupLimit       groupKind = "limit"     // a limit or guard that is exceeded, or may be: to approve it is to accept that; it has no counts
	groupNotKnown    groupKind = "not known" // what the result cannot tell: likewise; of the counts it has Maybe at most
	groupAction      groupKind = "action"
	groupProfile     groupKind = "access profile"
	groupEntitlement groupKind = "entitlement"
	groupOthers      groupKind = "other entitlements" // all that a row of their own would be too many for
)

var groupKinds = []groupKind{groupLimit, groupNotKnown, groupAction, groupProfile, groupEntitlement, groupOthers}

// maxEntitlementGroups is how many entitlements have a group of their own, the most harmful.
const maxEntitlementGroups = 100

// harm is how many identities are worse off.
func (g changeGroup) harm() int { return g.Lost + g.Deactivated + g.Revoked }

// changeGroups lists what there is to decide on in a simulation or a diff, the greatest harm first. Entitlements that change only
// as access profiles of the list do have no group. Other documents have none.
func changeGroups(d Renderable) []changeGroup {
	groups, _ := decisions(d)
	return groups
}

// changeGroupNote says which changes have no group because others cover them, in sentences. It is empty when there are no groups.
func changeGroupNote(d Renderable) string {
	_, note := decisions(d)
	return note
}

func decisions(d Renderable) (groups []changeGroup, note string) {
	switch d := d.(type) {
	case *Document:
		groups, note = simulationGroups(d)
		groups = slices.Concat(limitGroups(d.Limits), notKnownGroups(&d.Notes, d.Summary.Unknown, d.Summary.MayRemoveOthers), groups)
	case *DiffDocument:
		groups, note = diffGroups(d)
		groups = slices.Concat(limitGroups(d.Limits), notKnownGroups(&d.Notes, d.Summary.Unknown, d.Summary.MayRemoveOthers), groups)
	case *CrosscheckDocument, *CalibrationDocument: // they change nothing
	}
	if len(groups) == 0 {
		return nil, ""
	}
	uniqueIDs(groups)
	slices.SortStableFunc(groups, compareGroups)
	return groups, note
}

func compareGroups(a, b changeGroup) int {
	return cmp.Or(
		-compareBool(a.Kind == groupLimit, b.Kind == groupLimit),
		-compareBool(a.Kind == groupNotKnown, b.Kind == groupNotKnown),
		cmp.Compare(b.harm(), a.harm()), cmp.Compare(b.Gained, a.Gained), cmp.Compare(b.Maybe, a.Maybe),
		cmp.Compare(slices.Index(groupKinds, a.Kind), slices.Index(groupKinds, b.Kind)),
	)
}

// compareBool puts false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// uniqueIDs numbers groups whose id another one has already.
func uniqueIDs(groups []changeGroup) {
	taken := make(map[string]bool, len(groups))
	for i := range groups {
		id := groups[i].ID
		for n := 2; taken[id]; n++ {
			id = fmt.Sprintf("%s (%d)", groups[i].ID, n)
		}
		taken[id] = true
		groups[i].ID = id
	}
}

// diffGroups are the actions and access profiles that change, and the entitlements that change otherwise.
func diffGroups(d *DiffDocument) ([]changeGroup, string) {
	groups := []changeGroup{}
	for _, a := range changesOnly(d.Actions, actionChange) {
		g := actionGroup(a.Name, a.Type, a.Effect)
		g.Lost, g.Gained, g.Maybe, g.Deactivated = a.Lost, a.Gained, a.Maybe, actionChange(a).other
		groups = append(groups, g.withLoss(a.Unchanged))
	}
	profiles := changesOnly(d.AccessProfiles, profileChange)
	entitlements := changesOnly(d.Entitlements, entitlementChange)
	names := map[string]string{} // of the carried ones, by key
	own := []changeGroup{}
	for _, e := range entitlements {
		if carried(e) {
			names[entitlementKey(e.DatasourceID, e.EntityType, e.EntityID)] = cmp.Or(orText(e.Name, ""), e.EntityID, "(no name)")
			continue
		}
		g := entitlementGroup(engine.EntitlementResult{
			DatasourceID: e.DatasourceID, EntityType: e.EntityType, EntityID: e.EntityID, Name: e.Name, AssignedToType: e.AssignedToType, AssignedToID: e.AssignedToID,
		})
		g.Lost, g.Gained, g.Maybe, g.Revoked = e.Lost, e.Gained, e.Maybe, e.Revoked
		own = append(own, g.withLoss(e.Unchanged))
	}
	for _, p := range profiles {
		g := profileGroup(p.ID, p.Name)
		g.Lost, g.Gained, g.Maybe = p.Lost, p.Gained, p.Maybe
		g = g.withLoss(p.Unchanged)
		g.Detail += carriedText(p.ID, d.Flows, names)
		groups = append(groups, g)
	}
	note := "Workflows change by their actions."
	if len(names) > 0 {
		note += fmt.Sprintf(" %s for nobody but those for whom an access profile that holds it changes likewise: no rows, the profiles name them.",
			countNoun(len(names), "entitlement changes", "entitlements change"))
	}
	return append(groups, withOthers(own)...), note
}

// withLoss adds to the detail how many of those that had it lose it. kept is how many keep it.
func (g changeGroup) withLoss(kept int) changeGroup {
	if g.Lost > 0 {
		had := g.Lost + kept
		g.Detail += fmt.Sprintf("; lost by %s of %s that had it (%s)", Count(g.Lost), Count(had), shareText(ofAll(g.Lost, had)))
	}
	return g
}

// carried tells entitlements that change for nobody but those for whom an access profile that holds them changes likewise.
func carried(e engine.EntitlementChange) bool {
	return e.Revoked == 0 && e.Carried == e.Gained+e.Lost+e.Maybe
}

// carriedText names what a profile brings and takes along, with how many identities gain and lose it by that profile. names are
// those of the carried entitlements, by key.
func carriedText(profile string, flows []engine.FlowChange, names map[string]string) string {
	const most = 5
	parts, more := []string{}, 0
	for _, f := range flows {
		name, ok := names[f.To.ID]
		if f.From.Kind != engine.FlowProfile || f.From.ID != profile || f.To.Kind != engine.FlowEntitlement || !ok {
			continue
		}
		if len(parts) == most {
			more++
			continue
		}
		parts = append(parts, fmt.Sprintf("%s (%s)", name, movedText(f)))
	}
	if len(parts) == 0 {
		return ""
	}
	if more > 0 {
		parts = append(parts, fmt.Sprintf("%s more", Count(more)))
	}
	return "; with it: " + strings.Join(parts, ", ")
}

// movedText is how many identities gain and lose something, and how many perhaps: "20 gain, 3 lose".
func movedText(f engine.FlowChange) string {
	parts := []string{}
	for _, p := range []struct {
		n    int
		what string
	}{{f.Gained, "gain"}, {f.Lost, "lose"}, {f.Maybe, "undecided"}} {
		if p.n > 0 {
			parts = append(parts, Count(p.n)+" "+p.what)
		}
	}
	return strings.Join(parts, ", ")
}

// notKnownGroups are the errors of each code, the identities that something unknown reaches, and those that may lose what no grants
// file says they hold.
func notKnownGroups(n *Notes, unknown, mayRemoveOthers int) []changeGroup {
	groups := []changeGroup{}
	for _, g := range n.DiagnosticGroups {
		if g.Severity != engine.SeverityError {
			continue
		}
		first := n.Diagnostics[g.First]
		detail := first.Message
		if at := place(first); at != "" {
			detail += " (" + at + ")"
		}
		if g.Diagnostics > 1 {
			detail = fmt.Sprintf("%s, the first: %s", countNoun(g.Diagnostics, "error", "errors"), detail)
		}
		groups = append(groups, changeGroup{ID: "error:" + g.Code, Kind: groupNotKnown, Name: "error " + g.Code, Detail: detail})
	}
	if unknown > 0 {
		groups = append(groups, changeGroup{ID: "unknown", Kind: groupNotKnown, Name: "unknown outcomes", Detail: unknownText(unknown), Maybe: unknown})
	}
	if mayRemoveOthers > 0 {
		groups = append(groups, changeGroup{ID: "may-remove-others", Kind: groupNotKnown, Name: "revokes", Maybe: mayRemoveOthers,
			Detail: "an action removes other entitlements; without a grants file nobody can say which"})
	}
	return groups
}

// simulationGroups are the actions that run, the access profiles that they name, and the entitlements that are revoked.
func simulationGroups(d *Document) ([]changeGroup, string) {
	groups := []changeGroup{}
	for _, a := range d.Actions {
		if a.Planned+a.Possible == 0 {
			continue
		}
		g := actionGroup(a.Name, a.Type, a.Effect)
		g.Gained, g.Maybe = a.Planned, a.Possible
		if a.Effect == engine.EffectDeactivate {
			g.Deactivated = a.Planned
		}
		if a.RemoveExisting {
			g.Detail += "; removes other entitlements"
		}
		groups = append(groups, g)
	}
	withheld, inherited := 0, 0
	for _, p := range d.AccessProfiles {
		switch {
		case p.Direct+p.Inherited+p.Possible == 0:
			continue
		case p.Withheld != nil:
			withheld++
			continue
		case p.Direct+p.Possible == 0:
			inherited++
			continue
		}
		g := profileGroup(p.ID, p.Name)
		g.Gained, g.Maybe = p.Direct+p.Inherited, p.Possible
		groups = append(groups, g)
	}
	own := []changeGroup{}
	for _, e := range d.Entitlements {
		if e.Revoked+e.MaybeRevoked == 0 {
			continue
		}
		g := entitlementGroup(e)
		g.Maybe, g.Revoked = e.MaybeRevoked, e.Revoked
		own = append(own, g)
	}
	note := "Entitlements that are granted come with the access profiles; only those that are taken away have a row of their own."
	if inherited > 0 {
		note += fmt.Sprintf(" %s inherited only: no row.", countNoun(inherited, "access profile is", "access profiles are"))
	}
	if withheld > 0 {
		note += fmt.Sprintf(" %s nothing: no row.", countNoun(withheld, "access profile grants", "access profiles grant"))
	}
	return append(groups, withOthers(own)...), note
}

// limitGroups are the limits and guards that are exceeded or may be, the most pressing first.
func limitGroups(limits []engine.LimitResult) []changeGroup {
	groups := []changeGroup{}
	for _, l := range pressingFirst(limits) {
		if l.Enforced == "information" || l.Verdict != engine.VerdictExceeded && l.Verdict != engine.VerdictMaybe {
			continue
		}
		groups = append(groups, changeGroup{
			ID: fmt.Sprintf("%s:%s:%s:%s", limitNoun(l), l.Scope, l.Kind, l.Name), Kind: groupLimit, Name: cmp.Or(l.Name, "(no name)"),
			Detail: fmt.Sprintf("%s %s: %s of at most %s; %s", limitNoun(l), limitVerdict(l), rangeText(l.AffectedLow, l.AffectedHigh), limitMax(l), l.Meaning),
		})
	}
	return groups
}

func actionGroup(name, kind string, effect engine.Effect) changeGroup {
	words, ok := map[engine.Effect]string{
		engine.EffectGrant: "grants access", engine.EffectSync: "synchronises accounts", engine.EffectDeactivate: "deactivates",
		engine.EffectOpaque: "no effect on access is known",
	}[effect]
	if !ok {
		words = string(effect)
	}
	return changeGroup{ID: "action:" + name + ":" + kind, Kind: groupAction, Name: cmp.Or(name, "(no name)"), Detail: cmp.Or(kind, "no type") + ", " + words}
}

func profileGroup(id string, name *string) changeGroup {
	return changeGroup{ID: "profile:" + id, Kind: groupProfile, Name: cmp.Or(orText(name, ""), id, "(no name)"), Detail: "id " + id}
}

// entitlementGroup is about the entitlement that e names; its counts are left out.
func entitlementGroup(e engine.EntitlementResult) changeGroup {
	g := changeGroup{
		ID: "entitlement:" + entitlementKey(e.DatasourceID, e.EntityType, e.EntityID), Kind: groupEntitlement, Name: cmp.Or(orText(e.Name, ""), e.EntityID, "(no name)"),
		Detail: fmt.Sprintf("%s %s in %s", e.EntityType, e.EntityID, e.DatasourceID),
	}
	if to := strings.TrimSpace(orText(e.AssignedToType, "") + " " + orText(e.AssignedToID, "")); to != "" {
		g.ID += "|" + orText(e.AssignedToType, "") + "|" + orText(e.AssignedToID, "")
		g.Detail += ", assigned to " + to
	}
	return g
}

// entitlementKey is an entitlement in one word, as rows and flows have it.
func entitlementKey(datasource, entityType, id string) string {
	return datasource + "|" + entityType + "|" + id
}

// withOthers puts the least harmful of too many entitlements into one group.
func withOthers(own []changeGroup) []changeGroup {
	if len(own) <= maxEntitlementGroups {
		return own
	}
	slices.SortStableFunc(own, compareGroups)
	rest := own[maxEntitlementGroups:]
	others := changeGroup{
		ID: "entitlements:others", Kind: groupOthers, Name: fmt.Sprintf("%s further entitlements", Count(len(rest))),
		Detail: "all that change otherwise than by an access profile and have no row here; the counts are sums over entitlements; the sheet Entitlements lists them",
	}
	for _, g := range rest {
		others.Lost += g.Lost
		others.Gained += g.Gained
		others.Maybe += g.Maybe
		others.Revoked += g.Revoked
	}
	return append(own[:maxEntitlementGroups:maxEntitlementGroups], others)
}
