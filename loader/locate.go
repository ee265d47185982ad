package loader

import "github.com/lcmsim/lcmsim/scimeval"

// LocatePopulation finds a population and its schema without a policy. path is a population file, or a snapshot
// directory that holds identities.* and perhaps a schema; schemaPath, where it is not empty, replaces that schema. An
// error is a *Problems.
func LocatePopulation(path, schemaPath string) (population string, schema *scimeval.Schema, err error) {
	o, isDir := openerAt(path, Options{})
	o.byPath, o.paths.Schema = false, schemaPath
	if !isDir {
		o.paths.Identities = path
	}
	o.locateIdentities()
	o.readSchema()
	if err := o.problems.err(); err != nil {
		return "", nil, err
	}
	return o.snap.Identities, o.snap.Schema, nil
}
