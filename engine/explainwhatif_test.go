package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/scimeval"
)

// differenceLines are differences, a line each.
func differenceLines(list []Difference) []string {
	lines := []string{}
	for _, d := range list {
		parts := []string{d.Status, d.Kind, d.Name}
		for _, more := range []*string{d.Workflow, d.ID} {
			if more != nil {
				parts = append(parts, *more)
			}
		}
		lines = append(lines, strings.Join(parts, " "))
	}
	return lines
}

func value(t require.TestingT, text string) *scimeval.Value {
	v, err := scimeval.ParseValue([]byte(text))
	require.NoError(t, err)
	return &v
}

func TestGainsAndLoses(t *testing.T) {
	who := personOf(t, "i1", `{"dept":"IT","level":9}`)
	_, e := explain(t, office(), who, ExplainOptions{})
	require.Empty(t, e.Gains)
	require.Empty(t, e.Loses)
	_, e = explain(t, office(), who, ExplainOptions{Set: []SetAttribute{{"dept", value(t, `"Sales"`)}, {"level", value(t, `3`)}}})
	require.Equal(t, []string{
		"certain action Grant First", "certain action Inner Second",
		"certain profile Profile base base", "certain profile gone gone", "certain profile Profile middle middle",
		"certain profile Profile paused paused", "certain profile Profile role role",
		"certain entitlement g-base d|Group|g-base", "certain entitlement g-middle d|Group|g-middle", "certain entitlement g-role d|Group|g-role",
	}, differenceLines(e.Gains))
	require.Equal(t, []string{"certain revoke g-old d|Group|g-old"}, differenceLines(e.Loses))
	_, e = explain(t, office(), personOf(t, "i1", `{"dept":"Sales","level":3}`), ExplainOptions{Set: []SetAttribute{{Name: "level"}}, Get: []string{"g-old", "Grant"}})
	require.Equal(t, []string{"certain revoke g-old d|Group|g-old"}, differenceLines(e.Gains), "it stays")
	require.Equal(t, []string{"certain action Grant First"}, differenceLines(e.Loses))
}

// What changes gain and lose is the difference of two simulations, and the way back is its mirror.
func TestDifferencesAgreeWithSimulation(t *testing.T) {
	differ, unsure := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		in, people := fewAtoms(t)
		for i := range in.Version.Workflows { // rows cannot tell workflows of one name apart
			in.Version.Workflows[i].Name += fmt.Sprint(i)
		}
		others := fewPeople(t)
		from := people[0]
		to := others[rapid.IntRange(0, len(others)-1).Draw(t, "to")]
		_, there := explain(t, in, from, ExplainOptions{Set: setsTo(to)})
		_, back := explain(t, in, to, ExplainOptions{Set: setsTo(from)})
		require.Equal(t, there.Gains, back.Loses)
		require.Equal(t, there.Loses, back.Gains)
		before, after := certain(simulate(t, in, []person{from}).rows[0]), certain(simulate(t, in, []person{to}).rows[0])
		for _, side := range []struct {
			list     []Difference
			had, has map[string]bool
		}{{there.Gains, before, after}, {there.Loses, after, before}} {
			want := make(map[string]bool)
			for _, of := range []struct {
				more, than map[string]bool
				revokes    bool // one is a loss where it happens
			}{{side.has, side.had, false}, {side.had, side.has, true}} {
				for key := range of.more {
					if !of.than[key] && strings.HasPrefix(key, KindRevoke) == of.revokes {
						want[key] = true
					}
				}
			}
			for _, d := range side.list {
				key := d.Kind + " "
				if d.ID != nil {
					key += *d.ID
				} else {
					key += d.Name + " " + *d.Workflow
				}
				if d.Status == "possible" {
					unsure++
				} else {
					differ++
					require.True(t, want[key], "%s: %v", key, side.list)
				}
				delete(want, key)
			}
			require.Empty(t, want)
		}
	})
	requireMet(t, differ, unsure)
}

