package engine

// NewCrosscheckResult counts what came of a sample. checked are draws of the sample in any order; one that is not among them counts
// as not checked. confidence is in (0, 1).
func NewCrosscheckResult(sample *Sample, checked []CheckedDraw, confidence float64) *CrosscheckResult {
	r := &CrosscheckResult{
		Sample: sample, Checked: make([]CheckedDraw, len(sample.Draws)), Strata: make([]Tally, len(sample.Strata)),
		Profiles: listing(checked), Confidence: confidence,
	}
	of := make(map[string]int, len(checked)) // by entity_id
	for i, c := range checked {
		of[c.EntityID] = i
	}
	var random Tally
	for i, draw := range sample.Draws {
		c := CheckedDraw{Draw: draw, Verdict: VerdictNotChecked, Reasons: []string{"it was not asked about"}}
		if at, ok := of[draw.EntityID]; ok {
			c = checked[at]
			c.Draw = draw
		}
		r.Checked[i] = c
		r.Total.add(c.Verdict)
		r.Strata[draw.Stratum].add(c.Verdict)
		if sample.Strata[draw.Stratum].Kind == StratumRandom {
			random.add(c.Verdict)
		}
		if c.Verdict == VerdictAgree && c.Comparison != nil && c.Comparison.Undetermined {
			r.Undetermined++
		}
	}
	r.UpperBound = UpperBound(random.Disagree, random.Agree+random.Disagree, confidence)
	r.WorstBound = UpperBound(random.Sampled-random.Agree, random.Sampled, confidence)
	return r
}

// add counts one draw. A verdict that is none of the four was not checked.
func (t *Tally) add(verdict string) {
	t.Sampled++
	switch verdict {
	case VerdictAgree:
		t.Agree++
	case VerdictDisagree:
		t.Disagree++
	case VerdictDrifted:
		t.Drifted++
	default:
		t.NotChecked++
	}
}

// listing is how a tenant lists profiles in all answers together. An answer that fits both ways says nothing about it, and one that
// fits neither is a disagreement about profiles: only where no answer fits any way is it ProfilesNeither for that reason.
func listing(checked []CheckedDraw) string {
	var direct, inherited, either, neither bool
	for _, c := range checked {
		if c.Comparison == nil {
			continue
		}
		switch c.Comparison.Profiles {
		case ProfilesDirect:
			direct = true
		case ProfilesInherited:
			inherited = true
		case ProfilesEither:
			either = true
		case ProfilesNeither:
			neither = true
		}
	}
	switch {
	case direct && inherited:
		return ProfilesNeither
	case direct:
		return ProfilesDirect
	case inherited:
		return ProfilesInherited
	case neither && !either:
		return ProfilesNeither
	}
	return ProfilesEither
}
