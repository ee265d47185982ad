package engine

import (
	"cmp"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// slowAccess works out Access from sets of keys.
type slowAccess struct {
	profiles []Profile // of both sides
	grants   []Grant   // of the identity
	known    bool      // there is a grants file: what is not in it is not held
}

// is tells whether what is held is the entity, by whatever profile.
func (s *slowAccess) is(k slowEntity, g Grant) bool {
	return slices.ContainsFunc(s.profiles, func(p Profile) bool {
		return slices.ContainsFunc(p.Entities, func(e Entity) bool { return slowKey(&e) == k && slowMatch(&e, g) })
	})
}

// target is what a request would name.
func (s *slowAccess) target(k slowEntity) Target {
	given, _ := s.byID(k)
	return Target{DatasourceID: k.datasource, EntityType: k.kind, ID: k.id, IsEntityID: given, AssignedToType: k.assignedType, AssignedToID: k.assignedID}
}

// byID tells whether the id of a key is an entity_id to some profile, and whether it is something else to another.
func (s *slowAccess) byID(k slowEntity) (given, mixed bool) {
	other := false
	for _, p := range s.profiles {
		for i := range p.Entities {
			if e := &p.Entities[i]; slowKey(e) == k {
				given, other = given || e.EntityID != "", other || e.EntityID == ""
			}
		}
	}
	return given, given && other
}

func (s *slowAccess) of(gained, lost map[slowEntity]bool, taken map[slowHeld]bool) Access {
	var a Access
	for k := range gained {
		if slices.ContainsFunc(s.grants, func(g Grant) bool { return s.is(k, g) }) {
			a.Held++
		} else {
			a.Grant = append(a.Grant, s.target(k))
		}
	}
	for k := range lost {
		if s.known && !slices.ContainsFunc(s.grants, func(g Grant) bool { return s.is(k, g) }) {
			a.NotHeld++
			continue
		}
		if !slices.ContainsFunc(s.grants, func(g Grant) bool {
			return taken[slowHeld{g.DatasourceID, g.EntityType, g.EntityID}] && s.is(k, g)
		}) {
			a.Revoke = append(a.Revoke, s.target(k))
		}
	}
	for h := range taken {
		a.Revoke = append(a.Revoke, Target{DatasourceID: h.datasource, EntityType: h.kind, ID: h.id, IsEntityID: true})
	}
	return a
}

// require compares what is asked for, whatever the order. An id that profiles disagree about is an entity_id if a profile that
// the policy knows says so; the twin does not know which profiles those are.
func (s *slowAccess) require(t require.TestingT, want, got Access) {
	for _, list := range [][]Target{want.Grant, want.Revoke, got.Grant, got.Revoke} {
		for i, g := range list {
			if _, mixed := s.byID(slowEntity{g.DatasourceID, g.EntityType, g.ID, g.AssignedToType, g.AssignedToID}); mixed {
				list[i].IsEntityID = false
			}
		}
	}
	sorted := func(list []Target) []Target {
		return slices.SortedFunc(slices.Values(list), func(a, b Target) int {
			return cmp.Or(cmp.Compare(a.DatasourceID, b.DatasourceID), cmp.Compare(a.EntityType, b.EntityType), cmp.Compare(a.ID, b.ID),
				cmp.Compare(a.AssignedToType, b.AssignedToType), cmp.Compare(a.AssignedToID, b.AssignedToID))
		})
	}
	require.Equal(t, sorted(want.Grant), sorted(got.Grant))
	require.Equal(t, sorted(want.Revoke), sorted(got.Revoke))
	require.Equal(t, []int{want.Held, want.NotHeld, want.Maybe}, []int{got.Held, got.NotHeld, got.Maybe})
	for _, list := range [][]Target{got.Grant, got.Revoke} {
		require.Len(t, slices.Compact(sorted(list)), len(list), "nothing is asked for twice")
		for _, target := range list {
			require.False(t, slices.Contains(got.Grant, target) && slices.Contains(got.Revoke, target), "nothing is granted and revoked")
		}
	}
}

// named gives some of the held entitlements names.
func named(t *rapid.T, grants map[string][]Grant) {
	names := map[Grant]string{}
	for _, id := range slices.Sorted(maps.Keys(grants)) {
		for i, g := range grants[id] {
			if _, known := names[g]; !known {
				names[g] = rapid.SampledFrom([]string{"", "n1", "n2"}).Draw(t, "name")
			}
			grants[id][i].Name = names[g]
		}
	}
}

// TestSimulatedAccess: what a simulation would ask for equals what the slow twin says of each identity, less what is held.
func TestSimulatedAccess(t *testing.T) {
	filters := make(slowFilters)
	rapid.Check(t, func(t *rapid.T) {
		in, people := randomInput(t)
		named(t, in.Grants)
		p := Compile(in)
		rec, ids := batchOf(p.Attributes(), people)
		defer rec.Release()
		batch, err := p.NewClassifier().Classify(rec, ids)
		require.NoError(t, err)
		s := p.NewSimulation()
		classes := s.Add(batch, ids)
		want := slowly(t, in, in.Rules, people, filters)
		for i, id := range ids {
			slow := slowAccess{in.Catalog.Profiles, in.Grants[id], in.Grants != nil}
			certain, taken, maybe := map[slowEntity]bool{}, map[slowHeld]bool{}, 0
			for k, truth := range want.outcomes[i].entities {
				switch {
				case truth == slowYes:
					certain[k] = true
				case !slices.ContainsFunc(slow.grants, func(g Grant) bool { return slow.is(k, g) }):
					maybe++
				}
			}
			for h, truth := range want.outcomes[i].revokes {
				if truth == slowYes {
					taken[h] = true
				} else {
					maybe++
				}
			}
			expected := slow.of(certain, nil, taken)
			expected.Maybe = maybe
			slow.require(t, expected, s.Access(int(classes[i]), id))
			if !s.AccessVaries(int(classes[i]), id) {
				slow.require(t, expected, s.ClassAccess(int(classes[i])))
			}
		}
	})
}

// TestDiffAccess: what a diff would ask for equals what the slow twin says of each identity.
func TestDiffAccess(t *testing.T) {
	filters := make(slowFilters)
	rapid.Check(t, func(t *rapid.T) {
		in, base, people := randomComparison(t, baselineKinds...)
		named(t, in.Grants)
		got := compare(t, in, base, people)
		want := slowlyCompared(t, in, base, people, filters)
		profiles := slices.Clone(in.Catalog.Profiles)
		if c := in.Against.Catalog; c != nil {
			profiles = append(profiles, c.Profiles...)
		}
		for i, row := range got.rows {
			of := want.all[i]
			slow := slowAccess{profiles, in.Grants[of.id], in.Grants != nil}
			var expected Access
			switch {
			case of.later == nil: // removed from the source
			case of.held != nil:
				taken := map[slowHeld]bool{}
				for h, fact := range of.held.revokes {
					if fact.t == slowYes {
						taken[h] = true
					}
				}
				expected = slow.of(of.held.gained, nil, taken)
				expected.Maybe = len(of.held.maybe) + len(of.held.revokes) - len(taken)
			default:
				expected = slow.of(of.change.entities.gained, of.change.entities.lost, of.change.revokes.gained)
				expected.Maybe = len(of.change.entities.maybe) + len(of.change.revokes.maybe)
			}
			slow.require(t, expected, got.diff.Access(row.Class, of.id))
			if !got.diff.AccessVaries(row.Class, of.id) {
				slow.require(t, expected, got.diff.ClassAccess(row.Class))
			}
		}
	})
}

// TestAccess shows the cases one by one.
func TestAccess(t *testing.T) {
	odd := profile("O")
	odd.Entities = []Entity{
		{DatasourceID: "d", EntityType: "Role", NativeID: "n", EntityName: "Admins"},
		{DatasourceID: "d", EntityType: "Role", EntityName: "Admins"},
		{DatasourceID: "d", EntityType: "Role", EntityID: "r", AssignedToType: "User", AssignedToID: "u"},
		{DatasourceID: "d", EntityType: "Role", EntityID: "r"},
	}
	in := inputOf(&Version{
		Workflows: []Workflow{workflow("w", always, when(text(`x ge 1`), "O"), when(text(`x ge 2`), "strip"))},
		Actions:   []Action{granting("O", "O"), removing("strip", "P")},
	}, odd, profile("P"))
	in.Grants = map[string][]Grant{
		"i01": {{DatasourceID: "d", EntityType: "Role", EntityID: "r-7", Name: "Admins"}},
		"i02": held("g-P", "z"),
	}
	p := Compile(in)
	people := crowd(t, `{"x":1}`, `{"x":1}`, `{"x":2}`, `{}`)
	rec, ids := batchOf(p.Attributes(), people)
	defer rec.Release()
	batch, err := p.NewClassifier().Classify(rec, ids)
	require.NoError(t, err)
	s := p.NewSimulation()
	classes := s.Add(batch, ids)
	role := func(id string, byID bool, assigned ...string) Target {
		target := Target{DatasourceID: "d", EntityType: "Role", ID: id, IsEntityID: byID}
		if len(assigned) > 0 {
			target.AssignedToType, target.AssignedToID = assigned[0], assigned[1]
		}
		return target
	}
	all := []Target{role("Admins", false), role("n", false), role("r", true), role("r", true, "User", "u")}
	require.Equal(t, Access{Grant: all, Revoke: []Target{}}, s.Access(int(classes[0]), ids[0]))
	require.Equal(t, Access{Grant: all[1:], Revoke: []Target{}, Held: 1}, s.Access(int(classes[1]), ids[1]), "held by that name")
	require.Equal(t, Access{Grant: all, Revoke: []Target{{DatasourceID: "d", EntityType: "Group", ID: "z", IsEntityID: true}}, Held: 1}, s.Access(int(classes[2]), ids[2]))
	require.Equal(t, Access{Grant: []Target{}, Revoke: []Target{}}, s.Access(int(classes[3]), ids[3]))
}
