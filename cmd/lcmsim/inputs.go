package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/lcmsim/lcmsim/loader"
	"github.com/lcmsim/lcmsim/report"
)

// inputs are the files that the flags name, or that have a meaning in the snapshots that they name, whether or not the run reads them:
// none is written to.
func (opt simulateOptions) inputs() []string {
	p := opt.paths
	list := []string{p.Policy, p.Versions, p.Profiles, p.Identities, p.Schema, p.Config, p.Grants, p.History, p.Accounts, opt.crosscheck}
	return append(list, partsOf(p.Dir)...)
}

// inputs are as those of simulateOptions, with the sides that are compared.
func (opt diffOptions) inputs() []string {
	list := opt.simulateOptions.inputs()
	for _, side := range []string{opt.from, opt.to, opt.baseline} {
		list = append(list, partsOf(side)...)
	}
	return list
}

// inputs are those of a re-run of a saved result.
func (opt verifyOptions) inputs(saved report.Renderable) []string {
	sides := diffOptions{simulateOptions: opt.simulateOptions, from: opt.from, to: opt.to, baseline: opt.baseline}
	if d, ok := saved.(*report.DiffDocument); ok && opt.baseline == "" {
		sides.baseline = baselinePlace(d)
	}
	return append(sides.inputs(), opt.result)
}

// partsOf are the files at a path: itself, or those that have a meaning in the snapshot directory that it is.
func partsOf(path string) []string {
	entries, err := os.ReadDir(path)
	if err != nil {
		return []string{path} // a file, or a word
	}
	var list []string
	for _, name := range loader.SnapshotFiles() {
		list = append(list, filepath.Join(path, name))
	}
	for _, entry := range entries {
		if strings.HasPrefix(strings.ToLower(entry.Name()), "identities.") {
			list = append(list, filepath.Join(path, entry.Name()))
		}
	}
	if secondary, err := os.ReadDir(filepath.Join(path, "secondary")); err == nil {
		for _, entry := range secondary {
			list = append(list, filepath.Join(path, "secondary", entry.Name()))
		}
	}
	return list
}
