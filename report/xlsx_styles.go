package report

import (
	"github.com/xuri/excelize/v2"

	"github.com/lcmsim/lcmsim/engine"
)

// workbookStyles are the numbers of the styles of a workbook.
type workbookStyles struct {
	title, heading, label, numberLabel int
	text, id, faint                    int
	number, count, ordinal             int
	share, factor                      int
	good, plain, doubt, bad            int // of the verdict
	goodWord, doubtWord, badWord       int // of the verdict on a limit
	choice, freeText, date             int // to fill in
	whenApproved, whenDoubted, whenBad int // of a cell that was filled in
	note                               int
}

const (
	fontFamily = "Calibri" // the default font of a workbook

	colorGood, inkGood   = "E2F0D9", "1E4620"
	colorPlain, inkPlain = "DCE6F1", "1F3864"
	colorDoubt, inkDoubt = "FFF2CC", "5C4400"
	colorBad, inkBad     = "F8D7DA", "7A1620"

	colorToFill = "FFFBE6"
	colorLine   = "8EA9C8"
	inkFaint    = "7F7F7F"

	fillLost, fillGained, fillHarm, fillOther, fillUsed = "E68A91", "7FB2DF", "A61C28", "BFBFBF", "9DC3E6"
)

// register makes the styles known to f.
func (s *workbookStyles) register(f *excelize.File) error {
	wrapped := &excelize.Alignment{Vertical: "top", WrapText: true, Indent: 1, Horizontal: "left"}
	flat := &excelize.Alignment{Vertical: "top", Indent: 1, Horizontal: "left"}
	right := &excelize.Alignment{Vertical: "top", Indent: 1, Horizontal: "right"}
	rightWrapped := &excelize.Alignment{Vertical: "top", WrapText: true, Indent: 1, Horizontal: "right"}
	const asText, whole, thousands, decimals = 49, 1, 3, 4 // built-in number formats "@", "0", "#,##0", "#,##0.00"
	percent, dashForNone, isoDate := "0.0%", `#,##0;-#,##0;"-"`, "yyyy-mm-dd"
	font := func(bold bool, size float64, color string) *excelize.Font {
		return &excelize.Font{Family: fontFamily, Size: size, Bold: bold, Color: color}
	}
	fill := func(color string) excelize.Fill {
		return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
	}
	center, rightCenter := *wrapped, *rightWrapped
	center.Vertical, rightCenter.Vertical = "center", "center"
	line := []excelize.Border{{Type: "bottom", Style: 1, Color: colorLine}}
	box := []excelize.Border{
		{Type: "left", Style: 1, Color: "D9D9D9"}, {Type: "right", Style: 1, Color: "D9D9D9"}, {Type: "top", Style: 1, Color: "D9D9D9"}, {Type: "bottom", Style: 1, Color: "D9D9D9"},
	}
	verdict := func(background, ink string) excelize.Style {
		return excelize.Style{
			Font: font(true, 14, ink), Fill: fill(background),
			Alignment: &excelize.Alignment{Vertical: "center", WrapText: true, Indent: 1, Horizontal: "left"},
		}
	}
	word := func(background, ink string) excelize.Style {
		return excelize.Style{NumFmt: asText, Font: font(true, 11, ink), Fill: fill(background), Alignment: wrapped}
	}
	toFill := func(style excelize.Style) excelize.Style {
		style.Fill, style.Border, style.Protection = fill(colorToFill), box, &excelize.Protection{Locked: false}
		return style
	}
	for _, x := range []struct {
		id    *int
		style excelize.Style
	}{
		{&s.title, excelize.Style{Font: font(true, 14, ""), Alignment: flat}},
		{&s.note, excelize.Style{NumFmt: asText, Font: font(false, 11, inkFaint), Alignment: wrapped}},
		{&s.heading, excelize.Style{Font: font(true, 11, ""), Border: line, Alignment: flat}},
		{&s.label, excelize.Style{Font: font(true, 11, ""), Fill: fill(colorPlain), Border: line, Alignment: &center}},
		{&s.numberLabel, excelize.Style{Font: font(true, 11, ""), Fill: fill(colorPlain), Border: line, Alignment: &rightCenter}},
		{&s.text, excelize.Style{NumFmt: asText, Alignment: wrapped}},
		{&s.id, excelize.Style{NumFmt: asText, Alignment: flat}},
		{&s.faint, excelize.Style{NumFmt: asText, Alignment: flat, Font: font(false, 8, inkFaint)}},
		{&s.number, excelize.Style{NumFmt: thousands, Alignment: right}},
		{&s.count, excelize.Style{CustomNumFmt: &dashForNone, Alignment: right}},
		{&s.ordinal, excelize.Style{NumFmt: whole, Alignment: right}},
		{&s.share, excelize.Style{CustomNumFmt: &percent, Alignment: right}},
		{&s.factor, excelize.Style{NumFmt: decimals, Alignment: right}},
		{&s.good, verdict(colorGood, inkGood)},
		{&s.plain, verdict(colorPlain, inkPlain)},
		{&s.doubt, verdict(colorDoubt, inkDoubt)},
		{&s.bad, verdict(colorBad, inkBad)},
		{&s.goodWord, word(colorGood, inkGood)},
		{&s.doubtWord, word(colorDoubt, inkDoubt)},
		{&s.badWord, word(colorBad, inkBad)},
		{&s.choice, toFill(excelize.Style{NumFmt: asText, Alignment: flat, Font: font(true, 11, "")})},
		{&s.freeText, toFill(excelize.Style{NumFmt: asText, Alignment: wrapped})},
		{&s.date, toFill(excelize.Style{CustomNumFmt: &isoDate, Alignment: flat})},
	} {
		id, err := f.NewStyle(&x.style)
		if err != nil {
			return err
		}
		*x.id = id
	}
	for _, x := range []struct {
		id              *int
		background, ink string
	}{{&s.whenApproved, colorGood, inkGood}, {&s.whenDoubted, colorDoubt, inkDoubt}, {&s.whenBad, colorBad, inkBad}} {
		id, err := f.NewConditionalStyle(&excelize.Style{
			Font: &excelize.Font{Bold: true, Color: x.ink}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{x.background}},
		})
		if err != nil {
			return err
		}
		*x.id = id
	}
	return nil
}

// verdict is the style of the word of a verdict.
func (s *workbookStyles) verdict(word string) int {
	return map[tone]int{toneBad: s.bad, toneDoubt: s.doubt, tonePlain: s.plain, toneGood: s.good}[toneOf(word)]
}

// limit is the style of the verdict on a limit.
func (s *workbookStyles) limit(l engine.LimitResult) int {
	switch {
	case l.Verdict == engine.VerdictExceeded && l.Enforced != "information":
		return s.badWord
	case l.Verdict == engine.VerdictOK:
		return s.goodWord
	}
	return s.doubtWord
}
