package report

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// InputCheck is something that a result rests on. null = there was or is none; a digest is also null where nobody computed it.
type InputCheck struct {
	Input string  `json:"input"`
	Was   *string `json:"was"`
	Now   *string `json:"now"`
	Same  *bool   `json:"same"` // null = cannot be told, for want of a digest
}

// inputValue is what a document says of an input.
type inputValue struct {
	namedText
	unknown bool // nobody computed its digest
}

func textInput(name, text string) inputValue { return inputValue{namedText: namedText{name, &text}} }

func digestInput(name string, digest *string) inputValue {
	return inputValue{namedText: namedText{name, digest}}
}

// Names of inputs that are no inputs of their own.
const (
	toolVersionName = "tool version"
	findingsName    = "findings" // which the others give
)

// headInputs are those that every result has.
func headInputs(h *Header) []inputValue {
	return []inputValue{
		textInput(toolVersionName, h.ToolVersion),
		textInput("as of", h.AsOf),
		textInput("rules", rulesText(h)),
	}
}

// rulesText is the semantics with all rules that are not at their default.
func rulesText(h *Header) string {
	defaults := map[string]string{}
	for _, info := range engine.RuleTable() {
		defaults[info.Name] = info.Default
	}
	text := h.Semantics + " semantics"
	for _, name := range slices.Sorted(maps.Keys(h.Rules)) {
		if value := h.Rules[name]; value != defaults[name] {
			text += ", " + name + "=" + value
		}
	}
	return text
}

func policyInputs(p PolicyInput) []inputValue {
	if p == (PolicyInput{}) {
		return nil
	}
	return []inputValue{
		textInput("policy", policyName(p)),
		digestInput("policy state", p.State),
		textInput("policy version", versionText(p)),
		{namedText{"policy version SHA-256", p.SHA256}, p.SHA256 == nil},
	}
}

func populationInputs(p PopulationInput) []inputValue {
	return []inputValue{{namedText{"population SHA-256", p.SHA256}, p.SHA256 == nil}}
}

// sideInputs are those of one side of a diff, by its name.
func sideInputs(name string, s SideInputs) []inputValue {
	out := append(policyInputs(s.Policy), digestInput("access profiles SHA-256", s.Profiles.SHA256))
	if s.Population != nil {
		out = append(out, populationInputs(*s.Population)...)
	}
	for i := range out {
		out[i].name = name + " " + out[i].name
	}
	return out
}

// fileInputs are the further files. Of several of one kind, each is named by its file.
func fileInputs(other []OtherInput) []inputValue {
	out := []inputValue{}
	for _, o := range other {
		name := o.Kind
		if strings.HasSuffix(o.Kind, "secondary") {
			name += " " + path.Base(strings.ReplaceAll(o.Path, `\`, "/"))
		}
		out = append(out, inputValue{namedText{name + " SHA-256", o.SHA256}, o.SHA256 == nil})
	}
	return out
}

// findingsInput is what was found about the inputs, whatever the places where it stands: a file may be laid out anew, or lie
// elsewhere.
func findingsInput(diagnostics []Diagnostic) inputValue {
	digests := placeless(diagnostics)
	slices.Sort(digests)
	digest := jsonDigest(digests)
	return digestInput(findingsName, &digest)
}

// crosscheckInput is the cross-check that a result tells of; n may be nil.
func crosscheckInput(n *CrosscheckNote) inputValue {
	in := digestInput("cross-check run digest", nil)
	if n != nil {
		in.text = n.RunDigest
	}
	return in
}

// placeless are digests of diagnostics without their places, in order.
func placeless(diagnostics []Diagnostic) []string {
	out := make([]string, len(diagnostics))
	for i, d := range diagnostics {
		d.File, d.Line, d.Path = nil, nil, nil
		out[i] = jsonDigest(d)
	}
	return out
}

// checkInputs compares what two documents of one kind rest on. What both sides of a diff have in common is named once.
func checkInputs(was, now []inputValue) []InputCheck {
	unknown := map[string]bool{}
	texts := func(values []inputValue) []namedText {
		out := make([]namedText, len(values))
		for i, v := range values {
			out[i] = v.namedText
			unknown[v.name] = unknown[v.name] || v.unknown
		}
		return out
	}
	out := []InputCheck{}
	for _, p := range paired(texts(was), texts(now)) {
		check := InputCheck{Input: p.name, Was: p.was, Now: p.now}
		if !unknown[p.name] {
			same := equalText(p.was, p.now)
			check.Same = &same
		}
		out = append(out, check)
	}
	return mergedSides(out)
}

// The sides of a diff in names of inputs.
const (
	earlierSide = "earlier"
	laterSide   = "later"
)

// mergedSides names an input of both sides once where both have the same then and now.
func mergedSides(checks []InputCheck) []InputCheck {
	out := []InputCheck{}
	merged := map[string]bool{}
	for _, c := range checks {
		side, name, _ := strings.Cut(c.Input, " ")
		if side == earlierSide {
			i := slices.IndexFunc(checks, func(o InputCheck) bool { return o.Input == laterSide+" "+name })
			if i >= 0 && equalText(c.Was, checks[i].Was) && equalText(c.Now, checks[i].Now) {
				merged[name] = true
				c.Input = name
			}
		}
		if side == laterSide && merged[name] {
			continue
		}
		out = append(out, c)
	}
	return out
}

// checkConfigRules names the rules that a run would take otherwise today, where lcmsim.yaml is another one than then. The
// re-run has the rules of the result.
func checkConfigRules(inputs []InputCheck, rules, config map[string]string) []InputCheck {
	changed := slices.ContainsFunc(inputs, func(c InputCheck) bool { return c.Input == "config SHA-256" && c.Same != nil && !*c.Same })
	if !changed || config == nil {
		return nil
	}
	var out []InputCheck
	for _, info := range engine.RuleTable() {
		was, now, same := rules[info.Name], config[info.Name], false
		if was != now {
			out = append(out, InputCheck{Input: "rule " + info.Name + " in lcmsim.yaml", Was: &was, Now: &now, Same: &same})
		}
	}
	return out
}
