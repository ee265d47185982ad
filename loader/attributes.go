package loader

import "github.com/lcmsim/lcmsim/scimeval"

// AttributeValues are the attributes of a record as a population has them (SPEC section 1.3): a custom_properties object becomes
// customprop_x one by one, and an object with exactly the key id becomes its value. A key of the record itself counts before a
// custom property of the same name; of equal keys the last one counts.
func AttributeValues(record []scimeval.Member) map[string]scimeval.Value {
	values := make(map[string]scimeval.Value, len(record))
	own := make(map[string]bool)
	set := func(name string, custom bool, v scimeval.Value) {
		if custom && own[name] {
			return
		}
		own[name] = !custom
		values[name] = collapse(v)
	}
	for _, m := range record {
		if m.Name == "custom_properties" && m.Value.Kind() == scimeval.KindObject {
			for _, property := range m.Value.Members() {
				set(customPrefix+property.Name, true, property.Value)
			}
			continue
		}
		name, custom := customName(m.Name)
		set(name, custom, m.Value)
	}
	return values
}
