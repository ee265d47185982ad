package report

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// DecisionsInput is what ReadDecisions reads.
type DecisionsInput struct {
	ToolVersion              string
	Workbook, Result         []byte // the files
	WorkbookName, ResultName string // for errors
	Latest                   string // the last day on which a decision can have been made, YYYY-MM-DD; "" = that is not checked
}

// A workbook that was saved again may unpack to so many times what lcmsim writes, and so many bytes more: programs add styles and themes.
const savedAgainTimes, savedAgainBytes = 4, 64 << 20

// ReadDecisions reads the decisions that were filled into the workbook of a simulation or a diff. The result is rendered anew, and
// every cell of the workbook but the four columns to fill in must hold what it holds then: text the same text, a number the same
// number, and show it: in a format of numbers, letters and colours in which it can be read, in rows, columns and sheets that are not
// hidden, with nothing drawn or noted beside it. Programs may save the file in their own way; the order of the sheets, sizes, fonts and
// colours have no say as long as everything can be read. A workbook of another result, an edited, added or missing cell, a formula,
// macros, a decision that is no word of the list or that nobody signs is an error that names the cells. That the numbers of the result are those of its inputs, only Verify can tell.
func ReadDecisions(in DecisionsInput) (*DecisionsDocument, error) {
	doc, err := Read(in.Result)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.ResultName, err)
	}
	d := &DecisionsDocument{Schema: SchemaDecisions, ToolVersion: in.ToolVersion, Workbook: DecidedWorkbook{SHA256: sha256Hex(in.Workbook)}}
	if d.Result, err = decidedResult(doc); err != nil {
		return nil, fmt.Errorf("%s: %w", in.ResultName, err)
	}
	if !Intact(doc, in.ToolVersion) {
		return nil, fmt.Errorf("%s: was edited: its run digest is not that of its inputs; give the result as the run wrote it", in.ResultName)
	}
	d.Result.SHA256 = sha256Hex(in.Result)
	groups := changeGroups(doc)
	if len(groups) == 0 {
		return nil, fmt.Errorf("%s: nothing changes that anybody could decide on, so that its workbook has no decisions", in.ResultName)
	}
	filled, date1904, err := d.compare(doc, in, len(groups))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.WorkbookName, err)
	}
	if d.Decisions, err = readDecisions(groups, filled, date1904, in.Latest); err != nil {
		return nil, fmt.Errorf("%s: %w", in.WorkbookName, err)
	}
	if err := d.conclude(); err != nil {
		return nil, fmt.Errorf("%s: %w", in.WorkbookName, err)
	}
	return d, nil
}

// decidedResult is what a document is, without the digest of its file.
func decidedResult(doc Renderable) (DecidedResult, error) {
	head, notes := doc.header(), doc.notes()
	var policy PolicyInput
	switch doc := doc.(type) {
	case *Document:
		policy = doc.Inputs.Policy
	case *DiffDocument:
		policy = doc.Inputs.To.Policy
	case *CrosscheckDocument, *CalibrationDocument:
		return DecidedResult{}, errors.New("changes nothing; give a result of `lcmsim simulate` or `lcmsim diff`")
	}
	if notes.RunDigest == nil {
		return DecidedResult{}, errors.New("has no run digest that decisions could hold for; write the result and its workbook with --report, which computes the digests of all inputs")
	}
	return DecidedResult{
		Schema: head.Schema, RunDigest: *notes.RunDigest, Policy: DecidedPolicy{policy.ID, policy.Name, policy.Version}, AsOf: head.AsOf,
		Verdict: notes.Verdict.Word, ExitCode: head.Exit.Code,
	}, nil
}

// filledCells are the cells of the sheet Decisions that were filled in, by row.
type filledCells map[int]*[inputColumns]cellValue

// firstInput is the first of the columns to fill in, from 1. They are the last ones of the sheet.
func firstInput() int { return len(decisionColumns) + 1 }

