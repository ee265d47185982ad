package scimeval

import (
	"encoding/binary"
	"slices"
	"strconv"
)

// Options say how filters are understood.
type Options struct {
	Semantics Semantics
	Rules     Rules
	Schema    *Schema // required for RFC7644, ignored otherwise
}

// Program is a set of filters, compiled once for one or more variants of the options. It is immutable and safe for
// concurrent use; each goroutine evaluates with an Evaluator of its own.
type Program struct {
	attributes []Attribute
	leaves     []leaf
	nodes      []node
	names      []string   // attributes that the filters of variant 0 name, for Seen
	filters    [][]Filter // by variant, then in the order given
}

// Filter is one compiled filter.
type Filter struct {
	Source string
	Tree   Node // nil when Source is no filter
	// Errors are the reasons why the filter, or a part of it, is unknown for every identity; in text order.
	Errors []*Error
	// Notices are what a user should know although the filter can be evaluated; in text order.
	Notices []Notice

	refused      bool
	lower, upper int32 // nodes
	sites        []site
}

// Unknown tells whether some record may make the filter neither true nor false.
func (f *Filter) Unknown() bool { return f.lower != f.upper }

// Notice is a remark about a place in a filter.
type Notice struct {
	Code    string // kebab-case
	Offset  int    // byte offset from 0
	Message string
	Hint    string
	Count   int // identities; 0 = it does not depend on them
}

// The codes of a Notice.
const (
	NoticeNullOperator     = "null-operator"
	NoticeTypeMismatch     = "type-mismatch"
	NoticeNotATimestamp    = "not-a-timestamp"
	NoticeUnknownAttribute = "unknown-attribute"
)

// site is where a leaf stands in a filter's text.
type site struct {
	leaf      int32 // -1 = the comparison is inside brackets and has no leaf of its own
	name      int   // index into Program.names
	path      string
	at        int // of the path
	literal   Value
	literalAt int // of the literal
}

// leaf is a comparison or value path over one column, or over two: the literal key a.b hides the nested one.
type leaf struct {
	candidates []candidate
	decider    decider
	base       int32   // the leaf of variant 0 in the same place; -1 = none
	differs    kindSet // the values on which it may decide differently from base, if it reads the same column
	name       int     // index into Program.names; -1 outside variant 0
	inner      []innerName
}

type candidate struct {
	column int // index into Program.attributes
	sub    string
}

// innerName is a comparison inside a value path, for Seen.
type innerName struct {
	at   *Comparison
	test looseBody
	name int
}

// kindSet is a set of kinds of values; absentBit stands for no value.
type kindSet uint8

const absentBit kindSet = 1 << 7

func kinds(list ...Kind) kindSet {
	var s kindSet
	for _, k := range list {
		s |= 1 << k
	}
	return s
}

const everyKind kindSet = 0xff

type nodeKind uint8

const (
	leafNode nodeKind = iota
	andNode
	orNode
	notNode
)

// node is one operation of the graph; its arguments have lower indices.
type node struct {
	kind nodeKind
	args []int32 // nodes, ascending and distinct; of a leafNode: the leaf
}

// The first two nodes are the constants.
const (
	falseNode int32 = 0
	trueNode  int32 = 1
)

// Compile compiles filters under each variant of the options. Variant 0 is the one that is reported on; the others
// are alternatives. It never fails: what cannot be compiled is an unknown filter with Errors.
func Compile(filters []string, variants ...Options) *Program {
	return newBuilder().compile(filters, variants)
}

// CompileTrees compiles trees, such as parts of Filter.Tree, each as a filter of its own whose Source is its printed form.
func CompileTrees(trees []Node, variants ...Options) *Program {
	b := newBuilder()
	texts := make([]string, len(trees))
	for i, tree := range trees {
		texts[i] = Print(tree)
		b.parseOnce[texts[i]] = parsed{tree: tree}
	}
	return b.compile(texts, variants)
}

func newBuilder() *builder {
	return &builder{
		program:   &Program{nodes: make([]node, 2)},
		columns:   make(map[Attribute]int),
		leafIDs:   make(map[string]int32),
		nodeIDs:   make(map[string]int32),
		nameIDs:   make(map[string]int),
		baseLeaf:  make(map[Node]int32),
		parseOnce: make(map[string]parsed),
	}
}

func (b *builder) compile(filters []string, variants []Options) *Program {
	for v, opt := range variants {
		b.variant, b.options = v, opt
		b.changed = changedRules(variants[0].Rules, opt.Rules)
		list := make([]Filter, len(filters))
		for i, src := range filters {
			list[i] = b.filter(src)
		}
		b.program.filters = append(b.program.filters, list)
	}
	return b.program
}

