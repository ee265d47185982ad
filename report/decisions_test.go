package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

// decided are a result and the workbook that goes with it, ready to be filled in.
type decided struct {
	result, workbook []byte
	groups           []changeGroup
	sound            *workbookParts // the workbook
}

func newDecided(t *testing.T, d Renderable) decided {
	t.Helper()
	var result, workbook bytes.Buffer
	require.NoError(t, WriteJSON(&result, d))
	require.NoError(t, WriteXLSX(&workbook, d))
	out := decided{result: result.Bytes(), workbook: workbook.Bytes(), groups: changeGroups(d)}
	var err error
	out.sound, err = openParts(out.workbook, 1<<62)
	require.NoError(t, err)
	f, err := excelize.OpenReader(&workbook)
	require.NoError(t, err)
	defer f.Close()
	rows, err := f.GetRows(decisionsSheet)
	require.NoError(t, err)
	require.Equal(t, []string{"Decision", "Comment", "Name", "Date"}, rows[tableRow-1][firstInput()-1:])
	return out
}

// edited is the workbook after edit, saved by another program than wrote it.
func (d decided) edited(t require.TestingT, edit func(*excelize.File)) []byte {
	f, err := excelize.OpenReader(bytes.NewReader(d.workbook))
	require.NoError(t, err)
	defer f.Close()
	edit(f)
	var out bytes.Buffer
	require.NoError(t, f.Write(&out))
	return out.Bytes()
}

// filledIn is the workbook with values in the columns to fill in, by index of the group.
func (d decided) filledIn(t require.TestingT, rows map[int][]any) []byte {
	return d.edited(t, func(f *excelize.File) { d.fill(t, f, rows) })
}

func (d decided) fill(t require.TestingT, f *excelize.File, rows map[int][]any) {
	for group, values := range rows {
		require.NoError(t, f.SetSheetRow(decisionsSheet, cellName(tableRow+1+group, firstInput()), &values))
	}
}

// all fills in every group alike.
func (d decided) all(values ...any) map[int][]any {
	rows := map[int][]any{}
	for i := range d.groups {
		rows[i] = values
	}
	return rows
}

func (d decided) read(workbook []byte) (*DecisionsDocument, error) {
	return ReadDecisions(DecisionsInput{ToolVersion: "0.1.0", Workbook: workbook, Result: d.result, WorkbookName: "report.xlsx", ResultName: "result.json"})
}

// compared is what ReadDecisions finds before it looks at what was filled in.
func (d decided) compared(t require.TestingT, workbook []byte) (filledCells, *problems) {
	got, err := openParts(workbook, 1<<30)
	require.NoError(t, err)
	filled, found, err := compareSheets(d.sound, got, len(d.groups))
	require.NoError(t, err)
	return filled, found
}

var decisionDay = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

