package report

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/engine"
)

// statement is what every format of a document states alike.
type statement struct {
	word   string // of the verdict
	exit   int
	counts map[string]int   // by label
	limits []limitStatement // sorted
}

// limitStatement is a limit as people read it.
type limitStatement struct {
	name, affected, maximum, headroom, verdict string
}

// formatReaders read what each format states back from the bytes that it is written as.
var formatReaders = map[string]func(t require.TestingT, d Renderable) statement{
	"json": stateJSON, "markdown": stateMarkdown, "junit": stateJUnit, "sarif": stateSARIF,
}

func (s statement) sorted() statement {
	slices.SortFunc(s.limits, func(a, b limitStatement) int {
		return strings.Compare(strings.Join([]string{a.name, a.affected, a.maximum, a.headroom, a.verdict}, "\x00"),
			strings.Join([]string{b.name, b.affected, b.maximum, b.headroom, b.verdict}, "\x00"))
	})
	return s
}

// number reads a count with thousands separators.
func number(t require.TestingT, text string) int {
	n, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(text), ",", ""))
	require.NoError(t, err)
	return n
}

func stateJSON(t require.TestingT, d Renderable) statement {
	var out bytes.Buffer
	require.NoError(t, WriteJSON(&out, d))
	read, err := Read(out.Bytes())
	require.NoError(t, err)
	exit, verdict := Outcome(read)
	o := read.outline()
	s := statement{word: verdict.Word, exit: exit.Code, counts: map[string]int{}}
	for _, c := range o.counts {
		s.counts[c.label] = c.n
	}
	for _, l := range o.limits {
		s.limits = append(s.limits, limitStatement{l.Name, rangeText(l.AffectedLow, l.AffectedHigh), limitMax(l), Count(l.Headroom), limitVerdict(l)})
	}
	return s
}

var (
	markdownExit  = regexp.MustCompile(`\. Exit code ([0-9]+)[,.]`)
	markdownTitle = regexp.MustCompile(`^(?:### |<summary><b>)([^(<]*[^(< ])`)
)

