package report

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// workbookParts are the parts of an Excel workbook (ECMA-376, Office Open XML) that hold what its cells say. It is read here and not by
// the library that writes workbooks: a signature rests on what is read, so that each value comes with its type and its cell, and what
// this reader does not know is refused and not passed over.
type workbookParts struct {
	files    map[string]*zip.File // by lower-case name: names of parts differ in more than case
	budget   int64                // bytes of parts that may still be unpacked
	unpacked int64                // bytes of parts that were
	sheets   []sheetPart          // in the order of the tabs
	shared   []styledText         // texts that cells share
	styles   []cellStyle          // by number
	changes  []string             // flaws of what conditional formats do, by number; "" = none
	palette  palette
	date1904 bool // day 0 is 1904-01-01
}

// sheetPart is a sheet and the name of its part.
type sheetPart struct {
	name, part string
	hidden     bool
}

// foreignContent are words in the types of parts and of relationships that the workbook of a result never has, and what they are.
var foreignContent = []struct{ word, what string }{
	{"macroenabled", "macros"}, {"vbaproject", "macros"}, {"macrosheet", "macros"}, {"dialogsheet", "a dialog"}, {"externallink", "links to other workbooks"},
	{"connections", "a connection to data"}, {"querytable", "a connection to data"}, {"activex", "a control"}, {"oleobject", "an embedded document"},
	{"webextension", "an add-in"},
}

// checkType refuses the type of a part or a relationship that acts, or that brings in other documents.
func checkType(name string) error {
	for _, foreign := range foreignContent {
		if strings.Contains(strings.ToLower(name), foreign.word) {
			return fmt.Errorf("holds %s, which no workbook of lcmsim does; save it as .xlsx without that", foreign.what)
		}
	}
	return nil
}

// openParts finds the sheets of a workbook and reads the texts that cells share. Its parts may unpack to so many bytes in all.
func openParts(file []byte, budget int64) (*workbookParts, error) {
	switch {
	case bytes.HasPrefix(file, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return nil, errors.New("is protected with a password, or of the old kind .xls; save it as .xlsx without a password")
	case !bytes.HasPrefix(file, []byte("PK\x03\x04")):
		return nil, errors.New("is no Excel workbook; give the .xlsx file in which the sheet Decisions was filled in")
	}
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, damaged(err)
	}
	w := &workbookParts{files: make(map[string]*zip.File, len(z.File)), budget: budget}
	for _, f := range z.File {
		if !plainName(f.Name) {
			return nil, damaged(fmt.Errorf("programs differ in what they take the name %q for", Printable(prefix(f.Name, 60))))
		}
		name := strings.ToLower(f.Name)
		if w.files[name] != nil {
			return nil, damaged(fmt.Errorf("it holds %q twice", f.Name))
		}
		w.files[name] = f
	}
	if w.files["[content_types].xml"] == nil {
		return nil, errors.New("is no Excel workbook; save it as .xlsx")
	}
	if err := w.checkContent(); err != nil {
		return nil, err
	}
	main, err := w.mainPart()
	if err != nil {
		return nil, err
	}
	if err := w.readWorkbook(main); err != nil {
		return nil, damaged(err)
	}
	return w, nil
}

func damaged(err error) error {
	return fmt.Errorf("cannot be read as a workbook: %w; open it and save it again as .xlsx", err)
}

// checkContent checks the types of parts. Types by the ending of a name are left out: programs list such types also where there is no such part.
func (w *workbookParts) checkContent() error {
	var types struct {
		Parts []struct {
			ContentType string `xml:",attr"`
		} `xml:"Override"`
	}
	if err := w.decode("[content_types].xml", &types, typesSpace); err != nil {
		return damaged(err)
	}
	for _, p := range types.Parts {
		if err := checkType(p.ContentType); err != nil {
			return err
		}
	}
	return nil
}

// relationships are the parts that a part refers to, by id.
type relationships map[string]relationship

