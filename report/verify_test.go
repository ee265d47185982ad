package report

import (
	"bytes"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/engine"
)

const sampleVersion = "0.1.0"

// verifiableSimulation is a simulation whose run digest is computed, and whose list of identities is whole.
func verifiableSimulation(change func(*Input)) *Document {
	in := sampleInput()
	in.ToolVersion = sampleVersion
	in.Population.SHA256 = ptr(sampleDigest)
	for i := range in.Other {
		in.Other[i].SHA256 = ptr(sampleDigest)
	}
	in.Identities.Affected, in.Crosscheck = in.Identities.Listed, nil
	s := &in.Result.Summary
	s.Revokes, s.PossibleRevokes, s.PossibleEntitlements = 0, 0, 0
	in.Result.Classes = nil
	for i := range in.Identities.Rows {
		row := &in.Identities.Rows[i]
		row.Class, row.Entitlements, row.Revokes = i, 1, 0
		in.Result.Classes = append(in.Result.Classes, engine.ClassResult{ID: i, Size: 1, Exemplar: row.EntityID, Entitlements: []string{fmt.Sprintf("d|Group|g%d", i)}})
	}
	in.Result.ClassesTotal = len(in.Result.Classes)
	if change != nil {
		change(&in)
	}
	return New(in)
}

// verifiableDiff is likewise.
func verifiableDiff(change func(*DiffInput)) *DiffDocument {
	in := sampleDiffInput()
	in.ToolVersion = sampleVersion
	for i := range in.Other {
		in.Other[i].SHA256 = ptr(sampleDigest)
	}
	in.Identities.Cap, in.Identities.Total, in.Crosscheck = 10, in.Identities.Listed, nil
	if change != nil {
		change(&in)
	}
	return NewDiff(in)
}

func verifyBoth(saved, again Renderable, sameOutcome bool) *Verification {
	return Verify(saved, Rerun{Document: again, ToolVersion: sampleVersion}, sameOutcome)
}

// saved is a document as it is read from its file.
func saved[D Renderable](t require.TestingT, d D) D {
	var text bytes.Buffer
	require.NoError(t, WriteJSON(&text, d))
	read, err := Read(text.Bytes())
	require.NoError(t, err)
	return read.(D)
}

func otherDigest() *string { return ptr(strings.Repeat("0", 64)) }

func TestVerifyTheSame(t *testing.T) {
	for _, d := range []Renderable{saved(t, verifiableSimulation(nil)), saved(t, verifiableDiff(nil))} {
		for _, sameOutcome := range []bool{false, true} {
			v := verifyBoth(d, d, sameOutcome)
			require.Equal(t, WordValid, v.Verdict.Word, v.Verdict.Sentence)
			require.Equal(t, Exit{Code: ExitOK, Reasons: []string{}}, v.Exit)
			require.Contains(t, v.Verdict.ForApprover, d.notes().Verdict.ForApprover)
			require.Empty(t, v.Numbers)
			require.Empty(t, v.Notes)
			require.Equal(t, IdentityChanges{Cap: maxVerified, Complete: true, Rows: []IdentityChange{}}, v.Identities)
			for _, in := range v.Inputs {
				require.True(t, *in.Same, in.Input)
			}
		}
	}
	moved := verifiableSimulation(func(in *Input) {
		in.Snapshot, in.Population.Path = "elsewhere", "elsewhere/identities.jsonl"
		for i := range in.Other {
			in.Other[i].Path = "elsewhere/" + path.Base(in.Other[i].Path)
		}
		for i := range in.Findings {
			in.Findings[i].File = fmt.Sprintf("dir%d/%s", len(in.Findings)-i, in.Findings[i].File) // and with that, in another order
		}
	})
	v := verifyBoth(saved(t, verifiableSimulation(nil)), moved, false)
	require.Equal(t, "the same inputs give the same result; that they lay where it says was not verified", v.Verdict.Sentence)
	require.Equal(t, WordValid, v.Verdict.Word)
	require.Equal(t, []string{"Places that the result names and that were not read: acme (here elsewhere), acme/identities.jsonl (here elsewhere/identities.jsonl), " +
		"acme/grants.csv (here elsewhere/grants.csv) and 6 more."}, v.Notes)
}

