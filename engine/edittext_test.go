package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// editedSide is what the cases of TestEdits change.
func editedSide() Side {
	sales := text(`dept eq "Sales"`)
	named := func(name string, c Condition) Condition { c.Name = name; return c }
	leaver := workflow("Leaver", text(`active eq false`), named("", when(always, "Disable")))
	leaver.Priority = 1
	again, disable := action("Sync"), action("Disable")
	again.Type, disable.Type = "PAUSE", "DEPROVISION_IDENTITY"
	first, base, second := profile("ap-1", "ap-2"), profile("ap-2"), profile("ap-1")
	first.Name, base.Name, base.Entities, second.State = "Sales", "Base", nil, "PAUSED"
	first.Entities = []Entity{
		{DatasourceID: "ad", EntityType: "Group", EntityID: "g-1", EntityName: "Sales Staff"},
		{DatasourceID: "ad", EntityType: "Group", EntityID: "g-2", Condition: &sales},
	}
	return Side{
		Version: &Version{
			Workflows: []Workflow{
				workflow("Active", text(`active eq true`),
					named("sync", when(always, "Sync")), named("grant", when(sales, "Grant")), named("sync", when(text(`level gt 2`), "Sync", "Grant"))),
				leaver,
			},
			Actions:         []Action{action("Sync", named("then", when(always, "Grant"))), granting("Grant", "ap-1"), disable, again},
			MoverProperties: []string{"dept", "level"},
		},
		Catalog: &Catalog{Given: true, Profiles: []Profile{first, base, profile("ap-3"), second}},
	}
}

