package engine

// DryRun is what a tenant's dry run of one identity answers, as far as it can be compared.
type DryRun struct {
	WorkflowsMatched []string
	AccessProfileIDs []string
	Actions          []DryRunAction // one for each job request, in order
	Messages         []string       // for people; never compared
}

// DryRunAction is the action behind a job request.
type DryRunAction struct {
	Name string
	Type string // documented name, UNKNOWN(n), or an unknown name as it stood; NONE when absent
}
