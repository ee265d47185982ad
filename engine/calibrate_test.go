package engine

import (
	cmdline "flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/scimeval"
)

var calibrations = cmdline.Int("calibrations", 6, "random policies to calibrate")

// slowTenant answers dry runs by the slow twin of the engine, under some hypothesis.
type slowTenant struct {
	t   require.TestingT
	in  Input
	lab hypotheses
	// Answers depend on the truths of filters and on the other rules alone.
	filters slowFilters
}

// answer is the dry run of one identity; open has the parts that something unknown decides.
func (s *slowTenant) answer(p person, hypothesis int) (answer *DryRun, open [3]bool) {
	in := s.in
	in.Rules = s.lab.under(in.Rules, hypothesis)
	run := &slowRun{t: s.t, in: in, rules: in.Rules, filters: s.filters, who: p}
	o := run.outcome()
	row := run.row(o)
	answer = &DryRun{WorkflowsMatched: row.WorkflowsMatched, AccessProfileIDs: row.AccessProfileIDs}
	if s.lab.listsInherited(hypothesis) {
		answer.AccessProfileIDs = slices.Concat(row.AccessProfileIDs, row.InheritedProfileIDs)
	}
	for _, name := range row.WorkflowsUnknown {
		open[0] = open[0] || !slices.Contains(row.WorkflowsMatched, name)
	}
	for _, a := range row.Actions {
		open[1] = open[1] || a.Status != "planned"
		if a.Status == "planned" {
			answer.Actions = append(answer.Actions, DryRunAction{Name: a.Name, Type: a.Type})
		}
	}
	for _, a := range o.actions {
		open[2] = open[2] || a.status == "done" && len(a.action.AccessProfiles) > 0
	}
	for _, facts := range []map[string]slowTruth{o.named, o.brought} {
		for _, t := range facts {
			open[2] = open[2] || t == slowMaybe
		}
	}
	return answer, open
}

// text is equal for answers that nobody can tell apart by the parts that are known.
func answerText(a *DryRun, open [3]bool) string {
	parts := []string{setText(a.WorkflowsMatched), actionsText(a.Actions), setText(a.AccessProfileIDs)}
	for i := range parts {
		if open[i] {
			parts[i] = "?"
		}
	}
	return strings.Join(parts, "\x02")
}

type calibrationCase struct {
	in     Input
	people []person
	truth  int
}

func randomCalibration(lab hypotheses) *rapid.Generator[calibrationCase] {
	return rapid.Custom(func(t *rapid.T) calibrationCase {
		in, people := randomInput(t)
		in.Rules, in.Grants = DefaultRules(scimeval.Vendor), nil
		if rapid.Bool().Draw(t, "known") { // most of what is random is unknown somewhere, and tells nothing
			known(&random{t: t, seed: rapid.Uint64().Draw(t, "tests")}, in.Version)
		}
		return calibrationCase{in, people, rapid.IntRange(0, lab.count()-1).Draw(t, "truth")}
	})
}

// known gives a version tests that can be evaluated, and workflows names of their own.
func known(r *random, v *Version) {
	conditions := func(list []Condition) {
		for i := range list {
			list[i].Test = Test{Form: FormString, Type: "CONDITION_STRING", Text: oneOf(r, randomFilters[:goodFilters-1]...)}
		}
	}
	for i := range v.Workflows {
		v.Workflows[i].Name = fmt.Sprint("W", i+1)
		v.Workflows[i].Trigger = Test{Form: FormString, Type: "TRIGGER_STRING", Text: oneOf(r, randomFilters[:goodFilters-1]...)}
		conditions(v.Workflows[i].Conditions)
	}
	for i := range v.Actions {
		conditions(v.Actions[i].Conditions)
	}
}

// ask puts identities to a tenant until nothing is left to ask.
func ask(t *testing.T, in Input, people []person, answer func(person) *DryRun) *CalibrationResult {
	c := NewCalibration(in)
	batch, ids := batchOf(c.Attributes(), people)
	defer batch.Release()
	survey, err := c.NewSurveyor().Survey(batch, ids)
	require.NoError(t, err)
	c.Add(survey, ids, ids)
	for range 200 {
		id, tenantID, ok := c.Next()
		if !ok {
			result, err := c.Result()
			require.NoError(t, err)
			return result
		}
		require.Equal(t, id, tenantID)
		c.Answer(answer(people[slices.Index(ids, id)]))
	}
	t.Fatal("the calibration does not end")
	return nil
}

