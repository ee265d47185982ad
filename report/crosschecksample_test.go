package report

import (
	"fmt"

	"github.com/lcmsim/lcmsim/engine"
)

// sampleCrosscheck is a cross-check of 12 draws, 7 of them random, with every verdict, and text in every place where strangers
// write.
func sampleCrosscheck(text func(string) string) CrosscheckInput {
	t := text
	p := func(s string) *string { s = text(s); return &s }
	sim := sampleInput()
	sample := &engine.Sample{
		Seed: 42, Identities: 5000, Frame: 4800, Shared: 2, Classes: 61, Covered: engine.Cover{Classes: 9, Identities: 4321, Strata: 3},
		Strata: []engine.Stratum{
			{Kind: engine.StratumRandom, Name: "random", Size: 4800},
			{Kind: engine.StratumRule, Name: "filter.missing_ne=false", Size: 120},
			{Kind: engine.StratumDestructive, Name: t("class 7"), Size: 259},
			{Kind: engine.StratumCell, Name: t(`"Leaver" / "all": true`), Size: 259},
			{Kind: engine.StratumCell, Name: t(`"Joiner" / "birthright": false`), Size: 1},
		},
	}
	disagreeing := func(id, value string) (*engine.Comparison, *engine.Diagnosis, *engine.DryRun) {
		workflow := engine.AnswerDifference{Kind: "workflow", Name: t("Leaver"), Answered: 1}
		action := engine.AnswerDifference{Kind: "action", Name: t("Disable accounts"), Type: t("DEPROVISION_IDENTITY"), Answered: 1}
		atom := engine.AtomTruth{Atom: t(`contract ne "PERMANENT"`), Truth: "false", Attribute: p("contract"), Value: nil, Text: t("contract is absent")}
		return &engine.Comparison{Profiles: engine.ProfilesEither, Differences: []engine.AnswerDifference{workflow, action}},
			&engine.Diagnosis{
				Causes: []engine.Cause{{
					Differences: []engine.AnswerDifference{workflow, action}, Workflow: t("Leaver"), Path: t("workflows[3].trigger_string"),
					Expression: t(`contract ne "PERMANENT" and site eq "` + value + `"`), Atoms: []engine.AtomTruth{atom},
					Text: t(`workflow "Leaver" does not match here because contract is absent`),
				}},
				Settles: []engine.RuleValue{{Rule: "filter.missing_ne", Value: "true"}},
			},
			&engine.DryRun{WorkflowsMatched: []string{t("Leaver")}, AccessProfileIDs: []string{},
				Actions: []engine.DryRunAction{{Name: t("Disable accounts"), Type: t("DEPROVISION_IDENTITY")}}, Messages: []string{t("would execute for " + id)}}
	}
	agreeing := &engine.DryRun{WorkflowsMatched: []string{t("Active employees")}, AccessProfileIDs: []string{t("3a2371b6-0000")},
		Actions: []engine.DryRunAction{{Name: t("Birthright access"), Type: "MANAGE_RELATIONSHIPS"}}}
	var checked []engine.CheckedDraw
	add := func(stratum int, verdict string, change func(c *engine.CheckedDraw)) {
		i := len(checked)
		c := engine.CheckedDraw{
			Draw:    engine.Draw{EntityID: t("W") + fmt.Sprintf("%06d", i), TenantID: t(fmt.Sprintf("5e3c1f0a-%04d", i)), Stratum: stratum, Class: i % 9},
			Verdict: verdict,
		}
		if verdict == engine.VerdictAgree {
			c.Comparison, c.Answer = &engine.Comparison{Agrees: true, Profiles: engine.ProfilesDirect}, agreeing
		}
		if verdict == engine.VerdictDisagree {
			c.Comparison, c.Diagnosis, c.Answer = disagreeing(c.EntityID, []string{"Rome", "Oslo"}[i%2])
			c.Reasons = []string{c.Diagnosis.Causes[0].Text}
		}
		if change != nil {
			change(&c)
		}
		checked = append(checked, c)
		sample.Draws = append(sample.Draws, c.Draw)
	}
	reasons := func(list ...string) func(c *engine.CheckedDraw) {
		return func(c *engine.CheckedDraw) {
			for _, r := range list {
				c.Reasons = append(c.Reasons, t(r))
			}
		}
	}
	add(0, engine.VerdictAgree, nil)
	add(0, engine.VerdictAgree, func(c *engine.CheckedDraw) {
		c.Comparison.Undetermined = true
		c.Reasons = []string{t("agrees only because something is unknown here")}
	})
	add(0, engine.VerdictAgree, nil)
	add(0, engine.VerdictDisagree, nil)
	add(0, engine.VerdictDrifted, reasons("department: Sales here, IT in the tenant"))
	add(0, engine.VerdictDrifted, reasons("department: IT here, Legal in the tenant", "manager: true here, absent in the tenant"))
	add(0, engine.VerdictNotChecked, reasons("HTTP 503 Unavailable", "POST policies/5d1c6a52/identities/5e3c1f0a-0006:dry_run: 503 Unavailable after 6 attempts (request id 7f3a9c2e11)"))
	add(1, engine.VerdictDisagree, nil)
	add(1, engine.VerdictDisagree, func(c *engine.CheckedDraw) {
		grant := engine.AnswerDifference{Kind: "action", Name: t("US access"), Type: "MANAGE_RELATIONSHIPS", Low: 1, High: 2}
		profile := engine.AnswerDifference{Kind: "access_profile", Name: t("3a2371b6-0009"), Answered: 1}
		c.Comparison = &engine.Comparison{Profiles: engine.ProfilesNeither, Differences: []engine.AnswerDifference{grant, profile}}
		c.Diagnosis = &engine.Diagnosis{Causes: []engine.Cause{
			{Differences: []engine.AnswerDifference{grant}, Workflow: t("Active employees"), Condition: t("US"), Text: t(`condition "US" is true here`)},
			{Differences: []engine.AnswerDifference{profile}, Text: t("the policy names no such access profile: does the tenant run another version?")},
		}}
		c.Answer = &engine.DryRun{AccessProfileIDs: []string{t("3a2371b6-0009")}}
		c.Reasons = []string{t("asked twice")}
	})
	add(2, engine.VerdictAgree, nil)
	add(3, engine.VerdictNotChecked, reasons("HTTP 503 Unavailable", "POST policies/5d1c6a52/identities/5e3c1f0a-0010:dry_run: 503 Unavailable after 6 attempts (request id aa17bb20cc)"))
	add(4, engine.VerdictNotChecked, nil)
	r := engine.NewCrosscheckResult(sample, checked, 0.95)
	return CrosscheckInput{
		ToolVersion: "1.2.3", AsOf: sim.AsOf, Rules: sim.Rules,
		Policy:     &engine.Policy{ID: t("5d1c6a52-0c0e"), Name: t("Workforce lifecycle"), State: engine.StateRunning},
		Version:    sim.Version,
		Catalog:    sim.Catalog,
		Population: sim.Population, Other: sim.Other,
		Result: r, Tenant: t("acme.example.com"), Calls: 31,
		Findings: []engine.Finding{{Severity: engine.SeverityWarning, Code: "tenant-id-unknown", Position: engine.Position{File: t("identities.jsonl")},
			Column: engine.NoColumn, Message: t("200 identities have no id"), Hint: t("export the field id"), Count: 200}},
	}
}

