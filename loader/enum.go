package loader

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// EnumKind names a table of Enums.
type EnumKind string

// The enums of the wire format that decide something.
const (
	EnumPolicyState         EnumKind = "policy_state"
	EnumProfileState        EnumKind = "profile_state"
	EnumVersionState        EnumKind = "version_state"
	EnumWorkflowState       EnumKind = "workflow_state"
	EnumConditionState      EnumKind = "condition_state"
	EnumActionState         EnumKind = "action_state"
	EnumTriggerType         EnumKind = "trigger_type"
	EnumConditionType       EnumKind = "condition_type"
	EnumEntityConditionType EnumKind = "entity_condition_type"
	EnumActionType          EnumKind = "action_type"
)

// Enums says, kind by kind, which name a number stands for. It goes before the tables of SPEC section 1.2, and what
// it says is no assumption.
type Enums map[EnumKind]map[int64]string

// enumNames lists the names of every enum by number. Only the numbers of action types are documented.
var enumNames = map[EnumKind][]string{
	EnumPolicyState:         {"INITIAL", engine.StateRunning, "PAUSED", "DRY_RUN", "PENDING"},
	EnumProfileState:        {"INITIAL", engine.StateRunning, "PAUSED", "DRY_RUN", "PENDING"},
	EnumVersionState:        {engine.StateDraft, engine.StatePublished, "RETIRED"},
	EnumWorkflowState:       {engine.StateEnabled, engine.StateDisabled},
	EnumConditionState:      {engine.StateEnabled, engine.StateDisabled},
	EnumActionState:         {engine.StateEnabled, engine.StateDisabled},
	EnumTriggerType:         {testAny, testTrigger},
	EnumConditionType:       {testAny, testCondition},
	EnumEntityConditionType: {testAny, testCondition},
	EnumActionType:          engine.ActionTypes,
}

// The known types of a test.
const (
	testAny       = "ANY"
	testTrigger   = "TRIGGER_STRING"
	testCondition = "CONDITION_STRING"
)

// knownName finds the name that text spells: in any letter case, whole or after a prefix that ends in STATE_ or TYPE_.
func knownName(text string, names []string) (string, bool) {
	upper := strings.ToUpper(text)
	if !isName(upper) {
		return "", false
	}
	for _, name := range names {
		prefix, ok := strings.CutSuffix(upper, name)
		if ok && (prefix == "" || strings.HasSuffix(prefix, "STATE_") || strings.HasSuffix(prefix, "TYPE_")) {
			return name, true
		}
	}
	return "", false
}

// isName tells whether text is made of capitals, digits and underscores, as the names of enums are.
func isName(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return !(r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_')
	})
}

// enumNumber is the text of a number, or of a string that is a number; ok is false for names.
func enumNumber(n *node) (text string, ok bool) {
	text = strings.TrimSpace(n.text)
	if n.kind == nodeNumber {
		return text, true
	}
	digits := strings.TrimPrefix(text, "-")
	return text, digits != "" && strings.Trim(digits, "0123456789") == ""
}

// nameOf maps a number to a name: by the override table, else by position. Documented numbers and overrides are no
// assumption; the others are noted.
func (s *source) nameOf(kind EnumKind, n *node, number string) (name string, ok bool) {
	i, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		if i, err = wholeNumber(number); err != nil {
			return "", false
		}
	}
	if name, ok := s.enums[kind][i]; ok {
		return name, true
	}
	names := enumNames[kind]
	if i < 0 || i >= int64(len(names)) {
		return "", false
	}
	if kind != EnumActionType {
		s.warn(n, engine.SeverityWarning, "enum-number-assumed", string(kind),
			fmt.Sprintf("%s is given as a number; %d is taken for %s by its position in the API's list", kind, i, names[i]),
			fmt.Sprintf("say what the numbers mean under enums.%s in lcmsim.yaml", kind))
	}
	return names[i], true
}

