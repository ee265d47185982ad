package engine

// The result of a diff (SPEC section 10, lcmsim.diff/v1). All counts are identities unless a field says otherwise.

// BaselineKind says what the earlier side of a diff is (SPEC section 6).
type BaselineKind string

// The baselines.
const (
	BaselineNone       BaselineKind = "none"       // nothing: everything planned is gained
	BaselinePolicy     BaselineKind = "policy"     // another policy version
	BaselinePopulation BaselineKind = "population" // an earlier population
	BaselineBoth       BaselineKind = "both"       // both of them
	BaselineGrants     BaselineKind = "grants"     // the entitlements held today
	BaselineMembers    BaselineKind = "members"    // the exported membership of access profiles
)

// Status says how an identity fares between the two sides. The statuses partition the identities.
type Status string

// The statuses.
const (
	StatusChanged   Status = "changed"   // something is certainly gained or lost
	StatusMaybe     Status = "maybe"     // nothing certainly, something perhaps
	StatusUnchanged Status = "unchanged" // nothing
	StatusNew       Status = "new"       // not in the earlier population
	StatusRemoved   Status = "removed_from_source"
)

// Statuses lists them in the order of reports.
var Statuses = []Status{StatusChanged, StatusMaybe, StatusUnchanged, StatusNew, StatusRemoved}

// Tag says what a change does to one action, profile or entitlement of an identity.
type Tag string

// The tags.
const (
	TagBefore Tag = "existed_before"   // on both sides
	TagCaused Tag = "caused_by_change" // gained
	TagGone   Tag = "gone_after"       // lost
	TagMaybe  Tag = "maybe"            // not decided on one side or both
)

// DiffResult is what a diff says of a population.
type DiffResult struct {
	Baseline       BaselineKind        `json:"baseline"`
	Summary        DiffSummary         `json:"summary"`
	Workflows      []WorkflowChange    `json:"workflows"`       // as listed in the later version, then those of the earlier one only
	Actions        []ActionChange      `json:"actions"`         // likewise
	AccessProfiles []ProfileChange     `json:"access_profiles"` // by id
	Entitlements   []EntitlementChange `json:"entitlements"`    // by key
	Attribution    Attribution         `json:"attribution"`
	Limits         []LimitResult       `json:"limits"`
	Cohorts        []CohortLift        `json:"cohorts"` // the most over-represented among those who lose something, at most 20
	Classes        []ChangeClass       `json:"classes"` // the 1,000 largest by size, ties by id
	ClassesTotal   int                 `json:"classes_total"`
	// ChangedClasses are those of which somebody does not stay as it is: the 1,000 largest, ties by id. Classes has some of them too.
	ChangedClasses      []ChangeClass `json:"changed_classes"`
	ChangedClassesTotal int           `json:"changed_classes_total"`
	Flows               []FlowChange  `json:"flows"`       // that change for most identities, at most 2,000; by kinds, then from, then to; none where the baseline is grants or members
	FlowsTotal          int           `json:"flows_total"` // that change for anybody
}