func TestDecisionsAreReadBack(t *testing.T) {
	for name, doc := range map[string]Renderable{"simulation": New(sampleInput()), "diff": NewDiff(sampleDiffInput())} {
		t.Run(name, func(t *testing.T) {
			d := newDecided(t, doc)
			require.Greater(t, len(d.groups), 4)
			digest := *doc.notes().RunDigest

			got, err := d.read(d.workbook)
			require.NoError(t, err)
			require.Equal(t, WordOpen, got.Verdict.Word)
			require.Equal(t, Exit{ExitInconclusive, []string{fmt.Sprintf("%d of %d change groups without a decision", len(d.groups), len(d.groups))}}, got.Exit)
			require.Equal(t, DecisionsSummary{Groups: len(d.groups), Open: len(d.groups)}, got.Summary)

			workbook := d.filledIn(t, d.all("approve", nil, "Ana Souza", decisionDay))
			got, err = d.read(workbook)
			require.NoError(t, err)
			require.Equal(t, WordApproved, got.Verdict.Word)
			require.Equal(t, Exit{ExitOK, []string{}}, got.Exit)
			require.Equal(t, sha256Hex(workbook), got.Workbook.SHA256)
			require.Equal(t, DecidedResult{
				Schema: doc.header().Schema, RunDigest: digest, SHA256: sha256Hex(d.result), Policy: DecidedPolicy{ptr("5d1c6a52-0c0e"), ptr("Workforce lifecycle"), got.Result.Policy.Version},
				AsOf: doc.header().AsOf, Verdict: doc.notes().Verdict.Word, ExitCode: doc.header().Exit.Code,
			}, got.Result, "an approval does not change what the result says")
			require.NotZero(t, got.Result.ExitCode)
			require.Contains(t, got.Verdict.Sentence, "; the result itself: "+got.Result.Verdict)
			for i, g := range d.groups {
				require.Equal(t, Decision{Group: g.ID, Kind: string(g.Kind), Name: g.Name, Lost: g.Lost, Gained: g.Gained, Deactivated: g.Deactivated,
					Revoked: g.Revoked, Undecided: g.Maybe, Decision: ptr("approve"), By: ptr("Ana Souza"), Date: ptr("2026-11-22")}, got.Decisions[i])
			}

			rows := d.all(" Approve ", "", "Ana Souza", "2026-11-22")
			rows[1] = []any{"REJECT", "who needs that?", " 王小明 ", 46348.75}
			rows[3] = []any{"\u00a0question", 5, 4711, "2026-11-23"}
			rows[4] = []any{nil, "later", nil, nil}
			got, err = d.read(d.filledIn(t, rows))
			require.NoError(t, err)
			require.Equal(t, DecisionsSummary{Groups: len(d.groups), Approved: len(d.groups) - 3, Rejected: 1, Questions: 1, Open: 1}, got.Summary)
			require.Equal(t, WordRejected, got.Verdict.Word)
			require.Equal(t, ExitGate, got.Exit.Code)
			require.Equal(t, []*string{ptr("reject"), ptr("who needs that?"), ptr("王小明"), ptr("2026-11-22")}, said(got.Decisions[1]))
			require.Equal(t, []*string{ptr("question"), ptr("5"), ptr("4711"), ptr("2026-11-23")}, said(got.Decisions[3]))
			require.Equal(t, []*string{nil, ptr("later"), nil, nil}, said(got.Decisions[4]))

			delete(rows, 1)
			got, err = d.read(d.filledIn(t, rows))
			require.NoError(t, err)
			require.Equal(t, WordQuestions, got.Verdict.Word)
			require.Equal(t, ExitInconclusive, got.Exit.Code)
			require.Len(t, got.Exit.Reasons, 2)
		})
	}
}

func said(d Decision) []*string { return []*string{d.Decision, d.Comment, d.By, d.Date} }

// The digest of a record can be computed from its JSON with any library.
func TestDigestOfTheRecord(t *testing.T) {
	d := newDecided(t, New(sampleInput()))
	got, err := d.read(d.filledIn(t, d.all("approve", `<&> "quoted"`, "王", decisionDay)))
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, WriteDecisionsJSON(&out, got))
	var members map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &members))
	delete(members, "record_digest")
	out.Reset()
	enc := json.NewEncoder(&out) // sorts members; for these texts and integers that is RFC 8785
	enc.SetEscapeHTML(false)
	require.NoError(t, enc.Encode(members))
	sum := sha256.Sum256(bytes.TrimSpace(out.Bytes()))
	require.Equal(t, hex.EncodeToString(sum[:]), got.RecordDigest)

	other := *got
	other.Decisions = slices.Clone(got.Decisions)
	other.Decisions[0].By = ptr("somebody else")
	digest, err := other.digest()
	require.NoError(t, err)
	require.NotEqual(t, got.RecordDigest, digest)
}

