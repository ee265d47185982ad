package report

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// The columns to fill in, in order, and how many there are.
const (
	inputDecision = iota
	inputComment
	inputName
	inputDate
	inputColumns
)

// readDecisions makes a decision of each row that was filled in. A row without a decision is open; it may have a comment, but no name
// and no date. latest is the last day on which a decision can have been made, YYYY-MM-DD; "" = that is not checked.
func readDecisions(groups []changeGroup, filled filledCells, date1904 bool, latest string) ([]Decision, error) {
	found := &problems{}
	out := make([]Decision, len(groups))
	for i, g := range groups {
		out[i] = Decision{
			Group: g.ID, Kind: string(g.Kind), Name: g.Name, Lost: g.Lost, Gained: g.Gained, Deactivated: g.Deactivated, Revoked: g.Revoked, Undecided: g.Maybe,
		}
		row := tableRow + 1 + i
		if cells := filled[row]; cells != nil {
			out[i].read(cells, date1904, latest, func(column int, format string, args ...any) {
				found.add("%s!%s %s", decisionsSheet, cellName(row, firstInput()+column), fmt.Sprintf(format, args...))
			})
		}
	}
	if found.n > 0 {
		return nil, errors.New("is not filled in as it must be:" + found.text())
	}
	return out, nil
}

func (d *Decision) read(cells *[inputColumns]cellValue, date1904 bool, latest string, problem func(column int, format string, args ...any)) {
	for column, v := range cells {
		if v.kind == valueError {
			problem(column, "holds the error %s", v.shown(0))
			return
		}
	}
	if word := strings.ToLower(strings.TrimSpace(cells[inputDecision].plain())); word != "" {
		if slices.Contains([]string{DecisionApprove, DecisionReject, DecisionQuestion}, word) {
			d.Decision = &word
		} else {
			problem(inputDecision, "says %s; choose approve, reject or question, or leave it empty", cells[inputDecision].shown(0))
		}
	}
	d.Comment = known(cells[inputComment].plain())
	d.By = known(strings.TrimSpace(cells[inputName].plain()))
	if date := cells[inputDate]; strings.TrimSpace(date.plain()) != "" {
		if text, ok := dateOf(date, date1904); ok {
			d.Date = &text
			if latest != "" && text > latest {
				problem(inputDate, "says %s, a day that has not come yet", text)
			}
		} else {
			problem(inputDate, "says %s, which is no date from 2000 on; write it as 2026-01-31", date.shown(0))
			return
		}
	}
	if d.Decision == nil {
		if cells[inputDecision].kind == valueNone && (d.By != nil || d.Date != nil) {
			problem(inputDecision, "is empty, but the row has a name or a date; choose approve, reject or question")
		}
		return
	}
	if d.By == nil || !strings.ContainsFunc(*d.By, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
		problem(inputName, "names nobody; who decides?")
	}
	if d.Date == nil {
		problem(inputDate, "is empty; when was that decided?")
	}
}

// plain is a value as text; "" = the cell is empty.
func (v cellValue) plain() string {
	if v.kind == valueNumber {
		return strconv.FormatFloat(v.number, 'f', -1, 64)
	}
	return v.text
}

// dateOf is the day that a cell names: a date as spreadsheets count days, or YYYY-MM-DD. Any other text may be read in more than one way.
func dateOf(v cellValue, date1904 bool) (string, bool) {
	// Days count from here: as 1900 is taken for a leap year, from the last but one of December 1899.
	first := time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC)
	if date1904 {
		first = time.Date(1904, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	const mostDays = 2_958_465 // up to the end of the year 9999
	var day time.Time
	var err error
	switch v.kind {
	case valueNumber:
		if v.number < 0 || v.number > mostDays+1 {
			return "", false
		}
		day = first.AddDate(0, 0, int(math.Floor(v.number)))
	case valueDate:
		text, _, _ := strings.Cut(v.text, "T")
		day, err = time.Parse(time.DateOnly, text)
	case valueText:
		day, err = time.Parse(time.DateOnly, strings.TrimSpace(v.text))
	case valueNone, valueTruth, valueError:
		return "", false
	}
	if err != nil || day.Year() < 2000 || day.Year() > 9999 {
		return "", false
	}
	return day.Format(time.DateOnly), true
}
