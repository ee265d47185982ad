// Package tenant speaks with a tenant of the vendor: it pulls snapshots and asks for dry runs. It changes nothing there.
//
// The way of a request is
//
//	Client.Identity, DryRun, a pager   the documented calls, and what their answers say
//	──Client.do──▶ attempts            pace, budget, retries with jitter, one error for all of it
//	──Client.attempt──▶ answer         one request: bounded body, checked type, secrets replaced
//	──guard──▶ the wire                the allow-list; it alone knows the token
//
// On top of it Ask puts many questions at once and keeps answers in a Journal, and Pull writes a snapshot directory.
//
// Invariants:
//
//   - Only the documented reads and the dry run can be sent, only to the tenant that was named. The guard refuses all
//     else, whoever asks.
//   - The token is in the header of requests and nowhere else. Answers have it, and references to secrets, replaced before
//     anything else sees them.
//   - No question is lost: each ends in an answer or in an error that says why there is none.
//   - The time, the randomness and the waiting are given from outside.
package tenant
