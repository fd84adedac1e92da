package spec_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/spec"
)

// full is the experiment file of the manual, with every field that a trial on one machine can have.
func full(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "full.yaml"))
	require.NoError(t, err)
	return string(data)
}

func ptr[T any](x T) *T { return &x }

func TestEveryFieldIsRead(t *testing.T) {
	got := decode(t, full(t)).Experiment
	grace := hone.Duration(10 * time.Second)
	require.Equal(t, hone.Experiment{
		Name: "digits", Namespace: "research", Labels: map[string]string{"team": "vision"},
		Spec: hone.Spec{
			Objective: hone.Objective{Metric: "accuracy", Goal: hone.Maximize, Target: ptr(0.995), Reduce: hone.ReduceBest},
			SearchSpace: hone.NewSpace(
				hone.Double("lr", 1e-5, 1e-1).Log(), hone.Double("dropout", 0, 0.5).By(0.05), hone.Int("layers", 1, 4),
				hone.Discrete("batch", 16, 32, 64, 128), hone.Categorical("optimizer", "sgd", "adam"),
				hone.Double("momentum", 0, 0.99).When("optimizer", "sgd"),
			).Where("layers * batch <= 256"),
			Algorithm:     hone.AlgorithmSpec{Name: "grid", Seed: ptr(uint64(7)), Settings: map[string]hone.Value{"points": hone.Number(5)}},
			Initial:       []map[string]hone.Value{{"lr": hone.Number(0.001), "layers": hone.Number(2), "optimizer": hone.String("adam")}},
			Parallelism:   4,
			Budget:        hone.Budget{Trials: 60, Failures: ptr(0), Duration: hone.Duration(2 * time.Hour)},
			Stop:          hone.StopRules{Plateau: &hone.Plateau{Trials: 20, MinImprovement: hone.Improvement{Amount: 0.001, Relative: true}}},
			EarlyStopping: hone.EarlyStoppingSpec{Name: "median", Settings: map[string]hone.Value{"startTrials": hone.Number(3)}},
			Metrics:       hone.MetricsSpec{Source: "file", Format: "text", Path: "metrics.log", Pattern: "(?P<name>x)=(?P<value>y)", Record: []string{"loss", "val_loss"}},
			Trial: &hone.TrialTemplate{
				Command: []string{"python3", "train.py", "--lr=${parameters.lr}", "--layers=${parameters.layers}"}, Workdir: "src",
				Env:     map[string]string{"OMP_NUM_THREADS": "1", "RUN": "${trial.name}-${parameters.optimizer}${parameters.momentum}-${parameters.dropout}-${parameters.batch}"},
				Timeout: hone.Duration(30 * time.Minute), Grace: &grace, Retries: ptr(0), GPUs: 1, CPU: "2", Memory: "4Gi",
				Image: "registry.example/digits:1", PrimaryContainer: "main", Success: "object.status.succeeded == 1", Failure: "object.status.failed > 0", Retain: true,
			},
			OnLost: "fail",
		},
	}, got)
}

func TestTheLeastFile(t *testing.T) {
	d := decode(t, minimal("  trial: {command: [./train]}\n"))
	require.Equal(t, hone.DefaultNamespace, d.Experiment.Namespace)
	s := d.Experiment.Spec
	require.Equal(t, "auto", s.Algorithm.Name)
	require.Nil(t, s.Algorithm.Seed, "it is drawn at creation")
	require.Equal(t, 100, s.Budget.Trials)
	require.Nil(t, s.Budget.Failures, "giving up early hangs on its not being given")
	require.Equal(t, 1, s.Parallelism)
	require.Equal(t, s, s.WithDefaults())
	require.Equal(t, []string{"spec.budget has neither trials nor duration: it will be 100 trials"}, d.Warnings)
}

func TestAnExternalExperimentHasNoLimitOfItsOwn(t *testing.T) {
	d := decode(t, minimal("  budget: {duration: 1h}\n"))
	require.True(t, d.Experiment.Spec.External())
	require.Zero(t, d.Experiment.Spec.Parallelism)
	require.Zero(t, d.Experiment.Spec.Budget.Trials)
	require.Empty(t, d.Warnings)
	require.Equal(t, 3, decode(t, minimal("  parallelism: 3\n")).Experiment.Spec.Parallelism)
}

