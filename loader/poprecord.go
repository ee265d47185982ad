package loader

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

// customPrefix stands before the names of custom properties when they are attributes.
const customPrefix = "customprop_"

// level is an object of a record whose keys are attributes.
type level uint8

// The levels of a record.
const (
	levelTop         level = iota // the record
	levelAttributes               // attributes
	levelTopCustom                // custom_properties
	levelInnerCustom              // attributes.custom_properties
	levels
)

// rank orders the places in which a record may have one attribute, the one that counts first: the attributes object
// before the record, a key before a custom property that stands for the same name.
type rank uint8

// The ranks of an attribute's places.
const (
	rankInner rank = iota
	rankInnerCustom
	rankTop
	rankTopCustom
)

// keyName is a key that records use.
type keyName struct {
	name      string
	plain     bool // it has no backslash: its bytes between quotes are itself
	custom    bool // it stands for a custom property of another name
	holds     bool // it is attributes or custom_properties, which may hold attributes
	attribute *attributeUse
	read      [levels]int // the record that last had it, by level
	next      *keyName    // the key that stood after it last time
}

// attributeUse says what becomes of an attribute's values.
type attributeUse struct {
	account  *popAttribute
	record   int   // that last had it
	column   int   // of its name; -1 = none
	variants []int // columns with case folding of which its name is a case variant
	identity bool  // it is one of the fields that say whom a record is about
}

// wanted tells whether anybody looks at the values.
func (a *attributeUse) wanted() bool { return a.column >= 0 || len(a.variants) > 0 || a.identity }

// cell is the value of an attribute in the current record, as JSON text.
type cell struct {
	record int // the cell is empty in every other record
	rank   rank
	from   int // byte offsets in the record
	to     int
	use    *attributeUse
}

// recordReader turns records in JSON into rows of an intake.
type recordReader struct {
	in         *intake
	attributes map[string]*attributeUse
	keys       map[string]*keyName // of records and attributes objects
	customKeys map[string]*keyName // of custom_properties objects
	first      [levels]keyName     // before the first key of a level

	dec    *jsontext.Decoder
	buf    bytes.Buffer
	raw    []byte
	record int // number of the current record, from 1
	used   []*attributeUse

	cells      []cell // by column
	variants   []cell // by column
	ownID      cell   // the record's own
	innerID    cell   // in attributes
	entityType cell
	entityName cell
}

func newRecordReader(in *intake) *recordReader {
	r := &recordReader{
		in:         in,
		attributes: make(map[string]*attributeUse),
		cells:      make([]cell, len(in.columns)),
		variants:   make([]cell, len(in.columns)),
	}
	r.forgetKeys()
	return r
}

// forgetKeys bounds the memory that the names of keys take.
func (r *recordReader) forgetKeys() {
	r.keys, r.customKeys = make(map[string]*keyName), make(map[string]*keyName)
	r.first = [levels]keyName{}
	clear(r.attributes)
}

// use says what becomes of an attribute.
func (r *recordReader) use(name string) *attributeUse {
	if a, ok := r.attributes[name]; ok {
		return a
	}
	a := &attributeUse{account: r.in.attribute(name), column: -1}
	folded := ""
	for i, c := range r.in.columns {
		if c.name == name {
			a.column = i
			continue
		}
		if c.fold {
			if folded == "" {
				folded = scimeval.Fold(name)
			}
			if scimeval.Fold(c.name) == folded {
				a.variants = append(a.variants, i)
			}
		}
	}
	switch name {
	case r.in.identifier, "entity_type", "entity_name":
		a.identity = true
	}
	r.attributes[name] = a
	return a
}

// key finds a key by its JSON text; after is the key before it.
func (r *recordReader) key(text []byte, lv level, after *keyName) *keyName {
	inner := text[1 : len(text)-1]
	if k := after.next; k != nil && k.plain && string(inner) == k.name {
		return k
	}
	if bytes.IndexByte(inner, '\\') >= 0 {
		inner, _ = jsontext.AppendUnquote(nil, text) // the decoder has accepted it
	}
	table := r.keys
	if lv >= levelTopCustom {
		table = r.customKeys
	}
	k, ok := table[string(inner)]
	if !ok {
		k = &keyName{name: string(inner)}
		k.plain = strings.IndexByte(k.name, '\\') < 0
		var attribute string
		if lv >= levelTopCustom {
			attribute, k.custom = customPrefix+k.name, true
		} else {
			attribute, k.custom = customName(k.name)
		}
		k.holds = k.name == "attributes" || k.name == "custom_properties"
		k.attribute = r.use(attribute)
		table[k.name] = k
	}
	after.next = k
	return k
}

// customName is the attribute for a key; custom tells whether it is a dotted custom property.
func customName(key string) (attribute string, custom bool) {
	if rest, ok := strings.CutPrefix(key, "custom_properties."); ok {
		return customPrefix + rest, true
	}
	return key, false
}

