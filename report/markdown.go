package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// The bounds of a page in Markdown.
const (
	maxMarkdown     = 60_000 // bytes, and so characters: hosts refuse comments of more than 65,536 characters
	maxMarkdownCell = 240    // bytes
	maxMarkdownLine = 800    // bytes of a sentence
	maxMarkdownRows = 100    // of one list
	// Rows up to which a list is not folded; more of limits and of what to look at first.
	maxMarkdownOpen  = 8
	maxMarkdownFirst = 20
	// Rows that a table has before any list has more, and those of limits and sentences.
	leastMarkdownRows  = 3
	leastMarkdownLines = 12
)

// WriteMarkdown writes d as a comment on a change or the summary of a job, in GitHub's Markdown and below 60,000 characters however
// large d is. The verdict with the exact counts stands first and last; a list that is cut says so, with the exact total. Lists of
// people are left out.
func WriteMarkdown(w io.Writer, d Renderable) error {
	_, err := io.WriteString(w, markdown(d))
	return err
}

// markdown lays out the page: what every page has, then as many rows of each list as there is room for.
func markdown(d Renderable) string {
	o := d.outline()
	lists := slices.Concat(markdownSummary(&o), markdownTables(o.tables), markdownGround(&o))
	first, last := markdownOpening(&o), markdownClosing(&o)
	budget := maxMarkdown - 1 - len(first) - len(last)
	for _, l := range lists {
		budget -= l.frame()
	}
	var page strings.Builder
	page.WriteString(first)
	for i, n := range markdownShare(budget, lists) {
		page.WriteString(lists[i].render(n))
	}
	page.WriteString(last)
	return page.String()
}

func markdownOpening(o *outline) string {
	lines := []string{"## " + markdownVerdict(o), markdownText(o.notes.Verdict.ForApprover, maxMarkdownLine)}
	run := "Exit code " + strconv.Itoa(o.head.Exit.Code)
	if o.notes.RunDigest != nil {
		run += ", run digest " + markdownCode(*o.notes.RunDigest, maxMarkdownCell)
	}
	lines = append(lines, "**"+markdownText(o.heading(), maxMarkdownLine)+"**, "+markdownText(o.sides, maxMarkdownLine)+". "+run+".")
	for _, l := range o.lead {
		lines = append(lines, "**"+markdownText(l.label, maxMarkdownCell)+"**: "+markdownText(l.text, maxMarkdownLine))
	}
	return strings.Join(lines, "\n\n") + "\n\n"
}

func markdownClosing(o *outline) string {
	left := []string{}
	for _, t := range o.tables {
		if t.people {
			left = append(left, fmt.Sprintf("%s (%s of the result)", t.name, countNoun(t.rows, "row", "rows")))
		}
	}
	text := ""
	if len(left) > 0 {
		text = "Left out here, because a row is a person: " + strings.Join(left, ", ") + ".\n\n"
	}
	return text + "**" + markdownVerdict(o) + "**\n"
}

func markdownVerdict(o *outline) string { return markdownText(o.notes.Verdict.Line(), maxMarkdownLine) }

// markdownSummary are the lists that decide.
func markdownSummary(o *outline) []markdownList {
	look := markdownSentences("What to look at first", o.notes.LookFirst)
	look.open = maxMarkdownFirst
	about := markdownTable(table{
		name: o.inputsTitle, empty: "Nothing.", columns: []tableColumn{{title: "Input"}, {title: "Value"}}, rows: len(o.inputs),
		row: func(i int) []any { return []any{o.inputs[i][0], o.inputs[i][1]} },
	})
	counts := markdownTable(table{
		name: "Counts", empty: "Nothing is counted.", columns: []tableColumn{{title: "Count"}, {title: "Number", kind: kindNumber}}, rows: len(o.counts),
		row: func(i int) []any { return []any{o.counts[i].label, o.counts[i].n} },
	})
	counts.least = maxMarkdownRows
	return []markdownList{
		markdownSentences(fmt.Sprintf("Exit code %d, because", o.head.Exit.Code), o.head.Exit.Reasons), markdownLimits(o.limits),
		markdownSentences(notSeenTitle, notSeen(o.limits)), look, about, counts,
	}
}

// markdownGround are the lists on what the numbers rest on.
func markdownGround(o *outline) []markdownList {
	differ := []string{}
	for _, r := range o.notes.RuleSettings {
		if r.Differs {
			differ = append(differ, fmt.Sprintf("%s is %s (default %s)", r.Rule, r.Value, r.Default))
		}
	}
	return []markdownList{markdownSentences("Rules that differ from the default", differ), markdownSentences("Assumptions", o.notes.Assumptions)}
}

func markdownTables(tables []table) []markdownList {
	lists := []markdownList{}
	for _, t := range tables {
		if !t.people {
			lists = append(lists, markdownTable(t))
		}
	}
	return lists
}

// markdownLimits is the table of limits. Where none is set, it says so: nothing was guarded. A document that is not about changes has
// nil, and no such table.
func markdownLimits(limits []engine.LimitResult) markdownList {
	if limits == nil {
		return markdownList{}
	}
	l := markdownTable(limitTable(limits, false, nil))
	l.title = limitsTitle
	l.least, l.open = leastMarkdownLines, maxMarkdownFirst
	return l
}

// markdownSentences is a list of sentences; nothing is shown where there are none.
func markdownSentences(title string, sentences []string) markdownList {
	l := markdownList{title: title, total: len(sentences), least: leastMarkdownLines, open: maxMarkdownOpen}
	for _, s := range sentences[:min(len(sentences), maxMarkdownRows)] {
		l.rows = append(l.rows, "- "+markdownText(s, maxMarkdownLine)+"\n")
	}
	return l
}
