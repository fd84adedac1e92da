package spec_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/spec"
)

func TestAFileThatWasWrittenIsReadAsTheSame(t *testing.T) {
	for name, document := range map[string]string{"every field": full(t), "the least": minimal(""), "a manifest": minimal(`  trial:
    manifest: {apiVersion: batch/v1, kind: Job, n: 12345678901234567, "yes": "1e3", list: [], none: ~, deep: {a: [{b: " x\n\ty: # z"}]}}
`)} {
		t.Run(name, func(t *testing.T) {
			want := decode(t, document).Experiment
			written, err := spec.Encode(want)
			require.NoError(t, err)
			require.Equal(t, want, decode(t, string(written)).Experiment, "%s", written)
		})
	}
}

func TestWhatIsWrittenReadsWell(t *testing.T) {
	written, err := spec.Encode(decode(t, minimal("  initial: [{layers: 2, lr: 1.0e-7}]\n  trial: {command: [./train, \"--lr=${parameters.lr}\"]}\n")).Experiment)
	require.NoError(t, err)
	require.Equal(t, `apiVersion: hone.dev/v1beta1
kind: Experiment
metadata: {name: digits, namespace: default}
spec:
  objective: {metric: accuracy, goal: maximize, reduce: best}
  parameters:
  - {name: lr, type: double, min: 0, max: 1}
  - {name: layers, type: int, min: 1, max: 4}
  - name: optimizer
    type: categorical
    values: [sgd, adam]
  - name: momentum
    type: double
    min: 0
    max: 0.99
    when:
      optimizer: [sgd]
  algorithm: {name: auto}
  initial:
  - {layers: 2, lr: 1e-7}
  parallelism: 1
  budget: {trials: 100}
  earlyStopping: {name: none}
  metrics: {source: stdout, format: text}
  trial:
    command: [./train, "--lr=${parameters.lr}"]
  onLost: retry
`, string(written))
}

// TestAnyExperimentSurvivesItsFile writes random valid experiments and reads them back.
func TestAnyExperimentSurvivesItsFile(t *testing.T) {
	d := spec.New(catalog())
	rapid.Check(t, func(t *rapid.T) {
		e := randomExperiment(t)
		require.NoError(t, e.Validate(catalog(), d), "the generator must make valid experiments")
		written, err := spec.Encode(e)
		require.NoError(t, err)
		got, err := d.Decode(written, hone.Overrides{})
		require.NoError(t, err, "%s", written)
		e.Spec = e.Spec.WithDefaults()
		want, err := json.Marshal(e)
		require.NoError(t, err)
		have, err := json.Marshal(got.Experiment)
		require.NoError(t, err)
		require.Equal(t, string(want), string(have), "%s", written)
		require.Equal(t, e.Spec, got.Experiment.Spec, "%s", written)
	})
}

// words are texts that YAML could take for something else, besides any text at all.
func words() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "true", "yes", "No", "~", "null", "1", "1e3", "0x10", "017", ".5", ".inf", "NaN", "2020-01-01", "1:30", "-", "- a", "a: b", "#a", "a #b", "<<", "=", "!x", "&a", "*a", "%", "@", "`", "|", ">", "a\nb", "\n", " a", "a ", "\ta", "é", "😀", "\u2028", "\u0085", "\ufeff", "\u00a0", "\x7f", "\x1b[0m", "'", "\"", "\\", "a\\nb", "?", "[", "]", "{", "}", ","}),
		rapid.StringMatching(`[ -~]{0,12}`), rapid.String(),
	).Filter(func(s string) bool {
		for _, r := range s {
			if r == 0 || r == '$' {
				return false
			}
		}
		return true
	})
}

func randomValues(t *rapid.T) []any {
	return rapid.SliceOfNDistinct(rapid.OneOf(
		rapid.Map(words(), func(s string) any { return s }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.Float64Range(-1e30, 1e30), func(x float64) any { return x }),
		rapid.Map(rapid.IntRange(-1000, 1000), func(x int) any { return float64(x) }),
	), 1, 5, func(v any) any { return v }).Draw(t, "values")
}

