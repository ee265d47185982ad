package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/scimeval"
)

// truth is Kleene's: and is min, or is max.
type truth uint8

const (
	isFalse truth = iota
	isUnknown
	isTrue
)

// plan is a policy version with its names resolved and its expressions numbered: what a class is simulated on.
type plan struct {
	rules      Rules
	workflows  []workflowPlan // in the order of the policy
	order      []int          // evaluation order of the evaluated ones: indices into workflows
	actions    []actionPlan   // in the order of the policy, duplicates left out
	conditions int            // number of conditions, over workflows and actions
	profiles   []profilePlan  // by id: every profile that some action names, and what those inherit from
	entities   *entityTable
	numbers    *numbering // of a diff
	done       []int      // by workflow*len(actions)+action: bit of the match vector that says done, -1 = none; nil = no history
}

// isDone tells whether history says that the action was done in the workflow.
func (p *plan) isDone(vector []uint64, workflow, action int) bool {
	if p.done == nil {
		return false
	}
	bit := p.done[workflow*len(p.actions)+action]
	return bit >= 0 && bitAt(vector, bit)
}

// layDone gives each run_once action of each workflow its bit. Plans share the bits of equal names.
func (p *plan) layDone(l *layout) {
	for _, w := range p.workflows {
		for _, a := range p.actions {
			bit := -1
			if a.RunOnce && !a.skipped {
				key := Done{Action: a.Name, Workflow: w.Name}
				at, ok := l.done[key]
				if !ok {
					at = l.addBit()
					l.done[key] = at
				}
				bit = at
			}
			p.done = append(p.done, bit)
		}
	}
}

type workflowPlan struct {
	*Workflow
	skipped    bool
	trigger    test
	conditions []conditionPlan
}

type conditionPlan struct {
	*Condition
	id      int
	skipped bool
	test    test
	actions []int // indices into plan.actions, in order, unknown names left out
}

type actionPlan struct {
	*Action
	effect     Effect
	unheardOf  bool // its type is documented nowhere: it may have any effect
	skipped    bool
	conditions []conditionPlan
	profiles   []int // indices into plan.profiles, ascending and distinct
	removes    bool  // takes away what is not wanted in its scope
	scope      []int // scopes of the entities of its effective profiles, ascending
}

// test is a trigger, condition or entity condition: a constant or an expression.
type test struct {
	constant truth
	expr     int    // index into expressions.texts; -1 = constant
	text     string // for people
	cause    string // of a constant that is unknown: what it stands for, type and string
}

func constantTest(t truth, text string) test { return test{constant: t, expr: -1, text: text} }

// unevaluable is the test of something that lcmsim cannot evaluate: unknown for everyone.
func unevaluable(t Test, text string) test {
	return test{constant: isUnknown, expr: -1, text: text, cause: t.Type + "\x00" + t.Text}
}

// expressions numbers the distinct expressions of all plans and remembers where each stands.
type expressions struct {
	texts []string
	index map[string]int
	uses  []use
}

// use is a place where an expression stands that is evaluated, or, when muted, would be under another rule.
type use struct {
	expr  int
	at    Position
	muted bool
	own   bool // of a limit or guard of lcmsim.yaml
	// earlier: of the earlier version of a diff
	earlier bool
}

func (x *expressions) add(text string) int {
	id, ok := x.index[text]
	if !ok {
		id = len(x.texts)
		x.texts = append(x.texts, text)
		x.index[text] = id
	}
	return id
}

// reporting says which findings a planner collects.
type reporting uint8

const (
	reportNothing reporting = iota // of alternatives: the rules are not in force
	reportAll
	reportEarlier // of the earlier version of a diff: only what the later one does not say too
)

// planner builds a plan.
type planner struct {
	version  *Version
	catalog  *Catalog
	rules    Rules
	exprs    *expressions
	entities *entityTable
	report   reporting
	roots    []string // ids of profiles to resolve besides those that actions name
	muted    bool     // inside a part that is skipped

	plan     *plan
	byName   map[string]int // actions
	byID     map[string]int // profiles
	source   map[string]*Profile
	findings []Finding

	suggested int // unknown actions for which a name like it was looked for
}

func (b *planner) find(sev Severity, code string, at Position, message, hint string) {
	if b.report == reportNothing {
		return
	}
	if b.muted {
		if sev == SeverityWarning {
			return
		}
		sev = SeverityWarning
		message += " (skipped now)"
	}
	b.findings = append(b.findings, Finding{Severity: sev, Code: code, Position: at, Column: NoColumn, Message: message, Hint: hint, Count: 1})
}

