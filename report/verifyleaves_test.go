package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

// leaf is a value of a JSON tree that can be replaced.
type leaf struct {
	path  string
	value any
	set   func(any)
}

func leavesOf(value any, path string, set func(any)) []leaf {
	out := []leaf{{path, value, set}}
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			out = append(out, leavesOf(member, strings.TrimPrefix(path+"."+name, "."), func(n any) { v[name] = n })...)
		}
	case []any:
		for i, item := range v {
			out = append(out, leavesOf(item, fmt.Sprintf("%s[%d]", path, i), func(n any) { v[i] = n })...)
		}
	}
	return out
}

// alterations are other values for one of JSON.
func alterations(value any) []any {
	switch v := value.(type) {
	case json.Number:
		n, err := strconv.Atoi(string(v))
		if err != nil {
			return []any{json.Number("7777777.5")}
		}
		return []any{n + 1, 7777777}
	case string:
		return []any{v + "X"}
	case bool:
		return []any{!v}
	case nil:
		return []any{"X", 3, map[string]any{}}
	case []any:
		if len(v) == 0 {
			return []any{[]any{"X"}}
		}
		out := []any{v[:len(v)-1], append(slices.Clone(v), v[0]), []any{}}
		if len(v) > 1 {
			swapped := slices.Clone(v)
			swapped[0], swapped[1] = v[1], v[0]
			out = append(out, swapped)
		}
		return out
	}
	return nil
}

var anyIndex = regexp.MustCompile(`\[\d+\]`)

// eachAlteration calls visit for documents in which one value was altered, as they are read: the first of each kind of path. What cannot
// be read is left out.
func eachAlteration(t *testing.T, original Renderable, visit func(path string, altered Renderable)) {
	t.Helper()
	var text bytes.Buffer
	require.NoError(t, WriteJSON(&text, original))
	decoder := json.NewDecoder(&text)
	decoder.UseNumber()
	var tree any
	require.NoError(t, decoder.Decode(&tree))
	leaves := leavesOf(tree, "", func(any) {})
	slices.SortFunc(leaves, func(a, b leaf) int { return strings.Compare(a.path, b.path) })
	kinds := map[string]int{}
	read := 0
	for _, l := range leaves {
		kind := anyIndex.ReplaceAllString(l.path, "[]")
		if kinds[kind]++; kinds[kind] > 1 {
			continue
		}
		for _, value := range alterations(l.value) {
			l.set(value)
			altered, err := json.Marshal(tree)
			l.set(l.value)
			require.NoError(t, err)
			d, err := Read(altered)
			if err != nil {
				continue
			}
			read++
			visit(l.path, d)
		}
	}
	require.Greater(t, read, 100)
}

// Whatever is altered in a saved result, it is not valid; or the verdict says what was not verified.
func TestVerifyFindsAnyAlteration(t *testing.T) {
	// A copy of the snapshot that lies elsewhere, or parts that were given one by one, look like this.
	elsewhere := map[string]bool{"inputs.snapshot": true}
	for _, original := range []Renderable{verifiableSimulation(nil), verifiableDiff(nil)} {
		eachAlteration(t, original, func(path string, altered Renderable) {
			for _, sameOutcome := range []bool{false, true} {
				v := verifyBoth(altered, original, sameOutcome)
				switch {
				case v.Exit.Code != ExitOK:
				case strings.HasPrefix(path, "crosscheck"):
					require.Contains(t, v.Verdict.Sentence, "the claim of the cross-check was not verified", path)
				case regexp.MustCompile(`^diagnostics\[\d+\]\.line$`).MatchString(path): // of a file that was laid out anew
					require.Contains(t, v.Verdict.Sentence, "findings stand in other lines", path)
				default:
					require.True(t, elsewhere[path], "%s: %s", path, v.Verdict.Line())
					require.Contains(t, v.Verdict.Sentence, "that they lay where it says was not verified", path)
				}
			}
		})
	}
}

