package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/lcmsim/lcmsim/engine"
)

// htmlClasses is the browser of behaviour classes: data for the script, and the largest classes as a table for those who read
// without it.
type htmlClasses struct {
	Note    string
	Data    classData
	Largest *htmlTable
}

// classData is what the script of the browser reads. Texts stand in it once, classes name them by their position.
type classData struct {
	Statuses []string     `json:"statuses"` // of classes; [] in a simulation
	Tags     []string     `json:"tags"`     // how a class uses a thing
	Things   []classThing `json:"things"`
	Edits    []string     `json:"edits"`
	Classes  []classItem  `json:"classes"` // those that change before the others, the largest first
}

// classThing is a workflow, an action, an access profile or an entitlement.
type classThing struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Detail string `json:"detail"`
}

// classItem is one class.
type classItem struct {
	ID       int      `json:"id"`
	Size     int      `json:"size"`
	Exemplar string   `json:"exemplar"`
	Members  []string `json:"members"`
	Status   int      `json:"status"` // position in statuses; -1 = none of them
	Uses     [][]int  `json:"uses"`   // for each tag, positions in things
	More     []int    `json:"more"`   // for each tag, how many uses are left out
	Edits    []int    `json:"edits"`  // positions in edits
}

// What the browser has room for.
const (
	classDataSize = 1_800_000 // bytes of JSON
	maxClassUses  = 250       // of a tag
	largestShown  = 20        // classes, without the script
)

// class is a behaviour class of a simulation or a diff.
type class struct {
	id, size int
	exemplar string
	members  []string
	status   string // "" in a simulation
	edits    []int
	uses     []classUse
}

// rank puts the classes of a diff that do not change behind the others.
func (c class) rank() int {
	if c.status == string(engine.StatusUnchanged) {
		return 1
	}
	return 0
}

// classUse is what a class has to do with a thing.
type classUse struct {
	kind, id string // see engine.FlowNode
	detail   string
	tag      string // as the engine says it
}

// newHTMLClasses lays out the classes of d; nil when it has no classes.
func newHTMLClasses(d Renderable) *htmlClasses {
	var classes []class
	var tags [][2]string // as the engine says them, and as people read them
	var statuses, edits []string
	total, identities := 0, 0
	unlisted := "" // of the classes that change
	switch d := d.(type) {
	case *Document:
		classes, total, identities = simulationClasses(d), d.ClassesTotal, d.Summary.Identities
		tags = [][2]string{{"planned", "Certain"}, {"possible", "Possible"}, {"done", "Done before"}}
	case *DiffDocument:
		classes, total, identities = diffClasses(d), d.ClassesTotal, d.Summary.Identities
		tags = [][2]string{{string(engine.TagGone), "Lost"}, {string(engine.TagCaused), "Gained"}, {string(engine.TagMaybe), "Undecided"}, {string(engine.TagBefore), "Kept"}}
		if left := d.ChangedClassesTotal - len(d.ChangedClasses); left > 0 {
			unlisted = fmt.Sprintf(" Of %s that change, the smallest %s are left out.", countNoun(d.ChangedClassesTotal, "class", "classes"), Count(left))
		}
		if hasGrants(d.Inputs.Other) {
			unlisted += " What people hold today is joined to each of them, so that those of a class can fare differently: what is shown is how the exemplar fares."
		}
		for _, s := range engine.Statuses {
			statuses = append(statuses, string(s))
		}
		for _, e := range d.Attribution.Edits {
			edits = append(edits, e.Edit)
		}
	default:
		return nil
	}
	slices.SortStableFunc(classes, func(a, b class) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(b.size, a.size), cmp.Compare(a.id, b.id))
	})
	if slices.ContainsFunc(classes, func(c class) bool {
		return slices.ContainsFunc(c.uses, func(u classUse) bool { return tagIndex(tags, u.tag) < 0 })
	}) {
		tags = append(tags, [2]string{"", "Otherwise"}) // tags of another version
	}
	b := classBuilder{names: thingNames(d), tags: tags, statuses: statuses, things: map[classThing]int{}}
	b.data = classData{Statuses: cutAll(statuses, maxLabel, len(statuses)), Tags: []string{}, Things: []classThing{}, Edits: cutAll(edits, maxLabel, len(edits)), Classes: []classItem{}}
	for _, t := range tags {
		b.data.Tags = append(b.data.Tags, t[1])
	}
	held := b.addAll(classes)
	note := "Identities that fare alike form a class. " + countNoun(total, "class", "classes") + ", all listed." + unlisted
	if listed := len(b.data.Classes); listed < total {
		here := "are listed"
		if listed < len(classes) {
			here = fmt.Sprintf("are in the result, and %s of these have room here", Count(listed))
		}
		note = fmt.Sprintf("Identities that fare alike form a class. Of %s %s %s: those that change first, then by size. They hold %s of %s identities.",
			countNoun(total, "class", "classes"), Count(len(classes)), here, Count(held), Count(identities)) + unlisted
	}
	return &htmlClasses{Note: note, Data: b.data, Largest: newHTMLTable(b.largest(note), newTableRoom(1), nil)}
}

