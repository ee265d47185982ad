package report

import (
	"fmt"
	"html/template"
	"strings"
)

// htmlPage is what the template page lays out. All texts in it and below it are cut.
type htmlPage struct {
	Title    string
	Policy   string // Content-Security-Policy
	Style    template.CSS
	Script   template.JS
	Heading  string
	Facts    []string
	Tone     string // a class: bad doubt plain good
	Verdict  VerdictLine
	Exit     int
	First    htmlFirst
	Sections []htmlSection
}

// htmlSection is a part of the page below the first screen. It shows what it has, in the order of its fields.
type htmlSection struct {
	ID, Title, Nav string
	Texts          []string
	Items          []string
	From           int // number of the first item; 0 = they have none
	Numbers        []htmlNumber
	Fields         [][2]string
	Chart          *barChart
	Flow           *flowPicture
	Classes        *htmlClasses
	Examples       []htmlExample
	Table          *htmlTable
	Code           string
}

// htmlNumber is a count with its label.
type htmlNumber struct{ Label, Text string }

// newHTMLPage lays out d.
func newHTMLPage(d Renderable) *htmlPage {
	o := d.outline()
	a := pageAssets()
	v := o.notes.Verdict
	p := &htmlPage{
		Title:   cut(v.Word, maxLabel) + ": " + cut(o.heading(), maxLabel),
		Policy:  a.policy,
		Style:   a.style,
		Script:  a.script,
		Heading: cut(o.heading(), maxLabel),
		Facts:   htmlFacts(&o),
		Tone:    map[tone]string{toneBad: "bad", toneDoubt: "doubt", tonePlain: "plain", toneGood: "good"}[toneOf(v.Word)],
		Verdict: VerdictLine{Word: cut(v.Word, maxLabel), Sentence: cut(v.Sentence, maxSentence), ForApprover: cut(v.ForApprover, maxSentence)},
		Exit:    o.head.Exit.Code,
		First:   newHTMLFirst(d, &o),
	}
	if p.Verdict.ForApprover == "" {
		p.Verdict.ForApprover, p.Verdict.Sentence = p.Verdict.Sentence, ""
	}
	p.Sections = htmlSections(d, &o)
	return p
}

// htmlFacts say in a line what the page is about.
func htmlFacts(o *outline) []string {
	run := "run digest not computed"
	if o.notes.RunDigest != nil {
		run = "run " + shortDigest(o.notes.RunDigest)
	}
	facts := []string{
		o.sides, orText(o.policy.State, "state not known") + ": " + o.notes.PolicyStateMeaning, "as of " + o.head.AsOf, run, "lcmsim " + o.head.ToolVersion,
	}
	return cutAll(facts, maxLabel, len(facts))
}

// htmlSections are the parts of the page: what changes, who, why, and what it rests on.
func htmlSections(d Renderable, o *outline) []htmlSection {
	charts, room := barCharts(d), newTableRoom(len(o.tables)+1)
	classes := newHTMLClasses(d)
	listed := classes.listed()
	tableSection := func(t table) htmlSection {
		return htmlSection{ID: sectionID(t.name), Title: t.name, Nav: t.name, Chart: charts[t.name], Table: newHTMLTable(t, room, listed)}
	}

	sections := htmlStart(o)
	if len(o.limits) > 0 {
		s := tableSection(limitTable(o.limits, true, o.people))
		s.Title = limitsTitle
		sections = append(sections, s)
		if unseen := notSeen(o.limits); len(unseen) > 0 {
			sections = append(sections, htmlSection{ID: "unseen", Title: notSeenTitle, Items: cutAll(unseen, maxSentence, maxSentences)})
		}
	}
	inputs := htmlSection{ID: "inputs", Title: o.inputsTitle, Nav: "Inputs", Fields: cutFields(o.inputs, maxFields)}
	for _, t := range o.tables {
		switch t.name {
		case "Identities":
			sections = append(sections, htmlWays(d, classes)...)
			sections = append(sections, tableSection(t))
		case "Inputs":
			inputs.Table = newHTMLTable(t, room, listed)
		default:
			sections = append(sections, tableSection(t))
		}
	}
	sections = append(sections, htmlNext(d)...)
	return append(sections, inputs,
		htmlSection{ID: "assumptions", Title: "What the numbers take for granted", Items: cutAll(o.notes.Assumptions, maxSentence, maxSentences)})
}

