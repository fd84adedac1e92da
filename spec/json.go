package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
)

// jsonReader reads a JSON document token by token, counting lines.
type jsonReader struct {
	*json.Decoder
	data   []byte
	offset int
	line   int
}

// next returns the next token and the line that it ends in; no token spans two lines.
func (r *jsonReader) next() (json.Token, int, error) {
	token, err := r.Token()
	end := int(r.InputOffset())
	r.line += bytes.Count(r.data[r.offset:end], []byte("\n"))
	r.offset = end
	return token, r.line, err
}

// json makes a tree of a document that is valid JSON. YAML's own reading of JSON stumbles over tabs and
// over characters that are written as two escapes.
func (p *parser) json(data []byte) (*node, error) {
	r := &jsonReader{Decoder: json.NewDecoder(bytes.NewReader(data)), data: data, line: 1}
	r.UseNumber()
	token, line, err := r.next()
	if err != nil {
		return nil, broken(line, "the file is not JSON: "+err.Error())
	}
	root, err := p.jsonValue(r, token, line, nil, 0)
	if p.fatal != nil {
		return nil, p.fatal
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, broken(r.line, "the file is not JSON: "+err.Error())
	}
	return root, nil
}

func (p *parser) jsonValue(r *jsonReader, token json.Token, line int, at *path, depth int) (*node, error) {
	n := p.node(line, depth)
	if p.fatal != nil {
		return n, nil //nolint:nilerr // the parser keeps it, and reports it in the end
	}
	switch x := token.(type) {
	case nil:
		n.kind = nullNode
	case bool:
		n.kind, n.truth = truthNode, x
	case string:
		n.kind, n.text = textNode, x
	case json.Number:
		n.kind, n.text = numberNode, x.String()
		if _, err := strconv.ParseFloat(n.text, 64); err != nil {
			p.bad(n, at, "%s does not fit a double", clip(n.text))
		}
	case json.Delim:
		if x == '[' {
			return n, p.jsonList(r, n, at, depth)
		}
		return n, p.jsonMap(r, n, at, depth)
	}
	return n, nil
}

func (p *parser) jsonList(r *jsonReader, n *node, at *path, depth int) error {
	n.kind = listNode
	for i := 0; ; i++ {
		token, line, err := r.next()
		if err != nil || token == json.Delim(']') || p.fatal != nil {
			return err
		}
		child, err := p.jsonValue(r, token, line, at.element(i), depth+1)
		if err != nil {
			return err
		}
		n.items = append(n.items, child)
	}
}

func (p *parser) jsonMap(r *jsonReader, n *node, at *path, depth int) error {
	n.kind = mapNode
	seen := map[string]int{}
	for {
		token, line, err := r.next()
		if err != nil || token == json.Delim('}') || p.fatal != nil {
			return err
		}
		name, _ := token.(string)
		k := p.node(line, depth)
		token, line, err = r.next()
		if err != nil {
			return err
		}
		child, err := p.jsonValue(r, token, line, at.field(name), depth+1)
		if err != nil {
			return err
		}
		p.entry(n, key{name: name, line: k.line, order: k.order}, child, at, seen)
	}
}
