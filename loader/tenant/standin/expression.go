package standin

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// expression is what a trigger, a condition or the condition of an entity asks. Without a filter it is always fixed.
type expression struct {
	fixed  truth
	filter *filter
	why    string // it is unknown, for people
}

func (e *expression) eval(r rules, record object) truth {
	if e.filter == nil {
		return e.fixed
	}
	return e.filter.eval(r, record)
}

// cannotTell says why an expression is unknown.
func (e *expression) cannotTell() string {
	if e.why != "" {
		return e.why
	}
	return "a comparison in it cannot be made"
}

// enumName is what a name of an enum looks like; anything else is an expression.
var enumName = regexp.MustCompile(`^[A-Z0-9_]+$`)

// knownName is the known name that a text stands for, in any case, whole or after a prefix that ends in STATE_ or TYPE_; "" if none.
func knownName(text string, known ...string) string {
	upper := strings.ToUpper(text)
	for _, name := range known {
		prefix, ok := strings.CutSuffix(upper, name)
		if ok && (prefix == "" || strings.HasSuffix(prefix, "STATE_") || strings.HasSuffix(prefix, "TYPE_")) {
			return name
		}
	}
	return ""
}

// enumNumber is the number that an enum is given by, as a number or as its text.
func enumNumber(value any) (n int, is bool) {
	var text string
	switch v := value.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
	}
	n, err := strconv.Atoi(text)
	if errors.Is(err, strconv.ErrRange) {
		return -1, true
	}
	return n, err == nil
}

// newExpression reads a pair such as trigger_type and trigger_string. absent is what holds when both are missing.
func newExpression(kind, given any, absent truth) expression {
	text, _ := given.(string)
	empty := strings.TrimSpace(text) == ""
	number, numbered := enumNumber(kind)
	name, _ := kind.(string)
	switch {
	case numbered && !empty:
		return parsed(text)
	case numbered && number == 0:
		return expression{fixed: yes}
	case numbered && number == 1:
		return parsed(text)
	case numbered:
		return expression{fixed: unknown, why: fmt.Sprintf("there is no type %d", number)}
	case strings.TrimSpace(name) == "" && empty:
		return expression{fixed: absent, why: "it has neither a type nor an expression"}
	case strings.TrimSpace(name) == "":
		return parsed(text)
	}
	switch knownName(name, "ANY", "CONDITION_STRING", "TRIGGER_STRING") {
	case "ANY":
		return expression{fixed: yes}
	case "CONDITION_STRING", "TRIGGER_STRING":
		return parsed(text)
	}
	switch {
	case enumName.MatchString(name):
		return expression{fixed: unknown, why: "its type " + strconv.Quote(name) + " needs more than the record"}
	case empty:
		return parsed(name)
	}
	return parsed(text)
}

func parsed(text string) expression {
	f, err := parseFilter(text)
	if err != nil {
		return expression{fixed: unknown, why: err.Error()}
	}
	return expression{filter: f}
}

// state is the name of a state that is given by name or number, a value of its own otherwise; absent when there is none.
func state(value any, absent string, known ...string) string {
	if n, numbered := enumNumber(value); numbered {
		if n >= 0 && n < len(known) {
			return known[n]
		}
		return strconv.Itoa(n)
	}
	text, _ := value.(string)
	if strings.TrimSpace(text) == "" {
		return absent
	}
	if name := knownName(text, known...); name != "" {
		return name
	}
	return text
}

// enabled reads the state of a workflow, condition or action: all that is not known to be disabled is enabled.
func enabled(value any) bool { return state(value, "ENABLED", "ENABLED", "DISABLED") != "DISABLED" }
