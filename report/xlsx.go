package report

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/xuri/excelize/v2"
)

// WriteXLSX writes d as an Excel workbook: a summary, then a sheet for each of its lists. Every list is a table below its header;
// what comes from the inputs is text in every cell, never a formula or a number. The bytes are not stable from run to run, the
// cells are.
func WriteXLSX(w io.Writer, d Renderable) error {
	o := d.outline()
	b := &workbook{outline: &o}
	return b.writeTo(w)
}

// workbook is one document on its way into a file.
type workbook struct {
	*outline
	f      *excelize.File
	styles struct{ title, heading, label, numberLabel, text, id, number, share, factor, good, plain, doubt, bad int }
}

// tableRow is where the header of a list stands: below a title and a note.
const tableRow = 3

// maxTableRows keeps lists within the 1,048,576 rows of a sheet.
const maxTableRows = 1_000_000

// writeTo writes the summary and the lists.
func (b *workbook) writeTo(w io.Writer) error {
	b.f = excelize.NewFile()
	defer b.f.Close() // removes its temporary files; their loss is no error of the workbook
	if err := b.fill(); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	if err := b.f.Write(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

func (b *workbook) fill() error {
	if err := b.makeStyles(); err != nil {
		return err
	}
	if err := b.properties(); err != nil {
		return err
	}
	if err := b.f.SetSheetName("Sheet1", "Summary"); err != nil {
		return err
	}
	if err := b.writeSummary(); err != nil {
		return fmt.Errorf("sheet Summary: %w", err)
	}
	for _, s := range b.tables {
		if _, err := b.f.NewSheet(s.name); err != nil {
			return fmt.Errorf("sheet %s: %w", s.name, err)
		}
		if err := b.writeList(s); err != nil {
			return fmt.Errorf("sheet %s: %w", s.name, err)
		}
	}
	return nil
}

func (b *workbook) makeStyles() error {
	wrapped := &excelize.Alignment{Vertical: "top", WrapText: true, Indent: 1, Horizontal: "left"}
	flat := &excelize.Alignment{Vertical: "top", Indent: 1, Horizontal: "left"}
	right := &excelize.Alignment{Vertical: "top", Indent: 1, Horizontal: "right"}
	const asText, thousands, decimals, percent = 49, 3, 4, 10 // built-in number formats "@", "#,##0", "#,##0.00", "0.00%"
	bold := &excelize.Font{Family: fontFamily, Size: 11, Bold: true}
	fill := excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DCE6F1"}}
	line := []excelize.Border{{Type: "bottom", Style: 1, Color: "8EA9C8"}}
	for _, s := range []struct {
		id    *int
		style excelize.Style
	}{
		{&b.styles.title, excelize.Style{Font: &excelize.Font{Family: fontFamily, Bold: true, Size: 14}, Alignment: flat}},
		{&b.styles.heading, excelize.Style{Font: bold, Border: line, Alignment: flat}},
		{&b.styles.label, excelize.Style{Font: bold, Fill: fill, Border: line, Alignment: wrapped}},
		{&b.styles.numberLabel, excelize.Style{Font: bold, Fill: fill, Border: line, Alignment: right}},
		{&b.styles.text, excelize.Style{NumFmt: asText, Alignment: wrapped}},
		{&b.styles.id, excelize.Style{NumFmt: asText, Alignment: flat}},
		{&b.styles.number, excelize.Style{NumFmt: thousands, Alignment: right}},
		{&b.styles.share, excelize.Style{NumFmt: percent, Alignment: right}},
		{&b.styles.factor, excelize.Style{NumFmt: decimals, Alignment: right}},
		{&b.styles.good, verdictStyle("E2F0D9", "1E4620")},
		{&b.styles.plain, verdictStyle("DCE6F1", "1F3864")},
		{&b.styles.doubt, verdictStyle("FFF2CC", "5C4400")},
		{&b.styles.bad, verdictStyle("F8D7DA", "7A1620")},
	} {
		id, err := b.f.NewStyle(&s.style)
		if err != nil {
			return err
		}
		*s.id = id
	}
	return nil
}

// fontFamily is the default font of a workbook.
const fontFamily = "Calibri"

func verdictStyle(background, ink string) excelize.Style {
	return excelize.Style{
		Font:      &excelize.Font{Family: fontFamily, Bold: true, Size: 14, Color: ink},
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{background}},
		Alignment: &excelize.Alignment{Vertical: "center", WrapText: true, Indent: 1, Horizontal: "left"},
	}
}

// properties sets the document properties. Its times are the as-of of the run: the clock has no say.
func (b *workbook) properties() error {
	asOf, err := time.Parse(time.RFC3339Nano, b.head.AsOf)
	if err != nil {
		return fmt.Errorf("as_of: %w", err)
	}
	stamp := asOf.UTC().Format(time.RFC3339)
	return b.f.SetDocProps(&excelize.DocProperties{
		Title:       b.title + b.policyName(),
		Subject:     Printable(b.notes.Verdict.Word),
		Creator:     "lcmsim " + Printable(b.head.ToolVersion),
		Identifier:  orText(b.notes.RunDigest, ""),
		Description: cellText(b.notes.Verdict.Sentence),
		Created:     stamp,
		Modified:    stamp,
	})
}

// policyName is the policy's name, or its id.
func (b *workbook) policyName() string {
	return cellText(orText(b.policy.Name, orText(b.policy.ID, "(no name)")))
}

// page prepares a sheet for the printer: landscape A4, as wide as the page, with a header and a footer. It must come
// before the sheet's stream.
func (b *workbook) page(sheet string) error {
	yes, width, height, paper, landscape := true, 1, 0, 9, "landscape"
	if err := b.f.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &yes}); err != nil {
		return err
	}
	if err := b.f.SetPageLayout(sheet, &excelize.PageLayoutOptions{
		Size: &paper, Orientation: &landscape, FitToWidth: &width, FitToHeight: &height,
	}); err != nil {
		return err
	}
	run := "not computed"
	if b.notes.RunDigest != nil {
		run = shortDigest(b.notes.RunDigest)
	}
	return b.f.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{
		OddHeader: "&L" + headerText(b.policyName()) + "&R run " + headerText(run),
		OddFooter: "&L" + headerText(sheet) + ", as of " + headerText(b.head.AsOf) + "&RPage &P of &N",
	})
}

