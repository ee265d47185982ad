package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// drawingNames are the elements of a drawing that holds charts and nothing else.
var drawingNames = []string{
	"wsDr", "twoCellAnchor", "oneCellAnchor", "from", "to", "col", "colOff", "row", "rowOff", "ext", "graphicFrame", "nvGraphicFramePr", "cNvPr",
	"cNvGraphicFramePr", "graphicFrameLocks", "xfrm", "off", "graphic", "graphicData", "chart", "clientData", "extLst", "creationId",
}

// chartNames are the elements of a chart that say what it shows: what it is, from which cells, in which order and with which words.
var chartNames = []string{
	"barDir", "grouping", "f", "orientation", "numFmt", "max", "min", "logBase", "numLit", "strLit", "multiLvlStrRef", "rich", "userShapes", "externalData", "pivotSource",
	"trendline", "errBars", "datalabelsRange", "showDataLabelsRange", "pictureOptions", "blipFill",
}

// drawn are the charts of a sheet: what each shows, in no order.
func (w *workbookParts) drawn(part string, around *surroundings) ([]string, error) {
	if len(around.drawings) == 0 {
		return nil, nil
	}
	rels, err := w.relationshipsOf(part)
	if err != nil {
		return nil, err
	}
	charts := []string{}
	for _, id := range around.drawings {
		drawing, err := rels.target(id, "drawing")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part, err)
		}
		more, err := w.chartsOf(drawing)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", drawing, err)
		}
		charts = append(charts, more...)
	}
	slices.Sort(charts)
	return charts, nil
}

// target is the part of a kind that a relationship leads to.
func (rs relationships) target(id, kind string) (string, error) {
	r, ok := rs[id]
	if !ok || r.Mode == "External" || relationKind(r.Type) != kind {
		return "", fmt.Errorf("there is no %s %q", kind, Printable(prefix(id, 40)))
	}
	return r.Target, nil
}

// elements visits the elements of a part, in whatever namespace, with the text inside them.
func (w *workbookParts) elements(part string, visit func(e xml.StartElement, text string) error) error {
	dec, end, err := w.open(part)
	if err != nil {
		return err
	}
	defer end()
	var open []xml.StartElement
	var texts [][]byte
	for {
		token, err := dec.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			open, texts = append(open, t), append(texts, nil)
		case xml.CharData:
			if len(texts) > 0 {
				texts[len(texts)-1] = append(texts[len(texts)-1], t...)
			}
		case xml.EndElement:
			last := len(open) - 1
			if err := visit(open[last], string(texts[last])); err != nil {
				return err
			}
			open, texts = open[:last], texts[:last]
		}
	}
}

// chartsOf are the charts of a drawing: what each shows. A drawing with anything else, or whose charts may cover cells, is an error.
func (w *workbookParts) chartsOf(drawing string) ([]string, error) {
	rels, err := w.relationshipsOf(drawing)
	if err != nil {
		return nil, err
	}
	var charts []string
	err = w.elements(drawing, func(e xml.StartElement, text string) error {
		switch {
		case !slices.Contains(drawingNames, e.Name.Local):
			return fmt.Errorf("it holds %q, which no workbook of lcmsim does; delete what is drawn there", Printable(prefix(e.Name.Local, 40)))
		case e.Name.Local == "chart" && e.Name.Space == chartSpace:
			part, err := rels.target(relationOf(e), "chart")
			if err != nil {
				return err
			}
			chart, err := w.chart(part)
			if err != nil {
				return fmt.Errorf("%s: %w", part, err)
			}
			charts = append(charts, chart)
		case e.Name.Local == "col" && e.Name.Space == sheetDrawingSpace:
			if column, err := strconv.Atoi(text); err != nil || column < chartColumn-1 {
				return fmt.Errorf("a chart covers cells; move it right of column %s", strings.TrimRight(cellName(1, chartColumn-1), "1"))
			}
		}
		return nil
	})
	return charts, err
}

// chart is what a chart shows.
func (w *workbookParts) chart(part string) (string, error) {
	var b strings.Builder
	err := w.elements(part, func(e xml.StartElement, text string) error {
		name := e.Name.Local
		if slices.Contains(chartNames, name) || strings.HasSuffix(name, "Chart") {
			if e.Name.Space != chartSpace {
				name = e.Name.Space + " " + name
			}
			fmt.Fprintf(&b, "%s %q %q %q\n", name, attributeOf(e, "val"), attributeOf(e, "formatCode"), strings.TrimSpace(text))
		}
		return nil
	})
	return b.String(), err
}
