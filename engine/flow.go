package engine

// The kinds of a FlowNode.
const (
	FlowWorkflow    = "workflow"
	FlowAction      = "action"
	FlowProfile     = "access_profile"
	FlowEntitlement = "entitlement"
)

// FlowNode is a thing that access flows through.
type FlowNode struct {
	Kind string `json:"kind"` // see FlowWorkflow
	ID   string `json:"id"`   // name of a workflow or action, id of a profile, key of an entitlement as rows print it
}

// Flow counts the identities for which one thing leads to another: a workflow to an action that it plans, an action to a profile
// that it names, such a profile to an entitlement that it grants, itself or by what it inherits from. Identities and Possible are
// disjoint.
type Flow struct {
	From       FlowNode `json:"from"`
	To         FlowNode `json:"to"`
	Identities int      `json:"identities"`
	Possible   int      `json:"possible"`
}

// FlowChange counts the identities for which one thing leads to another now and did not before (Gained), or no longer does
// (Lost). See Flow. An action that has another type now is another action: it counts as lost and as gained.
type FlowChange struct {
	From   FlowNode `json:"from"`
	To     FlowNode `json:"to"`
	Gained int      `json:"gained"`
	Lost   int      `json:"lost"`
	Maybe  int      `json:"maybe"`
}

// maxFlows caps Result.Flows and DiffResult.Flows.
const maxFlows = 2000

// maxMembers caps the members that a class lists.
const maxMembers = 10
