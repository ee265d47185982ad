package engine

// sensitivity counts, for each rule and alternative, the identities that end differently, and names the limits whose
// verdict does. Rules that change neither are left out.
func (s *Simulation) sensitivity(sum *Summary, limits []LimitResult) []Sensitivity {
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
			if sim.run(s.vectors.at(class)).signature() != signatures[class] {
				n += size
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
			if value == "baseline" {
				continue // there is none
			}
			rules, err := s.program.in.Rules.With(name, value)
			if err != nil {
				panic(err)
			}
			add(name, value, 0, changedVerdicts(limits, s.limits(rules, sum)))
		}
	}
	return list
}

// filterFlips counts the identities whose outcome differs under a variant of the filter rules. Each distinct other match
// vector is simulated once.
func (s *Simulation) filterFlips(v int, signatures []string) int {
	f := s.flips[v]
	other := make([]string, f.vectors.size)
	for i := range other {
		other[i] = s.simulator.run(f.vectors.at(i)).signature()
	}
	n := 0
	for at, count := range f.counts {
		if other[at.other] != signatures[at.class] {
			n += count
		}
	}
	return n
}

// changedVerdicts names the limits that say something else, or stand in one list only.
func changedVerdicts(was, now []LimitResult) []string {
	type key struct{ scope, kind, name string }
	verdicts := make(map[key]Verdict)
	for _, l := range was {
		verdicts[key{l.Scope, l.Kind, l.Name}] = l.Verdict
	}
	changed := []string{}
	for _, l := range now {
		if v, ok := verdicts[key{l.Scope, l.Kind, l.Name}]; v != l.Verdict && (ok || l.Verdict != VerdictOK) {
			changed = append(changed, l.Name)
		}
	}
	return changed
}
