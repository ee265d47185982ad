package report

import "github.com/lcmsim/lcmsim/engine"

// Renderable is a document that all formats can show: *Document, *DiffDocument, *CrosscheckDocument or *CalibrationDocument.
type Renderable interface {
	outline() outline
	header() *Header
	notes() *Notes
}

// outline is what every rendering of a document shows, in the order in which it is shown. All numbers are the document's.
type outline struct {
	head        *Header
	notes       *Notes
	title       string      // what the document is, before the name of the policy: "Changes by "
	policy      PolicyInput // what the document is about
	sides       string      // its version, and what it is compared with
	lead        []labelledText
	limits      []engine.LimitResult
	people      map[string]string // names of listed identities, by entity_id
	counts      []labelled
	countsNote  string // what the lists leave out; "" = nothing
	inputsTitle string
	inputs      [][2]string // labels with text
	tables      []table
}

// labelled is a count with its label.
type labelled struct {
	label string
	n     int
}

// labelledText is a sentence with its label, such as the claim of a cross-check.
type labelledText struct{ label, text string }

func (h *Header) header() *Header { return h }

func (n *Notes) notes() *Notes { return n }

// heading is what the document is, with the name of the policy. It is not Printable.
func (o *outline) heading() string {
	return o.title + orText(o.policy.Name, orText(o.policy.ID, "(no name)"))
}

// Outcome is the exit code of a document with its reasons, and its verdict.
func Outcome(d Renderable) (Exit, VerdictLine) { return d.header().Exit, d.notes().Verdict }