func TestJSONIsTheSame(t *testing.T) {
	document := `{
	"apiVersion": "hone.dev/v1beta1", "kind": "Experiment", "metadata": {"name": "digits", "labels": {"smile": "\ud83d\ude00 \/"}},
	"spec": {"objective": {"metric": "loss", "goal": "minimize"},
		"parameters": [{"name": "lr", "type": "double", "min": 1e-5, "max": 1E-1, "scale": "log"},
			{"name": "o", "type": "categorical", "values": ["a", 1, true, "true", "1"]}],
		"budget": {"trials": 6e1}}}`
	e := decode(t, document).Experiment
	require.Equal(t, "😀 /", e.Labels["smile"])
	require.Equal(t, 60, e.Spec.Budget.Trials)
	require.Equal(t, hone.Categorical("o", "a", 1, true, "true", "1"), e.Spec.Parameters[1])

	require.Equal(t, []string{
		`spec.budget.trails (line 6): unknown field; did you mean "trials"?`,
	}, complaints(t, strings.Replace(document, "trials", "trails", 1)))
	require.Equal(t, []string{
		`spec.parameters[0].min (line 4): 1e500 does not fit a double`,
	}, complaints(t, strings.Replace(document, "1e-5", "1e500", 1)))
	require.Equal(t, []string{
		`metadata.name (line 2): stands there twice, the first time in line 2`,
	}, complaints(t, strings.Replace(document, `"labels"`, `"name": "x", "labels"`, 1)))
}

func TestNumbersAsYAMLWritesThem(t *testing.T) {
	e := decode(t, minimal("    - {name: d, type: discrete, values: [1.0e-5, 0x10, 0o21, 1_000, +2000, 1e5]}\n")).Experiment
	require.Equal(t, hone.Discrete("d", 1e-5, 16, 17, 1000, 2000, 1e5), e.Spec.Parameters[4])
}

func TestWordsThatOldYAMLTookForBooleansAreTexts(t *testing.T) {
	d := decode(t, minimal("    - {name: a, type: categorical, values: [yes, no, on, off, y, n, 2020-01-01, 1:30, 'true', NaN]}\n    - {name: b, type: categorical, values: [true, false]}\n"))
	require.Equal(t, hone.Categorical("a", "yes", "no", "on", "off", "y", "n", "2020-01-01", "1:30", "true", "NaN"), d.Experiment.Spec.Parameters[4])
	require.Equal(t, hone.Categorical("b", true, false), d.Experiment.Spec.Parameters[5])
}

func TestAliasesStandForWhatTheyName(t *testing.T) {
	d := decode(t, minimal(`    - {name: a, type: categorical, values: &v [x, y]}
    - {name: b, type: categorical, values: *v}
  trial: {command: [./train, &arg "--a=${parameters.a}", *arg]}
`))
	require.Equal(t, d.Experiment.Spec.Parameters[4].Values, d.Experiment.Spec.Parameters[5].Values)
	require.Equal(t, []string{"./train", "--a=${parameters.a}", "--a=${parameters.a}"}, d.Experiment.Spec.Trial.Command)
}

func TestWhatIsNullIsLeftOut(t *testing.T) {
	e := decode(t, minimal("  stop:\n  budget: {trials: 5, failures: null, duration: ~}\n  trial: {command: [a], grace: , manifest: }\n")).Experiment
	require.Nil(t, e.Spec.Stop.Plateau)
	require.Nil(t, e.Spec.Budget.Failures)
	require.Nil(t, e.Spec.Trial.Grace)
	require.Empty(t, e.Spec.Trial.Manifest)
}

func TestAManifestKeepsItsTypes(t *testing.T) {
	e := decode(t, minimal(`  trial:
    manifest:
      apiVersion: batch/v1
      kind: Job
      spec: {template: {x: ~, big: 9007199254740993, half: 0.5, no: no, yes: true, args: ["--lr=${parameters.lr}"]}}
`)).Experiment
	require.JSONEq(t, `{"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"x": null, "big": 9007199254740993, "half": 0.5, "no": "no", "yes": true, "args": ["--lr=${parameters.lr}"]}}}`, string(e.Spec.Trial.Manifest))
	require.Contains(t, string(e.Spec.Trial.Manifest), "9007199254740993")
}

func TestQuantitiesMayBeNumbers(t *testing.T) {
	e := decode(t, minimal("  trial: {image: i, command: [a], cpu: 2, memory: 5e8}\n")).Experiment
	require.Equal(t, "2", e.Spec.Trial.CPU)
	require.Equal(t, "5e+08", e.Spec.Trial.Memory)
}