func (b *planner) build() *plan {
	b.plan = &plan{rules: b.rules, entities: b.entities}
	b.nameActions()
	for i := range b.version.Workflows {
		b.workflow(&b.version.Workflows[i])
	}
	b.nestedConditions()
	b.resolveProfiles()
	b.orderWorkflows()
	if b.report != reportNothing {
		b.reachedFindings()
	}
	return b.plan
}

func (b *planner) nameActions() {
	b.byName = make(map[string]int)
	for i := range b.version.Actions {
		a := &b.version.Actions[i]
		if first, ok := b.byName[a.Name]; ok {
			if b.plan.actions[first].Canonical != a.Canonical {
				b.find(SeverityError, "duplicate-action", a.Position,
					fmt.Sprintf("action %q is defined again and differently; the first definition counts", a.Name), "give each action a name of its own")
			}
			continue
		}
		b.byName[a.Name] = len(b.plan.actions)
		b.plan.actions = append(b.plan.actions, actionPlan{
			Action:    a,
			effect:    effectOf(a.Type),
			unheardOf: !slices.Contains(ActionTypes, a.Type),
			skipped:   a.State == StateDisabled,
			removes:   a.RemoveExisting && a.Type == "MANAGE_RELATIONSHIPS",
		})
	}
}

// ActionTypes are the documented types of actions, by their documented numbers.
var ActionTypes = []string{
	"NONE", "SYNC_IDENTITIES", "MANAGE_RELATIONSHIPS", "CREATE_EMAIL", "DEPROVISION_IDENTITY", "ACCESS_PLAN", "WRITE_BACK_EMAIL", "PAUSE",
	"SEND_NOTIFICATION", "CUSTOM_ACTION", "CREATE_ENTITLEMENT", "CREATE_ACCESS_REVIEW", "RESET_PASSWORD", "DELETE_IDENTITY",
}

func effectOf(actionType string) Effect {
	switch actionType {
	case "MANAGE_RELATIONSHIPS":
		return EffectGrant
	case "SYNC_IDENTITIES":
		return EffectSync
	case "DEPROVISION_IDENTITY", "DELETE_IDENTITY":
		return EffectDeactivate
	}
	return EffectOpaque
}

func (b *planner) workflow(w *Workflow) {
	p := workflowPlan{Workflow: w, skipped: w.State == StateDisabled && !b.rules.EvaluateDisabled}
	b.muted = p.skipped
	p.trigger = b.test(w.Trigger, w.Position, "trigger", false)
	p.conditions = b.conditionList(w.Conditions)
	if w.Schedule != "" {
		b.find(SeverityWarning, "schedule-ignored", w.Position,
			fmt.Sprintf("workflow %q delays its actions (%s); they count as planned now", w.Name, w.Schedule), "scheduling is not simulated")
	}
	b.muted = false
	b.plan.workflows = append(b.plan.workflows, p)
}

// nestedConditions compiles the conditions on success of every action that is not disabled.
func (b *planner) nestedConditions() {
	reached := b.reachedActions()
	for i := range b.plan.actions {
		a := &b.plan.actions[i]
		b.muted = !reached[i]
		a.conditions = b.conditionList(a.Conditions)
		b.muted = false
	}
}

func (b *planner) conditionList(list []Condition) []conditionPlan {
	plans := make([]conditionPlan, len(list))
	for i := range list {
		c := &list[i]
		p := conditionPlan{Condition: c, id: b.plan.conditions, skipped: c.State == StateDisabled}
		b.plan.conditions++
		if p.skipped {
			p.test = constantTest(isFalse, describe(c.Test))
		} else {
			p.test = b.test(c.Test, c.Position, "condition", false)
			p.actions = b.actionRefs(c.Actions)
		}
		plans[i] = p
	}
	return plans
}

func (b *planner) actionRefs(refs []ActionRef) []int {
	var list []int
	for _, ref := range refs {
		i, ok := b.byName[ref.Name]
		if !ok {
			b.unknownAction(ref)
			continue
		}
		if own := b.plan.actions[i].Type; ref.Type != "" && ref.Type != own {
			b.find(SeverityWarning, "action-type-mismatch", ref.Position,
				fmt.Sprintf("action %q is of type %s, the reference says %s; the action's own type counts", ref.Name, own, ref.Type), "correct the type in actions_to_run")
		}
		list = append(list, i)
	}
	return list
}

// maxSuggested bounds the work on names that are like an unknown one.
const maxSuggested = 20

