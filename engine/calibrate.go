package engine

import (
	"math"
	"slices"

	"github.com/lcmsim/lcmsim/scimeval"
)

// Calibration finds out by experiment which rules a tenant follows. A hypothesis is a combination of the values of all rules that
// a dry run can show, and of a way to list access profiles; each answer of the tenant speaks against the hypotheses that
// predict another. The population is surveyed once (NewSurveyor, Add), then identities are put to the tenant one after the other (Next,
// Answer or Fail), then Result says what came of it. It is not safe for concurrent use.
//
// An answer that fits no hypothesis speaks against none. Those that fit the most answers are the ones that stand, so that
// a single answer that is wrong for another reason is outvoted, and still makes the rules that it bears on contradictory.
type Calibration struct {
	lab    *hypothetical
	seen   *surveyed
	oracle *oracle
	trials []trial

	misfits     []int // by hypothesis: answers that fit others, but not this one
	standing    []int // hypotheses with the fewest misfits, ascending
	experiments []experiment
	pending     *experiment
}

// experiment is a question to the tenant, and what it said.
type experiment struct {
	Experiment
	view   view
	labels []uint16 // of Outcomes
	fits   []bool   // by label; nil = no answer
}

// understood tells whether there is an answer, and some hypothesis predicts it.
func (e *experiment) understood() bool { return slices.Contains(e.fits, true) }

// Bounds of the work on one calibration.
const (
	bearing  = 2 // answers that a rule should rest on
	maxAsked = 4 // questions of one trial
)

// NewCalibration compiles a policy version under every hypothesis. Own limits, guards and Against are not used.
func NewCalibration(in Input) *Calibration {
	in.Against, in.OwnLimits, in.Guards = nil, nil, nil
	lab := compileHypotheses(in)
	c := &Calibration{lab: lab, seen: newSurveyed(lab.program.layout.words), misfits: make([]int, lab.count())}
	for h := range c.misfits {
		c.standing = append(c.standing, h)
	}
	return c
}

// Attributes lists the columns that a batch must have, in order.
func (c *Calibration) Attributes() []scimeval.Attribute { return c.lab.program.filters.Attributes() }

// NewSurveyor makes a surveyor for one goroutine.
func (c *Calibration) NewSurveyor() *Surveyor {
	return &Surveyor{lab: c.lab, classifier: c.lab.program.NewClassifier(), samples: maxSampledGroups}
}

// Add adds the next batch. tenantIDs are the tenant's ids of its identities, "" = not known.
func (c *Calibration) Add(batch *Survey, ids, tenantIDs []string) { c.seen.add(batch, ids, tenantIDs) }

// Next chooses the identity to ask about, by its entity_id and its id in the tenant; false = nothing more can be learnt. It
// prefers one that decides a rule whatever the other rules are.
func (c *Calibration) Next() (entityID, tenantID string, ok bool) {
	c.prepare()
	at, rules := c.dividing()
	if at < 0 {
		at, rules = c.repeating()
	}
	if at < 0 {
		return "", "", false
	}
	t := &c.trials[at]
	g := &c.seen.groups[t.groups[0]]
	who := g.candidates[0]
	if g.candidates = g.candidates[1:]; len(g.candidates) == 0 {
		t.groups = t.groups[1:]
	} else { // another group next, if there is one
		t.groups = append(t.groups[1:], t.groups[0])
	}
	t.asked++
	c.pending = &experiment{
		Experiment: Experiment{EntityID: who.entityID, TenantID: who.tenantID, Rules: c.ruleNames(rules)},
		view:       c.oracle.view(g),
	}
	c.outcomes(c.pending, rules)
	return who.entityID, who.tenantID, true
}

// prepare finds the trials, once.
func (c *Calibration) prepare() {
	if c.oracle == nil {
		c.oracle = newOracle(c.lab, c.seen.vectors)
		c.trials = c.oracle.trials(c.seen.groups)
	}
}

// Candidates lists the entity_ids of all identities that Next may choose. No batch may be added afterwards.
func (c *Calibration) Candidates() []string {
	c.prepare()
	var list []string
	for i := range c.trials {
		groups := c.trials[i].groups
		for _, g := range groups[:min(len(groups), maxAsked)] {
			for _, who := range c.seen.groups[g].candidates {
				list = append(list, who.entityID)
			}
		}
	}
	return list
}

// Answer takes what the tenant says about the identity of Next.
func (c *Calibration) Answer(a *DryRun) {
	e := c.pending
	e.Answer = a
	for _, s := range e.view.shown {
		e.fits = append(e.fits, s.fits(a))
	}
	if e.understood() {
		least := math.MaxInt
		for h := range c.misfits {
			if !e.fits[e.view.labels[c.lab.cell(h)]] {
				c.misfits[h]++
			}
			least = min(least, c.misfits[h])
		}
		c.standing = c.standing[:0]
		for h, n := range c.misfits {
			if n == least {
				c.standing = append(c.standing, h)
			}
		}
		e.Verdict = VerdictAgree
	} else {
		e.Verdict, e.Reason = VerdictDisagree, "the answer fits none of the rules' values: the tenant may know another version of the policy, or other attributes of the identity"
	}
	c.settle()
}

