package spec

import (
	"encoding/json"
	"regexp"

	"go.yaml.in/yaml/v4"

	hone "github.com/hone-tuner/hone"
)

// Encode writes an experiment as the file that describes it, in YAML: what Decode makes an equal experiment
// of. UID, times, directory and status are not part of a file.
func Encode(e hone.Experiment) ([]byte, error) {
	f := file{APIVersion: APIVersion, Kind: Kind, Metadata: metadata{Name: e.Name, Namespace: e.Namespace, Labels: e.Labels}, Spec: e.Spec}
	data, err := json.Marshal(f)
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "experiment %q cannot be written: %w", e.Name, err)
	}
	p := &parser{mistakes: &mistakes{}}
	tree, err := p.json(data)
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "experiment %q cannot be written: %w", e.Name, err)
	}
	out, err := yaml.Dump(tree.yaml(), yaml.WithIndent(2), yaml.WithLineWidth(-1), yaml.WithFlowSimpleCollections())
	if err != nil {
		return nil, hone.Errorf(hone.Internal, "experiment %q cannot be written: %w", e.Name, err)
	}
	return out, nil
}

// yaml makes a YAML node of a tree. Every scalar carries its tag, so that a text such as "true" or "1e3"
// gets quotes.
func (n *node) yaml() *yaml.Node {
	switch n.kind {
	case truthNode:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: string(appendJSON(nil, n))}
	case numberNode:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: n.text}
	case textNode:
		return yamlText(n.text)
	case listNode:
		out := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range n.items {
			out.Content = append(out.Content, item.yaml())
		}
		return out
	case mapNode:
		out := &yaml.Node{Kind: yaml.MappingNode}
		for i, k := range n.keys {
			out.Content = append(out.Content, yamlText(k.name), n.items[i].yaml())
		}
		return out
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
}

// bare are texts of letters, digits and a few more signs; ambiguous are words that some reader of YAML takes
// for a boolean or for null.
var (
	bare      = regexp.MustCompile(`^[A-Za-z_./][A-Za-z0-9_./-]*$`)
	ambiguous = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null|[.](inf|nan)|[.][0-9].*)$`)
)

// yamlText writes a text bare only where no reader could take it for something else.
func yamlText(s string) *yaml.Node {
	out := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if !bare.MatchString(s) || ambiguous.MatchString(s) {
		out.Style = yaml.DoubleQuotedStyle
	}
	return out
}
