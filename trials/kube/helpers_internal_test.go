package kube

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kubejson "k8s.io/apimachinery/pkg/util/json"

	hone "github.com/hone-tuner/hone"
)

var update = flag.Bool("update", false, "write the expected files instead of comparing with them")

// fixture is what a test has in a file.
type fixture struct {
	Trial   hone.TrialTemplate `json:"trial"`
	Metrics hone.MetricsSpec   `json:"metrics"`
	Labels  map[string]string  `json:"labels"`
	Runtime map[string]any     `json:"runtime"`
}

func load(t testing.TB, name string) fixture {
	t.Helper()
	var f fixture
	data := readYAML(t, filepath.Join("testdata", name, "trial.yaml"))
	require.NoError(t, json.Unmarshal(data, &f))
	if f.Runtime != nil { // with whole numbers as clients have them
		var all map[string]any
		require.NoError(t, kubejson.Unmarshal(data, &all))
		f.Runtime = all["runtime"].(map[string]any)
	}
	return f
}

// readYAML reads a file of YAML as JSON.
func readYAML(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return asJSON(t, string(data))
}

func asJSON(t testing.TB, text string) []byte {
	t.Helper()
	var tree any
	require.NoError(t, yaml.Unmarshal([]byte(text), &tree))
	data, err := json.Marshal(tree)
	require.NoError(t, err)
	return data
}

// objectOf parses an object written as YAML.
func objectOf(t testing.TB, text string) *unstructured.Unstructured {
	t.Helper()
	var tree map[string]any
	require.NoError(t, kubejson.Unmarshal(asJSON(t, text), &tree))
	return &unstructured.Unstructured{Object: tree}
}

// launch is the second attempt of trial 7 of an experiment.
func launch(f fixture) hone.Launch {
	e := hone.Experiment{UID: "5b0f6a1e-3d1c-4a52-9b7e-0d7a9c1f2e3d", Name: "digits", Namespace: "team", Labels: f.Labels}
	e.Spec = hone.Spec{
		Objective: hone.Objective{Metric: "accuracy", Goal: hone.Maximize},
		SearchSpace: hone.NewSpace(hone.Double("lr", 1e-5, 1e-1).Log(), hone.Int("layers", 1, 4),
			hone.Categorical("optimizer", "sgd", "adam"), hone.Double("momentum", 0, 1).When("optimizer", "sgd")),
		Metrics: f.Metrics, Trial: &f.Trial,
	}
	e.Spec = e.Spec.WithDefaults()
	return hone.Launch{Experiment: e, URL: "http://hone.hone-system.svc:7070", Token: "token-of-7", Trial: hone.Trial{
		Experiment: "digits", Number: 7, Attempt: 2, Parameters: hone.Assignments{
			{Parameter: "lr", Value: hone.Number(0.001)}, {Parameter: "layers", Value: hone.Number(3)}, {Parameter: "optimizer", Value: hone.String("adam")},
		}}}
}

func testBuilder() builder { return builder{image: "registry.example/collector:1"} }

// golden compares an object with a file of YAML.
func golden(t *testing.T, got *unstructured.Unstructured, path ...string) {
	t.Helper()
	file := filepath.Join(append([]string{"testdata"}, path...)...)
	data, err := got.MarshalJSON()
	require.NoError(t, err)
	if *update {
		var tree any
		require.NoError(t, json.Unmarshal(data, &tree))
		text, err := yaml.Marshal(tree)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, text, 0o644))
	}
	require.JSONEq(t, string(readYAML(t, file)), string(data), "run the tests with -update and look at the difference")
}

// podsOf are the pod templates of an object, by their path.
func podsOf(obj *unstructured.Unstructured) []replica {
	if obj.GetKind() == kindRuntime {
		return jobSetReplicas(mapIn(obj.Object, "spec", "template", "spec"), "")
	}
	k, _ := kindOf(obj.GroupVersionKind())
	return replicasOf(k, obj)
}
