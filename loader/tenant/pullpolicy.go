package tenant

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/lcmsim/lcmsim/scimeval"
)

// notFound says that something which was asked for by name is not in the tenant.
type notFound struct{ message string }

func (n *notFound) Error() string { return n.message }

// listed is what a pull has to know of a policy.
type listed struct {
	id, name       string
	current, draft int  // version numbers; 0 = none
	hasConfig      bool // of the current version
}

func readListed(policy jsontext.Value) (listed, error) {
	fields, err := members(policy)
	if err != nil {
		return listed{}, fmt.Errorf("the listing of policies has an item that is no policy: %w", err)
	}
	l := listed{
		id: plainText(fields["id"]), name: plainText(fields["name"]),
		current: versionNumber(fields["current_version_number"]), draft: versionNumber(fields["draft_version_number"]),
	}
	if version, err := members(fields["current_version"]); err == nil {
		l.hasConfig = version["config"] != nil
		if l.current == 0 {
			l.current = versionNumber(version["version_number"])
		}
	}
	return l, nil
}

// versionNumber is the number of a version, a number or a string; 0 = there is none.
func versionNumber(v jsontext.Value) int {
	n, err := strconv.Atoi(plainText(v))
	if err != nil {
		return 0
	}
	return n
}

// choose keeps the policy that is wanted.
func (p *pull) choose(policies []jsontext.Value) ([]jsontext.Value, error) {
	if len(policies) == 0 {
		return nil, &notFound{"the tenant lists no policy: check that the token may read Lifecycle Management policies"}
	}
	var byID, byName []jsontext.Value
	var names, ids []string
	for _, policy := range policies {
		l, err := readListed(policy)
		if err != nil {
			return nil, err
		}
		names, ids = append(names, l.name), append(ids, l.id)
		if l.id == p.opt.Policy {
			byID = append(byID, policy)
		}
		if l.name == p.opt.Policy {
			byName = append(byName, policy)
		}
	}
	switch {
	case p.opt.Policy == "":
		return policies, nil
	case len(byID) > 0:
		return byID, nil
	case len(byName) == 1:
		return byName, nil
	case len(byName) > 1:
		return nil, &notFound{fmt.Sprintf("%d policies are named %q: give the id", len(byName), harmless(p.opt.Policy, maxExcerpt))}
	}
	if near := scimeval.NearestFew(p.opt.Policy, slices.Concat(names, ids)); len(near) > 0 {
		return nil, &notFound{fmt.Sprintf("no policy has the name or id %q; did you mean %s?", harmless(p.opt.Policy, maxExcerpt), quotedFew(near))}
	}
	slices.Sort(names)
	return nil, &notFound{fmt.Sprintf("no policy has the name or id %q; there are: %s", harmless(p.opt.Policy, maxExcerpt), quotedFew(names))}
}

// quotedFew lists the first texts in quotes.
func quotedFew(texts []string) string {
	const most = 10
	var out []string
	for _, s := range texts[:min(most, len(texts))] {
		out = append(out, strconv.Quote(harmless(s, maxExcerpt)))
	}
	if more := len(texts) - most; more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(out, ", ")
}

// complete asks for single policies where the listing does not say everything: the config of the current version, or a
// draft. No call is documented that reads a version; an answer about a single policy may have one beside the policy.
func (p *pull) complete(ctx context.Context, policies []jsontext.Value) (whole, versions []jsontext.Value, err error) {
	for _, policy := range policies {
		l, err := readListed(policy)
		if err != nil {
			return nil, nil, err
		}
		p.out.Policies = append(p.out.Policies, l.name)
		hasDraft := l.draft > 0 && l.draft != l.current
		if !l.hasConfig || hasDraft {
			value, version, err := p.single(ctx, l.id)
			if err != nil {
				return nil, nil, err
			}
			if full, err := readListed(value); err == nil && full.hasConfig && !l.hasConfig {
				policy, l.hasConfig = value, true
			}
			if number, ok := p.ownVersion(l, version); ok && (number != l.current || !l.hasConfig) {
				versions = append(versions, withPolicyID(version, l.id))
				hasDraft = hasDraft && number != l.draft
			}
		}
		if !l.hasConfig {
			p.warn("policy %s: the tenant does not say what its current version does; it cannot be simulated", strconv.Quote(harmless(l.name, maxExcerpt)))
		}
		if hasDraft {
			p.note("policy %s: its draft, version %d, cannot be read through the documented API: export it by hand into policy_versions.json",
				strconv.Quote(harmless(l.name, maxExcerpt)), l.draft)
		}
		whole = append(whole, policy)
	}
	return whole, versions, nil
}

// single asks for one policy. Both results are nil when the tenant does not answer about it.
func (p *pull) single(ctx context.Context, id string) (value, version jsontext.Value, err error) {
	if CheckID(id) != nil {
		return nil, nil, nil
	}
	name := "policy-" + id + ".json"
	var answer jsontext.Value
	known, err := p.partial.read(name, &answer)
	if err != nil {
		return nil, nil, err
	}
	if !known {
		answer, err = p.client.get(ctx, pathPolicies+"/"+id, nil)
		if isStatus(err, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented) {
			p.warn("policy %s could not be asked for alone: %v", id, err)
			return nil, nil, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if err := p.partial.write(name, answer); err != nil {
			return nil, nil, err
		}
	}
	fields, err := members(answer)
	if err != nil {
		return nil, nil, nil // no policy: as if it had not been answered; the caller says what is missing
	}
	if fields["value"] == nil {
		return answer, nil, nil
	}
	return fields["value"], fields["version"], nil
}

// ownVersion is the number of a version with a config that belongs to the policy.
func (p *pull) ownVersion(l listed, version jsontext.Value) (number int, ok bool) {
	if version == nil {
		return 0, false
	}
	fields, err := members(version)
	if err != nil || fields["config"] == nil {
		return 0, false
	}
	owner := plainText(fields["policy_id"])
	return versionNumber(fields["version_number"]), owner == "" || owner == l.id
}

// withPolicyID is a version that says whose it is.
func withPolicyID(version jsontext.Value, id string) jsontext.Value {
	if fields, err := members(version); err != nil || fields["policy_id"] != nil {
		return version
	}
	name, err := jsontext.AppendQuote(nil, id)
	if err != nil {
		return version
	}
	return append(append(append([]byte(`{"policy_id":`), name...), ','), version[1:]...)
}
