package loader

import "github.com/lcmsim/lcmsim/engine"

// The objects around the values of an answer of the API.
var (
	pageShape = shapeOf(
		each(wantAny, "values"),
		each(wantText, "next_page_token"),
		each(wantFlag, "has_more"),
		each(wantAny, "entities_to_create_relationships_to"), // beside profiles, with entity_extra_info=true
	)
	answerShape = shapeOf(each(wantAny, "value", "version"))
)

// Reasons for shapes that are refused.
const (
	refusedData = "is the shape {\"data\":..., \"pagination\":...}, which the API text's hand-written pages print " +
		"and the API's own schema contradicts"
	refusedConfiguration = "is the shape configuration.conditions[{operator}], which the API text's hand-written pages " +
		"print and the API's own schema contradicts"
	hintExport = "export the answer of the API itself: {\"values\": [...]} or {\"value\": {...}}"
)

// open takes the envelope off: {"values": [...]}, {"value": ...}, {"value": ..., "version": ...}, a bare list or a
// bare object. version is nil unless the envelope has one. A page that has more
// pages behind it is noted.
func (s *source) open(root *node) (items []*node, version *node) {
	switch {
	case root.kind == nodeList:
		return root.items, nil
	case root.kind != nodeObject:
		s.fail(root, hintExport, "is %s, want an object or a list", root.kind)
		return nil, nil
	case root.has("data") && !root.has("values") && !root.has("value"):
		s.fail(root, hintExport, "%s", refusedData)
		return nil, nil
	case root.has("message") && root.has("code") && !root.has("id"):
		s.fail(root, "export it again", "is an error answer of the API: %s", abridge(root.str("message")))
		return nil, nil
	case root.has("values"):
		s.fit(root, pageShape)
		if root.flag("has_more") {
			s.warn(root.get("has_more"), engine.SeverityError, "incomplete-export", "",
				"has_more is true: the export lacks pages", "export all pages and merge them into one file")
		}
		if v := root.get("values"); v != nil && v.kind != nodeList {
			s.fail(v, "", "is %s, want a list", v.kind)
		}
		return root.list("values"), nil
	case root.has("value"):
		s.fit(root, answerShape)
		v := root.get("value")
		if v == nil {
			s.fail(root, "", "holds no value")
			return nil, nil
		}
		return []*node{v}, root.get("version")
	}
	return []*node{root}, nil
}
