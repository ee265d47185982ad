package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Many entitlements behind conditions, held by many profiles that many workflows bring: the search for changes ends.
func TestMissedEntitlementsAreBounded(t *testing.T) {
	const profiles, entities = 40, 8
	in := inputOf(&Version{})
	in.Catalog.Given = true
	for i := range profiles {
		p := profile(fmt.Sprint("p", i), fmt.Sprint("p", (i+1)%profiles), fmt.Sprint("p", (i+7)%profiles))
		for j := range entities {
			test := text(fmt.Sprintf(`a%d eq "x" and b%d ne "y" and (c%d pr or d eq "%d")`, j, i%5, j, i))
			p.Entities = append(p.Entities, Entity{DatasourceID: "d", EntityType: "T", EntityID: fmt.Sprint("e", (i*entities+j)%200), Condition: &test})
		}
		in.Catalog.Profiles = append(in.Catalog.Profiles, p)
		name := fmt.Sprint("A", i)
		in.Version.Actions = append(in.Version.Actions, granting(name, p.ID))
		in.Version.Workflows = append(in.Version.Workflows, workflow(fmt.Sprint("W", i), text(fmt.Sprintf(`f eq "%d" and g eq "x"`, i)), when(text(`h ne "z"`), name)))
	}
	start := time.Now()
	_, e := explain(t, in, personOf(t, "i1", `{"h":"z"}`), ExplainOptions{})
	require.Less(t, time.Since(start), time.Minute)
	require.Greater(t, e.MissedTotal, profiles*2)
	_, e = explain(t, in, personOf(t, "i1", `{"h":"z"}`), ExplainOptions{Get: []string{"e199"}})
	require.Equal(t, []Asked{{Name: "e199", Missed: 1}}, e.Asked)
	require.Len(t, e.Missed, 1)
}
