package report

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The parts of a workbook that are forged.
const (
	partBook, partBookRelations = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
	partStyles, partTexts       = "xl/styles.xml", "xl/sharedStrings.xml"
	partDecisions               = "xl/worksheets/sheet2.xml"
	partDrawing, partChart      = "xl/drawings/drawing1.xml", "xl/charts/chart1.xml"

	foreign = `xmlns:zz="urn:other" `
	compat  = `xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"`
)

// forgery edits the parts of a workbook.
type forgery func(t *testing.T, parts map[string]string)

// replacing puts another text in the place of the first match of a pattern, which must be there.
func replacing(part, pattern, by string) forgery {
	return func(t *testing.T, parts map[string]string) {
		t.Helper()
		at := regexp.MustCompile(`(?s)` + pattern).FindStringSubmatchIndex(parts[part])
		require.NotNil(t, at, "%s: %s", part, pattern)
		expanded := regexp.MustCompile(`(?s)`+pattern).ExpandString(nil, by, parts[part], at)
		parts[part] = parts[part][:at[0]] + string(expanded) + parts[part][at[1]:]
	}
}

func all(edits ...forgery) forgery {
	return func(t *testing.T, parts map[string]string) {
		t.Helper()
		for _, edit := range edits {
			edit(t, parts)
		}
	}
}

// styled gives a cell of the sheet Decisions a style of its own.
func styled(cell, format, font, fill, alignment string) forgery {
	return func(t *testing.T, parts map[string]string) {
		t.Helper()
		styles := parts[partStyles]
		last := func(list, element string) int {
			inside := regexp.MustCompile(`(?s)<` + list + `.*?</` + list + `>`).FindString(styles)
			require.NotEmpty(t, inside)
			return len(regexp.MustCompile(`<`+element+`[ >]`).FindAllString(inside, -1))
		}
		xf := fmt.Sprintf(`<xf numFmtId="199" fontId="%d" fillId="%d" borderId="0" xfId="0"><alignment %s/></xf></cellXfs>`, last("fonts", "font"), last("fills", "fill"), alignment)
		number := last("cellXfs", "xf")
		parts[partStyles] = strings.NewReplacer("</numFmts>", `<numFmt numFmtId="199" formatCode="`+strings.ReplaceAll(format, `"`, "&quot;")+`"/></numFmts>`,
			"</fonts>", "<font>"+font+"</font></fonts>", "</fills>", "<fill>"+fill+"</fill></fills>", "</cellXfs>", xf).Replace(styles)
		replacing(partDecisions, `(<c r="`+cell+`") s="\d+"`, fmt.Sprintf(`${1} s="%d"`, number))(t, parts)
	}
}

// formatted gives a cell of the sheet Decisions a number format.
func formatted(cell, format string) forgery { return styled(cell, format, "", "", "") }

// secondSheet adds a sheet Decisions with other numbers, which no relationship leads to.
func secondSheet(t *testing.T, parts map[string]string) {
	parts["xl/worksheets/sheet99.xml"] = parts[partDecisions]
	replacing("xl/worksheets/sheet99.xml", `(<c r="D4"[^>]*>)<v>\d+</v>`, `${1}<v>1</v>`)(t, parts)
}

// forged reads a workbook of these parts, after an edit of them.
func (d decided) forged(t *testing.T, files map[string]string, edit forgery) error {
	t.Helper()
	files = maps.Clone(files)
	edit(t, files)
	var list []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		list = append(list, name, files[name])
	}
	got, err := openParts(zipOf(t, list...), 1<<30)
	if err != nil {
		return err
	}
	filled, found, err := compareSheets(d.sound, got, len(d.groups))
	if err == nil && found.n > 0 {
		err = errors.New(found.text())
	}
	if err == nil {
		_, err = readDecisions(d.groups, filled, got.date1904, "")
	}
	return err
}

