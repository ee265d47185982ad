package report

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
)

// cellStyle is what a style of cells does to what they show.
type cellStyle struct {
	format string // code of its number format, as formatCode gives it
	font   cellFont
	behind []ink  // colours of the fill
	flaw   string // why what a cell holds is not seen as it is; "" = it is
}

// flawOf is the flaw of a cell in the style that holds a text whose runs have these fonts.
func (s cellStyle) flawOf(runs []cellFont) string {
	for _, font := range runs {
		if flaw := font.flaw(s.behind); flaw != "" {
			return flaw
		}
	}
	return s.flaw
}

// cellFont is how letters look.
type cellFont struct {
	size    float64 // in points
	color   ink
	symbols bool // its letters are other signs
}

// ink is a colour.
type ink struct {
	red, green, blue float64 // in [0, 255]
	unknown          bool
}

var black, white = ink{}, ink{red: 255, green: 255, blue: 255}

// flaw tells why letters on these colours cannot be read; "" = they can.
func (f cellFont) flaw(behind []ink) string {
	const smallest, leastContrast = 6, 1.5
	switch {
	case f.symbols:
		return "has a font of symbols"
	case f.size < smallest:
		return "has letters too small to read"
	}
	for _, b := range behind {
		if f.color.unknown || b.unknown {
			return "has a colour that cannot be told"
		}
		if contrast := (f.color.luminance() + 0.05) / (b.luminance() + 0.05); max(contrast, 1/contrast) < leastContrast {
			return "has letters in the colour of the cell"
		}
	}
	return ""
}

// luminance is the relative luminance of the Web Content Accessibility Guidelines, in [0, 1].
func (i ink) luminance() float64 {
	linear := func(c float64) float64 { return math.Pow(c/255, 2.2) }
	return 0.2126*linear(i.red) + 0.7152*linear(i.green) + 0.0722*linear(i.blue)
}

// tinted is the colour lighter (up to 1) or darker (down to -1).
func (i ink) tinted(by float64) ink {
	tint := func(c float64) float64 {
		if by > 0 {
			c += (255 - c) * min(by, 1)
		}
		return c * (1 + max(min(by, 0), -1))
	}
	return ink{tint(i.red), tint(i.green), tint(i.blue), i.unknown || math.IsNaN(by)}
}

// inkOf is the colour RRGGBB or AARRGGBB.
func inkOf(hex string) ink {
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 6 && len(hex) != 8 {
		return ink{unknown: true}
	}
	return ink{red: float64(n >> 16 & 255), green: float64(n >> 8 & 255), blue: float64(n & 255)}
}

// The elements of a part of styles that say how cells look.
type (
	colorElement struct {
		RGB     string  `xml:"rgb,attr"`
		Theme   *int    `xml:"theme,attr"`
		Indexed *int    `xml:"indexed,attr"`
		Tint    float64 `xml:"tint,attr"`
	}
	valueElement struct {
		Value string `xml:"val,attr"`
	}
	fontElement struct {
		Color   *colorElement `xml:"color"`
		Size    *valueElement `xml:"sz"`
		Name    valueElement  `xml:"name"`
		RunName valueElement  `xml:"rFont"` // in a text
		Charset valueElement  `xml:"charset"`
	}
	fillElement struct {
		Pattern struct {
			Type       string        `xml:"patternType,attr"`
			Foreground *colorElement `xml:"fgColor"`
			Background *colorElement `xml:"bgColor"`
		} `xml:"patternFill"`
		Gradient *struct {
			Stops []struct {
				Color *colorElement `xml:"color"`
			} `xml:"stop"`
		} `xml:"gradientFill"`
	}
	xfElement struct {
		Format    *int `xml:"numFmtId,attr"`
		Font      int  `xml:"fontId,attr"`
		Fill      int  `xml:"fillId,attr"`
		Alignment struct {
			Horizontal string `xml:"horizontal,attr"`
			Rotation   int    `xml:"textRotation,attr"`
			Indent     int    `xml:"indent,attr"`
			Order      int    `xml:"readingOrder,attr"`
		} `xml:"alignment"`
	}
	dxfElement struct {
		Font      *fontElement `xml:"font"`
		Fill      *fillElement `xml:"fill"`
		Format    *struct{}    `xml:"numFmt"`
		Alignment *struct{}    `xml:"alignment"`
	}
)

