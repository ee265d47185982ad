package report

import (
	"path"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// Where files lie is no input: a copy of a snapshot gives the same result. What a result says about it is compared nevertheless,
// with what a re-run would say if its files lay there.

// relocation puts the places that a saved result names in the stead of those that a re-run read.
type relocation struct {
	given []string          // what the run was told to read in the stead of a part of the snapshot
	dirs  map[string]string // directory of the re-run -> that of the saved result
	moved []string          // places of the saved result that the re-run did not read, with those that it did
	lines []string          // files in which findings stand in other lines
}

// relocated is a copy of now with the places of saved, as far as both can be right, and what was replaced. Files of one directory
// were in one directory then, under the same name; a file of which a flag says where it is now may have been anywhere. The places
// of findings follow, and their lines where nothing but those differs, as in a file that was laid out anew. What cannot have been so
// stays as it is, and differs.
func relocated(saved, now Renderable, given []string) (Renderable, *relocation) {
	r := &relocation{given: given, dirs: map[string]string{}}
	var out Renderable
	switch d := now.(type) {
	case *Document:
		was, c := saved.(*Document), *d
		c.Inputs.Snapshot = r.snapshot(was.Inputs.Snapshot, c.Inputs.Snapshot)
		c.Inputs.Population.Path = r.file(was.Inputs.Population.Path, c.Inputs.Population.Path)
		c.Inputs.Other = r.others(was.Inputs.Other, c.Inputs.Other)
		c.Diagnostics = r.diagnostics(was.Diagnostics, c.Diagnostics)
		out = &c
	case *DiffDocument:
		was, c := saved.(*DiffDocument), *d
		c.Inputs.Snapshot = r.snapshot(was.Inputs.Snapshot, c.Inputs.Snapshot)
		c.Inputs.From.Population = r.population(was.Inputs.From.Population, c.Inputs.From.Population)
		c.Inputs.To.Population = r.population(was.Inputs.To.Population, c.Inputs.To.Population)
		c.Inputs.Other = r.others(was.Inputs.Other, c.Inputs.Other)
		c.Diagnostics = r.diagnostics(was.Diagnostics, c.Diagnostics)
		out = &c
	}
	r.moved, r.lines = slices.Compact(r.moved), slices.Compact(r.lines)
	if len(r.moved)+len(r.lines) == 0 {
		return now, r
	}
	return derived(out), r
}

// cleanPath is a path that can be taken apart on any system.
func cleanPath(name string) string { return path.Clean(strings.ReplaceAll(name, `\`, "/")) }

// replace notes that a place is replaced.
func (r *relocation) replace(was, now string) {
	if was != now {
		r.moved = append(r.moved, was+" (here "+now+")")
	}
}

func (r *relocation) snapshot(was, now *string) *string {
	if was != nil && now != nil {
		r.dirs[cleanPath(*now)] = cleanPath(*was)
	}
	r.replace(orText(was, "parts given one by one"), orText(now, "parts given one by one"))
	return was
}

func (r *relocation) file(was, now string) string {
	dir, base := path.Split(cleanPath(now))
	oldDir, oldBase := path.Split(cleanPath(was))
	if _, ok := r.dirs[path.Clean(dir)]; !ok {
		r.dirs[path.Clean(dir)] = path.Clean(oldDir)
	}
	if r.wasGiven(now) || base == oldBase && r.dirs[path.Clean(dir)] == path.Clean(oldDir) {
		r.replace(was, now)
		return was
	}
	return now
}

// wasGiven tells whether a flag named a file, or the directory it is in.
func (r *relocation) wasGiven(name string) bool {
	return slices.ContainsFunc(r.given, func(given string) bool {
		return cleanPath(name) == cleanPath(given) || strings.HasPrefix(cleanPath(name), cleanPath(given)+"/")
	})
}

func (r *relocation) population(was, now *PopulationInput) *PopulationInput {
	if was == nil || now == nil {
		return now
	}
	c := *now
	c.Path = r.file(was.Path, now.Path)
	return &c
}

func (r *relocation) others(was, now []OtherInput) []OtherInput {
	if len(was) != len(now) {
		return now
	}
	now = slices.Clone(now)
	for i := range now {
		now[i].Path = r.file(was[i].Path, now[i].Path)
	}
	return now
}

// diagnostics gives findings the places that the same findings have in was: another line of the same file, another directory where an
// input was replaced, and any place in a file that a flag named. They are in the order of the places that they have then.
func (r *relocation) diagnostics(was, now []Diagnostic) []Diagnostic {
	left := map[string][]Diagnostic{} // those of was that have no partner yet, by what a replacement leaves
	key := func(d Diagnostic, given bool) string {
		if given {
			d.File, d.Line, d.Path = nil, nil, nil
		} else if d.Line = nil; d.File != nil {
			base := path.Base(cleanPath(*d.File))
			d.File = &base
		}
		return jsonDigest(d)
	}
	same := map[string]int{}
	for _, d := range was {
		same[jsonDigest(d)]++
	}
	out := slices.Clone(now)
	open := []int{} // of out, those that was does not have at the same place
	for i, d := range out {
		if digest := jsonDigest(d); same[digest] > 0 {
			same[digest]--
			continue
		}
		open = append(open, i)
	}
	for _, d := range was {
		if digest := jsonDigest(d); same[digest] > 0 {
			same[digest]--
			for _, given := range []bool{false, true} {
				left[key(d, given)] = append(left[key(d, given)], d)
			}
		}
	}
	for _, i := range open {
		given := out[i].File != nil && r.wasGiven(*out[i].File)
		k := key(out[i], given)
		if len(left[k]) == 0 {
			continue
		}
		d := left[k][0]
		if equalText(d.File, out[i].File) { // it was read where the result says
			if equalText(d.Path, out[i].Path) {
				left[k] = left[k][1:]
				r.lines = append(r.lines, orText(d.File, "no file"))
				out[i].Line = d.Line
			}
			continue
		}
		if !given && len(r.moved) == 0 {
			continue
		}
		left[k] = left[k][1:]
		r.replace(orText(d.File, "no file"), orText(out[i].File, "no file"))
		out[i].File, out[i].Line, out[i].Path = d.File, d.Line, d.Path
	}
	return sortedDiagnostics(out)
}

// sortedDiagnostics puts diagnostics in the order of their places.
func sortedDiagnostics(diagnostics []Diagnostic) []Diagnostic {
	findings := findingsOf(diagnostics)
	engine.SortFindings(findings)
	out := make([]Diagnostic, len(findings))
	for i, f := range findings {
		out[i] = newDiagnostic(f)
	}
	return out
}
