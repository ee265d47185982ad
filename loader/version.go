package loader

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// readVersions reads policy_versions.json: versions in any envelope. A refused one is left out.
func (s *source) readVersions(root *node) []*engine.Version {
	items, _ := s.open(root)
	var out []*engine.Version
	for _, item := range items {
		switch {
		case item.kind == nodeObject && item.has("current_version"):
			s.fail(item, "give it as the policy", "is a policy, want a policy version")
		case item.kind == nodeObject && !item.has("config") && !item.has("version_number"):
			s.fail(item, `want {"values": [{"policy_id", "version_number", "state", "config"}]}`, "is no policy version")
		default:
			if v := s.readVersion(item); v != nil {
				out = append(out, v)
			}
		}
	}
	return out
}

// versionKey names a version of a policy.
type versionKey struct {
	policy *engine.Policy
	number int
}

// attach gives a version to its policy: as the current one when the policy has none and the version is published,
// otherwise beside it. known holds what was attached before: of two versions with one number the first counts.
func (s *source) attach(p *engine.Policy, v *engine.Version, known map[versionKey]*engine.Version) {
	if v.PolicyID == "" {
		v.PolicyID = p.ID
	}
	key := versionKey{p, v.Number}
	switch other := known[key]; {
	case other == nil && p.Current == nil && v.State == engine.StatePublished:
		p.Current = v
	case other == nil:
		p.Drafts = append(p.Drafts, v)
	case other.SHA256 != v.SHA256:
		s.notes.add(p, fmt.Sprintf("%s %d", v.File, v.Number), engine.Finding{
			Severity: engine.SeverityWarning, Code: "duplicate-version", Position: v.Position,
			Message: fmt.Sprintf("version %d differs from the one in %s, line %d, which is used", v.Number, other.File, other.Line),
			Hint:    "remove the one that is out of date",
		})
		return
	default:
		return
	}
	known[key] = v
}

// attachAll gives every version to the policy with its id; a version without an id, or any version beside a policy
// without an id, belongs to a policy that is alone.
func (s *source) attachAll(policies []*engine.Policy, versions []*engine.Version) {
	byID := map[string]*engine.Policy{}
	known := map[versionKey]*engine.Version{}
	for _, p := range policies {
		if byID[p.ID] == nil {
			byID[p.ID] = p
		}
		if p.Current != nil {
			known[versionKey{p, p.Current.Number}] = p.Current
		}
		for _, v := range p.Drafts {
			known[versionKey{p, v.Number}] = v
		}
	}
	for _, v := range versions {
		p := byID[v.PolicyID]
		if len(policies) == 1 && (v.PolicyID == "" || policies[0].ID == "") {
			p = policies[0]
		} else if v.PolicyID == "" {
			p = nil
		}
		if p == nil {
			s.notes.add(nil, v.File, engine.Finding{
				Severity: engine.SeverityWarning, Code: "unattached-version", Position: v.Position,
				Message: fmt.Sprintf("version %d belongs to policy %q, which is not in the export", v.Number, abridge(v.PolicyID)),
				Hint:    "export that policy too, or remove the version",
			})
			continue
		}
		s.attach(p, v, known)
	}
}

// SelectPolicy picks a policy by id or by name. With an empty want there must be exactly one.
func SelectPolicy(policies []*engine.Policy, want string) (*engine.Policy, error) {
	var hits []*engine.Policy
	for _, p := range policies {
		if want == "" || p.ID == want || p.Name == want {
			hits = append(hits, p)
		}
	}
	if i := slices.IndexFunc(hits, func(p *engine.Policy) bool { return want != "" && p.ID == want }); i >= 0 {
		return hits[i], nil
	}
	switch {
	case len(hits) == 1:
		return hits[0], nil
	case len(policies) == 0:
		return nil, fmt.Errorf("there is no policy")
	case len(hits) == 0:
		return nil, fmt.Errorf("no policy has the name or id %q; there are: %s", want, listPolicies(policies))
	case want == "":
		return nil, fmt.Errorf("there are %d policies, say which one with --policy: %s", len(hits), listPolicies(hits))
	}
	return nil, fmt.Errorf("%d policies are named %q, give the id: %s", len(hits), want, listPolicies(hits))
}

func listPolicies(policies []*engine.Policy) string {
	var names []string
	for _, p := range policies {
		names = append(names, fmt.Sprintf("%q (%s)", p.Name, p.ID))
	}
	slices.Sort(names)
	if more := len(names) - maxProblemsShown; more > 0 {
		names = append(names[:maxProblemsShown], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// SelectVersion picks a version of a policy: "" and "current" the current one, "draft" the one in state DRAFT with the
// highest number, otherwise the one with that number.
func SelectVersion(p *engine.Policy, want string) (*engine.Version, error) {
	all := p.Drafts
	if p.Current != nil {
		all = append([]*engine.Version{p.Current}, all...)
	}
	var chosen *engine.Version
	switch want {
	case "", "current":
		chosen = p.Current
		want = "current version"
	case "draft":
		for _, v := range all {
			if v.State == engine.StateDraft && (chosen == nil || v.Number > chosen.Number) {
				chosen = v
			}
		}
		want = "draft"
	default:
		number, err := strconv.Atoi(want)
		if err != nil {
			return nil, fmt.Errorf("version %q is no number, current or draft", want)
		}
		if i := slices.IndexFunc(all, func(v *engine.Version) bool { return v.Number == number }); i >= 0 {
			chosen = all[i]
		}
		want = "version " + want
	}
	if chosen != nil {
		return chosen, nil
	}
	var there []string
	for _, v := range all {
		text := fmt.Sprintf("%d (%s)", v.Number, v.State)
		if v == p.Current {
			text = fmt.Sprintf("%d (%s, current)", v.Number, v.State)
		}
		there = append(there, text)
	}
	if len(there) == 0 {
		there = []string{"none"}
	}
	return nil, fmt.Errorf("policy %q has no %s; there are: %s", p.Name, want, strings.Join(there, ", "))
}
