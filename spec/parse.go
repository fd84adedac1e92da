package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	hone "github.com/hone-tuner/hone"
)

// Limits of a document.
const (
	MaxSize    = 1 << 20 // bytes
	MaxDepth   = 64      // levels of nesting
	MaxAliased = 100_000 // places that aliases may add
)

// parser makes a tree of a document.
type parser struct {
	mistakes *mistakes
	order    int
	aliased  int
	inAlias  int
	open     map[*yaml.Node]bool // collections that are being built, to notice one inside itself
	fatal    error
}

// parse reads a document. The error is of one that cannot be read at all; what is wrong with single
// values goes to the mistakes.
func parse(data []byte, m *mistakes) (*node, error) {
	if err := checkBytes(data); err != nil {
		return nil, err
	}
	p := &parser{mistakes: m, open: map[*yaml.Node]bool{}}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if trimmed := bytes.TrimLeft(data, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '{' && json.Valid(data) {
		return p.json(data)
	}
	var document yaml.Node
	if err := yaml.Load(data, &document); err != nil {
		return nil, syntaxError(data, err)
	}
	if len(document.Content) == 0 {
		return nil, broken(0, "the file is empty; `hone init` writes one to start from")
	}
	root := p.build(document.Content[0], nil, 0)
	if p.fatal != nil {
		return nil, p.fatal
	}
	return root, nil
}

// broken is the only mistake of a document that cannot be read.
func broken(line int, message string) error {
	return hone.FieldErrors{{Line: line, Message: message}}
}

func checkBytes(data []byte) error {
	if len(data) > MaxSize {
		return broken(0, "the file has "+strconv.Itoa(len(data))+" bytes; an experiment file has at most "+strconv.Itoa(MaxSize))
	}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return broken(lineAt(data, i), "the file is not UTF-8 text; save it as UTF-8")
		}
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f {
			return broken(lineAt(data, i), "a control character (code "+strconv.Itoa(int(r))+") stands in the file; if it is meant, write it as an escape in double quotes")
		}
		i += size
	}
	return nil
}

func lineAt(data []byte, offset int) int { return 1 + bytes.Count(data[:offset], []byte("\n")) }

// syntaxError says where a file is no YAML, and what usually causes that.
func syntaxError(data []byte, err error) error {
	switch text := err.Error(); {
	case strings.Contains(text, "no documents"):
		return broken(0, "the file is empty; `hone init` writes one to start from")
	case strings.Contains(text, "found multiple"):
		return broken(0, "the file has several documents (---); write each experiment into a file of its own")
	}
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		return broken(0, "the file is not YAML: "+err.Error())
	}
	if strings.Contains(load.Message, "max depth") {
		return broken(load.Mark.Line, tooDeep())
	}
	line := load.Mark.Line
	message := "the file is not YAML: "
	if load.ContextMsg != "" && load.ContextMark.Line != line {
		message += load.ContextMsg + " that begins in line " + strconv.Itoa(load.ContextMark.Line) + ": "
	}
	return broken(line, message+load.Message+syntaxHint(data, load))
}

// syntaxHint looks for the usual mistakes in the lines that a parser complains about, then for what its
// complaint usually means.
func syntaxHint(data []byte, load *yaml.LoadError) string {
	all := strings.Split(string(data), "\n")
	for _, line := range []int{load.Mark.Line, load.ContextMark.Line} {
		if line < 1 || line > len(all) {
			continue
		}
		text := all[line-1]
		switch {
		case strings.HasPrefix(strings.TrimLeft(text, " "), "\t"):
			return "; indent with spaces, not with tabs"
		case strings.Contains(text, "${"):
			return `; put strings with placeholders in quotes, as in "--lr=${parameters.lr}"`
		case strings.Contains(load.Message, "mapping values are not allowed") && strings.Count(text+" ", ": ") > 1:
			return `; if a text contains ": ", put it in quotes`
		}
	}
	for _, h := range syntaxHints() {
		if strings.Contains(load.Message, h[0]) {
			return "; " + h[1]
		}
	}
	return ""
}

