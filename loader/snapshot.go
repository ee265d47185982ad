package loader

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

// Paths says where the parts of a snapshot are. Dir is the snapshot directory; it may be empty when Policy and
// Identities are given. Every other path replaces the part that Dir has.
type Paths struct {
	Dir        string
	Policy     string // policies.json
	Versions   string // policy_versions.json
	Profiles   string // access_profiles.json
	Identities string // identities.*
	Schema     string // schema.yaml
	Config     string // lcmsim.yaml
	Grants     string // grants.*
	History    string // history.*
	Accounts   string // accounts.*
}

// Options sets how strictly a snapshot is read.
type Options struct {
	Strict bool // unknown fields are errors
}

// Snapshot is everything around a population, read and checked. The population and the secondary sources themselves
// are only located: they are streamed (see OpenPopulation).
type Snapshot struct {
	Dir          string // "" = none
	Manifest     Manifest
	Policies     []*engine.Policy // at least one
	Catalog      engine.Catalog
	ProfileTypes []ProfileType
	Datasources  []Datasource
	Identities   string           // path of the population
	Secondary    []string         // paths of secondary sources, sorted
	Overrides    string           // path of overrides.json, "" = none
	Schema       *scimeval.Schema // nil = none
	Config       Config
	Grants       *Grants  // nil = not given
	History      *History // nil = not given

	notes    notes
	read     map[string]string // paths of the parts by their first name
	accounts string            // the accounts file, as positions name it
}

// Part is the path that a part of the snapshot was read from, by its first name in SPEC section 1.1, such as grants.csv
// for grants in any format; "" = there was none.
func (s *Snapshot) Part(name string) string { return s.read[name] }

// Findings lists, sorted, what was learned about the snapshot as a whole, the policy and the versions: not what
// concerns other policies and versions of the export.
func (s *Snapshot) Findings(p *engine.Policy, versions ...*engine.Version) []engine.Finding {
	return s.notes.about(p, versions)
}

// maxWireFile bounds the size of a file that is read as a whole, in bytes.
const maxWireFile = 1 << 30

// opener reads the parts of one snapshot.
type opener struct {
	snap     *Snapshot
	paths    Paths
	opt      Options
	byPath   bool // positions name files by their path: this is not the only snapshot of a run
	problems Problems
}

// OpenSnapshot reads a snapshot. An error is a *Problems that lists what is wrong in all of its files.
func OpenSnapshot(paths Paths, opt Options) (*Snapshot, error) {
	o := &opener{snap: &Snapshot{Dir: paths.Dir}, paths: paths, opt: opt}
	if paths.Dir == "" && (paths.Policy == "" || paths.Identities == "") {
		o.problems.add(engine.Position{}, "", "a snapshot directory, or both a policy file and a population, are needed")
		return nil, &o.problems
	}
	if paths.Dir != "" && !o.checkDir() {
		return nil, &o.problems
	}
	o.readManifest(func(string) bool { return true })
	o.readConfig()
	o.readSchema()
	o.readPolicies()
	o.readProfiles()
	o.readSurroundings()
	o.locateIdentities()
	o.readHoldings()
	o.locateAccounts()
	o.noteIgnored()
	if err := o.problems.err(); err != nil {
		return nil, err
	}
	return o.snap, nil
}

func (o *opener) checkDir() bool {
	at := engine.Position{File: o.paths.Dir}
	info, err := os.Stat(o.paths.Dir)
	switch {
	case err != nil:
		o.problems.add(at, "", "the snapshot directory cannot be read: %v", cause(err))
	case !info.IsDir():
		o.problems.add(at, "name the directory that holds policies.json and identities.*", "is a file, want a snapshot directory")
	default:
		return true
	}
	return false
}

// source is a part of the snapshot as an input: given by its own path, or named inside the directory.
func (o *opener) source(name string) *source {
	return &source{file: name, strict: o.opt.Strict, enums: o.snap.Config.Enums, problems: &o.problems, notes: &o.snap.notes}
}

// name is how positions call a file of the directory.
func (o *opener) name(file string) string {
	if o.byPath {
		return filepath.Join(o.paths.Dir, file)
	}
	return file
}

// find locates a part: the given path, else the only one of names that is in the directory. path is "" when there is
// none; file names it in positions.
func (o *opener) find(given string, names ...string) (path, file string) {
	path, file = o.locate(given, names)
	if path != "" {
		if o.snap.read == nil {
			o.snap.read = map[string]string{}
		}
		o.snap.read[names[0]] = path
	}
	return path, file
}

