package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/lcmsim/lcmsim/engine"
)

// WriteSARIF writes the findings about the policy, its access profiles and the settings as SARIF 2.1.0: a result each, with its file
// and line. Findings about identities and other data, and those about no file, are counted or told in notifications: a result is
// shown where the file lies, and data are not in a repository. The verdict, the exact counts and the limits are properties of the
// run; its invocation has the exit code.
func WriteSARIF(w io.Writer, d Renderable) error {
	return writeIndented(w, sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{newSARIFRun(d)}})
}

func newSARIFRun(d Renderable) sarifRun {
	o := d.outline()
	files := filesOf(d)
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "lcmsim", Version: Printable(o.head.ToolVersion), Rules: []sarifRule{}}},
		Automation: sarifAutomation{automationID(&o)},
		Results:    []sarifResult{},
		Properties: newSARIFProperties(&o),
	}
	var about, elsewhere []Diagnostic
	for _, diagnostic := range o.notes.Diagnostics {
		if diagnostic.File == nil || files.isData(*diagnostic.File) {
			elsewhere = append(elsewhere, diagnostic)
		} else {
			about = append(about, diagnostic)
		}
	}
	run.Tool.Driver.Rules = sarifRules(about)
	for _, diagnostic := range about {
		index := slices.IndexFunc(run.Tool.Driver.Rules, func(r sarifRule) bool { return r.ID == Printable(diagnostic.Code) })
		run.Results = append(run.Results, newSARIFResult(diagnostic, index, files))
	}
	run.Invocations = []sarifInvocation{{
		ExecutionSuccessful: true, ExitCode: o.head.Exit.Code, ExitCodeDescription: Printable(strings.Join(o.head.Exit.Reasons, "; ")),
		Notifications: sarifNotifications(elsewhere),
	}}
	return run
}

// automationID groups runs of one kind over one policy; its last part is the run.
func automationID(o *outline) string {
	const longest = 100 // characters
	policy := orText(o.policy.ID, orText(o.policy.Name, ""))
	return strings.Join([]string{Printable(o.head.Schema), url.PathEscape(prefix(policy, longest)), url.PathEscape(prefix(orText(o.notes.RunDigest, ""), longest))}, "/")
}

// sarifRules has a rule for each code, sorted; its level is the gravest of its findings, its help the first hint.
func sarifRules(diagnostics []Diagnostic) []sarifRule {
	rules := []sarifRule{}
	for _, d := range diagnostics {
		code := Printable(d.Code)
		i, ok := slices.BinarySearchFunc(rules, code, func(r sarifRule, code string) int { return strings.Compare(r.ID, code) })
		if !ok {
			words := strings.ReplaceAll(code, "-", " ")
			rules = slices.Insert(rules, i, sarifRule{
				ID: code, Name: pascal(words), ShortDescription: newSARIFText(words), Configuration: sarifConfiguration{sarifLevel(d.Severity)},
				Help: newSARIFText(orText(d.Hint, "docs/findings.md of lcmsim says what it means and what mends it")),
			})
		}
		if d.Severity == engine.SeverityError {
			rules[i].Configuration.Level = sarifLevel(d.Severity)
		}
	}
	return rules
}

// pascal is words as one name: UnknownAttribute.
func pascal(words string) string {
	parts := strings.Fields(words)
	for i, part := range parts {
		first, size := utf8.DecodeRuneInString(part)
		parts[i] = string(unicode.ToUpper(first)) + part[size:]
	}
	return strings.Join(parts, "")
}

func newSARIFResult(d Diagnostic, rule int, files inputFiles) sarifResult {
	out := sarifResult{
		RuleID: Printable(d.Code), RuleIndex: rule, Level: sarifLevel(d.Severity), Message: sarifMessage(d),
		Fingerprints: map[string]string{"lcmsimFinding/v1": fingerprint(d)},
		Properties:   sarifResultProperties{Count: d.Count, Column: d.Column},
	}
	location := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifact{files.uri(d.Code, *d.File)}}}
	if d.Line != nil && *d.Line > 0 {
		location.Physical.Region = &sarifRegion{*d.Line}
	}
	if d.Path != nil {
		location.Logical = []sarifLogical{{Printable(*d.Path)}}
	}
	if d.Caret != nil {
		expression, _, _ := strings.Cut(*d.Caret, "\n")
		out.Properties.Expression = Printable(expression)
	}
	out.Locations = []sarifLocation{location}
	return out
}