// With the cross-check at hand, nothing that a result says of it can be altered either.
func TestVerifyOfCrosschecks(t *testing.T) {
	withCrosscheck := func(in *Input) { in.Crosscheck = earlierCrosscheck() }
	with, without := verifiableSimulation(withCrosscheck), verifiableSimulation(nil)
	require.Equal(t, "the same inputs give the same result", verifyBoth(with, with, false).Verdict.Sentence)

	v := verifyBoth(with, without, false)
	require.Equal(t, ExitOK, v.Exit.Code)
	require.Equal(t, "the same inputs give the same result; the claim of the cross-check was not verified", v.Verdict.Sentence)
	require.Contains(t, v.Verdict.ForApprover, "What it says of a cross-check was not verified.")
	require.Contains(t, v.Notes[0], "Give the saved cross-check with --crosscheck.")
	require.Equal(t, WordDrifted, verifyBoth(without, with, false).Verdict.Word, "the result tells of none")

	eachAlteration(t, with, func(path string, altered Renderable) {
		if strings.HasPrefix(path, "crosscheck") {
			require.Equal(t, ExitGate, verifyBoth(altered, with, false).Exit.Code, path)
		}
	})
}

// Whoever alters a result and names other inputs for it, with the run digest that belongs to them, does not get away with the same
// outcome; or the verdict counts what differs.
func TestSameOutcomeFindsAnyAlteration(t *testing.T) {
	simulation := verifiableSimulation(func(in *Input) { in.Population.SHA256 = otherDigest() })
	diff := verifiableDiff(func(in *DiffInput) {
		later := *in.To.Population
		later.SHA256 = otherDigest()
		in.To.Population = &later
	})
	for _, c := range []struct{ original, again Renderable }{{verifiableSimulation(nil), simulation}, {verifiableDiff(nil), diff}} {
		require.Equal(t, WordSameOutcome, verifyBoth(c.original, c.again, true).Verdict.Word)
		eachAlteration(t, c.original, func(path string, altered Renderable) {
			redigest(altered)
			v := verifyBoth(altered, c.again, true)
			if v.Exit.Code == ExitOK && !inputField(path) {
				require.Regexp(t, "the population has another size, with which|that they lay where it says was not verified|findings stand in other lines", v.Verdict.Sentence, path)
			}
		})
	}
}

// redigest gives a document the run digest of what it names.
func redigest(d Renderable) {
	switch d := d.(type) {
	case *Document:
		if inputs, complete := d.Inputs.withoutPaths(); complete {
			d.RunDigest = runDigest(d.Header, inputs)
		}
	case *DiffDocument:
		if inputs, complete := d.Inputs.withoutPaths(); complete {
			d.RunDigest = runDigest(d.Header, inputs, d.Baseline)
		}
	}
}

// Other inputs do not let other words pass.
func TestVerifyOfForgedWords(t *testing.T) {
	again := verifiableSimulation(func(in *Input) { in.Population.SHA256 = otherDigest() })
	forged := saved(t, verifiableSimulation(nil))
	require.Equal(t, WordSameOutcome, verifyBoth(forged, again, true).Verdict.Word)
	forged.Verdict.ForApprover = "All fine. Sign."
	v := verifyBoth(forged, again, true)
	require.Equal(t, []any{WordAltered, ExitGate}, []any{v.Verdict.Word, v.Exit.Code})
	require.Equal(t, "the file was edited: verdict.for_approver does not follow from the rest of it", v.Verdict.Sentence)
	require.NotContains(t, v.Verdict.ForApprover, "Sign")

	other := saved(t, verifiableSimulation(nil))
	other.ToolVersion, other.LookFirst = "0.0.1", []string{"nothing"}
	v = Verify(other, Rerun{Document: verifiableSimulation(nil), ToolVersion: sampleVersion}, true)
	require.Equal(t, WordDrifted, v.Verdict.Word)
	require.Contains(t, v.Verdict.Sentence, "look_first differs")
}

// Without a digest that was checked, nothing is the same outcome: a file that names another version of lcmsim may say anything.
func TestNoSameOutcomeWithoutDigest(t *testing.T) {
	again := verifiableSimulation(func(in *Input) { in.Population.SHA256 = otherDigest() })
	for _, change := range []func(d *Document){
		func(d *Document) { d.ToolVersion = "0.9" },
		func(d *Document) { d.Inputs.Population.SHA256, d.RunDigest = nil, nil },
	} {
		claimed := saved(t, verifiableSimulation(nil))
		change(claimed)
		v := verifyBoth(claimed, again, true)
		require.Equal(t, []any{WordInconclusive, ExitInconclusive}, []any{v.Verdict.Word, v.Exit.Code}, v.Verdict.Sentence)
	}
}

