package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/spec"
	"github.com/hone-tuner/hone/trials/kube"
	"github.com/stretchr/testify/require"
)

// objectFile is an experiment whose trials are objects, with a manifest.
func objectFile(manifest string) string {
	command, _, _ := strings.Cut(smallFile, "    command:")
	return command + "    manifest:\n" + manifest
}

const pyTorchJob = `      apiVersion: kubeflow.org/v1
      kind: PyTorchJob
      metadata: {labels: {x: "${parameters.x}"}}
      spec:
        pytorchReplicaSpecs:
          Master:
            replicas: 1
            template:
              spec:
                containers:
                  - {name: pytorch, image: "train:1", command: [./train, "--x=${parameters.x}", "it's ${trial.name}\tnow"]}
`

func TestValidateShowsTheObject(t *testing.T) {
	x := newTerminal(t, nil, objectFile(pyTorchJob))
	require.Equal(t, exitDone, x.run(t, "validate", "-"), x.stderr)
	golden(t, "validate-object.text", x.stdout.String())
	require.Empty(t, x.stderr.String(), "what is on this machine does not matter")

	x = newTerminal(t, nil, objectFile(pyTorchJob))
	require.Equal(t, exitDone, x.run(t, "validate", "-", "-o", "json"), x.stderr)
	var got validDocument
	require.NoError(t, json.Unmarshal(x.stdout.Bytes(), &got))
	require.Equal(t, "PyTorchJob", got.FirstTrial.Object["kind"])
	require.Empty(t, got.FirstTrial.Command)
}

func TestValidateOfAnImage(t *testing.T) {
	text := strings.Replace(smallFile, "    command:", "    image: train:1\n    env: {A: b}\n    command:", 1)
	x := newTerminal(t, nil, text)
	require.Equal(t, exitDone, x.run(t, "validate", "-", "-n", "vision"), x.stderr)
	for _, want := range []string{"\nkind: Job\n", "\n  name: small-0001\n  namespace: vision\n", "        image: train:1\n", "        - --x=0.5\n", "        - name: A\n          value: b\n"} {
		require.Contains(t, x.stdout.String(), want)
	}
}

func TestValidateFindsMistakesInObjects(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"no container of the name":  {"manifest:", "primaryContainer: main\n    manifest:", `spec.trial.primaryContainer: spec.pytorchReplicaSpecs.Master.template has no container "main"; it has "pytorch"`},
		"no replicas":               {"pytorchReplicaSpecs", "replicaSpecs", "spec.pytorchReplicaSpecs"},
		"a kind that is misspelled": {"PyTorchJob", "PytorchJob", "spec.trial.manifest.kind (line 14): there is no PytorchJob; did you mean PyTorchJob?"},
		"an unknown placeholder":    {"${trial.name}", "${trial.id}", "spec.trial.manifest.spec.pytorchReplicaSpecs.Master.template.spec.containers[0].command[2] (line 23): "},
	} {
		t.Run(name, func(t *testing.T) {
			x := newTerminal(t, nil, strings.Replace(objectFile(pyTorchJob), c.from, c.to, 1))
			require.Equal(t, exitUsage, x.run(t, "validate", "-"), x.stdout)
			require.Contains(t, x.stderr.String(), c.want)
		})
	}
}

// TestTheKindsOfTheFileAreThoseOfTheRunner: what may be without success in a file is what the runner knows.
func TestTheKindsOfTheFileAreThoseOfTheRunner(t *testing.T) {
	require.Len(t, kube.Kinds(), 9)
	for _, k := range kube.Kinds() {
		text := strings.NewReplacer("kubeflow.org/v1", k.Group+"/"+k.Version, "PyTorchJob", k.Kind).Replace(objectFile(pyTorchJob))
		_, err := spec.New(catalog()).Decode([]byte(text), hone.Overrides{})
		require.NoError(t, err, k.Kind)
	}
}

// TestTheExamplesForKubernetes are valid, without a warning, and show an object.
func TestTheExamplesForKubernetes(t *testing.T) {
	files, err := filepath.Glob("../../examples/kubernetes/*.yaml")
	require.NoError(t, err)
	tried := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		if !strings.Contains(string(text), "kind: Experiment\n") {
			continue
		}
		tried++
		x := newTerminal(t, nil, "")
		require.Equal(t, exitDone, x.run(t, "validate", file), x.stderr)
		require.Empty(t, x.stderr.String(), file)
		require.Contains(t, x.stdout.String(), "\nkind: ", file)
	}
	require.Equal(t, 7, tried)
}
