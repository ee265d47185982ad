package report

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/engine"
)

func TestCrosscheckClaim(t *testing.T) {
	type tally = engine.Tally
	for _, c := range []struct {
		name             string
		random, targeted tally
		frame            int
		maximum          *float64
		undetermined     int
		want             string
	}{
		{"the sample of the book", tally{Agree: 299}, tally{Agree: 5}, 4800, nil, 0, "0 disagreements in 299 random draws: at most 1 % of the frame at 95 % confidence"},
		{"one less proves less", tally{Agree: 298}, tally{}, 4800, nil, 0, "0 disagreements in 298 random draws: at most 1.1 % of the frame at 95 % confidence"},
		{"a disagreement", tally{Agree: 298, Disagree: 1}, tally{}, 4800, nil, 0, "1 disagreement in 299 random draws: at most 1.6 % of the frame at 95 % confidence"},
		{"some were not compared", tally{Agree: 280, Drifted: 12, NotChecked: 7}, tally{}, 4800, nil, 0,
			"0 disagreements in 280 random draws that were compared: at most 1.1 % of the frame at 95 % confidence if the 19 that were not disagree as often, at most 9.2 % if they all disagree"},
		{"one was not compared", tally{Agree: 298, Drifted: 1}, tally{}, 4800, nil, 0,
			"0 disagreements in 298 random draws that were compared: at most 1.1 % of the frame at 95 % confidence if the one that was not is like the others, at most 1.6 % if it disagrees"},
		{"one was compared", tally{Agree: 1, Drifted: 2}, tally{}, 4800, nil, 0,
			"0 disagreements in 1 random draw that was compared: at most 95 % of the frame at 95 % confidence if the 2 that were not disagree as often, at most 99 % if they all disagree"},
		{"none was compared", tally{Drifted: 3}, tally{Agree: 1}, 4800, nil, 0, "nothing is claimed about the frame: no random draw was compared"},
		{"nobody can be asked", tally{}, tally{}, 0, nil, 0, "nothing is claimed: no identity can be asked"},
		{"all of them", tally{Agree: 18}, tally{Agree: 1, Disagree: 1}, 20, nil, 0, "1 disagreement in the whole frame of 20 identities: exactly 5 % of it; from random draws alone (18): at most 16 % of the frame at 95 % confidence"},
		{"all of them, at random", tally{Agree: 2, Disagree: 1}, tally{}, 3, nil, 0,
			"1 disagreement in the whole frame of 3 identities: exactly 33.3 % of it; from random draws alone (3): at most 87 % of the frame at 95 % confidence"},
		{"all of them, none at random", tally{}, tally{Agree: 1}, 1, nil, 0, "0 disagreements in the whole frame of 1 identity: exactly 0 % of it"},
		{"all of them, with a maximum", tally{Agree: 18}, tally{Agree: 1, Disagree: 1}, 20, ptr(0.05), 0, "1 disagreement in the whole frame of 20 identities: exactly 5 % of it; from random draws alone (18): at most 16 % of the frame at 95 % confidence; the maximum of 5 % is proven"},
		{"proven", tally{Agree: 299}, tally{}, 4800, ptr(0.01), 0, "0 disagreements in 299 random draws: at most 1 % of the frame at 95 % confidence; the maximum of 1 % is proven"},
		{"not proven", tally{Agree: 298}, tally{}, 4800, ptr(0.01), 0, "0 disagreements in 298 random draws: at most 1.1 % of the frame at 95 % confidence; the maximum of 1 % is not proven"},
		{"undetermined", tally{Agree: 299}, tally{}, 4800, nil, 2,
			"0 disagreements in 299 random draws: at most 1 % of the frame at 95 % confidence; 2 agreements prove little, because something is unknown here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := bareCrosscheck(false)
			in.Result, in.MaxDisagreement = agreement(c.random, c.targeted, c.frame), c.maximum
			in.Result.Undetermined = c.undetermined
			require.Equal(t, c.want, NewCrosscheck(in).Claim)
		})
	}
	for _, c := range []struct {
		random, targeted, frame int
		maximum                 *float64
		want, small             string
	}{
		{299, 5, 4800, nil, "if none of 299 random draws disagrees: at most 1 % of the frame at 95 % confidence", ""},
		{299, 5, 4800, ptr(0.01), "if none of 299 random draws disagrees: at most 1 % of the frame at 95 % confidence; the maximum of 1 % is proven", ""},
		{100, 5, 4800, ptr(0.01), "if none of 100 random draws disagrees: at most 3 % of the frame at 95 % confidence; the maximum of 1 % is not proven",
			"the plan cannot prove the maximum of 1 %: 299 compared random draws without a further disagreement would"},
		{100, 5, 200, ptr(0.01), "if none of 100 random draws disagrees: at most 3 % of the frame at 95 % confidence; the maximum of 1 % is not proven",
			"the plan cannot prove the maximum of 1 %: only all 200 identities of the frame would"},
		{15, 5, 20, ptr(0.01), "the whole frame of 20 identities would be compared", ""},
		{0, 5, 20, nil, "nothing would be claimed about the frame: no draw is random", ""},
	} {
		in := bareCrosscheck(true)
		in.Result, in.MaxDisagreement = agreement(engine.Tally{Agree: c.random}, engine.Tally{Agree: c.targeted}, c.frame), c.maximum
		d := NewCrosscheck(in)
		require.Equal(t, c.want, d.Claim)
		require.Equal(t, c.small, planTooSmall(d))
		require.Equal(t, Exit{Reasons: []string{}}, d.Exit)
	}
}

