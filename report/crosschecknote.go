package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// CrosscheckNote is what a cross-check, made by another run, says about the reading of the policy that a result rests on.
type CrosscheckNote struct {
	Word       string   `json:"word"` // of its verdict
	Claim      string   `json:"claim"`
	Tenant     *string  `json:"tenant"` // host
	AsOf       string   `json:"as_of"`
	Version    *int     `json:"version"` // of the policy that was cross-checked
	Sampled    int      `json:"sampled"`
	Agree      int      `json:"agree"`
	Disagree   int      `json:"disagree"`
	Drifted    int      `json:"drifted"`
	NotChecked int      `json:"not_checked"`
	RunDigest  *string  `json:"run_digest"`
	Caveats    []string `json:"caveats"` // in what it is about something else than this result: sentences
}

// newCrosscheckNote is what a cross-check says about a result; nil = there is none. in are the inputs of the result, or those of its
// later side.
func newCrosscheckNote(c *CrosscheckDocument, h *Header, in Inputs) *CrosscheckNote {
	if c == nil {
		return nil
	}
	s := c.Summary
	return &CrosscheckNote{
		Word: c.Verdict.Word, Claim: c.Claim, Tenant: c.Tenant, AsOf: c.AsOf, Version: c.Inputs.Policy.Version, Sampled: s.Sampled, Agree: s.Agree,
		Disagree: s.Disagree, Drifted: s.Drifted, NotChecked: s.NotChecked, RunDigest: c.RunDigest, Caveats: crosscheckCaveats(c, h, in),
	}
}

// crosscheckCaveats says in what a cross-check is about something else than a result.
func crosscheckCaveats(c *CrosscheckDocument, h *Header, in Inputs) []string {
	caveats := []string{}
	add := func(format string, args ...any) { caveats = append(caveats, fmt.Sprintf(format, args...)) }
	was, is := c.Inputs, in
	switch {
	case orText(was.Policy.ID, "") != orText(is.Policy.ID, ""):
		add("The cross-check is about another policy: %s.", orText(was.Policy.Name, orText(was.Policy.ID, "one without a name")))
	case !sameDigest(was.Policy.SHA256, is.Policy.SHA256):
		add("The cross-check is about version %s of the policy, this result about version %s.", versionText(was.Policy), versionText(is.Policy))
	}
	if !equalText(was.Profiles.SHA256, is.Profiles.SHA256) {
		add("The access profiles are not those that were cross-checked.")
	}
	switch {
	case was.Population.SHA256 == nil || is.Population.SHA256 == nil:
		add("Whether it is the population that was cross-checked is not known: its digest is missing.")
	case *was.Population.SHA256 != *is.Population.SHA256:
		add("The population is not the one that was cross-checked.")
	}
	var rules []string
	for _, name := range slices.Sorted(maps.Keys(h.Rules)) {
		if c.Rules[name] != h.Rules[name] {
			rules = append(rules, fmt.Sprintf("%s was %s and is %s here", name, c.Rules[name], h.Rules[name]))
		}
	}
	if len(rules) > 0 {
		add("It was made under other rules: %s.", strings.Join(rules, ", "))
	}
	return caveats
}

func sameDigest(a, b *string) bool { return a != nil && b != nil && *a == *b }

// lead is the note in a sentence, for what a reader sees first; nothing for nil.
func (n *CrosscheckNote) lead() []labelledText {
	if n == nil {
		return nil
	}
	text := n.Word + ": " + n.Claim
	if n.Disagree > 0 {
		text = fmt.Sprintf("%s: the tenant disagreed about %s of %s that were drawn; %s", n.Word, Count(n.Disagree), countNoun(n.Sampled, "identity", "identities"), n.Claim)
	}
	if len(n.Caveats) > 0 {
		text += ". " + strings.Join(n.Caveats, " ")
	}
	return []labelledText{{"Cross-check", text}}
}
