package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lcmsim/lcmsim/engine"
)

// barCharts are the charts of a document that have anything to show, by the name of the table that each pictures; that of the
// limits is "Limits".
func barCharts(d Renderable) map[string]*barChart {
	var plots map[string]plot
	switch d := d.(type) {
	case *Document:
		plots = simulationPlots(d)
	case *DiffDocument:
		plots = diffPlots(d)
	}
	charts := map[string]*barChart{}
	for name, p := range plots {
		if c := newBarChart(p); c != nil {
			charts[name] = c
		}
	}
	return charts
}

func simulationPlots(d *Document) map[string]plot {
	const people = "Counts are identities."
	actions := plot{id: "chart-actions", title: "Whom each action reaches", note: people + " Planned and undecided are disjoint.", what: "Action", many: "actions",
		series: []series{{name: "Planned", class: barPlain}, {name: "Undecided", class: barMaybe}}}
	workflows := plot{id: "chart-workflows", title: "Whom each workflow matches", note: people, what: "Workflow", many: "workflows",
		series: []series{{name: "Matched", class: barPlain}, {name: "Undecided", class: barMaybe}}}
	profiles := plot{id: "chart-profiles", title: "Who gets which access profile", note: people, what: "Access profile", many: "access profiles",
		series: []series{{name: "Named by an action", class: barPlain}, {name: "Inherited", class: barLight}, {name: "Undecided", class: barMaybe}}}
	entitlements := plot{id: "chart-entitlements", title: "Who gets and who loses which entitlement", note: people, what: "Entitlement", many: "entitlements",
		series: []series{{name: "Revoked", class: barLost, left: true}, {name: "Perhaps revoked", class: barMaybe, left: true},
			{name: "Granted", class: barPlain}, {name: "Perhaps granted", class: barMaybe}}}
	for _, w := range d.Workflows {
		workflows.add(w.Name, w.Matched, w.Unknown)
	}
	for _, a := range d.Actions {
		actions.add(a.Name, a.Planned, a.Possible)
	}
	for _, p := range d.AccessProfiles {
		name := orText(p.Name, p.ID)
		if p.Withheld != nil {
			name += " (grants nothing)"
		}
		profiles.add(name, p.Direct, p.Inherited, p.Possible)
	}
	for _, e := range d.Entitlements {
		entitlements.add(orText(e.Name, e.EntityID), e.Revoked, e.MaybeRevoked, e.Granted, e.Possible)
	}
	return map[string]plot{
		"Workflows": workflows.greatest(), "Actions": actions.greatest(), "Profiles": profiles.greatest(), "Entitlements": entitlements.greatest(),
		"Limits": limitPlot(d.Limits), "Rules": sensitivityPlot(d.Sensitivity),
	}
}

func diffPlots(d *DiffDocument) map[string]plot {
	const people = "Counts are identities; the greatest loss first."
	counted := func(id, title, what, many string, more ...series) plot {
		return plot{id: id, title: title, note: people, what: what, many: many, series: append([]series{
			{name: "Lost", class: barLost, left: true}, {name: "Gained", class: barGained}, {name: "Undecided", class: barMaybe}}, more...)}
	}
	workflows := counted("chart-workflows", "Who starts and who stops matching each workflow", "Workflow", "workflows that change")
	workflows.series[0].name, workflows.series[1].name = "Trigger no longer true", "Trigger now true"
	for _, w := range changesOnly(d.Workflows, workflowChange) {
		workflows.add(w.Name, w.Lost, w.Gained, w.Maybe)
	}
	actions := counted("chart-actions", "Who loses and who gains each action", "Action", "actions that change", series{name: "Newly deactivated", class: barHarm})
	for _, a := range changesOnly(d.Actions, actionChange) {
		gained, deactivated := a.Gained, 0
		if a.Effect == engine.EffectDeactivate {
			gained, deactivated = 0, a.Gained
		}
		actions.add(a.Name, a.Lost, gained, a.Maybe, deactivated)
	}
	profiles := counted("chart-profiles", "Who loses and who gains each access profile", "Access profile", "access profiles that change")
	for _, p := range changesOnly(d.AccessProfiles, profileChange) {
		profiles.add(orText(p.Name, p.ID), p.Lost, p.Gained, p.Maybe)
	}
	entitlements := counted("chart-entitlements", "Who loses and who gains each entitlement", "Entitlement", "entitlements that change",
		series{name: "Revoked from those who hold it today", short: "revoked", class: barLost, left: true, mark: true})
	for _, e := range changesOnly(d.Entitlements, entitlementChange) {
		entitlements.add(orText(e.Name, e.EntityID), e.Lost, e.Gained, e.Maybe, e.Revoked)
	}
	return map[string]plot{
		"Workflows": workflows.first(), "Actions": actions.first(), "Profiles": profiles.first(), "Entitlements": entitlements.first(),
		"Limits": limitPlot(d.Limits), "Cohorts": cohortPlot(d.Cohorts), "Edits": editPlot(d),
	}
}

