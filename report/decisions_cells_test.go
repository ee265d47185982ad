package report

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

// zipOf is a zip file of parts: names and texts in turn.
func zipOf(t require.TestingT, parts ...string) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		require.NoError(t, err)
		_, err = w.Write([]byte(parts[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return out.Bytes()
}

func withType(t *testing.T, contentType string) []byte {
	return zipOf(t, "[Content_Types].xml", `<Types xmlns="`+typesSpace+`"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/a" ContentType="`+contentType+`"/></Types>`)
}

// withRelation is a workbook of this main part, which refers to a part by a relationship of this kind.
func withRelation(t *testing.T, main, kind string) []byte {
	return zipOf(t, "[Content_Types].xml", `<Types xmlns="`+typesSpace+`"><Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>`,
		"_rels/.rels", `<Relationships xmlns="`+packageSpace+`"><Relationship Id="a" Type="`+officeRelations+`/officeDocument" Target="`+main+`"/></Relationships>`,
		"xl/_rels/workbook.xml.rels", `<Relationships xmlns="`+packageSpace+`"><Relationship Id="b" Type="`+officeRelations+`/`+kind+`" Target="x.bin"/></Relationships>`)
}

const (
	officeRelations = relationSpace
	emptyTypes      = `<Types xmlns="` + typesSpace + `"/>`
	sheetNamespace  = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
)

// smallWorkbook is a workbook of one sheet, whose rows are those given, and of shared texts.
func smallWorkbook(t require.TestingT, rows, shared string) []byte {
	return zipOf(t,
		"[Content_Types].xml", emptyTypes,
		"_rels/.rels", `<Relationships xmlns="`+packageSpace+`"><Relationship Id="r1" Type="`+officeRelations+`/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml", `<workbook `+sheetNamespace+` xmlns:r="`+officeRelations+`"><sheets><sheet name="One" sheetId="7" r:id="r9"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships xmlns="`+packageSpace+`"><Relationship Id="r9" Type="`+officeRelations+`/worksheet" Target="/xl/worksheets/Sheet1.xml"/>`+
			`<Relationship Id="r8" Type="`+officeRelations+`/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
		"xl/sharedStrings.xml", "<sst "+sheetNamespace+">"+shared+"</sst>",
		"xl/worksheets/sheet1.xml", `<worksheet `+sheetNamespace+`><cols><col min="1"/></cols><sheetData>`+rows+`</sheetData><pageMargins left="1"/></worksheet>`,
	)
}

// dumpCells lists the cells of the first sheet on a line, or the error.
func dumpCells(workbook []byte) string {
	w, err := openParts(workbook, 1<<20)
	if err != nil {
		return "error: " + err.Error()
	}
	var out []string
	for cell, err := range w.cells(w.sheets[0].part, &surroundings{}) {
		if err != nil {
			return "error: " + err.Error()
		}
		text := fmt.Sprintf("%s=%s", cellName(cell.row, cell.column), cell.value.shown(0))
		if cell.formula {
			text += " (formula)"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func TestCellsOfASheet(t *testing.T) {
	const shared = `<si><t>zero</t></si><si><r><rPr><b/></rPr><t>bo</t></r><r><t xml:space="preserve">ld </t></r><rPh sb="0" eb="1"><t>no</t></rPh></si><si/>`
	for _, tc := range []struct{ rows, want string }{
		{``, ``},
		{`<row r="1"/>`, ``},
		{`<row r="2" ht="15"><c r="A2" s="1"><v>1</v></c><c r="C2" t="n"><v>-2.5E3</v></c></row><row r="9"><c r="XFD9"><v>0</v></c></row>`, `A2=1 C2=-2500 XFD9=0`},
		{`<row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1" t="s"><v>0</v></c><c r="C1" t="s"><v>2</v></c></row>`, `A1="bold " B1="zero"`},
		{`<row r="1"><c r="A1" t="inlineStr"><is><t>a &lt; b</t></is></c><c r="B1" t="inlineStr"><is><t/></is></c><c r="C1" t="inlineStr"/></row>`, `A1="a < b"`},
		{`<row r="1"><c r="A1" t="str"><f>1+1</f><v>2</v></c><c r="B1"><f/></c><c r="C1"/><c r="D1"><v/></c></row>`, `A1="2" (formula) B1= (formula)`},
		{`<row r="1"><c r="A1" t="b"><v>1</v></c><c r="B1" t="b"><v>0</v></c><c r="C1" t="e"><v>#N/A</v></c><c r="D1" t="d"><v>2026-11-22</v></c></row>`, `A1=TRUE B1=FALSE C1=#N/A D1=2026-11-22`},
		{`<row r="1"><c r="A1" t="inlineStr"><is><t>_x0041__x005F_x0042_ _xD83D__xDE42_ _xD83D_x _xzzzz_ _x1_</t></is></c></row>`, `A1="A_x0042_ 🙂 �x _xzzzz_ _x1_"`},
		{`<row r="1"><c r="A1"><v>1</v><extLst><ext><c/></ext></extLst></c></row>`, `A1=1`},

		{`<row><c r="A1"/></row>`, `error: xl/worksheets/Sheet1.xml: unreadable row behind row 0`},
		{`<row r="2"/><row r="2"/>`, `error: xl/worksheets/Sheet1.xml: unreadable row behind row 2`},
		{`<row r="1048577"/>`, `error: xl/worksheets/Sheet1.xml: unreadable row behind row 0`},
		{`<row r="1"><c><v>1</v></c></row>`, `error: xl/worksheets/Sheet1.xml: unreadable cell in row 1 behind column 0`},
		{`<row r="1"><c r="B1"/><c r="A1"/></row>`, `error: xl/worksheets/Sheet1.xml: unreadable cell in row 1 behind column 2`},
		{`<row r="1"><c r="A2"/></row>`, `error: xl/worksheets/Sheet1.xml: unreadable cell in row 1 behind column 0`},
		{`<row r="1"><c r="XFE1"/></row>`, `error: xl/worksheets/Sheet1.xml: unreadable cell in row 1 behind column 0`},
		{`<row r="1"><c r="A01"/></row>`, `error: xl/worksheets/Sheet1.xml: unreadable cell in row 1 behind column 0`},
		{`<row r="1"><c r="A1"><v>1</v><v>2</v></c></row>`, `error: xl/worksheets/Sheet1.xml: cell A1: unknown element "v" among the cells`},
		{`<row r="1"><c r="A1" t="inlineStr"><v>1</v><is><t>2</t></is></c></row>`, `error: xl/worksheets/Sheet1.xml: cell A1: it holds two values`},
		{`<row r="1"><c r="A1"><v>0x10</v></c></row>`, `error: xl/worksheets/Sheet1.xml: cell A1: "0x10" is no number`},
		{`<row r="1"><c r="A1"><v>NaN</v></c></row>`, `error: xl/worksheets/Sheet1.xml: cell A1: "NaN" is no number`},
		{`<row r="1"><c r="A1"><v>1e999</v></c></row>`, `error: xl/worksheets/Sheet1.xml: cell A1: "1e999" is no number`},
		{`<row r="1"><c r="A1" t="s"><v>3</v></c></row>`, `error: xl/worksheets/Sheet1.xml: cell A1: there is no shared text "3"`},
		{`<row r="1"><c r="A1" t="s"><v>-1</v></c></row>`, `error: xl/worksheets/Sheet1.xml: cell A1: there is no shared text "-1"`},
		{`<row r="1"><c r="A1" t="q"><v>1</v></c></row>`, `error: xl/worksheets/Sheet1.xml: cell A1: unknown type "q"`},
		{`<row r="1"><c r="A1"><w>1</w></c></row>`, `error: xl/worksheets/Sheet1.xml: cell A1: unknown element "w" among the cells`},
		{`<row r="1"><d r="A1"/></row>`, `error: xl/worksheets/Sheet1.xml: unreadable cell in row 1 behind column 0`},
		{`<x:row xmlns:x="urn:other" r="1"/>`, ``},
		{`<x:row xmlns:x="urn:other" r="1"><c r="A1"><v>1</v></c></x:row>`, `error: xl/worksheets/Sheet1.xml: "c" inside "row" is read by some programs and not by others`},
		{`<row r="1"><c r="A1"><v>&nosuch;</v></c></row>`, `error: xl/worksheets/Sheet1.xml: cell A1: XML syntax error on line 1: invalid character entity &nosuch;`},
		{`</sheetData><sheetData>`, `error: xl/worksheets/Sheet1.xml: it has two lists of rows`},
		{`<row r="1">`, `error: xl/worksheets/Sheet1.xml: XML syntax error on line 1: element <row> closed by </sheetData>`},
	} {
		require.Equal(t, tc.want, dumpCells(smallWorkbook(t, tc.rows, shared)), tc.rows)
	}
}

// A file of a few kilobytes that unpacks to gigabytes is not unpacked.
func TestBombsAreRefused(t *testing.T) {
	blanks := strings.Repeat(" ", 3<<20)
	require.Contains(t, dumpCells(smallWorkbook(t, blanks, "")), "it unpacks to far more than this workbook can hold")
	require.Contains(t, dumpCells(smallWorkbook(t, "", blanks)), "it unpacks to far more than this workbook can hold")
}

// No file makes the reader fail otherwise than with an error: bytes of a workbook are changed, left out and added.
func TestDamagedWorkbooks(t *testing.T) {
	d := newDecided(t, NewDiff(sampleDiffInput()))
	rapid.Check(t, func(t *rapid.T) {
		workbook := bytes.Clone(d.workbook)
		for range rapid.IntRange(1, 4).Draw(t, "times") {
			at := rapid.IntRange(0, len(workbook)-1).Draw(t, "at")
			switch rapid.IntRange(0, 3).Draw(t, "how") {
			case 0:
				workbook[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
			case 1:
				workbook = workbook[:max(1, at, len(workbook)-200)]
			case 2:
				workbook = append(workbook[:at:at], workbook[min(len(workbook)-1, at+rapid.IntRange(1, 9).Draw(t, "less")):]...)
			default:
				workbook = append(workbook[:at:at], append([]byte("PK\x05\x06<c/>"), workbook[at:]...)...)
			}
		}
		got, err := openParts(workbook, 1<<30)
		if err != nil {
			return
		}
		if filled, found, err := compareSheets(d.sound, got, len(d.groups)); err == nil && found.n == 0 {
			require.Empty(t, filled, "what is read is sound")
		}
	})
}

// FuzzDecisionCells: no sheet makes the reader panic or hang, and cells come in order.
func FuzzDecisionCells(f *testing.F) {
	for _, rows := range []string{
		`<row r="1"><c r="A1"><v>1</v></c></row>`, `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="AB1" t="inlineStr"><is><r><t>_x0041_</t></r></is></c></row>`,
		`<row r="7"><c r="A7" t="str"><f>1</f><v>x</v></c></row></sheetData><sheetData>`, `<!DOCTYPE a [<!ENTITY b "c">]>&b;`, strings.Repeat("<row>", 100),
	} {
		f.Add(rows, "<si><t>text</t></si>")
	}
	f.Fuzz(func(t *testing.T, rows, shared string) {
		w, err := openParts(smallWorkbook(t, rows, shared), 1<<20)
		if err != nil {
			return
		}
		row, column := 0, 0
		for cell, err := range w.cells(w.sheets[0].part, &surroundings{}) {
			if err != nil {
				return
			}
			require.True(t, cell.row > row || cell.row == row && cell.column > column, "%+v stands behind %d, %d", cell, row, column)
			row, column = cell.row, cell.column
		}
	})
}

// sheetsOf are the values of a workbook's cells by sheet and cell.
func sheetsOf(t *testing.T, workbook []byte) map[string]map[string]cellValue {
	t.Helper()
	w, err := openParts(workbook, 1<<30)
	require.NoError(t, err)
	out := map[string]map[string]cellValue{}
	for _, s := range w.sheets {
		cells := map[string]cellValue{}
		for cell, err := range w.cells(s.part, &surroundings{}) {
			require.NoError(t, err)
			cells[cellName(cell.row, cell.column)] = cell.value
		}
		out[s.name] = cells
	}
	return out
}

// What this reader finds in a workbook is what the library finds that wrote it.
func TestCellsEqualThoseOfTheLibrary(t *testing.T) {
	for _, doc := range []Renderable{New(sampleInput()), NewDiff(sampleDiffInput()), New(withGroups(hostileInput("\uffff\ufffe")))} {
		d := newDecided(t, doc)
		workbook := d.filledIn(t, d.all("approve", "a comment", "Ana", decisionDay))
		f, err := excelize.OpenReader(bytes.NewReader(workbook))
		require.NoError(t, err)
		sheets := sheetsOf(t, workbook)
		require.ElementsMatch(t, f.GetSheetList(), slices.Collect(maps.Keys(sheets)))
		for sheet, cells := range sheets {
			rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
			require.NoError(t, err)
			n := 0
			for r, row := range rows {
				for c, text := range row {
					if text == "" {
						continue
					}
					n++
					name := cellName(r+1, c+1)
					want, err := excelize.CoordinatesToCellName(c+1, r+1)
					require.NoError(t, err)
					require.Equal(t, want, name)
					require.Equal(t, text, cells[name].plain(), "%s!%s", sheet, name)
				}
			}
			require.Len(t, cells, n, sheet)
		}
		require.NoError(t, f.Close())
	}
}
