package loader

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/scimeval"
)

func TestCSV(t *testing.T) {
	schema := &scimeval.Schema{ListSeparator: "|", Attributes: []scimeval.AttributeDef{
		{Name: "level", Type: "integer"}, {Name: "tags", Type: "string", MultiValued: true},
		{Name: "scores", Type: "decimal", MultiValued: true}, {Name: "start", Type: "date"}, {Name: "code", Type: "string"},
		{Name: "ok", Type: "boolean"},
	}}
	tests := []struct {
		name, attributes, text, want, inferred string
		schema                                 *scimeval.Schema
		entityType                             string
	}{
		{name: "inferred types", attributes: "b n s zero plus long empty mixed",
			text: "entity_id,b,n,s,zero,plus,long,empty,mixed\n" +
				"1,true,1,x,01,+1,1234567890123456,,true\n" +
				"2,false,-2.5,,2,2,1,,1\n" +
				"3,,0.5e1,,3,3,1,,\n",
			want: `1 | true | 1 | "x" | "01" | "+1" | "1234567890123456" | - | "true"
2 | false | -2.5 | - | "2" | "2" | "1" | - | "1"
3 | - | 5 | - | "3" | "3" | "1" | - | -
`,
			inferred: "b=bool, n=number, s=string, zero=string, plus=string, long=string, empty=string, mixed=string"},
		{name: "other spellings of booleans are text", attributes: "b", text: "entity_id,b\n1,TRUE\n", want: "1 | \"TRUE\"\n", inferred: "b=string"},
		{name: "only what is looked at is inferred", attributes: "a", text: "entity_id,a,b\n1,2,3\n", want: "1 | 2\n", inferred: "a=number"},
		{name: "excluded and repeated records count", attributes: "a", entityType: "E",
			text: "entity_id,entity_type,a\n1,E,1\n2,F,x\n", want: "1 | \"1\"\n", inferred: "a=string"},
		{name: "the header's types", attributes: "b n t s l urn:x",
			text: "entity_id,b:bool, n:number ,t:timestamp,s:string,l:list,urn:x:string\n1,TRUE,1e2,2024-01-15,5,a;b; c,7\n2,False,-0,2024-01-15T08:00:00+01:00,,x,\n",
			want: "1 | true | 100 | \"2024-01-15\" | \"5\" | [\"a\",\"b\",\" c\"] | \"7\"\n2 | false | 0 | \"2024-01-15T08:00:00+01:00\" | - | [\"x\"] | -\n"},
		{name: "the schema's types", attributes: "level tags scores start code ok", schema: schema,
			text: "entity_id,level,tags,scores,start,code,ok\n1,5,a|b;c,1|2.0,2024-01-15,007,true\n",
			want: "1 | 5 | [\"a\",\"b;c\"] | [1,2] | \"2024-01-15\" | \"007\" | true\n"},
		{name: "the header beats the schema", attributes: "level scores", schema: schema,
			text: "entity_id,level:string,scores:list\n1,5,1|2\n", want: "1 | \"5\" | [1,2]\n"},
		{name: "identities are text", attributes: "entity_id id entity_type entity_name",
			text: "entity_id,id,entity_type,entity_name\n7,1,2,3\n07,1,2,3\n",
			want: "7 (3) | \"7\" | \"1\" | \"2\" | \"3\"\n07 (3) | \"07\" | \"1\" | \"2\" | \"3\"\n"},
		{name: "another identifying column", attributes: "nr entity_id", schema: &scimeval.Schema{ID: "nr"},
			text: "nr,entity_id\n7,\n8,e\n", want: "7 | \"7\" | \"7\"\n8 | \"8\" | \"e\"\n", inferred: ""},
		{name: "quotes, line ends and a byte order mark", attributes: "a b",
			text: "\ufeffentity_id,a,b\r\n1,\"x, \"\"y\"\"\",\"two\nlines\"\r\n\r\n2,,\r\n",
			want: "1 | \"x, \\\"y\\\"\" | \"two\\nlines\"\n2 | - | -\n", inferred: "a=string, b=string"},
		{name: "custom properties", attributes: "customprop_x customprop_y",
			text: "entity_id,custom_properties.x:number,customprop_x:string,custom_properties.y:string\n1,1,a,b\n2,2,,\n",
			want: "1 | \"a\" | \"b\"\n2 | 2 | -\n"},
		{name: "an attributes column is no object", attributes: "attributes attributes.a",
			text: "entity_id,attributes:string,attributes.a:string\n1,x,y\n", want: "1 | \"x\" | \"y\"\n"},
		{name: "folding", attributes: "dept ~dept", text: "entity_id,DEPT,dept,Dept\n1,a,b,c\n2,a,,c\n3,,,c\n",
			want: "1 | \"b\" | \"b\"\n2 | - | \"a\"\n3 | - | \"c\"\n", inferred: "DEPT=string, dept=string, Dept=string"},
		{name: "movers", attributes: "sys_attr__is_mover", text: "entity_id,sys_attr__is_mover\n1,true\n2,\n",
			want: "1 | true\n2 | false\n", inferred: "sys_attr__is_mover=bool"},
		{name: "cells that spreadsheets run", attributes: "a", text: "entity_id,a:string\n=1,=1+1\n@2,-x\n", want: "=1 | \"=1+1\"\n@2 | \"-x\"\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := writeFile(t, "p.csv", test.text)
			for _, batchRows := range []int{0, 1} {
				rows, report, err := readPopulation(t, PopulationOptions{
					Path: path, Attributes: attributes(test.attributes), Schema: test.schema, EntityType: test.entityType, BatchRows: batchRows})
				require.NoError(t, err)
				require.Equal(t, test.want, dump(rows))
				inferred := ""
				for _, f := range report.Findings {
					if f.Code == "inferred-types" {
						inferred = strings.TrimPrefix(f.Message, "types inferred from the cells: ")
						require.Equal(t, 1, f.Line)
						require.Equal(t, strings.Count(inferred, "="), f.Count)
					}
				}
				require.Equal(t, test.inferred, inferred)
			}
		})
	}
}

