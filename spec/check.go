package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// checker holds a tree against the table of fields. What is wrong is complained about and taken out, so
// that the rest can be looked at further; doubtful remembers what these complaints make unreliable.
type checker struct {
	*mistakes
	tree     *node
	root     shape
	doubtful []string // paths
}

// check looks at a place and everything below it. Null was handled by whoever stands above.
func (c *checker) check(n *node, s shape, at *path) {
	if n.kind == brokenNode {
		c.doubt(at)
	}
	if c.full() || n.kind == brokenNode {
		return
	}
	switch s.kind {
	case objectShape:
		c.object(n, s, at)
	case dictionaryShape:
		c.dictionary(n, s, at)
	case listShape:
		c.list(n, s, at)
	case valuesShape:
		c.values(n, at)
	case documentShape:
		c.expect(n, at, mapNode, "a mapping")
		c.unbroken(n)
	default:
		c.scalar(n, s, at)
	}
}

// bad complains about a place and takes it out.
func (c *checker) bad(n *node, at *path, format string, args ...any) {
	c.add(at.String(), n.line, n.order, format, args...)
	n.kind = brokenNode
	c.doubt(at)
}

func (c *checker) doubt(at *path) { c.doubtful = append(c.doubtful, at.String()) }

// expect complains unless a node is of a kind.
func (c *checker) expect(n *node, at *path, kind nodeKind, what string) bool {
	if n.kind == kind {
		return true
	}
	c.bad(n, at, "expected %s, got %s", what, n.describe())
	return false
}

func (c *checker) list(n *node, s shape, at *path) {
	if n.kind == textNode && s.items.kind == textShape {
		c.bad(n, at, "expected a list, got %s; write it as a list: %s", n.describe(), asList(at.name, n.text))
		return
	}
	if !c.expect(n, at, listNode, "a list") {
		return
	}
	for i, item := range n.items {
		if item.kind == nullNode {
			c.bad(item, at.element(i), "is empty: expected %s", s.items.expected())
		}
		c.check(item, *s.items, at.element(i))
		if item.kind == brokenNode {
			item.replace(*s.items)
		}
	}
}

// replace puts something harmless in the place of a broken element, so that the others keep their index.
func (n *node) replace(s shape) {
	*n = node{kind: nullNode, line: n.line, order: n.order}
	switch s.kind {
	case objectShape, dictionaryShape:
		n.kind = mapNode
	case textShape:
		n.kind = textNode
	}
}

// clear takes away the fields of a map that say nothing: those that are null, and those that are broken.
func (n *node) clear() {
	kept := 0
	for i, k := range n.keys {
		if item := n.items[i]; item.kind != nullNode && item.kind != brokenNode {
			n.keys[kept], n.items[kept] = k, item
			kept++
		}
	}
	n.keys, n.items = n.keys[:kept], n.items[:kept]
}

func (c *checker) dictionary(n *node, s shape, at *path) {
	if !c.expect(n, at, mapNode, "a mapping") {
		return
	}
	for i, k := range n.keys {
		item := n.items[i]
		if item.kind == nullNode {
			item.line, item.order = k.line, k.order
			c.bad(item, at.field(k.name), "is empty: expected %s", s.items.expected())
		}
		c.check(item, *s.items, at.field(k.name))
	}
	n.clear()
}

// values checks a condition: a list of values, or a single one.
func (c *checker) values(n *node, at *path) {
	if n.kind == listNode {
		c.list(n, listOf(of(valueShape), 0), at)
		return
	}
	c.check(n, of(valueShape), at)
}

// unbroken looks for something that was taken out when the file was parsed, below a place that has no
// table: then the place as a whole is doubtful. It returns whether it found any.
func (c *checker) unbroken(n *node) bool {
	ok := n.kind != brokenNode
	for _, item := range n.items {
		ok = c.unbroken(item) && ok
	}
	if !ok {
		n.kind = brokenNode
	}
	return ok
}

