package loader

import (
	"strings"

	"github.com/lcmsim/lcmsim/scimeval"
)

// The characteristics of an attribute. Those that say nothing about filters are accepted and not kept.
var (
	attributeShape = shapeOf(
		each(wantText, "name", "type", "schema", "description", "mutability", "returned", "uniqueness"),
		each(wantFlag, "multiValued", "caseExact", "required"),
		listOf(wantText, "canonicalValues", "referenceTypes"),
		each(wantAny, "subAttributes"),
	)
	schemaFileShape = shapeOf(
		each(wantText, "id", "urn", "list_separator", "name", "description"),
		objects(attributeShape, "attributes"),
	)
)

// readSchema reads schema.yaml or schema.json (SPEC section 1.4). Its source has closed keys: a misspelt characteristic
// would change what filters mean.
func (s *source) readSchema(root *node) *scimeval.Schema {
	s.fit(root, schemaFileShape)
	out := &scimeval.Schema{ID: root.str("id"), URN: root.str("urn"), ListSeparator: root.str("list_separator")}
	if v := root.get("id"); v != nil && strings.HasPrefix(strings.ToLower(out.ID), "urn:") {
		s.fail(v, "the URN of the schema goes under urn", "is a URN; id is the name of the identifying column")
	}
	out.Attributes = s.readAttributes(root.objects("attributes"), false)
	return out
}

// readAttributes reads attribute definitions, or the sub-attributes of one.
func (s *source) readAttributes(items []*node, sub bool) []scimeval.AttributeDef {
	var out []scimeval.AttributeDef
	names := map[string]int{}
	for _, n := range items {
		s.distinct(n, names)
		a := scimeval.AttributeDef{
			Name:        n.str("name"),
			Type:        n.str("type"),
			MultiValued: n.flag("multiValued"),
			CaseExact:   n.flag("caseExact"),
			Schema:      n.str("schema"),
		}
		if a.Type == "" {
			a.Type = "string"
		}
		s.oneOf(n, "type", a.Type, scimeval.AttributeTypes)
		if v := n.get("subAttributes"); v != nil {
			a.SubAttributes = s.readSubAttributes(v, a.Type, sub)
		} else if a.Type == "complex" {
			s.fail(n, "", "a complex attribute without subAttributes")
		}
		out = append(out, a)
	}
	return out
}

func (s *source) readSubAttributes(n *node, typ string, sub bool) []scimeval.AttributeDef {
	switch {
	case sub || typ != "complex":
		s.fail(n, "", "only a complex attribute has subAttributes, and they have none")
		return nil
	}
	s.fitField(n, field{want: wantObject, list: true, of: attributeShape})
	return s.readAttributes(n.parent.objects("subAttributes"), true)
}