// compare holds the workbook to what it should be, and gives what was filled in.
func (d *DecisionsDocument) compare(doc Renderable, in DecisionsInput, groups int) (filled filledCells, date1904 bool, err error) {
	var rendered bytes.Buffer
	if err := WriteXLSX(&rendered, doc); err != nil {
		return nil, false, err
	}
	want, err := openParts(rendered.Bytes(), 1<<62)
	if err != nil {
		return nil, false, err
	}
	size := int64(0)
	for _, f := range want.files {
		size += int64(min(f.UncompressedSize64, 1<<40))
	}
	got, err := openParts(in.Workbook, savedAgainBytes+savedAgainTimes*size)
	if err != nil {
		return nil, false, err
	}
	if run := got.runDigest(); run != "" && run != d.Result.RunDigest {
		return nil, false, fmt.Errorf("is the workbook of run %s, but %s is run %s; give the two files that one run wrote",
			Printable(prefix(run, 12)), in.ResultName, shortDigest(&d.Result.RunDigest))
	}
	filled, found, err := compareSheets(want, got, groups)
	if err != nil {
		return nil, false, damaged(err)
	}
	if found.n > 0 {
		hint := "fill in the workbook anew: `lcmsim report RESULT.json --report REPORT.xlsx` writes it"
		if written := doc.header().ToolVersion; written != in.ToolVersion {
			hint += fmt.Sprintf("; the result is of lcmsim %s and this is %s, whose workbooks may differ", Printable(written), in.ToolVersion)
		}
		return nil, false, fmt.Errorf("is not the workbook that %s gives, and no decision is taken from it:%s\n%s", in.ResultName, found.text(), hint)
	}
	return filled, got.date1904, nil
}

// digestText is a SHA-256 in a note.
var digestText = regexp.MustCompile(`\b[0-9a-f]{64}\b`)

// runDigest is the run that the note of the sheet Decisions names; "" = it names none. It tells a foreign workbook from an edited one,
// and no more.
func (w *workbookParts) runDigest() string {
	i := slices.IndexFunc(w.sheets, func(s sheetPart) bool { return s.name == decisionsSheet })
	if i < 0 {
		return ""
	}
	for cell, err := range w.cells(w.sheets[i].part, &surroundings{}) {
		if err != nil || cell.row >= tableRow {
			break
		}
		if digest := digestText.FindString(cell.value.text); digest != "" {
			return digest
		}
	}
	return ""
}

// compareSheets compares all sheets by name.
func compareSheets(want, got *workbookParts, groups int) (filledCells, *problems, error) {
	found := &problems{}
	byName := map[string]string{}
	for _, s := range got.sheets {
		if s.hidden {
			found.add("the sheet %s is hidden; show it", excerpt(s.name, 0))
		}
		if _, twice := byName[s.name]; twice {
			found.add("the sheet %s stands twice", excerpt(s.name, 0))
		}
		byName[s.name] = s.part
		if !slices.ContainsFunc(want.sheets, func(w sheetPart) bool { return w.name == s.name }) {
			found.add("the sheet %s is none of this workbook", excerpt(s.name, 0))
		}
	}
	filled := filledCells{}
	for _, s := range want.sheets {
		part, ok := byName[s.name]
		if !ok {
			found.add("the sheet %s is missing", s.name)
			continue
		}
		var aroundWant, around surroundings
		err := compareCells(want.cells(s.part, &aroundWant), got.cells(part, &around), func(want, got *sheetCell) {
			if got != nil && got.flaw != "" {
				found.add("%s!%s %s; clear the format of that cell", s.name, cellName(got.row, got.column), got.flaw)
			}
			switch {
			case got != nil && got.formula:
				found.add("%s!%s holds a formula; type its value", s.name, cellName(got.row, got.column))
			case got != nil && s.name == decisionsSheet && toFillIn(got, groups):
				filled.set(got)
				if !showsAnswer(got.format, got.value, got.column == firstInput()+inputDate) {
					found.add("%s!%s has the number format %s, which can show something else; set it to General, or that of a date to yyyy-mm-dd",
						s.name, cellName(got.row, got.column), excerpt(got.format, 0))
				}
			case want == nil:
				found.add("%s!%s says %s, should be empty", s.name, cellName(got.row, got.column), got.value.shown(0))
			case got == nil:
				found.add("%s!%s is empty, should say %s", s.name, cellName(want.row, want.column), want.value.shown(0))
			case !want.value.same(got.value):
				from := commonPrefix(want.value.text, got.value.text)
				found.add("%s!%s says %s, should say %s", s.name, cellName(got.row, got.column), got.value.shown(from), want.value.shown(from))
			case !showsAlike(want.format, got.format, got.value):
				found.add("%s!%s has the number format %s, which does not show what it holds", s.name, cellName(got.row, got.column), excerpt(got.format, 0))
			}
		})
		if err != nil {
			return filled, found, err
		}
		around.compare(s.name, &aroundWant, found)
		charts, err := want.drawn(s.part, &aroundWant)
		if err != nil {
			return filled, found, err
		}
		if drawn, err := got.drawn(part, &around); err != nil {
			found.add("the sheet %s has a drawing that cannot be accepted: %s", s.name, err)
		} else if !slices.Equal(charts, drawn) {
			found.add("the sheet %s has other charts than it should: of other cells, numbers or scales", s.name)
		}
	}
	return filled, found, nil
}

