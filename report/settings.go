package report

import "strings"

// Settings are the choices behind a result, besides its inputs and rules, on which its numbers or its exit code depend.
type Settings struct {
	ActiveAttribute  string   `json:"active_attribute"`
	FailOn           []string `json:"fail_on"`           // words of --fail-on, in the order of SPEC section 9
	FailOnGiven      bool     `json:"fail_on_given"`     // see FailOn.Given
	DetailedExitcode bool     `json:"detailed_exitcode"` // exit code 2 when something changes
	ExpectNoChanges  bool     `json:"expect_no_changes"` // exit code 3 when something changes
	Cohorts          []string `json:"cohorts"`           // attributes beside those that filters name
	Attribution      bool     `json:"attribution"`       // of changes to the edits of the policy
	Strict           bool     `json:"strict"`            // unknown fields in the exports are errors
}

// Words lists what fails the gate, as ParseFailOn reads it.
func (f FailOn) Words() []string {
	words := []string{}
	for _, w := range []struct {
		on   bool
		word string
	}{{f.Limit, "limit"}, {f.Guard, "guard"}, {f.Maybe, "maybe"}, {f.Error, "error"}, {f.Warning, "warning"}} {
		if w.on {
			words = append(words, w.word)
		}
	}
	return words
}

// failOn is the gate of the settings.
func (s Settings) failOn() FailOn {
	if len(s.FailOn) == 0 {
		return FailOn{Given: s.FailOnGiven}
	}
	f, err := ParseFailOn(strings.Join(s.FailOn, ","))
	if err != nil {
		panic("report: settings were not made of FailOn.Words: " + err.Error())
	}
	f.Given = s.FailOnGiven
	return f
}