func stateMarkdown(t require.TestingT, d Renderable) statement {
	var out bytes.Buffer
	require.NoError(t, WriteMarkdown(&out, d))
	s := statement{counts: map[string]int{}}
	title, header := "", []string{}
	for i, line := range strings.Split(out.String(), "\n") {
		if i == 0 {
			s.word, _, _ = strings.Cut(strings.TrimPrefix(line, "## "), ":")
		}
		if m := markdownExit.FindStringSubmatch(line); m != nil {
			s.exit = number(t, m[1])
		}
		if m := markdownTitle.FindStringSubmatch(line); m != nil {
			title, header = m[1], nil
		}
		if title != "Counts" && title != "Safety limits and guards" || !strings.HasPrefix(line, "|") || strings.Contains(line, "---") {
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
		cell := func(title string) string { return cells[slices.Index(header, title)] }
		switch title {
		case "Counts":
			s.counts[cells[0]] = number(t, cells[1])
		case "Safety limits and guards":
			s.limits = append(s.limits, limitStatement{cell("Limit"), cell("Affected"), cell("Maximum"), cell("Headroom"), cell("Verdict")})
		}
	}
	return s
}

func stateJUnit(t require.TestingT, d Renderable) statement {
	file, _ := readJUnit(t, d)
	s := statement{counts: map[string]int{}}
	for _, p := range file.Suites[0].Properties {
		switch label, isCount := strings.CutPrefix(p.Name, "count: "); {
		case isCount:
			s.counts[label] = number(t, p.Value)
		case p.Name == "verdict":
			s.word = p.Value
		case p.Name == "exit_code":
			s.exit = number(t, p.Value)
		}
	}
	for _, c := range file.Suites[0].Cases {
		if !strings.HasPrefix(c.Class, "lcmsim.limit.") && c.Class != "lcmsim.guard" {
			continue
		}
		fields := map[string]string{}
		for line := range strings.Lines(c.body()) {
			label, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			fields[label] = text
		}
		affected, _, _ := strings.Cut(fields["affected"], " of ")
		s.limits = append(s.limits, limitStatement{c.Name[:strings.LastIndex(c.Name, " (")], affected, fields["maximum"], fields["headroom"], fields["verdict"]})
	}
	return s
}

func stateSARIF(t require.TestingT, d Renderable) statement {
	run, _ := readSARIF(t, d)
	s := statement{word: run.Properties.Verdict, exit: run.Invocations[0].ExitCode, counts: maps.Clone(run.Properties.Counts)}
	for _, l := range run.Properties.Limits {
		s.limits = append(s.limits, limitStatement{l.Name, rangeText(l.AffectedLow, l.AffectedHigh), l.Maximum, Count(l.Headroom), l.Verdict})
	}
	return s
}

// requireOneStatement holds all formats of a document to the same numbers and outcome, which are those of the document.
func requireOneStatement(t require.TestingT, d Renderable) {
	exit, verdict := Outcome(d)
	want := stateJSON(t, d).sorted()
	require.Equal(t, exit.Code, want.exit)
	require.Equal(t, verdict.Word, want.word)
	for _, format := range slices.Sorted(maps.Keys(formatReaders)) {
		require.Equal(t, want, formatReaders[format](t, d).sorted(), format)
	}
}

func TestFormatsStateTheSame(t *testing.T) {
	for name, d := range sampleDocuments() {
		t.Run(name, func(t *testing.T) { requireOneStatement(t, d) })
	}
}

func TestFormatsStateTheSameOfAnything(t *testing.T) {
	n := rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 5_000_000))
	limit := rapid.Custom(func(t *rapid.T) engine.LimitResult {
		low := n.Draw(t, "low")
		l := engine.LimitResult{
			Scope: rapid.SampledFrom([]string{"policy", "cohort", "guard"}).Draw(t, "scope"), Kind: rapid.SampledFrom([]string{"count", "percent"}).Draw(t, "kind"),
			Name: rapid.SampledFrom([]string{"deactivations", "a | b", "*all*", "@team"}).Draw(t, "name"), Max: float64(n.Draw(t, "max")), Basis: "changed",
			AffectedLow: low, AffectedHigh: low + n.Draw(t, "possible"), Population: n.Draw(t, "population"), Enforced: "own", Meaning: "meaning: of at most 5",
			Verdict: rapid.SampledFrom([]engine.Verdict{engine.VerdictOK, engine.VerdictAtLimit, engine.VerdictExceeded, engine.VerdictMaybe}).Draw(t, "verdict"),
		}
		l.Headroom = int(l.Max) - l.AffectedHigh
		return l
	})
	rapid.Check(t, func(t *rapid.T) {
		limits := rapid.SliceOfN(limit, 0, 6).Draw(t, "limits")
		in := sampleInput()
		in.Findings, in.Examples, in.Identities, in.Result = nil, nil, Identities{}, &engine.Result{Limits: limits}
		in.Result.Summary = engine.Summary{
			Identities: n.Draw(t, "identities"), Matched: n.Draw(t, "matched"), AffectedLow: n.Draw(t, "low"), AffectedHigh: n.Draw(t, "high"), Classes: n.Draw(t, "classes"),
			PlannedActions: n.Draw(t, "planned"), GrantedEntitlements: n.Draw(t, "granted"), Unknown: n.Draw(t, "unknown"), Revokes: n.Draw(t, "revokes"),
			Deactivated: n.Draw(t, "deactivated"),
		}
		requireOneStatement(t, New(in))

		changes := sampleDiffInput()
		changes.Findings, changes.Examples, changes.Identities, changes.Result = nil, nil, DiffIdentities{}, &engine.DiffResult{Limits: limits}
		changes.Result.Summary = engine.DiffSummary{
			Identities: n.Draw(t, "identities"), Changed: n.Draw(t, "changed"), Maybe: n.Draw(t, "maybe"), Lost: n.Draw(t, "lost"), New: n.Draw(t, "new"),
			EntitlementsLost: n.Draw(t, "entitlements"), Unknown: n.Draw(t, "unknown"),
			Holdings: &engine.Holdings{RealGrants: n.Draw(t, "grants"), Revokes: n.Draw(t, "revokes")},
		}
		requireOneStatement(t, NewDiff(changes))
	})
}