func TestDecisionsThatAreRefused(t *testing.T) {
	d := newDecided(t, NewDiff(sampleDiffInput()))
	at := func(column int) string { return decisionsSheet + "!" + cellName(tableRow+1, firstInput()+column) }
	for name, tc := range map[string]struct {
		row  []any
		want []string
	}{
		"another word":     {[]any{"approved", nil, "Ana", decisionDay}, []string{at(0) + ` says "approved"; choose approve, reject or question`}},
		"a number":         {[]any{1, nil, "Ana", decisionDay}, []string{at(0) + " says 1; choose"}},
		"a truth":          {[]any{true, nil, "Ana", decisionDay}, []string{at(0) + " says TRUE; choose"}},
		"nobody":           {[]any{"approve", "fine", nil, decisionDay}, []string{at(2) + " names nobody; who decides?"}},
		"an unseen name":   {[]any{"approve", "fine", "\u200b . ", decisionDay}, []string{at(2) + " names nobody"}},
		"never":            {[]any{"reject", nil, "Ana", " "}, []string{at(3) + " is empty; when was that decided?"}},
		"nobody and never": {[]any{"reject"}, []string{at(2) + " names nobody", at(3) + " is empty"}},
		"no date":          {[]any{"reject", nil, "Ana", "tomorrow"}, []string{at(3) + ` says "tomorrow", which is no date from 2000 on; write it as 2026-01-31`}},
		"an open date":     {[]any{nil, nil, nil, "22.11.2026"}, []string{at(3) + ` says "22.11.2026", which is no date`}},
		"an early date":    {[]any{"reject", nil, "Ana", 22}, []string{at(3) + " says 22, which is no date"}},
		"a late date":      {[]any{"reject", nil, "Ana", 1e300}, []string{at(3) + " says 1000000"}},
		"a hostile word":   {[]any{"\u202eapprove\u200b"}, []string{at(0) + ` says "\u202eapprove\u200b"`}},
	} {
		t.Run(name, func(t *testing.T) {
			filled, found := d.compared(t, d.filledIn(t, map[int][]any{0: tc.row}))
			require.Zero(t, found.n)
			_, err := readDecisions(d.groups, filled, false, "2026-12-31")
			require.Error(t, err)
			lines := strings.Split(err.Error(), "\n")
			require.Equal(t, "is not filled in as it must be:", lines[0])
			require.Len(t, lines, 1+len(tc.want))
			for i, want := range tc.want {
				require.Contains(t, lines[1+i], want)
			}
		})
	}
	_, err := d.read(d.filledIn(t, d.all("perhaps", nil, nil, "soon")))
	require.ErrorContains(t, err, fmt.Sprintf("\n  and %d more", 2*len(d.groups)-5), "the number of problems is exact")
}

