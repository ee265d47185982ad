package loader

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// Config is lcmsim.yaml. The zero Config is what a snapshot without the file has.
type Config struct {
	Rules  []RuleSetting // in the order of the file, names distinct
	Enums  Enums
	FailOn []string // nil = not given
	Limits []engine.OwnLimit
	Guards []engine.Guard
}

// RuleSetting sets a named rule (SPEC section 8). The loader does not know the rules.
type RuleSetting struct {
	Name, Value string
	engine.Position
}

var (
	failOnWords = []string{"limit", "guard", "maybe", "error", "warning", "none"}

	configFileShape = shapeOf(
		each(wantAny, "rules", "enums", "fail_on"),
		objects(shapeOf(
			each(wantText, "name", "effect", "workflow", "cohort"),
			each(wantAny, "max_count", "max_percent"),
		), "limits"),
		objects(shapeOf(each(wantText, "name", "filter", "never")), "guards"),
	)
)

// readConfigFile reads lcmsim.yaml.
//
// Enums map the numbers of an enum to names, as a list from 0 or by number:
//
//	enums:
//	  policy_state: [INITIAL, RUNNING, PAUSED, DRY_RUN, PENDING]
//	  condition_type: {1: ANY, 2: CONDITION_STRING}
func (s *source) readConfigFile(root *node) Config {
	s.fit(root, configFileShape)
	var c Config
	if rules := root.get("rules"); rules != nil {
		c.Rules = s.readRules(rules)
	}
	if enums := root.get("enums"); enums != nil {
		c.Enums = s.readEnums(enums)
	}
	if failOn := root.get("fail_on"); failOn != nil {
		c.FailOn = s.readFailOn(failOn)
	}
	names := map[string]int{}
	for _, n := range root.objects("limits") {
		s.distinct(n, names)
		c.Limits = append(c.Limits, s.readLimit(n))
	}
	names = map[string]int{}
	for _, n := range root.objects("guards") {
		s.distinct(n, names)
		g := engine.Guard{Name: n.str("name"), Filter: n.str("filter"), Never: n.str("never"), Position: n.at(s.file)}
		if strings.TrimSpace(g.Filter) == "" {
			s.fail(n, "", "a guard without a filter")
		}
		s.oneOf(n, "never", g.Never, engine.GuardEffects)
		c.Guards = append(c.Guards, g)
	}
	return c
}

func (s *source) readRules(n *node) []RuleSetting {
	if n.kind != nodeObject {
		s.fail(n, "", "is %s, want names and values of rules", n.kind)
		return nil
	}
	var out []RuleSetting
	for _, m := range n.members {
		if m.value.kind == nodeList || m.value.kind == nodeObject || m.value.kind == nodeNull {
			s.fail(m.value, "", "is %s, want the value of a rule", m.value.kind)
			continue
		}
		out = append(out, RuleSetting{m.name, m.value.text, m.value.at(s.file)})
	}
	return out
}

func (s *source) readEnums(n *node) Enums {
	if n.kind != nodeObject {
		s.fail(n, "", "is %s, want enums and their names", n.kind)
		return nil
	}
	out := Enums{}
	for _, m := range n.members {
		kind := EnumKind(m.name)
		if _, known := enumNames[kind]; !known {
			s.fail(m.value, "known are "+strings.Join(enumKinds(), ", "), "unknown enum")
			continue
		}
		out[kind] = s.readEnumTable(m.value)
	}
	return out
}

func (s *source) readEnumTable(n *node) map[int64]string {
	out := map[int64]string{}
	set := func(number int64, name *node) {
		if name.kind != nodeString || !isName(strings.ToUpper(name.text)) {
			s.fail(name, "", "is no name of an enum: letters, digits and _")
			return
		}
		out[number] = strings.ToUpper(name.text)
	}
	switch n.kind {
	case nodeList:
		for i, item := range n.items {
			set(int64(i), item)
		}
	case nodeObject:
		for _, m := range n.members {
			number, err := wholeNumber(m.name)
			if err != nil {
				s.fail(m.value, "write {number: NAME}", "the key is not a whole number")
				continue
			}
			if _, twice := out[number]; twice {
				s.fail(m.value, "keep one of them", "the number %d is named twice", number)
				continue
			}
			set(number, m.value)
		}
	default:
		s.fail(n, "", "is %s, want a list of names or names by number", n.kind)
	}
	return out
}

func (s *source) readFailOn(n *node) []string {
	if n.kind != nodeList {
		s.fail(n, "write fail_on: [limit, guard]", "is %s, want a list", n.kind)
		return nil
	}
	out := []string{}
	for _, item := range n.items {
		if item.kind != nodeString || !slices.Contains(failOnWords, item.text) {
			s.fail(item, "known are "+strings.Join(failOnWords, ", "), "unknown word %q", abridge(item.text))
			continue
		}
		out = append(out, item.text)
	}
	return out
}

func (s *source) readLimit(n *node) engine.OwnLimit {
	l := engine.OwnLimit{
		Name:     n.str("name"),
		Effect:   n.str("effect"),
		Workflow: n.str("workflow"),
		Cohort:   n.str("cohort"),
		Position: n.at(s.file),
	}
	given := 0
	for _, field := range []string{"effect", "workflow", "cohort"} {
		if n.get(field) != nil {
			given++
		}
	}
	if given != 1 {
		s.fail(n, "", "a limit has exactly one of effect, workflow and cohort, not %d", given)
	} else if n.get("effect") != nil {
		s.oneOf(n, "effect", l.Effect, engine.LimitEffects)
	} else if strings.TrimSpace(l.Workflow+l.Cohort) == "" {
		s.fail(n, "", "a limit with an empty workflow or cohort")
	}
	if v := n.get("max_count"); v != nil {
		l.MaxCount = s.count(v)
	}
	if v := n.get("max_percent"); v != nil {
		l.MaxPercent = s.percent(v)
	}
	if n.get("max_count") == nil && n.get("max_percent") == nil {
		s.fail(n, "", "a limit without max_count and max_percent")
	}
	return l
}

// distinct reports an object without a name, or with a name that an earlier one has. names holds lines by name.
func (s *source) distinct(n *node, names map[string]int) {
	name := n.str("name")
	line, dup := names[name]
	switch {
	case name == "":
		s.fail(n, "", "has no name")
	case dup:
		s.fail(n, "", "the name %q is on line %d already", abridge(name), line)
	default:
		names[name] = n.line
	}
}

// oneOf reports a value that is none of the words.
func (s *source) oneOf(n *node, name, value string, words []string) {
	if slices.Contains(words, value) {
		return
	}
	if v := n.get(name); v != nil {
		n = v
	}
	s.fail(n, "known are "+strings.Join(words, ", "), "%s", fmt.Sprintf("%s is %q", name, abridge(value)))
}