func TestCSVReport(t *testing.T) {
	_, report, err := readPopulation(t, PopulationOptions{
		Path:       writeFile(t, "p.csv", "entity_id,a,customprop_x,custom_properties.x,none\n1,,1,2,\n1,5,,,\n2,5,,3,\n"),
		Attributes: attributes("sys_attr__is_mover"),
	})
	require.NoError(t, err)
	require.Equal(t, []AttributeCount{{"a", 1}, {"customprop_x", 2}, {"entity_id", 2}}, report.Attributes)
	require.Equal(t, 2, report.MoverAssumed)
	require.Equal(t, []string{"error duplicate-entity-id line=3 count=1"}, codes(report.Findings))
}

// TestCSVMixture: one attribute from two columns of different types.
func TestCSVMixture(t *testing.T) {
	_, report, err := readPopulation(t, PopulationOptions{
		Path:       writeFile(t, "p.csv", "entity_id,customprop_x:number,custom_properties.x:string\n1,1,\n2,,1\n3,,1\n"),
		Attributes: attributes("customprop_x"),
	})
	require.NoError(t, err)
	require.Len(t, report.Findings, 1)
	require.Equal(t, "attribute customprop_x mixes types: 1 number, 2 string", report.Findings[0].Message)
}

// TestInferenceIsOfTheWholeColumn checks the rule against cells in any order.
func TestInferenceIsOfTheWholeColumn(t *testing.T) {
	cell := rapid.SampledFrom([]string{"", "true", "false", "True", "1", "-1.5", "0", "0.1", "01", "+1", "1e+1", "123456789012345", "1234567890123456", "x", " 1"})
	isNumber := map[string]bool{"1": true, "-1.5": true, "0": true, "0.1": true, "123456789012345": true}
	rapid.Check(t, func(rt *rapid.T) {
		cells := rapid.SliceOfN(cell, 0, 5).Draw(rt, "cells")
		want, bools, numbers := csvString, true, true
		var f inference
		any := false
		for _, c := range cells {
			f.see(c)
			if c != "" {
				any = true
				bools = bools && (c == "true" || c == "false")
				numbers = numbers && isNumber[c]
			}
		}
		switch {
		case any && bools:
			want = csvBool
		case any && numbers:
			want = csvNumber
		}
		require.Equal(rt, want, f.typ())
	})
}
