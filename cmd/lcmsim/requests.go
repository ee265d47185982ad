package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/loader"
	"github.com/lcmsim/lcmsim/report"
)

// requestsExtension ends the path of an access-request plan.
const requestsExtension = ".requests.jsonl"

// isRequests tells whether a path of --report asks for an access-request plan.
func isRequests(path string) bool { return strings.HasSuffix(strings.ToLower(path), requestsExtension) }

// leftOutPath is the file beside a plan that lists what no request is written for.
func leftOutPath(plan string) string { return plan[:len(plan)-len(".jsonl")] + ".left-out.jsonl" }

// accessSource says what becomes of the access of identities: a simulation, or a diff.
type accessSource interface {
	ClassAccess(class int) engine.Access // of those that hold nothing
	Access(class int, id string) engine.Access
	AccessVaries(class int, id string) bool
}

// requestPlan writes the access requests of a run. A nil plan is one that nobody asked for.
type requestPlan struct {
	path              string
	accounts          *loader.Accounts
	read              []engine.Finding // about the accounts
	requests, leftOut *output
	writer            *report.RequestsWriter
	of                accessSource
	classes           []*report.Requests // by class, of those whose access is that of their class; nil = not needed yet
}

// openRequests reads the accounts that a plan needs; nil when none is asked for.
func openRequests(opt simulateOptions, snap *loader.Snapshot) (*requestPlan, error) {
	plans := slices.DeleteFunc(slices.Clone(opt.reports), func(path string) bool { return !isRequests(path) })
	switch {
	case len(plans) == 0 && opt.paths.Accounts != "":
		return nil, fmt.Errorf("--accounts says to whom access requests are addressed, and none are asked for: add --report NAME%s", requestsExtension)
	case len(plans) == 0:
		return nil, nil
	case len(plans) > 1:
		return nil, fmt.Errorf("--report %s: access requests are written to one file; %s is another", plans[1], plans[0])
	}
	accounts, findings, err := snap.ReadAccounts(loader.Options{Strict: opt.strict})
	if err != nil {
		return nil, err
	}
	if accounts == nil {
		return nil, fmt.Errorf("--report %s: requests are addressed to accounts: add accounts.csv to the snapshot, or give it with --accounts (columns entity_id, datasource_id, assignee_entity_type, assignee_entity_id)", plans[0])
	}
	for _, f := range findings {
		if f.Severity == engine.SeverityError { // by --strict
			return nil, errors.New(findingLine(f))
		}
	}
	return &requestPlan{path: plans[0], accounts: accounts, read: findings}, nil
}

// create starts the file beside the plan, whose own file is there.
func (p *requestPlan) create(out *outputs, requests *output) (err error) {
	p.requests = requests
	p.leftOut, err = out.create(leftOutPath(p.path))
	return err
}

// begin makes the plan of a run. about is what the run simulates.
func (p *requestPlan) begin(of accessSource, about string, asOf time.Time) {
	if p == nil {
		return
	}
	reason := fmt.Sprintf("lcmsim %s: %s, as of %s", version, about, asOf.UTC().Format(time.RFC3339))
	p.writer = report.NewRequestsWriter(p.requests, p.leftOut, reason, p.accounts.Of)
	p.of = of
}

// add takes identities in input order, and their classes.
func (p *requestPlan) add(ids []string, classes []int32) error {
	if p == nil {
		return nil
	}
	for i, class := range classes {
		if err := p.writer.Write(ids[i], p.requestsOf(int(class), ids[i])); err != nil {
			return err
		}
	}
	return nil
}

func (p *requestPlan) requestsOf(class int, id string) *report.Requests {
	if p.of.AccessVaries(class, id) {
		return p.writer.Prepare(p.of.Access(class, id))
	}
	for len(p.classes) <= class {
		p.classes = append(p.classes, nil)
	}
	if p.classes[class] == nil {
		p.classes[class] = p.writer.Prepare(p.of.ClassAccess(class))
	}
	return p.classes[class]
}

func (p *requestPlan) flush() error {
	if p == nil {
		return nil
	}
	return p.writer.Flush()
}

// tell prints what was found about the accounts, and what the plan does not ask for. The result says nothing of it: it is the same
// whether a plan is written or not.
func (p *requestPlan) tell(e env, quiet bool) {
	if p == nil || quiet {
		return
	}
	for _, f := range slices.Concat(p.read, p.findings()) {
		say(e.stderr, findingLine(f))
	}
}

// findings say what the plan does not ask for.
func (p *requestPlan) findings() []engine.Finding {
	t := p.writer.Totals()
	pairs := t.LeftOutPairs()
	if pairs+t.Maybe == 0 {
		return nil
	}
	why := []string{}
	for _, reason := range report.LeftOutReasons {
		if n := t.LeftOut[reason]; n > 0 {
			why = append(why, fmt.Sprintf("%s (%s)", reason, report.Count(n)))
		}
	}
	if t.Maybe > 0 {
		why = append(why, fmt.Sprintf("not decided (%s)", report.Count(t.Maybe)))
	}
	message := fmt.Sprintf("entitlements of identities in access requests: %s to grant, %s to revoke; %s left out: %s",
		report.Count(t.Granted), report.Count(t.Revoked), report.Count(pairs+t.Maybe), strings.Join(why, ", "))
	if t.Held > 0 {
		message += fmt.Sprintf("; %s held already", report.Count(t.Held))
	}
	if t.NotHeld > 0 {
		message += fmt.Sprintf("; %s not granted any more and not held", report.Count(t.NotHeld))
	}
	hint := "settle what is unknown in the policy or the data"
	if pairs > 0 {
		hint = fmt.Sprintf("complete the accounts file; %s lists what no request could be written for", leftOutPath(p.path))
	}
	return []engine.Finding{{
		Severity: engine.SeverityWarning, Code: "requests-left-out", Position: engine.Position{File: p.path}, Column: engine.NoColumn,
		Message: message, Hint: hint, Count: pairs + t.Maybe,
	}}
}

// about is what a simulation stands for, in the reason of an access request.
func (run *simulation) about() string {
	return fmt.Sprintf("%s version %d", policyText(run.policy), run.version.Number)
}

// about is what a diff stands for, in the reason of an access request.
func (run *comparison) about() string {
	later := fmt.Sprintf("%s version %d", policyText(run.limited()), run.to.Version.Number)
	switch run.kind {
	case engine.BaselineNone:
		return later + " against nothing"
	case engine.BaselineGrants:
		return later + " against what is held"
	case engine.BaselineMembers:
		return later + " against the members of access profiles"
	case engine.BaselinePolicy:
		return fmt.Sprintf("%s against version %d", later, run.from.Version.Number)
	case engine.BaselineBoth:
		return fmt.Sprintf("%s against version %d and an earlier population", later, run.from.Version.Number)
	case engine.BaselinePopulation:
		return later + " against an earlier population"
	}
	panic(fmt.Sprintf("lcmsim: no baseline %q", run.kind))
}

// policyText names a policy in a few words.
func policyText(p *engine.Policy) string {
	const most = 100 // of a name, in characters
	name := []rune(report.Printable(p.Name))
	switch {
	case len(name) == 0:
		return "policy " + report.Printable(p.ID)
	case len(name) > most:
		name = append(name[:most], []rune("...")...)
	}
	return `policy "` + string(name) + `"`
}