// limitPlot shows how much of each limit is used, the most pressing first.
func limitPlot(limits []engine.LimitResult) plot {
	p := plot{id: "chart-limits", title: "How much of each limit is used", what: "Limit", many: "limits",
		note:   "Counts are identities. Each row has a scale of its own; what is exceeded has the colour of a loss.",
		series: []series{{name: "Affected", class: barPlain}, {name: "Perhaps affected", class: barMaybe}, {name: "Allowed", mark: true, class: barPlain}}}
	for _, l := range pressingFirst(limits) {
		allowed := max(limitAllowed(l), 0)
		p.rows = append(p.rows, plotRow{
			label: l.Name, values: []float64{float64(l.AffectedLow), float64(l.AffectedHigh - l.AffectedLow), float64(allowed)},
			full: float64(max(l.AffectedHigh, allowed, 1)), urgent: l.Verdict == engine.VerdictExceeded,
			text: Count(l.AffectedHigh) + " of " + Count(allowed),
		})
	}
	return p.first()
}

// cohortPlot compares the share of each cohort that loses something with the share of all.
func cohortPlot(cohorts []engine.CohortLift) plot {
	p := plot{id: "chart-cohorts", title: "Which groups of people lose more than others", what: "Cohort", many: "cohorts",
		note: "Shares of those who lose something, are deactivated or have something revoked; the line is the share of the whole population.",
		series: []series{{name: "Share that loses something or is disabled", class: barLost, share: true},
			{name: "Share of the whole population", class: barPlain, mark: true, share: true}}}
	for _, c := range cohorts {
		p.rows = append(p.rows, plotRow{
			label: c.Attribute + " = " + c.Value, values: []float64{c.Share, c.OverallShare},
			text: fmt.Sprintf("%s, %s of %s", shareText(c.Share), Count(c.Lost), Count(c.Size)),
		})
	}
	return p.first()
}

// editPlot shows how many identities each edit changes alone, the most first.
func editPlot(d *DiffDocument) plot {
	if !d.Attribution.Attributed {
		return plot{}
	}
	p := plot{id: "chart-edits", title: "Whom each edit of the policy changes by itself", what: "Edit", many: "edits",
		note: "Counts are identities; one can be changed by several edits, and edits that work only together change nobody alone.",
		series: []series{{name: "Changed by it alone", class: barPlain}, {name: "Perhaps changed by it alone", class: barMaybe},
			{name: "Fewer without it", short: "fewer without it", class: barPlain, mark: true}}}
	edits := slices.Clone(d.Attribution.Edits)
	reach := func(e engine.EditEffect) int { return max(e.Alone+e.Maybe, fewerWithout(d.Attribution, e)) }
	slices.SortStableFunc(edits, func(a, b engine.EditEffect) int { return cmp.Compare(reach(b), reach(a)) })
	for _, e := range edits {
		p.add(e.Edit, e.Alone, e.Maybe, fewerWithout(d.Attribution, e))
	}
	p = p.first()
	p.total = max(d.Attribution.EditsTotal, p.total)
	return p
}

// sensitivityPlot shows which of the named rules matter, the most first.
func sensitivityPlot(sensitivity []engine.Sensitivity) plot {
	p := plot{id: "chart-rules", title: "Who ends differently under another reading of the rules", what: "Rule and alternative", many: "alternatives that matter",
		note: "Counts are identities.", series: []series{{name: "End differently", class: barPlain}}}
	for _, s := range sensitivity {
		p.add(s.Rule+" = "+s.Alternative, s.Identities)
	}
	return p.greatest()
}

// add appends a row; counts are one a series.
func (p *plot) add(label string, counts ...int) {
	values := make([]float64, len(counts))
	for i, n := range counts {
		values[i] = float64(n)
	}
	p.rows = append(p.rows, plotRow{label: label, values: values})
}

// greatest is p with the rows that are not all nothing, those of the greatest sum first, cut to what a chart can hold.
func (p plot) greatest() plot {
	sum := func(r plotRow) float64 {
		all := 0.0
		for _, v := range r.values {
			all += bounded(v)
		}
		return all
	}
	p.rows = slices.DeleteFunc(p.rows, func(r plotRow) bool { return sum(r) == 0 })
	slices.SortStableFunc(p.rows, func(a, b plotRow) int { return cmp.Compare(sum(b), sum(a)) })
	return p.first()
}

// first is p with as many rows as a chart can hold.
func (p plot) first() plot {
	p.total = len(p.rows)
	p.rows = p.rows[:min(maxBars, len(p.rows))]
	return p
}
