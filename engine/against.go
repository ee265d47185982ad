package engine

import (
	"slices"

	"github.com/lcmsim/lcmsim/scimeval"
)

// Against is the earlier side of a diff (SPEC section 6).
type Against struct {
	Kind    BaselineKind
	Side             // of the kinds policy and both; ignored otherwise
	Edits   *Edits   // the differences of the policies, to be attributed; nil = not
	Cohorts []string // attributes whose values are looked at among those who lose something, besides those that filters name
}

// data tells whether there is an earlier population.
func (a *Against) data() bool {
	return a != nil && (a.Kind == BaselinePopulation || a.Kind == BaselineBoth)
}

// roots are the profiles that a plan resolves besides those that its actions name: those that have members.
func (a *Against) roots(catalog *Catalog) []string {
	var ids []string
	if a != nil && a.Kind == BaselineMembers {
		for i := range catalog.Profiles {
			if len(catalog.Profiles[i].Members) > 0 {
				ids = append(ids, catalog.Profiles[i].ID)
			}
		}
	}
	return ids
}

// maxAttributed caps the edits that are attributed.
const maxAttributed = 64

// editPlans are the plans of a version with one edit alone, and with all other edits.
type editPlans struct{ alone, without *plan }

// against builds the plans of the earlier side and of the edits.
func (p *Program) against(build func(*Version, *Catalog, Rules, reporting) *plan) {
	a, rules := p.in.Against, p.in.Rules
	switch a.Kind {
	case BaselinePopulation:
		p.from = p.plan
	case BaselinePolicy, BaselineBoth:
		p.from = build(a.Version, a.Catalog, rules, reportEarlier)
	case BaselineNone, BaselineGrants, BaselineMembers:
	}
	if a.Edits == nil || p.from == nil {
		return
	}
	for i := range min(len(a.Edits.List), maxAttributed) {
		alone := a.Edits.Merge(func(edit int) bool { return edit == i })
		without := a.Edits.Merge(func(edit int) bool { return edit != i })
		p.edits = append(p.edits, editPlans{
			alone:   build(alone.Version, alone.Catalog, rules, reportNothing),
			without: build(without.Version, without.Catalog, rules, reportNothing),
		})
	}
}

// appendUnheard appends the findings of the earlier version that the later one does not give too.
func appendUnheard(list, earlier []Finding) []Finding {
	type key struct {
		code, message string
		column        int
	}
	heard := make(map[key]bool, len(list))
	for _, f := range list {
		heard[key{f.Code, f.Message, f.Column}] = true
	}
	for _, f := range earlier {
		if !heard[key{f.Code, f.Message, f.Column}] {
			f.Message = "earlier version: " + f.Message
			list = append(list, f)
		}
	}
	return list
}

// columns are those that a diff reads besides the columns of the filters.
type columns struct {
	more       []scimeval.Attribute
	isMover    []int    // columns of the filters that hold sys_attr__is_mover
	movers     []int    // by mover property: its column
	properties []string // by mover property: its name
	later      []int    // indices into movers: the properties of the later version
	earlier    []int    // likewise of the earlier one
	cohorts    []int    // attributes of cohorts: their columns
	names      []string // of the cohorts
	id         int      // column of the tenant's own id; -1 = not read
}

// MoverAttribute says that a property of the policy's mover_properties changed; it is false for an identity that does not have it
// (SPEC section 6).
const MoverAttribute = "sys_attr__is_mover"

func (p *Program) moreColumns() columns {
	c := columns{id: -1}
	a := p.in.Against
	if a == nil {
		return c
	}
	filters := p.filters.Attributes()
	fold := p.in.Rules.Filter.AttributeFold
	column := func(name string) int {
		want := scimeval.Attribute{Name: name, Fold: fold}
		if i := slices.Index(filters, want); i >= 0 {
			return i
		}
		if i := slices.Index(c.more, want); i >= 0 {
			return len(filters) + i
		}
		c.more = append(c.more, want)
		return len(filters) + len(c.more) - 1
	}
	if a.data() {
		for i, attribute := range filters {
			if attribute.Name == MoverAttribute || attribute.Fold && scimeval.Fold(attribute.Name) == MoverAttribute {
				c.isMover = append(c.isMover, i)
			}
		}
		property := func(name string) int {
			at := slices.Index(c.properties, name)
			if at < 0 {
				at = len(c.properties)
				c.properties = append(c.properties, name)
				c.movers = append(c.movers, column(name))
			}
			return at
		}
		for _, name := range p.in.Version.MoverProperties {
			c.later = append(c.later, property(name))
		}
		earlier := p.in.Version
		if a.Kind == BaselineBoth {
			earlier = a.Version
		}
		for _, name := range earlier.MoverProperties {
			c.earlier = append(c.earlier, property(name))
		}
		for _, list := range []*[]int{&c.later, &c.earlier} {
			slices.Sort(*list)
			*list = slices.Compact(*list)
		}
	}
	cohort := func(name string) {
		if name != MoverAttribute && !slices.Contains(c.names, name) {
			c.names = append(c.names, name)
			c.cohorts = append(c.cohorts, column(name))
		}
	}
	for _, name := range a.Cohorts {
		cohort(name)
	}
	for _, attribute := range filters {
		cohort(attribute.Name)
	}
	for _, version := range []*Version{p.in.Version, a.Version} {
		if version != nil {
			for _, name := range version.MoverProperties {
				cohort(name)
			}
		}
	}
	if a.Kind == BaselineMembers {
		c.id = column("id")
	}
	return c
}

// twoMovers tells whether the versions differ in what makes a mover, and a filter asks for it.
func (c *columns) twoMovers() bool { return len(c.isMover) > 0 && !slices.Equal(c.later, c.earlier) }
