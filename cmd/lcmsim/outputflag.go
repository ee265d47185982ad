package main

import "github.com/spf13/pflag"

// outputFlag is a flag that names a file to write. Of two, the first would be dropped in silence: the second is refused.
type outputFlag struct {
	name  string
	path  *string
	given bool
}

// addOutputFlag adds the flag of an output of which there is one.
func addOutputFlag(f *pflag.FlagSet, path *string, name, usage string) {
	f.Var(&outputFlag{name: name, path: path}, name, usage)
}

func (o *outputFlag) String() string { return *o.path }

// Type makes the help show the flag as that of a string.
func (o *outputFlag) Type() string { return "string" }

func (o *outputFlag) Set(path string) error {
	if o.given {
		return &givenTwice{flag: o.name, first: *o.path}
	}
	*o.path, o.given = path, true
	return nil
}

// givenTwice is the error for the second value of a flag that takes one.
type givenTwice struct{ flag, first string }

func (e *givenTwice) Error() string {
	return "--" + e.flag + " is given twice; keep one: the first is " + e.first
}
