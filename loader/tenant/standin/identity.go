package standin

import (
	"encoding/json"
	"errors"
	"fmt"
)

// identity is a person as the tenant knows it.
type identity struct {
	id         string // the tenant's own; entity_id where the snapshot has none
	entityID   string
	entityType string
	entityName string
	attributes object // without the four fields above
}

// ownFields are the members of a record that are no attributes.
var ownFields = []string{"id", "entity_id", "entity_type", "entity_name"}

// mover is false where a record does not have it.
const mover = "sys_attr__is_mover"

func newIdentity(raw json.RawMessage) (*identity, error) {
	o, err := readObject(raw)
	if err != nil {
		return nil, err
	}
	who := &identity{entityID: o.text("entity_id")}
	if who.entityID == "" {
		return nil, errors.New("entity_id is missing")
	}
	flat := flatten(o.without("attributes"))
	switch inner := o.get("attributes").(type) {
	case object:
		for _, m := range flatten(inner) {
			flat = flat.set(m.name, m.value)
		}
	case nil:
	default:
		return nil, errors.New("attributes is not an object")
	}
	if err := checkNumbers(flat); err != nil {
		return nil, err
	}
	who.id, who.entityType, who.entityName = flat.text("id"), flat.text("entity_type"), flat.text("entity_name")
	if who.id == "" {
		who.id = who.entityID
	}
	who.attributes = flat.without(ownFields...)
	return who, nil
}

// flatten gives custom properties names of their own and makes objects that are no more than an id that id.
func flatten(o object) object {
	out := object{}
	for _, m := range o {
		custom, ok := m.value.(object)
		if m.name != "custom_properties" || !ok {
			out = out.set(m.name, m.value)
			continue
		}
		for _, c := range custom {
			out = out.set("customprop_"+c.name, c.value)
		}
	}
	for i := range out {
		if id, ok := bareID(out[i].value); ok {
			out[i].value = id
			continue
		}
		list, ok := out[i].value.([]any)
		ids := []any{}
		for _, element := range list {
			if id, bare := bareID(element); bare {
				ids = append(ids, id)
			}
		}
		if ok && len(list) > 0 && len(ids) == len(list) {
			out[i].value = ids
		}
	}
	return out
}

// bareID is the id of an object that has no other member.
func bareID(value any) (id any, bare bool) {
	o, ok := value.(object)
	if !ok || len(o) != 1 || o[0].name != "id" {
		return nil, false
	}
	return o[0].value, true
}

// checkNumbers refuses numbers that cannot be compared.
func checkNumbers(value any) error {
	switch value := value.(type) {
	case json.Number:
		if _, ok := fraction(value.String()); !ok {
			return fmt.Errorf("a number has more than %d digits or an exponent beyond %d", mostDigits, mostPowerOf)
		}
	case []any:
		for _, element := range value {
			if err := checkNumbers(element); err != nil {
				return err
			}
		}
	case object:
		for _, m := range value {
			if err := checkNumbers(m.value); err != nil {
				return fmt.Errorf("attribute %q: %w", m.name, err)
			}
		}
	}
	return nil
}

// record is what filters see.
func (who *identity) record() object {
	fields := object{{"id", nil}, {"entity_id", who.entityID}, {"entity_type", nil}, {"entity_name", nil}}
	if who.id != who.entityID {
		fields[0].value = who.id
	}
	if who.entityType != "" {
		fields[2].value = who.entityType
	}
	if who.entityName != "" {
		fields[3].value = who.entityName
	}
	out := append(fields, who.attributes...)
	if out.get(mover) == nil {
		out = out.set(mover, false)
	}
	return out
}

// drift gives an identity other values than the snapshot has.
func (who *identity) drift(overrides map[string]any) error {
	data, err := json.Marshal(overrides)
	if err != nil {
		return err
	}
	o, err := readObject(data)
	if err != nil {
		return err
	}
	for _, m := range flatten(o) {
		who.attributes = who.attributes.set(m.name, m.value)
	}
	return checkNumbers(who.attributes)
}
