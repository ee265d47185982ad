package engine

import "slices"

// A policy and its parts, as far as they decide what happens to an identity. The loader fills these values from an
// export; it settles spellings (keys, enum names and numbers) and leaves the meaning to this package.

// State names. The empty string never occurs: the loader settles absent states (SPEC section 1.2).
const (
	StateRunning   = "RUNNING"
	StatePublished = "PUBLISHED"
	StateDraft     = "DRAFT"
	StateEnabled   = "ENABLED"
	StateDisabled  = "DISABLED"
)

// Policy is one lifecycle policy with the versions that are at hand.
type Policy struct {
	ID, Name        string
	State           string // INITIAL RUNNING PAUSED DRY_RUN PENDING, or an unknown name as it stood
	EntityType      string // "" = not given: every record is in the population
	Current         *Version
	Drafts          []*Version // other versions from policy_versions.json, in file order
	Limits          SafetyLimits
	InitialComplete *bool // nil = not given
	Secondary       []SecondarySource
	Position
}

// Version is one version of a policy: what lcmsim evaluates.
type Version struct {
	PolicyID        string
	Number          int
	State           string // DRAFT PUBLISHED RETIRED, or an unknown name
	Workflows       []Workflow
	Actions         []Action
	MoverProperties []string
	SHA256          string // of the version's canonical JSON, hex
	Position
}

// Workflow selects identities by its trigger.
type Workflow struct {
	Name           string
	State          string // ENABLED or DISABLED
	Priority       int    // 0 = none: evaluated last
	ContinuousSync bool
	Schedule       string // name of the field that delays its actions, such as grace_period_in_sec; "" = none
	Trigger        Test
	Conditions     []Condition
	Position
}

// Condition chooses actions: a workflow's, or an action's on its success.
type Condition struct {
	Name    string
	State   string // ENABLED or DISABLED
	Test    Test
	Actions []ActionRef
	Position
}

// ActionRef names an action to run. Type is what the reference says; the action's own type wins.
type ActionRef struct {
	Name string
	Type string // "" = not given
	Position
}

// Action is what a policy does to an identity.
type Action struct {
	Name           string
	Type           string // documented name, or UNKNOWN(n) for a number without one
	State          string // ENABLED or DISABLED
	RunOnce        bool
	RemoveExisting bool         // config.remove_existing_relationships
	AccessProfiles []ProfileRef // config.access_profiles, in order
	Conditions     []Condition  // conditions_on_success
	Canonical      string       // canonical JSON of the whole action: equal for identical actions
	Position
}

// ProfileRef names an access profile by id.
type ProfileRef struct {
	ID string
	Position
}

// TestForm is how an export spells the type of a trigger, condition or entity condition.
type TestForm uint8

// The forms of a Test's type.
const (
	FormAbsent     TestForm = iota // no type, or white space only
	FormAny                        // ANY, by name or by number
	FormString                     // CONDITION_STRING or TRIGGER_STRING, by name or by number
	FormOtherName                  // another name in capitals, such as NODE_IN_GRAPH
	FormBadNumber                  // a number that stands for no type
	FormExpression                 // anything else: an expression where the type belongs
)

// Test is a trigger, a condition's test or an entity condition: a type and an expression. Compile decides what it
// means (SPEC section 3).
type Test struct {
	Form     TestForm
	Numbered bool   // the type is spelled as a number
	Type     string // the type as it stood
	Text     string // the expression string as it stood
	TypeAt   Position
	TextAt   Position
}

// SafetyLimits are a policy's own limits. A nil maximum is absent.
type SafetyLimits struct {
	Given            bool // the export has safety_limit_settings
	EnableChange     bool // enable_change_limit
	EnablePredictive bool // enable_predictive_change_limit
	MaxPercent       *Percent
	MaxCount         *int64
	Position
}

// SecondarySource is a secondary source of identity of a policy.
type SecondarySource struct {
	EntityType         string
	DatasourceIDs      []string
	Correlation        []Correlation // in the order of the export
	OnlyEnrichExisting bool
	Position
}

// Correlation pairs an attribute of the primary source with one of the secondary source.
type Correlation struct{ Primary, Secondary string }

// Catalog is every access profile of an export.
type Catalog struct {
	Given    bool // an export of access profiles was at hand
	Profiles []Profile
	SHA256   string // of the export's bytes, hex; "" = none
}

// Profile is an access profile with its current version.
type Profile struct {
	ID, Name     string
	State        string // as a policy's state
	TypeID       string // profile_type
	VersionState string // state of the current version
	Version      int    // number of the current version
	Inherits     []ProfileRef
	Entities     []Entity
	Members      []string // ids of the identities that the export lists as members; sorted, distinct
	Position
}

// HasMembers tells whether the export lists any member of any profile.
func (c *Catalog) HasMembers() bool {
	return slices.ContainsFunc(c.Profiles, func(p Profile) bool { return len(p.Members) > 0 })
}

// Entity is an entitlement that a profile holds.
type Entity struct {
	DatasourceID, EntityType       string
	EntityID, NativeID, EntityName string
	AssignedToType, AssignedToID   string
	Condition                      *Test // nil = granted to everyone
	Position
}

// Grant is an entitlement that an identity holds today.
type Grant struct {
	DatasourceID, EntityType, EntityID, Name string
}

// Account is what stands for an identity in a datasource, as the Access Graph names it: the assignee of access requests. The
// zero Account: none is known.
type Account struct {
	EntityType, EntityID string
	Ambiguous            bool // several are known, and this is one of them
}

// Done is a run_once action that history says was done. An empty Workflow stands for every workflow.
type Done struct{ Action, Workflow string }