// What a person sees in a workbook is what is recorded, or the workbook is refused: whatever shows something else is named.
func TestForgedWorkbooksAreRefused(t *testing.T) {
	d := newDecided(t, NewDiff(sampleDiffInput()))
	files := parts(t, d.filledIn(t, d.all("approve", nil, "Ana Souza", decisionDay)))
	const textBox = `<xdr:twoCellAnchor><xdr:from><xdr:col>9</xdr:col></xdr:from><xdr:sp><xdr:txBody/></xdr:sp></xdr:twoCellAnchor></xdr:wsDr>`
	rule := func(inside string) forgery {
		return replacing(partDecisions, `<conditionalFormatting `, `<conditionalFormatting sqref="D4:D9"><cfRule priority="90" `+inside+`</cfRule></conditionalFormatting>${0}`)
	}
	change := func(dxf string) forgery {
		return all(replacing(partStyles, `<dxfs[^>]*>`, `${0}<dxf>`+dxf+`</dxf>`), replacing(partDecisions, `dxfId="\d+"`, `dxfId="0"`))
	}
	for name, tc := range map[string]struct {
		edit forgery
		want string // "" = it makes no difference
	}{
		"nothing": {all(), ""},

		"a foreign id":        {all(secondSheet, replacing(partBookRelations, `(<Relationship Id=")(rId\d+)("[^>]*worksheets/sheet)2(.xml")`, `${1}${2}${3}99${4} `+foreign+`zz:Id="${2}" zz:Target="worksheets/sheet2.xml"`)), `Decisions!D4 says 1, should say`},
		"a foreign sheet":     {all(secondSheet, replacing(partBookRelations, `(<Relationship Id=")(rId\d+)("[^>]*worksheets/sheet)2(.xml[^>]*>)`, `<Relationship Id="own" Type="`+relationSpace+`/worksheet" Target="worksheets/sheet99.xml"/>${0}`), replacing(partBook, `(name="Decisions"[^>]*)r:id="(rId\d+)"`, foreign+`${1}r:id="own" zz:id="${2}"`)), `Decisions!D4 says 1, should say`},
		"two ids":             {replacing(partBook, `(name="Decisions"[^>]*)r:id="(rId\d+)"`, `${1}r:id="${2}" xmlns:s="http://purl.oclc.org/ooxml/officeDocument/relationships" s:id="rId1"`), `"sheet" has two attributes "id"`},
		"a foreign kind":      {replacing(partBookRelations, `Type="[^"]*/styles"`, `Type="urn:other/styles"`), "which does not show what it holds"},
		"an escaped name":     {replacing(partBookRelations, `worksheets/sheet2.xml`, `worksheets/sheet%32.xml`), `programs differ in what they take the name "worksheets/sheet%32.xml" for`},
		"foreign days":        {replacing(partBook, `<workbookPr `, `${0}`+foreign+`zz:date1904="1" `), ""},
		"foreign formats":     {all(formatted("D4", `"3"`), replacing(partStyles, `numFmtId="199"( fontId)`, foreign+`zz:numFmtId="1" numFmtId="199"${1}`)), `Decisions!D4 has the number format ""3"", which does not show what it holds`},
		"two formats":         {replacing(partStyles, `<numFmt (numFmtId="\d+")`, `<numFmt ${1} formatCode="&quot;3&quot;"/>${0}`), "stands twice"},
		"two kinds of rows":   {replacing(partDecisions, `</sheetData>`, `${0}<mc:AlternateContent `+compat+`><mc:Choice Requires="x14"><sheetData/></mc:Choice></mc:AlternateContent>`), `"sheetData" inside "AlternateContent" is read by some programs and not by others`},
		"two kinds of texts":  {replacing(partTexts, `<si>`, `<mc:AlternateContent `+compat+`><mc:Choice Requires="x14"><si><t>OK</t></si></mc:Choice></mc:AlternateContent>${0}`), `"si" inside "AlternateContent"`},
		"foreign ornament":    {replacing(partDecisions, `<sheetData>`, `<zz:note `+foreign+`/>${0}`), ""},
		"a number for a text": {formatted("J4", `0;0;0;\r\e\j\e\c\t`), "Decisions!J4 has the number format"},
		"no text":             {formatted("J4", `General;General;General;`), "Decisions!J4 has the number format"},
		"a text more":         {formatted("J4", `\n\o\t\ @`), `Decisions!J4 has the number format "\n\o\t @", which can show something else; set it to General`},
		"a text behind":       {formatted("L4", `@\ (\n\o\t)`), "Decisions!L4 has the number format"},
		"another day":         {formatted("M4", `\2\0\2\4\-\0\1\-\0\1`), "Decisions!M4 has the number format"},
		"half a day":          {formatted("M4", `yyyy-mm`), "Decisions!M4 has the number format"},
		"a day of others":     {formatted("M4", `[$-107041E]yyyy-mm-dd`), "Decisions!M4 has the number format"},
		"a day as people say": {formatted("M4", `[$-409]dddd, mmmm d, yyyy;@`), ""},
		"a day as saved":      {formatted("M4", `yyyy\-mm\-dd`), ""},
		"a percentage":        {formatted("D4", `0%`), "Decisions!D4 has the number format"},

		"letters unseen":     {styled("D4", "0", `<color rgb="FFFFFFFF"/>`, "", ""), "Decisions!D4 has letters in the colour of the cell; clear the format of that cell"},
		"letters of theme":   {styled("D4", "0", `<color theme="0" tint="-0.05"/>`, "", ""), "Decisions!D4 has letters in the colour of the cell"},
		"letters filled":     {styled("D4", "0", "", `<patternFill patternType="solid"><fgColor rgb="FF101010"/></patternFill>`, ""), "Decisions!D4 has letters in the colour of the cell"},
		"letters faded":      {styled("D4", "0", "", `<gradientFill><stop position="0"><color rgb="FFFFFFFF"/></stop><stop position="1"><color rgb="FF000000"/></stop></gradientFill>`, ""), "Decisions!D4 has letters in the colour of the cell"},
		"letters tiny":       {styled("D4", "0", `<sz val="1"/>`, "", ""), "Decisions!D4 has letters too small to read"},
		"other letters":      {styled("J4", "@", `<name val="Wingdings"/>`, "", ""), "Decisions!J4 has a font of symbols"},
		"a colour of nobody": {styled("D4", "0", `<color indexed="50"/>`, "", ""), "Decisions!D4 has a colour that cannot be told"},
		"letters in red":     {styled("D4", "0", `<sz val="20"/><color rgb="FFFF0000"/>`, `<patternFill patternType="solid"><fgColor rgb="FFFFFFCC"/></patternFill>`, `horizontal="center"`), ""},
		"repeated":           {styled("D4", "0", "", "", `horizontal="fill"`), `Decisions!D4 is aligned as "fill", which can repeat`},
		"turned":             {styled("D4", "0", "", "", `textRotation="180"`), "Decisions!D4 is turned"},
		"a word unseen": {replacing(partDecisions, `<c r="K4"[^>]*?(/>|></c>)`, `<c r="K4" t="inlineStr"><is><r><t>yes</t></r><r><rPr><color rgb="FFFFFFFF"/></rPr><t>, no</t></r></is></c>`),
			"Decisions!K4 has letters in the colour of the cell"},
		"a picture in it": {replacing(partDecisions, `<c r="D4"`, `${0} vm="1"`), "cell D4: it holds a picture or linked data"},

		"a rule of numbers":   {change(`<numFmt numFmtId="171" formatCode="&quot;3&quot;"/>`), "shows cells in another number format, and no workbook of lcmsim does; clear that rule"},
		"a rule that hides":   {change(`<font><color rgb="FFF8D7DA"/></font><fill><patternFill><bgColor rgb="FFF8D7DA"/></patternFill></fill>`), "has letters in the colour of the cell"},
		"a rule of letters":   {change(`<font><color rgb="FFFFFFFF"/></font>`), "colours cells without their letters"},
		"a rule of icons":     {rule(`type="iconSet"><iconSet showValue="0"/>`), `has a conditional format at "D4:D9" that is of another kind`},
		"bars without number": {rule(`type="dataBar"><dataBar showValue="0"/>`), "that hides the number"},
		"dark bars":           {rule(`type="dataBar"><dataBar><color rgb="FF000000"/></dataBar>`), "has letters in the colour of the cell"},
		"a later rule": {replacing(partDecisions, `</worksheet>`, `<extLst><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}"><x:conditionalFormattings xmlns:x="`+extensionSpace+`"><x:conditionalFormatting>`+
			`<x:cfRule type="cellIs"><x:dxf><numFmt numFmtId="1" formatCode="0"/></x:dxf></x:cfRule></x:conditionalFormatting></x:conditionalFormattings></ext></extLst></worksheet>`), "that is of another kind"},
		"sparklines": {replacing(partDecisions, `</worksheet>`, `<extLst><ext uri="{05C60535-1F16-4fd2-B633-F4F36F0B64E0}"/></extLst></worksheet>`), "has the extension"},

		"merged":         {replacing(partDecisions, `<mergeCell `, `<mergeCell ref="D4:G9"/>${0}`), "Decisions!D4:G9 is merged, which hides cells; split it"},
		"a hidden sheet": {replacing(partBook, `<sheet name="Findings"`, `${0} state="veryHidden"`), `the sheet "Findings" is hidden; show it`},
		"a hidden row":   {replacing(partDecisions, `<row r="5"`, `${0} hidden="1"`), "the sheet Decisions hides row 5; clear all filters and show all rows"},
		"a flat row":     {replacing(partDecisions, `<row r="5"[^>]*?>`, `<row r="5" ht="0.5" customHeight="1">`), "the sheet Decisions hides row 5"},
		"flat rows":      {replacing(partDecisions, `defaultRowHeight="`, `zeroHeight="1" ${0}`), "hides rows without a height"},
		"hidden columns": {replacing(partDecisions, `<col [^>]*min="4"`, `${0} hidden="true"`), "hides columns from number 4 on; show all columns"},
		"narrow columns": {replacing(partDecisions, `(<col [^>]*min="4"[^>]*width=")[^"]*`, `${1}0.1`), "hides columns from number 4 on"},
		"scrolled away":  {replacing(partDecisions, `<sheetView `, `${0}topLeftCell="A7" `), "begins at cell A7"},
		"no zeros":       {replacing(partDecisions, `<sheetView `, `${0}showZeros="0" `), "hides zeros"},
		"another run":    {replacing(partDecisions, `run [0-9a-f]{12}`, `run 000000000000`), `in a page header, a footer or a hint, which it should not`},
		"another hint":   {replacing(partDecisions, ` prompt="`, `${0}All is well: `), `says "All is well: approve, reject or question" in a page header`},
		"a note":         {replacing(partDecisions, `<tableParts`, `<legacyDrawing xmlns:r="`+relationSpace+`" r:id="rId9"/>${0}`), `holds "legacyDrawing", which no workbook of lcmsim does: a note, a picture or the like`},
		"a drawing":      {replacing(partDecisions, `<tableParts`, `<drawing xmlns:r="`+relationSpace+`" r:id="rId9"/>${0}`), `the sheet Decisions has a drawing that cannot be accepted`},
		"a text box":     {replacing(partDrawing, `</xdr:wsDr>`, textBox), `the sheet Charts has a drawing that cannot be accepted: xl/drawings/drawing1.xml: it holds "txBody"`},
		"a chart moved":  {replacing(partDrawing, `<xdr:col>\d+`, `<xdr:col>1`), "a chart covers cells; move it right of column"},
		"other numbers":  {replacing(partChart, `(<val>)<numRef>.*?</numRef>`, `${1}<numLit><ptCount val="1"/></numLit>`), "the sheet Charts has other charts than it should"},
		"other cells":    {replacing(partChart, `(<f>Charts!\$)B(\$\d+:)`, `${1}A${2}`), "the sheet Charts has other charts than it should"},
		"another scale":  {replacing(partChart, `<scaling>`, `${0}<max val="9"/>`), "the sheet Charts has other charts than it should"},
		"a chart less":   {replacing(partDrawing, `<xdr:twoCellAnchor.*?</xdr:twoCellAnchor>`, ``), "the sheet Charts has other charts than it should"},
		"table style":    {replacing(partStyles, `<tableStyles[^>]*>`, `${0}<tableStyle name="x"/>`), "it has a table style of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			err := d.forged(t, files, tc.edit)
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestFormatsThatShowWhatIsThere(t *testing.T) {
	number, text := func(n float64) cellValue { return cellValue{kind: valueNumber, number: n} }, cellValue{kind: valueText, text: "approve"}
	for _, tc := range []struct {
		code  string
		date  bool // in the column Date
		value cellValue
		want  bool
	}{
		{"General", true, number(46348), true}, {"@", false, number(5), true}, {"0", false, number(4.7), false}, {"0%", false, number(5), false},
		{"yyyy-mm-dd", false, number(1830), false}, {"#,##0;-#,##0;-", false, text, true}, {"#,##0;-#,##0;-", false, number(0), false},
		{"0;0", false, text, false}, {`""@`, false, text, false}, {"yyyy-mm-dd", true, text, true}, {";;;", true, text, false},

		{"yyyy-mm-dd", true, number(46348), true}, {"dd/mm/yyyy", true, number(46348), true}, {"m/d/yy;@", true, number(46348), true},
		{`[$-409]d\-mmm\-yy;@`, true, number(46348), true}, {`[$-F800]dddd\,\ mmmm\ dd\,\ yyyy`, true, number(46348), true}, {"dd.mm.yyyy", true, number(46348), true},
		{`d" de "mmmm" de "yyyy`, true, number(46348), true}, {`yyyy"年"m"月"d"日"`, true, number(46348), true}, {"m/d/yyyy h:mm", true, number(46348), true},
		{"[$-407]d. mmmm yyyy", true, number(46348), true}, {"ddd dd-mmm-yyyy hh:mm:ss AM/PM", true, number(46348), true},

		{"yyyy-dd-mm", true, number(46348), false}, {"yyyy-mm", true, number(46348), false}, {"yyyy-mm-dd;yyyy", true, number(46348), false},
		{`"2026"-mm-dd`, true, number(46348), false}, {`yyyy-mm-dd\0`, true, number(46348), false}, {"[$-F400]h:mm:ss", true, number(46348), false},
		{"[$-107041E]yyyy-mm-dd", true, number(46348), false}, {"[h]:mm", true, number(46348), false}, {"yyyy-mm-yyyy-dd", true, number(46348), false}, {"", true, number(46348), false},
	} {
		require.Equal(t, tc.want, showsAnswer(formatCode(tc.code), tc.value, tc.date), "%s %+v", tc.code, tc.value)
	}
}
