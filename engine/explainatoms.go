package engine

import (
	"cmp"
	"fmt"

	"github.com/lcmsim/lcmsim/scimeval"
)

// atom is one comparison, value path, or something that cannot be evaluated as a whole.
type atom struct {
	text    string
	node    scimeval.Node // nil = nothing in it can be evaluated
	filter  int           // in atomTable.filters; -1 = none
	columns []int         // of atomTable.attributes, the literal key first
}

// atomTable is the atoms and formulas of all tests of a plan. Equal atoms are one, equal expressions one formula.
type atomTable struct {
	program    *Program
	atoms      []atom
	index      map[string]int
	formulas   []formula
	byExpr     map[int]int
	byPlace    map[string]int // of tests that are no expression
	filters    *scimeval.Program
	attributes []scimeval.Attribute
	source     []int     // column of Program.Attributes, by column of filters
	truths     []truth   // of the atoms for the identity
	odd        []string  // of the atoms: code of the notice why one may not say what its author meant; "" = none
	unheard    []*string // of the atoms: that nobody has the attribute
}

func newAtomTable(p *Program) *atomTable {
	t := &atomTable{program: p, index: make(map[string]int), byExpr: make(map[int]int), byPlace: make(map[string]int)}
	for w := range p.plan.workflows {
		t.add(p.plan.workflows[w].trigger, triggerPlace(w))
		t.addConditions(p.plan.workflows[w].conditions)
	}
	for _, a := range p.plan.actions {
		t.addConditions(a.conditions)
	}
	for i := range p.plan.profiles {
		for j, e := range p.plan.profiles[i].own {
			t.add(e.test, entityPlace(i, j))
		}
	}
	t.compile()
	return t
}

func triggerPlace(workflow int) string       { return fmt.Sprintf("trigger %d", workflow) }
func conditionPlace(id int) string           { return fmt.Sprintf("condition %d", id) }
func entityPlace(profile, entity int) string { return fmt.Sprintf("entity %d %d", profile, entity) }

func (t *atomTable) addConditions(list []conditionPlan) {
	for _, c := range list {
		t.add(c.test, conditionPlace(c.id))
	}
}

func (t *atomTable) add(of test, place string) {
	if of.expr < 0 {
		f := formula{value: of.constant}
		if of.constant == isUnknown {
			f = formula{kind: atomFormula, atom: t.opaque(of.text, place)}
		}
		t.byPlace[place] = len(t.formulas)
		t.formulas = append(t.formulas, f)
		return
	}
	if _, ok := t.byExpr[of.expr]; ok {
		return
	}
	t.byExpr[of.expr] = len(t.formulas)
	filter := t.program.filters.Filter(of.expr)
	if filter.Tree == nil || filter.Refused() {
		t.formulas = append(t.formulas, formula{kind: atomFormula, atom: t.opaque(of.text, "expression "+of.text)})
		return
	}
	t.formulas = append(t.formulas, formulaOf(filter.Tree, t.number))
}

func (t *atomTable) number(n scimeval.Node) int {
	text := scimeval.Print(n)
	i, ok := t.index["atom "+text]
	if !ok {
		i = len(t.atoms)
		t.index["atom "+text] = i
		t.atoms = append(t.atoms, atom{text: text, node: n, filter: -1})
	}
	return i
}

// opaque numbers something that is unknown as a whole.
func (t *atomTable) opaque(text, key string) int {
	i, ok := t.index[key]
	if !ok {
		i = len(t.atoms)
		t.index[key] = i
		t.atoms = append(t.atoms, atom{text: text, filter: -1})
	}
	return i
}

// of is the formula of a test of the plan.
func (t *atomTable) of(test test, place string) int {
	if test.expr >= 0 {
		return t.byExpr[test.expr]
	}
	return t.byPlace[place]
}

