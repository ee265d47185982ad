package report

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// RulesYAML is a rules: block for lcmsim.yaml: every confirmed rule with its evidence, and what is not settled as comments.
func RulesYAML(d *CalibrationDocument) string {
	var settled, open []string
	for _, v := range d.Verdicts {
		if v.Value != nil {
			settled = append(settled, "  "+comment(verdictText(v)+": "+v.Because), "  "+yamlScalar(v.Rule)+": "+yamlScalar(*v.Value))
			continue
		}
		state := "is " + verdictText(v)
		if v.notAsked() {
			state = "was not asked"
		}
		open = append(open, "  "+comment(fmt.Sprintf("%s (%s or %s) %s: %s", v.Rule, v.Default, v.Alternative, state, v.Because)))
	}
	lines := []string{comment(fmt.Sprintf("what %s follows, by lcmsim calibrate as of %s", orText(d.Tenant, "the tenant"), d.AsOf))}
	if len(settled) > 0 {
		lines = append(lines, "rules:")
	} else {
		lines = append(lines, "rules: {}")
	}
	return strings.Join(slices.Concat(lines, settled, open), "\n") + "\n"
}

// comment is text of strangers as a comment of one line.
func comment(s string) string {
	const limit = 400 // columns
	return "# " + snip(brief(s), limit)
}

var plainScalar = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$`)

// yamlWords are the plain words that some readers of YAML take for something else than text.
var yamlWords = []string{"true", "false", "on", "off", "yes", "no", "y", "n", "null"}

// yamlScalar is a string as a scalar that every reader of YAML takes for that string.
func yamlScalar(s string) string {
	if plainScalar.MatchString(s) && !slices.Contains(yamlWords, s) {
		return s
	}
	return strconv.Quote(strings.ToValidUTF8(s, "\ufffd"))
}

// verdictText is a verdict on a rule in plain words.
func verdictText(v CalibrationVerdict) string {
	switch {
	case v.Verdict == engine.ConfirmedDefault:
		return "confirmed default"
	case v.Verdict == engine.ConfirmedAlternative:
		return "confirmed alternative"
	case v.notAsked():
		return "not asked"
	}
	return strings.ReplaceAll(v.Verdict, "_", " ")
}