// Attributes lists the columns that Evaluate expects, in order.
func (p *Program) Attributes() []Attribute { return p.attributes }

// Len is the number of filters.
func (p *Program) Len() int { return len(p.filters[0]) }

// Filter is the i-th filter under variant 0.
func (p *Program) Filter(i int) *Filter { return &p.filters[0][i] }

// Reads lists the columns that the i-th filter reads under variant 0, as indices into Attributes, in the order in which its
// text names them; a literal key a.b stands before the column of a.
func (p *Program) Reads(i int) []int {
	var list []int
	for _, s := range p.Filter(i).sites {
		if s.leaf < 0 {
			continue
		}
		for _, c := range p.leaves[s.leaf].candidates {
			if !slices.Contains(list, c.column) {
				list = append(list, c.column)
			}
		}
	}
	return list
}

type parsed struct {
	tree Node
	err  *Error
}

type builder struct {
	program   *Program
	columns   map[Attribute]int
	leafIDs   map[string]int32
	nodeIDs   map[string]int32
	nameIDs   map[string]int
	baseLeaf  map[Node]int32 // leaves of variant 0 by tree node
	parseOnce map[string]parsed

	variant int
	options Options
	changed []string // rules that differ from variant 0
	current *Filter
}

func changedRules(base, other Rules) []string {
	var names []string
	for _, name := range RuleNames() {
		if base.Get(name) != other.Get(name) {
			names = append(names, name)
		}
	}
	return names
}

func (b *builder) filter(src string) Filter {
	p, ok := b.parseOnce[src]
	if !ok {
		p.tree, p.err = scan(src)
		b.parseOnce[src] = p
	}
	f := Filter{Source: src, Tree: p.tree, lower: falseNode, upper: trueNode}
	if p.err != nil {
		f.Errors, f.refused = []*Error{p.err}, b.options.Semantics == RFC7644
		return f
	}
	b.current = &f
	lower, upper := b.build(p.tree)
	if b.options.Semantics == RFC7644 && len(f.Errors) > 0 {
		f.refused = true // the whole filter
		return f
	}
	f.lower, f.upper = lower, upper
	return f
}

// build compiles a tree into the node that is true where the tree certainly is, and the one that is true where it
// possibly is. They are the same node unless something in the tree is unknown.
func (b *builder) build(n Node) (lower, upper int32) {
	switch n := n.(type) {
	case *And:
		return b.terms(andNode, n.Terms)
	case *Or:
		return b.terms(orNode, n.Terms)
	case *Not:
		lo, hi := b.build(n.Term)
		return b.not(hi), b.not(lo)
	case *Comparison:
		return b.comparison(n)
	case *ValuePath:
		return b.valuePath(n)
	}
	panic("scimeval: unknown tree node")
}

func (b *builder) terms(kind nodeKind, terms []Node) (lower, upper int32) {
	los, his := make([]int32, len(terms)), make([]int32, len(terms))
	for i, t := range terms {
		los[i], his[i] = b.build(t)
	}
	return b.node(kind, los), b.node(kind, his)
}

func (b *builder) not(arg int32) int32 {
	switch arg {
	case falseNode:
		return trueNode
	case trueNode:
		return falseNode
	}
	if n := b.program.nodes[arg]; n.kind == notNode {
		return n.args[0]
	}
	return b.intern(node{notNode, []int32{arg}})
}

// node makes an and or or node, without constants and duplicates.
func (b *builder) node(kind nodeKind, args []int32) int32 {
	neutral, absorbing := trueNode, falseNode
	if kind == orNode {
		neutral, absorbing = falseNode, trueNode
	}
	kept := args[:0:0]
	for _, a := range args {
		if a == absorbing {
			return absorbing
		}
		if a != neutral {
			kept = append(kept, a)
		}
	}
	slices.Sort(kept)
	kept = slices.Compact(kept)
	switch len(kept) {
	case 0:
		return neutral
	case 1:
		return kept[0]
	}
	return b.intern(node{kind, kept})
}

func (b *builder) intern(n node) int32 {
	key := []byte{byte('0' + n.kind)}
	for _, a := range n.args {
		key = strconv.AppendInt(append(key, ' '), int64(a), 10)
	}
	id, ok := b.nodeIDs[string(key)]
	if !ok {
		id = int32(len(b.program.nodes))
		b.program.nodes = append(b.program.nodes, n)
		b.nodeIDs[string(key)] = id
	}
	return id
}

func (b *builder) errorAt(kind ErrorKind, at int, message, hint string) {
	b.current.Errors = append(b.current.Errors, &Error{Kind: kind, Source: b.current.Source, Offset: at, Message: message, Hint: hint})
}

