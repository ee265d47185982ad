package engine

// Explanation says what one identity gets and why, and what it would take to get the rest. Lists are never nil; a value is
// JSON text, null = the identity does not have the attribute.
type Explanation struct {
	EntityID         string              `json:"entity_id"`
	Affected         string              `json:"affected"` // yes no maybe
	Unknown          bool                `json:"unknown"`  // an unknown truth value reaches the identity
	WorkflowsMatched []string            `json:"workflows_matched"`
	WorkflowsUnknown []string            `json:"workflows_unknown"`
	Attributes       []AttributeValue    `json:"attributes"` // those that the expressions read, after Changes
	Changes          []AttributeChange   `json:"changes"`    // what-if: made before everything else
	Gains            []Difference        `json:"gains"`      // by Changes, against the identity as it is
	Loses            []Difference        `json:"loses"`
	Asked            []Asked             `json:"asked"`   // [] = all; else the lists below, Gains and Loses are about these alone
	Actions          []ActionReason      `json:"actions"` // in evaluation order
	AccessProfiles   []ProfileReason     `json:"access_profiles"`
	Entitlements     []EntitlementReason `json:"entitlements"`
	Revokes          []string            `json:"revokes"`           // held entitlements that actions take away; [] without a grants file
	PossibleRevokes  []string            `json:"possible_revokes"`  // perhaps
	Missed           []MissedGroup       `json:"missed"`            // what the identity does not get, the fewest changes first
	MissedTotal      int                 `json:"missed_total"`      // actions in workflows, access profiles, entitlements that come with none of these
	MissedListed     int                 `json:"missed_listed"`     // those in Missed
	MissedUnexamined int                 `json:"missed_unexamined"` // those for which no change was looked for: the work is bounded
	Trace            []TraceLine         `json:"trace"`             // [] unless asked for
}

// AttributeValue is an attribute of the identity.
type AttributeValue struct {
	Name  string  `json:"name"`
	Value *string `json:"value"`
}

// AttributeChange sets or removes an attribute.
type AttributeChange struct {
	Attribute string  `json:"attribute"`
	Value     *string `json:"value"` // null = removed
	Was       *string `json:"was"`
	Text      string  `json:"text"` // department were Sales (is Engineering)
	Note      *string `json:"note"` // such as: no expression reads it
}

// The kinds of a Difference and of a Missed.
const (
	KindAction      = "action"
	KindProfile     = "profile"
	KindEntitlement = "entitlement"
	KindRevoke      = "revoke" // of a Difference only
)

// Difference is something that what-if changes give to an identity, or take from it. A revoke that is lost is a held entitlement
// that would be taken away; one that is gained, a held entitlement that would stay instead.
type Difference struct {
	Kind     string  `json:"kind"`     // see KindAction
	Workflow *string `json:"workflow"` // of an action
	ID       *string `json:"id"`       // of a profile; the key of an entitlement or revoke; null for an action
	Name     string  `json:"name"`
	Status   string  `json:"status"` // certain, or possible: it depends on something unknown, before or after
}

// Asked counts what one name stands for that was asked for.
type Asked struct {
	Name     string `json:"name"`
	Gets     int    `json:"gets"`
	Possible int    `json:"possible"`
	Done     int    `json:"done"` // actions that history says were done
	Missed   int    `json:"missed"`
}

// Reason is why something happens: as long as its atoms have the truth that they have, it happens whatever the truth of all
// other atoms is. An atom is one comparison of an attribute, or a whole value path.
type Reason struct {
	Text  string      `json:"text"`  // employment_status is ACTIVE and work_location is US
	Atoms []AtomTruth `json:"atoms"` // in the order of the policy
	// Assumed are atoms that cannot be evaluated: the outcome is possible because it follows if they have Truth. With Truth
	// unknown they only matter: no single truth of theirs settles it.
	Assumed []AtomTruth `json:"assumed"`
	// Irreducible: without any one of the atoms, some truth of the others leads to another outcome. False only where the
	// bound on the work was reached, or where what is unknown helps and hinders at once.
	Irreducible bool `json:"irreducible"`
}

