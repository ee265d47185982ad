package report

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
)

// WriteXLSX writes d as an Excel workbook: a summary, what there is to decide on, charts, then a sheet for each list. Every list is a
// table below its header; what comes from the inputs is text in every cell, and no cell holds a formula. Equal
// documents give equal bytes.
func WriteXLSX(w io.Writer, d Renderable) error {
	return writeWorkbookTo(w, d, maxTableRows)
}

// maxTableRows keeps lists within the 1,048,576 rows of a sheet.
const maxTableRows = 1_000_000

// workbook is one document on its way into a file.
type workbook struct {
	outline
	groups     []changeGroup
	groupsNote string
	maxRows    int // of a sheet; a longer list goes on in the next one
	f          *excelize.File
	styles     workbookStyles
}

func writeWorkbookTo(w io.Writer, d Renderable, maxRows int) error {
	b := &workbook{outline: d.outline(), groups: changeGroups(d), groupsNote: changeGroupNote(d), maxRows: maxRows, f: excelize.NewFile()}
	defer b.f.Close() // removes its temporary files; their loss is no error of the workbook
	if err := b.fill(); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	b.f.SetZipWriter(func(w io.Writer) excelize.ZipWriter { return newWorkbookZip(w) })
	if err := b.f.Write(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

func (b *workbook) fill() error {
	if err := b.styles.register(b.f); err != nil {
		return err
	}
	if err := b.properties(); err != nil {
		return err
	}
	if err := b.f.SetSheetName("Sheet1", summarySheet); err != nil {
		return err
	}
	if err := b.writeSummary(); err != nil {
		return fmt.Errorf("sheet Summary: %w", err)
	}
	if len(b.groups) > 0 {
		if err := b.writeDecisions(); err != nil {
			return fmt.Errorf("sheet %s: %w", decisionsSheet, err)
		}
		if err := b.writeCharts(); err != nil {
			return fmt.Errorf("sheet %s: %w", chartsSheet, err)
		}
	}
	for _, t := range b.tables {
		for _, part := range split(t, b.maxRows) {
			if err := b.writeList(part); err != nil {
				return fmt.Errorf("sheet %s: %w", part.name, err)
			}
		}
	}
	return nil
}

// split cuts a list into sheets of at most maxRows rows: Identities, Identities 2, and so on.
func split(t table, maxRows int) []table {
	if t.rows <= maxRows {
		return []table{t}
	}
	parts := []table{}
	for first := 0; first < t.rows; first += maxRows {
		part := t
		part.rows = min(maxRows, t.rows-first)
		part.row = func(i int) []any { return t.row(first + i) }
		if first > 0 {
			part.name = fmt.Sprintf("%s %d", t.name, len(parts)+1)
		}
		part.note = fmt.Sprintf("Rows %s to %s of %s, on sheets of at most %s rows. %s", Count(first+1), Count(first+part.rows), Count(t.rows), Count(maxRows), t.note)
		parts = append(parts, part)
	}
	return parts
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

// page prepares a sheet for the printer: landscape A4, as wide as the page, with a header and a footer.
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
	left, right, top, bottom, header := 0.4, 0.4, 0.7, 0.6, 0.3 // inches
	if err := b.f.SetPageMargins(sheet, &excelize.PageLayoutMarginsOptions{
		Left: &left, Right: &right, Top: &top, Bottom: &bottom, Header: &header, Footer: &header,
	}); err != nil {
		return err
	}
	run := "not computed"
	if digest := b.notes.RunDigest; digest != nil {
		run = fmt.Sprintf("%s, digest %s", headerText(shortDigest(digest), 20), headerText(*digest, 70))
	}
	return b.f.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{ // at most 255 characters each; the blanks keep digits out of the size
		OddHeader: "&L&8 " + headerText(b.policyName()+", "+b.sides, 110) + "&R&8 run " + run,
		OddFooter: "&L" + headerText(sheet, 60) + ", as of " + headerText(b.head.AsOf, 60) + "&RPage &P of &N",
	})
}

// headerText makes text safe in a page header, where & starts a code, and cuts it to a number of UTF-16 units.
func headerText(s string, most int) string {
	const dots = "..."
	var b strings.Builder
	units, end := 0, 0 // of what is written, and how much of it leaves room for dots
	for _, r := range Printable(s) {
		c := string(r)
		if r == '&' {
			c = "&&"
		}
		if units += len(utf16.Encode([]rune(c))); units > most {
			return b.String()[:end] + dots
		}
		b.WriteString(c)
		if units+len(dots) <= most {
			end = b.Len()
		}
	}
	return b.String()
}