func (b *planner) unknownAction(ref ActionRef) {
	if b.report == reportNothing {
		return
	}
	hint := "define the action, or remove the reference"
	if b.suggested < maxSuggested {
		b.suggested++
		names := make([]string, len(b.plan.actions))
		for i, a := range b.plan.actions {
			names[i] = a.Name
		}
		if near := scimeval.Nearest(ref.Name, names); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
	}
	b.find(SeverityError, "unknown-action", ref.Position, fmt.Sprintf("no action is named %q; nothing runs for it", ref.Name), hint)
}

// test settles what a type and a string mean together (SPEC section 3, types).
func (b *planner) test(t Test, at Position, what string, granted bool) test {
	blank := strings.TrimSpace(t.Text) == ""
	if t.Numbered && !blank {
		return b.expression(t.Text, t.TextAt)
	}
	switch t.Form {
	case FormAny:
		if !blank {
			b.find(SeverityWarning, "ignored-expression", t.TextAt,
				"the type is ANY, so the expression beside it is ignored", "set the type to a string type, or remove the expression")
		}
		return constantTest(isTrue, "ANY")
	case FormString:
		if blank {
			b.emptyString(t, what)
			return unevaluable(t, t.Text)
		}
		return b.expression(t.Text, t.TextAt)
	case FormOtherName:
		b.find(SeverityWarning, "needs-access-graph", t.TypeAt,
			fmt.Sprintf("%s type %s cannot be evaluated without the Access Graph: unknown for everyone", what, t.Type), "check these identities with the tenant's dry run")
		return unevaluable(t, t.Type)
	case FormBadNumber:
		b.find(SeverityError, "unknown-enum", t.TypeAt,
			fmt.Sprintf("%s type %s stands for nothing known: unknown for everyone", what, t.Type), "use the name of the type")
		return unevaluable(t, t.Type)
	case FormExpression:
		if blank {
			b.find(SeverityWarning, "condition-type-is-expression", t.TypeAt,
				fmt.Sprintf("the %s type holds an expression; it is taken as the %s's string", what, what), "move it into "+what+"_string")
			return b.expression(t.Type, t.TypeAt)
		}
		b.find(SeverityWarning, "condition-type-is-expression", t.TypeAt,
			fmt.Sprintf("the %s type holds an expression beside the %s string; the string counts", what, what), "remove the expression from the type")
		return b.expression(t.Text, t.TextAt)
	case FormAbsent:
		switch {
		case !blank:
			return b.expression(t.Text, t.TextAt)
		case granted:
			return constantTest(isTrue, "ANY")
		}
		b.find(SeverityError, "missing-expression", at, "the "+what+" has neither a type nor an expression: unknown for everyone", "set its type to ANY, or give it an expression")
		return unevaluable(t, "")
	}
	panic("engine: no such test form")
}

// emptyString reports a type that asks for an expression where there is none.
func (b *planner) emptyString(t Test, what string) {
	before := len(b.findings)
	b.find(SeverityError, scimeval.CodeSyntax, t.TextAt,
		fmt.Sprintf("the type %s asks for an expression, and %s_string is empty or missing: unknown for everyone", t.Type, what),
		fmt.Sprintf("write the expression into %s_string, or set the type to ANY", what))
	for i := before; i < len(b.findings); i++ {
		b.findings[i].Column, b.findings[i].Caret = 0, scimeval.Caret(t.Text, 0)
	}
}

func (b *planner) expression(text string, at Position) test {
	id := b.exprs.add(text)
	if b.report != reportNothing {
		b.exprs.uses = append(b.exprs.uses, use{expr: id, at: at, muted: b.muted, earlier: b.report == reportEarlier})
	}
	return test{expr: id, text: text}
}

// describe is the expression of a test that is not evaluated.
func describe(t Test) string {
	blank := strings.TrimSpace(t.Text) == ""
	switch {
	case t.Numbered && !blank, t.Form == FormString, t.Form == FormAbsent, t.Form == FormExpression && !blank:
		return t.Text
	case t.Form == FormAny:
		return "ANY"
	}
	return t.Type
}

// orderWorkflows sorts the evaluated workflows by priority, 0 last, then by list order.
func (b *planner) orderWorkflows() {
	for i, w := range b.plan.workflows {
		if !w.skipped {
			b.plan.order = append(b.plan.order, i)
		}
	}
	slices.SortStableFunc(b.plan.order, func(i, j int) int {
		a, c := b.plan.workflows[i].Priority, b.plan.workflows[j].Priority
		if (a == 0) != (c == 0) {
			if a == 0 {
				return 1
			}
			return -1
		}
		if b.rules.PriorityDescending {
			a, c = c, a
		}
		return cmp.Compare(a, c)
	})
}

