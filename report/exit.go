package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// The exit codes of lcmsim (SPEC section 9).
const (
	ExitOK           = 0
	ExitFatal        = 1
	ExitChanges      = 2 // changes are present, with --detailed-exitcode
	ExitGate         = 3
	ExitDisagree     = 4 // the tenant disagrees
	ExitInconclusive = 5
)

// exitOrder is the precedence of exit codes, strongest first.
var exitOrder = []int{ExitFatal, ExitDisagree, ExitGate, ExitInconclusive, ExitChanges, ExitOK}

// StrongestExit is the code that wins among codes; ExitOK when there is none.
func StrongestExit(codes ...int) int {
	for _, code := range exitOrder {
		if slices.Contains(codes, code) {
			return code
		}
	}
	return ExitOK
}

// Exit is the exit code of a run and why it is that one.
type Exit struct {
	Code    int      `json:"code"`
	Reasons []string `json:"reasons"` // short sentences, empty for code 0
}

// FailOn says what fails the gate (exit code 3).
type FailOn struct {
	Limit, Guard, Maybe, Error, Warning bool

	// Given means that the user chose the list. Without it, a limit that is measured on the basis first_run does not
	// gate: its count includes everybody who already has what the policy gives. A guard gates on any basis.
	Given bool
}

// DefaultFailOn is the gate when the user chose none.
func DefaultFailOn() FailOn { return FailOn{Limit: true, Guard: true} }

// ParseFailOn reads a comma list of limit, guard, maybe, error and warning, or none alone.
func ParseFailOn(text string) (FailOn, error) {
	f := FailOn{Given: true}
	var problems []error
	none := false
	words := strings.Split(text, ",")
	for _, word := range words {
		switch word = strings.TrimSpace(word); word {
		case "limit":
			f.Limit = true
		case "guard":
			f.Guard = true
		case "maybe":
			f.Maybe = true
		case "error":
			f.Error = true
		case "warning":
			f.Warning = true
		case "none":
			none = true
		default:
			problems = append(problems, fmt.Errorf("fail-on: %q is none of limit, guard, maybe, error, warning, none", word))
		}
	}
	if none && len(words) > 1 {
		problems = append(problems, fmt.Errorf("fail-on: none stands alone, but the list is %q", text))
	}
	if err := errors.Join(problems...); err != nil {
		return FailOn{}, err
	}
	return f, nil
}

// Decide finds the exit code of a simulation that ran to its end, and the reasons for that code. With detailed, a run
// that affects identities ends with ExitChanges when nothing stronger applies.
func Decide(r *engine.Result, findings []engine.Finding, failOn FailOn, detailed bool) Exit {
	d := decision{}
	d.limits(r.Limits, failOn)
	s := r.Summary
	d.maybe(s.AffectedHigh-s.AffectedLow, failOn)
	d.findings(findings, failOn)
	d.unknown(s.Unknown)
	if detailed && s.AffectedHigh > 0 {
		d.add(ExitChanges, affectedText(s))
	}
	return d.exit()
}

// DecideDiff is Decide for a diff. With detailed, a diff in which anybody changes, perhaps changes, is new or is removed
// ends with ExitChanges when nothing stronger applies. With expectNone, a change fails the gate, and a change that is
// only possible makes the run inconclusive.
func DecideDiff(r *engine.DiffResult, findings []engine.Finding, failOn FailOn, detailed, expectNone bool) Exit {
	d := decision{}
	s := r.Summary
	if expectNone && unexpected(s) {
		d.add(ExitGate, "no changes were expected: "+changesText(s))
	}
	d.limits(r.Limits, failOn)
	if failOn.Maybe && s.Maybe > 0 {
		d.add(ExitGate, countNoun(s.Maybe, "identity perhaps changes", "identities perhaps change"))
	}
	d.maybe(s.AffectedHigh-s.AffectedLow, failOn)
	d.findings(findings, failOn)
	if expectNone && s.Maybe > 0 {
		d.add(ExitInconclusive, fmt.Sprintf("no changes were expected: %s", countNoun(s.Maybe, "identity perhaps changes", "identities perhaps change")))
	}
	for _, f := range findings {
		if expectNone && f.Code == "edit-not-exercised" {
			d.add(ExitInconclusive, "no changes were expected, but "+f.Message)
		}
	}
	d.unknown(s.Unknown)
	if detailed && differs(s) {
		d.add(ExitChanges, changesText(s))
	}
	return d.exit()
}

// unexpected tells whether something certainly changes.
func unexpected(s engine.DiffSummary) bool { return s.Changed+s.New+s.RemovedFromSource > 0 }

// decision gathers the reasons for each exit code, in the order in which they are found.
type decision map[int][]string

func (d decision) add(code int, reason string) { d[code] = append(d[code], reason) }