func TestASingleValueMayStandInACondition(t *testing.T) {
	e := decode(t, minimal("    - {name: a, type: double, min: 0, max: 1, when: {optimizer: sgd, layers: [1, 2]}}\n")).Experiment
	require.Equal(t, hone.Double("a", 0, 1).When("optimizer", "sgd").When("layers", 1, 2), e.Spec.Parameters[4])
}

func TestOverrides(t *testing.T) {
	d, err := spec.New(catalog()).Decode([]byte(full(t)), hone.Overrides{
		Name: "other", Namespace: "team", Trials: ptr(5), Parallelism: ptr(2), Algorithm: "random", Seed: ptr(uint64(11)),
	})
	require.NoError(t, err)
	e := d.Experiment
	require.Equal(t, "other", e.Name)
	require.Equal(t, "team", e.Namespace)
	require.Equal(t, 5, e.Spec.Budget.Trials)
	require.Equal(t, 2, e.Spec.Parallelism)
	require.Equal(t, hone.AlgorithmSpec{Name: "random", Seed: ptr(uint64(11))}, e.Spec.Algorithm)
	require.Contains(t, d.Warnings, `spec.algorithm.settings are for "grid" and are not used with "random"`)

	d, err = spec.New(catalog()).Decode([]byte(full(t)), hone.Overrides{Algorithm: "grid"})
	require.NoError(t, err)
	require.Equal(t, hone.Number(5), d.Experiment.Spec.Algorithm.Settings["points"], "the same algorithm keeps its settings")

	d, err = spec.New(catalog()).Decode([]byte(strings.Replace(minimal(""), "metadata: {name: digits}\n", "", 1)), hone.Overrides{Name: "given", Trials: ptr(3)})
	require.NoError(t, err)
	require.Equal(t, "given", d.Experiment.Name)
	require.Equal(t, 3, d.Experiment.Spec.Budget.Trials)
}

func TestASeedThatIsTooLarge(t *testing.T) {
	require.Equal(t, []string{"spec.algorithm.seed: 18446744073709551615 is too large"}, complaintsWith(t, minimal(""), hone.Overrides{Seed: ptr(uint64(1<<64 - 1))}))
	require.Equal(t, []string{"spec.algorithm.seed (line 11): must be at most 9007199254740992"}, complaints(t, minimal("  algorithm: {seed: 9007199254740993}\n")))
}

func TestAWrongOverrideIsAMistakeWithoutALine(t *testing.T) {
	require.Equal(t, []string{
		"metadata.name: \"Wrong\" must be lower case letters, digits and '-', and start with a letter",
		"spec.parallelism: must be at least 1; leave it out when it is not wanted",
		`spec.algorithm.name: there is no algorithm "gird"; did you mean "grid"?; there are auto, grid, random`,
		"spec.budget.trials: must be from 1 to 10000000, not 1000000000",
	}, complaintsWith(t, full(t), hone.Overrides{Name: "Wrong", Parallelism: ptr(0), Trials: ptr(1_000_000_000), Algorithm: "gird"}))
}

// TestEveryWordOfTheTableIsTaken: the words that the table lists are those that the root takes.
func TestEveryWordOfTheTableIsTaken(t *testing.T) {
	for _, c := range []struct {
		words, before, after string
	}{
		{"double int", "    - {name: x, min: 1, max: 2, type: ", "}\n"},
		{"discrete categorical", "    - {name: x, values: [1, 2], type: ", "}\n"},
		{"linear log", "    - {name: x, min: 1, max: 2, type: int, scale: ", "}\n"},
		{"stdout push", "  metrics: {source: ", "}\n"},
		{"file", "  metrics: {path: x, source: ", "}\n"},
		{"text json", "  metrics: {format: ", "}\n"},
		{"retry fail", "  onLost: ", "\n"},
	} {
		for _, word := range strings.Fields(c.words) {
			decode(t, minimal(c.before+word+c.after))
		}
		complaints(t, minimal(c.before+"other"+c.after))
	}
	for _, objective := range []string{"goal: minimize", "goal: maximize, reduce: best", "goal: minimize, reduce: last", "goal: minimize, reduce: min", "goal: minimize, reduce: max", "goal: minimize, reduce: mean"} {
		decode(t, strings.Replace(minimal(""), "goal: maximize", objective, 1))
	}
}

func BenchmarkDecode(b *testing.B) {
	d := spec.New(catalog())
	data, err := os.ReadFile(filepath.Join("testdata", "full.yaml"))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Decode(data, hone.Overrides{}); err != nil {
			b.Fatal(err)
		}
	}
}
