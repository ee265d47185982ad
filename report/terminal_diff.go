package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// writeDiffTerminal writes a summary of what changes that fits one screen: changes only, the greatest loss first. First
// and last line carry the verdict and the exact counts; a list that is cut says so in its title.
func writeDiffTerminal(w io.Writer, d *DiffDocument, opt TerminalOptions) error {
	const findingLines = 5
	t := newTerminal(&d.Header, &d.Notes, opt)
	sections := []section{
		workflowChangeSection(d.Workflows),
		changeSection("ACTIONS", 3, d.Actions, actionChange, func(a engine.ActionChange) string { return fmt.Sprintf("%s (%s)", a.Name, a.Effect) }),
		changeSection("ACCESS PROFILES", 2, d.AccessProfiles, profileChange, func(p engine.ProfileChange) string { return orText(p.Name, p.ID) }),
		changeSection("ENTITLEMENTS", 2, d.Entitlements, entitlementChange, func(e engine.EntitlementChange) string {
			return entitlementText(e.Name, e.EntityID, e.EntityType, e.DatasourceID)
		}),
	}
	for _, s := range []section{cohortSection(d.Cohorts), editSection(d)} {
		if len(s.rows) > 0 {
			sections = append(sections, s)
		}
	}
	var attribution []string
	if text := attributionText(d); text != "" {
		attribution = t.paragraph("ATTRIBUTION", text, 2-len(t.crosscheck(d.Crosscheck)))
	}
	return t.write(w, diffHeader(t, d), sections, attribution, t.limits(d.Limits), t.notDefault(), t.findings(findingLines-len(t.crosscheck(d.Crosscheck))), t.end())
}

func diffHeader(t terminal, d *DiffDocument) []string {
	from, to := d.Inputs.From, d.Inputs.To
	s := d.Summary
	unchanged := fmt.Sprintf("%s of %s in %s", Count(s.Unchanged), countNoun(s.Identities, "identity", "identities"), countNoun(d.ClassesTotal, "class", "classes"))
	if s.Movers != nil {
		unchanged += ", " + countNoun(*s.Movers, "mover", "movers")
	}
	if s.Leavers != nil {
		unchanged += ", " + countNoun(*s.Leavers, "leaver", "leavers")
	}
	fields := [][2]string{
		{"Policy", policyName(to.Policy)},
		t.stateField(to.Policy),
		{"From", fromText(d)},
		{"To", sideText(to)},
		{"Baseline", baselineText(d)},
		t.runField(),
		{"Digests", fmt.Sprintf("policy %s to %s", digestOf(from.Policy), digestOf(to.Policy))},
		{"", "population " + populationDigests(from, to)},
		{"Unchanged", unchanged},
	}
	if h := s.Holdings; h != nil {
		fields = append(fields, [2]string{"Held today", fmt.Sprintf("+%s grants, %s held already, -%s revokes, %s drift, %s maybe",
			Count(h.RealGrants), Count(h.NoOps), Count(h.Revokes), Count(h.Drift), Count(h.Maybe))})
	}
	return slices.Concat([]string{t.verdict()}, t.crosscheck(d.Crosscheck), t.fields(fields))
}

// sideText says what one side of a diff is: a version and a population.
func sideText(s SideInputs) string {
	text := "version " + versionText(s.Policy)
	if p := s.Population; p != nil {
		text += ", " + countNoun(p.Identities, "identity", "identities") + " from " + p.Path
	}
	return text
}

// fromText says what the earlier side is, and of which policy if it is another one.
func fromText(d *DiffDocument) string {
	from := d.Inputs.From
	switch {
	case from.Policy == PolicyInput{} && from.Population == nil:
		return "no policy version"
	case from.Policy == PolicyInput{}:
		return "no policy version, " + countNoun(from.Population.Identities, "identity", "identities") + " from " + from.Population.Path
	case orText(from.Policy.ID, "") != orText(d.Inputs.To.Policy.ID, ""):
		return orText(from.Policy.Name, "(no name)") + ", " + sideText(from) + ", policy " + orText(from.Policy.ID, "without an id")
	}
	return sideText(from)
}

func digestOf(p PolicyInput) string {
	if p == (PolicyInput{}) {
		return "none"
	}
	return shortDigest(p.SHA256)
}

// populationDigests are those of both sides, or the one that they share.
func populationDigests(from, to SideInputs) string {
	digests := []string{}
	for _, side := range []SideInputs{from, to} {
		if side.Population != nil {
			digests = append(digests, shortDigest(side.Population.SHA256))
		}
	}
	if len(digests) == 2 && digests[0] == digests[1] {
		digests = digests[:1]
	}
	return cmp.Or(strings.Join(digests, " to "), "none")
}

// workflowChangeSection lists workflows: whom their triggers lose and gain, and whose actions of theirs change.
func workflowChangeSection(workflows []engine.WorkflowChange) section {
	s := section{title: "WORKFLOWS", empty: "no change", least: 2, columns: []column{{"lost", 9, true}, {"gained", 9, true}, {"acts alter", 11, true}}}
	for _, w := range changesOnly(workflows, workflowChange) {
		name := brief(w.Name)
		if w.Maybe > 0 {
			name += " (" + Count(w.Maybe) + " maybe)"
		}
		s.rows = append(s.rows, []string{name, Count(w.Lost), Count(w.Gained), Count(w.Changed)})
	}
	return s
}

// changeSection lists what changes, the greatest loss first.
func changeSection[T any](title string, least int, items []T, of func(T) change, name func(T) string) section {
	s := section{title: title, empty: "no change", least: least, columns: []column{{"lost", 9, true}, {"gained", 9, true}, {"maybe", 9, true}}}
	for _, item := range changesOnly(items, of) {
		c := of(item)
		s.rows = append(s.rows, []string{brief(name(item)), Count(c.lost), Count(c.gained), Count(c.maybe)})
	}
	return s
}

func cohortSection(cohorts []engine.CohortLift) section {
	s := section{title: "COHORTS HIT", least: 2, columns: []column{{"hit", 9, true}, {"of", 9, true}, {"share", 10, true}, {"overall", 10, true}}}
	for _, c := range cohorts {
		s.rows = append(s.rows, []string{
			brief(c.Attribute + " = " + c.Value), Count(c.Lost), Count(c.Size), shareText(c.Share), shareText(c.OverallShare),
		})
	}
	return s
}

func editSection(d *DiffDocument) section {
	a := d.Attribution
	s := section{title: "EDITS", least: 2, total: a.EditsTotal, columns: []column{{"alone", 9, true}, {"maybe", 9, true}, {"without", 9, true}}}
	for _, e := range editsByReach(d) {
		alone, maybe, without := "-", "-", "-"
		if a.Attributed {
			alone, maybe, without = Count(e.Alone), Count(e.Maybe), Count(e.Without)
		}
		s.rows = append(s.rows, []string{brief(e.Edit), alone, maybe, without})
	}
	return s
}
