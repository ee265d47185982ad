// Package report turns the values of package engine into documents that people and programs read.
//
// The way of the data:
//
//  1. New assembles a Document: the versioned JSON model of a simulation (SPEC section 10), with the exit code, its
//     reasons, the verdict and every sentence and group that a rendering shows. NewDiff assembles a DiffDocument, that
//     of a diff; NewCrosscheck and NewCalibration what a tenant's answers show. All begin with a Header and carry Notes.
//  2. Each gives an outline, what every format shows of it: see Renderable.
//  3. WriteJSON saves a document of any kind and Read reads it back; the two are inverse.
//  4. WriteTerminal, WriteHTML, WriteXLSX, WriteMarkdown, WriteJUnit and WriteSARIF lay a document out, sort and shorten; what
//     they show is in the document, or a share or sum of its numbers. A rendering of a saved document equals the rendering
//     made at once, byte for byte.
//  5. Verify compares a saved document with one of today, and ReadDecisions reads back what people filled in.
//
// Beside the documents stand smaller outputs: RowsWriter and DiffRowsWriter, one record an identity; RequestsWriter, plans of access
// requests; FilterDocument, what filters match; ExplanationDocument, why one identity gets what it gets; DryRunAnswer, the same
// in the tenant's shape.
//
// Invariants:
//
//   - Output depends on the values alone: no clock, no environment, no map order.
//   - Names, attribute values and expressions come from strangers. JSON carries them exactly. Everything that a person
//     looks at passes through Printable; cells of a spreadsheet are text, never formulas.
//   - Lists in JSON are [] and never null; an unknown scalar is null.
//   - Every list that is cut says so, with the exact total.
//
// The JSON Schemas of all shapes are in docs/schema; a test compares them with the Go types.
package report