func (o *opener) locate(given string, names []string) (path, file string) {
	if given != "" || o.paths.Dir == "" {
		return given, given
	}
	var there []string
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(o.paths.Dir, name)); !errors.Is(err, fs.ErrNotExist) {
			there = append(there, name)
		}
	}
	if len(there) == 0 {
		return "", ""
	}
	o.only(there)
	return filepath.Join(o.paths.Dir, there[0]), o.name(there[0])
}

// only reports that a part is there more than once.
func (o *opener) only(there []string) {
	if len(there) > 1 {
		o.problems.add(engine.Position{File: o.name(there[0])}, "keep one of them", "%s is there too", strings.Join(there[1:], ", "))
	}
}

// load reads a file as a whole; ok is false when it cannot be read, which is reported.
func (o *opener) load(path, file string) (data []byte, ok bool) {
	data, err := readWhole(path)
	if err != nil {
		o.problems.add(engine.Position{File: file}, "", "cannot be read: %v", cause(err))
		return nil, false
	}
	return data, true
}

func readWhole(path string) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxWireFile+1))
	if err == nil && len(data) > maxWireFile {
		err = fmt.Errorf("is larger than %d MiB", maxWireFile>>20)
	}
	return data, err
}

// tree reads a JSON file; nil when it is absent or cannot be read.
func (o *opener) tree(path, file string) *node {
	if path == "" {
		return nil
	}
	data, ok := o.load(path, file)
	if !ok {
		return nil
	}
	return parseJSON(file, data, &o.problems)
}

// settings reads a YAML file, or a JSON file by its extension, whose keys are lcmsim's own. root is nil when it is
// absent or cannot be read.
func (o *opener) settings(path, file string) (src *source, root *node) {
	src = o.source(file)
	src.closed = true
	if path == "" || strings.EqualFold(filepath.Ext(file), ".json") {
		return src, o.tree(path, file)
	}
	if data, ok := o.load(path, file); ok {
		root = parseYAML(file, data, &o.problems)
	}
	return src, root
}

// readManifest reads manifest.json and compares the digests of the files whose names inside the snapshot are read.
func (o *opener) readManifest(read func(name string) bool) {
	path, file := o.find("", "manifest.json")
	if root := o.tree(path, file); root != nil {
		o.snap.Manifest = o.source(file).readManifest(root, o.paths.Dir, read)
	}
}

func (o *opener) readConfig() {
	if src, root := o.settings(o.find(o.paths.Config, "lcmsim.yaml")); root != nil {
		o.snap.Config = src.readConfigFile(root)
	}
}

func (o *opener) readSchema() {
	if src, root := o.settings(o.find(o.paths.Schema, "schema.yaml", "schema.json")); root != nil {
		o.snap.Schema = src.readSchema(root)
	}
}

func (o *opener) readPolicies() {
	path, file := o.find(o.paths.Policy, "policies.json")
	if path == "" {
		o.problems.add(engine.Position{File: o.paths.Dir}, "export the policy, or give it with --policy-file", "has no policies.json")
		return
	}
	root := o.tree(path, file)
	if root == nil {
		return
	}
	src := o.source(file)
	before := len(o.problems.List)
	o.snap.Policies = src.readPolicies(root)
	if len(o.snap.Policies) == 0 && len(o.problems.List) == before {
		o.problems.add(engine.Position{File: file}, hintExport, "holds no policy")
	}
	path, file = o.find(o.paths.Versions, "policy_versions.json")
	if root := o.tree(path, file); root != nil {
		src := o.source(file)
		src.attachAll(o.snap.Policies, src.readVersions(root))
	}
}

func (o *opener) readProfiles() {
	if path, file := o.find(o.paths.Profiles, "access_profiles.json"); path != "" {
		o.snap.Catalog.Given = true
		if data, ok := o.load(path, file); ok {
			o.snap.Catalog.SHA256 = bytesDigest(data)
			if root := parseJSON(file, data, &o.problems); root != nil {
				o.snap.Catalog.Profiles = o.source(file).readProfiles(root)
			}
		}
	}
}