// Fail says that there is no answer about the identity of Next, or none that can be used: verdict is VerdictDrifted or VerdictNotChecked.
func (c *Calibration) Fail(verdict, reason string) {
	c.pending.Verdict, c.pending.Reason = verdict, reason
	c.settle()
}

func (c *Calibration) settle() {
	c.experiments = append(c.experiments, *c.pending)
	c.pending = nil
}

func (c *Calibration) label(t *trial, hypothesis int) uint16 { return t.labels[c.lab.cell(hypothesis)] }

// sides counts rules, and the way to list profiles as one more.
func (c *Calibration) sides() int { return len(c.lab.rules) + 1 }

func (c *Calibration) ruleNames(sides []int) []string {
	names := make([]string, 0, len(sides))
	for _, side := range sides {
		if side < len(c.lab.rules) {
			names = append(names, c.lab.rules[side].Name)
		}
	}
	return names
}

// settled tells whether all hypotheses that stand have the same value of a rule.
func (c *Calibration) settled(side int) bool {
	for _, h := range c.standing {
		if (h^c.standing[0])>>side&1 == 1 {
			return false
		}
	}
	return true
}

// dividing finds the trial that tells the hypotheses that stand best apart, and the rules that it is about; -1 = there is none. One that
// depends on a single rule beats those that depend on several.
func (c *Calibration) dividing() (best int, rules []int) {
	best = -1
	var gain float64
	stands := make([]bool, c.lab.count())
	for _, h := range c.standing {
		stands[h] = true
	}
	for i := range c.trials {
		t := &c.trials[i]
		if !c.divides(t) {
			continue
		}
		counts := make(map[uint16]int)
		for _, h := range c.standing {
			counts[c.label(t, h)]++
		}
		var depends []int
		for side := range c.sides() {
			if slices.ContainsFunc(c.standing, func(h int) bool { return stands[h^1<<side] && c.label(t, h) != c.label(t, h^1<<side) }) {
				depends = append(depends, side)
			}
		}
		n := float64(t.identities) / float64(t.identities+1) / 1e6 // decides between equals
		for _, count := range counts {
			share := float64(count) / float64(len(c.standing))
			n -= share * math.Log2(share)
		}
		if len(depends) == 1 {
			n += 64 // more than any number of bits that an answer can bring
		}
		if n > gain {
			best, gain, rules = i, n, depends
		}
	}
	return best, rules
}

// divides tells whether a trial can still be asked, and tells hypotheses that stand apart.
func (c *Calibration) divides(t *trial) bool {
	return t.open() && slices.ContainsFunc(c.standing, func(h int) bool { return c.label(t, h) != c.label(t, c.standing[0]) })
}

// repeating finds a trial for a settled rule that rests on fewer answers than it should; the fewer other rules bear on it, the better.
func (c *Calibration) repeating() (best int, rules []int) {
	best = -1
	short := make([]bool, len(c.lab.rules))
	for side := range short {
		short[side] = c.settled(side) && len(c.answersOn(side)) < bearing
	}
	for i := range c.trials {
		t := &c.trials[i]
		if !t.open() {
			continue
		}
		var depends []int
		wanted := false
		for side := range c.lab.rules {
			if c.dependsOn(t.labels, side) {
				depends = append(depends, side)
				wanted = wanted || short[side]
			}
		}
		if wanted && (best < 0 || len(depends) < len(rules) || len(depends) == len(rules) && t.identities > c.trials[best].identities) {
			best, rules = i, depends
		}
	}
	return best, rules
}

// dependsOn tells whether the other value of a rule would make some hypothesis that stands predict something else.
func (c *Calibration) dependsOn(labels []uint16, side int) bool {
	return slices.ContainsFunc(c.standing, func(h int) bool {
		return labels[c.lab.cell(h)] != labels[c.lab.cell(h^1<<side)]
	})
}

// answersOn lists the experiments with an answer that bear on a rule.
func (c *Calibration) answersOn(side int) []int {
	var list []int
	for i, e := range c.experiments {
		if e.understood() && c.dependsOn(e.view.labels, side) {
			list = append(list, i)
		}
	}
	return list
}

// outcomes lists what the hypotheses that stand predict, and their neighbours in the rules that the experiment is about.
func (c *Calibration) outcomes(e *experiment, rules []int) {
	holders := make(map[uint16][]int)
	add := func(h int) {
		label := e.view.labels[c.lab.cell(h)]
		holders[label] = append(holders[label], h)
	}
	for _, h := range c.standing {
		add(h)
		for _, side := range rules {
			add(h ^ 1<<side)
		}
	}
	for label, s := range e.view.shown {
		list := holders[uint16(label)]
		if len(list) == 0 {
			continue
		}
		o := Outcome{Values: []RuleValue{}, Workflows: s.Workflows, Actions: s.Actions, Profiles: s.Profiles}
		if s.lists == 1 {
			o.Profiles = slices.Compact(slices.Sorted(slices.Values(slices.Concat(s.Profiles, s.Inherited))))
		}
		same := 0 // bits in which they differ
		for _, h := range list {
			same |= h ^ list[0]
		}
		for _, side := range rules {
			if side < len(c.lab.rules) && same>>side&1 == 0 {
				o.Values = append(o.Values, RuleValue{c.lab.rules[side].Name, c.lab.value(list[0], side)})
			}
		}
		e.Outcomes, e.labels = append(e.Outcomes, o), append(e.labels, uint16(label))
	}
}
