package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// gated is a policy with one action behind one expression.
func gated(filter string) Input {
	return inputOf(&Version{Workflows: []Workflow{workflow("W", always, when(text(filter), "A"))}, Actions: []Action{action("A")}})
}

// answer is the reason why the identity gets the action, else "if" and the smallest change, else "never" and the note.
func answer(t *testing.T, in Input, record string) string {
	t.Helper()
	_, e := explain(t, in, personOf(t, "i1", record), ExplainOptions{})
	if len(e.Actions) == 1 {
		require.Empty(t, e.Missed)
		return e.Actions[0].Status + ": " + e.Actions[0].Because.Text
	}
	require.Len(t, e.Missed, 1)
	if g := e.Missed[0]; len(g.Changes) > 0 {
		return "if " + g.Text
	}
	m := e.Missed[0].Items[0]
	if m.Because == nil {
		return "never: " + *m.Note
	}
	return "never: " + m.Because.Text
}

func TestReasonsAndChangesInWords(t *testing.T) {
	for _, tc := range []struct{ filter, record, want string }{
		{`a eq "x"`, `{"a":"x"}`, `planned: a is x`},
		{`a eq "x"`, `{"a":"y"}`, `if a were x (is y)`},
		{`a eq "x"`, `{}`, `if a were x (is absent)`},
		{`a eq "x y"`, `{"a":["x y"]}`, `planned: a is x y (it is ["x y"])`},
		{`a eq "and"`, `{"a":"and"}`, `planned: a is "and"`},
		{`a eq ""`, `{"a":"007"}`, `if a were "" (is 007)`},
		{`a ne "x"`, `{"a":"y"}`, `planned: a is not x (it is y)`},
		{`a ne "x"`, `{}`, `planned: a is absent, so not x`},
		{`a ne "x"`, `{"a":"x"}`, `if a were something else, such as "other" (is x)`},
		{`a ne null`, `{"a":1}`, `planned: a is present`},
		{`a eq null`, `{"a":null}`, `planned: a is absent`},
		{`a eq null`, `{"a":[]}`, `if a were absent (is [])`},
		{`not (a eq "x")`, `{"a":"y"}`, `planned: a is not x (it is y)`},
		{`not (a eq "x")`, `{}`, `planned: a is absent, so not x`},
		{`not (a pr)`, `{"a":"x"}`, `if a were absent (is x)`},
		{`a pr`, `{}`, `if a were present, such as "other" (is absent)`},
		{`a pr`, `{"a":""}`, `planned: a is present`},
		{`a co "b"`, `{"a":"abc"}`, `planned: a contains b (it is abc)`},
		{`a co "b"`, `{"a":["b","c"]}`, `planned: a contains b (it is ["b","c"])`},
		{`a co "b"`, `{"a":["c"]}`, `if a had b as well`},
		{`not (a co "b")`, `{"a":["b","c"]}`, `if a did not have b`},
		{`a co "b" and a co "d"`, `{"a":["c"]}`, `if a were ["b","d"] (is ["c"])`},
		{`a sw "b" and a ew "d" and a co "c"`, `{"a":"x"}`, `if a were bcd (is x)`},
		{`a sw "b"`, `{"a":"bc"}`, `planned: a starts with b (it is bc)`},
		{`not (a ew "b")`, `{"a":"bc"}`, `planned: a does not end with b (it is bc)`},
		{`a gt 2`, `{"a":3}`, `planned: a 3 is above 2`},
		{`a gt 2`, `{"a":1}`, `if a were 3 (is 1)`},
		{`a gt 2 and a lt 3`, `{"a":1}`, `if a were 2.5 (is 1)`},
		{`a gt 2.25 and a lt 2.5`, `{"a":1}`, `if a were 2.375 (is 1)`},
		{`a ge 2 and a le 2`, `{"a":2}`, `planned: a 2 is at least 2 and a 2 is at most 2`},
		{`a ge "2026-01-01"`, `{"a":"2026-12-01"}`, `planned: a 2026-12-01 is on or after 2026-01-01`},
		{`a gt "2026-01-31"`, `{"a":"2025-12-01"}`, `if a were 2026-02-01 (is 2025-12-01)`},
		{`a lt "2026-01-01T10:00:00Z" and a gt "2026-01-01T09:59:58Z"`, `{"a":"2025-12-01"}`, `if a were 2026-01-01T09:59:59Z (is 2025-12-01)`},
		{`a gt "2026-01-01T10:00:00"`, `{}`, `if a were 2026-01-02T10:00:00Z (is absent)`},
		{`a lt "m"`, `{"a":"z"}`, `if a were l (is z)`},
		{`a eq true`, `{"a":false}`, `if a were true (is false)`},
		{`not (a eq true)`, `{"a":true}`, `if a were false (is true)`},
		{`a eq 5`, `{"a":"5"}`, `if a were 5 (is "5")`},
		{`t.n eq "red"`, `{"t":{"n":"red"}}`, `planned: t.n is red`},
		{`t.n eq "red"`, `{"t":{"n":"blue","x":1}}`, `if t were {"n":"red","x":1} (is {"n":"blue","x":1})`},
		{`t.n eq "red"`, `{"t":[{"n":"blue"}]}`, `if t had {"n":"red"} as well`},
		{`t.n eq "red"`, `{}`, `if t.n were red (is absent)`},
		{`t.n eq "red"`, `{"t.n":"blue","t":{"n":"red"}}`, `if t.n were red (is blue)`},
		{`t[n eq "red" and x eq 1]`, `{"t":[{"n":"red","x":1}]}`, `planned: an element of t has n eq "red" and x eq 1`},
		{`t[n eq "red" and not (x eq 1)]`, `{"t":[{"n":"red","x":1}]}`, `if t had {"n":"red","x":2} as well`},
		{`not (t[n eq "red"])`, `{"t":[{"n":"red"},{"n":"blue"}]}`, `if t did not have {"n":"red"}`},
		{`t[n eq "red"] and t[n eq "blue"]`, `{"t":[]}`, `if t were [{"n":"red"},{"n":"blue"}] (is [])`},
		{`t[n eq "red"] and t[x eq 2]`, `{"t":{"n":"red"}}`, `if t were {"n":"red","x":2} (is {"n":"red"})`},
		{`a eq "1" and b eq "2" and c eq "3"`, `{}`, `if a were "1" (is absent) and b were "2" (is absent) and c were "3" (is absent)`},
		{`a eq "1" and b eq "2" and c eq "3" and d eq "4"`, `{}`, `never: a is absent, so not "1"`},
		{`a eq "1" and a eq "2"`, `{}`, `never: a is absent, so not "1"`},
		{`a eq "1" or a pr or not (a pr)`, `{}`, `planned: no attribute matters`},
		{`a gt true`, `{}`, "possible: if `a gt true`, which cannot be evaluated, is true"},
		{`a eq "1" and a gt true`, `{"a":"1"}`, "possible: a is \"1\", if `a gt true`, which cannot be evaluated, is true"},
		{`a eq "1" and b gt true`, `{"a":"2"}`, `never: a is not "1" (it is "2")`},
		{`a eq "1" and not (b gt true)`, `{"a":"1"}`, "possible: a is \"1\", if `b gt true`, which cannot be evaluated, is false"},
		{`a eq`, `{}`, "possible: if `a eq`, which cannot be evaluated, is true"},
		{`a eq "` + "long long long long long long long long long long long long long" + `"`, `{"a":"long long long long long long long long long long long long long"}`, `planned: a is long long long long long long long long long long long lo...`},
		{`entity_id eq "i1"`, `{"entity_id":"i1"}`, `planned: entity_id is i1`},
	} {
		t.Run(tc.filter+" on "+tc.record, func(t *testing.T) {
			require.Equal(t, tc.want, answer(t, gated(tc.filter), tc.record))
		})
	}
}
