package report

import (
	"maps"
	"regexp"
	"strings"

	"github.com/stretchr/testify/require"
)

// What engineers read on a change, and their tools: Markdown, JUnit and SARIF.

var (
	markdownExit  = regexp.MustCompile(`\. Exit code ([0-9]+)[,.]`)
	markdownTitle = regexp.MustCompile(`^(?:### |<summary><b>)([^(<]*[^(< ])`)
)

func stateMarkdown(t require.TestingT, d Renderable) statement {
	s := statement{counts: map[string]int{}, lists: map[string][]listRow{}}
	title, header := "", []string{}
	for i, line := range strings.Split(write(t, d, WriteMarkdown), "\n") {
		if i == 0 {
			s.word, s.sentence, _ = strings.Cut(plainMarkdown(t, strings.TrimPrefix(line, "## ")), ": ")
		}
		if m := markdownExit.FindStringSubmatch(line); m != nil {
			s.exit = number(t, m[1])
		}
		if m := markdownTitle.FindStringSubmatch(line); m != nil {
			title, header = m[1], nil
		}
		if !strings.HasPrefix(line, "|") || header != nil && strings.Trim(line, "|-: ") == "" && strings.Contains(line, "---") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for j := range cells {
			cells[j] = strings.TrimSpace(plainMarkdown(t, cells[j]))
		}
		if header == nil {
			header = cells
			continue
		}
		row := listRow{}
		for j, title := range header {
			row[title] = cells[j]
		}
		switch title {
		case "Counts":
			s.counts[row["Count"]] = number(t, row["Number"])
		case "Safety limits and guards":
			l := limitStatement{name: row["Limit"], maximum: row["Maximum"], headroom: number(t, row["Headroom"]), verdict: row["Verdict"],
				low: number(t, row["Affected, at least"]), high: number(t, row["Affected, at most"])}
			s.limits = append(s.limits, l)
		default:
			s.lists[title] = append(s.lists[title], row)
		}
	}
	return s
}

func stateJUnit(t require.TestingT, d Renderable) statement {
	file, _ := readJUnit(t, d)
	s := statement{counts: map[string]int{}, lists: map[string][]listRow{}}
	for _, p := range file.Suites[0].Properties {
		switch label, isCount := strings.CutPrefix(p.Name, "count: "); {
		case isCount:
			s.counts[label] = number(t, p.Value)
		case p.Name == "verdict":
			s.word = p.Value
		case p.Name == "sentence":
			s.sentence = p.Value
		case p.Name == "exit_code":
			s.exit = number(t, p.Value)
		}
	}
	for _, c := range file.Suites[0].Cases {
		fields := map[string]string{}
		for line := range strings.Lines(c.body()) {
			label, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			fields[label] = text
		}
		kind, isStratum := strings.CutPrefix(c.Class, "lcmsim.stratum.")
		switch {
		case isStratum:
			_, name, _ := strings.Cut(c.Name, " ") // behind its number
			s.lists["Strata"] = append(s.lists["Strata"], listRow{"Stratum": name, "Kind": kind, "Identities": fields["identities"], "Draws": fields["draws"],
				"Agree": fields["agree"], "Disagree": fields["disagree"], "Drifted": fields["drifted"], "Not checked": fields["not checked"]})
		case c.Class == "lcmsim.rule":
			s.lists["Rules"] = append(s.lists["Rules"], listRow{"Rule": c.Name, "In force here": fields["in force here"], "The tenant follows": fields["the tenant follows"],
				"Experiments": fields["experiments"], "Not asked about": fields["not asked about"]})
		case strings.HasPrefix(c.Class, "lcmsim.limit."), c.Class == "lcmsim.guard":
			l := limitStatement{name: c.Name[:strings.LastIndex(c.Name, " (")], maximum: fields["maximum"], headroom: number(t, fields["headroom"]), verdict: fields["verdict"]}
			affected, _, _ := strings.Cut(fields["affected"], " of ")
			l.low, l.high = bounds(t, affected)
			s.limits = append(s.limits, l)
		}
	}
	return s
}

func stateSARIF(t require.TestingT, d Renderable) statement {
	run, _ := readSARIF(t, d)
	p := run.Properties
	s := statement{word: p.Verdict, sentence: p.Sentence, exit: run.Invocations[0].ExitCode, counts: maps.Clone(p.Counts)}
	for _, l := range p.Limits {
		s.limits = append(s.limits, limitStatement{name: l.Name, low: l.AffectedLow, high: l.AffectedHigh, maximum: l.Maximum, headroom: l.Headroom,
			verdict: limitWords(l.Scope, l.Verdict, l.Enforced)})
	}
	return s
}