// readSurroundings reads what names and describes the things that profiles speak of.
func (o *opener) readSurroundings() {
	path, file := o.find("", "access_profile_types.json")
	if root := o.tree(path, file); root != nil {
		o.snap.ProfileTypes = o.source(file).readProfileTypes(root)
	}
	path, file = o.find("", "datasources.json")
	if root := o.tree(path, file); root != nil {
		o.snap.Datasources = o.source(file).readDatasources(root)
	}
}

// locateIdentities finds the population, the secondary sources and overrides.json.
func (o *opener) locateIdentities() {
	o.snap.Identities = o.paths.Identities
	if o.paths.Dir == "" {
		return
	}
	if o.paths.Identities == "" {
		there := o.populations("", "identities")
		switch len(there) {
		case 0:
			o.problems.add(engine.Position{File: o.paths.Dir},
				"add identities.parquet, .arrow, .jsonl, .json or .csv, also with .gz or .zst, or "+o.otherwise(),
				"has no identities file")
		default:
			o.snap.Identities = filepath.Join(o.paths.Dir, there[0])
			o.only(there)
		}
	}
	o.locateSecondary()
	if path, _ := o.find("", "overrides.json"); path != "" {
		o.snap.Overrides = path
	}
}

// locateSecondary finds the secondary sources. Of a datasource there is one file.
func (o *opener) locateSecondary() {
	byID := map[string][]string{}
	for _, name := range o.populations("secondary", "") {
		o.snap.Secondary = append(o.snap.Secondary, filepath.Join(o.paths.Dir, "secondary", name))
		id := datasourceOf(name)
		byID[id] = append(byID[id], "secondary/"+name)
	}
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		o.only(byID[id])
	}
}

// otherwise is how else a population can be given.
func (o *opener) otherwise() string {
	if o.byPath {
		return "name the population file itself"
	}
	return "give it with --identities"
}

// populations lists the files of a folder of the snapshot that have the extension of a population, and that stem
// unless it is empty; sorted.
func (o *opener) populations(folder, stem string) []string {
	entries, err := os.ReadDir(filepath.Join(o.paths.Dir, folder))
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			o.problems.add(engine.Position{File: filepath.Join(o.paths.Dir, folder)}, "", "cannot be read: %v", cause(err))
		}
		return nil
	}
	var out []string
	for _, entry := range entries {
		format, compression, err := splitExtensions(entry.Name())
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		if stem == "" || strings.EqualFold(entry.Name(), stem+format+compression) {
			out = append(out, entry.Name())
		}
	}
	return out
}

// readHoldings reads grants and history.
func (o *opener) readHoldings() {
	if path, file := o.find(o.paths.Grants, "grants.csv", "grants.jsonl", "grants.parquet"); path != "" {
		o.snap.Grants = o.source(file).readGrants(path)
	}
	if path, file := o.find(o.paths.History, "history.csv", "history.jsonl"); path != "" {
		o.snap.History = o.source(file).readHistory(path)
	}
}

var snapshotFiles = []string{
	"manifest.json", "policies.json", "policy_versions.json", "access_profiles.json", "access_profile_types.json",
	"datasources.json", "integrations.json", "overrides.json", "grants.csv", "grants.jsonl", "grants.parquet", "history.csv",
	"history.jsonl", "schema.yaml", "schema.json", "lcmsim.yaml",
}

// SnapshotFiles lists the names that mean something in a snapshot directory, but for the population.
func SnapshotFiles() []string { return slices.Concat(snapshotFiles, accountFiles) }

// noteIgnored notes files of the directory that are not read: a misspelt name would be missed in silence otherwise.
func (o *opener) noteIgnored() {
	if o.paths.Dir == "" {
		return
	}
	entries, err := os.ReadDir(o.paths.Dir)
	if err != nil {
		return // checkDir has read it
	}
	known := SnapshotFiles()
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || slices.Contains(known, name) || strings.HasPrefix(name, ".") || strings.HasPrefix(strings.ToUpper(name), "README") {
			continue
		}
		if _, _, err := splitExtensions(name); err == nil && strings.HasPrefix(strings.ToLower(name), "identities.") {
			continue
		}
		f := engine.Finding{
			Severity: engine.SeverityInfo, Code: "ignored-file", Position: engine.Position{File: o.name(name)},
			Message: "is no part of a snapshot and was not read", Hint: "check its name",
		}
		if near := scimeval.Nearest(name, known); near != "" {
			f.Severity, f.Hint = engine.SeverityWarning, fmt.Sprintf("did you mean %s?", near)
		}
		o.snap.notes.add(nil, name, f)
	}
}