// exit is the strongest code that has a reason.
func (d decision) exit() Exit {
	for _, code := range exitOrder {
		if len(d[code]) > 0 {
			return Exit{Code: code, Reasons: d[code]}
		}
	}
	return Exit{Code: ExitOK, Reasons: []string{}}
}

func (d decision) limits(limits []engine.LimitResult, failOn FailOn) {
	for _, l := range pressingFirst(limits) {
		if l.Enforced == "information" {
			continue
		}
		switch l.Verdict {
		case engine.VerdictExceeded:
			if failOn.gates(l) {
				d.add(ExitGate, limitReason(l))
			}
		case engine.VerdictMaybe:
			if failOn.Maybe {
				d.add(ExitGate, limitReason(l))
			}
			d.add(ExitInconclusive, limitReason(l))
		case engine.VerdictOK, engine.VerdictAtLimit:
		}
	}
}

// maybe takes the number of identities that are only perhaps affected.
func (d decision) maybe(n int, failOn FailOn) {
	if failOn.Maybe && n > 0 {
		d.add(ExitGate, countNoun(n, "identity is perhaps affected", "identities are perhaps affected"))
	}
}

func (d decision) findings(findings []engine.Finding, failOn FailOn) {
	if text := findingsReason(findings, engine.SeverityError); text != "" {
		if failOn.Error {
			d.add(ExitGate, text)
		}
		d.add(ExitInconclusive, text)
	}
	if text := findingsReason(findings, engine.SeverityWarning); text != "" && failOn.Warning {
		d.add(ExitGate, text)
	}
}

// unknown takes the number of identities that some unknown truth value reaches.
func (d decision) unknown(n int) {
	if n > 0 {
		d.add(ExitInconclusive, fmt.Sprintf("%s on something unknown", countNoun(n, "identity depends", "identities depend")))
	}
}

// gates tells whether the violation of l fails the gate.
func (f FailOn) gates(l engine.LimitResult) bool {
	if l.Scope == "guard" {
		return f.Guard
	}
	return f.Limit && (f.Given || l.Basis != engine.BasisFirstRun)
}

// limitReason says how a limit that is exceeded, or may be, is.
func limitReason(l engine.LimitResult) string {
	return fmt.Sprintf("%s %q %s: %s of at most %s", limitNoun(l), l.Name, limitVerdict(l), rangeText(l.AffectedLow, l.AffectedHigh), limitMax(l))
}

// findingsReason counts the findings of a severity by code, or is empty when there is none.
func findingsReason(findings []engine.Finding, severity engine.Severity) string {
	const listed = 4
	counts := map[string]int{}
	codes := []string{}
	total := 0
	for _, f := range findings {
		if f.Severity != severity {
			continue
		}
		if counts[f.Code] == 0 {
			codes = append(codes, f.Code)
		}
		counts[f.Code]++
		total++
	}
	if total == 0 {
		return ""
	}
	slices.Sort(codes)
	parts := []string{}
	for _, code := range codes[:min(listed, len(codes))] {
		parts = append(parts, fmt.Sprintf("%s (%s)", code, Count(counts[code])))
	}
	if rest := len(codes) - listed; rest > 0 {
		parts = append(parts, fmt.Sprintf("and %s more", countNoun(rest, "code", "codes")))
	}
	noun := string(severity)
	return fmt.Sprintf("%s: %s", countNoun(total, noun, noun+"s"), strings.Join(parts, ", "))
}

// staleOneIn: a cross-check is inconclusive when more than one in so many draws drifted. Drift of a few is how a company lives; of
// many it says that the snapshot is too old to stand for the tenant, and that those who were compared are no fair sample.
const staleOneIn = 10

// stale tells whether so many of the draws drifted that the snapshot is too old.
func stale(drifted, draws int) bool { return drifted > draws/staleOneIn }

// DecideCrosscheck finds the exit code of a cross-check. Without a maximum, any disagreement counts. With one, a share of the
// frame in [0, 1], disagreements count when they are more of the random draws that were compared, or for certain more of the
// frame; and the run is inconclusive unless the bound, or a comparison of the whole frame, proves the maximum. A draw that was not
// checked makes the run inconclusive, one that drifted only where more than one in staleOneIn did. A plan has nothing to disagree
// with.
func DecideCrosscheck(r *engine.CrosscheckResult, findings []engine.Finding, maximum *float64, planned bool) Exit {
	d := decision{}
	if !planned {
		d.disagreement(r, maximum)
		d.comparison(r, maximum)
	}
	d.findings(findings, FailOn{})
	return d.exit()
}