func TestEdits(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(v *Version, c *Catalog)
		want   []string // kind | text | path | before | after
	}{
		{"trigger", func(v *Version, _ *Catalog) { v.Workflows[1].Trigger.Text = `active ne true` }, []string{
			`workflow | workflow "Leaver": trigger changed | workflows[1].trigger_string | active eq false | active ne true`,
		}},
		{"fields of a workflow that change together", func(v *Version, _ *Catalog) {
			w := &v.Workflows[0]
			w.State, w.Priority, w.ContinuousSync, w.Schedule = StateDisabled, 3, true, "grace_period_in_sec"
		}, []string{
			`workflow | workflow "Active": state, priority, continuous sync and schedule changed | workflows[0] | ` +
				`state ENABLED; priority none; continuous sync false; schedule none | state DISABLED; priority 3; continuous sync true; schedule grace_period_in_sec`,
		}},
		{"workflow added in front", func(v *Version, _ *Catalog) {
			v.Workflows = append([]Workflow{workflow("New", always, v.Workflows[0].Conditions...)}, v.Workflows...)
		}, []string{`workflow-added | workflow "New" added | workflows[0] |  | state ENABLED; trigger ANY`}},
		{"workflow removed", func(v *Version, _ *Catalog) { v.Workflows = v.Workflows[1:] }, []string{
			`workflow-removed | workflow "Active" removed | workflows[0] | state ENABLED; trigger active eq true | `,
		}},
		{"workflows exchanged", func(v *Version, _ *Catalog) {
			v.Workflows[0], v.Workflows[1] = v.Workflows[1], v.Workflows[0]
		}, []string{`workflow-order | workflows: order changed | workflows | "Active", "Leaver" | "Leaver", "Active"`}},
		{"expression of a condition", func(v *Version, _ *Catalog) { v.Workflows[0].Conditions[1].Test.Text = `dept sw "Sales"` }, []string{
			`condition | condition "grant" of workflow "Active": expression changed | workflows[0].conditions_on_success[1].condition_string | dept eq "Sales" | dept sw "Sales"`,
		}},
		{"second of two conditions of one name", func(v *Version, _ *Catalog) { slices.Reverse(v.Workflows[0].Conditions[2].Actions) }, []string{
			`condition | condition "sync" of workflow "Active": actions to run changed | workflows[0].conditions_on_success[2].actions_to_run | "Sync", "Grant" | "Grant", "Sync"`,
		}},
		{"first of two conditions of one name removed", func(v *Version, _ *Catalog) { v.Workflows[0].Conditions = v.Workflows[0].Conditions[1:] }, []string{
			`condition-removed | condition "sync" of workflow "Active" removed | workflows[0].conditions_on_success[0] | state ENABLED; expression ANY; actions to run "Sync" | `,
		}},
		{"condition without a name", func(v *Version, _ *Catalog) { v.Workflows[1].Conditions[0].State = StateDisabled }, []string{
			`condition | condition 1 of workflow "Leaver": state changed | workflows[1].conditions_on_success[0].state | ENABLED | DISABLED`,
		}},
		{"condition renamed", func(v *Version, _ *Catalog) { v.Workflows[0].Conditions[1].Name = "give" }, []string{
			`condition | condition "give" of workflow "Active": name changed | workflows[0].conditions_on_success[1].name | "grant" | "give"`,
		}},
		{"conditions of one name exchanged, and one moved", func(v *Version, _ *Catalog) {
			c := v.Workflows[0].Conditions
			v.Workflows[0].Conditions = []Condition{c[2], c[0], c[1]}
		}, []string{
			`condition-order | conditions of workflow "Active": order changed | workflows[0].conditions_on_success | "sync", "grant", "sync" | "sync", "sync", "grant"`,
		}},
		{"condition added to an action", func(v *Version, _ *Catalog) {
			v.Actions[1].Conditions = []Condition{when(unknownTest, "Sync")}
		}, []string{
			`condition-added | condition "condition" of action "Grant" added | actions[1].conditions_on_success[0] |  | state ENABLED; expression NODE_IN_GRAPH (cannot be evaluated); actions to run "Sync"`,
		}},
		{"profiles of an action", func(v *Version, _ *Catalog) { v.Actions[1] = granting("Grant", "ap-1", "ap-9") }, []string{
			`action | action "Grant": access profiles changed | actions[1].config.access_profiles | "Sales" (ap-1) | "Sales" (ap-1), ap-9`,
		}},
		{"fields of an action", func(v *Version, _ *Catalog) {
			a := &v.Actions[1]
			a.Type, a.State, a.RunOnce, a.RemoveExisting = "SYNC_IDENTITIES", StateDisabled, true, true
		}, []string{
			`action | action "Grant": type, state, run once and remove existing relationships changed | actions[1] | ` +
				`type MANAGE_RELATIONSHIPS; state ENABLED; run once false; remove existing relationships false | type SYNC_IDENTITIES; state DISABLED; run once true; remove existing relationships true`,
		}},
		{"one field of an action", func(v *Version, _ *Catalog) { v.Actions[1].RemoveExisting = true }, []string{
			`action | action "Grant": remove existing relationships changed | actions[1].config.remove_existing_relationships | false | true`,
		}},
		{"first of two actions of one name removed", func(v *Version, _ *Catalog) { v.Actions = v.Actions[1:] }, []string{
			`action | action "Sync": type changed | actions[2].type | SYNC_IDENTITIES | PAUSE`,
			`condition-removed | condition "then" of action "Sync" removed | actions[0].conditions_on_success[0] | state ENABLED; expression ANY; actions to run "Grant" | `,
			`action-order | actions: order changed | actions | "Sync", "Grant", "Disable" | "Grant", "Disable", "Sync"`,
		}},
		{"second of two actions of one name", func(v *Version, _ *Catalog) { v.Actions[3].Type = "NONE" }, nil},
		{"action added and removed", func(v *Version, _ *Catalog) {
			v.Actions[2] = action("Delete")
		}, []string{
			`action-added | action "Delete" added | actions[2] |  | type SYNC_IDENTITIES; state ENABLED`,
			`action-removed | action "Disable" removed | actions[2] | type DEPROVISION_IDENTITY; state ENABLED | `,
		}},
		{"state of a profile", func(_ *Version, c *Catalog) { c.Profiles[0].State = "PAUSED" }, []string{
			`profile | access profile "Sales" (ap-1): state changed | access_profiles[ap-1].state | RUNNING | PAUSED`,
		}},
		{"names of profiles and entities", func(_ *Version, c *Catalog) {
			c.Profiles[0].Name, c.Profiles[0].Entities[0].EntityName = "Seller", "Sellers"
		}, nil},
		{"profile that inherited from added", func(v *Version, c *Catalog) {
			c.Profiles[1].Inherits = profile("", "ap-4").Inherits
			c.Profiles = append(c.Profiles, profile("ap-4"))
		}, []string{
			`inheritance-added | access profile "Base" (ap-2) inherits from "Profile ap-4" (ap-4) | access_profiles[ap-2].inherits[0] |  | "Profile ap-4" (ap-4)`,
			`profile-added | access profile "Profile ap-4" (ap-4) added | access_profiles[ap-4] |  | state RUNNING; version state PUBLISHED`,
		}},
		{"profile removed", func(_ *Version, c *Catalog) { c.Profiles = append(c.Profiles[:1], c.Profiles[2:]...) }, []string{
			`profile-removed | access profile "Base" (ap-2) removed | access_profiles[ap-2] | state RUNNING; version state PUBLISHED | `,
		}},
		{"inheritance removed", func(_ *Version, c *Catalog) { c.Profiles[0].Inherits = nil }, []string{
			`inheritance-removed | access profile "Sales" (ap-1) no longer inherits from "Base" (ap-2) | access_profiles[ap-1].inherits[0] | "Base" (ap-2) | `,
		}},
		{"inheritance named again", func(_ *Version, c *Catalog) { c.Profiles[0].Inherits = profile("", "ap-2", "ap-2").Inherits }, nil},
		{"profile that nothing reaches", func(_ *Version, c *Catalog) { c.Profiles[2].State = "PAUSED" }, nil},
		{"entity added and removed", func(_ *Version, c *Catalog) {
			c.Profiles[0].Entities[0] = Entity{DatasourceID: "ad", EntityType: "Role", EntityName: "Seller", AssignedToType: "User", AssignedToID: "u-1"}
		}, []string{
			`entity-added | access profile "Sales" (ap-1) grants Role Seller | access_profiles[ap-1].entities[0] |  | ad|Role|Seller assigned to User u-1`,
			`entity-removed | access profile "Sales" (ap-1) no longer grants "Sales Staff" (Group g-1) | access_profiles[ap-1].entities[0] | ad|Group|g-1 | `,
		}},
		{"entity conditions", func(_ *Version, c *Catalog) {
			level := text(`level gt 2`)
			c.Profiles[0].Entities[0].Condition, c.Profiles[0].Entities[1].Condition = &level, nil
		}, []string{
			`entity-condition | access profile "Sales" (ap-1): condition of "Sales Staff" (Group g-1) changed | access_profiles[ap-1].entities[0].condition | ANY | level gt 2`,
			`entity-condition | access profile "Sales" (ap-1): condition of Group g-2 changed | access_profiles[ap-1].entities[1].condition | dept eq "Sales" | ANY`,
		}},
		{"entity condition that everybody meets", func(_ *Version, c *Catalog) { c.Profiles[0].Entities[0].Condition = &Test{Form: FormAbsent} }, nil},
		{"entity that loses its id", func(_ *Version, c *Catalog) {
			c.Profiles[0].Entities[0] = Entity{DatasourceID: "ad", EntityType: "Group", EntityName: "g-1"}
		}, []string{
			`entity-added | access profile "Sales" (ap-1) grants Group g-1 | access_profiles[ap-1].entities[0] |  | ad|Group|g-1`,
			`entity-removed | access profile "Sales" (ap-1) no longer grants "Sales Staff" (Group g-1) | access_profiles[ap-1].entities[0] | ad|Group|g-1 | `,
		}},
		{"mover properties", func(v *Version, _ *Catalog) { v.MoverProperties = []string{"level", "team", "dept"} }, []string{
			`mover-properties | mover properties changed | mover_properties | "dept", "level" | "dept", "level", "team"`,
		}},
		{"order of mover properties", func(v *Version, _ *Catalog) { v.MoverProperties = []string{"level", "dept"} }, nil},
		{"spellings of an expression", func(v *Version, _ *Catalog) {
			v.Workflows[0].Trigger = Test{Form: FormExpression, Type: `active eq true`}
			v.Workflows[0].Conditions[0].Test = Test{Form: FormAny, Numbered: true, Type: "0"}
		}, nil},
		{"an expression beside ANY", func(v *Version, _ *Catalog) { v.Workflows[0].Conditions[0].Test.Text = `level gt 2` }, nil},
		{"a type that needs the Access Graph", func(v *Version, _ *Catalog) {
			v.Workflows[1].Trigger = Test{Form: FormOtherName, Type: "NODE_IN_GRAPH", Text: `active eq false`}
		}, []string{
			`workflow | workflow "Leaver": trigger changed | workflows[1].trigger_string | active eq false | NODE_IN_GRAPH (cannot be evaluated)`,
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			to := editedSide()
			tc.change(to.Version, to.Catalog)
			var got []string
			for _, x := range NewEdits(editedSide(), to).List {
				got = append(got, strings.Join([]string{x.Kind, x.Text, x.Path, x.Before, x.After}, " | "))
			}
			require.Equal(t, tc.want, got)
		})
	}
}

