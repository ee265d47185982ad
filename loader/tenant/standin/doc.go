// Package standin is a tenant to practise on: an http.Handler that speaks the documented endpoints over the files of a snapshot,
// with the vendor's paging, errors and enum spellings, and with faults on demand. It is for tests and for trying lcmsim by hand;
// nothing of lcmsim itself imports it.
//
// Its policy evaluation is written from the contract alone: one identity at a time, every expression walked as a tree over the
// record, numbers as fractions, no columns, no classes, and no line shared with packages scimeval, engine or loader. So a
// difference between its dry run and a simulation is a bug on one side. Each rule of the contract can be set to its alternative,
// in any combination, which makes it a tenant that lcmsim has to find out about.
//
// The way of a request:
//
//  1. server: it is recorded, without the token, which is checked, and a fault may strike (faults);
//  2. routes: the endpoint is found; pages cuts lists into pages; refusal is the shape of every error;
//  3. snapshot, identity, policy, profile: what the files hold, read once by New;
//  4. dryrun puts one identity through a version of a policy: filterparse, filter, value are the language, expression the types of
//     triggers and conditions, rules the named rules;
//  5. answer: the documented JSON.
//
// It leaves out what a dry run of a tenant does not need: secondary sources, overrides, baselines, and keys in camelCase in files.
package standin
