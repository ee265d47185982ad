package engine

// The verdicts of a cross-check of one identity.
const (
	VerdictAgree      = "agree"
	VerdictDisagree   = "disagree"
	VerdictDrifted    = "drifted"     // the tenant has other attributes than the snapshot: the answers cannot be compared
	VerdictNotChecked = "not_checked" // the tenant gave no answer
)

// The kinds of a Stratum, in the order in which their draws are made.
const (
	StratumRandom      = "random"      // uniform over the frame: it alone carries the bound
	StratumRule        = "rule"        // identities that end differently under the alternative of one rule
	StratumDestructive = "destructive" // identities of one class that are deactivated or lose something
	StratumCell        = "cell"        // a workflow matches, and one of its conditions is true, or is false
)

// Stratum is a set of identities to draw from. Those of targeted strata overlap.
type Stratum struct {
	Kind string
	Name string // such as: random; filter.pr_empty=false; "Joiner" / "US staff": true
	Size int    // identities of the frame in it
}

// Draw is an identity that was chosen to be put to the tenant. Each identity is drawn at most once.
type Draw struct {
	EntityID string
	TenantID string // the tenant's own id of the identity
	Stratum  int    // position in Sample.Strata of the one that it was drawn for
	Class    int    // behaviour class
}

// Sample is what was chosen from a population, and what of it the choice reaches. The same seed and population give the same
// sample, in whatever order the identities come.
type Sample struct {
	Seed       uint64
	Identities int    // the population
	Frame      int    // those whose id in the tenant is known: only they can be drawn, and claims are about them
	Shared     int    // of the frame: those whose id in the tenant another identity has too
	Draws      []Draw // those of the random stratum first
	Strata     []Stratum
	Classes    int // classes with an identity in the frame
	Covered    Cover
}

// Cover is what has a draw, of any stratum.
type Cover struct {
	Classes    int
	Identities int // identities of the frame that are in those classes
	Strata     int // targeted strata with a draw in them
}

// Prediction is what a dry run of an identity should answer. What is possible only because something is unknown stands apart
// from what is certain.
type Prediction struct {
	Workflows, PossibleWorkflows []string       // in evaluation order
	Actions, PossibleActions     []DryRunAction // in evaluation order; an action stands once for each workflow that plans it
	Profiles, PossibleProfiles   []string       // that actions name, withheld and missing ones included; sorted
	Inherited, PossibleInherited []string       // granting profiles that these inherit from, without themselves; sorted
}

// How a tenant's answer lists access profiles.
const (
	ProfilesDirect    = "direct"           // those that actions name
	ProfilesInherited = "direct+inherited" // with those that they inherit from
	ProfilesEither    = "either"           // both come to the same
	ProfilesNeither   = "neither"          // it fits neither
)

// Comparison is a prediction beside the tenant's answer.
type Comparison struct {
	Agrees       bool
	Undetermined bool   // it agrees, but only because something is unknown here, or a type of an action not told: another answer would have agreed as well
	Profiles     string // see ProfilesDirect
	Differences  []AnswerDifference
}

// AnswerDifference is something that the tenant's answer has more or less often than predicted.
type AnswerDifference struct {
	Kind     string // workflow action access_profile
	Name     string // of the workflow or action; id of the profile
	Type     string // of the action
	Low      int    // how often it is predicted for certain; 0 or 1 but for actions
	High     int    // with what is possible
	Answered int    // how often the tenant says it
}

// Cause says what decides a difference on this side.
type Cause struct {
	Differences []AnswerDifference // those that it accounts for
	Workflow    string             // "" = none is involved
	Condition   string             // "" = the trigger decides
	Path        string             // JSON path of the deciding expression in the policy; ""= unknown
	Expression  string
	Atoms       []AtomTruth // the shortest sufficient reason for the truth here
	Text        string      // all of it in a sentence
}

// RuleValue is a rule with one of its values.
type RuleValue struct {
	Rule  string `json:"rule"`
	Value string `json:"value"`
}

// Diagnosis is a disagreement, shrunk to what decides it.
type Diagnosis struct {
	Causes []Cause
	// Settles are the single alternatives of rules under which this side predicts what the tenant says.
	Settles []RuleValue
}

// CheckedDraw is a draw and what came of it.
type CheckedDraw struct {
	Draw
	Verdict    string
	Reasons    []string    // for people; [] for a plain agreement
	Comparison *Comparison // nil = there is no answer, or it was not compared
	Diagnosis  *Diagnosis  // of a disagreement
	Answer     *DryRun     // nil = none
}

// Tally counts draws by verdict.
type Tally struct{ Sampled, Agree, Disagree, Drifted, NotChecked int }

// CrosscheckResult is what a cross-check shows.
type CrosscheckResult struct {
	Sample       *Sample
	Checked      []CheckedDraw // in the order of Sample.Draws
	Total        Tally
	Strata       []Tally // beside Sample.Strata
	Undetermined int     // agreements that prove little; see Comparison
	Profiles     string  // how the tenant lists profiles in all answers together: ProfilesNeither where answers contradict each other
	Confidence   float64 // in (0, 1)
	// UpperBound is the one-sided Clopper-Pearson bound on the share of the frame that disagrees, in [0, 1], from the random draws
	// that were compared; 1 when there are none.
	UpperBound float64
	// WorstBound is the same with every random draw that was not compared counted as a disagreement.
	WorstBound float64
}