// container is the level of the object that stands under the key, if it holds attributes.
func (k *keyName) container(lv level) (inner level, ok bool) {
	switch {
	case !k.holds:
	case lv == levelTop && k.name == "attributes":
		return levelAttributes, true
	case lv == levelTop && k.name == "custom_properties":
		return levelTopCustom, true
	case lv == levelAttributes && k.name == "custom_properties":
		return levelInnerCustom, true
	}
	return 0, false
}

// Errors of a record that strict reading explains.
var (
	errDuplicateKey = errors.New("duplicate key")
	errNotObject    = errors.New("is no record: a record is a JSON object")
	errTrailing     = errors.New("has text after the record")
)

// recordPlace says where a record stands.
type recordPlace struct {
	line  int    // on which it begins, or its row
	list  string // JSON path of the list that it is in
	index int    // in that list; -1 = it is in none
}

// path is the JSON path of the record.
func (p recordPlace) path() string {
	if p.index < 0 {
		return ""
	}
	return p.list + "[" + strconv.Itoa(p.index) + "]"
}

// position is the place of what stands at a byte offset of the record and has the JSON path.
func (r *recordReader) position(p recordPlace, offset int, path string) engine.Position {
	return r.in.at(p.line+bytes.Count(r.raw[:offset], []byte{'\n'}), path)
}

// read takes in the record in raw. An error ends the reading of the file.
func (r *recordReader) read(raw []byte, place recordPlace) error {
	if len(r.keys)+len(r.customKeys) > maxAttributeNames {
		r.forgetKeys()
	}
	r.raw = raw[:len(raw):len(raw)]
	r.record++
	r.used = r.used[:0]
	if err := r.scan(); err != nil {
		return r.refuseSyntax(err, place)
	}
	return r.finish(place)
}

// scan finds the cells of the record. It decodes leniently and looks for duplicate keys itself, which is faster.
func (r *recordReader) scan() error {
	r.buf = *bytes.NewBuffer(r.raw)
	if r.dec == nil {
		r.dec = jsontext.NewDecoder(&r.buf, jsontext.AllowDuplicateNames(true))
	} else {
		r.dec.Reset(&r.buf, jsontext.AllowDuplicateNames(true))
	}
	if kind := r.dec.PeekKind(); kind != '{' {
		if _, err := r.dec.ReadToken(); err != nil {
			return err
		}
		return errNotObject
	}
	if err := r.object(levelTop); err != nil {
		return err
	}
	switch _, err := r.dec.ReadToken(); err {
	case io.EOF:
		return nil
	case nil:
		return errTrailing
	default:
		return err
	}
}

// object reads the object of a level.
func (r *recordReader) object(lv level) error {
	if _, err := r.dec.ReadToken(); err != nil {
		return err
	}
	k := &r.first[lv]
	for r.dec.PeekKind() != '}' {
		text, err := r.dec.ReadValue()
		if err != nil {
			return err
		}
		k = r.key(text, lv, k)
		if k.read[lv] == r.record {
			return errDuplicateKey
		}
		k.read[lv] = r.record
		if err := r.member(k, lv); err != nil {
			return err
		}
	}
	_, err := r.dec.ReadToken()
	return err
}

// member reads the value of a key.
func (r *recordReader) member(k *keyName, lv level) error {
	if inner, ok := k.container(lv); ok && r.dec.PeekKind() == '{' {
		return r.object(inner)
	}
	value, err := r.dec.ReadValue()
	if err != nil {
		return err
	}
	if kind := value[0]; (kind == '{' || kind == '[') && bytes.IndexByte(value, '{') >= 0 && !value.IsValid() {
		return errDuplicateKey
	}
	to := int(r.dec.InputOffset())
	at := rankTop
	if lv == levelAttributes || lv == levelInnerCustom {
		at = rankInner
	}
	if k.custom {
		at++
	}
	r.keep(k.attribute, cell{record: r.record, rank: at, from: to - len(value), to: to, use: k.attribute})
	return nil
}

// keep puts a value where it belongs.
func (r *recordReader) keep(use *attributeUse, value cell) {
	if use.record != r.record {
		use.record = r.record
		r.used = append(r.used, use)
	}
	if !use.wanted() {
		return
	}
	if use.column >= 0 {
		r.cells[use.column].offer(value)
	}
	for _, i := range use.variants {
		r.variants[i].offerVariant(value)
	}
	if use.identity {
		r.keepIdentity(use.account.name, value)
	}
}

func (r *recordReader) keepIdentity(name string, value cell) {
	if name == r.in.identifier {
		if value.rank >= rankTop {
			r.ownID.offer(value)
		} else {
			r.innerID.offer(value)
		}
	}
	switch name {
	case "entity_type":
		r.entityType.offer(value)
	case "entity_name":
		r.entityName.offer(value)
	}
}

// offer keeps the value of the better rank, the first one of equals.
func (c *cell) offer(value cell) {
	if c.record != value.record || value.rank < c.rank {
		*c = value
	}
}

// offerVariant keeps the first case variant in record order, those in attributes first. A name's own place does not
// change when a better value for it comes later.
func (c *cell) offerVariant(value cell) {
	if c.record != value.record || value.rank/2 < c.rank/2 || c.use == value.use && value.rank < c.rank {
		*c = value
	}
}

