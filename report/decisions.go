package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// SchemaDecisions names the shape of a DecisionsDocument.
const SchemaDecisions = "lcmsim.decisions/v1"

// DecisionsDocument is what approvers decided about the change groups of one result: the filled-in sheet Decisions of its workbook. It
// holds for that result alone, which its digests name.
type DecisionsDocument struct {
	Schema      string           `json:"schema"`
	ToolVersion string           `json:"tool_version"` // of the lcmsim that read the workbook
	Result      DecidedResult    `json:"result"`
	Workbook    DecidedWorkbook  `json:"workbook"`
	Summary     DecisionsSummary `json:"summary"`
	Decisions   []Decision       `json:"decisions"` // one a change group, in the order of the sheet
	Verdict     DecisionsVerdict `json:"verdict"`
	Exit        Exit             `json:"exit"`

	// RecordDigest is the SHA-256, in lower-case hex, of this document without the member record_digest, in the canonical form of
	// RFC 8785.
	RecordDigest string `json:"record_digest"`
}

// DecidedResult is the result that was decided about, with what it says itself: decisions do not change its verdict.
type DecidedResult struct {
	Schema    string        `json:"schema"`
	RunDigest string        `json:"run_digest"`
	SHA256    string        `json:"sha256"` // of the file
	Policy    DecidedPolicy `json:"policy"`
	AsOf      string        `json:"as_of"`     // RFC 3339
	Verdict   string        `json:"verdict"`   // its word
	ExitCode  int           `json:"exit_code"` // that the run ended with
}

// DecidedPolicy is the policy version that the result is about; in a diff, the later one.
type DecidedPolicy struct {
	ID      *string `json:"id"`
	Name    *string `json:"name"`
	Version *int    `json:"version"`
}

// DecidedWorkbook is the filled-in workbook.
type DecidedWorkbook struct {
	SHA256 string `json:"sha256"` // of the file
}

// DecisionsSummary counts change groups. Groups is the sum of the others.
type DecisionsSummary struct {
	Groups    int `json:"groups"`
	Approved  int `json:"approved"`
	Rejected  int `json:"rejected"`
	Questions int `json:"questions"`
	Open      int `json:"open"` // without a decision
}

// Decision is what was decided about one change group. All text but Kind and Decision is exact and not Printable.
type Decision struct {
	Group       string  `json:"group"` // its id, unique in the result
	Kind        string  `json:"kind"`
	Name        string  `json:"name"`
	Lost        int     `json:"lost"`        // identities, as are the other counts
	Gained      int     `json:"gained"`      // in a simulation: all who get it
	Deactivated int     `json:"deactivated"` // of gained
	Revoked     int     `json:"revoked"`     // hold it today and lose it by an action that removes others
	Undecided   int     `json:"undecided"`   // perhaps lose or gain it
	Decision    *string `json:"decision"`    // approve reject question; null = open
	Comment     *string `json:"comment"`
	By          *string `json:"by"`   // not null with a decision
	Date        *string `json:"date"` // YYYY-MM-DD, as the approver wrote it; not null with a decision
}

// The words of a decision.
const (
	DecisionApprove  = "approve"
	DecisionReject   = "reject"
	DecisionQuestion = "question"
)

// DecisionsVerdict is what the decisions come to.
type DecisionsVerdict struct {
	Word     string `json:"word"`
	Sentence string `json:"sentence"` // the exact counts
}

// The words of the verdict on decisions, most pressing first.
const (
	WordRejected  = "REJECTED"  // a group is
	WordQuestions = "QUESTIONS" // a group has one
	WordOpen      = "OPEN"      // a group has no decision
	WordApproved  = "APPROVED"  // every group is
)

// Line is the verdict on one line.
func (v DecisionsVerdict) Line() string { return v.Word + ": " + v.Sentence }

// conclude counts the decisions and finds the verdict, the exit code, and the digest of the whole.
func (d *DecisionsDocument) conclude() error {
	s := DecisionsSummary{Groups: len(d.Decisions)}
	for _, one := range d.Decisions {
		switch orText(one.Decision, "") {
		case DecisionApprove:
			s.Approved++
		case DecisionReject:
			s.Rejected++
		case DecisionQuestion:
			s.Questions++
		default:
			s.Open++
		}
	}
	d.Summary = s
	reasons := decision{}
	of := " of " + countNoun(s.Groups, "change group ", "change groups ")
	if s.Rejected > 0 {
		reasons.add(ExitGate, Count(s.Rejected)+of+"rejected")
	}
	if s.Questions > 0 {
		reasons.add(ExitInconclusive, Count(s.Questions)+of+"with a question")
	}
	if s.Open > 0 {
		reasons.add(ExitInconclusive, Count(s.Open)+of+"without a decision")
	}
	d.Exit = reasons.exit()
	d.Verdict = newDecisionsVerdict(s, d.Result)
	digest, err := d.digest()
	d.RecordDigest = digest
	return err
}

