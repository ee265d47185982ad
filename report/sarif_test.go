package report

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

// readSARIF reads the only run of what WriteSARIF writes; a field that the writer does not know is an error.
func readSARIF(t require.TestingT, d Renderable) (sarifRun, []byte) {
	var page bytes.Buffer
	require.NoError(t, WriteSARIF(&page, d))
	dec := json.NewDecoder(bytes.NewReader(page.Bytes()))
	dec.DisallowUnknownFields()
	var log sarifLog
	require.NoError(t, dec.Decode(&log))
	require.Equal(t, "2.1.0", log.Version)
	require.Len(t, log.Runs, 1)
	return log.Runs[0], page.Bytes()
}

// withDataFindings is the sample diff with findings about files of every kind.
func withDataFindings() *DiffDocument {
	in := sampleDiffInput()
	in.Other = append(in.Other, OtherInput{Kind: "baseline-overrides", Path: "acme-october/overrides.csv"}, OtherInput{Kind: "config", Path: "acme/lcmsim.yaml"})
	at := func(severity engine.Severity, code, file string, count int) {
		in.Findings = append(in.Findings, engine.Finding{Severity: severity, Code: code, Position: engine.Position{File: file, Line: 7, Path: "W000123"},
			Column: engine.NoColumn, Message: "W000123 is somebody", Hint: "ask W000123", Count: count})
	}
	at(engine.SeverityError, "duplicate-entity-id", "identities.jsonl", 2)
	at(engine.SeverityWarning, "mixed-types", "acme-october/identities.jsonl", 5000)
	at(engine.SeverityWarning, "mixed-types", "identities.jsonl", 4)
	at(engine.SeverityWarning, "grants-unmatched", "grants.csv", 3)
	at(engine.SeverityWarning, "refused-override", "acme-october/overrides.csv", 1)
	in.Findings = append(in.Findings,
		engine.Finding{Severity: engine.SeverityWarning, Code: "limit-without-maximum", Position: engine.Position{File: "lcmsim.yaml", Line: 3}, Message: "m", Count: 1},
		engine.Finding{Severity: engine.SeverityInfo, Code: "same-sides", Message: "both sides are one", Column: engine.NoColumn, Count: 1})
	return NewDiff(in)
}

func TestGoldenSARIF(t *testing.T) {
	documents := sampleDocuments()
	documents["data"] = withDataFindings()
	for name, d := range documents {
		_, page := readSARIF(t, d)
		requireGolden(t, name+".sarif", page)
	}
}

// No identity, no attribute value: findings about data are counted, the others are results where they stand.
func TestSARIFNamesNoIdentity(t *testing.T) {
	run, page := readSARIF(t, withDataFindings())
	require.NotContains(t, string(page), "W000")
	codes := []string{}
	for _, r := range run.Results {
		codes = append(codes, r.RuleID+" "+r.Locations[0].Physical.Artifact.URI)
		require.Equal(t, r.RuleID, run.Tool.Driver.Rules[r.RuleIndex].ID)
	}
	require.Equal(t, []string{
		"state-assumed acme/access_profiles.json", "limit-without-maximum acme/lcmsim.yaml", "type-mismatch acme/policies.json", "unknown-attribute acme/policies.json",
	}, codes)
	left := []string{}
	for _, n := range run.Invocations[0].Notifications {
		left = append(left, n.Level+" "+n.Descriptor.ID+": "+n.Message.Text)
	}
	const end = ": left out here, the JSON result has the text"
	require.Equal(t, []string{
		"note same-sides: both sides are one",
		"error duplicate-entity-id: 1 finding of code duplicate-entity-id about the population or other data, seen 2 times" + end,
		"warning grants-unmatched: 1 finding of code grants-unmatched about the population or other data, seen 3 times" + end,
		"warning mixed-types: 2 findings of code mixed-types about the population or other data, seen 5,004 times" + end,
		"warning refused-override: 1 finding of code refused-override about the population or other data, seen 1 time" + end,
	}, left)
}