// unevaluable reports a boolean literal under an operator that has no meaning for it, and null under one.
func (b *builder) unevaluable(c *Comparison) bool {
	if c.Op == OpPr || c.Op == OpEq || c.Op == OpNe {
		return false
	}
	switch c.Literal.Kind() {
	case KindBool:
		b.errorAt(KindOperator, c.OpAt, "operator "+string(c.Op)+" has no meaning for true and false", "only eq and ne do")
		return true
	case KindNull:
		b.current.Notices = append(b.current.Notices, Notice{
			Code: NoticeNullOperator, Offset: c.OpAt,
			Message: "operator " + string(c.Op) + " with null is false for everyone",
			Hint:    "only eq and ne take null",
		})
	}
	return false
}

func (b *builder) comparison(c *Comparison) (lower, upper int32) {
	if b.options.Semantics == RFC7644 {
		r := strictResolver{schema: b.options.Schema, rules: b.options.Rules, src: b.current.Source}
		def, test, err := r.comparison(c)
		if err != nil {
			b.current.Errors = append(b.current.Errors, err)
			return falseNode, trueNode
		}
		id := b.leaf(c, []candidate{{b.column(def.Name), ""}}, test, everyKind, "strict "+Print(c)+" "+ruleBits(b.options.Rules), nil)
		b.addSite(id, c.Path, c.LiteralAt, c.Literal)
		return b.leafNode(id)
	}
	if b.unevaluable(c) {
		return falseNode, trueNode
	}
	test := looseComparison{newComparer(c.Op, c.Literal, b.options.Rules)}
	key := "compare " + string(c.Op) + " " + c.Literal.String() + " " + ruleBits(relevant(b.options.Rules, c))
	id := b.leaf(c, b.candidates(c.Path), test, b.differing(c), key, nil)
	b.addSite(id, c.Path, c.LiteralAt, c.Literal)
	return b.leafNode(id)
}

func (b *builder) valuePath(n *ValuePath) (lower, upper int32) {
	if b.options.Semantics == RFC7644 {
		r := strictResolver{schema: b.options.Schema, rules: b.options.Rules, src: b.current.Source}
		def, test, err := r.valuePath(n)
		if err != nil {
			b.current.Errors = append(b.current.Errors, err)
			return falseNode, trueNode
		}
		id := b.leaf(n, []candidate{{b.column(def.Name), ""}}, test, everyKind, "strict "+Print(n)+" "+ruleBits(b.options.Rules), nil)
		b.addSite(id, n.Path, n.Path.At, NullValue())
		return b.leafNode(id)
	}
	unknown := false
	test := func(c *Comparison) looseComparison {
		return looseComparison{newComparer(c.Op, c.Literal, b.options.Rules)}
	}
	path := &loosePath{body: looseBodyOf(n.Body, test), fold: b.options.Rules.AttributeFold}
	var differs kindSet
	var names []innerName
	matter := Rules{AttributeFold: b.options.Rules.AttributeFold} // to some comparison of the body
	comparisons(n.Body, func(c *Comparison) {
		unknown = b.unevaluable(c) || unknown
		differs |= b.differing(c)
		one := relevant(b.options.Rules, c)
		for _, rule := range filterRules {
			*rule.field(&matter) = *rule.field(&matter) || *rule.field(&one)
		}
		if b.variant == 0 {
			names = append(names, innerName{c, looseBodyOf(c, test), b.name(n.Path.String() + "[" + c.Path.String() + "]")})
		}
	})
	if unknown {
		return falseNode, trueNode
	}
	differs &= kinds(KindList, KindObject)
	key := "path " + Print(n.Body) + " " + ruleBits(matter)
	id := b.leaf(n, b.candidates(n.Path), path, differs, key, names)
	b.addSite(id, n.Path, n.Path.At, NullValue())
	if b.variant == 0 {
		for _, in := range names {
			b.current.sites = append(b.current.sites, site{
				leaf: -1, name: in.name, path: in.test.path, at: in.at.Path.At, literalAt: in.at.LiteralAt})
		}
	}
	return b.leafNode(id)
}

// candidates are where vendor semantics look for a path: the literal key first, then one dot into an object.
func (b *builder) candidates(p Path) []candidate {
	list := []candidate{{b.column(p.String()), ""}}
	if p.Sub != "" {
		list = append(list, candidate{b.column(Path{URI: p.URI, Name: p.Name}.String()), p.Sub})
	}
	return list
}

func (b *builder) column(name string) int {
	a := Attribute{Name: name, Fold: b.options.Rules.AttributeFold}
	id, ok := b.columns[a]
	if !ok {
		id = len(b.program.attributes)
		b.program.attributes = append(b.program.attributes, a)
		b.columns[a] = id
	}
	return id
}

