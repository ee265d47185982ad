package engine

// Result is what a simulation says. Counts are identities unless the name says otherwise. The JSON names are those of
// SPEC section 10; lists are never nil.
type Result struct {
	Summary        Summary             `json:"summary"`
	Workflows      []WorkflowResult    `json:"workflows"`
	Actions        []ActionResult      `json:"actions"`
	AccessProfiles []ProfileResult     `json:"access_profiles"`
	Entitlements   []EntitlementResult `json:"entitlements"`
	Limits         []LimitResult       `json:"limits"`
	Sensitivity    []Sensitivity       `json:"sensitivity"`
	Classes        []ClassResult       `json:"classes"`
	ClassesTotal   int                 `json:"classes_total"`
	Flows          []Flow              `json:"flows"`       // beyond the contract: those of most identities, at most 2,000; by kinds, then from, then to
	FlowsTotal     int                 `json:"flows_total"` // beyond the contract
}

// Summary are the totals of a simulation.
type Summary struct {
	Identities          int  `json:"identities"`
	Matched             int  `json:"matched"` // at least one workflow's trigger is true
	AffectedLow         int  `json:"affected_low"`
	AffectedHigh        int  `json:"affected_high"`
	Classes             int  `json:"classes"`
	PlannedActions      int  `json:"planned_actions"`      // (identity, action) pairs
	GrantedEntitlements int  `json:"granted_entitlements"` // (identity, entitlement) pairs
	Destructive         bool `json:"destructive"`          // any planned deactivation or revoke

	// Beyond the contract:
	Unknown              int `json:"unknown"`               // identities that some unknown truth value reaches
	PossibleActions      int `json:"possible_actions"`      // (identity, action) pairs
	Deactivated          int `json:"deactivated"`           // identities with a planned deactivation
	MaybeDeactivated     int `json:"maybe_deactivated"`     // identities with one that is possible only
	Revokes              int `json:"revokes"`               // (identity, entitlement) pairs that are certain
	PossibleRevokes      int `json:"possible_revokes"`      // (identity, entitlement) pairs
	MayRemoveOthers      int `json:"may_remove_others"`     // identities with a planned action that removes others, without a grants file
	PossibleEntitlements int `json:"possible_entitlements"` // (identity, entitlement) pairs
}

// WorkflowResult counts one workflow. Matched and Unknown are disjoint.
type WorkflowResult struct {
	Index      int               `json:"index"` // position in the policy, from 0
	Name       string            `json:"name"`
	State      string            `json:"state"`
	Priority   int               `json:"priority"` // 0 = none
	Trigger    string            `json:"trigger"`  // the expression, or ANY
	Matched    int               `json:"matched"`
	Unknown    int               `json:"unknown"`
	Skipped    bool              `json:"skipped"`
	Conditions []ConditionResult `json:"conditions"`
}

// ConditionResult counts one condition: identities for which everything up to it and the condition are true (Matched)
// or at best unknown (Unknown).
type ConditionResult struct {
	Index      int      `json:"index"`
	Name       string   `json:"name"`
	Expression string   `json:"expression"`
	Matched    int      `json:"matched"`
	Unknown    int      `json:"unknown"`
	Skipped    bool     `json:"skipped"`
	Actions    []string `json:"actions"`
}

// Effect is what an action does, as far as lcmsim knows.
type Effect string

// The effects.
const (
	EffectGrant      Effect = "grant"
	EffectSync       Effect = "sync"
	EffectDeactivate Effect = "deactivate"
	EffectOpaque     Effect = "opaque"
)

// ActionResult counts one action. Planned, Possible and Done are disjoint.
type ActionResult struct {
	Name           string            `json:"name"`
	Type           string            `json:"type"`
	Effect         Effect            `json:"effect"`
	Planned        int               `json:"planned"`
	Possible       int               `json:"possible"`
	Done           int               `json:"done"`
	Skipped        bool              `json:"skipped"`
	RemoveExisting bool              `json:"remove_existing_relationships"`
	Conditions     []ConditionResult `json:"conditions"`
}

// ProfileResult counts one access profile that the policy reaches, by id.
type ProfileResult struct {
	ID        string  `json:"id"`
	Name      *string `json:"name"`      // null: the profile is missing, or has none
	State     *string `json:"state"`     // null: the profile is missing
	Direct    int     `json:"direct"`    // identities with a planned action that names it
	Inherited int     `json:"inherited"` // identities that reach it by inheritance only
	Possible  int     `json:"possible"`  // identities that reach it only if something unknown is true
	Withheld  *string `json:"withheld"`  // why it grants nothing, or null
}