// palette resolves colours.
type palette struct {
	theme   map[string]ink // by name
	indexed []ink
}

// themeColors are the names of the colours of a theme, by number.
var themeColors = []string{"lt1", "dk1", "lt2", "dk2", "accent1", "accent2", "accent3", "accent4", "accent5", "accent6", "hlink", "folHlink"}

// color is a colour; one that is not given is automatic.
func (p palette) color(e *colorElement, automatic ink) ink {
	const systemInk, systemPaper = 64, 65
	found := ink{unknown: true}
	switch {
	case e == nil:
		return automatic
	case e.RGB != "":
		found = inkOf(e.RGB)
	case e.Theme != nil && *e.Theme >= 0 && *e.Theme < len(themeColors):
		if c, ok := p.theme[themeColors[*e.Theme]]; ok {
			found = c
		}
	case e.Theme != nil:
	case e.Indexed == nil:
		found = automatic
	case *e.Indexed == systemInk:
		found = black
	case *e.Indexed == systemPaper:
		found = white
	case *e.Indexed >= 0 && *e.Indexed < len(p.indexed):
		found = p.indexed[*e.Indexed]
	}
	return found.tinted(e.Tint)
}

// symbolFonts are fonts whose letters are other signs.
var symbolFonts = regexp.MustCompile(`(?i)dings|symbol|marlett|mdl2|mt extra`)

// font is a font; what is not given is automatic.
func (p palette) font(e *fontElement) cellFont {
	const usual, symbolCharset = 11, "2"
	font := cellFont{size: usual, color: black}
	if e == nil {
		return font
	}
	font.color = p.color(e.Color, black)
	font.symbols = e.Charset.Value == symbolCharset || symbolFonts.MatchString(e.Name.Value+e.RunName.Value)
	if e.Size != nil {
		font.size, _ = strconv.ParseFloat(e.Size.Value, 64) // what is no number is 0, too small
	}
	return font
}

// fill are the colours of a fill.
func (p palette) fill(e fillElement) []ink {
	if e.Gradient != nil {
		colors := []ink{}
		for _, stop := range e.Gradient.Stops {
			colors = append(colors, p.color(stop.Color, white))
		}
		return colors
	}
	foreground, background := p.color(e.Pattern.Foreground, black), p.color(e.Pattern.Background, white)
	switch e.Pattern.Type {
	case "", "none":
		return []ink{white}
	case "solid":
		return []ink{foreground}
	}
	return []ink{foreground, background}
}

// changeFlaw tells why a cell does not show the same after a conditional format; "" = it does, since the format only colours, letters
// and cell alike.
func (p palette) changeFlaw(e dxfElement) string {
	inked, filled := e.Font != nil && e.Font.Color != nil, e.Fill != nil
	switch {
	case e.Format != nil:
		return "shows cells in another number format"
	case e.Alignment != nil:
		return "moves what cells show"
	case inked != filled || filled && e.Fill.Gradient != nil:
		return "colours cells without their letters, or letters without their cells"
	}
	behind := white
	if filled { // a solid fill has its colour in the background here, and in the foreground elsewhere
		behind = p.color(e.Fill.Pattern.Background, p.color(e.Fill.Pattern.Foreground, white))
	}
	return p.font(e.Font).flaw([]ink{behind})
}

