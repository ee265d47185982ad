package report

import (
	"fmt"

	"github.com/xuri/excelize/v2"

	"github.com/lcmsim/lcmsim/engine"
)

// The summary is written from top to bottom in blocks. Sentences lie over all of its columns; the titles are those of
// the limits, which are its table.
var summaryColumns = []tableColumn{
	{"Limit", 40, kindText}, {"Affected, at least", 12, kindNumber}, {"Affected, at most", 12, kindNumber}, {"Maximum", 14, kindText},
	{"Used", 11, kindShare}, {"Headroom", 12, kindNumber}, {"Verdict", 16, kindText}, {"Meaning", 40, kindText}, {"What would let this run pass", 36, kindText},
}

const (
	summaryLastColumn = "I"
	summaryUsedColumn = 5
	summaryWidth      = 193 // of the columns together
)

// summary is the first sheet on its way into a file.
type summary struct {
	b   *workbook
	sw  sheetWriter
	row int // the last row written
}

func (b *workbook) writeSummary() error {
	const name = "Summary"
	sw, _, err := b.newSheet(name, 0)
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
	for _, block := range []func() error{s.verdict, s.lookFirst, s.limits, s.counts, s.inputs, s.rules, s.assumptions, s.exit} {
		if err := block(); err != nil {
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
	height := float64(lineHeight * linesOf(text, summaryWidth))
	if style != s.b.styles.text { // larger and bold
		height = 2 * float64(lineHeight*linesOf(text, summaryWidth*2/3))
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

func (s *summary) verdict() error {
	v := s.b.notes.Verdict
	style := s.b.styles.verdict(v.Word)
	if err := s.sentence(style, v.Word+": "+v.Sentence); err != nil {
		return err
	}
	if err := s.sentence(s.b.styles.text, v.ForApprover); err != nil {
		return err
	}
	if n := len(s.b.groups); n > 0 {
		if err := s.sentence(s.b.styles.text, fmt.Sprintf("%s to decide on: sheet %s.", countNoun(n, "change", "changes"), decisionsSheet)); err != nil {
			return err
		}
	}
	for _, l := range s.b.lead {
		if err := s.sentence(s.b.styles.text, l.label+": "+l.text); err != nil {
			return err
		}
	}
	return nil
}

func (s *summary) exit() error {
	exit := s.b.head.Exit
	if len(exit.Reasons) == 0 {
		return s.heading(fmt.Sprintf("Exit code %d", exit.Code))
	}
	return s.sentences(fmt.Sprintf("Exit code %d, because", exit.Code), exit.Reasons, 10)
}

func (s *summary) lookFirst() error {
	return s.sentences("What to look at first", s.b.notes.LookFirst, 12)
}

func (s *summary) assumptions() error {
	return s.sentences("Assumptions", s.b.notes.Assumptions, 40)
}

func (s *summary) counts() error {
	if err := s.heading("Counts"); err != nil {
		return err
	}
	for _, c := range s.b.counts {
		if err := s.line(c.label, c.n); err != nil {
			return err
		}
	}
	if s.b.countsNote == "" {
		return nil
	}
	return s.sentence(s.b.styles.text, s.b.countsNote)
}

func (s *summary) limits() error {
	if s.b.limits == nil {
		return nil // the document is not about limits
	}
	if err := s.heading("Safety limits and guards"); err != nil {
		return err
	}
	if len(s.b.limits) == 0 {
		return s.line("none set")
	}
	s.row++
	headerRow := s.row
	if err := s.sw.SetRow(fmt.Sprintf("A%d", headerRow), s.b.headerCells(summaryColumns), excelize.RowOpts{Height: headerHeight(summaryColumns)}); err != nil {
		return err
	}
	for _, l := range s.b.limits {
		s.row++
		cells := s.b.cells(summaryColumns, []any{l.Name, l.AffectedLow, l.AffectedHigh, limitMax(l), limitUsed(l), l.Headroom, limitVerdict(l), l.Meaning, orEmpty(known(l.OneTime))})
		cells[6] = excelize.Cell{StyleID: s.b.styles.limit(l), Value: limitVerdict(l)}
		if err := s.sw.SetRow(fmt.Sprintf("A%d", s.row), cells, excelize.RowOpts{Height: rowHeight(summaryColumns, cells)}); err != nil {
			return err
		}
	}
	if err := s.b.addTable(s.sw, "Limits", headerRow, len(s.b.limits), len(summaryColumns)); err != nil {
		return err
	}
	// Bars end at the longest of their cells: this one shows how long all of a limit is.
	if err := s.line("For comparison: a limit in full", nil, nil, nil, 1.0); err != nil {
		return err
	}
	return s.b.addBars("Summary", summaryUsedColumn, headerRow+1, s.row, fillUsed)
}

// limitUsed is the share of a limit that is used up, above 1 when it is exceeded; nil when it allows nobody.
func limitUsed(l engine.LimitResult) any {
	if limitAllowed(l) <= 0 {
		return nil
	}
	return ofAll(l.AffectedHigh, limitAllowed(l))
}

func (s *summary) inputs() error {
	if err := s.heading(s.b.inputsTitle); err != nil {
		return err
	}
	for _, line := range s.b.inputs {
		if err := s.field(line[0], line[1]); err != nil {
			return err
		}
	}
	return nil
}

func (s *summary) rules() error {
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
