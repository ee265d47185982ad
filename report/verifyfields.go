package report

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// changedFields compares two documents of one kind field by field, but for those that are left out.
func changedFields(was, now Renderable, leftOut func(path string) bool) FieldChanges {
	changes := FieldChanges{Rows: []FieldChange{}}
	eachDifference(reflect.ValueOf(was).Elem(), reflect.ValueOf(now).Elem(), "", func(path, before, after string) {
		if leftOut(path) {
			return
		}
		changes.Total++
		if changes.Listed < maxVerified {
			changes.Rows = append(changes.Rows, FieldChange{Path: path, Was: before, Now: after})
			changes.Listed++
		}
	})
	return changes
}

// noField leaves none out.
func noField(string) bool { return false }

// inputField tells whether a field says what a run was made of, which is compared as inputs.
func inputField(path string) bool {
	rest, ok := strings.CutPrefix(path, "inputs.")
	if !ok {
		return path == "tool_version" || path == "run_digest"
	}
	_, name, _ := strings.Cut(rest, "policy.")
	return strings.HasSuffix(rest, ".sha256") || slices.Contains([]string{"version", "version_state", "state"}, name)
}

// settledField tells whether a field is the same whatever the size of a population: what was asked for, what it leads to, where files lie,
// and what things are called.
func settledField(path string) bool {
	if strings.HasSuffix(path, "population.identities") || strings.HasSuffix(path, "population.excluded") {
		return false
	}
	for _, prefix := range []string{"schema", "semantics", "rules.", "exit.", "settings.", "rule_settings", "policy_state_meaning", "baseline", "verdict.word", "crosscheck", "inputs."} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	list, rest, _ := strings.Cut(path, "[")
	_, field, _ := strings.Cut(rest, "].")
	return slices.Contains([]string{"workflows", "actions", "access_profiles", "entitlements"}, list) &&
		slices.Contains([]string{"", "id", "name", "type", "effect", "state", "datasource_id", "entity_type", "entity_id"}, field)
}

// placeField tells whether a field is a place: of an input, or of a finding.
func placeField(path string) bool {
	switch _, name, _ := strings.Cut(path, "."); {
	case strings.HasPrefix(path, "diagnostics["):
		return name == "file" || name == "line" || name == "path"
	case strings.HasPrefix(path, "inputs."):
		return name == "snapshot" || strings.HasSuffix(name, ".path")
	}
	return false
}

// eachDifference calls add for every field in which two values of one type differ, with its JSON path. A list of another
// length differs as such, and where it has something else.
func eachDifference(was, now reflect.Value, path string, add func(path, was, now string)) {
	switch was.Kind() {
	case reflect.Pointer:
		if was.IsNil() || now.IsNil() {
			if was.IsNil() != now.IsNil() {
				add(path, pointerText(was), pointerText(now))
			}
			return
		}
		eachDifference(was.Elem(), now.Elem(), path, add)
	case reflect.Struct:
		for f := range was.Type().Fields() {
			at := path
			if !f.Anonymous {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				at = strings.TrimPrefix(path+"."+name, ".")
			}
			eachDifference(was.FieldByIndex(f.Index), now.FieldByIndex(f.Index), at, add)
		}
	case reflect.Slice:
		if was.Len() != now.Len() {
			add(path, countNoun(was.Len(), "item", "items"), countNoun(now.Len(), "item", "items"))
		}
		for i := range min(was.Len(), now.Len()) {
			eachDifference(was.Index(i), now.Index(i), fmt.Sprintf("%s[%d]", path, i), add)
		}
	case reflect.Map:
		before, after := was.Interface().(map[string]string), now.Interface().(map[string]string)
		names := slices.Concat(slices.Collect(maps.Keys(before)), slices.Collect(maps.Keys(after)))
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			b, had := before[name]
			a, has := after[name]
			if a != b || has != had {
				add(path+"."+name, b, a)
			}
		}
	default:
		if !was.Equal(now) {
			add(path, fmt.Sprint(was.Interface()), fmt.Sprint(now.Interface()))
		}
	}
}

// pointerText is what a pointer of a document leads to, in short.
func pointerText(v reflect.Value) string {
	switch {
	case v.IsNil():
		return "null"
	case v.Elem().Kind() == reflect.Struct:
		return "a value"
	}
	return fmt.Sprint(v.Elem().Interface())
}

// eachScalar calls visit for every number, text and boolean of a struct, with its JSON path; not for what is null.
func eachScalar(v reflect.Value, path string, visit func(path, text string)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			eachScalar(v.Elem(), path, visit)
		}
	case reflect.Struct:
		for f := range v.Type().Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			eachScalar(v.FieldByIndex(f.Index), strings.TrimPrefix(path+"."+name, "."), visit)
		}
	default:
		visit(path, fmt.Sprint(v.Interface()))
	}
}
