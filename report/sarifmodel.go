package report

// The part of SARIF 2.1.0 that WriteSARIF writes.

const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	Automation  sarifAutomation   `json:"automationDetails"`
	Invocations []sarifInvocation `json:"invocations"`
	Results     []sarifResult     `json:"results"`
	Properties  sarifProperties   `json:"properties"`
}

type sarifAutomation struct {
	ID string `json:"id"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version"`
	Rules   []sarifRule `json:"rules"`
}

// sarifRule is a code of findings.
type sarifRule struct {
	ID               string             `json:"id"`
	Name             string             `json:"name"`
	ShortDescription sarifText          `json:"shortDescription"`
	Help             sarifText          `json:"help"`
	Configuration    sarifConfiguration `json:"defaultConfiguration"`
}

type sarifConfiguration struct {
	Level string `json:"level"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifInvocation struct {
	ExecutionSuccessful bool                `json:"executionSuccessful"`
	ExitCode            int                 `json:"exitCode"`
	ExitCodeDescription string              `json:"exitCodeDescription,omitempty"`
	Notifications       []sarifNotification `json:"toolExecutionNotifications"`
}

type sarifNotification struct {
	Descriptor sarifDescriptor `json:"descriptor"`
	Level      string          `json:"level"`
	Message    sarifText       `json:"message"`
}

type sarifDescriptor struct {
	ID string `json:"id"`
}

type sarifResult struct {
	RuleID       string                `json:"ruleId"`
	RuleIndex    int                   `json:"ruleIndex"`
	Level        string                `json:"level"`
	Message      sarifText             `json:"message"`
	Locations    []sarifLocation       `json:"locations"`
	Fingerprints map[string]string     `json:"partialFingerprints"`
	Properties   sarifResultProperties `json:"properties"`
}

type sarifResultProperties struct {
	Count      int    `json:"count"`
	Column     *int   `json:"column,omitempty"` // byte offset from 0 inside the expression: no column of the file
	Expression string `json:"expression,omitempty"`
}

type sarifLocation struct {
	Physical sarifPhysical  `json:"physicalLocation"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine int `json:"startLine"`
}

// sarifLogical is a JSON path.
type sarifLogical struct {
	Name string `json:"fullyQualifiedName"`
}

// sarifProperties are what the run says besides its findings.
type sarifProperties struct {
	RunDigest   *string        `json:"runDigest"` // null while an input has no digest
	Verdict     string         `json:"verdict"`
	Sentence    string         `json:"sentence"`
	ForApprover string         `json:"forApprover"`
	AsOf        string         `json:"asOf"`
	Counts      map[string]int `json:"counts"` // by label
	Limits      []sarifLimit   `json:"limits"`
}

type sarifLimit struct {
	Scope        string `json:"scope"`
	Kind         string `json:"kind"`
	Name         string `json:"name"`
	AffectedLow  int    `json:"affectedLow"`
	AffectedHigh int    `json:"affectedHigh"`
	Maximum      string `json:"maximum"`
	Headroom     int    `json:"headroom"`
	Verdict      string `json:"verdict"`  // as in JSON; what it means may name identities, which SARIF does not
	Enforced     string `json:"enforced"` // likewise
}

func newSARIFProperties(o *outline) sarifProperties {
	v := o.notes.Verdict
	p := sarifProperties{
		Verdict: Printable(v.Word), Sentence: Printable(v.Sentence), ForApprover: Printable(v.ForApprover), AsOf: Printable(o.head.AsOf),
		Counts: map[string]int{}, Limits: []sarifLimit{},
	}
	if o.notes.RunDigest != nil {
		digest := Printable(*o.notes.RunDigest)
		p.RunDigest = &digest
	}
	for _, c := range o.counts {
		p.Counts[c.label] = c.n
	}
	for _, l := range o.limits {
		p.Limits = append(p.Limits, sarifLimit{
			Scope: Printable(l.Scope), Kind: Printable(l.Kind), Name: Printable(l.Name), AffectedLow: l.AffectedLow, AffectedHigh: l.AffectedHigh,
			Maximum: limitMax(l), Headroom: l.Headroom,
			Verdict: Printable(string(l.Verdict)), Enforced: Printable(l.Enforced),
		})
	}
	return p
}