func TestEditsOrder(t *testing.T) {
	to := editedSide()
	v, c := to.Version, to.Catalog
	v.Workflows[0].Trigger.Text, v.Workflows[0].Conditions[1].Test.Text = `active pr`, `dept pr`
	v.Workflows[1].Name = "Gone"
	v.Actions[1].RunOnce, v.Actions[0].Conditions = true, nil
	v.MoverProperties = nil
	c.Profiles[0].Inherits, c.Profiles[0].Entities, c.Profiles[1].State = nil, nil, "PAUSED"
	var kinds []string
	for _, x := range NewEdits(editedSide(), to).List {
		kinds = append(kinds, x.Kind)
	}
	require.Equal(t, []string{
		"workflow", "condition", "workflow-added", "workflow-removed", "condition-removed", "action",
		"inheritance-removed", "entity-removed", "entity-removed", "profile", "mover-properties",
	}, kinds)
}

// TestMergePositions: a part has the position of the side that it is taken from.
func TestMergePositions(t *testing.T) {
	from, to := editedSide(), editedSide()
	for i, side := range []Side{from, to} {
		file := fmt.Sprint("side", i)
		side.Version.Workflows[0].File = file
		side.Version.Workflows[0].Conditions[1].File = file
		side.Version.Actions[1].AccessProfiles[0].File = file
	}
	to.Version.Workflows[0].Conditions[1].Test.Text = `dept pr`
	to.Version.Actions[1].RunOnce = true
	merged := NewEdits(from, to).Merge(func(edit int) bool { return edit == 0 })
	w := merged.Version.Workflows[0]
	require.Equal(t, "side0", w.File)
	require.Equal(t, "side1", w.Conditions[1].File)
	require.Equal(t, `dept pr`, w.Conditions[1].Test.Text)
	require.Equal(t, "side0", merged.Version.Actions[1].AccessProfiles[0].File)
}