// headerText makes text safe in a page header, where & starts a code and the length is limited.
func headerText(s string) string {
	const limit = 60
	if utf8.RuneCountInString(s) > limit {
		s = string([]rune(s)[:limit]) + "..."
	}
	return strings.ReplaceAll(Printable(s), "&", "&&")
}

// writeList writes a sheet with a title, a note, and the list as a table with frozen headers.
func (b *workbook) writeList(s table) error {
	if err := b.page(s.name); err != nil {
		return err
	}
	sw, err := b.f.NewStreamWriter(s.name)
	if err != nil {
		return err
	}
	if err := setWidths(sw, s.columns); err != nil {
		return err
	}
	if err := sw.SetPanes(&excelize.Panes{
		Freeze: true, YSplit: tableRow, TopLeftCell: fmt.Sprintf("A%d", tableRow+1), ActivePane: "bottomLeft",
	}); err != nil {
		return err
	}
	rows, note := s.rows, s.note
	if rows > maxTableRows {
		rows = maxTableRows
		note += fmt.Sprintf(" Only the first %s of %s rows fit into a sheet.", Count(rows), Count(s.rows))
	}
	for i, cells := range [][]any{
		{excelize.Cell{StyleID: b.styles.title, Value: s.name}},
		{excelize.Cell{StyleID: b.styles.id, Value: cellText(note)}},
		b.headerCells(s.columns),
	} {
		height := 18.0
		if i == 0 {
			height = 24
		}
		if err := sw.SetRow(fmt.Sprintf("A%d", i+1), cells, excelize.RowOpts{Height: height}); err != nil {
			return err
		}
	}
	if rows == 0 {
		if err := sw.SetRow(fmt.Sprintf("A%d", tableRow+1), []any{excelize.Cell{StyleID: b.styles.id, Value: s.empty}}); err != nil {
			return err
		}
	}
	for i := range rows {
		cells := b.cells(s.columns, s.row(i))
		if err := sw.SetRow(fmt.Sprintf("A%d", tableRow+1+i), cells, excelize.RowOpts{Height: rowHeight(s.columns, cells)}); err != nil {
			return err
		}
	}
	if rows > 0 {
		if err := b.addTable(sw, s.name, tableRow, rows, len(s.columns)); err != nil {
			return err
		}
	}
	if err := b.f.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("'%s'!$%d:$%d", s.name, tableRow, tableRow), Scope: s.name,
	}); err != nil {
		return err
	}
	return sw.Flush()
}

