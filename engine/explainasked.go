package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/scimeval"
)

// asked is what an explanation is limited to. Empty = everything.
type asked []askedName

// askedName is all that has one name.
type askedName struct {
	name         string
	entitlements map[string]bool // keys
	elsewhere    []Missed        // what the policy cannot bring at all, with the reason
	missed       int
}

func (n *askedName) action(name string) bool      { return n.name == name }
func (n *askedName) profile(id, name string) bool { return n.name == id || n.name == name }
func (n *askedName) entitlement(key string) bool  { return n.entitlements[key] }

func (n *askedName) item(m *Missed) bool {
	switch m.Kind {
	case KindAction:
		return n.action(m.Name)
	case KindProfile:
		return n.profile(*m.ID, m.Name)
	}
	return n.entitlement(*m.ID)
}

func (a asked) any(is func(*askedName) bool) bool {
	for i := range a {
		if is(&a[i]) {
			return true
		}
	}
	return len(a) == 0
}

func (a asked) action(name string) bool {
	return a.any(func(n *askedName) bool { return n.action(name) })
}

func (a asked) profile(id, name string) bool {
	return a.any(func(n *askedName) bool { return n.profile(id, name) })
}

func (a asked) entitlement(key string) bool {
	return a.any(func(n *askedName) bool { return n.entitlement(key) })
}

// item tells whether something missed is asked for, and counts it for the names that ask.
func (a asked) item(m *Missed) bool {
	wanted := len(a) == 0
	for i := range a {
		if a[i].item(m) {
			a[i].missed++
			wanted = true
		}
	}
	return wanted
}

// counts says how the identity fares with what each name stands for.
func (a asked) counts(e *Explanation) []Asked {
	list := []Asked{}
	for i := range a {
		n := &a[i]
		c := Asked{Name: n.name, Missed: n.missed}
		add := func(status string) {
			switch status {
			case "possible":
				c.Possible++
			case "done":
				c.Done++
			default:
				c.Gets++
			}
		}
		for _, x := range e.Actions {
			if n.action(x.Name) {
				add(x.Status)
			}
		}
		for _, x := range e.AccessProfiles {
			if n.profile(x.ID, x.ID) || x.Name != nil && n.name == *x.Name {
				add(x.Status)
			}
		}
		keys := make(map[string]bool) // entities that differ in assigned_to_* only are one
		for _, x := range e.Entitlements {
			if key := x.key(); n.entitlement(key) && !keys[key] {
				keys[key] = true
				add(x.Status)
			}
		}
		list = append(list, c)
	}
	return list
}

// lookUp finds everything that has the names. A name that nothing has is an error with the nearest ones.
func (x *explainer) lookUp(names []string) (asked, error) {
	var list asked
	for _, name := range names {
		if slices.ContainsFunc(list, func(n askedName) bool { return n.name == name }) {
			continue
		}
		n := askedName{name: name, entitlements: make(map[string]bool)}
		found := false
		var known []string // everything that could have been meant
		x.everything(func(item Missed, also ...string) {
			is := []string{item.Name}
			if item.ID != nil {
				is = append(is, *item.ID)
			}
			is = append(is, also...)
			if known = append(known, is...); !slices.Contains(is, name) {
				return
			}
			found = true
			if item.Kind == KindEntitlement {
				if n.entitlements[*item.ID] {
					return
				}
				n.entitlements[*item.ID] = true
			}
			if item.Note != nil {
				n.elsewhere = append(n.elsewhere, item)
			}
		})
		if !found {
			return nil, notCalled(name, known)
		}
		list = append(list, n)
	}
	return list, nil
}

// everything calls visit for each action, access profile and entitlement, with its further names. What the policy cannot
// bring has a note and comes last.
func (x *explainer) everything(visit func(item Missed, also ...string)) {
	named := make(map[string]bool)
	for w := range x.plan.workflows {
		for _, a := range x.named(w) {
			named[x.plan.actions[a].Name] = true
		}
	}
	for i := range x.plan.actions {
		item := Missed{Kind: KindAction, Name: x.plan.actions[i].Name}
		if !named[item.Name] {
			item.Note = textOr("no workflow leads to it")
		}
		visit(item)
	}
	seen := make(map[string]bool)
	notes := make(map[heldKey]*string) // the first of each entitlement counts
	entitlement := func(h heldKey, name, native string, note *string) {
		if first, ok := notes[h]; ok {
			note = first
		}
		notes[h] = note
		key := h.text()
		visit(Missed{Kind: KindEntitlement, Name: cmp.Or(name, h.id), ID: &key, Note: note}, h.id, cmp.Or(native, h.id))
	}
	entities := func(p *Profile, note *string) {
		for i := range p.Entities {
			e := &p.Entities[i]
			entitlement(heldKey{e.DatasourceID, e.EntityType, cmp.Or(e.EntityID, e.NativeID, e.EntityName)}, e.EntityName, e.NativeID, note)
		}
	}
	for i := range x.plan.profiles {
		p := &x.plan.profiles[i]
		seen[p.id] = true
		visit(Missed{Kind: KindProfile, Name: x.profileName(i), ID: &p.id})
		if p.source != nil {
			entities(p.source, nil)
		}
	}
	for i := range x.program.in.Catalog.Profiles {
		p := &x.program.in.Catalog.Profiles[i]
		if seen[p.ID] {
			continue
		}
		seen[p.ID] = true
		visit(Missed{Kind: KindProfile, Name: cmp.Or(p.Name, p.ID), ID: &p.ID, Note: textOr("no action of the policy brings it")})
		entities(p, textOr("no access profile that the policy brings holds it"))
	}
	for _, g := range x.program.in.Grants[x.id] {
		entitlement(heldKey{g.DatasourceID, g.EntityType, g.EntityID}, g.Name, "", textOr("it is held today; no access profile holds it"))
	}
}

// notCalled is the error for a name that nothing has.
func notCalled(name string, known []string) error {
	near := scimeval.NearestFew(name, known)
	for _, k := range known { // else those that contain it
		if len(near) < 3 && name != "" && strings.Contains(scimeval.Fold(k), scimeval.Fold(name)) && !slices.Contains(near, k) {
			near = append(near, k)
		}
	}
	hint := "names and ids are compared letter by letter"
	if len(near) > 0 {
		for i := range near {
			near[i] = fmt.Sprintf("%q", near[i])
		}
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("no action, access profile or entitlement is called %q\n%s", name, hint)
}
