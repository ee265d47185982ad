package loader

import (
	"slices"

	"github.com/lcmsim/lcmsim/engine"
)

// PolicyFile is one side of a comparison: the policies of another snapshot, or of a JSON file. Positions name files by
// their path.
type PolicyFile struct {
	Dir           string // "" = a file alone
	Policies      []*engine.Policy
	Catalog       engine.Catalog // Given only when the directory has access profiles
	Config        Config         // of the directory's lcmsim.yaml
	Manifest      Manifest       // of the directory
	HasIdentities bool           // the directory has a population too, which is not looked at

	notes notes
}

// Findings is as Snapshot.Findings.
func (f *PolicyFile) Findings(p *engine.Policy, versions ...*engine.Version) []engine.Finding {
	return f.notes.about(p, versions)
}

// OpenPolicyFile reads policies at path: a snapshot directory, of which the population may be missing, or a JSON file
// with a policy, a list of policies, a version, a list of versions or a config. enums apply unless the directory has
// its own. A version without its policy becomes one of a policy that has no name and the id that the version gives; if
// it is the only one, it is the current one. An error is a *Problems.
func OpenPolicyFile(path string, enums Enums, opt Options) (*PolicyFile, error) {
	o, isDir := openerAt(path, opt)
	if isDir {
		o.readManifest(func(name string) bool {
			return slices.Contains([]string{"policies.json", "policy_versions.json", "access_profiles.json", "lcmsim.yaml"}, name)
		})
		o.readConfig()
	}
	if o.snap.Config.Enums == nil {
		o.snap.Config.Enums = enums
	}
	if isDir {
		o.readPolicies()
		o.readProfiles()
		o.noteIgnored()
	} else {
		o.readPolicyFile(path)
	}
	if err := o.problems.err(); err != nil {
		return nil, err
	}
	s := o.snap
	return &PolicyFile{
		Dir: s.Dir, Policies: s.Policies, Catalog: s.Catalog, Config: s.Config, Manifest: s.Manifest,
		HasIdentities: isDir && len(o.populations("", "identities")) > 0,
		notes:         s.notes,
	}, nil
}

// readPolicyFile reads policies and versions from one JSON file.
func (o *opener) readPolicyFile(path string) {
	path, file := o.find(path, "policies.json")
	root := o.tree(path, file)
	if root == nil {
		return
	}
	before := len(o.problems.List)
	o.snap.Policies = o.source(file).readPoliciesAndVersions(root)
	if len(o.snap.Policies) == 0 && len(o.problems.List) == before {
		o.problems.add(engine.Position{File: file}, hintExport, "holds no policy")
	}
}

// readPoliciesAndVersions reads policies in any envelope, and versions among them or without them. A version that
// stands alone is read as readPolicies does.
func (s *source) readPoliciesAndVersions(root *node) []*engine.Policy {
	items, beside := s.open(root)
	if len(items) < 2 {
		return s.policies(items, beside)
	}
	var rest []*node
	var versions []*engine.Version
	known := map[string]bool{}
	for _, n := range items {
		if n.kind != nodeObject || n.has("current_version") || !n.has("config") && !n.has("version_number") {
			rest = append(rest, n)
		} else if v := s.readVersion(n); v != nil {
			versions = append(versions, v)
		}
	}
	policies := s.policies(rest, beside)
	for _, p := range policies {
		known[p.ID] = true
	}
	owned := len(policies) > 0 || slices.ContainsFunc(versions, func(v *engine.Version) bool { return v.PolicyID != "" })
	var bare []*engine.Policy
	for _, v := range versions {
		if known[v.PolicyID] || v.PolicyID == "" && owned {
			continue // attachAll finds its policy
		}
		known[v.PolicyID] = true
		bare = append(bare, &engine.Policy{ID: v.PolicyID, State: enumNames[EnumPolicyState][0], Position: v.Position})
	}
	policies = append(policies, bare...)
	s.attachAll(policies, versions)
	for _, p := range bare {
		if p.Current == nil && len(p.Drafts) == 1 {
			p.Current, p.Drafts = p.Drafts[0], nil
		}
	}
	return policies
}
