package loader

import (
	"fmt"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

// readPolicies reads a policy export in any envelope. A bare version or a bare config becomes the current version of a
// policy without a name.
func (s *source) readPolicies(root *node) []*engine.Policy { return s.policies(s.open(root)) }

// policies reads what an envelope holds. version is the one beside a policy in one answer; it may be nil.
func (s *source) policies(items []*node, version *node) []*engine.Policy {
	var out []*engine.Policy
	byID := map[string]*engine.Policy{}
	for _, item := range items {
		p := s.policyLike(item)
		if p == nil {
			continue
		}
		if version != nil {
			s.attachAll([]*engine.Policy{p}, s.answerVersion(p, version))
		}
		if first := byID[p.ID]; first != nil && p.ID != "" {
			s.warn(item, engine.SeverityError, "duplicate-policy", p.ID,
				fmt.Sprintf("policy id %q is on line %d already: the first is kept", abridge(p.ID), first.Line), "export each policy once")
			continue
		}
		byID[p.ID] = p
		out = append(out, p)
	}
	return out
}

// answerVersion reads the version beside a policy in one answer. It is the current one of a policy that has none,
// published or not; otherwise it is left to be attached.
func (s *source) answerVersion(p *engine.Policy, n *node) []*engine.Version {
	v := s.readVersion(n)
	switch {
	case v == nil:
		return nil
	case p.Current == nil:
		p.Current = v
		return nil
	}
	return []*engine.Version{v}
}

// policyLike reads a policy, a version, an import body or a config; nil means that it was refused.
func (s *source) policyLike(n *node) *engine.Policy {
	if n.kind != nodeObject {
		s.fail(n, "", "is %s, want a policy", n.kind)
		return nil
	}
	defer func() { s.scope = nil }()
	switch {
	case n.has("configuration"), n.has("conditions") && !n.has("workflows"):
		s.fail(n, hintExport, "%s", refusedConfiguration)
	case n.has("action"), n.has("condition"):
		s.fail(n, "give the policy after the change", "is a request that adds to a policy, want a policy")
	case n.has("workflows_matched"), n.has("job_requests"):
		s.fail(n, "", "is the answer of a dry run, want a policy")
	case n.has("access_profile_id"), n.has("entities_to_create_relationships_to"), n.has("access_profiles_inherited"):
		s.fail(n, "give it as the export of access profiles", "is an access profile, want a policy")
	case n.has("entity_id"):
		s.fail(n, "give it as the population", "is an identity, want a policy")
	case n.has("current_version") && (n.has("profile_type") || versionHolds(n, "entities_to_create_relationships_to")):
		s.fail(n, "give it as the export of access profiles", "is an access profile, want a policy")
	case n.has("current_version"):
		return s.readPolicy(n)
	case n.has("config"), n.has("version_number"):
		p := s.bare(n)
		p.Current = s.readVersion(n)
		if p.Current != nil {
			p.ID = p.Current.PolicyID
		}
		return p
	case n.has("workflows"), n.has("actions"):
		p := s.bare(n)
		v := &engine.Version{Position: n.at(s.file)}
		s.scope = v
		s.fit(n, configShape)
		v.SHA256 = digest(n)
		v.State = s.lifeState(EnumVersionState, n, nil, engine.StatePublished, "the policy version")
		s.readConfig(v, n)
		p.Current = v
		return p
	case n.has("id"), n.has("name"), n.has("state"):
		return s.readPolicy(n)
	default:
		s.fail(n, hintExport, "holds no policy, no version and no config")
	}
	return nil
}

// bare is a policy around a version or a config that stands alone.
func (s *source) bare(n *node) *engine.Policy {
	return &engine.Policy{State: enumNames[EnumPolicyState][0], Position: n.at(s.file)}
}

func (s *source) readPolicy(n *node) *engine.Policy {
	p := &engine.Policy{Position: n.at(s.file)}
	s.scope = p
	s.fit(n, policyShape)
	p.ID, p.Name, p.EntityType = n.str("id"), n.str("name"), n.str("entity_type")
	p.State = s.lifeState(EnumPolicyState, n, n.get("state"), enumNames[EnumPolicyState][0], "")
	p.Limits = s.readLimits(n)
	if v := n.get("initial_complete"); v != nil {
		done := n.flag("initial_complete")
		p.InitialComplete = &done
	}
	for _, item := range n.objects("secondary_source_of_identities") {
		p.Secondary = append(p.Secondary, s.readSecondary(item))
	}
	if v := n.get("current_version"); v != nil {
		p.Current = s.readVersion(v)
	}
	return p
}

func (s *source) readSecondary(n *node) engine.SecondarySource {
	out := engine.SecondarySource{
		EntityType:         n.str("entity_type"),
		DatasourceIDs:      n.strs("datasource_ids"),
		OnlyEnrichExisting: n.flag("only_enrich_existing"),
		Position:           n.at(s.file),
	}
	if names := n.object("correlation_attribute_names"); names != nil {
		for _, m := range names.members {
			out.Correlation = append(out.Correlation, engine.Correlation{Primary: m.name, Secondary: m.value.text})
		}
	}
	return out
}

// readLimits reads safety_limit_settings. An absent maximum is nil, a given 0 is 0.
func (s *source) readLimits(policy *node) engine.SafetyLimits {
	n := policy.object("safety_limit_settings")
	if n == nil {
		return engine.SafetyLimits{Position: policy.at(s.file)}
	}
	out := engine.SafetyLimits{
		Given:            true,
		EnableChange:     n.flag("enable_change_limit"),
		EnablePredictive: n.flag("enable_predictive_change_limit"),
		Position:         n.at(s.file),
	}
	if v := n.get("max_identities_affected_percentage"); v != nil {
		out.MaxPercent = s.percent(v)
	}
	if v := n.get("max_identities_affected_count"); v != nil {
		out.MaxCount = s.count(v)
	}
	return out
}

// percent reads a percentage from 0 to 100, a number or a string; nil when it is none, which is reported.
func (s *source) percent(n *node) *engine.Percent {
	if n.kind != nodeNumber && n.kind != nodeString {
		s.fail(n, "", "is %s, want a percentage from 0 to 100", n.kind)
		return nil
	}
	d, err := scimeval.ParseDecimal(n.text)
	if err != nil {
		s.fail(n, "", "%q is not a percentage from 0 to 100", abridge(n.text))
		return nil
	}
	p, err := engine.ParsePercent(d.String())
	if err != nil {
		s.fail(n, "", "%v", err)
		return nil
	}
	return &p
}

// count reads a whole number of identities, 0 or more; nil when it is none, which is reported.
func (s *source) count(n *node) *int64 {
	if n.kind != nodeNumber && n.kind != nodeString {
		s.fail(n, "", "is %s, want a whole number of identities", n.kind)
		return nil
	}
	v, err := wholeNumber(n.text)
	switch {
	case err != nil:
		s.fail(n, "want a number of identities, 0 or more", "%v", err)
		return nil
	case v < 0:
		s.fail(n, "want a number of identities, 0 or more", "%d is negative", v)
		return nil
	}
	return &v
}

// readVersion reads a policy version; nil means that it was refused.
func (s *source) readVersion(n *node) *engine.Version {
	if n.kind != nodeObject {
		s.fail(n, "", "is %s, want a policy version", n.kind)
		return nil
	}
	v := &engine.Version{Position: n.at(s.file)}
	outer := s.scope
	s.scope = v
	defer func() { s.scope = outer }()
	s.fit(n, versionShape)
	v.PolicyID = n.str("policy_id")
	number, _ := n.whole("version_number")
	v.Number = int(number)
	v.SHA256 = digest(n)
	v.State = s.lifeState(EnumVersionState, n, n.get("state"), engine.StatePublished, "the policy version")
	config := n.object("config")
	if config == nil {
		s.warn(n, engine.SeverityError, "missing-config", "",
			"the policy version has no config: no workflow can be evaluated", "export the version with its config")
		return v
	}
	s.readConfig(v, config)
	return v
}

// digest is the SHA-256 of the canonical JSON of a fitted node, in hex.
func digest(n *node) string { return bytesDigest(n.canonical()) }

// readConfig reads a fitted config into v.
func (s *source) readConfig(v *engine.Version, n *node) {
	for _, item := range n.objects("workflows") {
		v.Workflows = append(v.Workflows, s.readWorkflow(item))
	}
	for _, item := range n.objects("actions") {
		v.Actions = append(v.Actions, s.readAction(item))
	}
	v.MoverProperties = n.strs("mover_properties")
}

func (s *source) readWorkflow(n *node) engine.Workflow {
	priority, _ := n.whole("priority")
	w := engine.Workflow{
		Name:           n.str("name"),
		State:          s.partState(EnumWorkflowState, n.get("state")),
		Priority:       int(priority),
		ContinuousSync: n.flag("continuous_sync"),
		Trigger:        s.test(n, EnumTriggerType, "trigger_type", "trigger_string"),
		Conditions:     s.readConditions(n),
		Position:       n.at(s.file),
	}
	if grace, _ := n.whole("grace_period_in_sec"); grace > 0 {
		w.Schedule = "grace_period_in_sec"
	} else if strings.TrimSpace(n.str("attribute_to_get_execute_date")) != "" {
		w.Schedule = "attribute_to_get_execute_date"
	}
	return w
}

// readConditions reads conditions_on_success of a workflow or an action.
func (s *source) readConditions(parent *node) []engine.Condition {
	var out []engine.Condition
	for _, n := range parent.objects("conditions_on_success") {
		c := engine.Condition{
			Name:     n.str("name"),
			State:    s.partState(EnumConditionState, n.get("state")),
			Test:     s.test(n, EnumConditionType, "condition_type", "condition_string"),
			Position: n.at(s.file),
		}
		for _, ref := range n.objects("actions_to_run") {
			c.Actions = append(c.Actions, engine.ActionRef{
				Name: ref.str("name"), Type: s.actionType(ref.get("type")), Position: ref.at(s.file),
			})
		}
		out = append(out, c)
	}
	return out
}

func (s *source) readAction(n *node) engine.Action {
	a := engine.Action{
		Name:       n.str("name"),
		Type:       s.actionType(n.get("type")),
		State:      s.partState(EnumActionState, n.get("state")),
		RunOnce:    n.flag("run_once"),
		Conditions: s.readConditions(n),
		Canonical:  string(n.canonical()),
		Position:   n.at(s.file),
	}
	if a.Type == "" {
		a.Type = enumNames[EnumActionType][0]
	}
	if config := n.object("config"); config != nil {
		a.RemoveExisting = config.flag("remove_existing_relationships")
		a.AccessProfiles = s.profileRefs(config.list("access_profiles"))
	}
	return a
}

// profileRefs reads ids of access profiles and notes those that are placeholders of a template.
func (s *source) profileRefs(items []*node) []engine.ProfileRef {
	var out []engine.ProfileRef
	for _, n := range items {
		if n.kind != nodeString {
			continue
		}
		s.notePlaceholder(n)
		out = append(out, engine.ProfileRef{ID: n.text, Position: n.at(s.file)})
	}
	return out
}

// notePlaceholder notes an id such as <access_profile_id1>.
func (s *source) notePlaceholder(n *node) {
	if len(n.text) > 2 && n.text[0] == '<' && strings.IndexByte(n.text, '>') == len(n.text)-1 {
		s.warn(n, engine.SeverityWarning, "placeholder", "",
			fmt.Sprintf("%s looks like a placeholder of a template", abridge(n.text)), "put the id of an access profile there")
	}
}
