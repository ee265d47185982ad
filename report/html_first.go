package report

import (
	"fmt"

	"github.com/lcmsim/lcmsim/engine"
)

// htmlFirst is the first screen, below the verdict.
type htmlFirst struct {
	Asked  []labelledSentence // what a tenant that was asked shows
	Limits *htmlLimits        // nil = the document has none
	Hit    *htmlHit           // nil = the document says nothing of changes
	Look   firstSentences
	Why    firstSentences // reasons of the exit code
}

// labelledSentence is a sentence with its label, both cut.
type labelledSentence struct{ Label, Text string }

// firstSentences are the first of some sentences, and how many there are besides.
type firstSentences struct {
	Lines []string
	More  string // "" = none
}

// htmlLimits are the most pressing limits.
type htmlLimits struct {
	Lines []htmlLimit
	More  string // how many there are besides; "" = none
}

// htmlLimit is one limit.
type htmlLimit struct {
	Name, Verdict, Use, Meaning string
	Tone                        string // a class: bad doubt good
	Bar                         htmlBar
}

// htmlHit says who is hit hardest.
type htmlHit struct {
	Title string
	Lines []htmlHitLine
	Empty string // in place of no lines
	tone  string // of its lines
}

// htmlHitLine is a cohort or a thing, and how many it concerns.
type htmlHitLine struct {
	Name, Text string
	Tone       string // a class: bad plain
	Bar        htmlBar
}

// htmlBar is a bar in percent of its width: a full part, a lighter one behind it, and a mark.
type htmlBar struct{ Full, Light, Mark string }

// newHTMLBar makes a bar of shares of the width, in [0, 1].
func newHTMLBar(full, all, mark float64) htmlBar {
	return htmlBar{percentage(full), percentage(all), percentage(mark)}
}

func percentage(share float64) string { return fmt.Sprintf("%.2f", 100*min(max(share, 0), 1)) }

// The lines of the first screen.
const (
	firstLimits = 4
	firstHit    = 6
	firstLook   = 6
	firstWhy    = 2
)

func newHTMLFirst(d Renderable, o *outline) htmlFirst {
	f := htmlFirst{Look: firstOf(o.notes.LookFirst, firstLook), Why: firstOf(o.head.Exit.Reasons, firstWhy)}
	switch d := d.(type) {
	case *Document:
		f.Limits, f.Hit = newHTMLLimits(d.Limits), hitBySimulation(d)
	case *DiffDocument:
		f.Limits, f.Hit = newHTMLLimits(d.Limits), hitByDiff(d)
	}
	for _, l := range o.lead {
		f.Asked = append(f.Asked, labelledSentence{l.label, cut(l.text, maxSentence)})
	}
	return f
}

func firstOf(sentences []string, most int) firstSentences {
	const short = 320
	var out firstSentences
	for _, s := range sentences[:min(len(sentences), most)] {
		out.Lines = append(out.Lines, cut(s, short))
	}
	if rest := len(sentences) - most; rest > 0 {
		out.More = fmt.Sprintf("and %s more", Count(rest))
	}
	return out
}

func newHTMLLimits(limits []engine.LimitResult) *htmlLimits {
	out := &htmlLimits{}
	for i, l := range pressingFirst(limits) {
		if i == firstLimits {
			out.More = fmt.Sprintf("and %s more", Count(len(limits)-firstLimits))
			break
		}
		line := htmlLimit{
			Name: cut(l.Name, maxLabel), Verdict: limitVerdict(l), Tone: limitTone(l.Verdict), Bar: limitBar(l),
			Use: fmt.Sprintf("%s of at most %s, headroom %s", rangeText(l.AffectedLow, l.AffectedHigh), limitMax(l), Count(l.Headroom)),
		}
		switch {
		case l.Scope == "guard":
			line.Use = cut(l.Meaning, maxLabel)
		case l.Verdict != engine.VerdictOK:
			line.Meaning = cut(l.Meaning, maxLabel)
		}
		out.Lines = append(out.Lines, line)
	}
	return out
}

func limitTone(v engine.Verdict) string {
	switch v {
	case engine.VerdictOK:
		return "good"
	case engine.VerdictAtLimit, engine.VerdictMaybe:
		return "doubt"
	}
	return "bad"
}

// limitBar is what is used of a limit, with a mark at what it allows.
func limitBar(l engine.LimitResult) htmlBar {
	allowed := limitAllowed(l)
	width := max(allowed, l.AffectedHigh)
	return newHTMLBar(ofAll(l.AffectedLow, width), ofAll(l.AffectedHigh, width), ofAll(allowed, width))
}