// state settles a state: the known name, or for an unknown one its text or UNKNOWN(number) with known false. An
// absent, null or blank state gives "" and known true.
func (s *source) state(kind EnumKind, n *node) (name string, known bool) {
	if n == nil || n.kind != nodeNumber && n.kind != nodeString || n.kind == nodeString && strings.TrimSpace(n.text) == "" {
		return "", true
	}
	if number, ok := enumNumber(n); ok {
		name, ok := s.nameOf(kind, n, number)
		if !ok {
			return "UNKNOWN(" + abridge(number) + ")", false
		}
		if known, ok := knownName(name, enumNames[kind]); ok {
			return known, true
		}
		return name, false
	}
	if name, ok := knownName(strings.TrimSpace(n.text), enumNames[kind]); ok {
		return name, true
	}
	return n.text, false
}

// partState is the state of a workflow, a condition or an action: ENABLED unless it is DISABLED.
func (s *source) partState(kind EnumKind, n *node) string {
	name, known := s.state(kind, n)
	switch {
	case name == "":
		return engine.StateEnabled
	case !known:
		s.warn(n, engine.SeverityError, "unknown-enum", string(kind)+" "+name,
			fmt.Sprintf("unknown %s %q, taken for ENABLED", kind, abridge(name)), "known are "+strings.Join(enumNames[kind], " and "))
		return engine.StateEnabled
	}
	return name
}

// lifeState is the state of a policy, a profile or a version. fallback stands for an absent one; the assumption is
// noted when assumed says what it is about.
func (s *source) lifeState(kind EnumKind, parent, n *node, fallback, assumed string) string {
	name, known := s.state(kind, n)
	switch {
	case name == "" && assumed != "":
		s.warn(parent, engine.SeverityWarning, "state-assumed", assumed,
			fmt.Sprintf("%s has no state: %s is assumed", assumed, fallback), "export it with its state")
		return fallback
	case name == "":
		return fallback
	case !known:
		s.warn(n, engine.SeverityWarning, "unknown-enum", string(kind)+" "+name,
			fmt.Sprintf("unknown %s %q", kind, abridge(name)), "known are "+strings.Join(enumNames[kind], ", "))
	}
	return name
}

// actionType is the type of an action or of a reference to one: a documented name, UNKNOWN(n) for another number, an
// unknown name as it stands, "" when absent.
func (s *source) actionType(n *node) string {
	name, _ := s.state(EnumActionType, n)
	return name
}

// test reads a type and an expression of an object. The names of the two fields differ from place to place.
func (s *source) test(parent *node, kind EnumKind, typeField, textField string) engine.Test {
	at := parent.at(s.file)
	t := engine.Test{Text: parent.str(textField), TypeAt: s.fieldAt(parent, typeField), TextAt: s.fieldAt(parent, textField)}
	n := parent.get(typeField)
	if n == nil || n.kind != nodeNumber && n.kind != nodeString {
		t.TypeAt = at
		return t
	}
	t.Type = n.text
	name := strings.TrimSpace(n.text)
	if name == "" {
		return t
	}
	number, numbered := enumNumber(n)
	if numbered {
		t.Numbered = true
		var ok bool
		if name, ok = s.nameOf(kind, n, number); !ok {
			t.Form = engine.FormBadNumber
			return t
		}
	}
	t.Form = testForm(name)
	return t
}

// testForm tells a name from an expression.
func testForm(text string) engine.TestForm {
	known, ok := knownName(text, []string{testAny, testTrigger, testCondition})
	switch {
	case ok && known == testAny:
		return engine.FormAny
	case ok:
		return engine.FormString
	case isName(text):
		return engine.FormOtherName
	}
	return engine.FormExpression
}

// fieldAt is the place of a field, or of its object when it is absent.
func (s *source) fieldAt(parent *node, name string) engine.Position {
	if n := parent.get(name); n != nil {
		return n.at(s.file)
	}
	return parent.at(s.file)
}

// enumKinds lists the kinds in alphabetical order.
func enumKinds() []string {
	var out []string
	for kind := range enumNames {
		out = append(out, string(kind))
	}
	slices.Sort(out)
	return out
}