func TestDecideCrosscheck(t *testing.T) {
	type tally = engine.Tally
	broken := []engine.Finding{{Severity: engine.SeverityError, Code: "syntax", Count: 1}}
	warned := []engine.Finding{{Severity: engine.SeverityWarning, Code: "x", Count: 1}}
	for _, c := range []struct {
		name             string
		random, targeted tally
		frame            int
		maximum          *float64
		findings         []engine.Finding
		planned          bool
		change           func(r *engine.CrosscheckResult)
		word             string
		code             int
		reasons          []string
	}{
		{name: "all agree", random: tally{Agree: 299}, targeted: tally{Agree: 9}, word: WordAgrees, findings: warned},
		{name: "some drifted", random: tally{Agree: 290, Drifted: 9}, targeted: tally{Drifted: 2}, word: WordAgrees},
		{name: "a random draw disagrees", random: tally{Agree: 298, Disagree: 1}, word: WordDisagrees, code: 4, reasons: []string{"1 disagreement in 299 draws"}},
		{name: "targeted draws disagree", random: tally{Agree: 299}, targeted: tally{Disagree: 2}, word: WordDisagrees, code: 4, reasons: []string{"2 disagreements in 301 draws"}},
		{name: "disagreement is stronger", random: tally{Agree: 297, Disagree: 1, NotChecked: 1}, findings: broken, word: WordDisagrees, code: 4, reasons: []string{"1 disagreement in 299 draws"}},
		{name: "one was not checked", random: tally{Agree: 298}, targeted: tally{NotChecked: 1}, word: WordInconclusive, code: 5, reasons: []string{"not checked: 1 of 299 draws"}},
		{name: "1 in 10 drifted", random: tally{Agree: 180, Drifted: 18}, targeted: tally{Drifted: 2}, word: WordAgrees},
		{name: "more than 1 in 10 drifted", random: tally{Agree: 179, Drifted: 19}, targeted: tally{Drifted: 2}, word: WordInconclusive, code: 5,
			reasons: []string{"the snapshot is stale, pull or export again: 21 of 200 draws drifted, more than 1 in 10"}},
		{name: "disagreement is stronger than drift", random: tally{Agree: 1, Disagree: 1, Drifted: 8}, word: WordDisagrees, code: 4, reasons: []string{"1 disagreement in 10 draws"}},
		{name: "all drifted", random: tally{Drifted: 9}, word: WordInconclusive, code: 5,
			reasons: []string{"the snapshot is stale, pull or export again: 9 of 9 draws drifted, more than 1 in 10", "no draw was compared"}},
		{name: "nobody was drawn", word: WordInconclusive, code: 5, reasons: []string{"no draw was compared"}},
		{name: "nobody can be asked", frame: -1, word: WordInconclusive, code: 5, reasons: []string{"no identity can be asked: the tenant's own id is known of none"}},
		{name: "only targeted draws are left", random: tally{Drifted: 9}, targeted: tally{Agree: 3}, word: WordInconclusive, code: 5,
			reasons: []string{"the snapshot is stale, pull or export again: 9 of 12 draws drifted, more than 1 in 10",
				"no random draw was compared: nothing is claimed about the frame"}},
		{name: "only targeted draws were wanted", targeted: tally{Agree: 3}, word: WordAgrees},
		{name: "only targeted draws, with a maximum", targeted: tally{Agree: 3}, maximum: ptr(0.5), word: WordInconclusive, code: 5,
			reasons: []string{"no random draw was compared: nothing is claimed about the frame"}},
		{name: "proven", random: tally{Agree: 299}, maximum: ptr(0.01), word: WordAgrees},
		{name: "proven but for those that drifted", random: tally{Agree: 299, Drifted: 2}, maximum: ptr(0.01), code: ExitInconclusive, word: WordInconclusive,
			reasons: []string{"at most 2.1 % of the frame at 95 % does not prove the maximum of 1 %; draws that were not compared count as disagreements there"}},
		{name: "proven with a disagreement", random: tally{Agree: 472, Disagree: 1}, maximum: ptr(0.01), word: WordWithinMaximum},
		{name: "not proven", random: tally{Agree: 298}, maximum: ptr(0.01), word: WordInconclusive, code: 5,
			reasons: []string{"at most 1.1 % of the frame at 95 % does not prove the maximum of 1 %: 299 compared random draws without a further disagreement would"}},
		{name: "not proven with a disagreement", random: tally{Agree: 471, Disagree: 1}, maximum: ptr(0.01), word: WordInconclusive, code: 5,
			reasons: []string{"at most 1.1 % of the frame at 95 % does not prove the maximum of 1 %: 473 compared random draws without a further disagreement would"}},
		{name: "zero is proven by all only", random: tally{Agree: 299}, maximum: ptr(0.0), word: WordInconclusive, code: 5,
			reasons: []string{"at most 1 % of the frame at 95 % does not prove the maximum of 0 %: only all 4,800 identities of the frame would"}},
		{name: "all were compared", random: tally{Agree: 10}, targeted: tally{Agree: 10}, frame: 20, maximum: ptr(0.0), word: WordAgrees},
		{name: "all were compared, within the maximum", random: tally{Agree: 10}, targeted: tally{Agree: 9, Disagree: 1}, frame: 20, maximum: ptr(0.05), word: WordWithinMaximum},
		{name: "all were compared, beyond the maximum", random: tally{Agree: 10}, targeted: tally{Agree: 8, Disagree: 2}, frame: 20, maximum: ptr(0.05), word: WordDisagrees, code: 4,
			reasons: []string{"for certain 2 disagreements in the frame of 20 identities, more than the maximum of 5 %"}},
		{name: "beyond the maximum", random: tally{Agree: 295, Disagree: 4}, maximum: ptr(0.01), word: WordDisagrees, code: 4,
			reasons: []string{"4 disagreements in 299 compared random draws, more than the maximum of 1 %"}},
		{name: "at the maximum", random: tally{Agree: 297, Disagree: 3}, maximum: ptr(0.01), word: WordInconclusive, code: 5,
			reasons: []string{"at most 2.6 % of the frame at 95 % does not prove the maximum of 1 %: 773 compared random draws without a further disagreement would"}},
		{name: "targeted ones are no sample", random: tally{Agree: 299}, targeted: tally{Disagree: 9}, maximum: ptr(0.01), word: WordWithinMaximum},
		{name: "but they are of the frame", random: tally{Agree: 299}, targeted: tally{Disagree: 1}, maximum: ptr(0.0), word: WordDisagrees, code: 4,
			reasons: []string{"for certain 1 disagreement in the frame of 4,800 identities, more than the maximum of 0 %"}},
		{name: "error", random: tally{Agree: 299}, findings: broken, word: WordInconclusive, code: 5, reasons: []string{"1 error: syntax (1)"}},
		{name: "undetermined", random: tally{Agree: 299}, change: func(r *engine.CrosscheckResult) { r.Undetermined = 2 }, word: WordInconclusive, code: 5,
			reasons: []string{"2 agreements prove little: something is unknown here, and other answers would have agreed as well"}},
		{name: "two ways to list profiles", random: tally{Agree: 299}, change: func(r *engine.CrosscheckResult) { r.Profiles = engine.ProfilesNeither }, word: WordInconclusive, code: 5,
			reasons: []string{mixedProfilesReason}},
		{name: "plan", random: tally{Agree: 299}, planned: true, word: WordPlan},
		{name: "plan of nobody", planned: true, word: WordPlan},
		{name: "plan with an error", random: tally{Agree: 299}, planned: true, findings: broken, word: WordInconclusive, code: 5, reasons: []string{"1 error: syntax (1)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.reasons == nil {
				c.reasons = []string{}
			}
			switch c.frame {
			case 0:
				c.frame = 4800
			case -1:
				c.frame = 0
			}
			in := bareCrosscheck(c.planned)
			in.Result, in.MaxDisagreement, in.Findings = agreement(c.random, c.targeted, c.frame), c.maximum, c.findings
			if c.change != nil {
				c.change(in.Result)
			}
			d := NewCrosscheck(in)
			require.Equal(t, Exit{Code: c.code, Reasons: c.reasons}, d.Exit)
			require.Equal(t, c.word, d.Verdict.Word)
			require.Equal(t, d.Exit, DecideCrosscheck(in.Result, c.findings, c.maximum, c.planned))
		})
	}
}