func (b *builder) name(text string) int {
	id, ok := b.nameIDs[text]
	if !ok {
		id = len(b.program.names)
		b.program.names = append(b.program.names, text)
		b.nameIDs[text] = id
	}
	return id
}

// leaf interns a leaf. key tells everything but the columns.
func (b *builder) leaf(at Node, cands []candidate, d decider, differs kindSet, key string, inner []innerName) int32 {
	for _, c := range cands {
		key += " " + strconv.Itoa(c.column) + "." + c.sub
	}
	id, ok := b.leafIDs[key]
	if !ok {
		id = int32(len(b.program.leaves))
		l := leaf{candidates: cands, decider: d, base: -1, differs: differs, name: -1}
		if b.variant == 0 {
			l.base, l.inner = id, inner
		} else if base, ok := b.baseLeaf[at]; ok {
			l.base = base
		}
		b.program.leaves = append(b.program.leaves, l)
		b.leafIDs[key] = id
	}
	if b.variant == 0 {
		b.baseLeaf[at] = id
	}
	return id
}

func (b *builder) leafNode(id int32) (lower, upper int32) {
	n := b.intern(node{leafNode, []int32{id}})
	return n, n
}

func (b *builder) addSite(id int32, p Path, literalAt int, literal Value) {
	if b.variant != 0 {
		return
	}
	l := &b.program.leaves[id]
	l.name = b.name(p.String())
	b.current.sites = append(b.current.sites, site{leaf: id, name: l.name, path: p.String(), at: p.At, literalAt: literalAt, literal: literal})
}

// relevant clears the rules that do not matter for a comparison, so that variants share its leaf.
func relevant(r Rules, c *Comparison) Rules {
	pr, null := c.Op == OpPr, c.Literal.Kind() == KindNull
	text := !pr && c.Literal.Kind() == KindString
	_, isNumber := numberIn(c.Literal.text)
	_, isTruth := truthIn(c.Literal.text)
	return Rules{
		StringFold:      r.StringFold && text,
		AttributeFold:   r.AttributeFold && c.Path.Sub != "",
		MissingNe:       r.MissingNe && c.Op == OpNe && !null,
		PrEmpty:         r.PrEmpty && pr,
		ListEqAny:       r.ListEqAny && (c.Op == OpEq || c.Op == OpNe) && !null,
		ListCoSubstring: r.ListCoSubstring && c.Op == OpCo,
		Coerce:          r.Coerce && !pr && !null && (!text || isNumber || isTruth),
	}
}

// differing is the set of values on which the rules of this variant may decide differently from those of variant 0.
func (b *builder) differing(c *Comparison) kindSet {
	var s kindSet
	for _, name := range b.changed {
		switch name {
		case "filter.string_case", "filter.pr_empty":
			s |= kinds(KindString, KindList, KindObject)
		case "filter.attribute_case", "filter.list_eq", "filter.list_co":
			s |= kinds(KindList, KindObject)
		case "filter.missing_ne":
			s |= absentBit | kinds(KindNull, KindList, KindObject)
			if c.Path.Sub != "" {
				s = everyKind // a scalar has no sub-attribute
			}
		case "filter.coerce":
			s |= kinds(KindString, KindNumber, KindBool, KindList, KindObject)
		default:
			panic("scimeval: no such rule: " + name)
		}
	}
	return s
}

func ruleBits(r Rules) string {
	bits := make([]byte, len(filterRules))
	for i, rule := range filterRules {
		bits[i] = '0'
		if *rule.field(&r) {
			bits[i] = '1'
		}
	}
	return string(bits)
}

// UnknownUnder tells whether some record may make the i-th filter neither true nor false under a variant.
func (p *Program) UnknownUnder(variant, i int) bool { return p.filters[variant][i].Unknown() }

// Twins gives for each variant the first one whose filters are all compiled to the same: no record tells the two apart.
func (p *Program) Twins() []int {
	first := make(map[string]int)
	twins := make([]int, len(p.filters))
	for v, filters := range p.filters {
		var key []byte
		for i := range filters {
			key = binary.LittleEndian.AppendUint32(key, uint32(filters[i].lower))
			key = binary.LittleEndian.AppendUint32(key, uint32(filters[i].upper))
		}
		if _, ok := first[string(key)]; !ok {
			first[string(key)] = v
		}
		twins[v] = first[string(key)]
	}
	return twins
}

// Refused tells that the standard, which knows no unknown, refuses the filter. Under vendor semantics a filter with
// errors is evaluated, and unknown as a whole or in part.
func (f *Filter) Refused() bool { return f.refused }