// plannedCrosscheck is the plan of the sample.
func plannedCrosscheck(text func(string) string) CrosscheckInput {
	in := sampleCrosscheck(text)
	in.Planned, in.Tenant, in.Calls, in.Findings = true, "", 0, nil
	in.Result = engine.NewCrosscheckResult(in.Result.Sample, nil, in.Result.Confidence)
	return in
}

// agreement is a cross-check with so many random draws of each verdict, and as many targeted ones that agree or disagree.
func agreement(random, targeted engine.Tally, frame int) *engine.CrosscheckResult {
	sample := &engine.Sample{Identities: frame, Frame: frame, Strata: []engine.Stratum{{Kind: engine.StratumRandom, Name: "random", Size: frame},
		{Kind: engine.StratumRule, Name: "filter.coerce=on", Size: frame}}}
	var checked []engine.CheckedDraw
	for stratum, t := range []engine.Tally{random, targeted} {
		for verdict, n := range map[string]int{engine.VerdictAgree: t.Agree, engine.VerdictDisagree: t.Disagree, engine.VerdictDrifted: t.Drifted, engine.VerdictNotChecked: t.NotChecked} {
			for range n {
				draw := engine.Draw{EntityID: fmt.Sprint("W", len(checked)), TenantID: "t", Stratum: stratum}
				sample.Draws = append(sample.Draws, draw)
				checked = append(checked, engine.CheckedDraw{Draw: draw, Verdict: verdict})
			}
		}
	}
	return engine.NewCrosscheckResult(sample, checked, 0.95)
}