// readStyles reads how cells look. theme is the part that names colours; "" = there is none.
func (w *workbookParts) readStyles(part, theme string) error {
	var styles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Fonts   []fontElement  `xml:"fonts>font"`
		Fills   []fillElement  `xml:"fills>fill"`
		Cells   []xfElement    `xml:"cellXfs>xf"`
		Changes []dxfElement   `xml:"dxfs>dxf"`
		Tables  []struct{}     `xml:"tableStyles>tableStyle"`
		Indexed []colorElement `xml:"colors>indexedColors>rgbColor"`
	}
	if err := w.decode(part, &styles, spreadsheetSpace); err != nil {
		return err
	}
	if len(styles.Tables) > 0 {
		return errors.New("it has a table style of its own")
	}
	codes := map[int]string{}
	for _, f := range styles.Formats {
		if _, twice := codes[f.ID]; twice {
			return fmt.Errorf("%s: number format %d stands twice", part, f.ID)
		}
		codes[f.ID] = f.Code
	}
	var err error
	if w.palette.theme, err = w.readTheme(theme); err != nil {
		return err
	}
	for _, c := range styles.Indexed {
		w.palette.indexed = append(w.palette.indexed, inkOf(c.RGB))
	}
	for i, xf := range styles.Cells {
		if xf.Format == nil || xf.Font < 0 || xf.Font >= len(styles.Fonts) || xf.Fill < 0 || xf.Fill >= len(styles.Fills) {
			return fmt.Errorf("%s: style %d has no number format, font or fill", part, i)
		}
		code, ok := codes[*xf.Format]
		if !ok {
			code, ok = builtinFormats[*xf.Format]
		}
		if !ok {
			code = "built in: " + strconv.Itoa(*xf.Format)
		}
		style := cellStyle{format: formatCode(code), font: w.palette.font(&styles.Fonts[xf.Font]), behind: w.palette.fill(styles.Fills[xf.Fill])}
		if style.flaw = xf.misplaced(); style.flaw == "" {
			style.flaw = style.font.flaw(style.behind)
		}
		w.styles = append(w.styles, style)
	}
	for _, dxf := range styles.Changes {
		w.changes = append(w.changes, w.palette.changeFlaw(dxf))
	}
	return nil
}

// misplaced tells why an alignment shows other than what is there; "" = it does not.
func (xf xfElement) misplaced() string {
	const mostIndent, rightToLeft = 15, 2
	a := xf.Alignment
	switch a.Horizontal {
	case "", "general", "left", "center", "right", "justify":
	default:
		return fmt.Sprintf("is aligned as %q, which can repeat or spread what it holds", Printable(prefix(a.Horizontal, 20)))
	}
	if a.Rotation != 0 || a.Indent > mostIndent || a.Order == rightToLeft {
		return "is turned, pushed aside or read from right to left"
	}
	return ""
}

// readTheme reads the colours of a theme by name.
func (w *workbookParts) readTheme(part string) (map[string]ink, error) {
	if part == "" {
		return map[string]ink{"lt1": white, "dk1": black}, nil
	}
	type namedColor struct {
		System *valueElement `xml:"sysClr"`
		RGB    *valueElement `xml:"srgbClr"`
	}
	var theme struct {
		Colors struct {
			LT1 namedColor `xml:"lt1"`
			DK1 namedColor `xml:"dk1"`
			LT2 namedColor `xml:"lt2"`
			DK2 namedColor `xml:"dk2"`
			AC1 namedColor `xml:"accent1"`
			AC2 namedColor `xml:"accent2"`
			AC3 namedColor `xml:"accent3"`
			AC4 namedColor `xml:"accent4"`
			AC5 namedColor `xml:"accent5"`
			AC6 namedColor `xml:"accent6"`
			HL  namedColor `xml:"hlink"`
			FHL namedColor `xml:"folHlink"`
		} `xml:"themeElements>clrScheme"`
	}
	if err := w.decode(part, &theme, graphicSpace); err != nil {
		return nil, err
	}
	c := theme.Colors
	out := map[string]ink{}
	for i, named := range []namedColor{c.LT1, c.DK1, c.LT2, c.DK2, c.AC1, c.AC2, c.AC3, c.AC4, c.AC5, c.AC6, c.HL, c.FHL} {
		switch {
		case named.System != nil && named.System.Value == "window":
			out[themeColors[i]] = white
		case named.System != nil && named.System.Value == "windowText":
			out[themeColors[i]] = black
		case named.RGB != nil:
			out[themeColors[i]] = inkOf(named.RGB.Value)
		}
	}
	return out, nil
}
