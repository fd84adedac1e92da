package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// object is one as JSON has it.
type object = map[string]any

// decode reads a YAML stream; objects are found by kind, namespace and name.
func decode(t *testing.T, stream string) map[string]object {
	t.Helper()
	out := map[string]object{}
	for _, text := range strings.Split("\n"+stream, "\n---") {
		var o object
		require.NoError(t, yaml.UnmarshalStrict([]byte(text), &o), text)
		if len(o) == 0 {
			continue
		}
		namespace, _ := at(t, o, "metadata", "namespace").(string)
		key := at(t, o, "kind").(string) + "/" + namespace + "/" + at(t, o, "metadata", "name").(string)
		require.NotContains(t, out, key, "no object twice")
		out[key] = o
	}
	return out
}

// at follows keys (string) and indexes (int) into an object; nil where there is nothing.
func at(t *testing.T, in any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch here := in.(type) {
		case map[string]object:
			in = here[step.(string)]
		case object:
			in = here[step.(string)]
		case []any:
			require.Less(t, step.(int), len(here))
			in = here[step.(int)]
		default:
			return nil
		}
	}
	return in
}
