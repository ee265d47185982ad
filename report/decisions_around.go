package report

import (
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
)

// surroundings are what a sheet shows beside the values of its cells, and what keeps a person from seeing them.
type surroundings struct {
	merged   []string // ranges of cells that are one
	texts    []string // page headers and footers, and what pops up at a cell
	drawings []string // relationships
	flaws    problems // what no workbook of lcmsim has
}

// passed are pieces of a sheet that change nothing of what it shows.
var passed = []string{
	"sheetPr", "dimension", "sheetCalcPr", "sheetProtection", "protectedRanges", "autoFilter", "sortState", "phoneticPr", "printOptions", "pageMargins",
	"pageSetup", "rowBreaks", "colBreaks", "ignoredErrors", "tableParts",
}

// read reads a piece of a sheet other than its rows. One that it does not know is a flaw.
func (a *surroundings) read(dec *xml.Decoder, e xml.StartElement, book *workbookParts) error {
	switch e.Name.Local {
	case "sheetViews":
		return decodePiece(dec, e, a.addViews)
	case "sheetFormatPr":
		a.addHeight("rows without a height", attributeOf(e, "defaultRowHeight"), attributeOf(e, "zeroHeight"))
	case "cols":
		return decodePiece(dec, e, a.addColumns)
	case "mergeCells":
		return decodePiece(dec, e, func(m mergedElement) {
			for _, c := range m.Cells {
				a.merged = append(a.merged, c.Range)
			}
		})
	case "conditionalFormatting":
		return decodePiece(dec, e, func(c rulesElement) { a.addRules(c, book) })
	case "dataValidations":
		return decodePiece(dec, e, func(v validationsElement) {
			for _, one := range v.Validations {
				a.texts = append(a.texts, one.PromptTitle, one.Prompt, one.ErrorTitle, one.Error)
			}
		})
	case "hyperlinks":
		return decodePiece(dec, e, func(l linksElement) {
			for _, one := range l.Links {
				a.texts = append(a.texts, one.Tip)
			}
		})
	case "headerFooter":
		return decodePiece(dec, e, func(h pageElement) {
			a.texts = append(a.texts, h.OddHeader, h.OddFooter, h.EvenHeader, h.EvenFooter, h.FirstHeader, h.FirstFooter)
		})
	case "drawing":
		a.drawings = append(a.drawings, relationOf(e))
	case "extLst":
		return decodePiece(dec, e, func(x extensionsElement) { a.addExtensions(x, book) })
	default:
		if !slices.Contains(passed, e.Name.Local) {
			a.flaws.add("holds %q, which no workbook of lcmsim does: a note, a picture or the like; put what it says into the column Comment", Printable(prefix(e.Name.Local, 40)))
		}
	}
	return dec.Skip()
}

// decodePiece gives what the element that was just begun holds.
func decodePiece[T any](dec *xml.Decoder, e xml.StartElement, use func(T)) error {
	var piece T
	if err := dec.DecodeElement(&piece, &e); err != nil {
		return err
	}
	use(piece)
	return nil
}

// relationOf is the relationship to a part that an element refers to.
func relationOf(e xml.StartElement) string {
	for _, attribute := range e.Attr {
		if attribute.Name.Space == relationSpace && attribute.Name.Local == "id" {
			return attribute.Value
		}
	}
	return ""
}

// The pieces of a sheet.
type (
	viewsElement struct {
		Views []struct {
			First string `xml:"topLeftCell,attr"`
			Zeros string `xml:"showZeros,attr"`
			Panes []struct {
				State string `xml:"state,attr"`
			} `xml:"pane"`
		} `xml:"sheetView"`
	}
	columnsElement struct {
		Columns []struct {
			Min    string   `xml:"min,attr"`
			Hidden string   `xml:"hidden,attr"`
			Width  *float64 `xml:"width,attr"`
		} `xml:"col"`
	}
	mergedElement struct {
		Cells []struct {
			Range string `xml:"ref,attr"`
		} `xml:"mergeCell"`
	}
	validationsElement struct {
		Validations []struct {
			PromptTitle string `xml:"promptTitle,attr"`
			Prompt      string `xml:"prompt,attr"`
			ErrorTitle  string `xml:"errorTitle,attr"`
			Error       string `xml:"error,attr"`
		} `xml:"dataValidation"`
	}
	linksElement struct {
		Links []struct {
			Tip string `xml:"tooltip,attr"`
		} `xml:"hyperlink"`
	}
	pageElement struct {
		OddHeader   string `xml:"oddHeader"`
		OddFooter   string `xml:"oddFooter"`
		EvenHeader  string `xml:"evenHeader"`
		EvenFooter  string `xml:"evenFooter"`
		FirstHeader string `xml:"firstHeader"`
		FirstFooter string `xml:"firstFooter"`
	}
	rulesElement struct {
		Range string `xml:"sqref,attr"`
		Rules []struct {
			Type   string      `xml:"type,attr"`
			Change *int        `xml:"dxfId,attr"`
			Own    *struct{}   `xml:"dxf"` // a change that stands in the rule itself
			Bars   *barElement `xml:"dataBar"`
		} `xml:"cfRule"`
	}
	barElement struct {
		Value string        `xml:"showValue,attr"`
		Color *colorElement `xml:"color"`
		Fill  *colorElement `xml:"fillColor"` // in an extension
	}
	extensionsElement struct {
		Extensions []struct {
			URI         string             `xml:"uri,attr"`
			Rules       []rulesElement     `xml:"conditionalFormattings>conditionalFormatting"`
			Validations validationsElement `xml:"dataValidations"`
		} `xml:"ext"`
	}
)

