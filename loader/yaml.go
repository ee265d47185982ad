package loader

import (
	"bytes"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

// maxYAML bounds the size of a YAML file in bytes.
const maxYAML = 4 << 20

var yamlErrorLine = regexp.MustCompile(`line (\d+): `)

// parseYAML reads the only document of a YAML text into the same tree as parseJSON. Anchors, aliases, merge keys, keys
// that are no strings and further documents are refused, duplicate keys reported. The result is nil after a syntax
// error, and an object without members for a file that holds only comments.
func parseYAML(file string, data []byte, problems *Problems) *node {
	at := engine.Position{File: file}
	if len(data) > maxYAML {
		problems.add(at, "", "is larger than %d MiB", maxYAML>>20)
		return nil
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return &node{kind: nodeObject, line: 1}
	}
	data, ok := cleanText(file, data, problems)
	if !ok {
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if err == io.EOF {
			return &node{kind: nodeObject, line: 1}
		}
		reportYAML(at, err, problems)
		return nil
	}
	root := &node{}
	p := yamlParser{file: file, problems: problems}
	if len(doc.Content) != 1 || !p.value(root, doc.Content[0], 0) {
		return nil
	}
	if root.kind == nodeNull {
		root.kind = nodeObject
	}
	var next yaml.Node
	switch err := dec.Decode(&next); {
	case err == io.EOF:
		return root
	case err != nil:
		reportYAML(at, err, problems)
	default:
		problems.add(engine.Position{File: file, Line: next.Line}, "a file holds one document", "has a second YAML document")
	}
	return nil
}

func reportYAML(at engine.Position, err error, problems *Problems) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlErrorLine.FindStringSubmatchIndex(text); m != nil {
		at.Line, _ = strconv.Atoi(text[m[2]:m[3]])
		text = text[:m[0]] + text[m[1]:]
	}
	problems.add(at, "", "is no YAML: %s", text)
}

type yamlParser struct {
	file     string
	problems *Problems
}

// value turns y into n, whose parent and key are set. It returns false when something in y is refused.
func (p *yamlParser) value(n *node, y *yaml.Node, depth int) bool {
	n.line = y.Line
	if depth > maxDepth {
		return p.refuse(n, "nests lists and mappings more than 256 levels")
	}
	if y.Anchor != "" || y.Kind == yaml.AliasNode {
		return p.refuse(n, "anchors and aliases are not read: write the value out")
	}
	switch y.Kind {
	case yaml.SequenceNode:
		n.kind = nodeList
		good := true
		for i, c := range y.Content {
			item := &node{parent: n, index: i}
			good = p.value(item, c, depth+1) && good
			n.items = append(n.items, item)
		}
		return good
	case yaml.MappingNode:
		return p.mapping(n, y, depth)
	case yaml.ScalarNode:
		n.text = y.Value
		switch y.ShortTag() {
		case "!!null":
			n.kind = nodeNull
		case "!!bool":
			n.kind, n.text = nodeBool, strings.ToLower(y.Value)
		default:
			n.kind = nodeString
			if _, err := scimeval.ParseDecimal(y.Value); err == nil && y.ShortTag() != "!!str" {
				n.kind = nodeNumber
			}
		}
		return true
	}
	return p.refuse(n, "is no YAML value")
}

func (p *yamlParser) mapping(n *node, y *yaml.Node, depth int) bool {
	n.kind = nodeObject
	first := map[string]int{}
	good := true
	for i := 0; i+1 < len(y.Content); i += 2 {
		k := y.Content[i]
		val := &node{parent: n, key: k.Value, line: k.Line}
		if k.Kind != yaml.ScalarNode || k.ShortTag() == "!!merge" || k.Anchor != "" {
			good = p.refuse(val, "only plain keys are read")
			continue
		}
		good = p.value(val, y.Content[i+1], depth+1) && good
		val.line = k.Line
		if line, dup := first[k.Value]; dup {
			p.problems.add(engine.Position{File: p.file, Line: k.Line, Path: val.path()}, "keep one of them",
				"duplicate key, first on line %d", line)
			continue
		}
		first[k.Value] = k.Line
		n.members = append(n.members, member{k.Value, val})
	}
	return good
}

func (p *yamlParser) refuse(n *node, message string) bool {
	p.problems.add(n.at(p.file), "", "%s", message)
	return false
}