func (d decision) disagreement(r *engine.CrosscheckResult, maximum *float64) {
	random, frame := randomTally(r), r.Sample.Frame
	compared := random.Agree + random.Disagree
	switch {
	case r.Total.Disagree == 0:
	case maximum == nil:
		d.add(ExitDisagree, fmt.Sprintf("%s in %s", disagreements(r.Total.Disagree), countNoun(r.Total.Sampled, "draw", "draws")))
	case ofAll(r.Total.Disagree, frame) > *maximum:
		d.add(ExitDisagree, fmt.Sprintf("for certain %s in the frame of %s, more than the maximum of %s",
			disagreements(r.Total.Disagree), countNoun(frame, "identity", "identities"), percent(*maximum)))
	case ofAll(random.Disagree, compared) > *maximum:
		d.add(ExitDisagree, fmt.Sprintf("%s in %s, more than the maximum of %s",
			disagreements(random.Disagree), countNoun(compared, "compared random draw", "compared random draws"), percent(*maximum)))
	}
}

// comparison asks whether what was compared is enough.
func (d decision) comparison(r *engine.CrosscheckResult, maximum *float64) {
	random, frame := randomTally(r), r.Sample.Frame
	all, compared := r.Total.Agree+r.Total.Disagree, random.Agree+random.Disagree
	if r.Total.NotChecked > 0 {
		d.add(ExitInconclusive, fmt.Sprintf("not checked: %s of %s", Count(r.Total.NotChecked), countNoun(r.Total.Sampled, "draw", "draws")))
	}
	if drifted := r.Total.Drifted; stale(drifted, r.Total.Sampled) {
		d.add(ExitInconclusive, fmt.Sprintf("the snapshot is stale, pull or export again: %s of %s drifted, more than 1 in %d",
			Count(drifted), countNoun(r.Total.Sampled, "draw", "draws"), staleOneIn))
	}
	switch {
	case frame == 0:
		d.add(ExitInconclusive, "no identity can be asked: the tenant's own id is known of none")
	case all == 0:
		d.add(ExitInconclusive, "no draw was compared")
	case compared == 0 && (random.Sampled > 0 || maximum != nil) && all < frame:
		d.add(ExitInconclusive, "no random draw was compared: nothing is claimed about the frame")
	case maximum != nil && all < frame && r.WorstBound > *maximum:
		mend := "; draws that were not compared count as disagreements there"
		if r.UpperBound > *maximum {
			mend = neededText(random.Disagree, *maximum, r.Confidence, frame)
		}
		d.add(ExitInconclusive, fmt.Sprintf("at most %s of the frame at %s does not prove the maximum of %s%s", percentUp(r.WorstBound),
			percent(r.Confidence), percent(*maximum), mend))
	}
	if r.Undetermined > 0 {
		d.add(ExitInconclusive, undeterminedReason(r.Undetermined))
	}
	if r.Total.Disagree == 0 && r.Profiles == engine.ProfilesNeither {
		d.add(ExitInconclusive, mixedProfilesReason)
	}
}

// DecideCalibration finds the exit code of a calibration: whether the tenant follows other rules than those in force here, and
// whether an experiment that could have settled a rule is missing: it was not made, or brought no answer.
func DecideCalibration(r *engine.CalibrationResult, findings []engine.Finding) Exit {
	d := decision{}
	for _, v := range r.Rules {
		switch {
		case v.Value != nil && *v.Value != v.InForce:
			d.add(ExitDisagree, fmt.Sprintf("%s: the tenant follows %s, here %s is in force", v.Rule, *v.Value, v.InForce))
		case v.Verdict == engine.Contradictory:
			d.add(ExitDisagree, v.Rule+": the tenant's answers fit no single value")
		}
		if missing := missingExperiments(r, v); v.Value == nil && missing > 0 {
			d.add(ExitInconclusive, fmt.Sprintf("%s: %s could not be made", v.Rule, countNoun(missing, "experiment", "experiments")))
		}
		if v.Verdict == engine.Undecidable && v.Unasked > 0 {
			d.add(ExitInconclusive, fmt.Sprintf("%s: not asked about %s", v.Rule, countNoun(v.Unasked, "identity that bears on it", "identities that bear on it")))
		}
	}
	if n := unexplained(r); n > 0 {
		d.add(ExitDisagree, countNoun(n, "answer of the tenant fits", "answers of the tenant fit")+" no combination of rules")
	}
	d.findings(findings, FailOn{})
	return d.exit()
}

// missingExperiments counts the experiments on a rule without an answer that can be compared.
func missingExperiments(r *engine.CalibrationResult, v engine.RuleVerdict) int {
	n := 0
	for i, e := range r.Experiments {
		bears := slices.Contains(v.Experiments, i) || slices.Contains(e.Rules, v.Rule)
		if bears && (e.Verdict == engine.VerdictDrifted || e.Verdict == engine.VerdictNotChecked) {
			n++
		}
	}
	return n
}

// unexplained counts the answers that no hypothesis fits.
func unexplained(r *engine.CalibrationResult) int {
	n := 0
	for _, e := range r.Experiments {
		if e.Verdict == engine.VerdictDisagree {
			n++
		}
	}
	return n
}
