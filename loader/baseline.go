package loader

import (
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

// Baseline is an earlier population: of a snapshot what says who was there and with which attributes, or a population
// file alone. Positions name files by their path.
type Baseline struct {
	Dir        string // "" = a file alone
	Manifest   Manifest
	Identities string           // path of the population
	Secondary  []string         // paths of secondary sources, sorted
	Overrides  string           // path of overrides.json, "" = none
	Schema     *scimeval.Schema // nil = none

	notes notes
	read  map[string]string
}

// Part is as Snapshot.Part.
func (b *Baseline) Part(name string) string { return b.read[name] }

// Findings lists, sorted, what was learned about the files around the population.
func (b *Baseline) Findings() []engine.Finding { return b.notes.findings() }

// SecondaryOf is as Snapshot.SecondaryOf.
func (b *Baseline) SecondaryOf(p *engine.Policy) ([]SecondaryFile, []engine.Finding) {
	return pairSecondary(b.Secondary, p, func(path string) string { return path })
}

// OpenBaseline finds an earlier population at path: a snapshot directory, of which policies and profiles may be
// missing, or a population file. An error is a *Problems.
func OpenBaseline(path string, opt Options) (*Baseline, error) {
	o, isDir := openerAt(path, opt)
	if isDir {
		o.readManifest(tellsIdentities)
		o.noteIgnored()
	} else {
		o.paths.Identities = path
		o.checkPopulation()
		o.refusePolicy(path)
	}
	o.readSchema()
	o.locateIdentities()
	if err := o.problems.err(); err != nil {
		return nil, err
	}
	s := o.snap
	return &Baseline{
		Dir: s.Dir, Manifest: s.Manifest, Identities: s.Identities, Secondary: s.Secondary, Overrides: s.Overrides,
		Schema: s.Schema, notes: s.notes, read: s.read,
	}, nil
}

// openerAt prepares reading what is at path: a snapshot directory beside the one of the run, or a file.
func openerAt(path string, opt Options) (o *opener, isDir bool) {
	o = &opener{snap: &Snapshot{}, opt: opt, byPath: true}
	info, err := os.Stat(path)
	isDir = err == nil && info.IsDir()
	if isDir {
		o.paths.Dir, o.snap.Dir = path, path
	}
	return o, isDir
}

// checkPopulation reports a population file that cannot be opened, or is no population by its name.
func (o *opener) checkPopulation() {
	file, err := openRegular(o.paths.Identities)
	if err != nil {
		o.problems.add(engine.Position{File: o.paths.Identities}, "name a snapshot directory or a population file",
			"cannot be read: %v", cause(err))
		return
	}
	file.Close()
	if _, _, err := splitExtensions(o.paths.Identities); err != nil {
		o.problems.gather(err)
	}
}

// maxPeeked bounds the JSON files that are looked into before they are read as a population, in bytes.
const maxPeeked = 16 << 20

// refusePolicy reports a JSON file that holds policies or access profiles.
func (o *opener) refusePolicy(path string) {
	info, err := os.Stat(path)
	if err != nil || !strings.EqualFold(filepath.Ext(path), ".json") || info.Size() > maxPeeked || len(o.problems.List) > 0 {
		return
	}
	data, err := readWhole(path)
	if err != nil {
		return // reading the population says why
	}
	root := parseJSON(path, data, &Problems{})
	if root == nil {
		return
	}
	scratch := source{file: path, problems: &Problems{}, notes: &notes{}}
	items, _ := scratch.open(root)
	for _, n := range items {
		if n.kind == nodeObject && (n.has("current_version") || n.has("config")) && !n.has("entity_id") {
			o.problems.add(n.at(path), "policies go to --from and --to", "is an export of policies or access profiles, want a population")
			return
		}
	}
}

// tellsIdentities tells whether a file of a snapshot, by its name inside it, says who is in the population.
func tellsIdentities(name string) bool {
	stem, _, _ := strings.Cut(path.Base(name), ".")
	switch path.Dir(name) {
	case ".":
		return stem == "identities" || stem == "overrides" || stem == "schema"
	case "secondary":
		return true
	}
	return false
}
