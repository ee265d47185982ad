package engine

import (
	"cmp"
	"slices"
)

// entityKey tells entitlements apart (SPEC section 4).
type entityKey struct {
	datasource, entityType, id   string // id: entity_id, else native_id, else entity_name
	assignedToType, assignedToID string
}

// text is the key as rows print it.
func (k entityKey) text() string { return k.datasource + "|" + k.entityType + "|" + k.id }

func (k entityKey) compare(o entityKey) int {
	return cmp.Or(
		cmp.Compare(k.datasource, o.datasource),
		cmp.Compare(k.entityType, o.entityType),
		cmp.Compare(k.id, o.id),
		cmp.Compare(k.assignedToType, o.assignedToType),
		cmp.Compare(k.assignedToID, o.assignedToID),
	)
}

// entityTable numbers the entities of all plans.
type entityTable struct {
	keys     []entityKey
	names    []string
	byName   []bool            // some profile holds it without any id: its name stands for one
	byID     []bool            // some profile gives its entity_id: the id of its key is that
	holders  []map[string]bool // ids of the profiles that hold it
	index    map[entityKey]int
	held     map[heldKey][]int // entities that a held entitlement can be
	scopes   map[[2]string]int // (datasource, type), or (datasource, "") under the other rule
	rank     []int             // position in key order
	byRank   []int
	rowTexts []string
}

// heldKey is a held entitlement, or the part of an entity that one is compared with.
type heldKey struct{ datasource, entityType, id string }

func newEntityTable() *entityTable {
	return &entityTable{index: make(map[entityKey]int), held: make(map[heldKey][]int), scopes: make(map[[2]string]int)}
}

func (t *entityTable) add(e *Entity, profile string) int {
	k := entityKey{e.DatasourceID, e.EntityType, cmp.Or(e.EntityID, e.NativeID, e.EntityName), e.AssignedToType, e.AssignedToID}
	i, ok := t.index[k]
	if !ok {
		i = len(t.keys)
		t.index[k] = i
		t.keys = append(t.keys, k)
		t.names = append(t.names, e.EntityName)
		t.byName = append(t.byName, false)
		t.byID = append(t.byID, false)
		t.holders = append(t.holders, make(map[string]bool))
		h := heldKey{k.datasource, k.entityType, k.id}
		t.held[h] = append(t.held[h], i)
	}
	if t.names[i] == "" {
		t.names[i] = e.EntityName
	}
	t.byName[i] = t.byName[i] || e.EntityID == "" && e.NativeID == ""
	t.byID[i] = t.byID[i] || e.EntityID != ""
	t.holders[i][profile] = true
	return i
}

// matching lists the entities that a held entitlement can be: those of its id, and those that have no id but its name.
func (t *entityTable) matching(h heldKey, name string) []int {
	matches := t.held[h]
	if name != "" && name != h.id {
		for _, e := range t.held[heldKey{h.datasource, h.entityType, name}] {
			if t.byName[e] {
				matches = append(slices.Clone(matches), e)
			}
		}
	}
	return matches
}

// scopeOf numbers the scope in which an action that holds entity i removes others.
func (t *entityTable) scopeOf(i int, byDatasource bool) int {
	key := [2]string{t.keys[i].datasource, t.keys[i].entityType}
	if byDatasource {
		key[1] = ""
	}
	id, ok := t.scopes[key]
	if !ok {
		id = len(t.scopes)
		t.scopes[key] = id
	}
	return id
}

// freeze ranks the entities once all plans are built.
func (t *entityTable) freeze() {
	t.byRank = make([]int, len(t.keys))
	for i := range t.byRank {
		t.byRank[i] = i
	}
	slices.SortFunc(t.byRank, func(a, b int) int { return t.keys[a].compare(t.keys[b]) })
	t.rank = make([]int, len(t.keys))
	t.rowTexts = make([]string, len(t.keys))
	for r, i := range t.byRank {
		t.rank[i] = r
		t.rowTexts[i] = t.keys[i].text()
	}
}

// sort orders entity numbers by key.
func (t *entityTable) sort(list []int) {
	slices.SortFunc(list, func(a, b int) int { return t.rank[a] - t.rank[b] })
}

// without is a less b, both in key order.
func (t *entityTable) without(a, b []int) []int {
	var out []int
	j := 0
	for _, x := range a {
		for j < len(b) && t.rank[b[j]] < t.rank[x] {
			j++
		}
		if j == len(b) || b[j] != x {
			out = append(out, x)
		}
	}
	return out
}

// texts prints sorted entities for a row, each string once: those that differ only in assigned_to_* are one.
func (t *entityTable) texts(list []int) []string {
	out := make([]string, 0, len(list))
	for _, i := range list {
		out = append(out, t.rowTexts[i])
	}
	slices.Sort(out)
	return slices.Compact(out)
}