// syntaxHints are what parsers say, and what to look at then.
func syntaxHints() [][2]string {
	return [][2]string{
		{"mapping values are not allowed", "is this line indented too far, or does the line before lack a value?"},
		{"did not find expected key", "is this line indented like those that it belongs to, and is every bracket and quote before it closed?"},
		{"did not find expected ','", "a bracket is not closed, a comma is missing, or a text with { } [ ] or , needs quotes"},
		{"did not find expected node content", "a comma or a bracket stands where a value belongs"},
		{"did not find expected '-'", "every element of a list begins with -; is this line indented too little?"},
		{"found unexpected end of stream", "the quote that begins the text is not closed"},
		{"found character that cannot start", "a text that begins with @, % or a backquote needs quotes"},
		{"unknown anchor", "a text that begins with * needs quotes"},
		{"block sequence entries are not allowed", "a list begins on a line of its own, or is written [a, b]"},
		{"found unknown escape character", `in single quotes a \ is nothing but a \`},
		{"could not find expected ':'", "a name needs a colon and a blank behind it"},
	}
}

func tooDeep() string {
	return "the file is nested more than " + strconv.Itoa(MaxDepth) + " levels deep"
}

// build makes a node of a YAML node.
func (p *parser) build(y *yaml.Node, at *path, depth int) *node {
	if p.fatal != nil {
		return &node{kind: brokenNode}
	}
	if y.Kind == yaml.AliasNode {
		if p.open[y.Alias] {
			p.fatal = hone.FieldErrors{{Path: at.String(), Line: y.Line, Message: "the alias *" + clip(y.Value) + " stands inside what it names"}}
			return &node{kind: brokenNode}
		}
		p.inAlias++
		defer func() { p.inAlias-- }()
		return p.build(y.Alias, at, depth)
	}
	n := p.node(y.Line, depth)
	switch y.Kind {
	case yaml.ScalarNode:
		p.scalar(n, y, at)
	case yaml.SequenceNode:
		if p.tag(n, y, at, "!!seq") {
			p.list(n, y, at, depth)
		}
	case yaml.MappingNode:
		if p.tag(n, y, at, "!!map") {
			p.mapping(n, y, at, depth)
		}
	}
	return n
}

// node makes the next node of the document and keeps to the limits.
func (p *parser) node(line, depth int) *node {
	p.order++
	if depth > MaxDepth && p.fatal == nil {
		p.fatal = broken(line, tooDeep())
	}
	if p.inAlias > 0 {
		p.aliased++
	}
	if p.aliased > MaxAliased && p.fatal == nil {
		p.fatal = broken(line, "the aliases of the file stand for more than "+strconv.Itoa(MaxAliased)+" values")
	}
	return &node{line: line, order: p.order}
}

// tag complains about a tag that makes something else of a value than experiment files have.
func (p *parser) tag(n *node, y *yaml.Node, at *path, want string) bool {
	if y.ShortTag() == want {
		return true
	}
	p.bad(n, at, "the tag %s is not for experiment files", clip(y.Tag))
	return false
}

func (p *parser) bad(n *node, at *path, format string, args ...any) {
	n.kind = brokenNode
	p.mistakes.add(at.String(), n.line, n.order, format, args...)
}

func (p *parser) list(n *node, y *yaml.Node, at *path, depth int) {
	n.kind = listNode
	p.open[y] = true
	defer delete(p.open, y)
	for i, child := range y.Content {
		n.items = append(n.items, p.build(child, at.element(i), depth+1))
	}
}

func (p *parser) mapping(n *node, y *yaml.Node, at *path, depth int) {
	n.kind = mapNode
	p.open[y] = true
	defer delete(p.open, y)
	seen := map[string]int{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		name := y.Content[i]
		if name.Kind == yaml.AliasNode {
			name = name.Alias
		}
		k := p.node(y.Content[i].Line, depth)
		switch {
		case name.ShortTag() == "!!merge":
			p.bad(k, at.field("<<"), "merge keys are not for experiment files; write the fields out, or use an alias for a whole value")
			continue
		case name.Kind != yaml.ScalarNode || name.ShortTag() == "!!null":
			p.bad(k, at, "a key must be a text")
			continue
		}
		child := p.build(y.Content[i+1], at.field(name.Value), depth+1)
		p.entry(n, key{name: name.Value, line: k.line, order: k.order}, child, at, seen)
	}
}

// entry adds a field to a map, unless it stands there already.
func (p *parser) entry(n *node, k key, child *node, at *path, seen map[string]int) {
	if first, twice := seen[k.name]; twice {
		p.mistakes.add(at.field(k.name).String(), k.line, k.order, "stands there twice, the first time in line %d", first)
		return
	}
	seen[k.name] = k.line
	n.keys = append(n.keys, k)
	n.items = append(n.items, child)
}

// octal are numbers that YAML 1.1 and 1.2 read differently.
var octal = regexp.MustCompile(`^[-+]?0[0-9_]+$`)

func (p *parser) scalar(n *node, y *yaml.Node, at *path) {
	tag := y.ShortTag()
	switch tag {
	case "!!null":
		n.kind = nullNode
	case "!!str", "!!timestamp":
		p.text(n, y, at)
	case "!!bool":
		if n.kind = truthNode; y.Decode(&n.truth) != nil {
			p.bad(n, at, "%q is neither true nor false", clip(y.Value))
		}
	case "!!int", "!!float":
		p.number(n, y, at)
	default:
		p.tag(n, y, at, "")
	}
}

func (p *parser) text(n *node, y *yaml.Node, at *path) {
	const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	n.kind, n.text = textNode, y.Value
	n.plain = y.Style&(quoted|yaml.TaggedStyle) == 0
	if !n.plain {
		return
	}
	if _, err := strconv.ParseFloat(y.Value, 64); errors.Is(err, strconv.ErrRange) {
		p.bad(n, at, "%s does not fit a double; if it is a text, put it in quotes", clip(y.Value))
	}
}

func (p *parser) number(n *node, y *yaml.Node, at *path) {
	n.kind = numberNode
	var x any
	if err := y.Decode(&x); err != nil {
		p.bad(n, at, "%q is not a number", clip(y.Value))
		return
	}
	switch x := x.(type) {
	case int:
		n.text = strconv.Itoa(x)
	case int64:
		n.text = strconv.FormatInt(x, 10)
	case uint64:
		n.text = strconv.FormatUint(x, 10)
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			p.bad(n, at, "%s is not a finite number", y.Value)
			return
		}
		n.text = strconv.FormatFloat(x, 'g', -1, 64)
	default:
		p.bad(n, at, "%q is not a number", clip(y.Value))
		return
	}
	if octal.MatchString(y.Value) {
		p.bad(n, at, "%s is read as an octal number by some and as a decimal one by others; write it without the leading zero, or in quotes if it is a text", clip(y.Value))
	}
}