// listed are the classes that the browser lists.
func (h *htmlClasses) listed() map[int]bool {
	out := map[int]bool{}
	if h != nil {
		for _, c := range h.Data.Classes {
			out[c.ID] = true
		}
	}
	return out
}

// classBuilder fills classData as far as there is room.
type classBuilder struct {
	names    map[[2]string]classThing // by kind and id
	tags     [][2]string
	statuses []string
	things   map[classThing]int
	data     classData
}

// addAll adds the first classes, as many as there is room for, and returns how many identities they hold.
func (b *classBuilder) addAll(classes []class) int {
	size, held := jsonSize(b.data), 0
	for _, c := range classes {
		before := len(b.data.Things)
		item := b.item(c)
		size += jsonSize(item)
		for _, t := range b.data.Things[before:] {
			size += jsonSize(t)
		}
		if size > classDataSize {
			b.data.Things = b.data.Things[:before]
			break
		}
		b.data.Classes = append(b.data.Classes, item)
		held += c.size
	}
	return held
}

// item is a class; its things are added to those that the data has.
func (b *classBuilder) item(c class) classItem {
	const maxEdits = 64
	item := classItem{
		ID: c.id, Size: c.size, Exemplar: cut(c.exemplar, maxLabel), Members: cutAll(c.members, maxLabel, 10), Status: slices.Index(b.statuses, c.status),
		Uses: make([][]int, len(b.tags)), More: make([]int, len(b.tags)), Edits: []int{},
	}
	for i := range item.Uses {
		item.Uses[i] = []int{}
	}
	for _, u := range c.uses {
		tag := tagIndex(b.tags, u.tag)
		if tag < 0 {
			tag = len(b.tags) - 1
		}
		if len(item.Uses[tag]) == maxClassUses {
			item.More[tag]++
			continue
		}
		item.Uses[tag] = append(item.Uses[tag], b.thing(u))
	}
	for _, e := range c.edits {
		if e >= 0 && e < len(b.data.Edits) && len(item.Edits) < maxEdits {
			item.Edits = append(item.Edits, e)
		}
	}
	return item
}

// tagIndex is the position of a tag, as the engine says it.
func tagIndex(tags [][2]string, tag string) int {
	return slices.IndexFunc(tags, func(t [2]string) bool { return t[0] == tag })
}

// thing is the position of what a class uses.
func (b *classBuilder) thing(u classUse) int {
	t, ok := b.names[[2]string{u.kind, u.id}]
	if !ok {
		t = classThing{Kind: u.kind, Name: u.id}
	}
	if u.detail != "" {
		t.Detail = u.detail
	}
	t = classThing{Kind: kindTitles[u.kind], Name: cut(t.Name, maxLabel), Detail: cut(t.Detail, maxLabel)}
	at, ok := b.things[t]
	if !ok {
		at = len(b.data.Things)
		b.things[t] = at
		b.data.Things = append(b.data.Things, t)
	}
	return at
}

// largest are the largest classes as a table.
func (b *classBuilder) largest(note string) table {
	columns := []tableColumn{{"Class", 9, kindOrdinal}, {"Identities", 12, kindNumber}, {"Status", 14, kindText}, {"Exemplar", 26, kindID}}
	for _, t := range b.data.Tags {
		columns = append(columns, tableColumn{t, 44, kindText})
	}
	classes := b.data.Classes[:min(largestShown, len(b.data.Classes))]
	if len(classes) < len(b.data.Classes) {
		note += fmt.Sprintf(" The first %d are shown without scripts.", len(classes))
	}
	return table{
		name: "Largest classes", note: note, empty: "There are no classes.", columns: columns, rows: len(classes),
		row: func(i int) []any {
			c := classes[i]
			row := []any{c.ID, c.Size, nil, c.Exemplar}
			if c.Status >= 0 {
				row[2] = b.data.Statuses[c.Status]
			}
			for tag, uses := range c.Uses {
				names := []string{}
				for _, u := range uses {
					names = append(names, b.data.Things[u].Name)
				}
				if c.More[tag] > 0 {
					names = append(names, fmt.Sprintf("and %s more", Count(c.More[tag])))
				}
				row = append(row, orEmpty(known(joined(names))))
			}
			return row
		},
	}
}

