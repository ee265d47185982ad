// Package scimeval is the filter language: SCIM filters (RFC 7644 section 3.4.2.2) as Veza Lifecycle Management uses
// them in triggers, conditions and entity conditions, evaluated over whole populations.
//
// It knows nothing of policies or files. A filter goes through these stages, one a file:
//
//  1. scan: bounds length and nesting, checks UTF-8, decodes literals, records byte offsets, cuts bracket bodies out,
//     and reports the first place where the text leaves the grammar.
//  2. parse: hands the clean text to github.com/scim2/filter-parser/v2, which decides its structure, and turns the
//     answer into a positioned tree (Node).
//  3. compile: resolves names, types and rules into a graph of leaves and of and/or/not nodes in which equal parts
//     stand once, over all filters and all variants of the rules. A three-valued filter becomes two two-valued nodes:
//     Lower (certainly true) and Upper (possibly true).
//  4. eval: reads a batch (arrow.Record) as columns of distinct values and codes, decides each leaf once per distinct
//     value, and scans codes into bit masks.
//
// Correctness lives in functions on one value and one literal (compare, strict); everything else moves bits. A
// row-by-row evaluator in the tests is the slow twin of stage 4.
//
// Invariants: no input panics or hangs; parsing the printed form of a tree gives the same tree; masks depend neither on
// the batch's size nor on the order of its dictionary.
//
// Note: the parser library sees placeholders in place of names and literals. It neither decodes escapes nor keeps
// positions, accepts "orext" as "or ext", and refuses three terms inside brackets.
package scimeval