// A calibration finds exactly what the population decides: what all hypotheses have in common that agree with the tenant on
// everybody, by brute force.
func TestCalibrationFindsWhatThePopulationDecides(t *testing.T) {
	lab := newHypotheses()
	settled, open, suggested := 0, 0, 0
	seeds := *calibrations
	if testing.Short() {
		seeds = min(seeds, 2)
	}
	for seed := range seeds {
		example := randomCalibration(lab).Example(seed)
		tenant := &slowTenant{t: t, in: example.in, lab: lab, filters: slowFilters{}}
		fits := make([]bool, lab.count())
		for h := range fits {
			fits[h] = true
		}
		for _, p := range example.people {
			texts := make([]*DryRun, lab.count())
			var unknown [3]bool
			for h := range fits {
				answer, open := tenant.answer(p, h)
				texts[h] = answer
				for i := range open {
					unknown[i] = unknown[i] || open[i]
				}
			}
			want := answerText(texts[example.truth], unknown)
			for h := range fits {
				fits[h] = fits[h] && answerText(texts[h], unknown) == want
			}
		}
		result := ask(t, example.in, example.people, func(p person) *DryRun {
			a, _ := tenant.answer(p, example.truth)
			return a
		})
		consistent := 0
		for _, ok := range fits {
			if ok {
				consistent++
			}
		}
		require.Equal(t, consistent, result.Consistent, "seed %d", seed)
		for side, v := range result.Rules {
			values := map[string]bool{}
			for h, ok := range fits {
				if ok {
					values[lab.value(h, side)] = true
				}
			}
			for _, suggestion := range v.Suggestions {
				suggested++
				p := edited(t, example.people, suggestion)
				require.True(t, slices.ContainsFunc(numbersOf(fits), func(h int) bool {
					a, open := tenant.answer(p, h)
					b, openToo := tenant.answer(p, h^1<<side)
					for i := range open {
						open[i] = open[i] || openToo[i]
					}
					return answerText(a, open) != answerText(b, open)
				}), "seed %d %s: %s", seed, v.Rule, suggestion.Text)
			}
			if len(values) == 2 {
				open++
				require.Equal(t, Undecidable, v.Verdict, "seed %d %s: %s", seed, v.Rule, v.Because)
				continue
			}
			require.Empty(t, v.Suggestions)
			settled++
			require.NotNil(t, v.Value, "seed %d %s: %s", seed, v.Rule, v.Because)
			require.Equal(t, lab.value(example.truth, side), *v.Value, "seed %d %s", seed, v.Rule)
		}
	}
	t.Logf("%d settled, %d open, %d suggestions", settled, open, suggested)
	require.Positive(t, suggested)
	require.Positive(t, open)
	require.True(t, settled > 0 || testing.Short())
}

func numbersOf(set []bool) (list []int) {
	for i, in := range set {
		if in {
			list = append(list, i)
		}
	}
	return list
}

// edited is the identity of a suggestion, changed as it says.
func edited(t *testing.T, people []person, s Suggestion) person {
	p := people[slices.IndexFunc(people, func(p person) bool { return p.id == s.EntityID })]
	var members []scimeval.Member
	for _, m := range p.record.Members() {
		// Where a name is spelled in another way instead, it is spelled in no third way.
		renamed := strings.Contains(s.Text, " instead of ") && scimeval.Fold(m.Name) == scimeval.Fold(s.Attribute)
		if m.Name != s.Attribute && !renamed {
			members = append(members, m)
		}
	}
	if s.Value != nil {
		v, err := scimeval.ParseValue([]byte(*s.Value))
		require.NoError(t, err)
		members = append(members, scimeval.Member{Name: s.Attribute, Value: v})
	}
	return person{p.id, scimeval.ObjectValue(members)}
}

