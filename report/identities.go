package report

import (
	"slices"

	"github.com/lcmsim/lcmsim/engine"
)

// DefaultIdentityCap is how many affected identities a Document lists unless told otherwise.
const DefaultIdentityCap = 10_000

// Identities lists the affected identities, in input order, up to a cap.
type Identities struct {
	Cap      int        `json:"cap"`
	Affected int        `json:"affected"` // affected or possibly so, listed or not
	Listed   int        `json:"listed"`   // len(rows)
	Rows     []Identity `json:"rows"`
}

// Identity is one affected identity.
type Identity struct {
	EntityID         string   `json:"entity_id"`
	EntityName       *string  `json:"entity_name"`
	Class            int      `json:"class"`
	Affected         string   `json:"affected"` // yes maybe
	Workflows        []string `json:"workflows"`
	Actions          []string `json:"actions"` // workflow/name:status
	AccessProfileIDs []string `json:"access_profile_ids"`
	Entitlements     int      `json:"entitlements"` // how many are granted
	Revokes          int      `json:"revokes"`      // how many are certain
}

// Full tells whether no further identity will be listed. Then Count does what Add does, without a row.
func (ids *Identities) Full() bool { return ids.Listed >= ids.Cap }

// Count counts an identity that is affected (yes) or possibly so (maybe).
func (ids *Identities) Count(affected string) {
	if affected == "yes" || affected == "maybe" {
		ids.Affected++
	}
}

// Add counts the identity when it is affected or possibly so, and lists it unless the cap is reached. name is its
// entity_name, or empty.
func (ids *Identities) Add(row *engine.Row, name string) {
	ids.Count(row.Affected)
	if ids.Full() || row.Affected != "yes" && row.Affected != "maybe" {
		return
	}
	actions := make([]string, len(row.Actions))
	for i, a := range row.Actions {
		actions[i] = actionText(a)
	}
	ids.Rows = append(ids.Rows, Identity{
		EntityID:         row.EntityID,
		EntityName:       known(name),
		Class:            row.Class,
		Affected:         row.Affected,
		Workflows:        slices.Clone(list(row.WorkflowsMatched)),
		Actions:          actions,
		AccessProfileIDs: slices.Clone(list(row.AccessProfileIDs)),
		Entitlements:     len(row.Entitlements),
		Revokes:          len(row.Revokes),
	})
	ids.Listed = len(ids.Rows)
}

// names are the names of the listed identities, by entity_id.
func (ids *Identities) names() map[string]string {
	names := map[string]string{}
	for _, row := range ids.Rows {
		names[row.EntityID] = orText(row.EntityName, "")
	}
	return names
}

// actionText is an action of an identity in one word: workflow/name:status.
func actionText(a engine.ActionStatus) string {
	return a.Workflow + "/" + a.Name + ":" + a.Status
}

// DiffIdentities lists the identities whose status is not unchanged, up to a cap: in input order, those that were removed
// from the source last.
type DiffIdentities struct {
	Cap    int            `json:"cap"`
	Total  int            `json:"total"`  // listed or not
	Listed int            `json:"listed"` // len(rows)
	Rows   []DiffIdentity `json:"rows"`
}

// DiffIdentity is one identity that does not stay as it is.
type DiffIdentity struct {
	engine.DiffRow
	EntityName *string `json:"entity_name"`
}

// Full tells whether no further identity will be listed. Then Count does what Add does, without a row.
func (ids *DiffIdentities) Full() bool { return ids.Listed >= ids.Cap }

// Count counts an identity unless it is unchanged.
func (ids *DiffIdentities) Count(status engine.Status) {
	if status != engine.StatusUnchanged {
		ids.Total++
	}
}

// Add counts the identity unless it is unchanged, and lists it unless the cap is reached. name is its entity_name, or
// empty. The row's lists must not change afterwards; identities of a class may share them.
func (ids *DiffIdentities) Add(row *engine.DiffRow, name string) {
	ids.Count(row.Status)
	if ids.Full() || row.Status == engine.StatusUnchanged {
		return
	}
	ids.Rows = append(ids.Rows, DiffIdentity{DiffRow: *row, EntityName: known(name)})
	ids.Listed = len(ids.Rows)
}

// names are the names of the listed identities, by entity_id.
func (ids *DiffIdentities) names() map[string]string {
	names := map[string]string{}
	for _, row := range ids.Rows {
		names[row.EntityID] = orText(row.EntityName, "")
	}
	return names
}
