package spec

import (
	"strconv"
	"strings"
)

// nodeKind is what stands at a place of the document.
type nodeKind uint8

const (
	nullNode nodeKind = iota
	truthNode
	numberNode
	textNode
	listNode
	mapNode
	brokenNode // something that was complained about already
)

// node is one place of a document, whatever format it came in.
type node struct {
	kind  nodeKind
	line  int // from 1; 0 for what did not come from the file
	order int // of places in the document, from 1
	// text is the content of a text, and a number as JSON writes it.
	text  string
	truth bool
	plain bool    // a text without quotes
	keys  []key   // of a map
	items []*node // of a list, and the values of a map
}

// key is a name in a map, with its own place.
type key struct {
	name        string
	line, order int
}

// get returns a field of a map, or nil.
func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for i, k := range n.keys {
		if k.name == name {
			return n.items[i]
		}
	}
	return nil
}

// set replaces or adds a field of a map.
func (n *node) set(name string, value *node) {
	for i, k := range n.keys {
		if k.name == name {
			n.items[i] = value
			n.keys[i].line = value.line
			return
		}
	}
	n.keys = append(n.keys, key{name: name, line: value.line, order: n.order})
	n.items = append(n.items, value)
}

// whole returns the number of a node as an integer, if it is one that fits.
func (n *node) whole() (int64, bool) {
	if x, err := strconv.ParseInt(n.text, 10, 64); err == nil {
		return x, true
	}
	x, err := strconv.ParseFloat(n.text, 64)
	if err != nil || x != float64(int64(x)) || x >= 1<<63 || x < -1<<63 {
		return 0, false
	}
	return int64(x), true
}

// describe says what a node is, for "expected a number, got …".
func (n *node) describe() string {
	switch n.kind {
	case truthNode:
		return strconv.FormatBool(n.truth)
	case numberNode:
		return "the number " + n.text
	case textNode:
		return "the text " + strconv.Quote(clip(n.text))
	case listNode:
		return "a list"
	case mapNode:
		return "a mapping"
	}
	return "nothing"
}

func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// place finds the line and order of a path, or of the nearest place above it that exists. A key may
// contain dots and brackets, so the longest one that fits is taken.
func (n *node) place(path string) (line, order int) {
	line, order = n.line, n.order
	for path != "" {
		next, rest, l, o := n.step(path)
		if next == nil {
			return line, order
		}
		n, path, line, order = next, rest, l, o
	}
	return line, order
}

func (n *node) step(path string) (next *node, rest string, line, order int) {
	if n.kind == listNode {
		number, after, ok := strings.Cut(strings.TrimPrefix(path, "["), "]")
		i, err := strconv.Atoi(number)
		if !ok || err != nil || i < 0 || i >= len(n.items) {
			return nil, "", 0, 0
		}
		item := n.items[i]
		return item, strings.TrimPrefix(after, "."), item.line, item.order
	}
	longest := -1
	for i, k := range n.keys {
		if under(path, k.name) && (longest < 0 || len(k.name) > len(n.keys[longest].name)) {
			longest = i
		}
	}
	if longest < 0 {
		return nil, "", 0, 0
	}
	k := n.keys[longest]
	return n.items[longest], strings.TrimPrefix(path[len(k.name):], "."), k.line, k.order
}