func (a *surroundings) addViews(v viewsElement) {
	for _, view := range v.Views {
		frozen := len(view.Panes) > 0 && strings.HasPrefix(view.Panes[0].State, "frozen")
		if frozen && view.First != "" && view.First != "A1" {
			a.flaws.add("begins at cell %s, so that nobody can scroll to what stands before it; unfreeze the panes", Printable(prefix(view.First, 20)))
		}
		if view.Zeros != "" && !isTrue(view.Zeros) {
			a.flaws.add("hides zeros; show them")
		}
	}
}

// addHeight holds rows to be seen. height is empty where it is left to the program.
func (a *surroundings) addHeight(what, height, hidden string) {
	const least = 6 // points
	points, err := strconv.ParseFloat(height, 64)
	if isTrue(hidden) || height != "" && (err != nil || points < least) {
		a.flaws.add("hides %s; clear all filters and show all rows", what)
	}
}

func (a *surroundings) addRow(row int, e xml.StartElement) {
	a.addHeight("row "+strconv.Itoa(row), attributeOf(e, "ht"), attributeOf(e, "hidden"))
}

func (a *surroundings) addColumns(c columnsElement) {
	const least = 2 // characters
	for _, column := range c.Columns {
		if isTrue(column.Hidden) || column.Width != nil && !(*column.Width >= least) {
			a.flaws.add("hides columns from number %s on; show all columns", Printable(prefix(column.Min, 20)))
		}
	}
}

// addRules holds conditional formats to those that a workbook has: bars, and colours of cells with some word.
func (a *surroundings) addRules(c rulesElement, book *workbookParts) {
	for _, rule := range c.Rules {
		flaw := ""
		switch {
		case rule.Own != nil || rule.Bars == nil && rule.Type != "cellIs":
			flaw = "is of another kind"
		case rule.Bars != nil:
			flaw = rule.Bars.flaw(book.palette)
		case rule.Change != nil && (*rule.Change < 0 || *rule.Change >= len(book.changes)):
			flaw = "has no style"
		case rule.Change != nil:
			flaw = book.changes[*rule.Change]
		}
		if flaw != "" {
			a.flaws.add("has a conditional format at %s that %s, and no workbook of lcmsim does; clear that rule", excerpt(c.Range, 0), flaw)
		}
	}
}

// flaw tells why a cell with bars does not show its number; "" = it does.
func (b barElement) flaw(p palette) string {
	if b.Value != "" && !isTrue(b.Value) {
		return "hides the number"
	}
	return cellFont{size: 11, color: black}.flaw([]ink{p.color(b.Color, white), p.color(b.Fill, white)})
}

// addExtensions reads what later versions of Excel added to sheets.
func (a *surroundings) addExtensions(x extensionsElement, book *workbookParts) {
	const rules, validations = "{78C0D931-6437-407D-A8EE-F0AAD7539E65}", "{CCE6A557-97BC-4B89-ADB6-D9C93CAAB3DF}"
	for _, one := range x.Extensions {
		if uri := strings.ToUpper(one.URI); uri != rules && uri != validations {
			a.flaws.add("has the extension %s, which no workbook of lcmsim has", excerpt(one.URI, 0))
		}
		for _, r := range one.Rules {
			a.addRules(r, book)
		}
		for _, v := range one.Validations.Validations {
			a.texts = append(a.texts, v.PromptTitle, v.Prompt, v.ErrorTitle, v.Error)
		}
	}
}

// compare adds what got shows that want does not.
func (a *surroundings) compare(sheet string, want *surroundings, found *problems) {
	for _, flaw := range a.flaws.shown {
		found.add("the sheet %s %s", sheet, flaw)
	}
	found.n += a.flaws.n - len(a.flaws.shown)
	for _, m := range a.merged {
		if !slices.Contains(want.merged, m) {
			found.add("%s!%s is merged, which hides cells; split it", sheet, Printable(prefix(m, 40)))
		}
	}
	for _, text := range a.texts {
		if text != "" && !slices.Contains(want.texts, text) {
			found.add("the sheet %s says %s in a page header, a footer or a hint, which it should not", sheet, excerpt(text, 0))
		}
	}
}
