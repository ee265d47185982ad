package bench

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkDiff runs the tool itself, simulate and diff in turns on one snapshot, so that their ratio is of one run: wall and
// processor time of the diff over those of the simulation. attribution=on attributes the edits as well.
func BenchmarkDiff(b *testing.B) {
	tool, snapshot := toolAndSnapshot(b)
	run := func(args ...string) (wall, processor time.Duration) {
		cmd := exec.Command(tool, append(args, "--quiet", "--fail-on", "none", "--report", filepath.Join(filepath.Dir(tool), "result.json"))...)
		start := time.Now()
		out, err := cmd.CombinedOutput()
		wall = time.Since(start)
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 5 { // inconclusive is a result
			require.NoError(b, err, string(out))
		}
		return wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	for _, variant := range []struct {
		name  string
		flags []string
	}{
		{"off", []string{"--no-attribution"}},
		{"on", nil},
	} {
		b.Run(fmt.Sprintf("attribution=%s/identities=%d", variant.name, *identities), func(b *testing.B) {
			var walls, processors [2]time.Duration
			for b.Loop() {
				for i, args := range [][]string{{"simulate", snapshot}, append([]string{"diff", snapshot}, variant.flags...)} {
					wall, processor := run(args...)
					walls[i] += wall
					processors[i] += processor
				}
			}
			b.ReportMetric(walls[1].Seconds()/walls[0].Seconds(), "wall-of-simulate")
			b.ReportMetric(processors[1].Seconds()/processors[0].Seconds(), "cpu-of-simulate")
		})
	}
}