// compile makes a filter of each atom.
func (t *atomTable) compile() {
	var trees []scimeval.Node
	for i := range t.atoms {
		if t.atoms[i].node != nil {
			t.atoms[i].filter = len(trees)
			trees = append(trees, t.atoms[i].node)
		}
	}
	r := t.program.in.Rules
	t.filters = scimeval.CompileTrees(trees, scimeval.Options{Semantics: r.Semantics, Rules: r.Filter, Schema: t.program.in.Schema})
	t.attributes = t.filters.Attributes()
	for i := range t.atoms {
		if t.atoms[i].filter >= 0 {
			t.atoms[i].columns = t.filters.Reads(t.atoms[i].filter)
		}
	}
	at := make(map[scimeval.Attribute]int)
	for i, a := range t.program.Attributes() {
		at[a] = i
	}
	for _, a := range t.attributes {
		t.source = append(t.source, at[a])
	}
}

// evaluate decides all atoms on rows of Program.Attributes.
func (t *atomTable) evaluate(rows []row) (*scimeval.Evaluator, error) {
	picked := make([]row, len(rows))
	for i, r := range rows {
		picked[i] = make(row, len(t.source))
		for c, from := range t.source {
			picked[i][c] = r[from]
		}
	}
	rec := recordOf(t.attributes, picked)
	defer rec.Release()
	eval := t.filters.NewEvaluator()
	return eval, eval.Evaluate(rec)
}

// truthAt is the truth of an atom on a row of the last evaluation.
func (t *atomTable) truthAt(eval *scimeval.Evaluator, atom, row int) truth {
	f := t.atoms[atom].filter
	switch {
	case f < 0:
		return isUnknown
	case bitAt(eval.Lower(0, f), row):
		return isTrue
	case bitAt(eval.Upper(0, f), row):
		return isUnknown
	}
	return isFalse
}

// settle decides the atoms on the identity itself, and notes what is odd about them. known are the attributes that the
// population has; nil = not known.
func (t *atomTable) settle(r row, known []string) error {
	eval, err := t.evaluate([]row{r})
	if err != nil {
		return err
	}
	has := make(map[string]bool, len(known))
	for _, name := range known {
		has[name] = true
		if t.program.in.Rules.Filter.AttributeFold {
			has[scimeval.Fold(name)] = true
		}
	}
	t.truths = make([]truth, len(t.atoms))
	t.odd, t.unheard = make([]string, len(t.atoms)), make([]*string, len(t.atoms))
	for i := range t.atoms {
		t.truths[i] = t.truthAt(eval, i, 0)
		if t.atoms[i].filter < 0 {
			continue
		}
		for _, n := range t.filters.Notices(t.atoms[i].filter, eval.Observations(), known) {
			if n.Code != scimeval.NoticeUnknownAttribute {
				t.odd[i] = n.Code
			}
		}
		if known != nil && len(t.atoms[i].columns) > 0 && !t.knows(i, has) {
			note := "no identity has this attribute"
			if near := scimeval.Nearest(t.attributes[t.atoms[i].columns[0]].Name, known); near != "" {
				note += "; did you mean " + near + "?"
			}
			t.unheard[i] = &note
		}
	}
	return nil
}

// note is what is to be said about an atom; nil = nothing.
func (t *atomTable) note(atom int) *string {
	return cmp.Or(t.unheard[atom], textOr(oddities[t.odd[atom]]))
}

// oddities say what a notice means for one identity.
var oddities = map[string]string{
	scimeval.NoticeTypeMismatch:  "the value is of another type than the literal",
	scimeval.NoticeNotATimestamp: "only one side is a timestamp: compared as text",
	scimeval.NoticeNullOperator:  "this operator with null is false for everyone",
}

// knows tells whether the population has a column that the atom reads.
func (t *atomTable) knows(atom int, has map[string]bool) bool {
	for _, c := range t.atoms[atom].columns {
		a := t.attributes[c]
		if has[a.Name] || a.Fold && has[scimeval.Fold(a.Name)] || isIdentityField(a.Name) {
			return true
		}
	}
	return false
}

// isIdentityField tells whether every identity has the name, whatever its attributes are (SPEC section 1.3).
func isIdentityField(name string) bool {
	switch name {
	case "entity_id", "entity_type", "entity_name", "id", MoverAttribute:
		return true
	}
	return false
}

// textOr is nil for the empty string.
func textOr(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
