package engine

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/scimeval"
)

// Whatever the batches, the record that is kept of a class is that of its first identity.
func TestExemplarsAreFirstOfTheirClass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, people := randomInput(t)
		p := Compile(in)
		whole, _ := batchOf(p.Attributes(), people)
		defer whole.Release()
		class := make([]int32, len(people))
		next := int32(0)
		for i := range class {
			class[i] = int32(rapid.IntRange(0, int(next)).Draw(t, "class"))
			next = max(next, class[i]+1)
		}
		kept := NewExemplars(p.Attributes())
		var firsts []int
		for start := 0; start < len(people); {
			end := rapid.IntRange(start+1, len(people)).Draw(t, "end")
			rec, _ := batchOf(p.Attributes(), people[start:end])
			added, err := kept.Add(rec, class[start:end])
			rec.Release()
			require.NoError(t, err)
			for _, r := range added {
				firsts = append(firsts, start+r)
			}
			start = end
		}
		require.Len(t, firsts, int(next))
		for c, first := range firsts {
			require.Equal(t, slices.Index(class, int32(c)), first)
			rec := kept.Record(c, p.Attributes())
			got, err := readRow(rec, 0)
			rec.Release()
			require.NoError(t, err)
			want, err := readRow(whole, first)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		require.Nil(t, kept.Record(int(next), p.Attributes()), "there is no such class")
		require.Nil(t, kept.Record(0, []scimeval.Attribute{{Name: "no such attribute"}}))
	})
}
