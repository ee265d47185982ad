package report

import "github.com/lcmsim/lcmsim/engine"

// MaxExamples is how many examples a document has at most.
const MaxExamples = 12

// Example says of the exemplar of a class why it gets what it gets, or why that changes.
type Example struct {
	Class      int                     `json:"class"`
	EntityID   string                  `json:"entity_id"`
	EntityName *string                 `json:"entity_name"`
	Attributes []engine.AttributeValue `json:"attributes"` // those that the reasons are about
	Actions    []ExampleAction         `json:"actions"`    // in the order of the class
}

// ExampleAction is an action of an example and why.
type ExampleAction struct {
	Workflow string `json:"workflow"`
	Name     string `json:"name"`
	Type     string `json:"type"`
	// Status is planned, possible or done in a simulation, and an engine.Tag in a diff.
	Status string `json:"status"`
	// Because is why the action runs now, or why it ran on the earlier side where it is lost: in words. null = not known.
	Because *string `json:"because"`
	// NotNow is why an action that is lost does not run any more. null = it is not lost, or that is not known.
	NotNow *string `json:"not_now"`
}
