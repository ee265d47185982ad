package report

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

// A result whose exit code or counts were edited alone is refused before anybody acts on it.
func TestReadRefusesContradictions(t *testing.T) {
	for want, change := range map[string]func(*DiffDocument){
		"exit.code is 0, but the limits and findings of the result make it 3; write it again": func(d *DiffDocument) { d.Exit = Exit{Reasons: []string{}} },
		`limits[0] ("max_identities_affected_percentage"): verdict is "ok", but 312 to 332 of at most 250 make it "exceeded"; write it again`: func(d *DiffDocument) {
			d.Limits[0].Verdict, d.Exit = engine.VerdictOK, Exit{Reasons: []string{}}
		},
		"headroom is 100, but the maximum is 5": func(d *DiffDocument) {
			d.Limits[0].Headroom, d.Limits[0].Verdict, d.Exit = 100, engine.VerdictOK, Exit{Reasons: []string{}}
		},
		"affected_low is 333 and affected_high 332": func(d *DiffDocument) { d.Limits[0].AffectedLow = 333 },
		"summary.identities is 5016, but changed, maybe, unchanged, new and removed_from_source are 4716 together; write it again": func(d *DiffDocument) {
			d.Summary.Changed = 12
		},
		"summary.affected_low is 333, more than summary.affected_high, 332": func(d *DiffDocument) { d.Summary.AffectedLow = 333 },
		"summary.movers is -1":                                                          func(d *DiffDocument) { d.Summary.Movers = ptr(-1) },
		"classes is 6, more than classes_total, 5":                                      func(d *DiffDocument) { d.ClassesTotal = 5 },
		"identities.listed is 4, more than identities.total, 3":                         func(d *DiffDocument) { d.Identities.Total = 3 },
		`settings.fail_on: fail-on: "never" is none of limit`:                           func(d *DiffDocument) { d.Settings.FailOn = []string{"never"} },
		"exit.code is 3, but the limits and findings of the result make it 5":           func(d *DiffDocument) { d.Settings.FailOn = []string{} },
		"exit.code is 5, but the limits and findings of the result make it 3; write it": func(d *DiffDocument) { d.Exit.Code = ExitInconclusive },
	} {
		d := verifiableDiff(nil)
		change(d)
		var text bytes.Buffer
		require.NoError(t, WriteJSON(&text, d))
		_, err := Read(text.Bytes())
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "result is inconsistent: ")
	}
	simulation := verifiableSimulation(nil)
	simulation.Summary.Matched = 5001
	var text bytes.Buffer
	require.NoError(t, WriteJSON(&text, simulation))
	_, err := Read(text.Bytes())
	require.ErrorContains(t, err, "summary.matched is 5001, more than summary.identities, 5000")
}

// What every kind of run writes follows from the rest of it.
func TestDerivedIsWhatWasWritten(t *testing.T) {
	for _, d := range []Renderable{verifiableSimulation(nil), verifiableDiff(nil), verifiableSimulation(func(in *Input) {
		in.Settings = Settings{FailOn: []string{"limit", "guard", "maybe", "error", "warning"}, FailOnGiven: true, DetailedExitcode: true}
	}), verifiableDiff(func(in *DiffInput) { in.Settings.ExpectNoChanges, in.Settings.DetailedExitcode = true, true })} {
		require.Empty(t, changedFields(d, derived(d), noField).Rows)
	}
}