func TestMergeOrder(t *testing.T) {
	side := func(names string) Side {
		v := &Version{}
		for name := range strings.FieldsSeq(names) {
			v.Workflows = append(v.Workflows, workflow(name, always))
		}
		return Side{Version: v}
	}
	for _, tc := range []struct{ from, to, take, want string }{
		{"a b c", "a b c", "", "a b c"},
		{"a b", "n a m b o", "workflow-added", "n a m b o"},
		{"a r b", "b n a", "", "a r b"},
		{"a r b", "b n a", "workflow-added", "a r b n"},
		{"a r b", "b n a", "workflow-order", "b a r"},
		{"a r b", "b n a", "workflow-order workflow-added", "b n a r"},
		{"a r b", "b n a", "workflow-removed", "a b"},
		{"a r b", "b n a", "workflow-removed workflow-added", "a b n"},
		{"a r b", "b n a", "workflow-removed workflow-order", "b a"},
		{"a r b", "b n a", "workflow-removed workflow-added workflow-order", "b n a"},
		{"a r", "n a", "workflow-added", "n a r"},
		{"r a", "n a", "workflow-added", "n r a"},
		{"", "a b", "workflow-added", "a b"},
		{"a b", "", "workflow-removed", ""},
		{"a a b", "b a", "workflow-order", "b a a"},
	} {
		e := NewEdits(side(tc.from), side(tc.to))
		var got []string
		for _, w := range e.Merge(func(edit int) bool {
			return strings.Contains(" "+tc.take+" ", " "+e.List[edit].Kind+" ")
		}).Version.Workflows {
			got = append(got, w.Name)
		}
		require.Equal(t, tc.want, strings.Join(got, " "), "%+v", tc)
	}
}

