package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// aspect is how the parts of one type are named and compared.
type aspect[T any] struct {
	kind   string
	label  func(x *T) string
	name   func(x *T, index int) string // its title with that of its owner
	place  func(x *T, index int) string // in its list: its index or id
	fields func(from, to *T) fields     // of its own that differ
}

var workflowAspect = aspect[Workflow]{
	kind:  "workflow",
	label: func(w *Workflow) string { return strconv.Quote(w.Name) },
	name:  func(w *Workflow, _ int) string { return "workflow " + strconv.Quote(w.Name) },
	place: func(_ *Workflow, i int) string { return strconv.Itoa(i) },
	fields: func(from, to *Workflow) fields {
		var f fields
		f.text("state", ".state", from.State, to.State)
		f.text("priority", ".priority", priorityText(from.Priority), priorityText(to.Priority))
		f.text("continuous sync", ".continuous_sync", strconv.FormatBool(from.ContinuousSync), strconv.FormatBool(to.ContinuousSync))
		f.text("schedule", "", from.Schedule, to.Schedule)
		f.test("trigger", ".trigger_string", from.Trigger, to.Trigger, false)
		return f
	},
}

func priorityText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func conditionAspect(owner string) aspect[Condition] {
	return aspect[Condition]{
		kind:  "condition",
		label: func(c *Condition) string { return strconv.Quote(c.Name) },
		name: func(c *Condition, i int) string {
			if c.Name == "" {
				return fmt.Sprintf("condition %d of %s", i+1, owner)
			}
			return fmt.Sprintf("condition %q of %s", c.Name, owner)
		},
		place: func(_ *Condition, i int) string { return strconv.Itoa(i) },
		fields: func(from, to *Condition) fields {
			var f fields
			f.text("state", ".state", from.State, to.State)
			f.test("expression", ".condition_string", from.Test, to.Test, false)
			if before, after := refNames(from.Actions), refNames(to.Actions); !slices.Equal(before, after) {
				f.add("actions to run", ".actions_to_run", listed(quoted(before)), listed(quoted(after)))
			}
			return f
		},
	}
}

func (e *Edits) actionAspect() aspect[Action] {
	return aspect[Action]{
		kind:  "action",
		label: func(a *Action) string { return strconv.Quote(a.Name) },
		name:  func(a *Action, _ int) string { return "action " + strconv.Quote(a.Name) },
		place: func(_ *Action, i int) string { return strconv.Itoa(i) },
		fields: func(from, to *Action) fields {
			var f fields
			f.text("type", ".type", from.Type, to.Type)
			f.text("state", ".state", from.State, to.State)
			f.text("run once", ".run_once", strconv.FormatBool(from.RunOnce), strconv.FormatBool(to.RunOnce))
			f.text("remove existing relationships", ".config.remove_existing_relationships",
				strconv.FormatBool(from.RemoveExisting), strconv.FormatBool(to.RemoveExisting))
			if !slices.Equal(distinct(profileIDs(from.AccessProfiles)), distinct(profileIDs(to.AccessProfiles))) {
				f.add("access profiles", ".config.access_profiles", e.profileLabels(from.AccessProfiles), e.profileLabels(to.AccessProfiles))
			}
			return f
		},
	}
}

func (e *Edits) profileAspect() aspect[Profile] {
	name := func(p *Profile) string { return "access profile " + e.profileLabel(p.ID) }
	return aspect[Profile]{
		kind:  "profile",
		label: name,
		name:  func(p *Profile, _ int) string { return name(p) },
		place: func(p *Profile, _ int) string { return p.ID },
		fields: func(from, to *Profile) fields {
			var f fields
			f.text("state", ".state", from.State, to.State)
			f.text("version state", ".version_state", from.VersionState, to.VersionState)
			return f
		},
	}
}

// field is a field that differs, with its path inside the part.
type field struct{ name, path, before, after string }

type fields []field

// add lists a field that differs.
func (f *fields) add(name, path, before, after string) {
	*f = append(*f, field{name, path, cmp.Or(before, "none"), cmp.Or(after, "none")})
}

func (f *fields) text(name, path, before, after string) {
	if before != after {
		f.add(name, path, before, after)
	}
}