// The bound of a verdict is said of the random draws, never of all.
func TestCrosscheckVerdictSentence(t *testing.T) {
	type tally = engine.Tally
	for _, c := range []struct {
		random, targeted tally
		frame            int
		want             string
	}{
		{tally{Agree: 299}, tally{Agree: 69, Disagree: 32}, 4800,
			"of 400 draws 32 disagree, 368 agree; none of the 299 random ones disagrees: at most 1 % of the frame at 95 %"},
		{tally{Agree: 298, Disagree: 1}, tally{Disagree: 1}, 4800, "of 300 draws 2 disagree, 298 agree; 1 of the 299 random ones disagrees: at most 1.6 % of the frame at 95 %"},
		{tally{Agree: 297, Disagree: 2}, tally{}, 4800, "of 299 draws 2 disagree, 297 agree; 2 of the 299 random ones disagree: at most 2.1 % of the frame at 95 %"},
		{tally{Agree: 298, NotChecked: 1}, tally{}, 4800,
			"of 299 draws 298 agree, 1 not checked; none of the 298 random ones that were compared disagrees: at most 1.1 % of the frame at 95 %, 1.6 % at worst"},
		{tally{Agree: 1}, tally{Disagree: 1}, 4800, "of 2 draws 1 disagrees, 1 agrees; the only random one agrees: at most 95 % of the frame at 95 %"},
		{tally{Disagree: 1, Drifted: 1}, tally{}, 4800, "of 2 draws 1 disagrees, 1 drifted; the only random one that was compared disagrees: at most 100 % of the frame at 95 %, 100 % at worst"},
		{tally{}, tally{Agree: 1}, 4800, "of 1 draw 1 agrees; no claim about the frame"},
		{tally{Agree: 19}, tally{Disagree: 1}, 20, "of 20 draws 1 disagrees, 19 agree; the whole frame was compared: exactly 5 % of it disagrees"},
	} {
		in := bareCrosscheck(false)
		in.Result = agreement(c.random, c.targeted, c.frame)
		require.Equal(t, c.want, NewCrosscheck(in).Verdict.Sentence)
	}
}

