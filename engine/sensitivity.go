package engine

// sensitivity counts, for each rule and alternative, the identities that end differently, and names the limits whose
// verdict does. Rules that change neither are left out.
func (s *Simulation) sensitivity(counted ledger, limits []LimitResult) []Sensitivity {
	list := []Sensitivity{}
	add := func(rule, value string, identities int, changed []string) {
		if identities > 0 || len(changed) > 0 {
			list = append(list, Sensitivity{Rule: rule, Alternative: value, Identities: identities, Limits: changed})
		}
	}
	signatures := make([]string, len(s.outcomes))
	for i, o := range s.outcomes {
		signatures[i] = o.signature()
	}
	for v, variant := range s.program.variants {
		if v > 0 {
			add(variant.rule, variant.value, s.filterFlips(v, signatures), []string{})
		}
	}
	for _, alt := range s.program.others {
		sim := newSimulator(alt.plan, s.program.layout)
		n := 0
		for class, size := range s.sizes {
			other := sim.run(s.vectors.at(class))
			switch {
			case other.signature() != signatures[class]:
				n += size
			case s.revokes != nil:
				n += s.revokes.differing(s.outcomes[class], other, s.revokes.holders[class])
			}
		}
		add(alt.rule, alt.value, n, []string{})
	}
	if s.revokes != nil {
		for _, value := range alternativesOf(s.program.in.Rules, "relationships.remove_scope") {
			add("relationships.remove_scope", value, s.revokes.other, []string{})
		}
	}
	for _, name := range []string{"limits.denominator", "limits.comparison", "limits.zero"} {
		for _, value := range alternativesOf(s.program.in.Rules, name) {
			if value == "baseline" || value == "active" && s.active == 0 {
				continue // there is none, or nobody is known to be active
			}
			rules, err := s.program.in.Rules.With(name, value)
			if err != nil {
				panic(err)
			}
			add(name, value, 0, changedVerdicts(limits, s.program.newJudge(rules, counted).limits()))
		}
	}
	return list
}

// filterFlips counts the identities whose outcome differs under a variant of the filter rules. Each distinct other match
// vector is simulated once.
func (s *Simulation) filterFlips(v int, signatures []string) int {
	f := s.flips[v]
	others := make([]*outcome, f.vectors.size)
	otherSignatures := make([]string, f.vectors.size)
	for i := range others {
		others[i] = s.simulator.run(f.vectors.at(i))
		otherSignatures[i] = others[i].signature()
	}
	n := 0
	for at, count := range f.counts {
		switch {
		case otherSignatures[at.other] != signatures[at.class]:
			n += count
		case s.revokes != nil:
			n += s.revokes.differing(s.outcomes[at.class], others[at.other], f.holders[at])
		}
	}
	return n
}

// changedVerdicts names the limits that say something else, or stand in one list only and say more than ok.
func changedVerdicts(was, now []LimitResult) []string {
	type key struct{ scope, kind, name string }
	verdicts := make(map[key]Verdict)
	for _, l := range was {
		verdicts[key{l.Scope, l.Kind, l.Name}] = l.Verdict
	}
	changed := []string{}
	stays := make(map[key]bool)
	for _, l := range now {
		k := key{l.Scope, l.Kind, l.Name}
		stays[k] = true
		if v, ok := verdicts[k]; v != l.Verdict && (ok || l.Verdict != VerdictOK) {
			changed = append(changed, l.Name)
		}
	}
	for _, l := range was {
		if !stays[key{l.Scope, l.Kind, l.Name}] && l.Verdict != VerdictOK {
			changed = append(changed, l.Name)
		}
	}
	return changed
}
