// Package engine is the meaning of a lifecycle policy: which workflows, conditions and actions reach an identity, which
// access profiles and entitlements follow, and what the safety limits say. It is pure: no files, no clock, no network,
// no state outside its values on which a result depends; it knows nothing of wire formats or reports.
//
// The way of the data, one stage a file:
//
//  1. plan, profiles, entities: resolve names, priorities, inheritance and types of a policy version into a plan, and
//     collect findings with positions.
//  2. program: Compile numbers every expression, compiles them once (package scimeval) under the rules in force and
//     under each alternative filter rule, and lays out the match vector.
//  3. classify: a batch of identities becomes match vectors and from them behaviour classes; batches are independent.
//  4. outcome: one match vector put through the plan, in three-valued logic.
//  5. simulation: adds batches in input order, simulates each new class once, counts identities, and gives rows and the
//     Result; limits (over a ledger), sensitivity, revokes and flows (what leads to what) have files of their own. exemplars keeps
//     the records of classes for explanations, access says what requests would have to grant and to take away.
//
// A diff is the same with two sides (Input.Against): against builds the plans of both policies and of their edits over one
// set of expressions, items numbers what they have in common; state is an outcome in those numbers, change what becomes of
// an identity between two states; baseline indexes an earlier population, members takes the profiles of which people are
// members today for an earlier side, diff adds up the later one, joins compares with what is held, carried finds
// entitlements that change with a profile, attribution divides the changes among edits, cohort finds who is hit
// over-proportionally.
//
// Explain answers for one identity: reasons over atoms (explainreason), smallest changes (explainchange), the whole trace.
//
// What a tenant answers is compared in steps of its own; asking is the caller's business:
//
//  1. sample: a Sampler sees the population once and draws from it: random identities for the claim, and those of sampletargets, where
//     a disagreement is most likely or hurts most.
//  2. answer: what a dry run should say of a class (Prediction), and Compare, which puts the tenant's answer beside it; drift compares
//     attributes first.
//  3. diagnosis, diagnosisactions, diagnosisprofiles: a Diagnoser shrinks a disagreement to what decides it here.
//  4. crosscheck, bound: counts, and the exact bound on the share that disagrees.
//
// Calibration finds out by experiment which rules a tenant follows: hypotheses are all combinations of rules; survey groups the
// population, trial says what each group can tell; calibrate chooses experiments and drops what the answers contradict; calibration
// makes verdicts of it, suggestion looks for identities that would decide the remainder.
//
// Invariants: results depend neither on the size of batches nor on the number of workers; a class's outcome equals the
// outcome of each of its identities (a test proves it on random policies); unknown is carried as bounds and never
// becomes false; a draw or an experiment without an answer is in the result as such.
package engine
