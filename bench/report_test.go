package bench

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkReport runs a diff with a JSON report and one with a report of another format, in turns: wall and processor time of the
// second over those of the first, and the size of the report.
func BenchmarkReport(b *testing.B) {
	tool, snapshot := toolAndSnapshot(b)
	for _, format := range []string{"html", "xlsx", "md"} {
		b.Run(fmt.Sprintf("format=%s/identities=%d", format, *identities), func(b *testing.B) {
			var walls, processors [2]time.Duration
			paths := [2]string{filepath.Join(b.TempDir(), "result.json"), filepath.Join(b.TempDir(), "report."+format)}
			for b.Loop() {
				for i, path := range paths {
					cmd := exec.Command(tool, "diff", snapshot, "--quiet", "--fail-on", "none", "--report", path)
					start := time.Now()
					out, err := cmd.CombinedOutput()
					walls[i] += time.Since(start)
					var exit *exec.ExitError
					if !errors.As(err, &exit) || exit.ExitCode() != 5 { // inconclusive is a result
						require.NoError(b, err, string(out))
					}
					processors[i] += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
				}
			}
			info, err := os.Stat(paths[1])
			require.NoError(b, err)
			b.ReportMetric(walls[1].Seconds()/walls[0].Seconds(), "wall-of-json")
			b.ReportMetric(processors[1].Seconds()/processors[0].Seconds(), "cpu-of-json")
			b.ReportMetric(float64(info.Size()), "report-bytes")
		})
	}
}
