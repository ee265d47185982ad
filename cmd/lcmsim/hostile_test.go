package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Arguments that would act on a terminal come back harmless in messages.
func TestHostileArguments(t *testing.T) {
	vendor, err := filepath.Abs(vendor)
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	for _, text := range []string{"\x1b[2J\x1b]0;x\x07", "\u202egnp.exe", "a\nlcmsim: OK\r\tb\x00", "\xff\xfe\u009b2J\u2028"} {
		for _, args := range [][]string{
			{text},
			{"--" + text},
			{"simulate", text},
			{"simulate", vendor, text, text},
			{"simulate", "--" + text},
			{"simulate", vendor, "--policy", text},
			{"simulate", vendor, "--version", text},
			{"simulate", vendor, "--as-of", text},
			{"simulate", vendor, "--semantics", text},
			{"simulate", vendor, "--rule", text},
			{"simulate", vendor, "--rule", "filter.coerce=" + text},
			{"simulate", vendor, "--rule", text + "=on"},
			{"simulate", vendor, "--fail-on", text},
			{"simulate", vendor, "--workers", text},
			{"simulate", vendor, "--report", text},
			{"simulate", vendor, "--report", "nowhere/" + text + ".json"},
			{"simulate", vendor, "--rows", text},
			{"simulate", vendor, "--identities", text + ".csv"},
			{"simulate", vendor, "--policy-file", text},
			{"simulate", vendor, "--config", text},
			{"filter", text, "a pr"},
			{"filter", vendor, text},
			{"filter", vendor, "a eq " + text},
			{"filter", vendor, "a eq \"" + text},
			{"filter", vendor, "--filters", text},
			{"generate", "x", "--format", text},
			{"generate", text + "\x00/x"},
			{"generate", "demo" + text, "--identities", "1"},
			{"simulate", vendor, "--rows", text + ".csv"},
			{"simulate", vendor, "--report", text + ".json", "--json"},
			{"version", text},
			{"help", text},
			{"completion", text},
		} {
			_, stdout, stderr := lcmsim(t.Context(), args...)
			require.Equal(t, -1, firstActive([]byte(stdout)), "%q: stdout %q", args, stdout)
			require.Equal(t, -1, firstActive([]byte(stderr)), "%q: stderr %q", args, stderr)
		}
	}
}
