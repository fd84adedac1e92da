package main

import (
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

// print writes the configuration as the file that says the same, with where each value came from.
func (r *resolvedConfig) print(w io.Writer) error {
	type line struct{ text, origin string }
	var lines []line
	width := 0
	for _, s := range r.settings() {
		value, err := yamlValue(s.value)
		if err != nil {
			return err
		}
		l := line{s.key() + ": " + value, r.origin[s.flag]}
		lines = append(lines, l)
		width = max(width, len(l.text))
	}
	for _, l := range lines {
		if _, err := fmt.Fprintf(w, "%-*s  # %s\n", width, l.text, clean(l.origin)); err != nil {
			return err
		}
	}
	return nil
}

func yamlValue(v settingValue) (string, error) {
	var node any
	switch v := v.(type) {
	case *listValue:
		node = flow(*v.items)
	case *countValue:
		node = int(*v)
	default:
		node = v.String()
	}
	out, err := yaml.Dump(node, yaml.WithLineWidth(-1))
	return strings.TrimSpace(string(out)), err
}

// flow is a list on one line, however long it is: the place of its origin is behind it.
func flow(items []string) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, item := range items {
		list.Content = append(list.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: item})
	}
	return list
}
