package report

import (
	"regexp"
	"strings"

	"github.com/stretchr/testify/require"
)

// shownCount finds counts in a summary. Each group of the expression is a count of the label in its place, if it takes part.
type shownCount struct {
	expression *regexp.Regexp
	labels     []string
}

func newShownCount(expression string, labels ...string) shownCount {
	return shownCount{regexp.MustCompile("(?m)" + strings.ReplaceAll(expression, "#", "([0-9,]+)")), labels}
}

// shownCounts are the counts of each kind of summary.
var shownCounts = map[string][]shownCount{
	SchemaSimulation: {
		newShownCount(`\A[A-Z ]+: (?:# to )?# of # identit\w+ affected, # actions?(?:, (?:#|# to [0-9,]+) deactivated)?(?:, # revokes?)?(?:, # may lose others)?, # unknown$`,
			"Affected, at least", "Affected, at most", "Identities", "Planned actions", "Identities deactivated", "Identities deactivated", "Revokes", "Identities that may lose others", "Depend on something unknown"),
		newShownCount(`^Population # (?:identity|identities) in # class(?:es)? from`, "Identities", "Behaviour classes"),
	},
	SchemaDiff: {
		newShownCount(`\A[A-Z ]+: # of # identit\w+ changed(?:, # maybe)?(?:, # new)?(?:, # removed from the source)?; # gain(?: \(# of them access\))?, # lose(?: \(# of them access\))?`+
			`(?:, (?:#|# to [0-9,]+) deactivated)?(?:, # have something revoked)?(?:, # may lose others)?, # unknown$`,
			"Changed", "Identities", "Perhaps changed", "New", "Removed from the source", "Gain something", "Gain an entitlement", "Lose something", "Lose an entitlement",
			"Deactivated", "Deactivated", "Lose something that they hold", "May lose other entitlements that they hold", "Depend on something unknown"),
		newShownCount(`^Unchanged  # of # (?:identity|identities) in # class(?:es)?(?:, # movers?)?(?:, # leavers?)?$`, "Unchanged", "Identities", "Behaviour classes", "Movers", "Leavers"),
		newShownCount(`^Held today \+# grants, # held already, -# revokes, # drift, # maybe$`, "Entitlements to grant, not held yet", "Entitlements held already",
			"Entitlements to revoke", "Held entitlements that no profile explains", "Held entitlements undecided"),
	},
	SchemaCrosscheck: {
		newShownCount(`^Frame      (?:all )?# (?:of # )?(?:identity|identities)\b`, "Could be drawn", "Identities"),
		newShownCount(`^DISAGREEMENTS # draws?, # kinds?`, "Disagree", "Kinds of disagreement"),
		newShownCount(`^DRIFTED # draws?$`, "Drifted"), newShownCount(`^NOT CHECKED # draws?$`, "Not checked"),
	},
	SchemaCalibration: {
		newShownCount(`^Frame      (?:all )?# (?:of # )?(?:identity|identities)\b`, "Could be asked about", "Identities"),
		newShownCount(`^Fit        # of # combinations? of rule values fits? the answers$`, "Combinations of rules that fit", "Combinations of rules that were considered"),
		newShownCount(`^RULES \(#\)`, "Rules"),
	},
}

// shownList is a list of a summary: how its rows look, the columns in the places of the groups of the expression, and those that may name
// the row, of which the first that is not empty does.
type shownList struct {
	title, name string
	row         *regexp.Regexp
	columns     []string
}

func newShownList(title, name, row string, columns ...string) shownList {
	return shownList{title, name, regexp.MustCompile(`^(.*?)` + strings.ReplaceAll(row, "#", `\s+([0-9,]+)`) + `$`), append([]string{shownName}, columns...)}
}

// shownName is the column of a terminal in which the name stands, with more about the row.
const shownName = "name"

var (
	changeRow  = "###"
	lostGained = []string{"Lost", "Gained", "Undecided"}
	shownLists = map[string][]shownList{
		SchemaSimulation: {
			newShownList("WORKFLOWS", "Workflows", "##", "Matched", "Unknown"),
			newShownList("ACTIONS", "Actions", `\s+(\S+)##`, "Effect", "Planned", "Possible"),
			newShownList("ACCESS PROFILES", "Profiles", `##(?:\s+(state \S+))?`, "Direct", "Inherited", "Withheld because"),
			newShownList("ENTITLEMENTS", "Entitlements", "###", "Granted", "Possible", "Revoked"),
		},
		SchemaDiff: {
			newShownList("WORKFLOWS", "Workflows", changeRow, "Trigger no longer true", "Trigger now true", "Gain or lose its actions"),
			newShownList("ACTIONS", "Actions", changeRow, lostGained...),
			newShownList("ACCESS PROFILES", "Profiles", changeRow, lostGained...),
			newShownList("ENTITLEMENTS", "Entitlements", changeRow, lostGained...),
		},
		SchemaCrosscheck:  {newShownList("STRATA", "Strata", `##(?:###)?`, "Identities", "Draws", "Agree", "Disagree", "Drifted and not checked")},
		SchemaCalibration: {newShownList("RULES", "Rules", `\s+(.+?)\s{2,}(\S+)\s+(?:NOT )?(\S+)#`, "Verdict", "The tenant follows", "In force here", "Experiments")},
	}
)

