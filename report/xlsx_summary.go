package report

import (
	"fmt"

	"github.com/xuri/excelize/v2"

	"github.com/lcmsim/lcmsim/engine"
)

// The summary is written from top to bottom in blocks. Sentences lie over all of its columns; the titles are those of
// the limits, which are its table.
var summaryColumns = []sheetColumn{
	{"Limit", 40, kindText}, {"Affected, at least", 19, kindNumber}, {"Affected, at most", 19, kindNumber}, {"Maximum", 16, kindText},
	{"Headroom", 13, kindNumber}, {"Verdict", 20, kindText}, {"Meaning", 80, kindText},
	{"What would let this run pass", 60, kindText},
}

const summaryLastColumn = "H"

// overview is what the first sheet shows besides the notes of its document.
type overview struct {
	limits      []engine.LimitResult
	counts      []labelled
	countsNote  string // what the lists leave out; "" = nothing
	inputsTitle string
	inputs      [][2]string // labels with text
}

// labelled is a count with its label.
type labelled struct {
	label string
	n     int
}

// summary is the first sheet on its way into a file.
type summary struct {
	b   *workbook
	sw  *excelize.StreamWriter
	row int // the last row written
}

func (b *workbook) writeSummary(o overview) error {
	const name = "Summary"
	if err := b.page(name); err != nil {
		return err
	}
	sw, err := b.f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	if err := setWidths(sw, summaryColumns); err != nil {
		return err
	}
	if err := sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	s := &summary{b: b, sw: sw}
	for _, block := range []func(overview) error{s.verdict, s.lookFirst, s.limits, s.counts, s.inputs, s.rules, s.assumptions} {
		if err := block(o); err != nil {
			return err
		}
	}
	return sw.Flush()
}

// line writes one row of values.
func (s *summary) line(values ...any) error {
	s.row++
	cells := s.b.cells(summaryColumns, values)
	return s.sw.SetRow(fmt.Sprintf("A%d", s.row), cells, excelize.RowOpts{Height: rowHeight(summaryColumns, cells)})
}

// sentence writes text over the whole width, as high as it needs.
func (s *summary) sentence(style int, text string) error {
	s.row++
	text = cellText(text)
	over := []sheetColumn{{width: 180, kind: kindText}} // the columns that it lies over, together
	height := rowHeight(over, []any{excelize.Cell{Value: text}})
	if style != s.b.styles.text {
		height *= 2
	}
	first := fmt.Sprintf("A%d", s.row)
	if err := s.sw.SetRow(first, []any{excelize.Cell{StyleID: style, Value: text}}, excelize.RowOpts{Height: height}); err != nil {
		return err
	}
	return s.sw.MergeCell(first, fmt.Sprintf("%s%d", summaryLastColumn, s.row))
}

// field writes a label with text beside it that lies over the other columns.
func (s *summary) field(label, text string) error {
	s.row++
	if err := s.sw.SetRow(fmt.Sprintf("A%d", s.row), []any{
		excelize.Cell{StyleID: s.b.styles.text, Value: cellText(label)}, excelize.Cell{StyleID: s.b.styles.id, Value: cellText(text)},
	}); err != nil {
		return err
	}
	return s.sw.MergeCell(fmt.Sprintf("B%d", s.row), fmt.Sprintf("%s%d", summaryLastColumn, s.row))
}

// heading leaves a row free and writes the title of a block.
func (s *summary) heading(text string) error {
	s.row += 2
	return s.sw.SetRow(fmt.Sprintf("A%d", s.row), []any{excelize.Cell{StyleID: s.b.styles.heading, Value: text}})
}

// sentences writes a block of sentences under a heading, or nothing when there are none.
func (s *summary) sentences(heading string, texts []string, limit int) error {
	if len(texts) == 0 {
		return nil
	}
	if err := s.heading(heading); err != nil {
		return err
	}
	for i, text := range texts {
		if i == limit {
			return s.sentence(s.b.styles.text, fmt.Sprintf("and %s more", Count(len(texts)-limit)))
		}
		if err := s.sentence(s.b.styles.text, text); err != nil {
			return err
		}
	}
	return nil
}