// reachedActions marks the actions that some evaluated workflow can run, whatever the expressions say.
func (b *planner) reachedActions() []bool {
	reached := make([]bool, len(b.plan.actions))
	var fromConditions func(list []Condition)
	visit := func(refs []ActionRef) {
		for _, ref := range refs {
			if i, ok := b.byName[ref.Name]; ok && !reached[i] && !b.plan.actions[i].skipped {
				reached[i] = true
				fromConditions(b.plan.actions[i].Conditions)
			}
		}
	}
	fromConditions = func(list []Condition) {
		for i := range list {
			if list[i].State != StateDisabled {
				visit(list[i].Actions)
			}
		}
	}
	for _, w := range b.plan.workflows {
		if !w.skipped {
			fromConditions(w.Conditions)
		}
	}
	return reached
}

// reachedFindings reports cycles among the actions that are reached, and what is wrong with the profiles they name.
func (b *planner) reachedFindings() {
	reached := b.reachedActions()
	b.actionCycles()
	var roots []ProfileRef
	for i, a := range b.plan.actions {
		if reached[i] {
			roots = append(roots, a.AccessProfiles...)
			b.actionFindings(&a)
		}
	}
	b.profileFindings(roots)
	seen := make(map[string]bool)
	for _, w := range b.plan.workflows {
		if seen[w.Name] && !w.skipped {
			b.find(SeverityWarning, "duplicate-workflow", w.Position,
				fmt.Sprintf("another workflow is named %q too; reports tell them apart by position only", w.Name), "give each workflow a name of its own")
		}
		seen[w.Name] = true
	}
}

// actionFindings reports what is odd about an action that can run.
func (b *planner) actionFindings(a *actionPlan) {
	if a.unheardOf {
		hint := "limits and guards on effects count it as possible"
		if near := scimeval.Nearest(a.Type, ActionTypes); near != "" {
			hint = "did you mean " + near + "?"
		}
		b.find(SeverityWarning, "unknown-action-type", a.Position,
			fmt.Sprintf("action %q has type %s, which is not documented: what it does is not known", a.Name, a.Type), hint)
	}
	if a.Type == "MANAGE_RELATIONSHIPS" && len(a.AccessProfiles) == 0 {
		b.find(SeverityWarning, "action-without-profiles", a.Position,
			fmt.Sprintf("action %q manages relationships but names no access profile: it grants nothing", a.Name), "list their ids in config.access_profiles")
	}
}

// actionCycles reports each reference that leads back to an action that is still running. It starts where the workflows
// do, in their order, so that the reference reported is one that is cut.
func (b *planner) actionCycles() {
	const running, finished = 1, 2
	state := make([]int, len(b.plan.actions))
	var stack []int
	var visit func(list []conditionPlan)
	visit = func(list []conditionPlan) {
		for _, c := range list {
			for k, next := range c.actions {
				switch {
				case b.plan.actions[next].skipped || state[next] == finished:
				case state[next] == running:
					var names []string
					for _, i := range append(slices.Clone(stack[slices.Index(stack, next):]), next) {
						names = append(names, b.plan.actions[i].Name)
					}
					b.find(SeverityError, "action-cycle", b.refPosition(c, k, next),
						"actions run each other: "+chain(names)+"; the last reference is cut", "remove one of the references")
				default:
					state[next] = running
					stack = append(stack, next)
					visit(b.plan.actions[next].conditions)
					stack = stack[:len(stack)-1]
					state[next] = finished
				}
			}
		}
	}
	for _, w := range b.plan.workflows {
		if !w.skipped {
			visit(w.conditions)
		}
	}
}

// chain prints names along a cycle; the middle of a long one is left out.
func chain(names []string) string {
	const most = 12
	quoted := make([]string, 0, most)
	for i, name := range names {
		switch {
		case len(names) <= most || i < most/2 || i >= len(names)-most/2:
			quoted = append(quoted, fmt.Sprintf("%q", name))
		case i == most/2:
			quoted = append(quoted, fmt.Sprintf("(%d more)", len(names)-most))
		}
	}
	return strings.Join(quoted, " -> ")
}

// refPosition is where condition c refers to the action for the k-th time that resolved.
func (b *planner) refPosition(c conditionPlan, k, action int) Position {
	resolved := 0
	for _, ref := range c.Actions {
		if i, ok := b.byName[ref.Name]; ok {
			if resolved == k && i == action {
				return ref.Position
			}
			resolved++
		}
	}
	return c.Position
}
