package tenant

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/loader"
)

// stateNew is the only state of a dry run that is documented.
const stateNew = "NEW"

// DryRunRequest is what a dry run is asked about.
type DryRunRequest struct {
	PolicyID              string
	IdentityID            string // the tenant's own id of the identity
	Version               int    // 0 = the current one
	State                 string // "" = NEW
	SkipDisabledWorkflows bool
}

// DryRun asks what a policy version would do to an identity. Where the tenant does not know how to skip disabled workflows, they
// are not skipped: unskipped says so if that was asked for. An error is an *Error.
func (c *Client) DryRun(ctx context.Context, q DryRunRequest) (answer engine.DryRun, unskipped bool, err error) {
	if !q.SkipDisabledWorkflows {
		answer, err = c.dryRun(ctx, q)
		return answer, false, err
	}
	if !c.noSkip.Load() {
		answer, err = c.dryRun(ctx, q)
		if !isStatus(err, http.StatusBadRequest) {
			return answer, false, err
		}
	}
	// It may be the field that an older tenant refuses. It is, if the same is accepted without it.
	q.SkipDisabledWorkflows = false
	if answer, err = c.dryRun(ctx, q); err == nil {
		c.noSkip.Store(true)
	}
	return answer, true, err
}

func (c *Client) dryRun(ctx context.Context, q DryRunRequest) (engine.DryRun, error) {
	r := request{method: http.MethodPost, path: pathPolicies + "/" + q.PolicyID + "/identities/" + q.IdentityID + ":dry_run"}
	if err := errors.Join(CheckID(q.PolicyID), CheckID(q.IdentityID)); err != nil {
		return engine.DryRun{}, &Error{Method: r.method, Path: pathPolicies + "/.../identities/...:dry_run", Message: harmless(c.redact.text(err.Error()), maxMessage)}
	}
	body, err := json.Marshal(struct {
		PolicyID string `json:"policy_id"`
		ID       string `json:"id"`
		Version  int    `json:"version_number,omitzero"`
		State    string `json:"state"`
		Skip     bool   `json:"skip_disabled_workflows,omitzero"`
	}{q.PolicyID, q.IdentityID, q.Version, cmp.Or(q.State, stateNew), q.SkipDisabledWorkflows})
	if err != nil {
		return engine.DryRun{}, &Error{Method: r.method, Path: r.path, Message: harmless(c.redact.text(err.Error()), maxMessage)}
	}
	r.body = body
	answer, err := c.do(ctx, r)
	if err != nil {
		return engine.DryRun{}, err
	}
	dryRun, err := loader.ReadDryRun("the answer", answer)
	if err != nil {
		return engine.DryRun{}, &Error{Method: r.method, Path: r.path, Status: http.StatusOK, Attempts: 1, Message: harmless(err.Error(), maxMessage)}
	}
	return dryRun, nil
}