func (s *summary) verdict(overview) error {
	v, exit := s.b.notes.Verdict, s.b.head.Exit
	styles := s.b.styles
	style := map[tone]int{toneBad: styles.bad, toneDoubt: styles.doubt, tonePlain: styles.plain, toneGood: styles.good}[toneOf(v.Word)]
	if err := s.sentence(style, v.Word+": "+v.Sentence); err != nil {
		return err
	}
	if err := s.sentence(styles.text, v.ForApprover); err != nil {
		return err
	}
	return s.sentences(fmt.Sprintf("Exit code %d, because", exit.Code), exit.Reasons, 10)
}

func (s *summary) lookFirst(overview) error {
	return s.sentences("What to look at first", s.b.notes.LookFirst, 12)
}

func (s *summary) assumptions(overview) error {
	return s.sentences("Assumptions", s.b.notes.Assumptions, 40)
}

func (s *summary) counts(o overview) error {
	if err := s.heading("Counts"); err != nil {
		return err
	}
	for _, c := range o.counts {
		if err := s.line(c.label, c.n); err != nil {
			return err
		}
	}
	if o.countsNote == "" {
		return nil
	}
	return s.sentence(s.b.styles.text, o.countsNote)
}

func (s *summary) limits(o overview) error {
	if err := s.heading("Safety limits and guards"); err != nil {
		return err
	}
	if len(o.limits) == 0 {
		return s.line("none set")
	}
	s.row++
	headerRow := s.row
	if err := s.sw.SetRow(fmt.Sprintf("A%d", headerRow), s.b.headerCells(summaryColumns)); err != nil {
		return err
	}
	for _, l := range o.limits {
		if err := s.line(l.Name, l.AffectedLow, l.AffectedHigh, limitMax(l), l.Headroom, limitVerdict(l), l.Meaning, orEmpty(known(l.OneTime))); err != nil {
			return err
		}
	}
	return s.b.addTable(s.sw, "Limits", headerRow, len(o.limits), len(summaryColumns))
}

func (s *summary) inputs(o overview) error {
	if err := s.heading(o.inputsTitle); err != nil {
		return err
	}
	for _, line := range o.inputs {
		if err := s.field(line[0], line[1]); err != nil {
			return err
		}
	}
	return nil
}

func (s *summary) rules(overview) error {
	lines := []string{}
	for _, r := range s.b.notes.RuleSettings {
		if r.Differs {
			lines = append(lines, fmt.Sprintf("%s is %s (default %s)", r.Rule, r.Value, r.Default))
		}
	}
	if len(lines) == 0 {
		lines = []string{"none"}
	}
	return s.sentences("Rules that differ from the default", lines, 16)
}

// simulationOverview is the first sheet of a simulation.
func simulationOverview(d *Document) overview {
	n, in := d.Summary, d.Inputs
	o := overview{
		limits: d.Limits,
		counts: []labelled{
			{"Identities", n.Identities},
			{"Matched by a workflow", n.Matched},
			{"Affected, at least", n.AffectedLow},
			{"Affected, at most", n.AffectedHigh},
			{"Depend on something unknown", n.Unknown},
			{"Planned actions", n.PlannedActions},
			{"Possible actions", n.PossibleActions},
			{"Granted entitlements", n.GrantedEntitlements},
			{"Possible entitlements", n.PossibleEntitlements},
			{"Identities deactivated", n.Deactivated},
			{"Revokes", n.Revokes},
			{"Possible revokes", n.PossibleRevokes},
			{"Identities that may lose others", n.MayRemoveOthers},
			{"Behaviour classes", n.Classes},
		},
		inputsTitle: "Inputs",
		inputs:      [][2]string{runDigestField(&d.Notes)},
	}
	if ids := d.Identities; ids.Listed < ids.Affected {
		o.countsNote = "Sheet Identities: " + identityNote(ids, n.Identities)
	}
	o.inputs = append(o.inputs, policyFields(in.Policy)...)
	o.inputs = append(o.inputs, [2]string{"State", orText(in.Policy.State, "not known") + ": " + d.PolicyStateMeaning})
	o.inputs = append(o.inputs, profilesFields(in.Profiles)...)
	o.inputs = append(o.inputs, populationFields(in.Population)...)
	o.inputs = append(o.inputs, otherFields(in.Other)...)
	o.inputs = append(o.inputs, runFields(&d.Header)...)
	return o
}
