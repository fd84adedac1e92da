package spec

import (
	"fmt"
	"strconv"

	hone "github.com/hone-tuner/hone"
)

// override puts what flags said over the document. What comes from a flag has no line. The warnings tell
// what else had to give way.
func override(root *node, o hone.Overrides) (warnings []string) {
	if root.kind != mapNode {
		return nil
	}
	if o.Name != "" {
		root.put(textOf(o.Name), "metadata", "name")
	}
	if o.Namespace != "" {
		root.put(textOf(o.Namespace), "metadata", "namespace")
	}
	if o.Trials != nil {
		root.put(numberOf(strconv.Itoa(*o.Trials)), "spec", "budget", "trials")
	}
	if o.Parallelism != nil {
		root.put(numberOf(strconv.Itoa(*o.Parallelism)), "spec", "parallelism")
	}
	if o.Seed != nil {
		root.put(numberOf(strconv.FormatUint(*o.Seed, 10)), "spec", "algorithm", "seed")
	}
	if o.Algorithm != "" {
		warnings = overrideAlgorithm(root, o.Algorithm)
	}
	return warnings
}

// overrideAlgorithm drops the settings that the file has for another algorithm.
func overrideAlgorithm(root *node, name string) (warnings []string) {
	algorithm := root.get("spec").get("algorithm")
	before := hone.DefaultAlgorithm
	if n := algorithm.get("name"); !absent(n) {
		before = n.text
	}
	if settings := algorithm.get("settings"); before != name && settings != nil && len(settings.keys) > 0 {
		warnings = append(warnings, fmt.Sprintf("spec.algorithm.settings are for %q and are not used with %q", before, name))
		algorithm.set("settings", &node{kind: nullNode})
	}
	root.put(textOf(name), "spec", "algorithm", "name")
	return warnings
}

func textOf(s string) *node   { return &node{kind: textNode, text: s} }
func numberOf(s string) *node { return &node{kind: numberNode, text: s} }

// put sets a place below a map, making the maps on the way. Where something else than a map is in the way,
// it stays, to be complained about.
func (n *node) put(value *node, names ...string) {
	for len(names) > 1 {
		next := n.get(names[0])
		if absent(next) {
			next = &node{kind: mapNode, order: n.order}
			n.set(names[0], next)
		}
		if next.kind != mapNode {
			return
		}
		n, names = next, names[1:]
	}
	value.order = n.order
	n.set(names[0], value)
}
