package report

import (
	"regexp"
	"strconv"
	"strings"
)

// Number formats decide what a cell shows. A format can show another number than the cell holds, other words, or nothing, so that those
// which do not show what is there are refused (ECMA-376 part 1, sections 18.8.30 and 18.8.31).

// builtinFormats are the formats without a code of their own that show a number as it is. Others are dates and the like.
var builtinFormats = map[int]string{
	0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 49: "@",
}

// plainFormat is a format that shows a number, or a text, as it is: digits, decimals, a percentage.
var plainFormat = regexp.MustCompile(`^(?:General|@|[#,0]*0(\.0+)?(%)?)$`)

// unescapedFormat undoes an escape that some programs write and others do not, of characters that mean themselves anyway.
var unescapedFormat = strings.NewReplacer(`\-`, "-", `\ `, " ", `"-"`, "-")

// locale says in whose language a format is.
var locale = regexp.MustCompile(`^\[\$-[0-9A-Fa-f]+\]`)

// readFormats reads the codes of number formats, by style of a cell.
func (w *workbookParts) readFormats(part string) error {
	var styles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := w.decode(part, &styles); err != nil {
		return err
	}
	codes := map[int]string{}
	for _, f := range styles.Formats {
		codes[f.ID] = f.Code
	}
	for _, c := range styles.Cells {
		code, ok := codes[c.Format]
		if !ok {
			code, ok = builtinFormats[c.Format]
		}
		if !ok {
			code = "built in: " + strconv.Itoa(c.Format)
		}
		w.formats = append(w.formats, unescapedFormat.Replace(locale.ReplaceAllString(code, "")))
	}
	return nil
}

// showsAlike tells whether a cell in the format shows what one in the format that lcmsim writes does: as many decimals, a percentage or
// none. Separators of thousands make no difference.
func showsAlike(want, got string, v cellValue) bool {
	g := plainFormat.FindStringSubmatch(got)
	w := plainFormat.FindStringSubmatch(want)
	switch {
	case g == nil:
		return want == got
	case v.kind != valueNumber || w == nil || got == "General" && want != "General":
		return w == nil || len(w[1])+len(w[2]) == 0 || v.kind != valueNumber
	}
	return w[1] == g[1] && w[2] == g[2]
}

// showsText tells whether a cell to fill in shows a text that is typed there: the format has no words of its own, and hides nothing.
func showsText(code string) bool {
	return !strings.Contains(code, `"`) && !strings.Contains(code, ";;")
}