// kindTitles are the kinds of things, as people read them.
var kindTitles = map[string]string{
	engine.FlowWorkflow: "Workflow", engine.FlowAction: "Action", engine.FlowProfile: "Access profile", engine.FlowEntitlement: "Entitlement",
}

// thingNames are the profiles and entitlements of d by kind and id.
func thingNames(d Renderable) map[[2]string]classThing {
	names := map[[2]string]classThing{}
	profile := func(id string, name *string) {
		names[[2]string{engine.FlowProfile, id}] = classThing{Name: orText(name, id), Detail: id}
	}
	entitlement := func(datasource, entityType, id string, name *string) {
		names[[2]string{engine.FlowEntitlement, entitlementKey(datasource, entityType, id)}] = classThing{
			Name: orText(name, id), Detail: entityType + ", " + datasource + ", " + id,
		}
	}
	switch d := d.(type) {
	case *Document:
		for _, p := range d.AccessProfiles {
			profile(p.ID, p.Name)
		}
		for _, e := range d.Entitlements {
			entitlement(e.DatasourceID, e.EntityType, e.EntityID, e.Name)
		}
	case *DiffDocument:
		for _, p := range d.AccessProfiles {
			profile(p.ID, p.Name)
		}
		for _, e := range d.Entitlements {
			entitlement(e.DatasourceID, e.EntityType, e.EntityID, e.Name)
		}
	}
	return names
}

func simulationClasses(d *Document) []class {
	out := make([]class, len(d.Classes))
	for i := range d.Classes {
		from := &d.Classes[i]
		c := class{id: from.ID, size: from.Size, exemplar: from.Exemplar, members: from.Members}
		items := func(kind string, ids []string) {
			for _, id := range ids {
				c.uses = append(c.uses, classUse{kind: kind, id: id, tag: "planned"})
			}
		}
		items(engine.FlowWorkflow, from.Workflows)
		for _, a := range from.Actions {
			c.uses = append(c.uses, classUse{engine.FlowAction, a.Name, a.Type + " in " + a.Workflow, a.Status})
		}
		items(engine.FlowProfile, from.AccessProfileIDs)
		items(engine.FlowEntitlement, from.Entitlements)
		out[i] = c
	}
	return out
}

// diffClasses are those that change, and of the others those that are among the largest.
func diffClasses(d *DiffDocument) []class {
	list := slices.Clone(d.ChangedClasses)
	for _, c := range d.Classes {
		if !slices.ContainsFunc(d.ChangedClasses, func(changed engine.ChangeClass) bool { return changed.ID == c.ID }) {
			list = append(list, c)
		}
	}
	out := make([]class, len(list))
	for i := range list {
		from := &list[i]
		c := class{id: from.ID, size: from.Size, exemplar: from.Exemplar, members: from.Members, status: string(from.Status), edits: from.Edits}
		items := func(kind string, items []engine.TaggedItem) {
			for _, item := range items {
				c.uses = append(c.uses, classUse{kind: kind, id: item.ID, tag: string(item.Tag)})
			}
		}
		items(engine.FlowWorkflow, from.Workflows)
		for _, a := range from.Actions {
			c.uses = append(c.uses, classUse{engine.FlowAction, a.Name, a.Type + " in " + a.Workflow, string(a.Tag)})
		}
		items(engine.FlowProfile, from.AccessProfiles)
		items(engine.FlowEntitlement, from.Entitlements)
		out[i] = c
	}
	return out
}

// jsonSize is how many bytes v takes in the page, with what separates it from the next value.
func jsonSize(v any) int {
	text, err := json.Marshal(v)
	if err != nil {
		panic("report: class data do not marshal: " + err.Error()) // strings and integers always do
	}
	return len(text) + 1
}
