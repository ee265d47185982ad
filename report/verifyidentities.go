package report

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// IdentityChanges lists the identities that fare otherwise, up to a cap: in the order of the saved result, then those that it
// does not list.
type IdentityChanges struct {
	Total  int `json:"total"`  // of those that can be compared
	Listed int `json:"listed"` // len(rows)
	Cap    int `json:"cap"`
	// Complete tells that everybody was compared: both lists of identities are whole and say all.
	Complete bool             `json:"complete"`
	Rows     []IdentityChange `json:"rows"`
}

// IdentityChange is an identity with what differs in how it fares, in words.
type IdentityChange struct {
	EntityID string `json:"entity_id"`
	Was      string `json:"was"`
	Now      string `json:"now"`
}

// ClassChanges lists classes, told by what becomes of their identities, that have another size, up to a cap.
type ClassChanges struct {
	Total  int           `json:"total"`
	Listed int           `json:"listed"` // len(rows)
	Rows   []ClassChange `json:"rows"`
}

// ClassChange is a class by one of its identities.
type ClassChange struct {
	Exemplar string `json:"exemplar"`
	Was      int    `json:"was"`
	Now      int    `json:"now"`
}

// compared is what a verification compares of a document.
type compared struct {
	inputs     []inputValue
	numbers    []namedText
	sizes      []string // names of numbers that only say how large the population is
	access     any      // counts by entitlement
	fates      []fate   // of the listed identities
	whole      bool     // all that do not stay as they are, are listed
	detailed   bool     // a fate says all that becomes of an identity
	quiet      string   // how those fare that a whole list does not have
	classes    []classSize
	allClasses bool // all classes are listed
	crosscheck *CrosscheckNote
}

// fate is how an identity fares.
type fate struct {
	id, status string
	lists      []fateList // always the same, in the same order
}

// fateList is one kind of things that become of an identity.
type fateList struct {
	name  string
	items []string
}

// classSize is a class with what becomes of its identities, as one text.
type classSize struct {
	fate, exemplar string
	size           int
}

func comparedOf(d Renderable) *compared {
	var c *compared
	switch d := d.(type) {
	case *Document:
		c = comparedSimulation(d)
	case *DiffDocument:
		c = comparedDiff(d)
	default:
		panic(fmt.Sprintf("report: a %T is not verifiable", d))
	}
	c.inputs = append(headInputs(d.header()), append(c.inputs, findingsInput(d.notes().Diagnostics))...)
	code := strconv.Itoa(d.header().Exit.Code)
	c.numbers = append([]namedText{{"exit code", &code}}, c.numbers...)
	return c
}

func comparedSimulation(d *Document) *compared {
	c := &compared{
		inputs: slices.Concat(policyInputs(d.Inputs.Policy), []inputValue{digestInput("access profiles SHA-256", d.Inputs.Profiles.SHA256)},
			populationInputs(d.Inputs.Population), fileInputs(d.Inputs.Other)),
		numbers:    slices.Concat(summaryNumbers(d.Summary), limitNumbers(d.Limits)),
		sizes:      append(limitSizes(d.Limits), "identities", "matched", "classes"),
		access:     d.Entitlements,
		whole:      d.Identities.Listed == d.Identities.Affected,
		quiet:      "not affected",
		allClasses: len(d.Classes) == d.ClassesTotal,
		crosscheck: d.Crosscheck,
	}
	// The list says how many entitlements an identity gets or loses; which ones is known from its class, and for certain ones only.
	s := d.Summary
	c.detailed = s.Revokes+s.PossibleRevokes+s.PossibleEntitlements == 0
	granted := map[int][]string{}
	for _, class := range d.Classes {
		granted[class.ID] = class.Entitlements
		actions := make([]string, len(class.Actions))
		for i, a := range class.Actions {
			actions[i] = actionText(a)
		}
		c.classes = append(c.classes, classSize{fmt.Sprintf("%q", [][]string{class.Workflows, actions, class.AccessProfileIDs, class.Entitlements}), class.Exemplar, class.Size})
	}
	for _, row := range d.Identities.Rows {
		entitlements, known := granted[row.Class]
		if known = known && len(entitlements) == row.Entitlements; !known {
			c.detailed = false
			entitlements = []string{Count(row.Entitlements) + " of them"}
		}
		c.fates = append(c.fates, fate{row.EntityID, "affected: " + row.Affected, []fateList{
			{"workflows", row.Workflows}, {"actions", row.Actions}, {"access profiles", row.AccessProfileIDs}, {"entitlements", entitlements},
			{"revokes", counted(row.Revokes)},
		}})
	}
	return c
}