// A result in which any one number was edited is not valid.
func TestVerifyFindsAnyEditedNumber(t *testing.T) {
	simulation, diff := verifiableSimulation(nil), verifiableDiff(nil)
	rapid.Check(t, func(t *rapid.T) {
		var d, again Renderable = nil, simulation
		if rapid.Bool().Draw(t, "diff") {
			again = diff
		}
		d = saved(t, again)
		var numbers []reflect.Value
		var paths []string
		eachNumber(reflect.ValueOf(d).Elem(), "", func(path string, n reflect.Value) {
			numbers, paths = append(numbers, n), append(paths, path)
		})
		require.Greater(t, len(numbers), 100)
		i := rapid.IntRange(0, len(numbers)-1).Draw(t, "which")
		by := rapid.IntRange(1, 1000).Draw(t, "by")
		if numbers[i].CanInt() {
			numbers[i].SetInt(numbers[i].Int() + int64(by))
		} else {
			numbers[i].SetFloat(numbers[i].Float() + float64(by))
		}
		v := verifyBoth(d, again, false)
		if strings.HasSuffix(paths[i], ".line") { // as in a file that was laid out anew, unless a sentence names the line
			if v.Verdict.Word != WordAltered {
				require.Equal(t, "the same inputs give the same result; findings stand in other lines", v.Verdict.Sentence)
			}
			return
		}
		require.Equal(t, ExitGate, v.Exit.Code)
		if strings.HasSuffix(paths[i], ".column") {
			require.Equal(t, WordDrifted, v.Verdict.Word, "findings can come from elsewhere")
			return
		}
		require.Equal(t, WordAltered, v.Verdict.Word, "%s: %s", paths[i], v.Verdict.Sentence)
		if strings.HasPrefix(paths[i], "diagnostics[") {
			require.True(t, strings.HasPrefix(v.Fields.Rows[0].Path, "diagnostic_groups["), "%s: %s", paths[i], v.Verdict.Sentence)
		} else if Intact(d, sampleVersion) {
			require.Equal(t, paths[i], v.Fields.Rows[0].Path)
			require.Equal(t, 1, v.Fields.Total)
		} else {
			require.True(t, strings.HasPrefix(paths[i], "inputs."), "%s is in the run digest", paths[i])
		}
	})
}

