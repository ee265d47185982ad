package loader

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/scimeval"
)

func TestAttributeValues(t *testing.T) {
	record, err := scimeval.ParseValue([]byte(`{
  "department": {"id": "d1"}, "managers": [{"id": "m1"}, {"id": "m2"}], "team": {"id": "t", "name": "n"}, "customprop_own": 1,
  "custom_properties": {"own": 2, "floor": 3, "site": {"id": "s1"}}, "custom_properties.desk": "4", "none": null}`))
	require.NoError(t, err)
	got := map[string]string{}
	for name, v := range AttributeValues(record.Members()) {
		got[name] = v.String()
	}
	require.Equal(t, map[string]string{
		"department": `"d1"`, "managers": `["m1","m2"]`, "team": `{"id":"t","name":"n"}`, "none": "null",
		"customprop_own": "1", "customprop_floor": "3", "customprop_site": `"s1"`, "customprop_desk": `"4"`,
	}, got)
	require.Empty(t, AttributeValues(nil))
}