// counted is a list of which only the length is known.
func counted(n int) []string {
	if n == 0 {
		return nil
	}
	return []string{Count(n) + " of them"}
}

func comparedDiff(d *DiffDocument) *compared {
	entitlements := slices.Clone(d.Entitlements)
	for i := range entitlements {
		entitlements[i].Unchanged = 0 // grows with a population of which nobody changes
	}
	c := &compared{
		inputs:     slices.Concat(sideInputs(earlierSide, d.Inputs.From), sideInputs(laterSide, d.Inputs.To), fileInputs(d.Inputs.Other)),
		numbers:    slices.Concat(summaryNumbers(d.Summary), limitNumbers(d.Limits)),
		sizes:      append(limitSizes(d.Limits), "identities", "unchanged", "movers", "leavers", "holdings.no_ops", "holdings.drift"),
		access:     slices.DeleteFunc(entitlements, func(e engine.EntitlementChange) bool { return e.Gained+e.Lost+e.Maybe+e.Revoked == 0 }),
		whole:      d.Identities.Listed == d.Identities.Total,
		detailed:   true,
		quiet:      string(engine.StatusUnchanged),
		allClasses: len(d.Classes) == d.ClassesTotal,
		crosscheck: d.Crosscheck,
	}
	for _, class := range d.Classes {
		tagged := []any{class.Status, class.Affected, class.Workflows, class.Actions, class.AccessProfiles, class.Entitlements}
		c.classes = append(c.classes, classSize{fmt.Sprintf("%q", tagged), class.Exemplar, class.Size})
	}
	for _, row := range d.Identities.Rows {
		c.fates = append(c.fates, fate{row.EntityID, string(row.Status), []fateList{
			{"actions gained", actionNames(row.ActionsGained)}, {"actions lost", actionNames(row.ActionsLost)}, {"actions maybe", actionNames(row.ActionsMaybe)},
			{"access profiles gained", row.ProfilesGained}, {"access profiles lost", row.ProfilesLost}, {"access profiles maybe", row.ProfilesMaybe},
			{"entitlements gained", row.EntitlementsGained}, {"entitlements lost", row.EntitlementsLost}, {"entitlements maybe", row.EntitlementsMaybe},
			{"revokes added", row.RevokesAdded}, {"revokes dropped", row.RevokesDropped}, {"affected", []string{row.Affected}},
		}})
	}
	return c
}

// summaryNumbers are the fields of a summary, by their JSON names.
func summaryNumbers(summary any) []namedText {
	var out []namedText
	eachScalar(reflect.ValueOf(summary), "", func(path, text string) { out = append(out, namedText{path, &text}) })
	return out
}

// limitNumbers are what a limit says, but for whom it names as an example: that follows the order of the population. Names begin with
// what they are about, for lists that cut them.
func limitNumbers(limits []engine.LimitResult) []namedText {
	var out []namedText
	for _, l := range limits {
		for _, part := range []struct{ name, text string }{
			{"verdict", string(l.Verdict)}, {"maximum", strconv.FormatFloat(l.Max, 'f', -1, 64)},
			{"at least affected", strconv.Itoa(l.AffectedLow)}, {"at most affected", strconv.Itoa(l.AffectedHigh)}, {"headroom", strconv.Itoa(l.Headroom)},
			{"population", strconv.Itoa(l.Population)}, {"enforced", l.Enforced}, {"basis", l.Basis}, {"stricter", strconv.FormatBool(l.Stricter)},
			{"not seen", strings.Join(l.NotSeen, ", ")}, {"one-time maximum", l.OneTime},
		} {
			out = append(out, namedText{limitNumber(l, part.name), &part.text})
		}
	}
	return out
}

// limitNumber is the name of a number of a limit.
func limitNumber(l engine.LimitResult, name string) string {
	return fmt.Sprintf("%s of %s %q (%s)", name, limitNoun(l), l.Name, l.Kind)
}

// limitSizes are the names of numbers of limits that follow the size of the population: what a percentage allows does.
func limitSizes(limits []engine.LimitResult) []string {
	var out []string
	for _, l := range limits {
		out = append(out, limitNumber(l, "population"))
		if l.Kind == "percent" {
			out = append(out, limitNumber(l, "headroom"), limitNumber(l, "one-time maximum"))
		}
	}
	return out
}