// fingerprint stays the same from run to run as long as the finding does, wherever its line moves.
func fingerprint(d Diagnostic) string {
	h := sha256.New()
	for _, part := range []string{d.Code, orText(d.File, ""), orText(d.Path, ""), d.Message} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// newSARIFText is text of strangers. Viewers make links of [text](target): no such text is left.
func newSARIFText(s string) sarifText {
	return sarifText{strings.ReplaceAll(Printable(s), "](", "] (")}
}

// sarifMessage is the message with the hint.
func sarifMessage(d Diagnostic) sarifText {
	if d.Hint != nil {
		return newSARIFText(d.Message + "; " + *d.Hint)
	}
	return newSARIFText(d.Message)
}

func sarifLevel(s engine.Severity) string {
	switch s {
	case engine.SeverityError:
		return "error"
	case engine.SeverityWarning:
		return "warning"
	}
	return "note"
}

// sarifNotifications tells of findings that are no results: those about no file one by one, those about data by severity and code,
// without their text, in which there may be attribute values.
func sarifNotifications(diagnostics []Diagnostic) []sarifNotification {
	out := []sarifNotification{}
	about := []Diagnostic{}
	for _, d := range diagnostics {
		if d.File != nil {
			about = append(about, d)
			continue
		}
		out = append(out, sarifNotification{sarifDescriptor{Printable(d.Code)}, sarifLevel(d.Severity), sarifMessage(d)})
	}
	for _, g := range groupDiagnostics(about) {
		text := fmt.Sprintf("%s of code %s about the population or other data, seen %s: left out here, the JSON result has the text",
			countNoun(g.Diagnostics, "finding", "findings"), g.Code, countNoun(g.Count, "time", "times"))
		out = append(out, sarifNotification{sarifDescriptor{Printable(g.Code)}, sarifLevel(g.Severity), newSARIFText(text)})
	}
	return out
}

// inputFiles are the places of what a document was made of.
type inputFiles struct {
	snapshot string   // directory; "" = not known
	data     []string // populations and what is joined to them
	other    []string // all others
}

func filesOf(d Renderable) inputFiles {
	switch d := d.(type) {
	case *Document:
		return d.Inputs.files()
	case *CrosscheckDocument:
		return d.Inputs.files()
	case *CalibrationDocument:
		return d.Inputs.files()
	case *DiffDocument:
		f := Inputs{Snapshot: d.Inputs.Snapshot, Other: d.Inputs.Other}.files()
		for _, side := range []SideInputs{d.Inputs.From, d.Inputs.To} {
			if side.Population != nil {
				f.data = append(f.data, slashed(side.Population.Path))
			}
		}
		return f
	}
	panic(fmt.Sprintf("report: a %T has no inputs", d))
}

func (in Inputs) files() inputFiles {
	f := inputFiles{snapshot: slashed(orText(in.Snapshot, "")), data: []string{slashed(in.Population.Path)}}
	for _, o := range in.Other {
		switch strings.TrimPrefix(o.Kind, "baseline-") {
		case "config", "schema", "policy-settings":
			f.other = append(f.other, slashed(o.Path))
		default:
			f.data = append(f.data, slashed(o.Path))
		}
	}
	return f
}

// slashed is a path with slashes, whichever system wrote it.
func slashed(name string) string { return strings.ReplaceAll(name, `\`, "/") }

// isData tells whether a file, as findings name it, is a population or joined to one. Findings name a file of the snapshot by its
// place in there.
func (f inputFiles) isData(file string) bool {
	file = slashed(file)
	return slices.ContainsFunc(f.data, func(data string) bool { return data != "" && (data == file || strings.HasSuffix(data, "/"+file)) })
}

// snapshotNames are the files of a snapshot, without its data, that findings name.
var snapshotNames = []string{
	"manifest.json", "policies.json", "policy_versions.json", "access_profiles.json", "access_profile_types.json",
	"datasources.json", "integrations.json", "overrides.json", "schema.yaml", "schema.json", "lcmsim.yaml",
}

// inSnapshot tells whether a finding names a file by its place in the snapshot, and not as the user gave it.
func (f inputFiles) inSnapshot(code, file string) bool {
	switch {
	case f.snapshot == "" || slices.Contains(f.other, file):
		return false
	case code == "ignored-file": // it lies beside the others, whatever its name is
		return !strings.Contains(file, "/")
	}
	return slices.Contains(snapshotNames, file) || strings.HasPrefix(file, "secondary/")
}

// uri is where the file of a finding lies, for somebody who runs lcmsim in the root of the repository: relative unless its path is
// absolute.
func (f inputFiles) uri(code, file string) string {
	file = slashed(file)
	if f.inSnapshot(code, file) {
		file = path.Join(f.snapshot, file)
	}
	switch {
	case len(file) > 2 && file[1] == ':' && file[2] == '/': // a drive
		return (&url.URL{Scheme: "file", Path: "/" + file}).String()
	case strings.HasPrefix(file, "/"):
		return (&url.URL{Scheme: "file", Path: path.Clean(file)}).String()
	}
	return (&url.URL{Path: path.Clean(file)}).String()
}
