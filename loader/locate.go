package loader

import (
	"os"

	"github.com/lcmsim/lcmsim/scimeval"
)

// LocatePopulation finds a population and its schema without a policy. path is a population file, or a snapshot
// directory that holds identities.* and perhaps a schema; schemaPath, where it is not empty, replaces that schema. An
// error is a *Problems.
func LocatePopulation(path, schemaPath string) (population string, schema *scimeval.Schema, err error) {
	paths := Paths{Schema: schemaPath, Identities: path}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		paths.Dir, paths.Identities = path, ""
	}
	o := &opener{snap: &Snapshot{Dir: paths.Dir}, paths: paths}
	o.locateIdentities()
	if src, root := o.settings(o.find(paths.Schema, "schema.yaml", "schema.json")); root != nil {
		o.snap.Schema = src.readSchema(root)
	}
	if err := o.problems.err(); err != nil {
		return "", nil, err
	}
	return o.snap.Identities, o.snap.Schema, nil
}
