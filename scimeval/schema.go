package scimeval

// Schema describes the attributes of a population (SPEC section 1.4). Under vendor semantics it only sets types and
// list separators for readers; under rfc7644 semantics every filter is checked against it.
type Schema struct {
	ID            string // the identifying column; "" = entity_id
	URN           string // of the core schema
	ListSeparator string // between the elements of a list in a CSV cell; "" = ";"
	Attributes    []AttributeDef
}

// AttributeDef is an attribute definition of RFC 7643 section 7.
type AttributeDef struct {
	Name          string
	Type          string // string boolean decimal integer date dateTime binary reference complex
	MultiValued   bool
	CaseExact     bool
	Schema        string // URN of the extension that owns it; "" = the core schema
	SubAttributes []AttributeDef
}

// AttributeTypes lists the types that an AttributeDef may have.
var AttributeTypes = []string{"string", "boolean", "decimal", "integer", "date", "dateTime", "binary", "reference", "complex"}

// Identifier is the name of the identifying column: ID when it is set; otherwise entity_id, unless the schema declares
// an attribute id and no entity_id.
func (s *Schema) Identifier() string {
	if s == nil {
		return "entity_id"
	}
	if s.ID != "" {
		return s.ID
	}
	hasID := false
	for _, a := range s.Attributes {
		switch a.Name {
		case "entity_id":
			return "entity_id"
		case "id":
			hasID = true
		}
	}
	if hasID {
		return "id"
	}
	return "entity_id"
}

// Attribute looks an attribute up by its exact name; nil = not declared.
func (s *Schema) Attribute(name string) *AttributeDef {
	if s == nil {
		return nil
	}
	for i := range s.Attributes {
		if s.Attributes[i].Name == name {
			return &s.Attributes[i]
		}
	}
	return nil
}