var (
	shownTitle = `^%s (?:\((?:([0-9,]+) of )?([0-9,]+)(?: shown)?\)|none|no change|none set)(?:\s|$)`
	limitHead  = regexp.MustCompile(`^\[[#+.]{12}\] ((?:ok|at the limit|(?:perhaps )?(?:exceeded|broken))(?:, for information only)?): (.*)$`)
	limitUse   = regexp.MustCompile(`^(?:(.*), |  )([0-9,]+(?: to [0-9,]+)?) of at most ([0-9,.]+(?: \([0-9.]+%\))?), headroom (-?[0-9,]+)(?:;.*)?$`)
)

// stateTerminal reads the summary on a terminal that is wide enough not to cut a line.
func stateTerminal(t require.TestingT, d Renderable) statement {
	var out strings.Builder
	require.NoError(t, WriteTerminal(&out, d, TerminalOptions{Width: 600}))
	text := strings.NewReplacer(`\u003a:`, "::", `\u0023#`, "##").Replace(out.String()) // as logs of jobs need it
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	last, code, ends := strings.Cut(lines[len(lines)-1], " (exit code ")
	require.True(t, ends)
	require.Equal(t, lines[0], last, "first and last line carry the verdict")
	s := statement{exit: number(t, strings.TrimSuffix(code, ")")), counts: map[string]int{}, lists: map[string][]listRow{}, totals: map[string]int{}}
	s.word, s.sentence, _ = strings.Cut(lines[0], ": ")
	schema := d.header().Schema
	for _, c := range shownCounts[schema] {
		found := c.expression.FindStringSubmatch(text)
		require.True(t, found != nil || !strings.HasPrefix(c.expression.String(), `(?m)\A`), "the verdict reads otherwise: %s", lines[0])
		for i, label := range c.labels {
			if found != nil && found[i+1] != "" {
				s.counts[label] = number(t, found[i+1])
			}
		}
	}
	for _, l := range shownLists[schema] {
		rows, total := rowsBelow(t, lines, l.title)
		for _, line := range rows {
			found := l.row.FindStringSubmatch(line)
			require.NotNil(t, found, "a row of %s: %q", l.title, line)
			row := listRow{}
			for i, column := range l.columns {
				if found[i+1] != "" || column == shownName {
					row[column] = strings.TrimSpace(found[i+1])
				}
			}
			if row["The tenant follows"] == "-" {
				row["The tenant follows"] = absentTexts["The tenant follows"]
			}
			s.lists[l.name] = append(s.lists[l.name], row)
		}
		s.totals[l.name] = total
	}
	if schema == SchemaSimulation || schema == SchemaDiff {
		s.limits, s.totals["Limits"] = limitsShown(t, lines)
	}
	return s
}

// rowsBelow are the lines below a title, as many as it says, and how many rows there are.
func rowsBelow(t require.TestingT, lines []string, title string) (rows []string, total int) {
	expression := regexp.MustCompile(strings.ReplaceAll(shownTitle, "%s", title))
	for i, line := range lines {
		found := expression.FindStringSubmatch(line)
		switch {
		case found == nil:
			continue
		case found[2] == "":
			return nil, 0
		}
		total = number(t, found[2])
		n := total
		if found[1] != "" {
			n = number(t, found[1])
		}
		return lines[i+1:][:n], total
	}
	require.Fail(t, "no list", title)
	return nil, 0
}

// limitsShown are the limits of a summary; of guards it shows no numbers.
func limitsShown(t require.TestingT, lines []string) (limits []limitStatement, total int) {
	_, total = rowsBelow(t, lines, "LIMITS")
	for i, line := range lines {
		head := limitHead.FindStringSubmatch(line)
		if head == nil {
			continue
		}
		l := limitStatement{verdict: head[1], name: head[2]}
		use := limitUse.FindStringSubmatch(head[2])
		switch {
		case use != nil:
			l.name = use[1]
		case strings.HasPrefix(lines[i+1], "  "):
			use = limitUse.FindStringSubmatch(lines[i+1])
		}
		if use == nil {
			l.guard, l.name = true, strings.TrimSuffix(l.name, ", "+sampleMeaning)
		} else {
			l.low, l.high = bounds(t, use[2])
			l.maximum, l.headroom = use[3], number(t, use[4])
		}
		limits = append(limits, l)
	}
	return limits, total
}
