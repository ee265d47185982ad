package report

import (
	"math"
	"regexp"
	"strings"
)

// Number formats decide what a cell shows. A format can show another number than the cell holds, other words, or nothing, so that only
// those are accepted which show what is there (ECMA-376 part 1, sections 18.8.30 and 18.8.31).

// builtinFormats are formats without a code of their own.
var builtinFormats = map[int]string{
	0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 14: "m/d/yyyy", 15: "d-mmm-yy", 22: "m/d/yyyy h:mm",
	37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 49: "@",
}

// plainFormat is a format that shows a number, or a text, as it is: digits, decimals, a percentage.
var plainFormat = regexp.MustCompile(`^(?:General|@|[#,0]*0(\.0+)?(%)?)$`)

// ownFormats are the other formats of the workbook, without escapes.
var ownFormats = []string{"#,##0;-#,##0;-", "yyyy-mm-dd"}

// unescapedFormat undoes escapes that some programs write and others do not, of characters that mean themselves anyway.
var unescapedFormat = strings.NewReplacer(`\-`, "-", `\ `, " ", `\/`, "/", `\.`, ".", `\,`, ",", `\:`, ":", `"-"`, "-", `" "`, " ", `"/"`, "/", `"."`, ".", `"年"`, "-", `"月"`, "-", `"日"`, "")

// locale says in whose language a format is. With more digits it would also say by which calendar and with which digits.
var locale = regexp.MustCompile(`^\[\$-(?:0?[0-9A-Ea-e][0-9A-Fa-f]{2}|0?[0-9A-Fa-f]{3}|[Ff]800)\]`)

// dateFormat is a format that shows a whole date: year, month and day once each, in an order that people use, perhaps with the day of
// the week and the time of the day. A text stays as it is.
var dateFormat = func() *regexp.Regexp {
	const day, month, year, gap = `(?:d{3,4}[-/., ]+)?d{1,2}`, `m{1,4}`, `y{1,4}`, `(?:[-/., ]|" de ")+`
	order := []string{year + gap + month + gap + day, day + gap + month + gap + year, `(?:d{3,4}[-/., ]+)?` + month + gap + `d{1,2}` + gap + year}
	return regexp.MustCompile(`^(?:` + strings.Join(order, "|") + `)(?: h{1,2}:mm(?::ss)?(?: AM/PM)?)?(?:;@)?$`)
}()

// formatCode is the code of a format without the language and the escapes that make no difference.
func formatCode(code string) string {
	return unescapedFormat.Replace(locale.ReplaceAllString(code, ""))
}

// showsAlike tells whether a cell in the format shows what one in the format that lcmsim writes does: as many decimals, a percentage or
// none. Separators of thousands make no difference.
func showsAlike(want, got string, v cellValue) bool {
	g := plainFormat.FindStringSubmatch(got)
	switch {
	case want == got:
		return true
	case g == nil:
		return false
	case v.kind != valueNumber:
		return true
	case got == "General" || got == "@":
		return want != "@" && !strings.Contains(want, "%") && v.number == math.Trunc(v.number)
	}
	decimals, percent := "", ""
	if w := plainFormat.FindStringSubmatch(want); w != nil {
		decimals, percent = w[1], w[2]
	}
	return g[1] == decimals && g[2] == percent && (want != "General" || v.number == math.Trunc(v.number))
}

// showsAnswer tells whether a cell to fill in shows in the format what was typed there.
func showsAnswer(code string, v cellValue, date bool) bool {
	g := plainFormat.FindStringSubmatch(code)
	isDate := dateFormat.MatchString(code)
	switch {
	case v.kind != valueNumber:
		return g != nil || isDate || code == ownFormats[0]
	case isDate:
		return date
	case g == nil || g[2] != "":
		return false
	}
	return date || code == "General" || code == "@" || v.number == math.Trunc(v.number)
}