// Beside the bound of the random draws stands the share itself where all of the frame was compared.
func TestExactShare(t *testing.T) {
	in := bareCrosscheck(false)
	in.Result = agreement(engine.Tally{Agree: 18}, engine.Tally{Agree: 1, Disagree: 1}, 20)
	s := NewCrosscheck(in).Summary
	require.Equal(t, ptr(0.05), s.ExactShare)
	require.Equal(t, engine.UpperBound(0, 18, 0.95), s.UpperBound)
	in.Result = agreement(engine.Tally{Agree: 18}, engine.Tally{Drifted: 1, Disagree: 1}, 20)
	require.Nil(t, NewCrosscheck(in).Summary.ExactShare)
	require.Nil(t, NewCrosscheck(bareCrosscheck(false)).Summary.ExactShare)
	in.Result, in.Planned = agreement(engine.Tally{Agree: 20}, engine.Tally{}, 20), true
	require.Nil(t, NewCrosscheck(in).Summary.ExactShare)
}

func TestFrameAndCoverageText(t *testing.T) {
	require.Equal(t, "4,799 of 4,800 identities; nothing is claimed about the 1 outside: its id in the tenant is not known", frameText(CrosscheckSummary{Identities: 4800, Frame: 4799}))
	require.Equal(t, "draws fall into 1 of 2 behaviour classes, which holds 50 % of the frame", coverageText(CrosscheckSummary{Classes: 2, CoveredClasses: 1, CoveredShare: 0.5}))
}

