package tenant

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseAddress(t *testing.T) {
	for _, tc := range []struct{ text, want, fails string }{
		{"acme.vezacloud.com", "https://acme.vezacloud.com", ""},
		{" https://Acme.vezacloud.com/// ", "https://acme.vezacloud.com", ""},
		{"https://acme.vezacloud.com:443", "https://acme.vezacloud.com", ""},
		{"acme.example:8443/veza/", "https://acme.example:8443/veza", ""},
		{"https://proxy.example/a/b", "https://proxy.example/a/b", ""},
		{"HTTPS://acme.example", "https://acme.example", ""},
		{"http://127.0.0.1:8787", "http://127.0.0.1:8787", ""},
		{"http://127.8.9.10", "http://127.8.9.10", ""},
		{"http://[::1]:8787/", "http://[::1]:8787", ""},
		{"http://LOCALHOST:1", "http://localhost:1", ""},
		{"localhost:8787", "https://localhost:8787", ""},
		{"", "", "no tenant is named"},
		{"http://acme.example", "", "in the clear"},
		{"http://127.0.0.1.example", "", "in the clear"},
		{"http://localhost.example", "", "in the clear"},
		{"http://[::2]", "", "in the clear"},
		{"http://0.0.0.0", "", "in the clear"},
		{"ftp://acme.example", "", `the scheme "ftp"`},
		{"file:///etc/passwd", "", "is no URL"},
		{"https://", "", "is no URL"},
		{"https://acme example", "", "is no URL"},
		{"https://acme.example:x", "", "is no URL"},
		{"acme\x00.example", "", "is no URL"},
		{"me@acme.example", "", "a user name or a password"},
		{"https://me:secret@acme.example", "", "a user name or a password"},
		{"acme.example?a=b", "", "a query or a fragment"},
		{"acme.example/?", "", "a query or a fragment"},
		{"acme.example#", "", "a query or a fragment"},
		{"acme.example/../x", "", "no plain path"},
		{"acme.example/a%2fb", "", "no plain path"},
		{"acme.example/a//b", "", "no plain path"},
		{"acme.example/policies:dry_run", "", "no plain path"},
	} {
		u, err := parseAddress(tc.text)
		if tc.fails != "" {
			require.ErrorContains(t, err, tc.fails, "%q", tc.text)
			require.NotContains(t, err.Error(), "secret")
			continue
		}
		require.NoError(t, err, "%q", tc.text)
		require.Equal(t, tc.want, u.String(), "%q", tc.text)
	}
}
