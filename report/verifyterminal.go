package report

import (
	"fmt"
	"io"
	"regexp"
)

// WriteVerificationTerminal writes what a verification found. First and last line carry the verdict; a list that is cut says so
// in its title.
func WriteVerificationTerminal(w io.Writer, v *Verification, opt TerminalOptions) error {
	const identities = 5
	t := newTerminal(&Header{Exit: v.Exit}, &Notes{Verdict: v.Verdict}, opt)
	r := v.Result
	lines := append([]string{t.verdict()}, t.paragraph("RESULT", r.Verdict.Line(), 2)...)
	lines = append(lines, t.paragraph("", fmt.Sprintf("run %s as of %s, %s, lcmsim %s", shortDigest(r.RunDigest), r.AsOf, r.Schema, r.ToolVersion), 2)...)
	lines = append(lines, t.inputs(v.Inputs)...)
	rows := [][]string{}
	for _, n := range v.Numbers {
		rows = append(rows, t.change(n.Name, orText(n.Was, "none"), orText(n.Now, "none")))
	}
	lines = append(lines, t.changes("NUMBERS", rows, len(rows))...)
	lines = append(lines, t.identities(v.Identities, identities)...)
	rows = [][]string{}
	for _, c := range v.Classes.Rows {
		rows = append(rows, []string{"like " + brief(c.Exemplar), Count(c.Was), Count(c.Now)})
	}
	lines = append(lines, t.changes("SIZES OF CLASSES", rows, v.Classes.Total)...)
	rows = [][]string{}
	for _, f := range v.Fields.Rows {
		rows = append(rows, t.change(f.Path, f.Was, f.Now))
	}
	lines = append(lines, t.changes("FIELDS", rows, v.Fields.Total)...)
	for i, note := range v.Notes {
		title := ""
		if i == 0 {
			title = "NOTES"
		}
		lines = append(lines, t.paragraph(title, note, 4)...)
	}
	lines = append(lines, t.paragraph("MEANS", v.Verdict.ForApprover, 3)...)
	lines = append(lines, fmt.Sprintf("%s (exit code %d)", t.verdict(), v.Exit.Code))
	return writeLines(w, lines)
}

// wasNow are the columns of a list of changes.
var wasNow = []column{{"was", 18, true}, {"now", 18, true}}

// inputs shows those that are not the same, and counts the others.
func (t terminal) inputs(inputs []InputCheck) []string {
	rows := [][]string{}
	for _, in := range inputs {
		switch {
		case in.Same == nil:
			rows = append(rows, []string{brief(in.Input), checkText(in.Was, "not computed"), checkText(in.Now, "not computed")})
		case !*in.Same:
			rows = append(rows, []string{brief(in.Input), checkText(in.Was, "none"), checkText(in.Now, "none")})
		}
	}
	switch {
	case len(inputs) == 0:
		return t.paragraph("INPUTS", "not compared: there was no second run", 1)
	case len(rows) == 0:
		return t.paragraph("INPUTS", "all "+Count(len(inputs))+" are the same", 1)
	}
	title := fmt.Sprintf("INPUTS (%s of %s differ)", Count(len(rows)), Count(len(inputs)))
	return grid(title, wasNow, rows, t.width, t.color)
}

// change is a row of wasNow. Long texts are cut in the middle: many begin alike.
func (t terminal) change(name, was, now string) []string {
	return []string{
		snipMiddle(brief(name), firstColumn(wasNow, t.width)), snipMiddle(brief(was), wasNow[0].width), snipMiddle(brief(now), wasNow[1].width),
	}
}

// changes shows the first of a list of changes, which may be cut already. An empty list is left out.
func (t terminal) changes(title string, rows [][]string, total int) []string {
	if total == 0 {
		return nil
	}
	n := min(len(rows), maxRows)
	return grid(shown(title, n, total), wasNow, rows[:n], t.width, t.color)
}

// identities shows the first of those that fare otherwise.
func (t terminal) identities(changes IdentityChanges, most int) []string {
	if changes.Total == 0 {
		return nil
	}
	n := min(changes.Listed, most)
	lines := []string{t.title(shown("IDENTITIES THAT FARE OTHERWISE", n, changes.Total))}
	for _, c := range changes.Rows[:n] {
		lines = append(lines, snip(brief(c.EntityID), t.width))
		lines = append(lines, wrap("was "+brief(c.Was), "  ", t.width, 2)...)
		lines = append(lines, wrap("now "+brief(c.Now), "  ", t.width, 2)...)
	}
	return lines
}

var hexDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// checkText is the beginning of a digest, or all of another text.
func checkText(s *string, absent string) string {
	if s != nil && hexDigest.MatchString(*s) {
		return shortDigest(s)
	}
	return brief(orText(s, absent))
}