func TestForeignWorkbooksAreRefused(t *testing.T) {
	d := newDecided(t, New(sampleInput()))
	in := sampleInput()
	in.Rules.Filter.Coerce = false
	other := newDecided(t, New(in))
	_, err := d.read(other.filledIn(t, other.all("approve", nil, "Ana", decisionDay)))
	require.EqualError(t, err, fmt.Sprintf("report.xlsx: is the workbook of run %s, but result.json is run %s; give the two files that one run wrote",
		(*New(in).RunDigest)[:12], (*New(sampleInput()).RunDigest)[:12]))

	// The same run with another gate: the same digest, another verdict.
	in = sampleInput()
	in.Settings.FailOn, in.Settings.FailOnGiven = []string{"warning"}, true
	other = newDecided(t, New(in))
	_, err = d.read(other.workbook)
	require.ErrorContains(t, err, "is not the workbook that result.json gives, and no decision is taken from it:\n  Summary!A1 says ")

	var diff bytes.Buffer
	require.NoError(t, WriteJSON(&diff, NewDiff(sampleDiffInput())))
	for name, tc := range map[string]struct {
		result   string
		workbook []byte
		want     string
	}{
		"result of a diff":     {diff.String(), d.workbook, "is the workbook of run "},
		"no result":            {"{}", d.workbook, "result.json: result has schema none"},
		"swapped":              {string(d.workbook), d.result, "result.json: is a workbook or another archive, not a result"},
		"an edited result":     {strings.Replace(string(d.result), `"as_of": "2026-11-01`, `"as_of": "2026-11-02`, 1), d.workbook, "result.json: was edited: its run digest is not that of its inputs"},
		"csv":                  {string(d.result), []byte("Group,Decision\n"), "report.xlsx: is no Excel workbook; give the .xlsx file in which the sheet Decisions was filled in"},
		"nothing":              {string(d.result), nil, "report.xlsx: is no Excel workbook"},
		"old or protected":     {string(d.result), []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on"), "report.xlsx: is protected with a password, or of the old kind .xls"},
		"a zip":                {string(d.result), zipOf(t, "a.txt", "b"), "report.xlsx: is no Excel workbook; save it as .xlsx"},
		"cut":                  {string(d.result), d.workbook[:len(d.workbook)/2], "report.xlsx: cannot be read as a workbook: "},
		"a part twice":         {string(d.result), zipOf(t, "[Content_Types].xml", emptyTypes, "[content_types].xml", emptyTypes), `it holds "[content_types].xml" twice`},
		"nothing to start at":  {string(d.result), zipOf(t, "[Content_Types].xml", emptyTypes), `it has no part "_rels/.rels"`},
		"macros":               {string(d.result), withType(t, "application/vnd.ms-excel.sheet.macroEnabled.main+xml"), "holds macros, which no workbook of lcmsim does"},
		"binary":               {string(d.result), withRelation(t, "xl/workbook.bin", ""), "is no Excel workbook of the kind .xlsx"},
		"a macro":              {string(d.result), withRelation(t, "xl/workbook.xml", "vbaProject"), "holds macros"},
		"data":                 {string(d.result), withRelation(t, "xl/workbook.xml", "connections"), "holds a connection to data"},
		"links":                {string(d.result), withType(t, "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"), "holds links to other workbooks"},
		"result of a tenant":   {crosscheckText(t), d.workbook, "result.json: changes nothing; give a result of `lcmsim simulate` or `lcmsim diff`"},
		"result of no digests": {withoutDigest(t), d.workbook, "result.json: has no run digest that decisions could hold for; write the result and its workbook with --report"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadDecisions(DecisionsInput{Workbook: tc.workbook, ToolVersion: "0.1.0", Result: []byte(tc.result), WorkbookName: "report.xlsx", ResultName: "result.json"})
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func crosscheckText(t *testing.T) string {
	var out bytes.Buffer
	require.NoError(t, WriteJSON(&out, NewCrosscheck(sampleCrosscheck(Printable))))
	return out.String()
}

func withoutDigest(t *testing.T) string {
	in := sampleInput()
	in.Population.SHA256 = nil
	var out bytes.Buffer
	require.NoError(t, WriteJSON(&out, New(in)))
	return out.String()
}

func TestDecisionsOfAResultThatChangesNothing(t *testing.T) {
	in := sampleInput()
	in.Result.Actions, in.Result.AccessProfiles, in.Result.Entitlements, in.Result.Limits = nil, nil, nil, nil
	in.Result.Summary.Unknown, in.Result.Summary.MayRemoveOthers = 0, 0
	in.Findings = nil
	var result, workbook bytes.Buffer
	require.NoError(t, WriteJSON(&result, New(in)))
	require.NoError(t, WriteXLSX(&workbook, New(in)))
	_, err := ReadDecisions(DecisionsInput{Workbook: workbook.Bytes(), Result: result.Bytes(), WorkbookName: "report.xlsx", ResultName: "result.json"})
	require.EqualError(t, err, "result.json: nothing changes that anybody could decide on, so that its workbook has no decisions")
}

func TestDatesOfDecisions(t *testing.T) {
	number := func(n float64) cellValue { return cellValue{kind: valueNumber, number: n} }
	for _, tc := range []struct {
		v        cellValue
		date1904 bool
		want     string // "" = none
	}{
		{number(46348), false, "2026-11-22"},
		{number(46348.999), false, "2026-11-22"},
		{number(46348 - 1462), true, "2026-11-22"},
		{number(36526), false, "2000-01-01"},
		{number(36525), false, ""},
		{number(2958465), false, "9999-12-31"},
		{number(2958466), false, ""},
		{number(2958465), true, ""},
		{number(-1), false, ""},
		{number(20261122), false, ""},
		{cellValue{kind: valueText, text: " 2026-11-22 "}, false, "2026-11-22"},
		{cellValue{kind: valueText, text: "2026-02-30"}, false, ""},
		{cellValue{kind: valueText, text: "22/11/2026"}, false, ""},
		{cellValue{kind: valueText, text: "1926-11-22"}, false, ""},
		{cellValue{kind: valueDate, text: "2026-11-22T13:00:00"}, false, "2026-11-22"},
		{cellValue{kind: valueDate, text: "2026-11-22"}, false, "2026-11-22"},
		{cellValue{kind: valueTruth, text: "TRUE"}, false, ""},
	} {
		got, ok := dateOf(tc.v, tc.date1904)
		require.Equal(t, tc.want, got, "%+v", tc.v)
		require.Equal(t, tc.want != "", ok)
		if ok && tc.v.kind == valueNumber {
			day, err := excelize.ExcelDateToTime(tc.v.number, tc.date1904)
			require.NoError(t, err)
			require.Equal(t, tc.want, day.Format(time.DateOnly))
		}
	}
}

// A workbook of the other date system counts days from 1904.
func TestDecisionsOfTheOtherDateSystem(t *testing.T) {
	d := newDecided(t, NewDiff(sampleDiffInput()))
	got, err := d.read(d.edited(t, func(f *excelize.File) {
		require.NoError(t, f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: ptr(true)}))
		d.fill(t, f, map[int][]any{0: {"approve", nil, "Ana", 46348 - 1462}})
	}))
	require.NoError(t, err)
	require.Equal(t, "2026-11-22", *got.Decisions[0].Date)
}

func TestTerminalOfDecisions(t *testing.T) {
	doc := NewDiff(sampleDiffInput())
	d := newDecided(t, doc)
	rows := d.all("approve", nil, "Ana Souza", decisionDay)
	rows[1] = []any{"reject", "Legal keeps its access until the migration of the document store is over; ask Kim before that.", "Bo Li", decisionDay}
	rows[2] = []any{"question", "why so many?", "Ana Souza", decisionDay}
	delete(rows, 3)
	got, err := d.read(d.filledIn(t, rows))
	require.NoError(t, err)
	for _, digest := range []*string{&got.Workbook.SHA256, &got.Result.RunDigest, &got.Result.SHA256, &got.RecordDigest} {
		*digest = sampleDigest // no two workbooks have the same bytes
	}
	var out bytes.Buffer
	require.NoError(t, WriteDecisionsTerminal(&out, got, TerminalOptions{Width: 100}))
	requireGolden(t, "decisions.txt", out.Bytes())
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Equal(t, got.Verdict.Line(), lines[0])
	require.Equal(t, got.Verdict.Line()+" (exit code 3)", lines[len(lines)-1])

	var color bytes.Buffer
	require.NoError(t, WriteDecisionsTerminal(&color, got, TerminalOptions{Width: 100, Color: true}))
	plain := strings.NewReplacer(styleRed, "", styleBold, "", styleGreen, "", styleReset, "").Replace(color.String())
	require.Equal(t, out.String(), plain)
	require.ErrorIs(t, WriteDecisionsTerminal(full{}, got, TerminalOptions{}), errFull)
	require.ErrorIs(t, WriteDecisionsJSON(full{}, got), errFull)
}

func TestSchemaOfDecisions(t *testing.T) {
	d := newDecided(t, NewDiff(sampleDiffInput()))
	rows := d.all("approve", "fine", "Ana Souza", decisionDay)
	delete(rows, 2)
	got, err := d.read(d.filledIn(t, rows))
	require.NoError(t, err)
	schema := compileSchema(t, "decisions.v1.schema.json")
	document := tree(t, got)
	require.NoError(t, schema.Validate(document))
	withoutEachField(document, "", func(path string) {
		require.Error(t, schema.Validate(document), "a record without %s", path)
	})
	requireSameFields(t, schema, reflect.TypeFor[DecisionsDocument](), "")
}