// sectionID is the id of the section of a list.
func sectionID(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", "-") }

// htmlStart is what the first screen has no room for.
func htmlStart(o *outline) []htmlSection {
	var sections []htmlSection
	if look := o.notes.LookFirst; len(look) > firstLook {
		sections = append(sections, htmlSection{ID: "look", Title: "What else to look at", Nav: "More", Items: cutAll(look[firstLook:], maxSentence, maxSentences), From: firstLook + 1})
	}
	if reasons := o.head.Exit.Reasons; len(reasons) > firstWhy {
		sections = append(sections, htmlSection{ID: "exit", Title: fmt.Sprintf("Why the exit code is %d", o.head.Exit.Code), Items: cutAll(reasons, maxSentence, maxSentences)})
	}
	counts := htmlSection{ID: "counts", Title: "Counts", Nav: "Counts"}
	for _, c := range o.counts {
		counts.Numbers = append(counts.Numbers, htmlNumber{c.label, Count(c.n)})
	}
	return append(sections, counts)
}

// htmlWays are the ways that access takes, the classes of identities, and why some of them get what they get.
func htmlWays(d Renderable, classes *htmlClasses) []htmlSection {
	var sections []htmlSection
	if flow := newFlowPicture(d); flow != nil {
		sections = append(sections, htmlSection{ID: "flow", Title: "From workflows to entitlements", Nav: "Flow", Flow: flow})
	}
	if classes != nil {
		sections = append(sections, htmlSection{ID: "classes", Title: "Behaviour classes", Nav: "Classes", Classes: classes})
	}
	if examples, note := htmlExamples(d, classes.listed()); len(examples) > 0 {
		sections = append(sections, htmlSection{ID: "examples", Title: "Why: examples from the largest classes", Nav: "Why", Texts: []string{note}, Examples: examples})
	}
	return sections
}

// htmlNext is what a cross-check says, or what is to be done after a run that asked a tenant.
func htmlNext(d Renderable) []htmlSection {
	steps := func(steps []string) htmlSection {
		return htmlSection{ID: "next", Title: "What to do next", Nav: "Next steps", Items: cutAll(steps, maxSentence, maxSentences)}
	}
	var note *CrosscheckNote
	switch d := d.(type) {
	case *CrosscheckDocument:
		return []htmlSection{steps(d.NextSteps)}
	case *CalibrationDocument:
		return []htmlSection{steps(d.NextSteps), {ID: "yaml", Title: "For lcmsim.yaml", Nav: "lcmsim.yaml", Code: codeText(d.RulesYAML)}}
	case *Document:
		note = d.Crosscheck
	case *DiffDocument:
		note = d.Crosscheck
	}
	s := htmlSection{ID: "crosscheck", Title: "Cross-check with a tenant", Nav: "Cross-check"}
	if note == nil {
		s.Texts = []string{"No cross-check was given: that lcmsim reads the policy as the tenant does was not tested for this result."}
		return []htmlSection{s}
	}
	s.Texts = []string{cut(note.Word, maxLabel) + ": " + cut(note.Claim, maxSentence)}
	s.Items = cutAll(note.Caveats, maxSentence, maxSentences)
	version := "not known"
	if note.Version != nil {
		version = Count(*note.Version)
	}
	s.Fields = cutFields([][2]string{
		{"Tenant", orText(note.Tenant, "not known")}, {"As of", note.AsOf}, {"Policy version", version}, {"Run digest", orText(note.RunDigest, "not computed")},
	}, maxFields)
	for _, c := range []labelled{{"Drawn", note.Sampled}, {"Agree", note.Agree}, {"Disagree", note.Disagree}, {"Drifted", note.Drifted}, {"Not checked", note.NotChecked}} {
		s.Numbers = append(s.Numbers, htmlNumber{c.label, Count(c.n)})
	}
	return []htmlSection{s}
}

// codeText is text of several lines, each of them cut.
func codeText(text string) string {
	lines := cutAll(strings.Split(strings.TrimSuffix(text, "\n"), "\n"), maxCell, 200)
	return strings.Join(lines, "\n")
}