// A small policy on which single answers decide: triggers compare dept, a condition compares title.
func smallCalibration(t *testing.T) (Input, []person) {
	text := func(s string) Test { return Test{Form: FormString, Type: "TRIGGER_STRING", Text: s} }
	v := &Version{Number: 1, State: StatePublished,
		Workflows: []Workflow{
			{Name: "Sales", State: StateEnabled, Trigger: text(`dept eq "Sales"`)},
			{Name: "All", State: StateEnabled, Trigger: Test{Form: FormAny, Type: "ANY"}, Conditions: []Condition{
				{Name: "boss", State: StateEnabled, Test: text(`title eq "Boss"`), Actions: []ActionRef{{Name: "A"}}},
			}},
		},
		Actions: []Action{{Name: "A", Type: "SYNC_IDENTITIES", State: StateEnabled}},
	}
	var people []person
	for i, record := range []string{`{"dept":"sales"}`, `{"dept":"SALES"}`, `{"title":"boss"}`, `{"title":"BOSS"}`, `{"dept":"IT"}`} {
		people = append(people, personOf(t, fmt.Sprint("p", i), record))
	}
	return Input{Policy: &Policy{ID: "p", Current: v}, Version: v, Catalog: &Catalog{}, Rules: DefaultRules(scimeval.Vendor)}, people
}

func verdictOn(r *CalibrationResult, rule string) RuleVerdict {
	return r.Rules[slices.IndexFunc(r.Rules, func(v RuleVerdict) bool { return v.Rule == rule })]
}

func TestCalibrationOfOneRule(t *testing.T) {
	in, people := smallCalibration(t)
	folds := func(matches, boss bool) func(person) *DryRun {
		return func(p person) *DryRun {
			a := &DryRun{WorkflowsMatched: []string{"All"}}
			if slices.Contains([]string{"p0", "p1"}, p.id) && matches {
				a.WorkflowsMatched = append(a.WorkflowsMatched, "Sales")
			}
			if slices.Contains([]string{"p2", "p3"}, p.id) && boss {
				a.Actions = []DryRunAction{{Name: "A", Type: "SYNC_IDENTITIES"}}
			}
			return a
		}
	}
	result := ask(t, in, people, folds(false, false))
	v := verdictOn(result, "filter.string_case")
	require.Equal(t, ConfirmedDefault, v.Verdict)
	require.Equal(t, "p2: action A does not run; under fold action A runs (and 1 more)", v.Because)
	require.Len(t, v.Experiments, 2)
	require.Len(t, result.Experiments, 2, "two answers are enough")

	v = verdictOn(ask(t, in, people, folds(true, true)), "filter.string_case")
	require.Equal(t, ConfirmedAlternative, v.Verdict)
	require.Equal(t, "fold", *v.Value)

	result = ask(t, in, people, folds(true, false))
	v = verdictOn(result, "filter.string_case")
	require.Equal(t, Contradictory, v.Verdict, v.Because)
	require.Nil(t, v.Value)

	strange := func(person) *DryRun { return &DryRun{WorkflowsMatched: []string{"Another"}} }
	result = ask(t, in, people, strange)
	v = verdictOn(result, "filter.string_case")
	require.Equal(t, Contradictory, v.Verdict)
	require.Contains(t, v.Because, "fit neither value")
	require.Equal(t, VerdictDisagree, result.Experiments[0].Verdict)
	require.Equal(t, result.Hypotheses, result.Consistent)

	v = verdictOn(ask(t, in, nil, nil), "filter.string_case")
	require.Equal(t, Undecidable, v.Verdict)
}

// Without an answer nothing is settled, and the reason is told.
func TestCalibrationWithoutAnswers(t *testing.T) {
	in, people := smallCalibration(t)
	c := NewCalibration(in)
	batch, ids := batchOf(c.Attributes(), people)
	defer batch.Release()
	survey, err := c.NewSurveyor().Survey(batch, ids)
	require.NoError(t, err)
	c.Add(survey, ids, []string{"t0", "", "", "", "t4"})
	asked := 0
	for {
		id, tenantID, ok := c.Next()
		if !ok {
			break
		}
		require.Equal(t, "p0", id)
		require.Equal(t, "t0", tenantID)
		c.Fail(VerdictDrifted, "dept: sales here, Sales in the tenant")
		asked++
	}
	require.Equal(t, 1, asked)
	result, err := c.Result()
	require.NoError(t, err)
	require.Equal(t, 5, result.Identities)
	require.Equal(t, 2, result.Frame)
	v := verdictOn(result, "filter.string_case")
	require.Equal(t, Undecidable, v.Verdict)
	require.Equal(t, "no usable answer about 1 identity that would decide it: dept: sales here, Sales in the tenant", v.Because)
	require.NotEmpty(t, v.Suggestions)
}