type relationship struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:",attr"`
	Target string `xml:",attr"`
	Mode   string `xml:"TargetMode,attr"`
}

// relationshipsOf reads what a part refers to; "" is the workbook file itself. Targets become names of parts.
func (w *workbookParts) relationshipsOf(part string) (relationships, error) {
	var list struct {
		Items []relationship `xml:"Relationship"`
	}
	dir, name := path.Split(part)
	if err := w.decode(dir+"_rels/"+name+".rels", &list, packageSpace); err != nil {
		return nil, err
	}
	out := relationships{}
	for _, r := range list.Items {
		if _, twice := out[r.ID]; twice {
			return nil, fmt.Errorf("%s: relationship %q stands twice", part, r.ID)
		}
		if r.Mode != "External" && !plainName(r.Target) {
			return nil, fmt.Errorf("%s: programs differ in what they take the name %q for", part, Printable(prefix(r.Target, 60)))
		}
		if !strings.HasPrefix(r.Target, "/") {
			r.Target = path.Join(dir, r.Target)
		}
		r.Target = strings.TrimPrefix(r.Target, "/")
		out[r.ID] = r
	}
	return out, nil
}

// plainName tells a name that means the same part to every program.
func plainName(name string) bool { return !strings.ContainsAny(name, `%\?#`) }

// only is the target of the one relationship of a kind; "" = there is none.
func (rs relationships) only(kind string) (string, error) {
	target := ""
	for _, r := range rs {
		if relationKind(r.Type) != kind {
			continue
		}
		if target != "" || r.Mode == "External" {
			return "", fmt.Errorf("its %s is not one part of the file", kind)
		}
		target = r.Target
	}
	return target, nil
}

// mainPart is the part that lists the sheets. What it refers to is checked.
func (w *workbookParts) mainPart() (string, error) {
	top, err := w.relationshipsOf("")
	if err != nil {
		return "", damaged(err)
	}
	main, err := top.only("officeDocument")
	if err != nil {
		return "", damaged(err)
	}
	if !strings.HasSuffix(main, ".xml") {
		return "", errors.New("is no Excel workbook of the kind .xlsx; save it as one")
	}
	rels, err := w.relationshipsOf(main)
	if err != nil {
		return "", damaged(err)
	}
	for _, id := range slices.Sorted(maps.Keys(rels)) {
		if err := checkType(rels[id].Type); err != nil {
			return "", err
		}
	}
	return main, nil
}

// isTrue tells the truths of XML.
func isTrue(s string) bool { return s == "1" || s == "true" }

// readWorkbook follows the relationships from the main part to the sheets.
func (w *workbookParts) readWorkbook(main string) error {
	var book struct {
		Properties []struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string `xml:"name,attr"`
			State string `xml:"state,attr"`
			ID    string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := w.decode(main, &book, spreadsheetSpace); err != nil {
		return err
	}
	if len(book.Properties) > 1 {
		return fmt.Errorf("%s: it has two lists of properties", main)
	}
	for _, p := range book.Properties {
		w.date1904 = isTrue(p.Date1904)
	}
	rels, err := w.relationshipsOf(main)
	if err != nil {
		return err
	}
	for _, s := range book.Sheets {
		r, ok := rels[s.ID]
		if !ok || r.Mode == "External" || relationKind(r.Type) != "worksheet" {
			return fmt.Errorf("the sheet %q is no list of cells", Printable(s.Name))
		}
		w.sheets = append(w.sheets, sheetPart{s.Name, r.Target, s.State != "" && s.State != "visible"})
	}
	styles, err := rels.only("styles")
	if err != nil {
		return err
	}
	theme, err := rels.only("theme")
	if err != nil {
		return err
	}
	if styles != "" {
		if err := w.readStyles(styles, theme); err != nil {
			return err
		}
	}
	texts, err := rels.only("sharedStrings")
	if err != nil || texts == "" {
		return err
	}
	return w.readShared(texts)
}
