package report

import (
	"fmt"

	"github.com/xuri/excelize/v2"
)

// chartsSheet shows the greatest changes of each kind.
const chartsSheet = "Charts"

// chartRows is how many changes a chart shows.
const chartRows = 10

// chartColumn is where charts stand: beside the name and at most four counts.
const chartColumn = 7

// chartSeries is a count of changes that a chart shows.
type chartSeries struct {
	title, color string
	of           func(changeGroup) int
}

// chartedSeries are the counts that groups have, in the order of bars. What is revoked is shown where nothing is lost: it may be the
// same. Who is deactivated is not shown among those who gain.
func chartedSeries(groups []changeGroup) []chartSeries {
	all := []chartSeries{
		{"Lost", fillLost, func(g changeGroup) int { return g.Lost }}, {"Revoked", fillLost, func(g changeGroup) int { return g.Revoked }},
		{"Deactivated", fillHarm, func(g changeGroup) int { return g.Deactivated }},
		{"Gained", fillGained, func(g changeGroup) int { return g.Gained - g.Deactivated }}, {"Undecided", fillOther, func(g changeGroup) int { return g.Maybe }},
	}
	out := []chartSeries{}
	for _, s := range all {
		most := 0
		for _, g := range groups {
			most = max(most, s.of(g))
		}
		if most > 0 && (s.title != "Revoked" || len(out) == 0) {
			out = append(out, s)
		}
	}
	return out
}

// writeCharts writes a sheet with a chart for each kind of change, beside the numbers that it shows.
func (b *workbook) writeCharts() error {
	sheet, _, err := b.newSheet(chartsSheet, 0)
	if err != nil {
		return err
	}
	if err := sheet.SetColWidth(1, 1, 40); err != nil {
		return err
	}
	if err := sheet.SetColWidth(2, chartColumn-2, 12); err != nil {
		return err
	}
	row := 1
	for _, kind := range []struct {
		kind  groupKind
		title string
	}{{groupAction, "Actions"}, {groupProfile, "Access profiles"}, {groupEntitlement, "Entitlements without a profile's change"}} {
		groups := []changeGroup{}
		for _, g := range b.groups {
			if g.Kind == kind.kind {
				groups = append(groups, g)
			}
		}
		if len(groups) == 0 {
			continue
		}
		shown := groups[:min(len(groups), chartRows)]
		title := kind.title
		if len(shown) < len(groups) {
			title = fmt.Sprintf("%s: the %d of %s with the greatest harm", kind.title, len(shown), Count(len(groups)))
		}
		if err := b.writeChart(sheet, row, title, shown); err != nil {
			return err
		}
		row += len(shown) + 10 // rows that the chart takes
	}
	return nil
}

// writeChart writes a title, a list of changes and a chart of it.
func (b *workbook) writeChart(sheet sheetWriter, row int, title string, groups []changeGroup) error {
	series := chartedSeries(groups)
	columns := []tableColumn{{"What", 40, kindID}}
	for _, s := range series {
		columns = append(columns, tableColumn{s.title, 14, kindNumber})
	}
	if err := sheet.SetRow(fmt.Sprintf("A%d", row), []any{excelize.Cell{StyleID: b.styles.title, Value: title}}, excelize.RowOpts{Height: 24}); err != nil {
		return err
	}
	if err := sheet.SetRow(fmt.Sprintf("A%d", row+1), b.headerCells(columns)); err != nil {
		return err
	}
	for i, g := range groups {
		const label = 60 // characters
		values := []any{snip(cellText(g.Name), label)}
		for _, s := range series {
			values = append(values, s.of(g))
		}
		if err := sheet.SetRow(fmt.Sprintf("A%d", row+2+i), b.cells(columns, values)); err != nil {
			return err
		}
	}
	first, last := row+2, row+1+len(groups)
	oneColor, ink := false, excelize.Font{Family: fontFamily, Size: 9, Color: "404040"}
	chart := &excelize.Chart{
		Type:       excelize.Bar,
		Format:     excelize.GraphicOptions{AltText: title + ". The numbers stand beside it."},
		Dimension:  excelize.ChartDimension{Width: 640, Height: uint(100 + 24*len(groups))},
		Legend:     excelize.ChartLegend{Position: "bottom"},
		VaryColors: &oneColor,
		XAxis:      excelize.ChartAxis{ReverseOrder: true, Font: ink},
		YAxis:      excelize.ChartAxis{MajorGridLines: true, Font: ink, NumFmt: excelize.ChartNumFmt{CustomNumFmt: "#,##0"}},
	}
	for i, s := range series {
		column, err := excelize.ColumnNumberToName(i + 2)
		if err != nil {
			return err
		}
		chart.Series = append(chart.Series, excelize.ChartSeries{
			Name:       fmt.Sprintf("%s!$%s$%d", chartsSheet, column, row+1),
			Categories: fmt.Sprintf("%s!$A$%d:$A$%d", chartsSheet, first, last),
			Values:     fmt.Sprintf("%s!$%s$%d:$%s$%d", chartsSheet, column, first, column, last),
			Fill:       excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{s.color}},
		})
	}
	at, err := excelize.CoordinatesToCellName(chartColumn, row+1)
	if err != nil {
		return err
	}
	return b.f.AddChart(chartsSheet, at, chart)
}
