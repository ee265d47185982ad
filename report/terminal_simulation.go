package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/lcmsim/lcmsim/engine"
)

// writeSimulationTerminal writes a summary that fits one screen. First and last line carry the verdict and the exact counts; a
// list that is cut says so in its title.
func writeSimulationTerminal(w io.Writer, d *Document, opt TerminalOptions) error {
	const findingLines = 9
	t := newTerminal(&d.Header, &d.Notes, opt)
	return t.write(w, simulationHeader(t, d),
		[]section{workflowSection(d.Workflows), actionSection(d.Actions), profileSection(d.AccessProfiles), entitlementSection(d.Entitlements)},
		t.limits(d.Limits), t.sensitivity(d.Sensitivity), t.notDefault(), t.findings(findingLines-len(t.crosscheck(d.Crosscheck))), t.end())
}

func simulationHeader(t terminal, d *Document) []string {
	p, in := d.Inputs.Policy, d.Inputs
	population := fmt.Sprintf("%s in %s from %s", countNoun(in.Population.Identities, "identity", "identities"),
		countNoun(d.ClassesTotal, "class", "classes"), in.Population.Path)
	if in.Population.Excluded > 0 {
		population += ", " + Count(in.Population.Excluded) + " excluded"
	}

	return slices.Concat([]string{t.verdict()}, t.crosscheck(d.Crosscheck), t.fields([][2]string{
		t.policyField(p),
		t.stateField(p),
		{"Population", population},
		t.runField(),
		{"Digests", fmt.Sprintf("policy %s, profiles %s, population %s", shortDigest(p.SHA256), shortDigest(in.Profiles.SHA256), shortDigest(in.Population.SHA256))},
	}))
}

func workflowSection(workflows []engine.WorkflowResult) section {
	s := section{title: "WORKFLOWS", least: 6, columns: []column{{"matched", 11, true}, {"unknown", 9, true}}}
	for _, w := range workflows {
		name := brief(w.Name)
		if w.Skipped {
			name += " (skipped: " + brief(w.State) + ")"
		}
		s.rows = append(s.rows, []string{name, Count(w.Matched), Count(w.Unknown)})
	}
	return s
}

// actionSection lists those that deactivate first, then by reach.
func actionSection(actions []engine.ActionResult) section {
	s := section{title: "ACTIONS", least: 5, columns: []column{{"effect", 10, false}, {"planned", 11, true}, {"possible", 9, true}}}
	for _, a := range actionsByWeight(actions) {
		name := brief(a.Name)
		switch {
		case a.Skipped:
			name += " (skipped)"
		case a.Done > 0:
			name += " (" + Count(a.Done) + " done before)"
		}
		s.rows = append(s.rows, []string{name, brief(string(a.Effect)), Count(a.Planned), Count(a.Possible)})
	}
	return s
}

// actionsByWeight are the actions that deactivate, then the others, each by reach.
func actionsByWeight(actions []engine.ActionResult) []engine.ActionResult {
	actions = slices.Clone(actions)
	deactivatesFirst := func(a engine.ActionResult) int {
		if a.Effect == engine.EffectDeactivate {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(actions, func(a, b engine.ActionResult) int {
		return cmp.Or(cmp.Compare(deactivatesFirst(a), deactivatesFirst(b)), cmp.Compare(b.Planned+b.Possible, a.Planned+a.Possible))
	})
	return actions
}

// profileSection lists those that are withheld from somebody first, then by reach.
func profileSection(profiles []engine.ProfileResult) section {
	s := section{title: "ACCESS PROFILES", least: 3, columns: []column{{"direct", 9, true}, {"inherited", 9, true}, {"withheld", 14, false}}}
	profiles = slices.Clone(profiles)
	withheldFirst := func(p engine.ProfileResult) int {
		if p.Withheld != nil && p.Direct+p.Inherited > 0 {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(profiles, func(a, b engine.ProfileResult) int {
		return cmp.Or(cmp.Compare(withheldFirst(a), withheldFirst(b)), cmp.Compare(b.Direct+b.Inherited, a.Direct+a.Inherited))
	})
	for _, p := range profiles {
		s.rows = append(s.rows, []string{
			brief(orText(p.Name, p.ID)), Count(p.Direct), Count(p.Inherited), brief(orText(p.Withheld, "")),
		})
	}
	return s
}

func entitlementSection(entitlements []engine.EntitlementResult) section {
	s := section{title: "ENTITLEMENTS", least: 3, columns: []column{{"granted", 11, true}, {"possible", 9, true}, {"revoked", 9, true}}}
	entitlements = slices.Clone(entitlements)
	slices.SortStableFunc(entitlements, func(a, b engine.EntitlementResult) int {
		return cmp.Compare(b.Granted+b.Revoked, a.Granted+a.Revoked)
	})
	for _, e := range entitlements {
		s.rows = append(s.rows, []string{
			entitlementText(e.Name, e.EntityID, e.EntityType, e.DatasourceID),
			Count(e.Granted), Count(e.Possible), Count(e.Revoked),
		})
	}
	return s
}

// entitlementText names an entitlement on one line.
func entitlementText(name *string, id, entityType, datasource string) string {
	return brief(fmt.Sprintf("%s (%s, %s)", orText(name, id), entityType, datasource))
}

// policyName is the name of a policy with its id.
func policyName(p PolicyInput) string {
	text := orText(p.Name, "(no name)")
	if p.ID != nil {
		text += " (" + *p.ID + ")"
	}
	return text
}
