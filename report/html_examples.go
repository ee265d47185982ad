package report

import (
	"fmt"
	"strconv"

	"github.com/lcmsim/lcmsim/engine"
)

// htmlExample is why the exemplar of a class gets what it gets.
type htmlExample struct {
	ID         string
	Class      string
	Link       string // id of the class in the browser; "" = it is not listed there
	Who        string
	Attributes [][2]string
	Actions    []htmlExampleAction
	More       string // what is left out; "" = nothing
}

type htmlExampleAction struct {
	Name, Place string
	Tag         string // how it fares, as people read it
	Tone        string // a class: lost gained maybe kept
	Why         []string
}

// exampleTags say how an action of an example fares: to people, and by a class.
var exampleTags = map[string][2]string{
	"planned": {"Planned", "gained"}, "possible": {"Possible", "maybe"}, "done": {"Done before", "kept"},
	string(engine.TagGone): {"Lost", "lost"}, string(engine.TagCaused): {"Gained", "gained"}, string(engine.TagMaybe): {"Undecided", "maybe"},
	string(engine.TagBefore): {"Kept", "kept"},
}

// What an example has room for.
const (
	exampleSize       = 400_000 // bytes of all examples
	exampleActions    = 20
	exampleAttributes = 20
)

// htmlExamples are the examples of d that there is room for, and how many they are; listed are the classes that the browser
// lists.
func htmlExamples(d Renderable, listed map[int]bool) ([]htmlExample, string) {
	var examples []Example
	switch d := d.(type) {
	case *Document:
		examples = d.Examples
	case *DiffDocument:
		examples = d.Examples
	}
	out, room := []htmlExample{}, exampleSize
	for i, e := range examples {
		x := newHTMLExample(i, e, listed[e.Class])
		if room -= x.size(); room < 0 && i > 0 {
			break
		}
		out = append(out, x)
	}
	if len(out) < len(examples) {
		return out, fmt.Sprintf("The first %s of %s are shown.", Count(len(out)), countNoun(len(examples), "example", "examples"))
	}
	return out, countNoun(len(out), "example", "examples") + "."
}

func newHTMLExample(i int, e Example, listed bool) htmlExample {
	x := htmlExample{ID: "example-" + strconv.Itoa(i), Class: strconv.Itoa(e.Class), Who: cut(e.EntityID, maxLabel)}
	if e.EntityName != nil {
		x.Who += " (" + cut(*e.EntityName, maxLabel) + ")"
	}
	if listed {
		x.Link = classID(e.Class)
	}
	fields := [][2]string{}
	for _, a := range e.Attributes {
		fields = append(fields, [2]string{a.Name, orText(a.Value, "absent")})
	}
	x.Attributes = cutFields(fields, exampleAttributes)
	for _, a := range e.Actions[:min(len(e.Actions), exampleActions)] {
		x.Actions = append(x.Actions, newHTMLExampleAction(a))
	}
	if rest := len(e.Actions) - exampleActions; rest > 0 {
		x.More = "and " + countNoun(rest, "more action", "more actions") + ", in the JSON result"
	}
	return x
}

// size is about how many bytes the example takes in HTML.
func (x htmlExample) size() int {
	const markup = 120 // bytes around an attribute or action
	n := 4 * markup
	for _, a := range x.Attributes {
		n += markup + markupSize(a[0]) + markupSize(a[1])
	}
	for _, a := range x.Actions {
		n += markup + markupSize(a.Name) + markupSize(a.Place)
		for _, why := range a.Why {
			n += markupSize(why)
		}
	}
	return n
}

func newHTMLExampleAction(a ExampleAction) htmlExampleAction {
	tag, ok := exampleTags[a.Status]
	if !ok {
		tag = [2]string{cut(a.Status, maxLabel), "kept"}
	}
	return htmlExampleAction{
		Name: cut(a.Name, maxLabel), Place: cut(a.Type+" in "+a.Workflow, maxLabel), Tag: tag[0], Tone: tag[1],
		Why: cutAll(whyTexts(a), maxSentence, 2),
	}
}

// whyTexts say why an action runs, or why it ran and does not run any more.
func whyTexts(a ExampleAction) []string {
	lost := a.Status == string(engine.TagGone)
	switch {
	case lost && a.Because == nil && a.NotNow == nil, !lost && a.Because == nil:
		return []string{"Why is not known."}
	case lost && a.Because == nil:
		return []string{"Not now: " + *a.NotNow}
	case lost && a.NotNow == nil:
		return []string{"Before: " + *a.Because}
	case lost:
		return []string{"Before: " + *a.Because, "Not now: " + *a.NotNow}
	}
	return []string{"Because " + *a.Because}
}
