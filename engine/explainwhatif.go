package engine

import (
	"cmp"
	"slices"

	"github.com/lcmsim/lcmsim/scimeval"
)

// setAttribute describes a what-if change before it is made.
func (x *explainer) setAttribute(r row, set SetAttribute, known []string) AttributeChange {
	change := AttributeChange{Attribute: set.Name, Value: jsonOf(set.Value)}
	for c, a := range x.program.Attributes() {
		if change.Was == nil && sameAttribute(a, set.Name) {
			change.Was = jsonOf(r[c])
		}
	}
	change.Text = changeText(set.Name, set.Value, change.Was)
	var names []string // that may be meant
	for _, a := range x.table.attributes {
		if sameAttribute(a, set.Name) {
			return change
		}
		names = append(names, a.Name)
	}
	if !slices.Contains(known, set.Name) {
		names = append(names, known...)
	}
	note := "no expression of the policy reads it"
	if near := scimeval.Nearest(set.Name, names); near != "" {
		note += "; did you mean " + near + "?"
	}
	change.Note = &note
	return change
}

// setFindings warn of values of another type than everything that they are compared with. The atoms are settled.
func (x *explainer) setFindings(sets []SetAttribute) []Finding {
	var list []Finding
	for _, set := range sets {
		if set.Value == nil {
			continue
		}
		code, literal := x.oddValue(set.Name)
		f := Finding{Severity: SeverityWarning, Code: code, Position: Position{File: "--set " + set.Name}, Column: NoColumn, Count: 1}
		switch value := shorten(set.Value.String()); code {
		case scimeval.NoticeTypeMismatch:
			f.Message = value + " is of another type than all that " + set.Name + " is compared with, such as the " + literal.Kind().String() +
				" " + shorten(literal.String()) + ": the comparisons are false (ne: true)"
			f.Hint = "set a " + literal.Kind().String() + ", such as " + shorten(literal.String())
			if literal.Kind() == scimeval.KindString {
				f.Hint += " with its quotes"
			}
		case scimeval.NoticeNotATimestamp:
			f.Message = value + " is no timestamp, and " + set.Name + " is compared with timestamps, such as " + shorten(literal.String()) + ": compared as text"
			f.Hint = "timestamps are 2024-01-31 or 2024-01-31T08:30:00Z"
		default:
			continue
		}
		list = append(list, f)
	}
	return list
}

// oddValue gives the notice that all comparisons of an attribute with a literal have in common, and the literal of the first;
// "" when some comparison has none.
func (x *explainer) oddValue(attribute string) (code string, literal scimeval.Value) {
	for i, a := range x.table.atoms {
		c, ok := a.node.(*scimeval.Comparison)
		if !ok || c.Op == scimeval.OpPr || c.Literal.Kind() == scimeval.KindNull || x.table.truths[i] == isUnknown {
			continue
		}
		for _, column := range a.columns {
			of := x.table.attributes[column]
			if use, ok := useOf(a.node, of.Name); !ok || use.nested || !sameAttribute(of, attribute) {
				continue
			}
			odd := x.table.odd[i]
			if odd == "" || code != "" && odd != code {
				return "", literal
			}
			if code == "" {
				code, literal = odd, c.Literal
			}
		}
	}
	return code, literal
}

// brought is something that an outcome brings. The fields are in the order of the policy, then of keys.
type brought struct {
	kind     int // position in broughtKinds
	workflow int // of an action
	number   int // of an action or profile in the plan
	held     heldKey
	name     string // of an entitlement or revoke
}

var broughtKinds = []string{KindAction, KindProfile, KindEntitlement, KindRevoke}

func (b brought) compare(o brought) int {
	return cmp.Or(cmp.Compare(b.kind, o.kind), cmp.Compare(b.workflow, o.workflow), cmp.Compare(b.number, o.number), b.held.compare(o.held))
}

// broughtBy lists what an outcome brings and is asked for, certainly (isTrue) or perhaps.
func (x *explainer) broughtBy(o *outcome) map[brought]truth {
	all := make(map[brought]truth)
	add := func(b brought, t truth) { all[b] = max(all[b], t) }
	for _, a := range o.actions {
		if !x.asked.action(x.plan.actions[a.action].Name) || a.status == statusDone {
			continue
		}
		t := isTrue
		if a.status == statusPossible {
			t = isUnknown
		}
		add(brought{kind: 0, workflow: a.workflow, number: a.action}, t)
	}
	both := func(b bounds, of func(int) (brought, bool)) {
		for _, list := range []struct {
			items []int
			t     truth
		}{{b.high, isUnknown}, {b.low, isTrue}} {
			for _, i := range list.items {
				if one, ok := of(i); ok {
					add(one, list.t)
				}
			}
		}
	}
	profile := func(i int) (brought, bool) {
		return brought{kind: 1, number: i}, x.asked.profile(x.plan.profiles[i].id, x.profileName(i))
	}
	both(o.named, profile)
	both(o.inherited, profile)
	both(o.entities, func(e int) (brought, bool) {
		h := x.heldKey(e)
		return brought{kind: 2, held: h, name: x.entityName(h)}, x.asked.entitlement(h.text())
	})
	low, high := x.revokes(o)
	for _, list := range []struct {
		held []heldKey
		t    truth
	}{{high, isUnknown}, {low, isTrue}} {
		for _, h := range list.held {
			if x.asked.entitlement(h.text()) {
				add(brought{kind: 3, held: h, name: cmp.Or(x.revoker.names[h], x.entityName(h))}, list.t)
			}
		}
	}
	return all
}

// entityName is what people call an entitlement: the name of the first entity that it can be, else its id.
func (x *explainer) entityName(h heldKey) string {
	for _, e := range x.plan.entities.held[h] {
		if name := x.plan.entities.names[e]; name != "" {
			return name
		}
	}
	return h.id
}

// differences compares the outcome with the one before the what-if changes.
func (x *explainer) differences(was *outcome) (gains, loses []Difference) {
	gains, loses = []Difference{}, []Difference{}
	before, after := x.broughtBy(was), x.broughtBy(x.outcome)
	var all []brought
	for b := range before {
		all = append(all, b)
	}
	for b := range after {
		if _, ok := before[b]; !ok {
			all = append(all, b)
		}
	}
	slices.SortFunc(all, brought.compare)
	for _, b := range all {
		from, to := before[b], after[b]
		if from == to {
			continue
		}
		d := x.difference(b)
		if from == isUnknown || to == isUnknown {
			d.Status = "possible"
		}
		if (to > from) != (d.Kind == KindRevoke) {
			gains = append(gains, d)
		} else {
			loses = append(loses, d)
		}
	}
	return gains, loses
}

func (x *explainer) difference(b brought) Difference {
	d := Difference{Kind: broughtKinds[b.kind], Name: b.name, Status: "certain"}
	switch d.Kind {
	case KindAction:
		d.Workflow, d.Name = &x.plan.workflows[b.workflow].Name, x.plan.actions[b.number].Name
	case KindProfile:
		d.ID, d.Name = &x.plan.profiles[b.number].id, x.profileName(b.number)
	default:
		key := b.held.text()
		d.ID = &key
	}
	return d
}
