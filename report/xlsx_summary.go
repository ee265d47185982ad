package report

import (
	"fmt"

	"github.com/xuri/excelize/v2"
)

// The summary is written from top to bottom in blocks. Its columns are those of the limits, which are its table; sentences lie over all
// of them.
type summary struct {
	b      *workbook
	sw     sheetWriter
	limits table
	last   string  // name of the last column
	width  float64 // of the columns together
	row    int     // the last row written
}

// summarySheet is the first one.
const summarySheet = "Summary"

// maxSummarySentences is how many sentences a block has.
const maxSummarySentences = 100

func (b *workbook) writeSummary() error {
	sw, _, err := b.newSheet(summarySheet, 0)
	if err != nil {
		return err
	}
	s := &summary{b: b, sw: sw, limits: limitTable(b.limits, true, b.people)}
	for _, c := range s.limits.columns {
		s.width += sheetWidth(c)
	}
	if s.last, err = excelize.ColumnNumberToName(len(s.limits.columns)); err != nil {
		return err
	}
	if err := setWidths(sw, s.limits.columns); err != nil {
		return err
	}
	if err := sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for _, block := range []func() error{s.verdict, s.lookFirst, s.limitsAndGuards, s.counts, s.inputs, s.rules, s.assumptions, s.exit} {
		if err := block(); err != nil {
			return err
		}
	}
	return sw.Flush()
}

// count writes a number beside its label.
func (s *summary) count(label string, n int) error {
	s.row++
	columns := []tableColumn{s.limits.columns[0], {"", 0, kindNumber}}
	cells := s.b.cells(columns, []any{label, n})
	return s.sw.SetRow(fmt.Sprintf("A%d", s.row), cells, excelize.RowOpts{Height: rowHeight(columns, cells)})
}

// sentence writes text over the whole width, as high as it needs.
func (s *summary) sentence(style int, text string) error {
	s.row++
	text = cellText(text)
	height := float64(lineHeight * linesOf(text, s.width))
	if style != s.b.styles.text { // larger and bold
		height = 2 * float64(lineHeight*linesOf(text, s.width*2/3))
	}
	first := fmt.Sprintf("A%d", s.row)
	if err := s.sw.SetRow(first, []any{excelize.Cell{StyleID: style, Value: text}}, excelize.RowOpts{Height: height}); err != nil {
		return err
	}
	return s.sw.MergeCell(first, fmt.Sprintf("%s%d", s.last, s.row))
}

// field writes a label with text beside it that lies over the other columns.
func (s *summary) field(label, text string) error {
	s.row++
	if err := s.sw.SetRow(fmt.Sprintf("A%d", s.row), []any{
		excelize.Cell{StyleID: s.b.styles.text, Value: cellText(label)}, excelize.Cell{StyleID: s.b.styles.id, Value: cellText(text)},
	}); err != nil {
		return err
	}
	return s.sw.MergeCell(fmt.Sprintf("B%d", s.row), fmt.Sprintf("%s%d", s.last, s.row))
}

// heading leaves a row free and writes the title of a block.
func (s *summary) heading(text string) error {
	s.row += 2
	return s.sw.SetRow(fmt.Sprintf("A%d", s.row), []any{excelize.Cell{StyleID: s.b.styles.heading, Value: text}})
}

// sentences writes a block of sentences under a heading, or nothing when there are none.
func (s *summary) sentences(heading string, texts []string) error {
	if len(texts) == 0 {
		return nil
	}
	if err := s.heading(heading); err != nil {
		return err
	}
	for i, text := range texts {
		if i == maxSummarySentences {
			return s.sentence(s.b.styles.text, fmt.Sprintf("and %s more, in the JSON result", Count(len(texts)-i)))
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
	if err := s.sentence(s.b.styles.text, s.b.heading()+", "+s.b.sides); err != nil {
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
	return s.sentences(fmt.Sprintf("Exit code %d, because", exit.Code), exit.Reasons)
}

func (s *summary) lookFirst() error {
	return s.sentences("What to look at first", s.b.notes.LookFirst)
}

func (s *summary) assumptions() error {
	return s.sentences("Assumptions", s.b.notes.Assumptions)
}

func (s *summary) counts() error {
	if err := s.heading("Counts"); err != nil {
		return err
	}
	for _, c := range s.b.counts {
		if err := s.count(c.label, c.n); err != nil {
			return err
		}
	}
	if s.b.countsNote == "" {
		return nil
	}
	return s.sentence(s.b.styles.text, s.b.countsNote)
}

func (s *summary) limitsAndGuards() error {
	if s.b.limits == nil {
		return nil // the document is not about limits
	}
	if err := s.heading(limitsTitle); err != nil {
		return err
	}
	if s.limits.rows == 0 {
		return s.sentence(s.b.styles.text, s.limits.empty)
	}
	if err := s.sentence(s.b.styles.note, s.limits.note); err != nil {
		return err
	}
	columns := s.limits.columns
	s.row++
	header := s.row
	if err := s.sw.SetRow(fmt.Sprintf("A%d", header), s.b.headerCells(columns), excelize.RowOpts{Height: headerHeight(columns)}); err != nil {
		return err
	}
	for i, l := range pressingFirst(s.b.limits) {
		s.row++
		cells := s.b.cells(columns, s.limits.row(i))
		for j, c := range columns {
			if c.title == verdictColumn {
				cells[j] = excelize.Cell{StyleID: s.b.styles.limit(l), Value: limitVerdict(l)}
			}
		}
		if err := s.sw.SetRow(fmt.Sprintf("A%d", s.row), cells, excelize.RowOpts{Height: rowHeight(columns, cells)}); err != nil {
			return err
		}
	}
	if err := s.b.addTable(s.sw, "Limits", header, s.limits.rows, len(columns)); err != nil {
		return err
	}
	for j, c := range columns {
		if c.title == usedColumn {
			if err := s.b.addBars(summarySheet, j+1, header+1, s.row, fillUsed); err != nil {
				return err
			}
		}
	}
	return s.sentences(notSeenTitle, notSeen(s.b.limits))
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
	return s.sentences("Rules that differ from the default", lines)
}