// toFillIn tells the cells that are an approver's.
func toFillIn(cell *sheetCell, groups int) bool {
	first := firstInput()
	return cell.row > tableRow && cell.row <= tableRow+groups && cell.column >= first && cell.column < first+inputColumns
}

func (f filledCells) set(cell *sheetCell) {
	row := f[cell.row]
	if row == nil {
		row = &[inputColumns]cellValue{}
		f[cell.row] = row
	}
	row[cell.column-firstInput()] = cell.value
}

// problems are what is wrong with a workbook: the first few, and how many in all.
type problems struct {
	shown []string
	n     int
}

func (p *problems) add(format string, args ...any) {
	const listed = 5
	if p.n++; p.n <= listed {
		p.shown = append(p.shown, fmt.Sprintf(format, args...))
	}
}

// text lists the problems, a line each.
func (p *problems) text() string {
	text := "\n  " + strings.Join(p.shown, "\n  ")
	if rest := p.n - len(p.shown); rest > 0 {
		text += "\n  and " + Count(rest) + " more"
	}
	return text
}

// same tells whether a cell holds what it should. A number that is no integer may have been saved with 15 digits, as LibreOffice does.
func (v cellValue) same(got cellValue) bool {
	const rounded = 1e-14
	if v.kind == valueNumber && got.kind == valueNumber && v.number != math.Trunc(v.number) {
		return math.Abs(v.number-got.number) <= rounded*math.Abs(v.number)
	}
	return v == got
}

// shown is what a cell says, for an error: of a text, the part around byte from.
func (v cellValue) shown(from int) string {
	switch v.kind {
	case valueNumber:
		return strconv.FormatFloat(v.number, 'f', -1, 64)
	case valueText:
		return excerpt(v.text, from)
	case valueNone, valueTruth, valueDate, valueError:
	}
	return Printable(prefix(v.text, 40))
}

// excerpt quotes at most 60 characters of s, those around byte from.
func excerpt(s string, from int) string {
	const before, limit = 20, 60
	start, dots := 0, ""
	if utf8.RuneCountInString(s) > limit {
		for start = max(0, min(from, len(s))-before); start > 0 && !utf8.RuneStart(s[start]); start-- {
		}
	}
	if start > 0 {
		dots = "..."
	}
	rest := s[start:]
	shown := prefix(rest, limit)
	text := `"` + dots + Printable(shown)
	if shown != rest {
		text += "..."
	}
	return text + `"`
}

// commonPrefix is how many bytes two texts have in common at their beginning.
func commonPrefix(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