// text is the JSON text of a cell of the current record, nil = there is none.
func (r *recordReader) text(c cell) []byte {
	if c.record != r.record {
		return nil
	}
	return r.raw[c.from:c.to]
}

// finish decides about the record and adds its row.
func (r *recordReader) finish(place recordPlace) error {
	idText := r.text(r.ownID)
	if idText == nil || idText[0] == 'n' {
		idText = r.text(r.innerID)
	}
	id, ok := plainText(idText)
	if id == "" {
		if ok || len(idText) > 0 && idText[0] == 'n' {
			idText = nil
		}
		if idText != nil || r.in.side == nil {
			return r.in.noIdentity(r.in.at(place.line, place.path()), string(idText))
		}
	}
	typeText := r.text(r.entityType)
	entityType, ok := plainText(typeText)
	if !ok && typeText != nil && typeText[0] != 'n' {
		entityType = string(typeText)
	}
	kept, err := r.in.admit(id, entityType, place.line)
	if !kept {
		return err
	}
	for _, use := range r.used {
		use.account.records++
	}
	for i, c := range r.in.columns {
		code, err := r.code(c, r.cells[i], c.name, id, place)
		if err != nil {
			return err
		}
		found := rowCell{exact: code, variant: scimeval.Absent}
		if c.fold && code == scimeval.Absent {
			if found.variant, found.of, err = r.variant(c, r.variants[i], id, place); err != nil {
				return err
			}
		}
		r.in.row[i] = found
	}
	name, _ := plainText(r.text(r.entityName))
	return r.in.keep(id, name, place.line)
}

// code interns the value that the record has under a column's name. A record always has its own identity, whatever
// it says in attributes.
func (r *recordReader) code(c *popColumn, value cell, name, id string, place recordPlace) (int32, error) {
	text := r.text(value)
	if name == r.in.identifier || name == "entity_id" && text == nil {
		return c.internID(id), nil
	}
	if text == nil {
		return scimeval.Absent, nil
	}
	code, err := c.intern(text)
	if err == nil {
		return code, nil
	}
	path := []byte(place.path())
	if value.rank < rankTop {
		path = appendKey(path, "attributes")
	}
	at := r.position(place, value.from, string(appendKey(path, name)))
	return scimeval.Absent, r.in.refuse(at, "", "%v", err)
}

// variant interns the value that the record has under a case variant of a column's name; of is that variant.
func (r *recordReader) variant(c *popColumn, value cell, id string, place recordPlace) (code int32, of string, err error) {
	if value.record == r.record {
		of = value.use.account.name
		code, err = r.code(c, value, of, id, place)
		return code, of, err
	}
	if c.identity {
		return c.internID(id), "", nil
	}
	return scimeval.Absent, "", nil
}

// plainText is the text of a JSON string or number; ok is false for everything else.
func plainText(text []byte) (s string, ok bool) {
	switch {
	case len(text) == 0:
		return "", false
	case text[0] == '"':
		if bytes.IndexByte(text, '\\') < 0 {
			return string(text[1 : len(text)-1]), true
		}
		out, err := jsontext.AppendUnquote(nil, text)
		return string(out), err == nil
	case text[0] == '-', text[0] >= '0' && text[0] <= '9':
		s := string(text)
		_, err := scimeval.ParseDecimal(s)
		return s, err == nil
	}
	return "", false
}

// refuseSyntax records why a record is no JSON, or no record.
func (r *recordReader) refuseSyntax(err error, place recordPlace) error {
	if err == errDuplicateKey {
		if _, strict := jsontext.NewDecoder(bytes.NewBuffer(r.raw)).ReadValue(); strict != nil {
			err = strict
		}
	}
	var syntax *jsontext.SyntacticError
	if !errors.As(err, &syntax) {
		return r.in.refuse(r.in.at(place.line, place.path()), "", "%v", err)
	}
	at := r.position(place, min(int(syntax.ByteOffset), len(r.raw)), pointerPath(place.path(), syntax.JSONPointer))
	hint, message := explainSyntax(syntax)
	return r.in.refuse(at, hint, "%s", message)
}

// explainSyntax says what is wrong with a JSON text.
func explainSyntax(syntax *jsontext.SyntacticError) (hint, message string) {
	switch {
	case errors.Is(syntax, jsontext.ErrDuplicateName):
		return "only one of the two can be meant", "duplicate key"
	case errors.Is(syntax, io.ErrUnexpectedEOF):
		return "it looks cut off", "ends in the middle of a value"
	}
	return "", "is no JSON: " + strings.TrimPrefix(syntax.Err.Error(), "jsontext: ")
}

// maxPath is where the path of a problem breaks off.
const maxPath = 200

// pointerPath is the JSON path of a JSON pointer below path.
func pointerPath(path string, pointer jsontext.Pointer) string {
	dst := []byte(path)
	for token := range pointer.Tokens() {
		if len(dst) > maxPath {
			return string(dst) + "..."
		}
		if token != "" && strings.Trim(token, "0123456789") == "" {
			dst = append(append(append(dst, '['), token...), ']')
			continue
		}
		dst = appendKey(dst, token)
	}
	return string(dst)
}
