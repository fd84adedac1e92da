package spec

import (
	"strconv"
	"strings"
)

// path is the way to a place in the document; nil is the document itself.
type path struct {
	up    *path
	name  string // of a field, or "" for an element
	index int
}

func (p *path) field(name string) *path { return &path{up: p, name: name, index: -1} }

func (p *path) element(i int) *path { return &path{up: p, index: i} }

// String writes the path as spec.parameters[2].min.
func (p *path) String() string {
	if p == nil {
		return ""
	}
	up := p.up.String()
	switch {
	case p.index >= 0:
		return up + "[" + strconv.Itoa(p.index) + "]"
	case up == "":
		return p.name
	}
	return up + "." + p.name
}

// under reports whether a path is another one or lies below it.
func under(path, above string) bool {
	rest, ok := strings.CutPrefix(path, above)
	return ok && (rest == "" || above == "" || rest[0] == '.' || rest[0] == '[')
}