// hitByDiff are the cohorts that are over-represented among those who lose something, then the greatest losses.
func hitByDiff(d *DiffDocument) *htmlHit {
	const cohorts = 4
	hit := &htmlHit{Title: "Who is hit hardest", tone: "bad", Empty: "For certain nobody loses anything, is deactivated or has something revoked."}
	for _, c := range d.Cohorts[:min(cohorts, len(d.Cohorts))] {
		hit.add(c.Attribute+" = "+c.Value, fmt.Sprintf("%s of %s hit (%s), overall %s", Count(c.Lost), Count(c.Size), shareText(c.Share), shareText(c.OverallShare)),
			newHTMLBar(c.Share, c.Share, c.OverallShare))
	}
	if a, ok := greatest(d.Actions, actionChange); ok {
		if a.Effect == engine.EffectDeactivate && a.Gained > 0 {
			share := ofAll(a.Gained, d.Summary.Identities)
			hit.add("action "+a.Name, fmt.Sprintf("would deactivate %s (%s of all)", countNoun(a.Gained, "identity", "identities"), shareText(share)), newHTMLBar(share, share, 0))
		} else {
			hit.addLoss("action "+a.Name, "", a.Lost, a.Unchanged)
		}
	}
	if p, ok := greatest(d.AccessProfiles, profileChange); ok {
		hit.addLoss("access profile "+orText(p.Name, p.ID), "", p.Lost, p.Unchanged)
	}
	if e, ok := greatest(d.Entitlements, entitlementChange); ok {
		revoked := ""
		if e.Revoked > 0 {
			revoked = "revoked from " + Count(e.Revoked)
		}
		hit.addLoss("entitlement "+orText(e.Name, e.EntityID), revoked, e.Lost, e.Unchanged)
	}
	s := d.Summary
	hit.addPerhaps("perhaps deactivated", "something unknown decides", s.MaybeDeactivated, s.Identities)
	hit.addPerhaps("may lose other entitlements", "no grants file says what they hold", s.MayRemoveOthers, s.Identities)
	return hit
}

// addPerhaps adds how many may be hit, and why nobody can say, where somebody may be.
func (h *htmlHit) addPerhaps(name, why string, n, all int) {
	if n > 0 {
		share := ofAll(n, all)
		h.add(name, fmt.Sprintf("up to %s (%s of all): %s", countNoun(n, "identity", "identities"), shareText(share), why), newHTMLBar(0, share, 0))
	}
}

// greatest is the item that most people lose, and whether somebody does.
func greatest[T any](items []T, of func(T) change) (T, bool) {
	changes := changesOnly(items, of)
	if len(changes) == 0 || of(changes[0]).lost+of(changes[0]).other == 0 {
		var none T
		return none, false
	}
	return changes[0], true
}

// addLoss adds who loses a thing, of those who certainly had it, and what more there is to say.
func (h *htmlHit) addLoss(name, more string, lost, kept int) {
	share := ofAll(lost, lost+kept)
	text := more
	if lost+kept > 0 {
		text = fmt.Sprintf("lost by %s of %s that had it (%s)", Count(lost), Count(lost+kept), shareText(share))
		if more != "" {
			text += ", " + more
		}
	}
	h.add(name, text, newHTMLBar(share, share, 0))
}

func (h *htmlHit) add(name, text string, bar htmlBar) {
	if len(h.Lines) < firstHit {
		h.Lines = append(h.Lines, htmlHitLine{cut(name, maxLabel), text, h.tone, bar})
	}
}

// hitBySimulation are the actions that reach somebody: those that deactivate, then the others by reach.
func hitBySimulation(d *Document) *htmlHit {
	hit := &htmlHit{Title: "Whom it reaches", tone: "plain", Empty: "No action reaches anybody."}
	for _, a := range actionsByWeight(d.Actions) {
		if a.Planned+a.Possible == 0 {
			continue
		}
		text := fmt.Sprintf("%s, %s of %s", a.Effect, rangeText(a.Planned, a.Planned+a.Possible), countNoun(d.Summary.Identities, "identity", "identities"))
		hit.add(a.Name, cut(text, maxLabel), newHTMLBar(ofAll(a.Planned, d.Summary.Identities), ofAll(a.Planned+a.Possible, d.Summary.Identities), 0))
	}
	return hit
}