func TestSARIFPlaces(t *testing.T) {
	for _, c := range []struct{ snapshot, file, want string }{
		{"fixtures/acme", "policies.json", "fixtures/acme/policies.json"},
		{"fixtures/acme/", "policies.json", "fixtures/acme/policies.json"},
		{"./a/../fixtures", "policies.json", "fixtures/policies.json"},
		{".", "policies.json", "policies.json"},
		{"", "policies.json", "policies.json"},
		{"snap", "secondary/badges.jsonl", "snap/secondary/badges.jsonl"},
		{"snap", "drafts/policies.json", "drafts/policies.json"},
		{"snap", "../policies.json", "../policies.json"},
		{"/srv/snap", "policies.json", "file:///srv/snap/policies.json"},
		{"snap", "/srv/drafts/p q.json", "file:///srv/drafts/p%20q.json"},
		{`C:\snap`, "policies.json", "file:///C:/snap/policies.json"},
		{`fixtures\acme`, "policies.json", "fixtures/acme/policies.json"},
		{"snap", "a b#c?d%[e].json", "a%20b%23c%3Fd%25%5Be%5D.json"},
		{"snap", "refactored.json", "refactored.json"}, // what --to names, beside the snapshot
		{"", "http:evil.json", "./http:evil.json"},
		{"", "王.json", "%E7%8E%8B.json"},
		{"", "a\nb\x00.json", "a%0Ab%00.json"},
	} {
		in := Inputs{Snapshot: known(c.snapshot)}
		require.Equal(t, c.want, in.files().uri("syntax", c.file))
	}
	in := Inputs{Snapshot: known("snap"), Other: []OtherInput{{Kind: "policy-settings", Path: "policies.json"}, {Kind: "config", Path: "snap/lcmsim.yaml"}}}
	require.Equal(t, "policies.json", in.files().uri("syntax", "policies.json"), "the run read a file of this name elsewhere")
	require.Equal(t, "snap/lcmsim.yaml", in.files().uri("syntax", "lcmsim.yaml"))
	require.Equal(t, "snap/polices.json", in.files().uri("ignored-file", "polices.json"), "which lies in the snapshot whatever its name is")
}

// Alerts are followed by their fingerprints: a line that moves keeps them, another message does not.
func TestSARIFFingerprints(t *testing.T) {
	in := sampleInput()
	fingerprints := func() map[string]bool {
		run, _ := readSARIF(t, New(in))
		out := map[string]bool{}
		for _, r := range run.Results {
			out[r.Fingerprints["lcmsimFinding/v1"]] = true
		}
		require.Len(t, out, len(run.Results))
		return out
	}
	before := fingerprints()
	for i := range in.Findings {
		in.Findings[i].Line += 10
	}
	require.Equal(t, before, fingerprints())
	in.Findings[0].Message += "!"
	require.NotEqual(t, before, fingerprints())
}

func TestHostileTextInSARIF(t *testing.T) {
	for _, s := range append([]string{""}, hostile...) {
		text := func(string) string { return prefix(s, 500) }
		for _, d := range []Renderable{New(hostileInput(s)), NewDiff(hostileDiffInput(s)), NewCrosscheck(sampleCrosscheck(text)), NewCalibration(sampleCalibration(text))} {
			run, page := readSARIF(t, d)
			for line := range strings.Lines(string(page)) {
				require.Equal(t, -1, strings.IndexFunc(strings.TrimSuffix(line, "\n"), notPrint))
			}
			for _, r := range run.Results {
				uri := r.Locations[0].Physical.Artifact.URI
				parsed, err := url.Parse(uri)
				require.NoError(t, err)
				require.Contains(t, []string{"", "file"}, parsed.Scheme, "%q", uri)
				require.Empty(t, parsed.Host)
				require.NotContains(t, r.Message.Text, "](")
			}
			for _, n := range run.Invocations[0].Notifications {
				require.NotContains(t, n.Message.Text, "](")
			}
		}
	}
}

// The settings of a policy stand in its export: findings there are about the policy.
func TestSARIFHasFindingsOfTheExport(t *testing.T) {
	in := sampleInput()
	in.Other = append(in.Other, OtherInput{Kind: "policy-settings", Path: "acme/policies.json", SHA256: ptr(sampleDigest)})
	with, _ := readSARIF(t, New(in))
	without, _ := readSARIF(t, New(sampleInput()))
	require.NotEmpty(t, without.Results)
	require.Equal(t, without.Results, with.Results)
}
