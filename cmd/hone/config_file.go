package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/hone-tuner/hone"
)

// said is what a file says of a setting.
type said struct {
	text string
	line int
}

// maxConfigFile is more than any configuration needs.
const maxConfigFile = 1 << 20

// readConfigFile reads what a file says, by flag; nothing where no file is named. The error names every mistake
// of the file's form, with its line.
func readConfigFile(name string, settings []setting) (map[string]said, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, hone.Errorf(hone.InvalidArgument, "there is no file %s", name)
	case err != nil:
		return nil, hone.Errorf(hone.InvalidArgument, "%s cannot be opened: %w", name, err)
	}
	defer func() { _ = file.Close() }()
	content, err := readBounded(file, name, maxConfigFile)
	if err != nil {
		return nil, err
	}
	out, err := parseConfig(content, settings)
	return out, inFile(name, err)
}

// parseConfig reads a mapping of settings in YAML: every value is a scalar or a list of them.
func parseConfig(content []byte, settings []setting) (map[string]said, error) {
	root, err := loadOne(content)
	if err != nil || root == nil {
		return nil, err
	}
	if root.Kind != yaml.MappingNode {
		return nil, hone.FieldErrors{{Line: root.Line, Message: "must be settings, such as listen: " + defaultListen}}
	}
	flags, keys := map[string]string{}, []string{}
	for _, s := range settings {
		flags[s.key()] = s.flag
		keys = append(keys, s.key())
	}
	out := map[string]said{}
	var mistakes hone.FieldErrors
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		add := func(format string, args ...any) {
			mistakes = append(mistakes, hone.FieldError{Path: clean(key.Value), Line: key.Line, Message: fmt.Sprintf(format, args...)})
		}
		flag, known := flags[key.Value]
		text, plain := scalarText(value)
		_, twice := out[flag]
		switch near := hone.Nearest(key.Value, keys); {
		case !known && near != "":
			add("unknown setting; did you mean %q?", near)
		case !known:
			add("unknown setting; they are %s", strings.Join(keys, ", "))
		case twice:
			add("is set twice; the first time in line %d", out[flag].line)
		case !plain:
			add("must be a single value, or a list of them")
		default:
			out[flag] = said{text: text, line: key.Line}
		}
	}
	return out, mistakes.Err()
}

// loadOne reads one YAML document; nil when there is nothing in it.
func loadOne(content []byte) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	var document, second yaml.Node
	switch err := loader.Load(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, hone.FieldErrors{{Message: "is no YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}}
	}
	if err := loader.Load(&second); !errors.Is(err, io.EOF) {
		return nil, hone.FieldErrors{{Message: "holds more than one document"}}
	}
	if len(document.Content) == 0 || document.Content[0].Tag == "!!null" {
		return nil, nil
	}
	return document.Content[0], nil
}

// scalarText is a scalar, or a list of scalars with commas.
func scalarText(n *yaml.Node) (text string, ok bool) {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return "", true
		}
		return n.Value, true
	case yaml.SequenceNode:
		items := make([]string, len(n.Content))
		for i, item := range n.Content {
			if item.Kind != yaml.ScalarNode || strings.Contains(item.Value, ",") {
				return "", false
			}
			items[i] = item.Value
		}
		return strings.Join(items, ","), true
	}
	return "", false
}
