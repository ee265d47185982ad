package report

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// changedFields compares two documents of one kind field by field.
func changedFields(was, now Renderable) FieldChanges {
	changes := FieldChanges{Rows: []FieldChange{}}
	reordered := !slices.Equal(placeless(was.notes().Diagnostics), placeless(now.notes().Diagnostics))
	eachDifference(reflect.ValueOf(was).Elem(), reflect.ValueOf(now).Elem(), "", func(path, before, after string) {
		if !compares(path) || reordered && followsFindings(path) {
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

// compares tells whether a field depends on the values of the inputs: not on where they lie and how they are laid out, and
// not on another run. Diagnostics are compared as an input.
func compares(path string) bool {
	switch {
	case path == "inputs.snapshot", strings.HasPrefix(path, "inputs.") && strings.HasSuffix(path, ".path"),
		path == "crosscheck", strings.HasPrefix(path, "crosscheck."), strings.HasPrefix(path, "diagnostics["):
		return false
	}
	return true
}

// followsFindings tells whether a field depends on the order of the diagnostics, which is that of the places where they stand.
func followsFindings(path string) bool {
	return strings.HasPrefix(path, "diagnostic_groups[") || strings.HasPrefix(path, "look_first[")
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