// addTable makes an Excel table of the rows below headerRow.
func (b *workbook) addTable(sw *excelize.StreamWriter, name string, headerRow, rows, columns int) error {
	last, err := excelize.CoordinatesToCellName(columns, headerRow+rows)
	if err != nil {
		return err
	}
	return sw.AddTable(&excelize.Table{
		Range: fmt.Sprintf("A%d:%s", headerRow, last), Name: "tbl" + name, StyleName: "TableStyleLight9",
	})
}

// headerCells are the titles of columns.
func (b *workbook) headerCells(columns []tableColumn) []any {
	out := make([]any, len(columns))
	for i, c := range columns {
		style := b.styles.label
		if c.kind >= kindNumber {
			style = b.styles.numberLabel
		}
		out[i] = excelize.Cell{StyleID: style, Value: c.title}
	}
	return out
}

// cells makes cells of the values of one row: int, float64 for a share or factor, string, or nil for an empty cell.
func (b *workbook) cells(columns []tableColumn, values []any) []any {
	out := make([]any, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case nil:
		case int:
			out[i] = excelize.Cell{StyleID: b.styles.number, Value: v}
		case float64:
			style := b.styles.share
			if columns[i].kind == kindFactor {
				style = b.styles.factor
			}
			out[i] = excelize.Cell{StyleID: style, Value: v}
		case string:
			style := b.styles.text
			if columns[i].kind == kindID {
				style = b.styles.id
			}
			out[i] = excelize.Cell{StyleID: style, Value: cellText(v)}
		default:
			panic(fmt.Sprintf("report: a %T is no value of a cell", v))
		}
	}
	return out
}

// setWidths sets the widths of columns; a title needs room for the button of the table's filter.
func setWidths(sw *excelize.StreamWriter, columns []tableColumn) error {
	const button = 5
	for i, c := range columns {
		if err := sw.SetColWidth(i+1, i+1, max(c.width, float64(len(c.title)+button))); err != nil {
			return err
		}
	}
	return nil
}

// rowHeight is the height in points that the wrapped cells of a row need, within reason: not every reader of workbooks
// finds it by itself.
func rowHeight(columns []tableColumn, cells []any) float64 {
	const lineHeight, maxLines, margin = 15, 12, 3
	lines := 1
	for i, c := range cells {
		cell, ok := c.(excelize.Cell)
		if !ok || columns[i].kind != kindText {
			continue
		}
		if s, ok := cell.Value.(string); ok {
			room := int(columns[i].width) - margin
			lines = max(lines, (text.StringWidth(prefix(s, room*maxLines))+room-1)/room)
		}
	}
	return float64(lineHeight * min(lines, maxLines))
}

// cellLimit is how many UTF-16 units a cell of Excel holds.
const cellLimit = 32_767

// cellText is s as a cell shows it: printable, and cut with a notice when it is longer than a cell may be.
func cellText(s string) string {
	shown := Printable(prefix(s, cellLimit)) // no character becomes shorter
	if len(s) <= cellLimit && len(shown) <= cellLimit {
		return shown
	}
	total := utf8.RuneCountInString(s)
	notice := fmt.Sprintf(" [cut; %s characters in all]", Count(total))
	units, cut := 0, 0 // cut is where the text ends when the notice must follow
	for i, r := range shown {
		if units+len(notice) <= cellLimit {
			cut = i
		}
		units += utf16.RuneLen(r)
	}
	if total <= cellLimit && units <= cellLimit {
		return shown
	}
	return shown[:cut] + notice
}

// prefix is s up to n characters.
func prefix(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