// AtomTruth is an atom and its truth for the identity.
type AtomTruth struct {
	Atom      string  `json:"atom"`      // the exact text
	Truth     string  `json:"truth"`     // true false unknown
	Attribute *string `json:"attribute"` // null: the expression cannot be evaluated at all
	Value     *string `json:"value"`
	Text      string  `json:"text"` // for people
	Note      *string `json:"note"` // why the comparison may not say what its author meant
}

// ActionReason is an action in a workflow that the identity gets, perhaps, or got before.
type ActionReason struct {
	Workflow         string     `json:"workflow"`
	WorkflowIndex    int        `json:"workflow_index"` // position in the policy, from 0
	Name             string     `json:"name"`
	Type             string     `json:"type"`
	Effect           Effect     `json:"effect"`
	Status           string     `json:"status"` // planned possible done
	Because          Reason     `json:"because"`
	AccessProfileIDs []string   `json:"access_profile_ids"` // that the action names
	Relationships    []Relation `json:"relationships"`      // entitlements that these certainly bring
	Removes          bool       `json:"removes"`            // it takes away what is not wanted in its scope
	Note             *string    `json:"note"`               // such as: done before, so it does not run again
}

// Relation is an entitlement by its key.
type Relation struct {
	DatasourceID string `json:"datasource_id"`
	EntityType   string `json:"entity_type"`
	EntityID     string `json:"entity_id"`
}

// key is the relation as rows print it.
func (r Relation) key() string { return heldKey{r.DatasourceID, r.EntityType, r.EntityID}.text() }

// ProfileReason is an access profile that the identity gets.
type ProfileReason struct {
	ID        string        `json:"id"`
	Name      *string       `json:"name"`
	Status    string        `json:"status"` // planned possible
	Direct    bool          `json:"direct"` // an action names it
	Because   Reason        `json:"because"`
	Paths     []ProfilePath `json:"paths"` // at most 5
	MorePaths bool          `json:"more_paths"`
	Withheld  *string       `json:"withheld"` // why it grants nothing
	Missing   bool          `json:"missing"`  // it is not in the export: what it grants is not known
}

// ProfilePath leads from the profile that an action names to a profile that it inherits from.
type ProfilePath struct {
	IDs  []string `json:"ids"`
	Text string   `json:"text"` // names: Business Role X -> Profile Y
}

// EntitlementReason is an entitlement that the identity would hold.
type EntitlementReason struct {
	Relation
	Name        *string             `json:"name"`
	Status      string              `json:"status"`  // granted possible
	Sources     []EntitlementSource `json:"sources"` // at most 5
	MoreSources bool                `json:"more_sources"`
}

// EntitlementSource is one way to an entitlement.
type EntitlementSource struct {
	ProfilePath
	Status  string `json:"status"`  // granted possible
	Because Reason `json:"because"` // why the condition of the entity itself holds; no atoms = it has none
}

// MissedGroup is what an identity would get by one smallest set of changes. No changes: none was found.
type MissedGroup struct {
	Changes []AttributeChange `json:"changes"` // at most 3
	Text    string            `json:"text"`    // department were Sales (is Engineering)
	Items   []Missed          `json:"items"`
}

// Missed is an action in a workflow, an access profile, or an entitlement that does not come with one of those profiles,
// that the identity does not get.
type Missed struct {
	Kind          string  `json:"kind"`           // see KindAction
	Workflow      *string `json:"workflow"`       // of an action; null where no workflow names it
	WorkflowIndex *int    `json:"workflow_index"` // likewise
	Name          string  `json:"name"`
	ID            *string `json:"id"`      // of a profile; the key of an entitlement
	Because       *Reason `json:"because"` // why not; null where changes are known or the policy alone forbids it
	Note          *string `json:"note"`    // such as: the workflow is DISABLED
}

// TraceLine is a node of the whole tree, in depth-first order.
type TraceLine struct {
	Depth int     `json:"depth"` // from 0
	Kind  string  `json:"kind"`  // workflow trigger condition test and or not atom action profile inherits entity
	Text  string  `json:"text"`
	Truth *string `json:"truth"` // true false unknown; null: not evaluated
	Value *string `json:"value"` // of an atom's attribute
	Note  *string `json:"note"`
}