// DiffSummary are the totals of a diff. Changed, Maybe, Unchanged, New and RemovedFromSource add up to Identities: those of
// the later population and those of the earlier one only.
type DiffSummary struct {
	Identities        int `json:"identities"`
	Changed           int `json:"changed"`
	Maybe             int `json:"maybe"`
	Unchanged         int `json:"unchanged"`
	Gained            int `json:"gained"` // gain an action, profile or entitlement, new identities included
	Lost              int `json:"lost"`   // lose one; an identity can be in both
	New               int `json:"new"`    // joiners
	RemovedFromSource int `json:"removed_from_source"`

	// Beyond the contract:
	Movers             *int      `json:"movers"`  // sys_attr__is_mover is true; null = no baseline population
	Leavers            *int      `json:"leavers"` // were active and are not any more; null = no baseline population
	AffectedLow        int       `json:"affected_low"`
	AffectedHigh       int       `json:"affected_high"`
	Unknown            int       `json:"unknown"`             // some unknown truth value reaches them, on either side
	AccessGained       int       `json:"access_gained"`       // of Gained, those who gain an entitlement
	AccessLost         int       `json:"access_lost"`         // lose an entitlement, or something that they hold
	Deactivated        int       `json:"deactivated"`         // gain an action that deactivates
	MaybeDeactivated   int       `json:"maybe_deactivated"`   // perhaps
	MayRemoveOthers    int       `json:"may_remove_others"`   // may lose other entitlements than before by an action that removes others; without a grants file only
	Revoked            int       `json:"revoked"`             // certainly lose something that they hold, by an action that removes others
	MaybeRevoked       int       `json:"maybe_revoked"`       // perhaps
	EntitlementsGained int       `json:"entitlements_gained"` // (identity, entitlement) pairs
	EntitlementsLost   int       `json:"entitlements_lost"`   // pairs
	EntitlementsMaybe  int       `json:"entitlements_maybe"`  // pairs
	ActionsGained      int       `json:"actions_gained"`      // (identity, workflow, action) triples
	ActionsLost        int       `json:"actions_lost"`        // triples
	ActionsMaybe       int       `json:"actions_maybe"`       // triples
	Destructive        bool      `json:"destructive"`         // somebody loses something, is deactivated, or has something revoked
	Holdings           *Holdings `json:"holdings"`            // null = the baseline is not grants
}

// Holdings compares what the policy wants with what is held today, in (identity, entitlement) pairs. The four are disjoint.
type Holdings struct {
	RealGrants int `json:"real_grants"` // wanted and not held
	NoOps      int `json:"no_ops"`      // wanted and held
	Revokes    int `json:"revokes"`     // held and certainly taken away
	Drift      int `json:"drift"`       // held, not explained by any profile, and left alone
	Maybe      int `json:"maybe"`       // decided by something unknown
}

// WorkflowChange counts identities whose trigger becomes true (Gained) or stops being true (Lost).
type WorkflowChange struct {
	Name      string `json:"name"`
	Gained    int    `json:"gained"`
	Lost      int    `json:"lost"`
	Maybe     int    `json:"maybe"`
	Unchanged int    `json:"unchanged"` // true on both sides
	Changed   int    `json:"changed"`   // gain or lose one of its actions
}

// ActionChange counts identities that gain or lose the action in some workflow.
type ActionChange struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	Effect    Effect `json:"effect"`
	Gained    int    `json:"gained"`
	Lost      int    `json:"lost"`
	Maybe     int    `json:"maybe"`
	Unchanged int    `json:"unchanged"` // planned on both sides
}

// ProfileChange counts identities that gain or lose the profile: named by a planned action, or inherited.
type ProfileChange struct {
	ID        string  `json:"id"`
	Name      *string `json:"name"` // null: the profile is missing on both sides, or has none
	Gained    int     `json:"gained"`
	Lost      int     `json:"lost"`
	Maybe     int     `json:"maybe"`
	Unchanged int     `json:"unchanged"`
}

// EntitlementChange counts identities that gain or lose the entitlement.
type EntitlementChange struct {
	DatasourceID   string  `json:"datasource_id"`
	EntityType     string  `json:"entity_type"`
	EntityID       string  `json:"entity_id"` // entity_id, else native_id, else entity_name
	Name           *string `json:"name"`
	Gained         int     `json:"gained"`
	Lost           int     `json:"lost"`
	Maybe          int     `json:"maybe"`
	Unchanged      int     `json:"unchanged"`
	Carried        int     `json:"carried"` // of Gained, Lost and Maybe: an access profile that holds it changes likewise for them
	Revoked        int     `json:"revoked"` // of those who hold it today, by an action that removes others
	AssignedToType *string `json:"assigned_to_entity_type"`
	AssignedToID   *string `json:"assigned_to_entity_id"`
}

// Attribution divides what changes between policy and data, and among the edits of the policy. Identities that are new, or were
// removed from the source, are not counted: with one policy on both sides Data is DiffSummary.Changed.
type Attribution struct {
	Policy      int          `json:"policy"`      // changed by the later policy on the earlier data
	Data        int          `json:"data"`        // changed by the later data under the earlier policy
	Interaction int          `json:"interaction"` // changed by both together and by neither alone, or the reverse
	Edits       []EditEffect `json:"edits"`       // as listed in the policy, at most 64
	EditsTotal  int          `json:"edits_total"`
	Attributed  bool         `json:"attributed"` // false: alone and without were not computed, and are 0
	Remainder   int          `json:"remainder"`  // changed by the whole policy and by no listed edit alone
}

