package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const smallFile = `apiVersion: hone.dev/v1beta1
kind: Experiment
metadata: {name: small}
spec:
  objective: {metric: score, goal: maximize}
  parameters:
    - {name: x, type: double, min: 0, max: 1, step: 0.25}
  algorithm: {name: random, seed: 7}
  initial: [{x: 0.5}]
  budget: {trials: 4}
  trial:
    command: [./train.sh, "--x=${parameters.x}", "it's ${trial.name}"]
`

func TestValidate(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "experiment.yaml")
	require.NoError(t, os.WriteFile(file, []byte(smallFile), 0o600))
	x := newTerminal(t, nil, "")
	require.Equal(t, exitDone, x.run(t, "validate", file), x.stderr)
	require.Equal(t, "warning: spec.trial.command: there is no program ./train.sh ("+dir+"/train.sh)\n", x.stderr.String())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "train.sh"), nil, 0o600))
	x = newTerminal(t, nil, "")
	require.Equal(t, exitDone, x.run(t, "validate", file), x.stderr)
	require.Contains(t, x.stderr.String(), "may not be executed")
	require.NoError(t, os.Chmod(filepath.Join(dir, "train.sh"), 0o700)) //nolint:gosec // a program
	x = newTerminal(t, nil, "")
	require.Equal(t, exitDone, x.run(t, "validate", file), x.stderr)
	golden(t, "validate.text", strings.ReplaceAll(x.stdout.String(), dir, "/data"))
	require.Empty(t, x.stderr.String())

	x = newTerminal(t, nil, smallFile)
	require.Equal(t, exitDone, x.run(t, "validate", "-", "--name", "other", "--trials", "9", "--algorithm", "grid", "-n", "vision", "-o", "json"), x.stderr)
	require.NotContains(t, x.stdout.String(), "created")
	require.NotContains(t, x.stdout.String(), "uid")
	require.NotContains(t, x.stdout.String(), "status")
	var got validDocument
	require.NoError(t, json.Unmarshal(x.stdout.Bytes(), &got))
	require.Equal(t, "other", got.Experiment.Name)
	require.Equal(t, "vision", got.Experiment.Namespace)
	require.Equal(t, "grid", got.Experiment.Spec.Algorithm.Name)
	require.Equal(t, 9, got.Experiment.Spec.Budget.Trials)
	require.Equal(t, []string{"./train.sh", "--x=0.5", "it's other-0001"}, got.FirstTrial.Command)
}

func TestValidateWarnsOfWhatIsMissing(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"not in PATH":          {"./train.sh", "no-such-program", `the program "no-such-program" is not in PATH (/nowhere)`},
		"in the trial's PATH":  {"command: [./train.sh,", "env: {PATH: /bin}\n    command: [sh,", ""},
		"a folder":             {"./train.sh", "/", "is no program"},
		"differs by the trial": {"./train.sh", `"./train-${parameters.x}.sh"`, ""},
		"no folder":            {"command: [./train.sh,", "workdir: none/such\n    command: [./train.sh,", "there is no folder "},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(smallFile, c.from, c.to, 1)
			x := newTerminal(t, nil, text)
			x.app.environ = func() []string { return []string{"PATH=/nowhere"} }
			require.Equal(t, exitDone, x.run(t, "validate", "-"), x.stderr)
			if c.want == "" {
				require.Empty(t, x.stderr.String())
			} else {
				require.Contains(t, x.stderr.String(), c.want)
			}
		})
	}
}

func TestValidateTellsEveryMistake(t *testing.T) {
	x := newTerminal(t, nil, strings.NewReplacer("score", "", "max: 1", "max: one", "budget", "budgte").Replace(smallFile))
	require.Equal(t, exitUsage, x.run(t, "validate", "-"))
	lines := strings.Split(strings.TrimSpace(x.stderr.String()), "\n")
	require.Len(t, lines, 4, x.stderr)
	for i, want := range []string{"spec.objective.metric (line 5)", "spec.parameters[0].max (line 7)", `spec.budgte (line 10): unknown field; did you mean "budget"?`, "has 3 mistakes"} {
		require.Contains(t, lines[i], want)
	}
}

func TestInitWritesAFileThatIsValid(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "My Project_2")
	require.NoError(t, os.Mkdir(dir, 0o700))
	file := filepath.Join(dir, "experiment.yaml")
	x := newTerminal(t, nil, "")
	require.Equal(t, exitDone, x.run(t, "init", file), x.stderr)
	require.Equal(t, exitDone, x.run(t, "validate", file), x.stderr)
	require.Contains(t, x.stdout.String(), "experiment my-project-2")
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, exitFailed, x.run(t, "init", file, "--name", "other"))
	require.Contains(t, x.stderr.String(), "exists, and is left as it is")
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestNameFor(t *testing.T) {
	for file, want := range map[string]string{"tune.yaml": "tune", "a/Big Model.yml": "big-model", "9lives.yaml": "lives", "/x/digits/experiment.yaml": "digits",
		"___.yaml": "my-experiment", strings.Repeat("a", 60) + ".yaml": strings.Repeat("a", 40), "/experiment.yaml": "my-experiment"} {
		require.Equal(t, want, nameFor(file))
	}
}

func TestSchemaIsJSON(t *testing.T) {
	x := newTerminal(t, nil, "")
	require.Equal(t, exitDone, x.run(t, "schema"))
	require.True(t, json.Valid(x.stdout.Bytes()))
}
