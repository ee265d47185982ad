package loader

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/scimeval"
)

// slowEntry is a key of a record that is an attribute, where it stands and what it is.
type slowEntry struct {
	name   string
	inner  bool // in attributes
	custom bool // it stands for a custom property
	value  scimeval.Value
}

// slowEntries lists the attributes of a record in the order of SPEC section 1.3, the plain way: those in attributes
// before the others, each level in record order.
func slowEntries(record scimeval.Value) []slowEntry {
	var inner, top []slowEntry
	var level func(members []scimeval.Member, isInner bool) []slowEntry
	level = func(members []scimeval.Member, isInner bool) []slowEntry {
		var list []slowEntry
		for _, m := range members {
			isObject := m.Value.Kind() == scimeval.KindObject
			rest, dotted := strings.CutPrefix(m.Name, "custom_properties.")
			switch {
			case m.Name == "attributes" && isObject && !isInner:
				inner = level(m.Value.Members(), true)
			case m.Name == "custom_properties" && isObject:
				for _, p := range m.Value.Members() {
					list = append(list, slowEntry{"customprop_" + p.Name, isInner, true, p.Value})
				}
			case dotted:
				list = append(list, slowEntry{"customprop_" + rest, isInner, true, m.Value})
			default:
				list = append(list, slowEntry{m.Name, isInner, false, m.Value})
			}
		}
		return list
	}
	top = level(record.Members(), false)
	return append(inner, top...)
}

// slowCell is the value of an attribute, the plain way; ok is false where it is absent.
func slowCell(entries []slowEntry, a scimeval.Attribute) (v scimeval.Value, ok bool) {
	pick := func(name string, inner, custom bool) bool {
		for _, e := range entries {
			if e.name == name && e.inner == inner && e.custom == custom {
				v, ok = collapse(e.value), true
				return true
			}
		}
		return false
	}
	find := func(name string) bool {
		return pick(name, true, false) || pick(name, true, true) || pick(name, false, false) || pick(name, false, true)
	}
	if find(a.Name) || !a.Fold {
		return v, ok
	}
	for _, e := range entries {
		if scimeval.Fold(e.name) == scimeval.Fold(a.Name) {
			find(e.name)
			return v, ok
		}
	}
	return v, false
}

// drawObject draws an object whose keys come from names; depth bounds the nesting.
func drawObject(t *rapid.T, names []string, depth int) scimeval.Value {
	keys := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 6, rapid.ID[string]).Draw(t, "keys")
	var members []scimeval.Member
	for _, key := range keys {
		members = append(members, scimeval.Member{Name: key, Value: drawValue(t, names, depth)})
	}
	return scimeval.ObjectValue(members)
}

func drawValue(t *rapid.T, names []string, depth int) scimeval.Value {
	kinds := 6
	if depth == 0 {
		kinds = 4
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return scimeval.NullValue()
	case 1:
		return scimeval.BoolValue(rapid.Bool().Draw(t, "bool"))
	case 2:
		return number(rapid.SampledFrom([]string{"0", "1", "-2.5", "1e30", "9007199254740993"}).Draw(t, "number"))
	case 3:
		return scimeval.StringValue(rapid.SampledFrom([]string{"", "x", "Ä\\\"\n", "\u2028"}).Draw(t, "text"))
	case 4:
		items := make([]scimeval.Value, rapid.IntRange(0, 3).Draw(t, "items"))
		for i := range items {
			items[i] = drawValue(t, []string{"id", "n"}, depth-1)
		}
		return scimeval.ListValue(items)
	}
	return drawObject(t, append([]string{"id", "custom_properties"}, names...), depth-1)
}

// TestRecordReaderAgreesWithTheRules compares the reader of records with the plain functions above.
func TestRecordReaderAgreesWithTheRules(t *testing.T) {
	names := []string{
		"a", "A", "\u212a", "k", "K", "customprop_a", "Customprop_a", "custom_properties.a", "custom_properties.A",
		"custom_properties", "attributes", "x\\y", "entity_name",
	}
	wanted := attributes("a ~a A ~K k customprop_a ~customprop_a custom_properties attributes ~x\\y")
	path := filepath.Join(t.TempDir(), "p.jsonl")
	rapid.Check(t, func(rt *rapid.T) {
		record := drawObject(rt, names, 3)
		members := append([]scimeval.Member{{Name: "entity_id", Value: scimeval.StringValue("1")}}, record.Members()...)
		record = scimeval.ObjectValue(members)
		require.NoError(rt, os.WriteFile(path, append(record.AppendJSON(nil), '\n'), 0o644))
		rows, _, err := readPopulation(t, PopulationOptions{Path: path, Attributes: wanted})
		require.NoError(rt, err)
		entries := slowEntries(record)
		for i, a := range wanted {
			want := ""
			if v, ok := slowCell(entries, a); ok {
				want = v.String()
			}
			require.Equal(rt, want, rows[0].cells[i], "%v of %s", a, record)
		}
	})
}

// readBothWays reads a text with batches of one row and of many: the outcome is the same.
func readBothWays(t *testing.T, path, text string, schema *scimeval.Schema) {
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	opt := PopulationOptions{Path: path, Schema: schema, EntityType: "E", Attributes: attributes("a ~A customprop_x sys_attr__is_mover entity_id")}
	rows, report, err := readPopulation(t, opt)
	opt.BatchRows = 1
	again, reportAgain, errAgain := readPopulation(t, opt)
	if err != nil {
		require.EqualError(t, errAgain, err.Error())
		return
	}
	require.NoError(t, errAgain)
	require.Equal(t, dump(rows), dump(again))
	require.Equal(t, report, reportAgain)
}

func FuzzPopulationJSON(f *testing.F) {
	for _, text := range []string{
		`{"entity_id":"1","a":1,"attributes":{"A":[{"id":2}]},"custom_properties":{"x":null}}`,
		"{\"entity_id\":1}\n\n{\"entity_id\":\"2\",\"entity_type\":\"F\"}\n{\"entity_id\":1}",
		`[{"entity_id":"1","a":1e400},{"entity_id":"2","\u0061":"\ud83d\ude00"}]`,
		`{"values":[{"entity_id":"1"}],"has_more":true,"x":[{}]}`,
		`{"entity_id":"1","a":{"b":1,"b":2}}`, `[[[[`, "\ufeff[]", `{"entity_id":`, "\xff", `[{"entity_id":"1"}`,
	} {
		f.Add(text)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		readBothWays(t, filepath.Join(dir, "p.json"), text, nil)
		readBothWays(t, filepath.Join(dir, "p.jsonl"), text, nil)
	})
}

func FuzzPopulationCSV(f *testing.F) {
	schema := &scimeval.Schema{Attributes: []scimeval.AttributeDef{{Name: "A", Type: "decimal", MultiValued: true}}}
	for _, text := range []string{
		"entity_id,a,A\n1,2,3;4\n2,,\n", "entity_id,a:bool,custom_properties.x:number\n1,true,2\n", "\ufeffentity_id\r\n\"1\"\r\n",
		"entity_id,a\n1\n2,\"x\ny\"\n", "a,a\n", "entity_id,entity_type,sys_attr__is_mover\n1,E,true\n1,F,\n", "\"", "entity_id;a", "",
	} {
		f.Add(text)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		readBothWays(t, filepath.Join(dir, "p.csv"), text, nil)
		readBothWays(t, filepath.Join(dir, "q.csv"), text, schema)
	})
}
