package engine

// The verdicts of a calibration on one rule.
const (
	ConfirmedDefault     = "confirmed_default"
	ConfirmedAlternative = "confirmed_alternative"
	Contradictory        = "contradictory" // the tenant's answers fit no single value
	Undecidable          = "undecidable"   // no identity that could be asked tells the values apart
)

// CalibrationResult is what experiments on a tenant say about the rules that it follows.
type CalibrationResult struct {
	Identities  int           // the population
	Frame       int           // those whose id in the tenant is known
	Rules       []RuleVerdict // in the order of RuleTable; those that a dry run can show
	Profiles    string        // how the tenant lists access profiles; ProfilesEither = not settled
	Experiments []Experiment  // in the order in which they were made
	Hypotheses  int           // combinations of the rules, and of the ways to list profiles, that were considered
	Consistent  int           // those that fit every answer that fits any
}

// RuleVerdict is what is known about one rule.
type RuleVerdict struct {
	Rule        string
	Default     string
	Alternative string
	InForce     string  // here
	Verdict     string  // see ConfirmedDefault
	Value       *string // the value that the tenant follows; nil = not settled
	Because     string  // for people
	Experiments []int   // that bear on it, positions in CalibrationResult.Experiments
	Suggestions []Suggestion
	Unasked     int // of an undecidable rule: identities that bear on it and were not asked about
}

// Suggestion is a change of one identity's attribute that would make it decide a rule.
type Suggestion struct {
	EntityID  string // an identity to start from
	Attribute string
	Value     *string // JSON text; nil = the attribute must be absent
	Text      string  // for people
}

// Experiment is one identity put to the tenant.
type Experiment struct {
	EntityID string
	TenantID string
	Rules    []string  // that the predictions depend on, given what was known then
	Outcomes []Outcome // what the hypotheses left predict, the one that fits the answer first
	Verdict  string    // VerdictAgree = the answer fits one of Outcomes; VerdictDisagree = it fits none; VerdictDrifted; VerdictNotChecked
	Reason   string    // for people: why it is not VerdictAgree
	Answer   *DryRun   // nil = none
}

// Outcome is an answer that some of the hypotheses predict.
type Outcome struct {
	Values    []RuleValue // of Experiment.Rules, where all hypotheses with this outcome have the same
	Workflows []string
	Actions   []DryRunAction
	Profiles  []string
}
