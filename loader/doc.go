// Package loader turns bytes into values: it reads what people export and knows nothing of what a policy means. Where the bytes
// come from a tenant, package tenant below it fetches them; answers of dry runs and attributes of identities are read here too.
//
// It has two halves.
//
// The wire half reads the files around a population, each as a whole: policies, versions, access profiles and their
// types, datasources, dry-run answers, grants, history, the schema, lcmsim.yaml and the manifest. OpenSnapshot is its
// door. The way of a file is
//
//	bytes ──parseJSON / parseYAML──▶ node       a tree that keeps key order, lines and JSON paths; duplicate keys found
//	──source.open──▶ items                      the API's envelopes taken off
//	──source.fit──▶ fitted node                 a shape laid over it: key spellings settled, types checked, unknown
//	                                            fields noted
//	──source.readPolicies, readProfiles, ...──▶ values of package engine, with positions
//
// The population half streams identities in record batches, projected to the attributes that are asked for; it is in
// the files that begin with pop. OpenPopulation is its door.
// Secondary sources go through the same readers into tables, and overrides into a map; with them each identity is
// completed before it joins a batch (popjoin.go).
//
// Invariants:
//
//   - What makes an input unreadable is a Problem: all problems of all files are gathered in one *Problems error. What
//     was learned about a readable input is an engine.Finding and stops nothing.
//   - Every problem and finding names the file as the user knows it, the line and the JSON path.
//   - No input makes the package panic, hang or recurse without bound.
//   - Strings are handed on as they are: escaping is the business of whoever prints them.
package loader