func (c *checker) object(n *node, s shape, at *path) {
	if !c.expect(n, at, mapNode, "a mapping with the fields "+strings.Join(s.names(), ", ")) {
		return
	}
	var shaky []string // fields that are wrong, missing, or there under a wrong name
	for i, k := range n.keys {
		f, known := s.field(k.name)
		item := n.items[i]
		switch {
		case !known:
			shaky = append(shaky, c.unknown(n, k, s, at))
			item.kind = brokenNode
		case f.refused != "":
			c.add(at.field(k.name).String(), k.line, k.order, "%s", f.refused)
			shaky = append(shaky, f.instead)
			item.kind = brokenNode
		case item.kind != nullNode:
			if c.check(item, f.shape, at.field(k.name)); item.kind == brokenNode {
				shaky = append(shaky, k.name)
			}
		}
	}
	shaky = append(shaky, c.missing(n, s, at, shaky)...)
	shaky = append(shaky, c.variants(n, s, at, shaky)...)
	c.doubtAll(s, at, shaky)
	n.clear()
}

// doubtAll doubts fields and those that are understood together with them.
func (c *checker) doubtAll(s shape, at *path, fields []string) {
	for _, name := range fields {
		if name == "" {
			continue
		}
		c.doubt(at.field(name))
		for _, group := range s.together {
			if !slices.Contains(group, name) {
				continue
			}
			for _, other := range group {
				c.doubt(at.field(other))
			}
		}
	}
}

// unknown complains about a field that does not exist, and returns the one that is probably meant, unless
// that is there as well.
func (c *checker) unknown(n *node, k key, s shape, at *path) (meant string) {
	if c.full() {
		c.more++
		return ""
	}
	meant = hone.Nearest(k.name, s.names())
	if meant == "" {
		meant = original(hone.Nearest(strings.ToLower(k.name), lower(s.names())), s.names())
	}
	var near []string
	if meant != "" {
		near = append(near, strconv.Quote(meant))
	}
	if places := c.root.find(k.name, nil); len(places) <= 2 {
		near = append(near, places...)
	}
	message := "unknown field; did you mean " + strings.Join(near, ", or ") + "?"
	if len(near) == 0 {
		message = "unknown field; there are " + strings.Join(s.names(), ", ")
	}
	c.add(at.field(clip(k.name)).String(), k.line, k.order, "%s", message)
	if meant != "" && n.get(meant) != nil {
		return ""
	}
	return meant
}

func lower(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strings.ToLower(w)
	}
	return out
}

func original(word string, words []string) string {
	for _, w := range words {
		if word != "" && strings.EqualFold(w, word) {
			return w
		}
	}
	return ""
}

// find lists the places in the file that have a field of a name.
func (s shape) find(name string, at *path) (places []string) {
	for _, f := range s.fields {
		if f.name == name && at != nil && f.refused == "" {
			places = append(places, at.field(name).String())
		}
		places = append(places, f.shape.find(name, at.field(f.name))...)
	}
	if s.items != nil {
		places = append(places, s.items.find(name, at)...)
	}
	return places
}

func absent(n *node) bool { return n == nil || n.kind == nullNode }

// missing complains about required fields that are not there, and returns them.
func (c *checker) missing(n *node, s shape, at *path, shaky []string) (names []string) {
	for _, f := range s.fields {
		if f.required != "" && absent(n.get(f.name)) && !slices.Contains(shaky, f.name) {
			names = append(names, c.lacks(at.field(f.name), f.required))
		}
	}
	return names
}

func (c *checker) lacks(at *path, what string) string {
	line, order := c.tree.place(at.String())
	c.add(at.String(), line, order, "is missing: %s", what)
	return at.name
}

// variants checks the fields that depend on the value of another, and returns those that are wrong.
func (c *checker) variants(n *node, s shape, at *path, shaky []string) (names []string) {
	for _, v := range s.cases {
		chosen := n.get(v.field)
		if absent(chosen) || chosen.kind != textNode || !slices.Contains(v.values, chosen.text) {
			continue
		}
		for _, name := range v.needs {
			if absent(n.get(name)) && !slices.Contains(shaky, name) {
				names = append(names, c.lacks(at.field(name), fmt.Sprintf("%s takes %s", chosen.text, strings.Join(v.needs, " and "))))
			}
		}
		for i, k := range n.keys {
			if item := n.items[i]; slices.Contains(v.excludes, k.name) && item.kind != nullNode && item.kind != brokenNode {
				c.add(at.field(k.name).String(), k.line, k.order, v.why, chosen.text)
				item.kind = brokenNode
				names = append(names, k.name)
			}
		}
	}
	return names
}
