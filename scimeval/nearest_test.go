package scimeval

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNearest(t *testing.T) {
	names := []string{"department", "employment_status", "employment_type", "title", "is_active", "id", "customprop_badge_id", "cost_center", "manager_id", "managers"}
	for name, want := range map[string]string{
		"departmnet": "department", "Department": "department", "DEPARTMENT": "department", "department": "", "departments": "department",
		"employmentStatus": "employment_status", "employment-status": "employment_status", "titel": "title", "titles": "title",
		"badge_id": "customprop_badge_id", "BadgeId": "customprop_badge_id", "costcenter": "cost_center", "isActive": "is_active", "active": "is_active",
		"manager": "managers", "ID": "id", "ix": "", "x": "", "": "", "somethingelse": "", "é": "",
		strings.Repeat("department", 20): "",
	} {
		require.Equal(t, want, Nearest(name, names), name)
	}
	require.Empty(t, Nearest("a", nil))
	require.Equal(t, "abcdea", Nearest("abcde", []string{"abcdec", "abcdeb", "abcdea"}), "a tie goes to the first in byte order")
	require.Equal(t, "abcdea", Nearest("abcde", []string{"abcdea", "abcdeb", strings.Repeat("a", 200)}))
}

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"kitten", "sitting", 3}, {"ab", "ba", 1}, {"abcd", "badc", 2}, {"ca", "abc", 3}} {
		require.Equal(t, c.want, editDistance(c.a, c.b), "%s %s", c.a, c.b)
	}
}

func TestNearestFew(t *testing.T) {
	known := []string{"W0001", "W0003", "W0002", "W0002", "zebra", "W0004"}
	require.Equal(t, []string{"W0001", "W0002", "W0003"}, NearestFew("W000", known))
	require.Equal(t, []string{"zebra"}, NearestFew("zebr", known))
	require.Empty(t, NearestFew("unlike", known))
	require.Equal(t, "W0001", known[0], "the candidates stay as they are")
}