// eachNumber visits every number of a value.
func eachNumber(v reflect.Value, path string, visit func(path string, n reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			eachNumber(v.Elem(), path, visit)
		}
	case reflect.Struct:
		for f := range v.Type().Fields() {
			at := path
			if !f.Anonymous {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				at = strings.TrimPrefix(path+"."+name, ".")
			}
			eachNumber(v.FieldByIndex(f.Index), at, visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachNumber(v.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case reflect.Int, reflect.Float64:
		visit(path, v)
	}
}

func TestVerifyDrift(t *testing.T) {
	for _, c := range []struct {
		name        string
		saved       func(*Input)
		again       func(*Input)
		sameOutcome bool
		word        string
		code        int
		sentence    string
	}{
		{"population, nobody fares otherwise", nil, func(in *Input) { in.Population.SHA256 = otherDigest() }, false,
			WordDrifted, ExitGate, "1 input differs: population SHA-256; nobody fares otherwise"},
		{"the same, accepted", nil, func(in *Input) { in.Population.SHA256 = otherDigest() }, true,
			WordSameOutcome, ExitOK, "1 input differs: population SHA-256; nobody fares otherwise"},
		{"a larger population, accepted", nil, func(in *Input) { in.Population.SHA256, in.Result.Summary.Identities = otherDigest(), 5001 }, true,
			WordSameOutcome, ExitOK, "nobody fares otherwise"},
		{"a limit is never the same outcome", nil, func(in *Input) { in.Other[0].SHA256, in.Result.Limits[0].Max = otherDigest(), 7 }, true,
			WordDrifted, ExitGate, "SHA-256; 1 number differs"},
		{"entitlements of others are not either", nil, func(in *Input) { in.Population.SHA256, in.Result.Entitlements[0].Granted = otherDigest(), 7 }, true,
			WordDrifted, ExitGate, "entitlements are counted otherwise"},
		{"another version", nil, func(in *Input) { v := *in.Version; v.SHA256 = *otherDigest(); in.Version = &v }, false,
			WordDrifted, ExitGate, "policy version SHA-256"},
		{"another state of the policy", nil, func(in *Input) { p := *in.Policy; p.State = "PAUSED"; in.Policy = &p }, false,
			WordDrifted, ExitGate, "policy state"},
		{"another tool", nil, func(in *Input) { in.ToolVersion = "9.9.9" }, false,
			WordDrifted, ExitGate, "1 input differs: tool version; nobody fares otherwise"},
		{"a file that was not there", nil, func(in *Input) {
			in.Other = append(in.Other, OtherInput{Kind: "overrides", Path: "x", SHA256: otherDigest()})
		}, false,
			WordDrifted, ExitGate, "1 input differs: overrides SHA-256"},
		{"a finding that was not there", nil, func(in *Input) { in.Findings = in.Findings[:len(in.Findings)-1] }, false,
			WordDrifted, ExitGate, "the inputs are the same, and other findings come of them"},
		{"a finding that was not there, whatever is accepted", nil, func(in *Input) { in.Findings = in.Findings[:len(in.Findings)-1] }, true,
			WordDrifted, ExitGate, "the inputs are the same, and other findings come of them"},
		{"no digest, the same outcome", func(in *Input) { in.Population.SHA256 = nil }, nil, false,
			WordInconclusive, ExitInconclusive, "cannot be compared, for want of a digest: population SHA-256; nobody fares otherwise"},
		{"no digest, the same outcome, accepted", func(in *Input) { in.Population.SHA256 = nil }, nil, true,
			WordInconclusive, ExitInconclusive, "whether the file was edited cannot be told: its run digest was not checked"},
		{"no digest, another outcome", func(in *Input) { in.Population.SHA256 = nil }, func(in *Input) { in.Result.Summary.AffectedLow-- }, true,
			WordDrifted, ExitGate, "1 number differs"},
		{"revokes are not listed one by one", func(in *Input) { in.Result.Summary.Revokes = 1 }, func(in *Input) { in.Result.Summary.Revokes = 1; in.Population.SHA256 = otherDigest() }, true,
			WordInconclusive, ExitInconclusive, "nobody who can be compared fares otherwise, but not all can"},
		{"a cut list, nobody on it fares otherwise", func(in *Input) { in.Identities.Affected++ }, func(in *Input) { in.Identities.Affected++; in.Population.SHA256 = otherDigest() }, false,
			WordDrifted, ExitGate, "nobody who can be compared fares otherwise"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := verifyBoth(saved(t, verifiableSimulation(c.saved)), verifiableSimulation(c.again), c.sameOutcome)
			if c.name == "another tool" {
				v = Verify(saved(t, verifiableSimulation(c.saved)), Rerun{Document: verifiableSimulation(c.again), ToolVersion: "9.9.9"}, c.sameOutcome)
			}
			require.Equal(t, c.word, v.Verdict.Word, v.Verdict.Sentence)
			require.Equal(t, c.code, v.Exit.Code)
			require.Contains(t, v.Verdict.Sentence, c.sentence)
		})
	}
}

func TestVerifyNamesIdentities(t *testing.T) {
	before := verifiableDiff(nil)
	rows := before.Identities.Rows
	require.Len(t, rows, 4)
	gone, changed, renamed := rows[0].EntityID, rows[1].EntityID, rows[2].EntityID
	after := verifiableDiff(func(in *DiffInput) {
		in.To.Population = &PopulationInput{Path: "x", SHA256: otherDigest()}
		ids := slices.Clone(in.Identities.Rows)
		ids[1].EntitlementsGained = []string{"d|Group|a", "d|Group|b", "d|Group|c", "d|Group|d", "d|Group|e"}
		ids[1].Status = engine.StatusChanged
		ids[2].EntityName, ids[2].Class = ptr("Another Name"), 77
		fresh := DiffIdentity{DiffRow: sampleDiffRow(90, engine.StatusNew)}
		in.Identities = DiffIdentities{Cap: 10, Total: 4, Listed: 4, Rows: append(ids[1:], fresh)}
	})
	v := verifyBoth(saved(t, before), after, false)
	require.Equal(t, WordDrifted, v.Verdict.Word)
	require.Equal(t, 3, v.Identities.Total)
	require.True(t, v.Identities.Complete)
	named := map[string]IdentityChange{}
	for _, row := range v.Identities.Rows {
		named[row.EntityID] = row
	}
	require.NotContains(t, named, renamed, "names and numbers of classes do not tell how somebody fares")
	require.Equal(t, "unchanged", named[gone].Now)
	require.Contains(t, named[gone].Was, "changed; actions gained Active employees/US access; actions lost Active employees/Legal access; access profiles gained")
	require.Equal(t, "changed; entitlements gained d|Group|a, d|Group|b, d|Group|c and 2 more", named[changed].Now)
	require.Equal(t, "maybe; entitlements gained none", named[changed].Was)
	require.Equal(t, "unchanged", named["W000090"].Was)
	require.Equal(t, []string{gone, changed, "W000090"}, []string{v.Identities.Rows[0].EntityID, v.Identities.Rows[1].EntityID, v.Identities.Rows[2].EntityID})
}

// A profile that grants something else is told by the class of the identity: a simulation lists only how many entitlements there are.
func TestVerifyNamesEntitlementsOfSimulations(t *testing.T) {
	after := verifiableSimulation(func(in *Input) {
		in.Catalog = &engine.Catalog{SHA256: *otherDigest()}
		in.Result.Classes[1].Entitlements = []string{"d|Group|new"}
	})
	v := verifyBoth(saved(t, verifiableSimulation(nil)), after, true)
	require.Equal(t, WordDrifted, v.Verdict.Word)
	require.Len(t, v.Identities.Rows, 1)
	require.Equal(t, "affected: yes; entitlements d|Group|g1", v.Identities.Rows[0].Was)
	require.Equal(t, "affected: yes; entitlements d|Group|new", v.Identities.Rows[0].Now)
}

// Whom a cut list lacks may be beyond the cut: only counts tell.
func TestVerifyCutLists(t *testing.T) {
	cut := func(from, to, size int) func(*DiffInput) {
		return func(in *DiffInput) {
			in.To.Population = &PopulationInput{Path: "x", SHA256: otherDigest()}
			rows := in.Identities.Rows[from:to]
			in.Identities = DiffIdentities{Cap: 2, Total: 4, Listed: len(rows), Rows: rows}
			in.Result.Classes[0].Size = size
			in.Result.ClassesTotal = len(in.Result.Classes)
		}
	}
	before, after := verifiableDiff(cut(0, 2, 60)), verifiableDiff(cut(1, 3, 61))
	before.Inputs.To.Population.SHA256 = ptr(sampleDigest)
	inputs, _ := before.Inputs.withoutPaths()
	before.RunDigest = runDigest(before.Header, inputs, before.Baseline)
	v := verifyBoth(saved(t, before), after, false)
	require.Zero(t, v.Identities.Total)
	require.False(t, v.Identities.Complete)
	require.Equal(t, WordDrifted, v.Verdict.Word)
	require.Equal(t, 1, v.Classes.Total)
	require.Equal(t, 1, v.Classes.Rows[0].Now-v.Classes.Rows[0].Was)
	require.Contains(t, strings.Join(v.Notes, " "), "The lists of identities are cut: the result lists 2, the re-run 2.")
}

func TestVerifyCapsItsLists(t *testing.T) {
	many := func(suffix string) *Document {
		return verifiableSimulation(func(in *Input) {
			in.Identities.Rows, in.Result.Classes = nil, nil
			for i := range 250 {
				in.Identities.Rows = append(in.Identities.Rows, Identity{EntityID: fmt.Sprintf("W%03d", i), Affected: "yes", Workflows: []string{"w" + suffix}, Class: i, Entitlements: 1})
				in.Result.Classes = append(in.Result.Classes, engine.ClassResult{ID: i, Size: 1, Entitlements: []string{"e"}})
			}
			in.Identities.Affected, in.Identities.Listed = 250, 250
			in.Result.ClassesTotal = 250
		})
	}
	v := verifyBoth(saved(t, many("")), many("2"), false)
	require.Equal(t, WordAltered, v.Verdict.Word)
	require.Equal(t, 250, v.Identities.Total)
	require.Len(t, v.Identities.Rows, maxVerified)
	require.Equal(t, maxVerified, v.Identities.Listed)
	require.Equal(t, 250, v.Fields.Total)
	require.Len(t, v.Fields.Rows, maxVerified)
	var out bytes.Buffer
	require.NoError(t, WriteVerificationTerminal(&out, v, TerminalOptions{}))
	require.Contains(t, out.String(), "IDENTITIES THAT FARE OTHERWISE (5 of 250 shown)")
	require.Contains(t, out.String(), "FIELDS (10 of 250 shown)")
}

func TestVerifyWithoutARerun(t *testing.T) {
	edited := saved(t, verifiableDiff(nil))
	edited.Inputs.From.Profiles.Count++
	require.False(t, Intact(edited, sampleVersion))
	require.True(t, Intact(edited, "9.9.9"), "another version may digest otherwise")
	v := Verify(edited, Rerun{ToolVersion: sampleVersion}, true)
	require.Equal(t, WordAltered, v.Verdict.Word)
	require.Equal(t, ExitGate, v.Exit.Code)

	v = Verify(saved(t, verifiableDiff(nil)), Rerun{ToolVersion: sampleVersion, Impossible: "policy P has no version 8", Hints: []string{"Look elsewhere."}}, true)
	require.Equal(t, WordDrifted, v.Verdict.Word)
	require.Equal(t, "policy P has no version 8", v.Verdict.Sentence)
	require.Equal(t, []string{"Look elsewhere."}, v.Notes)

	digestless := saved(t, verifiableSimulation(nil))
	digestless.RunDigest = nil
	require.False(t, Intact(digestless, sampleVersion), "a digest that was taken away")
}

func TestVerifyNamesRulesOfConfig(t *testing.T) {
	before, after := verifiableSimulation(nil), verifiableSimulation(func(in *Input) {
		in.Other = slices.DeleteFunc(slices.Clone(in.Other), func(o OtherInput) bool { return o.Kind == "config" })
		in.Other = append(in.Other, OtherInput{Kind: "config", Path: "lcmsim.yaml", SHA256: otherDigest()})
	})
	config := engine.DefaultRules("vendor").All()
	for name, value := range before.Rules {
		config[name] = value
	}
	config["limits.zero"] = "zero"
	v := Verify(saved(t, before), Rerun{Document: after, ToolVersion: sampleVersion, ConfigRules: config}, false)
	i := slices.IndexFunc(v.Inputs, func(c InputCheck) bool { return c.Input == "rule limits.zero in lcmsim.yaml" })
	require.GreaterOrEqual(t, i, 0)
	require.Equal(t, InputCheck{Input: "rule limits.zero in lcmsim.yaml", Was: ptr("unset"), Now: ptr("zero"), Same: ptr(false)}, v.Inputs[i])
	require.NotContains(t, fmt.Sprint(Verify(saved(t, before), Rerun{Document: before, ToolVersion: sampleVersion, ConfigRules: config}, false).Inputs), "in lcmsim.yaml",
		"the same file says the same rules: the others were given by flags")
}

func TestVerifiable(t *testing.T) {
	require.NoError(t, Verifiable(verifiableSimulation(nil)))
	require.NoError(t, Verifiable(verifiableDiff(nil)))
	require.ErrorContains(t, Verifiable(&CrosscheckDocument{}), "answers of a tenant")
	require.ErrorContains(t, Verifiable(&CalibrationDocument{}), "answers of a tenant")
}

// sampleVerification has something in every list.
func sampleVerification() *Verification {
	v := verifyBoth(verifiableSimulation(nil), verifiableSimulation(func(in *Input) {
		in.Population.SHA256 = otherDigest()
		in.Result.Summary.Deactivated++
		in.Identities.Rows[0].Workflows = []string{"Leavers"}
	}), false)
	v.Classes = ClassChanges{Total: 1, Listed: 1, Rows: []ClassChange{{Exemplar: "W000001", Was: 2, Now: 3}}}
	v.Fields = FieldChanges{Total: 1, Listed: 1, Rows: []FieldChange{{Path: "summary.deactivated", Was: "259", Now: "260"}}}
	v.Notes = []string{"A note."}
	return v
}

func TestGoldenVerification(t *testing.T) {
	v := sampleVerification()
	var js, plain bytes.Buffer
	require.NoError(t, WriteVerificationJSON(&js, v))
	require.NoError(t, WriteVerificationTerminal(&plain, v, TerminalOptions{}))
	requireGolden(t, "verification.json", js.Bytes())
	requireGolden(t, "verification.txt", plain.Bytes())
	lines := strings.Split(strings.TrimSuffix(plain.String(), "\n"), "\n")
	require.Equal(t, lines[0]+" (exit code 3)", lines[len(lines)-1])
}

func TestSchemaOfVerifications(t *testing.T) {
	schema := compileSchema(t, "verification.v1.schema.json")
	document := tree(t, sampleVerification())
	require.NoError(t, schema.Validate(document))
	require.NoError(t, schema.Validate(tree(t, verifyBoth(verifiableDiff(nil), verifiableDiff(nil), false))))
	withoutEachField(document, "", func(path string) {
		require.Error(t, schema.Validate(document), "a document without %s", path)
	})
	requireSameFields(t, schema, reflect.TypeFor[Verification](), "")
}

func TestHostileTextInVerifications(t *testing.T) {
	for _, s := range hostile {
		simulation, diff := New(hostileInput(s)), NewDiff(hostileDiffInput(s))
		otherSimulation, otherDiff := New(hostileInput(s+"!")), NewDiff(hostileDiffInput(s+"!"))
		for _, v := range []*Verification{
			Verify(simulation, Rerun{Document: simulation, ToolVersion: simulation.ToolVersion}, false),
			Verify(diff, Rerun{Document: otherDiff, ToolVersion: diff.ToolVersion, Hints: []string{s}}, false),
			Verify(simulation, Rerun{Document: otherSimulation, ToolVersion: s + "?"}, false),
			Verify(simulation, Rerun{Impossible: s, ToolVersion: simulation.ToolVersion}, false),
		} {
			var out, js bytes.Buffer
			require.NoError(t, WriteVerificationTerminal(&out, v, TerminalOptions{}))
			for line := range strings.Lines(out.String()) {
				require.Equal(t, -1, strings.IndexFunc(strings.TrimSuffix(line, "\n"), notPrint), "%q", line)
			}
			require.NoError(t, WriteVerificationJSON(&js, v))
			require.NotContains(t, js.String(), "null,\n      \"rows\"")
		}
	}
}