func randomParameter(t *rapid.T, name string) hone.Parameter {
	switch rapid.IntRange(0, 5).Draw(t, "type") {
	case 0:
		lo := rapid.Float64Range(-1e10, 1e10).Draw(t, "min")
		return hone.Double(name, lo, lo+rapid.Float64Range(0, 1e10).Draw(t, "width"))
	case 1:
		lo := rapid.Float64Range(1e-12, 1).Draw(t, "min")
		return hone.Double(name, lo, lo*rapid.Float64Range(1, 1e6).Draw(t, "factor")).Log()
	case 2:
		return hone.Double(name, 0, float64(rapid.IntRange(1, 100).Draw(t, "max"))).By(0.05)
	case 3:
		lo := rapid.IntRange(-100, 100).Draw(t, "min")
		return hone.Int(name, lo, lo+rapid.IntRange(0, 1000).Draw(t, "width"))
	case 4:
		return hone.Discrete(name, 0.5, 1, 2.25)
	}
	return hone.Categorical(name, randomValues(t)...)
}

func randomExperiment(t *rapid.T) hone.Experiment {
	maybe := func(name string) bool { return rapid.Bool().Draw(t, name) }
	count := rapid.IntRange(1, 5).Draw(t, "parameters")
	var parameters []hone.Parameter
	for i := range count {
		p := randomParameter(t, rapid.SampledFrom([]string{"lr", "y", "null", "weight-decay", "a.b", "_x"}).Draw(t, "name")+fmt.Sprint(i))
		if i > 0 && maybe("conditional") {
			parent := parameters[i-1]
			if !parent.Continuous() {
				p = p.When(parent.Name, parent.At(0), parent.At(parent.Cardinality()-1))
			}
		}
		parameters = append(parameters, p)
	}
	e := hone.Experiment{Name: "any-name", Namespace: "default", Spec: hone.Spec{
		Objective:   hone.Objective{Metric: "val/loss", Goal: hone.Minimize},
		SearchSpace: hone.NewSpace(parameters...),
	}}
	s := &e.Spec
	if maybe("labels") {
		e.Labels = map[string]string{"a.b/c": "true", "on": rapid.StringMatching(`[ -~]{0,20}`).Draw(t, "label")}
	}
	if maybe("constraints") {
		s.Constraints = []string{`p["` + parameters[0].Name + `"] == p["` + parameters[0].Name + `"] // : # "`}
	}
	if maybe("more") {
		s.Objective.Target = ptr(rapid.Float64Range(-1e9, 1e9).Draw(t, "target"))
		s.Algorithm = hone.AlgorithmSpec{Name: "grid", Seed: ptr(rapid.Uint64Range(0, 1<<53).Draw(t, "seed")), Settings: map[string]hone.Value{"points": hone.Number(3)}}
		s.Parallelism = rapid.IntRange(1, 100).Draw(t, "parallelism")
		s.Budget = hone.Budget{Trials: rapid.IntRange(0, 1000).Draw(t, "trials"), Failures: ptr(rapid.IntRange(0, 9).Draw(t, "failures")), Duration: hone.Duration(rapid.Int64Range(0, int64(time.Hour)*1000).Draw(t, "duration"))}
		s.Stop.Plateau = &hone.Plateau{Trials: 3, MinImprovement: hone.Improvement{Amount: rapid.SampledFrom([]float64{0, 0.5, 1e-5}).Draw(t, "improvement"), Relative: maybe("relative")}}
		s.Metrics = hone.MetricsSpec{Source: "file", Path: "a b/c.jsonl", Format: "json", Record: []string{"loss", "1"}}
		s.OnLost = "fail"
	}
	if maybe("trial") {
		s.Trial = &hone.TrialTemplate{
			Command: append([]string{"./run"}, rapid.SliceOf(words()).Draw(t, "args")...),
			Env:     map[string]string{"A": words().Draw(t, "env"), "yes": "no"}, Workdir: words().Draw(t, "workdir"),
			Timeout: hone.Duration(rapid.Int64Range(0, 1e12).Draw(t, "timeout")), Grace: ptr(hone.Duration(0)), Retries: ptr(0), CPU: "2", Memory: "1e3",
		}
	}
	if maybe("manifest") {
		data, err := json.Marshal(map[string]any{"apiVersion": "batch/v1", "kind": "Job", "text": words().Draw(t, "text"), "n": rapid.Int64().Draw(t, "n"), words().Draw(t, "key"): []any{nil, true, 0.1, words().Draw(t, "item")}})
		require.NoError(t, err)
		s.Trial = &hone.TrialTemplate{Manifest: data}
	}
	return e
}
