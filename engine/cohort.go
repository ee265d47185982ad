package engine

import (
	"cmp"
	"slices"

	"github.com/lcmsim/lcmsim/scimeval"
)

// cohort counts the values of an attribute, over everybody and over those who lose something.
type cohort struct {
	attribute string
	values    map[string]*cohortCount // nil = too many values to be cohorts
}

type cohortCount struct{ size, lost int }

const (
	maxCohortValues = 5000 // an attribute with more distinct values names people, not cohorts
	maxCohorts      = 20   // caps DiffResult.Cohorts
	minCohortLost   = 2    // identities that lose something, for a cohort to be worth a line; its lift is at least 3/2
)

// add counts a batch. The result does not depend on how a population is cut into batches.
func (c *cohort) add(column cohortColumn, losers []bool) {
	if c.values == nil {
		return
	}
	counts := make([]cohortCount, len(column.values))
	for r, code := range column.codes {
		if code == scimeval.Absent {
			continue
		}
		counts[code].size++
		if losers[r] {
			counts[code].lost++
		}
	}
	for i, n := range counts {
		if n.size == 0 {
			continue
		}
		for _, text := range cohortTexts(column.values[i]) {
			at := c.values[text]
			if at == nil {
				at = &cohortCount{}
				c.values[string([]byte(text))] = at
			}
			at.size += n.size
			at.lost += n.lost
		}
		if len(c.values) > maxCohortValues {
			c.values = nil
			return
		}
	}
}

// cohortTexts are the cohorts that a value puts an identity into: itself, or each distinct element of a list.
func cohortTexts(v scimeval.Value) []string {
	switch v.Kind() {
	case scimeval.KindString:
		if v.Text() == "" {
			return nil
		}
		return []string{v.Text()}
	case scimeval.KindBool, scimeval.KindNumber:
		return []string{v.String()}
	case scimeval.KindList:
		var texts []string
		for _, item := range v.Items() {
			if item.Kind() != scimeval.KindList {
				texts = append(texts, cohortTexts(item)...)
			}
		}
		slices.Sort(texts)
		return slices.Compact(texts)
	}
	return nil
}

// lifts lists the values that are most over-represented among those who lose something: those with the most identities
// beyond their share come first.
func lifts(cohorts []cohort, population, losers int) []CohortLift {
	list := []CohortLift{}
	if population == 0 || losers == 0 {
		return list
	}
	overall := float64(losers) / float64(population)
	for _, c := range cohorts {
		for value, n := range c.values {
			if n.lost < minCohortLost || 2*n.lost*population < 3*n.size*losers {
				continue
			}
			share := float64(n.lost) / float64(n.size)
			list = append(list, CohortLift{Attribute: c.attribute, Value: value, Size: n.size, Lost: n.lost, Share: share, OverallShare: overall, Lift: share / overall})
		}
	}
	excess := func(c CohortLift) int { return c.Lost*population - c.Size*losers } // times the population
	slices.SortFunc(list, func(a, b CohortLift) int {
		return cmp.Or(cmp.Compare(excess(b), excess(a)), cmp.Compare(a.Attribute, b.Attribute), cmp.Compare(a.Value, b.Value))
	})
	return list[:min(len(list), maxCohorts)]
}
