package main

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// yamlOf writes a JSON document as YAML, with the fields in the same order and the numbers as they are.
func yamlOf(document []byte) ([]byte, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(escapeBreaks(document), &root); err != nil {
		return nil, err
	}
	toBlock(&root)
	return yaml.Dump(&root, yaml.WithIndent(2))
}

// escapeBreaks escapes what is a character of a JSON string and a line break, or nothing, to YAML.
func escapeBreaks(document []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(document) {
		if unprintable(r) && r != '\n' && r <= 0xffff {
			fmt.Fprintf(&b, "\\u%04x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.Bytes()
}

// toBlock takes the brackets and quotes of JSON away where YAML needs none.
func toBlock(n *yaml.Node) {
	for _, child := range n.Content {
		toBlock(child)
	}
	switch n.Kind {
	case yaml.MappingNode, yaml.SequenceNode:
		if len(n.Content) > 0 {
			n.Style = 0
		}
	case yaml.ScalarNode:
		if !strings.ContainsFunc(n.Value, unprintable) { // else it is escaped
			n.Style &^= yaml.DoubleQuotedStyle
		}
		// Older YAML reads 1e-05 as a string and 1.0e-05 as a number.
		if n.Tag == "!!float" && !strings.Contains(n.Value, ".") {
			n.Value = strings.Replace(n.Value, "e", ".0e", 1)
		}
	}
}