func (f *fields) test(name, path string, before, after Test, granted bool) {
	if a, b := settled(before, granted), settled(after, granted); a != b {
		f.add(name, path, testText(a), testText(b))
	}
}

// names are the fields as a phrase: state, priority and trigger.
func (f fields) names() string {
	last := len(f) - 1
	names := make([]string, len(f))
	for i, x := range f {
		names[i] = x.name
	}
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// path is that of the only field; several have that of their part.
func (f fields) path() string {
	if len(f) == 1 {
		return f[0].path
	}
	return ""
}

func (f fields) before() string {
	return f.values(func(x field) string { return x.before })
}

func (f fields) after() string {
	return f.values(func(x field) string { return x.after })
}

// values are one value, or several with their names.
func (f fields) values(of func(field) string) string {
	if len(f) == 1 {
		return of(f[0])
	}
	list := make([]string, len(f))
	for i, x := range f {
		list[i] = x.name + " " + of(x)
	}
	return strings.Join(list, "; ")
}

// settled is what the planner makes of a test; equal values are alike under every rule.
func settled(t Test, granted bool) test {
	b := planner{exprs: &expressions{index: make(map[string]int)}}
	return b.test(t, Position{}, "", granted)
}

// testContent is equal for tests that are settled alike.
func testContent(t Test, granted bool) string {
	s := settled(t, granted)
	return fmt.Sprintf("%d %d %q %q", s.constant, s.expr, s.text, s.cause)
}

func testText(t test) string {
	switch {
	case strings.TrimSpace(t.text) == "":
		return ""
	case t.expr < 0 && t.constant == isUnknown:
		return t.text + " (cannot be evaluated)"
	}
	return t.text
}

// gate is the condition of an entity; one without is granted to everyone.
func gate(n *Entity) Test {
	if n.Condition == nil {
		return Test{Form: FormAny}
	}
	return *n.Condition
}

func keyOf(n *Entity) entityKey {
	return entityKey{n.DatasourceID, n.EntityType, cmp.Or(n.EntityID, n.NativeID, n.EntityName), n.AssignedToType, n.AssignedToID}
}

func nameless(n *Entity) bool { return n.EntityID == "" && n.NativeID == "" }

// entityLabel is an entity in a sentence: "Sales Staff" (Group g-1).
func entityLabel(n *Entity) string {
	id := n.EntityType + " " + keyOf(n).id
	if n.EntityName == "" || nameless(n) {
		return id
	}
	return fmt.Sprintf("%q (%s)", n.EntityName, id)
}

// entityText is an entity as a value: its key, and who gets it.
func entityText(n *Entity) string {
	text := keyOf(n).text()
	if n.AssignedToType != "" || n.AssignedToID != "" {
		text += " assigned to " + n.AssignedToType + " " + n.AssignedToID
	}
	if n.Condition == nil {
		return text
	}
	return text + " if " + cmp.Or(testText(settled(*n.Condition, true)), "none")
}

// profileLabel is an access profile in a sentence: "Sales" (ap-1).
func (e *Edits) profileLabel(id string) string {
	if name, ok := e.profileNames[id]; ok {
		return fmt.Sprintf("%q (%s)", name, id)
	}
	return id
}

func (e *Edits) profileLabels(refs []ProfileRef) string {
	labels := make([]string, len(refs))
	for i, ref := range refs {
		labels[i] = e.profileLabel(ref.ID)
	}
	return listed(labels)
}

func profileIDs(refs []ProfileRef) []string {
	ids := make([]string, len(refs))
	for i, ref := range refs {
		ids[i] = ref.ID
	}
	return ids
}

func refNames(refs []ActionRef) []string {
	names := make([]string, len(refs))
	for i, ref := range refs {
		names[i] = ref.Name
	}
	return names
}

// distinct is a sorted copy with each text once.
func distinct(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

func quoted(list []string) []string {
	out := make([]string, len(list))
	for i, text := range list {
		out[i] = strconv.Quote(text)
	}
	return out
}

func listed(list []string) string { return strings.Join(list, ", ") }

// shortened cuts a text for people that nobody would read to its end.
func shortened(text string) string {
	const limit = 2000 // bytes
	if len(text) <= limit {
		return text
	}
	head := strings.ToValidUTF8(text[:limit], "")
	return fmt.Sprintf("%s... (%s more bytes)", head, Grouped(len(text)-len(head)))
}
