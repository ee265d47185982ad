package loader

import "github.com/lcmsim/lcmsim/engine"

// Grants are the entitlements that identities hold today, by entity_id.
type Grants struct {
	byIdentity map[string][]engine.Grant // in the order of the file
}

// readGrants reads grants.{csv,jsonl,parquet}.
func (s *source) readGrants(path string) *Grants {
	g := &Grants{byIdentity: map[string][]engine.Grant{}}
	texts := interner{}
	t := table{
		src:      s,
		what:     "a grant",
		columns:  []string{"identity_entity_id", "datasource_id", "entity_type", "entity_id", "name"},
		required: 4,
		row: func(cells []string) {
			who := texts.intern(cells[0])
			g.byIdentity[who] = append(g.byIdentity[who], engine.Grant{
				DatasourceID: texts.intern(cells[1]),
				EntityType:   texts.intern(cells[2]),
				EntityID:     texts.intern(cells[3]),
				Name:         texts.intern(cells[4]),
			})
		},
	}
	t.read(path)
	return g
}

// History is the run_once actions that were done already, by entity_id.
type History struct {
	byIdentity map[string][]engine.Done // in the order of the file
}

// readHistory reads history.{csv,jsonl}.
func (s *source) readHistory(path string) *History {
	h := &History{byIdentity: map[string][]engine.Done{}}
	texts := interner{}
	t := table{
		src:      s,
		what:     "an entry",
		columns:  []string{"entity_id", "action", "workflow"},
		required: 2,
		row: func(cells []string) {
			who := texts.intern(cells[0])
			h.byIdentity[who] = append(h.byIdentity[who], engine.Done{
				Action: texts.intern(cells[1]), Workflow: texts.intern(cells[2]),
			})
		},
	}
	t.read(path)
	return h
}

// interner keeps one copy of equal texts.
type interner map[string]string

func (in interner) intern(s string) string {
	if kept, ok := in[s]; ok {
		return kept
	}
	kept := string([]byte(s)) // s may be a part of a longer text
	in[kept] = kept
	return kept
}

// ByIdentity is everything, by entity_id; not to be changed. Nil for no grants file.
func (g *Grants) ByIdentity() map[string][]engine.Grant {
	if g == nil {
		return nil
	}
	return g.byIdentity
}

// ByIdentity is everything, by entity_id; not to be changed. Nil for no history file.
func (h *History) ByIdentity() map[string][]engine.Done {
	if h == nil {
		return nil
	}
	return h.byIdentity
}
