package report

import (
	"fmt"

	"github.com/xuri/excelize/v2"
)

// decisionsSheet is where an approver decides, one row a changeGroup. Only the cells of the last columns are unlocked.
const decisionsSheet = "Decisions"

var (
	decisionColumns = []tableColumn{
		{"Group", 11, kindID}, {"What", 28, kindText}, {"Kind", 17, kindText}, {"Lost", 9, kindNumber}, {"Gained", 9, kindNumber}, {"Undecided", 9, kindNumber},
		{"Deactivated", 9, kindNumber}, {"Revoked", 9, kindNumber}, {"Detail", 46, kindText},
	}
	// decisionInputColumns are filled in by the approver; decisions are read back from them.
	decisionInputColumns = []tableColumn{{"Decision", 13, kindText}, {"Comment", 34, kindText}, {"Name", 18, kindText}, {"Date", 13, kindText}}
)

// writeDecisions writes the sheet of decisions, which is protected without a password.
func (b *workbook) writeDecisions() error {
	run := "not computed, so that nothing can be signed: write the result with --report"
	if b.notes.RunDigest != nil {
		run = *b.notes.RunDigest
	}
	note := fmt.Sprintf("%s to decide on, the greatest harm first. In each row choose approve, reject or question, give your name and the date, and a comment if there is need. "+
		"Counts are identities. Deactivated: of those gained. Revoked: they hold it today, and an action takes it away. %s Run %s.",
		countNoun(len(b.groups), "change", "changes"), b.groupsNote, run)
	columns := append(append([]tableColumn{}, decisionColumns...), decisionInputColumns...)
	s, err := b.newListSheet(decisionsSheet, note, columns, len(b.groups))
	if err != nil {
		return err
	}
	for _, g := range b.groups {
		values := []any{g.ID, g.Name, string(g.Kind), g.Lost, g.Gained, g.Maybe, g.Deactivated, g.Revoked, g.Detail}
		if err := s.add(values, b.decisionCells(values)); err != nil {
			return err
		}
	}
	if err := b.validateDecisions(len(b.groups)); err != nil {
		return err
	}
	if err := b.f.ProtectSheet(decisionsSheet, &excelize.SheetProtectionOptions{
		SelectLockedCells: true, SelectUnlockedCells: true, AutoFilter: true, FormatColumns: true, FormatRows: true,
	}); err != nil {
		return err
	}
	return s.finish()
}

// decisionCells are the cells of a row, those to fill in empty.
func (b *workbook) decisionCells(values []any) []any {
	cells := b.cells(decisionColumns, values)
	for i := range cells {
		cell, ok := cells[i].(excelize.Cell)
		switch {
		case !ok:
		case i == 0:
			cell.StyleID = b.styles.faint
		case decisionColumns[i].kind == kindNumber:
			cell.StyleID = b.styles.count
		}
		cells[i] = cell
	}
	for _, style := range []int{b.styles.choice, b.styles.freeText, b.styles.freeText, b.styles.date} {
		cells = append(cells, excelize.Cell{StyleID: style})
	}
	return cells
}

// validateDecisions lets only words of a decision and dates into their columns, and colours the words.
func (b *workbook) validateDecisions(rows int) error {
	column := func(i int) (string, error) {
		name, err := excelize.ColumnNumberToName(len(decisionColumns) + i)
		return fmt.Sprintf("%s%d:%s%d", name, tableRow+1, name, tableRow+rows), err
	}
	decision, err := column(1)
	if err != nil {
		return err
	}
	words := excelize.NewDataValidation(true)
	words.SetSqref(decision)
	words.SetError(excelize.DataValidationErrorStyleStop, "Decision", "Choose approve, reject or question, or leave the cell empty.")
	words.SetInput("Decision", "approve, reject or question")
	if err := words.SetDropList([]string{DecisionApprove, DecisionReject, DecisionQuestion}); err != nil {
		return err
	}
	date, err := column(len(decisionInputColumns))
	if err != nil {
		return err
	}
	dates := excelize.NewDataValidation(true)
	dates.SetSqref(date)
	dates.SetError(excelize.DataValidationErrorStyleStop, "Date", "Write a date, such as 2026-01-31.")
	const year2000, year9999 = 36_526, 2_958_465 // as spreadsheets count days
	if err := dates.SetRange(year2000, year9999, excelize.DataValidationTypeDate, excelize.DataValidationOperatorBetween); err != nil {
		return err
	}
	for _, v := range []*excelize.DataValidation{words, dates} {
		if err := b.f.AddDataValidation(decisionsSheet, v); err != nil {
			return err
		}
	}
	colors := []excelize.ConditionalFormatOptions{}
	for _, c := range []struct {
		word  string
		style *int
	}{{DecisionApprove, &b.styles.whenApproved}, {DecisionReject, &b.styles.whenBad}, {DecisionQuestion, &b.styles.whenDoubted}} {
		colors = append(colors, excelize.ConditionalFormatOptions{Type: "cell", Criteria: "==", Value: `"` + c.word + `"`, Format: c.style})
	}
	return b.f.SetConditionalFormat(decisionsSheet, decision, colors)
}