func TestEditsOfNothing(t *testing.T) {
	require.Empty(t, NewEdits(Side{}, Side{}).List)
	from := editedSide()
	e := NewEdits(Side{}, from)
	for _, x := range e.List {
		require.True(t, strings.HasSuffix(x.Kind, "-added") || x.Kind == "mover-properties", x.Kind)
		require.Empty(t, x.Before)
	}
	require.Len(t, e.List, 2+3+2+1)
	require.Len(t, e.Merge(takeAll).Version.Workflows, 2)
	require.Empty(t, e.Merge(takeNone).Version.Workflows)
}

func TestEditsShortenTexts(t *testing.T) {
	from, to := editedSide(), editedSide()
	to.Version.Workflows[0].Trigger.Text = `dept eq "` + strings.Repeat("ü", 20_000) + `"`
	x := NewEdits(from, to).List[0]
	require.Less(t, len(x.After), 2100)
	require.Contains(t, x.After, `... (38,0`)
	require.Equal(t, strings.ToValidUTF8(x.After, "?"), x.After)
}

// TestEditsOfManyParts: the work is near linear, even where all parts share a name or an inheritance chain is long.
func TestEditsOfManyParts(t *testing.T) {
	const n = 20_000
	side := func(odd string) Side {
		v, c := &Version{}, &Catalog{Given: true}
		conditions := make([]Condition, n)
		for i := range n {
			trigger := text(fmt.Sprintf("level eq %d", i))
			if i%1000 == 0 {
				trigger = text(odd)
			}
			v.Workflows = append(v.Workflows, workflow("same", trigger))
			conditions[i] = when(text(odd), "Grant")
			c.Profiles = append(c.Profiles, profile(fmt.Sprint(i), fmt.Sprint(i+1)))
		}
		v.Actions = []Action{granting("Grant", "0")}
		v.Actions[0].Conditions = conditions
		return Side{Version: v, Catalog: c}
	}
	start := time.Now()
	e := NewEdits(side("dept pr"), side("team pr"))
	require.Len(t, e.List, n/1000+n)
	merged := e.Merge(takeAll)
	require.Len(t, merged.Version.Actions[0].Conditions, n)
	require.Len(t, merged.Catalog.Profiles, n)
	require.Less(t, time.Since(start), time.Minute) // a hang is what this would catch: how fast it is, the benchmarks say
}