func newDecisionsVerdict(s DecisionsSummary, of DecidedResult) DecisionsVerdict {
	word := WordApproved
	switch {
	case s.Rejected > 0:
		word = WordRejected
	case s.Questions > 0:
		word = WordQuestions
	case s.Open > 0:
		word = WordOpen
	}
	sentence := fmt.Sprintf("%s: %s approved, %s rejected, %s, %s open", countNoun(s.Groups, "change group", "change groups"),
		Count(s.Approved), Count(s.Rejected), countNoun(s.Questions, "question", "questions"), Count(s.Open))
	if of.ExitCode != ExitOK {
		sentence += fmt.Sprintf("; the result itself: %s, exit code %d", of.Verdict, of.ExitCode)
	}
	return DecisionsVerdict{word, sentence}
}

// digest is the value of RecordDigest.
func (d DecisionsDocument) digest() (string, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return "", err
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(text, &members); err != nil {
		return "", err
	}
	delete(members, "record_digest")
	if text, err = json.Marshal(members); err != nil {
		return "", err
	}
	canonical := jsontext.Value(text)
	if err := canonical.Canonicalize(); err != nil {
		return "", err
	}
	return sha256Hex(canonical), nil
}

func sha256Hex(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// WriteDecisionsJSON writes d with two spaces of indentation and a newline at the end.
func WriteDecisionsJSON(w io.Writer, d *DecisionsDocument) error { return writeIndented(w, d) }

// WriteDecisionsTerminal writes the verdict, what was decided about, and every group that was rejected or has a question, with who says so.
func WriteDecisionsTerminal(w io.Writer, d *DecisionsDocument, opt TerminalOptions) error {
	const listed, open = 20, 5
	t := terminal{width: opt.width(), color: opt.Color}
	r := d.Result
	version := "not numbered"
	if r.Policy.Version != nil {
		version = Count(*r.Policy.Version)
	}
	verdict := paint(t.color, map[string]string{WordRejected: styleRed, WordApproved: styleGreen}[d.Verdict.Word], d.Verdict.Word) + ": " + brief(d.Verdict.Sentence)
	lines := append([]string{verdict}, t.fields([][2]string{
		{"Policy", orText(r.Policy.Name, orText(r.Policy.ID, "(no name)")) + ", version " + version},
		{"Run", shortDigest(&r.RunDigest) + " as of " + r.AsOf},
		{"Result", fmt.Sprintf("%s, exit code %d; SHA-256 %s", r.Verdict, r.ExitCode, shortDigest(&r.SHA256))},
		{"Workbook", "SHA-256 " + shortDigest(&d.Workbook.SHA256)},
		{"Record", "SHA-256 " + shortDigest(&d.RecordDigest)},
	})...)
	for _, part := range []struct {
		title, decision string
		limit           int
	}{{"REJECTED", DecisionReject, listed}, {"QUESTIONS", DecisionQuestion, listed}, {"OPEN", "", open}} {
		var rows []string
		total := 0
		for _, one := range d.Decisions {
			if orText(one.Decision, "") != part.decision {
				continue
			}
			if total++; total <= part.limit {
				rows = append(rows, one.lines(t.width)...)
			}
		}
		if total > 0 {
			lines = append(append(lines, t.title(shown(part.title, min(total, part.limit), total))), rows...)
		}
	}
	lines = append(lines, t.paragraph("DECIDED BY", orText(known(strings.Join(d.approvers(), ", ")), "nobody"), 2)...)
	lines = append(lines, fmt.Sprintf("%s (exit code %d)", verdict, d.Exit.Code))
	return writeLines(w, lines)
}

// lines are a decision as a terminal shows it.
func (d Decision) lines(width int) []string {
	counts := []string{}
	for _, c := range []struct {
		n    int
		word string
	}{{d.Lost, "lost"}, {d.Gained, "gained"}, {d.Deactivated, "deactivated"}, {d.Revoked, "revoked"}, {d.Undecided, "undecided"}} {
		if c.n > 0 {
			counts = append(counts, Count(c.n)+" "+c.word)
		}
	}
	lines := []string{snip(fmt.Sprintf("  %s (%s): %s", brief(d.Name), brief(d.Kind), strings.Join(counts, ", ")), width)}
	if d.Decision == nil {
		return lines
	}
	said := fmt.Sprintf("%s, %s", brief(orText(d.By, "")), brief(orText(d.Date, "")))
	if d.Comment != nil {
		said += ": " + brief(*d.Comment)
	}
	return append(lines, wrap(said, "    ", width, 3)...)
}

// approvers are those who decided, in the order of the sheet.
func (d *DecisionsDocument) approvers() []string {
	names, seen := []string{}, map[string]bool{}
	for _, one := range d.Decisions {
		if one.Decision != nil && one.By != nil && !seen[*one.By] {
			seen[*one.By] = true
			names = append(names, *one.By)
		}
	}
	return names
}