// changedIdentities compares how the listed identities fare. Where a list is cut, whom it lacks is not known; then the sizes of
// classes are compared as well.
func changedIdentities(was, now *compared) (IdentityChanges, ClassChanges) {
	changes := IdentityChanges{Cap: maxVerified, Complete: was.whole && now.whole && was.detailed && now.detailed, Rows: []IdentityChange{}}
	add := func(id, before, after string) {
		changes.Total++
		if changes.Listed < changes.Cap {
			changes.Rows = append(changes.Rows, IdentityChange{EntityID: id, Was: before, Now: after})
			changes.Listed++
		}
	}
	today := make(map[string]int, len(now.fates))
	for i, f := range now.fates {
		today[f.id] = i
	}
	before := make(map[string]bool, len(was.fates))
	for _, f := range was.fates {
		before[f.id] = true
		i, listed := today[f.id]
		switch {
		case listed && !f.equal(&now.fates[i]):
			add(f.id, f.text(&now.fates[i]), now.fates[i].text(&f))
		case !listed && now.whole:
			add(f.id, f.text(nil), now.quiet)
		}
	}
	for _, f := range now.fates {
		if !before[f.id] && was.whole {
			add(f.id, was.quiet, f.text(nil))
		}
	}
	if was.whole && now.whole {
		return changes, ClassChanges{Rows: []ClassChange{}}
	}
	return changes, changedClasses(was, now)
}

// changedClasses compares the sizes of classes that fare alike. A class that a cut list lacks is not compared.
func changedClasses(was, now *compared) ClassChanges {
	changes := ClassChanges{Rows: []ClassChange{}}
	type sizes struct {
		exemplar       string
		was, now       int
		hadWas, hadNow bool
	}
	order := []string{}
	byFate := map[string]*sizes{}
	at := func(c classSize) *sizes {
		if byFate[c.fate] == nil {
			byFate[c.fate] = &sizes{exemplar: c.exemplar}
			order = append(order, c.fate)
		}
		return byFate[c.fate]
	}
	for _, c := range was.classes {
		s := at(c)
		s.was, s.hadWas = s.was+c.size, true
	}
	for _, c := range now.classes {
		s := at(c)
		s.now, s.hadNow = s.now+c.size, true
	}
	for _, f := range order {
		s := byFate[f]
		if s.was == s.now || !s.hadWas && !was.allClasses || !s.hadNow && !now.allClasses {
			continue
		}
		changes.Total++
		if changes.Listed < maxVerified {
			changes.Rows = append(changes.Rows, ClassChange{Exemplar: s.exemplar, Was: s.was, Now: s.now})
			changes.Listed++
		}
	}
	return changes
}

// gap says why not everybody was compared.
func (c IdentityChanges) gap(was, now *compared) string {
	switch {
	case !was.whole || !now.whole:
		return fmt.Sprintf("The lists of identities are cut: the result lists %s, the re-run %s. Of all others only the sizes of classes and the counts were compared; make the result with a higher --list-identities to compare everybody.",
			Count(len(was.fates)), Count(len(now.fates)))
	default:
		return "A simulation does not list which entitlements are revoked or only possible, nor those of classes beyond the largest: of these only counts were compared."
	}
}

func (f *fate) equal(other *fate) bool {
	return f.status == other.status && slices.EqualFunc(f.lists, other.lists, func(a, b fateList) bool { return slices.Equal(a.items, b.items) })
}

// text is the status of f with the lists in which it differs from other; all that are not empty where other is nil.
func (f *fate) text(other *fate) string {
	parts := []string{f.status}
	for i, l := range f.lists {
		switch {
		case other == nil && len(l.items) == 0, other != nil && slices.Equal(l.items, other.lists[i].items):
		case len(l.items) == 0:
			parts = append(parts, l.name+" none")
		default:
			parts = append(parts, l.name+" "+someOf(l.items))
		}
	}
	return strings.Join(parts, "; ")
}

// someOf names the first items of a list.
func someOf(items []string) string {
	const named = 3
	if rest := len(items) - named; rest > 0 {
		return strings.Join(items[:named], ", ") + " and " + Count(rest) + " more"
	}
	return strings.Join(items, ", ")
}