// setsTo makes anybody of fewPeople to somebody else.
func setsTo(to person) []SetAttribute {
	var sets []SetAttribute
	for _, name := range []string{"dept", "level", "flag"} {
		set := SetAttribute{Name: name}
		if v, ok := to.value(scimeval.Attribute{Name: name}); ok {
			set.Value = &v
		}
		sets = append(sets, set)
	}
	return sets
}

// certain is what a row surely has.
func certain(row Row) map[string]bool {
	has := make(map[string]bool)
	for _, a := range row.Actions {
		if a.Status == "planned" {
			has[KindAction+" "+a.Name+" "+a.Workflow] = true
		}
	}
	for kind, keys := range map[string][]string{
		KindProfile: slices.Concat(row.AccessProfileIDs, row.InheritedProfileIDs), KindEntitlement: row.Entitlements, KindRevoke: row.Revokes,
	} {
		for _, key := range keys {
			has[kind+" "+key] = true
		}
	}
	return has
}

func TestWhatIfNotes(t *testing.T) {
	for _, tc := range []struct {
		name  string
		known []string
		want  string
	}{
		{"shoe", nil, "no expression of the policy reads it"},
		{"departement", nil, "no expression of the policy reads it; did you mean department?"},
		{"jobtitel", []string{"job_title"}, "no expression of the policy reads it; did you mean job_title?"},
		{"depart_ment", []string{"depart_ment", "departments"}, "no expression of the policy reads it; did you mean department?"},
		{"department", nil, ""},
	} {
		_, e := explain(t, gated(`department eq "Sales"`), personOf(t, "i1", `{}`), ExplainOptions{Known: tc.known, Set: []SetAttribute{{tc.name, value(t, `"x"`)}}})
		require.Equal(t, textOr(tc.want), e.Changes[0].Note, tc.name)
	}
}

func TestFindingsAboutWhatIsSet(t *testing.T) {
	for _, tc := range []struct{ filter, set, want string }{
		{`a gt 2`, `"high"`, `type-mismatch --set a: "high" is of another type than all that a is compared with, such as the number 2: the comparisons are false (ne: true) | set a number, such as 2`},
		{`a eq "x" or a eq "y"`, `5`, `type-mismatch --set a: 5 is of another type than all that a is compared with, such as the string "x": the comparisons are false (ne: true) | set a string, such as "x" with its quotes`},
		{`a gt 2`, `3`, ``},
		{`a gt 2 or a eq "x"`, `"y"`, ``},
		{`a gt 2 or a pr or a eq null`, `"y"`, `type-mismatch --set a: "y" is of another type than all that a is compared with, such as the number 2: the comparisons are false (ne: true) | set a number, such as 2`},
		{`a pr`, `"y"`, ``},
		{`b gt 2`, `"y"`, ``},
		{`a.b gt 2`, `"y"`, ``},
		{`a gt true`, `"y"`, ``},
		{`a lt "2026-01-01"`, `"soon"`, `not-a-timestamp --set a: "soon" is no timestamp, and a is compared with timestamps, such as "2026-01-01": compared as text | timestamps are 2024-01-31 or 2024-01-31T08:30:00Z`},
		{`a lt "2026-01-01"`, `"2027-01-01"`, ``},
	} {
		t.Run(tc.filter+" on "+tc.set, func(t *testing.T) {
			p := Compile(gated(tc.filter))
			rec, ids := batchOf(p.Attributes(), crowd(t, `{}`))
			defer rec.Release()
			_, findings, err := Explain(p, rec, ids[0], ExplainOptions{Set: []SetAttribute{{"a", value(t, tc.set)}}})
			require.NoError(t, err)
			var got []string
			for _, f := range findings {
				if strings.HasPrefix(f.File, "--set") {
					require.Equal(t, SeverityWarning, f.Severity)
					got = append(got, fmt.Sprintf("%s %s: %s | %s", f.Code, f.File, f.Message, f.Hint))
				}
			}
			require.Equal(t, tc.want, strings.Join(got, "\n"))
		})
	}
}
