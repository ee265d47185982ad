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

// The kinds, in the order in which groups of equal harm are listed; limits come before all others.
const (
	groupLimit       groupKind = "limit" // a limit or guard that is exceeded, or may be: to approve it is to accept that; it has no counts
	groupAction      groupKind = "action"
	groupProfile     groupKind = "access profile"
	groupEntitlement groupKind = "entitlement"
	groupOthers      groupKind = "other entitlements" // all that a row of their own would be too many for
)

var groupKinds = []groupKind{groupLimit, groupAction, groupProfile, groupEntitlement, groupOthers}

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
		groups = append(limitGroups(d.Limits), groups...)
	case *DiffDocument:
		groups, note = diffGroups(d)
		groups = append(limitGroups(d.Limits), groups...)
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
	for _, p := range profiles {
		g := profileGroup(p.ID, p.Name)
		g.Lost, g.Gained, g.Maybe = p.Lost, p.Gained, p.Maybe
		groups = append(groups, g.withLoss(p.Unchanged))
	}
	entitlements := changesOnly(d.Entitlements, entitlementChange)
	carried := carriedBy(profiles, d.Flows)
	own := []changeGroup{}
	for _, e := range entitlements {
		if carried(e) {
			continue
		}
		g := entitlementGroup(engine.EntitlementResult{
			DatasourceID: e.DatasourceID, EntityType: e.EntityType, EntityID: e.EntityID, Name: e.Name, AssignedToType: e.AssignedToType, AssignedToID: e.AssignedToID,
		})
		g.Lost, g.Gained, g.Maybe, g.Revoked = e.Lost, e.Gained, e.Maybe, e.Revoked
		own = append(own, g.withLoss(e.Unchanged))
	}
	note := "Workflows change by their actions."
	if n := len(entitlements) - len(own); n > 0 {
		note += fmt.Sprintf(" %s with the access profiles that are listed here, for the same identities: no rows.",
			countNoun(n, "entitlement changes", "entitlements change"))
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

// carriedBy tells entitlements that change as access profiles do and not otherwise, as far as counts can tell: the flows into one, each for at
// most as many identities as its profile changes for, reach the counts of the entitlement. Without flows nothing is known to be carried.
func carriedBy(profiles []engine.ProfileChange, flows []engine.FlowChange) func(engine.EntitlementChange) bool {
	byID := map[string]engine.ProfileChange{}
	for _, p := range profiles {
		byID[p.ID] = p
	}
	into := map[string][]engine.FlowChange{}
	for _, f := range flows {
		if f.To.Kind == engine.FlowEntitlement {
			into[f.To.ID] = append(into[f.To.ID], f)
		}
	}
	return func(e engine.EntitlementChange) bool {
		var lost, gained, maybe int
		for _, f := range into[entitlementKey(e.DatasourceID, e.EntityType, e.EntityID)] {
			p := byID[f.From.ID]
			lost, gained, maybe = lost+min(f.Lost, p.Lost), gained+min(f.Gained, p.Gained), maybe+min(f.Maybe, p.Maybe)
		}
		return e.Revoked == 0 && e.Lost <= lost && e.Gained <= gained && e.Maybe <= maybe
	}
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

func profileGroup(id, name string) changeGroup {
	return changeGroup{ID: "profile:" + id, Kind: groupProfile, Name: cmp.Or(name, id, "(no name)"), Detail: "id " + id}
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
