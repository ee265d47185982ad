package report

import (
	"encoding/json"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/stretchr/testify/require"
)

// The official schema of SARIF 2.1.0 accepts what is written. The validator reads a log into its own types first: nothing may get lost
// there, or a field would be outside of the schema.
func TestSARIFFollowsItsSchema(t *testing.T) {
	documents := sampleDocuments()
	documents["data"] = withDataFindings()
	for _, s := range hostile {
		documents[s] = New(hostileInput(prefix(s, 500)))
	}
	for name, d := range documents {
		_, page := readSARIF(t, d)
		log, err := sarif.FromBytes(page)
		require.NoError(t, err, name)
		// It writes what is absent as empty, which the schema refuses: the defaults of the specification take its place.
		for _, run := range log.Runs {
			run.Language, run.Tool.Driver.Language, run.NewlineSequences = "en-US", "en-US", []string{"\r\n", "\n"}
		}
		require.NoError(t, log.Validate(), name)
		again, err := json.Marshal(log)
		require.NoError(t, err)
		var written, read any
		require.NoError(t, json.Unmarshal(page, &written))
		require.NoError(t, json.Unmarshal(again, &read))
		requireContains(t, read, written, name)
	}
}

// requireContains holds every object of whole to the fields that part has, lists to equal lengths, and scalars to equality.
func requireContains(t *testing.T, whole, part any, at string) {
	t.Helper()
	switch part := part.(type) {
	case map[string]any:
		require.IsType(t, part, whole, at)
		for name, value := range part {
			require.Contains(t, whole, name, at)
			requireContains(t, whole.(map[string]any)[name], value, at+"."+name)
		}
	case []any:
		require.Len(t, whole, len(part), at)
		for i, value := range part {
			requireContains(t, whole.([]any)[i], value, at)
		}
	default:
		require.Equal(t, part, whole, at)
	}
}