// The number of draws that is asked for proves, and one less does not.
func TestDrawsToProve(t *testing.T) {
	require.Equal(t, 299, drawsToProve(0, 0.01, 0.95)) // the known size of a sample without a failure
	require.Equal(t, 59, drawsToProve(0, 0.05, 0.95))
	require.Equal(t, 459, drawsToProve(0, 0.01, 0.99))
	require.Zero(t, drawsToProve(0, 0, 0.95))
	require.Zero(t, drawsToProve(0, -1, 0.95))
	require.Equal(t, 5, drawsToProve(4, 1, 0.95))
	rapid.Check(t, func(t *rapid.T) {
		disagree := rapid.IntRange(0, 20).Draw(t, "disagree")
		share := rapid.Float64Range(0.001, 0.9).Draw(t, "share")
		confidence := rapid.SampledFrom([]float64{0.8, 0.9, 0.95, 0.99, 0.999}).Draw(t, "confidence")
		n := drawsToProve(disagree, share, confidence)
		require.LessOrEqual(t, engine.UpperBound(disagree, n, confidence), share)
		require.Greater(t, engine.UpperBound(disagree, n-1, confidence), share)
	})
}

func TestPercentages(t *testing.T) {
	for _, c := range []struct {
		share     float64
		up, down  string
		asItIs    string
		roundedUp bool
	}{
		{0.01, "1 %", "1 %", "1 %", false},
		{0.0099690, "1 %", "0.996 %", "0.9969 %", true},
		{0.010001, "1.1 %", "1 %", "1.0001 %", true},
		{0.95, "95 %", "95 %", "95 %", false},
		{0.999, "100 %", "99.9 %", "99.9 %", true},
		{0.99996, "100 %", "99.9 %", "99.996 %", true},
		{0.09999, "10 %", "9.99 %", "9.999 %", true},
		{1, "100 %", "100 %", "100 %", false},
		{0, "0 %", "0 %", "0 %", false},
		{0.57, "57 %", "57 %", "57 %", false},
		{0.000123456, "0.013 %", "0.0123 %", "0.0123456 %", true},
		{1e-300, strconv.FormatFloat(1e-298, 'f', -1, 64) + " %", strconv.FormatFloat(1e-298, 'f', -1, 64) + " %", strconv.FormatFloat(1e-298, 'f', -1, 64) + " %", false},
	} {
		require.Equal(t, []string{c.up, c.down, c.asItIs}, []string{percentUp(c.share), percentDown(c.share), percent(c.share)}, c.share)
	}
	value := func(t *rapid.T, s string) float64 {
		v, err := strconv.ParseFloat(strings.TrimSuffix(s, " %")+"e-2", 64)
		require.NoError(t, err)
		return v
	}
	rapid.Check(t, func(t *rapid.T) {
		share := rapid.Float64Range(0, 1).Draw(t, "share")
		require.GreaterOrEqual(t, value(t, percentUp(share)), share)
		require.LessOrEqual(t, value(t, percentUp(share)), share*1.1+1e-300)
		require.LessOrEqual(t, value(t, percentDown(share)), share)
		require.GreaterOrEqual(t, value(t, percentDown(share)), share*0.99-1e-300)
		require.InDelta(t, share, value(t, percent(share)), share*1e-15)
	})
	for _, odd := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, -0.5} {
		require.NotPanics(t, func() { percentUp(odd); percentDown(odd); percent(odd) })
	}
}

func TestAnswerDifferenceText(t *testing.T) {
	for want, d := range map[string]engine.AnswerDifference{
		`workflow "A": in the tenant, not here`:                  {Kind: "workflow", Name: "A", Answered: 1},
		`workflow "A": here, not in the tenant`:                  {Kind: "workflow", Name: "A", Low: 1, High: 1},
		`access profile "p": here, not in the tenant`:            {Kind: "access_profile", Name: "p", Low: 1, High: 1},
		`access profile "Named" (p9): in the tenant, not here`:   {Kind: "access_profile", Name: "p9", Answered: 1},
		`action "X" (PAUSE): in the tenant, not here`:            {Kind: "action", Name: "X", Type: "PAUSE", Answered: 1},
		`action "X" (PAUSE): 2 times in the tenant, 1 here`:      {Kind: "action", Name: "X", Type: "PAUSE", Low: 1, High: 1, Answered: 2},
		`action "X" (PAUSE): 1 time in the tenant, 2 to 3 here`:  {Kind: "action", Name: "X", Type: "PAUSE", Low: 2, High: 3, Answered: 1},
		`action "X" (PAUSE): 0 times in the tenant, 1 to 2 here`: {Kind: "action", Name: "X", Type: "PAUSE", Low: 1, High: 2},
	} {
		require.Equal(t, want, answerDifferenceText(d, map[string]string{"p9": "Named"}))
	}
}