// EntitlementResult counts one entitlement. Granted and Possible are disjoint.
type EntitlementResult struct {
	DatasourceID   string   `json:"datasource_id"`
	EntityType     string   `json:"entity_type"`
	EntityID       string   `json:"entity_id"` // entity_id, else native_id, else entity_name
	Name           *string  `json:"name"`
	Granted        int      `json:"granted"`
	Possible       int      `json:"possible"`
	Revoked        int      `json:"revoked"`
	MaybeRevoked   int      `json:"maybe_revoked"`
	AssignedToType *string  `json:"assigned_to_entity_type"`
	AssignedToID   *string  `json:"assigned_to_entity_id"`
	Profiles       []string `json:"profiles"` // ids of the profiles that hold it, sorted
}

// Verdict is what a limit says.
type Verdict string

// The verdicts.
const (
	VerdictOK       Verdict = "ok"
	VerdictAtLimit  Verdict = "at_limit"
	VerdictExceeded Verdict = "exceeded"
	VerdictMaybe    Verdict = "maybe"
)

// LimitResult is the verdict on one limit.
type LimitResult struct {
	Scope        string   `json:"scope"` // policy effect workflow cohort guard
	Kind         string   `json:"kind"`  // count percent
	Name         string   `json:"name"`
	Max          float64  `json:"max"`   // a count, or a percentage
	Basis        string   `json:"basis"` // changed first_run
	AffectedLow  int      `json:"affected_low"`
	AffectedHigh int      `json:"affected_high"`
	Population   int      `json:"population"` // the denominator
	Verdict      Verdict  `json:"verdict"`
	Headroom     int      `json:"headroom"`     // identities, negative when exceeded
	Enforced     string   `json:"enforced"`     // blocks_all stops_at_limit information own
	Stricter     bool     `json:"stricter"`     // the one that decides where a policy sets both
	Meaning      string   `json:"meaning"`      // one sentence for people
	Exemplars    []string `json:"exemplars"`    // of a guard that is or may be broken: entity_id of some who are hit, at most 10
	NotSeen      []string `json:"not_seen"`     // what the limit does not see
	OneTimeMax   *float64 `json:"one_time_max"` // the maximum that lets exactly this run pass; null when it passes, or none does
	OneTime      string   `json:"one_time"`     // the same as a sentence; "" when the run passes
}

// Sensitivity says how many identities end differently under the alternative of a rule.
type Sensitivity struct {
	Rule        string   `json:"rule"`
	Alternative string   `json:"alternative"`
	Identities  int      `json:"identities"`
	Limits      []string `json:"limits"` // names of the limits whose verdict differs
}

// ActionStatus is one action of one identity, in evaluation order.
type ActionStatus struct {
	Workflow string `json:"workflow"`
	Name     string `json:"name"`
	Type     string `json:"type"`
	Status   string `json:"status"` // planned possible done
}

// ClassResult is one behaviour class.
type ClassResult struct {
	ID               int            `json:"id"` // from 0 by first appearance
	Size             int            `json:"size"`
	Exemplar         string         `json:"exemplar"` // entity_id of its first identity
	Members          []string       `json:"members"`  // beyond the contract: entity_id of its first identities, at most 10
	Workflows        []string       `json:"workflows"`
	Actions          []ActionStatus `json:"actions"`
	AccessProfileIDs []string       `json:"access_profile_ids"`
	Entitlements     []string       `json:"entitlements"`
}

// Row is what a simulation says of one identity (SPEC section 10, rows). Lists are never nil.
type Row struct {
	EntityID             string         `json:"entity_id"`
	Class                int            `json:"class"`
	WorkflowsMatched     []string       `json:"workflows_matched"`
	WorkflowsUnknown     []string       `json:"workflows_unknown"`
	Actions              []ActionStatus `json:"actions"`
	AccessProfileIDs     []string       `json:"access_profile_ids"`
	InheritedProfileIDs  []string       `json:"inherited_profile_ids"`
	Entitlements         []string       `json:"entitlements"`
	PossibleEntitlements []string       `json:"possible_entitlements"`
	Revokes              []string       `json:"revokes"`
	PossibleRevokes      []string       `json:"possible_revokes"`
	Affected             string         `json:"affected"` // yes no maybe
}