// EditEffect is one difference between two policies, and the identities that it changes.
type EditEffect struct {
	Edit    string `json:"edit"`    // for people: workflow "Leaver": trigger changed
	Path    string `json:"path"`    // where it stands, in the later version if it is there: workflows[1].trigger_string
	Kind    string `json:"kind"`    // see Edit.Kind
	Before  string `json:"before"`  // what stood there, for people; may be empty
	After   string `json:"after"`   // what stands there now, for people; may be empty
	Alone   int    `json:"alone"`   // changed by this edit alone
	Maybe   int    `json:"maybe"`   // perhaps changed by this edit alone
	Without int    `json:"without"` // changed by all other edits
}

// CohortLift is an attribute value that is over-represented among those who lose something.
type CohortLift struct {
	Attribute    string  `json:"attribute"`
	Value        string  `json:"value"`         // as text
	Size         int     `json:"size"`          // identities of the later population that have the value
	Lost         int     `json:"lost"`          // of those, the ones that lose something
	Share        float64 `json:"share"`         // Lost / Size, in [0, 1]
	OverallShare float64 `json:"overall_share"` // of the whole population, in [0, 1]
	Lift         float64 `json:"lift"`          // Share / OverallShare
}

// TaggedAction is an action of a class with its tag.
type TaggedAction struct {
	Workflow string `json:"workflow"`
	Name     string `json:"name"`
	Type     string `json:"type"`
	Tag      Tag    `json:"tag"`
}

// TaggedItem is a profile (its id) or an entitlement (its key) of a class with its tag.
type TaggedItem struct {
	ID  string `json:"id"`
	Tag Tag    `json:"tag"`
}

// ChangeClass is the identities that fare alike: equal match vectors on both sides. Where what is held today is joined to identities,
// those of a class can fare differently: then all but Size and Members is about the exemplar.
type ChangeClass struct {
	ID             int            `json:"id"` // from 0 by first appearance; identities removed from the source come last
	Size           int            `json:"size"`
	Exemplar       string         `json:"exemplar"` // entity_id of its first identity
	Members        []string       `json:"members"`  // entity_id of its first identities, at most 10
	Status         Status         `json:"status"`
	Affected       string         `json:"affected"`  // yes no maybe
	Workflows      []TaggedItem   `json:"workflows"` // by name
	Actions        []TaggedAction `json:"actions"`
	AccessProfiles []TaggedItem   `json:"access_profiles"`
	Entitlements   []TaggedItem   `json:"entitlements"`
	Edits          []int          `json:"edits"` // indices into attribution.edits of those that alone change the class
}

// ActionName is an action in a workflow.
type ActionName struct {
	Workflow string `json:"workflow"`
	Name     string `json:"name"`
	Type     string `json:"type"`
}

// DiffRow is what a diff says of one identity (SPEC section 10, diff rows). Lists are never nil; entitlements are printed as
// in Row.
type DiffRow struct {
	EntityID           string       `json:"entity_id"`
	Status             Status       `json:"status"`
	ActionsGained      []ActionName `json:"actions_gained"`
	ActionsLost        []ActionName `json:"actions_lost"`
	ProfilesGained     []string     `json:"profiles_gained"`
	ProfilesLost       []string     `json:"profiles_lost"`
	EntitlementsGained []string     `json:"entitlements_gained"`
	EntitlementsLost   []string     `json:"entitlements_lost"`

	// Beyond the contract:
	Class             int          `json:"class"`
	Affected          string       `json:"affected"` // yes no maybe
	ActionsMaybe      []ActionName `json:"actions_maybe"`
	ProfilesMaybe     []string     `json:"profiles_maybe"`
	EntitlementsMaybe []string     `json:"entitlements_maybe"`
	RevokesAdded      []string     `json:"revokes_added"`   // held entitlements that are taken away now and were not before
	RevokesDropped    []string     `json:"revokes_dropped"` // the reverse
}
