package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// mostMemory is what a simulation of 1,000,000 identities in Parquet may take at its peak, in bytes.
const mostMemory = 2 << 30

// BenchmarkSimulate runs the tool itself: generate writes a snapshot in Parquet, simulate reads it. It reports the peak
// memory of the process and fails when that reaches 2 GiB.
func BenchmarkSimulate(b *testing.B) {
	tool, snapshot := toolAndSnapshot(b)
	dir := filepath.Dir(tool)

	b.Run(fmt.Sprintf("format=parquet/identities=%d", *identities), func(b *testing.B) {
		var peak int64
		for b.Loop() {
			cmd := exec.Command(tool, "simulate", snapshot, "--quiet", "--report", filepath.Join(dir, "result.json"))
			out, err := cmd.CombinedOutput()
			require.NoError(b, err, string(out))
			peak = max(peak, cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss<<10)
		}
		b.ReportMetric(float64(b.N)*float64(*identities)/b.Elapsed().Seconds(), "identities/s")
		b.ReportMetric(float64(peak>>20), "peak-MiB")
		require.Less(b, peak, int64(mostMemory))
	})
}

// toolAndSnapshot builds lcmsim and has it generate a snapshot in Parquet.
func toolAndSnapshot(b *testing.B) (tool, snapshot string) {
	dir := b.TempDir()
	tool, snapshot = filepath.Join(dir, "lcmsim"), filepath.Join(dir, "snapshot")
	build := exec.Command("go", "build", "-o", tool, "./cmd/lcmsim")
	build.Dir = ".." // the module of the tool
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(b, err, string(out))
	out, err = exec.Command(tool, "generate", snapshot, "--quiet", "--format", "parquet", "--identities", strconv.Itoa(*identities)).CombinedOutput()
	require.NoError(b, err, string(out))
	return tool, snapshot
}
