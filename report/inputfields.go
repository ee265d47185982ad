package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The inputs of a document as labels with text.

func runDigestField(n *Notes) [2]string {
	return [2]string{"Run digest", orText(n.RunDigest, "not computed: an input has no digest")}
}

func policyFields(p PolicyInput) [][2]string {
	return [][2]string{
		{"Policy", orText(p.Name, "(no name)")},
		{"Policy id", orText(p.ID, "not known")},
		{"Version", versionText(p)},
		{"Version SHA-256", orText(p.SHA256, "not computed")},
	}
}

func profilesFields(p ProfilesInput) [][2]string {
	return [][2]string{{"Access profiles", Count(p.Count)}, {"Access profiles SHA-256", orText(p.SHA256, "none")}}
}

func populationFields(p PopulationInput) [][2]string {
	return [][2]string{
		{"Population", fmt.Sprintf("%s: %s, %s excluded", p.Path, countNoun(p.Identities, "identity", "identities"), Count(p.Excluded))},
		{"Population SHA-256", orText(p.SHA256, "not computed")},
	}
}

// hasGrants tells whether a file said what is held today.
func hasGrants(other []OtherInput) bool {
	return slices.ContainsFunc(other, func(o OtherInput) bool { return o.Kind == "grants" })
}

func otherFields(other []OtherInput) [][2]string {
	out := [][2]string{}
	for _, o := range other {
		out = append(out, [2]string{"File: " + o.Kind, o.Path}, [2]string{"File: " + o.Kind + " SHA-256", orText(o.SHA256, "not computed")})
	}
	return out
}

func runFields(h *Header) [][2]string {
	return [][2]string{{"As of", h.AsOf}, {"Semantics", h.Semantics}, {"Tool", "lcmsim " + h.ToolVersion}}
}

// settingsFields are the choices behind a result; those that are off are left out.
func settingsFields(s Settings) [][2]string {
	fields := [][2]string{{"Gate on", cmp.Or(strings.Join(s.FailOn, ", "), "nothing")}}
	for _, f := range []struct {
		label, text string
		on          bool
	}{
		{"Active attribute", s.ActiveAttribute, s.ActiveAttribute != ""},
		{"Cohorts asked for", strings.Join(s.Cohorts, ", "), len(s.Cohorts) > 0},
		{"Attribution to edits", "yes", s.Attribution},
		{"Strict reading of exports", "yes", s.Strict},
		{"Exit code 2 on changes", "yes", s.DetailedExitcode},
		{"No change is expected", "yes", s.ExpectNoChanges},
	} {
		if f.on {
			fields = append(fields, [2]string{f.label, f.text})
		}
	}
	return fields
}

// inputTable lists what a run with one side was given.
func inputTable(fields [][2]string) table {
	return table{
		name:    "Inputs",
		note:    "What the run was given.",
		empty:   "No inputs.",
		columns: []tableColumn{{"Input", 34, kindText}, {"Value", 80, kindID}},
		rows:    len(fields),
		row:     func(i int) []any { return []any{fields[i][0], fields[i][1]} },
	}
}

// versionText is a version number with its state.
func versionText(p PolicyInput) string {
	text := "not numbered"
	if p.Version != nil {
		text = strconv.Itoa(*p.Version)
	}
	return strings.TrimSpace(text + " " + orText(p.VersionState, ""))
}
