package report

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strconv"
	"strings"
)

// WriteJUnit writes d as a JUnit test suite: a case for each limit and guard of a simulation or diff, for each stratum and the claim
// of a cross-check, for each rule of a calibration. One for the exit code follows where it has a reason that none of them tells, or
// there is none of them: empty suites fail in some systems. A case fails, or has an error where something could not be decided, when
// it is why the exit code is neither 0 nor 2, and the suite does in no other case.
func WriteJUnit(w io.Writer, d Renderable) error {
	var page bytes.Buffer
	page.WriteString(xml.Header)
	enc := xml.NewEncoder(&page)
	enc.Indent("", "  ")
	if err := enc.Encode(newTestSuites(d)); err != nil {
		return err
	}
	page.WriteByte('\n')
	_, err := w.Write(page.Bytes())
	return err
}

// The shape of a JUnit file, as far as all its readers agree. Cases carry no time: a document has none.
type (
	testSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		testCounts
		Suite testSuite `xml:"testsuite"`
	}
	testSuite struct {
		Name string `xml:"name,attr"`
		testCounts
		Properties []testProperty `xml:"properties>property"`
		Cases      []testCase     `xml:"testcase"`
	}
	testCounts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	testProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	testCase struct {
		Class   string       `xml:"classname,attr"`
		Name    string       `xml:"name,attr"`
		Failure *testOutcome `xml:"failure"`
		Error   *testOutcome `xml:"error"`
		Skipped *testOutcome `xml:"skipped"`
		Output  *testLines   `xml:"system-out"`
	}
	testOutcome struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		testLines
	}
	// testLines is text of several lines, escaped already: the encoder would write line breaks as references.
	testLines struct {
		Text string `xml:",innerxml"`
	}
)

func newTestSuites(d Renderable) testSuites {
	o := d.outline()
	suite := testSuite{Name: Printable(o.heading()), Properties: testProperties(&o), Cases: testCases(d, &o)}
	suite.Tests = len(suite.Cases)
	for _, c := range suite.Cases {
		switch {
		case c.Failure != nil:
			suite.Failures++
		case c.Error != nil:
			suite.Errors++
		case c.Skipped != nil:
			suite.Skipped++
		}
	}
	return testSuites{Name: "lcmsim", testCounts: suite.testCounts, Suite: suite}
}

// testProperties are what the suite is about, the verdict and the exact counts.
func testProperties(o *outline) []testProperty {
	v := o.notes.Verdict
	out := []testProperty{
		{"schema", o.head.Schema}, {"verdict", v.Word}, {"sentence", v.Sentence}, {"for_approver", v.ForApprover},
		{"exit_code", strconv.Itoa(o.head.Exit.Code)}, {"run_digest", orText(o.notes.RunDigest, "")}, {"as_of", o.head.AsOf},
		{"semantics", o.head.Semantics}, {"tool_version", o.head.ToolVersion},
	}
	for _, l := range o.lead {
		out = append(out, testProperty{l.label, l.text})
	}
	for _, c := range o.counts {
		out = append(out, testProperty{"count: " + c.label, strconv.Itoa(c.n)})
	}
	for i, p := range out {
		out[i] = testProperty{Printable(p.Name), Printable(p.Value)}
	}
	return out
}

// green tells whether a job that ends with the code goes on.
func green(code int) bool { return code == ExitOK || code == ExitChanges }

// caseStatus is what becomes of a case.
type caseStatus uint8

const (
	casePassed caseStatus = iota
	caseSkipped
	caseUndecided
	caseFailed
)

// caseResult is a case before it is written.
type caseResult struct {
	status  caseStatus
	class   string // behind lcmsim.
	name    string
	kind    string // of the failure or error
	message string
	lines   []string
}

// testCase is the case in a document with an exit code; only one that is not green has failures and errors.
func (r caseResult) testCase(code int) testCase {
	c := testCase{Class: "lcmsim." + Printable(r.class), Name: Printable(r.name)}
	outcome := testOutcome{Message: Printable(r.message), Type: Printable(r.kind), testLines: newTestLines(r.lines)}
	status := r.status
	if green(code) {
		status = min(status, caseSkipped)
	}
	switch status {
	case caseFailed:
		c.Failure = &outcome
		return c
	case caseUndecided:
		c.Error = &outcome
		return c
	case caseSkipped:
		c.Skipped = &testOutcome{Message: outcome.Message}
	case casePassed:
	}
	if outcome.Text != "" {
		c.Output = &outcome.testLines
	}
	return c
}

func newTestLines(lines []string) testLines {
	escaped := make([]string, len(lines))
	for i, line := range lines {
		var b bytes.Buffer
		_ = xml.EscapeText(&b, []byte(Printable(line))) // a buffer takes everything
		escaped[i] = b.String()
	}
	return testLines{strings.Join(escaped, "\n")}
}

// exitCases is a case with the reasons of the exit code if no other case shows one of them, or if there is no other case; else there is
// none. A document that is not green has a failure or an error in any case.
func exitCases(o *outline, cases []testCase, told []string) []testCase {
	exit := o.head.Exit
	untold := slices.ContainsFunc(exit.Reasons, func(reason string) bool { return !slices.Contains(told, reason) })
	red := slices.ContainsFunc(cases, func(c testCase) bool { return c.Failure != nil || c.Error != nil })
	if len(cases) > 0 && !untold && (red || green(exit.Code)) {
		return nil
	}
	s := casePassed
	if !green(exit.Code) {
		s = caseFailed
		if exit.Code == ExitInconclusive {
			s = caseUndecided
		}
	}
	return []testCase{caseResult{s, "exit", "exit code", "exit-" + strconv.Itoa(exit.Code), o.notes.Verdict.Line(), exit.Reasons}.testCase(exit.Code)}
}
