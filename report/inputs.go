package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// Inputs says what a simulation ran on.
type Inputs struct {
	Snapshot   *string         `json:"snapshot"` // the directory as the user named it; null = parts were given one by one
	Policy     PolicyInput     `json:"policy"`
	Profiles   ProfilesInput   `json:"profiles"`
	Population PopulationInput `json:"population"`
	Other      []OtherInput    `json:"other"` // sorted by kind, then path
}

// DiffInputs says what a diff ran on.
type DiffInputs struct {
	Snapshot *string      `json:"snapshot"` // see Inputs
	From     SideInputs   `json:"from"`
	To       SideInputs   `json:"to"`
	Other    []OtherInput `json:"other"` // sorted by kind, then path
}

// SideInputs is one side of a diff. A part that the side does not have is null or 0.
type SideInputs struct {
	Policy     PolicyInput      `json:"policy"`
	Profiles   ProfilesInput    `json:"profiles"`
	Population *PopulationInput `json:"population"` // null = none
}

// PolicyInput is the policy version that was evaluated. SHA256 is that of the version.
type PolicyInput struct {
	ID           *string `json:"id"`
	Name         *string `json:"name"`
	Version      *int    `json:"version"`
	VersionState *string `json:"version_state"`
	State        *string `json:"state"`
	SHA256       *string `json:"sha256"`
}

// ProfilesInput is the export of access profiles.
type ProfilesInput struct {
	Count  int     `json:"count"`
	SHA256 *string `json:"sha256"`
}

// PopulationInput is the population.
type PopulationInput struct {
	Path       string  `json:"path"` // as the user named it
	Identities int     `json:"identities"`
	Excluded   int     `json:"excluded"` // records of another entity_type
	SHA256     *string `json:"sha256"`   // null unless asked for, or a report is written
}

// OtherInput is a further file that the result depends on.
type OtherInput struct {
	Kind   string  `json:"kind"` // schema, grants, history, config, ...
	Path   string  `json:"path"`
	SHA256 *string `json:"sha256"`
}

// newPolicyInput describes a version of a policy; nil = none.
func newPolicyInput(p *engine.Policy, v *engine.Version) PolicyInput {
	var out PolicyInput
	if p != nil {
		out.ID, out.Name, out.State = known(p.ID), known(p.Name), known(p.State)
	}
	if v != nil {
		out.Version, out.VersionState, out.SHA256 = knownInt(v.Number, 0), known(v.State), known(v.SHA256)
	}
	return out
}

// newProfilesInput describes an export of access profiles; nil = none.
func newProfilesInput(c *engine.Catalog) ProfilesInput {
	if c == nil {
		return ProfilesInput{}
	}
	return ProfilesInput{Count: len(c.Profiles), SHA256: known(c.SHA256)}
}

// valid is p with a path that JSON can carry.
func (p PopulationInput) valid() PopulationInput {
	p.Path = strings.ToValidUTF8(p.Path, "\ufffd")
	return p
}

func newOtherInputs(other []OtherInput) []OtherInput {
	other = slices.Clone(list(other))
	for i := range other {
		other[i].Path = strings.ToValidUTF8(other[i].Path, "\ufffd")
	}
	slices.SortStableFunc(other, func(a, b OtherInput) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Path, b.Path))
	})
	return other
}

// withoutPaths is in without the places of its files; false when one of them was read without its digest.
func (in Inputs) withoutPaths() (Inputs, bool) {
	other, complete := withoutPaths(in.Other)
	in.Snapshot, in.Population.Path, in.Other = nil, "", other
	return in, complete && in.Population.SHA256 != nil && in.Policy.SHA256 != nil
}

// withoutPaths is in without the places of its files; false when one of them was read without its digest.
func (in DiffInputs) withoutPaths() (DiffInputs, bool) {
	other, complete := withoutPaths(in.Other)
	in.Snapshot, in.Other = nil, other
	for _, side := range []*SideInputs{&in.From, &in.To} {
		if side.Population != nil {
			population := *side.Population
			population.Path = ""
			side.Population = &population
			complete = complete && population.SHA256 != nil
		}
		complete = complete && (side.Policy == PolicyInput{} || side.Policy.SHA256 != nil)
	}
	return in, complete
}

func withoutPaths(other []OtherInput) ([]OtherInput, bool) {
	other, complete := slices.Clone(other), true
	for i := range other {
		other[i].Path = ""
		complete = complete && other[i].SHA256 != nil
	}
	return other, complete
}

// runDigest identifies what a result stands for: tool version, as-of, semantics, rules, and what the run was given:
// the digests of all inputs, but not where the files lay.
func runDigest(h Header, given ...any) *string {
	digest := jsonDigest(append([]any{h.Schema, h.ToolVersion, h.AsOf, h.Semantics, h.Rules}, given...))
	return &digest
}

// jsonDigest is the SHA-256, in hex, of the JSON of structs, lists, strings, integers and maps of strings.
func jsonDigest(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic("report: inputs do not marshal: " + err.Error()) // such values always do
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