// A population of another size lets counts follow it, and nothing else.
func TestSameOutcomeOfAnotherSize(t *testing.T) {
	larger := func(change func(*Input)) *Document {
		return verifiableSimulation(func(in *Input) {
			in.Population.SHA256, in.Result.Summary.Identities = otherDigest(), 5001
			if change != nil {
				change(in)
			}
		})
	}
	before := saved(t, verifiableSimulation(nil))
	v := verifyBoth(before, larger(nil), true)
	require.Equal(t, WordSameOutcome, v.Verdict.Word, v.Verdict.Sentence)
	require.Contains(t, v.Verdict.Sentence, "nobody fares otherwise; the population has another size, with which 3 fields differ")
	for want, change := range map[string]func(*Input){
		"1 number differs": func(in *Input) { in.Result.Limits[1].Enforced = "information" },
		"but workflows[0].name differs": func(in *Input) {
			in.Result.Workflows[0].Name = "Harmless"
		},
		"but settings.strict differs": func(in *Input) { in.Settings.Strict = true },
	} {
		v := verifyBoth(before, larger(change), true)
		require.Equal(t, WordDrifted, v.Verdict.Word, want)
		if want != "1 number differs" {
			require.Contains(t, v.Verdict.Sentence, want)
		}
	}
}

// Where a flag says that a file is now, it may have been anywhere; and so may what was found in it.
func TestVerifyFilesThatFlagsName(t *testing.T) {
	given := verifiableSimulation(func(in *Input) {
		in.Other = slices.Clone(in.Other)
		in.Other[0].Path = "downloads/past.csv"
		in.Findings[0].File, in.Findings[0].Line, in.Findings[0].Path = "downloads/second.json", 1, "config"
	})
	before := saved(t, verifiableSimulation(nil))
	require.Equal(t, WordAltered, verifyBoth(before, given, false).Verdict.Word)
	v := Verify(before, Rerun{Document: given, ToolVersion: sampleVersion, Given: []string{"downloads/past.csv", "downloads/second.json"}}, false)
	require.Equal(t, WordValid, v.Verdict.Word, v.Verdict.Sentence)
	require.Contains(t, v.Verdict.Sentence, "that they lay where it says was not verified")
	require.Contains(t, v.Notes[0], "policies.json (here downloads/second.json)")

	before.Diagnostics[0].Line = ptr(1)
	before = derived(before).(*Document)
	v = Verify(before, Rerun{Document: verifiableSimulation(nil), ToolVersion: sampleVersion, Given: []string{"policies.json"}}, false)
	require.Equal(t, WordValid, v.Verdict.Word, v.Verdict.Sentence)
	require.Equal(t, "the same inputs give the same result; findings stand in other lines", v.Verdict.Sentence, "the file was laid out anew")
	require.Equal(t, []string{"Findings stand in other lines than the result says, as in a file that was laid out anew: policies.json."}, v.Notes)
	before.Diagnostics[0].Path = ptr("elsewhere")
	v = Verify(before, Rerun{Document: verifiableSimulation(nil), ToolVersion: sampleVersion, Given: []string{"policies.json"}}, false)
	require.Equal(t, WordAltered, v.Verdict.Word, "it was read where the result says")
}

// Rows of a list can be told apart, however long names are.
func TestVerificationNamesWhatDiffersFirst(t *testing.T) {
	name := "max_identities_affected_percentage_of_the_whole_company"
	limited := func(low int) *Document {
		return verifiableSimulation(func(in *Input) {
			in.Population.SHA256 = otherDigest()
			in.Result.Limits = []engine.LimitResult{{Scope: "policy", Kind: "count", Name: name, Max: 5000, AffectedLow: low, AffectedHigh: 4733,
				Headroom: 267, Verdict: engine.VerdictOK, Enforced: fmt.Sprint("own", low)}}
		})
	}
	v := verifyBoth(limited(1), limited(2), false)
	var out bytes.Buffer
	require.NoError(t, WriteVerificationTerminal(&out, v, TerminalOptions{Width: 60}))
	require.Contains(t, out.String(), "\nat least ... (count) ")
	require.Contains(t, out.String(), "\nenforced ... (count) ")
}
