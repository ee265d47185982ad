// Package bench measures lcmsim against other ways to the same numbers. It is a module of its own, so that what it
// compares with stays out of the module that users build. It holds benchmarks only; README.md says how to run them.
package bench
